/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CACHE_H
#define NODAL_CACHE_H

#include <nodal/error.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Decoded tiles, least recently used first out, within a budget of bytes. One cache may serve many slides. */
typedef struct NodalCache NodalCache;

/** The budget of the cache that a slide makes for itself when it is given none: 40 tiles of 512 x 512 pixels in RGB. */
#define NODAL_CACHE_DEFAULT_BYTES ((size_t)32 << 20)

/** A budget of 0 is allowed: tiles then live only while they are being read. */
NODAL_API NODAL_MUST_CHECK NodalCache *nodal_cache_new(size_t budget_bytes, NodalError **error);
NODAL_API NodalCache *nodal_cache_ref(NodalCache *cache);
NODAL_API void nodal_cache_unref(NodalCache *cache);

typedef struct NodalCacheStatistics {
  size_t bytes;    /**< held now, tiles in use by a reader not counted once they were pushed out */
  uint64_t hits;   /**< asked for and there */
  uint64_t misses; /**< asked for and decoded */
  uint64_t waits;  /**< asked for while another thread was decoding it */
} NodalCacheStatistics;

/** Thread-safe; the numbers are of one moment. */
NODAL_API void nodal_cache_statistics(NodalCache *cache, NodalCacheStatistics *statistics);

#ifdef __cplusplus
}
#endif
#endif
