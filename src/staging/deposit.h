/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_STAGING_DEPOSIT_H
#define NODAL_STAGING_DEPOSIT_H

#include "staging/boxes.h"
#include <nodal/annotation.h>
#include <stdint.h>

/** A straight piece of an outline, level-0 pixels. */
typedef struct DepositEdge {
  NodalPoint from, to;
  uint32_t ring; /**< 0: the outer ring; 1 and more: holes */
} DepositEdge;

/** An area with one outline: the outer ring of a shape and the holes in it. By the non-zero rule, less the holes. */
typedef struct Deposit {
  int annotation;     /**< index in the set it came from */
  DepositEdge *edges; /**< ring after ring */
  size_t edge_count, outer_count;
  uint32_t ring_count;
  StagingBox box; /**< of the outer ring */
  uint64_t place; /**< of the box along a curve that keeps neighbours together; for DepositList */
  StagingBoxes tree;
} Deposit;

/** Copies the rings, of which the first is the outer one. */
bool deposit_init(Deposit *deposit, int annotation, const NodalRing *rings, size_t ring_count, NodalError **error);
void deposit_clear(Deposit *deposit);

/** Whether a place lies inside; on an edge either may be. */
bool deposit_contains(const Deposit *deposit, NodalPoint place);

/** Micrometres a level-0 pixel. */
typedef struct StagingSpacing {
  double x_um, y_um;
} StagingSpacing;

/**
 * Whether two areas touch or overlap, or lie nearer to each other than `gap_um`. Distances are rounded to 1 nm before
 * they are looked at: areas less than half a nanometre apart touch.
 */
bool deposits_join(const Deposit *a, const Deposit *b, StagingSpacing spacing, double gap_um);

#endif
