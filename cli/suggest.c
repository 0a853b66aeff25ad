/* SPDX-License-Identifier: Apache-2.0 */
#include "suggest.h"

#include <stdbool.h>
#include <string.h>

#define LONGEST 63

static size_t smallest(size_t a, size_t b, size_t c) {
  size_t least = a < b ? a : b;
  return least < c ? least : c;
}

size_t cli_edit_distance(const char *a, const char *b) {
  size_t a_length = strlen(a), b_length = strlen(b);
  if (a_length > LONGEST || b_length > LONGEST) {
    return a_length > b_length ? a_length : b_length;
  }
  size_t table[3][LONGEST + 1]; /* row i of the table lies in table[i % 3] */
  for (size_t j = 0; j <= b_length; j++) {
    table[0][j] = j;
  }
  for (size_t i = 1; i <= a_length; i++) {
    size_t *row = table[i % 3];
    const size_t *above = table[(i - 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b_length; j++) {
      size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
      row[j] = smallest(above[j] + 1, row[j - 1] + 1, change);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        size_t swap = table[(i - 2) % 3][j - 2] + 1;
        row[j] = swap < row[j] ? swap : row[j];
      }
    }
  }
  return table[a_length % 3][b_length];
}

void cli_suggest(CliSuggestion *suggestion, const char *name) {
  /* One slip in four letters, or a name cut short: what differs more was hardly meant. */
  size_t length = strlen(suggestion->typed);
  size_t limit = length < 3 ? 1 : 1 + length / 4;
  bool begins = length >= 2 && strncmp(suggestion->typed, name, length) == 0;
  size_t distance = begins ? 1 : cli_edit_distance(suggestion->typed, name);
  if (distance > limit || distance >= strlen(name)) {
    return;
  }
  if (!suggestion->best || distance < suggestion->distance) {
    suggestion->best = name;
    suggestion->distance = distance;
  }
}
