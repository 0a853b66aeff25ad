/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/format.h"
#include "annotation/ring_buffer.h"
#include "annotation/xml_reader.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/xml_writer.h"

#include <stdio.h>
#include <string.h>

/*
 * The XML of ASAP: <ASAP_Annotations>, in it <Annotations> of <Annotation>s and <AnnotationGroups> of <Group>s. Groups
 * are described after they are used, and known by their name. Described in docs/format/asap-xml.md.
 */

static const char *const type_names[] = {"None", "Dot", "PointSet", "Measurement", "Rectangle", "Polygon", "Spline"};

/* What ASAP itself gives to what has no colour. */
static const NodalRgb default_color = 0xF4FA58, default_group_color = 0x64FE2E;

/* --- Reading --- */

/* What an element is, from its place and its name. */
typedef enum Kind {
  KIND_DOCUMENT,
  KIND_ROOT,
  KIND_ANNOTATIONS,
  KIND_ANNOTATION,
  KIND_COORDINATES,
  KIND_COORDINATE,
  KIND_GROUPS,
  KIND_GROUP,
  KIND_ATTRIBUTES,
  KIND_ATTRIBUTE,
  KIND_UNKNOWN
} Kind;

static const struct {
  Kind parent;
  const char *name;
  Kind kind;
} places[] = {
    {KIND_COORDINATES, "Coordinate", KIND_COORDINATE},
    {KIND_DOCUMENT, "ASAP_Annotations", KIND_ROOT},
    {KIND_DOCUMENT, "Annotations", KIND_ANNOTATIONS}, /* ASAP reads such files, too */
    {KIND_ROOT, "Annotations", KIND_ANNOTATIONS},
    {KIND_ROOT, "AnnotationGroups", KIND_GROUPS},
    {KIND_ANNOTATIONS, "Annotation", KIND_ANNOTATION},
    {KIND_ANNOTATION, "Coordinates", KIND_COORDINATES},
    {KIND_GROUPS, "Group", KIND_GROUP},
    {KIND_GROUP, "Attributes", KIND_ATTRIBUTES},
    {KIND_ATTRIBUTES, "Attribute", KIND_ATTRIBUTE},
};

/* A name that stands for a group until all groups are known. */
typedef struct Reference {
  char *name;
  long line;
} Reference;

typedef struct References {
  Reference *items;
  size_t count, capacity;
} References;

/* Where a coordinate that is not in its place belongs. */
typedef struct Place {
  int64_t order;
  long line;
} Place;

typedef struct Reader {
  NodalAnnotationSet *set;
  NodalSource *source;
  Kind path[NODAL_XML_MAX_DEPTH + 1]; /* path[depth]: the parent of an element at that depth */
  NodalRingBuffer points;
  Place *order;
  size_t order_capacity;
  bool in_order;

  NodalAnnotation annotation; /* the one being read */
  char *name;
  long line;
  References members; /* the group of each annotation */
  References parents; /* the parent of each group */
} Reader;

static bool remember(References *references, const NodalXmlElement *element, NodalError **error) {
  if (!nodal_grow_array(&references->items, &references->capacity, references->count + 1, sizeof(Reference), error)) {
    return false;
  }
  char *name = nodal_xml_copy_attribute(element, "PartOfGroup", error);
  if (!name) {
    return false;
  }
  references->items[references->count++] = (Reference){name, element->line};
  return true;
}

static void forget(References *references) {
  for (size_t i = 0; i < references->count; i++) {
    free(references->items[i].name);
  }
  free(references->items);
}

static bool read_color(Reader *reader, const NodalXmlElement *element, NodalRgb *color, NodalError **error) {
  size_t length = 0;
  const char *text = nodal_xml_find_attribute(element, "Color", &length);
  *color = text ? nodal_rgb_parse(text, length) : NODAL_RGB_UNSET;
  return *color != NODAL_RGB_UNSET || !text ||
         nodal_annotation_warn(reader->set, error, "line %ld: Color='%.*s' is no colour and left out", element->line,
                               length < 40 ? (int)length : 40, text);
}

static bool read_type(Reader *reader, const NodalXmlElement *element, NodalShape *shape, NodalError **error) {
  size_t length = 0;
  const char *text = nodal_xml_find_attribute(element, "Type", &length);
  for (size_t i = 0; text && i < sizeof type_names / sizeof *type_names; i++) {
    if (strlen(type_names[i]) == length && memcmp(type_names[i], text, length) == 0) {
      *shape = (NodalShape)i;
      return true;
    }
  }
  *shape = NODAL_SHAPE_NONE;
  return nodal_annotation_warn(reader->set, error, "line %ld: annotation '%s' has %s%.*s%s and counts as none",
                               element->line, reader->name, text ? "the unknown type '" : "no type",
                               text ? (length < 40 ? (int)length : 40) : 0, text ? text : "", text ? "'" : "");
}

