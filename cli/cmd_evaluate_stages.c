/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate_stages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STAGES = CLI_EVALUATE_STAGES };

typedef struct Values {
  CliEvaluateValues evaluate;
  const char *predictions, *against;
} Values;

typedef struct Work {
  const CliContext *context;
  const Values *values;
  NodalTruth *truth;
  NodalPredictions *predictions, *against;
  CliStagesResult result;
} Work;

/* ---- computing ---- */

static bool compare(Work *work, const int *truth, const int *predicted, size_t count, NodalError **error) {
  const int *other = nodal_predictions_classes(work->against);
  int64_t confusion[STAGES * STAGES];
  if (!nodal_confusion(truth, other, count, STAGES, confusion, error)) {
    return false;
  }
  work->result.other_kappa = nodal_kappa(confusion, STAGES);
  CliProgress progress;
  NodalProgress callback;
  NodalResampling resampling = cli_evaluate_resampling(work->context, &work->values->evaluate, &progress, &callback);
  bool done = nodal_kappa_permutation(truth, predicted, other, count, STAGES, &resampling, &work->result.p, error);
  cli_progress_end(&progress);
  return done;
}

static bool compute(Work *work, NodalError **error) {
  size_t count = nodal_truth_count(work->truth);
  const int *truth = nodal_truth_classes(work->truth), *predicted = nodal_predictions_classes(work->predictions);
  if (!nodal_confusion(truth, predicted, count, STAGES, work->result.confusion, error)) {
    return false;
  }
  work->result.kappa = nodal_kappa(work->result.confusion, STAGES);
  CliProgress progress;
  NodalProgress callback;
  NodalResampling resampling = cli_evaluate_resampling(work->context, &work->values->evaluate, &progress, &callback);
  bool done = nodal_kappa_bootstrap(truth, predicted, count, STAGES, &resampling, &work->result.interval,
                                    &work->result.undefined, error);
  cli_progress_end(&progress);
  return done && (!work->against || compare(work, truth, predicted, count, error));
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const CliStagesCenter *)a)->name, ((const CliStagesCenter *)b)->name);
}

static CliStagesCenter *find_center(Work *work, const char *name) {
  for (size_t i = 0; i < work->result.center_count; i++) {
    if (strcmp(work->result.centers[i].name, name) == 0) {
      return &work->result.centers[i];
    }
  }
  work->result.centers =
      cli_reallocate(work->result.centers, (work->result.center_count + 1) * sizeof *work->result.centers);
  CliStagesCenter *center = &work->result.centers[work->result.center_count++];
  *center = (CliStagesCenter){.name = name};
  return center;
}

static void count_centers(Work *work) {
  const int *predicted = nodal_predictions_classes(work->predictions);
  NodalCase patient;
  for (size_t i = 0; nodal_truth_case(work->truth, i, &patient); i++) {
    if (!patient.center) {
      work->result.without_center++;
      continue;
    }
    CliStagesCenter *center = find_center(work, patient.center);
    center->patients++;
    center->confusion[patient.class_index * STAGES + predicted[i]]++;
  }
  if (work->result.center_count > 0) {
    qsort(work->result.centers, work->result.center_count, sizeof *work->result.centers, by_name);
  }
}

/* ---- telling ---- */

static const char *stage_name(int index) {
  return nodal_stage_name(cli_evaluate_stage(index));
}

/* The one stage that all patients have; -1 where they differ. */
static int only_stage(const int *classes, size_t count) {
  for (size_t i = 1; i < count; i++) {
    if (classes[i] != classes[0]) {
      return -1;
    }
  }
  return classes[0];
}

static void warn(Work *work, const char *format, ...) NODAL_PRINTF(2, 3);

/* Tells a warning, and keeps it for the report. */
static void warn(Work *work, const char *format, ...) {
  va_list list;
  va_start(list, format);
  char *line = cli_format_list(format, list);
  va_end(list);
  CliStagesResult *result = &work->result;
  cli_warning(work->context, "%s", line);
  result->warnings = cli_reallocate(result->warnings, (result->warning_count + 1) * sizeof *result->warnings);
  result->warnings[result->warning_count++] = line;
}

static void free_warnings(CliStagesResult *result) {
  for (size_t i = 0; i < result->warning_count; i++) {
    free(result->warnings[i]);
  }
  free(result->warnings);
}

static void warn_of_constants(Work *work) {
  const Values *values = work->values;
  size_t count = nodal_truth_count(work->truth);
  int truth = only_stage(nodal_truth_classes(work->truth), count);
  int predicted = only_stage(nodal_predictions_classes(work->predictions), count);
  if (truth >= 0 && truth == predicted) {
    warn(work, "%s: kappa is not defined: all patients are %s, in the truth and in the submission", values->predictions,
         stage_name(truth));
  } else if (truth >= 0) {
    warn(work, "%s: all patients are %s, so kappa is 0 whatever is submitted", values->evaluate.truth,
         stage_name(truth));
  } else if (predicted >= 0) {
    warn(work, "%s: all patients are %s, so kappa is 0", values->predictions, stage_name(predicted));
  }
  if (work->result.undefined > 0 && !(truth >= 0 && truth == predicted)) {
    warn(work, "%s: %lld of %lld resamples have no kappa and are left out", values->predictions,
         (long long)work->result.undefined, (long long)values->evaluate.resamples);
  }
}

