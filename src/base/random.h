/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_RANDOM_H
#define NODAL_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/** Random bits of a one-word state: SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
 * generators"). */
static inline uint64_t nodal_splitmix(uint64_t *state) {
  uint64_t mixed = *state += UINT64_C(0x9E3779B97F4A7C15);
  mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
  return mixed ^ (mixed >> 31);
}

/** A stream of random numbers: xoshiro256** 1.0 (Blackman and Vigna 2018, "Scrambled linear pseudorandom number
 * generators"). */
typedef struct NodalRandom {
  uint64_t state[4];
} NodalRandom;

/**
 * Starts stream `stream` of `seed`. The state comes from SplitMix64, whose own state is a one-to-one mixture of the
 * stream's number, so that no two streams of a seed are the same and neighbours look unlike.
 */
static inline void nodal_random_start(NodalRandom *random, uint64_t seed, uint64_t stream) {
  uint64_t before = nodal_splitmix(&seed) + stream - UINT64_C(0x9E3779B97F4A7C15);
  uint64_t state = nodal_splitmix(&before);
  for (int i = 0; i < 4; i++) {
    random->state[i] = nodal_splitmix(&state);
  }
}

static inline uint64_t nodal_rotate(uint64_t bits, int by) {
  return (bits << by) | (bits >> (64 - by));
}

/** 64 random bits. */
static inline uint64_t nodal_random_bits(NodalRandom *random) {
  uint64_t *state = random->state;
  uint64_t bits = nodal_rotate(state[1] * 5, 7) * 9;
  uint64_t shifted = state[1] << 17;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= shifted;
  state[3] = nodal_rotate(state[3], 45);
  return bits;
}

/** A whole number in [0, bound), each equally likely (Lemire 2019, "Fast random integer generation in an interval");
 * bound > 0. */
static inline uint32_t nodal_random_below(NodalRandom *random, uint32_t bound) {
  uint64_t product = (nodal_random_bits(random) >> 32) * bound;
  if ((uint32_t)product < bound) {
    uint32_t short_of = (0 - bound) % bound; /* 2^32 mod bound: so many products would be one too often */
    while ((uint32_t)product < short_of) {
      product = (nodal_random_bits(random) >> 32) * bound;
    }
  }
  return (uint32_t)(product >> 32);
}

/** Puts the items, fewer than 2^32, into any order, each equally likely (Fisher and Yates 1938, Durstenfeld 1964). */
static inline void nodal_random_shuffle(NodalRandom *random, size_t *items, size_t count) {
  for (size_t left = count; left > 1; left--) {
    size_t other = nodal_random_below(random, (uint32_t)left), item = items[left - 1];
    items[left - 1] = items[other];
    items[other] = item;
  }
}

#endif
