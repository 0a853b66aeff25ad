/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include "interrupt.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

size_t cli_utf8_length(const char *text) {
  const unsigned char *bytes = (const unsigned char *)text;
  size_t length = bytes[0] < 0x80   ? 1
                  : bytes[0] < 0xC2 ? 0
                  : bytes[0] < 0xE0 ? 2
                  : bytes[0] < 0xF0 ? 3
                  : bytes[0] < 0xF5 ? 4
                                    : 0;
  for (size_t i = 1; i < length; i++) {
    if ((bytes[i] & 0xC0) != 0x80) {
      return 0;
    }
  }
  /* Overlong forms, surrogates, what lies past U+10FFFF, and the C1 control characters. */
  bool bad = length > 1 && ((bytes[0] == 0xE0 && bytes[1] < 0xA0) || (bytes[0] == 0xED && bytes[1] > 0x9F) ||
                            (bytes[0] == 0xF0 && bytes[1] < 0x90) || (bytes[0] == 0xF4 && bytes[1] > 0x8F) ||
                            (bytes[0] == 0xC2 && bytes[1] < 0xA0));
  return bad ? 0 : length;
}

static void print_character(FILE *stream, const char **text) {
  size_t length = cli_utf8_length(*text);
  unsigned char byte = (unsigned char)**text;
  if (byte == '\n') {
    fputs("\\n", stream);
  } else if (byte == '\r') {
    fputs("\\r", stream);
  } else if (byte == '\t') {
    fputs("\\t", stream);
  } else if (length == 0 || byte < 0x20 || byte == 0x7F) {
    fprintf(stream, "\\x%02x", byte);
  } else {
    fwrite(*text, 1, length, stream);
  }
  *text += length ? length : 1;
}

static void print_safe_list(FILE *stream, const char *format, va_list list) {
  char *text = cli_format_list(format, list);
  size_t format_length = strlen(format);
  bool ends_line = format_length > 0 && format[format_length - 1] == '\n';
  const char *end = text + strlen(text) - ends_line; /* a newline that came with a value is not the line's end */
  const char *next = text;
  while (next < end) {
    print_character(stream, &next);
  }
  fputs(end, stream);
  free(text);
}

void cli_print_safe(FILE *stream, const char *format, ...) {
  va_list list;
  va_start(list, format);
  print_safe_list(stream, format, list);
  va_end(list);
}

/* Whole lines in one piece: several processes may share a terminal or a log. */
static void say(const CliContext *context, const char *kind, const char *format, va_list list) {
  char *text = cli_format_list(format, list);
  const char *name = context->command ? context->command->name : NULL;
  fflush(stdout);
  flockfile(stderr);
  cli_print_safe(stderr, "nodal%s%s: %s%s\n", name ? " " : "", name ? name : "", kind, text);
  fflush(stderr);
  funlockfile(stderr);
  free(text);
}

void cli_error(const CliContext *context, const char *format, ...) {
  va_list list;
  va_start(list, format);
  say(context, "", format, list);
  va_end(list);
}

void cli_warning(const CliContext *context, const char *format, ...) {
  if (context->common && context->common->quiet) {
    return;
  }
  va_list list;
  va_start(list, format);
  say(context, "warning: ", format, list);
  va_end(list);
}

void cli_note(const CliContext *context, const char *format, ...) {
  if (!context->common || !context->common->verbose) {
    return;
  }
  va_list list;
  va_start(list, format);
  say(context, "", format, list);
  va_end(list);
}

int cli_usage(const CliContext *context, const char *format, ...) {
  va_list list;
  va_start(list, format);
  say(context, "", format, list);
  va_end(list);
  const char *name = context->command ? context->command->name : NULL;
  fprintf(stderr, "try 'nodal help%s%s'\n", name ? " " : "", name ? name : "");
  return CLI_USAGE;
}

int cli_interrupted_exit(const CliContext *context) {
  cli_error(context, "interrupted");
  return 128 + cli_interrupted();
}

int cli_fail(const CliContext *context, NodalError *error) {
  if (cli_interrupted() && nodal_error_code(error) == NODAL_ERROR_CANCELLED) {
    nodal_error_free(error);
    return cli_interrupted_exit(context);
  }
  cli_error(context, "%s", nodal_error_message(error));
  nodal_error_free(error);
  return CLI_FAILED;
}

void cli_tell(const CliContext *context, const char *format, ...) {
  if (context->common->quiet || context->common->json) {
    return;
  }
  va_list list;
  va_start(list, format);
  print_safe_list(stdout, format, list);
  va_end(list);
}
