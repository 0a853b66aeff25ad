/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BENCH_READERS_H
#define NODAL_BENCH_READERS_H

/* Those who race at reading: all give a square of level 0 from an open file. */

#include <stdbool.h>
#include <stdint.h>

typedef struct BenchReader {
  const char *name;
  bool shared; /**< several threads may read through one open state */
  bool bgra;   /**< gives 4 bytes a pixel, blue first; else 3, red first */
  void *(*open)(const char *path);
  /** Fills `pixels`, `size` x `size` without gaps, from level-0 pixel `x`, `y`. */
  void (*read)(void *state, int64_t x, int64_t y, int size, uint8_t *pixels);
  void (*close)(void *state);
} BenchReader;

/** nodal_slide_read_region() as RGB, with a cache of its own of the default size. */
extern const BenchReader bench_reader_nodal;

/** openslide_read_region() with its own cache of the default size. */
extern const BenchReader bench_reader_openslide;

/** The least that whole tiles cost: pread, splice the tables in, tjDecompress2() of every touched tile; no cache. */
extern const BenchReader bench_reader_tiles;

#endif
