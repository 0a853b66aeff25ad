/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_WHOLE_H
#define NODAL_PHANTOM_WHOLE_H

#include "phantom/fault.h"
#include "phantom/paint.h"

/** The object behind the public functions; nothing in it changes after nodal_phantom_new(). */
struct NodalPhantom {
  NodalPhantomOptions options; /* without what was borrowed */
  PhantomPlan plan;
  PhantomPainter painter;
  PhantomBlur optics;
  PhantomFaults faults;
};

/** nodal_phantom_new() for where things lie alone: nests, outlines and faults, in a hundredth of the time. */
NodalPhantom *phantom_new_planned(const NodalPhantomOptions *options, NodalError **error);

/** The part of [start, start + size) inside [0, limit), relative to start. */
void phantom_clip(int64_t start, int64_t size, int64_t limit, int64_t *from, int64_t *to);

/** region.c: the pixels of a region as the scanner delivers them: rows of `stride` bytes. */
bool phantom_paint_region(const NodalPhantom *phantom, NodalRect region, uint8_t *rgb, size_t stride,
                          NodalError **error);

#endif
