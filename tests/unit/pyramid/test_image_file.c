/* SPDX-License-Identifier: Apache-2.0 */
#include "tiff_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include <cmocka.h>

enum { WIDTH = 83, HEIGHT = 61, GAP = 8 };

/* Rows with a gap between them. */
static unsigned char *paint(int channels, NodalDtype dtype, size_t *stride) {
  Reference reference =
      reference_paint(WIDTH, HEIGHT, channels == 4 ? NODAL_COLOR_RGBA : NODAL_COLOR_CHANNELS, channels, dtype);
  size_t row = (size_t)(WIDTH * channels) * nodal_dtype_size(dtype);
  *stride = row + GAP;
  unsigned char *pixels = calloc(HEIGHT, *stride);
  for (size_t y = 0; y < HEIGHT; y++) {
    for (size_t i = 0; i < (size_t)(WIDTH * channels); i++) {
      store_sample(pixels + y * *stride, dtype, i, reference.samples[y * (size_t)(WIDTH * channels) + i]);
    }
  }
  reference_free(&reference);
  return pixels;
}

static void check_png(int channels, NodalDtype dtype, double spacing) {
  size_t stride;
  unsigned char *pixels = paint(channels, dtype, &stride);
  NodalError *error = NULL;
  const char *path = in_folder("image.PNG");
  check_ok(nodal_image_write(path, pixels, WIDTH, HEIGHT, stride, channels, dtype, spacing, 0, true, NULL, &error),
           &error);
  FILE *file = fopen(path, "rb");
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct(png);
  if (setjmp(png_jmpbuf(png))) {
    fail_msg("libpng cannot read it");
  }
  png_init_io(png, file);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_read_png(png, info, PNG_TRANSFORM_SWAP_ENDIAN, NULL);
  assert_int_equal(png_get_image_width(png, info), WIDTH);
  assert_int_equal(png_get_image_height(png, info), HEIGHT);
  assert_int_equal(png_get_channels(png, info), channels);
  assert_int_equal(png_get_bit_depth(png, info), 8 * nodal_dtype_size(dtype));
  png_uint_32 x = 0, y = 0;
  int unit = 0;
  if (spacing > 0) {
    assert_int_not_equal(png_get_pHYs(png, info, &x, &y, &unit), 0);
    assert_int_equal(unit, PNG_RESOLUTION_METER);
    assert_int_equal(x, lround(1e6 / spacing));
    assert_int_equal(y, x);
  } else {
    assert_int_equal(png_get_pHYs(png, info, &x, &y, &unit), 0);
  }
  png_bytepp rows = png_get_rows(png, info);
  for (size_t row = 0; row < HEIGHT; row++) {
    assert_memory_equal(rows[row], pixels + row * stride, stride - GAP);
  }
  png_destroy_read_struct(&png, &info, NULL);
  fclose(file);
  free(pixels);
}

static void writes_png(void **state) {
  (void)state;
  for (int channels = 1; channels <= 4; channels++) {
    check_png(channels, NODAL_UINT8, 0.243);
    check_png(channels, NODAL_UINT16, 0);
  }
}

static void check_jpeg(int channels, double spacing, int unit, int density) {
  size_t stride;
  unsigned char *pixels = paint(channels, NODAL_UINT8, &stride);
  NodalError *error = NULL;
  const char *path = in_folder("image.jpeg");
  check_ok(
      nodal_image_write(path, pixels, WIDTH, HEIGHT, stride, channels, NODAL_UINT8, spacing, 97, true, NULL, &error),
      &error);
  size_t size;
  unsigned char *bytes = file_bytes(path, &size);
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, bytes, size);
  assert_int_equal(jpeg_read_header(&jpeg, TRUE), JPEG_HEADER_OK);
  int components = channels == 1 ? 1 : 3;
  assert_int_equal(jpeg.image_width, WIDTH);
  assert_int_equal(jpeg.image_height, HEIGHT);
  assert_int_equal(jpeg.num_components, components);
  assert_true(jpeg.saw_JFIF_marker);
  assert_int_equal(jpeg.density_unit, unit);
  assert_int_equal(jpeg.X_density, density);
  assert_int_equal(jpeg.Y_density, density);
  jpeg_start_decompress(&jpeg);
  double worst = INFINITY;
  unsigned char row[WIDTH * 3], wanted[WIDTH * 3];
  for (size_t y = 0; y < HEIGHT; y++) {
    JSAMPROW pointer = row;
    assert_int_equal(jpeg_read_scanlines(&jpeg, &pointer, 1), 1);
    for (size_t i = 0; i < (size_t)(WIDTH * components); i++) {
      size_t from = channels == 4 ? i / 3 * 4 + i % 3 : i;
      wanted[i] = pixels[y * stride + from];
    }
    worst = fmin(worst, psnr_of(row, wanted, (size_t)(WIDTH * components)));
  }
  /* A row of coloured noise loses much to 4:2:0, but a wrong channel or row would lose all. */
  assert_true(worst > (channels == 1 ? 30 : 15));
  jpeg_finish_decompress(&jpeg);
  assert_int_equal(errors.num_warnings, 0);
  jpeg_destroy_decompress(&jpeg);
  free(bytes);
  free(pixels);
}

