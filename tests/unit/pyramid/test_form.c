/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of scanners: what libtiff sees in the file, and what the reader makes of it. */
#include "tiff_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <nodal/version.h>

enum { WIDTH = 150, HEIGHT = 70, SIDE = 32, LEVELS = 4 };

static NodalWriterOptions options_of(NodalWriterForm form) {
  NodalWriterOptions options = NODAL_WRITER_OPTIONS_INIT;
  options.width = WIDTH;
  options.height = HEIGHT;
  options.tile_size = SIDE;
  options.quality = 100;
  options.spacing_x_um = options.spacing_y_um = 0.5;
  options.form = form;
  options.force = true;
  options.description = "made <up> & \"odd\"|one";
  return options;
}

static const unsigned char picture[2 * 3 * 3] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};

/* Writes a painted slide, with the images named before and after its pixels. */
static const char *write_form(const NodalWriterOptions *options, const Reference *reference, const char *early,
                              const char *late) {
  const char *path = in_folder("form.tif");
  NodalError *error = NULL;
  NodalWriter *writer = nodal_writer_new(path, options, &error);
  check_ok(writer != NULL, &error);
  Painted painted = {reference, NODAL_UINT8, SIDE};
  check_ok(nodal_writer_add_associated(writer, early, picture, 3, 2, 9, &error), &error);
  check_ok(nodal_writer_write_all(writer, painted_tile, &painted, 2, NULL, &error), &error);
  check_ok(nodal_writer_add_associated(writer, late, picture, 2, 3, 6, &error), &error);
  check_ok(nodal_writer_finish(writer, &error), &error);
  nodal_writer_free(writer);
  return path;
}

typedef struct Expected {
  uint32_t width, height, subfile;
  bool tiled;
  const char *description; /* how it begins; NULL: none */
} Expected;

static void check_directories(const char *path, const Expected *expected, int count, int photometric,
                              const char *software) {
  TIFF *tiff = tiff_open(path);
  assert_int_equal(TIFFNumberOfDirectories(tiff), count);
  for (int i = 0; i < count; i++) {
    assert_int_equal(TIFFSetDirectory(tiff, (tdir_t)i), 1);
    uint32_t width = 0, height = 0, subfile = 99;
    uint16_t colors = 0;
    const char *text = NULL;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    TIFFGetField(tiff, TIFFTAG_SUBFILETYPE, &subfile);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &colors);
    assert_int_equal(width, expected[i].width);
    assert_int_equal(height, expected[i].height);
    assert_int_equal(subfile, expected[i].subfile);
    assert_int_equal(TIFFIsTiled(tiff) != 0, expected[i].tiled);
    assert_int_equal(colors, expected[i].tiled ? photometric : PHOTOMETRIC_RGB);
    assert_int_equal(TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text), expected[i].description != NULL);
    if (expected[i].description && strncmp(text, expected[i].description, strlen(expected[i].description)) != 0) {
      fail_msg("directory %d is described by: %s", i, text);
    }
    assert_int_equal(TIFFGetField(tiff, TIFFTAG_SOFTWARE, &text), expected[i].tiled);
    if (expected[i].tiled) {
      assert_string_equal(text, software);
    }
  }
  TIFFClose(tiff);
}

static void check_property(NodalSlide *slide, const char *name, const char *value) {
  const char *found = nodal_slide_property(slide, name);
  assert_non_null(found);
  assert_string_equal(found, value);
}

/* The slide's level 0 is the reference but for what JPEG of quality 100 loses, and all levels have their true size. */
static void check_slide(NodalSlide *slide, const Reference *reference, int most) {
  NodalError *error = NULL;
  assert_int_equal(nodal_slide_level_count(slide), LEVELS);
  for (int k = 0; k < LEVELS; k++) {
    NodalLevel level;
    assert_true(nodal_slide_level(slide, k, &level));
    assert_true(level.downsample == ldexp(1, k));
    assert_in_range(level.width, WIDTH >> k, (WIDTH >> k) + 1);
  }
  unsigned char *pixels = malloc(3 * WIDTH * HEIGHT);
  check_ok(nodal_slide_read_level(slide, 0, (NodalRect){0, 0, WIDTH, HEIGHT}, NODAL_PIXELS_NATIVE, pixels, 3 * WIDTH,
                                  &error),
           &error);
  for (size_t i = 0; i < 3 * WIDTH * HEIGHT; i++) {
    assert_true(fabs(pixels[i] - reference->samples[i]) <= most);
  }
  free(pixels);
}

