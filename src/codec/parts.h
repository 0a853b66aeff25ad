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

/** How often an encoder reports. */
enum { NODAL_ROWS_A_REPORT = 16 };

/** Reports `rows` as done; false when the work is to stop with NODAL_ERROR_CANCELLED. */
static inline bool nodal_encoding_report(const NodalEncoding *encoding, int64_t rows) {
  const NodalProgress *progress = encoding->progress;
  return !progress || progress->report(progress->user, (uint64_t)rows, (uint64_t)encoding->height);
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

/*
 * Codecs of plain bytes: `out` receives exactly `out_size` bytes, or the block is damaged. What a block holds past them
 * is ignored.
 */
bool nodal_packbits_decode(const void *data, size_t size, uint8_t *out, size_t out_size, NodalError **error);
bool nodal_lzw_unpack(const void *data, size_t size, uint8_t *out, size_t out_size, NodalError **error);
bool nodal_deflate_unpack(const void *data, size_t size, uint8_t *out, size_t out_size, NodalError **error);
bool nodal_zstd_unpack(const void *data, size_t size, uint8_t *out, size_t out_size, NodalError **error);

/** Compress `size` bytes into `out`. */
bool nodal_lzw_pack(const void *data, size_t size, NodalBytes *out, NodalError **error);
bool nodal_deflate_pack(const void *data, size_t size, NodalBytes *out, NodalError **error);
bool nodal_zstd_pack(const void *data, size_t size, NodalBytes *out, NodalError **error);

/** Undoes predictor 2 or 3 (tag 317) in place, after the byte order is the machine's (2) or as stored (3). */
bool nodal_predictor_undo(const NodalBlock *block, uint8_t *bytes, NodalError **error);

/** Whether predictor 3 is in use: its bytes are not samples in any byte order until it is undone. */
bool nodal_predictor_is_floating(const NodalBlock *block);

/** Predictor 2 on a row of `count` samples of uint8 or uint16. `out` is not `row`. */
void nodal_predictor_apply(const uint8_t *row, uint8_t *out, size_t count, size_t channels, NodalDtype dtype);

bool nodal_png_image_info(const void *data, size_t size, NodalImageInfo *info, NodalError **error);
bool nodal_png_image_decode(const void *data, size_t size, const NodalImageInfo *info, uint8_t *pixels, size_t stride,
                            NodalError **error);
bool nodal_png_encode(const NodalEncoding *encoding, const uint8_t *pixels, size_t stride, NodalBytes *out,
                      NodalError **error);

/* Codecs of pictures: WebP decodes all of the block, rows without gaps; JPEG 2000 the part. */
bool nodal_webp_decode(const NodalBlock *block, const void *data, size_t size, uint8_t *pixels, NodalError **error);
bool nodal_jpeg2000_decode(const NodalBlock *block, const void *data, size_t size, NodalRect part, uint8_t *pixels,
                           size_t stride, NodalError **error);

#endif
