/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/formats/imagescope_xml.h"

#include "base/memory.h"
#include "base/xml_writer.h"

/* What ImageScope cannot hold, gathered over all annotations. */
typedef struct Writer {
  NodalAnnotationSet *set;
  NodalPrinter *printer;
  NodalError **error;
  int *order;  /* annotations sorted by their group, those without one first */
  int *starts; /* starts[group + 1]: where those of a group begin in `order` */
  int region;  /* number of the last region in its layer */
  NodalLoss splines, points, lines, colors;
} Writer;

enum { TYPE_POLYGON = 0, TYPE_RECTANGLE = 1, TYPE_ELLIPSE = 2, TYPE_RULER = 4, TYPE_POINT = 5 };

/* Text that XML cannot hold is left out. */
static bool print_text(Writer *writer, const char *name, const char *text) {
  bool holds = nodal_xml_holds(text);
  nodal_print_xml_attribute(writer->printer, name, holds ? text : "");
  return holds || nodal_annotation_warn(writer->set, writer->error,
                                        "a %s holds control characters, which XML cannot: left empty", name);
}

static bool print_region(Writer *writer, const NodalAnnotation *annotation, const NodalRing *ring, int type) {
  NodalPrinter *printer = writer->printer;
  nodal_print_format(printer, "\t\t\t<Region Id=\"%d\" Type=\"%d\" Zoom=\"1\" Selected=\"0\"", ++writer->region, type);
  if (!print_text(writer, "Text", annotation->name)) {
    return false;
  }
  nodal_print_format(printer, " NegativeROA=\"%d\" Analyze=\"1\" DisplayId=\"%d\">\n\t\t\t\t<Attributes/>\n",
                     ring->hole, writer->region);
  nodal_print(printer, "\t\t\t\t<Vertices>\n");
  for (size_t i = 0; i < ring->count; i++) {
    nodal_print(printer, "\t\t\t\t\t<Vertex X=\"");
    nodal_print_double(printer, ring->points[i].x);
    nodal_print(printer, "\" Y=\"");
    nodal_print_double(printer, ring->points[i].y);
    nodal_print(printer, "\" Z=\"0\"/>\n");
  }
  nodal_print(printer, "\t\t\t\t</Vertices>\n\t\t\t</Region>\n");
  return true;
}

static bool print_rings(Writer *writer, const NodalAnnotation *annotation, const NodalRing *rings, size_t count,
                        int type) {
  for (size_t i = 0; i < count; i++) {
    if (!print_region(writer, annotation, &rings[i], type)) {
      return false;
    }
  }
  return true;
}

static bool print_spline(Writer *writer, int index, const NodalAnnotation *annotation) {
  NodalRing *rings;
  size_t count;
  nodal_loss_add(&writer->splines, index);
  if (!nodal_annotation_outline(annotation, 0.1, &rings, &count, writer->error)) {
    return false;
  }
  bool good = print_rings(writer, annotation, rings, count, TYPE_POLYGON);
  nodal_free(rings);
  return good;
}

/* Points one by one: a region is one of them. */
static bool print_points(Writer *writer, int index, const NodalAnnotation *annotation) {
  size_t printed = 0;
  for (size_t i = 0; i < annotation->ring_count; i++) {
    for (size_t k = 0; k < annotation->rings[i].count; k++, printed++) {
      NodalRing one = {&annotation->rings[i].points[k], 1, false};
      if (!print_region(writer, annotation, &one, TYPE_POINT)) {
        return false;
      }
    }
  }
  if (annotation->shape != NODAL_SHAPE_POINT || printed != 1) {
    nodal_loss_add(&writer->points, index);
  }
  return true;
}

static bool print_annotation(Writer *writer, int index, const NodalAnnotation *annotation) {
  const NodalRing *rings = annotation->rings;
  size_t count = annotation->ring_count;
  switch (annotation->shape) {
  case NODAL_SHAPE_POLYLINE:
    if (count != 1 || rings[0].count != 2) {
      nodal_loss_add(&writer->lines, index);
      return true;
    }
    return print_rings(writer, annotation, rings, count, TYPE_RULER);
  case NODAL_SHAPE_RECTANGLE:
    return print_rings(writer, annotation, rings, count, TYPE_RECTANGLE);
  case NODAL_SHAPE_ELLIPSE:
    return print_rings(writer, annotation, rings, count, TYPE_ELLIPSE);
  case NODAL_SHAPE_SPLINE:
    return print_spline(writer, index, annotation);
  case NODAL_SHAPE_POLYGON:
    return print_rings(writer, annotation, rings, count, TYPE_POLYGON);
  default:
    return print_points(writer, index, annotation);
  }
}

/* 0x00BBGGRR, as Windows has it; green where there is none, as ImageScope does. */
static unsigned colorref(NodalRgb color) {
  color = color == NODAL_RGB_UNSET ? 0x00FF00 : color;
  return (color & 0xFF) << 16 | (color & 0xFF00) | (color >> 16 & 0xFF);
}

