/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "raster/seams.h"
#include "raster/strips.h"
#include "raster/values.h"

/* --- one block of rows --- */

/* Measures on their way from a worker to the collection. */
typedef struct Block {
  uint32_t *keys; /* index in the collection, or value */
  NodalMeasure *measures;
  size_t count, key_capacity, measure_capacity;
} Block;

typedef struct Worker {
  NodalRuns runs;
  NodalMeasurer measurer;
  NodalValues values;
} Worker;

typedef struct Collector {
  NodalRasterView view; /* of a slide */
  NodalStrips strips;   /* of an array */
  Worker *workers;
  int threads;
  Block *blocks; /* used in turn */
  int64_t block_count;

  NodalValues values; /* labels that have come; not of regions */
  uint32_t *region_values;
  NodalMeasure *measures;
  size_t count, measure_capacity;
  size_t seen; /* regions of which the first pixel has been seen */
} Collector;

static void clear_block(Block *block) {
  for (size_t i = 0; i < block->count; i++) {
    nodal_measure_clear(&block->measures[i]);
  }
  block->count = 0;
}

/* Makes room for `count` measures, empty. */
static bool begin_block(Block *block, size_t count, NodalError **error) {
  clear_block(block);
  if (!nodal_grow_array(&block->keys, &block->key_capacity, count, sizeof *block->keys, error) ||
      !nodal_grow_array(&block->measures, &block->measure_capacity, count, sizeof *block->measures, error)) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    block->measures[i] = (NodalMeasure){0};
  }
  block->count = count;
  return true;
}

/* Measures labelled runs into the block, whose keys the caller sets. */
static bool measure_block(NodalMeasurer *measurer, const NodalRuns *runs, size_t count, int64_t x, int64_t y,
                          Block *block, NodalError **error) {
  if (!begin_block(block, count, error) || !nodal_measurer_begin(measurer, count, error) ||
      !nodal_measurer_add(measurer, runs, x, y, error)) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    if (!nodal_measurer_take(measurer, i, &block->measures[i], error)) {
      return false;
    }
  }
  return true;
}

/* Gives each run the index of its value. */
static bool label_by_value(Worker *worker, const NodalRaster *raster, int64_t y, NodalError **error) {
  NodalRuns *runs = &worker->runs;
  nodal_values_clear(&worker->values);
  uint32_t last = 0, index = 0; /* 0 is the value of no run */
  for (int64_t row = 0; row < runs->height; row++) {
    for (size_t i = runs->rows[row]; i < runs->rows[row + 1]; i++) {
      uint32_t value = nodal_raster_value(raster, runs->runs[i].start, y + row);
      if (value != last && !nodal_values_index(&worker->values, value, &index, error)) {
        return false;
      }
      last = value;
      runs->runs[i].label = index;
    }
  }
  return true;
}

/* Measures the values in rows `y` to `y` + `height` - 1 of `raster`, which lies at `left`, `top` of the image. */
static bool measure_values(Collector *collector, int worker_index, int64_t index, const NodalRaster *raster, int64_t y,
                           int64_t height, int64_t left, int64_t top, NodalError **error) {
  Worker *worker = &collector->workers[worker_index];
  Block *block = &collector->blocks[index % collector->block_count];
  if (!nodal_runs_find(&worker->runs, raster, y, height, NODAL_RUN_VALUE, error) ||
      !label_by_value(worker, raster, y, error) ||
      !measure_block(&worker->measurer, &worker->runs, worker->values.count, left, top + y, block, error)) {
    return false;
  }
  for (size_t i = 0; i < block->count; i++) {
    block->keys[i] = worker->values.values[i];
  }
  return true;
}

static bool work_tile(void *user, int worker, int64_t index, const NodalRaster *raster, NodalError **error) {
  Collector *collector = user;
  NodalRect area = nodal_raster_view_tile(&collector->view, index);
  return measure_values(collector, worker, index, raster, 0, raster->height, area.x, area.y, error);
}

