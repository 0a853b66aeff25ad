/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include "interrupt.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* At most six frames a second: more costs time and is not seen. */
#define FRAME_SECONDS (1.0 / 6)

double cli_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void cli_progress_start(CliProgress *progress, const CliContext *context, const char *label, double pixels) {
  *progress = (CliProgress){.pixels = pixels, .started = cli_seconds()};
  progress->visible = !context->common->quiet && isatty(STDERR_FILENO);
  progress->next = progress->started + FRAME_SECONDS;
  snprintf(progress->label, sizeof progress->label, "%s", label);
  for (char *letter = progress->label; *letter; letter++) {
    if ((unsigned char)*letter < 0x20 || (unsigned char)*letter > 0x7E) {
      *letter = '?'; /* one column a byte, and nothing a terminal obeys */
    }
  }
}

static void time_text(char *text, size_t size, double seconds) {
  long whole = seconds < 359999 ? (long)(seconds + 0.5) : 359999;
  if (whole >= 3600) {
    snprintf(text, size, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  } else {
    snprintf(text, size, "%ld:%02ld", whole / 60, whole % 60);
  }
}

void cli_progress_line(char *line, size_t size, int columns, const char *label, double fraction, double pixels,
                       double elapsed) {
  char left[32] = "", rate[32] = "", bar[21] = "";
  if (fraction > 0) {
    time_text(left, sizeof left, elapsed / fraction * (1 - fraction));
  }
  if (pixels > 0 && elapsed > 0) {
    snprintf(rate, sizeof rate, "  %.0f Mpixel/s", pixels * fraction / elapsed / 1e6);
  }
  int filled = (int)(fraction * (double)(sizeof bar - 1));
  for (int i = 0; i < (int)sizeof bar - 1; i++) {
    bar[i] = i < filled ? '#' : '.';
  }
  snprintf(line, size, "%s %3d%% %s%s%s%s%s", label, (int)(fraction * 100), bar, rate, *left ? "  " : "", left,
           *left ? " left" : "");
  if (columns > 1 && strlen(line) > (size_t)columns - 1) {
    line[columns - 1] = '\0';
  }
}

static void draw(CliProgress *progress, double fraction, double now) {
  struct winsize window = {0};
  int columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col : 80;
  char line[160];
  cli_progress_line(line, sizeof line, columns, progress->label, fraction, progress->pixels, now - progress->started);
  fprintf(stderr, "\r%s\033[K", line);
  fflush(stderr);
  progress->drawn = true;
}

bool cli_progress_report(CliProgress *progress, uint64_t done, uint64_t total) {
  if (progress->visible) {
    double now = cli_seconds();
    if (now >= progress->next) {
      progress->next = now + FRAME_SECONDS;
      draw(progress, total ? (double)done / (double)total : 0, now);
    }
  }
  return cli_interrupted() == 0;
}

static bool report(void *user, uint64_t done, uint64_t total) {
  return cli_progress_report(user, done, total);
}

NodalProgress cli_progress_callback(CliProgress *progress) {
  return (NodalProgress){.report = report, .user = progress};
}

void cli_progress_end(CliProgress *progress) {
  if (progress->drawn) {
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->drawn = false;
  }
}
