/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static SlideFacts facts_of(const char *name) {
  SlideFacts facts;
  if (!facts_of_slide(name, &facts)) {
    fail_msg("%s is not known", name);
  }
  return facts;
}

static void names_of_both_data_sets(void **state) {
  (void)state;
  static const struct {
    const char *name, *dataset, *split, *center;
  } known[] = {
      {"tumor_001", "CAMELYON16", "train", "RUMC"},
      {"Tumor_070", "CAMELYON16", "train", "RUMC"},
      {"tumor_071", "CAMELYON16", "train", "UMCU"},
      {"TUMOR_110", "CAMELYON16", "train", "UMCU"},
      {"tumor_111", "CAMELYON16", "train", "RUMC"},
      {"normal_100", "CAMELYON16", "train", "RUMC"},
      {"Normal_101", "CAMELYON16", "train", "UMCU"},
      {"normal_160", "CAMELYON16", "train", "UMCU"},
      {"Test_001", "CAMELYON16", "test", ""},
      {"test_130", "CAMELYON16", "test", ""},
      {"patient_000_node_0", "CAMELYON17", "train", "CWZ"},
      {"patient_019_node_4", "CAMELYON17", "train", "CWZ"},
      {"patient_020_node_0", "CAMELYON17", "train", "RST"},
      {"Patient_059_Node_1", "CAMELYON17", "train", "UMCU"},
      {"patient_060_node_2", "CAMELYON17", "train", "RUMC"},
      {"patient_099_node_4", "CAMELYON17", "train", "LPON"},
      {"patient_100_node_0", "CAMELYON17", "test", ""},
      {"patient_199_node_4", "CAMELYON17", "test", ""},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    SlideFacts facts = facts_of(known[i].name);
    assert_string_equal(facts.dataset, known[i].dataset);
    assert_string_equal(facts.split, known[i].split);
    assert_string_equal(facts.center, known[i].center);
  }
  static const char *const unknown[] = {"",
                                        "tumor_000",
                                        "tumor_112",
                                        "tumor_1",
                                        "tumor_0011",
                                        "tumor_001_mask",
                                        "normal_161",
                                        "test_131",
                                        "atest_001",
                                        "test-001",
                                        "patient_200_node_0",
                                        "patient_000_node_5",
                                        "patient_000_node_00",
                                        "patient_000",
                                        "patient_00_node_0",
                                        "patient_000_node_"};
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
    SlideFacts facts;
    assert_false(facts_of_slide(unknown[i], &facts));
  }
}

/* The numbers of the README of CAMELYON16 and of the page of CAMELYON17. */
static void counts_are_the_published_ones(void **state) {
  (void)state;
  int removed = 0, incomplete = 0, tumor = 0, normal = 0, test = 0, contours[5] = {0};
  static const char *const kinds[] = {"tumor", "normal", "test"};
  char name[40];
  SlideFacts facts;
  for (int kind = 0; kind < 3; kind++) {
    for (int number = 0; number < 1000; number++) {
      snprintf(name, sizeof name, "%s_%03d", kinds[kind], number);
      if (!facts_of_slide(name, &facts)) {
        continue;
      }
      removed += facts.removed;
      incomplete += facts.incomplete;
      tumor += facts.tumor && !facts.removed;
      normal += facts.normal && !facts.removed;
      test += strcmp(facts.split, "test") == 0 && !facts.removed;
    }
  }
  assert_int_equal(removed, 2);
  assert_int_equal(incomplete, 21);
  assert_int_equal(tumor, 111);
  assert_int_equal(normal, 159);
  assert_int_equal(test, 129);
  for (int patient = 0; patient < 200; patient++) {
    for (int node = 0; node < 5; node++) {
      snprintf(name, sizeof name, "patient_%03d_node_%d", patient, node);
      facts = facts_of(name);
      assert_int_equal(facts.patient, patient);
      assert_int_equal(facts.node, node);
      if (facts.annotated) {
        contours[patient / 20]++;
      }
    }
  }
  for (int center = 0; center < 5; center++) {
    assert_int_equal(contours[center], 10);
  }
}

static void scanners_where_they_are_published(void **state) {
  (void)state;
  assert_string_equal(facts_of("patient_099_node_0").scanner, "Philips Ultrafast Scanner");
  assert_string_equal(facts_of("tumor_071").scanner, "Hamamatsu NanoZoomer-XR C12000-01");
  assert_string_equal(facts_of("tumor_001").scanner, "3DHistech Pannoramic Flash II 250");
  assert_string_equal(facts_of("patient_000_node_0").scanner, "");
  assert_string_equal(facts_of("test_001").scanner, "");
}

