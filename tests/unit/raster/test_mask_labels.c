/* SPDX-License-Identifier: Apache-2.0 */
#include "../pyramid/support.h"
#include "shapes.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A set of squares that overlap in steps: square i covers columns 10 i to 10 i + 20 of rows 0 to 9. */
static NodalAnnotationSet *squares(const char *const *groups, int count, bool as_groups) {
  NodalError *error = NULL;
  NodalAnnotationSet *set = nodal_annotation_set_new(&error);
  check_ok(set != NULL, &error);
  for (int i = 0; i < count; i++) {
    int index = -1;
    if (as_groups && groups[i]) {
      index = nodal_annotation_set_find_group(set, groups[i]);
      if (index < 0) {
        NodalAnnotationGroup group = {groups[i], -1, NODAL_RGB_UNSET};
        check_ok(nodal_annotation_set_add_group(set, &group, &error), &error);
        index = nodal_annotation_set_find_group(set, groups[i]);
      }
    }
    const NodalPoint points[] = {{10 * i, -5}, {10 * i + 20, -5}, {10 * i + 20, 15}, {10 * i, 15}};
    NodalRing ring = {points, 4, false};
    NodalAnnotation annotation = {
        as_groups || !groups[i] ? "" : groups[i], NODAL_SHAPE_POLYGON, index, NODAL_RGB_UNSET, &ring, 1};
    check_ok(nodal_annotation_set_add(set, &annotation, &error), &error);
  }
  return set;
}

static NodalMaskOptions options_for(int64_t width, NodalMaskRule rule) {
  NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
  options.width = width;
  options.height = 10;
  options.rule = rule;
  return options;
}

/* One digit a step of 10 columns, looked at in its middle. */
static void check_steps(const NodalAnnotationSet *set, const NodalMaskOptions *options, const char *expected) {
  for (int rule = NODAL_MASK_CENTER; rule <= NODAL_MASK_ASAP; rule++) {
    NodalMaskOptions with_rule = *options;
    with_rule.rule = (NodalMaskRule)rule;
    NodalMask *mask = mask_new(set, &with_rule);
    uint8_t *pixels = draw_all(mask);
    for (size_t i = 0; expected[i]; i++) {
      assert_int_equal(pixels[5 * options->width + 10 * (int64_t)i + 5], expected[i] - '0');
    }
    free(pixels);
    nodal_mask_free(mask);
  }
}

static void labels_and_order(void **state) {
  (void)state;
  static const char *const names[] = {"a", "b", "a", "c"};
  static const NodalMaskLabel labels[] = {{"a", 3}, {"b", 2}, {"c", 0}};
  static const char *const order[] = {"a", "b", "c"}, *const partial[] = {"b", "c"}, *const turned[] = {"c", "b", "a"};
  for (int as_groups = 0; as_groups < 2; as_groups++) {
    NodalAnnotationSet *set = squares(names, 4, as_groups);
    NodalMaskOptions options = options_for(60, NODAL_MASK_CENTER);
    check_steps(set, &options, "111110");
    options.labels = labels;
    options.label_count = 3;
    check_steps(set, &options, "333300"); /* 0 cuts nothing, 2 does not overwrite 3 */
    options.order = order;
    options.order_count = 3;
    check_steps(set, &options, "322000");
    options.order = partial;
    options.order_count = 2;
    check_steps(set, &options, "022000"); /* a is left out */
    options.order = turned;
    options.order_count = 3;
    check_steps(set, &options, "333300");
    nodal_annotation_set_free(set);
  }
}

static void presets(void **state) {
  (void)state;
  static const char *const names16[] = {"_0", "_2", "_1", "Exclusion", "Tumor", "None"};
  static const char *const names17[] = {"metastases", "normal", "metastases"};
  NodalMaskOptions options = options_for(80, NODAL_MASK_CENTER);
  NodalAnnotationSet *set = squares(names16, 6, true);
  assert_true(nodal_mask_preset("camelyon16", &options));
  check_steps(set, &options, "10000000");
  nodal_annotation_set_free(set);
  set = squares(names17, 3, true);
  assert_true(nodal_mask_preset("camelyon17", &options));
  check_steps(set, &options, "12210000");
  nodal_annotation_set_free(set);
  assert_false(nodal_mask_preset("camelyon18", &options));
}

static void check_warnings(const NodalAnnotationSet *set, const NodalMaskOptions *options, const char *const *lines) {
  NodalMask *mask = mask_new(set, options);
  int i = 0;
  for (; lines[i]; i++) {
    const char *warning = nodal_mask_warning(mask, i);
    assert_non_null(warning);
    assert_string_equal(warning, lines[i]);
  }
  assert_null(nodal_mask_warning(mask, i));
  assert_null(nodal_mask_warning(mask, -1));
  nodal_mask_free(mask);
}

