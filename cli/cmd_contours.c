/* SPDX-License-Identifier: Apache-2.0 */
#include "annotations.h"
#include "file.h"

#include <nodal/mask.h>
#include <stdlib.h>
#include <string.h>

typedef struct Values {
  CliCommon common;
  const char *mask, *values;
  double simplify_um;
  int level;
} Values;

static const char *const extensions[] = {".xml", ".geojson", ".json", NULL};
static const char *const xml[] = {".xml", NULL};

/* "1,3": numbers of 1 to 2^32 - 1, into an array as long as the text. False where it is something else. */
static bool parse_values(const char *text, uint32_t *values, size_t *count) {
  *count = 0;
  for (const char *at = text;;) {
    char *end;
    unsigned long long number = *at >= '0' && *at <= '9' ? strtoull(at, &end, 10) : 0;
    if (number < 1 || number > UINT32_MAX || (*end != ',' && *end != '\0')) {
      return false;
    }
    values[(*count)++] = (uint32_t)number;
    if (*end == '\0') {
      return true;
    }
    at = end + 1;
  }
}

static void count_parts(const NodalAnnotationSet *set, int *regions, long long *rings, long long *points) {
  *regions = nodal_annotation_set_count(set);
  *rings = *points = 0;
  for (int i = 0; i < *regions; i++) {
    NodalAnnotation annotation;
    nodal_annotation_set_get(set, i, &annotation);
    *rings += (long long)annotation.ring_count;
    for (size_t k = 0; k < annotation.ring_count; k++) {
      *points += (long long)annotation.rings[k].count;
    }
  }
}

static void report(const CliContext *context, const Values *values, const NodalAnnotationSet *set, double seconds) {
  int regions;
  long long rings, points;
  count_parts(set, &regions, &rings, &points);
  if (context->common->json) {
    json_t *document = json_object();
    cli_json_set(document, "input", cli_json_text(values->mask));
    cli_json_set(document, "output", cli_json_text(values->common.output));
    cli_json_set(document, "level", json_integer(values->level));
    cli_json_set(document, "regions", json_integer(regions));
    cli_json_set(document, "rings", json_integer(rings));
    cli_json_set(document, "points", json_integer(points));
    cli_json_set(document, "seconds", cli_json_number(seconds));
    cli_json_print(document);
  }
  cli_tell(context, "%s: %d %s of %lld points, %.2f s\n", values->common.output, regions,
           regions == 1 ? "region" : "regions", points, seconds);
}

static int write_set(const CliContext *context, const Values *values, NodalAnnotationSet *set, double started) {
  NodalError *error = NULL;
  if (!nodal_annotation_set_write(set, values->common.output, NODAL_ANNOTATION_AUTO, NULL, context->common->force,
                                  &error)) {
    return cli_fail(context, error);
  }
  cli_tell_annotation_warnings(context, values->common.output, set, 0);
  report(context, values, set, cli_seconds() - started);
  return CLI_DONE;
}

static int trace(const CliContext *context, const Values *values, NodalSlide *slide, NodalContourOptions *options) {
  NodalLevel level;
  double started = cli_seconds();
  if (!cli_get_level(context, slide, values->level, &level)) {
    return CLI_FAILED;
  }
  options->level = values->level;
  options->simplify_um = values->simplify_um;
  options->join_holes = cli_has_extension(values->common.output, xml);
  options->threads = context->common->threads;
  CliProgress progress;
  cli_progress_start(&progress, context, "contours", (double)level.width * (double)level.height);
  NodalProgress callback = cli_progress_callback(&progress);
  NodalError *error = NULL;
  NodalAnnotationSet *set = nodal_mask_contours(slide, options, &callback, &error);
  cli_progress_end(&progress);
  if (!set) {
    return cli_fail(context, error);
  }
  int status = write_set(context, values, set, started);
  nodal_annotation_set_free(set);
  return status;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  if (!cli_has_extension(values->common.output, extensions)) {
    return cli_usage(context, "--output: '%s' does not end in .xml, .geojson or .json", values->common.output);
  }
  NodalContourOptions options = NODAL_CONTOUR_OPTIONS_INIT;
  uint32_t *wanted = NULL;
  int status = CLI_DONE;
  if (values->values) {
    wanted = cli_allocate((strlen(values->values) + 1) * sizeof *wanted);
    options.values = wanted;
    if (!parse_values(values->values, wanted, &options.value_count)) {
      status = cli_usage(context, "--values: '%s' is no list of numbers above 0", values->values);
    }
  }
  if (status == CLI_DONE && !cli_check_output(context, values->common.output, values->mask)) {
    status = CLI_FAILED;
  }
  if (status == CLI_DONE) {
    NodalSlide *slide = cli_open_slide(context, values->mask);
    status = slide ? trace(context, values, slide, &options) : CLI_FAILED;
    nodal_slide_free(slide);
  }
  free(wanted);
  return status;
}

static const CliOption arguments[] = {{.name = "MASK",
                                       .required = true,
                                       .type = CLI_STRING,
                                       .offset = offsetof(Values, mask),
                                       .help = "A label image: one integer channel."},
                                      {.name = NULL}};

static const CliOption options[] = {
    CLI_OPTION_OUTPUT("The annotations to write: .xml (ASAP), .geojson or .json."),
    CLI_OPTION_FORCE,
    {.name = "level",
     .letter = 'l',
     .type = CLI_INT,
     .value = "L",
     .offset = offsetof(Values, level),
     .minimum = 0,
     .maximum = 1000,
     .initial = "0",
     .help = "Trace the pixels of this level; coordinates are those of level 0 in any case."},
    {.name = "simplify",
     .type = CLI_DOUBLE,
     .value = "UM",
     .offset = offsetof(Values, simplify_um),
     .minimum = 0,
     .maximum = 1e6,
     .initial = "0",
     .help = "Leave out points as long as the outline stays within so many micrometres."},
    {.name = "values",
     .type = CLI_STRING,
     .value = "N,...",
     .offset = offsetof(Values, values),
     .help = "Only the regions of these values."},
    CLI_OPTION_SOURCE_SPACING,
    CLI_OPTION_THREADS,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal contours mask.tif -o mask.geojson", "Every corner of every pixel: drawn again, they give the mask again."},
    {"nodal contours mask.tif --level 3 --simplify 2 -o mask.xml",
     "Smooth outlines to look at and to correct in ASAP."},
    {"nodal contours mask.tif --values 1 -o tumor.geojson", "One label alone."},
    {NULL, NULL}};

const CliCommand cli_contours = {
    .name = "contours",
    .group = "Annotations and masks",
    .summary = "trace the regions of a label mask as polygons",
    .description =
        "Traces every 4-connected region of one value above 0 along the edges of its pixels: a polygon with its holes, "
        "in a group named after the value. Without --simplify, 'nodal mask' makes the same mask of them again.\n\n"
        "ASAP's format knows no holes: in an .xml the outline runs into each hole and back along the same line, which "
        "fills the same pixels.\n\n"
        "--json prints an object with the keys input, output, level, regions, rings, points and seconds.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
