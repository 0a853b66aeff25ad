/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"
#include "evaluate.h"

#include <nodal/audit.h>
#include <stdlib.h>
#include <string.h>

typedef struct Values {
  CliEvaluateValues evaluate;
  CliStrings predictions, more;
  int best;
  bool csv;
} Values;

typedef struct Work {
  const CliContext *context;
  const Values *values;
  NodalTask task;
  NodalTruth *truth;
  const char **paths;
  NodalPredictions **submissions;
  int count;
  NodalAudit *audit;
} Work;

/* ---- reading ---- */

static bool read_submissions(Work *work) {
  const CliStrings *lists[] = {&work->values->predictions, &work->values->more};
  size_t most = (size_t)lists[0]->count + (size_t)lists[1]->count;
  work->paths = cli_allocate(most * sizeof *work->paths);
  work->submissions = cli_allocate(most * sizeof *work->submissions);
  for (int i = 0; i < 2; i++) {
    for (int k = 0; k < lists[i]->count; k++) {
      NodalError *error = NULL;
      NodalPredictions *predictions = nodal_predictions_read(work->truth, lists[i]->items[k], &error);
      if (!predictions) {
        cli_fail(work->context, error);
        return false;
      }
      work->paths[work->count] = lists[i]->items[k];
      work->submissions[work->count++] = predictions;
    }
  }
  return true;
}

static bool audit_slides(Work *work, NodalError **error) {
  bool *positive = cli_evaluate_positive(work->context, &work->values->evaluate, work->truth);
  if (!positive) {
    return false;
  }
  const double **scores = cli_allocate((size_t)work->count * sizeof *scores);
  for (int i = 0; i < work->count; i++) {
    scores[i] = nodal_predictions_scores(work->submissions[i]);
  }
  work->audit =
      nodal_audit_scores(scores, work->count, positive, nodal_truth_count(work->truth), work->values->best, error);
  free(scores);
  free(positive);
  return work->audit != NULL;
}

static bool audit_stages(Work *work, NodalError **error) {
  const int **classes = cli_allocate((size_t)work->count * sizeof *classes);
  for (int i = 0; i < work->count; i++) {
    classes[i] = nodal_predictions_classes(work->submissions[i]);
  }
  work->audit = nodal_audit_classes(classes, work->count, nodal_truth_classes(work->truth),
                                    nodal_truth_count(work->truth), CLI_EVALUATE_STAGES, work->values->best, error);
  free(classes);
  return work->audit != NULL;
}

/* Two files of the same content are one voice that is counted twice. */
static bool same(const Work *work, int a, int b) {
  size_t count = nodal_truth_count(work->truth);
  const NodalPredictions *first = work->submissions[a], *second = work->submissions[b];
  return work->task == NODAL_TASK_SLIDES
             ? memcmp(nodal_predictions_scores(first), nodal_predictions_scores(second), count * sizeof(double)) == 0
             : memcmp(nodal_predictions_classes(first), nodal_predictions_classes(second), count * sizeof(int)) == 0;
}

/* Equal submissions have equal scores, so they are among those just before. */
static void warn_of_doubles(const Work *work) {
  NodalAuditSubmission here, before;
  for (int i = 1; i < nodal_audit_heard(work->audit) && nodal_audit_submission(work->audit, i, &here); i++) {
    for (int k = i - 1; nodal_audit_submission(work->audit, k, &before) && before.score == here.score; k--) {
      if (same(work, here.index, before.index)) {
        cli_warning(work->context, "%s says the same as %s throughout: they are one voice, heard twice",
                    work->paths[here.index], work->paths[before.index]);
        break;
      }
    }
  }
}

/* ---- telling ---- */

static const char *class_name(const Work *work, int class_index) {
  if (work->task == NODAL_TASK_STAGES) {
    return nodal_stage_name(cli_evaluate_stage(class_index));
  }
  return class_index ? "positive" : "negative";
}

static void tell_submissions(const Work *work) {
  const CliContext *context = work->context;
  bool slides = work->task == NODAL_TASK_SLIDES;
  cli_tell(context, "rank %9s%s  submission\n", slides ? "AUC" : "kappa", slides ? "   threshold" : "");
  NodalAuditSubmission submission;
  for (int i = 0; i < nodal_audit_heard(work->audit) && nodal_audit_submission(work->audit, i, &submission); i++) {
    cli_tell(context, "%4d %9.6f", i + 1, submission.score);
    if (slides) {
      cli_tell(context, " %11.6g", submission.threshold);
    }
    cli_tell(context, "  %s\n", work->paths[submission.index]);
  }
  int silent = work->count - nodal_audit_heard(work->audit);
  if (silent > 0) {
    cli_tell(context, "%d worse %s not heard\n", silent, silent == 1 ? "submission is" : "submissions are");
  }
}

