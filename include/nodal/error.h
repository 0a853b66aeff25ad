/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_ERROR_H
#define NODAL_ERROR_H

#include <nodal/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What kind of failure it was, for the few cases a program would treat differently. */
typedef enum NodalErrorCode {
  NODAL_ERROR_IO = 1,      /**< the operating system or the network refused: no such file, disk full */
  NODAL_ERROR_FORMAT,      /**< the file contradicts its own format: damaged or malicious */
  NODAL_ERROR_UNSUPPORTED, /**< well-formed as far as we can tell, but not something this build reads or writes */
  NODAL_ERROR_ARGUMENT,    /**< the caller asked for something that makes no sense */
  NODAL_ERROR_MEMORY,      /**< out of memory, or over a safety limit */
  NODAL_ERROR_CANCELLED,   /**< the progress callback asked to stop */
  NODAL_ERROR_EXISTS       /**< the output exists and may not be replaced */
} NodalErrorCode;

/**
 * One failure: a code and one line of text that names the file and what was wrong with it.
 *
 * Functions that can fail take `NodalError **error` last. It may be NULL. On failure they return false or NULL and, if
 * `error` is not NULL, store a new error that the caller frees; `*error` must be NULL before the call. On success
 * they leave it alone.
 */
typedef struct NodalError NodalError;

NODAL_API NodalErrorCode nodal_error_code(const NodalError *error);

/** The message, one line without a newline. Borrowed. */
NODAL_API const char *nodal_error_message(const NodalError *error);

NODAL_API void nodal_error_free(NodalError *error);

#ifdef __cplusplus
}
#endif
#endif
