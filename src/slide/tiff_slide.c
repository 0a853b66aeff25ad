/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/tiff_slide.h"

#include "base/memory.h"
#include "codec/codec.h"
#include "slide/geometry.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* TIFF 6.0, tag 262 */
enum { MINISWHITE = 0, MINISBLACK = 1, RGB = 2, PALETTE = 3, YCBCR = 6 };

/* The largest tile or strip that is decoded in one piece. */
static const uint64_t max_block_pixels = (uint64_t)64 << 20;

NodalTiffSlide *nodal_tiff_slide_new(NodalSlide *slide, NodalProbe *probe, NodalError **error) {
  NodalTiffSlide *data = nodal_alloc_array(1, sizeof *data, error);
  if (data) {
    data->tiff = probe->tiff;
    probe->tiff = NULL;
    slide->driver_data = data;
  }
  return data;
}

void nodal_tiff_slide_close(NodalSlide *slide) {
  NodalTiffSlide *data = slide->driver_data;
  if (!data) {
    return;
  }
  for (size_t i = 0; i < data->level_count; i++) {
    free(data->levels[i].directories);
  }
  for (size_t i = 0; i < data->picture_count; i++) {
    free(data->pictures[i].file);
  }
  free(data->levels);
  free(data->pictures);
  nodal_missing_tiles_free(data->missing);
  nodal_tiff_free(data->tiff);
  free(data);
  slide->driver_data = NULL;
}

static const NodalTiffDirectory *directory_of(const NodalSlide *slide, int index) {
  const NodalTiffSlide *data = slide->driver_data;
  return nodal_tiff_directory(data->tiff, index);
}

/* --- what a directory's samples mean --- */

static bool is_jp2k(int compression) {
  return compression == NODAL_COMPRESSION_JP2K_YCBCR || compression == NODAL_COMPRESSION_JP2K_RGB ||
         compression == NODAL_COMPRESSION_JP2K;
}

/* Channels as the reader sees them: a palette becomes RGB. */
static int channels_of(const NodalTiffDirectory *directory) {
  return directory->photometric == PALETTE ? 3 : directory->samples;
}

static bool check_photometric(const NodalTiffDirectory *directory, NodalError **error) {
  switch (directory->photometric) {
  case MINISWHITE:
  case MINISBLACK:
    return true;
  case RGB:
    return directory->samples >= 3 || nodal_fail(error, NODAL_ERROR_FORMAT, "RGB with %d sample%s a pixel",
                                                 directory->samples, nodal_plural((uint64_t)directory->samples));
  case PALETTE:
    if (directory->samples != 1 || directory->dtype != NODAL_UINT8 || !directory->color_map) {
      return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "only 8-bit palettes are read");
    }
    return true;
  case YCBCR:
    /* Elsewhere the chroma would be packed as clumps of a few pixels, which nobody writes. */
    if (directory->samples != 3 ||
        (directory->compression != NODAL_COMPRESSION_JPEG && !is_jp2k(directory->compression) &&
         directory->compression != NODAL_COMPRESSION_WEBP)) {
      return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "YCbCr samples are read from JPEG only");
    }
    return true;
  default:
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "photometric interpretation %d is not read",
                      directory->photometric);
  }
}

static bool fail_samples(const NodalTiffDirectory *directory, NodalError **error) {
  static const char *const kinds[7] = {"other",     "unsigned", "signed", "floating point",
                                       "undefined", "complex",  "complex"};
  return nodal_fail(error, NODAL_ERROR_UNSUPPORTED,
                    "%s samples of %d bits are not read, only unsigned of 8, 16 and 32 and floating point of 32",
                    kinds[directory->sample_format], directory->bits);
}

static bool check_directory(const NodalTiffDirectory *directory, NodalError **error) {
  NodalCodec codec;
  if (!directory->dtype_known) {
    return fail_samples(directory, error);
  }
  if (!nodal_codec_of_compression(directory->compression, &codec)) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "compression %d is not read", directory->compression);
  }
  if (directory->orientation != 1) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED,
                      "its rows are not stored from the top left (orientation %d): 'vips autorot' turns them",
                      directory->orientation);
  }
  uint64_t area = (uint64_t)directory->block_width * (uint64_t)directory->block_height;
  if (area > max_block_pixels) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "%s of %lld x %lld pixels is too large to decode in one piece",
                      directory->tiled ? "a tile" : "a strip", (long long)directory->block_width,
                      (long long)directory->block_height);
  }
  return check_photometric(directory, error);
}

