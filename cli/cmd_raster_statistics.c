/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "raster.h"

#include <math.h>

typedef struct Values {
  CliRasterValues raster;
  int connectivity; /* index of the choice */
  bool regions, by_value, csv;
} Values;

/* One number of a region: a column of the table, a key of the JSON document. */
typedef struct Column {
  const char *name;
  size_t offset;
} Column;

static const Column columns[] = {
    {"area_px", offsetof(NodalRegion, area_px)},
    {"area_mm2", offsetof(NodalRegion, area_mm2)},
    {"centroid_x_px", offsetof(NodalRegion, centroid_x_px)},
    {"centroid_y_px", offsetof(NodalRegion, centroid_y_px)},
    {"x_px", offsetof(NodalRegion, x_px)},
    {"y_px", offsetof(NodalRegion, y_px)},
    {"width_px", offsetof(NodalRegion, width_px)},
    {"height_px", offsetof(NodalRegion, height_px)},
    {"longest_px", offsetof(NodalRegion, longest_px)},
    {"longest_um", offsetof(NodalRegion, longest_um)},
    {"major_axis_px", offsetof(NodalRegion, major_axis_px)},
    {"major_axis_um", offsetof(NodalRegion, major_axis_um)},
    {"minor_axis_px", offsetof(NodalRegion, minor_axis_px)},
    {"minor_axis_um", offsetof(NodalRegion, minor_axis_um)},
};
enum { COLUMN_COUNT = sizeof columns / sizeof *columns };

static double number_of(const NodalRegion *region, const Column *column) {
  return *(const double *)(const void *)((const char *)region + column->offset);
}

/* Counts of pixels are whole numbers, unless a level is not level 0. */
static json_t *json_of(double number) {
  return number == floor(number) && fabs(number) < 9e15 ? json_integer((json_int_t)number) : cli_json_number(number);
}

static void print_json(const NodalRegion *regions, size_t count) {
  json_t *document = json_object(), *list = json_array();
  for (size_t i = 0; i < count; i++) {
    json_t *entry = json_object();
    cli_json_set(entry, "label", json_integer(regions[i].label));
    cli_json_set(entry, "value", json_integer(regions[i].value));
    for (int k = 0; k < COLUMN_COUNT; k++) {
      cli_json_set(entry, columns[k].name, json_of(number_of(&regions[i], &columns[k])));
    }
    cli_json_append(list, entry);
  }
  cli_json_set(document, "labels", list);
  cli_json_print(document);
}

/* Fields that are not known are empty. */
static void write_csv(FILE *stream, const NodalRegion *regions, size_t count) {
  fputs("label,value", stream);
  for (int k = 0; k < COLUMN_COUNT; k++) {
    fprintf(stream, ",%s", columns[k].name);
  }
  fputc('\n', stream);
  for (size_t i = 0; i < count; i++) {
    fprintf(stream, "%u,%u", regions[i].label, regions[i].value);
    for (int k = 0; k < COLUMN_COUNT; k++) {
      double number = number_of(&regions[i], &columns[k]);
      fprintf(stream, isfinite(number) ? ",%.15g" : ",", number);
    }
    fputc('\n', stream);
  }
}

static int write_csv_file(const CliContext *context, const NodalRegion *regions, size_t count) {
  CliTextFile file;
  if (!cli_text_open(context, &file, context->common->output)) {
    return CLI_FAILED;
  }
  write_csv(file.stream, regions, count);
  bool written = cli_text_commit(context, &file);
  cli_text_close(&file);
  if (written) {
    cli_tell(context, "%s: %zu %s\n", context->common->output, count, count == 1 ? "label" : "labels");
  }
  return written ? CLI_DONE : CLI_FAILED;
}

static void print_table(const CliContext *context, const NodalRegion *regions, size_t count) {
  bool known = count > 0 && isfinite(regions[0].area_mm2);
  cli_tell(context, "%10s %12s %12s %11s %11s %9s %9s %12s %12s\n", "label", "area px", "area mm2", "center x",
           "center y", "width", "height", known ? "longest um" : "longest px", known ? "major um" : "major px");
  for (size_t i = 0; i < count; i++) {
    const NodalRegion *region = &regions[i];
    char area[32];
    snprintf(area, sizeof area, known ? "%.6f" : "-", region->area_mm2);
    cli_tell(context, "%10u %12.0f %12s %11.1f %11.1f %9.0f %9.0f %12.1f %12.1f\n", region->label, region->area_px,
             area, region->centroid_x_px, region->centroid_y_px, region->width_px, region->height_px,
             known ? region->longest_um : region->longest_px, known ? region->major_axis_um : region->major_axis_px);
  }
}

