/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/cache.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const NodalRect whole = {0, 0, 64, 64};
static const NodalRect corner = {0, 0, 16, 16};

typedef struct Loader {
  atomic_int calls;
  atomic_int inside; /* of this tile, at once */
  atomic_bool overlapped;
  NodalRect part; /* what was asked for last */
  bool fail, absent;
} Loader;

static bool load(void *user, NodalTile *tile, NodalError **error) {
  Loader *loader = user;
  atomic_fetch_add(&loader->calls, 1);
  if (atomic_fetch_add(&loader->inside, 1) > 0) {
    atomic_store(&loader->overlapped, true);
  }
  loader->part = tile->part;
  for (int64_t y = 0; y < tile->part.height; y++) {
    for (int64_t x = 0; x < tile->part.width; x++) {
      tile->pixels[(size_t)y * tile->stride + (size_t)x] = (uint8_t)(tile->part.x + x + 3 * (tile->part.y + y));
    }
  }
  tile->absent = loader->absent;
  atomic_fetch_sub(&loader->inside, 1);
  return !loader->fail || nodal_fail(error, NODAL_ERROR_FORMAT, "broken tile");
}

static NodalCache *new_cache(size_t budget) {
  NodalCache *cache = nodal_cache_new(budget, NULL);
  assert_non_null(cache);
  return cache;
}

static const NodalTile *get(NodalCache *cache, int64_t column, NodalRect wanted, NodalRect part, Loader *loader) {
  NodalTileKey key = {1, 0, column, 0};
  return nodal_cache_get(cache, &key, wanted, part, whole, 1, load, loader, NULL);
}

static void check_pixels(const NodalTile *tile) {
  for (int64_t y = 0; y < tile->part.height; y++) {
    for (int64_t x = 0; x < tile->part.width; x++) {
      assert_int_equal(tile->pixels[(size_t)y * tile->stride + (size_t)x],
                       (uint8_t)(tile->part.x + x + 3 * (tile->part.y + y)));
    }
  }
}

static void test_second_read_is_a_hit(void **state) {
  (void)state;
  NodalCache *cache = new_cache(1 << 20);
  Loader loader = {0};
  for (int i = 0; i < 2; i++) {
    const NodalTile *tile = get(cache, 0, whole, whole, &loader);
    check_pixels(tile);
    nodal_cache_release(cache, tile);
  }
  assert_int_equal(loader.calls, 1);
  NodalCacheStatistics statistics;
  nodal_cache_statistics(cache, &statistics);
  assert_int_equal(statistics.hits, 1);
  assert_int_equal(statistics.misses, 1);
  assert_int_equal(statistics.bytes, 64 * 64);
  nodal_cache_unref(cache);
}

static void test_parts(void **state) {
  (void)state;
  NodalCache *cache = new_cache(1 << 20);
  Loader loader = {0};
  const NodalTile *tile = get(cache, 0, corner, corner, &loader);
  assert_int_equal(tile->part.width, 16);
  nodal_cache_release(cache, tile);
  /* inside the part: a hit */
  nodal_cache_release(cache, get(cache, 0, (NodalRect){4, 4, 8, 8}, corner, &loader));
  assert_int_equal(loader.calls, 1);
  /* elsewhere in the tile: now the whole of it */
  tile = get(cache, 0, (NodalRect){40, 40, 8, 8}, (NodalRect){40, 40, 8, 8}, &loader);
  assert_int_equal(loader.calls, 2);
  assert_int_equal(tile->part.width, 64);
  check_pixels(tile);
  nodal_cache_release(cache, tile);
  nodal_cache_unref(cache);
}

