/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_MASK_H
#define NODAL_MASK_H

#include <nodal/annotation.h>
#include <nodal/slide.h>

#ifdef __cplusplus
extern "C" {
#endif

/** When a pixel belongs to an outline. */
typedef enum NodalMaskRule {
  /**
   * Its center is inside by the non-zero rule; holes are holes, splines and ellipses are curves, followed within 1/16
   * pixel. Exact on coordinates rounded to 2^-16 level-0 pixels. A center on an edge belongs to what lies right of the
   * edge, of a horizontal one to what lies below: of areas that share an edge exactly one has it.
   */
  NODAL_MASK_CENTER,
  /**
   * As ASAP 1.9 to 2.2 decides: its top-left corner is strictly inside the box of the points, and inside the outline by
   * the non-zero rule with a float cross product cut to int. Points, lines and the control points of splines are filled
   * as polygons.
   */
  NODAL_MASK_ASAP
} NodalMaskRule;

/** The value that stands for a group, or for an annotation of that name where the set has no groups. */
typedef struct NodalMaskLabel {
  const char *name;
  int value; /**< 0 to 255; 0 cuts out of what was drawn before it */
} NodalMaskLabel;

/** How a mask is drawn. Start from NODAL_MASK_OPTIONS_INIT; width and height are required. */
typedef struct NodalMaskOptions {
  int64_t width, height;             /**< of level 0 of the slide, pixels */
  double spacing_x_um, spacing_y_um; /**< of level 0; 0: unknown */
  double downsample;                 /**< level-0 pixels a pixel of the mask, at least 1 */
  NodalMaskRule rule;
  const NodalMaskLabel *labels; /**< NULL: all is 1 */
  size_t label_count;
  const char *const *order; /**< names in the order they are drawn, those not named are left out; NULL: all of them, in
                               the order of the set, and a larger value is never overwritten by a smaller */
  size_t order_count;
} NodalMaskOptions;

#define NODAL_MASK_OPTIONS_INIT                                                                                        \
  { .downsample = 1, .rule = NODAL_MASK_CENTER }

/**
 * The two published ways to label: "camelyon16" (_0, _1, Tumor 1; _2, Exclusion, None 0; drawn in this order) and
 * "camelyon17" (metastases, Tumor 1; normal 2). Sets labels and order; false if there is no such preset. Static.
 */
NODAL_API bool nodal_mask_preset(const char *name, NodalMaskOptions *options);

/**
 * A set of annotations ready to be drawn anywhere: edges sorted, curves flattened. Copies what it needs from the set.
 * All calls but nodal_mask_free() are thread-safe.
 */
typedef struct NodalMask NodalMask;

/**
 * Fails with NODAL_ERROR_ARGUMENT where an option is out of range, a name of the order has no label, labels are given
 * and no annotation has one, or a point is more than 2^31 pixels away.
 */
NODAL_API NODAL_MUST_CHECK NodalMask *nodal_mask_new(const NodalAnnotationSet *set, const NodalMaskOptions *options,
                                                     NodalError **error);
NODAL_API void nodal_mask_free(NodalMask *mask);

/** Size of the mask in its own pixels: width and height over the downsample, rounded up. */
NODAL_API void nodal_mask_size(const NodalMask *mask, int64_t *width, int64_t *height);

/** What was odd, one line each, by index from 0 (a polygon of two points, a group without a label); NULL past the last.
 */
NODAL_API const char *nodal_mask_warning(const NodalMask *mask, int index);

/** Draws a region (pixels of the mask) as uint8, rows of `stride` bytes. What lies outside the mask is 0. */
NODAL_API NODAL_MUST_CHECK bool nodal_mask_draw(const NodalMask *mask, NodalRect region, uint8_t *pixels, size_t stride,
                                                NodalError **error);

/** How a mask is written. Start from NODAL_MASK_WRITE_INIT. */
typedef struct NodalMaskWrite {
  int tile_size;
  NodalCodec codec; /**< LZW, DEFLATE, ZSTD or NONE */
  int threads;      /**< 0: one a core */
  bool force;       /**< replace an existing output */
} NodalMaskWrite;

#define NODAL_MASK_WRITE_INIT                                                                                          \
  { .tile_size = 512, .codec = NODAL_CODEC_LZW }

/**
 * Writes the mask as a tiled BigTIFF label pyramid. Only tiles that an edge crosses are drawn; constant ones are stored
 * once. The file is the same, byte for byte, for any number of threads. `options` and `progress` may be NULL.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_mask_write(const NodalMask *mask, const char *path, const NodalMaskWrite *options,
                                                 const NodalProgress *progress, NodalError **error);

/** How contours are traced. Start from NODAL_CONTOUR_OPTIONS_INIT. */
typedef struct NodalContourOptions {
  int level;              /**< of the mask */
  double simplify_um;     /**< Douglas-Peucker: how far a contour may be off, micrometres; 0: every corner is kept */
  const uint32_t *values; /**< those whose regions are wanted; NULL: all but 0 */
  size_t value_count;
  bool join_holes; /**< for formats without holes: the outline runs into each hole and back along the same line */
  int threads;     /**< 0: one a core */
} NodalContourOptions;

#define NODAL_CONTOUR_OPTIONS_INIT                                                                                     \
  { .level = 0 }

/**
 * The outlines of a label image as polygons with holes, in level-0 pixels: one annotation a 4-connected region, in the
 * order of their first pixels, one group a value ("1", "2", ...). Without simplification, drawing them by
 * NODAL_MASK_CENTER gives the image again, also with join_holes. Simplified, the rings of a region do not cross, but
 * neighbouring regions may overlap or part by simplify_um. The image is read by rows of tiles; memory is what is open
 * there, and the result. `progress` may be NULL. Fails with NODAL_ERROR_ARGUMENT where the image is not of one integer
 * channel, or simplify_um is given and it has no spacing.
 */
NODAL_API NODAL_MUST_CHECK NodalAnnotationSet *nodal_mask_contours(NodalSlide *mask, const NodalContourOptions *options,
                                                                   const NodalProgress *progress, NodalError **error);

#ifdef __cplusplus
}
#endif
#endif
