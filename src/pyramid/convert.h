/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PYRAMID_CONVERT_H
#define NODAL_PYRAMID_CONVERT_H

#include "pyramid/pyramid.h"
#include "slide/driver.h"
#include <nodal/convert.h>

/** A conversion as it was decided on, before anything is written. */
typedef struct NodalConversion {
  NodalSlide *slide;
  NodalConvertOptions options;
  NodalRect region; /**< of the source's level 0 */
  bool label, kept;
  bool resampled; /**< to options.spacing_um */
  int64_t width, height;
  double spacing_x, spacing_y; /**< of the output, 0: unknown */
  NodalColor color;
  int channels;
  NodalDtype dtype;
  NodalPixelFormat format; /**< in which the source is read */
  NodalCodec codec;
  int tile_size;
  NodalInterpolation interpolation;
  NodalKeptTiles kept_tiles; /**< where `kept` */
} NodalConversion;

/**
 * Whether the tiles of level 0 can be copied as they are: JPEG tiles of the wanted size, on the grid of the region, of
 * a kind that the output can hold. Fills `conversion->kept`, `kept_tiles` and, where it is open, the tile size.
 */
bool nodal_convert_plan_kept(NodalConversion *conversion, NodalError **error);

/** Feeds that fill a pyramid; `user` of the feed is the object itself. */
typedef struct NodalPixelFeed NodalPixelFeed;
NodalPixelFeed *nodal_pixel_feed_new(const NodalConversion *conversion, const NodalWriter *writer, int workers,
                                     NodalTileFeed *feed, NodalError **error);
void nodal_pixel_feed_free(NodalPixelFeed *feed);

typedef struct NodalKeptFeed NodalKeptFeed;
NodalKeptFeed *nodal_kept_feed_new(const NodalConversion *conversion, const NodalWriter *writer, int workers,
                                   NodalTileFeed *feed, NodalError **error);
void nodal_kept_feed_free(NodalKeptFeed *feed);

/**
 * A JPEG of one constant value that needs no tables from elsewhere: `side` x `side` pixels, samples as given, exactly.
 * It uses the last of JPEG's four table slots alone (ITU-T T.81, extended sequential), so that a decoder that keeps
 * tables from tile to tile, as libtiff does, is left with those of the other tiles. `h_samp` and `v_samp` are those of
 * component 0, the others have 1.
 */
bool nodal_constant_jpeg(int side, int components, int h_samp, int v_samp, const uint8_t *samples, NodalBytes *out,
                         NodalError **error);

#endif
