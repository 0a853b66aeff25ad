/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate_stages.h"
#include "report.h"

#include <stdlib.h>

enum { STAGES = CLI_EVALUATE_STAGES };

static const char *stage_name(int index) {
  return nodal_stage_name(cli_evaluate_stage(index));
}

/* ---- tables ---- */

/* Shades tell the share of the row, but so do the figures; what agrees has a frame. */
static void list_confusion(const CliReport *report, const int64_t *confusion) {
  FILE *stream = report->stream;
  fputs("<table class=\"confusion\">\n<caption>Patients by their stage in the truth (rows) and in the submission "
        "(columns), and the share of their row. Framed: both agree.</caption>\n<thead><tr><td></td>",
        stream);
  for (int j = 0; j < STAGES; j++) {
    fprintf(stream, "<th scope=\"col\">%s</th>", stage_name(j));
  }
  fputs("<th scope=\"col\">All</th></tr></thead>\n<tbody>\n", stream);
  for (int i = 0; i < STAGES; i++) {
    int64_t sum = 0;
    for (int j = 0; j < STAGES; j++) {
      sum += confusion[i * STAGES + j];
    }
    fprintf(stream, "<tr><th scope=\"row\">%s</th>", stage_name(i));
    for (int j = 0; j < STAGES; j++) {
      int64_t count = confusion[i * STAGES + j];
      double share = sum > 0 ? (double)count / (double)sum : 0;
      fprintf(stream, "<td%s style=\"--share: %.3f\">%lld<small>%.0f %%</small></td>",
              i == j ? " class=\"agreed\"" : "", share, (long long)count, 100 * share);
    }
    fprintf(stream, "<td>%lld</td></tr>\n", (long long)sum);
  }
  cli_report_table_end(report);
}

static void list_centers(const CliReport *report, const CliStagesResult *result) {
  static const char *const columns[] = {"Center", "#Patients", "#Kappa"};
  cli_report_table(report, "The kappa of the patients of each center by themselves.", columns, 3);
  for (size_t i = 0; i < result->center_count; i++) {
    const CliStagesCenter *center = &result->centers[i];
    cli_report_row(report);
    cli_report_cell(report, "%s", center->name);
    cli_report_number_cell(report, (double)center->patients, 0);
    cli_report_number_cell(report, nodal_kappa(center->confusion, STAGES), 6);
    cli_report_row_end(report);
  }
  if (result->without_center > 0) {
    cli_report_row(report);
    cli_report_cell(report, "not known");
    cli_report_number_cell(report, (double)result->without_center, 0);
    cli_report_cell(report, "%s", "");
    cli_report_row_end(report);
  }
  cli_report_table_end(report);
}

static void list_comparison(const CliReport *report, const CliStagesResult *result) {
  static const char *const columns[] = {"Other submission", "#Kappa", "#Difference", "#p"};
  cli_report_table(report,
                   "Difference: the kappa of this submission less the other's. p: permutation test, paired, "
                   "two-sided.",
                   columns, 4);
  cli_report_row(report);
  cli_report_cell(report, "%s", cli_report_file(result->against_path));
  cli_report_number_cell(report, result->other_kappa, 6);
  cli_report_number_cell(report, result->kappa - result->other_kappa, 6);
  cli_report_number_cell(report, result->p, 6);
  cli_report_row_end(report);
  cli_report_table_end(report);
}

/* A patient whose stage in the submission is so many stages too high, or too low. */
typedef struct Patient {
  size_t index;
  int distance;
} Patient;

/* The furthest off first, then in the order of the file. */
static int by_distance(const void *a, const void *b) {
  const Patient *first = a, *second = b;
  int order = abs(second->distance) - abs(first->distance);
  return order != 0 ? order : (first->index > second->index) - (first->index < second->index);
}

static void list_patients(const CliReport *report, const CliStagesResult *result) {
  static const char *const columns[] = {"Patient", "Center", "Truth", "Submission", "#Stages off"};
  const int *truth = nodal_truth_classes(result->truth), *predicted = nodal_predictions_classes(result->predictions);
  size_t count = nodal_truth_count(result->truth);
  Patient *patients = cli_allocate(count * sizeof *patients);
  for (size_t i = 0; i < count; i++) {
    patients[i] = (Patient){i, predicted[i] - truth[i]};
  }
  qsort(patients, count, sizeof *patients, by_distance);
  size_t shown = count < CLI_REPORT_MOST_ROWS ? count : CLI_REPORT_MOST_ROWS;
  cli_report_fold(report, "patients", shown, count);
  cli_report_table(report, "Worst first. Stages off: + too high, - too low.", columns, 5);
  for (size_t i = 0; i < shown; i++) {
    NodalCase item = {0};
    nodal_truth_case(result->truth, patients[i].index, &item);
    cli_report_row(report);
    cli_report_cell(report, "%s", item.name);
    cli_report_cell(report, "%s", item.center ? item.center : "not known");
    cli_report_cell(report, "%s", stage_name(truth[patients[i].index]));
    cli_report_cell(report, "%s", stage_name(predicted[patients[i].index]));
    fprintf(report->stream,
            patients[i].distance != 0 ? "<td class=\"number\">%+d</td>" : "<td class=\"number\">%d</td>",
            patients[i].distance);
    cli_report_row_end(report);
  }
  cli_report_table_end(report);
  cli_report_fold_end(report);
  free(patients);
}

/* ---- the page ---- */

static void list_facts(const CliReport *report, const CliStagesResult *result) {
  cli_report_facts(report);
  cli_report_fact(report, "Truth", "%s", cli_report_file(result->values->truth));
  cli_report_fact(report, "Submission", "%s", cli_report_file(result->predictions_path));
  cli_report_fact(report, "Patients", "%zu", nodal_truth_count(result->truth));
  if (nodal_truth_excluded(result->truth) > 0) {
    cli_report_fact(report, "Excluded", "%zu", nodal_truth_excluded(result->truth));
  }
  cli_report_fact(report, "Rules",
                  "CAMELYON17: Cohen's kappa, quadratic weights, stages in the order pN0, pN0(i+), "
                  "pN1mi, pN1, pN2");
  cli_report_fact(report, "Resampling", "%lld resamples, seed %lld", (long long)result->values->resamples,
                  (long long)result->values->seed);
  cli_report_facts_end(report);
}

bool cli_report_stages(const CliContext *context, const CliStagesResult *result) {
  CliReport report;
  cli_report_open(context, &report, result->values->report, "Stages: quadratic weighted kappa", result->values->note);
  const char *paths[] = {result->values->truth, result->predictions_path, NULL};
  CliReportInterval interval = {result->interval, "bootstrap over patients"};
  list_facts(&report, result);
  cli_report_score(&report, "Quadratic weighted kappa", result->kappa, &interval, 1);
  cli_report_warnings(&report, paths, (const char *const *)result->warnings, result->warning_count);
  cli_report_heading(&report, "Confusion matrix");
  list_confusion(&report, result->confusion);
  if (result->against_path) {
    cli_report_heading(&report, "Beside another submission");
    list_comparison(&report, result);
  }
  if (result->center_count > 0) {
    cli_report_heading(&report, "Centers");
    list_centers(&report, result);
  }
  cli_report_heading(&report, "Patients");
  list_patients(&report, result);
  bool done = cli_report_commit(&report);
  cli_report_close(&report);
  return done;
}
