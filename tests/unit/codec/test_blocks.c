/* SPDX-License-Identifier: Apache-2.0 */
/* Lossless blocks against libtiff, zlib and zstd themselves; WebP against libwebp. */
#include "memory_tiff.h"

#include <nodal/error.h>

#include <webp/decode.h>
#include <webp/encode.h>
#include <zlib.h>
#include <zstd.h>

static const struct {
  NodalDtype dtype;
  int bits, format;
} types[] = {{NODAL_UINT8, 8, SAMPLEFORMAT_UINT},
             {NODAL_UINT16, 16, SAMPLEFORMAT_UINT},
             {NODAL_UINT32, 32, SAMPLEFORMAT_UINT},
             {NODAL_FLOAT32, 32, SAMPLEFORMAT_IEEEFP}};
enum { TYPES = sizeof types / sizeof types[0] };

static NodalBlock block_of(const TestTile *tile, NodalDtype dtype) {
  return (NodalBlock){.compression = tile->compression,
                      .width = tile->width,
                      .height = tile->height,
                      .channels = tile->channels,
                      .dtype = dtype,
                      .predictor = tile->predictor,
                      .swap_bytes = tile->big_endian};
}

static size_t block_size(const NodalBlock *block) {
  return (size_t)block->width * (size_t)block->height * (size_t)block->channels * nodal_dtype_size(block->dtype);
}

/* Decodes `part` into memory that is `offset` bytes off any alignment, and compares it with `whole`. */
static void check_part(const NodalBlock *block, const void *data, size_t size, const uint8_t *whole, NodalRect part,
                       size_t offset) {
  size_t pixel = (size_t)block->channels * nodal_dtype_size(block->dtype);
  size_t stride = (size_t)part.width * pixel;
  uint8_t *memory = test_alloc(stride * (size_t)part.height + offset);
  NodalError *error = NULL;
  test_expect_success(nodal_codec_decode(block, data, size, part, memory + offset, stride, &error), &error);
  test_expect_part(whole, block->width, pixel, part, memory + offset);
  free(memory);
}

static void check_parts(const NodalBlock *block, const void *data, size_t size, const uint8_t *whole) {
  uint64_t state = 1;
  NodalRect all = {0, 0, block->width, block->height};
  check_part(block, data, size, whole, all, 0);
  check_part(block, data, size, whole, all, 1);
  for (int i = 0; i < 6; i++) {
    check_part(block, data, size, whole, test_random_part(&state, block->width, block->height), 0);
  }
}

static void check_against_libtiff(int compression, int last_predictor) {
  for (int type = 0; type < TYPES; type++) {
    for (int variant = 0; variant < 2 * 4 * last_predictor; variant++) {
      TestTile tile = {.compression = compression,
                       .predictor = variant / 8 + 1,
                       .width = 48,
                       .height = 32,
                       .channels = variant / 2 % 4 + 1,
                       .bits = types[type].bits,
                       .format = types[type].format,
                       .big_endian = variant % 2 != 0};
      if (tile.predictor == 3 && types[type].dtype != NODAL_FLOAT32) {
        continue;
      }
      NodalBlock block = block_of(&tile, types[type].dtype);
      /* Any bytes are samples: those of a painting compress, and as floats they are all finite. */
      uint8_t *samples = test_paint(48 * (int)nodal_dtype_size(types[type].dtype), 32, tile.channels, 3);
      /* Predictor 3 has its bytes in one order in all files; libtiff 4.5 writes them wrong into big-endian ones. */
      tile.big_endian = tile.big_endian && tile.predictor != 3;
      size_t packed_size;
      uint8_t *packed = test_tiff_pack(&tile, samples, block_size(&block), &packed_size);
      check_parts(&block, packed, packed_size, samples);
      free(packed);
      free(samples);
    }
  }
}

static void plain_blocks(void **state) {
  (void)state;
  check_against_libtiff(NODAL_COMPRESSION_NONE, 1);
}

