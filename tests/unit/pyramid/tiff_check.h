/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PYRAMID_TIFF_CHECK_H
#define TEST_PYRAMID_TIFF_CHECK_H

#include "support.h"

#include <tiffio.h>

/* libtiff as the judge. Whatever it warns of fails the test. */

TIFF *tiff_open(const char *path);

/* Pixels of one level, cut to its size, read tile by tile. Free with free(). */
unsigned char *tiff_level(TIFF *tiff, int directory, int64_t *width, int64_t *height);

/* Offset of a tile. */
uint64_t tiff_offset(TIFF *tiff, int directory, uint32_t tile);

/* Compressed bytes of a tile. Free with free(). */
unsigned char *tiff_raw_tile(TIFF *tiff, int directory, uint32_t tile, size_t *size);

/* All levels of `path` against the pyramid of `reference`, exactly. */
void check_pyramid(const char *path, const Reference *reference, const NodalWriterOptions *options, int levels);

#endif
