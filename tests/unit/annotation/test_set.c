/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copies_and_gives_back(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  char name[] = "one";
  NodalPoint outer[] = {{0, 0}, {10, 0}, {10, 10}}, inner[] = {{4, 1}, {6, 1}, {6, 3}};
  NodalRing rings[] = {{outer, 3, false}, {inner, 3, true}};
  NodalAnnotation annotation = {name, NODAL_SHAPE_POLYGON, -1, 0x123456, rings, 2};
  assert_true(nodal_annotation_set_add(set, &annotation, NULL));
  memset(name, 'x', 3);
  memset(outer, 0, sizeof outer);
  memset(rings, 0, sizeof rings);
  expect_set(set, "polygon 'one' in -1 #123456: (0 0) (10 0) (10 10) - (4 1) (6 1) (6 3)\n");
  assert_int_equal(nodal_annotation_set_count(set), 1);
  assert_false(nodal_annotation_set_get(set, 1, &annotation));
  assert_false(nodal_annotation_set_get(set, -1, &annotation));
  assert_int_equal(nodal_annotation_set_format(set), NODAL_ANNOTATION_AUTO);
  nodal_annotation_set_free(set);
  nodal_annotation_set_free(NULL);
}

static void groups_and_attributes(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  add_group(set, "all", -1, 0xFF0000);
  add_group(set, "part", 0, NODAL_RGB_UNSET);
  add_group(set, "part", -1, 0xFF);
  assert_true(nodal_annotation_set_set_attribute(set, 1, "k", "v", NULL));
  assert_true(nodal_annotation_set_set_attribute(set, 1, "l", "w", NULL));
  assert_true(nodal_annotation_set_set_attribute(set, 1, "k", "u", NULL));
  expect_set(set, "group all in -1 #FF0000\ngroup part in 0 - k=u l=w\ngroup part in -1 #0000FF\n");
  assert_int_equal(nodal_annotation_set_find_group(set, "part"), 1);
  assert_int_equal(nodal_annotation_set_find_group(set, "nothing"), -1);
  assert_int_equal(nodal_annotation_find_child(set, -1, "part"), 2);
  NodalError *error = NULL;
  assert_false(nodal_annotation_set_add_group(set, &(NodalAnnotationGroup){"part", 0, 0}, &error));
  assert_string_equal(nodal_error_message(error), "there is a group 'part' already");
  nodal_error_free(error);
  error = NULL;
  assert_false(nodal_annotation_set_add_group(set, &(NodalAnnotationGroup){"p", 3, 0}, &error));
  assert_string_equal(nodal_error_message(error), "group 3, in which 'p' is to be, does not exist");
  nodal_error_free(error);
  assert_false(nodal_annotation_set_set_attribute(set, 3, "k", "v", NULL));
  assert_int_equal(nodal_annotation_set_group_count(set), 3);
  nodal_annotation_set_free(set);
}

/* Against a plain search through all names. */
static void many_groups_are_found(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  char name[16];
  for (int i = 0; i < 3000; i++) {
    snprintf(name, sizeof name, "g%d", i * 7919 % 3001);
    add_group(set, name, -1, 0);
  }
  for (int i = 0; i < 3000; i++) {
    snprintf(name, sizeof name, "g%d", i * 7919 % 3001);
    assert_int_equal(nodal_annotation_set_find_group(set, name), i);
  }
  nodal_annotation_set_free(set);
}

static void depth_is_limited(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  char name[16];
  for (int i = 0; i < 64; i++) {
    snprintf(name, sizeof name, "g%d", i);
    add_group(set, name, i - 1, 0);
  }
  NodalError *error = NULL;
  assert_false(nodal_annotation_set_add_group(set, &(NodalAnnotationGroup){"deep", 63, 0}, &error));
  assert_string_equal(nodal_error_message(error), "group 'deep' is nested more than 64 deep");
  nodal_error_free(error);
  nodal_annotation_set_free(set);
}

static void refuse(const NodalAnnotation *annotation, const char *message) {
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  NodalError *error = NULL;
  assert_false(nodal_annotation_set_add(set, annotation, &error));
  assert_string_equal(nodal_error_message(error), message);
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
  assert_int_equal(nodal_annotation_set_count(set), 0);
  nodal_error_free(error);
  nodal_annotation_set_free(set);
}

