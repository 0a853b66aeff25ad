/* SPDX-License-Identifier: Apache-2.0 */
#include "tiff_make.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static NodalSlide *open_slide(const char *name) {
  NodalError *error = NULL;
  NodalSlide *slide = nodal_slide_open(in_folder(name), NULL, &error);
  check_ok(slide != NULL, &error);
  return slide;
}

static SourceSpec spec_of(int64_t width, int64_t height, NodalDtype dtype, int tile) {
  return (SourceSpec){.width = width,
                      .height = height,
                      .tile = tile,
                      .channels = 2,
                      .bits = (int)nodal_dtype_size(dtype) * 8,
                      .real = dtype == NODAL_FLOAT32,
                      .compression = COMPRESSION_NONE,
                      .photometric = PHOTOMETRIC_MINISBLACK};
}

/* A picture against itself with a few samples changed: every number can be worked out by hand. */
static void measures_differences(void **state) {
  (void)state;
  static const double peaks[] = {255, 65535, 4294967295.0, 1};
  Reference a = reference_paint(1300, 1100, NODAL_COLOR_CHANNELS, 2, NODAL_UINT8), b = a;
  size_t samples = 1300 * 1100 * 2;
  b.samples = malloc(samples * sizeof *b.samples);
  for (int d = NODAL_UINT8; d <= NODAL_FLOAT32; d++) {
    memcpy(b.samples, a.samples, samples * sizeof *b.samples);
    /* Two places, in the first and in the last block. */
    b.samples[10] = a.samples[10] > 100 ? a.samples[10] - 100 : a.samples[10] + 100;
    b.samples[samples - 1] = a.samples[samples - 1] > 100 ? a.samples[samples - 1] - 3 : a.samples[samples - 1] + 3;
    SourceSpec spec = spec_of(1300, 1100, (NodalDtype)d, 256);
    tiff_make(in_folder("a.tif"), &spec, &a);
    spec.tile = 240; /* not of the other's size */
    tiff_make(in_folder("b.tif"), &spec, &b);
    NodalSlide *slides[2] = {open_slide("a.tif"), open_slide("b.tif")};
    NodalError *error = NULL;
    NodalLevelDifference same, differs[3];
    check_ok(nodal_compare_level(slides[0], slides[0], 0, 2, NULL, &same, &error), &error);
    assert_true(same.max_difference == 0 && same.mean_difference == 0 && isinf(same.psnr_db) && same.psnr_db > 0);
    for (int i = 0; i < 3; i++) {
      check_ok(nodal_compare_level(slides[i & 1], slides[!(i & 1)], 0, i == 0 ? 1 : 4, NULL, &differs[i], &error),
               &error);
    }
    assert_memory_equal(&differs[0], &differs[1], sizeof differs[0]);
    assert_memory_equal(&differs[0], &differs[2], sizeof differs[0]);
    assert_true(differs[0].max_difference == 100);
    assert_true(fabs(differs[0].mean_difference - 103.0 / (double)samples) < 1e-15);
    double psnr = 10 * log10(peaks[d] * peaks[d] / ((100.0 * 100 + 9) / (double)samples));
    assert_true(fabs(differs[0].psnr_db - psnr) < 1e-9);
    nodal_slide_free(slides[0]);
    nodal_slide_free(slides[1]);
  }
  free(b.samples);
  reference_free(&a);
}

static void compares_odd_floats(void **state) {
  (void)state;
  Reference a = reference_new(40, 40, 2), b = reference_new(40, 40, 2);
  a.samples[0] = b.samples[0] = (double)NAN;
  a.samples[1] = b.samples[1] = -(double)INFINITY;
  a.samples[2] = 1;
  b.samples[2] = 1.5;
  SourceSpec spec = spec_of(40, 40, NODAL_FLOAT32, 48);
  tiff_make(in_folder("a.tif"), &spec, &a);
  tiff_make(in_folder("b.tif"), &spec, &b);
  NodalSlide *slides[2] = {open_slide("a.tif"), open_slide("b.tif")};
  NodalError *error = NULL;
  NodalLevelDifference difference;
  check_ok(nodal_compare_level(slides[0], slides[1], 0, 1, NULL, &difference, &error), &error);
  assert_true(difference.max_difference == 0.5);
  nodal_slide_free(slides[1]);
  b.samples[0] = 0;
  tiff_make(in_folder("b.tif"), &spec, &b);
  slides[1] = open_slide("b.tif");
  check_ok(nodal_compare_level(slides[0], slides[1], 0, 1, NULL, &difference, &error), &error);
  assert_true(isinf(difference.max_difference) && isinf(difference.mean_difference));
  nodal_slide_free(slides[0]);
  nodal_slide_free(slides[1]);
  reference_free(&a);
  reference_free(&b);
}

static bool stop_at_once(void *user, uint64_t done, uint64_t total) {
  int *calls = user;
  assert_true(done <= total && total == 2100 * 2100);
  return ++*calls < 2;
}

static void refuses_and_stops(void **state) {
  (void)state;
  Reference small = reference_new(100, 80, 2), large = reference_new(2100, 2100, 2);
  SourceSpec spec = spec_of(100, 80, NODAL_UINT8, 64);
  tiff_make(in_folder("small.tif"), &spec, &small);
  spec = spec_of(100, 80, NODAL_UINT16, 64);
  tiff_make(in_folder("small16.tif"), &spec, &small);
  spec = spec_of(2100, 2100, NODAL_UINT8, 512);
  tiff_make(in_folder("large.tif"), &spec, &large);
  NodalSlide *slides[3] = {open_slide("small.tif"), open_slide("small16.tif"), open_slide("large.tif")};
  NodalError *error = NULL;
  NodalLevelDifference difference;
  char text[2000];
  snprintf(text, sizeof text, "%s and %s: level 0 is 100 x 80 and 2100 x 2100 pixels", in_folder("small.tif"),
           in_folder("large.tif"));
  check_error(nodal_compare_level(slides[0], slides[2], 0, 1, NULL, &difference, &error), &error, NODAL_ERROR_ARGUMENT,
              text);
  snprintf(text, sizeof text, "%s and %s: 2 channels of uint8 and 2 of uint16", in_folder("small.tif"),
           in_folder("small16.tif"));
  check_error(nodal_compare_level(slides[0], slides[1], 0, 1, NULL, &difference, &error), &error, NODAL_ERROR_ARGUMENT,
              text);
  check_error_at(nodal_compare_level(slides[0], slides[1], 1, 1, NULL, &difference, &error), &error,
                 NODAL_ERROR_ARGUMENT, in_folder("small.tif"), "there is no level 1, only 0 to 0");
  int calls = 0;
  NodalProgress progress = {stop_at_once, &calls};
  assert_false(nodal_compare_level(slides[2], slides[2], 0, 1, &progress, &difference, &error));
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_CANCELLED);
  assert_int_equal(calls, 2);
  nodal_error_free(error);
  for (int i = 0; i < 3; i++) {
    nodal_slide_free(slides[i]);
  }
  reference_free(&small);
  reference_free(&large);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(measures_differences),
      cmocka_unit_test(compares_odd_floats),
      cmocka_unit_test(refuses_and_stops),
  };
  return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
