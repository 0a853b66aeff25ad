/* SPDX-License-Identifier: Apache-2.0 */
#include "raster.h"

#include <math.h>

typedef struct Values {
  CliRasterValues raster;
  const char *low, *high;
  int otsu; /* index of the choice */
} Values;

enum { OTSU_NO, OTSU_ABOVE, OTSU_BELOW };
static const char *const otsu_choices[] = {"no", "above", "below", NULL};

typedef struct Run {
  const Values *values;
  double low, high;
  uint64_t count;
} Run;

/* Otsu's threshold is found first: one pass more, with a bar of its own. */
static bool work(CliRaster *raster, void *user, NodalError **error) {
  Run *run = user;
  double threshold = 0;
  if (run->values->otsu != OTSU_NO) {
    if (!nodal_raster_find_otsu(&raster->job, &threshold, error)) {
      return false;
    }
    cli_progress_end(&raster->progress);
    cli_raster_start(raster);
    run->low = run->values->otsu == OTSU_ABOVE ? threshold : -(double)INFINITY;
    run->high = run->values->otsu == OTSU_ABOVE ? (double)INFINITY : threshold;
  }
  return nodal_raster_write_threshold(&raster->job, run->low, run->high, &run->count, error);
}

static void report(const CliRaster *raster, json_t *document, void *user) {
  const Run *run = user;
  if (document) {
    cli_json_set(document, "low", cli_json_number(run->low));
    cli_json_set(document, "high", cli_json_number(run->high));
    cli_json_set(document, "pixels", json_integer((json_int_t)run->count));
  }
  double all = (double)raster->level.width * (double)raster->level.height;
  cli_tell(raster->context, "%s: %llu pixels, %.2f %%", raster->values->common.output, (unsigned long long)run->count,
           100 * (double)run->count / all);
  if (run->values->otsu != OTSU_NO) {
    cli_tell(raster->context, ", threshold %.15g", run->values->otsu == OTSU_ABOVE ? run->low : run->high);
  }
  cli_tell(raster->context, "\n");
}

static int run_threshold(const CliContext *context, const void *memory) {
  const Values *values = memory;
  Run run = {.values = values};
  if (!cli_raster_number(context, "--low", values->low, -(double)INFINITY, &run.low) ||
      !cli_raster_number(context, "--high", values->high, (double)INFINITY, &run.high)) {
    return CLI_USAGE;
  }
  bool limits = values->low || values->high;
  if (!limits && values->otsu == OTSU_NO) {
    return cli_usage(context, "needs --low, --high or --otsu");
  }
  if (limits && values->otsu != OTSU_NO) {
    return cli_usage(context, "--otsu excludes --low and --high");
  }
  if (run.low >= run.high) {
    return cli_usage(context, "--low %s is not below --high %s", values->low, values->high);
  }
  const CliRasterWork parts = {.work = work, .report = report};
  return cli_raster_run(context, &values->raster, &parts, &run);
}

static const CliOption arguments[] = {CLI_RASTER_ARGUMENT("The slide."), {.name = NULL}};

static const CliOption options[] = {CLI_OPTION_OUTPUT("The mask to write: .tif."),
                                    CLI_OPTION_FORCE,
                                    {.name = "low",
                                     .type = CLI_STRING,
                                     .value = "V",
                                     .offset = offsetof(Values, low),
                                     .help = "1 where the value is V or more; else there is no lower limit."},
                                    {.name = "high",
                                     .type = CLI_STRING,
                                     .value = "V",
                                     .offset = offsetof(Values, high),
                                     .help = "1 where the value is less than V; else there is no upper limit."},
                                    {.name = "otsu",
                                     .type = CLI_CHOICE,
                                     .value = "SIDE",
                                     .choices = otsu_choices,
                                     .offset = offsetof(Values, otsu),
                                     .initial = "no",
                                     .help = "Take the threshold by the method of Otsu: 1 on this side of it."},
                                    CLI_RASTER_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal raster threshold likelihood.tif -o mask.tif --low 0.5", "Where a likelihood is a half or more."},
    {"nodal raster threshold labels.tif -o metastases.tif --low 2 --high 3", "Where the label is 2."},
    {"nodal raster threshold slide.tif -o dark.tif --channel 1 --otsu below", "The dark part of green."},
    {NULL, NULL}};

const CliCommand cli_raster_threshold = {
    .name = "raster threshold",
    .group = "Annotations and masks",
    .summary = "make a mask of the pixels in a range of values",
    .description =
        "Writes a mask (uint8): 1 where low <= value < high, else 0. A value that is not a number becomes 0. Spacing "
        "is carried over; level 0 of the output is the level that was read.\n\n"
        "Otsu's threshold (IEEE Transactions on Systems, Man, and Cybernetics 9, 1979) parts the values of the level "
        "into two classes with the largest variance between them; the upper class begins with the threshold. For "
        "uint8 and uint16.\n\n"
        "--json prints an object with the keys input, output, level, width, height, spacing_x_um, spacing_y_um, low "
        "and high (null where there is no limit), and pixels, how many are 1.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run_threshold,
};
