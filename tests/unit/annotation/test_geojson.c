/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SQUARE "[[0,0],[9,0],[9,9.5],[0,0]]"

static void expect_read(const char *text, const char *description, const char *warnings) {
  NodalAnnotationSet *set = read_text(text, NODAL_ANNOTATION_AUTO, NULL);
  assert_int_equal(nodal_annotation_set_format(set), NODAL_ANNOTATION_GEOJSON);
  expect_set(set, description);
  expect_warnings(set, warnings);
  nodal_annotation_set_free(set);
}

static void all_geometries(void **state) {
  (void)state;
  static const struct {
    const char *geometry, *description;
  } rows[] = {
      {"{\"type\":\"Point\",\"coordinates\":[1.5,-2]}", "point '' in -1 -: (1.5 -2)\n"},
      {"{\"type\":\"MultiPoint\",\"coordinates\":[[1,2],[3,4]]}", "points '' in -1 -: (1 2) (3 4)\n"},
      {"{\"type\":\"LineString\",\"coordinates\":[[1,2],[3,4]]}", "polyline '' in -1 -: (1 2) (3 4)\n"},
      {"{\"type\":\"Polygon\",\"coordinates\":[" SQUARE "]}", "polygon '' in -1 -: (0 0) (9 0) (9 9.5)\n"},
      {"{\"coordinates\":[" SQUARE ",[[1,1],[2,1],[2,2]]],\"type\":\"Polygon\"}",
       "polygon '' in -1 -: (0 0) (9 0) (9 9.5) - (1 1) (2 1) (2 2)\n"},
      {"{\"type\":\"MultiPolygon\",\"coordinates\":[[" SQUARE
       ",[[1,1],[2,1],[2,2],[1,1]]],[[[20,0],[29,0],[29,9],[20,0]]]]}",
       "polygon '' in -1 -: (0 0) (9 0) (9 9.5) - (1 1) (2 1) (2 2) | (20 0) (29 0) (29 9)\n"},
  };
  static const char *const roots[] = {
      "%s",
      "{\"type\":\"Feature\",\"geometry\":%s,\"properties\":null}",
      "[%s]",
      "[{\"type\":\"Feature\",\"geometry\":%s}]",
      "\xEF\xBB\xBF {\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\","
      "\"geometry\":%s,\"properties\":{}}]}",
      "{\"features\":[{\"type\":\"Feature\",\"geometry\":%s}],"
      "\"type\":\"FeatureCollection\",\"extra\":[1,{\"a\":\"]\"}]}"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    for (size_t k = 0; k < sizeof roots / sizeof *roots; k++) {
      char text[1024];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
      snprintf(text, sizeof text, roots[k], rows[i].geometry);
#pragma GCC diagnostic pop
      expect_read(text, rows[i].description, "");
    }
  }
}

static void empty_roots(void **state) {
  (void)state;
  expect_read("{\"note\":\"<ASAP_Annotations>, <annotations>\",\"type\":\"FeatureCollection\",\"features\":[]}", "",
              "");
  expect_read("[]", "", "");
  expect_read("{\"type\":\"FeatureCollection\",\"features\":[ ]}\n", "", "");
}

static void qupath_properties(void **state) {
  (void)state;
  expect_read("[{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2,0]},\"properties\":"
              "{\"objectType\":\"annotation\",\"name\":\"\\u00e9\",\"color\":[255,0,127],"
              "\"classification\":{\"name\":\"Tumor\",\"color\":[200,0,1]}}},\n"
              "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[3,4]},\"properties\":"
              "{\"classification\":{\"name\":\"Stroma\",\"colorRGB\":-3670016}}},\n"
              "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[5,6]},\"properties\":"
              "{\"classification\":{\"names\":[\"Tumor\",\"Positive\"],\"color\":[1,2]}}},\n"
              "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[7,8]},\"properties\":"
              "{\"classification\":\"Tumor\"}}]",
              "group Tumor in -1 #C80001\ngroup Stroma in -1 #C80000\ngroup Tumor: Positive in -1 -\n"
              "point '\xC3\xA9' in 0 #FF007F: (1 2)\npoint '' in 1 -: (3 4)\npoint '' in 2 -: (5 6)\n"
              "point '' in 0 -: (7 8)\n",
              "");
}

