/* SPDX-License-Identifier: Apache-2.0 */
#include "tiff_check.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static NodalWriterOptions options_of(int64_t width, int64_t height, NodalColor color, int channels, NodalDtype dtype,
                                     NodalCodec codec) {
  NodalWriterOptions options = NODAL_WRITER_OPTIONS_INIT;
  options.width = width;
  options.height = height;
  options.color = color;
  options.channels = channels;
  options.dtype = dtype;
  options.codec = codec;
  options.tile_size = 32;
  options.force = true;
  return options;
}

static void write_all(const char *path, const Reference *reference, const NodalWriterOptions *options, int threads) {
  NodalError *error = NULL;
  NodalWriter *writer = nodal_writer_new(path, options, &error);
  check_ok(writer != NULL, &error);
  Painted painted = {reference, options->dtype, options->tile_size};
  check_ok(nodal_writer_write_all(writer, painted_tile, &painted, threads, NULL, &error), &error);
  check_ok(nodal_writer_finish(writer, &error), &error);
  nodal_writer_free(writer);
}

static void give_tile(NodalWriter *writer, const Reference *reference, const NodalWriterOptions *options,
                      int64_t column, int64_t row) {
  NodalError *error = NULL;
  size_t stride = (size_t)options->tile_size * (size_t)reference->channels * nodal_dtype_size(options->dtype) + 24;
  unsigned char *tile = malloc(stride * (size_t)options->tile_size);
  reference_tile(reference, options->dtype, options->tile_size, column, row, tile, stride);
  check_ok(nodal_writer_write_tile(writer, column, row, tile, stride, &error), &error);
  free(tile);
}

/* All tiles, in an order that jumps about. */
static void write_shuffled(const char *path, const Reference *reference, const NodalWriterOptions *options) {
  NodalError *error = NULL;
  NodalWriter *writer = nodal_writer_new(path, options, &error);
  check_ok(writer != NULL, &error);
  int64_t columns = (options->width + options->tile_size - 1) / options->tile_size;
  int64_t rows = (options->height + options->tile_size - 1) / options->tile_size, count = columns * rows, step = 7;
  while (count % step == 0) {
    step += 2;
  }
  for (int64_t i = 0; i < count; i++) {
    int64_t at = i * step % count;
    give_tile(writer, reference, options, at % columns, at / columns);
  }
  check_ok(nodal_writer_finish(writer, &error), &error);
  nodal_writer_free(writer);
}

static void check_combination(NodalColor color, int channels, NodalDtype dtype, NodalCodec codec, bool nearest) {
  NodalWriterOptions options = options_of(99, 71, color, channels, dtype, codec);
  options.spacing_x_um = 0.243;
  options.spacing_y_um = 0.25;
  options.interpolation = nearest ? NODAL_INTERPOLATION_NEAREST : NODAL_INTERPOLATION_LINEAR;
  Reference reference = reference_paint(99, 71, color, channels, dtype);
  write_all(in_folder("all.tif"), &reference, &options, 3);
  check_pyramid(in_folder("all.tif"), &reference, &options, 3);
  write_shuffled(in_folder("shuffled.tif"), &reference, &options);
  check_pyramid(in_folder("shuffled.tif"), &reference, &options, 3);
  reference_free(&reference);
}

static void writes_every_combination_exactly(void **state) {
  (void)state;
  static const NodalCodec codecs[] = {NODAL_CODEC_NONE, NODAL_CODEC_LZW, NODAL_CODEC_DEFLATE, NODAL_CODEC_ZSTD};
  for (int c = 0; c < 4; c++) {
    for (int d = NODAL_UINT8; d <= NODAL_FLOAT32; d++) {
      NodalDtype dtype = (NodalDtype)d;
      check_combination(NODAL_COLOR_GRAY, 1, dtype, codecs[c], false);
      check_combination(NODAL_COLOR_RGB, 3, dtype, codecs[c], false);
      check_combination(NODAL_COLOR_RGBA, 4, dtype, codecs[c], false);
      check_combination(NODAL_COLOR_CHANNELS, 2, dtype, codecs[c], false);
      check_combination(NODAL_COLOR_CHANNELS, 5, dtype, codecs[c], c & 1);
      if (dtype != NODAL_FLOAT32) {
        check_combination(NODAL_COLOR_LABEL, 1, dtype, codecs[c], false);
      }
    }
  }
}

