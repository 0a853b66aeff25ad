/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_MESSAGE_H
#define NODAL_CLI_MESSAGE_H

#include "command.h"
#include "memory.h"

#include <nodal/error.h>
#include <stdio.h>

/** Prints "nodal COMMAND: ..." as one line on stderr; control characters of names are shown, not sent. */
void cli_error(const CliContext *context, const char *format, ...) NODAL_PRINTF(2, 3);

/** cli_error() with "warning: " before it, unless --quiet. */
void cli_warning(const CliContext *context, const char *format, ...) NODAL_PRINTF(2, 3);

/** The same for --verbose only. */
void cli_note(const CliContext *context, const char *format, ...) NODAL_PRINTF(2, 3);

/** A usage error: the message and where to find help. Returns CLI_USAGE. */
int cli_usage(const CliContext *context, const char *format, ...) NODAL_PRINTF(2, 3);

/** Prints the error of a library call and frees it. Returns the exit code, after a signal the signal's. */
int cli_fail(const CliContext *context, NodalError *error);

/** Says that a signal ended the command. Returns the exit code. */
int cli_interrupted_exit(const CliContext *context);

/** Prints an account of what was done on stdout, unless --quiet or --json. */
void cli_tell(const CliContext *context, const char *format, ...) NODAL_PRINTF(2, 3);

/** printf() to `stream`, with control characters shown as \xNN or \n, but for a newline at the end of `format`. */
void cli_print_safe(FILE *stream, const char *format, ...) NODAL_PRINTF(2, 3);

/** Length of the UTF-8 sequence at `text`, 1 to 4; 0 where the bytes are not UTF-8 or a control character (U+0080 to
 * U+009F) that a terminal might obey. */
size_t cli_utf8_length(const char *text);

#endif
