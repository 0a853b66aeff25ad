/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_RASTER_H
#define NODAL_RASTER_H

#include <nodal/slide.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Kernels on images of one channel, each in two forms: on an array in memory, and on one level of a slide of any size.
 * The slide form reads tile by tile, writes a tiled BigTIFF pyramid with the spacing of the level it read (level 0 of
 * the output is that level) and keeps in memory the tiles in flight and the tables that are named with each function.
 * Results are the same, byte for byte, for any number of threads, and the same in both forms.
 */

/** An image in memory: `height` rows of `stride` bytes, `width` samples each. */
typedef struct NodalRaster {
  const void *pixels;
  NodalDtype dtype;
  int64_t width, height; /**< at least 1; each at most 2^24, their product at most 2^40 */
  size_t stride;
} NodalRaster;

/** One level and channel of a slide as input, and where the result goes. Start from NODAL_RASTER_JOB_INIT. */
typedef struct NodalRasterJob {
  NodalSlide *slide;
  int level;
  int channel;                   /**< from 0; -1: the only one there is */
  const char *output;            /**< the file to write; not used by functions that only measure */
  int tile_size;                 /**< of the output: 16 to 4096, a multiple of 16 */
  NodalCodec codec;              /**< LZW, DEFLATE, ZSTD or NONE */
  int threads;                   /**< 0: one a core */
  bool force;                    /**< replace an existing output */
  const NodalProgress *progress; /**< NULL: none; counts pixels, of each pass over the image */
} NodalRasterJob;

#define NODAL_RASTER_JOB_INIT                                                                                          \
  { .channel = -1, .tile_size = 512, .codec = NODAL_CODEC_LZW }

/**
 * 1 where low <= value < high, else 0 (also where the value is not a number), written as uint8. -INFINITY and INFINITY
 * are no limits. `*count` (may be NULL): how many are 1.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_raster_write_threshold(const NodalRasterJob *job, double low, double high,
                                                             uint64_t *count, NodalError **error);

/**
 * The threshold that parts the values of an image into two classes with the largest variance between them (Otsu, IEEE
 * Transactions on Systems, Man, and Cybernetics 9, 1979): values of the upper class are `*threshold` or more. It is the
 * value after the last of the lower class, and the smallest where several are as good. uint8 and uint16 images; fails
 * with NODAL_ERROR_ARGUMENT where all pixels have one value. Reads the level once and keeps its histogram.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_raster_find_otsu(const NodalRasterJob *job, double *threshold,
                                                       NodalError **error);

/** Which pixels a connected component is made of. Start from NODAL_COMPONENT_OPTIONS_INIT. */
typedef struct NodalComponentOptions {
  int connectivity; /**< 4: pixels that share an edge; 8: or a corner */
  bool by_value;    /**< pixels of one value only; integer images. Otherwise all pixels that are not 0 */
} NodalComponentOptions;

#define NODAL_COMPONENT_OPTIONS_INIT                                                                                   \
  { .connectivity = 8 }

/**
 * Connected components: each pixel of value 0 becomes 0, every other the number of its component, 1 to `*count` in the
 * order of their first pixels, row by row. `labels`: width * height numbers without gaps.
 *
 * Runs of pixels are joined by union-find in strips, on `threads` threads (0: one a core), and the strips at their
 * seams. Takes 12 bytes a run besides. More than 2^32 - 2 components are NODAL_ERROR_MEMORY.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_raster_label(const NodalRaster *raster, const NodalComponentOptions *options,
                                                   int threads, uint32_t *labels, uint32_t *count, NodalError **error);

/**
 * The same for a slide, written as uint32. Two passes: tiles are labelled alone and joined at their seams; then they
 * are labelled again, which gives the same, and renumbered. Keeps 16 bytes a component of a tile, 16 a component of the
 * image, 8 a column and 5 a tile. `count` may be NULL.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_raster_write_components(const NodalRasterJob *job,
                                                              const NodalComponentOptions *options, uint32_t *count,
                                                              NodalError **error);

/**
 * Fills holes: 1 where the image is not 0 and in each hole, else 0. A hole is a component of pixels of value 0 that
 * does not touch the edge of the image; 4-connected where the foreground is 8-connected (`connectivity` 8), and the
 * other way round. `filled`: width * height bytes without gaps. `*holes` (may be NULL): how many there were.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_raster_fill(const NodalRaster *raster, int connectivity, int threads,
                                                  uint8_t *filled, uint32_t *holes, NodalError **error);

/** The same for a slide, written as uint8. Passes and memory as nodal_raster_write_components(), for the background. */
NODAL_API NODAL_MUST_CHECK bool nodal_raster_write_filled(const NodalRasterJob *job, int connectivity, uint32_t *holes,
                                                          NodalError **error);

