/* SPDX-License-Identifier: Apache-2.0 */
#include <nodal/audit.h>

#include "base/memory.h"
#include "evaluation/sort.h"
#include <nodal/evaluation.h>

#include <math.h>
#include <string.h>

struct NodalAudit {
  NodalAuditSubmission *submissions; /* from the best down */
  int submission_count, heard;
  NodalAuditCase *cases;
  size_t count;
};

/* What is counted of the cases while submissions are heard. */
typedef struct Hearing {
  size_t count;
  int classes;
  const int *truth;
  int *votes;      /* [case][class] */
  uint64_t *steps; /* [case][class]: sum of how far the votes are from the truth, in cases or in classes */
} Hearing;

static bool start(NodalAudit *audit, int submissions, size_t count, int best, NodalError **error) {
  int heard = best > 0 && best < submissions ? best : submissions;
  if (best < 0 || heard < 2) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%d submission%s: at least two must agree", heard,
                      nodal_plural((uint64_t)heard));
  }
  if (submissions > NODAL_AUDIT_MAX_SUBMISSIONS || count > NODAL_AUDIT_MAX_VALUES / (size_t)submissions) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%d submissions of %zu cases: too many", submissions, count);
  }
  audit->submission_count = submissions;
  audit->heard = heard;
  audit->submissions = nodal_alloc_array((size_t)submissions, sizeof *audit->submissions, error);
  return audit->submissions != NULL;
}

static int by_score(const void *first, const void *second) {
  const NodalAuditSubmission *a = first, *b = second;
  if (isnan(a->score) || isnan(b->score)) {
    int last = isnan(a->score) - isnan(b->score);
    return last ? last : a->index - b->index;
  }
  return a->score != b->score ? (a->score < b->score) - (a->score > b->score) : a->index - b->index;
}

static int by_agreement(const void *first, const void *second) {
  const NodalAuditCase *a = first, *b = second;
  if (a->votes != b->votes) {
    return b->votes - a->votes;
  }
  if (a->margin != b->margin) {
    return (a->margin < b->margin) - (a->margin > b->margin);
  }
  return (a->index > b->index) - (a->index < b->index);
}

/* ---- What those heard have in common ---- */

static bool start_hearing(Hearing *hearing, NodalError **error) {
  size_t cells;
  if (!nodal_mul_size(hearing->count, (size_t)hearing->classes, &cells)) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "%zu cases: too many", hearing->count);
  }
  hearing->votes = nodal_alloc_array(cells, sizeof *hearing->votes, error);
  hearing->steps = hearing->votes ? nodal_alloc_array(cells, sizeof *hearing->steps, error) : NULL;
  return hearing->steps != NULL;
}

static void end_hearing(Hearing *hearing) {
  free(hearing->votes);
  free(hearing->steps);
}

static void vote(Hearing *hearing, size_t index, int answer, size_t steps) {
  size_t cell = index * (size_t)hearing->classes + (size_t)answer;
  hearing->votes[cell]++;
  hearing->steps[cell] += steps;
}

/* The class that more than half say and the truth does not; -1: there is none. */
static int common_answer(const Hearing *hearing, size_t index, int heard) {
  const int *votes = hearing->votes + index * (size_t)hearing->classes;
  for (int i = 0; i < hearing->classes; i++) {
    if (i != hearing->truth[index] && 2 * votes[i] > heard) {
      return i;
    }
  }
  return -1;
}

/* `unit`: by how much a step moves the margin. */
static bool list_cases(NodalAudit *audit, const Hearing *hearing, double unit, NodalError **error) {
  size_t capacity = 0;
  for (size_t i = 0; i < hearing->count; i++) {
    int answer = common_answer(hearing, i, audit->heard);
    if (answer < 0) {
      continue;
    }
    if (!nodal_grow_array(&audit->cases, &capacity, audit->count + 1, sizeof *audit->cases, error)) {
      return false;
    }
    size_t cell = i * (size_t)hearing->classes + (size_t)answer;
    int votes = hearing->votes[cell];
    audit->cases[audit->count++] = (NodalAuditCase){.index = i,
                                                    .truth = hearing->truth[i],
                                                    .answer = answer,
                                                    .votes = votes,
                                                    .margin = (double)hearing->steps[cell] / (votes * unit)};
  }
  if (audit->count > 0) {
    qsort(audit->cases, audit->count, sizeof *audit->cases, by_agreement);
  }
  return true;
}

/* ---- Scores ---- */

static bool rank_scores(NodalAudit *audit, const double *const *scores, const bool *positive, size_t count,
                        NodalError **error) {
  for (int i = 0; i < audit->submission_count; i++) {
    NodalError *cause = NULL;
    NodalRoc *roc = nodal_roc_new(scores[i], positive, count, &cause);
    if (!roc) {
      nodal_error_prefix(&cause, "submission %d", i);
      return nodal_error_pass(error, cause);
    }
    audit->submissions[i] = (NodalAuditSubmission){i, nodal_roc_auc(roc), nodal_roc_youden(roc).threshold};
    nodal_roc_free(roc);
  }
  qsort(audit->submissions, (size_t)audit->submission_count, sizeof *audit->submissions, by_score);
  return true;
}

