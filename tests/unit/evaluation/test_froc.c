/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/froc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 200, HEIGHT = 120 };

/* cmocka's own compares floats. */
#define assert_near(value, expected, tolerance) assert_true(fabs((value) - (expected)) <= (tolerance))

/* Level 5 of a mask, painted with the tumor value of some rules. */
typedef struct Picture {
  uint8_t pixels[HEIGHT * WIDTH];
} Picture;

static void paint_box(Picture *picture, uint8_t value, int x, int y, int width, int height) {
  for (int row = y; row < y + height; row++) {
    memset(picture->pixels + row * WIDTH + x, value, (size_t)width);
  }
}

static NodalFrocTruth *look(const char *rules, const Picture *picture, double spacing_um) {
  NodalRaster raster = {picture->pixels, NODAL_UINT8, WIDTH, HEIGHT, WIDTH};
  NodalError *error = NULL;
  NodalFrocTruth *truth = nodal_froc_truth_new(nodal_froc_rules(rules), &raster, 32, spacing_um, 2, &error);
  assert_null(error);
  assert_non_null(truth);
  return truth;
}

/* The middle of a pixel of level 5. */
static NodalDetection at(double probability, int x, int y) {
  return (NodalDetection){probability, 32.0 * x + 7, 32.0 * y + 7};
}

static void add(NodalFroc *froc, const char *name, const NodalFrocTruth *truth, const NodalDetection *detections,
                size_t count) {
  NodalError *error = NULL;
  assert_true(nodal_froc_add(froc, name, truth, detections, count, &error));
  assert_null(error);
}

static NodalFrocScore score_of(const NodalFroc *froc) {
  NodalFrocScore score;
  NodalError *error = NULL;
  assert_true(nodal_froc_score(froc, &score, &error));
  return score;
}

static void both_rules(void **state) {
  (void)state;
  assert_null(nodal_froc_rules("2017"));
  const NodalFrocRules *old = nodal_froc_rules("2016"), *newer = nodal_froc_rules("dataset");
  assert_int_equal(old->tumor_value, 255);
  assert_int_equal(newer->tumor_value, 2);
  double mean = 0;
  for (int i = 0; i < NODAL_FROC_TARGETS; i++) {
    mean += nodal_froc_target(i) / NODAL_FROC_TARGETS;
  }
  assert_near(mean, 15.75 / 6, 1e-15);
}

/* The pixels whose distance from one is below the limit, counted one by one. */
static int count_within(double limit) {
  int count = 0;
  for (int y = -60; y <= 60; y++) {
    for (int x = -60; x <= 60; x++) {
      count += sqrt((double)(x * x + y * y)) < limit;
    }
  }
  return count;
}

/* What a single pixel grows to; 75 / (2 * 7.5) is 5, and 5 is not below 5. */
static void growing(void **state) {
  (void)state;
  static const double spacings[] = {0.243, 0.226, 0.234375, 0.25, 0.1, 1, 2.5};
  for (size_t i = 0; i < sizeof spacings / sizeof *spacings; i++) {
    double spacing = spacings[i];
    Picture picture = {{0}};
    paint_box(&picture, 2, 100, 60, 1, 1);
    NodalFrocTruth *truth = look("dataset", &picture, spacing);
    int count = count_within(75 / (spacing * 32 * 2));
    assert_int_equal(truth->lesion_count, 1);
    assert_near(truth->lesions[0].area_px, count * 1024.0, 1e-9);
    assert_near(truth->lesions[0].area_mm2, count * pow(spacing * 0.032, 2), 1e-12);
    assert_true(truth->lesions[0].itc);
    nodal_froc_truth_free(truth);
  }
  assert_int_equal(count_within(4.8225), 69); /* as measured with scipy: 69 pixels, and 9.34 long */
  Picture picture = {{0}};
  paint_box(&picture, 255, 100, 60, 1, 1);
  NodalFrocTruth *truth = look("2016", &picture, 0);
  assert_near(truth->lesions[0].area_px, 69 * 1024, 1e-9);
  assert_near(truth->lesions[0].major_axis_um / (0.243 * 32), 9.34, 0.005);
  nodal_froc_truth_free(truth);
}

