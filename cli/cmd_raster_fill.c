/* SPDX-License-Identifier: Apache-2.0 */
#include "raster.h"

typedef struct Values {
  CliRasterValues raster;
  int connectivity; /* index of the choice */
} Values;

typedef struct Run {
  const Values *values;
  uint32_t holes;
} Run;

static bool work(CliRaster *raster, void *user, NodalError **error) {
  Run *run = user;
  return nodal_raster_write_filled(&raster->job, run->values->connectivity == 0 ? 4 : 8, &run->holes, error);
}

static void report(const CliRaster *raster, json_t *document, void *user) {
  const Run *run = user;
  if (document) {
    cli_json_set(document, "holes", json_integer(run->holes));
  }
  cli_tell(raster->context, "%s: %u %s filled\n", raster->values->common.output, run->holes,
           run->holes == 1 ? "hole" : "holes");
}

static int run_fill(const CliContext *context, const void *memory) {
  Run run = {.values = memory};
  const CliRasterWork parts = {.work = work, .report = report};
  return cli_raster_run(context, &run.values->raster, &parts, &run);
}

static const CliOption arguments[] = {CLI_RASTER_ARGUMENT("The mask."), {.name = NULL}};

static const CliOption options[] = {CLI_OPTION_OUTPUT("The mask to write: .tif."), CLI_OPTION_FORCE,
                                    CLI_RASTER_OPTION_CONNECTIVITY(Values, connectivity), CLI_RASTER_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal raster fill mask.tif -o filled.tif", "A mask without holes."},
    {"nodal raster fill mask.tif -o filled.tif --level 5 --json", "At level 5; how many holes there were."},
    {NULL, NULL}};

const CliCommand cli_raster_fill = {
    .name = "raster fill",
    .group = "Annotations and masks",
    .summary = "fill the holes of a mask",
    .description =
        "Writes a mask (uint8): 1 where the image is not 0 and in its holes, else 0. A hole is a connected piece of "
        "pixels of value 0 that does not touch the edge of the image: pieces hold together by edges of pixels where "
        "the mask holds together by corners too (--connectivity 8), and the other way round. Spacing is carried over; "
        "level 0 of the output is the level that was read.\n\n"
        "--json prints an object with the keys input, output, level, width, height, spacing_x_um, spacing_y_um and "
        "holes, their number.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run_fill,
};
