/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/contours.h"

#include "base/memory.h"
#include "raster/trace.h"
#include "raster/view.h"
#include <nodal/mask.h>

#include <stdio.h>
#include <string.h>

enum { TILE = 512, MAX_VALUES = 65536 };

/*
 * Tiles are turned into runs on all threads, and the runs of a row of tiles are strung together in order, row by row,
 * for the tracer.
 */

/* The runs of one tile. Rows that are equal share them. */
typedef struct TileRuns {
  NodalTraceRun *runs;
  size_t count, capacity;
  struct {
    size_t first, count;
  } rows[TILE];
} TileRuns;

typedef struct Job {
  const NodalContourOptions *options;
  NodalRasterView view;
  TileRuns *tiles; /* between work and commit, used in turn: a row of tiles and what is under way */
  int64_t tile_count;
  NodalTraceRun *row;
  size_t row_capacity;
  NodalTrace *trace;
} Job;

/* --- runs of a tile --- */

static bool is_wanted(const NodalContourOptions *options, uint32_t value) {
  for (size_t i = 0; options->values && i < options->value_count; i++) {
    if (options->values[i] == value) {
      return true;
    }
  }
  return !options->values;
}

/* The first place from `x` on that is not `value`. */
static int64_t end_of_run(const NodalRaster *raster, const uint8_t *row, int64_t x, uint32_t value) {
  int64_t width = raster->width;
  if (raster->dtype == NODAL_UINT16) {
    const uint16_t *samples = (const uint16_t *)(const void *)row;
    while (x < width && samples[x] == value) {
      x++;
    }
    return x;
  }
  if (raster->dtype == NODAL_UINT32) {
    const uint32_t *samples = (const uint32_t *)(const void *)row;
    while (x < width && samples[x] == value) {
      x++;
    }
    return x;
  }
  uint64_t eight = value * UINT64_C(0x0101010101010101), word;
  while (x + 8 <= width && (memcpy(&word, row + x, 8), word == eight)) {
    x += 8;
  }
  while (x < width && row[x] == value) {
    x++;
  }
  return x;
}

static uint32_t sample_at(const NodalRaster *raster, const uint8_t *row, int64_t x) {
  switch (raster->dtype) {
  case NODAL_UINT8:
    return row[x];
  case NODAL_UINT16:
    return ((const uint16_t *)(const void *)row)[x];
  default:
    return ((const uint32_t *)(const void *)row)[x];
  }
}

static bool add_run(TileRuns *tile, int64_t start, uint32_t value, NodalError **error) {
  if (!nodal_grow_array(&tile->runs, &tile->capacity, tile->count + 1, sizeof *tile->runs, error)) {
    return false;
  }
  tile->runs[tile->count++] = (NodalTraceRun){(int32_t)start, value};
  return true;
}

static bool find_runs(void *user, int worker, int64_t index, const NodalRaster *raster, NodalError **error) {
  (void)worker;
  Job *job = user;
  TileRuns *tile = &job->tiles[index % job->tile_count];
  int64_t left = nodal_raster_view_tile(&job->view, index).x;
  size_t bytes = (size_t)raster->width * nodal_dtype_size(raster->dtype);
  tile->count = 0;
  for (size_t y = 0; y < (size_t)raster->height; y++) {
    const uint8_t *row = (const uint8_t *)raster->pixels + y * raster->stride;
    if (y > 0 && memcmp(row, row - raster->stride, bytes) == 0) {
      tile->rows[y] = tile->rows[y - 1];
      continue;
    }
    size_t first = tile->count;
    for (int64_t x = 0; x < raster->width;) {
      uint32_t value = sample_at(raster, row, x);
      int64_t end = end_of_run(raster, row, x, value);
      if (!add_run(tile, left + x, is_wanted(job->options, value) ? value : 0, error)) {
        return false;
      }
      x = end;
    }
    tile->rows[y].first = first;
    tile->rows[y].count = tile->count - first;
  }
  return true;
}

/* --- rows of the image --- */

