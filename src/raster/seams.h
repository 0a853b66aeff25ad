/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_RASTER_SEAMS_H
#define NODAL_RASTER_SEAMS_H

#include "raster/measure.h"
#include "raster/view.h"

/*
 * Components of an image that is seen a tile at a time. Each tile is labelled alone, in parallel; its components get
 * numbers (ids) that go on from those of the tiles before it, and are joined with what they touch of the tiles to the
 * left and above. A second look at a tile finds the same components, so ids need not be kept for pixels.
 */

/** What is to be known of each component. */
typedef struct NodalSeamsPlan {
  NodalRunKind kind;
  int connectivity;
  bool order;   /**< where its first pixel is, row by row: to number by */
  bool edge;    /**< whether it touches the edge of the image */
  bool measure; /**< its measures and the value of its first pixel */
} NodalSeamsPlan;

typedef struct NodalSeams {
  const NodalRasterView *view;
  NodalSeamsPlan plan;
  struct NodalSeamsWorker *workers;
  int threads;
  struct NodalSeamsTile *tiles; /**< between work and commit, used in turn */
  int64_t tile_count;
  uint32_t *bases; /**< first id of each tile, and the number of all past the last */
  uint8_t *full;   /**< whether a tile is one component from edge to edge */
  uint32_t *above; /**< per column: id + 1 of the pixel in the last row of the tiles above; 0: none */
  uint32_t *below; /**< the same of the tile row under way */
  uint32_t *right; /**< per row: of the last column of the tile to the left */

  size_t count; /**< ids */
  uint32_t *parents;
  size_t parent_capacity;
  uint64_t *first; /**< of a root: place of the first pixel; unless only edges are asked for */
  size_t first_capacity;
  uint32_t *values; /**< of a root: value of that pixel; with `first` */
  size_t value_capacity;
  bool *edges; /**< of a root; with plan.edge */
  size_t edge_capacity;
  NodalMeasure *measures; /**< of a root; with plan.measure */
  size_t measure_capacity;
} NodalSeams;

/** Looks at all tiles. nodal_seams_free() is due also where it fails. Zero `seams` first. */
bool nodal_seams_find(NodalSeams *seams, const NodalRasterView *view, const NodalSeamsPlan *plan, NodalPool *pool,
                      const NodalProgress *progress, NodalError **error);

/**
 * Numbers the components 1, 2, ... in the order of their first pixels; afterwards `parents` holds the number of each
 * id. Returns how many there are in `*count`, and their roots in that order in `*roots` (may be NULL; freed by the
 * caller).
 */
bool nodal_seams_number(NodalSeams *seams, uint32_t *count, uint32_t **roots, NodalError **error);

/**
 * Labels a tile again: the runs' labels plus the tile's base are ids. NULL where it fails. Good until the worker's next
 * call; the worker is one of the pool before.
 */
const NodalRuns *nodal_seams_label(NodalSeams *seams, int worker, int64_t index, NodalError **error);

void nodal_seams_free(NodalSeams *seams);

#endif
