/* SPDX-License-Identifier: Apache-2.0 */
#include <nodal/labels.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static NodalLabels *read_text(const char *text, NodalError **error) {
  NodalSource *source = nodal_source_new_memory(text, strlen(text), "t.csv", NULL);
  NodalLabels *labels = nodal_labels_read_source(source, error);
  nodal_source_unref(source);
  return labels;
}

static NodalLabels *read_well(const char *text) {
  NodalLabels *labels = read_text(text, NULL);
  assert_non_null(labels);
  assert_null(nodal_labels_problem(labels, 0));
  return labels;
}

static void check_label(const NodalLabels *labels, NodalLabelKind kind, size_t index, const char *name,
                        const char *class_name, int64_t line) {
  NodalLabel label;
  assert_true(nodal_labels_item(labels, kind, index, &label));
  assert_int_equal(label.kind, kind);
  assert_string_equal(label.name, name);
  assert_string_equal(nodal_label_name(kind, label.class_index), class_name);
  assert_int_equal(label.line, line);
}

static void three_forms(void **state) {
  (void)state;
  NodalLabels *labels = read_well("patient,stage\r\np_1.ZIP,PN0(I+)\r\np_1_node_0.tif,ITC\r\np_1_node_1.tif,\r\n");
  assert_int_equal(nodal_labels_count(labels, NODAL_LABEL_SLIDE), 1);
  check_label(labels, NODAL_LABEL_PATIENT, 0, "p_1.ZIP", "pN0(i+)", 2);
  check_label(labels, NODAL_LABEL_SLIDE, 0, "p_1_node_0.tif", "itc", 3);
  nodal_labels_free(labels);

  labels = read_well("Test_001,Tumor,IDC,Macro\nTest_002,Normal,None,None\nTest_003,Tumor,IDC,\n");
  assert_int_equal(nodal_labels_count(labels, NODAL_LABEL_PATIENT), 0);
  check_label(labels, NODAL_LABEL_SLIDE, 0, "Test_001", "macro", 1);
  check_label(labels, NODAL_LABEL_SLIDE, 1, "Test_002", "negative", 2);
  check_label(labels, NODAL_LABEL_SLIDE, 2, "Test_003", "tumor", 3);
  nodal_labels_free(labels);

  labels = read_well("slide,patient,stage,label\na,p,pN1,micro\nb,p,pN1,\nc,,,positive\n");
  assert_int_equal(nodal_labels_count(labels, NODAL_LABEL_SLIDE), 2);
  assert_int_equal(nodal_labels_count(labels, NODAL_LABEL_PATIENT), 1);
  check_label(labels, NODAL_LABEL_PATIENT, 0, "p", "pN1", 2);
  check_label(labels, NODAL_LABEL_SLIDE, 1, "c", "tumor", 4);
  nodal_labels_free(labels);
}

static void problems(void **state) {
  (void)state;
  NodalLabels *labels =
      read_text("image,type,patient,stage\na.tif,tumor,p,pN1\nA.svs,normal,p,pN2\nb,huge,q,pN9\n,itc\n", NULL);
  assert_non_null(labels);
  static const char *const lines[] = {
      "t.csv: line 3: A.svs is there already, in line 2",
      "t.csv: line 3: p is pN2, but pN1 in line 2",
      "t.csv: line 4: b: label 'huge' is not negative, itc, micro, macro, tumor or normal",
      "t.csv: line 4: q: stage 'pN9' is not pN0, pN0(i+), pN1mi, pN1 or pN2",
      "t.csv: line 5: no name",
  };
  for (size_t i = 0; i < 5; i++) {
    assert_string_equal(nodal_labels_problem(labels, i), lines[i]);
  }
  assert_null(nodal_labels_problem(labels, 5));
  NodalLabels *fine = read_well("slide,label\na,itc\n");
  NodalError *error = NULL;
  assert_null(nodal_labels_compare(fine, labels, &error));
  assert_string_equal(nodal_error_message(error), lines[0]);
  nodal_error_free(error);
  nodal_labels_free(fine);
  nodal_labels_free(labels);
}

static void refusals(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"", "t.csv: no label"},
      {"slide,label\n", "t.csv: no label"},
      {"slide,label\na,\n", "t.csv: no label"},
      {"slide,score\na,1\n", "t.csv: line 1: no columns patient,stage or slide,label"},
      {"a,b\n", "t.csv: line 1: no columns patient,stage or slide,label"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    NodalError *error = NULL;
    assert_null(read_text(cases[i][0], &error));
    assert_string_equal(nodal_error_message(error), cases[i][1]);
    nodal_error_free(error);
  }
  nodal_labels_free(NULL);
  nodal_label_comparison_free(NULL);
}

/* Worked out by hand: pairs (negative, negative), (itc, micro), (macro, negative) and two of unknown size. */
static void comparing(void **state) {
  (void)state;
  NodalLabels *a = read_well("slide,label\nx/a.tif,normal\nb,itc\nc,macro\nd,tumor\ne,tumor\nf,micro\ng,tumor\n");
  NodalLabels *b = read_well("slide,label\nA,negative\nB.tif,micro\nc,negative\nd,macro\ne,negative\nh,itc\ng,tumor\n");
  NodalLabelComparison *comparison = nodal_labels_compare(a, b, NULL);
  assert_non_null(comparison);
  NodalLabelAgreement agreement = nodal_label_comparison_agreement(comparison, NODAL_LABEL_SLIDE);
  assert_int_equal(agreement.common, 6);
  assert_int_equal(agreement.differing, 3);
  assert_int_equal(agreement.less_exact, 1);
  assert_int_equal(agreement.a_only, 1);
  assert_int_equal(agreement.b_only, 1);
  assert_int_equal(agreement.confusion[0 * 4 + 0], 1);
  assert_int_equal(agreement.confusion[1 * 4 + 2], 1);
  assert_int_equal(agreement.confusion[3 * 4 + 0], 1);
  /* Observed 0 + 1 + 9; expected (each A against each B) / 3: (0 + 4 + 0 + 1 + 1 + 1 + 9 + 1 + 9) / 3. */
  assert_true(fabs(agreement.kappa - (1 - 10 / (26 / 3.0))) < 1e-15);
  static const struct {
    const char *name;
    int a, b;
    int64_t a_line, b_line;
  } expected[] = {
      {"b", 1, 2, 3, 3}, {"c", 3, 0, 4, 4}, {"e", NODAL_LABEL_TUMOR, 0, 6, 6}, {"f", 2, -1, 7, 0}, {"h", -1, 1, 0, 7}};
  NodalLabelDifference difference;
  for (size_t i = 0; i < 5; i++) {
    assert_true(nodal_label_comparison_difference(comparison, i, &difference));
    assert_string_equal(difference.name, expected[i].name);
    assert_int_equal(difference.a, expected[i].a);
    assert_int_equal(difference.b, expected[i].b);
    assert_int_equal(difference.a_line, expected[i].a_line);
    assert_int_equal(difference.b_line, expected[i].b_line);
  }
  assert_false(nodal_label_comparison_difference(comparison, 5, &difference));
  assert_true(isnan(nodal_label_comparison_agreement(comparison, NODAL_LABEL_PATIENT).kappa));
  nodal_label_comparison_free(comparison);
  nodal_labels_free(a);
  nodal_labels_free(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(three_forms),
      cmocka_unit_test(problems),
      cmocka_unit_test(refusals),
      cmocka_unit_test(comparing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
