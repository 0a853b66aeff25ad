/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csv.h"

#include "annotation/format.h"
#include "base/memory.h"
#include "base/number.h"

#include <string.h>

/*
 * A table of points: a row of names, among them x and y, then a row a point. Detections of the CAMELYON16 challenge
 * (p,x,y) are such tables, too. Described in docs/format/points-csv.md.
 */

typedef struct Reader {
  NodalAnnotationSet *set;
  int x, y, name, group; /* columns; -1: there is none */
  size_t columns;        /* 0: the row of names is still to come */
} Reader;

static bool take_names(Reader *reader, const NodalCsvRow *row, NodalError **error) {
  reader->x = nodal_csv_column(row, "x");
  reader->y = nodal_csv_column(row, "y");
  reader->group = nodal_csv_column(row, "group");
  reader->name = nodal_csv_column(row, "name");
  if (reader->name < 0) {
    reader->name = nodal_csv_column(row, "p");
  }
  reader->columns = row->count;
  if (reader->x < 0 || reader->y < 0) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "is no table of points: its first row names no column %s",
                      reader->x < 0 ? "x" : "y");
  }
  for (size_t i = 0; i < row->count; i++) {
    if ((int)i != reader->x && (int)i != reader->y && (int)i != reader->group && (int)i != reader->name &&
        !nodal_annotation_warn(reader->set, error, "column '%.40s' is left out", row->fields[i])) {
      return false;
    }
  }
  return true;
}

static bool read_coordinate(const NodalCsvRow *row, int column, double *value, NodalError **error) {
  const char *text = row->fields[column];
  return nodal_parse_decimal(text, strlen(text), value) ||
         nodal_fail(error, NODAL_ERROR_FORMAT, "'%.40s' is no coordinate", text);
}

static bool take_row(void *user, const NodalCsvRow *row, NodalError **error) {
  Reader *reader = user;
  if (reader->columns == 0) {
    return take_names(reader, row, error);
  }
  if (row->count != reader->columns) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "%zu fields where the first row has %zu", row->count, reader->columns);
  }
  NodalPoint point;
  NodalRing ring = {&point, 1, false};
  NodalAnnotation annotation = {.name = reader->name >= 0 ? row->fields[reader->name] : "",
                                .shape = NODAL_SHAPE_POINT,
                                .group = -1,
                                .color = NODAL_RGB_UNSET,
                                .rings = &ring,
                                .ring_count = 1};
  return read_coordinate(row, reader->x, &point.x, error) && read_coordinate(row, reader->y, &point.y, error) &&
         (reader->group < 0 || nodal_annotation_need_group(reader->set, row->fields[reader->group], NODAL_RGB_UNSET,
                                                           &annotation.group, error)) &&
         nodal_annotation_set_add(reader->set, &annotation, error);
}

static bool points_read(NodalAnnotationSet *set, NodalSource *source, const NodalAnnotationFrame *frame,
                        NodalError **error) {
  (void)frame;
  Reader reader = {.set = set};
  return nodal_csv_read(source, take_row, &reader, error) &&
         (reader.columns > 0 ||
          nodal_fail(error, NODAL_ERROR_FORMAT, "%s: is empty: no row names the columns", nodal_source_name(source)));
}

/* Whether the first line names columns x and y. */
static bool points_probe(const char *head, size_t size) {
  const char *at = nodal_annotation_head_start(head, size);
  bool x = false, y = false;
  while (*at && *at != '\n' && *at != '\r') {
    at += strspn(at, " \t\"");
    size_t length = strcspn(at, ",\r\n"), word = strcspn(at, " \t\",\r\n");
    x = x || (word == 1 && (*at == 'x' || *at == 'X'));
    y = y || (word == 1 && (*at == 'y' || *at == 'Y'));
    at += length + (at[length] == ',');
  }
  return x && y;
}

/* --- Writing --- */

static void print_points(NodalPrinter *printer, const NodalAnnotation *annotation, const char *group, bool names,
                         bool groups) {
  for (size_t i = 0; i < annotation->ring_count; i++) {
    for (size_t k = 0; k < annotation->rings[i].count; k++) {
      nodal_print_double(printer, annotation->rings[i].points[k].x);
      nodal_print(printer, ",");
      nodal_print_double(printer, annotation->rings[i].points[k].y);
      if (names) {
        nodal_print(printer, ",");
        nodal_print_field(printer, annotation->name, "");
      }
      if (groups) {
        nodal_print(printer, ",");
        nodal_print_field(printer, group, "");
      }
      nodal_print(printer, "\n");
    }
  }
}

static bool is_points(const NodalAnnotation *annotation) {
  return annotation->shape == NODAL_SHAPE_NONE || annotation->shape == NODAL_SHAPE_POINT ||
         annotation->shape == NODAL_SHAPE_POINTS;
}

static bool points_write(NodalAnnotationSet *set, NodalPrinter *printer, const NodalAnnotationFrame *frame,
                         NodalError **error) {
  (void)frame;
  NodalAnnotation annotation;
  NodalLoss shapes = {0, 0}, sets = {0, 0}, colors = {0, 0};
  bool names = false, groups = false;
  for (int i = 0; nodal_annotation_set_get(set, i, &annotation); i++) {
    names = names || (is_points(&annotation) && annotation.name[0]);
    groups = groups || (is_points(&annotation) && annotation.group >= 0);
  }
  nodal_print(printer, "x,y");
  nodal_print(printer, names ? ",name" : "");
  nodal_print(printer, groups ? ",group\n" : "\n");
  for (int i = 0; nodal_annotation_set_get(set, i, &annotation); i++) {
    NodalAnnotationGroup group = {.name = ""};
    nodal_annotation_set_group(set, annotation.group, &group);
    if (!is_points(&annotation)) {
      nodal_loss_add(&shapes, i);
      continue;
    }
    if (annotation.shape != NODAL_SHAPE_POINT || annotation.ring_count != 1 || annotation.rings[0].count != 1) {
      nodal_loss_add(&sets, i);
    }
    if (annotation.color != NODAL_RGB_UNSET) {
      nodal_loss_add(&colors, i);
    }
    print_points(printer, &annotation, group.name, names, groups);
  }
  return nodal_annotation_warn_loss(set, &shapes, "a table of points holds points alone, left out", error) &&
         nodal_annotation_warn_loss(set, &sets, "a set of points is written as single ones", error) &&
         nodal_annotation_warn_loss(set, &colors, "a table of points has no colours, left out", error);
}

const NodalAnnotationDriver nodal_annotation_csv = {.format = NODAL_ANNOTATION_CSV,
                                                    .name = "csv",
                                                    .extensions = ".csv",
                                                    .probe = points_probe,
                                                    .read = points_read,
                                                    .write = points_write};
