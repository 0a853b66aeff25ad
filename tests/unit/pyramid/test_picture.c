/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "pyramid/picture.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 48 };

static NodalForm form_of(NodalColor color, int channels, NodalDtype dtype, bool nearest) {
  return (NodalForm){.side = SIDE,
                     .channels = channels,
                     .dtype = dtype,
                     .alpha = color == NODAL_COLOR_RGBA,
                     .nearest = nearest,
                     .pixel_size = (size_t)channels * nodal_dtype_size(dtype)};
}

static void check_halving(NodalColor color, int channels, NodalDtype dtype, bool nearest) {
  NodalForm form = form_of(color, channels, dtype, nearest);
  Reference reference = reference_paint(SIDE, SIDE, color, channels, dtype);
  Reference half = reference_halve(&reference, color, dtype, nearest);
  unsigned char *child = malloc(nodal_form_bytes(&form)), *parent = malloc(nodal_form_bytes(&form));
  NodalPicture from = nodal_picture_at(&form, child), whole = nodal_picture_at(&form, parent);
  reference_tile(&reference, dtype, SIDE, 0, 0, child, from.stride[0]);
  for (int place = 0; place < 4; place++) {
    memset(parent, 0xaa, nodal_form_bytes(&form));
    NodalPicture quarter = nodal_picture_quarter(&form, &whole, place & 1, place >> 1);
    nodal_picture_halve(&form, &from, &quarter);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        bool inside = x / (SIDE / 2) == (place & 1) && y / (SIDE / 2) == place >> 1;
        const unsigned char *pixel = parent + (size_t)(y * SIDE + x) * form.pixel_size;
        for (int c = 0; c < channels && inside; c++) {
          double wanted = half.samples[((y % (SIDE / 2)) * (SIDE / 2) + x % (SIDE / 2)) * channels + c];
          assert_true(sample_of(pixel, dtype, (size_t)c) == wanted);
        }
        for (size_t i = 0; i < form.pixel_size && !inside; i++) {
          assert_int_equal(pixel[i], 0xaa);
        }
      }
    }
  }
  free(child);
  free(parent);
  reference_free(&reference);
  reference_free(&half);
}

static void halves_every_form(void **state) {
  (void)state;
  for (int dtype = NODAL_UINT8; dtype <= NODAL_FLOAT32; dtype++) {
    for (int nearest = 0; nearest < 2; nearest++) {
      check_halving(NODAL_COLOR_GRAY, 1, (NodalDtype)dtype, nearest);
      check_halving(NODAL_COLOR_CHANNELS, 2, (NodalDtype)dtype, nearest);
      check_halving(NODAL_COLOR_RGB, 3, (NodalDtype)dtype, nearest);
      check_halving(NODAL_COLOR_RGBA, 4, (NodalDtype)dtype, nearest);
      check_halving(NODAL_COLOR_CHANNELS, 5, (NodalDtype)dtype, nearest);
    }
  }
}

static void rounds_halves_up(void **state) {
  (void)state;
  NodalForm form = {.side = 16, .channels = 1, .dtype = NODAL_UINT8, .pixel_size = 1};
  uint8_t tile[256] = {0}, parent[256];
  /* Sums 2, 1, 1020, 1018, 1017: means 0.5, 0.25, 255, 254.5, 254.25. */
  static const uint8_t quartets[5][4] = {
      {0, 2, 0, 0}, {0, 0, 1, 0}, {255, 255, 255, 255}, {255, 255, 253, 255}, {255, 254, 253, 255}};
  static const uint8_t means[5] = {1, 0, 255, 255, 254};
  for (int i = 0; i < 5; i++) {
    tile[2 * i] = quartets[i][0];
    tile[2 * i + 1] = quartets[i][1];
    tile[16 + 2 * i] = quartets[i][2];
    tile[16 + 2 * i + 1] = quartets[i][3];
  }
  NodalPicture from = nodal_picture_at(&form, tile), to = nodal_picture_at(&form, parent);
  nodal_picture_halve(&form, &from, &to);
  assert_memory_equal(parent, means, 5);
}

