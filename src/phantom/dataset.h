/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_DATASET_PARTS_H
#define NODAL_PHANTOM_DATASET_PARTS_H

#include "base/digest.h"
#include "base/error.h"
#include <nodal/phantom.h>
#include <nodal/phantom_dataset.h>
#include <nodal/writer.h>

/* What the parts of the synthetic data set share: dataset_plan.c decides, dataset_slide.c paints, dataset_table.c
 * tells. */

enum { DATASET_NODES = 5, DATASET_MAX_LESIONS = 8, DATASET_MAX_FIELDS = 2, DATASET_MAX_FILES = 6, DATASET_NAME = 48 };

/** What the slides of one center have in common. */
typedef struct DatasetCenter {
  double spacing_um; /**< at DATASET_REAL_SIZE pixels */
  NodalWriterForm form;
  int tile_size;
} DatasetCenter;

/** Slides of this size have a scanner's spacing: 32,000 pixels of 0.243 um are 7.8 mm. */
enum { DATASET_REAL_SIZE = 32000 };

/** One node of one patient: all that is known of its slide before it is painted. */
typedef struct DatasetSlide {
  char name[DATASET_NAME]; /**< "patient_000_node_0" */
  int patient, node, center;
  NodalCategory label;
  NodalStage stage;
  int64_t width, height;
  double spacing_um;
  uint64_t seed;
  unsigned faults; /**< of NodalPhantomFault */
  int lesion_count;
  double sizes_mm[DATASET_MAX_LESIONS]; /**< longest diameters, falling */
  NodalPhantomNest lesions[DATASET_MAX_LESIONS];
  double turn_degrees, shift_x_um, shift_y_um; /**< of the neighbouring section */
  NodalRect fields[DATASET_MAX_FIELDS];        /**< whose nuclei are written down */
  int field_count;
} DatasetSlide;

typedef struct DatasetPlan {
  const NodalPhantomDatasetOptions *options;
  DatasetSlide *slides;
  int count;
} DatasetPlan;

extern const DatasetCenter dataset_centers[NODAL_PHANTOM_CENTERS];

/** Patients, stages, labels, sizes and faults; no place yet. `plan->slides` is the caller's to free. */
bool dataset_plan(DatasetPlan *plan, const NodalPhantomDatasetOptions *options, NodalError **error);

/** Settles where the lesions and faults of a slide lie. Thread-safe for different slides. */
bool dataset_settle(const DatasetPlan *plan, DatasetSlide *slide, NodalError **error);

/** What a slide, or its neighbouring section, is painted with. Borrows from `slide`. */
NodalPhantomOptions dataset_phantom_options(const DatasetSlide *slide, bool ihc);

/** A file of the data set: its path from the root, and its checksums. */
typedef struct DatasetFile {
  char path[2 * DATASET_NAME];
  char md5[NODAL_DIGEST_TEXT], sha256[NODAL_DIGEST_TEXT];
  int64_t bytes;
} DatasetFile;

/** Files as they come, with room for a slide's own. */
typedef struct DatasetFiles {
  const char *root; /**< where they lie */
  DatasetFile list[DATASET_MAX_FILES];
  int count;
} DatasetFiles;

/** The path of a new file: "ROOT/FOLDER/NAME"; to be freed. */
char *dataset_path(const char *root, const char *folder, const char *name, NodalError **error);

/** Enters "FOLDER/NAME" (no folder: "") with its checksums. */
bool dataset_enter(DatasetFiles *files, const char *folder, const char *name, NodalError **error);

/** Paints a slide with its contours, mask, areas of faults and nuclei, or its neighbouring section alone. */
bool dataset_paint(const DatasetSlide *slide, bool ihc, DatasetFiles *files, const NodalProgress *progress,
                   NodalError **error);

/** Writes the tables about all slides and the README. */
bool dataset_tables(const DatasetPlan *plan, DatasetFiles *files, NodalError **error);

/** Writes checksums.md5 and checksums.sha256 of `count` files. */
bool dataset_checksums(const char *root, const DatasetFile *files, size_t count, int64_t *bytes, NodalError **error);

/** "focus pen fold bubble": those in `faults`, in the words of nodal phantom slide. */
void dataset_fault_names(unsigned faults, char text[DATASET_NAME]);

/** "generic-tiff", "aperio" or "philips": as `nodal info` names the formats. */
const char *dataset_format(const DatasetSlide *slide);

#endif
