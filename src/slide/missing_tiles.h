/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SLIDE_MISSING_TILES_H
#define NODAL_SLIDE_MISSING_TILES_H

#include "slide/driver.h"

/*
 * Tiles that a pyramid leaves out, made from the level above. A tile of a smaller level is missing where the file has
 * no bytes for it and where it covers a missing tile of the level above: what stands in such a tile is often wrong. It
 * becomes the mean of the pixels that it covers. In level 0 a missing tile is background.
 */
typedef struct NodalMissingTiles NodalMissingTiles;

/** Whether the file has bytes for a tile; `*there` is true too where they are damaged. */
typedef bool (*NodalTileIsThere)(NodalSlide *slide, int level, int64_t index, bool *there, NodalError **error);

/** For a slide whose levels are complete. Nothing is looked up yet. */
NodalMissingTiles *nodal_missing_tiles_new(const NodalSlide *slide, NodalTileIsThere is_there, NodalError **error);
void nodal_missing_tiles_free(NodalMissingTiles *missing);

/** Looks up, at the first call for all tiles of the slide, whether one is missing. Thread-safe. */
bool nodal_missing_tiles_get(NodalMissingTiles *missing, NodalSlide *slide, int level, int64_t column, int64_t row,
                             bool *is_missing, NodalError **error);

/**
 * read_tile of the driver contract for a missing tile: asks the slide's own driver for tiles of the level above, which
 * may be missing themselves. Fails with NODAL_ERROR_UNSUPPORTED where that would take more than 48 MiB.
 */
bool nodal_missing_tiles_read(NodalMissingTiles *missing, NodalSlide *slide, int level, int64_t column, int64_t row,
                              NodalRect part, void *pixels, size_t stride, NodalTileState *state, NodalError **error);

#endif
