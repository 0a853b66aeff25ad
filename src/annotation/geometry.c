/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/set.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/* One piece of a curve: a cubic Bezier segment. */
typedef struct Cubic {
  NodalPoint p[4];
} Cubic;

static NodalPoint mix(double a, NodalPoint p, double b, NodalPoint q) {
  return (NodalPoint){a * p.x + b * q.x, a * p.y + b * q.y};
}

static double cross(NodalPoint a, NodalPoint b) {
  return a.x * b.y - a.y * b.x;
}

static double distance(NodalPoint a, NodalPoint b) {
  return hypot(a.x - b.x, a.y - b.y);
}

/* --- Splines --- */

/* The next point from `index` in steps of `step` that lies elsewhere; `index` itself if all are one. */
static size_t neighbour(const NodalRing *ring, size_t index, size_t step) {
  NodalPoint here = ring->points[index];
  size_t at = index;
  do {
    at = (at + step) % ring->count;
  } while (at != index && ring->points[at].x == here.x && ring->points[at].y == here.y);
  return at;
}

/* Tangent control point beside `p`, towards `next`: Yuksel et al. 2011, equation 4, with alpha = 1/2. */
static NodalPoint control(NodalPoint previous, NodalPoint p, NodalPoint next) {
  double a2 = distance(previous, p), b2 = distance(p, next); /* squares of the knot intervals */
  double a = sqrt(a2), b = sqrt(b2);
  if (a == 0 || b == 0) {
    return p;
  }
  double scale = 1 / (3 * a * (a + b));
  NodalPoint towards = mix(a2 * scale, next, -b2 * scale, previous);
  return mix(1, towards, (2 * a2 + 3 * a * b + b2) * scale, p);
}

/*
 * The piece of the closed centripetal Catmull-Rom curve from point `index` to the next one. False where both are the
 * same place.
 */
static bool spline_piece(const NodalRing *ring, size_t index, Cubic *piece) {
  NodalPoint from = ring->points[index], to = ring->points[(index + 1) % ring->count];
  if (from.x == to.x && from.y == to.y) {
    return false;
  }
  size_t end = (index + 1) % ring->count;
  NodalPoint before = ring->points[neighbour(ring, index, ring->count - 1)],
             after = ring->points[neighbour(ring, end, 1)];
  *piece = (Cubic){{from, control(before, from, to), control(after, to, from), to}};
  return true;
}

static NodalPoint cubic_at(const Cubic *c, double t) {
  double s = 1 - t;
  NodalPoint outer = mix(s * s * s, c->p[0], t * t * t, c->p[3]);
  NodalPoint inner = mix(3 * s * s * t, c->p[1], 3 * s * t * t, c->p[2]);
  return mix(1, outer, 1, inner);
}

/* Equal steps of the parameter that keep the chords within `tolerance`: |B''| / 8 / steps^2 bounds the distance. */
static size_t cubic_steps(const Cubic *c, double tolerance) {
  NodalPoint a = mix(1, mix(1, c->p[0], -2, c->p[1]), 1, c->p[2]);
  NodalPoint b = mix(1, mix(1, c->p[1], -2, c->p[2]), 1, c->p[3]);
  double bend = 6 * fmax(hypot(a.x, a.y), hypot(b.x, b.y));
  double steps = ceil(sqrt(bend / (8 * tolerance)));
  return steps >= 1 ? (size_t)fmin(steps, 65536) : 1;
}

/* Points of the outline of a spline; stored where `to` is not NULL. */
static size_t flatten_spline(const NodalRing *ring, double tolerance, NodalPoint *to) {
  size_t count = 0;
  for (size_t i = 0; i < ring->count; i++) {
    Cubic piece;
    if (ring->count < 3 || !spline_piece(ring, i, &piece)) {
      if (to) {
        to[count] = ring->points[i];
      }
      count++;
      continue;
    }
    size_t steps = cubic_steps(&piece, tolerance);
    for (size_t k = 0; to && k < steps; k++) {
      to[count + k] = k == 0 ? piece.p[0] : cubic_at(&piece, (double)k / (double)steps);
    }
    count += steps;
  }
  return count;
}

/* --- Ellipses --- */

typedef struct Ellipse {
  NodalPoint center;
  double a, b; /* half axes */
} Ellipse;