/* Hands one row to the tracer: the runs of `tiles` in a row, those of one value joined. */
static bool trace_row(Job *job, int64_t first_tile, int64_t y, NodalError **error) {
  size_t count = 0;
  for (int64_t column = 0; column < job->view.columns; column++) {
    const TileRuns *tile = &job->tiles[(first_tile + column) % job->tile_count];
    const NodalTraceRun *runs = tile->runs + tile->rows[y].first;
    size_t more = tile->rows[y].count;
    if (!nodal_grow_array(&job->row, &job->row_capacity, count + more, sizeof *job->row, error)) {
      return false;
    }
    for (size_t i = 0; i < more; i++) {
      if (count == 0 || job->row[count - 1].value != runs[i].value) {
        job->row[count++] = runs[i];
      }
    }
  }
  return nodal_trace_row(job->trace, job->row, count, error);
}

static bool take_tile(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  Job *job = user;
  const NodalRasterView *view = &job->view;
  if ((index + 1) % view->columns != 0) {
    return true;
  }
  int64_t rows = nodal_raster_view_tile(view, index).height;
  for (int64_t y = 0; y < rows; y++) {
    if (!trace_row(job, index + 1 - view->columns, y, error)) {
      return false;
    }
  }
  return true;
}

static bool trace_image(Job *job, NodalPool *pool, const NodalProgress *progress, NodalError **error) {
  job->tile_count = job->view.columns + nodal_raster_window(pool) + 1;
  job->tiles = nodal_alloc_array((size_t)job->tile_count, sizeof *job->tiles, error);
  job->trace = job->tiles ? nodal_trace_new((int32_t)job->view.width, error) : NULL;
  return job->trace && nodal_raster_each_tile(&job->view, pool, find_runs, take_tile, job, progress, error) &&
         nodal_trace_finish(job->trace, error);
}

static void clear_job(Job *job) {
  for (int64_t i = 0; job->tiles && i < job->tile_count; i++) {
    free(job->tiles[i].runs);
  }
  free(job->tiles);
  free(job->row);
  nodal_trace_free(job->trace);
}

/* --- annotations --- */

void nodal_contour_clear(NodalContour *contour) {
  for (size_t i = 0; contour->points && i < contour->count; i++) {
    free(contour->points[i]);
  }
  free(contour->points);
  free(contour->rings);
  *contour = (NodalContour){0};
}

/* Level-0 pixels, from the corners of a level. */
static bool make_contour(const NodalTraceRegion *region, double downsample, NodalContour *contour, NodalError **error) {
  size_t count = 0;
  for (const NodalTraceRing *ring = region->rings; ring; ring = ring->next) {
    count++;
  }
  *contour = (NodalContour){.rings = nodal_alloc_array(count, sizeof *contour->rings, error)};
  contour->points = contour->rings ? nodal_alloc_array(count, sizeof *contour->points, error) : NULL;
  if (!contour->points) {
    return false;
  }
  for (const NodalTraceRing *ring = region->rings; ring; ring = ring->next) {
    NodalPoint *points = nodal_alloc_array(ring->count, sizeof *points, error);
    if (!points) {
      return false;
    }
    for (size_t i = 0; i < ring->count; i++) {
      points[i] = (NodalPoint){ring->points[i].x * downsample, ring->points[i].y * downsample};
    }
    contour->points[contour->count] = points;
    contour->rings[contour->count++] = (NodalRing){points, ring->count, ring->hole};
  }
  return true;
}

/* Colours that are told apart on stained tissue. */
static NodalRgb color_of(uint32_t value) {
  static const NodalRgb colors[] = {0xF4FA58, 0x64FE2E, 0x00E5FF, 0xFF8C00, 0x2962FF, 0xFF1744, 0x00C853, 0xAA00FF};
  return colors[(value - 1) % (sizeof colors / sizeof *colors)];
}

