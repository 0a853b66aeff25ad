/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

json_t *cli_json_text(const char *text) {
  if (!text) {
    return json_null();
  }
  static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */
  char *clean = cli_allocate(3 * strlen(text) + 1);
  char *end = clean;
  while (*text) {
    size_t length = cli_utf8_length(text);
    bool c1 = (unsigned char)text[0] == 0xC2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xA0;
    if (length == 0 && c1) {
      length = 2; /* refused only because a terminal might obey it */
    }
    memcpy(end, length ? text : replacement, length ? length : 3);
    end += length ? length : 3;
    text += length ? length : 1;
  }
  json_t *string = json_string(clean);
  free(clean);
  return string;
}

json_t *cli_json_number(double number) {
  return isfinite(number) ? json_real(number) : json_null();
}

static void check(int status) {
  if (status != 0) {
    fputs("nodal: out of memory\n", stderr);
    exit(CLI_FAILED);
  }
}

void cli_json_set(json_t *object, const char *key, json_t *value) {
  /* Keys may be names out of a file, so they are cleaned like any text. */
  json_t *clean = cli_json_text(key);
  check(clean ? json_object_set_new(object, json_string_value(clean), value) : -1);
  json_decref(clean);
}

void cli_json_append(json_t *array, json_t *value) {
  check(json_array_append_new(array, value));
}

void cli_json_print(json_t *document) {
  /* 15 digits: every number of so many comes out as it went in, 0.499 and not 0.49899999999999999. */
  if (json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) == 0) {
    putchar('\n');
  }
  json_decref(document);
}
