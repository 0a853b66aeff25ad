/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PYRAMID_SHARE_H
#define NODAL_PYRAMID_SHARE_H

#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

/** Where a compressed tile lies in the file. */
typedef struct NodalPlace {
  uint64_t offset, size;
} NodalPlace;

enum {
  NODAL_SHARED_SLOTS = 1024,    /**< different keys that are remembered; the rest is stored as often as it comes */
  NODAL_SHARED_MAX_BYTES = 8192 /**< longest key */
};

/**
 * Remembers places by key: the value of a constant tile, or the compressed bytes of a short tile. What comes first
 * stays; so the same sequence of calls gives the same answers. Not thread-safe. Zero it first.
 */
typedef struct NodalShared {
  struct NodalSharedEntry *slots;
  size_t count, bytes;
} NodalShared;

/** The place of a key of a kind (any small number), or false. */
bool nodal_shared_find(const NodalShared *shared, int kind, const void *key, size_t size, NodalPlace *place);

/** Remembers a key that is not there; quietly does not when it is too long or there are too many. */
bool nodal_shared_add(NodalShared *shared, int kind, const void *key, size_t size, NodalPlace place,
                      NodalError **error);

void nodal_shared_clear(NodalShared *shared);

#endif
