/* SPDX-License-Identifier: Apache-2.0 */
#include "tiff_make.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static NodalConvertOptions default_options(void) {
  NodalConvertOptions options = NODAL_CONVERT_OPTIONS_INIT;
  options.force = true;
  options.threads = 2;
  return options;
}

static NodalConvertResult convert(const char *from, const char *to, const NodalConvertOptions *options) {
  NodalError *error = NULL;
  NodalConvertResult result;
  NodalSlide *slide = nodal_slide_open(from, NULL, &error);
  check_ok(slide != NULL, &error);
  check_ok(nodal_convert(slide, to, options, NULL, &result, &error), &error);
  nodal_slide_free(slide);
  return result;
}

static SourceSpec jpeg_spec(int64_t width, int64_t height, int photometric, int subsampling) {
  return (SourceSpec){.width = width,
                      .height = height,
                      .tile = 64,
                      .channels = photometric == PHOTOMETRIC_MINISBLACK ? 1 : 3,
                      .bits = 8,
                      .compression = COMPRESSION_JPEG,
                      .photometric = photometric,
                      .subsampling = subsampling,
                      .quality = 90,
                      .spacing_um = 0.5};
}

/* Level 0 tile by tile: the very bytes, and the tables they need. */
static void check_kept(const char *from, const char *to) {
  TIFF *a = tiff_open(from), *b = tiff_open(to);
  uint32_t count = TIFFNumberOfTiles(a), sizes[2];
  void *tables[2];
  assert_int_equal(TIFFNumberOfTiles(b), count);
  assert_int_equal(TIFFGetField(a, TIFFTAG_JPEGTABLES, &sizes[0], &tables[0]), 1);
  assert_int_equal(TIFFGetField(b, TIFFTAG_JPEGTABLES, &sizes[1], &tables[1]), 1);
  assert_int_equal(sizes[0], sizes[1]);
  assert_memory_equal(tables[0], tables[1], sizes[0]);
  for (uint32_t i = 0; i < count; i++) {
    if (TIFFGetStrileByteCount(a, i) > 0) {
      size_t size, copied;
      unsigned char *was = tiff_raw_tile(a, 0, i, &size), *is = tiff_raw_tile(b, 0, i, &copied);
      assert_int_equal(size, copied);
      assert_memory_equal(was, is, size);
      free(was);
      free(is);
    }
  }
  TIFFClose(a);
  TIFFClose(b);
}

/* Each level against the mean of level 0 as libtiff decodes it. Returns the worst PSNR. */
static double level_psnr(const char *path, int levels, int channels) {
  TIFF *tiff = tiff_open(path);
  assert_int_equal(TIFFNumberOfDirectories(tiff), levels);
  int64_t width, height;
  unsigned char *pixels = tiff_level(tiff, 0, &width, &height);
  Reference level = reference_new(width, height, channels);
  for (int64_t i = 0; i < width * height * channels; i++) {
    level.samples[i] = pixels[i];
  }
  free(pixels);
  double worst = INFINITY;
  for (int k = 1; k < levels; k++) {
    Reference next = reference_halve(&level, NODAL_COLOR_RGB, NODAL_UINT8, false);
    reference_free(&level);
    level = next;
    pixels = tiff_level(tiff, k, &width, &height);
    assert_int_equal(width, level.width);
    assert_int_equal(height, level.height);
    size_t samples = (size_t)(width * height * channels);
    unsigned char *wanted = malloc(samples);
    for (size_t i = 0; i < samples; i++) {
      wanted[i] = (unsigned char)level.samples[i];
    }
    worst = fmin(worst, psnr_of(pixels, wanted, samples));
    free(wanted);
    free(pixels);
  }
  reference_free(&level);
  TIFFClose(tiff);
  return worst;
}