static void writes_nearest(void **state) {
  (void)state;
  check_combination(NODAL_COLOR_RGB, 3, NODAL_UINT8, NODAL_CODEC_LZW, true);
  check_combination(NODAL_COLOR_GRAY, 1, NODAL_UINT16, NODAL_CODEC_DEFLATE, true);
}

/* One check a size: shapes that are one tile, one row, odd at every level, exact multiples. */
static void writes_every_shape(void **state) {
  (void)state;
  static const int64_t sizes[][3] = {{1, 1, 1},   {32, 32, 1},  {33, 32, 2},   {31, 33, 2}, {2000, 3, 7},
                                     {1, 700, 6}, {128, 64, 3}, {257, 255, 5}, {64, 64, 2}, {511, 96, 5}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    NodalWriterOptions options =
        options_of(sizes[i][0], sizes[i][1], NODAL_COLOR_RGB, 3, NODAL_UINT8, NODAL_CODEC_NONE);
    Reference reference = reference_paint(sizes[i][0], sizes[i][1], NODAL_COLOR_RGB, 3, NODAL_UINT8);
    write_all(in_folder("all.tif"), &reference, &options, 2);
    check_pyramid(in_folder("all.tif"), &reference, &options, (int)sizes[i][2]);
    write_shuffled(in_folder("shuffled.tif"), &reference, &options);
    check_pyramid(in_folder("shuffled.tif"), &reference, &options, (int)sizes[i][2]);
    reference_free(&reference);
  }
}

static void counts_levels(void **state) {
  (void)state;
  int before = folder_count();
  static const int64_t cases[][5] = {/* width, height, tile, asked for, got */
                                     {512, 512, 512, 0, 1},
                                     {513, 512, 512, 0, 2},
                                     {200000, 100000, 512, 0, 10},
                                     {100000, 200000, 256, 0, 11},
                                     {100, 50, 512, 4, 4},
                                     {100, 50, 512, 32, 8},
                                     {1, 1, 512, 5, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    NodalWriterOptions options =
        options_of(cases[i][0], cases[i][1], NODAL_COLOR_RGB, 0, NODAL_UINT8, NODAL_CODEC_JPEG);
    options.tile_size = (int)cases[i][2];
    options.levels = (int)cases[i][3];
    NodalWriter *writer = nodal_writer_new(in_folder("levels.tif"), &options, NULL);
    assert_non_null(writer);
    assert_int_equal(nodal_writer_level_count(writer), cases[i][4]);
    nodal_writer_free(writer);
  }
  assert_int_equal(folder_count(), before);
}

/* Level k against the mean of the reference pyramid: what JPEG loses, and no more. */
static double jpeg_psnr(NodalColor color, int channels, int quality, bool full, int *subsampling) {
  NodalWriterOptions options = options_of(300, 220, color, channels, NODAL_UINT8, NODAL_CODEC_JPEG);
  options.quality = quality;
  options.chroma_full = full;
  options.tile_size = 64;
  Reference reference = reference_paint(300, 220, color, channels, NODAL_UINT8);
  write_all(in_folder("jpeg.tif"), &reference, &options, 2);
  TIFF *tiff = tiff_open(in_folder("jpeg.tif"));
  assert_int_equal(TIFFNumberOfDirectories(tiff), 4);
  Reference level = reference;
  double worst = INFINITY;
  for (int k = 0; k < 4; k++) {
    int64_t width, height;
    unsigned char *pixels = tiff_level(tiff, k, &width, &height);
    assert_int_equal(width, level.width);
    assert_int_equal(height, level.height);
    size_t samples = (size_t)(width * height) * (size_t)channels;
    unsigned char *wanted = malloc(samples);
    for (size_t i = 0; i < samples; i++) {
      wanted[i] = (unsigned char)level.samples[i];
    }
    worst = fmin(worst, psnr_of(pixels, wanted, samples));
    free(wanted);
    free(pixels);
    uint32_t tables_size = 0;
    void *tables = NULL;
    assert_int_equal(TIFFGetField(tiff, TIFFTAG_JPEGTABLES, &tables_size, &tables), 1);
    uint16_t h = 1, v = 1;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_YCBCRSUBSAMPLING, &h, &v);
    *subsampling = h * 10 + v;
    Reference next = reference_halve(&level, color, NODAL_UINT8, false);
    if (k > 0) {
      reference_free(&level);
    }
    level = next;
  }
  reference_free(&level);
  reference_free(&reference);
  TIFFClose(tiff);
  return worst;
}