static void what_is_left_out_is_told(void **state) {
  (void)state;
  expect_read("[{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2,7]},"
              "\"nucleusGeometry\":{\"type\":\"Point\",\"coordinates\":[1,2]},\"properties\":"
              "{\"objectType\":\"cell\",\"isMissing\":true,\"measurements\":[{\"name\":\"a\",\"value\":1}]}},\n"
              "{\"type\":\"Feature\",\"geometry\":null,\"properties\":{\"measurements\":{\"a\":1}}},\n"
              "{\"type\":\"MultiLineString\",\"coordinates\":[[[0,0],[1,1]],[[2,2],[3,3]]]},\n"
              "{\"type\":\"GeometryCollection\",\"geometries\":[{\"type\":\"Point\",\"coordinates\":[9,9]}]},\n"
              "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,1],[0,0]]]}]",
              "point '' in -1 -: (1 2)\npolyline '' in -1 -: (0 0) (1 1)\npolyline '' in -1 -: (2 2) (3 3)\n"
              "point '' in -1 -: (9 9)\npolygon '' in -1 -: (0 0) (1 1)\n",
              "line 2: a feature without geometry is left out\n"
              "line 3: the 2 parts of a MultiLineString are annotations of their own\n"
              "line 4: the 1 parts of a GeometryCollection are annotations of their own\n"
              "line 5: annotation number 5 is a polygon of 2 points\n"
              "1 feature: the nucleus of the cell is left out\n2 features: measurements are left out\n"
              "1 feature: marked as missing, kept as an annotation\nheights (z) of 1 positions are left out\n");
}

static void writes_what_qupath_reads(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  add_group(set, "Tumor", -1, 0xC80001);
  NodalPoint outer[] = {{0, 0}, {9, 0}, {9, 9.1}}, hole[] = {{5, 1}, {6, 1}, {6, 2}},
             other[] = {{20, 0}, {29, 0}, {29, 9}};
  NodalRing rings[] = {{outer, 3, false}, {hole, 3, true}, {other, 3, false}};
  NodalAnnotation annotation = {"a\"\\\n", NODAL_SHAPE_POLYGON, 0, 0x0102FF, rings, 2};
  assert_true(nodal_annotation_set_add(set, &annotation, NULL));
  annotation.ring_count = 3;
  annotation.name = "";
  annotation.color = NODAL_RGB_UNSET;
  annotation.group = -1;
  assert_true(nodal_annotation_set_add(set, &annotation, NULL));
  add_ring(set, "r", NODAL_SHAPE_RECTANGLE, -1, 4, (double[]){0, 0, 1, 0, 1, 1, 0, 1});
  add_ring(set, "p", NODAL_SHAPE_POINTS, -1, 1, (double[]){4, 5});
  char *text = write_text(set, NODAL_ANNOTATION_GEOJSON, NULL);
  assert_string_equal(
      text,
      "{\"type\":\"FeatureCollection\",\n"
      "\"nodal\":{\"groups\":[\n{\"name\":\"Tumor\",\"color\":[200,0,1]}\n]},\n"
      "\"features\":[\n"
      "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[9,0],[9,9.1],[0,0]],"
      "[[5,1],[6,1],[6,2],[5,1]]]},\"properties\":{\"objectType\":\"annotation\",\"name\":\"a\\\"\\\\\\u000a\","
      "\"color\":[1,2,255],\"classification\":{\"name\":\"Tumor\",\"color\":[200,0,1]}}},\n"
      "{\"type\":\"Feature\",\"geometry\":{\"type\":\"MultiPolygon\",\"coordinates\":[[[[0,0],[9,0],[9,9.1],[0,0]],"
      "[[5,1],[6,1],[6,2],[5,1]]],[[[20,0],[29,0],[29,9],[20,0]]]]},"
      "\"properties\":{\"objectType\":\"annotation\"}},\n"
      "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]},"
      "\"properties\":{\"objectType\":\"annotation\",\"name\":\"r\",\"nodal\":{\"shape\":\"rectangle\"}}},\n"
      "{\"type\":\"Feature\",\"geometry\":{\"type\":\"MultiPoint\",\"coordinates\":[[4,5]]},"
      "\"properties\":{\"objectType\":\"annotation\",\"name\":\"p\"}}\n]}\n");
  expect_warnings(set, "");
  free(text);
  nodal_annotation_set_free(set);
}

/* Every shape and nest comes back as it was. */
static void comes_back(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  add_group(set, "g", -1, 0xFF0000);
  add_group(set, "g", 0, NODAL_RGB_UNSET);
  add_group(set, "", 1, 0);
  assert_true(nodal_annotation_set_set_attribute(set, 1, "k \"1\"", "v\t", NULL));
  double numbers[] = {0.1, 1e-7, 123456.789012345, 3, 1e12, -1.0 / 3, 7, 70};
  for (int shape = 0; shape <= NODAL_SHAPE_ELLIPSE; shape++) {
    for (size_t count = 0; count <= 4; count++) {
      add_ring(set, "n", (NodalShape)shape, (int)count % 4 - 1, count, numbers);
    }
  }
  char *before = describe(set), *text = write_text(set, NODAL_ANNOTATION_GEOJSON, NULL);
  NodalAnnotationSet *back = read_text(text, NODAL_ANNOTATION_AUTO, NULL);
  expect_set(back, before);
  free(before);
  free(text);
  nodal_annotation_set_free(back);
  nodal_annotation_set_free(set);
}

