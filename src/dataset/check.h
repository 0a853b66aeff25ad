/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_DATASET_CHECK_H
#define NODAL_DATASET_CHECK_H

#include "dataset/catalog.h"
#include <pthread.h>

/* The parts of nodal_catalog_check(). */

typedef struct Finding {
  NodalSeverity severity;
  const char *kind;
  char *slide, *message;
  size_t number; /**< in the order in which they came */
} Finding;

struct NodalFindings {
  Finding *items;
  size_t count, capacity;
};

/** Adds a finding; control characters become spaces. False only where there is no memory. */
bool findings_add(NodalFindings *findings, NodalError **error, NodalSeverity severity, const char *kind,
                  const char *slide, const char *format, ...) NODAL_PRINTF(6, 7);

/** Moves the findings of `from` to the end of `findings`. */
bool findings_move(NodalFindings *findings, NodalFindings *from, NodalError **error);

/** Frees what it holds. */
void findings_clear(NodalFindings *findings);

/** Bytes that are done of all that are to be, from any thread. */
typedef struct CheckProgress {
  pthread_mutex_t lock;
  uint64_t done, total;
  const NodalProgress *progress; /**< NULL: nobody watches */
} CheckProgress;

/** Adds to what is done; false, with an error, when the work is to stop. */
bool check_advance(CheckProgress *progress, uint64_t bytes, NodalError **error);

typedef struct Check {
  const NodalCatalog *catalog;
  const NodalCheckOptions *options;
  NodalFindings *findings;
  CheckProgress progress;
  bool files; /**< whether any slide has a file */
} Check;

/** What a slide weighs besides the bytes that are read of it. */
enum { CHECK_SLIDE_BYTES = 1 << 20 };

/** Whether the label says that there is tumor; or that there is none. */
bool check_is_positive(const CatalogEntry *entry);
bool check_is_negative(const CatalogEntry *entry);

/** check_slide.c: the file of one slide. */
bool check_slide(Check *check, const CatalogEntry *entry, NodalFindings *findings, NodalError **error);

/** Level 0 of a slide, from its file or the catalog; 0 where it is not known. */
typedef struct CheckFrame {
  int64_t width, height;
  double x_um, y_um;
} CheckFrame;

/** check_contours.c: the contours of one slide, and its label beside them. */
bool check_contours(Check *check, const CatalogEntry *entry, const CheckFrame *frame, NodalFindings *findings,
                    NodalError **error);

/** check_checksums.c */
bool check_checksums(Check *check, NodalError **error);

/** check_labels.c: versions, patients, stages, errata, contours that should be there. */
bool check_labels(Check *check, NodalError **error);

#endif
