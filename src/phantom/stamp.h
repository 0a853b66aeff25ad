/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_STAMP_H
#define NODAL_PHANTOM_STAMP_H

#include "base/error.h"
#include "phantom/number.h"
#include <stddef.h>

/** What the nuclei (or other small bodies) of one kind look like. Lengths in micrometres. */
typedef struct PhantomBody {
  double least_radius, most_radius;
  double least_aspect, most_aspect; /* longer over shorter axis */
  double waviness;                  /* relative deviation of the outline from an ellipse */
  double body, spread;              /* optical density of the inside, and how far single bodies differ (relative) */
  double rim;                       /* added density near the edge: the nuclear membrane */
  int clumps;                       /* spots of chromatin, or nucleoli */
  double clump_radius;              /* of them, micrometres */
  double clump;                     /* added density of them */
  double blur;                      /* width of the edge; more for what lies out of focus */
  bool oriented;                    /* stamp i points to diamond angle 2 i / count instead of anywhere */
} PhantomBody;

/** Ready-made pictures of bodies: `shapes` of them, each at `phases` x `phases` places within a pixel. */
typedef struct PhantomStamps {
  int shapes, phases;
  int width;  /* bytes a row, a multiple of 16 */
  int height; /* rows */
  int center; /* the body's center lies in pixel (center, center), or between it and the next for later phases */
  uint8_t *pixels;
} PhantomStamps;

enum { PHANTOM_STAMP_SHAPES = 32 };

bool phantom_stamps_init(PhantomStamps *stamps, const PhantomBody *body, double spacing_um, uint64_t seed,
                         NodalError **error);
void phantom_stamps_clear(PhantomStamps *stamps);

/** What is left of bodies where pixels are larger than they: square micrometres of one body, mean of the shapes. */
typedef struct PhantomTrace {
  double area_um2; /* over which it is darker than its ground */
  double loss_um2; /* times the part of green light lost there */
} PhantomTrace;

/** `ground`: density between the bodies. */
bool phantom_body_trace(const PhantomBody *body, double ground, uint64_t seed, PhantomTrace *trace, NodalError **error);

static inline const uint8_t *phantom_stamp(const PhantomStamps *stamps, int shape, int phase_x, int phase_y) {
  int index = (shape * stamps->phases + phase_y) * stamps->phases + phase_x;
  return stamps->pixels + (size_t)index * (size_t)stamps->width * (size_t)stamps->height;
}

#endif
