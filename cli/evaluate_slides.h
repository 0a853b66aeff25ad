/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_EVALUATE_SLIDES_H
#define NODAL_CLI_EVALUATE_SLIDES_H

#include "evaluate.h"
#include "file.h"

/** Youden's point, and those of four specificities. */
enum { CLI_SLIDES_POINTS = 5 };

/** What `nodal evaluate slides` found. Borrows all of it. */
typedef struct CliSlidesResult {
  const CliEvaluateValues *values;
  const char *predictions_path;
  const NodalTruth *truth;
  const NodalPredictions *predictions;
  const NodalRoc *roc;
  NodalInterval bootstrap;
  NodalRocPoint points[CLI_SLIDES_POINTS];
  double specificities[CLI_SLIDES_POINTS]; /**< that were to be kept; of Youden's point 0 */
} CliSlidesResult;

/** Writes --report. False, and the error told, where it cannot be made; then there is none. */
bool cli_report_slides(const CliContext *context, const CliSlidesResult *result);

#endif
