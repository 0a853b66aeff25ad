/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PYRAMID_HALVE_H
#define NODAL_PYRAMID_HALVE_H

#include <nodal/types.h>

/** Where 2 x 2 interleaved pixels become one: `from` holds 2 * width x 2 * height pixels, `to` width x height. */
typedef struct NodalHalving {
  const uint8_t *from;
  uint8_t *to;
  size_t from_stride, to_stride; /**< bytes from row to row */
  int width, height;             /**< of the result */
} NodalHalving;

/** Mean of four samples, channel by channel, integers rounded to nearest with halves up. */
void nodal_halve_mean(const NodalHalving *halving, int channels, NodalDtype dtype);

/** Four channels of which the last is alpha: alpha as above, the others weighted by it. */
void nodal_halve_alpha(const NodalHalving *halving, NodalDtype dtype);

/** The top-left pixel of four. */
void nodal_halve_nearest(const NodalHalving *halving, size_t pixel_size);

#endif
