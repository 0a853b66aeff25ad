/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/blur.h"

#include "base/memory.h"
#include "phantom/number.h"
#include <string.h>

enum { WEIGHT_BITS = 14, FIRST_SHIFT = 7, SECOND_SHIFT = 2 * WEIGHT_BITS - FIRST_SHIFT };

void phantom_blur_init(PhantomBlur *blur, double sigma_px) {
  *blur = (PhantomBlur){.radius = sigma_px < 0.2 ? 0 : (int)phantom_floor(3 * sigma_px) + 1};
  blur->radius = blur->radius > PHANTOM_MOST_BLUR_PX ? PHANTOM_MOST_BLUR_PX : blur->radius;
  double parts[PHANTOM_MOST_BLUR_PX + 1] = {1}, sum = 1;
  for (int i = 1; i <= blur->radius; i++) {
    double away = i / sigma_px;
    parts[i] = phantom_exp_minus(away * away / 2);
    sum += 2 * parts[i];
  }
  int rest = 1 << WEIGHT_BITS;
  for (int i = 1; i <= blur->radius; i++) {
    blur->weight[i] = (int16_t)(parts[i] / sum * (1 << WEIGHT_BITS) + 0.5);
    rest -= 2 * blur->weight[i];
  }
  blur->weight[0] = (int16_t)rest;
}

static void add_bytes(int32_t *restrict sums, const uint8_t *restrict above, const uint8_t *restrict below,
                      int16_t weight, size_t count) {
  for (size_t i = 0; i < count; i++) {
    sums[i] += (int32_t)(int16_t)(above[i] + below[i]) * weight;
  }
}

static void add_words(int32_t *restrict sums, const int16_t *restrict left, const int16_t *restrict right,
                      int16_t weight, size_t count) {
  for (size_t i = 0; i < count; i++) {
    sums[i] += (int32_t)left[i] * weight + (int32_t)right[i] * weight;
  }
}

static void start_bytes(int32_t *restrict sums, const uint8_t *restrict row, int16_t weight, size_t count) {
  for (size_t i = 0; i < count; i++) {
    sums[i] = (int32_t)(int16_t)row[i] * weight + (1 << (FIRST_SHIFT - 1));
  }
}

static void start_words(int32_t *restrict sums, const int16_t *restrict row, int16_t weight, size_t count) {
  for (size_t i = 0; i < count; i++) {
    sums[i] = (int32_t)row[i] * weight + (1 << (SECOND_SHIFT - 1));
  }
}

bool phantom_blur(const PhantomBlur *blur, const uint8_t *source, size_t source_stride, int64_t width, int64_t height,
                  uint8_t *pixels, size_t stride, NodalError **error) {
  size_t margin = 3 * (size_t)blur->radius, wide = 3 * (size_t)width + 2 * margin, count = 3 * (size_t)width;
  int32_t *sums = nodal_alloc_array(wide, sizeof *sums + sizeof(int16_t), error);
  if (!sums) {
    return false;
  }
  int16_t *words = (int16_t *)(sums + wide);
  for (int64_t y = 0; y < height; y++) {
    const uint8_t *row = source + (size_t)y * source_stride - margin;
    start_bytes(sums, row, blur->weight[0], wide);
    for (int i = 1; i <= blur->radius; i++) {
      size_t away = (size_t)i * source_stride;
      add_bytes(sums, row - away, row + away, blur->weight[i], wide);
    }
    for (size_t i = 0; i < wide; i++) {
      words[i] = (int16_t)(sums[i] >> FIRST_SHIFT);
    }
    start_words(sums, words + margin, blur->weight[0], count);
    for (int i = 1; i <= blur->radius; i++) {
      add_words(sums, words + margin - 3 * (size_t)i, words + margin + 3 * (size_t)i, blur->weight[i], count);
    }
    uint8_t *out = pixels + (size_t)y * stride;
    for (size_t i = 0; i < count; i++) {
      out[i] = (uint8_t)(sums[i] >> SECOND_SHIFT);
    }
  }
  free(sums);
  return true;
}