static void check_keeping(int photometric, int subsampling, int64_t width, int64_t height) {
  SourceSpec spec = jpeg_spec(width, height, photometric, subsampling);
  Reference reference = reference_smooth(width, height, spec.channels);
  tiff_make(in_folder("source.tif"), &spec, &reference);
  NodalConvertOptions options = default_options();
  options.quality = 98;
  options.chroma_full = photometric != PHOTOMETRIC_YCBCR || subsampling != 2;
  NodalConvertResult result = convert(in_folder("source.tif"), in_folder("kept.tif"), &options);
  assert_true(result.kept && !result.label);
  assert_int_equal(result.codec, NODAL_CODEC_JPEG);
  assert_int_equal(result.tile_size, 64);
  assert_int_equal(result.width, width);
  assert_int_equal(result.height, height);
  check_kept(in_folder("source.tif"), in_folder("kept.tif"));
  double psnr = level_psnr(in_folder("kept.tif"), result.levels, spec.channels);
  if (psnr < 40) {
    fail_msg("photometric %d, subsampling %d: a level has %.2f dB", photometric, subsampling, psnr);
  }
  reference_free(&reference);
}

static void keeps_jpeg_tiles(void **state) {
  (void)state;
  /* Whole tiles, whole MCUs, and neither. */
  static const int64_t sizes[3][2] = {{256, 192}, {304, 208}, {301, 203}};
  for (int i = 0; i < 3; i++) {
    check_keeping(PHOTOMETRIC_YCBCR, 2, sizes[i][0], sizes[i][1]);
    check_keeping(PHOTOMETRIC_YCBCR, 1, sizes[i][0], sizes[i][1]);
    check_keeping(PHOTOMETRIC_YCBCR, 0, sizes[i][0], sizes[i][1]);
    check_keeping(PHOTOMETRIC_RGB, 1, sizes[i][0], sizes[i][1]);
    check_keeping(PHOTOMETRIC_MINISBLACK, 1, sizes[i][0], sizes[i][1]);
  }
}

static bool skip_some(int64_t column, int64_t row) {
  return column == 1 || (column == 0 && row == 0) || (column == 3 && row == 2);
}

/* Tiles that the source leaves out become background that any reader decodes, and spoil no tile beside them. */
static void fills_absent_tiles(void **state) {
  (void)state;
  static const int kinds[][2] = {{PHOTOMETRIC_YCBCR, 2},
                                 {PHOTOMETRIC_YCBCR, 1},
                                 {PHOTOMETRIC_YCBCR, 0},
                                 {PHOTOMETRIC_RGB, 1},
                                 {PHOTOMETRIC_MINISBLACK, 1}};
  for (int kind = 0; kind < 5; kind++) {
    SourceSpec spec = jpeg_spec(300, 200, kinds[kind][0], kinds[kind][1]);
    Reference reference = reference_smooth(300, 200, spec.channels);
    tiff_make(in_folder("whole.tif"), &spec, &reference);
    spec.leave_out = skip_some;
    tiff_make(in_folder("sparse.tif"), &spec, &reference);
    NodalConvertOptions options = default_options();
    options.quality = 95;
    NodalConvertResult result = convert(in_folder("sparse.tif"), in_folder("kept.tif"), &options);
    assert_true(result.kept);
    int64_t width, height;
    TIFF *whole = tiff_open(in_folder("whole.tif")), *kept = tiff_open(in_folder("kept.tif"));
    unsigned char *wanted = tiff_level(whole, 0, &width, &height), *got = tiff_level(kept, 0, &width, &height);
    int background = spec.channels == 3 ? 255 : 0;
    for (int64_t y = 0; y < height; y++) {
      for (int64_t x = 0; x < width; x++) {
        for (int c = 0; c < spec.channels; c++) {
          int64_t i = (y * width + x) * spec.channels + c;
          assert_int_equal(got[i], skip_some(x / 64, y / 64) ? background : wanted[i]);
        }
      }
    }
    free(wanted);
    free(got);
    /* The next level has it too: the middle of tile 0,0. */
    got = tiff_level(kept, 1, &width, &height);
    assert_true(abs(got[(16 * width + 16) * spec.channels] - background) < 4);
    free(got);
    /* All absent tiles are one. */
    assert_int_equal(tiff_offset(kept, 0, 0), tiff_offset(kept, 0, 1));
    assert_int_equal(tiff_offset(kept, 0, 0), tiff_offset(kept, 0, 13));
    TIFFClose(whole);
    TIFFClose(kept);
    reference_free(&reference);
  }
}

