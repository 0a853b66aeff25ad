/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_PAINT_H
#define NODAL_PHANTOM_PAINT_H

#include "phantom/stain.h"
#include "phantom/texture.h"
#include "phantom/tissue.h"

/** Everything that painting reads; nothing in it changes after phantom_painter_init(). */
typedef struct PhantomPainter {
  PhantomTissue tissue;
  int step, shift; /* pixels between the nodes of the field grid: 1 << shift */
  int chunk;       /* side of the squares that are painted at a time, a multiple of step */
  int margin;      /* columns beside a chunk that stamps may run into: the widest stamp */
  int reach;       /* grid nodes needed round a chunk */
  bool ihc;
  uint64_t seeds[PHANTOM_KINDS], fat_seed;
  PhantomStamps stamps[PHANTOM_KINDS]; /* none where pixels are too coarse */
  PhantomStamps lone;                  /* nuclei of nests that one cell fills, likewise */
  PhantomTexture grain, fiber, second_fiber;
  bool rough; /* with chromatin and clefts */
  PhantomTexture chromatin, clefts;
  int8_t lamellae[PHANTOM_LAMELLA_LENGTH];
  int rim;            /* depth to which fibres run along the outside, 1/16 pixel */
  int lamella_factor; /* 1/16 pixel of depth -> 1/256 place of the lamellae */
  float bends[PHANTOM_BEND_LENGTH];
  uint32_t colors[PHANTOM_COLORS];
} PhantomPainter;

/** `painter` is zeroed before. The plan must outlive it. */
bool phantom_painter_init(PhantomPainter *painter, const PhantomPlan *plan, const NodalPhantomOptions *options,
                          NodalError **error);
void phantom_painter_clear(PhantomPainter *painter);

/** Working memory of one painting thread. */
typedef struct PhantomCanvas {
  PhantomGrid grid;
  uint8_t *hematoxylin, *eosin; /* planes of `height` rows of `pitch`, a margin left and right */
  int pitch;
  uint8_t *fat; /* chunk x chunk densities of eosin outside the capsule */
  /* The chunk at work: level-0 pixel of its corner, a multiple of the step; its size, likewise. */
  int64_t x, y;
  int width, height;
  /* Rows: three fields at the grid's columns, the same at the pixels, depth, fibres. */
  uint16_t *nodes;
  uint16_t *ground[3];
  int32_t *depth;
  int8_t *strands;
  struct PhantomFatSite *sites;
  void *memory;
} PhantomCanvas;

bool phantom_canvas_init(PhantomCanvas *canvas, const PhantomPainter *painter, NodalError **error);
void phantom_canvas_clear(PhantomCanvas *canvas);

/** Paints one chunk or part of one: x / chunk and (x + width - 1) / chunk are equal, and so for y. Never negative. */
void phantom_paint_chunk(const PhantomPainter *painter, PhantomCanvas *canvas, int64_t x, int64_t y, int width,
                         int height, uint8_t *rgb, size_t stride);

/** Sets the chunk at work and the place of its grid, as phantom_paint_chunk() does before the grid is filled. */
void phantom_place_canvas(const PhantomPainter *painter, PhantomCanvas *canvas, int64_t x, int64_t y, int width,
                          int height);

/** strew.c: lays the bodies of all kinds over the planes of the chunk. */
void phantom_strew(const PhantomPainter *painter, PhantomCanvas *canvas);

/** A nucleus as it is laid: the pixel that holds its center, and which part of the pixel. */
typedef struct PhantomBodyPlace {
  int64_t x, y;
  int phase_x, phase_y;
  int shape; /* of its stamps */
} PhantomBodyPlace;

/** Called for each nucleus; ends the search by returning false. */
typedef bool (*PhantomNucleusVisit)(void *user, PhantomKind kind, double x_px, double y_px);

/**
 * Finds the nuclei of the chunk, whose grid is filled, that have their center in its pixels `x` to `x` + `width` and so
 * on: the same that phantom_strew() lays. False where `visit` said so.
 */
bool phantom_visit_nuclei(const PhantomPainter *painter, const PhantomCanvas *canvas, const NodalRect *region,
                          PhantomNucleusVisit visit, void *user);

/** One fat cell: a place in pixels from the chunk's corner, and whether there is fat. */
typedef struct PhantomFatSite {
  int32_t x, y;
  int32_t absent;
} PhantomFatSite;

/** fat.c: how many sites a chunk may have to look at. */
size_t phantom_fat_most_sites(const PhantomPainter *painter);

/** Fills canvas->fat of the chunk; false where there is no fat at all and nothing was written. */
bool phantom_fat_fill(const PhantomPainter *painter, PhantomCanvas *canvas);

#endif
