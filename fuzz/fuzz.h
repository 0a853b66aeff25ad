/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_FUZZ_FUZZ_H
#define NODAL_FUZZ_FUZZ_H

/* What the fuzz targets share. Each is one file with one function, for libFuzzer and for replay.c alike. */

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Ends the program, which is a finding, unless the condition holds. */
#define FUZZ_REQUIRE(condition)                                                                                        \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                                   \
      abort();                                                                                                         \
    }                                                                                                                  \
  } while (0)

/**
 * What every call owes its caller: an error exactly where it failed, a message of one line that begins with `prefix`.
 * Frees the error.
 */
static inline void fuzz_check_outcome(bool success, NodalError *error, const char *prefix) {
  FUZZ_REQUIRE(success == (error == NULL));
  if (error) {
    const char *message = nodal_error_message(error);
    FUZZ_REQUIRE(message[0] != '\0' && !strpbrk(message, "\r\n\x1b"));
    FUZZ_REQUIRE(strncmp(message, prefix, strlen(prefix)) == 0);
    nodal_error_free(error);
  }
}

#endif
