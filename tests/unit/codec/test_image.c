/* SPDX-License-Identifier: Apache-2.0 */
/* PNG and JPEG files against libpng and TurboJPEG. */
#include "support.h"

#include <nodal/error.h>

#include <math.h>
#include <png.h>
#include <turbojpeg.h>

/* A PNG to be written by libpng. Samples are as libpng takes them: packed, 16 bits in network order. */
typedef struct Png {
  int width, height, depth, type;
  bool interlaced, transparent;
  int unit; /* of 4000 x 2000 pixels, pHYs; -1: no such chunk */
  const uint8_t *rows;
  size_t row_bytes;
} Png;

typedef struct File {
  uint8_t *data;
  size_t size, capacity;
} File;

static void file_write(png_structp png, png_bytep data, size_t size) {
  File *file = png_get_io_ptr(png);
  if (file->size + size > file->capacity) {
    file->capacity = 2 * (file->size + size);
    file->data = realloc(file->data, file->capacity);
    assert_non_null(file->data);
  }
  memcpy(file->data + file->size, data, size);
  file->size += size;
}

static void file_flush(png_structp png) {
  (void)png;
}

static const png_color palette[4] = {{10, 20, 30}, {40, 50, 60}, {70, 80, 90}, {255, 0, 128}};

static File write_png(const Png *image) {
  File file = {0};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct(png);
  assert_non_null(info);
  png_set_write_fn(png, &file, file_write, file_flush);
  png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height, image->depth, image->type,
               image->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  if (image->type == PNG_COLOR_TYPE_PALETTE) {
    png_set_PLTE(png, info, palette, 4);
  }
  if (image->transparent) {
    static const png_byte alpha[2] = {0, 77};
    static const png_color_16 key = {.red = 1, .green = 2, .blue = 3, .gray = 1};
    png_set_tRNS(png, info, alpha, 2, &key);
  }
  if (image->unit >= 0) {
    png_set_pHYs(png, info, 4000000, 2000000, image->unit);
  }
  png_write_info(png, info);
  int passes = png_set_interlace_handling(png);
  for (int pass = 0; pass < passes; pass++) {
    for (int y = 0; y < image->height; y++) {
      png_write_row(png, image->rows + (size_t)y * image->row_bytes);
    }
  }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return file;
}

/* Decodes with rows two bytes longer than they need be. */
static uint8_t *decode(const File *file, NodalImageInfo *info, size_t *stride) {
  NodalError *error = NULL;
  test_expect_success(nodal_codec_image_info(file->data, file->size, info, &error), &error);
  *stride = (size_t)info->width * (size_t)info->channels * nodal_dtype_size(info->dtype) + 2;
  uint8_t *pixels = test_alloc(*stride * (size_t)info->height);
  test_expect_success(nodal_codec_image_decode(file->data, file->size, info, pixels, *stride, &error), &error);
  return pixels;
}

static void expect_info(const NodalImageInfo *info, int width, int height, int channels, NodalDtype dtype) {
  assert_int_equal(info->codec, NODAL_CODEC_PNG);
  assert_int_equal(info->width, width);
  assert_int_equal(info->height, height);
  assert_int_equal(info->channels, channels);
  assert_int_equal(info->dtype, dtype);
}

static void png_of_8_and_16_bits(void **state) {
  (void)state;
  static const int types[4] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                               PNG_COLOR_TYPE_RGB_ALPHA};
  for (int variant = 0; variant < 16; variant++) {
    int channels = variant % 4 + 1, bytes = variant / 4 % 2 + 1;
    uint8_t *samples = test_paint(37 * bytes, 21, channels, (uint64_t)variant + 1);
    Png png = {37,
               21,
               8 * bytes,
               types[channels - 1],
               variant >= 8,
               false,
               PNG_RESOLUTION_METER,
               samples,
               (size_t)(37 * bytes * channels)};
    File file = write_png(&png);
    NodalImageInfo info;
    size_t stride;
    uint8_t *pixels = decode(&file, &info, &stride);
    expect_info(&info, 37, 21, channels, bytes == 1 ? NODAL_UINT8 : NODAL_UINT16);
    assert_true(fabs(info.spacing_x_um - 0.25) < 1e-12 && fabs(info.spacing_y_um - 0.5) < 1e-12);
    for (size_t y = 0; y < 21; y++) {
      const uint8_t *expected = samples + y * png.row_bytes, *got = pixels + y * stride;
      for (size_t i = 0; i < png.row_bytes; i++) {
        /* Two bytes the other way round on a little-endian machine. */
        assert_int_equal(got[i], expected[bytes == 1 ? i : i ^ 1]);
      }
    }
    free(pixels);
    free(file.data);
    free(samples);
  }
}