static bool start_annotation(Reader *reader, const NodalXmlElement *element, NodalError **error) {
  free(reader->name);
  reader->name = nodal_xml_copy_attribute(element, "Name", error);
  if (!reader->name || !remember(&reader->members, element, error)) {
    return false;
  }
  nodal_ring_buffer_clear(&reader->points);
  reader->in_order = true;
  reader->line = element->line;
  reader->annotation = (NodalAnnotation){.name = reader->name, .group = -1};
  return nodal_ring_buffer_start(&reader->points, false, error) &&
         read_color(reader, element, &reader->annotation.color, error) &&
         read_type(reader, element, &reader->annotation.shape, error);
}

static bool add_coordinate(Reader *reader, const NodalXmlElement *element, NodalError **error) {
  double x, y;
  int64_t order;
  size_t length = 0, index = reader->points.point_count;
  const char *text = nodal_xml_find_attribute(element, "Order", &length);
  if (!text) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "<Coordinate> has no Order");
  }
  if (!nodal_parse_integer(text, length, &order) || order < 0) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "Order='%.*s' is no place in a sequence",
                      length < 40 ? (int)length : 40, text);
  }
  if (!nodal_xml_need_double(element, "X", &x, error) || !nodal_xml_need_double(element, "Y", &y, error) ||
      !nodal_grow_array(&reader->order, &reader->order_capacity, index + 1, sizeof *reader->order, error)) {
    return false;
  }
  reader->order[index] = (Place){order, element->line};
  reader->in_order = reader->in_order && order == (int64_t)index;
  return nodal_ring_buffer_add(&reader->points, x, y, error);
}

/* Puts the points where their Order says; each place must be taken once. */
static bool sort_coordinates(Reader *reader, NodalXmlElement *element, NodalError **error) {
  size_t count = reader->points.point_count;
  NodalPoint *sorted = nodal_alloc_array(count, sizeof *sorted, error);
  uint8_t *taken = nodal_alloc_array(count, 1, error);
  bool good = sorted && taken;
  for (size_t i = 0; good && i < count; i++) {
    const Place *place = &reader->order[i];
    if (place->order >= (int64_t)count || taken[place->order]) {
      element->line = place->line;
      good = nodal_fail(error, NODAL_ERROR_FORMAT,
                        place->order >= (int64_t)count ? "Order %lld of %zu coordinates"
                                                       : "Order %lld twice among %zu coordinates",
                        (long long)place->order, count);
      break;
    }
    taken[place->order] = 1;
    sorted[place->order] = reader->points.points[i];
  }
  if (good) {
    memcpy(reader->points.points, sorted, count * sizeof *sorted);
  }
  free(sorted);
  free(taken);
  return good;
}

static bool end_annotation(Reader *reader, NodalXmlElement *element, NodalError **error) {
  if (!reader->in_order && !sort_coordinates(reader, element, error)) {
    return false;
  }
  NodalAnnotation *annotation = &reader->annotation;
  annotation->rings = nodal_ring_buffer_rings(&reader->points);
  annotation->ring_count = reader->points.ring_count;
  return nodal_annotation_set_add(reader->set, annotation, error) &&
         nodal_annotation_warn_count(reader->set, reader->line, error);
}

static bool start_group(Reader *reader, const NodalXmlElement *element, NodalError **error) {
  NodalRgb color;
  char *name = nodal_xml_copy_attribute(element, "Name", error);
  bool good = name && read_color(reader, element, &color, error) &&
              nodal_annotation_append_group(reader->set, name, color, error) &&
              remember(&reader->parents, element, error);
  free(name);
  return good;
}

static bool read_attribute(Reader *reader, const NodalXmlElement *element, NodalError **error) {
  const char *name, *value;
  size_t length;
  for (int i = 0; (value = nodal_xml_attribute_at(element, i, &name, &length)); i++) {
    char *copy = nodal_xml_copy_attribute(element, name, error);
    bool set = copy && nodal_annotation_set_set_attribute(
                           reader->set, nodal_annotation_set_group_count(reader->set) - 1, name, copy, error);
    free(copy);
    if (!set) {
      return false;
    }
  }
  return true;
}

