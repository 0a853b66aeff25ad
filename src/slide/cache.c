/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/cache.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/*
 * Sixteen shards, each with its own lock, table and share of the budget, so that readers of different tiles do not
 * meet. An entry is in one of two states: loading (its thread decodes, others wait on the shard's condition) or ready.
 * A ready entry that leaves the table lives on until its last reader lets go. Buffers of tiles that went are kept for
 * the next ones of the same size: in the steady state no memory comes from or goes back to the system.
 */

enum { SHARDS = 16, BUCKETS = 1024, SPARE_BUFFERS = 2, ALIGNMENT = 64 };

typedef struct Entry {
  NodalTile tile; /* first: a tile handed out is its entry */
  NodalTileKey key;
  struct Entry *chain;         /* of the bucket */
  struct Entry *newer, *older; /* in the order of use */
  int references;              /* readers, plus one while in the table */
  bool loading, failed, resident;
  unsigned shard;
} Entry;

typedef struct Shard {
  pthread_mutex_t lock;
  pthread_cond_t ready;
  Entry *buckets[BUCKETS];
  Entry *newest, *oldest;
  size_t bytes;
  uint64_t hits, misses, waits;
  struct {
    uint8_t *buffer;
    size_t size;
  } spare[SPARE_BUFFERS];
} Shard;

struct NodalCache {
  atomic_int references;
  _Atomic uint64_t next_id;
  size_t shard_budget;
  Shard shards[SHARDS];
};

NodalCache *nodal_cache_new(size_t budget_bytes, NodalError **error) {
  NodalCache *cache = nodal_alloc_array(1, sizeof *cache, error);
  if (!cache) {
    return NULL;
  }
  atomic_init(&cache->references, 1);
  atomic_init(&cache->next_id, 1);
  cache->shard_budget = budget_bytes / SHARDS;
  for (int i = 0; i < SHARDS; i++) {
    pthread_mutex_init(&cache->shards[i].lock, NULL);
    pthread_cond_init(&cache->shards[i].ready, NULL);
  }
  return cache;
}

NodalCache *nodal_cache_ref(NodalCache *cache) {
  atomic_fetch_add_explicit(&cache->references, 1, memory_order_relaxed);
  return cache;
}

static void free_entry(Entry *entry) {
  free(entry->tile.pixels);
  free(entry);
}

void nodal_cache_unref(NodalCache *cache) {
  if (!cache || atomic_fetch_sub_explicit(&cache->references, 1, memory_order_acq_rel) != 1) {
    return;
  }
  for (int i = 0; i < SHARDS; i++) {
    Shard *shard = &cache->shards[i];
    for (Entry *entry = shard->newest, *next; entry; entry = next) {
      next = entry->older;
      free_entry(entry);
    }
    for (int k = 0; k < SPARE_BUFFERS; k++) {
      free(shard->spare[k].buffer);
    }
    pthread_cond_destroy(&shard->ready);
    pthread_mutex_destroy(&shard->lock);
  }
  free(cache);
}

uint64_t nodal_cache_next_id(NodalCache *cache) {
  return atomic_fetch_add(&cache->next_id, 1);
}

void nodal_cache_statistics(NodalCache *cache, NodalCacheStatistics *statistics) {
  *statistics = (NodalCacheStatistics){0};
  for (int i = 0; i < SHARDS; i++) {
    Shard *shard = &cache->shards[i];
    pthread_mutex_lock(&shard->lock);
    statistics->bytes += shard->bytes;
    statistics->hits += shard->hits;
    statistics->misses += shard->misses;
    statistics->waits += shard->waits;
    pthread_mutex_unlock(&shard->lock);
  }
}

/* Finalizer of MurmurHash3 (public domain constants), over the fields one after the other. */
static uint64_t mix(uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  return value ^ value >> 33;
}

static uint64_t hash_key(const NodalTileKey *key) {
  uint64_t hash = mix(key->slide + 0x9e3779b97f4a7c15ULL);
  hash = mix(hash ^ (uint64_t)key->level);
  hash = mix(hash ^ (uint64_t)key->column);
  return mix(hash ^ (uint64_t)key->row);
}

