/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_ERROR_H
#define NODAL_BASE_ERROR_H

#include <nodal/error.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * Stores a new error (if `error` is not NULL; it must not hold one yet) and returns false, so that callers can write
 * `return nodal_fail(error, ...)`. Newlines and control characters of the formatted text become spaces.
 */
bool nodal_fail(NodalError **error, NodalErrorCode code, const char *format, ...) NODAL_PRINTF(3, 4);

/** nodal_fail() for an errno value: "PREFIX: No such file or directory". ENOMEM becomes NODAL_ERROR_MEMORY. */
bool nodal_fail_errno(NodalError **error, int number, const char *format, ...) NODAL_PRINTF(3, 4);

/** Out of memory. Never allocates. */
bool nodal_fail_memory(NodalError **error);

/** Hands an error that is already made on to the caller: stores it, or frees it where `error` is NULL. Returns false.
 */
bool nodal_error_pass(NodalError **error, NodalError *cause);

/** The ending of a counted thing: "%d channel%s". */
static inline const char *nodal_plural(uint64_t count) {
  return count == 1 ? "" : "s";
}

/** Puts "PREFIX: " before the message of an error that is there. Does nothing when `error` or `*error` is NULL. */
void nodal_error_prefix(NodalError **error, const char *format, ...) NODAL_PRINTF(2, 3);

#endif
