/* SPDX-License-Identifier: Apache-2.0 */
#include <nodal/lesion.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double pi = 3.14159265358979323846;

static void check_ok(bool good, NodalError **error) {
  if (!good) {
    fail_msg("%s", *error ? nodal_error_message(*error) : "failed without an error");
  }
  assert_null(*error);
}

static NodalAnnotationSet *new_set(void) {
  NodalError *error = NULL;
  NodalAnnotationSet *set = nodal_annotation_set_new(&error);
  check_ok(set != NULL, &error);
  return set;
}

static int add_group(NodalAnnotationSet *set, const char *name) {
  NodalError *error = NULL;
  NodalAnnotationGroup group = {.name = name, .parent = -1, .color = NODAL_RGB_UNSET};
  check_ok(nodal_annotation_set_add_group(set, &group, &error), &error);
  return nodal_annotation_set_group_count(set) - 1;
}

static void add_rings(NodalAnnotationSet *set, NodalShape shape, int group, const NodalRing *rings, size_t count) {
  NodalError *error = NULL;
  NodalAnnotation annotation = {
      .name = "Tumor", .shape = shape, .group = group, .color = NODAL_RGB_UNSET, .rings = rings, .ring_count = count};
  check_ok(nodal_annotation_set_add(set, &annotation, &error), &error);
}

static void add_polygon(NodalAnnotationSet *set, int group, const NodalPoint *points, size_t count) {
  NodalRing ring = {points, count, false};
  add_rings(set, NODAL_SHAPE_POLYGON, group, &ring, 1);
}

static void add_box(NodalAnnotationSet *set, int group, double x, double y, double width, double height) {
  NodalPoint corners[] = {{x, y}, {x + width, y}, {x + width, y + height}, {x, y + height}};
  add_polygon(set, group, corners, 4);
}

static NodalLesions *measure(const NodalAnnotationSet *set, double x_um, double y_um, double gap_um) {
  NodalLesionOptions options = NODAL_LESION_OPTIONS_INIT;
  options.spacing_x_um = x_um;
  options.spacing_y_um = y_um;
  options.merge_gap_um = gap_um;
  NodalError *error = NULL;
  NodalLesions *lesions = nodal_lesions_of_annotations(set, &options, &error);
  check_ok(lesions != NULL, &error);
  return lesions;
}

static int count_lesions(const NodalAnnotationSet *set, double x_um, double y_um, double gap_um) {
  NodalLesions *lesions = measure(set, x_um, y_um, gap_um);
  int count = nodal_lesions_count(lesions);
  nodal_lesions_free(lesions);
  return count;
}

static NodalLesion get(const NodalLesions *lesions, int index) {
  NodalLesion lesion = {0};
  assert_true(nodal_lesions_get(lesions, index, &lesion));
  return lesion;
}

/* The only lesion of the set, which is freed. */
static NodalLesion only_lesion(NodalAnnotationSet *set, double x_um, double y_um) {
  NodalLesions *lesions = measure(set, x_um, y_um, 0);
  assert_int_equal(nodal_lesions_count(lesions), 1);
  NodalLesion lesion = get(lesions, 0);
  lesion.label = NULL;
  nodal_lesions_free(lesions);
  nodal_annotation_set_free(set);
  return lesion;
}

static void assert_near(double value, double expected, double tolerance) {
  if (!(fabs(value - expected) <= tolerance)) {
    fail_msg("%.12g is not within %g of %.12g", value, tolerance, expected);
  }
}

/* ---- shapes whose measures are known ---- */

/* Pixels whole and spacings apart: every number is exact. */
static void measures_a_box(void **state) {
  (void)state;
  NodalAnnotationSet *set = new_set();
  add_box(set, -1, 100, 200, 300, 400);
  NodalLesion lesion = only_lesion(set, 0.5, 0.25);
  assert_true(lesion.x_px == 100 && lesion.y_px == 200 && lesion.width_px == 300 && lesion.height_px == 400);
  assert_near(lesion.area_mm2, 300 * 0.5 * 400 * 0.25 / 1e6, 1e-15);
  assert_near(lesion.longest_mm, hypot(150, 100) / 1000, 1e-15);
  /* n values in a row have the variance (n^2 - 1) / 12. */
  assert_near(lesion.major_axis_mm, 4 * 0.5 * sqrt((300.0 * 300 - 1) / 12) / 1000, 1e-12);
  assert_int_equal(lesion.cells, -1);
  assert_int_equal(lesion.category, NODAL_CATEGORY_ITC);
}

