/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"
#include "dataset/rounding.h"
#include <nodal/labels.h>
#include <nodal/split.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Either whole number beside sum / whole, and the number itself where it is one. */
static void check_rounded(int64_t sum, int64_t whole, int64_t rounded) {
  assert_true(rounded == sum / whole || (sum % whole != 0 && rounded == sum / whole + 1));
}

static void rounding_keeps_all_sums(void **state) {
  (void)state;
  enum { MOST = 9 };
  NodalRandom random;
  nodal_random_start(&random, 4, 0);
  for (int round = 0; round < 3000; round++) {
    size_t rows = 1 + nodal_random_below(&random, MOST), columns = 1 + nodal_random_below(&random, MOST);
    int64_t whole = 1 + nodal_random_below(&random, 12), parts[MOST * MOST], rounded[MOST * MOST], all = 0, sum = 0;
    for (size_t i = 0; i < rows * columns; i++) {
      parts[i] = nodal_random_below(&random, 3) ? nodal_random_below(&random, 40) : 0;
    }
    assert_true(dataset_round_table(parts, rows, columns, whole, &random, rounded, NULL));
    int64_t in_column[MOST] = {0}, of_column[MOST] = {0};
    for (size_t row = 0; row < rows; row++) {
      int64_t in_row = 0, of_row = 0;
      for (size_t column = 0; column < columns; column++) {
        size_t i = row * columns + column;
        check_rounded(parts[i], whole, rounded[i]);
        in_row += parts[i];
        of_row += rounded[i];
        in_column[column] += parts[i];
        of_column[column] += rounded[i];
      }
      check_rounded(in_row, whole, of_row);
      all += in_row;
      sum += of_row;
    }
    for (size_t column = 0; column < columns; column++) {
      check_rounded(in_column[column], whole, of_column[column]);
    }
    check_rounded(all, whole, sum);
  }
}

/* The mean of a cell over many draws is the fraction: within five standard deviations. */
static void rounding_is_unbiased(void **state) {
  (void)state;
  enum { DRAWS = 20000, CELLS = 6 };
  const int64_t parts[CELLS] = {1, 2, 4, 3, 3, 1};
  int64_t sums[CELLS] = {0}, rounded[CELLS];
  NodalRandom random;
  nodal_random_start(&random, 8, 0);
  for (int i = 0; i < DRAWS; i++) {
    assert_true(dataset_round_table(parts, 2, 3, 5, &random, rounded, NULL));
    for (int k = 0; k < CELLS; k++) {
      sums[k] += rounded[k];
    }
  }
  for (int k = 0; k < CELLS; k++) {
    double share = (double)parts[k] / 5;
    assert_true(fabs((double)sums[k] - DRAWS * share) <= 5 * sqrt(DRAWS * share * (1 - share)));
  }
}

enum { MOST_PATIENTS = 60, MOST_SLIDES = MOST_PATIENTS * 4, CENTERS = 4, STAGES = 6 };

typedef struct Set {
  NodalSplitSlide slides[MOST_SLIDES];
  char names[MOST_SLIDES][2][24]; /* slide, patient */
  int patient[MOST_SLIDES], center[MOST_PATIENTS], stage[MOST_PATIENTS];
  size_t count;
  int patients;
} Set;

/* Patients of one to four slides, in any order, each with a center and a stage, STAGES - 1 standing for none. */
static void draw_set(Set *set, NodalRandom *random) {
  static const char *const centers[CENTERS] = {"CWZ", "RST", "UMCU", "LPON"};
  static const char *const labels[] = {"negative", "itc", "micro", "macro", ""};
  size_t owners[MOST_SLIDES];
  set->patients = 10 + (int)nodal_random_below(random, MOST_PATIENTS - 9);
  set->count = 0;
  for (int i = 0; i < set->patients; i++) {
    set->center[i] = (int)nodal_random_below(random, CENTERS);
    set->stage[i] = (int)nodal_random_below(random, STAGES);
    for (uint32_t k = 0; k <= nodal_random_below(random, 4); k++) {
      owners[set->count++] = (size_t)i;
    }
  }
  nodal_random_shuffle(random, owners, set->count);
  for (size_t i = 0; i < set->count; i++) {
    int owner = (int)owners[i];
    set->patient[i] = owner;
    snprintf(set->names[i][0], sizeof set->names[i][0], "slide_%zu", i);
    /* Letter case tells no two patients apart. */
    snprintf(set->names[i][1], sizeof set->names[i][1], i % 2 ? "patient_%d" : "Patient_%d", owner);
    const char *stage = set->stage[owner] < 5 ? nodal_label_name(NODAL_LABEL_PATIENT, set->stage[owner]) : "";
    const char *label = set->stage[owner] < 5 ? labels[nodal_random_below(random, 5)] : "micro";
    set->slides[i] = (NodalSplitSlide){set->names[i][0], set->names[i][1], centers[set->center[owner]], label, stage};
  }
}