static void equal_copies_are_stored_once(void **state) {
  (void)state;
  SourceSpec spec = jpeg_spec(512, 512, PHOTOMETRIC_YCBCR, 2);
  Reference reference = reference_paint(512, 512, NODAL_COLOR_RGB, 3, NODAL_UINT8);
  tiff_make(in_folder("source.tif"), &spec, &reference);
  NodalConvertOptions options = default_options();
  assert_true(convert(in_folder("source.tif"), in_folder("kept.tif"), &options).kept);
  check_kept(in_folder("source.tif"), in_folder("kept.tif"));
  /* The lower right quarter is one value, so there libtiff wrote the same bytes 16 times. */
  TIFF *tiff = tiff_open(in_folder("kept.tif"));
  uint64_t shared = tiff_offset(tiff, 0, 63);
  for (int64_t i = 0; i < 64; i++) {
    assert_int_equal(tiff_offset(tiff, 0, (uint32_t)i) == shared, i % 8 >= 4 && i / 8 >= 4);
  }
  TIFFClose(tiff);
  reference_free(&reference);
}

static void keeps_an_aligned_region(void **state) {
  (void)state;
  SourceSpec spec = jpeg_spec(512, 384, PHOTOMETRIC_YCBCR, 2);
  Reference reference = reference_smooth(512, 384, 3);
  tiff_make(in_folder("source.tif"), &spec, &reference);
  NodalConvertOptions options = default_options();
  options.region = (NodalRect){128, 64, 200, 130};
  NodalConvertResult result = convert(in_folder("source.tif"), in_folder("part.tif"), &options);
  assert_true(result.kept);
  assert_int_equal(result.width, 200);
  assert_int_equal(result.height, 130);
  int64_t width, height, part_width, part_height;
  TIFF *whole = tiff_open(in_folder("source.tif")), *part = tiff_open(in_folder("part.tif"));
  unsigned char *a = tiff_level(whole, 0, &width, &height), *b = tiff_level(part, 0, &part_width, &part_height);
  for (int64_t y = 0; y < 130; y++) {
    assert_memory_equal(a + ((y + 64) * width + 128) * 3, b + y * part_width * 3, 200 * 3);
  }
  free(a);
  free(b);
  TIFFClose(whole);
  TIFFClose(part);
  /* Off the grid, or of another tile size, tiles cannot be kept. */
  options.region.x = 100;
  assert_false(convert(in_folder("source.tif"), in_folder("part.tif"), &options).kept);
  options.region = (NodalRect){0, 0, 0, 0};
  options.tile_size = 128;
  assert_false(convert(in_folder("source.tif"), in_folder("part.tif"), &options).kept);
  options.tile_size = 64;
  assert_true(convert(in_folder("source.tif"), in_folder("part.tif"), &options).kept);
  options.keep = false;
  assert_false(convert(in_folder("source.tif"), in_folder("part.tif"), &options).kept);
  reference_free(&reference);
}

static void check_lossless(const SourceSpec *spec, NodalColor color, NodalDtype dtype, NodalConvertOptions *options,
                           int levels) {
  Reference reference = reference_paint(spec->width, spec->height, color, spec->channels, dtype);
  tiff_make(in_folder("source.tif"), spec, &reference);
  NodalConvertResult result = convert(in_folder("source.tif"), in_folder("lossless.tif"), options);
  assert_false(result.kept);
  assert_int_equal(result.levels, levels);
  NodalWriterOptions wanted = {.color = color, .dtype = dtype, .codec = result.codec};
  wanted.spacing_x_um = wanted.spacing_y_um = spec->spacing_um;
  check_pyramid(in_folder("lossless.tif"), &reference, &wanted, levels);
  reference_free(&reference);
}

