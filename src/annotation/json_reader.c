/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/json_reader.h"

#include "annotation/format.h"
#include "base/memory.h"

#include <string.h>

/* What Jansson allocates for an object, an array, a member and a value, with what malloc() adds. */
enum { OBJECT_MEMORY = 240, ARRAY_MEMORY = 144, MEMBER_MEMORY = 96, VALUE_MEMORY = 56 };

/* A place in a JSON text. */
typedef struct Scan {
  const char *text;
  size_t size, at;
  long line; /* of `at`, from 1 */
} Scan;

/* One value, not yet looked into. */
typedef struct Extent {
  const char *text;
  size_t size;
  long line;
  size_t memory; /* about what it takes as a tree */
} Extent;

typedef struct Reader {
  const NodalJsonHandler *handler;
  Scan scan;
  long line;     /* of the value at hand */
  size_t memory; /* about what it takes */
  json_t *root;
  size_t root_memory;
  bool listed;
} Reader;

/* --- Where values begin and end --- */

/* Goes to the next byte that is not blank and gives it; 0 at the end. */
static char peek(Scan *scan) {
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

/* Goes past a byte that must come next. */
static bool expect(Scan *scan, char wanted, NodalError **error) {
  char found = peek(scan);
  if (found != wanted) {
    return nodal_fail(error, NODAL_ERROR_FORMAT,
                      found ? "line %ld: '%c' is expected" : "line %ld: '%c' is expected where the file ends",
                      scan->line, wanted);
  }
  scan->at++;
  return true;
}

static bool skip_string(Scan *scan) {
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

static bool fail_string(const Scan *scan, NodalError **error) {
  return nodal_fail(error, NODAL_ERROR_FORMAT, "line %ld: a string does not end", scan->line);
}

/* Whether a byte can belong to a number or to true, false or null; also the wrong ones, which Jansson tells apart. */
static bool is_scalar(char c) {
  return c != 0 && !strchr("[]{},:\" \t\r\n", c);
}

static bool skip_brackets(Scan *scan, Extent *extent, NodalError **error) {
  int depth = 0;
  do {
    char c = peek(scan);
    switch (c) {
    case 0:
      return nodal_fail(error, NODAL_ERROR_FORMAT, "line %ld: the file ends in the middle of a value", scan->line);
    case '{':
    case '[':
      if (++depth > NODAL_JSON_MAX_DEPTH) {
        return nodal_fail(error, NODAL_ERROR_FORMAT, "line %ld: values are nested more than %d deep", scan->line,
                          NODAL_JSON_MAX_DEPTH);
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

/* Goes past the next value, by its brackets and quotes alone. */
static bool find_extent(Scan *scan, Extent *extent, NodalError **error) {
  char first = peek(scan);
  size_t start = scan->at;
  *extent = (Extent){.text = scan->text + start, .line = scan->line, .memory = VALUE_MEMORY};
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

/* --- Values --- */

static bool check_memory(size_t memory, long line, NodalError **error) {
  return memory <= NODAL_JSON_MAX_MEMORY ||
         nodal_fail(error, NODAL_ERROR_MEMORY, "line %ld: one value would take more than %d MiB of memory", line,
                    NODAL_JSON_MAX_MEMORY / (1024 * 1024));
}

/* The next value as a tree; NULL with an error. */
static json_t *parse_value(Reader *reader, NodalError **error) {
  Extent extent;
  if (!find_extent(&reader->scan, &extent, error)) {
    return NULL;
  }
  reader->line = extent.line;
  reader->memory = extent.memory;
  if (!check_memory(extent.memory, extent.line, error)) {
    return NULL;
  }
  json_error_t cause;
  json_t *value = json_loadb(extent.text, extent.size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &cause);
  if (!value && (cause.text[0] == '\0' || json_error_code(&cause) == json_error_out_of_memory)) {
    nodal_fail_memory(error);
  } else if (!value) {
    nodal_fail(error, NODAL_ERROR_FORMAT, "line %ld: %s", extent.line + (cause.line > 0 ? cause.line - 1 : 0),
               cause.text);
  }
  return value;
}

/* Puts the line before what a handler refused. */
static bool told(const Reader *reader, bool good, NodalError **error) {
  if (!good) {
    nodal_error_prefix(error, "line %ld", reader->line);
  }
  return good;
}

static bool take_item(Reader *reader, NodalError **error) {
  const NodalJsonHandler *handler = reader->handler;
  json_t *value = parse_value(reader, error);
  bool taken = value && told(reader, handler->item(handler->user, value, reader->line, error), error);
  json_decref(value);
  return taken;
}

/* What stands between two brackets, of which the first comes next. */
static bool read_all(Reader *reader, const char brackets[3], bool (*take)(Reader *reader, NodalError **error),
                     NodalError **error) {
  Scan *scan = &reader->scan;
  if (!expect(scan, brackets[0], error)) {
    return false;
  }
  if (peek(scan) == brackets[1]) {
    return expect(scan, brackets[1], error);
  }
  for (;;) {
    if (!take(reader, error)) {
      return false;
    }
    if (peek(scan) != ',') {
      return expect(scan, brackets[1], error);
    }
    scan->at++;
  }
}

/* A member that is not a list of values to be taken: it goes into `root` unless the handler has a use for it now. */
static json_t *read_kept(Reader *reader, const char *name, NodalError **error) {
  const NodalJsonHandler *handler = reader->handler;
  bool taken = false;
  json_t *value = parse_value(reader, error);
  if (!value) {
    return NULL;
  }
  bool good =
      !handler->member || told(reader, handler->member(handler->user, name, value, reader->line, &taken, error), error);
  if (good && !taken) {
    reader->root_memory += reader->memory;
    good = check_memory(reader->root_memory, reader->line, error);
  }
  if (!good || taken) {
    json_decref(value);
    return good ? json_null() : NULL;
  }
  return value;
}

/* One member of the root. */
static bool take_member(Reader *reader, NodalError **error) {
  Scan *scan = &reader->scan;
  const char *list = reader->handler->list;
  if (peek(scan) != '"') {
    return expect(scan, '"', error);
  }
  json_t *key = parse_value(reader, error), *value = NULL;
  const char *name = json_string_value(key);
  bool good = name && expect(scan, ':', error);
  reader->root_memory += reader->memory + MEMBER_MEMORY;
  if (good && json_object_get(reader->root, name)) {
    good = nodal_fail(error, NODAL_ERROR_FORMAT, "line %ld: the key '%.40s' is there twice", reader->line, name);
  }
  if (good && list && strcmp(name, list) == 0 && peek(scan) == '[') {
    reader->listed = true;
    good = read_all(reader, "[]", take_item, error);
    value = good ? json_null() : NULL;
  } else if (good) {
    value = read_kept(reader, name, error);
  }
  good = value && (json_object_set(reader->root, name, value) == 0 || nodal_fail_memory(error));
  json_decref(key);
  json_decref(value);
  return good;
}

static bool read_object(Reader *reader, NodalError **error) {
  const NodalJsonHandler *handler = reader->handler;
  long line = reader->scan.line;
  reader->root = json_object();
  if (!reader->root) {
    return nodal_fail_memory(error);
  }
  bool good = read_all(reader, "{}", take_member, error);
  if (good) {
    reader->line = line;
    good = told(reader, handler->root(handler->user, reader->root, reader->listed, line, error), error);
  }
  json_decref(reader->root);
  return good;
}

static bool read_root(Reader *reader, NodalError **error) {
  char first = peek(&reader->scan);
  if (first != '{' && first != '[') {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "line %ld: neither an object nor a list", reader->scan.line);
  }
  if (!(first == '{' ? read_object(reader, error) : read_all(reader, "[]", take_item, error))) {
    return false;
  }
  peek(&reader->scan);
  return reader->scan.at == reader->scan.size ||
         nodal_fail(error, NODAL_ERROR_FORMAT, "line %ld: more after the end", reader->scan.line);
}

bool nodal_json_read(NodalSource *source, const NodalJsonHandler *handler, NodalError **error) {
  uint64_t size = nodal_source_size(source);
  if (size > NODAL_JSON_MAX_TEXT) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "%s: JSON of more than %d MiB", nodal_source_name(source),
                      NODAL_JSON_MAX_TEXT / (1024 * 1024));
  }
  char *text = nodal_alloc((size_t)size, error);
  if (!text || !nodal_source_read(source, text, (size_t)size, 0, error)) {
    free(text);
    return false;
  }
  size_t mark = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
  Reader reader = {.handler = handler, .scan = {text, (size_t)size, mark, 1}, .line = 1};
  bool good = read_root(&reader, error);
  if (!good) {
    nodal_error_prefix(error, "%s", nodal_source_name(source));
  }
  free(text);
  return good;
}

/* --- Looking --- */

bool nodal_json_head_has(const char *head, size_t size, const char *name) {
  const char *start = nodal_annotation_head_start(head, size);
  Scan scan = {start, size - (size_t)(start - head), 0, 1};
  size_t length = strlen(name);
  scan.at += peek(&scan) == '[';
  int depth = peek(&scan) == '{' ? 1 : 0;
  scan.at++;
  for (char c; depth > 0 && (c = peek(&scan));) {
    size_t from = scan.at + 1;
    if (c != '"') {
      depth += (c == '{' || c == '[') - (c == '}' || c == ']');
      scan.at++;
    } else if (!skip_string(&scan)) {
      return false;
    } else if (depth == 1 && scan.at - from == length + 1 && memcmp(scan.text + from, name, length) == 0 &&
               peek(&scan) == ':') {
      return true;
    }
  }
  return false;
}

const char *nodal_json_string(const json_t *object, const char *name) {
  return json_string_value(json_object_get(object, name));
}

bool nodal_json_point(const json_t *object, NodalPoint *point, NodalError **error) {
  const json_t *x = json_object_get(object, "x"), *y = json_object_get(object, "y");
  *point = (NodalPoint){json_number_value(x), json_number_value(y)};
  return (json_is_number(x) && json_is_number(y)) ||
         nodal_fail(error, NODAL_ERROR_FORMAT, "a point is not two numbers x and y");
}

bool nodal_json_add_ring(const json_t *list, NodalRingBuffer *points, NodalError **error) {
  if (!json_is_array(list)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "there is no list of points");
  }
  if (!nodal_ring_buffer_start(points, false, error)) {
    return false;
  }
  for (size_t i = 0; i < json_array_size(list); i++) {
    NodalPoint point;
    if (!nodal_json_point(json_array_get(list, i), &point, error) ||
        !nodal_ring_buffer_add(points, point.x, point.y, error)) {
      return false;
    }
  }
  return true;
}
