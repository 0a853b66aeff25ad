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
  CliProblem problem = {""};
  int used = 0;
  const CliCommand *command = cli_find_command(count, values->words.items, &used, &problem);
  if (!command) {
    return cli_usage(&(CliContext){NULL, context->common}, "%s", problem.text);
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