/* By the rules of 2016 two pixels 9 apart are one lesion and 10 apart two; at the edge of the mask nothing is lost. */
static void merging(void **state) {
  (void)state;
  for (int gap = 1; gap <= 12; gap++) {
    Picture picture = {{0}};
    paint_box(&picture, 255, 0, 119, 1, 1);
    paint_box(&picture, 255, gap, 119, 1, 1);
    NodalFrocTruth *truth = look("2016", &picture, 0);
    assert_int_equal(truth->lesion_count, gap <= 9 ? 1 : 2);
    nodal_froc_truth_free(truth);
  }
}

/* A ring is filled, one that the edge of the mask closes is not. */
static void filling(void **state) {
  (void)state;
  Picture picture = {{0}};
  paint_box(&picture, 255, 50, 30, 60, 60);
  paint_box(&picture, 0, 65, 45, 30, 30);
  paint_box(&picture, 1, 70, 50, 5, 5); /* another value is not tumor */
  paint_box(&picture, 255, 0, 0, 30, 40);
  paint_box(&picture, 0, 0, 10, 15, 20);
  NodalFrocTruth *truth = look("2016", &picture, 0);
  const NodalFrocRules *rules = nodal_froc_rules("2016");
  uint32_t number;
  assert_int_equal(truth->lesion_count, 2);
  assert_true(froc_truth_find(truth, rules, 32 * 80, 32 * 60, &number));
  assert_int_equal(number, 2);
  assert_true(froc_truth_find(truth, rules, 32 * 3, 32 * 20, &number));
  assert_int_equal(number, 0);
  assert_true(froc_truth_find(truth, rules, 32 * 5, 32 * 5, &number));
  assert_int_equal(number, 1);
  nodal_froc_truth_free(truth);
}

/* Down, or to nearest with halves to even: 2.5 is 2 and 3.5 is 4. Fractions are cut off before. */
static void pixels(void **state) {
  (void)state;
  static const struct {
    double place;
    int down, nearest;
  } cases[] = {{0, 0, 0},
               {15, 0, 0},
               {16, 0, 0},
               {17, 0, 1},
               {31, 0, 1},
               {48, 1, 2},
               {80, 2, 2},
               {81, 2, 3},
               {80.99, 2, 2},
               {112, 3, 4},
               {32 * 200 - 1, 199, 199},
               {32 * 200 - 17, 199, 199},
               {32 * 199 + 16, 199, 199}};
  NodalFrocTruth truth = {.width = WIDTH, .height = 1, .width0 = 32 * WIDTH, .height0 = 32, .downsample = 32};
  uint32_t labels[WIDTH];
  for (uint32_t i = 0; i < WIDTH; i++) {
    labels[i] = i + 1;
  }
  truth.labels = labels;
  truth.box = (NodalRect){0, 0, WIDTH, 1};
  uint32_t number;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_true(froc_truth_find(&truth, nodal_froc_rules("2016"), cases[i].place, 0, &number));
    assert_int_equal(number - 1, cases[i].down);
    assert_true(froc_truth_find(&truth, nodal_froc_rules("dataset"), cases[i].place, 0, &number));
    assert_int_equal(number - 1, cases[i].nearest);
  }
  assert_false(froc_truth_find(&truth, nodal_froc_rules("2016"), 32 * WIDTH, 0, &number));
  assert_false(froc_truth_find(&truth, nodal_froc_rules("2016"), 0, 32, &number));
}

static void refuse(const char *rules, uint8_t value, const char *message) {
  Picture picture = {{0}};
  paint_box(&picture, value, 10, 10, 50, 50);
  NodalRaster raster = {picture.pixels, NODAL_UINT8, WIDTH, HEIGHT, WIDTH};
  NodalError *error = NULL;
  assert_null(nodal_froc_truth_new(nodal_froc_rules(rules), &raster, 32, 0.243, 1, &error));
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
  assert_string_equal(nodal_error_message(error), message);
  nodal_error_free(error);
}

static void other_values(void **state) {
  (void)state;
  refuse("2016", 1, "no pixel is 255, which alone is tumor by the rules 2016, yet some are 1");
  refuse("dataset", 255, "no pixel is 2, which alone is tumor by the rules dataset, yet some are 255");
  Picture picture = {{0}};
  NodalFrocTruth *truth = look("2016", &picture, 0);
  assert_int_equal(truth->lesion_count, 0);
  nodal_froc_truth_free(truth);
}

