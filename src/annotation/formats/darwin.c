/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/format.h"
#include "annotation/json_reader.h"
#include "annotation/nesting.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * Darwin JSON 2.0 of V7: {"version", "item": {"slots"}, "annotations": [{"name", "polygon": {"paths"}, ...}]}, in
 * pixels of the image. Described in docs/format/darwin.md.
 */

/* What an annotation can have beside its shape, that is not kept. */
static const char *const extras[] = {"attributes",  "directional_vector", "inference",
                                     "instance_id", "properties",         "text"};
enum { EXTRAS = sizeof extras / sizeof *extras };

/* What is said of the making of an annotation rather than of the image. */
static const char *const records[] = {"id",        "name",       "slot_names", "annotators",
                                      "reviewers", "created_at", "updated_at", "bounding_box"};

typedef struct Reader {
  NodalAnnotationSet *set;
  const NodalAnnotationFrame *frame; /* may be NULL */
  NodalRingBuffer points;
  char *slot;   /* the image that the annotations before were of; NULL: none said */
  int64_t work; /* see nodal_nest_rings() */
  NodalLoss turned, losses[EXTRAS];
} Reader;

/* --- Shapes: each fills the buffer from the value under its name --- */

static bool take_polygon(Reader *reader, const json_t *value, NodalError **error) {
  const json_t *paths = json_object_get(value, "paths");
  if (!json_is_array(paths)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "a polygon without paths");
  }
  for (size_t i = 0; i < json_array_size(paths); i++) {
    if (!nodal_json_add_ring(json_array_get(paths, i), &reader->points, error)) {
      return false;
    }
    nodal_ring_buffer_unclose(&reader->points);
  }
  nodal_ring_buffer_rings(&reader->points);
  return nodal_nest_rings(reader->points.rings, reader->points.ring_count, &reader->work, error);
}

static bool take_line(Reader *reader, const json_t *value, NodalError **error) {
  return nodal_json_add_ring(json_object_get(value, "path"), &reader->points, error);
}

static bool take_keypoint(Reader *reader, const json_t *value, NodalError **error) {
  NodalPoint point;
  return nodal_json_point(value, &point, error) && nodal_ring_buffer_start(&reader->points, false, error) &&
         nodal_ring_buffer_add(&reader->points, point.x, point.y, error);
}

static bool take_box(Reader *reader, const json_t *value, NodalError **error) {
  const json_t *w = json_object_get(value, "w"), *h = json_object_get(value, "h");
  NodalPoint low;
  if (!nodal_json_point(value, &low, error)) {
    return false;
  }
  if (!json_is_number(w) || !json_is_number(h)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "a box without its width and height w and h");
  }
  double right = low.x + json_number_value(w), bottom = low.y + json_number_value(h);
  NodalRingBuffer *points = &reader->points;
  return nodal_ring_buffer_start(points, false, error) && nodal_ring_buffer_add(points, low.x, low.y, error) &&
         nodal_ring_buffer_add(points, right, low.y, error) && nodal_ring_buffer_add(points, right, bottom, error) &&
         nodal_ring_buffer_add(points, low.x, bottom, error);
}

/* Opposite corners of the box round it, before it is turned. */
static bool take_ellipse(Reader *reader, const json_t *value, NodalError **error) {
  NodalPoint center, radius;
  if (!nodal_json_point(json_object_get(value, "center"), &center, error) ||
      !nodal_json_point(json_object_get(value, "radius"), &radius, error)) {
    return false;
  }
  double most = fmax(fmax(fabs(center.x), fabs(center.y)), fmax(fabs(radius.x), fabs(radius.y)));
  if (most > NODAL_ANNOTATION_MAX_COORDINATE) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "an ellipse that has no place on a slide");
  }
  return nodal_ring_buffer_start(&reader->points, false, error) &&
         nodal_ring_buffer_add(&reader->points, center.x - radius.x, center.y - radius.y, error) &&
         nodal_ring_buffer_add(&reader->points, center.x + radius.x, center.y + radius.y, error);
}

/* In the order in which they count: a polygon has its box beside it. */
static const struct {
  const char *name;
  NodalShape shape;
  bool (*take)(Reader *reader, const json_t *value, NodalError **error);
} kinds[] = {{"polygon", NODAL_SHAPE_POLYGON, take_polygon},
             {"ellipse", NODAL_SHAPE_ELLIPSE, take_ellipse},
             {"line", NODAL_SHAPE_POLYLINE, take_line},
             {"keypoint", NODAL_SHAPE_POINT, take_keypoint},
             {"bounding_box", NODAL_SHAPE_RECTANGLE, take_box}};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* --- Annotations --- */

