/* SPDX-License-Identifier: Apache-2.0 */
#include "annotations.h"
#include "file.h"
#include "labels.h"

#include <math.h>
#include <nodal/mask.h>
#include <stdlib.h>
#include <string.h>

typedef struct Values {
  CliCommon common;
  const char *annotation, *slide;
  int64_t size[2];
  double spacing_um;
  CliStrings labels;
  int preset, rule, level, codec, tile;
  const char *order;
} Values;

static const char *const rules[] = {"center", "asap", NULL};
static const char *const codecs[] = {"lzw", "deflate", "zstd", "none", NULL};
static const NodalCodec codec_values[] = {NODAL_CODEC_LZW, NODAL_CODEC_DEFLATE, NODAL_CODEC_ZSTD, NODAL_CODEC_NONE};

/* The lists that --label and --order make; the options of the mask point into them. */
typedef struct Lists {
  CliLabels labels;
  char *order_text;
  const char **order;
} Lists;

static void free_lists(Lists *lists) {
  cli_labels_free(&lists->labels);
  free(lists->order_text);
  free(lists->order);
}

static int make_labels(const CliContext *context, const Values *values, Lists *lists, NodalMaskOptions *options) {
  int status = cli_labels_parse(context, &values->labels, &lists->labels);
  if (lists->labels.count > 0) {
    options->labels = lists->labels.items;
    options->label_count = lists->labels.count;
  }
  return status;
}

static void make_order(const Values *values, Lists *lists, NodalMaskOptions *options) {
  if (!values->order) {
    return;
  }
  lists->order_text = cli_format("%s", values->order);
  lists->order = cli_allocate((strlen(values->order) + 1) * sizeof *lists->order);
  char *at = lists->order_text;
  while (at) {
    char *comma = strchr(at, ',');
    if (comma) {
      *comma++ = '\0';
    }
    lists->order[options->order_count++] = at;
    at = comma;
  }
  options->order = lists->order;
}

/* How many level-0 pixels a pixel of the level has. */
static bool find_downsample(const CliContext *context, const Values *values, double *downsample) {
  if (!values->slide || values->level == 0) {
    *downsample = ldexp(1, values->level);
    return true;
  }
  NodalLevel level;
  NodalSlide *slide = cli_open_slide(context, values->slide);
  bool found = slide && cli_get_level(context, slide, values->level, &level);
  nodal_slide_free(slide);
  if (found) {
    *downsample = level.downsample;
  }
  return found;
}

/* Size and spacing, from the slide or from the options. */
static bool find_frame(const CliContext *context, const Values *values, CliFrame *frame) {
  if (!cli_frame_open(context, values->slide, frame)) {
    return false;
  }
  if (!values->slide) {
    frame->frame.width = values->size[0];
    frame->frame.height = values->size[1];
  }
  if (values->spacing_um > 0) {
    frame->has_spacing = true;
    frame->frame.spacing_x_um = frame->frame.spacing_y_um = values->spacing_um;
  }
  return true;
}

/* One run: what is drawn, and what was odd about it. */
typedef struct Job {
  const CliContext *context;
  const Values *values;
  NodalAnnotationSet *set;
  NodalMask *mask;
  double started;
} Job;

static void tell_warnings(const Job *job, bool spaced) {
  const Values *values = job->values;
  for (int i = 0; nodal_mask_warning(job->mask, i); i++) {
    cli_warning(job->context, "%s: %s", values->annotation, nodal_mask_warning(job->mask, i));
  }
  if (!spaced) {
    cli_warning(job->context, "%s: states no spacing, so the mask has none; --spacing gives it",
                values->slide ? values->slide : "--size");
  }
}

