/* SPDX-License-Identifier: Apache-2.0 */
#include "annotations.h"
#include "interrupt.h"

#include <stdlib.h>

typedef struct Values {
  CliCommon common;
  CliStrings files;
  int format;
  const char *slide;
  int64_t size[2];
  double spacing_um;
} Values;

/* What is told of a group, or of the annotations without one. */
typedef struct Sum {
  int count;
  size_t points;
  double area_px;
} Sum;

typedef struct Report {
  const CliContext *context;
  const NodalAnnotationSet *set;
  const char *path;
  double square_mm; /* of one square pixel; 0: unknown */
  double mm;        /* of one pixel, where it is as wide as high; 0: unknown */
  NodalAnnotationPlaces places;
  int shapes[NODAL_SHAPE_ELLIPSE + 1];
  Sum *groups; /* one a group, and one more for those without */
  Sum all;
} Report;

static size_t count_points(const NodalAnnotation *annotation) {
  size_t count = 0;
  for (size_t i = 0; i < annotation->ring_count; i++) {
    count += annotation->rings[i].count;
  }
  return count;
}

static void add_to(Sum *sum, size_t points, double area) {
  sum->count++;
  sum->points += points;
  sum->area_px += area;
}

static void sum_up(Report *report) {
  int groups = nodal_annotation_set_group_count(report->set);
  report->groups = cli_allocate(((size_t)groups + 1) * sizeof(Sum));
  NodalAnnotation annotation;
  for (int i = 0; nodal_annotation_set_get(report->set, i, &annotation); i++) {
    size_t points = count_points(&annotation);
    double area = nodal_annotation_area(&annotation);
    report->shapes[annotation.shape]++;
    add_to(&report->groups[annotation.group >= 0 ? annotation.group : groups], points, area);
    add_to(&report->all, points, area);
  }
}

/* --- JSON --- */

static json_t *json_color(NodalRgb color) {
  char text[16];
  snprintf(text, sizeof text, "#%06X", (unsigned)(color & 0xFFFFFF));
  return color == NODAL_RGB_UNSET ? json_null() : json_string(text);
}

/* What a file of an unknown unit cannot tell is null. */
static json_t *json_measure(const Report *report, double value, double unit) {
  return unit > 0 && report->places != NODAL_PLACES_SCALED ? cli_json_number(value * unit) : json_null();
}

static void set_area(const Report *report, json_t *entry, double area_px) {
  cli_json_set(entry, "area_px", json_measure(report, area_px, 1));
  cli_json_set(entry, "area_mm2", json_measure(report, area_px, report->square_mm));
}

static json_t *json_groups(const Report *report) {
  json_t *groups = json_array();
  NodalAnnotationGroup group;
  for (int i = 0; nodal_annotation_set_group(report->set, i, &group); i++) {
    NodalAnnotationGroup parent = {.name = NULL};
    nodal_annotation_set_group(report->set, group.parent, &parent);
    json_t *entry = json_object(), *attributes = json_object();
    const char *key, *value;
    for (int k = 0; nodal_annotation_set_attribute(report->set, i, k, &key, &value); k++) {
      cli_json_set(attributes, key, cli_json_text(value));
    }
    cli_json_set(entry, "name", cli_json_text(group.name));
    cli_json_set(entry, "parent", cli_json_text(parent.name));
    cli_json_set(entry, "color", json_color(group.color));
    cli_json_set(entry, "attributes", attributes);
    cli_json_set(entry, "annotations", json_integer(report->groups[i].count));
    set_area(report, entry, report->groups[i].area_px);
    cli_json_append(groups, entry);
  }
  return groups;
}

