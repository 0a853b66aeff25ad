/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/crossing.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Found {
  char text[4096];
} Found;

static void take(void *user, NodalAnnotationFault fault, int annotation, const char *message) {
  Found *found = user;
  size_t used = strlen(found->text);
  snprintf(found->text + used, sizeof found->text - used, "%d %s: %s\n", annotation, nodal_annotation_fault_name(fault),
           message);
}

static void expect_problems(const NodalAnnotationSet *set, const NodalAnnotationCheck *check, const char *expected) {
  Found found = {{0}};
  size_t count = 99, lines = 0;
  assert_true(nodal_annotation_set_check(set, check, take, &found, &count, NULL));
  assert_string_equal(found.text, expected);
  for (const char *at = expected; *at; at++) {
    lines += *at == '\n';
  }
  assert_int_equal(count, lines);
  assert_true(nodal_annotation_set_check(set, check, NULL, NULL, NULL, NULL));
}

static const NodalAnnotationCheck plain = {0};

static void empty_sets(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  expect_problems(set, &plain, "-1 empty-set: there is no annotation\n");
  nodal_annotation_set_free(set);
}

static void sound_sets(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  add_group(set, "t", -1, 0);
  add_ring(set, "a", NODAL_SHAPE_POLYGON, 0, 4, (double[]){0, 0, 900, 0, 900, 800, 0, 800});
  add_ring(set, "b", NODAL_SHAPE_ELLIPSE, 0, 2, (double[]){0, 0, 9, 9});
  add_ring(set, "c", NODAL_SHAPE_POINT, 0, 1, (double[]){1000, 1000});
  add_ring(set, "d", NODAL_SHAPE_POLYLINE, 0, 2, (double[]){0, 0, 900, 0});
  add_ring(set, "e", NODAL_SHAPE_SPLINE, 0, 3, (double[]){0, 0, 900, 0, 900, 800});
  const char *const groups[] = {"u", "t"};
  expect_problems(set, &(NodalAnnotationCheck){1000, 1000, groups, 2}, "");
  nodal_annotation_set_free(set);
}

static void each_fault(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  add_group(set, "t", -1, 0);
  add_group(set, "x", -1, 0);
  add_ring(set, "two", NODAL_SHAPE_POLYGON, 0, 2, (double[]){0, 0, 10, 0});
  add_ring(set, "none", NODAL_SHAPE_RECTANGLE, 0, 0, NULL);
  add_ring(set, "bow", NODAL_SHAPE_POLYGON, 0, 4, (double[]){100, 100, 200, 200, 200, 100, 100, 200});
  add_ring(set, "same", NODAL_SHAPE_POLYGON, 0, 6, (double[]){0, 0, 0, 0, 50, 0, 50, 50, 50, 50, 0, 0});
  add_ring(set, "", NODAL_SHAPE_POLYGON, 0, 3, (double[]){-1, 5, 20, 5, 20, 1001});
  add_ring(set, "odd", NODAL_SHAPE_POINT, 1, 1, (double[]){3, 3});
  add_ring(set, "loose", NODAL_SHAPE_POINT, -1, 1, (double[]){1000.5, 3});
  const char *const groups[] = {"t"};
  expect_problems(
      set, &(NodalAnnotationCheck){1000, 1000, groups, 1},
      "0 too-few-points: annotation 'two': a polygon of 2 points has no area\n"
      "1 too-few-points: annotation 'none': a rectangle of 0 points has no area\n"
      "2 self-crossing: annotation 'bow': crosses itself at 150, 150\n"
      "3 duplicate-vertex: annotation 'same': 3 vertices equal the one before, the first is number 0 at 0, 0\n"
      "4 outside-slide: annotation number 5: 2 points outside the slide, the first at -1, 5\n"
      "5 unknown-group: annotation 'odd': its group 'x' is not known\n"
      "6 outside-slide: annotation 'loose': 1 point outside the slide, the first at 1000.5, 3\n"
      "6 unknown-group: annotation 'loose': is in no group\n");
  nodal_annotation_set_free(set);
}

/* Forty vertices on an arc of a circle of radius 100: the gap of the arc is closed by a chord. */
static void open_rings(void **state) {
  (void)state;
  for (int degrees = 300; degrees <= 356; degrees += 56) {
    double arc[80];
    for (int i = 0; i < 40; i++) {
      double angle = degrees / 57.29577951308232 * i / 39;
      arc[2 * i] = 500 + 100 * cos(angle);
      arc[2 * i + 1] = 500 + 100 * sin(angle);
    }
    NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
    add_ring(set, "arc", NODAL_SHAPE_POLYGON, -1, 40, arc);
    /* 60 degrees: a chord of 100; edges of 300 / 39 degrees: 13.4. */
    expect_problems(set, &plain, "");
    nodal_annotation_set_free(set);
  }
  /* A bow of 100 vertices: the chord under it is 102 long, the longest edge 1.1, the outline 203. */
  double bow[200];
  for (int i = 0; i < 100; i++) {
    bow[2 * i] = i;
    bow[2 * i + 1] = 0.0025 * i * i;
  }
  char expected[200];
  snprintf(
      expected, sizeof expected,
      "0 open-ring: annotation 'bow': its ends lie %.6g pixels apart, its longest edge is %.6g: is a part missing?\n",
      hypot(99, 0.0025 * 99 * 99), hypot(1, 0.0025 * (99 * 99 - 98 * 98)));
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  add_ring(set, "bow", NODAL_SHAPE_POLYGON, -1, 100, bow);
  expect_problems(set, &plain, expected);
  nodal_annotation_set_free(set);
}

