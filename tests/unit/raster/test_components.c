/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static Picture picture;
static uint32_t expected[PICTURE_SIDE * PICTURE_SIDE], found[PICTURE_SIDE * PICTURE_SIDE];

static void check_array(NodalDtype dtype, int connectivity, bool by_value, int threads) {
  NodalRaster raster = picture_raster(&picture, dtype, 3);
  NodalComponentOptions options = {.connectivity = connectivity, .by_value = by_value};
  NodalError *error = NULL;
  uint32_t count = 0;
  memset(found, 0xEE, sizeof found);
  check_ok(nodal_raster_label(&raster, &options, threads, found, &count, &error), &error);
  assert_int_equal(count, flood(&picture, connectivity, by_value, false, expected));
  assert_memory_equal(found, expected, sizeof *expected * (size_t)(picture.width * picture.height));
  raster_free(&raster);
}

/* Every size up to more than a word of bits and a strip of rows, against flooding. */
static void arrays(void **state) {
  (void)state;
  for (int side = 1; side <= 70; side++) {
    for (int pattern = 0; pattern < PATTERN_COUNT; pattern++) {
      int other = 1 + random_below(PICTURE_SIDE);
      picture_paint(&picture, side % 2 ? side : other, side % 2 ? other : side, pattern);
      for (int connectivity = 4; connectivity <= 8; connectivity += 4) {
        check_array(NODAL_UINT8, connectivity, false, 1);
        check_array(NODAL_UINT8, connectivity, true, 1 + side % 3);
      }
      check_array((NodalDtype)(side % 4), 8, false, 2);
      check_array((NodalDtype)(side % 3), 4, true, 2);
    }
  }
}

/* Strips of 32 rows: a spiral winds through all their seams. */
static void seams_of_strips(void **state) {
  (void)state;
  for (int pattern = 0; pattern < PATTERN_COUNT; pattern++) {
    picture_paint(&picture, PICTURE_SIDE, PICTURE_SIDE, pattern);
    for (int threads = 1; threads <= 8; threads *= 2) {
      check_array(NODAL_UINT8, 8, false, threads);
      check_array(NODAL_UINT16, 4, true, threads);
    }
  }
}

static void check_slide(NodalDtype dtype, int connectivity, bool by_value, int tile) {
  NodalSlide *slide = picture_slide(&picture, dtype, 0.5, 0.25);
  NodalComponentOptions options = {.connectivity = connectivity, .by_value = by_value};
  NodalError *error = NULL;
  uint32_t wanted = flood(&picture, connectivity, by_value, false, expected);
  static const char *const names[] = {"one.tif", "eight.tif"};
  for (int i = 0; i < 2; i++) {
    NodalRasterJob job = NODAL_RASTER_JOB_INIT;
    job.slide = slide;
    job.output = in_folder(names[i]);
    job.tile_size = tile;
    job.threads = i ? 8 : 1;
    job.force = true;
    uint32_t count = 0;
    check_ok(nodal_raster_write_components(&job, &options, &count, &error), &error);
    assert_int_equal(count, wanted);
  }
  uint32_t *labels = read_back(in_folder("one.tif"), NODAL_UINT32, picture.width, picture.height);
  assert_memory_equal(labels, expected, sizeof *expected * (size_t)(picture.width * picture.height));
  free(labels);
  check_same_file(in_folder("one.tif"), in_folder("eight.tif"));
  slide_close(slide);
}

static void slides(void **state) {
  (void)state;
  for (int side = 1; side <= 70; side += side < 34 ? 1 : 9) {
    for (int pattern = 0; pattern < PATTERN_COUNT; pattern++) {
      int other = 1 + random_below(70);
      picture_paint(&picture, side % 2 ? side : other, side % 2 ? other : side, pattern);
      check_slide((NodalDtype)((side + pattern) % 4), 4 + side % 2 * 4, false, 16);
      check_slide((NodalDtype)((side + pattern) % 3), 8 - side % 2 * 4, true, side % 3 == 0 ? 32 : 16);
    }
  }
}

static bool stop(void *user, uint64_t done, uint64_t total) {
  uint64_t *last = user;
  assert_true(done >= *last && done <= total && total == 2 * 70 * 70);
  *last = done;
  return done < 70 * 70;
}

static void refuses_and_stops(void **state) {
  (void)state;
  picture_paint(&picture, 70, 70, 0);
  NodalSlide *slide = picture_slide(&picture, NODAL_FLOAT32, 0, 0);
  NodalError *error = NULL;
  NodalRasterJob job = NODAL_RASTER_JOB_INIT;
  job.slide = slide;
  job.output = in_folder("none.tif");
  job.tile_size = 16;
  char text[1000];
  NodalComponentOptions options = {.connectivity = 8, .by_value = true};
  snprintf(text, sizeof text, "%s: values of float32 are no labels", in_folder("source.tif"));
  check_error(nodal_raster_write_components(&job, &options, NULL, &error), &error, NODAL_ERROR_ARGUMENT, text);
  options = (NodalComponentOptions){.connectivity = 6};
  snprintf(text, sizeof text, "%s: connectivity is 4 or 8, not 6", in_folder("source.tif"));
  check_error(nodal_raster_write_components(&job, &options, NULL, &error), &error, NODAL_ERROR_ARGUMENT, text);
  options.connectivity = 8;
  job.level = 1;
  snprintf(text, sizeof text, "%s: no level 1, only 0 to 0", in_folder("source.tif"));
  check_error(nodal_raster_write_components(&job, &options, NULL, &error), &error, NODAL_ERROR_ARGUMENT, text);
  job.level = 0;
  job.channel = 1;
  snprintf(text, sizeof text, "%s: no channel 1, only 0 to 0", in_folder("source.tif"));
  check_error(nodal_raster_write_components(&job, &options, NULL, &error), &error, NODAL_ERROR_ARGUMENT, text);
  job.channel = 0;
  int files = folder_count();
  uint64_t last = 0;
  NodalProgress progress = {stop, &last};
  job.progress = &progress;
  check_error(nodal_raster_write_components(&job, &options, NULL, &error), &error, NODAL_ERROR_CANCELLED, "cancelled");
  assert_int_equal(last, 70 * 70);
  assert_int_equal(folder_count(), files);
  NodalRaster raster = {.pixels = expected, .dtype = NODAL_UINT32, .width = 0, .height = 5, .stride = 20};
  uint32_t count;
  check_error(nodal_raster_label(&raster, &options, 1, found, &count, &error), &error, NODAL_ERROR_ARGUMENT,
              "an array of 0 x 5 pixels is none, or too large");
  raster.width = 6;
  check_error(nodal_raster_label(&raster, &options, 1, found, &count, &error), &error, NODAL_ERROR_ARGUMENT,
              "rows of 20 bytes do not hold 6 samples of uint32");
  slide_close(slide);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arrays),
      cmocka_unit_test(seams_of_strips),
      cmocka_unit_test(slides),
      cmocka_unit_test(refuses_and_stops),
  };
  return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
