/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/seams.h"

#include "base/memory.h"

#include <string.h>

typedef struct NodalSeamsWorker {
  NodalRuns runs;
  NodalMeasurer measurer;
  NodalRasterPatch patch;
} Worker;

/* What is left of a tile that has been labelled, until its turn comes. Labels of pixels: from 1, 0 is none. */
typedef struct NodalSeamsTile {
  uint32_t count;
  bool full;
  uint32_t *top, *bottom, *left, *right;
  uint64_t *first;
  size_t first_capacity;
  uint32_t *values;
  size_t value_capacity;
  NodalMeasure *measures;
  size_t measure_capacity;
} Tile;

/* Whether first pixels and their values are to be known. */
static bool needs_firsts(const NodalSeamsPlan *plan) {
  return plan->order || plan->measure || plan->kind == NODAL_RUN_VALUE;
}

/* --- one tile alone --- */

static void border_row(const NodalRuns *runs, int64_t row, uint32_t *labels, size_t width) {
  memset(labels, 0, width * sizeof *labels);
  for (size_t i = runs->rows[row]; i < runs->rows[row + 1]; i++) {
    for (int32_t x = runs->runs[i].start; x < runs->runs[i].end; x++) {
      labels[x] = runs->runs[i].label + 1;
    }
  }
}

static void border_columns(const NodalRuns *runs, int32_t width, Tile *tile) {
  for (int64_t row = 0; row < runs->height; row++) {
    size_t first = runs->rows[row], end = runs->rows[row + 1];
    bool any = first < end;
    tile->left[row] = any && runs->runs[first].start == 0 ? runs->runs[first].label + 1 : 0;
    tile->right[row] = any && runs->runs[end - 1].end == width ? runs->runs[end - 1].label + 1 : 0;
  }
}

/* Labels are numbered in the order of their first pixels, so that a new one is always the next. */
static bool note_firsts(const NodalSeams *seams, const NodalRuns *runs, const NodalRaster *raster, NodalRect area,
                        uint32_t count, Tile *tile, NodalError **error) {
  if (!nodal_grow_array(&tile->first, &tile->first_capacity, count, sizeof *tile->first, error) ||
      !nodal_grow_array(&tile->values, &tile->value_capacity, count, sizeof *tile->values, error)) {
    return false;
  }
  uint32_t seen = 0;
  for (int64_t row = 0; row < runs->height && seen < count; row++) {
    for (size_t i = runs->rows[row]; i < runs->rows[row + 1]; i++) {
      if (runs->runs[i].label == seen) {
        int32_t x = runs->runs[i].start;
        tile->first[seen] = (uint64_t)(area.y + row) * (uint64_t)seams->view->width + (uint64_t)(area.x + x);
        tile->values[seen++] = nodal_raster_value(raster, x, row);
      }
    }
  }
  return true;
}

static bool measure_tile(Worker *worker, NodalRect area, uint32_t count, Tile *tile, NodalError **error) {
  if (!nodal_grow_array(&tile->measures, &tile->measure_capacity, count, sizeof *tile->measures, error)) {
    return false;
  }
  for (uint32_t i = 0; i < count; i++) {
    tile->measures[i] = (NodalMeasure){0};
  }
  tile->count = count;
  if (!nodal_measurer_begin(&worker->measurer, count, error) ||
      !nodal_measurer_add(&worker->measurer, &worker->runs, area.x, area.y, error)) {
    return false;
  }
  for (uint32_t i = 0; i < count; i++) {
    if (!nodal_measurer_take(&worker->measurer, i, &tile->measures[i], error)) {
      return false;
    }
  }
  return true;
}

static bool is_full(const NodalRuns *runs, uint32_t count, int64_t width) {
  bool full = count == 1 && runs->count == (size_t)runs->height;
  for (size_t i = 0; full && i < runs->count; i++) {
    full = runs->runs[i].end - runs->runs[i].start == width;
  }
  return full;
}

