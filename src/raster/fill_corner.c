/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/fill.h"

#include "base/memory.h"

#include <float.h>
#include <math.h>

/*
 * ASAP's decision, reproduced: P lies left of the edge from A to B where
 *
 *   (int)((B.x - A.x) * (P.y - A.y) - (P.x - A.x) * (B.y - A.y))
 *
 * is above 0, each operation in float. Along a row each of them is monotonic in P.x, rounding included, so the pixels
 * for which an edge counts are one run (two, where the product leaves the range of int), and its ends are found by
 * bisection with the expression itself. A fused multiply-add would round otherwise: meson.build forbids it.
 */

/* 2^31: from here on the conversion to int gives INT_MIN on x86-64. */
static const float int_end = 2147483648.0F;

/* Level-0 pixel whose corner is the sample. Whole, since ASAP knows no fractions of pixels. */
static int64_t corner_at(const NodalFillGrid *grid, int64_t index) {
  return grid->shift >= 0 ? index << grid->shift : (int64_t)floor((double)index * grid->downsample);
}

/* Twice the signed area of the edge and the sample. */
static float cross(const NodalFillEdge *edge, float x, float y) {
  float first = (edge->real.x1 - edge->real.x0) * (y - edge->real.y0);
  float second = (x - edge->real.x0) * (edge->real.y1 - edge->real.y0);
  return first - second;
}

/* The first sample whose corner, as a float, is at least `place`, or above it with `past`. */
static int32_t first_corner(const NodalFillGrid *grid, float place, bool past, int32_t count) {
  int32_t low = 0, high = count;
  while (low < high) {
    int32_t middle = low + (high - low) / 2;
    float at = (float)corner_at(grid, middle);
    if (past ? at > place : at >= place) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

bool nodal_fill_corner_reversed(const NodalPoint *points, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    const NodalPoint *before = &points[i > 0 ? i - 1 : count - 1], *point = &points[i];
    float width = (float)before->x + (float)point->x, height = (float)before->y - (float)point->y;
    float area = width * height;
    sum += (double)area;
  }
  return !(sum < 0);
}

NodalRect nodal_fill_corner_box(const NodalFillGrid *grid, const NodalPoint *points, size_t count, double *left,
                                double *right) {
  /* ASAP begins its maximum at the smallest positive float, not at the smallest float. */
  float x0 = FLT_MAX, y0 = FLT_MAX, x1 = FLT_MIN, y1 = FLT_MIN;
  for (size_t i = 0; i < count; i++) {
    x0 = fminf(x0, (float)points[i].x);
    y0 = fminf(y0, (float)points[i].y);
    x1 = fmaxf(x1, (float)points[i].x);
    y1 = fmaxf(y1, (float)points[i].y);
  }
  *left = (double)x0;
  *right = (double)x1;
  NodalRect box = {first_corner(grid, x0, true, grid->width), first_corner(grid, y0, true, grid->height), 0, 0};
  box.width = nodal_max64(0, first_corner(grid, x1, false, grid->width) - box.x);
  box.height = nodal_max64(0, first_corner(grid, y1, false, grid->height) - box.y);
  return box;
}

/*
 * Columns between which the edge passes on any row. An edge counts where the product is at least 1 in size, that is
 * 1 / |dy| left of where it passes; the rest is room for the rounding of seven float operations.
 */
static void bound_columns(NodalFillEdge *edge, const NodalFillGrid *grid, double left, double right) {
  double x0 = (double)edge->real.x0, x1 = (double)edge->real.x1;
  double dx = fabs(x1 - x0), dy = fabs((double)edge->real.y1 - (double)edge->real.y0);
  double extent = fmax(right, fmax(fabs(x0), fabs(x1))) - fmin(left, 0);
  double slack = 2 + ldexp(dx + 1 / dy, -18) + ldexp(extent, -21);
  edge->wide = dx * dy + extent * dy >= 0.9 * (double)int_end;
  double low = (fmin(x0, x1) - 1 / dy - slack) / grid->downsample;
  double high = (fmax(x0, x1) + slack) / grid->downsample + 1;
  edge->column0 = (int32_t)fmax(0, fmin(floor(low), grid->width));
  edge->column1 = (int32_t)fmax(0, fmin(ceil(high), grid->width));
  if (edge->wide) {
    edge->column0 = -1;
    edge->column1 = INT32_MAX;
  }
}

bool nodal_fill_corner_edge(NodalFillEdge *edge, const NodalFillGrid *grid, NodalPoint from, NodalPoint to, double left,
                            double right) {
  *edge = (NodalFillEdge){.winding = 1};
  edge->real.x0 = (float)from.x;
  edge->real.y0 = (float)from.y;
  edge->real.x1 = (float)to.x;
  edge->real.y1 = (float)to.y;
  edge->winding = edge->real.y0 < edge->real.y1 ? 1 : -1;
  edge->row0 = first_corner(grid, fminf(edge->real.y0, edge->real.y1), false, grid->height);
  edge->row1 = first_corner(grid, fmaxf(edge->real.y0, edge->real.y1), false, grid->height);
  if (edge->row0 >= edge->row1) {
    return false;
  }
  bound_columns(edge, grid, left, right);
  return true;
}

/* The first column of [low, high] from which on the product is under `limit` (falling) or at least / above it. */
typedef enum Until { UNTIL_BELOW, UNTIL_ABOVE, UNTIL_AT_LEAST } Until;

static int32_t search(const NodalFillEdge *edge, const NodalFillGrid *grid, float y, Until until, float limit,
                      int32_t low, int32_t high) {
  while (low < high) {
    int32_t middle = low + (high - low) / 2;
    float product = cross(edge, (float)corner_at(grid, middle), y);
    bool reached = until == UNTIL_BELOW ? product < limit : until == UNTIL_ABOVE ? product > limit : product >= limit;
    if (reached) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

int nodal_fill_corner_runs(const NodalFillEdge *edge, const NodalFillGrid *grid, int32_t row, NodalFillRun runs[2]) {
  float y = (float)corner_at(grid, row);
  int32_t low = edge->wide ? 0 : edge->column0, high = edge->wide ? grid->width : edge->column1;
  if (edge->winding > 0) {
    /* The product falls along the row; the edge counts from 1 up to where int ends. */
    runs[0].end = search(edge, grid, y, UNTIL_BELOW, 1, low, high);
    runs[0].start = edge->wide ? search(edge, grid, y, UNTIL_BELOW, int_end, 0, runs[0].end) : 0;
    return 1;
  }
  runs[0] = (NodalFillRun){0, search(edge, grid, y, UNTIL_ABOVE, -1, low, high)};
  if (!edge->wide) {
    return 1;
  }
  runs[1] = (NodalFillRun){search(edge, grid, y, UNTIL_AT_LEAST, int_end, runs[0].end, high), grid->width};
  return 2;
}
