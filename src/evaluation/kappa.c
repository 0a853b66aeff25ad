/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "evaluation/resample.h"

#include <math.h>
#include <string.h>

enum { MAX_CLASSES = NODAL_KAPPA_MAX_CLASSES };

static bool check_limits(size_t count, int classes, NodalError **error) {
  if (classes < 2 || classes > MAX_CLASSES) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%d classes: it must be 2 to %d", classes, MAX_CLASSES);
  }
  if (count > NODAL_KAPPA_MAX_CASES) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%zu cases: at most %d", count, NODAL_KAPPA_MAX_CASES);
  }
  return true;
}

static bool check_classes(const int *values, size_t count, int classes, NodalError **error) {
  for (size_t i = 0; i < count; i++) {
    if (values[i] < 0 || values[i] >= classes) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "case %zu has class %d, not 0 to %d", i, values[i], classes - 1);
    }
  }
  return true;
}

bool nodal_confusion(const int *truth, const int *predicted, size_t count, int classes, int64_t *confusion,
                     NodalError **error) {
  if (!check_limits(count, classes, error) || !check_classes(truth, count, classes, error) ||
      !check_classes(predicted, count, classes, error)) {
    return false;
  }
  memset(confusion, 0, (size_t)(classes * classes) * sizeof *confusion);
  for (size_t i = 0; i < count; i++) {
    confusion[truth[i] * classes + predicted[i]]++;
  }
  return true;
}

double nodal_kappa(const int64_t *confusion, int classes) {
  int64_t rows[MAX_CLASSES] = {0}, columns[MAX_CLASSES] = {0}, count = 0;
  if (classes < 2 || classes > MAX_CLASSES) {
    return NAN;
  }
  int64_t observed = 0, expected = 0;
  for (int i = 0; i < classes; i++) {
    for (int j = 0; j < classes; j++) {
      int64_t here = confusion[i * classes + j];
      if (here < 0 || here > NODAL_KAPPA_MAX_CASES - count) {
        return NAN;
      }
      rows[i] += here;
      columns[j] += here;
      count += here;
      observed += (i - j) * (i - j) * here;
    }
  }
  for (int i = 0; i < classes; i++) {
    for (int j = 0; j < classes; j++) {
      expected += (i - j) * (i - j) * rows[i] * columns[j];
    }
  }
  /* Within the limits count * observed is under 2^63. */
  return expected == 0 ? NAN : (double)(expected - count * observed) / (double)expected;
}

typedef struct Cells {
  int *cells; /* of each case, in the table of counts */
  uint32_t count;
  int classes;
} Cells;

static double drawn_kappa(const void *user, void *scratch, NodalRandom *random) {
  const Cells *cells = user;
  int64_t *confusion = scratch;
  memset(confusion, 0, (size_t)(cells->classes * cells->classes) * sizeof *confusion);
  for (uint32_t i = 0; i < cells->count; i++) {
    confusion[cells->cells[nodal_random_below(random, cells->count)]]++;
  }
  return nodal_kappa(confusion, cells->classes);
}

bool nodal_kappa_bootstrap(const int *truth, const int *predicted, size_t count, int classes,
                           const NodalResampling *resampling, NodalInterval *interval, int64_t *undefined,
                           NodalError **error) {
  if (!check_limits(count, classes, error) || !check_classes(truth, count, classes, error) ||
      !check_classes(predicted, count, classes, error)) {
    return false;
  }
  Cells cells = {.count = (uint32_t)count, .classes = classes};
  cells.cells = nodal_alloc_array(count, sizeof *cells.cells, error);
  if (!cells.cells) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    cells.cells[i] = truth[i] * classes + predicted[i];
  }
  bool done = evaluation_bootstrap(resampling, drawn_kappa, &cells, (size_t)(classes * classes) * sizeof(int64_t),
                                   interval, undefined, error);
  free(cells.cells);
  return done;
}

/* Two predictions of the same cases. Where they agree, exchanging them changes nothing. */
typedef struct Pair {
  int classes;
  int64_t agreed[MAX_CLASSES * MAX_CLASSES];
  int (*cells)[2]; /* of the cases where they do not agree */
  size_t count;
  double difference; /* of the real kappas */
} Pair;

typedef struct PairCounts {
  int64_t confusion[2][MAX_CLASSES * MAX_CLASSES];
} PairCounts;

/* `exchange` NULL: the real ones. */
static double difference_of(const Pair *pair, PairCounts *counts, NodalRandom *exchange) {
  size_t size = (size_t)(pair->classes * pair->classes) * sizeof(int64_t);
  memcpy(counts->confusion[0], pair->agreed, size);
  memcpy(counts->confusion[1], pair->agreed, size);
  uint64_t bits = 0;
  for (size_t i = 0; i < pair->count; i++) {
    bits = exchange && i % 64 == 0 ? nodal_random_bits(exchange) : bits >> 1;
    counts->confusion[bits & 1][pair->cells[i][0]]++;
    counts->confusion[~bits & 1][pair->cells[i][1]]++;
  }
  return nodal_kappa(counts->confusion[0], pair->classes) - nodal_kappa(counts->confusion[1], pair->classes);
}

/* 1 where the exchanged predictions differ as much as the real ones, else 0. */
static double as_different(const void *user, void *scratch, NodalRandom *random) {
  const Pair *pair = user;
  double difference = difference_of(pair, scratch, random);
  /* The kappas are rounded, their difference with them. */
  return isnan(difference) || fabs(difference) >= fabs(pair->difference) - 1e-12;
}

static bool permute(const Pair *pair, const NodalResampling *resampling, double *p, NodalError **error) {
  double *values = nodal_alloc_array((size_t)nodal_max64(resampling->resamples, 0), sizeof *values, error);
  if (!values || !evaluation_resample(resampling, as_different, pair, sizeof(PairCounts), values, error)) {
    free(values);
    return false;
  }
  int64_t extreme = 1;
  for (int64_t k = 0; k < resampling->resamples; k++) {
    extreme += values[k] > 0;
  }
  *p = isnan(pair->difference) ? NAN : (double)extreme / (double)(resampling->resamples + 1);
  free(values);
  return true;
}

bool nodal_kappa_permutation(const int *truth, const int *predicted, const int *other, size_t count, int classes,
                             const NodalResampling *resampling, double *p, NodalError **error) {
  if (!check_limits(count, classes, error) || !check_classes(truth, count, classes, error) ||
      !check_classes(predicted, count, classes, error) || !check_classes(other, count, classes, error)) {
    return false;
  }
  Pair *pair = nodal_alloc_array(1, sizeof *pair, error);
  PairCounts *counts = pair ? nodal_alloc_array(1, sizeof *counts, error) : NULL;
  bool done = counts && (pair->cells = nodal_alloc_array(count, sizeof *pair->cells, error)) != NULL;
  if (done) {
    pair->classes = classes;
    for (size_t i = 0; i < count; i++) {
      int row = truth[i] * classes;
      if (predicted[i] == other[i]) {
        pair->agreed[row + predicted[i]]++;
      } else {
        pair->cells[pair->count][0] = row + predicted[i];
        pair->cells[pair->count++][1] = row + other[i];
      }
    }
    pair->difference = difference_of(pair, counts, NULL);
    done = permute(pair, resampling, p, error);
  }
  free(counts);
  if (pair) {
    free(pair->cells);
  }
  free(pair);
  return done;
}