static NodalColor color_of(int photometric, int channels) {
  if (channels == 1) {
    return NODAL_COLOR_GRAY;
  }
  if (photometric == RGB || photometric == YCBCR || photometric == PALETTE) {
    return channels == 3 ? NODAL_COLOR_RGB : channels == 4 ? NODAL_COLOR_RGBA : NODAL_COLOR_CHANNELS;
  }
  return NODAL_COLOR_CHANNELS;
}

bool nodal_tiff_slide_set_pixels(NodalSlide *slide, const int *directories, int count, NodalError **error) {
  int channels = 0;
  const NodalTiffDirectory *first = directory_of(slide, directories[0]);
  for (int i = 0; i < count; i++) {
    const NodalTiffDirectory *directory = directory_of(slide, directories[i]);
    if (!check_directory(directory, error)) {
      nodal_error_prefix(error, "directory %d", directories[i]);
      return false;
    }
    if (directory->dtype != first->dtype) {
      return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "directories %d and %d differ in sample type", directories[0],
                        directories[i]);
    }
    channels += channels_of(directory);
  }
  slide->channels = channels;
  slide->dtype = first->dtype;
  slide->color =
      count == 1 ? color_of(first->photometric, channels) : (channels == 1 ? NODAL_COLOR_GRAY : NODAL_COLOR_CHANNELS);
  slide->partial_tiles = first->compression == NODAL_COMPRESSION_JPEG && count == 1 && !first->planar;
  slide->has_value_range = first->has_value_range;
  slide->minimum = first->minimum;
  slide->maximum = first->maximum;
  return !first->icc_profile || nodal_slide_set_icc_profile(slide, first->icc_profile, first->icc_profile_size, error);
}

bool nodal_tiff_slide_is_reduced(const NodalTiff *tiff, int base, int index) {
  const NodalTiffDirectory *large = nodal_tiff_directory(tiff, base);
  const NodalTiffDirectory *small = nodal_tiff_directory(tiff, index);
  if (!small->tiled || (small->subfile_type & 4) || small->width > large->width || small->height > large->height ||
      (small->width == large->width && small->height == large->height)) {
    return false;
  }
  if (channels_of(small) != channels_of(large) || !small->dtype_known || small->dtype != large->dtype) {
    return false;
  }
  NodalLevelShape shape = {
      large->width, large->height, small->width, small->height, small->block_width, small->block_height, 1, 0};
  double downsample;
  return nodal_find_downsample(&shape, &downsample);
}

static double stated_ratio(const NodalTiffDirectory *large, const NodalTiffDirectory *small) {
  bool comparable = large->x_resolution > 0 && small->x_resolution > 0 &&
                    large->resolution_unit == small->resolution_unit && large->x_resolution > small->x_resolution;
  return comparable ? large->x_resolution / small->x_resolution : 0;
}

static bool check_like_level_0(const NodalSlide *slide, const int *directories, int count, NodalError **error) {
  int channels = 0;
  for (int i = 0; i < count; i++) {
    const NodalTiffDirectory *directory = directory_of(slide, directories[i]);
    const NodalTiffDirectory *first = directory_of(slide, directories[0]);
    if (!check_directory(directory, error)) {
      nodal_error_prefix(error, "directory %d", directories[i]);
      return false;
    }
    if (directory->width != first->width || directory->height != first->height ||
        directory->block_width != first->block_width || directory->block_height != first->block_height ||
        directory->dtype != slide->dtype) {
      return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "directories %d and %d of one level differ in shape",
                        directories[0], directories[i]);
    }
    channels += channels_of(directory);
  }
  return channels == slide->channels ||
         nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "directory %d has %d channel%s, level 0 has %d", directories[0],
                    channels, nodal_plural((uint64_t)channels), slide->channels);
}