static bool start(void *user, NodalXmlElement *element, NodalError **error) {
  Reader *reader = user;
  Kind parent = reader->path[element->depth], kind = KIND_UNKNOWN;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    if (places[i].parent == parent && strcmp(places[i].name, element->name) == 0) {
      kind = places[i].kind;
      break;
    }
  }
  reader->path[element->depth + 1] = kind;
  switch (kind) {
  case KIND_ANNOTATION:
    return start_annotation(reader, element, error);
  case KIND_COORDINATE:
    return add_coordinate(reader, element, error);
  case KIND_GROUP:
    return start_group(reader, element, error);
  case KIND_ATTRIBUTE:
    return read_attribute(reader, element, error);
  case KIND_UNKNOWN:
    if (parent == KIND_DOCUMENT) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "the root is <%s>, not <ASAP_Annotations>", element->name);
    }
    return parent == KIND_UNKNOWN || nodal_annotation_warn(reader->set, error, "line %ld: <%s> is unknown and left out",
                                                           element->line, element->name);
  default:
    return true;
  }
}

static bool end(void *user, NodalXmlElement *element, NodalError **error) {
  Reader *reader = user;
  return reader->path[element->depth + 1] != KIND_ANNOTATION || end_annotation(reader, element, error);
}

/* The group that a name stands for. One that no <Group> describes is made, with a warning. */
static bool resolve(Reader *reader, const Reference *reference, const char *whose, int *group, NodalError **error) {
  *group = nodal_annotation_set_find_group(reader->set, reference->name);
  if (*group >= 0) {
    return true;
  }
  if (!reference->name[0]) {
    return nodal_annotation_warn(reader->set, error, "line %ld: %s names no group and counts as in none",
                                 reference->line, whose);
  }
  *group = nodal_annotation_set_group_count(reader->set);
  return nodal_annotation_append_group(reader->set, reference->name, NODAL_RGB_UNSET, error) &&
         nodal_annotation_warn(reader->set, error, "line %ld: no <Group> describes group '%s', one is made",
                               reference->line, reference->name);
}

static bool fail_at(const Reader *reader, long line, NodalError **error) {
  nodal_error_prefix(error, "%s: line %ld", nodal_source_name(reader->source), line);
  return false;
}

/* Finds the parent of group `index`. */
static bool link_group(Reader *reader, size_t index, NodalError **error) {
  const Reference *reference = &reader->parents.items[index];
  int parent = -1;
  NodalAnnotationGroup group;
  nodal_annotation_set_group(reader->set, (int)index, &group);
  if (nodal_annotation_set_find_group(reader->set, group.name) != (int)index &&
      !nodal_annotation_warn(reader->set, error, "line %ld: a second group '%s'; annotations belong to the first",
                             reference->line, group.name)) {
    return false;
  }
  if (strcmp(reference->name, "None") != 0 && !resolve(reader, reference, "a group", &parent, error)) {
    return false;
  }
  return parent < 0 || nodal_annotation_set_parent(reader->set, (int)index, parent, error);
}

static bool link_groups(Reader *reader, NodalError **error) {
  for (size_t i = 0; i < reader->parents.count; i++) {
    if (!link_group(reader, i, error)) {
      return fail_at(reader, reader->parents.items[i].line, error);
    }
  }
  for (size_t i = 0; i < reader->parents.count; i++) {
    if (!nodal_annotation_check_depth(reader->set, (int)i, error)) {
      return fail_at(reader, reader->parents.items[i].line, error);
    }
  }

  for (size_t i = 0; i < reader->members.count; i++) {
    const Reference *reference = &reader->members.items[i];
    /* A group that is called None has the members that would be in none without it. */
    int group = nodal_annotation_set_find_group(reader->set, "None");
    bool none = strcmp(reference->name, "None") == 0;
    if (!none && !resolve(reader, reference, "an annotation", &group, error)) {
      return fail_at(reader, reference->line, error);
    }
    nodal_annotation_move(reader->set, (int)i, group);
  }
  return true;
}

static bool asap_read(NodalAnnotationSet *set, NodalSource *source, const NodalAnnotationFrame *frame,
                      NodalError **error) {
  (void)frame;
  Reader reader = {.set = set, .source = source};
  NodalXmlHandler handler = {.start = start, .end = end, .user = &reader};
  bool good = nodal_xml_read(source, &handler, error) && link_groups(&reader, error);
  nodal_ring_buffer_free(&reader.points);
  free(reader.order);
  free(reader.name);
  forget(&reader.members);
  forget(&reader.parents);
  return good;
}

