/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SLIDE_TIFF_SLIDE_H
#define NODAL_SLIDE_TIFF_SLIDE_H

#include "slide/driver.h"
#include "slide/missing_tiles.h"

/*
 * What the drivers of the TIFF family share: a slide whose levels are directories of one TIFF file. A driver decides
 * which directories are levels and what they are called; everything from there to pixels is here.
 */

/** One level: the directories that together hold its channels, one after the other (usually just one). */
typedef struct NodalTiffLevel {
  int *directories;
  int directory_count;
} NodalTiffLevel;

/** Where an associated image comes from: a directory, or a JPEG or PNG file kept in memory. */
typedef struct NodalTiffPicture {
  int directory; /**< -1: `file` */
  uint8_t *file; /**< owned */
  size_t file_size;
} NodalTiffPicture;

/** driver_data of a slide of the TIFF family. */
typedef struct NodalTiffSlide {
  NodalTiff *tiff;
  NodalTiffLevel *levels;
  size_t level_count, level_capacity;
  NodalTiffPicture *pictures;
  size_t picture_count, picture_capacity;
  NodalMissingTiles *missing; /**< NULL: what the file leaves out is background in every level */
} NodalTiffSlide;

/** Makes slide->driver_data, taking the probe's parsed TIFF. */
NodalTiffSlide *nodal_tiff_slide_new(NodalSlide *slide, NodalProbe *probe, NodalError **error);

/**
 * Sets channels, type, colour, value range and ICC profile from the directories of level 0, and refuses what cannot be
 * decoded. With several directories their samples are channels one after the other.
 */
bool nodal_tiff_slide_set_pixels(NodalSlide *slide, const int *directories, int count, NodalError **error);

/**
 * Adds a level. `width`, `height` 0: as the directory says. `downsample` 0: found from the sizes; a directory that does
 * not belong to the same picture is then an error.
 */
bool nodal_tiff_slide_add_level(NodalSlide *slide, const int *directories, int count, int64_t width, int64_t height,
                                double downsample, NodalError **error);

/**
 * From now on a tile that is missing from a smaller level is made from the level above. After the last level was added;
 * does nothing where the samples are not uint8 of one or three channels.
 */
bool nodal_tiff_slide_make_missing(NodalSlide *slide, NodalError **error);

/** Whether a directory could be a smaller level of the picture in directory `base`: tiling, type, channels, shape. */
bool nodal_tiff_slide_is_reduced(const NodalTiff *tiff, int base, int directory);

/** Adds an associated image held in a directory; one that cannot be read as RGB is left out. */
bool nodal_tiff_slide_add_picture(NodalSlide *slide, const char *name, int directory, NodalError **error);

/** Adds an associated image held in a JPEG or PNG file of which a copy is taken; damaged ones are left out. */
bool nodal_tiff_slide_add_picture_file(NodalSlide *slide, const char *name, const uint8_t *file, size_t size,
                                       NodalError **error);

/** Properties tiff.* of a directory, and openslide.comment, as OpenSlide has them. */
bool nodal_tiff_slide_set_properties(NodalSlide *slide, int directory, NodalError **error);

/** Spacing from tags 282, 283, 296 of a directory. */
void nodal_tiff_slide_set_spacing(NodalSlide *slide, int directory);

/* Ready for a driver's table. */
void nodal_tiff_slide_close(NodalSlide *slide);
bool nodal_tiff_slide_read_tile(NodalSlide *slide, int level, int64_t column, int64_t row, NodalRect part, void *pixels,
                                size_t stride, NodalTileState *state, NodalError **error);
bool nodal_tiff_slide_raw_info(NodalSlide *slide, int level, NodalRawInfo *info);
bool nodal_tiff_slide_read_raw(NodalSlide *slide, int level, int64_t column, int64_t row, NodalRawTile *tile,
                               NodalError **error);
bool nodal_tiff_slide_read_associated(NodalSlide *slide, int index, uint8_t *rgb, size_t stride, NodalError **error);

#define NODAL_TIFF_SLIDE_OPERATIONS                                                                                    \
  .close = nodal_tiff_slide_close, .read_tile = nodal_tiff_slide_read_tile, .raw_info = nodal_tiff_slide_raw_info,     \
  .read_raw = nodal_tiff_slide_read_raw, .read_associated = nodal_tiff_slide_read_associated

#endif
