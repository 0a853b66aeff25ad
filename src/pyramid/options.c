/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "pyramid/form.h"
#include "pyramid/pyramid.h"

#include <math.h>

enum { MIN_TILE_SIZE = 16, MAX_TILE_SIZE = 4096 };

/* One tile in memory, and tiles of a level: 16 bytes each are held until the directories are written. */
#define MAX_TILE_BYTES ((size_t)256 << 20)
#define MAX_TILES ((int64_t)1 << 26)

int nodal_pyramid_channels(const NodalWriterOptions *options) {
  switch (options->color) {
  case NODAL_COLOR_RGB:
    return 3;
  case NODAL_COLOR_RGBA:
    return 4;
  case NODAL_COLOR_CHANNELS:
    return options->channels;
  default:
    return 1;
  }
}

static bool check_size(const char *name, const NodalWriterOptions *options, NodalError **error) {
  if (options->width < 1 || options->height < 1 || options->width > INT32_MAX || options->height > INT32_MAX) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: cannot write %lld x %lld pixels", name,
                      (long long)options->width, (long long)options->height);
  }
  int tile = options->tile_size;
  if (tile < MIN_TILE_SIZE || tile > MAX_TILE_SIZE || tile % MIN_TILE_SIZE != 0) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: tile size %d is not a multiple of %d from %d to %d", name, tile,
                      MIN_TILE_SIZE, MIN_TILE_SIZE, MAX_TILE_SIZE);
  }
  if (nodal_div_up(options->width, tile) * nodal_div_up(options->height, tile) > MAX_TILES) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: more than %lld tiles of %d pixels", name, (long long)MAX_TILES,
                      tile);
  }
  size_t bytes = (size_t)tile * (size_t)tile * (size_t)nodal_pyramid_channels(options);
  if (bytes * nodal_dtype_size(options->dtype) > MAX_TILE_BYTES) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: a tile of %d pixels takes more than %zu bytes", name, tile,
                      MAX_TILE_BYTES);
  }
  return true;
}

static bool check_samples(const char *name, const NodalWriterOptions *options, NodalError **error) {
  int channels = nodal_pyramid_channels(options);
  if ((int)options->color < 0 || options->color > NODAL_COLOR_LABEL || (int)options->dtype < 0 ||
      options->dtype > NODAL_FLOAT32) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: unknown color or sample type", name);
  }
  if (options->color == NODAL_COLOR_CHANNELS && (channels < 2 || channels > NODAL_PYRAMID_MAX_CHANNELS)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: channels without colours are 2 to %d, not %d", name,
                      NODAL_PYRAMID_MAX_CHANNELS, channels);
  }
  if (options->channels != 0 && options->channels != channels) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %s has %d channel%s, not %d", name,
                      nodal_color_name(options->color), channels, nodal_plural((uint64_t)channels), options->channels);
  }
  if (options->color == NODAL_COLOR_LABEL && options->dtype == NODAL_FLOAT32) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: labels are integers, not float32", name);
  }
  return true;
}

static bool check_codec(const char *name, const NodalWriterOptions *options, NodalError **error) {
  switch (options->codec) {
  case NODAL_CODEC_NONE:
  case NODAL_CODEC_LZW:
  case NODAL_CODEC_DEFLATE:
  case NODAL_CODEC_ZSTD:
    return true;
  case NODAL_CODEC_JPEG:
    break;
  default:
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "%s: tiles are not written as %s", name,
                      nodal_codec_name(options->codec));
  }
  if (options->dtype != NODAL_UINT8 || (options->color != NODAL_COLOR_GRAY && options->color != NODAL_COLOR_RGB)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: JPEG takes uint8 gray or rgb, not %s %s", name,
                      nodal_dtype_name(options->dtype), nodal_color_name(options->color));
  }
  if (options->quality < 1 || options->quality > 100) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: JPEG quality %d is not 1 to 100", name, options->quality);
  }
  return true;
}

static bool is_spacing(double value) {
  return value == 0 || (isfinite(value) && value > 0);
}

bool nodal_pyramid_check_options(const char *name, const NodalWriterOptions *options, NodalError **error) {
  if (!check_samples(name, options, error) || !check_size(name, options, error) || !check_codec(name, options, error)) {
    return false;
  }
  if (options->levels < 0 || options->levels > NODAL_PYRAMID_MAX_LEVELS) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %d levels are not 0 to %d", name, options->levels,
                      NODAL_PYRAMID_MAX_LEVELS);
  }
  if (!is_spacing(options->spacing_x_um) || !is_spacing(options->spacing_y_um)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %g x %g is not a spacing", name, options->spacing_x_um,
                      options->spacing_y_um);
  }
  if ((int)options->interpolation < 0 || options->interpolation > NODAL_INTERPOLATION_NEAREST) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: unknown interpolation", name);
  }
  return nodal_form_check(name, options, error);
}
