/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"
#include "evaluate_slides.h"

#include <stdlib.h>

typedef struct Values {
  CliEvaluateValues evaluate;
  const char *predictions;
  bool csv;
} Values;

typedef struct Work {
  const CliContext *context;
  const Values *values;
  NodalTruth *truth;
  NodalPredictions *predictions;
  NodalRoc *roc;
  CliSlidesResult result;
} Work;

/* ---- computing ---- */

static void find_points(CliSlidesResult *result) {
  static const double specificities[CLI_SLIDES_POINTS - 1] = {0.9, 0.95, 0.99, 1};
  result->points[0] = nodal_roc_youden(result->roc);
  for (int i = 1; i < CLI_SLIDES_POINTS; i++) {
    result->specificities[i] = specificities[i - 1];
    result->points[i] = nodal_roc_at_specificity(result->roc, specificities[i - 1]);
  }
}

static bool compute(Work *work, const bool *positive, NodalError **error) {
  work->roc =
      nodal_roc_new(nodal_predictions_scores(work->predictions), positive, nodal_truth_count(work->truth), error);
  if (!work->roc) {
    return false;
  }
  CliProgress progress;
  NodalProgress callback;
  NodalResampling resampling = cli_evaluate_resampling(work->context, &work->values->evaluate, &progress, &callback);
  CliSlidesResult *result = &work->result;
  bool done = nodal_roc_bootstrap(work->roc, &resampling, &result->bootstrap, error);
  cli_progress_end(&progress);
  result->values = &work->values->evaluate;
  result->predictions_path = work->values->predictions;
  result->truth = work->truth;
  result->predictions = work->predictions;
  result->roc = work->roc;
  find_points(result);
  return done;
}

/* ---- the curve ---- */

static void print_curve(const NodalRoc *roc, FILE *stream) {
  fputs("threshold,tpr,fpr,true_positives,false_positives\n", stream);
  double negatives = (double)nodal_roc_negatives(roc);
  NodalRocPoint point;
  for (size_t i = 0; nodal_roc_point(roc, i, &point); i++) {
    cli_print_number(stream, point.threshold);
    fputc(',', stream);
    cli_print_number(stream, point.sensitivity);
    fputc(',', stream);
    cli_print_number(stream, (double)point.false_positives / negatives);
    fprintf(stream, ",%zu,%zu\n", point.true_positives, point.false_positives);
  }
}

static bool write_curve(const Work *work) {
  CliTextFile file;
  if (!cli_text_open(work->context, &file, work->values->evaluate.common.output)) {
    return false;
  }
  print_curve(work->roc, file.stream);
  bool written = cli_text_commit(work->context, &file);
  cli_text_close(&file);
  return written;
}

/* ---- telling ---- */

static void tell_point(const Work *work, const char *what, const NodalRocPoint *point) {
  cli_tell(work->context, "%s: threshold %.6g, sensitivity %.6f, specificity %.6f\n", what, point->threshold,
           point->sensitivity, point->specificity);
}

static void tell(const Work *work) {
  const CliContext *context = work->context;
  const Values *values = work->values;
  size_t count = nodal_truth_count(work->truth), excluded = nodal_truth_excluded(work->truth);
  cli_tell(context, "%s: %zu slides, %zu positive", values->predictions, count, nodal_roc_positives(work->roc));
  if (excluded > 0) {
    cli_tell(context, ", %zu excluded", excluded);
  }
  cli_tell(context, "\n");
  NodalInterval delong = nodal_roc_delong_interval(work->roc);
  cli_tell(context, "AUC %.6f\n", nodal_roc_auc(work->roc));
  cli_tell(context, "95 %% interval %.6f to %.6f (DeLong)\n", delong.low, delong.high);
  cli_tell(context, "95 %% interval %.6f to %.6f (bootstrap, stratified, %lld resamples, seed %lld)\n",
           work->result.bootstrap.low, work->result.bootstrap.high, (long long)values->evaluate.resamples,
           (long long)values->evaluate.seed);
  const CliSlidesResult *result = &work->result;
  tell_point(work, "Youden's point", &result->points[0]);
  for (int i = 1; i < CLI_SLIDES_POINTS; i++) {
    char what[40];
    snprintf(what, sizeof what, "specificity %.2f and more", result->specificities[i]);
    tell_point(work, what, &result->points[i]);
  }
}

static json_t *describe_point(const NodalRocPoint *point) {
  json_t *entry = json_object();
  cli_json_set(entry, "threshold", cli_json_number(point->threshold));
  cli_json_set(entry, "sensitivity", cli_json_number(point->sensitivity));
  cli_json_set(entry, "specificity", cli_json_number(point->specificity));
  return entry;
}

static void describe(const Work *work, json_t *document) {
  const Values *values = work->values;
  cli_json_set(document, "n", json_integer((json_int_t)nodal_truth_count(work->truth)));
  cli_json_set(document, "positive", json_integer((json_int_t)nodal_roc_positives(work->roc)));
  cli_json_set(document, "excluded", json_integer((json_int_t)nodal_truth_excluded(work->truth)));
  cli_json_set(document, "auc", cli_json_number(nodal_roc_auc(work->roc)));
  cli_json_set(document, "auc_ci", cli_evaluate_interval(nodal_roc_delong_interval(work->roc)));
  cli_json_set(document, "auc_ci_bootstrap", cli_evaluate_interval(work->result.bootstrap));
  cli_json_set(document, "resamples", json_integer(values->evaluate.resamples));
  cli_json_set(document, "seed", json_integer(values->evaluate.seed));
  const CliSlidesResult *result = &work->result;
  cli_json_set(document, "youden", describe_point(&result->points[0]));
  json_t *points = json_array();
  for (int i = 1; i < CLI_SLIDES_POINTS; i++) {
    json_t *entry = describe_point(&result->points[i]);
    cli_json_set(entry, "specificity_at_least", cli_json_number(result->specificities[i]));
    cli_json_append(points, entry);
  }
  cli_json_set(document, "operating_points", points);
}