static void packbits_blocks(void **state) {
  (void)state;
  check_against_libtiff(NODAL_COMPRESSION_PACKBITS, 1);
}

static void lzw_blocks(void **state) {
  (void)state;
  check_against_libtiff(NODAL_COMPRESSION_LZW, 3);
}

static void deflate_blocks(void **state) {
  (void)state;
  check_against_libtiff(NODAL_COMPRESSION_DEFLATE, 3);
  check_against_libtiff(NODAL_COMPRESSION_DEFLATE_OLD, 3);
}

static void zstd_blocks(void **state) {
  (void)state;
  check_against_libtiff(NODAL_COMPRESSION_ZSTD, 3);
}

/* TIFF 6.0 gives no example; this one is of Apple's Technical Note TN1023. */
static void packbits_by_hand(void **state) {
  (void)state;
  static const uint8_t packed[] = {0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA,
                                   0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA};
  static const uint8_t plain[] = {0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00,
                                  0x2A, 0x22, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA};
  NodalBlock block = {
      .compression = NODAL_COMPRESSION_PACKBITS, .width = 6, .height = 4, .channels = 1, .dtype = NODAL_UINT8};
  check_parts(&block, packed, sizeof packed, plain);
  /* A run may go past the end, and 128 says nothing. */
  block.width = 5;
  block.height = 1;
  check_parts(&block, "\x80\xF0\x07", 3, (const uint8_t *)"\7\7\7\7\7");
}

/* LZW as written before TIFF 5.0 was clear about the order of bits: codes from the low end of each byte. */
static void lzw_with_reversed_bits(void **state) {
  (void)state;
  /* Clear, A, B, C, D, the string AB, the string CD, end; nine bits each. */
  static const int codes[] = {256, 'A', 'B', 'C', 'D', 258, 260, 257};
  uint8_t packed[16] = {0};
  for (size_t i = 0; i < 8 * 9; i++) {
    if (codes[i / 9] >> (i % 9) & 1) {
      packed[i / 8] |= (uint8_t)(1 << (i % 8));
    }
  }
  NodalBlock block = {
      .compression = NODAL_COMPRESSION_LZW, .width = 4, .height = 2, .channels = 1, .dtype = NODAL_UINT8};
  check_parts(&block, packed, sizeof packed, (const uint8_t *)"ABCDABCD");
}

/* A strip may be stored with all its rows although the image ends before. */
static void blocks_that_hold_more_than_is_wanted(void **state) {
  (void)state;
  uint8_t *samples = test_paint(64, 64, 3, 4);
  uLongf zlib_size = compressBound(64 * 64 * 3);
  uint8_t *packed = test_alloc(zlib_size);
  assert_int_equal(compress2(packed, &zlib_size, samples, 64 * 64 * 3, 9), Z_OK);
  NodalBlock block = {
      .compression = NODAL_COMPRESSION_DEFLATE, .width = 64, .height = 20, .channels = 3, .dtype = NODAL_UINT8};
  check_parts(&block, packed, zlib_size, samples);
  size_t zstd_size = ZSTD_compress(packed, compressBound(64 * 64 * 3), samples, 64 * 64 * 3, 5);
  assert_false(ZSTD_isError(zstd_size));
  block.compression = NODAL_COMPRESSION_ZSTD;
  check_parts(&block, packed, zstd_size, samples);
  block.compression = NODAL_COMPRESSION_NONE;
  check_parts(&block, samples, 64 * 64 * 3, samples);
  free(packed);
  TestTile tile = {NODAL_COMPRESSION_LZW, 1, 64, 64, 3, 8, SAMPLEFORMAT_UINT, false};
  size_t lzw_size;
  packed = test_tiff_pack(&tile, samples, 64 * 64 * 3, &lzw_size);
  block.compression = NODAL_COMPRESSION_LZW;
  check_parts(&block, packed, lzw_size, samples);
  free(packed);
  free(samples);
}

