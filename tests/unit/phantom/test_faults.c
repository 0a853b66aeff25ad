/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <string.h>

enum { CORNERS = NODAL_PHANTOM_OUTLINE_POINTS, WIDTH = 1000, HEIGHT = 800 };

static NodalPhantomOptions slide(unsigned faults) {
  return (NodalPhantomOptions){.width = WIDTH, .height = HEIGHT, .spacing_um = 2, .seed = 6, .faults = faults};
}

static uint8_t *paint_slide(const NodalPhantomOptions *options) {
  NodalPhantom *phantom = make_phantom_of(options);
  uint8_t *pixels = paint_region(phantom, 0, 0, options->width, options->height);
  nodal_phantom_free(phantom);
  return pixels;
}

/* Marks the pixels of the areas, 1 within a pixel and a half of an edge and 2 farther inside, by winding numbers. */
static uint8_t *mark_areas(const NodalPhantom *phantom, unsigned kinds) {
  uint8_t *marks = calloc(WIDTH, HEIGHT);
  assert_non_null(marks);
  NodalPhantomFaultArea area;
  for (int k = 0; nodal_phantom_fault(phantom, k, &area); k++) {
    if (!(area.fault & kinds)) {
      continue;
    }
    double low_x = INFINITY, low_y = INFINITY, high_x = -INFINITY, high_y = -INFINITY;
    for (int i = 0; i < CORNERS; i++) {
      low_x = fmin(low_x, area.points[i].x - 3);
      low_y = fmin(low_y, area.points[i].y - 3);
      high_x = fmax(high_x, area.points[i].x + 3);
      high_y = fmax(high_y, area.points[i].y + 3);
    }
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
      double x = i % WIDTH + 0.5, y = i / WIDTH + 0.5, nearest = INFINITY;
      int winding = 0;
      if (x < low_x || x > high_x || y < low_y || y > high_y) {
        continue;
      }
      for (int j = 0; j < CORNERS; j++) {
        NodalPoint a = area.points[j], b = area.points[(j + 1) % CORNERS];
        double dx = b.x - a.x, dy = b.y - a.y, side = dx * (y - a.y) - (x - a.x) * dy;
        winding += a.y <= y && b.y > y && side > 0;
        winding -= a.y > y && b.y <= y && side < 0;
        double length = dx * dx + dy * dy, t = length > 0 ? ((x - a.x) * dx + (y - a.y) * dy) / length : 0;
        t = fmin(fmax(t, 0), 1);
        nearest = fmin(nearest, (x - a.x - t * dx) * (x - a.x - t * dx) + (y - a.y - t * dy) * (y - a.y - t * dy));
      }
      uint8_t mark = winding != 0 && nearest > 2.25 ? 2 : winding != 0 || nearest <= 2.25 ? 1 : 0;
      marks[i] = mark > marks[i] ? mark : marks[i];
    }
  }
  return marks;
}

static void check_changes(unsigned fault, double least_changed) {
  NodalPhantomOptions good = slide(0), bad = slide(fault);
  uint8_t *before = paint_slide(&good), *after = paint_slide(&bad);
  NodalPhantom *phantom = make_phantom_of(&bad);
  uint8_t *marks = mark_areas(phantom, fault);
  int inside = 0, changed = 0;
  for (int i = 0; i < WIDTH * HEIGHT; i++) {
    bool differs = memcmp(before + 3 * i, after + 3 * i, 3) != 0;
    assert_false(differs && marks[i] == 0);
    inside += marks[i] == 2;
    changed += marks[i] == 2 && differs;
  }
  assert_true(inside > 1000);
  assert_true(changed > least_changed * inside);
  free(marks);
  free(before);
  free(after);
  nodal_phantom_free(phantom);
}

static void test_faults_stay_in_their_areas(void **state) {
  (void)state;
  check_changes(NODAL_PHANTOM_OUT_OF_FOCUS, 0.8);
  check_changes(NODAL_PHANTOM_PEN, 0.95);
  check_changes(NODAL_PHANTOM_FOLD, 0.9);
  check_changes(NODAL_PHANTOM_BUBBLE, 0.9);
}

static void test_areas_do_not_depend_on_each_other(void **state) {
  (void)state;
  NodalPhantomOptions options = slide(15);
  NodalPhantom *all = make_phantom_of(&options);
  NodalPhantomFaultArea area, alone;
  int kinds[9] = {0}, total = 0;
  for (; nodal_phantom_fault(all, total, &area); total++) {
    kinds[area.fault]++;
    options.faults = area.fault;
    NodalPhantom *one = make_phantom_of(&options);
    bool found = false;
    for (int i = 0; nodal_phantom_fault(one, i, &alone); i++) {
      found |= memcmp(area.points, alone.points, sizeof area.points) == 0;
    }
    assert_true(found);
    nodal_phantom_free(one);
  }
  assert_true(kinds[1] == 1 && kinds[2] >= 2 && kinds[4] == 1 && kinds[8] == 2);
  assert_false(nodal_phantom_fault(all, -1, &area));
  assert_false(nodal_phantom_fault(all, total, &area));
  nodal_phantom_free(all);
}

