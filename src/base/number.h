/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_NUMBER_H
#define NODAL_BASE_NUMBER_H

#include <nodal/types.h>

/**
 * A decimal number with a point, whatever the locale: the whole of `length` bytes, no blanks, no "nan", "inf" or
 * hexadecimal. False if it is anything else, or not finite. Correctly rounded.
 */
bool nodal_parse_decimal(const char *text, size_t length, double *value);

/** "12.5" or "0,499" as a number, the whole text but for blanks round it; false if it is not one, or not finite. */
bool nodal_parse_double(const char *text, double *value);

/** A whole number of decimal digits with or without a minus; false if it is anything else, or too large. */
bool nodal_parse_integer(const char *text, size_t length, int64_t *value);

#endif
