/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/resample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 60, CLASSES = 5 };

/*
 * Kappa from pairs of cases: the mean squared difference of each case's two classes, over that of each case's truth
 * with each case's prediction. In whole numbers, as numerator and denominator; false where it is not defined.
 */
static bool kappa_by_pairs(const int *truth, const int *predicted, int count, int64_t *numerator,
                           int64_t *denominator) {
  int64_t observed = 0, expected = 0;
  for (int i = 0; i < count; i++) {
    observed += (truth[i] - predicted[i]) * (truth[i] - predicted[i]);
    for (int j = 0; j < count; j++) {
      expected += (truth[i] - predicted[j]) * (truth[i] - predicted[j]);
    }
  }
  *numerator = expected - observed * count;
  *denominator = expected;
  return expected != 0;
}

static double kappa_of(const int *truth, const int *predicted, int count) {
  int64_t confusion[CLASSES * CLASSES];
  assert_true(nodal_confusion(truth, predicted, (size_t)count, CLASSES, confusion, NULL));
  return nodal_kappa(confusion, CLASSES);
}

static void kappa(void **state) {
  (void)state;
  NodalRandom random;
  nodal_random_start(&random, 1, 0);
  int undefined = 0;
  for (int round = 0; round < 2000; round++) {
    int truth[MOST], predicted[MOST], count = 1 + (int)nodal_random_below(&random, MOST);
    uint32_t kinds = 1 + nodal_random_below(&random, CLASSES);
    for (int i = 0; i < count; i++) {
      truth[i] = (int)nodal_random_below(&random, kinds);
      predicted[i] = nodal_random_below(&random, 3) ? truth[i] : (int)nodal_random_below(&random, kinds);
    }
    int64_t numerator, denominator;
    double value = kappa_of(truth, predicted, count);
    if (kappa_by_pairs(truth, predicted, count, &numerator, &denominator)) {
      assert_true(value == (double)numerator / (double)denominator);
    } else {
      assert_true(isnan(value));
      undefined++;
    }
  }
  assert_true(undefined > 0);
}

/* What the official script of CAMELYON17 gives. */
static void constants(void **state) {
  (void)state;
  const int truth[] = {0, 1, 2, 3, 4, 4}, constant[] = {3, 3, 3, 3, 3, 3}, other[] = {1, 1, 1, 1, 1, 1};
  assert_true(kappa_of(truth, constant, 6) == 0);
  assert_true(kappa_of(constant, truth, 6) == 0);
  assert_true(kappa_of(constant, other, 6) == 0);
  assert_true(isnan(kappa_of(constant, constant, 6)));
  assert_true(isnan(kappa_of(truth, truth, 0)));
  assert_true(kappa_of(truth, truth, 6) == 1);
  /* Half of the patients at either end, all wrong: 1 - 16 / 8. */
  const int ends[] = {0, 4, 0, 4}, wrong[] = {4, 0, 4, 0};
  assert_true(kappa_of(ends, wrong, 4) == -1);
}

static void confusion(void **state) {
  (void)state;
  const int truth[] = {0, 1, 2, 2, 0}, predicted[] = {0, 2, 2, 0, 0};
  const int64_t expected[] = {2, 0, 0, 0, 0, 1, 1, 0, 1};
  int64_t counts[9];
  assert_true(nodal_confusion(truth, predicted, 5, 3, counts, NULL));
  assert_memory_equal(counts, expected, sizeof expected);
}

static void limits(void **state) {
  (void)state;
  /* The largest sums that whole numbers hold: all cases as far from their truth as can be. */
  enum { MANY = NODAL_KAPPA_MAX_CLASSES };
  static int64_t counts[MANY * MANY];
  counts[MANY - 1] = NODAL_KAPPA_MAX_CASES / 2;
  counts[MANY * (MANY - 1)] = NODAL_KAPPA_MAX_CASES / 2;
  assert_true(nodal_kappa(counts, MANY) == -1);
  counts[0] = 1;
  assert_true(isnan(nodal_kappa(counts, MANY)));
  counts[0] = -1;
  assert_true(isnan(nodal_kappa(counts, MANY)));
  assert_true(isnan(nodal_kappa(counts, 1)) && isnan(nodal_kappa(counts, MANY + 1)));
}

static void refusals(void **state) {
  (void)state;
  const int classes[] = {0, 5, 1}, good[] = {0, 1, 2}, below[] = {0, 1, -1};
  int64_t counts[25];
  NodalError *error = NULL;
  assert_false(nodal_confusion(classes, good, 3, 5, counts, &error));
  assert_string_equal(nodal_error_message(error), "case 1 has class 5, not 0 to 4");
  nodal_error_free(error);
  error = NULL;
  assert_false(nodal_confusion(good, below, 3, 5, counts, &error));
  assert_string_equal(nodal_error_message(error), "case 2 has class -1, not 0 to 4");
  nodal_error_free(error);
  error = NULL;
  assert_false(nodal_confusion(good, good, 3, 65, counts, &error));
  assert_string_equal(nodal_error_message(error), "65 classes: it must be 2 to 64");
  nodal_error_free(error);
  error = NULL;
  assert_false(nodal_confusion(good, good, NODAL_KAPPA_MAX_CASES + 1, 5, counts, &error));
  assert_string_equal(nodal_error_message(error), "40000001 cases: at most 40000000");
  nodal_error_free(error);
  NodalInterval interval;
  double p;
  const NodalResampling resampling = NODAL_RESAMPLING_INIT, no_resamples = {.resamples = 0};
  assert_false(nodal_kappa_bootstrap(classes, good, 3, 5, &resampling, &interval, NULL, NULL));
  assert_false(nodal_kappa_bootstrap(good, good, 3, 5, &no_resamples, &interval, NULL, NULL));
  assert_false(nodal_kappa_permutation(good, good, below, 3, 5, &resampling, &p, NULL));
  assert_false(nodal_kappa_permutation(good, good, good, 3, 5, &no_resamples, &p, NULL));
}

