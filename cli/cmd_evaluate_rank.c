/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate.h"

#include <math.h>
#include <stdlib.h>

enum { STAGES = CLI_EVALUATE_STAGES };

typedef struct Values {
  CliEvaluateValues evaluate;
  CliStrings submissions;
  int task;
} Values;

static const char *const task_names[] = {"slides", "stages", NULL};
static const NodalTask task_values[] = {NODAL_TASK_SLIDES, NODAL_TASK_STAGES};

typedef struct Submission {
  const char *path;
  int order; /* on the command line */
  int rank;
  double score; /* NAN: not defined */
  NodalInterval interval;
  json_t *problems; /* NULL: it is valid */
} Submission;

typedef struct Work {
  const CliContext *context;
  const Values *values;
  NodalTruth *truth;
  bool *positive;
  Submission *valid, *invalid;
  int valid_count, invalid_count;
} Work;

/* ---- scoring ---- */

static bool score_slides(const Work *work, const NodalPredictions *predictions, const NodalResampling *resampling,
                         Submission *submission, NodalError **error) {
  NodalRoc *roc =
      nodal_roc_new(nodal_predictions_scores(predictions), work->positive, nodal_truth_count(work->truth), error);
  bool done = roc && nodal_roc_bootstrap(roc, resampling, &submission->interval, error);
  submission->score = done ? nodal_roc_auc(roc) : NAN;
  nodal_roc_free(roc);
  return done;
}

static bool score_stages(const Work *work, const NodalPredictions *predictions, const NodalResampling *resampling,
                         Submission *submission, NodalError **error) {
  const int *truth = nodal_truth_classes(work->truth), *predicted = nodal_predictions_classes(predictions);
  size_t count = nodal_truth_count(work->truth);
  int64_t confusion[STAGES * STAGES];
  if (!nodal_confusion(truth, predicted, count, STAGES, confusion, error)) {
    return false;
  }
  submission->score = nodal_kappa(confusion, STAGES);
  return nodal_kappa_bootstrap(truth, predicted, count, STAGES, resampling, &submission->interval, NULL, error);
}

static bool score(const Work *work, const NodalPredictions *predictions, Submission *submission, NodalError **error) {
  CliProgress progress;
  NodalProgress callback;
  NodalResampling resampling = cli_evaluate_resampling(work->context, &work->values->evaluate, &progress, &callback);
  bool slides = task_values[work->values->task] == NODAL_TASK_SLIDES;
  bool done = (slides ? score_slides : score_stages)(work, predictions, &resampling, submission, error);
  cli_progress_end(&progress);
  return done;
}

/* Reads one submission and scores it, or lists it with why it cannot be. False where the whole work failed. */
static bool take(Work *work, const char *path, int order, NodalError **error) {
  Submission submission = {.path = path, .order = order};
  NodalError *reason = NULL;
  NodalPredictions *predictions = nodal_predictions_read(work->truth, path, &reason);
  if (!predictions && nodal_error_code(reason) == NODAL_ERROR_MEMORY) {
    *error = reason; /* no fault of the submission */
    return false;
  }
  json_t *problems = json_array();
  if (!predictions) {
    cli_json_append(problems, cli_json_text(nodal_error_message(reason)));
    cli_fail(work->context, reason);
  } else {
    cli_evaluate_tell_problems(work->context, NULL, predictions, problems);
  }
  bool done = true;
  if (json_array_size(problems) > 0) {
    submission.problems = json_incref(problems);
    work->invalid[work->invalid_count++] = submission;
  } else {
    done = score(work, predictions, &submission, error);
    work->valid[work->valid_count++] = submission;
  }
  json_decref(problems);
  nodal_predictions_free(predictions);
  return done;
}

static int by_score(const void *a, const void *b) {
  const Submission *x = a, *y = b;
  if (isnan(x->score) != isnan(y->score)) {
    return isnan(x->score) ? 1 : -1;
  }
  if (!isnan(x->score) && x->score != y->score) {
    return x->score < y->score ? 1 : -1;
  }
  return x->order - y->order;
}

/* Equal scores share the better rank, and the next one is as far down as there are better ones. */
static void rank(Work *work) {
  if (work->valid_count > 0) {
    qsort(work->valid, (size_t)work->valid_count, sizeof *work->valid, by_score);
  }
  for (int i = 0; i < work->valid_count; i++) {
    Submission *here = &work->valid[i];
    bool tied = i > 0 && (here->score == here[-1].score || (isnan(here->score) && isnan(here[-1].score)));
    here->rank = tied ? here[-1].rank : i + 1;
  }
}

/* ---- telling ---- */

static void tell(const Work *work) {
  const CliContext *context = work->context;
  const char *what = task_values[work->values->task] == NODAL_TASK_SLIDES ? "AUC" : "kappa";
  cli_tell(context, "rank %9s %9s %9s  submission\n", what, "low", "high");
  for (int i = 0; i < work->valid_count; i++) {
    const Submission *here = &work->valid[i];
    cli_tell(context, "%4d %9.6f %9.6f %9.6f  %s\n", here->rank, here->score, here->interval.low, here->interval.high,
             here->path);
  }
  for (int i = 0; i < work->invalid_count; i++) {
    const Submission *here = &work->invalid[i];
    size_t count = json_array_size(here->problems);
    cli_tell(context, "   - invalid: %zu %s, first: %s\n", count, count == 1 ? "problem" : "problems",
             json_string_value(json_array_get(here->problems, 0)));
  }
}

