/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include "parts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What an entry takes besides its bytes: itself, the response and its headers, a row of the table. */
enum { OVERHEAD = 1200, FIRST_ROWS = 1024 };

struct ViewEntry {
  ViewKey key;
  struct MHD_Response *response;
  size_t size;
  int users; /* readers, and one while it is in the table */
  ViewEntry *chain;
  ViewEntry *newer, *older;
};

struct ViewStore {
  const ViewMhd *mhd;
  pthread_mutex_t lock;
  size_t budget, bytes, count;
  ViewEntry **rows; /* a power of two */
  size_t row_count;
  ViewEntry *newest, *oldest;
};

ViewStore *view_store_new(const ViewMhd *mhd, size_t budget) {
  ViewStore *store = calloc(1, sizeof *store);
  ViewEntry **rows = calloc(FIRST_ROWS, sizeof(ViewEntry *));
  if (!store || !rows) {
    free(store);
    free(rows);
    return NULL;
  }
  *store = (ViewStore){
      .mhd = mhd, .lock = PTHREAD_MUTEX_INITIALIZER, .budget = budget, .rows = rows, .row_count = FIRST_ROWS};
  return store;
}

static void drop(ViewStore *store, ViewEntry *entry) {
  if (--entry->users == 0) {
    store->mhd->destroy_response(entry->response);
    free(entry);
  }
}

void view_store_free(ViewStore *store) {
  if (!store) {
    return;
  }
  for (ViewEntry *entry = store->newest, *older; entry; entry = older) {
    older = entry->older;
    drop(store, entry);
  }
  pthread_mutex_destroy(&store->lock);
  free(store->rows);
  free(store);
}

static ViewEntry **row_of(ViewStore *store, const ViewKey *key) {
  return &store->rows[view_hash(key, sizeof *key) & (store->row_count - 1)];
}

static ViewEntry *find(ViewStore *store, const ViewKey *key) {
  ViewEntry *entry = *row_of(store, key);
  while (entry && memcmp(&entry->key, key, sizeof *key) != 0) {
    entry = entry->chain;
  }
  return entry;
}

static void unlink_age(ViewStore *store, ViewEntry *entry) {
  *(entry->newer ? &entry->newer->older : &store->newest) = entry->older;
  *(entry->older ? &entry->older->newer : &store->oldest) = entry->newer;
}

static void link_newest(ViewStore *store, ViewEntry *entry) {
  entry->newer = NULL;
  entry->older = store->newest;
  *(store->newest ? &store->newest->newer : &store->oldest) = entry;
  store->newest = entry;
}

static void evict(ViewStore *store, ViewEntry *entry) {
  ViewEntry **at = row_of(store, &entry->key);
  while (*at != entry) {
    at = &(*at)->chain;
  }
  *at = entry->chain;
  unlink_age(store, entry);
  store->bytes -= entry->size;
  store->count--;
  drop(store, entry);
}

/* Without memory for more rows the chains grow longer. */
static void grow(ViewStore *store) {
  size_t old_count = store->row_count;
  ViewEntry **old = store->rows, **rows = calloc(old_count * 2, sizeof(ViewEntry *));
  if (!rows) {
    return;
  }
  store->rows = rows;
  store->row_count *= 2;
  for (size_t i = 0; i < old_count; i++) {
    for (ViewEntry *entry = old[i], *chain; entry; entry = chain) {
      chain = entry->chain;
      ViewEntry **row = row_of(store, &entry->key);
      entry->chain = *row;
      *row = entry;
    }
  }
  free(old);
}

ViewEntry *view_store_get(ViewStore *store, const ViewKey *key) {
  pthread_mutex_lock(&store->lock);
  ViewEntry *entry = find(store, key);
  if (entry) {
    entry->users++;
    if (store->newest != entry) {
      unlink_age(store, entry);
      link_newest(store, entry);
    }
  }
  pthread_mutex_unlock(&store->lock);
  return entry;
}

ViewEntry *view_store_put(ViewStore *store, const ViewKey *key, struct MHD_Response *response, size_t size) {
  ViewEntry *fresh = malloc(sizeof *fresh);
  if (!fresh) {
    store->mhd->destroy_response(response);
    return NULL;
  }
  *fresh = (ViewEntry){.key = *key, .response = response, .size = size + OVERHEAD, .users = 2};
  pthread_mutex_lock(&store->lock);
  ViewEntry *entry = find(store, key);
  if (entry) {
    entry->users++;
    fresh->users = 1;
    drop(store, fresh);
  } else {
    entry = fresh;
    if (store->count >= store->row_count) {
      grow(store);
    }
    ViewEntry **row = row_of(store, key);
    entry->chain = *row;
    *row = entry;
    link_newest(store, entry);
    store->bytes += entry->size;
    store->count++;
    while (store->bytes > store->budget && store->oldest) {
      evict(store, store->oldest);
    }
  }
  pthread_mutex_unlock(&store->lock);
  return entry;
}

struct MHD_Response *view_entry_response(const ViewEntry *entry) {
  return entry->response;
}

void view_store_release(ViewStore *store, ViewEntry *entry) {
  if (entry) {
    pthread_mutex_lock(&store->lock);
    drop(store, entry);
    pthread_mutex_unlock(&store->lock);
  }
}