static void converts_lossless_sources_exactly(void **state) {
  (void)state;
  NodalConvertOptions options = default_options();
  options.tile_size = 64;
  options.codec = NODAL_CODEC_DEFLATE;
  SourceSpec spec = {.width = 333,
                     .height = 277,
                     .tile = 64,
                     .channels = 3,
                     .bits = 8,
                     .compression = COMPRESSION_LZW,
                     .photometric = PHOTOMETRIC_RGB,
                     .spacing_um = 0.25};
  check_lossless(&spec, NODAL_COLOR_RGB, NODAL_UINT8, &options, 4);
  spec.tile = 48; /* does not fit into 64 */
  check_lossless(&spec, NODAL_COLOR_RGB, NODAL_UINT8, &options, 4);
  spec.tile = 0; /* rows as wide as the slide */
  spec.rows_per_strip = 5;
  check_lossless(&spec, NODAL_COLOR_RGB, NODAL_UINT8, &options, 4);
  spec.tile = 512; /* larger than all */
  check_lossless(&spec, NODAL_COLOR_RGB, NODAL_UINT8, &options, 4);
  spec.tile = 32;
  spec.bits = 16;
  check_lossless(&spec, NODAL_COLOR_RGB, NODAL_UINT16, &options, 4);
  spec.bits = 8;
  spec.channels = 4;
  check_lossless(&spec, NODAL_COLOR_RGBA, NODAL_UINT8, &options, 4);
  spec.photometric = PHOTOMETRIC_MINISBLACK;
  spec.channels = 5;
  check_lossless(&spec, NODAL_COLOR_CHANNELS, NODAL_UINT8, &options, 4);
  spec.channels = 1;
  spec.bits = 32;
  spec.real = true;
  options.codec = NODAL_CODEC_JPEG; /* not for floats: becomes LZW */
  check_lossless(&spec, NODAL_COLOR_GRAY, NODAL_FLOAT32, &options, 4);
  spec.real = false;
  spec.bits = 8; /* few values: a label image */
  check_lossless(&spec, NODAL_COLOR_LABEL, NODAL_UINT8, &options, 4);
}

static void recognizes_labels(void **state) {
  (void)state;
  SourceSpec spec = {.width = 300,
                     .height = 200,
                     .tile = 64,
                     .channels = 1,
                     .bits = 8,
                     .compression = COMPRESSION_LZW,
                     .photometric = PHOTOMETRIC_MINISBLACK};
  Reference few = reference_paint(300, 200, NODAL_COLOR_LABEL, 1, NODAL_UINT8);
  Reference many = reference_smooth(300, 200, 1);
  NodalError *error = NULL;
  bool label = false;
  for (int i = 0; i < 4; i++) {
    spec.compression = i == 1 ? COMPRESSION_JPEG : COMPRESSION_LZW;
    spec.quality = 100;
    spec.description = i == 3 ? "nodal label" : NULL;
    tiff_make(in_folder("label.tif"), &spec, i < 2 ? &few : &many);
    NodalSlide *slide = nodal_slide_open(in_folder("label.tif"), NULL, &error);
    check_ok(slide != NULL, &error);
    check_ok(nodal_slide_is_label(slide, &label, &error), &error);
    /* Few values; few, but lossy; many; many, but it says so itself. */
    assert_int_equal(label, i == 0 || i == 3);
    nodal_slide_free(slide);
  }
  /* 64 values still are labels, 65 are not. */
  for (int values = 64; values <= 65; values++) {
    for (int i = 0; i < 300 * 200; i++) {
      few.samples[i] = (i / 7) % values;
    }
    spec.description = NULL;
    tiff_make(in_folder("label.tif"), &spec, &few);
    NodalSlide *slide = nodal_slide_open(in_folder("label.tif"), NULL, &error);
    check_ok(slide != NULL, &error);
    check_ok(nodal_slide_is_label(slide, &label, &error), &error);
    assert_int_equal(label, values == 64);
    nodal_slide_free(slide);
  }
  reference_free(&few);
  reference_free(&many);
}