static int report(const CliContext *context, const Values *values, const NodalRegion *regions, size_t count) {
  if (context->common->json) {
    print_json(regions, count);
    return CLI_DONE;
  }
  if (context->common->output) {
    return write_csv_file(context, regions, count);
  }
  if (values->csv) {
    write_csv(stdout, regions, count);
  } else {
    print_table(context, regions, count);
  }
  return CLI_DONE;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  const char *output = context->common->output, *const extensions[] = {".csv", NULL};
  if (output && !cli_has_extension(output, extensions)) {
    return cli_usage(context, "--output: '%s' does not end in .csv", output);
  }
  if (output && context->common->json) {
    return cli_usage(context, "--json and --output exclude each other");
  }
  if (values->csv && context->common->json) {
    return cli_usage(context, "--json and --csv exclude each other");
  }
  if (output && !cli_check_output(context, output, values->raster.slide)) {
    return CLI_FAILED;
  }
  int status = CLI_FAILED;
  CliRaster raster;
  if (cli_raster_open(&raster, context, &values->raster, false)) {
    NodalStatisticsOptions options = {
        .regions = values->regions,
        .components = {.connectivity = values->connectivity == 0 ? 4 : 8, .by_value = values->by_value}};
    NodalError *error = NULL;
    NodalRegion *regions = NULL;
    size_t count = 0;
    cli_raster_start(&raster);
    bool done = nodal_raster_measure(&raster.job, &options, &regions, &count, &error);
    status = cli_raster_finish(&raster, done, error);
    if (done) {
      status = report(context, values, regions, count);
    }
    nodal_free(regions);
  }
  cli_raster_close(&raster);
  return status;
}

static const CliOption arguments[] = {CLI_RASTER_ARGUMENT("The label image."), {.name = NULL}};

static const CliOption options[] = {
    {.name = "output",
     .letter = 'o',
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(CliCommon, output),
     .help = "Write a .csv file instead of a table."},
    CLI_OPTION_FORCE,
    {.name = "csv", .offset = offsetof(Values, csv), .help = "Print as CSV."},
    {.name = "regions",
     .letter = 'r',
     .offset = offsetof(Values, regions),
     .help = "Measure each connected region by itself, numbered as nodal raster components does."},
    CLI_RASTER_OPTION_CONNECTIVITY(Values, connectivity),
    {.name = "by-value",
     .offset = offsetof(Values, by_value),
     .help = "With --regions: a region is of one value; else of all that is not 0."},
    CLI_RASTER_OPTION_LEVEL,
    CLI_RASTER_OPTION_CHANNEL,
    CLI_OPTION_THREADS,
    CLI_OPTION_SOURCE_SPACING,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal raster statistics labels.tif", "Size, place and length of each label."},
    {"nodal raster statistics mask.tif --regions --json", "Of each connected piece of a mask, for a program."},
    {"nodal raster statistics mask.tif --regions --level 4 -o pieces.csv", "Read at level 4, in level-0 pixels."},
    {NULL, NULL}};

const CliCommand cli_raster_statistics = {
    .name = "raster statistics",
    .group = "Annotations and masks",
    .summary = "measure the labels or regions of a mask",
    .description =
        "Measures all pixels of each value that is not 0, or each connected region. Lengths in px are level-0 pixels, "
        "whatever level was read; pixel i covers i to i + 1. The centroid is the mean of the pixels' centers, x, y, "
        "width and height are the smallest box. longest is the greatest distance between two corners of pixels "
        "(Feret diameter). major_axis and minor_axis are 4 times the square root of the eigenvalues of the covariance "
        "of the centers, as in scikit-image; Matlab adds 1/12 to the variances. Micrometres and mm2 need a spacing "
        "and use that of each axis.\n\n"
        "--json prints an object with the key labels: an array of objects with the keys label, value (of its first "
        "pixel), area_px, area_mm2, centroid_x_px, centroid_y_px, x_px, y_px, width_px, height_px, longest_px, "
        "longest_um, major_axis_px, major_axis_um, minor_axis_px and minor_axis_um, null where the spacing is not "
        "known. CSV has the same columns.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
