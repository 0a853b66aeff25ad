/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = PICTURE_SIDE * PICTURE_SIDE };

static Picture picture;
static uint32_t labels[MOST];

/* The numbers of one label by their definitions, in two passes and with every pair of corners. */
static NodalRegion brute(const uint32_t *image, uint32_t label, double sx, double sy) {
  double n = 0, mean_x = 0, mean_y = 0, xx = 0, xy = 0, yy = 0;
  int left = PICTURE_SIDE, top = PICTURE_SIDE, right = -1, bottom = -1;
  static int corners[4 * MOST][2];
  int count = 0;
  for (int y = 0; y < picture.height; y++) {
    for (int x = 0; x < picture.width; x++) {
      if (image[y * picture.width + x] != label) {
        continue;
      }
      n++;
      mean_x += x + 0.5;
      mean_y += y + 0.5;
      left = x < left ? x : left;
      top = y < top ? y : top;
      right = x > right ? x : right;
      bottom = y > bottom ? y : bottom;
    }
  }
  mean_x /= n;
  mean_y /= n;
  for (int y = 0; y < picture.height; y++) {
    int first = -1, last = -1;
    for (int x = 0; x < picture.width; x++) {
      if (image[y * picture.width + x] == label) {
        xx += (x + 0.5 - mean_x) * (x + 0.5 - mean_x) / n;
        xy += (x + 0.5 - mean_x) * (y + 0.5 - mean_y) / n;
        yy += (y + 0.5 - mean_y) * (y + 0.5 - mean_y) / n;
        first = first < 0 ? x : first;
        last = x;
      }
    }
    for (int i = 0; first >= 0 && i < 4; i++, count++) {
      corners[count][0] = i % 2 ? last + 1 : first;
      corners[count][1] = y + i / 2;
    }
  }
  double longest = 0, longest_um = 0;
  for (int i = 0; i < count; i++) {
    for (int k = 0; k < i; k++) {
      double dx = corners[i][0] - corners[k][0], dy = corners[i][1] - corners[k][1];
      longest = fmax(longest, dx * dx + dy * dy);
      longest_um = fmax(longest_um, dx * dx * sx * sx + dy * dy * sy * sy);
    }
  }
  NodalRegion region = {.label = label,
                        .area_px = n,
                        .area_mm2 = n * sx * sy / 1e6,
                        .centroid_x_px = mean_x,
                        .centroid_y_px = mean_y,
                        .x_px = left,
                        .y_px = top,
                        .width_px = right - left + 1,
                        .height_px = bottom - top + 1,
                        .longest_px = sqrt(longest),
                        .longest_um = sqrt(longest_um)};
  double root = sqrt((xx - yy) * (xx - yy) + 4 * xy * xy);
  region.major_axis_px = 4 * sqrt((xx + yy + root) / 2);
  region.minor_axis_px = 4 * sqrt(fmax(0, (xx + yy - root) / 2));
  xx *= sx * sx;
  xy *= sx * sy;
  yy *= sy * sy;
  root = sqrt((xx - yy) * (xx - yy) + 4 * xy * xy);
  region.major_axis_um = 4 * sqrt((xx + yy + root) / 2);
  region.minor_axis_um = 4 * sqrt(fmax(0, (xx + yy - root) / 2));
  return region;
}

static void check_close(double a, double b) {
  if (!(fabs(a - b) <= 1e-9 * fmax(1, fabs(b)))) {
    fail_msg("%.17g is not %.17g", a, b);
  }
}

/* A square root makes much of the rounding where a line has no width. */
static void check_axis(double a, double b) {
  if (!(fabs(a - b) <= 1e-9 * fmax(1, b)) && !(fabs(a) < 1e-6 && fabs(b) < 1e-6)) {
    fail_msg("axis %.17g is not %.17g", a, b);
  }
}

