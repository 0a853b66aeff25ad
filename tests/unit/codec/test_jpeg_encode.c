/* SPDX-License-Identifier: Apache-2.0 */
/* The JPEG encoder, planes, tables and splicing against TurboJPEG and libjpeg. */
#include "support.h"

#include <nodal/error.h>

#include <stdio.h>

#include <jpeglib.h>
#include <turbojpeg.h>

static uint8_t *decode_with_turbojpeg(const void *jpeg, size_t size, int width, int height, int channels) {
  tjhandle handle = tjInitDecompress();
  assert_non_null(handle);
  uint8_t *pixels = test_alloc((size_t)width * (size_t)height * (size_t)channels);
  int found_width, found_height, subsampling, colors;
  assert_int_equal(tjDecompressHeader3(handle, jpeg, size, &found_width, &found_height, &subsampling, &colors), 0);
  assert_int_equal(found_width, width);
  assert_int_equal(found_height, height);
  assert_int_equal(tjDecompress2(handle, jpeg, size, pixels, width, 0, height, channels == 1 ? TJPF_GRAY : TJPF_RGB, 0),
                   0);
  tjDestroy(handle);
  return pixels;
}

static NodalEncoding encoding_of(int width, int height, int channels) {
  return (NodalEncoding){.codec = NODAL_CODEC_JPEG,
                         .width = width,
                         .height = height,
                         .channels = channels,
                         .dtype = NODAL_UINT8,
                         .quality = 80};
}

static void encode(const NodalEncoding *encoding, const uint8_t *pixels, NodalBytes *out) {
  NodalError *error = NULL;
  size_t stride = (size_t)encoding->width * (size_t)encoding->channels;
  test_expect_success(nodal_codec_encode(encoding, pixels, stride, out, &error), &error);
}

