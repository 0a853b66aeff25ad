/* SPDX-License-Identifier: Apache-2.0 */
#include "staging/table.h"

#include "base/csv.h"
#include "base/memory.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

/* Which column holds what; -1: none does. */
typedef struct Columns {
  int name, label, patient, center, mammary;
} Columns;

/* Length of NAME in "NAME_node_N", and N, whatever follows it; 0 where the text is no such name. */
static size_t parse_node(const char *text, int *number, size_t *length) {
  static const char mark[] = "_node_";
  size_t best = 0;
  for (size_t i = 1; text[0] && text[i]; i++) {
    if (strncasecmp(text + i, mark, sizeof mark - 1) != 0) {
      continue;
    }
    const char *digits = text + i + sizeof mark - 1;
    if (!isdigit((unsigned char)*digits)) {
      continue;
    }
    int value = 0;
    while (isdigit((unsigned char)*digits) && value < 100000000) {
      value = value * 10 + (*digits++ - '0');
    }
    if (*digits == '\0' || *digits == '.' || *digits == '_') {
      best = i;
      *number = value;
      *length = (size_t)(digits - text);
    }
  }
  return best;
}

/* Length of the patient's name in "NAME.zip" or plain "NAME"; 0 where the text is another file's name. */
static size_t parse_patient(const char *text) {
  size_t length = strlen(text);
  if (length > 4 && strcasecmp(text + length - 4, ".zip") == 0) {
    return length - 4;
  }
  return strchr(text, '.') ? 0 : length;
}

/* Whom a row is about. Leaves row->patient NULL where that cannot be told. */
static bool identify(StageRow *row, const char *name, NodalError **error) {
  const char *slash = strrchr(name, '/');
  name = slash ? slash + 1 : name;
  size_t length = 0, stem = parse_node(name, &row->number, &length);
  if (stem > 0) {
    row->patient = nodal_strdup_printf(error, "%.*s", (int)stem, name);
    row->node = row->patient ? nodal_strdup_printf(error, "%.*s.tif", (int)length, name) : NULL;
    return row->node != NULL;
  }
  stem = parse_patient(name);
  if (stem == 0) {
    return true;
  }
  row->patient = nodal_strdup_printf(error, "%.*s", (int)stem, name);
  return row->patient != NULL;
}

static const char *field_of(const NodalCsvRow *row, int column) {
  return column >= 0 && (size_t)column < row->count ? row->fields[column] : "";
}

/* Where a column says whose the slide is, its name may be any. */
static bool identify_by_column(StageRow *row, const char *patient, const char *slide, NodalError **error) {
  size_t stem = parse_patient(patient);
  row->patient = nodal_strdup_printf(error, "%.*s", (int)(stem > 0 ? stem : strlen(patient)), patient);
  row->node = row->patient ? nodal_strdup(slide, error) : NULL;
  return row->node != NULL;
}

typedef struct RowReader {
  NodalStageTable *table;
  Columns columns;
  bool headed;
} RowReader;

static bool take_header(RowReader *reader, const NodalCsvRow *row, NodalError **error) {
  Columns *columns = &reader->columns;
  int patient = nodal_csv_column(row, "patient"), slide = nodal_csv_column(row, "slide");
  int label = nodal_csv_column(row, "label"), stage = nodal_csv_column(row, "stage");
  *columns = (Columns){.name = slide >= 0 ? slide : patient,
                       .label = label >= 0 ? label : stage,
                       .patient = slide >= 0 ? patient : -1,
                       .center = nodal_csv_column(row, "center"),
                       .mammary = nodal_csv_column(row, "internal_mammary")};
  reader->headed = true;
  reader->table->has_center = columns->center >= 0;
  reader->table->has_mammary = columns->mammary >= 0;
  if (columns->name >= 0 && columns->label >= 0) {
    return true;
  }
  return nodal_fail(error, NODAL_ERROR_FORMAT, "no columns patient,stage or slide,label");
}

/* Takes over what is in `row`. */
static bool keep_row(NodalStageTable *table, const StageRow *row, NodalError **error) {
  if (table->row_count >= INT_MAX) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "more than %d rows", INT_MAX);
  }
  if (!nodal_grow_array(&table->rows, &table->row_capacity, table->row_count + 1, sizeof *table->rows, error)) {
    return false;
  }
  table->rows[table->row_count++] = *row;
  return true;
}

static bool take_row(void *user, const NodalCsvRow *fields, NodalError **error) {
  RowReader *reader = user;
  if (!reader->headed) {
    return take_header(reader, fields, error);
  }
  const Columns *columns = &reader->columns;
  const char *name = field_of(fields, columns->name), *patient = field_of(fields, columns->patient);
  StageRow row = {.line = fields->line, .number = -1};
  bool known = columns->patient >= 0 ? identify_by_column(&row, patient, name, error) : identify(&row, name, error);
  known = known && (row.text = nodal_strdup(field_of(fields, columns->label), error)) != NULL &&
          (row.center = nodal_strdup(field_of(fields, columns->center), error)) != NULL &&
          (row.mammary = nodal_strdup(field_of(fields, columns->mammary), error)) != NULL;
  if (known && row.patient && row.patient[0] != '\0' && keep_row(reader->table, &row, error)) {
    return true;
  }
  bool nameless = known && !(row.patient && row.patient[0] != '\0');
  stage_row_clear(&row);
  return nameless && stage_table_add_problem(reader->table, fields->line, error,
                                             "'%s' is neither a patient (NAME.zip) nor a node (NAME_node_N)", name);
}

/* Whether the first line ends in CR LF. */
static bool find_line_end(NodalSource *source, bool *crlf, NodalError **error) {
  char text[4096];
  size_t got;
  if (!nodal_source_read_some(source, text, sizeof text, 0, &got, error)) {
    return false;
  }
  const char *end = memchr(text, '\n', got);
  *crlf = end && end > text && end[-1] == '\r';
  return true;
}

bool stage_table_read_rows(NodalStageTable *table, NodalSource *source, NodalError **error) {
  RowReader reader = {.table = table};
  if (!find_line_end(source, &table->crlf, error) || !nodal_csv_read(source, take_row, &reader, error)) {
    return false;
  }
  return reader.headed || nodal_fail(error, NODAL_ERROR_FORMAT, "%s: is empty", table->name);
}
