/* SPDX-License-Identifier: Apache-2.0 */
#include "staging/area.h"

#include "base/memory.h"
#include "raster/fill.h"

#include <math.h>

/* More than any coordinate; what lies left of or above the slide counts as little as in a mask. */
enum { LARGEST_SIDE = 1 << 24 };

/* An edge that passes between the centers of pixels on at least one row. */
typedef struct ScanEdge {
  NodalFillEdge fill;
  int32_t column; /* before which it passes on the row */
  uint32_t area, ring;
} ScanEdge;

/* Where the scan is with regard to one area. */
typedef struct ScanArea {
  int *turns;     /* of each of its rings about the place */
  uint32_t holes; /* how many holes the place lies in */
  bool inside;
  bool cuts;
} ScanArea;

typedef struct Scan {
  NodalFillGrid grid;
  ScanEdge *edges; /* by first row and column */
  size_t edge_count;
  ScanEdge **active; /* those that cross the row, by column */
  ScanEdge **merged; /* as much room again */
  size_t active_count;
  ScanArea *areas;
  int *turns;
  int members, cuts; /* how many areas of either kind the place lies in */
} Scan;

/* The part of the edges that lies in the rows of `box`. */
static void add_edges(Scan *scan, const Deposit *deposit, uint32_t area, const StagingBox *box) {
  int32_t first_row = (int32_t)fmax(floor(box->y0), 0), end_row = (int32_t)fmax(ceil(box->y1) + 1, 0);
  for (size_t i = 0; i < deposit->edge_count; i++) {
    const DepositEdge *edge = &deposit->edges[i];
    ScanEdge *added = &scan->edges[scan->edge_count];
    if (nodal_fill_center_edge(&added->fill, &scan->grid, edge->from, edge->to)) {
      added->fill.row0 = added->fill.row0 > first_row ? added->fill.row0 : first_row;
      added->fill.row1 = added->fill.row1 < end_row ? added->fill.row1 : end_row;
      added->column = nodal_fill_center_column(&added->fill, &scan->grid, added->fill.row0);
      added->area = area;
      added->ring = edge->ring;
      scan->edge_count += added->fill.row0 < added->fill.row1;
    }
  }
}

static int by_beginning(const void *first, const void *second) {
  const ScanEdge *a = first, *b = second;
  if (a->fill.row0 != b->fill.row0) {
    return a->fill.row0 < b->fill.row0 ? -1 : 1;
  }
  return (a->column > b->column) - (a->column < b->column);
}

static void scan_clear(Scan *scan) {
  free(scan->edges);
  free(scan->active);
  free(scan->merged);
  free(scan->areas);
  free(scan->turns);
}

static bool scan_init(Scan *scan, const Deposit *const *areas, size_t area_count, const Deposit *const *cuts,
                      size_t cut_count, const StagingBox *box, NodalError **error) {
  size_t edges = 0, rings = 0, count = area_count + cut_count;
  for (size_t i = 0; i < count; i++) {
    const Deposit *deposit = i < area_count ? areas[i] : cuts[i - area_count];
    edges += deposit->edge_count;
    rings += deposit->ring_count;
  }
  *scan = (Scan){.grid = nodal_fill_grid(NODAL_FILL_CENTER, LARGEST_SIDE, LARGEST_SIDE, 1)};
  bool made = (scan->edges = nodal_alloc_array(edges, sizeof *scan->edges, error)) != NULL &&
              (scan->active = nodal_alloc_array(edges, sizeof(ScanEdge *), error)) != NULL &&
              (scan->merged = nodal_alloc_array(edges, sizeof(ScanEdge *), error)) != NULL &&
              (scan->areas = nodal_alloc_array(count, sizeof *scan->areas, error)) != NULL &&
              (scan->turns = nodal_alloc_array(rings, sizeof *scan->turns, error)) != NULL;
  if (!made) {
    scan_clear(scan);
    return false;
  }
  size_t ring = 0;
  for (size_t i = 0; i < count; i++) {
    const Deposit *deposit = i < area_count ? areas[i] : cuts[i - area_count];
    scan->areas[i] = (ScanArea){.turns = scan->turns + ring, .cuts = i >= area_count};
    ring += deposit->ring_count;
    add_edges(scan, deposit, (uint32_t)i, box);
  }
  if (scan->edge_count > 0) {
    qsort(scan->edges, scan->edge_count, sizeof *scan->edges, by_beginning);
  }
  return true;
}

