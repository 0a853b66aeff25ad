/* SPDX-License-Identifier: Apache-2.0 */
#include "staging/lesions.h"

#include <stdlib.h>

/* Spreads 24 bits to every second place. */
static uint64_t spread(uint64_t bits) {
  uint64_t spread = 0;
  for (int i = 0; i < 25; i++) {
    spread |= (bits >> i & 1) << (2 * i);
  }
  return spread;
}

/* Place of a box's center along Morton's curve. Coordinates are within ten million. */
static uint64_t morton(const StagingBox *box) {
  return spread((uint64_t)(0.5 * (box->x0 + box->x1) + 1e7)) | spread((uint64_t)(0.5 * (box->y0 + box->y1) + 1e7)) << 1;
}

static int by_place(const void *first, const void *second) {
  const Deposit *a = first, *b = second;
  if (a->place != b->place) {
    return a->place < b->place ? -1 : 1;
  }
  return (a->annotation > b->annotation) - (a->annotation < b->annotation);
}

static StagingBox box_of_deposit(const void *user, size_t item) {
  return ((const Deposit *)user)[item].box;
}

bool deposit_list_finish(DepositList *list, NodalError **error) {
  for (size_t i = 0; i < list->count; i++) {
    list->items[i].place = morton(&list->items[i].box);
  }
  if (list->count > 0) {
    qsort(list->items, list->count, sizeof *list->items, by_place);
  }
  return staging_boxes_init(&list->tree, list->count, box_of_deposit, list->items, error);
}

void deposit_list_clear(DepositList *list) {
  for (size_t i = 0; i < list->count; i++) {
    deposit_clear(&list->items[i]);
  }
  free(list->items);
  staging_boxes_clear(&list->tree);
}

typedef struct Search {
  const DepositList *list;
  NodalPoint place;
  size_t found;
} Search;

static bool holds(void *user, size_t first, size_t end) {
  Search *search = user;
  for (size_t i = first; i < end; i++) {
    if (deposit_contains(&search->list->items[i], search->place)) {
      search->found = i;
      return false;
    }
  }
  return true;
}

size_t deposit_list_find(const DepositList *list, NodalPoint place) {
  Search search = {list, place, list->count};
  StagingBox here = {place.x, place.y, place.x, place.y};
  staging_boxes_search(&list->tree, &here, holds, &search);
  return search.found;
}
