/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/format.h"
#include "annotation/json_reader.h"
#include "annotation/wkt.h"

#include <stdio.h>

/*
 * Annotations as Cytomine's server answers with them: JSON with the geometry as well-known text in "location", pixels
 * from the lower left corner of the image. Described in docs/format/cytomine.md.
 */
typedef struct Reader {
  NodalAnnotationSet *set;
  double height; /* of the image, pixels */
  NodalRingBuffer points;
  NodalLoss terms;
} Reader;

/* An identifier, which is a number or a text; "" where there is none. */
static const char *text_of(const json_t *value, char buffer[32]) {
  const char *text = json_string_value(value);
  if (json_is_integer(value)) {
    snprintf(buffer, 32, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return buffer;
  }
  return text ? text : "";
}

static bool take_annotation(Reader *reader, const json_t *value, long line, NodalError **error) {
  char name[32], term[32];
  const json_t *terms = json_object_get(value, "term");
  const char *location = nodal_json_string(value, "location");
  NodalAnnotation annotation = {.name = text_of(json_object_get(value, "id"), name), .color = NODAL_RGB_UNSET};
  if (!location) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "an annotation of Cytomine's without a location");
  }
  if (!nodal_wkt_read(location, &reader->points, &annotation.shape, error)) {
    return false;
  }
  if (annotation.shape == NODAL_SHAPE_NONE) {
    return nodal_annotation_warn(reader->set, error, "line %ld: annotation '%.64s' is '%.40s', left out", line,
                                 annotation.name, location);
  }
  for (size_t i = 0; i < reader->points.point_count; i++) {
    reader->points.points[i].y = reader->height - reader->points.points[i].y;
  }
  annotation.rings = nodal_ring_buffer_rings(&reader->points);
  annotation.ring_count = reader->points.ring_count;
  if (!nodal_annotation_need_group(reader->set, text_of(json_array_get(terms, 0), term), NODAL_RGB_UNSET,
                                   &annotation.group, error) ||
      !nodal_annotation_set_add(reader->set, &annotation, error)) {
    return false;
  }
  if (json_array_size(terms) > 1) {
    nodal_loss_add(&reader->terms, nodal_annotation_set_count(reader->set) - 1);
  }
  return nodal_annotation_warn_count(reader->set, line, error);
}

/* An annotation, or the answer to a request that has one in it. */
static bool take_item(void *user, json_t *value, long line, NodalError **error) {
  const json_t *inner = json_object_get(value, "annotation");
  return take_annotation(user, json_is_object(inner) ? inner : value, line, error);
}

static bool take_root(void *user, json_t *root, bool listed, long line, NodalError **error) {
  return listed || take_item(user, root, line, error);
}

static bool cytomine_read(NodalAnnotationSet *set, NodalSource *source, const NodalAnnotationFrame *frame,
                          NodalError **error) {
  if (frame && frame->height <= 0) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: Cytomine's annotations need the height of their slide",
                      nodal_source_name(source));
  }
  Reader reader = {.set = set, .height = frame ? (double)frame->height : 0};
  NodalJsonHandler handler = {.list = "collection", .item = take_item, .root = take_root, .user = &reader};
  bool good = nodal_json_read(source, &handler, error) &&
              nodal_annotation_warn_loss(set, &reader.terms, "more than one term, the first is the group", error);
  nodal_ring_buffer_free(&reader.points);
  return good;
}

static bool cytomine_probe(const char *head, size_t size) {
  return !nodal_json_head_has(head, size, "type") &&
         (nodal_json_head_has(head, size, "annotation") || nodal_json_head_has(head, size, "location") ||
          nodal_json_head_has(head, size, "collection"));
}

const NodalAnnotationDriver nodal_annotation_cytomine = {
    .format = NODAL_ANNOTATION_CYTOMINE,
    .name = "cytomine",
    .extensions = "",
    .needs = "counts from the bottom of the image: it needs the size of its slide (--slide or --size)",
    .without_frame = NODAL_PLACES_SHIFTED,
    .probe = cytomine_probe,
    .read = cytomine_read};
