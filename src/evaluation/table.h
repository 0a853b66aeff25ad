/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_EVALUATION_TABLE_H
#define NODAL_EVALUATION_TABLE_H

#include "base/csv.h"
#include "evaluation/names.h"
#include <nodal/evaluation.h>

/* truth.c and predictions.c: the two sides of an evaluation. */

typedef struct TruthCase {
  char *name, *label;
  char *center; /* NULL: not known */
  int64_t line;
} TruthCase;

struct NodalTruth {
  char *file; /* for messages */
  NodalTask task;
  char **stages;
  int stage_count;
  TruthCase *cases;
  int *classes;
  size_t count, case_capacity, class_capacity;
  EvaluationNames names;    /* of the cases, same indices */
  EvaluationNames excluded; /* to be passed over */
  size_t excluded_count;
  EvaluationProblems problems;
};

/** Where a row of patients and stages has what; `center` -1: nowhere. */
typedef struct StageColumns {
  int name, stage, center;
} StageColumns;

/** Finds the columns in the first row of a table of stages; `headed`: the row names them. */
bool evaluation_stage_columns(const NodalCsvRow *row, StageColumns *columns, bool *headed, NodalError **error);

/** Whether the row is a patient's: CAMELYON17 counts names that end in ".zip". */
bool evaluation_is_patient(const char *name);

/** The index of a stage's name, whatever its letter case; -1 if there is none. */
int evaluation_stage_index(const NodalTruth *truth, const char *stage);

/** "pN0, pN0(i+) or pN1mi". */
void evaluation_list_stages(const NodalTruth *truth, char *text, size_t size);

/** The column of the first of the names that is one; -1 if none is. `names` ends with NULL. */
int evaluation_column(const NodalCsvRow *row, const char *const *names);

/** The field of that column; "" past the end of the row and for column -1. */
const char *evaluation_field(const NodalCsvRow *row, int column);

#endif