static void check_even(const int *counts, int folds) {
  int least = counts[0], most = counts[0];
  for (int i = 1; i < folds; i++) {
    least = counts[i] < least ? counts[i] : least;
    most = counts[i] > most ? counts[i] : most;
  }
  assert_true(most - least <= 1);
}

/* Never a patient in two folds; in all, by stage, by center and by both, one patient more at most than in any other. */
static void folds_are_even(void **state) {
  (void)state;
  NodalRandom random;
  nodal_random_start(&random, 1, 0);
  Set set;
  for (int round = 0; round < 300; round++) {
    draw_set(&set, &random);
    int folds = 2 + (int)nodal_random_below(&random, 9), fold[MOST_SLIDES], again[MOST_SLIDES];
    assert_true(nodal_split_folds(set.slides, set.count, folds, (uint64_t)round, fold, NULL));
    assert_true(nodal_split_folds(set.slides, set.count, folds, (uint64_t)round, again, NULL));
    assert_memory_equal(fold, again, set.count * sizeof *fold);
    int of_patient[MOST_PATIENTS];
    memset(of_patient, -1, sizeof of_patient);
    for (size_t i = 0; i < set.count; i++) {
      int *known = &of_patient[set.patient[i]];
      assert_true(fold[i] >= 0 && fold[i] < folds && (*known < 0 || *known == fold[i]));
      *known = fold[i];
    }
    int all[10] = {0}, by_stage[STAGES][10] = {{0}}, by_center[CENTERS][10] = {{0}};
    int by_both[STAGES][CENTERS][10] = {{{0}}};
    for (int i = 0; i < set.patients; i++) {
      all[of_patient[i]]++;
      by_stage[set.stage[i]][of_patient[i]]++;
      by_center[set.center[i]][of_patient[i]]++;
      by_both[set.stage[i]][set.center[i]][of_patient[i]]++;
    }
    check_even(all, folds);
    for (int stage = 0; stage < STAGES; stage++) {
      check_even(by_stage[stage], folds);
      for (int center = 0; center < CENTERS; center++) {
        check_even(by_both[stage][center], folds);
      }
    }
    for (int center = 0; center < CENTERS; center++) {
      check_even(by_center[center], folds);
    }
  }
}

/* Four patients of one kind with 1, 1, 3 and 3 macros: only two folds of 4 are even. */
static void labels_are_exchanged(void **state) {
  (void)state;
  static const int macros[] = {1, 1, 3, 3};
  NodalSplitSlide slides[12];
  static const char *const patients[] = {"a", "b", "c", "d"};
  size_t count = 0;
  for (int i = 0; i < 4; i++) {
    for (int k = 0; k < 3; k++) {
      slides[count++] = (NodalSplitSlide){"s", patients[i], "", k < macros[i] ? "macro" : "negative", "pN1"};
    }
  }
  for (uint64_t seed = 0; seed < 20; seed++) {
    int fold[12];
    NodalSplitBalance balance[2];
    assert_true(nodal_split_folds(slides, count, 2, seed, fold, NULL));
    assert_true(nodal_split_balance(slides, count, fold, 2, balance, NULL));
    for (int i = 0; i < 2; i++) {
      assert_int_equal(balance[i].patients, 2);
      assert_int_equal(balance[i].slides, 6);
      assert_int_equal(balance[i].labels[NODAL_LABEL_SLIDE_CLASSES - 1], 4);
      assert_int_equal(balance[i].stages[3], 2);
    }
  }
}