static void measures_ellipses(void **state) {
  (void)state;
  const double sizes[][2] = {{400, 400}, {2000, 500}, {301.5, 1203.25}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    double a = sizes[i][0], b = sizes[i][1], longer = fmax(a, b);
    NodalPoint corners[] = {{1000.3, 2000.7}, {1000.3 + 2 * a, 2000.7 + 2 * b}};
    NodalRing ring = {corners, 2, false};
    NodalAnnotationSet *set = new_set();
    add_rings(set, NODAL_SHAPE_ELLIPSE, -1, &ring, 1);
    NodalLesion lesion = only_lesion(set, 1, 1);
    /* The curve is drawn within 0.05 pixels; half a pixel each side is more than the grid can add. */
    assert_near(lesion.longest_mm * 1000, 2 * longer, 0.1);
    assert_near(lesion.area_mm2 * 1e6, pi * a * b, 0.1 * pi * (a + b));
    assert_near(lesion.major_axis_mm * 1000, 2 * longer, 0.2);
  }
}

/* An ellipse's major axis is its longest diameter, whichever way it lies. */
static void measures_a_tilted_ellipse(void **state) {
  (void)state;
  NodalPoint points[2000];
  for (int i = 0; i < 2000; i++) {
    double u = 900 * cos(2 * pi * i / 2000), v = 300 * sin(2 * pi * i / 2000);
    points[i] = (NodalPoint){5000 + (0.6 * u - 0.8 * v) / 0.25, 4000 + (0.8 * u + 0.6 * v) / 0.5};
  }
  NodalAnnotationSet *set = new_set();
  add_polygon(set, -1, points, 2000);
  NodalLesion lesion = only_lesion(set, 0.25, 0.5);
  assert_near(lesion.longest_mm, 1.8, 1e-5);
  assert_near(lesion.major_axis_mm, 1.8, 2e-4);
  assert_near(lesion.area_mm2, pi * 0.9 * 0.3, 2e-4);
  assert_int_equal(lesion.category, NODAL_CATEGORY_MICRO);
}

/* A ring of squares: the hole counts for the area and for the axis, not for the diameter. */
static void measures_a_hole(void **state) {
  (void)state;
  NodalPoint outer[] = {{0, 0}, {1000, 0}, {1000, 1000}, {0, 1000}};
  NodalPoint hole[] = {{100, 100}, {900, 100}, {900, 900}, {100, 900}};
  NodalRing rings[] = {{outer, 4, false}, {hole, 4, true}};
  NodalAnnotationSet *set = new_set();
  add_rings(set, NODAL_SHAPE_POLYGON, -1, rings, 2);
  NodalLesion lesion = only_lesion(set, 1, 1);
  assert_near(lesion.area_mm2, 0.36, 1e-15);
  assert_near(lesion.longest_mm, sqrt(2), 1e-15);
  double moment = (1e6 * (1e6 - 1) - 64e4 * (64e4 - 1)) / 12 / 36e4;
  assert_near(lesion.major_axis_mm, 4 * sqrt(moment) / 1000, 1e-12);
}

/* Two millimetres to the last bit, in awkward pixels. */
static void two_millimetres_are_micro(void **state) {
  (void)state;
  for (int pixels = 3000; pixels < 3400; pixels++) {
    double spacing_um = 2000.0 / pixels;
    NodalAnnotationSet *set = new_set();
    add_box(set, -1, 12345.67, 54321.89, pixels * 0.6, pixels * 0.8);
    NodalLesion lesion = only_lesion(set, spacing_um, spacing_um);
    assert_near(lesion.longest_mm, 2, 1e-9);
    assert_int_equal(lesion.category, NODAL_CATEGORY_MICRO);
    set = new_set();
    add_box(set, -1, 12345.67, 54321.89, pixels * 0.6, pixels * 0.8 + 0.01);
    assert_int_equal(only_lesion(set, spacing_um, spacing_um).category, NODAL_CATEGORY_MACRO);
  }
}

/* ---- what is one lesion ---- */

