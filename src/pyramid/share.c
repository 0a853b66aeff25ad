/* SPDX-License-Identifier: Apache-2.0 */
#include "pyramid/share.h"

#include "base/memory.h"

#include <string.h>

/* All keys together; a few hundred short tiles, or all constants that a label image is likely to have. */
enum { MAX_TOTAL_BYTES = 1 << 20 };

struct NodalSharedEntry {
  uint8_t *key; /* NULL: free */
  size_t size;
  uint64_t hash;
  int kind;
  NodalPlace place;
};

/* FNV-1a, eight bytes at a time, with the upper half folded in: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t hash_of(int kind, const uint8_t *key, size_t size) {
  const uint64_t prime = 1099511628211u;
  uint64_t hash = 14695981039346656037u ^ (uint64_t)(unsigned)kind;
  for (; size >= 8; key += 8, size -= 8) {
    uint64_t word;
    memcpy(&word, key, 8);
    hash = (hash ^ word) * prime;
    hash ^= hash >> 32;
  }
  for (; size > 0; key++, size--) {
    hash = (hash ^ *key) * prime;
  }
  return hash ^ hash >> 32;
}

/* The slot that holds the key, or the free one where it would go. One slot is always free. */
static struct NodalSharedEntry *slot_of(const NodalShared *shared, int kind, const void *key, size_t size,
                                        uint64_t hash) {
  for (size_t i = hash % NODAL_SHARED_SLOTS;; i = (i + 1) % NODAL_SHARED_SLOTS) {
    struct NodalSharedEntry *entry = &shared->slots[i];
    if (!entry->key ||
        (entry->hash == hash && entry->kind == kind && entry->size == size && memcmp(entry->key, key, size) == 0)) {
      return entry;
    }
  }
}

bool nodal_shared_find(const NodalShared *shared, int kind, const void *key, size_t size, NodalPlace *place) {
  if (!shared->slots || size > NODAL_SHARED_MAX_BYTES) {
    return false;
  }
  const struct NodalSharedEntry *entry = slot_of(shared, kind, key, size, hash_of(kind, key, size));
  if (entry->key) {
    *place = entry->place;
  }
  return entry->key != NULL;
}

bool nodal_shared_add(NodalShared *shared, int kind, const void *key, size_t size, NodalPlace place,
                      NodalError **error) {
  if (size > NODAL_SHARED_MAX_BYTES || shared->bytes + size > MAX_TOTAL_BYTES ||
      shared->count + 1 >= NODAL_SHARED_SLOTS) {
    return true;
  }
  if (!shared->slots) {
    shared->slots = nodal_alloc_array(NODAL_SHARED_SLOTS, sizeof *shared->slots, error);
    if (!shared->slots) {
      return false;
    }
  }
  uint64_t hash = hash_of(kind, key, size);
  struct NodalSharedEntry *entry = slot_of(shared, kind, key, size, hash);
  uint8_t *copy = nodal_alloc(size, error);
  if (!copy) {
    return false;
  }
  memcpy(copy, key, size);
  *entry = (struct NodalSharedEntry){copy, size, hash, kind, place};
  shared->count++;
  shared->bytes += size;
  return true;
}

void nodal_shared_clear(NodalShared *shared) {
  for (size_t i = 0; shared->slots && i < NODAL_SHARED_SLOTS; i++) {
    free(shared->slots[i].key);
  }
  free(shared->slots);
  *shared = (NodalShared){0};
}
