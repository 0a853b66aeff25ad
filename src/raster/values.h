/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_RASTER_VALUES_H
#define NODAL_RASTER_VALUES_H

#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

/** Different values, each with an index in the order in which they came. Grows; zero it first. */
typedef struct NodalValues {
  uint32_t *values; /**< by index */
  size_t count, value_capacity;
  uint32_t *slots; /**< open addressing: index + 1, 0: empty */
  size_t slot_count;
} NodalValues;

/** The index of a value, which is entered if it is new. */
bool nodal_values_index(NodalValues *values, uint32_t value, uint32_t *index, NodalError **error);

/** Forgets the values and keeps the memory. */
void nodal_values_clear(NodalValues *values);
void nodal_values_free(NodalValues *values);

#endif
