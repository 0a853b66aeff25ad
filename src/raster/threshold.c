/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "raster/view.h"

#include <math.h>
#include <stdatomic.h>

/* --- threshold --- */

typedef struct Threshold {
  double low, high;
  bool none;            /* no integer fits */
  uint32_t first, last; /* of integer images, both included */
  _Atomic uint64_t count;
} Threshold;

/* The smallest whole number that is not below `value`, between 0 and 2^32. */
static uint64_t whole(double value) {
  double up = ceil(value);
  return up <= 0 ? 0 : up >= 4294967296.0 ? (uint64_t)1 << 32 : (uint64_t)up;
}

static void set_limits(Threshold *threshold, double low, double high) {
  uint64_t first = whole(low), end = high == (double)INFINITY ? (uint64_t)1 << 32 : whole(high);
  threshold->low = low;
  threshold->high = high;
  threshold->none = first >= end;
  threshold->first = threshold->none ? 1 : (uint32_t)first;
  threshold->last = threshold->none ? 0 : (uint32_t)(end - 1);
}

#define THRESHOLD_INTEGERS(NAME, TYPE)                                                                                 \
  static uint64_t NAME(const TYPE *row, size_t width, uint32_t first, uint32_t last, uint8_t *result) {                \
    uint32_t count = 0;                                                                                                \
    for (size_t x = 0; x < width; x++) {                                                                               \
      result[x] = (uint8_t)((row[x] >= first) & (row[x] <= last));                                                     \
    }                                                                                                                  \
    for (size_t x = 0; x < width; x++) {                                                                               \
      count += result[x];                                                                                              \
    }                                                                                                                  \
    return count;                                                                                                      \
  }

THRESHOLD_INTEGERS(threshold_8, uint8_t)
THRESHOLD_INTEGERS(threshold_16, uint16_t)
THRESHOLD_INTEGERS(threshold_32, uint32_t)

static uint64_t threshold_float(const float *row, size_t width, double low, double high, uint8_t *result) {
  uint64_t count = 0;
  for (size_t x = 0; x < width; x++) {
    double value = (double)row[x];
    result[x] = (uint8_t)((value >= low) & (value < high));
    count += result[x];
  }
  return count;
}

static uint64_t threshold_row(const Threshold *threshold, const void *row, NodalDtype dtype, size_t width,
                              uint8_t *result) {
  switch (dtype) {
  case NODAL_UINT8:
    return threshold_8(row, width, threshold->first, threshold->last, result);
  case NODAL_UINT16:
    return threshold_16(row, width, threshold->first, threshold->last, result);
  case NODAL_UINT32:
    return threshold_32(row, width, threshold->first, threshold->last, result);
  default:
    return threshold_float(row, width, threshold->low, threshold->high, result);
  }
}

static bool threshold_tile(void *user, int worker, const NodalRaster *raster, void *pixels, size_t stride,
                           NodalError **error) {
  (void)worker;
  (void)error;
  Threshold *threshold = user;
  uint64_t count = 0;
  for (size_t y = 0; y < (size_t)raster->height; y++) {
    count += threshold_row(threshold, (const uint8_t *)raster->pixels + y * raster->stride, raster->dtype,
                           (size_t)raster->width, (uint8_t *)pixels + y * stride);
  }
  atomic_fetch_add(&threshold->count, count);
  return true;
}

bool nodal_raster_write_threshold(const NodalRasterJob *job, double low, double high, uint64_t *count,
                                  NodalError **error) {
  NodalRasterView view;
  if (!nodal_raster_view_open(&view, job, error)) {
    return false;
  }
  if (isnan(low) || isnan(high)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: a threshold is not a number", view.name);
  }
  Threshold threshold = {.low = low};
  set_limits(&threshold, low, high);
  NodalWriter *writer = nodal_raster_writer_new(job, &view, NODAL_UINT8, error);
  NodalPool *pool = writer ? nodal_pool_new(job->threads, error) : NULL;
  bool done = pool && nodal_raster_map(writer, &view, threshold_tile, &threshold, pool, job->progress, error);
  if (done && count) {
    *count = atomic_load(&threshold.count);
  }
  nodal_pool_free(pool);
  nodal_writer_free(writer);
  return done;
}

/* --- Otsu --- */

enum { BINS = 65536 };

typedef struct Histogram {
  uint64_t *bins; /* BINS of each worker */
} Histogram;

static bool count_tile(void *user, int worker, int64_t index, const NodalRaster *raster, NodalError **error) {
  (void)index;
  (void)error;
  uint64_t *bins = ((const Histogram *)user)->bins + (size_t)worker * BINS;
  for (size_t y = 0; y < (size_t)raster->height; y++) {
    const uint8_t *row = (const uint8_t *)raster->pixels + y * raster->stride;
    for (size_t x = 0; x < (size_t)raster->width; x++) {
      bins[raster->dtype == NODAL_UINT8 ? row[x] : ((const uint16_t *)(const void *)row)[x]]++;
    }
  }
  return true;
}

/*
 * With n0 pixels of sum s0 in the lower class out of n of sum s, the variance between the classes is, but for a factor
 * that is the same for all, (s n0 - n s0)^2 / (n0 (n - n0)). The difference is an exact integer.
 */
static bool best_threshold(const uint64_t *bins, double *threshold) {
  uint64_t n = 0, s = 0, n0 = 0, s0 = 0;
  for (uint64_t v = 0; v < BINS; v++) {
    n += bins[v];
    s += v * bins[v];
  }
  double best = 0;
  for (uint64_t v = 0; v + 1 < BINS; v++) {
    n0 += bins[v];
    s0 += v * bins[v];
    if (n0 == 0 || n0 == n || bins[v] == 0) {
      continue; /* the classes are none, or those of the value before */
    }
    __extension__ typedef __int128 Wide;
    double difference = (double)((Wide)s * (Wide)n0 - (Wide)n * (Wide)s0);
    double variance = difference / (double)n0 * (difference / (double)(n - n0));
    if (variance > best) {
      best = variance;
      *threshold = (double)(v + 1);
    }
  }
  return best > 0;
}

static bool find_otsu(const NodalRasterJob *job, const NodalRasterView *view, NodalPool *pool, Histogram *histogram,
                      double *threshold, NodalError **error) {
  int threads = nodal_pool_threads(pool);
  histogram->bins = nodal_alloc_array((size_t)threads * BINS, sizeof *histogram->bins, error);
  if (!histogram->bins || !nodal_raster_each_tile(view, pool, count_tile, NULL, histogram, job->progress, error)) {
    return false;
  }
  for (int i = 1; i < threads; i++) {
    for (size_t v = 0; v < BINS; v++) {
      histogram->bins[v] += histogram->bins[(size_t)i * BINS + v];
    }
  }
  return best_threshold(histogram->bins, threshold) ||
         nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: all pixels have one value", view->name);
}

bool nodal_raster_find_otsu(const NodalRasterJob *job, double *threshold, NodalError **error) {
  NodalRasterView view;
  if (!nodal_raster_view_open(&view, job, error)) {
    return false;
  }
  if (view.dtype != NODAL_UINT8 && view.dtype != NODAL_UINT16) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "%s: Otsu's threshold is of uint8 or uint16, not %s", view.name,
                      nodal_dtype_name(view.dtype));
  }
  NodalPool *pool = nodal_pool_new(job->threads, error);
  if (!pool) {
    return false;
  }
  Histogram histogram = {0};
  bool done = find_otsu(job, &view, pool, &histogram, threshold, error);
  free(histogram.bins);
  nodal_pool_free(pool);
  return done;
}
