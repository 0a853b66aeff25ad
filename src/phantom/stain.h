/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_STAIN_H
#define NODAL_PHANTOM_STAIN_H

#include <stdint.h>

/*
 * Light through stained tissue falls off as exp(-density) (Beer and Lambert), each stain with its own share of red,
 * green and blue (Ruifrok and Johnston 2001; eosin a little warmer here than theirs). The painter works in two planes
 * of one byte, the densities of hematoxylin and eosin, and looks colours up at the end.
 */

/** Optical density (natural logarithm) that one step of the hematoxylin and of the eosin plane stands for. */
#define PHANTOM_DENSITY_STEP 0.0095
#define PHANTOM_EOSIN_STEP 0.006

/** Share of hematoxylin's density that green light sees. */
#define PHANTOM_HEMATOXYLIN_GREEN 0.74

enum { PHANTOM_COLORS = 256 * 128 };

/** Colours of all densities, index hematoxylin * 128 + eosin / 2: in memory red, green, blue, 0. */
void phantom_stain_table(uint32_t colors[PHANTOM_COLORS]);

#endif
