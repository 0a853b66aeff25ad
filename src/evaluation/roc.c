/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "evaluation/resample.h"
#include "evaluation/sort.h"

#include <math.h>
#include <string.h>

/* The 97.5th percentile of the normal distribution. */
static const double normal_97_5 = 1.959963984540054;

/* What is called positive at a threshold. */
typedef struct Step {
  double threshold;
  uint32_t true_positives, false_positives;
} Step;

struct NodalRoc {
  Step *steps; /* one a score, from the highest down; before them one at infinity */
  size_t step_count;
  uint32_t positive, negative;
  uint64_t half_pairs; /* pairs in order twice, tied ones once */
  double variance;
};

/* ---- Making ---- */

/* Steps of two lists in rising order. */
static void merge(NodalRoc *roc, const double *positive, const double *negative) {
  uint32_t p = roc->positive, n = roc->negative;
  roc->steps[roc->step_count++] = (Step){INFINITY, 0, 0};
  while (p > 0 || n > 0) {
    double score = n == 0 || (p > 0 && positive[p - 1] > negative[n - 1]) ? positive[p - 1] : negative[n - 1];
    for (; p > 0 && positive[p - 1] == score; p--) {
    }
    for (; n > 0 && negative[n - 1] == score; n--) {
    }
    roc->steps[roc->step_count++] = (Step){score, roc->positive - p, roc->negative - n};
  }
}

/* Counts the pairs in order: those of the negative cases of each step. */
static uint64_t count_half_pairs(const NodalRoc *roc) {
  uint64_t half_pairs = 0;
  for (size_t i = 1; i < roc->step_count; i++) {
    const Step *step = &roc->steps[i];
    uint64_t above = step[-1].true_positives, negative = step->false_positives - step[-1].false_positives;
    half_pairs += negative * (above + step->true_positives);
  }
  return half_pairs;
}

/*
 * DeLong's structural components: of a positive case the share of negative ones below it, ties half, and of a negative
 * one the share of positive ones above it. They are the same for all cases of a step, so their variances need one walk.
 */
static double measure_variance(const NodalRoc *roc) {
  if (roc->positive < 2 || roc->negative < 2) {
    return NAN;
  }
  double positive = roc->positive, negative = roc->negative, area = nodal_roc_auc(roc);
  double positive_squares = 0, negative_squares = 0;
  for (size_t i = 1; i < roc->step_count; i++) {
    const Step *step = &roc->steps[i];
    double above = (double)step[-1].true_positives + step->true_positives;
    double not_below = (double)step[-1].false_positives + step->false_positives;
    double won = 1 - not_below / (2 * negative) - area, lost = above / (2 * positive) - area;
    positive_squares += (step->true_positives - step[-1].true_positives) * won * won;
    negative_squares += (step->false_positives - step[-1].false_positives) * lost * lost;
  }
  return positive_squares / (positive - 1) / positive + negative_squares / (negative - 1) / negative;
}

/* Positive scores to the front of `sorted`, negative ones behind them. */
static bool split(NodalRoc *roc, const double *scores, const bool *positive, size_t count, double *sorted,
                  NodalError **error) {
  size_t p = 0, n = count;
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(scores[i])) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "score %zu is not finite", i);
    }
    /* No branch on what is as good as random. */
    sorted[p] = scores[i];
    sorted[n - 1] = positive[i] ? sorted[n - 1] : scores[i];
    p += positive[i];
    n -= !positive[i];
  }
  roc->positive = (uint32_t)p;
  roc->negative = (uint32_t)(count - p);
  if (p == 0 || p == count) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "all %zu cases are %s: there is no curve", count,
                      p == 0 ? "negative" : "positive");
  }
  return evaluation_sort(sorted, p, error) && evaluation_sort(sorted + p, count - p, error);
}

