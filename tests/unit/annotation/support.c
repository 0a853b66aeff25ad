/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static NodalAnnotationSet *try_read(const char *text, NodalAnnotationFormat format, const NodalAnnotationFrame *frame,
                                    NodalError **error) {
  NodalSource *source = nodal_source_new_memory(text, strlen(text), "t", NULL);
  assert_non_null(source);
  NodalAnnotationSet *set = nodal_annotation_set_read_source(source, format, frame, error);
  nodal_source_unref(source);
  return set;
}

NodalAnnotationSet *read_text(const char *text, NodalAnnotationFormat format, const NodalAnnotationFrame *frame) {
  NodalError *error = NULL;
  NodalAnnotationSet *set = try_read(text, format, frame, &error);
  if (!set) {
    fail_msg("%s", nodal_error_message(error));
  }
  assert_null(error);
  return set;
}

void expect_refused(const char *text, NodalAnnotationFormat format, const NodalAnnotationFrame *frame,
                    const char *message) {
  NodalError *error = NULL;
  assert_null(try_read(text, format, frame, &error));
  assert_non_null(error);
  assert_string_equal(nodal_error_message(error), message);
  nodal_error_free(error);
  assert_null(try_read(text, format, frame, NULL));
}

static char *quoted(const char *text) {
  char *copy = strdup(text);
  assert_non_null(copy);
  for (char *at = copy; (at = strchr(at, '\'')); at++) {
    *at = '"';
  }
  return copy;
}

NodalAnnotationSet *read_json(const char *text, const NodalAnnotationFrame *frame) {
  char *copy = quoted(text);
  NodalAnnotationSet *set = read_text(copy, NODAL_ANNOTATION_AUTO, frame);
  free(copy);
  return set;
}

void expect_json_refused(const char *text, const NodalAnnotationFrame *frame, const char *message) {
  char *copy = quoted(text);
  expect_refused(copy, NODAL_ANNOTATION_AUTO, frame, message);
  free(copy);
}

NodalAnnotationSet *read_json_unplaced(const char *text) {
  char *copy = quoted(text);
  NodalSource *source = nodal_source_new_memory(copy, strlen(copy), "t", NULL);
  assert_non_null(source);
  NodalAnnotationSet *set = nodal_annotation_set_read_unplaced(source, NODAL_ANNOTATION_AUTO, NULL);
  assert_non_null(set);
  nodal_source_unref(source);
  free(copy);
  return set;
}

void expect_no_places(NodalAnnotationSet *set) {
  NodalError *error = NULL;
  assert_false(nodal_annotation_set_write(set, "no-such-folder/a.xml", NODAL_ANNOTATION_AUTO, NULL, false, &error));
  assert_string_equal(nodal_error_message(error),
                      "no-such-folder/a.xml: annotations that were read without their slide have no places to be "
                      "written");
  nodal_error_free(error);
  error = NULL;
  NodalAnnotationCheck check = {.width = 100, .height = 100};
  assert_false(nodal_annotation_set_check(set, &check, NULL, NULL, NULL, &error));
  assert_string_equal(nodal_error_message(error),
                      "annotations that were read without their slide have no places to be checked");
  nodal_error_free(error);
  check.width = 0;
  assert_true(nodal_annotation_set_check(set, &check, NULL, NULL, NULL, NULL));
}

char *write_text(NodalAnnotationSet *set, NodalAnnotationFormat format, const NodalAnnotationFrame *frame) {
  const NodalAnnotationDriver *const *driver = nodal_annotation_drivers;
  while ((*driver)->format != format) {
    driver++;
  }
  NodalOutput *output = nodal_output_new_memory("t", NULL);
  NodalPrinter *printer = malloc(sizeof *printer);
  assert_non_null(printer);
  nodal_printer_init(printer, output);
  NodalError *error = NULL;
  if (!(*driver)->write(set, printer, frame, &error)) {
    fail_msg("%s", nodal_error_message(error));
  }
  assert_true(nodal_printer_finish(printer, NULL));
  size_t size;
  const char *data = nodal_output_memory(output, &size);
  char *text = strndup(data, size);
  free(printer);
  nodal_output_free(output);
  return text;
}

void expect_warnings(const NodalAnnotationSet *set, const char *lines) {
  char *text = NULL;
  size_t size;
  FILE *stream = open_memstream(&text, &size);
  const char *warning;
  for (int i = 0; (warning = nodal_annotation_set_warning(set, i)); i++) {
    fprintf(stream, "%s\n", warning);
  }
  fclose(stream);
  assert_string_equal(text, lines);
  free(text);
}

static void print_color(FILE *stream, NodalRgb color) {
  if (color == NODAL_RGB_UNSET) {
    fprintf(stream, " -");
  } else {
    fprintf(stream, " #%06X", (unsigned)color);
  }
}

char *describe(const NodalAnnotationSet *set) {
  char *text = NULL;
  size_t size;
  FILE *stream = open_memstream(&text, &size);
  NodalAnnotationGroup group;
  NodalAnnotation annotation;
  const char *key, *value;
  for (int i = 0; nodal_annotation_set_group(set, i, &group); i++) {
    fprintf(stream, "group %s in %d", group.name, group.parent);
    print_color(stream, group.color);
    for (int k = 0; nodal_annotation_set_attribute(set, i, k, &key, &value); k++) {
      fprintf(stream, " %s=%s", key, value);
    }
    fprintf(stream, "\n");
  }
  for (int i = 0; nodal_annotation_set_get(set, i, &annotation); i++) {
    fprintf(stream, "%s '%s' in %d", nodal_shape_name(annotation.shape), annotation.name, annotation.group);
    print_color(stream, annotation.color);
    for (size_t k = 0; k < annotation.ring_count; k++) {
      fprintf(stream, "%s", k == 0 ? ":" : annotation.rings[k].hole ? " -" : " |");
      for (size_t p = 0; p < annotation.rings[k].count; p++) {
        fprintf(stream, " (%.17g %.17g)", annotation.rings[k].points[p].x, annotation.rings[k].points[p].y);
      }
    }
    fprintf(stream, "\n");
  }
  fclose(stream);
  return text;
}

void expect_set(const NodalAnnotationSet *set, const char *description) {
  char *text = describe(set);
  assert_string_equal(text, description);
  free(text);
}

void add_ring(NodalAnnotationSet *set, const char *name, NodalShape shape, int group, size_t count,
              const double *coordinates) {
  NodalPoint *points = calloc(count ? count : 1, sizeof *points);
  assert_non_null(points);
  for (size_t i = 0; i < count; i++) {
    points[i] = (NodalPoint){coordinates[2 * i], coordinates[2 * i + 1]};
  }
  NodalRing ring = {points, count, false};
  NodalAnnotation annotation = {name, shape, group, NODAL_RGB_UNSET, &ring, 1};
  assert_true(nodal_annotation_set_add(set, &annotation, NULL));
  free(points);
}

void add_group(NodalAnnotationSet *set, const char *name, int parent, NodalRgb color) {
  assert_true(nodal_annotation_set_add_group(set, &(NodalAnnotationGroup){name, parent, color}, NULL));
}
