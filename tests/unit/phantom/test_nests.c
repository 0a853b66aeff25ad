/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All labels of a slide, pixel by pixel. */
static int16_t *label_slide(const NodalPhantom *phantom, int width, int height) {
  int16_t *labels = malloc(sizeof *labels * (size_t)width * (size_t)height);
  assert_non_null(labels);
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      labels[(size_t)y * (size_t)width + (size_t)x] = (int16_t)nodal_phantom_truth(phantom, x, y);
    }
  }
  return labels;
}

/* Longest distance between the centers of two pixels of a label: of all first and last pixels of its rows. */
static double longest_distance(const int16_t *labels, int width, int height, int label, int *pixels) {
  int(*ends)[2] = malloc(sizeof *ends * 2 * (size_t)height);
  assert_non_null(ends);
  int count = 0;
  *pixels = 0;
  for (int y = 0; y < height; y++) {
    int first = -1, last = -1;
    for (int x = 0; x < width; x++) {
      if (labels[(size_t)y * (size_t)width + (size_t)x] == label) {
        first = first < 0 ? x : first;
        last = x;
        ++*pixels;
      }
    }
    if (first >= 0) {
      ends[count][0] = first, ends[count++][1] = y;
      ends[count][0] = last, ends[count++][1] = y;
    }
  }
  double longest = 0;
  for (int i = 0; i < count; i++) {
    for (int j = 0; j < i; j++) {
      longest = fmax(longest, hypot(ends[i][0] - ends[j][0], ends[i][1] - ends[j][1]));
    }
  }
  free(ends);
  return longest;
}

