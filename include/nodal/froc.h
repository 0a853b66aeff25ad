/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_FROC_H
#define NODAL_FROC_H

#include <nodal/evaluation.h>
#include <nodal/mask.h>
#include <nodal/raster.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Free-response ROC of detections against lesions, by the two scripts that the CAMELYON16 organisers published and that
 * do not agree: Evaluation_FROC.py of 2016 (github.com/computationalpathologygroup/Camelyon16; its score as NCRF, Li
 * and Ping 2018, takes it from the curve), and evaluate.py, which is distributed with the data set.
 *
 * Both take the tumor of a mask at level 5, grow it by half of 75 um, fill its holes and number what is 8-connected;
 * each number is a lesion. Lesions whose ellipse of the same second moments is shorter than 275 um are isolated tumor
 * cells (ITC), in which detections count neither for nor against. A lesion has the largest probability of the
 * detections in it; detections in no lesion are false positives. The score is the mean of the sensitivities at 1/4,
 * 1/2, 1, 2, 4 and 8 false positives a slide.
 */

/** Where the two scripts differ. */
typedef struct NodalFrocRules {
  const char *name;            /**< "2016" or "dataset" */
  uint32_t tumor_value;        /**< of the mask: 255; 2 */
  double spacing_um;           /**< of level 0, micrometres a pixel: 0.243 for every slide; 0: as the mask states */
  bool width_ratio;            /**< level 5 is so many times smaller as the widths say, padded or not; else 32 times */
  bool rounds;                 /**< a detection's pixel is rounded to nearest, halves to even; else down */
  bool single_precision;       /**< probabilities of lesions are kept as float, those of false positives as double */
  bool drops_lowest;           /**< the lowest probability is no threshold; else 0 is none */
  bool interpolates;           /**< between points of the curve; else the first with at least so many false positives */
  bool drops_missing;          /**< a slide without a file of detections does not count; else it is an error */
  const char *reference_names; /**< a reference counts images alone whose name begins so; NULL: all of them */
} NodalFrocRules;

/** The rules of that name, or NULL. Static. */
NODAL_API const NodalFrocRules *nodal_froc_rules(const char *name);

/** What the rules see of one slide with tumor: its lesions, and which pixel belongs to which. Thread-safe to read. */
typedef struct NodalFrocTruth NodalFrocTruth;

/**
 * Finds the lesions of level 5 of a mask: an integer image. `downsample`: level-0 pixels a pixel, for the places of
 * detections; `spacing_um`: micrometres a level-0 pixel, looked at by rules that have no spacing of their own. Fails
 * with NODAL_ERROR_ARGUMENT where pixels are neither 0 nor tumor and none is tumor: 255 and 2 are tumor by one of the
 * rules each, 1 by none. `threads` 0: one a core. Keeps 4 bytes a pixel of the box round the tumor, and needs 3 more
 * meanwhile.
 */
NODAL_API NODAL_MUST_CHECK NodalFrocTruth *nodal_froc_truth_new(const NodalFrocRules *rules, const NodalRaster *mask,
                                                                double downsample, double spacing_um, int threads,
                                                                NodalError **error);

/** What is known of a mask besides its file. Zero it first. */
typedef struct NodalFrocMask {
  double downsample; /**< level-0 pixels of the slide a level-0 pixel of the mask: 1, or 32 where level 5 alone was
                        kept; 0: 1 */
  double spacing_um; /**< of level 0 of the slide; 0: as the file states */
  int threads;       /**< 0: one a core */
} NodalFrocMask;

/**
 * The same from a mask file: its level that is 32 times smaller than the slide; without one, every so many-th pixel of
 * the next finer level, beginning with the first, which is what ASAP and nodal make the level of. Of several channels
 * the first is looked at.
 */
NODAL_API NODAL_MUST_CHECK NodalFrocTruth *nodal_froc_truth_of_mask(const NodalFrocRules *rules, NodalSlide *mask,
                                                                    const NodalFrocMask *options, NodalError **error);

/**
 * The same from annotations, drawn 32 times smaller: a pixel is tumor where its top-left corner is by the rule of
 * ASAP's AnnotationToMask (NODAL_MASK_ASAP), so that level 5 of a mask made by ASAP is the same. The groups _0, _1,
 * Tumor and metastases are tumor, _2, Exclusion, None and normal cut out; any other is NODAL_ERROR_ARGUMENT. Detections
 * past the last outline hit nothing.
 */
NODAL_API NODAL_MUST_CHECK NodalFrocTruth *nodal_froc_truth_of_annotations(const NodalFrocRules *rules,
                                                                           const NodalAnnotationSet *set,
                                                                           const NodalFrocMask *options,
                                                                           NodalError **error);
NODAL_API void nodal_froc_truth_free(NodalFrocTruth *truth);

/** A place that a reader or program holds for tumor: level-0 pixels, of which the fraction is cut off. */
typedef struct NodalDetection {
  double probability, x, y;
} NodalDetection;

/** Slides, their lesions and what was detected. Reading from it is thread-safe. Getters borrow. */
typedef struct NodalFroc NodalFroc;

/** `include_itc`: ITC count as lesions, which is not the challenge. */
NODAL_API NODAL_MUST_CHECK NodalFroc *nodal_froc_new(const NodalFrocRules *rules, bool include_itc, NodalError **error);
NODAL_API void nodal_froc_free(NodalFroc *froc);

