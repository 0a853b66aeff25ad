/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_DATASET_ROUNDING_H
#define NODAL_DATASET_ROUNDING_H

#include "base/error.h"
#include "base/random.h"

enum { ROUNDING_MAX_CELLS = 1 << 20 };

/**
 * Rounds a table of fractions parts[row * columns + column] / whole, which are not negative, so that each cell, each
 * sum of a row, each sum of a column and the sum of all become one of the two whole numbers beside them (the number
 * itself where it is whole), and each cell in the mean of all seeds what it was: Cox 1987, "A constructive procedure
 * for unbiased controlled rounding". Such a table always exists. `whole` is 1 to 2^31 - 1; at most ROUNDING_MAX_CELLS.
 */
bool dataset_round_table(const int64_t *parts, size_t rows, size_t columns, int64_t whole, NodalRandom *random,
                         int64_t *rounded, NodalError **error);

#endif
