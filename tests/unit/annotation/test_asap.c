/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Written by hand as ASAP writes: tabs, a blank before "/>", no line end but LF. */
static const char asap_made[] =
    "<?xml version=\"1.0\"?>\n"
    "<ASAP_Annotations>\n"
    "\t<Annotations>\n"
    "\t\t<Annotation Name=\"a &amp; &lt;b&gt; &quot;c&quot; 'd'\" Type=\"Polygon\" PartOfGroup=\"inner\" "
    "Color=\"#F4FA58\">\n"
    "\t\t\t<Coordinates>\n"
    "\t\t\t\t<Coordinate Order=\"0\" X=\"71924.3984\" Y=\"131761\" />\n"
    "\t\t\t\t<Coordinate Order=\"1\" X=\"-0.5\" Y=\"1e-05\" />\n"
    "\t\t\t\t<Coordinate Order=\"2\" X=\"1.25e+09\" Y=\"98765.4297\" />\n"
    "\t\t\t</Coordinates>\n"
    "\t\t</Annotation>\n"
    "\t\t<Annotation Name=\"\xC3\xA9&#09;&#10;\" Type=\"Dot\" PartOfGroup=\"None\" Color=\"#64FE2E\">\n"
    "\t\t\t<Coordinates>\n"
    "\t\t\t\t<Coordinate Order=\"0\" X=\"1\" Y=\"2\" />\n"
    "\t\t\t</Coordinates>\n"
    "\t\t</Annotation>\n"
    "\t\t<Annotation Name=\"\" Type=\"None\" PartOfGroup=\"outer\" Color=\"#000000\">\n"
    "\t\t\t<Coordinates />\n"
    "\t\t</Annotation>\n"
    "\t</Annotations>\n"
    "\t<AnnotationGroups>\n"
    "\t\t<Group Name=\"inner\" PartOfGroup=\"outer\" Color=\"#FF0000\">\n"
    "\t\t\t<Attributes>\n"
    "\t\t\t\t<Attribute one=\"1\" />\n"
    "\t\t\t\t<Attribute two=\"&lt;2&gt;\" />\n"
    "\t\t\t</Attributes>\n"
    "\t\t</Group>\n"
    "\t\t<Group Name=\"outer\" PartOfGroup=\"None\" Color=\"#00FF00\">\n"
    "\t\t\t<Attributes />\n"
    "\t\t</Group>\n"
    "\t</AnnotationGroups>\n"
    "</ASAP_Annotations>\n";

static void reads_all_that_is_there(void **state) {
  (void)state;
  NodalAnnotationSet *set = read_text(asap_made, NODAL_ANNOTATION_AUTO, NULL);
  assert_int_equal(nodal_annotation_set_format(set), NODAL_ANNOTATION_ASAP);
  expect_set(set, "group inner in 1 #FF0000 one=1 two=<2>\n"
                  "group outer in -1 #00FF00\n"
                  "polygon 'a & <b> \"c\" 'd'' in 0 #F4FA58: (71924.398400000005 131761) (-0.5 "
                  "1.0000000000000001e-05) (1250000000 98765.429699999993)\n"
                  "point '\xC3\xA9\t\n' in -1 #64FE2E: (1 2)\n"
                  "none '' in 1 #000000:\n");
  expect_warnings(set, "");
  nodal_annotation_set_free(set);
}

static void writes_the_same_bytes(void **state) {
  (void)state;
  NodalAnnotationSet *set = read_text(asap_made, NODAL_ANNOTATION_ASAP, NULL);
  char *text = write_text(set, NODAL_ANNOTATION_ASAP, NULL);
  assert_string_equal(text, asap_made);
  free(text);
  nodal_annotation_set_free(set);
  static const char *const small[] = {
      "<?xml version=\"1.0\"?>\n<ASAP_Annotations>\n\t<Annotations />\n\t<AnnotationGroups />\n</ASAP_Annotations>\n"};
  set = read_text(small[0], NODAL_ANNOTATION_AUTO, NULL);
  text = write_text(set, NODAL_ANNOTATION_ASAP, NULL);
  assert_string_equal(text, small[0]);
  free(text);
  nodal_annotation_set_free(set);
}

