/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_EVALUATE_H
#define NODAL_CLI_EVALUATE_H

#include "json.h"
#include "progress.h"

#include <nodal/evaluation.h>
#include <nodal/stage.h>

/* What the commands `nodal evaluate slides|stages|rank` share. */

/** The first member of their values. */
typedef struct CliEvaluateValues {
  CliCommon common;
  const char *truth, *report, *note;
  CliStrings exclude, positive;
  int64_t seed, resamples;
} CliEvaluateValues;

/** Number of the challenge's stages. */
enum { CLI_EVALUATE_STAGES = 5 };

/** Those stages, lowest first. */
NodalStage cli_evaluate_stage(int index);

/** Reads the reference standard. NULL, and the error told, where it cannot be read. */
NodalTruth *cli_evaluate_read_truth(const CliContext *context, const CliEvaluateValues *values, NodalTask task);

/** What the truth's table is about: stages where it has columns of them, else slides. */
NodalTask cli_evaluate_task_of(const CliEvaluateValues *values);

/** Tells what is wrong with the truth and the submission, either of which may be NULL, and adds it to `problems` (NULL:
 * nowhere). Returns how many lines that were. */
size_t cli_evaluate_tell_problems(const CliContext *context, const NodalTruth *truth,
                                  const NodalPredictions *predictions, json_t *problems);

/** Which slides are positive, to be freed. NULL, and the error told, where all are or none is: then there is no area.
 */
bool *cli_evaluate_positive(const CliContext *context, const CliEvaluateValues *values, const NodalTruth *truth);

/** --seed, --resamples and --threads, with a bar while they are worked off. */
NodalResampling cli_evaluate_resampling(const CliContext *context, const CliEvaluateValues *values,
                                        CliProgress *progress, NodalProgress *callback);

/** Those of the band round a curve: --resamples, but 10,000 at most, which are plenty for a drawing. */
int64_t cli_evaluate_band_resamples(const CliEvaluateValues *values);
NodalResampling cli_evaluate_band_resampling(const CliContext *context, const CliEvaluateValues *values,
                                             CliProgress *progress, NodalProgress *callback);

/** Refuses, with the error told, a --report that may not be written or is one of the inputs or --output. */
bool cli_evaluate_check_report(const CliContext *context, const CliEvaluateValues *values, const char *submission);

/** [low, high] */
json_t *cli_evaluate_interval(NodalInterval interval);

/* Rows of the option tables. */
/* clang-format off */
#define CLI_EVALUATE_OPTION_TRUTH(what)                                                                                \
  {.name = "truth", .required = true, .type = CLI_STRING, .value = "FILE",                                             \
   .offset = offsetof(CliEvaluateValues, truth), .help = what}
#define CLI_EVALUATE_OPTION_EXCLUDE                                                                                    \
  {.name = "exclude", .type = CLI_STRINGS, .value = "NAME", .offset = offsetof(CliEvaluateValues, exclude),            \
   .help = "Pass this case over, in the truth and in submissions. May be given again."}
#define CLI_EVALUATE_OPTION_POSITIVE                                                                                   \
  {.name = "positive", .type = CLI_STRINGS, .value = "LABEL", .offset = offsetof(CliEvaluateValues, positive),         \
   .help = "Slides with this label are positive, all others negative. May be given again. Without it tumor, "          \
           "positive, macro, micro and 1 are positive, normal, negative and 0 negative, and other labels refused."}
#define CLI_EVALUATE_OPTIONS_REPORT                                                                                    \
  {.name = "report", .type = CLI_STRING, .value = "FILE", .offset = offsetof(CliEvaluateValues, report),               \
   .help = "Write a page of the results, HTML, that stands alone: figures, tables and what is odd."},                  \
  {.name = "note", .type = CLI_STRING, .value = "TEXT", .offset = offsetof(CliEvaluateValues, note),                   \
   .help = "A line under the title of --report: whose submission it is, and of which data."}
#define CLI_EVALUATE_OPTIONS_RESAMPLING                                                                                \
  {.name = "resamples", .type = CLI_INT64, .value = "N", .offset = offsetof(CliEvaluateValues, resamples),             \
   .minimum = 1, .maximum = 100000000, .initial = "2000", .help = "How often cases are drawn again by chance."},       \
  {.name = "seed", .type = CLI_INT64, .value = "K", .offset = offsetof(CliEvaluateValues, seed),                       \
   .minimum = 0, .maximum = 9007199254740992, .initial = "1", .help = "What the random numbers start from."},          \
  CLI_OPTION_THREADS
/* clang-format on */

#endif
