/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_MEMORY_H
#define NODAL_BASE_MEMORY_H

#include "base/error.h"
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/** malloc() that reports. Size 0 gives a valid pointer. */
void *nodal_alloc(size_t size, NodalError **error) __attribute__((malloc));

/** calloc() that reports and checks count * size. */
void *nodal_alloc_array(size_t count, size_t size, NodalError **error) __attribute__((malloc));

/** Makes room for at least `needed` items of `size` bytes in `*array`, doubling `*capacity`. Keeps it on failure. */
bool nodal_grow_array(void *array_pointer, size_t *capacity, size_t needed, size_t size, NodalError **error);

/** A copy of `text`; NULL is copied as "". */
char *nodal_strdup(const char *text, NodalError **error);

/** printf into fresh memory. */
char *nodal_strdup_printf(NodalError **error, const char *format, ...) NODAL_PRINTF(2, 3);

/** *result = a * b, a + b; false on overflow. */
static inline bool nodal_mul_size(size_t a, size_t b, size_t *result) {
  return !__builtin_mul_overflow(a, b, result);
}
static inline bool nodal_add_size(size_t a, size_t b, size_t *result) {
  return !__builtin_add_overflow(a, b, result);
}

static inline int64_t nodal_min64(int64_t a, int64_t b) {
  return a < b ? a : b;
}
static inline int64_t nodal_max64(int64_t a, int64_t b) {
  return a > b ? a : b;
}
/** a / b rounded up; a >= 0, b > 0, without overflow. */
static inline int64_t nodal_div_up(int64_t a, int64_t b) {
  return a / b + (a % b != 0);
}

#endif
