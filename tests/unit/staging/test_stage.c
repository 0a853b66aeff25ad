/* SPDX-License-Identifier: Apache-2.0 */
#include <nodal/lesion.h>
#include <nodal/stage.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Table 1 of the paper, and its edges. */
static void categories_by_length_and_cells(void **state) {
  (void)state;
  const struct {
    double longest_mm;
    int64_t cells;
    NodalCategory category;
  } cases[] = {
      {0, -1, NODAL_CATEGORY_ITC},
      {0.1, -1, NODAL_CATEGORY_ITC},
      {0.2, -1, NODAL_CATEGORY_ITC}, /* "not larger than" */
      {0.2, 200, NODAL_CATEGORY_ITC},
      {0.2, 201, NODAL_CATEGORY_MICRO},
      {0.01, 201, NODAL_CATEGORY_MICRO},
      {0.01, 200, NODAL_CATEGORY_ITC},
      {0.01, 0, NODAL_CATEGORY_ITC},
      {0.200001, -1, NODAL_CATEGORY_MICRO},
      {0.200001, 1, NODAL_CATEGORY_MICRO}, /* size first: few cells lower nothing */
      {1, 5, NODAL_CATEGORY_MICRO},
      {2.0, -1, NODAL_CATEGORY_MICRO},
      {2.0, 1000000, NODAL_CATEGORY_MICRO}, /* cells make no macro */
      {2.000001, -1, NODAL_CATEGORY_MACRO},
      {2.000001, 3, NODAL_CATEGORY_MACRO},
      {30, -1, NODAL_CATEGORY_MACRO},
      /* Half a nanometre is rounding, not length. */
      {2.0000004, -1, NODAL_CATEGORY_MICRO},
      {2.0000006, -1, NODAL_CATEGORY_MACRO},
      {0.2000004, -1, NODAL_CATEGORY_ITC},
      {0.2000006, -1, NODAL_CATEGORY_MICRO},
      {0.1 + 0.1 + 1e-17, -1, NODAL_CATEGORY_ITC},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(nodal_lesion_category(cases[i].longest_mm, cases[i].cells), cases[i].category);
  }
}

/* Two millimetres made of pixels, at spacings whose products are not exact. */
static void rounding_makes_no_macro(void **state) {
  (void)state;
  for (int pixels = 1; pixels <= 20000; pixels++) {
    double spacing_um = 2000.0 / pixels;
    assert_int_equal(nodal_lesion_category(pixels * spacing_um / 1000, -1), NODAL_CATEGORY_MICRO);
    double diagonal_um = hypot(0.6 * pixels * spacing_um, 0.8 * pixels * spacing_um);
    assert_int_equal(nodal_lesion_category(diagonal_um / 1000, -1), NODAL_CATEGORY_MICRO);
    assert_int_equal(nodal_lesion_category(pixels * (spacing_um / 10) / 1000, -1), NODAL_CATEGORY_ITC);
  }
}

static void names_of_categories(void **state) {
  (void)state;
  const char *const names[] = {"negative", "itc", "micro", "macro"};
  NodalCategory category;
  for (int i = 0; i < 4; i++) {
    assert_string_equal(nodal_category_name((NodalCategory)i), names[i]);
    assert_true(nodal_category_from_name(names[i], &category));
    assert_int_equal(category, i);
  }
  assert_true(nodal_category_from_name("MaCrO", &category));
  assert_int_equal(category, NODAL_CATEGORY_MACRO);
  assert_false(nodal_category_from_name("", &category));
  assert_false(nodal_category_from_name("macro ", &category));
  assert_false(nodal_category_from_name("normal", &category));
}

/* The stage as a name, "" where there is none. */
static const char *stage_of(NodalStageRules rules, int itc, int micro, int macro, NodalMammary mammary) {
  NodalNodeCounts nodes = {.negative = 1, .itc = itc, .micro = micro, .macro = macro};
  NodalStage stage;
  return nodal_stage_of(rules, &nodes, mammary, &stage) ? nodal_stage_name(stage) : "";
}

