/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/formats/imagescope_xml.h"

#include "annotation/xml_reader.h"
#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * The XML of Aperio ImageScope: <Annotations> of <Annotation>s, which are layers, each with <Regions> of <Region>s of
 * <Vertices>. A layer is a group here, a region an annotation. Described in docs/format/imagescope-xml.md.
 */

/* A region until its layer is complete: only then is it known what lies in what. */
typedef struct Region {
  char *name;
  NodalShape shape;
  bool negative;
  long line;
  size_t first, count; /* its vertices among those of the layer */
  NodalPoint low, high;
  size_t inside; /* of a negative one: the region that it is cut out of, from 1; 0: none */
} Region;

typedef struct Reader {
  NodalAnnotationSet *set;
  char *layer; /* Name of the layer; NULL outside one */
  NodalRgb color;
  int layer_number, group;
  Region *regions;
  size_t region_count, region_capacity;
  NodalPoint *points;
  size_t point_count, point_capacity;
  NodalRingBuffer rings;
  int arrows, attributes;
  struct {
    char *key, *value;
  } attribute[64];
} Reader;

/* --- A layer --- */

static void clear_layer(Reader *reader) {
  for (size_t i = 0; i < reader->region_count; i++) {
    free(reader->regions[i].name);
  }
  for (int i = 0; i < reader->attributes; i++) {
    free(reader->attribute[i].key);
    free(reader->attribute[i].value);
  }
  free(reader->layer);
  reader->layer = NULL;
  reader->region_count = reader->point_count = 0;
  reader->attributes = 0;
}

static bool start_layer(Reader *reader, const NodalXmlElement *element, NodalError **error) {
  size_t length;
  int64_t number;
  clear_layer(reader);
  reader->layer_number++;
  reader->layer = nodal_xml_copy_attribute(element, "Name", error);
  if (!reader->layer) {
    return false;
  }
  const char *color = nodal_xml_find_attribute(element, "LineColor", &length);
  reader->color = NODAL_RGB_UNSET;
  if (color && nodal_parse_integer(color, length, &number)) {
    /* A Windows COLORREF: 0x00BBGGRR. */
    reader->color = (NodalRgb)((number & 0xFF) << 16 | (number & 0xFF00) | (number >> 16 & 0xFF));
  } else if (color) {
    return nodal_annotation_warn(reader->set, error, "line %ld: LineColor='%.*s' is no colour and left out",
                                 element->line, length < 40 ? (int)length : 40, color);
  }
  return true;
}

static bool read_attribute(Reader *reader, const NodalXmlElement *element, NodalError **error) {
  size_t length;
  const char *key = nodal_xml_find_attribute(element, "Name", &length);
  if (!key || length == 0) {
    return true;
  }
  if (reader->attributes == sizeof reader->attribute / sizeof *reader->attribute) {
    return nodal_annotation_warn(reader->set, error, "line %ld: further attributes of the layer are left out",
                                 element->line);
  }
  char *name = nodal_xml_copy_attribute(element, "Name", error);
  char *value = name ? nodal_xml_copy_attribute(element, "Value", error) : NULL;
  reader->attribute[reader->attributes].key = name;
  reader->attribute[reader->attributes++].value = value;
  return value != NULL;
}

/*
 * What a layer without a name is called by: the first attribute that its user has named, or described (every new layer
 * has one called Description).
 */
static const char *name_by_attribute(const Reader *reader) {
  for (int i = 0; i < reader->attributes; i++) {
    if (strcmp(reader->attribute[i].key, "Description") != 0) {
      return reader->attribute[i].key;
    }
    if (reader->attribute[i].value[0]) {
      return reader->attribute[i].value;
    }
  }
  return NULL;
}

