/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "help.h"

#include <ctype.h>
#include <nodal/version.h>
#include <stdlib.h>
#include <string.h>

/* Text as roff takes it: backslashes and hyphens escaped, nothing at the start of a line that reads as a request. */
static void print_roff(FILE *stream, const char *text) {
  bool line_start = true;
  for (; *text; text++) {
    if (line_start && (*text == '.' || *text == '\'')) {
      fputs("\\&", stream);
    }
    line_start = *text == '\n';
    if (line_start && text[1] == '\n') {
      fputs("\n.PP\n", stream);
      text++;
    } else if (*text == '\\') {
      fputs("\\e", stream);
    } else if (*text == '-') {
      fputs("\\-", stream);
    } else {
      putc(*text, stream);
    }
  }
}

/* "phantom slide" to "nodal-phantom-slide"; upper case for the title. To be freed. */
static char *page_name(const char *command, bool upper) {
  char *name = cli_format("nodal-%s", command);
  for (char *letter = name; *letter; letter++) {
    if (*letter == ' ') {
      *letter = '-';
    } else if (upper) {
      *letter = (char)toupper((unsigned char)*letter);
    }
  }
  return name;
}

static void print_title(FILE *stream, const char *title) {
  fputs(".\\\" SPDX-License-Identifier: Apache-2.0\n.TH ", stream);
  print_roff(stream, title);
  fprintf(stream, " 1 \"\" \"nodal %s\" \"nodal manual\"\n", NODAL_VERSION);
}

static void print_synopsis(FILE *stream, const CliCommand *command) {
  char *synopsis = cli_synopsis(command);
  fputs(".SH SYNOPSIS\n.B nodal ", stream);
  print_roff(stream, command->name);
  fputs("\n", stream);
  const char *rest = synopsis + strlen(command->name);
  print_roff(stream, rest + (*rest == ' '));
  fputs("\n", stream);
  free(synopsis);
}

static void print_option(FILE *stream, const CliOption *option) {
  fputs(".TP\n", stream);
  if (option->letter) {
    fprintf(stream, "\\fB\\-%c\\fR, ", option->letter);
  }
  fputs("\\fB\\-\\-", stream);
  print_roff(stream, option->name);
  fputs("\\fR", stream);
  if (option->value) {
    fputs(" \\fI", stream);
    print_roff(stream, option->value);
    fputs("\\fR", stream);
  }
  fputs("\n", stream);
  print_roff(stream, option->help);
  char *limits = cli_limits(option);
  if (*limits) {
    fputs("\n(", stream);
    print_roff(stream, limits);
    fputs(")", stream);
  }
  free(limits);
  fputs("\n", stream);
}

static void print_exit_status(FILE *stream) {
  fputs(".SH EXIT STATUS\n.TP\n0\nDone.\n.TP\n1\nFailed: one line on standard error says why.\n"
        ".TP\n2\nThe command line makes no sense.\n.TP\n3\nA check ran and found problems.\n"
        ".TP\n128 + N\nEnded by signal N; nothing half\\-written is left behind.\n",
        stream);
}

static void print_page(FILE *stream, const CliCommand *command) {
  char *title = page_name(command->name, true), *name = page_name(command->name, false);
  print_title(stream, title);
  fputs(".SH NAME\n", stream);
  print_roff(stream, name);
  fputs(" \\- ", stream);
  print_roff(stream, command->summary);
  fputs("\n", stream);
  print_synopsis(stream, command);
  fputs(".SH DESCRIPTION\n", stream);
  print_roff(stream, command->description);
  fputs("\n", stream);
  if (command->arguments->name) {
    fputs(".SH ARGUMENTS\n", stream);
  }
  for (const CliOption *argument = command->arguments; argument->name; argument++) {
    fprintf(stream, ".TP\n.I %s\n", argument->name);
    print_roff(stream, argument->help);
    fputs("\n", stream);
  }
  fputs(".SH OPTIONS\n", stream);
  for (const CliOption *option = command->options; option->name; option++) {
    print_option(stream, option);
  }
  fputs(".SH EXAMPLES\n", stream);
  for (const CliExample *example = command->examples; example && example->line; example++) {
    fputs(".TP\n.B ", stream);
    print_roff(stream, example->line);
    fputs("\n", stream);
    print_roff(stream, example->text);
    fputs("\n", stream);
  }
  print_exit_status(stream);
  fputs(".SH SEE ALSO\n.BR nodal (1)\n", stream);
  free(title);
  free(name);
}

static void print_group(void *user, const char *group) {
  FILE *stream = user;
  fputs(".SS ", stream);
  print_roff(stream, group);
  fputs("\n", stream);
  for (const CliCommand *const *command = cli_commands; *command; command++) {
    if ((*command)->group && strcmp((*command)->group, group) == 0) {
      char *name = page_name((*command)->name, false);
      fputs(".TP\n.BR ", stream);
      print_roff(stream, name);
      fputs(" (1)\n", stream);
      print_roff(stream, (*command)->summary);
      fputs(".\n", stream);
      free(name);
    }
  }
}

static void print_program_page(FILE *stream) {
  print_title(stream, "NODAL");
  fputs(".SH NAME\nnodal \\- whole\\-slide images of lymph nodes\n.SH SYNOPSIS\n.B nodal\n"
        "COMMAND [OPTION]... ARGUMENT...\n.br\n.B nodal \\-\\-version\n[\\-\\-json]\n"
        ".SH DESCRIPTION\nReads whole\\-slide images of all common scanners, takes regions out of them, and turns\n"
        "them into tiled BigTIFF pyramids. Coordinates X Y are pixels of level 0 (the largest level), W H are pixels\n"
        "of the level that is asked for. Distances are micrometres. Slides are recognised by their content, never\n"
        "by the name of the file.\n.PP\nAn output appears under its name when it is complete. One that exists is\n"
        "kept unless \\fB\\-\\-force\\fR is given.\n"
        ".SH COMMANDS\n",
        stream);
  cli_each_group(print_group, stream);
  print_exit_status(stream);
}

static int write_page(const CliContext *context, const char *folder, const CliCommand *command) {
  char *name = command ? page_name(command->name, false) : cli_format("nodal");
  char *path = cli_format("%s/%s.1", folder, name);
  CliTextFile file;
  bool written = cli_text_open(context, &file, path);
  if (written) {
    if (command) {
      print_page(file.stream, command);
    } else {
      print_program_page(file.stream);
    }
    written = cli_text_commit(context, &file);
    cli_text_close(&file);
  }
  free(name);
  free(path);
  return written ? CLI_DONE : CLI_FAILED;
}

int cli_write_manual(const CliContext *context, const char *folder) {
  int status = write_page(context, folder, NULL);
  for (const CliCommand *const *command = cli_commands; *command && status == CLI_DONE; command++) {
    if ((*command)->group) {
      status = write_page(context, folder, *command);
    }
  }
  return status;
}