static const int sizes[][2] = {{512, 512}, {256, 240}, {33, 17}, {1, 1}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void same_bytes_as_turbojpeg(void **state) {
  (void)state;
  static const int samplings[] = {TJSAMP_420, TJSAMP_444, TJSAMP_GRAY};
  NodalBytes out = {0};
  for (int i = 0; i < SIZES * 3; i++) {
    int width = sizes[i / 3][0], height = sizes[i / 3][1], sampling = samplings[i % 3];
    int channels = sampling == TJSAMP_GRAY ? 1 : 3;
    uint8_t *pixels = test_paint(width, height, channels, (uint64_t)i + 1);
    NodalEncoding encoding = encoding_of(width, height, channels);
    encoding.chroma_full = sampling == TJSAMP_444;
    encode(&encoding, pixels, &out);
    tjhandle handle = tjInitCompress();
    unsigned char *expected = NULL;
    unsigned long size = 0;
    assert_int_equal(tjCompress2(handle, pixels, width, 0, height, channels == 1 ? TJPF_GRAY : TJPF_RGB, &expected,
                                 &size, sampling, 80, TJFLAG_ACCURATEDCT),
                     0);
    assert_int_equal(out.size, size);
    assert_memory_equal(out.data, expected, size);
    tjFree(expected);
    tjDestroy(handle);
    free(pixels);
  }
  free(out.data);
}

static bool has_marker(const NodalBytes *bytes, int marker) {
  for (size_t i = 0; i + 1 < bytes->size; i++) {
    if (bytes->data[i] == 0xFF && bytes->data[i + 1] == marker) {
      return true;
    }
  }
  return false;
}

static void bare_blocks_go_with_their_tables(void **state) {
  (void)state;
  NodalBytes whole = {0}, bare = {0}, tables = {0}, spliced = {0};
  for (int variant = 0; variant < 3; variant++) {
    NodalEncoding encoding = encoding_of(64, 48, variant == 2 ? 1 : 3);
    encoding.chroma_full = variant == 1;
    uint8_t *pixels = test_paint(64, 48, encoding.channels, 3);
    encode(&encoding, pixels, &whole);
    encoding.bare = true;
    encode(&encoding, pixels, &bare);
    NodalError *error = NULL;
    test_expect_success(nodal_codec_jpeg_tables(&encoding, &tables, &error), &error);
    assert_memory_equal(tables.data, "\xFF\xD8\xFF\xDB", 4);
    assert_memory_equal(tables.data + tables.size - 2, "\xFF\xD9", 2);
    assert_true(has_marker(&whole, 0xDB) && has_marker(&whole, 0xC4) && has_marker(&whole, 0xE0));
    assert_false(has_marker(&bare, 0xDB) || has_marker(&bare, 0xC4) || has_marker(&bare, 0xE0));
    uint8_t *expected = decode_with_turbojpeg(whole.data, whole.size, 64, 48, encoding.channels);
    test_expect_success(
        nodal_codec_jpeg_splice(tables.data, tables.size, bare.data, bare.size, false, &spliced, &error), &error);
    uint8_t *got = decode_with_turbojpeg(spliced.data, spliced.size, 64, 48, encoding.channels);
    assert_memory_equal(got, expected, (size_t)(64 * 48 * encoding.channels));
    NodalBlock block = {.compression = NODAL_COMPRESSION_JPEG,
                        .width = 64,
                        .height = 48,
                        .channels = encoding.channels,
                        .dtype = NODAL_UINT8,
                        .jpeg_ycbcr = true,
                        .tables = tables.data,
                        .tables_size = tables.size};
    memset(got, 0, (size_t)(64 * 48 * encoding.channels));
    test_expect_success(nodal_codec_decode(&block, bare.data, bare.size, (NodalRect){0, 0, 64, 48}, got,
                                           (size_t)(64 * encoding.channels), &error),
                        &error);
    assert_memory_equal(got, expected, (size_t)(64 * 48 * encoding.channels));
    free(got);
    free(expected);
    free(pixels);
  }
  free(whole.data);
  free(bare.data);
  free(tables.data);
  free(spliced.data);
}

/* Red, green and blue are stored as three components of full size, and decoders see that they are no YCbCr. */
static void rgb_stays_rgb(void **state) {
  (void)state;
  enum { WIDTH = 64, HEIGHT = 48 };
  NodalBytes out = {0}, tables = {0};
  NodalError *error = NULL;
  NodalEncoding encoding = encoding_of(WIDTH, HEIGHT, 3);
  encoding.rgb = true;
  encoding.quality = 100;
  uint8_t *pixels = test_paint(WIDTH, HEIGHT, 3, 9), got[WIDTH * HEIGHT * 3];
  encode(&encoding, pixels, &out);
  uint8_t *judged = decode_with_turbojpeg(out.data, out.size, WIDTH, HEIGHT, 3);
  NodalJpegInfo info;
  test_expect_success(nodal_codec_jpeg_info(NULL, 0, out.data, out.size, &info, &error), &error);
  assert_false(info.ycbcr);
  assert_int_equal(info.h_samp, 1);
  encoding.bare = true;
  encode(&encoding, pixels, &out);
  test_expect_success(nodal_codec_jpeg_tables(&encoding, &tables, &error), &error);
  NodalBlock block = {.compression = NODAL_COMPRESSION_JPEG,
                      .width = WIDTH,
                      .height = HEIGHT,
                      .channels = 3,
                      .dtype = NODAL_UINT8,
                      .tables = tables.data,
                      .tables_size = tables.size};
  test_expect_success(
      nodal_codec_decode(&block, out.data, out.size, (NodalRect){0, 0, WIDTH, HEIGHT}, got, 3 * WIDTH, &error), &error);
  for (int i = 0; i < WIDTH * HEIGHT * 3; i++) {
    assert_in_range(judged[i] + 2 - pixels[i], 0, 4);
    assert_in_range(got[i] + 2 - pixels[i], 0, 4);
  }
  free(judged);
  free(pixels);
  free(out.data);
  free(tables.data);
}

/* Channels that are no colours stay as they are. */
static void two_and_four_channels(void **state) {
  (void)state;
  NodalBytes out = {0};
  for (int channels = 2; channels <= 4; channels += 2) {
    uint8_t *pixels = test_paint(40, 24, channels, 4), got[40 * 24 * 4];
    NodalEncoding encoding = encoding_of(40, 24, channels);
    encoding.quality = 100;
    encode(&encoding, pixels, &out);
    NodalBlock block = {
        .compression = NODAL_COMPRESSION_JPEG, .width = 40, .height = 24, .channels = channels, .dtype = NODAL_UINT8};
    NodalError *error = NULL;
    size_t stride = (size_t)(40 * channels);
    test_expect_success(nodal_codec_decode(&block, out.data, out.size, (NodalRect){0, 0, 40, 24}, got, stride, &error),
                        &error);
    for (size_t i = 0; i < stride * 24; i++) {
      assert_true(abs(got[i] - pixels[i]) <= 2);
    }
    free(pixels);
  }
  free(out.data);
}

static void bad_encodings_are_errors(void **state) {
  (void)state;
  static const char message[] = "JPEG takes 1 to 4 channels of uint8 and a quality of 1 to 100";
  NodalBytes out = {0};
  uint8_t *pixels = test_alloc(80000 * 4);
  NodalError *error = NULL;
  NodalEncoding encoding = encoding_of(8, 8, 5);
  test_expect_error(nodal_codec_encode(&encoding, pixels, 40, &out, &error), &error, NODAL_ERROR_ARGUMENT, message);
  encoding = encoding_of(8, 8, 3);
  encoding.quality = 101;
  test_expect_error(nodal_codec_encode(&encoding, pixels, 24, &out, &error), &error, NODAL_ERROR_ARGUMENT, message);
  test_expect_error(nodal_codec_jpeg_tables(&encoding, &out, &error), &error, NODAL_ERROR_ARGUMENT, message);
  encoding = encoding_of(8, 8, 1);
  encoding.dtype = NODAL_UINT16;
  test_expect_error(nodal_codec_encode(&encoding, pixels, 16, &out, &error), &error, NODAL_ERROR_ARGUMENT, message);
  encoding = encoding_of(65501, 1, 3);
  test_expect_error(nodal_codec_encode(&encoding, pixels, 65501 * 3, &out, &error), &error, NODAL_ERROR_UNSUPPORTED,
                    "unsupported JPEG: Maximum supported image dimension is 65500 pixels");
  assert_int_equal(out.size, 0);
  free(pixels);
  free(out.data);
}

/* Planes of painted samples. */
static NodalPlanes make_planes(int width, int height, size_t padding, uint64_t seed) {
  NodalPlanes planes = {.width = width, .height = height};
  for (int i = 0; i < 3; i++) {
    int w = i > 0 ? width / 2 : width, h = i > 0 ? height / 2 : height;
    planes.stride[i] = (size_t)w + padding;
    planes.plane[i] = test_paint((int)planes.stride[i], h, 1, seed + (uint64_t)i);
  }
  return planes;
}

static void free_planes(NodalPlanes *planes) {
  for (int i = 0; i < 3; i++) {
    free(planes->plane[i]);
  }
}

static void planes_encode_as_with_turbojpeg(void **state) {
  (void)state;
  static const int plane_sizes[][2] = {{512, 512}, {64, 32}, {34, 18}, {2, 2}, {48, 30}};
  NodalBytes out = {0};
  for (int i = 0; i < 10; i++) {
    int width = plane_sizes[i / 2][0], height = plane_sizes[i / 2][1], channels = i % 2 ? 1 : 3;
    NodalPlanes planes = make_planes(width, height, 5, 10);
    NodalEncoding encoding = encoding_of(width, height, channels);
    NodalError *error = NULL;
    test_expect_success(nodal_codec_encode_planes(&encoding, &planes, &out, &error), &error);
    const unsigned char *pointers[3] = {planes.plane[0], planes.plane[1], planes.plane[2]};
    int strides[3] = {(int)planes.stride[0], (int)planes.stride[1], (int)planes.stride[2]};
    tjhandle handle = tjInitCompress();
    unsigned char *expected = NULL;
    unsigned long size = 0;
    assert_int_equal(tjCompressFromYUVPlanes(handle, pointers, width, strides, height,
                                             channels == 1 ? TJSAMP_GRAY : TJSAMP_420, &expected, &size, 80,
                                             TJFLAG_ACCURATEDCT),
                     0);
    uint8_t *a = decode_with_turbojpeg(out.data, out.size, width, height, channels);
    uint8_t *b = decode_with_turbojpeg(expected, size, width, height, channels);
    assert_memory_equal(a, b, (size_t)width * (size_t)height * (size_t)channels);
    free(a);
    free(b);
    tjFree(expected);
    tjDestroy(handle);
    free_planes(&planes);
  }
  free(out.data);
}

static void bare_planes_need_their_tables(void **state) {
  (void)state;
  NodalPlanes planes = make_planes(32, 32, 0, 11);
  NodalEncoding encoding = encoding_of(32, 32, 3);
  NodalBytes whole = {0}, bare = {0}, tables = {0}, spliced = {0};
  NodalError *error = NULL;
  test_expect_success(nodal_codec_encode_planes(&encoding, &planes, &whole, &error), &error);
  encoding.bare = true;
  test_expect_success(nodal_codec_encode_planes(&encoding, &planes, &bare, &error), &error);
  test_expect_success(nodal_codec_jpeg_tables(&encoding, &tables, &error), &error);
  test_expect_success(nodal_codec_jpeg_splice(tables.data, tables.size, bare.data, bare.size, false, &spliced, &error),
                      &error);
  uint8_t *a = decode_with_turbojpeg(whole.data, whole.size, 32, 32, 3);
  uint8_t *b = decode_with_turbojpeg(spliced.data, spliced.size, 32, 32, 3);
  assert_memory_equal(a, b, 32 * 32 * 3);
  free(a);
  free(b);
  free_planes(&planes);
  free(whole.data);
  free(bare.data);
  free(tables.data);
  free(spliced.data);
}

/* One component of a JPEG at 1/1 or 1/2 by libjpeg: the others are not decoded and it counts as gray. */
static uint8_t *decode_luma(const NodalBytes *jpeg, int width, int height, bool half) {
  struct jpeg_decompress_struct decoder;
  struct jpeg_error_mgr errors;
  decoder.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&decoder);
  jpeg_mem_src(&decoder, jpeg->data, jpeg->size);
  jpeg_read_header(&decoder, TRUE);
  decoder.out_color_space = JCS_GRAYSCALE;
  decoder.scale_num = 1;
  decoder.scale_denom = half ? 2 : 1;
  jpeg_start_decompress(&decoder);
  assert_int_equal(decoder.output_width, width);
  assert_int_equal(decoder.output_height, height);
  uint8_t *pixels = test_alloc((size_t)width * (size_t)height);
  while (decoder.output_scanline < decoder.output_height) {
    JSAMPROW row = pixels + (size_t)decoder.output_scanline * (size_t)width;
    jpeg_read_scanlines(&decoder, &row, 1);
  }
  jpeg_finish_decompress(&decoder);
  jpeg_destroy_decompress(&decoder);
  return pixels;
}

