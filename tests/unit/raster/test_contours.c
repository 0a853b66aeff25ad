/* SPDX-License-Identifier: Apache-2.0 */
#include "../pyramid/support.h"
#include "shapes.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct Image {
  int64_t width, height;
  uint8_t *pixels;
} Image;

static bool cut_tile(void *user, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                     NodalError **error) {
  (void)worker;
  (void)error;
  const Image *image = user;
  for (int64_t y = 0; y < 64 && row * 64 + y < image->height; y++) {
    for (int64_t x = 0; x < 64 && column * 64 + x < image->width; x++) {
      ((uint8_t *)pixels)[(size_t)y * stride + (size_t)x] =
          image->pixels[(row * 64 + y) * image->width + column * 64 + x];
    }
  }
  return true;
}

static NodalSlide *write_image(const Image *image) {
  NodalWriterOptions options = NODAL_WRITER_OPTIONS_INIT;
  options.width = image->width;
  options.height = image->height;
  options.color = NODAL_COLOR_LABEL;
  options.codec = NODAL_CODEC_LZW;
  options.tile_size = 64;
  options.spacing_x_um = 0.5;
  options.spacing_y_um = 0.25;
  options.force = true;
  NodalError *error = NULL;
  NodalWriter *writer = nodal_writer_new(in_folder("image.tif"), &options, &error);
  check_ok(writer != NULL, &error);
  check_ok(nodal_writer_write_all(writer, cut_tile, (void *)(uintptr_t)image, 1, NULL, &error), &error);
  check_ok(nodal_writer_finish(writer, &error), &error);
  nodal_writer_free(writer);
  NodalSlide *slide = nodal_slide_open(in_folder("image.tif"), NULL, &error);
  check_ok(slide != NULL, &error);
  return slide;
}

static NodalAnnotationSet *trace(const Image *image, const NodalContourOptions *options) {
  NodalSlide *slide = write_image(image);
  NodalError *error = NULL;
  NodalAnnotationSet *set = nodal_mask_contours(slide, options, NULL, &error);
  check_ok(set != NULL, &error);
  nodal_slide_free(slide);
  return set;
}

/* Groups are named after the values they stand for. */
static uint8_t *draw(const NodalAnnotationSet *set, int64_t width, int64_t height) {
  static char names[256][4];
  NodalMaskLabel labels[256];
  for (int i = 0; i < 256; i++) {
    snprintf(names[i], sizeof names[i], "%d", i);
    labels[i] = (NodalMaskLabel){names[i], i};
  }
  NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
  options.width = width;
  options.height = height;
  options.labels = labels;
  options.label_count = 256;
  NodalMask *mask = mask_new(set, &options);
  assert_null(nodal_mask_warning(mask, 0));
  uint8_t *pixels = draw_all(mask);
  nodal_mask_free(mask);
  return pixels;
}

/* Regions by flooding, the simplest way there is. */
static int count_regions(const Image *image) {
  int64_t count = image->width * image->height, *stack = malloc((size_t)count * 4 * sizeof *stack);
  bool *seen = calloc((size_t)count, 1);
  int regions = 0;
  for (int64_t i = 0; i < count; i++) {
    if (seen[i] || image->pixels[i] == 0) {
      continue;
    }
    regions++;
    int64_t depth = 0;
    stack[depth++] = i;
    seen[i] = true;
    while (depth > 0) {
      int64_t p = stack[--depth], x = p % image->width, y = p / image->width;
      const int64_t near[4] = {x > 0 ? p - 1 : p, x + 1 < image->width ? p + 1 : p, y > 0 ? p - image->width : p,
                               y + 1 < image->height ? p + image->width : p};
      for (int k = 0; k < 4; k++) {
        if (!seen[near[k]] && image->pixels[near[k]] == image->pixels[i]) {
          seen[near[k]] = true;
          stack[depth++] = near[k];
        }
      }
    }
  }
  free(seen);
  free(stack);
  return regions;
}

static double ring_area(const NodalRing *ring) {
  double sum = 0;
  for (size_t i = 0; i < ring->count; i++) {
    NodalPoint a = ring->points[i], b = ring->points[(i + 1) % ring->count];
    sum += a.x * b.y - b.x * a.y;
  }
  return fabs(sum) / 2;
}