static bool same_key(const NodalTileKey *a, const NodalTileKey *b) {
  return a->slide == b->slide && a->level == b->level && a->column == b->column && a->row == b->row;
}

static Entry **bucket_of(Shard *shard, uint64_t hash) {
  return &shard->buckets[hash / SHARDS % BUCKETS];
}

static Entry *find_entry(Shard *shard, uint64_t hash, const NodalTileKey *key) {
  Entry *entry = *bucket_of(shard, hash);
  while (entry && !same_key(&entry->key, key)) {
    entry = entry->chain;
  }
  return entry;
}

static void unlink_use(Shard *shard, Entry *entry) {
  *(entry->newer ? &entry->newer->older : &shard->newest) = entry->older;
  *(entry->older ? &entry->older->newer : &shard->oldest) = entry->newer;
  entry->newer = entry->older = NULL;
}

static void link_newest(Shard *shard, Entry *entry) {
  entry->older = shard->newest;
  entry->newer = NULL;
  *(shard->newest ? &shard->newest->newer : &shard->oldest) = entry;
  shard->newest = entry;
}

static void keep_buffer(Shard *shard, Entry *entry) {
  for (int i = 0; i < SPARE_BUFFERS; i++) {
    if (!shard->spare[i].buffer) {
      shard->spare[i].buffer = entry->tile.pixels;
      shard->spare[i].size = entry->tile.size;
      entry->tile.pixels = NULL;
      return;
    }
  }
}

/* With the shard's lock held. */
static void drop_reference(const NodalCache *cache, Shard *shard, Entry *entry) {
  if (--entry->references == 0) {
    if (entry->tile.pixels && entry->tile.size <= cache->shard_budget) {
      keep_buffer(shard, entry);
    }
    free_entry(entry);
  }
}

/* Takes an entry out of the table. With the shard's lock held. */
static void evict(const NodalCache *cache, Shard *shard, Entry *entry) {
  Entry **link = bucket_of(shard, hash_key(&entry->key));
  while (*link != entry) {
    link = &(*link)->chain;
  }
  *link = entry->chain;
  unlink_use(shard, entry);
  if (entry->resident) {
    shard->bytes -= entry->tile.size;
  }
  entry->resident = false;
  drop_reference(cache, shard, entry);
}

static void make_room(const NodalCache *cache, Shard *shard) {
  Entry *entry = shard->oldest;
  while (entry && shard->bytes > cache->shard_budget) {
    Entry *newer = entry->newer;
    if (!entry->loading) {
      evict(cache, shard, entry);
    }
    entry = newer;
  }
}

static uint8_t *take_buffer(Shard *shard, size_t size, NodalError **error) {
  for (int i = 0; i < SPARE_BUFFERS; i++) {
    if (shard->spare[i].buffer && shard->spare[i].size == size) {
      uint8_t *buffer = shard->spare[i].buffer;
      shard->spare[i].buffer = NULL;
      return buffer;
    }
  }
  void *memory = NULL;
  if (posix_memalign(&memory, ALIGNMENT, size) != 0) {
    nodal_fail_memory(error);
    return NULL;
  }
  /* Another size than before: what is spare will not be asked for again. */
  free(shard->spare[0].buffer);
  shard->spare[0].buffer = NULL;
  return memory;
}

static bool covers(const NodalRect *have, const NodalRect *wanted) {
  return wanted->x >= have->x && wanted->y >= have->y && wanted->x + wanted->width <= have->x + have->width &&
         wanted->y + wanted->height <= have->y + have->height;
}

/* A new entry in state loading, in the table, with the caller's reference. With the shard's lock held. */
static Entry *start_loading(Shard *shard, uint64_t hash, const NodalTileKey *key, NodalRect part, size_t pixel_size,
                            NodalError **error) {
  Entry *entry = nodal_alloc_array(1, sizeof *entry, error);
  size_t size = (size_t)part.width * pixel_size;
  if (!entry || !nodal_mul_size(size, (size_t)part.height, &size) ||
      !(entry->tile.pixels = take_buffer(shard, size, error))) {
    free(entry);
    return NULL;
  }
  entry->tile.part = part;
  entry->tile.stride = (size_t)part.width * pixel_size;
  entry->tile.size = size;
  entry->key = *key;
  entry->loading = true;
  entry->references = 2;
  entry->shard = (unsigned)(hash % SHARDS);
  Entry **bucket = bucket_of(shard, hash);
  entry->chain = *bucket;
  *bucket = entry;
  link_newest(shard, entry);
  return entry;
}

