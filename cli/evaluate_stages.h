/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_EVALUATE_STAGES_H
#define NODAL_CLI_EVALUATE_STAGES_H

#include "evaluate.h"

/** Patients of one center. */
typedef struct CliStagesCenter {
  const char *name;
  int64_t patients;
  int64_t confusion[CLI_EVALUATE_STAGES * CLI_EVALUATE_STAGES];
} CliStagesCenter;

/** What `nodal evaluate stages` found. The command owns `centers` and `warnings`, the rest is borrowed. */
typedef struct CliStagesResult {
  const CliEvaluateValues *values;
  const char *predictions_path, *against_path; /**< the latter may be NULL */
  const NodalTruth *truth;
  const NodalPredictions *predictions;
  int64_t confusion[CLI_EVALUATE_STAGES * CLI_EVALUATE_STAGES]; /**< rows: the truth */
  double kappa;
  NodalInterval interval;
  int64_t undefined;     /**< resamples without a kappa */
  double other_kappa, p; /**< of --against */
  CliStagesCenter *centers;
  size_t center_count;
  int64_t without_center;
  char **warnings;
  size_t warning_count;
} CliStagesResult;

/** Writes --report. False, and the error told, where it cannot be made; then there is none. */
bool cli_report_stages(const CliContext *context, const CliStagesResult *result);

#endif