static bool find_level_downsample(const NodalSlide *slide, const NodalTiffDirectory *directory, NodalLevel *level,
                                  NodalError **error) {
  if (slide->level_count == 0) {
    level->downsample = 1;
    return true;
  }
  const NodalTiffSlide *data = slide->driver_data;
  const NodalTiffDirectory *base = directory_of(slide, data->levels[0].directories[0]);
  NodalLevelShape shape = {slide->levels[0].width,
                           slide->levels[0].height,
                           level->width,
                           level->height,
                           level->tile_width,
                           level->tile_height,
                           slide->levels[slide->level_count - 1].downsample,
                           stated_ratio(base, directory)};
  return nodal_find_downsample(&shape, &level->downsample) ||
         nodal_fail(error, NODAL_ERROR_FORMAT, "level %d of %lld x %lld pixels is no reduced level 0 (%lld x %lld)",
                    slide->level_count, (long long)level->width, (long long)level->height, (long long)shape.width0,
                    (long long)shape.height0);
}

bool nodal_tiff_slide_add_level(NodalSlide *slide, const int *directories, int count, int64_t width, int64_t height,
                                double downsample, NodalError **error) {
  NodalTiffSlide *data = slide->driver_data;
  const NodalTiffDirectory *directory = directory_of(slide, directories[0]);
  if (!check_like_level_0(slide, directories, count, error)) {
    return false;
  }
  NodalLevel level = {.width = width ? width : directory->width,
                      .height = height ? height : directory->height,
                      .downsample = downsample,
                      .tile_width = directory->block_width,
                      .tile_height = directory->block_height};
  nodal_codec_of_compression(directory->compression, &level.codec);
  if (downsample == 0 && !find_level_downsample(slide, directory, &level, error)) {
    return false;
  }
  int *copy = nodal_alloc_array((size_t)count, sizeof *copy, error);
  if (!copy ||
      !nodal_grow_array(&data->levels, &data->level_capacity, data->level_count + 1, sizeof *data->levels, error)) {
    free(copy);
    return false;
  }
  memcpy(copy, directories, (size_t)count * sizeof *copy);
  data->levels[data->level_count++] = (NodalTiffLevel){copy, count};
  return nodal_slide_add_level(slide, &level, error);
}

/* --- tiles --- */

static bool is_there(NodalSlide *slide, int level, int64_t index, bool *there, NodalError **error) {
  NodalTiffSlide *data = slide->driver_data;
  uint64_t offset, size;
  NodalError *cause = NULL;
  if (nodal_tiff_block(data->tiff, data->levels[level].directories[0], (uint64_t)index, &offset, &size, &cause)) {
    *there = size > 0;
    return true;
  }
  *there = true;
  if (nodal_error_code(cause) == NODAL_ERROR_FORMAT) {
    nodal_error_free(cause); /* it comes again when the tile is read */
    return true;
  }
  return nodal_error_pass(error, cause);
}

bool nodal_tiff_slide_make_missing(NodalSlide *slide, NodalError **error) {
  NodalTiffSlide *data = slide->driver_data;
  bool simple = slide->dtype == NODAL_UINT8 && (slide->channels == 1 || slide->channels == 3);
  data->missing = simple && slide->level_count > 1 ? nodal_missing_tiles_new(slide, is_there, error) : NULL;
  return data->missing || !simple || slide->level_count == 1;
}

static bool read_block(NodalTiffSlide *data, NodalSlide *slide, int directory, uint64_t index, NodalRawTile *raw,
                       NodalError **error) {
  uint64_t offset, size;
  if (!nodal_tiff_block(data->tiff, directory, index, &offset, &size, error)) {
    return false;
  }
  raw->size = 0;
  if (size == 0) {
    return true;
  }
  if (size > SIZE_MAX || !nodal_source_holds(slide->source, offset, size)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "%s: is truncated: a tile lies outside the file",
                      nodal_source_name(slide->source));
  }
  if (!nodal_grow_array(&raw->data, &raw->capacity, (size_t)size, 1, error) ||
      !nodal_source_read(slide->source, raw->data, (size_t)size, offset, error)) {
    return false;
  }
  raw->size = (size_t)size;
  return true;
}

