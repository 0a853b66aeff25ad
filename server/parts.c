/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

bool view_fail(ViewFault *fault, unsigned status, const char *code, const char *format, ...) {
  fault->status = status;
  fault->code = code;
  va_list list;
  va_start(list, format);
  vsnprintf(fault->message, sizeof fault->message, format, list);
  va_end(list);
  return false;
}

bool view_fail_error(ViewFault *fault, NodalError *error) {
  static const struct {
    NodalErrorCode error;
    unsigned status;
    const char *code;
  } kinds[] = {{NODAL_ERROR_IO, 500, "io"},
               {NODAL_ERROR_FORMAT, 500, "damaged"},
               {NODAL_ERROR_UNSUPPORTED, 415, "unsupported"},
               {NODAL_ERROR_ARGUMENT, 400, "invalid"},
               {NODAL_ERROR_MEMORY, 503, "memory"},
               {NODAL_ERROR_CANCELLED, 503, "cancelled"},
               {NODAL_ERROR_EXISTS, 409, "conflict"}};
  unsigned status = 500;
  const char *code = "failed";
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (kinds[i].error == nodal_error_code(error)) {
      status = kinds[i].status;
      code = kinds[i].code;
    }
  }
  view_fail(fault, status, code, "%s", nodal_error_message(error));
  nodal_error_free(error);
  return false;
}

bool view_fail_memory(ViewFault *fault) {
  return view_fail(fault, 503, "memory", "not enough memory");
}

/* --- Text --- */

void view_text_add(ViewText *text, const char *bytes, size_t size) {
  if (text->failed) {
    return;
  }
  if (text->capacity - text->size < size) {
    size_t capacity = text->capacity < 4096 ? 4096 : text->capacity;
    while (capacity - text->size < size && capacity <= SIZE_MAX / 2) {
      capacity *= 2;
    }
    char *data = capacity - text->size >= size ? realloc(text->data, capacity) : NULL;
    if (!data) {
      text->failed = true;
      return;
    }
    text->data = data;
    text->capacity = capacity;
  }
  memcpy(text->data + text->size, bytes, size);
  text->size += size;
}

void view_text_string(ViewText *text, const char *string) {
  view_text_add(text, string, strlen(string));
}

void view_text_number(ViewText *text, double number) {
  char digits[NODAL_NUMBER_SIZE];
  view_text_add(text, digits, nodal_format_double(digits, number));
}

void view_text_quoted(ViewText *text, const char *string) {
  view_text_add(text, "\"", 1);
  while (*string) {
    size_t plain = 0;
    while ((unsigned char)string[plain] >= 0x20 && string[plain] != '"' && string[plain] != '\\') {
      plain++;
    }
    view_text_add(text, string, plain);
    string += plain;
    if (*string) {
      char escaped[8];
      snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned char)*string++);
      view_text_string(text, escaped);
    }
  }
  view_text_add(text, "\"", 1);
}

char *view_format(const char *format, ...) {
  char *text = NULL;
  va_list list;
  va_start(list, format);
  int length = vasprintf(&text, format, list);
  va_end(list);
  return length < 0 ? NULL : text;
}

/* --- JSON --- */

json_t *view_json_text(const char *text) {
  if (!text) {
    return json_null();
  }
  json_t *plain = json_string(text);
  if (plain) {
    return plain;
  }
  ViewText mended = {0};
  for (; *text; text++) {
    if ((unsigned char)*text < 0x80) {
      view_text_add(&mended, text, 1);
    } else {
      view_text_string(&mended, "\xEF\xBF\xBD");
    }
  }
  plain = mended.failed ? NULL : json_stringn(mended.data, mended.size);
  free(mended.data);
  return plain;
}

json_t *view_json_color(uint32_t rgb) {
  char text[16];
  snprintf(text, sizeof text, "#%06x", (unsigned)(rgb & 0xFFFFFF));
  return rgb == 0xFFFFFFFF ? json_null() : json_string(text);
}

/* --- Hashes and secrets --- */

uint64_t view_hash(const void *bytes, size_t size) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const unsigned char *at = bytes, *end = at + size; at < end; at++) {
    hash = (hash ^ *at) * 0x100000001b3u;
  }
  return hash;
}

bool view_make_secret(char secret[VIEW_SECRET_SIZE + 1]) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  unsigned char random[VIEW_SECRET_SIZE];
  if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
    return false;
  }
  for (size_t i = 0; i < sizeof random; i++) {
    secret[i] = letters[random[i] % 64];
  }
  secret[sizeof random] = '\0';
  return true;
}

bool view_same_secret(const char *secret, const char *given, size_t given_size) {
  unsigned char differs = given_size != VIEW_SECRET_SIZE;
  for (size_t i = 0; i < VIEW_SECRET_SIZE; i++) {
    differs |= (unsigned char)(secret[i] ^ given[given_size == VIEW_SECRET_SIZE ? i : 0]);
  }
  return !differs;
}
