/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_RASTER_DISTANCE_H
#define NODAL_RASTER_DISTANCE_H

#include "base/error.h"
#include <nodal/raster.h>

/*
 * The parts of the exact distance transform. A target is a pixel that distances lead to; a step is one row. Steps are
 * floats, exact below 2^24, INFINITY where there is no target in the column.
 */

/** One byte a pixel: 0 at targets, else 1. */
void nodal_distance_flags(const void *row, NodalDtype dtype, NodalDistanceTo to, int64_t width, uint8_t *flags);

/**
 * Steps of one row to the nearest target above or in it: 0 at targets, else one more than in the row above. `above` and
 * `steps` may be the same.
 */
void nodal_distance_down(const uint8_t *flags, const float *above, int64_t width, float *steps);

/** The same for what lies below: steps become the smaller of their own and one more than in the row below. */
void nodal_distance_up(const float *below, int64_t width, float *steps);

/** Scratch of nodal_distance_row(), for rows of one width. */
typedef struct NodalEnvelope {
  int32_t *sites;
  double *heights, *starts, *squares;
} NodalEnvelope;

bool nodal_envelope_make(NodalEnvelope *envelope, int64_t width, NodalError **error);
void nodal_envelope_free(NodalEnvelope *envelope);

/**
 * Squared distances of the pixels of one row, in units of the pixel's width, into envelope->squares: the smallest of
 * (x - i)^2 + ratio^2 * steps[i]^2 over all i. `ratio`: height of a pixel over its width. Exact where it is 1.
 */
void nodal_distance_row(NodalEnvelope *envelope, const float *steps, int64_t width, double ratio);

#endif