static NodalBlock block_of(const NodalTiffSlide *data, const NodalTiffDirectory *directory, int64_t row) {
  int64_t rows = directory->block_height;
  if (!directory->tiled) {
    rows = nodal_min64(rows, directory->height - row * rows);
  }
  return (NodalBlock){.compression = directory->compression,
                      .width = (int)directory->block_width,
                      .height = (int)rows,
                      .channels = directory->planar ? 1 : directory->samples,
                      .dtype = directory->dtype,
                      .predictor = directory->predictor,
                      .swap_bytes = nodal_tiff_big_endian(data->tiff),
                      .jpeg_ycbcr = directory->photometric == YCBCR,
                      .tables = directory->jpeg_tables,
                      .tables_size = directory->jpeg_tables_size};
}

/* A JPEG tile of two bytes or so, or one that ends at once, is how some scanners write "nothing here". */
static bool is_empty_jpeg(const NodalTiffDirectory *directory, const NodalRawTile *raw) {
  return directory->compression == NODAL_COMPRESSION_JPEG &&
         (raw->size < 4 || (raw->data[0] == 0xFF && raw->data[1] == 0xD9));
}

/* Black and white swapped, a palette looked up, premultiplied alpha undone: rows of the part, in place or widened. */
static bool needs_afterwork(const NodalTiffDirectory *directory) {
  return directory->photometric == MINISWHITE || directory->photometric == PALETTE ||
         (directory->photometric == RGB && directory->samples == 4 && directory->extra_sample == 1 &&
          directory->dtype == NODAL_UINT8);
}

static void invert_row(void *row, size_t samples, NodalDtype dtype) {
  uint8_t *bytes = row;
  uint16_t *shorts = row;
  uint32_t *longs = row;
  for (size_t i = 0; i < samples; i++) {
    if (dtype == NODAL_UINT8) {
      bytes[i] = (uint8_t)~bytes[i];
    } else if (dtype == NODAL_UINT16) {
      shorts[i] = (uint16_t)~shorts[i];
    } else if (dtype == NODAL_UINT32) {
      longs[i] = ~longs[i];
    }
  }
}

static void expand_palette_row(uint8_t *row, int64_t count, const uint16_t *map) {
  /* From the back: three bytes take the place of one. */
  for (int64_t i = count - 1; i >= 0; i--) {
    uint8_t index = row[i];
    for (int c = 0; c < 3; c++) {
      row[3 * i + c] = (uint8_t)(map[c * 256 + index] >> 8);
    }
  }
}

static void unpremultiply_row(uint8_t *row, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    unsigned alpha = row[4 * i + 3];
    for (int c = 0; c < 3 && alpha > 0; c++) {
      unsigned value = (row[4 * i + c] * 255u + alpha / 2) / alpha;
      row[4 * i + c] = (uint8_t)(value > 255 ? 255 : value);
    }
  }
}

static void do_afterwork(const NodalTiffDirectory *directory, NodalRect part, uint8_t *pixels, size_t stride) {
  for (int64_t y = 0; y < part.height; y++) {
    uint8_t *row = pixels + (size_t)y * stride;
    if (directory->photometric == MINISWHITE) {
      invert_row(row, (size_t)part.width * (size_t)directory->samples, directory->dtype);
    } else if (directory->photometric == PALETTE) {
      expand_palette_row(row, part.width, directory->color_map);
    } else {
      unpremultiply_row(row, part.width);
    }
  }
}

static void name_tile(NodalError **error, const NodalSlide *slide, int level, int64_t column, int64_t row) {
  nodal_error_prefix(error, "%s: level %d, tile %lld,%lld", nodal_slide_path(slide), level, (long long)column,
                     (long long)row);
}

/* The usual case: one directory, samples side by side. */
static bool read_interleaved(NodalSlide *slide, int directory_index, int64_t column, int64_t row, NodalRect part,
                             void *pixels, size_t stride, NodalTileState *state, bool *named, NodalError **error) {
  NodalTiffSlide *data = slide->driver_data;
  const NodalTiffDirectory *directory = nodal_tiff_directory(data->tiff, directory_index);
  NodalRawTile raw = {0};
  uint64_t index = (uint64_t)row * (uint64_t)directory->blocks_across + (uint64_t)column;
  *named = true;
  bool ok = read_block(data, slide, directory_index, index, &raw, error);
  if (ok && (raw.size == 0 || is_empty_jpeg(directory, &raw))) {
    *state = NODAL_TILE_ABSENT;
  } else if (ok) {
    NodalBlock block = block_of(data, directory, row);
    *named = false;
    ok = nodal_codec_decode(&block, raw.data, raw.size, part, pixels, stride, error);
    if (ok && needs_afterwork(directory)) {
      do_afterwork(directory, part, pixels, stride);
    }
  }
  free(raw.data);
  return ok;
}

