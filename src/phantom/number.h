/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_NUMBER_H
#define NODAL_PHANTOM_NUMBER_H

/*
 * Hashing, random numbers and elementary functions made of integer arithmetic and of IEEE +, -, *, / and sqrt alone:
 * these give the same bits with every compiler, which libm's sin and exp do not. The layer is compiled without
 * contraction of a * b + c for the same reason.
 */

#include "base/random.h"

/** A well mixed number of a seed and two coordinates. */
static inline uint64_t phantom_hash(uint64_t seed, int64_t a, int64_t b) {
  uint64_t mixed = seed + (uint64_t)a * UINT64_C(0x9E3779B97F4A7C15);
  mixed = (mixed ^ (mixed >> 32)) * UINT64_C(0xD6E8FEB86659FD93);
  mixed += (uint64_t)b * UINT64_C(0xC2B2AE3D27D4EB4F);
  mixed = (mixed ^ (mixed >> 32)) * UINT64_C(0xD6E8FEB86659FD93);
  mixed = (mixed ^ (mixed >> 32)) * UINT64_C(0xD6E8FEB86659FD93);
  return mixed ^ (mixed >> 32);
}

/** A stream of random numbers (SplitMix64 of Steele, Lea and Flood 2014). */
typedef struct PhantomRandom {
  uint64_t state;
} PhantomRandom;

static inline uint64_t phantom_random(PhantomRandom *random) {
  return nodal_splitmix(&random->state);
}

/** Uniform in [low, high). */
static inline double phantom_uniform(PhantomRandom *random, double low, double high) {
  return low + (high - low) * ((double)(phantom_random(random) >> 11) * 0x1p-53);
}

/** Largest integer not over `value`, for |value| < 2^62. */
static inline int64_t phantom_floor(double value) {
  int64_t whole = (int64_t)value;
  return whole - ((double)whole > value);
}

static inline float phantom_clamp(float value, float low, float high) {
  return value < low ? low : value > high ? high : value;
}

/** 0 at `from`, 1 at `to` (either order) and beyond, smooth between. */
static inline float phantom_ramp(float value, float from, float to) {
  float part = phantom_clamp((value - from) / (to - from), 0, 1);
  return part * part * (3 - 2 * part);
}

/** sin(2 pi `turns`), cos(2 pi `turns`): to 1e-7. */
double phantom_sin(double turns);
double phantom_cos(double turns);

/** exp(-`value`) for 0 <= value < 100: relative error under 1e-6 up to 30, 1e-4 beyond. */
double phantom_exp_minus(double value);

/** ln(`value`) for 1e-6 < value <= 1: to 1e-8. */
double phantom_log(double value);

/** Gradient noise (Perlin 2002) of one wavelength; about -1 .. 1, mean 0. */
typedef struct PhantomNoise {
  uint64_t seed;
  double frequency; /* lattice cells a micrometre */
} PhantomNoise;

float phantom_noise(const PhantomNoise *noise, double x_um, double y_um);

/** The noise at (x_um[i], y_um) for i < count; quickest where x_um rises. */
void phantom_noise_row(const PhantomNoise *noise, const double *x_um, int count, double y_um, float *values);

#endif
