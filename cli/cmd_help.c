/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"
#include "message.h"

#include <nodal/types.h>

typedef struct Values {
  CliCommon common;
  CliStrings words;
} Values;

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  int count = values->words.count;
  if (count == 0) {
    cli_print_overview(stdout);
    return CLI_DONE;
  }
  /* The words are only read: cli_find_command() takes them as they come from main(). */
  char *words[2] = {(char *)(uintptr_t)values->words.items[0],
                    count > 1 ? (char *)(uintptr_t)values->words.items[1] : NULL};
  CliProblem problem = {""};
  int used = 0;
  const CliCommand *command = cli_find_command(count < 2 ? count : 2, words, &used, &problem);
  if (!command) {
    return cli_usage(context, "%s", problem.text);
  }
  if (count > used) {
    return cli_usage(context, "'%s' is one argument too many", values->words.items[used]);
  }
  cli_print_help(stdout, command);
  return CLI_DONE;
}

static const CliOption arguments[] = {{.name = "COMMAND",
                                       .type = CLI_STRINGS,
                                       .hides = true,
                                       .offset = offsetof(Values, words),
                                       .help = "The command to tell about; none: the list of commands."},
                                      {.name = NULL}};

static const CliOption options[] = {CLI_OPTIONS_END};

static const CliExample examples[] = {{"nodal help convert", "Tells all about 'nodal convert'."},
                                      {"nodal help phantom slide", "The same for a command of two words."},
                                      {NULL, NULL}};

const CliCommand cli_help = {
    .name = "help",
    .group = "Learn",
    .summary = "tell about a command",
    .description = "Prints what a command does, its arguments and options, and examples. 'nodal COMMAND --help' "
                   "prints the same. Without a command, lists the commands.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
