/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_STAGING_LESIONS_H
#define NODAL_STAGING_LESIONS_H

#include "staging/deposit.h"
#include <nodal/lesion.h>

/** Areas, and a tree over their boxes. */
typedef struct DepositList {
  Deposit *items; /* along a curve that keeps neighbours together */
  size_t count, capacity;
  StagingBoxes tree;
} DepositList;

typedef struct LesionItem {
  NodalLesion lesion;
  char *label;   /**< what lesion.label points to */
  size_t number; /**< as lesions_merge() gave it */
} LesionItem;

struct NodalLesions {
  StagingSpacing spacing;
  DepositList tumor, cuts;
  size_t *lesion_of; /**< a deposit of tumor: the lesion it belongs to; SIZE_MAX: one that was left out */
  LesionItem *items; /**< the longest first */
  size_t count;
  char **warnings;
  size_t warning_count, warning_capacity;
};

/** gather.c: takes the areas out of the set, each to tumor or cuts. */
bool lesions_gather(NodalLesions *lesions, const NodalAnnotationSet *set, const NodalLesionOptions *options,
                    NodalError **error);
/** What an annotation is called by: its group, NULL without one; or its own name where the set has no groups. */
const char *lesions_name_of(const NodalAnnotationSet *set, const NodalAnnotation *annotation);

/** Adds a warning, unless it is there already or there are very many. */
bool lesions_warn(NodalLesions *lesions, NodalError **error, const char *format, ...) NODAL_PRINTF(3, 4);

/** Sorts the items and builds the tree. */
bool deposit_list_finish(DepositList *list, NodalError **error);
void deposit_list_clear(DepositList *list);

/** The first area from number `from` on that holds the place; `list->count` if none does. */
size_t deposit_list_find(const DepositList *list, NodalPoint place);

/** merge.c: gives each deposit of tumor the number of its lesion in `lesion_of`, from 0, and counts them. */
bool lesions_merge(NodalLesions *lesions, double gap_um, NodalError **error);

#endif
