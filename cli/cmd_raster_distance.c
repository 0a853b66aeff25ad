/* SPDX-License-Identifier: Apache-2.0 */
#include "raster.h"

typedef struct Values {
  CliRasterValues raster;
  int to, unit; /* indices of the choices */
} Values;

/* By NodalDistanceTo. */
static const char *const targets[] = {"zero", "nonzero", NULL};

static bool ready(const CliRaster *raster, void *user) {
  const Values *const *values = user;
  return (*values)->unit != NODAL_DISTANCE_UM || cli_raster_need_spacing(raster);
}

static bool work(CliRaster *raster, void *user, NodalError **error) {
  const Values *const *values = user;
  return nodal_raster_write_distance(&raster->job, (NodalDistanceTo)(*values)->to, (NodalDistanceUnit)(*values)->unit,
                                     error);
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  const CliRasterWork parts = {.ready = ready, .work = work};
  return cli_raster_run(context, &values->raster, &parts, &values);
}

static const CliOption arguments[] = {CLI_RASTER_ARGUMENT("The mask."), {.name = NULL}};

static const CliOption options[] = {CLI_OPTION_OUTPUT("The distances to write: .tif."),
                                    CLI_OPTION_FORCE,
                                    {.name = "to",
                                     .type = CLI_CHOICE,
                                     .value = "WHAT",
                                     .choices = targets,
                                     .offset = offsetof(Values, to),
                                     .initial = "zero",
                                     .help = "Distance to the nearest pixel of this kind: zero tells how deep inside "
                                             "the mask, nonzero how far outside."},
                                    CLI_RASTER_OPTION_UNIT(Values, unit),
                                    CLI_RASTER_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal raster distance mask.tif -o depth.tif", "How deep each pixel lies in the mask, in micrometres."},
    {"nodal raster distance mask.tif -o away.tif --to nonzero --level 3", "How far it is to the mask, at level 3."},
    {"nodal raster distance mask.tif -o depth.tif --unit px", "In pixels, of a mask without spacing."},
    {NULL, NULL}};

const CliCommand cli_raster_distance = {
    .name = "raster distance",
    .group = "Annotations and masks",
    .summary = "write how far each pixel lies from the edge of a mask",
    .description =
        "Writes the exact Euclidean distance from the center of each pixel to that of the nearest pixel of value 0, "
        "or that is not 0, as float32; each axis counts by its own spacing. What lies outside the image is neither. "
        "Fails where there is no such pixel at all. Smaller levels are means. Spacing is carried over; level 0 of the "
        "output is the level that was read.\n\n"
        "--json prints an object with the keys input, output, level, width, height, spacing_x_um and spacing_y_um.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
