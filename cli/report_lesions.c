/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate_lesions.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The x axis is the logarithm to base 2 of false positives a slide, from 1/8 to 8. */
enum { LOW = -3, HIGH = 3 };

static const char *const tick_labels[HIGH - LOW + 1] = {"1/8", "1/4", "1/2", "1", "2", "4", "8"};

/* Places between two ticks: where the band is computed, and where the curve is read in any case, since what is straight
 * over false positives is not over their logarithm. */
enum { BAND_STEPS = 16, CURVE_STEPS = 64 };

enum { BAND_COUNT = (HIGH - LOW) * BAND_STEPS + 1 };

/* ---- the curve ---- */

static int by_value(const void *a, const void *b) {
  const double *first = a, *second = b;
  return (*first > *second) - (*first < *second);
}

/* Where to read the curve: evenly, and at each of its points, right before and right after it, so that steps are
 * upright. To be freed; `last` becomes the most false positives that there are. */
static double *list_places(const CliContext *context, const NodalFroc *froc, size_t *count, double *last) {
  NodalFrocPoint *points = NULL;
  size_t point_count = 0;
  NodalError *error = NULL;
  if (!nodal_froc_curve(froc, &points, &point_count, &error)) {
    cli_fail(context, error);
    return NULL;
  }
  const double low = exp2(LOW), high = exp2(HIGH);
  double *places = cli_allocate(((HIGH - LOW) * CURVE_STEPS + 1 + 3 * point_count) * sizeof *places);
  size_t used = 0;
  *last = 0;
  for (int i = 0; i <= (HIGH - LOW) * CURVE_STEPS; i++) {
    places[used++] = exp2(LOW + (double)i / CURVE_STEPS);
  }
  for (size_t i = 0; i < point_count; i++) {
    double place = points[i].false_positives;
    *last = fmax(*last, place);
    if (place > low && place < high) {
      places[used++] = nextafter(place, low);
      places[used++] = place;
      places[used++] = nextafter(place, high);
    }
  }
  nodal_free(points);
  qsort(places, used, sizeof *places, by_value);
  *count = used;
  return places;
}

/* Past the last point the sensitivity is held, which is drawn as another line. Steps too small to be seen are passed
 * over. */
static bool trace_curve(const CliContext *context, const NodalFroc *froc, CliPlot *plot) {
  const double visible_x = (double)(HIGH - LOW) / 4000, visible_y = 1.0 / 4000;
  size_t count;
  double last;
  double *places = list_places(context, froc, &count, &last);
  double *sensitivities = places ? cli_allocate(count * sizeof *sensitivities) : NULL;
  NodalError *error = NULL;
  bool done = places && nodal_froc_sensitivities(froc, places, count, sensitivities, &error);
  if (places && !done) {
    cli_fail(context, error);
  }
  double x = -INFINITY, y = -INFINITY;
  for (size_t i = 0; done && i < count; i++) {
    double here = log2(places[i]);
    bool ends = i + 1 == count || (places[i] <= last && places[i + 1] > last);
    if (ends || here - x >= visible_x || fabs(sensitivities[i] - y) >= visible_y) {
      x = here;
      y = sensitivities[i];
      if (places[i] <= last) {
        cli_plot_add(&plot->curve, x, y);
      }
      if (places[i] > last || ends) {
        cli_plot_add(&plot->held, x, y);
      }
    }
  }
  free(places);
  free(sensitivities);
  return done;
}

static bool compute_band(const CliContext *context, const CliLesionsResult *result, NodalInterval *band) {
  double places[BAND_COUNT];
  for (int i = 0; i < BAND_COUNT; i++) {
    places[i] = exp2(LOW + (double)i / BAND_STEPS);
  }
  CliProgress progress;
  NodalProgress callback;
  NodalError *error = NULL;
  NodalResampling resampling = cli_evaluate_band_resampling(context, result->values, &progress, &callback);
  bool done = nodal_froc_band(result->froc, places, BAND_COUNT, &resampling, band, &error);
  cli_progress_end(&progress);
  if (!done) {
    cli_fail(context, error);
  }
  return done;
}