static void lossy_output_of_alpha_has_the_background(void **state) {
  (void)state;
  SourceSpec spec = {.width = 100,
                     .height = 100,
                     .tile = 112,
                     .channels = 4,
                     .bits = 8,
                     .compression = COMPRESSION_NONE,
                     .photometric = PHOTOMETRIC_RGB};
  Reference reference = reference_new(100, 100, 4);
  for (int i = 0; i < 10000; i++) {
    reference.samples[4 * i] = 200;
    reference.samples[4 * i + 3] = i % 100 < 48 ? 0 : 255;
  }
  tiff_make(in_folder("alpha.tif"), &spec, &reference);
  NodalConvertOptions options = default_options();
  options.quality = 95;
  assert_int_equal(convert(in_folder("alpha.tif"), in_folder("jpeg.tif"), &options).codec, NODAL_CODEC_JPEG);
  TIFF *tiff = tiff_open(in_folder("jpeg.tif"));
  int64_t width, height;
  unsigned char *pixels = tiff_level(tiff, 0, &width, &height);
  TIFFClose(tiff);
  static const int wanted[2][3] = {{255, 255, 255}, {200, 0, 0}};
  for (int side = 0; side < 2; side++) {
    for (int c = 0; c < 3; c++) {
      assert_true(abs(pixels[(50 * 100 + (side ? 80 : 20)) * 3 + c] - wanted[side][c]) <= 3);
    }
  }
  free(pixels);
  reference_free(&reference);
}

static void outputs_do_not_depend_on_threads(void **state) {
  (void)state;
  SourceSpec specs[2] = {jpeg_spec(1100, 900, PHOTOMETRIC_YCBCR, 2), jpeg_spec(1100, 900, PHOTOMETRIC_RGB, 1)};
  Reference reference = reference_paint(1100, 900, NODAL_COLOR_RGB, 3, NODAL_UINT8);
  for (int s = 0; s < 2; s++) {
    tiff_make(in_folder("source.tif"), &specs[s], &reference);
    for (int keep = 0; keep < 2; keep++) {
      NodalConvertOptions options = default_options();
      options.keep = keep;
      options.tile_size = 64;
      size_t sizes[2];
      unsigned char *bytes[2];
      for (int i = 0; i < 2; i++) {
        options.threads = i ? 8 : 1;
        assert_int_equal(convert(in_folder("source.tif"), in_folder("out.tif"), &options).kept, keep);
        bytes[i] = file_bytes(in_folder("out.tif"), &sizes[i]);
      }
      assert_int_equal(sizes[0], sizes[1]);
      assert_memory_equal(bytes[0], bytes[1], sizes[0]);
      free(bytes[0]);
      free(bytes[1]);
    }
  }
  reference_free(&reference);
}

static void carries_what_goes_with_the_pixels(void **state) {
  (void)state;
  static unsigned char label[20 * 10 * 3], macro[40 * 12 * 3], profile[200] = {0, 0, 0, 200};
  for (size_t i = 0; i < sizeof macro; i++) {
    macro[i] = (unsigned char)(i * 5);
    label[i % sizeof label] = (unsigned char)(i * 3);
  }
  NodalWriterOptions written = NODAL_WRITER_OPTIONS_INIT;
  written.force = true;
  written.width = 150;
  written.height = 90;
  written.tile_size = 64;
  written.spacing_x_um = 0.243;
  written.spacing_y_um = 0.25;
  written.description = "nodal slide\nhospital.name=Sankt J\xc3\xb6rg\nnote=two\\nlines, one \\\\ and \\x78ml";
  written.icc_profile = profile;
  written.icc_profile_size = sizeof profile;
  NodalError *error = NULL;
  NodalWriter *writer = nodal_writer_new(in_folder("source.tif"), &written, &error);
  check_ok(writer != NULL, &error);
  check_ok(nodal_writer_add_associated(writer, "label", label, 20, 10, 60, &error), &error);
  check_ok(nodal_writer_add_associated(writer, "macro", macro, 40, 12, 120, &error), &error);
  check_ok(nodal_writer_finish(writer, &error), &error);
  nodal_writer_free(writer);
  NodalConvertOptions options = default_options();
  convert(in_folder("source.tif"), in_folder("carried.tif"), &options);
  NodalSlide *slide = nodal_slide_open(in_folder("carried.tif"), NULL, &error);
  check_ok(slide != NULL, &error);
  double x = 0, y = 0;
  assert_true(nodal_slide_spacing(slide, &x, &y));
  assert_true(fabs(x - 0.243) < 1e-9 && fabs(y - 0.25) < 1e-9);
  assert_string_equal(nodal_slide_property(slide, "hospital.name"), "Sankt J\xc3\xb6rg");
  assert_string_equal(nodal_slide_property(slide, "note"), "two\nlines, one \\ and xml");
  assert_string_equal(nodal_slide_property(slide, "nodal.source-format"), "generic-tiff");
  size_t size = 0;
  assert_memory_equal(nodal_slide_icc_profile(slide, &size), profile, sizeof profile);
  assert_int_equal(size, sizeof profile);
  unsigned char pixels[sizeof macro];
  check_ok(nodal_slide_read_associated(slide, "label", pixels, 60, &error), &error);
  assert_memory_equal(pixels, label, sizeof label);
  check_ok(nodal_slide_read_associated(slide, "macro", pixels, 120, &error), &error);
  assert_memory_equal(pixels, macro, sizeof macro);
  nodal_slide_free(slide);
}

