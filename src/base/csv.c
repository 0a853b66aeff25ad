/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csv.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <csv.h>
#include <string.h>
#include <strings.h>

enum { CHUNK_SIZE = 65536 };

typedef struct Reader {
  NodalSource *source;
  NodalCsvTake take;
  void *user;
  struct csv_parser parser;

  long line;      /* of what is being fed */
  long row_line;  /* where the row at hand begins */
  bool row_begun; /* something of it has been fed */

  char *text; /* fields of the row, each ended by a NUL byte */
  size_t text_size, text_capacity;
  size_t *starts;
  size_t count, start_capacity;
  const char **fields;
  size_t field_capacity;

  bool failed;
  NodalError *error;
} Reader;

/* The first failure stays; `line` 0: the message has its place already. */
static void refuse(Reader *reader, long line) {
  reader->failed = true;
  if (line > 0) {
    nodal_error_prefix(&reader->error, "%s: line %ld", nodal_source_name(reader->source), line);
  }
}

static bool keep_field(Reader *reader, const char *field, size_t size) {
  if (!nodal_is_utf8(field, size)) {
    return nodal_fail(&reader->error, NODAL_ERROR_FORMAT, "field %zu is not UTF-8", reader->count + 1);
  }
  if (reader->count >= NODAL_CSV_MAX_FIELDS) {
    return nodal_fail(&reader->error, NODAL_ERROR_FORMAT, "more than %d fields", NODAL_CSV_MAX_FIELDS);
  }
  if (!nodal_grow_array(&reader->text, &reader->text_capacity, reader->text_size + size + 1, 1, &reader->error) ||
      !nodal_grow_array(&reader->starts, &reader->start_capacity, reader->count + 1, sizeof *reader->starts,
                        &reader->error)) {
    return false;
  }
  reader->starts[reader->count++] = reader->text_size;
  memcpy(reader->text + reader->text_size, field, size);
  reader->text[reader->text_size + size] = '\0';
  reader->text_size += size + 1;
  return true;
}

static void end_field(void *field, size_t size, void *user) {
  Reader *reader = user;
  if (!reader->failed && !keep_field(reader, size > 0 ? field : "", size)) {
    refuse(reader, reader->row_line);
  }
}

static bool give_row(Reader *reader) {
  if (!nodal_grow_array(&reader->fields, &reader->field_capacity, reader->count, sizeof *reader->fields,
                        &reader->error)) {
    return false;
  }
  for (size_t i = 0; i < reader->count; i++) {
    reader->fields[i] = reader->text + reader->starts[i];
  }
  NodalCsvRow row = {reader->row_line, reader->fields, reader->count};
  return reader->take(reader->user, &row, &reader->error);
}

static void end_row(int end, void *user) {
  (void)end;
  Reader *reader = user;
  if (!reader->failed && reader->count > 0 && !give_row(reader)) {
    refuse(reader, reader->row_line);
  }
  reader->count = 0;
  reader->text_size = 0;
  reader->row_begun = false;
}

static bool is_blank(const char *text, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r' && text[i] != '\n') {
      return false;
    }
  }
  return true;
}

/* A line or a part of one. */
static void feed(Reader *reader, const char *text, size_t size) {
  if (!reader->row_begun && !is_blank(text, size)) {
    reader->row_begun = true;
    reader->row_line = reader->line;
  }
  if (csv_parse(&reader->parser, text, size, end_field, end_row, reader) != size && !reader->failed) {
    if (csv_error(&reader->parser) == CSV_EPARSE) {
      nodal_fail(&reader->error, NODAL_ERROR_FORMAT, "a quote stands where none may be");
    } else {
      nodal_fail_memory(&reader->error);
    }
    refuse(reader, reader->line);
  }
  if (!reader->failed && csv_get_buffer_size(&reader->parser) > NODAL_CSV_MAX_FIELD) {
    nodal_fail(&reader->error, NODAL_ERROR_FORMAT, "a field of more than %d bytes; is a quote missing?",
               NODAL_CSV_MAX_FIELD);
    refuse(reader, reader->row_line);
  }
}

/* Line by line, so that rows know where they are. `*after_cr`: the text before ended in CR. */
static void feed_lines(Reader *reader, const char *text, size_t size, bool *after_cr) {
  size_t from = 0;
  for (size_t i = 0; i < size && !reader->failed; i++) {
    bool second = text[i] == '\n' && *after_cr;
    *after_cr = text[i] == '\r';
    if (text[i] == '\r' || text[i] == '\n') {
      feed(reader, text + from, i + 1 - from);
      reader->line += !second;
      from = i + 1;
    }
  }
  if (from < size && !reader->failed) {
    feed(reader, text + from, size - from);
  }
}

static void read_all(Reader *reader, char *chunk) {
  bool after_cr = false;
  size_t got = 0;
  for (uint64_t offset = 0; !reader->failed; offset += got) {
    if (!nodal_source_read_some(reader->source, chunk, CHUNK_SIZE, offset, &got, &reader->error)) {
      refuse(reader, 0);
      return;
    }
    if (got == 0) {
      break;
    }
    size_t mark = offset == 0 && got >= 3 && memcmp(chunk, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    feed_lines(reader, chunk + mark, got - mark, &after_cr);
  }
  if (!reader->failed && csv_fini(&reader->parser, end_field, end_row, reader) != 0 && !reader->failed) {
    nodal_fail(&reader->error, NODAL_ERROR_FORMAT, "a quoted field does not end");
    refuse(reader, reader->row_line);
  }
}

bool nodal_csv_read(NodalSource *source, NodalCsvTake take, void *user, NodalError **error) {
  Reader reader = {.source = source, .take = take, .user = user, .line = 1};
  char *chunk = nodal_alloc(CHUNK_SIZE, error);
  if (!chunk) {
    return false;
  }
  csv_init(&reader.parser, CSV_STRICT | CSV_STRICT_FINI);
  read_all(&reader, chunk);
  csv_free(&reader.parser);
  free(chunk);
  free(reader.text);
  free(reader.starts);
  free(reader.fields);
  if (!reader.failed) {
    return true;
  }
  if (error) {
    *error = reader.error;
  } else {
    nodal_error_free(reader.error);
  }
  return false;
}

int nodal_csv_column(const NodalCsvRow *names, const char *name) {
  for (size_t i = 0; i < names->count; i++) {
    if (strcasecmp(names->fields[i], name) == 0) {
      return (int)i;
    }
  }
  return -1;
}

#define TEXT(number) #number
#define EXPANDED(number) TEXT(number)

const char *nodal_csv_library(int index, const char **version) {
  *version = EXPANDED(CSV_MAJOR) "." EXPANDED(CSV_MINOR) "." EXPANDED(CSV_RELEASE);
  return index == 0 ? "libcsv" : NULL;
}