static void tell_confusion(const Work *work) {
  cli_tell(work->context, "%-18s", "truth \\ submission");
  for (int j = 0; j < STAGES; j++) {
    cli_tell(work->context, "%9s", stage_name(j));
  }
  cli_tell(work->context, "\n");
  for (int i = 0; i < STAGES; i++) {
    cli_tell(work->context, "%-18s", stage_name(i));
    for (int j = 0; j < STAGES; j++) {
      cli_tell(work->context, "%9lld", (long long)work->result.confusion[i * STAGES + j]);
    }
    cli_tell(work->context, "\n");
  }
}

static void tell(const Work *work) {
  const CliContext *context = work->context;
  const Values *values = work->values;
  size_t count = nodal_truth_count(work->truth), excluded = nodal_truth_excluded(work->truth);
  cli_tell(context, "%s: %zu %s", values->predictions, count, count == 1 ? "patient" : "patients");
  if (excluded > 0) {
    cli_tell(context, ", %zu excluded", excluded);
  }
  cli_tell(context, "\n");
  cli_tell(context, "kappa %.6f, 95 %% interval %.6f to %.6f (bootstrap, %lld resamples, seed %lld)\n",
           work->result.kappa, work->result.interval.low, work->result.interval.high,
           (long long)values->evaluate.resamples, (long long)values->evaluate.seed);
  tell_confusion(work);
  for (size_t i = 0; i < work->result.center_count; i++) {
    const CliStagesCenter *center = &work->result.centers[i];
    cli_tell(context, "center %s: kappa %.6f of %lld %s\n", center->name, nodal_kappa(center->confusion, STAGES),
             (long long)center->patients, center->patients == 1 ? "patient" : "patients");
  }
  if (work->result.without_center > 0) {
    cli_tell(context, "center unknown: %lld %s\n", (long long)work->result.without_center,
             work->result.without_center == 1 ? "patient" : "patients");
  }
  if (work->against) {
    cli_tell(context, "%s: kappa %.6f, difference %.6f, p %.6g (permutation test, paired, two-sided)\n",
             values->against, work->result.other_kappa, work->result.kappa - work->result.other_kappa, work->result.p);
  }
}

static json_t *describe_confusion(const int64_t *confusion) {
  json_t *rows = json_array();
  for (int i = 0; i < STAGES; i++) {
    json_t *row = json_array();
    for (int j = 0; j < STAGES; j++) {
      cli_json_append(row, json_integer(confusion[i * STAGES + j]));
    }
    cli_json_append(rows, row);
  }
  return rows;
}

static json_t *describe_centers(const Work *work) {
  json_t *centers = json_array();
  for (size_t i = 0; i < work->result.center_count; i++) {
    json_t *entry = json_object();
    cli_json_set(entry, "center", cli_json_text(work->result.centers[i].name));
    cli_json_set(entry, "patients", json_integer(work->result.centers[i].patients));
    cli_json_set(entry, "kappa", cli_json_number(nodal_kappa(work->result.centers[i].confusion, STAGES)));
    cli_json_append(centers, entry);
  }
  return centers;
}

static void describe(const Work *work, json_t *document) {
  const Values *values = work->values;
  cli_json_set(document, "patients", json_integer((json_int_t)nodal_truth_count(work->truth)));
  cli_json_set(document, "excluded", json_integer((json_int_t)nodal_truth_excluded(work->truth)));
  cli_json_set(document, "kappa", cli_json_number(work->result.kappa));
  cli_json_set(document, "kappa_ci", cli_evaluate_interval(work->result.interval));
  cli_json_set(document, "resamples", json_integer(values->evaluate.resamples));
  cli_json_set(document, "undefined_resamples", json_integer(work->result.undefined));
  cli_json_set(document, "seed", json_integer(values->evaluate.seed));
  json_t *labels = json_array();
  for (int i = 0; i < STAGES; i++) {
    cli_json_append(labels, cli_json_text(stage_name(i)));
  }
  cli_json_set(document, "labels", labels);
  cli_json_set(document, "confusion", describe_confusion(work->result.confusion));
  cli_json_set(document, "centers", describe_centers(work));
  cli_json_set(document, "without_center", json_integer(work->result.without_center));
  if (work->against) {
    json_t *against = json_object();
    cli_json_set(against, "predictions", cli_json_text(values->against));
    cli_json_set(against, "kappa", cli_json_number(work->result.other_kappa));
    cli_json_set(against, "difference", cli_json_number(work->result.kappa - work->result.other_kappa));
    cli_json_set(against, "p", cli_json_number(work->result.p));
    cli_json_set(document, "against", against);
  }
}