static NodalBlock planes_block(int width, int height, int channels) {
  return (NodalBlock){.compression = NODAL_COMPRESSION_JPEG,
                      .width = width,
                      .height = height,
                      .channels = channels,
                      .dtype = NODAL_UINT8,
                      .jpeg_ycbcr = true};
}

static NodalPlanes empty_planes(int width, int height) {
  NodalPlanes planes = {.width = width, .height = height};
  for (int i = 0; i < 3; i++) {
    int shrink = i > 0 ? 2 : 1;
    planes.stride[i] = (size_t)(width / shrink) + 3;
    planes.plane[i] = test_alloc(planes.stride[i] * (size_t)(height / shrink));
  }
  return planes;
}

/* The scaled inverse DCT gives about the mean of each two by two samples of the whole one. */
static void expect_means(const NodalPlanes *whole, const NodalPlanes *half, int plane) {
  int shrink = plane > 0 ? 2 : 1;
  for (int y = 0; y < half->height / shrink; y++) {
    for (int x = 0; x < half->width / shrink; x++) {
      const uint8_t *above = whole->plane[plane] + (size_t)(2 * y) * whole->stride[plane] + 2 * x;
      const uint8_t *below = above + whole->stride[plane];
      int sum = above[0] + above[1] + below[0] + below[1];
      int got = half->plane[plane][(size_t)y * half->stride[plane] + (size_t)x];
      assert_true(abs(4 * got - sum) <= 4 * 3);
    }
  }
}