/* The layer's group: by its name, an attribute, or its number; told apart where there is one already. */
static bool make_group(Reader *reader, NodalError **error) {
  const char *base = reader->layer[0] ? reader->layer : name_by_attribute(reader);
  char *name = base ? nodal_strdup(base, error) : nodal_strdup_printf(error, "Layer %d", reader->layer_number);
  char *tried = name ? nodal_strdup(name, error) : NULL;
  for (int i = reader->layer_number; tried && nodal_annotation_set_find_group(reader->set, tried) >= 0; i++) {
    free(tried);
    tried = nodal_strdup_printf(error, "%s (%d)", name, i);
  }
  reader->group = nodal_annotation_set_group_count(reader->set);
  bool good = tried && nodal_annotation_append_group(reader->set, tried, reader->color, error);
  for (int i = 0; good && i < reader->attributes; i++) {
    good = nodal_annotation_set_set_attribute(reader->set, reader->group, reader->attribute[i].key,
                                              reader->attribute[i].value, error);
  }
  free(name);
  free(tried);
  return good;
}

/* --- A region --- */

static bool start_region(Reader *reader, const NodalXmlElement *element, NodalError **error) {
  static const NodalShape shapes[] = {NODAL_SHAPE_POLYGON,  NODAL_SHAPE_RECTANGLE, NODAL_SHAPE_ELLIPSE,
                                      NODAL_SHAPE_POLYLINE, NODAL_SHAPE_POLYLINE,  NODAL_SHAPE_POINT};
  size_t length;
  int64_t type = 0;
  const char *text = nodal_xml_find_attribute(element, "Type", &length);
  if (text && (!nodal_parse_integer(text, length, &type) || type < 0 || type > 5)) {
    if (!nodal_annotation_warn(reader->set, error, "line %ld: region of the unknown type '%.*s' counts as a polygon",
                               element->line, length < 40 ? (int)length : 40, text)) {
      return false;
    }
    type = 0;
  }
  reader->arrows += type == 3;
  if (!nodal_grow_array(&reader->regions, &reader->region_capacity, reader->region_count + 1, sizeof(Region), error)) {
    return false;
  }
  char *name = nodal_xml_copy_attribute(element, "Text", error);
  if (!name) {
    return false;
  }
  text = nodal_xml_find_attribute(element, "NegativeROA", &length);
  reader->regions[reader->region_count++] = (Region){.name = name,
                                                     .shape = shapes[type],
                                                     .negative = text && length == 1 && text[0] == '1',
                                                     .line = element->line,
                                                     .first = reader->point_count};
  return true;
}

static bool add_vertex(Reader *reader, const NodalXmlElement *element, NodalError **error) {
  NodalPoint point;
  Region *region = &reader->regions[reader->region_count - 1];
  if (!nodal_xml_need_double(element, "X", &point.x, error) || !nodal_xml_need_double(element, "Y", &point.y, error) ||
      !nodal_grow_array(&reader->points, &reader->point_capacity, reader->point_count + 1, sizeof(NodalPoint), error)) {
    return false;
  }
  region->low = region->count ? (NodalPoint){fmin(region->low.x, point.x), fmin(region->low.y, point.y)} : point;
  region->high = region->count ? (NodalPoint){fmax(region->high.x, point.x), fmax(region->high.y, point.y)} : point;
  region->count++;
  reader->points[reader->point_count++] = point;
  return true;
}

/* Rectangles and ellipses that have been drawn by hand, or turned, are polygons. */
static void settle_shape(const Reader *reader, Region *region) {
  bool ring = region->shape == NODAL_SHAPE_POLYGON || region->shape == NODAL_SHAPE_RECTANGLE;
  if (ring && region->count > 3) {
    const NodalPoint *first = &reader->points[region->first], *last = first + region->count - 1;
    region->count -= first->x == last->x && first->y == last->y; /* some writers repeat the first vertex */
  }
  if ((region->shape == NODAL_SHAPE_RECTANGLE && region->count != 4) ||
      (region->shape == NODAL_SHAPE_ELLIPSE && region->count != 2 && region->count != 4)) {
    region->shape = NODAL_SHAPE_POLYGON;
  }
}

