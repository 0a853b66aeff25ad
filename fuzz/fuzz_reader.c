/* SPDX-License-Identifier: Apache-2.0 */
/* Input: one byte of options, the phantom.csv of a phantom data set, a NUL byte, its lesions.csv. */
#include "fuzz.h"
#include "phantom/reader.h"

static void check_opinion(const ReaderTruth *truth, size_t index, const ReaderOpinion *opinion, bool perfect) {
  const ReaderSlide *slide = &truth->slides[index];
  FUZZ_REQUIRE(opinion->found <= opinion->mark_count && opinion->found <= slide->lesion_count);
  FUZZ_REQUIRE(!perfect || opinion->found == slide->lesion_count);
  for (size_t i = 0; i < opinion->mark_count; i++) {
    const ReaderMark *mark = &opinion->marks[i];
    FUZZ_REQUIRE(mark->x >= 0 && mark->x < slide->width && mark->y >= 0 && mark->y < slide->height);
    FUZZ_REQUIRE(mark->confidence >= 1 && mark->confidence <= 9999);
    FUZZ_REQUIRE(i == 0 || mark->confidence <= mark[-1].confidence);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  NodalPhantomReaderOptions options = NODAL_PHANTOM_READER_OPTIONS_INIT;
  bool perfect = data[0] & 1;
  if (perfect) {
    options = (NodalPhantomReaderOptions){.steepness = 1};
  }
  const uint8_t *first = data + 1, *end = data + size;
  const uint8_t *nul = memchr(first, 0, size - 1), *second = nul ? nul + 1 : end;
  NodalSource *slides = nodal_source_new_memory(first, (size_t)((nul ? nul : end) - first), "fuzz", NULL);
  NodalSource *lesions = nodal_source_new_memory(second, (size_t)(end - second), "fuzz", NULL);
  ReaderTruth truth;
  NodalError *error = NULL;
  bool read = reader_truth_read(&truth, slides, lesions, &error);
  fuzz_check_outcome(read, error, "fuzz: ");
  for (size_t i = 0; read && i < truth.slide_count; i++) {
    ReaderOpinion opinion;
    FUZZ_REQUIRE(reader_look(&options, &truth, i, &opinion, NULL));
    check_opinion(&truth, i, &opinion, perfect);
    free(opinion.marks);
  }
  reader_truth_clear(&truth);
  nodal_source_unref(slides);
  nodal_source_unref(lesions);
  return 0;
}
