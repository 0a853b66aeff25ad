/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_STAGING_AREA_H
#define NODAL_STAGING_AREA_H

#include "staging/deposit.h"

/** Sums over the pixels of an area, of places relative to `origin`, in level-0 pixels. */
typedef struct StagingMoments {
  NodalPoint origin;
  double pixels;
  double x, y, xx, xy, yy;
} StagingMoments;

/**
 * Sums over the level-0 pixels whose center lies in one of `areas` and in none of `cuts`: those that a mask drawn by
 * NODAL_MASK_CENTER holds. Works through them row by row without drawing any.
 */
bool staging_measure_area(const Deposit *const *areas, size_t area_count, const Deposit *const *cuts, size_t cut_count,
                          StagingMoments *moments, NodalError **error);

/** Length of the major axis of the ellipse of equal second moments, 4 times the square root of the larger eigenvalue of
 * the pixels' covariance, micrometres. */
double staging_major_axis(const StagingMoments *moments, StagingSpacing spacing);

#endif
