/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/fill.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { WORDS = NODAL_FILL_SIDE / 64 };

NodalFillGrid nodal_fill_grid(NodalFillRule rule, int32_t width, int32_t height, double downsample) {
  int exponent;
  double fraction = frexp(downsample, &exponent);
  return (NodalFillGrid){.rule = rule,
                         .width = width,
                         .height = height,
                         .downsample = downsample,
                         .shift = fraction == 0.5 && downsample >= 1 && exponent <= 31 ? exponent - 1 : -1};
}

/* --- making --- */

static void rows_of_edge(const void *user, uint32_t item, int32_t *row0, int32_t *row1) {
  const NodalFillEdge *edge = &((const NodalFillEdge *)user)[item];
  *row0 = edge->row0;
  *row1 = edge->row1;
}

static bool in_range(NodalPoint point) {
  return fabs(point.x) <= NODAL_FILL_LIMIT && fabs(point.y) <= NODAL_FILL_LIMIT;
}

static void add_center_edges(NodalFill *fill, const NodalFillGrid *grid, const NodalPoint *points, size_t count) {
  int32_t left = INT32_MAX, top = INT32_MAX, right = 0, bottom = 0;
  for (size_t i = 0; i < count; i++) {
    NodalFillEdge *edge = &fill->edges[fill->count];
    if (!nodal_fill_center_edge(edge, grid, points[i], points[i + 1 < count ? i + 1 : 0])) {
      continue;
    }
    left = edge->column0 < left ? edge->column0 : left;
    right = edge->column1 > right ? edge->column1 : right;
    top = edge->row0 < top ? edge->row0 : top;
    bottom = edge->row1 > bottom ? edge->row1 : bottom;
    /* Right of the mask nobody sees it. */
    fill->count += edge->column0 < grid->width;
  }
  fill->box = left < right ? (NodalRect){left, top, right - left, bottom - top} : (NodalRect){0};
}

static void add_corner_edges(NodalFill *fill, const NodalFillGrid *grid, const NodalPoint *points, size_t count) {
  double left, right;
  fill->box = nodal_fill_corner_box(grid, points, count, &left, &right);
  bool reversed = nodal_fill_corner_reversed(points, count);
  for (size_t i = 0; i < count; i++) {
    NodalPoint from = points[i], to = points[i + 1 < count ? i + 1 : 0];
    fill->count += nodal_fill_corner_edge(&fill->edges[fill->count], grid, reversed ? to : from, reversed ? from : to,
                                          left, right);
  }
}

bool nodal_fill_make(NodalFill *fill, const NodalFillGrid *grid, const NodalPoint *points, size_t count,
                     NodalError **error) {
  *fill = (NodalFill){0};
  if (count > UINT32_MAX / 2) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "a ring of %zu points is too long", count);
  }
  for (size_t i = 0; i < count; i++) {
    if (!in_range(points[i])) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "a point at %g, %g is more than 2^31 pixels away", points[i].x,
                        points[i].y);
    }
  }
  fill->edges = nodal_alloc_array(count + 1, sizeof *fill->edges, error);
  if (!fill->edges) {
    return false;
  }
  if (count > 0) {
    (grid->rule == NODAL_FILL_CENTER ? add_center_edges : add_corner_edges)(fill, grid, points, count);
  }
  return nodal_bands_make(&fill->bands, fill->count, rows_of_edge, fill->edges, error);
}

void nodal_fill_clear(NodalFill *fill) {
  nodal_bands_clear(&fill->bands);
  free(fill->edges);
  *fill = (NodalFill){0};
}

bool nodal_fill_scratch_make(NodalFillScratch *scratch, NodalError **error) {
  scratch->base = nodal_alloc_array(NODAL_FILL_MAX_ROWS + 1, sizeof *scratch->base, error);
  scratch->change = nodal_alloc_array((size_t)NODAL_FILL_SIDE * NODAL_FILL_SIDE, sizeof *scratch->change, error);
  scratch->marked = nodal_alloc_array((size_t)NODAL_FILL_SIDE * WORDS, sizeof *scratch->marked, error);
  return scratch->base && scratch->change && scratch->marked;
}

