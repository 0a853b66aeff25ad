/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/distance.h"

#include "base/memory.h"
#include "base/pool.h"
#include "raster/view.h"

#include <math.h>
#include <string.h>

/* --- along the columns --- */

#define FLAGS_OF(NAME, TYPE)                                                                                           \
  static void NAME(const TYPE *row, uint8_t zero, size_t width, uint8_t *flags) {                                      \
    for (size_t x = 0; x < width; x++) {                                                                               \
      flags[x] = (uint8_t)(row[x] != 0) ^ zero;                                                                        \
    }                                                                                                                  \
  }

FLAGS_OF(flags_8, uint8_t)
FLAGS_OF(flags_16, uint16_t)
FLAGS_OF(flags_32, uint32_t)
FLAGS_OF(flags_float, float)

void nodal_distance_flags(const void *row, NodalDtype dtype, NodalDistanceTo to, int64_t width, uint8_t *flags) {
  uint8_t zero = to == NODAL_DISTANCE_TO_NONZERO;
  switch (dtype) {
  case NODAL_UINT8:
    flags_8(row, zero, (size_t)width, flags);
    break;
  case NODAL_UINT16:
    flags_16(row, zero, (size_t)width, flags);
    break;
  case NODAL_UINT32:
    flags_32(row, zero, (size_t)width, flags);
    break;
  case NODAL_FLOAT32:
    flags_float(row, zero, (size_t)width, flags);
    break;
  }
}

void nodal_distance_down(const uint8_t *flags, const float *above, int64_t width, float *steps) {
  for (int64_t x = 0; x < width; x++) {
    float step = above[x] + 1;
    steps[x] = flags[x] ? step : 0;
  }
}

void nodal_distance_up(const float *below, int64_t width, float *steps) {
  for (int64_t x = 0; x < width; x++) {
    float step = below[x] + 1;
    steps[x] = steps[x] < step ? steps[x] : step;
  }
}

/* --- along a row --- */

bool nodal_envelope_make(NodalEnvelope *envelope, int64_t width, NodalError **error) {
  size_t count = (size_t)width + 2;
  *envelope = (NodalEnvelope){0};
  return (envelope->sites = nodal_alloc_array(count, sizeof *envelope->sites, error)) &&
         (envelope->heights = nodal_alloc_array(count, sizeof *envelope->heights, error)) &&
         (envelope->starts = nodal_alloc_array(count, sizeof *envelope->starts, error)) &&
         (envelope->squares = nodal_alloc_array(count, sizeof *envelope->squares, error));
}

void nodal_envelope_free(NodalEnvelope *envelope) {
  free(envelope->sites);
  free(envelope->heights);
  free(envelope->starts);
  free(envelope->squares);
  *envelope = (NodalEnvelope){0};
}

/*
 * The lower envelope of the parabolas at `first` to `last`: which of them is lowest from where on. Returns how many.
 * Whether a start is rounded up or down matters only where it is a whole number, and then two parabolas are equal
 * there.
 */
static int32_t build(NodalEnvelope *envelope, const float *steps, int32_t first, int32_t last, double square) {
  int32_t *sites = envelope->sites, top = -1;
  double *heights = envelope->heights, *starts = envelope->starts;
  for (int32_t i = first; i <= last; i++) {
    if (steps[i] == (float)INFINITY) {
      continue;
    }
    double step = (double)steps[i], height = square * step * step, start = -INFINITY;
    for (; top >= 0; top--) {
      double apart = i - sites[top];
      /* Where the one at `i` begins to be lower than the one at `site`: seen from the middle between them. */
      start = 0.5 * (sites[top] + (double)i) + (height - heights[top]) / (2 * apart);
      if (start > starts[top]) {
        break;
      }
    }
    top++;
    sites[top] = i;
    heights[top] = height;
    starts[top] = top > 0 ? start : -(double)INFINITY;
  }
  return top + 1;
}

/* Distances of the pixels `from` to `end` - 1 of a row, between the targets (if any) just before and after them. */
static void fill_run(NodalEnvelope *envelope, const float *steps, int32_t from, int32_t end, int32_t width,
                     double square) {
  int32_t count = build(envelope, steps, from > 0 ? from - 1 : 0, end < width ? end : width - 1, square);
  double *squares = envelope->squares;
  if (count == 0) {
    for (int32_t x = from; x < end; x++) {
      squares[x] = INFINITY;
    }
    return;
  }
  int32_t x = from;
  for (int32_t k = 0; k < count && x < end; k++) {
    double limit = k + 1 < count ? envelope->starts[k + 1] : (double)end;
    int32_t site = envelope->sites[k];
    double height = envelope->heights[k];
    for (; x < end && x <= limit; x++) {
      double apart = x - site;
      squares[x] = apart * apart + height;
    }
  }
}

