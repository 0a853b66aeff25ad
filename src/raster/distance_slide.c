/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "pyramid/pyramid.h"
#include "raster/distance.h"
#include "raster/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * The distance transform of an image that is not in memory. A first pass notes for each column and row of tiles (a
 * band) where its first target lies. The second makes one band after another from the top: steps from above go on from
 * the band before, steps from below begin at what the first pass noted of the bands that follow. The tiles of a band
 * are then cut out of it by the writer's workers, which wait until the last one has been before the next is made.
 */

enum { NO_TARGET = UINT16_MAX, ROWS_PER_ITEM = 8 };

/* What a tile is made of, so that a tile of one kind is not read again. */
typedef enum TileKind { TILE_MIXED, TILE_TARGETS, TILE_OTHERS } TileKind;

typedef struct Worker {
  NodalRasterPatch patch;
  NodalEnvelope envelope;
  uint8_t *flags; /* of one row of a tile, as the next */
  float *below;
} Worker;

typedef struct Bands {
  NodalRasterView view;
  NodalDistanceTo to;
  double spacing, ratio;
  uint16_t *firsts; /* of each band and column: rows from its top to the first target */
  uint8_t *kinds;   /* of each tile */
  Worker *workers;
  int threads;

  NodalPool *pool; /* makes the bands, while the writer's workers wait */
  float *band;
  float *above;  /* steps in the last row before the band, from above alone */
  int32_t *next; /* row of the next target below the band; INT32_MAX: none */
  int64_t row;   /* of tiles: the band being made */

  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t change;
  bool making;
  int64_t ready;          /* the band in memory; -1: none */
  int64_t taken;          /* tiles cut out of it */
  NodalErrorCode failure; /* why no band can be made any more; 0: none */
  char message[1000];
} Bands;

/* --- first pass --- */

static bool note_tile(void *user, int worker_index, int64_t index, const NodalRaster *raster, NodalError **error) {
  (void)error;
  Bands *bands = user;
  uint8_t *flags = bands->workers[worker_index].flags;
  NodalRect area = nodal_raster_view_tile(&bands->view, index);
  uint16_t *firsts = bands->firsts + (size_t)(index / bands->view.columns) * (size_t)bands->view.width + area.x;
  size_t width = (size_t)area.width;
  uint64_t others = 0;
  memset(firsts, 0xFF, width * sizeof *firsts);
  for (int64_t y = area.height - 1; y >= 0; y--) {
    const uint8_t *row = (const uint8_t *)raster->pixels + (size_t)y * raster->stride;
    nodal_distance_flags(row, raster->dtype, bands->to, area.width, flags);
    for (size_t x = 0; x < width; x++) {
      firsts[x] = flags[x] ? firsts[x] : (uint16_t)y;
    }
    for (size_t x = 0; x < width; x++) {
      others += flags[x];
    }
  }
  bands->kinds[index] = others == 0                                      ? TILE_TARGETS
                        : others == (uint64_t)(area.width * area.height) ? TILE_OTHERS
                                                                         : TILE_MIXED;
  return true;
}

static bool has_target(const Bands *bands) {
  int64_t count = bands->view.columns * bands->view.rows;
  for (int64_t i = 0; i < count; i++) {
    if (bands->kinds[i] != TILE_OTHERS) {
      return true;
    }
  }
  return false;
}

/* --- one band --- */

/* The next target below the band under way. */
static int32_t find_next(const Bands *bands, int64_t x) {
  for (int64_t row = bands->row + 1; row < bands->view.rows; row++) {
    uint16_t first = bands->firsts[(size_t)row * (size_t)bands->view.width + (size_t)x];
    if (first != NO_TARGET) {
      return (int32_t)(row * bands->view.tile) + first;
    }
  }
  return INT32_MAX;
}

/* Steps in the row below the band, for the columns of one tile. */
static void look_below(Bands *bands, NodalRect area, float *below) {
  int64_t end = area.y + area.height;
  for (int64_t i = 0; i < area.width; i++) {
    int32_t *next = &bands->next[area.x + i];
    /* What was found for a band above holds on until it is reached; so all searches together see each band once. */
    if (*next < end) {
      *next = find_next(bands, area.x + i);
    }
    below[i] = *next == INT32_MAX ? (float)INFINITY : (float)(*next - end);
  }
}

/* A tile of one kind is not read: its pixels stay NULL. */
static bool read_mixed(const Bands *bands, Worker *worker, int64_t index, NodalRaster *raster, NodalError **error) {
  *raster = (NodalRaster){0};
  return bands->kinds[index] != TILE_MIXED ||
         nodal_raster_view_read(&bands->view, &worker->patch, nodal_raster_view_tile(&bands->view, index), raster,
                                error);
}