static void check_region(const NodalRegion *found, const NodalRegion *wanted) {
  assert_int_equal(found->label, wanted->label);
  assert_true(found->area_px == wanted->area_px);
  assert_true(found->x_px == wanted->x_px && found->y_px == wanted->y_px);
  assert_true(found->width_px == wanted->width_px && found->height_px == wanted->height_px);
  check_close(found->area_mm2, wanted->area_mm2);
  check_close(found->centroid_x_px, wanted->centroid_x_px);
  check_close(found->centroid_y_px, wanted->centroid_y_px);
  check_close(found->longest_px, wanted->longest_px);
  check_close(found->longest_um, wanted->longest_um);
  check_axis(found->major_axis_px, wanted->major_axis_px);
  check_axis(found->major_axis_um, wanted->major_axis_um);
  check_axis(found->minor_axis_px, wanted->minor_axis_px);
  check_axis(found->minor_axis_um, wanted->minor_axis_um);
}

/* The regions of an image of labels, each against its definition. `values` (may be NULL): of the first pixels. */
static void check_all(const NodalRegion *regions, size_t count, const uint32_t *image, const uint8_t *values, double sx,
                      double sy) {
  size_t pixels = (size_t)(picture.width * picture.height), seen = 0;
  double area = 0;
  for (size_t i = 0; i < pixels; i++) {
    seen += image[i] != 0;
  }
  for (size_t i = 0; i < count; i++) {
    NodalRegion wanted = brute(image, regions[i].label, sx, sy);
    check_region(&regions[i], &wanted);
    assert_true(i == 0 || regions[i - 1].label < regions[i].label);
    area += regions[i].area_px;
    size_t first = 0;
    while (image[first] != regions[i].label) {
      first++;
    }
    assert_int_equal(regions[i].value, values ? values[first] : image[first]);
  }
  assert_true(area == (double)seen);
}

static void check_array(bool regions, int connectivity, bool by_value, int threads) {
  NodalRaster raster = picture_raster(&picture, NODAL_UINT8, 5);
  NodalStatisticsOptions options = {regions, {connectivity, by_value}};
  NodalError *error = NULL;
  NodalRegion *found = NULL;
  size_t count = 0;
  check_ok(nodal_raster_statistics(&raster, &options, 0.25, 0.5, threads, &found, &count, &error), &error);
  if (regions) {
    assert_int_equal(count, flood(&picture, connectivity, by_value, false, labels));
  } else {
    for (int i = 0; i < picture.width * picture.height; i++) {
      labels[i] = picture.pixels[i];
    }
  }
  check_all(found, count, labels, picture.pixels, 0.25, 0.5);
  nodal_free(found);
  raster_free(&raster);
}

static void arrays(void **state) {
  (void)state;
  for (int side = 1; side <= 70; side += 3) {
    for (int pattern = 0; pattern < PATTERN_COUNT; pattern++) {
      int other = 1 + random_below(40);
      picture_paint(&picture, side % 2 ? side : other, side % 2 ? other : side, pattern);
      check_array(false, 8, false, 1 + side % 3);
      check_array(true, 4 + side % 2 * 4, pattern % 2 == 0, 1 + side % 2);
    }
  }
}

static void check_slide(bool regions, int connectivity, bool by_value) {
  NodalSlide *slide = picture_slide(&picture, NODAL_UINT8, 0.5, 4);
  NodalStatisticsOptions options = {regions, {connectivity, by_value}};
  NodalError *error = NULL;
  NodalRegion *found[2];
  size_t counts[2];
  for (int i = 0; i < 2; i++) {
    NodalRasterJob job = NODAL_RASTER_JOB_INIT;
    job.slide = slide;
    job.tile_size = 16;
    job.threads = i ? 8 : 1;
    check_ok(nodal_raster_measure(&job, &options, &found[i], &counts[i], &error), &error);
  }
  assert_int_equal(counts[0], counts[1]);
  assert_memory_equal(found[0], found[1], counts[0] * sizeof *found[0]);
  if (regions) {
    assert_int_equal(counts[0], flood(&picture, connectivity, by_value, false, labels));
  } else {
    for (int i = 0; i < picture.width * picture.height; i++) {
      labels[i] = picture.pixels[i];
    }
  }
  check_all(found[0], counts[0], labels, picture.pixels, 0.5, 4);
  nodal_free(found[0]);
  nodal_free(found[1]);
  slide_close(slide);
}

