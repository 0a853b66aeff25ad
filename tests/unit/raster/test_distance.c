/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = PICTURE_SIDE * PICTURE_SIDE };

static Picture picture;
static float expected[MOST], found[MOST];

/* The definition: the nearest of all pixels. */
static void brute(NodalDistanceTo to, double sx, double sy) {
  static int targets[MOST][2];
  int count = 0;
  for (int y = 0; y < picture.height; y++) {
    for (int x = 0; x < picture.width; x++) {
      if ((picture_at(&picture, x, y) == 0) == (to == NODAL_DISTANCE_TO_ZERO)) {
        targets[count][0] = x;
        targets[count++][1] = y;
      }
    }
  }
  for (int y = 0; y < picture.height; y++) {
    for (int x = 0; x < picture.width; x++) {
      double nearest = INFINITY;
      for (int i = 0; i < count; i++) {
        double dx = x - targets[i][0], dy = y - targets[i][1];
        double square = sx == sy ? dx * dx + dy * dy : sx * dx * sx * dx + sy * dy * sy * dy;
        nearest = square < nearest ? square : nearest;
      }
      expected[y * picture.width + x] = (float)(sx == sy ? sx * sqrt(nearest) : sqrt(nearest));
    }
  }
}

/* Equal spacings exactly; others but for the last bit, as the order of the products differs. */
static void check_found(const float *values, bool exact) {
  for (int i = 0; i < picture.width * picture.height; i++) {
    float most = exact ? 0 : nextafterf(expected[i], (float)INFINITY) - expected[i];
    if (!(values[i] == expected[i] || fabsf(values[i] - expected[i]) <= most)) {
      fail_msg("%d, %d: %.9g is not %.9g", i % picture.width, i / picture.width, (double)values[i],
               (double)expected[i]);
    }
  }
}

static void check_array(NodalDtype dtype, NodalDistanceTo to, double sx, double sy, int threads) {
  NodalRaster raster = picture_raster(&picture, dtype, 2);
  NodalError *error = NULL;
  check_ok(nodal_raster_distance(&raster, to, sx, sy, threads, found, &error), &error);
  brute(to, sx, sy);
  check_found(found, sx == sy);
  raster_free(&raster);
}

static void arrays(void **state) {
  (void)state;
  for (int side = 1; side <= 70; side++) {
    for (int pattern = 0; pattern < PATTERN_COUNT; pattern++) {
      int other = 1 + random_below(30);
      picture_paint(&picture, side % 2 ? side : other, side % 2 ? other : side, pattern);
      check_array(NODAL_UINT8, side % 3 ? NODAL_DISTANCE_TO_ZERO : NODAL_DISTANCE_TO_NONZERO, 0.243, 0.243, 1);
      check_array((NodalDtype)(side % 4), side % 2 ? NODAL_DISTANCE_TO_ZERO : NODAL_DISTANCE_TO_NONZERO, 0.5, 1.25, 2);
      check_array(NODAL_UINT8, NODAL_DISTANCE_TO_NONZERO, 3, 0.1, 1);
    }
  }
}

/* Few targets in a large image, so that envelopes are long; and columns in more than one piece. */
static void far_targets(void **state) {
  (void)state;
  enum { WIDTH = 1200, HEIGHT = 300 };
  static uint8_t pixels[WIDTH * HEIGHT];
  static float distance[2][WIDTH * HEIGHT];
  static const int targets[][2] = {{3, 290}, {700, 10}, {701, 10}, {1199, 299}, {512, 150}, {511, 151}};
  enum { COUNT = sizeof targets / sizeof *targets };
  for (int i = 0; i < COUNT; i++) {
    pixels[targets[i][1] * WIDTH + targets[i][0]] = 9;
  }
  NodalRaster raster = {pixels, NODAL_UINT8, WIDTH, HEIGHT, WIDTH};
  NodalError *error = NULL;
  for (int i = 0; i < 2; i++) {
    check_ok(nodal_raster_distance(&raster, NODAL_DISTANCE_TO_NONZERO, 0.25, 0.25, i ? 8 : 1, distance[i], &error),
             &error);
  }
  assert_memory_equal(distance[0], distance[1], sizeof distance[0]);
  for (int y = 0; y < HEIGHT; y++) {
    for (int x = 0; x < WIDTH; x++) {
      long nearest = WIDTH * WIDTH * 2L;
      for (int i = 0; i < COUNT; i++) {
        long dx = x - targets[i][0], dy = y - targets[i][1];
        nearest = dx * dx + dy * dy < nearest ? dx * dx + dy * dy : nearest;
      }
      assert_true(distance[0][y * WIDTH + x] == (float)(0.25 * sqrt((double)nearest)));
    }
  }
}

static bool has_target(NodalDistanceTo to) {
  for (int i = 0; i < picture.width * picture.height; i++) {
    if ((picture.pixels[i] == 0) == (to == NODAL_DISTANCE_TO_ZERO)) {
      return true;
    }
  }
  return false;
}