static bool draw_curve(const CliReport *report, const CliLesionsResult *result, const NodalInterval *band) {
  CliPlotMark marks[NODAL_FROC_TARGETS];
  char texts[NODAL_FROC_TARGETS][8];
  for (int i = 0; i < NODAL_FROC_TARGETS; i++) {
    snprintf(texts[i], sizeof texts[i], "%.3f", result->score.sensitivity_at[i]);
    marks[i] = (CliPlotMark){log2(nodal_froc_target(i)), result->score.sensitivity_at[i], texts[i]};
  }
  char *title = cli_format("FROC curve: sensitivity over false positives per slide, score %.6f", result->score.score);
  char *caption = cli_format(
      "Solid: the FROC curve as the rules read it; dashed: its last sensitivity, which is held where there are no more "
      "false positives. Shaded: 95 %% bootstrap interval at each number of false positives by itself (%lld resamples "
      "of slides). Rings: the six points of the score.",
      (long long)cli_evaluate_band_resamples(result->values));
  CliPlot plot = {.title = title,
                  .x_title = "False positives per slide",
                  .y_title = "Sensitivity",
                  .x_low = LOW,
                  .x_high = HIGH,
                  .x_step = 1,
                  .x_labels = tick_labels,
                  .marks = marks,
                  .mark_count = NODAL_FROC_TARGETS};
  for (int i = 0; i < BAND_COUNT; i++) {
    cli_plot_add(&plot.band, LOW + (double)i / BAND_STEPS, band[i].low);
  }
  for (int i = BAND_COUNT - 1; i >= 0; i--) {
    cli_plot_add(&plot.band, LOW + (double)i / BAND_STEPS, band[i].high);
  }
  bool done = trace_curve(report->context, result->froc, &plot) && cli_report_plot(report, &plot, caption);
  cli_plot_clear(&plot.band);
  cli_plot_clear(&plot.curve);
  cli_plot_clear(&plot.held);
  free(title);
  free(caption);
  return done;
}

/* ---- tables ---- */

static void list_targets(const CliReport *report, const CliLesionsResult *result, const NodalInterval *band) {
  static const char *const columns[] = {"#False positives per slide", "#Sensitivity", "#95 % interval"};
  cli_report_table(report, "The score is the mean of the six sensitivities.", columns, 3);
  for (int i = 0; i < NODAL_FROC_TARGETS; i++) {
    double target = nodal_froc_target(i);
    cli_report_row(report);
    cli_report_number_cell(report, target, target < 0.5 ? 2 : target < 1 ? 1 : 0);
    cli_report_number_cell(report, result->score.sensitivity_at[i], 6);
    cli_report_interval_cell(report, band[((int)log2(target) - LOW) * BAND_STEPS], 6);
    cli_report_row_end(report);
  }
  cli_report_table_end(report);
}

/* A lesion, and what is done with it. */
typedef struct Row {
  NodalFrocLesion lesion;
  size_t index;
  bool counts;
} Row;

/* The worst first: those that count before ITC, missed ones by falling size, then found ones by rising probability. */
static int by_badness(const void *a, const void *b) {
  const Row *first = a, *second = b;
  const NodalFrocLesion *one = &first->lesion, *other = &second->lesion;
  if (first->counts != second->counts) {
    return first->counts ? -1 : 1;
  }
  bool found = one->probability > 0, other_found = other->probability > 0;
  if (found != other_found) {
    return found ? 1 : -1;
  }
  if (found && one->probability != other->probability) {
    return one->probability < other->probability ? -1 : 1;
  }
  if (one->major_axis_um != other->major_axis_um) {
    return one->major_axis_um > other->major_axis_um ? -1 : 1;
  }
  return (first->index > second->index) - (first->index < second->index);
}

static Row *sort_lesions(const CliLesionsResult *result, size_t *count) {
  NodalFrocLesion lesion;
  *count = 0;
  while (nodal_froc_lesion(result->froc, *count, &lesion)) {
    (*count)++;
  }
  Row *rows = cli_allocate(*count * sizeof *rows);
  for (size_t i = 0; i < *count; i++) {
    nodal_froc_lesion(result->froc, i, &rows[i].lesion);
    rows[i].index = i;
    rows[i].counts = result->include_itc || !rows[i].lesion.itc;
  }
  qsort(rows, *count, sizeof *rows, by_badness);
  return rows;
}

