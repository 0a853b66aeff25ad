/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <math.h>
#include <nodal/version.h>
#include <stdlib.h>
#include <string.h>

/* ---- text ---- */

/* Length of a character that HTML and XML may hold; 0: of none. */
static size_t text_length(const char *text) {
  bool control = (unsigned char)*text < 0x20 || *text == 0x7F;
  bool none = strncmp(text, "\xEF\xBF\xBE", 3) == 0 || strncmp(text, "\xEF\xBF\xBF", 3) == 0; /* U+FFFE, U+FFFF */
  return control || none ? 0 : cli_utf8_length(text);
}

void cli_report_text(const CliReport *report, const char *text) {
  static const char special[] = "&<>\"'";
  static const char *const names[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
  while (*text) {
    const char *found = strchr(special, *text);
    size_t length = text_length(text);
    if (found) {
      fputs(names[found - special], report->stream);
    } else if (length > 0) {
      fwrite(text, 1, length, report->stream);
    } else {
      fputs("\xEF\xBF\xBD", report->stream); /* U+FFFD */
    }
    text += length > 0 ? length : 1;
  }
}

/* What was formatted stands between the tags, escaped. */
static void print_element(const CliReport *report, const char *tag, const char *format, va_list list) {
  char *text = cli_format_list(format, list);
  fprintf(report->stream, "<%s>", tag);
  cli_report_text(report, text);
  fprintf(report->stream, "</%s>", tag);
  free(text);
}

void cli_report_number(const CliReport *report, double number, int decimals) {
  if (isnan(number)) {
    fputs("not defined", report->stream);
    return;
  }
  fputs("<data value=\"", report->stream);
  cli_print_number(report->stream, number);
  fprintf(report->stream, "\">%.*f</data>", decimals, number);
}

const char *cli_report_file(const char *path) {
  const char *name = path;
  for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
    name = slash[1] ? slash + 1 : name;
  }
  return name;
}

/* ---- the page ---- */

void cli_report_open(const CliContext *context, CliReport *report, const char *path, const char *title,
                     const char *note) {
  *report = (CliReport){.context = context, .path = path};
  report->stream = open_memstream(&report->text, &report->size);
  if (!report->stream) {
    cli_out_of_memory();
  }
  fprintf(report->stream,
          "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta name=\"generator\" content=\"nodal %s\"/>\n<title>%s</title>\n<style>\n%s</style>\n</head>\n<body>\n"
          "<main>\n<header>\n<h1>%s</h1>\n",
          nodal_version(), title, cli_report_style, title);
  if (note) {
    fputs("<p class=\"note\">", report->stream);
    cli_report_text(report, note);
    fputs("</p>\n", report->stream);
  }
  fputs("</header>\n", report->stream);
}

bool cli_report_commit(CliReport *report) {
  fprintf(report->stream, "</main>\n<footer>Made by nodal %s.</footer>\n</body>\n</html>\n", nodal_version());
  bool complete = !ferror(report->stream);
  if (fclose(report->stream) != 0 || !complete) {
    cli_out_of_memory();
  }
  report->stream = NULL;
  CliTextFile file;
  bool done = cli_text_open(report->context, &file, report->path);
  if (done) {
    fwrite(report->text, 1, report->size, file.stream);
    done = cli_text_commit(report->context, &file);
  }
  cli_text_close(&file);
  return done;
}

void cli_report_close(CliReport *report) {
  if (report->stream) {
    fclose(report->stream);
  }
  free(report->text);
}

/* ---- what it holds ---- */

void cli_report_facts(const CliReport *report) {
  fputs("<dl>\n", report->stream);
}

void cli_report_fact(const CliReport *report, const char *name, const char *format, ...) {
  va_list list;
  va_start(list, format);
  fprintf(report->stream, "<div><dt>%s</dt>", name);
  print_element(report, "dd", format, list);
  fputs("</div>\n", report->stream);
  va_end(list);
}

void cli_report_facts_end(const CliReport *report) {
  fputs("</dl>\n", report->stream);
}