/** Where a distance leads to. */
typedef enum NodalDistanceTo {
  NODAL_DISTANCE_TO_ZERO,   /**< how deep inside: 0 at pixels of value 0 */
  NODAL_DISTANCE_TO_NONZERO /**< how far outside: 0 at pixels that are not 0 */
} NodalDistanceTo;

/**
 * Exact Euclidean distance from the center of each pixel to that of the nearest pixel that is 0, or that is not; what
 * lies outside the image is neither. `spacing_x`, `spacing_y`: size of a pixel, in the unit that the distances are to
 * have (1, 1: pixels). `distance`: width * height numbers without gaps, INFINITY where no such pixel exists. With equal
 * spacings each is (float)(spacing * sqrt(n)) of the exact integer n.
 *
 * Distances along the columns in two sweeps, then the lower envelope of parabolas along the rows (Felzenszwalb and
 * Huttenlocher, Theory of Computing 8, 2012), each row cut where the distance is 0.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_raster_distance(const NodalRaster *raster, NodalDistanceTo to, double spacing_x,
                                                      double spacing_y, int threads, float *distance,
                                                      NodalError **error);

/** In what a distance is told. */
typedef enum NodalDistanceUnit {
  NODAL_DISTANCE_UM,    /**< micrometres, each axis by its own spacing; the slide must have one */
  NODAL_DISTANCE_PIXELS /**< pixels of the level that is read */
} NodalDistanceUnit;

/**
 * The same for a slide, written as float32. Two passes: the first notes for each column and row of tiles how far down
 * the first such pixel lies, the second goes through the image from the top in bands one tile high and knows thereby
 * what comes below. Keeps one band and as much for the smaller levels of it (8 bytes a pixel in all), 2 bytes a column
 * and row of tiles, and 8 bytes a column: of 100,000 x 200,000 pixels in tiles of 512 some 490 MB. Fails
 * with NODAL_ERROR_ARGUMENT where no such pixel exists.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_raster_write_distance(const NodalRasterJob *job, NodalDistanceTo to,
                                                            NodalDistanceUnit unit, NodalError **error);

/** What is done to a mask with a disk. */
typedef enum NodalMorphology {
  NODAL_MORPHOLOGY_DILATE, /**< 1 where a pixel that is not 0 lies within the radius */
  NODAL_MORPHOLOGY_ERODE,  /**< 1 where no pixel of value 0 does */
  NODAL_MORPHOLOGY_OPEN,   /**< eroded, then dilated */
  NODAL_MORPHOLOGY_CLOSE   /**< dilated, then eroded */
} NodalMorphology;

/** Largest radius of a disk, in pixels. */
#define NODAL_MORPHOLOGY_MAX_RADIUS 1024

/**
 * Morphology with an exact disk: pixels whose centers are at most `radius` apart (a billionth more counts as equal), by
 * the distance transform, so that the time does not depend on the radius. What lies outside the image does not count:
 * it neither grows inwards nor eats at the edge. The result is 0 or 1. `radius`, `spacing_x` and `spacing_y` are of one
 * unit. `result`: width * height bytes without gaps. Keeps 5 bytes a pixel of a block of 2048 x 2048 and its
 * surroundings (the radius, twice that for open and close) for each thread.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_raster_morphology(const NodalRaster *raster, NodalMorphology morphology,
                                                        double radius, double spacing_x, double spacing_y, int threads,
                                                        uint8_t *result, NodalError **error);

/** The same for a slide, written as uint8. One pass, surroundings are read again. */
NODAL_API NODAL_MUST_CHECK bool nodal_raster_write_morphology(const NodalRasterJob *job, NodalMorphology morphology,
                                                              double radius, NodalDistanceUnit unit,
                                                              NodalError **error);

