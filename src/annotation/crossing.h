/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_ANNOTATION_CROSSING_H
#define NODAL_ANNOTATION_CROSSING_H

#include "base/error.h"
#include <nodal/annotation.h>

/** Where two edges of a ring cross. An edge has the index of the vertex that it starts at. */
typedef struct NodalCrossing {
  size_t first, second;
  NodalPoint place;
} NodalCrossing;

/**
 * Whether a closed ring crosses itself: two of its edges have a point in common that is inside of both. Edges that only
 * touch do not count. `*found` is set, and `crossing` filled with any one of them. Edges are swept along the axis on
 * which they overlap less; `*work` (pairs that may still be looked at) is used up, and without any left it fails with
 * NODAL_ERROR_MEMORY.
 */
bool nodal_find_crossing(const NodalRing *ring, int64_t *work, bool *found, NodalCrossing *crossing,
                         NodalError **error);

#endif
