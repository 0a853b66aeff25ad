/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SLIDE_CACHE_H
#define NODAL_SLIDE_CACHE_H

#include "base/error.h"
#include <nodal/cache.h>

/** Which tile: slide (an id that the cache hands out), level, column, row. */
typedef struct NodalTileKey {
  uint64_t slide;
  int32_t level;
  int64_t column, row;
} NodalTileKey;

/**
 * A decoded tile, or a part of one, immutable once ready and reference counted: it stays valid while somebody holds it,
 * also after the cache has dropped it.
 */
typedef struct NodalTile {
  NodalRect part;  /**< of the tile, in its pixels, what `pixels` holds */
  size_t stride;   /**< bytes from row to row */
  size_t size;     /**< bytes of `pixels` */
  bool absent;     /**< the file has no such tile; `pixels` is NULL */
  uint8_t *pixels; /**< 64-byte aligned */
} NodalTile;

/** Next free slide id; a slide takes one when it opens. */
uint64_t nodal_cache_next_id(NodalCache *cache);

/** Drops all tiles of a slide. */
void nodal_cache_forget(NodalCache *cache, uint64_t slide);

/**
 * Decodes the tile (or part) for `key` into tile->pixels, which the cache has allocated for `part`; may set
 * tile->absent.
 */
typedef bool (*NodalTileLoad)(void *user, NodalTile *tile, NodalError **error);

/**
 * The tile of `key` that covers `wanted`, from the cache or through `load`; a tile being loaded by another thread is
 * waited for. `pixel_size` in bytes. `whole` is the full tile, `part` what to decode if nothing of this tile was asked
 * for before; the second miss on the same tile always decodes `whole`. NULL and an error if loading failed (nothing is
 * kept then, waiting threads try themselves). Release with nodal_cache_release().
 */
const NodalTile *nodal_cache_get(NodalCache *cache, const NodalTileKey *key, NodalRect wanted, NodalRect part,
                                 NodalRect whole, size_t pixel_size, NodalTileLoad load, void *user,
                                 NodalError **error);
void nodal_cache_release(NodalCache *cache, const NodalTile *tile);

#endif
