/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CONVERT_H
#define NODAL_CONVERT_H

#include <nodal/slide.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a slide is converted. Start from NODAL_CONVERT_OPTIONS_INIT and set what differs. */
typedef struct NodalConvertOptions {
  bool keep; /**< copy the compressed tiles of level 0 bit for bit where they are JPEG and nothing changes them */
  NodalCodec codec;  /**< for what is encoded: JPEG, LZW, DEFLATE, ZSTD or NONE; label and non-uint8 slides turn JPEG
                        into LZW */
  int quality;       /**< JPEG, 1 to 100 */
  bool chroma_full;  /**< JPEG 4:4:4 instead of 4:2:0 */
  int tile_size;     /**< 0: the source's where its tiles are kept, else 512 */
  NodalRect region;  /**< level-0 pixels; width 0: all of the slide */
  double spacing_um; /**< resample to this spacing; 0: as it is */
  int levels;        /**< 0: halve until both sides fit in one tile */
  NodalInterpolation interpolation; /**< label slides are always nearest */
  int threads;                      /**< 0: one a core */
  bool force;                       /**< replace an existing output */
} NodalConvertOptions;

#define NODAL_CONVERT_OPTIONS_INIT                                                                                     \
  { .keep = true, .codec = NODAL_CODEC_JPEG, .quality = 80 }

typedef struct NodalConvertResult {
  bool kept;        /**< level 0 was copied, not encoded again */
  bool label;       /**< the slide was taken for a label image */
  NodalCodec codec; /**< of level 0 in the output */
  int tile_size;
  int levels;
  int64_t width, height;
} NodalConvertResult;

/**
 * Converts to the generic tiled BigTIFF pyramid. Spacing, properties, ICC profile and associated images are carried
 * over. The output is the same, byte for byte, for any number of threads. `result` and `progress` may be NULL.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_convert(NodalSlide *slide, const char *output, const NodalConvertOptions *options,
                                              const NodalProgress *progress, NodalConvertResult *result,
                                              NodalError **error);

/**
 * Whether the slide looks like a label image: it says so itself, or has one integer channel, lossless tiles, and at
 * most 64 different values in its smallest level. Reads that level.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_slide_is_label(NodalSlide *slide, bool *label, NodalError **error);

/** How far one level of two slides lies apart; over all channels, values of the samples as stored. */
typedef struct NodalLevelDifference {
  double max_difference;
  double mean_difference;
  double psnr_db; /**< against the largest value of the type (1 for float32); INFINITY when equal */
} NodalLevelDifference;

/**
 * Compares level `level` of both slides, which must agree in size, channels and type. Streams: memory does not grow
 * with the slide. `threads` 0: one a core. `progress` may be NULL.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_compare_level(NodalSlide *a, NodalSlide *b, int level, int threads,
                                                    const NodalProgress *progress, NodalLevelDifference *difference,
                                                    NodalError **error);

#ifdef __cplusplus
}
#endif
#endif