static bool work_strip(void *user, int worker, int64_t index, NodalError **error) {
  Collector *collector = user;
  const NodalStrip *strip = &collector->strips.strips[index];
  return measure_values(collector, worker, index, collector->strips.raster, strip->y, strip->height, 0, 0, error);
}

static bool commit_values(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  Collector *collector = user;
  Block *block = &collector->blocks[index % collector->block_count];
  for (size_t i = 0; i < block->count; i++) {
    uint32_t place;
    if (!nodal_values_index(&collector->values, block->keys[i], &place, error) ||
        !nodal_grow_array(&collector->measures, &collector->measure_capacity, (size_t)place + 1,
                          sizeof *collector->measures, error)) {
      return false;
    }
    if (place == collector->count) {
      collector->measures[collector->count++] = (NodalMeasure){0};
    }
    if (!nodal_measure_merge(&collector->measures[place], &block->measures[i], error)) {
      return false;
    }
  }
  return true;
}

/* --- regions of an array --- */

static bool work_regions(void *user, int worker_index, int64_t index, NodalError **error) {
  Collector *collector = user;
  const NodalStrip *strip = &collector->strips.strips[index];
  Block *block = &collector->blocks[index % collector->block_count];
  if (!measure_block(&collector->workers[worker_index].measurer, &strip->runs, strip->runs.label_count, 0, strip->y,
                     block, error)) {
    return false;
  }
  for (size_t i = 0; i < block->count; i++) {
    block->keys[i] = collector->strips.parents[strip->offset + i] - 1;
  }
  return true;
}

static bool commit_regions(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  Collector *collector = user;
  const NodalStrip *strip = &collector->strips.strips[index];
  Block *block = &collector->blocks[index % collector->block_count];
  for (size_t i = 0; i < block->count; i++) {
    if (!nodal_measure_merge(&collector->measures[block->keys[i]], &block->measures[i], error)) {
      return false;
    }
  }
  /* Numbers were given in the order of first pixels: whoever looks for the next one meets it at its first pixel. */
  for (int64_t row = 0; row < strip->height && collector->seen < collector->count; row++) {
    for (size_t i = strip->runs.rows[row]; i < strip->runs.rows[row + 1]; i++) {
      const NodalRun *run = &strip->runs.runs[i];
      if (nodal_strips_number(&collector->strips, strip, run) == collector->seen + 1) {
        collector->region_values[collector->seen++] =
            nodal_raster_value(collector->strips.raster, run->start, strip->y + row);
      }
    }
  }
  return true;
}

/* --- the collection --- */

static bool make_collector(Collector *collector, NodalPool *pool, NodalError **error) {
  collector->threads = nodal_pool_threads(pool);
  collector->workers = nodal_alloc_array((size_t)collector->threads, sizeof *collector->workers, error);
  collector->block_count = nodal_raster_window(pool) + 1;
  collector->blocks = nodal_alloc_array((size_t)collector->block_count, sizeof *collector->blocks, error);
  return collector->workers && collector->blocks;
}

static void free_collector(Collector *collector) {
  for (int i = 0; collector->workers && i < collector->threads; i++) {
    nodal_runs_free(&collector->workers[i].runs);
    nodal_measurer_free(&collector->workers[i].measurer);
    nodal_values_free(&collector->workers[i].values);
  }
  for (int64_t i = 0; collector->blocks && i < collector->block_count; i++) {
    clear_block(&collector->blocks[i]);
    free(collector->blocks[i].keys);
    free(collector->blocks[i].measures);
  }
  for (size_t i = 0; i < collector->count; i++) {
    nodal_measure_clear(&collector->measures[i]);
  }
  nodal_strips_free(&collector->strips);
  nodal_values_free(&collector->values);
  free(collector->region_values);
  free(collector->workers);
  free(collector->blocks);
  free(collector->measures);
}

