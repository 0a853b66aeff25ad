/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SPLIT_H
#define NODAL_SPLIT_H

#include <nodal/error.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Parts of a data set for cross-validation: never a patient in two of them. All functions are thread-safe. */

/** One slide. Text is never NULL; "" is not known. Names are the same whatever their letter case. */
typedef struct NodalSplitSlide {
  const char *slide;   /**< for messages */
  const char *patient; /**< "": the slide is a patient of its own */
  const char *center;
  const char *label; /**< as nodal_label_class() reads it, or "" */
  const char *stage; /**< of the patient, the same */
} NodalSplitSlide;

/** The most folds. */
#define NODAL_SPLIT_MAX_FOLDS 1000

/**
 * Deals patients into `folds` folds (2 to NODAL_SPLIT_MAX_FOLDS, at most one a patient): fold[i], from 0, is that of
 * slide i. Patients are of one kind who have the same stage, or, where none is known, the same highest label of their
 * slides. For each kind, each center, each kind in each center and in all, the numbers of patients of any two folds
 * differ by one at most; which is always possible (controlled rounding, Cox 1987), and each patient is as likely in
 * any fold. Within these bounds patients are then exchanged as long as that brings the folds' numbers of slides and of
 * each label nearer to each other. The same slides in the same order and the same seed give the same folds.
 *
 * Fails where a patient has two centers or two stages, or a label or stage means nothing.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_split_folds(const NodalSplitSlide *slides, size_t count, int folds, uint64_t seed,
                                                  int *fold, NodalError **error);

/** One fold a center, in the order of their names; `*folds` is how many. Fails as nodal_split_folds() does, and where a
 * slide has no center or all have one. */
NODAL_API NODAL_MUST_CHECK bool nodal_split_centers(const NodalSplitSlide *slides, size_t count, int *fold, int *folds,
                                                    NodalError **error);

/** What is in one fold. */
typedef struct NodalSplitBalance {
  int64_t slides, patients;
  int64_t labels[6]; /**< slides: negative, itc, micro, macro, tumor, not known */
  int64_t stages[6]; /**< patients: pN0, pN0(i+), pN1mi, pN1, pN2, not known */
} NodalSplitBalance;

/** Counts what is in each fold. Fails as nodal_split_folds() does, and where a patient is in two folds or a fold is not
 * 0 to folds - 1; so it checks a split of any origin. */
NODAL_API NODAL_MUST_CHECK bool nodal_split_balance(const NodalSplitSlide *slides, size_t count, const int *fold,
                                                    int folds, NodalSplitBalance *balance, NodalError **error);

#ifdef __cplusplus
}
#endif
#endif
