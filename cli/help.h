/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_HELP_H
#define NODAL_CLI_HELP_H

#include "command.h"

#include <stdio.h>

/** The commands in their groups, and how to go on from there. */
void cli_print_overview(FILE *stream);

/** The help of one command. */
void cli_print_help(FILE *stream, const CliCommand *command);

/** "SLIDE X Y W H -o FILE [OPTION]...": what comes after the command's name; to be freed. */
char *cli_synopsis(const CliCommand *command);

/** Calls `print` for each group of the overview in its order. */
void cli_each_group(void (*print)(void *user, const char *group), void *user);

/** "1 to 100, default 80" or "" for an option; to be freed. */
char *cli_limits(const CliOption *option);

/** A manual page per command and one of the program, written into `folder`. */
int cli_write_manual(const CliContext *context, const char *folder);

void cli_print_bash(FILE *stream);
void cli_print_zsh(FILE *stream);
void cli_print_fish(FILE *stream);

#endif
