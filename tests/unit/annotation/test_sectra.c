/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

/* Both x and y count widths of the image: 200 pixels. */
static const NodalAnnotationFrame frame = {200, 80, 0, 0, 0, 0};

#define CONTENT "'content':[{'x':0.25,'y':0.125},{'x':0.5,'y':0.125},{'x':0.5,'y':0.375}]"

static void types_of_annotations(void **state) {
  (void)state;
  NodalAnnotationSet *set = read_json("[{'id':'1','type':'Area','name':null,'result':'5.33 mm²'," CONTENT "},\n"
                                      "{'type':'Polyline','name':'rim','result':null," CONTENT "},\n"
                                      "{'type':'Arrow','name':'here'," CONTENT "},\n"
                                      "{'type':'Area','content':[{'x':0,'y':0},{'x':1,'y':0},{'x':0,'y':0}]}]",
                                      &frame);
  assert_int_equal(nodal_annotation_set_format(set), NODAL_ANNOTATION_SECTRA);
  expect_set(set, "polygon '' in -1 -: (50 25) (100 25) (100 75)\n"
                  "polyline 'rim' in -1 -: (50 25) (100 25) (100 75)\n"
                  "polygon '' in -1 -: (0 0) (200 0)\n");
  expect_warnings(set, "line 3: annotation 'here' of the unknown type 'Arrow' is left out\n"
                       "line 4: annotation number 3 is a polygon of 2 points\n"
                       "annotation number 1: the result that is stated is left out\n");
  nodal_annotation_set_free(set);

  set = read_json("{'type':'Polyline'," CONTENT "}", &frame);
  expect_set(set, "polyline '' in -1 -: (50 25) (100 25) (100 75)\n");
  nodal_annotation_set_free(set);
}

static void without_its_slide(void **state) {
  (void)state;
  static const char text[] = "{'type':'Area'," CONTENT "}";
  NodalAnnotationSet *set = read_json_unplaced(text);
  assert_int_equal(nodal_annotation_set_places(set), NODAL_PLACES_SCALED);
  expect_set(set, "polygon '' in -1 -: (0.25 0.125) (0.5 0.125) (0.5 0.375)\n");
  expect_warnings(set, "sectra counts in widths of the image: it needs the size of its slide (--slide or --size); "
                       "places are not known without\n");
  expect_no_places(set);
  nodal_annotation_set_free(set);
  expect_json_refused(text, NULL,
                      "t: sectra counts in widths of the image: it needs the size of its slide (--slide or --size)");
  expect_json_refused(text, &(NodalAnnotationFrame){.height = 80},
                      "t: Sectra's annotations need the width of their slide");
}

static void damaged_files_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } rows[] = {
      {"{'type':7,'content':[]}", "t: line 1: is no annotation of Sectra's: there is no type"},
      {"[{'type':'Area','content':[]},\n7]", "t: line 2: is no annotation of Sectra's: there is no type"},
      {"{'type':'Area','content':{}}", "t: line 1: there is no list of points"},
      {"[{'type':'Area','content':[]},\n{'type':'Area'}]", "t: line 2: there is no list of points"},
      {"{'type':'Area',\n'content':[{'x':1}]}", "t: line 1: a point is not two numbers x and y"},
      {"{'type':'Area','content':[[1,2]]}", "t: line 1: a point is not two numbers x and y"},
      {"{'type':'Area','content':[{'x':1e11,'y':0}]}",
       "t: line 1: coordinate 2e+13, 0 of annotation '' is no place on a slide"},
      {"{'type':'Area','content':[", "t: line 1: the file ends in the middle of a value"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    expect_json_refused(rows[i].text, &frame, rows[i].message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(types_of_annotations),
      cmocka_unit_test(without_its_slide),
      cmocka_unit_test(damaged_files_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
