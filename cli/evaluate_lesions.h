/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_EVALUATE_LESIONS_H
#define NODAL_CLI_EVALUATE_LESIONS_H

#include "evaluate.h"
#include "file.h"

#include <nodal/froc.h>

/** What `nodal evaluate lesions` found. Borrows all of it. */
typedef struct CliLesionsResult {
  const CliEvaluateValues *values;
  const char *detections, *reference; /**< paths; the latter may be NULL */
  const NodalFrocRules *rules;
  bool include_itc;
  const NodalFroc *froc;
  NodalFrocScore score;
  NodalInterval interval;
} CliLesionsResult;

/** Writes --report. False, and the error told, where it cannot be made; then there is none. */
bool cli_report_lesions(const CliContext *context, const CliLesionsResult *result);

#endif