static void writes_jpeg(void **state) {
  (void)state;
  int subsampling;
  /* Gray and full chroma lose what quantisation takes; 4:2:0 also the noise in the colours. */
  assert_true(jpeg_psnr(NODAL_COLOR_GRAY, 1, 95, false, &subsampling) > 34);
  assert_true(jpeg_psnr(NODAL_COLOR_RGB, 3, 95, true, &subsampling) > 34);
  assert_int_equal(subsampling, 11);
  double low = jpeg_psnr(NODAL_COLOR_RGB, 3, 80, false, &subsampling);
  assert_int_equal(subsampling, 22);
  assert_true(low > 22 && low < 34);
}

static void files_do_not_depend_on_threads(void **state) {
  (void)state;
  static const NodalCodec codecs[] = {NODAL_CODEC_JPEG, NODAL_CODEC_LZW};
  Reference reference = reference_paint(1500, 1100, NODAL_COLOR_RGB, 3, NODAL_UINT8);
  for (int c = 0; c < 2; c++) {
    NodalWriterOptions options = options_of(1500, 1100, NODAL_COLOR_RGB, 3, NODAL_UINT8, codecs[c]);
    unsigned char *first = NULL;
    size_t first_size = 0;
    for (int threads = 1; threads <= 8; threads += threads == 1 ? 1 : 6) {
      write_all(in_folder("threads.tif"), &reference, &options, threads);
      size_t size;
      unsigned char *bytes = file_bytes(in_folder("threads.tif"), &size);
      if (first) {
        assert_int_equal(size, first_size);
        assert_memory_equal(bytes, first, size);
        free(bytes);
      } else {
        first = bytes;
        first_size = size;
      }
    }
    free(first);
  }
  reference_free(&reference);
}

typedef struct Giver {
  NodalWriter *writer;
  const Reference *reference;
  const NodalWriterOptions *options;
  atomic_int *next;
} Giver;

static void *give_from_thread(void *user) {
  Giver *giver = user;
  int64_t columns = (giver->options->width + 31) / 32, rows = (giver->options->height + 31) / 32;
  for (int64_t i; (i = atomic_fetch_add(giver->next, 1)) < columns * rows;) {
    give_tile(giver->writer, giver->reference, giver->options, i % columns, i / columns);
  }
  return NULL;
}

static void takes_tiles_from_many_threads(void **state) {
  (void)state;
  NodalWriterOptions options = options_of(700, 900, NODAL_COLOR_RGB, 3, NODAL_UINT8, NODAL_CODEC_LZW);
  Reference reference = reference_paint(700, 900, NODAL_COLOR_RGB, 3, NODAL_UINT8);
  NodalError *error = NULL;
  NodalWriter *writer = nodal_writer_new(in_folder("many.tif"), &options, &error);
  check_ok(writer != NULL, &error);
  atomic_int next = 0;
  Giver giver = {writer, &reference, &options, &next};
  pthread_t threads[6];
  for (int i = 0; i < 6; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, give_from_thread, &giver), 0);
  }
  for (int i = 0; i < 6; i++) {
    pthread_join(threads[i], NULL);
  }
  check_ok(nodal_writer_finish(writer, &error), &error);
  nodal_writer_free(writer);
  check_pyramid(in_folder("many.tif"), &reference, &options, 6);
  reference_free(&reference);
}

