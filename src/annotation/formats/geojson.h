/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_ANNOTATION_FORMATS_GEOJSON_H
#define NODAL_ANNOTATION_FORMATS_GEOJSON_H

#include "annotation/format.h"

/*
 * GeoJSON (RFC 7946) as QuPath exchanges it, in level-0 pixels. What it has no place for stands in members called
 * "nodal": in the properties of a feature {"shape", "points", "group"}, in the collection {"groups"}. Described in
 * docs/format/geojson.md.
 */

bool nodal_geojson_read(NodalAnnotationSet *set, NodalSource *source, const NodalAnnotationFrame *frame,
                        NodalError **error);
bool nodal_geojson_write(NodalAnnotationSet *set, NodalPrinter *printer, const NodalAnnotationFrame *frame,
                         NodalError **error);

#endif
