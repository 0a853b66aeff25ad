/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "raster/distance.h"
#include "raster/view.h"

#include <math.h>
#include <string.h>

/*
 * The image is worked on in blocks. A block comes with as much of its surroundings as can have a say in it: once the
 * radius for one step, twice for two. What a first step gets wrong at the rim of that is out of the second one's reach.
 */

enum { BLOCK_SIDE = 2048 };

/* A centre that lies on the circle counts, whatever is lost in dividing the radius by the spacing. */
#define RADIUS_TOLERANCE 1e-9

typedef struct Disk {
  NodalMorphology morphology;
  double ratio;             /* height of a pixel over its width */
  double square;            /* of the radius, in pixel widths */
  float steps;              /* rows within the radius */
  int64_t reach_x, reach_y; /* how far the surroundings go */
} Disk;

/* A block with its surroundings: one a worker. */
typedef struct Block {
  uint8_t *flags; /* 0 or 1 */
  float *steps;
  NodalEnvelope envelope;
  size_t flag_capacity, step_capacity;
  int64_t envelope_width;
  NodalRect area, around; /* the block, and what is in memory */
} Block;

static bool make_disk(const char *name, NodalMorphology morphology, double radius, double spacing_x, double spacing_y,
                      Disk *disk, NodalError **error) {
  double x = radius / spacing_x * (1 + RADIUS_TOLERANCE), y = radius / spacing_y * (1 + RADIUS_TOLERANCE);
  if (!(radius >= 0) || !(x < NODAL_MORPHOLOGY_MAX_RADIUS + 1) || !(y < NODAL_MORPHOLOGY_MAX_RADIUS + 1)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: a radius of %g pixels is not 0 to %d", name, fmax(x, y),
                      NODAL_MORPHOLOGY_MAX_RADIUS);
  }
  int steps = morphology == NODAL_MORPHOLOGY_OPEN || morphology == NODAL_MORPHOLOGY_CLOSE ? 2 : 1;
  *disk = (Disk){.morphology = morphology,
                 .ratio = spacing_y / spacing_x,
                 .square = x * x,
                 .steps = (float)floor(y),
                 .reach_x = steps * (int64_t)floor(x),
                 .reach_y = steps * (int64_t)floor(y)};
  return true;
}

static void free_block(Block *block) {
  free(block->flags);
  free(block->steps);
  nodal_envelope_free(&block->envelope);
}

/* Makes room for the block `area` of an image of `width` x `height` pixels and its surroundings. */
static bool begin_block(Block *block, const Disk *disk, NodalRect area, int64_t width, int64_t height,
                        NodalError **error) {
  int64_t left = nodal_max64(0, area.x - disk->reach_x), top = nodal_max64(0, area.y - disk->reach_y);
  int64_t right = nodal_min64(width, area.x + area.width + disk->reach_x);
  int64_t bottom = nodal_min64(height, area.y + area.height + disk->reach_y);
  block->area = area;
  block->around = (NodalRect){left, top, right - left, bottom - top};
  size_t count = (size_t)block->around.width * (size_t)block->around.height;
  if (!nodal_grow_array(&block->flags, &block->flag_capacity, count, sizeof *block->flags, error) ||
      !nodal_grow_array(&block->steps, &block->step_capacity, count, sizeof *block->steps, error)) {
    return false;
  }
  if (block->around.width > block->envelope_width) {
    nodal_envelope_free(&block->envelope);
    block->envelope_width = block->around.width;
    return nodal_envelope_make(&block->envelope, block->around.width, error);
  }
  return true;
}

/* Rows from each pixel to the nearest one whose flag is `target`, in its column; INFINITY out of the disk's reach. */
static void count_steps(Block *block, const Disk *disk, uint8_t target) {
  size_t width = (size_t)block->around.width;
  for (int64_t y = 0; y < block->around.height; y++) {
    const uint8_t *flags = block->flags + (size_t)y * width;
    float *steps = block->steps + (size_t)y * width;
    const float *above = y > 0 ? steps - width : NULL;
    for (size_t x = 0; x < width; x++) {
      float step = above ? above[x] + 1 : (float)INFINITY;
      steps[x] = flags[x] == target ? 0 : step;
    }
  }
  for (int64_t y = block->around.height - 2; y >= 0; y--) {
    float *steps = block->steps + (size_t)y * width;
    nodal_distance_up(steps + width, block->around.width, steps);
  }
  for (size_t i = 0; i < width * (size_t)block->around.height; i++) {
    block->steps[i] = block->steps[i] <= disk->steps ? block->steps[i] : (float)INFINITY;
  }
}

