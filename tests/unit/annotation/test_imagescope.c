/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LAYER(attributes, regions) "<Annotation Id='1' " attributes ">\n<Regions>\n" regions "</Regions></Annotation>\n"
#define REGION(attributes, vertices) "<Region Id='1' " attributes "><Vertices>" vertices "</Vertices></Region>\n"
#define V(x, y) "<Vertex X='" x "' Y='" y "' Z='0'/>"
#define BOX(a, b) V(a, a) V(b, a) V(b, b) V(a, b)

static NodalAnnotationSet *read_layers(const char *text) {
  NodalAnnotationSet *set = read_text(text, NODAL_ANNOTATION_AUTO, NULL);
  assert_int_equal(nodal_annotation_set_format(set), NODAL_ANNOTATION_IMAGESCOPE);
  return set;
}

static void layers_are_groups(void **state) {
  (void)state;
  /* 65280 is 0x00FF00; 255 is 0x0000FF, red in a COLORREF; 16711680 is 0xFF0000, blue. */
  NodalAnnotationSet *set = read_layers(
      "<Annotations MicronsPerPixel='0.25'>\n"
      "<Annotation Name='' LineColor='65280'><Attributes><Attribute Name='CaP' Value='x'/></Attributes></Annotation>\n"
      "<Annotation Name='tumor' LineColor='255'/>\n<Annotation Name='' LineColor='16711680'/>\n"
      "<Annotation Name='tumor'/>\n"
      "<Annotation Name=''><Attributes><Attribute Name='Description' Value='tissue'/></Attributes></Annotation>\n"
      "<Annotation Name=''><Attributes><Attribute Name='Description' Value=''/></Attributes></Annotation>\n"
      "</Annotations>");
  expect_set(set, "group CaP in -1 #00FF00 CaP=x\ngroup tumor in -1 #FF0000\ngroup Layer 3 in -1 #0000FF\n"
                  "group tumor (4) in -1 -\ngroup tissue in -1 - Description=tissue\n"
                  "group Layer 6 in -1 - Description=\n");
  nodal_annotation_set_free(set);
}

static void types_of_regions(void **state) {
  (void)state;
  NodalAnnotationSet *set = read_layers("<Annotations>\n" LAYER(
      "Name='l' LineColor='0'",
      REGION("Type='0' Text='free'", BOX("0", "9") V("0", "0")) REGION("Type='1' Text='box'", BOX("0", "9")) REGION(
          "Type='1' Text='drawn'", BOX("0", "9") V("-1", "5")) REGION("Type='2' Text='round'", V("1", "2") V("7", "5"))
          REGION("Type='2' Text='round4'", BOX("1", "3")) REGION("Type='3'", V("0", "0") V("5", "5"))
              REGION("Type='4'", V("0", "0") V("3", "4")) REGION("Type='5'", V("8", "8"))
                  REGION("Type='9'", BOX("0", "1")) REGION("", V("0", "0") V("3", "4"))) "</Annotations>");
  expect_set(set, "group l in -1 #000000\n"
                  "polygon 'free' in 0 #000000: (0 0) (9 0) (9 9) (0 9)\n"
                  "rectangle 'box' in 0 #000000: (0 0) (9 0) (9 9) (0 9)\n"
                  "polygon 'drawn' in 0 #000000: (0 0) (9 0) (9 9) (0 9) (-1 5)\n"
                  "ellipse 'round' in 0 #000000: (1 2) (7 5)\nellipse 'round4' in 0 #000000: (1 1) (3 3)\n"
                  "polyline '' in 0 #000000: (0 0) (5 5)\npolyline '' in 0 #000000: (0 0) (3 4)\n"
                  "point '' in 0 #000000: (8 8)\npolygon '' in 0 #000000: (0 0) (1 0) (1 1) (0 1)\n"
                  "polygon '' in 0 #000000: (0 0) (3 4)\n");
  expect_warnings(set, "line 12: region of the unknown type '9' counts as a polygon\n"
                       "line 13: annotation number 10 is a polygon of 2 points\n1 arrow became lines\n");
  nodal_annotation_set_free(set);
}

static void negative_regions_are_holes(void **state) {
  (void)state;
  /* A hole goes to the smallest region around it, wherever in the layer it stands; other layers do not count. */
  NodalAnnotationSet *set = read_layers("<Annotations>\n" LAYER(
      "Name='a'",
      REGION("Type='0' NegativeROA='1'", BOX("40", "50")) REGION("Type='0' Text='big'", BOX("0", "100"))
          REGION("Type='0' Text='island'", BOX("10", "30")) REGION("Type='1' NegativeROA='1'", BOX("15", "20"))
              REGION("Type='0' NegativeROA='1'", BOX("200", "300")) REGION("Type='0' NegativeROA='1'", BOX("60", "70")))
                                            LAYER("Name='b'",
                                                  REGION("Type='0' Text='other'", BOX("190", "400"))) "</Annotations>");
  expect_set(set,
             "group a in -1 -\ngroup b in -1 -\n"
             "polygon 'big' in 0 -: (0 0) (100 0) (100 100) (0 100) - (40 40) (50 40) (50 50) (40 50) - (60 60) (70 "
             "60) (70 70) (60 70)\n"
             "polygon 'island' in 0 -: (10 10) (30 10) (30 30) (10 30) - (15 15) (20 15) (20 20) (15 20)\n"
             "polygon 'other' in 1 -: (190 190) (400 190) (400 400) (190 400)\n");
  expect_warnings(set, "line 8: a negative region outside all others is left out\n");
  nodal_annotation_set_free(set);
}

