/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/froc.h"

#include "base/memory.h"
#include "raster/runs.h"
#include "raster/view.h"

#include <math.h>
#include <string.h>

/* --- where the tumor is --- */

/* The box round the tumor; empty where there is none. */
typedef struct Extent {
  int64_t left, top, right, bottom;
} Extent;

/* The first and the last pixel of a row that is tumor; false where none is. */
static bool find_ends(const NodalRaster *mask, int64_t y, uint32_t tumor, int64_t *first, int64_t *last) {
  if (mask->dtype == NODAL_UINT8) {
    const uint8_t *row = (const uint8_t *)mask->pixels + (size_t)y * mask->stride;
    const uint8_t *from = memchr(row, (int)tumor, (size_t)mask->width);
    if (!from) {
      return false;
    }
    *first = from - row;
    *last = (const uint8_t *)memrchr(row, (int)tumor, (size_t)mask->width) - row;
    return true;
  }
  *first = 0;
  *last = mask->width - 1;
  while (*first < mask->width && nodal_raster_value(mask, *first, y) != tumor) {
    ++*first;
  }
  while (*last > *first && nodal_raster_value(mask, *last, y) != tumor) {
    --*last;
  }
  return *first < mask->width;
}

static Extent find_extent(const NodalRaster *mask, uint32_t tumor) {
  Extent extent = {.left = mask->width, .top = mask->height};
  int64_t first, last;
  for (int64_t y = 0; y < mask->height; y++) {
    if (find_ends(mask, y, tumor, &first, &last)) {
      extent.left = nodal_min64(extent.left, first);
      extent.right = nodal_max64(extent.right, last + 1);
      extent.top = nodal_min64(extent.top, y);
      extent.bottom = y + 1;
    }
  }
  return extent;
}

/* A mask without tumor may hold nothing else: whoever drew it may mean another value by it. */
static bool check_empty(const NodalRaster *mask, const NodalFrocRules *rules, NodalError **error) {
  for (int64_t y = 0; y < mask->height; y++) {
    for (int64_t x = 0; x < mask->width; x++) {
      uint32_t value = nodal_raster_value(mask, x, y);
      if (value != 0) {
        return nodal_fail(error, NODAL_ERROR_ARGUMENT,
                          "no pixel is %u, which alone is tumor by the rules %s, yet some are %u", rules->tumor_value,
                          rules->name, value);
      }
    }
  }
  return true;
}

/*
 * The square of the radius that tumor grows by: the largest whole number of square pixels whose root is below the
 * limit. Distances between pixels are roots of whole numbers, and the scripts want them strictly below.
 */
static double radius_square(double limit) {
  double square = floor(limit * limit);
  while (square > 0 && sqrt(square) >= limit) {
    square--;
  }
  return square;
}

static NodalRect grown_box(const Extent *extent, const NodalRaster *mask, int64_t by) {
  NodalRect box = {nodal_max64(extent->left - by, 0), nodal_max64(extent->top - by, 0), 0, 0};
  box.width = nodal_min64(extent->right + by, mask->width) - box.x;
  box.height = nodal_min64(extent->bottom + by, mask->height) - box.y;
  return box;
}

/* --- the lesions --- */

static uint8_t *copy_tumor(const NodalRaster *mask, NodalRect box, uint32_t tumor, NodalError **error) {
  uint8_t *flags = nodal_alloc_array((size_t)box.width, (size_t)box.height, error);
  for (int64_t y = 0; flags && y < box.height; y++) {
    for (int64_t x = 0; x < box.width; x++) {
      flags[y * box.width + x] = nodal_raster_value(mask, box.x + x, box.y + y) == tumor;
    }
  }
  return flags;
}

static NodalRaster raster_of(const uint8_t *flags, NodalRect box) {
  return (NodalRaster){flags, NODAL_UINT8, box.width, box.height, (size_t)box.width};
}

/* Tumor grown by the radius, with its holes filled. What lies outside the box is background that reaches the edge of
 * the mask, so a hole of the box is one of the mask. */
static uint8_t *grow_and_fill(const NodalRaster *mask, NodalRect box, uint32_t tumor, double radius, int threads,
                              NodalError **error) {
  uint8_t *flags = copy_tumor(mask, box, tumor, error), *grown = NULL;
  if (!flags || !(grown = nodal_alloc_array((size_t)box.width, (size_t)box.height, error))) {
    free(flags);
    return NULL;
  }
  NodalRaster tumors = raster_of(flags, box), blobs = raster_of(grown, box);
  /* The filled image takes the place of the one that is no longer needed. */
  bool done = nodal_raster_morphology(&tumors, NODAL_MORPHOLOGY_DILATE, radius, 1, 1, threads, grown, error) &&
              nodal_raster_fill(&blobs, 8, threads, flags, NULL, error);
  free(grown);
  if (!done) {
    free(flags);
    return NULL;
  }
  return flags;
}

static NodalFrocLesion describe(const NodalFrocTruth *truth, const NodalRegion *region, double spacing_um) {
  double s = truth->downsample, major_px = region->major_axis_px;
  double x = (double)truth->box.x + region->x_px, y = (double)truth->box.y + region->y_px;
  return (NodalFrocLesion){
      .number = (int)region->label,
      .itc = major_px < FROC_ITC_UM / spacing_um,
      .area_px = region->area_px * s * s,
      .area_mm2 = region->area_px * spacing_um * spacing_um * 1e-6,
      .x_px = x * s,
      .y_px = y * s,
      .width_px = region->width_px * s,
      .height_px = region->height_px * s,
      .major_axis_um = major_px * spacing_um,
  };
}

