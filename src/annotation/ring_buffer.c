/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/ring_buffer.h"

#include "base/memory.h"

bool nodal_ring_buffer_start(NodalRingBuffer *buffer, bool hole, NodalError **error) {
  if (!nodal_grow_array(&buffer->rings, &buffer->ring_capacity, buffer->ring_count + 1, sizeof *buffer->rings, error)) {
    return false;
  }
  buffer->rings[buffer->ring_count++] = (NodalRing){NULL, 0, hole};
  return true;
}

bool nodal_ring_buffer_add(NodalRingBuffer *buffer, double x, double y, NodalError **error) {
  if (!nodal_grow_array(&buffer->points, &buffer->point_capacity, buffer->point_count + 1, sizeof *buffer->points,
                        error)) {
    return false;
  }
  buffer->points[buffer->point_count++] = (NodalPoint){x, y};
  buffer->rings[buffer->ring_count - 1].count++;
  return true;
}

void nodal_ring_buffer_unclose(NodalRingBuffer *buffer) {
  NodalRing *ring = &buffer->rings[buffer->ring_count - 1];
  if (ring->count < 2) {
    return;
  }
  const NodalPoint *last = &buffer->points[buffer->point_count - 1], *first = last - (ring->count - 1);
  if (first->x == last->x && first->y == last->y) {
    ring->count--;
    buffer->point_count--;
  }
}

const NodalRing *nodal_ring_buffer_rings(NodalRingBuffer *buffer) {
  size_t at = 0;
  for (size_t i = 0; i < buffer->ring_count; at += buffer->rings[i].count, i++) {
    buffer->rings[i].points = buffer->rings[i].count > 0 ? &buffer->points[at] : NULL;
  }
  return buffer->rings;
}

void nodal_ring_buffer_clear(NodalRingBuffer *buffer) {
  buffer->point_count = 0;
  buffer->ring_count = 0;
}

void nodal_ring_buffer_free(NodalRingBuffer *buffer) {
  free(buffer->points);
  free(buffer->rings);
}
