/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "phantom/number.h"
#include "phantom/outline.h"
#include "phantom/stain.h"

#include <math.h>
#include <string.h>

static const double two_pi = 6.283185307179586;

static void test_functions_agree_with_libm(void **state) {
  (void)state;
  for (int i = -4000; i <= 4000; i++) {
    double turns = i / 1111.0;
    assert_true(fabs(phantom_sin(turns) - sin(two_pi * turns)) < 1e-7);
    assert_true(fabs(phantom_cos(turns) - cos(two_pi * turns)) < 1e-7);
  }
  for (int i = 0; i <= 3000; i++) {
    double value = i / 100.0, wanted = exp(-value);
    assert_true(fabs(phantom_exp_minus(value) - wanted) <= 1e-6 * wanted);
  }
  for (int i = 1; i <= 10000; i++) {
    assert_true(fabs(phantom_log(i / 10000.0) - log(i / 10000.0)) < 1e-8);
  }
  assert_int_equal(phantom_floor(-2.0), -2);
  assert_int_equal(phantom_floor(-2.25), -3);
  assert_int_equal(phantom_floor(2.75), 2);
  assert_int_equal(phantom_floor(1e12 + 0.5), 1000000000000);
}

static void test_random_numbers_spread(void **state) {
  (void)state;
  PhantomRandom random = {7};
  int cells[20] = {0};
  for (int i = 0; i < 20000; i++) {
    double value = phantom_uniform(&random, -1, 3);
    assert_true(value >= -1 && value < 3);
    cells[(int)((value + 1) * 5)]++;
  }
  for (int i = 0; i < 20; i++) {
    assert_in_range(cells[i], 850, 1150);
  }
  /* Every bit of a hash of neighbours is on about half the time. */
  for (int bit = 0; bit < 64; bit++) {
    int on = 0;
    for (int i = 0; i < 4096; i++) {
      on += (int)(phantom_hash(3, i % 64 - 32, i / 64 - 32) >> bit & 1);
    }
    assert_in_range(on, 1850, 2250);
  }
}

static void test_noise_is_smooth_and_centered(void **state) {
  (void)state;
  PhantomNoise noise = {11, 1.0 / 40};
  double sum = 0, squares = 0;
  double places[500];
  float row[500];
  for (int i = 0; i < 500; i++) {
    places[i] = -3000 + 12.5 * i;
  }
  for (int j = 0; j < 500; j++) {
    phantom_noise_row(&noise, places, 500, 9.75 * j - 2500, row);
    for (int i = 0; i < 500; i++) {
      assert_true(row[i] == phantom_noise(&noise, places[i], 9.75 * j - 2500));
      float beside = phantom_noise(&noise, places[i] + 0.4, 9.75 * j - 2500);
      assert_true(fabsf(beside - row[i]) < 0.05F);
      assert_true(fabsf(row[i]) < 1.1F);
      sum += (double)row[i];
      squares += (double)(row[i] * row[i]);
    }
  }
  assert_true(fabs(sum / 250000) < 0.01);
  assert_true(squares / 250000 > 0.08 && squares / 250000 < 0.25);
}

static void test_directions(void **state) {
  (void)state;
  for (int i = 0; i < 4000; i++) {
    double x, y;
    phantom_direction(i / 1000.0, &x, &y);
    assert_true(fabs(x * x + y * y - 1) < 1e-12);
    assert_true(fabs(phantom_diamond(3 * x, 3 * y) - i / 1000.0) < 1e-9);
  }
}

static void test_outline_of_an_ellipse(void **state) {
  (void)state;
  PhantomShape shape = {.half_width = 300, .half_height = 200, .first_wave = 2, .last_wave = 1};
  PhantomRandom random = {1};
  PhantomOutline outline;
  assert_true(phantom_outline_init(&outline, &shape, 2048, &random, NULL));
  outline.x = 1000;
  outline.y = -500;
  assert_true(fabs(outline.reach - 300) < 0.01 && fabs(outline.least - 200) < 0.01);
  assert_true(fabs(phantom_outline_diameter(&outline) - 600) < 0.01);
  /* Points 4 from the curve along its normal have that depth. */
  for (int i = 0; i < 360; i++) {
    double angle = two_pi * i / 360, x = 300 * cos(angle), y = 200 * sin(angle);
    double u = cos(angle) / 300, v = sin(angle) / 200, length = sqrt(u * u + v * v);
    for (int side = -4; side <= 4; side += 4) {
      float depth = phantom_outline_depth(&outline, 1000 + x - side * u / length, -500 + y - side * v / length);
      assert_true(fabsf(depth - (float)side) < 0.15F);
    }
  }
  assert_true(phantom_outline_depth(&outline, 1000, -500) > 150);
  phantom_outline_scale(&outline, 0.5);
  assert_true(fabs(phantom_outline_diameter(&outline) - 300) < 0.01);
  phantom_outline_clear(&outline);
}

