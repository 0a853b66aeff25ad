/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include "message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINE_WIDTH 80

/* Prints `text` from column `column` on, breaking lines at blanks, further lines from column `indent`. A newline
 * starts a new line. */
static void print_wrapped(FILE *stream, const char *text, int indent, int column) {
  while (*text) {
    int length = (int)strcspn(text, " \n");
    if (column + length > LINE_WIDTH && column > indent) {
      fprintf(stream, "\n%*s", indent, "");
      column = indent;
    }
    fprintf(stream, "%.*s", length, text);
    column += length;
    text += length;
    if (*text == ' ') {
      text++;
      if (column + 1 + (int)strcspn(text, " \n") <= LINE_WIDTH) {
        putc(' ', stream);
        column++;
      } else {
        fprintf(stream, "\n%*s", indent, "");
        column = indent;
      }
    } else if (*text == '\n') {
      text++;
      fprintf(stream, "\n%*s", *text == '\n' ? 0 : indent, "");
      column = indent;
    }
  }
  putc('\n', stream);
}

/* A term in its column and the text beside it; a long term gets a line of its own. */
static void print_row(FILE *stream, const char *term, const char *text, int indent) {
  int column = fprintf(stream, "  %s", term);
  if (column + 2 > indent) {
    fprintf(stream, "\n%*s", indent, "");
  } else {
    fprintf(stream, "%*s", indent - column, "");
  }
  print_wrapped(stream, text, indent, indent);
}

char *cli_synopsis(const CliCommand *command) {
  char *text = cli_format("%s", command->name);
  for (const CliOption *argument = command->arguments; argument->name; argument++) {
    const char *many = argument->type == CLI_STRINGS ? "..." : "";
    char *longer = cli_format(argument->required ? "%s %s%s" : "%s [%s]%s", text, argument->name, many);
    free(text);
    text = longer;
  }
  for (const CliOption *option = command->options; option->name; option++) {
    if (option->required) {
      char *longer = option->letter ? cli_format("%s -%c %s", text, option->letter, option->value)
                                    : cli_format("%s --%s %s", text, option->name, option->value);
      free(text);
      text = longer;
    }
  }
  char *whole = cli_format("%s [OPTION]...", text);
  free(text);
  return whole;
}

static char *limit_text(double number) {
  bool whole = floor(number) == number && fabs(number) < 1e16;
  return whole ? cli_format("%.0f", number) : cli_format("%.10g", number);
}

char *cli_limits(const CliOption *option) {
  char *range = NULL;
  /* Limits that only keep sums from overflowing tell nobody anything. */
  if (option->minimum < option->maximum && option->maximum <= 1e6) {
    char *low = limit_text(option->minimum), *high = limit_text(option->maximum);
    range = cli_format("%s to %s", low, high);
    free(low);
    free(high);
  } else if (option->choices) {
    range = cli_format("%s", option->choices[0]);
    for (int i = 1; option->choices[i]; i++) {
      char *longer = cli_format("%s, %s", range, option->choices[i]);
      free(range);
      range = longer;
    }
  } else {
    range = cli_format("%s", "");
  }
  if (!option->initial) {
    return range;
  }
  char *limits = cli_format("%s%sdefault %s", range, *range ? "; " : "", option->initial);
  free(range);
  return limits;
}

static void print_option(FILE *stream, const CliOption *option) {
  char *letter = option->letter ? cli_format("-%c, ", option->letter) : cli_format("    ");
  char *term =
      cli_format("%s--%s%s%s", letter, option->name, option->value ? " " : "", option->value ? option->value : "");
  char *limits = cli_limits(option);
  char *text = *limits ? cli_format("%s (%s)", option->help, limits) : cli_format("%s", option->help);
  print_row(stream, term, text, 28);
  free(letter);
  free(term);
  free(limits);
  free(text);
}

void cli_print_help(FILE *stream, const CliCommand *command) {
  char *synopsis = cli_synopsis(command);
  fprintf(stream, "nodal %s: %s.\n\nUsage: nodal ", command->name, command->summary);
  print_wrapped(stream, synopsis, 13, 13);
  free(synopsis);
  putc('\n', stream);
  print_wrapped(stream, command->description, 0, 0);
  if (command->arguments->name) {
    fputs("\nArguments:\n", stream);
  }
  for (const CliOption *argument = command->arguments; argument->name; argument++) {
    print_row(stream, argument->name, argument->help, 28);
  }
  fputs("\nOptions:\n", stream);
  for (const CliOption *option = command->options; option->name; option++) {
    print_option(stream, option);
  }
  if (command->examples && command->examples->line) {
    fputs("\nExamples:\n", stream);
    for (const CliExample *example = command->examples; example->line; example++) {
      fprintf(stream, "  %s\n      ", example->line);
      print_wrapped(stream, example->text, 6, 6);
    }
  }
}

void cli_each_group(void (*print)(void *user, const char *group), void *user) {
  const char *last = NULL;
  for (const CliCommand *const *command = cli_commands; *command; command++) {
    const char *group = (*command)->group;
    if (group && (!last || strcmp(group, last) != 0)) {
      print(user, group);
      last = group;
    }
  }
}

static void print_group(void *user, const char *group) {
  FILE *stream = user;
  fprintf(stream, "\n%s:\n", group);
  for (const CliCommand *const *command = cli_commands; *command; command++) {
    if ((*command)->group && strcmp((*command)->group, group) == 0) {
      print_row(stream, (*command)->name, (*command)->summary, 22);
    }
  }
}

void cli_print_overview(FILE *stream) {
  fputs("Whole-slide images of lymph nodes: look at them, convert them, check them.\n\n"
        "Usage: nodal COMMAND [OPTION]... ARGUMENT...\n",
        stream);
  cli_each_group(print_group, stream);
  fputs("\n'nodal help COMMAND' tells all about a command, 'nodal --version' what this build\n"
        "reads. Exit status: 0 done, 1 failed, 2 wrong usage, 3 a check found problems.\n",
        stream);
}
