/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_RASTER_VIEW_H
#define NODAL_RASTER_VIEW_H

#include "base/pool.h"
#include <nodal/raster.h>
#include <nodal/writer.h>

/* Largest side and area of an image: sums of squares, times the area, stay below 2^128; floats count rows exactly. */
#define NODAL_RASTER_MAX_SIDE ((int64_t)1 << 24)
#define NODAL_RASTER_MAX_AREA ((int64_t)1 << 40)

/** Whether the sides of an array are in range and its rows hold its samples. */
bool nodal_raster_check(const NodalRaster *raster, NodalError **error);

/** 4 or 8, and integers where values are compared. `name` begins the message. */
bool nodal_raster_check_components(const char *name, const NodalComponentOptions *options, NodalDtype dtype,
                                   NodalError **error);

/** Whether both are lengths of a pixel. */
bool nodal_raster_check_spacing(double x, double y, NodalError **error);

/** One channel of one level of a slide, cut into tiles of the output. */
typedef struct NodalRasterView {
  NodalSlide *slide;
  const char *name;
  int level, channel, channels;
  NodalDtype dtype;
  int64_t width, height; /**< of the level */
  double downsample;
  double spacing_x_um, spacing_y_um; /**< of level 0; 0: unknown */
  int64_t tile, columns, rows;
  bool aligned; /**< no tile of the file lies in two of ours: the cache would only cost */
} NodalRasterView;

/** Fails where the level or the channel is not there, or the channel is to be chosen and is not. */
bool nodal_raster_view_open(NodalRasterView *view, const NodalRasterJob *job, NodalError **error);

/** Micrometres a pixel of the level; fails where the slide has no spacing. */
bool nodal_raster_view_spacing(const NodalRasterView *view, double *x_um, double *y_um, NodalError **error);

/** What lies inside the image of tile `index`, counted row by row. */
NodalRect nodal_raster_view_tile(const NodalRasterView *view, int64_t index);

/** Pixels in an array that grows as it is needed: one a worker. Zero it first, free with nodal_raster_patch_free(). */
typedef struct NodalRasterPatch {
  uint8_t *pixels, *interleaved;
  size_t capacity, interleaved_capacity;
} NodalRasterPatch;

/** Reads a rectangle inside the image. `raster` points into `patch`. */
bool nodal_raster_view_read(const NodalRasterView *view, NodalRasterPatch *patch, NodalRect region, NodalRaster *raster,
                            NodalError **error);
void nodal_raster_patch_free(NodalRasterPatch *patch);

/** Does one tile: `raster` is good until the worker's next one. */
typedef bool (*NodalTileWork)(void *user, int worker, int64_t index, const NodalRaster *raster, NodalError **error);

/** A pass over all tiles, row by row: `work` for each, on the pool, and `commit` (may be NULL) in order. */
bool nodal_raster_each_tile(const NodalRasterView *view, NodalPool *pool, NodalTileWork work, NodalPoolCommit commit,
                            void *user, const NodalProgress *progress, NodalError **error);

/** How many tiles may be between `work` and `commit`. */
int64_t nodal_raster_window(const NodalPool *pool);

/** Progress of work in several passes: each gets its share of the whole. */
typedef struct NodalRasterPasses {
  const NodalProgress *progress;
  int index, count;
  NodalProgress step; /**< for the pass under way */
} NodalRasterPasses;

/** The callback of the next of `passes->count` passes over the same number of pixels; NULL where nobody watches. */
const NodalProgress *nodal_raster_next_pass(NodalRasterPasses *passes);

/** A writer for the result: one channel of the size and spacing of the view; labels, or float32 gray. */
NodalWriter *nodal_raster_writer_new(const NodalRasterJob *job, const NodalRasterView *view, NodalDtype dtype,
                                     NodalError **error);

/**
 * Fills the tiles of the output by `function`, which finds them filled with zeros, on the pool, and finishes the file.
 * `begin` (may be NULL) as in NodalTileFeed.
 */
bool nodal_raster_write(NodalWriter *writer, NodalTileFunction function,
                        bool (*begin)(void *user, int worker, NodalRect area, NodalError **error), void *user,
                        NodalPool *pool, const NodalProgress *progress, NodalError **error);

/** Makes one tile of the output of the same tile of the input; the rest as with NodalTileFunction. */
typedef bool (*NodalTileMap)(void *user, int worker, const NodalRaster *raster, void *pixels, size_t stride,
                             NodalError **error);

/** Fills the tiles of the output by `map`, each from what the input has there, and finishes the file. */
bool nodal_raster_map(NodalWriter *writer, const NodalRasterView *view, NodalTileMap map, void *user, NodalPool *pool,
                      const NodalProgress *progress, NodalError **error);

#endif
