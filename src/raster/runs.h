/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_RASTER_RUNS_H
#define NODAL_RASTER_RUNS_H

#include "base/error.h"
#include <nodal/raster.h>

/* Rows of an image as runs of pixels, and the components they make. All that looks at pixels looks at them once. */

/** Most labels there can be: each plus 1 is a number of 32 bits, and one is left over. */
#define NODAL_RUNS_MAX_LABELS ((uint32_t)0xFFFFFFFE)

/** Pixels `start` to `end` - 1 of a row. */
typedef struct NodalRun {
  int32_t start, end;
  uint32_t label; /**< from 0 */
} NodalRun;

/** What a run is made of. */
typedef enum NodalRunKind {
  NODAL_RUN_NONZERO, /**< pixels that are not 0 */
  NODAL_RUN_ZERO,    /**< pixels that are 0 */
  NODAL_RUN_VALUE    /**< pixels of one value that is not 0; integers */
} NodalRunKind;

/** The runs of a block of rows, and the union-find over them. Grows as it is needed; zero it first. */
typedef struct NodalRuns {
  NodalRun *runs;
  size_t count, run_capacity;
  size_t *rows; /**< index of the first run of each row, and `count` past the last */
  size_t row_capacity;
  int64_t height;
  uint32_t *parents; /**< of the labels; a parent is never larger than its child */
  size_t label_count, parent_capacity;
  uint64_t *bits;
  size_t bit_capacity;
} NodalRuns;

void nodal_runs_free(NodalRuns *runs);

/** One bit a pixel, set where it is not 0: (width + 63) / 64 words, 0 past the end. */
void nodal_runs_bits(const void *row, NodalDtype dtype, int64_t width, uint64_t *bits);

/** Finds the runs of rows `y` to `y` + `height` - 1. Labels are not set. */
bool nodal_runs_find(NodalRuns *runs, const NodalRaster *raster, int64_t y, int64_t height, NodalRunKind kind,
                     NodalError **error);

/**
 * The same, and gives the runs provisional labels 0 .. label_count - 1 in the order in which they appear, joined in
 * `parents`: the root of a component is the label that its first pixel has.
 */
bool nodal_runs_join(NodalRuns *runs, const NodalRaster *raster, int64_t y, int64_t height, NodalRunKind kind,
                     int connectivity, NodalError **error);

/** Turns provisional labels into 0 .. n - 1 in the order of the components' first pixels; returns n. */
uint32_t nodal_runs_settle(NodalRuns *runs);

/** Root of a label. Shortens the way. */
uint32_t nodal_union_find(uint32_t *parents, uint32_t label);

/** Joins two labels: the smaller root becomes the root of both. */
void nodal_union_join(uint32_t *parents, uint32_t a, uint32_t b);

/** Replaces each parent by the number of its root, roots numbered in ascending order from `first`. Returns how many. */
uint32_t nodal_union_number(uint32_t *parents, size_t count, uint32_t first);

/** Value of a pixel of an integer image. */
static inline uint32_t nodal_raster_value(const NodalRaster *raster, int64_t x, int64_t y) {
  const uint8_t *row = (const uint8_t *)raster->pixels + (size_t)y * raster->stride;
  switch (raster->dtype) {
  case NODAL_UINT8:
    return row[x];
  case NODAL_UINT16:
    return ((const uint16_t *)(const void *)row)[x];
  case NODAL_UINT32:
    return ((const uint32_t *)(const void *)row)[x];
  default:
    return 0;
  }
}

#endif
