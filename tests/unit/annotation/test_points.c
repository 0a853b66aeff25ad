/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>

static void expect_read(const char *text, const char *description, const char *warnings) {
  NodalAnnotationSet *set = read_text(text, NODAL_ANNOTATION_AUTO, NULL);
  assert_int_equal(nodal_annotation_set_format(set), NODAL_ANNOTATION_CSV);
  expect_set(set, description);
  expect_warnings(set, warnings);
  nodal_annotation_set_free(set);
}

static void tables_of_points(void **state) {
  (void)state;
  expect_read("x,y\n1,2.5\n-3,4e2\n", "point '' in -1 -: (1 2.5)\npoint '' in -1 -: (-3 400)\n", "");
  expect_read("\xEF\xBB\xBFp,x,y\r\n0.97,1,2\r\n", "point '0.97' in -1 -: (1 2)\n", "");
  expect_read("group,Y,X,name\nt,2,1,\"a,b\"\nu,4,3,\nt,6,5,c\n,8,7,d",
              "group t in -1 -\ngroup u in -1 -\npoint 'a,b' in 0 -: (1 2)\npoint '' in 1 -: (3 4)\n"
              "point 'c' in 0 -: (5 6)\npoint 'd' in -1 -: (7 8)\n",
              "");
  expect_read("x,y,score\n1,2,3\n", "point '' in -1 -: (1 2)\n", "column 'score' is left out\n");
  expect_read("x,y\n", "", "");
}

static void damaged_tables_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } rows[] = {
      {"", "t: is empty: no row names the columns"},
      {"x,z\n1,2\n", "t: line 1: is no table of points: its first row names no column y"},
      {"1,2\n", "t: line 1: is no table of points: its first row names no column x"},
      {"x,y\n1\n", "t: line 2: 1 fields where the first row has 2"},
      {"x,y\n1,2\n\n3,4,5\n", "t: line 4: 3 fields where the first row has 2"},
      {"x,y\n1,nan\n", "t: line 2: 'nan' is no coordinate"},
      {"x,y\n1,\n", "t: line 2: '' is no coordinate"},
      {"x,y\n1,1e13\n", "t: line 2: coordinate 1, 1e+13 of annotation '' is no place on a slide"},
      {"x,y,name\n1,2,\"a\n", "t: line 2: a quoted field does not end"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    expect_refused(rows[i].text, NODAL_ANNOTATION_CSV, NULL, rows[i].message);
  }
}

static void writes_points(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  add_ring(set, "", NODAL_SHAPE_POINT, -1, 1, (double[]){0.1, -2});
  char *text = write_text(set, NODAL_ANNOTATION_CSV, NULL);
  assert_string_equal(text, "x,y\n0.1,-2\n");
  free(text);
  add_group(set, "g", -1, 0);
  add_ring(set, "say \"a\", b", NODAL_SHAPE_POINTS, 0, 2, (double[]){1, 2, 3, 4});
  add_ring(set, "area", NODAL_SHAPE_POLYGON, 0, 3, (double[]){1, 2, 3, 4, 5, 6});
  text = write_text(set, NODAL_ANNOTATION_CSV, NULL);
  assert_string_equal(text, "x,y,name,group\n0.1,-2,,\n1,2,\"say \"\"a\"\", b\",g\n3,4,\"say \"\"a\"\", b\",g\n");
  expect_warnings(set, "annotation 'area': a table of points holds points alone, left out\n"
                       "annotation 'say \"a\", b': a set of points is written as single ones\n");
  NodalAnnotationSet *back = read_text(text, NODAL_ANNOTATION_AUTO, NULL);
  expect_set(back, "group g in -1 -\npoint '' in -1 -: (0.10000000000000001 -2)\n"
                   "point 'say \"a\", b' in 0 -: (1 2)\npoint 'say \"a\", b' in 0 -: (3 4)\n");
  nodal_annotation_set_free(back);
  nodal_annotation_set_free(set);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(tables_of_points), cmocka_unit_test(damaged_tables_are_refused),
                                     cmocka_unit_test(writes_points)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