static void png_of_a_palette(void **state) {
  (void)state;
  static const uint8_t rows[2] = {0x1B, 0xE4}; /* 0 1 2 3, 3 2 1 0 at two bits a pixel */
  for (int transparent = 0; transparent < 2; transparent++) {
    Png png = {4, 2, 2, PNG_COLOR_TYPE_PALETTE, false, transparent != 0, PNG_RESOLUTION_UNKNOWN, rows, 1};
    File file = write_png(&png);
    NodalImageInfo info;
    size_t stride;
    uint8_t *pixels = decode(&file, &info, &stride);
    expect_info(&info, 4, 2, 3 + transparent, NODAL_UINT8);
    assert_true(info.spacing_x_um == 0 && info.spacing_y_um == 0);
    static const uint8_t alpha[4] = {0, 77, 255, 255};
    for (int i = 0; i < 8; i++) {
      int index = i < 4 ? i : 7 - i;
      const uint8_t *got = pixels + (size_t)(i / 4) * stride + (size_t)(i % 4 * (3 + transparent));
      assert_int_equal(got[0], palette[index].red);
      assert_int_equal(got[1], palette[index].green);
      assert_int_equal(got[2], palette[index].blue);
      if (transparent) {
        assert_int_equal(got[3], alpha[index]);
      }
    }
    free(pixels);
    free(file.data);
  }
}

static void png_of_few_bits(void **state) {
  (void)state;
  static const uint8_t row[1] = {0xB1};
  for (int depth = 1; depth <= 4; depth *= 2) {
    int width = 8 / depth, most = (1 << depth) - 1;
    Png png = {width, 1, depth, PNG_COLOR_TYPE_GRAY, false, false, -1, row, 1};
    File file = write_png(&png);
    NodalImageInfo info;
    size_t stride;
    uint8_t *pixels = decode(&file, &info, &stride);
    expect_info(&info, width, 1, 1, NODAL_UINT8);
    assert_true(info.spacing_x_um == 0 && info.spacing_y_um == 0);
    for (int x = 0; x < width; x++) {
      int value = row[0] >> (8 - depth * (x + 1)) & most;
      assert_int_equal(pixels[x], value * 255 / most);
    }
    free(pixels);
    free(file.data);
  }
}

static void png_with_a_transparent_colour(void **state) {
  (void)state;
  static const uint8_t gray[3] = {0, 1, 2}, rgb[6] = {1, 2, 3, 1, 2, 4};
  NodalImageInfo info;
  size_t stride;
  Png png = {3, 1, 8, PNG_COLOR_TYPE_GRAY, false, true, -1, gray, 3};
  File file = write_png(&png);
  uint8_t *pixels = decode(&file, &info, &stride);
  expect_info(&info, 3, 1, 2, NODAL_UINT8);
  assert_memory_equal(pixels, "\0\xFF\1\0\2\xFF", 6);
  free(pixels);
  free(file.data);
  png = (Png){2, 1, 8, PNG_COLOR_TYPE_RGB, false, true, -1, rgb, 6};
  file = write_png(&png);
  pixels = decode(&file, &info, &stride);
  expect_info(&info, 2, 1, 4, NODAL_UINT8);
  assert_memory_equal(pixels, "\1\2\3\0\1\2\4\xFF", 8);
  free(pixels);
  free(file.data);
}

static void encoded_png_is_read_by_libpng(void **state) {
  (void)state;
  static const png_uint_32 formats[4] = {PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB, PNG_FORMAT_RGBA};
  NodalBytes out = {0}, again = {0};
  for (int channels = 1; channels <= 4; channels++) {
    uint8_t *samples = test_paint(65, 33, channels, 9), got[65 * 33 * 4];
    NodalEncoding encoding = {
        .codec = NODAL_CODEC_PNG, .width = 60, .height = 33, .channels = channels, .dtype = NODAL_UINT8};
    size_t stride = (size_t)(65 * channels), row = (size_t)(60 * channels);
    NodalError *error = NULL;
    test_expect_success(nodal_codec_encode(&encoding, samples, stride, &out, &error), &error);
    test_expect_success(nodal_codec_encode(&encoding, samples, stride, &again, &error), &error);
    assert_int_equal(out.size, again.size);
    assert_memory_equal(out.data, again.data, out.size);
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&image, out.data, out.size));
    assert_int_equal(image.width, 60);
    assert_int_equal(image.height, 33);
    assert_int_equal(image.format, formats[channels - 1]);
    assert_true(png_image_finish_read(&image, NULL, got, 0, NULL));
    for (size_t y = 0; y < 33; y++) {
      assert_memory_equal(got + y * row, samples + y * stride, row);
    }
    free(samples);
  }
  free(out.data);
  free(again.data);
}