static bool has(const Block *block, uint8_t flag) {
  return memchr(block->flags, flag, (size_t)block->around.width * (size_t)block->around.height) != NULL;
}

/* Gives all pixels within the radius of one whose flag is `target` that flag. */
static void spread(Block *block, const Disk *disk, uint8_t target) {
  if (!has(block, target) || !has(block, !target)) {
    return;
  }
  count_steps(block, disk, target);
  size_t width = (size_t)block->around.width;
  for (int64_t y = 0; y < block->around.height; y++) {
    nodal_distance_row(&block->envelope, block->steps + (size_t)y * width, block->around.width, disk->ratio);
    uint8_t *flags = block->flags + (size_t)y * width;
    for (size_t x = 0; x < width; x++) {
      flags[x] = (uint8_t)(block->envelope.squares[x] <= disk->square) ^ !target;
    }
  }
}

static void work_block(Block *block, const Disk *disk) {
  switch (disk->morphology) {
  case NODAL_MORPHOLOGY_DILATE:
    spread(block, disk, 1);
    break;
  case NODAL_MORPHOLOGY_ERODE:
    spread(block, disk, 0);
    break;
  case NODAL_MORPHOLOGY_OPEN:
    spread(block, disk, 0);
    spread(block, disk, 1);
    break;
  case NODAL_MORPHOLOGY_CLOSE:
    spread(block, disk, 1);
    spread(block, disk, 0);
    break;
  }
}

static void take_flags(Block *block, const NodalRaster *raster) {
  for (size_t y = 0; y < (size_t)raster->height; y++) {
    nodal_distance_flags((const uint8_t *)raster->pixels + y * raster->stride, raster->dtype, NODAL_DISTANCE_TO_ZERO,
                         raster->width, block->flags + y * (size_t)raster->width);
  }
}

/* Copies what lies in `part`, pixels of the image. */
static void give_flags(const Block *block, NodalRect part, uint8_t *pixels, size_t stride) {
  size_t width = (size_t)block->around.width;
  const uint8_t *from = block->flags + (size_t)(part.y - block->around.y) * width + (size_t)(part.x - block->around.x);
  for (size_t y = 0; y < (size_t)part.height; y++) {
    memcpy(pixels + y * stride, from + y * width, (size_t)part.width);
  }
}

static void free_blocks(Block *blocks, int count) {
  for (int i = 0; blocks && i < count; i++) {
    free_block(&blocks[i]);
  }
  free(blocks);
}

/* --- an array --- */

typedef struct ArrayWork {
  const NodalRaster *raster;
  const Disk *disk;
  Block *blocks;
  int64_t columns;
  uint8_t *result;
} ArrayWork;

static bool work_on_array(void *user, int worker, int64_t index, NodalError **error) {
  const ArrayWork *work = user;
  const NodalRaster *raster = work->raster;
  Block *block = &work->blocks[worker];
  NodalRect area = {index % work->columns * BLOCK_SIDE, index / work->columns * BLOCK_SIDE, 0, 0};
  area.width = nodal_min64(BLOCK_SIDE, raster->width - area.x);
  area.height = nodal_min64(BLOCK_SIDE, raster->height - area.y);
  if (!begin_block(block, work->disk, area, raster->width, raster->height, error)) {
    return false;
  }
  NodalRaster around = *raster;
  around.pixels = (const uint8_t *)raster->pixels + (size_t)block->around.y * raster->stride +
                  (size_t)block->around.x * nodal_dtype_size(raster->dtype);
  around.width = block->around.width;
  around.height = block->around.height;
  take_flags(block, &around);
  work_block(block, work->disk);
  give_flags(block, area, work->result + (size_t)area.y * (size_t)raster->width + area.x, (size_t)raster->width);
  return true;
}