/* The entry that serves the request, with a reference more; NULL when the caller is to load `*load_whole` or not. */
static Entry *look_up(NodalCache *cache, Shard *shard, uint64_t hash, const NodalTileKey *key, const NodalRect *wanted,
                      bool *load_whole) {
  for (bool waited = false;; waited = true) {
    Entry *entry = find_entry(shard, hash, key);
    if (!entry) {
      return NULL;
    }
    if (!entry->loading) {
      if (covers(&entry->tile.part, wanted) || entry->tile.absent) {
        shard->hits += !waited;
        unlink_use(shard, entry);
        link_newest(shard, entry);
        entry->references++;
        return entry;
      }
      *load_whole = true;
      evict(cache, shard, entry);
      return NULL;
    }
    shard->waits += !waited;
    entry->references++;
    while (entry->loading) {
      pthread_cond_wait(&shard->ready, &shard->lock);
    }
    /* What was waited for serves even where the cache did not keep it. */
    if (!entry->failed && (covers(&entry->tile.part, wanted) || entry->tile.absent)) {
      return entry;
    }
    drop_reference(cache, shard, entry);
  }
}

static void finish_loading(NodalCache *cache, Shard *shard, Entry *entry, bool loaded) {
  entry->loading = false;
  entry->failed = !loaded;
  if (loaded && entry->tile.absent) {
    free(entry->tile.pixels);
    entry->tile.pixels = NULL;
    entry->tile.size = 0;
  }
  if (!loaded || entry->tile.size > cache->shard_budget) {
    evict(cache, shard, entry);
  } else {
    entry->resident = true;
    shard->bytes += entry->tile.size;
    make_room(cache, shard);
  }
  pthread_cond_broadcast(&shard->ready);
}

const NodalTile *nodal_cache_get(NodalCache *cache, const NodalTileKey *key, NodalRect wanted, NodalRect part,
                                 NodalRect whole, size_t pixel_size, NodalTileLoad load, void *user,
                                 NodalError **error) {
  uint64_t hash = hash_key(key);
  Shard *shard = &cache->shards[hash % SHARDS];
  bool load_whole = false;
  pthread_mutex_lock(&shard->lock);
  Entry *entry = look_up(cache, shard, hash, key, &wanted, &load_whole);
  if (entry) {
    pthread_mutex_unlock(&shard->lock);
    return &entry->tile;
  }
  entry = start_loading(shard, hash, key, load_whole ? whole : part, pixel_size, error);
  shard->misses += entry != NULL;
  pthread_mutex_unlock(&shard->lock);
  if (!entry) {
    return NULL;
  }
  bool loaded = load(user, &entry->tile, error);
  pthread_mutex_lock(&shard->lock);
  finish_loading(cache, shard, entry, loaded);
  if (!loaded) {
    drop_reference(cache, shard, entry);
  }
  pthread_mutex_unlock(&shard->lock);
  return loaded ? &entry->tile : NULL;
}

void nodal_cache_release(NodalCache *cache, const NodalTile *tile) {
  Entry *entry = (Entry *)(uintptr_t)tile;
  Shard *shard = &cache->shards[entry->shard];
  pthread_mutex_lock(&shard->lock);
  drop_reference(cache, shard, entry);
  pthread_mutex_unlock(&shard->lock);
}

void nodal_cache_forget(NodalCache *cache, uint64_t slide) {
  for (int i = 0; i < SHARDS; i++) {
    Shard *shard = &cache->shards[i];
    pthread_mutex_lock(&shard->lock);
    for (Entry *entry = shard->newest, *next; entry; entry = next) {
      next = entry->older;
      if (entry->key.slide == slide && !entry->loading) {
        evict(cache, shard, entry);
      }
    }
    pthread_mutex_unlock(&shard->lock);
  }
}
