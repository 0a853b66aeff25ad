/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"
#include "evaluate_lesions.h"

#include <stdlib.h>
#include <string.h>

typedef struct Values {
  CliEvaluateValues evaluate; /* source_spacing_um is --spacing */
  const char *detections, *reference;
  int rules, mask_downsample;
  bool include_itc, csv;
} Values;

static const char *const rule_names[] = {"2016", "dataset", NULL};

typedef struct Work {
  const CliContext *context;
  const Values *values;
  NodalFroc *froc;
  NodalFrocScore score;
  NodalInterval interval;
  int64_t undefined;
} Work;

static bool write_report(const Work *work) {
  const Values *values = work->values;
  CliLesionsResult result = {.values = &values->evaluate,
                             .detections = values->detections,
                             .reference = values->reference,
                             .rules = nodal_froc_rules(rule_names[values->rules]),
                             .include_itc = values->include_itc,
                             .froc = work->froc,
                             .score = work->score,
                             .interval = work->interval};
  return cli_report_lesions(work->context, &result);
}

/* ---- input ---- */

/* The names in all of the strings, which may hold several with commas between; to be freed with free_names(). */
static char **split_names(const CliStrings *strings, size_t *count) {
  char **names = NULL;
  *count = 0;
  for (int i = 0; i < strings->count; i++) {
    for (const char *at = strings->items[i]; *at;) {
      size_t length = strcspn(at, ",");
      if (length > 0) {
        names = cli_reallocate(names, (*count + 1) * sizeof *names);
        names[(*count)++] = cli_format("%.*s", (int)length, at);
      }
      at += length + (at[length] == ',');
    }
  }
  return names;
}

static void free_names(char **names, size_t count) {
  for (size_t i = 0; i < count; i++) {
    free(names[i]);
  }
  free(names);
}

static NodalFroc *read_all(const CliContext *context, const Values *values, NodalError **error) {
  CliProgress progress;
  cli_progress_start(&progress, context, "slides", 0);
  NodalProgress callback = cli_progress_callback(&progress);
  NodalFrocInput input = NODAL_FROC_INPUT_INIT;
  char **exclude = split_names(&values->evaluate.exclude, &input.exclude_count);
  input.rules = nodal_froc_rules(rule_names[values->rules]);
  input.truth = values->evaluate.truth;
  input.detections = values->detections;
  input.reference = values->reference;
  input.exclude = (const char *const *)exclude;
  input.include_itc = values->include_itc;
  input.mask = (NodalFrocMask){values->mask_downsample, context->common->source_spacing_um, context->common->threads};
  input.progress = &callback;
  NodalFroc *froc = nodal_froc_read(&input, error);
  cli_progress_end(&progress);
  free_names(exclude, input.exclude_count);
  return froc;
}

static bool compute(Work *work, NodalError **error) {
  CliProgress progress;
  NodalProgress callback;
  NodalResampling resampling = cli_evaluate_resampling(work->context, &work->values->evaluate, &progress, &callback);
  bool done = nodal_froc_score(work->froc, &work->score, error) &&
              nodal_froc_interval(work->froc, &resampling, &work->interval, &work->undefined, error);
  cli_progress_end(&progress);
  return done;
}

/* ---- what is told ---- */

static void tell(const Work *work) {
  const CliContext *context = work->context;
  const NodalFrocScore *score = &work->score;
  cli_tell(context, "rules %s: %zu %s, %zu %s, %s %zu of isolated tumor cells\n", rule_names[work->values->rules],
           score->slides, score->slides == 1 ? "slide" : "slides", score->lesions,
           score->lesions == 1 ? "lesion" : "lesions", work->values->include_itc ? "among them" : "and besides",
           score->itc);
  cli_tell(context, "score %.6f, 95 %% interval %.6f to %.6f (bootstrap over slides, %lld resamples, seed %lld)\n",
           score->score, work->interval.low, work->interval.high, (long long)work->values->evaluate.resamples,
           (long long)work->values->evaluate.seed);
  cli_tell(context, "sensitivity at false positives a slide:");
  for (int i = 0; i < NODAL_FROC_TARGETS; i++) {
    cli_tell(context, "%s %.6f at %g", i > 0 ? "," : "", score->sensitivity_at[i], nodal_froc_target(i));
  }
  cli_tell(context, "\n");
}

static void print_table(const Work *work, FILE *stream) {
  fputs("slide,lesion,itc,detected,probability,area_mm2,major_axis_um,x_px,y_px,width_px,height_px\n", stream);
  NodalFrocLesion lesion;
  for (size_t i = 0; nodal_froc_lesion(work->froc, i, &lesion); i++) {
    cli_print_field(stream, lesion.slide);
    fprintf(stream, ",%d,%d,%d,%.17g,%.9f,%.6f,%.10g,%.10g,%.10g,%.10g\n", lesion.number, lesion.itc,
            lesion.probability > 0, lesion.probability, lesion.area_mm2, lesion.major_axis_um, lesion.x_px, lesion.y_px,
            lesion.width_px, lesion.height_px);
  }
}

