/* SPDX-License-Identifier: Apache-2.0 */
#include "raster.h"

typedef struct Values {
  CliRasterValues raster;
  int connectivity; /* index of the choice */
  bool by_value;
} Values;

typedef struct Run {
  const Values *values;
  uint32_t count;
} Run;

static bool work(CliRaster *raster, void *user, NodalError **error) {
  Run *run = user;
  NodalComponentOptions options = {.connectivity = run->values->connectivity == 0 ? 4 : 8,
                                   .by_value = run->values->by_value};
  return nodal_raster_write_components(&raster->job, &options, &run->count, error);
}

static void report(const CliRaster *raster, json_t *document, void *user) {
  const Run *run = user;
  if (document) {
    cli_json_set(document, "components", json_integer(run->count));
  }
  cli_tell(raster->context, "%s: %u %s\n", raster->values->common.output, run->count,
           run->count == 1 ? "component" : "components");
}

static int run_components(const CliContext *context, const void *memory) {
  Run run = {.values = memory};
  const CliRasterWork parts = {.work = work, .report = report};
  return cli_raster_run(context, &run.values->raster, &parts, &run);
}

static const CliOption arguments[] = {CLI_RASTER_ARGUMENT("The slide or mask."), {.name = NULL}};

static const CliOption options[] = {CLI_OPTION_OUTPUT("The label image to write: .tif."),
                                    CLI_OPTION_FORCE,
                                    CLI_RASTER_OPTION_CONNECTIVITY(Values, connectivity),
                                    {.name = "by-value",
                                     .offset = offsetof(Values, by_value),
                                     .help = "A component is of one value; else of all that is not 0."},
                                    CLI_RASTER_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal raster components mask.tif -o lesions.tif", "Each connected piece of the mask gets a number."},
    {"nodal raster components mask.tif -o lesions.tif --level 5", "The same on level 5, which becomes level 0."},
    {"nodal raster components labels.tif -o pieces.tif --by-value --connectivity 4", "Pieces of one label each."},
    {NULL, NULL}};

const CliCommand cli_raster_components = {
    .name = "raster components",
    .group = "Annotations and masks",
    .summary = "number the connected pieces of a mask",
    .description =
        "Writes a label image (uint32): 0 where the mask is 0, elsewhere the number of the connected component, 1, 2, "
        "3, ... in the order of their first pixels, row by row. Spacing is carried over; level 0 of the output is the "
        "level that was read.\n\n"
        "The image may be larger than memory: tiles are labelled one by one and joined at their seams. The output is "
        "the same, byte for byte, for any number of threads.\n\n"
        "--json prints an object with the keys input, output, level, width, height, spacing_x_um, spacing_y_um and "
        "components, their number.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run_components,
};