/* Two lesions of 50 x 50 pixels and ITC of 8 x 8. */
static NodalFrocTruth *two_lesions(const char *rules) {
  uint8_t value = (uint8_t)nodal_froc_rules(rules)->tumor_value;
  Picture picture = {{0}};
  paint_box(&picture, value, 10, 20, 50, 50);
  paint_box(&picture, value, 90, 20, 50, 50);
  paint_box(&picture, value, 170, 60, 8, 8);
  return look(rules, &picture, 0.243);
}

/* The curves that the two scripts make of the same, worked out by hand. */
static void curves(void **state) {
  (void)state;
  static const char *const names[] = {"2016", "dataset"};
  const NodalDetection detections[] = {at(0.75, 30, 40),   at(0.5, 30, 41),   at(0.875, 5, 5),
                                       at(0.625, 174, 64), at(0.25, 110, 40), at(0.25, 5, 100)};
  const NodalFrocPoint expected[] = {{(double)INFINITY, 0, 0}, {0.875, 0.5, 0}, {0.75, 0.5, 0.5}, {0.25, 1, 1}};
  for (int rules = 0; rules < 2; rules++) {
    NodalError *error = NULL;
    NodalFroc *froc = nodal_froc_new(nodal_froc_rules(names[rules]), false, &error);
    NodalFrocTruth *truth = two_lesions(names[rules]);
    add(froc, "tumor", truth, detections, 6);
    add(froc, "normal", NULL, NULL, 0);
    NodalFrocPoint *points;
    size_t count;
    assert_true(nodal_froc_curve(froc, &points, &count, &error));
    assert_int_equal(count, 4); /* the lowest probability is the 0 of the ITC, which neither takes for a threshold */
    for (size_t i = 0; i < count; i++) {
      assert_true(points[i].threshold == expected[i].threshold);
      assert_true(points[i].false_positives == expected[i].false_positives);
      assert_true(points[i].sensitivity == expected[i].sensitivity);
    }
    nodal_free(points);
    NodalFrocScore score = score_of(froc);
    assert_int_equal(score.slides, 2);
    assert_int_equal(score.lesions, 2);
    assert_int_equal(score.itc, 1);
    /* At 1/4 the one interpolates between no sensitivities, at 1/2 it takes the last point, the other the first. */
    const double at_2016[] = {0, 0.5, 1, 1, 1, 1}, at_dataset[] = {0, 0, 1, 1, 1, 1};
    const double *wanted = rules == 0 ? at_2016 : at_dataset;
    for (int i = 0; i < NODAL_FROC_TARGETS; i++) {
      assert_near(score.sensitivity_at[i], wanted[i], 1e-15);
    }
    assert_near(score.score, rules == 0 ? 4.5 / 6 : 4.0 / 6, 1e-15);
    NodalFrocLesion lesion;
    assert_true(nodal_froc_lesion(froc, 0, &lesion));
    assert_string_equal(lesion.slide, "tumor");
    assert_true(lesion.probability == 0.75 && lesion.number == 1 && !lesion.itc);
    assert_true(nodal_froc_lesion(froc, 2, &lesion));
    assert_true(lesion.probability == 0.625 && lesion.number == 3 && lesion.itc);
    assert_false(nodal_froc_lesion(froc, 3, &lesion));
    nodal_froc_truth_free(truth);
    nodal_froc_free(froc);
  }
}

/* Probabilities of lesions are floats in the script of 2016: 0.1 in a lesion is above 0.1 elsewhere, and yet found at
 * its threshold. */