/* Our reader was checked against libpng's writer above. */
static void encoded_png_of_16_bits_comes_back(void **state) {
  (void)state;
  NodalBytes out = {0};
  for (int channels = 1; channels <= 4; channels++) {
    uint8_t *samples = test_paint(2 * 31, 17, channels, 10);
    NodalEncoding encoding = {
        .codec = NODAL_CODEC_PNG, .width = 31, .height = 17, .channels = channels, .dtype = NODAL_UINT16};
    size_t row = (size_t)(62 * channels), stride;
    NodalError *error = NULL;
    test_expect_success(nodal_codec_encode(&encoding, samples, row, &out, &error), &error);
    File file = {out.data, out.size, out.capacity};
    NodalImageInfo info;
    uint8_t *pixels = decode(&file, &info, &stride);
    expect_info(&info, 31, 17, channels, NODAL_UINT16);
    for (size_t y = 0; y < 17; y++) {
      assert_memory_equal(pixels + y * stride, samples + y * row, row);
    }
    free(pixels);
    free(samples);
  }
  NodalEncoding encoding = {.codec = NODAL_CODEC_PNG, .width = 2, .height = 1, .channels = 5, .dtype = NODAL_UINT8};
  NodalError *error = NULL;
  test_expect_error(nodal_codec_encode(&encoding, "0123456789", 10, &out, &error), &error, NODAL_ERROR_ARGUMENT,
                    "PNG takes 1 to 4 channels of uint8 or uint16");
  encoding.channels = 1;
  encoding.dtype = NODAL_FLOAT32;
  test_expect_error(nodal_codec_encode(&encoding, "0123456789", 8, &out, &error), &error, NODAL_ERROR_ARGUMENT,
                    "PNG takes 1 to 4 channels of uint8 or uint16");
  free(out.data);
}

static void jpeg_files(void **state) {
  (void)state;
  for (int gray = 0; gray < 2; gray++) {
    int channels = gray ? 1 : 3;
    uint8_t *painted = test_paint(70, 50, channels, 11), *expected = test_alloc(70 * 50 * 3);
    tjhandle encoder = tjInitCompress(), decoder = tjInitDecompress();
    unsigned char *jpeg = NULL;
    unsigned long size = 0;
    int format = gray ? TJPF_GRAY : TJPF_RGB;
    assert_int_equal(
        tjCompress2(encoder, painted, 70, 0, 50, format, &jpeg, &size, gray ? TJSAMP_GRAY : TJSAMP_420, 80, 0), 0);
    assert_int_equal(tjDecompress2(decoder, jpeg, size, expected, 70, 0, 50, format, 0), 0);
    /* APP0 comes first: its unit and densities. */
    assert_memory_equal(jpeg + 6, "JFIF", 4);
    static const struct {
      uint8_t unit;
      double x, y;
    } units[] = {{0, 0, 0}, {1, 25400.0 / 0x0102, 25400.0 / 0x0304}, {2, 10000.0 / 0x0102, 10000.0 / 0x0304}};
    for (int i = 0; i < 3; i++) {
      jpeg[13] = units[i].unit;
      memcpy(jpeg + 14, "\1\2\3\4", 4);
      File file = {jpeg, size, size};
      NodalImageInfo info;
      size_t stride;
      uint8_t *pixels = decode(&file, &info, &stride);
      assert_int_equal(info.codec, NODAL_CODEC_JPEG);
      assert_int_equal(info.width, 70);
      assert_int_equal(info.height, 50);
      assert_int_equal(info.channels, channels);
      assert_int_equal(info.dtype, NODAL_UINT8);
      assert_true(fabs(info.spacing_x_um - units[i].x) < 1e-9 && fabs(info.spacing_y_um - units[i].y) < 1e-9);
      for (size_t y = 0; y < 50; y++) {
        assert_memory_equal(pixels + y * stride, expected + y * 70 * (size_t)channels, 70 * (size_t)channels);
      }
      free(pixels);
    }
    tjFree(jpeg);
    tjDestroy(encoder);
    tjDestroy(decoder);
    free(painted);
    free(expected);
  }
}

static void other_files_are_refused(void **state) {
  (void)state;
  NodalImageInfo info;
  NodalError *error = NULL;
  static const char message[] = "neither a PNG nor a JPEG file";
  test_expect_error(nodal_codec_image_info("", 0, &info, &error), &error, NODAL_ERROR_UNSUPPORTED, message);
  test_expect_error(nodal_codec_image_info("\x89PNG\r\n\x1A", 7, &info, &error), &error, NODAL_ERROR_UNSUPPORTED,
                    message);
  test_expect_error(nodal_codec_image_info("GIF89a", 6, &info, &error), &error, NODAL_ERROR_UNSUPPORTED, message);
  /* Four components: nobody knows which inks. */
  uint8_t pixels[16 * 16 * 4] = {0};
  tjhandle encoder = tjInitCompress();
  unsigned char *jpeg = NULL;
  unsigned long size = 0;
  assert_int_equal(tjCompress2(encoder, pixels, 16, 0, 16, TJPF_CMYK, &jpeg, &size, TJSAMP_444, 80, 0), 0);
  test_expect_error(nodal_codec_image_info(jpeg, size, &info, &error), &error, NODAL_ERROR_UNSUPPORTED,
                    "unsupported JPEG: 4 components");
  tjFree(jpeg);
  tjDestroy(encoder);
}