/* Takes out the edges that end before the row and puts the others in order: they hardly change places. */
static void move_to_row(Scan *scan, int32_t row) {
  size_t kept = 0;
  for (size_t i = 0; i < scan->active_count; i++) {
    ScanEdge *moved = scan->active[i];
    if (moved->fill.row1 <= row) {
      continue;
    }
    moved->column = nodal_fill_center_column(&moved->fill, &scan->grid, row);
    size_t place = kept++;
    for (; place > 0 && scan->active[place - 1]->column > moved->column; place--) {
      scan->active[place] = scan->active[place - 1];
    }
    scan->active[place] = moved;
  }
  scan->active_count = kept;
}

/* Merges the edges that begin on the row, which are in order, with those that are active. */
static void begin_on_row(Scan *scan, int32_t row, size_t *next) {
  size_t from = 0, count = 0;
  while (*next < scan->edge_count && scan->edges[*next].fill.row0 == row) {
    ScanEdge *begun = &scan->edges[(*next)++];
    while (from < scan->active_count && scan->active[from]->column <= begun->column) {
      scan->merged[count++] = scan->active[from++];
    }
    scan->merged[count++] = begun;
  }
  if (count == from) {
    return;
  }
  while (from < scan->active_count) {
    scan->merged[count++] = scan->active[from++];
  }
  ScanEdge **before = scan->active;
  scan->active = scan->merged;
  scan->merged = before;
  scan->active_count = count;
}

/* Goes over one edge. */
static void step_over(Scan *scan, const ScanEdge *edge) {
  ScanArea *area = &scan->areas[edge->area];
  int before = area->turns[edge->ring];
  area->turns[edge->ring] += edge->fill.winding;
  int change = (before == 0) - (area->turns[edge->ring] == 0);
  if (edge->ring > 0) {
    area->holes += (uint32_t)change;
  }
  bool inside = area->turns[0] != 0 && area->holes == 0;
  *(area->cuts ? &scan->cuts : &scan->members) += inside - area->inside;
  area->inside = inside;
}

/* Adds the pixels first .. end - 1 of a row. */
static void add_run(StagingMoments *moments, int32_t first, int32_t end, double y) {
  double n = (double)(end - first);
  double x = 0.5 * ((double)first + (double)end) - moments->origin.x;
  moments->pixels += n;
  moments->x += n * x;
  moments->y += n * y;
  moments->xx += n * x * x + n * (n * n - 1) / 12;
  moments->xy += n * x * y;
  moments->yy += n * y * y;
}

static void sum_row(Scan *scan, int32_t row, StagingMoments *moments) {
  double y = (double)row + 0.5 - moments->origin.y;
  int32_t first = 0;
  bool on = false;
  for (size_t i = 0; i < scan->active_count; i++) {
    const ScanEdge *edge = scan->active[i];
    step_over(scan, edge);
    bool now = scan->members > 0 && scan->cuts == 0;
    if (now == on) {
      continue;
    }
    if (now) {
      first = edge->column;
    } else if (edge->column > first) {
      add_run(moments, first, edge->column, y);
    }
    on = now;
  }
}

bool staging_measure_area(const Deposit *const *areas, size_t area_count, const Deposit *const *cuts, size_t cut_count,
                          StagingMoments *moments, NodalError **error) {
  StagingBox box = areas[0]->box;
  for (size_t i = 1; i < area_count; i++) {
    box = staging_box_join(box, areas[i]->box);
  }
  *moments = (StagingMoments){.origin = {floor(0.5 * (box.x0 + box.x1)), floor(0.5 * (box.y0 + box.y1))}};
  Scan scan;
  if (!scan_init(&scan, areas, area_count, cuts, cut_count, &box, error)) {
    return false;
  }
  size_t next = 0;
  while (next < scan.edge_count) {
    int32_t row = scan.edges[next].fill.row0;
    do {
      move_to_row(&scan, row);
      begin_on_row(&scan, row, &next);
      sum_row(&scan, row++, moments);
    } while (scan.active_count > 0);
  }
  scan_clear(&scan);
  return true;
}

double staging_major_axis(const StagingMoments *moments, StagingSpacing spacing) {
  if (moments->pixels == 0) {
    return 0;
  }
  double n = moments->pixels, x = moments->x / n, y = moments->y / n;
  double xx = (moments->xx / n - x * x) * spacing.x_um * spacing.x_um;
  double yy = (moments->yy / n - y * y) * spacing.y_um * spacing.y_um;
  double xy = (moments->xy / n - x * y) * spacing.x_um * spacing.y_um;
  double half = 0.5 * (xx - yy);
  double largest = 0.5 * (xx + yy) + sqrt(half * half + xy * xy);
  return 4 * sqrt(fmax(largest, 0));
}
