/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_DATASET_CASES_H
#define NODAL_DATASET_CASES_H

#include "base/error.h"
#include <nodal/labels.h>
#include <nodal/split.h>

/* The last of the classes of a slide or patient: not known. */
enum { CASE_LABELS = 6, CASE_STAGES = 6, CASE_NO_LABEL = 5, CASE_NO_STAGE = 5 };

/**
 * Numbers names: ids[i] is the place of names[i] among the distinct ones in order, whatever their letter case; -1 for
 * "". `*count_of` is how many there are.
 */
bool dataset_number_names(const char *const *names, size_t count, int *ids, int *count_of, NodalError **error);

/** A patient. */
typedef struct DatasetPatient {
  size_t slide;                /* its first one */
  int center, stage;           /* center: -1 where it is not known */
  int64_t labels[CASE_LABELS]; /* of its slides */
  int64_t slides;
} DatasetPatient;

/** The patients of some slides. Zero is none. */
typedef struct DatasetPatients {
  DatasetPatient *items;
  int count;
  int *of_slide; /* which patient a slide is of */
  int centers;
} DatasetPatients;

bool dataset_gather_patients(const NodalSplitSlide *slides, size_t count, DatasetPatients *patients,
                             NodalError **error);
void dataset_clear_patients(DatasetPatients *patients);

#endif
