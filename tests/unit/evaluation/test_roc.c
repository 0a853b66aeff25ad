/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/resample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 120 };

/* Cases by chance, with many ties where `kinds` is small; at least one of each class. */
typedef struct Cases {
  double scores[MOST];
  bool positive[MOST];
  size_t count, positives, negatives;
} Cases;

static Cases draw(NodalRandom *random, size_t count, uint32_t kinds) {
  Cases cases = {.count = count};
  for (size_t i = 0; i < count; i++) {
    cases.positive[i] = i == 0 || (i > 1 && nodal_random_below(random, 3) == 0);
    cases.positives += cases.positive[i];
    uint32_t kind = nodal_random_below(random, kinds);
    cases.scores[i] = ((double)kind - kinds / 2.0) / 7 + (cases.positive[i] ? 0.25 : 0) * (kind % 2);
  }
  cases.negatives = count - cases.positives;
  return cases;
}

/* 1, 1/2 or 0: how the positive case stands to the negative one. */
static double kernel(const Cases *cases, size_t positive, size_t negative) {
  double x = cases->scores[positive], y = cases->scores[negative];
  return x > y ? 1 : x == y ? 0.5 : 0;
}

/* All pairs. */
static double area_by_pairs(const Cases *cases) {
  double sum = 0;
  for (size_t i = 0; i < cases->count; i++) {
    for (size_t j = 0; j < cases->count; j++) {
      sum += cases->positive[i] && !cases->positive[j] ? kernel(cases, i, j) : 0;
    }
  }
  return sum / ((double)cases->positives * (double)cases->negatives);
}

/* The formula of DeLong, DeLong and Clarke-Pearson as it stands there: S10 / m + S01 / n. */
static double variance_by_pairs(const Cases *cases) {
  double area = area_by_pairs(cases), m = (double)cases->positives, n = (double)cases->negatives;
  double squares10 = 0, squares01 = 0;
  for (size_t i = 0; i < cases->count; i++) {
    double sum = 0;
    for (size_t j = 0; j < cases->count; j++) {
      if (cases->positive[i] && !cases->positive[j]) {
        sum += kernel(cases, i, j);
      } else if (!cases->positive[i] && cases->positive[j]) {
        sum += kernel(cases, j, i);
      }
    }
    if (cases->positive[i]) {
      squares10 += (sum / n - area) * (sum / n - area);
    } else {
      squares01 += (sum / m - area) * (sum / m - area);
    }
  }
  return squares10 / (m - 1) / m + squares01 / (n - 1) / n;
}

static void near(double a, double b) {
  assert_true(fabs(a - b) <= 1e-13);
}

static NodalRoc *make(const Cases *cases) {
  NodalError *error = NULL;
  NodalRoc *roc = nodal_roc_new(cases->scores, cases->positive, cases->count, &error);
  assert_non_null(roc);
  return roc;
}

static void area_and_variance(void **state) {
  (void)state;
  NodalRandom random;
  nodal_random_start(&random, 1, 0);
  for (int round = 0; round < 600; round++) {
    size_t count = 2 + nodal_random_below(&random, MOST - 1);
    Cases cases = draw(&random, count, 1 + nodal_random_below(&random, round % 2 ? 6 : 1000));
    NodalRoc *roc = make(&cases);
    assert_int_equal(nodal_roc_positives(roc), cases.positives);
    assert_int_equal(nodal_roc_negatives(roc), cases.negatives);
    double area = nodal_roc_auc(roc);
    near(area, area_by_pairs(&cases));
    NodalInterval interval = nodal_roc_delong_interval(roc);
    if (cases.positives < 2 || cases.negatives < 2) {
      assert_true(isnan(nodal_roc_variance(roc)) && isnan(interval.low) && isnan(interval.high));
    } else {
      double variance = variance_by_pairs(&cases), reach = 1.959963984540054 * sqrt(variance);
      near(nodal_roc_variance(roc), variance);
      assert_true(fabs(interval.low - fmax(area - reach, 0)) < 1e-7);
      assert_true(fabs(interval.high - fmin(area + reach, 1)) < 1e-7);
    }
    nodal_roc_free(roc);
  }
}