/* With all there is: faults, the look of a center, IHC, a moved section. */
static void test_pieces_equal_the_whole(void **state) {
  (void)state;
  const double spacings[] = {0.25, 1, 6};
  for (int k = 0; k < 3; k++) {
    NodalPhantomOptions options = {.width = (int64_t)(2400 / spacings[k]),
                                   .height = (int64_t)(2000 / spacings[k]),
                                   .spacing_um = spacings[k],
                                   .seed = 4,
                                   .tumor_count = 1,
                                   .tumor_size_mm = 0.3,
                                   .look = nodal_phantom_center_look(k + 1),
                                   .stain = k == 1 ? NODAL_PHANTOM_IHC : NODAL_PHANTOM_HE,
                                   .faults = 15,
                                   .turn_degrees = 3,
                                   .shift_y_um = 11};
    NodalPhantom *phantom = make_phantom_of(&options), *again = make_phantom_of(&options);
    NodalPhantomFaultArea area;
    uint64_t numbers = 8;
    for (int i = 0; nodal_phantom_fault(phantom, i, &area); i++) {
      enum { SIDE = 330 };
      int64_t x = (int64_t)area.points[64].x - SIDE / 2, y = (int64_t)area.points[64].y - SIDE / 2;
      uint8_t *whole = paint_region(phantom, x, y, SIDE, SIDE);
      for (int j = 0; j < 6; j++) {
        int64_t width = 1 + next_number(&numbers) % (j < 3 ? 20 : SIDE), height = 1 + next_number(&numbers) % 90;
        int64_t left = next_number(&numbers) % (SIDE - width + 1), top = next_number(&numbers) % (SIDE - height + 1);
        uint8_t *piece = paint_region(again, x + left, y + top, width, height);
        for (int64_t row = 0; row < height; row++) {
          assert_memory_equal(piece + 3 * row * width, whole + 3 * ((top + row) * SIDE + left), 3 * (size_t)width);
        }
        free(piece);
      }
      free(whole);
    }
    nodal_phantom_free(phantom);
    nodal_phantom_free(again);
  }
}

/* Optical density (natural logarithm) below the default glass. */
static double density(const uint8_t *pixel, int channel) {
  static const double glass[3] = {243, 243, 242};
  return log(glass[channel] / fmax(pixel[channel], 1));
}

static void test_a_fold_doubles_the_tissue(void **state) {
  (void)state;
  NodalPhantomOptions good = slide(0), bad = slide(NODAL_PHANTOM_FOLD);
  uint8_t *before = paint_slide(&good), *after = paint_slide(&bad);
  NodalPhantom *phantom = make_phantom_of(&bad);
  uint8_t *marks = mark_areas(phantom, 15);
  double single = 0, folded = 0;
  for (int i = 0; i < WIDTH * HEIGHT; i++) {
    for (int c = 0; c < 3 && marks[i] == 2; c++) {
      assert_true(after[3 * i + c] <= before[3 * i + c]);
      single += density(before + 3 * i, c);
      folded += density(after + 3 * i, c);
    }
  }
  assert_true(folded > 1.7 * single && folded < 2.3 * single);
  free(marks);
  free(before);
  free(after);
  nodal_phantom_free(phantom);
}

/* Ink takes light by the law of Beer and Lambert, over tissue as over glass, all of it in one color. */
static void test_ink(void **state) {
  (void)state;
  const double inks[4][3] = {{2.6, 2.5, 2.3}, {2.1, 1.25, 0.25}, {2.2, 0.50, 1.25}, {0.18, 2.0, 1.6}};
  bool seen[4] = {false};
  for (uint64_t seed = 1; seed < 25; seed++) {
    NodalPhantomOptions good = {.width = 500, .height = 400, .spacing_um = 8, .seed = seed}, bad = good;
    bad.faults = NODAL_PHANTOM_PEN;
    uint8_t *before = paint_slide(&good), *after = paint_slide(&bad);
    int fits = 15, inked = 0, thin = 0;
    for (int i = 0; i < 500 * 400; i++) {
      if (memcmp(before + 3 * i, after + 3 * i, 3) == 0) {
        continue;
      }
      double lost[3], least = 255;
      for (int c = 0; c < 3; c++) {
        lost[c] = log((double)before[3 * i + c] / fmax(after[3 * i + c], 0.5));
        least = fmin(least, after[3 * i + c]);
      }
      if (least < 40) {
        continue; /* too dark to measure by whole numbers */
      }
      inked++;
      thin += fmax(lost[0], lost[1]) < 0.7;
      for (int k = 0; k < 4; k++) {
        double amount = (lost[0] + lost[1] + lost[2]) / (inks[k][0] + inks[k][1] + inks[k][2]);
        for (int c = 0; c < 3; c++) {
          fits &= fabs(lost[c] - amount * inks[k][c]) < 0.04 ? 15 : ~(1 << k);
        }
      }
    }
    assert_true(inked > 100);
    assert_true(thin > 50); /* edges let light through */
    int color = fits == 1 ? 0 : fits == 2 ? 1 : fits == 4 ? 2 : fits == 8 ? 3 : -1;
    assert_true(color >= 0);
    seen[color] = true;
    free(before);
    free(after);
  }
  assert_true(seen[0] && seen[1] && seen[2] && seen[3]);
}

