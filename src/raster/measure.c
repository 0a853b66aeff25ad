/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/measure.h"

#include "base/memory.h"
#include "raster/hull.h"

#include <math.h>
#include <string.h>

enum { NO_LINK = -1, MIN_CORNER_LIMIT = 256 };

void nodal_measurer_free(NodalMeasurer *measurer) {
  free(measurer->regions);
  free(measurer->links);
  *measurer = (NodalMeasurer){0};
}

void nodal_measure_clear(NodalMeasure *measure) {
  free(measure->corners);
  *measure = (NodalMeasure){0};
}

bool nodal_measurer_begin(NodalMeasurer *measurer, size_t count, NodalError **error) {
  measurer->count = count;
  measurer->link_count = 0;
  if (!nodal_grow_array(&measurer->regions, &measurer->region_capacity, count, sizeof *measurer->regions, error)) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    measurer->regions[i] = (NodalMeasuring){.left = (uint32_t)NO_LINK, .right = (uint32_t)NO_LINK};
  }
  return true;
}

/* --- corners --- */

/* Hangs a corner below the others of its side, and takes those out that no longer bend the side outwards. */
static void hang(NodalMeasurer *measurer, uint32_t *lowest, int32_t x, int32_t y) {
  const NodalLink *links = measurer->links;
  uint32_t last = *lowest;
  if (last != (uint32_t)NO_LINK && links[last].y == y) {
    if (links[last].x <= x) {
      return;
    }
    last = links[last].up;
  }
  while (last != (uint32_t)NO_LINK && links[last].up != (uint32_t)NO_LINK) {
    const NodalLink *b = &links[last], *a = &links[b->up];
    if ((int64_t)(b->x - a->x) * (y - a->y) < (int64_t)(x - a->x) * (b->y - a->y)) {
      break;
    }
    last = b->up;
  }
  measurer->links[measurer->link_count] = (NodalLink){x, y, last};
  *lowest = (uint32_t)measurer->link_count++;
}

/* The outer corners of the row that is complete. */
static void hang_row(NodalMeasurer *measurer, NodalMeasuring *region) {
  hang(measurer, &region->left, region->start, region->row);
  hang(measurer, &region->left, region->start, region->row + 1);
  hang(measurer, &region->right, -region->end, region->row);
  hang(measurer, &region->right, -region->end, region->row + 1);
}

/* --- sums --- */

/* n (n - 1) (2 n - 1) / 6 = 0 + 1 + 4 + ... + (n - 1)^2, n at most 2^24. */
static NodalWide sum_of_squares(uint64_t n) {
  uint64_t a = n * (n - 1) / 2, b = 2 * n - 1;
  return a % 3 == 0 ? (NodalWide)(a / 3) * b : (NodalWide)a * (b / 3);
}

static void add_run(NodalMeasuring *region, uint64_t start, uint64_t end, uint64_t y) {
  NodalMeasure *measure = &region->measure;
  uint64_t n = end - start, before = n * (n - 1) / 2, x = n * start + before;
  measure->count += n;
  measure->x += x;
  measure->y += n * y;
  measure->xx += (NodalWide)n * (start * start) + (NodalWide)(2 * start) * before + sum_of_squares(n);
  measure->xy += (NodalWide)x * y;
  measure->yy += (NodalWide)n * (y * y);
}

static void widen(NodalMeasure *measure, int64_t left, int64_t top, int64_t right, int64_t bottom) {
  measure->left = nodal_min64(measure->left, left);
  measure->top = nodal_min64(measure->top, top);
  measure->right = nodal_max64(measure->right, right);
  measure->bottom = nodal_max64(measure->bottom, bottom);
}

static void measure_run(NodalMeasurer *measurer, NodalMeasuring *region, int32_t start, int32_t end, int32_t y) {
  NodalMeasure *measure = &region->measure;
  if (measure->count == 0) {
    measure->left = start;
    measure->top = y;
    measure->right = end;
    measure->bottom = y + 1;
    region->row = y;
    region->start = start;
  } else if (region->row != y) {
    hang_row(measurer, region);
    region->row = y;
    region->start = start;
  }
  region->end = end;
  widen(measure, start, y, end, y + 1);
  add_run(region, (uint64_t)start, (uint64_t)end, (uint64_t)y);
}