static bool asap_probe(const char *head, size_t size) {
  return *nodal_annotation_head_start(head, size) == '<' &&
         (strstr(head, "<ASAP_Annotations") || (strstr(head, "<Annotations") && strstr(head, "PartOfGroup=")));
}

/* --- Writing --- */

typedef struct Writer {
  NodalAnnotationSet *set;
  NodalPrinter *printer;
  NodalError **error;
} Writer;

/* An attribute that may hold what XML cannot: then it is left empty, and told. */
static bool print_text(Writer *writer, const char *name, const char *value, const char *of) {
  if (nodal_xml_holds(value)) {
    nodal_print_xml_attribute(writer->printer, name, value);
    return true;
  }
  nodal_print_xml_attribute(writer->printer, name, "");
  return nodal_annotation_warn(writer->set, writer->error,
                               "%s: its %s holds control characters, which XML cannot: left empty", of, name);
}

static void print_color(NodalPrinter *printer, NodalRgb color, NodalRgb otherwise) {
  nodal_print_format(printer, " Color=\"#%06X\"",
                     (unsigned)((color == NODAL_RGB_UNSET ? otherwise : color) & 0xFFFFFF));
}

/* "None" or the name of a group. */
static bool print_membership(Writer *writer, int group, const char *of) {
  NodalAnnotationGroup found = {.name = "None"};
  nodal_annotation_set_group(writer->set, group, &found);
  return print_text(writer, "PartOfGroup", found.name, of);
}

static void print_points(NodalPrinter *printer, const NodalRing *ring, size_t *order) {
  for (size_t i = 0; i < ring->count; i++) {
    nodal_print(printer, "\t\t\t\t<Coordinate Order=\"");
    nodal_print_integer(printer, (int64_t)(*order)++);
    nodal_print(printer, "\" X=\"");
    nodal_print_double(printer, ring->points[i].x);
    nodal_print(printer, "\" Y=\"");
    nodal_print_double(printer, ring->points[i].y);
    nodal_print(printer, "\" />\n");
  }
}

/* One <Annotation> of the rings from `first` to before `last`. */
static bool print_annotation(Writer *writer, int index, const NodalAnnotation *annotation, size_t first, size_t last) {
  NodalPrinter *printer = writer->printer;
  char label[96], of[120];
  snprintf(of, sizeof of, "annotation %s", nodal_annotation_label(writer->set, index, label));
  nodal_print(printer, "\t\t<Annotation");
  if (!print_text(writer, "Name", annotation->name, of)) {
    return false;
  }
  nodal_print_xml_attribute(printer, "Type", type_names[annotation->shape]);
  if (!print_membership(writer, annotation->group, of)) {
    return false;
  }
  print_color(printer, annotation->color, default_color);
  nodal_print(printer, ">\n");
  size_t points = 0, order = 0;
  for (size_t i = first; i < last; i++) {
    points += annotation->rings[i].count;
  }
  if (points == 0) {
    nodal_print(printer, "\t\t\t<Coordinates />\n\t\t</Annotation>\n");
    return true;
  }
  nodal_print(printer, "\t\t\t<Coordinates>\n");
  for (size_t i = first; i < last; i++) {
    print_points(printer, &annotation->rings[i], &order);
  }
  nodal_print(printer, "\t\t\t</Coordinates>\n\t\t</Annotation>\n");
  return true;
}

/* ASAP knows one ring: further outer rings become annotations of their own, holes are lost. */
static bool print_polygon(Writer *writer, int index, const NodalAnnotation *annotation) {
  size_t outer = 0, holes = 0;
  for (size_t i = 0; i < annotation->ring_count; i++) {
    if (annotation->rings[i].hole) {
      holes++;
      continue;
    }
    outer++;
    if (!print_annotation(writer, index, annotation, i, i + 1)) {
      return false;
    }
  }
  char label[96];
  nodal_annotation_label(writer->set, index, label);
  if (holes > 0 &&
      !nodal_annotation_warn(writer->set, writer->error, "annotation %s: %zu hole%s left out, ASAP has none", label,
                             holes, holes == 1 ? "" : "s")) {
    return false;
  }
  return outer == 1 || nodal_annotation_warn(writer->set, writer->error,
                                             "annotation %s: %zu parts written as annotations of their own, ASAP has "
                                             "polygons of one part",
                                             label, outer);
}

