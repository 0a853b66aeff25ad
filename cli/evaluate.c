/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate.h"
#include "file.h"

#include <stdlib.h>
#include <string.h>

NodalStage cli_evaluate_stage(int index) {
  static const NodalStage stages[CLI_EVALUATE_STAGES] = {NODAL_STAGE_PN0, NODAL_STAGE_PN0_I, NODAL_STAGE_PN1MI,
                                                         NODAL_STAGE_PN1, NODAL_STAGE_PN2};
  return stages[index];
}

/* The strings with a NULL at the end, to be freed; NULL where there are none. */
static const char **end_list(const CliStrings *strings) {
  if (strings->count == 0) {
    return NULL;
  }
  const char **list = cli_allocate(((size_t)strings->count + 1) * sizeof *list);
  memcpy(list, strings->items, (size_t)strings->count * sizeof *list);
  return list;
}

static NodalTruth *read_truth(const CliEvaluateValues *values, NodalTask task, NodalError **error) {
  const char *stages[CLI_EVALUATE_STAGES + 1] = {NULL};
  for (int i = 0; i < CLI_EVALUATE_STAGES; i++) {
    stages[i] = nodal_stage_name(cli_evaluate_stage(i));
  }
  const char **exclude = end_list(&values->exclude), **positive = end_list(&values->positive);
  NodalTruthOptions options = {task, stages, positive, exclude};
  NodalTruth *truth = nodal_truth_read(values->truth, &options, error);
  free(exclude);
  free(positive);
  return truth;
}

NodalTruth *cli_evaluate_read_truth(const CliContext *context, const CliEvaluateValues *values, NodalTask task) {
  NodalError *error = NULL;
  NodalTruth *truth = read_truth(values, task, &error);
  if (!truth) {
    cli_fail(context, error);
  }
  return truth;
}

NodalTask cli_evaluate_task_of(const CliEvaluateValues *values) {
  NodalTruth *stages = read_truth(values, NODAL_TASK_STAGES, NULL);
  nodal_truth_free(stages);
  return stages ? NODAL_TASK_STAGES : NODAL_TASK_SLIDES;
}

static void tell_problem(const CliContext *context, const char *problem, json_t *problems) {
  cli_error(context, "%s", problem);
  if (problems) {
    cli_json_append(problems, cli_json_text(problem));
  }
}

size_t cli_evaluate_tell_problems(const CliContext *context, const NodalTruth *truth,
                                  const NodalPredictions *predictions, json_t *problems) {
  const char *problem;
  size_t count = 0;
  for (size_t i = 0; truth && (problem = nodal_truth_problem(truth, i)) != NULL; i++, count++) {
    tell_problem(context, problem, problems);
  }
  for (size_t i = 0; predictions && (problem = nodal_predictions_problem(predictions, i)) != NULL; i++, count++) {
    tell_problem(context, problem, problems);
  }
  return count;
}

bool *cli_evaluate_positive(const CliContext *context, const CliEvaluateValues *values, const NodalTruth *truth) {
  size_t count = nodal_truth_count(truth), positives = 0;
  const int *classes = nodal_truth_classes(truth);
  bool *positive = cli_allocate(count * sizeof *positive);
  for (size_t i = 0; i < count; i++) {
    positive[i] = classes[i] == 1;
    positives += positive[i];
  }
  if (positives > 0 && positives < count) {
    return positive;
  }
  cli_error(context, "%s: no slide is %s: there is no area under the curve", values->truth,
            positives > 0 ? "negative" : "positive");
  free(positive);
  return NULL;
}

NodalResampling cli_evaluate_resampling(const CliContext *context, const CliEvaluateValues *values,
                                        CliProgress *progress, NodalProgress *callback) {
  cli_progress_start(progress, context, "resampling", 0);
  *callback = cli_progress_callback(progress);
  return (NodalResampling){.seed = (uint64_t)values->seed,
                           .resamples = values->resamples,
                           .threads = values->common.threads,
                           .progress = callback};
}

int64_t cli_evaluate_band_resamples(const CliEvaluateValues *values) {
  return values->resamples < 10000 ? values->resamples : 10000;
}

NodalResampling cli_evaluate_band_resampling(const CliContext *context, const CliEvaluateValues *values,
                                             CliProgress *progress, NodalProgress *callback) {
  NodalResampling resampling = cli_evaluate_resampling(context, values, progress, callback);
  resampling.resamples = cli_evaluate_band_resamples(values);
  return resampling;
}

bool cli_evaluate_check_report(const CliContext *context, const CliEvaluateValues *values, const char *submission) {
  const char *report = values->report, *output = values->common.output;
  if (report && output && (strcmp(report, output) == 0 || cli_same_file(report, output))) {
    cli_error(context, "%s: cannot be both the report and the table", report);
    return false;
  }
  return !report || (cli_check_output(context, report, values->truth) && cli_check_output(context, report, submission));
}

json_t *cli_evaluate_interval(NodalInterval interval) {
  json_t *ends = json_array();
  cli_json_append(ends, cli_json_number(interval.low));
  cli_json_append(ends, cli_json_number(interval.high));
  return ends;
}
