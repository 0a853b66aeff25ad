/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_RASTER_CONTOURS_H
#define NODAL_RASTER_CONTOURS_H

#include "base/error.h"
#include <nodal/annotation.h>

/* Rings of one region: the outer one first, then its holes. The points are the region's own, in one array each. */
typedef struct NodalContour {
  NodalRing *rings;
  NodalPoint **points; /**< of each ring; rings[i].points is the same */
  size_t count;
} NodalContour;

void nodal_contour_clear(NodalContour *contour);

/**
 * Leaves out points as long as what is left stays within `tolerance`, x counted `scale_x` and y `scale_y` times
 * (Douglas and Peucker, Cartographica 10, 1973). Where the rings would come to cross, more points are kept until they
 * do not; of each ring three are kept in any case.
 */
bool nodal_contour_simplify(NodalContour *contour, double tolerance, double scale_x, double scale_y,
                            NodalError **error);

/** Makes one ring of all: into each hole and back along the same line. */
bool nodal_contour_join(NodalContour *contour, NodalError **error);

#endif