static void planes_decode_as_with_libjpeg(void **state) {
  (void)state;
  NodalBytes jpeg = {0};
  for (int i = 0; i < 6; i++) {
    int width = i / 2 == 0 ? 512 : i / 2 == 1 ? 64 : 16, height = i / 2 == 0 ? 512 : 48, channels = i % 2 ? 1 : 3;
    uint8_t *pixels = test_paint(width, height, channels, 20);
    NodalEncoding encoding = encoding_of(width, height, channels);
    encoding.quality = 95;
    encode(&encoding, pixels, &jpeg);
    NodalBlock block = planes_block(width, height, channels);
    NodalPlanes whole = empty_planes(width, height), half = empty_planes(width / 2, height / 2);
    NodalError *error = NULL;
    test_expect_success(nodal_codec_decode_planes(&block, jpeg.data, jpeg.size, false, &whole, &error), &error);
    test_expect_success(nodal_codec_decode_planes(&block, jpeg.data, jpeg.size, true, &half, &error), &error);
    uint8_t *luma = decode_luma(&jpeg, width, height, false), *small = decode_luma(&jpeg, width / 2, height / 2, true);
    for (int y = 0; y < height; y++) {
      assert_memory_equal(whole.plane[0] + (size_t)y * whole.stride[0], luma + (size_t)(y * width), (size_t)width);
    }
    for (int y = 0; y < height / 2; y++) {
      assert_memory_equal(half.plane[0] + (size_t)y * half.stride[0], small + (size_t)(y * width / 2),
                          (size_t)width / 2);
    }
    for (int plane = 0; plane < channels; plane++) {
      expect_means(&whole, &half, plane);
    }
    free(luma);
    free(small);
    free_planes(&whole);
    free_planes(&half);
    free(pixels);
  }
  free(jpeg.data);
}

