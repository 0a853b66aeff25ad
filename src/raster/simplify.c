/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/contours.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { FEWEST_POINTS = 3 };

typedef struct Scale {
  double x, y;
} Scale;

static double length_between(NodalPoint a, NodalPoint b, Scale scale) {
  return hypot((a.x - b.x) * scale.x, (a.y - b.y) * scale.y);
}

/* From a point to the nearest place between `a` and `b`. */
static double distance_to(NodalPoint point, NodalPoint a, NodalPoint b, Scale scale) {
  double dx = (b.x - a.x) * scale.x, dy = (b.y - a.y) * scale.y;
  double px = (point.x - a.x) * scale.x, py = (point.y - a.y) * scale.y;
  double square = dx * dx + dy * dy;
  double along = square > 0 ? fmax(0, fmin(1, (px * dx + py * dy) / square)) : 0;
  return hypot(px - along * dx, py - along * dy);
}

/* A stretch of a ring whose ends are kept; past the number of points it begins again. */
typedef struct Stretch {
  size_t first, last;
} Stretch;

static size_t farthest_from(const NodalRing *ring, size_t from, Scale scale) {
  size_t best = from;
  double longest = -1;
  for (size_t i = 0; i < ring->count; i++) {
    double length = length_between(ring->points[from], ring->points[i], scale);
    if (length > longest) {
      longest = length;
      best = i;
    }
  }
  return best;
}

/* The point of a stretch that is farthest off the line between its ends; `first` where there is none in between. */
static size_t farthest_off(const NodalRing *ring, Stretch stretch, Scale scale, double *distance) {
  size_t best = stretch.first;
  NodalPoint a = ring->points[stretch.first % ring->count], b = ring->points[stretch.last % ring->count];
  *distance = -1;
  for (size_t i = stretch.first + 1; i < stretch.last; i++) {
    double off = distance_to(ring->points[i % ring->count], a, b, scale);
    if (off > *distance) {
      *distance = off;
      best = i;
    }
  }
  return best;
}

/* Marks the points to keep. `stack` has room for as many stretches as the ring has points. */
static void mark_ring(const NodalRing *ring, double tolerance, Scale scale, bool *keep, Stretch *stack) {
  size_t start = farthest_from(ring, 0, scale), end = farthest_from(ring, start, scale), depth = 0;
  if (start > end) {
    size_t swap = start;
    start = end;
    end = swap;
  }
  memset(keep, 0, ring->count * sizeof *keep);
  keep[start] = keep[end] = true;
  /* The ring is a stretch between two anchors and another one that goes on past its last point. */
  stack[depth++] = (Stretch){start, end};
  stack[depth++] = (Stretch){end, ring->count + start};
  while (depth > 0) {
    Stretch stretch = stack[--depth];
    double distance;
    size_t middle = farthest_off(ring, stretch, scale, &distance);
    if (distance > tolerance) {
      keep[middle % ring->count] = true;
      stack[depth++] = (Stretch){stretch.first, middle};
      stack[depth++] = (Stretch){middle, stretch.last};
    }
  }
}

/* --- rings that cross --- */

/* An edge between two points that are kept, next to each other. */
typedef struct Edge {
  NodalPoint a, b;
  uint32_t ring;
  bool crosses;
  Stretch stretch;
} Edge;

static double top_of(const Edge *edge) {
  return fmin(edge->a.y, edge->b.y);
}

static int compare_edges(const void *a, const void *b) {
  const Edge *left = a, *right = b;
  double difference = top_of(left) - top_of(right);
  if (difference != 0) {
    return difference < 0 ? -1 : 1;
  }
  if (left->ring != right->ring) {
    return left->ring < right->ring ? -1 : 1;
  }
  return left->stretch.first < right->stretch.first ? -1 : 1;
}

static int side_of(NodalPoint a, NodalPoint b, NodalPoint point) {
  double area = (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x);
  return (area > 0) - (area < 0);
}

/* Whether a point of the edge's line lies on the edge, but on neither end. */
static bool is_within(const Edge *edge, NodalPoint point) {
  bool is_end = (point.x == edge->a.x && point.y == edge->a.y) || (point.x == edge->b.x && point.y == edge->b.y);
  return !is_end && point.x >= fmin(edge->a.x, edge->b.x) && point.x <= fmax(edge->a.x, edge->b.x) &&
         point.y >= fmin(edge->a.y, edge->b.y) && point.y <= fmax(edge->a.y, edge->b.y);
}

/* Corners may touch, as those of pixels do that meet diagonally; nothing else may. */
static bool cross(const Edge *e, const Edge *f) {
  int a = side_of(e->a, e->b, f->a), b = side_of(e->a, e->b, f->b);
  int c = side_of(f->a, f->b, e->a), d = side_of(f->a, f->b, e->b);
  if (a * b < 0 && c * d < 0) {
    return true;
  }
  return (a == 0 && is_within(e, f->a)) || (b == 0 && is_within(e, f->b)) || (c == 0 && is_within(f, e->a)) ||
         (d == 0 && is_within(f, e->b));
}

