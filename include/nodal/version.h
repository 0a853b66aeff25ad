/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_VERSION_H
#define NODAL_VERSION_H

#include <nodal/export.h>

/** Version of these headers; meson.build reads it from here. */
#define NODAL_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/** Version of the library that is running, e.g. "0.1.0". Static. */
NODAL_API const char *nodal_version(void);

/**
 * One third-party library that this build runs with, by index from 0; NULL past the last one.
 * `version` (may be NULL) receives its run-time version, or the one compiled against where the library does not
 * tell. Both strings are static. Thread-safe.
 */
NODAL_API const char *nodal_version_library(int index, const char **version);

#ifdef __cplusplus
}
#endif
#endif
