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
 * Leaves out points (Douglas and Peucker, 1973) as long as what is left stays within `tolerance`, x counted `scale_x`
 * and y `scale_y` times. Where the rings would come to cross, or one to vanish, a smaller tolerance is taken, at last
 * 0, which changes nothing.
 */
bool nodal_contour_simplify(NodalContour *contour, double tolerance, double scale_x, double scale_y,
                            NodalError **error);

/** Makes one ring of all: into each hole and back along the same line. */
bool nodal_contour_join(NodalContour *contour, NodalError **error);

#endif