static void merges_by_the_gap(void **state) {
  (void)state;
  NodalAnnotationSet *set = new_set();
  add_box(set, -1, 0, 0, 100, 100);
  add_box(set, -1, 400, 0, 100, 100); /* 300 pixels of 0.25 um: 75 um */
  assert_int_equal(count_lesions(set, 0.25, 0.25, 0), 2);
  assert_int_equal(count_lesions(set, 0.25, 0.25, 75), 2); /* strictly nearer */
  assert_int_equal(count_lesions(set, 0.25, 0.25, 75.001), 1);
  assert_int_equal(count_lesions(set, 0.25, 0.25, 74.999), 2);
  NodalLesions *lesions = measure(set, 0.25, 0.25, 76);
  NodalLesion lesion = get(lesions, 0);
  assert_true(lesion.width_px == 500 && lesion.height_px == 100);
  assert_near(lesion.area_mm2, 20000 * 0.0625 / 1e6, 1e-15);
  assert_near(lesion.longest_mm, hypot(125, 25) / 1000, 1e-15);
  nodal_lesions_free(lesions);
  nodal_annotation_set_free(set);
  /* A diagonal gap of 3-4-5, in pixels that are not square: 30 um and 40 um. */
  set = new_set();
  add_box(set, -1, 0, 0, 10, 10);
  add_box(set, -1, 70, 50, 10, 10);
  assert_int_equal(count_lesions(set, 0.5, 1, 50), 2);
  assert_int_equal(count_lesions(set, 0.5, 1, 50.001), 1);
  nodal_annotation_set_free(set);
}