static void list_lesions(const CliReport *report, const CliLesionsResult *result) {
  static const char *const columns[] = {"Slide",      "#Lesion",       "Kind",
                                        "Result",     "#Probability",  "#Major axis, um",
                                        "#Area, mm2", "#Center x, px", "#Center y, px"};
  size_t count;
  Row *rows = sort_lesions(result, &count);
  size_t shown = count < CLI_REPORT_MOST_ROWS ? count : CLI_REPORT_MOST_ROWS;
  cli_report_fold(report, "lesions", shown, count);
  cli_report_table(report,
                   "Worst first: missed ones by size, then found ones by probability; isolated tumor cells (ITC) that "
                   "do not count are last. Sizes are as the rules grow the outlines; centers are those of boxes.",
                   columns, 9);
  for (size_t i = 0; i < shown; i++) {
    const NodalFrocLesion *lesion = &rows[i].lesion;
    cli_report_row(report);
    cli_report_cell(report, "%s", lesion->slide);
    cli_report_number_cell(report, lesion->number, 0);
    cli_report_cell(report, "%s", lesion->itc ? "ITC" : "lesion");
    cli_report_cell(report, "%s", lesion->probability > 0 ? "found" : "missed");
    cli_report_number_cell(report, lesion->probability, 6);
    cli_report_number_cell(report, lesion->major_axis_um, 1);
    cli_report_number_cell(report, lesion->area_mm2, 4);
    cli_report_number_cell(report, lesion->x_px + lesion->width_px / 2, 0);
    cli_report_number_cell(report, lesion->y_px + lesion->height_px / 2, 0);
    cli_report_row_end(report);
  }
  cli_report_table_end(report);
  cli_report_fold_end(report);
  free(rows);
}

/* ---- the page ---- */

static void list_facts(const CliReport *report, const CliLesionsResult *result) {
  const NodalFrocScore *score = &result->score;
  cli_report_facts(report);
  cli_report_fact(report, "Truth", "%s", cli_report_file(result->values->truth));
  cli_report_fact(report, "Detections", "%s", cli_report_file(result->detections));
  if (result->reference) {
    cli_report_fact(report, "Reference", "%s", cli_report_file(result->reference));
  }
  cli_report_fact(report, "Rules", "%s, %s", result->rules->name,
                  strcmp(result->rules->name, "2016") == 0 ? "Evaluation_FROC.py of CAMELYON16"
                                                           : "evaluate.py of the CAMELYON data set");
  cli_report_fact(report, "Slides", "%zu", score->slides);
  cli_report_fact(report, "Lesions", "%zu, %s %zu of isolated tumor cells", score->lesions,
                  result->include_itc ? "among them" : "and besides", score->itc);
  cli_report_fact(report, "Resampling", "%lld resamples, seed %lld", (long long)result->values->resamples,
                  (long long)result->values->seed);
  cli_report_facts_end(report);
}

/* To be freed, the lines not. */
static size_t list_warnings(const NodalFroc *froc, const char ***lines) {
  size_t count = 0;
  while (nodal_froc_warning(froc, count)) {
    count++;
  }
  *lines = cli_allocate((count + 1) * sizeof **lines);
  for (size_t i = 0; i < count; i++) {
    (*lines)[i] = nodal_froc_warning(froc, i);
  }
  return count;
}

bool cli_report_lesions(const CliContext *context, const CliLesionsResult *result) {
  NodalInterval band[BAND_COUNT];
  if (!compute_band(context, result, band)) {
    return false;
  }
  CliReport report;
  cli_report_open(context, &report, result->values->report, "Lesions: free-response ROC", result->values->note);
  CliReportInterval interval = {result->interval, "bootstrap over slides"};
  const char *paths[] = {result->values->truth, result->detections, result->reference, NULL}, **warnings;
  size_t warning_count = list_warnings(result->froc, &warnings);
  list_facts(&report, result);
  cli_report_score(&report, "Mean sensitivity at 1/4, 1/2, 1, 2, 4 and 8 false positives per slide",
                   result->score.score, &interval, 1);
  cli_report_warnings(&report, paths, warnings, warning_count);
  free(warnings);
  cli_report_heading(&report, "Curve");
  bool done = draw_curve(&report, result, band);
  if (done) {
    list_targets(&report, result, band);
    cli_report_heading(&report, "Lesions");
    list_lesions(&report, result);
    done = cli_report_commit(&report);
  }
  cli_report_close(&report);
  return done;
}
