/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: eight bytes that describe a block and a part of it, then the compressed block: codec; width and height less
 * one; channels less one, sample type, predictor and byte order in two bytes; part in three. Where the whole and the
 * part can both be decoded they must have the same pixels. But for JPEG 2000: its packets bear no checks, and OpenJPEG
 * makes one thing of damaged ones when it needs all of them and another when it skips some.
 */
#include "codec/codec.h"
#include "fuzz.h"

enum { HEAD = 8 };

static const int compressions[] = {
    NODAL_COMPRESSION_NONE,     NODAL_COMPRESSION_LZW,        NODAL_COMPRESSION_DEFLATE,
    NODAL_COMPRESSION_ZSTD,     NODAL_COMPRESSION_WEBP,       NODAL_COMPRESSION_JP2K,
    NODAL_COMPRESSION_JP2K_RGB, NODAL_COMPRESSION_JP2K_YCBCR, NODAL_COMPRESSION_PACKBITS};
static const NodalDtype dtypes[] = {NODAL_UINT8, NODAL_UINT16, NODAL_UINT32, NODAL_FLOAT32};

static uint8_t *decode(const NodalBlock *block, const uint8_t *data, size_t size, NodalRect part) {
  size_t stride = (size_t)part.width * (size_t)block->channels * nodal_dtype_size(block->dtype);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < HEAD) {
    return 0;
  }
  NodalBlock block = {.compression = compressions[data[0] % (sizeof compressions / sizeof *compressions)],
                      .width = data[1] + 1,
                      .height = data[2] + 1,
                      .channels = data[3] % 5 + 1,
                      .dtype = dtypes[data[4] & 3],
                      .predictor = (data[4] >> 2 & 3) + 1,
                      .swap_bytes = data[4] >> 4 & 1};
  NodalRect all = {0, 0, block.width, block.height};
  NodalRect part = {data[5] % block.width, data[6] % block.height, 1, 1};
  part.width += data[7] % (block.width - part.x);
  part.height += data[7] % (block.height - part.y);
  size_t rest = size - HEAD;
  uint8_t *input = malloc(rest > 0 ? rest : 1);
  memcpy(input, data + HEAD, rest);
  uint8_t *whole = decode(&block, input, rest, all), *piece = decode(&block, input, rest, part);
  size_t pixel = (size_t)block.channels * nodal_dtype_size(block.dtype);
  NodalCodec codec;
  bool comparable =
      whole && piece && nodal_codec_of_compression(block.compression, &codec) && codec != NODAL_CODEC_JPEG2000;
  for (int64_t y = 0; comparable && y < part.height; y++) {
    const uint8_t *row = whole + ((size_t)(part.y + y) * (size_t)block.width + (size_t)part.x) * pixel;
    FUZZ_REQUIRE(memcmp(row, piece + (size_t)y * (size_t)part.width * pixel, (size_t)part.width * pixel) == 0);
  }
  free(whole);
  free(piece);
  free(input);
  return 0;
}
