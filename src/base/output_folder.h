/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_OUTPUT_FOLDER_H
#define NODAL_BASE_OUTPUT_FOLDER_H

#include "base/error.h"

/** A folder being filled: under a temporary name beside its goal until it is complete. */
typedef struct NodalOutputFolder NodalOutputFolder;

/**
 * Makes the temporary folder. Fails with NODAL_ERROR_EXISTS where `path` exists and `force` is false. With `force` a
 * folder that is empty or holds a file `marker` is replaced at the commit; anything else is never removed.
 */
NodalOutputFolder *nodal_output_folder_open(const char *path, const char *marker, bool force, NodalError **error);

/** Where to write until the commit. Borrowed. */
const char *nodal_output_folder_place(const NodalOutputFolder *folder);

/** The goal's path, without slashes at its end. Borrowed. */
const char *nodal_output_folder_name(const NodalOutputFolder *folder);

/** Gives the folder its name, and removes the one that it replaces. */
bool nodal_output_folder_commit(NodalOutputFolder *folder, NodalError **error);

/** Without a commit, removes the folder with all that is in it. */
void nodal_output_folder_free(NodalOutputFolder *folder);

#endif
