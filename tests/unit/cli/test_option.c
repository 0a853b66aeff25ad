/* SPDX-License-Identifier: Apache-2.0 */
#include "option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct Values {
  bool help, force, quiet;
  int level, codec;
  int64_t offset;
  double spacing;
  const char *output;
  CliStrings names;
  int64_t size[2];
  NodalRect region;
  const char *slide;
  int64_t x;
  CliStrings rest;
  int tile;
} Values;

static const char *const codecs[] = {"keep", "jpeg", "none", NULL};

static const CliOption options[] = {
    {.name = "help", .letter = 'h', .type = CLI_HELP, .offset = offsetof(Values, help)},
    {.name = "force", .letter = 'f', .offset = offsetof(Values, force)},
    {.name = "quiet", .letter = 'q', .offset = offsetof(Values, quiet)},
    {.name = "level",
     .letter = 'l',
     .type = CLI_INT,
     .value = "L",
     .offset = offsetof(Values, level),
     .minimum = 0,
     .maximum = 9,
     .initial = "3"},
    {.name = "tile",
     .type = CLI_INT,
     .value = "N",
     .offset = offsetof(Values, tile),
     .minimum = 16,
     .maximum = 4096,
     .multiple = 16},
    {.name = "offset", .type = CLI_INT64, .value = "N", .offset = offsetof(Values, offset)},
    {.name = "codec",
     .type = CLI_CHOICE,
     .value = "C",
     .choices = codecs,
     .offset = offsetof(Values, codec),
     .initial = "jpeg"},
    {.name = "spacing",
     .type = CLI_DOUBLE,
     .value = "UM",
     .offset = offsetof(Values, spacing),
     .minimum = 0.001,
     .maximum = 1000000000},
    {.name = "output", .letter = 'o', .type = CLI_STRING, .value = "FILE", .offset = offsetof(Values, output)},
    {.name = "name", .letter = 'n', .type = CLI_STRINGS, .value = "NAME", .offset = offsetof(Values, names)},
    {.name = "size", .type = CLI_SIZE, .value = "W H", .offset = offsetof(Values, size), .minimum = 1, .maximum = 1000},
    {.name = "region", .type = CLI_RECT, .value = "X,Y,W,H", .offset = offsetof(Values, region)},
    {.name = NULL}};

static const CliOption arguments[] = {
    {.name = "SLIDE", .required = true, .type = CLI_STRING, .offset = offsetof(Values, slide)},
    {.name = "X", .type = CLI_INT64, .offset = offsetof(Values, x), .minimum = -1000, .maximum = 1000},
    {.name = NULL}};

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))
#define WORDS(...) ((const char *[]){__VA_ARGS__})
#define PARSE(values, problem, ...)                                                                                    \
  cli_parse(options, arguments, COUNT(WORDS(__VA_ARGS__)), WORDS(__VA_ARGS__), values, problem)

/* Words that must parse; the values are for the caller to look at and to free. */
#define GOOD(values, ...)                                                                                              \
  do {                                                                                                                 \
    memset(values, 0, sizeof *(values));                                                                               \
    CliProblem problem_ = {""};                                                                                        \
    if (!PARSE(values, &problem_, __VA_ARGS__)) {                                                                      \
      fail_msg("%s", problem_.text);                                                                                   \
    }                                                                                                                  \
  } while (0)

/* Words that must not parse, and exactly why. */
#define BAD(text_, ...)                                                                                                \
  do {                                                                                                                 \
    Values values_;                                                                                                    \
    memset(&values_, 0, sizeof values_);                                                                               \
    CliProblem problem_ = {""};                                                                                        \
    assert_false(PARSE(&values_, &problem_, __VA_ARGS__));                                                             \
    assert_string_equal(problem_.text, text_);                                                                         \
    cli_free_values(options, arguments, &values_);                                                                     \
  } while (0)

static void test_defaults(void **state) {
  (void)state;
  Values values;
  GOOD(&values, "s.tif");
  assert_string_equal(values.slide, "s.tif");
  assert_int_equal(values.level, 3);
  assert_int_equal(values.codec, 1);
  assert_int_equal(values.x, 0);
  assert_null(values.output);
  assert_false(values.force);
  assert_int_equal(values.names.count, 0);
}

