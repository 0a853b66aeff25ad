/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/cache.h"
#include "slide/driver.h"
#include "slide/geometry.h"

#include "base/memory.h"
#include "codec/codec.h"

#include <math.h>
#include <string.h>

/* --- pixels from the file's form to the wanted one --- */

static void gray_to_rgb(const uint8_t *from, uint8_t *to, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    to[3 * i] = to[3 * i + 1] = to[3 * i + 2] = from[i];
  }
}

static void gray_to_rgba(const uint8_t *from, uint8_t *to, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    to[4 * i] = to[4 * i + 1] = to[4 * i + 2] = from[i];
    to[4 * i + 3] = 255;
  }
}

static void rgb_to_rgba(const uint8_t *from, uint8_t *to, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    to[4 * i] = from[3 * i];
    to[4 * i + 1] = from[3 * i + 1];
    to[4 * i + 2] = from[3 * i + 2];
    to[4 * i + 3] = 255;
  }
}

static void rgba_over_background(const uint8_t *from, uint8_t *to, int64_t count, const uint8_t background[3]) {
  for (int64_t i = 0; i < count; i++) {
    unsigned alpha = from[4 * i + 3];
    for (int c = 0; c < 3; c++) {
      unsigned sum = from[4 * i + c] * alpha + background[c] * (255 - alpha);
      to[3 * i + c] = (uint8_t)((sum + 127) / 255);
    }
  }
}

static void convert_row(const NodalSlide *slide, const uint8_t *from, uint8_t *to, int64_t count,
                        NodalPixelFormat format) {
  if (format == NODAL_PIXELS_NATIVE || slide->channels == (format == NODAL_PIXELS_RGB ? 3 : 4)) {
    memcpy(to, from, (size_t)count * nodal_slide_pixel_size(slide, format));
  } else if (format == NODAL_PIXELS_RGB && slide->channels == 1) {
    gray_to_rgb(from, to, count);
  } else if (format == NODAL_PIXELS_RGB) {
    uint8_t background[3];
    nodal_slide_background(slide, background);
    rgba_over_background(from, to, count, background);
  } else if (slide->channels == 1) {
    gray_to_rgba(from, to, count);
  } else {
    rgb_to_rgba(from, to, count);
  }
}

/* The background in the samples of a slide of more than 8 bits: the same share of the largest value, alpha 0. */
static void wide_background(const NodalSlide *slide, const uint8_t *rgb, uint8_t *pixel) {
  size_t size = nodal_dtype_size(slide->dtype);
  for (int c = 0; c < slide->channels; c++) {
    uint8_t byte = c < 3 ? rgb[c] : 0;
    float real = (float)byte / 255;
    memset(pixel + (size_t)c * size, byte, size); /* 257 and 0x01010101 times the value */
    if (slide->dtype == NODAL_FLOAT32) {
      memcpy(pixel + (size_t)c * size, &real, size);
    }
  }
}

void nodal_slide_fill_background(const NodalSlide *slide, NodalPixelFormat format, void *pixels, size_t stride,
                                 int64_t width, int64_t height) {
  size_t size = nodal_slide_pixel_size(slide, format);
  uint8_t rgb[3];
  nodal_slide_background(slide, rgb);
  bool colored = slide->color == NODAL_COLOR_RGB || slide->color == NODAL_COLOR_RGBA;
  bool uniform = !colored || size == 3;
  uniform = uniform && rgb[0] == rgb[1] && rgb[1] == rgb[2] && !(size == 4 && rgb[0] != 0);
  for (int64_t y = 0; y < height; y++) {
    uint8_t *row = (uint8_t *)pixels + (size_t)y * stride;
    if (uniform) {
      memset(row, colored ? rgb[0] : 0, (size_t)width * size);
      continue;
    }
    for (int64_t x = 0; x < width; x++) {
      if (slide->dtype != NODAL_UINT8) {
        wide_background(slide, rgb, row + (size_t)x * size);
        continue;
      }
      memcpy(row + (size_t)x * size, rgb, 3);
      if (size == 4) {
        row[(size_t)x * size + 3] = 0;
      }
    }
  }
}

/* --- one region --- */

typedef struct Reading {
  NodalSlide *slide;
  int level;
  const NodalLevel *geometry;
  NodalPixelFormat format;
  bool cached;
  NodalRect region; /* as asked for, pixels of the level */
  uint8_t *pixels;
  size_t stride;
  uint8_t *scratch;  /* decoded part of a tile, where it cannot go straight to its place */
  NodalError *error; /* the first tile that failed */
} Reading;