void nodal_fill_scratch_clear(NodalFillScratch *scratch) {
  free(scratch->base);
  free(scratch->change);
  free(scratch->marked);
  *scratch = (NodalFillScratch){0};
}

/* --- a region --- */

static NodalRect intersection(NodalRect a, NodalRect b) {
  NodalRect both = {nodal_max64(a.x, b.x), nodal_max64(a.y, b.y), 0, 0};
  both.width = nodal_max64(0, nodal_min64(a.x + a.width, b.x + b.width) - both.x);
  both.height = nodal_max64(0, nodal_min64(a.y + a.height, b.y + b.height) - both.y);
  return both;
}

/* What an edge does to a region that it has rows in common with. */
typedef enum Passes { PASSES_INSIDE, PASSES_FOR_ALL, PASSES_FOR_NONE } Passes;

static Passes passes(const NodalFillEdge *edge, NodalFillRule rule, NodalRect region) {
  if (edge->column1 <= region.x) {
    return rule == NODAL_FILL_CENTER ? PASSES_FOR_ALL : PASSES_FOR_NONE;
  }
  if (edge->column0 >= region.x + region.width) {
    return rule == NODAL_FILL_CENTER ? PASSES_FOR_NONE : PASSES_FOR_ALL;
  }
  return PASSES_INSIDE;
}

/* Notes that the winding number changes before `column` of the region, `columns` of which there are. */
static void note_change(NodalFillScratch *scratch, int64_t row, int64_t column, int64_t columns, int32_t winding) {
  if (column <= 0) {
    scratch->base[row] += winding;
  } else if (column < columns) {
    scratch->change[row * NODAL_FILL_SIDE + column] += winding;
    scratch->marked[row * WORDS + (column >> 6)] |= (uint64_t)1 << (column & 63);
  }
}

static void note_edge(const NodalFillEdge *edge, const NodalFillGrid *grid, NodalRect region, int32_t row0,
                      int32_t row1, NodalFillScratch *scratch) {
  for (int32_t row = row0; row < row1; row++) {
    if (grid->rule == NODAL_FILL_CENTER) {
      note_change(scratch, row - region.y, nodal_fill_center_column(edge, grid, row) - region.x, region.width,
                  edge->winding);
      continue;
    }
    NodalFillRun runs[2];
    int count = nodal_fill_corner_runs(edge, grid, row, runs);
    for (int i = 0; i < count; i++) {
      note_change(scratch, row - region.y, runs[i].start - region.x, region.width, edge->winding);
      note_change(scratch, row - region.y, runs[i].end - region.x, region.width, -edge->winding);
    }
  }
}

/*
 * Goes through the edges of the rows of a region and finds the winding number at the left end of each row, in
 * scratch->base. Edges that pass inside the region are noted with `note`; without, the first one ends it: false.
 */
static bool gather(const NodalFill *fill, const NodalFillGrid *grid, NodalRect region, bool note,
                   NodalFillScratch *scratch) {
  /* Until the end, base[row] holds what edges that pass beside the region change from row to row. */
  int32_t *base = scratch->base, top = (int32_t)region.y, bottom = (int32_t)(region.y + region.height);
  memset(base, 0, ((size_t)region.height + 1) * sizeof *base);
  NodalBandsWalk walk = nodal_bands_walk(&fill->bands, top, bottom);
  uint32_t item;
  while (nodal_bands_next(&walk, &item)) {
    const NodalFillEdge *edge = &fill->edges[item];
    if (edge->row0 >= bottom || edge->row1 <= top || nodal_bands_repeats(&walk, edge->row0)) {
      continue;
    }
    switch (passes(edge, grid->rule, region)) {
    case PASSES_INSIDE:
      if (!note) {
        return false;
      }
      break;
    case PASSES_FOR_ALL:
      base[(edge->row0 > top ? edge->row0 : top) - top] += edge->winding;
      base[(edge->row1 < bottom ? edge->row1 : bottom) - top] -= edge->winding;
      break;
    case PASSES_FOR_NONE:
      break;
    }
  }
  for (int64_t row = 1; row < region.height; row++) {
    base[row] += base[row - 1];
  }
  return true;
}

