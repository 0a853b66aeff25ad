/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include <nodal/types.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void *nodal_alloc(size_t size, NodalError **error) {
  void *memory = malloc(size ? size : 1);
  if (!memory) {
    nodal_fail_memory(error);
  }
  return memory;
}

void *nodal_alloc_array(size_t count, size_t size, NodalError **error) {
  void *memory = calloc(count ? count : 1, size ? size : 1);
  if (!memory) {
    nodal_fail_memory(error);
  }
  return memory;
}

bool nodal_grow_array(void *array_pointer, size_t *capacity, size_t needed, size_t size, NodalError **error) {
  if (needed <= *capacity) {
    return true;
  }
  size_t wanted = *capacity < 8 ? 8 : *capacity;
  while (wanted < needed) {
    if (!nodal_mul_size(wanted, 2, &wanted)) {
      return nodal_fail_memory(error);
    }
  }
  size_t bytes;
  void *array;
  memcpy(&array, array_pointer, sizeof array);
  if (!nodal_mul_size(wanted, size, &bytes) || !(array = realloc(array, bytes))) {
    return nodal_fail_memory(error);
  }
  memcpy(array_pointer, &array, sizeof array);
  *capacity = wanted;
  return true;
}

char *nodal_strdup(const char *text, NodalError **error) {
  char *copy = strdup(text ? text : "");
  if (!copy) {
    nodal_fail_memory(error);
  }
  return copy;
}

char *nodal_strdup_printf(NodalError **error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *text = NULL;
  if (vasprintf(&text, format, arguments) < 0) {
    text = NULL;
    nodal_fail_memory(error);
  }
  va_end(arguments);
  return text;
}

void nodal_free(void *memory) {
  free(memory);
}