static void test_colors_follow_beer_and_lambert(void **state) {
  (void)state;
  static uint32_t colors[PHANTOM_COLORS];
  phantom_stain_table(colors, &phantom_default_look, NODAL_PHANTOM_HE);
  const double glass[3] = {243, 243, 242}, purple[3] = {0.70, 0.74, 0.38}, pink[3] = {0.13, 0.85, 0.38};
  for (int i = 0; i < PHANTOM_COLORS; i++) {
    uint8_t bytes[4];
    memcpy(bytes, &colors[i], 4);
    double first = i / 128 * 0.0095, second = i % 128 * 0.012 * (1 - 0.55 * (i / 128) / 255);
    for (int j = 0; j < 3; j++) {
      double light = glass[j] * exp(-first * purple[j] - second * pink[j]);
      assert_true(fabs(bytes[j] - light) < 0.51);
    }
    assert_int_equal(bytes[3], 0);
  }
}

/* exp(-x) of stains by their shares and strengths, written down anew for the looks of the centers and for IHC. */
static void test_looks_follow_beer_and_lambert(void **state) {
  (void)state;
  static uint32_t colors[PHANTOM_COLORS];
  for (int k = 0; k < NODAL_PHANTOM_CENTERS; k++) {
    const NodalPhantomLook *look = nodal_phantom_center_look(k);
    assert_non_null(look);
    phantom_stain_table(colors, look, NODAL_PHANTOM_HE);
    for (int i = 0; i < PHANTOM_COLORS; i += 7) {
      uint8_t bytes[4];
      memcpy(bytes, &colors[i], 4);
      double first = i / 128 * 0.0095 * look->hematoxylin_strength;
      double second = i % 128 * 0.012 * (1 - 0.55 * (i / 128) / 255) * look->eosin_strength;
      for (int j = 0; j < 3; j++) {
        double light = look->glass[j] * exp(-first * look->hematoxylin[j] - second * look->eosin[j]);
        assert_true(fabs(bytes[j] - light) < 0.51);
      }
    }
    phantom_stain_table(colors, look, NODAL_PHANTOM_IHC);
    for (int i = 0; i < PHANTOM_COLORS; i += 7) {
      uint8_t bytes[4];
      memcpy(bytes, &colors[i], 4);
      double first = i / 128 * 0.0095 * look->hematoxylin_strength * 0.55, amount = i % 128 * 2;
      double part = fmin(fmax((amount - 35) / 70, 0), 1);
      double second = amount * 0.006 * (1 - 0.8 * fmin(i / 128, 60) / 60) * part * part * (3 - 2 * part);
      for (int j = 0; j < 3; j++) {
        double share = look->hematoxylin[j] * (j == 1 ? 0.86 : 1);
        double light = look->glass[j] * exp(-first * share - second * look->dab[j]);
        assert_true(fabs(bytes[j] - light) < 0.51);
      }
    }
  }
  assert_null(nodal_phantom_center_look(-1));
  assert_null(nodal_phantom_center_look(NODAL_PHANTOM_CENTERS));
}

static void expect_bad_look(NodalPhantomLook look, const char *message) {
  NodalError *error = NULL;
  assert_false(phantom_look_check(&look, &error));
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
  assert_string_equal(nodal_error_message(error), message);
  nodal_error_free(error);
}

static void test_looks_out_of_range(void **state) {
  (void)state;
  assert_true(phantom_look_check(&phantom_default_look, NULL));
  NodalPhantomLook bad = *nodal_phantom_center_look(3);
  assert_true(phantom_look_check(&bad, NULL));
  bad.eosin[1] = -0.1;
  expect_bad_look(bad, "phantom look: a stain's share of a color is not from 0 to 2");
  bad = phantom_default_look, bad.glass[2] = 256;
  expect_bad_look(bad, "phantom look: glass 256 is not from 1 to 255");
  bad = phantom_default_look, bad.hematoxylin_strength = 4.5;
  expect_bad_look(bad, "phantom look: a stain's strength is not from 0 to 4");
  bad = phantom_default_look, bad.roughness = (double)NAN;
  bad.roughness = fabs(bad.roughness);
  expect_bad_look(bad, "phantom look: roughness nan is not from 0 to 1");
  bad = phantom_default_look, bad.blur_um = 3.5;
  expect_bad_look(bad, "phantom look: blur of 3.5 um is not from 0 to 3");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_functions_agree_with_libm),     cmocka_unit_test(test_random_numbers_spread),
      cmocka_unit_test(test_noise_is_smooth_and_centered),  cmocka_unit_test(test_directions),
      cmocka_unit_test(test_outline_of_an_ellipse),         cmocka_unit_test(test_colors_follow_beer_and_lambert),
      cmocka_unit_test(test_looks_follow_beer_and_lambert), cmocka_unit_test(test_looks_out_of_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
