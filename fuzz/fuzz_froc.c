/* SPDX-License-Identifier: Apache-2.0 */
/* Input: one byte of options, then a table of detections. */
#include "fuzz.h"

#include "evaluation/froc.h"

#include <math.h>

enum { SIDE = 64 };

/* Two lesions, of which one is ITC, on a slide of 2048 x 2048 pixels. */
static NodalFrocTruth *make_truth(const NodalFrocRules *rules) {
  static uint8_t pixels[SIDE * SIDE];
  memset(pixels, 0, sizeof pixels);
  for (int y = 0; y < 40; y++) {
    memset(pixels + y * SIDE, (int)rules->tumor_value, 40);
  }
  pixels[SIDE * SIDE - 1] = (uint8_t)rules->tumor_value;
  NodalRaster raster = {pixels, NODAL_UINT8, SIDE, SIDE, SIDE};
  return nodal_froc_truth_new(rules, &raster, 32, 0.243, 1, NULL);
}

/* Whatever was detected, a slide is taken whole or not at all, and there is a score. */
static void check_score(const NodalFrocRules *rules, const FrocDetections *detections) {
  NodalFrocTruth *truth = make_truth(rules);
  NodalFroc *froc = nodal_froc_new(rules, false, NULL);
  FUZZ_REQUIRE(truth && froc);
  FUZZ_REQUIRE(nodal_froc_add(froc, "normal", NULL, detections->items, detections->count, NULL));
  FUZZ_REQUIRE(nodal_froc_add(froc, "tumor", truth, NULL, 0, NULL));
  NodalError *error = NULL;
  bool added = nodal_froc_add(froc, "fuzz", truth, detections->items, detections->count, &error);
  fuzz_check_outcome(added, error, "fuzz: ");
  NodalFrocScore score;
  FUZZ_REQUIRE(nodal_froc_score(froc, &score, NULL));
  FUZZ_REQUIRE(score.slides == (added ? 3 : 2) && score.lesions == (added ? 2 : 1));
  FUZZ_REQUIRE(isfinite(score.score) && score.score >= 0);
  nodal_froc_free(froc);
  nodal_froc_truth_free(truth);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  FrocDetections detections;
  EvaluationProblems problems = {0};
  NodalSource *source = nodal_source_new_memory(data + 1, size - 1, "fuzz", NULL);
  FUZZ_REQUIRE(source && froc_detections_read(&detections, source, &problems, NULL));
  const char *problem;
  for (size_t i = 0; (problem = evaluation_problems_line(&problems, i)) != NULL; i++) {
    FUZZ_REQUIRE(strncmp(problem, "fuzz: ", 6) == 0 && strchr(problem, '\n') == NULL);
  }
  for (size_t i = 0; i < detections.count; i++) {
    const NodalDetection *detection = &detections.items[i];
    FUZZ_REQUIRE(isfinite(detection->probability) && detection->x >= 0 && detection->y >= 0);
    FUZZ_REQUIRE(detections.lines[i] >= (i > 0 ? detections.lines[i - 1] : 1));
  }
  check_score(nodal_froc_rules(data[0] & 1 ? "2016" : "dataset"), &detections);
  froc_detections_clear(&detections);
  evaluation_problems_clear(&problems);
  nodal_source_unref(source);
  return 0;
}