/* ---- the command ---- */

static int write_report(Work *work) {
  const Values *values = work->values;
  CliStagesResult *result = &work->result;
  result->values = &values->evaluate;
  result->predictions_path = values->predictions;
  result->against_path = values->against;
  result->truth = work->truth;
  result->predictions = work->predictions;
  return !values->evaluate.report || cli_report_stages(work->context, result) ? CLI_DONE : CLI_FAILED;
}

static int evaluate(Work *work) {
  const CliContext *context = work->context;
  json_t *document = json_object(), *problems = json_array();
  size_t count = cli_evaluate_tell_problems(context, work->truth, work->predictions, problems);
  if (work->against) {
    count += cli_evaluate_tell_problems(context, NULL, work->against, problems);
  }
  NodalError *error = NULL;
  int status = count > 0 ? CLI_PROBLEMS : CLI_DONE;
  if (status == CLI_DONE && !compute(work, &error)) {
    json_decref(document);
    json_decref(problems);
    return cli_fail(context, error);
  }
  if (status == CLI_DONE) {
    count_centers(work);
    warn_of_constants(work);
    status = write_report(work);
  }
  if (status == CLI_DONE) {
    tell(work);
    describe(work, document);
  } else if (status == CLI_FAILED) {
    json_decref(document);
    json_decref(problems);
    return status;
  }
  cli_json_set(document, "problems", problems);
  if (context->common->json) {
    cli_json_print(document);
  } else {
    json_decref(document);
  }
  return status;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  if (!cli_evaluate_check_report(context, &values->evaluate, values->predictions) ||
      (values->against && !cli_evaluate_check_report(context, &values->evaluate, values->against))) {
    return CLI_FAILED;
  }
  Work work = {.context = context, .values = values};
  NodalError *error = NULL;
  int status = CLI_FAILED;
  work.truth = cli_evaluate_read_truth(context, &values->evaluate, NODAL_TASK_STAGES);
  if (work.truth) {
    work.predictions = nodal_predictions_read(work.truth, values->predictions, &error);
    if (work.predictions && values->against) {
      work.against = nodal_predictions_read(work.truth, values->against, &error);
    }
    status = error ? cli_fail(context, error) : evaluate(&work);
  }
  free_warnings(&work.result);
  free(work.result.centers);
  nodal_predictions_free(work.against);
  nodal_predictions_free(work.predictions);
  nodal_truth_free(work.truth);
  return status;
}

static const CliOption arguments[] = {{.name = NULL}};

static const CliOption options[] = {
    CLI_EVALUATE_OPTION_TRUTH("The reference standard: a CSV table with the header patient,stage."),
    {.name = "predictions",
     .required = true,
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(Values, predictions),
     .help = "The submission: a table of the same form."},
    {.name = "against",
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(Values, against),
     .help = "Another submission: tests whether the two differ in kappa."},
    CLI_EVALUATE_OPTION_EXCLUDE,
    CLI_EVALUATE_OPTIONS_RESAMPLING,
    CLI_EVALUATE_OPTIONS_REPORT,
    CLI_OPTION_FORCE,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal evaluate stages --truth stages.csv --predictions submission.csv", "The score of CAMELYON17."},
    {"nodal evaluate stages --truth t.csv --predictions a.csv --against b.csv",
     "Whether one submission is better than another."},
    {NULL, NULL}};

const CliCommand cli_evaluate_stages = {
    .name = "evaluate stages",
    .group = "Evaluate",
    .summary = "score pN stages by quadratic weighted kappa",
    .description =
        "Only rows whose first column ends in \".zip\" count; rows of nodes are passed over. The stages are pN0, "
        "pN0(i+), pN1mi, pN1 and pN2 in this order and in any letter case, the weights quadratic. A submission that "
        "gives all patients one stage has the kappa 0; where the truth is that one stage too, kappa is not defined, "
        "and "
        "nan is told, as by the official script.\n\n"
        "The 95 % interval comes from patients drawn with replacement (percentiles). --against tests the difference of "
        "two submissions: the two stages of each patient are exchanged by chance, and p is the share of differences "
        "as large as the real one, either way. The kappa of each center is told where the truth has a column center, "
        "and for patient_000 to patient_099, twenty a center as published.\n\n"
        "A patient that is missing, there twice or unknown and a stage that is none are listed with their lines; "
        "then nothing is scored, and the exit status is 3.\n\n"
        "--json prints an object with the keys patients, excluded, kappa, kappa_ci (low and high), resamples, "
        "undefined_resamples, seed, labels, confusion (rows: the truth), centers (center, patients, kappa), "
        "without_center, against (predictions, kappa, difference, p; only with --against) and problems; with problems "
        "it is the only one. What is not defined is null.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
