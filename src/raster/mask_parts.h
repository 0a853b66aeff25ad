/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_RASTER_MASK_PARTS_H
#define NODAL_RASTER_MASK_PARTS_H

#include "raster/fill.h"
#include <nodal/mask.h>

/** What the parts of the mask share. Curves are followed within this many level-0 pixels. */
#define NODAL_MASK_TOLERANCE 0.0625

/** An outer ring and the holes in it: rings[first] and the `holes` after it. */
typedef struct NodalMaskLayer {
  uint8_t value;
  uint32_t first, holes;
  NodalRect box;
} NodalMaskLayer;

struct NodalMask {
  NodalMaskOptions options; /* labels and order are not kept */
  NodalFillGrid grid;
  NodalFill *rings;
  size_t ring_count, ring_capacity;
  NodalMaskLayer *layers; /* in the order they are painted, each over the ones before it */
  size_t layer_count, layer_capacity;
  NodalBands bands; /* of the layers */
  char **warnings;
  size_t warning_count, warning_capacity;
};

/** An annotation that is drawn, and as what. */
typedef struct NodalMaskChoice {
  int annotation;
  uint8_t value;
} NodalMaskChoice;

/**
 * The annotations that are drawn, in the order they are painted over each other. What is left out is told as a warning
 * of the mask. `*choices` is freed by the caller.
 */
bool nodal_mask_choose(NodalMask *mask, const NodalAnnotationSet *set, const NodalMaskOptions *options,
                       NodalMaskChoice **choices, size_t *count, NodalError **error);

/** Adds a warning. */
bool nodal_mask_warn(NodalMask *mask, NodalError **error, const char *format, ...) NODAL_PRINTF(3, 4);

/** Memory of one thread that draws. */
typedef struct NodalMaskScratch {
  NodalFillScratch fill;
  uint32_t *layers; /* that may touch the region */
  size_t count, capacity;
  uint8_t *under; /* NODAL_FILL_SIDE x NODAL_FILL_SIDE: what a hole shows */
} NodalMaskScratch;

bool nodal_mask_scratch_make(NodalMaskScratch *scratch, NodalError **error);
void nodal_mask_scratch_clear(NodalMaskScratch *scratch);

/** Whether no edge crosses a region (at most NODAL_FILL_MAX_ROWS high): then all of it is `*value`. */
bool nodal_mask_constant(const NodalMask *mask, NodalRect region, NodalMaskScratch *scratch, bool *constant,
                         uint8_t *value, NodalError **error);

/** nodal_mask_draw() with memory that is there already. */
bool nodal_mask_draw_with(const NodalMask *mask, NodalRect region, NodalMaskScratch *scratch, uint8_t *pixels,
                          size_t stride, NodalError **error);

#endif