static int compare_labels(const void *a, const void *b) {
  uint32_t p = ((const NodalRegion *)a)->label, q = ((const NodalRegion *)b)->label;
  return (p > q) - (p < q);
}

enum { REGIONS_PER_ITEM = 128 };

/* Measures on their way to what is handed out. */
typedef struct Finishing {
  NodalMeasure *measures;
  const uint32_t *values; /* of each */
  size_t count;
  bool regions;
  NodalMeasureScale scale;
  NodalRegion *list;
} Finishing;

static bool finish_some(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  const Finishing *finishing = user;
  size_t first = (size_t)index * REGIONS_PER_ITEM;
  for (size_t i = first; i < finishing->count && i < first + REGIONS_PER_ITEM; i++) {
    NodalRegion *region = &finishing->list[i];
    if (!nodal_measure_finish(&finishing->measures[i], &finishing->scale, region, error)) {
      return false;
    }
    region->value = finishing->values[i];
    region->label = finishing->regions ? (uint32_t)i + 1 : finishing->values[i];
  }
  return true;
}

static bool finish(Finishing *finishing, NodalPool *pool, NodalRegion **result, size_t *result_count,
                   NodalError **error) {
  finishing->list = nodal_alloc_array(finishing->count + 1, sizeof *finishing->list, error);
  NodalPoolRun run = {
      .count = nodal_div_up((int64_t)finishing->count, REGIONS_PER_ITEM), .work = finish_some, .user = finishing};
  if (!finishing->list || !nodal_pool_run(pool, &run, error)) {
    free(finishing->list);
    return false;
  }
  if (!finishing->regions) {
    qsort(finishing->list, finishing->count, sizeof *finishing->list, compare_labels);
  }
  *result = finishing->list;
  *result_count = finishing->count;
  return true;
}

static bool finish_collector(Collector *collector, bool regions, const NodalMeasureScale *scale, NodalPool *pool,
                             NodalRegion **result, size_t *count, NodalError **error) {
  Finishing finishing = {.measures = collector->measures,
                         .values = regions ? collector->region_values : collector->values.values,
                         .count = collector->count,
                         .regions = regions,
                         .scale = *scale};
  return finish(&finishing, pool, result, count, error);
}

static bool check(const char *name, const NodalStatisticsOptions *options, NodalDtype dtype, NodalError **error) {
  NodalComponentOptions components = NODAL_COMPONENT_OPTIONS_INIT;
  components.by_value = true; /* as labels are */
  if (options->regions) {
    components = options->components;
  }
  return nodal_raster_check_components(name, &components, dtype, error);
}

static NodalRunKind kind_of(const NodalStatisticsOptions *options) {
  return options->components.by_value ? NODAL_RUN_VALUE : NODAL_RUN_NONZERO;
}

/* --- an array --- */

static bool collect_regions(Collector *collector, const NodalStatisticsOptions *options, NodalPool *pool,
                            NodalError **error) {
  NodalStrips *strips = &collector->strips;
  if (!nodal_strips_join(strips, kind_of(options), options->components.connectivity, pool, error)) {
    return false;
  }
  size_t count = nodal_union_number(strips->parents, strips->label_count, 1);
  collector->region_values = nodal_alloc_array(count + 1, sizeof *collector->region_values, error);
  collector->measures = nodal_alloc_array(count + 1, sizeof *collector->measures, error);
  if (!collector->region_values || !collector->measures) {
    return false;
  }
  collector->count = count;
  NodalPoolRun run = {.count = strips->count, .work = work_regions, .commit = commit_regions, .user = collector};
  return nodal_pool_run(pool, &run, error);
}

static bool collect_values(Collector *collector, NodalPool *pool, NodalError **error) {
  NodalPoolRun run = {.count = collector->strips.count, .work = work_strip, .commit = commit_values, .user = collector};
  return nodal_pool_run(pool, &run, error);
}