bool nodal_measurer_add(NodalMeasurer *measurer, const NodalRuns *runs, int64_t x, int64_t y, NodalError **error) {
  /* Four corners for each row of each region, of which there are no more than runs, and none waits longer. */
  size_t most = measurer->link_count + 4 * (runs->count + measurer->count);
  if (most > UINT32_MAX - 1) {
    return nodal_fail_memory(error);
  }
  if (!nodal_grow_array(&measurer->links, &measurer->link_capacity, most, sizeof *measurer->links, error)) {
    return false;
  }
  for (int64_t row = 0; row < runs->height; row++) {
    for (size_t i = runs->rows[row]; i < runs->rows[row + 1]; i++) {
      const NodalRun *run = &runs->runs[i];
      measure_run(measurer, &measurer->regions[run->label], (int32_t)x + run->start, (int32_t)x + run->end,
                  (int32_t)(y + row));
    }
  }
  for (size_t i = 0; i < measurer->count; i++) {
    if (measurer->regions[i].measure.count > 0) {
      hang_row(measurer, &measurer->regions[i]);
    }
  }
  return true;
}

/* --- joining --- */

static void add_sums(NodalMeasure *measure, const NodalMeasure *other) {
  if (measure->count == 0) {
    measure->left = other->left;
    measure->top = other->top;
    measure->right = other->right;
    measure->bottom = other->bottom;
  }
  widen(measure, other->left, other->top, other->right, other->bottom);
  measure->count += other->count;
  measure->x += other->x;
  measure->y += other->y;
  measure->xx += other->xx;
  measure->xy += other->xy;
  measure->yy += other->yy;
}

/* Leaves of the corners those of the convex hull. `hull` (may be NULL) is freed with free(). */
static bool reduce(NodalMeasure *measure, NodalPoint **hull, NodalError **error) {
  size_t count = measure->corner_count;
  NodalPoint *points = nodal_alloc_array(2 * count + 1, sizeof *points, error);
  if (!points) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    points[i] = (NodalPoint){measure->corners[i].x, measure->corners[i].y};
  }
  measure->corner_count = nodal_convex_hull(points, count, points + count);
  for (size_t i = 0; i < measure->corner_count; i++) {
    points[i] = points[count + i];
    measure->corners[i] = (NodalCorner){(int32_t)points[i].x, (int32_t)points[i].y};
  }
  if (hull) {
    *hull = points;
  } else {
    free(points);
  }
  return true;
}

/* Room for `more` corners; lists that have grown much since are reduced first, so that they stay short. */
static bool make_room(NodalMeasure *measure, size_t more, NodalError **error) {
  size_t limit = measure->corner_limit > MIN_CORNER_LIMIT ? measure->corner_limit : MIN_CORNER_LIMIT;
  if (measure->corner_count + more > limit) {
    if (!reduce(measure, NULL, error)) {
      return false;
    }
    measure->corner_limit = 2 * (measure->corner_count + more);
  }
  return nodal_grow_array(&measure->corners, &measure->corner_capacity, measure->corner_count + more,
                          sizeof *measure->corners, error);
}

bool nodal_measurer_take(NodalMeasurer *measurer, size_t index, NodalMeasure *measure, NodalError **error) {
  const NodalMeasuring *region = &measurer->regions[index];
  const NodalLink *links = measurer->links;
  size_t count = 0;
  for (int side = 0; side < 2; side++) {
    for (uint32_t i = side ? region->right : region->left; i != (uint32_t)NO_LINK; i = links[i].up) {
      count++;
    }
  }
  if (!make_room(measure, count, error)) {
    return false;
  }
  for (int side = 0; side < 2; side++) {
    for (uint32_t i = side ? region->right : region->left; i != (uint32_t)NO_LINK; i = links[i].up) {
      measure->corners[measure->corner_count++] = (NodalCorner){side ? -links[i].x : links[i].x, links[i].y};
    }
  }
  add_sums(measure, &region->measure);
  return true;
}

