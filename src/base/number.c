/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* What a decimal number is made of: mantissa * 10^exponent, as far as 19 digits go. */
typedef struct Decimal {
  uint64_t mantissa;
  int digits; /* significant ones, more than 19 are counted but not kept */
  int64_t exponent;
  bool negative;
} Decimal;

static bool parse_exponent(const char *at, const char *end, int64_t *exponent) {
  bool negative = at < end && *at == '-';
  at += at < end && (*at == '-' || *at == '+');
  if (at == end) {
    return false;
  }
  int64_t value = 0;
  for (; at < end; at++) {
    if (!is_digit(*at)) {
      return false;
    }
    value = value < 100000 ? value * 10 + (*at - '0') : value;
  }
  *exponent += negative ? -value : value;
  return true;
}

static bool take_apart(const char *text, size_t length, Decimal *decimal) {
  const char *end = text + length;
  *decimal = (Decimal){.negative = length > 0 && *text == '-'};
  text += length > 0 && (*text == '-' || *text == '+');
  bool any = false, point = false;
  for (; text < end; text++) {
    if (*text == '.' && !point) {
      point = true;
      continue;
    }
    if (!is_digit(*text)) {
      break;
    }
    any = true;
    if (decimal->digits < 19) {
      decimal->mantissa = decimal->mantissa * 10 + (uint64_t)(*text - '0');
      decimal->exponent -= point;
    } else {
      decimal->exponent += !point;
    }
    decimal->digits += decimal->mantissa != 0;
  }
  return any && (text == end || ((*text == 'e' || *text == 'E') && parse_exponent(text + 1, end, &decimal->exponent)));
}

bool nodal_parse_decimal(const char *text, size_t length, double *value) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  Decimal decimal;
  char buffer[128];
  if (length >= sizeof buffer || !take_apart(text, length, &decimal)) {
    return false;
  }
  /* Both numbers are exact doubles here, so that one operation rounds once (Clinger 1990). */
  if (decimal.digits <= 19 && decimal.mantissa <= (uint64_t)1 << 53 && decimal.exponent >= -22 &&
      decimal.exponent <= 22) {
    double exact = (double)decimal.mantissa;
    exact = decimal.exponent < 0 ? exact / powers[-decimal.exponent] : exact * powers[decimal.exponent];
    *value = decimal.negative ? -exact : exact;
    return true;
  }
  memcpy(buffer, text, length);
  buffer[length] = '\0';
  char *point = memchr(buffer, '.', length);
  if (point) {
    *point = *localeconv()->decimal_point;
  }
  char *end;
  double parsed = strtod(buffer, &end);
  if (*end != '\0' || !isfinite(parsed)) {
    return false;
  }
  *value = parsed;
  return true;
}

bool nodal_parse_double(const char *text, double *value) {
  char buffer[64];
  while (*text == ' ' || *text == '\t') {
    text++;
  }
  size_t length = strlen(text);
  while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t' || text[length - 1] == '\r')) {
    length--;
  }
  if (length == 0 || length >= sizeof buffer) {
    return false;
  }
  memcpy(buffer, text, length);
  char *comma = memchr(buffer, ',', length);
  if (comma) {
    *comma = '.';
  }
  return nodal_parse_decimal(buffer, length, value);
}

bool nodal_parse_integer(const char *text, size_t length, int64_t *value) {
  bool negative = length > 0 && *text == '-';
  const char *end = text + length;
  text += negative;
  if (text == end) {
    return false;
  }
  int64_t parsed = 0;
  for (; text < end; text++) {
    if (!is_digit(*text) || __builtin_mul_overflow(parsed, 10, &parsed) ||
        __builtin_add_overflow(parsed, *text - '0', &parsed)) {
      return false;
    }
  }
  *value = negative ? -parsed : parsed;
  return true;
}

/* Lays out 0.DIGITS * 10^(exponent + 1) as %g does with a precision of at least nine. */
static size_t lay_out(char *to, bool negative, const char *digits, int count, int exponent) {
  char *start = to;
  if (negative) {
    *to++ = '-';
  }
  int precision = count > 9 ? count : 9;
  if (exponent < -4 || exponent >= precision) {
    *to++ = digits[0];
    if (count > 1) {
      *to++ = '.';
      memcpy(to, digits + 1, (size_t)count - 1);
      to += count - 1;
    }
    return (size_t)(to - start) + (size_t)snprintf(to, 8, "e%+03d", exponent);
  }
  if (exponent < 0) {
    memcpy(to, "0.0000", 6);
    to += 1 - exponent;
    memcpy(to, digits, (size_t)count);
    to += count;
  } else {
    for (int i = 0; i < count || i <= exponent; i++) {
      if (i == exponent + 1) {
        *to++ = '.';
      }
      *to++ = i < count ? digits[i] : '0';
    }
  }
  *to = '\0';
  return (size_t)(to - start);
}

/*
 * Coordinates have few decimals: where four hold the number, the digits are those of a whole one. Both operands of the
 * division are exact, so that it gives the double that the decimal reads back as; and of decimals of at most 15 digits
 * no two read back as the same. Returns how many digits there are; 0 where it takes more.
 */
static int few_decimals(double size, char digits[20], int *exponent) {
  if (!(size >= 1e-3 && size < 1e11)) {
    return 0;
  }
  int64_t scaled = (int64_t)(size * 1e4 + 0.5);
  if ((double)scaled / 1e4 < size || (double)scaled / 1e4 > size) {
    return 0;
  }
  char reversed[20];
  int count = 0;
  for (; scaled > 0; scaled /= 10) {
    reversed[count++] = (char)('0' + scaled % 10);
  }
  *exponent = count - 5;
  for (int i = 0; i < count; i++) {
    digits[i] = reversed[count - 1 - i];
  }
  while (digits[count - 1] == '0') {
    count--;
  }
  return count;
}

size_t nodal_format_double(char text[NODAL_NUMBER_SIZE], double value) {
  if (!isfinite(value)) {
    return (size_t)snprintf(text, NODAL_NUMBER_SIZE, "%s", isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
  }
  bool negative = signbit(value);
  double size = fabs(value);
  if (size < 1e9 && size == (double)(int64_t)size) {
    return (size_t)snprintf(text, NODAL_NUMBER_SIZE, "%s%lld", negative ? "-" : "", (long long)size);
  }
  char digits[20];
  int exponent, count = few_decimals(size, digits, &exponent);
  if (count > 0) {
    return lay_out(text, negative, digits, count, exponent);
  }
  /*
   * Up to 15 digits every decimal number survives, unless it is subnormal: if 15 read back the same, the fewest are
   * these without the zeros at their end.
   */
  char buffer[NODAL_NUMBER_SIZE];
  double back = 0;
  for (int precision = size < DBL_MIN ? 1 : 15; precision <= 17 && back != size; precision++) {
    int length = snprintf(buffer, sizeof buffer, "%.*e", precision - 1, size);
    if (precision > 1) {
      buffer[1] = '.'; /* a locale may have a comma here */
    }
    nodal_parse_decimal(buffer, (size_t)length, &back);
  }
  char *mark = strchr(buffer, 'e');
  count = mark - buffer > 1 ? (int)(mark - buffer) - 1 : 1;
  digits[0] = buffer[0];
  memcpy(digits + 1, buffer + 2, (size_t)count - 1);
  while (count > 1 && digits[count - 1] == '0') {
    count--;
  }
  return lay_out(text, negative, digits, count, (int)strtol(mark + 1, NULL, 10));
}
