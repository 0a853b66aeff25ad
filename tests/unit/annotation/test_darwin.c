/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <stdio.h>

#define ITEM "'item':{'name':'a.tif','slots':[{'slot_name':'0','width':100,'height':80}]}"
#define FILE_OF(annotations) "{'version':'2.0',\n" ITEM ",\n'annotations':[\n" annotations "\n]}"
#define P(x, y) "{'x':" #x ",'y':" #y "}"

static const NodalAnnotationFrame frame = {100, 80, 0, 0, 0, 0};

static void expect_read(const char *text, const char *description, const char *warnings) {
  NodalAnnotationSet *set = read_json(text, &frame);
  assert_int_equal(nodal_annotation_set_format(set), NODAL_ANNOTATION_DARWIN);
  assert_int_equal(nodal_annotation_set_places(set), NODAL_PLACES_KNOWN);
  expect_set(set, description);
  expect_warnings(set, warnings);
  nodal_annotation_set_free(set);
}

static void all_kinds(void **state) {
  (void)state;
  expect_read(
      FILE_OF("{'id':'1','name':'tumor','slot_names':['0'],'bounding_box':{'x':0,'y':0,'w':9,'h':9},'polygon':"
              "{'paths':[[" P(0, 0) "," P(9, 0) "," P(
                  9, 9.5) "]]}},\n"
                          "{'name':'cell','keypoint':" P(
                              15957.38,
                              19211.73) ",'properties':[]},\n"
                                        "{'name':'cell','bounding_box':{'h':3,'w':4,'x':1.5,'y':2}},\n"
                                        "{'name':'ruler','line':{'path':[" P(1, 2) "," P(
                                            3, 4) "]}},\n"
                                                  "{'name':'tumor','bounding_box':{'x':40,'y':35,'w':20,'h':10},'"
                                                  "ellipse':{'center':" P(50, 40) ",'radius':" P(10, 5) ",'angle':0}}"),
      "group tumor in -1 -\ngroup cell in -1 -\ngroup ruler in -1 -\n"
      "polygon 'tumor' in 0 -: (0 0) (9 0) (9 9.5)\n"
      "point 'cell' in 1 -: (15957.379999999999 19211.73)\n"
      "rectangle 'cell' in 1 -: (1.5 2) (5.5 2) (5.5 5) (1.5 5)\n"
      "polyline 'ruler' in 2 -: (1 2) (3 4)\n"
      "ellipse 'tumor' in 0 -: (40 35) (60 45)\n",
      "");
  expect_read("{'schema_ref':'https://example.org/schema.json','annotations':[ ]}", "", "");
}

/* Rings fill by the even-odd rule, in any order. */
static void rings_in_rings(void **state) {
  (void)state;
  expect_read(FILE_OF("{'name':'t','polygon':{'paths':[[" P(3, 3) "," P(5, 3) "," P(5, 5) "," P(3, 5) "," P(
                  3, 3) "],"
                        "[" P(20, 0) "," P(29, 0) "," P(29, 9) "],"
                                                               "[" P(0, 0) "," P(9, 0) "," P(9, 9) "," P(0, 9) "]]}}"),
              "group t in -1 -\n"
              "polygon 't' in 0 -: (20 0) (29 0) (29 9) | (0 0) (9 0) (9 9) (0 9) - (3 3) (5 3) (5 5) (3 5)\n",
              "");
}

/* Its vertices lie on it, the first at the end of its first axis, y downward. */
static void ellipses_that_are_turned(void **state) {
  (void)state;
  NodalAnnotationSet *set =
      read_json(FILE_OF("{'name':'e','ellipse':{'center':" P(50, 40) ",'radius':" P(10, 5) ",'angle':0.5}}"), &frame);
  expect_warnings(set, "annotation 'e': an ellipse that is turned is read as a polygon\n");
  NodalAnnotation annotation;
  assert_true(nodal_annotation_set_get(set, 0, &annotation));
  assert_int_equal(annotation.shape, NODAL_SHAPE_POLYGON);
  assert_int_equal(annotation.ring_count, 1);
  const NodalRing *ring = annotation.rings;
  assert_in_range(ring->count, 12, 100);
  assert_true(fabs(ring->points[0].x - (50 + 10 * cos(0.5))) < 1e-9);
  assert_true(fabs(ring->points[0].y - (40 + 10 * sin(0.5))) < 1e-9);
  for (size_t i = 0; i < ring->count; i++) {
    double x = ring->points[i].x - 50, y = ring->points[i].y - 40;
    double along = (x * cos(0.5) + y * sin(0.5)) / 10, across = (y * cos(0.5) - x * sin(0.5)) / 5;
    assert_true(fabs(along * along + across * across - 1) < 1e-12);
  }
  assert_true(fabs(nodal_annotation_area(&annotation) - acos(-1) * 50) < 0.1 * 2 * acos(-1) * 10);
  nodal_annotation_set_free(set);
}

