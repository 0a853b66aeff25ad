/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_OUTLINE_H
#define NODAL_PHANTOM_OUTLINE_H

#include "base/error.h"
#include "phantom/number.h"
#include <stdint.h>

/*
 * A closed curve round a center, one radius a direction. Directions are counted by the "diamond angle", which runs from
 * 0 to 4 with the quadrants and needs a division where the angle would need an arc tangent.
 */
typedef struct PhantomOutline {
  double x, y;    /**< center, micrometres from the slide's corner */
  double reach;   /**< the largest radius, micrometres */
  double least;   /**< the smallest radius */
  float *radius;  /**< `directions` + 1 radii; the last repeats the first */
  float *lean;    /**< cosine between the radius and the normal of the curve: turns radial into true distance */
  int directions; /**< a multiple of 4 */
} PhantomOutline;

/** How the curve deviates from the ellipse: waves round it, and a notch. */
typedef struct PhantomShape {
  double half_width, half_height; /* of the ellipse */
  int first_wave, last_wave;      /* periods round the curve */
  double amplitude;               /* of all waves together, relative to the radius */
  double notch_depth;             /* relative; 0: none */
  double notch_turns;             /* its direction */
  double notch_width;             /* 1 - cosine of its half width */
} PhantomShape;

bool phantom_outline_init(PhantomOutline *outline, const PhantomShape *shape, int directions, PhantomRandom *random,
                          NodalError **error);
void phantom_outline_clear(PhantomOutline *outline);

/** The point of the curve in direction `index`, relative to the center. */
void phantom_outline_point(const PhantomOutline *outline, int index, double *x, double *y);

/** The longest distance between two points of the curve. */
double phantom_outline_diameter(const PhantomOutline *outline);

void phantom_outline_scale(PhantomOutline *outline, double factor);

/** Unit vector of diamond angle `diamond`, 0 to 4. */
void phantom_direction(double diamond, double *x, double *y);

/** 0 to 4 for a vector that is not (0, 0). */
static inline double phantom_diamond(double x, double y) {
  double sum = (x < 0 ? -x : x) + (y < 0 ? -y : y);
  if (y >= 0) {
    return x >= 0 ? y / sum : 1 - x / sum;
  }
  return x < 0 ? 2 - y / sum : 3 + x / sum;
}

/** Distance of a place from the curve in micrometres, positive inside; good near the curve, rough far from it. */
float phantom_outline_depth(const PhantomOutline *outline, double x_um, double y_um);

/** The direction table's place for (dx, dy): index and the part of the way to the next. */
static inline int phantom_outline_direction(const PhantomOutline *outline, double dx, double dy, float *part) {
  double place = (dx == 0 && dy == 0) ? 0 : phantom_diamond(dx, dy) * (outline->directions / 4);
  int index = (int)place;
  if (index >= outline->directions) {
    index = outline->directions - 1;
  }
  *part = (float)(place - index);
  return index;
}

#endif
