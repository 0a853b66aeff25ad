/* SPDX-License-Identifier: Apache-2.0 */
/* Input: one byte of options, a reference standard, a NUL byte, a submission. */
#include "fuzz.h"

#include <math.h>
#include <nodal/evaluation.h>

static size_t count_problems(const char *(*problem_of)(const void *, size_t), const void *table) {
  size_t count = 0;
  const char *problem;
  while ((problem = problem_of(table, count)) != NULL) {
    FUZZ_REQUIRE((strncmp(problem, "truth: ", 7) == 0 || strncmp(problem, "scores: ", 8) == 0) &&
                 !strpbrk(problem, "\r\n\x1b"));
    count++;
  }
  return count;
}

static const char *truth_problem(const void *table, size_t index) {
  return nodal_truth_problem(table, index);
}

static const char *predictions_problem(const void *table, size_t index) {
  return nodal_predictions_problem(table, index);
}

/* A curve of finite scores ends at all cases, and its area is one. */
static void check_scores(const NodalTruth *truth, const double *scores) {
  size_t count = nodal_truth_count(truth), positives = 0;
  bool *positive = calloc(count + 1, sizeof *positive);
  FUZZ_REQUIRE(positive != NULL);
  for (size_t i = 0; i < count; i++) {
    positive[i] = nodal_truth_classes(truth)[i] == 1;
    positives += positive[i];
  }
  NodalError *error = NULL;
  NodalRoc *roc = nodal_roc_new(scores, positive, count, &error);
  FUZZ_REQUIRE((roc != NULL) == (positives > 0 && positives < count));
  fuzz_check_outcome(roc != NULL, error, "");
  if (roc) {
    NodalRocPoint point;
    double area = nodal_roc_auc(roc);
    FUZZ_REQUIRE(area >= 0 && area <= 1);
    FUZZ_REQUIRE(nodal_roc_point(roc, nodal_roc_point_count(roc) - 1, &point));
    FUZZ_REQUIRE(point.true_positives == positives && point.false_positives == count - positives);
  }
  nodal_roc_free(roc);
  free(positive);
}

static void check_classes(const NodalTruth *truth, const int *predicted) {
  int64_t confusion[9];
  NodalError *error = NULL;
  FUZZ_REQUIRE(nodal_confusion(nodal_truth_classes(truth), predicted, nodal_truth_count(truth), 3, confusion, &error));
  double kappa = nodal_kappa(confusion, 3);
  FUZZ_REQUIRE(isnan(kappa) || (kappa >= -1 && kappa <= 1));
}

static void check_predictions(const NodalTruth *truth, const NodalPredictions *predictions, NodalTask task) {
  size_t problems = count_problems(predictions_problem, predictions);
  const double *scores = nodal_predictions_scores(predictions);
  const int *classes = nodal_predictions_classes(predictions);
  FUZZ_REQUIRE((scores != NULL) == (problems == 0 && task == NODAL_TASK_SLIDES));
  FUZZ_REQUIRE((classes != NULL) == (problems == 0 && task == NODAL_TASK_STAGES));
  if (scores) {
    check_scores(truth, scores);
  } else if (classes) {
    check_classes(truth, classes);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  static const char *const stages[] = {"pN0", "pN1mi", "pN1", NULL}, *const positive[] = {"x", NULL};
  static const char *const exclude[] = {"a.tif", "", NULL};
  NodalTruthOptions options = {.task = data[0] & 1 ? NODAL_TASK_STAGES : NODAL_TASK_SLIDES,
                               .stages = stages,
                               .positive = data[0] & 2 ? positive : NULL,
                               .exclude = data[0] & 4 ? exclude : NULL};
  const uint8_t *first = data + 1, *border = memchr(first, 0, size - 1), *end = data + size;
  const uint8_t *second = border ? border + 1 : end;
  NodalSource *source = nodal_source_new_memory(first, (size_t)((border ? border : end) - first), "truth", NULL);
  NodalError *error = NULL;
  NodalTruth *truth = nodal_truth_read_source(source, &options, &error);
  fuzz_check_outcome(truth != NULL, error, "truth: ");
  nodal_source_unref(source);
  if (truth) {
    count_problems(truth_problem, truth);
    source = nodal_source_new_memory(second, (size_t)(end - second), "scores", NULL);
    error = NULL;
    NodalPredictions *predictions = nodal_predictions_read_source(truth, source, &error);
    fuzz_check_outcome(predictions != NULL, error, "scores: ");
    if (predictions) {
      check_predictions(truth, predictions, options.task);
    }
    nodal_predictions_free(predictions);
    nodal_source_unref(source);
  }
  nodal_truth_free(truth);
  return 0;
}
