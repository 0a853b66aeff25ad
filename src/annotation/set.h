/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_ANNOTATION_SET_H
#define NODAL_ANNOTATION_SET_H

#include "base/error.h"
#include <nodal/annotation.h>

/* What the formats need of a set besides its public face. */

enum {
  NODAL_ANNOTATION_MAX_DEPTH = 64,                /**< of groups in groups */
  NODAL_ANNOTATION_MAX_GROUPS = 1 << 16,          /**< of a set */
  NODAL_ANNOTATION_MAX_BYTES = 384 * 1024 * 1024, /**< memory of a set */
  NODAL_ANNOTATION_MAX_WARNINGS = 1000
};

/** Coordinates beyond this are no place on a slide. */
#define NODAL_ANNOTATION_MAX_COORDINATE 1e12

/** Adds a warning. The last one that fits says that there are more. False only without memory. */
bool nodal_annotation_warn(NodalAnnotationSet *set, NodalError **error, const char *format, ...) NODAL_PRINTF(3, 4);

/**
 * Appends a group without a parent, whatever there is already: for files that name the parent before they describe it.
 * nodal_annotation_set_parent() follows.
 */
bool nodal_annotation_append_group(NodalAnnotationSet *set, const char *name, NodalRgb color, NodalError **error);

/** Gives a group its parent; fails where that would make a circle. nodal_annotation_check_depth() is due at the end. */
bool nodal_annotation_set_parent(NodalAnnotationSet *set, int group, int parent, NodalError **error);

/** Fails where a group is nested too deep. */
bool nodal_annotation_check_depth(const NodalAnnotationSet *set, int group, NodalError **error);

/** The group of that name and parent, or -1. */
int nodal_annotation_find_child(const NodalAnnotationSet *set, int parent, const char *name);

/** Puts an annotation into a group; -1: none. Both must be there. */
void nodal_annotation_move(NodalAnnotationSet *set, int annotation, int group);

/** What is to be said of annotation `index` in a message: its name, or its number where it has none. */
const char *nodal_annotation_label(const NodalAnnotationSet *set, int index, char buffer[96]);

void nodal_annotation_set_set_format(NodalAnnotationSet *set, NodalAnnotationFormat format);

/** Whether rings of that shape bound an area. */
static inline bool nodal_shape_has_area(NodalShape shape) {
  return shape == NODAL_SHAPE_RECTANGLE || shape == NODAL_SHAPE_POLYGON || shape == NODAL_SHAPE_SPLINE ||
         shape == NODAL_SHAPE_ELLIPSE;
}

/** "#RRGGBB" as a colour; NODAL_RGB_UNSET if it is none. */
NodalRgb nodal_rgb_parse(const char *text, size_t length);

/** Warns where the last annotation has another number of points than its shape should. */
bool nodal_annotation_warn_count(NodalAnnotationSet *set, long line, NodalError **error);

/** Annotations that lose the same thing, told in one warning. Zero it first. */
typedef struct NodalLoss {
  int first; /**< index of the first of them */
  int count;
} NodalLoss;

void nodal_loss_add(NodalLoss *loss, int annotation);

/** "annotation 'a' and 3 others: WHAT", if there are any. */
bool nodal_annotation_warn_loss(NodalAnnotationSet *set, const NodalLoss *loss, const char *what, NodalError **error);

#endif
