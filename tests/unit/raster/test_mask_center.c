/* SPDX-License-Identifier: Apache-2.0 */
#include "../pyramid/support.h"
#include "shapes.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * The definition, in whole numbers: twice the place of a sample, and of a vertex, in units of 2^-16 pixels; the cross
 * product has 128 bits, and every edge is asked about every pixel.
 */
typedef struct Exact {
  int64_t x, y;
} Exact;

static Exact exact(NodalPoint point) {
  return (Exact){(int64_t)(point.x * 131072), (int64_t)(point.y * 131072)};
}

static bool is_inside(const NodalPoint *points, size_t count, Exact p) {
  int winding = 0;
  for (size_t i = 0; i < count; i++) {
    Exact a = exact(points[i]), b = exact(points[(i + 1) % count]);
    bool down = a.y < b.y;
    Exact top = down ? a : b, bottom = down ? b : a;
    if (!(top.y <= p.y && p.y < bottom.y)) {
      continue;
    }
    /* The edge is at p or left of it. */
    __int128 edge = (__int128)(bottom.x - top.x) * (p.y - top.y), point = (__int128)(p.x - top.x) * (bottom.y - top.y);
    winding += edge <= point ? (down ? 1 : -1) : 0;
  }
  return winding != 0;
}

/* A union of outer rings, each without the holes that follow it. */
static bool covers(const NodalRing *rings, size_t count, Exact p) {
  bool inside = false, part = false;
  for (size_t i = 0; i < count; i++) {
    bool in = is_inside(rings[i].points, rings[i].count, p);
    if (rings[i].hole) {
      part = part && !in;
    } else {
      inside = inside || part;
      part = in;
    }
  }
  return inside || part;
}

static void check_pixels(const uint8_t *pixels, int64_t width, int64_t height, double downsample,
                         const NodalRing *rings, size_t count) {
  for (int64_t y = 0; y < height; y++) {
    for (int64_t x = 0; x < width; x++) {
      Exact sample = {(int64_t)((double)(2 * x + 1) * downsample * 65536),
                      (int64_t)((double)(2 * y + 1) * downsample * 65536)};
      if (pixels[y * width + x] != covers(rings, count, sample)) {
        fail_msg("pixel %lld, %lld is %d", (long long)x, (long long)y, pixels[y * width + x]);
      }
    }
  }
}

static void check_rings(const NodalRing *rings, size_t count, int64_t width, int64_t height, double downsample) {
  NodalAnnotationSet *set = set_new();
  set_add(set, NODAL_SHAPE_POLYGON, 0, rings, count);
  NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
  options.width = width;
  options.height = height;
  options.downsample = downsample;
  NodalMask *mask = mask_new(set, &options);
  uint8_t *pixels = draw_all(mask);
  nodal_mask_size(mask, &width, &height);
  check_pixels(pixels, width, height, downsample, rings, count);
  free(pixels);
  nodal_mask_free(mask);
  nodal_annotation_set_free(set);
}

static void draws_random_rings(void **state) {
  (void)state;
  static const int bits[] = {16, 7, 2, 1};
  Random random = {1};
  NodalPoint points[MAX_POINTS];
  for (int i = 0; i < 600; i++) {
    size_t count = shape_make(&random, (Kind)(i % KIND_COUNT), bits[i / KIND_COUNT % 4], 37, 29, points);
    NodalRing ring = {points, count, false};
    check_rings(&ring, 1, 37, 29, 1);
  }
}

static void draws_lower_levels(void **state) {
  (void)state;
  /* 3.25 is no power of two, but its samples lie on the grid. */
  static const double downsamples[] = {2, 4, 32, 3.25, 1.5};
  Random random = {2};
  NodalPoint points[MAX_POINTS];
  for (int i = 0; i < 300; i++) {
    double downsample = downsamples[i % 5];
    size_t count =
        shape_make(&random, (Kind)(i % KIND_COUNT), i % 2 ? 16 : 1, 30 * downsample, 30 * downsample, points);
    NodalRing ring = {points, count, false};
    check_rings(&ring, 1, (int64_t)(30 * downsample), (int64_t)(30 * downsample), downsample);
  }
}

static void cuts_holes_and_joins_parts(void **state) {
  (void)state;
  static NodalPoint points[8][MAX_POINTS];
  Random random = {3};
  for (int i = 0; i < 300; i++) {
    NodalRing rings[8];
    size_t count = 1 + (size_t)random_below(&random, 8);
    for (size_t k = 0; k < count; k++) {
      Kind kind = (Kind)random_below(&random, KIND_HUGE);
      rings[k] = (NodalRing){points[k], shape_make(&random, kind, 4, 40, 40, points[k]),
                             k > 0 && random_below(&random, 3) > 0};
    }
    check_rings(rings, count, 40, 40, 1);
  }
}

