/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>
#include <string.h>

/* A quarter of a micrometre a pixel across, half of one down: 250 and 500 nm. The middle is pixel 2000, 1000. */
static const NodalAnnotationFrame frame = {4000, 2000, 0.25, 0.5, 1000, -2000};

#define VIEW(title, annotation)                                                                                        \
  "<ndpviewstate id='1'>\n<title>" title "</title><details/><coordformat>nanometers</coordformat>"                     \
  "<lens>1</lens><x>7</x><y>7</y><z>0</z>\n" annotation "</ndpviewstate>\n"
#define P(x, y) "<point><x>" x "</x><y>" y "</y></point>"
#define FREEHAND(more, points)                                                                                         \
  "<annotation type='freehand' color='#ff0080'>" more "<pointlist>" points "</pointlist></annotation>\n"

static void types_of_annotations(void **state) {
  (void)state;
  /* x = (nm - 1000) / 250 + 2000, y = (nm + 2000) / 500 + 1000. */
  NodalAnnotationSet *set = read_text(
      "<?xml version='1.0' encoding='utf-8'?>\n<annotations>\n" VIEW(
          "a", FREEHAND("<closed>1</closed>",
                        P("1000", "-2000") P("3500", "-2000") P(" 3500 ", "\n3000\n") P("1000", "-2000")))
          VIEW("open", FREEHAND("<closed>0</closed>", P("1000", "-2000") P("3500", "-2000") P("3500", "3000"))) VIEW(
              "box",
              "<annotation type='freehand'><closed>1</closed><pointlist>" P("1000", "-2000") P("3500", "-2000")
                  P("3500", "-1500") P("1000", "-1500") "</pointlist><specialtype>rectangle</specialtype></annotation>")
              VIEW("ring", "<annotation type='circle' "
                           "color='#000001'><x>1000</x><y>-2000</y><radius>1000</radius></annotation>")
                  VIEW("ruler",
                       "<annotation "
                       "type='linearmeasure'><x1>1000</x1><y1>-2000</y1><x2>1125</x2><y2>-2000</y2></annotation>")
                      VIEW("pin",
                           "<annotation type='pin'><x>751</x><y>-1500</y><icon>pinblue</icon></annotation>") "</"
                                                                                                             "annotatio"
                                                                                                             "ns>",
      NODAL_ANNOTATION_AUTO, &frame);
  assert_int_equal(nodal_annotation_set_format(set), NODAL_ANNOTATION_NDPA);
  expect_set(set, "polygon 'a' in -1 #FF0080: (2000 1000) (2010 1000) (2010 1010)\n"
                  "polyline 'open' in -1 #FF0080: (2000 1000) (2010 1000) (2010 1010)\n"
                  "rectangle 'box' in -1 -: (2000 1000) (2010 1000) (2010 1001) (2000 1001)\n"
                  "ellipse 'ring' in -1 #000001: (1996 998) (2004 1002)\n"
                  "polyline 'ruler' in -1 -: (2000 1000) (2000.5 1000)\n"
                  "point 'pin' in -1 -: (1999.0039999999999 1001)\n");
  expect_warnings(set, "");
  nodal_annotation_set_free(set);
}

static void what_is_left_out_is_told(void **state) {
  (void)state;
  NodalAnnotationSet *set = read_text("<annotations><ndpviewstate><title>view</title></ndpviewstate>\n"
                                      "<ndpviewstate><title>t</title><details>seen</details>\n"
                                      "<annotation type='blob'/></ndpviewstate></annotations>",
                                      NODAL_ANNOTATION_AUTO, &frame);
  expect_set(set, "");
  expect_warnings(set, "line 3: annotation 't' of the unknown type 'blob' is left out\n"
                       "details of 1 annotation are left out\n");
  nodal_annotation_set_free(set);
}

