/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_RASTER_STRIPS_H
#define NODAL_RASTER_STRIPS_H

#include "base/pool.h"
#include "raster/runs.h"

/* Components of an array in memory, found in strips of rows side by side and joined at the seams. */

typedef struct NodalStrip {
  int64_t y, height;
  NodalRuns runs;
  size_t offset; /**< of its labels among those of all strips */
} NodalStrip;

typedef struct NodalStrips {
  const NodalRaster *raster;
  NodalRunKind kind;
  int connectivity;
  NodalStrip *strips;
  int64_t count;
  size_t label_count; /**< provisional labels of all strips */
  uint32_t *parents;  /**< of all labels; numbered: 1, 2, ... in the order of the components' first pixels */
} NodalStrips;

/** Cuts `raster` into strips, enough for all threads. nodal_strips_free() is due also where it fails. */
bool nodal_strips_make(NodalStrips *strips, const NodalRaster *raster, int threads, NodalError **error);

/** Finds the components; labels stay provisional and `parents` holds joined roots. */
bool nodal_strips_join(NodalStrips *strips, NodalRunKind kind, int connectivity, NodalPool *pool, NodalError **error);

/** The number of a run's component, once nodal_union_number() has been through `parents`. */
static inline uint32_t nodal_strips_number(const NodalStrips *strips, const NodalStrip *strip, const NodalRun *run) {
  return strips->parents[strip->offset + run->label];
}

void nodal_strips_free(NodalStrips *strips);

#endif
