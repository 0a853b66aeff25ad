/* SPDX-License-Identifier: Apache-2.0 */
/* Slides written by libtiff with pixels of a known formula, read back by nodal. */
#include <nodal/slide.h>
#include <nodal/writer.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

#include <cmocka.h>

enum { WIDTH = 300, HEIGHT = 200, TILE = 64 };

static char path[] = "/tmp/nodal-test-slide-XXXXXX";

/* What sample `c` of pixel x, y of a level is; different enough that any mix-up shows. */
static unsigned formula(int level, int64_t x, int64_t y, int c) {
  return (unsigned)(x * 7 + y * 13 + c * 41 + level * 101);
}

typedef struct Shape {
  int width, height, samples, bits, format, photometric, planar, level;
  bool striped, skip_one;
} Shape;

static void put_sample(uint8_t *at, const Shape *shape, unsigned value) {
  if (shape->bits == 8) {
    *at = (uint8_t)value;
  } else if (shape->bits == 16) {
    uint16_t v = (uint16_t)(value * 3);
    memcpy(at, &v, 2);
  } else if (shape->format == SAMPLEFORMAT_IEEEFP) {
    float v = (float)value / 4 - 100;
    memcpy(at, &v, 4);
  } else {
    uint32_t v = value * 70001u;
    memcpy(at, &v, 4);
  }
}

static void set_fields(TIFF *tiff, const Shape *shape) {
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, shape->width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, shape->height);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, shape->samples);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, shape->bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, shape->format ? shape->format : SAMPLEFORMAT_UINT);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, shape->photometric);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, shape->planar ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  if (shape->level > 0) {
    TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
  }
  if (shape->striped) {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 32);
  } else {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, TILE);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, TILE);
  }
}

static void write_blocks(TIFF *tiff, const Shape *shape) {
  int block_width = shape->striped ? shape->width : TILE, block_height = shape->striped ? 32 : TILE;
  int per_pixel = shape->planar ? 1 : shape->samples, sample = shape->bits / 8;
  size_t size = (size_t)block_width * (size_t)block_height * (size_t)(per_pixel * sample);
  uint8_t *block = calloc(1, size);
  uint32_t index = 0;
  for (int plane = 0; plane < (shape->planar ? shape->samples : 1); plane++) {
    for (int top = 0; top < shape->height; top += block_height) {
      for (int left = 0; left < shape->width; left += block_width, index++) {
        int rows = shape->striped && shape->height - top < 32 ? shape->height - top : block_height;
        for (int y = 0; y < rows; y++) {
          for (int x = 0; x < block_width; x++) {
            for (int c = 0; c < per_pixel; c++) {
              put_sample(block + ((size_t)(y * block_width + x) * (size_t)per_pixel + (size_t)c) * (size_t)sample,
                         shape, formula(shape->level, left + x, top + y, plane + c));
            }
          }
        }
        size_t used = size / (size_t)block_height * (size_t)rows;
        if (shape->skip_one && index == 1) {
          continue;
        }
        if (shape->striped) {
          TIFFWriteRawStrip(tiff, index, block, (tmsize_t)used);
        } else {
          TIFFWriteRawTile(tiff, index, block, (tmsize_t)used);
        }
      }
    }
  }
  free(block);
}

static TIFF *create(const char *mode) {
  snprintf(path, sizeof path, "/tmp/nodal-test-slide-XXXXXX");
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  return TIFFFdOpen(descriptor, path, mode);
}

static void add(TIFF *tiff, const Shape *shape) {
  set_fields(tiff, shape);
  write_blocks(tiff, shape);
  TIFFWriteDirectory(tiff);
}

static NodalSlide *finish(TIFF *tiff) {
  TIFFClose(tiff);
  NodalError *error = NULL;
  NodalSlide *slide = nodal_slide_open(path, NULL, &error);
  if (!slide) {
    fail_msg("%s", nodal_error_message(error));
  }
  unlink(path);
  return slide;
}

static const Shape rgb = {.width = WIDTH, .height = HEIGHT, .samples = 3, .bits = 8, .photometric = PHOTOMETRIC_RGB};

