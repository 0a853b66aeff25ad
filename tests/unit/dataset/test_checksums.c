/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/checksums.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MD5 "d41d8cd98f00b204e9800998ecf8427e"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static bool read_text(ChecksumList *list, const char *text, NodalError **error) {
  NodalSource *source = nodal_source_new_memory(text, strlen(text), "list", NULL);
  bool done = checksums_read(list, source, error);
  nodal_source_unref(source);
  return done;
}

static void all_forms_of_lines(void **state) {
  (void)state;
  ChecksumList list = {0};
  assert_true(read_text(&list,
                        "\xEF\xBB\xBF" MD5 "  a b.tif\r\n\n" SHA256 " *./c/d.tif\n\\" MD5 "  e\\\\f\\ng\n"
                        "D41D8CD98F00B204E9800998ECF8427E   h\n" MD5 "  **i",
                        NULL));
  static const struct {
    const char *path;
    NodalDigest digest;
  } expected[] = {{"a b.tif", NODAL_DIGEST_MD5},
                  {"./c/d.tif", NODAL_DIGEST_SHA256},
                  {"e\\f\ng", NODAL_DIGEST_MD5},
                  {" h", NODAL_DIGEST_MD5},
                  {"**i", NODAL_DIGEST_MD5}};
  assert_int_equal(list.count, 5);
  for (size_t i = 0; i < list.count; i++) {
    assert_string_equal(list.items[i].path, expected[i].path);
    assert_int_equal(list.items[i].digest, expected[i].digest);
    assert_string_equal(list.items[i].text, expected[i].digest == NODAL_DIGEST_MD5 ? MD5 : SHA256);
  }
  checksums_clear(&list);
  assert_int_equal(list.count, 0);
  assert_true(read_text(&list, "", NULL));
  checksums_clear(&list);
}

static void lines_that_are_none(void **state) {
  (void)state;
  static const char *const bad[] = {MD5,           MD5 " ", MD5 "  ",         MD5 " a",         MD5 "a  b",
                                    SHA256 "0  a", "  a",   "MD5 (a) = " MD5, "\\" MD5 "  a\\", "\\" MD5 "  a\\t",
                                    MD5 "  \xff"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ChecksumList list = {0};
    NodalError *error = NULL;
    char text[200];
    snprintf(text, sizeof text, "%s  a\n%s\n", MD5, bad[i]);
    assert_false(read_text(&list, text, &error));
    assert_string_equal(nodal_error_message(error), "list: line 2: is no line of md5sum or sha256sum");
    nodal_error_free(error);
    checksums_clear(&list);
  }
}

static void names_of_lists(void **state) {
  (void)state;
  static const char *const lists[] = {"checksums.md5", "CHECKSUMS.TXT", "a.sha256", "MD5SUMS", "sha256sums.txt"};
  static const char *const others[] = {".md5", "md5", "checksums.csv", "a.md5.txt", ""};
  for (size_t i = 0; i < 5; i++) {
    assert_true(checksums_is_list(lists[i]));
    assert_false(checksums_is_list(others[i]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_forms_of_lines),
      cmocka_unit_test(lines_that_are_none),
      cmocka_unit_test(names_of_lists),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