static void merges_what_touches(void **state) {
  (void)state;
  const struct {
    double x, y;
    int lesions;
  } cases[] = {
      {10, 0, 1},    {10, 10, 1},    {-10, 10, 1},          {5, 5, 1},
      {2, 2, 1},     {10.001, 0, 2}, {10, 11, 2},           {10.0000001, 0, 1}, /* a tenth of a nanometre */
      {-10, -10, 1}, {0, 10.001, 2}, {-10.001, -10.001, 2}, {0, 0, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    NodalAnnotationSet *set = new_set();
    add_box(set, -1, 100, 100, 10, 10);
    add_box(set, -1, 100 + cases[i].x, 100 + cases[i].y, 10, 10);
    assert_int_equal(count_lesions(set, 1, 1, 0), cases[i].lesions);
    nodal_annotation_set_free(set);
  }
}

static void islands_and_holes(void **state) {
  (void)state;
  NodalPoint outer[] = {{0, 0}, {1000, 0}, {1000, 1000}, {0, 1000}};
  NodalPoint hole[] = {{100, 100}, {900, 100}, {900, 900}, {100, 900}};
  NodalRing rings[] = {{outer, 4, false}, {hole, 4, true}};
  const struct {
    double x, y, size;
    int lesions;
  } cases[] = {
      {400, 400, 100, 2}, /* in the hole */
      {100, 400, 100, 1}, /* touches its edge from inside */
      {50, 50, 10, 1},    /* in the ring */
      {50, 400, 200, 1},  /* across the edge */
      {2000, 0, 100, 2},  /* outside */
      {-100, -100, 2000, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    NodalAnnotationSet *set = new_set();
    add_rings(set, NODAL_SHAPE_POLYGON, -1, rings, 2);
    add_box(set, -1, cases[i].x, cases[i].y, cases[i].size, cases[i].size);
    assert_int_equal(count_lesions(set, 1, 1, 0), cases[i].lesions);
    assert_int_equal(count_lesions(set, 1, 1, 5000), 1);
    nodal_annotation_set_free(set);
  }
  /* 300 um from the island to the edge of the hole. */
  NodalAnnotationSet *set = new_set();
  add_rings(set, NODAL_SHAPE_POLYGON, -1, rings, 2);
  add_box(set, -1, 400, 400, 100, 100);
  assert_int_equal(count_lesions(set, 1, 1, 300), 2);
  assert_int_equal(count_lesions(set, 1, 1, 300.001), 1);
  nodal_annotation_set_free(set);
}

/* A shape of several outer rings is as many deposits. */
static void parts_of_a_shape_are_deposits(void **state) {
  (void)state;
  NodalPoint first[] = {{0, 0}, {10, 0}, {10, 10}, {0, 10}}, second[] = {{50, 0}, {70, 0}, {70, 20}, {50, 20}};
  NodalPoint hole[] = {{52, 2}, {68, 2}, {68, 18}, {52, 18}};
  NodalRing rings[] = {{first, 4, false}, {second, 4, false}, {hole, 4, true}};
  NodalAnnotationSet *set = new_set();
  add_rings(set, NODAL_SHAPE_POLYGON, -1, rings, 3);
  NodalLesions *lesions = measure(set, 1, 1, 0);
  assert_int_equal(nodal_lesions_count(lesions), 2);
  assert_near(get(lesions, 0).area_mm2, (400 - 256) / 1e6, 1e-15);
  assert_near(get(lesions, 1).area_mm2, 100 / 1e6, 1e-15);
  nodal_lesions_free(lesions);
  nodal_annotation_set_free(set);
}

/* ---- against brute force ---- */

static uint32_t next_number(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*state >> 33);
}

static double uniform(uint64_t *state, double low, double high) {
  return low + (high - low) * next_number(state) / 2147483648.0;
}

enum { MAX_SHAPES = 40, MAX_POINTS = 24 };

typedef struct Blob {
  NodalPoint points[MAX_POINTS];
  int count;
} Blob;

/* Round a center at random distances; every fourth is on whole pixels, so that some share corners and edges. */
static Blob random_blob(uint64_t *state, double reach) {
  Blob blob = {.count = 3 + (int)(next_number(state) % (MAX_POINTS - 2))};
  double x = uniform(state, 50, 250), y = uniform(state, 50, 250);
  bool whole = next_number(state) % 4 == 0;
  for (int i = 0; i < blob.count; i++) {
    double radius = uniform(state, 0.2, 1) * reach, angle = 2 * pi * i / blob.count;
    blob.points[i] = (NodalPoint){x + radius * cos(angle), y + radius * sin(angle)};
    if (whole) {
      blob.points[i] = (NodalPoint){round(blob.points[i].x), round(blob.points[i].y)};
    }
  }
  return blob;
}

static bool blob_holds(const Blob *blob, NodalPoint p) {
  int winding = 0;
  for (int i = 0; i < blob->count; i++) {
    NodalPoint a = blob->points[i], b = blob->points[(i + 1) % blob->count];
    double side = (b.x - a.x) * (p.y - a.y) - (p.x - a.x) * (b.y - a.y);
    winding += a.y <= p.y && b.y > p.y && side > 0;
    winding -= a.y > p.y && b.y <= p.y && side < 0;
  }
  return winding != 0;
}

static double to_segment(NodalPoint p, NodalPoint a, NodalPoint b, double sx, double sy) {
  double dx = (b.x - a.x) * sx, dy = (b.y - a.y) * sy, length = dx * dx + dy * dy;
  double t = length > 0 ? ((p.x - a.x) * sx * dx + (p.y - a.y) * sy * dy) / length : 0;
  t = t < 0 ? 0 : t > 1 ? 1 : t;
  return hypot((p.x - a.x) * sx - t * dx, (p.y - a.y) * sy - t * dy);
}

/* Parameters of the crossing of two segments by Cramer's rule. */
static bool cross_at_all(NodalPoint a, NodalPoint b, NodalPoint c, NodalPoint d) {
  double rx = b.x - a.x, ry = b.y - a.y, sx = d.x - c.x, sy = d.y - c.y, base = rx * sy - ry * sx;
  if (base == 0) {
    return false; /* parallel: the distance of the ends tells */
  }
  double t = ((c.x - a.x) * sy - (c.y - a.y) * sx) / base, u = ((c.x - a.x) * ry - (c.y - a.y) * rx) / base;
  return t >= 0 && t <= 1 && u >= 0 && u <= 1;
}

static double blob_distance(const Blob *a, const Blob *b, double sx, double sy) {
  double nearest = blob_holds(a, b->points[0]) || blob_holds(b, a->points[0]) ? 0 : INFINITY;
  for (int i = 0; i < a->count; i++) {
    NodalPoint p = a->points[i], q = a->points[(i + 1) % a->count];
    for (int j = 0; j < b->count; j++) {
      NodalPoint r = b->points[j], s = b->points[(j + 1) % b->count];
      if (cross_at_all(p, q, r, s)) {
        return 0;
      }
      nearest = fmin(nearest, fmin(to_segment(p, r, s, sx, sy), to_segment(r, p, q, sx, sy)));
    }
  }
  return nearest;
}

/* Spreads the number of the first along all that are near enough. */
static void group_blobs(const Blob *blobs, int count, double sx, double sy, double gap_um, int *groups) {
  for (int i = 0; i < count; i++) {
    groups[i] = i;
  }
  for (int i = 0; i < count; i++) {
    for (int j = 0; j < i; j++) {
      double distance_nm = round(1000 * blob_distance(&blobs[i], &blobs[j], sx, sy));
      if (distance_nm == 0 || distance_nm < 1000 * gap_um) {
        int from = groups[i], to = groups[j];
        for (int k = 0; k <= i; k++) {
          groups[k] = groups[k] == from ? to : groups[k];
        }
      }
    }
  }
}

/* The longest diameter and the box of a group, from all its points. */
static NodalLesion measure_group(const Blob *blobs, int count, const int *groups, int group, double sx, double sy) {
  double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY, longest = 0;
  for (int i = 0; i < count; i++) {
    for (int k = 0; groups[i] == group && k < blobs[i].count; k++) {
      NodalPoint p = blobs[i].points[k];
      x0 = fmin(x0, p.x), x1 = fmax(x1, p.x), y0 = fmin(y0, p.y), y1 = fmax(y1, p.y);
      for (int j = 0; j < count; j++) {
        for (int l = 0; groups[j] == group && l < blobs[j].count; l++) {
          NodalPoint q = blobs[j].points[l];
          longest = fmax(longest, hypot((p.x - q.x) * sx, (p.y - q.y) * sy));
        }
      }
    }
  }
  return (NodalLesion){.x_px = x0, .y_px = y0, .width_px = x1 - x0, .height_px = y1 - y0, .longest_mm = longest / 1000};
}

static void compare_with_brute_force(uint64_t seed, double reach, double gap_um, double sx, double sy) {
  uint64_t state = seed;
  Blob blobs[MAX_SHAPES];
  int groups[MAX_SHAPES], found = 0;
  NodalAnnotationSet *set = new_set();
  for (int i = 0; i < MAX_SHAPES; i++) {
    blobs[i] = random_blob(&state, reach);
    add_polygon(set, -1, blobs[i].points, (size_t)blobs[i].count);
  }
  group_blobs(blobs, MAX_SHAPES, sx, sy, gap_um, groups);
  NodalLesions *lesions = measure(set, sx, sy, gap_um);
  for (int group = 0; group < MAX_SHAPES; group++) {
    NodalLesion wanted = measure_group(blobs, MAX_SHAPES, groups, group, sx, sy);
    if (wanted.longest_mm == 0) {
      continue;
    }
    found++;
    int matches = 0;
    NodalLesion lesion;
    for (int i = 0; nodal_lesions_get(lesions, i, &lesion); i++) {
      matches += lesion.x_px == wanted.x_px && lesion.y_px == wanted.y_px && lesion.width_px == wanted.width_px &&
                 lesion.height_px == wanted.height_px && fabs(lesion.longest_mm - wanted.longest_mm) < 1e-12;
    }
    assert_int_equal(matches, 1);
  }
  assert_int_equal(nodal_lesions_count(lesions), found);
  for (int i = 1; i < found; i++) {
    assert_true(get(lesions, i - 1).longest_mm >= get(lesions, i).longest_mm);
  }
  nodal_lesions_free(lesions);
  nodal_annotation_set_free(set);
}

static void merges_like_brute_force(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 60; seed++) {
    compare_with_brute_force(seed, 6, 0, 1, 1);
    compare_with_brute_force(seed, 15, 0, 0.25, 0.25);
    compare_with_brute_force(seed, 6, 5, 1, 0.5);
    compare_with_brute_force(seed, 3, 12.5, 0.7, 1.3);
  }
}