/* ASAP has no ellipse: a polygon within a tenth of a pixel of it. */
static bool print_ellipse(Writer *writer, int index, const NodalAnnotation *annotation) {
  NodalRing *rings;
  size_t count;
  char label[96];
  if (!nodal_annotation_outline(annotation, 0.1, &rings, &count, writer->error)) {
    return false;
  }
  NodalAnnotation polygon = *annotation;
  polygon.shape = NODAL_SHAPE_POLYGON;
  polygon.rings = rings;
  bool good = nodal_annotation_warn(writer->set, writer->error,
                                    "annotation %s: the ellipse became a polygon of %zu points, ASAP has none",
                                    nodal_annotation_label(writer->set, index, label), count ? rings[0].count : 0) &&
              print_annotation(writer, index, &polygon, 0, count);
  nodal_free(rings);
  return good;
}

static bool print_shape(Writer *writer, int index) {
  NodalAnnotation annotation;
  nodal_annotation_set_get(writer->set, index, &annotation);
  if (annotation.shape == NODAL_SHAPE_ELLIPSE) {
    return print_ellipse(writer, index, &annotation);
  }
  if (annotation.shape == NODAL_SHAPE_POLYGON && annotation.ring_count > 1) {
    return print_polygon(writer, index, &annotation);
  }
  return print_annotation(writer, index, &annotation, 0, annotation.ring_count);
}

/* A key has to be the name of an XML attribute. */
static bool is_xml_name(const char *key) {
  static const char more[] = "-.0123456789";
  if (!key[0] || strchr(more, key[0])) {
    return false;
  }
  for (; *key; key++) {
    unsigned char c = (unsigned char)*key;
    bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    if (!letter && !strchr(more, c)) {
      return false;
    }
  }
  return true;
}

static bool print_group(Writer *writer, int index) {
  NodalPrinter *printer = writer->printer;
  NodalAnnotationGroup group;
  const char *key, *value;
  nodal_annotation_set_group(writer->set, index, &group);
  if (nodal_annotation_set_find_group(writer->set, group.name) != index &&
      !nodal_annotation_warn(writer->set, writer->error,
                             "group '%s' is there twice; ASAP knows groups by their name alone, so that annotations "
                             "belong to the first",
                             group.name)) {
    return false;
  }
  char of[120];
  snprintf(of, sizeof of, "group %d", index + 1);
  nodal_print(printer, "\t\t<Group");
  if (!print_text(writer, "Name", group.name, of) || !print_membership(writer, group.parent, of)) {
    return false;
  }
  print_color(printer, group.color, default_group_color);
  nodal_print(printer, ">\n");
  int written = 0;
  for (int i = 0; nodal_annotation_set_attribute(writer->set, index, i, &key, &value); i++) {
    if (!is_xml_name(key) || !nodal_xml_holds(value)) {
      if (!nodal_annotation_warn(writer->set, writer->error, "group '%s': attribute '%s' left out, XML cannot hold it",
                                 group.name, key)) {
        return false;
      }
      continue;
    }
    nodal_print(printer, written++ == 0 ? "\t\t\t<Attributes>\n\t\t\t\t<Attribute" : "\t\t\t\t<Attribute");
    nodal_print_xml_attribute(printer, key, value);
    nodal_print(printer, " />\n");
  }
  nodal_print(printer, written > 0 ? "\t\t\t</Attributes>\n\t\t</Group>\n" : "\t\t\t<Attributes />\n\t\t</Group>\n");
  return true;
}

static bool asap_write(NodalAnnotationSet *set, NodalPrinter *printer, const NodalAnnotationFrame *frame,
                       NodalError **error) {
  (void)frame;
  Writer writer = {set, printer, error};
  int count = nodal_annotation_set_count(set), groups = nodal_annotation_set_group_count(set);
  nodal_print(printer, "<?xml version=\"1.0\"?>\n<ASAP_Annotations>\n\t");
  nodal_print(printer, count > 0 ? "<Annotations>\n" : "<Annotations />\n");
  for (int i = 0; i < count; i++) {
    if (!print_shape(&writer, i)) {
      return false;
    }
  }
  nodal_print(printer, count > 0 ? "\t</Annotations>\n\t" : "\t");
  nodal_print(printer, groups > 0 ? "<AnnotationGroups>\n" : "<AnnotationGroups />\n");
  for (int i = 0; i < groups; i++) {
    if (!print_group(&writer, i)) {
      return false;
    }
  }
  nodal_print(printer, groups > 0 ? "\t</AnnotationGroups>\n</ASAP_Annotations>\n" : "</ASAP_Annotations>\n");
  return true;
}

const NodalAnnotationDriver nodal_annotation_asap = {.format = NODAL_ANNOTATION_ASAP,
                                                     .name = "asap",
                                                     .extensions = ".xml",
                                                     .probe = asap_probe,
                                                     .read = asap_read,
                                                     .write = asap_write};
