/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_OPTION_H
#define NODAL_CLI_OPTION_H

#include <nodal/types.h>

/** What an option or argument holds, and the C type at its place in the values. */
typedef enum CliType {
  CLI_FLAG,    /**< bool: true when it is given */
  CLI_HELP,    /**< bool: the same, and nothing after it is looked at */
  CLI_INT,     /**< int */
  CLI_INT64,   /**< int64_t */
  CLI_DOUBLE,  /**< double */
  CLI_STRING,  /**< const char *, borrowed from the command line */
  CLI_STRINGS, /**< CliStrings: an option that may be repeated, or the argument that takes all that is left */
  CLI_CHOICE,  /**< int: index into `choices` */
  CLI_SIZE,    /**< int64_t[2]: W H in two words, or W,H or WxH in one */
  CLI_RECT     /**< NodalRect: X,Y,W,H in one word, W and H at least 1 */
} CliType;

typedef struct CliStrings {
  const char **items; /**< borrowed strings in an array that cli_free_values() frees */
  int count;
} CliStrings;

/**
 * One row of an option table: an option or a positional argument. From these rows come the parser, the help, the
 * manual pages and the shell completions. A table ends with a row without a name.
 */
typedef struct CliOption {
  const char *name; /**< long name without its dashes; of an argument: as it is shown, "SLIDE" */
  char letter;      /**< short name, 0: none */
  bool required;
  bool hides; /**< of an argument: its value names no file, so that shells complete nothing */
  CliType type;
  const char *value; /**< what stands for the value in the help, "FILE"; a value so called is completed as a path */
  size_t offset;     /**< place in the values */
  double minimum, maximum;    /**< of numbers, both included; both 0: no limits */
  int64_t multiple;           /**< of whole numbers; 0: any */
  const char *initial;        /**< default, as it would be typed; NULL: zero */
  const char *const *choices; /**< ends with NULL */
  const char *help;
} CliOption;

/** One line that says what is wrong with a command line. */
typedef struct CliProblem {
  char text[400];
} CliProblem;

/**
 * Parses `words` (without the program's and the command's name) by GNU rules: --name=value, --name value, -lvalue,
 * -l value, bundled letters, `--` ends the options, options and arguments in any order; no abbreviations. A word that
 * looks like a negative number is an argument. `values` are zero before the call. False, and `problem` filled, when
 * something is wrong; cli_free_values() is due in both cases.
 */
bool cli_parse(const CliOption *options, const CliOption *arguments, int count, const char *const *words, void *values,
               CliProblem *problem);

void cli_free_values(const CliOption *options, const CliOption *arguments, void *values);

#endif
