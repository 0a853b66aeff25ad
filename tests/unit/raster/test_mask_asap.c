/* SPDX-License-Identifier: Apache-2.0 */
#include "../pyramid/support.h"
#include "shapes.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- ASAP's rule as its behaviour is described: every pixel, every edge, float by float --- */

typedef struct Spot {
  float x, y;
} Spot;

/* What an x86-64 makes of (int)value. */
static int to_int(float value) {
  return value >= -2147483648.0F && value < 2147483648.0F ? (int)value : INT_MIN;
}

static int left_of(Spot a, Spot b, Spot p) {
  float along = b.x - a.x, down = p.y - a.y, across = p.x - a.x, height = b.y - a.y;
  float first = along * down, second = across * height;
  return to_int(first - second);
}

static bool asap_inside(const Spot *spots, size_t count, Spot p) {
  int winding = 0;
  for (size_t i = 0; i < count; i++) {
    Spot a = spots[i], b = spots[(i + 1) % count];
    if (a.y <= p.y && b.y > p.y && left_of(a, b, p) > 0) {
      winding++;
    } else if (a.y > p.y && b.y <= p.y && left_of(a, b, p) < 0) {
      winding--;
    }
  }
  return winding != 0;
}

typedef struct AsapShape {
  Spot spots[MAX_POINTS];
  size_t count;
  float left, top, right, bottom;
} AsapShape;

static AsapShape asap_shape(const NodalPoint *points, size_t count) {
  AsapShape shape = {.count = count, .left = FLT_MAX, .top = FLT_MAX, .right = FLT_MIN, .bottom = FLT_MIN};
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    Spot spot = {(float)points[i].x, (float)points[i].y};
    shape.spots[i] = spot;
    shape.left = spot.x < shape.left ? spot.x : shape.left;
    shape.right = spot.x > shape.right ? spot.x : shape.right;
    shape.top = spot.y < shape.top ? spot.y : shape.top;
    shape.bottom = spot.y > shape.bottom ? spot.y : shape.bottom;
  }
  for (size_t i = 0; i < count; i++) {
    Spot a = shape.spots[(i + count - 1) % count], b = shape.spots[i];
    float area = (a.x + b.x) * (a.y - b.y);
    sum += (double)area;
  }
  for (size_t i = 0; !(sum < 0) && i < count / 2; i++) {
    Spot spot = shape.spots[i];
    shape.spots[i] = shape.spots[count - 1 - i];
    shape.spots[count - 1 - i] = spot;
  }
  return shape;
}

static bool asap_pixel(const AsapShape *shape, int64_t x, int64_t y) {
  Spot p = {(float)x, (float)y};
  return p.x > shape->left && p.x < shape->right && p.y > shape->top && p.y < shape->bottom &&
         asap_inside(shape->spots, shape->count, p);
}

/* --- comparing --- */

static NodalMaskOptions asap_options(int64_t width, int64_t height) {
  NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
  options.width = width;
  options.height = height;
  options.rule = NODAL_MASK_ASAP;
  return options;
}

static void check_region(const NodalPoint *points, size_t count, int64_t size, int downsample, NodalRect region) {
  NodalAnnotationSet *set = set_new();
  set_add_ring(set, NODAL_SHAPE_POLYGON, -1, points, count);
  NodalMaskOptions options = asap_options(size, size);
  options.downsample = downsample;
  NodalMask *mask = mask_new(set, &options);
  uint8_t *pixels = malloc((size_t)(region.width * region.height));
  NodalError *error = NULL;
  check_ok(nodal_mask_draw(mask, region, pixels, (size_t)region.width, &error), &error);
  AsapShape shape = asap_shape(points, count);
  for (int64_t y = 0; y < region.height; y++) {
    for (int64_t x = 0; x < region.width; x++) {
      if (pixels[y * region.width + x] !=
          asap_pixel(&shape, (region.x + x) * downsample, (region.y + y) * downsample)) {
        fail_msg("pixel %lld, %lld is %d", (long long)(region.x + x), (long long)(region.y + y),
                 pixels[y * region.width + x]);
      }
    }
  }
  free(pixels);
  nodal_mask_free(mask);
  nodal_annotation_set_free(set);
}

static void equals_the_definition(void **state) {
  (void)state;
  static const int bits[] = {20, 9, 3, 1};
  Random random = {11};
  NodalPoint points[MAX_POINTS];
  for (int i = 0; i < 900; i++) {
    size_t count = shape_make(&random, (Kind)(i % KIND_HUGE), bits[i / KIND_HUGE % 4], 40, 40, points);
    check_region(points, count, 40, 1, (NodalRect){0, 0, 40, 40});
  }
  for (int i = 0; i < 100; i++) {
    size_t count = shape_make(&random, (Kind)(i % KIND_HUGE), 4, 160, 160, points);
    check_region(points, count, 160, 4, (NodalRect){0, 0, 40, 40});
  }
}

/* Where floats have few digits left, and where the product leaves the range of int. */
static void equals_the_definition_far_out(void **state) {
  (void)state;
  static const double far[] = {90000, 1000000, 20000000, 1000000000};
  Random random = {12};
  NodalPoint points[MAX_POINTS];
  for (int i = 0; i < 400; i++) {
    double extent = i % 2 == 0 ? 60 : far[i / 2 % 4];
    int bits = extent > 1e6 ? 0 : 6;
    size_t count = shape_make(&random, (Kind)(i % KIND_HUGE), bits, extent, extent, points);
    double offset = floor(far[i % 4] / 2);
    for (size_t k = 0; k < count; k++) {
      points[k].x += i % 2 == 0 ? offset : 0;
      points[k].y += i % 2 == 0 ? offset / 2 : 0;
    }
    NodalPoint anchor = points[random_below(&random, (int64_t)count)];
    NodalRect region = {(int64_t)fmax(0, anchor.x - 30), (int64_t)fmax(0, anchor.y - 30), 60, 60};
    check_region(points, count, 2147483647, 1, region);
  }
}

