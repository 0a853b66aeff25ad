/* SPDX-License-Identifier: Apache-2.0 */
#include "staging/lesions.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A group of contours is called by the value of its pixels. */
static long value_of(const NodalAnnotationSet *contours, int group) {
  NodalAnnotationGroup found;
  return nodal_annotation_set_group(contours, group, &found) ? strtol(found.name, NULL, 10) : 0;
}

/* "1, 2, 3" */
static void list_values(const NodalAnnotationSet *contours, char *text, size_t size) {
  int count = nodal_annotation_set_group_count(contours);
  size_t used = 0;
  for (int i = 0; i < count && used < size; i++) {
    used += (size_t)snprintf(text + used, size - used, "%s%ld", i > 0 ? ", " : "", value_of(contours, i));
  }
}

/* The group that is tumor; -1: the mask is empty; -2: failed. */
static int choose_group(const NodalAnnotationSet *contours, const char *path, int value, NodalError **error) {
  int count = nodal_annotation_set_group_count(contours);
  char values[100];
  list_values(contours, values, sizeof values);
  if (count == 0 || (count == 1 && value == 0)) {
    return count - 1;
  }
  for (int i = 0; i < count && value != 0; i++) {
    if (value_of(contours, i) == value) {
      return i;
    }
  }
  if (value == 0) {
    nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: holds the values %s: which one is tumor is not known", path, values);
  } else {
    nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: holds no pixel of %d, but %s", path, value, values);
  }
  return -2;
}

/* A set that holds what is in the group, alone. */
static NodalAnnotationSet *keep_group(const NodalAnnotationSet *contours, int group, NodalError **error) {
  NodalAnnotationSet *kept = nodal_annotation_set_new(error);
  NodalAnnotationGroup found;
  bool added = kept && (!nodal_annotation_set_group(contours, group, &found) ||
                        nodal_annotation_set_add_group(kept, &found, error));
  NodalAnnotation annotation;
  for (int i = 0; added && nodal_annotation_set_get(contours, i, &annotation); i++) {
    if (annotation.group == group) {
      annotation.group = 0;
      added = nodal_annotation_set_add(kept, &annotation, error);
    }
  }
  if (!added) {
    nodal_annotation_set_free(kept);
    return NULL;
  }
  return kept;
}

NodalLesions *nodal_lesions_of_mask(NodalSlide *mask, int value, const NodalContourOptions *contour_options,
                                    const NodalLesionOptions *options, const NodalProgress *progress,
                                    NodalError **error) {
  NodalAnnotationSet *contours = nodal_mask_contours(mask, contour_options, progress, error);
  if (!contours) {
    return NULL;
  }
  NodalLesions *lesions = NULL;
  int group = choose_group(contours, nodal_slide_path(mask), value, error);
  NodalAnnotationSet *tumor = group > -2 ? keep_group(contours, group, error) : NULL;
  nodal_annotation_set_free(contours);
  if (tumor) {
    NodalAnnotationGroup found = {.name = ""};
    nodal_annotation_set_group(tumor, 0, &found);
    NodalMaskLabel label = {found.name, 1};
    NodalLesionOptions all = *options;
    all.labels = &label;
    all.label_count = 1;
    lesions = nodal_lesions_of_annotations(tumor, &all, error);
    if (!lesions) {
      nodal_error_prefix(error, "%s", nodal_slide_path(mask));
    }
    nodal_annotation_set_free(tumor);
  }
  return lesions;
}