static NodalSlide *make_pyramid(void) {
  TIFF *tiff = create("w8");
  TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 20000.0);
  TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 10000.0);
  TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
  TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, "a description");
  add(tiff, &rgb);
  Shape half = rgb;
  half.width = WIDTH / 2;
  half.height = HEIGHT / 2;
  half.level = 1;
  add(tiff, &half);
  return finish(tiff);
}

static void test_what_it_says(void **state) {
  (void)state;
  NodalSlide *slide = make_pyramid();
  assert_string_equal(nodal_slide_format(slide), "generic-tiff");
  assert_int_equal(nodal_slide_level_count(slide), 2);
  assert_int_equal(nodal_slide_channels(slide), 3);
  assert_int_equal(nodal_slide_color(slide), NODAL_COLOR_RGB);
  NodalLevel level;
  assert_true(nodal_slide_level(slide, 1, &level));
  assert_int_equal(level.width, 150);
  assert_int_equal(level.height, 100);
  assert_true(level.downsample == 2);
  assert_int_equal(level.tile_width, TILE);
  assert_int_equal(level.codec, NODAL_CODEC_NONE);
  assert_false(nodal_slide_level(slide, 2, &level));
  double x, y;
  assert_true(nodal_slide_spacing(slide, &x, &y));
  assert_true(fabs(x - 0.5) < 1e-7 && fabs(y - 1.0) < 1e-7);
  assert_string_equal(nodal_slide_property(slide, "openslide.mpp-x"), "0.5");
  assert_string_equal(nodal_slide_property(slide, "openslide.level[1].downsample"), "2");
  assert_string_equal(nodal_slide_property(slide, "tiff.ImageDescription"), "a description");
  assert_null(nodal_slide_property(slide, "no.such"));
  assert_int_equal(nodal_slide_best_level(slide, 1.9), 0);
  assert_int_equal(nodal_slide_best_level(slide, 2), 1);
  nodal_slide_free(slide);
}

static void check_rgb(NodalSlide *slide, int level, int64_t x, int64_t y, int width, int height, int64_t level_x,
                      int64_t level_y, int level_width, int level_height) {
  uint8_t *pixels = malloc((size_t)width * (size_t)height * 3);
  NodalError *error = NULL;
  bool read =
      nodal_slide_read_region(slide, level, x, y, width, height, NODAL_PIXELS_RGB, pixels, (size_t)width * 3, &error);
  assert_true(read);
  for (int row = 0; row < height; row++) {
    for (int column = 0; column < width; column++) {
      int64_t at_x = level_x + column, at_y = level_y + row;
      bool inside = at_x >= 0 && at_y >= 0 && at_x < level_width && at_y < level_height;
      for (int c = 0; c < 3; c++) {
        uint8_t expected = inside ? (uint8_t)formula(level, at_x, at_y, c) : 255;
        assert_int_equal(pixels[(row * width + column) * 3 + c], expected);
      }
    }
  }
  free(pixels);
}

static void test_regions(void **state) {
  (void)state;
  NodalSlide *slide = make_pyramid();
  for (int twice = 0; twice < 2; twice++) {
    check_rgb(slide, 0, 0, 0, WIDTH, HEIGHT, 0, 0, WIDTH, HEIGHT);
    check_rgb(slide, 0, 61, 59, 10, 12, 61, 59, WIDTH, HEIGHT);
    check_rgb(slide, 0, -20, -30, 400, 300, -20, -30, WIDTH, HEIGHT);
    check_rgb(slide, 0, 1000, 1000, 5, 5, 1000, 1000, WIDTH, HEIGHT);
    /* level-0 pixel 101 lies in pixel 50 of level 1, and -1 in pixel -1 */
    check_rgb(slide, 1, 101, 77, 40, 40, 50, 38, WIDTH / 2, HEIGHT / 2);
    check_rgb(slide, 1, -1, -2, 40, 40, -1, -1, WIDTH / 2, HEIGHT / 2);
  }
  nodal_slide_free(slide);
}