static void centers_are_left_out(void **state) {
  (void)state;
  const NodalSplitSlide slides[] = {{"a", "p", "RST", "", ""},
                                    {"b", "", "cwz", "normal", ""},
                                    {"c", "P", "", "", ""},
                                    {"d", "q", "CWZ", "tumor", "pN0(i+)"},
                                    {"e", "", "UMCU", "", ""}};
  int fold[5], folds;
  assert_true(nodal_split_centers(slides, 5, fold, &folds, NULL));
  assert_int_equal(folds, 3);
  const int expected[] = {1, 0, 1, 0, 2};
  assert_memory_equal(fold, expected, sizeof fold);
  NodalSplitBalance balance[3];
  assert_true(nodal_split_balance(slides, 5, fold, folds, balance, NULL));
  assert_int_equal(balance[0].patients, 2);
  assert_int_equal(balance[0].labels[0], 1);
  assert_int_equal(balance[0].labels[4], 1);
  assert_int_equal(balance[0].stages[1], 1);
  assert_int_equal(balance[1].slides, 2);
  assert_int_equal(balance[1].patients, 1);
  assert_int_equal(balance[1].stages[5], 1);
}

static void check_refusal(const NodalSplitSlide *slides, size_t count, int folds, const char *message) {
  int fold[8];
  NodalError *error = NULL;
  assert_false(nodal_split_folds(slides, count, folds, 1, fold, &error));
  assert_string_equal(nodal_error_message(error), message);
  nodal_error_free(error);
}

static void refusals(void **state) {
  (void)state;
  const NodalSplitSlide fine[] = {{"a", "p", "", "", ""}, {"b", "q", "", "", ""}};
  check_refusal(fine, 2, 1, "1 folds: it must be 2 to 1000");
  check_refusal(fine, 2, 3, "3 folds of 2 patients: there are not enough");
  check_refusal(fine, 0, 2, "2 folds of 0 patients: there are not enough");
  const NodalSplitSlide centers[] = {{"a", "p", "CWZ", "", ""}, {"b", "p", "RST", "", ""}};
  check_refusal(centers, 2, 2, "p has slides of two centers: b is of another than a");
  const NodalSplitSlide stages[] = {{"a", "p", "", "", "pN1"}, {"b", "p", "", "", "pN2"}};
  check_refusal(stages, 2, 2, "p has two stages: b says pN2, another slide pN1");
  const NodalSplitSlide label[] = {{"a", "p", "", "big", ""}, {"b", "q", "", "", "pN7"}};
  check_refusal(label, 2, 2, "a: label 'big' means nothing");
  check_refusal(label + 1, 1, 2, "b: stage 'pN7' means nothing");
  int fold[] = {0, 1}, folds;
  NodalError *error = NULL;
  assert_false(nodal_split_centers(fine, 2, fold, &folds, &error));
  assert_string_equal(nodal_error_message(error), "a: its center is not known");
  nodal_error_free(error);
  error = NULL;
  assert_false(nodal_split_centers(centers, 1, fold, &folds, &error));
  assert_string_equal(nodal_error_message(error), "1 center: none can be left out");
  nodal_error_free(error);
  error = NULL;
  const NodalSplitSlide torn[] = {{"a", "p", "", "", ""}, {"b", "P", "", "", ""}};
  NodalSplitBalance balance[2];
  fold[0] = 0;
  fold[1] = 1;
  assert_false(nodal_split_balance(torn, 2, fold, 2, balance, &error));
  assert_string_equal(nodal_error_message(error), "P is in two folds: b in 1, a in 0");
  nodal_error_free(error);
  error = NULL;
  fold[1] = 2;
  assert_false(nodal_split_balance(fine, 2, fold, 2, balance, &error));
  assert_string_equal(nodal_error_message(error), "b: fold 2 is not 0 to 1");
  nodal_error_free(error);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rounding_keeps_all_sums), cmocka_unit_test(rounding_is_unbiased),
      cmocka_unit_test(folds_are_even),          cmocka_unit_test(labels_are_exchanged),
      cmocka_unit_test(centers_are_left_out),    cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
