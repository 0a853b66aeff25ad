/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SERVER_STORE_H
#define NODAL_SERVER_STORE_H

#include "mhd.h"

#include <stddef.h>
#include <stdint.h>

/** What an answer is of. Zero it first: all bytes count. */
typedef struct ViewKey {
  const void *owner; /**< the file */
  int32_t kind;
  int32_t version; /**< of the file */
  int64_t level;
  int64_t column, row;
} ViewKey;

/** An answer that is kept, ready to be sent again. */
typedef struct ViewEntry ViewEntry;

/** Answers within a budget of bytes, least recently used first out. Thread-safe. */
typedef struct ViewStore ViewStore;

ViewStore *view_store_new(const ViewMhd *mhd, size_t budget);
void view_store_free(ViewStore *store);

/** The entry of the key, to be released; NULL if there is none. */
ViewEntry *view_store_get(ViewStore *store, const ViewKey *key);

/**
 * Puts an answer of `size` bytes in, which is taken over, and returns its entry, to be released; NULL without memory.
 * Where another thread was first, that answer stays.
 */
ViewEntry *view_store_put(ViewStore *store, const ViewKey *key, struct MHD_Response *response, size_t size);

struct MHD_Response *view_entry_response(const ViewEntry *entry);
void view_store_release(ViewStore *store, ViewEntry *entry);

#endif
