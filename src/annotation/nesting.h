/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_ANNOTATION_NESTING_H
#define NODAL_ANNOTATION_NESTING_H

#include "base/error.h"
#include <nodal/annotation.h>

/** Whether a place is inside a ring by the even-odd rule; on its left and upper edges counts as inside. */
bool nodal_ring_contains(const NodalRing *ring, NodalPoint at);

/**
 * Makes a polygon of rings that fill by the even-odd rule and do not cross each other: those that lie in an even number
 * of others are outer ones, the rest are holes. Sets `hole` and puts each outer ring, in their order, before the holes
 * in it. `*work` (edges that may still be looked at) is used up; without any left it fails with NODAL_ERROR_MEMORY.
 */
bool nodal_nest_rings(NodalRing *rings, size_t count, int64_t *work, NodalError **error);

#endif
