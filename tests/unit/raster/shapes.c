/* SPDX-License-Identifier: Apache-2.0 */
#include "shapes.h"

#include "../pyramid/support.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

uint64_t random_next(Random *random) {
  uint64_t value = random->state += 0x9e3779b97f4a7c15u;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
  value = (value ^ value >> 27) * 0x94d049bb133111ebu;
  return value ^ value >> 31;
}

int64_t random_below(Random *random, int64_t bound) {
  return (int64_t)(random_next(random) % (uint64_t)bound);
}

/* A multiple of 2^-bits within [low, high). */
static double draw(Random *random, int bits, double low, double high) {
  return ldexp((double)random_below(random, (int64_t)ldexp(high - low, bits)) + floor(ldexp(low, bits)), -bits);
}

static double round_to(double value, int bits) {
  return ldexp(floor(ldexp(value, bits)), -bits);
}

static size_t make_star(Random *random, int bits, double width, double height, NodalPoint *points) {
  size_t count = 3 + (size_t)random_below(random, MAX_POINTS - 3);
  double x = draw(random, bits, 0, width), y = draw(random, bits, 0, height);
  for (size_t i = 0; i < count; i++) {
    double angle = 2 * 3.14159265358979 * (double)i / (double)count, radius = draw(random, bits, 1, width / 2 + 2);
    points[i] = (NodalPoint){round_to(x + radius * cos(angle), bits), round_to(y + radius * sin(angle), bits)};
  }
  return count;
}

size_t shape_make(Random *random, Kind kind, int bits, double width, double height, NodalPoint *points) {
  size_t count = 3 + (size_t)random_below(random, 12);
  switch (kind) {
  case KIND_STAR:
    return make_star(random, bits, width, height, points);
  case KIND_SLIVER: {
    NodalPoint a = {draw(random, bits, -2, width + 2), draw(random, bits, -2, height + 2)};
    NodalPoint b = {draw(random, bits, -2, width + 2), draw(random, bits, -2, height + 2)};
    double thin = ldexp(1 + (double)random_below(random, 3), -bits);
    points[0] = a;
    points[1] = b;
    points[2] = (NodalPoint){b.x + thin, b.y};
    points[3] = (NodalPoint){a.x, a.y + thin};
    return 4;
  }
  case KIND_REPEATS:
    for (size_t i = 0; i < count; i++) {
      NodalPoint point = {draw(random, bits, -2, width + 2), draw(random, bits, -2, height + 2)};
      points[4 * i] = points[4 * i + 1] = points[4 * i + 3] = point;
      points[4 * i + 2] = i > 0 ? points[4 * i - 1] : point; /* and back to the one before */
    }
    return 4 * count;
  default:
    break;
  }
  double margin = kind == KIND_HUGE ? 2147480000.0 : 3;
  for (size_t i = 0; i < count; i++) {
    points[i] = (NodalPoint){draw(random, kind == KIND_LATTICE ? 1 : bits, -margin, width + margin),
                             draw(random, kind == KIND_LATTICE ? 1 : bits, -margin, height + margin)};
  }
  return count;
}

NodalAnnotationSet *set_new(void) {
  NodalError *error = NULL;
  NodalAnnotationSet *set = nodal_annotation_set_new(&error);
  check_ok(set != NULL, &error);
  NodalAnnotationGroup group = {"g", -1, NODAL_RGB_UNSET};
  check_ok(nodal_annotation_set_add_group(set, &group, &error), &error);
  return set;
}

void set_add(NodalAnnotationSet *set, NodalShape shape, int group, const NodalRing *rings, size_t count) {
  NodalError *error = NULL;
  NodalAnnotation annotation = {"a", shape, group, NODAL_RGB_UNSET, rings, count};
  check_ok(nodal_annotation_set_add(set, &annotation, &error), &error);
}

void set_add_ring(NodalAnnotationSet *set, NodalShape shape, int group, const NodalPoint *points, size_t count) {
  NodalRing ring = {points, count, false};
  set_add(set, shape, group, &ring, 1);
}

NodalMask *mask_new(const NodalAnnotationSet *set, const NodalMaskOptions *options) {
  NodalError *error = NULL;
  NodalMask *mask = nodal_mask_new(set, options, &error);
  check_ok(mask != NULL, &error);
  return mask;
}

uint8_t *draw_all(const NodalMask *mask) {
  NodalError *error = NULL;
  int64_t width, height;
  nodal_mask_size(mask, &width, &height);
  uint8_t *pixels = malloc((size_t)(width * height));
  assert_non_null(pixels);
  check_ok(nodal_mask_draw(mask, (NodalRect){0, 0, width, height}, pixels, (size_t)width, &error), &error);
  return pixels;
}
