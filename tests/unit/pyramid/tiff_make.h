/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PYRAMID_TIFF_MAKE_H
#define TEST_PYRAMID_TIFF_MAKE_H

#include "tiff_check.h"

/* A slide of one level for tests to convert, written by libtiff. */
typedef struct SourceSpec {
  int64_t width, height;
  int tile; /* side of the tiles; 0: strips */
  int rows_per_strip;
  int channels, bits;
  bool real;       /* float32 */
  int compression; /* libtiff's COMPRESSION_ */
  int photometric; /* libtiff's PHOTOMETRIC_ */
  int subsampling; /* of YCbCr, both ways: 1 or 2; 0: horizontally 2 only */
  int quality;
  double spacing_um; /* 0: none */
  const char *description;
  bool (*leave_out)(int64_t column, int64_t row); /* tiles that are left out, or NULL */
} SourceSpec;

/* Tiles come from `reference` as the nearest value of the type. */
void tiff_make(const char *path, const SourceSpec *spec, const Reference *reference);

/* A colourful picture without noise: what JPEG keeps well. */
Reference reference_smooth(int64_t width, int64_t height, int channels);

#endif