/* ---- the command ---- */

static int score(Work *work, json_t *document) {
  bool *positive = cli_evaluate_positive(work->context, &work->values->evaluate, work->truth);
  if (!positive) {
    return CLI_FAILED;
  }
  NodalError *error = NULL;
  bool computed = compute(work, positive, &error);
  free(positive);
  if (!computed) {
    return cli_fail(work->context, error);
  }
  if ((work->values->evaluate.common.output && !write_curve(work)) ||
      (work->values->evaluate.report && !cli_report_slides(work->context, &work->result))) {
    return CLI_FAILED;
  }
  if (work->values->csv && !work->values->evaluate.common.output) {
    print_curve(work->roc, stdout);
  } else {
    tell(work);
  }
  describe(work, document);
  return CLI_DONE;
}

static int evaluate(Work *work) {
  json_t *document = json_object(), *problems = json_array();
  size_t count = cli_evaluate_tell_problems(work->context, work->truth, work->predictions, problems);
  int status = count > 0 ? CLI_PROBLEMS : score(work, document);
  cli_json_set(document, "problems", problems);
  if (status != CLI_DONE && status != CLI_PROBLEMS) {
    json_decref(document);
    return status;
  }
  if (work->context->common->json) {
    cli_json_print(document);
  } else {
    json_decref(document);
  }
  return status;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  const CliCommon *common = &values->evaluate.common;
  int status = cli_csv_check(context, values->csv, "curve", values->evaluate.truth);
  if (status != CLI_DONE) {
    return status;
  }
  if (common->output && !cli_check_output(context, common->output, values->predictions)) {
    return CLI_FAILED;
  }
  if (!cli_evaluate_check_report(context, &values->evaluate, values->predictions)) {
    return CLI_FAILED;
  }
  Work work = {.context = context, .values = values};
  NodalError *error = NULL;
  status = CLI_FAILED;
  work.truth = cli_evaluate_read_truth(context, &values->evaluate, NODAL_TASK_SLIDES);
  if (work.truth) {
    work.predictions = nodal_predictions_read(work.truth, values->predictions, &error);
    status = work.predictions ? evaluate(&work) : cli_fail(context, error);
  }
  nodal_roc_free(work.roc);
  nodal_predictions_free(work.predictions);
  nodal_truth_free(work.truth);
  return status;
}

static const CliOption arguments[] = {{.name = NULL}};

static const CliOption options[] = {
    CLI_EVALUATE_OPTION_TRUTH("The reference standard: rows \"Test_001,Tumor,...\" as CAMELYON16 has them, or a header "
                              "with image or slide, and label, type or class."),
    {.name = "predictions",
     .required = true,
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(Values, predictions),
     .help = "The submission: a name and a score a row, the higher the likelier positive, with or without a header."},
    CLI_EVALUATE_OPTION_POSITIVE,
    CLI_EVALUATE_OPTION_EXCLUDE,
    CLI_EVALUATE_OPTIONS_RESAMPLING,
    {.name = "csv",
     .offset = offsetof(Values, csv),
     .help = "Print the curve as a CSV table instead of the scores, or write it to --output besides them."},
    {.name = "output",
     .letter = 'o',
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(CliCommon, output),
     .help = "Where --csv writes the curve."},
    CLI_EVALUATE_OPTIONS_REPORT,
    CLI_OPTION_FORCE,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {{"nodal evaluate slides --truth ref.csv --predictions s.csv --exclude Test_049",
                                       "CAMELYON16 without the slide that is there twice."},
                                      {"nodal evaluate slides --truth ref.csv --predictions s.csv --csv -o curve.csv",
                                       "The area, and the curve in a table."},
                                      {"nodal evaluate slides --truth ref.csv --predictions s.csv --report roc.html",
                                       "The same as a page, with the curve drawn and the worst slides first."},
                                      {NULL, NULL}};

const CliCommand cli_evaluate_slides = {
    .name = "evaluate slides",
    .group = "Evaluate",
    .summary = "score slides by the area under the ROC curve",
    .description =
        "Names of slides match without folder, extension and letter case. The area counts ties half. One 95 % interval "
        "is DeLong's, the other comes from positive and negative slides drawn with replacement, each among themselves "
        "(percentiles). Youden's point is where sensitivity + specificity is largest; of each specificity asked for, "
        "the point of highest sensitivity is told. A slide counts as called positive where its score is at least the "
        "threshold.\n\n"
        "The curve has the columns threshold, tpr, fpr, true_positives and false_positives, one row a distinct score "
        "from the highest down, after one at the threshold inf that calls nothing positive.\n\n"
        "A slide that is missing, there twice or unknown, a score that is no number and a label that means nothing are "
        "listed with their lines; then nothing is scored, and the exit status is 3.\n\n"
        "--json prints an object with the keys n, positive, excluded, auc, auc_ci (DeLong: low and high), "
        "auc_ci_bootstrap, resamples, seed, youden (threshold, sensitivity, specificity), operating_points (the same "
        "and specificity_at_least) and problems; with problems it is the only one. What is not defined is null.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
