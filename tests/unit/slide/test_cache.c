/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/cache.h"

#include "codec/codec.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 64, TILE = SIDE * SIDE }; /* of one byte a pixel */

typedef struct Loader {
  atomic_int calls;
  atomic_int inside; /* of this tile, at once */
  atomic_bool overlapped;
  bool fail, absent;
} Loader;

/* Rows of SIDE pixels, each a byte that depends on its place. */
static void paint(NodalTile *tile) {
  for (size_t i = 0; i < tile->size; i++) {
    tile->pixels[i] = (uint8_t)(i % SIDE + 3 * (i / SIDE));
  }
}

static bool load(void *user, NodalTile *tile, NodalError **error) {
  Loader *loader = user;
  atomic_fetch_add(&loader->calls, 1);
  if (atomic_fetch_add(&loader->inside, 1) > 0) {
    atomic_store(&loader->overlapped, true);
  }
  paint(tile);
  tile->absent = loader->absent;
  atomic_fetch_sub(&loader->inside, 1);
  return !loader->fail || nodal_fail(error, NODAL_ERROR_FORMAT, "broken tile");
}

static NodalCache *new_cache(size_t budget) {
  NodalCache *cache = nodal_cache_new(budget, NULL);
  assert_non_null(cache);
  return cache;
}

static const NodalTile *get(NodalCache *cache, int64_t column, Loader *loader) {
  NodalTileKey key = {1, 0, column, 0};
  return nodal_cache_get(cache, &key, SIDE, TILE, load, loader, NULL);
}

static bool is_painted(const NodalTile *tile) {
  for (size_t i = 0; i < tile->size; i++) {
    if (tile->pixels[i] != (uint8_t)(i % SIDE + 3 * (i / SIDE))) {
      return false;
    }
  }
  return tile->stride == SIDE;
}

static void check_pixels(const NodalTile *tile) {
  assert_true(is_painted(tile));
}

static void test_second_read_is_a_hit(void **state) {
  (void)state;
  NodalCache *cache = new_cache(1 << 20);
  Loader loader = {0};
  for (int i = 0; i < 2; i++) {
    const NodalTile *tile = get(cache, 0, &loader);
    check_pixels(tile);
    nodal_cache_release(cache, tile);
  }
  assert_int_equal(loader.calls, 1);
  NodalCacheStatistics statistics;
  nodal_cache_statistics(cache, &statistics);
  assert_int_equal(statistics.hits, 1);
  assert_int_equal(statistics.misses, 1);
  assert_int_equal(statistics.bytes, TILE);
  nodal_cache_unref(cache);
}

static void test_first_use(void **state) {
  (void)state;
  NodalCache *cache = new_cache(1 << 20);
  Loader loader = {0};
  NodalTileKey key = {1, 0, 0, 0};
  assert_true(nodal_cache_first_use(cache, &key));
  assert_false(nodal_cache_first_use(cache, &key));
  NodalCacheStatistics statistics;
  nodal_cache_statistics(cache, &statistics);
  assert_int_equal(statistics.misses, 1);
  assert_int_equal(statistics.hits, 0);
  /* The mark makes way for the tile. */
  const NodalTile *tile = get(cache, 0, &loader);
  check_pixels(tile);
  nodal_cache_release(cache, tile);
  assert_false(nodal_cache_first_use(cache, &key));
  nodal_cache_statistics(cache, &statistics);
  assert_int_equal(statistics.bytes, TILE);
  assert_int_equal(statistics.misses, 2);
  /* Another tile, and the same of another slide, are others. */
  assert_true(nodal_cache_first_use(cache, &(NodalTileKey){1, 0, 1, 0}));
  assert_true(nodal_cache_first_use(cache, &(NodalTileKey){2, 0, 0, 0}));
  nodal_cache_forget(cache, 2);
  assert_true(nodal_cache_first_use(cache, &(NodalTileKey){2, 0, 0, 0}));
  nodal_cache_unref(cache);
}

/* Marks live within the budget like everything else; a cache that keeps nothing remembers nothing. */
static void test_marks_are_limited(void **state) {
  (void)state;
  NodalCache *cache = new_cache(10000);
  for (int64_t column = 0; column < 5000; column++) {
    assert_true(nodal_cache_first_use(cache, &(NodalTileKey){1, 0, column, 0}));
  }
  NodalCacheStatistics statistics;
  nodal_cache_statistics(cache, &statistics);
  assert_true(statistics.bytes <= 10000);
  assert_true(statistics.bytes > 9000);
  assert_false(nodal_cache_first_use(cache, &(NodalTileKey){1, 0, 4999, 0}));
  assert_true(nodal_cache_first_use(cache, &(NodalTileKey){1, 0, 0, 0}));
  nodal_cache_unref(cache);
  cache = new_cache(0);
  for (int i = 0; i < 2; i++) {
    assert_true(nodal_cache_first_use(cache, &(NodalTileKey){1, 0, 0, 0}));
  }
  nodal_cache_unref(cache);
}

