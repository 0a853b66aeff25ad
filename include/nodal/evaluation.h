/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_EVALUATION_H
#define NODAL_EVALUATION_H

#include <nodal/error.h>
#include <nodal/source.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How often and how something is drawn again by chance. Start from NODAL_RESAMPLING_INIT. */
typedef struct NodalResampling {
  uint64_t seed;
  int64_t resamples;             /**< 1 to 100,000,000 */
  int threads;                   /**< 0: one a core. The result is the same. */
  const NodalProgress *progress; /**< in resamples; NULL: none */
} NodalResampling;

#define NODAL_RESAMPLING_INIT                                                                                          \
  { .seed = 1, .resamples = 2000 }

/** A range in which a value lies with 95 % confidence, both ends included; NAN where there is none. */
typedef struct NodalInterval {
  double low, high;
} NodalInterval;

/* ---- Scores of positive and negative cases ---- */

/** The most cases of which a curve is made. */
#define NODAL_ROC_MAX_CASES 2000000000

/** The receiver operating characteristic of scores. Reading from it is thread-safe. */
typedef struct NodalRoc NodalRoc;

/**
 * Takes `count` finite scores, the higher the likelier positive, and which of the cases are positive; both are copied.
 * Fails where a score is not finite, or there is no positive or no negative case.
 */
NODAL_API NODAL_MUST_CHECK NodalRoc *nodal_roc_new(const double *scores, const bool *positive, size_t count,
                                                   NodalError **error);
NODAL_API void nodal_roc_free(NodalRoc *roc);

NODAL_API size_t nodal_roc_positives(const NodalRoc *roc);
NODAL_API size_t nodal_roc_negatives(const NodalRoc *roc);

/**
 * The area under the curve: the share of pairs of a positive and a negative case in which the positive one has the
 * higher score, ties counted half (Mann and Whitney 1947). Pairs are counted in whole numbers; only the last division
 * rounds.
 */
NODAL_API double nodal_roc_auc(const NodalRoc *roc);

/**
 * The variance of the area by DeLong, DeLong and Clarke-Pearson 1988, computed from mid-ranks as by Sun and Xu 2014
 * ("Fast implementation of DeLong's algorithm"). NAN with fewer than two positive or negative cases.
 */
NODAL_API double nodal_roc_variance(const NodalRoc *roc);

/** The area and 1.96 of its standard deviations to either side, cut to 0 and 1; without width where all pairs are in
 * order. NAN as the variance. */
NODAL_API NodalInterval nodal_roc_delong_interval(const NodalRoc *roc);

/** The bootstrap interval of the area: positive and negative cases are drawn with replacement separately, as many as
 * there are of each; percentiles. */
NODAL_API NODAL_MUST_CHECK bool nodal_roc_bootstrap(const NodalRoc *roc, const NodalResampling *resampling,
                                                    NodalInterval *interval, NodalError **error);

/**
 * The bootstrap interval of the curve's sensitivity at each of `count` false positive rates (1 - specificity, 0 to 1,
 * not falling), each by itself: cases are drawn as for nodal_roc_bootstrap(), with the same seed the same ones, and the
 * sensitivity is read on straight lines between the points of the drawn curve, at its upper end where the curve is
 * vertical (vertical averaging; Fawcett 2006, "An introduction to ROC analysis"). Needs 8 bytes a rate and resample.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_roc_band(const NodalRoc *roc, const double *false_positive_rates, size_t count,
                                               const NodalResampling *resampling, NodalInterval *intervals,
                                               NodalError **error);

/** One point of the curve: what is called positive where a score of at least `threshold` is. */
typedef struct NodalRocPoint {
  double threshold;
  size_t true_positives, false_positives;
  double sensitivity; /**< true positive rate */
  double specificity; /**< 1 - false positive rate */
} NodalRocPoint;

/** Number of points: one a distinct score, and the one before them. */
NODAL_API size_t nodal_roc_point_count(const NodalRoc *roc);

