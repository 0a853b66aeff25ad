/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/labels.h"

#include "base/memory.h"
#include "evaluation/table.h"
#include <nodal/lesion.h>
#include <nodal/stage.h>

#include <string.h>
#include <strings.h>

static const NodalStage stages[NODAL_LABEL_PATIENT_CLASSES] = {NODAL_STAGE_PN0, NODAL_STAGE_PN0_I, NODAL_STAGE_PN1MI,
                                                               NODAL_STAGE_PN1, NODAL_STAGE_PN2};

const char *nodal_label_name(NodalLabelKind kind, int class_index) {
  if (kind == NODAL_LABEL_PATIENT) {
    return class_index >= 0 && class_index < NODAL_LABEL_PATIENT_CLASSES ? nodal_stage_name(stages[class_index]) : NULL;
  }
  if (class_index == NODAL_LABEL_TUMOR) {
    return "tumor";
  }
  return class_index >= 0 && class_index < NODAL_LABEL_SLIDE_CLASSES ? nodal_category_name((NodalCategory)class_index)
                                                                     : NULL;
}

int nodal_label_class(NodalLabelKind kind, const char *text) {
  int classes = kind == NODAL_LABEL_PATIENT ? NODAL_LABEL_PATIENT_CLASSES : NODAL_LABEL_TUMOR + 1;
  for (int i = 0; i < classes; i++) {
    if (strcasecmp(text, nodal_label_name(kind, i)) == 0) {
      return i;
    }
  }
  if (kind == NODAL_LABEL_PATIENT) {
    return -1;
  }
  return strcasecmp(text, "normal") == 0     ? NODAL_CATEGORY_NEGATIVE
         : strcasecmp(text, "positive") == 0 ? NODAL_LABEL_TUMOR
                                             : -1;
}

/* ---- Reading ---- */

typedef struct LabelReader {
  NodalLabels *labels;
  bool begun;
  bool mixed;                      /* patients and slides in one column, as CAMELYON17 has them */
  int name, label, patient, stage; /* columns; -1: nowhere */
  int size;                        /* of CAMELYON16: where "Macro" or "Micro" stands */
} LabelReader;

/* Finds the columns in the first row; `headed`: it names them. */
static bool find_columns(LabelReader *reader, const NodalCsvRow *row, bool *headed, NodalError **error) {
  static const char *const name_columns[] = {"slide", "image", NULL};
  static const char *const label_columns[] = {"label", "type", "class", NULL};
  reader->begun = true;
  reader->size = -1;
  reader->name = evaluation_column(row, name_columns);
  reader->label = evaluation_column(row, label_columns);
  reader->patient = nodal_csv_column(row, "patient");
  reader->stage = nodal_csv_column(row, "stage");
  *headed = true;
  if (reader->name >= 0 && (reader->label >= 0 || (reader->patient >= 0 && reader->stage >= 0))) {
    return true;
  }
  if (reader->name < 0 && reader->patient >= 0 && reader->stage >= 0) {
    reader->mixed = true;
    reader->name = reader->patient;
    reader->label = reader->stage;
    return true;
  }
  /* CAMELYON16 has no header: its first row is a slide already. */
  *headed = false;
  if (reader->name < 0 && nodal_label_class(NODAL_LABEL_SLIDE, evaluation_field(row, 1)) >= 0) {
    *reader = (LabelReader){reader->labels, true, false, 0, 1, -1, -1, 3};
    return true;
  }
  return nodal_fail(error, NODAL_ERROR_FORMAT, "no columns patient,stage or slide,label");
}

static bool add_row(LabelList *list, const char *name, int class_index, long line, NodalError **error) {
  if (!nodal_grow_array(&list->rows, &list->capacity, list->count + 1, sizeof *list->rows, error)) {
    return false;
  }
  char *copy = nodal_strdup(name, error);
  if (copy) {
    list->rows[list->count++] = (LabelRow){copy, class_index, line};
  }
  return copy != NULL;
}

