/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/table.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *evaluation_field(const NodalCsvRow *row, int column) {
  return column >= 0 && (size_t)column < row->count ? row->fields[column] : "";
}

int evaluation_column(const NodalCsvRow *row, const char *const *names) {
  int column = -1;
  for (; *names && column < 0; names++) {
    column = nodal_csv_column(row, *names);
  }
  return column;
}

bool evaluation_is_patient(const char *name) {
  size_t length = strlen(name);
  return length > 4 && strcasecmp(name + length - 4, ".zip") == 0;
}

bool evaluation_stage_columns(const NodalCsvRow *row, StageColumns *columns, bool *headed, NodalError **error) {
  *columns = (StageColumns){.name = nodal_csv_column(row, "patient"),
                            .stage = nodal_csv_column(row, "stage"),
                            .center = nodal_csv_column(row, "center")};
  *headed = columns->name >= 0 && columns->stage >= 0;
  if (!*headed && evaluation_is_patient(row->fields[0])) {
    *columns = (StageColumns){.name = 0, .stage = 1, .center = -1};
    return true;
  }
  return *headed || nodal_fail(error, NODAL_ERROR_FORMAT, "no columns patient,stage");
}

int evaluation_stage_index(const NodalTruth *truth, const char *stage) {
  for (int i = 0; i < truth->stage_count; i++) {
    if (strcasecmp(truth->stages[i], stage) == 0) {
      return i;
    }
  }
  return -1;
}

void evaluation_list_stages(const NodalTruth *truth, char *text, size_t size) {
  size_t used = 0;
  text[0] = '\0';
  for (int i = 0; i < truth->stage_count && used < size; i++) {
    const char *between = i == 0 ? "" : i + 1 < truth->stage_count ? ", " : " or ";
    used += (size_t)snprintf(text + used, size - used, "%s%s", between, truth->stages[i]);
  }
}

/* ---- Reading ---- */

typedef struct TruthReader {
  NodalTruth *truth;
  const NodalTruthOptions *options;
  bool begun;
  int name, label, center; /* columns */
} TruthReader;

/* Finds the columns of a table of slides; `headed`: the row names them. */
static bool slide_columns(TruthReader *reader, const NodalCsvRow *row, bool *headed, NodalError **error) {
  static const char *const name_columns[] = {"image", "slide", NULL};
  static const char *const label_columns[] = {"label", "type", "class", NULL};
  reader->name = evaluation_column(row, name_columns);
  reader->label = evaluation_column(row, label_columns);
  *headed = reader->name >= 0;
  if (*headed && reader->label < 0) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "no column label, type or class");
  }
  if (!*headed) {
    reader->name = 0;
    reader->label = 1;
  }
  return true;
}

static bool begin(TruthReader *reader, const NodalCsvRow *row, bool *headed, NodalError **error) {
  reader->begun = true;
  reader->center = -1;
  if (reader->truth->task == NODAL_TASK_SLIDES) {
    return slide_columns(reader, row, headed, error);
  }
  StageColumns columns;
  if (!evaluation_stage_columns(row, &columns, headed, error)) {
    return false;
  }
  reader->name = columns.name;
  reader->label = columns.stage;
  reader->center = columns.center;
  return true;
}

static bool is_one_of(const char *text, const char *const *list) {
  for (; *list; list++) {
    if (strcasecmp(text, *list) == 0) {
      return true;
    }
  }
  return false;
}

/* -1: the label means nothing. */
static int class_of_slide(const TruthReader *reader, const char *label) {
  static const char *const positive[] = {"tumor", "positive", "macro", "micro", "1", NULL};
  static const char *const negative[] = {"normal", "negative", "0", NULL};
  if (label[0] == '\0') {
    return -1;
  }
  if (reader->options->positive) {
    return is_one_of(label, reader->options->positive);
  }
  return is_one_of(label, positive) ? 1 : is_one_of(label, negative) ? 0 : -1;
}

