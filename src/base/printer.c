/* SPDX-License-Identifier: Apache-2.0 */
#include "base/printer.h"

#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void nodal_printer_init(NodalPrinter *printer, NodalOutput *output) {
  printer->output = output;
  printer->offset = 0;
  printer->used = 0;
  printer->failed = false;
  printer->error = NULL;
}

static void flush(NodalPrinter *printer) {
  if (!printer->failed) {
    printer->failed =
        !nodal_output_write(printer->output, printer->buffer, printer->used, printer->offset, &printer->error);
  }
  printer->offset += printer->used;
  printer->used = 0;
}

void nodal_print_bytes(NodalPrinter *printer, const char *bytes, size_t size) {
  while (size > 0) {
    if (printer->used == sizeof printer->buffer) {
      flush(printer);
    }
    size_t room = sizeof printer->buffer - printer->used;
    size_t part = size < room ? size : room;
    memcpy(printer->buffer + printer->used, bytes, part);
    printer->used += part;
    bytes += part;
    size -= part;
  }
}

void nodal_print(NodalPrinter *printer, const char *text) {
  nodal_print_bytes(printer, text, strlen(text));
}

void nodal_print_format(NodalPrinter *printer, const char *format, ...) {
  char *text = NULL;
  va_list arguments;
  va_start(arguments, format);
  int length = vasprintf(&text, format, arguments);
  va_end(arguments);
  if (length >= 0) {
    nodal_print_bytes(printer, text, (size_t)length);
    free(text);
  } else if (!printer->failed) {
    printer->failed = true;
    nodal_fail_memory(&printer->error);
  }
}

/* Readers drop the blanks round a field unless it is quoted. */
static bool needs_quotes(const char *text) {
  size_t length = strlen(text);
  return length > 0 && (text[strcspn(text, ",\"\r\n")] || strchr(" \t", text[0]) || strchr(" \t", text[length - 1]));
}

void nodal_print_field(NodalPrinter *printer, const char *text, const char *tail) {
  bool quoted = needs_quotes(text);
  nodal_print(printer, quoted ? "\"" : "");
  for (const char *quote; (quote = strchr(text, '"')); text = quote + 1) {
    nodal_print_bytes(printer, text, (size_t)(quote - text) + 1);
    nodal_print(printer, "\"");
  }
  nodal_print(printer, text);
  nodal_print(printer, tail);
  nodal_print(printer, quoted ? "\"" : "");
}

void nodal_print_integer(NodalPrinter *printer, int64_t value) {
  char text[24];
  nodal_print_bytes(printer, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)value));
}

void nodal_print_double(NodalPrinter *printer, double value) {
  char text[NODAL_NUMBER_SIZE];
  nodal_print_bytes(printer, text, nodal_format_double(text, value));
}

bool nodal_printer_finish(NodalPrinter *printer, NodalError **error) {
  flush(printer);
  if (!printer->failed) {
    return true;
  }
  if (error) {
    *error = printer->error;
  } else {
    nodal_error_free(printer->error);
  }
  printer->error = NULL;
  return false;
}
