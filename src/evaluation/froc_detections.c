/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/froc.h"

#include "base/csv.h"
#include "base/memory.h"
#include "base/number.h"

#include <stdio.h>
#include <string.h>

/* Problems of one file that are told; further ones are counted. */
enum { MOST_PROBLEMS = 1000 };

/* Which column holds what. */
typedef struct Columns {
  int probability, x, y;
  bool named;
} Columns;

typedef struct Reader {
  FrocDetections *detections;
  const char *name;
  EvaluationProblems *problems;
  Columns columns;
  bool begun;
  int64_t found; /* problems */
} Reader;

static bool complain(Reader *reader, long line, const char *text, NodalError **error) {
  reader->found++;
  return reader->found > MOST_PROBLEMS ||
         evaluation_problems_add(reader->problems, error, "%s: line %ld: %s", reader->name, line, text);
}

static bool is_number(const char *text) {
  double value;
  return nodal_parse_decimal(text, strlen(text), &value);
}

static int find_column(const NodalCsvRow *row, const char *const *names) {
  int column = -1;
  for (; column < 0 && *names; names++) {
    column = nodal_csv_column(row, *names);
  }
  return column;
}

/* The first row: names, or numbers like the others. Returns whether it was names. */
static bool take_header(Reader *reader, const NodalCsvRow *row) {
  static const char *const probability_names[] = {"p", "probability", "confidence", NULL};
  static const char *const x_names[] = {"x", NULL}, *const y_names[] = {"y", NULL};
  reader->begun = true;
  reader->columns =
      (Columns){find_column(row, probability_names), find_column(row, x_names), find_column(row, y_names), true};
  if (reader->columns.probability >= 0 && reader->columns.x >= 0 && reader->columns.y >= 0) {
    return true;
  }
  reader->columns = (Columns){0, 1, 2, false};
  return false;
}

static bool number_of(const NodalCsvRow *row, int column, double *value) {
  const char *text = (size_t)column < row->count ? row->fields[column] : "";
  return nodal_parse_decimal(text, strlen(text), value);
}

static bool keep(FrocDetections *detections, const NodalDetection *detection, long line, NodalError **error) {
  size_t needed = detections->count + 1;
  if (!nodal_grow_array(&detections->items, &detections->capacity, needed, sizeof *detections->items, error) ||
      !nodal_grow_array(&detections->lines, &detections->line_capacity, needed, sizeof *detections->lines, error)) {
    return false;
  }
  detections->items[detections->count] = *detection;
  detections->lines[detections->count++] = line;
  return true;
}

static bool take_row(void *user, const NodalCsvRow *row, NodalError **error) {
  Reader *reader = user;
  if (!reader->begun && take_header(reader, row)) {
    return true;
  }
  const Columns *columns = &reader->columns;
  if (!columns->named && row->count != 3) {
    char text[80];
    snprintf(text, sizeof text, "%zu field%s, where p,x,y has three", row->count, nodal_plural(row->count));
    return complain(reader, row->line, text, error);
  }
  NodalDetection detection;
  if (!number_of(row, columns->probability, &detection.probability) || !number_of(row, columns->x, &detection.x) ||
      !number_of(row, columns->y, &detection.y)) {
    bool header = reader->detections->count == 0 && !columns->named && !is_number(row->fields[0]);
    return complain(reader, row->line, header ? "neither numbers nor the names p,x,y" : "not three numbers p,x,y",
                    error);
  }
  if (detection.x < 0 || detection.y < 0) {
    return complain(reader, row->line, "a coordinate below 0 lies outside the slide", error);
  }
  return keep(reader->detections, &detection, row->line, error);
}

bool froc_detections_read(FrocDetections *detections, NodalSource *source, EvaluationProblems *problems,
                          NodalError **error) {
  *detections = (FrocDetections){0};
  const char *name = nodal_source_name(source);
  Reader reader = {.detections = detections, .name = name, .problems = problems};
  NodalError *cause = NULL;
  if (!nodal_csv_read(source, take_row, &reader, &cause)) {
    return evaluation_problems_take(problems, cause, error);
  }
  return reader.found <= MOST_PROBLEMS || evaluation_problems_add(problems, error, "%s: and %lld more such lines", name,
                                                                  (long long)(reader.found - MOST_PROBLEMS));
}

void froc_detections_clear(FrocDetections *detections) {
  free(detections->items);
  free(detections->lines);
  *detections = (FrocDetections){0};
}
