/* SPDX-License-Identifier: Apache-2.0 */
#include <nodal/selftest.h>

#include "base/memory.h"
#include "codec/codec.h"
#include "pyramid/pyramid.h"
#include "pyramid/selftest_data.h"
#include "tiff/tiff_writer.h"
#include <nodal/slide.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A smooth pattern: JPEG changes it little, and no two pixels of a row or column are alike. */
enum { SIDE = 64 };

static void pattern_pixel(int64_t x, int64_t y, uint8_t *rgb) {
  rgb[0] = (uint8_t)(x * 4);
  rgb[1] = (uint8_t)(y * 4);
  rgb[2] = (uint8_t)(x * y / 16);
}

static void paint_pattern(uint8_t *rgb) {
  for (int y = 0; y < SIDE; y++) {
    for (int x = 0; x < SIDE; x++) {
      pattern_pixel(x, y, rgb + (y * SIDE + x) * 3);
    }
  }
}

/* Opens a slide in memory and compares level 0 with the pattern, `tolerance` a sample. */
static bool check_slide(const void *file, size_t size, const char *name, int tolerance, NodalError **error) {
  NodalSource *source = nodal_source_new_memory(file, size, name, error);
  NodalSlide *slide = source ? nodal_slide_open_source(source, NULL, error) : NULL;
  nodal_source_unref(source);
  uint8_t pixels[SIDE * SIDE * 3], expected[SIDE * SIDE * 3];
  bool ok =
      slide && nodal_slide_read_region(slide, 0, 0, 0, SIDE, SIDE, NODAL_PIXELS_RGB, pixels, (size_t)SIDE * 3, error);
  paint_pattern(expected);
  for (int i = 0; ok && i < SIDE * SIDE * 3; i++) {
    if (abs(pixels[i] - expected[i]) > tolerance) {
      ok = nodal_fail(error, NODAL_ERROR_FORMAT, "%s: sample %d of pixel %d,%d is %d, not %d", name, i % 3,
                      i / 3 % SIDE, i / 3 / SIDE, pixels[i], expected[i]);
    }
  }
  nodal_slide_free(slide);
  return ok;
}

static bool check_output(const NodalOutput *output, int tolerance, NodalError **error) {
  size_t size;
  const void *file = nodal_output_memory(output, &size);
  return check_slide(file, size, nodal_output_name(output), tolerance, error);
}

/* A check of one codec: writes the pattern in it, or takes what is built in, and reads it back. */
typedef struct Check {
  const char *name;
  NodalCodec codec;
  bool chroma_full;
  int tolerance;
  int compression; /* of built-in tiles */
  const uint8_t *data;
  size_t size;
} Check;

static bool give_tile(void *user, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                      NodalError **error) {
  (void)user, (void)worker, (void)error;
  enum { TILE = 32 };
  for (int64_t y = 0; y < TILE; y++) {
    for (int64_t x = 0; x < TILE; x++) {
      pattern_pixel(column * TILE + x, row * TILE + y, (uint8_t *)pixels + (size_t)y * stride + (size_t)x * 3);
    }
  }
  return true;
}

static bool check_written(const Check *check, NodalError **error) {
  NodalWriterOptions options = NODAL_WRITER_OPTIONS_INIT;
  options.width = options.height = SIDE;
  options.tile_size = 32;
  options.codec = check->codec;
  options.quality = 100;
  options.chroma_full = check->chroma_full;
  NodalOutput *output = nodal_output_new_memory(check->name, error);
  NodalWriter *writer = output ? nodal_pyramid_new(output, false, &options, NULL, error) : NULL;
  bool ok = writer && nodal_writer_write_all(writer, give_tile, NULL, 1, NULL, error) &&
            nodal_writer_finish(writer, error) && check_output(output, check->tolerance, error);
  nodal_writer_free(writer);
  nodal_output_free(output);
  return ok;
}