static void test_rgba_marks_what_is_outside(void **state) {
  (void)state;
  NodalSlide *slide = make_pyramid();
  uint8_t pixels[2 * 4];
  assert_true(nodal_slide_read_region(slide, 0, -1, 0, 2, 1, NODAL_PIXELS_RGBA, pixels, 8, NULL));
  static const uint8_t outside[] = {255, 255, 255, 0};
  assert_memory_equal(pixels, outside, 4);
  assert_int_equal(pixels[4], formula(0, 0, 0, 0));
  assert_int_equal(pixels[6], formula(0, 0, 0, 2));
  assert_int_equal(pixels[7], 255);
  nodal_slide_free(slide);
}

static void test_tiles(void **state) {
  (void)state;
  NodalSlide *slide = make_pyramid();
  uint8_t *pixels = malloc(TILE * TILE * 3);
  /* the last tile reaches past the edge, into background */
  assert_true(nodal_slide_read_tile(slide, 0, 4, 3, NODAL_PIXELS_RGB, pixels, TILE * 3, NULL));
  assert_int_equal(pixels[0], (uint8_t)formula(0, 256, 192, 0));
  assert_int_equal(pixels[(7 * TILE + 43) * 3 + 1], (uint8_t)formula(0, 299, 199, 1));
  assert_int_equal(pixels[(7 * TILE + 44) * 3], 255);
  assert_int_equal(pixels[8 * TILE * 3], 255);
  NodalError *error = NULL;
  assert_false(nodal_slide_read_tile(slide, 0, 5, 0, NODAL_PIXELS_RGB, pixels, TILE * 3, &error));
  char expected[256];
  snprintf(expected, sizeof expected, "%s: level 0 has 5 x 4 tiles, none at 5,0", path);
  assert_string_equal(nodal_error_message(error), expected);
  nodal_error_free(error);
  free(pixels);
  void *raw;
  size_t size;
  assert_true(nodal_slide_read_raw_tile(slide, 0, 1, 1, &raw, &size, NULL));
  assert_int_equal(size, TILE * TILE * 3);
  assert_int_equal(((uint8_t *)raw)[0], (uint8_t)formula(0, 64, 64, 0));
  nodal_free(raw);
  nodal_slide_free(slide);
}

static void test_wrong_requests(void **state) {
  (void)state;
  NodalSlide *slide = make_pyramid();
  uint8_t pixels[16];
  NodalError *error = NULL;
  char expected[256];
  assert_false(nodal_slide_read_region(slide, 2, 0, 0, 1, 1, NODAL_PIXELS_RGB, pixels, 3, &error));
  snprintf(expected, sizeof expected, "%s: there is no level 2, only 0 to 1", path);
  assert_string_equal(nodal_error_message(error), expected);
  nodal_error_free(error);
  error = NULL;
  assert_false(nodal_slide_read_region(slide, 0, 0, 0, 0, 1, NODAL_PIXELS_RGB, pixels, 3, &error));
  snprintf(expected, sizeof expected, "%s: a region cannot be 0 x 1 pixels", path);
  assert_string_equal(nodal_error_message(error), expected);
  nodal_error_free(error);
  error = NULL;
  assert_false(nodal_slide_read_region(slide, 0, 0, 0, 2, 1, NODAL_PIXELS_RGB, pixels, 5, &error));
  snprintf(expected, sizeof expected, "%s: a stride of 5 bytes is less than a row of 2 pixels", path);
  assert_string_equal(nodal_error_message(error), expected);
  nodal_error_free(error);
  nodal_slide_free(slide);
}

/* Native samples of every type, side by side and in planes, little and big endian, classic and big, tiles and strips.
 */