/* The polygons are the regions: as many, of as many pixels, without superfluous points, and they draw the image. */
static void check_image(const Image *image, bool join) {
  NodalContourOptions options = NODAL_CONTOUR_OPTIONS_INIT;
  options.join_holes = join;
  NodalAnnotationSet *set = trace(image, &options);
  assert_int_equal(nodal_annotation_set_count(set), count_regions(image));
  double area = 0;
  for (int i = 0; i < nodal_annotation_set_count(set); i++) {
    NodalAnnotation annotation;
    nodal_annotation_set_get(set, i, &annotation);
    assert_int_equal(annotation.shape, NODAL_SHAPE_POLYGON);
    for (size_t k = 0; k < annotation.ring_count; k++) {
      const NodalRing *ring = &annotation.rings[k];
      assert_int_equal(ring->hole, k > 0);
      area += ring->hole ? -ring_area(ring) : ring_area(ring);
      for (size_t p = 0; !join && p < ring->count; p++) {
        NodalPoint a = ring->points[p], b = ring->points[(p + 1) % ring->count];
        NodalPoint c = ring->points[(p + 2) % ring->count];
        assert_true((a.x == b.x) != (a.y == b.y) && (a.x == b.x) == (b.y == c.y));
      }
    }
    assert_true(!join || annotation.ring_count == 1);
  }
  double pixels = 0;
  for (int64_t i = 0; i < image->width * image->height; i++) {
    pixels += image->pixels[i] != 0;
  }
  assert_true(area == pixels);
  uint8_t *drawn = draw(set, image->width, image->height);
  assert_memory_equal(drawn, image->pixels, (size_t)(image->width * image->height));
  free(drawn);
  nodal_annotation_set_free(set);
}

/* Squares of random values. */
static void blocks(Image *image, Random *random, int values, int size) {
  int64_t across = image->width / size + 1, down = image->height / size + 1;
  uint8_t *square = malloc((size_t)(across * down));
  for (int64_t i = 0; i < across * down; i++) {
    square[i] = (uint8_t)random_below(random, values);
  }
  for (int64_t i = 0; i < image->width * image->height; i++) {
    image->pixels[i] = square[i / image->width / size * across + i % image->width / size];
  }
  free(square);
}

static void identity_on_noise(void **state) {
  (void)state;
  Random random = {21};
  for (int i = 0; i < 60; i++) {
    Image image = {1 + random_below(&random, 150), 1 + random_below(&random, 150), NULL};
    image.pixels = calloc((size_t)(image.width * image.height), 1);
    blocks(&image, &random, 2 + i % 4, 1 + i % 5);
    check_image(&image, i % 2);
    free(image.pixels);
  }
}

static Image parse(const char *const *rows, int64_t height) {
  Image image = {(int64_t)strlen(rows[0]), height, NULL};
  image.pixels = malloc((size_t)(image.width * image.height));
  for (int64_t i = 0; i < image.width * image.height; i++) {
    char sign = rows[i / image.width][i % image.width];
    image.pixels[i] = sign == '.' ? 0 : (uint8_t)(sign - '0');
  }
  return image;
}

/* Holes in holes, regions that meet at corners, rings that touch themselves, everything at the border. */
static void identity_on_known_shapes(void **state) {
  (void)state;
  static const char *const nested[] = {"1111111", "1.....1", "1.222.1", "1.2.2.1", "1.222.1", "1.....1", "1111111"};
  static const char *const diagonal[] = {"1.1.", ".1.1", "1.1.", ".1.1"};
  static const char *const pinched[] = {"11111", "1.1.1", "11.11", "1.1.1", "11111"};
  static const char *const gap[] = {"1111.", "1..1.", "1.1..", "11.11", ".1111"};
  static const char *const comb[] = {"1.1.1", "1.1.1", "11111", "2.2.2", "22222"};
  static const char *const mixed[] = {"12", "21"};
  const struct {
    const char *const *rows;
    int64_t height;
  } shapes[] = {{nested, 7}, {diagonal, 4}, {pinched, 5}, {gap, 5}, {comb, 5}, {mixed, 2}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    Image image = parse(shapes[i].rows, shapes[i].height);
    check_image(&image, false);
    check_image(&image, true);
    free(image.pixels);
  }
}

static void check_points(const NodalRing *ring, const NodalPoint *points, size_t count) {
  assert_int_equal(ring->count, count);
  for (size_t i = 0; i < count; i++) {
    assert_true(ring->points[i].x == points[i].x && ring->points[i].y == points[i].y);
  }
}

