/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_PLOT_H
#define NODAL_CLI_PLOT_H

#include "message.h"

/** A place in a plot, in the units of its axes. */
typedef struct CliPlotPoint {
  double x, y;
} CliPlotPoint;

/** A ring at a place of the curve, with a text to its lower right. */
typedef struct CliPlotMark {
  double x, y;
  const char *text;
} CliPlotMark;

/** Points of a line, in the units of the axes. */
typedef struct CliPlotLine {
  double *x, *y;
  size_t count, capacity;
} CliPlotLine;

/** Curves of sensitivity, 0 to 1. */
typedef struct CliPlot {
  const char *title; /**< what is to be seen, for those who do not see it */
  const char *x_title, *y_title;
  bool square;
  double x_low, x_high, x_step;
  const char *const *x_labels; /**< of the ticks, from x_low on; NULL: numbers with one decimal */
  CliPlotLine curve;           /**< solid */
  CliPlotLine held;            /**< dashed: how it goes on where nothing was measured */
  CliPlotLine band;            /**< a polygon, shaded */
  CliPlotLine guide;           /**< thin and dashed, to compare with */
  const CliPlotMark *marks;
  size_t mark_count;
} CliPlot;

/** Adds a point. One that cannot be told from the last two because all lie on one level or upright line replaces the
 * last. */
void cli_plot_add(CliPlotLine *line, double x, double y);

void cli_plot_clear(CliPlotLine *line);

/*
 * Colours of the drawing, of which a style sheet makes those of a dark page: it selects them as [stroke="#..."] and
 * [fill="#..."]. Blue and vermilion are those of Okabe and Ito, "Color universal design" (2008).
 */
#define CLI_PLOT_PAPER "#FFFFFF"
#define CLI_PLOT_INK "#1B1B1B"
#define CLI_PLOT_GRID "#DADADA"
#define CLI_PLOT_CURVE "#0072B2"
#define CLI_PLOT_MARK "#B34700"
#define CLI_PLOT_GUIDE "#666666"

/**
 * Prints the plot as an <svg> element to stand in a page. It comes from PLplot, which is loaded here, for the first
 * plot: nothing else needs it. False, and the error told, where this machine lacks it.
 */
bool cli_plot_print(const CliContext *context, const CliPlot *plot, FILE *stream);

#endif
