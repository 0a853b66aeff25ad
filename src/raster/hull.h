/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_RASTER_HULL_H
#define NODAL_RASTER_HULL_H

#include <nodal/annotation.h>

/**
 * The convex hull of `count` points (Andrew's monotone chain, Information Processing Letters 9, 1979). Sorts `points`,
 * which must be finite. `hull` has room for count + 1 points and receives the corners alone, none on an edge between
 * two others and none twice, beginning with the leftmost (of several the one of least y) and turning from +x to +y.
 * Returns how many: 0 of no points, 1 of equal ones, 2 of points on one line.
 *
 * Exact where the products of coordinate differences are exact in double: integers up to 2^25.
 */
size_t nodal_convex_hull(NodalPoint *points, size_t count, NodalPoint *hull);

/**
 * The greatest distance between two of the corners, found by rotating calipers (Shamos 1978), and the corners it lies
 * between (`ends`, may be NULL). `hull` as nodal_convex_hull() makes it, or the same stretched along the axes. 0 of
 * fewer than two corners.
 */
double nodal_hull_diameter(const NodalPoint *hull, size_t count, NodalPoint ends[2]);

#endif
