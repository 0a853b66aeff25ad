/* SPDX-License-Identifier: Apache-2.0 */
#include "pyramid/halve.h"

#include <string.h>

/* Pixels of the result that the RGB kernel makes at a time, in a buffer that stays in the first-level cache. */
enum { RGB_CHUNK = 256 };

static void halve_gray8(const uint8_t *restrict top, const uint8_t *restrict bottom, uint8_t *restrict to, size_t n) {
  for (size_t x = 0; x < n; x++) {
    to[x] = (uint8_t)((top[2 * x] + top[2 * x + 1] + bottom[2 * x] + bottom[2 * x + 1] + 2) >> 2);
  }
}

/*
 * Compilers do not vectorise steps of six bytes. So the sum of every sample with the one three further is taken, which
 * they do vectorise, and the half that is wanted is picked from that, a pixel at a time.
 */
static void halve_rgb8(const uint8_t *restrict top, const uint8_t *restrict bottom, uint8_t *restrict to, size_t n) {
  uint16_t sum[6 * RGB_CHUNK];
  uint8_t mean[6 * RGB_CHUNK];
  while (n > 0) {
    size_t count = n < RGB_CHUNK ? n : RGB_CHUNK;
    for (size_t i = 0; i < 6 * count; i++) {
      sum[i] = (uint16_t)(top[i] + bottom[i]);
    }
    for (size_t i = 0; i < 6 * count - 3; i++) {
      mean[i] = (uint8_t)((uint16_t)(sum[i] + sum[i + 3] + 2) >> 2);
    }
    for (size_t x = 0; x + 1 < count; x++) {
      memcpy(to + 3 * x, mean + 6 * x, 4);
    }
    memcpy(to + 3 * (count - 1), mean + 6 * (count - 1), 3);
    top += 6 * count;
    bottom += 6 * count;
    to += 3 * count;
    n -= count;
  }
}

#define MEAN_ROW(NAME, TYPE, EXPRESSION)                                                                               \
  static void NAME(const TYPE *restrict top, const TYPE *restrict bottom, TYPE *restrict to, size_t n, size_t c) {     \
    for (size_t x = 0; x < n; x++) {                                                                                   \
      for (size_t i = 0; i < c; i++) {                                                                                 \
        size_t left = 2 * x * c + i, right = left + c;                                                                 \
        to[x * c + i] = (TYPE)(EXPRESSION);                                                                            \
      }                                                                                                                \
    }                                                                                                                  \
  }

MEAN_ROW(mean_row_uint8, uint8_t, (top[left] + top[right] + bottom[left] + bottom[right] + 2) >> 2)
MEAN_ROW(mean_row_uint16, uint16_t, ((uint32_t)top[left] + top[right] + bottom[left] + bottom[right] + 2) >> 2)
MEAN_ROW(mean_row_uint32, uint32_t, ((uint64_t)top[left] + top[right] + bottom[left] + bottom[right] + 2) >> 2)
MEAN_ROW(mean_row_float32, float, ((double)top[left] + top[right] + bottom[left] + bottom[right]) / 4)

static void mean_row(const void *top, const void *bottom, void *to, size_t n, size_t channels, NodalDtype dtype) {
  switch (dtype) {
  case NODAL_UINT8:
    if (channels == 1) {
      halve_gray8(top, bottom, to, n);
    } else if (channels == 3) {
      halve_rgb8(top, bottom, to, n);
    } else {
      mean_row_uint8(top, bottom, to, n, channels);
    }
    break;
  case NODAL_UINT16:
    mean_row_uint16(top, bottom, to, n, channels);
    break;
  case NODAL_UINT32:
    mean_row_uint32(top, bottom, to, n, channels);
    break;
  case NODAL_FLOAT32:
    mean_row_float32(top, bottom, to, n, channels);
    break;
  }
}

void nodal_halve_mean(const NodalHalving *halving, int channels, NodalDtype dtype) {
  for (size_t y = 0; y < (size_t)halving->height; y++) {
    const uint8_t *top = halving->from + 2 * y * halving->from_stride;
    mean_row(top, top + halving->from_stride, halving->to + y * halving->to_stride, (size_t)halving->width,
             (size_t)channels, dtype);
  }
}

