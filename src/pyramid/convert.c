/* SPDX-License-Identifier: Apache-2.0 */
#include "pyramid/convert.h"

#include "base/memory.h"
#include "slide/description.h"

#include <math.h>
#include <string.h>

enum { DEFAULT_TILE_SIZE = 512 };

/* Spacings that differ by less are the same. */
static const double spacing_tolerance = 1e-9;

/* --- what is to be done --- */

static bool plan_region(NodalConversion *conversion, NodalError **error) {
  NodalLevel level;
  nodal_slide_level(conversion->slide, 0, &level);
  NodalRect region = conversion->options.region;
  if (region.width == 0) {
    region = (NodalRect){0, 0, level.width, level.height};
  }
  if (region.x < 0 || region.y < 0 || region.width < 1 || region.height < 1 || region.width > level.width - region.x ||
      region.height > level.height - region.y) {
    return nodal_fail(
        error, NODAL_ERROR_ARGUMENT, "%s: region %lld,%lld %lldx%lld does not lie in its %lld x %lld pixels",
        nodal_slide_path(conversion->slide), (long long)region.x, (long long)region.y, (long long)region.width,
        (long long)region.height, (long long)level.width, (long long)level.height);
  }
  conversion->region = region;
  return true;
}

static int64_t resampled_size(int64_t size, double from_um, double to_um) {
  double count = round((double)size * from_um / to_um);
  return count < 1 ? 1 : count > INT32_MAX ? INT32_MAX : (int64_t)count;
}

static bool plan_spacing(NodalConversion *conversion, NodalError **error) {
  const NodalConvertOptions *options = &conversion->options;
  const char *path = nodal_slide_path(conversion->slide);
  conversion->width = conversion->region.width;
  conversion->height = conversion->region.height;
  bool known = nodal_slide_spacing(conversion->slide, &conversion->spacing_x, &conversion->spacing_y);
  if (options->spacing_um == 0) {
    return true;
  }
  if (!isfinite(options->spacing_um) || options->spacing_um < 0) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %g is not a spacing", path, options->spacing_um);
  }
  if (!known) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: states no spacing, so it cannot be brought to %g um", path,
                      options->spacing_um);
  }
  conversion->resampled = fabs(conversion->spacing_x / options->spacing_um - 1) > spacing_tolerance ||
                          fabs(conversion->spacing_y / options->spacing_um - 1) > spacing_tolerance;
  if (conversion->resampled) {
    conversion->width = resampled_size(conversion->width, conversion->spacing_x, options->spacing_um);
    conversion->height = resampled_size(conversion->height, conversion->spacing_y, options->spacing_um);
    conversion->spacing_x = conversion->spacing_y = options->spacing_um;
  }
  return true;
}

/* JPEG holds 8-bit gray and RGB; what is neither is kept lossless, and alpha goes over the background. */
static void plan_samples(NodalConversion *conversion) {
  NodalSlide *slide = conversion->slide;
  conversion->codec = conversion->options.codec;
  conversion->color = conversion->label ? NODAL_COLOR_LABEL : nodal_slide_color(slide);
  conversion->channels = nodal_slide_channels(slide);
  conversion->dtype = nodal_slide_dtype(slide);
  conversion->format = NODAL_PIXELS_NATIVE;
  conversion->interpolation = conversion->label ? NODAL_INTERPOLATION_NEAREST : conversion->options.interpolation;
  if (conversion->codec != NODAL_CODEC_JPEG) {
    return;
  }
  if (conversion->label || conversion->dtype != NODAL_UINT8 || conversion->color == NODAL_COLOR_CHANNELS) {
    conversion->codec = NODAL_CODEC_LZW;
  } else if (conversion->color == NODAL_COLOR_RGBA) {
    conversion->color = NODAL_COLOR_RGB;
    conversion->channels = 3;
    conversion->format = NODAL_PIXELS_RGB;
  }
}

static bool plan(NodalConversion *conversion, NodalError **error) {
  if (!plan_region(conversion, error) || !plan_spacing(conversion, error) ||
      !nodal_slide_is_label(conversion->slide, &conversion->label, error)) {
    return false;
  }
  plan_samples(conversion);
  conversion->tile_size = conversion->options.tile_size ? conversion->options.tile_size : DEFAULT_TILE_SIZE;
  return nodal_convert_plan_kept(conversion, error);
}

/* --- what goes with the pixels --- */

