/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/geometry.h"

#include "base/memory.h"

#include <math.h>

int64_t nodal_floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

/* Rounding down, to nearest and up all lie within one pixel of the exact quotient. */
static bool rounds_to(int64_t full, int64_t reduced, double factor) {
  return fabs((double)full / factor - (double)reduced) < 1.0;
}

static bool fits_exactly(const NodalLevelShape *shape, double factor) {
  return rounds_to(shape->width0, shape->width, factor) && rounds_to(shape->height0, shape->height, factor);
}

static bool pads_to(int64_t full, int64_t padded, int64_t tile, double factor) {
  double exact = (double)full / factor;
  return exact > (double)(padded - tile) - 1.0 && exact < (double)padded + 1.0;
}

static bool fits_padded(const NodalLevelShape *shape, double factor) {
  return pads_to(shape->width0, shape->width, shape->tile_width, factor) &&
         pads_to(shape->height0, shape->height, shape->tile_height, factor);
}

static bool is_padded(const NodalLevelShape *shape) {
  return shape->tile_width > 0 && shape->tile_height > 0 && shape->width % shape->tile_width == 0 &&
         shape->height % shape->tile_height == 0;
}

/* The power of two above `previous` that `fits`, the one nearest to the ratio first; 0 if there is none. */
static double find_power(const NodalLevelShape *shape, double ratio,
                         bool (*fits)(const NodalLevelShape *shape, double factor)) {
  double best = 0, best_distance = INFINITY;
  for (double power = 2; power <= 1048576; power *= 2) {
    double distance = fabs(log2(power / ratio));
    if (power > shape->previous && distance < best_distance && fits(shape, power)) {
      best = power;
      best_distance = distance;
    }
  }
  return best;
}

bool nodal_find_downsample(const NodalLevelShape *shape, double *downsample) {
  double ratio_x = (double)shape->width0 / (double)shape->width;
  double ratio_y = (double)shape->height0 / (double)shape->height;
  double ratio = (ratio_x + ratio_y) / 2;
  double found = find_power(shape, ratio, fits_exactly);
  if (found == 0 && fits_exactly(shape, round(ratio)) && round(ratio) > shape->previous) {
    found = round(ratio);
  }
  if (found == 0 && is_padded(shape)) {
    if (shape->stated > shape->previous && fits_padded(shape, shape->stated)) {
      double nearest = round(shape->stated);
      found = fabs(nearest - shape->stated) < 0.01 * nearest ? nearest : shape->stated;
    } else {
      found = find_power(shape, ratio, fits_padded);
    }
  }
  if (found == 0 && (fabs(ratio_x - ratio_y) <= 0.02 * ratio || fits_exactly(shape, ratio))) {
    found = ratio;
  }
  if (found == 0) {
    return false;
  }
  *downsample = found;
  return true;
}

bool nodal_rect_intersect(NodalRect a, NodalRect b, NodalRect *overlap) {
  /* Saturating ends: a rectangle may lie anywhere. */
  int64_t a_right, a_bottom, b_right, b_bottom;
  if (__builtin_add_overflow(a.x, a.width, &a_right)) {
    a_right = INT64_MAX;
  }
  if (__builtin_add_overflow(a.y, a.height, &a_bottom)) {
    a_bottom = INT64_MAX;
  }
  if (__builtin_add_overflow(b.x, b.width, &b_right)) {
    b_right = INT64_MAX;
  }
  if (__builtin_add_overflow(b.y, b.height, &b_bottom)) {
    b_bottom = INT64_MAX;
  }
  int64_t left = nodal_max64(a.x, b.x), top = nodal_max64(a.y, b.y);
  int64_t right = nodal_min64(a_right, b_right), bottom = nodal_min64(a_bottom, b_bottom);
  if (left >= right || top >= bottom) {
    *overlap = (NodalRect){left, top, 0, 0};
    return false;
  }
  *overlap = (NodalRect){left, top, right - left, bottom - top};
  return true;
}