bool nodal_raster_morphology(const NodalRaster *raster, NodalMorphology morphology, double radius, double spacing_x,
                             double spacing_y, int threads, uint8_t *result, NodalError **error) {
  Disk disk;
  if (!nodal_raster_check(raster, error) || !nodal_raster_check_spacing(spacing_x, spacing_y, error) ||
      !make_disk("array", morphology, radius, spacing_x, spacing_y, &disk, error)) {
    return false;
  }
  NodalPool *pool = nodal_pool_new(threads, error);
  if (!pool) {
    return false;
  }
  int workers = nodal_pool_threads(pool);
  ArrayWork work = {.raster = raster,
                    .disk = &disk,
                    .blocks = nodal_alloc_array((size_t)workers, sizeof *work.blocks, error),
                    .columns = nodal_div_up(raster->width, BLOCK_SIDE),
                    .result = result};
  NodalPoolRun run = {
      .count = work.columns * nodal_div_up(raster->height, BLOCK_SIDE), .work = work_on_array, .user = &work};
  bool done = work.blocks && nodal_pool_run(pool, &run, error);
  free_blocks(work.blocks, workers);
  nodal_pool_free(pool);
  return done;
}

/* --- a slide --- */

typedef struct SlideWork {
  NodalRasterView view;
  Disk disk;
  Block *blocks; /* one a worker, as the next */
  NodalRasterPatch *patches;
} SlideWork;

static bool begin_on_slide(void *user, int worker, NodalRect area, NodalError **error) {
  SlideWork *work = user;
  Block *block = &work->blocks[worker];
  NodalRaster around;
  if (!begin_block(block, &work->disk, area, work->view.width, work->view.height, error) ||
      !nodal_raster_view_read(&work->view, &work->patches[worker], block->around, &around, error)) {
    return false;
  }
  take_flags(block, &around);
  work_block(block, &work->disk);
  return true;
}

static bool tile_of_block(void *user, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                          NodalError **error) {
  (void)error;
  const SlideWork *work = user;
  give_flags(&work->blocks[worker], nodal_raster_view_tile(&work->view, row * work->view.columns + column), pixels,
             stride);
  return true;
}

static bool write_blocks(SlideWork *work, const NodalRasterJob *job, NodalWriter *writer, NodalError **error) {
  NodalPool *pool = nodal_pool_new(job->threads, error);
  if (!pool) {
    return false;
  }
  int threads = nodal_pool_threads(pool);
  work->blocks = nodal_alloc_array((size_t)threads, sizeof *work->blocks, error);
  work->patches = nodal_alloc_array((size_t)threads, sizeof *work->patches, error);
  bool done = work->blocks && work->patches &&
              nodal_raster_write(writer, tile_of_block, begin_on_slide, work, pool, job->progress, error);
  for (int i = 0; work->patches && i < threads; i++) {
    nodal_raster_patch_free(&work->patches[i]);
  }
  free(work->patches);
  free_blocks(work->blocks, threads);
  nodal_pool_free(pool);
  return done;
}

bool nodal_raster_write_morphology(const NodalRasterJob *job, NodalMorphology morphology, double radius,
                                   NodalDistanceUnit unit, NodalError **error) {
  SlideWork work = {0};
  double spacing_x = 1, spacing_y = 1;
  if (!nodal_raster_view_open(&work.view, job, error) ||
      (unit == NODAL_DISTANCE_UM && !nodal_raster_view_spacing(&work.view, &spacing_x, &spacing_y, error)) ||
      !make_disk(work.view.name, morphology, radius, spacing_x, spacing_y, &work.disk, error)) {
    return false;
  }
  work.view.aligned = false; /* surroundings are read more than once */
  NodalWriter *writer = nodal_raster_writer_new(job, &work.view, NODAL_UINT8, error);
  bool done = writer && write_blocks(&work, job, writer, error);
  nodal_writer_free(writer);
  return done;
}