/* The same draws made here. */
static void bootstrap(void **state) {
  (void)state;
  enum { COUNT = 20, RESAMPLES = 500 };
  int truth[COUNT], predicted[COUNT];
  for (int i = 0; i < COUNT; i++) {
    truth[i] = i % 5;
    predicted[i] = i % 3 ? truth[i] : i % 4;
  }
  double values[RESAMPLES];
  for (uint64_t k = 0; k < RESAMPLES; k++) {
    int drawn_truth[COUNT], drawn[COUNT];
    NodalRandom random;
    nodal_random_start(&random, 9, k);
    for (int i = 0; i < COUNT; i++) {
      uint32_t which = nodal_random_below(&random, COUNT);
      drawn_truth[i] = truth[which];
      drawn[i] = predicted[which];
    }
    int64_t numerator, denominator;
    assert_true(kappa_by_pairs(drawn_truth, drawn, COUNT, &numerator, &denominator));
    values[k] = (double)numerator / (double)denominator;
  }
  NodalInterval expected, interval;
  int64_t undefined = -1;
  assert_true(evaluation_percentile_interval(values, RESAMPLES, &expected, NULL, NULL));
  for (int threads = 1; threads <= 3; threads++) {
    NodalResampling resampling = {.seed = 9, .resamples = RESAMPLES, .threads = threads};
    assert_true(nodal_kappa_bootstrap(truth, predicted, COUNT, 5, &resampling, &interval, &undefined, NULL));
    assert_true(interval.low == expected.low && interval.high == expected.high);
    assert_int_equal(undefined, 0);
  }
}

/* Of two patients one in two resamples has one patient twice, and then no kappa. */
static void undefined_resamples(void **state) {
  (void)state;
  const int truth[] = {0, 4};
  NodalResampling resampling = {.seed = 1, .resamples = 10000};
  NodalInterval interval;
  int64_t undefined;
  assert_true(nodal_kappa_bootstrap(truth, truth, 2, 5, &resampling, &interval, &undefined, NULL));
  assert_true(interval.low == 1 && interval.high == 1);
  assert_true(fabs((double)undefined - 5000) < 5 * 50);
}

/* All 2^n exchanges, each as likely: their share of differences as large as the real one. */
static double p_by_all(const int *truth, const int *a, const int *b, int count) {
  double real = fabs(kappa_of(truth, a, count) - kappa_of(truth, b, count));
  int extreme = 0;
  for (int mask = 0; mask < 1 << count; mask++) {
    int x[MOST], y[MOST];
    for (int i = 0; i < count; i++) {
      x[i] = mask >> i & 1 ? b[i] : a[i];
      y[i] = mask >> i & 1 ? a[i] : b[i];
    }
    extreme += fabs(kappa_of(truth, x, count) - kappa_of(truth, y, count)) >= real - 1e-12;
  }
  return (double)extreme / (1 << count);
}

static void permutation(void **state) {
  (void)state;
  enum { COUNT = 10, RESAMPLES = 40000 };
  const int truth[COUNT] = {0, 1, 2, 3, 4, 0, 1, 2, 3, 4}, a[COUNT] = {0, 1, 2, 3, 4, 0, 1, 2, 2, 4};
  const int b[COUNT] = {1, 1, 0, 3, 2, 0, 0, 2, 3, 4};
  double p[3], expected = p_by_all(truth, a, b, COUNT);
  for (int threads = 1; threads <= 2; threads++) {
    NodalResampling resampling = {.seed = 2, .resamples = RESAMPLES, .threads = threads};
    assert_true(nodal_kappa_permutation(truth, a, b, COUNT, 5, &resampling, &p[threads - 1], NULL));
  }
  assert_true(p[0] == p[1]);
  assert_true(expected > 0.01 && expected < 0.5);
  assert_true(fabs(p[0] - expected) < 5 * sqrt(expected * (1 - expected) / RESAMPLES));
  /* Either way round the same; a submission against itself differs in nothing. */
  NodalResampling resampling = {.seed = 2, .resamples = RESAMPLES};
  assert_true(nodal_kappa_permutation(truth, b, a, COUNT, 5, &resampling, &p[2], NULL));
  assert_true(p[2] == p[0]);
  assert_true(nodal_kappa_permutation(truth, a, a, COUNT, 5, &resampling, &p[2], NULL));
  assert_true(p[2] == 1);
  const int constant[COUNT] = {0};
  assert_true(nodal_kappa_permutation(constant, constant, a, COUNT, 5, &resampling, &p[2], NULL));
  assert_true(isnan(p[2]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kappa),
      cmocka_unit_test(constants),
      cmocka_unit_test(confusion),
      cmocka_unit_test(limits),
      cmocka_unit_test(refusals),
      cmocka_unit_test(bootstrap),
      cmocka_unit_test(undefined_resamples),
      cmocka_unit_test(permutation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
