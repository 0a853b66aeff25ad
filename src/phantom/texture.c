/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/texture.h"

#include "base/memory.h"
#include "phantom/number.h"
#include <math.h>
#include <string.h>

enum { MOST_BLUR = 24 };

/* Mean over 2 radius + 1 places of a ring of `count` values `stride` apart; `copy` has 2 MOST_BLUR places more. */
static void blur_ring(float *values, int count, int stride, int radius, float *copy) {
  for (int i = 0; i < count + 2 * radius; i++) {
    copy[i] = values[(size_t)((i + count - radius) % count) * (size_t)stride];
  }
  for (int i = 0; i < count; i++) {
    float sum = 0;
    for (int j = 0; j <= 2 * radius; j++) {
      sum += copy[i + j];
    }
    values[(size_t)i * (size_t)stride] = sum / (float)(2 * radius + 1);
  }
}

/* Noise with grains of about `size_um`, standard deviation 1. */
static void smooth_noise(float *values, int period, double size_um, double spacing_um, uint64_t seed, float *copy) {
  size_t count = (size_t)period * (size_t)period;
  for (size_t i = 0; i < count; i++) {
    values[i] = (float)(phantom_hash(seed, (int64_t)i, 5) >> 40) * 0x1p-24F - 0.5F;
  }
  int64_t radius = phantom_floor(size_um / spacing_um / 2 + 0.5);
  radius = radius > MOST_BLUR ? MOST_BLUR : radius;
  for (int pass = 0; pass < 2 && radius > 0; pass++) {
    for (int i = 0; i < period; i++) {
      blur_ring(values + (size_t)i * (size_t)period, period, 1, (int)radius, copy);
      blur_ring(values + i, period, period, (int)radius, copy);
    }
  }
  double squares = 0;
  for (size_t i = 0; i < count; i++) {
    squares += (double)values[i] * values[i];
  }
  double factor = 1 / sqrt(squares / (double)count);
  for (size_t i = 0; i < count; i++) {
    values[i] = (float)(values[i] * factor);
  }
}

static bool store(PhantomTexture *texture, int period, const float *values, NodalError **error) {
  size_t width = (size_t)period + PHANTOM_TEXTURE_RUN;
  texture->period = period;
  texture->pixels = nodal_alloc_array((size_t)period, width, error);
  if (!texture->pixels) {
    return false;
  }
  for (int y = 0; y < period; y++) {
    for (size_t x = 0; x < width; x++) {
      float value = phantom_clamp(values[(size_t)y * (size_t)period + x % (size_t)period], -127, 127);
      texture->pixels[(size_t)y * width + x] = (int8_t)phantom_floor((double)value + 0.5);
    }
  }
  return true;
}

/* The value of a place from its noises of two sizes. Pixels larger than the grains see less of them: `seen`. */
static float grain_value(float first, float second, const float seen[2]) {
  return 17 * first * seen[0] + 14 * second * seen[1];
}

static float fiber_value(float first, float second, const float seen[2]) {
  /* |x| is 0.8 on average: the fibres neither darken nor lighten the whole. */
  first = fabsf(first);
  second = fabsf(second);
  return 34 * (0.8F - (first < 1.9F ? first : 1.9F)) * seen[0] + 20 * (0.8F - second) * seen[1];
}

static float chromatin_value(float first, float second, const float seen[2]) {
  return 26 * first * seen[0] + 24 * second * seen[1];
}

static float cleft_value(float first, float second, const float seen[2]) {
  return 108 * seen[0] * phantom_ramp(fabsf(first) + 0.08F * second, 0.50F, 0.06F);
}

/* Sizes of the grains in micrometres, and what becomes of them. */
static const struct {
  double size_um, other_um;
  float (*value)(float first, float second, const float seen[2]);
} makings[] = {
    [PHANTOM_GRAIN] = {0.9, 2.6, grain_value},
    [PHANTOM_FIBRES] = {3.2, 1.4, fiber_value},
    [PHANTOM_CHROMATIN] = {0.6, 1.5, chromatin_value},
    [PHANTOM_CLEFTS] = {5.0, 1.2, cleft_value},
};

bool phantom_texture_init(PhantomTexture *texture, PhantomTextureKind kind, int period, double spacing_um, float factor,
                          uint64_t seed, NodalError **error) {
  size_t count = (size_t)period * (size_t)period;
  float *values = nodal_alloc_array(2 * count + (size_t)period + 2 * MOST_BLUR, sizeof *values, error);
  if (!values) {
    return false;
  }
  float *second = values + count, *copy = second + count;
  double size = makings[kind].size_um, other_size = makings[kind].other_um;
  smooth_noise(values, period, size, spacing_um, seed, copy);
  smooth_noise(second, period, other_size, spacing_um, seed + 1, copy);
  const float seen[2] = {(float)(size < spacing_um ? size / spacing_um : 1),
                         (float)(other_size < spacing_um ? other_size / spacing_um : 1)};
  for (size_t i = 0; i < count; i++) {
    values[i] = factor * makings[kind].value(values[i], second[i], seen);
  }
  bool stored = store(texture, period, values, error);
  free(values);
  return stored;
}

void phantom_texture_clear(PhantomTexture *texture) {
  free(texture->pixels);
  texture->pixels = NULL;
}

const int8_t *phantom_texture_run(const PhantomTexture *texture, int64_t x, int64_t y) {
  size_t width = (size_t)texture->period + PHANTOM_TEXTURE_RUN;
  return texture->pixels + (size_t)(y % texture->period) * width + (size_t)(x % texture->period);
}

/* A ring of random values, -0.5 to 0.5, every one `grain` places long, with soft changes. */
static void smooth_ring(float *wave, int count, int grain, int blur, uint64_t seed) {
  float copy[PHANTOM_LAMELLA_LENGTH + 2 * MOST_BLUR];
  for (int i = 0; i < count; i++) {
    wave[i] = (float)(phantom_hash(seed, i / grain, 6) >> 40) * 0x1p-24F - 0.5F;
  }
  for (int pass = 0; pass < 2; pass++) {
    blur_ring(wave, count, 1, blur, copy);
  }
}

void phantom_bends(float values[PHANTOM_BEND_LENGTH], uint64_t seed) {
  smooth_ring(values, PHANTOM_BEND_LENGTH, 4, 1, seed);
  for (int i = 0; i < PHANTOM_BEND_LENGTH; i++) {
    values[i] *= 1.9F;
  }
}

void phantom_lamellae(int8_t values[PHANTOM_LAMELLA_LENGTH], uint64_t seed) {
  float wave[PHANTOM_LAMELLA_LENGTH];
  smooth_ring(wave, PHANTOM_LAMELLA_LENGTH, 10, 3, seed);
  for (int i = 0; i < PHANTOM_LAMELLA_LENGTH; i++) {
    values[i] = (int8_t)phantom_floor((double)(wave[i] * 95));
  }
}