static void single_precision(void **state) {
  (void)state;
  const NodalDetection detections[] = {at(0.1, 30, 40), at(0.1, 5, 5)};
  static const char *const names[] = {"2016", "dataset"};
  for (int rules = 0; rules < 2; rules++) {
    NodalFroc *froc = nodal_froc_new(nodal_froc_rules(names[rules]), false, NULL);
    NodalFrocTruth *truth = two_lesions(names[rules]);
    add(froc, "tumor", truth, detections, 2);
    NodalFrocPoint *points;
    size_t count;
    assert_true(nodal_froc_curve(froc, &points, &count, NULL));
    assert_int_equal(count, rules == 0 ? 3 : 2);
    assert_true(points[1].threshold == (rules == 0 ? (double)0.1F : 0.1));
    assert_true(points[1].false_positives == (rules == 0 ? 0 : 1));
    assert_true(points[1].sensitivity == 0.5 && points[count - 1].sensitivity == 0.5);
    nodal_free(points);
    nodal_froc_truth_free(truth);
    nodal_froc_free(froc);
  }
}

/* One probability and no false positive: nothing is left of the curve of 2016. */
static void one_probability(void **state) {
  (void)state;
  const NodalDetection detections[] = {at(0.9, 30, 40), at(0.9, 110, 40)};
  static const char *const names[] = {"2016", "dataset"};
  for (int rules = 0; rules < 2; rules++) {
    uint8_t value = (uint8_t)nodal_froc_rules(names[rules])->tumor_value;
    Picture picture = {{0}};
    paint_box(&picture, value, 10, 20, 50, 50);
    paint_box(&picture, value, 90, 20, 50, 50);
    NodalFrocTruth *truth = look(names[rules], &picture, 0.243);
    NodalFroc *froc = nodal_froc_new(nodal_froc_rules(names[rules]), false, NULL);
    add(froc, "tumor", truth, detections, 2);
    assert_near(score_of(froc).score, rules, 0);
    nodal_froc_truth_free(truth);
    nodal_froc_free(froc);
  }
}

static void itc_that_count(void **state) {
  (void)state;
  const NodalDetection detection = at(0.9, 174, 64);
  NodalFrocTruth *truth = two_lesions("dataset");
  for (int include = 0; include < 2; include++) {
    NodalFroc *froc = nodal_froc_new(nodal_froc_rules("dataset"), include, NULL);
    add(froc, "tumor", truth, &detection, 1);
    NodalFrocScore score = score_of(froc);
    assert_int_equal(score.lesions, include ? 3 : 2);
    assert_near(score.score, include ? 1.0 / 3 : 0, 1e-15);
    nodal_froc_free(froc);
  }
  nodal_froc_truth_free(truth);
}

/* A slide with a bad detection is not added at all. */
static void refused(void **state) {
  (void)state;
  const NodalDetection detections[] = {at(0.9, 30, 40), at(0.5, 200, 3), {NAN, 3, 3}, {0.5, -1, 3}};
  static const char *const messages[] = {"slide: detection 1 at 6407, 103 lies outside the slide of 6400 x 3840",
                                         "slide: detection 1: nan at 3, 3", "slide: detection 1: 0.5 at -1, 3"};
  NodalFrocTruth *truth = two_lesions("2016");
  NodalFroc *froc = nodal_froc_new(nodal_froc_rules("2016"), false, NULL);
  for (int i = 0; i < 3; i++) {
    NodalError *error = NULL;
    assert_false(nodal_froc_add(froc, "slide", truth, &detections[i + 1], 1, &error));
    assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
    assert_string_equal(nodal_error_message(error), messages[i]);
    nodal_error_free(error);
  }
  NodalFrocScore score;
  NodalError *error = NULL;
  assert_false(nodal_froc_score(froc, &score, &error));
  assert_string_equal(nodal_error_message(error), "no slide has a lesion that counts, so there is no sensitivity");
  nodal_error_free(error);
  add(froc, "slide", truth, detections, 1);
  assert_int_equal(score_of(froc).slides, 1);
  nodal_froc_truth_free(truth);
  nodal_froc_free(froc);
}

