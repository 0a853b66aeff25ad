/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_DATASET_WALK_H
#define NODAL_DATASET_WALK_H

#include "evaluation/names.h"

/** A regular file below a folder. */
typedef struct WalkFile {
  char *path;       /**< relative to the folder */
  const char *name; /**< its last part; points into `path` */
  int64_t bytes;
} WalkFile;

/** All files below a folder. Zero is empty. */
typedef struct Walk {
  WalkFile *files; /**< in the order of their paths */
  size_t count, capacity;
} Walk;

/**
 * Lists the files below a folder. What begins with a point is passed over. Links are followed, but those to folders
 * that lead back into `root` are not, and no folder outside of it is entered twice. A folder that cannot be read, and
 * a name that is not UTF-8, is a warning; `root` itself fails. walk_clear() is due in any case.
 */
bool walk_folder(Walk *walk, const char *root, EvaluationProblems *warnings, NodalError **error);
void walk_clear(Walk *walk);

#endif
