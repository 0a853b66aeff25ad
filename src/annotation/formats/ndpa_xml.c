/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/format.h"
#include "annotation/ring_buffer.h"
#include "annotation/xml_reader.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/xml_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * The NDPA of Hamamatsu NDP.view: <annotations> of <ndpviewstate>s, each with a title and one <annotation> in
 * nanometres from the middle of the glass. Described in docs/format/ndpa.md.
 */

/* The numbers that stand as the text of elements. */
typedef enum Number { NUMBER_X, NUMBER_Y, NUMBER_RADIUS, NUMBER_X1, NUMBER_Y1, NUMBER_X2, NUMBER_Y2, NUMBERS } Number;

static const char *const number_names[NUMBERS] = {"x", "y", "radius", "x1", "y1", "x2", "y2"};

typedef struct Reader {
  NodalAnnotationSet *set;
  const NodalAnnotationFrame *frame;
  NodalRingBuffer points;
  char *text; /* of the element at hand */
  size_t text_size, text_capacity;

  char *title, *type, *special;
  bool in_annotation, has_details, open;
  long line;
  NodalRgb color;
  double numbers[NUMBERS];
  bool has[NUMBERS];

  int details;
} Reader;

static NodalPoint to_pixels(const NodalAnnotationFrame *frame, double x_nm, double y_nm) {
  return (NodalPoint){(x_nm - frame->offset_x_nm) / (1000 * frame->spacing_x_um) + (double)frame->width / 2,
                      (y_nm - frame->offset_y_nm) / (1000 * frame->spacing_y_um) + (double)frame->height / 2};
}

/* --- Reading --- */

static bool take_text(void *user, const char *text, size_t length, NodalError **error) {
  Reader *reader = user;
  if (reader->text_size + length > 1 << 20) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "more than 1 MiB of text");
  }
  if (!nodal_grow_array(&reader->text, &reader->text_capacity, reader->text_size + length + 1, 1, error)) {
    return false;
  }
  memcpy(reader->text + reader->text_size, text, length);
  reader->text_size += length;
  return true;
}

/* The text of the element that ends, without blanks round it. */
static const char *trimmed(Reader *reader, size_t *length) {
  static const char blanks[] = " \t\r\n";
  size_t from = 0, to = reader->text_size;
  while (from < to && strchr(blanks, reader->text[from])) {
    from++;
  }
  while (to > from && strchr(blanks, reader->text[to - 1])) {
    to--;
  }
  *length = to - from;
  return reader->text ? reader->text + from : "";
}

static bool keep_text(Reader *reader, char **to, NodalError **error) {
  size_t length;
  const char *text = trimmed(reader, &length);
  char *copy = nodal_strdup_printf(error, "%.*s", (int)length, text);
  free(*to);
  *to = copy;
  return copy != NULL;
}

static void clear(Reader *reader) {
  free(reader->title);
  free(reader->type);
  free(reader->special);
  reader->title = reader->type = reader->special = NULL;
  reader->in_annotation = reader->has_details = false;
  reader->open = false;
}

static bool start_annotation(Reader *reader, const NodalXmlElement *element, NodalError **error) {
  size_t length;
  if (reader->type) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "a second <annotation> in an <ndpviewstate>");
  }
  reader->type = nodal_xml_copy_attribute(element, "type", error);
  const char *color = nodal_xml_find_attribute(element, "color", &length);
  reader->color = color ? nodal_rgb_parse(color, length) : NODAL_RGB_UNSET;
  reader->in_annotation = true;
  reader->line = element->line;
  memset(reader->has, 0, sizeof reader->has);
  nodal_ring_buffer_clear(&reader->points);
  return reader->type && nodal_ring_buffer_start(&reader->points, false, error);
}

static bool start(void *user, NodalXmlElement *element, NodalError **error) {
  Reader *reader = user;
  reader->text_size = 0;
  if (element->depth == 0 && strcmp(element->name, "annotations") != 0) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "the root is <%s>, not <annotations>", element->name);
  }
  if (element->depth == 1) {
    clear(reader);
  }
  if (element->depth == 2 && strcmp(element->name, "annotation") == 0) {
    return start_annotation(reader, element, error);
  }
  if (reader->in_annotation && strcmp(element->name, "point") == 0) {
    reader->has[NUMBER_X] = reader->has[NUMBER_Y] = false;
  }
  return true;
}

