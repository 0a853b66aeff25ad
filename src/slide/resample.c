/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/driver.h"

#include "base/memory.h"
#include "slide/geometry.h"

#include <math.h>
#include <string.h>

/*
 * Separable resampling with a triangle filter as wide as the output pixel, the "bilinear with antialiasing" of imaging
 * libraries: exact position of every output pixel, weights cut off at the edge of the level and scaled to sum to one.
 * An output pixel that covers a part of the level is made of what there is, wherever its center lies.
 */

/* Input pixels that must be covered to count, so that rounding does not let a pixel that only touches the level in. */
#define LEAST_COVER 1e-6

/* Which input pixels make one output pixel of an axis, and by how much. */
typedef struct Axis {
  int64_t count;
  int64_t first_input, input_count; /* input needed for all of it */
  int64_t *start;                   /* of each output pixel, counted from first_input */
  int *taps;
  float *weights; /* `most_taps` a pixel */
  int most_taps;
} Axis;

static void free_axis(Axis *axis) {
  free(axis->start);
  free(axis->taps);
  free(axis->weights);
}

/* Output pixel i covers [origin + i * step, origin + (i + 1) * step) of an axis of `limit` input pixels. */
static bool make_axis(Axis *axis, int64_t count, double origin, double step, int64_t limit, bool nearest,
                      NodalError **error) {
  double support = step > 1 ? step : 1;
  *axis = (Axis){.count = count, .most_taps = nearest ? 1 : (int)ceil(support) * 2 + 2};
  size_t weights;
  if (!nodal_mul_size((size_t)count, (size_t)axis->most_taps, &weights)) {
    return nodal_fail_memory(error);
  }
  axis->start = nodal_alloc_array((size_t)count, sizeof *axis->start, error);
  axis->taps = axis->start ? nodal_alloc_array((size_t)count, sizeof *axis->taps, error) : NULL;
  axis->weights = axis->taps ? nodal_alloc_array(weights, sizeof *axis->weights, error) : NULL;
  if (!axis->weights) {
    return false;
  }
  int64_t low = INT64_MAX, high = INT64_MIN;
  for (int64_t i = 0; i < count; i++) {
    double center = origin + ((double)i + 0.5) * step;
    double covered = fmin(center + step / 2, (double)limit) - fmax(center - step / 2, 0);
    if (!(covered > LEAST_COVER * fmin(step, 1))) {
      continue; /* outside: background */
    }
    double at = fmin(fmax(center, 0), (double)limit - 0.5);
    int64_t from = nearest ? (int64_t)floor(at) : nodal_max64((int64_t)floor(center - support), 0);
    int64_t to = nearest ? from + 1 : nodal_min64((int64_t)ceil(center + support), limit);
    float *weight = axis->weights + (size_t)i * (size_t)axis->most_taps;
    double sum = 0;
    int taps = (int)nodal_min64(to - from, axis->most_taps);
    for (int k = 0; k < taps; k++) {
      double value = nearest ? 1 : 1 - fabs(((double)(from + k) + 0.5 - center) / support);
      weight[k] = value > 0 ? (float)value : 0;
      sum += weight[k];
    }
    for (int k = 0; k < taps; k++) {
      weight[k] = (float)(weight[k] / sum);
    }
    axis->start[i] = from;
    axis->taps[i] = taps;
    low = nodal_min64(low, from);
    high = nodal_max64(high, from + taps);
  }
  axis->first_input = low <= high ? low : 0;
  axis->input_count = low <= high ? high - low : 0;
  for (int64_t i = 0; i < count; i++) {
    axis->start[i] -= axis->taps[i] > 0 ? axis->first_input : 0;
  }
  return true;
}

static double load_sample(const uint8_t *at, NodalDtype dtype) {
  uint16_t value16;
  uint32_t value32;
  float real;
  switch (dtype) {
  case NODAL_UINT8:
    return *at;
  case NODAL_UINT16:
    memcpy(&value16, at, sizeof value16);
    return value16;
  case NODAL_UINT32:
    memcpy(&value32, at, sizeof value32);
    return value32;
  default:
    memcpy(&real, at, sizeof real);
    return (double)real;
  }
}

static void store_sample(uint8_t *at, double value, NodalDtype dtype) {
  double limit = dtype == NODAL_UINT8 ? 255 : dtype == NODAL_UINT16 ? 65535 : 4294967295.0;
  double rounded = value < 0 ? 0 : value > limit ? limit : floor(value + 0.5);
  uint16_t value16 = 0;
  uint32_t value32 = 0;
  float real = (float)value;
  switch (dtype) {
  case NODAL_UINT8:
    *at = (uint8_t)rounded;
    break;
  case NODAL_UINT16:
    value16 = (uint16_t)rounded;
    memcpy(at, &value16, sizeof value16);
    break;
  case NODAL_UINT32:
    value32 = (uint32_t)rounded;
    memcpy(at, &value32, sizeof value32);
    break;
  default:
    memcpy(at, &real, sizeof real);
  }
}

