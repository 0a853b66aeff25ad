/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/names.h"
#include <nodal/evaluation.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void stems(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"Test_001", "Test_001"},
      {"Test_001.tif", "Test_001"},
      {"a/b/Test_001.tif", "Test_001"},
      {"c:\\a\\Test_001.svs", "Test_001"},
      {"a.b/c", "c"},
      {"a/", "a/"},
      {".tif", ".tif"},
      {"a.", "a."},
      {"a.1", "a.1"},
      {"a.b1", "a"},
      {"a.abcde", "a"},
      {"a.abcdef", "a.abcdef"},
      {"a.b-c", "a.b-c"},
      {"a.ome.tiff", "a.ome"},
      {"", ""},
      {"patient_004.zip", "patient_004"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t length;
    const char *stem = evaluation_stem(cases[i][0], &length);
    assert_int_equal(length, strlen(cases[i][1]));
    assert_memory_equal(stem, cases[i][1], length);
  }
}

static void names_are_found_again(void **state) {
  (void)state;
  enum { COUNT = 5000 };
  EvaluationNames names = {0};
  char name[40];
  size_t index;
  bool added;
  assert_false(evaluation_names_find(&names, "a", &index));
  for (int round = 0; round < 2; round++) {
    for (size_t i = 0; i < COUNT; i++) {
      snprintf(name, sizeof name, round ? "x/CASE_%zu.tif" : "case_%zu", i);
      assert_true(evaluation_names_add(&names, name, &index, &added, NULL));
      assert_int_equal(index, i);
      assert_int_equal(added, round == 0);
    }
  }
  assert_int_equal(names.count, COUNT);
  for (size_t i = 0; i < COUNT + 10; i++) {
    snprintf(name, sizeof name, "Case_%zu.svs", i);
    assert_int_equal(evaluation_names_find(&names, name, &index), i < COUNT);
    if (i < COUNT) {
      assert_int_equal(index, i);
    }
  }
  /* A beginning of a name is another name. */
  assert_false(evaluation_names_find(&names, "case_", &index));
  evaluation_names_clear(&names);
  assert_int_equal(names.count, 0);
}

static NodalTruth *read_truth(const char *text, const NodalTruthOptions *options, NodalError **error) {
  NodalSource *source = nodal_source_new_memory(text, strlen(text), "truth.csv", NULL);
  NodalTruth *truth = nodal_truth_read_source(source, options, error);
  nodal_source_unref(source);
  return truth;
}

static NodalPredictions *read_predictions(const NodalTruth *truth, const char *text, NodalError **error) {
  NodalSource *source = nodal_source_new_memory(text, strlen(text), "scores.csv", NULL);
  NodalPredictions *predictions = nodal_predictions_read_source(truth, source, error);
  nodal_source_unref(source);
  return predictions;
}

static void slides(void **state) {
  (void)state;
  const char *const exclude[] = {"test_003", NULL};
  const NodalTruthOptions options = {.task = NODAL_TASK_SLIDES, .exclude = exclude};
  NodalTruth *truth = read_truth("T_1,Tumor,IDC\nTest_003,Tumor\nT_2.tif,normal\n", &options, NULL);
  assert_non_null(truth);
  assert_int_equal(nodal_truth_count(truth), 2);
  assert_int_equal(nodal_truth_excluded(truth), 1);
  NodalCase item;
  assert_true(nodal_truth_case(truth, 0, &item));
  assert_string_equal(item.name, "T_1");
  assert_string_equal(item.label, "Tumor");
  assert_true(item.class_index == 1 && item.center == NULL && item.line == 1);
  assert_true(nodal_truth_case(truth, 1, &item));
  assert_string_equal(item.name, "T_2.tif");
  assert_true(item.class_index == 0 && item.line == 3);
  assert_false(nodal_truth_case(truth, 2, &item));
  const int classes[] = {1, 0};
  assert_memory_equal(nodal_truth_classes(truth), classes, sizeof classes);
  assert_null(nodal_truth_problem(truth, 0));

  NodalPredictions *predictions = read_predictions(truth, "x/t_2.svs,-0.5\nT_1,7\n", NULL);
  assert_non_null(predictions);
  nodal_truth_free(truth);
  const double scores[] = {7, -0.5};
  assert_memory_equal(nodal_predictions_scores(predictions), scores, sizeof scores);
  assert_null(nodal_predictions_classes(predictions));
  assert_null(nodal_predictions_problem(predictions, 0));
  nodal_predictions_free(predictions);
}

static void stages(void **state) {
  (void)state;
  const char *const names[] = {"pN0", "pN1", NULL};
  const NodalTruthOptions options = {.task = NODAL_TASK_STAGES, .stages = names};
  NodalTruth *truth =
      read_truth("patient,stage,center\npatient_039.zip,PN1,\nq.zip,pn0,7\npatient_100.zip,pN0,\n", &options, NULL);
  assert_non_null(truth);
  const char *const centers[] = {"1", "7", NULL};
  const int classes[] = {1, 0, 0};
  assert_int_equal(nodal_truth_count(truth), 3);
  for (size_t i = 0; i < 3; i++) {
    NodalCase item;
    assert_true(nodal_truth_case(truth, i, &item));
    assert_int_equal(item.class_index, classes[i]);
    if (centers[i]) {
      assert_string_equal(item.center, centers[i]);
    } else {
      assert_null(item.center);
    }
  }
  NodalPredictions *predictions =
      read_predictions(truth, "patient,stage\nq.zip,pN2\n\"x\ny.zip\",pN0\npatient_100.zip,pN1\n", NULL);
  assert_non_null(predictions);
  const char *const problems[] = {"scores.csv: line 2: q.zip: stage 'pN2' is not pN0 or pN1",
                                  "scores.csv: line 3: x y.zip is not in truth.csv",
                                  "scores.csv: no row for patient_039.zip, which is in line 2 of truth.csv"};
  for (size_t i = 0; i < 3; i++) {
    assert_string_equal(nodal_predictions_problem(predictions, i), problems[i]);
  }
  assert_null(nodal_predictions_problem(predictions, 3));
  assert_null(nodal_predictions_classes(predictions));
  assert_null(nodal_predictions_scores(predictions));
  nodal_predictions_free(predictions);
  nodal_truth_free(truth);
}

static void refusals(void **state) {
  (void)state;
  const char *const one[] = {"pN0", NULL};
  const NodalTruthOptions none = {.task = NODAL_TASK_STAGES}, few = {.task = NODAL_TASK_STAGES, .stages = one};
  const NodalTruthOptions slides_options = {.task = NODAL_TASK_SLIDES};
  const struct {
    const NodalTruthOptions *options;
    const char *text, *message;
    NodalErrorCode code;
  } cases[] = {
      {&none, "a.zip,pN0\n", "0 stages: it must be 2 to 64", NODAL_ERROR_ARGUMENT},
      {&few, "a.zip,pN0\n", "1 stages: it must be 2 to 64", NODAL_ERROR_ARGUMENT},
      {&slides_options, "\n\n", "truth.csv: no slide", NODAL_ERROR_FORMAT},
      {&slides_options, "slide,x\n", "truth.csv: line 1: no column label, type or class", NODAL_ERROR_FORMAT},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    NodalError *error = NULL;
    assert_null(read_truth(cases[i].text, cases[i].options, &error));
    assert_string_equal(nodal_error_message(error), cases[i].message);
    assert_int_equal(nodal_error_code(error), cases[i].code);
    nodal_error_free(error);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stems),    cmocka_unit_test(names_are_found_again),
      cmocka_unit_test(slides),   cmocka_unit_test(stages),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