/* Marks the edges that cross others. */
static void find_crossings(Edge *edges, size_t count) {
  qsort(edges, count, sizeof *edges, compare_edges);
  for (size_t i = 0; i < count; i++) {
    double bottom = fmax(edges[i].a.y, edges[i].b.y);
    double left = fmin(edges[i].a.x, edges[i].b.x), right = fmax(edges[i].a.x, edges[i].b.x);
    for (size_t k = i + 1; k < count && top_of(&edges[k]) <= bottom; k++) {
      if (fmin(edges[k].a.x, edges[k].b.x) <= right && fmax(edges[k].a.x, edges[k].b.x) >= left &&
          cross(&edges[i], &edges[k])) {
        edges[i].crosses = edges[k].crosses = true;
      }
    }
  }
}

/* Lists the edges between the points of a ring that are kept; returns how many. Those of too few points are marked. */
static size_t list_edges(const NodalRing *ring, uint32_t index, const bool *keep, Edge *edges) {
  size_t count = 0, first = 0, last = 0;
  for (size_t i = 0; i <= ring->count; i++) {
    bool closing = i == ring->count;
    if (!closing && !keep[i]) {
      continue;
    }
    if (count == 0) {
      first = i;
    } else {
      size_t to = closing ? first : i;
      Stretch stretch = {last, closing ? ring->count + first : i};
      edges[count - 1] = (Edge){.a = ring->points[last], .b = ring->points[to], .ring = index, .stretch = stretch};
    }
    count++;
    last = i;
  }
  count--;
  for (size_t i = 0; count < FEWEST_POINTS && i < count; i++) {
    edges[i].crosses = true;
  }
  return count;
}

/* --- a region --- */

/* Memory for all rings of a region, one after the other. */
typedef struct Work {
  bool *keep;
  size_t *starts; /* of each ring in `keep` */
  Edge *edges;
  Stretch *stack;
} Work;

/* Keeps one more point of each edge that crosses another. False where there was nothing to mend. */
static bool mend(const NodalContour *contour, Scale scale, Work *work) {
  size_t edges = 0;
  for (size_t i = 0; i < contour->count; i++) {
    edges += list_edges(&contour->rings[i], (uint32_t)i, work->keep + work->starts[i], work->edges + edges);
  }
  find_crossings(work->edges, edges);
  bool mended = false;
  for (size_t i = 0; i < edges; i++) {
    const Edge *edge = &work->edges[i];
    const NodalRing *ring = &contour->rings[edge->ring];
    double distance;
    size_t middle = edge->crosses ? farthest_off(ring, edge->stretch, scale, &distance) : edge->stretch.first;
    if (middle != edge->stretch.first) {
      work->keep[work->starts[edge->ring] + middle % ring->count] = true;
      mended = true;
    }
  }
  return mended;
}

static void drop_points(NodalContour *contour, const Work *work) {
  for (size_t i = 0; i < contour->count; i++) {
    const bool *keep = work->keep + work->starts[i];
    size_t kept = 0;
    for (size_t k = 0; k < contour->rings[i].count; k++) {
      if (keep[k]) {
        contour->points[i][kept++] = contour->points[i][k];
      }
    }
    contour->rings[i].count = kept;
  }
}

static bool make_work(const NodalContour *contour, Work *work, NodalError **error) {
  work->starts = nodal_alloc_array(contour->count + 1, sizeof *work->starts, error);
  if (!work->starts) {
    return false;
  }
  size_t total = 0;
  for (size_t i = 0; i < contour->count; i++) {
    work->starts[i] = total;
    total += contour->rings[i].count;
  }
  work->keep = nodal_alloc_array(total + 1, sizeof *work->keep, error);
  work->edges = work->keep ? nodal_alloc_array(total + 1, sizeof *work->edges, error) : NULL;
  work->stack = work->edges ? nodal_alloc_array(total + 2, sizeof *work->stack, error) : NULL;
  return work->stack != NULL;
}

bool nodal_contour_simplify(NodalContour *contour, double tolerance, double scale_x, double scale_y,
                            NodalError **error) {
  Scale scale = {scale_x, scale_y};
  Work work = {0};
  bool made = make_work(contour, &work, error);
  if (made) {
    for (size_t i = 0; i < contour->count; i++) {
      mark_ring(&contour->rings[i], tolerance, scale, work.keep + work.starts[i], work.stack);
    }
    while (mend(contour, scale, &work)) {
    }
    drop_points(contour, &work);
  }
  free(work.starts);
  free(work.keep);
  free(work.edges);
  free(work.stack);
  return made;
}
