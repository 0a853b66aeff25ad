/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/sort.h"

#include "base/memory.h"

#include <string.h>

/* Six digits of 11 bits hold a double; the counts of one digit fit the first cache. */
enum { BITS = 11, DIGITS = 6, RADIX = 1 << BITS };

typedef struct Tables {
  size_t counts[DIGITS][RADIX];
} Tables;

#define SIGN (UINT64_C(1) << 63)

/* A whole number for a double, in the same order: the sign turned over, and all bits of what is negative. */
static uint64_t key_of(double value) {
  uint64_t bits;
  value += 0.0; /* -0 becomes 0 */
  memcpy(&bits, &value, sizeof bits);
  return bits & SIGN ? ~bits : bits | SIGN;
}

static double value_of(uint64_t key) {
  double value;
  uint64_t bits = key & SIGN ? key & ~SIGN : ~key;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static unsigned digit_of(uint64_t key, int digit) {
  return (unsigned)(key >> (digit * BITS)) & (RADIX - 1);
}

/* Counts become the places where each digit's numbers begin. False where all numbers have the same digit. */
static bool place(size_t *counts, size_t count) {
  size_t from = 0;
  for (size_t i = 0; i < RADIX; i++) {
    size_t here = counts[i];
    if (here == count) {
      return false;
    }
    counts[i] = from;
    from += here;
  }
  return true;
}

/* From the least digit to the greatest; each pass keeps the order of the last. Returns where the numbers ended up. */
static uint64_t *sort_keys(uint64_t *keys, uint64_t *other, size_t count, Tables *tables) {
  for (size_t i = 0; i < count; i++) {
    for (int digit = 0; digit < DIGITS; digit++) {
      tables->counts[digit][digit_of(keys[i], digit)]++;
    }
  }
  for (int digit = 0; digit < DIGITS; digit++) {
    size_t *places = tables->counts[digit];
    if (!place(places, count)) {
      continue;
    }
    for (size_t i = 0; i < count; i++) {
      other[places[digit_of(keys[i], digit)]++] = keys[i];
    }
    uint64_t *swap = keys;
    keys = other;
    other = swap;
  }
  return keys;
}

bool evaluation_sort(double *values, size_t count, NodalError **error) {
  uint64_t *keys = nodal_alloc_array(count, 2 * sizeof *keys, error);
  Tables *tables = keys ? nodal_alloc_array(1, sizeof *tables, error) : NULL;
  if (tables) {
    for (size_t i = 0; i < count; i++) {
      keys[i] = key_of(values[i]);
    }
    const uint64_t *sorted = sort_keys(keys, keys + count, count, tables);
    for (size_t i = 0; i < count; i++) {
      values[i] = value_of(sorted[i]);
    }
  }
  free(tables);
  free(keys);
  return tables != NULL;
}
