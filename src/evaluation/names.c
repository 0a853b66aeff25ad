/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/names.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MAX_EXTENSION = 5, MOST_NAMES = 1 << 30 };

const char *evaluation_stem(const char *name, size_t *length) {
  for (const char *at = name; *at; at++) {
    if ((*at == '/' || *at == '\\') && at[1] != '\0') {
      name = at + 1;
    }
  }
  *length = strlen(name);
  const char *point = strrchr(name, '.');
  if (!point || point == name) {
    return name;
  }
  size_t size = 0;
  bool letter = false;
  for (const char *at = point + 1; isalnum((unsigned char)*at); at++) {
    letter |= isalpha((unsigned char)*at) != 0;
    size++;
  }
  if (letter && size <= MAX_EXTENSION && point[1 + size] == '\0') {
    *length = (size_t)(point - name);
  }
  return name;
}

/* FNV-1a of Fowler, Noll and Vo, of the letters in lower case. */
static size_t hash(const char *text, size_t length) {
  uint64_t mixed = UINT64_C(14695981039346656037);
  for (size_t i = 0; i < length; i++) {
    mixed = (mixed ^ (uint64_t)tolower((unsigned char)text[i])) * UINT64_C(1099511628211);
  }
  return (size_t)(mixed ^ (mixed >> 32));
}

static bool is_stem(const char *stem, const char *text, size_t length) {
  return strncasecmp(stem, text, length) == 0 && stem[length] == '\0';
}

/* The slot where the stem is, or the free one where it would be. */
static size_t find_slot(const EvaluationNames *names, const char *text, size_t length) {
  size_t mask = names->slot_count - 1, slot = hash(text, length) & mask;
  while (names->slots[slot] != 0 && !is_stem(names->stems[names->slots[slot] - 1], text, length)) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

bool evaluation_names_find(const EvaluationNames *names, const char *name, size_t *index) {
  if (names->count == 0) {
    return false;
  }
  size_t length;
  const char *text = evaluation_stem(name, &length);
  uint32_t found = names->slots[find_slot(names, text, length)];
  *index = found - 1;
  return found != 0;
}

/* At most half of the slots are taken, so that a search is short. */
static bool make_slots(EvaluationNames *names, NodalError **error) {
  if (names->count * 2 < names->slot_count) {
    return true;
  }
  size_t count = names->slot_count ? names->slot_count * 2 : 64;
  uint32_t *slots = nodal_alloc_array(count, sizeof *slots, error);
  if (!slots) {
    return false;
  }
  free(names->slots);
  names->slots = slots;
  names->slot_count = count;
  for (size_t i = 0; i < names->count; i++) {
    slots[find_slot(names, names->stems[i], strlen(names->stems[i]))] = (uint32_t)i + 1;
  }
  return true;
}

bool evaluation_names_add(EvaluationNames *names, const char *name, size_t *index, bool *added, NodalError **error) {
  if (names->count >= MOST_NAMES) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "more than %d names", MOST_NAMES);
  }
  size_t length;
  const char *text = evaluation_stem(name, &length);
  if (!nodal_grow_array(&names->stems, &names->capacity, names->count + 1, sizeof *names->stems, error) ||
      !make_slots(names, error)) {
    return false;
  }
  size_t slot = find_slot(names, text, length);
  *added = names->slots[slot] == 0;
  if (!*added) {
    *index = names->slots[slot] - 1;
    return true;
  }
  char *stem = nodal_alloc(length + 1, error);
  if (!stem) {
    return false;
  }
  memcpy(stem, text, length);
  stem[length] = '\0';
  names->stems[names->count] = stem;
  *index = names->count++;
  names->slots[slot] = (uint32_t)names->count;
  return true;
}

void evaluation_names_clear(EvaluationNames *names) {
  for (size_t i = 0; i < names->count; i++) {
    free(names->stems[i]);
  }
  free(names->stems);
  free(names->slots);
  *names = (EvaluationNames){0};
}

bool evaluation_problems_add(EvaluationProblems *problems, NodalError **error, const char *format, ...) {
  if (!nodal_grow_array(&problems->lines, &problems->capacity, problems->count + 1, sizeof *problems->lines, error)) {
    return false;
  }
  char text[1000];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  for (char *at = text; *at; at++) {
    *at = iscntrl((unsigned char)*at) ? ' ' : *at;
  }
  problems->lines[problems->count] = nodal_strdup(text, error);
  return problems->lines[problems->count] && ++problems->count;
}

bool evaluation_problems_take(EvaluationProblems *problems, NodalError *cause, NodalError **error) {
  NodalErrorCode code = nodal_error_code(cause);
  if (code == NODAL_ERROR_CANCELLED || code == NODAL_ERROR_MEMORY) {
    return nodal_error_pass(error, cause);
  }
  bool taken = evaluation_problems_add(problems, error, "%s", nodal_error_message(cause));
  nodal_error_free(cause);
  return taken;
}

const char *evaluation_problems_line(const EvaluationProblems *problems, size_t index) {
  return index < problems->count ? problems->lines[index] : NULL;
}

void evaluation_problems_clear(EvaluationProblems *problems) {
  for (size_t i = 0; i < problems->count; i++) {
    free(problems->lines[i]);
  }
  free(problems->lines);
  *problems = (EvaluationProblems){0};
}
