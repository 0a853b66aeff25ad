/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_REPORT_H
#define NODAL_CLI_REPORT_H

#include "file.h"
#include "plot.h"

#include <nodal/evaluation.h>

/*
 * A page of results: one file of HTML that is well-formed XML too, that asks for no other and runs no script. It tells
 * no date and no folder, so that the same results make the same page.
 */

/** The page is made in memory and written when it is complete: where that ends the program, there is no file. */
typedef struct CliReport {
  const CliContext *context;
  const char *path;
  FILE *stream; /**< of the page: for what has no function here */
  char *text;
  size_t size;
} CliReport;

/** Begins the page that is to be `path`, which is borrowed. `note` is a line of the user's under the title, or NULL.
 * cli_report_close() is due. */
void cli_report_open(const CliContext *context, CliReport *report, const char *path, const char *title,
                     const char *note);

/** Ends the page and writes it. False, and the error told, where that fails; then there is none. */
bool cli_report_commit(CliReport *report);

void cli_report_close(CliReport *report);

/** Text of any origin: what means something to HTML is escaped, what is no text becomes U+FFFD. */
void cli_report_text(const CliReport *report, const char *text);

/** A number with so many decimals, and exactly for programs. */
void cli_report_number(const CliReport *report, double number, int decimals);

/** The name of a file without its folder. */
const char *cli_report_file(const char *path);

/* A list of what was evaluated and how. */
void cli_report_facts(const CliReport *report);
void cli_report_fact(const CliReport *report, const char *name, const char *format, ...) NODAL_PRINTF(3, 4);
void cli_report_facts_end(const CliReport *report);

/** A 95 % interval and how it was found. */
typedef struct CliReportInterval {
  NodalInterval ends;
  const char *method;
} CliReportInterval;

/** The main result, in large figures. */
void cli_report_score(const CliReport *report, const char *name, double score, const CliReportInterval *intervals,
                      int count);

void cli_report_heading(const CliReport *report, const char *text);

/** Lines of warning, of which those that begin with one of `paths` (NULL at the end) name it without its folder.
 * Nothing if there are none. */
void cli_report_warnings(const CliReport *report, const char *const *paths, const char *const *lines, size_t count);

/** A figure with a line under it. False, and the error told, where it cannot be drawn. */
bool cli_report_plot(const CliReport *report, const CliPlot *plot, const char *caption);

/* A table. Names of columns that begin with '#' are those of numbers, which stand to the right. */
void cli_report_table(const CliReport *report, const char *caption, const char *const *columns, int count);
void cli_report_row(const CliReport *report);
void cli_report_cell(const CliReport *report, const char *format, ...) NODAL_PRINTF(2, 3);
void cli_report_number_cell(const CliReport *report, double number, int decimals);
/** "0.123456 to 0.234567" */
void cli_report_interval_cell(const CliReport *report, NodalInterval interval, int decimals);
void cli_report_row_end(const CliReport *report);
void cli_report_table_end(const CliReport *report);

/** The most rows of a table of cases: of more only the worst are listed. */
enum { CLI_REPORT_MOST_ROWS = 1000 };

/** Begins a table of `shown` of `count` things ("slides"), which may be folded: open, unless it is long. On paper it is
 * always open. */
void cli_report_fold(const CliReport *report, const char *things, size_t shown, size_t count);
void cli_report_fold_end(const CliReport *report);

/** The style of the page. */
extern const char cli_report_style[];

#endif