/**
 * Adds a slide; `truth` NULL: one without tumor. Fails, and adds nothing, with NODAL_ERROR_ARGUMENT where a detection
 * is no number, or lies outside the slide. One inside it whose pixel would be the one past the last, where the scripts
 * stop with an error, belongs to the last.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_froc_add(NodalFroc *froc, const char *slide, const NodalFrocTruth *truth,
                                               const NodalDetection *detections, size_t count, NodalError **error);

/** Where the files are. Start from NODAL_FROC_INPUT_INIT. */
typedef struct NodalFrocInput {
  const NodalFrocRules *rules;
  const char *truth;          /**< folder: NAME_mask.tif, NAME.xml, NAME.geojson or NAME.json, in any letter case */
  const char *detections;     /**< folder: NAME.csv; rows p,x,y, with that header or without */
  const char *reference;      /**< table of the slides that there are: see nodal_froc_read(); NULL: none */
  const char *const *exclude; /**< names of slides that are left out */
  size_t exclude_count;
  bool include_itc;
  NodalFrocMask
      mask; /**< what holds for all masks and annotations; its `threads` is how many slides are read at once */
  const NodalProgress *progress; /**< counts slides; NULL: none */
} NodalFrocInput;

#define NODAL_FROC_INPUT_INIT                                                                                          \
  {                                                                                                                    \
    .mask = {.downsample = 1 }                                                                                         \
  }

/**
 * Reads truth and detections, matched by name without case and extension. Without a reference the slides are those of
 * both folders, and one with detections alone has no tumor. A reference is what nodal_truth_read() reads for
 * NODAL_TASK_SLIDES; it lists all slides and tells which have tumor. Where some of its names begin as the rules want
 * them to, the others do not count.
 *
 * What is wrong with the files does not fail but is listed by nodal_froc_problem(): unreadable rows, names that match
 * nothing, slides that are there twice or missing, masks that cannot be read or are of other values. There is no score
 * then.
 */
NODAL_API NODAL_MUST_CHECK NodalFroc *nodal_froc_read(const NodalFrocInput *input, NodalError **error);

/** What is wrong with the files, and what is only odd: one line each, by index from 0; NULL past the last. */
NODAL_API const char *nodal_froc_problem(const NodalFroc *froc, size_t index);
NODAL_API const char *nodal_froc_warning(const NodalFroc *froc, size_t index);

/** One lesion of a slide. */
typedef struct NodalFrocLesion {
  const char *slide;
  int number; /**< within its slide, from 1, in the order of their first pixels, row by row */
  bool itc;
  double probability;                     /**< the largest of the detections in it; 0: none above 0 */
  double area_px, area_mm2;               /**< with what it was grown by; level-0 pixels */
  double x_px, y_px, width_px, height_px; /**< box, level-0 pixels */
  double major_axis_um;
} NodalFrocLesion;

/** Fills `lesion`; false past the last. In the order of the slides. */
NODAL_API bool nodal_froc_lesion(const NodalFroc *froc, size_t index, NodalFrocLesion *lesion);

/** Number of points that the score is the mean of. */
#define NODAL_FROC_TARGETS 6

/** 1/4, 1/2, 1, 2, 4, 8: false positives a slide, by index below NODAL_FROC_TARGETS. */
NODAL_API double nodal_froc_target(int index);

typedef struct NodalFrocScore {
  size_t slides, lesions, itc; /**< lesions without the ITC, unless they are counted */
  double score;
  double sensitivity_at[NODAL_FROC_TARGETS];
} NodalFrocScore;

/**
 * The score. With negative probabilities a missed lesion, which has 0, counts as found at thresholds below 0, in both
 * scripts and so here. Fails with NODAL_ERROR_ARGUMENT where there are problems, or no lesion that counts.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_froc_score(const NodalFroc *froc, NodalFrocScore *score, NodalError **error);

/**
 * Bootstrap interval of the score: slides are drawn with replacement, as many as there are, and the curve is made anew.
 * `*undefined` (may be NULL): draws without a lesion, which are left out.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_froc_interval(const NodalFroc *froc, const NodalResampling *resampling,
                                                    NodalInterval *interval, int64_t *undefined, NodalError **error);

/**
 * Reads the curve as the score does: the sensitivity at each of `count` false positives a slide, which may not fall.
 * Past the last point it is that of the last. Fails as nodal_froc_score() does.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_froc_sensitivities(const NodalFroc *froc, const double *false_positives,
                                                         size_t count, double *sensitivities, NodalError **error);

/**
 * The bootstrap interval of each of those sensitivities by itself: slides are drawn as for nodal_froc_interval(), with
 * the same seed the same ones. Needs 8 bytes a target and resample.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_froc_band(const NodalFroc *froc, const double *false_positives, size_t count,
                                                const NodalResampling *resampling, NodalInterval *intervals,
                                                NodalError **error);

/** A point of the curve. */
typedef struct NodalFrocPoint {
  double threshold;                    /**< INFINITY: nothing is a detection */
  double false_positives, sensitivity; /**< the former a slide */
} NodalFrocPoint;

/** The curve from the highest threshold to the lowest, beginning with 0, 0. `*points` is freed with nodal_free(). */
NODAL_API NODAL_MUST_CHECK bool nodal_froc_curve(const NodalFroc *froc, NodalFrocPoint **points, size_t *count,
                                                 NodalError **error);

#ifdef __cplusplus
}
#endif
#endif