static void names_what_is_left_out(void **state) {
  (void)state;
  static const char *const names[] = {"a", "b", "b", NULL, "c"};
  static const NodalMaskLabel labels[] = {{"a", 1}, {"c", 2}};
  static const char *const order[] = {"a"};
  static const char *const by_group[] = {"group \"b\" has no label: 2 annotations left out",
                                         "1 annotation without a group is left out", NULL};
  static const char *const by_order[] = {"group \"b\" has no label: 2 annotations left out",
                                         "1 annotation without a group is left out",
                                         "group \"c\" is not in the order: 1 annotation left out", NULL};
  static const char *const by_name[] = {"name \"b\" has no label: 2 annotations left out",
                                        "name \"\" has no label: 1 annotation left out", NULL};
  static const char *const unlabelled[] = {"no labels are given: the annotations of all groups become 1", NULL};
  NodalMaskOptions options = options_for(100, NODAL_MASK_CENTER);
  options.height = 100;
  NodalAnnotationSet *groups = squares(names, 5, true), *plain = squares(names, 5, false);
  static const char *const clipped_by = "annotation 0 and 4 more: reaches outside the slide, 100 x 100 pixels, and is "
                                        "clipped";
  const char *lines[6];
  const struct {
    const NodalAnnotationSet *set;
    const char *const *lines;
    bool labelled, ordered;
    const char *clipped;
  } cases[] = {
      {groups, by_group, true, false,
       "annotation 0 and 1 more: reaches outside the slide, 100 x 100 pixels, and is clipped"},
      {groups, by_order, true, true, "annotation 0: reaches outside the slide, 100 x 100 pixels, and is clipped"},
      {plain, by_name, true, false,
       "annotation 0, a and 1 more: reaches outside the slide, 100 x 100 pixels, and is clipped"},
      {groups, unlabelled, false, false, clipped_by},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t count = 0;
    for (; cases[i].lines[count]; count++) {
      lines[count] = cases[i].lines[count];
    }
    lines[count++] = cases[i].clipped;
    lines[count] = NULL;
    options.labels = cases[i].labelled ? labels : NULL;
    options.label_count = cases[i].labelled ? 2 : 0;
    options.order = cases[i].ordered ? order : NULL;
    options.order_count = cases[i].ordered ? 1 : 0;
    check_warnings(cases[i].set, &options, lines);
  }
  nodal_annotation_set_free(groups);
  nodal_annotation_set_free(plain);
}

static void odd_shapes(void **state) {
  (void)state;
  const NodalPoint points[] = {{2, 2}, {8, 2}, {8, 8}, {2, 8}};
  NodalAnnotationSet *set = set_new();
  set_add_ring(set, NODAL_SHAPE_POLYGON, -1, points, 2);
  set_add_ring(set, NODAL_SHAPE_POINTS, -1, points, 4);
  set_add_ring(set, NODAL_SHAPE_POLYGON, -1, points, 4);
  static const char *const center[] = {"annotation 0, a: an outline of fewer than three points covers nothing",
                                       "annotation 1, a: has no area and is not drawn", NULL};
  static const char *const asap[] = {"annotation 0, a: an outline of fewer than three points covers nothing", NULL};
  NodalMaskOptions options = options_for(10, NODAL_MASK_CENTER);
  check_warnings(set, &options, center);
  options.rule = NODAL_MASK_ASAP;
  check_warnings(set, &options, asap);
  nodal_annotation_set_free(set);
}