void nodal_distance_row(NodalEnvelope *envelope, const float *steps, int64_t width, double ratio) {
  int32_t end = (int32_t)width, x = 0;
  while (x < end) {
    while (x < end && steps[x] == 0) {
      envelope->squares[x++] = 0;
    }
    int32_t from = x;
    while (x < end && steps[x] != 0) {
      x++;
    }
    if (from < x) {
      fill_run(envelope, steps, from, x, end, ratio * ratio);
    }
  }
}

/* --- an array --- */

enum { COLUMNS_PER_ITEM = 512, ROWS_PER_ITEM = 16 };

typedef struct Transform {
  const NodalRaster *raster;
  NodalDistanceTo to;
  double spacing, ratio;
  float *distance;
  NodalEnvelope *envelopes; /* one a worker */
} Transform;

static bool sweep_columns(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  (void)error;
  const Transform *transform = user;
  const NodalRaster *raster = transform->raster;
  int64_t x = index * COLUMNS_PER_ITEM, width = nodal_min64(COLUMNS_PER_ITEM, raster->width - x);
  const uint8_t *row = (const uint8_t *)raster->pixels + (size_t)x * nodal_dtype_size(raster->dtype);
  uint8_t flags[COLUMNS_PER_ITEM];
  float none[COLUMNS_PER_ITEM];
  for (int64_t i = 0; i < width; i++) {
    none[i] = INFINITY;
  }
  float *steps = transform->distance + x;
  for (int64_t y = 0; y < raster->height; y++, row += raster->stride, steps += raster->width) {
    nodal_distance_flags(row, raster->dtype, transform->to, width, flags);
    nodal_distance_down(flags, y > 0 ? steps - raster->width : none, width, steps);
  }
  for (int64_t y = raster->height - 2; y >= 0; y--) {
    steps = transform->distance + (size_t)y * (size_t)raster->width + x;
    nodal_distance_up(steps + raster->width, width, steps);
  }
  return true;
}

static bool cross_rows(void *user, int worker, int64_t index, NodalError **error) {
  (void)error;
  const Transform *transform = user;
  NodalEnvelope *envelope = &transform->envelopes[worker];
  int64_t width = transform->raster->width, first = index * ROWS_PER_ITEM;
  int64_t end = nodal_min64(first + ROWS_PER_ITEM, transform->raster->height);
  for (int64_t y = first; y < end; y++) {
    float *row = transform->distance + (size_t)y * (size_t)width;
    nodal_distance_row(envelope, row, width, transform->ratio);
    for (int64_t x = 0; x < width; x++) {
      row[x] = (float)(transform->spacing * sqrt(envelope->squares[x]));
    }
  }
  return true;
}

bool nodal_raster_distance(const NodalRaster *raster, NodalDistanceTo to, double spacing_x, double spacing_y,
                           int threads, float *distance, NodalError **error) {
  if (!nodal_raster_check(raster, error) || !nodal_raster_check_spacing(spacing_x, spacing_y, error)) {
    return false;
  }
  NodalPool *pool = nodal_pool_new(threads, error);
  if (!pool) {
    return false;
  }
  int workers = nodal_pool_threads(pool);
  Transform transform = {.raster = raster,
                         .to = to,
                         .spacing = spacing_x,
                         .ratio = spacing_y / spacing_x,
                         .distance = distance,
                         .envelopes = nodal_alloc_array((size_t)workers, sizeof *transform.envelopes, error)};
  bool done = transform.envelopes != NULL;
  for (int i = 0; done && i < workers; i++) {
    done = nodal_envelope_make(&transform.envelopes[i], raster->width, error);
  }
  NodalPoolRun run = {
      .count = nodal_div_up(raster->width, COLUMNS_PER_ITEM), .work = sweep_columns, .user = &transform};
  done = done && nodal_pool_run(pool, &run, error);
  run.count = nodal_div_up(raster->height, ROWS_PER_ITEM);
  run.work = cross_rows;
  done = done && nodal_pool_run(pool, &run, error);
  for (int i = 0; transform.envelopes && i < workers; i++) {
    nodal_envelope_free(&transform.envelopes[i]);
  }
  free(transform.envelopes);
  nodal_pool_free(pool);
  return done;
}