static void transparent_colour_does_not_bleed(void **state) {
  (void)state;
  NodalForm form = {.side = 16, .channels = 4, .dtype = NODAL_UINT8, .alpha = true, .pixel_size = 4};
  uint8_t tile[16 * 16 * 4] = {0}, parent[16 * 16 * 4];
  static const uint8_t pixels[4][4] = {{200, 10, 20, 255}, {0, 255, 0, 0}, {100, 10, 40, 85}, {0, 255, 0, 0}};
  for (int i = 0; i < 4; i++) {
    memcpy(tile + (i >> 1) * 64 + (i & 1) * 4, pixels[i], 4);
  }
  /* The pixel beside: all transparent, so the plain mean. */
  static const uint8_t clear[4][4] = {{10, 0, 0, 0}, {20, 0, 0, 0}, {30, 0, 0, 0}, {40, 4, 0, 0}};
  for (int i = 0; i < 4; i++) {
    memcpy(tile + (i >> 1) * 64 + (i & 1) * 4 + 8, clear[i], 4);
  }
  NodalPicture from = nodal_picture_at(&form, tile), to = nodal_picture_at(&form, parent);
  nodal_picture_halve(&form, &from, &to);
  /* (200 * 255 + 100 * 85) / 340 = 175; (20 * 255 + 40 * 85) / 340 = 25. */
  static const uint8_t wanted[8] = {175, 10, 25, 85, 25, 1, 0, 0};
  assert_memory_equal(parent, wanted, sizeof wanted);
}

static void mean_of_floats_survives_extremes(void **state) {
  (void)state;
  NodalForm form = {.side = 16, .channels = 1, .dtype = NODAL_FLOAT32, .pixel_size = 4};
  float tile[256] = {0}, parent[256];
  tile[0] = tile[1] = tile[16] = tile[17] = 3e38F;
  tile[2] = NAN;
  NodalPicture from = nodal_picture_at(&form, tile), to = nodal_picture_at(&form, parent);
  nodal_picture_halve(&form, &from, &to);
  assert_true(parent[0] == 3e38F);
  assert_true(isnan(parent[1]));
  assert_true(parent[2] == 0);
}

static void halves_planes(void **state) {
  (void)state;
  NodalForm form = {.side = 32, .channels = 3, .dtype = NODAL_UINT8, .planes = true, .pixel_size = 3};
  assert_int_equal(nodal_form_bytes(&form), 32 * 32 * 3 / 2);
  uint8_t tile[32 * 32 * 3 / 2], parent[32 * 32 * 3 / 2];
  for (size_t i = 0; i < sizeof tile; i++) {
    tile[i] = (uint8_t)(i * 37 + i / 32 * 11);
  }
  memset(parent, 7, sizeof parent);
  NodalPicture from = nodal_picture_at(&form, tile), whole = nodal_picture_at(&form, parent);
  NodalPicture to = nodal_picture_quarter(&form, &whole, 1, 0);
  nodal_picture_halve(&form, &from, &to);
  static const int offsets[3] = {0, 32 * 32, 32 * 32 * 5 / 4}, sides[3] = {32, 16, 16};
  for (int p = 0; p < 3; p++) {
    int side = sides[p];
    const uint8_t *in = tile + offsets[p], *out = parent + offsets[p];
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        int wanted = 7;
        if (x >= side / 2 && y < side / 2) {
          const uint8_t *at = in + 2 * y * side + 2 * (x - side / 2);
          wanted = (at[0] + at[1] + at[side] + at[side + 1] + 2) / 4;
        }
        assert_int_equal(out[y * side + x], wanted);
      }
    }
  }
}