typedef struct TileRequest {
  Reading *reading;
  int64_t column, row;
  NodalRect whole, part; /* the tile inside the level, and what is wanted of it; pixels of the tile */
} TileRequest;

static bool load_tile(void *user, NodalTile *tile, NodalError **error) {
  const TileRequest *request = user;
  NodalSlide *slide = request->reading->slide;
  NodalTileState state = NODAL_TILE_PRESENT;
  if (!slide->driver->read_tile(slide, request->reading->level, request->column, request->row, request->whole,
                                tile->pixels, tile->stride, &state, error)) {
    return false;
  }
  tile->absent = state == NODAL_TILE_ABSENT;
  return true;
}

static void put_rows(Reading *reading, const uint8_t *from, size_t from_stride, uint8_t *to, NodalRect part) {
  for (int64_t y = 0; y < part.height; y++) {
    convert_row(reading->slide, from + (size_t)y * from_stride, to + (size_t)y * reading->stride, part.width,
                reading->format);
  }
}

static NodalTileKey key_of(const TileRequest *request) {
  return (NodalTileKey){request->reading->slide->cache_id, request->reading->level, request->column, request->row};
}

static bool read_cached(TileRequest *request, uint8_t *to, bool *absent, NodalError **error) {
  Reading *reading = request->reading;
  NodalSlide *slide = reading->slide;
  size_t native = nodal_slide_native_size(slide), stride, size;
  if (!nodal_mul_size((size_t)request->whole.width, native, &stride) ||
      !nodal_mul_size(stride, (size_t)request->whole.height, &size)) {
    return nodal_fail_memory(error);
  }
  NodalTileKey key = key_of(request);
  const NodalTile *tile = nodal_cache_get(slide->cache, &key, stride, size, load_tile, request, error);
  if (!tile) {
    return false;
  }
  *absent = tile->absent;
  if (!tile->absent) {
    put_rows(reading, tile->pixels + (size_t)request->part.y * stride + (size_t)request->part.x * native, stride, to,
             request->part);
  }
  nodal_cache_release(slide->cache, tile);
  return true;
}

static bool read_uncached(TileRequest *request, uint8_t *to, bool *absent, NodalError **error) {
  Reading *reading = request->reading;
  NodalSlide *slide = reading->slide;
  NodalRect part = request->part;
  size_t native = nodal_slide_native_size(slide);
  bool direct = reading->format == NODAL_PIXELS_NATIVE || nodal_slide_pixel_size(slide, reading->format) == native;
  if (!direct && !reading->scratch) {
    size_t size;
    if (!nodal_mul_size((size_t)reading->geometry->tile_width, (size_t)reading->geometry->tile_height, &size) ||
        !nodal_mul_size(size, native, &size)) {
      return nodal_fail_memory(error);
    }
    reading->scratch = nodal_alloc(size, error);
    if (!reading->scratch) {
      return false;
    }
  }
  size_t stride = direct ? reading->stride : (size_t)part.width * native;
  uint8_t *pixels = direct ? to : reading->scratch;
  NodalTileState state = NODAL_TILE_PRESENT;
  if (!slide->driver->read_tile(slide, reading->level, request->column, request->row, part, pixels, stride, &state,
                                error)) {
    return false;
  }
  *absent = state == NODAL_TILE_ABSENT;
  if (!direct && !*absent) {
    put_rows(reading, pixels, stride, to, part);
  }
  return true;
}

/*
 * Part of a tile that was not asked for before, where a part costs clearly less than the tile, goes straight to its
 * place: with the whole tile a reader of scattered regions would pay for neighbours that it never looks at. Who comes
 * back gets the tile decoded and kept.
 */
static bool is_worth_keeping(const TileRequest *request) {
  const NodalSlide *slide = request->reading->slide;
  bool part = request->part.width < request->whole.width || request->part.height < request->whole.height;
  NodalTileKey key = key_of(request);
  return !slide->partial_tiles || !part || !nodal_cache_first_use(slide->cache, &key);
}

