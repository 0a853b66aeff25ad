/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PYRAMID_PICTURE_H
#define NODAL_PYRAMID_PICTURE_H

#include "base/error.h"
#include <nodal/types.h>

/*
 * One tile in memory, square, in one of two forms: interleaved samples, or the Y, Cb, Cr planes of 4:2:0 JPEG with
 * chroma at half the width and height. What is here works on whole tiles: the pixels past the edge of a level are
 * copies of the last ones inside (nodal_picture_extend), so that no kernel needs to know of edges.
 */

enum { NODAL_PICTURE_MAX_PIXEL = 1024 };

typedef struct NodalForm {
  int side; /**< pixels, a multiple of 16 */
  int channels;
  NodalDtype dtype;
  bool planes;       /**< 4:2:0 planes instead of interleaved samples; uint8, 3 channels */
  bool alpha;        /**< 4 channels of which the last is alpha: colour counts as much as it is opaque */
  bool nearest;      /**< halving takes the top-left pixel of four, not their mean */
  size_t pixel_size; /**< bytes; also the size of the value of a constant tile (3 for planes) */
} NodalForm;

/** Where the samples of a tile, or of a quarter of one, lie. Interleaved: plane 0 alone. */
typedef struct NodalPicture {
  uint8_t *plane[3];
  size_t stride[3];
} NodalPicture;

/** Bytes of a tile without gaps. */
size_t nodal_form_bytes(const NodalForm *form);

/** The tile that lies at `memory` without gaps. */
NodalPicture nodal_picture_at(const NodalForm *form, void *memory);

/** The quarter of `picture` that its child `dx`, `dy` (0 or 1) goes to. */
NodalPicture nodal_picture_quarter(const NodalForm *form, const NodalPicture *picture, int dx, int dy);

/**
 * Halves the whole tile `from` into the quarter `to`: 2 x 2 pixels make one, the mean rounded to nearest (halves up),
 * or the top-left one. Colour with alpha: mean weighted by alpha, and the plain mean where all four are transparent.
 */
void nodal_picture_halve(const NodalForm *form, const NodalPicture *from, const NodalPicture *to);

/** Repeats the last of `width` columns and of `height` rows over the rest of the tile. */
void nodal_picture_extend(const NodalForm *form, const NodalPicture *picture, int64_t width, int64_t height);

/** Whether all pixels of the gapless tile at `memory` are equal; `value` gets form->pixel_size bytes. */
bool nodal_picture_constant(const NodalForm *form, const uint8_t *memory, uint8_t *value);

/** Fills a square of `side` pixels from the picture's top-left corner with one value. */
void nodal_picture_fill(const NodalForm *form, const NodalPicture *picture, int side, const uint8_t *value);

/** Smallest and largest sample of the first `width` x `height` pixels; NaN is passed over. Widens what is there. */
void nodal_picture_range(const NodalForm *form, const NodalPicture *picture, int64_t width, int64_t height,
                         double *minimum, double *maximum);

#endif