/* The edges that pass inside. */
static void gather_inside(const NodalFill *fill, const NodalFillGrid *grid, NodalRect region,
                          NodalFillScratch *scratch) {
  int32_t top = (int32_t)region.y, bottom = (int32_t)(region.y + region.height);
  NodalBandsWalk walk = nodal_bands_walk(&fill->bands, top, bottom);
  uint32_t item;
  while (nodal_bands_next(&walk, &item)) {
    const NodalFillEdge *edge = &fill->edges[item];
    if (edge->row0 >= bottom || edge->row1 <= top || nodal_bands_repeats(&walk, edge->row0) ||
        passes(edge, grid->rule, region) != PASSES_INSIDE) {
      continue;
    }
    note_edge(edge, grid, region, edge->row0 > top ? edge->row0 : top, edge->row1 < bottom ? edge->row1 : bottom,
              scratch);
  }
}

NodalCover nodal_fill_cover(const NodalFill *fill, const NodalFillGrid *grid, NodalRect region,
                            NodalFillScratch *scratch) {
  NodalRect part = intersection(region, fill->box);
  if (part.width == 0 || part.height == 0) {
    return NODAL_COVER_NONE;
  }
  if (!gather(fill, grid, part, false, scratch)) {
    return NODAL_COVER_PART;
  }
  int64_t inside = 0;
  for (int64_t row = 0; row < part.height; row++) {
    inside += scratch->base[row] != 0;
  }
  if (inside == 0) {
    return NODAL_COVER_NONE;
  }
  bool whole = inside == part.height && part.width == region.width && part.height == region.height;
  return whole ? NODAL_COVER_ALL : NODAL_COVER_PART;
}

typedef struct Paint {
  uint8_t value;
  const uint8_t *under; /* row */
} Paint;

static void paint_run(uint8_t *row, const Paint *paint, int64_t start, int64_t end) {
  size_t count = (size_t)(end - start);
  if (paint->under) {
    memcpy(row + start, paint->under + start, count);
  } else {
    memset(row + start, paint->value, count);
  }
}

/* Paints one row from its changes, and leaves them 0. */
static void sweep(int32_t winding, int32_t *change, uint64_t *marked, int64_t columns, const Paint *paint,
                  uint8_t *pixels) {
  int64_t from = 0;
  for (int64_t word = 0; word < (columns + 63) / 64; word++) {
    for (uint64_t bits = marked[word]; bits; bits &= bits - 1) {
      int64_t column = word * 64 + __builtin_ctzll(bits);
      if (winding != 0) {
        paint_run(pixels, paint, from, column);
      }
      winding += change[column];
      change[column] = 0;
      from = column;
    }
    marked[word] = 0;
  }
  if (winding != 0) {
    paint_run(pixels, paint, from, columns);
  }
}

void nodal_fill_paint(const NodalFill *fill, const NodalFillGrid *grid, NodalRect region, NodalFillScratch *scratch,
                      uint8_t value, const uint8_t *under, uint8_t *pixels, size_t stride) {
  NodalRect part = intersection(region, fill->box);
  if (part.width == 0 || part.height == 0) {
    return;
  }
  gather(fill, grid, part, true, scratch);
  gather_inside(fill, grid, part, scratch);
  size_t left = (size_t)(part.x - region.x), top = (size_t)(part.y - region.y);
  for (size_t row = 0; row < (size_t)part.height; row++) {
    Paint paint = {value, under ? under + (top + row) * NODAL_FILL_SIDE + left : NULL};
    sweep(scratch->base[row], scratch->change + row * NODAL_FILL_SIDE, scratch->marked + row * WORDS, part.width,
          &paint, pixels + (top + row) * stride + left);
  }
}