static void check_native(const char *mode, Shape shape) {
  TIFF *tiff = create(mode);
  add(tiff, &shape);
  NodalSlide *slide = finish(tiff);
  assert_int_equal(nodal_slide_channels(slide), shape.samples);
  size_t sample = (size_t)shape.bits / 8, pixel = sample * (size_t)shape.samples;
  assert_int_equal(nodal_slide_pixel_size(slide, NODAL_PIXELS_NATIVE), pixel);
  uint8_t *pixels = malloc(100 * 90 * pixel);
  NodalError *error = NULL;
  if (!nodal_slide_read_region(slide, 0, 30, 20, 100, 90, NODAL_PIXELS_NATIVE, pixels, 100 * pixel, &error)) {
    fail_msg("%s", nodal_error_message(error));
  }
  for (int y = 0; y < 90; y++) {
    for (int x = 0; x < 100; x++) {
      for (int c = 0; c < shape.samples; c++) {
        uint8_t expected[4];
        put_sample(expected, &shape, formula(0, 30 + x, 20 + y, c));
        assert_memory_equal(pixels + (size_t)(y * 100 + x) * pixel + (size_t)c * sample, expected, sample);
      }
    }
  }
  free(pixels);
  nodal_slide_free(slide);
}

static void test_native_types(void **state) {
  (void)state;
  static const char *const modes[] = {"w8", "w4"};
  for (int m = 0; m < 2; m++) {
    for (int striped = 0; striped < 2; striped++) {
      for (int planar = 0; planar < 2; planar++) {
        Shape shape = {.width = WIDTH,
                       .height = HEIGHT,
                       .samples = 1,
                       .bits = 8,
                       .photometric = PHOTOMETRIC_MINISBLACK,
                       .striped = striped,
                       .planar = planar};
        check_native(modes[m], shape);
        shape.samples = 5;
        check_native(modes[m], shape);
        shape.bits = 16;
        check_native(modes[m], shape);
        shape.bits = 32;
        check_native(modes[m], shape);
        shape.format = SAMPLEFORMAT_IEEEFP;
        shape.samples = 2;
        check_native(modes[m], shape);
      }
    }
  }
}

static void test_channels_are_no_rgb(void **state) {
  (void)state;
  TIFF *tiff = create("w8");
  Shape shape = {.width = 64, .height = 64, .samples = 5, .bits = 16, .photometric = PHOTOMETRIC_MINISBLACK};
  add(tiff, &shape);
  NodalSlide *slide = finish(tiff);
  uint8_t pixels[3];
  NodalError *error = NULL;
  assert_false(nodal_slide_read_region(slide, 0, 0, 0, 1, 1, NODAL_PIXELS_RGB, pixels, 3, &error));
  char expected[256];
  snprintf(expected, sizeof expected, "%s: 5 channels of uint16 cannot be read as RGB", path);
  assert_string_equal(nodal_error_message(error), expected);
  nodal_error_free(error);
  nodal_slide_free(slide);
}

static void test_wide_rgb_is_white_outside(void **state) {
  (void)state;
  TIFF *tiff = create("w8");
  Shape shape = {.width = 64, .height = 64, .samples = 3, .bits = 16, .photometric = PHOTOMETRIC_RGB};
  add(tiff, &shape);
  NodalSlide *slide = finish(tiff);
  uint16_t pixels[2 * 3] = {1, 2, 3, 4, 5, 6};
  assert_true(nodal_slide_read_region(slide, 0, -1, 0, 2, 1, NODAL_PIXELS_NATIVE, pixels, sizeof pixels, NULL));
  for (int c = 0; c < 3; c++) {
    assert_int_equal(pixels[c], 65535);
    assert_int_equal(pixels[3 + c], formula(0, 0, 0, c) * 3);
  }
  nodal_slide_free(slide);
}

static void test_white_is_zero(void **state) {
  (void)state;
  TIFF *tiff = create("w8");
  Shape shape = {.width = 64, .height = 64, .samples = 1, .bits = 8, .photometric = PHOTOMETRIC_MINISWHITE};
  add(tiff, &shape);
  NodalSlide *slide = finish(tiff);
  uint8_t pixels[6];
  assert_true(nodal_slide_read_region(slide, 0, 3, 5, 2, 1, NODAL_PIXELS_RGB, pixels, 6, NULL));
  assert_int_equal(pixels[0], 255 - formula(0, 3, 5, 0));
  assert_int_equal(pixels[4], 255 - formula(0, 4, 5, 0));
  nodal_slide_free(slide);
}

