/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_STAGE_H
#define NODAL_STAGE_H

#include <nodal/error.h>
#include <nodal/lesion.h>
#include <nodal/source.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The rules by which the labels of a patient's nodes become a stage. */
typedef enum NodalStageRules {
  NODAL_STAGE_CHALLENGE, /**< those of CAMELYON17: pN0, pN0(i+), pN1mi, pN1, pN2 */
  NODAL_STAGE_AJCC7      /**< AJCC Cancer Staging Manual, 7th edition, breast: with a, b, c and pN3 */
} NodalStageRules;

/** A pathologic N stage. Ordered by what it stands for: a stage with letters comes after the one without. */
typedef enum NodalStage {
  NODAL_STAGE_PN0,
  NODAL_STAGE_PN0_I,
  NODAL_STAGE_PN1MI,
  NODAL_STAGE_PN1,
  NODAL_STAGE_PN1A,
  NODAL_STAGE_PN1B,
  NODAL_STAGE_PN1C,
  NODAL_STAGE_PN2,
  NODAL_STAGE_PN2A,
  NODAL_STAGE_PN2B,
  NODAL_STAGE_PN3,
  NODAL_STAGE_PN3A,
  NODAL_STAGE_PN3B
} NodalStage;

/** "pN0", "pN0(i+)", "pN1mi", "pN1", ... Static. */
NODAL_API const char *nodal_stage_name(NodalStage stage);

/** The stage of that name, in any letter case; false where there is none. */
NODAL_API bool nodal_stage_from_name(const char *name, NodalStage *stage);

/** How many of a patient's axillary nodes have which label. */
typedef struct NodalNodeCounts {
  int64_t negative, itc, micro, macro;
} NodalNodeCounts;

/** Metastases in internal mammary nodes, larger than isolated tumor cells. */
typedef enum NodalMammary {
  NODAL_MAMMARY_NONE,
  NODAL_MAMMARY_SENTINEL, /**< found by sentinel lymph node biopsy, not clinically detected */
  NODAL_MAMMARY_CLINICAL  /**< clinically detected */
} NodalMammary;

/** "none", "sentinel" or "clinical". Static. */
NODAL_API const char *nodal_mammary_name(NodalMammary mammary);

/**
 * The stage of a patient with these nodes; false, and nothing stored, where the rules have none. Nodes with ITC alone
 * never count as positive; positive are micro and macro.
 *
 * CAMELYON17 (`mammary` is not looked at): pN0 none; pN0(i+) ITC only; pN1mi micro and no macro, however many; pN1 1 to
 * 3 positive, at least one macro; pN2 4 to 9 positive, at least one macro. None for 10 and more with a macro.
 *
 * AJCC 7 (as in the pN table of the National Cancer Institute's PDQ on breast cancer, NBK65744): pN1 and pN2 become
 * pN1a and pN2a, and pN3a is 10 and more positive, at least one macro. Internal mammary nodes found by sentinel biopsy:
 * pN1b without positive axillary nodes, pN1c with 1 to 3, pN3b with more. Clinically detected ones: pN2b without, pN3b
 * with any. Where both pN3a and pN3b hold, which the text leaves open, it is pN3. What a table of axillary nodes does
 * not tell (level III, supraclavicular, pN0(mol+), pNX) is never given.
 *
 * Neither has a stage for a patient without nodes.
 */
NODAL_API bool nodal_stage_of(NodalStageRules rules, const NodalNodeCounts *nodes, NodalMammary mammary,
                              NodalStage *stage);

/** How a table is staged. Start from NODAL_STAGE_OPTIONS_INIT. */
typedef struct NodalStageOptions {
  NodalStageRules rules;
  int nodes; /**< how many nodes a patient must have; 0: any number but none */
} NodalStageOptions;

#define NODAL_STAGE_OPTIONS_INIT                                                                                       \
  { .rules = NODAL_STAGE_CHALLENGE, .nodes = 5 }

/**
 * The nodes of many patients and their stages. Reading from it is thread-safe. What a getter returns is borrowed and
 * lives as long as the table.
 */
typedef struct NodalStageTable NodalStageTable;

/**
 * Reads a table of node labels and stages every patient. CSV with LF or CRLF, any letter case, and a header line:
 *
 * - `patient,stage`, the format of CAMELYON17: rows "patient_004.zip,pN1" give a patient's stage, which is kept to be
 *   compared, rows "patient_004_node_1.tif,macro" a node's label. A third column `center` is kept.
 * - `slide,label`: the same names; whatever follows the node's number is no part of the name.
 * - `patient,slide,label`: slides of any name.
 *
 * A column `internal_mammary` (none, sentinel, clinical; on any of a patient's rows) is used by NODAL_STAGE_AJCC7;
 * without it there are none. Further columns are not looked at.
 *
 * A patient with an unknown label, a node that is there twice, too few or too many nodes or none gets no stage and is
 * named by a problem; that is no failure. Fails where the file cannot be read or has no such columns.
 */
NODAL_API NODAL_MUST_CHECK NodalStageTable *nodal_stage_table_read(const char *path, const NodalStageOptions *options,
                                                                   NodalError **error);
NODAL_API NODAL_MUST_CHECK NodalStageTable *
nodal_stage_table_read_source(NodalSource *source, const NodalStageOptions *options, NodalError **error);
NODAL_API void nodal_stage_table_free(NodalStageTable *table);

/** One patient. */
typedef struct NodalStagePatient {
  const char *name; /**< as the table writes it, without ".zip" */
  NodalNodeCounts nodes;
  int node_count;
  NodalMammary mammary;
  bool staged; /**< false: there was a problem */
  NodalStage stage;
  const char *given;  /**< the stage that the table states, or NULL */
  int64_t given_line; /**< where, from 1 */
} NodalStagePatient;

/** Number of patients. */
NODAL_API int nodal_stage_table_count(const NodalStageTable *table);

/** Fills `patient`, in the order of the file; false past the last. */
NODAL_API bool nodal_stage_table_patient(const NodalStageTable *table, int index, NodalStagePatient *patient);

/** One node of a patient. */
typedef struct NodalStageNode {
  const char *name; /**< as CAMELYON17 would write it: "patient_004_node_1.tif" */
  const char *text; /**< the label as it stands in the table */
  bool known;       /**< false: it is no label */
  NodalCategory label;
  int64_t line; /**< from 1 */
} NodalStageNode;

/** Fills `node`, in the order of the file; false past the last. */
NODAL_API bool nodal_stage_table_node(const NodalStageTable *table, int patient, int index, NodalStageNode *node);

/** What kept patients from a stage, one line each with file and line, by index from 0; NULL past the last. */
NODAL_API const char *nodal_stage_table_problem(const NodalStageTable *table, int index);

/**
 * Writes the patients that have a stage in the format of CAMELYON17: `patient,stage`, a row a patient and then a row a
 * node; `center` and the ends of lines as the input had them.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_stage_table_write(const NodalStageTable *table, const char *path, bool force,
                                                        NodalError **error);

#ifdef __cplusplus
}
#endif
#endif