static int class_of(const TruthReader *reader, const char *label) {
  return reader->truth->task == NODAL_TASK_SLIDES ? class_of_slide(reader, label)
                                                  : evaluation_stage_index(reader->truth, label);
}

static bool refuse_label(NodalTruth *truth, long line, const char *name, const char *label, NodalError **error) {
  if (truth->task == NODAL_TASK_SLIDES) {
    return evaluation_problems_add(&truth->problems, error,
                                   "%s: line %ld: %s: label '%s': state which labels are positive", truth->file, line,
                                   name, label);
  }
  char stages[400];
  evaluation_list_stages(truth, stages, sizeof stages);
  return evaluation_problems_add(&truth->problems, error, "%s: line %ld: %s: stage '%s' is not %s", truth->file, line,
                                 name, label, stages);
}

/* The published rule for the training patients of CAMELYON17: patient_000 to patient_099, twenty a center. */
static bool center_of(const TruthReader *reader, const NodalCsvRow *row, const char *name, char **center,
                      NodalError **error) {
  *center = NULL;
  const char *given = evaluation_field(row, reader->center);
  if (given[0] != '\0') {
    return (*center = nodal_strdup(given, error)) != NULL;
  }
  static const char prefix[] = "patient_0";
  enum { PREFIX = sizeof prefix - 1 };
  size_t length;
  const char *stem = evaluation_stem(name, &length);
  if (length != PREFIX + 2 || strncasecmp(stem, prefix, PREFIX) != 0 || !isdigit((unsigned char)stem[PREFIX]) ||
      !isdigit((unsigned char)stem[PREFIX + 1])) {
    return true;
  }
  int number = (stem[PREFIX] - '0') * 10 + stem[PREFIX + 1] - '0';
  return (*center = nodal_strdup_printf(error, "%d", number / 20)) != NULL;
}

/* Adds the case; its name is in `truth->names` already. */
static bool keep_case(TruthReader *reader, const NodalCsvRow *row, int class_index, NodalError **error) {
  NodalTruth *truth = reader->truth;
  if (!nodal_grow_array(&truth->cases, &truth->case_capacity, truth->count + 1, sizeof *truth->cases, error) ||
      !nodal_grow_array(&truth->classes, &truth->class_capacity, truth->count + 1, sizeof *truth->classes, error)) {
    return false;
  }
  const char *name = evaluation_field(row, reader->name);
  TruthCase *item = &truth->cases[truth->count];
  *item = (TruthCase){.line = row->line};
  truth->classes[truth->count++] = class_index;
  item->name = nodal_strdup(name, error);
  item->label = item->name ? nodal_strdup(evaluation_field(row, reader->label), error) : NULL;
  return item->label && (truth->task == NODAL_TASK_SLIDES || center_of(reader, row, name, &item->center, error));
}

static bool take_row(void *user, const NodalCsvRow *row, NodalError **error) {
  TruthReader *reader = user;
  NodalTruth *truth = reader->truth;
  bool headed = false;
  if (!reader->begun && !begin(reader, row, &headed, error)) {
    return false;
  }
  const char *name = evaluation_field(row, reader->name), *label = evaluation_field(row, reader->label);
  if (headed || (truth->task == NODAL_TASK_STAGES && !evaluation_is_patient(name))) {
    return true;
  }
  size_t index;
  if (evaluation_names_find(&truth->excluded, name, &index)) {
    truth->excluded_count++;
    return true;
  }
  if (name[0] == '\0') {
    return evaluation_problems_add(&truth->problems, error, "%s: line %ld: no name", truth->file, row->line);
  }
  bool added;
  if (!evaluation_names_add(&truth->names, name, &index, &added, error)) {
    return false;
  }
  if (!added) {
    return evaluation_problems_add(&truth->problems, error, "%s: line %ld: %s is there already, in line %lld",
                                   truth->file, row->line, name, (long long)truth->cases[index].line);
  }
  int class_index = class_of(reader, label);
  return keep_case(reader, row, class_index < 0 ? 0 : class_index, error) &&
         (class_index >= 0 || refuse_label(truth, row->line, name, label, error));
}