/** Fills `point`, from the highest threshold down; the first, at infinity, calls nothing positive. False past the last.
 */
NODAL_API bool nodal_roc_point(const NodalRoc *roc, size_t index, NodalRocPoint *point);

/** The point where sensitivity + specificity is largest (Youden 1950), of several the one with the highest threshold.
 */
NODAL_API NodalRocPoint nodal_roc_youden(const NodalRoc *roc);

/** The point of highest sensitivity whose specificity is at least `specificity` (0 to 1), of several the one with the
 * highest threshold. */
NODAL_API NodalRocPoint nodal_roc_at_specificity(const NodalRoc *roc, double specificity);

/* ---- Agreement of ordered classes ---- */

/** The most classes, and the most cases, of which a kappa is computed. */
#define NODAL_KAPPA_MAX_CLASSES 64
#define NODAL_KAPPA_MAX_CASES 40000000

/**
 * Counts cases: confusion[t * classes + p] are those of class t by the truth and of class p as predicted, both from 0
 * to classes - 1. Fails where a class lies outside, or there are more classes or cases than the limits say.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_confusion(const int *truth, const int *predicted, size_t count, int classes,
                                                int64_t *confusion, NodalError **error);

/**
 * Cohen's kappa with quadratic weights (Cohen 1968, "Weighted kappa") of classes by classes counts, rows the truth:
 * 1 - sum of (i - j)^2 O_ij / sum of (i - j)^2 E_ij, E the counts expected by chance from the sums of rows and columns.
 * Both sums are whole numbers, so a submission of one class alone has exactly 0. NAN where the second sum is 0 (truth
 * and prediction are one and the same class throughout, or there are no cases) and over the limits.
 */
NODAL_API double nodal_kappa(const int64_t *confusion, int classes);

/**
 * The bootstrap interval of a kappa: cases are drawn with replacement, as many as there are; percentiles. `undefined`
 * (may be NULL) is how many resamples had no kappa and were left out.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_kappa_bootstrap(const int *truth, const int *predicted, size_t count, int classes,
                                                      const NodalResampling *resampling, NodalInterval *interval,
                                                      int64_t *undefined, NodalError **error);

/**
 * Tests whether two predictions of the same cases differ in kappa, paired and two-sided: each resample exchanges the
 * two predictions of each case with probability 1/2, and p is the share of resamples whose kappas differ at least as
 * much as the real ones, the real one counted with them, so that it is never 0 (Phipson and Smyth 2010). A resample
 * without a kappa counts as one that does. NAN where one of the real ones has no kappa.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_kappa_permutation(const int *truth, const int *predicted, const int *other,
                                                        size_t count, int classes, const NodalResampling *resampling,
                                                        double *p, NodalError **error);

/* ---- Tables ---- */

/** What a table is about. */
typedef enum NodalTask {
  NODAL_TASK_SLIDES, /**< slides that are positive or negative; submissions give each a score, the higher the likelier
                      */
  NODAL_TASK_STAGES  /**< patients and their stages; submissions give each a stage */
} NodalTask;

/** How a reference standard is read. Lists end with NULL. Nothing is kept of it. */
typedef struct NodalTruthOptions {
  NodalTask task;
  const char *const *stages;   /**< NODAL_TASK_STAGES: the stages' names, lowest first; any letter case in tables */
  const char *const *positive; /**< NODAL_TASK_SLIDES: labels that are positive, all others negative; NULL: tumor,
                                    positive, macro, micro and 1 are, normal, negative and 0 are not, others are
                                    problems */
  const char *const *exclude;  /**< names that are passed over in the truth and in submissions; may be NULL */
} NodalTruthOptions;

/**
 * A reference standard: the cases and their classes. Reading from it is thread-safe. What a getter returns is borrowed
 * and lives as long as it.
 */
typedef struct NodalTruth NodalTruth;

