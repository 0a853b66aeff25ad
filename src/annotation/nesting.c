/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/nesting.h"

#include "base/memory.h"

#include <math.h>

/* What is known of a ring while its place is sought. */
typedef struct Nest {
  NodalPoint low, high;
  double area;  /* twice that inside it */
  size_t depth; /* how many others it lies in */
  size_t outer; /* the smallest of those */
} Nest;

/* Where rings cross, one can be at an odd depth without a ring around it that is filled: it is an outer one, too. */
static bool is_hole(const Nest *nests, size_t index) {
  return nests[index].depth % 2 == 1 && nests[nests[index].outer].depth % 2 == 0;
}

bool nodal_ring_contains(const NodalRing *ring, NodalPoint at) {
  bool inside = false;
  const NodalPoint *p = ring->points;
  for (size_t i = 0, k = ring->count - 1; i < ring->count; k = i++) {
    if ((p[i].y > at.y) != (p[k].y > at.y) && at.x < (p[k].x - p[i].x) * (at.y - p[i].y) / (p[k].y - p[i].y) + p[i].x) {
      inside = !inside;
    }
  }
  return inside;
}

static bool is_between(double a, double value, double b) {
  return (a <= value && value <= b) || (b <= value && value <= a);
}

/* Whether a place lies on an edge of a ring: rings of one figure often share corners. */
static bool is_on_edge(const NodalRing *ring, NodalPoint at) {
  const NodalPoint *p = ring->points;
  for (size_t i = 0, k = ring->count - 1; i < ring->count; k = i++) {
    if (is_between(p[i].x, at.x, p[k].x) && is_between(p[i].y, at.y, p[k].y) &&
        (p[k].x - p[i].x) * (at.y - p[i].y) == (p[k].y - p[i].y) * (at.x - p[i].x)) {
      return true;
    }
  }
  return false;
}

static Nest measure(const NodalRing *ring) {
  Nest nest = {.low = {INFINITY, INFINITY}, .high = {-INFINITY, -INFINITY}};
  for (size_t i = 0, k = ring->count - 1; i < ring->count; k = i++) {
    NodalPoint p = ring->points[i], q = ring->points[k];
    nest.low = (NodalPoint){fmin(nest.low.x, p.x), fmin(nest.low.y, p.y)};
    nest.high = (NodalPoint){fmax(nest.high.x, p.x), fmax(nest.high.y, p.y)};
    nest.area +=
        (q.x - ring->points[0].x) * (p.y - ring->points[0].y) - (p.x - ring->points[0].x) * (q.y - ring->points[0].y);
  }
  nest.area = fabs(nest.area);
  return nest;
}

/* Vertex `index` of a ring, or, from its count on, the middle of an edge. */
static NodalPoint probe_of(const NodalRing *ring, size_t index) {
  if (index < ring->count) {
    return ring->points[index];
  }
  NodalPoint from = ring->points[index - ring->count], to = ring->points[(index + 1) % ring->count];
  return (NodalPoint){(from.x + to.x) / 2, (from.y + to.y) / 2};
}

/* Whether ring `inner` lies in ring `outer`: the first of its places that is not on the other's edge decides. */
static bool lies_in(const NodalRing *rings, const Nest *nests, size_t inner, size_t outer, int64_t *work) {
  const Nest *a = &nests[inner], *b = &nests[outer];
  *work -= 1;
  if (rings[inner].count == 0 || a->low.x < b->low.x || a->low.y < b->low.y || a->high.x > b->high.x ||
      a->high.y > b->high.y || !(a->area < b->area || (a->area == b->area && inner > outer))) {
    return false;
  }
  for (size_t i = 0; i<2 * rings[inner].count && * work> 0; i++) {
    NodalPoint probe = probe_of(&rings[inner], i);
    *work -= 2 * (int64_t)rings[outer].count;
    if (!is_on_edge(&rings[outer], probe)) {
      return nodal_ring_contains(&rings[outer], probe);
    }
  }
  return true;
}

static bool find_depths(const NodalRing *rings, size_t count, Nest *nests, int64_t *work, NodalError **error) {
  for (size_t i = 0; i < count; i++) {
    for (size_t k = 0; k < count; k++) {
      bool inside = k != i && lies_in(rings, nests, i, k, work);
      nests[i].depth += inside;
      if (inside && (nests[i].depth == 1 || nests[k].area <= nests[nests[i].outer].area)) {
        nests[i].outer = k;
      }
      if (*work <= 0) {
        return nodal_fail(error, NODAL_ERROR_MEMORY, "a polygon of %zu rings is too intricate", count);
      }
    }
  }
  return true;
}

bool nodal_nest_rings(NodalRing *rings, size_t count, int64_t *work, NodalError **error) {
  Nest *nests = nodal_alloc_array(count, sizeof *nests, error);
  NodalRing *ordered = nests ? nodal_alloc_array(count, sizeof *ordered, error) : NULL;
  bool good = ordered != NULL;
  for (size_t i = 0; good && i < count; i++) {
    nests[i] = measure(&rings[i]);
  }
  good = good && find_depths(rings, count, nests, work, error);
  size_t used = 0;
  for (size_t i = 0; good && i < count; i++) {
    if (is_hole(nests, i)) {
      continue;
    }
    ordered[used++] = (NodalRing){rings[i].points, rings[i].count, false};
    for (size_t k = 0; k < count; k++) {
      if (is_hole(nests, k) && nests[k].outer == i) {
        ordered[used++] = (NodalRing){rings[k].points, rings[k].count, true};
      }
    }
  }
  for (size_t i = 0; good && i < used; i++) {
    rings[i] = ordered[i];
  }
  free(ordered);
  free(nests);
  return good;
}
