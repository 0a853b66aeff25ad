/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "raster/runs.h"
#include "raster/values.h"
#include "raster/view.h"

#include <stdlib.h>

/* How many pixels became a label, and what it is in the end. */
typedef struct Tally {
  uint32_t label, final;
  uint64_t count;
} Tally;

/* Values with a number each. */
typedef struct Memo {
  NodalValues values;
  uint32_t *results;
  size_t result_capacity;
} Memo;

typedef struct Counts {
  NodalValues values;
  uint64_t *counts;
  size_t count_capacity;
} Counts;

typedef struct Worker {
  NodalRuns runs;
  Memo memo;
} Worker;

typedef struct Relabelling {
  NodalRasterView view;
  const NodalRelabelOptions *options;
  NodalDtype dtype; /* of the output */
  Worker *workers;
  int threads;
  Counts *tiles; /* of tiles under way, used in turn */
  int64_t tile_count;
  Counts total;
  Tally *tallies; /* in ascending order of the labels; NULL: nothing was counted */
  size_t tally_count;
} Relabelling;

/* --- what becomes of a value --- */

static bool among(const NodalLabelRange *ranges, size_t count, uint32_t value) {
  for (size_t i = 0; i < count; i++) {
    if (value >= ranges[i].first && value <= ranges[i].last) {
      return true;
    }
  }
  return false;
}

static uint32_t apply_rules(const NodalRelabelOptions *options, uint32_t value) {
  if ((options->keep && !among(options->keep, options->keep_count, value)) ||
      among(options->remove, options->remove_count, value)) {
    value = 0;
  }
  for (size_t i = 0; i < options->rule_count; i++) {
    if (among(&options->rules[i].from, 1, value)) {
      return options->rules[i].to;
    }
  }
  return value;
}

static int compare_tallies(const void *a, const void *b) {
  uint32_t p = ((const Tally *)a)->label, q = ((const Tally *)b)->label;
  return (p > q) - (p < q);
}

static uint32_t final_label(const Relabelling *relabelling, uint32_t value) {
  uint32_t label = apply_rules(relabelling->options, value);
  if (label == 0 || !relabelling->tallies) {
    return label;
  }
  Tally key = {.label = label};
  const Tally *tally =
      bsearch(&key, relabelling->tallies, relabelling->tally_count, sizeof *relabelling->tallies, compare_tallies);
  return tally ? tally->final : 0;
}

/* The final label of a value, worked out once a worker. */
static bool look_up(const Relabelling *relabelling, Memo *memo, uint32_t value, uint32_t *label, NodalError **error) {
  size_t known = memo->values.count;
  uint32_t index;
  if (!nodal_values_index(&memo->values, value, &index, error) ||
      !nodal_grow_array(&memo->results, &memo->result_capacity, (size_t)index + 1, sizeof *memo->results, error)) {
    return false;
  }
  if (index == known) {
    memo->results[index] = final_label(relabelling, value);
  }
  *label = memo->results[index];
  return true;
}

/* --- counting --- */

static bool add_count(Counts *counts, uint32_t value, uint64_t count, NodalError **error) {
  size_t known = counts->values.count;
  uint32_t index;
  if (!nodal_values_index(&counts->values, value, &index, error) ||
      !nodal_grow_array(&counts->counts, &counts->count_capacity, (size_t)index + 1, sizeof *counts->counts, error)) {
    return false;
  }
  counts->counts[index] = (index == known ? 0 : counts->counts[index]) + count;
  return true;
}

static void free_counts(Counts *counts) {
  nodal_values_free(&counts->values);
  free(counts->counts);
}

