/* SPDX-License-Identifier: Apache-2.0 */
#include <nodal/stage.h>
#include <strings.h>

static const char *const stage_names[] = {"pN0", "pN0(i+)", "pN1mi", "pN1", "pN1a", "pN1b", "pN1c",
                                          "pN2", "pN2a",    "pN2b",  "pN3", "pN3a", "pN3b"};
static const char *const mammary_names[] = {"none", "sentinel", "clinical"};

const char *nodal_stage_name(NodalStage stage) {
  return stage_names[stage];
}

bool nodal_stage_from_name(const char *name, NodalStage *stage) {
  for (int i = NODAL_STAGE_PN0; i <= NODAL_STAGE_PN3B; i++) {
    if (strcasecmp(name, stage_names[i]) == 0) {
      *stage = (NodalStage)i;
      return true;
    }
  }
  return false;
}

const char *nodal_mammary_name(NodalMammary mammary) {
  return mammary_names[mammary];
}

/* The stage of the axillary nodes alone, in the words of AJCC 7. */
static NodalStage stage_of_axilla(const NodalNodeCounts *nodes) {
  int64_t positive = nodes->micro + nodes->macro;
  if (positive == 0) {
    return nodes->itc > 0 ? NODAL_STAGE_PN0_I : NODAL_STAGE_PN0;
  }
  if (nodes->macro == 0) {
    return NODAL_STAGE_PN1MI;
  }
  return positive <= 3 ? NODAL_STAGE_PN1A : positive <= 9 ? NODAL_STAGE_PN2A : NODAL_STAGE_PN3A;
}

static bool stage_of_challenge(NodalStage axilla, NodalStage *stage) {
  switch (axilla) {
  case NODAL_STAGE_PN1A:
    *stage = NODAL_STAGE_PN1;
    return true;
  case NODAL_STAGE_PN2A:
    *stage = NODAL_STAGE_PN2;
    return true;
  case NODAL_STAGE_PN3A:
    return false;
  default:
    *stage = axilla;
    return true;
  }
}

/* With metastases in internal mammary nodes. */
static NodalStage stage_with_mammary(NodalStage axilla, int64_t positive, NodalMammary mammary) {
  if (positive == 0) {
    return mammary == NODAL_MAMMARY_CLINICAL ? NODAL_STAGE_PN2B : NODAL_STAGE_PN1B;
  }
  if (mammary == NODAL_MAMMARY_SENTINEL && positive <= 3) {
    return NODAL_STAGE_PN1C;
  }
  return axilla == NODAL_STAGE_PN3A ? NODAL_STAGE_PN3 : NODAL_STAGE_PN3B;
}

bool nodal_stage_of(NodalStageRules rules, const NodalNodeCounts *nodes, NodalMammary mammary, NodalStage *stage) {
  if (nodes->negative + nodes->itc + nodes->micro + nodes->macro == 0) {
    return false;
  }
  NodalStage axilla = stage_of_axilla(nodes);
  if (rules == NODAL_STAGE_CHALLENGE) {
    return stage_of_challenge(axilla, stage);
  }
  *stage = mammary == NODAL_MAMMARY_NONE ? axilla : stage_with_mammary(axilla, nodes->micro + nodes->macro, mammary);
  return true;
}
