/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include <string.h>

static bool takes_value(const CliOption *option) {
  return option->type != CLI_FLAG && option->type != CLI_HELP;
}

static bool takes_path(const CliOption *option) {
  return option->value && (strcmp(option->value, "FILE") == 0 || strcmp(option->value, "OUT") == 0);
}

static bool takes_files(const CliCommand *command) {
  for (const CliOption *argument = command->arguments; argument->name; argument++) {
    if (!argument->hides && (argument->type == CLI_STRING || argument->type == CLI_STRINGS)) {
      return true;
    }
  }
  return false;
}

/* Whether an earlier command starts with the same first word, so that the word is listed once. */
static bool is_repeated(const CliCommand *const *command) {
  size_t length = strcspn((*command)->name, " ");
  for (const CliCommand *const *earlier = cli_commands; earlier < command; earlier++) {
    if (strcspn((*earlier)->name, " ") == length && strncmp((*earlier)->name, (*command)->name, length) == 0) {
      return true;
    }
  }
  return false;
}

static void print_first_words(FILE *stream) {
  const char *gap = "";
  for (const CliCommand *const *command = cli_commands; *command; command++) {
    if ((*command)->group && !is_repeated(command)) {
      fprintf(stream, "%s%.*s", gap, (int)strcspn((*command)->name, " "), (*command)->name);
      gap = " ";
    }
  }
}

/* The second words of the commands that start as `command` does. */
static void print_second_words(FILE *stream, const CliCommand *command) {
  size_t length = strcspn(command->name, " ");
  const char *gap = "";
  for (const CliCommand *const *other = cli_commands; *other; other++) {
    const char *name = (*other)->name;
    if (strncmp(name, command->name, length) == 0 && name[length] == ' ') {
      fprintf(stream, "%s%s", gap, name + length + 1);
      gap = " ";
    }
  }
}

static void print_words(FILE *stream, const char *const *words) {
  for (int i = 0; words[i]; i++) {
    fprintf(stream, "%s%s", i ? " " : "", words[i]);
  }
}

/* A case of "COMMAND OPTION" words that asks for what the option before the cursor wants. */
static void print_bash_value(FILE *stream, const CliCommand *command, const CliOption *option) {
  fprintf(stream, "    \"%s --%s\"", command->name, option->name);
  if (option->letter) {
    fprintf(stream, " | \"%s -%c\"", command->name, option->letter);
  }
  if (option->choices) {
    fputs(")\n      COMPREPLY=($(compgen -W \"", stream);
    print_words(stream, option->choices);
    fputs("\" -- \"$current\"))\n      return\n      ;;\n", stream);
  } else if (takes_path(option)) {
    fputs(")\n      return\n      ;;\n", stream);
  } else {
    fputs(")\n      compopt +o default\n      return\n      ;;\n", stream);
  }
}

static void print_bash_second_words(FILE *stream) {
  fputs("  case $command in\n", stream);
  for (const CliCommand *const *command = cli_commands; *command; command++) {
    if (!strchr((*command)->name, ' ') || is_repeated(command)) {
      continue;
    }
    fprintf(stream, "    %.*s)\n      if ((COMP_CWORD == 2)); then\n        COMPREPLY=($(compgen -W \"",
            (int)strcspn((*command)->name, " "), (*command)->name);
    print_second_words(stream, *command);
    fputs("\" -- \"$current\"))\n        return\n      fi\n      command=\"$command ${COMP_WORDS[2]}\"\n      ;;\n",
          stream);
  }
  fputs("    help)\n      compopt +o default\n      COMPREPLY=($(compgen -W \"", stream);
  print_first_words(stream);
  fputs("\" -- \"$current\"))\n      return\n      ;;\n  esac\n", stream);
}

void cli_print_bash(FILE *stream) {
  fputs("# SPDX-License-Identifier: Apache-2.0\n# bash completion for nodal, made from its option tables.\n"
        "_nodal() {\n"
        "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}\n"
        "  COMPREPLY=()\n"
        "  if [[ $current == \"=\" ]]; then\n    current=\n  elif [[ $previous == \"=\" ]]; then\n"
        "    previous=${COMP_WORDS[COMP_CWORD - 2]}\n  fi\n"
        "  if ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W \"",
        stream);
  print_first_words(stream);
  fputs(" --version --help\" -- \"$current\"))\n    return\n  fi\n", stream);
  print_bash_second_words(stream);
  fputs("  case \"$command $previous\" in\n", stream);
  for (const CliCommand *const *command = cli_commands; *command; command++) {
    for (const CliOption *option = (*command)->options; (*command)->group && option->name; option++) {
      if (takes_value(option)) {
        print_bash_value(stream, *command, option);
      }
    }
  }
  fputs("  esac\n  if [[ $current == -* ]]; then\n    case $command in\n", stream);
  for (const CliCommand *const *command = cli_commands; *command; command++) {
    if (!(*command)->group) {
      continue;
    }
    fprintf(stream, "      \"%s\") COMPREPLY=($(compgen -W \"", (*command)->name);
    for (const CliOption *option = (*command)->options; option->name; option++) {
      fprintf(stream, "%s--%s", option == (*command)->options ? "" : " ", option->name);
    }
    fputs("\" -- \"$current\")) ;;\n", stream);
  }
  fputs("    esac\n  fi\n}\ncomplete -o bashdefault -o default -F _nodal nodal\n", stream);
}

