/* SPDX-License-Identifier: Apache-2.0 */
#include "tiff_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void fail_on_complaint(const char *module, const char *format, va_list arguments) {
  char text[500];
  vsnprintf(text, sizeof text, format, arguments);
  fail_msg("libtiff: %s: %s", module ? module : "", text);
}

TIFF *tiff_open(const char *path) {
  TIFFSetWarningHandler(fail_on_complaint);
  TIFFSetErrorHandler(fail_on_complaint);
  TIFF *tiff = TIFFOpen(path, "r");
  assert_non_null(tiff);
  return tiff;
}

static uint32_t tag32(TIFF *tiff, uint32_t tag) {
  uint32_t value = 0;
  assert_int_equal(TIFFGetField(tiff, tag, &value), 1);
  return value;
}

static int tag16(TIFF *tiff, uint32_t tag) {
  uint16_t value = 0;
  TIFFGetFieldDefaulted(tiff, tag, &value);
  return value;
}

unsigned char *tiff_level(TIFF *tiff, int directory, int64_t *width, int64_t *height) {
  assert_int_equal(TIFFSetDirectory(tiff, (tdir_t)directory), 1);
  *width = tag32(tiff, TIFFTAG_IMAGEWIDTH);
  *height = tag32(tiff, TIFFTAG_IMAGELENGTH);
  int64_t side = tag32(tiff, TIFFTAG_TILEWIDTH);
  assert_int_equal(tag32(tiff, TIFFTAG_TILELENGTH), side);
  if (tag16(tiff, TIFFTAG_PHOTOMETRIC) == PHOTOMETRIC_YCBCR) {
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  }
  size_t pixel = (size_t)tag16(tiff, TIFFTAG_SAMPLESPERPIXEL) * (size_t)tag16(tiff, TIFFTAG_BITSPERSAMPLE) / 8;
  unsigned char *pixels = calloc((size_t)(*width * *height), pixel), *tile = malloc((size_t)(side * side) * pixel);
  assert_true(pixels && tile);
  int64_t columns = (*width + side - 1) / side;
  assert_int_equal(TIFFNumberOfTiles(tiff), columns * ((*height + side - 1) / side));
  for (uint32_t i = 0; i < TIFFNumberOfTiles(tiff); i++) {
    int64_t x = i % columns * side, y = i / columns * side;
    tmsize_t size = (tmsize_t)((size_t)(side * side) * pixel);
    assert_int_equal(TIFFReadEncodedTile(tiff, i, tile, size), size);
    for (int64_t row = 0; row < side && y + row < *height; row++) {
      int64_t count = x + side <= *width ? side : *width - x;
      memcpy(pixels + (size_t)((y + row) * *width + x) * pixel, tile + (size_t)(row * side) * pixel,
             (size_t)count * pixel);
    }
  }
  free(tile);
  return pixels;
}

uint64_t tiff_offset(TIFF *tiff, int directory, uint32_t tile) {
  assert_int_equal(TIFFSetDirectory(tiff, (tdir_t)directory), 1);
  return TIFFGetStrileOffset(tiff, tile);
}

unsigned char *tiff_raw_tile(TIFF *tiff, int directory, uint32_t tile, size_t *size) {
  assert_int_equal(TIFFSetDirectory(tiff, (tdir_t)directory), 1);
  *size = (size_t)TIFFGetStrileByteCount(tiff, tile);
  unsigned char *data = malloc(*size + 1);
  assert_int_equal(TIFFReadRawTile(tiff, tile, data, (tmsize_t)*size), *size);
  return data;
}

static void check_tags(TIFF *tiff, int level, const NodalWriterOptions *options, int channels) {
  static const int compressions[] = {COMPRESSION_NONE, COMPRESSION_JPEG, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE,
                                     COMPRESSION_ZSTD};
  bool colored = options->color == NODAL_COLOR_RGB || options->color == NODAL_COLOR_RGBA;
  assert_int_equal(tag16(tiff, TIFFTAG_COMPRESSION), compressions[options->codec]);
  assert_int_equal(tag16(tiff, TIFFTAG_SAMPLESPERPIXEL), channels);
  assert_int_equal(tag16(tiff, TIFFTAG_BITSPERSAMPLE), 8 * nodal_dtype_size(options->dtype));
  assert_int_equal(tag16(tiff, TIFFTAG_SAMPLEFORMAT),
                   options->dtype == NODAL_FLOAT32 ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
  assert_int_equal(tag16(tiff, TIFFTAG_PHOTOMETRIC), !colored                             ? PHOTOMETRIC_MINISBLACK
                                                     : options->codec == NODAL_CODEC_JPEG ? PHOTOMETRIC_YCBCR
                                                                                          : PHOTOMETRIC_RGB);
  assert_int_equal(tag16(tiff, TIFFTAG_PLANARCONFIG), PLANARCONFIG_CONTIG);
  uint32_t subfile = 0;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SUBFILETYPE, &subfile);
  assert_int_equal(subfile, level > 0 ? FILETYPE_REDUCEDIMAGE : 0);
  uint16_t extra_count = 0, *extra = NULL;
  TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extra);
  assert_int_equal(extra_count, channels - (colored ? 3 : 1));
  for (int i = 0; i < extra_count; i++) {
    assert_int_equal(extra[i], options->color == NODAL_COLOR_RGBA ? EXTRASAMPLE_UNASSALPHA : EXTRASAMPLE_UNSPECIFIED);
  }
  float x = 0, y = 0;
  if (options->spacing_x_um > 0) {
    assert_int_equal(TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &x), 1);
    assert_int_equal(TIFFGetField(tiff, TIFFTAG_YRESOLUTION, &y), 1);
    assert_int_equal(tag16(tiff, TIFFTAG_RESOLUTIONUNIT), RESUNIT_CENTIMETER);
    assert_true(fabs(10000 / (double)x - options->spacing_x_um * (1 << level)) < 1e-6 * (1 << level));
    assert_true(fabs(10000 / (double)y - options->spacing_y_um * (1 << level)) < 1e-6 * (1 << level));
  } else {
    assert_int_equal(TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &x), 0);
  }
  char *software = NULL;
  assert_int_equal(TIFFGetField(tiff, TIFFTAG_SOFTWARE, &software), 1);
  assert_memory_equal(software, "nodal ", 6);
}

void check_pyramid(const char *path, const Reference *reference, const NodalWriterOptions *options, int levels) {
  bool nearest = options->color == NODAL_COLOR_LABEL || options->interpolation == NODAL_INTERPOLATION_NEAREST;
  TIFF *tiff = tiff_open(path);
  assert_int_equal(TIFFNumberOfDirectories(tiff), levels);
  Reference level = *reference;
  for (int k = 0; k < levels; k++) {
    int64_t width, height;
    unsigned char *pixels = tiff_level(tiff, k, &width, &height);
    assert_int_equal(width, level.width);
    assert_int_equal(height, level.height);
    check_tags(tiff, k, options, level.channels);
    size_t samples = (size_t)(width * height) * (size_t)level.channels;
    for (size_t i = 0; i < samples; i++) {
      if (sample_of(pixels, options->dtype, i) != level.samples[i]) {
        fail_msg("level %d, sample %zu of %lld x %lld x %d: %.9g, not %.9g", k, i, (long long)width, (long long)height,
                 level.channels, sample_of(pixels, options->dtype, i), level.samples[i]);
      }
    }
    free(pixels);
    Reference next = reference_halve(&level, options->color, options->dtype, nearest);
    if (k > 0) {
      reference_free(&level);
    }
    level = next;
  }
  reference_free(&level);
  TIFFClose(tiff);
}