static void expect_error(const NodalBlock *block, const void *data, size_t size, NodalErrorCode code,
                         const char *message) {
  uint8_t *pixels = test_alloc(block_size(block));
  NodalError *error = NULL;
  size_t stride = block_size(block) / (size_t)block->height;
  bool ok =
      nodal_codec_decode(block, data, size, (NodalRect){0, 0, block->width, block->height}, pixels, stride, &error);
  test_expect_error(ok, &error, code, message);
  free(pixels);
}

static void short_blocks_are_errors(void **state) {
  (void)state;
  uint8_t plain[48] = {0}, packed[200];
  NodalBlock block = {.compression = NODAL_COMPRESSION_NONE,
                      .width = 7,
                      .height = 7,
                      .channels = 1,
                      .dtype = NODAL_UINT8,
                      .predictor = 1};
  expect_error(&block, plain, 48, NODAL_ERROR_FORMAT, "48 bytes instead of 49");
  block.compression = NODAL_COMPRESSION_PACKBITS;
  expect_error(&block, "\xD1\x00", 2, NODAL_ERROR_FORMAT, "damaged PackBits: 48 bytes instead of 49");
  expect_error(&block, "\xD1\x00\x01\x01", 4, NODAL_ERROR_FORMAT, "damaged PackBits: 48 bytes instead of 49");
  expect_error(&block, "\xD1\x00\xF0", 3, NODAL_ERROR_FORMAT, "damaged PackBits: 48 bytes instead of 49");
  uLongf zlib_size = sizeof packed;
  assert_int_equal(compress2(packed, &zlib_size, plain, 48, 6), Z_OK);
  block.compression = NODAL_COMPRESSION_DEFLATE;
  expect_error(&block, packed, zlib_size, NODAL_ERROR_FORMAT, "damaged Deflate: 48 bytes instead of 49");
  size_t zstd_size = ZSTD_compress(packed, sizeof packed, plain, 48, 3);
  block.compression = NODAL_COMPRESSION_ZSTD;
  expect_error(&block, packed, zstd_size, NODAL_ERROR_FORMAT, "damaged Zstandard: 48 bytes instead of 49");
  TestTile tile = {NODAL_COMPRESSION_LZW, 1, 16, 16, 1, 8, SAMPLEFORMAT_UINT, false};
  uint8_t square[256] = {0};
  size_t lzw_size;
  uint8_t *lzw = test_tiff_pack(&tile, square, sizeof square, &lzw_size);
  block.compression = NODAL_COMPRESSION_LZW;
  block.height = 37;
  expect_error(&block, lzw, lzw_size, NODAL_ERROR_FORMAT, "damaged LZW: bad or too little data");
  free(lzw);
}

static void damaged_blocks_are_errors(void **state) {
  (void)state;
  NodalBlock block = {.compression = NODAL_COMPRESSION_LZW,
                      .width = 7,
                      .height = 7,
                      .channels = 1,
                      .dtype = NODAL_UINT8,
                      .predictor = 1};
  expect_error(&block, "", 0, NODAL_ERROR_FORMAT, "damaged LZW: bad or too little data");
  expect_error(&block, "\x80", 1, NODAL_ERROR_FORMAT, "damaged LZW: bad or too little data");
  expect_error(&block, "\x80\xFF\xFF\xFF", 4, NODAL_ERROR_FORMAT, "damaged LZW: bad or too little data");
  block.compression = NODAL_COMPRESSION_DEFLATE;
  expect_error(&block, "", 0, NODAL_ERROR_FORMAT, "damaged Deflate: bad data");
  expect_error(&block, "not deflate at all", 18, NODAL_ERROR_FORMAT, "damaged Deflate: bad data");
  block.compression = NODAL_COMPRESSION_ZSTD;
  expect_error(&block, "", 0, NODAL_ERROR_FORMAT, "damaged Zstandard: 0 bytes instead of 49");
  expect_error(&block, "not zstandard", 13, NODAL_ERROR_FORMAT, "damaged Zstandard: Unknown frame descriptor");
  block.compression = NODAL_COMPRESSION_WEBP;
  block.channels = 3;
  expect_error(&block, "RIFF", 4, NODAL_ERROR_FORMAT, "damaged WebP: the header ends too early");
  expect_error(&block, "no WebP, this, none at all at all", 33, NODAL_ERROR_FORMAT, "damaged WebP: bad header");
}

