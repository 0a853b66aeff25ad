/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_EVALUATION_NAMES_H
#define NODAL_EVALUATION_NAMES_H

#include "base/error.h"
#include <stddef.h>

/**
 * The part of a file's name that tells which case it is: without its folder (of either kind of slash) and its
 * extension (a point and up to five letters and digits, a letter among them). Points into `name`; `*length` bytes.
 */
const char *evaluation_stem(const char *name, size_t *length);

/** Names of cases, found again whatever their folder, extension and letter case. Zero is empty. */
typedef struct EvaluationNames {
  char **stems; /* in the order in which they were added */
  size_t count, capacity;
  uint32_t *slots; /* hash table: index of a stem + 1, 0 where free */
  size_t slot_count;
} EvaluationNames;

/** Adds the name and stores its index; of a name that is there already that one's, and then `*added` is false. */
bool evaluation_names_add(EvaluationNames *names, const char *name, size_t *index, bool *added, NodalError **error);

/** Whether the name is there, and its index. */
bool evaluation_names_find(const EvaluationNames *names, const char *name, size_t *index);

void evaluation_names_clear(EvaluationNames *names);

/** What is wrong with a table, one line each. Zero is none. */
typedef struct EvaluationProblems {
  char **lines;
  size_t count, capacity;
} EvaluationProblems;

/** Adds a line; control characters of the formatted text become spaces. False only where there is no memory. */
bool evaluation_problems_add(EvaluationProblems *problems, NodalError **error, const char *format, ...)
    NODAL_PRINTF(3, 4);

/** Adds the message of an error, which is freed; false where that itself fails, or the error says that all must end. */
bool evaluation_problems_take(EvaluationProblems *problems, NodalError *cause, NodalError **error);

/** By index from 0; NULL past the last. */
const char *evaluation_problems_line(const EvaluationProblems *problems, size_t index);

void evaluation_problems_clear(EvaluationProblems *problems);

#endif