/* Through GeoJSON and back: names, shapes, groups with parents, colours, attributes and coordinates survive. */
static void survives_geojson(void **state) {
  (void)state;
  static const char *const types[] = {"None", "Dot", "PointSet", "Measurement", "Rectangle", "Polygon", "Spline"};
  for (int type = 0; type < 7; type++) {
    for (int points = 0; points <= 6; points++) {
      char text[4096] =
          "<?xml version=\"1.0\"?>\n<ASAP_Annotations>\n\t<Annotations>\n\t\t<Annotation Name=\"n\" Type=\"";
      size_t used = strlen(text);
      used += (size_t)snprintf(text + used, sizeof text - used, "%s\" PartOfGroup=\"in\" Color=\"#0A0B0C\">\n%s",
                               types[type], points ? "\t\t\t<Coordinates>\n" : "\t\t\t<Coordinates />\n");
      for (int i = 0; i < points; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "\t\t\t\t<Coordinate Order=\"%d\" X=\"%d.1015625\" Y=\"%d\" />\n", i,
                                 i == 5 ? 0 : 70000 + i * i, i == 5 ? 0 : 3 * i);
      }
      used += (size_t)snprintf(text + used, sizeof text - used,
                               "%s\t\t</Annotation>\n\t</Annotations>\n\t<AnnotationGroups>\n"
                               "\t\t<Group Name=\"in\" PartOfGroup=\"empty\" Color=\"#FF0000\">\n"
                               "\t\t\t<Attributes>\n\t\t\t\t<Attribute k=\"v\" />\n\t\t\t</Attributes>\n\t\t</Group>\n"
                               "\t\t<Group Name=\"empty\" PartOfGroup=\"None\" Color=\"#00FF00\">\n"
                               "\t\t\t<Attributes />\n\t\t</Group>\n\t</AnnotationGroups>\n</ASAP_Annotations>\n",
                               points ? "\t\t\t</Coordinates>\n" : "");
      NodalAnnotationSet *set = read_text(text, NODAL_ANNOTATION_ASAP, NULL);
      char *json = write_text(set, NODAL_ANNOTATION_GEOJSON, NULL);
      NodalAnnotationSet *back = read_text(json, NODAL_ANNOTATION_GEOJSON, NULL);
      char *again = write_text(back, NODAL_ANNOTATION_ASAP, NULL);
      assert_string_equal(again, text);
      free(json);
      free(again);
      nodal_annotation_set_free(set);
      nodal_annotation_set_free(back);
    }
  }
}

#define DOCUMENT(annotations, groups)                                                                                  \
  "<ASAP_Annotations>\n<Annotations>\n" annotations "</Annotations>\n<AnnotationGroups>\n" groups                      \
  "</AnnotationGroups>\n</ASAP_Annotations>"
#define POLYGON(group, points)                                                                                         \
  "<Annotation Name='p' Type='Polygon' PartOfGroup='" group "' Color='#ffffff'>\n<Coordinates>\n" points               \
  "</Coordinates>\n</Annotation>\n"
#define AT(order, x, y) "<Coordinate Order='" order "' X='" x "' Y='" y "'/>\n"
#define THREE AT("0", "0", "0") AT("1", "9", "0") AT("2", "9", "9")

static void order_decides(void **state) {
  (void)state;
  NodalAnnotationSet *set =
      read_text(DOCUMENT(POLYGON("None", AT("2", "9", "9") AT("0", "0", "0") AT("3", "0", "9") AT("1", "9", "0")), ""),
                NODAL_ANNOTATION_AUTO, NULL);
  expect_set(set, "polygon 'p' in -1 #FFFFFF: (0 0) (9 0) (9 9) (0 9)\n");
  nodal_annotation_set_free(set);
}