void cli_report_score(const CliReport *report, const char *name, double score, const CliReportInterval *intervals,
                      int count) {
  fprintf(report->stream, "<section class=\"score\">\n<p>%s</p>\n<p class=\"large\">", name);
  cli_report_number(report, score, 6);
  fputs("</p>\n", report->stream);
  for (int i = 0; i < count; i++) {
    fputs("<p>95 % interval ", report->stream);
    cli_report_number(report, intervals[i].ends.low, 6);
    fputs(" to ", report->stream);
    cli_report_number(report, intervals[i].ends.high, 6);
    fprintf(report->stream, " (%s)</p>\n", intervals[i].method);
  }
  fputs("</section>\n", report->stream);
}

void cli_report_heading(const CliReport *report, const char *text) {
  fprintf(report->stream, "<h2>%s</h2>\n", text);
}

static const char *without_folder(const char *line, const char *const *paths) {
  for (; *paths; paths++) {
    if (strncmp(line, *paths, strlen(*paths)) == 0) {
      return line + (cli_report_file(*paths) - *paths);
    }
  }
  return line;
}

void cli_report_warnings(const CliReport *report, const char *const *paths, const char *const *lines, size_t count) {
  if (count == 0) {
    return;
  }
  fputs("<section class=\"warnings\">\n<h2>Warnings</h2>\n<ul>\n", report->stream);
  for (size_t i = 0; i < count; i++) {
    fputs("<li>", report->stream);
    cli_report_text(report, without_folder(lines[i], paths));
    fputs("</li>\n", report->stream);
  }
  fputs("</ul>\n</section>\n", report->stream);
}

bool cli_report_plot(const CliReport *report, const CliPlot *plot, const char *caption) {
  fputs("<figure>\n", report->stream);
  bool drawn = cli_plot_print(report->context, plot, report->stream);
  fprintf(report->stream, "<figcaption>%s</figcaption>\n</figure>\n", caption);
  return drawn;
}

/* ---- tables ---- */

void cli_report_table(const CliReport *report, const char *caption, const char *const *columns, int count) {
  fprintf(report->stream, "<table>\n<caption>%s</caption>\n<thead><tr>", caption);
  for (int i = 0; i < count; i++) {
    bool number = columns[i][0] == '#';
    fprintf(report->stream, "<th scope=\"col\"%s>%s</th>", number ? " class=\"number\"" : "", columns[i] + number);
  }
  fputs("</tr></thead>\n<tbody>\n", report->stream);
}

void cli_report_row(const CliReport *report) {
  fputs("<tr>", report->stream);
}

void cli_report_cell(const CliReport *report, const char *format, ...) {
  va_list list;
  va_start(list, format);
  print_element(report, "td", format, list);
  va_end(list);
}

void cli_report_number_cell(const CliReport *report, double number, int decimals) {
  fputs("<td class=\"number\">", report->stream);
  cli_report_number(report, number, decimals);
  fputs("</td>", report->stream);
}

void cli_report_interval_cell(const CliReport *report, NodalInterval interval, int decimals) {
  fputs("<td class=\"number\">", report->stream);
  cli_report_number(report, interval.low, decimals);
  fputs(" to ", report->stream);
  cli_report_number(report, interval.high, decimals);
  fputs("</td>", report->stream);
}

void cli_report_row_end(const CliReport *report) {
  fputs("</tr>\n", report->stream);
}

void cli_report_table_end(const CliReport *report) {
  fputs("</tbody>\n</table>\n", report->stream);
}

void cli_report_fold(const CliReport *report, const char *things, size_t shown, size_t count) {
  enum { FEW = 25 };
  fprintf(report->stream, "<details%s>\n<summary>", shown <= FEW ? " open=\"\"" : "");
  if (shown < count) {
    fprintf(report->stream, "The worst %zu of %zu %s", shown, count, things);
  } else {
    fprintf(report->stream, "All %zu %s", count, things);
  }
  fputs("</summary>\n", report->stream);
}

void cli_report_fold_end(const CliReport *report) {
  fputs("</details>\n", report->stream);
}