static void scatter(const uint8_t *plane, size_t from_channels, NodalRect part, uint8_t *pixels, size_t stride,
                    size_t pixel_size, size_t sample_size) {
  size_t run = from_channels * sample_size;
  for (int64_t y = 0; y < part.height; y++) {
    const uint8_t *from = plane + (size_t)y * (size_t)part.width * run;
    uint8_t *to = pixels + (size_t)y * stride;
    for (int64_t x = 0; x < part.width; x++) {
      memcpy(to + (size_t)x * pixel_size, from + (size_t)x * run, run);
    }
  }
}

/* Channels in blocks or directories of their own: each is decoded apart and put in its place. */
static bool read_planes(NodalSlide *slide, const NodalTiffLevel *level, int64_t column, int64_t row, NodalRect part,
                        uint8_t *pixels, size_t stride, NodalTileState *state, bool *named, NodalError **error) {
  NodalTiffSlide *data = slide->driver_data;
  size_t sample_size = nodal_dtype_size(slide->dtype), pixel_size = nodal_slide_native_size(slide);
  size_t channel = 0, present = 0;
  uint8_t *plane = nodal_alloc((size_t)part.width * (size_t)part.height * pixel_size, error);
  NodalRawTile raw = {0};
  bool ok = plane != NULL;
  *named = false;
  for (int d = 0; ok && d < level->directory_count; d++) {
    const NodalTiffDirectory *directory = nodal_tiff_directory(data->tiff, level->directories[d]);
    NodalBlock block = block_of(data, directory, row);
    size_t run = (size_t)block.channels * sample_size;
    uint64_t per_plane = (uint64_t)directory->blocks_across * (uint64_t)directory->blocks_down;
    uint64_t index = (uint64_t)row * (uint64_t)directory->blocks_across + (uint64_t)column;
    for (int p = 0; ok && p < directory->samples; p += block.channels, channel += (size_t)block.channels) {
      *named = true;
      ok = read_block(data, slide, level->directories[d], index + (uint64_t)p * per_plane, &raw, error);
      *named = *named && !ok;
      if (ok && raw.size > 0) {
        present++;
        ok = nodal_codec_decode(&block, raw.data, raw.size, part, plane, (size_t)part.width * run, error);
        if (ok && directory->photometric == MINISWHITE) {
          do_afterwork(directory, part, plane, (size_t)part.width * run);
        }
      } else if (ok) {
        memset(plane, 0, (size_t)part.width * (size_t)part.height * run);
      }
      if (ok) {
        scatter(plane, (size_t)block.channels, part, pixels + channel * sample_size, stride, pixel_size, sample_size);
      }
    }
  }
  if (ok && present == 0) {
    *state = NODAL_TILE_ABSENT;
  }
  free(raw.data);
  free(plane);
  return ok;
}

bool nodal_tiff_slide_read_tile(NodalSlide *slide, int level_index, int64_t column, int64_t row, NodalRect part,
                                void *pixels, size_t stride, NodalTileState *state, NodalError **error) {
  NodalTiffSlide *data = slide->driver_data;
  const NodalTiffLevel *level = &data->levels[level_index];
  const NodalTiffDirectory *directory = nodal_tiff_directory(data->tiff, level->directories[0]);
  bool named, ok, missing = false;
  if (data->missing && !nodal_missing_tiles_get(data->missing, slide, level_index, column, row, &missing, error)) {
    return false;
  }
  if (missing) {
    return nodal_missing_tiles_read(data->missing, slide, level_index, column, row, part, pixels, stride, state, error);
  }
  if (level->directory_count == 1 && !directory->planar) {
    ok = read_interleaved(slide, level->directories[0], column, row, part, pixels, stride, state, &named, error);
  } else {
    ok = read_planes(slide, level, column, row, part, pixels, stride, state, &named, error);
  }
  if (!ok && !named) {
    name_tile(error, slide, level_index, column, row);
  }
  return ok;
}