static void put_number(uint8_t *to, uint32_t value) {
  for (int i = 0; i < 4; i++) {
    to[i] = (uint8_t)(value >> (24 - 8 * i));
  }
}

static void images_too_large_are_refused(void **state) {
  (void)state;
  static const uint8_t row[1] = {0};
  Png png = {1, 1, 8, PNG_COLOR_TYPE_GRAY, false, false, -1, row, 1};
  File file = write_png(&png);
  NodalImageInfo info;
  NodalError *error = NULL;
  test_expect_success(nodal_codec_image_info(file.data, file.size, &info, &error), &error);
  info.width = 16385;
  info.height = 8192;
  uint8_t pixel[1];
  test_expect_error(nodal_codec_image_decode(file.data, file.size, &info, pixel, 16385, &error), &error,
                    NODAL_ERROR_MEMORY, "an image of 16385 x 8192 pixels is too large");
  info.width = 2;
  info.height = 1;
  test_expect_error(nodal_codec_image_decode(file.data, file.size, &info, pixel, 1, &error), &error,
                    NODAL_ERROR_ARGUMENT, "the rows are too short for the image");
  test_expect_error(nodal_codec_image_decode(file.data, file.size, &info, pixel, 2, &error), &error, NODAL_ERROR_FORMAT,
                    "damaged PNG: it is not the image described");
  /* A side that libpng is not to believe: width in IHDR, with the CRC made right. */
  put_number(file.data + 16, 2000000);
  uint32_t crc = 0xFFFFFFFFu;
  for (int i = 12; i < 29; i++) {
    crc ^= file.data[i];
    for (int bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
  }
  put_number(file.data + 29, ~crc);
  test_expect_error(nodal_codec_image_info(file.data, file.size, &info, &error), &error, NODAL_ERROR_FORMAT,
                    "damaged PNG: Invalid IHDR data");
  free(file.data);
}

/* Cut at every byte and changed at every byte. */
static void damage_does_no_harm(void **state) {
  (void)state;
  for (int interlaced = 0; interlaced < 2; interlaced++) {
    uint8_t *samples = test_paint(24, 16, 3, 12), pixels[24 * 16 * 4 * 2];
    Png png = {24, 16, 8, PNG_COLOR_TYPE_RGB, interlaced != 0, false, PNG_RESOLUTION_METER, samples, 24 * 3};
    File file = write_png(&png);
    uint64_t random = 13;
    for (size_t i = 0; i < file.size; i++) {
      for (int way = 0; way < 2; way++) {
        size_t size = way == 0 ? i : file.size;
        uint8_t *copy = test_alloc(size);
        memcpy(copy, file.data, size);
        if (way == 1) {
          copy[i] = (uint8_t)(copy[i] ^ (1 + test_below(&random, 255)));
        }
        NodalImageInfo info;
        NodalError *error = NULL;
        bool ok = nodal_codec_image_info(copy, size, &info, &error);
        bool small = ok && info.width == 24 && info.height == 16;
        ok = small && nodal_codec_image_decode(copy, size, &info, pixels, 24 * 4 * 2, &error);
        assert_true(!ok || error == NULL);
        assert_true(ok || !small || error != NULL);
        assert_true(!ok || way == 1);
        nodal_error_free(error);
        free(copy);
      }
    }
    NodalImageInfo info;
    NodalError *error = NULL;
    test_expect_error(nodal_codec_image_info(file.data, 20, &info, &error), &error, NODAL_ERROR_FORMAT,
                      "damaged PNG: it ends too early");
    free(file.data);
    free(samples);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(png_of_8_and_16_bits),
      cmocka_unit_test(png_of_a_palette),
      cmocka_unit_test(png_of_few_bits),
      cmocka_unit_test(png_with_a_transparent_colour),
      cmocka_unit_test(encoded_png_is_read_by_libpng),
      cmocka_unit_test(encoded_png_of_16_bits_comes_back),
      cmocka_unit_test(jpeg_files),
      cmocka_unit_test(other_files_are_refused),
      cmocka_unit_test(images_too_large_are_refused),
      cmocka_unit_test(damage_does_no_harm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
