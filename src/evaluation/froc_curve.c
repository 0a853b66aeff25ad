/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/froc.h"

#include "base/memory.h"
#include "evaluation/resample.h"

#include <math.h>
#include <string.h>

/* --- thresholds --- */

static int compare_events(const void *a, const void *b) {
  const FrocEvent *left = a, *right = b;
  if (left->value != right->value) {
    return left->value < right->value ? 1 : -1;
  }
  return (left->slide > right->slide) - (left->slide < right->slide);
}

/* Probabilities of all lesions; 0 for those that were missed, and for ITC, whose detections do not count. */
static bool list_lesions(const NodalFroc *froc, FrocThresholds *thresholds, NodalError **error) {
  thresholds->lesions = nodal_alloc_array(froc->lesion_count, sizeof *thresholds->lesions, error);
  thresholds->lesion_count = froc->lesion_count;
  size_t at = 0;
  for (uint32_t slide = 0; thresholds->lesions && at < froc->lesion_count; slide++) {
    for (; at < froc->lesion_count && froc->lesions[at].slide == froc->slides[slide].name; at++) {
      const NodalFrocLesion *lesion = &froc->lesions[at];
      double value = lesion->itc && !froc->include_itc ? 0 : lesion->probability;
      value = froc->rules->single_precision ? (double)(float)value : value;
      thresholds->lesions[at] = (FrocEvent){.value = value, .slide = slide};
    }
  }
  return thresholds->lesions != NULL;
}

/* Each different value of both lists, falling; events learn which is theirs. */
static void merge_values(FrocThresholds *thresholds) {
  FrocEvent *positive = thresholds->positives, *lesion = thresholds->lesions;
  const FrocEvent *positive_end = positive + thresholds->positive_count;
  const FrocEvent *lesion_end = lesion + thresholds->lesion_count;
  while (positive < positive_end || lesion < lesion_end) {
    bool from_lesions = positive == positive_end || (lesion < lesion_end && lesion->value > positive->value);
    double value = from_lesions ? lesion->value : positive->value;
    for (; positive < positive_end && positive->value == value; positive++) {
      positive->own = (uint32_t)thresholds->count;
    }
    for (; lesion < lesion_end && lesion->value == value; lesion++) {
      lesion->own = (uint32_t)thresholds->count;
    }
    thresholds->values[thresholds->count++] = value;
  }
}

/*
 * The threshold from which on a lesion counts. Compared in single precision, as numpy compares an array of float32 with
 * a number, that can be one a little above its own value.
 */
static void find_counted(FrocThresholds *thresholds, bool single_precision) {
  uint32_t threshold = 0;
  for (size_t i = 0; i < thresholds->lesion_count; i++) {
    FrocEvent *event = &thresholds->lesions[i];
    while (single_precision ? event->value < (double)(float)thresholds->values[threshold] : threshold < event->own) {
      threshold++;
    }
    event->counted = threshold;
  }
}

static void clear(FrocThresholds *thresholds) {
  free(thresholds->positives);
  free(thresholds->lesions);
  free(thresholds->values);
}

static bool make_thresholds(const NodalFroc *froc, FrocThresholds *thresholds, NodalError **error) {
  *thresholds = (FrocThresholds){.positive_count = froc->positives.count};
  if (froc->problems.count > 0) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s", froc->problems.lines[0]);
  }
  thresholds->positives = nodal_alloc_array(thresholds->positive_count, sizeof *thresholds->positives, error);
  if (!thresholds->positives || !list_lesions(froc, thresholds, error) ||
      !(thresholds->values = nodal_alloc_array(thresholds->positive_count + thresholds->lesion_count,
                                               sizeof *thresholds->values, error))) {
    return false;
  }
  if (thresholds->positive_count > 0) {
    memcpy(thresholds->positives, froc->positives.items, thresholds->positive_count * sizeof *thresholds->positives);
  }
  qsort(thresholds->positives, thresholds->positive_count, sizeof *thresholds->positives, compare_events);
  qsort(thresholds->lesions, thresholds->lesion_count, sizeof *thresholds->lesions, compare_events);
  merge_values(thresholds);
  find_counted(thresholds, froc->rules->single_precision);
  return true;
}

/* --- the curve --- */

/* Takes the next point; false: no more are wanted. */
typedef bool (*TakePoint)(void *user, const NodalFrocPoint *point);

/* A choice of slides: how often each was drawn; NULL: each once. */
typedef struct Draw {
  const uint32_t *times;
  uint64_t slides, lesions;
} Draw;

static uint32_t times_of(const Draw *draw, uint32_t slide) {
  return draw->times ? draw->times[slide] : 1;
}

static Draw all_slides(const NodalFroc *froc) {
  Draw draw = {.slides = froc->slide_count};
  for (size_t i = 0; i < froc->slide_count; i++) {
    draw.lesions += froc->slides[i].lesions;
  }
  return draw;
}

/* Where a walk through the thresholds is, and what has been counted so far. */
typedef struct Walk {
  const FrocThresholds *thresholds;
  const Draw *draw;
  size_t positive, lesion, counted;
  uint64_t false_positives, found;
} Walk;

