/* SPDX-License-Identifier: Apache-2.0 */
#include "staging/lesions.h"

#include "base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* How far a curve may lie from the straight edges that stand for it, pixels. */
static const double curve_tolerance_px = 0.05;
static const double furthest_px = 1e7;
enum { MOST_WARNINGS = 100 };

/* The names of both data sets do not contradict each other. */
static const NodalMaskLabel known_labels[] = {{"_0", 1}, {"_1", 1},        {"Tumor", 1}, {"metastases", 1},
                                              {"_2", 0}, {"Exclusion", 0}, {"None", 0},  {"normal", 2}};

bool lesions_warn(NodalLesions *lesions, NodalError **error, const char *format, ...) {
  char text[500];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  if (lesions->warning_count >= MOST_WARNINGS) {
    return true;
  }
  for (size_t i = 0; i < lesions->warning_count; i++) {
    if (strcmp(lesions->warnings[i], text) == 0) {
      return true;
    }
  }
  if (!nodal_grow_array(&lesions->warnings, &lesions->warning_capacity, lesions->warning_count + 1,
                        sizeof *lesions->warnings, error)) {
    return false;
  }
  char *copy = nodal_strdup(text, error);
  if (copy) {
    lesions->warnings[lesions->warning_count++] = copy;
  }
  return copy != NULL;
}

const char *lesions_name_of(const NodalAnnotationSet *set, const NodalAnnotation *annotation) {
  NodalAnnotationGroup group;
  if (nodal_annotation_set_group_count(set) == 0) {
    return annotation->name;
  }
  return nodal_annotation_set_group(set, annotation->group, &group) ? group.name : NULL;
}

/* `*value` is -1 for what is left out. Without labels of the caller's own, an unknown name is not guessed about. */
static bool find_label(NodalLesions *lesions, const NodalAnnotationSet *set, const NodalAnnotation *annotation,
                       const NodalLesionOptions *options, int *value, NodalError **error) {
  const NodalMaskLabel *labels = options->labels ? options->labels : known_labels;
  size_t count = options->labels ? options->label_count : sizeof known_labels / sizeof *known_labels;
  const char *name = lesions_name_of(set, annotation);
  for (size_t i = 0; name && i < count; i++) {
    if (strcmp(labels[i].name, name) == 0) {
      *value = labels[i].value;
      return true;
    }
  }
  *value = -1;
  char what[300];
  if (!name) {
    snprintf(what, sizeof what, "annotation '%.100s' is in no group", annotation->name);
  } else {
    snprintf(what, sizeof what, "%s '%.100s' has no label",
             nodal_annotation_set_group_count(set) > 0 ? "group" : "annotation", name);
  }
  return options->labels ? lesions_warn(lesions, error, "%s and is left out", what)
                         : nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: whether it is tumor is not known", what);
}

static bool check_points(const NodalAnnotation *annotation, const NodalRing *ring, NodalError **error) {
  for (size_t i = 0; i < ring->count; i++) {
    if (fabs(ring->points[i].x) > furthest_px || fabs(ring->points[i].y) > furthest_px) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "annotation '%s' has a point at %g, %g: too far away",
                        annotation->name, ring->points[i].x, ring->points[i].y);
    }
  }
  return true;
}

static bool add_deposit(DepositList *list, int index, const NodalRing *rings, size_t count, NodalError **error) {
  if (!nodal_grow_array(&list->items, &list->capacity, list->count + 1, sizeof *list->items, error) ||
      !deposit_init(&list->items[list->count], index, rings, count, error)) {
    return false;
  }
  list->count++;
  return true;
}

/* Each outer ring with the holes after it. Rings of fewer than three points bound nothing. */
static bool add_rings(NodalLesions *lesions, DepositList *list, int index, const NodalAnnotation *annotation,
                      NodalRing *rings, size_t count, NodalError **error) {
  for (size_t first = 0, end; first < count; first = end) {
    for (end = first + 1; end < count && rings[end].hole; end++) {
    }
    if (rings[first].count < 3) {
      if (!lesions_warn(lesions, error, "annotation '%s' has fewer than three points and is left out",
                        annotation->name)) {
        return false;
      }
      continue;
    }
    size_t kept = first;
    for (size_t i = first; i < end; i++) {
      if (!check_points(annotation, &rings[i], error)) {
        return false;
      }
      if (rings[i].count >= 3) {
        rings[kept++] = rings[i];
      }
    }
    if (!add_deposit(list, index, rings + first, kept - first, error)) {
      return false;
    }
  }
  return true;
}

static bool has_area(NodalShape shape) {
  return shape == NODAL_SHAPE_RECTANGLE || shape == NODAL_SHAPE_POLYGON || shape == NODAL_SHAPE_SPLINE ||
         shape == NODAL_SHAPE_ELLIPSE;
}

bool lesions_gather(NodalLesions *lesions, const NodalAnnotationSet *set, const NodalLesionOptions *options,
                    NodalError **error) {
  NodalAnnotation annotation;
  for (int i = 0; nodal_annotation_set_get(set, i, &annotation); i++) {
    if (!has_area(annotation.shape)) {
      continue;
    }
    int value;
    if (!find_label(lesions, set, &annotation, options, &value, error)) {
      return false;
    }
    if (value < 0) {
      continue;
    }
    NodalRing *rings;
    size_t count;
    if (!nodal_annotation_outline(&annotation, curve_tolerance_px, &rings, &count, error)) {
      return false;
    }
    DepositList *list = value == 1 ? &lesions->tumor : &lesions->cuts;
    bool added = add_rings(lesions, list, i, &annotation, rings, count, error);
    nodal_free(rings);
    if (!added) {
      return false;
    }
  }
  return deposit_list_finish(&lesions->tumor, error) && deposit_list_finish(&lesions->cuts, error);
}