static void unwritten_tiles_are_background(void **state) {
  (void)state;
  static const NodalColor colors[] = {NODAL_COLOR_RGB, NODAL_COLOR_RGBA, NODAL_COLOR_GRAY, NODAL_COLOR_LABEL};
  static const int channels[] = {3, 4, 1, 1};
  for (int c = 0; c < 4; c++) {
    NodalWriterOptions options = options_of(330, 290, colors[c], channels[c], NODAL_UINT8, NODAL_CODEC_LZW);
    options.background[0] = 250;
    options.background[1] = 240;
    options.background[2] = 230;
    Reference reference = reference_paint(330, 290, colors[c], channels[c], NODAL_UINT8);
    NodalError *error = NULL;
    NodalWriter *writer = nodal_writer_new(in_folder("few.tif"), &options, &error);
    check_ok(writer != NULL, &error);
    static const int64_t given[3][2] = {{1, 1}, {6, 2}, {10, 9}};
    for (int64_t y = 0; y < 290; y++) {
      for (int64_t x = 0; x < 330; x++) {
        bool written = false;
        for (int i = 0; i < 3; i++) {
          written = written || (x / 32 == given[i][0] && y / 32 == given[i][1]);
        }
        double *pixel = reference.samples + (y * 330 + x) * channels[c];
        for (int s = 0; s < channels[c] && !written; s++) {
          pixel[s] = channels[c] < 3 || s == 3 ? 0 : options.background[s];
        }
      }
    }
    for (int i = 0; i < 3; i++) {
      give_tile(writer, &reference, &options, given[i][0], given[i][1]);
    }
    check_ok(nodal_writer_finish(writer, &error), &error);
    nodal_writer_free(writer);
    check_pyramid(in_folder("few.tif"), &reference, &options, 5);
    reference_free(&reference);
  }
}

static void empty_slide_is_all_background(void **state) {
  (void)state;
  NodalWriterOptions options = options_of(100000, 80000, NODAL_COLOR_RGB, 3, NODAL_UINT8, NODAL_CODEC_JPEG);
  options.tile_size = 512;
  NodalError *error = NULL;
  NodalWriter *writer = nodal_writer_new(in_folder("empty.tif"), &options, &error);
  check_ok(writer != NULL && nodal_writer_finish(writer, &error), &error);
  nodal_writer_free(writer);
  TIFF *tiff = tiff_open(in_folder("empty.tif"));
  uint64_t first = tiff_offset(tiff, 0, 0);
  assert_true(first > 0);
  unsigned char *tile = malloc(512 * 512 * 3);
  for (int k = 0; k < 9; k++) {
    assert_int_equal(tiff_offset(tiff, k, 0), first);
    uint32_t last = TIFFNumberOfTiles(tiff) - 1;
    assert_int_equal(tiff_offset(tiff, k, last), first);
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    assert_int_equal(TIFFReadEncodedTile(tiff, last, tile, 512 * 512 * 3), 512 * 512 * 3);
    for (int i = 0; i < 512 * 512 * 3; i++) {
      assert_int_equal(tile[i], 255);
    }
  }
  free(tile);
  TIFFClose(tiff);
}

static void constant_tiles_are_stored_once(void **state) {
  (void)state;
  for (int any_order = 0; any_order < 2; any_order++) {
    NodalWriterOptions options = options_of(256, 256, NODAL_COLOR_RGB, 3, NODAL_UINT8, NODAL_CODEC_LZW);
    Reference reference = reference_paint(256, 256, NODAL_COLOR_RGB, 3, NODAL_UINT8);
    (any_order ? (void)write_shuffled(in_folder("constant.tif"), &reference, &options)
               : (void)write_all(in_folder("constant.tif"), &reference, &options, 2));
    /* The lower right quarter is one value: 16 of 64 tiles, 4 of 16, 1 of 4. */
    TIFF *tiff = tiff_open(in_folder("constant.tif"));
    uint64_t shared = tiff_offset(tiff, 0, 63);
    for (int k = 0; k < 3; k++) {
      int64_t across = 8 >> k;
      for (int64_t i = 0; i < across * across; i++) {
        bool inside = i % across >= across / 2 && i / across >= across / 2;
        assert_int_equal(tiff_offset(tiff, k, (uint32_t)i) == shared, inside);
      }
    }
    TIFFClose(tiff);
    reference_free(&reference);
  }
}

static bool read_range(const char *path, double *low, double *high) {
  TIFF *tiff = tiff_open(path);
  bool found =
      TIFFGetField(tiff, TIFFTAG_SMINSAMPLEVALUE, low) == 1 && TIFFGetField(tiff, TIFFTAG_SMAXSAMPLEVALUE, high) == 1;
  TIFFClose(tiff);
  return found;
}

