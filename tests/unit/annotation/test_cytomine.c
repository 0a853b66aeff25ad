/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

/* The size alone is known: y = 80 - y. */
static const NodalAnnotationFrame frame = {100, 80, 0, 0, 0, 0};

#define POLYGON "POLYGON ((0 0, 9 0, 9 9.5, 0 0), (1 1, 2 1, 2 2, 1 1))"

static void expect_read(const char *text, const char *description, const char *warnings) {
  NodalAnnotationSet *set = read_json(text, &frame);
  assert_int_equal(nodal_annotation_set_format(set), NODAL_ANNOTATION_CYTOMINE);
  assert_int_equal(nodal_annotation_set_places(set), NODAL_PLACES_KNOWN);
  expect_set(set, description);
  expect_warnings(set, warnings);
  nodal_annotation_set_free(set);
}

static void all_roots(void **state) {
  (void)state;
  static const char one[] = "polygon '7' in -1 -: (0 80) (9 80) (9 70.5) - (1 79) (2 79) (2 78)\n";
  expect_read("{'annotation':{'id':7,'term':[],'location':'" POLYGON "'},'message':'added','callback':{'id':'7'}}", one,
              "");
  expect_read("{'location':'" POLYGON "','id':'7','area':43.5}", one, "");
  expect_read("[{'annotation':{'id':7,'location':'" POLYGON "'}}]", one, "");
  expect_read("{'collection':[{'id':7,'location':'" POLYGON "'},\n{'id':8,'location':'POINT (10 20)'}],'size':2}",
              "polygon '7' in -1 -: (0 80) (9 80) (9 70.5) - (1 79) (2 79) (2 78)\npoint '8' in -1 -: (10 60)\n", "");
  expect_read("{'collection':[]}", "", "");
}

static void terms_are_groups(void **state) {
  (void)state;
  expect_read("[{'id':1,'term':[44],'location':'LINESTRING (1 2, 3 4)'},\n"
              "{'id':2,'term':['tumor',44],'location':'MULTIPOINT ((1 2), (3 4))'},\n"
              "{'term':[44],'location':'MULTIPOLYGON (((0 0, 9 0, 9 9, 0 0)), ((20 0, 29 0, 29 9, 20 0)))'}]",
              "group 44 in -1 -\ngroup tumor in -1 -\n"
              "polyline '1' in 0 -: (1 78) (3 76)\npoints '2' in 1 -: (1 78) (3 76)\n"
              "polygon '' in 0 -: (0 80) (9 80) (9 71) | (20 80) (29 80) (29 71)\n",
              "annotation '2': more than one term, the first is the group\n");
}

static void what_is_left_out_is_told(void **state) {
  (void)state;
  expect_read("[{'id':1,'location':'POINT EMPTY'},\n{'id':2,'location':'MULTILINESTRING ((1 2, 3 4))'},\n"
              "{'id':3,'location':'LINESTRING (1 2)'}]",
              "polyline '3' in -1 -: (1 78)\n",
              "line 1: annotation '1' is 'POINT EMPTY', left out\n"
              "line 2: annotation '2' is 'MULTILINESTRING ((1 2, 3 4))', left out\n"
              "line 3: annotation '3' is a polyline of 1 point\n");
}

static void without_its_slide(void **state) {
  (void)state;
  static const char text[] = "{'annotation':{'id':7,'location':'" POLYGON "'}}";
  NodalAnnotationSet *set = read_json_unplaced(text);
  assert_int_equal(nodal_annotation_set_places(set), NODAL_PLACES_SHIFTED);
  expect_set(set, "polygon '7' in -1 -: (0 0) (9 0) (9 -9.5) - (1 -1) (2 -1) (2 -2)\n");
  expect_warnings(set, "cytomine counts from the bottom of the image: it needs the size of its slide (--slide or "
                       "--size); places are not known without\n");
  expect_no_places(set);
  nodal_annotation_set_free(set);
  expect_json_refused(text, NULL,
                      "t: cytomine counts from the bottom of the image: it needs the size of its slide "
                      "(--slide or --size)");
  expect_json_refused(text, &(NodalAnnotationFrame){.width = 100},
                      "t: Cytomine's annotations need the height of their slide");
}

static void damaged_files_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } rows[] = {
      {"{'annotation':{}}", "t: line 1: an annotation of Cytomine's without a location"},
      {"{'annotation':7}", "t: line 1: an annotation of Cytomine's without a location"},
      {"{'id':1,'location':null}", "t: line 1: an annotation of Cytomine's without a location"},
      {"{'collection':[\n7]}", "t: line 2: an annotation of Cytomine's without a location"},
      {"{'collection':{}}", "t: line 1: an annotation of Cytomine's without a location"},
      {"[{'location':'POINT (1 2)'},\n{'location':'POINT (1)'}]", "t: line 2: byte 9 of the WKT: a number is expected"},
      {"{'location':'POINT (1 1e13)'}", "t: line 1: coordinate 1, -1e+13 of annotation '' is no place on a slide"},
      {"{'location':'POINT (1 2)'", "t: line 1: '}' is expected where the file ends"},
      {"{'location':'POINT (1\n2)'}", "t: line 1: a string does not end"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    expect_json_refused(rows[i].text, &frame, rows[i].message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_roots),
      cmocka_unit_test(terms_are_groups),
      cmocka_unit_test(what_is_left_out_is_told),
      cmocka_unit_test(without_its_slide),
      cmocka_unit_test(damaged_files_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