/* Chroma at 1/1: what goes in at quality 100 comes out, give or take the rounding of the transforms. */
static void planes_survive_encoding(void **state) {
  (void)state;
  NodalPlanes planes = make_planes(64, 48, 0, 30), got = empty_planes(64, 48);
  NodalEncoding encoding = encoding_of(64, 48, 3);
  encoding.quality = 100;
  encoding.bare = true;
  NodalBytes jpeg = {0}, tables = {0};
  NodalError *error = NULL;
  test_expect_success(nodal_codec_encode_planes(&encoding, &planes, &jpeg, &error), &error);
  test_expect_success(nodal_codec_jpeg_tables(&encoding, &tables, &error), &error);
  NodalBlock block = planes_block(64, 48, 3);
  block.tables = tables.data;
  block.tables_size = tables.size;
  test_expect_success(nodal_codec_decode_planes(&block, jpeg.data, jpeg.size, false, &got, &error), &error);
  for (int i = 0; i < 3; i++) {
    int shrink = i > 0 ? 2 : 1;
    for (int y = 0; y < 48 / shrink; y++) {
      for (int x = 0; x < 64 / shrink; x++) {
        assert_true(abs(planes.plane[i][(size_t)y * planes.stride[i] + (size_t)x] -
                        got.plane[i][(size_t)y * got.stride[i] + (size_t)x]) <= 2);
      }
    }
  }
  free_planes(&planes);
  free_planes(&got);
  free(jpeg.data);
  free(tables.data);
}

static void expect_planes_error(const NodalBlock *block, const NodalBytes *jpeg, NodalErrorCode code,
                                const char *message) {
  NodalPlanes planes = empty_planes(block->width, block->height);
  NodalError *error = NULL;
  bool ok = nodal_codec_decode_planes(block, jpeg->data, jpeg->size, false, &planes, &error);
  test_expect_error(ok, &error, code, message);
  free_planes(&planes);
}

