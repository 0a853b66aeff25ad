/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_DATASET_LABELS_H
#define NODAL_DATASET_LABELS_H

#include "evaluation/names.h"
#include <nodal/labels.h>

enum { LABEL_KINDS = 2 };

typedef struct LabelRow {
  char *name; /* as the table writes it */
  int class_index;
  int64_t line;
} LabelRow;

/* The slides, or the patients, of a table. */
typedef struct LabelList {
  LabelRow *rows;
  size_t count, capacity;
  EvaluationNames names; /* of the rows, same indices */
} LabelList;

struct NodalLabels {
  char *file; /* for messages */
  LabelList lists[LABEL_KINDS];
  EvaluationProblems problems;
};

#endif
