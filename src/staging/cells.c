/* SPDX-License-Identifier: Apache-2.0 */
#include "staging/lesions.h"

#include "base/csv.h"
#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { MOST_CELLS = 1000000000 };

static void recount(NodalLesion *lesion, int64_t cells) {
  lesion->cells = cells;
  lesion->category = nodal_lesion_category(lesion->longest_mm, cells);
}

bool nodal_lesions_set_cells(NodalLesions *lesions, int index, int64_t cells, NodalError **error) {
  if (index < 0 || (size_t)index >= lesions->count) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "there is no lesion %lld among %zu", (long long)index + 1,
                      lesions->count);
  }
  if (cells < 0 || cells > MOST_CELLS) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "a lesion cannot have %lld cells", (long long)cells);
  }
  recount(&lesions->items[index].lesion, cells);
  return true;
}

/* From now on every lesion has been counted. */
static void begin_count(NodalLesions *lesions) {
  for (size_t i = 0; i < lesions->count; i++) {
    recount(&lesions->items[i].lesion, nodal_max64(lesions->items[i].lesion.cells, 0));
  }
}

/* The lesion that a place lies in, or NULL. */
static NodalLesion *find_lesion(NodalLesions *lesions, NodalPoint place) {
  size_t deposit = deposit_list_find(&lesions->tumor, place);
  if (deposit == lesions->tumor.count || lesions->lesion_of[deposit] == SIZE_MAX ||
      deposit_list_find(&lesions->cuts, place) != lesions->cuts.count) {
    return NULL;
  }
  return &lesions->items[lesions->lesion_of[deposit]].lesion;
}

/* Returns how many of the cells lie in no lesion: all or none. */
static int64_t add_cells(NodalLesions *lesions, NodalPoint place, int64_t cells) {
  NodalLesion *lesion = find_lesion(lesions, place);
  if (!lesion) {
    return cells;
  }
  recount(lesion, nodal_min64(lesion->cells + cells, MOST_CELLS));
  return 0;
}

void nodal_lesions_add_cells(NodalLesions *lesions, const NodalPoint *places, const int64_t *cells, size_t count,
                             int64_t *outside) {
  begin_count(lesions);
  int64_t missed = 0;
  for (size_t i = 0; i < count; i++) {
    missed += add_cells(lesions, places[i], cells ? cells[i] : 1);
  }
  if (outside) {
    *outside = missed;
  }
}

/* ---- from a file ---- */

typedef struct CellReader {
  NodalLesions *lesions;
  int lesion, x, y, cells; /* columns; -1: none */
  bool headed;
  int64_t outside;
} CellReader;

static bool take_names(CellReader *reader, const NodalCsvRow *row, NodalError **error) {
  reader->headed = true;
  reader->lesion = nodal_csv_column(row, "lesion");
  reader->x = nodal_csv_column(row, "x");
  reader->y = nodal_csv_column(row, "y");
  reader->cells = nodal_csv_column(row, "cells");
  if (reader->lesion >= 0 && reader->cells >= 0) {
    return true;
  }
  if (reader->x >= 0 && reader->y >= 0) {
    begin_count(reader->lesions);
    return true;
  }
  return nodal_fail(error, NODAL_ERROR_FORMAT, "no columns lesion,cells or x,y,cells");
}

static const char *field_of(const NodalCsvRow *row, int column) {
  return (size_t)column < row->count ? row->fields[column] : "";
}

static bool take_whole(const NodalCsvRow *row, int column, int64_t *value, NodalError **error) {
  const char *text = field_of(row, column);
  if (!nodal_parse_integer(text, strlen(text), value) || *value < 0 || *value > MOST_CELLS) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "'%.100s' is no number of cells or lesion", text);
  }
  return true;
}

static bool take_place(const NodalCsvRow *row, int column, double *value, NodalError **error) {
  const char *text = field_of(row, column);
  return nodal_parse_decimal(text, strlen(text), value) ||
         nodal_fail(error, NODAL_ERROR_FORMAT, "'%.100s' is no coordinate", text);
}

static bool take_cells(void *user, const NodalCsvRow *row, NodalError **error) {
  CellReader *reader = user;
  if (!reader->headed) {
    return take_names(reader, row, error);
  }
  int64_t cells = 1, lesion;
  if (reader->cells >= 0 && !take_whole(row, reader->cells, &cells, error)) {
    return false;
  }
  if (reader->lesion >= 0) {
    return take_whole(row, reader->lesion, &lesion, error) &&
           nodal_lesions_set_cells(reader->lesions, (int)lesion - 1, cells, error);
  }
  NodalPoint place;
  if (!take_place(row, reader->x, &place.x, error) || !take_place(row, reader->y, &place.y, error)) {
    return false;
  }
  reader->outside += add_cells(reader->lesions, place, cells);
  return true;
}

static bool read_table(NodalLesions *lesions, const char *path, int64_t *outside, NodalError **error) {
  NodalSource *source = nodal_source_open(path, error);
  if (!source) {
    return false;
  }
  CellReader reader = {.lesions = lesions};
  bool read = nodal_csv_read(source, take_cells, &reader, error) &&
              (reader.headed || nodal_fail(error, NODAL_ERROR_FORMAT, "%s: is empty", path));
  nodal_source_unref(source);
  *outside = reader.outside;
  return read;
}

static bool read_points(NodalLesions *lesions, const char *path, int64_t *outside, NodalError **error) {
  NodalAnnotationSet *set = nodal_annotation_set_read(path, NODAL_ANNOTATION_AUTO, NULL, error);
  if (!set) {
    return false;
  }
  begin_count(lesions);
  NodalAnnotation annotation;
  size_t points = 0;
  for (int i = 0; nodal_annotation_set_get(set, i, &annotation); i++) {
    if (annotation.shape != NODAL_SHAPE_POINT && annotation.shape != NODAL_SHAPE_POINTS) {
      continue;
    }
    for (size_t j = 0; j < annotation.ring_count; j++) {
      int64_t missed;
      nodal_lesions_add_cells(lesions, annotation.rings[j].points, NULL, annotation.rings[j].count, &missed);
      points += annotation.rings[j].count;
      *outside += missed;
    }
  }
  nodal_annotation_set_free(set);
  return points > 0 || nodal_fail(error, NODAL_ERROR_FORMAT, "%s: no points and no point sets", path);
}

bool nodal_lesions_read_cells(NodalLesions *lesions, const char *path, int64_t *outside, NodalError **error) {
  size_t length = strlen(path);
  bool table = length > 4 && strcasecmp(path + length - 4, ".csv") == 0;
  int64_t missed = 0;
  bool read = table ? read_table(lesions, path, &missed, error) : read_points(lesions, path, &missed, error);
  if (read && outside) {
    *outside = missed;
  }
  return read;
}