static void refuses(void **state) {
  (void)state;
  static const char *const names[] = {"x", "y"};
  static const NodalMaskLabel good[] = {{"a", 1}}, large[] = {{"a", 256}}, twice[] = {{"a", 1}, {"a", 2}};
  static const char *const unknown[] = {"a", "b"}, *const again[] = {"a", "a"};
  const NodalMaskOptions base = options_for(10, NODAL_MASK_CENTER);
  const struct {
    NodalMaskOptions options;
    const char *message;
  } cases[] = {
      {{.width = 0, .height = 10, .downsample = 1}, "a mask of 0 x 10 pixels is not within 1 to 2147483647"},
      {{.width = 10, .height = 2147483648, .downsample = 1},
       "a mask of 10 x 2147483648 pixels is not within 1 to 2147483647"},
      {{.width = 10, .height = 10, .downsample = 0.5}, "a downsample of 0.5 is less than 1"},
      {{.width = 10, .height = 10, .downsample = (double)NAN}, "a downsample of nan is less than 1"},
      {{.width = 10, .height = 10, .downsample = 1, .labels = large, .label_count = 1},
       "label \"a\": 256 is not within 0 to 255"},
      {{.width = 10, .height = 10, .downsample = 1, .labels = twice, .label_count = 2}, "label \"a\" is given twice"},
      {{.width = 10,
        .height = 10,
        .downsample = 1,
        .labels = good,
        .label_count = 1,
        .order = unknown,
        .order_count = 2},
       "order: \"b\" has no label"},
      {{.width = 10, .height = 10, .downsample = 1, .labels = good, .label_count = 1, .order = again, .order_count = 2},
       "order: \"a\" is named twice"},
      {{.width = 10, .height = 10, .downsample = 1, .labels = good, .label_count = 1},
       "no annotation has a label: there are groups \"x\" and others"},
  };
  NodalAnnotationSet *set = squares(names, 2, true);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    NodalError *error = NULL;
    NodalMask *mask = nodal_mask_new(set, &cases[i].options, &error);
    check_error(mask != NULL, &error, NODAL_ERROR_ARGUMENT, cases[i].message);
  }
  nodal_annotation_set_free(set);
  const NodalPoint far[] = {{0, 0}, {1e12, 0}, {0, 5}};
  set = set_new();
  set_add_ring(set, NODAL_SHAPE_POLYGON, -1, far, 3);
  NodalError *error = NULL;
  NodalMask *mask = nodal_mask_new(set, &base, &error);
  check_error(mask != NULL, &error, NODAL_ERROR_ARGUMENT,
              "annotation 0, a: a point at 1e+12, 0 is more than 2^31 pixels away");
  nodal_annotation_set_free(set);
}

/* --- the file --- */

static NodalAnnotationSet *many_shapes(double width, double height) {
  static NodalPoint points[2][MAX_POINTS];
  Random random = {31};
  NodalAnnotationSet *set = set_new();
  const NodalPoint large[] = {{100.5, 90}, {width - 90, 110}, {width - 200, height - 100}, {80, height - 300}};
  const NodalPoint hole[] = {{300, 300}, {width - 400, 350}, {width - 450, height - 500}, {320, height - 520}};
  const NodalRing rings[] = {{large, 4, false}, {hole, 4, true}};
  set_add(set, NODAL_SHAPE_POLYGON, 0, rings, 2);
  for (int i = 0; i < 40; i++) {
    size_t count = shape_make(&random, (Kind)(i % KIND_HUGE), 6, 120, 120, points[0]);
    double x = (double)random_below(&random, (int64_t)width), y = (double)random_below(&random, (int64_t)height);
    for (size_t k = 0; k < count; k++) {
      points[1][k] = (NodalPoint){points[0][k].x + x, points[0][k].y + y};
    }
    set_add_ring(set, NODAL_SHAPE_POLYGON, 0, points[1], count);
  }
  return set;
}

/* Level k of the file is pixel (i << k, j << k) of what is drawn; tiles of any side and codec hold the same. */
static void writes_the_pyramid(void **state) {
  (void)state;
  const int64_t width = 1700, height = 1300;
  NodalAnnotationSet *set = many_shapes((double)width, (double)height);
  NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
  options.width = width;
  options.height = height;
  options.spacing_x_um = 0.25;
  options.spacing_y_um = 0.5;
  NodalMask *mask = mask_new(set, &options);
  uint8_t *drawn = draw_all(mask);
  const NodalCodec codecs[] = {NODAL_CODEC_LZW, NODAL_CODEC_DEFLATE, NODAL_CODEC_ZSTD, NODAL_CODEC_NONE};
  const int sides[] = {512, 64, 16, 1024};
  for (int i = 0; i < 4; i++) {
    NodalMaskWrite how = {.tile_size = sides[i], .codec = codecs[i], .threads = 2, .force = true};
    NodalError *error = NULL;
    check_ok(nodal_mask_write(mask, in_folder("mask.tif"), &how, NULL, &error), &error);
    NodalSlide *slide = nodal_slide_open(in_folder("mask.tif"), NULL, &error);
    check_ok(slide != NULL, &error);
    assert_int_equal(nodal_slide_color(slide), NODAL_COLOR_LABEL);
    double x_um, y_um, least, most;
    assert_true(nodal_slide_spacing(slide, &x_um, &y_um) && fabs(x_um - 0.25) < 1e-7 && fabs(y_um - 0.5) < 1e-7);
    assert_true(nodal_slide_value_range(slide, &least, &most) && least == 0 && most == 1);
    for (int k = 0; k < nodal_slide_level_count(slide); k++) {
      NodalLevel level;
      nodal_slide_level(slide, k, &level);
      assert_int_equal(level.width, (width + (1 << k) - 1) >> k);
      assert_int_equal(level.height, (height + (1 << k) - 1) >> k);
      uint8_t *pixels = malloc((size_t)(level.width * level.height));
      check_ok(nodal_slide_read_level(slide, k, (NodalRect){0, 0, level.width, level.height}, NODAL_PIXELS_NATIVE,
                                      pixels, (size_t)level.width, &error),
               &error);
      for (int64_t y = 0; y < level.height; y++) {
        for (int64_t x = 0; x < level.width; x++) {
          assert_int_equal(pixels[y * level.width + x], drawn[(y << k) * width + (x << k)]);
        }
      }
      free(pixels);
    }
    nodal_slide_free(slide);
  }
  free(drawn);
  nodal_mask_free(mask);
  nodal_annotation_set_free(set);
}

