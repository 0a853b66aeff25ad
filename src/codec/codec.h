/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CODEC_CODEC_H
#define NODAL_CODEC_CODEC_H

#include "base/error.h"
#include <nodal/types.h>

/* TIFF compression schemes (tag 259) that this layer knows. */
enum {
  NODAL_COMPRESSION_NONE = 1,
  NODAL_COMPRESSION_LZW = 5,
  NODAL_COMPRESSION_JPEG = 7,
  NODAL_COMPRESSION_DEFLATE = 8,
  NODAL_COMPRESSION_PACKBITS = 32773,
  NODAL_COMPRESSION_DEFLATE_OLD = 32946,
  NODAL_COMPRESSION_JP2K_YCBCR = 33003, /* Aperio: samples are YCbCr */
  NODAL_COMPRESSION_JP2K_RGB = 33005,   /* Aperio: samples as the photometric says */
  NODAL_COMPRESSION_JP2K = 34712,
  NODAL_COMPRESSION_ZSTD = 50000,
  NODAL_COMPRESSION_WEBP = 50001
};

/** The codec of a TIFF compression scheme; false if this build has none for it. */
bool nodal_codec_of_compression(int compression, NodalCodec *codec);

/** What must be known to read one compressed block (a tile, a strip, one plane of either). */
typedef struct NodalBlock {
  int compression;   /**< TIFF number */
  int width, height; /**< pixels of the whole block */
  int channels;      /**< samples a pixel in this block */
  NodalDtype dtype;
  int predictor;      /**< 1 none, 2 horizontal, 3 floating point (TIFF tag 317) */
  bool swap_bytes;    /**< samples are in the other byte order than the machine's */
  bool jpeg_ycbcr;    /**< JPEG: the samples are YCbCr and RGB is wanted; false: take them as they are */
  const void *tables; /**< JPEG: abbreviated table stream (tag 347), or NULL */
  size_t tables_size;
} NodalBlock;

/**
 * Where a JPEG is decoded to rows that are read soon after, they should start so many bytes past a multiple of 64: to
 * rows at multiples of 16 or 32 libjpeg-turbo writes past the processor's caches, and who reads them waits for memory.
 */
enum { NODAL_CODEC_SKEW = 8 };

/**
 * Decodes the part `part` (pixels of the block, inside it) of a block into `pixels`: rows of `stride` bytes, channels
 * interleaved, samples in the machine's byte order at any address, RGB where the block is YCbCr. A JPEG is decoded no
 * further than the part needs, with the same pixels as libjpeg's decode of the whole, bit for bit; a JPEG 2000 no more
 * than its code blocks need. Errors:
 * NODAL_ERROR_FORMAT: the block is damaged ("damaged CODEC: what"), holds fewer bytes than it should or, where the
 *   codec has a header, not the block's size and channels. Streams that were cut off are errors: no pixel is made up.
 *   Bytes too many are not. A fault in a JPEG past the part goes unseen.
 * NODAL_ERROR_UNSUPPORTED: compression, predictor or samples that are not read.
 * NODAL_ERROR_MEMORY: more than 64 Mi pixels or 1 GiB.
 * NODAL_ERROR_ARGUMENT: the part does not lie in the block.
 * `pixels` is undefined after an error. Never reads past `size`, allocates no more than the block needs. Thread-safe.
 */
bool nodal_codec_decode(const NodalBlock *block, const void *data, size_t size, NodalRect part, void *pixels,
                        size_t stride, NodalError **error);

/** How a block is to be compressed. */
typedef struct NodalEncoding {
  NodalCodec codec; /**< NONE, JPEG, LZW, DEFLATE, ZSTD, PNG */
  int width, height, channels;
  NodalDtype dtype;
  int quality;                   /**< JPEG */
  bool chroma_full;              /**< JPEG, 3 channels: 4:4:4, else 4:2:0 */
  bool rgb;                      /**< JPEG, 3 channels: samples as they are, not as YCbCr, 4:4:4 */
  bool bare;                     /**< JPEG: without its tables, which nodal_codec_jpeg_tables() gives */
  const NodalProgress *progress; /**< PNG and JPEG: told the rows done; NULL: nobody watches */
} NodalEncoding;

/** Compressed bytes, grown as needed and reused from call to call. Zero it first, free `data` with free(). */
typedef struct NodalBytes {
  uint8_t *data;
  size_t size, capacity;
} NodalBytes;

