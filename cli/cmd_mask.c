/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "json.h"
#include "slides.h"

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

enum { NO_PRESET };
static const char *const presets[] = {"none", "camelyon16", "camelyon17", NULL};
static const char *const rules[] = {"center", "asap", NULL};
static const char *const codecs[] = {"lzw", "deflate", "zstd", "none", NULL};
static const NodalCodec codec_values[] = {NODAL_CODEC_LZW, NODAL_CODEC_DEFLATE, NODAL_CODEC_ZSTD, NODAL_CODEC_NONE};

/* The lists that --label and --order make; the options of the mask point into them. */
typedef struct Lists {
  NodalMaskLabel *labels;
  char **names; /* of the labels */
  char *order_text;
  const char **order;
} Lists;

static void free_lists(const Values *values, Lists *lists) {
  for (int i = 0; lists->names && i < values->labels.count; i++) {
    free(lists->names[i]);
  }
  free(lists->labels);
  free(lists->names);
  free(lists->order_text);
  free(lists->order);
}

/* NAME=VALUE; the name may hold "=" itself. */
static bool parse_label(const char *text, char **name, int *value) {
  const char *sign = strrchr(text, '=');
  char *end;
  if (!sign || sign == text) {
    return false;
  }
  long number = strtol(sign + 1, &end, 10);
  if (sign[1] < '0' || sign[1] > '9' || *end || number > 255) {
    return false;
  }
  *name = cli_format("%.*s", (int)(sign - text), text);
  *value = (int)number;
  return true;
}

