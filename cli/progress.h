/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_PROGRESS_H
#define NODAL_CLI_PROGRESS_H

#include "command.h"

#include <nodal/types.h>

/** A progress bar on stderr where that is a terminal, nothing elsewhere; and the way by which a signal stops work. */
typedef struct CliProgress {
  bool visible;
  bool drawn;
  char label[32];
  double pixels;        /* of the whole work, for the rate; 0: no rate is shown */
  double started, next; /* seconds: when the work began, when the bar may be drawn again */
} CliProgress;

/** Seconds of a clock that only goes forward. */
double cli_seconds(void);

/** `label` is cut to fit. Nothing is drawn yet: short work shows no bar. */
void cli_progress_start(CliProgress *progress, const CliContext *context, const char *label, double pixels);

/** What a library call takes to report to `progress`. */
NodalProgress cli_progress_callback(CliProgress *progress);

/** Tells how far the work is; false when it is to stop. One call at a time. */
bool cli_progress_report(CliProgress *progress, uint64_t done, uint64_t total);

/** Clears the bar. To be called before anything else is printed. */
void cli_progress_end(CliProgress *progress);

/** One frame of the bar, without the control sequences round it, at most `columns` - 1 wide. For tests too. */
void cli_progress_line(char *line, size_t size, int columns, const char *label, double fraction, double pixels,
                       double elapsed);

#endif
