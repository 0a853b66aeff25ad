/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"
#include "dataset/stage_mix.h"
#include <nodal/patients.h>
#include <nodal/stage.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The stage of five slides by the rule itself. */
static int stage_of(const int64_t labels[MIX_LABELS]) {
  NodalNodeCounts nodes = {labels[0], labels[1], labels[2], labels[3]};
  NodalStage stage;
  assert_true(nodal_stage_of(NODAL_STAGE_CHALLENGE, &nodes, NODAL_MAMMARY_NONE, &stage));
  int class_index = nodal_label_class(NODAL_LABEL_PATIENT, nodal_stage_name(stage));
  assert_true(class_index >= 0);
  return class_index;
}

/* All 56 fives of four labels. */
static int list_fives(int64_t fives[56][MIX_LABELS]) {
  int count = 0;
  for (int64_t a = 0; a <= 5; a++) {
    for (int64_t b = 0; a + b <= 5; b++) {
      for (int64_t c = 0; a + b + c <= 5; c++) {
        const int64_t five[] = {a, b, c, 5 - a - b - c};
        memcpy(fives[count++], five, sizeof five);
      }
    }
  }
  return count;
}

/* The places of a stage are filled by exactly the fives that have that stage by the rule. */
static void places_are_the_rule(void **state) {
  (void)state;
  int64_t fives[56][MIX_LABELS];
  assert_int_equal(list_fives(fives), 56);
  for (int stage = 0; stage < MIX_STAGES; stage++) {
    int64_t places[MIX_SETS] = {0}, sum = 0;
    for (unsigned set = 1; set < MIX_SETS; set++) {
      sum += places[set] = mix_places(stage, set);
    }
    assert_int_equal(sum, 5);
    for (int i = 0; i < 56; i++) {
      assert_int_equal(mix_can_fill(places, fives[i]), stage_of(fives[i]) == stage);
    }
  }
}

/* Brute force: every way to take fives, one after the other, in the order of their list. */
typedef struct Brute {
  int64_t fives[56][MIX_LABELS];
  int stages[56];
  int64_t wanted[MIX_STAGES], reached[MIX_STAGES], distance, squares;
} Brute;

static void try_all(Brute *brute, int64_t left[MIX_LABELS], int64_t patients, int from) {
  if (patients == 0) {
    int64_t distance = 0, squares = 0;
    for (int i = 0; i < MIX_STAGES; i++) {
      int64_t by = llabs(brute->reached[i] - brute->wanted[i]);
      distance += by;
      squares += by * by;
    }
    if (brute->distance < 0 || distance < brute->distance ||
        (distance == brute->distance && squares < brute->squares)) {
      brute->distance = distance;
      brute->squares = squares;
    }
    return;
  }
  for (int i = from; i < 56; i++) {
    const int64_t *five = brute->fives[i];
    if (five[0] <= left[0] && five[1] <= left[1] && five[2] <= left[2] && five[3] <= left[3]) {
      int64_t rest[] = {left[0] - five[0], left[1] - five[1], left[2] - five[2], left[3] - five[3]};
      brute->reached[brute->stages[i]]++;
      try_all(brute, rest, patients - 1, i);
      brute->reached[brute->stages[i]]--;
    }
  }
}

static void nearest_is_nearest(void **state) {
  (void)state;
  NodalRandom random;
  nodal_random_start(&random, 3, 0);
  Brute brute = {0};
  list_fives(brute.fives);
  for (int i = 0; i < 56; i++) {
    brute.stages[i] = stage_of(brute.fives[i]);
  }
  for (int round = 0; round < 400; round++) {
    int64_t supply[MIX_LABELS] = {0}, reached[MIX_STAGES], distance = 0, squares = 0, sum = 0;
    uint32_t slides = 5 + nodal_random_below(&random, 18), kinds = 1 + nodal_random_below(&random, 4);
    for (uint32_t i = 0; i < slides; i++) {
      supply[(nodal_random_below(&random, kinds) + (uint32_t)round) % MIX_LABELS]++;
    }
    memset(brute.wanted, 0, sizeof brute.wanted);
    for (uint32_t i = 0; i < slides / 5; i++) {
      brute.wanted[nodal_random_below(&random, MIX_STAGES)]++;
    }
    brute.distance = -1;
    try_all(&brute, supply, slides / 5, 0);
    mix_nearest(supply, brute.wanted, reached);
    for (int i = 0; i < MIX_STAGES; i++) {
      int64_t by = llabs(reached[i] - brute.wanted[i]);
      distance += by;
      squares += by * by;
      sum += reached[i];
    }
    assert_int_equal(sum, slides / 5);
    assert_int_equal(distance, brute.distance);
    assert_int_equal(squares, brute.squares);
  }
}