/* Counts what a threshold adds; false where none of the slides drawn has that probability. */
static bool step(Walk *walk, uint32_t threshold) {
  const FrocThresholds *thresholds = walk->thresholds;
  bool present = false;
  for (; walk->positive < thresholds->positive_count && thresholds->positives[walk->positive].own == threshold;
       walk->positive++) {
    uint32_t times = times_of(walk->draw, thresholds->positives[walk->positive].slide);
    walk->false_positives += times;
    present = present || times > 0;
  }
  for (; walk->lesion < thresholds->lesion_count && thresholds->lesions[walk->lesion].own == threshold;
       walk->lesion++) {
    present = present || times_of(walk->draw, thresholds->lesions[walk->lesion].slide) > 0;
  }
  for (; walk->counted < thresholds->lesion_count && thresholds->lesions[walk->counted].counted <= threshold;
       walk->counted++) {
    walk->found += times_of(walk->draw, thresholds->lesions[walk->counted].slide);
  }
  return present;
}

/* Hands the points of the curve to `take`, from 0, 0 on. */
static void walk_curve(const NodalFrocRules *rules, const FrocThresholds *thresholds, const Draw *draw, TakePoint take,
                       void *user) {
  Walk walk = {.thresholds = thresholds, .draw = draw};
  /* A point is handed on when it is known not to be the last one. */
  NodalFrocPoint point = {.threshold = (double)INFINITY};
  bool first = true;
  for (uint32_t i = 0; i < thresholds->count; i++) {
    bool present = step(&walk, i);
    if (!present || (!rules->drops_lowest && thresholds->values[i] == 0)) {
      continue;
    }
    if (!take(user, &point)) {
      return;
    }
    first = false;
    point = (NodalFrocPoint){thresholds->values[i], (double)walk.false_positives / (double)draw->slides,
                             (double)walk.found / (double)draw->lesions};
  }
  if (!rules->drops_lowest || first) {
    take(user, &point);
  }
}

/* --- the score --- */

/* Sensitivities at the targets, made of points that come in the order of rising false positives. */
typedef struct Scorer {
  bool interpolates;
  const double *targets; /* rising */
  size_t count, next;    /* target that has no sensitivity yet */
  NodalFrocPoint last;
  double *sensitivities;
} Scorer;

/* Between the last point at or before the target and the one after it, as numpy.interp does. */
static double interpolate(const NodalFrocPoint *from, const NodalFrocPoint *to, double target) {
  if (from->false_positives == target) {
    return from->sensitivity;
  }
  double slope = (to->sensitivity - from->sensitivity) / (to->false_positives - from->false_positives);
  return slope * (target - from->false_positives) + from->sensitivity;
}

static bool take_score(void *user, const NodalFrocPoint *point) {
  Scorer *scorer = user;
  for (; scorer->next < scorer->count; scorer->next++) {
    double target = scorer->targets[scorer->next];
    if (scorer->interpolates ? point->false_positives <= target : point->false_positives < target) {
      break;
    }
    scorer->sensitivities[scorer->next] =
        scorer->interpolates ? interpolate(&scorer->last, point, target) : point->sensitivity;
  }
  scorer->last = *point;
  return scorer->next < scorer->count;
}

/* The sensitivities at `count` targets. */
static void read_draw(const NodalFrocRules *rules, const FrocThresholds *thresholds, const Draw *draw,
                      const double *targets, size_t count, double *sensitivities) {
  Scorer scorer = {
      .interpolates = rules->interpolates, .targets = targets, .count = count, .sensitivities = sensitivities};
  walk_curve(rules, thresholds, draw, take_score, &scorer);
  for (; scorer.next < count; scorer.next++) {
    sensitivities[scorer.next] = scorer.last.sensitivity;
  }
}

/* The mean of the sensitivities at the targets of the challenge. */
static double score_draw(const NodalFrocRules *rules, const FrocThresholds *thresholds, const Draw *draw,
                         double sensitivity_at[NODAL_FROC_TARGETS]) {
  double targets[NODAL_FROC_TARGETS], sum = 0;
  for (int i = 0; i < NODAL_FROC_TARGETS; i++) {
    targets[i] = nodal_froc_target(i);
  }
  read_draw(rules, thresholds, draw, targets, NODAL_FROC_TARGETS, sensitivity_at);
  for (int i = 0; i < NODAL_FROC_TARGETS; i++) {
    sum += sensitivity_at[i];
  }
  return sum / NODAL_FROC_TARGETS;
}

static bool check_lesions(const NodalFroc *froc, NodalError **error) {
  return all_slides(froc).lesions > 0 ||
         nodal_fail(error, NODAL_ERROR_ARGUMENT, "no slide has a lesion that counts, so there is no sensitivity");
}