static bool contains(const Reader *reader, const Region *region, NodalPoint at) {
  bool inside = false;
  const NodalPoint *p = &reader->points[region->first];
  for (size_t i = 0, k = region->count - 1; i < region->count; k = i++) {
    if ((p[i].y > at.y) != (p[k].y > at.y) && at.x < (p[k].x - p[i].x) * (at.y - p[i].y) / (p[k].y - p[i].y) + p[i].x) {
      inside = !inside;
    }
  }
  return inside;
}

/* The smallest region with an area that the first vertex of a negative one lies in, from 1. */
static size_t find_enclosing(const Reader *reader, const Region *hole) {
  size_t found = 0;
  double least = INFINITY;
  if (hole->count == 0) {
    return 0;
  }
  NodalPoint at = reader->points[hole->first];
  for (size_t i = 0; i < reader->region_count; i++) {
    const Region *region = &reader->regions[i];
    double box = (region->high.x - region->low.x) * (region->high.y - region->low.y);
    if (!region->negative && region->count > 0 && region->shape != NODAL_SHAPE_POLYLINE &&
        region->shape != NODAL_SHAPE_POINT && at.x >= region->low.x && at.x <= region->high.x &&
        at.y >= region->low.y && at.y <= region->high.y && box < least &&
        (region->shape == NODAL_SHAPE_ELLIPSE || contains(reader, region, at))) {
      found = i + 1;
      least = box;
    }
  }
  return found;
}

/* Each negative region asks each vertex of the layer: a file made to keep us busy for hours is refused. */
static bool find_all_enclosing(Reader *reader, NodalError **error) {
  size_t negatives = 0;
  for (size_t i = 0; i < reader->region_count; i++) {
    negatives += reader->regions[i].negative;
  }
  if ((double)negatives * (double)(reader->point_count + reader->region_count) > 2e9) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "%zu negative regions in a layer of %zu vertices are too many",
                      negatives, reader->point_count);
  }
  for (size_t i = 0; i < reader->region_count; i++) {
    Region *region = &reader->regions[i];
    if (!region->negative) {
      continue;
    }
    region->inside = find_enclosing(reader, region);
    if (region->inside == 0 &&
        !nodal_annotation_warn(reader->set, error, "line %ld: a negative region outside all others is left out",
                               region->line)) {
      return false;
    }
  }
  return true;
}

static bool add_ring(Reader *reader, const Region *region, bool hole, NodalError **error) {
  bool good = nodal_ring_buffer_start(&reader->rings, hole, error);
  for (size_t i = 0; good && i < region->count; i++) {
    NodalPoint point = reader->points[region->first + i];
    good = nodal_ring_buffer_add(&reader->rings, point.x, point.y, error);
  }
  return good;
}

/* Opposite corners of the box of an ellipse, or its outline: as a hole, or where holes are cut into it. */
static bool add_ellipse(Reader *reader, const Region *region, bool hole, bool as_outline, NodalError **error) {
  NodalPoint corners[2] = {region->low, region->high};
  NodalRing box = {corners, 2, false}, *rings = &box;
  NodalAnnotation ellipse = {.name = "", .shape = NODAL_SHAPE_ELLIPSE, .rings = &box, .ring_count = 1};
  size_t count = 1;
  if (as_outline && !nodal_annotation_outline(&ellipse, 0.1, &rings, &count, error)) {
    return false;
  }
  bool good = nodal_ring_buffer_start(&reader->rings, hole, error);
  for (size_t i = 0; good && i < rings->count; i++) {
    good = nodal_ring_buffer_add(&reader->rings, rings->points[i].x, rings->points[i].y, error);
  }
  if (rings != &box) {
    nodal_free(rings);
  }
  return good;
}

