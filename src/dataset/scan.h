/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_DATASET_SCAN_H
#define NODAL_DATASET_SCAN_H

#include "dataset/catalog.h"
#include "dataset/walk.h"

/* The parts of nodal_catalog_scan(). */

/** A file that is a slide, or may be one. */
typedef struct ScanSlide {
  const WalkFile *file;
  char *stem;     /**< of its name */
  bool certain;   /**< a slide by its name: told where it cannot be read */
  bool qualified; /**< another slide has the same name: this one is named by its path */
  bool read;
  int64_t width, height;
  double spacing_um;
  char *scanner; /**< "" where the file does not tell */
  char *problem; /**< why it could not be read; NULL: it could */
} ScanSlide;

typedef struct Scan {
  const NodalScanOptions *options;
  NodalCatalog *catalog;
  Walk walk;
  bool phantom; /**< the folder is a phantom data set */
  ScanSlide *slides;
  size_t slide_count, slide_capacity;
} Scan;

/** The name of a file without its extension, and without the ".ome" of ".ome.tif"; to be freed. */
char *scan_stem(const char *name, NodalError **error);

/** Whether the name ends in one of the extensions (NULL at the end), in any letter case. */
bool scan_has_extension(const char *name, const char *const *extensions);

/** Whether the path lies in that folder of the root. */
bool scan_lies_in(const char *path, const char *folder);

/** Whether it is a mask by its name: NAME_mask.tif. */
bool scan_is_mask(const char *name);

/** The message of an error without the root that the name of its file begins with. Borrowed from `cause`. */
const char *scan_message(const Scan *scan, const NodalError *cause);

/** Makes a warning of an error, which is freed; false where that itself fails, or the error says that all must end. */
bool scan_warn(Scan *scan, NodalError *cause, NodalError **error);

/** The row of a slide; a new one has what is published of it. */
CatalogEntry *scan_row(Scan *scan, const char *name, NodalError **error);

/** scan_slides.c: finds the slides, opens them and adds their rows. */
bool scan_slides(Scan *scan, NodalError **error);

/** scan_companions.c: gives each slide its contours and its mask. */
bool scan_companions(Scan *scan, NodalError **error);

/** scan_tables.c: labels and stages from the tables, checksums from the lists. */
bool scan_tables(Scan *scan, NodalError **error);
bool scan_checksums(Scan *scan, NodalError **error);

#endif