/* --- what is written about it: reference values measured on ASAP --- */

static int64_t count_pixels(NodalShape shape, const NodalPoint *points, size_t count, int64_t size) {
  NodalAnnotationSet *set = set_new();
  set_add_ring(set, shape, -1, points, count);
  NodalMaskOptions options = asap_options(size, size);
  NodalMask *mask = mask_new(set, &options);
  uint8_t *pixels = draw_all(mask);
  int64_t sum = 0;
  for (int64_t i = 0; i < size * size; i++) {
    sum += pixels[i];
  }
  free(pixels);
  nodal_mask_free(mask);
  nodal_annotation_set_free(set);
  return sum;
}

static void known_counts(void **state) {
  (void)state;
  const NodalPoint square[] = {{10, 10}, {20, 10}, {20, 20}, {10, 20}};
  const NodalPoint halves[] = {{10.5, 10.5}, {20.5, 10.5}, {20.5, 20.5}, {10.5, 20.5}};
  const NodalPoint diamond[] = {{30, 20}, {40, 30}, {30, 40}, {20, 30}};
  const NodalPoint speck[] = {{9.6, 9.6}, {10.4, 9.6}, {10.4, 10.4}, {9.6, 10.4}};
  const NodalShape shapes[] = {NODAL_SHAPE_POLYGON,  NODAL_SHAPE_SPLINE, NODAL_SHAPE_POINTS,
                               NODAL_SHAPE_POLYLINE, NODAL_SHAPE_NONE,   NODAL_SHAPE_RECTANGLE};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    assert_int_equal(count_pixels(shapes[i], square, 4, 50), 81);
  }
  assert_int_equal(count_pixels(NODAL_SHAPE_POLYGON, halves, 4, 50), 100);
  assert_int_equal(count_pixels(NODAL_SHAPE_POLYGON, diamond, 4, 50), 199);
  assert_int_equal(count_pixels(NODAL_SHAPE_POLYGON, speck, 4, 50), 0);
  NodalPoint star[5];
  for (int i = 0; i < 5; i++) {
    star[i] = (NodalPoint){50 + 40 * sin(4 * 3.14159265358979 * i / 5), 50 - 40 * cos(4 * 3.14159265358979 * i / 5)};
  }
  NodalAnnotationSet *set = set_new();
  set_add_ring(set, NODAL_SHAPE_POLYGON, -1, star, 5);
  NodalMaskOptions options = asap_options(100, 100);
  NodalMask *mask = mask_new(set, &options);
  uint8_t pixel = 0;
  NodalError *error = NULL;
  check_ok(nodal_mask_draw(mask, (NodalRect){50, 50, 1, 1}, &pixel, 1, &error), &error);
  assert_int_equal(pixel, 1);
  nodal_mask_free(mask);
  nodal_annotation_set_free(set);
}

/* The winding number, holes and labels of a published tile are one thing; that no region changes it is another. */
static void regions_are_parts_of_the_whole(void **state) {
  (void)state;
  Random random = {13};
  NodalPoint points[MAX_POINTS];
  for (int rule = NODAL_MASK_CENTER; rule <= NODAL_MASK_ASAP; rule++) {
    NodalAnnotationSet *set = set_new();
    for (int i = 0; i < 20; i++) {
      size_t count = shape_make(&random, (Kind)(i % KIND_HUGE), 5, 700, 900, points);
      set_add_ring(set, NODAL_SHAPE_POLYGON, -1, points, count);
    }
    NodalMaskOptions options = asap_options(700, 900);
    options.rule = (NodalMaskRule)rule;
    NodalMask *mask = mask_new(set, &options);
    uint8_t *whole = draw_all(mask);
    for (int i = 0; i < 100; i++) {
      NodalRect region = {random_below(&random, 800) - 50, random_below(&random, 1000) - 50,
                          1 + random_below(&random, 600), 1 + random_below(&random, 600)};
      size_t stride = (size_t)region.width + 5;
      uint8_t *part = malloc((size_t)region.height * stride);
      NodalError *error = NULL;
      check_ok(nodal_mask_draw(mask, region, part, stride, &error), &error);
      for (int64_t y = 0; y < region.height; y++) {
        for (int64_t x = 0; x < region.width; x++) {
          int64_t wx = region.x + x, wy = region.y + y;
          bool inside = wx >= 0 && wy >= 0 && wx < 700 && wy < 900;
          assert_int_equal(part[(size_t)y * stride + (size_t)x], inside ? whole[wy * 700 + wx] : 0);
        }
      }
      free(part);
    }
    free(whole);
    nodal_mask_free(mask);
    nodal_annotation_set_free(set);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_the_definition),
      cmocka_unit_test(equals_the_definition_far_out),
      cmocka_unit_test(known_counts),
      cmocka_unit_test(regions_are_parts_of_the_whole),
  };
  return cmocka_run_group_tests_name("mask: asap", tests, NULL, NULL);
}