static void slides(void **state) {
  (void)state;
  for (int side = 1; side <= 70; side += 5) {
    for (int pattern = 0; pattern < PATTERN_COUNT; pattern++) {
      int other = 1 + random_below(50);
      picture_paint(&picture, side % 2 ? side : other, side % 2 ? other : side, pattern);
      check_slide(false, 8, false);
      check_slide(true, 4 + side % 2 * 4, pattern % 2 == 1);
    }
  }
}

/* A disk, whose axes are its diameter, and a label that lies in many tiles: numbers known without counting. */
static void by_hand(void **state) {
  (void)state;
  NodalError *error = NULL;
  enum { SIDE = 2000, RADIUS = 900 };
  uint32_t *pixels = calloc((size_t)SIDE * SIDE, sizeof *pixels);
  for (int y = 0; y < SIDE; y++) {
    for (int x = 0; x < SIDE; x++) {
      double dx = x + 0.5 - SIDE / 2, dy = y + 0.5 - SIDE / 2;
      pixels[y * SIDE + x] = dx * dx + dy * dy < RADIUS * RADIUS ? 4000000000u : 0;
    }
  }
  NodalRaster raster = {pixels, NODAL_UINT32, SIDE, SIDE, SIDE * sizeof *pixels};
  NodalStatisticsOptions options = NODAL_STATISTICS_OPTIONS_INIT;
  NodalRegion *regions;
  size_t count;
  check_ok(nodal_raster_statistics(&raster, &options, 0, 0, 2, &regions, &count, &error), &error);
  assert_int_equal(count, 1);
  assert_true(regions->label == 4000000000u && regions->value == 4000000000u);
  assert_true(regions->x_px == 100 && regions->width_px == 1800);
  assert_true(regions->centroid_x_px == 1000 && regions->centroid_y_px == 1000);
  assert_true(fabs(regions->area_px / (acos(-1) * RADIUS * RADIUS) - 1) < 1e-4);
  assert_true(fabs(regions->major_axis_px - 1800) < 0.1 && fabs(regions->minor_axis_px - 1800) < 0.1);
  assert_true(regions->longest_px >= 1800 && regions->longest_px < 1802);
  assert_true(isnan(regions->area_mm2) && isnan(regions->longest_um) && isnan(regions->major_axis_um));
  nodal_free(regions);
  memset(pixels, 0, (size_t)SIDE * SIDE * sizeof *pixels);
  check_ok(nodal_raster_statistics(&raster, &options, 0, 0, 2, &regions, &count, &error), &error);
  assert_int_equal(count, 0);
  nodal_free(regions);
  /* One pixel: its diagonal, and no axes (1.155 each with Matlab's twelfth). */
  pixels[SIDE * 7 + 3] = 1;
  check_ok(nodal_raster_statistics(&raster, &options, 1, 1, 2, &regions, &count, &error), &error);
  assert_true(count == 1 && regions->longest_um == sqrt(2) && regions->major_axis_um == 0);
  assert_true(regions->centroid_x_px == 3.5 && regions->centroid_y_px == 7.5);
  nodal_free(regions);
  free(pixels);
  NodalRaster floats = {&count, NODAL_FLOAT32, 1, 1, 4};
  check_error(nodal_raster_statistics(&floats, &options, 0, 0, 1, &regions, &count, &error), &error,
              NODAL_ERROR_ARGUMENT, "array: values of float32 are no labels");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(by_hand),
      cmocka_unit_test(arrays),
      cmocka_unit_test(slides),
  };
  return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
