/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void expect_refusal(NodalPhantomOptions options, const char *message) {
  NodalError *error = NULL;
  assert_null(nodal_phantom_new(&options, &error));
  assert_non_null(error);
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
  assert_string_equal(nodal_error_message(error), message);
  nodal_error_free(error);
  assert_null(nodal_phantom_new(&options, NULL));
}

static void test_options_out_of_range(void **state) {
  (void)state;
  NodalPhantomOptions good = NODAL_PHANTOM_OPTIONS_INIT, bad;
  assert_int_equal(good.seed, 1);
  assert_true(good.spacing_um == 0.243 && good.tumor_size_mm == 1.0 && good.tumor_count == 0);
  expect_refusal(good, "phantom width 0 is not from 1 to 400000");
  good.width = 300;
  expect_refusal(good, "phantom height 0 is not from 1 to 400000");
  good.height = 200;
  bad = good, bad.width = 400001;
  expect_refusal(bad, "phantom width 400001 is not from 1 to 400000");
  bad = good, bad.height = INT64_MIN;
  expect_refusal(bad, "phantom height -9223372036854775808 is not from 1 to 400000");
  bad = good, bad.spacing_um = 0.0999;
  expect_refusal(bad, "phantom spacing 0.0999 um is not from 0.1 to 100");
  bad.spacing_um = 100.5;
  expect_refusal(bad, "phantom spacing 100.5 um is not from 0.1 to 100");
  bad.spacing_um = (double)NAN;
  bad.spacing_um = fabs(bad.spacing_um);
  expect_refusal(bad, "phantom spacing nan um is not from 0.1 to 100");
  bad = good, bad.tumor_count = -1;
  expect_refusal(bad, "phantom tumor count -1 is not from 0 to 1000");
  bad.tumor_count = 1001;
  expect_refusal(bad, "phantom tumor count 1001 is not from 0 to 1000");
}

static void test_tumor_sizes(void **state) {
  (void)state;
  NodalPhantomOptions bad = {.width = 4000, .height = 3000, .spacing_um = 1, .tumor_count = 1};
  expect_refusal(bad, "phantom tumor size 0 mm is not 0.01 or more (10 um and 4 pixels)");
  bad.tumor_size_mm = -1;
  expect_refusal(bad, "phantom tumor size -1 mm is not 0.01 or more (10 um and 4 pixels)");
  bad.tumor_size_mm = (double)INFINITY;
  expect_refusal(bad, "phantom tumor size inf mm is not 0.01 or more (10 um and 4 pixels)");
  bad.spacing_um = 20;
  bad.tumor_size_mm = 0.079;
  expect_refusal(bad, "phantom tumor size 0.079 mm is not 0.08 or more (10 um and 4 pixels)");
  /* Without tumors their size does not matter. */
  bad.tumor_count = 0;
  NodalPhantom *phantom = nodal_phantom_new(&bad, NULL);
  assert_non_null(phantom);
  nodal_phantom_free(phantom);
}

static void test_nests_that_do_not_fit(void **state) {
  (void)state;
  NodalPhantomOptions bad = {.width = 4000, .height = 3000, .spacing_um = 1, .tumor_count = 1, .tumor_size_mm = 3};
  expect_refusal(bad, "tumor nest 1 of 1, 3.000 mm long, does not fit into the tissue of a slide of 4.000 x 3.000 mm");
  bad = (NodalPhantomOptions){.width = 1000, .height = 1000, .spacing_um = 1, .tumor_count = 60, .tumor_size_mm = 0.3};
  NodalError *error = NULL;
  assert_null(nodal_phantom_new(&bad, &error));
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
  int index, count;
  double size;
  assert_int_equal(sscanf(nodal_error_message(error),
                          "tumor nest %d of %d, %lf mm long, does not fit into the tissue of a slide of 1.000 x "
                          "1.000 mm",
                          &index, &count, &size),
                   3);
  assert_true(index > 1 && index <= 60 && count == 60 && size <= 0.3);
  nodal_error_free(error);
}

