/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_ANNOTATION_RING_BUFFER_H
#define NODAL_ANNOTATION_RING_BUFFER_H

#include "base/error.h"
#include <nodal/annotation.h>

/** Points gathered ring by ring for one annotation after another; zero it first. */
typedef struct NodalRingBuffer {
  NodalPoint *points;
  size_t point_count, point_capacity;
  NodalRing *rings; /**< `points` is set by nodal_ring_buffer_rings() */
  size_t ring_count, ring_capacity;
} NodalRingBuffer;

/** Starts a ring; the points that follow are its own. */
bool nodal_ring_buffer_start(NodalRingBuffer *buffer, bool hole, NodalError **error);
bool nodal_ring_buffer_add(NodalRingBuffer *buffer, double x, double y, NodalError **error);

/** Drops the last point of the last ring where it repeats the first: for formats that close rings so. */
void nodal_ring_buffer_unclose(NodalRingBuffer *buffer);

/** The rings, borrowed until the next call. */
const NodalRing *nodal_ring_buffer_rings(NodalRingBuffer *buffer);

void nodal_ring_buffer_clear(NodalRingBuffer *buffer);
void nodal_ring_buffer_free(NodalRingBuffer *buffer);

#endif