/**
 * Reads a reference standard, CSV.
 *
 * Slides: rows "Test_001,Tumor,IDC,Macro" as CAMELYON16 has them, name and label first, or a header with the columns
 * `image` or `slide`, and `label`, `type` or `class` (the first of them that is there).
 *
 * Stages: as CAMELYON17 has it: a header `patient,stage`, of which further columns but `center` are not looked at, or
 * none; only rows whose name ends in ".zip" count, the nodes' rows are passed over.
 *
 * Names are those of files: without their folder, their extension (a point and up to five letters and digits, a letter
 * among them) and their letter case. A case that is there twice or has a label that means nothing is a problem, no
 * failure. Fails where the file cannot be read, has no such columns or no case.
 */
NODAL_API NODAL_MUST_CHECK NodalTruth *nodal_truth_read(const char *path, const NodalTruthOptions *options,
                                                        NodalError **error);
NODAL_API NODAL_MUST_CHECK NodalTruth *nodal_truth_read_source(NodalSource *source, const NodalTruthOptions *options,
                                                               NodalError **error);
NODAL_API void nodal_truth_free(NodalTruth *truth);

/** One case. */
typedef struct NodalCase {
  const char *name;   /**< as the table writes it */
  const char *label;  /**< the same */
  int class_index;    /**< slides: 0 negative, 1 positive; stages: index of the stage */
  const char *center; /**< stages: of the column `center`, or of patient_000 to patient_099, the training patients of
                           CAMELYON17: their number / 20. NULL: not known */
  int64_t line;       /**< from 1 */
} NodalCase;

/** Number of cases. */
NODAL_API size_t nodal_truth_count(const NodalTruth *truth);

/** How many cases of the file were passed over because they are to be excluded. */
NODAL_API size_t nodal_truth_excluded(const NodalTruth *truth);

/** Fills `item`, in the order of the file; false past the last. */
NODAL_API bool nodal_truth_case(const NodalTruth *truth, size_t index, NodalCase *item);

/** The classes of all cases, in the order of the file. */
NODAL_API const int *nodal_truth_classes(const NodalTruth *truth);

/** What is wrong with the table, one line each with file and line, by index from 0; NULL past the last. */
NODAL_API const char *nodal_truth_problem(const NodalTruth *truth, size_t index);

/** A submission, held against a reference standard. Reading from it is thread-safe; getters borrow. */
typedef struct NodalPredictions NodalPredictions;

/**
 * Reads a submission, CSV. Slides: a name and a finite number a row; a header is a first row whose second field is no
 * number and whose name is none of the truth, and names the columns (`image`, `slide`, `name` or `image name`;
 * `probability`, `score` or `p`) unless there are just two. Stages: as in the truth.
 *
 * A case that is missing, there twice or not in the truth, a score that is no number and a stage that is none are
 * problems, no failure. Fails where the file cannot be read or has no such columns. The truth is not needed afterwards.
 */
NODAL_API NODAL_MUST_CHECK NodalPredictions *nodal_predictions_read(const NodalTruth *truth, const char *path,
                                                                    NodalError **error);
NODAL_API NODAL_MUST_CHECK NodalPredictions *nodal_predictions_read_source(const NodalTruth *truth, NodalSource *source,
                                                                           NodalError **error);
NODAL_API void nodal_predictions_free(NodalPredictions *predictions);

/** What is wrong with the submission, as nodal_truth_problem(). */
NODAL_API const char *nodal_predictions_problem(const NodalPredictions *predictions, size_t index);

/** The scores of the truth's cases, in their order; NULL where there are problems or the task is another. */
NODAL_API const double *nodal_predictions_scores(const NodalPredictions *predictions);

/** The stages of the truth's cases, as indices, in their order; NULL where there are problems or the task is another.
 */
NODAL_API const int *nodal_predictions_classes(const NodalPredictions *predictions);

#ifdef __cplusplus
}
#endif
#endif