/** Labels `first` to `last`, both included. */
typedef struct NodalLabelRange {
  uint32_t first, last;
} NodalLabelRange;

/** Labels that become another one. */
typedef struct NodalLabelRule {
  NodalLabelRange from;
  uint32_t to;
} NodalLabelRule;

/** What becomes of labels, in this order. Zero it first. */
typedef struct NodalRelabelOptions {
  const NodalLabelRange *keep; /**< all others become 0; NULL: all are kept */
  size_t keep_count;
  const NodalLabelRange *remove; /**< these become 0 */
  size_t remove_count;
  const NodalLabelRule *rules; /**< for those that are left, and for 0; the first that fits */
  size_t rule_count;
  double min_area_um2; /**< what covers less in all becomes 0; 0: nothing. The slide must have a spacing */
  bool sequential;     /**< what is left becomes 1, 2, 3, ... in ascending order */
} NodalRelabelOptions;

/**
 * Rewrites the labels of an integer image, in its own type, or in uint32 where a rule's label does not fit. Reads the
 * image twice where areas or the sequence are asked for. Keeps some 20 bytes a label for each thread. `*labels` (may be
 * NULL): how many different ones but 0 are left; counted only where the image is read twice, else 0.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_raster_write_relabeled(const NodalRasterJob *job,
                                                             const NodalRelabelOptions *options, uint32_t *labels,
                                                             NodalError **error);

/**
 * What is known of the pixels of one label, or of one connected region. Lengths in level-0 pixels, whatever level was
 * read: numbers of that level times its downsample. Pixel (i, j) covers i to i + 1 and j to j + 1.
 *
 * In micrometres each axis counts by its own spacing; NaN where the image has none.
 */
typedef struct NodalRegion {
  uint32_t label;                         /**< the value; of regions: 1, 2, ... in the order of their first pixels */
  uint32_t value;                         /**< of its first pixel, row by row; 0 in float32 images */
  double area_px, area_mm2;               /**< number of pixels times the size of one */
  double centroid_x_px, centroid_y_px;    /**< mean of the pixels' centers, which lie at i + 0.5, j + 0.5 */
  double x_px, y_px, width_px, height_px; /**< smallest box round the pixels */
  double longest_px, longest_um;          /**< greatest distance between two corners of its pixels (Feret diameter) */
  double major_axis_px, major_axis_um;    /**< 4 sqrt(l), l the larger eigenvalue of the covariance of the centers: the
                                             axis of the ellipse of the same second moments, as scikit-image's
                                             axis_major_length. Matlab's MajorAxisLength adds 1/12 px^2 to the variances */
  double minor_axis_px, minor_axis_um;    /**< of the smaller eigenvalue */
} NodalRegion;

/** What is measured. Start from NODAL_STATISTICS_OPTIONS_INIT. */
typedef struct NodalStatisticsOptions {
  bool regions;                     /**< connected regions by `components`; otherwise all pixels of one value */
  NodalComponentOptions components; /**< with regions */
} NodalStatisticsOptions;

#define NODAL_STATISTICS_OPTIONS_INIT                                                                                  \
  { .regions = false, .components = NODAL_COMPONENT_OPTIONS_INIT }

/**
 * Measures each label (integer images; 0 is none), in ascending order, or each connected region, in one pass over the
 * runs of pixels. Sums are exact integers. The spacing, micrometres a pixel, may be 0: unknown. `*regions`, NULL where
 * there are none, is freed with nodal_free().
 */
NODAL_API NODAL_MUST_CHECK bool nodal_raster_statistics(const NodalRaster *raster,
                                                        const NodalStatisticsOptions *options, double spacing_x_um,
                                                        double spacing_y_um, int threads, NodalRegion **regions,
                                                        size_t *count, NodalError **error);

/**
 * The same for a slide. Keeps some 200 bytes a label, or a component of a tile where regions are measured, 8 bytes a
 * corner of its convex hull, and 8 bytes a column.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_raster_measure(const NodalRasterJob *job, const NodalStatisticsOptions *options,
                                                     NodalRegion **regions, size_t *count, NodalError **error);

#ifdef __cplusplus
}
#endif
#endif