/* One polygon, point by point: worked out by hand. */
static void traces_by_hand(void **state) {
  (void)state;
  static const char *const rows[] = {"......", ".3333.", ".3..3.", ".3.33.", ".3333.", "......"};
  const NodalPoint outer[] = {{1, 1}, {5, 1}, {5, 5}, {1, 5}},
                   hole[] = {{2, 2}, {2, 4}, {3, 4}, {3, 3}, {4, 3}, {4, 2}};
  Image image = parse(rows, 6);
  NodalContourOptions options = NODAL_CONTOUR_OPTIONS_INIT;
  NodalAnnotationSet *set = trace(&image, &options);
  NodalAnnotation annotation;
  NodalAnnotationGroup group;
  assert_int_equal(nodal_annotation_set_count(set), 1);
  assert_int_equal(nodal_annotation_set_group_count(set), 1);
  assert_true(nodal_annotation_set_group(set, 0, &group));
  assert_string_equal(group.name, "3");
  nodal_annotation_set_get(set, 0, &annotation);
  assert_string_equal(annotation.name, "Region 1");
  assert_int_equal(annotation.group, 0);
  assert_int_equal(annotation.ring_count, 2);
  /* A ring begins anywhere: turn ours to begin as this one does. */
  const NodalRing *rings = annotation.rings;
  NodalPoint turned[6];
  for (int r = 0; r < 2; r++) {
    const NodalPoint *expected = r ? hole : outer;
    size_t count = r ? 6 : 4, shift = 0;
    while (shift < count && (expected[shift].x != rings[r].points[0].x || expected[shift].y != rings[r].points[0].y)) {
      shift++;
    }
    for (size_t i = 0; i < count; i++) {
      turned[i] = expected[(shift + i) % count];
    }
    check_points(&rings[r], turned, count);
  }
  nodal_annotation_set_free(set);
  free(image.pixels);
}

static void chosen_values_and_levels(void **state) {
  (void)state;
  Image image = {200, 160, calloc(200 * 160, 1)};
  for (int64_t y = 40; y < 120; y++) {
    for (int64_t x = 40; x < 160; x++) {
      image.pixels[y * 200 + x] = x < 80 ? 1 : 2;
    }
  }
  const uint32_t two[] = {2};
  NodalContourOptions options = NODAL_CONTOUR_OPTIONS_INIT;
  options.values = two;
  options.value_count = 1;
  options.level = 1;
  NodalAnnotationSet *set = trace(&image, &options);
  NodalAnnotation annotation;
  NodalPoint least, most;
  assert_int_equal(nodal_annotation_set_count(set), 1);
  nodal_annotation_set_get(set, 0, &annotation);
  assert_true(nodal_annotation_bounds(&annotation, &least, &most));
  assert_true(least.x == 80 && least.y == 40 && most.x == 160 && most.y == 120);
  nodal_annotation_set_free(set);
  free(image.pixels);
}

/* Distance of a point from a ring, in the micrometres of write_image(). */
static double distance_to_ring(NodalPoint point, const NodalRing *ring) {
  double nearest = (double)INFINITY;
  for (size_t i = 0; i < ring->count; i++) {
    NodalPoint a = ring->points[i], b = ring->points[(i + 1) % ring->count];
    double ax = (a.x - point.x) * 0.5, ay = (a.y - point.y) * 0.25;
    double dx = (b.x - a.x) * 0.5, dy = (b.y - a.y) * 0.25;
    double t = fmax(0, fmin(1, -(ax * dx + ay * dy) / (dx * dx + dy * dy)));
    nearest = fmin(nearest, hypot(ax + t * dx, ay + t * dy));
  }
  return nearest;
}

static int orientation(NodalPoint a, NodalPoint b, NodalPoint c) {
  double area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
  return (area > 0) - (area < 0);
}

static void check_simple(const NodalAnnotation *annotation) {
  for (size_t r = 0; r < annotation->ring_count; r++) {
    for (size_t s = r; s < annotation->ring_count; s++) {
      const NodalRing *one = &annotation->rings[r], *two = &annotation->rings[s];
      for (size_t i = 0; i < one->count; i++) {
        for (size_t k = 0; k < two->count; k++) {
          NodalPoint a = one->points[i], b = one->points[(i + 1) % one->count];
          NodalPoint c = two->points[k], d = two->points[(k + 1) % two->count];
          assert_false(orientation(a, b, c) * orientation(a, b, d) < 0 &&
                       orientation(c, d, a) * orientation(c, d, b) < 0);
        }
      }
    }
  }
}