/* Pixels, moments and cut-outs against a mask that is drawn. */
static void areas_are_those_of_the_mask(void **state) {
  (void)state;
  static uint8_t pixels[300 * 300];
  const char *const presets[] = {"camelyon16", "camelyon17"};
  for (uint64_t seed = 1; seed <= 60; seed++) {
    uint64_t random = seed;
    bool first = seed % 2 == 0;
    NodalAnnotationSet *set = new_set();
    int tumor = add_group(set, first ? "_0" : "metastases"), other = add_group(set, first ? "_2" : "normal");
    for (int i = 0; i < 25; i++) {
      Blob blob = random_blob(&random, 25);
      add_polygon(set, i % 4 == 3 ? other : tumor, blob.points, (size_t)blob.count);
    }
    /* So wide a gap that all is one lesion. */
    NodalLesions *lesions = measure(set, 0.5, 0.5, 1000);
    assert_int_equal(nodal_lesions_count(lesions), 1);
    NodalLesion lesion = get(lesions, 0);
    assert_string_equal(lesion.label, first ? "_0" : "metastases");
    NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
    options.width = options.height = 300;
    assert_true(nodal_mask_preset(presets[!first], &options));
    NodalError *error = NULL;
    NodalMask *mask = nodal_mask_new(set, &options, &error);
    check_ok(mask != NULL, &error);
    check_ok(nodal_mask_draw(mask, (NodalRect){0, 0, 300, 300}, pixels, 300, &error), &error);
    double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
    for (int i = 0; i < 300 * 300; i++) {
      if (pixels[i] == 1) {
        n++, x += i % 300, y += i / 300;
      }
    }
    for (int i = 0; i < 300 * 300; i++) {
      double dx = i % 300 - x / n, dy = i / 300 - y / n;
      if (pixels[i] == 1) {
        xx += dx * dx, xy += dx * dy, yy += dy * dy;
      }
    }
    double largest = (xx + yy) / 2 + hypot((xx - yy) / 2, xy);
    assert_near(lesion.area_mm2, n * 0.25 / 1e6, 1e-12);
    assert_near(lesion.major_axis_mm, 4 * 0.5 * sqrt(largest / n) / 1000, 1e-10);
    nodal_mask_free(mask);
    nodal_lesions_free(lesions);
    nodal_annotation_set_free(set);
  }
}

