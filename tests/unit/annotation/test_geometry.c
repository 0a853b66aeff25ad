/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <stdlib.h>

static const double pi = 3.14159265358979323846;

static NodalAnnotation of_ring(NodalShape shape, const NodalRing *ring) {
  return (NodalAnnotation){"", shape, -1, NODAL_RGB_UNSET, ring, 1};
}

static void near(double value, double expected, double tolerance) {
  if (!(fabs(value - expected) <= tolerance)) {
    fail_msg("%.17g is not %.17g", value, expected);
  }
}

static void polygons(void **state) {
  (void)state;
  NodalPoint square[] = {{100, 100}, {110, 100}, {110, 110}, {100, 110}}, hole[] = {{102, 102}, {102, 104}, {104, 104}};
  NodalPoint other[] = {{200, 0}, {203, 0}, {200, 4}};
  NodalRing rings[] = {{square, 4, false}, {hole, 3, true}, {other, 3, false}};
  NodalAnnotation annotation = {"", NODAL_SHAPE_POLYGON, -1, 0, rings, 3};
  near(nodal_annotation_area(&annotation), 100 - 2 + 6, 0);
  near(nodal_annotation_length(&annotation), 40 + 4 + sqrt(8) + 12, 1e-12);
  NodalPoint low, high;
  assert_true(nodal_annotation_bounds(&annotation, &low, &high));
  assert_true(low.x == 100 && low.y == 0 && high.x == 203 && high.y == 110);
  NodalRing *outline;
  size_t count;
  assert_true(nodal_annotation_outline(&annotation, 0.1, &outline, &count, NULL));
  assert_int_equal(count, 3);
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(outline[i].count, rings[i].count);
    assert_int_equal(outline[i].hole, rings[i].hole);
    assert_memory_equal(outline[i].points, rings[i].points, rings[i].count * sizeof(NodalPoint));
  }
  nodal_free(outline);
}

/* Far from the origin the products of coordinates are too large for their differences: 1/2 a pixel must still come out.
 */
static void small_areas_far_away(void **state) {
  (void)state;
  NodalPoint points[] = {{200000000.25, 100000000.5}, {200000001.25, 100000000.5}, {200000000.25, 100000001.5}};
  NodalRing ring = {points, 3, false};
  NodalAnnotation annotation = of_ring(NODAL_SHAPE_POLYGON, &ring);
  near(nodal_annotation_area(&annotation), 0.5, 0);
}

static void lines_and_points(void **state) {
  (void)state;
  NodalPoint points[] = {{0, 0}, {3, 4}, {3, 10}};
  NodalRing ring = {points, 3, false}, *outline;
  size_t count;
  NodalShape shapes[] = {NODAL_SHAPE_NONE, NODAL_SHAPE_POINT, NODAL_SHAPE_POINTS, NODAL_SHAPE_POLYLINE};
  for (int i = 0; i < 4; i++) {
    NodalAnnotation annotation = of_ring(shapes[i], &ring);
    near(nodal_annotation_area(&annotation), 0, 0);
    near(nodal_annotation_length(&annotation), shapes[i] == NODAL_SHAPE_POLYLINE ? 11 : 0, 0);
    assert_true(nodal_annotation_outline(&annotation, 1, &outline, &count, NULL));
    assert_int_equal(count, 0);
    nodal_free(outline);
  }
  NodalAnnotation nothing = {"", NODAL_SHAPE_POLYGON, -1, 0, NULL, 0};
  NodalPoint low, high;
  assert_false(nodal_annotation_bounds(&nothing, &low, &high));
  near(nodal_annotation_area(&nothing), 0, 0);
}

/* The perimeter of an ellipse by summing 10^6 chords. */
static double measured_perimeter(double a, double b) {
  double length = 0;
  enum { STEPS = 1000000 };
  for (int i = 0; i < STEPS; i++) {
    double from = 2 * pi * i / STEPS, to = 2 * pi * (i + 1) / STEPS;
    length += hypot(a * (cos(to) - cos(from)), b * (sin(to) - sin(from)));
  }
  return length;
}