bool nodal_froc_score(const NodalFroc *froc, NodalFrocScore *score, NodalError **error) {
  FrocThresholds thresholds;
  bool done = make_thresholds(froc, &thresholds, error) && check_lesions(froc, error);
  if (done) {
    Draw draw = all_slides(froc);
    *score = (NodalFrocScore){.slides = froc->slide_count, .lesions = (size_t)draw.lesions};
    score->score = score_draw(froc->rules, &thresholds, &draw, score->sensitivity_at);
    for (size_t i = 0; i < froc->lesion_count; i++) {
      score->itc += froc->lesions[i].itc;
    }
  }
  clear(&thresholds);
  return done;
}

/* --- interval --- */

typedef struct Bootstrap {
  const NodalFroc *froc;
  FrocThresholds thresholds;
  const double *targets; /* of a band */
  size_t count;
} Bootstrap;

/* Draws slides; `times` becomes how often each. */
static Draw draw_slides(const NodalFroc *froc, uint32_t *times, NodalRandom *random) {
  uint32_t count = (uint32_t)froc->slide_count;
  memset(times, 0, froc->slide_count * sizeof *times);
  Draw draw = {.times = times, .slides = count};
  for (uint32_t i = 0; i < count; i++) {
    uint32_t slide = nodal_random_below(random, count);
    times[slide]++;
    draw.lesions += froc->slides[slide].lesions;
  }
  return draw;
}

static double score_resample(const void *user, void *scratch, NodalRandom *random) {
  const Bootstrap *bootstrap = user;
  Draw draw = draw_slides(bootstrap->froc, scratch, random);
  double sensitivity_at[NODAL_FROC_TARGETS];
  return draw.lesions > 0 ? score_draw(bootstrap->froc->rules, &bootstrap->thresholds, &draw, sensitivity_at)
                          : (double)NAN;
}

bool nodal_froc_interval(const NodalFroc *froc, const NodalResampling *resampling, NodalInterval *interval,
                         int64_t *undefined, NodalError **error) {
  Bootstrap bootstrap = {.froc = froc};
  bool done = make_thresholds(froc, &bootstrap.thresholds, error) && check_lesions(froc, error) &&
              evaluation_bootstrap(resampling, score_resample, &bootstrap, froc->slide_count * sizeof(uint32_t),
                                   interval, undefined, error);
  clear(&bootstrap.thresholds);
  return done;
}

static void read_resample(const void *user, void *scratch, NodalRandom *random, double *values) {
  const Bootstrap *bootstrap = user;
  Draw draw = draw_slides(bootstrap->froc, scratch, random);
  if (draw.lesions > 0) {
    read_draw(bootstrap->froc->rules, &bootstrap->thresholds, &draw, bootstrap->targets, bootstrap->count, values);
    return;
  }
  for (size_t i = 0; i < bootstrap->count; i++) {
    values[i] = (double)NAN;
  }
}

static bool check_targets(const double *targets, size_t count, NodalError **error) {
  for (size_t i = 0; i < count; i++) {
    if (!(targets[i] >= (i > 0 ? targets[i - 1] : 0) && isfinite(targets[i]))) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "false positives must rise from 0");
    }
  }
  return true;
}

bool nodal_froc_band(const NodalFroc *froc, const double *false_positives, size_t count,
                     const NodalResampling *resampling, NodalInterval *intervals, NodalError **error) {
  if (!check_targets(false_positives, count, error)) {
    return false;
  }
  Bootstrap bootstrap = {.froc = froc, .targets = false_positives, .count = count};
  bool done = make_thresholds(froc, &bootstrap.thresholds, error) && check_lesions(froc, error) &&
              evaluation_band(resampling, read_resample, &bootstrap, froc->slide_count * sizeof(uint32_t), count,
                              intervals, error);
  clear(&bootstrap.thresholds);
  return done;
}

bool nodal_froc_sensitivities(const NodalFroc *froc, const double *false_positives, size_t count, double *sensitivities,
                              NodalError **error) {
  if (!check_targets(false_positives, count, error)) {
    return false;
  }
  FrocThresholds thresholds;
  bool done = make_thresholds(froc, &thresholds, error) && check_lesions(froc, error);
  if (done) {
    Draw draw = all_slides(froc);
    read_draw(froc->rules, &thresholds, &draw, false_positives, count, sensitivities);
  }
  clear(&thresholds);
  return done;
}

/* --- points --- */

typedef struct Points {
  NodalFrocPoint *items;
  size_t count;
} Points;

static bool take_point(void *user, const NodalFrocPoint *point) {
  Points *points = user;
  points->items[points->count++] = *point;
  return true;
}

bool nodal_froc_curve(const NodalFroc *froc, NodalFrocPoint **points, size_t *count, NodalError **error) {
  FrocThresholds thresholds;
  Points list = {0};
  bool done = make_thresholds(froc, &thresholds, error) && check_lesions(froc, error) &&
              (list.items = nodal_alloc_array(thresholds.count + 1, sizeof *list.items, error)) != NULL;
  if (done) {
    Draw draw = all_slides(froc);
    walk_curve(froc->rules, &thresholds, &draw, take_point, &list);
    *points = list.items;
    *count = list.count;
  }
  clear(&thresholds);
  return done;
}
