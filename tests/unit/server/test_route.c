/* SPDX-License-Identifier: Apache-2.0 */
#include "server/parts.h"
#include "server/route.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void finds_what_there_is(void **state) {
  (void)state;
  ViewPath path;
  assert_int_equal(view_route_find("GET", "/api/v1/slides/00ff-x/tiles/12/345_6.jpg", &path), 0);
  assert_int_equal(path.route, VIEW_TILE);
  assert_string_equal(path.id, "00ff-x");
  assert_int_equal(path.level, 12);
  assert_int_equal(path.column, 345);
  assert_int_equal(path.row, 6);
  assert_int_equal(view_route_find("HEAD", "/api/v1/slides/a/overlays/o1/tiles/0/0_999999999.png", &path), 0);
  assert_int_equal(path.route, VIEW_OVERLAY_TILE);
  assert_string_equal(path.other, "o1");
  assert_int_equal(path.row, 999999999);
  assert_int_equal(view_route_find("PATCH", "/api/v1/slides/a/annotations", &path), 0);
  assert_int_equal(path.route, VIEW_ANNOTATIONS_PATCH);
  assert_int_equal(view_route_find("GET", "/api/v1/slides/a/associated/la bel.1", &path), 0);
  assert_string_equal(path.name, "la bel.1");
  assert_int_equal(view_route_find("PUT", "/api/v1/pairs/a/b", &path), 0);
  assert_string_equal(path.id, "a");
  assert_string_equal(path.other, "b");
}

static void finds_nothing_else(void **state) {
  (void)state;
  static const char *const wrong[] = {"",
                                      "/",
                                      "/api/v1",
                                      "/api/v1/",
                                      "/api/v1/slides/",
                                      "/api/v1/slides/A",
                                      "/api/v1/slides/../x",
                                      "/api/v1/slides/a/",
                                      "/api/v1/slides/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                      "/api/v1/slides/a/tiles/0/0_0",
                                      "/api/v1/slides/a/tiles/0/0_0.jpg2",
                                      "/api/v1/slides/a/tiles/0/00_0.jpg",
                                      "/api/v1/slides/a/tiles/-1/0_0.jpg",
                                      "/api/v1/slides/a/tiles/0/+1_0.jpg",
                                      "/api/v1/slides/a/tiles/0/1000000000_0.jpg",
                                      "/api/v1/slides/a/tiles/0/_0.jpg",
                                      "/api/v1/slides/a/associated/",
                                      "/api/v1/slides/a/associated/x/y",
                                      "/api/v2/slides"};
  ViewPath path;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(view_route_find("GET", wrong[i], &path), 404);
  }
  assert_int_equal(view_route_find("POST", "/api/v1/slides", &path), 405);
  assert_int_equal(view_route_find("get", "/api/v1/slides", &path), 405);
  assert_int_equal(view_route_find("HEAD", "/api/v1/session", &path), 405);
}

static void reads_numbers(void **state) {
  (void)state;
  double value = 0;
  assert_true(view_parse_number("-12.5e1", &value));
  assert_true(fabs(value + 125) < 1e-12);
  static const char *const wrong[] = {"", " 1", "1 ", "nan", "inf", "0x10", "1e999", "1,5", "--1"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_false(view_parse_number(wrong[i], &value));
  }
  assert_false(view_parse_number(NULL, &value));
}

static const json_t *described(const json_t *paths, const ViewRoute *route) {
  char method[16] = "";
  for (size_t i = 0; route->method[i] && i < sizeof method - 1; i++) {
    method[i] = (char)tolower((unsigned char)route->method[i]);
  }
  return json_object_get(json_object_get(paths, route->pattern), method);
}

static void is_described(void **state) {
  (void)state;
  json_t *document = json_load_file(OPENAPI, JSON_REJECT_DUPLICATES, NULL);
  json_t *paths = json_object_get(document, "paths"), *methods;
  const char *pattern;
  size_t count = 0;
  json_object_foreach(paths, pattern, methods) {
    count += json_object_size(methods);
  }
  assert_int_equal(count, VIEW_ROUTE_COUNT);
  for (int i = 0; i < VIEW_ROUTE_COUNT; i++) {
    const json_t *operation = described(paths, &view_routes[i]);
    assert_non_null(operation);
    assert_int_equal(json_object_get(operation, "requestBody") != NULL,
                     view_routes[i].body_limit > 0 && i != VIEW_SESSION);
  }
  json_decref(document);
}

static void keeps_secrets(void **state) {
  (void)state;
  char one[VIEW_SECRET_SIZE + 1], two[VIEW_SECRET_SIZE + 1];
  assert_true(view_make_secret(one) && view_make_secret(two));
  assert_int_equal(strlen(one), VIEW_SECRET_SIZE);
  assert_string_not_equal(one, two);
  assert_true(view_same_secret(one, one, VIEW_SECRET_SIZE));
  assert_false(view_same_secret(one, two, VIEW_SECRET_SIZE));
  assert_false(view_same_secret(one, one, VIEW_SECRET_SIZE - 1));
  assert_false(view_same_secret(one, "", 0));
  for (size_t i = 0; i < VIEW_SECRET_SIZE; i++) {
    memcpy(two, one, sizeof two);
    two[i] ^= 1;
    assert_false(view_same_secret(one, two, VIEW_SECRET_SIZE));
  }
}

static void mends_text(void **state) {
  (void)state;
  json_t *text = view_json_text("a\xFFz\xC3\xA9");
  assert_string_equal(json_string_value(text), "a\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD");
  json_decref(text);
  ViewText quoted = {0};
  view_text_quoted(&quoted, "a\"b\\c\n\x01\xC3\xA9");
  view_text_number(&quoted, 0.1);
  view_text_add(&quoted, "", 1);
  assert_string_equal(quoted.data, "\"a\\u0022b\\u005cc\\u000a\\u0001\xC3\xA9\"0.1");
  free(quoted.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_what_there_is), cmocka_unit_test(finds_nothing_else), cmocka_unit_test(reads_numbers),
      cmocka_unit_test(is_described),        cmocka_unit_test(keeps_secrets),      cmocka_unit_test(mends_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