/* How many of the numbers, which rise, lie under `value`, or at it where `with` is true. */
static size_t count_under(const double *numbers, size_t count, double value, bool with) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (numbers[middle] < value || (with && numbers[middle] == value)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/* `sorted` has room for all scores. */
static bool hear_scores(Hearing *hearing, const double *scores, double threshold, double *sorted, NodalError **error) {
  memcpy(sorted, scores, hearing->count * sizeof *sorted);
  if (!evaluation_sort(sorted, hearing->count, error)) {
    return false;
  }
  size_t negatives = count_under(sorted, hearing->count, threshold, false);
  for (size_t i = 0; i < hearing->count; i++) {
    bool positive = scores[i] >= threshold;
    size_t between = positive ? count_under(sorted, hearing->count, scores[i], false) - negatives
                              : negatives - count_under(sorted, hearing->count, scores[i], true);
    vote(hearing, i, positive, between);
  }
  return true;
}

static bool audit_scores(NodalAudit *audit, const double *const *scores, Hearing *hearing, NodalError **error) {
  double *sorted = nodal_alloc_array(hearing->count, sizeof *sorted, error);
  bool done = sorted != NULL;
  for (int i = 0; i < audit->heard && done; i++) {
    const NodalAuditSubmission *submission = &audit->submissions[i];
    done = hear_scores(hearing, scores[submission->index], submission->threshold, sorted, error);
  }
  free(sorted);
  return done && list_cases(audit, hearing, (double)hearing->count, error);
}

NodalAudit *nodal_audit_scores(const double *const *scores, int submissions, const bool *positive, size_t count,
                               int best, NodalError **error) {
  NodalAudit *audit = nodal_alloc_array(1, sizeof *audit, error);
  if (!audit) {
    return NULL;
  }
  Hearing hearing = {.count = count, .classes = 2};
  int *truth = nodal_alloc_array(count, sizeof *truth, error);
  for (size_t i = 0; truth && i < count; i++) {
    truth[i] = positive[i];
  }
  hearing.truth = truth;
  bool done = truth && start(audit, submissions, count, best, error) &&
              rank_scores(audit, scores, positive, count, error) && start_hearing(&hearing, error) &&
              audit_scores(audit, scores, &hearing, error);
  end_hearing(&hearing);
  free(truth);
  if (!done) {
    nodal_audit_free(audit);
    return NULL;
  }
  return audit;
}

/* ---- Classes ---- */

static bool rank_classes(NodalAudit *audit, const int *const *classes_of, const int *truth, size_t count, int classes,
                         NodalError **error) {
  int64_t confusion[NODAL_KAPPA_MAX_CLASSES * NODAL_KAPPA_MAX_CLASSES];
  for (int i = 0; i < audit->submission_count; i++) {
    if (!nodal_confusion(truth, classes_of[i], count, classes, confusion, error)) {
      nodal_error_prefix(error, "submission %d", i);
      return false;
    }
    audit->submissions[i] = (NodalAuditSubmission){i, nodal_kappa(confusion, classes), NAN};
  }
  qsort(audit->submissions, (size_t)audit->submission_count, sizeof *audit->submissions, by_score);
  return true;
}

static bool audit_classes(NodalAudit *audit, const int *const *classes_of, Hearing *hearing, NodalError **error) {
  for (int i = 0; i < audit->heard; i++) {
    const int *answers = classes_of[audit->submissions[i].index];
    for (size_t k = 0; k < hearing->count; k++) {
      vote(hearing, k, answers[k], (size_t)abs(answers[k] - hearing->truth[k]));
    }
  }
  return list_cases(audit, hearing, 1, error);
}

NodalAudit *nodal_audit_classes(const int *const *classes_of, int submissions, const int *truth, size_t count,
                                int classes, int best, NodalError **error) {
  NodalAudit *audit = nodal_alloc_array(1, sizeof *audit, error);
  if (!audit) {
    return NULL;
  }
  Hearing hearing = {.count = count, .classes = classes, .truth = truth};
  bool done = start(audit, submissions, count, best, error) &&
              rank_classes(audit, classes_of, truth, count, classes, error) && start_hearing(&hearing, error) &&
              audit_classes(audit, classes_of, &hearing, error);
  end_hearing(&hearing);
  if (!done) {
    nodal_audit_free(audit);
    return NULL;
  }
  return audit;
}

void nodal_audit_free(NodalAudit *audit) {
  if (audit) {
    free(audit->submissions);
    free(audit->cases);
  }
  free(audit);
}

int nodal_audit_heard(const NodalAudit *audit) {
  return audit->heard;
}

bool nodal_audit_submission(const NodalAudit *audit, int rank, NodalAuditSubmission *submission) {
  if (rank < 0 || rank >= audit->submission_count) {
    return false;
  }
  *submission = audit->submissions[rank];
  return true;
}

size_t nodal_audit_count(const NodalAudit *audit) {
  return audit->count;
}

bool nodal_audit_case(const NodalAudit *audit, size_t index, NodalAuditCase *item) {
  if (index >= audit->count) {
    return false;
  }
  *item = audit->cases[index];
  return true;
}