static void test_budget(void **state) {
  (void)state;
  NodalCache *cache = new_cache(16 * 2 * TILE);
  Loader loader = {0};
  const NodalTile *held = get(cache, 0, &loader);
  for (int64_t column = 1; column < 400; column++) {
    nodal_cache_release(cache, get(cache, column, &loader));
  }
  NodalCacheStatistics statistics;
  nodal_cache_statistics(cache, &statistics);
  assert_int_equal(statistics.bytes, 16 * 2 * TILE);
  check_pixels(held);
  nodal_cache_release(cache, held);
  nodal_cache_unref(cache);
}

static void test_no_budget(void **state) {
  (void)state;
  NodalCache *cache = new_cache(0);
  Loader loader = {0};
  for (int i = 0; i < 3; i++) {
    const NodalTile *tile = get(cache, 0, &loader);
    check_pixels(tile);
    nodal_cache_release(cache, tile);
  }
  assert_int_equal(loader.calls, 3);
  nodal_cache_unref(cache);
}

static void test_failure_is_not_kept(void **state) {
  (void)state;
  NodalCache *cache = new_cache(1 << 20);
  Loader loader = {.fail = true};
  NodalTileKey key = {1, 0, 0, 0};
  NodalError *error = NULL;
  assert_null(nodal_cache_get(cache, &key, SIDE, TILE, load, &loader, &error));
  assert_string_equal(nodal_error_message(error), "broken tile");
  nodal_error_free(error);
  loader.fail = false;
  nodal_cache_release(cache, get(cache, 0, &loader));
  assert_int_equal(loader.calls, 2);
  nodal_cache_unref(cache);
}

static void test_absent_tile(void **state) {
  (void)state;
  NodalCache *cache = new_cache(1 << 20);
  Loader loader = {.absent = true};
  for (int i = 0; i < 2; i++) {
    const NodalTile *tile = get(cache, 0, &loader);
    assert_true(tile->absent);
    assert_null(tile->pixels);
    nodal_cache_release(cache, tile);
  }
  assert_int_equal(loader.calls, 1);
  nodal_cache_unref(cache);
}

static void test_forget(void **state) {
  (void)state;
  NodalCache *cache = new_cache(1 << 20);
  Loader loader = {0};
  nodal_cache_release(cache, get(cache, 0, &loader));
  nodal_cache_forget(cache, 2);
  nodal_cache_release(cache, get(cache, 0, &loader));
  assert_int_equal(loader.calls, 1);
  nodal_cache_forget(cache, 1);
  NodalCacheStatistics statistics;
  nodal_cache_statistics(cache, &statistics);
  assert_int_equal(statistics.bytes, 0);
  nodal_cache_unref(cache);
}

/* The least recently used tile goes first, wherever its shard. */
static void test_order_of_use(void **state) {
  (void)state;
  enum { KEPT = 40 };
  NodalCache *cache = new_cache(KEPT * TILE);
  Loader loader = {0};
  for (int64_t column = 0; column < KEPT; column++) {
    nodal_cache_release(cache, get(cache, column, &loader));
  }
  /* Used again: 0, 2, 4... */
  for (int64_t column = 0; column < KEPT; column += 2) {
    nodal_cache_release(cache, get(cache, column, &loader));
  }
  assert_int_equal(loader.calls, KEPT);
  /* As many new ones as were not used again push out exactly those. */
  for (int64_t column = 100; column < 100 + KEPT / 2; column++) {
    nodal_cache_release(cache, get(cache, column, &loader));
  }
  assert_int_equal(loader.calls, KEPT + KEPT / 2);
  NodalCacheStatistics statistics;
  nodal_cache_statistics(cache, &statistics);
  assert_int_equal(statistics.bytes, KEPT * TILE);
  for (int64_t column = 0; column < KEPT; column += 2) {
    nodal_cache_release(cache, get(cache, column, &loader));
  }
  assert_int_equal(loader.calls, KEPT + KEPT / 2);
  for (int64_t column = 1; column < KEPT; column += 2) {
    nodal_cache_release(cache, get(cache, column, &loader));
  }
  assert_int_equal(loader.calls, 2 * KEPT);
  nodal_cache_unref(cache);
}