static void test_palette(void **state) {
  (void)state;
  static uint16_t map[3][256];
  for (int i = 0; i < 256; i++) {
    map[0][i] = (uint16_t)(i << 8);
    map[1][i] = (uint16_t)((255 - i) << 8);
    map[2][i] = 0x1234;
  }
  TIFF *tiff = create("w8");
  Shape shape = {.width = 64, .height = 64, .samples = 1, .bits = 8, .photometric = PHOTOMETRIC_PALETTE};
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(tiff, TIFFTAG_COLORMAP, map[0], map[1], map[2]);
  add(tiff, &shape);
  NodalSlide *slide = finish(tiff);
  uint8_t pixels[3];
  assert_true(nodal_slide_read_region(slide, 0, 2, 1, 1, 1, NODAL_PIXELS_RGB, pixels, 3, NULL));
  assert_int_equal(pixels[0], formula(0, 2, 1, 0));
  assert_int_equal(pixels[1], 255 - formula(0, 2, 1, 0));
  assert_int_equal(pixels[2], 0x12);
  nodal_slide_free(slide);
}

static void test_absent_tile_is_background(void **state) {
  (void)state;
  TIFF *tiff = create("w8");
  Shape shape = rgb;
  shape.skip_one = true;
  add(tiff, &shape);
  NodalSlide *slide = finish(tiff);
  uint8_t pixels[2 * 4];
  assert_true(nodal_slide_read_region(slide, 0, 63, 0, 2, 1, NODAL_PIXELS_RGBA, pixels, 8, NULL));
  assert_int_equal(pixels[0], (uint8_t)formula(0, 63, 0, 0));
  assert_int_equal(pixels[3], 255);
  static const uint8_t outside[] = {255, 255, 255, 0};
  assert_memory_equal(pixels + 4, outside, 4);
  nodal_slide_free(slide);
}

static void test_resolution_units(void **state) {
  (void)state;
  static const struct {
    int unit;
    double resolution, um;
  } cases[] = {{RESUNIT_INCH, 50800, 0.5},
               {RESUNIT_CENTIMETER, 41152.2633, 0.243},
               {RESUNIT_INCH, 72, 0},
               {RESUNIT_CENTIMETER, 10, 0},
               {RESUNIT_NONE, 50000, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    TIFF *tiff = create("w8");
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, cases[i].unit);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, cases[i].resolution);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, cases[i].resolution);
    add(tiff, &rgb);
    NodalSlide *slide = finish(tiff);
    double x = 0, y = 0;
    assert_int_equal(nodal_slide_spacing(slide, &x, &y), cases[i].um > 0);
    assert_true(fabs(x - cases[i].um) < 1e-6);
    nodal_slide_free(slide);
  }
}

/* A triangle filter in double precision, pixel by pixel over the whole level. */
static double reference_sample(double x, double y, double step, int c) {
  double sum = 0, weights = 0;
  for (int row = 0; row < HEIGHT; row++) {
    double wy = 1 - fabs((row + 0.5 - y) / step);
    for (int column = 0; wy > 0 && column < WIDTH; column++) {
      double wx = 1 - fabs((column + 0.5 - x) / step);
      if (wx > 0) {
        sum += wx * wy * (uint8_t)formula(0, column, row, c);
        weights += wx * wy;
      }
    }
  }
  return sum / weights;
}

static NodalSlide *make_spaced(void) {
  TIFF *tiff = create("w8");
  TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
  TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 20000.0);
  TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 20000.0);
  add(tiff, &rgb);
  return finish(tiff);
}

