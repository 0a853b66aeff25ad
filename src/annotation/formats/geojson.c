/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/formats/geojson.h"

#include <string.h>

static bool geojson_probe(const char *head, size_t size) {
  size_t at = size >= 3 && memcmp(head, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
  at += strspn(head + at, " \t\r\n");
  return head[at] == '{' || head[at] == '[';
}

const NodalAnnotationDriver nodal_annotation_geojson = {.format = NODAL_ANNOTATION_GEOJSON,
                                                        .name = "geojson",
                                                        .extensions = ".geojson .json",
                                                        .probe = geojson_probe,
                                                        .read = nodal_geojson_read,
                                                        .write = nodal_geojson_write};
