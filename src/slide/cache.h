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
 * A decoded tile, immutable once ready and reference counted: it stays valid while somebody holds it, also after the
 * cache has dropped it.
 */
typedef struct NodalTile {
  size_t stride;   /**< bytes from row to row */
  size_t size;     /**< bytes of `pixels` */
  bool absent;     /**< the file has no such tile; `pixels` is NULL */
  uint8_t *pixels; /**< NODAL_CODEC_SKEW bytes past a multiple of 64 */
} NodalTile;

/** Next free slide id; a slide takes one when it opens. */
uint64_t nodal_cache_next_id(NodalCache *cache);

/** Drops all tiles of a slide. */
void nodal_cache_forget(NodalCache *cache, uint64_t slide);

/** Decodes the tile for `key` into tile->pixels, which the cache has allocated; may set tile->absent. */
typedef bool (*NodalTileLoad)(void *user, NodalTile *tile, NodalError **error);

/**
 * The tile of `key`, from the cache or through `load`; a tile being loaded by another thread is waited for. `stride`
 * bytes a row, `size` bytes in all. NULL and an error if loading failed (nothing is kept then, waiting threads try
 * themselves). Release with nodal_cache_release().
 */
const NodalTile *nodal_cache_get(NodalCache *cache, const NodalTileKey *key, size_t stride, size_t size,
                                 NodalTileLoad load, void *user, NodalError **error);
void nodal_cache_release(NodalCache *cache, const NodalTile *tile);

/**
 * Whether the tile of `key` was not asked for before, as far as the cache remembers; from now on it was. Counts as a
 * miss where it says true. So a reader can leave a tile out of the cache that is wanted once, and in part.
 */
bool nodal_cache_first_use(NodalCache *cache, const NodalTileKey *key);

#endif
