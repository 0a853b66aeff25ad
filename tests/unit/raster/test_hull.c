/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/hull.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 400 };

typedef struct Case {
  NodalPoint points[MOST], sorted[MOST], hull[MOST + 1];
  size_t count, corners;
} Case;

static uint32_t state_of_random = 1;

static int below(int limit) {
  state_of_random = state_of_random * 1664525u + 1013904223u;
  return (int)((state_of_random >> 8) % (uint32_t)limit);
}

static double side_of(NodalPoint a, NodalPoint b, NodalPoint c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

static void make_hull(Case *test) {
  memcpy(test->sorted, test->points, sizeof test->points);
  test->corners = nodal_convex_hull(test->sorted, test->count, test->hull);
}

static bool is_point(const Case *test, NodalPoint corner) {
  for (size_t i = 0; i < test->count; i++) {
    if (test->points[i].x == corner.x && test->points[i].y == corner.y) {
      return true;
    }
  }
  return false;
}

/* What a hull is: corners out of the points, each a strict turn, and no point outside any edge. */
static void check_hull(const Case *test) {
  assert_true(test->corners >= 1 && test->corners <= test->count);
  for (size_t i = 0; i < test->corners; i++) {
    NodalPoint a = test->hull[i], b = test->hull[(i + 1) % test->corners], c = test->hull[(i + 2) % test->corners];
    assert_true(is_point(test, a));
    if (test->corners > 2) {
      assert_true(side_of(a, b, c) > 0);
    }
    for (size_t k = 0; k < test->count; k++) {
      assert_true(side_of(a, b, test->points[k]) >= 0);
    }
  }
}

static double brute_diameter(const NodalPoint *points, size_t count) {
  double largest = 0;
  for (size_t i = 0; i < count; i++) {
    for (size_t k = i + 1; k < count; k++) {
      double x = points[i].x - points[k].x, y = points[i].y - points[k].y;
      largest = fmax(largest, sqrt(x * x + y * y));
    }
  }
  return largest;
}

static void check_diameter(const Case *test) {
  NodalPoint ends[2];
  double found = nodal_hull_diameter(test->hull, test->corners, ends);
  assert_true(found == brute_diameter(test->points, test->count));
  assert_true(hypot(ends[0].x - ends[1].x, ends[0].y - ends[1].y) >= found * (1 - 1e-15));
  assert_true(is_point(test, ends[0]) && is_point(test, ends[1]));
}

/* On few different places many points are equal and many lie on one line. */
static void random_points(void **state) {
  (void)state;
  static const int spans[] = {1, 2, 3, 5, 10, 100, 30000000};
  static Case test;
  for (size_t s = 0; s < sizeof spans / sizeof *spans; s++) {
    for (int round = 0; round < 300; round++) {
      test.count = (size_t)below(round < 200 ? 12 : MOST) + 1;
      for (size_t i = 0; i < test.count; i++) {
        test.points[i] = (NodalPoint){below(spans[s]) - spans[s] / 2, below(spans[s])};
      }
      make_hull(&test);
      check_hull(&test);
      check_diameter(&test);
    }
  }
}

/* Points on a circle are all corners, and of an even number each has its opposite one. */
static void circles(void **state) {
  (void)state;
  static Case test;
  for (int n = 3; n <= 40; n++) {
    test.count = (size_t)n;
    for (int i = 0; i < n; i++) {
      test.points[i] = (NodalPoint){1000 * cos(2 * acos(-1) * i / n), 1000 * sin(2 * acos(-1) * i / n)};
    }
    make_hull(&test);
    assert_int_equal(test.corners, n);
    double expected = n % 2 == 0 ? 2000 : 2000 * cos(acos(-1) / (2 * n));
    assert_true(fabs(nodal_hull_diameter(test.hull, test.corners, NULL) - expected) < 1e-9);
  }
}

/* A hull stays one when it is stretched, and its diameter is that of the stretched points. */
static void stretched(void **state) {
  (void)state;
  static Case test;
  for (int round = 0; round < 300; round++) {
    test.count = (size_t)below(60) + 1;
    for (size_t i = 0; i < test.count; i++) {
      test.points[i] = (NodalPoint){below(200), below(200)};
    }
    make_hull(&test);
    for (size_t i = 0; i < MOST; i++) {
      test.points[i].x *= 0.25;
      test.points[i].y *= 7.5;
      test.hull[i].x *= 0.25;
      test.hull[i].y *= 7.5;
    }
    check_diameter(&test);
  }
}

static void by_hand(void **state) {
  (void)state;
  NodalPoint hull[10], none[1] = {{0, 0}}, ends[2];
  assert_int_equal(nodal_convex_hull(none, 0, hull), 0);
  assert_true(nodal_hull_diameter(hull, 0, NULL) == 0);
  NodalPoint same[] = {{3, 4}, {3, 4}, {3, 4}};
  assert_int_equal(nodal_convex_hull(same, 3, hull), 1);
  assert_true(nodal_hull_diameter(hull, 1, ends) == 0 && ends[0].x == 3 && ends[1].y == 4);
  NodalPoint line[] = {{2, 2}, {0, 0}, {1, 1}, {5, 5}};
  assert_int_equal(nodal_convex_hull(line, 4, hull), 2);
  assert_true(hull[0].x == 0 && hull[1].x == 5);
  assert_true(nodal_hull_diameter(hull, 2, NULL) == sqrt(50));
  NodalPoint square[] = {{0, 0}, {4, 3}, {2, 0}, {4, 0}, {2, 1}, {0, 3}, {4, 1}};
  assert_int_equal(nodal_convex_hull(square, 7, hull), 4);
  static const NodalPoint corners[] = {{0, 0}, {4, 0}, {4, 3}, {0, 3}};
  assert_memory_equal(hull, corners, sizeof corners);
  assert_true(nodal_hull_diameter(hull, 4, NULL) == 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(by_hand),
      cmocka_unit_test(random_points),
      cmocka_unit_test(circles),
      cmocka_unit_test(stretched),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