static bool between(int value, int low, int high) {
  return value >= low && value <= high;
}

/* Each sentence of the rule by itself: exactly one holds for any nodes, but for the corner that none covers. */
static void rules_of_the_challenge(void **state) {
  (void)state;
  for (int itc = 0; itc <= 6; itc++) {
    for (int micro = 0; micro <= 12; micro++) {
      for (int macro = 0; macro <= 12; macro++) {
        int positive = micro + macro;
        const struct {
          bool holds;
          const char *name;
        } sentences[] = {{positive == 0 && itc == 0, "pN0"},
                         {positive == 0 && itc > 0, "pN0(i+)"},
                         {micro > 0 && macro == 0, "pN1mi"},
                         {between(positive, 1, 3) && macro >= 1, "pN1"},
                         {between(positive, 4, 9) && macro >= 1, "pN2"},
                         {positive >= 10 && macro >= 1, ""}};
        int found = 0;
        for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
          if (sentences[i].holds) {
            found++;
            for (int mammary = NODAL_MAMMARY_NONE; mammary <= NODAL_MAMMARY_CLINICAL; mammary++) {
              assert_string_equal(stage_of(NODAL_STAGE_CHALLENGE, itc, micro, macro, (NodalMammary)mammary),
                                  sentences[i].name);
            }
          }
        }
        assert_int_equal(found, 1);
      }
    }
  }
}

static void rules_of_ajcc_7(void **state) {
  (void)state;
  for (int itc = 0; itc <= 3; itc++) {
    for (int micro = 0; micro <= 12; micro++) {
      for (int macro = 0; macro <= 12; macro++) {
        int positive = micro + macro;
        const char *alone = positive == 0 && itc == 0 ? "pN0"
                            : positive == 0           ? "pN0(i+)"
                            : macro == 0              ? "pN1mi"
                            : between(positive, 1, 3) ? "pN1a"
                            : between(positive, 4, 9) ? "pN2a"
                                                      : "pN3a";
        bool both = positive >= 10 && macro > 0; /* pN3a and pN3b */
        const char *sentinel = positive == 0 ? "pN1b" : positive <= 3 ? "pN1c" : both ? "pN3" : "pN3b";
        const char *clinical = positive == 0 ? "pN2b" : both ? "pN3" : "pN3b";
        assert_string_equal(stage_of(NODAL_STAGE_AJCC7, itc, micro, macro, NODAL_MAMMARY_NONE), alone);
        assert_string_equal(stage_of(NODAL_STAGE_AJCC7, itc, micro, macro, NODAL_MAMMARY_SENTINEL), sentinel);
        assert_string_equal(stage_of(NODAL_STAGE_AJCC7, itc, micro, macro, NODAL_MAMMARY_CLINICAL), clinical);
      }
    }
  }
}

static void no_nodes_no_stage(void **state) {
  (void)state;
  NodalNodeCounts none = {0};
  NodalStage stage = NODAL_STAGE_PN3;
  assert_false(nodal_stage_of(NODAL_STAGE_CHALLENGE, &none, NODAL_MAMMARY_NONE, &stage));
  assert_false(nodal_stage_of(NODAL_STAGE_AJCC7, &none, NODAL_MAMMARY_CLINICAL, &stage));
  assert_int_equal(stage, NODAL_STAGE_PN3);
}

static void names_of_stages(void **state) {
  (void)state;
  const char *const names[] = {"pN0", "pN0(i+)", "pN1mi", "pN1", "pN1a", "pN1b", "pN1c",
                               "pN2", "pN2a",    "pN2b",  "pN3", "pN3a", "pN3b"};
  NodalStage stage;
  for (int i = 0; i < 13; i++) {
    assert_string_equal(nodal_stage_name((NodalStage)i), names[i]);
    assert_true(nodal_stage_from_name(names[i], &stage));
    assert_int_equal(stage, i);
  }
  assert_true(nodal_stage_from_name("PN0(I+)", &stage));
  assert_int_equal(stage, NODAL_STAGE_PN0_I);
  assert_false(nodal_stage_from_name("pN", &stage));
  assert_false(nodal_stage_from_name("pNX", &stage));
}

