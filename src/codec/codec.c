/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"
#include "codec/parts.h"

#include <string.h>

bool nodal_bytes_reserve(NodalBytes *bytes, size_t capacity, NodalError **error) {
  if (capacity <= bytes->capacity) {
    return true;
  }
  uint8_t *data = realloc(bytes->data, capacity);
  if (!data) {
    return nodal_fail_memory(error);
  }
  bytes->data = data;
  bytes->capacity = capacity;
  return true;
}

bool nodal_codec_of_compression(int compression, NodalCodec *codec) {
  static const struct {
    int compression;
    NodalCodec codec;
  } known[] = {
      {NODAL_COMPRESSION_NONE, NODAL_CODEC_NONE},
      {NODAL_COMPRESSION_JPEG, NODAL_CODEC_JPEG},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (known[i].compression == compression) {
      *codec = known[i].codec;
      return true;
    }
  }
  return false;
}

static bool check_block(const NodalBlock *block, NodalRect part, size_t stride, NodalError **error) {
  if (block->width < 1 || block->height < 1 || block->channels < 1 || part.x < 0 || part.y < 0 || part.width < 1 ||
      part.height < 1 || part.width > block->width - part.x || part.height > block->height - part.y ||
      stride < (size_t)part.width * (size_t)block->channels * nodal_dtype_size(block->dtype)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "the part lies outside the block");
  }
  size_t pixels, bytes;
  if (!nodal_mul_size((size_t)block->width, (size_t)block->height, &pixels) || pixels > NODAL_BLOCK_MAX_PIXELS ||
      !nodal_mul_size(pixels, (size_t)block->channels * nodal_dtype_size(block->dtype), &bytes) ||
      bytes > NODAL_CODEC_MAX_BYTES) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "a block of %d x %d pixels is too large", block->width, block->height);
  }
  return true;
}

bool nodal_codec_decode(const NodalBlock *block, const void *data, size_t size, NodalRect part, void *pixels,
                        size_t stride, NodalError **error) {
  if (!check_block(block, part, stride, error)) {
    return false;
  }
  switch (block->compression) {
  case NODAL_COMPRESSION_JPEG:
    if (block->dtype != NODAL_UINT8) {
      return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "JPEG of %s samples", nodal_dtype_name(block->dtype));
    }
    return nodal_jpeg_decode(block, data, size, part, pixels, stride, error);
  default:
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "unsupported compression %d", block->compression);
  }
}

bool nodal_codec_encode(const NodalEncoding *encoding, const void *pixels, size_t stride, NodalBytes *out,
                        NodalError **error) {
  switch (encoding->codec) {
  case NODAL_CODEC_JPEG:
    return nodal_jpeg_encode(encoding, pixels, stride, out, error);
  default:
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "no encoder for %s", nodal_codec_name(encoding->codec));
  }
}
