/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a TIFF file. Its directories are read, and the places of some blocks of each. */
#include "fuzz.h"
#include "tiff/tiff.h"

enum { MAX_LOOKED_AT = 64 };

static void look_up(NodalTiff *tiff, int directory, uint64_t index, size_t file_size) {
  NodalError *error = NULL;
  uint64_t offset = 0, size = 0;
  bool found = nodal_tiff_block(tiff, directory, index, &offset, &size, &error);
  FUZZ_REQUIRE(!found || (offset <= file_size && size <= file_size - offset));
  fuzz_check_outcome(found, error, "input: ");
}

static void look_at_directory(NodalTiff *tiff, int index, size_t file_size) {
  const NodalTiffDirectory *directory = nodal_tiff_directory(tiff, index);
  FUZZ_REQUIRE(directory->width > 0 && directory->height > 0 && directory->block_width > 0 &&
               directory->block_height > 0 && directory->parent < index);
  uint64_t count = directory->block_count;
  const uint64_t blocks[] = {0, 1, count / 2, count - 1, count, UINT64_MAX};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
    look_up(tiff, index, blocks[i], file_size);
  }
  FUZZ_REQUIRE(!directory->description || strlen(directory->description) <= file_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  NodalError *error = NULL;
  NodalSource *source = nodal_source_new_memory(data, size, "input", &error);
  NodalTiff *tiff = nodal_tiff_open(source, &error);
  fuzz_check_outcome(tiff != NULL, error, "input: ");
  if (tiff) {
    int count = nodal_tiff_directory_count(tiff);
    for (int i = 0; i < count && i < MAX_LOOKED_AT; i++) {
      look_at_directory(tiff, i, size);
    }
    nodal_tiff_free(tiff);
  }
  nodal_source_unref(source);
  return 0;
}