static bool need(const Reader *reader, Number first, Number last, NodalError **error) {
  for (int i = (int)first; i <= (int)last; i++) {
    if (!reader->has[i]) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "<%s> is missing", number_names[i]);
    }
  }
  return true;
}

static bool add_point(Reader *reader, double x_nm, double y_nm, NodalError **error) {
  NodalPoint point = to_pixels(reader->frame, x_nm, y_nm);
  return nodal_ring_buffer_add(&reader->points, point.x, point.y, error);
}

/* Turns what has been read of an <annotation> into points and their shape; NODAL_SHAPE_NONE: it is left out. */
static bool shape_of(Reader *reader, NodalShape *shape, NodalError **error) {
  const double *n = reader->numbers;
  if (strcmp(reader->type, "freehand") == 0) {
    bool rectangle = reader->special && strcmp(reader->special, "rectangle") == 0;
    if (!reader->open) {
      nodal_ring_buffer_unclose(&reader->points);
    }
    *shape = reader->open                                   ? NODAL_SHAPE_POLYLINE
             : rectangle && reader->points.point_count == 4 ? NODAL_SHAPE_RECTANGLE
                                                            : NODAL_SHAPE_POLYGON;
    return true;
  }
  if (strcmp(reader->type, "circle") == 0) {
    *shape = NODAL_SHAPE_ELLIPSE;
    double r = n[NUMBER_RADIUS];
    return need(reader, NUMBER_X, NUMBER_RADIUS, error) && add_point(reader, n[NUMBER_X] - r, n[NUMBER_Y] - r, error) &&
           add_point(reader, n[NUMBER_X] + r, n[NUMBER_Y] + r, error);
  }
  if (strcmp(reader->type, "linearmeasure") == 0 || strcmp(reader->type, "pointer") == 0) {
    *shape = NODAL_SHAPE_POLYLINE;
    return need(reader, NUMBER_X1, NUMBER_Y2, error) && add_point(reader, n[NUMBER_X1], n[NUMBER_Y1], error) &&
           add_point(reader, n[NUMBER_X2], n[NUMBER_Y2], error);
  }
  if (strcmp(reader->type, "pin") == 0) {
    *shape = NODAL_SHAPE_POINT;
    return need(reader, NUMBER_X, NUMBER_Y, error) && add_point(reader, n[NUMBER_X], n[NUMBER_Y], error);
  }
  *shape = NODAL_SHAPE_NONE;
  return nodal_annotation_warn(reader->set, error, "line %ld: annotation '%s' of the unknown type '%.40s' is left out",
                               reader->line, reader->title ? reader->title : "", reader->type);
}

static bool end_state(Reader *reader, NodalError **error) {
  NodalShape shape = NODAL_SHAPE_NONE;
  reader->details += reader->has_details;
  if (!reader->type) {
    return true; /* a view without an annotation */
  }
  if (!shape_of(reader, &shape, error)) {
    return false;
  }
  NodalAnnotation annotation = {.name = reader->title ? reader->title : "",
                                .shape = shape,
                                .group = -1,
                                .color = reader->color,
                                .rings = nodal_ring_buffer_rings(&reader->points),
                                .ring_count = reader->points.ring_count};
  return shape == NODAL_SHAPE_NONE || (nodal_annotation_set_add(reader->set, &annotation, error) &&
                                       nodal_annotation_warn_count(reader->set, reader->line, error));
}

static bool end_number(Reader *reader, const char *name, NodalError **error) {
  size_t length;
  const char *text = trimmed(reader, &length);
  for (int i = 0; i < NUMBERS; i++) {
    if (strcmp(name, number_names[i]) != 0) {
      continue;
    }
    if (!nodal_parse_decimal(text, length, &reader->numbers[i])) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "<%s>%.*s is no number", name, length < 40 ? (int)length : 40, text);
    }
    reader->has[i] = true;
  }
  return true;
}