static bool count_tile(void *user, int worker, int64_t index, const NodalRaster *raster, NodalError **error) {
  Relabelling *relabelling = user;
  NodalRuns *runs = &relabelling->workers[worker].runs;
  Counts *counts = &relabelling->tiles[index % relabelling->tile_count];
  nodal_values_clear(&counts->values);
  if (!nodal_runs_find(runs, raster, 0, raster->height, NODAL_RUN_VALUE, error)) {
    return false;
  }
  uint64_t background = (uint64_t)(raster->width * raster->height);
  for (int64_t row = 0; row < runs->height; row++) {
    for (size_t i = runs->rows[row]; i < runs->rows[row + 1]; i++) {
      uint64_t length = (uint64_t)(runs->runs[i].end - runs->runs[i].start);
      background -= length;
      if (!add_count(counts, nodal_raster_value(raster, runs->runs[i].start, row), length, error)) {
        return false;
      }
    }
  }
  return background == 0 || add_count(counts, 0, background, error);
}

/* Values become labels here, so that the table has one row a label. */
static bool commit_tile(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  Relabelling *relabelling = user;
  const Counts *counts = &relabelling->tiles[index % relabelling->tile_count];
  for (size_t i = 0; i < counts->values.count; i++) {
    uint32_t label = apply_rules(relabelling->options, counts->values.values[i]);
    if (label != 0 && !add_count(&relabelling->total, label, counts->counts[i], error)) {
      return false;
    }
  }
  return true;
}

/* Which labels are left, and what they are called. */
static bool settle_tallies(Relabelling *relabelling, double pixel_um2, uint32_t *left, NodalError **error) {
  const Counts *total = &relabelling->total;
  relabelling->tallies = nodal_alloc_array(total->values.count + 1, sizeof *relabelling->tallies, error);
  if (!relabelling->tallies) {
    return false;
  }
  relabelling->tally_count = total->values.count;
  for (size_t i = 0; i < total->values.count; i++) {
    relabelling->tallies[i] = (Tally){.label = total->values.values[i], .count = total->counts[i]};
  }
  qsort(relabelling->tallies, relabelling->tally_count, sizeof *relabelling->tallies, compare_tallies);
  *left = 0;
  for (size_t i = 0; i < relabelling->tally_count; i++) {
    Tally *tally = &relabelling->tallies[i];
    if ((double)tally->count * pixel_um2 >= relabelling->options->min_area_um2) {
      ++*left;
      tally->final = relabelling->options->sequential ? *left : tally->label;
    }
  }
  return true;
}

static bool count(Relabelling *relabelling, NodalPool *pool, double pixel_um2, NodalRasterPasses *passes,
                  uint32_t *left, NodalError **error) {
  relabelling->tile_count = nodal_raster_window(pool) + 1;
  relabelling->tiles = nodal_alloc_array((size_t)relabelling->tile_count, sizeof *relabelling->tiles, error);
  return relabelling->tiles &&
         nodal_raster_each_tile(&relabelling->view, pool, count_tile, commit_tile, relabelling,
                                nodal_raster_next_pass(passes), error) &&
         settle_tallies(relabelling, pixel_um2, left, error);
}

/* --- writing --- */

static void store_run(NodalDtype dtype, void *row, int64_t start, int64_t end, uint32_t label) {
  for (int64_t x = start; x < end; x++) {
    if (dtype == NODAL_UINT8) {
      ((uint8_t *)row)[x] = (uint8_t)label;
    } else if (dtype == NODAL_UINT16) {
      ((uint16_t *)row)[x] = (uint16_t)label;
    } else {
      ((uint32_t *)row)[x] = label;
    }
  }
}

/* The runs of a row, and what is 0 between them. */
static bool relabel_row(const Relabelling *relabelling, Worker *worker, const NodalRaster *raster, int64_t y, void *row,
                        uint32_t background, NodalError **error) {
  const NodalRuns *runs = &worker->runs;
  int64_t x = 0;
  for (size_t i = runs->rows[y]; i < runs->rows[y + 1]; i++) {
    const NodalRun *run = &runs->runs[i];
    uint32_t label;
    if (!look_up(relabelling, &worker->memo, nodal_raster_value(raster, run->start, y), &label, error)) {
      return false;
    }
    store_run(relabelling->dtype, row, x, run->start, background);
    store_run(relabelling->dtype, row, run->start, run->end, label);
    x = run->end;
  }
  store_run(relabelling->dtype, row, x, raster->width, background);
  return true;
}