/* Two slides: three draws, whose scores are the interval. Slides without lesions alone have none. */
static void intervals(void **state) {
  (void)state;
  const NodalDetection good[] = {at(0.9, 30, 40), at(0.8, 110, 40)};
  NodalFrocTruth *truth = two_lesions("dataset");
  NodalFroc *froc = nodal_froc_new(nodal_froc_rules("dataset"), false, NULL);
  add(froc, "good", truth, good, 2);
  add(froc, "bad", truth, NULL, 0);
  NodalResampling resampling = NODAL_RESAMPLING_INIT;
  NodalInterval interval, other;
  int64_t undefined;
  assert_true(nodal_froc_interval(froc, &resampling, &interval, &undefined, NULL));
  assert_near(interval.low, 0, 0);
  assert_near(interval.high, 1, 0);
  assert_int_equal(undefined, 0);
  add(froc, "normal", NULL, good, 2);
  resampling.threads = 1;
  assert_true(nodal_froc_interval(froc, &resampling, &interval, &undefined, NULL));
  resampling.threads = 3;
  assert_true(nodal_froc_interval(froc, &resampling, &other, &undefined, NULL));
  assert_memory_equal(&interval, &other, sizeof interval);
  assert_in_range(undefined, 40, 110); /* 1 draw of 27 has none, of 2000 */
  nodal_froc_truth_free(truth);
  nodal_froc_free(froc);
}

/* The curve at other places than those of the score: the first point with at least as many false positives, or straight
 * lines between points. */
static void readings(void **state) {
  (void)state;
  const NodalDetection found[] = {at(0.9, 30, 40), at(0.6, 5, 5), at(0.5, 110, 40), at(0.3, 6, 5)};
  const double places[] = {0, 0.5, 1, 1.5, 2, 7};
  const double stepped[] = {0, 0.5, 0.5, 1, 1, 1}, straight[] = {0.5, 0.5, 1, 1, 1, 1};
  double sensitivities[6];
  const char *const rules[] = {"dataset", "2016"};
  for (int r = 0; r < 2; r++) {
    NodalFrocTruth *truth = two_lesions(rules[r]);
    NodalFroc *froc = nodal_froc_new(nodal_froc_rules(rules[r]), false, NULL);
    add(froc, "a", truth, found, 4);
    assert_true(nodal_froc_sensitivities(froc, places, 6, sensitivities, NULL));
    for (int i = 0; i < 6; i++) {
      assert_near(sensitivities[i], r == 0 ? stepped[i] : straight[i], 1e-12);
    }
    const double falling[] = {1, 0.5};
    NodalError *error = NULL;
    assert_false(nodal_froc_sensitivities(froc, falling, 2, sensitivities, &error));
    assert_string_equal(nodal_error_message(error), "false positives must rise from 0");
    nodal_error_free(error);
    nodal_froc_truth_free(truth);
    nodal_froc_free(froc);
  }
}

/* Ten of twenty slides have their two lesions found, without a false positive: the sensitivity of a draw is binomial,
 * B(20, 1/2) / 20. Its 2.5th and 97.5th percentiles are 6 and 14: P(X <= 5) = 0.0207, P(X <= 6) = 0.0577. */
static void bands(void **state) {
  (void)state;
  const NodalDetection good[] = {at(0.9, 30, 40), at(0.8, 110, 40)};
  NodalFrocTruth *truth = two_lesions("dataset");
  NodalFroc *froc = nodal_froc_new(nodal_froc_rules("dataset"), false, NULL);
  for (int i = 0; i < 20; i++) {
    add(froc, "slide", truth, good, i % 2 ? 2 : 0);
  }
  NodalResampling resampling = {.seed = 4, .resamples = 40000, .threads = 1};
  const double places[] = {0.25, 8};
  NodalInterval band[2], other[2];
  assert_true(nodal_froc_band(froc, places, 2, &resampling, band, NULL));
  for (int i = 0; i < 2; i++) {
    assert_near(band[i].low, 0.3, 1e-12);
    assert_near(band[i].high, 0.7, 1e-12);
  }
  resampling.threads = 3;
  assert_true(nodal_froc_band(froc, places, 2, &resampling, other, NULL));
  assert_memory_equal(band, other, sizeof band);
  nodal_froc_truth_free(truth);
  nodal_froc_free(froc);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_rules),      cmocka_unit_test(growing),
      cmocka_unit_test(merging),         cmocka_unit_test(filling),
      cmocka_unit_test(pixels),          cmocka_unit_test(other_values),
      cmocka_unit_test(curves),          cmocka_unit_test(single_precision),
      cmocka_unit_test(one_probability), cmocka_unit_test(itc_that_count),
      cmocka_unit_test(refused),         cmocka_unit_test(intervals),
      cmocka_unit_test(readings),        cmocka_unit_test(bands),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