static void what_has_no_such_planes_is_an_error(void **state) {
  (void)state;
  uint8_t *pixels = test_paint(64, 64, 3, 40);
  NodalEncoding encoding = encoding_of(64, 64, 3);
  encoding.chroma_full = true;
  NodalBytes jpeg = {0};
  encode(&encoding, pixels, &jpeg);
  NodalBlock block = planes_block(64, 64, 3);
  expect_planes_error(&block, &jpeg, NODAL_ERROR_UNSUPPORTED, "JPEG is not baseline 4:2:0");
  encoding.chroma_full = false;
  encode(&encoding, pixels, &jpeg);
  block.channels = 1;
  expect_planes_error(&block, &jpeg, NODAL_ERROR_UNSUPPORTED, "JPEG is not baseline 4:2:0");
  block.channels = 3;
  block.width = 80;
  expect_planes_error(&block, &jpeg, NODAL_ERROR_FORMAT, "damaged JPEG: it is 64 x 64 pixels instead of 80 x 64");
  block.width = 72;
  expect_planes_error(&block, &jpeg, NODAL_ERROR_ARGUMENT, "planes do not fit the block");
  block.width = 64;
  block.jpeg_ycbcr = false;
  expect_planes_error(&block, &jpeg, NODAL_ERROR_ARGUMENT, "planes do not fit the block");
  block.jpeg_ycbcr = true;
  /* libjpeg skips the stray byte, but what is spliced must be in order. */
  block.tables = "\xFF\xD8\x00\xFF\xD9";
  block.tables_size = 5;
  expect_planes_error(&block, &jpeg, NODAL_ERROR_FORMAT, "damaged JPEG: bad marker in the tables at byte 2");
  block.tables = NULL;
  block.tables_size = 0;
  NodalPlanes planes = empty_planes(64, 64);
  NodalError *error = NULL;
  bool ok = nodal_codec_decode_planes(&block, jpeg.data, jpeg.size, true, &planes, &error);
  test_expect_error(ok, &error, NODAL_ERROR_ARGUMENT, "planes do not fit the block");
  planes.width = 62;
  ok = nodal_codec_encode_planes(&encoding, &planes, &jpeg, &error);
  test_expect_error(ok, &error, NODAL_ERROR_ARGUMENT, "planes do not fit the encoding");
  planes.width = 64;
  free_planes(&planes);
  tjhandle handle = tjInitCompress();
  unsigned char *progressive = NULL;
  unsigned long size = 0;
  assert_int_equal(
      tjCompress2(handle, pixels, 64, 0, 64, TJPF_RGB, &progressive, &size, TJSAMP_420, 80, TJFLAG_PROGRESSIVE), 0);
  NodalBytes borrowed = {progressive, size, size};
  expect_planes_error(&block, &borrowed, NODAL_ERROR_UNSUPPORTED, "JPEG is not baseline 4:2:0");
  tjFree(progressive);
  tjDestroy(handle);
  free(pixels);
  free(jpeg.data);
}

/* Truncated at every byte: an error, but where only the end marker is gone. */
static void truncated_planes_are_errors(void **state) {
  (void)state;
  uint8_t *pixels = test_paint(32, 32, 3, 50);
  NodalEncoding encoding = encoding_of(32, 32, 3);
  NodalBytes jpeg = {0};
  encode(&encoding, pixels, &jpeg);
  NodalBlock block = planes_block(32, 32, 3);
  NodalPlanes expected = empty_planes(32, 32), planes = empty_planes(32, 32);
  NodalError *error = NULL;
  test_expect_success(nodal_codec_decode_planes(&block, jpeg.data, jpeg.size, false, &expected, &error), &error);
  for (size_t size = 0; size < jpeg.size; size++) {
    uint8_t *cut = test_alloc(size);
    memcpy(cut, jpeg.data, size);
    bool ok = nodal_codec_decode_planes(&block, cut, size, false, &planes, &error);
    assert_true(ok == (error == NULL));
    assert_true(!ok || size >= jpeg.size - 3);
    if (ok) {
      assert_memory_equal(planes.plane[0], expected.plane[0], expected.stride[0] * 32);
      assert_memory_equal(planes.plane[2], expected.plane[2], expected.stride[2] * 16);
    }
    nodal_error_free(error);
    error = NULL;
    free(cut);
  }
  NodalBytes cut = {jpeg.data, jpeg.size - 40, jpeg.capacity};
  expect_planes_error(&block, &cut, NODAL_ERROR_FORMAT,
                      "damaged JPEG: Corrupt JPEG data: premature end of data segment");
  free_planes(&expected);
  free_planes(&planes);
  free(pixels);
  free(jpeg.data);
}