/* `again`: the table says it in several rows, which must say the same. */
static bool take_label(NodalLabels *labels, NodalLabelKind kind, const char *name, const char *text, bool again,
                       long line, NodalError **error) {
  LabelList *list = &labels->lists[kind];
  int class_index = nodal_label_class(kind, text);
  if (class_index < 0) {
    const char *known = kind == NODAL_LABEL_PATIENT ? "stage '%s' is not pN0, pN0(i+), pN1mi, pN1 or pN2"
                                                    : "label '%s' is not negative, itc, micro, macro, tumor or normal";
    char *what = nodal_strdup_printf(error, known, text);
    bool told = what && evaluation_problems_add(&labels->problems, error, "%s: line %ld: %s: %s", labels->file, line,
                                                name, what);
    free(what);
    return told;
  }
  size_t index;
  bool added;
  if (!evaluation_names_add(&list->names, name, &index, &added, error)) {
    return false;
  }
  if (added) {
    return add_row(list, name, class_index, line, error);
  }
  if (again && list->rows[index].class_index == class_index) {
    return true;
  }
  const LabelRow *first = &list->rows[index];
  if (again) {
    return evaluation_problems_add(&labels->problems, error, "%s: line %ld: %s is %s, but %s in line %lld",
                                   labels->file, line, name, nodal_label_name(kind, class_index),
                                   nodal_label_name(kind, first->class_index), (long long)first->line);
  }
  return evaluation_problems_add(&labels->problems, error, "%s: line %ld: %s is there already, in line %lld",
                                 labels->file, line, name, (long long)first->line);
}

static bool take_row(void *user, const NodalCsvRow *row, NodalError **error) {
  LabelReader *reader = user;
  NodalLabels *labels = reader->labels;
  bool headed = false;
  if (!reader->begun && !find_columns(reader, row, &headed, error)) {
    return false;
  }
  if (headed) {
    return true;
  }
  const char *name = evaluation_field(row, reader->name), *label = evaluation_field(row, reader->label);
  if (name[0] == '\0') {
    return evaluation_problems_add(&labels->problems, error, "%s: line %ld: no name", labels->file, row->line);
  }
  const char *size = evaluation_field(row, reader->size);
  if (strcasecmp(size, "macro") == 0 || strcasecmp(size, "micro") == 0) {
    label = size;
  }
  NodalLabelKind kind = reader->mixed && evaluation_is_patient(name) ? NODAL_LABEL_PATIENT : NODAL_LABEL_SLIDE;
  if (label[0] != '\0' && !take_label(labels, kind, name, label, false, row->line, error)) {
    return false;
  }
  const char *patient = evaluation_field(row, reader->patient), *stage = evaluation_field(row, reader->stage);
  return reader->mixed || patient[0] == '\0' || stage[0] == '\0' ||
         take_label(labels, NODAL_LABEL_PATIENT, patient, stage, true, row->line, error);
}

static bool read_labels(NodalLabels *labels, NodalSource *source, NodalError **error) {
  LabelReader reader = {.labels = labels};
  if (!nodal_csv_read(source, take_row, &reader, error)) {
    return false;
  }
  if (labels->lists[0].count + labels->lists[1].count + labels->problems.count == 0) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "%s: no label", labels->file);
  }
  return true;
}

NodalLabels *nodal_labels_read_source(NodalSource *source, NodalError **error) {
  NodalLabels *labels = nodal_alloc_array(1, sizeof *labels, error);
  if (!labels) {
    return NULL;
  }
  labels->file = nodal_strdup(nodal_source_name(source), error);
  if (!labels->file || !read_labels(labels, source, error)) {
    nodal_labels_free(labels);
    return NULL;
  }
  return labels;
}

NodalLabels *nodal_labels_read(const char *path, NodalError **error) {
  NodalSource *source = nodal_source_open(path, error);
  if (!source) {
    return NULL;
  }
  NodalLabels *labels = nodal_labels_read_source(source, error);
  nodal_source_unref(source);
  return labels;
}

void nodal_labels_free(NodalLabels *labels) {
  if (!labels) {
    return;
  }
  for (int kind = 0; kind < LABEL_KINDS; kind++) {
    LabelList *list = &labels->lists[kind];
    for (size_t i = 0; i < list->count; i++) {
      free(list->rows[i].name);
    }
    free(list->rows);
    evaluation_names_clear(&list->names);
  }
  evaluation_problems_clear(&labels->problems);
  free(labels->file);
  free(labels);
}

size_t nodal_labels_count(const NodalLabels *labels, NodalLabelKind kind) {
  return labels->lists[kind].count;
}

bool nodal_labels_item(const NodalLabels *labels, NodalLabelKind kind, size_t index, NodalLabel *label) {
  const LabelList *list = &labels->lists[kind];
  if (index >= list->count) {
    return false;
  }
  *label = (NodalLabel){kind, list->rows[index].name, list->rows[index].class_index, list->rows[index].line};
  return true;
}

const char *nodal_labels_problem(const NodalLabels *labels, size_t index) {
  return evaluation_problems_line(&labels->problems, index);
}