static void read_one_tile(Reading *reading, NodalRect inside, int64_t column, int64_t row) {
  const NodalLevel *level = reading->geometry;
  NodalRect tile = {column * level->tile_width, row * level->tile_height, level->tile_width, level->tile_height};
  NodalRect bounds = {0, 0, level->width, level->height};
  TileRequest request = {.reading = reading, .column = column, .row = row};
  NodalRect part;
  nodal_rect_intersect(tile, bounds, &request.whole);
  nodal_rect_intersect(request.whole, inside, &part);
  size_t size = nodal_slide_pixel_size(reading->slide, reading->format);
  uint8_t *to = reading->pixels + (size_t)(part.y - reading->region.y) * reading->stride +
                (size_t)(part.x - reading->region.x) * size;
  request.whole.x = request.whole.y = 0;
  request.part = (NodalRect){part.x - tile.x, part.y - tile.y, part.width, part.height};
  bool absent = false;
  NodalError *error = NULL;
  bool read = reading->cached && is_worth_keeping(&request) ? read_cached(&request, to, &absent, &error)
                                                            : read_uncached(&request, to, &absent, &error);
  if (!read || absent) {
    nodal_slide_fill_background(reading->slide, reading->format, to, reading->stride, part.width, part.height);
  }
  if (!read && reading->error) {
    nodal_error_free(error);
  } else if (!read) {
    reading->error = error;
  }
}

static bool check_request(const NodalSlide *slide, int level, NodalRect region, NodalPixelFormat format, size_t stride,
                          NodalError **error) {
  const char *path = nodal_slide_path(slide);
  if (level < 0 || level >= slide->level_count) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: there is no level %d, only 0 to %d", path, level,
                      slide->level_count - 1);
  }
  if (region.width < 1 || region.height < 1 || region.width > INT32_MAX || region.height > INT32_MAX) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: a region cannot be %lld x %lld pixels", path,
                      (long long)region.width, (long long)region.height);
  }
  size_t size = nodal_slide_pixel_size(slide, format);
  if (size == 0) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "%s: %d channels of %s cannot be read as RGB", path,
                      slide->channels, nodal_dtype_name(slide->dtype));
  }
  if (stride / size < (size_t)region.width) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: a stride of %zu bytes is less than a row of %lld pixels", path,
                      stride, (long long)region.width);
  }
  return true;
}

static bool read_region(NodalSlide *slide, int level, NodalRect region, NodalPixelFormat format, void *pixels,
                        size_t stride, bool cached, NodalError **error) {
  if (!check_request(slide, level, region, format, stride, error)) {
    return false;
  }
  const NodalLevel *geometry = &slide->levels[level];
  NodalRect bounds = {0, 0, geometry->width, geometry->height}, inside;
  bool any = nodal_rect_intersect(region, bounds, &inside);
  if (inside.width != region.width || inside.height != region.height) {
    nodal_slide_fill_background(slide, format, pixels, stride, region.width, region.height);
  }
  if (!any) {
    return true;
  }
  Reading reading = {.slide = slide,
                     .level = level,
                     .geometry = geometry,
                     .format = format,
                     .cached = cached && !slide->in_memory,
                     .region = region,
                     .pixels = pixels,
                     .stride = stride};
  int64_t last_column = (inside.x + inside.width - 1) / geometry->tile_width;
  int64_t last_row = (inside.y + inside.height - 1) / geometry->tile_height;
  for (int64_t row = inside.y / geometry->tile_height; row <= last_row; row++) {
    for (int64_t column = inside.x / geometry->tile_width; column <= last_column; column++) {
      read_one_tile(&reading, inside, column, row);
    }
  }
  free(reading.scratch);
  bool failed = reading.error != NULL;
  if (failed && error) {
    *error = reading.error;
  } else {
    nodal_error_free(reading.error);
  }
  return !failed;
}

bool nodal_slide_read_level(NodalSlide *slide, int level, NodalRect region, NodalPixelFormat format, void *pixels,
                            size_t stride, NodalError **error) {
  return read_region(slide, level, region, format, pixels, stride, true, error);
}

bool nodal_slide_read_level_uncached(NodalSlide *slide, int level, NodalRect region, NodalPixelFormat format,
                                     void *pixels, size_t stride, NodalError **error) {
  return read_region(slide, level, region, format, pixels, stride, false, error);
}

/* floor(a / downsample), exact where the downsample is a whole number. */
static int64_t to_level(int64_t a, double downsample) {
  if (downsample == floor(downsample)) {
    return nodal_floor_div(a, (int64_t)downsample);
  }
  return (int64_t)floor((double)a / downsample);
}

