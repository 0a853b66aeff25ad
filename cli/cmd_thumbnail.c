/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "json.h"
#include "slides.h"

#include <math.h>

typedef struct Values {
  CliCommon common;
  const char *slide;
  int size;
  int quality;
} Values;

static void print_json(const Values *values, const CliImage *image) {
  json_t *document = json_object();
  cli_json_set(document, "input", cli_json_text(values->slide));
  cli_json_set(document, "output", cli_json_text(values->common.output));
  cli_json_set(document, "width", json_integer(image->width));
  cli_json_set(document, "height", json_integer(image->height));
  cli_json_set(document, "spacing_um", image->spacing_um > 0 ? cli_json_number(image->spacing_um) : json_null());
  cli_json_print(document);
}

/* `slide` was opened with a spacing of 1, so that a spacing here is a number of level-0 pixels. */
static int shrink(const CliContext *context, const Values *values, NodalSlide *slide, double spacing_um) {
  NodalLevel level = {0};
  nodal_slide_level(slide, 0, &level);
  int64_t longest = level.width > level.height ? level.width : level.height;
  double scale = longest > values->size ? (double)longest / values->size : 1;
  int64_t width = llround((double)level.width / scale), height = llround((double)level.height / scale);
  CliImage image = {0};
  int status = CLI_FAILED;
  if (cli_image_new(context, &image, slide, values->common.output, width > 0 ? width : 1, height > 0 ? height : 1,
                    false)) {
    image.spacing_um = spacing_um * scale;
    status = cli_image_read_at_spacing(context, &image, slide, scale, 0, 0);
  }
  if (status == CLI_DONE) {
    status = cli_image_write(context, &image, values->quality);
  }
  if (status == CLI_DONE && context->common->json) {
    print_json(values, &image);
  }
  cli_image_free(&image);
  return status;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  int checked = cli_image_check_output(context, values->slide);
  if (checked != CLI_DONE) {
    return checked;
  }
  NodalSlide *slide = cli_open_slide(context, values->slide);
  if (!slide) {
    return CLI_FAILED;
  }
  double x_um = 0, y_um = 0;
  nodal_slide_spacing(slide, &x_um, &y_um);
  nodal_slide_free(slide);
  /* Geometry in pixels, whether or not the file states a spacing, and one scale for both directions. */
  NodalSlideOptions pixels = {.spacing_um = 1};
  NodalError *error = NULL;
  slide = nodal_slide_open(values->slide, &pixels, &error);
  if (!slide) {
    return cli_fail(context, error);
  }
  int status = shrink(context, values, slide, x_um);
  nodal_slide_free(slide);
  return status;
}

static const CliOption arguments[] = {
    {.name = "SLIDE", .required = true, .type = CLI_STRING, .offset = offsetof(Values, slide), .help = "The slide."},
    {.name = NULL}};

static const CliOption options[] = {CLI_OPTION_OUTPUT("The image to write: .png, .jpg or .tif."),
                                    CLI_OPTION_FORCE,
                                    {.name = "size",
                                     .letter = 's',
                                     .type = CLI_INT,
                                     .value = "N",
                                     .offset = offsetof(Values, size),
                                     .minimum = 1,
                                     .maximum = 32768,
                                     .initial = "1024",
                                     .help = "Longest side at most, in pixels."},
                                    CLI_OPTION_IMAGE_QUALITY,
                                    CLI_OPTION_SOURCE_SPACING,
                                    CLI_OPTION_JSON,
                                    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal thumbnail slide.tif -o overview.png", "The whole slide, at most 1024 pixels wide or high."},
    {"nodal thumbnail slide.tif --size 256 -o small.jpg", "A smaller one."},
    {NULL, NULL}};

const CliCommand cli_thumbnail = {
    .name = "thumbnail",
    .group = "Look at slides",
    .summary = "write a small picture of the whole slide",
    .description = "Writes the whole slide as one small image, made from the level that is nearest in size and not "
                   "smaller, and never larger than the slide itself.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
