/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"
#include "message.h"

typedef struct Values {
  CliCommon common;
  int what;
  const char *folder;
} Values;

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  if (values->what == 0 && !values->folder) {
    return cli_usage(context, "man: DIR is missing");
  }
  switch (values->what) {
  case 0: {
    CliCommon common = *context->common;
    common.force = true; /* a build makes its pages again and again */
    return cli_write_manual(&(CliContext){context->command, &common}, values->folder);
  }
  case 1:
    cli_print_bash(stdout);
    return CLI_DONE;
  case 2:
    cli_print_zsh(stdout);
    return CLI_DONE;
  default:
    cli_print_fish(stdout);
    return CLI_DONE;
  }
}

static const char *const kinds[] = {"man", "bash", "zsh", "fish", NULL};

static const CliOption arguments[] = {
    {.name = "WHAT",
     .required = true,
     .type = CLI_CHOICE,
     .choices = kinds,
     .offset = offsetof(Values, what),
     .help = "man, bash, zsh or fish."},
    {.name = "DIR", .type = CLI_STRING, .offset = offsetof(Values, folder), .help = "Folder for the manual pages."},
    {.name = NULL}};

static const CliOption options[] = {CLI_OPTIONS_END};

const CliCommand cli_generate = {
    .name = "generate",
    .summary = "print what is made from the option tables",
    .description = "Writes the manual pages into a folder, or prints the completion of a shell. The build uses it.",
    .arguments = arguments,
    .options = options,
    .values_size = sizeof(Values),
    .run = run,
};