/**
 * Compresses interleaved pixels (RGB for 3 channels, written as YCbCr JPEG unless `rgb`). LZW, Deflate and Zstandard
 * use predictor 2 when `encoding` says 3 or more channels of uint8 or uint16 (nodal_codec_predictor() tells); bytes are
 * little-endian. The same input gives the same bytes. PNG (a whole file): 1 to 4 channels, uint8 or uint16. JPEG: 1 to
 * 4 channels of uint8; 2 and 4 are kept as they are. `out` holds the result alone, and nothing after an error.
 * Thread-safe.
 */
bool nodal_codec_encode(const NodalEncoding *encoding, const void *pixels, size_t stride, NodalBytes *out,
                        NodalError **error);

/** TIFF compression number and predictor (tag 317) that nodal_codec_encode() uses for an encoding. */
int nodal_codec_compression(const NodalEncoding *encoding);
int nodal_codec_predictor(const NodalEncoding *encoding);

/** The abbreviated table stream (SOI DQT DHT EOI) that goes with `bare` JPEG blocks of this encoding. */
bool nodal_codec_jpeg_tables(const NodalEncoding *encoding, NodalBytes *out, NodalError **error);

/** What the header of a JPEG says. */
typedef struct NodalJpegInfo {
  int width, height, components;
  int h_samp, v_samp; /**< of component 0 relative to the others: 2,2 is 4:2:0; 1,1 where there is one component; 0
                         where the others differ or it is no whole number */
  bool ycbcr;         /**< as libjpeg decides from markers and component ids, when nothing else tells */
  bool baseline;      /**< sequential Huffman, 8 bit */
} NodalJpegInfo;

bool nodal_codec_jpeg_info(const void *tables, size_t tables_size, const void *data, size_t size, NodalJpegInfo *info,
                           NodalError **error);

/**
 * Tile + tables as a JPEG file of its own. Where `rgb`: with an APP14 marker that says so (transform 0), and without
 * markers of its own that say otherwise. Only markers are looked at.
 */
bool nodal_codec_jpeg_splice(const void *tables, size_t tables_size, const void *data, size_t size, bool rgb,
                             NodalBytes *out, NodalError **error);

/**
 * Pictures as the JPEG codec has them: Y, Cb, Cr planes, chroma at half the width and height (4:2:0). Sides are even.
 */
typedef struct NodalPlanes {
  uint8_t *plane[3];
  size_t stride[3];
  int width, height; /**< of plane 0; the others are half of it */
} NodalPlanes;

/**
 * Decodes a baseline 4:2:0 YCbCr JPEG block of block->width x block->height (multiples of 16) into planes at 1/1 or,
 * with `half`, at 1/2 by the scaled inverse DCT, without upsampling the chroma or going through RGB. With one channel
 * only plane 0 is used. Any other JPEG is NODAL_ERROR_UNSUPPORTED; damage is found as by nodal_codec_decode().
 */
bool nodal_codec_decode_planes(const NodalBlock *block, const void *data, size_t size, bool half,
                               const NodalPlanes *planes, NodalError **error);

/** Compresses planes as 4:2:0 JPEG; with one channel plane 0 as gray. */
bool nodal_codec_encode_planes(const NodalEncoding *encoding, const NodalPlanes *planes, NodalBytes *out,
                               NodalError **error);

/** A PNG or JPEG file: what it holds. `icc` and text are not read. Only headers are looked at. */
typedef struct NodalImageInfo {
  NodalCodec codec; /**< PNG or JPEG */
  int64_t width, height;
  int channels;
  NodalDtype dtype;
  double spacing_x_um, spacing_y_um; /**< pHYs or JFIF density; 0 where absent or only an aspect ratio */
} NodalImageInfo;

/** Palette PNGs count as RGB (or RGBA with transparency), 1, 2 and 4 bit gray as uint8. */
bool nodal_codec_image_info(const void *data, size_t size, NodalImageInfo *info, NodalError **error);

/**
 * Decodes all of a PNG or JPEG file to the channels and type that nodal_codec_image_info() tells; at most 128 Mi pixels
 * and 1 GiB (NODAL_ERROR_MEMORY).
 */
bool nodal_codec_image_decode(const void *data, size_t size, const NodalImageInfo *info, void *pixels, size_t stride,
                              NodalError **error);

/** Name and version (at run time, or built with where the library does not tell) by index, NULL past the last. */
const char *nodal_codec_library(int index, const char **version);

#endif