static void test_ways_to_give_a_value(void **state) {
  (void)state;
  Values values;
  GOOD(&values, "--level=5", "s.tif");
  assert_int_equal(values.level, 5);
  GOOD(&values, "--level", "6", "s.tif");
  assert_int_equal(values.level, 6);
  GOOD(&values, "-l7", "s.tif");
  assert_int_equal(values.level, 7);
  GOOD(&values, "-l", "8", "s.tif");
  assert_int_equal(values.level, 8);
  GOOD(&values, "-l1", "-l2", "s.tif"); /* the last one counts */
  assert_int_equal(values.level, 2);
  GOOD(&values, "-o=x", "s.tif"); /* a letter takes all that is glued to it */
  assert_string_equal(values.output, "=x");
  GOOD(&values, "--output=a=b", "s.tif");
  assert_string_equal(values.output, "a=b");
  GOOD(&values, "-o", "--force", "s.tif"); /* a value may look like an option */
  assert_string_equal(values.output, "--force");
  assert_false(values.force);
}

static void test_bundles(void **state) {
  (void)state;
  Values values;
  GOOD(&values, "-fq", "s.tif");
  assert_true(values.force && values.quiet);
  GOOD(&values, "-fl4", "s.tif");
  assert_true(values.force);
  assert_int_equal(values.level, 4);
  GOOD(&values, "-fqo", "out.png", "s.tif");
  assert_true(values.force && values.quiet);
  assert_string_equal(values.output, "out.png");
  BAD("no option '-x' in '-fx'", "-fx", "s.tif");
  BAD("no option '-x'", "-x", "s.tif");
}

static void test_arguments_and_options_in_any_order(void **state) {
  (void)state;
  Values values;
  GOOD(&values, "s.tif", "-f", "-100", "--level", "1");
  assert_string_equal(values.slide, "s.tif");
  assert_int_equal(values.x, -100);
  assert_true(values.force);
  assert_int_equal(values.level, 1);
  GOOD(&values, "-f", "--", "--level", "7");
  assert_string_equal(values.slide, "--level");
  assert_int_equal(values.x, 7);
  GOOD(&values, "-");
  assert_string_equal(values.slide, "-");
  GOOD(&values, "-.5"); /* a number, so no option */
  assert_string_equal(values.slide, "-.5");
  BAD("SLIDE is missing", "-f");
  BAD("'z' is one argument too many", "s.tif", "1", "z");
  BAD("X: 'y' is not a whole number", "s.tif", "y");
  BAD("X: -1001 is out of range, -1000 to 1000", "s.tif", "-1001");
}

static void test_help_ends_parsing(void **state) {
  (void)state;
  Values values;
  GOOD(&values, "--help", "--nonsense");
  assert_true(values.help);
  GOOD(&values, "-fhx");
  assert_true(values.help && values.force);
  BAD("no option '--nonsense'", "--nonsense", "--help");
}

static void test_whole_numbers(void **state) {
  (void)state;
  Values values;
  GOOD(&values, "--offset=-9223372036854775808", "s");
  assert_true(values.offset == INT64_MIN);
  GOOD(&values, "--offset=+9223372036854775807", "s");
  assert_true(values.offset == INT64_MAX);
  GOOD(&values, "--tile=4096", "s");
  assert_int_equal(values.tile, 4096);
  BAD("--offset: 9223372036854775808 is too large", "--offset=9223372036854775808", "s");
  BAD("--level: 'x' is not a whole number", "--level=x", "s");
  BAD("--level: '' is not a whole number", "--level=", "s");
  BAD("--level: ' 1' is not a whole number", "--level= 1", "s");
  BAD("--level: '1.0' is not a whole number", "--level", "1.0", "s");
  BAD("--level: '0x1' is not a whole number", "--level", "0x1", "s");
  BAD("--level: '-' is not a whole number", "--level", "-", "s");
  BAD("-l: '1k' is not a whole number", "-l1k", "s");
  BAD("--level: 10 is out of range, 0 to 9", "--level=10", "s");
  BAD("--level: -1 is out of range, 0 to 9", "--level", "-1", "s");
  BAD("--level: 99999999999999999999 is out of range, 0 to 9", "--level=99999999999999999999", "s");
  BAD("--tile: 24 is not a multiple of 16", "--tile=24", "s");
}