bool nodal_tiff_slide_raw_info(NodalSlide *slide, int level_index, NodalRawInfo *info) {
  NodalTiffSlide *data = slide->driver_data;
  const NodalTiffLevel *level = &data->levels[level_index];
  const NodalTiffDirectory *directory = nodal_tiff_directory(data->tiff, level->directories[0]);
  if (level->directory_count != 1 || directory->planar || !directory->tiled) {
    return false;
  }
  NodalCodec codec;
  nodal_codec_of_compression(directory->compression, &codec);
  *info = (NodalRawInfo){codec, directory->compression, directory->photometric == YCBCR, directory->jpeg_tables,
                         directory->jpeg_tables_size};
  return true;
}

bool nodal_tiff_slide_read_raw(NodalSlide *slide, int level_index, int64_t column, int64_t row, NodalRawTile *tile,
                               NodalError **error) {
  NodalTiffSlide *data = slide->driver_data;
  int index = data->levels[level_index].directories[0];
  bool missing = false;
  if (data->missing && !nodal_missing_tiles_get(data->missing, slide, level_index, column, row, &missing, error)) {
    return false;
  }
  if (missing) {
    tile->size = 0;
    return true;
  }
  const NodalTiffDirectory *directory = nodal_tiff_directory(data->tiff, index);
  uint64_t block = (uint64_t)row * (uint64_t)directory->blocks_across + (uint64_t)column;
  if (!read_block(data, slide, index, block, tile, error)) {
    return false;
  }
  if (tile->size > 0 && is_empty_jpeg(directory, tile)) {
    tile->size = 0;
  }
  return true;
}

/* --- associated images --- */

static bool add_picture(NodalSlide *slide, const char *name, int64_t width, int64_t height, NodalTiffPicture picture,
                        NodalError **error) {
  NodalTiffSlide *data = slide->driver_data;
  if (!nodal_grow_array(&data->pictures, &data->picture_capacity, data->picture_count + 1, sizeof *data->pictures,
                        error)) {
    free(picture.file);
    return false;
  }
  data->pictures[data->picture_count++] = picture;
  return nodal_slide_add_associated(slide, name, width, height, error);
}

bool nodal_tiff_slide_add_picture(NodalSlide *slide, const char *name, int index, NodalError **error) {
  const NodalTiffDirectory *directory = directory_of(slide, index);
  NodalColor color = color_of(directory->photometric, channels_of(directory));
  uint64_t area = (uint64_t)directory->width * (uint64_t)directory->height;
  if (!check_directory(directory, NULL) || directory->dtype != NODAL_UINT8 || directory->planar ||
      color == NODAL_COLOR_CHANNELS || area > max_block_pixels || channels_of(directory) == 4) {
    return true;
  }
  return add_picture(slide, name, directory->width, directory->height, (NodalTiffPicture){index, NULL, 0}, error);
}

bool nodal_tiff_slide_add_picture_file(NodalSlide *slide, const char *name, const uint8_t *file, size_t size,
                                       NodalError **error) {
  NodalImageInfo info;
  if (!nodal_codec_image_info(file, size, &info, NULL) || info.dtype != NODAL_UINT8 ||
      (info.channels != 1 && info.channels != 3) || info.width * info.height > (int64_t)max_block_pixels) {
    return true;
  }
  uint8_t *copy = nodal_alloc(size, error);
  if (!copy) {
    return false;
  }
  memcpy(copy, file, size);
  return add_picture(slide, name, info.width, info.height, (NodalTiffPicture){-1, copy, size}, error);
}

static void gray_rows_to_rgb(uint8_t *rgb, size_t stride, int64_t width, int64_t height) {
  for (int64_t y = 0; y < height; y++) {
    uint8_t *row = rgb + (size_t)y * stride;
    for (int64_t x = width - 1; x >= 0; x--) {
      row[3 * x] = row[3 * x + 1] = row[3 * x + 2] = row[x];
    }
  }
}

static bool read_picture_file(const NodalTiffPicture *picture, uint8_t *rgb, size_t stride, NodalError **error) {
  NodalImageInfo info;
  if (!nodal_codec_image_info(picture->file, picture->file_size, &info, error) ||
      !nodal_codec_image_decode(picture->file, picture->file_size, &info, rgb, stride, error)) {
    return false;
  }
  if (info.channels == 1) {
    gray_rows_to_rgb(rgb, stride, info.width, info.height);
  }
  return true;
}

