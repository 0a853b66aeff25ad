/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/crossing.h"
#include "annotation/set.h"
#include "base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct Checker {
  const NodalAnnotationSet *set;
  const NodalAnnotationCheck *check;
  NodalAnnotationReport report;
  void *user;
  size_t count;
  int64_t work; /* pairs of edges that may still be compared */
  int index;
  char label[96];
} Checker;

/*
 * A gap longer than every edge, than so many times the median one, and than such a part of the whole outline, looks
 * like a part that is missing. Contours drawn by hand end up to some hundred pixels from where they began.
 */
enum { OPEN_MEDIANS = 10, OPEN_PART = 20 };

/* All coordinates within this part of the width and of the height look like those of a smaller level. */
enum { CORNER = 8 };

const char *nodal_annotation_fault_name(NodalAnnotationFault fault) {
  static const char *const names[] = {"empty-set",     "too-few-points", "duplicate-vertex", "open-ring",
                                      "self-crossing", "outside-slide",  "unknown-group",    "other-level"};
  return (unsigned)fault < sizeof names / sizeof *names ? names[fault] : "unknown";
}

static void report(Checker *checker, NodalAnnotationFault fault, const char *format, ...) NODAL_PRINTF(3, 4);

static void report(Checker *checker, NodalAnnotationFault fault, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  checker->count++;
  if (checker->report) {
    checker->report(checker->user, fault, checker->index, text);
  }
}

static bool same(NodalPoint a, NodalPoint b) {
  return a.x == b.x && a.y == b.y;
}

/* "ring 2 of annotation 'a'", or the annotation alone where it has but one. */
static const char *place_of(const Checker *checker, const NodalAnnotation *annotation, size_t ring, char buffer[160]) {
  if (annotation->ring_count > 1) {
    snprintf(buffer, 160, "ring %zu of annotation %s", ring + 1, checker->label);
  } else {
    snprintf(buffer, 160, "annotation %s", checker->label);
  }
  return buffer;
}

static void check_duplicates(Checker *checker, const NodalRing *ring, bool closed, const char *place) {
  size_t duplicates = 0, first = 0;
  for (size_t i = closed && ring->count > 1 ? 0 : 1; i < ring->count; i++) {
    if (same(ring->points[i], ring->points[i > 0 ? i - 1 : ring->count - 1])) {
      first = duplicates++ == 0 ? i : first;
    }
  }
  if (duplicates > 0) {
    report(checker, NODAL_FAULT_DUPLICATE, "%s: %zu %s the one before, the first is number %zu at %.10g, %.10g", place,
           duplicates, duplicates == 1 ? "vertex equals" : "vertices equal", first, ring->points[first].x,
           ring->points[first].y);
  }
}

static int by_size(const void *a, const void *b) {
  double p = *(const double *)a, q = *(const double *)b;
  return p < q ? -1 : p > q;
}

static double edge_length(const NodalRing *ring, size_t index) {
  NodalPoint a = ring->points[index], b = ring->points[(index + 1) % ring->count];
  return hypot(a.x - b.x, a.y - b.y);
}

static bool check_open(Checker *checker, const NodalRing *ring, const char *place, NodalError **error) {
  double gap = edge_length(ring, ring->count - 1);
  double *lengths = nodal_alloc_array(ring->count, sizeof *lengths, error);
  if (!lengths) {
    return false;
  }
  double whole = gap;
  for (size_t i = 0; i + 1 < ring->count; i++) {
    lengths[i] = edge_length(ring, i);
    whole += lengths[i];
  }
  qsort(lengths, ring->count - 1, sizeof *lengths, by_size);
  double median = lengths[(ring->count - 1) / 2], longest = lengths[ring->count - 2];
  free(lengths);
  if (gap > longest && gap > OPEN_MEDIANS * median && gap > whole / OPEN_PART) {
    report(checker, NODAL_FAULT_OPEN,
           "%s: its ends lie %.6g pixels apart, its longest edge is %.6g: is a part missing?", place, gap, longest);
  }
  return true;
}

static bool check_crossing(Checker *checker, const NodalAnnotation *annotation, size_t index, const char *place,
                           NodalError **error) {
  NodalRing *outline = NULL;
  size_t count;
  const NodalRing *ring = &annotation->rings[index];
  if (annotation->shape == NODAL_SHAPE_SPLINE) {
    if (!nodal_annotation_outline(annotation, 0.5, &outline, &count, error)) {
      return false;
    }
    ring = &outline[index];
  }
  bool found;
  NodalCrossing crossing;
  bool good = nodal_find_crossing(ring, &checker->work, &found, &crossing, error);
  if (!good) {
    nodal_error_prefix(error, "%s", place);
  } else if (found) {
    report(checker, NODAL_FAULT_CROSSING, "%s: crosses itself at %.10g, %.10g", place, crossing.place.x,
           crossing.place.y);
  }
  nodal_free(outline);
  return good;
}