bool nodal_raster_statistics(const NodalRaster *raster, const NodalStatisticsOptions *options, double spacing_x_um,
                             double spacing_y_um, int threads, NodalRegion **regions, size_t *count,
                             NodalError **error) {
  if (!nodal_raster_check(raster, error) || !check("array", options, raster->dtype, error)) {
    return false;
  }
  NodalPool *pool = nodal_pool_new(threads, error);
  if (!pool) {
    return false;
  }
  Collector collector = {0};
  NodalMeasureScale scale = {1, spacing_x_um, spacing_y_um};
  bool done = make_collector(&collector, pool, error) &&
              nodal_strips_make(&collector.strips, raster, collector.threads, error) &&
              (options->regions ? collect_regions(&collector, options, pool, error)
                                : collect_values(&collector, pool, error)) &&
              finish_collector(&collector, options->regions, &scale, pool, regions, count, error);
  free_collector(&collector);
  nodal_pool_free(pool);
  return done;
}

/* --- a slide --- */

/* The measures of regions lie at the ids of their roots; takes those out in the order of their numbers. */
static bool finish_seams(NodalSeams *seams, const NodalMeasureScale *scale, NodalPool *pool, NodalRegion **regions,
                         size_t *count, NodalError **error) {
  uint32_t found, *roots;
  if (!nodal_seams_number(seams, &found, &roots, error)) {
    return false;
  }
  NodalMeasure *measures = nodal_alloc_array((size_t)found + 1, sizeof *measures, error);
  uint32_t *values = nodal_alloc_array((size_t)found + 1, sizeof *values, error);
  for (uint32_t i = 0; measures && values && i < found; i++) {
    measures[i] = seams->measures[roots[i]];
    values[i] = seams->values[roots[i]];
    seams->measures[roots[i]] = (NodalMeasure){0};
  }
  Finishing finishing = {.measures = measures, .values = values, .count = found, .regions = true, .scale = *scale};
  bool done = measures && values && finish(&finishing, pool, regions, count, error);
  for (uint32_t i = 0; measures && values && i < found; i++) {
    nodal_measure_clear(&measures[i]);
  }
  free(measures);
  free(values);
  free(roots);
  return done;
}

static bool measure_regions(const NodalRasterJob *job, const NodalRasterView *view,
                            const NodalStatisticsOptions *options, NodalPool *pool, const NodalMeasureScale *scale,
                            NodalRegion **regions, size_t *count, NodalError **error) {
  NodalSeams seams = {0};
  NodalSeamsPlan plan = {.kind = kind_of(options), .connectivity = options->components.connectivity, .measure = true};
  bool done = nodal_seams_find(&seams, view, &plan, pool, job->progress, error) &&
              finish_seams(&seams, scale, pool, regions, count, error);
  nodal_seams_free(&seams);
  return done;
}

static bool measure_labels(const NodalRasterJob *job, const NodalRasterView *view, NodalPool *pool,
                           const NodalMeasureScale *scale, NodalRegion **regions, size_t *count, NodalError **error) {
  Collector collector = {.view = *view};
  bool done = make_collector(&collector, pool, error) &&
              nodal_raster_each_tile(view, pool, work_tile, commit_values, &collector, job->progress, error) &&
              finish_collector(&collector, false, scale, pool, regions, count, error);
  free_collector(&collector);
  return done;
}

bool nodal_raster_measure(const NodalRasterJob *job, const NodalStatisticsOptions *options, NodalRegion **regions,
                          size_t *count, NodalError **error) {
  NodalRasterView view;
  if (!nodal_raster_view_open(&view, job, error) || !check(view.name, options, view.dtype, error)) {
    return false;
  }
  NodalPool *pool = nodal_pool_new(job->threads, error);
  if (!pool) {
    return false;
  }
  NodalMeasureScale scale = {view.downsample, view.spacing_x_um, view.spacing_y_um};
  bool done = options->regions ? measure_regions(job, &view, options, pool, &scale, regions, count, error)
                               : measure_labels(job, &view, pool, &scale, regions, count, error);
  nodal_pool_free(pool);
  return done;
}
