/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_CSV_H
#define NODAL_CLI_CSV_H

#include "file.h"

/* What commands share that print their table as CSV by --csv, or write it to a file by --csv --output. */

/** Refuses --output without --csv, --csv with --json and no file, and an output that may not be replaced or is `input`
 * (may be NULL). `what` is in the table: "table", "curve". CLI_DONE, or another exit code with the error told. */
int cli_csv_check(const CliContext *context, bool csv, const char *what, const char *input);

/** Prints the table on stdout, or to --output. CLI_DONE, or another exit code with the error told. */
int cli_csv_print(const CliContext *context, void (*print)(FILE *stream, const void *user), const void *user);

/* Rows of the option table of a command whose `Values` have a member `csv`. */
/* clang-format off */
#define CLI_OPTIONS_CSV(what)                                                                                          \
  {.name = "csv", .offset = offsetof(Values, csv), .help = what},                                                      \
  {.name = "output", .letter = 'o', .type = CLI_STRING, .value = "FILE", .offset = offsetof(CliCommon, output),        \
   .help = "Where --csv writes the table, instead of printing it."},                                                   \
  CLI_OPTION_FORCE
/* clang-format on */

#endif
