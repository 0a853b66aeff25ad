/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/mask_parts.h"

#include "base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- what was odd --- */

bool nodal_mask_warn(NodalMask *mask, NodalError **error, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (!nodal_grow_array(&mask->warnings, &mask->warning_capacity, mask->warning_count + 1, sizeof *mask->warnings,
                        error)) {
    return false;
  }
  char *copy = nodal_strdup(text, error);
  if (copy) {
    mask->warnings[mask->warning_count++] = copy;
  }
  return copy != NULL;
}

const char *nodal_mask_warning(const NodalMask *mask, int index) {
  return index >= 0 && (size_t)index < mask->warning_count ? mask->warnings[index] : NULL;
}

/* Annotations that one thing is odd about: told in one line, however many there are. */
typedef struct Oddity {
  int count, first;
} Oddity;

static void note_oddity(Oddity *oddity, int annotation) {
  if (oddity->count++ == 0) {
    oddity->first = annotation;
  }
}

typedef struct Oddities {
  Oddity few, outside, no_area, lone_hole;
} Oddities;

static bool warn_oddity(NodalMask *mask, const NodalAnnotationSet *set, const Oddity *oddity, const char *text,
                        NodalError **error) {
  NodalAnnotation annotation;
  if (oddity->count == 0 || !nodal_annotation_set_get(set, oddity->first, &annotation)) {
    return true;
  }
  const char *between = annotation.name[0] ? ", " : "";
  char others[48] = "";
  if (oddity->count > 1) {
    snprintf(others, sizeof others, " and %d more", oddity->count - 1);
  }
  return nodal_mask_warn(mask, error, "annotation %d%s%.100s%s: %s", oddity->first, between, annotation.name, others,
                         text);
}

static bool warn_oddities(NodalMask *mask, const NodalAnnotationSet *set, const Oddities *odd, NodalError **error) {
  char outside[160];
  snprintf(outside, sizeof outside, "reaches outside the slide, %lld x %lld pixels, and is clipped",
           (long long)mask->options.width, (long long)mask->options.height);
  return warn_oddity(mask, set, &odd->few, "an outline of fewer than three points covers nothing", error) &&
         warn_oddity(mask, set, &odd->no_area, "has no area and is not drawn", error) &&
         warn_oddity(mask, set, &odd->lone_hole, "a hole without an outer ring before it is not drawn", error) &&
         warn_oddity(mask, set, &odd->outside, outside, error);
}

/* --- making --- */

static bool add_ring(NodalMask *mask, const NodalRing *ring, NodalError **error) {
  if (!nodal_grow_array(&mask->rings, &mask->ring_capacity, mask->ring_count + 1, sizeof *mask->rings, error)) {
    return false;
  }
  return nodal_fill_make(&mask->rings[mask->ring_count++], &mask->grid, ring->points, ring->count, error);
}

static bool add_layer(NodalMask *mask, const NodalRing *ring, uint8_t value, NodalError **error) {
  if (mask->layer_count >= UINT32_MAX / 2 || mask->ring_count >= UINT32_MAX / 2) {
    return nodal_fail_memory(error);
  }
  if (!nodal_grow_array(&mask->layers, &mask->layer_capacity, mask->layer_count + 1, sizeof *mask->layers, error)) {
    return false;
  }
  mask->layers[mask->layer_count++] = (NodalMaskLayer){.value = value, .first = (uint32_t)mask->ring_count};
  if (!add_ring(mask, ring, error)) {
    return false;
  }
  mask->layers[mask->layer_count - 1].box = mask->rings[mask->ring_count - 1].box;
  return true;
}

static bool is_outside(const NodalMask *mask, const NodalRing *ring) {
  for (size_t i = 0; i < ring->count; i++) {
    NodalPoint point = ring->points[i];
    if (point.x < 0 || point.y < 0 || point.x > (double)mask->options.width || point.y > (double)mask->options.height) {
      return true;
    }
  }
  return false;
}

/* Adds the rings of an annotation: each outer one is a layer of its own, which makes them a union. */
static bool add_rings(NodalMask *mask, int index, const NodalRing *rings, size_t count, uint8_t value, Oddities *odd,
                      NodalError **error) {
  bool few = false, outside = false, lone_hole = false, begun = false;
  for (size_t i = 0; i < count; i++) {
    const NodalRing *ring = &rings[i];
    few |= ring->count < 3;
    outside |= is_outside(mask, ring);
    if (!ring->hole) {
      begun = true;
      if (!add_layer(mask, ring, value, error)) {
        return false;
      }
    } else if (begun) {
      mask->layers[mask->layer_count - 1].holes++;
      if (!add_ring(mask, ring, error)) {
        return false;
      }
    } else {
      lone_hole = true;
    }
  }
  if (few) {
    note_oddity(&odd->few, index);
  }
  if (outside) {
    note_oddity(&odd->outside, index);
  }
  if (lone_hole) {
    note_oddity(&odd->lone_hole, index);
  }
  return true;
}

