/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_DIGEST_H
#define NODAL_BASE_DIGEST_H

#include "base/source.h"

/** Checksums that data sets are published with. */
typedef enum NodalDigest {
  NODAL_DIGEST_MD5,   /**< RFC 1321 */
  NODAL_DIGEST_SHA256 /**< RFC 6234 */
} NodalDigest;

/** Room for the longest checksum in hexadecimal, with its terminator. */
enum { NODAL_DIGEST_TEXT = 65 };

/** "md5" or "sha256". Static. */
const char *nodal_digest_name(NodalDigest digest);

/** Number of hexadecimal digits of a checksum: 32 or 64. */
size_t nodal_digest_length(NodalDigest digest);

/**
 * The checksum of all bytes of a source in lower-case hexadecimal. They are read in order through one buffer.
 * `progress` may be NULL; it counts bytes, and a report that returns false fails with NODAL_ERROR_CANCELLED.
 */
bool nodal_digest_source(NodalSource *source, NodalDigest digest, const NodalProgress *progress,
                         char text[NODAL_DIGEST_TEXT], NodalError **error);

/** Name and version (built with) of the library that is behind this, by index; NULL past the last. */
const char *nodal_digest_library(int index, const char **version);

#endif
