/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_TIFF_RATIONAL_H
#define NODAL_TIFF_RATIONAL_H

#include <stdint.h>

/**
 * A fraction with parts of 32 bits for a positive number: the first convergent of its continued fraction that reads
 * back as the same double, else the last one that fits; the relative error is below 2^-32. 0 / 1 for what is not
 * positive or not a number; the largest or smallest fraction for what is out of range.
 */
void nodal_rational_from_double(double value, uint32_t *numerator, uint32_t *denominator);

#endif