static void ellipses(void **state) {
  (void)state;
  static const double axes[][2] = {{50, 50}, {100, 40}, {3, 700}, {1000, 1}};
  for (size_t i = 0; i < sizeof axes / sizeof *axes; i++) {
    double a = axes[i][0], b = axes[i][1];
    NodalPoint corners[] = {{1000 + a, 2000 - b}, {1000 - a, 2000 + b}};
    NodalRing ring = {corners, 2, false}, *outline;
    NodalAnnotation annotation = of_ring(NODAL_SHAPE_ELLIPSE, &ring);
    near(nodal_annotation_area(&annotation), pi * a * b, 1e-9 * a * b);
    near(nodal_annotation_length(&annotation), measured_perimeter(a, b), 1e-6 * (a + b));
    for (double tolerance = 2; tolerance > 0.001; tolerance /= 7) {
      size_t count;
      assert_true(nodal_annotation_outline(&annotation, tolerance, &outline, &count, NULL));
      assert_int_equal(count, 1);
      size_t points = outline[0].count;
      for (size_t k = 0; k < points; k++) {
        NodalPoint p = outline[0].points[k], q = outline[0].points[(k + 1) % points];
        /* Points lie on the ellipse; the middle of a chord is no further inside than the tolerance allows. */
        near(pow((p.x - 1000) / a, 2) + pow((p.y - 2000) / b, 2), 1, 1e-9);
        double middle = sqrt(pow(((p.x + q.x) / 2 - 1000) / a, 2) + pow(((p.y + q.y) / 2 - 2000) / b, 2));
        assert_true(1 - middle <= tolerance / fmin(a, b) + 1e-12);
      }
      /* Not many more points than are needed for a circle of the larger half axis. */
      assert_true((double)points < pi / acos(1 - fmin(tolerance / fmax(a, b), 0.5)) + 9);
      nodal_free(outline);
    }
  }
}

/* The curve by the recursive definition of Barry and Goldman with knots t(i+1) = t(i) + sqrt(distance). */
static NodalPoint barry_goldman(const NodalPoint p[4], double u) {
  double t[4] = {0};
  for (int i = 1; i < 4; i++) {
    t[i] = t[i - 1] + sqrt(hypot(p[i].x - p[i - 1].x, p[i].y - p[i - 1].y));
  }
  double at = t[1] + u * (t[2] - t[1]);
  NodalPoint level[4] = {p[0], p[1], p[2], p[3]};
  static const int spans[3][3][2] = {{{0, 1}, {1, 2}, {2, 3}}, {{0, 2}, {1, 3}, {0, 0}}, {{1, 2}, {0, 0}, {0, 0}}};
  for (int depth = 0; depth < 3; depth++) {
    for (int i = 0; i < 3 - depth; i++) {
      double low = t[spans[depth][i][0]], high = t[spans[depth][i][1]];
      double w = (at - low) / (high - low);
      level[i] =
          (NodalPoint){level[i].x + w * (level[i + 1].x - level[i].x), level[i].y + w * (level[i + 1].y - level[i].y)};
    }
  }
  return level[0];
}

static double distance_to_outline(const NodalRing *outline, NodalPoint p) {
  double least = INFINITY;
  for (size_t i = 0; i < outline->count; i++) {
    NodalPoint a = outline->points[i], b = outline->points[(i + 1) % outline->count];
    double dx = b.x - a.x, dy = b.y - a.y, square = dx * dx + dy * dy;
    double t = square > 0 ? fmin(fmax(((p.x - a.x) * dx + (p.y - a.y) * dy) / square, 0), 1) : 0;
    least = fmin(least, hypot(a.x + t * dx - p.x, a.y + t * dy - p.y));
  }
  return least;
}

