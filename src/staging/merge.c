/* SPDX-License-Identifier: Apache-2.0 */
#include "staging/lesions.h"

#include "base/memory.h"

#include <math.h>

/* Sets of deposits that belong together: a forest in which each points towards the root of its set. */
typedef struct Forest {
  const DepositList *list;
  size_t *parent;
  StagingSpacing spacing;
  double gap_um;
  size_t current;
} Forest;

static size_t root_of(size_t *parent, size_t item) {
  while (parent[item] != item) {
    parent[item] = parent[parent[item]];
    item = parent[item];
  }
  return item;
}

/* Joins the current deposit with those before it that are near enough. */
static bool join_run(void *user, size_t first, size_t end) {
  Forest *forest = user;
  for (size_t i = first; i < end && i < forest->current; i++) {
    size_t a = root_of(forest->parent, i), b = root_of(forest->parent, forest->current);
    if (a != b && deposits_join(&forest->list->items[i], &forest->list->items[forest->current], forest->spacing,
                                forest->gap_um)) {
      forest->parent[a < b ? b : a] = a < b ? a : b;
    }
  }
  return first < forest->current;
}

bool lesions_merge(NodalLesions *lesions, double gap_um, NodalError **error) {
  const DepositList *list = &lesions->tumor;
  lesions->lesion_of = nodal_alloc_array(list->count, sizeof *lesions->lesion_of, error);
  if (!lesions->lesion_of) {
    return false;
  }
  Forest forest = {list, lesions->lesion_of, lesions->spacing, gap_um, 0};
  double reach_x = (gap_um + 0.001) / lesions->spacing.x_um, reach_y = (gap_um + 0.001) / lesions->spacing.y_um;
  for (; forest.current < list->count; forest.current++) {
    forest.parent[forest.current] = forest.current;
    StagingBox box = list->items[forest.current].box;
    box = (StagingBox){box.x0 - reach_x, box.y0 - reach_y, box.x1 + reach_x, box.y1 + reach_y};
    staging_boxes_search(&list->tree, &box, join_run, &forest);
  }
  /* A root is the least of its set, so it has its number before the others ask for it. */
  for (size_t i = 0; i < list->count; i++) {
    size_t root = forest.parent[i];
    lesions->lesion_of[i] = root == i ? lesions->count++ : lesions->lesion_of[root];
  }
  return true;
}