static bool end(void *user, NodalXmlElement *element, NodalError **error) {
  Reader *reader = user;
  bool good = true;
  size_t length;
  if (element->depth == 1) {
    good = end_state(reader, error);
  } else if (element->depth == 2 && strcmp(element->name, "title") == 0) {
    good = keep_text(reader, &reader->title, error);
  } else if (element->depth == 2 && strcmp(element->name, "details") == 0) {
    trimmed(reader, &length);
    reader->has_details = length > 0;
  } else if (element->depth == 2 && strcmp(element->name, "coordformat") == 0) {
    const char *unit = trimmed(reader, &length);
    if (length != 10 || memcmp(unit, "nanometers", 10) != 0) {
      good = nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "coordinates in '%.*s', not in nanometers",
                        length < 40 ? (int)length : 40, unit);
    }
  } else if (reader->in_annotation && strcmp(element->name, "point") == 0) {
    good = need(reader, NUMBER_X, NUMBER_Y, error) &&
           add_point(reader, reader->numbers[NUMBER_X], reader->numbers[NUMBER_Y], error);
  } else if (reader->in_annotation && strcmp(element->name, "specialtype") == 0) {
    good = keep_text(reader, &reader->special, error);
  } else if (reader->in_annotation && strcmp(element->name, "closed") == 0) {
    const char *closed = trimmed(reader, &length);
    reader->open = length == 1 && closed[0] == '0';
  } else if (element->depth == 2 && strcmp(element->name, "annotation") == 0) {
    reader->in_annotation = false;
  } else if (reader->in_annotation) {
    good = end_number(reader, element->name, error);
  }
  reader->text_size = 0;
  return good;
}

static bool check_frame(const char *name, const NodalAnnotationFrame *frame, NodalError **error) {
  if (frame->spacing_x_um > 0 && frame->spacing_y_um > 0 && frame->width > 0 && frame->height > 0 &&
      isfinite(frame->offset_x_nm) && isfinite(frame->offset_y_nm)) {
    return true;
  }
  return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: an NDPA needs the size, the spacing and the offset of its slide",
                    name);
}

static bool ndpa_read(NodalAnnotationSet *set, NodalSource *source, const NodalAnnotationFrame *frame,
                      NodalError **error) {
  if (!check_frame(nodal_source_name(source), frame, error)) {
    return false;
  }
  Reader reader = {.set = set, .frame = frame};
  NodalXmlHandler handler = {.start = start, .end = end, .text = take_text, .user = &reader};
  bool good = nodal_xml_read(source, &handler, error) &&
              (reader.details == 0 || nodal_annotation_warn(set, error, "details of %d annotation%s are left out",
                                                            reader.details, reader.details == 1 ? "" : "s"));
  clear(&reader);
  free(reader.text);
  nodal_ring_buffer_free(&reader.points);
  return good;
}

static bool ndpa_probe(const char *head, size_t size) {
  return *nodal_annotation_head_start(head, size) == '<' &&
         (strstr(head, "<ndpviewstate") || strstr(head, "<annotations"));
}

/* --- Writing --- */

typedef struct Writer {
  NodalAnnotationSet *set;
  NodalPrinter *printer;
  const NodalAnnotationFrame *frame;
  NodalError **error;
  int number;
  NodalLoss groups, holes, parts, curves, points, lines;
} Writer;

/* NDP.view counts whole nanometres. */
static void print_nm(Writer *writer, const char *tag, double pixel, bool vertical) {
  const NodalAnnotationFrame *frame = writer->frame;
  double nm = vertical ? (pixel - (double)frame->height / 2) * 1000 * frame->spacing_y_um + frame->offset_y_nm
                       : (pixel - (double)frame->width / 2) * 1000 * frame->spacing_x_um + frame->offset_x_nm;
  nodal_print_format(writer->printer, "<%s>%.0f</%s>", tag, nm, tag);
}

