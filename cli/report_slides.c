/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate_slides.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Steps of the false positive rate between which the band is straight. */
enum { BAND_STEPS = 100 };

/* ---- the curve ---- */

/* Steps of the curve too small to be seen are passed over: a million scores make a small page too. */
static void trace_curve(const NodalRoc *roc, CliPlotLine *line) {
  const double visible = 1.0 / 4000;
  NodalRocPoint point;
  double x = -1, y = -1;
  size_t last = nodal_roc_point_count(roc) - 1;
  for (size_t i = 0; nodal_roc_point(roc, i, &point); i++) {
    double rate = (double)point.false_positives / (double)nodal_roc_negatives(roc);
    if (rate - x >= visible || point.sensitivity - y >= visible || i == last) {
      cli_plot_add(line, rate, point.sensitivity);
      x = rate;
      y = point.sensitivity;
    }
  }
}

static bool trace_band(const CliContext *context, const CliSlidesResult *result, CliPlotLine *line) {
  double rates[BAND_STEPS + 1];
  NodalInterval band[BAND_STEPS + 1];
  for (int i = 0; i <= BAND_STEPS; i++) {
    rates[i] = (double)i / BAND_STEPS;
  }
  CliProgress progress;
  NodalProgress callback;
  NodalError *error = NULL;
  NodalResampling resampling = cli_evaluate_band_resampling(context, result->values, &progress, &callback);
  bool done = nodal_roc_band(result->roc, rates, BAND_STEPS + 1, &resampling, band, &error);
  cli_progress_end(&progress);
  if (!done) {
    cli_fail(context, error);
    return false;
  }
  for (int i = 0; i <= BAND_STEPS; i++) {
    cli_plot_add(line, rates[i], band[i].low);
  }
  for (int i = BAND_STEPS; i >= 0; i--) {
    cli_plot_add(line, rates[i], band[i].high);
  }
  return true;
}

/* Letters of points that are one and the same stand at one mark: "AC". Returns how many marks there are. */
static size_t make_marks(const CliSlidesResult *result, CliPlotMark *marks, char letters[][CLI_SLIDES_POINTS + 1]) {
  size_t count = 0;
  for (int i = 0; i < CLI_SLIDES_POINTS; i++) {
    double x = 1 - result->points[i].specificity, y = result->points[i].sensitivity;
    size_t at = 0;
    while (at < count && (marks[at].x != x || marks[at].y != y)) {
      at++;
    }
    if (at == count) {
      letters[count][0] = '\0';
      marks[count] = (CliPlotMark){x, y, letters[count]};
      count++;
    }
    size_t length = strlen(letters[at]);
    letters[at][length] = (char)('A' + i);
    letters[at][length + 1] = '\0';
  }
  return count;
}

static bool draw_curve(const CliReport *report, const CliSlidesResult *result) {
  CliPlotMark marks[CLI_SLIDES_POINTS];
  char letters[CLI_SLIDES_POINTS][CLI_SLIDES_POINTS + 1];
  char *title = cli_format("ROC curve: sensitivity over 1 - specificity, area %.6f", nodal_roc_auc(result->roc));
  char *caption = cli_format(
      "Solid: the ROC curve. Shaded: 95 %% bootstrap interval of the sensitivity at each specificity by itself (%lld "
      "resamples, stratified). Dashed: chance. Rings: the operating points of the table.",
      (long long)cli_evaluate_band_resamples(result->values));
  CliPlot plot = {.title = title,
                  .x_title = "1 - specificity",
                  .y_title = "Sensitivity",
                  .square = true,
                  .x_high = 1,
                  .x_step = 0.2,
                  .marks = marks,
                  .mark_count = make_marks(result, marks, letters)};
  cli_plot_add(&plot.guide, 0, 0);
  cli_plot_add(&plot.guide, 1, 1);
  trace_curve(result->roc, &plot.curve);
  bool done = trace_band(report->context, result, &plot.band) && cli_report_plot(report, &plot, caption);
  cli_plot_clear(&plot.guide);
  cli_plot_clear(&plot.curve);
  cli_plot_clear(&plot.band);
  free(title);
  free(caption);
  return done;
}

/* ---- tables ---- */

static void list_points(const CliReport *report, const CliSlidesResult *result) {
  static const char *const columns[] = {"Point",        "Chosen by", "#Threshold",      "#Sensitivity",
                                        "#Specificity", "#Found",    "#False positives"};
  cli_report_table(report, "A slide is called positive where its score is at least the threshold.", columns, 7);
  for (int i = 0; i < CLI_SLIDES_POINTS; i++) {
    const NodalRocPoint *point = &result->points[i];
    cli_report_row(report);
    cli_report_cell(report, "%c", 'A' + i);
    if (i == 0) {
      cli_report_cell(report, "largest sensitivity + specificity (Youden)");
    } else {
      cli_report_cell(report, "specificity %.2f and more", result->specificities[i]);
    }
    if (isinf(point->threshold)) {
      cli_report_cell(report, "none is called positive");
    } else {
      cli_report_number_cell(report, point->threshold, 6);
    }
    cli_report_number_cell(report, point->sensitivity, 6);
    cli_report_number_cell(report, point->specificity, 6);
    cli_report_number_cell(report, (double)point->true_positives, 0);
    cli_report_number_cell(report, (double)point->false_positives, 0);
    cli_report_row_end(report);
  }
  cli_report_table_end(report);
}