static void what_cannot_be_is_an_error(void **state) {
  (void)state;
  uint8_t data[300] = {0};
  NodalBlock block = {.compression = 6, .width = 5, .height = 5, .channels = 1, .dtype = NODAL_UINT8, .predictor = 1};
  expect_error(&block, data, 25, NODAL_ERROR_UNSUPPORTED, "compression 6 is not read");
  block.compression = NODAL_COMPRESSION_WEBP;
  expect_error(&block, data, 25, NODAL_ERROR_UNSUPPORTED, "webp of 1 channel of uint8 is not read");
  block.compression = NODAL_COMPRESSION_JP2K;
  block.dtype = NODAL_FLOAT32;
  expect_error(&block, data, 25, NODAL_ERROR_UNSUPPORTED, "jpeg2000 of 1 channel of float32 is not read");
  block.dtype = NODAL_UINT8;
  block.compression = NODAL_COMPRESSION_DEFLATE;
  uint8_t packed[100];
  uLongf size = sizeof packed;
  assert_int_equal(compress2(packed, &size, data, 25, 6), Z_OK);
  block.predictor = 4;
  expect_error(&block, packed, size, NODAL_ERROR_UNSUPPORTED, "predictor 4 is not read");
  block.predictor = 3;
  expect_error(&block, packed, size, NODAL_ERROR_FORMAT, "floating point predictor for uint8 samples");
  /* Without compression there is no predictor, whatever its tag says. */
  block.compression = NODAL_COMPRESSION_NONE;
  check_parts(&block, data, 25, data);
}

static void parts_and_sizes_are_checked(void **state) {
  (void)state;
  uint8_t data[25] = {0}, pixels[25];
  NodalBlock block = {
      .compression = NODAL_COMPRESSION_NONE, .width = 5, .height = 5, .channels = 1, .dtype = NODAL_UINT8};
  static const NodalRect bad[] = {{-1, 0, 2, 2}, {0, -1, 2, 2}, {4, 0, 2, 2}, {0, 4, 2, 2},
                                  {0, 0, 0, 2},  {0, 0, 2, 0},  {0, 0, 6, 1}, {INT64_MAX, 0, 1, 1}};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    NodalError *error = NULL;
    bool ok = nodal_codec_decode(&block, data, 25, bad[i], pixels, 5, &error);
    test_expect_error(ok, &error, NODAL_ERROR_ARGUMENT, "the part lies outside the block");
  }
  NodalError *error = NULL;
  bool ok = nodal_codec_decode(&block, data, 25, (NodalRect){0, 0, 3, 3}, pixels, 2, &error);
  test_expect_error(ok, &error, NODAL_ERROR_ARGUMENT, "the part lies outside the block");
  block.width = 8193;
  block.height = 8192;
  ok = nodal_codec_decode(&block, data, 25, (NodalRect){0, 0, 1, 1}, pixels, 5, &error);
  test_expect_error(ok, &error, NODAL_ERROR_MEMORY, "a block of 8193 x 8192 pixels is too large");
  block.width = 8192;
  block.channels = 5;
  block.dtype = NODAL_UINT32;
  ok = nodal_codec_decode(&block, data, 25, (NodalRect){0, 0, 1, 1}, pixels, 20, &error);
  test_expect_error(ok, &error, NODAL_ERROR_MEMORY, "a block of 8192 x 8192 pixels is too large");
}