/* ---- names ---- */

static void names_decide_what_is_tumor(void **state) {
  (void)state;
  NodalAnnotationSet *set = new_set();
  const char *const names[] = {"_0", "_1", "_2", "Tumor", "Exclusion", "None", "metastases", "normal"};
  for (int i = 0; i < 8; i++) {
    add_box(set, add_group(set, names[i]), 100 * i, 0, 50, 50 + i);
  }
  NodalLesions *lesions = measure(set, 1, 1, 0);
  assert_int_equal(nodal_lesions_count(lesions), 4);
  const char *const tumor[] = {"metastases", "Tumor", "_1", "_0"};
  for (int i = 0; i < 4; i++) {
    assert_string_equal(get(lesions, i).label, tumor[i]);
  }
  assert_null(nodal_lesions_warning(lesions, 0));
  nodal_lesions_free(lesions);
  /* With labels of one's own the others are left out, and said so once. */
  add_box(set, 7, 2000, 0, 5, 5);
  NodalMaskLabel labels[] = {{"normal", 1}, {"_0", 0}};
  NodalLesionOptions options = NODAL_LESION_OPTIONS_INIT;
  options.spacing_x_um = options.spacing_y_um = 1;
  options.labels = labels;
  options.label_count = 2;
  NodalError *error = NULL;
  lesions = nodal_lesions_of_annotations(set, &options, &error);
  check_ok(lesions != NULL, &error);
  assert_int_equal(nodal_lesions_count(lesions), 2);
  assert_string_equal(nodal_lesions_warning(lesions, 0), "group '_1' has no label and is left out");
  assert_string_equal(nodal_lesions_warning(lesions, 5), "group 'metastases' has no label and is left out");
  assert_null(nodal_lesions_warning(lesions, 6));
  assert_null(nodal_lesions_warning(lesions, -1));
  nodal_lesions_free(lesions);
  nodal_annotation_set_free(set);
}

static void expect_refusal(NodalAnnotationSet *set, NodalLesionOptions options, const char *message) {
  NodalError *error = NULL;
  assert_null(nodal_lesions_of_annotations(set, &options, &error));
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
  assert_string_equal(nodal_error_message(error), message);
  nodal_error_free(error);
}

static void refuses_to_guess(void **state) {
  (void)state;
  NodalAnnotationSet *set = new_set();
  add_box(set, -1, 0, 0, 5, 5);
  NodalLesionOptions good = {.spacing_x_um = 1, .spacing_y_um = 1}, bad = good;
  bad.spacing_x_um = 0;
  expect_refusal(set, bad, "no spacing: lengths are not known");
  bad = good, bad.spacing_y_um = (double)INFINITY;
  expect_refusal(set, bad, "no spacing: lengths are not known");
  bad = good, bad.merge_gap_um = -1;
  expect_refusal(set, bad, "a gap of -1 um makes no sense");
  int group = add_group(set, "stroma");
  expect_refusal(set, good, "annotation 'Tumor' is in no group: whether it is tumor is not known");
  nodal_annotation_set_free(set);
  set = new_set();
  group = add_group(set, "stroma");
  add_box(set, group, 0, 0, 5, 5);
  expect_refusal(set, good, "group 'stroma' has no label: whether it is tumor is not known");
  nodal_annotation_set_free(set);
  set = new_set();
  add_box(set, -1, 1.1e7, 0, 5, 5);
  expect_refusal(set, good, "annotation 'Tumor' has a point at 1.1e+07, 0: too far away");
  nodal_annotation_set_free(set);
}

