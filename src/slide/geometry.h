/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SLIDE_GEOMETRY_H
#define NODAL_SLIDE_GEOMETRY_H

#include <nodal/types.h>
#include <stdbool.h>
#include <stdint.h>

/** What is known of a level when its downsample is to be found. */
typedef struct NodalLevelShape {
  int64_t width0, height0;
  int64_t width, height;
  int64_t tile_width, tile_height; /**< padding goes up to whole tiles */
  double previous;                 /**< downsample of the next larger level; at least 1 */
  double stated;                   /**< ratio of the resolution tags, or 0 */
} NodalLevelShape;

/**
 * The true factor between level 0 and a level. Sizes alone mislead twice: rounding (2967 / 741 is 4.004, the factor 4)
 * and padding of levels up to whole tiles (86016 / 3072 is 28, the factor 32). Tried in this order: an integer that
 * gives exactly this size when rounded down, up or to nearest, a power of two before others; where both sides are
 * whole tiles, the stated ratio or the power of two that padding allows; the mean of the two ratios. False when width
 * and height do not belong to the same picture.
 */
bool nodal_find_downsample(const NodalLevelShape *shape, double *downsample);

/** floor(a / b) for b > 0, a of either sign. */
int64_t nodal_floor_div(int64_t a, int64_t b);

/** The overlap of two rectangles; false, and width or height 0, when there is none. Never overflows. */
bool nodal_rect_intersect(NodalRect a, NodalRect b, NodalRect *overlap);

#endif