/* A slide, and its share of pairs with slides of the other class that are in the wrong order, ties counted half. */
typedef struct Slide {
  size_t index;
  double score, lost;
  bool positive;
} Slide;

static int by_score(const void *a, const void *b) {
  const Slide *first = a, *second = b;
  return (first->score > second->score) - (first->score < second->score);
}

/* The worst first, then in the order of the file. */
static int by_loss(const void *a, const void *b) {
  const Slide *first = a, *second = b;
  if (first->lost != second->lost) {
    return first->lost < second->lost ? 1 : -1;
  }
  return (first->index > second->index) - (first->index < second->index);
}

static void find_losses(const NodalRoc *roc, Slide *slides, size_t count) {
  double positives = (double)nodal_roc_positives(roc), negatives = (double)nodal_roc_negatives(roc);
  double below[2] = {0, 0}; /* negative and positive slides with a lower score */
  qsort(slides, count, sizeof *slides, by_score);
  for (size_t i = 0, end; i < count; i = end) {
    double tied[2] = {0, 0};
    for (end = i; end < count && slides[end].score == slides[i].score; end++) {
      tied[slides[end].positive]++;
    }
    for (size_t k = i; k < end; k++) {
      slides[k].lost =
          slides[k].positive ? (negatives - below[0] - tied[0] / 2) / negatives : (below[1] + tied[1] / 2) / positives;
    }
    below[0] += tied[0];
    below[1] += tied[1];
  }
  qsort(slides, count, sizeof *slides, by_loss);
}

static void list_slides(const CliReport *report, const CliSlidesResult *result) {
  static const char *const columns[] = {"Slide", "Label", "Class", "#Score", "#Pairs lost"};
  size_t count = nodal_truth_count(result->truth);
  const double *scores = nodal_predictions_scores(result->predictions);
  Slide *slides = cli_allocate(count * sizeof *slides);
  for (size_t i = 0; i < count; i++) {
    slides[i] = (Slide){i, scores[i], 0, nodal_truth_classes(result->truth)[i] == 1};
  }
  find_losses(result->roc, slides, count);
  size_t shown = count < CLI_REPORT_MOST_ROWS ? count : CLI_REPORT_MOST_ROWS;
  cli_report_fold(report, "slides", shown, count);
  cli_report_table(report,
                   "Worst first. Pairs lost: the share of slides of the other class that are in the wrong order with "
                   "this one, ties counted half; their mean over the positive slides is 1 - AUC.",
                   columns, 5);
  for (size_t i = 0; i < shown; i++) {
    NodalCase item = {0};
    nodal_truth_case(result->truth, slides[i].index, &item);
    cli_report_row(report);
    cli_report_cell(report, "%s", item.name);
    cli_report_cell(report, "%s", item.label);
    cli_report_cell(report, "%s", slides[i].positive ? "positive" : "negative");
    cli_report_number_cell(report, slides[i].score, 6);
    cli_report_number_cell(report, slides[i].lost, 6);
    cli_report_row_end(report);
  }
  cli_report_table_end(report);
  cli_report_fold_end(report);
  free(slides);
}

/* ---- the page ---- */

static void list_facts(const CliReport *report, const CliSlidesResult *result) {
  const CliEvaluateValues *values = result->values;
  cli_report_facts(report);
  cli_report_fact(report, "Truth", "%s", cli_report_file(values->truth));
  cli_report_fact(report, "Submission", "%s", cli_report_file(result->predictions_path));
  cli_report_fact(report, "Slides", "%zu: %zu positive, %zu negative", nodal_truth_count(result->truth),
                  nodal_roc_positives(result->roc), nodal_roc_negatives(result->roc));
  if (nodal_truth_excluded(result->truth) > 0) {
    cli_report_fact(report, "Excluded", "%zu", nodal_truth_excluded(result->truth));
  }
  if (values->positive.count == 0) {
    cli_report_fact(report, "Positive labels", "tumor, positive, macro, micro, 1");
  } else {
    char *labels = cli_format("%s", values->positive.items[0]);
    for (int i = 1; i < values->positive.count; i++) {
      char *longer = cli_format("%s, %s", labels, values->positive.items[i]);
      free(labels);
      labels = longer;
    }
    cli_report_fact(report, "Positive labels", "%s", labels);
    free(labels);
  }
  cli_report_fact(report, "Score", "area under the ROC curve, ties counted half");
  cli_report_fact(report, "Resampling", "%lld resamples, seed %lld", (long long)values->resamples,
                  (long long)values->seed);
  cli_report_facts_end(report);
}

bool cli_report_slides(const CliContext *context, const CliSlidesResult *result) {
  CliReport report;
  cli_report_open(context, &report, result->values->report, "Slides: area under the ROC curve", result->values->note);
  CliReportInterval intervals[] = {{nodal_roc_delong_interval(result->roc), "DeLong"},
                                   {result->bootstrap, "bootstrap, stratified"}};
  list_facts(&report, result);
  cli_report_score(&report, "Area under the ROC curve", nodal_roc_auc(result->roc), intervals, 2);
  cli_report_heading(&report, "Curve");
  bool done = draw_curve(&report, result);
  if (done) {
    cli_report_heading(&report, "Operating points");
    list_points(&report, result);
    cli_report_heading(&report, "Slides");
    list_slides(&report, result);
    done = cli_report_commit(&report);
  }
  cli_report_close(&report);
  return done;
}
