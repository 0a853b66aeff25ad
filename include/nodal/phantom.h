/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_H
#define NODAL_PHANTOM_H

#include <nodal/annotation.h>
#include <nodal/error.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a laboratory stains and a scanner sees. */
typedef struct NodalPhantomLook {
  double hematoxylin[3], eosin[3], dab[3];     /**< shares of red, green, blue in the optical density of each stain */
  double hematoxylin_strength, eosin_strength; /**< times the default amount of stain */
  double glass[3];                             /**< red, green, blue of empty glass, 1 to 255 */
  double blur_um;                              /**< standard deviation of the optics' blur; 0: none */
  double roughness; /**< of chromatin and of the gaps between cells, 0 to 1; 0: smooth, as the default look */
} NodalPhantomLook;

/** How many centers have a look of their own. */
#define NODAL_PHANTOM_CENTERS 5

/** The look of synthetic center 0 to 4; NULL past the last. Static. */
NODAL_API const NodalPhantomLook *nodal_phantom_center_look(int center);

/** What a section is stained with. */
typedef enum NodalPhantomStain {
  NODAL_PHANTOM_HE, /**< hematoxylin and eosin */
  NODAL_PHANTOM_IHC /**< tumor cells brown by DAB (an antibody against cytokeratin), all nuclei pale blue */
} NodalPhantomStain;

/** What went wrong with a slide; several may be or'ed. */
typedef enum NodalPhantomFault {
  NODAL_PHANTOM_OUT_OF_FOCUS = 1,
  NODAL_PHANTOM_PEN = 2,    /**< strokes of a marker on the glass */
  NODAL_PHANTOM_FOLD = 4,   /**< a strip of tissue lies double */
  NODAL_PHANTOM_BUBBLE = 8, /**< air under the cover slip */
} NodalPhantomFault;

/** A synthetic slide. Start from NODAL_PHANTOM_OPTIONS_INIT and set what differs. */
typedef struct NodalPhantomOptions {
  int64_t width, height; /**< level-0 pixels, up to 400,000 each; required */
  double spacing_um;     /**< micrometres a pixel, 0.1 to 100 */
  uint64_t seed;
  int tumor_count; /**< nests of tumor cells, 0 to 1000 */
  /** Longest diameter of the largest nest, at least 0.01 mm and 4 pixels; the others have 0.15 to 1 times as much. */
  double tumor_size_mm;
  /** Longest diameter of each of the `tumor_count` nests, in any order, copied; NULL: by `tumor_size_mm`. */
  const double *tumor_sizes_mm;
  const NodalPhantomLook *look; /**< copied; NULL: the default look */
  NodalPhantomStain stain;
  unsigned faults; /**< of NodalPhantomFault */
  /**
   * A neighbouring section of the same node: the tissue is turned clockwise about the slide's center, -180 to 180
   * degrees, and then shifted by up to 100 mm; outlines are the same, single cells others. What leaves the slide is
   * lost. An IHC section has other single cells even where it is not moved.
   */
  double turn_degrees, shift_x_um, shift_y_um;
} NodalPhantomOptions;

#define NODAL_PHANTOM_OPTIONS_INIT                                                                                     \
  { .spacing_um = 0.243, .seed = 1, .tumor_size_mm = 1.0 }

/**
 * A synthetic hematoxylin-and-eosin lymph node that can be painted at any place: white glass, tissue outline, capsule
 * and fat, lymphocyte-dense cortex, paler germinal centers, and nests of larger, paler, irregular nuclei that stand for
 * metastases. The same options always give the same pixels, in whatever pieces they are painted. Glass is constant.
 * Above 2.5 um a pixel single nuclei are gone and their mean colour is left. It is an artificial picture for tests and
 * demonstrations and shows no patient.
 */
typedef struct NodalPhantom NodalPhantom;

/** Fails with NODAL_ERROR_ARGUMENT where an option is out of range or the nests do not fit into the tissue. */
NODAL_API NODAL_MUST_CHECK NodalPhantom *nodal_phantom_new(const NodalPhantomOptions *options, NodalError **error);
NODAL_API void nodal_phantom_free(NodalPhantom *phantom);

/**
 * Paints `width` x `height` pixels from level-0 pixel `x`, `y` as RGB8, rows of `stride` bytes. What lies outside the
 * slide is glass. Thread-safe.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_phantom_paint(const NodalPhantom *phantom, int64_t x, int64_t y, int64_t width,
                                                    int64_t height, uint8_t *rgb, size_t stride, NodalError **error);

/**
 * A nest of tumor cells as it was planned: an irregular outline round a center, level-0 pixels (the center of the
 * slide's first pixel is 0.5, 0.5).
 */
typedef struct NodalPhantomNest {
  double center_x_px, center_y_px;
  double longest_mm; /**< longest diameter of the outline */
} NodalPhantomNest;

/** Fills `nest`; false past the last. Nests come in order of falling size. */
NODAL_API bool nodal_phantom_nest(const NodalPhantom *phantom, int index, NodalPhantomNest *nest);

/** How many corners the outline of a nest has. */
#define NODAL_PHANTOM_OUTLINE_POINTS 256

/**
 * Fills in the outline of a nest as a closed polygon, level-0 pixels; false past the last. The longest distance between
 * two of its corners is the stated longest diameter, and nodal_phantom_truth() changes within a thousandth of the
 * nest's size from its edges.
 */
NODAL_API bool nodal_phantom_outline(const NodalPhantom *phantom, int index,
                                     NodalPoint points[NODAL_PHANTOM_OUTLINE_POINTS]);

/** A fault as it was planned: the closed polygon in which it changes pixels, level-0 pixels as nests. */
typedef struct NodalPhantomFaultArea {
  NodalPhantomFault fault;
  NodalPoint points[NODAL_PHANTOM_OUTLINE_POINTS];
} NodalPhantomFaultArea;

/**
 * Fills `area`; false past the last. A fault may have several: strokes of the pen, bubbles. Pixels change within a
 * thousandth of the area's size from its edges, and nowhere outside.
 */
NODAL_API bool nodal_phantom_fault(const NodalPhantom *phantom, int index, NodalPhantomFaultArea *area);

/** A nucleus, level-0 pixels as nests. */
typedef struct NodalPhantomNucleus {
  double x_px, y_px;
  const char *kind; /**< "lymphocyte", "centroblast", "histiocyte", "spindle" or "tumor". Static. */
} NodalPhantomNucleus;

/**
 * The nuclei in focus whose center lies in a region of at most 100 million pixels and on the slide, from top to bottom:
 * an array of `count`, freed with nodal_free(); NULL with 0 where there are none, as above the spacing where single
 * nuclei are gone. They are exactly those that nodal_phantom_paint() lays, before any fault. Thread-safe.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_phantom_nuclei(const NodalPhantom *phantom, int64_t x, int64_t y, int64_t width,
                                                     int64_t height, NodalPhantomNucleus **nuclei, size_t *count,
                                                     NodalError **error);

/** Whether the center of the level-0 pixel lies in a nest: 0, or the index of the nest plus 1. Thread-safe. */
NODAL_API int nodal_phantom_truth(const NodalPhantom *phantom, int64_t x, int64_t y);

#ifdef __cplusplus
}
#endif
#endif