/* Every point by counting, and the operating points by looking at all of them. */
static void curve(void **state) {
  (void)state;
  NodalRandom random;
  nodal_random_start(&random, 2, 0);
  for (int round = 0; round < 200; round++) {
    Cases cases = draw(&random, 2 + nodal_random_below(&random, MOST - 1), round % 2 ? 5 : 400);
    NodalRoc *roc = make(&cases);
    NodalRocPoint point, youden = nodal_roc_youden(roc), at = nodal_roc_at_specificity(roc, 0.9);
    double last = INFINITY, most = 0, sensitive = 0;
    bool youden_seen = false, at_seen = false;
    size_t count = nodal_roc_point_count(roc);
    for (size_t i = 0; i < count; i++) {
      assert_true(nodal_roc_point(roc, i, &point));
      assert_true(i == 0 ? isinf(point.threshold) : point.threshold < last);
      last = point.threshold;
      size_t hits = 0, alarms = 0;
      bool there = i == 0;
      for (size_t k = 0; k < cases.count; k++) {
        hits += cases.positive[k] && cases.scores[k] >= point.threshold;
        alarms += !cases.positive[k] && cases.scores[k] >= point.threshold;
        there |= cases.scores[k] == point.threshold;
      }
      assert_true(there);
      assert_int_equal(point.true_positives, hits);
      assert_int_equal(point.false_positives, alarms);
      assert_true(point.sensitivity == (double)hits / (double)cases.positives);
      assert_true(point.specificity == (double)(cases.negatives - alarms) / (double)cases.negatives);
      most = fmax(most, point.sensitivity + point.specificity - 1);
      sensitive = point.specificity >= 0.9 ? fmax(sensitive, point.sensitivity) : sensitive;
      youden_seen |= memcmp(&point, &youden, sizeof point) == 0;
      at_seen |= memcmp(&point, &at, sizeof point) == 0;
    }
    assert_false(nodal_roc_point(roc, count, &point));
    assert_true(point.sensitivity == 1 && point.specificity == 0);
    assert_true(youden_seen && at_seen);
    near(youden.sensitivity + youden.specificity - 1, most);
    assert_true(at.specificity >= 0.9 && at.sensitivity == sensitive);
    nodal_roc_free(roc);
  }
}

/* By hand: scores 3 | 2 2 | 1, the positive ones first and second. */
static void by_hand(void **state) {
  (void)state;
  const double scores[] = {2, 1, 3, 2};
  const bool positive[] = {true, false, true, false};
  NodalRoc *roc = nodal_roc_new(scores, positive, 4, NULL);
  assert_non_null(roc);
  assert_true(nodal_roc_auc(roc) == 3.5 / 4);
  /* V10: 3/4 and 1; V01: 1 and 3/4. Each variance is 1/32, and each is divided by 2. */
  near(nodal_roc_variance(roc), 1.0 / 32);
  NodalRocPoint best = nodal_roc_youden(roc);
  assert_true(best.threshold == 3 && best.sensitivity == 0.5 && best.specificity == 1);
  best = nodal_roc_at_specificity(roc, 0.5);
  assert_true(best.threshold == 2 && best.sensitivity == 1 && best.specificity == 0.5);
  nodal_roc_free(roc);
}

