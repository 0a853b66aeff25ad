/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CODEC_PARTS_H
#define NODAL_CODEC_PARTS_H

#include "base/memory.h"
#include "codec/codec.h"

/* What codec.c dispatches to: one file a codec. None of these checks what codec.c has checked already. */

/* Limits that a file cannot lift. */
#define NODAL_BLOCK_MAX_PIXELS ((size_t)64 << 20)
#define NODAL_IMAGE_MAX_PIXELS ((size_t)128 << 20)
#define NODAL_CODEC_MAX_BYTES ((size_t)1 << 30)

/** Bytes of one row of the block, without padding. codec.c has checked that nothing overflows. */
static inline size_t nodal_block_row_bytes(const NodalBlock *block) {
  return (size_t)block->width * (size_t)block->channels * nodal_dtype_size(block->dtype);
}

/** Room for `capacity` bytes in all; what is there is kept. */
bool nodal_bytes_reserve(NodalBytes *bytes, size_t capacity, NodalError **error);

bool nodal_jpeg_decode(const NodalBlock *block, const void *data, size_t size, NodalRect part, uint8_t *pixels,
                       size_t stride, NodalError **error);
bool nodal_jpeg_encode(const NodalEncoding *encoding, const void *pixels, size_t stride, NodalBytes *out,
                       NodalError **error);
bool nodal_jpeg_image_info(const void *data, size_t size, NodalImageInfo *info, NodalError **error);
bool nodal_jpeg_image_decode(const void *data, size_t size, const NodalImageInfo *info, uint8_t *pixels, size_t stride,
                             NodalError **error);

#endif