static void print_json(const Work *work) {
  json_t *document = json_object(), *valid = json_array(), *invalid = json_array();
  for (int i = 0; i < work->valid_count; i++) {
    const Submission *here = &work->valid[i];
    json_t *entry = json_object();
    cli_json_set(entry, "rank", json_integer(here->rank));
    cli_json_set(entry, "submission", cli_json_text(here->path));
    cli_json_set(entry, "score", cli_json_number(here->score));
    cli_json_set(entry, "score_ci", cli_evaluate_interval(here->interval));
    cli_json_append(valid, entry);
  }
  for (int i = 0; i < work->invalid_count; i++) {
    const Submission *here = &work->invalid[i];
    json_t *entry = json_object();
    cli_json_set(entry, "submission", cli_json_text(here->path));
    cli_json_set(entry, "problems", json_incref(here->problems));
    cli_json_append(invalid, entry);
  }
  cli_json_set(document, "task", cli_json_text(task_names[work->values->task]));
  cli_json_set(document, "cases", json_integer((json_int_t)nodal_truth_count(work->truth)));
  cli_json_set(document, "resamples", json_integer(work->values->evaluate.resamples));
  cli_json_set(document, "seed", json_integer(work->values->evaluate.seed));
  cli_json_set(document, "submissions", valid);
  cli_json_set(document, "invalid", invalid);
  cli_json_print(document);
}

/* ---- the command ---- */

static int evaluate(Work *work) {
  const CliStrings *paths = &work->values->submissions;
  if (cli_evaluate_tell_problems(work->context, work->truth, NULL, NULL) > 0) {
    return CLI_PROBLEMS;
  }
  if (task_values[work->values->task] == NODAL_TASK_SLIDES) {
    work->positive = cli_evaluate_positive(work->context, &work->values->evaluate, work->truth);
    if (!work->positive) {
      return CLI_FAILED;
    }
  }
  work->valid = cli_allocate((size_t)paths->count * sizeof *work->valid);
  work->invalid = cli_allocate((size_t)paths->count * sizeof *work->invalid);
  for (int i = 0; i < paths->count; i++) {
    NodalError *error = NULL;
    if (!take(work, paths->items[i], i, &error)) {
      return cli_fail(work->context, error);
    }
  }
  rank(work);
  tell(work);
  if (work->context->common->json) {
    print_json(work);
  }
  return work->invalid_count > 0 ? CLI_PROBLEMS : CLI_DONE;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  NodalTask task = task_values[values->task];
  if (values->evaluate.positive.count > 0 && task != NODAL_TASK_SLIDES) {
    return cli_usage(context, "--positive is for --task slides");
  }
  Work work = {.context = context, .values = values};
  work.truth = cli_evaluate_read_truth(context, &values->evaluate, task);
  int status = work.truth ? evaluate(&work) : CLI_FAILED;
  for (int i = 0; i < work.invalid_count; i++) {
    json_decref(work.invalid[i].problems);
  }
  free(work.valid);
  free(work.invalid);
  free(work.positive);
  nodal_truth_free(work.truth);
  return status;
}

static const CliOption arguments[] = {{.name = "SUBMISSION",
                                       .required = true,
                                       .type = CLI_STRINGS,
                                       .offset = offsetof(Values, submissions),
                                       .help = "Tables as `nodal evaluate slides` or `stages` takes them."},
                                      {.name = NULL}};

static const CliOption options[] = {
    CLI_EVALUATE_OPTION_TRUTH("The reference standard."),
    {.name = "task",
     .required = true,
     .type = CLI_CHOICE,
     .value = "TASK",
     .choices = task_names,
     .offset = offsetof(Values, task),
     .help = "slides: by the area under the ROC curve; stages: by the quadratic weighted kappa."},
    CLI_EVALUATE_OPTION_POSITIVE,
    CLI_EVALUATE_OPTION_EXCLUDE,
    CLI_EVALUATE_OPTIONS_RESAMPLING,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal evaluate rank --truth stages.csv --task stages submissions/*.csv", "The leaderboard of CAMELYON17."},
    {NULL, NULL}};

const CliCommand cli_evaluate_rank = {
    .name = "evaluate rank",
    .group = "Evaluate",
    .summary = "rank submissions by their score, with intervals",
    .description =
        "Scores every submission against the truth, as `nodal evaluate slides` or `stages` does, and lists them from "
        "the best down with their bootstrap 95 % intervals. Equal scores share a rank; scores that are not defined "
        "come "
        "last.\n\n"
        "A submission with a case missing, there twice or unknown, or with a value that cannot be read, is not scored: "
        "all its problems are told, it is listed at the end with the first of them, and the exit status is 3.\n\n"
        "--json prints an object with the keys task, cases, resamples, seed, submissions (rank, submission, score, "
        "score_ci) and invalid (submission, problems).",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
