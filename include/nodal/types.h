/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_TYPES_H
#define NODAL_TYPES_H

#include <nodal/export.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Type of one sample, in the machine's byte order. */
typedef enum NodalDtype { NODAL_UINT8, NODAL_UINT16, NODAL_UINT32, NODAL_FLOAT32 } NodalDtype;

/** Bytes of one sample. */
NODAL_API size_t nodal_dtype_size(NodalDtype dtype);

/** "uint8", "uint16", "uint32" or "float32". Static. */
NODAL_API const char *nodal_dtype_name(NodalDtype dtype);

/** What the channels of a pixel mean. */
typedef enum NodalColor {
  NODAL_COLOR_GRAY,     /**< one channel, an intensity */
  NODAL_COLOR_RGB,      /**< three channels */
  NODAL_COLOR_RGBA,     /**< four channels, alpha not premultiplied */
  NODAL_COLOR_CHANNELS, /**< two or more channels without a colour meaning (fluorescence, likelihoods) */
  NODAL_COLOR_LABEL     /**< one integer channel whose values are names, never to be averaged */
} NodalColor;

/** "gray", "rgb", "rgba", "channels" or "label". Static. */
NODAL_API const char *nodal_color_name(NodalColor color);

/** How the tiles of a level are compressed. */
typedef enum NodalCodec {
  NODAL_CODEC_NONE,
  NODAL_CODEC_JPEG,
  NODAL_CODEC_LZW,
  NODAL_CODEC_DEFLATE,
  NODAL_CODEC_ZSTD,
  NODAL_CODEC_WEBP,
  NODAL_CODEC_JPEG2000,
  NODAL_CODEC_PNG,
  NODAL_CODEC_UNKNOWN /**< the reader does not say (formats read through OpenSlide) */
} NodalCodec;

/** "none", "jpeg", "lzw", "deflate", "zstd", "webp", "jpeg2000", "png" or "unknown". Static. */
NODAL_API const char *nodal_codec_name(NodalCodec codec);

/** A rectangle in pixels of one level; x and y may be negative. */
typedef struct NodalRect {
  int64_t x, y, width, height;
} NodalRect;

/** How pixels are combined when a smaller level is made from a larger one. */
typedef enum NodalInterpolation {
  NODAL_INTERPOLATION_LINEAR, /**< mean of the covered pixels, rounded to nearest; colour weighted by alpha */
  NODAL_INTERPOLATION_NEAREST /**< one pixel stands for all it covers: the only right one for labels */
} NodalInterpolation;

/**
 * Watches long work. `report` is called from any worker thread, one call at a time, with the amount done and the whole
 * (same unit, never decreasing); it returns false to stop, and the work then fails with NODAL_ERROR_CANCELLED and
 * leaves nothing behind.
 */
typedef struct NodalProgress {
  bool (*report)(void *user, uint64_t done, uint64_t total);
  void *user;
} NodalProgress;

/** Room for any number as text, with its terminator. */
enum { NODAL_NUMBER_SIZE = 40 };

/**
 * The fewest correctly rounded digits that read back as the same number, with a point whatever the locale, laid out as
 * "%.9g" would: plain from 0.0001 up to 999999999 (further where there are more than nine digits), else "1.5e+09".
 * Returns the length.
 */
NODAL_API size_t nodal_format_double(char text[NODAL_NUMBER_SIZE], double value);

/** Frees memory that the library handed over. NULL is fine. */
NODAL_API void nodal_free(void *memory);

#ifdef __cplusplus
}
#endif
#endif