static void other_levels(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  add_ring(set, "a", NODAL_SHAPE_POLYGON, -1, 3, (double[]){10, 10, 99.5, 10, 99, 200});
  expect_problems(set, &(NodalAnnotationCheck){.width = 800, .height = 1600},
                  "-1 other-level: all points lie within 100 x 200 pixels in the corner of a slide of 800 x 1600: are "
                  "they those of a smaller level?\n");
  expect_problems(set, &(NodalAnnotationCheck){.width = 800, .height = 1599}, "");
  expect_problems(set, &plain, "");
  nodal_annotation_set_free(set);
}

/* Rings of several: each is named, and holes are rings too. */
static void rings_are_named(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  NodalPoint outer[] = {{0, 0}, {100, 0}, {100, 100}, {0, 100}}, hole[] = {{10, 10}, {20, 20}, {20, 10}, {10, 20}};
  NodalRing rings[] = {{outer, 4, false}, {hole, 4, true}};
  assert_true(nodal_annotation_set_add(set, &(NodalAnnotation){"a", NODAL_SHAPE_POLYGON, -1, 0, rings, 2}, NULL));
  expect_problems(set, &plain, "0 self-crossing: ring 2 of annotation 'a': crosses itself at 15, 15\n");
  nodal_annotation_set_free(set);
}

static bool brute_force(const NodalRing *ring) {
  for (size_t i = 0; i < ring->count; i++) {
    for (size_t k = i + 1; k < ring->count; k++) {
      NodalPoint a = ring->points[i], b = ring->points[(i + 1) % ring->count], c = ring->points[k],
                 d = ring->points[(k + 1) % ring->count];
      /* Whole numbers, so that the signs are exact. */
      long long abc = (long long)((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x));
      long long abd = (long long)((b.x - a.x) * (d.y - a.y) - (b.y - a.y) * (d.x - a.x));
      long long cda = (long long)((d.x - c.x) * (a.y - c.y) - (d.y - c.y) * (a.x - c.x));
      long long cdb = (long long)((d.x - c.x) * (b.y - c.y) - (d.y - c.y) * (b.x - c.x));
      if (((abc > 0 && abd < 0) || (abc < 0 && abd > 0)) && ((cda > 0 && cdb < 0) || (cda < 0 && cdb > 0))) {
        return true;
      }
    }
  }
  return false;
}

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

/* Small random rings, a third of which cross nowhere. */
static void crossings_as_brute_force_finds_them(void **state) {
  (void)state;
  uint32_t random = 5;
  int crossing_rings = 0;
  for (int round = 0; round < 20000; round++) {
    NodalPoint points[12];
    NodalRing ring = {points, 3 + next_random(&random) % 5, false};
    for (size_t i = 0; i < ring.count; i++) {
      points[i] = (NodalPoint){(double)(next_random(&random) % 12), (double)(next_random(&random) % 7)};
    }
    bool found, expected = brute_force(&ring);
    NodalCrossing crossing;
    int64_t work = 1000000;
    assert_true(nodal_find_crossing(&ring, &work, &found, &crossing, NULL));
    assert_int_equal(found, expected);
    crossing_rings += found;
  }
  assert_in_range(crossing_rings, 4000, 18000);
}

/* A star-shaped ring of 70,000 vertices crosses nowhere; with two vertices exchanged it does, there. */
static void long_rings(void **state) {
  (void)state;
  enum { COUNT = 70000 };
  NodalPoint *points = calloc(COUNT, sizeof *points);
  uint32_t random = 9;
  for (int i = 0; i < COUNT; i++) {
    double angle = 2 * 3.14159265358979323846 * i / COUNT, radius = 20000 + next_random(&random) % 3;
    points[i] = (NodalPoint){50000 + radius * cos(angle), 50000 + radius * sin(angle)};
  }
  NodalRing ring = {points, COUNT, false};
  bool found;
  NodalCrossing crossing;
  int64_t work = 50000000; /* far below the 2.4e9 pairs that there are */
  assert_true(nodal_find_crossing(&ring, &work, &found, &crossing, NULL));
  assert_false(found);
  NodalPoint kept = points[30000];
  points[30000] = points[30010];
  points[30010] = kept;
  assert_true(nodal_find_crossing(&ring, &work, &found, &crossing, NULL));
  assert_true(found);
  assert_in_range(crossing.first, 29990, 30020);
  assert_in_range(crossing.second, 29990, 30020);
  NodalError *error = NULL;
  work = 100;
  assert_false(nodal_find_crossing(&ring, &work, &found, &crossing, &error));
  assert_string_equal(nodal_error_message(error), "too intricate to be searched for crossings");
  nodal_error_free(error);
  free(points);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(empty_sets),
      cmocka_unit_test(sound_sets),
      cmocka_unit_test(each_fault),
      cmocka_unit_test(open_rings),
      cmocka_unit_test(other_levels),
      cmocka_unit_test(rings_are_named),
      cmocka_unit_test(crossings_as_brute_force_finds_them),
      cmocka_unit_test(long_rings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
