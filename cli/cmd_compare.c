/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"
#include "json.h"
#include "slides.h"

#include <math.h>
#include <nodal/convert.h>

typedef struct Values {
  CliCommon common;
  const char *a, *b;
  double tolerance;
  int level; /* -1: all */
} Values;

typedef struct Comparison {
  const CliContext *context;
  const Values *values;
  NodalSlide *a, *b;
  json_t *levels; /* NULL without --json */
  bool problems;
  bool headed;
} Comparison;

static void print_level(Comparison *comparison, int index, const NodalLevel *level,
                        const NodalLevelDifference *difference) {
  if (comparison->levels) {
    json_t *entry = json_object();
    cli_json_set(entry, "level", json_integer(index));
    cli_json_set(entry, "max_difference", cli_json_number(difference->max_difference));
    cli_json_set(entry, "mean_difference", cli_json_number(difference->mean_difference));
    cli_json_set(entry, "psnr_db", cli_json_number(difference->psnr_db));
    cli_json_append(comparison->levels, entry);
    return;
  }
  if (!comparison->headed) {
    cli_tell(comparison->context, "%5s %10s %10s %15s %15s %9s\n", "level", "width", "height", "max difference",
             "mean difference", "PSNR dB");
    comparison->headed = true;
  }
  char psnr[32];
  snprintf(psnr, sizeof psnr, isfinite(difference->psnr_db) ? "%.2f" : "equal", difference->psnr_db);
  cli_tell(comparison->context, "%5d %10lld %10lld %15.7g %15.6f %9s\n", index, (long long)level->width,
           (long long)level->height, difference->max_difference, difference->mean_difference, psnr);
}

static int compare_level(Comparison *comparison, int index) {
  const CliContext *context = comparison->context;
  NodalLevel a = {0}, b = {0};
  nodal_slide_level(comparison->a, index, &a);
  nodal_slide_level(comparison->b, index, &b);
  if (a.width != b.width || a.height != b.height) {
    cli_error(context, "level %d: %lld x %lld pixels in %s, %lld x %lld in %s", index, (long long)a.width,
              (long long)a.height, comparison->values->a, (long long)b.width, (long long)b.height,
              comparison->values->b);
    comparison->problems = true;
    return CLI_DONE;
  }
  char label[24];
  snprintf(label, sizeof label, "level %d", index);
  CliProgress progress;
  cli_progress_start(&progress, context, label, (double)a.width * (double)a.height);
  NodalProgress callback = cli_progress_callback(&progress);
  NodalLevelDifference difference;
  NodalError *error = NULL;
  bool compared = nodal_compare_level(comparison->a, comparison->b, index, context->common->threads, &callback,
                                      &difference, &error);
  cli_progress_end(&progress);
  if (!compared) {
    return cli_fail(context, error);
  }
  print_level(comparison, index, &a, &difference);
  /* Written so that a difference that is no number is a problem too. */
  if (!(difference.max_difference <= comparison->values->tolerance)) {
    cli_error(context, "level %d: difference of %.7g is over the tolerance of %.7g", index, difference.max_difference,
              comparison->values->tolerance);
    comparison->problems = true;
  }
  return CLI_DONE;
}

/* Whether the samples can be compared at all. */
static bool check_samples(Comparison *comparison) {
  NodalSlide *a = comparison->a, *b = comparison->b;
  if (nodal_slide_channels(a) == nodal_slide_channels(b) && nodal_slide_dtype(a) == nodal_slide_dtype(b)) {
    return true;
  }
  cli_error(comparison->context, "%d x %s a pixel in %s, %d x %s in %s", nodal_slide_channels(a),
            nodal_dtype_name(nodal_slide_dtype(a)), comparison->values->a, nodal_slide_channels(b),
            nodal_dtype_name(nodal_slide_dtype(b)), comparison->values->b);
  comparison->problems = true;
  return false;
}

static int compare_all_levels(Comparison *comparison) {
  int a_count = nodal_slide_level_count(comparison->a), b_count = nodal_slide_level_count(comparison->b);
  if (a_count != b_count) {
    cli_error(comparison->context, "%d %s in %s, %d in %s", a_count, a_count == 1 ? "level" : "levels",
              comparison->values->a, b_count, comparison->values->b);
    comparison->problems = true;
  }
  int status = CLI_DONE;
  for (int i = 0; i < a_count && i < b_count && status == CLI_DONE; i++) {
    status = compare_level(comparison, i);
  }
  return status;
}

static int compare(Comparison *comparison) {
  int status = CLI_DONE;
  int only = comparison->values->level;
  NodalLevel level;
  if (only >= 0 && (!cli_get_level(comparison->context, comparison->a, only, &level) ||
                    !cli_get_level(comparison->context, comparison->b, only, &level))) {
    return CLI_FAILED;
  }
  if (check_samples(comparison)) {
    status = only >= 0 ? compare_level(comparison, only) : compare_all_levels(comparison);
  }
  if (status == CLI_DONE && comparison->levels) {
    json_t *document = json_object();
    cli_json_set(document, "levels", json_incref(comparison->levels));
    cli_json_print(document);
  }
  return status == CLI_DONE && comparison->problems ? CLI_PROBLEMS : status;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  Comparison comparison = {.context = context, .values = values};
  comparison.a = cli_open_slide(context, values->a);
  comparison.b = comparison.a ? cli_open_slide(context, values->b) : NULL;
  int status = CLI_FAILED;
  if (comparison.b) {
    comparison.levels = context->common->json ? json_array() : NULL;
    status = compare(&comparison);
    json_decref(comparison.levels);
  }
  nodal_slide_free(comparison.a);
  nodal_slide_free(comparison.b);
  return status;
}

static const CliOption arguments[] = {
    {.name = "A", .required = true, .type = CLI_STRING, .offset = offsetof(Values, a), .help = "One slide."},
    {.name = "B", .required = true, .type = CLI_STRING, .offset = offsetof(Values, b), .help = "The other slide."},
    {.name = NULL}};

static const CliOption options[] = {{.name = "tolerance",
                                     .type = CLI_DOUBLE,
                                     .value = "N",
                                     .offset = offsetof(Values, tolerance),
                                     .minimum = 0,
                                     .maximum = 1e12,
                                     .initial = "0",
                                     .help = "Largest difference of two samples that is no problem."},
                                    {.name = "level",
                                     .letter = 'l',
                                     .type = CLI_INT,
                                     .value = "L",
                                     .offset = offsetof(Values, level),
                                     .minimum = -1,
                                     .maximum = 1000,
                                     .initial = "-1",
                                     .help = "Compare this level only; -1 stands for all."},
                                    CLI_OPTION_THREADS,
                                    CLI_OPTION_JSON,
                                    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal compare slide.svs slide.tif", "All levels; exit status 3 if any pixel differs."},
    {"nodal compare slide.svs slide.tif --level 0", "Whether a conversion kept level 0."},
    {"nodal compare a.tif b.tif --tolerance 2 --json", "The numbers, for a program to read."},
    {NULL, NULL}};

const CliCommand cli_compare = {
    .name = "compare",
    .group = "Check",
    .summary = "tell how far the pixels of two slides differ",
    .description =
        "Prints the largest and the mean difference of the samples and the peak signal-to-noise ratio, level by level. "
        "Exit status 3 if a difference is over the tolerance, or if the slides differ in samples a pixel, number of "
        "levels or size of a level.\n\n"
        "--json prints an object with the key levels: an array of objects with the keys level, max_difference, "
        "mean_difference and psnr_db (null where the level is equal).",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