static void check_slide(NodalDtype dtype, NodalDistanceTo to, NodalDistanceUnit unit, double sx, double sy) {
  NodalSlide *slide = picture_slide(&picture, dtype, sx, sy);
  NodalError *error = NULL;
  static const char *const names[] = {"one.tif", "eight.tif"};
  char text[1000];
  snprintf(text, sizeof text, "%s: no pixel is %s0, so that there is no distance", in_folder("source.tif"),
           to == NODAL_DISTANCE_TO_ZERO ? "" : "other than ");
  for (int i = 0; i < 2; i++) {
    NodalRasterJob job = NODAL_RASTER_JOB_INIT;
    job.slide = slide;
    job.output = in_folder(names[i]);
    job.tile_size = 16;
    job.threads = i ? 8 : 1;
    job.force = true;
    bool done = nodal_raster_write_distance(&job, to, unit, &error);
    if (has_target(to)) {
      check_ok(done, &error);
    } else {
      check_error(done, &error, NODAL_ERROR_ARGUMENT, text);
    }
  }
  if (has_target(to)) {
    float *values = read_back(in_folder("one.tif"), NODAL_FLOAT32, picture.width, picture.height);
    brute(to, unit == NODAL_DISTANCE_UM ? sx : 1, unit == NODAL_DISTANCE_UM ? sy : 1);
    check_found(values, unit == NODAL_DISTANCE_PIXELS || sx == sy);
    free(values);
    check_same_file(in_folder("one.tif"), in_folder("eight.tif"));
  }
  slide_close(slide);
}

static void slides(void **state) {
  (void)state;
  for (int side = 1; side <= 80; side += side < 34 ? 3 : 7) {
    for (int pattern = 0; pattern < PATTERN_COUNT; pattern++) {
      int other = 1 + random_below(70);
      picture_paint(&picture, side % 2 ? side : other, side % 2 ? other : side, pattern);
      NodalDistanceTo to = (side + pattern) % 2 ? NODAL_DISTANCE_TO_ZERO : NODAL_DISTANCE_TO_NONZERO;
      check_slide((NodalDtype)(side % 4), to, NODAL_DISTANCE_UM, 0.5, side % 3 ? 0.5 : 0.75);
      check_slide(NODAL_UINT8, !to, NODAL_DISTANCE_PIXELS, 0.5, 2);
    }
  }
}

/* Bands without a target between those with one: the way down and the way up lead over several. */
static void empty_bands(void **state) {
  (void)state;
  for (int place = 0; place < 80; place += 13) {
    picture_paint(&picture, 50, 80, PATTERN_COUNT - 1);
    picture.pixels[place * 50 + place / 2] = 1;
    picture.pixels[(79 - place / 3) * 50 + 49] = 1;
    check_slide(NODAL_UINT8, NODAL_DISTANCE_TO_NONZERO, NODAL_DISTANCE_UM, 0.25, 0.25);
  }
}

static bool stop(void *user, uint64_t done, uint64_t total) {
  const uint64_t *limit = user;
  assert_true(total == 2 * 70 * 70);
  return done < *limit;
}

static void refuses_and_stops(void **state) {
  (void)state;
  picture_paint(&picture, 70, 70, 0);
  NodalSlide *slide = picture_slide(&picture, NODAL_UINT8, 0, 0);
  NodalError *error = NULL;
  NodalRasterJob job = NODAL_RASTER_JOB_INIT;
  job.slide = slide;
  job.output = in_folder("none.tif");
  job.tile_size = 16;
  int files = folder_count();
  char text[1000];
  snprintf(text, sizeof text, "%s: has no spacing", in_folder("source.tif"));
  check_error(nodal_raster_write_distance(&job, NODAL_DISTANCE_TO_ZERO, NODAL_DISTANCE_UM, &error), &error,
              NODAL_ERROR_ARGUMENT, text);
  for (uint64_t limit = 100; limit < 2 * 70 * 70; limit += 700) {
    for (job.threads = 1; job.threads <= 8; job.threads += 7) {
      NodalProgress progress = {stop, &limit};
      job.progress = &progress;
      check_error(nodal_raster_write_distance(&job, NODAL_DISTANCE_TO_ZERO, NODAL_DISTANCE_PIXELS, &error), &error,
                  NODAL_ERROR_CANCELLED, "cancelled");
      assert_int_equal(folder_count(), files);
    }
  }
  NodalRaster raster = picture_raster(&picture, NODAL_UINT8, 0);
  check_error(nodal_raster_distance(&raster, NODAL_DISTANCE_TO_ZERO, 0, 1, 1, found, &error), &error,
              NODAL_ERROR_ARGUMENT, "0 x 1 is not a spacing");
  raster_free(&raster);
  slide_close(slide);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arrays),      cmocka_unit_test(far_targets),       cmocka_unit_test(slides),
      cmocka_unit_test(empty_bands), cmocka_unit_test(refuses_and_stops),
  };
  return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