static bool work(void *user, int worker_index, int64_t index, const NodalRaster *raster, NodalError **error) {
  NodalSeams *seams = user;
  const NodalSeamsPlan *plan = &seams->plan;
  Worker *worker = &seams->workers[worker_index];
  Tile *tile = &seams->tiles[index % seams->tile_count];
  NodalRect area = nodal_raster_view_tile(seams->view, index);
  tile->count = 0;
  if (!nodal_runs_join(&worker->runs, raster, 0, raster->height, plan->kind, plan->connectivity, error)) {
    return false;
  }
  uint32_t count = nodal_runs_settle(&worker->runs);
  tile->full = is_full(&worker->runs, count, raster->width);
  border_row(&worker->runs, 0, tile->top, (size_t)raster->width);
  border_row(&worker->runs, raster->height - 1, tile->bottom, (size_t)raster->width);
  border_columns(&worker->runs, (int32_t)raster->width, tile);
  if ((needs_firsts(plan) && !note_firsts(seams, &worker->runs, raster, area, count, tile, error)) ||
      (plan->measure && !measure_tile(worker, area, count, tile, error))) {
    return false;
  }
  tile->count = count;
  return true;
}

/* --- in the order of the tiles --- */

static bool join(NodalSeams *seams, uint32_t a, uint32_t b, NodalError **error) {
  a = nodal_union_find(seams->parents, a);
  b = nodal_union_find(seams->parents, b);
  if (a == b) {
    return true;
  }
  uint32_t root = a < b ? a : b, other = a < b ? b : a;
  seams->parents[other] = root;
  if (seams->first && seams->first[other] < seams->first[root]) {
    seams->first[root] = seams->first[other];
    seams->values[root] = seams->values[other];
  }
  if (seams->edges) {
    seams->edges[root] = seams->edges[root] || seams->edges[other];
  }
  return !seams->measures || nodal_measure_merge(&seams->measures[root], &seams->measures[other], error);
}

/* Joins the pixels of a border, ids from 1 on, with those across: straight, and with `corners` one to each side. */
static bool join_border(NodalSeams *seams, const uint32_t *own, const uint32_t *across, int64_t count, bool before,
                        bool after, NodalError **error) {
  bool corners = seams->plan.connectivity == 8, by_value = seams->plan.kind == NODAL_RUN_VALUE;
  uint32_t last_own = 0, last_across = 0;
  for (int64_t i = 0; i < count; i++) {
    for (int64_t k = corners && (i > 0 || before) ? i - 1 : i;
         own[i] && k <= (corners && (i + 1 < count || after) ? i + 1 : i); k++) {
      if (!across[k] || (own[i] == last_own && across[k] == last_across)) {
        continue;
      }
      if (by_value && seams->values[own[i] - 1] != seams->values[across[k] - 1]) {
        continue;
      }
      if (!join(seams, own[i] - 1, across[k] - 1, error)) {
        return false;
      }
      last_own = own[i];
      last_across = across[k];
    }
  }
  return true;
}

/* Labels from 1 of the tile's border to ids from 1. */
static void to_ids(uint32_t *labels, int64_t count, uint32_t base) {
  for (int64_t i = 0; i < count; i++) {
    labels[i] += labels[i] ? base : 0;
  }
}

static bool grow_tables(NodalSeams *seams, size_t count, NodalError **error) {
  const NodalSeamsPlan *plan = &seams->plan;
  if (count > NODAL_RUNS_MAX_LABELS) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "%s: more than %u components of tiles", seams->view->name,
                      NODAL_RUNS_MAX_LABELS);
  }
  bool tables = needs_firsts(plan);
  return nodal_grow_array(&seams->parents, &seams->parent_capacity, count, sizeof *seams->parents, error) &&
         (!tables || nodal_grow_array(&seams->first, &seams->first_capacity, count, sizeof *seams->first, error)) &&
         (!tables || nodal_grow_array(&seams->values, &seams->value_capacity, count, sizeof *seams->values, error)) &&
         (!plan->edge || nodal_grow_array(&seams->edges, &seams->edge_capacity, count, sizeof *seams->edges, error)) &&
         (!plan->measure ||
          nodal_grow_array(&seams->measures, &seams->measure_capacity, count, sizeof *seams->measures, error));
}

