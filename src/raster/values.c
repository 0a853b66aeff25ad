/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/values.h"

#include "base/memory.h"

#include <string.h>

enum { MIN_SLOTS = 64 };

/* Fibonacci hashing (Knuth, volume 3, 6.4): the upper bits of the product depend on all bits of the value. */
static size_t slot_of(const NodalValues *values, uint32_t value) {
  uint64_t product = (uint64_t)value * 0x9E3779B97F4A7C15;
  return (size_t)(product >> 32) & (values->slot_count - 1);
}

/* The slot that holds `value`, or the empty one where it belongs. */
static size_t find_slot(const NodalValues *values, uint32_t value) {
  size_t slot = slot_of(values, value);
  while (values->slots[slot] && values->values[values->slots[slot] - 1] != value) {
    slot = (slot + 1) & (values->slot_count - 1);
  }
  return slot;
}

/* Doubles the slots where half of them are taken. */
static bool make_slots(NodalValues *values, NodalError **error) {
  if (values->slots && 2 * values->count < values->slot_count) {
    return true;
  }
  size_t wanted = values->slot_count ? 2 * values->slot_count : MIN_SLOTS;
  uint32_t *slots = nodal_alloc_array(wanted, sizeof *slots, error);
  if (!slots) {
    return false;
  }
  free(values->slots);
  values->slots = slots;
  values->slot_count = wanted;
  for (size_t i = 0; i < values->count; i++) {
    slots[find_slot(values, values->values[i])] = (uint32_t)i + 1;
  }
  return true;
}

bool nodal_values_index(NodalValues *values, uint32_t value, uint32_t *index, NodalError **error) {
  if (!make_slots(values, error)) {
    return false;
  }
  size_t slot = find_slot(values, value);
  if (values->slots[slot]) {
    *index = values->slots[slot] - 1;
    return true;
  }
  if (values->count >= UINT32_MAX - 1) {
    return nodal_fail_memory(error);
  }
  if (!nodal_grow_array(&values->values, &values->value_capacity, values->count + 1, sizeof *values->values, error)) {
    return false;
  }
  *index = (uint32_t)values->count;
  values->values[values->count++] = value;
  values->slots[slot] = *index + 1;
  return true;
}

void nodal_values_clear(NodalValues *values) {
  if (values->slots) {
    memset(values->slots, 0, values->slot_count * sizeof *values->slots);
  }
  values->count = 0;
}

void nodal_values_free(NodalValues *values) {
  free(values->values);
  free(values->slots);
  *values = (NodalValues){0};
}