/* Counts of a version: by label and by stage, the latter by the rules of the challenge. */
typedef struct Counts {
  int labels[4], stages[NODAL_STAGE_PN3B + 1];
} Counts;

static Counts count(LabelVersion version, int first, int end) {
  Counts counts = {0};
  for (int patient = first; patient < end; patient++) {
    NodalNodeCounts nodes = {0};
    int64_t *const places[] = {&nodes.negative, &nodes.itc, &nodes.micro, &nodes.macro};
    for (int node = 0; node < FACTS_NODES; node++) {
      NodalCategory label = facts_label(version, patient, node);
      counts.labels[label]++;
      ++*places[label];
    }
    NodalStage stage;
    assert_true(nodal_stage_of(NODAL_STAGE_CHALLENGE, &nodes, NODAL_MAMMARY_NONE, &stage));
    counts.stages[stage]++;
  }
  return counts;
}

static void expect_counts(const Counts *counts, const int labels[4], const int stages[5]) {
  static const NodalStage order[] = {NODAL_STAGE_PN0, NODAL_STAGE_PN0_I, NODAL_STAGE_PN1MI, NODAL_STAGE_PN1,
                                     NODAL_STAGE_PN2};
  for (int i = 0; i < 4; i++) {
    assert_int_equal(counts->labels[i], labels[i]);
  }
  for (int i = 0; i < 5; i++) {
    assert_int_equal(counts->stages[order[i]], stages[i]);
  }
}

/* Negative, ITC, micro, macro and the stages: version A as another list of it has them, B as tables 4 and 5. */
static void label_versions(void **state) {
  (void)state;
  Counts a = count(LABELS_A, 0, 100), b = count(LABELS_B, 0, 100);
  expect_counts(&a, (int[]){313, 35, 64, 88}, (int[]){24, 12, 20, 25, 19});
  expect_counts(&b, (int[]){323, 35, 57, 85}, (int[]){25, 11, 21, 30, 13});
  int slides = 0, patients = 0;
  for (int patient = 0; patient < 100; patient++) {
    for (int node = 0; node < 5; node++) {
      slides += facts_label(LABELS_A, patient, node) != facts_label(LABELS_B, patient, node);
    }
    Counts one = count(LABELS_A, patient, patient + 1), other = count(LABELS_B, patient, patient + 1);
    patients += memcmp(one.stages, other.stages, sizeof one.stages) != 0;
  }
  assert_int_equal(slides, 22);
  assert_int_equal(patients, 10);
}

static void tables_add_up(void **state) {
  (void)state;
  static const int totals[3][5] = {{240, 82, 77}, {323, 85, 57, 35}, {25, 11, 21, 30, 13}};
  for (int number = 3; number <= 5; number++) {
    const PrintedTable *table = facts_printed_table(number);
    assert_non_null(table);
    for (int column = 0; column < table->columns; column++) {
      int sum = 0;
      for (int row = 0; row < table->rows; row++) {
        sum += table->values[row][column];
      }
      assert_int_equal(sum, totals[number - 3][column]);
    }
    for (int row = 0; number > 3 && row < table->rows; row++) {
      Counts counts = count(LABELS_B, 20 * row, 20 * row + 20);
      const int labels[] = {table->values[row][0], table->values[row][3], table->values[row][2], table->values[row][1]};
      expect_counts(&counts, number == 4 ? labels : counts.labels,
                    number == 5 ? table->values[row]
                                : (int[]){counts.stages[NODAL_STAGE_PN0], counts.stages[NODAL_STAGE_PN0_I],
                                          counts.stages[NODAL_STAGE_PN1MI], counts.stages[NODAL_STAGE_PN1],
                                          counts.stages[NODAL_STAGE_PN2]});
      assert_string_equal(table->row_names[row], facts_center(row));
    }
  }
  assert_null(facts_printed_table(2));
  assert_null(facts_center(5));
  assert_null(facts_center(-1));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_of_both_data_sets),
      cmocka_unit_test(counts_are_the_published_ones),
      cmocka_unit_test(scanners_where_they_are_published),
      cmocka_unit_test(label_versions),
      cmocka_unit_test(tables_add_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