static void passes_over_what_bounds_no_area(void **state) {
  (void)state;
  NodalAnnotationSet *set = new_set();
  NodalPoint points[] = {{1, 1}, {5000, 1}, {9, 9}};
  NodalRing ring = {points, 3, false};
  add_rings(set, NODAL_SHAPE_POINTS, -1, &ring, 1);
  add_rings(set, NODAL_SHAPE_POLYLINE, -1, &ring, 1);
  NodalLesions *lesions = measure(set, 1, 1, 0);
  assert_int_equal(nodal_lesions_count(lesions), 0);
  assert_int_equal(nodal_lesions_label(lesions), NODAL_CATEGORY_NEGATIVE);
  assert_null(nodal_lesions_warning(lesions, 0));
  nodal_lesions_free(lesions);
  add_polygon(set, -1, points, 2);
  add_box(set, -1, 0.6, 0.6, 0.3, 0.3); /* holds no center, and yet is there */
  lesions = measure(set, 1, 1, 0);
  assert_int_equal(nodal_lesions_count(lesions), 1);
  assert_string_equal(nodal_lesions_warning(lesions, 0),
                      "annotation 'Tumor' has fewer than three points and is left out");
  NodalLesion lesion = get(lesions, 0);
  assert_true(lesion.area_mm2 == 0 && lesion.major_axis_mm == 0);
  assert_near(lesion.longest_mm * 1000, 0.3 * sqrt(2), 1e-12);
  nodal_lesions_free(lesions);
  nodal_annotation_set_free(set);
}

static void what_is_cut_out_is_no_lesion(void **state) {
  (void)state;
  NodalAnnotationSet *set = new_set();
  int tumor = add_group(set, "_1"), cut = add_group(set, "_2");
  add_box(set, tumor, 100, 100, 50, 50);
  add_box(set, tumor, 300, 300, 10, 10);
  add_box(set, cut, 90, 90, 100, 100);
  NodalLesions *lesions = measure(set, 1, 1, 0);
  assert_int_equal(nodal_lesions_count(lesions), 1);
  assert_true(get(lesions, 0).x_px == 300);
  assert_string_equal(nodal_lesions_warning(lesions, 0), "a lesion at 100, 100 is cut out entirely and left out");
  /* Its cells lie in no lesion. */
  NodalPoint places[] = {{120, 120}, {305, 305}};
  int64_t outside = -1;
  nodal_lesions_add_cells(lesions, places, NULL, 2, &outside);
  assert_int_equal(outside, 1);
  assert_int_equal(get(lesions, 0).cells, 1);
  nodal_lesions_free(lesions);
  nodal_annotation_set_free(set);
}

/* ---- cells ---- */