static bool check_ring(Checker *checker, const NodalAnnotation *annotation, size_t index, NodalError **error) {
  const NodalRing *ring = &annotation->rings[index];
  size_t least = annotation->shape == NODAL_SHAPE_ELLIPSE ? 2 : 3;
  char place[160];
  place_of(checker, annotation, index, place);
  if (nodal_shape_has_area(annotation->shape) && ring->count < least) {
    report(checker, NODAL_FAULT_TOO_FEW, "%s: a %s of %zu point%s has no area", place,
           nodal_shape_name(annotation->shape), ring->count, ring->count == 1 ? "" : "s");
    return true;
  }
  bool closed = nodal_shape_has_area(annotation->shape) && annotation->shape != NODAL_SHAPE_ELLIPSE;
  if (closed || annotation->shape == NODAL_SHAPE_POLYLINE) {
    check_duplicates(checker, ring, closed, place);
  }
  return !closed ||
         (check_open(checker, ring, place, error) && check_crossing(checker, annotation, index, place, error));
}

static void check_place(Checker *checker, const NodalAnnotation *annotation) {
  const NodalAnnotationCheck *check = checker->check;
  size_t outside = 0;
  NodalPoint first = {0, 0};
  for (size_t i = 0; i < annotation->ring_count; i++) {
    for (size_t k = 0; k < annotation->rings[i].count; k++) {
      NodalPoint p = annotation->rings[i].points[k];
      if (p.x < 0 || p.y < 0 || p.x > (double)check->width || p.y > (double)check->height) {
        first = outside++ == 0 ? p : first;
      }
    }
  }
  if (outside > 0) {
    report(checker, NODAL_FAULT_OUTSIDE, "annotation %s: %zu point%s outside the slide, the first at %.10g, %.10g",
           checker->label, outside, outside == 1 ? "" : "s", first.x, first.y);
  }
}

static void check_group(Checker *checker, const NodalAnnotation *annotation) {
  NodalAnnotationGroup group;
  if (!nodal_annotation_set_group(checker->set, annotation->group, &group)) {
    report(checker, NODAL_FAULT_UNKNOWN_GROUP, "annotation %s: is in no group", checker->label);
    return;
  }
  for (size_t i = 0; i < checker->check->group_count; i++) {
    if (strcmp(group.name, checker->check->groups[i]) == 0) {
      return;
    }
  }
  report(checker, NODAL_FAULT_UNKNOWN_GROUP, "annotation %s: its group '%.80s' is not known", checker->label,
         group.name);
}

/* One problem of all annotations together. */
static void check_level(Checker *checker) {
  const NodalAnnotationCheck *check = checker->check;
  double right = -INFINITY, bottom = -INFINITY;
  NodalAnnotation annotation;
  NodalPoint low, high;
  for (int i = 0; nodal_annotation_set_get(checker->set, i, &annotation); i++) {
    if (nodal_annotation_bounds(&annotation, &low, &high)) {
      right = fmax(right, high.x);
      bottom = fmax(bottom, high.y);
    }
  }
  if (right >= 0 && bottom >= 0 && right <= (double)check->width / CORNER && bottom <= (double)check->height / CORNER) {
    checker->index = -1;
    report(checker, NODAL_FAULT_OTHER_LEVEL,
           "all points lie within %.0f x %.0f pixels in the corner of a slide of %lld x %lld: are they those of a "
           "smaller level?",
           ceil(right), ceil(bottom), (long long)check->width, (long long)check->height);
  }
}

bool nodal_annotation_set_check(const NodalAnnotationSet *set, const NodalAnnotationCheck *check,
                                NodalAnnotationReport report_function, void *user, size_t *count, NodalError **error) {
  Checker checker = {
      .set = set, .check = check, .report = report_function, .user = user, .work = 4000000000, .index = -1};
  NodalAnnotation annotation;
  bool placed = check->width > 0 && check->height > 0;
  if (nodal_annotation_set_count(set) == 0) {
    report(&checker, NODAL_FAULT_EMPTY_SET, "there is no annotation");
  }
  for (int i = 0; nodal_annotation_set_get(set, i, &annotation); i++) {
    checker.index = i;
    nodal_annotation_label(set, i, checker.label);
    if (annotation.ring_count == 0) {
      report(&checker, NODAL_FAULT_TOO_FEW, "annotation %s: has no points", checker.label);
    }
    for (size_t k = 0; k < annotation.ring_count; k++) {
      if (!check_ring(&checker, &annotation, k, error)) {
        return false;
      }
    }
    if (placed) {
      check_place(&checker, &annotation);
    }
    if (check->groups) {
      check_group(&checker, &annotation);
    }
  }
  if (placed) {
    check_level(&checker);
  }
  if (count) {
    *count = checker.count;
  }
  return true;
}
