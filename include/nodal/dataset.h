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
  const char *label;           /**< negative, itc, micro, macro; "tumor" where no more is known */
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

/** How a folder is scanned. Zero is the default. */
typedef struct NodalScanOptions {
  bool plain;                    /**< take no slide for one of CAMELYON because of its name */
  int threads;                   /**< that open slides; 0: one a core */
  const NodalProgress *progress; /**< counts files that may be slides; may be NULL */
} NodalScanOptions;

/**
 * Makes the catalog of a folder and all below it. Of a slide only the header is read.
 *
 * Slides of CAMELYON16 and CAMELYON17 are known by their published names (tumor_001.tif, patient_004_node_4.tif, ...),
 * in any folder and letter case; what is published about them is filled in, and one of which only contours, a mask or a
 * row of a table is there has a row without a path. A folder with a file `phantom.csv` is a synthetic data set of
 * `nodal phantom dataset`: the same names then mean nothing. Any other file is a slide where it can be opened as one,
 * but for PNG and JPEG pictures; it keeps its name, or is called by its path where two have the same. Contours are
 * NAME.xml, .geojson, .json and .ndpa, masks NAME_mask.tif, beside the slide rather than elsewhere. Labels and stages
 * come from stages.csv, stage_labels.csv, reference.csv, GT.csv and phantom.csv, checksums from lists (*.md5, *.sha256,
 * checksums.txt, ...), wherever they lie below the folder.
 *
 * A slide that cannot be read has a row with a note, and a warning. Fails where the folder itself cannot be read.
 * Paths are relative to `root`. The same for any number of threads. `options` may be NULL.
 */
NODAL_API NODAL_MUST_CHECK NodalCatalog *nodal_catalog_scan(const char *root, const NodalScanOptions *options,
                                                            NodalError **error);

/** What was odd when the folder was scanned, one line each, by index from 0; NULL past the last. */
NODAL_API const char *nodal_catalog_warning(const NodalCatalog *catalog, int index);

/** A path of a row as it can be opened, freed with nodal_free(). */
NODAL_API NODAL_MUST_CHECK char *nodal_catalog_resolve(const NodalCatalog *catalog, const char *path,
                                                       NodalError **error);

/** How much a finding weighs. */
typedef enum NodalSeverity {
  NODAL_SEVERITY_ERROR,   /**< something is wrong: missing, damaged, or two statements that cannot both hold */
  NODAL_SEVERITY_WARNING, /**< something that should be looked at before the data are used */
  NODAL_SEVERITY_NOTE     /**< something to know */
} NodalSeverity;

/** "error", "warning" or "note". Static. */
NODAL_API const char *nodal_severity_name(NodalSeverity severity);

/** One thing that a check found. */
typedef struct NodalFinding {
  NodalSeverity severity;
  const char *kind;    /**< "file", "size", "spacing", "levels", "tiles", "annotation", "mask", "contours", "category",
                          "checksum", "duplicate", "labels", "patient", "stage" or "erratum". Static. */
  const char *slide;   /**< or the patient, or the file of a list; "" for the catalog as a whole */
  const char *message; /**< one line */
} NodalFinding;

/** How a catalog is checked. Zero is the default. */
typedef struct NodalCheckOptions {
  const char *const *checksums; /**< lists of md5sum or sha256sum to check files by; paths relative to each list */
  int checksum_count;
  bool deep;   /**< decode every tile of every level, and check the checksums that the catalog itself states */
  int threads; /**< 0: one a core */
  const NodalProgress *progress; /**< counts bytes, and a part of them for each slide; may be NULL */
} NodalCheckOptions;

/**
 * What is wrong with a data set, ordered by slide, what concerns the whole last. Reading from it is thread-safe. What a
 * getter returns is borrowed and lives as long as the findings.
 */
typedef struct NodalFindings NodalFindings;

/**
 * Checks the files of a catalog and what it states. A file that is missing or damaged is a finding. Fails where a list
 * of checksums cannot be read, without memory, or cancelled. The same for any number of threads. `options` may be NULL.
 *
 * Contours are measured as nodal_lesions_of_annotations() does and compared with the label: by the limits of 0.2 and 2
 * mm, give or take a tenth, as contours are drawn by hand; deposits less than 0.5 mm apart may count as one before a
 * label is called too high. Spacings of CAMELYON are expected from 0.2 to 0.3 um, of others from 0.05 to 20 um, equal
 * in x and y to 1 %. A mask fits that is smaller than the slide by a power of two, but for 64 pixels and the padding of
 * its last tile. Stages follow by NODAL_STAGE_CHALLENGE.
 */
NODAL_API NODAL_MUST_CHECK NodalFindings *nodal_catalog_check(const NodalCatalog *catalog,
                                                              const NodalCheckOptions *options, NodalError **error);
NODAL_API void nodal_findings_free(NodalFindings *findings);

NODAL_API int nodal_findings_count(const NodalFindings *findings);

/** Fills `finding`; false past the last. */
NODAL_API bool nodal_findings_get(const NodalFindings *findings, int index, NodalFinding *finding);

/**
 * Slides or patients of a data set counted by center: tables 3, 4 and 5 of Litjens et al., "1399 H&E-stained sentinel
 * lymph node sections of breast cancer patients: the CAMELYON dataset", GigaScience 7 (2018) giy065. Reading from it is
 * thread-safe. What a getter returns is borrowed and lives as long as the table.
 */
typedef struct NodalCountTable NodalCountTable;

/**
 * Counts the rows of one data set ("CAMELYON16", "CAMELYON17", "phantom", "" for all others). `number` 3: slides of
 * CAMELYON16 by label; 4: slides by label, 5: patients by the stage that the catalog states; of CAMELYON17 only the
 * training set. Slides that were removed from CAMELYON16 are not counted. Fails with NODAL_ERROR_ARGUMENT where there
 * is no such table of that data set, or no row of it.
 */
NODAL_API NODAL_MUST_CHECK NodalCountTable *nodal_count_table_new(const NodalCatalog *catalog, int number,
                                                                  const char *dataset, NodalError **error);
NODAL_API void nodal_count_table_free(NodalCountTable *table);

/** Numbers of rows and columns; the last of each is the sum of the others. */
NODAL_API int nodal_count_table_rows(const NodalCountTable *table);
NODAL_API int nodal_count_table_columns(const NodalCountTable *table);

/** The center of a row, "unknown" or "total"; NULL past the last. */
NODAL_API const char *nodal_count_table_row(const NodalCountTable *table, int row);

/** The label or stage of a column, "unknown" or "total"; NULL past the last. */
NODAL_API const char *nodal_count_table_column(const NodalCountTable *table, int column);

/** The count of a cell; 0 outside. */
NODAL_API int64_t nodal_count_table_value(const NodalCountTable *table, int row, int column);

/**
 * What the paper prints in that cell; -1 where it prints nothing, or where the two cannot be compared: another data
 * set, a part of the slides only, centers that are not known.
 */
NODAL_API int64_t nodal_count_table_printed(const NodalCountTable *table, int row, int column);

/** Why the released data differ from what is printed, what was not compared and why, one line each, by index from 0;
 * NULL past the last. */
NODAL_API const char *nodal_count_table_remark(const NodalCountTable *table, int index);

#ifdef __cplusplus
}
#endif
#endif