static bool fill(NodalRoc *roc, const double *scores, const bool *positive, size_t count, NodalError **error) {
  double *sorted = nodal_alloc_array(count, sizeof *sorted, error);
  bool filled = sorted && split(roc, scores, positive, count, sorted, error) &&
                (roc->steps = nodal_alloc_array(count + 1, sizeof *roc->steps, error)) != NULL;
  if (filled) {
    merge(roc, sorted, sorted + roc->positive);
    roc->half_pairs = count_half_pairs(roc);
    roc->variance = measure_variance(roc);
  }
  free(sorted);
  return filled;
}

NodalRoc *nodal_roc_new(const double *scores, const bool *positive, size_t count, NodalError **error) {
  if (count == 0 || count > NODAL_ROC_MAX_CASES) {
    nodal_fail(error, NODAL_ERROR_ARGUMENT, "%zu cases: it must be 1 to %d", count, NODAL_ROC_MAX_CASES);
    return NULL;
  }
  NodalRoc *roc = nodal_alloc_array(1, sizeof *roc, error);
  if (roc && !fill(roc, scores, positive, count, error)) {
    nodal_roc_free(roc);
    return NULL;
  }
  return roc;
}

void nodal_roc_free(NodalRoc *roc) {
  if (roc) {
    free(roc->steps);
  }
  free(roc);
}

/* ---- The area ---- */

size_t nodal_roc_positives(const NodalRoc *roc) {
  return roc->positive;
}

size_t nodal_roc_negatives(const NodalRoc *roc) {
  return roc->negative;
}

double nodal_roc_auc(const NodalRoc *roc) {
  return (double)roc->half_pairs / (2.0 * roc->positive * roc->negative);
}

double nodal_roc_variance(const NodalRoc *roc) {
  return roc->variance;
}

NodalInterval nodal_roc_delong_interval(const NodalRoc *roc) {
  if (isnan(roc->variance)) {
    return (NodalInterval){NAN, NAN};
  }
  double area = nodal_roc_auc(roc), reach = normal_97_5 * sqrt(roc->variance);
  return (NodalInterval){fmax(area - reach, 0), fmin(area + reach, 1)};
}

/* ---- Resampling ---- */

/* For each case the step on which it is. */
typedef struct Places {
  const NodalRoc *roc;
  uint32_t *positive, *negative;
} Places;

/* Counts in `drawn` how often each step's positive and negative cases were drawn. */
static void draw_cases(const Places *places, uint32_t (*drawn)[2], NodalRandom *random) {
  const NodalRoc *roc = places->roc;
  memset(drawn, 0, roc->step_count * sizeof *drawn);
  for (uint32_t i = 0; i < roc->positive; i++) {
    drawn[places->positive[nodal_random_below(random, roc->positive)]][0]++;
  }
  for (uint32_t i = 0; i < roc->negative; i++) {
    drawn[places->negative[nodal_random_below(random, roc->negative)]][1]++;
  }
}

static double drawn_area(const void *user, void *scratch, NodalRandom *random) {
  const Places *places = user;
  const NodalRoc *roc = places->roc;
  uint32_t(*drawn)[2] = scratch;
  draw_cases(places, drawn, random);
  uint64_t half_pairs = 0, above = 0;
  for (size_t i = 0; i < roc->step_count; i++) {
    half_pairs += drawn[i][1] * (2 * above + drawn[i][0]);
    above += drawn[i][0];
  }
  return (double)half_pairs / (2.0 * roc->positive * roc->negative);
}

static bool find_places(const NodalRoc *roc, Places *places, NodalError **error) {
  *places = (Places){.roc = roc};
  places->positive = nodal_alloc_array((size_t)roc->positive + roc->negative, sizeof *places->positive, error);
  if (!places->positive) {
    return false;
  }
  places->negative = places->positive + roc->positive;
  uint32_t p = 0, n = 0;
  for (size_t i = 0; i < roc->step_count; i++) {
    while (p < roc->steps[i].true_positives) {
      places->positive[p++] = (uint32_t)i;
    }
    while (n < roc->steps[i].false_positives) {
      places->negative[n++] = (uint32_t)i;
    }
  }
  return true;
}

