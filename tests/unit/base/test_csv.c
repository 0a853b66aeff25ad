/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csv.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Rows as text: "LINE:[field][field]\n". */
typedef struct Rows {
  char text[4096];
  int stop_at; /* fails at this row, from 1 */
  int count;
} Rows;

static bool take(void *user, const NodalCsvRow *row, NodalError **error) {
  Rows *rows = user;
  if (++rows->count == rows->stop_at) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "enough");
  }
  if (rows->stop_at > 2) {
    return true; /* counts only */
  }
  size_t used = strlen(rows->text);
  used += (size_t)snprintf(rows->text + used, sizeof rows->text - used, "%ld:", row->line);
  for (size_t i = 0; i < row->count; i++) {
    used += (size_t)snprintf(rows->text + used, sizeof rows->text - used, "[%s]", row->fields[i]);
  }
  snprintf(rows->text + used, sizeof rows->text - used, "\n");
  return true;
}

static void expect_rows_of(const char *data, size_t size, const char *expected) {
  Rows rows = {0};
  NodalSource *source = nodal_source_new_memory(data, size, "t.csv", NULL);
  NodalError *error = NULL;
  if (!nodal_csv_read(source, take, &rows, &error)) {
    fail_msg("%s", nodal_error_message(error));
  }
  assert_string_equal(rows.text, expected);
  nodal_source_unref(source);
}

static void expect_rows(const char *data, const char *expected) {
  expect_rows_of(data, strlen(data), expected);
}

static void expect_failure_of(const char *data, size_t size, int stop_at, const char *message) {
  Rows rows = {.stop_at = stop_at};
  NodalSource *source = nodal_source_new_memory(data, size, "t.csv", NULL);
  NodalError *error = NULL;
  assert_false(nodal_csv_read(source, take, &rows, &error));
  assert_string_equal(nodal_error_message(error), message);
  nodal_error_free(error);
  rows.count = 0;
  assert_false(nodal_csv_read(source, take, &rows, NULL));
  nodal_source_unref(source);
}

static void expect_failure(const char *data, const char *message) {
  expect_failure_of(data, strlen(data), 0, message);
}

static void rows_and_lines(void **state) {
  (void)state;
  expect_rows("", "");
  expect_rows("\n\n", "");
  expect_rows("a,b\n1,2\n", "1:[a][b]\n2:[1][2]\n");
  expect_rows("a,b\r\n1,2\r\n", "1:[a][b]\n2:[1][2]\n");
  expect_rows("a,b\r1,2", "1:[a][b]\n2:[1][2]\n");
  expect_rows("a\n\n \n\r\nb\n", "1:[a]\n5:[b]\n");
  expect_rows("\xEF\xBB\xBFx,y\n", "1:[x][y]\n");
  expect_rows("a,,\n,\n", "1:[a][][]\n2:[][]\n");
  expect_rows(" a b ,\tc\t\n", "1:[a b][c]\n");
}

static void quoted_fields(void **state) {
  (void)state;
  expect_rows("\"a,b\",\" c \"\n", "1:[a,b][ c ]\n");
  expect_rows("\"he said \"\"no\"\"\",x\n", "1:[he said \"no\"][x]\n");
  expect_rows("a,\"b\nc\r\nd\"\ne\n", "1:[a][b\nc\r\nd]\n4:[e]\n");
  expect_rows("\"\n\"\nb\n", "1:[\n]\n3:[b]\n");
  expect_rows("\"\",\"\"\n", "1:[][]\n");
  expect_rows("\"\xC3\xA9\",\xE2\x82\xAC\n", "1:[\xC3\xA9][\xE2\x82\xAC]\n");
}

static void refused(void **state) {
  (void)state;
  expect_failure("a,b\nc\"d,e\n", "t.csv: line 2: a quote stands where none may be");
  expect_failure("a\n\"b\"c,d\n", "t.csv: line 2: a quote stands where none may be");
  expect_failure("a\nb,\"c\nd\n", "t.csv: line 2: a quoted field does not end");
  expect_failure("a\nb,\xC3(\n", "t.csv: line 2: field 2 is not UTF-8");
  expect_failure("a\n\xED\xA0\x80\n", "t.csv: line 2: field 1 is not UTF-8");
  expect_failure_of("a,\0b\n", 5, 0, "t.csv: line 1: field 2 is not UTF-8");
  expect_failure_of("\n\0\0", 3, 0, "t.csv: line 2: field 1 is not UTF-8");
  expect_failure_of("a\nb\nc\n", 6, 2, "t.csv: line 2: enough");
}

static void limits(void **state) {
  (void)state;
  size_t size = (size_t)NODAL_CSV_MAX_FIELD * 3;
  char *data = nodal_alloc(size, NULL);
  memset(data, 'x', size);
  memcpy(data, "a\n\"", 3);
  expect_failure_of(data, size, 0, "t.csv: line 2: a field of more than 1048576 bytes; is a quote missing?");
  memset(data, ',', NODAL_CSV_MAX_FIELDS + 10);
  expect_failure_of(data, NODAL_CSV_MAX_FIELDS + 10, 0, "t.csv: line 1: more than 4096 fields");
  free(data);
}

/* Rows that lie across the pieces in which a file is read keep their fields and lines. */
static void long_tables(void **state) {
  (void)state;
  enum { ROWS = 20000 };
  char *data = nodal_alloc(ROWS * 32, NULL);
  size_t size = 0;
  for (int i = 0; i < ROWS; i++) {
    size += (size_t)snprintf(data + size, 32, "%d,\"%d\n\",%d\r\n", i, i * 7, i * 3);
  }
  NodalSource *source = nodal_source_new_memory(data, size, "t.csv", NULL);
  Rows rows = {.stop_at = ROWS};
  NodalError *error = NULL;
  rows.text[0] = '\0';
  assert_false(nodal_csv_read(source, take, &rows, &error));
  assert_int_equal(rows.count, ROWS);
  assert_string_equal(nodal_error_message(error), "t.csv: line 39999: enough");
  nodal_error_free(error);
  nodal_source_unref(source);
  free(data);
}

static void columns(void **state) {
  (void)state;
  const char *const fields[] = {"x", "Y", "name"};
  NodalCsvRow row = {1, fields, 3};
  assert_int_equal(nodal_csv_column(&row, "X"), 0);
  assert_int_equal(nodal_csv_column(&row, "y"), 1);
  assert_int_equal(nodal_csv_column(&row, "nam"), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_and_lines), cmocka_unit_test(quoted_fields), cmocka_unit_test(refused),
      cmocka_unit_test(limits),         cmocka_unit_test(long_tables),   cmocka_unit_test(columns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
