/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SLIDE_DRIVER_H
#define NODAL_SLIDE_DRIVER_H

#include "base/error.h"
#include "base/source.h"
#include "tiff/tiff.h"
#include <nodal/slide.h>

/*
 * The contract between the slide object and a format's driver.
 *
 * A driver has a `probe`, which looks at what has already been read and says whether the file is its own, and an
 * `open`, which fills in a NodalSlide. It never sees another driver. The core (slide.c) checks what a driver filled
 * in, does all geometry, background, conversion and caching, and asks the driver only for parts of single tiles.
 */

/** What is known of a file before a driver opens it. */
typedef struct NodalProbe {
  NodalSource *source;
  const uint8_t *head; /**< first bytes of the file */
  size_t head_size;    /**< up to 256 */
  NodalTiff *tiff;     /**< directories, if it is a TIFF that could be read; a driver that keeps it sets it to NULL */
} NodalProbe;

/** An image beside the levels. */
typedef struct NodalAssociated {
  char *name;
  int64_t width, height;
} NodalAssociated;

typedef struct NodalProperty {
  char *name, *value;
} NodalProperty;

/** Whether a tile holds pixels. */
typedef enum NodalTileState {
  NODAL_TILE_PRESENT,
  NODAL_TILE_ABSENT /**< the file leaves it out: nothing was written, it is background */
} NodalTileState;

/** A compressed tile, ready to be copied into a TIFF: bytes as the file has them, tables apart. */
typedef struct NodalRawTile {
  uint8_t *data;         /**< owned by the caller, freed with free(); NULL with size 0 for an absent tile */
  size_t size, capacity; /**< a buffer passed in is reused and grown */
} NodalRawTile;

/** What must be known to use raw tiles of a level. */
typedef struct NodalRawInfo {
  NodalCodec codec;
  int compression;       /**< TIFF number */
  bool jpeg_ycbcr;       /**< JPEG: samples are YCbCr */
  const uint8_t *tables; /**< JPEG tables, borrowed from the slide, or NULL */
  size_t tables_size;
} NodalRawInfo;

typedef struct NodalDriver {
  const char *name;        /**< of the format as nodal_slide_format() gives it, unless `open` sets another */
  const char *description; /**< one line for people */

  bool (*probe)(const NodalProbe *probe);

  /** Fills `slide`: levels, channels, dtype, color and what else the file tells. The core frees it on failure. */
  bool (*open)(NodalSlide *slide, NodalProbe *probe, NodalError **error);
  void (*close)(NodalSlide *slide);

  /**
   * Decodes the part `part` (pixels of the tile, inside it and inside the level) of one tile into `pixels`, the slide's
   * own channels and type. With NODAL_TILE_ABSENT the pixels are left alone. Thread-safe.
   */
  bool (*read_tile)(NodalSlide *slide, int level, int64_t column, int64_t row, NodalRect part, void *pixels,
                    size_t stride, NodalTileState *state, NodalError **error);

  /** Compressed tiles; both NULL where the format has none. `raw_info` is false where this level has none. */
  bool (*raw_info)(NodalSlide *slide, int level, NodalRawInfo *info);
  bool (*read_raw)(NodalSlide *slide, int level, int64_t column, int64_t row, NodalRawTile *tile, NodalError **error);

  /** Reads associated image `index` as RGB8. NULL where there are never any. */
  bool (*read_associated)(NodalSlide *slide, int index, uint8_t *rgb, size_t stride, NodalError **error);
} NodalDriver;

struct NodalSlide {
  NodalSource *source;
  const NodalDriver *driver;
  void *driver_data;
  char *format; /**< NULL: the driver's name */

  NodalLevel *levels;
  int level_count;
  size_t level_capacity;
  int channels;
  NodalDtype dtype;
  NodalColor color;
  double spacing_x, spacing_y; /**< 0: unknown */
  bool has_value_range;
  double minimum, maximum;
  bool has_background; /**< the file states one */
  uint8_t background[3];

  NodalProperty *properties;
  size_t property_count, property_capacity;
  NodalAssociated *associated;
  size_t associated_count, associated_capacity;
  uint8_t *icc_profile;
  size_t icc_profile_size;

  bool partial_tiles; /**< a part of a tile costs the driver clearly less than all of it */
  bool in_memory;     /**< the driver holds the decoded pixels itself: the cache would only copy them */
  NodalCache *cache;
  uint64_t cache_id;
};

/* Helpers for drivers; each copies its strings. */
bool nodal_slide_add_level(NodalSlide *slide, const NodalLevel *level, NodalError **error);
bool nodal_slide_set_property(NodalSlide *slide, const char *name, const char *value, NodalError **error);
bool nodal_slide_set_property_printf(NodalSlide *slide, NodalError **error, const char *name, const char *format, ...)
    NODAL_PRINTF(4, 5);
bool nodal_slide_add_associated(NodalSlide *slide, const char *name, int64_t width, int64_t height, NodalError **error);
bool nodal_slide_set_icc_profile(NodalSlide *slide, const void *data, size_t size, NodalError **error);

/** Bytes of one pixel as the driver gives it. */
size_t nodal_slide_native_size(const NodalSlide *slide);

/** A number for a property: shortest form that reads back the same, with a point whatever the locale. */
bool nodal_slide_set_property_double(NodalSlide *slide, const char *name, double value, NodalError **error);

/* The core's own services to the layers above (pyramid). */

/** Compressed tile as the file has it; false where there are no raw tiles at that level (no error is set). */
bool nodal_slide_raw_info(NodalSlide *slide, int level, NodalRawInfo *info);
bool nodal_slide_read_raw(NodalSlide *slide, int level, int64_t column, int64_t row, NodalRawTile *tile,
                          NodalError **error);

/** nodal_slide_read_level() that leaves the cache alone: for one pass over a whole level. */
bool nodal_slide_read_level_uncached(NodalSlide *slide, int level, NodalRect region, NodalPixelFormat format,
                                     void *pixels, size_t stride, NodalError **error);

/** Fills `height` rows with what stands where there is no pixel. */
void nodal_slide_fill_background(const NodalSlide *slide, NodalPixelFormat format, void *pixels, size_t stride,
                                 int64_t width, int64_t height);

/* Versions of the libraries that only one file each may see. */
const char *nodal_slide_openslide_version(void);
const char *nodal_slide_xml_version(void);

/** Name and run-time version of a library this layer uses, by index; NULL past the last. */
const char *nodal_slide_library(int index, const char **version);

#endif