/* A TIFF of one tile that holds the built-in bytes. */
static bool check_built_in(const Check *check, NodalError **error) {
  NodalOutput *output = nodal_output_new_memory(check->name, error);
  NodalTiffWriter *writer = output ? nodal_tiff_writer_new(output, error) : NULL;
  NodalTiffSpec spec = {.width = SIDE,
                        .height = SIDE,
                        .tile_width = SIDE,
                        .tile_height = SIDE,
                        .samples = 3,
                        .compression = check->compression,
                        .photometric = 2};
  uint64_t offset = 0;
  int directory = writer ? nodal_tiff_writer_add(writer, &spec, error) : -1;
  bool ok = directory >= 0 && nodal_tiff_writer_start(writer, error) &&
            nodal_tiff_writer_append(writer, check->data, check->size, &offset, error);
  if (ok) {
    nodal_tiff_writer_set_block(writer, directory, 0, offset, check->size);
    ok = nodal_tiff_writer_finish(writer, error) && check_output(output, check->tolerance, error);
  }
  nodal_tiff_writer_free(writer);
  nodal_output_free(output);
  return ok;
}

static bool check_picture(const Check *check, NodalError **error) {
  uint8_t pixels[SIDE * SIDE * 3];
  paint_pattern(pixels);
  NodalEncoding encoding = {
      .codec = check->codec, .width = SIDE, .height = SIDE, .channels = 3, .quality = 100, .chroma_full = true};
  NodalBytes file = {0};
  bool ok = nodal_codec_encode(&encoding, pixels, (size_t)SIDE * 3, &file, error) &&
            check_slide(file.data, file.size, check->name, check->tolerance, error);
  free(file.data);
  return ok;
}

/* A file cut off in the middle must be refused, with a message. */
static bool check_damage(const Check *check, NodalError **error) {
  static const uint8_t cut[] = {'I', 'I', 43, 0, 8, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0};
  (void)check;
  NodalError *refusal = NULL;
  NodalSource *source = nodal_source_new_memory(cut, sizeof cut, "cut-off file", error);
  NodalSlide *slide = source ? nodal_slide_open_source(source, NULL, &refusal) : NULL;
  bool refused = source && !slide && refusal;
  nodal_slide_free(slide);
  nodal_error_free(refusal);
  nodal_source_unref(source);
  return refused || (source && nodal_fail(error, NODAL_ERROR_FORMAT, "a cut-off file was opened"));
}

static const struct {
  Check check;
  bool (*run)(const Check *check, NodalError **error);
} checks[] = {
    {{.name = "tiles, none", .codec = NODAL_CODEC_NONE}, check_written},
    {{.name = "tiles, lzw", .codec = NODAL_CODEC_LZW}, check_written},
    {{.name = "tiles, deflate", .codec = NODAL_CODEC_DEFLATE}, check_written},
    {{.name = "tiles, zstd", .codec = NODAL_CODEC_ZSTD}, check_written},
    {{.name = "tiles, jpeg 4:4:4", .codec = NODAL_CODEC_JPEG, .chroma_full = true, .tolerance = 3}, check_written},
    {{.name = "tiles, jpeg 4:2:0", .codec = NODAL_CODEC_JPEG, .tolerance = 16}, check_written},
    {{.name = "tiles, webp",
      .compression = NODAL_COMPRESSION_WEBP,
      .data = nodal_selftest_webp,
      .size = sizeof nodal_selftest_webp},
     check_built_in},
    {{.name = "tiles, jpeg2000",
      .compression = NODAL_COMPRESSION_JP2K,
      .data = nodal_selftest_jpeg2000,
      .size = sizeof nodal_selftest_jpeg2000},
     check_built_in},
    {{.name = "picture, png", .codec = NODAL_CODEC_PNG}, check_picture},
    {{.name = "picture, jpeg", .codec = NODAL_CODEC_JPEG, .tolerance = 3}, check_picture},
    {{.name = "a damaged file is refused"}, check_damage},
};

bool nodal_self_test(NodalSelfTestReport report, void *user, NodalError **error) {
  NodalError *first = NULL;
  for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
    NodalError *failure = NULL;
    bool passed = checks[i].run(&checks[i].check, &failure);
    if (report) {
      report(user, checks[i].check.name, passed ? NULL : failure ? nodal_error_message(failure) : "failed");
    }
    if (!passed && !first) {
      first = failure;
      failure = NULL;
      if (!first) {
        nodal_fail(&first, NODAL_ERROR_FORMAT, "%s failed", checks[i].check.name);
      }
    }
    nodal_error_free(failure);
  }
  bool passed = first == NULL;
  if (first && error) {
    *error = first;
  } else {
    nodal_error_free(first);
  }
  return passed;
}
