/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_TIFF_TIFF_WRITER_H
#define NODAL_TIFF_TIFF_WRITER_H

#include "base/output.h"
#include <nodal/types.h>

/* BigTIFF, little-endian, all directories and their arrays at the head of the file. No pixels. */

/** One directory to be written. Strings and blobs are copied. */
typedef struct NodalTiffSpec {
  uint32_t subfile_type;
  int64_t width, height;
  int tile_width, tile_height; /**< 0: one strip */
  int samples;
  NodalDtype dtype;
  int compression, photometric, predictor; /**< predictor 0 or 1: no tag */
  int extra_samples;                       /**< how many samples are beyond the photometric's own */
  int extra_sample;                  /**< value of each of them: 0 unspecified, 2 unassociated alpha (first one only) */
  int h_samp, v_samp;                /**< YCbCrSubSampling (530) where photometric is 6 */
  double x_resolution, y_resolution; /**< pixels a centimeter; 0: no resolution tags */
  bool second;                       /**< follows the first directory, whenever it is added; one a file */
  bool has_value_range;              /**< SMinSampleValue, SMaxSampleValue; values may be set later */
  const char *description, *software;    /**< or NULL */
  const void *jpeg_tables, *icc_profile; /**< or NULL */
  size_t jpeg_tables_size, icc_profile_size;
} NodalTiffSpec;

/** Thread-safe after nodal_tiff_writer_start(). */
typedef struct NodalTiffWriter NodalTiffWriter;

/** Writes into `output`, which stays the caller's. */
NodalTiffWriter *nodal_tiff_writer_new(NodalOutput *output, NodalError **error);
void nodal_tiff_writer_free(NodalTiffWriter *writer);

/** Plans a directory; returns its index, or -1. Before nodal_tiff_writer_start(). */
int nodal_tiff_writer_add(NodalTiffWriter *writer, const NodalTiffSpec *spec, NodalError **error);

/**
 * Fixes the layout: header, then every directory added so far with its values and arrays, then data. Directories that
 * are added later (associated images) go to the end of the file and are linked to the chain at finish.
 */
bool nodal_tiff_writer_start(NodalTiffWriter *writer, NodalError **error);

/** Puts bytes at the end of the file (2-byte aligned) and tells where they went. */
bool nodal_tiff_writer_append(NodalTiffWriter *writer, const void *data, size_t size, uint64_t *offset,
                              NodalError **error);

/** Notes where block `index` of a directory lies; several blocks may share one place. */
void nodal_tiff_writer_set_block(NodalTiffWriter *writer, int directory, uint64_t index, uint64_t offset,
                                 uint64_t size);

void nodal_tiff_writer_set_value_range(NodalTiffWriter *writer, int directory, double minimum, double maximum);

/** Writes header, directories and arrays. Blocks never set are written as offset 0, size 0. Does not commit. */
bool nodal_tiff_writer_finish(NodalTiffWriter *writer, NodalError **error);

#endif
