/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SOURCE_H
#define NODAL_SOURCE_H

#include <nodal/error.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Bytes that can be read at any offset: a file, memory, or what the caller provides. Reference counted; reading is
 * thread-safe and keeps no position.
 */
typedef struct NodalSource NodalSource;

/** Opens a regular file for reading (pread, never mmap). Directories and pipes are refused. */
NODAL_API NODAL_MUST_CHECK NodalSource *nodal_source_open(const char *path, NodalError **error);

/**
 * Reads from memory. The bytes are borrowed and must outlive the source. `name` stands for the file name in messages
 * and is copied.
 */
NODAL_API NODAL_MUST_CHECK NodalSource *nodal_source_new_memory(const void *data, size_t size, const char *name,
                                                                NodalError **error);

/** A source of the caller's own. All three are called from several threads at once; `close` once, at the end. */
typedef struct NodalSourceFunctions {
  /** Reads exactly `size` bytes at `offset`, which lie inside the source; returns 0, or an errno value. */
  int (*read)(void *user, void *buffer, size_t size, uint64_t offset);
  void (*close)(void *user); /**< may be NULL */
} NodalSourceFunctions;

/** `functions` is copied; `user` is passed back. `name` stands for the file name in messages and is copied. */
NODAL_API NODAL_MUST_CHECK NodalSource *nodal_source_new(const NodalSourceFunctions *functions, void *user,
                                                         uint64_t size, const char *name, NodalError **error);

NODAL_API NodalSource *nodal_source_ref(NodalSource *source);
NODAL_API void nodal_source_unref(NodalSource *source);

NODAL_API uint64_t nodal_source_size(const NodalSource *source);

/** The path, or the name that was given. Borrowed. */
NODAL_API const char *nodal_source_name(const NodalSource *source);

/** The path when it is a file, else NULL. Borrowed. */
NODAL_API const char *nodal_source_path(const NodalSource *source);

/** Reads exactly `size` bytes at `offset`; going past the end is NODAL_ERROR_FORMAT ("... is truncated"). */
NODAL_API NODAL_MUST_CHECK bool nodal_source_read(NodalSource *source, void *buffer, size_t size, uint64_t offset,
                                                  NodalError **error);

#ifdef __cplusplus
}
#endif
#endif
