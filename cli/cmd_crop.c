/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "json.h"
#include "slides.h"

#include <math.h>

typedef struct Values {
  CliCommon common;
  const char *slide;
  int64_t x, y, width, height;
  int level;
  double spacing_um;
  bool rgba;
  int quality;
} Values;

/* Says so where no pixel of the region lies on the slide: that is hardly what was meant. */
static void warn_outside(const CliContext *context, const Values *values, NodalSlide *slide, double scale_x,
                         double scale_y) {
  NodalLevel level = {0};
  nodal_slide_level(slide, 0, &level);
  double right = (double)values->x + (double)values->width * scale_x;
  double bottom = (double)values->y + (double)values->height * scale_y;
  if (right <= 0 || bottom <= 0 || values->x >= level.width || values->y >= level.height) {
    cli_warning(context, "%s: the region lies outside the slide, %lld x %lld pixels", values->slide,
                (long long)level.width, (long long)level.height);
  }
}

static void print_json(const Values *values, const CliImage *image) {
  json_t *document = json_object();
  cli_json_set(document, "input", cli_json_text(values->slide));
  cli_json_set(document, "output", cli_json_text(values->common.output));
  cli_json_set(document, "x", json_integer(values->x));
  cli_json_set(document, "y", json_integer(values->y));
  cli_json_set(document, "width", json_integer(image->width));
  cli_json_set(document, "height", json_integer(image->height));
  cli_json_set(document, "level", values->spacing_um > 0 ? json_null() : json_integer(values->level));
  cli_json_set(document, "spacing_um", image->spacing_um > 0 ? cli_json_number(image->spacing_um) : json_null());
  cli_json_set(document, "channels", json_integer(image->channels));
  cli_json_set(document, "dtype", cli_json_text(nodal_dtype_name(image->dtype)));
  cli_json_print(document);
}

static int read_region(const CliContext *context, const Values *values, NodalSlide *slide, CliImage *image) {
  double x_um = 0, y_um = 0;
  bool spaced = nodal_slide_spacing(slide, &x_um, &y_um);
  if (values->spacing_um > 0) {
    if (!spaced) {
      return cli_fail_no_spacing(context, slide);
    }
    image->spacing_um = values->spacing_um;
    warn_outside(context, values, slide, values->spacing_um / x_um, values->spacing_um / y_um);
    return cli_image_read_at_spacing(context, image, slide, values->spacing_um, (double)values->x, (double)values->y);
  }
  NodalLevel level;
  if (!cli_get_level(context, slide, values->level, &level)) {
    return CLI_FAILED;
  }
  image->spacing_um = spaced ? x_um * level.downsample : 0;
  warn_outside(context, values, slide, level.downsample, level.downsample);
  return cli_image_read_level(context, image, slide, values->level, values->x, values->y);
}

static int crop(const CliContext *context, const Values *values, NodalSlide *slide) {
  CliImage image = {0};
  int status = CLI_FAILED;
  if (cli_image_new(context, &image, slide, values->common.output, values->width, values->height, values->rgba)) {
    status = read_region(context, values, slide, &image);
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
  if (values->level > 0 && values->spacing_um > 0) {
    return cli_usage(context, "--level and --spacing exclude each other");
  }
  int checked = cli_image_check_output(context, values->slide);
  if (checked != CLI_DONE) {
    return checked;
  }
  NodalSlide *slide = cli_open_slide(context, values->slide);
  int status = slide ? crop(context, values, slide) : CLI_FAILED;
  nodal_slide_free(slide);
  return status;
}

#define COORDINATE_LIMITS .minimum = -1e12, .maximum = 1e12
#define SIDE_LIMITS .minimum = 1, .maximum = 1e9

static const CliOption arguments[] = {
    {.name = "SLIDE", .required = true, .type = CLI_STRING, .offset = offsetof(Values, slide), .help = "The slide."},
    {.name = "X",
     .required = true,
     .type = CLI_INT64,
     .offset = offsetof(Values, x),
     COORDINATE_LIMITS,
     .help = "Left edge, in pixels of level 0."},
    {.name = "Y",
     .required = true,
     .type = CLI_INT64,
     .offset = offsetof(Values, y),
     COORDINATE_LIMITS,
     .help = "Top edge, in pixels of level 0."},
    {.name = "W",
     .required = true,
     .type = CLI_INT64,
     .offset = offsetof(Values, width),
     SIDE_LIMITS,
     .help = "Width, in pixels of the output: of the level, or of the spacing."},
    {.name = "H",
     .required = true,
     .type = CLI_INT64,
     .offset = offsetof(Values, height),
     SIDE_LIMITS,
     .help = "Height, likewise."},
    {.name = NULL}};

static const CliOption options[] = {
    CLI_OPTION_OUTPUT("The image to write: .png, .jpg or .tif."),
    CLI_OPTION_FORCE,
    {.name = "level",
     .letter = 'l',
     .type = CLI_INT,
     .value = "L",
     .offset = offsetof(Values, level),
     .minimum = 0,
     .maximum = 1000,
     .initial = "0",
     .help = "Take the pixels of this level."},
    {.name = "spacing",
     .type = CLI_DOUBLE,
     .value = "UM",
     .offset = offsetof(Values, spacing_um),
     .minimum = 0.001,
     .maximum = 10000,
     .help = "Resample to this spacing, in micrometres a pixel, instead of taking a level."},
    {.name = "rgba", .offset = offsetof(Values, rgba), .help = "Keep alpha: 0 where the slide has no pixel."},
    CLI_OPTION_IMAGE_QUALITY,
    CLI_OPTION_SOURCE_SPACING,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal crop slide.tif 10000 20000 512 512 -o region.png", "512 x 512 pixels of level 0."},
    {"nodal crop slide.tif 10000 20000 512 512 --level 2 -o region.png",
     "The same corner in level 2: four times as wide a piece of tissue, where a level is half the one before."},
    {"nodal crop slide.tif 10000 20000 512 512 --spacing 0.5 -o region.tif", "512 x 512 pixels of 0.5 micrometres."},
    {NULL, NULL}};

const CliCommand cli_crop = {
    .name = "crop",
    .group = "Look at slides",
    .summary = "write one region to an image file",
    .description =
        "Writes a region of a slide as PNG, JPEG or TIFF, by the extension of the output. X Y are pixels of level 0 "
        "and may be negative; W H are pixels of the level, or of the spacing, that is asked for. What lies outside the "
        "slide is background.\n\n"
        "Pixels are RGB where the slide has colours, else the slide's own channels and sample type. A region of more "
        "than a gigabyte is a slide of its own: see 'nodal convert --region'.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
