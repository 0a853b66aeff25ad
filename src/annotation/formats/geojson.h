/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_ANNOTATION_FORMATS_GEOJSON_H
#define NODAL_ANNOTATION_FORMATS_GEOJSON_H

#include "annotation/format.h"

/*
 * GeoJSON (RFC 7946) as QuPath exchanges it, in level-0 pixels. What it has no place for stands in members called
 * "nodal": in the properties of a feature {"shape", "points", "group"}, in the collection {"groups"}. Described in
 * docs/format/geojson.md.
 */

enum {
  NODAL_GEOJSON_MAX_TEXT = 192 * 1024 * 1024,   /**< bytes of a file */
  NODAL_GEOJSON_MAX_MEMORY = 320 * 1024 * 1024, /**< of one feature as a tree, estimated */
  NODAL_GEOJSON_MAX_DEPTH = 64
};

/** A place in a JSON text, and where values begin and end in it. */
typedef struct NodalJsonScan {
  const char *text;
  size_t size, at;
  long line; /**< of `at`, from 1 */
} NodalJsonScan;

/** One value, not yet looked into. */
typedef struct NodalJsonExtent {
  const char *text;
  size_t size;
  long line;
  size_t memory; /**< about what it takes as a tree */
} NodalJsonExtent;

/** Goes to the next byte that is not blank and gives it; 0 at the end. */
char nodal_json_peek(NodalJsonScan *scan);

/** Goes past a byte that must come next. */
bool nodal_json_expect(NodalJsonScan *scan, char wanted, NodalError **error);

/** Goes past the next value, by its brackets and quotes alone. The message of a failure begins with the line. */
bool nodal_json_extent(NodalJsonScan *scan, NodalJsonExtent *extent, NodalError **error);

bool nodal_geojson_read(NodalAnnotationSet *set, NodalSource *source, const NodalAnnotationFrame *frame,
                        NodalError **error);
bool nodal_geojson_write(NodalAnnotationSet *set, NodalPrinter *printer, const NodalAnnotationFrame *frame,
                         NodalError **error);

#endif
