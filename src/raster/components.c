/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "raster/seams.h"
#include "raster/strips.h"

#include <string.h>

static NodalRunKind kind_of(const NodalComponentOptions *options) {
  return options->by_value ? NODAL_RUN_VALUE : NODAL_RUN_NONZERO;
}

/* --- an array --- */

typedef struct Painting {
  NodalStrips strips;
  uint32_t *labels;
} Painting;

static bool paint_strip(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  (void)error;
  const Painting *painting = user;
  const NodalStrip *strip = &painting->strips.strips[index];
  size_t width = (size_t)painting->strips.raster->width;
  for (int64_t row = 0; row < strip->height; row++) {
    uint32_t *labels = painting->labels + (size_t)(strip->y + row) * width;
    size_t x = 0;
    for (size_t i = strip->runs.rows[row]; i < strip->runs.rows[row + 1]; i++) {
      const NodalRun *run = &strip->runs.runs[i];
      uint32_t label = nodal_strips_number(&painting->strips, strip, run);
      while (x < (size_t)run->start) {
        labels[x++] = 0;
      }
      while (x < (size_t)run->end) {
        labels[x++] = label;
      }
    }
    memset(labels + x, 0, (width - x) * sizeof *labels);
  }
  return true;
}

bool nodal_raster_label(const NodalRaster *raster, const NodalComponentOptions *options, int threads, uint32_t *labels,
                        uint32_t *count, NodalError **error) {
  if (!nodal_raster_check(raster, error) || !nodal_raster_check_components("array", options, raster->dtype, error)) {
    return false;
  }
  NodalPool *pool = nodal_pool_new(threads, error);
  if (!pool) {
    return false;
  }
  Painting painting = {.labels = labels};
  bool done = nodal_strips_make(&painting.strips, raster, nodal_pool_threads(pool), error) &&
              nodal_strips_join(&painting.strips, kind_of(options), options->connectivity, pool, error);
  if (done) {
    *count = nodal_union_number(painting.strips.parents, painting.strips.label_count, 1);
    NodalPoolRun run = {.count = painting.strips.count, .work = paint_strip, .user = &painting};
    done = nodal_pool_run(pool, &run, error);
  }
  nodal_strips_free(&painting.strips);
  nodal_pool_free(pool);
  return done;
}

/* --- a slide --- */

static void paint_full(const NodalRasterView *view, int64_t index, uint32_t label, void *pixels, size_t stride) {
  NodalRect area = nodal_raster_view_tile(view, index);
  for (int64_t y = 0; y < area.height; y++) {
    uint32_t *row = (uint32_t *)(void *)((uint8_t *)pixels + (size_t)y * stride);
    for (int64_t x = 0; x < area.width; x++) {
      row[x] = label;
    }
  }
}

/* The tile comes filled with zeros. */
static bool paint_tile(void *user, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                       NodalError **error) {
  NodalSeams *seams = user;
  int64_t index = row * seams->view->columns + column;
  uint32_t base = seams->bases[index];
  if (seams->bases[index + 1] == base) {
    return true;
  }
  if (seams->full[index]) {
    paint_full(seams->view, index, seams->parents[base], pixels, stride);
    return true;
  }
  const NodalRuns *runs = nodal_seams_label(seams, worker, index, error);
  for (int64_t y = 0; runs && y < runs->height; y++) {
    uint32_t *labels = (uint32_t *)(void *)((uint8_t *)pixels + (size_t)y * stride);
    for (size_t i = runs->rows[y]; i < runs->rows[y + 1]; i++) {
      uint32_t label = seams->parents[base + runs->runs[i].label];
      for (int32_t x = runs->runs[i].start; x < runs->runs[i].end; x++) {
        labels[x] = label;
      }
    }
  }
  return runs != NULL;
}

bool nodal_raster_write_components(const NodalRasterJob *job, const NodalComponentOptions *options, uint32_t *count,
                                   NodalError **error) {
  NodalRasterView view;
  if (!nodal_raster_view_open(&view, job, error) ||
      !nodal_raster_check_components(view.name, options, view.dtype, error)) {
    return false;
  }
  NodalWriter *writer = nodal_raster_writer_new(job, &view, NODAL_UINT32, error);
  NodalPool *pool = writer ? nodal_pool_new(job->threads, error) : NULL;
  NodalRasterPasses passes = {.progress = job->progress, .count = 2};
  NodalSeams seams = {0};
  NodalSeamsPlan plan = {.kind = kind_of(options), .connectivity = options->connectivity, .order = true};
  uint32_t found;
  bool done = pool && nodal_seams_find(&seams, &view, &plan, pool, nodal_raster_next_pass(&passes), error) &&
              nodal_seams_number(&seams, &found, NULL, error) &&
              nodal_raster_write(writer, paint_tile, NULL, &seams, pool, nodal_raster_next_pass(&passes), error);
  if (done && count) {
    *count = found;
  }
  nodal_seams_free(&seams);
  nodal_pool_free(pool);
  nodal_writer_free(writer);
  return done;
}
