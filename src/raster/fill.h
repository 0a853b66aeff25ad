/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_RASTER_FILL_H
#define NODAL_RASTER_FILL_H

#include "base/error.h"
#include <nodal/annotation.h>
#include <nodal/types.h>

/*
 * Filling of rings. A mask is a grid of samples, one a pixel; a ring is a list of edges that knows, row by row, between
 * which samples it passes. Every decision is made on integers (NODAL_FILL_CENTER) or by the very float operations of
 * another program (NODAL_FILL_CORNER), so a pixel does not depend on the region it is drawn in.
 */

enum {
  NODAL_FILL_SIDE = 512,        /**< largest region that is painted at once, pixels each way */
  NODAL_FILL_MAX_ROWS = 4096,   /**< largest region that is looked at at once, rows */
  NODAL_FILL_FRACTION_BITS = 16 /**< coordinates are rounded to 2^-16 level-0 pixels */
};

/** Coordinates lie within +-NODAL_FILL_LIMIT level-0 pixels, masks within it, too. */
#define NODAL_FILL_LIMIT 2147483647.0

typedef enum NodalFillRule {
  /**
   * The sample of pixel (i, j) is its center, (i + 1/2, j + 1/2) * downsample, rounded to the grid of coordinates. It
   * is inside where the winding number is not 0. A sample on an edge belongs to what lies right of the edge, or, where
   * the edge is horizontal, below it: of two areas that share an edge exactly one has it.
   */
  NODAL_FILL_CENTER,
  /**
   * ASAP's AnnotationToMask: coordinates are floats, the sample is the corner (i, j) * downsample (whole pixels), and
   * it has to lie strictly inside the box of the points. The winding number counts an edge where the float cross
   * product, converted to int as x86-64 does it (what does not fit becomes INT_MIN), is above or below 0.
   */
  NODAL_FILL_CORNER
} NodalFillRule;

/** The samples of a mask: `width` x `height` of them. */
typedef struct NodalFillGrid {
  NodalFillRule rule;
  int32_t width, height;
  double downsample;
  int shift; /**< downsample is 2^shift; -1: no power of two */
} NodalFillGrid;

NodalFillGrid nodal_fill_grid(NodalFillRule rule, int32_t width, int32_t height, double downsample);

/** Which items touch a band of rows: memory in proportion to the items, whatever their height. */
typedef struct NodalBands {
  int32_t first;    /**< band */
  uint32_t count;   /**< bands */
  uint32_t *starts; /**< count + 1 */
  uint32_t *items;  /**< items of each band, ascending */
  uint32_t *tall;   /**< items that are looked at for every band, ascending */
  uint32_t tall_count;
} NodalBands;

/** The rows [*row0, *row1) of an item; an empty range leaves it out. */
typedef void (*NodalBandsRows)(const void *user, uint32_t item, int32_t *row0, int32_t *row1);

bool nodal_bands_make(NodalBands *bands, uint32_t count, NodalBandsRows rows, const void *user, NodalError **error);
void nodal_bands_clear(NodalBands *bands);

/** A walk over the items that may touch some rows. */
typedef struct NodalBandsWalk {
  const NodalBands *bands;
  int32_t first, last, band; /* bands; -1 before the first: tall items */
  uint32_t next, end;
} NodalBandsWalk;

NodalBandsWalk nodal_bands_walk(const NodalBands *bands, int32_t row0, int32_t row1);

/** The next item, or false. One that spans several bands of the walk comes in each: see nodal_bands_repeats(). */
bool nodal_bands_next(NodalBandsWalk *walk, uint32_t *item);

/** Whether the item that was just returned, whose first row is `row0`, has been returned before. */
bool nodal_bands_repeats(const NodalBandsWalk *walk, int32_t row0);

/** One edge. On the rows [row0, row1) it changes the winding number by `winding` on one side of where it passes. */
typedef struct NodalFillEdge {
  int32_t row0, row1;
  int32_t column0, column1; /**< on each of its rows it passes before a column of [column0, column1] */
  int32_t winding;
  bool wide; /**< corner: products may leave the range of int */
  union {
    struct {
      int64_t x, y, dx, dy; /* of the upper end, units of the grid; dy > 0 */
    } fixed;
    struct {
      float x0, y0, x1, y1; /* in the direction of the ring */
    } real;
  };
} NodalFillEdge;

/** A closed ring, ready to be filled anywhere. */
typedef struct NodalFill {
  NodalRect box; /**< pixels outside it are not inside the ring */
  NodalFillEdge *edges;
  uint32_t count;
  NodalBands bands;
} NodalFill;

/** Points beyond NODAL_FILL_LIMIT are NODAL_ERROR_ARGUMENT. */
bool nodal_fill_make(NodalFill *fill, const NodalFillGrid *grid, const NodalPoint *points, size_t count,
                     NodalError **error);
void nodal_fill_clear(NodalFill *fill);

/** Memory for one thread. */
typedef struct NodalFillScratch {
  int32_t *base;    /* winding number at the left end of each row; one more than NODAL_FILL_MAX_ROWS */
  int32_t *change;  /* of the winding number before each pixel, all 0 between calls */
  uint64_t *marked; /* one bit a pixel: there is a change */
} NodalFillScratch;

bool nodal_fill_scratch_make(NodalFillScratch *scratch, NodalError **error);
void nodal_fill_scratch_clear(NodalFillScratch *scratch);

typedef enum NodalCover { NODAL_COVER_NONE, NODAL_COVER_PART, NODAL_COVER_ALL } NodalCover;

/** How much of a region (at most NODAL_FILL_MAX_ROWS high) a ring covers. PART may turn out to be none or all. */
NodalCover nodal_fill_cover(const NodalFill *fill, const NodalFillGrid *grid, NodalRect region,
                            NodalFillScratch *scratch);

/**
 * Writes the pixels of `region` (at most NODAL_FILL_SIDE each way) that lie inside the ring: `value`, or, where `under`
 * is not NULL, the pixel of `under`, whose rows are NODAL_FILL_SIDE bytes.
 */
void nodal_fill_paint(const NodalFill *fill, const NodalFillGrid *grid, NodalRect region, NodalFillScratch *scratch,
                      uint8_t value, const uint8_t *under, uint8_t *pixels, size_t stride);

/* --- the two rules; for fill.c --- */

/** Fills in an edge from `from` to `to`; false where it crosses no row of samples. */
bool nodal_fill_center_edge(NodalFillEdge *edge, const NodalFillGrid *grid, NodalPoint from, NodalPoint to);
bool nodal_fill_corner_edge(NodalFillEdge *edge, const NodalFillGrid *grid, NodalPoint from, NodalPoint to, double left,
                            double right);

/** The first column whose sample does not lie left of the edge on that row. */
int32_t nodal_fill_center_column(const NodalFillEdge *edge, const NodalFillGrid *grid, int32_t row);

/** Columns [start, end) that the edge counts for on a row, at most two runs within [0, width]. */
typedef struct NodalFillRun {
  int32_t start, end;
} NodalFillRun;
int nodal_fill_corner_runs(const NodalFillEdge *edge, const NodalFillGrid *grid, int32_t row, NodalFillRun runs[2]);

/** Turns the ring the way ASAP does, and finds the pixels strictly inside the box of its points. */
bool nodal_fill_corner_reversed(const NodalPoint *points, size_t count);
NodalRect nodal_fill_corner_box(const NodalFillGrid *grid, const NodalPoint *points, size_t count, double *left,
                                double *right);

#endif
