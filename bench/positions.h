/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BENCH_POSITIONS_H
#define NODAL_BENCH_POSITIONS_H

/* Where to read: the same places for every reader of a round, other places in the next. */

#include <stdint.h>

typedef struct BenchPosition {
  int64_t x, y;
} BenchPosition;

/** `count` different tiles that lie wholly inside; at most as many as there are. Freed with free(). */
BenchPosition *bench_positions_aligned(int64_t width, int64_t height, int tile, int count, uint64_t seed);

/** `count` squares of `size` pixels anywhere inside. Freed with free(). */
BenchPosition *bench_positions_random(int64_t width, int64_t height, int size, int count, uint64_t seed);

#endif
