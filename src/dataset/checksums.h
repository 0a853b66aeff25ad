/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_DATASET_CHECKSUMS_H
#define NODAL_DATASET_CHECKSUMS_H

#include "base/digest.h"

/** One line of a list. */
typedef struct ChecksumItem {
  char *path; /**< relative to the folder of the list, or absolute */
  NodalDigest digest;
  char text[NODAL_DIGEST_TEXT]; /**< lower-case hexadecimal */
} ChecksumItem;

/** Checksums of files, as md5sum and sha256sum of GNU coreutils print them. Zero is empty. */
typedef struct ChecksumList {
  ChecksumItem *items;
  size_t count, capacity;
} ChecksumList;

/**
 * Appends the lines of a list: "DIGITS  NAME" or "DIGITS *NAME", which ends in LF or CRLF; after a backslash before the
 * digits, \\ and \n of the name stand for a backslash and a line feed. Which checksum it is shows in the number of
 * digits. Empty lines are passed over, any other line fails with its number. checksums_clear() is due also then.
 */
bool checksums_read(ChecksumList *list, NodalSource *source, NodalError **error);
void checksums_clear(ChecksumList *list);

/** Whether a file of that name holds such a list: NAME.md5, NAME.sha256, checksums.txt and the like. */
bool checksums_is_list(const char *name);

#endif
