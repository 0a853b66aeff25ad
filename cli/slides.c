/* SPDX-License-Identifier: Apache-2.0 */
#include "slides.h"

#include "file.h"
#include "interrupt.h"

#include <math.h>
#include <nodal/writer.h>
#include <stdlib.h>

/* What one image may take in memory; more is a slide and goes through `nodal convert`. */
#define IMAGE_BYTES ((size_t)1 << 30)

int cli_image_check_output(const CliContext *context, const char *input) {
  static const char *const extensions[] = {".png", ".jpg", ".jpeg", ".tif", ".tiff", NULL};
  const char *output = context->common->output;
  if (!cli_has_extension(output, extensions)) {
    return cli_usage(context, "--output: '%s' does not end in .png, .jpg, .jpeg, .tif or .tiff", output);
  }
  return cli_check_output(context, output, input) ? CLI_DONE : CLI_FAILED;
}

NodalSlide *cli_try_slide(const CliContext *context, const char *path, NodalError **error) {
  NodalSlideOptions options = {.spacing_um = context->common->source_spacing_um};
  NodalSlide *slide = nodal_slide_open(path, &options, error);
  if (slide) {
    NodalLevel level = {0};
    nodal_slide_level(slide, 0, &level);
    int count = nodal_slide_level_count(slide);
    cli_note(context, "%s: %s, %lld x %lld pixels, %d %s", path, nodal_slide_format(slide), (long long)level.width,
             (long long)level.height, count, count == 1 ? "level" : "levels");
  }
  return slide;
}

NodalSlide *cli_open_slide(const CliContext *context, const char *path) {
  NodalError *error = NULL;
  NodalSlide *slide = cli_try_slide(context, path, &error);
  if (!slide) {
    cli_fail(context, error);
  }
  return slide;
}

bool cli_get_level(const CliContext *context, NodalSlide *slide, int index, NodalLevel *level) {
  if (nodal_slide_level(slide, index, level)) {
    return true;
  }
  int count = nodal_slide_level_count(slide);
  if (count == 1) {
    cli_error(context, "%s: no level %d, only 0", nodal_slide_path(slide), index);
  } else {
    cli_error(context, "%s: no level %d, only 0 to %d", nodal_slide_path(slide), index, count - 1);
  }
  return false;
}

int cli_fail_no_spacing(const CliContext *context, NodalSlide *slide) {
  cli_error(context, "%s: has no spacing (--source-spacing states it)", nodal_slide_path(slide));
  return CLI_FAILED;
}

/* What keeps the samples out of a file of that extension; NULL: nothing does. */
static const char *why_not(NodalSlide *slide, const CliImage *image, const char *output) {
  const char *const jpeg[] = {".jpg", ".jpeg", NULL}, *const png[] = {".png", NULL};
  NodalColor color = nodal_slide_color(slide);
  bool is_jpeg = cli_has_extension(output, jpeg);
  if (!is_jpeg && !cli_has_extension(output, png)) {
    return NULL;
  }
  if (image->format == NODAL_PIXELS_NATIVE && color == NODAL_COLOR_CHANNELS) {
    return "channels without colours need a .tif file";
  }
  if (is_jpeg && color == NODAL_COLOR_LABEL) {
    return "a label image needs a .png or .tif file";
  }
  if (is_jpeg && image->format == NODAL_PIXELS_RGBA) {
    return "alpha needs a .png or .tif file";
  }
  if (is_jpeg && image->dtype == NODAL_UINT16) {
    return "uint16 samples need a .png or .tif file";
  }
  return image->dtype == NODAL_UINT8 || image->dtype == NODAL_UINT16 ? NULL
                                                                     : "uint32 and float32 samples need a .tif file";
}

static bool choose_format(const CliContext *context, CliImage *image, NodalSlide *slide, bool rgba) {
  NodalColor color = nodal_slide_color(slide);
  bool colored = color == NODAL_COLOR_RGB || color == NODAL_COLOR_RGBA;
  if (rgba && nodal_slide_pixel_size(slide, NODAL_PIXELS_RGBA) == 0) {
    cli_error(context, "%s: %d %s of %s cannot be read as RGBA", nodal_slide_path(slide), nodal_slide_channels(slide),
              nodal_slide_channels(slide) == 1 ? "channel" : "channels", nodal_dtype_name(nodal_slide_dtype(slide)));
    return false;
  }
  if (rgba) {
    image->format = NODAL_PIXELS_RGBA;
    image->channels = 4;
  } else if (colored && nodal_slide_pixel_size(slide, NODAL_PIXELS_RGB) > 0) {
    image->format = NODAL_PIXELS_RGB;
    image->channels = 3;
  } else {
    image->format = NODAL_PIXELS_NATIVE;
    image->channels = nodal_slide_channels(slide);
  }
  image->dtype = image->format == NODAL_PIXELS_NATIVE ? nodal_slide_dtype(slide) : NODAL_UINT8;
  return true;
}

