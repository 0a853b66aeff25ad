/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/reader.h"

#include "base/csv.h"
#include "base/memory.h"
#include "base/number.h"

#include <string.h>

enum { MAX_SLIDES = 1000000, MAX_LESIONS = 10000000, MAX_SIDE = 100000000, MAX_COLUMNS = 8 };

/* ---- tables ---- */

/* A table whose first row names its columns. */
typedef struct Table {
  const char *const *names; /* of the columns that must be there */
  int name_count;
  int columns[MAX_COLUMNS];
  bool begun;
  bool (*take)(struct Table *table, const char *const *fields, NodalError **error);
  ReaderTruth *truth;
  size_t *order; /* slides by name */
} Table;

static bool find_columns(Table *table, const NodalCsvRow *row, NodalError **error) {
  for (int i = 0; i < table->name_count; i++) {
    table->columns[i] = nodal_csv_column(row, table->names[i]);
    if (table->columns[i] < 0) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "there is no column '%s'", table->names[i]);
    }
  }
  table->begun = true;
  return true;
}

static bool take_row(void *user, const NodalCsvRow *row, NodalError **error) {
  Table *table = user;
  if (!table->begun) {
    return find_columns(table, row, error);
  }
  const char *fields[MAX_COLUMNS];
  for (int i = 0; i < table->name_count; i++) {
    if ((size_t)table->columns[i] >= row->count) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "no field in the column '%s'", table->names[i]);
    }
    fields[i] = row->fields[table->columns[i]];
  }
  return table->take(table, fields, error);
}

/* ---- slides ---- */

enum { SLIDE, PATIENT, LABEL, STAGE, WIDTH, HEIGHT, SPACING, SLIDE_COLUMNS };

static bool parse_side(const char *text, int64_t *side, NodalError **error) {
  if (nodal_parse_integer(text, strlen(text), side) && *side >= 1 && *side <= MAX_SIDE) {
    return true;
  }
  return nodal_fail(error, NODAL_ERROR_FORMAT, "'%s' is no size in pixels", text);
}

/* The name becomes that of a file. */
static bool check_name(const char *name, NodalError **error) {
  size_t length = strlen(name);
  if (length >= 1 && length <= 200 && name[0] != '.' && !strchr(name, '/')) {
    return true;
  }
  return nodal_fail(error, NODAL_ERROR_FORMAT, "'%s' is no name of a slide", name);
}

static bool take_slide(Table *table, const char *const *fields, NodalError **error) {
  ReaderTruth *truth = table->truth;
  ReaderSlide slide = {0};
  if (truth->slide_count == MAX_SLIDES) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "more than %d slides", MAX_SLIDES);
  }
  if (!check_name(fields[SLIDE], error) || !check_name(fields[PATIENT], error) ||
      !parse_side(fields[WIDTH], &slide.width, error) || !parse_side(fields[HEIGHT], &slide.height, error)) {
    return false;
  }
  if (!nodal_category_from_name(fields[LABEL], &slide.label)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "'%s' is not negative, itc, micro or macro", fields[LABEL]);
  }
  if (!nodal_stage_from_name(fields[STAGE], &slide.stage)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "'%s' is no stage", fields[STAGE]);
  }
  if (!nodal_parse_decimal(fields[SPACING], strlen(fields[SPACING]), &slide.spacing_um) || slide.spacing_um < 0.001 ||
      slide.spacing_um > 10000) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "'%s' is no spacing", fields[SPACING]);
  }
  if (!nodal_grow_array(&truth->slides, &truth->slide_capacity, truth->slide_count + 1, sizeof *truth->slides, error) ||
      !(slide.name = nodal_strdup(fields[SLIDE], error))) {
    return false;
  }
  slide.patient = nodal_strdup(fields[PATIENT], error);
  truth->slides[truth->slide_count++] = slide;
  return slide.patient != NULL;
}

static int by_name(const void *a, const void *b, void *user) {
  const ReaderSlide *slides = user;
  return strcmp(slides[*(const size_t *)a].name, slides[*(const size_t *)b].name);
}

static int by_patient(const void *a, const void *b, void *user) {
  const ReaderSlide *slides = user;
  return strcmp(slides[*(const size_t *)a].patient, slides[*(const size_t *)b].patient);
}

/* Slides in the order of their names, each of which is there once; to be freed. */
static size_t *sort_slides(const ReaderTruth *truth, const char *name, NodalError **error) {
  size_t *order = nodal_alloc_array(truth->slide_count, sizeof *order, error);
  if (!order) {
    return NULL;
  }
  for (size_t i = 0; i < truth->slide_count; i++) {
    order[i] = i;
  }
  qsort_r(order, truth->slide_count, sizeof *order, by_name, truth->slides);
  for (size_t i = 1; i < truth->slide_count; i++) {
    if (by_name(&order[i - 1], &order[i], truth->slides) == 0) {
      nodal_fail(error, NODAL_ERROR_FORMAT, "%s: %s is there twice", name, truth->slides[order[i]].name);
      free(order);
      return NULL;
    }
  }
  return order;
}

