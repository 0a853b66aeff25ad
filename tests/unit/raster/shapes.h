/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_RASTER_SHAPES_H
#define TEST_RASTER_SHAPES_H

#include <nodal/mask.h>

/* Random numbers that are the same everywhere. */
typedef struct Random {
  uint64_t state;
} Random;

uint64_t random_next(Random *random);
/* Within 0 to bound - 1. */
int64_t random_below(Random *random, int64_t bound);

/* The kinds of rings that go wrong in their own ways. */
typedef enum Kind {
  KIND_STAR,    /* simple, round */
  KIND_TANGLE,  /* crosses itself */
  KIND_SLIVER,  /* hardly wider than nothing */
  KIND_LATTICE, /* vertices on whole and half pixels: many samples lie on vertices and edges */
  KIND_REPEATS, /* duplicate and colinear points, there and back */
  KIND_HUGE,    /* vertices far outside */
  KIND_COUNT
} Kind;

enum { MAX_POINTS = 64 };

/* A ring of multiples of 2^-`bits` pixels in and around an area; returns the number of points. */
size_t shape_make(Random *random, Kind kind, int bits, double width, double height, NodalPoint *points);

/* A set of one group, "g", without annotations. */
NodalAnnotationSet *set_new(void);
void set_add(NodalAnnotationSet *set, NodalShape shape, int group, const NodalRing *rings, size_t count);
void set_add_ring(NodalAnnotationSet *set, NodalShape shape, int group, const NodalPoint *points, size_t count);

/* All of the mask, gapless. */
uint8_t *draw_all(const NodalMask *mask);

NodalMask *mask_new(const NodalAnnotationSet *set, const NodalMaskOptions *options);

#endif