static void what_is_left_out_is_told(void **state) {
  (void)state;
  expect_read(
      FILE_OF("{'name':'a','keypoint':" P(
          1, 2) ",'attributes':['x'],'text':{'text':'seen'}},\n"
                "{'name':'b','keypoint':" P(3, 4) ",'attributes':['y'],'hue':7,'inference':null},\n"
                                                  "{'name':'whole','tag':{}},\n"
                                                  "{'name':'c','id':'9','skeleton':{'nodes':[]}},\n"
                                                  "{'name':'bare'},\n"
                                                  "{'name':'two','polygon':{'paths':[[" P(0, 0) "," P(9, 9) "]]}}"),
      "group a in -1 -\ngroup b in -1 -\ngroup two in -1 -\n"
      "point 'a' in 0 -: (1 2)\npoint 'b' in 1 -: (3 4)\npolygon 'two' in 2 -: (0 0) (9 9)\n",
      "line 5: annotation 'b': 'hue' is left out\n"
      "line 6: annotation 'whole' of the unknown kind 'tag' is left out\n"
      "line 7: annotation 'c' of the unknown kind 'skeleton' is left out\n"
      "line 8: annotation 'bare' of the unknown kind 'shape' is left out\n"
      "line 9: annotation 'two' is a polygon of 2 points\n"
      "annotation 'a' and 1 other: 'attributes' is left out\nannotation 'a': 'text' is left out\n");
}

static void another_size_is_told(void **state) {
  (void)state;
  static const char text[] = FILE_OF("{'name':'a','slot_names':['0'],'keypoint':" P(1, 2) "}");
  NodalAnnotationSet *set = read_json(text, &(NodalAnnotationFrame){.width = 200, .height = 160});
  expect_warnings(set, "the annotations are of an image of 100 x 80 pixels, the slide has 200 x 160\n");
  nodal_annotation_set_free(set);
  set = read_json(text, NULL);
  expect_set(set, "group a in -1 -\npoint 'a' in 0 -: (1 2)\n");
  expect_warnings(set, "");
  nodal_annotation_set_free(set);
}

static void damaged_files_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } rows[] = {
      {"{'version':'1.0'," ITEM ",'annotations':[]}", "t: line 1: Darwin JSON of version '1.0': 2.0 is what is known"},
      {"{'version':'2.0'," ITEM ",'annotations':{}}", "t: line 1: is no Darwin JSON: there is no list of annotations"},
      {FILE_OF("{'keypoint':" P(1, 2) "}"), "t: line 4: an annotation without a name"},
      {FILE_OF("7"), "t: line 4: an annotation without a name"},
      {FILE_OF("{'name':'a','keypoint':{'x':1}}"), "t: line 4: a point is not two numbers x and y"},
      {FILE_OF("{'name':'a','keypoint':{'x':1,'y':'2'}}"), "t: line 4: a point is not two numbers x and y"},
      {FILE_OF("{'name':'a','keypoint':{'x':1,'y':1e13}}"),
       "t: line 4: coordinate 1, 1e+13 of annotation 'a' is no place on a slide"},
      {FILE_OF("{'name':'a','polygon':{'path':[]}}"), "t: line 4: a polygon without paths"},
      {FILE_OF("{'name':'a','polygon':{'paths':[{}]}}"), "t: line 4: there is no list of points"},
      {FILE_OF("{'name':'a','line':{}}"), "t: line 4: there is no list of points"},
      {FILE_OF("{'name':'a','bounding_box':{'x':1,'y':2,'w':3}}"),
       "t: line 4: a box without its width and height w and h"},
      {FILE_OF("{'name':'a','ellipse':{'center':" P(1, 2) "}}"), "t: line 4: a point is not two numbers x and y"},
      {FILE_OF("{'name':'a','ellipse':{'center':" P(1, 2) ",'radius':" P(1, 1e200) ",'angle':1}}"),
       "t: line 4: an ellipse that has no place on a slide"},
      {FILE_OF("{'name':'a','slot_names':['0'],'tag':{}},\n{'name':'b','slot_names':['1'],'tag':{}}"),
       "t: line 5: annotations of two images, the slots '0' and '1'"},
      {"{'version':'2.0'," ITEM ",\n'annotations':[{'name':'a'", "t: line 2: the file ends in the middle of a value"},
      {"{'version':'2.0'," ITEM ",\n'annotations':[]", "t: line 2: '}' is expected where the file ends"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    expect_json_refused(rows[i].text, NULL, rows[i].message);
  }
}

static void is_not_written(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  NodalError *error = NULL;
  assert_false(nodal_annotation_set_write(set, "a.json", NODAL_ANNOTATION_DARWIN, NULL, true, &error));
  assert_string_equal(nodal_error_message(error), "a.json: darwin is read only, annotations are not written in it");
  nodal_error_free(error);
  nodal_annotation_set_free(set);
  for (int format = NODAL_ANNOTATION_ASAP; format <= NODAL_ANNOTATION_SECTRA; format++) {
    assert_int_equal(nodal_annotation_format_is_written((NodalAnnotationFormat)format), format <= NODAL_ANNOTATION_CSV);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_kinds),
      cmocka_unit_test(rings_in_rings),
      cmocka_unit_test(ellipses_that_are_turned),
      cmocka_unit_test(what_is_left_out_is_told),
      cmocka_unit_test(another_size_is_told),
      cmocka_unit_test(damaged_files_are_refused),
      cmocka_unit_test(is_not_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