static void resamples(void **state) {
  (void)state;
  SourceSpec spec = jpeg_spec(512, 384, PHOTOMETRIC_YCBCR, 2);
  Reference reference = reference_smooth(512, 384, 3);
  tiff_make(in_folder("source.tif"), &spec, &reference);
  NodalConvertOptions options = default_options();
  options.spacing_um = 0.75;
  options.codec = NODAL_CODEC_LZW;
  options.tile_size = 128;
  NodalConvertResult result = convert(in_folder("source.tif"), in_folder("coarse.tif"), &options);
  assert_false(result.kept);
  assert_int_equal(result.width, 341); /* 512 * 0.5 / 0.75 = 341.33 */
  assert_int_equal(result.height, 256);
  NodalError *error = NULL;
  NodalSlide *source = nodal_slide_open(in_folder("source.tif"), NULL, &error);
  NodalSlide *coarse = nodal_slide_open(in_folder("coarse.tif"), NULL, &error);
  assert_true(source && coarse);
  double x, y;
  assert_true(nodal_slide_spacing(coarse, &x, &y));
  assert_true(fabs(x - 0.75) < 1e-9 && fabs(y - 0.75) < 1e-9);
  /* The same grid asked for at once. */
  unsigned char *wanted = malloc(341 * 256 * 3), *got = malloc(341 * 256 * 3);
  check_ok(nodal_slide_read_at_spacing(source, 0.75, 0, 0, 341, 256, NODAL_INTERPOLATION_LINEAR, NODAL_PIXELS_NATIVE,
                                       wanted, 341 * 3, &error),
           &error);
  NodalRect all = {0, 0, 341, 256};
  check_ok(nodal_slide_read_level(coarse, 0, all, NODAL_PIXELS_NATIVE, got, 341 * 3, &error), &error);
  assert_memory_equal(wanted, got, 341 * 256 * 3);
  free(wanted);
  free(got);
  nodal_slide_free(source);
  nodal_slide_free(coarse);
  /* The spacing that it has: nothing to resample. */
  options.spacing_um = 0.5;
  options.codec = NODAL_CODEC_JPEG;
  options.tile_size = 0;
  assert_true(convert(in_folder("source.tif"), in_folder("coarse.tif"), &options).kept);
  reference_free(&reference);
}

static void converting_again_changes_nothing(void **state) {
  (void)state;
  SourceSpec spec = jpeg_spec(600, 400, PHOTOMETRIC_YCBCR, 2);
  spec.leave_out = skip_some;
  Reference reference = reference_smooth(600, 400, 3);
  tiff_make(in_folder("source.tif"), &spec, &reference);
  NodalConvertOptions options = default_options();
  convert(in_folder("source.tif"), in_folder("once.tif"), &options);
  convert(in_folder("once.tif"), in_folder("twice.tif"), &options);
  size_t sizes[2];
  unsigned char *once = file_bytes(in_folder("once.tif"), &sizes[0]),
                *twice = file_bytes(in_folder("twice.tif"), &sizes[1]);
  assert_int_equal(sizes[0], sizes[1]);
  assert_memory_equal(once, twice, sizes[0]);
  free(once);
  free(twice);
  reference_free(&reference);
}

static void refuse(const NodalConvertOptions *options, NodalErrorCode code, const char *path, const char *message) {
  NodalError *error = NULL;
  NodalSlide *slide = nodal_slide_open(in_folder("plain.tif"), NULL, &error);
  check_ok(slide != NULL, &error);
  check_error_at(nodal_convert(slide, in_folder("refused.tif"), options, NULL, NULL, &error), &error, code, path,
                 message);
  nodal_slide_free(slide);
}

