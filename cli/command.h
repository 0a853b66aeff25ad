/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_COMMAND_H
#define NODAL_CLI_COMMAND_H

#include "option.h"

/** Exit codes; ended by signal N is 128 + N. */
typedef enum CliExit {
  CLI_DONE = 0,
  CLI_FAILED = 1,
  CLI_USAGE = 2,    /**< the command line makes no sense */
  CLI_PROBLEMS = 3, /**< a check ran and found problems */
} CliExit;

/** What means the same in every command that takes it: the first member of every command's values. */
typedef struct CliCommon {
  bool help, quiet, verbose, json, force;
  int threads; /**< 0: one a core */
  const char *output;
  double source_spacing_um; /**< 0: as the file says */
} CliCommon;

typedef struct CliExample {
  const char *line; /**< what to type */
  const char *text; /**< what it does */
} CliExample;

typedef struct CliCommand CliCommand;

/** One run of a command, handed to whatever has something to say. */
typedef struct CliContext {
  const CliCommand *command; /**< NULL: none was named */
  const CliCommon *common;
} CliContext;

/** One command: a row of the table from which the program, its help, manual pages and completions are made. */
struct CliCommand {
  const char *name;        /**< "crop", or two words: "phantom slide" */
  const char *group;       /**< heading in the overview; NULL: hidden */
  const char *summary;     /**< half a line, no full stop */
  const char *description; /**< paragraphs, an empty line between two */
  const CliOption *arguments;
  const CliOption *options;
  const CliExample *examples; /**< ends with a NULL line */
  size_t values_size;         /**< of the struct that starts with CliCommon */
  /** Runs with the parsed values and returns the exit code. */
  int (*run)(const CliContext *context, const void *values);
};

/** All commands in the order of the overview, NULL at the end. */
extern const CliCommand *const cli_commands[];

extern const CliCommand cli_info, cli_view, cli_thumbnail, cli_crop, cli_associated, cli_convert, cli_phantom_slide,
    cli_phantom_dataset, cli_phantom_reader, cli_annotation_info, cli_annotation_convert, cli_annotation_check,
    cli_mask, cli_contours, cli_raster_threshold, cli_raster_components, cli_raster_distance, cli_raster_morphology,
    cli_raster_fill, cli_raster_statistics, cli_raster_relabel, cli_lesions, cli_stage, cli_evaluate_slides,
    cli_evaluate_lesions, cli_evaluate_stages, cli_evaluate_rank, cli_dataset_scan, cli_dataset_check,
    cli_dataset_tables, cli_dataset_split, cli_dataset_patients, cli_dataset_compare, cli_dataset_audit, cli_compare,
    cli_self_test, cli_help, cli_generate;

/**
 * Finds the command that `words` start with, which is one word or two; `used` tells how many. NULL, and `problem`
 * filled, if there is none.
 */
const CliCommand *cli_find_command(int count, const char *const *words, int *used, CliProblem *problem);

/* Rows of the option tables that are the same wherever they appear. */
/* clang-format off */
#define CLI_OPTION_OUTPUT(what)                                                                                        \
  {.name = "output", .letter = 'o', .required = true, .type = CLI_STRING, .value = "FILE",                             \
   .offset = offsetof(CliCommon, output), .help = what}
#define CLI_OPTION_FORCE                                                                                               \
  {.name = "force", .letter = 'f', .offset = offsetof(CliCommon, force), .help = "Replace an output that exists."}
#define CLI_OPTION_SOURCE_SPACING                                                                                      \
  {.name = "source-spacing", .type = CLI_DOUBLE, .value = "UM", .offset = offsetof(CliCommon, source_spacing_um),      \
   .minimum = 0.001, .maximum = 10000,                                                                                 \
   .help = "State the slide's spacing, in micrometres a level-0 pixel, where the file states none or a wrong one."}
#define CLI_OPTION_THREADS                                                                                             \
  {.name = "threads", .letter = 't', .type = CLI_INT, .value = "N", .offset = offsetof(CliCommon, threads),            \
   .minimum = 1, .maximum = 1024, .help = "Work on N threads instead of one a core. The result is the same."}
/* Of a command whose `Values` have a member `quality`. */
#define CLI_OPTION_IMAGE_QUALITY                                                                                       \
  {.name = "quality", .type = CLI_INT, .value = "Q", .offset = offsetof(Values, quality), .minimum = 1,                \
   .maximum = 100, .initial = "90", .help = "Quality of a .jpg."}
#define CLI_OPTION_JSON                                                                                                \
  {.name = "json", .offset = offsetof(CliCommon, json), .help = "Print one JSON document and nothing else."}
#define CLI_OPTIONS_END                                                                                                \
  {.name = "quiet", .letter = 'q', .offset = offsetof(CliCommon, quiet),                                               \
   .help = "No progress bar, no warnings and no account of what was done; errors are still told."},                    \
  {.name = "verbose", .letter = 'v', .offset = offsetof(CliCommon, verbose), .help = "Tell more about what is done."}, \
  {.name = "help", .letter = 'h', .type = CLI_HELP, .offset = offsetof(CliCommon, help), .help = "Show this help."},   \
  {.name = NULL}
/* clang-format on */

#endif