bool nodal_slide_read_region(NodalSlide *slide, int level, int64_t x, int64_t y, int64_t width, int64_t height,
                             NodalPixelFormat format, void *pixels, size_t stride, NodalError **error) {
  NodalRect region = {x, y, width, height};
  if (!check_request(slide, level, region, format, stride, error)) {
    return false;
  }
  double downsample = slide->levels[level].downsample;
  region.x = to_level(x, downsample);
  region.y = to_level(y, downsample);
  return read_region(slide, level, region, format, pixels, stride, true, error);
}

static bool check_tile(const NodalSlide *slide, int level, int64_t column, int64_t row, NodalError **error) {
  const char *path = nodal_slide_path(slide);
  if (level < 0 || level >= slide->level_count) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: there is no level %d, only 0 to %d", path, level,
                      slide->level_count - 1);
  }
  const NodalLevel *geometry = &slide->levels[level];
  int64_t columns = nodal_div_up(geometry->width, geometry->tile_width);
  int64_t rows = nodal_div_up(geometry->height, geometry->tile_height);
  if (column < 0 || row < 0 || column >= columns || row >= rows) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: level %d has %lld x %lld tiles, none at %lld,%lld", path, level,
                      (long long)columns, (long long)rows, (long long)column, (long long)row);
  }
  return true;
}

bool nodal_slide_read_tile(NodalSlide *slide, int level, int64_t column, int64_t row, NodalPixelFormat format,
                           void *pixels, size_t stride, NodalError **error) {
  if (!check_tile(slide, level, column, row, error)) {
    return false;
  }
  const NodalLevel *geometry = &slide->levels[level];
  NodalRect region = {column * geometry->tile_width, row * geometry->tile_height, geometry->tile_width,
                      geometry->tile_height};
  return read_region(slide, level, region, format, pixels, stride, true, error);
}

/* --- compressed tiles, associated images --- */

bool nodal_slide_raw_info(NodalSlide *slide, int level, NodalRawInfo *info) {
  return level >= 0 && level < slide->level_count && slide->driver->raw_info &&
         slide->driver->raw_info(slide, level, info);
}

bool nodal_slide_read_raw(NodalSlide *slide, int level, int64_t column, int64_t row, NodalRawTile *tile,
                          NodalError **error) {
  NodalRawInfo info;
  if (!check_tile(slide, level, column, row, error)) {
    return false;
  }
  if (!nodal_slide_raw_info(slide, level, &info)) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "%s: level %d has no compressed tiles to hand out",
                      nodal_slide_path(slide), level);
  }
  return slide->driver->read_raw(slide, level, column, row, tile, error);
}

bool nodal_slide_read_raw_tile(NodalSlide *slide, int level, int64_t column, int64_t row, void **data, size_t *size,
                               NodalError **error) {
  NodalRawTile tile = {0};
  if (!nodal_slide_read_raw(slide, level, column, row, &tile, error)) {
    free(tile.data);
    return false;
  }
  NodalRawInfo info;
  nodal_slide_raw_info(slide, level, &info);
  if (tile.size > 0 && info.codec == NODAL_CODEC_JPEG) {
    NodalBytes whole = {0};
    bool spliced =
        nodal_codec_jpeg_splice(info.tables, info.tables_size, tile.data, tile.size, !info.jpeg_ycbcr, &whole, error);
    free(tile.data);
    if (!spliced) {
      free(whole.data);
      nodal_error_prefix(error, "%s: level %d, tile %lld,%lld", nodal_slide_path(slide), level, (long long)column,
                         (long long)row);
      return false;
    }
    tile = (NodalRawTile){whole.data, whole.size, whole.capacity};
  }
  if (tile.size == 0) {
    free(tile.data);
    tile.data = NULL;
  }
  *data = tile.data;
  *size = tile.size;
  return true;
}

bool nodal_slide_read_associated(NodalSlide *slide, const char *name, void *pixels, size_t stride, NodalError **error) {
  for (size_t i = 0; i < slide->associated_count; i++) {
    const NodalAssociated *associated = &slide->associated[i];
    if (strcmp(associated->name, name) != 0) {
      continue;
    }
    if (stride / 3 < (size_t)associated->width) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: a stride of %zu bytes is less than a row of %lld pixels",
                        nodal_slide_path(slide), stride, (long long)associated->width);
    }
    return slide->driver->read_associated(slide, (int)i, pixels, stride, error);
  }
  return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: has no associated image '%s'", nodal_slide_path(slide), name);
}
