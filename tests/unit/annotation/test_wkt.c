/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/wkt.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

/* "SHAPE: (x y) - (x y)" as describe() has it. */
static void expect_wkt(const char *text, const char *description) {
  NodalRingBuffer points = {0};
  NodalShape shape;
  NodalError *error = NULL;
  if (!nodal_wkt_read(text, &points, &shape, &error)) {
    fail_msg("%s: %s", text, nodal_error_message(error));
  }
  char *written = NULL;
  size_t size;
  FILE *stream = open_memstream(&written, &size);
  const NodalRing *rings = nodal_ring_buffer_rings(&points);
  fprintf(stream, "%s:", nodal_shape_name(shape));
  for (size_t i = 0; i < points.ring_count; i++) {
    fprintf(stream, "%s", i == 0 ? "" : rings[i].hole ? " -" : " |");
    for (size_t k = 0; k < rings[i].count; k++) {
      fprintf(stream, " (%.17g %.17g)", rings[i].points[k].x, rings[i].points[k].y);
    }
  }
  fclose(stream);
  assert_string_equal(written, description);
  free(written);
  nodal_ring_buffer_free(&points);
}

static void all_types(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"POINT (1.5 -2e1)", "point: (1.5 -20)"},
      {"  point(1 2)\n", "point: (1 2)"},
      {"MULTIPOINT (1 2, 3 4)", "points: (1 2) (3 4)"},
      {"MULTIPOINT ((1 2), (3 4),(5 6))", "points: (1 2) (3 4) (5 6)"},
      {"LINESTRING (1 2, 3 4, 1 2)", "polyline: (1 2) (3 4) (1 2)"},
      {"POLYGON ((0 0, 9 0, 9 9, 0 0))", "polygon: (0 0) (9 0) (9 9)"},
      {"Polygon((0 0,9 0,9 9),(1 1,2 1,2 2,1 1),(5 1 , 6 1 , 6 2 , 5 1))",
       "polygon: (0 0) (9 0) (9 9) - (1 1) (2 1) (2 2) - (5 1) (6 1) (6 2)"},
      {"MULTIPOLYGON (((0 0, 9 0, 9 9, 0 0), (1 1, 2 1, 2 2, 1 1)), ((20 0, 29 0, 29 9, 20 0)))",
       "polygon: (0 0) (9 0) (9 9) - (1 1) (2 1) (2 2) | (20 0) (29 0) (29 9)"},
      {"POINT EMPTY", "none:"},
      {"multipolygon empty", "none:"},
      {"GEOMETRYCOLLECTION (POINT (1 2))", "none:"},
      {"POINT Z (1 2 3)", "none:"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    expect_wkt(rows[i][0], rows[i][1]);
  }
}

static void damaged_texts_are_refused(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"", "byte 1 of the WKT: a type of geometry is expected where it ends"},
      {" (1 2)", "byte 2 of the WKT: a type of geometry is expected"},
      {"POINT", "byte 6 of the WKT: '(' is expected where it ends"},
      {"POINT 1 2", "byte 7 of the WKT: '(' is expected"},
      {"POINT (1)", "byte 9 of the WKT: a number is expected"},
      {"POINT (1 2", "byte 11 of the WKT: ')' is expected where it ends"},
      {"POINT (1 2 3)", "byte 12 of the WKT: ')' is expected"},
      {"POINT (1 2) 3", "byte 13 of the WKT: the end is expected"},
      {"POINT (1e999 2)", "byte 8 of the WKT: a number is expected"},
      {"POINT (0x1 2)", "byte 9 of the WKT: a number is expected"},
      {"LINESTRING (1 2,)", "byte 17 of the WKT: a number is expected"},
      {"LINESTRING ((1 2))", "byte 13 of the WKT: a number is expected"},
      {"MULTIPOINT ((1 2, 3 4))", "byte 17 of the WKT: ')' is expected"},
      {"POLYGON (1 2, 3 4)", "byte 10 of the WKT: '(' is expected"},
      {"MULTIPOLYGON ((1 2))", "byte 16 of the WKT: '(' is expected"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    NodalRingBuffer points = {0};
    NodalShape shape;
    NodalError *error = NULL;
    assert_false(nodal_wkt_read(rows[i][0], &points, &shape, &error));
    assert_string_equal(nodal_error_message(error), rows[i][1]);
    nodal_error_free(error);
    nodal_ring_buffer_free(&points);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_types),
      cmocka_unit_test(damaged_texts_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
