/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/contours.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

/*
 * A way there and back adds nothing to any winding number, wherever it leads. For the eye it is short: of the corners
 * of the outline whose height is next to that of the hole's first corner, the nearest one is taken.
 */
enum { LOOK_AT = 64 };

typedef struct Corner {
  NodalPoint point;
  size_t index; /* in the outer ring */
} Corner;

typedef struct Bridge {
  size_t from; /* index in the outer ring */
  size_t hole;
} Bridge;

static int compare_corners(const void *a, const void *b) {
  const Corner *left = a, *right = b;
  if (left->point.y != right->point.y) {
    return left->point.y < right->point.y ? -1 : 1;
  }
  return left->index < right->index ? -1 : 1;
}

static int compare_bridges(const void *a, const void *b) {
  const Bridge *left = a, *right = b;
  if (left->from != right->from) {
    return left->from < right->from ? -1 : 1;
  }
  return left->hole < right->hole ? -1 : 1;
}

static size_t nearest(const Corner *corners, size_t count, NodalPoint point) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (corners[middle].point.y < point.y) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  size_t begin = low > LOOK_AT ? low - LOOK_AT : 0, end = low + LOOK_AT < count ? low + LOOK_AT : count;
  size_t best = begin;
  double shortest = (double)INFINITY;
  for (size_t i = begin; i < end; i++) {
    double distance = hypot(corners[i].point.x - point.x, corners[i].point.y - point.y);
    if (distance < shortest) {
      shortest = distance;
      best = i;
    }
  }
  return corners[best].index;
}

static bool plan_bridges(const NodalContour *contour, Bridge *bridges, NodalError **error) {
  const NodalRing *outer = &contour->rings[0];
  Corner *corners = nodal_alloc_array(outer->count, sizeof *corners, error);
  if (!corners) {
    return false;
  }
  for (size_t i = 0; i < outer->count; i++) {
    corners[i] = (Corner){outer->points[i], i};
  }
  qsort(corners, outer->count, sizeof *corners, compare_corners);
  for (size_t i = 1; i < contour->count; i++) {
    bridges[i - 1] = (Bridge){nearest(corners, outer->count, contour->rings[i].points[0]), i};
  }
  free(corners);
  qsort(bridges, contour->count - 1, sizeof *bridges, compare_bridges);
  return true;
}

static void write_joined(const NodalContour *contour, const Bridge *bridges, NodalPoint *to) {
  const NodalRing *outer = &contour->rings[0];
  size_t bridge = 0;
  for (size_t i = 0; i < outer->count; i++) {
    *to++ = outer->points[i];
    for (; bridge + 1 < contour->count && bridges[bridge].from == i; bridge++) {
      const NodalRing *hole = &contour->rings[bridges[bridge].hole];
      memcpy(to, hole->points, hole->count * sizeof *to);
      to += hole->count;
      *to++ = hole->points[0];
      *to++ = outer->points[i];
    }
  }
}

bool nodal_contour_join(NodalContour *contour, NodalError **error) {
  if (contour->count < 2) {
    return true;
  }
  size_t total = contour->rings[0].count;
  for (size_t i = 1; i < contour->count; i++) {
    total += contour->rings[i].count + 2;
  }
  Bridge *bridges = nodal_alloc_array(contour->count, sizeof *bridges, error);
  NodalPoint *points = bridges ? nodal_alloc_array(total, sizeof *points, error) : NULL;
  if (!points || !plan_bridges(contour, bridges, error)) {
    free(points);
    free(bridges);
    return false;
  }
  write_joined(contour, bridges, points);
  free(bridges);
  for (size_t i = 0; i < contour->count; i++) {
    free(contour->points[i]);
  }
  contour->count = 1;
  contour->points[0] = points;
  contour->rings[0] = (NodalRing){points, total, false};
  return true;
}
