/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_WRITER_H
#define NODAL_WRITER_H

#include <nodal/error.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The manner in which a pyramid is laid out in its TIFF file: nodal's own, or one that scanners' readers know. */
typedef enum NodalWriterForm {
  NODAL_FORM_GENERIC,
  /** As Aperio's SVS: an Aperio description with spacing, JPEG of RGB samples, the thumbnail behind level 0. */
  NODAL_FORM_APERIO,
  /** As Philips TIFF: an XML description with the spacing of each level, levels padded up to whole tiles. */
  NODAL_FORM_PHILIPS
} NodalWriterForm;

/** What is to be written. Start from NODAL_WRITER_OPTIONS_INIT and set what differs. */
typedef struct NodalWriterOptions {
  int64_t width, height; /**< level 0, pixels; required */
  NodalColor color;
  int channels; /**< 0: as `color` implies; required for NODAL_COLOR_CHANNELS */
  NodalDtype dtype;
  int tile_size;                     /**< 16 to 4096, a multiple of 16 (TIFF 6.0 section 15) */
  NodalCodec codec;                  /**< JPEG (uint8 gray, RGB), LZW, DEFLATE, ZSTD or NONE */
  int quality;                       /**< JPEG, 1 to 100 */
  bool chroma_full;                  /**< JPEG 4:4:4 instead of 4:2:0 */
  int levels;                        /**< number of levels; 0: halve until both sides fit in one tile */
  NodalInterpolation interpolation;  /**< NODAL_COLOR_LABEL is always nearest */
  double spacing_x_um, spacing_y_um; /**< of level 0; 0: unknown, no resolution tags are written */
  const char *description;           /**< ImageDescription (tag 270) of level 0; NULL: none */
  NodalWriterForm form;    /**< another than GENERIC: JPEG, uint8 RGB, with a spacing; the description becomes a
                              part of the form's own, which says that nodal wrote it */
  const void *icc_profile; /**< tag 34675; NULL: none */
  size_t icc_profile_size;
  uint8_t background[3]; /**< value of pixels that nobody wrote, RGB; other slides have 0 there */
  bool force;            /**< replace an existing output */
} NodalWriterOptions;

#define NODAL_WRITER_OPTIONS_INIT                                                                                      \
  {                                                                                                                    \
    .color = NODAL_COLOR_RGB, .dtype = NODAL_UINT8, .tile_size = 512, .codec = NODAL_CODEC_JPEG, .quality = 80,        \
    .background = {                                                                                                    \
      255,                                                                                                             \
      255,                                                                                                             \
      255                                                                                                              \
    }                                                                                                                  \
  }

/**
 * A tiled BigTIFF pyramid being written: each level half the one above (sides rounded up), all levels in one pass, no
 * temporary file but the output itself under a temporary name, directories at the head of the file, tiles of one
 * constant value stored once. The output appears under its name when nodal_writer_finish() succeeds.
 */
typedef struct NodalWriter NodalWriter;

NODAL_API NODAL_MUST_CHECK NodalWriter *nodal_writer_new(const char *path, const NodalWriterOptions *options,
                                                         NodalError **error);

NODAL_API int nodal_writer_level_count(const NodalWriter *writer);

/**
 * Gives one tile of level 0, in any order, from any thread: `tile_size` rows of `stride` bytes, the file's own
 * channels and type; pixels past the edge of the slide are ignored. A tile given twice is NODAL_ERROR_ARGUMENT. Tiles
 * never given are background. The pixels of the file do not depend on the order, the places of its bytes do.
 * Parents of half-given quartets are held in memory: give neighbours together.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_writer_write_tile(NodalWriter *writer, int64_t column, int64_t row,
                                                        const void *pixels, size_t stride, NodalError **error);

/**
 * Produces one tile of level 0 into `pixels` (`tile_size` x `tile_size`, rows of `stride` bytes, filled with the
 * background beforehand). Called from several threads at once; `worker` is below the number of threads and the same
 * for calls that cannot overlap, for scratch memory.
 */
typedef bool (*NodalTileFunction)(void *user, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                                  NodalError **error);

/**
 * Writes all tiles by asking for each, on `threads` threads (0: one a core), in an order that keeps memory small. The
 * file is the same, byte for byte, for any number of threads. `progress` may be NULL and counts pixels of level 0.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_writer_write_all(NodalWriter *writer, NodalTileFunction function, void *user,
                                                       int threads, const NodalProgress *progress, NodalError **error);

/**
 * Adds an associated image (RGB8, rows of `stride` bytes), stored lossless, before nodal_writer_finish(). Readers of
 * the scanners' forms know "label" and "macro", those of Aperio's "thumbnail" too.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_writer_add_associated(NodalWriter *writer, const char *name, const void *pixels,
                                                            int64_t width, int64_t height, size_t stride,
                                                            NodalError **error);

/** Writes what is left and gives the file its name. The writer is to be freed afterwards in any case. */
NODAL_API NODAL_MUST_CHECK bool nodal_writer_finish(NodalWriter *writer, NodalError **error);

/** Frees; without a successful nodal_writer_finish() nothing is left on disk. */
NODAL_API void nodal_writer_free(NodalWriter *writer);

/**
 * Writes one image as PNG, JPEG or TIFF by the extension of `path` (.png; .jpg, .jpeg; .tif, .tiff; any case).
 * `pixels`: `height` rows of `stride` bytes, `channels` samples of `dtype` a pixel. PNG: 1 to 4 channels, uint8 or
 * uint16. JPEG: 1, 3 or 4 (alpha dropped) channels, uint8. TIFF: all. `spacing_um` 0: unknown. `quality` for JPEG.
 * `progress` may be NULL and counts rows.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_image_write(const char *path, const void *pixels, int64_t width, int64_t height,
                                                  size_t stride, int channels, NodalDtype dtype, double spacing_um,
                                                  int quality, bool force, const NodalProgress *progress,
                                                  NodalError **error);

/**
 * The same into memory: the bytes of the file that nodal_image_write() would write to `name`, which stands for the file
 * in messages and whose extension says the format. `*data` is freed with nodal_free().
 */
NODAL_API NODAL_MUST_CHECK bool nodal_image_encode(const char *name, const void *pixels, int64_t width, int64_t height,
                                                   size_t stride, int channels, NodalDtype dtype, double spacing_um,
                                                   int quality, void **data, size_t *size, NodalError **error);

#ifdef __cplusplus
}
#endif
#endif