static bool add_region(Reader *reader, size_t index, const size_t *holes, NodalError **error) {
  Region *region = &reader->regions[index];
  nodal_ring_buffer_clear(&reader->rings);
  bool has_holes = holes[index] != 0;
  bool good = region->shape == NODAL_SHAPE_ELLIPSE ? add_ellipse(reader, region, false, has_holes, error)
                                                   : add_ring(reader, region, false, error);
  region->shape = has_holes ? NODAL_SHAPE_POLYGON : region->shape;
  for (size_t next = holes[index]; good && next != 0; next = holes[next - 1]) {
    const Region *hole = &reader->regions[next - 1];
    good = hole->shape == NODAL_SHAPE_ELLIPSE ? add_ellipse(reader, hole, true, true, error)
                                              : add_ring(reader, hole, true, error);
  }
  NodalAnnotation annotation = {.name = region->name,
                                .shape = region->shape,
                                .group = reader->group,
                                .color = reader->color,
                                .rings = nodal_ring_buffer_rings(&reader->rings),
                                .ring_count = reader->rings.ring_count};
  return good && nodal_annotation_set_add(reader->set, &annotation, error) &&
         nodal_annotation_warn_count(reader->set, region->line, error);
}

static bool end_layer(Reader *reader, NodalError **error) {
  for (size_t i = 0; i < reader->region_count; i++) {
    settle_shape(reader, &reader->regions[i]);
  }
  /* Lists of the holes of each region: holes[i] is the first, or next, one from 1. */
  size_t *holes = nodal_alloc_array(reader->region_count, sizeof *holes, error);
  bool good = holes && make_group(reader, error) && find_all_enclosing(reader, error);
  for (size_t i = reader->region_count; good && i-- > 0;) {
    size_t inside = reader->regions[i].inside;
    if (inside > 0) {
      holes[i] = holes[inside - 1];
      holes[inside - 1] = i + 1;
    }
  }
  for (size_t i = 0; good && i < reader->region_count; i++) {
    good = reader->regions[i].negative || add_region(reader, i, holes, error);
  }
  free(holes);
  clear_layer(reader);
  return good;
}

/* --- The document --- */

/* Places are few enough to be known by depth and name. */
static bool start(void *user, NodalXmlElement *element, NodalError **error) {
  Reader *reader = user;
  if (element->depth == 0 && strcmp(element->name, "Annotations") != 0) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "the root is <%s>, not <Annotations>", element->name);
  }
  if (element->depth == 1 && strcmp(element->name, "Annotation") == 0) {
    return start_layer(reader, element, error);
  }
  if (reader->layer && element->depth == 3 && strcmp(element->name, "Attribute") == 0) {
    return read_attribute(reader, element, error);
  }
  if (reader->layer && element->depth == 3 && strcmp(element->name, "Region") == 0) {
    return start_region(reader, element, error);
  }
  if (reader->region_count > 0 && element->depth == 5 && strcmp(element->name, "Vertex") == 0) {
    return add_vertex(reader, element, error);
  }
  return true;
}

static bool end(void *user, NodalXmlElement *element, NodalError **error) {
  return element->depth != 1 || strcmp(element->name, "Annotation") != 0 || end_layer(user, error);
}

static bool imagescope_read(NodalAnnotationSet *set, NodalSource *source, const NodalAnnotationFrame *frame,
                            NodalError **error) {
  (void)frame;
  Reader reader = {.set = set};
  NodalXmlHandler handler = {.start = start, .end = end, .user = &reader};
  bool good = nodal_xml_read(source, &handler, error) &&
              (reader.arrows == 0 || nodal_annotation_warn(set, error, "%d arrow%s became lines", reader.arrows,
                                                           reader.arrows == 1 ? "" : "s"));
  clear_layer(&reader);
  nodal_ring_buffer_free(&reader.rings);
  free(reader.regions);
  free(reader.points);
  return good;
}

static bool imagescope_probe(const char *head, size_t size) {
  const char *start = nodal_annotation_head_start(head, size), *root = strstr(start, "<Annotations");
  return *start == '<' && root &&
         (strstr(root, "<Region") || strstr(root, "LineColor=") || strstr(root, "MicronsPerPixel="));
}

const NodalAnnotationDriver nodal_annotation_imagescope = {.format = NODAL_ANNOTATION_IMAGESCOPE,
                                                           .name = "imagescope",
                                                           .extensions = "",
                                                           .probe = imagescope_probe,
                                                           .read = imagescope_read,
                                                           .write = nodal_imagescope_write};