static json_t *json_annotation(const Report *report, const NodalAnnotation *annotation) {
  json_t *entry = json_object(), *box = json_null();
  NodalAnnotationGroup group = {.name = NULL};
  NodalPoint low, high;
  nodal_annotation_set_group(report->set, annotation->group, &group);
  if (report->places == NODAL_PLACES_KNOWN && nodal_annotation_bounds(annotation, &low, &high)) {
    box = json_object();
    cli_json_set(box, "x_px", cli_json_number(low.x));
    cli_json_set(box, "y_px", cli_json_number(low.y));
    cli_json_set(box, "width_px", cli_json_number(high.x - low.x));
    cli_json_set(box, "height_px", cli_json_number(high.y - low.y));
  }
  double length = nodal_annotation_length(annotation);
  cli_json_set(entry, "name", cli_json_text(annotation->name));
  cli_json_set(entry, "shape", cli_json_text(nodal_shape_name(annotation->shape)));
  cli_json_set(entry, "group", cli_json_text(group.name));
  cli_json_set(entry, "color", json_color(annotation->color));
  cli_json_set(entry, "rings", json_integer((json_int_t)annotation->ring_count));
  cli_json_set(entry, "points", json_integer((json_int_t)count_points(annotation)));
  set_area(report, entry, nodal_annotation_area(annotation));
  cli_json_set(entry, "length_px", json_measure(report, length, 1));
  cli_json_set(entry, "length_mm", json_measure(report, length, report->mm));
  cli_json_set(entry, "box", box);
  return entry;
}

static json_t *json_report(const Report *report) {
  json_t *document = json_object(), *shapes = json_object(), *annotations = json_array();
  for (int i = 0; i <= NODAL_SHAPE_ELLIPSE; i++) {
    if (report->shapes[i] > 0) {
      cli_json_set(shapes, nodal_shape_name((NodalShape)i), json_integer(report->shapes[i]));
    }
  }
  NodalAnnotation annotation;
  for (int i = 0; nodal_annotation_set_get(report->set, i, &annotation); i++) {
    cli_json_append(annotations, json_annotation(report, &annotation));
  }
  cli_json_set(document, "path", cli_json_text(report->path));
  cli_json_set(document, "format",
               cli_json_text(nodal_annotation_format_name(nodal_annotation_set_format(report->set))));
  cli_json_set(document, "count", json_integer(report->all.count));
  cli_json_set(document, "points", json_integer((json_int_t)report->all.points));
  cli_json_set(document, "shapes", shapes);
  set_area(report, document, report->all.area_px);
  cli_json_set(document, "groups", json_groups(report));
  cli_json_set(document, "annotations", annotations);
  cli_json_set(document, "warnings", cli_json_annotation_warnings(report->set));
  return document;
}

/* --- Text --- */

static void print_sum(const Report *report, const char *name, const Sum *sum) {
  char px[32] = "-", mm2[32] = "";
  bool measured = report->places != NODAL_PLACES_SCALED;
  if (measured) {
    snprintf(px, sizeof px, "%.1f", sum->area_px);
  }
  if (measured && report->square_mm > 0) {
    snprintf(mm2, sizeof mm2, " %14.6f", sum->area_px * report->square_mm);
  } else if (report->square_mm > 0) {
    snprintf(mm2, sizeof mm2, " %14s", "-");
  }
  cli_print_safe(stdout, "  %-24s %12d %10zu %18s%s\n", name, sum->count, sum->points, px, mm2);
}