static void writes_and_reads_back(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  add_group(set, "g", -1, 0);
  NodalPoint outer[] = {{0, 0}, {90, 0}, {90, 90}}, hole[] = {{50, 10}, {60, 10}, {60, 20}};
  NodalRing rings[] = {{outer, 3, false}, {hole, 3, true}};
  assert_true(
      nodal_annotation_set_add(set, &(NodalAnnotation){"<h>", NODAL_SHAPE_POLYGON, 0, 0x0102FF, rings, 2}, NULL));
  add_ring(set, "r", NODAL_SHAPE_RECTANGLE, -1, 4, (double[]){0, 0, 1, 0, 1, 1, 0, 1});
  add_ring(set, "circle", NODAL_SHAPE_ELLIPSE, -1, 2, (double[]){100, 100, 104, 102});
  add_ring(set, "flat", NODAL_SHAPE_ELLIPSE, -1, 2, (double[]){0, 0, 1000, 40});
  add_ring(set, "m", NODAL_SHAPE_POLYLINE, -1, 2, (double[]){0, 0, 1, 1.002});
  add_ring(set, "l", NODAL_SHAPE_POLYLINE, -1, 3, (double[]){0, 0, 1, 1, 7, 7});
  add_ring(set, "p", NODAL_SHAPE_POINTS, -1, 2, (double[]){5, 5, 6, 6});
  add_ring(set, "d", NODAL_SHAPE_POINT, -1, 1, (double[]){5, 5});
  char *text = write_text(set, NODAL_ANNOTATION_NDPA, &frame);
  expect_warnings(set, "annotation '<h>': NDPA has no groups, left out\nannotation '<h>': NDPA has no holes, left out\n"
                       "annotation 'flat': NDPA has no curves but circles, written as a polygon\n"
                       "annotation 'p': a set of points is written as single pins\n");
  assert_non_null(strstr(text, "<title>&lt;h&gt;</title>"));
  /* x of pixel 0: -2000 * 250 + 1000; y: -1000 * 500 - 2000. */
  assert_non_null(strstr(text, "<point><x>-499000</x><y>-502000</y></point>"));
  NodalAnnotationSet *back = read_text(text, NODAL_ANNOTATION_NDPA, &frame);
  char *described = describe(back), *cut = strstr(described, "polygon 'flat'"), *rest = strchr(cut, '\n') + 1;
  memmove(cut, rest, strlen(rest) + 1);
  assert_string_equal(described, "polygon '<h>' in -1 #0102FF: (0 0) (90 0) (90 90)\n"
                                 "rectangle 'r' in -1 #000000: (0 0) (1 0) (1 1) (0 1)\n"
                                 "ellipse 'circle' in -1 #000000: (100 100) (104 102)\n"
                                 "polyline 'm' in -1 #000000: (0 0) (1 1.0019999999999527)\n"
                                 "polyline 'l' in -1 #000000: (0 0) (1 1) (7 7)\n"
                                 "point 'p' in -1 #000000: (5 5)\npoint 'p' in -1 #000000: (6 6)\n"
                                 "point 'd' in -1 #000000: (5 5)\n");
  free(described);
  free(text);
  nodal_annotation_set_free(back);
  nodal_annotation_set_free(set);
}

static void damaged_files_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } rows[] = {
      {"<Annotations/>", "t: line 1: the root is <Annotations>, not <annotations>"},
      {"<annotations>\n" VIEW("a", FREEHAND("", "<point><x>1</x></point>")) "</annotations>",
       "t: line 4: <y> is missing"},
      {"<annotations>\n" VIEW("a", FREEHAND("", P("1", "1") "<point><x>1</x></point>")) "</annotations>",
       "t: line 4: <y> is missing"},
      {"<annotations>\n" VIEW("a", FREEHAND("", P("one", "1"))) "</annotations>", "t: line 4: <x>one is no number"},
      {"<annotations>\n" VIEW("a", "<annotation type='circle'><x>1</x><y>1</y></annotation>") "</annotations>",
       "t: line 4: <radius> is missing"},
      {"<annotations><ndpviewstate><coordformat>pixels</coordformat></ndpviewstate></annotations>",
       "t: line 1: coordinates in 'pixels', not in nanometers"},
      {"<annotations>\n<ndpviewstate><annotation type='pin'/>\n<annotation type='pin'/></ndpviewstate></annotations>",
       "t: line 3: a second <annotation> in an <ndpviewstate>"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    expect_refused(rows[i].text, NODAL_ANNOTATION_NDPA, &frame, rows[i].message);
  }
  expect_refused("<annotations/>", NODAL_ANNOTATION_AUTO, NULL,
                 "t: ndpa counts from the middle of the glass: it needs its slide");
  expect_refused("<annotations/>", NODAL_ANNOTATION_AUTO, &(NodalAnnotationFrame){100, 100, 0, 0, 0, 0},
                 "t: an NDPA needs the size, the spacing and the offset of its slide");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(types_of_annotations),
      cmocka_unit_test(what_is_left_out_is_told),
      cmocka_unit_test(writes_and_reads_back),
      cmocka_unit_test(damaged_files_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