static json_t *describe_lesions(const Work *work) {
  json_t *table = json_array();
  NodalFrocLesion lesion;
  for (size_t i = 0; nodal_froc_lesion(work->froc, i, &lesion); i++) {
    json_t *entry = json_object();
    cli_json_set(entry, "slide", cli_json_text(lesion.slide));
    cli_json_set(entry, "lesion", json_integer(lesion.number));
    cli_json_set(entry, "itc", json_boolean(lesion.itc));
    cli_json_set(entry, "detected", json_boolean(lesion.probability > 0));
    cli_json_set(entry, "probability", cli_json_number(lesion.probability));
    cli_json_set(entry, "area_mm2", cli_json_number(lesion.area_mm2));
    cli_json_set(entry, "major_axis_um", cli_json_number(lesion.major_axis_um));
    cli_json_set(entry, "x_px", cli_json_number(lesion.x_px));
    cli_json_set(entry, "y_px", cli_json_number(lesion.y_px));
    cli_json_set(entry, "width_px", cli_json_number(lesion.width_px));
    cli_json_set(entry, "height_px", cli_json_number(lesion.height_px));
    cli_json_append(table, entry);
  }
  return table;
}

static void describe(const Work *work, json_t *document) {
  const NodalFrocScore *score = &work->score;
  json_t *sensitivity_at = json_object();
  for (int i = 0; i < NODAL_FROC_TARGETS; i++) {
    char target[16];
    snprintf(target, sizeof target, "%g", nodal_froc_target(i));
    cli_json_set(sensitivity_at, target, cli_json_number(score->sensitivity_at[i]));
  }
  cli_json_set(document, "slides", json_integer((json_int_t)score->slides));
  cli_json_set(document, "lesions", json_integer((json_int_t)score->lesions));
  cli_json_set(document, "itc", json_integer((json_int_t)score->itc));
  cli_json_set(document, "score", cli_json_number(score->score));
  cli_json_set(document, "score_ci", cli_evaluate_interval(work->interval));
  cli_json_set(document, "sensitivity_at", sensitivity_at);
  cli_json_set(document, "resamples", json_integer(work->values->evaluate.resamples));
  cli_json_set(document, "undefined_resamples", json_integer(work->undefined));
  cli_json_set(document, "seed", json_integer(work->values->evaluate.seed));
  cli_json_set(document, "lesion_table", describe_lesions(work));
}

static bool write_table(const Work *work) {
  CliTextFile file = {0};
  bool done = cli_text_open(work->context, &file, work->context->common->output);
  if (done) {
    print_table(work, file.stream);
    done = cli_text_commit(work->context, &file);
  }
  cli_text_close(&file);
  return done;
}

static int print_or_write(const Work *work) {
  if ((work->context->common->output && !write_table(work)) || (work->values->evaluate.report && !write_report(work))) {
    return CLI_FAILED;
  }
  if (work->values->csv && !work->context->common->output) {
    print_table(work, stdout);
  } else {
    tell(work);
  }
  return CLI_DONE;
}

/* ---- the command ---- */

/* Tells what is wrong and what is odd. Returns how much is wrong. */
static size_t tell_lines(const Work *work, json_t *problems, json_t *warnings) {
  const char *line;
  for (size_t i = 0; (line = nodal_froc_warning(work->froc, i)) != NULL; i++) {
    cli_warning(work->context, "%s", line);
    cli_json_append(warnings, cli_json_text(line));
  }
  size_t count = 0;
  for (; (line = nodal_froc_problem(work->froc, count)) != NULL; count++) {
    cli_error(work->context, "%s", line);
    cli_json_append(problems, cli_json_text(line));
  }
  return count;
}

static int evaluate(Work *work, json_t *document) {
  json_t *problems = json_array(), *warnings = json_array();
  cli_json_set(document, "rules", cli_json_text(rule_names[work->values->rules]));
  int status = tell_lines(work, problems, warnings) > 0 ? CLI_PROBLEMS : CLI_DONE;
  NodalError *error = NULL;
  if (status == CLI_DONE && !compute(work, &error)) {
    status = cli_fail(work->context, error);
  } else if (status == CLI_DONE) {
    status = print_or_write(work);
    describe(work, document);
  }
  cli_json_set(document, "warnings", warnings);
  cli_json_set(document, "problems", problems);
  return status;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  const char *input = values->reference ? values->reference : values->detections;
  if (nodal_froc_rules(rule_names[values->rules])->spacing_um > 0 && context->common->source_spacing_um > 0) {
    return cli_usage(context, "--spacing: the rules %s hold every slide for %g um", rule_names[values->rules],
                     nodal_froc_rules(rule_names[values->rules])->spacing_um);
  }
  int status = cli_csv_check(context, values->csv, "table", input);
  if (status != CLI_DONE) {
    return status;
  }
  if (!cli_evaluate_check_report(context, &values->evaluate, input)) {
    return CLI_FAILED;
  }
  Work work = {.context = context, .values = values};
  NodalError *error = NULL;
  work.froc = read_all(context, values, &error);
  if (!work.froc) {
    return cli_fail(context, error);
  }
  json_t *document = json_object();
  status = evaluate(&work, document);
  if (context->common->json && (status == CLI_DONE || status == CLI_PROBLEMS)) {
    cli_json_print(document);
  } else {
    json_decref(document);
  }
  nodal_froc_free(work.froc);
  return status;
}

