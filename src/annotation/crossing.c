/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/crossing.h"

#include "base/memory.h"

#include <math.h>

/* An edge with its extent along the sweep and across it. */
typedef struct Edge {
  double low, high, side_low, side_high;
  size_t index;
} Edge;

typedef struct Sweep {
  const NodalRing *ring;
  Edge *edges;    /* sorted by `low` */
  size_t *active; /* those that reach the sweep line */
  size_t active_count;
} Sweep;

static NodalPoint start_of(const NodalRing *ring, size_t edge) {
  return ring->points[edge];
}

static NodalPoint end_of(const NodalRing *ring, size_t edge) {
  return ring->points[edge + 1 < ring->count ? edge + 1 : 0];
}

/* Twice the area of a triangle, its sign the side of c. Exact for whole numbers up to 2^25. */
static double side(NodalPoint a, NodalPoint b, NodalPoint c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

static bool cross_inside(const NodalRing *ring, size_t first, size_t second, NodalPoint *place) {
  NodalPoint a = start_of(ring, first), b = end_of(ring, first), c = start_of(ring, second), d = end_of(ring, second);
  double side_c = side(a, b, c), side_d = side(a, b, d), side_a = side(c, d, a), side_b = side(c, d, b);
  if (!((side_c > 0 && side_d < 0) || (side_c < 0 && side_d > 0)) ||
      !((side_a > 0 && side_b < 0) || (side_a < 0 && side_b > 0))) {
    return false;
  }
  double t = side_c / (side_c - side_d);
  *place = (NodalPoint){c.x + t * (d.x - c.x), c.y + t * (d.y - c.y)};
  return true;
}

static int by_low(const void *a, const void *b) {
  const Edge *p = a, *q = b;
  if (p->low != q->low) {
    return p->low < q->low ? -1 : 1;
  }
  return p->index < q->index ? -1 : p->index > q->index;
}

/* Sweeps along the axis on which the edges are shorter all together. */
static void fill_edges(Sweep *sweep) {
  const NodalRing *ring = sweep->ring;
  double along_x = 0, along_y = 0, low_x = INFINITY, high_x = -INFINITY, low_y = INFINITY, high_y = -INFINITY;
  for (size_t i = 0; i < ring->count; i++) {
    NodalPoint a = start_of(ring, i), b = end_of(ring, i);
    along_x += fabs(a.x - b.x);
    along_y += fabs(a.y - b.y);
    low_x = fmin(low_x, a.x);
    high_x = fmax(high_x, a.x);
    low_y = fmin(low_y, a.y);
    high_y = fmax(high_y, a.y);
  }
  bool x_first = along_x * (high_y - low_y) <= along_y * (high_x - low_x);
  for (size_t i = 0; i < ring->count; i++) {
    NodalPoint a = start_of(ring, i), b = end_of(ring, i);
    Edge edge = {fmin(a.x, b.x), fmax(a.x, b.x), fmin(a.y, b.y), fmax(a.y, b.y), i};
    sweep->edges[i] = x_first ? edge : (Edge){edge.side_low, edge.side_high, edge.low, edge.high, i};
  }
  qsort(sweep->edges, ring->count, sizeof *sweep->edges, by_low);
}

/* Compares edge `at` with all that reach it, and drops those that the sweep has left behind. */
static bool advance(Sweep *sweep, size_t at, NodalCrossing *crossing) {
  const Edge *edge = &sweep->edges[at];
  size_t kept = 0;
  bool found = false;
  for (size_t i = 0; i < sweep->active_count; i++) {
    const Edge *other = &sweep->edges[sweep->active[i]];
    if (other->high < edge->low) {
      continue;
    }
    sweep->active[kept++] = sweep->active[i];
    if (!found && other->side_low <= edge->side_high && other->side_high >= edge->side_low &&
        cross_inside(sweep->ring, other->index, edge->index, &crossing->place)) {
      crossing->first = other->index < edge->index ? other->index : edge->index;
      crossing->second = other->index < edge->index ? edge->index : other->index;
      found = true;
    }
  }
  sweep->active[kept] = at;
  sweep->active_count = kept + 1;
  return found;
}

bool nodal_find_crossing(const NodalRing *ring, int64_t *work, bool *found, NodalCrossing *crossing,
                         NodalError **error) {
  *found = false;
  if (ring->count < 4) {
    return true; /* three edges only touch */
  }
  Sweep sweep = {.ring = ring};
  sweep.edges = nodal_alloc_array(ring->count, sizeof *sweep.edges, error);
  sweep.active = sweep.edges ? nodal_alloc_array(ring->count, sizeof *sweep.active, error) : NULL;
  bool good = sweep.active != NULL;
  if (good) {
    fill_edges(&sweep);
  }
  for (size_t i = 0; good && !*found && i < ring->count; i++) {
    *work -= (int64_t)sweep.active_count;
    good = *work > 0 || nodal_fail(error, NODAL_ERROR_MEMORY, "too intricate to be searched for crossings");
    *found = good && advance(&sweep, i, crossing);
  }
  free(sweep.edges);
  free(sweep.active);
  return good;
}