static void tell(const Work *work) {
  const CliContext *context = work->context;
  tell_submissions(work);
  size_t cases = nodal_truth_count(work->truth), count = nodal_audit_count(work->audit);
  const char *what = work->task == NODAL_TASK_SLIDES ? "slides" : "patients";
  cli_tell(context,
           "%zu of %zu %s may deserve a second look: most submissions say the same there, the truth does not\n", count,
           cases, what);
  if (count > 0) {
    cli_tell(context, "%7s %8s  %-10s %-10s name\n", "votes", "margin", "truth", "they say");
  }
  NodalAuditCase item;
  for (size_t i = 0; nodal_audit_case(work->audit, i, &item); i++) {
    NodalCase truth;
    nodal_truth_case(work->truth, item.index, &truth);
    cli_tell(context, "%3d/%-3d %8.4f  %-10s %-10s %s\n", item.votes, nodal_audit_heard(work->audit), item.margin,
             truth.label, class_name(work, item.answer), truth.name);
  }
  if (count > 0) {
    cli_tell(context, "That submissions agree proves nothing: what they learned from may err as they do.\n");
  }
}

static void print_csv(FILE *stream, const void *user) {
  const Work *work = user;
  fputs("name,line,truth,answer,votes,heard,margin\n", stream);
  NodalAuditCase item;
  for (size_t i = 0; nodal_audit_case(work->audit, i, &item); i++) {
    NodalCase truth;
    nodal_truth_case(work->truth, item.index, &truth);
    cli_print_field(stream, truth.name);
    fprintf(stream, ",%lld,", (long long)truth.line);
    cli_print_field(stream, truth.label);
    fprintf(stream, ",%s,%d,%d,%.6f\n", class_name(work, item.answer), item.votes, nodal_audit_heard(work->audit),
            item.margin);
  }
}

static json_t *describe_submissions(const Work *work) {
  json_t *submissions = json_array();
  NodalAuditSubmission submission;
  for (int i = 0; nodal_audit_submission(work->audit, i, &submission); i++) {
    json_t *entry = json_object();
    cli_json_set(entry, "submission", cli_json_text(work->paths[submission.index]));
    cli_json_set(entry, "score", cli_json_number(submission.score));
    cli_json_set(entry, "threshold", cli_json_number(submission.threshold));
    cli_json_set(entry, "heard", json_boolean(i < nodal_audit_heard(work->audit)));
    cli_json_append(submissions, entry);
  }
  return submissions;
}

static void describe(const Work *work, json_t *document) {
  json_t *cases = json_array();
  NodalAuditCase item;
  for (size_t i = 0; nodal_audit_case(work->audit, i, &item); i++) {
    NodalCase truth;
    nodal_truth_case(work->truth, item.index, &truth);
    json_t *entry = json_object();
    cli_json_set(entry, "name", cli_json_text(truth.name));
    cli_json_set(entry, "line", json_integer(truth.line));
    cli_json_set(entry, "truth", cli_json_text(truth.label));
    cli_json_set(entry, "answer", cli_json_text(class_name(work, item.answer)));
    cli_json_set(entry, "votes", json_integer(item.votes));
    cli_json_set(entry, "margin", cli_json_number(item.margin));
    cli_json_append(cases, entry);
  }
  cli_json_set(document, "task", cli_json_text(work->task == NODAL_TASK_SLIDES ? "slides" : "stages"));
  cli_json_set(document, "cases", json_integer((json_int_t)nodal_truth_count(work->truth)));
  cli_json_set(document, "submissions", describe_submissions(work));
  cli_json_set(document, "heard", json_integer(nodal_audit_heard(work->audit)));
  cli_json_set(document, "second_look", cases);
}

/* ---- the command ---- */

