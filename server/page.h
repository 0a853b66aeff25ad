/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SERVER_PAGE_H
#define NODAL_SERVER_PAGE_H

#include <stddef.h>

/** A file that the program holds. */
typedef struct ViewPageFile {
  const char *url; /**< "/app.js", gzip; or "openapi.json", plain */
  const char *type;
  const char *etag; /**< in quotes: from a hash of the content */
  const unsigned char *data;
  size_t size;
} ViewPageFile;

/** Made by scripts/embed; ends with a NULL url. */
extern const ViewPageFile view_page_files[];

/** Why there is no page, one line; NULL where there is one. */
extern const char *const view_page_lack;

#endif
