/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"
#include <nodal/audit.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Eight slides. The third is negative by the truth, and two of three call it positive. */
static const bool positive[] = {true, true, false, false, false, true, false, false};
static const double first[] = {0.9, 0.8, 0.85, 0.1, 0.2, 0.7, 0.3, 0.4};
static const double second[] = {90, 80, 70, 10, 20, 60, 30, 40};
static const double third[] = {9, 8, 1, 2, 3, 7, 4, 5};

static void scores_worked_out_by_hand(void **state) {
  (void)state;
  const double *const scores[] = {first, third, second};
  NodalAudit *audit = nodal_audit_scores(scores, 3, positive, 8, 0, NULL);
  assert_non_null(audit);
  assert_int_equal(nodal_audit_heard(audit), 3);
  /* Areas: of fifteen pairs, `third` has all in order, `second` loses one (70 over 60), `first` two. */
  static const NodalAuditSubmission expected[] = {{1, 1, 7}, {2, 14.0 / 15, 60}, {0, 13.0 / 15, 0.7}};
  NodalAuditSubmission submission;
  for (int i = 0; i < 3; i++) {
    assert_true(nodal_audit_submission(audit, i, &submission));
    assert_int_equal(submission.index, expected[i].index);
    assert_true(fabs(submission.score - expected[i].score) < 1e-15);
    assert_true(submission.threshold == expected[i].threshold);
  }
  assert_false(nodal_audit_submission(audit, 3, &submission));
  assert_int_equal(nodal_audit_count(audit), 1);
  NodalAuditCase item;
  assert_true(nodal_audit_case(audit, 0, &item));
  assert_int_equal(item.index, 2);
  assert_int_equal(item.truth, 0);
  assert_int_equal(item.answer, 1);
  assert_int_equal(item.votes, 2);
  /* Between 0.85 and 0.7 lie 0.8 and 0.7 itself, between 70 and 60 the 60: three of twice eight. */
  assert_true(fabs(item.margin - 0.1875) < 1e-15);
  assert_false(nodal_audit_case(audit, 1, &item));
  nodal_audit_free(audit);
  /* The best two are of different minds about it. */
  audit = nodal_audit_scores(scores, 3, positive, 8, 2, NULL);
  assert_int_equal(nodal_audit_heard(audit), 2);
  assert_int_equal(nodal_audit_count(audit), 0);
  nodal_audit_free(audit);
}

/* Against counting, case by case. */
static void classes_against_counting(void **state) {
  (void)state;
  enum { CASES = 200, SUBMISSIONS = 7, CLASSES = 5 };
  static int truth[CASES], answers[SUBMISSIONS][CASES];
  NodalRandom random;
  nodal_random_start(&random, 2, 0);
  const int *of[SUBMISSIONS];
  for (int s = 0; s < SUBMISSIONS; s++) {
    of[s] = answers[s];
    for (int i = 0; i < CASES; i++) {
      truth[i] = i % CLASSES;
      answers[s][i] =
          nodal_random_below(&random, 4) ? (i + i / 20) % CLASSES : (int)nodal_random_below(&random, CLASSES);
    }
  }
  NodalAudit *audit = nodal_audit_classes(of, SUBMISSIONS, truth, CASES, CLASSES, 0, NULL);
  assert_non_null(audit);
  bool listed[CASES] = {false};
  NodalAuditCase item, before = {.votes = SUBMISSIONS + 1};
  for (size_t k = 0; nodal_audit_case(audit, k, &item); k++) {
    assert_true(item.votes < before.votes ||
                (item.votes == before.votes &&
                 (item.margin < before.margin || (item.margin == before.margin && item.index > before.index))));
    before = item;
    listed[item.index] = true;
    assert_int_equal(item.truth, truth[item.index]);
    assert_true(item.margin == abs(item.answer - item.truth));
    int votes = 0;
    for (int s = 0; s < SUBMISSIONS; s++) {
      votes += answers[s][item.index] == item.answer;
    }
    assert_int_equal(item.votes, votes);
  }
  for (int i = 0; i < CASES; i++) {
    bool expected = false;
    for (int c = 0; c < CLASSES; c++) {
      int votes = 0;
      for (int s = 0; s < SUBMISSIONS; s++) {
        votes += answers[s][i] == c;
      }
      expected |= c != truth[i] && votes > SUBMISSIONS / 2;
    }
    assert_int_equal(listed[i], expected);
  }
  nodal_audit_free(audit);
}

static void check_message(NodalAudit *audit, NodalError **error, const char *message) {
  assert_null(audit);
  assert_string_equal(nodal_error_message(*error), message);
  nodal_error_free(*error);
  *error = NULL;
}

static void refusals(void **state) {
  (void)state;
  const double odd[] = {1, 2, NAN, 4, 5, 6, 7, 8}, *const scores[] = {first, odd};
  const int truth[] = {0, 1}, wrong[] = {0, 7}, *const classes[] = {truth, wrong};
  NodalError *error = NULL;
  check_message(nodal_audit_scores(scores, 1, positive, 8, 0, &error), &error, "1 submission: at least two must agree");
  check_message(nodal_audit_scores(scores, 2, positive, 8, 1, &error), &error, "1 submission: at least two must agree");
  NodalAudit *audit = nodal_audit_scores(scores, 2, positive, 8, 0, &error);
  assert_null(audit);
  assert_memory_equal(nodal_error_message(error), "submission 1: ", 14);
  nodal_error_free(error);
  error = NULL;
  check_message(nodal_audit_classes(classes, 2, truth, 2, 3, 0, &error), &error,
                "submission 1: case 1 has class 7, not 0 to 2");
  nodal_audit_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scores_worked_out_by_hand),
      cmocka_unit_test(classes_against_counting),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
