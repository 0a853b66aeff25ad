/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"
#include "base/printer.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static void expect_text(double value, const char *expected) {
  char text[NODAL_NUMBER_SIZE];
  size_t length = nodal_format_double(text, value);
  assert_string_equal(text, expected);
  assert_int_equal(length, strlen(expected));
}

static void shortest_text(void **state) {
  (void)state;
  expect_text(0, "0");
  expect_text(-0.0, "-0");
  expect_text(1, "1");
  expect_text(-58193, "-58193");
  expect_text(71924.3984, "71924.3984");
  expect_text(0.1, "0.1");
  expect_text(0.1 + 0.2, "0.30000000000000004");
  expect_text(1.0 / 3, "0.3333333333333333");
  expect_text(-26373.67, "-26373.67");
  expect_text(0.0001, "0.0001");
  expect_text(0.000123, "0.000123");
  expect_text(0.00001, "1e-05");
  expect_text(1.25e-7, "1.25e-07");
  expect_text(999999999, "999999999");
  expect_text(1e9, "1e+09");
  expect_text(1234567890, "1.23456789e+09");
  expect_text(12345678901.0, "12345678901");
  expect_text(1234567890.5, "1234567890.5");
  expect_text(1e22, "1e+22");
  expect_text(1.7976931348623157e308, "1.7976931348623157e+308");
  expect_text(5e-324, "5e-324");
}

/* What ASAP writes is a float of nine digits: as long as it is the shortest text for its number, it comes back. */
static void floats_as_printf_has_them(void **state) {
  (void)state;
  uint64_t random = 88172645463325252u;
  for (int i = 0; i < 200000; i++) {
    float value = (float)(next_random(&random) % 25000000) / 128.0f;
    char expected[64], text[NODAL_NUMBER_SIZE];
    double back = 0;
    snprintf(expected, sizeof expected, "%.9g", (double)value);
    assert_true(nodal_parse_decimal(expected, strlen(expected), &back));
    assert_true(back == strtod(expected, NULL));
    nodal_format_double(text, back);
    assert_string_equal(text, expected);
  }
}

/* Numbers of few decimals take a way of their own: printf is the judge. */
static void few_decimals(void **state) {
  (void)state;
  uint64_t random = 42;
  for (int i = 0; i < 200000; i++) {
    char expected[64];
    double value = (double)(next_random(&random) % (i % 2 ? 100000000 : 100000000000000)) / 1e4;
    int precision = 1;
    do {
      snprintf(expected, sizeof expected, "%.*g", precision++, value);
    } while (strtod(expected, NULL) < value || strtod(expected, NULL) > value);
    snprintf(expected, sizeof expected, "%.*g", precision > 10 ? precision - 1 : 9, value);
    expect_text(value, expected);
    char negative[66];
    snprintf(negative, sizeof negative, "-%s", expected);
    expect_text(-value, negative);
  }
  expect_text(0.001, "0.001");
  expect_text(0.0009, "0.0009");
  expect_text(99999999999.9999, "99999999999.9999");
  expect_text(100000000000.5, "100000000000.5");
}

static void any_bits_come_back(void **state) {
  (void)state;
  uint64_t random = 1234567;
  for (int i = 0; i < 200000; i++) {
    uint64_t bits = next_random(&random);
    double value, back = 0;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value)) {
      continue;
    }
    char text[NODAL_NUMBER_SIZE], shorter[64];
    size_t length = nodal_format_double(text, value);
    assert_true(nodal_parse_decimal(text, length, &back));
    assert_memory_equal(&back, &value, sizeof value);
    /* One digit less does not do. */
    int digits = 0;
    for (const char *at = text; *at && *at != 'e'; at++) {
      digits += *at >= '0' && *at <= '9' && (digits > 0 || *at != '0');
    }
    if (digits > 1 && digits < 17 && strchr(text, 'e')) {
      snprintf(shorter, sizeof shorter, "%.*e", digits - 2, value);
      assert_false(strtod(shorter, NULL) == value);
    }
  }
}

static void parsed_as_strtod(void **state) {
  (void)state;
  static const char *const good[] = {"0",
                                     "-0",
                                     "+5",
                                     "1.",
                                     ".5",
                                     "1e5",
                                     "1E+05",
                                     "-1.5e-3",
                                     "00012.500",
                                     "123456789012345678901234567890",
                                     "0.000000000000000000000000000012345",
                                     "9007199254740993",
                                     "9007199254740992",
                                     "179769313486231570e291",
                                     "1e-400",
                                     "4.9406564584124654e-324",
                                     "2.2250738585072011e-308",
                                     "0e99999999999"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    double value = -1, expected = strtod(good[i], NULL);
    assert_true(nodal_parse_decimal(good[i], strlen(good[i]), &value));
    assert_memory_equal(&value, &expected, sizeof value);
  }
  static const char *const bad[] = {"",    "-",     "+",   ".",         "e5",    "1e",  "1e+",
                                    "nan", "NaN",   "inf", "-infinity", "0x10",  "1,5", " 1",
                                    "1 ",  "1.2.3", "--1", "1e5.5",     "1e400", "1d5", "१"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    double value = -1;
    assert_false(nodal_parse_decimal(bad[i], strlen(bad[i]), &value));
    assert_true(value == -1);
  }
  double value = 0;
  assert_true(nodal_parse_decimal("12345", 3, &value) && value == 123);
  assert_true(nodal_parse_double(" 0,499\r", &value) && value == 0.499);
  assert_true(nodal_parse_double("12.5", &value) && value == 12.5);
  assert_false(nodal_parse_double("1,5,5", &value));
  assert_false(nodal_parse_double("  ", &value));
}