/* Enters the tile's components into the tables as roots. */
static bool enter(NodalSeams *seams, Tile *tile, NodalError **error) {
  size_t base = seams->count;
  if (!grow_tables(seams, base + tile->count, error)) {
    return false;
  }
  for (uint32_t i = 0; i < tile->count; i++) {
    seams->parents[base + i] = (uint32_t)base + i;
    if (seams->first) {
      seams->first[base + i] = tile->first[i];
      seams->values[base + i] = tile->values[i];
    }
    if (seams->edges) {
      seams->edges[base + i] = false;
    }
    if (seams->measures) {
      seams->measures[base + i] = tile->measures[i];
      tile->measures[i] = (NodalMeasure){0};
    }
  }
  seams->count += tile->count;
  return true;
}

static void mark_edge(NodalSeams *seams, const uint32_t *ids, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    if (ids[i]) {
      seams->edges[nodal_union_find(seams->parents, ids[i] - 1)] = true;
    }
  }
}

static void mark_edges(NodalSeams *seams, const Tile *tile, NodalRect area) {
  const NodalRasterView *view = seams->view;
  if (area.y == 0) {
    mark_edge(seams, tile->top, area.width);
  }
  if (area.y + area.height == view->height) {
    mark_edge(seams, tile->bottom, area.width);
  }
  if (area.x == 0) {
    mark_edge(seams, tile->left, area.height);
  }
  if (area.x + area.width == view->width) {
    mark_edge(seams, tile->right, area.height);
  }
}

static bool commit(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  NodalSeams *seams = user;
  Tile *tile = &seams->tiles[index % seams->tile_count];
  NodalRect area = nodal_raster_view_tile(seams->view, index);
  uint32_t base = (uint32_t)seams->count;
  seams->bases[index] = base;
  seams->full[index] = tile->full;
  if (!enter(seams, tile, error)) {
    return false;
  }
  to_ids(tile->top, area.width, base);
  to_ids(tile->bottom, area.width, base);
  to_ids(tile->left, area.height, base);
  to_ids(tile->right, area.height, base);
  if (area.x == 0) {
    uint32_t *swap = seams->above;
    seams->above = seams->below;
    seams->below = swap;
  }
  bool has_right = area.x + area.width < seams->view->width;
  bool joined =
      (area.y == 0 || join_border(seams, tile->top, seams->above + area.x, area.width, area.x > 0, has_right, error)) &&
      (area.x == 0 || join_border(seams, tile->left, seams->right, area.height, false, false, error));
  if (seams->edges) {
    mark_edges(seams, tile, area);
  }
  memcpy(seams->below + area.x, tile->bottom, (size_t)area.width * sizeof *seams->below);
  memcpy(seams->right, tile->right, (size_t)area.height * sizeof *seams->right);
  seams->bases[index + 1] = (uint32_t)seams->count;
  return joined;
}

/* --- all --- */

static bool make_tiles(NodalSeams *seams, int64_t count, NodalError **error) {
  size_t side = (size_t)seams->view->tile;
  seams->tiles = nodal_alloc_array((size_t)count, sizeof *seams->tiles, error);
  if (!seams->tiles) {
    return false;
  }
  seams->tile_count = count;
  for (int64_t i = 0; i < count; i++) {
    Tile *tile = &seams->tiles[i];
    tile->top = nodal_alloc_array(4 * side, sizeof *tile->top, error);
    if (!tile->top) {
      return false;
    }
    tile->bottom = tile->top + side;
    tile->left = tile->bottom + side;
    tile->right = tile->left + side;
  }
  return true;
}

static bool make(NodalSeams *seams, NodalPool *pool, NodalError **error) {
  const NodalRasterView *view = seams->view;
  size_t tiles = (size_t)(view->columns * view->rows);
  seams->threads = nodal_pool_threads(pool);
  seams->workers = nodal_alloc_array((size_t)seams->threads, sizeof *seams->workers, error);
  return seams->workers && make_tiles(seams, nodal_raster_window(pool) + 1, error) &&
         (seams->bases = nodal_alloc_array(tiles + 1, sizeof *seams->bases, error)) &&
         (seams->full = nodal_alloc_array(tiles, sizeof *seams->full, error)) &&
         (seams->above = nodal_alloc_array((size_t)view->width, sizeof *seams->above, error)) &&
         (seams->below = nodal_alloc_array((size_t)view->width, sizeof *seams->below, error)) &&
         (seams->right = nodal_alloc_array((size_t)view->tile, sizeof *seams->right, error));
}

