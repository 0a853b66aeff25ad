/* SPDX-License-Identifier: Apache-2.0 */
#include "suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_distances(void **state) {
  (void)state;
  assert_int_equal(cli_edit_distance("", ""), 0);
  assert_int_equal(cli_edit_distance("crop", "crop"), 0);
  assert_int_equal(cli_edit_distance("", "crop"), 4);
  assert_int_equal(cli_edit_distance("crop", ""), 4);
  assert_int_equal(cli_edit_distance("corp", "crop"), 1);      /* a swap */
  assert_int_equal(cli_edit_distance("levl", "level"), 1);     /* a letter left out */
  assert_int_equal(cli_edit_distance("kitten", "sitting"), 3); /* the textbook's pair */
  assert_int_equal(cli_edit_distance("ca", "abc"), 3);         /* 3, not 2: no edits inside a swap */
  assert_int_equal(cli_edit_distance("intention", "execution"), 5);
}

static void test_long_names_are_far_apart(void **state) {
  (void)state;
  char name[101];
  memset(name, 'a', sizeof name - 1);
  name[100] = '\0';
  assert_int_equal(cli_edit_distance(name, name), 100);
  assert_int_equal(cli_edit_distance("a", name), 100);
}

static const char *nearest(const char *typed) {
  static const char *const names[] = {"info", "crop", "convert", "compare", "self-test", "a"};
  CliSuggestion suggestion = {.typed = typed};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    cli_suggest(&suggestion, names[i]);
  }
  return suggestion.best;
}

static void test_suggestions(void **state) {
  (void)state;
  assert_string_equal(nearest("corp"), "crop");
  assert_string_equal(nearest("inof"), "info");
  assert_string_equal(nearest("convrt"), "convert");
  assert_string_equal(nearest("comapre"), "compare");
  assert_string_equal(nearest("selftest"), "self-test");
  assert_string_equal(nearest("conv"), "convert");
  assert_string_equal(nearest("self"), "self-test");
  assert_null(nearest("dataset"));
  assert_null(nearest("x")); /* a name of one letter is never "near" another */
  assert_null(nearest(""));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_distances),
      cmocka_unit_test(test_long_names_are_far_apart),
      cmocka_unit_test(test_suggestions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