static void print_json(const Job *job, const NodalMaskOptions *options, double seconds) {
  int64_t width, height;
  nodal_mask_size(job->mask, &width, &height);
  json_t *document = json_object(), *warnings = cli_json_annotation_warnings(job->set);
  for (int i = 0; nodal_mask_warning(job->mask, i); i++) {
    cli_json_append(warnings, cli_json_text(nodal_mask_warning(job->mask, i)));
  }
  bool spaced = options->spacing_x_um > 0;
  cli_json_set(document, "input", cli_json_text(job->values->annotation));
  cli_json_set(document, "output", cli_json_text(job->values->common.output));
  cli_json_set(document, "rule", cli_json_text(rules[job->values->rule]));
  cli_json_set(document, "width", json_integer(width));
  cli_json_set(document, "height", json_integer(height));
  cli_json_set(document, "downsample", cli_json_number(options->downsample));
  cli_json_set(document, "spacing_um",
               spaced ? cli_json_number(options->spacing_x_um * options->downsample) : json_null());
  cli_json_set(document, "warnings", warnings);
  cli_json_set(document, "seconds", cli_json_number(seconds));
  cli_json_print(document);
}

static int write_mask(const Job *job, const NodalMaskOptions *options) {
  const CliContext *context = job->context;
  const Values *values = job->values;
  int64_t width, height;
  nodal_mask_size(job->mask, &width, &height);
  NodalMaskWrite how = {.tile_size = values->tile,
                        .codec = codec_values[values->codec],
                        .threads = context->common->threads,
                        .force = context->common->force};
  CliProgress progress;
  cli_progress_start(&progress, context, "mask", (double)width * (double)height);
  NodalProgress callback = cli_progress_callback(&progress);
  NodalError *error = NULL;
  bool written = nodal_mask_write(job->mask, values->common.output, &how, &callback, &error);
  cli_progress_end(&progress);
  if (!written) {
    return cli_fail(context, error);
  }
  double seconds = cli_seconds() - job->started;
  if (context->common->json) {
    print_json(job, options, seconds);
  }
  cli_tell(context, "%s: %lld x %lld pixels, %.2f s\n", values->common.output, (long long)width, (long long)height,
           seconds);
  return CLI_DONE;
}

static int draw(Job *job, NodalMaskOptions *options) {
  const CliContext *context = job->context;
  CliFrame frame;
  if (!find_frame(context, job->values, &frame) || !find_downsample(context, job->values, &options->downsample)) {
    return CLI_FAILED;
  }
  options->width = frame.frame.width;
  options->height = frame.frame.height;
  options->spacing_x_um = frame.has_spacing ? frame.frame.spacing_x_um : 0;
  options->spacing_y_um = frame.has_spacing ? frame.frame.spacing_y_um : 0;
  NodalError *error = NULL;
  job->set = cli_read_annotations(context, job->values->annotation, NODAL_ANNOTATION_AUTO, &frame, &error);
  if (!job->set) {
    return cli_fail(context, error);
  }
  job->mask = nodal_mask_new(job->set, options, &error);
  if (!job->mask) {
    cli_error(context, "%s: %s", job->values->annotation, nodal_error_message(error));
    nodal_error_free(error);
    return CLI_FAILED;
  }
  if (!context->common->json) {
    tell_warnings(job, frame.has_spacing);
  }
  return write_mask(job, options);
}

static int make_mask(const CliContext *context, const Values *values, NodalMaskOptions *options) {
  Job job = {.context = context, .values = values, .started = cli_seconds()};
  int status = draw(&job, options);
  nodal_mask_free(job.mask);
  nodal_annotation_set_free(job.set);
  return status;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  if (!values->slide == !(values->size[0] > 0)) {
    return cli_usage(context, "needs either --slide or --size");
  }
  if (values->preset != CLI_NO_PRESET && (values->labels.count > 0 || values->order)) {
    return cli_usage(context, "--labels excludes --label and --order");
  }
  if (values->order && values->labels.count == 0) {
    return cli_usage(context, "--order needs a --label for each of its names");
  }
  if (!cli_check_output(context, values->common.output, values->annotation)) {
    return CLI_FAILED;
  }
  NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
  options.rule = values->rule == 0 ? NODAL_MASK_CENTER : NODAL_MASK_ASAP;
  nodal_mask_preset(cli_label_presets[values->preset], &options);
  Lists lists = {0};
  int status = CLI_DONE;
  if (values->preset == CLI_NO_PRESET) {
    make_order(values, &lists, &options);
    status = make_labels(context, values, &lists, &options);
  }
  if (status == CLI_DONE) {
    status = make_mask(context, values, &options);
  }
  free_lists(&lists);
  return status;
}