enum { BAND = 64 };

typedef struct Resampling {
  NodalSlide *slide;
  int level;
  NodalPixelFormat format;
  int channels;
  NodalDtype dtype;
  size_t pixel_size;
  bool alpha; /* colours are weighted by the last channel */
  Axis x, y;
  uint8_t *band; /* BAND rows of input pixels */
  int64_t band_first, band_rows;
  float *samples; /* one row of input as numbers */
  float *rows;    /* ring of rows resampled along x, as many as an output row is made of */
  int64_t next;   /* input row that the ring takes next */
  float *sum;     /* one output row */
} Resampling;

/* Row `row` of the input, counted from y.first_input; rows are asked for in rising order. */
static const uint8_t *input_row(Resampling *r, int64_t row, NodalError **error) {
  size_t bytes = (size_t)r->x.input_count * r->pixel_size;
  if (row >= r->band_first + r->band_rows || row < r->band_first) {
    NodalRect band = {r->x.first_input, r->y.first_input + row, r->x.input_count,
                      nodal_min64(BAND, r->y.input_count - row)};
    if (!nodal_slide_read_level(r->slide, r->level, band, r->format, r->band, bytes, error)) {
      return NULL;
    }
    r->band_first = row;
    r->band_rows = band.height;
  }
  return r->band + (size_t)(row - r->band_first) * bytes;
}

static void load_row(const Resampling *r, const uint8_t *pixels) {
  size_t count = (size_t)r->x.input_count * (size_t)r->channels, size = nodal_dtype_size(r->dtype);
  for (size_t i = 0; r->dtype == NODAL_UINT8 && i < count; i++) {
    r->samples[i] = pixels[i];
  }
  for (size_t i = 0; r->dtype != NODAL_UINT8 && i < count; i++) {
    r->samples[i] = (float)load_sample(pixels + i * size, r->dtype);
  }
  for (size_t i = 0; r->alpha && i < count; i += (size_t)r->channels) {
    for (int c = 0; c < r->channels - 1; c++) {
      r->samples[i + (size_t)c] *= r->samples[i + (size_t)r->channels - 1];
    }
  }
}

/* One input row along x, channels interleaved. */
static void resample_row(const Resampling *r, float *out) {
  int channels = r->channels;
  for (int64_t i = 0; i < r->x.count; i++, out += channels) {
    const float *weight = r->x.weights + (size_t)i * (size_t)r->x.most_taps;
    const float *from = r->samples + (size_t)r->x.start[i] * (size_t)channels;
    int taps = r->x.taps[i];
    for (int c = 0; c < channels; c++) {
      float sum = 0;
      for (int k = 0; k < taps; k++) {
        sum += weight[k] * from[k * channels + c];
      }
      out[c] = sum;
    }
  }
}

static void store_row(const Resampling *r, uint8_t *to) {
  size_t sample = nodal_dtype_size(r->dtype);
  for (int64_t i = 0; i < r->x.count; i++) {
    if (r->x.taps[i] == 0) {
      continue;
    }
    const float *sum = r->sum + (size_t)i * (size_t)r->channels;
    uint8_t *pixel = to + (size_t)i * r->pixel_size;
    double alpha = r->alpha ? (double)sum[r->channels - 1] : 1;
    for (int c = 0; c < r->channels; c++) {
      bool is_alpha = r->alpha && c == r->channels - 1;
      double value = is_alpha || alpha <= 0 ? (double)sum[c] : (double)sum[c] / alpha;
      store_sample(pixel + (size_t)c * sample, value, r->dtype);
    }
  }
}

static bool copy_nearest_row(Resampling *r, int64_t row, uint8_t *to, NodalError **error) {
  const uint8_t *pixels = input_row(r, row, error);
  for (int64_t i = 0; pixels && i < r->x.count; i++) {
    if (r->x.taps[i] > 0) {
      memcpy(to + (size_t)i * r->pixel_size, pixels + (size_t)r->x.start[i] * r->pixel_size, r->pixel_size);
    }
  }
  return pixels != NULL;
}

/* Brings the ring up to input row `end`, which lies not before what it took last. */
static bool fill_ring(Resampling *r, int64_t start, int64_t end, size_t samples, NodalError **error) {
  for (r->next = nodal_max64(r->next, start); r->next < end; r->next++) {
    const uint8_t *pixels = input_row(r, r->next, error);
    if (!pixels) {
      return false;
    }
    load_row(r, pixels);
    resample_row(r, r->rows + (size_t)(r->next % r->y.most_taps) * samples);
  }
  return true;
}

