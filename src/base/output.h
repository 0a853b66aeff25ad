/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_OUTPUT_H
#define NODAL_BASE_OUTPUT_H

#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

/**
 * A file being written: under a temporary name beside its goal until it is complete. Or memory, for tests and fuzzing.
 * Writing is thread-safe.
 */
typedef struct NodalOutput NodalOutput;

/** Fails with NODAL_ERROR_EXISTS where `path` exists and `force` is false; it is checked again at commit. */
NodalOutput *nodal_output_open(const char *path, bool force, NodalError **error);
NodalOutput *nodal_output_new_memory(const char *name, NodalError **error);

/** The goal's path. Borrowed. */
const char *nodal_output_name(const NodalOutput *output);

/** Writes all of it at `offset`. */
bool nodal_output_write(NodalOutput *output, const void *data, size_t size, uint64_t offset, NodalError **error);

/** Gives the file its name. With memory: does nothing. Without a commit, nodal_output_free() removes the file. */
bool nodal_output_commit(NodalOutput *output, NodalError **error);

/** The bytes of a memory output; borrowed until the next write. */
const void *nodal_output_memory(const NodalOutput *output, size_t *size);

/** A copy of the bytes of a memory output, freed with nodal_free(). */
bool nodal_output_copy(const NodalOutput *output, void **data, size_t *size, NodalError **error);

void nodal_output_free(NodalOutput *output);

#endif