/* Steps of all pixels of one tile of the band. */
static bool sweep_tile(void *user, int worker_index, int64_t column, NodalError **error) {
  Bands *bands = user;
  Worker *worker = &bands->workers[worker_index];
  int64_t index = bands->row * bands->view.columns + column;
  NodalRect area = nodal_raster_view_tile(&bands->view, index);
  NodalRaster raster;
  if (!read_mixed(bands, worker, index, &raster, error)) {
    return false;
  }
  size_t width = (size_t)bands->view.width;
  float *above = bands->above + area.x, *steps = bands->band + area.x;
  if (bands->kinds[index] != TILE_MIXED) {
    memset(worker->flags, bands->kinds[index] == TILE_OTHERS, (size_t)area.width);
  }
  for (int64_t y = 0; y < area.height; y++) {
    if (raster.pixels) {
      nodal_distance_flags((const uint8_t *)raster.pixels + (size_t)y * raster.stride, raster.dtype, bands->to,
                           area.width, worker->flags);
    }
    nodal_distance_down(worker->flags, y > 0 ? steps + (size_t)(y - 1) * width : above, area.width,
                        steps + (size_t)y * width);
  }
  float *last = steps + (size_t)(area.height - 1) * width;
  memcpy(above, last, (size_t)area.width * sizeof *above);
  look_below(bands, area, worker->below);
  const float *below = worker->below;
  for (int64_t y = area.height - 1; y >= 0; y--) {
    nodal_distance_up(below, area.width, steps + (size_t)y * width);
    below = steps + (size_t)y * width;
  }
  return true;
}

static bool cross_rows(void *user, int worker_index, int64_t index, NodalError **error) {
  (void)error;
  Bands *bands = user;
  NodalEnvelope *envelope = &bands->workers[worker_index].envelope;
  int64_t width = bands->view.width, first = index * ROWS_PER_ITEM;
  int64_t rows = nodal_min64(bands->view.tile, bands->view.height - bands->row * bands->view.tile);
  for (int64_t y = first; y < nodal_min64(first + ROWS_PER_ITEM, rows); y++) {
    float *row = bands->band + (size_t)y * (size_t)width;
    nodal_distance_row(envelope, row, width, bands->ratio);
    for (int64_t x = 0; x < width; x++) {
      row[x] = (float)(bands->spacing * sqrt(envelope->squares[x]));
    }
  }
  return true;
}

static bool make_band(Bands *bands, int64_t row, NodalError **error) {
  bands->row = row;
  int64_t rows = nodal_min64(bands->view.tile, bands->view.height - row * bands->view.tile);
  NodalPoolRun run = {.count = bands->view.columns, .work = sweep_tile, .user = bands};
  if (!nodal_pool_run(bands->pool, &run, error)) {
    return false;
  }
  run.count = nodal_div_up(rows, ROWS_PER_ITEM);
  run.work = cross_rows;
  return nodal_pool_run(bands->pool, &run, error);
}

/* --- the writer's side --- */

/* Makes band `row`. With the lock held at entry and exit. */
static bool make_in_turn(Bands *bands, int64_t row, NodalError **error) {
  bands->making = true;
  pthread_mutex_unlock(&bands->lock);
  bool made = make_band(bands, row, error);
  pthread_mutex_lock(&bands->lock);
  bands->making = false;
  bands->ready = row;
  bands->taken = 0;
  if (!made) {
    bands->failure = nodal_error_code(*error);
    snprintf(bands->message, sizeof bands->message, "%s", nodal_error_message(*error));
  }
  pthread_cond_broadcast(&bands->change);
  return made;
}

/*
 * Tiles are handed out row by row, and each is asked for here before anything else about it can fail; so the tiles of
 * the band in memory are all on their way, and whoever waits for the last of them waits for a worker that is running.
 */
static bool await_band(Bands *bands, int64_t row, NodalError **error) {
  pthread_mutex_lock(&bands->lock);
  bool good = true;
  while (good && bands->ready != row) {
    if (bands->failure) {
      good = nodal_fail(error, bands->failure, "%s", bands->message);
    } else if (!bands->making && row == bands->ready + 1 && bands->taken == bands->view.columns) {
      good = make_in_turn(bands, row, error);
    } else {
      pthread_cond_wait(&bands->change, &bands->lock);
    }
  }
  if (good && bands->failure) {
    good = nodal_fail(error, bands->failure, "%s", bands->message);
  }
  pthread_mutex_unlock(&bands->lock);
  return good;
}

