/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/froc.h"

#include <string.h>

static const NodalFrocRules table[] = {
    {.name = "2016",
     .tumor_value = 255,
     .spacing_um = 0.243,
     .single_precision = true,
     .drops_lowest = true,
     .interpolates = true,
     .drops_missing = true},
    {.name = "dataset", .tumor_value = 2, .width_ratio = true, .rounds = true, .reference_names = "test"},
};

const NodalFrocRules *nodal_froc_rules(const char *name) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    if (strcmp(table[i].name, name) == 0) {
      return &table[i];
    }
  }
  return NULL;
}

double nodal_froc_target(int index) {
  static const double targets[NODAL_FROC_TARGETS] = {0.25, 0.5, 1, 2, 4, 8};
  return targets[index];
}
