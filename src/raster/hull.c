/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/hull.h"

#include <math.h>
#include <stdlib.h>

static int compare_points(const void *a, const void *b) {
  const NodalPoint *p = a, *q = b;
  if (p->x != q->x) {
    return p->x < q->x ? -1 : 1;
  }
  return (p->y > q->y) - (p->y < q->y);
}

/* Twice the signed area of the triangle: positive where the way from a over b to c turns from +x to +y. */
static double turn(NodalPoint a, NodalPoint b, NodalPoint c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/* Appends a point to a chain that holds `size` corners, of which those from `base` on may be taken back. */
static size_t append(NodalPoint *hull, size_t base, size_t size, NodalPoint point) {
  while (size > base + 1 && turn(hull[size - 2], hull[size - 1], point) <= 0) {
    size--;
  }
  hull[size] = point;
  return size + 1;
}

size_t nodal_convex_hull(NodalPoint *points, size_t count, NodalPoint *hull) {
  if (count == 0) {
    return 0;
  }
  qsort(points, count, sizeof *points, compare_points);
  size_t different = 1;
  for (size_t i = 1; i < count; i++) {
    if (compare_points(&points[i], &points[different - 1]) != 0) {
      points[different++] = points[i];
    }
  }
  if (different == 1) {
    hull[0] = points[0];
    return 1;
  }
  size_t size = 0;
  for (size_t i = 0; i < different; i++) {
    size = append(hull, 0, size, points[i]);
  }
  size_t base = size - 1;
  for (size_t i = different - 1; i-- > 0;) {
    size = append(hull, base, size, points[i]);
  }
  return size - 1; /* the first corner closes the way back and is there already */
}

/* Whether edge j turns away from edge i, so that the corner after j lies further from the line through edge i. */
static double edges_turn(const NodalPoint *hull, size_t count, size_t i, size_t j) {
  size_t i1 = i + 1 < count ? i + 1 : 0, j1 = j + 1 < count ? j + 1 : 0;
  return (hull[i1].x - hull[i].x) * (hull[j1].y - hull[j].y) - (hull[i1].y - hull[i].y) * (hull[j1].x - hull[j].x);
}

typedef struct Farthest {
  double squared;
  NodalPoint ends[2];
} Farthest;

static void consider(Farthest *farthest, NodalPoint a, NodalPoint b) {
  double x = b.x - a.x, y = b.y - a.y, squared = x * x + y * y;
  if (squared > farthest->squared) {
    *farthest = (Farthest){squared, {a, b}};
  }
}

double nodal_hull_diameter(const NodalPoint *hull, size_t count, NodalPoint ends[2]) {
  Farthest farthest = {.squared = 0};
  if (count > 0) {
    farthest.ends[0] = farthest.ends[1] = hull[0];
  }
  size_t j = 1;
  for (size_t i = 0; count > 1 && i < count; i++) {
    size_t next = i + 1 < count ? i + 1 : 0;
    /* At most once round; the bound keeps a hull whose corners are not quite convex from running for ever. */
    for (size_t steps = 0; steps < count && edges_turn(hull, count, i, j) > 0; steps++) {
      consider(&farthest, hull[i], hull[j]);
      j = j + 1 < count ? j + 1 : 0;
    }
    size_t after = j + 1 < count ? j + 1 : 0;
    consider(&farthest, hull[i], hull[j]);
    consider(&farthest, hull[next], hull[j]);
    /* Of two parallel edges every pair of ends is a candidate. */
    consider(&farthest, hull[i], hull[after]);
    consider(&farthest, hull[next], hull[after]);
  }
  if (ends) {
    ends[0] = farthest.ends[0];
    ends[1] = farthest.ends[1];
  }
  return sqrt(farthest.squared);
}
