/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PYRAMID_PYRAMID_H
#define NODAL_PYRAMID_PYRAMID_H

#include "base/output.h"
#include "base/pool.h"
#include "codec/codec.h"
#include "pyramid/picture.h"
#include "pyramid/share.h"
#include "tiff/tiff_writer.h"
#include <nodal/writer.h>
#include <pthread.h>

/* What the parts of the pyramid writer share. */

enum { NODAL_PYRAMID_MAX_LEVELS = 32, NODAL_PYRAMID_MAX_CHANNELS = 256 };

typedef struct NodalPyramidLevel {
  int64_t width, height, columns, rows;
  int directory;  /**< index in the TIFF writer */
  uint8_t *given; /**< one bit a tile: it has its place; only with nodal_writer_write_tile() */
} NodalPyramidLevel;

/** How the tiles of level 0 are compressed where they are copied from another file. */
typedef struct NodalKeptTiles {
  int compression, photometric;
  int h_samp, v_samp;
  const void *tables; /**< or NULL; copied */
  size_t tables_size;
  bool baseline; /**< sequential Huffman JPEG: can be decoded at half the size */
  bool planes;   /**< 4:2:0 YCbCr: the pyramid is built from planes, without going through RGB */
} NodalKeptTiles;

/** A parent of which some children have come. */
typedef struct NodalPendingTile {
  int level;
  int64_t column, row;
  unsigned arrived; /**< bit dx + 2 * dy a child */
  uint8_t *pixels;
  struct NodalPendingTile *next;
} NodalPendingTile;

enum { NODAL_PENDING_BUCKETS = 4096 };

/** What a thread needs to take one tile in. Kept in a list between calls. */
typedef struct NodalTileScratch {
  uint8_t *pixels;
  NodalBytes bytes;
  struct NodalTileScratch *next;
} NodalTileScratch;

struct NodalWriter {
  NodalOutput *output;
  bool owns_output;
  NodalTiffWriter *tiff;
  NodalWriterOptions options; /**< as they were given, without what its pointers lead to */
  NodalForm form;
  NodalEncoding encoding;
  size_t tile_bytes; /**< of one tile in memory */
  NodalPyramidLevel levels[NODAL_PYRAMID_MAX_LEVELS];
  int level_count;
  uint8_t background[NODAL_PICTURE_MAX_PIXEL];
  bool kept;         /**< level 0 is copied: only nodal_pyramid_write_all() can fill it */
  bool tracks_range; /**< smallest and largest value of level 0 are written */

  pthread_mutex_t lock; /**< guards what follows, but the TIFF writer, which has its own */
  double minimum, maximum;
  NodalShared shared;
  NodalPendingTile *pending[NODAL_PENDING_BUCKETS];
  NodalPendingTile *idle_pending;
  NodalTileScratch *idle_scratch;
  bool any_tile, complete, failed, finished;
};

/**
 * nodal_writer_new() on an output that is there already. With `owns_output` it is freed with the writer, also when this
 * fails. `kept` may be NULL.
 */
NodalWriter *nodal_pyramid_new(NodalOutput *output, bool owns_output, const NodalWriterOptions *options,
                               const NodalKeptTiles *kept, NodalError **error);

/** Whether options make sense; the message starts with `name`. */
bool nodal_pyramid_check_options(const char *name, const NodalWriterOptions *options, NodalError **error);

/** Samples a pixel of what `options` describe. */
int nodal_pyramid_channels(const NodalWriterOptions *options);

/** How many pixels of tile `column`, `row` lie inside the level. */
void nodal_pyramid_inside(const NodalWriter *writer, int level, int64_t column, int64_t row, int64_t *width,
                          int64_t *height);

/** Which children of a tile lie inside the level below: bit dx + 2 * dy. */
unsigned nodal_pyramid_children(const NodalWriter *writer, int level, int64_t column, int64_t row);

/** Compresses a gapless tile in the writer's form. */
bool nodal_pyramid_encode(const NodalWriter *writer, const uint8_t *pixels, NodalBytes *bytes, NodalError **error);

/** The place of the tile of one constant value, encoded at the first call for it. Thread-safe. */
bool nodal_pyramid_constant_place(NodalWriter *writer, const uint8_t *value, NodalPlace *place, NodalError **error);

void nodal_pyramid_set_place(NodalWriter *writer, int level, int64_t column, int64_t row, NodalPlace place);

/**
 * Hands a finished tile (extended past the edge) of `level` to its parent, and writes each ancestor that this makes
 * complete. With `value` all of the tile is that, and `pixels` is not looked at. Thread-safe for different tiles. Does
 * nothing for the last level.
 */
bool nodal_pyramid_push_up(NodalWriter *writer, int level, int64_t column, int64_t row, const uint8_t *pixels,
                           const uint8_t *value, NodalBytes *bytes, NodalError **error);

/** Gives background to all that was never given. */
bool nodal_pyramid_fill_missing(NodalWriter *writer, NodalError **error);

void nodal_pyramid_free_pending(NodalWriter *writer);

/** Widens the range of values by that of one tile of level 0. Thread-safe. */
void nodal_pyramid_widen_range(NodalWriter *writer, double minimum, double maximum);

/** One tile of level 0 on its way into the pyramid. */
typedef struct NodalFeedTile {
  int64_t column, row;
  int64_t width, height; /**< pixels inside the slide */
  NodalPicture picture;  /**< to be filled, gapless, in the writer's form; what lies past the edge does not matter */
  uint8_t *pixels;       /**< memory of `picture` */
  NodalPicture half;     /**< where the halved tile goes; plane[0] NULL where nobody needs it */
  bool needed;           /**< kept tiles: the pixels are needed for the next level */

  const uint8_t *data; /**< set by the feed to copy these bytes (good until its worker's next call); NULL: encode */
  size_t size;
  bool halved;          /**< set by the feed when it has filled `half` and not `picture` */
  const uint8_t *value; /**< set by the feed where all pixels inside are this one; nothing is filled then */
} NodalFeedTile;

/** Where the tiles of level 0 come from. Called from several threads; `worker` as in NodalTileFunction. */
typedef struct NodalTileFeed {
  void *user;
  /** May be NULL. A block of neighbouring tiles is about to be asked for, `area` in pixels of level 0. */
  bool (*begin)(void *user, int worker, NodalRect area, NodalError **error);
  bool (*produce)(void *user, int worker, NodalFeedTile *tile, NodalError **error);
  bool row_major; /**< ask for the tiles row by row, for sources that hold rows; else in blocks */
} NodalTileFeed;

/** nodal_writer_write_all() for a feed. */
bool nodal_pyramid_write_all(NodalWriter *writer, const NodalTileFeed *feed, NodalPool *pool,
                             const NodalProgress *progress, NodalError **error);

/** Largest area a feed's `begin` is asked for: a square of this many pixels. */
int64_t nodal_pyramid_block_side(const NodalWriter *writer, const NodalTileFeed *feed);

#endif