static NodalStageTable *read_text(const char *text, int nodes, NodalError **error) {
  NodalSource *source = nodal_source_new_memory(text, strlen(text), "t.csv", error);
  assert_non_null(source);
  NodalStageOptions options = NODAL_STAGE_OPTIONS_INIT;
  options.nodes = nodes;
  NodalStageTable *table = nodal_stage_table_read_source(source, &options, error);
  nodal_source_unref(source);
  return table;
}

static void reads_a_table(void **state) {
  (void)state;
  NodalError *error = NULL;
  NodalStageTable *table = read_text("\xEF\xBB\xBFPatient,Stage\r\nb.zip,pN0\r\n\r\na_node_3.tif, Micro \r\n"
                                     "B_node_0.tif,itc\r\n",
                                     1, &error);
  assert_non_null(table);
  assert_int_equal(nodal_stage_table_count(table), 2);
  NodalStagePatient patient;
  assert_true(nodal_stage_table_patient(table, 0, &patient));
  assert_string_equal(patient.name, "B");
  assert_true(patient.staged && patient.stage == NODAL_STAGE_PN0_I && patient.node_count == 1 &&
              patient.nodes.itc == 1);
  assert_string_equal(patient.given, "pN0");
  assert_int_equal(patient.given_line, 2);
  assert_true(nodal_stage_table_patient(table, 1, &patient));
  assert_true(patient.staged && patient.stage == NODAL_STAGE_PN1MI && !patient.given);
  NodalStageNode node;
  assert_true(nodal_stage_table_node(table, 1, 0, &node));
  assert_string_equal(node.name, "a_node_3.tif");
  assert_string_equal(node.text, "Micro");
  assert_true(node.known && node.label == NODAL_CATEGORY_MICRO && node.line == 4);
  assert_false(nodal_stage_table_node(table, 1, 1, &node));
  assert_false(nodal_stage_table_node(table, 2, 0, &node));
  assert_false(nodal_stage_table_node(table, -1, 0, &node));
  assert_false(nodal_stage_table_patient(table, 2, &patient));
  assert_false(nodal_stage_table_patient(table, -1, &patient));
  assert_null(nodal_stage_table_problem(table, 0));
  nodal_stage_table_free(table);
  nodal_stage_table_free(NULL);
}

static void refuses_what_is_no_table(void **state) {
  (void)state;
  const struct {
    const char *text;
    int nodes;
    NodalErrorCode code;
    const char *message;
  } cases[] = {{"", 5, NODAL_ERROR_FORMAT, "t.csv: is empty"},
               {"slide,stadium\n", 5, NODAL_ERROR_FORMAT, "t.csv: line 1: no columns patient,stage or slide,label"},
               {"patient,stage\n", -1, NODAL_ERROR_ARGUMENT, "a patient cannot have -1 nodes"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    NodalError *error = NULL;
    assert_null(read_text(cases[i].text, cases[i].nodes, &error));
    assert_int_equal(nodal_error_code(error), cases[i].code);
    assert_string_equal(nodal_error_message(error), cases[i].message);
    nodal_error_free(error);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(categories_by_length_and_cells),
      cmocka_unit_test(rounding_makes_no_macro),
      cmocka_unit_test(names_of_categories),
      cmocka_unit_test(rules_of_the_challenge),
      cmocka_unit_test(rules_of_ajcc_7),
      cmocka_unit_test(no_nodes_no_stage),
      cmocka_unit_test(names_of_stages),
      cmocka_unit_test(reads_a_table),
      cmocka_unit_test(refuses_what_is_no_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