static void splines(void **state) {
  (void)state;
  NodalPoint points[] = {{0, 0}, {100, 10}, {140, 90}, {60, 160}, {55, 165}, {-40, 80}};
  enum { COUNT = 6 };
  NodalRing ring = {points, COUNT, false}, *outline;
  NodalAnnotation annotation = of_ring(NODAL_SHAPE_SPLINE, &ring);
  double fine_area = 0, fine_length = 0;
  NodalPoint first = {0, 0}, previous = {0, 0};
  static const double tolerances[] = {3, 0.5, 0.01};
  for (int round = 0; round < 3; round++) {
    size_t count;
    assert_true(nodal_annotation_outline(&annotation, tolerances[round], &outline, &count, NULL));
    assert_int_equal(count, 1);
    for (int i = 0; i < COUNT; i++) {
      NodalPoint four[4];
      for (int k = 0; k < 4; k++) {
        four[k] = points[(i + k + COUNT - 1) % COUNT];
      }
      for (int step = 0; step < 50; step++) {
        NodalPoint at = barry_goldman(four, step / 50.0);
        assert_true(distance_to_outline(outline, at) <= tolerances[round]);
      }
    }
    nodal_free(outline);
  }
  for (int i = 0; i < COUNT; i++) {
    NodalPoint four[4];
    for (int k = 0; k < 4; k++) {
      four[k] = points[(i + k + COUNT - 1) % COUNT];
    }
    for (int step = 0; step < 20000; step++) {
      NodalPoint at = barry_goldman(four, step / 20000.0);
      if (i == 0 && step == 0) {
        first = at;
      } else {
        fine_area += (previous.x * at.y - previous.y * at.x) / 2;
        fine_length += hypot(at.x - previous.x, at.y - previous.y);
      }
      previous = at;
    }
  }
  fine_area += (previous.x * first.y - previous.y * first.x) / 2;
  fine_length += hypot(first.x - previous.x, first.y - previous.y);
  near(nodal_annotation_area(&annotation), fabs(fine_area), 1e-3);
  near(nodal_annotation_length(&annotation), fine_length, 1e-3);
}

/* Points that repeat are one place: no knot of length zero may spoil the curve. */
static void splines_with_repeated_points(void **state) {
  (void)state;
  NodalPoint once[] = {{0, 0}, {100, 0}, {100, 100}, {0, 100}};
  NodalPoint twice[] = {{0, 0}, {0, 0}, {100, 0}, {100, 100}, {100, 100}, {100, 100}, {0, 100}, {0, 0}};
  NodalPoint one[] = {{5, 5}, {5, 5}, {5, 5}};
  NodalRing first = {once, 4, false}, second = {twice, 8, false}, third = {one, 3, false};
  NodalAnnotation a = of_ring(NODAL_SHAPE_SPLINE, &first), b = of_ring(NODAL_SHAPE_SPLINE, &second),
                  c = of_ring(NODAL_SHAPE_SPLINE, &third);
  near(nodal_annotation_area(&b), nodal_annotation_area(&a), 1e-9);
  near(nodal_annotation_length(&b), nodal_annotation_length(&a), 1e-9);
  near(nodal_annotation_area(&c), 0, 0);
  near(nodal_annotation_length(&c), 0, 0);
}

static void tolerances_make_sense(void **state) {
  (void)state;
  static const double bad[] = {0, -1, NAN, INFINITY};
  NodalAnnotation annotation = {"", NODAL_SHAPE_POLYGON, -1, 0, NULL, 0};
  for (int i = 0; i < 4; i++) {
    NodalRing *rings = NULL;
    size_t count;
    NodalError *error = NULL;
    assert_false(nodal_annotation_outline(&annotation, bad[i], &rings, &count, &error));
    assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
    nodal_error_free(error);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(polygons),
      cmocka_unit_test(small_areas_far_away),
      cmocka_unit_test(lines_and_points),
      cmocka_unit_test(ellipses),
      cmocka_unit_test(splines),
      cmocka_unit_test(splines_with_repeated_points),
      cmocka_unit_test(tolerances_make_sense),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