static void extends_the_last_pixels(void **state) {
  (void)state;
  NodalForm form = {.side = 32, .channels = 3, .dtype = NODAL_UINT8, .pixel_size = 3};
  uint8_t tile[32 * 32 * 3];
  for (size_t i = 0; i < sizeof tile; i++) {
    tile[i] = (uint8_t)(i * 31);
  }
  uint8_t before[sizeof tile];
  memcpy(before, tile, sizeof tile);
  NodalPicture picture = nodal_picture_at(&form, tile);
  nodal_picture_extend(&form, &picture, 32, 32);
  assert_memory_equal(tile, before, sizeof tile);
  nodal_picture_extend(&form, &picture, 5, 9);
  for (int y = 0; y < 32; y++) {
    for (int x = 0; x < 32; x++) {
      int from_x = x < 5 ? x : 4, from_y = y < 9 ? y : 8;
      assert_memory_equal(tile + (y * 32 + x) * 3, before + (from_y * 32 + from_x) * 3, 3);
    }
  }
  NodalForm planes = {.side = 32, .channels = 3, .dtype = NODAL_UINT8, .planes = true, .pixel_size = 3};
  memcpy(tile, before, sizeof tile);
  picture = nodal_picture_at(&planes, tile);
  nodal_picture_extend(&planes, &picture, 5, 32);
  for (int y = 0; y < 16; y++) {
    for (int x = 0; x < 16; x++) {
      assert_int_equal(tile[32 * 32 + y * 16 + x], before[32 * 32 + y * 16 + (x < 3 ? x : 2)]);
    }
    assert_int_equal(tile[y * 32 + 31], before[y * 32 + 4]);
  }
}

static void knows_constants(void **state) {
  (void)state;
  uint8_t tile[32 * 32 * 3], value[3];
  static const uint8_t wanted[3] = {1, 2, 3};
  NodalForm forms[2] = {{.side = 32, .channels = 3, .dtype = NODAL_UINT8, .pixel_size = 3},
                        {.side = 32, .channels = 3, .dtype = NODAL_UINT8, .planes = true, .pixel_size = 3}};
  for (int i = 0; i < 2; i++) {
    NodalPicture picture = nodal_picture_at(&forms[i], tile);
    memset(tile, 0, sizeof tile);
    nodal_picture_fill(&forms[i], &picture, 32, wanted);
    assert_true(nodal_picture_constant(&forms[i], tile, value));
    assert_memory_equal(value, wanted, 3);
    for (size_t at = 0; at < nodal_form_bytes(&forms[i]); at++) {
      tile[at] ^= 1;
      assert_false(nodal_picture_constant(&forms[i], tile, value));
      tile[at] ^= 1;
    }
    assert_true(nodal_picture_constant(&forms[i], tile, value));
  }
}

static void finds_the_range(void **state) {
  (void)state;
  for (int dtype = NODAL_UINT8; dtype <= NODAL_FLOAT32; dtype++) {
    NodalForm form = form_of(NODAL_COLOR_CHANNELS, 2, (NodalDtype)dtype, false);
    unsigned char *tile = malloc(nodal_form_bytes(&form));
    NodalPicture picture = nodal_picture_at(&form, tile);
    for (size_t i = 0; i < SIDE * SIDE * 2; i++) {
      store_sample(tile, form.dtype, i, 100);
    }
    store_sample(tile, form.dtype, 2 * (SIDE * 4 + 9) + 1, 90);
    store_sample(tile, form.dtype, 2 * (SIDE * 6 + 3), 120);
    store_sample(tile, form.dtype, 2 * (SIDE * 6 + 10), 1); /* column 10 is outside */
    store_sample(tile, form.dtype, 2 * (SIDE * 7), 250);    /* and row 7 */
    double low = INFINITY, high = -INFINITY;
    nodal_picture_range(&form, &picture, 10, 7, &low, &high);
    assert_true(low == 90 && high == 120);
    nodal_picture_range(&form, &picture, SIDE, SIDE, &low, &high);
    assert_true(low == 1 && high == 250);
    free(tile);
  }
  float values[4] = {NAN, 2, -3, NAN};
  NodalForm form = {.side = 16, .channels = 1, .dtype = NODAL_FLOAT32, .pixel_size = 4};
  NodalPicture picture = nodal_picture_at(&form, values);
  double low = INFINITY, high = -INFINITY;
  nodal_picture_range(&form, &picture, 4, 1, &low, &high);
  assert_true(low == -3 && high == 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(halves_every_form),
      cmocka_unit_test(rounds_halves_up),
      cmocka_unit_test(transparent_colour_does_not_bleed),
      cmocka_unit_test(mean_of_floats_survives_extremes),
      cmocka_unit_test(halves_planes),
      cmocka_unit_test(extends_the_last_pixels),
      cmocka_unit_test(knows_constants),
      cmocka_unit_test(finds_the_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
