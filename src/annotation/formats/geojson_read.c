/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/formats/geojson.h"
#include "annotation/json_reader.h"
#include "annotation/ring_buffer.h"
#include "base/memory.h"

#include <string.h>

typedef struct Reader {
  NodalAnnotationSet *set;
  long line; /* of the feature at hand */
  NodalRingBuffer points;
  int nuclei, measured, missing, deep; /* features that have what is not kept */
} Reader;

/* --- Geometry --- */

static bool add_position(Reader *reader, const json_t *position, NodalError **error) {
  const json_t *x = json_array_get(position, 0), *y = json_array_get(position, 1);
  if (!json_is_number(x) || !json_is_number(y)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "a position is not two numbers");
  }
  reader->deep += json_number_value(json_array_get(position, 2)) != 0;
  return nodal_ring_buffer_add(&reader->points, json_number_value(x), json_number_value(y), error);
}

static bool add_run(Reader *reader, const json_t *positions, bool hole, bool closed, NodalError **error) {
  if (!json_is_array(positions)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "coordinates are no list of positions");
  }
  if (!nodal_ring_buffer_start(&reader->points, hole, error)) {
    return false;
  }
  for (size_t i = 0; i < json_array_size(positions); i++) {
    if (!add_position(reader, json_array_get(positions, i), error)) {
      return false;
    }
  }
  if (closed) {
    nodal_ring_buffer_unclose(&reader->points);
  }
  return true;
}

static bool add_polygon(Reader *reader, const json_t *rings, NodalError **error) {
  if (!json_is_array(rings)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "the coordinates of a polygon are no list of rings");
  }
  for (size_t i = 0; i < json_array_size(rings); i++) {
    if (!add_run(reader, json_array_get(rings, i), i > 0, true, error)) {
      return false;
    }
  }
  return true;
}

/* Puts the points of a geometry into the buffer; those of several parts (lines, collections) come one by one. */
static bool add_geometry(Reader *reader, const char *type, const json_t *coordinates, NodalShape *shape,
                         NodalError **error) {
  nodal_ring_buffer_clear(&reader->points);
  if (strcmp(type, "Point") == 0) {
    *shape = NODAL_SHAPE_POINT;
    return nodal_ring_buffer_start(&reader->points, false, error) && add_position(reader, coordinates, error);
  }
  if (strcmp(type, "MultiPoint") == 0 || strcmp(type, "LineString") == 0) {
    *shape = type[0] == 'M' ? NODAL_SHAPE_POINTS : NODAL_SHAPE_POLYLINE;
    return add_run(reader, coordinates, false, false, error);
  }
  if (strcmp(type, "Polygon") == 0) {
    *shape = NODAL_SHAPE_POLYGON;
    return add_polygon(reader, coordinates, error);
  }
  if (strcmp(type, "MultiPolygon") != 0) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "'%.40s' is no type of geometry", type);
  }
  *shape = NODAL_SHAPE_POLYGON;
  if (!json_is_array(coordinates)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "the coordinates of a multipolygon are no list of polygons");
  }
  for (size_t i = 0; i < json_array_size(coordinates); i++) {
    if (!add_polygon(reader, json_array_get(coordinates, i), error)) {
      return false;
    }
  }
  return true;
}

/* What this program wrote beside a geometry: the shape that it stands for, and the points of a curve. */
static bool apply_own(Reader *reader, const json_t *own, NodalAnnotation *annotation, NodalError **error) {
  const char *name = nodal_json_string(own, "shape");
  const json_t *points = json_object_get(own, "points"), *group = json_object_get(own, "group");
  if (name) {
    int shape = 0;
    while (shape <= NODAL_SHAPE_ELLIPSE && strcmp(nodal_shape_name((NodalShape)shape), name) != 0) {
      shape++;
    }
    if (shape > NODAL_SHAPE_ELLIPSE) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "'%.40s' is no shape", name);
    }
    annotation->shape = (NodalShape)shape;
  }
  if (points) {
    nodal_ring_buffer_clear(&reader->points);
    if (!add_run(reader, points, false, false, error)) {
      return false;
    }
  }
  if (group) {
    json_int_t index = json_integer_value(group);
    if (!json_is_integer(group) || index < 0 || index >= nodal_annotation_set_group_count(reader->set)) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "a group that does not exist");
    }
    annotation->group = (int)index;
  }
  return true;
}

static bool add_annotation(Reader *reader, NodalAnnotation *annotation, const json_t *own, NodalError **error) {
  if (!apply_own(reader, own, annotation, error)) {
    return false;
  }
  annotation->rings = nodal_ring_buffer_rings(&reader->points);
  annotation->ring_count = reader->points.ring_count;
  return nodal_annotation_set_add(reader->set, annotation, error) &&
         nodal_annotation_warn_count(reader->set, reader->line, error);
}

