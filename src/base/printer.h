/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_PRINTER_H
#define NODAL_BASE_PRINTER_H

#include "base/output.h"

/**
 * Text that goes into an output one piece after another, through a buffer. A failure is kept and told once, by
 * nodal_printer_finish(); what is printed after it goes nowhere.
 */
typedef struct NodalPrinter {
  NodalOutput *output;
  uint64_t offset;
  size_t used;
  bool failed;
  NodalError *error;
  char buffer[16384];
} NodalPrinter;

void nodal_printer_init(NodalPrinter *printer, NodalOutput *output);

void nodal_print(NodalPrinter *printer, const char *text);
void nodal_print_bytes(NodalPrinter *printer, const char *bytes, size_t size);
void nodal_print_format(NodalPrinter *printer, const char *format, ...) NODAL_PRINTF(2, 3);

/**
 * A field of a CSV table (RFC 4180), in quotes where it needs them: `text` and then `tail`, which is "" where there is
 * no more to it and holds nothing that needs quotes.
 */
void nodal_print_field(NodalPrinter *printer, const char *text, const char *tail);

/** Whole numbers and fractions in their shortest form: see nodal_format_double(). */
void nodal_print_integer(NodalPrinter *printer, int64_t value);
void nodal_print_double(NodalPrinter *printer, double value);

/** Writes what is left in the buffer. Call it once, also after failures. Does not commit the output. */
bool nodal_printer_finish(NodalPrinter *printer, NodalError **error);

#endif
