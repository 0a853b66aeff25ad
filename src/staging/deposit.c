/* SPDX-License-Identifier: Apache-2.0 */
#include "staging/deposit.h"

#include "base/memory.h"

#include <math.h>

static StagingBox box_of_edge(const void *user, size_t item) {
  const DepositEdge *edge = (const DepositEdge *)user + item;
  return staging_box_of_points(edge->from.x, edge->from.y, edge->to.x, edge->to.y);
}

bool deposit_init(Deposit *deposit, int annotation, const NodalRing *rings, size_t ring_count, NodalError **error) {
  *deposit = (Deposit){.annotation = annotation};
  size_t points = 0;
  for (size_t i = 0; i < ring_count; i++) {
    points += rings[i].count;
  }
  deposit->edges = nodal_alloc_array(points, sizeof *deposit->edges, error);
  if (!deposit->edges) {
    return false;
  }
  for (size_t i = 0; i < ring_count; i++) {
    const NodalRing *ring = &rings[i];
    for (size_t j = 0; j < ring->count; j++) {
      NodalPoint from = ring->points[j], to = ring->points[j + 1 < ring->count ? j + 1 : 0];
      deposit->edges[deposit->edge_count++] = (DepositEdge){from, to, deposit->ring_count};
    }
    deposit->ring_count++;
    deposit->outer_count = i == 0 ? deposit->edge_count : deposit->outer_count;
  }
  deposit->box = box_of_edge(deposit->edges, 0);
  for (size_t i = 1; i < deposit->outer_count; i++) {
    deposit->box = staging_box_join(deposit->box, box_of_edge(deposit->edges, i));
  }
  if (!staging_boxes_init(&deposit->tree, deposit->edge_count, box_of_edge, deposit->edges, error)) {
    deposit_clear(deposit);
    return false;
  }
  return true;
}

void deposit_clear(Deposit *deposit) {
  free(deposit->edges);
  staging_boxes_clear(&deposit->tree);
  *deposit = (Deposit){0};
}

/* ---- inside ---- */

typedef struct Winding {
  const Deposit *deposit;
  NodalPoint place;
  uint32_t ring;
  int turns;  /* of the ring about the place, as far as it was followed */
  bool outer; /* inside the outer ring */
  bool hole;  /* inside a hole */
} Winding;

static void end_ring(Winding *winding, uint32_t next) {
  if (winding->turns != 0) {
    *(winding->ring == 0 ? &winding->outer : &winding->hole) = true;
  }
  winding->ring = next;
  winding->turns = 0;
}

/* Counts the edges that a ray to the right crosses, up or down. */
static bool wind(void *user, size_t first, size_t end) {
  Winding *winding = user;
  for (size_t i = first; i < end; i++) {
    const DepositEdge *edge = &winding->deposit->edges[i];
    if (edge->ring != winding->ring) {
      end_ring(winding, edge->ring);
    }
    bool above = edge->from.y > winding->place.y, up = edge->to.y > winding->place.y;
    if (above == up) {
      continue;
    }
    double part = (winding->place.y - edge->from.y) / (edge->to.y - edge->from.y);
    if (edge->from.x + part * (edge->to.x - edge->from.x) > winding->place.x) {
      winding->turns += up ? 1 : -1;
    }
  }
  return true;
}

bool deposit_contains(const Deposit *deposit, NodalPoint place) {
  StagingBox here = {place.x, place.y, place.x, place.y};
  if (!staging_box_meets(&deposit->box, &here)) {
    return false;
  }
  Winding winding = {.deposit = deposit, .place = place};
  here.x1 = INFINITY;
  staging_boxes_search(&deposit->tree, &here, wind, &winding);
  end_ring(&winding, 0);
  return winding.outer && !winding.hole;
}

/* ---- distance ---- */

static double cross(NodalPoint a, NodalPoint b, NodalPoint c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/* Whether two edges cross properly. Where rounding hides it, an end lies so near the other edge that they touch. */
static bool edges_cross(const DepositEdge *a, const DepositEdge *b) {
  double from = cross(a->from, a->to, b->from), to = cross(a->from, a->to, b->to);
  if (!((from < 0 && to > 0) || (from > 0 && to < 0))) {
    return false;
  }
  from = cross(b->from, b->to, a->from), to = cross(b->from, b->to, a->to);
  return (from < 0 && to > 0) || (from > 0 && to < 0);
}

/* Square of the distance of a point from an edge, square micrometres. */
static double point_to_edge(NodalPoint point, const DepositEdge *edge, StagingSpacing spacing) {
  double ex = (edge->to.x - edge->from.x) * spacing.x_um, ey = (edge->to.y - edge->from.y) * spacing.y_um;
  double px = (point.x - edge->from.x) * spacing.x_um, py = (point.y - edge->from.y) * spacing.y_um;
  double length = ex * ex + ey * ey;
  double part = length > 0 ? fmin(fmax((px * ex + py * ey) / length, 0), 1) : 0;
  double dx = px - part * ex, dy = py - part * ey;
  return dx * dx + dy * dy;
}

static double edge_to_edge(const DepositEdge *a, const DepositEdge *b, StagingSpacing spacing) {
  if (edges_cross(a, b)) {
    return 0;
  }
  return fmin(fmin(point_to_edge(a->from, b, spacing), point_to_edge(a->to, b, spacing)),
              fmin(point_to_edge(b->from, a, spacing), point_to_edge(b->to, a, spacing)));
}

typedef struct Nearness {
  const Deposit *deposit;
  const DepositEdge *edge;
  StagingSpacing spacing;
  double gap_nm;
} Nearness;

/* Ends the search where an edge of the run is near enough. */
static bool is_far(void *user, size_t first, size_t end) {
  const Nearness *nearness = user;
  for (size_t i = first; i < end; i++) {
    double square = edge_to_edge(nearness->edge, &nearness->deposit->edges[i], nearness->spacing);
    double distance_nm = round(sqrt(square) * 1000);
    if (distance_nm == 0 || distance_nm < nearness->gap_nm) {
      return false;
    }
  }
  return true;
}

bool deposits_join(const Deposit *a, const Deposit *b, StagingSpacing spacing, double gap_um) {
  /* A nanometre more, so that rounding of the boxes hides nothing. */
  double reach = fmax(gap_um, 0) + 0.001, reach_x = reach / spacing.x_um, reach_y = reach / spacing.y_um;
  StagingBox near_b = {b->box.x0 - reach_x, b->box.y0 - reach_y, b->box.x1 + reach_x, b->box.y1 + reach_y};
  if (!staging_box_meets(&a->box, &near_b)) {
    return false;
  }
  if (a->edge_count > b->edge_count) {
    const Deposit *other = a;
    a = b;
    b = other;
  }
  Nearness nearness = {.deposit = b, .spacing = spacing, .gap_nm = round(gap_um * 1000)};
  for (size_t i = 0; i < a->edge_count; i++) {
    nearness.edge = &a->edges[i];
    StagingBox box = box_of_edge(a->edges, i);
    box = (StagingBox){box.x0 - reach_x, box.y0 - reach_y, box.x1 + reach_x, box.y1 + reach_y};
    if (!staging_boxes_search(&b->tree, &box, is_far, &nearness)) {
      return true;
    }
  }
  /* Their outlines are apart: one lies inside the other, or they are apart too. */
  return deposit_contains(a, b->edges[0].from) || deposit_contains(b, a->edges[0].from);
}
