/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_STAGING_BOXES_H
#define NODAL_STAGING_BOXES_H

#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

/** A box with sides parallel to the axes, its edge included. */
typedef struct StagingBox {
  double x0, y0, x1, y1;
} StagingBox;

enum { STAGING_BOX_FAN = 8, STAGING_BOX_LEVELS = 22 };

/**
 * Items by their boxes: a tree of boxes over runs of neighbouring items, so it is quick where items near in number lie
 * near in place, as the edges of an outline do. A packed R-tree (Roussopoulos and Leifker, SIGMOD 1985) in the order
 * in which the items come.
 */
typedef struct StagingBoxes {
  StagingBox *nodes;                /**< of one level after the other, the finest first */
  size_t start[STAGING_BOX_LEVELS]; /**< where a level begins in `nodes` */
  size_t size[STAGING_BOX_LEVELS];
  int levels;
  size_t count; /**< of items */
} StagingBoxes;

/** The box of an item. */
typedef StagingBox (*StagingBoxOf)(const void *user, size_t item);

/** Looks at a run of items whose common box meets the box asked for; false ends the search. */
typedef bool (*StagingBoxVisit)(void *user, size_t first, size_t end);

bool staging_boxes_init(StagingBoxes *boxes, size_t count, StagingBoxOf box_of, const void *user, NodalError **error);
void staging_boxes_clear(StagingBoxes *boxes);

/** Visits, in order, runs of items that hold all those whose box meets `box`. False where a visit ended it. */
bool staging_boxes_search(const StagingBoxes *boxes, const StagingBox *box, StagingBoxVisit visit, void *user);

StagingBox staging_box_of_points(double x0, double y0, double x1, double y1);
StagingBox staging_box_join(StagingBox a, StagingBox b);
bool staging_box_meets(const StagingBox *a, const StagingBox *b);

#endif
