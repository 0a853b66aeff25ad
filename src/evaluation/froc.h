/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_EVALUATION_FROC_H
#define NODAL_EVALUATION_FROC_H

#include "evaluation/names.h"
#include <nodal/froc.h>
#include <nodal/source.h>

/** How many times smaller than the slide the level is that both scripts look at: level 5. */
#define FROC_DOWNSAMPLE 32.0

/** Micrometres: lesions nearer than this are one; a longest axis below this is ITC. */
#define FROC_GAP_UM 75.0
#define FROC_ITC_UM (200.0 + FROC_GAP_UM)

/** Pixels of level 5 of a slide, at most. */
#define FROC_MAX_PIXELS ((size_t)1 << 28)

/* --- lesions --- */

struct NodalFrocTruth {
  int64_t width, height;   /* of level 5, pixels */
  int64_t width0, height0; /* of level 0; INT64_MAX: not known */
  double downsample;
  NodalRect box;            /* what `labels` covers, pixels of level 5; none where there is no tumor */
  uint32_t *labels;         /* row by row without gaps; 0: no lesion */
  NodalFrocLesion *lesions; /* slide and probability not set */
  size_t lesion_count;
};

/** nodal_froc_truth_new() for a slide whose level 0 is of this size. */
NodalFrocTruth *froc_truth_make(const NodalFrocRules *rules, const NodalRaster *mask, double downsample,
                                double spacing_um, int64_t width0, int64_t height0, int threads, NodalError **error);

/** The number of the lesion at a place of level 0; 0: none. False where the place is outside the slide. */
bool froc_truth_find(const NodalFrocTruth *truth, const NodalFrocRules *rules, double x, double y, uint32_t *number);

/* --- slides --- */

/** A probability at which a slide counts one more. */
typedef struct FrocEvent {
  double value;
  uint32_t slide;
  uint32_t own;     /* index among the thresholds */
  uint32_t counted; /* the highest threshold at which it counts; of lesions */
} FrocEvent;

typedef struct FrocEvents {
  FrocEvent *items;
  size_t count, capacity;
} FrocEvents;

/** Probabilities in falling order, and the thresholds they make. */
typedef struct FrocThresholds {
  FrocEvent *positives, *lesions; /* false positives; lesions, of which those that were missed have 0 */
  size_t positive_count, lesion_count;
  double *values; /* falling, each once */
  size_t count;
} FrocThresholds;

typedef struct FrocSlide {
  char *name;
  size_t lesions; /* that count */
} FrocSlide;

/** What comes of one slide. Zero it first. */
typedef struct FrocPart {
  NodalFrocLesion *lesions;
  size_t lesion_count;
  double *positives; /* probabilities of the false positives */
  size_t positive_count;
} FrocPart;

struct NodalFroc {
  const NodalFrocRules *rules;
  bool include_itc;
  FrocSlide *slides;
  size_t slide_count, slide_capacity;
  NodalFrocLesion *lesions;
  size_t lesion_count, lesion_capacity;
  FrocEvents positives;
  EvaluationProblems problems, warnings;
};

/** Assigns detections to lesions; fails as nodal_froc_add() does. */
bool froc_part_make(FrocPart *part, const NodalFrocRules *rules, const NodalFrocTruth *truth,
                    const NodalDetection *detections, size_t count, NodalError **error);
void froc_part_clear(FrocPart *part);

/** Adds a slide. Empties the part. */
bool froc_take_part(NodalFroc *froc, const char *slide, FrocPart *part, NodalError **error);

/* --- files --- */

/** Detections of a file, and the line of each. */
typedef struct FrocDetections {
  NodalDetection *items;
  long *lines;
  size_t count, capacity, line_capacity;
} FrocDetections;

/** Reads a table; what is wrong with it becomes problems. froc_detections_clear() is due also where it fails. */
bool froc_detections_read(FrocDetections *detections, NodalSource *source, EvaluationProblems *problems,
                          NodalError **error);
void froc_detections_clear(FrocDetections *detections);

/** The files of one slide. */
typedef struct FrocEntry {
  const char *key; /* its name in the table of names, without extension */
  char *name;      /* as the file of detections writes it, else as the truth does, else as the reference does */
  char *truth, *detections; /* paths, or NULL */
  int64_t line;             /* of the reference; 0: it is not listed there */
  bool tumor;               /* by the reference, or because there is a truth */
  bool excluded;
} FrocEntry;

/** All slides, in the order of their names. */
typedef struct FrocCatalog {
  EvaluationNames names;
  FrocEntry *entries;
  size_t count, capacity;
} FrocCatalog;

/** Finds the files, reads the reference and leaves the entries that are to be looked at. */
bool froc_catalog_make(FrocCatalog *catalog, const NodalFrocInput *input, EvaluationProblems *problems,
                       EvaluationProblems *warnings, NodalError **error);
void froc_catalog_clear(FrocCatalog *catalog);

/** Whether the truth of an entry is a file of annotations. */
bool froc_is_annotation(const char *path);

#endif