static void aperio(void **state) {
  (void)state;
  Reference reference = reference_paint(WIDTH, HEIGHT, NODAL_COLOR_RGB, 3, NODAL_UINT8);
  NodalWriterOptions options = options_of(NODAL_FORM_APERIO);
  const char *path = write_form(&options, &reference, "label", "thumbnail");
#define HEAD "Aperio Image Library, imitated by nodal " NODAL_VERSION
  const Expected expected[] = {{150, 70, 0, true,
                                HEAD "\r\n150x70 [0,0 150x70] (32x32) JPEG/RGB Q=100|MPP = 0.5|Title = made <up> & "
                                     "\"odd\" one"},
                               {2, 3, 1, false, HEAD "\r\n150x70 -> 2x3"},
                               {75, 35, 0, true, NULL},
                               {38, 18, 0, true, NULL},
                               {19, 9, 0, true, NULL},
                               {3, 2, 1, false, HEAD "\nlabel 3x2"}};
  check_directories(path, expected, 6, PHOTOMETRIC_RGB, "nodal " NODAL_VERSION);
  NodalError *error = NULL;
  NodalSlide *slide = nodal_slide_open(path, NULL, &error);
  check_ok(slide != NULL, &error);
  assert_string_equal(nodal_slide_format(slide), "aperio");
  check_property(slide, "aperio.Title", "made <up> & \"odd\" one");
  check_property(slide, "aperio.MPP", "0.5");
  check_slide(slide, &reference, 2);
  unsigned char found[18];
  check_ok(nodal_slide_read_associated(slide, "label", found, 9, &error), &error);
  assert_memory_equal(found, picture, sizeof found);
  check_ok(nodal_slide_read_associated(slide, "thumbnail", found, 6, &error), &error);
  assert_memory_equal(found, picture, sizeof found);
  nodal_slide_free(slide);
  reference_free(&reference);
}

static void philips(void **state) {
  (void)state;
  Reference reference = reference_paint(WIDTH, HEIGHT, NODAL_COLOR_RGB, 3, NODAL_UINT8);
  NodalWriterOptions options = options_of(NODAL_FORM_PHILIPS);
  options.spacing_y_um = 0.25;
  options.chroma_full = true;
  const char *path = write_form(&options, &reference, "label", "macro");
  const Expected expected[] = {{160, 96, 0, true, "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<DataObject"},
                               {96, 64, 1, true, NULL},
                               {64, 32, 1, true, NULL},
                               {32, 32, 1, true, NULL},
                               {3, 2, 1, false, "Label"},
                               {2, 3, 9, false, "Macro"}};
  check_directories(path, expected, 6, PHOTOMETRIC_YCBCR, "Philips DP, imitated by nodal " NODAL_VERSION);
  NodalError *error = NULL;
  NodalSlide *slide = nodal_slide_open(path, NULL, &error);
  check_ok(slide != NULL, &error);
  assert_string_equal(nodal_slide_format(slide), "philips");
  check_property(slide, "philips.DICOM_DERIVATION_DESCRIPTION", "made <up> & \"odd\"|one");
  double x, y;
  assert_true(nodal_slide_spacing(slide, &x, &y));
  assert_true(x == 0.5 && y == 0.25);
  nodal_slide_free(slide);
  reference_free(&reference);
}

static void forms_need_what_their_readers_need(void **state) {
  (void)state;
  const struct {
    NodalWriterForm form;
    NodalCodec codec;
    NodalColor color;
    double x, y;
    const char *message;
  } rows[] = {
      {NODAL_FORM_APERIO, NODAL_CODEC_LZW, NODAL_COLOR_RGB, 1, 1,
       "the form of a scanner holds JPEG of uint8 RGB alone"},
      {NODAL_FORM_PHILIPS, NODAL_CODEC_JPEG, NODAL_COLOR_GRAY, 1, 1,
       "the form of a scanner holds JPEG of uint8 RGB alone"},
      {NODAL_FORM_PHILIPS, NODAL_CODEC_JPEG, NODAL_COLOR_RGB, 0, 0, "the form of this scanner needs a spacing"},
      {NODAL_FORM_APERIO, NODAL_CODEC_JPEG, NODAL_COLOR_RGB, 1, 2,
       "the form of this scanner needs one spacing for both directions"},
      {(NodalWriterForm)7, NODAL_CODEC_JPEG, NODAL_COLOR_RGB, 1, 1, "unknown form"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    NodalWriterOptions options = options_of(rows[i].form);
    options.codec = rows[i].codec;
    options.color = rows[i].color;
    options.spacing_x_um = rows[i].x;
    options.spacing_y_um = rows[i].y;
    NodalError *error = NULL;
    const char *path = in_folder("refused.tif");
    NodalWriter *writer = nodal_writer_new(path, &options, &error);
    check_error_at(writer != NULL, &error, NODAL_ERROR_ARGUMENT, path, rows[i].message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(aperio),
      cmocka_unit_test(philips),
      cmocka_unit_test(forms_need_what_their_readers_need),
  };
  return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