static int make_labels(const CliContext *context, const Values *values, Lists *lists, NodalMaskOptions *options) {
  size_t count = (size_t)values->labels.count;
  lists->labels = cli_allocate((count + 1) * sizeof *lists->labels);
  lists->names = cli_allocate((count + 1) * sizeof *lists->names);
  for (size_t i = 0; i < count; i++) {
    int value;
    if (!parse_label(values->labels.items[i], &lists->names[i], &value)) {
      return cli_usage(context, "--label: '%s' is not NAME=VALUE with a value of 0 to 255", values->labels.items[i]);
    }
    lists->labels[i] = (NodalMaskLabel){lists->names[i], value};
  }
  if (count > 0) {
    options->labels = lists->labels;
    options->label_count = count;
  }
  return CLI_DONE;
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

/* Size, spacing and downsample, from the slide or from the options. `frame` is what an NDPA needs to know. */
static int look_at_slide(const CliContext *context, const Values *values, NodalSlide *slide, NodalMaskOptions *options,
                         NodalAnnotationFrame *frame) {
  NodalLevel base, level;
  nodal_slide_level(slide, 0, &base);
  if (!cli_get_level(context, slide, values->level, &level)) {
    return CLI_FAILED;
  }
  options->width = base.width;
  options->height = base.height;
  options->downsample = level.downsample;
  nodal_slide_spacing(slide, &options->spacing_x_um, &options->spacing_y_um);
  const char *x = nodal_slide_property(slide, "hamamatsu.XOffsetFromSlideCentre");
  const char *y = nodal_slide_property(slide, "hamamatsu.YOffsetFromSlideCentre");
  frame->offset_x_nm = x ? strtod(x, NULL) : 0;
  frame->offset_y_nm = y ? strtod(y, NULL) : 0;
  return CLI_DONE;
}

static int find_frame(const CliContext *context, const Values *values, NodalMaskOptions *options,
                      NodalAnnotationFrame *frame) {
  int status = CLI_DONE;
  if (values->slide) {
    NodalSlide *slide = cli_open_slide(context, values->slide);
    status = slide ? look_at_slide(context, values, slide, options, frame) : CLI_FAILED;
    nodal_slide_free(slide);
  } else {
    options->width = values->size[0];
    options->height = values->size[1];
    options->downsample = ldexp(1, values->level);
  }
  if (values->spacing_um > 0) {
    options->spacing_x_um = options->spacing_y_um = values->spacing_um;
  }
  frame->width = options->width;
  frame->height = options->height;
  frame->spacing_x_um = options->spacing_x_um;
  frame->spacing_y_um = options->spacing_y_um;
  return status;
}

static void print_json(const Values *values, const NodalMask *mask, const NodalMaskOptions *options, double seconds) {
  int64_t width, height;
  nodal_mask_size(mask, &width, &height);
  json_t *document = json_object(), *warnings = json_array();
  for (int i = 0; nodal_mask_warning(mask, i); i++) {
    cli_json_append(warnings, cli_json_text(nodal_mask_warning(mask, i)));
  }
  bool spaced = options->spacing_x_um > 0;
  cli_json_set(document, "input", cli_json_text(values->annotation));
  cli_json_set(document, "output", cli_json_text(values->common.output));
  cli_json_set(document, "rule", cli_json_text(rules[values->rule]));
  cli_json_set(document, "width", json_integer(width));
  cli_json_set(document, "height", json_integer(height));
  cli_json_set(document, "downsample", cli_json_number(options->downsample));
  cli_json_set(document, "spacing_um",
               spaced ? cli_json_number(options->spacing_x_um * options->downsample) : json_null());
  cli_json_set(document, "warnings", warnings);
  cli_json_set(document, "seconds", cli_json_number(seconds));
  cli_json_print(document);
}

static int write_mask(const CliContext *context, const Values *values, const NodalMask *mask,
                      const NodalMaskOptions *options, double started) {
  int64_t width, height;
  nodal_mask_size(mask, &width, &height);
  NodalMaskWrite how = {.tile_size = values->tile,
                        .codec = codec_values[values->codec],
                        .threads = context->common->threads,
                        .force = context->common->force};
  CliProgress progress;
  cli_progress_start(&progress, context, "mask", (double)width * (double)height);
  NodalProgress callback = cli_progress_callback(&progress);
  NodalError *error = NULL;
  bool written = nodal_mask_write(mask, values->common.output, &how, &callback, &error);
  cli_progress_end(&progress);
  if (!written) {
    return cli_fail(context, error);
  }
  double seconds = cli_seconds() - started;
  if (context->common->json) {
    print_json(values, mask, options, seconds);
  }
  cli_tell(context, "%s: %lld x %lld pixels, %.2f s\n", values->common.output, (long long)width, (long long)height,
           seconds);
  return CLI_DONE;
}

static int make_mask(const CliContext *context, const Values *values, NodalMaskOptions *options) {
  double started = cli_seconds();
  NodalAnnotationFrame frame = {0};
  int status = find_frame(context, values, options, &frame);
  if (status != CLI_DONE) {
    return status;
  }
  NodalError *error = NULL;
  NodalAnnotationSet *set = nodal_annotation_set_read(values->annotation, NODAL_ANNOTATION_AUTO, &frame, &error);
  if (!set) {
    return cli_fail(context, error);
  }
  for (int i = 0; nodal_annotation_set_warning(set, i); i++) {
    cli_warning(context, "%s: %s", values->annotation, nodal_annotation_set_warning(set, i));
  }
  NodalMask *mask = nodal_mask_new(set, options, &error);
  nodal_annotation_set_free(set);
  if (!mask) {
    cli_error(context, "%s: %s", values->annotation, nodal_error_message(error));
    nodal_error_free(error);
    return CLI_FAILED;
  }
  for (int i = 0; nodal_mask_warning(mask, i); i++) {
    cli_warning(context, "%s: %s", values->annotation, nodal_mask_warning(mask, i));
  }
  if (!(options->spacing_x_um > 0)) {
    cli_warning(context, "%s: no spacing is known, so the mask has none; --spacing states it",
                values->slide ? values->slide : values->common.output);
  }
  status = write_mask(context, values, mask, options, started);
  nodal_mask_free(mask);
  return status;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  if (!values->slide == !(values->size[0] > 0)) {
    return cli_usage(context, "needs either --slide or --size");
  }
  if (values->preset != NO_PRESET && (values->labels.count > 0 || values->order)) {
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
  nodal_mask_preset(presets[values->preset], &options);
  Lists lists = {0};
  int status = CLI_DONE;
  if (values->preset == NO_PRESET) {
    make_order(values, &lists, &options);
    status = make_labels(context, values, &lists, &options);
  }
  if (status == CLI_DONE) {
    status = make_mask(context, values, &options);
  }
  free_lists(values, &lists);
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
     .choices = presets,
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
    {"nodal mask tumor_001.xml --slide tumor_001.tif --labels camelyon16 -o tumor_001_mask.tif",
     "The mask of a CAMELYON16 slide: tumor 1, with what _2 marks cut out."},
    {"nodal mask a.geojson --size 97792 221184 --spacing 0.243 --label tumor=1 --label stroma=2 -o mask.tif",
     "Without the slide; where both overlap it is 2."},
    {"nodal mask a.xml --slide a.tif --label tumor=1 --label hole=0 --order tumor,hole --rule asap -o mask.tif",
     "The very pixels that ASAP makes."},
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