static bool cut_tile(void *user, int worker, NodalFeedTile *tile, NodalError **error) {
  (void)worker;
  Bands *bands = user;
  if (!await_band(bands, tile->row, error)) {
    return false;
  }
  const float *from = bands->band + tile->column * bands->view.tile;
  for (int64_t y = 0; y < tile->height; y++) {
    memcpy(tile->pixels + (size_t)y * tile->picture.stride[0], from + (size_t)y * (size_t)bands->view.width,
           (size_t)tile->width * sizeof *from);
  }
  pthread_mutex_lock(&bands->lock);
  if (++bands->taken == bands->view.columns) {
    pthread_cond_broadcast(&bands->change);
  }
  pthread_mutex_unlock(&bands->lock);
  return true;
}

/* --- all --- */

static bool make_bands(Bands *bands, NodalError **error) {
  const NodalRasterView *view = &bands->view;
  size_t width = (size_t)view->width, tile = (size_t)view->tile, rows;
  pthread_mutex_init(&bands->lock, NULL);
  pthread_cond_init(&bands->change, NULL);
  bands->ready = -1;
  bands->taken = bands->view.columns;
  bands->threads = nodal_pool_threads(bands->pool);
  bands->workers = nodal_alloc_array((size_t)bands->threads, sizeof *bands->workers, error);
  if (!bands->workers || !nodal_mul_size(width, (size_t)view->rows, &rows)) {
    return false;
  }
  for (int i = 0; i < bands->threads; i++) {
    Worker *worker = &bands->workers[i];
    if (!nodal_envelope_make(&worker->envelope, view->width, error) || !(worker->flags = nodal_alloc(tile, error)) ||
        !(worker->below = nodal_alloc_array(tile, sizeof *worker->below, error))) {
      return false;
    }
  }
  return (bands->firsts = nodal_alloc_array(rows, sizeof *bands->firsts, error)) &&
         (bands->kinds = nodal_alloc_array((size_t)(view->columns * view->rows), sizeof *bands->kinds, error)) &&
         (bands->band = nodal_alloc_array(width * tile, sizeof *bands->band, error)) &&
         (bands->above = nodal_alloc_array(width, sizeof *bands->above, error)) &&
         (bands->next = nodal_alloc_array(width, sizeof *bands->next, error));
}

static void free_bands(Bands *bands) {
  for (int i = 0; bands->workers && i < bands->threads; i++) {
    nodal_raster_patch_free(&bands->workers[i].patch);
    nodal_envelope_free(&bands->workers[i].envelope);
    free(bands->workers[i].flags);
    free(bands->workers[i].below);
  }
  free(bands->workers);
  free(bands->firsts);
  free(bands->kinds);
  free(bands->band);
  free(bands->above);
  free(bands->next);
  pthread_cond_destroy(&bands->change);
  pthread_mutex_destroy(&bands->lock);
}

static bool find_targets(Bands *bands, NodalRasterPasses *passes, NodalError **error) {
  for (int64_t x = 0; x < bands->view.width; x++) {
    bands->above[x] = INFINITY;
  }
  if (!nodal_raster_each_tile(&bands->view, bands->pool, note_tile, NULL, bands, nodal_raster_next_pass(passes),
                              error)) {
    return false;
  }
  return has_target(bands) ||
         nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: no pixel is %s0, so that there is no distance", bands->view.name,
                    bands->to == NODAL_DISTANCE_TO_ZERO ? "" : "other than ");
}

static bool write_bands(Bands *bands, const NodalRasterJob *job, NodalWriter *writer, NodalError **error) {
  NodalRasterPasses passes = {.progress = job->progress, .count = 2};
  NodalTileFeed feed = {.user = bands, .produce = cut_tile, .row_major = true};
  NodalPool *pool = nodal_pool_new(job->threads, error);
  bool done = pool && make_bands(bands, error) && find_targets(bands, &passes, error) &&
              nodal_pyramid_write_all(writer, &feed, pool, nodal_raster_next_pass(&passes), error) &&
              nodal_writer_finish(writer, error);
  nodal_pool_free(pool);
  return done;
}

bool nodal_raster_write_distance(const NodalRasterJob *job, NodalDistanceTo to, NodalDistanceUnit unit,
                                 NodalError **error) {
  Bands bands = {.to = to};
  double spacing_x = 1, spacing_y = 1;
  if (!nodal_raster_view_open(&bands.view, job, error) ||
      (unit == NODAL_DISTANCE_UM && !nodal_raster_view_spacing(&bands.view, &spacing_x, &spacing_y, error))) {
    return false;
  }
  bands.spacing = spacing_x;
  bands.ratio = spacing_y / spacing_x;
  NodalWriter *writer = nodal_raster_writer_new(job, &bands.view, NODAL_FLOAT32, error);
  bands.pool = writer ? nodal_pool_new(job->threads, error) : NULL;
  bool done = false;
  if (bands.pool) {
    done = write_bands(&bands, job, writer, error);
    free_bands(&bands);
  }
  nodal_pool_free(bands.pool);
  nodal_writer_free(writer);
  return done;
}
