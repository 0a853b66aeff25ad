/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_MEMORY_H
#define NODAL_CLI_MEMORY_H

#include <nodal/error.h>
#include <stdarg.h>
#include <stddef.h>

/* Memory of the program's own small things. Where there is none the program ends with an error and exit code 1. */

/** Ends the program so. */
_Noreturn void cli_out_of_memory(void);

/** Zeroed. */
void *cli_allocate(size_t size);

/** realloc(); what is new is not zeroed. */
void *cli_reallocate(void *memory, size_t size);

/** printf() into fresh memory. */
char *cli_format(const char *format, ...) NODAL_PRINTF(1, 2);
char *cli_format_list(const char *format, va_list list) NODAL_PRINTF(1, 0);

#endif
