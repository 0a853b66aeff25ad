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
      {NODAL_COMPRESSION_NONE, NODAL_CODEC_NONE},           {NODAL_COMPRESSION_LZW, NODAL_CODEC_LZW},
      {NODAL_COMPRESSION_JPEG, NODAL_CODEC_JPEG},           {NODAL_COMPRESSION_DEFLATE, NODAL_CODEC_DEFLATE},
      {NODAL_COMPRESSION_PACKBITS, NODAL_CODEC_NONE},       {NODAL_COMPRESSION_DEFLATE_OLD, NODAL_CODEC_DEFLATE},
      {NODAL_COMPRESSION_JP2K_YCBCR, NODAL_CODEC_JPEG2000}, {NODAL_COMPRESSION_JP2K_RGB, NODAL_CODEC_JPEG2000},
      {NODAL_COMPRESSION_JP2K, NODAL_CODEC_JPEG2000},       {NODAL_COMPRESSION_ZSTD, NODAL_CODEC_ZSTD},
      {NODAL_COMPRESSION_WEBP, NODAL_CODEC_WEBP},
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

static void swap_samples(uint8_t *bytes, size_t size, NodalDtype dtype) {
  if (dtype == NODAL_UINT16) {
    uint16_t *samples = (uint16_t *)(void *)bytes;
    for (size_t i = 0; i < size / 2; i++) {
      samples[i] = __builtin_bswap16(samples[i]);
    }
  } else if (dtype != NODAL_UINT8) {
    uint32_t *samples = (uint32_t *)(void *)bytes;
    for (size_t i = 0; i < size / 4; i++) {
      samples[i] = __builtin_bswap32(samples[i]);
    }
  }
}

static bool unpack(const NodalBlock *block, const void *data, size_t size, uint8_t *out, size_t out_size,
                   NodalError **error) {
  switch (block->compression) {
  case NODAL_COMPRESSION_NONE:
    if (size < out_size) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "%zu bytes instead of %zu", size, out_size);
    }
    memcpy(out, data, out_size);
    return true;
  case NODAL_COMPRESSION_PACKBITS:
    return nodal_packbits_decode(data, size, out, out_size, error);
  case NODAL_COMPRESSION_LZW:
    return nodal_lzw_unpack(data, size, out, out_size, error);
  case NODAL_COMPRESSION_DEFLATE:
  case NODAL_COMPRESSION_DEFLATE_OLD:
    return nodal_deflate_unpack(data, size, out, out_size, error);
  case NODAL_COMPRESSION_ZSTD:
    return nodal_zstd_unpack(data, size, out, out_size, error);
  default:
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "compression %d is not read", block->compression);
  }
}

/* Bytes, byte order, predictor: all of a block, rows without gaps. */
static bool decode_whole(const NodalBlock *block, const void *data, size_t size, uint8_t *out, NodalError **error) {
  if (block->compression == NODAL_COMPRESSION_WEBP) {
    return nodal_webp_decode(block, data, size, out, error);
  }
  size_t bytes = nodal_block_row_bytes(block) * (size_t)block->height;
  if (!unpack(block, data, size, out, bytes, error)) {
    return false;
  }
  if (block->swap_bytes && !nodal_predictor_is_floating(block)) {
    swap_samples(out, bytes, block->dtype);
  }
  bool packed = block->compression != NODAL_COMPRESSION_NONE && block->compression != NODAL_COMPRESSION_PACKBITS;
  return !packed || nodal_predictor_undo(block, out, error);
}