static const CliOption arguments[] = {{.name = "ANNOTATION",
                                       .required = true,
                                       .type = CLI_STRING,
                                       .offset = offsetof(Values, annotation),
                                       .help = "The annotations, in any format that 'nodal annotation' reads."},
                                      {.name = NULL}};

static const CliOption options[] = {
    CLI_OPTION_OUTPUT("The mask to write, a tiled TIFF pyramid."),
    CLI_OPTION_FORCE,
    {.name = "slide",
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(Values, slide),
     .help = "The slide that was annotated: states the size and the spacing."},
    {.name = "size",
     .type = CLI_SIZE,
     .value = "W H",
     .offset = offsetof(Values, size),
     .minimum = 1,
     .maximum = 2147483647,
     .help = "Size of level 0 of the slide, where the slide is not there."},
    {.name = "spacing",
     .type = CLI_DOUBLE,
     .value = "UM",
     .offset = offsetof(Values, spacing_um),
     .minimum = 0.001,
     .maximum = 10000,
     .help = "Spacing of level 0, in micrometres a pixel, where the slide states none or a wrong one."},
    {.name = "label",
     .type = CLI_STRINGS,
     .value = "NAME=VALUE",
     .offset = offsetof(Values, labels),
     .help = "Draw a group (where there are no groups: annotations of that name) as this value, 0 to 255. May be "
             "repeated; what has no label is left out."},
    {.name = "labels",
     .type = CLI_CHOICE,
     .value = "PRESET",
     .choices = cli_label_presets,
     .offset = offsetof(Values, preset),
     .initial = "none",
     .help = "The labels and the order of a data set."},
    {.name = "order",
     .type = CLI_STRING,
     .value = "NAME,...",
     .offset = offsetof(Values, order),
     .help = "Draw these in this order, each over the ones before it; 0 cuts out. Without it a larger value is never "
             "overwritten by a smaller."},
    {.name = "rule",
     .type = CLI_CHOICE,
     .value = "RULE",
     .choices = rules,
     .offset = offsetof(Values, rule),
     .initial = "center",
     .help = "When a pixel is inside: when its center is, or as ASAP decides."},
    {.name = "level",
     .letter = 'l',
     .type = CLI_INT,
     .value = "L",
     .offset = offsetof(Values, level),
     .minimum = 0,
     .maximum = 20,
     .initial = "0",
     .help = "Make the pixels of this level of the slide (with --size: 2^L times as large as those of level 0)."},
    {.name = "codec",
     .type = CLI_CHOICE,
     .value = "CODEC",
     .choices = codecs,
     .offset = offsetof(Values, codec),
     .initial = "lzw",
     .help = "How tiles are compressed."},
    {.name = "tile",
     .type = CLI_INT,
     .value = "N",
     .offset = offsetof(Values, tile),
     .minimum = 16,
     .maximum = 4096,
     .multiple = 16,
     .initial = "512",
     .help = "Side of the tiles, pixels."},
    CLI_OPTION_THREADS,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal mask tumor_001.xml --slide tumor_001.tif --labels camelyon16 -o m.tif",
     "The mask of a CAMELYON16 slide: tumor 1, with what _2 marks cut out."},
    {"nodal mask a.geojson --size 97792 221184 --label a=1 --label b=2 -o m.tif",
     "Without the slide; where both overlap it is 2."},
    {"nodal mask a.xml --slide a.tif --labels camelyon17 --rule asap -o m.tif", "The very pixels that ASAP makes."},
    {NULL, NULL}};

const CliCommand cli_mask = {
    .name = "mask",
    .group = "Annotations and masks",
    .summary = "draw annotations as a label mask",
    .description =
        "Draws the areas of an annotation file as a label image of one byte a pixel, as large as the slide, with all "
        "levels. Without labels every area is 1. A name that has no label, or that is not in the order, is left out "
        "with a warning; if nothing is left that is an error.\n\n"
        "--rule center: a pixel belongs to an area where its center is inside (winding number not 0); holes are holes, "
        "splines and ellipses are curves. --rule asap: every pixel is what ASAP 1.9 to 2.2 makes it: its corner is "
        "looked at, splines are drawn through straight lines and points are filled, too.\n\n"
        "--json prints an object with the keys input, output, rule, width, height, downsample, spacing_um, warnings "
        "(an array) and seconds.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