/* Cut at every byte and changed at every byte: an error, or pixels; the right ones where only the end is gone. */
static void check_damage(const NodalBlock *block, const uint8_t *data, size_t size, const uint8_t *whole) {
  size_t bytes = block_size(block), stride = bytes / (size_t)block->height;
  uint8_t *pixels = test_alloc(bytes);
  NodalRect all = {0, 0, block->width, block->height};
  size_t failures = 0;
  uint64_t random = 5;
  for (size_t i = 0; i < size; i++) {
    uint8_t *copy = test_alloc(i);
    memcpy(copy, data, i);
    NodalError *error = NULL;
    bool ok = nodal_codec_decode(block, copy, i, all, pixels, stride, &error);
    assert_true(ok == (error == NULL));
    if (ok) {
      assert_memory_equal(pixels, whole, bytes);
    }
    failures += !ok;
    nodal_error_free(error);
    free(copy);
    copy = test_alloc(size);
    memcpy(copy, data, size);
    copy[i] = (uint8_t)test_random(&random);
    error = NULL;
    ok = nodal_codec_decode(block, copy, size, test_random_part(&random, block->width, block->height), pixels, stride,
                            &error);
    assert_true(ok == (error == NULL));
    nodal_error_free(error);
    free(copy);
  }
  assert_true(failures + 8 >= size);
  free(pixels);
}

static void damage_does_no_harm(void **state) {
  (void)state;
  static const int compressions[] = {NODAL_COMPRESSION_PACKBITS, NODAL_COMPRESSION_LZW, NODAL_COMPRESSION_DEFLATE,
                                     NODAL_COMPRESSION_ZSTD};
  uint8_t *samples = test_paint(16, 16, 3, 6);
  for (size_t i = 0; i < sizeof compressions / sizeof compressions[0]; i++) {
    TestTile tile = {compressions[i], i == 0 ? 1 : 2, 16, 16, 3, 8, SAMPLEFORMAT_UINT, false};
    NodalBlock block = block_of(&tile, NODAL_UINT8);
    size_t size;
    uint8_t *packed = test_tiff_pack(&tile, samples, 16 * 16 * 3, &size);
    check_damage(&block, packed, size, samples);
    free(packed);
  }
  free(samples);
}

static void webp_blocks(void **state) {
  (void)state;
  for (int channels = 3; channels <= 4; channels++) {
    uint8_t *painted = test_paint(50, 40, channels, 7);
    NodalBlock block = {
        .compression = NODAL_COMPRESSION_WEBP, .width = 50, .height = 40, .channels = channels, .dtype = NODAL_UINT8};
    uint8_t *packed = NULL;
    size_t size = channels == 3 ? WebPEncodeLosslessRGB(painted, 50, 40, 50 * 3, &packed)
                                : WebPEncodeLosslessRGBA(painted, 50, 40, 50 * 4, &packed);
    assert_true(size > 0);
    if (channels == 4) {
      /* The encoder drops colours that are not seen. */
      for (size_t i = 0; i < 50 * 40; i++) {
        if (painted[i * 4 + 3] == 0) {
          memset(painted + i * 4, 0, 3);
        }
      }
    }
    check_parts(&block, packed, size, painted);
    check_damage(&block, packed, size, painted);
    WebPFree(packed);
    size = channels == 3 ? WebPEncodeRGB(painted, 50, 40, 50 * 3, 80, &packed)
                         : WebPEncodeRGBA(painted, 50, 40, 50 * 4, 80, &packed);
    assert_true(size > 0);
    int width, height;
    uint8_t *expected =
        channels == 3 ? WebPDecodeRGB(packed, size, &width, &height) : WebPDecodeRGBA(packed, size, &width, &height);
    assert_non_null(expected);
    check_parts(&block, packed, size, expected);
    block.width = 51;
    expect_error(&block, packed, size, NODAL_ERROR_FORMAT, "damaged WebP: it is 50 x 40 pixels instead of 51 x 40");
    block.width = 50;
    block.height = 39;
    expect_error(&block, packed, size, NODAL_ERROR_FORMAT, "damaged WebP: it is 50 x 40 pixels instead of 50 x 39");
    WebPFree(expected);
    WebPFree(packed);
    free(painted);
  }
}