static void holes_in_and_of_ellipses(void **state) {
  (void)state;
  NodalAnnotationSet *set = read_layers("<Annotations>\n" LAYER(
      "Name='a'", REGION("Type='2'", V("0", "0") V("400", "200"))
                      REGION("Type='2' NegativeROA='1'", V("190", "90") V("210", "110"))) "</Annotations>");
  NodalAnnotation annotation;
  assert_int_equal(nodal_annotation_set_count(set), 1);
  assert_true(nodal_annotation_set_get(set, 0, &annotation));
  assert_int_equal(annotation.shape, NODAL_SHAPE_POLYGON);
  assert_int_equal(annotation.ring_count, 2);
  assert_true(annotation.rings[1].hole);
  double expected = 3.14159265358979323846 * (200 * 100 - 10 * 10);
  assert_true(fabs(nodal_annotation_area(&annotation) - expected) < 100);
  nodal_annotation_set_free(set);
}

static void writes_and_reads_back(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  add_group(set, "tumor & <more>", -1, 0xFF8000);
  add_group(set, "in", 0, 0x0000FF);
  assert_true(nodal_annotation_set_set_attribute(set, 0, "a b", "c", NULL));
  NodalPoint outer[] = {{0, 0}, {90, 0}, {90, 90.125}}, hole[] = {{50, 10}, {60, 10}, {60, 20}};
  NodalRing rings[] = {{outer, 3, false}, {hole, 3, true}};
  assert_true(nodal_annotation_set_add(set, &(NodalAnnotation){"h", NODAL_SHAPE_POLYGON, 1, 0x0000FF, rings, 2}, NULL));
  add_ring(set, "e", NODAL_SHAPE_ELLIPSE, 0, 2, (double[]){1, 2, 3.5, 4});
  add_ring(set, "r", NODAL_SHAPE_RECTANGLE, 0, 4, (double[]){0, 0, 1, 0, 1, 1, 0, 1});
  add_ring(set, "m", NODAL_SHAPE_POLYLINE, 0, 2, (double[]){0, 0, 1, 0.1});
  add_ring(set, "l", NODAL_SHAPE_POLYLINE, 0, 3, (double[]){0, 0, 1, 0.1, 7, 7});
  add_ring(set, "p", NODAL_SHAPE_POINTS, -1, 2, (double[]){5, 5, 6, 6});
  add_ring(set, "s", NODAL_SHAPE_SPLINE, 0, 3, (double[]){0, 0, 3, 0, 3, 3});
  char *text = write_text(set, NODAL_ANNOTATION_IMAGESCOPE, &(NodalAnnotationFrame){1000, 1000, 0.25, 0.25, 0, 0});
  assert_memory_equal(text, "<Annotations MicronsPerPixel=\"0.25\">\n", 37);
  assert_non_null(strstr(text, "Name=\"tumor &amp; &lt;more&gt;\" ReadOnly=\"0\" Type=\"4\" LineColor=\"33023\""));
  expect_warnings(set, "group 'in': ImageScope has no layers in layers, it stands alone\n"
                       "annotation 's': ImageScope has no splines, written as polygons\n"
                       "annotation 'p': a set of points is written as single ones\n"
                       "annotation 'l': ImageScope has no lines but rulers of two points, left out\n");
  NodalAnnotationSet *back = read_layers(text);
  NodalAnnotation spline;
  assert_int_equal(nodal_annotation_set_count(back), 7);
  assert_true(nodal_annotation_set_get(back, 5, &spline) && strcmp(spline.name, "s") == 0);
  char *described = describe(back), *cut = strstr(described, "polygon 's'"), *rest = strchr(cut, '\n') + 1;
  memmove(cut, rest, strlen(rest) + 1);
  assert_string_equal(described,
                      "group Layer 1 in -1 #00FF00\ngroup tumor & <more> in -1 #FF8000 a b=c\ngroup in in -1 #0000FF\n"
                      "point 'p' in 0 #00FF00: (5 5)\npoint 'p' in 0 #00FF00: (6 6)\n"
                      "ellipse 'e' in 1 #FF8000: (1 2) (3.5 4)\nrectangle 'r' in 1 #FF8000: (0 0) (1 0) (1 1) (0 1)\n"
                      "polyline 'm' in 1 #FF8000: (0 0) (1 0.10000000000000001)\n"
                      "polygon 'h' in 2 #0000FF: (0 0) (90 0) (90 90.125) - (50 10) (60 10) (60 20)\n");
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
      {"<Other/>", "t: line 1: the root is <Other>, not <Annotations>"},
      {"<Annotations>\n" LAYER("", REGION("", "<Vertex X='1'/>")) "</Annotations>", "t: line 4: <Vertex> has no Y"},
      {"<Annotations>\n" LAYER("", REGION("", V("1", "nan"))) "</Annotations>", "t: line 4: Y='nan' is no number"},
      {"<Annotations>\n<Annotation>", "t: line 2: Premature end of data in tag Annotation line 2"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    expect_refused(rows[i].text, NODAL_ANNOTATION_IMAGESCOPE, NULL, rows[i].message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(layers_are_groups),          cmocka_unit_test(types_of_regions),
      cmocka_unit_test(negative_regions_are_holes), cmocka_unit_test(holes_in_and_of_ellipses),
      cmocka_unit_test(writes_and_reads_back),      cmocka_unit_test(damaged_files_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
