/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_SOURCE_H
#define NODAL_BASE_SOURCE_H

#include <nodal/source.h>

/** Whether [offset, offset + size) lies inside the source. */
bool nodal_source_holds(const NodalSource *source, uint64_t offset, uint64_t size);

/** Reads up to `size` bytes at `offset`; `*got` may be less at the end of the source, and 0 past it. */
bool nodal_source_read_some(NodalSource *source, void *buffer, size_t size, uint64_t offset, size_t *got,
                            NodalError **error);

#endif