static void cells_raise_a_category(void **state) {
  (void)state;
  NodalAnnotationSet *set = new_set();
  int tumor = add_group(set, "_0"), cut = add_group(set, "_2");
  NodalPoint outer[] = {{0, 0}, {100, 0}, {100, 100}, {0, 100}}, hole[] = {{40, 40}, {60, 40}, {60, 60}, {40, 60}};
  NodalRing rings[] = {{outer, 4, false}, {hole, 4, true}};
  add_rings(set, NODAL_SHAPE_POLYGON, tumor, rings, 2);
  add_box(set, tumor, 200, 0, 50, 50);
  add_box(set, tumor, 400, 0, 250, 50); /* 255 um */
  add_box(set, cut, 0, 0, 20, 20);
  NodalLesions *lesions = measure(set, 1, 1, 0);
  assert_int_equal(nodal_lesions_label(lesions), NODAL_CATEGORY_MICRO);
  const NodalCategory before[] = {NODAL_CATEGORY_MICRO, NODAL_CATEGORY_ITC, NODAL_CATEGORY_ITC};
  for (int i = 0; i < 3; i++) {
    assert_int_equal(get(lesions, i).category, before[i]);
    assert_int_equal(get(lesions, i).cells, -1);
  }
  const NodalPoint places[] = {{30, 70}, {50, 50}, {10, 10}, {225, 25}, {500, 500}, {90, 10}};
  const int64_t cells[] = {200, 1000, 500, 201, 7, 0};
  int64_t outside;
  nodal_lesions_add_cells(lesions, places, cells, 6, &outside);
  assert_int_equal(outside, 1000 + 500 + 7); /* in the hole, in the cut-out, nowhere */
  const int64_t counted[] = {0, 200, 201};
  const NodalCategory after[] = {NODAL_CATEGORY_MICRO, NODAL_CATEGORY_ITC, NODAL_CATEGORY_MICRO};
  for (int i = 0; i < 3; i++) {
    assert_int_equal(get(lesions, i).cells, counted[i]);
    assert_int_equal(get(lesions, i).category, after[i]);
  }
  nodal_lesions_add_cells(lesions, places, NULL, 1, NULL);
  assert_int_equal(get(lesions, 1).cells, 201);
  assert_int_equal(get(lesions, 1).category, NODAL_CATEGORY_MICRO);
  NodalError *error = NULL;
  check_ok(nodal_lesions_set_cells(lesions, 2, 5, &error), &error);
  assert_int_equal(get(lesions, 2).category, NODAL_CATEGORY_ITC);
  const struct {
    int index;
    int64_t cells;
    const char *message;
  } bad[] = {{3, 1, "there is no lesion 4 among 3"},
             {-1, 1, "there is no lesion 0 among 3"},
             {0, -1, "a lesion cannot have -1 cells"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_false(nodal_lesions_set_cells(lesions, bad[i].index, bad[i].cells, &error));
    assert_string_equal(nodal_error_message(error), bad[i].message);
    nodal_error_free(error);
    error = NULL;
  }
  nodal_lesions_free(lesions);
  nodal_lesions_free(NULL);
  nodal_annotation_set_free(set);
}

/* ---- many ---- */

/* A field of deposits, each 40 um from its neighbours, in a frame whose hole they lie in. */
static void merges_thousands(void **state) {
  (void)state;
  enum { SIDE = 120 };
  NodalAnnotationSet *set = new_set();
  for (int i = 0; i < SIDE * SIDE; i++) {
    add_box(set, -1, 200 + 50 * (i % SIDE), 200 + 50 * (i / SIDE), 10, 10);
  }
  double end = 200 + 50 * SIDE + 160;
  NodalPoint outer[] = {{0, 0}, {end, 0}, {end, end}, {0, end}};
  NodalPoint hole[] = {{1, 1}, {end - 1, 1}, {end - 1, end - 1}, {1, end - 1}};
  NodalRing rings[] = {{outer, 4, false}, {hole, 4, true}};
  add_rings(set, NODAL_SHAPE_POLYGON, -1, rings, 2);
  assert_int_equal(count_lesions(set, 1, 1, 0), SIDE * SIDE + 1);
  assert_int_equal(count_lesions(set, 1, 1, 40), SIDE * SIDE + 1);
  assert_int_equal(count_lesions(set, 1, 1, 40.001), 2);
  assert_int_equal(count_lesions(set, 1, 1, 199.001), 1);
  NodalLesions *lesions = measure(set, 1, 1, 100);
  assert_near(get(lesions, 1).area_mm2, SIDE * SIDE * 100 / 1e6, 1e-12);
  nodal_lesions_free(lesions);
  nodal_annotation_set_free(set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(measures_a_box),
      cmocka_unit_test(measures_ellipses),
      cmocka_unit_test(measures_a_tilted_ellipse),
      cmocka_unit_test(measures_a_hole),
      cmocka_unit_test(two_millimetres_are_micro),
      cmocka_unit_test(merges_by_the_gap),
      cmocka_unit_test(merges_what_touches),
      cmocka_unit_test(islands_and_holes),
      cmocka_unit_test(parts_of_a_shape_are_deposits),
      cmocka_unit_test(merges_like_brute_force),
      cmocka_unit_test(areas_are_those_of_the_mask),
      cmocka_unit_test(names_decide_what_is_tumor),
      cmocka_unit_test(refuses_to_guess),
      cmocka_unit_test(passes_over_what_bounds_no_area),
      cmocka_unit_test(what_is_cut_out_is_no_lesion),
      cmocka_unit_test(cells_raise_a_category),
      cmocka_unit_test(merges_thousands),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