static void test_numbers(void **state) {
  (void)state;
  Values values;
  GOOD(&values, "--spacing=0.25", "s");
  assert_true(values.spacing == 0.25);
  GOOD(&values, "--spacing", "2.5e-1", "s");
  assert_true(values.spacing == 0.25);
  GOOD(&values, "--spacing", ".5", "s");
  assert_true(values.spacing == 0.5);
  BAD("--spacing: '0,5' is not a number", "--spacing=0,5", "s");
  BAD("--spacing: 'nan' is not a number", "--spacing=nan", "s");
  BAD("--spacing: 'inf' is not a number", "--spacing=inf", "s");
  BAD("--spacing: '0x10' is not a number", "--spacing=0x10", "s");
  BAD("--spacing: '1e999' is not a number", "--spacing=1e999", "s");
  BAD("--spacing: '' is not a number", "--spacing=", "s");
  BAD("--spacing: '1 ' is not a number", "--spacing=1 ", "s");
  BAD("--spacing: 0 is out of range, 0.001 to 1000000000", "--spacing=0", "s");
}

static void test_choices(void **state) {
  (void)state;
  Values values;
  GOOD(&values, "--codec=none", "s");
  assert_int_equal(values.codec, 2);
  BAD("--codec: 'jpg' is not one of keep, jpeg, none", "--codec=jpg", "s");
  BAD("--codec: 'j' is not one of keep, jpeg, none", "--codec=j", "s");
}

static void test_sizes(void **state) {
  (void)state;
  Values values;
  GOOD(&values, "--size", "20", "30", "s");
  assert_int_equal(values.size[0], 20);
  assert_int_equal(values.size[1], 30);
  assert_string_equal(values.slide, "s");
  GOOD(&values, "--size=40,50", "s");
  assert_int_equal(values.size[0], 40);
  assert_int_equal(values.size[1], 50);
  GOOD(&values, "--size", "60x70", "s");
  assert_int_equal(values.size[0], 60);
  assert_int_equal(values.size[1], 70);
  BAD("--size: '20' is not two whole numbers W H", "--size=20", "s");
  BAD("--size: '20 s' is not two whole numbers W H", "--size", "20", "s");
  BAD("--size: '20' is not two whole numbers W H", "s", "--size", "20");
  BAD("--size: '1,2,3' is not two whole numbers W H", "--size", "1,2,3", "s");
  BAD("--size: 1001 is out of range, 1 to 1000", "--size", "20", "1001", "s");
  BAD("--size: 0 is out of range, 1 to 1000", "--size=0,1", "s");
}

static void test_rectangles(void **state) {
  (void)state;
  Values values;
  GOOD(&values, "--region=-1,2,30,40", "s");
  assert_int_equal(values.region.x, -1);
  assert_int_equal(values.region.y, 2);
  assert_int_equal(values.region.width, 30);
  assert_int_equal(values.region.height, 40);
  BAD("--region: '1,2,3' is not X,Y,W,H in whole numbers", "--region=1,2,3", "s");
  BAD("--region: '1,2,3,4,5' is not X,Y,W,H in whole numbers", "--region=1,2,3,4,5", "s");
  BAD("--region: '1,2,3,4,' is not X,Y,W,H in whole numbers", "--region=1,2,3,4,", "s");
  BAD("--region: '1,2,,4' is not X,Y,W,H in whole numbers", "--region=1,2,,4", "s");
  BAD("--region: '1, 2,3,4' is not X,Y,W,H in whole numbers", "--region=1, 2,3,4", "s");
  BAD("--region: W and H of '1,2,0,4' are not both at least 1", "--region=1,2,0,4", "s");
  BAD("--region: 9000000000000000 is too large", "--region=1,2,9000000000000000,4", "s");
  BAD("--region: '99999999999999999999,2,3,4' is not X,Y,W,H in whole numbers", "--region=99999999999999999999,2,3,4",
      "s");
}