static void odd_files_are_read(void **state) {
  (void)state;
  NodalAnnotationSet *set =
      read_text("<Annotations><Annotation Type='Blob' PartOfGroup='' Color='red'><Coordinates>" AT(
                    "0", "1", "2") "</Coordinates><Extra><Deep/></Extra></Annotation></Annotations>",
                NODAL_ANNOTATION_AUTO, NULL);
  expect_set(set, "none '' in -1 -: (1 2)\n");
  expect_warnings(set, "line 1: Color='red' is no colour and left out\n"
                       "line 1: annotation '' has the unknown type 'Blob' and counts as none\n"
                       "line 2: <Extra> is unknown and left out\n"
                       "line 1: an annotation names no group and counts as in none\n");
  nodal_annotation_set_free(set);
  /* A group that is used but not described; one called None; two of one name; a closed ring keeps its last point. */
  set =
      read_text(DOCUMENT(POLYGON("ghost", THREE AT("3", "0", "0")) POLYGON("None", AT("0", "0", "0")) POLYGON("t", ""),
                         "<Group Name='None' PartOfGroup='None'/>\n<Group Name='t' PartOfGroup='None'/>\n"
                         "<Group Name='t' PartOfGroup='None' Color='#000001'/>"),
                NODAL_ANNOTATION_AUTO, NULL);
  expect_set(set, "group None in -1 -\ngroup t in -1 -\ngroup t in -1 #000001\ngroup ghost in -1 -\n"
                  "polygon 'p' in 3 #FFFFFF: (0 0) (9 0) (9 9) (0 0)\n"
                  "polygon 'p' in 0 #FFFFFF: (0 0)\npolygon 'p' in 1 #FFFFFF:\n");
  expect_warnings(set, "line 11: annotation 'p' is a polygon of 1 point\n"
                       "line 16: annotation 'p' is a polygon of 0 points\n"
                       "line 24: a second group 't'; annotations belong to the first\n"
                       "line 3: no <Group> describes group 'ghost', one is made\n");
  nodal_annotation_set_free(set);
}

static void damaged_files_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } rows[] = {
      {DOCUMENT(POLYGON("None", AT("0", "0", "0") AT("7", "1", "1")), ""), "t: line 6: Order 7 of 2 coordinates"},
      {DOCUMENT(POLYGON("None", AT("1", "0", "0") AT("1", "1", "1")), ""),
       "t: line 6: Order 1 twice among 2 coordinates"},
      {DOCUMENT(POLYGON("None", AT("-1", "0", "0")), ""), "t: line 5: Order='-1' is no place in a sequence"},
      {DOCUMENT(POLYGON("None", AT("1.0", "0", "0")), ""), "t: line 5: Order='1.0' is no place in a sequence"},
      {DOCUMENT(POLYGON("None", AT("99999999999999999999", "0", "0")), ""),
       "t: line 5: Order='99999999999999999999' is no place in a sequence"},
      {DOCUMENT(POLYGON("None", "<Coordinate X='0' Y='0'/>\n"), ""), "t: line 5: <Coordinate> has no Order"},
      {DOCUMENT(POLYGON("None", "<Coordinate Order='0' X='0'/>\n"), ""), "t: line 5: <Coordinate> has no Y"},
      {DOCUMENT(POLYGON("None", AT("0", "NaN", "0")), ""), "t: line 5: X='NaN' is no number"},
      {DOCUMENT(POLYGON("None", AT("0", "0", "inf")), ""), "t: line 5: Y='inf' is no number"},
      {DOCUMENT(POLYGON("None", AT("0", "0", "1e999")), ""), "t: line 5: Y='1e999' is no number"},
      {DOCUMENT(POLYGON("None", AT("0", "1e13", "0")), ""),
       "t: line 7: coordinate 1e+13, 0 of annotation 'p' is no place on a slide"},
      {DOCUMENT("", "<Group Name='a' PartOfGroup='b'/>\n<Group Name='b' PartOfGroup='a'/>"),
       "t: line 6: group 'b' is part of itself"},
      {"<html/>", "t: line 1: the root is <html>, not <ASAP_Annotations>"},
      {"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>\n<ASAP_Annotations>&b;</ASAP_Annotations>",
       "t: line 1: XML with a document type is refused"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    expect_refused(rows[i].text, NODAL_ANNOTATION_ASAP, NULL, rows[i].message);
  }
}

/* A file cut anywhere is refused, or read where only its last line end is missing. */
static void truncated_files_are_refused(void **state) {
  (void)state;
  for (size_t length = 0; length < sizeof asap_made - 2; length++) {
    NodalError *error = NULL;
    NodalSource *source = nodal_source_new_memory(asap_made, length, "t", NULL);
    assert_null(nodal_annotation_set_read_source(source, NODAL_ANNOTATION_ASAP, NULL, &error));
    assert_memory_equal(nodal_error_message(error), "t: line ", 8);
    nodal_error_free(error);
    nodal_source_unref(source);
  }
}

