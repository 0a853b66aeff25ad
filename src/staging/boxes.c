/* SPDX-License-Identifier: Apache-2.0 */
#include "staging/boxes.h"

#include "base/memory.h"

#include <math.h>

StagingBox staging_box_of_points(double x0, double y0, double x1, double y1) {
  return (StagingBox){fmin(x0, x1), fmin(y0, y1), fmax(x0, x1), fmax(y0, y1)};
}

StagingBox staging_box_join(StagingBox a, StagingBox b) {
  return (StagingBox){fmin(a.x0, b.x0), fmin(a.y0, b.y0), fmax(a.x1, b.x1), fmax(a.y1, b.y1)};
}

bool staging_box_meets(const StagingBox *a, const StagingBox *b) {
  return a->x0 <= b->x1 && b->x0 <= a->x1 && a->y0 <= b->y1 && b->y0 <= a->y1;
}

static size_t divide_up(size_t count) {
  return count / STAGING_BOX_FAN + (count % STAGING_BOX_FAN != 0);
}

/* Sizes of the levels, down to one node; returns the number of nodes. */
static size_t lay_out(StagingBoxes *boxes, size_t count) {
  size_t nodes = 0;
  do {
    count = divide_up(count);
    boxes->start[boxes->levels] = nodes;
    boxes->size[boxes->levels++] = count;
    nodes += count;
  } while (count > 1);
  return nodes;
}

bool staging_boxes_init(StagingBoxes *boxes, size_t count, StagingBoxOf box_of, const void *user, NodalError **error) {
  *boxes = (StagingBoxes){.count = count};
  if (count == 0) {
    return true;
  }
  size_t nodes = lay_out(boxes, count);
  boxes->nodes = nodal_alloc_array(nodes, sizeof *boxes->nodes, error);
  if (!boxes->nodes) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    StagingBox box = box_of(user, i), *node = &boxes->nodes[i / STAGING_BOX_FAN];
    *node = i % STAGING_BOX_FAN == 0 ? box : staging_box_join(*node, box);
  }
  for (int level = 1; level < boxes->levels; level++) {
    const StagingBox *below = boxes->nodes + boxes->start[level - 1];
    for (size_t i = 0; i < boxes->size[level - 1]; i++) {
      StagingBox *node = &boxes->nodes[boxes->start[level] + i / STAGING_BOX_FAN];
      *node = i % STAGING_BOX_FAN == 0 ? below[i] : staging_box_join(*node, below[i]);
    }
  }
  return true;
}

void staging_boxes_clear(StagingBoxes *boxes) {
  free(boxes->nodes);
  *boxes = (StagingBoxes){0};
}

bool staging_boxes_search(const StagingBoxes *boxes, const StagingBox *box, StagingBoxVisit visit, void *user) {
  if (boxes->count == 0) {
    return true;
  }
  /* Depth first without a stack: a node that is done leads to its sibling, or up. */
  int level = boxes->levels - 1;
  size_t node = 0;
  for (;;) {
    if (staging_box_meets(&boxes->nodes[boxes->start[level] + node], box)) {
      if (level > 0) {
        level--;
        node *= STAGING_BOX_FAN;
        continue;
      }
      size_t first = node * STAGING_BOX_FAN, left = boxes->count - first;
      if (!visit(user, first, first + (left < STAGING_BOX_FAN ? left : STAGING_BOX_FAN))) {
        return false;
      }
    }
    while (level < boxes->levels - 1 &&
           (node % STAGING_BOX_FAN == STAGING_BOX_FAN - 1 || node + 1 == boxes->size[level])) {
      level++;
      node /= STAGING_BOX_FAN;
    }
    if (level == boxes->levels - 1) {
      return true;
    }
    node++;
  }
}
