/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/outline.h"

#include "base/memory.h"
#include <math.h>

enum { MAX_WAVES = 16 };

void phantom_direction(double diamond, double *x, double *y) {
  int quadrant = (int)diamond;
  double part = diamond - quadrant;
  double along = 1 - part, length = sqrt(along * along + part * part);
  double u = along / length, v = part / length;
  switch (quadrant & 3) {
  case 0:
    *x = u, *y = v;
    break;
  case 1:
    *x = -v, *y = u;
    break;
  case 2:
    *x = -u, *y = -v;
    break;
  default:
    *x = v, *y = -u;
    break;
  }
}

typedef struct Wave {
  int periods;
  double cosine, sine;
} Wave;

static int choose_waves(const PhantomShape *shape, PhantomRandom *random, Wave waves[MAX_WAVES]) {
  int count = 0;
  double norm = 0;
  for (int periods = shape->first_wave; periods <= shape->last_wave && count < MAX_WAVES; periods++) {
    double strength = phantom_uniform(random, 0.4, 1) / periods, phase = phantom_uniform(random, 0, 1);
    waves[count].periods = periods;
    waves[count].cosine = strength * phantom_cos(phase);
    waves[count].sine = strength * phantom_sin(phase);
    norm += strength;
    count++;
  }
  for (int i = 0; i < count; i++) {
    waves[i].cosine *= shape->amplitude / norm;
    waves[i].sine *= shape->amplitude / norm;
  }
  return count;
}

/* cos and sin of k times the angle of the unit vector (u, v) by repeated rotation: no angle is needed. */
static double sum_of_waves(const Wave *waves, int count, double u, double v) {
  double sum = 0, cosine = 1, sine = 0;
  int periods = 0;
  for (int i = 0; i < count; i++) {
    while (periods < waves[i].periods) {
      double next = cosine * u - sine * v;
      sine = cosine * v + sine * u;
      cosine = next;
      periods++;
    }
    sum += waves[i].cosine * cosine + waves[i].sine * sine;
  }
  return sum;
}

static double shape_radius(const PhantomShape *shape, const Wave *waves, int count, double u, double v) {
  double p = u / shape->half_width, q = v / shape->half_height;
  double radius = (1 + sum_of_waves(waves, count, u, v)) / sqrt(p * p + q * q);
  if (shape->notch_depth > 0) {
    double away = 1 - (u * phantom_cos(shape->notch_turns) + v * phantom_sin(shape->notch_turns));
    double part = 1 - away / shape->notch_width;
    if (part > 0) {
      radius *= 1 - shape->notch_depth * part * part * (3 - 2 * part);
    }
  }
  return radius;
}

static void measure(PhantomOutline *outline) {
  outline->reach = outline->least = outline->radius[0];
  for (int i = 0; i < outline->directions; i++) {
    double x0, y0, x1, y1;
    phantom_direction(4.0 * i / outline->directions, &x0, &y0);
    phantom_direction(4.0 * (i + 1) / outline->directions, &x1, &y1);
    double step = sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0));
    double r0 = outline->radius[i], r1 = outline->radius[i + 1];
    double slope = (r1 - r0) / (step * 0.5 * (r0 + r1));
    outline->lean[i] = (float)(1 / sqrt(1 + slope * slope));
    outline->reach = r0 > outline->reach ? r0 : outline->reach;
    outline->least = r0 < outline->least ? r0 : outline->least;
  }
  outline->lean[outline->directions] = outline->lean[0];
}

bool phantom_outline_init(PhantomOutline *outline, const PhantomShape *shape, int directions, PhantomRandom *random,
                          NodalError **error) {
  Wave waves[MAX_WAVES];
  int count = choose_waves(shape, random, waves);
  *outline = (PhantomOutline){.directions = directions};
  outline->radius = nodal_alloc_array((size_t)(directions + 1) * 2, sizeof *outline->radius, error);
  if (!outline->radius) {
    return false;
  }
  outline->lean = outline->radius + directions + 1;
  for (int i = 0; i < directions; i++) {
    double u, v;
    phantom_direction(4.0 * i / directions, &u, &v);
    outline->radius[i] = (float)shape_radius(shape, waves, count, u, v);
  }
  outline->radius[directions] = outline->radius[0];
  measure(outline);
  return true;
}

void phantom_outline_clear(PhantomOutline *outline) {
  free(outline->radius);
  *outline = (PhantomOutline){0};
}

void phantom_outline_point(const PhantomOutline *outline, int index, double *x, double *y) {
  phantom_direction(4.0 * index / outline->directions, x, y);
  *x *= outline->radius[index];
  *y *= outline->radius[index];
}

double phantom_outline_diameter(const PhantomOutline *outline) {
  double longest = 0;
  for (int i = 0; i < outline->directions; i++) {
    double x0, y0;
    phantom_outline_point(outline, i, &x0, &y0);
    for (int j = i + 1; j < outline->directions; j++) {
      double x1, y1;
      phantom_outline_point(outline, j, &x1, &y1);
      double square = (x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0);
      longest = square > longest ? square : longest;
    }
  }
  return sqrt(longest);
}

void phantom_outline_scale(PhantomOutline *outline, double factor) {
  for (int i = 0; i <= outline->directions; i++) {
    outline->radius[i] = (float)(outline->radius[i] * factor);
  }
  outline->reach *= factor;
  outline->least *= factor;
}

float phantom_outline_depth(const PhantomOutline *outline, double x_um, double y_um) {
  double dx = x_um - outline->x, dy = y_um - outline->y;
  float part;
  int index = phantom_outline_direction(outline, dx, dy, &part);
  const float *radius = outline->radius + index, *lean = outline->lean + index;
  double distance = sqrt(dx * dx + dy * dy);
  double edge = radius[0] + part * (radius[1] - radius[0]);
  return (float)(edge - distance) * (lean[0] + part * (lean[1] - lean[0]));
}
