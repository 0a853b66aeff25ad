/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <nodal/error.h>

uint32_t test_random(uint64_t *state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (uint32_t)(z >> 32);
}

int test_below(uint64_t *state, int bound) {
  return (int)(test_random(state) % (uint32_t)bound);
}

void *test_alloc(size_t size) {
  void *memory = calloc(size ? size : 1, 1);
  assert_non_null(memory);
  return memory;
}

uint8_t *test_paint(int width, int height, int channels, uint64_t seed) {
  uint64_t state = seed;
  int edge_x = 1 + test_below(&state, width);
  int edge_y = 1 + test_below(&state, height);
  int noise = 1 + test_below(&state, 24);
  uint8_t *pixels = test_alloc((size_t)width * (size_t)height * (size_t)channels);
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      int box = (x / 13 + y / 7) % 3 * 30 + (x > edge_x ? 60 : 0) + (y > edge_y ? 40 : 0);
      for (int c = 0; c < channels; c++) {
        int slope = c % 2 ? x * 90 / width : y * 90 / height;
        int value = box + slope + c * 17 % 50 + test_below(&state, noise);
        pixels[((size_t)y * (size_t)width + (size_t)x) * (size_t)channels + (size_t)c] =
            (uint8_t)(value > 255 ? 255 : value);
      }
    }
  }
  return pixels;
}

void test_expect_error(bool result, NodalError **error, NodalErrorCode code, const char *message) {
  assert_false(result);
  assert_non_null(*error);
  assert_string_equal(nodal_error_message(*error), message);
  assert_int_equal(nodal_error_code(*error), code);
  nodal_error_free(*error);
  *error = NULL;
}

void test_expect_success(bool result, NodalError **error) {
  if (*error) {
    fail_msg("%s", nodal_error_message(*error));
  }
  assert_true(result);
}

NodalRect test_random_part(uint64_t *state, int width, int height) {
  NodalRect part;
  part.x = test_below(state, width);
  part.y = test_below(state, height);
  part.width = 1 + test_below(state, width - (int)part.x);
  part.height = 1 + test_below(state, height - (int)part.y);
  return part;
}

void test_expect_part(const uint8_t *whole, int width, size_t pixel_size, NodalRect area, const uint8_t *part) {
  size_t row = (size_t)area.width * pixel_size;
  for (int64_t y = 0; y < area.height; y++) {
    const uint8_t *expected = whole + ((size_t)(area.y + y) * (size_t)width + (size_t)area.x) * pixel_size;
    const uint8_t *got = part + (size_t)y * row;
    if (memcmp(expected, got, row) != 0) {
      size_t i = 0;
      while (expected[i] == got[i]) {
        i++;
      }
      fail_msg("part %lld,%lld %lldx%lld: row %lld byte %zu is %d instead of %d", (long long)area.x, (long long)area.y,
               (long long)area.width, (long long)area.height, (long long)y, i, got[i], expected[i]);
    }
  }
}