static void test_paint_arguments(void **state) {
  (void)state;
  NodalPhantom *phantom = make_phantom(500, 400, 1, 1, 0, 0);
  uint8_t pixels[30];
  NodalError *error = NULL;
  assert_false(nodal_phantom_paint(phantom, 0, 0, -1, 2, pixels, 30, &error));
  assert_string_equal(nodal_error_message(error), "cannot paint a region of -1 x 2 pixels");
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
  nodal_error_free(error);
  error = NULL;
  assert_false(nodal_phantom_paint(phantom, 0, 0, 2, (int64_t)INT32_MAX + 1, pixels, 30, &error));
  assert_string_equal(nodal_error_message(error), "cannot paint a region of 2 x 2147483648 pixels");
  nodal_error_free(error);
  error = NULL;
  assert_false(nodal_phantom_paint(phantom, 0, 0, 4, 2, pixels, 11, &error));
  assert_string_equal(nodal_error_message(error), "rows of 11 bytes are too short for 4 RGB pixels");
  nodal_error_free(error);
  error = NULL;
  memset(pixels, 7, sizeof pixels);
  assert_true(nodal_phantom_paint(phantom, 250, 200, 0, 2, pixels, 0, &error));
  assert_true(nodal_phantom_paint(phantom, 250, 200, 2, 0, pixels, 6, &error));
  for (size_t i = 0; i < sizeof pixels; i++) {
    assert_int_equal(pixels[i], 7);
  }
  assert_null(error);
  nodal_phantom_free(phantom);
  nodal_phantom_free(NULL);
}

static void assert_glass(const uint8_t *pixels, size_t count) {
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(pixels[3 * i], 243);
    assert_int_equal(pixels[3 * i + 1], 243);
    assert_int_equal(pixels[3 * i + 2], 242);
  }
}

static void test_outside_the_slide_is_glass(void **state) {
  (void)state;
  NodalPhantom *phantom = make_phantom(300, 200, 4, 1, 0, 0);
  const int64_t places[][2] = {{INT64_MIN, 0}, {INT64_MAX, 100}, {150, INT64_MIN}, {150, INT64_MAX},
                               {-20, 100},     {300, 100},       {150, -10},       {150, 200},
                               {-19, -9},      {299, 199},       {-5, 195},        {INT64_MIN + 1, INT64_MIN + 1}};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    uint8_t *pixels = paint_region(phantom, places[i][0], places[i][1], 20, 10);
    assert_glass(pixels, 200);
    free(pixels);
  }
  /* A frame of glass round the whole slide. */
  uint8_t *whole = paint_region(phantom, 0, 0, 300, 200), *framed = paint_region(phantom, -7, -5, 320, 212);
  for (int y = 0; y < 212; y++) {
    const uint8_t *row = framed + (size_t)y * 960;
    if (y < 5 || y >= 205) {
      assert_glass(row, 320);
    } else {
      assert_glass(row, 7);
      assert_memory_equal(row + 21, whole + (size_t)(y - 5) * 900, 900);
      assert_glass(row + 921, 13);
    }
  }
  free(whole);
  free(framed);
  nodal_phantom_free(phantom);
}

/* The ends of what is allowed: nothing may overflow or hang; the sanitizers look on. */
static void test_extreme_slides(void **state) {
  (void)state;
  const struct {
    int64_t width, height;
    double spacing_um;
  } slides[] = {{1, 1, 0.1},           {1, 1, 100},         {400000, 1, 0.1},      {1, 400000, 100},  {2, 3, 0.25},
                {400000, 400000, 100}, {400000, 3000, 0.1}, {400000, 400000, 0.1}, {64, 64, 0.243},   {700, 300, 2.5},
                {700, 300, 2.6},       {300, 700, 10},      {300, 700, 10.1},      {3000, 40000, 33}, {90, 1100, 0.5}};
  for (size_t i = 0; i < sizeof slides / sizeof *slides; i++) {
    NodalPhantom *phantom = make_phantom(slides[i].width, slides[i].height, slides[i].spacing_um, i, 0, 0);
    uint8_t *corner = paint_region(phantom, slides[i].width - 5, slides[i].height - 5, 5, 5);
    if (slides[i].width > 50 && slides[i].height > 50) {
      assert_glass(corner, 25);
      uint8_t *middle = paint_region(phantom, slides[i].width / 2 - 30, slides[i].height / 2 - 30, 60, 60);
      assert_true(middle[0] != 243 || middle[1] != 243 || memcmp(middle, middle + 3, 10797) != 0);
      free(middle);
    }
    free(corner);
    assert_int_equal(nodal_phantom_truth(phantom, slides[i].width / 2, slides[i].height / 2), 0);
    nodal_phantom_free(phantom);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_options_out_of_range),       cmocka_unit_test(test_tumor_sizes),
      cmocka_unit_test(test_nests_that_do_not_fit),      cmocka_unit_test(test_paint_arguments),
      cmocka_unit_test(test_outside_the_slide_is_glass), cmocka_unit_test(test_extreme_slides),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