static void writes_jpeg(void **state) {
  (void)state;
  check_jpeg(1, 0, 0, 1);
  check_jpeg(3, 0.5, 2, 20000);
  check_jpeg(4, 0.243, 2, 41152);
  check_jpeg(3, 0.1, 0, 1); /* 100000 pixels a centimeter do not fit into 16 bits */
}

static void check_tiff(int channels, NodalDtype dtype, double spacing) {
  size_t stride;
  unsigned char *pixels = paint(channels, dtype, &stride);
  NodalError *error = NULL;
  const char *path = in_folder("image.tif");
  check_ok(nodal_image_write(path, pixels, WIDTH, HEIGHT, stride, channels, dtype, spacing, 0, true, NULL, &error),
           &error);
  TIFF *tiff = tiff_open(path);
  int64_t width, height;
  unsigned char *got = tiff_level(tiff, 0, &width, &height);
  assert_int_equal(TIFFNumberOfDirectories(tiff), 1);
  assert_true(width == WIDTH && height == HEIGHT);
  for (size_t y = 0; y < HEIGHT; y++) {
    assert_memory_equal(got + y * (stride - GAP), pixels + y * stride, stride - GAP);
  }
  float resolution = 0;
  assert_int_equal(TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &resolution), spacing > 0);
  if (spacing > 0) {
    assert_true(fabs(10000 / (double)resolution - spacing) < 1e-6);
  }
  TIFFClose(tiff);
  free(got);
  free(pixels);
}

static void writes_tiff(void **state) {
  (void)state;
  for (int dtype = NODAL_UINT8; dtype <= NODAL_FLOAT32; dtype++) {
    for (int channels = 1; channels <= 6; channels++) {
      check_tiff(channels, (NodalDtype)dtype, channels == 2 ? 0 : 0.5);
    }
  }
}

static void refuse(const char *name, int channels, NodalDtype dtype, int64_t width, int quality, NodalErrorCode code,
                   const char *message) {
  static unsigned char pixels[64];
  NodalError *error = NULL;
  check_error_at(
      nodal_image_write(in_folder(name), pixels, width, 1, 64, channels, dtype, 0, quality, false, NULL, &error),
      &error, code, in_folder(name), message);
}

static void refuses_what_does_not_fit(void **state) {
  (void)state;
  int before = folder_count();
  refuse("a.bmp", 3, NODAL_UINT8, 2, 80, NODAL_ERROR_ARGUMENT,
         "images are written as .png, .jpg, .jpeg, .tif or .tiff");
  refuse("png", 3, NODAL_UINT8, 2, 80, NODAL_ERROR_ARGUMENT, "images are written as .png, .jpg, .jpeg, .tif or .tiff");
  refuse("a.png", 5, NODAL_UINT8, 2, 80, NODAL_ERROR_UNSUPPORTED, "PNG does not hold 5 channels of uint8");
  refuse("a.png", 3, NODAL_FLOAT32, 2, 80, NODAL_ERROR_UNSUPPORTED, "PNG does not hold 3 channels of float32");
  refuse("a.jpg", 2, NODAL_UINT8, 2, 80, NODAL_ERROR_UNSUPPORTED, "JPEG does not hold 2 channels of uint8");
  refuse("a.jpg", 3, NODAL_UINT16, 2, 80, NODAL_ERROR_UNSUPPORTED, "JPEG does not hold 3 channels of uint16");
  refuse("a.jpg", 3, NODAL_UINT8, 2, 101, NODAL_ERROR_ARGUMENT, "JPEG quality 101 is not 1 to 100");
  refuse("a.jpg", 3, NODAL_UINT8, 70000, 80, NODAL_ERROR_UNSUPPORTED,
         "JPEG holds at most 65500 x 65500 pixels, not 70000 x 1");
  refuse("a.tiff", 0, NODAL_UINT8, 2, 80, NODAL_ERROR_UNSUPPORTED, "TIFF does not hold 0 channels of uint8");
  refuse("a.tiff", 3, NODAL_UINT8, 0, 80, NODAL_ERROR_ARGUMENT, "cannot write 0 x 1 pixels");
  assert_int_equal(folder_count(), before);
  refuse("image.tif", 3, NODAL_UINT8, 2, 80, NODAL_ERROR_EXISTS, "exists already (--force replaces it)");
}

