/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: a byte of flags, two bytes with the size of the tables, four bytes that choose a part, the tables, a JPEG
 * block. Where the whole and the part can both be decoded they must have the same pixels.
 */
#include "codec/codec.h"
#include "fuzz.h"

enum { HEAD = 7, MAX_PIXELS = 1 << 18 };

/* A range within `length` that two bytes choose. */
static void choose(const uint8_t *bytes, int length, int64_t *start, int64_t *count) {
  *start = bytes[0] * (int64_t)length / 256;
  *count = 1 + bytes[1] * (length - *start - 1) / 255;
}

static uint8_t *decode(const NodalBlock *block, const uint8_t *data, size_t size, NodalRect part) {
  size_t stride = (size_t)part.width * (size_t)block->channels;
  uint8_t *pixels = malloc(stride * (size_t)part.height);
  NodalError *error = NULL;
  bool decoded = nodal_codec_decode(block, data, size, part, pixels, stride, &error);
  fuzz_check_outcome(decoded, error, "");
  if (!decoded) {
    free(pixels);
    pixels = NULL;
  }
  return pixels;
}

static void compare(const NodalBlock *block, const uint8_t *whole, const uint8_t *piece, NodalRect part) {
  size_t pixel = (size_t)block->channels, run = (size_t)part.width * pixel;
  for (int64_t y = 0; y < part.height; y++) {
    const uint8_t *row = whole + ((size_t)(part.y + y) * (size_t)block->width + (size_t)part.x) * pixel;
    FUZZ_REQUIRE(memcmp(row, piece + (size_t)y * run, run) == 0);
  }
}

static void decode_planes(const NodalBlock *block, const uint8_t *data, size_t size, bool half) {
  int width = half ? block->width / 2 : block->width, height = half ? block->height / 2 : block->height;
  size_t luma = (size_t)width * (size_t)height;
  uint8_t *memory = malloc(luma * 3 / 2);
  NodalPlanes planes = {{memory, memory + luma, memory + luma + luma / 4},
                        {(size_t)width, (size_t)width / 2, (size_t)width / 2},
                        width,
                        height};
  NodalError *error = NULL;
  bool decoded = nodal_codec_decode_planes(block, data, size, half, &planes, &error);
  fuzz_check_outcome(decoded, error, "");
  free(memory);
}

static void splice(const NodalBlock *block, const uint8_t *data, size_t size, bool rgb) {
  NodalBytes file = {0};
  NodalError *error = NULL;
  bool spliced = nodal_codec_jpeg_splice(block->tables, block->tables_size, data, size, rgb, &file, &error);
  fuzz_check_outcome(spliced, error, "");
  free(file.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < HEAD) {
    return 0;
  }
  const uint8_t *head = data;
  size_t tables_size = (size_t)head[1] << 8 | head[2];
  data += HEAD;
  size -= HEAD;
  tables_size = tables_size < size ? tables_size : size;
  NodalBlock block = {.compression = NODAL_COMPRESSION_JPEG,
                      .dtype = NODAL_UINT8,
                      .predictor = 1,
                      .jpeg_ycbcr = head[0] & 1,
                      .tables = tables_size > 0 ? data : NULL,
                      .tables_size = tables_size};
  data += tables_size;
  size -= tables_size;
  splice(&block, data, size, head[0] & 2);
  NodalJpegInfo info;
  NodalError *error = NULL;
  bool known = nodal_codec_jpeg_info(block.tables, tables_size, data, size, &info, &error);
  fuzz_check_outcome(known, error, "");
  if (!known || (int64_t)info.width * info.height > MAX_PIXELS) {
    return 0;
  }
  block.width = info.width;
  block.height = info.height;
  block.channels = head[0] & 4 ? 3 : info.components;
  NodalRect all = {0, 0, info.width, info.height}, part;
  choose(head + 3, info.width, &part.x, &part.width);
  choose(head + 5, info.height, &part.y, &part.height);
  uint8_t *whole = decode(&block, data, size, all), *piece = decode(&block, data, size, part);
  if (whole && piece) {
    compare(&block, whole, piece, part);
  }
  free(whole);
  free(piece);
  if (info.width % 16 == 0 && info.height % 16 == 0) {
    decode_planes(&block, data, size, head[0] & 8);
  }
  return 0;
}
