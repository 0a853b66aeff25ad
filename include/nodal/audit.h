/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_AUDIT_H
#define NODAL_AUDIT_H

#include <nodal/error.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Where the best submissions agree with each other and not with the truth: cases that deserve a second look, no more.
 * An agreement is no proof: submissions learn from the same data and err alike. Reading from an audit is thread-safe.
 */
typedef struct NodalAudit NodalAudit;

/** The most submissions of an audit, and the most values in all of them together. */
#define NODAL_AUDIT_MAX_SUBMISSIONS 10000
#define NODAL_AUDIT_MAX_VALUES 1000000000

/**
 * Audits `count` positive and negative cases by the finite scores of `submissions` submissions, the higher the likelier
 * positive: scores[s][i] is that of case i. The `best` submissions by area under the ROC curve are heard (0: all; of
 * equal ones the first). Each answers at its own operating point, the one of Youden (1950; nodal_roc_youden()), which
 * needs no common scale. Nothing is kept of the arrays.
 *
 * Fails with fewer than two submissions to hear, a score that is not finite, no positive or no negative case.
 */
NODAL_API NODAL_MUST_CHECK NodalAudit *nodal_audit_scores(const double *const *scores, int submissions,
                                                          const bool *positive, size_t count, int best,
                                                          NodalError **error);

/**
 * The same for ordered classes, 0 to classes - 1: classes_of[s][i] is what submission s says of case i. The best are
 * those of the highest quadratic weighted kappa; those without a kappa come last.
 */
NODAL_API NODAL_MUST_CHECK NodalAudit *nodal_audit_classes(const int *const *classes_of, int submissions,
                                                           const int *truth, size_t count, int classes, int best,
                                                           NodalError **error);

NODAL_API void nodal_audit_free(NodalAudit *audit);

/** One submission. */
typedef struct NodalAuditSubmission {
  int index;        /**< in the caller's array */
  double score;     /**< area under the curve, or kappa; NAN: not defined */
  double threshold; /**< of scores: what is at least this is answered positive. NAN for classes */
} NodalAuditSubmission;

/** Number of submissions that were heard. */
NODAL_API int nodal_audit_heard(const NodalAudit *audit);

/** Fills `submission`, from the best down, those that were not heard after the others; false past the last. */
NODAL_API bool nodal_audit_submission(const NodalAudit *audit, int rank, NodalAuditSubmission *submission);

/** One case about which more than half of those heard say the same and the truth another thing. */
typedef struct NodalAuditCase {
  size_t index; /**< in the caller's arrays */
  int truth;    /**< class; of scores 0 negative, 1 positive */
  int answer;   /**< what they say */
  int votes;    /**< how many of those heard say it */
  /**
   * How far from the truth they are, mean over the votes. Scores: the share of all cases whose score lies between the
   * case's and the operating point (0 to 1). Classes: their difference.
   */
  double margin;
} NodalAuditCase;

/** Number of such cases. */
NODAL_API size_t nodal_audit_count(const NodalAudit *audit);

/** Fills `item`: most votes first, then the largest margin, then the order of the cases; false past the last. */
NODAL_API bool nodal_audit_case(const NodalAudit *audit, size_t index, NodalAuditCase *item);

#ifdef __cplusplus
}
#endif
#endif