/* What we compress, libtiff reads, and twice the same bytes come out. */
static void encoded_blocks_are_read_by_libtiff(void **state) {
  (void)state;
  static const NodalCodec codecs[] = {NODAL_CODEC_NONE, NODAL_CODEC_LZW, NODAL_CODEC_DEFLATE, NODAL_CODEC_ZSTD};
  static const int compressions[] = {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_ZSTD};
  NodalBytes out = {0}, again = {0};
  for (int c = 0; c < 4; c++) {
    for (int variant = 0; variant < 2 * 4 * TYPES; variant++) {
      int type = variant % TYPES, channels = variant / TYPES % 4 + 1;
      size_t padding = variant / TYPES / 4 ? 7 : 0;
      NodalEncoding encoding = {
          .codec = codecs[c], .width = 64, .height = 48, .channels = channels, .dtype = types[type].dtype};
      size_t row = 64 * (size_t)channels * nodal_dtype_size(encoding.dtype), stride = row + padding;
      uint8_t *samples = test_paint((int)stride, 48, 1, 8);
      NodalError *error = NULL;
      test_expect_success(nodal_codec_encode(&encoding, samples, stride, &out, &error), &error);
      test_expect_success(nodal_codec_encode(&encoding, samples, stride, &again, &error), &error);
      assert_int_equal(out.size, again.size);
      assert_memory_equal(out.data, again.data, out.size);
      bool predicted = c > 0 && channels >= 3 && nodal_dtype_size(encoding.dtype) < 4;
      assert_int_equal(nodal_codec_predictor(&encoding), predicted ? 2 : 1);
      assert_int_equal(nodal_codec_compression(&encoding), compressions[c]);
      TestTile tile = {compressions[c],  predicted ? 2 : 1,  64,   48, channels,
                       types[type].bits, types[type].format, false};
      uint8_t *read = test_tiff_unpack(&tile, out.data, out.size, row * 48);
      for (size_t y = 0; y < 48; y++) {
        assert_memory_equal(read + y * row, samples + y * stride, row);
      }
      free(read);
      free(samples);
    }
  }
  free(out.data);
  free(again.data);
}

/* Large enough for libtiff to write the strip in several pieces. */
static void large_lzw_blocks(void **state) {
  (void)state;
  NodalEncoding encoding = {.codec = NODAL_CODEC_LZW, .width = 512, .height = 512, .channels = 3, .dtype = NODAL_UINT8};
  uint8_t *samples = test_alloc(512 * 512 * 3);
  uint64_t random = 9;
  for (size_t i = 0; i < 512 * 512 * 3; i++) {
    samples[i] = (uint8_t)test_random(&random);
  }
  NodalBytes out = {0};
  NodalError *error = NULL;
  test_expect_success(nodal_codec_encode(&encoding, samples, 512 * 3, &out, &error), &error);
  TestTile tile = {COMPRESSION_LZW, 2, 512, 512, 3, 8, SAMPLEFORMAT_UINT, false};
  uint8_t *read = test_tiff_unpack(&tile, out.data, out.size, 512 * 512 * 3);
  assert_memory_equal(read, samples, 512 * 512 * 3);
  NodalBlock block = block_of(&tile, NODAL_UINT8);
  check_parts(&block, out.data, out.size, samples);
  free(read);
  free(out.data);
  free(samples);
}