static bool copy_options(NodalTruth *truth, const NodalTruthOptions *options, NodalError **error) {
  truth->task = options->task;
  for (const char *const *name = options->exclude; name && *name; name++) {
    size_t index;
    bool added;
    if (!evaluation_names_add(&truth->excluded, *name, &index, &added, error)) {
      return false;
    }
  }
  if (truth->task == NODAL_TASK_SLIDES) {
    return true;
  }
  int count = 0;
  while (options->stages && options->stages[count]) {
    count++;
  }
  if (count < 2 || count > NODAL_KAPPA_MAX_CLASSES) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%d stages: it must be 2 to %d", count, NODAL_KAPPA_MAX_CLASSES);
  }
  truth->stages = nodal_alloc_array((size_t)count, sizeof *truth->stages, error);
  for (; truth->stages && truth->stage_count < count; truth->stage_count++) {
    truth->stages[truth->stage_count] = nodal_strdup(options->stages[truth->stage_count], error);
    if (!truth->stages[truth->stage_count]) {
      return false;
    }
  }
  return truth->stages != NULL;
}

static bool read_truth(NodalTruth *truth, NodalSource *source, const NodalTruthOptions *options, NodalError **error) {
  TruthReader reader = {.truth = truth, .options = options};
  if (!copy_options(truth, options, error) || !nodal_csv_read(source, take_row, &reader, error)) {
    return false;
  }
  if (truth->count == 0 && truth->problems.count == 0) {
    const char *what = truth->task == NODAL_TASK_SLIDES ? "slide" : "patient (NAME.zip)";
    return nodal_fail(error, NODAL_ERROR_FORMAT, "%s: no %s", truth->file, what);
  }
  return true;
}

NodalTruth *nodal_truth_read_source(NodalSource *source, const NodalTruthOptions *options, NodalError **error) {
  NodalTruth *truth = nodal_alloc_array(1, sizeof *truth, error);
  if (!truth) {
    return NULL;
  }
  truth->file = nodal_strdup(nodal_source_name(source), error);
  if (!truth->file || !read_truth(truth, source, options, error)) {
    nodal_truth_free(truth);
    return NULL;
  }
  return truth;
}

NodalTruth *nodal_truth_read(const char *path, const NodalTruthOptions *options, NodalError **error) {
  NodalSource *source = nodal_source_open(path, error);
  if (!source) {
    return NULL;
  }
  NodalTruth *truth = nodal_truth_read_source(source, options, error);
  nodal_source_unref(source);
  return truth;
}

void nodal_truth_free(NodalTruth *truth) {
  if (!truth) {
    return;
  }
  for (size_t i = 0; i < truth->count; i++) {
    free(truth->cases[i].name);
    free(truth->cases[i].label);
    free(truth->cases[i].center);
  }
  for (int i = 0; i < truth->stage_count; i++) {
    free(truth->stages[i]);
  }
  free(truth->stages);
  free(truth->cases);
  free(truth->classes);
  evaluation_names_clear(&truth->names);
  evaluation_names_clear(&truth->excluded);
  evaluation_problems_clear(&truth->problems);
  free(truth->file);
  free(truth);
}

size_t nodal_truth_count(const NodalTruth *truth) {
  return truth->count;
}

size_t nodal_truth_excluded(const NodalTruth *truth) {
  return truth->excluded_count;
}

bool nodal_truth_case(const NodalTruth *truth, size_t index, NodalCase *item) {
  if (index >= truth->count) {
    return false;
  }
  const TruthCase *from = &truth->cases[index];
  *item = (NodalCase){from->name, from->label, truth->classes[index], from->center, from->line};
  return true;
}

const int *nodal_truth_classes(const NodalTruth *truth) {
  return truth->classes;
}

const char *nodal_truth_problem(const NodalTruth *truth, size_t index) {
  return evaluation_problems_line(&truth->problems, index);
}