static bool relabel_tile(void *user, int worker_index, const NodalRaster *raster, void *pixels, size_t stride,
                         NodalError **error) {
  Relabelling *relabelling = user;
  Worker *worker = &relabelling->workers[worker_index];
  uint32_t background;
  if (!nodal_runs_find(&worker->runs, raster, 0, raster->height, NODAL_RUN_VALUE, error) ||
      !look_up(relabelling, &worker->memo, 0, &background, error)) {
    return false;
  }
  for (int64_t y = 0; y < raster->height; y++) {
    if (!relabel_row(relabelling, worker, raster, y, (uint8_t *)pixels + (size_t)y * stride, background, error)) {
      return false;
    }
  }
  return true;
}

/* --- all --- */

static uint32_t largest_of(NodalDtype dtype) {
  return dtype == NODAL_UINT8 ? UINT8_MAX : dtype == NODAL_UINT16 ? UINT16_MAX : UINT32_MAX;
}

static NodalDtype output_dtype(NodalDtype dtype, const NodalRelabelOptions *options) {
  for (size_t i = 0; i < options->rule_count; i++) {
    if (options->rules[i].to > largest_of(dtype)) {
      return NODAL_UINT32;
    }
  }
  return dtype;
}

static bool relabel(Relabelling *relabelling, const NodalRasterJob *job, NodalWriter *writer, double pixel_um2,
                    uint32_t *left, NodalError **error) {
  const NodalRelabelOptions *options = relabelling->options;
  bool counts = options->sequential || options->min_area_um2 > 0;
  NodalRasterPasses passes = {.progress = job->progress, .count = counts ? 2 : 1};
  NodalPool *pool = nodal_pool_new(job->threads, error);
  if (!pool) {
    return false;
  }
  relabelling->threads = nodal_pool_threads(pool);
  relabelling->workers = nodal_alloc_array((size_t)relabelling->threads, sizeof *relabelling->workers, error);
  bool done = relabelling->workers && (!counts || count(relabelling, pool, pixel_um2, &passes, left, error)) &&
              nodal_raster_map(writer, &relabelling->view, relabel_tile, relabelling, pool,
                               nodal_raster_next_pass(&passes), error);
  nodal_pool_free(pool);
  return done;
}

static void release(Relabelling *relabelling) {
  for (int i = 0; relabelling->workers && i < relabelling->threads; i++) {
    nodal_runs_free(&relabelling->workers[i].runs);
    nodal_values_free(&relabelling->workers[i].memo.values);
    free(relabelling->workers[i].memo.results);
  }
  for (int64_t i = 0; relabelling->tiles && i < relabelling->tile_count; i++) {
    free_counts(&relabelling->tiles[i]);
  }
  free_counts(&relabelling->total);
  free(relabelling->workers);
  free(relabelling->tiles);
  free(relabelling->tallies);
}

bool nodal_raster_write_relabeled(const NodalRasterJob *job, const NodalRelabelOptions *options, uint32_t *labels,
                                  NodalError **error) {
  Relabelling relabelling = {.options = options};
  double x_um = 0, y_um = 0;
  if (!nodal_raster_view_open(&relabelling.view, job, error)) {
    return false;
  }
  if (relabelling.view.dtype == NODAL_FLOAT32) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: values of float32 are no labels", relabelling.view.name);
  }
  if (options->min_area_um2 > 0 && !nodal_raster_view_spacing(&relabelling.view, &x_um, &y_um, error)) {
    return false;
  }
  relabelling.dtype = output_dtype(relabelling.view.dtype, options);
  NodalWriter *writer = nodal_raster_writer_new(job, &relabelling.view, relabelling.dtype, error);
  uint32_t left = 0;
  bool done = writer && relabel(&relabelling, job, writer, x_um * y_um, &left, error);
  if (done && labels) {
    *labels = left;
  }
  release(&relabelling);
  nodal_writer_free(writer);
  return done;
}
