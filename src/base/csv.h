/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_CSV_H
#define NODAL_BASE_CSV_H

#include "base/source.h"

enum { NODAL_CSV_MAX_FIELDS = 4096, NODAL_CSV_MAX_FIELD = 1 << 20 };

/** One row of a table. Fields are UTF-8, without the blanks round them unless quoted; they live during the call. */
typedef struct NodalCsvRow {
  long line; /**< where it begins, from 1 */
  const char *const *fields;
  size_t count; /**< at least 1 */
} NodalCsvRow;

/** Takes a row. Returns false, with a message without file and line, to stop. */
typedef bool (*NodalCsvTake)(void *user, const NodalCsvRow *row, NodalError **error);

/**
 * Reads comma-separated values (RFC 4180) row by row: lines that end in LF, CRLF or CR, quoted fields with commas, line
 * ends and doubled quotes, a byte order mark before the first. Empty lines are passed over. What is no such table, too
 * large or not UTF-8 is refused; a failure is "NAME: line N: ...".
 */
bool nodal_csv_read(NodalSource *source, NodalCsvTake take, void *user, NodalError **error);

/** The column of that name in a row of names, whatever the case; -1 if there is none. */
int nodal_csv_column(const NodalCsvRow *names, const char *name);

/** Name and version (built with) of the library that is behind this, by index; NULL past the last. */
const char *nodal_csv_library(int index, const char **version);

#endif
