/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_DATASET_H
#define NODAL_PHANTOM_DATASET_H

#include <nodal/lesion.h>
#include <nodal/stage.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The stages of CAMELYON17, pN0, pN0(i+), pN1mi, pN1 and pN2, in this order wherever there is one number for each. */
#define NODAL_PHANTOM_STAGES 5

/** A synthetic data set. Start from NODAL_PHANTOM_DATASET_OPTIONS_INIT and set what differs. */
typedef struct NodalPhantomDatasetOptions {
  int patients; /**< of five nodes each, 1 to 1000 */
  int64_t size; /**< longer side of a slide, pixels, 1000 to 64,000; the tissue is about 7 mm long whatever it is */
  uint64_t seed;
  double stages[NODAL_PHANTOM_STAGES]; /**< how many patients of each stage there are, relative to each other */
  bool ihc;                            /**< with a neighbouring section of each positive slide in IHC */
  int threads;                         /**< 0: one a core */
  bool force;                          /**< replace a phantom data set that is there */
} NodalPhantomDatasetOptions;

/** The proportions of the stages are those of CAMELYON17's training patients (Litjens et al. 2018, table 5). */
#define NODAL_PHANTOM_DATASET_OPTIONS_INIT                                                                             \
  { .patients = 20, .size = 5000, .seed = 1, .stages = {25, 11, 21, 30, 13}, .ihc = true }

/** What was painted. */
typedef struct NodalPhantomDatasetSummary {
  int64_t slides, ihc_slides, lesions, faulty_slides;
  int64_t patients[NODAL_PHANTOM_STAGES]; /**< by stage */
  NodalNodeCounts nodes;                  /**< slides by label */
  int64_t bytes;                          /**< of all files */
} NodalPhantomDatasetSummary;

/**
 * Paints a data set in the manner of CAMELYON17 into the folder `path`: patients of five nodes in five centers, each
 * center with its own stain, spacing and scanner format; slides, contours, masks, labels, stages, checksums, and
 * everything that was painted in `phantom.csv` and `lesions.csv`. Everything is synthetic and says so. The files are
 * described in docs/guide/phantom-dataset.md. The folder appears when it is complete. The same options give the same
 * bytes on any number of threads; memory is what the threads hold in flight.
 *
 * With `force` an existing folder is replaced if it is empty or a phantom data set, which `phantom.csv` in it tells.
 * `progress` counts pixels; `progress` and `summary` may be NULL. Fails with NODAL_ERROR_ARGUMENT where an option is
 * out of range.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_phantom_dataset_write(const NodalPhantomDatasetOptions *options, const char *path,
                                                            const NodalProgress *progress,
                                                            NodalPhantomDatasetSummary *summary, NodalError **error);

#ifdef __cplusplus
}
#endif
#endif