static void test_unknown_and_incomplete_options(void **state) {
  (void)state;
  BAD("no option '--levl', did you mean '--level'?", "--levl", "1", "s");
  BAD("no option '--levl', did you mean '--level'?", "--levl=1", "s");
  BAD("no option '--lev', did you mean '--level'?", "--lev=1", "s"); /* no abbreviations */
  BAD("no option '--o'", "--o", "x", "s");
  BAD("no option '--zebra'", "--zebra", "s");
  BAD("--force: takes no value", "--force=1", "s");
  BAD("--output: needs a value, FILE", "s", "--output");
  BAD("-o: needs a value, FILE", "s", "-fo");
  BAD("--output: is empty", "s", "--output=");
  BAD("SLIDE: is empty", "");
}

static void test_strings_that_repeat(void **state) {
  (void)state;
  Values values;
  GOOD(&values, "-n", "one", "s", "--name=two", "-nthree");
  assert_int_equal(values.names.count, 3);
  assert_string_equal(values.names.items[0], "one");
  assert_string_equal(values.names.items[1], "two");
  assert_string_equal(values.names.items[2], "three");
  cli_free_values(options, arguments, &values);
  assert_null(values.names.items);
  assert_int_equal(values.names.count, 0);
}

static void test_argument_that_takes_many(void **state) {
  (void)state;
  static const CliOption many[] = {
      {.name = "SLIDE", .required = true, .type = CLI_STRINGS, .offset = offsetof(Values, rest)},
      {.name = "LAST", .required = true, .type = CLI_STRING, .offset = offsetof(Values, slide)},
      {.name = NULL}};
  Values values = {0};
  CliProblem problem = {""};
  assert_true(cli_parse(options, many, 4, WORDS("a", "b", "-f", "c"), &values, &problem));
  assert_int_equal(values.rest.count, 2);
  assert_string_equal(values.rest.items[0], "a");
  assert_string_equal(values.rest.items[1], "b");
  assert_string_equal(values.slide, "c");
  cli_free_values(options, many, &values);
  assert_false(cli_parse(options, many, 1, WORDS("a"), &values, &problem));
  assert_string_equal(problem.text, "SLIDE is missing");
  cli_free_values(options, many, &values);
}

static void test_required_options(void **state) {
  (void)state;
  static const CliOption required[] = {
      {.name = "output", .letter = 'o', .required = true, .type = CLI_STRING, .offset = offsetof(Values, output)},
      {.name = NULL}};
  Values values = {0};
  CliProblem problem = {""};
  assert_false(cli_parse(required, arguments, 1, WORDS("s.tif"), &values, &problem));
  assert_string_equal(problem.text, "--output is missing");
  assert_true(cli_parse(required, arguments, 2, WORDS("s.tif", "-ox"), &values, &problem));
  assert_string_equal(values.output, "x");
}

static void test_long_words_make_short_messages(void **state) {
  (void)state;
  char word[5000];
  memset(word, 'a', sizeof word - 1);
  word[sizeof word - 1] = '\0';
  memcpy(word, "--", 2);
  Values values = {0};
  CliProblem problem = {""};
  assert_false(cli_parse(options, arguments, 1, WORDS(word), &values, &problem));
  assert_int_equal(strlen(problem.text), strlen("no option '--'") + 63);
  memcpy(word, "-l", 2);
  assert_false(cli_parse(options, arguments, 1, WORDS(word), &values, &problem));
  assert_int_equal(strlen(problem.text), sizeof problem.text - 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_defaults),
      cmocka_unit_test(test_ways_to_give_a_value),
      cmocka_unit_test(test_bundles),
      cmocka_unit_test(test_arguments_and_options_in_any_order),
      cmocka_unit_test(test_help_ends_parsing),
      cmocka_unit_test(test_whole_numbers),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_choices),
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_rectangles),
      cmocka_unit_test(test_unknown_and_incomplete_options),
      cmocka_unit_test(test_strings_that_repeat),
      cmocka_unit_test(test_argument_that_takes_many),
      cmocka_unit_test(test_required_options),
      cmocka_unit_test(test_long_words_make_short_messages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