static bool start_state(Writer *writer, const NodalAnnotation *annotation, const char *type, const char *display) {
  NodalPrinter *printer = writer->printer;
  nodal_print_format(printer, "  <ndpviewstate id=\"%d\">\n    <title>", ++writer->number);
  bool holds = nodal_xml_holds(annotation->name);
  nodal_print_xml(printer, holds ? annotation->name : "");
  nodal_print(printer, "</title>\n    <details/>\n    <coordformat>nanometers</coordformat>\n    <lens>1</lens>\n"
                       "    <x>0</x>\n    <y>0</y>\n    <z>0</z>\n    <showtitle>0</showtitle>\n"
                       "    <showhistogram>0</showhistogram>\n    <showlineprofile>0</showlineprofile>\n");
  NodalRgb color = annotation->color == NODAL_RGB_UNSET ? 0 : annotation->color;
  nodal_print_format(printer, "    <annotation type=\"%s\" displayname=\"%s\" color=\"#%06x\">\n", type, display,
                     (unsigned)(color & 0xFFFFFF));
  return holds || nodal_annotation_warn(writer->set, writer->error,
                                        "a name holds control characters, which XML cannot: left empty");
}

static bool print_freehand(Writer *writer, const NodalAnnotation *annotation, const NodalRing *ring, bool closed) {
  NodalPrinter *printer = writer->printer;
  bool rectangle = annotation->shape == NODAL_SHAPE_RECTANGLE;
  if (!start_state(writer, annotation, "freehand", rectangle ? "AnnotateRectangle" : "AnnotateFreehand")) {
    return false;
  }
  nodal_print_format(printer, "      <measuretype>0</measuretype>\n      <closed>%d</closed>\n      <pointlist>\n",
                     closed);
  for (size_t i = 0; i < ring->count; i++) {
    nodal_print(printer, "        <point>");
    print_nm(writer, "x", ring->points[i].x, false);
    print_nm(writer, "y", ring->points[i].y, true);
    nodal_print(printer, "</point>\n");
  }
  nodal_print(printer,
              rectangle ? "      </pointlist>\n      <specialtype>rectangle</specialtype>\n" : "      </pointlist>\n");
  nodal_print(printer, "    </annotation>\n  </ndpviewstate>\n");
  return true;
}

/* A circle where the ellipse is one to half a nanometre, else its outline. */
static bool print_ellipse(Writer *writer, int index, const NodalAnnotation *annotation) {
  NodalPrinter *printer = writer->printer;
  NodalPoint low, high;
  if (annotation->ring_count != 1 || annotation->rings[0].count != 2 ||
      !nodal_annotation_bounds(annotation, &low, &high)) {
    nodal_loss_add(&writer->curves, index);
    return true;
  }
  double x_nm = (high.x - low.x) * 500 * writer->frame->spacing_x_um;
  double y_nm = (high.y - low.y) * 500 * writer->frame->spacing_y_um;
  if (fabs(x_nm - y_nm) <= 0.5) {
    if (!start_state(writer, annotation, "circle", "AnnotateCircle")) {
      return false;
    }
    nodal_print(printer, "      ");
    print_nm(writer, "x", (low.x + high.x) / 2, false);
    print_nm(writer, "y", (low.y + high.y) / 2, true);
    nodal_print_format(printer, "<radius>%.0f</radius>\n    </annotation>\n  </ndpviewstate>\n", x_nm);
    return true;
  }
  NodalRing *rings;
  size_t count;
  nodal_loss_add(&writer->curves, index);
  if (!nodal_annotation_outline(annotation, 0.1, &rings, &count, writer->error)) {
    return false;
  }
  bool good = count == 0 || print_freehand(writer, annotation, &rings[0], true);
  nodal_free(rings);
  return good;
}

static bool print_spline(Writer *writer, int index, const NodalAnnotation *annotation) {
  NodalRing *rings;
  size_t count;
  nodal_loss_add(&writer->curves, index);
  if (!nodal_annotation_outline(annotation, 0.1, &rings, &count, writer->error)) {
    return false;
  }
  bool good = count == 0 || print_freehand(writer, annotation, &rings[0], true);
  nodal_free(rings);
  return good;
}

static bool print_polyline(Writer *writer, int index, const NodalAnnotation *annotation) {
  const NodalRing *ring = annotation->rings;
  if (annotation->ring_count != 1) {
    nodal_loss_add(&writer->lines, index);
    return true;
  }
  if (ring->count != 2) {
    return print_freehand(writer, annotation, ring, false);
  }
  if (!start_state(writer, annotation, "linearmeasure", "AnnotateRuler")) {
    return false;
  }
  nodal_print(writer->printer, "      ");
  print_nm(writer, "x1", ring->points[0].x, false);
  print_nm(writer, "y1", ring->points[0].y, true);
  print_nm(writer, "x2", ring->points[1].x, false);
  print_nm(writer, "y2", ring->points[1].y, true);
  nodal_print(writer->printer, "\n    </annotation>\n  </ndpviewstate>\n");
  return true;
}