static void whole_numbers(void **state) {
  (void)state;
  int64_t value = 0;
  assert_true(nodal_parse_integer("0", 1, &value) && value == 0);
  assert_true(nodal_parse_integer("-17", 3, &value) && value == -17);
  assert_true(nodal_parse_integer("9223372036854775807", 19, &value) && value == INT64_MAX);
  assert_false(nodal_parse_integer("9223372036854775808", 19, &value));
  assert_false(nodal_parse_integer("", 0, &value));
  assert_false(nodal_parse_integer("-", 1, &value));
  assert_false(nodal_parse_integer("1.0", 3, &value));
  assert_false(nodal_parse_integer(" 1", 2, &value));
}

static void printer_is_a_stream(void **state) {
  (void)state;
  NodalOutput *output = nodal_output_new_memory("m", NULL);
  NodalPrinter *printer = malloc(sizeof *printer);
  nodal_printer_init(printer, output);
  char expected[64];
  for (int i = 0; i < 10000; i++) {
    nodal_print(printer, "row ");
    nodal_print_integer(printer, i);
    nodal_print_format(printer, "%c", ':');
    nodal_print_double(printer, i + 0.5);
    nodal_print_bytes(printer, "\n", 1);
  }
  assert_true(nodal_printer_finish(printer, NULL));
  size_t size;
  const char *text = nodal_output_memory(output, &size), *at = text;
  for (int i = 0; i < 10000; i++) {
    int length = snprintf(expected, sizeof expected, "row %d:%d.5\n", i, i);
    assert_memory_equal(at, expected, (size_t)length);
    at += length;
  }
  assert_int_equal(at - text, size);
  nodal_output_free(output);
  free(printer);
}

static void fields_are_quoted(void **state) {
  (void)state;
  NodalOutput *output = nodal_output_new_memory("m", NULL);
  NodalPrinter *printer = malloc(sizeof *printer);
  nodal_printer_init(printer, output);
  static const char *const fields[] = {"",           "plain",   "in side",  "a,b", "say \"a\"",
                                       "two\nlines", " before", "behind\t", "\""};
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    nodal_print_field(printer, fields[i], i % 2 ? ".tif" : "");
    nodal_print(printer, ";");
  }
  assert_true(nodal_printer_finish(printer, NULL));
  const char *expected = ";plain.tif;in side;\"a,b.tif\";\"say \"\"a\"\"\";\"two\nlines.tif\";\" before\";"
                         "\"behind\t.tif\";\"\"\"\";";
  size_t size;
  const char *text = nodal_output_memory(output, &size);
  assert_int_equal(size, strlen(expected));
  assert_memory_equal(text, expected, size);
  nodal_output_free(output);
  free(printer);
}

static void utf8(void **state) {
  (void)state;
  static const char *const good[] = {"",
                                     "abc",
                                     "\xC2\x80",
                                     "\xDF\xBF",
                                     "\xE0\xA0\x80",
                                     "\xED\x9F\xBF",
                                     "\xEF\xBF\xBF",
                                     "\xF0\x90\x80\x80",
                                     "\xF4\x8F\xBF\xBF"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_true(nodal_is_utf8(good[i], strlen(good[i])));
  }
  static const char *const bad[] = {"\x80",
                                    "\xC0\x80",
                                    "\xC1\xBF",
                                    "\xE0\x9F\xBF",
                                    "\xED\xA0\x80",
                                    "\xF0\x8F\xBF\xBF",
                                    "\xF4\x90\x80\x80",
                                    "\xF5\x80\x80\x80",
                                    "\xC2",
                                    "\xE2\x82",
                                    "\xC2(",
                                    "a\xFF"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_false(nodal_is_utf8(bad[i], strlen(bad[i])));
  }
  assert_false(nodal_is_utf8("a\0b", 3));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shortest_text),
      cmocka_unit_test(floats_as_printf_has_them),
      cmocka_unit_test(few_decimals),
      cmocka_unit_test(any_bits_come_back),
      cmocka_unit_test(parsed_as_strtod),
      cmocka_unit_test(whole_numbers),
      cmocka_unit_test(printer_is_a_stream),
      cmocka_unit_test(fields_are_quoted),
      cmocka_unit_test(utf8),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
