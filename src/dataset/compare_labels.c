/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "dataset/labels.h"
#include <nodal/evaluation.h>
#include <nodal/lesion.h>

struct NodalLabelComparison {
  NodalLabelAgreement agreement[LABEL_KINDS];
  NodalLabelDifference *differences;
  size_t count, capacity;
};

static int classes_of(NodalLabelKind kind) {
  return kind == NODAL_LABEL_PATIENT ? NODAL_LABEL_PATIENT_CLASSES : NODAL_LABEL_SLIDE_CLASSES;
}

/* `a` or `b` NULL: the table has it not. */
static bool add_difference(NodalLabelComparison *comparison, NodalLabelKind kind, const LabelRow *a, const LabelRow *b,
                           NodalError **error) {
  if (!nodal_grow_array(&comparison->differences, &comparison->capacity, comparison->count + 1,
                        sizeof *comparison->differences, error)) {
    return false;
  }
  comparison->differences[comparison->count++] = (NodalLabelDifference){.kind = kind,
                                                                        .name = a ? a->name : b->name,
                                                                        .a = a ? a->class_index : -1,
                                                                        .b = b ? b->class_index : -1,
                                                                        .a_line = a ? a->line : 0,
                                                                        .b_line = b ? b->line : 0};
  return true;
}

/* Counts what both have. Whether they contradict each other. */
static bool count_pair(NodalLabelAgreement *agreement, NodalLabelKind kind, int a, int b) {
  int classes = classes_of(kind);
  agreement->common++;
  if (a < classes && b < classes) {
    agreement->confusion[a * classes + b]++;
  } else if (a != NODAL_CATEGORY_NEGATIVE && b != NODAL_CATEGORY_NEGATIVE) {
    agreement->less_exact += a != b;
    return false;
  }
  agreement->differing += a != b;
  return a != b;
}

static bool compare_common(NodalLabelComparison *comparison, NodalLabelKind kind, const LabelList *a,
                           const LabelList *b, NodalError **error) {
  NodalLabelAgreement *agreement = &comparison->agreement[kind];
  for (size_t i = 0; i < a->count; i++) {
    size_t index;
    const LabelRow *row = &a->rows[i];
    if (evaluation_names_find(&b->names, row->name, &index) &&
        count_pair(agreement, kind, row->class_index, b->rows[index].class_index) &&
        !add_difference(comparison, kind, row, &b->rows[index], error)) {
      return false;
    }
  }
  agreement->kappa = nodal_kappa(agreement->confusion, classes_of(kind));
  return true;
}

/* What `list` has and `other` has not. */
static bool find_missing(NodalLabelComparison *comparison, NodalLabelKind kind, const LabelList *list,
                         const LabelList *other, bool is_a, NodalError **error) {
  NodalLabelAgreement *agreement = &comparison->agreement[kind];
  for (size_t i = 0; i < list->count; i++) {
    size_t index;
    const LabelRow *row = &list->rows[i];
    if (evaluation_names_find(&other->names, row->name, &index)) {
      continue;
    }
    *(is_a ? &agreement->a_only : &agreement->b_only) += 1;
    if (!add_difference(comparison, kind, is_a ? row : NULL, is_a ? NULL : row, error)) {
      return false;
    }
  }
  return true;
}

static bool compare(NodalLabelComparison *comparison, const NodalLabels *a, const NodalLabels *b, NodalError **error) {
  const NodalLabels *const tables[] = {a, b};
  for (int i = 0; i < 2; i++) {
    if (tables[i]->problems.count > 0) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s", tables[i]->problems.lines[0]);
    }
  }
  for (int kind = 0; kind < LABEL_KINDS; kind++) {
    const LabelList *first = &a->lists[kind], *second = &b->lists[kind];
    if (!compare_common(comparison, (NodalLabelKind)kind, first, second, error) ||
        !find_missing(comparison, (NodalLabelKind)kind, first, second, true, error) ||
        !find_missing(comparison, (NodalLabelKind)kind, second, first, false, error)) {
      return false;
    }
  }
  return true;
}

NodalLabelComparison *nodal_labels_compare(const NodalLabels *a, const NodalLabels *b, NodalError **error) {
  NodalLabelComparison *comparison = nodal_alloc_array(1, sizeof *comparison, error);
  if (comparison && !compare(comparison, a, b, error)) {
    nodal_label_comparison_free(comparison);
    return NULL;
  }
  return comparison;
}

void nodal_label_comparison_free(NodalLabelComparison *comparison) {
  if (comparison) {
    free(comparison->differences);
  }
  free(comparison);
}

NodalLabelAgreement nodal_label_comparison_agreement(const NodalLabelComparison *comparison, NodalLabelKind kind) {
  return comparison->agreement[kind];
}

bool nodal_label_comparison_difference(const NodalLabelComparison *comparison, size_t index,
                                       NodalLabelDifference *difference) {
  if (index >= comparison->count) {
    return false;
  }
  *difference = comparison->differences[index];
  return true;
}
