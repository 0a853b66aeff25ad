/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct NodalError {
  NodalErrorCode code;
  char message[];
};

/* What is reported when even the error cannot be allocated. Never written to, never freed. */
static const struct {
  NodalErrorCode code;
  char message[16];
} out_of_memory = {NODAL_ERROR_MEMORY, "out of memory"};

NodalErrorCode nodal_error_code(const NodalError *error) {
  return error->code;
}

const char *nodal_error_message(const NodalError *error) {
  return error->message;
}

void nodal_error_free(NodalError *error) {
  if ((const void *)error != (const void *)&out_of_memory) {
    free(error);
  }
}

bool nodal_fail_memory(NodalError **error) {
  if (error) {
    *error = (NodalError *)(uintptr_t)&out_of_memory;
  }
  return false;
}

static void make_one_line(char *text) {
  size_t length = strlen(text);
  for (size_t i = 0; i < length; i++) {
    if (iscntrl((unsigned char)text[i])) {
      text[i] = ' ';
    }
  }
  while (length > 0 && text[length - 1] == ' ') {
    text[--length] = '\0';
  }
}

/* "PREFIX[: TAIL]" */
static NodalError *new_error(NodalErrorCode code, const char *tail, const char *format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int head_length = vsnprintf(NULL, 0, format, again);
  va_end(again);
  if (head_length < 0) {
    return NULL;
  }
  size_t size = (size_t)head_length + 1 + (tail ? strlen(tail) + 2 : 0);
  NodalError *error = malloc(sizeof *error + size);
  if (!error) {
    return NULL;
  }
  error->code = code;
  vsnprintf(error->message, size, format, arguments);
  if (tail) {
    snprintf(error->message + head_length, size - (size_t)head_length, ": %s", tail);
  }
  make_one_line(error->message);
  return error;
}

bool nodal_fail(NodalError **error, NodalErrorCode code, const char *format, ...) {
  if (error) {
    va_list arguments;
    va_start(arguments, format);
    *error = new_error(code, NULL, format, arguments);
    va_end(arguments);
    if (!*error) {
      nodal_fail_memory(error);
    }
  }
  return false;
}

bool nodal_fail_errno(NodalError **error, int number, const char *format, ...) {
  if (error) {
    char buffer[128];
    /* The GNU variant: returns the text, which may or may not be in the buffer. */
    const char *text = strerror_r(number, buffer, sizeof buffer);
    va_list arguments;
    va_start(arguments, format);
    *error = new_error(number == ENOMEM ? NODAL_ERROR_MEMORY : NODAL_ERROR_IO, text, format, arguments);
    va_end(arguments);
    if (!*error) {
      nodal_fail_memory(error);
    }
  }
  return false;
}

bool nodal_error_pass(NodalError **error, NodalError *cause) {
  if (error) {
    *error = cause;
  } else {
    nodal_error_free(cause);
  }
  return false;
}

void nodal_error_prefix(NodalError **error, const char *format, ...) {
  if (error && *error) {
    va_list arguments;
    va_start(arguments, format);
    NodalError *longer = new_error((*error)->code, (*error)->message, format, arguments);
    va_end(arguments);
    if (longer) {
      nodal_error_free(*error);
      *error = longer;
    }
  }
}