static bool read_picture_directory(NodalSlide *slide, int index, uint8_t *rgb, size_t stride, NodalError **error) {
  const NodalTiffDirectory *directory = directory_of(slide, index);
  size_t pixel = (size_t)channels_of(directory);
  for (int64_t row = 0; row < directory->blocks_down; row++) {
    for (int64_t column = 0; column < directory->blocks_across; column++) {
      NodalRect part = {0, 0, nodal_min64(directory->block_width, directory->width - column * directory->block_width),
                        nodal_min64(directory->block_height, directory->height - row * directory->block_height)};
      uint8_t *to =
          rgb + (size_t)(row * directory->block_height) * stride + (size_t)(column * directory->block_width) * pixel;
      NodalTileState state = NODAL_TILE_PRESENT;
      bool named;
      if (!read_interleaved(slide, index, column, row, part, to, stride, &state, &named, error)) {
        if (!named) {
          nodal_error_prefix(error, "%s: directory %d", nodal_slide_path(slide), index);
        }
        return false;
      }
      for (int64_t y = 0; state == NODAL_TILE_ABSENT && y < part.height; y++) {
        memset(to + (size_t)y * stride, 255, (size_t)part.width * pixel);
      }
    }
  }
  if (pixel == 1) {
    gray_rows_to_rgb(rgb, stride, directory->width, directory->height);
  }
  return true;
}

bool nodal_tiff_slide_read_associated(NodalSlide *slide, int index, uint8_t *rgb, size_t stride, NodalError **error) {
  const NodalTiffSlide *data = slide->driver_data;
  const NodalTiffPicture *picture = &data->pictures[index];
  if (picture->directory >= 0) {
    return read_picture_directory(slide, picture->directory, rgb, stride, error);
  }
  if (!read_picture_file(picture, rgb, stride, error)) {
    nodal_error_prefix(error, "%s: associated image '%s'", nodal_slide_path(slide), slide->associated[index].name);
    return false;
  }
  return true;
}

/* --- properties --- */

bool nodal_tiff_slide_set_properties(NodalSlide *slide, int index, NodalError **error) {
  const NodalTiffDirectory *directory = directory_of(slide, index);
  static const char *const units[] = {"", "none", "inch", "centimeter"};
  const struct {
    const char *name, *value;
  } texts[] = {
      {"openslide.comment", directory->description},
      {"tiff.ImageDescription", directory->description},
      {"tiff.Make", directory->make},
      {"tiff.Model", directory->model},
      {"tiff.Software", directory->software},
      {"tiff.DateTime", directory->date_time},
      {"tiff.Artist", directory->artist},
      {"tiff.HostComputer", directory->host_computer},
      {"tiff.Copyright", directory->copyright},
      {"tiff.DocumentName", directory->document_name},
  };
  bool ok = true;
  for (size_t i = 0; ok && i < sizeof texts / sizeof *texts; i++) {
    ok = !texts[i].value || nodal_slide_set_property(slide, texts[i].name, texts[i].value, error);
  }
  if (ok && directory->x_resolution > 0) {
    ok = nodal_slide_set_property_double(slide, "tiff.XResolution", directory->x_resolution, error);
  }
  if (ok && directory->y_resolution > 0) {
    ok = nodal_slide_set_property_double(slide, "tiff.YResolution", directory->y_resolution, error);
  }
  if (ok && directory->resolution_unit >= 1 && directory->resolution_unit <= 3) {
    ok = nodal_slide_set_property(slide, "tiff.ResolutionUnit", units[directory->resolution_unit], error);
  }
  return ok;
}

void nodal_tiff_slide_set_spacing(NodalSlide *slide, int index) {
  const NodalTiffDirectory *directory = directory_of(slide, index);
  double unit_um = directory->resolution_unit == 3 ? 10000 : directory->resolution_unit == 2 ? 25400 : 0;
  if (unit_um > 0 && directory->x_resolution > 0 && directory->y_resolution > 0) {
    slide->spacing_x = unit_um / directory->x_resolution;
    slide->spacing_y = unit_um / directory->y_resolution;
  }
}
