/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/formats/geojson.h"

typedef struct Writer {
  NodalAnnotationSet *set;
  NodalPrinter *printer;
  NodalLoss short_rings; /* rings that GeoJSON cannot close */
  NodalError **error;
} Writer;

static void print_string(NodalPrinter *printer, const char *text) {
  nodal_print(printer, "\"");
  while (*text) {
    size_t plain = 0;
    while ((unsigned char)text[plain] >= 0x20 && text[plain] != '"' && text[plain] != '\\') {
      plain++;
    }
    nodal_print_bytes(printer, text, plain);
    text += plain;
    if (*text == '"' || *text == '\\') {
      nodal_print_format(printer, "\\%c", *text++);
    } else if (*text) {
      nodal_print_format(printer, "\\u%04x", *text++);
    }
  }
  nodal_print(printer, "\"");
}

static void print_color(NodalPrinter *printer, const char *before, NodalRgb color) {
  if (color != NODAL_RGB_UNSET) {
    nodal_print_format(printer, "%s\"color\":[%u,%u,%u]", before, color >> 16 & 255, color >> 8 & 255, color & 255);
  }
}

static void print_position(NodalPrinter *printer, NodalPoint point) {
  nodal_print(printer, "[");
  nodal_print_double(printer, point.x);
  nodal_print(printer, ",");
  nodal_print_double(printer, point.y);
  nodal_print(printer, "]");
}

static void print_run(NodalPrinter *printer, const NodalRing *ring, bool closed) {
  nodal_print(printer, "[");
  for (size_t i = 0; i < ring->count; i++) {
    nodal_print(printer, i > 0 ? "," : "");
    print_position(printer, ring->points[i]);
  }
  if (closed && ring->count > 0) {
    nodal_print(printer, ",");
    print_position(printer, ring->points[0]);
  }
  nodal_print(printer, "]");
}

/* --- Geometry --- */

/* What the geometry alone would be read back as. */
typedef struct Printed {
  NodalShape shape;
  bool points; /* the points are others than those of the annotation */
} Printed;

/* Polygons in their parts; rings of fewer than three points are passed over. */
static void print_parts(NodalPrinter *printer, const NodalRing *rings, size_t count) {
  size_t parts = 0;
  for (size_t i = 0; i < count; i++) {
    parts += rings[i].count >= 3 && (!rings[i].hole || parts == 0);
  }
  nodal_print(printer,
              parts > 1 ? "{\"type\":\"MultiPolygon\",\"coordinates\":[[" : "{\"type\":\"Polygon\",\"coordinates\":[");
  size_t printed = 0;
  for (size_t i = 0; i < count; i++) {
    if (rings[i].count >= 3) {
      nodal_print(printer, printed == 0 ? "" : rings[i].hole ? "," : "],[");
      print_run(printer, &rings[i], true);
      printed++;
    }
  }
  nodal_print(printer, parts > 1 ? "]]}" : "]}");
}

/* Up to any number of points that are no area: a point, points or a line. */
static Printed print_points(NodalPrinter *printer, const NodalRing *ring, NodalShape shape) {
  if (ring->count == 0) {
    nodal_print(printer, "null");
    return (Printed){NODAL_SHAPE_POINT, true};
  }
  if (ring->count == 1 && shape != NODAL_SHAPE_POINTS) {
    nodal_print(printer, "{\"type\":\"Point\",\"coordinates\":");
    print_position(printer, ring->points[0]);
    nodal_print(printer, "}");
    return (Printed){NODAL_SHAPE_POINT, false};
  }
  bool line = shape == NODAL_SHAPE_POLYLINE || nodal_shape_has_area(shape);
  nodal_print_format(printer, "{\"type\":\"%s\",\"coordinates\":", line ? "LineString" : "MultiPoint");
  print_run(printer, ring, false);
  nodal_print(printer, "}");
  return (Printed){line ? NODAL_SHAPE_POLYLINE : NODAL_SHAPE_POINTS, false};
}

static bool print_geometry(Writer *writer, int index, const NodalAnnotation *annotation, Printed *printed) {
  static const NodalRing nothing;
  size_t drawn = 0;
  for (size_t i = 0; i < annotation->ring_count; i++) {
    drawn += annotation->rings[i].count >= 3;
  }
  bool curve =
      (annotation->shape == NODAL_SHAPE_SPLINE && drawn > 0) ||
      (annotation->shape == NODAL_SHAPE_ELLIPSE && annotation->ring_count > 0 && annotation->rings[0].count == 2);
  if (nodal_shape_has_area(annotation->shape) && !curve && drawn < annotation->ring_count) {
    nodal_loss_add(&writer->short_rings, index);
  }
  if (!nodal_shape_has_area(annotation->shape) || (drawn == 0 && !curve)) {
    *printed =
        print_points(writer->printer, annotation->ring_count > 0 ? &annotation->rings[0] : &nothing, annotation->shape);
    return true;
  }
  *printed = (Printed){NODAL_SHAPE_POLYGON, curve};
  if (!curve) {
    print_parts(writer->printer, annotation->rings, annotation->ring_count);
    return true;
  }
  NodalRing *rings;
  size_t count;
  if (!nodal_annotation_outline(annotation, 0.1, &rings, &count, writer->error)) {
    return false;
  }
  print_parts(writer->printer, rings, count);
  nodal_free(rings);
  return true;
}

