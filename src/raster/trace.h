/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_RASTER_TRACE_H
#define NODAL_RASTER_TRACE_H

#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

/*
 * Outlines of the regions of a label image that is seen row by row, along the cracks between pixels. A region is a
 * 4-connected set of pixels of one value that is not 0. Memory is what is open, and what is finished and not taken.
 */

/** Pixels from `start` to the next run are `value`. */
typedef struct NodalTraceRun {
  int32_t start;
  uint32_t value;
} NodalTraceRun;

typedef struct NodalTracePoint {
  int32_t x, y;
} NodalTracePoint;

/** A closed outline: its corners, the region to the right of the way (y grows downwards). */
typedef struct NodalTraceRing {
  struct NodalTraceRing *next;
  size_t count;
  bool hole;
  NodalTracePoint points[];
} NodalTraceRing;

/** A finished region. */
typedef struct NodalTraceRegion {
  uint32_t value;
  NodalTracePoint first; /**< its first pixel, row by row */
  NodalTraceRing *rings; /**< the outer one first */
} NodalTraceRegion;

typedef struct NodalTrace NodalTrace;

NodalTrace *nodal_trace_new(int32_t width, NodalError **error);
void nodal_trace_free(NodalTrace *trace);

/** Takes the next row: runs from 0 on, neighbours of different values. */
bool nodal_trace_row(NodalTrace *trace, const NodalTraceRun *runs, size_t count, NodalError **error);

/** Ends the image. */
bool nodal_trace_finish(NodalTrace *trace, NodalError **error);

/** The regions finished so far, in the order of their first pixels after nodal_trace_finish(). Borrowed. */
NodalTraceRegion *nodal_trace_regions(NodalTrace *trace, size_t *count);

#endif