static void nests_are_bounded(void **state) {
  (void)state;
  /* Groups in groups, by name. */
  char *text = malloc(1 << 16);
  size_t used = (size_t)snprintf(text, 64, "%s", "<ASAP_Annotations><AnnotationGroups>\n");
  for (int i = 0; i < 100; i++) {
    used += (size_t)snprintf(text + used, (1 << 16) - used, "<Group Name='g%d' PartOfGroup='g%d'/>\n", i, i + 1);
  }
  snprintf(text + used, (1 << 16) - used,
           "<Group Name='g100' PartOfGroup='None'/></AnnotationGroups></ASAP_Annotations>");
  expect_refused(text, NODAL_ANNOTATION_ASAP, NULL, "t: line 2: group 'g0' is nested more than 64 deep");
  /* Elements in elements. */
  used = 0;
  for (int i = 0; i < 1000; i++) {
    used += (size_t)snprintf(text + used, (1 << 16) - used, "%s", i == 0 ? "<ASAP_Annotations>\n" : "<Annotations>\n");
  }
  expect_refused(text, NODAL_ANNOTATION_ASAP, NULL, "t: line 33: elements are nested more than 32 deep");
  free(text);
}

static void what_it_cannot_hold_is_told(void **state) {
  (void)state;
  NodalAnnotationSet *set = nodal_annotation_set_new(NULL);
  add_group(set, "g", -1, NODAL_RGB_UNSET);
  add_group(set, "g", 0, 0x10203);
  assert_true(nodal_annotation_set_set_attribute(set, 0, "not a name", "v", NULL));
  NodalPoint outer[] = {{0, 0}, {9, 0}, {9, 9}}, hole[] = {{5, 1}, {6, 1}, {6, 2}},
             other[] = {{20, 0}, {29, 0}, {29, 9}};
  NodalRing rings[] = {{outer, 3, false}, {hole, 3, true}, {other, 3, false}};
  assert_true(nodal_annotation_set_add(
      set, &(NodalAnnotation){"multi", NODAL_SHAPE_POLYGON, 1, NODAL_RGB_UNSET, rings, 3}, NULL));
  add_ring(set, "bell\a", NODAL_SHAPE_POINT, -1, 1, (double[]){0.1, 2});
  add_ring(set, "round", NODAL_SHAPE_ELLIPSE, -1, 2, (double[]){0, 0, 2, 2});
  char *text = write_text(set, NODAL_ANNOTATION_ASAP, NULL);
  expect_warnings(set,
                  "annotation 'multi': 1 hole left out, ASAP has none\n"
                  "annotation 'multi': 2 parts written as annotations of their own, ASAP has polygons of one part\n"
                  "annotation 'bell ': its Name holds control characters, which XML cannot: left empty\n"
                  "annotation 'round': the ellipse became a polygon of 8 points, ASAP has none\n"
                  "group 'g': attribute 'not a name' left out, XML cannot hold it\n"
                  "group 'g' is there twice; ASAP knows groups by their name alone, so that annotations belong to "
                  "the first\n");
  NodalAnnotationSet *back = read_text(text, NODAL_ANNOTATION_ASAP, NULL);
  assert_int_equal(nodal_annotation_set_count(back), 4);
  nodal_annotation_set_free(back);
  nodal_annotation_set_free(set);
  free(text);
}

static void encodes_into_memory(void **state) {
  (void)state;
  NodalError *error = NULL;
  void *data = NULL;
  size_t size = 0;
  NodalAnnotationSet *set = read_text(asap_made, NODAL_ANNOTATION_AUTO, NULL);
  assert_true(nodal_annotation_set_encode(set, NODAL_ANNOTATION_ASAP, NULL, &data, &size, &error));
  assert_null(error);
  assert_int_equal(size, strlen(asap_made));
  assert_memory_equal(data, asap_made, size);
  nodal_free(data);
  assert_false(nodal_annotation_set_encode(set, NODAL_ANNOTATION_SECTRA, NULL, &data, &size, &error));
  assert_string_equal(nodal_error_message(error),
                      "annotations: sectra is read only, annotations are not written in it");
  nodal_error_free(error);
  nodal_annotation_set_free(set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_all_that_is_there),
      cmocka_unit_test(writes_the_same_bytes),
      cmocka_unit_test(encodes_into_memory),
      cmocka_unit_test(survives_geojson),
      cmocka_unit_test(order_decides),
      cmocka_unit_test(odd_files_are_read),
      cmocka_unit_test(damaged_files_are_refused),
      cmocka_unit_test(truncated_files_are_refused),
      cmocka_unit_test(nests_are_bounded),
      cmocka_unit_test(what_it_cannot_hold_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