/* For codecs that know no parts. */
static bool decode_and_cut(const NodalBlock *block, const void *data, size_t size, NodalRect part, uint8_t *pixels,
                           size_t stride, NodalError **error) {
  size_t row_bytes = nodal_block_row_bytes(block), pixel = row_bytes / (size_t)block->width;
  if (part.width == block->width && part.height == block->height && stride == row_bytes) {
    return decode_whole(block, data, size, pixels, error);
  }
  uint8_t *whole = nodal_alloc(row_bytes * (size_t)block->height, error);
  bool ok = whole && decode_whole(block, data, size, whole, error);
  for (int64_t y = 0; ok && y < part.height; y++) {
    memcpy(pixels + (size_t)y * stride, whole + (size_t)(part.y + y) * row_bytes + (size_t)part.x * pixel,
           (size_t)part.width * pixel);
  }
  free(whole);
  return ok;
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
  case NODAL_COMPRESSION_JP2K_YCBCR:
  case NODAL_COMPRESSION_JP2K_RGB:
  case NODAL_COMPRESSION_JP2K:
    return nodal_jpeg2000_decode(block, data, size, part, pixels, stride, error);
  default:
    return decode_and_cut(block, data, size, part, pixels, stride, error);
  }
}

int nodal_codec_compression(const NodalEncoding *encoding) {
  switch (encoding->codec) {
  case NODAL_CODEC_JPEG:
    return NODAL_COMPRESSION_JPEG;
  case NODAL_CODEC_LZW:
    return NODAL_COMPRESSION_LZW;
  case NODAL_CODEC_DEFLATE:
    return NODAL_COMPRESSION_DEFLATE;
  case NODAL_CODEC_ZSTD:
    return NODAL_COMPRESSION_ZSTD;
  default:
    return NODAL_COMPRESSION_NONE;
  }
}

int nodal_codec_predictor(const NodalEncoding *encoding) {
  bool packed = encoding->codec == NODAL_CODEC_LZW || encoding->codec == NODAL_CODEC_DEFLATE ||
                encoding->codec == NODAL_CODEC_ZSTD;
  bool small = encoding->dtype == NODAL_UINT8 || encoding->dtype == NODAL_UINT16;
  return packed && small && encoding->channels >= 3 ? 2 : 1;
}

static bool pack(NodalCodec codec, const uint8_t *bytes, size_t size, NodalBytes *out, NodalError **error) {
  switch (codec) {
  case NODAL_CODEC_LZW:
    return nodal_lzw_pack(bytes, size, out, error);
  case NODAL_CODEC_DEFLATE:
    return nodal_deflate_pack(bytes, size, out, error);
  case NODAL_CODEC_ZSTD:
    return nodal_zstd_pack(bytes, size, out, error);
  case NODAL_CODEC_NONE:
    if (!nodal_bytes_reserve(out, size, error)) {
      return false;
    }
    memcpy(out->data, bytes, size);
    out->size = size;
    return true;
  default:
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "no encoder for %s", nodal_codec_name(codec));
  }
}

/* Rows brought together, differenced where a predictor is used, compressed as plain bytes. */
static bool encode_bytes(const NodalEncoding *encoding, const uint8_t *pixels, size_t stride, NodalBytes *out,
                         NodalError **error) {
  size_t row_bytes = (size_t)encoding->width * (size_t)encoding->channels * nodal_dtype_size(encoding->dtype);
  size_t size = row_bytes * (size_t)encoding->height;
  bool differenced = nodal_codec_predictor(encoding) == 2;
  if (stride == row_bytes && !differenced) {
    return pack(encoding->codec, pixels, size, out, error);
  }
  uint8_t *bytes = nodal_alloc(size, error);
  if (!bytes) {
    return false;
  }
  for (int y = 0; y < encoding->height; y++) {
    memcpy(bytes + (size_t)y * row_bytes, pixels + (size_t)y * stride, row_bytes);
  }
  if (differenced) {
    nodal_predictor_apply(bytes, row_bytes, encoding->height, encoding->channels, encoding->dtype);
  }
  bool packed = pack(encoding->codec, bytes, size, out, error);
  free(bytes);
  return packed;
}

bool nodal_codec_encode(const NodalEncoding *encoding, const void *pixels, size_t stride, NodalBytes *out,
                        NodalError **error) {
  switch (encoding->codec) {
  case NODAL_CODEC_JPEG:
    return nodal_jpeg_encode(encoding, pixels, stride, out, error);
  case NODAL_CODEC_PNG:
    return nodal_png_encode(encoding, pixels, stride, out, error);
  default:
    return encode_bytes(encoding, pixels, stride, out, error);
  }
}