/* Bytes between the data and the end marker leave the pixels alone. */
static void stray_bytes_before_the_end_do_no_harm(void **state) {
  (void)state;
  uint8_t *pixels = test_paint(32, 32, 3, 51);
  NodalEncoding encoding = encoding_of(32, 32, 3);
  NodalBytes jpeg = {0};
  encode(&encoding, pixels, &jpeg);
  uint8_t *longer = test_alloc(jpeg.size + 4);
  memcpy(longer, jpeg.data, jpeg.size - 2);
  memcpy(longer + jpeg.size - 2, "\1\2\3\4\xFF\xD9", 6);
  NodalBlock block = planes_block(32, 32, 3);
  NodalPlanes expected = empty_planes(32, 32), planes = empty_planes(32, 32);
  NodalError *error = NULL;
  test_expect_success(nodal_codec_decode_planes(&block, jpeg.data, jpeg.size, false, &expected, &error), &error);
  test_expect_success(nodal_codec_decode_planes(&block, longer, jpeg.size + 4, false, &planes, &error), &error);
  assert_memory_equal(planes.plane[0], expected.plane[0], expected.stride[0] * 32);
  assert_memory_equal(planes.plane[1], expected.plane[1], expected.stride[1] * 16);
  free_planes(&expected);
  free_planes(&planes);
  free(longer);
  free(pixels);
  free(jpeg.data);
}

static void headers_are_described(void **state) {
  (void)state;
  static const struct {
    int sampling, flags, components, h, v;
  } cases[] = {{TJSAMP_444, 0, 3, 1, 1},
               {TJSAMP_422, 0, 3, 2, 1},
               {TJSAMP_420, 0, 3, 2, 2},
               {TJSAMP_440, 0, 3, 1, 2},
               {TJSAMP_411, 0, 3, 4, 1},
               {TJSAMP_GRAY, 0, 1, 1, 1},
               {TJSAMP_420, TJFLAG_PROGRESSIVE, 3, 2, 2}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint8_t *pixels = test_paint(50, 30, 3, 60);
    tjhandle handle = tjInitCompress();
    unsigned char *jpeg = NULL;
    unsigned long size = 0;
    assert_int_equal(
        tjCompress2(handle, pixels, 50, 0, 30, TJPF_RGB, &jpeg, &size, cases[i].sampling, 80, cases[i].flags), 0);
    NodalJpegInfo info;
    NodalError *error = NULL;
    test_expect_success(nodal_codec_jpeg_info(NULL, 0, jpeg, size, &info, &error), &error);
    assert_int_equal(info.width, 50);
    assert_int_equal(info.height, 30);
    assert_int_equal(info.components, cases[i].components);
    assert_int_equal(info.h_samp, cases[i].h);
    assert_int_equal(info.v_samp, cases[i].v);
    assert_int_equal(info.ycbcr, cases[i].components == 3);
    assert_int_equal(info.baseline, cases[i].flags == 0);
    test_expect_error(nodal_codec_jpeg_info(jpeg, size, jpeg, size, &info, &error), &error, NODAL_ERROR_FORMAT,
                      "damaged JPEG: the tables hold an image");
    tjFree(jpeg);
    tjDestroy(handle);
    free(pixels);
  }
}

/* RGB samples in a JPEG that looks like YCbCr, with a JFIF marker on top: splicing makes it plain. */
static void splicing_says_that_samples_are_rgb(void **state) {
  (void)state;
  uint8_t *pixels = test_paint(32, 32, 3, 70);
  NodalBytes jpeg = {0}, spliced = {0};
  NodalEncoding encoding = encoding_of(32, 32, 3);
  encoding.quality = 100;
  encoding.chroma_full = true;
  encode(&encoding, pixels, &jpeg); /* the samples are YCbCr; called RGB they must come out as they are */
  NodalBlock block = planes_block(32, 32, 3);
  block.jpeg_ycbcr = false;
  uint8_t expected[32 * 32 * 3];
  NodalError *error = NULL;
  test_expect_success(nodal_codec_decode(&block, jpeg.data, jpeg.size, (NodalRect){0, 0, 32, 32}, expected, 96, &error),
                      &error);
  test_expect_success(nodal_codec_jpeg_splice(NULL, 0, jpeg.data, jpeg.size, true, &spliced, &error), &error);
  uint8_t *got = decode_with_turbojpeg(spliced.data, spliced.size, 32, 32, 3);
  assert_memory_equal(got, expected, sizeof expected);
  assert_memory_equal(spliced.data,
                      "\xFF\xD8\xFF\xEE\0\x0E"
                      "Adobe\0\x64\0\0\0\0\0",
                      18);
  assert_false(has_marker(&spliced, 0xE0));
  /* And where they are YCbCr nothing is added. */
  test_expect_success(nodal_codec_jpeg_splice(NULL, 0, jpeg.data, jpeg.size, false, &spliced, &error), &error);
  assert_int_equal(spliced.size, jpeg.size);
  assert_memory_equal(spliced.data, jpeg.data, jpeg.size);
  free(got);
  free(jpeg.data);
  free(spliced.data);
  free(pixels);
}