static void test_any_spacing(void **state) {
  (void)state;
  NodalSlide *slide = make_spaced();
  /* 0.5 um to 1.7 um: a step of 3.4 pixels from a place between pixels */
  uint8_t pixels[20 * 15 * 3];
  assert_true(nodal_slide_read_at_spacing(slide, 1.7, 10.25, 20.5, 20, 15, NODAL_INTERPOLATION_LINEAR, NODAL_PIXELS_RGB,
                                          pixels, 60, NULL));
  for (int y = 0; y < 15; y++) {
    for (int x = 0; x < 20; x++) {
      for (int c = 0; c < 3; c++) {
        double expected = reference_sample(10.25 + (x + 0.5) * 3.4, 20.5 + (y + 0.5) * 3.4, 3.4, c);
        assert_true(fabs(pixels[(y * 20 + x) * 3 + c] - expected) <= 0.51);
      }
    }
  }
  /* nearest: the pixel under the center */
  assert_true(nodal_slide_read_at_spacing(slide, 1.5, 0, 0, 20, 15, NODAL_INTERPOLATION_NEAREST, NODAL_PIXELS_RGB,
                                          pixels, 60, NULL));
  assert_int_equal(pixels[(4 * 20 + 7) * 3 + 1], (uint8_t)formula(0, 22, 13, 1));
  nodal_slide_free(slide);
}

/* Pixels of 4 level-0 pixels: what they cover of the slide counts, also where their center lies outside of it. */
static void test_spacing_at_the_edges(void **state) {
  (void)state;
  NodalSlide *slide = make_spaced();
  enum { SIDE = 3 };
  const struct {
    double x, y;
    int first_x, first_y, count_x, count_y; /* of the output pixels that cover a part of the slide */
  } grids[] = {
      {-7, -5, 1, 1, 2, 2}, /* the first that covers anything covers 1 and 3 pixels */
      {-8, -8, 2, 2, 1, 1}, /* it ends where the slide begins: not covered */
      {WIDTH - 5, HEIGHT - 7, 0, 0, 2, 2},
      {WIDTH - 4, HEIGHT - 8, 0, 0, 1, 2},
      {WIDTH, 0, 0, 0, 0, 0},
  };
  for (size_t g = 0; g < sizeof grids / sizeof *grids; g++) {
    for (int nearest = 0; nearest < 2; nearest++) {
      uint8_t pixels[SIDE * SIDE * 4];
      assert_true(nodal_slide_read_at_spacing(slide, 2, grids[g].x, grids[g].y, SIDE, SIDE,
                                              nearest ? NODAL_INTERPOLATION_NEAREST : NODAL_INTERPOLATION_LINEAR,
                                              NODAL_PIXELS_RGBA, pixels, SIDE * 4, NULL));
      for (int i = 0; i < SIDE * SIDE; i++) {
        int column = i % SIDE - grids[g].first_x, row = i / SIDE - grids[g].first_y;
        bool covered = column >= 0 && row >= 0 && column < grids[g].count_x && row < grids[g].count_y;
        assert_int_equal(pixels[4 * i + 3], covered ? 255 : 0);
        double x = grids[g].x + 4 * (i % SIDE + 0.5), y = grids[g].y + 4 * (i / SIDE + 0.5);
        int64_t at_x = (int64_t)fmin(fmax(x, 0), WIDTH - 1), at_y = (int64_t)fmin(fmax(y, 0), HEIGHT - 1);
        for (int c = 0; c < 3; c++) {
          double expected = !covered  ? 255
                            : nearest ? (uint8_t)formula(0, at_x, at_y, c)
                                      : reference_sample(x, y, 4, c);
          assert_true(fabs(pixels[4 * i + c] - expected) <= 0.51);
        }
      }
    }
  }
  nodal_slide_free(slide);
}

static void test_spacing_override(void **state) {
  (void)state;
  TIFF *tiff = create("w8");
  add(tiff, &rgb);
  TIFFClose(tiff);
  NodalSlideOptions options = {.spacing_um = 0.25};
  NodalSlide *slide = nodal_slide_open(path, &options, NULL);
  double x, y;
  assert_true(nodal_slide_spacing(slide, &x, &y));
  assert_true(x == 0.25 && y == 0.25);
  nodal_slide_free(slide);
  slide = nodal_slide_open(path, NULL, NULL);
  unlink(path);
  NodalError *error = NULL;
  uint8_t pixels[3];
  assert_false(nodal_slide_read_at_spacing(slide, 1, 0, 0, 1, 1, NODAL_INTERPOLATION_LINEAR, NODAL_PIXELS_RGB, pixels,
                                           3, &error));
  char expected[256];
  snprintf(expected, sizeof expected, "%s: states no spacing", path);
  assert_string_equal(nodal_error_message(error), expected);
  nodal_error_free(error);
  nodal_slide_free(slide);
}