static bool ellipse_of(const NodalAnnotation *annotation, Ellipse *ellipse) {
  if (annotation->ring_count < 1 || annotation->rings[0].count < 2) {
    return false;
  }
  NodalPoint p = annotation->rings[0].points[0], q = annotation->rings[0].points[1];
  *ellipse = (Ellipse){mix(0.5, p, 0.5, q), fabs(p.x - q.x) / 2, fabs(p.y - q.y) / 2};
  return true;
}

/* A chord over an angle of 2 pi / n of a circle of radius r is r (1 - cos(pi / n)) away; an ellipse is nearer. */
static size_t flatten_ellipse(const Ellipse *ellipse, double tolerance, NodalPoint *to) {
  const double pi = acos(-1);
  double radius = fmax(ellipse->a, ellipse->b);
  double count = radius > tolerance ? ceil(pi / acos(1 - tolerance / radius)) : 8;
  size_t quarter = (size_t)ceil(fmin(fmax(count, 8), 1 << 20) / 4);
  for (size_t i = 0; to && i < 4 * quarter; i++) {
    double angle = pi / 2 * (double)i / (double)quarter;
    to[i] = (NodalPoint){ellipse->center.x + ellipse->a * cos(angle), ellipse->center.y + ellipse->b * sin(angle)};
  }
  return 4 * quarter;
}

/* --- The outline --- */

static size_t outline_points(const NodalAnnotation *annotation, double tolerance, size_t ring, NodalPoint *to) {
  const NodalRing *from = &annotation->rings[ring];
  Ellipse ellipse;
  if (annotation->shape == NODAL_SHAPE_SPLINE) {
    return flatten_spline(from, tolerance, to);
  }
  if (annotation->shape == NODAL_SHAPE_ELLIPSE) {
    return ring == 0 && ellipse_of(annotation, &ellipse) ? flatten_ellipse(&ellipse, tolerance, to) : 0;
  }
  if (to && from->count > 0) {
    memcpy(to, from->points, from->count * sizeof *to);
  }
  return from->count;
}

bool nodal_annotation_outline(const NodalAnnotation *annotation, double tolerance_px, NodalRing **rings, size_t *count,
                              NodalError **error) {
  if (!(tolerance_px > 0 && isfinite(tolerance_px))) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "a tolerance of %g pixels makes no sense", tolerance_px);
  }
  size_t ring_count = nodal_shape_has_area(annotation->shape) ? annotation->ring_count : 0, points = 0, size, more;
  for (size_t i = 0; i < ring_count; i++) {
    if (!nodal_add_size(points, outline_points(annotation, tolerance_px, i, NULL), &points)) {
      return nodal_fail_memory(error);
    }
  }
  if (!nodal_mul_size(points, sizeof(NodalPoint), &size) || !nodal_mul_size(ring_count, sizeof(NodalRing), &more) ||
      !nodal_add_size(size, more, &size)) {
    return nodal_fail_memory(error);
  }
  NodalRing *made = nodal_alloc(size, error);
  if (!made) {
    return false;
  }
  NodalPoint *to = (NodalPoint *)(made + ring_count);
  for (size_t i = 0; i < ring_count; i++) {
    size_t length = outline_points(annotation, tolerance_px, i, to);
    made[i] = (NodalRing){to, length, annotation->rings[i].hole};
    to += length;
  }
  *rings = made;
  *count = ring_count;
  return true;
}

/* --- Measures --- */

static double ring_area(const NodalRing *ring) {
  double twice = 0;
  for (size_t i = 2; i < ring->count; i++) {
    /* From the first point: the difference of large products would lose what small areas are made of. */
    twice += cross(mix(1, ring->points[i - 1], -1, ring->points[0]), mix(1, ring->points[i], -1, ring->points[0]));
  }
  return fabs(twice) / 2;
}

/* Green's theorem over each Bezier segment, exact. */
static double spline_area(const NodalRing *ring) {
  double sum = 0;
  for (size_t i = 0; ring->count >= 3 && i < ring->count; i++) {
    Cubic c;
    if (spline_piece(ring, i, &c)) {
      NodalPoint p[4];
      for (int k = 0; k < 4; k++) {
        p[k] = mix(1, c.p[k], -1, ring->points[0]);
      }
      sum += 6 * cross(p[0], p[1]) + 3 * cross(p[0], p[2]) + cross(p[0], p[3]) + 3 * cross(p[1], p[2]) +
             3 * cross(p[1], p[3]) + 6 * cross(p[2], p[3]);
    }
  }
  return fabs(sum) / 20;
}

