/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_LESION_H
#define NODAL_LESION_H

#include <nodal/annotation.h>
#include <nodal/mask.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a deposit of tumor cells, or the largest one of a slide, is called. Ordered. */
typedef enum NodalCategory {
  NODAL_CATEGORY_NEGATIVE, /**< no tumor cells */
  NODAL_CATEGORY_ITC,      /**< isolated tumor cells: at most 0.2 mm and at most 200 cells */
  NODAL_CATEGORY_MICRO,    /**< micro-metastasis: more than 0.2 mm or more than 200 cells, at most 2.0 mm */
  NODAL_CATEGORY_MACRO     /**< macro-metastasis: more than 2.0 mm */
} NodalCategory;

/** "negative", "itc", "micro" or "macro": the words of the CAMELYON17 tables. Static. */
NODAL_API const char *nodal_category_name(NodalCategory category);

/** The category of that name, in any letter case; false where there is none. */
NODAL_API bool nodal_category_from_name(const char *name, NodalCategory *category);

/**
 * The category of one contiguous deposit by its longest diameter, and by the number of its cells in one section where
 * they were counted (-1: not counted). Litjens et al., GigaScience 2018, table 1, after the AJCC Cancer Staging Manual,
 * 7th edition: longer than 2.0 mm macro, longer than 0.2 mm micro, else ITC; more than 200 cells make an ITC a micro.
 * Exactly 2.0 mm is micro and exactly 0.2 mm ITC, as the texts have it. Exactly 200 cells, which no text decides, stay
 * ITC. The length is rounded to 1 nm first, so that the last bits of a sum decide nothing. Never negative.
 */
NODAL_API NodalCategory nodal_lesion_category(double longest_mm, int64_t cells);

/** How lesions are measured. Start from NODAL_LESION_OPTIONS_INIT; the spacings are required. */
typedef struct NodalLesionOptions {
  double spacing_x_um, spacing_y_um; /**< of level 0 */
  /** Deposits nearer to each other than this, micrometres, are one lesion; 0: only those that touch or overlap. */
  double merge_gap_um;
  /**
   * What the groups stand for, or the names of annotations where the set has no groups: 1 is tumor, anything else
   * cuts out of tumor. What has no label is left out, with a warning. NULL: the names of both data sets (_0, _1, Tumor,
   * metastases are tumor, _2, Exclusion, None, normal are not), and any other name fails.
   */
  const NodalMaskLabel *labels;
  size_t label_count;
} NodalLesionOptions;

#define NODAL_LESION_OPTIONS_INIT                                                                                      \
  { .merge_gap_um = 0 }

/** One lesion: a deposit of tumor, or several that count as one. */
typedef struct NodalLesion {
  const char *label; /**< name of the group (of the largest deposit) it was drawn in, or value of the mask */
  double x_px, y_px, width_px, height_px; /**< box round its outlines, level-0 pixels */
  double area_mm2;                        /**< of the pixels whose center lies inside and in no hole or cut-out */
  double longest_mm;    /**< longest diameter: between the two points of its outlines that lie furthest apart */
  double major_axis_mm; /**< of the ellipse with the same second moments as those pixels (4 standard deviations) */
  int64_t cells;        /**< -1: not counted */
  NodalCategory category;
} NodalLesion;

/**
 * The lesions of one slide, the longest first. Reading from it is thread-safe, counting cells is not. What a getter
 * returns is borrowed and lives as long as the lesions.
 */
typedef struct NodalLesions NodalLesions;

/**
 * Measures the tumor areas of an annotation, of which it copies what it needs. An outer ring with its holes is one
 * deposit; shapes without an area are passed over, curves become polygons within 0.05 pixels. Distances between
 * outlines are exact, in micrometres, rounded to 1 nm. Outlines that touch are one lesion, so pixels that meet at a
 * corner are, too. Diameters are those of the convex hull of the outlines by rotating calipers; what is cut out lessens
 * area and axis alone, and a lesion that is cut out entirely is left out, with a warning. Fails with
 * NODAL_ERROR_ARGUMENT where a spacing is missing, a name is not known, or a coordinate is further than ten million
 * pixels away; such messages name no file.
 */
NODAL_API NODAL_MUST_CHECK NodalLesions *
nodal_lesions_of_annotations(const NodalAnnotationSet *set, const NodalLesionOptions *options, NodalError **error);

/**
 * Measures the regions of value `value` of a label image by their contours, which run along the edges of pixels; 0: of
 * the only value besides 0. `options` as above, its labels are not looked at. Fails with NODAL_ERROR_ARGUMENT where
 * that is not one of several values, or the image holds other values alone: what those mean is not guessed. `progress`
 * may be NULL.
 */
NODAL_API NODAL_MUST_CHECK NodalLesions *nodal_lesions_of_mask(NodalSlide *mask, int value,
                                                               const NodalContourOptions *contours,
                                                               const NodalLesionOptions *options,
                                                               const NodalProgress *progress, NodalError **error);
NODAL_API void nodal_lesions_free(NodalLesions *lesions);

NODAL_API int nodal_lesions_count(const NodalLesions *lesions);

/** Fills `lesion`; false past the last. */
NODAL_API bool nodal_lesions_get(const NodalLesions *lesions, int index, NodalLesion *lesion);

/** The slide's label: the category of its largest lesion; negative without any. */
NODAL_API NodalCategory nodal_lesions_label(const NodalLesions *lesions);

/** What was odd, one line each without a newline, by index from 0; NULL past the last. */
NODAL_API const char *nodal_lesions_warning(const NodalLesions *lesions, int index);

/** Sets the number of cells of a lesion, and its category anew. Fails where there is no such lesion. */
NODAL_API NODAL_MUST_CHECK bool nodal_lesions_set_cells(NodalLesions *lesions, int index, int64_t cells,
                                                        NodalError **error);

/**
 * Counts cells: adds to the lesion that each place (level-0 pixels) lies in, and in no hole or cut-out, its number of
 * cells (0 or more), or 1 where `cells` is NULL. All lesions have been counted then, some with none. `*outside` (may be
 * NULL): how many cells lie in no lesion.
 */
NODAL_API void nodal_lesions_add_cells(NodalLesions *lesions, const NodalPoint *places, const int64_t *cells,
                                       size_t count, int64_t *outside);

/**
 * Reads cells from a file: a table that ends in .csv with the columns `lesion` (from 1) and `cells`, or `x`, `y` and
 * perhaps `cells`; or the points and point sets of an annotation in another format. `*outside` as above.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_lesions_read_cells(NodalLesions *lesions, const char *path, int64_t *outside,
                                                         NodalError **error);

#ifdef __cplusplus
}
#endif
#endif
