/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_RASTER_MEASURE_H
#define NODAL_RASTER_MEASURE_H

#include "raster/runs.h"

/* What the pixels of one region add up to, and their outline as far as its width is decided by it. */

__extension__ typedef unsigned __int128 NodalWide;

typedef struct NodalCorner {
  int32_t x, y;
} NodalCorner;

/** Sums over the pixels' columns and rows, exact. count 0: nothing yet. */
typedef struct NodalMeasure {
  uint64_t count;
  int64_t left, top, right, bottom; /**< right and bottom are past the last pixel */
  uint64_t x, y;
  NodalWide xx, xy, yy;
  NodalCorner *corners; /**< among which are all corners of the convex hull */
  size_t corner_count, corner_capacity, corner_limit;
} NodalMeasure;

/** A corner on the left or right side of a region whose pixels are still coming; the chain goes upwards. */
typedef struct NodalLink {
  int32_t x, y; /**< x negated on the right side: both sides turn the same way */
  uint32_t up;  /**< index of the one above; UINT32_MAX: none */
} NodalLink;

/** A region of the block being measured. */
typedef struct NodalMeasuring {
  NodalMeasure measure; /**< corners not set */
  uint32_t left, right; /**< lowest links of both sides */
  int32_t row;          /**< the last row with pixels, and how far they reach */
  int32_t start, end;
} NodalMeasuring;

/** The regions of one block. Grows; zero it first. */
typedef struct NodalMeasurer {
  NodalMeasuring *regions;
  size_t count, region_capacity;
  NodalLink *links;
  size_t link_count, link_capacity;
} NodalMeasurer;

void nodal_measurer_free(NodalMeasurer *measurer);

/** Forgets all and makes room for `count` regions. */
bool nodal_measurer_begin(NodalMeasurer *measurer, size_t count, NodalError **error);

/** Adds the labelled runs of a block whose top-left pixel is `x`, `y` of the image. Each label is below the count. */
bool nodal_measurer_add(NodalMeasurer *measurer, const NodalRuns *runs, int64_t x, int64_t y, NodalError **error);

/** Adds region `index` to `measure`. */
bool nodal_measurer_take(NodalMeasurer *measurer, size_t index, NodalMeasure *measure, NodalError **error);

/** Adds `other` to `measure` and empties it. */
bool nodal_measure_merge(NodalMeasure *measure, NodalMeasure *other, NodalError **error);

void nodal_measure_clear(NodalMeasure *measure);

/** How pixels of the image that was read relate to level 0. */
typedef struct NodalMeasureScale {
  double downsample;
  double spacing_x_um, spacing_y_um; /**< of level 0; 0: unknown */
} NodalMeasureScale;

/** The numbers of a region. `label` and `value` are not set. Empties the list of corners down to the hull. */
bool nodal_measure_finish(NodalMeasure *measure, const NodalMeasureScale *scale, NodalRegion *region,
                          NodalError **error);

#endif
