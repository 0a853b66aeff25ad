/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_READER_H
#define NODAL_PHANTOM_READER_H

#include <nodal/error.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The errors of a made-up reader of a synthetic data set. Start from NODAL_PHANTOM_READER_OPTIONS_INIT; with `half_mm`,
 * `place_error_um`, `false_positives` and `size_error` 0 there are none.
 *
 * A lesion of longest diameter s is found with the probability 1 / (1 + (half_mm / s)^steepness), which is logistic in
 * ln s. The logarithm of the odds of a detection's confidence is normal with the standard deviation 1, its mean
 * separation / 2 for a lesion and -separation / 2 for a false positive: so a lesion that is found has the higher
 * confidence of the two with the probability Phi(separation / sqrt(2)). What is drawn for one lesion or slide does not
 * depend on the others.
 */
typedef struct NodalPhantomReaderOptions {
  uint64_t seed;
  double half_mm;        /**< longest diameter of lesions that are found every other time, 0 to 100; 0: all are found */
  double steepness;      /**< how fast larger ones are found more often, 0.1 to 10 */
  double place_error_um; /**< standard deviation of x and of y of a place from the lesion's center, 0 to 10,000 */
  double size_error;     /**< standard deviation of the logarithm of a measured diameter, 0 to 2 */
  double false_positives; /**< mean of their number a slide, which is Poisson's, 0 to 50 */
  double separation;      /**< 0 to 10 */
  bool force;             /**< replace an earlier reading */
} NodalPhantomReaderOptions;

/** Finds 3 of 10 lesions of 0.1 mm, 8 of 10 of 0.6 mm and 97 of 100 of 3 mm. */
#define NODAL_PHANTOM_READER_OPTIONS_INIT                                                                              \
  {                                                                                                                    \
    .seed = 1, .half_mm = 0.19, .steepness = 1.3, .place_error_um = 20, .size_error = 0.1, .false_positives = 0.5,     \
    .separation = 2                                                                                                    \
  }

/** What was made. */
typedef struct NodalPhantomReaderSummary {
  int64_t slides, patients;
  int64_t lesions, found; /**< that there are, and of these */
  int64_t false_positives;
  int64_t labels_right, stages_right; /**< slides and patients */
} NodalPhantomReaderSummary;

/**
 * Makes up what a reader would have handed in for the phantom data set in the folder `dataset`, from its `phantom.csv`
 * (columns slide, patient, label, stage, width_px, height_px, spacing_um) and `lesions.csv` (slide, center_x_px,
 * center_y_px, longest_mm). It is synthetic and says so. The folder `path` gets
 *
 * - `detections/SLIDE.csv`: `p,x,y`, level-0 pixels, confidences of four decimals, the highest first;
 * - `slides.csv`: `image,probability`, the highest confidence of each slide, 0 without a detection;
 * - `stages.csv`: `patient,stage` as CAMELYON17 wants it: the label of a node is that of the largest diameter that was
 *   measured of the lesions found in it, the stage is nodal_stage_of()'s;
 * - `reader.csv`: the options; `README.md`: the same in words.
 *
 * False positives lie anywhere in the slide but near no lesion, and have no say in labels. A place that errs out of the
 * slide is put on its edge.
 *
 * The same input and options make the same bytes. The folder appears when it is complete; with `force` one that is
 * empty or holds a `reader.csv` is replaced. `summary` may be NULL. Fails with NODAL_ERROR_ARGUMENT where an option is
 * out of range, with NODAL_ERROR_FORMAT, file and line where a table is none of a phantom data set.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_phantom_reader_write(const NodalPhantomReaderOptions *options,
                                                           const char *dataset, const char *path,
                                                           NodalPhantomReaderSummary *summary, NodalError **error);

#ifdef __cplusplus
}
#endif
#endif
