/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_TIFF_TIFF_H
#define NODAL_TIFF_TIFF_H

#include "base/error.h"
#include "base/source.h"
#include <nodal/types.h>

/* Structure of TIFF 6.0 and BigTIFF files, classic and big, either byte order. No pixels. */

/* Safety limits. In blocks of 256 a square image of a million pixels a side has 15.3 million. */
enum { NODAL_TIFF_MAX_DIRECTORIES = 4096, NODAL_TIFF_MAX_SAMPLES = 256, NODAL_TIFF_MAX_BLOCKS = 1 << 24 };

/** What one image file directory (IFD) says; defaults of the specification filled in. */
typedef struct NodalTiffDirectory {
  uint64_t offset;       /**< of the IFD in the file */
  int parent;            /**< index of the directory whose tag 330 names this one; -1 in the main chain */
  uint32_t subfile_type; /**< tag 254: bit 0 reduced image, bit 2 mask */
  int64_t width, height;
  bool tiled;
  int64_t block_width, block_height; /**< tile, or image width and rows a strip (clipped to the height) */
  int64_t blocks_across, blocks_down;
  uint64_t block_count; /**< blocks of all planes: across * down * (planar ? samples : 1) */
  int samples;          /**< a pixel */
  int bits;             /**< a sample; all alike or the directory is refused */
  NodalDtype dtype;     /**< meaningful where `dtype_known` */
  bool dtype_known;     /**< bits and sample format are one of ours */
  int compression, photometric, predictor, orientation;
  bool planar;                       /**< tag 284 is 2: each sample in blocks of its own */
  int extra_samples;                 /**< count of tag 338 */
  int extra_sample;                  /**< its first value: 1 associated alpha, 2 unassociated alpha, 0 unspecified */
  int resolution_unit;               /**< 1 none, 2 inch (default), 3 centimeter */
  double x_resolution, y_resolution; /**< 0 where absent or not a positive finite number */
  bool has_value_range;
  double minimum, maximum;   /**< over all samples, tags 340 and 341 */
  const char *description;   /**< tag 270, or NULL; as are the next. Invalid UTF-8 bytes are replaced by '?' */
  const char *software;      /**< 305 */
  const char *make, *model;  /**< 271, 272 */
  const char *date_time;     /**< 306 */
  const char *document_name; /**< 269 */
  const char *artist, *copyright, *host_computer; /**< 315, 33432, 316 */
  const uint8_t *jpeg_tables;                     /**< 347 */
  size_t jpeg_tables_size;
  const uint8_t *icc_profile; /**< 34675 */
  size_t icc_profile_size;
  const uint16_t *color_map; /**< 320, 3 << bits values, or NULL */
  bool xmp;                  /**< tag 700 is there */
  bool ndpi;                 /**< tag 65420 is there */
} NodalTiffDirectory;

/** An open file: its directories, in the order of the chain, each followed by its sub-directories (tag 330). */
typedef struct NodalTiff NodalTiff;

/** Whether the first 16 bytes look like a TIFF or BigTIFF. */
bool nodal_tiff_is_tiff(const uint8_t *head, size_t size);

/**
 * Reads all directories but not the arrays of offsets and byte counts. Takes its own reference of `source`. Refuses
 * loops, directories, values and counts outside the file, absurd sizes. A directory without image size, or damaged
 * beyond the first, makes the whole file an error that says which directory and what.
 */
NodalTiff *nodal_tiff_open(NodalSource *source, NodalError **error);
void nodal_tiff_free(NodalTiff *tiff);

bool nodal_tiff_big_endian(const NodalTiff *tiff);
bool nodal_tiff_big(const NodalTiff *tiff);
int nodal_tiff_directory_count(const NodalTiff *tiff);
const NodalTiffDirectory *nodal_tiff_directory(const NodalTiff *tiff, int index);

/**
 * Where block `index` (row-major; with `planar`, plane by plane) of a directory lies. The arrays are read from the file
 * at the first call for their directory, and kept. `*size` 0: the file leaves the block out (sparse). Fails when the
 * bytes lie outside the file. Thread-safe.
 */
bool nodal_tiff_block(NodalTiff *tiff, int directory, uint64_t index, uint64_t *offset, uint64_t *size,
                      NodalError **error);

#endif