static void bad_splices_are_errors(void **state) {
  (void)state;
  static const struct {
    const char *tables;
    size_t tables_size;
    const char *data;
    size_t size;
    bool rgb;
    const char *message;
  } cases[] = {
      {NULL, 0, "", 0, false, "damaged JPEG: it does not start with SOI"},
      {NULL, 0, "\xFF\xD9\xFF\xD9", 4, false, "damaged JPEG: it does not start with SOI"},
      {"\xFF\xDB", 2, "\xFF\xD8", 2, false, "damaged JPEG: the tables do not start with SOI"},
      {"\xFF\xD8\xFF\xDB\x00\x43\x00", 7, "\xFF\xD8", 2, false, "damaged JPEG: bad marker in the tables at byte 4"},
      {"\xFF\xD8\xFF\xDB\x00\x01\x00", 7, "\xFF\xD8", 2, false, "damaged JPEG: bad marker in the tables at byte 4"},
      {"\xFF\xD8\xFF\xDA\x00\x02", 6, "\xFF\xD8", 2, false, "damaged JPEG: bad marker in the tables at byte 4"},
      {"\xFF\xD8"
       "xx",
       4, "\xFF\xD8", 2, false, "damaged JPEG: bad marker in the tables at byte 2"},
      {NULL, 0, "\xFF\xD8\xFF\xD9", 4, true, "damaged JPEG: bad marker at byte 4"},
      {NULL, 0, "\xFF\xD8\xFF\xC0\x00\x11", 6, true, "damaged JPEG: bad marker at byte 4"},
      {NULL, 0, "\xFF\xD8\xFF\xFF", 4, true, "damaged JPEG: bad marker at byte 4"},
      {NULL, 0, "\xFF\xD8", 2, true, "damaged JPEG: bad marker at byte 2"},
  };
  NodalBytes out = {0};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    NodalError *error = NULL;
    bool ok = nodal_codec_jpeg_splice(cases[i].tables, cases[i].tables_size, cases[i].data, cases[i].size, cases[i].rgb,
                                      &out, &error);
    test_expect_error(ok, &error, NODAL_ERROR_FORMAT, cases[i].message);
    assert_int_equal(out.size, 0);
  }
  /* Tables without their end are fine, and fill bytes before a marker. */
  NodalError *error = NULL;
  test_expect_success(
      nodal_codec_jpeg_splice("\xFF\xD8\xFF\xFF\xDB\x00\x03\x07", 8, "\xFF\xD8\xFF\xD9", 4, false, &out, &error),
      &error);
  assert_int_equal(out.size, 9);
  assert_memory_equal(out.data, "\xFF\xD8\xFF\xDB\x00\x03\x07\xFF\xD9", 9);
  free(out.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_bytes_as_turbojpeg),
      cmocka_unit_test(bare_blocks_go_with_their_tables),
      cmocka_unit_test(rgb_stays_rgb),
      cmocka_unit_test(two_and_four_channels),
      cmocka_unit_test(bad_encodings_are_errors),
      cmocka_unit_test(planes_encode_as_with_turbojpeg),
      cmocka_unit_test(bare_planes_need_their_tables),
      cmocka_unit_test(planes_decode_as_with_libjpeg),
      cmocka_unit_test(planes_survive_encoding),
      cmocka_unit_test(what_has_no_such_planes_is_an_error),
      cmocka_unit_test(truncated_planes_are_errors),
      cmocka_unit_test(stray_bytes_before_the_end_do_no_harm),
      cmocka_unit_test(headers_are_described),
      cmocka_unit_test(splicing_says_that_samples_are_rgb),
      cmocka_unit_test(bad_splices_are_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
