/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_EVALUATION_RESAMPLE_H
#define NODAL_EVALUATION_RESAMPLE_H

#include "base/error.h"
#include <nodal/evaluation.h>

/** A stream of random numbers: xoshiro256** 1.0 (Blackman and Vigna 2018, "Scrambled linear pseudorandom number
 * generators"). */
typedef struct EvaluationRandom {
  uint64_t state[4];
} EvaluationRandom;

/**
 * Starts stream `stream` of `seed`. The state comes from SplitMix64 (Steele, Lea and Flood 2014), whose own state is a
 * one-to-one mixture of the stream's number, so that no two streams of a seed are the same and neighbours look unlike.
 */
void evaluation_random_start(EvaluationRandom *random, uint64_t seed, uint64_t stream);

static inline uint64_t evaluation_rotate(uint64_t bits, int by) {
  return (bits << by) | (bits >> (64 - by));
}

/** 64 random bits. */
static inline uint64_t evaluation_random_bits(EvaluationRandom *random) {
  uint64_t *state = random->state;
  uint64_t bits = evaluation_rotate(state[1] * 5, 7) * 9;
  uint64_t shifted = state[1] << 17;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= shifted;
  state[3] = evaluation_rotate(state[3], 45);
  return bits;
}

/** A whole number in [0, bound), each equally likely (Lemire 2019, "Fast random integer generation in an interval");
 * bound > 0. */
static inline uint32_t evaluation_random_below(EvaluationRandom *random, uint32_t bound) {
  uint64_t product = (evaluation_random_bits(random) >> 32) * bound;
  if ((uint32_t)product < bound) {
    uint32_t short_of = (0 - bound) % bound; /* 2^32 mod bound: so many products would be one too often */
    while ((uint32_t)product < short_of) {
      product = (evaluation_random_bits(random) >> 32) * bound;
    }
  }
  return (uint32_t)(product >> 32);
}

/**
 * The value of one resample, drawn with `random`; NAN where it has none. `scratch` is the worker's alone, zero before
 * its first resample and afterwards as the last one left it.
 */
typedef double (*EvaluationStatistic)(const void *user, void *scratch, EvaluationRandom *random);

/**
 * values[k] = the statistic of resample k, for 0 <= k < resamples, drawn with stream k of the seed: the same for any
 * number of threads. `scratch_size` bytes a worker.
 */
bool evaluation_resample(const NodalResampling *resampling, EvaluationStatistic statistic, const void *user,
                         size_t scratch_size, double *values, NodalError **error);

/** The same for several values a resample: puts `width` of them, any of which may be NAN, into `values`. */
typedef void (*EvaluationStatistics)(const void *user, void *scratch, EvaluationRandom *random, double *values);

/**
 * The percentile intervals of `width` values that are drawn together, each by itself. NAN are left out; without any
 * other the ends are NAN. Keeps 8 bytes a value and resample meanwhile.
 */
bool evaluation_band(const NodalResampling *resampling, EvaluationStatistics statistics, const void *user,
                     size_t scratch_size, size_t width, NodalInterval *intervals, NodalError **error);

/**
 * The percentile interval (Efron and Tibshirani 1993, chapter 13): the 2.5th and 97.5th percentile of the values,
 * linear between neighbours (type 7 of Hyndman and Fan 1996, numpy's own). NAN among them are left out and counted in
 * `undefined` (may be NULL); without any other the ends are NAN. Puts the values into order, those NAN last.
 */
bool evaluation_percentile_interval(double *values, size_t count, NodalInterval *interval, int64_t *undefined,
                                    NodalError **error);

/** evaluation_resample() and the interval of what came of it. */
bool evaluation_bootstrap(const NodalResampling *resampling, EvaluationStatistic statistic, const void *user,
                          size_t scratch_size, NodalInterval *interval, int64_t *undefined, NodalError **error);

#endif
