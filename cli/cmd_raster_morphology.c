/* SPDX-License-Identifier: Apache-2.0 */
#include "raster.h"

typedef struct Values {
  CliRasterValues raster;
  int operation, unit; /* indices of the choices */
  double radius;
} Values;

/* By NodalMorphology. */
static const char *const operations[] = {"dilate", "erode", "open", "close", NULL};

static bool ready(const CliRaster *raster, void *user) {
  const Values *const *values = user;
  return (*values)->unit != NODAL_DISTANCE_UM || cli_raster_need_spacing(raster);
}

static bool work(CliRaster *raster, void *user, NodalError **error) {
  const Values *const *values = user;
  return nodal_raster_write_morphology(&raster->job, (NodalMorphology)(*values)->operation, (*values)->radius,
                                       (NodalDistanceUnit)(*values)->unit, error);
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  const CliRasterWork parts = {.ready = ready, .work = work};
  return cli_raster_run(context, &values->raster, &parts, &values);
}

static const CliOption arguments[] = {CLI_RASTER_ARGUMENT("The mask."), {.name = NULL}};

static const CliOption options[] = {CLI_OPTION_OUTPUT("The mask to write: .tif."),
                                    CLI_OPTION_FORCE,
                                    {.name = "operation",
                                     .required = true,
                                     .type = CLI_CHOICE,
                                     .value = "WHAT",
                                     .choices = operations,
                                     .offset = offsetof(Values, operation),
                                     .help = "Grow, shrink, shrink and grow again, grow and shrink again."},
                                    {.name = "radius",
                                     .letter = 'r',
                                     .required = true,
                                     .type = CLI_DOUBLE,
                                     .value = "R",
                                     .offset = offsetof(Values, radius),
                                     .minimum = 0,
                                     .maximum = 1e6,
                                     .help = "Radius of the disk; at most 1024 pixels of the level."},
                                    CLI_RASTER_OPTION_UNIT(Values, unit),
                                    CLI_RASTER_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal raster morphology mask.tif -o grown.tif --operation dilate --radius 37.5",
     "Lesions less than 75 micrometres apart become one."},
    {"nodal raster morphology mask.tif -o smooth.tif --operation open -r 3 --unit px", "Without what is thin."},
    {NULL, NULL}};

const CliCommand cli_raster_morphology = {
    .name = "raster morphology",
    .group = "Annotations and masks",
    .summary = "grow or shrink a mask by a disk",
    .description =
        "Writes a mask (uint8). dilate: 1 where a pixel that is not 0 lies within the radius, center to center, the "
        "circle included; erode: 1 where no pixel of value 0 does; open: eroded, then dilated; close: dilated, then "
        "eroded. The disk is exact, by the distance transform, and each axis counts by its own spacing. What lies "
        "outside the image does not count. Spacing is carried over; level 0 of the output is the level that was "
        "read.\n\n"
        "--json prints an object with the keys input, output, level, width, height, spacing_x_um and spacing_y_um.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