enum { COUNT = 400 };

static void draw_slides(NodalPatientSlide *slides, NodalRandom *random) {
  static const char *const centers[] = {"CWZ", "RST", "UMCU", "", "rst"};
  for (int i = 0; i < COUNT; i++) {
    slides[i] = (NodalPatientSlide){centers[nodal_random_below(random, 5)],
                                    (int)nodal_random_below(random, NODAL_LABEL_TUMOR + 2) - 1};
  }
}

/* Each slide once at most, of one center, with the stage that the rule gives, as many fives as there are. */
static void patients_hold(void **state) {
  (void)state;
  NodalRandom random;
  nodal_random_start(&random, 6, 0);
  for (uint64_t seed = 0; seed < 50; seed++) {
    NodalPatientSlide slides[COUNT];
    draw_slides(slides, &random);
    const int64_t shares[] = NODAL_PATIENTS_TABLE_5;
    NodalPatients *patients = nodal_patients_group(slides, COUNT, shares, seed, NULL);
    NodalPatients *again = nodal_patients_group(slides, COUNT, shares, seed, NULL);
    assert_non_null(patients);
    assert_non_null(again);
    int used[COUNT] = {0};
    int64_t stages[MIX_STAGES] = {0};
    NodalArtificialPatient patient, same;
    for (size_t i = 0; nodal_patients_item(patients, i, &patient); i++) {
      assert_true(nodal_patients_item(again, i, &same));
      assert_memory_equal(patient.slides, same.slides, sizeof same.slides);
      int64_t labels[MIX_LABELS] = {0};
      for (int k = 0; k < NODAL_PATIENT_SLIDES; k++) {
        const NodalPatientSlide *slide = &slides[patient.slides[k]];
        assert_int_equal(used[patient.slides[k]]++, 0);
        assert_true(slide->center[0] != '\0' && slide->label >= 0 && slide->label < MIX_LABELS);
        assert_int_equal(slide->center[0] & 0x1F, slides[patient.slides[0]].center[0] & 0x1F);
        labels[slide->label]++;
      }
      assert_int_equal(patient.stage, stage_of(labels));
      stages[patient.stage]++;
    }
    NodalPatientsCenter center;
    size_t made = 0, centers = 0;
    for (; nodal_patients_center(patients, centers, &center); centers++) {
      int64_t wanted = 0, reached = 0;
      for (int i = 0; i < MIX_STAGES; i++) {
        wanted += center.wanted[i];
        reached += center.reached[i];
        stages[i] -= center.reached[i];
      }
      assert_int_equal(wanted, center.slides / 5);
      assert_int_equal(reached, center.slides / 5);
      made += (size_t)reached;
    }
    assert_int_equal(centers, 3);
    assert_int_equal(made, nodal_patients_count(patients));
    for (int i = 0; i < MIX_STAGES; i++) {
      assert_int_equal(stages[i], 0);
    }
    nodal_patients_free(patients);
    nodal_patients_free(again);
  }
}

static void check_refusal(const NodalPatientSlide *slides, size_t count, const int64_t *shares, const char *message) {
  NodalError *error = NULL;
  assert_null(nodal_patients_group(slides, count, shares, 1, &error));
  assert_string_equal(nodal_error_message(error), message);
  nodal_error_free(error);
}

static void refusals(void **state) {
  (void)state;
  static NodalPatientSlide slides[NODAL_PATIENTS_MAX_SLIDES + 1];
  for (int i = 0; i <= NODAL_PATIENTS_MAX_SLIDES; i++) {
    slides[i] = (NodalPatientSlide){"A", 0};
  }
  const int64_t fine[] = NODAL_PATIENTS_TABLE_5, none[MIX_STAGES] = {0}, less[MIX_STAGES] = {0, -1, 2, 0, 0};
  check_refusal(slides, 5, none, "no stage has a share");
  check_refusal(slides, 5, less, "a share of -1 for pN0(i+): it must be 0 to 1000000");
  check_refusal(slides, 4, fine, "no center has 5 slides with a label of negative, itc, micro or macro");
  check_refusal(slides, 0, fine, "no center has 5 slides with a label of negative, itc, micro or macro");
  check_refusal(slides, NODAL_PATIENTS_MAX_SLIDES + 1, fine, "center A has 5001 slides: at most 5000");
  nodal_patients_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(places_are_the_rule),
      cmocka_unit_test(nearest_is_nearest),
      cmocka_unit_test(patients_hold),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