/* An ellipse whose axes are not those of the image is its outline, turned about its center, y downward. */
static bool add_turned(Reader *reader, NodalAnnotation *annotation, double angle, NodalError **error) {
  const NodalPoint *box = annotation->rings[0].points;
  NodalPoint center = {(box[0].x + box[1].x) / 2, (box[0].y + box[1].y) / 2};
  /* Within 0.1 pixel, but no finer than a millionth of it, so that an absurd one has some 2000 points. */
  double tolerance = fmax(0.1, fmax(fabs(box[1].x - box[0].x), fabs(box[1].y - box[0].y)) / 2e6);
  NodalRing *rings;
  size_t count;
  if (!nodal_annotation_outline(annotation, tolerance, &rings, &count, error)) {
    return false;
  }
  nodal_ring_buffer_clear(&reader->points);
  bool good = nodal_ring_buffer_start(&reader->points, false, error);
  for (size_t i = 0; good && count > 0 && i < rings[0].count; i++) {
    double x = rings[0].points[i].x - center.x, y = rings[0].points[i].y - center.y;
    good = nodal_ring_buffer_add(&reader->points, center.x + x * cos(angle) - y * sin(angle),
                                 center.y + x * sin(angle) + y * cos(angle), error);
  }
  nodal_free(rings);
  annotation->shape = NODAL_SHAPE_POLYGON;
  annotation->rings = nodal_ring_buffer_rings(&reader->points);
  if (!good || !nodal_annotation_set_add(reader->set, annotation, error)) {
    return false;
  }
  nodal_loss_add(&reader->turned, nodal_annotation_set_count(reader->set) - 1);
  return true;
}

static bool is_one_of(const char *name, const char *const *names, size_t count) {
  size_t i = 0;
  while (i < count && strcmp(names[i], name) != 0) {
    i++;
  }
  return i < count;
}

static bool holds_something(const json_t *value) {
  return !json_is_null(value) &&
         (json_array_size(value) + json_object_size(value) > 0 || (!json_is_array(value) && !json_is_object(value)));
}

/* Tells of each member that is not kept. */
static bool tell_extras(Reader *reader, json_t *value, const char *kind, long line, NodalError **error) {
  const char *name;
  json_t *member;
  int index = nodal_annotation_set_count(reader->set) - 1;
  for (int i = 0; i < EXTRAS; i++) {
    member = json_object_get(value, extras[i]);
    if (member && holds_something(member)) {
      nodal_loss_add(&reader->losses[i], index);
    }
  }
  json_object_foreach(value, name, member) {
    char label[96];
    if (strcmp(name, kind) != 0 && holds_something(member) && !is_one_of(name, extras, EXTRAS) &&
        !is_one_of(name, records, sizeof records / sizeof *records) &&
        !nodal_annotation_warn(reader->set, error, "line %ld: annotation %s: '%.40s' is left out", line,
                               nodal_annotation_label(reader->set, index, label), name)) {
      return false;
    }
  }
  return true;
}

/* An annotation of a kind that has no place here: a tag, a skeleton, a mask. */
static bool tell_unknown(Reader *reader, json_t *value, const char *name, long line, NodalError **error) {
  const char *member, *kind = "shape";
  json_t *found;
  json_object_foreach(value, member, found) {
    if (!is_one_of(member, extras, EXTRAS) && !is_one_of(member, records, sizeof records / sizeof *records)) {
      kind = member;
      break;
    }
  }
  return nodal_annotation_warn(
      reader->set, error, "line %ld: annotation '%.64s' of the unknown kind '%.40s' is left out", line, name, kind);
}

/* A file can hold annotations of several images: which one is meant is not for us to guess. */
static bool check_slot(Reader *reader, const json_t *names, NodalError **error) {
  for (size_t i = 0; i < json_array_size(names); i++) {
    const char *name = json_string_value(json_array_get(names, i));
    if (name && !reader->slot && !(reader->slot = nodal_strdup(name, error))) {
      return false;
    }
    if (name && strcmp(name, reader->slot) != 0) {
      return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "annotations of two images, the slots '%.40s' and '%.40s'",
                        reader->slot, name);
    }
  }
  return true;
}