static void states_the_range_of_values(void **state) {
  (void)state;
  Reference reference = reference_new(100, 70, 1);
  for (int i = 0; i < 7000; i++) {
    reference.samples[i] = 20;
  }
  reference.samples[5] = 3;
  reference.samples[6999] = 77;
  double low = 0, high = 0;
  for (int d = NODAL_UINT8; d <= NODAL_FLOAT32; d++) {
    NodalWriterOptions options = options_of(100, 70, NODAL_COLOR_GRAY, 1, (NodalDtype)d, NODAL_CODEC_LZW);
    write_all(in_folder("range.tif"), &reference, &options, 2);
    assert_true(read_range(in_folder("range.tif"), &low, &high));
    assert_true(low == 3 && high == 77);
    write_shuffled(in_folder("range.tif"), &reference, &options);
    assert_true(read_range(in_folder("range.tif"), &low, &high));
    assert_true(low == 3 && high == 77);
  }
  /* What nobody wrote counts as the background it is. */
  NodalWriterOptions options = options_of(100, 70, NODAL_COLOR_GRAY, 1, NODAL_UINT16, NODAL_CODEC_LZW);
  NodalError *error = NULL;
  NodalWriter *writer = nodal_writer_new(in_folder("range.tif"), &options, &error);
  check_ok(writer != NULL, &error);
  give_tile(writer, &reference, &options, 0, 0);
  check_ok(nodal_writer_finish(writer, &error), &error);
  nodal_writer_free(writer);
  assert_true(read_range(in_folder("range.tif"), &low, &high));
  assert_true(low == 0 && high == 20);
  reference_free(&reference);
  Reference color = reference_paint(40, 40, NODAL_COLOR_RGB, 3, NODAL_UINT8);
  options = options_of(40, 40, NODAL_COLOR_RGB, 3, NODAL_UINT8, NODAL_CODEC_LZW);
  write_all(in_folder("range.tif"), &color, &options, 1);
  assert_false(read_range(in_folder("range.tif"), &low, &high));
  reference_free(&color);
}

static char *description_of(const char *path, int directory) {
  TIFF *tiff = tiff_open(path);
  assert_int_equal(TIFFSetDirectory(tiff, (tdir_t)directory), 1);
  char *text = NULL;
  char *copy = TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text) == 1 ? strdup(text) : NULL;
  TIFFClose(tiff);
  return copy;
}

static void check_description(NodalColor color, const char *given, const char *wanted) {
  NodalWriterOptions options = options_of(40, 40, color, 1, NODAL_UINT8, NODAL_CODEC_LZW);
  options.description = given;
  Reference reference = reference_paint(40, 40, color, 1, NODAL_UINT8);
  write_all(in_folder("text.tif"), &reference, &options, 1);
  char *text = description_of(in_folder("text.tif"), 0);
  if (wanted) {
    assert_non_null(text);
    assert_string_equal(text, wanted);
  } else {
    assert_null(text);
  }
  assert_null(description_of(in_folder("text.tif"), 1));
  free(text);
  reference_free(&reference);
}

static void writes_the_description(void **state) {
  (void)state;
  check_description(NODAL_COLOR_GRAY, NULL, NULL);
  check_description(NODAL_COLOR_GRAY, "any text", "any text");
  check_description(NODAL_COLOR_LABEL, NULL, "nodal label");
  check_description(NODAL_COLOR_LABEL, "two\nlines", "nodal label\ndescription=two\\nlines");
  check_description(NODAL_COLOR_LABEL, "nodal label\na=b", "nodal label\na=b");
}

static void writes_the_icc_profile(void **state) {
  (void)state;
  static const unsigned char profile[133] = {0, 0, 0, 133, 'n', 'o', 'n', 'e'};
  NodalWriterOptions options = options_of(40, 40, NODAL_COLOR_RGB, 3, NODAL_UINT8, NODAL_CODEC_NONE);
  options.icc_profile = profile;
  options.icc_profile_size = sizeof profile;
  Reference reference = reference_paint(40, 40, NODAL_COLOR_RGB, 3, NODAL_UINT8);
  write_all(in_folder("icc.tif"), &reference, &options, 1);
  TIFF *tiff = tiff_open(in_folder("icc.tif"));
  uint32_t size = 0;
  void *data = NULL;
  assert_int_equal(TIFFGetField(tiff, TIFFTAG_ICCPROFILE, &size, &data), 1);
  assert_int_equal(size, sizeof profile);
  assert_memory_equal(data, profile, sizeof profile);
  TIFFClose(tiff);
  reference_free(&reference);
}