static void refuses_what_makes_no_sense(void **state) {
  (void)state;
  SourceSpec spec = jpeg_spec(300, 200, PHOTOMETRIC_YCBCR, 2);
  spec.spacing_um = 0;
  Reference reference = reference_smooth(300, 200, 3);
  tiff_make(in_folder("plain.tif"), &spec, &reference);
  int before = folder_count();
  NodalConvertOptions options = default_options();
  options.region = (NodalRect){200, 0, 101, 10};
  refuse(&options, NODAL_ERROR_ARGUMENT, in_folder("plain.tif"),
         "region 200,0 101x10 does not lie in its 300 x 200 pixels");
  options = default_options();
  options.spacing_um = 1;
  refuse(&options, NODAL_ERROR_ARGUMENT, in_folder("plain.tif"), "states no spacing, so it cannot be brought to 1 um");
  options = default_options();
  options.tile_size = 100;
  refuse(&options, NODAL_ERROR_ARGUMENT, in_folder("refused.tif"),
         "tile size 100 is not a multiple of 16 from 16 to 4096");
  options = default_options();
  options.codec = NODAL_CODEC_JPEG2000;
  refuse(&options, NODAL_ERROR_UNSUPPORTED, in_folder("refused.tif"), "tiles are not written as jpeg2000");
  assert_int_equal(folder_count(), before);
  reference_free(&reference);
}

/* Half of a tile's bytes are overwritten with zeros. */
static void a_damaged_tile_stops_it(void **state) {
  (void)state;
  SourceSpec spec = jpeg_spec(300, 200, PHOTOMETRIC_YCBCR, 2);
  Reference reference = reference_paint(300, 200, NODAL_COLOR_RGB, 3, NODAL_UINT8);
  tiff_make(in_folder("plain.tif"), &spec, &reference);
  TIFF *tiff = tiff_open(in_folder("plain.tif"));
  long offset = (long)tiff_offset(tiff, 0, 7);
  TIFFClose(tiff);
  FILE *file = fopen(in_folder("plain.tif"), "r+b");
  assert_int_equal(fseek(file, offset, SEEK_SET), 0);
  static const unsigned char zeros[64];
  assert_int_equal(fwrite(zeros, 1, sizeof zeros, file), sizeof zeros);
  fclose(file);
  int before = folder_count();
  for (int threads = 1; threads < 4; threads += 2) {
    NodalConvertOptions options = default_options();
    options.threads = threads;
    NodalError *error = NULL;
    NodalSlide *slide = nodal_slide_open(in_folder("plain.tif"), NULL, &error);
    check_ok(slide != NULL, &error);
    assert_false(nodal_convert(slide, in_folder("refused.tif"), &options, NULL, NULL, &error));
    char start[700];
    int length = snprintf(start, sizeof start, "%s: level 0, tile 2,1: ", in_folder("plain.tif"));
    assert_memory_equal(nodal_error_message(error), start, (size_t)length);
    assert_int_equal(nodal_error_code(error), NODAL_ERROR_FORMAT);
    nodal_error_free(error);
    nodal_slide_free(slide);
  }
  assert_int_equal(folder_count(), before);
  reference_free(&reference);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keeps_jpeg_tiles),
      cmocka_unit_test(fills_absent_tiles),
      cmocka_unit_test(equal_copies_are_stored_once),
      cmocka_unit_test(keeps_an_aligned_region),
      cmocka_unit_test(converts_lossless_sources_exactly),
      cmocka_unit_test(recognizes_labels),
      cmocka_unit_test(lossy_output_of_alpha_has_the_background),
      cmocka_unit_test(outputs_do_not_depend_on_threads),
      cmocka_unit_test(carries_what_goes_with_the_pixels),
      cmocka_unit_test(resamples),
      cmocka_unit_test(converting_again_changes_nothing),
      cmocka_unit_test(refuses_what_makes_no_sense),
      cmocka_unit_test(a_damaged_tile_stops_it),
  };
  return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
