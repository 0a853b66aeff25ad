/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_DATASET_CATALOG_H
#define NODAL_DATASET_CATALOG_H

#include "evaluation/names.h"
#include <nodal/dataset.h>

/** The columns that hold text, in the order of a catalog's file. */
typedef enum CatalogText {
  CATALOG_SLIDE,
  CATALOG_PATH,
  CATALOG_DATASET,
  CATALOG_SPLIT,
  CATALOG_CENTER,
  CATALOG_PATIENT,
  CATALOG_NODE,
  CATALOG_LABEL,
  CATALOG_STAGE,
  CATALOG_ANNOTATION,
  CATALOG_MASK,
  CATALOG_SCANNER,
  CATALOG_CHECKSUM,
  CATALOG_NOTES,
  CATALOG_TEXTS
} CatalogText;

/** A row; what is not known is NULL or 0. */
typedef struct CatalogEntry {
  char *texts[CATALOG_TEXTS];
  int64_t width, height, bytes;
  double spacing_um;
  long line; /**< of the file it was read from; 0: of none */
} CatalogEntry;

struct NodalCatalog {
  char *folder; /**< what relative paths are relative to; "" for the current one */
  CatalogEntry *entries;
  size_t count, capacity;
  EvaluationProblems warnings;
};

/** An empty catalog. */
NodalCatalog *catalog_new(const char *folder, NodalError **error);

/** A new entry at the end, with a copy of its name; it may move when another is added. */
CatalogEntry *catalog_add(NodalCatalog *catalog, const char *slide, NodalError **error);

/** The entry of that name, in any letter case, or a new one in its place among entries in order; it may move when
 * another is added. */
CatalogEntry *catalog_insert(NodalCatalog *catalog, const char *slide, NodalError **error);

/** Sets a text to a copy; "" makes it unknown again. */
bool catalog_set(CatalogEntry *entry, CatalogText column, const char *text, NodalError **error);

/** "" where it is not known. */
const char *catalog_text(const CatalogEntry *entry, CatalogText column);

/** Appends to the notes, unless it is there already. */
bool catalog_note(CatalogEntry *entry, NodalError **error, const char *format, ...) NODAL_PRINTF(3, 4);

/** Orders the entries by name; then the two of the same name that come first, or false. */
bool catalog_sort(NodalCatalog *catalog, const CatalogEntry **first, const CatalogEntry **second);

#endif