/* Fine detail is lost in the middle of what is out of focus, its mean colour is not. */
static void test_out_of_focus(void **state) {
  (void)state;
  NodalPhantomOptions good = slide(0), bad = slide(NODAL_PHANTOM_OUT_OF_FOCUS);
  uint8_t *before = paint_slide(&good), *after = paint_slide(&bad);
  NodalPhantom *phantom = make_phantom_of(&bad);
  NodalPhantomFaultArea area;
  assert_true(nodal_phantom_fault(phantom, 0, &area));
  double x = 0, y = 0;
  for (int i = 0; i < CORNERS; i++) {
    x += area.points[i].x / CORNERS;
    y += area.points[i].y / CORNERS;
  }
  double steps[2] = {0}, means[2] = {0};
  for (int j = -25; j < 25; j++) {
    for (int i = -25; i < 25; i++) {
      size_t place = 3 * ((size_t)((int)y + j) * WIDTH + (size_t)((int)x + i)) + 1;
      steps[0] += abs(before[place] - before[place - 3]);
      steps[1] += abs(after[place] - after[place - 3]);
      means[0] += before[place];
      means[1] += after[place];
    }
  }
  assert_true(steps[1] < 0.3 * steps[0]);
  assert_true(fabs(means[1] - means[0]) < 0.03 * means[0]);
  free(before);
  free(after);
  nodal_phantom_free(phantom);
}

/* The blur of a look against a Gaussian in floating point. */
static void test_optics(void **state) {
  (void)state;
  enum { SIDE = 90, REACH = 20, WIDE = SIDE + 2 * REACH };
  const double sigmas[] = {0.3, 1, 2.5};
  for (int k = 0; k < 3; k++) {
    NodalPhantomLook look = *nodal_phantom_center_look(0);
    look.blur_um = 0;
    NodalPhantomOptions options = {.width = 9000, .height = 8000, .spacing_um = 0.5, .seed = 3, .look = &look};
    NodalPhantom *sharp = make_phantom_of(&options);
    look.blur_um = sigmas[k] * 0.5;
    NodalPhantom *blurred = make_phantom_of(&options);
    uint8_t *source = paint_region(sharp, 2000 - REACH, 4000 - REACH, WIDE, WIDE);
    uint8_t *seen = paint_region(blurred, 2000, 4000, SIDE, SIDE);
    for (int i = 0; i < SIDE * SIDE; i += 7) {
      double sum = 0, weights = 0;
      for (int dy = -REACH; dy <= REACH; dy++) {
        for (int dx = -REACH; dx <= REACH; dx++) {
          double weight = exp(-(dx * dx + dy * dy) / (2 * sigmas[k] * sigmas[k]));
          sum += weight * source[3 * ((i / SIDE + dy + REACH) * WIDE + i % SIDE + dx + REACH) + 1];
          weights += weight;
        }
      }
      assert_true(fabs(seen[3 * i + 1] - sum / weights) < 1);
    }
    free(source);
    free(seen);
    nodal_phantom_free(sharp);
    nodal_phantom_free(blurred);
  }
}

static void test_beyond_the_slide_is_glass(void **state) {
  (void)state;
  NodalPhantomOptions options = slide(15);
  options.look = nodal_phantom_center_look(1);
  NodalPhantom *phantom = make_phantom_of(&options);
  const int64_t places[][2] = {{-40, 300}, {WIDTH, 300}, {400, -30}, {400, HEIGHT}, {INT64_MIN, INT64_MAX}};
  for (int k = 0; k < 5; k++) {
    uint8_t *pixels = paint_region(phantom, places[k][0], places[k][1], 40, 30);
    for (int i = 0; i < 40 * 30; i++) {
      assert_true(pixels[3 * i] == 243 && pixels[3 * i + 1] == 240 && pixels[3 * i + 2] == 242);
    }
    free(pixels);
  }
  uint8_t none[3] = {1, 2, 3};
  assert_true(nodal_phantom_paint(phantom, 10, 10, 0, 5, none, 0, NULL));
  assert_true(none[0] == 1);
  nodal_phantom_free(phantom);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_faults_stay_in_their_areas),
      cmocka_unit_test(test_areas_do_not_depend_on_each_other),
      cmocka_unit_test(test_pieces_equal_the_whole),
      cmocka_unit_test(test_a_fold_doubles_the_tissue),
      cmocka_unit_test(test_ink),
      cmocka_unit_test(test_out_of_focus),
      cmocka_unit_test(test_optics),
      cmocka_unit_test(test_beyond_the_slide_is_glass),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