/* --- Features --- */

/* What neither geometry nor QuPath's own properties hold. */
static void print_own(Writer *writer, const NodalAnnotation *annotation, Printed printed, bool odd_group) {
  NodalPrinter *printer = writer->printer;
  const char *between = "";
  if (printed.shape == annotation->shape && !printed.points && !odd_group) {
    return;
  }
  nodal_print(printer, ",\"nodal\":{");
  if (printed.shape != annotation->shape || printed.points) {
    nodal_print_format(printer, "\"shape\":\"%s\"", nodal_shape_name(annotation->shape));
    between = ",";
  }
  if (printed.points) {
    static const NodalRing nothing;
    nodal_print(printer, ",\"points\":");
    print_run(printer, annotation->ring_count > 0 ? &annotation->rings[0] : &nothing, false);
  }
  if (odd_group) {
    nodal_print_format(printer, "%s\"group\":%d", between, annotation->group);
  }
  nodal_print(printer, "}");
}

static bool print_feature(Writer *writer, int index) {
  NodalPrinter *printer = writer->printer;
  NodalAnnotation annotation;
  NodalAnnotationGroup group;
  Printed printed;
  nodal_annotation_set_get(writer->set, index, &annotation);
  nodal_print(printer, "{\"type\":\"Feature\",\"geometry\":");
  if (!print_geometry(writer, index, &annotation, &printed)) {
    return false;
  }
  nodal_print(printer, ",\"properties\":{\"objectType\":\"annotation\"");
  if (annotation.name[0]) {
    nodal_print(printer, ",\"name\":");
    print_string(printer, annotation.name);
  }
  print_color(printer, ",", annotation.color);
  bool odd_group = false;
  if (nodal_annotation_set_group(writer->set, annotation.group, &group)) {
    nodal_print(printer, ",\"classification\":{\"name\":");
    print_string(printer, group.name);
    print_color(printer, ",", group.color);
    nodal_print(printer, "}");
    odd_group = !group.name[0] || nodal_annotation_set_find_group(writer->set, group.name) != annotation.group;
  }
  print_own(writer, &annotation, printed, odd_group);
  nodal_print(printer, "}}");
  return true;
}

/* All groups, also those without annotations, with what a classification does not tell. */
static void print_groups(Writer *writer) {
  NodalPrinter *printer = writer->printer;
  NodalAnnotationGroup group;
  nodal_print(printer, "\"nodal\":{\"groups\":[\n");
  for (int i = 0; nodal_annotation_set_group(writer->set, i, &group); i++) {
    nodal_print(printer, i > 0 ? ",\n{\"name\":" : "{\"name\":");
    print_string(printer, group.name);
    print_color(printer, ",", group.color);
    if (group.parent >= 0) {
      nodal_print_format(printer, ",\"parent\":%d", group.parent);
    }
    const char *key, *value;
    for (int k = 0; nodal_annotation_set_attribute(writer->set, i, k, &key, &value); k++) {
      nodal_print(printer, k == 0 ? ",\"attributes\":{" : ",");
      print_string(printer, key);
      nodal_print(printer, ":");
      print_string(printer, value);
    }
    nodal_print(printer, nodal_annotation_set_attribute(writer->set, i, 0, &key, &value) ? "}}" : "}");
  }
  nodal_print(printer, "\n]},\n");
}

bool nodal_geojson_write(NodalAnnotationSet *set, NodalPrinter *printer, const NodalAnnotationFrame *frame,
                         NodalError **error) {
  (void)frame;
  Writer writer = {.set = set, .printer = printer, .error = error};
  nodal_print(printer, "{\"type\":\"FeatureCollection\",\n");
  if (nodal_annotation_set_group_count(set) > 0) {
    print_groups(&writer);
  }
  nodal_print(printer, "\"features\":[\n");
  for (int i = 0; i < nodal_annotation_set_count(set); i++) {
    nodal_print(printer, i > 0 ? ",\n" : "");
    if (!print_feature(&writer, i)) {
      return false;
    }
  }
  nodal_print(printer, nodal_annotation_set_count(set) > 0 ? "\n]}\n" : "]}\n");
  return nodal_annotation_warn_loss(set, &writer.short_rings,
                                    "a ring of fewer than three points is no polygon in GeoJSON, written as a line "
                                    "or left out beside others",
                                    error);
}