static int compare_values(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

/* The values that there are regions of, ascending. */
static uint32_t *list_values(const NodalTraceRegion *regions, size_t count, size_t *values, NodalError **error) {
  uint32_t *list = nodal_alloc_array(count + 1, sizeof *list, error);
  if (!list) {
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    list[i] = regions[i].value;
  }
  qsort(list, count, sizeof *list, compare_values);
  *values = 0;
  for (size_t i = 0; i < count; i++) {
    if (*values == 0 || list[*values - 1] != list[i]) {
      list[(*values)++] = list[i];
    }
  }
  return list;
}

static bool add_groups(const Job *job, NodalAnnotationSet *set, const uint32_t *values, size_t count,
                       NodalError **error) {
  if (count > MAX_VALUES) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "%s: %zu different values are no labels", job->view.name, count);
  }
  for (size_t i = 0; i < count; i++) {
    char name[16];
    snprintf(name, sizeof name, "%u", values[i]);
    NodalAnnotationGroup group = {name, -1, color_of(values[i])};
    if (!nodal_annotation_set_add_group(set, &group, error)) {
      return false;
    }
  }
  return true;
}

static bool add_region(const Job *job, NodalAnnotationSet *set, const NodalTraceRegion *region, size_t index, int group,
                       NodalError **error) {
  const NodalRasterView *view = &job->view;
  const NodalContourOptions *options = job->options;
  NodalContour contour;
  bool made = make_contour(region, view->downsample, &contour, error);
  if (made && options->simplify_um > 0) {
    made = nodal_contour_simplify(&contour, options->simplify_um, view->spacing_x_um, view->spacing_y_um, error);
  }
  if (made && options->join_holes) {
    made = nodal_contour_join(&contour, error);
  }
  char name[40];
  snprintf(name, sizeof name, "Region %zu", index + 1);
  NodalAnnotation annotation = {name,          NODAL_SHAPE_POLYGON, group, color_of(region->value),
                                contour.rings, contour.count};
  made = made && nodal_annotation_set_add(set, &annotation, error);
  nodal_contour_clear(&contour);
  return made;
}

static bool add_regions(const Job *job, NodalAnnotationSet *set, NodalError **error) {
  size_t count, value_count;
  const NodalTraceRegion *regions = nodal_trace_regions(job->trace, &count);
  uint32_t *values = list_values(regions, count, &value_count, error);
  bool added = values && add_groups(job, set, values, value_count, error);
  for (size_t i = 0; added && i < count; i++) {
    const uint32_t *place = bsearch(&regions[i].value, values, value_count, sizeof *values, compare_values);
    added = add_region(job, set, &regions[i], i, (int)(place - values), error);
  }
  free(values);
  return added;
}

static bool check(const Job *job, NodalError **error) {
  const NodalRasterView *view = &job->view;
  if (view->channels != 1 || view->dtype == NODAL_FLOAT32) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %d x %s a pixel is no label image", view->name, view->channels,
                      nodal_dtype_name(view->dtype));
  }
  if (!(job->options->simplify_um >= 0)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: contours cannot be simplified by %g um", view->name,
                      job->options->simplify_um);
  }
  if (job->options->simplify_um > 0 && !(view->spacing_x_um > 0)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: has no spacing, so micrometres cannot be told", view->name);
  }
  return true;
}

NodalAnnotationSet *nodal_mask_contours(NodalSlide *mask, const NodalContourOptions *options,
                                        const NodalProgress *progress, NodalError **error) {
  Job job = {.options = options};
  NodalRasterJob where = NODAL_RASTER_JOB_INIT;
  where.slide = mask;
  where.level = options->level;
  where.channel = 0;
  where.tile_size = TILE;
  if (!nodal_raster_view_open(&job.view, &where, error) || !check(&job, error)) {
    return NULL;
  }
  NodalPool *pool = nodal_pool_new(options->threads, error);
  NodalAnnotationSet *set = NULL;
  if (pool && trace_image(&job, pool, progress, error)) {
    set = nodal_annotation_set_new(error);
  }
  if (set && !add_regions(&job, set, error)) {
    nodal_annotation_set_free(set);
    set = NULL;
  }
  nodal_pool_free(pool);
  clear_job(&job);
  return set;
}