static void threads_make_no_difference(void **state) {
  (void)state;
  NodalAnnotationSet *set = many_shapes(3000, 4000);
  for (int rule = NODAL_MASK_CENTER; rule <= NODAL_MASK_ASAP; rule++) {
    NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
    options.width = 3000;
    options.height = 4000;
    options.rule = (NodalMaskRule)rule;
    NodalMask *mask = mask_new(set, &options);
    unsigned char *bytes[2];
    size_t sizes[2];
    for (int i = 0; i < 2; i++) {
      NodalMaskWrite how = {.tile_size = 128, .codec = NODAL_CODEC_LZW, .threads = i ? 8 : 1, .force = true};
      NodalError *error = NULL;
      check_ok(nodal_mask_write(mask, in_folder("mask.tif"), &how, NULL, &error), &error);
      bytes[i] = file_bytes(in_folder("mask.tif"), &sizes[i]);
    }
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizes[0]);
    free(bytes[0]);
    free(bytes[1]);
    nodal_mask_free(mask);
  }
  nodal_annotation_set_free(set);
}

/* A mask of nothing, and of one value from edge to edge: no tile is drawn, each is stored once. */
static void constant_masks(void **state) {
  (void)state;
  const NodalPoint all[] = {{-10, -10}, {100000, -10}, {100000, 100000}, {-10, 100000}};
  for (int full = 0; full < 2; full++) {
    NodalAnnotationSet *set = set_new();
    if (full) {
      set_add_ring(set, NODAL_SHAPE_POLYGON, 0, all, 4);
    }
    NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
    options.width = 50001;
    options.height = 30000;
    NodalMask *mask = mask_new(set, &options);
    NodalMaskWrite how = NODAL_MASK_WRITE_INIT;
    how.force = true;
    NodalError *error = NULL;
    check_ok(nodal_mask_write(mask, in_folder("mask.tif"), &how, NULL, &error), &error);
    size_t size;
    free(file_bytes(in_folder("mask.tif"), &size));
    assert_true(size < 200000); /* 7,900 tiles: their places, and one tile */
    NodalSlide *slide = nodal_slide_open(in_folder("mask.tif"), NULL, &error);
    check_ok(slide != NULL, &error);
    int last = nodal_slide_level_count(slide) - 1;
    NodalLevel level;
    nodal_slide_level(slide, last, &level);
    uint8_t pixel[2] = {9, 9};
    check_ok(nodal_slide_read_level(slide, last, (NodalRect){level.width - 1, level.height - 1, 1, 1},
                                    NODAL_PIXELS_NATIVE, &pixel[0], 1, &error),
             &error);
    check_ok(
        nodal_slide_read_level(slide, 0, (NodalRect){50000, 29999, 1, 1}, NODAL_PIXELS_NATIVE, &pixel[1], 1, &error),
        &error);
    assert_int_equal(pixel[0], full);
    assert_int_equal(pixel[1], full);
    nodal_slide_free(slide);
    nodal_mask_free(mask);
    nodal_annotation_set_free(set);
  }
}

static bool stop_at_once(void *user, uint64_t done, uint64_t total) {
  (void)user;
  return done >= total;
}

static void stops_and_leaves_nothing(void **state) {
  (void)state;
  NodalAnnotationSet *set = many_shapes(3000, 4000);
  NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
  options.width = 30000;
  options.height = 40000;
  NodalMask *mask = mask_new(set, &options);
  NodalProgress progress = {stop_at_once, NULL};
  int before = folder_count();
  NodalError *error = NULL;
  bool written = nodal_mask_write(mask, in_folder("stopped.tif"), NULL, &progress, &error);
  check_error(written, &error, NODAL_ERROR_CANCELLED, "cancelled");
  assert_int_equal(folder_count(), before);
  nodal_mask_free(mask);
  nodal_annotation_set_free(set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels_and_order),
      cmocka_unit_test(presets),
      cmocka_unit_test(names_what_is_left_out),
      cmocka_unit_test(odd_shapes),
      cmocka_unit_test(refuses),
      cmocka_unit_test(writes_the_pyramid),
      cmocka_unit_test(threads_make_no_difference),
      cmocka_unit_test(constant_masks),
      cmocka_unit_test(stops_and_leaves_nothing),
  };
  return cmocka_run_group_tests_name("mask: labels and file", tests, folder_setup, folder_teardown);
}
