/* SPDX-License-Identifier: Apache-2.0 */
#include "positions.h"

#include "measure.h"

#include <stdlib.h>

/* splitmix64, Steele, Lea and Flood 2014. */
static uint64_t next_number(uint64_t *state) {
  uint64_t z = *state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

BenchPosition *bench_positions_aligned(int64_t width, int64_t height, int tile, int count, uint64_t seed) {
  int64_t columns = width / tile, total = columns * (height / tile);
  if (count > total) {
    bench_fail("the slide has only %lld whole tiles", (long long)total);
  }
  BenchPosition *all = bench_allocate((size_t)total * sizeof *all);
  for (int64_t i = 0; i < total; i++) {
    all[i] = (BenchPosition){.x = i % columns * tile, .y = i / columns * tile};
  }
  for (int64_t i = 0; i < count; i++) {
    int64_t other = i + (int64_t)(next_number(&seed) % (uint64_t)(total - i));
    BenchPosition kept = all[i];
    all[i] = all[other];
    all[other] = kept;
  }
  return all;
}

BenchPosition *bench_positions_random(int64_t width, int64_t height, int size, int count, uint64_t seed) {
  if (width < size || height < size) {
    bench_fail("the slide is smaller than %d pixels", size);
  }
  BenchPosition *all = bench_allocate((size_t)count * sizeof *all);
  for (int i = 0; i < count; i++) {
    all[i].x = (int64_t)(next_number(&seed) % (uint64_t)(width - size + 1));
    all[i].y = (int64_t)(next_number(&seed) % (uint64_t)(height - size + 1));
  }
  return all;
}