/* Empties the connected region (four neighbours) that holds the pixel; returns its pixels. */
static int erase_region(int16_t *labels, int width, int height, int x, int y) {
  int label = labels[y * width + x], count = 0, top = 0;
  int *stack = malloc(sizeof *stack * (size_t)width * (size_t)height);
  assert_non_null(stack);
  labels[y * width + x] = 0;
  stack[top++] = y * width + x;
  while (top > 0) {
    int place = stack[--top], px = place % width, py = place / width;
    count++;
    const int steps[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    for (int i = 0; i < 4; i++) {
      int nx = px + steps[i][0], ny = py + steps[i][1];
      if (nx >= 0 && ny >= 0 && nx < width && ny < height && labels[ny * width + nx] == label) {
        labels[ny * width + nx] = 0;
        stack[top++] = ny * width + nx;
      }
    }
  }
  free(stack);
  return count;
}

static void check_slide(int width, int height, double spacing_um, uint64_t seed, int tumors, double size_mm) {
  NodalPhantom *phantom = make_phantom(width, height, spacing_um, seed, tumors, size_mm);
  int16_t *labels = label_slide(phantom, width, height);
  int total = 0, counted = 0;
  for (int i = 0; i < width * height; i++) {
    assert_in_range(labels[i], 0, tumors);
    total += labels[i] != 0;
  }
  double before = size_mm;
  for (int i = 0; i < tumors; i++) {
    NodalPhantomNest nest;
    assert_true(nodal_phantom_nest(phantom, i, &nest));
    assert_true(nest.longest_mm <= before && nest.longest_mm >= 0.15 * size_mm - 1e-9);
    assert_true(i > 0 || nest.longest_mm == size_mm);
    before = nest.longest_mm;
    int pixels, x = (int)nest.center_x_px, y = (int)nest.center_y_px;
    double measured = longest_distance(labels, width, height, i + 1, &pixels), stated = nest.longest_mm * 1000;
    /* Centers of pixels lie up to half a diagonal inside the outline at either end, and miss the tip of a tiny one. */
    double missed = stated < 40 * spacing_um ? 3 : 1.5;
    assert_true(measured * spacing_um <= 1.02 * stated);
    assert_true((measured + missed) * spacing_um >= 0.98 * stated);
    /* An outline of this length that is no sliver. */
    assert_true(pixels * spacing_um * spacing_um > 0.2 * stated * stated);
    assert_int_equal(labels[y * width + x], i + 1);
    counted += pixels;
    assert_int_equal(erase_region(labels, width, height, x, y), pixels);
  }
  assert_int_equal(counted, total);
  NodalPhantomNest none = {1, 2, 3};
  assert_false(nodal_phantom_nest(phantom, tumors, &none));
  assert_false(nodal_phantom_nest(phantom, -1, &none));
  assert_true(none.center_x_px == 1 && none.center_y_px == 2 && none.longest_mm == 3);
  assert_int_equal(nodal_phantom_truth(phantom, -1, 5), 0);
  assert_int_equal(nodal_phantom_truth(phantom, width, 5), 0);
  assert_int_equal(nodal_phantom_truth(phantom, 5, height), 0);
  assert_int_equal(nodal_phantom_truth(phantom, INT64_MIN, INT64_MAX), 0);
  free(labels);
  nodal_phantom_free(phantom);
}

static void test_outlines_have_the_stated_length(void **state) {
  (void)state;
  check_slide(1500, 1300, 4, 1, 8, 1.2);
  check_slide(1700, 700, 4, 2, 6, 0.9);
  check_slide(500, 1400, 6, 3, 4, 1.5);
  check_slide(1000, 1000, 0.243, 4, 3, 0.05);
  for (uint64_t seed = 10; seed < 22; seed++) {
    check_slide(420, 400, 10, seed, 3, 1.2);
  }
}

static void test_many_small_nests(void **state) {
  (void)state;
  check_slide(1400, 1200, 8, 9, 120, 0.2);
}

static void test_sizes_vary(void **state) {
  (void)state;
  NodalPhantom *phantom = make_phantom(40000, 40000, 0.243, 5, 50, 1);
  int small = 0;
  NodalPhantomNest nest;
  for (int i = 0; nodal_phantom_nest(phantom, i, &nest); i++) {
    small += nest.longest_mm < 0.5;
  }
  assert_in_range(small, 15, 45);
  nodal_phantom_free(phantom);
}

/* Whether a nest lies within `reach` pixels along the axes. */
static bool nest_near(const NodalPhantom *phantom, int x, int y, int reach) {
  for (int dy = -reach; dy <= reach; dy += 2) {
    for (int dx = -reach; dx <= reach; dx += 2) {
      if (nodal_phantom_truth(phantom, x + dx, y + dy)) {
        return true;
      }
    }
  }
  return false;
}

/*
 * The same slide with and without nests: it differs inside the truth and nowhere else. The ground changes softly over
 * 2.5 um at the outline; a lymphocyte that had its center inside reaches 4 um out, one out of focus likewise, a
 * histiocyte 6 um, a spindle 8 um.
 */
static void test_truth_is_what_is_painted(void **state) {
  (void)state;
  enum { SIDE = 900 };
  const double spacings[] = {0.5, 1, 4};
  for (int k = 0; k < 3; k++) {
    double spacing = spacings[k];
    int side = (int)(4800 / spacing), reach = (int)(10 / spacing) + (k == 2 ? 5 : 8);
    NodalPhantom *with = make_phantom(side, side, spacing, 31, 2, 0.3),
                 *without = make_phantom(side, side, spacing, 31, 0, 0);
    NodalPhantomNest nest;
    assert_true(nodal_phantom_nest(with, 0, &nest));
    int64_t x = (int64_t)nest.center_x_px - SIDE / 2, y = (int64_t)nest.center_y_px - SIDE / 2;
    uint8_t *first = paint_region(with, x, y, SIDE, SIDE), *second = paint_region(without, x, y, SIDE, SIDE);
    int inside = 0, changed = 0;
    for (int j = 0; j < SIDE; j++) {
      for (int i = 0; i < SIDE; i++) {
        bool differs = memcmp(first + 3 * (j * SIDE + i), second + 3 * (j * SIDE + i), 3) != 0;
        bool truth = nodal_phantom_truth(with, x + i, y + j) > 0;
        inside += truth;
        changed += truth && differs;
        if (differs && !truth) {
          assert_true(nest_near(with, (int)x + i, (int)y + j, reach));
        }
      }
    }
    assert_true(inside > 2000);
    assert_true(changed > 0.95 * inside);
    free(first);
    free(second);
    nodal_phantom_free(with);
    nodal_phantom_free(without);
  }
}

/* Winding number of a polygon round a place, and how far its nearest edge is. */
static bool polygon_holds(const NodalPoint *points, int count, double x, double y, double *distance) {
  int winding = 0;
  *distance = INFINITY;
  for (int i = 0; i < count; i++) {
    NodalPoint a = points[i], b = points[(i + 1) % count];
    double dx = b.x - a.x, dy = b.y - a.y, side = dx * (y - a.y) - (x - a.x) * dy;
    winding += a.y <= y && b.y > y && side > 0;
    winding -= a.y > y && b.y <= y && side < 0;
    double t = fmin(fmax(((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy), 0), 1);
    *distance = fmin(*distance, hypot(x - a.x - t * dx, y - a.y - t * dy));
  }
  return winding != 0;
}

static void test_outlines_are_polygons_of_the_truth(void **state) {
  (void)state;
  enum { SIDE = 3000, COUNT = NODAL_PHANTOM_OUTLINE_POINTS };
  NodalPhantom *phantom = make_phantom(SIDE, SIDE, 2, 8, 6, 1.2);
  NodalPoint points[COUNT];
  NodalPhantomNest nest;
  int inside = 0, outside = 0;
  for (int index = 0; nodal_phantom_nest(phantom, index, &nest); index++) {
    assert_true(nodal_phantom_outline(phantom, index, points));
    double longest = 0;
    for (int i = 0; i < COUNT; i++) {
      for (int j = 0; j < i; j++) {
        longest = fmax(longest, hypot(points[i].x - points[j].x, points[i].y - points[j].y));
      }
    }
    assert_true(fabs(longest * 2 / 1000 - nest.longest_mm) < 1e-6);
    int reach = (int)longest;
    for (int y = (int)nest.center_y_px - reach; y < nest.center_y_px + reach; y += 3) {
      for (int x = (int)nest.center_x_px - reach; x < nest.center_x_px + reach; x += 3) {
        double distance;
        bool holds = polygon_holds(points, COUNT, x + 0.5, y + 0.5, &distance);
        if (distance > longest / 1000) {
          assert_true((nodal_phantom_truth(phantom, x, y) == index + 1) == holds);
          inside += holds;
          outside += !holds;
        }
      }
    }
  }
  assert_true(inside > 10000 && outside > 10000);
  assert_false(nodal_phantom_outline(phantom, 6, points));
  assert_false(nodal_phantom_outline(phantom, -1, points));
  nodal_phantom_free(phantom);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_outlines_have_the_stated_length),
      cmocka_unit_test(test_many_small_nests),
      cmocka_unit_test(test_sizes_vary),
      cmocka_unit_test(test_truth_is_what_is_painted),
      cmocka_unit_test(test_outlines_are_polygons_of_the_truth),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