static void bad_annotations_are_refused(void **state) {
  (void)state;
  NodalPoint point = {NAN, 1};
  NodalRing ring = {&point, 1, false};
  refuse(&(NodalAnnotation){"a", NODAL_SHAPE_POINT, -1, 0, &ring, 1},
         "coordinate nan, 1 of annotation 'a' is no place on a slide");
  point.x = 1e13;
  refuse(&(NodalAnnotation){"a", NODAL_SHAPE_POINT, -1, 0, &ring, 1},
         "coordinate 1e+13, 1 of annotation 'a' is no place on a slide");
  point.x = 1;
  refuse(&(NodalAnnotation){"a", NODAL_SHAPE_POINT, 0, 0, &ring, 1}, "group 0 of annotation 'a' does not exist");
  refuse(&(NodalAnnotation){"a", (NodalShape)8, -1, 0, &ring, 1}, "shape 8 of annotation 'a' does not exist");
  refuse(&(NodalAnnotation){"\xFF", NODAL_SHAPE_POINT, -1, 0, &ring, 1}, "the name of an annotation is not UTF-8");
}

static void warnings_are_bounded(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  for (int i = 0; i < 5000; i++) {
    assert_true(nodal_annotation_warn(set, NULL, "number\n%d", i));
  }
  assert_string_equal(nodal_annotation_set_warning(set, 998), "number 998");
  assert_string_equal(nodal_annotation_set_warning(set, 999), "more warnings than are shown here");
  assert_null(nodal_annotation_set_warning(set, 1000));
  nodal_annotation_set_free(set);
}

static void names(void **state) {
  (void)state;
  assert_string_equal(nodal_shape_name(NODAL_SHAPE_POLYLINE), "polyline");
  assert_string_equal(nodal_shape_name(NODAL_SHAPE_ELLIPSE), "ellipse");
  static const char *const formats[] = {"auto", "asap", "geojson", "imagescope", "ndpa", "csv"};
  for (int i = 0; i < 6; i++) {
    assert_string_equal(nodal_annotation_format_name((NodalAnnotationFormat)i), formats[i]);
  }
  static const char *const faults[] = {"empty-set",     "too-few-points", "duplicate-vertex", "open-ring",
                                       "self-crossing", "outside-slide",  "unknown-group",    "other-level"};
  for (int i = 0; i < 8; i++) {
    assert_string_equal(nodal_annotation_fault_name((NodalAnnotationFault)i), faults[i]);
  }
}

static void files_of_no_format(void **state) {
  (void)state;
  static const char *const none[] = {"", "hello\n", "<html></html>", "a,b\n1,2\n", "II*"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    expect_refused(none[i], NODAL_ANNOTATION_AUTO, NULL,
                   "t: is no annotation file: neither ASAP, ImageScope or NDPA XML, nor GeoJSON, Darwin, Cytomine or "
                   "Sectra JSON, nor a CSV of points");
  }
}

static void extensions(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  NodalError *error = NULL;
  assert_false(nodal_annotation_set_write(set, "/tmp/a.txt", NODAL_ANNOTATION_AUTO, NULL, false, &error));
  assert_string_equal(nodal_error_message(error),
                      "/tmp/a.txt: which format? Annotations are written to .xml, .geojson, .json, .ndpa or .csv");
  nodal_error_free(error);
  error = NULL;
  assert_false(nodal_annotation_set_write(set, "/tmp/a.ndpa", NODAL_ANNOTATION_AUTO, NULL, false, &error));
  assert_string_equal(nodal_error_message(error),
                      "/tmp/a.ndpa: ndpa counts from the middle of the glass: it needs its slide");
  nodal_error_free(error);
  nodal_annotation_set_free(set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(copies_and_gives_back),
      cmocka_unit_test(groups_and_attributes),
      cmocka_unit_test(many_groups_are_found),
      cmocka_unit_test(depth_is_limited),
      cmocka_unit_test(bad_annotations_are_refused),
      cmocka_unit_test(warnings_are_bounded),
      cmocka_unit_test(names),
      cmocka_unit_test(files_of_no_format),
      cmocka_unit_test(extensions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