static bool take_annotation(void *user, json_t *value, long line, NodalError **error) {
  Reader *reader = user;
  const char *name = nodal_json_string(value, "name");
  if (!name) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "an annotation without a name");
  }
  int kind = 0;
  while (kind < KINDS && !json_object_get(value, kinds[kind].name)) {
    kind++;
  }
  if (!check_slot(reader, json_object_get(value, "slot_names"), error)) {
    return false;
  }
  if (kind == KINDS) {
    return tell_unknown(reader, value, name, line, error);
  }
  const json_t *shape = json_object_get(value, kinds[kind].name);
  const json_t *angle = kinds[kind].shape == NODAL_SHAPE_ELLIPSE ? json_object_get(shape, "angle") : NULL;
  NodalAnnotation annotation = {.name = name, .shape = kinds[kind].shape, .color = NODAL_RGB_UNSET};
  nodal_ring_buffer_clear(&reader->points);
  if (!kinds[kind].take(reader, shape, error) ||
      !nodal_annotation_need_group(reader->set, name, NODAL_RGB_UNSET, &annotation.group, error)) {
    return false;
  }
  /* The rings of a polygon are in an order of their own. */
  annotation.rings =
      annotation.shape == NODAL_SHAPE_POLYGON ? reader->points.rings : nodal_ring_buffer_rings(&reader->points);
  annotation.ring_count = reader->points.ring_count;
  double turn = json_number_value(angle);
  bool added = turn < 0 || turn > 0 ? add_turned(reader, &annotation, turn, error)
                                    : nodal_annotation_set_add(reader->set, &annotation, error);
  return added && nodal_annotation_warn_count(reader->set, line, error) &&
         tell_extras(reader, value, kinds[kind].name, line, error);
}

/* --- The file --- */

/* Warns where the slide has another size than the image that was annotated. */
static bool check_size(Reader *reader, const json_t *slots, NodalError **error) {
  for (size_t i = 0; reader->frame && i < json_array_size(slots); i++) {
    const json_t *slot = json_array_get(slots, i);
    const char *name = nodal_json_string(slot, "slot_name");
    long long width = json_integer_value(json_object_get(slot, "width"));
    long long height = json_integer_value(json_object_get(slot, "height"));
    if ((reader->slot && name && strcmp(name, reader->slot) != 0) || width <= 0 || height <= 0 ||
        (width == reader->frame->width && height == reader->frame->height)) {
      continue;
    }
    return nodal_annotation_warn(reader->set, error,
                                 "the annotations are of an image of %lld x %lld pixels, the slide has %lld x %lld",
                                 width, height, (long long)reader->frame->width, (long long)reader->frame->height);
  }
  return true;
}

static bool take_root(void *user, json_t *root, bool listed, long line, NodalError **error) {
  Reader *reader = user;
  const char *version = nodal_json_string(root, "version");
  (void)line;
  if (version && strncmp(version, "2.", 2) != 0) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "Darwin JSON of version '%.20s': 2.0 is what is known", version);
  }
  if (!listed) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "is no Darwin JSON: there is no list of annotations");
  }
  return check_size(reader, json_object_get(json_object_get(root, "item"), "slots"), error);
}

static bool tell_losses(Reader *reader, NodalError **error) {
  for (int i = 0; i < EXTRAS; i++) {
    char what[80];
    snprintf(what, sizeof what, "'%s' is left out", extras[i]);
    if (!nodal_annotation_warn_loss(reader->set, &reader->losses[i], what, error)) {
      return false;
    }
  }
  return nodal_annotation_warn_loss(reader->set, &reader->turned, "an ellipse that is turned is read as a polygon",
                                    error);
}

static bool darwin_read(NodalAnnotationSet *set, NodalSource *source, const NodalAnnotationFrame *frame,
                        NodalError **error) {
  Reader reader = {.set = set, .frame = frame, .work = 100000000};
  NodalJsonHandler handler = {.list = "annotations", .item = take_annotation, .root = take_root, .user = &reader};
  bool good = nodal_json_read(source, &handler, error) && tell_losses(&reader, error);
  nodal_ring_buffer_free(&reader.points);
  free(reader.slot);
  return good;
}

static bool darwin_probe(const char *head, size_t size) {
  return nodal_json_head_has(head, size, "schema_ref") ||
         (nodal_json_head_has(head, size, "item") && nodal_json_head_has(head, size, "annotations"));
}

const NodalAnnotationDriver nodal_annotation_darwin = {
    .format = NODAL_ANNOTATION_DARWIN, .name = "darwin", .extensions = "", .probe = darwin_probe, .read = darwin_read};
