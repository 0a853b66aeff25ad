/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/strips.h"

#include "base/memory.h"

enum { STRIPS_PER_THREAD = 4, MIN_STRIP_ROWS = 32 };

bool nodal_strips_make(NodalStrips *strips, const NodalRaster *raster, int threads, NodalError **error) {
  int64_t rows = nodal_max64(MIN_STRIP_ROWS, nodal_div_up(raster->height, (int64_t)threads * STRIPS_PER_THREAD));
  *strips = (NodalStrips){.raster = raster, .count = nodal_div_up(raster->height, rows)};
  strips->strips = nodal_alloc_array((size_t)strips->count, sizeof *strips->strips, error);
  for (int64_t i = 0; strips->strips && i < strips->count; i++) {
    strips->strips[i] = (NodalStrip){.y = i * rows, .height = nodal_min64(rows, raster->height - i * rows)};
  }
  return strips->strips != NULL;
}

void nodal_strips_free(NodalStrips *strips) {
  for (int64_t i = 0; strips->strips && i < strips->count; i++) {
    nodal_runs_free(&strips->strips[i].runs);
  }
  free(strips->strips);
  free(strips->parents);
  *strips = (NodalStrips){0};
}

static bool join_strip(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  NodalStrips *strips = user;
  NodalStrip *strip = &strips->strips[index];
  return nodal_runs_join(&strip->runs, strips->raster, strip->y, strip->height, strips->kind, strips->connectivity,
                         error);
}

/* Joins the last runs of one strip and the first ones of the next. */
static void join_seam(NodalStrips *strips, const NodalStrip *upper, const NodalStrip *lower) {
  const NodalRuns *above = &upper->runs, *below = &lower->runs;
  int32_t offset = strips->connectivity == 8 ? 1 : 0;
  size_t first = above->rows[above->height - 1];
  for (size_t i = 0; i < below->rows[1]; i++) {
    const NodalRun *run = &below->runs[i];
    while (first < above->count && above->runs[first].end + offset <= run->start) {
      first++;
    }
    for (size_t k = first; k < above->count && above->runs[k].start < run->end + offset; k++) {
      if (strips->kind != NODAL_RUN_VALUE || nodal_raster_value(strips->raster, above->runs[k].start, lower->y - 1) ==
                                                 nodal_raster_value(strips->raster, run->start, lower->y)) {
        nodal_union_join(strips->parents, (uint32_t)(upper->offset + above->runs[k].label),
                         (uint32_t)(lower->offset + run->label));
      }
    }
  }
}

/* Puts the labels of all strips into one table. Those of a later strip are larger, so roots stay first pixels. */
static bool gather_labels(NodalStrips *strips, NodalError **error) {
  size_t total = 0;
  for (int64_t i = 0; i < strips->count; i++) {
    strips->strips[i].offset = total;
    total += strips->strips[i].runs.label_count;
  }
  if (total > NODAL_RUNS_MAX_LABELS) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "more than %u components", NODAL_RUNS_MAX_LABELS);
  }
  strips->label_count = total;
  strips->parents = nodal_alloc_array(total + 1, sizeof *strips->parents, error);
  for (int64_t i = 0; strips->parents && i < strips->count; i++) {
    const NodalStrip *strip = &strips->strips[i];
    for (size_t k = 0; k < strip->runs.label_count; k++) {
      strips->parents[strip->offset + k] = (uint32_t)strip->offset + strip->runs.parents[k];
    }
  }
  return strips->parents != NULL;
}

bool nodal_strips_join(NodalStrips *strips, NodalRunKind kind, int connectivity, NodalPool *pool, NodalError **error) {
  strips->kind = kind;
  strips->connectivity = connectivity;
  NodalPoolRun run = {.count = strips->count, .work = join_strip, .user = strips};
  if (!nodal_pool_run(pool, &run, error) || !gather_labels(strips, error)) {
    return false;
  }
  for (int64_t i = 1; i < strips->count; i++) {
    join_seam(strips, &strips->strips[i - 1], &strips->strips[i]);
  }
  return true;
}
