/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/resample.h"
#include "evaluation/sort.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void sorting(void **state) {
  (void)state;
  NodalRandom random;
  nodal_random_start(&random, 3, 1);
  for (size_t count = 0; count < 3000; count = count * 2 + 1) {
    double *values = malloc((count + 1) * sizeof *values), *expected = malloc((count + 1) * sizeof *values);
    assert_non_null(values);
    assert_non_null(expected);
    for (size_t i = 0; i < count; i++) {
      switch (nodal_random_below(&random, 4)) {
      case 0: /* any double */
        do {
          uint64_t bits = nodal_random_bits(&random);
          memcpy(&values[i], &bits, sizeof bits);
        } while (isnan(values[i]));
        break;
      case 1:
        values[i] = nodal_random_below(&random, 3) - 1.0;
        break;
      case 2:
        values[i] = nodal_random_below(&random, 2) ? INFINITY : -0.0;
        break;
      default:
        values[i] = nodal_random_below(&random, 1000) / 1000.0;
      }
    }
    memcpy(expected, values, count * sizeof *values);
    qsort(expected, count, sizeof *expected, by_value);
    assert_true(evaluation_sort(values, count, NULL));
    for (size_t i = 0; i < count; i++) {
      assert_true(values[i] == expected[i]);
      assert_false(values[i] == 0 && signbit(values[i]));
    }
    free(values);
    free(expected);
  }
}

/* `user` and a random fraction; counts its calls in the scratch. */
static double counting(const void *user, void *scratch, NodalRandom *random) {
  int64_t *calls = scratch;
  ++*calls;
  return *(const double *)user + (double)(nodal_random_bits(random) >> 11) * 0x1p-53;
}

static void same_for_any_threads(void **state) {
  (void)state;
  enum { COUNT = 1000 };
  static double values[3][COUNT];
  const double base = 5;
  for (int threads = 1; threads <= 3; threads++) {
    NodalResampling resampling = {.seed = 11, .resamples = COUNT, .threads = threads};
    assert_true(evaluation_resample(&resampling, counting, &base, sizeof(int64_t), values[threads - 1], NULL));
  }
  assert_memory_equal(values[0], values[1], sizeof values[0]);
  assert_memory_equal(values[0], values[2], sizeof values[0]);
  for (int k = 0; k < COUNT; k++) {
    NodalRandom random;
    nodal_random_start(&random, 11, (uint64_t)k);
    assert_true(values[0][k] == 5 + (double)(nodal_random_bits(&random) >> 11) * 0x1p-53);
  }
}

static void percentiles(void **state) {
  (void)state;
  /* 0 .. 40 in disorder: 2.5 % of 40 steps is exactly 1, 97.5 % is 39. */
  double values[44];
  for (int i = 0; i < 41; i++) {
    values[i] = i * 7 % 41;
  }
  values[41] = values[42] = values[43] = NAN;
  values[3] = NAN;
  values[42] = 3 * 7 % 41;
  NodalInterval interval;
  int64_t undefined;
  assert_true(evaluation_percentile_interval(values, 44, &interval, &undefined, NULL));
  assert_true(interval.low == 1 && interval.high == 39);
  assert_int_equal(undefined, 3);
  assert_true(isnan(values[43]));
  double pair[] = {4, 2};
  assert_true(evaluation_percentile_interval(pair, 2, &interval, NULL, NULL));
  assert_true(fabs(interval.low - 2.05) < 1e-15 && fabs(interval.high - 3.95) < 1e-15);
  double none[] = {NAN};
  assert_true(evaluation_percentile_interval(none, 1, &interval, &undefined, NULL));
  assert_true(isnan(interval.low) && isnan(interval.high));
  assert_int_equal(undefined, 1);
}

static bool stop(void *user, uint64_t done, uint64_t total) {
  (void)done;
  (void)total;
  (void)user;
  return false;
}

static void refusals(void **state) {
  (void)state;
  const double base = 0;
  double value;
  const int64_t wrong[] = {0, -1, 100000001};
  const char *const messages[] = {"0 resamples: it must be 1 to 100000000", "-1 resamples: it must be 1 to 100000000",
                                  "100000001 resamples: it must be 1 to 100000000"};
  for (int i = 0; i < 3; i++) {
    NodalResampling resampling = {.resamples = wrong[i]};
    NodalError *error = NULL;
    assert_false(evaluation_resample(&resampling, counting, &base, sizeof(int64_t), &value, &error));
    assert_string_equal(nodal_error_message(error), messages[i]);
    assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
    nodal_error_free(error);
  }
  NodalProgress progress = {stop, NULL};
  NodalResampling resampling = {.resamples = 1, .progress = &progress};
  NodalError *error = NULL;
  assert_false(evaluation_resample(&resampling, counting, &base, sizeof(int64_t), &value, &error));
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_CANCELLED);
  nodal_error_free(error);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sorting),
      cmocka_unit_test(same_for_any_threads),
      cmocka_unit_test(percentiles),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