static bool print_layer(Writer *writer, int group, int number) {
  NodalPrinter *printer = writer->printer;
  NodalAnnotationGroup layer = {.name = "", .color = NODAL_RGB_UNSET};
  nodal_annotation_set_group(writer->set, group, &layer);
  nodal_print_format(printer, "\t<Annotation Id=\"%d\"", number);
  if (!print_text(writer, "Name", layer.name)) {
    return false;
  }
  nodal_print_format(printer, " ReadOnly=\"0\" Type=\"4\" LineColor=\"%u\" Visible=\"1\" Selected=\"0\">\n",
                     colorref(layer.color));
  const char *key, *value;
  nodal_print(printer, "\t\t<Attributes>\n");
  for (int i = 0; nodal_annotation_set_attribute(writer->set, group, i, &key, &value); i++) {
    nodal_print(printer, "\t\t\t<Attribute");
    if (!print_text(writer, "Name", key)) {
      return false;
    }
    nodal_print_format(printer, " Id=\"%d\"", i);
    if (!print_text(writer, "Value", value)) {
      return false;
    }
    nodal_print(printer, "/>\n");
  }
  nodal_print(printer, "\t\t</Attributes>\n\t\t<Regions>\n");
  writer->region = 0;
  for (int k = writer->starts[group + 1]; k < writer->starts[group + 2]; k++) {
    int i = writer->order[k];
    NodalAnnotation annotation;
    nodal_annotation_set_get(writer->set, i, &annotation);
    if (annotation.color != NODAL_RGB_UNSET && annotation.color != layer.color) {
      nodal_loss_add(&writer->colors, i);
    }
    if (!print_annotation(writer, i, &annotation)) {
      return false;
    }
  }
  nodal_print(printer, "\t\t</Regions>\n\t\t<Plots/>\n\t</Annotation>\n");
  return layer.parent < 0 || group < 0 ||
         nodal_annotation_warn(writer->set, writer->error,
                               "group '%s': ImageScope has no layers in layers, it stands alone", layer.name);
}

static bool warn_losses(Writer *writer) {
  NodalAnnotationSet *set = writer->set;
  return nodal_annotation_warn_loss(set, &writer->splines, "ImageScope has no splines, written as polygons",
                                    writer->error) &&
         nodal_annotation_warn_loss(set, &writer->points, "a set of points is written as single ones", writer->error) &&
         nodal_annotation_warn_loss(set, &writer->lines, "ImageScope has no lines but rulers of two points, left out",
                                    writer->error) &&
         nodal_annotation_warn_loss(set, &writer->colors, "ImageScope colours layers, the colour is left out",
                                    writer->error);
}

/* Counting sort: two passes, and annotations of a group stay in their order. */
static bool sort_by_group(Writer *writer, int groups) {
  int count = nodal_annotation_set_count(writer->set);
  writer->order = nodal_alloc_array((size_t)count, sizeof(int), writer->error);
  writer->starts = writer->order ? nodal_alloc_array((size_t)groups + 3, sizeof(int), writer->error) : NULL;
  if (!writer->starts) {
    return false;
  }
  NodalAnnotation annotation;
  for (int i = 0; nodal_annotation_set_get(writer->set, i, &annotation); i++) {
    writer->starts[annotation.group + 3]++;
  }
  for (int i = 1; i < groups + 3; i++) {
    writer->starts[i] += writer->starts[i - 1];
  }
  for (int i = 0; nodal_annotation_set_get(writer->set, i, &annotation); i++) {
    writer->order[writer->starts[annotation.group + 2]++] = i;
  }
  return true;
}

static bool print_layers(Writer *writer, int groups) {
  if (!sort_by_group(writer, groups)) {
    return false;
  }
  int number = 0;
  for (int group = writer->starts[1] > writer->starts[0] ? -1 : 0; group < groups; group++) {
    if (!print_layer(writer, group, ++number)) {
      return false;
    }
  }
  return true;
}

bool nodal_imagescope_write(NodalAnnotationSet *set, NodalPrinter *printer, const NodalAnnotationFrame *frame,
                            NodalError **error) {
  Writer writer = {.set = set, .printer = printer, .error = error};
  nodal_print(printer, "<Annotations");
  if (frame && frame->spacing_x_um > 0) {
    nodal_print(printer, " MicronsPerPixel=\"");
    nodal_print_double(printer, frame->spacing_x_um);
    nodal_print(printer, "\"");
  }
  nodal_print(printer, ">\n");
  bool good = print_layers(&writer, nodal_annotation_set_group_count(set));
  nodal_print(printer, "</Annotations>\n");
  free(writer.order);
  free(writer.starts);
  return good && warn_losses(&writer);
}
