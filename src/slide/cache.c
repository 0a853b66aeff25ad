/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/cache.h"

#include "base/memory.h"
#include "codec/codec.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Sixteen shards, each with a lock and a table of its own, so that readers of different tiles do not meet. The budget
 * is one for all: every use of a tile takes a tick of a common clock, each shard shows the tick of its least recently
 * used tile, and what must go is taken from the shard where that is lowest. So a few tiles nearly as large as the whole
 * budget are kept as well as many small ones.
 *
 * An entry in a table is either loading (its thread decodes, others wait on the shard's condition) or in the order of
 * use: ready, or a mark without pixels that the tile was asked for. One that leaves the table lives on until its last
 * reader lets go. Buffers of tiles that went serve the
 * next ones of about the same size: in the steady state no memory comes from or goes back to the system. Memory is
 * allocated and freed outside of the locks.
 */

enum { SHARDS = 16, BUCKETS = 1024, SPARE_BUFFERS = 16, SPARE_SHARE = 8, ALIGNMENT = 64, CLASSES_AN_OCTAVE = 8 };

typedef struct Entry {
  NodalTile tile; /* first: a tile handed out is its entry */
  NodalTileKey key;
  struct Entry *chain;         /* of the bucket, and of entries to be freed */
  struct Entry *newer, *older; /* in the order of use, while in the table and not loading */
  uint64_t tick;               /* of the last use */
  int references;              /* readers, plus one while in the table */
  bool loading, failed, mark;
  unsigned shard;
} Entry;

typedef struct Shard {
  _Alignas(ALIGNMENT) pthread_mutex_t lock;
  pthread_cond_t ready;
  Entry *newest, *oldest;
  _Atomic uint64_t oldest_tick; /* UINT64_MAX: nothing to drop; read without the lock */
  uint64_t hits, misses, waits;
  Entry *buckets[BUCKETS];
} Shard;

typedef struct Spare {
  uint8_t *buffer;
  size_t capacity;
} Spare;

struct NodalCache {
  Shard shards[SHARDS]; /* first, for its alignment */
  atomic_int references;
  _Atomic uint64_t next_id, clock;
  size_t budget;
  _Atomic size_t bytes;

  pthread_mutex_t spare_lock;
  Spare spares[SPARE_BUFFERS]; /* oldest first */
  int spare_count;
  size_t spare_bytes;
};

/* --- The cache --- */

static void free_buffer(uint8_t *buffer) {
  if (buffer) {
    free(buffer - NODAL_CODEC_SKEW);
  }
}

NodalCache *nodal_cache_new(size_t budget_bytes, NodalError **error) {
  void *memory = NULL;
  if (posix_memalign(&memory, ALIGNMENT, sizeof(NodalCache)) != 0) {
    nodal_fail_memory(error);
    return NULL;
  }
  NodalCache *cache = memory;
  memset(cache, 0, sizeof *cache);
  atomic_init(&cache->references, 1);
  atomic_init(&cache->next_id, 1);
  cache->budget = budget_bytes;
  pthread_mutex_init(&cache->spare_lock, NULL);
  for (int i = 0; i < SHARDS; i++) {
    pthread_mutex_init(&cache->shards[i].lock, NULL);
    pthread_cond_init(&cache->shards[i].ready, NULL);
    atomic_init(&cache->shards[i].oldest_tick, UINT64_MAX);
  }
  return cache;
}

NodalCache *nodal_cache_ref(NodalCache *cache) {
  atomic_fetch_add_explicit(&cache->references, 1, memory_order_relaxed);
  return cache;
}

void nodal_cache_unref(NodalCache *cache) {
  if (!cache || atomic_fetch_sub_explicit(&cache->references, 1, memory_order_acq_rel) != 1) {
    return;
  }
  for (int i = 0; i < SHARDS; i++) {
    Shard *shard = &cache->shards[i];
    for (Entry *entry = shard->newest, *next; entry; entry = next) {
      next = entry->older;
      free_buffer(entry->tile.pixels);
      free(entry);
    }
    pthread_cond_destroy(&shard->ready);
    pthread_mutex_destroy(&shard->lock);
  }
  for (int i = 0; i < cache->spare_count; i++) {
    free_buffer(cache->spares[i].buffer);
  }
  pthread_mutex_destroy(&cache->spare_lock);
  free(cache);
}

uint64_t nodal_cache_next_id(NodalCache *cache) {
  return atomic_fetch_add(&cache->next_id, 1);
}

void nodal_cache_statistics(NodalCache *cache, NodalCacheStatistics *statistics) {
  *statistics = (NodalCacheStatistics){.bytes = atomic_load(&cache->bytes)};
  for (int i = 0; i < SHARDS; i++) {
    Shard *shard = &cache->shards[i];
    pthread_mutex_lock(&shard->lock);
    statistics->hits += shard->hits;
    statistics->misses += shard->misses;
    statistics->waits += shard->waits;
    pthread_mutex_unlock(&shard->lock);
  }
}

/* --- Buffers --- */

/* Sizes are rounded up by at most an eighth, so that tiles of about the same size find a buffer that was used before.
 */
static size_t capacity_for(size_t size) {
  size_t step = ALIGNMENT;
  while (step < size / (2 * CLASSES_AN_OCTAVE)) {
    step *= 2;
  }
  return size > SIZE_MAX - step ? size : (size + step - 1) / step * step;
}

/* A large buffer comes as pages that are not there yet: bringing them in at one go costs a fraction of so many faults.
 */
static void populate(void *memory, size_t size) {
#ifdef MADV_POPULATE_WRITE
  const uintptr_t page = 4096;
  uintptr_t start = ((uintptr_t)memory + page - 1) & ~(page - 1), end = ((uintptr_t)memory + size) & ~(page - 1);
  if (size >= (size_t)128 << 10 && start < end) {
    madvise((void *)start, end - start, MADV_POPULATE_WRITE); /* a failure changes nothing */
  }
#else
  (void)memory, (void)size;
#endif
}

static uint8_t *take_buffer(NodalCache *cache, size_t size, NodalError **error) {
  size_t capacity = capacity_for(size);
  uint8_t *buffer = NULL;
  pthread_mutex_lock(&cache->spare_lock);
  for (int i = cache->spare_count - 1; i >= 0 && !buffer; i--) {
    if (cache->spares[i].capacity == capacity) {
      buffer = cache->spares[i].buffer;
      cache->spare_bytes -= capacity;
      cache->spare_count--;
      memmove(&cache->spares[i], &cache->spares[i + 1], (size_t)(cache->spare_count - i) * sizeof cache->spares[0]);
    }
  }
  pthread_mutex_unlock(&cache->spare_lock);
  if (buffer) {
    return buffer;
  }
  void *memory = NULL;
  if (capacity > SIZE_MAX - NODAL_CODEC_SKEW || posix_memalign(&memory, ALIGNMENT, capacity + NODAL_CODEC_SKEW) != 0) {
    nodal_fail_memory(error);
    return NULL;
  }
  populate(memory, capacity + NODAL_CODEC_SKEW);
  return (uint8_t *)memory + NODAL_CODEC_SKEW;
}

/* Takes the oldest spare out. With the lock of the spares held. */
static uint8_t *drop_spare(NodalCache *cache) {
  uint8_t *buffer = cache->spares[0].buffer;
  cache->spare_bytes -= cache->spares[0].capacity;
  cache->spare_count--;
  memmove(&cache->spares[0], &cache->spares[1], (size_t)cache->spare_count * sizeof cache->spares[0]);
  return buffer;
}

/* Keeps a buffer for the next tile, up to an eighth of the budget or one buffer; frees the oldest ones beyond that. */
static void give_buffer(NodalCache *cache, uint8_t *buffer, size_t size) {
  size_t capacity = capacity_for(size);
  if (!buffer || size > cache->budget) {
    free_buffer(buffer);
    return;
  }
  size_t limit = cache->budget / SPARE_SHARE;
  uint8_t *dropped[SPARE_BUFFERS];
  int count = 0;
  pthread_mutex_lock(&cache->spare_lock);
  while (cache->spare_count == SPARE_BUFFERS || (cache->spare_count > 0 && cache->spare_bytes + capacity > limit)) {
    dropped[count++] = drop_spare(cache);
  }
  cache->spares[cache->spare_count++] = (Spare){buffer, capacity};
  cache->spare_bytes += capacity;
  pthread_mutex_unlock(&cache->spare_lock);
  while (count > 0) {
    free_buffer(dropped[--count]);
  }
}

/* --- Entries; all with the shard's lock held, but where it says otherwise --- */

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

/* What an entry counts for. Marks and absent tiles take some memory, too, and there may be millions of those. */
static size_t charge_of(const Entry *entry) {
  return entry->tile.size ? entry->tile.size : sizeof *entry;
}

static void show_oldest(Shard *shard) {
  atomic_store_explicit(&shard->oldest_tick, shard->oldest ? shard->oldest->tick : UINT64_MAX, memory_order_relaxed);
}

static void unlink_use(Shard *shard, Entry *entry) {
  *(entry->newer ? &entry->newer->older : &shard->newest) = entry->older;
  *(entry->older ? &entry->older->newer : &shard->oldest) = entry->newer;
  entry->newer = entry->older = NULL;
}

static void link_newest(NodalCache *cache, Shard *shard, Entry *entry) {
  entry->tick = atomic_fetch_add_explicit(&cache->clock, 1, memory_order_relaxed);
  entry->older = shard->newest;
  entry->newer = NULL;
  *(shard->newest ? &shard->newest->newer : &shard->oldest) = entry;
  shard->newest = entry;
  show_oldest(shard);
}

/* One reference less; an entry without any is put before `*dead`, to be freed without the lock. */
static void drop_reference(Entry *entry, Entry **dead) {
  if (--entry->references == 0) {
    entry->chain = *dead;
    *dead = entry;
  }
}

static void remove_from_table(Shard *shard, Entry *entry, Entry **dead) {
  Entry **link = bucket_of(shard, hash_key(&entry->key));
  while (*link != entry) {
    link = &(*link)->chain;
  }
  *link = entry->chain;
  drop_reference(entry, dead);
}

/* Takes a ready entry out of the table. */
static void evict(NodalCache *cache, Shard *shard, Entry *entry, Entry **dead) {
  unlink_use(shard, entry);
  show_oldest(shard);
  atomic_fetch_sub(&cache->bytes, charge_of(entry));
  remove_from_table(shard, entry, dead);
}

/* Without a lock. */
static void free_dead(NodalCache *cache, Entry *dead) {
  while (dead) {
    Entry *next = dead->chain;
    give_buffer(cache, dead->tile.pixels, dead->tile.size);
    free(dead);
    dead = next;
  }
}

/* Drops least recently used tiles until the budget is kept. Without a lock. */
static void make_room(NodalCache *cache) {
  Entry *dead = NULL;
  while (atomic_load(&cache->bytes) > cache->budget) {
    Shard *shard = NULL;
    uint64_t lowest = UINT64_MAX;
    for (int i = 0; i < SHARDS; i++) {
      uint64_t tick = atomic_load_explicit(&cache->shards[i].oldest_tick, memory_order_relaxed);
      if (tick < lowest) {
        lowest = tick;
        shard = &cache->shards[i];
      }
    }
    if (!shard) {
      break;
    }
    pthread_mutex_lock(&shard->lock);
    /* Somebody else may have made room in the meantime. */
    if (shard->oldest && atomic_load(&cache->bytes) > cache->budget) {
      evict(cache, shard, shard->oldest, &dead);
    }
    pthread_mutex_unlock(&shard->lock);
  }
  free_dead(cache, dead);
}

/* --- Requests --- */

/* The ready entry of the tile, with a reference more. NULL when the caller is to load. */
static Entry *look_up(NodalCache *cache, Shard *shard, uint64_t hash, const NodalTileKey *key, Entry **dead) {
  for (bool waited = false;; waited = true) {
    Entry *entry = find_entry(shard, hash, key);
    if (!entry) {
      return NULL;
    }
    if (entry->mark) {
      evict(cache, shard, entry, dead);
      return NULL;
    }
    if (!entry->loading) {
      shard->hits += !waited;
      unlink_use(shard, entry);
      link_newest(cache, shard, entry);
      entry->references++;
      return entry;
    }
    shard->waits += !waited;
    entry->references++;
    while (entry->loading) {
      pthread_cond_wait(&shard->ready, &shard->lock);
    }
    /* What was waited for serves even where the cache did not keep it. */
    if (!entry->failed) {
      return entry;
    }
    drop_reference(entry, dead);
  }
}

/* A new entry in the table, with one reference for the table. */
static Entry *add_entry(Shard *shard, uint64_t hash, const NodalTileKey *key, NodalError **error) {
  Entry *entry = nodal_alloc_array(1, sizeof *entry, error);
  if (!entry) {
    return NULL;
  }
  entry->key = *key;
  entry->references = 1;
  entry->shard = (unsigned)(hash % SHARDS);
  Entry **bucket = bucket_of(shard, hash);
  entry->chain = *bucket;
  *bucket = entry;
  shard->misses++;
  return entry;
}

/* Allocates and decodes. Without a lock: nobody else looks at a tile that is loading. */
static bool load_entry(NodalCache *cache, Entry *entry, size_t stride, size_t size, NodalTileLoad load, void *user,
                       NodalError **error) {
  NodalTile *tile = &entry->tile;
  tile->stride = stride;
  tile->size = size;
  tile->pixels = take_buffer(cache, size, error);
  if (!tile->pixels || !load(user, tile, error)) {
    return false;
  }
  if (tile->absent) {
    give_buffer(cache, tile->pixels, tile->size);
    tile->pixels = NULL;
    tile->size = 0;
  }
  return true;
}

static void finish_loading(NodalCache *cache, Shard *shard, Entry *entry, bool loaded, Entry **dead) {
  entry->loading = false;
  entry->failed = !loaded;
  if (loaded && charge_of(entry) <= cache->budget) {
    link_newest(cache, shard, entry);
    atomic_fetch_add(&cache->bytes, charge_of(entry));
  } else {
    remove_from_table(shard, entry, dead);
  }
  if (!loaded) {
    drop_reference(entry, dead);
  }
  pthread_cond_broadcast(&shard->ready);
}

const NodalTile *nodal_cache_get(NodalCache *cache, const NodalTileKey *key, size_t stride, size_t size,
                                 NodalTileLoad load, void *user, NodalError **error) {
  uint64_t hash = hash_key(key);
  Shard *shard = &cache->shards[hash % SHARDS];
  Entry *dead = NULL;
  pthread_mutex_lock(&shard->lock);
  Entry *entry = look_up(cache, shard, hash, key, &dead);
  bool found = entry != NULL;
  if (!found) {
    entry = add_entry(shard, hash, key, error);
    if (entry) {
      entry->loading = true;
      entry->references++;
    }
  }
  pthread_mutex_unlock(&shard->lock);
  free_dead(cache, dead);
  if (found || !entry) {
    return entry ? &entry->tile : NULL;
  }
  bool loaded = load_entry(cache, entry, stride, size, load, user, error);
  dead = NULL;
  pthread_mutex_lock(&shard->lock);
  finish_loading(cache, shard, entry, loaded, &dead);
  pthread_mutex_unlock(&shard->lock);
  free_dead(cache, dead);
  make_room(cache);
  return loaded ? &entry->tile : NULL;
}

bool nodal_cache_first_use(NodalCache *cache, const NodalTileKey *key) {
  if (cache->budget < sizeof(Entry)) {
    return true; /* a cache that keeps nothing remembers nothing */
  }
  uint64_t hash = hash_key(key);
  Shard *shard = &cache->shards[hash % SHARDS];
  pthread_mutex_lock(&shard->lock);
  Entry *entry = find_entry(shard, hash, key) ? NULL : add_entry(shard, hash, key, NULL);
  if (entry) {
    entry->mark = true;
    link_newest(cache, shard, entry);
    atomic_fetch_add(&cache->bytes, charge_of(entry));
  }
  pthread_mutex_unlock(&shard->lock);
  make_room(cache);
  return entry != NULL;
}

void nodal_cache_release(NodalCache *cache, const NodalTile *tile) {
  Entry *entry = (Entry *)(uintptr_t)tile, *dead = NULL;
  Shard *shard = &cache->shards[entry->shard];
  pthread_mutex_lock(&shard->lock);
  drop_reference(entry, &dead);
  pthread_mutex_unlock(&shard->lock);
  free_dead(cache, dead);
}

void nodal_cache_forget(NodalCache *cache, uint64_t slide) {
  for (int i = 0; i < SHARDS; i++) {
    Shard *shard = &cache->shards[i];
    Entry *dead = NULL;
    pthread_mutex_lock(&shard->lock);
    for (Entry *entry = shard->newest, *next; entry; entry = next) {
      next = entry->older;
      if (entry->key.slide == slide) {
        evict(cache, shard, entry, &dead);
      }
    }
    pthread_mutex_unlock(&shard->lock);
    free_dead(cache, dead);
  }
}
