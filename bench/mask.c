/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ASAP's rule beside the rule as it is defined, which is how ASAP itself works: every pixel of a box against every
 * edge.
 *
 *   bench-mask ANNOTATION WIDTH HEIGHT ROUNDS
 *
 * ASAP is not packaged, so its loop is written out here from its description; it is measured on a small box in the
 * outline with the most points. "Megapixels" of these rows are millions of pixel-edge tests.
 */
#include "measure.h"

#include <nodal/nodal.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 192 };

typedef struct Spot {
  float x, y;
} Spot;

/* One outline as ASAP keeps it, closed by repeating its first point. */
typedef struct Outline {
  Spot *spots;
  size_t count;
  double min_x, min_y, max_x, max_y;
} Outline;

static int to_int(float value) {
  return value >= -2147483648.0F && value < 2147483648.0F ? (int)value : INT_MIN;
}

static int side(Spot a, Spot b, Spot p) {
  return to_int((b.x - a.x) * (p.y - a.y) - (p.x - a.x) * (b.y - a.y));
}

static bool is_inside(const Outline *outline, Spot p) {
  int winding = 0;
  for (size_t i = 0; i + 1 < outline->count; i++) {
    Spot a = outline->spots[i], b = outline->spots[i + 1];
    if (a.y <= p.y) {
      winding += b.y > p.y && side(a, b, p) > 0;
    } else {
      winding -= b.y <= p.y && side(a, b, p) < 0;
    }
  }
  return winding != 0;
}

static void draw_naive(const Outline *outline, NodalRect box, uint8_t *pixels) {
  for (int64_t y = 0; y < box.height; y++) {
    for (int64_t x = 0; x < box.width; x++) {
      pixels[y * box.width + x] = is_inside(outline, (Spot){(float)(box.x + x), (float)(box.y + y)});
    }
  }
}

static Outline load_outline(const NodalAnnotation *annotation) {
  const NodalRing *ring = &annotation->rings[0];
  Outline outline = {.spots = bench_allocate((ring->count + 1) * sizeof(Spot)), .count = ring->count + 1};
  double area = 0;
  for (size_t i = 0; i < ring->count; i++) {
    NodalPoint a = ring->points[i > 0 ? i - 1 : ring->count - 1], b = ring->points[i];
    area += (double)((float)a.x + (float)b.x) * (double)((float)a.y - (float)b.y);
  }
  for (size_t i = 0; i < ring->count; i++) {
    NodalPoint point = ring->points[area < 0 ? i : ring->count - 1 - i];
    outline.spots[i] = (Spot){(float)point.x, (float)point.y};
  }
  outline.spots[ring->count] = outline.spots[0];
  return outline;
}

/* Pixel-edge tests that ASAP's loop makes for the whole set: those of every pixel in the box of every outline. */
static double count_tests(const NodalAnnotationSet *set) {
  double tests = 0;
  for (int i = 0; i < nodal_annotation_set_count(set); i++) {
    NodalAnnotation annotation;
    NodalPoint least, most;
    nodal_annotation_set_get(set, i, &annotation);
    if (nodal_annotation_bounds(&annotation, &least, &most)) {
      tests += (most.x - least.x) * (most.y - least.y) * (double)annotation.rings[0].count;
    }
  }
  return tests;
}

static void largest(const NodalAnnotationSet *set, NodalAnnotation *largest) {
  *largest = (NodalAnnotation){.rings = NULL};
  for (int i = 0; i < nodal_annotation_set_count(set); i++) {
    NodalAnnotation annotation;
    nodal_annotation_set_get(set, i, &annotation);
    if (annotation.ring_count > 0 && (!largest->rings || annotation.rings[0].count > largest->rings[0].count)) {
      *largest = annotation;
    }
  }
  if (!largest->rings) {
    bench_fail("there is nothing to draw");
  }
}

/* The outline alone, so that both draw the same. */
static NodalMask *mask_of(const NodalAnnotation *annotation, NodalMaskOptions options) {
  NodalError *error = NULL;
  NodalAnnotation alone = *annotation;
  alone.group = -1;
  NodalAnnotationSet *set = nodal_annotation_set_new(&error);
  if (!set || !nodal_annotation_set_add(set, &alone, &error)) {
    bench_fail_with("set", error);
  }
  NodalMask *mask = nodal_mask_new(set, &options, &error);
  if (!mask) {
    bench_fail_with("mask", error);
  }
  nodal_annotation_set_free(set);
  return mask;
}

static void race(const NodalAnnotation *annotation, NodalMaskOptions options, int rounds) {
  NodalError *error = NULL;
  const NodalPoint *middle = &annotation->rings[0].points[annotation->rings[0].count / 2];
  NodalRect box = {(int64_t)middle->x - SIDE / 2, (int64_t)middle->y - SIDE / 2, SIDE, SIDE};
  Outline outline = load_outline(annotation);
  uint8_t *theirs = bench_allocate(SIDE * SIDE), *ours = bench_allocate(SIDE * SIDE);
  double millions = (double)SIDE * SIDE * (double)(outline.count - 1) / 1e6;
  for (int i = 0; i < rounds; i++) {
    BenchTime start = bench_now(CLOCK_THREAD_CPUTIME_ID);
    draw_naive(&outline, box, theirs);
    bench_row("asap rule, box", "every pixel and edge", i, bench_since(CLOCK_THREAD_CPUTIME_ID, start), millions);
    start = bench_now(CLOCK_THREAD_CPUTIME_ID);
    NodalMask *mask = mask_of(annotation, options);
    if (!nodal_mask_draw(mask, box, ours, SIDE, &error)) {
      bench_fail_with("draw", error);
    }
    nodal_mask_free(mask);
    bench_row("asap rule, box", "nodal", i, bench_since(CLOCK_THREAD_CPUTIME_ID, start), millions);
    if (memcmp(theirs, ours, SIDE * SIDE) != 0) {
      bench_fail("the pixels differ");
    }
  }
  free(outline.spots);
  free(theirs);
  free(ours);
}

int main(int argc, char **argv) {
  if (argc != 5) {
    bench_fail("usage: bench-mask ANNOTATION WIDTH HEIGHT ROUNDS");
  }
  NodalError *error = NULL;
  NodalAnnotationSet *set = nodal_annotation_set_read(argv[1], NODAL_ANNOTATION_AUTO, NULL, &error);
  if (!set) {
    bench_fail_with("read", error);
  }
  NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
  options.width = bench_number(argv[2], 1);
  options.height = bench_number(argv[3], 1);
  options.rule = NODAL_MASK_ASAP;
  NodalAnnotation annotation;
  largest(set, &annotation);
  race(&annotation, options, bench_number(argv[4], 1));
  bench_note("tests %.6g", count_tests(set));
  nodal_annotation_set_free(set);
  return 0;
}
