/* SPDX-License-Identifier: Apache-2.0 */
#include "server/document.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const ViewHolds all = {true, true, true, true};

static bool apply(ViewDocument *document, const char *text, ViewHolds holds, ViewFault *fault) {
  *fault = (ViewFault){.status = 0};
  json_t *operations = json_loads(text, 0, NULL);
  assert_non_null(operations);
  bool good = view_document_apply(document, operations, holds, fault);
  json_decref(operations);
  return good;
}

static void expect(const ViewDocument *document, const char *text) {
  ViewText printed = {0};
  view_document_print(document, &printed);
  view_text_add(&printed, "", 1);
  assert_false(printed.failed);
  assert_string_equal(printed.data, text);
  free(printed.data);
}

static void prints_what_was_added(void **state) {
  (void)state;
  ViewFault fault;
  ViewDocument *document = view_document_new();
  assert_true(apply(document,
                    "[{\"op\":\"add\",\"target\":\"item\",\"id\":\"b\",\"value\":{\"name\":\"\\u00e9\\\"\",\"type\":"
                    "\"polygon\",\"group\":\"g\",\"rings\":[[0,0.1,3,4,1e-5,6],[1,1,2,2,1,2]],\"holes\":[false,true]}},"
                    "{\"op\":\"add\",\"target\":\"item\",\"id\":\"a\",\"value\":{\"type\":\"point\",\"color\":"
                    "\"#0A0b0C\",\"rings\":[[5,6]]},\"index\":0},"
                    "{\"op\":\"add\",\"target\":\"group\",\"id\":\"g\",\"value\":{\"name\":\"G\",\"locked\":true}}]",
                    all, &fault));
  expect(document,
         ",\"groups\":[{\"id\":\"g\",\"name\":\"G\",\"color\":null,\"parent\":null,\"visible\":true,\"locked\":true}],"
         "\"items\":[{\"id\":\"a\",\"name\":\"\",\"type\":\"point\",\"group\":null,\"color\":\"#0a0b0c\","
         "\"rings\":[[5,6]],\"holes\":[false]},"
         "{\"id\":\"b\",\"name\":\"\xC3\xA9\\u0022\",\"type\":\"polygon\",\"group\":\"g\",\"color\":null,"
         "\"rings\":[[0,0.1,3,4,1e-05,6],[1,1,2,2,1,2]],\"holes\":[false,true]}]");
  view_document_free(document);
}

static void a_copy_keeps_what_it_was(void **state) {
  (void)state;
  ViewFault fault;
  ViewDocument *document = view_document_new();
  assert_true(
      apply(document,
            "[{\"op\":\"add\",\"target\":\"item\",\"id\":\"a\",\"value\":{\"type\":\"point\",\"rings\":[[1,2]]}}"
            ",{\"op\":\"add\",\"target\":\"item\",\"id\":\"b\",\"value\":{\"type\":\"point\",\"rings\":[[3,4]]}"
            "}]",
            all, &fault));
  ViewDocument *copy = view_document_copy(document);
  assert_true(apply(copy,
                    "[{\"op\":\"delete\",\"target\":\"item\",\"id\":\"a\"},{\"op\":\"set\",\"target\":\"item\",\"id\":"
                    "\"b\",\"value\":{\"type\":\"point\",\"rings\":[[9,9]]}}]",
                    all, &fault));
  view_document_free(copy);
  expect(document, ",\"groups\":[],\"items\":["
                   "{\"id\":\"a\",\"name\":\"\",\"type\":\"point\",\"group\":null,\"color\":null,\"rings\":[[1,2]],"
                   "\"holes\":[false]},"
                   "{\"id\":\"b\",\"name\":\"\",\"type\":\"point\",\"group\":null,\"color\":null,\"rings\":[[3,4]],"
                   "\"holes\":[false]}]");
  view_document_free(document);
}

static void survives_the_set(void **state) {
  (void)state;
  ViewFault fault;
  ViewDocument *document = view_document_new();
  assert_true(apply(document,
                    "[{\"op\":\"add\",\"target\":\"group\",\"id\":\"g0\",\"value\":{\"name\":\"A\",\"visible\":false}},"
                    "{\"op\":\"add\",\"target\":\"group\",\"id\":\"g1\",\"value\":{\"name\":\"B\",\"parent\":\"g0\","
                    "\"color\":\"#010203\",\"locked\":true}},"
                    "{\"op\":\"add\",\"target\":\"item\",\"id\":\"a0\",\"value\":{\"name\":\"s\",\"type\":\"spline\","
                    "\"group\":\"g1\",\"rings\":[[1,2,3,4,5,7]]}},"
                    "{\"op\":\"add\",\"target\":\"item\",\"id\":\"a1\",\"value\":{\"type\":\"none\",\"rings\":[]}}]",
                    all, &fault));
  NodalAnnotationSet *set = view_document_to_set(document, &fault);
  assert_non_null(set);
  const char *key, *value;
  assert_true(nodal_annotation_set_attribute(set, 0, 0, &key, &value));
  assert_string_equal(key, "visible");
  assert_string_equal(value, "false");
  ViewDocument *back = view_document_from_set(set, &fault);
  ViewText before = {0}, after = {0};
  view_document_print(document, &before);
  view_document_print(back, &after);
  assert_int_equal(before.size, after.size);
  assert_memory_equal(before.data, after.data, before.size);
  free(before.data);
  free(after.data);
  nodal_annotation_set_free(set);
  view_document_free(back);
  view_document_free(document);
}

static void refuses_what_a_format_cannot_hold(void **state) {
  (void)state;
  static const struct {
    const char *operations, *message;
  } rows[] = {
      {"[{\"op\":\"add\",\"target\":\"item\",\"id\":\"a\",\"value\":{\"type\":\"polygon\",\"rings\":[[0,0,9,0,9,9],[1,"
       "1,2,"
       "1,2,2]],\"holes\":[false,true]}}]",
       "operation 0: the format of the file has no holes"},
      {"[{\"op\":\"add\",\"target\":\"item\",\"id\":\"a\",\"value\":{\"type\":\"polygon\",\"rings\":[[0,0,9,0,9,9],[1,"
       "1,2,"
       "1,2,2]]}}]",
       "operation 0: the format of the file has no polygons of several parts"},
      {"[{\"op\":\"add\",\"target\":\"item\",\"id\":\"a\",\"value\":{\"type\":\"ellipse\",\"rings\":[[0,0,9,5]]}}]",
       "operation 0: the format of the file has no ellipses"},
      {"[{\"op\":\"add\",\"target\":\"group\",\"id\":\"a\",\"value\":{\"name\":\"x\"}},{\"op\":\"add\",\"target\":"
       "\"group\",\"id\":\"b\",\"value\":{\"name\":\"x\",\"parent\":\"a\"}}]",
       "the format of the file has no two groups of one name"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    ViewFault fault;
    ViewDocument *document = view_document_new();
    assert_false(apply(document, rows[i].operations, (ViewHolds){false, false, false, false}, &fault));
    assert_int_equal(fault.status, 422);
    assert_string_equal(fault.code, "format");
    assert_string_equal(fault.message, rows[i].message);
    view_document_free(document);
    document = view_document_new();
    assert_true(apply(document, rows[i].operations, all, &fault));
    view_document_free(document);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(prints_what_was_added),
      cmocka_unit_test(a_copy_keeps_what_it_was),
      cmocka_unit_test(survives_the_set),
      cmocka_unit_test(refuses_what_a_format_cannot_hold),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
