/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_CODEC_MEMORY_TIFF_H
#define TEST_CODEC_MEMORY_TIFF_H

/* libtiff on a TIFF of one tile in memory: the reference for blocks. */

#include "support.h"

#include <tiffio.h>

typedef struct TestTile {
  int compression, predictor;
  int width, height, channels, bits, format; /* tags 258 and 339 */
  bool big_endian;
} TestTile;

/** The compressed bytes that libtiff makes of a tile of samples in the machine's byte order; free() them. */
uint8_t *test_tiff_pack(const TestTile *tile, const void *samples, size_t size, size_t *packed_size);

/** What libtiff reads from compressed bytes, in the machine's byte order; `size` bytes; free() them. */
uint8_t *test_tiff_unpack(const TestTile *tile, const void *packed, size_t packed_size, size_t size);

#endif
