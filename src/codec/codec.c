/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"
#include "codec/parts.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "encoded samples have the machine's byte order");

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

static bool check_samples(const NodalBlock *block, NodalCodec codec, NodalError **error) {
  bool fits = true;
  if (codec == NODAL_CODEC_JPEG) {
    fits = block->dtype == NODAL_UINT8;
  } else if (codec == NODAL_CODEC_WEBP) {
    fits = block->dtype == NODAL_UINT8 && (block->channels == 3 || block->channels == 4);
  } else if (codec == NODAL_CODEC_JPEG2000) {
    fits = (block->dtype == NODAL_UINT8 || block->dtype == NODAL_UINT16) && block->channels <= 4;
  }
  return fits ||
         nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "%s of %d channel%s of %s is not read", nodal_codec_name(codec),
                    block->channels, nodal_plural((uint64_t)block->channels), nodal_dtype_name(block->dtype));
}

/* Samples may lie at any address. */
static void swap_samples(uint8_t *bytes, size_t size, NodalDtype dtype) {
  if (nodal_dtype_size(dtype) == 2) {
    for (size_t i = 0; i + 1 < size; i += 2) {
      uint16_t sample;
      memcpy(&sample, bytes + i, 2);
      sample = __builtin_bswap16(sample);
      memcpy(bytes + i, &sample, 2);
    }
  } else if (nodal_dtype_size(dtype) == 4) {
    for (size_t i = 0; i + 3 < size; i += 4) {
      uint32_t sample;
      memcpy(&sample, bytes + i, 4);
      sample = __builtin_bswap32(sample);
      memcpy(bytes + i, &sample, 4);
    }
  }
}

static void copy_part(const NodalBlock *block, const uint8_t *whole, NodalRect part, uint8_t *pixels, size_t stride) {
  size_t row_bytes = nodal_block_row_bytes(block), pixel = row_bytes / (size_t)block->width;
  for (int64_t y = 0; y < part.height; y++) {
    memcpy(pixels + (size_t)y * stride, whole + (size_t)(part.y + y) * row_bytes + (size_t)part.x * pixel,
           (size_t)part.width * pixel);
  }
}

static bool decode_none(const NodalBlock *block, const void *data, size_t size, NodalRect part, uint8_t *pixels,
                        size_t stride, NodalError **error) {
  size_t row_bytes = nodal_block_row_bytes(block), needed = row_bytes * (size_t)block->height;
  if (size < needed) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "%zu bytes instead of %zu", size, needed);
  }
  copy_part(block, data, part, pixels, stride);
  if (block->swap_bytes) {
    for (int64_t y = 0; y < part.height; y++) {
      swap_samples(pixels + (size_t)y * stride, row_bytes / (size_t)block->width * (size_t)part.width, block->dtype);
    }
  }
  return true;
}

static bool unpack(const NodalBlock *block, const void *data, size_t size, uint8_t *out, size_t out_size,
                   NodalError **error) {
  switch (block->compression) {
  case NODAL_COMPRESSION_PACKBITS:
    return nodal_packbits_decode(data, size, out, out_size, error);
  case NODAL_COMPRESSION_LZW:
    return nodal_lzw_unpack(data, size, out, out_size, error);
  case NODAL_COMPRESSION_ZSTD:
    return nodal_zstd_unpack(data, size, out, out_size, error);
  default:
    return nodal_deflate_unpack(data, size, out, out_size, error);
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
  bool predicted = block->compression != NODAL_COMPRESSION_PACKBITS;
  if (block->swap_bytes && !(predicted && nodal_predictor_is_floating(block))) {
    swap_samples(out, bytes, block->dtype);
  }
  return !predicted || nodal_predictor_undo(block, out, error);
}

/* For codecs that know no parts. */
static bool decode_and_cut(const NodalBlock *block, const void *data, size_t size, NodalRect part, uint8_t *pixels,
                           size_t stride, NodalError **error) {
  size_t row_bytes = nodal_block_row_bytes(block);
  if (part.width == block->width && part.height == block->height && stride == row_bytes) {
    return decode_whole(block, data, size, pixels, error);
  }
  uint8_t *whole = nodal_alloc(row_bytes * (size_t)block->height, error);
  bool ok = whole && decode_whole(block, data, size, whole, error);
  if (ok) {
    copy_part(block, whole, part, pixels, stride);
  }
  free(whole);
  return ok;
}

bool nodal_codec_decode(const NodalBlock *block, const void *data, size_t size, NodalRect part, void *pixels,
                        size_t stride, NodalError **error) {
  NodalCodec codec;
  if (!nodal_codec_of_compression(block->compression, &codec)) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "compression %d is not read", block->compression);
  }
  if (!check_block(block, part, stride, error) || !check_samples(block, codec, error)) {
    return false;
  }
  switch (codec) {
  case NODAL_CODEC_JPEG:
    return nodal_jpeg_decode(block, data, size, part, pixels, stride, error);
  case NODAL_CODEC_JPEG2000:
    return nodal_jpeg2000_decode(block, data, size, part, pixels, stride, error);
  default:
    return block->compression == NODAL_COMPRESSION_NONE
               ? decode_none(block, data, size, part, pixels, stride, error)
               : decode_and_cut(block, data, size, part, pixels, stride, error);
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
static bool encode_bytes(const NodalEncoding *encoding, size_t row_bytes, const uint8_t *pixels, size_t stride,
                         NodalBytes *out, NodalError **error) {
  size_t size = row_bytes * (size_t)encoding->height;
  bool differenced = nodal_codec_predictor(encoding) == 2;
  if (stride == row_bytes && !differenced) {
    return pack(encoding->codec, pixels, size, out, error);
  }
  uint8_t *bytes = nodal_alloc(size, error);
  if (!bytes) {
    return false;
  }
  size_t channels = (size_t)encoding->channels, samples = channels * (size_t)encoding->width;
  for (int y = 0; y < encoding->height; y++) {
    const uint8_t *from = pixels + (size_t)y * stride;
    uint8_t *to = bytes + (size_t)y * row_bytes;
    if (differenced) {
      nodal_predictor_apply(from, to, samples, channels, encoding->dtype);
    } else {
      memcpy(to, from, row_bytes);
    }
  }
  bool packed = pack(encoding->codec, bytes, size, out, error);
  free(bytes);
  return packed;
}

bool nodal_codec_encode(const NodalEncoding *encoding, const void *pixels, size_t stride, NodalBytes *out,
                        NodalError **error) {
  out->size = 0;
  size_t row_bytes, size;
  if (encoding->width < 1 || encoding->height < 1 || encoding->channels < 1 ||
      !nodal_mul_size((size_t)encoding->width, (size_t)encoding->channels * nodal_dtype_size(encoding->dtype),
                      &row_bytes) ||
      !nodal_mul_size(row_bytes, (size_t)encoding->height, &size) || size > INT32_MAX || stride < row_bytes) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%d x %d pixels of %d channel%s cannot be encoded", encoding->width,
                      encoding->height, encoding->channels, nodal_plural((uint64_t)encoding->channels));
  }
  switch (encoding->codec) {
  case NODAL_CODEC_JPEG:
    return nodal_jpeg_encode(encoding, pixels, stride, out, error);
  case NODAL_CODEC_PNG:
    return nodal_png_encode(encoding, pixels, stride, out, error);
  default:
    return encode_bytes(encoding, row_bytes, pixels, stride, out, error);
  }
}