/* A geometry of several parts that the model keeps apart, or any other. */
static bool take_geometry(Reader *reader, const json_t *geometry, NodalAnnotation *annotation, const json_t *own,
                          NodalError **error) {
  const char *type = nodal_json_string(geometry, "type");
  if (!type) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "a geometry without a type");
  }
  bool collection = strcmp(type, "GeometryCollection") == 0;
  const json_t *parts = json_object_get(geometry, collection ? "geometries" : "coordinates");
  if (!parts) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "a geometry without %s", collection ? "geometries" : "coordinates");
  }
  if (!collection && strcmp(type, "MultiLineString") != 0) {
    return add_geometry(reader, type, parts, &annotation->shape, error) &&
           add_annotation(reader, annotation, own, error);
  }
  if (!json_is_array(parts)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "the parts of a %s are no list", type);
  }
  for (size_t i = 0; i < json_array_size(parts); i++) {
    const json_t *part = json_array_get(parts, i);
    const char *part_type = collection ? nodal_json_string(part, "type") : "LineString";
    const json_t *coordinates = collection ? json_object_get(part, "coordinates") : part;
    if (!part_type || !coordinates) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "a part of a %s has no type and coordinates of its own", type);
    }
    if (!add_geometry(reader, part_type, coordinates, &annotation->shape, error) ||
        !add_annotation(reader, annotation, own, error)) {
      return false;
    }
  }
  return nodal_annotation_warn(reader->set, error, "line %ld: the %zu parts of a %s are annotations of their own",
                               reader->line, json_array_size(parts), type);
}

/* --- Properties --- */

/* [R, G, B], or a signed 32-bit ARGB number as older QuPath has it. */
static NodalRgb color_of(const json_t *array, const json_t *number) {
  if (json_array_size(array) >= 3) {
    NodalRgb color = 0;
    for (size_t i = 0; i < 3; i++) {
      json_int_t part = json_integer_value(json_array_get(array, i));
      if (!json_is_integer(json_array_get(array, i)) || part < 0 || part > 255) {
        return NODAL_RGB_UNSET;
      }
      color = color << 8 | (NodalRgb)part;
    }
    return color;
  }
  return json_is_integer(number) ? (NodalRgb)((uint64_t)json_integer_value(number) & 0xFFFFFF) : NODAL_RGB_UNSET;
}

/* The names of a classification, joined as QuPath shows them. NULL without memory. */
static char *class_name(const json_t *classification, NodalError **error) {
  const json_t *names = json_object_get(classification, "names");
  if (json_is_string(classification)) {
    return nodal_strdup(json_string_value(classification), error);
  }
  if (!json_is_array(names)) {
    return nodal_strdup(nodal_json_string(classification, "name"), error);
  }
  char *joined = nodal_strdup("", error);
  for (size_t i = 0; joined && i < json_array_size(names); i++) {
    const char *name = json_string_value(json_array_get(names, i));
    char *longer = nodal_strdup_printf(error, "%s%s%s", joined, i > 0 ? ": " : "", name ? name : "");
    free(joined);
    joined = longer;
  }
  return joined;
}

static bool classify(Reader *reader, const json_t *classification, int *group, NodalError **error) {
  *group = -1;
  if (!classification || json_is_null(classification)) {
    return true;
  }
  char *name = class_name(classification, error);
  if (!name) {
    return false;
  }
  NodalRgb color = color_of(json_object_get(classification, "color"), json_object_get(classification, "colorRGB"));
  bool good = nodal_annotation_need_group(reader->set, name, color, group, error);
  free(name);
  return good;
}

static bool take_feature(Reader *reader, const json_t *feature, NodalError **error) {
  const json_t *properties = json_object_get(feature, "properties"), *geometry = json_object_get(feature, "geometry");
  const json_t *own = json_object_get(properties, "nodal");
  const char *name = nodal_json_string(properties, "name");
  NodalAnnotation annotation = {
      .name = name ? name : "",
      .color = color_of(json_object_get(properties, "color"), json_object_get(properties, "colorRGB"))};
  if (!classify(reader, json_object_get(properties, "classification"), &annotation.group, error)) {
    return false;
  }
  reader->nuclei += json_object_get(feature, "nucleusGeometry") != NULL;
  reader->missing += json_is_true(json_object_get(properties, "isMissing"));
  const json_t *measurements = json_object_get(properties, "measurements");
  reader->measured += json_array_size(measurements) + json_object_size(measurements) > 0;
  if (json_is_null(geometry) && own) {
    nodal_ring_buffer_clear(&reader->points);
    return add_annotation(reader, &annotation, own, error);
  }
  if (json_is_null(geometry)) {
    return nodal_annotation_warn(reader->set, error, "line %ld: a feature without geometry is left out", reader->line);
  }
  if (!geometry) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "a feature without geometry");
  }
  return take_geometry(reader, geometry, &annotation, own, error);
}

