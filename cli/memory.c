/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include "command.h"

#include <stdio.h>
#include <stdlib.h>

static _Noreturn void end_without_memory(void) {
  fputs("nodal: out of memory\n", stderr);
  exit(CLI_FAILED);
}

void *cli_allocate(size_t size) {
  void *memory = calloc(1, size ? size : 1);
  if (!memory) {
    end_without_memory();
  }
  return memory;
}

void *cli_reallocate(void *memory, size_t size) {
  void *larger = realloc(memory, size ? size : 1);
  if (!larger) {
    end_without_memory();
  }
  return larger;
}

char *cli_format_list(const char *format, va_list list) {
  char *text = NULL;
  if (vasprintf(&text, format, list) < 0) {
    end_without_memory();
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