double nodal_annotation_area(const NodalAnnotation *annotation) {
  Ellipse ellipse;
  if (annotation->shape == NODAL_SHAPE_ELLIPSE) {
    return ellipse_of(annotation, &ellipse) ? acos(-1) * ellipse.a * ellipse.b : 0;
  }
  double area = 0;
  for (size_t i = 0; nodal_shape_has_area(annotation->shape) && i < annotation->ring_count; i++) {
    const NodalRing *ring = &annotation->rings[i];
    double part = annotation->shape == NODAL_SHAPE_SPLINE ? spline_area(ring) : ring_area(ring);
    area += ring->hole ? -part : part;
  }
  return fmax(area, 0);
}

static double run_length(const NodalRing *ring, bool closed) {
  double length = 0;
  for (size_t i = 1; i < ring->count; i++) {
    length += distance(ring->points[i - 1], ring->points[i]);
  }
  return closed && ring->count > 1 ? length + distance(ring->points[ring->count - 1], ring->points[0]) : length;
}

/* The perimeter by the arithmetic-geometric mean (Gauss), which converges within a few steps. */
static double ellipse_length(const Ellipse *ellipse) {
  double a = fmax(ellipse->a, ellipse->b), b = fmin(ellipse->a, ellipse->b);
  if (b == 0) {
    return 4 * a;
  }
  double sum = a * a, weight = 0.5;
  sum -= weight * (a * a - b * b);
  for (int i = 0; i < 60 && a - b > a * 1e-16; i++) {
    double mean = (a + b) / 2, half = (a - b) / 2;
    b = sqrt(a * b);
    a = mean;
    weight *= 2;
    sum -= weight * half * half;
  }
  return 2 * acos(-1) * sum / a;
}

/* Gauss-Legendre quadrature of the speed, five points on each quarter of a piece. */
static double cubic_length(const Cubic *c) {
  static const double nodes[] = {0, 0.5384693101056831, 0.906179845938664};
  static const double weights[] = {0.5688888888888889, 0.4786286704993665, 0.2369268850561891};
  NodalPoint d[3];
  for (int k = 0; k < 3; k++) {
    d[k] = mix(3, c->p[k + 1], -3, c->p[k]);
  }
  double length = 0;
  for (int part = 0; part < 4; part++) {
    for (int k = -2; k <= 2; k++) {
      int node = k < 0 ? -k : k;
      double t = (part + 0.5 + (k < 0 ? -0.5 : 0.5) * nodes[node]) / 4, s = 1 - t;
      NodalPoint speed = mix(1, mix(s * s, d[0], 2 * s * t, d[1]), t * t, d[2]);
      length += weights[node] * hypot(speed.x, speed.y) / 8;
    }
  }
  return length;
}

static double spline_length(const NodalRing *ring) {
  double length = 0;
  for (size_t i = 0; i < ring->count; i++) {
    Cubic piece;
    length += spline_piece(ring, i, &piece) ? cubic_length(&piece) : 0;
  }
  return length;
}

double nodal_annotation_length(const NodalAnnotation *annotation) {
  Ellipse ellipse;
  if (annotation->shape == NODAL_SHAPE_ELLIPSE) {
    return ellipse_of(annotation, &ellipse) ? ellipse_length(&ellipse) : 0;
  }
  if (annotation->shape != NODAL_SHAPE_POLYLINE && !nodal_shape_has_area(annotation->shape)) {
    return 0;
  }
  double length = 0;
  for (size_t i = 0; i < annotation->ring_count; i++) {
    const NodalRing *ring = &annotation->rings[i];
    length += annotation->shape == NODAL_SHAPE_SPLINE && ring->count >= 3
                  ? spline_length(ring)
                  : run_length(ring, nodal_shape_has_area(annotation->shape));
  }
  return length;
}

bool nodal_annotation_bounds(const NodalAnnotation *annotation, NodalPoint *minimum, NodalPoint *maximum) {
  bool any = false;
  for (size_t i = 0; i < annotation->ring_count; i++) {
    for (size_t k = 0; k < annotation->rings[i].count; k++) {
      NodalPoint point = annotation->rings[i].points[k];
      *minimum = any ? (NodalPoint){fmin(minimum->x, point.x), fmin(minimum->y, point.y)} : point;
      *maximum = any ? (NodalPoint){fmax(maximum->x, point.x), fmax(maximum->y, point.y)} : point;
      any = true;
    }
  }
  return any;
}