bool nodal_roc_bootstrap(const NodalRoc *roc, const NodalResampling *resampling, NodalInterval *interval,
                         NodalError **error) {
  Places places;
  bool done = find_places(roc, &places, error) &&
              evaluation_bootstrap(resampling, drawn_area, &places, roc->step_count * 2 * sizeof(uint32_t), interval,
                                   NULL, error);
  free(places.positive);
  return done;
}

typedef struct Rates {
  Places places;
  const double *rates;
  size_t count;
} Rates;

/* The sensitivity of the curve at each of the rates, on straight lines between its points. */
static void drawn_sensitivities(const void *user, void *scratch, NodalRandom *random, double *values) {
  const Rates *rates = user;
  const NodalRoc *roc = rates->places.roc;
  uint32_t(*drawn)[2] = scratch;
  draw_cases(&rates->places, drawn, random);
  uint32_t found = 0, wrong = 0;
  size_t next = 0;
  for (size_t i = 0; i < roc->step_count && next < rates->count; i++) {
    for (; next < rates->count && rates->rates[next] * roc->negative < wrong + drawn[i][1]; next++) {
      double part = (rates->rates[next] * roc->negative - wrong) / drawn[i][1];
      values[next] = (found + part * drawn[i][0]) / roc->positive;
    }
    found += drawn[i][0];
    wrong += drawn[i][1];
  }
  for (; next < rates->count; next++) {
    values[next] = 1;
  }
}

bool nodal_roc_band(const NodalRoc *roc, const double *false_positive_rates, size_t count,
                    const NodalResampling *resampling, NodalInterval *intervals, NodalError **error) {
  for (size_t i = 0; i < count; i++) {
    if (!(false_positive_rates[i] >= (i > 0 ? false_positive_rates[i - 1] : 0) && false_positive_rates[i] <= 1)) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "false positive rates must rise from 0 to 1");
    }
  }
  Rates rates = {.rates = false_positive_rates, .count = count};
  bool done = find_places(roc, &rates.places, error) &&
              evaluation_band(resampling, drawn_sensitivities, &rates, roc->step_count * 2 * sizeof(uint32_t), count,
                              intervals, error);
  free(rates.places.positive);
  return done;
}

/* ---- The curve ---- */

static NodalRocPoint make_point(const NodalRoc *roc, size_t index) {
  const Step *step = &roc->steps[index];
  return (NodalRocPoint){.threshold = step->threshold,
                         .true_positives = step->true_positives,
                         .false_positives = step->false_positives,
                         .sensitivity = (double)step->true_positives / roc->positive,
                         .specificity = (double)(roc->negative - step->false_positives) / roc->negative};
}

size_t nodal_roc_point_count(const NodalRoc *roc) {
  return roc->step_count;
}

bool nodal_roc_point(const NodalRoc *roc, size_t index, NodalRocPoint *point) {
  if (index >= roc->step_count) {
    return false;
  }
  *point = make_point(roc, index);
  return true;
}

NodalRocPoint nodal_roc_youden(const NodalRoc *roc) {
  size_t best = 0;
  int64_t most = 0;
  for (size_t i = 1; i < roc->step_count; i++) {
    /* Sensitivity + specificity - 1, times the number of pairs: whole. */
    int64_t index =
        (int64_t)roc->steps[i].true_positives * roc->negative - (int64_t)roc->steps[i].false_positives * roc->positive;
    if (index > most) {
      most = index;
      best = i;
    }
  }
  return make_point(roc, best);
}

NodalRocPoint nodal_roc_at_specificity(const NodalRoc *roc, double specificity) {
  size_t best = 0;
  for (size_t i = 1; i < roc->step_count; i++) {
    double here = (double)(roc->negative - roc->steps[i].false_positives) / roc->negative;
    if (here >= specificity && roc->steps[i].true_positives > roc->steps[best].true_positives) {
      best = i;
    }
  }
  return make_point(roc, best);
}