static void encodings_are_checked(void **state) {
  (void)state;
  uint8_t pixels[64] = {0};
  NodalBytes out = {0};
  NodalError *error = NULL;
  NodalEncoding encoding = {.codec = NODAL_CODEC_NONE, .width = 4, .height = 4, .channels = 1, .dtype = NODAL_UINT8};
  bool ok = nodal_codec_encode(&encoding, pixels, 3, &out, &error);
  test_expect_error(ok, &error, NODAL_ERROR_ARGUMENT, "4 x 4 pixels of 1 channel cannot be encoded");
  encoding.width = 0;
  ok = nodal_codec_encode(&encoding, pixels, 4, &out, &error);
  test_expect_error(ok, &error, NODAL_ERROR_ARGUMENT, "0 x 4 pixels of 1 channel cannot be encoded");
  encoding.width = 4;
  encoding.codec = NODAL_CODEC_JPEG2000;
  ok = nodal_codec_encode(&encoding, pixels, 4, &out, &error);
  test_expect_error(ok, &error, NODAL_ERROR_UNSUPPORTED, "no encoder for jpeg2000");
  assert_int_equal(out.size, 0);
  free(out.data);
}

static void compressions_have_codecs(void **state) {
  (void)state;
  static const struct {
    int compression;
    NodalCodec codec;
  } known[] = {{1, NODAL_CODEC_NONE},         {5, NODAL_CODEC_LZW},          {7, NODAL_CODEC_JPEG},
               {8, NODAL_CODEC_DEFLATE},      {32773, NODAL_CODEC_NONE},     {32946, NODAL_CODEC_DEFLATE},
               {33003, NODAL_CODEC_JPEG2000}, {33005, NODAL_CODEC_JPEG2000}, {34712, NODAL_CODEC_JPEG2000},
               {50000, NODAL_CODEC_ZSTD},     {50001, NODAL_CODEC_WEBP}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    NodalCodec codec = NODAL_CODEC_UNKNOWN;
    assert_true(nodal_codec_of_compression(known[i].compression, &codec));
    assert_int_equal(codec, known[i].codec);
  }
  static const int unknown[] = {0, 2, 3, 4, 6, 9, 34925, 50002, -1};
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    NodalCodec codec = NODAL_CODEC_UNKNOWN;
    assert_false(nodal_codec_of_compression(unknown[i], &codec));
  }
}

static void libraries_have_names_and_versions(void **state) {
  (void)state;
  static const char *const names[] = {"libjpeg-turbo", "libtiff", "libdeflate", "zlib",
                                      "libzstd",       "libwebp", "openjpeg",   "libpng"};
  for (int i = 0; i < 8; i++) {
    const char *version = NULL;
    assert_string_equal(nodal_codec_library(i, &version), names[i]);
    assert_true(version[0] >= '0' && version[0] <= '9' && strchr(version, '.') != NULL);
  }
  assert_null(nodal_codec_library(8, NULL));
  assert_null(nodal_codec_library(-1, NULL));
}

int main(void) {
  /* libtiff warns that it does not know what it is asked for by these tests. */
  TIFFSetWarningHandler(NULL);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_blocks),
      cmocka_unit_test(packbits_blocks),
      cmocka_unit_test(lzw_blocks),
      cmocka_unit_test(deflate_blocks),
      cmocka_unit_test(zstd_blocks),
      cmocka_unit_test(packbits_by_hand),
      cmocka_unit_test(lzw_with_reversed_bits),
      cmocka_unit_test(blocks_that_hold_more_than_is_wanted),
      cmocka_unit_test(short_blocks_are_errors),
      cmocka_unit_test(damaged_blocks_are_errors),
      cmocka_unit_test(what_cannot_be_is_an_error),
      cmocka_unit_test(parts_and_sizes_are_checked),
      cmocka_unit_test(damage_does_no_harm),
      cmocka_unit_test(webp_blocks),
      cmocka_unit_test(encoded_blocks_are_read_by_libtiff),
      cmocka_unit_test(large_lzw_blocks),
      cmocka_unit_test(encodings_are_checked),
      cmocka_unit_test(compressions_have_codecs),
      cmocka_unit_test(libraries_have_names_and_versions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
