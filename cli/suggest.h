/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_SUGGEST_H
#define NODAL_CLI_SUGGEST_H

#include <stddef.h>

/**
 * Number of insertions, deletions, changes and swaps of neighbours that turn `a` into `b` (optimal string alignment
 * distance); names longer than 63 bytes count as entirely different.
 */
size_t cli_edit_distance(const char *a, const char *b);

/** A search for the name that somebody meant. Start with {.typed = word}. */
typedef struct CliSuggestion {
  const char *typed;
  const char *best; /**< NULL: nothing is near enough */
  size_t distance;
} CliSuggestion;

/** Takes `name` if it is nearer to what was typed than the best so far, and near enough to be meant at all. */
void cli_suggest(CliSuggestion *suggestion, const char *name);

#endif
