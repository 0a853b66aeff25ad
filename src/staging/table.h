/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_STAGING_TABLE_H
#define NODAL_STAGING_TABLE_H

#include "base/error.h"
#include <nodal/stage.h>

/** One row of a table of labels. The strings are the row's own. */
typedef struct StageRow {
  int64_t line;
  char *patient; /**< without ".zip" */
  char *node;    /**< the node's name as it is to be written; NULL: the row gives the patient's stage */
  int number;    /**< of the node; -1: it has a name only */
  char *text;    /**< the label or stage as it stands there */
  char *center, *mammary;
} StageRow;

typedef struct StageProblem {
  int64_t line;
  char *text;
} StageProblem;

typedef struct StageEntry {
  StageRow **rows; /**< the patient's nodes by line, then rows of its stage: a part of NodalStageTable.order */
  size_t row_count;
  int64_t first_line;
  bool troubled; /**< a problem keeps it from a stage */
  NodalStagePatient patient;
} StageEntry;

struct NodalStageTable {
  char *name; /**< of the file, for messages */
  NodalStageOptions options;
  bool crlf, has_center, has_mammary;
  StageRow *rows;
  size_t row_count, row_capacity;
  StageRow **order; /**< by patient, without regard to letter case */
  StageEntry *entries;
  size_t entry_count; /**< in the order of the patients' first rows */
  StageProblem *problems;
  size_t problem_count, problem_capacity;
};

void stage_row_clear(StageRow *row);

/** Adds "FILE: line N: ..." to the problems. False only where there is no memory. */
bool stage_table_add_problem(NodalStageTable *table, int64_t line, NodalError **error, const char *format, ...)
    NODAL_PRINTF(4, 5);

/** table_rows.c: fills in the rows from the file, with a problem for each that names neither patient nor node. */
bool stage_table_read_rows(NodalStageTable *table, NodalSource *source, NodalError **error);

/** table_stage.c: gathers the rows of each patient and gives them their stages, or problems. */
bool stage_table_stage(NodalStageTable *table, NodalError **error);

#endif
