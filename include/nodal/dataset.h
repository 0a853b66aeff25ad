/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_DATASET_H
#define NODAL_DATASET_H

#include <nodal/error.h>
#include <nodal/source.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * One slide of a data set. Text that is not known is "" and never NULL, numbers that are not known are 0. What a getter
 * returns is borrowed and lives as long as the catalog.
 */
typedef struct NodalCatalogRow {
  const char *slide;           /**< name of the slide: that of its file without folder and extension */
  const char *path;            /**< of the file; relative to the folder of the catalog's file, or absolute */
  const char *dataset;         /**< "CAMELYON16", "CAMELYON17", "phantom" or "" */
  const char *split;           /**< "train" or "test" */
  const char *center;          /**< CWZ, RST, UMCU, RUMC, LPON; what another data set calls its own */
  const char *patient;         /**< "patient_004" */
  const char *node;            /**< "0" to "4" */
  const char *label;           /**< negative, itc, micro, macro; "tumor" or "normal" where no more is known */
  const char *stage;           /**< of the patient: pN0, pN0(i+), pN1mi, pN1, pN2 */
  const char *annotation;      /**< path of its contours, as `path` */
  const char *mask;            /**< path of its mask, as `path` */
  int64_t width_px, height_px; /**< of level 0 */
  double spacing_um;           /**< of level 0, horizontally */
  const char *scanner;         /**< where the file or the published facts tell */
  int64_t bytes;               /**< size of the file */
  const char *checksum;        /**< "md5:..." or "sha256:...", lower-case hexadecimal, from a list beside the data */
  const char *notes;           /**< published facts and what was odd, separated by "; " */
} NodalCatalogRow;

/** The catalog of a data set: one row a slide, ordered by name without regard to letter case. Reading from it is
 * thread-safe. */
typedef struct NodalCatalog NodalCatalog;

/**
 * Reads a catalog: CSV with a header that names the columns `slide`, `path`, `dataset`, `split`, `center`, `patient`,
 * `node`, `label`, `stage`, `annotation`, `mask`, `width_px`, `height_px`, `spacing_um`, `scanner`, `bytes`,
 * `checksum`, `notes` in any order. `slide` is required, what is missing is unknown, further columns are not looked
 * at. Fails, with its line, where a number is none or negative, a slide has no name, or one is there twice (in any
 * letter case).
 */
NODAL_API NODAL_MUST_CHECK NodalCatalog *nodal_catalog_read(const char *path, NodalError **error);

/** The same from any byte source; paths are relative to the folder of the file, or to the current one where the source
 * is no file. */
NODAL_API NODAL_MUST_CHECK NodalCatalog *nodal_catalog_read_source(NodalSource *source, NodalError **error);
NODAL_API void nodal_catalog_free(NodalCatalog *catalog);

/**
 * Writes all columns; an existing file is kept unless `force`. Paths are written anew: relative where the file lies in
 * the folder of the catalog or below it, else absolute.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_catalog_write(const NodalCatalog *catalog, const char *path, bool force,
                                                    NodalError **error);

/** Number of slides. */
NODAL_API int nodal_catalog_count(const NodalCatalog *catalog);

/** Fills `row`; false past the last. */
NODAL_API bool nodal_catalog_row(const NodalCatalog *catalog, int index, NodalCatalogRow *row);

/** Index of the slide of that name, in any letter case; -1 if there is none. */
NODAL_API int nodal_catalog_find(const NodalCatalog *catalog, const char *slide);

/** A path of a row as it can be opened, freed with nodal_free(). */
NODAL_API NODAL_MUST_CHECK char *nodal_catalog_resolve(const NodalCatalog *catalog, const char *path,
                                                       NodalError **error);

#ifdef __cplusplus
}
#endif
#endif