/* Over several pieces of 512 pixels and bands of 256 rows, with edges as tall as the mask. */
static void draws_beyond_one_piece(void **state) {
  (void)state;
  static const int64_t sizes[][2] = {{24, 2700}, {1100, 24}, {530, 600}};
  Random random = {4};
  NodalPoint points[MAX_POINTS];
  for (int i = 0; i < 36; i++) {
    const int64_t *size = sizes[i % 3];
    size_t count = shape_make(&random, (Kind)(i / 3 % KIND_COUNT), 5, (double)size[0], (double)size[1], points);
    NodalRing ring = {points, count, false};
    check_rings(&ring, 1, size[0], size[1], 1);
  }
}

static uint8_t *draw_triangle(const NodalPoint *a, const NodalPoint *b, const NodalPoint *c, bool turn) {
  NodalPoint points[3] = {*a, turn ? *c : *b, turn ? *b : *c};
  NodalAnnotationSet *set = set_new();
  set_add_ring(set, NODAL_SHAPE_POLYGON, -1, points, 3);
  NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
  options.width = options.height = 64;
  NodalMask *mask = mask_new(set, &options);
  uint8_t *pixels = draw_all(mask);
  nodal_mask_free(mask);
  nodal_annotation_set_free(set);
  return pixels;
}

/* A fan of triangles round a point tiles the square: every pixel is in exactly one, whichever way they turn. */
static void shared_edges_leave_no_gap(void **state) {
  (void)state;
  Random random = {5};
  for (int i = 0; i < 60; i++) {
    double grid = i % 3 == 0 ? 0.5 : i % 3 == 1 ? 1 : 0.0625;
    NodalPoint middle = {grid * (double)random_below(&random, (int64_t)(64 / grid)),
                         grid * (double)random_below(&random, (int64_t)(64 / grid))};
    NodalPoint border[12];
    for (int k = 0; k < 12; k++) {
      double along = grid * floor(((double)(k % 3) * 21 + (double)(random_below(&random, 20))) / grid);
      const NodalPoint sides[4] = {{along, 0}, {64, along}, {64 - along, 64}, {0, 64 - along}};
      border[k] = k % 3 == 0 ? (NodalPoint){k == 3 || k == 6 ? 64 : 0, k >= 6 ? 64 : 0} : sides[k / 3];
    }
    static int sum[64 * 64];
    memset(sum, 0, sizeof sum);
    for (int k = 0; k < 12; k++) {
      uint8_t *pixels = draw_triangle(&middle, &border[k], &border[(k + 1) % 12], random_below(&random, 2));
      for (int p = 0; p < 64 * 64; p++) {
        sum[p] += pixels[p];
      }
      free(pixels);
    }
    for (int p = 0; p < 64 * 64; p++) {
      assert_int_equal(sum[p], 1);
    }
  }
}

/* What the rule says of a sample on an edge: left and top edges are in, right and bottom ones are not. */
static void samples_on_edges(void **state) {
  (void)state;
  const NodalPoint square[] = {{2.5, 3.5}, {5.5, 3.5}, {5.5, 7.5}, {2.5, 7.5}};
  NodalAnnotationSet *set = set_new();
  set_add_ring(set, NODAL_SHAPE_RECTANGLE, -1, square, 4);
  NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
  options.width = options.height = 10;
  NodalMask *mask = mask_new(set, &options);
  uint8_t *pixels = draw_all(mask);
  for (int y = 0; y < 10; y++) {
    for (int x = 0; x < 10; x++) {
      assert_int_equal(pixels[y * 10 + x], x >= 2 && x < 5 && y >= 3 && y < 7);
    }
  }
  free(pixels);
  nodal_mask_free(mask);
  nodal_annotation_set_free(set);
}

/* An ellipse by its formula: only centers within the tolerance of the curve may fall either way. */
static void draws_curves(void **state) {
  (void)state;
  const NodalPoint corners[] = {{10.25, 20}, {190.75, 130}};
  NodalAnnotationSet *set = set_new();
  set_add_ring(set, NODAL_SHAPE_ELLIPSE, -1, corners, 2);
  NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
  options.width = 200;
  options.height = 150;
  NodalMask *mask = mask_new(set, &options);
  uint8_t *pixels = draw_all(mask);
  for (int y = 0; y < 150; y++) {
    for (int x = 0; x < 200; x++) {
      double dx = x + 0.5 - 100.5, dy = y + 0.5 - 75;
      double inner = dx * dx / (90.15 * 90.15) + dy * dy / (54.9 * 54.9);
      double outer = dx * dx / (90.35 * 90.35) + dy * dy / (55.1 * 55.1);
      if (inner < 1 || outer > 1) {
        assert_int_equal(pixels[y * 200 + x], inner < 1);
      }
    }
  }
  free(pixels);
  nodal_mask_free(mask);
  nodal_annotation_set_free(set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(draws_random_rings),
      cmocka_unit_test(draws_lower_levels),
      cmocka_unit_test(cuts_holes_and_joins_parts),
      cmocka_unit_test(draws_beyond_one_piece),
      cmocka_unit_test(shared_edges_leave_no_gap),
      cmocka_unit_test(samples_on_edges),
      cmocka_unit_test(draws_curves),
  };
  return cmocka_run_group_tests_name("mask: center", tests, NULL, NULL);
}