static void adds_associated_images(void **state) {
  (void)state;
  static const char *const names[] = {"label", "macro", "thumbnail"};
  static const uint32_t types[] = {1, 9, 1};
  unsigned char pixels[3][33 * 21 * 3];
  NodalWriterOptions options = options_of(70, 70, NODAL_COLOR_RGB, 3, NODAL_UINT8, NODAL_CODEC_JPEG);
  NodalError *error = NULL;
  NodalWriter *writer = nodal_writer_new(in_folder("associated.tif"), &options, &error);
  check_ok(writer != NULL, &error);
  for (int i = 0; i < 3; i++) {
    for (int p = 0; p < 33 * 21 * 3; p++) {
      pixels[i][p] = (unsigned char)(p * (i + 3));
    }
    check_ok(nodal_writer_add_associated(writer, names[i], pixels[i], 30, 21, 33 * 3, &error), &error);
  }
  Reference reference = reference_paint(70, 70, NODAL_COLOR_RGB, 3, NODAL_UINT8);
  Painted painted = {&reference, NODAL_UINT8, 32};
  check_ok(nodal_writer_write_all(writer, painted_tile, &painted, 2, NULL, &error), &error);
  check_ok(nodal_writer_finish(writer, &error), &error);
  nodal_writer_free(writer);
  reference_free(&reference);
  TIFF *tiff = tiff_open(in_folder("associated.tif"));
  assert_int_equal(TIFFNumberOfDirectories(tiff), 3 + 3);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(TIFFSetDirectory(tiff, (tdir_t)(3 + i)), 1);
    assert_false(TIFFIsTiled(tiff));
    uint32_t type = 0;
    char *name = NULL;
    TIFFGetField(tiff, TIFFTAG_SUBFILETYPE, &type);
    assert_int_equal(type, types[i]);
    assert_int_equal(TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &name), 1);
    assert_string_equal(name, names[i]);
    for (int y = 0; y < 21; y++) {
      unsigned char row[30 * 3];
      assert_int_equal(TIFFReadScanline(tiff, row, (uint32_t)y, 0), 1);
      assert_memory_equal(row, pixels[i] + y * 33 * 3, sizeof row);
    }
  }
  TIFFClose(tiff);
  /* The file has no description of nodal's own; the images are there all the same. */
  NodalSlide *slide = nodal_slide_open(in_folder("associated.tif"), NULL, &error);
  check_ok(slide != NULL, &error);
  assert_null(nodal_slide_associated_name(slide, 3, NULL, NULL));
  for (int i = 0; i < 3; i++) {
    int64_t width = 0, height = 0;
    assert_string_equal(nodal_slide_associated_name(slide, i, &width, &height), names[i]);
    assert_true(width == 30 && height == 21);
    unsigned char read[21 * 30 * 3];
    check_ok(nodal_slide_read_associated(slide, names[i], read, 30 * 3, &error), &error);
    for (int y = 0; y < 21; y++) {
      assert_memory_equal(read + y * 30 * 3, pixels[i] + y * 33 * 3, 30 * 3);
    }
  }
  nodal_slide_free(slide);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(writes_every_combination_exactly),
      cmocka_unit_test(writes_nearest),
      cmocka_unit_test(writes_every_shape),
      cmocka_unit_test(counts_levels),
      cmocka_unit_test(writes_jpeg),
      cmocka_unit_test(files_do_not_depend_on_threads),
      cmocka_unit_test(takes_tiles_from_many_threads),
      cmocka_unit_test(unwritten_tiles_are_background),
      cmocka_unit_test(empty_slide_is_all_background),
      cmocka_unit_test(constant_tiles_are_stored_once),
      cmocka_unit_test(states_the_range_of_values),
      cmocka_unit_test(writes_the_description),
      cmocka_unit_test(writes_the_icc_profile),
      cmocka_unit_test(adds_associated_images),
  };
  return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