/* A feature, or a geometry that stands alone. */
static bool take_object(Reader *reader, const json_t *object, NodalError **error) {
  static const char *const geometries[] = {"Point",   "MultiPoint",   "LineString",        "MultiLineString",
                                           "Polygon", "MultiPolygon", "GeometryCollection"};
  const char *type = nodal_json_string(object, "type");
  if (!type) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "is no GeoJSON: an object without a type");
  }
  if (strcmp(type, "Feature") == 0) {
    return take_feature(reader, object, error);
  }
  for (size_t i = 0; i < sizeof geometries / sizeof *geometries; i++) {
    if (strcmp(type, geometries[i]) == 0) {
      NodalAnnotation annotation = {.name = "", .group = -1, .color = NODAL_RGB_UNSET};
      return take_geometry(reader, object, &annotation, NULL, error);
    }
  }
  return nodal_fail(error, NODAL_ERROR_FORMAT, "is no GeoJSON: '%.40s' is neither a feature nor a geometry", type);
}

/* --- Our own groups --- */

static bool take_group(Reader *reader, const json_t *entry, NodalError **error) {
  const char *name = nodal_json_string(entry, "name"), *key;
  const json_t *parent = json_object_get(entry, "parent");
  json_t *value;
  int index = nodal_annotation_set_group_count(reader->set);
  if (!name) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "a group without a name");
  }
  if (!nodal_annotation_append_group(reader->set, name, color_of(json_object_get(entry, "color"), NULL), error)) {
    return false;
  }
  json_object_foreach(json_object_get(entry, "attributes"), key, value) {
    const char *text = json_string_value(value);
    if (text && !nodal_annotation_set_set_attribute(reader->set, index, key, text, error)) {
      return false;
    }
  }
  return !parent || json_is_null(parent) || json_is_integer(parent) ||
         nodal_fail(error, NODAL_ERROR_FORMAT, "a parent is a number");
}

static bool take_groups(Reader *reader, const json_t *own, NodalError **error) {
  const json_t *groups = json_object_get(own, "groups");
  int first = nodal_annotation_set_group_count(reader->set), count = (int)json_array_size(groups);
  if (first > 0 && count > 0) {
    return nodal_annotation_warn(reader->set, error,
                                 "line %ld: groups that are described after the features are left out", reader->line);
  }
  for (int i = 0; i < count; i++) {
    if (!take_group(reader, json_array_get(groups, (size_t)i), error)) {
      return false;
    }
  }
  for (int i = 0; i < count; i++) {
    const json_t *parent = json_object_get(json_array_get(groups, (size_t)i), "parent");
    json_int_t index = json_integer_value(parent);
    if (!json_is_integer(parent)) {
      continue;
    }
    if (index < 0 || index >= count) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "a parent that does not exist");
    }
    if (!nodal_annotation_set_parent(reader->set, i, (int)index, error)) {
      return false;
    }
  }
  for (int i = 0; i < count; i++) {
    if (!nodal_annotation_check_depth(reader->set, i, error)) {
      return false;
    }
  }
  return true;
}

/* --- The file --- */

static bool take_item(void *user, json_t *value, long line, NodalError **error) {
  Reader *reader = user;
  reader->line = line;
  return take_object(reader, value, error);
}

/* Our own groups are known before the features that name them. */
static bool take_member(void *user, const char *name, const json_t *value, long line, bool *taken, NodalError **error) {
  Reader *reader = user;
  reader->line = line;
  *taken = strcmp(name, "nodal") == 0;
  return !*taken || take_groups(reader, value, error);
}

static bool take_root(void *user, json_t *root, bool listed, long line, NodalError **error) {
  Reader *reader = user;
  const char *type = nodal_json_string(root, "type");
  reader->line = line;
  if (type && strcmp(type, "FeatureCollection") == 0) {
    return listed || nodal_fail(error, NODAL_ERROR_FORMAT, "a FeatureCollection without features");
  }
  return listed ? nodal_fail(error, NODAL_ERROR_FORMAT, "is no GeoJSON: features that are no FeatureCollection")
                : take_object(reader, root, error);
}

static bool warn_number(Reader *reader, int count, const char *what, NodalError **error) {
  return count == 0 ||
         nodal_annotation_warn(reader->set, error, "%d feature%s: %s", count, count == 1 ? "" : "s", what);
}

bool nodal_geojson_read(NodalAnnotationSet *set, NodalSource *source, const NodalAnnotationFrame *frame,
                        NodalError **error) {
  (void)frame;
  Reader reader = {.set = set};
  NodalJsonHandler handler = {
      .list = "features", .item = take_item, .member = take_member, .root = take_root, .user = &reader};
  bool good =
      nodal_json_read(source, &handler, error) &&
      warn_number(&reader, reader.nuclei, "the nucleus of the cell is left out", error) &&
      warn_number(&reader, reader.measured, "measurements are left out", error) &&
      warn_number(&reader, reader.missing, "marked as missing, kept as an annotation", error) &&
      (reader.deep == 0 || nodal_annotation_warn(set, error, "heights (z) of %d positions are left out", reader.deep));
  nodal_ring_buffer_free(&reader.points);
  return good;
}