static bool find_lesions(NodalFrocTruth *truth, const uint8_t *filled, double spacing_um, int threads,
                         NodalError **error) {
  NodalRaster raster = raster_of(filled, truth->box);
  NodalComponentOptions components = NODAL_COMPONENT_OPTIONS_INIT;
  NodalStatisticsOptions options = NODAL_STATISTICS_OPTIONS_INIT;
  options.regions = true;
  NodalRegion *regions = NULL;
  uint32_t count;
  size_t pixels;
  if (!nodal_mul_size((size_t)truth->box.width, (size_t)truth->box.height, &pixels) ||
      !(truth->labels = nodal_alloc_array(pixels, sizeof *truth->labels, error)) ||
      !nodal_raster_label(&raster, &components, threads, truth->labels, &count, error) ||
      !nodal_raster_statistics(&raster, &options, 0, 0, threads, &regions, &truth->lesion_count, error)) {
    return false;
  }
  truth->lesions = nodal_alloc_array(truth->lesion_count, sizeof *truth->lesions, error);
  for (size_t i = 0; truth->lesions && i < truth->lesion_count; i++) {
    truth->lesions[i] = describe(truth, &regions[i], spacing_um);
  }
  nodal_free(regions);
  return truth->lesions != NULL;
}

/* `spacing_um`: of a pixel of the mask. */
static bool look(NodalFrocTruth *truth, const NodalFrocRules *rules, const NodalRaster *mask, double spacing_um,
                 int threads, NodalError **error) {
  Extent extent = find_extent(mask, rules->tumor_value);
  if (extent.right == 0) {
    return check_empty(mask, rules, error);
  }
  double square = radius_square(FROC_GAP_UM / (spacing_um * 2)), radius = sqrt(square);
  if (radius > NODAL_MORPHOLOGY_MAX_RADIUS) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "a spacing of %g um at level 5 is too fine for lesions", spacing_um);
  }
  truth->box = grown_box(&extent, mask, (int64_t)radius + 2);
  uint8_t *filled = grow_and_fill(mask, truth->box, rules->tumor_value, radius, threads, error);
  bool done = filled && find_lesions(truth, filled, spacing_um, threads, error);
  free(filled);
  return done;
}

NodalFrocTruth *froc_truth_make(const NodalFrocRules *rules, const NodalRaster *mask, double downsample,
                                double spacing_um, int64_t width0, int64_t height0, int threads, NodalError **error) {
  double level0 = rules->spacing_um > 0 ? rules->spacing_um : spacing_um;
  if (!nodal_raster_check(mask, error)) {
    return NULL;
  }
  if (mask->dtype == NODAL_FLOAT32) {
    nodal_fail(error, NODAL_ERROR_ARGUMENT, "a mask of real numbers");
    return NULL;
  }
  if (!(downsample >= 1 && downsample < 1e6) || !(level0 > 0 && level0 < 1e6)) {
    nodal_fail(error, NODAL_ERROR_ARGUMENT, "a downsample of %g and a spacing of %g um", downsample, level0);
    return NULL;
  }
  NodalFrocTruth *truth = nodal_alloc_array(1, sizeof *truth, error);
  if (!truth) {
    return NULL;
  }
  truth->width = mask->width;
  truth->height = mask->height;
  truth->width0 = width0;
  truth->height0 = height0;
  truth->downsample = downsample;
  if (!look(truth, rules, mask, level0 * downsample, threads, error)) {
    nodal_froc_truth_free(truth);
    return NULL;
  }
  return truth;
}

NodalFrocTruth *nodal_froc_truth_new(const NodalFrocRules *rules, const NodalRaster *mask, double downsample,
                                     double spacing_um, int threads, NodalError **error) {
  return froc_truth_make(rules, mask, downsample, spacing_um, (int64_t)ceil((double)mask->width * downsample),
                         (int64_t)ceil((double)mask->height * downsample), threads, error);
}

void nodal_froc_truth_free(NodalFrocTruth *truth) {
  if (truth) {
    free(truth->labels);
    free(truth->lesions);
    free(truth);
  }
}

/* --- detections --- */

/* The pixel of a place along one axis; `count` pixels, of which the last also has what would be the one past it. */
static int64_t pixel_of(const NodalFrocRules *rules, double place, double downsample, int64_t count) {
  double pixel = place / downsample;
  pixel = rules->rounds ? rint(pixel) : floor(pixel);
  return pixel < (double)count ? (int64_t)pixel : count - 1;
}

bool froc_truth_find(const NodalFrocTruth *truth, const NodalFrocRules *rules, double x, double y, uint32_t *number) {
  x = trunc(x);
  y = trunc(y);
  if (!(x < (double)truth->width0 && y < (double)truth->height0)) {
    return false;
  }
  int64_t column = pixel_of(rules, x, truth->downsample, truth->width) - truth->box.x;
  int64_t row = pixel_of(rules, y, truth->downsample, truth->height) - truth->box.y;
  bool inside = column >= 0 && row >= 0 && column < truth->box.width && row < truth->box.height;
  *number = inside ? truth->labels[row * truth->box.width + column] : 0;
  return true;
}