/* SUM holds a sum of products of four samples with four alphas; half of the divisor rounds to nearest. */
#define ALPHA_ROW(NAME, TYPE, SUM)                                                                                     \
  static void NAME(const TYPE *restrict top, const TYPE *restrict bottom, TYPE *restrict to, size_t n) {               \
    for (size_t x = 0; x < n; x++, top += 8, bottom += 8, to += 4) {                                                   \
      SUM a[4] = {top[3], top[7], bottom[3], bottom[7]};                                                               \
      SUM total = a[0] + a[1] + a[2] + a[3];                                                                           \
      for (size_t i = 0; i < 3; i++) {                                                                                 \
        SUM c[4] = {top[i], top[i + 4], bottom[i], bottom[i + 4]};                                                     \
        to[i] = (TYPE)(total ? (c[0] * a[0] + c[1] * a[1] + c[2] * a[2] + c[3] * a[3] + total / 2) / total             \
                             : (c[0] + c[1] + c[2] + c[3] + 2) / 4);                                                   \
      }                                                                                                                \
      to[3] = (TYPE)((total + 2) / 4);                                                                                 \
    }                                                                                                                  \
  }

ALPHA_ROW(alpha_row_uint8, uint8_t, uint32_t)
ALPHA_ROW(alpha_row_uint16, uint16_t, uint64_t)
__extension__ typedef unsigned __int128 Wide;
ALPHA_ROW(alpha_row_uint32, uint32_t, Wide)

static void alpha_row_float32(const float *restrict top, const float *restrict bottom, float *restrict to, size_t n) {
  for (size_t x = 0; x < n; x++, top += 8, bottom += 8, to += 4) {
    double a[4] = {top[3], top[7], bottom[3], bottom[7]};
    double total = a[0] + a[1] + a[2] + a[3];
    for (size_t i = 0; i < 3; i++) {
      double c[4] = {top[i], top[i + 4], bottom[i], bottom[i + 4]};
      to[i] = (float)(total > 0 ? (c[0] * a[0] + c[1] * a[1] + c[2] * a[2] + c[3] * a[3]) / total
                                : (c[0] + c[1] + c[2] + c[3]) / 4);
    }
    to[3] = (float)(total / 4);
  }
}

void nodal_halve_alpha(const NodalHalving *halving, NodalDtype dtype) {
  size_t n = (size_t)halving->width;
  for (size_t y = 0; y < (size_t)halving->height; y++) {
    const void *top = halving->from + 2 * y * halving->from_stride;
    const void *bottom = halving->from + (2 * y + 1) * halving->from_stride;
    void *to = halving->to + y * halving->to_stride;
    switch (dtype) {
    case NODAL_UINT8:
      alpha_row_uint8(top, bottom, to, n);
      break;
    case NODAL_UINT16:
      alpha_row_uint16(top, bottom, to, n);
      break;
    case NODAL_UINT32:
      alpha_row_uint32(top, bottom, to, n);
      break;
    case NODAL_FLOAT32:
      alpha_row_float32(top, bottom, to, n);
      break;
    }
  }
}

#define NEAREST_ROW(BYTES)                                                                                             \
  for (size_t x = 0; x < n; x++) {                                                                                     \
    memcpy(to + x * (BYTES), from + 2 * x * (BYTES), BYTES);                                                           \
  }

void nodal_halve_nearest(const NodalHalving *halving, size_t pixel_size) {
  size_t n = (size_t)halving->width;
  for (size_t y = 0; y < (size_t)halving->height; y++) {
    const uint8_t *restrict from = halving->from + 2 * y * halving->from_stride;
    uint8_t *restrict to = halving->to + y * halving->to_stride;
    switch (pixel_size) {
    case 1:
      NEAREST_ROW(1)
      break;
    case 2:
      NEAREST_ROW(2)
      break;
    case 3:
      NEAREST_ROW(3)
      break;
    case 4:
      NEAREST_ROW(4)
      break;
    default:
      NEAREST_ROW(pixel_size)
      break;
    }
  }
}
