/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_TEXTURE_H
#define NODAL_PHANTOM_TEXTURE_H

#include "base/error.h"
#include <stdint.h>

enum { PHANTOM_TEXTURE_RUN = 288, PHANTOM_LAMELLA_LENGTH = 1024, PHANTOM_BEND_LENGTH = 256 };

/**
 * A picture that repeats every `period` pixels, mean near 0. Rows are PHANTOM_TEXTURE_RUN longer than the period, so
 * that a run of that many pixels can be read from any place without wrapping.
 */
typedef struct PhantomTexture {
  int period;
  int8_t *pixels;
} PhantomTexture;

typedef enum PhantomTextureKind {
  PHANTOM_GRAIN,     /* soft grain of cytoplasm */
  PHANTOM_FIBRES,    /* fine winding fibres: bright ridges */
  PHANTOM_CHROMATIN, /* coarse grain of nuclei */
  PHANTOM_CLEFTS     /* winding gaps between cells: high in the gaps, 0 elsewhere */
} PhantomTextureKind;

/** `factor`: strength of it; 1 as it is meant. */
bool phantom_texture_init(PhantomTexture *texture, PhantomTextureKind kind, int period, double spacing_um, float factor,
                          uint64_t seed, NodalError **error);
void phantom_texture_clear(PhantomTexture *texture);

/** PHANTOM_TEXTURE_RUN pixels from level-0 pixel x, y on. */
const int8_t *phantom_texture_run(const PhantomTexture *texture, int64_t x, int64_t y);

/** Layers of the capsule by depth: a smooth random row that repeats. */
void phantom_lamellae(int8_t values[PHANTOM_LAMELLA_LENGTH], uint64_t seed);

/** How far the rows and columns of bodies bend from straight lines: smooth, -0.95 to 0.95 of their pitch. */
void phantom_bends(float values[PHANTOM_BEND_LENGTH], uint64_t seed);

#endif