static void test_budget(void **state) {
  (void)state;
  /* 16 shards with room for two tiles each */
  NodalCache *cache = new_cache(16 * 2 * 64 * 64);
  Loader loader = {0};
  const NodalTile *held = get(cache, 0, whole, whole, &loader);
  for (int64_t column = 1; column < 400; column++) {
    nodal_cache_release(cache, get(cache, column, whole, whole, &loader));
  }
  NodalCacheStatistics statistics;
  nodal_cache_statistics(cache, &statistics);
  assert_true(statistics.bytes <= 16 * 2 * 64 * 64);
  assert_true(statistics.bytes > 16 * 64 * 64);
  check_pixels(held);
  nodal_cache_release(cache, held);
  nodal_cache_unref(cache);
}

static void test_no_budget(void **state) {
  (void)state;
  NodalCache *cache = new_cache(0);
  Loader loader = {0};
  for (int i = 0; i < 3; i++) {
    const NodalTile *tile = get(cache, 0, whole, whole, &loader);
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
  assert_null(nodal_cache_get(cache, &key, whole, whole, whole, 1, load, &loader, &error));
  assert_string_equal(nodal_error_message(error), "broken tile");
  nodal_error_free(error);
  loader.fail = false;
  nodal_cache_release(cache, get(cache, 0, whole, whole, &loader));
  assert_int_equal(loader.calls, 2);
  nodal_cache_unref(cache);
}

static void test_absent_tile(void **state) {
  (void)state;
  NodalCache *cache = new_cache(1 << 20);
  Loader loader = {.absent = true};
  for (int i = 0; i < 2; i++) {
    const NodalTile *tile = get(cache, 0, i ? whole : corner, i ? whole : corner, &loader);
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
  nodal_cache_release(cache, get(cache, 0, whole, whole, &loader));
  nodal_cache_forget(cache, 2);
  nodal_cache_release(cache, get(cache, 0, whole, whole, &loader));
  assert_int_equal(loader.calls, 1);
  nodal_cache_forget(cache, 1);
  NodalCacheStatistics statistics;
  nodal_cache_statistics(cache, &statistics);
  assert_int_equal(statistics.bytes, 0);
  nodal_cache_unref(cache);
}

enum { THREADS = 6, ROUNDS = 3000, TILES = 24 };

typedef struct Thrash {
  NodalCache *cache;
  Loader *loaders; /* one a tile */
  unsigned seed;
} Thrash;

static void *thrash(void *argument) {
  Thrash *thrash = argument;
  uint32_t random = thrash->seed;
  for (int i = 0; i < ROUNDS; i++) {
    random = random * 1664525u + 1013904223u;
    int64_t column = random >> 8 & 0xFF;
    column %= TILES;
    NodalTileKey key = {1, 0, column, 0};
    const NodalTile *tile =
        nodal_cache_get(thrash->cache, &key, whole, whole, whole, 1, load, &thrash->loaders[column], NULL);
    if (!tile || tile->pixels[65] != (uint8_t)(1 + 3)) {
      return argument;
    }
    nodal_cache_release(thrash->cache, tile);
  }
  return NULL;
}

static void test_threads(void **state) {
  (void)state;
  NodalCache *cache = new_cache(16 * 64 * 64);
  static Loader loaders[TILES];
  pthread_t threads[THREADS];
  Thrash jobs[THREADS];
  for (unsigned i = 0; i < THREADS; i++) {
    jobs[i] = (Thrash){cache, loaders, 77 + i};
    assert_int_equal(pthread_create(&threads[i], NULL, thrash, &jobs[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    void *result;
    pthread_join(threads[i], &result);
    assert_null(result);
  }
  for (int i = 0; i < TILES; i++) {
    assert_false(loaders[i].overlapped);
  }
  nodal_cache_unref(cache);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_second_read_is_a_hit),
      cmocka_unit_test(test_parts),
      cmocka_unit_test(test_budget),
      cmocka_unit_test(test_no_budget),
      cmocka_unit_test(test_failure_is_not_kept),
      cmocka_unit_test(test_absent_tile),
      cmocka_unit_test(test_forget),
      cmocka_unit_test(test_threads),
  };
  return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
