/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "raster/seams.h"
#include "raster/strips.h"

#include <string.h>

static bool check(const char *name, int connectivity, NodalError **error) {
  NodalComponentOptions options = {.connectivity = connectivity};
  return nodal_raster_check_components(name, &options, NODAL_UINT8, error);
}

/* Of the background: the other one. */
static int other(int connectivity) {
  return 12 - connectivity;
}

/* Lets all know what their roots know, and counts the roots that do not touch the edge. */
static uint32_t settle_edges(const uint32_t *parents, bool *edges, size_t count) {
  uint32_t holes = 0;
  for (size_t i = 0; i < count; i++) {
    edges[i] = edges[parents[i]]; /* a parent comes before its child */
    holes += parents[i] == i && !edges[i];
  }
  return holes;
}

/* One row from its runs of background, whose labels begin at `base` in the table. */
static void paint_row(const NodalRuns *runs, int64_t row, const bool *edges, size_t base, uint8_t *pixels,
                      size_t width) {
  memset(pixels, 1, width);
  for (size_t i = runs->rows[row]; i < runs->rows[row + 1]; i++) {
    const NodalRun *run = &runs->runs[i];
    if (edges[base + run->label]) {
      memset(pixels + run->start, 0, (size_t)(run->end - run->start));
    }
  }
}

/* --- an array --- */

typedef struct Filling {
  NodalStrips strips;
  bool *edges; /* of each label */
  uint8_t *filled;
} Filling;

static void mark_edges(Filling *filling) {
  NodalStrips *strips = &filling->strips;
  int32_t width = (int32_t)strips->raster->width;
  for (int64_t k = 0; k < strips->count; k++) {
    const NodalStrip *strip = &strips->strips[k];
    for (int64_t row = 0; row < strip->height; row++) {
      bool outer = strip->y + row == 0 || strip->y + row == strips->raster->height - 1;
      for (size_t i = strip->runs.rows[row]; i < strip->runs.rows[row + 1]; i++) {
        const NodalRun *run = &strip->runs.runs[i];
        if (outer || run->start == 0 || run->end == width) {
          filling->edges[nodal_union_find(strips->parents, (uint32_t)strip->offset + run->label)] = true;
        }
      }
    }
  }
}

static bool paint_strip(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  (void)error;
  const Filling *filling = user;
  const NodalStrip *strip = &filling->strips.strips[index];
  size_t width = (size_t)filling->strips.raster->width;
  for (int64_t row = 0; row < strip->height; row++) {
    paint_row(&strip->runs, row, filling->edges, strip->offset, filling->filled + (size_t)(strip->y + row) * width,
              width);
  }
  return true;
}

static bool fill(Filling *filling, int connectivity, NodalPool *pool, uint32_t *holes, NodalError **error) {
  NodalStrips *strips = &filling->strips;
  if (!nodal_strips_join(strips, NODAL_RUN_ZERO, other(connectivity), pool, error)) {
    return false;
  }
  filling->edges = nodal_alloc_array(strips->label_count + 1, sizeof *filling->edges, error);
  if (!filling->edges) {
    return false;
  }
  mark_edges(filling);
  uint32_t found = settle_edges(strips->parents, filling->edges, strips->label_count);
  if (holes) {
    *holes = found;
  }
  NodalPoolRun run = {.count = strips->count, .work = paint_strip, .user = filling};
  return nodal_pool_run(pool, &run, error);
}

bool nodal_raster_fill(const NodalRaster *raster, int connectivity, int threads, uint8_t *filled, uint32_t *holes,
                       NodalError **error) {
  if (!nodal_raster_check(raster, error) || !check("array", connectivity, error)) {
    return false;
  }
  NodalPool *pool = nodal_pool_new(threads, error);
  if (!pool) {
    return false;
  }
  Filling filling = {.filled = filled};
  bool done = nodal_strips_make(&filling.strips, raster, nodal_pool_threads(pool), error) &&
              fill(&filling, connectivity, pool, holes, error);
  nodal_strips_free(&filling.strips);
  free(filling.edges);
  nodal_pool_free(pool);
  return done;
}

/* --- a slide --- */

/* The tile comes filled with zeros. */
static bool paint_tile(void *user, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                       NodalError **error) {
  NodalSeams *seams = user;
  int64_t index = row * seams->view->columns + column;
  NodalRect area = nodal_raster_view_tile(seams->view, index);
  uint32_t base = seams->bases[index];
  bool solid = seams->bases[index + 1] == base;
  if (solid || seams->full[index]) {
    for (int64_t y = 0; (solid || !seams->edges[base]) && y < area.height; y++) {
      memset((uint8_t *)pixels + (size_t)y * stride, 1, (size_t)area.width);
    }
    return true;
  }
  const NodalRuns *runs = nodal_seams_label(seams, worker, index, error);
  for (int64_t y = 0; runs && y < area.height; y++) {
    paint_row(runs, y, seams->edges, base, (uint8_t *)pixels + (size_t)y * stride, (size_t)area.width);
  }
  return runs != NULL;
}

bool nodal_raster_write_filled(const NodalRasterJob *job, int connectivity, uint32_t *holes, NodalError **error) {
  NodalRasterView view;
  if (!nodal_raster_view_open(&view, job, error) || !check(view.name, connectivity, error)) {
    return false;
  }
  NodalWriter *writer = nodal_raster_writer_new(job, &view, NODAL_UINT8, error);
  NodalPool *pool = writer ? nodal_pool_new(job->threads, error) : NULL;
  NodalRasterPasses passes = {.progress = job->progress, .count = 2};
  NodalSeams seams = {0};
  NodalSeamsPlan plan = {.kind = NODAL_RUN_ZERO, .connectivity = other(connectivity), .edge = true};
  bool done = pool && nodal_seams_find(&seams, &view, &plan, pool, nodal_raster_next_pass(&passes), error);
  if (done) {
    uint32_t found = settle_edges(seams.parents, seams.edges, seams.count);
    done = nodal_raster_write(writer, paint_tile, NULL, &seams, pool, nodal_raster_next_pass(&passes), error);
    if (done && holes) {
      *holes = found;
    }
  }
  nodal_seams_free(&seams);
  nodal_pool_free(pool);
  nodal_writer_free(writer);
  return done;
}