/* Their slides follow each other, and with them the rows of a submission. */
static bool check_patients(const ReaderTruth *truth, size_t *order, const char *name, NodalError **error) {
  size_t count = 0;
  for (size_t i = 0; i < truth->slide_count; i++) {
    if (i == 0 || strcmp(truth->slides[i].patient, truth->slides[i - 1].patient) != 0) {
      order[count++] = i;
    }
  }
  qsort_r(order, count, sizeof *order, by_patient, truth->slides);
  for (size_t i = 1; i < count; i++) {
    if (by_patient(&order[i - 1], &order[i], truth->slides) == 0) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "%s: the slides of %s do not follow each other", name,
                        truth->slides[order[i]].patient);
    }
  }
  return true;
}

/* ---- lesions ---- */

enum { LESION_SLIDE, CENTER_X, CENTER_Y, LONGEST, LESION_COLUMNS };

static bool find_slide(const Table *table, const char *name, size_t *index) {
  size_t low = 0, high = table->truth->slide_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcmp(table->truth->slides[table->order[middle]].name, name);
    if (order == 0) {
      *index = table->order[middle];
      return true;
    }
    low = order < 0 ? middle + 1 : low;
    high = order < 0 ? high : middle;
  }
  return false;
}

static bool take_lesion(Table *table, const char *const *fields, NodalError **error) {
  ReaderTruth *truth = table->truth;
  ReaderLesion lesion;
  double *const numbers[] = {[CENTER_X] = &lesion.x_px, [CENTER_Y] = &lesion.y_px, [LONGEST] = &lesion.longest_mm};
  if (!find_slide(table, fields[LESION_SLIDE], &lesion.slide)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "%s is no slide of phantom.csv", fields[LESION_SLIDE]);
  }
  for (int i = CENTER_X; i <= LONGEST; i++) {
    if (!nodal_parse_decimal(fields[i], strlen(fields[i]), numbers[i])) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "'%s' is no number", fields[i]);
    }
  }
  const ReaderSlide *slide = &truth->slides[lesion.slide];
  if (!(lesion.x_px >= 0 && lesion.x_px <= (double)slide->width && lesion.y_px >= 0 &&
        lesion.y_px <= (double)slide->height)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "the center lies outside the slide");
  }
  if (!(lesion.longest_mm >= 0.0001 && lesion.longest_mm <= 1000)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "'%s' is no diameter in millimetres", fields[LONGEST]);
  }
  if (truth->lesion_count == MAX_LESIONS) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "more than %d lesions", MAX_LESIONS);
  }
  if (!nodal_grow_array(&truth->lesions, &truth->lesion_capacity, truth->lesion_count + 1, sizeof *truth->lesions,
                        error)) {
    return false;
  }
  truth->lesions[truth->lesion_count++] = lesion;
  return true;
}

/* Brings the lesions into the order of the slides, those of a slide as they stand in the file. */
static bool group_lesions(ReaderTruth *truth, NodalError **error) {
  ReaderLesion *grouped = nodal_alloc_array(truth->lesion_count, sizeof *grouped, error);
  if (!grouped) {
    return false;
  }
  for (size_t i = 0; i < truth->lesion_count; i++) {
    truth->slides[truth->lesions[i].slide].lesion_count++;
  }
  size_t next = 0;
  for (size_t i = 0; i < truth->slide_count; i++) {
    truth->slides[i].first_lesion = next;
    next += truth->slides[i].lesion_count;
    truth->slides[i].lesion_count = 0;
  }
  for (size_t i = 0; i < truth->lesion_count; i++) {
    ReaderSlide *slide = &truth->slides[truth->lesions[i].slide];
    grouped[slide->first_lesion + slide->lesion_count++] = truth->lesions[i];
  }
  free(truth->lesions);
  truth->lesions = grouped;
  truth->lesion_capacity = truth->lesion_count;
  return true;
}

/* ---- both ---- */

bool reader_truth_read(ReaderTruth *truth, NodalSource *slides, NodalSource *lesions, NodalError **error) {
  static const char *const slide_names[] = {"slide",    "patient",   "label",     "stage",
                                            "width_px", "height_px", "spacing_um"};
  static const char *const lesion_names[] = {"slide", "center_x_px", "center_y_px", "longest_mm"};
  _Static_assert(sizeof slide_names / sizeof *slide_names == SLIDE_COLUMNS, "a name each");
  _Static_assert(sizeof lesion_names / sizeof *lesion_names == LESION_COLUMNS, "a name each");
  *truth = (ReaderTruth){0};
  const char *name = nodal_source_name(slides);
  Table table = {.names = slide_names, .name_count = SLIDE_COLUMNS, .take = take_slide, .truth = truth};
  if (!nodal_csv_read(slides, take_row, &table, error)) {
    return false;
  }
  if (truth->slide_count == 0) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "%s: there is no slide", name);
  }
  size_t *order = sort_slides(truth, name, error);
  table =
      (Table){.names = lesion_names, .name_count = LESION_COLUMNS, .take = take_lesion, .truth = truth, .order = order};
  bool done = order && nodal_csv_read(lesions, take_row, &table, error) && group_lesions(truth, error) &&
              check_patients(truth, order, name, error);
  free(order);
  return done;
}

void reader_truth_clear(ReaderTruth *truth) {
  for (size_t i = 0; i < truth->slide_count; i++) {
    free(truth->slides[i].name);
    free(truth->slides[i].patient);
  }
  free(truth->slides);
  free(truth->lesions);
}
