/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PYRAMID_BANDS_H
#define NODAL_PYRAMID_BANDS_H

#include "pyramid/convert.h"

/**
 * Tiles out of a source that is cut into strips, or into tiles much larger than the output's. A row of output tiles is
 * read as one band or, where that takes more than 48 MiB, as several beside each other, for each of which the strips
 * are decoded again. Tiles must be asked for row by row, from left to right, each once; two bands are held at a time.
 * The threads that wait for a band read it together.
 */
typedef struct NodalBands NodalBands;

NodalBands *nodal_bands_new(const NodalConversion *conversion, NodalError **error);
void nodal_bands_free(NodalBands *bands);

/** Copies the pixels of one tile of the output that lie inside it. Thread-safe. */
bool nodal_bands_read(NodalBands *bands, const NodalFeedTile *tile, NodalError **error);

#endif