/* A tile of the whole budget is kept, a larger one is not and pushes nothing out. */
static void test_large_tiles(void **state) {
  (void)state;
  NodalCache *cache = new_cache(TILE);
  Loader loader = {0};
  for (int i = 0; i < 2; i++) {
    nodal_cache_release(cache, get(cache, 0, &loader));
  }
  assert_int_equal(loader.calls, 1);
  NodalTileKey key = {1, 0, 1, 0};
  for (int i = 0; i < 2; i++) {
    const NodalTile *tile = nodal_cache_get(cache, &key, SIDE, TILE + SIDE, load, &loader, NULL);
    check_pixels(tile);
    nodal_cache_release(cache, tile);
  }
  assert_int_equal(loader.calls, 3);
  nodal_cache_release(cache, get(cache, 0, &loader));
  assert_int_equal(loader.calls, 3);
  nodal_cache_unref(cache);
}

static void test_buffers_are_used_again(void **state) {
  (void)state;
  NodalCache *cache = new_cache(2 * TILE);
  Loader loader = {0};
  const uint8_t *first = NULL;
  for (int64_t column = 0; column < 4; column++) {
    const NodalTile *tile = get(cache, column, &loader);
    assert_int_equal((uintptr_t)tile->pixels % 64, NODAL_CODEC_SKEW);
    if (column == 0) {
      first = tile->pixels;
    }
    /* The third pushed the first one out, whose buffer then serves the fourth. */
    assert_int_equal(tile->pixels == first, column == 0 || column == 3);
    nodal_cache_release(cache, tile);
  }
  nodal_cache_unref(cache);
}

/* Nothing but the news that tiles are absent must not grow without end. */
static void test_absent_tiles_are_limited(void **state) {
  (void)state;
  NodalCache *cache = new_cache(10000);
  Loader loader = {.absent = true};
  for (int64_t column = 0; column < 5000; column++) {
    nodal_cache_release(cache, get(cache, column, &loader));
  }
  NodalCacheStatistics statistics;
  nodal_cache_statistics(cache, &statistics);
  assert_true(statistics.bytes <= 10000);
  assert_true(statistics.bytes > 9000);
  nodal_cache_release(cache, get(cache, 4999, &loader));
  assert_int_equal(loader.calls, 5000);
  nodal_cache_release(cache, get(cache, 0, &loader));
  assert_int_equal(loader.calls, 5001);
  nodal_cache_unref(cache);
}

/* --- A tile that somebody else is loading --- */

typedef struct Slow {
  NodalCache *cache;
  atomic_int calls;
  bool first_fails;
} Slow;

/* The first call goes on only once another thread waits for it. */
static bool load_slowly(void *user, NodalTile *tile, NodalError **error) {
  Slow *slow = user;
  int call = atomic_fetch_add(&slow->calls, 1);
  NodalCacheStatistics statistics = {0};
  while (call == 0 && statistics.waits == 0) {
    sched_yield();
    nodal_cache_statistics(slow->cache, &statistics);
  }
  memset(tile->pixels, 40 + call, tile->size);
  return call > 0 || !slow->first_fails || nodal_fail(error, NODAL_ERROR_IO, "first call");
}

typedef struct Request {
  Slow *slow;
  int pixel; /* -1: failed */
} Request;

static void *request(void *argument) {
  Request *request = argument;
  NodalTileKey key = {1, 0, 0, 0};
  const NodalTile *tile = nodal_cache_get(request->slow->cache, &key, SIDE, TILE, load_slowly, request->slow, NULL);
  request->pixel = tile ? tile->pixels[0] : -1;
  if (tile) {
    nodal_cache_release(request->slow->cache, tile);
  }
  return NULL;
}

static void run_two(Slow *slow, int *first, int *second) {
  pthread_t threads[2];
  Request requests[2] = {{slow, 0}, {slow, 0}};
  for (int i = 0; i < 2; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, request, &requests[i]), 0);
  }
  for (int i = 0; i < 2; i++) {
    pthread_join(threads[i], NULL);
  }
  bool swapped = requests[0].pixel > requests[1].pixel;
  *first = requests[swapped].pixel;
  *second = requests[!swapped].pixel;
}

static void test_loads_are_shared(void **state) {
  (void)state;
  /* With room, and with none: what was waited for is handed on either way. */
  for (int i = 0; i < 2; i++) {
    Slow slow = {.cache = new_cache(i ? 0 : 1 << 20)};
    int first, second;
    run_two(&slow, &first, &second);
    assert_int_equal(first, 40);
    assert_int_equal(second, 40);
    assert_int_equal(slow.calls, 1);
    NodalCacheStatistics statistics;
    nodal_cache_statistics(slow.cache, &statistics);
    assert_int_equal(statistics.waits, 1);
    assert_int_equal(statistics.misses, 1);
    assert_int_equal(statistics.hits, 0);
    nodal_cache_unref(slow.cache);
  }
}

