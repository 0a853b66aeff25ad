/* SPDX-License-Identifier: Apache-2.0 */
/* Input: one byte of options, then a table of node labels. */
#include "fuzz.h"

#include <nodal/stage.h>

/* What a table promises about its patients, whatever was in the file. */
static void check_table(const NodalStageTable *table, bool any_number) {
  NodalStagePatient patient;
  int problems = 0;
  const char *problem;
  while ((problem = nodal_stage_table_problem(table, problems)) != NULL) {
    FUZZ_REQUIRE(strncmp(problem, "fuzz: line ", 11) == 0);
    problems++;
  }
  for (int i = 0; nodal_stage_table_patient(table, i, &patient); i++) {
    const NodalNodeCounts *nodes = &patient.nodes;
    int64_t known = nodes->negative + nodes->itc + nodes->micro + nodes->macro;
    FUZZ_REQUIRE(patient.staged || problems > 0);
    FUZZ_REQUIRE(!patient.staged || known == patient.node_count);
    FUZZ_REQUIRE(!patient.staged || (any_number ? known > 0 : known == 5));
    NodalStageNode node;
    int count = 0;
    while (nodal_stage_table_node(table, i, count, &node)) {
      known -= node.known;
      count++;
    }
    FUZZ_REQUIRE(count == patient.node_count && known == 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  NodalStageOptions options = {.rules = data[0] & 1 ? NODAL_STAGE_AJCC7 : NODAL_STAGE_CHALLENGE,
                               .nodes = data[0] & 2 ? 0 : 5};
  NodalError *error = NULL;
  NodalSource *source = nodal_source_new_memory(data + 1, size - 1, "fuzz", NULL);
  NodalStageTable *table = nodal_stage_table_read_source(source, &options, &error);
  fuzz_check_outcome(table != NULL, error, "fuzz: ");
  if (table) {
    check_table(table, options.nodes == 0);
  }
  nodal_stage_table_free(table);
  nodal_source_unref(source);
  return 0;
}