static void damaged_files_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } rows[] = {
      {"{\"type\":\"FeatureCollection\"}", "t: line 1: a FeatureCollection without features"},
      {"{\"features\":[]}", "t: line 1: is no GeoJSON: features that are no FeatureCollection"},
      {"\n{\"type\":\"Area\",\n\"content\":[]}",
       "t: line 2: is no GeoJSON: 'Area' is neither a feature nor a geometry"},
      {"{\"annotation\":{}}", "t: line 1: is no GeoJSON: an object without a type"},
      {"[\n1\n]", "t: line 2: is no GeoJSON: an object without a type"},
      {"[{\"type\":\"Point\",\"coordinates\":[1,2]}\n", "t: line 2: ']' is expected where the file ends"},
      {"[{\"type\":\"Point\",\n\"coordinates\":[1,", "t: line 2: the file ends in the middle of a value"},
      {"[\n{\"type\":\"Point\",\"coordinates\":[1]}]", "t: line 2: a position is not two numbers"},
      {"[\n{\"type\":\"Point\",\"coordinates\":[1,\"2\"]}]", "t: line 2: a position is not two numbers"},
      {"[{\"type\":\"Point\",\n\"coordinates\":[1,NaN]}]", "t: line 2: invalid token near 'NaN'"},
      {"[{\"type\":\"Point\",\n\"coordinates\":[1,1e999]}]", "t: line 2: real number overflow near '1e999'"},
      {"[{\"type\":\"Point\",\"coordinates\":[1,1e13]}]",
       "t: line 1: coordinate 1, 1e+13 of annotation '' is no place on a slide"},
      {"[{\"type\":\"Point\"}]", "t: line 1: a geometry without coordinates"},
      {"[{\"type\":\"Feature\"}]", "t: line 1: a feature without geometry"},
      {"[{\"type\":\"Feature\",\"geometry\":{\"type\":\"Circle\",\"coordinates\":[]}}]",
       "t: line 1: 'Circle' is no type of geometry"},
      {"[{\"type\":\"Polygon\",\"coordinates\":7}]", "t: line 1: the coordinates of a polygon are no list of rings"},
      {"[{\"type\":\"Polygon\",\"coordinates\":[7]}]", "t: line 1: coordinates are no list of positions"},
      {"[{\"type\":\"Po\nint\"}]", "t: line 1: a string does not end"},
      {"[] []", "t: line 1: more after the end"},
      {"[,]", "t: line 1: a value is expected"},
      {"[{\"type\":\"\xFF\"}]", "t: line 1: unable to decode byte 0xff near '\"'"},
      {"[{\"type\":\"Feature\",\"geometry\":null,\"properties\":{\"nodal\":{\"shape\":\"blob\"}}}]",
       "t: line 1: 'blob' is no shape"},
      {"[{\"type\":\"Feature\",\"geometry\":null,\"properties\":{\"nodal\":{\"group\":0}}}]",
       "t: line 1: a group that does not exist"},
      {"{\"nodal\":{\"groups\":[{\"name\":\"a\",\"parent\":1},{\"name\":\"b\",\"parent\":0}]}}",
       "t: line 1: group 'b' is part of itself"},
      {"{\"nodal\":{\"groups\":[{\"name\":\"a\",\"parent\":1}]}}", "t: line 1: a parent that does not exist"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    expect_refused(rows[i].text, NODAL_ANNOTATION_AUTO, NULL, rows[i].message);
  }
}

static void nests_and_memory_are_bounded(void **state) {
  (void)state;
  enum { DEEP = 1000000 };
  char *text = malloc(DEEP + 1);
  memset(text, '[', DEEP);
  text[DEEP] = '\0';
  expect_refused(text, NODAL_ANNOTATION_AUTO, NULL, "t: line 1: values are nested more than 64 deep");
  free(text);
  /* Three bytes of text become 240 of memory: told before it happens. */
  enum { MANY = 2000000 };
  text = malloc(3 * MANY + 64);
  char *at = text + snprintf(text, 64, "[[");
  for (int i = 0; i < MANY; i++) {
    memcpy(at, "{},", 3);
    at += 3;
  }
  memcpy(at, "1]]", 4);
  expect_refused(text, NODAL_ANNOTATION_AUTO, NULL, "t: line 1: one feature would take more than 320 MiB of memory");
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_geometries),
      cmocka_unit_test(empty_roots),
      cmocka_unit_test(qupath_properties),
      cmocka_unit_test(what_is_left_out_is_told),
      cmocka_unit_test(writes_what_qupath_reads),
      cmocka_unit_test(comes_back),
      cmocka_unit_test(damaged_files_are_refused),
      cmocka_unit_test(nests_and_memory_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
