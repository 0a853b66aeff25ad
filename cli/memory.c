/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include "command.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void cli_out_of_memory(void) {
  fputs("nodal: out of memory\n", stderr);
  exit(CLI_FAILED);
}

void *cli_allocate(size_t size) {
  void *memory = calloc(1, size ? size : 1);
  if (!memory) {
    cli_out_of_memory();
  }
  return memory;
}

void *cli_reallocate(void *memory, size_t size) {
  void *larger = realloc(memory, size ? size : 1);
  if (!larger) {
    cli_out_of_memory();
  }
  return larger;
}

char *cli_format_list(const char *format, va_list list) {
  char *text = NULL;
  if (vasprintf(&text, format, list) < 0) {
    cli_out_of_memory();
  }
  return text;
}

char *cli_format(const char *format, ...) {
  va_list list;
  va_start(list, format);
  char *text = cli_format_list(format, list);
  va_end(list);
  return text;
}
