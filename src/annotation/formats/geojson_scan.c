/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/formats/geojson.h"

#include <string.h>

/* What Jansson allocates for an object, an array, a member and a value, with what malloc() adds. */
enum { OBJECT_MEMORY = 240, ARRAY_MEMORY = 144, MEMBER_MEMORY = 96, VALUE_MEMORY = 56 };

char nodal_json_peek(NodalJsonScan *scan) {
  for (; scan->at < scan->size; scan->at++) {
    char c = scan->text[scan->at];
    if (c == '\n') {
      scan->line++;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      return c;
    }
  }
  return 0;
}

bool nodal_json_expect(NodalJsonScan *scan, char wanted, NodalError **error) {
  char found = nodal_json_peek(scan);
  if (found != wanted) {
    return nodal_fail(error, NODAL_ERROR_FORMAT,
                      found ? "line %ld: '%c' is expected" : "line %ld: '%c' is expected where the file ends",
                      scan->line, wanted);
  }
  scan->at++;
  return true;
}

static bool skip_string(NodalJsonScan *scan) {
  for (scan->at++; scan->at < scan->size; scan->at++) {
    char c = scan->text[scan->at];
    if (c == '"') {
      scan->at++;
      return true;
    }
    if (c == '\n') {
      return false; /* a string ends on its line */
    }
    scan->at += c == '\\';
  }
  return false;
}

static bool fail_string(const NodalJsonScan *scan, NodalError **error) {
  return nodal_fail(error, NODAL_ERROR_FORMAT, "line %ld: a string does not end", scan->line);
}

/* Whether a byte can belong to a number or to true, false or null; also the wrong ones, which Jansson tells apart. */
static bool is_scalar(char c) {
  return c != 0 && !strchr("[]{},:\" \t\r\n", c);
}

static bool skip_brackets(NodalJsonScan *scan, NodalJsonExtent *extent, NodalError **error) {
  int depth = 0;
  do {
    char c = nodal_json_peek(scan);
    switch (c) {
    case 0:
      return nodal_fail(error, NODAL_ERROR_FORMAT, "line %ld: the file ends in the middle of a value", scan->line);
    case '{':
    case '[':
      if (++depth > NODAL_GEOJSON_MAX_DEPTH) {
        return nodal_fail(error, NODAL_ERROR_FORMAT, "line %ld: values are nested more than %d deep", scan->line,
                          NODAL_GEOJSON_MAX_DEPTH);
      }
      extent->memory += c == '{' ? OBJECT_MEMORY : ARRAY_MEMORY;
      break;
    case '}':
    case ']':
      depth--;
      break;
    case ':':
      extent->memory += MEMBER_MEMORY;
      break;
    case ',':
      extent->memory += VALUE_MEMORY;
      break;
    case '"':
      if (!skip_string(scan)) {
        return fail_string(scan, error);
      }
      continue;
    default:
      break;
    }
    scan->at++;
  } while (depth > 0);
  return true;
}

bool nodal_json_extent(NodalJsonScan *scan, NodalJsonExtent *extent, NodalError **error) {
  char first = nodal_json_peek(scan);
  size_t start = scan->at;
  *extent = (NodalJsonExtent){.text = scan->text + start, .line = scan->line, .memory = VALUE_MEMORY};
  if (first == '"') {
    if (!skip_string(scan)) {
      return fail_string(scan, error);
    }
  } else if (first == '{' || first == '[') {
    if (!skip_brackets(scan, extent, error)) {
      return false;
    }
  } else {
    while (scan->at < scan->size && is_scalar(scan->text[scan->at])) {
      scan->at++;
    }
    if (scan->at == start) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "line %ld: a value is expected", scan->line);
    }
  }
  extent->size = scan->at - start;
  extent->memory += extent->size;
  return true;
}