static bool add_annotation(NodalMask *mask, const NodalAnnotationSet *set, NodalMaskChoice choice, Oddities *odd,
                           NodalError **error) {
  NodalAnnotation annotation;
  nodal_annotation_set_get(set, choice.annotation, &annotation);
  NodalRing *rings = NULL;
  size_t count = 0;
  bool added;
  if (mask->options.rule == NODAL_MASK_ASAP) {
    added = add_rings(mask, choice.annotation, annotation.rings, annotation.ring_count, choice.value, odd, error);
  } else {
    added = nodal_annotation_outline(&annotation, NODAL_MASK_TOLERANCE, &rings, &count, error) &&
            add_rings(mask, choice.annotation, rings, count, choice.value, odd, error);
    if (added && count == 0) {
      note_oddity(annotation.shape == NODAL_SHAPE_POLYGON ? &odd->few : &odd->no_area, choice.annotation);
    }
  }
  nodal_free(rings);
  if (!added) {
    nodal_error_prefix(error, "annotation %d%s%.100s", choice.annotation, annotation.name[0] ? ", " : "",
                       annotation.name);
  }
  return added;
}

static void rows_of_layer(const void *user, uint32_t item, int32_t *row0, int32_t *row1) {
  const NodalMaskLayer *layer = &((const NodalMaskLayer *)user)[item];
  *row0 = (int32_t)layer->box.y;
  *row1 = (int32_t)(layer->box.y + layer->box.height);
}

static bool fill_in(NodalMask *mask, const NodalAnnotationSet *set, const NodalMaskOptions *options,
                    NodalError **error) {
  NodalMaskChoice *choices;
  size_t count;
  if (!nodal_mask_choose(mask, set, options, &choices, &count, error)) {
    return false;
  }
  Oddities odd = {0};
  bool added = true;
  for (size_t i = 0; added && i < count; i++) {
    added = add_annotation(mask, set, choices[i], &odd, error);
  }
  free(choices);
  return added && warn_oddities(mask, set, &odd, error) &&
         nodal_bands_make(&mask->bands, (uint32_t)mask->layer_count, rows_of_layer, mask->layers, error);
}

static bool check(const NodalMaskOptions *options, NodalError **error) {
  if (options->rule != NODAL_MASK_CENTER && options->rule != NODAL_MASK_ASAP) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "there is no such rule");
  }
  if (!(options->width >= 1) || !(options->height >= 1) || options->width > INT32_MAX || options->height > INT32_MAX) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "a mask of %lld x %lld pixels is not within 1 to 2147483647",
                      (long long)options->width, (long long)options->height);
  }
  if (!(options->downsample >= 1 && options->downsample <= INT32_MAX)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "a downsample of %g is less than 1", options->downsample);
  }
  return true;
}

NodalMask *nodal_mask_new(const NodalAnnotationSet *set, const NodalMaskOptions *options, NodalError **error) {
  if (!check(options, error)) {
    return NULL;
  }
  NodalMask *mask = nodal_alloc_array(1, sizeof *mask, error);
  if (!mask) {
    return NULL;
  }
  mask->options = *options;
  mask->options.labels = NULL;
  mask->options.order = NULL;
  NodalFillRule rule = options->rule == NODAL_MASK_ASAP ? NODAL_FILL_CORNER : NODAL_FILL_CENTER;
  mask->grid = nodal_fill_grid(rule, (int32_t)ceil((double)options->width / options->downsample),
                               (int32_t)ceil((double)options->height / options->downsample), options->downsample);
  if (!fill_in(mask, set, options, error)) {
    nodal_mask_free(mask);
    return NULL;
  }
  return mask;
}

void nodal_mask_free(NodalMask *mask) {
  if (!mask) {
    return;
  }
  for (size_t i = 0; i < mask->ring_count; i++) {
    nodal_fill_clear(&mask->rings[i]);
  }
  for (size_t i = 0; i < mask->warning_count; i++) {
    free(mask->warnings[i]);
  }
  nodal_bands_clear(&mask->bands);
  free(mask->rings);
  free(mask->layers);
  free(mask->warnings);
  free(mask);
}

void nodal_mask_size(const NodalMask *mask, int64_t *width, int64_t *height) {
  *width = mask->grid.width;
  *height = mask->grid.height;
}