/* Stops the work once more than `limit` rows are done. */
typedef struct Watch {
  uint64_t done, total, limit;
  int calls;
} Watch;

static bool watch(void *user, uint64_t done, uint64_t total) {
  Watch *seen = user;
  assert_true(done >= seen->done && done <= total);
  seen->done = done;
  seen->total = total;
  seen->calls++;
  return done <= seen->limit;
}

static void reports_and_stops(void **state) {
  (void)state;
  enum { SIDE = 1100 };
  static unsigned char pixels[SIDE * SIDE];
  const char *const names[] = {"watched.png", "watched.jpg", "watched.tif"};
  int before = folder_count();
  for (int i = 0; i < 3; i++) {
    for (int stop = 0; stop < 2; stop++) {
      Watch seen = {.limit = stop ? 300 : UINT64_MAX};
      NodalProgress progress = {watch, &seen};
      NodalError *error = NULL;
      bool written = nodal_image_write(in_folder(names[i]), pixels, SIDE, SIDE, SIDE, 1, NODAL_UINT8, 0, 80, true,
                                       &progress, &error);
      assert_int_equal(seen.total, SIDE);
      assert_true(seen.calls > 1);
      if (stop) {
        check_error_at(written, &error, NODAL_ERROR_CANCELLED, in_folder(names[i]), "cancelled");
        assert_true(seen.done > 300 && seen.done < 1000);
        assert_int_equal(folder_count(), before + i + 1);
      } else {
        check_ok(written, &error);
        assert_true(seen.done >= SIDE / 2);
        assert_int_equal(folder_count(), before + i + 1);
      }
    }
  }
}

static void encodes_the_bytes_of_the_file(void **state) {
  (void)state;
  enum { SIDE = 70 };
  unsigned char pixels[SIDE * SIDE * 3];
  for (size_t i = 0; i < sizeof pixels; i++) {
    pixels[i] = (unsigned char)(i * i >> 3);
  }
  const char *const names[] = {"memory.png", "memory.jpeg", "memory.TIF"};
  for (int i = 0; i < 3; i++) {
    NodalError *error = NULL;
    void *data = NULL;
    size_t size = 0;
    const char *path = in_folder(names[i]);
    check_ok(nodal_image_write(path, pixels, SIDE, SIDE, SIDE * 3, 3, NODAL_UINT8, 0.5, 80, true, NULL, &error),
             &error);
    check_ok(nodal_image_encode(names[i], pixels, SIDE, SIDE, SIDE * 3, 3, NODAL_UINT8, 0.5, 80, &data, &size, &error),
             &error);
    NodalSource *file = nodal_source_open(path, &error);
    assert_non_null(file);
    assert_int_equal(nodal_source_size(file), size);
    unsigned char *written = malloc(size);
    check_ok(nodal_source_read(file, written, size, 0, &error), &error);
    assert_memory_equal(written, data, size);
    free(written);
    nodal_free(data);
    nodal_source_unref(file);
  }
  NodalError *error = NULL;
  void *data = NULL;
  size_t size = 0;
  bool encoded = nodal_image_encode("region.bmp", pixels, 1, 1, 3, 3, NODAL_UINT8, 0, 80, &data, &size, &error);
  check_error_at(encoded, &error, NODAL_ERROR_ARGUMENT, "region.bmp",
                 "images are written as .png, .jpg, .jpeg, .tif or .tiff");
  assert_null(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(writes_png),        cmocka_unit_test(writes_jpeg),
      cmocka_unit_test(writes_tiff),       cmocka_unit_test(refuses_what_does_not_fit),
      cmocka_unit_test(reports_and_stops), cmocka_unit_test(encodes_the_bytes_of_the_file),
  };
  return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