static int audit(Work *work, json_t *document) {
  json_t *problems = json_array();
  size_t count = cli_evaluate_tell_problems(work->context, work->truth, NULL, problems);
  for (int i = 0; i < work->count; i++) {
    count += cli_evaluate_tell_problems(work->context, NULL, work->submissions[i], problems);
  }
  cli_json_set(document, "problems", problems);
  if (count > 0) {
    return CLI_PROBLEMS;
  }
  NodalError *error = NULL;
  if (!(work->task == NODAL_TASK_SLIDES ? audit_slides : audit_stages)(work, &error)) {
    return error ? cli_fail(work->context, error) : CLI_FAILED;
  }
  warn_of_doubles(work);
  describe(work, document);
  int status = work->values->csv ? cli_csv_print(work->context, print_csv, work) : CLI_DONE;
  if (!work->values->csv || work->context->common->output) {
    tell(work);
  }
  return status;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  int status = cli_csv_check(context, values->csv, "table", NULL);
  if (status != CLI_DONE) {
    return status;
  }
  if (values->predictions.count + values->more.count < 2) {
    return cli_usage(context, "needs at least two submissions, which can agree");
  }
  Work work = {.context = context, .values = values, .task = cli_evaluate_task_of(&values->evaluate)};
  if (values->evaluate.positive.count > 0 && work.task != NODAL_TASK_SLIDES) {
    return cli_usage(context, "--positive is for slides, and %s is a table of stages", values->evaluate.truth);
  }
  json_t *document = json_object();
  work.truth = cli_evaluate_read_truth(context, &values->evaluate, work.task);
  status = work.truth && read_submissions(&work) ? audit(&work, document) : CLI_FAILED;
  if (context->common->json && (status == CLI_DONE || status == CLI_PROBLEMS)) {
    cli_json_print(document);
  } else {
    json_decref(document);
  }
  nodal_audit_free(work.audit);
  for (int i = 0; i < work.count; i++) {
    nodal_predictions_free(work.submissions[i]);
  }
  free(work.submissions);
  free(work.paths);
  nodal_truth_free(work.truth);
  return status;
}

static const CliOption arguments[] = {{.name = "SUBMISSION",
                                       .type = CLI_STRINGS,
                                       .offset = offsetof(Values, more),
                                       .help = "Further submissions, as --predictions takes them."},
                                      {.name = NULL}};

static const CliOption options[] = {
    CLI_EVALUATE_OPTION_TRUTH("The reference standard, as `nodal evaluate slides` or `stages` takes it."),
    {.name = "predictions",
     .required = true,
     .type = CLI_STRINGS,
     .value = "FILE",
     .offset = offsetof(Values, predictions),
     .help = "A submission, as `nodal evaluate slides` or `stages` takes it. May be given again."},
    {.name = "best",
     .type = CLI_INT,
     .value = "N",
     .offset = offsetof(Values, best),
     .minimum = 0,
     .maximum = 10000,
     .initial = "0",
     .help = "Hear the N best submissions, by area under the ROC curve or by kappa; 0: all."},
    CLI_EVALUATE_OPTION_POSITIVE,
    CLI_EVALUATE_OPTION_EXCLUDE,
    CLI_OPTIONS_CSV("The cases as CSV: name, line, truth, answer, votes, heard, margin."),
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal dataset audit --truth t.csv --predictions runs/*.csv --best 10",
     "Patients about whom the ten best submissions agree against the truth."},
    {"nodal dataset audit --truth ref.csv --predictions a.csv b.csv --csv", "Slides, as a table."},
    {NULL, NULL}};

const CliCommand cli_dataset_audit = {
    .name = "dataset audit",
    .group = "Data sets",
    .summary = "list where submissions agree against the truth",
    .description =
        "Ranks the submissions, hears the best ones, and lists each slide or patient about which more than half of "
        "those heard say the same and the truth another thing: most votes first, then the largest margin. They are "
        "suggestions for a second look and nothing more: submissions err alike where they learned from the same data.\n"
        "\n"
        "A truth with the columns patient and stage is one of stages; any other is one of slides. Scores of slides "
        "count as positive or negative at each submission's own operating point, the one where sensitivity + "
        "specificity is largest (Youden 1950). The margin is how far they are from the truth, mean over the votes: "
        "for slides the share of all slides whose scores lie between that of the slide and the operating point, for "
        "stages how many stages theirs is from the truth's.\n\n"
        "The truth and all submissions are checked first, as `nodal evaluate` does; with a problem in any of them "
        "nothing is audited, and the exit status is 3.\n\n"
        "--json prints an object with the keys problems, task, cases, submissions (submission, score, threshold, "
        "heard), heard and second_look (name, line, truth, answer, votes, margin). With problems it is the only one.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
