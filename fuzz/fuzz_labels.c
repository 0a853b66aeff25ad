/* SPDX-License-Identifier: Apache-2.0 */
/* Input: two tables of labels with a NUL byte between them. */
#include "fuzz.h"

#include <math.h>
#include <nodal/labels.h>

static const NodalLabelKind kinds[] = {NODAL_LABEL_SLIDE, NODAL_LABEL_PATIENT};

static NodalLabels *read_table(const uint8_t *data, size_t size) {
  NodalError *error = NULL;
  NodalSource *source = nodal_source_new_memory(data, size, "fuzz", NULL);
  NodalLabels *labels = nodal_labels_read_source(source, &error);
  fuzz_check_outcome(labels != NULL, error, "fuzz: ");
  nodal_source_unref(source);
  for (int i = 0; labels && i < 2; i++) {
    NodalLabel label;
    size_t count = 0;
    for (; nodal_labels_item(labels, kinds[i], count, &label); count++) {
      FUZZ_REQUIRE(nodal_label_name(label.kind, label.class_index) && label.line > 0 && label.name[0]);
    }
    FUZZ_REQUIRE(count == nodal_labels_count(labels, kinds[i]));
  }
  return labels;
}

/* Every label is in both or in one, and every difference is counted. */
static void check_comparison(const NodalLabelComparison *comparison, const NodalLabels *a, const NodalLabels *b) {
  size_t differences = 0;
  for (int i = 0; i < 2; i++) {
    NodalLabelAgreement agreement = nodal_label_comparison_agreement(comparison, kinds[i]);
    FUZZ_REQUIRE(agreement.common + agreement.a_only == nodal_labels_count(a, kinds[i]));
    FUZZ_REQUIRE(agreement.common + agreement.b_only == nodal_labels_count(b, kinds[i]));
    FUZZ_REQUIRE(isnan(agreement.kappa) || (agreement.kappa >= -1 && agreement.kappa <= 1));
    differences += agreement.differing + agreement.a_only + agreement.b_only;
  }
  NodalLabelDifference difference;
  FUZZ_REQUIRE(differences == 0 || nodal_label_comparison_difference(comparison, differences - 1, &difference));
  FUZZ_REQUIRE(!nodal_label_comparison_difference(comparison, differences, &difference));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *border = size ? memchr(data, 0, size) : NULL;
  size_t first = border ? (size_t)(border - data) : size;
  NodalLabels *a = read_table(data, first);
  NodalLabels *b = border ? read_table(border + 1, size - first - 1) : NULL;
  if (a && b) {
    NodalError *error = NULL;
    NodalLabelComparison *comparison = nodal_labels_compare(a, b, &error);
    bool valid = !nodal_labels_problem(a, 0) && !nodal_labels_problem(b, 0);
    FUZZ_REQUIRE((comparison != NULL) == valid);
    fuzz_check_outcome(comparison != NULL, error, "fuzz: ");
    if (comparison) {
      check_comparison(comparison, a, b);
    }
    nodal_label_comparison_free(comparison);
  }
  nodal_labels_free(a);
  nodal_labels_free(b);
  return 0;
}
