/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_STAIN_H
#define NODAL_PHANTOM_STAIN_H

#include <nodal/phantom.h>
#include <stdint.h>

/*
 * Light through stained tissue falls off as exp(-density) (Beer and Lambert), each stain with its own share of red,
 * green and blue (Ruifrok and Johnston 2001; eosin a little warmer here than theirs). The painter works in two planes
 * of one byte, the amounts of hematoxylin and of eosin (of DAB in an IHC section), and looks colours up at the end.
 */

/** Optical density (natural logarithm) that one step of the hematoxylin and of the eosin plane stands for. */
#define PHANTOM_DENSITY_STEP 0.0095
#define PHANTOM_EOSIN_STEP 0.006

/** Share of hematoxylin's density that green light sees. */
#define PHANTOM_HEMATOXYLIN_GREEN 0.74

/** In an IHC section: amount of hematoxylin against the default, and the step from which on nuclei show no DAB. */
#define PHANTOM_COUNTERSTAIN 0.55
#define PHANTOM_CLEAR_NUCLEUS 60

/** DAB in the bodies of tumor cells, steps of its plane. */
#define PHANTOM_DAB_STEPS 140.0F

/** Widest blur of a look's optics, micrometres. */
#define PHANTOM_MOST_BLUR_UM 3.0

enum { PHANTOM_COLORS = 256 * 128 };

/** The look where none is asked for. */
extern const NodalPhantomLook phantom_default_look;

/** Fails with NODAL_ERROR_ARGUMENT where a number of the look is out of range. */
bool phantom_look_check(const NodalPhantomLook *look, NodalError **error);

/** Colours of all amounts, index hematoxylin * 128 + eosin (or DAB) / 2: in memory red, green, blue, 0. */
void phantom_stain_table(uint32_t colors[PHANTOM_COLORS], const NodalPhantomLook *look, NodalPhantomStain stain);

#endif
