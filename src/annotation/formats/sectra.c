/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/format.h"
#include "annotation/json_reader.h"

#include <string.h>

/*
 * Annotations of Sectra's pathology workstation, in JSON: {"type": "Area", "content": [{"x", "y"}, ...]}, in widths of
 * the image both ways. Described in docs/format/sectra.md.
 */
typedef struct Reader {
  NodalAnnotationSet *set;
  double width; /* pixels in the unit of the file */
  NodalRingBuffer points;
  NodalLoss results;
} Reader;

static bool take_annotation(Reader *reader, const json_t *value, long line, NodalError **error) {
  const char *type = nodal_json_string(value, "type"), *name = nodal_json_string(value, "name");
  bool area = type && strcmp(type, "Area") == 0, run = type && strcmp(type, "Polyline") == 0;
  if (!type) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "is no annotation of Sectra's: there is no type");
  }
  if (!area && !run) {
    return nodal_annotation_warn(reader->set, error,
                                 "line %ld: annotation '%.64s' of the unknown type '%.40s' is left out", line,
                                 name ? name : "", type);
  }
  nodal_ring_buffer_clear(&reader->points);
  if (!nodal_json_add_ring(json_object_get(value, "content"), &reader->points, error)) {
    return false;
  }
  if (area) {
    nodal_ring_buffer_unclose(&reader->points);
  }
  for (size_t i = 0; i < reader->points.point_count; i++) {
    NodalPoint *point = &reader->points.points[i];
    *point = (NodalPoint){point->x * reader->width, point->y * reader->width};
  }
  NodalAnnotation annotation = {.name = name ? name : "",
                                .shape = area ? NODAL_SHAPE_POLYGON : NODAL_SHAPE_POLYLINE,
                                .group = -1,
                                .color = NODAL_RGB_UNSET,
                                .rings = nodal_ring_buffer_rings(&reader->points),
                                .ring_count = reader->points.ring_count};
  if (!nodal_annotation_set_add(reader->set, &annotation, error)) {
    return false;
  }
  if (nodal_json_string(value, "result")) {
    nodal_loss_add(&reader->results, nodal_annotation_set_count(reader->set) - 1);
  }
  return nodal_annotation_warn_count(reader->set, line, error);
}

static bool take_item(void *user, json_t *value, long line, NodalError **error) {
  return take_annotation(user, value, line, error);
}

static bool take_root(void *user, json_t *root, bool listed, long line, NodalError **error) {
  (void)listed;
  return take_annotation(user, root, line, error);
}

static bool sectra_read(NodalAnnotationSet *set, NodalSource *source, const NodalAnnotationFrame *frame,
                        NodalError **error) {
  if (frame && frame->width <= 0) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: Sectra's annotations need the width of their slide",
                      nodal_source_name(source));
  }
  Reader reader = {.set = set, .width = frame ? (double)frame->width : 1};
  NodalJsonHandler handler = {.item = take_item, .root = take_root, .user = &reader};
  bool good = nodal_json_read(source, &handler, error) &&
              nodal_annotation_warn_loss(set, &reader.results, "the result that is stated is left out", error);
  nodal_ring_buffer_free(&reader.points);
  return good;
}

static bool sectra_probe(const char *head, size_t size) {
  return nodal_json_head_has(head, size, "type") && nodal_json_head_has(head, size, "content");
}

const NodalAnnotationDriver nodal_annotation_sectra = {
    .format = NODAL_ANNOTATION_SECTRA,
    .name = "sectra",
    .extensions = "",
    .needs = "counts in widths of the image: it needs the size of its slide (--slide or --size)",
    .without_frame = NODAL_PLACES_SCALED,
    .probe = sectra_probe,
    .read = sectra_read};