static bool resample(Resampling *r, bool nearest, uint8_t *pixels, size_t stride, NodalError **error) {
  size_t samples = (size_t)r->x.count * (size_t)r->channels;
  for (int64_t i = 0; i < r->y.count; i++) {
    uint8_t *to = pixels + (size_t)i * stride;
    int64_t start = r->y.start[i], end = start + r->y.taps[i];
    if (start == end) {
      continue;
    }
    if (nearest) {
      if (!copy_nearest_row(r, start, to, error)) {
        return false;
      }
      continue;
    }
    if (!fill_ring(r, start, end, samples, error)) {
      return false;
    }
    memset(r->sum, 0, samples * sizeof *r->sum);
    for (int64_t row = start; row < end; row++) {
      float weight = r->y.weights[(size_t)i * (size_t)r->y.most_taps + (size_t)(row - start)];
      const float *from = r->rows + (size_t)(row % r->y.most_taps) * samples;
      for (size_t s = 0; s < samples; s++) {
        r->sum[s] += weight * from[s];
      }
    }
    store_row(r, to);
  }
  return true;
}

static bool check_grid(NodalSlide *slide, double spacing_um, int64_t width, int64_t height, NodalPixelFormat format,
                       size_t stride, NodalError **error) {
  const char *path = nodal_slide_path(slide);
  size_t size = nodal_slide_pixel_size(slide, format);
  if (slide->spacing_x <= 0) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: states no spacing", path);
  }
  if (!(spacing_um > 0) || !isfinite(spacing_um)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: a spacing must be above 0", path);
  }
  if (width < 1 || height < 1 || width > INT32_MAX || height > INT32_MAX) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: a region cannot be %lld x %lld pixels", path, (long long)width,
                      (long long)height);
  }
  if (size == 0) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "%s: %d channel%s of %s cannot be read as RGB", path,
                      slide->channels, nodal_plural((uint64_t)slide->channels), nodal_dtype_name(slide->dtype));
  }
  return stride / size >= (size_t)width ||
         nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: a stride of %zu bytes is less than a row of %lld pixels", path,
                    stride, (long long)width);
}

static bool prepare(Resampling *r, double spacing_um, double x, double y, int64_t width, int64_t height, bool nearest,
                    NodalError **error) {
  NodalSlide *slide = r->slide;
  double finer = fmin(spacing_um / slide->spacing_x, spacing_um / slide->spacing_y);
  r->level = nodal_slide_best_level(slide, finer);
  const NodalLevel *level = &slide->levels[r->level];
  double step_x = spacing_um / slide->spacing_x / level->downsample;
  double step_y = spacing_um / slide->spacing_y / level->downsample;
  if (step_x > 65536 || step_y > 65536) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %g um is too coarse for this slide", nodal_slide_path(slide),
                      spacing_um);
  }
  if (!make_axis(&r->x, width, x / level->downsample, step_x, level->width, nearest, error) ||
      !make_axis(&r->y, height, y / level->downsample, step_y, level->height, nearest, error)) {
    return false;
  }
  size_t row = (size_t)r->channels * sizeof(float);
  r->band = nodal_alloc_array((size_t)r->x.input_count * r->pixel_size, BAND, error);
  r->samples = r->band ? nodal_alloc_array((size_t)r->x.input_count, row, error) : NULL;
  r->rows = r->samples ? nodal_alloc_array((size_t)width * row, (size_t)r->y.most_taps, error) : NULL;
  r->sum = r->rows ? nodal_alloc_array((size_t)width, row, error) : NULL;
  return r->sum != NULL;
}

bool nodal_slide_read_at_spacing(NodalSlide *slide, double spacing_um, double x, double y, int64_t width,
                                 int64_t height, NodalInterpolation interpolation, NodalPixelFormat format,
                                 void *pixels, size_t stride, NodalError **error) {
  if (!check_grid(slide, spacing_um, width, height, format, stride, error)) {
    return false;
  }
  bool nearest = interpolation == NODAL_INTERPOLATION_NEAREST || slide->color == NODAL_COLOR_LABEL;
  Resampling r = {.slide = slide,
                  .format = format,
                  .channels = format == NODAL_PIXELS_NATIVE ? slide->channels
                              : format == NODAL_PIXELS_RGB  ? 3
                                                            : 4,
                  .dtype = slide->dtype,
                  .pixel_size = nodal_slide_pixel_size(slide, format)};
  r.alpha = format == NODAL_PIXELS_RGBA || (format == NODAL_PIXELS_NATIVE && slide->color == NODAL_COLOR_RGBA);
  nodal_slide_fill_background(slide, format, pixels, stride, width, height);
  bool ok = prepare(&r, spacing_um, x, y, width, height, nearest, error);
  if (ok && r.x.input_count > 0) {
    ok = resample(&r, nearest, pixels, stride, error);
  }
  free_axis(&r.x);
  free_axis(&r.y);
  free(r.band);
  free(r.samples);
  free(r.rows);
  free(r.sum);
  return ok;
}