/* The same draws made here, and their areas by pairs. */
static void bootstrap(void **state) {
  (void)state;
  enum { RESAMPLES = 300 };
  NodalRandom random;
  nodal_random_start(&random, 3, 0);
  Cases cases = draw(&random, 40, 12);
  NodalRoc *roc = make(&cases);
  NodalInterval interval[2], expected;
  for (int threads = 1; threads <= 2; threads++) {
    NodalResampling resampling = {.seed = 5, .resamples = RESAMPLES, .threads = threads};
    assert_true(nodal_roc_bootstrap(roc, &resampling, &interval[threads - 1], NULL));
  }
  assert_memory_equal(&interval[0], &interval[1], sizeof interval[0]);
  /* Cases of each class from the highest score down, as the curve has them. */
  double ordered[2][MOST], values[RESAMPLES];
  size_t counts[2] = {0};
  NodalRocPoint point;
  for (size_t i = 1; nodal_roc_point(roc, i, &point); i++) {
    for (size_t k = 0; k < cases.count; k++) {
      if (cases.scores[k] == point.threshold) {
        ordered[cases.positive[k]][counts[cases.positive[k]]++] = point.threshold;
      }
    }
  }
  for (uint64_t k = 0; k < RESAMPLES; k++) {
    Cases drawn = {.count = cases.count, .positives = cases.positives, .negatives = cases.negatives};
    nodal_random_start(&random, 5, k);
    for (size_t i = 0; i < cases.count; i++) {
      drawn.positive[i] = i < cases.positives;
      uint32_t bound = (uint32_t)(drawn.positive[i] ? cases.positives : cases.negatives);
      drawn.scores[i] = ordered[drawn.positive[i]][nodal_random_below(&random, bound)];
    }
    values[k] = area_by_pairs(&drawn);
  }
  assert_true(evaluation_percentile_interval(values, RESAMPLES, &expected, NULL, NULL));
  near(interval[0].low, expected.low);
  near(interval[0].high, expected.high);
  nodal_roc_free(roc);
}

static void refusals(void **state) {
  (void)state;
  const double scores[] = {1, NAN, 2}, infinite[] = {1, 0, -INFINITY};
  const bool all[] = {true, true, true}, none[] = {false, false, false}, some[] = {true, false, true};
  const struct {
    const double *scores;
    const bool *positive;
    size_t count;
    const char *message;
  } cases[] = {
      {scores, some, 3, "score 1 is not finite"},
      {infinite, some, 3, "score 2 is not finite"},
      {scores, all, 1, "all 1 cases are positive: there is no curve"},
      {infinite, none, 2, "all 2 cases are negative: there is no curve"},
      {scores, some, 0, "0 cases: it must be 1 to 2000000000"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    NodalError *error = NULL;
    assert_null(nodal_roc_new(cases[i].scores, cases[i].positive, cases[i].count, &error));
    assert_string_equal(nodal_error_message(error), cases[i].message);
    assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
    nodal_error_free(error);
  }
}

static void assert_interval(NodalInterval interval, double low, double high) {
  assert_true(fabs(interval.low - low) < 1e-12 && fabs(interval.high - high) < 1e-12);
}

/* Ten of twenty positive cases score higher than all others, which are level: the sensitivity of a draw is
 * X / 20 without a false positive, X of B(20, 1/2), and from there the curve is straight. The 2.5th and 97.5th
 * percentiles of X are 6 and 14: P(X <= 5) = 0.0207, P(X <= 6) = 0.0577. */
static void band(void **state) {
  (void)state;
  double scores[50] = {0};
  bool positive[50] = {false};
  for (int i = 0; i < 20; i++) {
    positive[i] = true;
    scores[i] = i < 10 ? 1 + i : 0;
  }
  NodalRoc *roc = nodal_roc_new(scores, positive, 50, NULL);
  NodalResampling resampling = {.seed = 9, .resamples = 40000, .threads = 1};
  const double rates[] = {0, 0.5, 1};
  NodalInterval intervals[3], others[3];
  assert_true(nodal_roc_band(roc, rates, 3, &resampling, intervals, NULL));
  assert_interval(intervals[0], 0.3, 0.7);
  assert_interval(intervals[1], 0.65, 0.85);
  assert_interval(intervals[2], 1, 1);
  resampling.threads = 3;
  assert_true(nodal_roc_band(roc, rates, 3, &resampling, others, NULL));
  assert_memory_equal(intervals, others, sizeof others);
  const double falling[] = {0.5, 0.2}, beyond[] = {0.5, 1.1};
  NodalError *error = NULL;
  assert_false(nodal_roc_band(roc, falling, 2, &resampling, others, &error));
  assert_string_equal(nodal_error_message(error), "false positive rates must rise from 0 to 1");
  nodal_error_free(error);
  assert_false(nodal_roc_band(roc, beyond, 2, &resampling, others, NULL));
  nodal_roc_free(roc);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(area_and_variance), cmocka_unit_test(curve),    cmocka_unit_test(by_hand),
      cmocka_unit_test(bootstrap),         cmocka_unit_test(refusals), cmocka_unit_test(band),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
