/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_DATASET_FACTS_H
#define NODAL_DATASET_FACTS_H

#include <nodal/lesion.h>
#include <nodal/stage.h>

/*
 * What is published about CAMELYON16 and CAMELYON17 and cannot be read from their files. Each table of facts.c names
 * its source.
 */

extern const char facts_camelyon16[], facts_camelyon17[];

/** Nodes of a patient of CAMELYON17, patients of its training set. */
enum { FACTS_NODES = 5, FACTS_PATIENTS = 100, FACTS_CENTERS = 5 };

/** What is known of a slide by its name. */
typedef struct SlideFacts {
  const char *dataset, *split;
  const char *center, *scanner; /**< "" where that is not published */
  int patient, node;            /**< of CAMELYON17; else -1 */
  bool annotated;               /**< one of those that are published with contours */
  bool incomplete;              /**< it has contours, and there may be tumor outside of them */
  bool removed;                 /**< no longer a part of the data set */
  bool tumor, normal;           /**< what the name says it shows */
  const char *note;             /**< what else is to be known; "" */
} SlideFacts;

/** Looks a slide up by its name without folder and extension, in any letter case; false for any other name. */
bool facts_of_slide(const char *name, SlideFacts *facts);

/** "CWZ", ... : the center of CAMELYON17 that the folder center_N and the column `center` number so; NULL past them. */
const char *facts_center(int64_t number);

/** The two versions of the training labels of CAMELYON17 that are in circulation. */
typedef enum LabelVersion { LABELS_A, LABELS_B } LabelVersion;

/** The label of a slide of the training set, patient 0 to 99 and node 0 to 4. */
NodalCategory facts_label(LabelVersion version, int patient, int node);

/** A table as it was printed: Litjens et al., GigaScience 7 (2018) giy065. */
typedef struct PrintedTable {
  int number;
  const char *dataset;
  int rows, columns;
  const char *row_names[FACTS_CENTERS];
  const char *column_names[5];
  int values[FACTS_CENTERS][5];
} PrintedTable;

/** Tables 3, 4 and 5; NULL for any other number. */
const PrintedTable *facts_printed_table(int number);

#endif
