/* SPDX-License-Identifier: Apache-2.0 */
#include "tiff_make.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

Reference reference_smooth(int64_t width, int64_t height, int channels) {
  Reference reference = reference_new(width, height, channels);
  for (int64_t y = 0; y < height; y++) {
    for (int64_t x = 0; x < width; x++) {
      for (int c = 0; c < channels; c++) {
        double value = 128 + 60 * sin((double)x / (40.0 + 7 * c)) + 60 * cos((double)y / (33.0 - 5 * c));
        reference.samples[(y * width + x) * channels + c] = floor(value);
      }
    }
  }
  return reference;
}

static void set_tags(TIFF *tiff, const SourceSpec *spec) {
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)spec->width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, (uint32_t)spec->height);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, spec->channels);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, spec->bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, spec->real ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, spec->compression);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, spec->photometric);
  int colors = spec->photometric == PHOTOMETRIC_MINISBLACK ? 1 : 3;
  if (spec->channels > colors) {
    uint16_t extra[8] = {spec->channels == 4 && colors == 3 ? EXTRASAMPLE_UNASSALPHA : EXTRASAMPLE_UNSPECIFIED};
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, spec->channels - colors, extra);
  }
  if (spec->compression == COMPRESSION_JPEG) {
    TIFFSetField(tiff, TIFFTAG_JPEGQUALITY, spec->quality);
  }
  if (spec->photometric == PHOTOMETRIC_YCBCR) {
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    TIFFSetField(tiff, TIFFTAG_YCBCRSUBSAMPLING, spec->subsampling ? spec->subsampling : 2,
                 spec->subsampling ? spec->subsampling : 1);
  }
  if (spec->spacing_um > 0) {
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 10000 / spec->spacing_um);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 10000 / spec->spacing_um);
  }
  if (spec->description) {
    TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, spec->description);
  }
}

static NodalDtype dtype_of(const SourceSpec *spec) {
  return spec->real ? NODAL_FLOAT32 : spec->bits == 8 ? NODAL_UINT8 : spec->bits == 16 ? NODAL_UINT16 : NODAL_UINT32;
}

static void write_tiles(TIFF *tiff, const SourceSpec *spec, const Reference *reference) {
  size_t stride = (size_t)spec->tile * (size_t)(spec->channels * spec->bits / 8);
  unsigned char *tile = malloc(stride * (size_t)spec->tile);
  int64_t columns = (spec->width + spec->tile - 1) / spec->tile, rows = (spec->height + spec->tile - 1) / spec->tile;
  for (int64_t i = 0; i < columns * rows; i++) {
    if (!spec->leave_out || !spec->leave_out(i % columns, i / columns)) {
      /* The padding is something quite different from the pixels beside it. */
      reference_tile(reference, dtype_of(spec), spec->tile, i % columns, i / columns, tile, stride);
      assert_true(TIFFWriteEncodedTile(tiff, (uint32_t)i, tile, (tmsize_t)(stride * (size_t)spec->tile)) > 0);
    }
  }
  free(tile);
}

static void write_rows(TIFF *tiff, const SourceSpec *spec, const Reference *reference) {
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, spec->rows_per_strip);
  size_t samples = (size_t)(spec->width * spec->channels);
  unsigned char *row = malloc(samples * (size_t)spec->bits / 8);
  for (int64_t y = 0; y < spec->height; y++) {
    for (size_t i = 0; i < samples; i++) {
      store_sample(row, dtype_of(spec), i, reference->samples[(size_t)y * samples + i]);
    }
    assert_int_equal(TIFFWriteScanline(tiff, row, (uint32_t)y, 0), 1);
  }
  free(row);
}

void tiff_make(const char *path, const SourceSpec *spec, const Reference *reference) {
  TIFF *tiff = TIFFOpen(path, "w8");
  assert_non_null(tiff);
  set_tags(tiff, spec);
  if (spec->tile > 0) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, spec->tile);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, spec->tile);
    write_tiles(tiff, spec, reference);
  } else {
    write_rows(tiff, spec, reference);
  }
  TIFFClose(tiff);
}