static const CliOption arguments[] = {{.name = NULL}};

static const CliOption options[] = {
    {.name = "truth",
     .required = true,
     .type = CLI_STRING,
     .value = "DIR",
     .offset = offsetof(CliEvaluateValues, truth),
     .help = "Masks NAME_mask.tif, or annotations NAME.xml, NAME.geojson or NAME.json, in any letter case."},
    {.name = "detections",
     .required = true,
     .type = CLI_STRING,
     .value = "DIR",
     .offset = offsetof(Values, detections),
     .help = "A table NAME.csv a slide: rows p,x,y in level-0 pixels, with that header or without."},
    {.name = "rules",
     .required = true,
     .type = CLI_CHOICE,
     .value = "RULES",
     .choices = rule_names,
     .offset = offsetof(Values, rules),
     .help = "Which of the two official scripts: 2016, or dataset, which is distributed with the data."},
    {.name = "reference",
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(Values, reference),
     .help = "A table of the slides that there are and of which have tumor: image,type, or Test_001,Tumor,IDC,Macro."},
    {.name = "exclude",
     .type = CLI_STRINGS,
     .value = "NAME,...",
     .offset = offsetof(CliEvaluateValues, exclude),
     .help = "Leave these slides out. May be given again."},
    {.name = "include-itc",
     .offset = offsetof(Values, include_itc),
     .help = "Count isolated tumor cells as lesions, which the challenge does not."},
    {.name = "spacing",
     .type = CLI_DOUBLE,
     .value = "UM",
     .offset = offsetof(CliCommon, source_spacing_um),
     .minimum = 0.001,
     .maximum = 10000,
     .help = "Spacing of level 0 of the slides, in micrometres a pixel, for annotations, and for masks that state none "
             "or a wrong one."},
    {.name = "mask-downsample",
     .type = CLI_INT,
     .value = "N",
     .offset = offsetof(Values, mask_downsample),
     .minimum = 1,
     .maximum = 32,
     .initial = "1",
     .help = "How many times smaller than the slides the masks are; 32 where they hold level 5 alone."},
    CLI_EVALUATE_OPTIONS_RESAMPLING,
    {.name = "csv",
     .offset = offsetof(Values, csv),
     .help = "Print a CSV table of the lesions instead of the score, or write it to --output besides it."},
    {.name = "output",
     .letter = 'o',
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(CliCommon, output),
     .help = "Where --csv writes the table."},
    CLI_EVALUATE_OPTIONS_REPORT,
    CLI_OPTION_FORCE,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {{"nodal evaluate lesions --truth masks --detections ours --rules dataset",
                                       "The score of CAMELYON16 as the data set's own script gives it."},
                                      {"nodal evaluate lesions --truth xml --detections ours --rules 2016 --csv",
                                       "By the script of 2016, from annotations: what became of each lesion."},
                                      {NULL, NULL}};

const CliCommand cli_evaluate_lesions = {
    .name = "evaluate lesions",
    .group = "Evaluate",
    .summary = "score detected lesions by FROC, as CAMELYON16 does",
    .description =
        "The score is the mean sensitivity at 1/4, 1/2, 1, 2, 4 and 8 false positives a slide. Two official scripts "
        "differ: 2016 takes 255 of a mask for tumor and 0.243 um for the spacing, rounds places down, drops the lowest "
        "probability, interpolates, and leaves out slides without detections; dataset takes 2 for tumor, the mask's "
        "spacing and ratio of widths, rounds to nearest, drops the probability 0 alone, takes the first point with "
        "enough false positives, and wants detections of every slide. Both look at level 5 of the mask, grow tumor by "
        "37.5 um, fill holes, and leave out as isolated tumor cells what then is shorter than 275 um.\n\n"
        "Slides are matched by name, without case and extension. One with detections and no truth has no tumor, unless "
        "--reference tells what there is; by the rules dataset only images called test... count, where there are any. "
        "Annotations are drawn at level 5 as ASAP draws masks: a pixel is tumor where its top-left corner is; _0, _1, "
        "Tumor and metastases are tumor, _2, Exclusion, None and normal cut out, and other groups are refused. Without "
        "a level 32 times smaller than the slide, every so many-th pixel of a finer one is looked at.\n\n"
        "The 95 % interval comes from slides drawn with replacement (percentiles).\n\n"
        "Rows that cannot be read, detections outside the slide, names that match nothing, slides that are there twice "
        "or missing, and masks with other values are listed; then nothing is scored, and the exit status is 3.\n\n"
        "--json prints an object with the keys rules, slides, lesions, itc, score, score_ci (low and high), "
        "sensitivity_at (by false positives), resamples, undefined_resamples, seed, lesion_table, warnings and "
        "problems; with problems there are only rules, warnings and problems.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