/* Text between single quotes in a description of zsh's _arguments or of fish. */
static void print_quoted(FILE *stream, const char *text, const char *escaped) {
  for (; *text; text++) {
    if (*text == '\'') {
      fputs("'\\''", stream);
    } else {
      if (strchr(escaped, *text)) {
        putc('\\', stream);
      }
      putc(*text, stream);
    }
  }
}

static void print_zsh_option(FILE *stream, const CliOption *option) {
  const char *equals = takes_value(option) ? "=" : "";
  bool repeats = option->type == CLI_STRINGS;
  fputs("        ", stream);
  if (option->letter && !repeats) {
    fprintf(stream, "'(-%c --%s)'{-%c%s,--%s%s}'", option->letter, option->name, option->letter, *equals ? "+" : "",
            option->name, equals);
  } else {
    fprintf(stream, "'%s--%s%s", repeats ? "*" : "", option->name, equals);
  }
  fputs("[", stream);
  print_quoted(stream, option->help, "[]\\:");
  fputs("]", stream);
  if (takes_value(option)) {
    fprintf(stream, ":%s:", option->value);
    if (option->choices) {
      fputs("(", stream);
      print_words(stream, option->choices);
      fputs(")", stream);
    } else if (takes_path(option)) {
      fputs("_files", stream);
    }
  }
  fputs("' \\\n", stream);
}

static void print_zsh_command(FILE *stream, const CliCommand *command) {
  fprintf(stream, "    '%s')\n      _arguments -s -S \\\n", command->name);
  for (const CliOption *option = command->options; option->name; option++) {
    print_zsh_option(stream, option);
  }
  if (strcmp(command->name, "help") == 0) {
    fputs("        '1:command:(", stream);
    print_first_words(stream);
    fputs(")'\n      ;;\n", stream);
  } else {
    fprintf(stream, "        %s\n      ;;\n", takes_files(command) ? "'*:file:_files'" : "'*:: :'");
  }
}

void cli_print_zsh(FILE *stream) {
  fputs("#compdef nodal\n# SPDX-License-Identifier: Apache-2.0\n# zsh completion for nodal, made from its option "
        "tables.\n"
        "_nodal() {\n  local command=$words[2]\n  local -a commands\n  commands=(\n",
        stream);
  for (const CliCommand *const *command = cli_commands; *command; command++) {
    if ((*command)->group && !is_repeated(command)) {
      const char *name = (*command)->name;
      fprintf(stream, "    '%.*s:", (int)strcspn(name, " "), name);
      print_quoted(stream, (*command)->summary, ":");
      fputs("'\n", stream);
    }
  }
  fputs("  )\n  if ((CURRENT == 2)); then\n    _describe -t commands 'nodal command' commands\n    return\n  fi\n"
        "  case $command in\n",
        stream);
  for (const CliCommand *const *command = cli_commands; *command; command++) {
    if (strchr((*command)->name, ' ') && !is_repeated(command)) {
      fprintf(stream, "    %.*s)\n      if ((CURRENT == 3)); then\n        compadd ",
              (int)strcspn((*command)->name, " "), (*command)->name);
      print_second_words(stream, *command);
      fputs("\n        return\n      fi\n      command=\"$command $words[3]\"\n      shift words\n"
            "      ((CURRENT--))\n      ;;\n",
            stream);
    }
  }
  fputs("  esac\n  shift words\n  ((CURRENT--))\n  case $command in\n", stream);
  for (const CliCommand *const *command = cli_commands; *command; command++) {
    if ((*command)->group) {
      print_zsh_command(stream, *command);
    }
  }
  fputs("  esac\n}\n_nodal \"$@\"\n", stream);
}

static void print_fish_option(FILE *stream, const CliCommand *command, const CliOption *option) {
  const char *space = strchr(command->name, ' ');
  fprintf(stream, "complete -c nodal -n '__fish_seen_subcommand_from %s' -l %s", space ? space + 1 : command->name,
          option->name);
  if (option->letter) {
    fprintf(stream, " -s %c", option->letter);
  }
  if (option->choices) {
    fputs(" -x -a '", stream);
    print_words(stream, option->choices);
    fputs("'", stream);
  } else if (takes_value(option)) {
    fputs(takes_path(option) ? " -r -F" : " -x", stream);
  }
  fputs(" -d '", stream);
  print_quoted(stream, option->help, "\\");
  fputs("'\n", stream);
}

void cli_print_fish(FILE *stream) {
  fputs("# SPDX-License-Identifier: Apache-2.0\n# fish completion for nodal, made from its option tables.\n"
        "complete -c nodal -n '__fish_use_subcommand' -f\n"
        "complete -c nodal -n '__fish_use_subcommand' -l version -d 'Show the version, libraries and formats'\n",
        stream);
  for (const CliCommand *const *command = cli_commands; *command; command++) {
    if (!(*command)->group) {
      continue;
    }
    const char *name = (*command)->name, *space = strchr(name, ' ');
    int length = (int)strcspn(name, " ");
    fprintf(stream, "complete -c nodal -n '__fish_use_subcommand' -a %.*s -d '", length, name);
    print_quoted(stream, (*command)->summary, "\\");
    fputs("'\n", stream);
    if (space) {
      fprintf(
          stream,
          "complete -c nodal -n '__fish_seen_subcommand_from %.*s; and not __fish_seen_subcommand_from %s' -f -a %s\n",
          length, name, space + 1, space + 1);
    }
    for (const CliOption *option = (*command)->options; option->name; option++) {
      print_fish_option(stream, *command, option);
    }
  }
  fputs("complete -c nodal -n '__fish_seen_subcommand_from help' -f -a '", stream);
  print_first_words(stream);
  fputs("'\n", stream);
}
