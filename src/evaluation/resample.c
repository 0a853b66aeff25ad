/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/resample.h"

#include "base/memory.h"
#include "base/pool.h"
#include "evaluation/sort.h"

#include <math.h>

/* Resamples that a thread takes at once. */
enum { BATCH = 64 };

#define MAX_RESAMPLES 100000000

typedef struct Resamples {
  const NodalResampling *resampling;
  EvaluationStatistics statistics;
  const void *user;
  size_t width;
  double *values; /* `width` a resample */
  void **scratch; /* one a worker, made when it first works */
  size_t scratch_size;
} Resamples;

static int64_t batch_end(const Resamples *resamples, int64_t index) {
  return nodal_min64((index + 1) * BATCH, resamples->resampling->resamples);
}

static bool work(void *user, int worker, int64_t index, NodalError **error) {
  const Resamples *resamples = user;
  if (!resamples->scratch[worker]) {
    resamples->scratch[worker] = nodal_alloc_array(1, resamples->scratch_size, error);
    if (!resamples->scratch[worker]) {
      return false;
    }
  }
  for (int64_t k = index * BATCH; k < batch_end(resamples, index); k++) {
    NodalRandom random;
    nodal_random_start(&random, resamples->resampling->seed, (uint64_t)k);
    resamples->statistics(resamples->user, resamples->scratch[worker], &random,
                          resamples->values + (size_t)k * resamples->width);
  }
  return true;
}

static uint64_t weight(void *user, int64_t index) {
  return (uint64_t)(batch_end(user, index) - index * BATCH);
}

static bool resample_on(NodalPool *pool, Resamples *resamples, NodalError **error) {
  size_t threads = (size_t)nodal_pool_threads(pool);
  resamples->scratch = nodal_alloc_array(threads, sizeof *resamples->scratch, error);
  if (!resamples->scratch) {
    return false;
  }
  NodalPoolRun run = {.count = nodal_div_up(resamples->resampling->resamples, BATCH),
                      .work = work,
                      .weight = weight,
                      .user = resamples,
                      .progress = resamples->resampling->progress};
  bool done = nodal_pool_run(pool, &run, error);
  for (size_t i = 0; i < threads; i++) {
    free(resamples->scratch[i]);
  }
  free(resamples->scratch);
  return done;
}

static bool check_number(const NodalResampling *resampling, NodalError **error) {
  if (resampling->resamples >= 1 && resampling->resamples <= MAX_RESAMPLES) {
    return true;
  }
  return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%lld resamples: it must be 1 to %d", (long long)resampling->resamples,
                    MAX_RESAMPLES);
}

static bool resample(Resamples *resamples, NodalError **error) {
  if (!check_number(resamples->resampling, error)) {
    return false;
  }
  NodalPool *pool = nodal_pool_new(resamples->resampling->threads, error);
  bool done = pool && resample_on(pool, resamples, error);
  nodal_pool_free(pool);
  return done;
}

/* A statistic of one value, as one of several. */
typedef struct Single {
  EvaluationStatistic statistic;
  const void *user;
} Single;

static void draw_single(const void *user, void *scratch, NodalRandom *random, double *values) {
  const Single *single = user;
  *values = single->statistic(single->user, scratch, random);
}

bool evaluation_resample(const NodalResampling *resampling, EvaluationStatistic statistic, const void *user,
                         size_t scratch_size, double *values, NodalError **error) {
  Single single = {statistic, user};
  Resamples resamples = {resampling, draw_single, &single, 1, values, NULL, scratch_size};
  return resample(&resamples, error);
}

/* The value at `part` (0 .. 1) of the way through `count` values in order. */
static double quantile(const double *values, size_t count, double part) {
  double place = part * (double)(count - 1);
  size_t below = (size_t)place;
  if (below + 1 >= count) {
    return values[count - 1];
  }
  return values[below] + (place - (double)below) * (values[below + 1] - values[below]);
}

bool evaluation_percentile_interval(double *values, size_t count, NodalInterval *interval, int64_t *undefined,
                                    NodalError **error) {
  size_t defined = 0;
  for (size_t i = 0; i < count; i++) {
    if (!isnan(values[i])) {
      values[defined++] = values[i];
    }
  }
  if (!evaluation_sort(values, defined, error)) {
    return false;
  }
  for (size_t i = defined; i < count; i++) {
    values[i] = NAN;
  }
  *interval = (NodalInterval){NAN, NAN};
  if (defined > 0) {
    *interval = (NodalInterval){quantile(values, defined, 0.025), quantile(values, defined, 0.975)};
  }
  if (undefined) {
    *undefined = (int64_t)(count - defined);
  }
  return true;
}

bool evaluation_bootstrap(const NodalResampling *resampling, EvaluationStatistic statistic, const void *user,
                          size_t scratch_size, NodalInterval *interval, int64_t *undefined, NodalError **error) {
  if (!check_number(resampling, error)) {
    return false;
  }
  size_t count = (size_t)resampling->resamples;
  double *values = nodal_alloc_array(count, sizeof *values, error);
  bool done = values && evaluation_resample(resampling, statistic, user, scratch_size, values, error) &&
              evaluation_percentile_interval(values, count, interval, undefined, error);
  free(values);
  return done;
}

/* The intervals of the columns of a table with a row a resample. */
static bool find_intervals(const double *values, size_t rows, size_t width, NodalInterval *intervals,
                           NodalError **error) {
  double *column = nodal_alloc_array(rows, sizeof *column, error);
  bool done = column != NULL;
  for (size_t i = 0; done && i < width; i++) {
    for (size_t k = 0; k < rows; k++) {
      column[k] = values[k * width + i];
    }
    done = evaluation_percentile_interval(column, rows, &intervals[i], NULL, error);
  }
  free(column);
  return done;
}

bool evaluation_band(const NodalResampling *resampling, EvaluationStatistics statistics, const void *user,
                     size_t scratch_size, size_t width, NodalInterval *intervals, NodalError **error) {
  size_t count;
  if (!check_number(resampling, error)) {
    return false;
  }
  if (!nodal_mul_size((size_t)resampling->resamples, width, &count)) {
    return nodal_fail_memory(error);
  }
  double *values = nodal_alloc_array(count, sizeof *values, error);
  Resamples resamples = {resampling, statistics, user, width, values, NULL, scratch_size};
  bool done = values && resample(&resamples, error) &&
              find_intervals(values, (size_t)resampling->resamples, width, intervals, error);
  free(values);
  return done;
}
