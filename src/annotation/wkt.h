/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_ANNOTATION_WKT_H
#define NODAL_ANNOTATION_WKT_H

#include "annotation/ring_buffer.h"

/**
 * Reads well-known text (OGC 06-103r4, section 7.2) in two dimensions: POINT, MULTIPOINT (its positions with or without
 * brackets), LINESTRING, POLYGON and MULTIPOLYGON, in any case. Fills the buffer, the first ring of each polygon an
 * outer one and the rest holes, without the points that close them; `*shape` is NODAL_SHAPE_NONE, and the buffer empty,
 * where it is something else or empty. The message of a failure names the byte, from 1, and no file.
 */
bool nodal_wkt_read(const char *text, NodalRingBuffer *points, NodalShape *shape, NodalError **error);

#endif