static void test_who_waited_for_a_failure_tries_itself(void **state) {
  (void)state;
  Slow slow = {.cache = new_cache(1 << 20), .first_fails = true};
  int first, second;
  run_two(&slow, &first, &second);
  assert_int_equal(first, -1);
  assert_int_equal(second, 41);
  assert_int_equal(slow.calls, 2);
  nodal_cache_unref(slow.cache);
}

/* --- All at once --- */

enum { THREADS = 6, ROUNDS = 3000, TILES = 24 };

typedef struct Thrash {
  NodalCache *cache;
  Loader *loaders; /* one a tile */
  unsigned seed;
  int wrong;
} Thrash;

/* Fails at every seventh call. */
static bool load_or_fail(void *user, NodalTile *tile, NodalError **error) {
  Loader *loader = user;
  if (atomic_load(&loader->calls) % 7 == 6) {
    atomic_fetch_add(&loader->calls, 1);
    return nodal_fail(error, NODAL_ERROR_FORMAT, "seventh call");
  }
  atomic_fetch_add(&loader->calls, 1);
  if (atomic_fetch_add(&loader->inside, 1) > 0) {
    atomic_store(&loader->overlapped, true);
  }
  paint(tile);
  atomic_fetch_sub(&loader->inside, 1);
  return true;
}

static void *thrash(void *argument) {
  Thrash *thrash = argument;
  uint32_t random = thrash->seed;
  for (int i = 0; i < ROUNDS; i++) {
    random = random * 1664525u + 1013904223u;
    int64_t column = (int64_t)(random >> 8 & 0xFF) % TILES;
    NodalTileKey key = {1 + (uint64_t)column % 2, 0, column, 0};
    NodalError *error = NULL;
    if (random >> 16 & 1) {
      nodal_cache_first_use(thrash->cache, &key);
    }
    const NodalTile *tile =
        nodal_cache_get(thrash->cache, &key, SIDE, TILE, load_or_fail, &thrash->loaders[column], &error);
    if (tile) {
      if (error || !is_painted(tile)) {
        thrash->wrong++;
      }
      nodal_cache_release(thrash->cache, tile);
    } else if (!error || strcmp(nodal_error_message(error), "seventh call") != 0) {
      thrash->wrong++;
    }
    nodal_error_free(error);
    if (i % 500 == 499) {
      nodal_cache_forget(thrash->cache, 1);
    }
  }
  return NULL;
}

static void test_threads(void **state) {
  (void)state;
  static const size_t budgets[] = {0, 5 * TILE, 1 << 20};
  for (int b = 0; b < 3; b++) {
    NodalCache *cache = new_cache(budgets[b]);
    Loader loaders[TILES] = {0};
    pthread_t threads[THREADS];
    Thrash jobs[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
      jobs[i] = (Thrash){cache, loaders, 77 + i, 0};
      assert_int_equal(pthread_create(&threads[i], NULL, thrash, &jobs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
      pthread_join(threads[i], NULL);
      assert_int_equal(jobs[i].wrong, 0);
    }
    for (int i = 0; i < TILES; i++) {
      assert_false(loaders[i].overlapped);
    }
    NodalCacheStatistics statistics;
    nodal_cache_statistics(cache, &statistics);
    assert_true(statistics.bytes <= budgets[b]);
    nodal_cache_forget(cache, 1);
    nodal_cache_forget(cache, 2);
    nodal_cache_statistics(cache, &statistics);
    assert_int_equal(statistics.bytes, 0);
    nodal_cache_unref(cache);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_second_read_is_a_hit),
      cmocka_unit_test(test_first_use),
      cmocka_unit_test(test_marks_are_limited),
      cmocka_unit_test(test_budget),
      cmocka_unit_test(test_no_budget),
      cmocka_unit_test(test_failure_is_not_kept),
      cmocka_unit_test(test_absent_tile),
      cmocka_unit_test(test_forget),
      cmocka_unit_test(test_order_of_use),
      cmocka_unit_test(test_large_tiles),
      cmocka_unit_test(test_buffers_are_used_again),
      cmocka_unit_test(test_absent_tiles_are_limited),
      cmocka_unit_test(test_loads_are_shared),
      cmocka_unit_test(test_who_waited_for_a_failure_tries_itself),
      cmocka_unit_test(test_threads),
  };
  return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