static void print_report(const Report *report) {
  const char *between = " (";
  cli_print_safe(stdout, "%s\n", report->path);
  printf("  %-12s %s\n", "format", nodal_annotation_format_name(nodal_annotation_set_format(report->set)));
  printf("  %-12s %d", "annotations", report->all.count);
  for (int i = 0; i <= NODAL_SHAPE_ELLIPSE; i++) {
    if (report->shapes[i] > 0) {
      printf("%s%d %s", between, report->shapes[i], nodal_shape_name((NodalShape)i));
      between = ", ";
    }
  }
  puts(report->all.count > 0 ? ")" : "");
  printf("  %-24s %12s %10s %18s%s\n", "group", "annotations", "points", "area px",
         report->square_mm > 0 ? "       area mm2" : "");
  NodalAnnotationGroup group;
  int groups = 0;
  for (; nodal_annotation_set_group(report->set, groups, &group); groups++) {
    print_sum(report, group.name, &report->groups[groups]);
  }
  if (report->groups[groups].count > 0) {
    print_sum(report, "(none)", &report->groups[groups]);
  }
  if (groups > 1 || (groups == 1 && report->groups[groups].count > 0)) {
    print_sum(report, "(all)", &report->all);
  }
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  CliFrame frame;
  int status = cli_frame_make(context, values->slide, values->size, &frame);
  if (status != CLI_DONE) {
    return status;
  }
  frame.looks_only = true;
  double x_um = values->spacing_um, y_um = values->spacing_um;
  if (x_um <= 0 && frame.has_spacing) {
    x_um = frame.frame.spacing_x_um;
    y_um = frame.frame.spacing_y_um;
  } else if (x_um <= 0 && frame.known) {
    cli_warning(context, "%s: has no spacing, areas are told in pixels only", values->slide);
  }
  json_t *files = context->common->json ? json_array() : NULL;
  for (int i = 0; i < values->files.count && !cli_interrupted(); i++) {
    Report report = {.context = context, .path = values->files.items[i], .square_mm = x_um * y_um / 1e6};
    report.mm = x_um > y_um || x_um < y_um ? 0 : x_um / 1000;
    NodalError *error = NULL;
    NodalAnnotationSet *set =
        cli_read_annotations(context, report.path, (NodalAnnotationFormat)values->format, &frame, &error);
    if (!set) {
      if (files) {
        cli_json_append(files, cli_json_failure(report.path, error));
      }
      status = cli_fail(context, error);
      continue;
    }
    report.set = set;
    report.places = nodal_annotation_set_places(set);
    sum_up(&report);
    if (files) {
      cli_json_append(files, json_report(&report));
    } else {
      print_report(&report);
    }
    free(report.groups);
    nodal_annotation_set_free(set);
  }
  if (cli_interrupted()) {
    json_decref(files);
    return cli_interrupted_exit(context);
  }
  if (files) {
    json_t *document = json_object();
    cli_json_set(document, "files", files);
    cli_json_print(document);
  }
  return status;
}

static const CliOption arguments[] = {{.name = "FILE",
                                       .required = true,
                                       .type = CLI_STRINGS,
                                       .offset = offsetof(Values, files),
                                       .help = "The annotation files."},
                                      {.name = NULL}};

static const CliOption options[] = {
    CLI_OPTION_FROM(offsetof(Values, format)),
    {.name = "slide",
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(Values, slide),
     .help =
         "The slide under them, for its spacing. An NDPA needs it, unless it lies beside its .ndpi; files of Cytomine "
         "and Sectra have no places without it or --size."},
    CLI_OPTION_SLIDE_SIZE(offsetof(Values, size)),
    {.name = "spacing",
     .type = CLI_DOUBLE,
     .value = "UM",
     .offset = offsetof(Values, spacing_um),
     .minimum = 0.001,
     .maximum = 10000,
     .help = "Micrometres a level-0 pixel, for areas in mm2."},
    CLI_OPTION_SOURCE_SPACING,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal annotation info tumor_001.xml", "Counts and areas, group by group."},
    {"nodal annotation info tumor_001.xml --spacing 0.243", "Areas in mm2, too."},
    {"nodal annotation info *.geojson --json", "Every annotation of every file, for a program to read."},
    {NULL, NULL}};

const CliCommand cli_annotation_info = {
    .name = "annotation info",
    .group = "Annotations and masks",
    .summary = "list what is in annotation files",
    .description =
        "Prints the format, the number of annotations by shape, and a row a group: annotations, points and the area "
        "inside them. Holes are not counted, splines are measured as the curves they are, and overlaps count twice. "
        "Files of Cytomine and Sectra count from the size of the image; without --slide or --size they are listed with "
        "a "
        "warning, without their places.\n\n"
        "--json prints an object with the key files: an array of objects with the keys path, format, count, points, "
        "shapes, area_px, area_mm2 (null without a spacing), groups, annotations and warnings; or path and error. A "
        "box "
        "is null where places are not known, and so is what is measured where not even the unit is.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