static bool print_pins(Writer *writer, int index, const NodalAnnotation *annotation) {
  size_t printed = 0;
  for (size_t i = 0; i < annotation->ring_count; i++) {
    for (size_t k = 0; k < annotation->rings[i].count; k++, printed++) {
      if (!start_state(writer, annotation, "pin", "AnnotatePin")) {
        return false;
      }
      nodal_print(writer->printer, "      ");
      print_nm(writer, "x", annotation->rings[i].points[k].x, false);
      print_nm(writer, "y", annotation->rings[i].points[k].y, true);
      nodal_print(writer->printer, "\n    </annotation>\n  </ndpviewstate>\n");
    }
  }
  if (annotation->shape != NODAL_SHAPE_POINT || printed != 1) {
    nodal_loss_add(&writer->points, index);
  }
  return true;
}

static bool print_polygon(Writer *writer, int index, const NodalAnnotation *annotation) {
  size_t outer = 0;
  for (size_t i = 0; i < annotation->ring_count; i++) {
    if (annotation->rings[i].hole) {
      nodal_loss_add(&writer->holes, index);
      continue;
    }
    outer++;
    if (!print_freehand(writer, annotation, &annotation->rings[i], true)) {
      return false;
    }
  }
  if (outer > 1) {
    nodal_loss_add(&writer->parts, index);
  }
  return true;
}

static bool print_annotation(Writer *writer, int index) {
  NodalAnnotation annotation;
  nodal_annotation_set_get(writer->set, index, &annotation);
  if (annotation.group >= 0) {
    nodal_loss_add(&writer->groups, index);
  }
  switch (annotation.shape) {
  case NODAL_SHAPE_POLYGON:
  case NODAL_SHAPE_RECTANGLE:
    return print_polygon(writer, index, &annotation);
  case NODAL_SHAPE_SPLINE:
    return print_spline(writer, index, &annotation);
  case NODAL_SHAPE_ELLIPSE:
    return print_ellipse(writer, index, &annotation);
  case NODAL_SHAPE_POLYLINE:
    return print_polyline(writer, index, &annotation);
  default:
    return print_pins(writer, index, &annotation);
  }
}

static bool ndpa_write(NodalAnnotationSet *set, NodalPrinter *printer, const NodalAnnotationFrame *frame,
                       NodalError **error) {
  Writer writer = {.set = set, .printer = printer, .frame = frame, .error = error};
  if (!check_frame(nodal_output_name(printer->output), frame, error)) {
    return false;
  }
  nodal_print(printer, "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\n<annotations>\n");
  for (int i = 0; i < nodal_annotation_set_count(set); i++) {
    if (!print_annotation(&writer, i)) {
      return false;
    }
  }
  nodal_print(printer, "</annotations>\n");
  return nodal_annotation_warn_loss(set, &writer.groups, "NDPA has no groups, left out", error) &&
         nodal_annotation_warn_loss(set, &writer.holes, "NDPA has no holes, left out", error) &&
         nodal_annotation_warn_loss(set, &writer.parts, "the parts are written as annotations of their own", error) &&
         nodal_annotation_warn_loss(set, &writer.curves, "NDPA has no curves but circles, written as a polygon",
                                    error) &&
         nodal_annotation_warn_loss(set, &writer.points, "a set of points is written as single pins", error) &&
         nodal_annotation_warn_loss(set, &writer.lines, "a line of several runs is left out", error);
}

const NodalAnnotationDriver nodal_annotation_ndpa = {.format = NODAL_ANNOTATION_NDPA,
                                                     .name = "ndpa",
                                                     .extensions = ".ndpa",
                                                     .needs = "counts from the middle of the glass: it needs its slide",
                                                     .probe = ndpa_probe,
                                                     .read = ndpa_read,
                                                     .write = ndpa_write};