bool cli_image_new(const CliContext *context, CliImage *image, NodalSlide *slide, const char *output, int64_t width,
                   int64_t height, bool rgba) {
  *image = (CliImage){.width = width, .height = height};
  if (!choose_format(context, image, slide, rgba)) {
    return false;
  }
  const char *reason = why_not(slide, image, output);
  if (reason) {
    cli_error(context, "%s: %s", output, reason);
    return false;
  }
  size_t size;
  bool fits = !__builtin_mul_overflow((size_t)width, nodal_slide_pixel_size(slide, image->format), &image->stride) &&
              !__builtin_mul_overflow(image->stride, (size_t)height, &size) && size <= IMAGE_BYTES;
  if (!fits) {
    cli_error(context, "%lld x %lld pixels are more than a gigabyte; 'nodal convert --region X,Y,W,H' writes any size",
              (long long)width, (long long)height);
    return false;
  }
  image->pixels = malloc(size);
  if (!image->pixels) {
    cli_error(context, "out of memory for %lld x %lld pixels", (long long)width, (long long)height);
    return false;
  }
  return true;
}

void cli_image_free(CliImage *image) {
  free(image->pixels);
  image->pixels = NULL;
}

/* Shows progress; CLI_DONE, or what a signal makes of the exit code. */
static int heed(const CliContext *context, CliProgress *progress, const CliImage *image, int64_t rows) {
  if (cli_progress_report(progress, (uint64_t)rows, (uint64_t)image->height)) {
    return CLI_DONE;
  }
  cli_progress_end(progress);
  return cli_interrupted_exit(context);
}

int cli_image_read_level(const CliContext *context, CliImage *image, NodalSlide *slide, int level, int64_t x,
                         int64_t y) {
  NodalLevel geometry = {0};
  nodal_slide_level(slide, level, &geometry);
  int64_t left = (int64_t)floor((double)x / geometry.downsample);
  int64_t top = (int64_t)floor((double)y / geometry.downsample);
  int64_t tile_rows = geometry.tile_height > 0 && geometry.tile_height <= 4096 ? geometry.tile_height : 512;
  CliProgress progress;
  cli_progress_start(&progress, context, "read", (double)image->width * (double)image->height);
  int status = CLI_DONE;
  for (int64_t row = 0; row < image->height && status == CLI_DONE;) {
    /* Strips end where tiles do, so that no tile is needed twice. */
    int64_t into_tile = (top + row) % tile_rows;
    int64_t rows = tile_rows - (into_tile < 0 ? into_tile + tile_rows : into_tile);
    rows = rows < image->height - row ? rows : image->height - row;
    NodalRect strip = {left, top + row, image->width, rows};
    NodalError *error = NULL;
    if (!nodal_slide_read_level(slide, level, strip, image->format, image->pixels + (size_t)row * image->stride,
                                image->stride, &error)) {
      cli_progress_end(&progress);
      return cli_fail(context, error);
    }
    row += rows;
    status = heed(context, &progress, image, row);
  }
  cli_progress_end(&progress);
  return status;
}

int cli_image_read_at_spacing(const CliContext *context, CliImage *image, NodalSlide *slide, double spacing_um,
                              double x, double y) {
  double unit_x = 1, unit_y = 1;
  if (!nodal_slide_spacing(slide, &unit_x, &unit_y)) {
    return cli_fail_no_spacing(context, slide);
  }
  CliProgress progress;
  cli_progress_start(&progress, context, "read", (double)image->width * (double)image->height);
  int status = CLI_DONE;
  const int64_t strip = 64;
  for (int64_t row = 0; row < image->height && status == CLI_DONE; row += strip) {
    int64_t rows = strip < image->height - row ? strip : image->height - row;
    NodalError *error = NULL;
    if (!nodal_slide_read_at_spacing(slide, spacing_um, x, y + (double)row * spacing_um / unit_y, image->width, rows,
                                     NODAL_INTERPOLATION_LINEAR, image->format,
                                     image->pixels + (size_t)row * image->stride, image->stride, &error)) {
      cli_progress_end(&progress);
      return cli_fail(context, error);
    }
    status = heed(context, &progress, image, row + rows);
  }
  cli_progress_end(&progress);
  return status;
}

int cli_image_write(const CliContext *context, const CliImage *image, int quality) {
  const CliCommon *common = context->common;
  CliProgress progress;
  cli_progress_start(&progress, context, "write", (double)image->width * (double)image->height);
  NodalProgress callback = cli_progress_callback(&progress);
  NodalError *error = NULL;
  bool written =
      nodal_image_write(common->output, image->pixels, image->width, image->height, image->stride, image->channels,
                        image->dtype, image->spacing_um, quality, common->force, &callback, &error);
  cli_progress_end(&progress);
  if (!written) {
    return cli_fail(context, error);
  }
  cli_tell(context, "%s: %lld x %lld pixels\n", common->output, (long long)image->width, (long long)image->height);
  return CLI_DONE;
}
