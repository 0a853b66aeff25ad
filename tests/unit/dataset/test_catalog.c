/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "dataset/catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char header[] = "slide,path,dataset,split,center,patient,node,label,stage,annotation,mask,width_px,"
                             "height_px,spacing_um,scanner,bytes,checksum,notes\n";

static NodalCatalog *read_text(const char *text, NodalError **error) {
  NodalSource *source = nodal_source_new_memory(text, strlen(text), "c.csv", NULL);
  NodalCatalog *catalog = nodal_catalog_read_source(source, error);
  nodal_source_unref(source);
  return catalog;
}

static NodalCatalog *read_good(const char *text) {
  NodalError *error = NULL;
  NodalCatalog *catalog = read_text(text, &error);
  if (!catalog) {
    fail_msg("%s", nodal_error_message(error));
  }
  return catalog;
}

static void expect_refused(const char *text, const char *message) {
  NodalError *error = NULL;
  assert_null(read_text(text, &error));
  assert_string_equal(nodal_error_message(error), message);
  nodal_error_free(error);
  assert_null(read_text(text, NULL));
}

static void rows_in_any_order_of_columns(void **state) {
  (void)state;
  NodalCatalog *catalog =
      read_good("\xEF\xBB\xBFspacing_um,more,Slide,label,bytes\r\n"
                "0.243,x,tumor_010,macro,12345678901\r\n,,normal_002,negative\r\n0.25,,Normal_001\r\n");
  assert_int_equal(nodal_catalog_count(catalog), 3);
  NodalCatalogRow row;
  assert_true(nodal_catalog_row(catalog, 0, &row));
  assert_string_equal(row.slide, "Normal_001");
  assert_true(row.spacing_um == 0.25 && row.bytes == 0);
  assert_string_equal(row.label, "");
  assert_true(nodal_catalog_row(catalog, 2, &row));
  assert_string_equal(row.slide, "tumor_010");
  assert_string_equal(row.label, "macro");
  assert_string_equal(row.notes, "");
  assert_true(row.spacing_um == 0.243 && row.bytes == 12345678901 && row.width_px == 0);
  assert_false(nodal_catalog_row(catalog, 3, &row));
  assert_false(nodal_catalog_row(catalog, -1, &row));
  assert_int_equal(nodal_catalog_find(catalog, "TUMOR_010"), 2);
  assert_int_equal(nodal_catalog_find(catalog, "normal_001"), 0);
  assert_int_equal(nodal_catalog_find(catalog, "normal_002"), 1);
  assert_int_equal(nodal_catalog_find(catalog, "tumor_01"), -1);
  nodal_catalog_free(catalog);
}

static void what_is_refused(void **state) {
  (void)state;
  expect_refused("", "c.csv: is empty");
  expect_refused("path,label\n", "c.csv: line 1: no column slide");
  expect_refused("slide,width_px\na,12\nb,1.5\n", "c.csv: line 3: width_px is '1.5', not a whole number of at least 0");
  expect_refused("slide,bytes\na,-1\n", "c.csv: line 2: bytes is '-1', not a whole number of at least 0");
  expect_refused("slide,spacing_um\na,-0.2\n", "c.csv: line 2: spacing_um is '-0.2', not a number of at least 0");
  expect_refused("slide,spacing_um\na,nan\n", "c.csv: line 2: spacing_um is 'nan', not a number of at least 0");
  expect_refused("slide,label\n,macro\n", "c.csv: line 2: no name of a slide");
  expect_refused("slide\nb\na\nc\nC\nB\n", "c.csv: line 5: C is there already, in line 4");
}

/* The bytes of a file as text; to be freed. */
static char *contents(const char *path) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  char *text = calloc(1, 10000);
  assert_true(fread(text, 1, 9999, file) > 0);
  fclose(file);
  return text;
}

static void write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void expect_written(const NodalCatalog *catalog, const char *path, const char *row) {
  char *expected = NULL, *text;
  assert_true(asprintf(&expected, "%s%s", header, row) > 0);
  NodalError *error = NULL;
  if (!nodal_catalog_write(catalog, path, true, &error)) {
    fail_msg("%s", nodal_error_message(error));
  }
  text = contents(path);
  assert_string_equal(text, expected);
  free(text);
  free(expected);
}

static void paths_follow_the_file(void **state) {
  (void)state;
  char folder[] = "/tmp/nodal-catalog-XXXXXX", inner[100], elsewhere[100], path[120], row[800];
  assert_non_null(mkdtemp(folder));
  snprintf(inner, sizeof inner, "%s/data", folder);
  snprintf(elsewhere, sizeof elsewhere, "%s/data2", folder);
  assert_int_equal(mkdir(inner, 0777), 0);
  assert_int_equal(mkdir(elsewhere, 0777), 0);
  snprintf(path, sizeof path, "%s/in.csv", inner);
  const char *line = "\"a, \"\"b\"\"\",images/a.tif,phantom,train,center 0,patient_1,0,macro,pN1,/x/a.xml,,7,8,0.25,"
                     "some,9,md5:0,note\n";
  char *whole = NULL;
  assert_true(asprintf(&whole, "%s%s", header, line) > 0);
  write_text(path, whole);
  free(whole);
  NodalCatalog *catalog = nodal_catalog_read(path, NULL);
  assert_non_null(catalog);
  char *resolved = nodal_catalog_resolve(catalog, "images/a.tif", NULL);
  snprintf(row, sizeof row, "%s/images/a.tif", inner);
  assert_string_equal(resolved, row);
  nodal_free(resolved);
  resolved = nodal_catalog_resolve(catalog, "/x/a.xml", NULL);
  assert_string_equal(resolved, "/x/a.xml");
  nodal_free(resolved);

  expect_written(catalog, path, line);
  const char *before = "\"a, \"\"b\"\"\",", *behind = strstr(line, "images/");
  snprintf(path, sizeof path, "%s/out.csv", folder);
  snprintf(row, sizeof row, "%sdata/%s", before, behind);
  expect_written(catalog, path, row);
  remove(path);
  snprintf(path, sizeof path, "%s/out.csv", elsewhere);
  snprintf(row, sizeof row, "%s%s/%s", before, inner, behind);
  expect_written(catalog, path, row);
  NodalError *error = NULL;
  assert_false(nodal_catalog_write(catalog, path, false, &error));
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_EXISTS);
  nodal_error_free(error);
  remove(path);
  nodal_catalog_free(catalog);
  snprintf(path, sizeof path, "%s/in.csv", inner);
  remove(path);
  assert_int_equal(rmdir(inner), 0);
  assert_int_equal(rmdir(elsewhere), 0);
  assert_int_equal(rmdir(folder), 0);
}

static void notes_are_kept_once(void **state) {
  (void)state;
  NodalCatalog *catalog = catalog_new("", NULL);
  CatalogEntry *entry = catalog_add(catalog, "a", NULL);
  assert_true(catalog_note(entry, NULL, "not all %s", "drawn"));
  assert_true(catalog_note(entry, NULL, "drawn"));
  assert_true(catalog_note(entry, NULL, "drawn"));
  assert_true(catalog_note(entry, NULL, "not all drawn"));
  assert_string_equal(catalog_text(entry, CATALOG_NOTES), "not all drawn; drawn");
  assert_true(catalog_set(entry, CATALOG_NOTES, "", NULL));
  assert_string_equal(catalog_text(entry, CATALOG_NOTES), "");
  nodal_catalog_free(catalog);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_in_any_order_of_columns),
      cmocka_unit_test(what_is_refused),
      cmocka_unit_test(paths_follow_the_file),
      cmocka_unit_test(notes_are_kept_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