static bool starts_with(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Properties that a part, or another resolution, of the slide no longer has. */
static bool still_true(const NodalConversion *conversion, const char *name) {
  bool part = conversion->options.region.width > 0;
  if ((part || conversion->resampled) &&
      (starts_with(name, "openslide.bounds-") || starts_with(name, "openslide.region["))) {
    return false;
  }
  return !conversion->resampled || (strcmp(name, "openslide.objective-power") != 0 &&
                                    strcmp(name, "aperio.AppMag") != 0 && strcmp(name, "aperio.MPP") != 0);
}

/* The description text; where the slide comes from is added unless it says so already. */
static char *describe(const NodalConversion *conversion, NodalError **error) {
  static const char origin[] = "nodal.source-format";
  const NodalSlide *slide = conversion->slide;
  NodalProperty *properties = nodal_alloc_array(slide->property_count + 1, sizeof *properties, error);
  char *name = nodal_strdup(origin, error), *value = nodal_strdup(nodal_slide_format(slide), error);
  char *text = NULL;
  if (properties && name && value) {
    size_t count = 0;
    for (size_t i = 0; i < slide->property_count; i++) {
      if (still_true(conversion, slide->properties[i].name)) {
        properties[count++] = slide->properties[i];
      }
    }
    if (!nodal_slide_property(slide, origin)) {
      properties[count++] = (NodalProperty){name, value};
    }
    text = nodal_description_format(properties, count, conversion->label, error);
  }
  free(name);
  free(value);
  free(properties);
  return text;
}

static bool copy_associated(const NodalConversion *conversion, NodalWriter *writer, NodalError **error) {
  const char *name;
  int64_t width, height;
  for (int i = 0; (name = nodal_slide_associated_name(conversion->slide, i, &width, &height)) != NULL; i++) {
    /* The thumbnail shows the whole slide; label and macro show the glass. */
    if (conversion->options.region.width > 0 && strcmp(name, "label") != 0 && strcmp(name, "macro") != 0) {
      continue;
    }
    size_t stride = (size_t)width * 3;
    uint8_t *pixels = nodal_alloc_array(stride, (size_t)height, error);
    bool copied = pixels && nodal_slide_read_associated(conversion->slide, name, pixels, stride, error) &&
                  nodal_writer_add_associated(writer, name, pixels, width, height, stride, error);
    free(pixels);
    if (!copied) {
      return false;
    }
  }
  return true;
}

/* --- the work --- */

static NodalWriter *open_writer(const NodalConversion *conversion, const char *output, NodalError **error) {
  const NodalConvertOptions *wanted = &conversion->options;
  NodalWriterOptions options = {.width = conversion->width,
                                .height = conversion->height,
                                .color = conversion->color,
                                .channels = conversion->channels,
                                .dtype = conversion->dtype,
                                .tile_size = conversion->tile_size,
                                .codec = conversion->codec,
                                .quality = wanted->quality,
                                .chroma_full = wanted->chroma_full,
                                .levels = wanted->levels,
                                .interpolation = conversion->interpolation,
                                .spacing_x_um = conversion->spacing_x,
                                .spacing_y_um = conversion->spacing_y,
                                .force = wanted->force};
  options.icc_profile = nodal_slide_icc_profile(conversion->slide, &options.icc_profile_size);
  nodal_slide_background(conversion->slide, options.background);
  if (!nodal_pyramid_check_options(output, &options, error)) {
    return NULL;
  }
  char *description = describe(conversion, error);
  NodalOutput *file = description ? nodal_output_open(output, wanted->force, error) : NULL;
  NodalWriter *writer = NULL;
  if (file) {
    options.description = description;
    writer = nodal_pyramid_new(file, true, &options, conversion->kept ? &conversion->kept_tiles : NULL, error);
  }
  free(description);
  return writer;
}

static bool fill(const NodalConversion *conversion, NodalWriter *writer, NodalPool *pool, const NodalProgress *progress,
                 NodalError **error) {
  NodalTileFeed feed;
  NodalKeptFeed *kept = NULL;
  NodalPixelFeed *pixels = NULL;
  int workers = nodal_pool_threads(pool);
  bool filled;
  if (conversion->kept) {
    kept = nodal_kept_feed_new(conversion, writer, workers, &feed, error);
    filled = kept != NULL;
  } else {
    pixels = nodal_pixel_feed_new(conversion, writer, workers, &feed, error);
    filled = pixels != NULL;
  }
  filled = filled && nodal_pyramid_write_all(writer, &feed, pool, progress, error);
  nodal_kept_feed_free(kept);
  nodal_pixel_feed_free(pixels);
  return filled;
}

static bool write_output(const NodalConversion *conversion, NodalWriter *writer, const NodalProgress *progress,
                         NodalError **error) {
  NodalPool *pool = nodal_pool_new(conversion->options.threads, error);
  bool written = pool && copy_associated(conversion, writer, error) &&
                 fill(conversion, writer, pool, progress, error) && nodal_writer_finish(writer, error);
  nodal_pool_free(pool);
  return written;
}

bool nodal_convert(NodalSlide *slide, const char *output, const NodalConvertOptions *options,
                   const NodalProgress *progress, NodalConvertResult *result, NodalError **error) {
  NodalConversion conversion = {.slide = slide, .options = *options};
  if (!plan(&conversion, error)) {
    return false;
  }
  NodalWriter *writer = open_writer(&conversion, output, error);
  if (!writer) {
    return false;
  }
  bool written = write_output(&conversion, writer, progress, error);
  if (written && result) {
    *result = (NodalConvertResult){.kept = conversion.kept,
                                   .label = conversion.label,
                                   .codec = conversion.codec,
                                   .tile_size = conversion.tile_size,
                                   .levels = nodal_writer_level_count(writer),
                                   .width = conversion.width,
                                   .height = conversion.height};
  }
  nodal_writer_free(writer);
  return written;
}
