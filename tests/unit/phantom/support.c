/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

NodalPhantom *make_phantom(int64_t width, int64_t height, double spacing_um, uint64_t seed, int tumors,
                           double size_mm) {
  NodalPhantomOptions options = {.width = width,
                                 .height = height,
                                 .spacing_um = spacing_um,
                                 .seed = seed,
                                 .tumor_count = tumors,
                                 .tumor_size_mm = size_mm};
  return make_phantom_of(&options);
}

NodalPhantom *make_phantom_of(const NodalPhantomOptions *options) {
  NodalError *error = NULL;
  NodalPhantom *phantom = nodal_phantom_new(options, &error);
  if (!phantom) {
    fail_msg("%s", nodal_error_message(error));
  }
  assert_null(error);
  return phantom;
}

uint8_t *paint_region(const NodalPhantom *phantom, int64_t x, int64_t y, int64_t width, int64_t height) {
  size_t row = 3 * (size_t)width;
  uint8_t *pixels = malloc(row * (size_t)height);
  assert_non_null(pixels);
  NodalError *error = NULL;
  assert_true(nodal_phantom_paint(phantom, x, y, width, height, pixels, row, &error));
  assert_null(error);
  return pixels;
}

uint64_t checksum(const void *data, size_t size) {
  const uint8_t *bytes = data;
  uint64_t sum = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < size; i++) {
    sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
  }
  return sum;
}

uint32_t next_number(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*state >> 33);
}