static void check_refused(const void *data, size_t size, NodalErrorCode code, const char *message) {
  NodalSource *source = nodal_source_new_memory(data, size, "file", NULL);
  NodalError *error = NULL;
  assert_null(nodal_slide_open_source(source, NULL, &error));
  assert_string_equal(nodal_error_message(error), message);
  assert_int_equal(nodal_error_code(error), code);
  nodal_error_free(error);
  nodal_source_unref(source);
}

static void test_no_slides(void **state) {
  (void)state;
  check_refused("", 0, NODAL_ERROR_FORMAT, "file: is empty");
  check_refused("hello, slide", 12, NODAL_ERROR_UNSUPPORTED, "file: is not a slide format that this build reads");
  static uint8_t dicom[200];
  memcpy(dicom + 128, "DICM", 4);
  check_refused(dicom, sizeof dicom, NODAL_ERROR_UNSUPPORTED,
                "file: is DICOM, which this build cannot read (it takes OpenSlide 4 with DICOM)");
  NodalError *error = NULL;
  assert_null(nodal_slide_open("/nonexistent/slide.tif", NULL, &error));
  assert_string_equal(nodal_error_message(error), "/nonexistent/slide.tif: No such file or directory");
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_IO);
  nodal_error_free(error);
  error = NULL;
  assert_null(nodal_slide_open("/", NULL, &error));
  assert_string_equal(nodal_error_message(error), "/: is a directory");
  nodal_error_free(error);
}

static void test_shared_cache(void **state) {
  (void)state;
  NodalCache *cache = nodal_cache_new(16 << 20, NULL);
  NodalSlideOptions options = {.cache = cache};
  TIFF *tiff = create("w8");
  add(tiff, &rgb);
  TIFFClose(tiff);
  NodalSlide *slides[2];
  uint8_t *pixels = malloc(WIDTH * HEIGHT * 3);
  for (int i = 0; i < 2; i++) {
    slides[i] = nodal_slide_open(path, &options, NULL);
    for (int twice = 0; twice < 2; twice++) {
      assert_true(
          nodal_slide_read_region(slides[i], 0, 0, 0, WIDTH, HEIGHT, NODAL_PIXELS_RGB, pixels, WIDTH * 3, NULL));
    }
  }
  unlink(path);
  NodalCacheStatistics statistics;
  nodal_cache_statistics(cache, &statistics);
  assert_int_equal(statistics.misses, 2 * 20);
  assert_int_equal(statistics.hits, 2 * 20);
  nodal_slide_free(slides[0]);
  nodal_slide_free(slides[1]);
  nodal_cache_statistics(cache, &statistics);
  assert_int_equal(statistics.bytes, 0);
  nodal_cache_unref(cache);
  free(pixels);
}

int main(void) {
  TIFFSetWarningHandler(NULL);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_it_says),
      cmocka_unit_test(test_regions),
      cmocka_unit_test(test_rgba_marks_what_is_outside),
      cmocka_unit_test(test_tiles),
      cmocka_unit_test(test_wrong_requests),
      cmocka_unit_test(test_native_types),
      cmocka_unit_test(test_channels_are_no_rgb),
      cmocka_unit_test(test_wide_rgb_is_white_outside),
      cmocka_unit_test(test_white_is_zero),
      cmocka_unit_test(test_palette),
      cmocka_unit_test(test_absent_tile_is_background),
      cmocka_unit_test(test_resolution_units),
      cmocka_unit_test(test_any_spacing),
      cmocka_unit_test(test_spacing_at_the_edges),
      cmocka_unit_test(test_spacing_override),
      cmocka_unit_test(test_no_slides),
      cmocka_unit_test(test_shared_cache),
  };
  return cmocka_run_group_tests_name("slide", tests, NULL, NULL);
}