static void simplifies_within_the_tolerance(void **state) {
  (void)state;
  Image image = {300, 300, calloc(300 * 300, 1)};
  for (int64_t y = 0; y < 300; y++) {
    for (int64_t x = 0; x < 300; x++) {
      double dx = (double)x - 150, dy = (double)y - 150, r = hypot(dx, dy), angle = atan2(dy, dx);
      image.pixels[y * 300 + x] = r < 120 + 15 * sin(9 * angle) && r > 40 + 10 * sin(5 * angle);
    }
  }
  NodalContourOptions options = NODAL_CONTOUR_OPTIONS_INIT;
  NodalAnnotationSet *full = trace(&image, &options);
  for (int i = 0; i < 3; i++) {
    static const double tolerances[] = {0.3, 1, 4};
    options.simplify_um = tolerances[i];
    NodalAnnotationSet *set = trace(&image, &options);
    NodalAnnotation before, after;
    assert_int_equal(nodal_annotation_set_count(set), 1);
    nodal_annotation_set_get(full, 0, &before);
    nodal_annotation_set_get(set, 0, &after);
    assert_int_equal(after.ring_count, 2);
    for (size_t r = 0; r < 2; r++) {
      assert_true(after.rings[r].count < before.rings[r].count && after.rings[r].count >= 3);
      for (size_t p = 0; p < before.rings[r].count; p++) {
        assert_true(distance_to_ring(before.rings[r].points[p], &after.rings[r]) <= tolerances[i] * 1.000001);
      }
    }
    check_simple(&after);
    nodal_annotation_set_free(set);
  }
  nodal_annotation_set_free(full);
  free(image.pixels);
}

/* Narrow necks and arms, which a large tolerance would make cross. */
static void simplifying_does_not_cross(void **state) {
  (void)state;
  Random random = {22};
  for (int i = 0; i < 20; i++) {
    Image image = {120, 120, calloc(120 * 120, 1)};
    blocks(&image, &random, 2, 3);
    NodalContourOptions options = NODAL_CONTOUR_OPTIONS_INIT;
    options.simplify_um = 1 + i;
    NodalAnnotationSet *set = trace(&image, &options);
    for (int k = 0; k < nodal_annotation_set_count(set); k++) {
      NodalAnnotation annotation;
      nodal_annotation_set_get(set, k, &annotation);
      check_simple(&annotation);
    }
    nodal_annotation_set_free(set);
    free(image.pixels);
  }
}

static void threads_make_no_difference(void **state) {
  (void)state;
  Random random = {23};
  Image image = {700, 600, calloc(700 * 600, 1)};
  blocks(&image, &random, 3, 7);
  NodalAnnotationSet *sets[2];
  for (int i = 0; i < 2; i++) {
    NodalContourOptions options = NODAL_CONTOUR_OPTIONS_INIT;
    options.threads = i ? 8 : 1;
    sets[i] = trace(&image, &options);
  }
  assert_int_equal(nodal_annotation_set_count(sets[0]), nodal_annotation_set_count(sets[1]));
  for (int k = 0; k < nodal_annotation_set_count(sets[0]); k++) {
    NodalAnnotation a, b;
    nodal_annotation_set_get(sets[0], k, &a);
    nodal_annotation_set_get(sets[1], k, &b);
    assert_string_equal(a.name, b.name);
    assert_int_equal(a.group, b.group);
    assert_int_equal(a.ring_count, b.ring_count);
    for (size_t r = 0; r < a.ring_count; r++) {
      check_points(&a.rings[r], b.rings[r].points, b.rings[r].count);
    }
  }
  nodal_annotation_set_free(sets[0]);
  nodal_annotation_set_free(sets[1]);
  free(image.pixels);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(identity_on_noise),
      cmocka_unit_test(identity_on_known_shapes),
      cmocka_unit_test(traces_by_hand),
      cmocka_unit_test(chosen_values_and_levels),
      cmocka_unit_test(simplifies_within_the_tolerance),
      cmocka_unit_test(simplifying_does_not_cross),
      cmocka_unit_test(threads_make_no_difference),
  };
  return cmocka_run_group_tests_name("contours", tests, folder_setup, folder_teardown);
}
