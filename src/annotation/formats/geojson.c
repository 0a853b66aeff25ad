/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/formats/geojson.h"

static bool geojson_probe(const char *head, size_t size) {
  char first = *nodal_annotation_head_start(head, size);
  return first == '{' || first == '[';
}

const NodalAnnotationDriver nodal_annotation_geojson = {.format = NODAL_ANNOTATION_GEOJSON,
                                                        .name = "geojson",
                                                        .extensions = ".geojson .json",
                                                        .probe = geojson_probe,
                                                        .read = nodal_geojson_read,
                                                        .write = nodal_geojson_write};