bool nodal_seams_find(NodalSeams *seams, const NodalRasterView *view, const NodalSeamsPlan *plan, NodalPool *pool,
                      const NodalProgress *progress, NodalError **error) {
  seams->view = view;
  seams->plan = *plan;
  return make(seams, pool, error) && nodal_raster_each_tile(view, pool, work, commit, seams, progress, error);
}

const NodalRuns *nodal_seams_label(NodalSeams *seams, int worker_index, int64_t index, NodalError **error) {
  Worker *worker = &seams->workers[worker_index];
  NodalRaster raster;
  if (!nodal_raster_view_read(seams->view, &worker->patch, nodal_raster_view_tile(seams->view, index), &raster,
                              error) ||
      !nodal_runs_join(&worker->runs, &raster, 0, raster.height, seams->plan.kind, seams->plan.connectivity, error)) {
    return NULL;
  }
  if (nodal_runs_settle(&worker->runs) != seams->bases[index + 1] - seams->bases[index]) {
    nodal_fail(error, NODAL_ERROR_IO, "%s: changed while it was read", seams->view->name);
    return NULL;
  }
  return &worker->runs;
}

typedef struct Root {
  uint64_t first;
  uint32_t id;
} Root;

static int compare_roots(const void *a, const void *b) {
  uint64_t p = ((const Root *)a)->first, q = ((const Root *)b)->first;
  return (p > q) - (p < q);
}

/* The roots in the order of their first pixels. */
static Root *sort_roots(const NodalSeams *seams, size_t *count, NodalError **error) {
  size_t found = 0;
  for (size_t i = 0; i < seams->count; i++) {
    found += seams->parents[i] == i;
  }
  Root *roots = nodal_alloc_array(found + 1, sizeof *roots, error);
  if (!roots) {
    return NULL;
  }
  *count = 0;
  for (size_t i = 0; i < seams->count; i++) {
    if (seams->parents[i] == i) {
      roots[(*count)++] = (Root){seams->first[i], (uint32_t)i};
    }
  }
  qsort(roots, *count, sizeof *roots, compare_roots);
  return roots;
}

bool nodal_seams_number(NodalSeams *seams, uint32_t *count, uint32_t **roots, NodalError **error) {
  size_t found;
  Root *sorted = sort_roots(seams, &found, error);
  if (!sorted) {
    return false;
  }
  uint32_t *ids = NULL;
  if (roots && !(ids = nodal_alloc_array(found + 1, sizeof *ids, error))) {
    free(sorted);
    return false;
  }
  /* A parent comes before its child. While others are still parents, roots hold their numbers in the list above. */
  for (size_t i = 0; i < seams->count; i++) {
    seams->parents[i] = nodal_union_find(seams->parents, (uint32_t)i);
  }
  for (size_t i = 0; i < found; i++) {
    seams->first[sorted[i].id] = i + 1;
    if (ids) {
      ids[i] = sorted[i].id;
    }
  }
  for (size_t i = 0; i < seams->count; i++) {
    seams->parents[i] = (uint32_t)seams->first[seams->parents[i]];
  }
  *count = (uint32_t)found;
  if (roots) {
    *roots = ids;
  }
  free(sorted);
  return true;
}

void nodal_seams_free(NodalSeams *seams) {
  for (int i = 0; seams->workers && i < seams->threads; i++) {
    nodal_runs_free(&seams->workers[i].runs);
    nodal_measurer_free(&seams->workers[i].measurer);
    nodal_raster_patch_free(&seams->workers[i].patch);
  }
  for (int64_t i = 0; i < seams->tile_count; i++) {
    Tile *tile = &seams->tiles[i];
    for (uint32_t k = 0; tile->measures && k < tile->count; k++) {
      nodal_measure_clear(&tile->measures[k]);
    }
    free(tile->top);
    free(tile->first);
    free(tile->values);
    free(tile->measures);
  }
  for (size_t i = 0; seams->measures && i < seams->count; i++) {
    nodal_measure_clear(&seams->measures[i]);
  }
  free(seams->workers);
  free(seams->tiles);
  free(seams->bases);
  free(seams->full);
  free(seams->above);
  free(seams->below);
  free(seams->right);
  free(seams->parents);
  free(seams->first);
  free(seams->values);
  free(seams->edges);
  free(seams->measures);
  *seams = (NodalSeams){0};
}