bool nodal_measure_merge(NodalMeasure *measure, NodalMeasure *other, NodalError **error) {
  if (!make_room(measure, other->corner_count, error)) {
    return false;
  }
  if (other->corner_count > 0) {
    memcpy(measure->corners + measure->corner_count, other->corners, other->corner_count * sizeof *other->corners);
    measure->corner_count += other->corner_count;
  }
  add_sums(measure, other);
  nodal_measure_clear(other);
  return true;
}

/* --- numbers --- */

/* n sum(ab) - sum(a) sum(b), over n^2: the covariance. The difference is exact, and what is lost is lost at the end. */
static double covariance(const NodalMeasure *measure, NodalWide ab, uint64_t a, uint64_t b) {
  /* About the first pixel of the box the sums are small enough for 128 bits: see nodal_measure_finish(). */
  NodalWide n = measure->count, first = n * ab, second = (NodalWide)a * b;
  double difference = first >= second ? (double)(first - second) : -(double)(second - first);
  return difference / ((double)measure->count * (double)measure->count);
}

typedef struct Axes {
  double major, minor;
} Axes;

/* Eigenvalues of a symmetric matrix of 2 x 2. */
static Axes axes_of(double xx, double xy, double yy) {
  double mean = (xx + yy) / 2, spread = hypot((xx - yy) / 2, xy);
  double larger = mean + spread, smaller = mean - spread;
  /* Of a line the smaller one is 0, which the rounding of the sums may miss. */
  return (Axes){4 * sqrt(larger), smaller > larger * 1e-15 ? 4 * sqrt(smaller) : 0};
}

static double diameter(const NodalPoint *hull, size_t count, double scale_x, double scale_y, NodalPoint *scaled) {
  for (size_t i = 0; i < count; i++) {
    scaled[i] = (NodalPoint){hull[i].x * scale_x, hull[i].y * scale_y};
  }
  return nodal_hull_diameter(scaled, count, NULL);
}

bool nodal_measure_finish(NodalMeasure *measure, const NodalMeasureScale *scale, NodalRegion *region,
                          NodalError **error) {
  NodalPoint *hull;
  if (!reduce(measure, &hull, error)) {
    return false;
  }
  /* Moved so that the box begins at 0: sum((x - c)^2) = sum(x^2) - 2 c sum(x) + n c^2. */
  uint64_t n = measure->count, left = (uint64_t)measure->left, top = (uint64_t)measure->top;
  uint64_t x = measure->x - n * left, y = measure->y - n * top;
  NodalWide xx = measure->xx - (NodalWide)2 * left * measure->x + (NodalWide)n * (left * left);
  NodalWide xy = measure->xy - (NodalWide)left * measure->y - (NodalWide)top * measure->x + (NodalWide)n * left * top;
  NodalWide yy = measure->yy - (NodalWide)2 * top * measure->y + (NodalWide)n * (top * top);
  double cxx = covariance(measure, xx, x, x), cxy = covariance(measure, xy, x, y), cyy = covariance(measure, yy, y, y);
  double s = scale->downsample, sx = s * scale->spacing_x_um, sy = s * scale->spacing_y_um;
  Axes pixels = axes_of(cxx * s * s, cxy * s * s, cyy * s * s);
  Axes lengths = axes_of(cxx * sx * sx, cxy * sx * sy, cyy * sy * sy);
  NodalPoint *scaled = hull + measure->corner_count;
  bool known = sx > 0 && sy > 0;
  *region = (NodalRegion){
      .area_px = (double)n * s * s,
      .area_mm2 = known ? (double)n * sx * sy * 1e-6 : (double)NAN,
      .centroid_x_px = ((double)x / (double)n + (double)left + 0.5) * s,
      .centroid_y_px = ((double)y / (double)n + (double)top + 0.5) * s,
      .x_px = (double)measure->left * s,
      .y_px = (double)measure->top * s,
      .width_px = (double)(measure->right - measure->left) * s,
      .height_px = (double)(measure->bottom - measure->top) * s,
      .longest_px = diameter(hull, measure->corner_count, s, s, scaled),
      .longest_um = known ? diameter(hull, measure->corner_count, sx, sy, scaled) : (double)NAN,
      .major_axis_px = pixels.major,
      .major_axis_um = known ? lengths.major : (double)NAN,
      .minor_axis_px = pixels.minor,
      .minor_axis_um = known ? lengths.minor : (double)NAN,
  };
  free(hull);
  return true;
}
