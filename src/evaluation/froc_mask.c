/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/froc.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

/* Pixels of the finer level that are looked at at a time, each way, but for one or two at the seams. */
enum { BLOCK_SIDE = 2048, BLOCK_ROOM = BLOCK_SIDE + 2 };

/* --- masks --- */

/* Which level of a mask is read, and how. */
typedef struct Reading {
  NodalSlide *mask;
  int index;
  NodalLevel level;
  double step;           /* pixels of that level a pixel of level 5; 1: it is level 5 */
  int64_t width, height; /* of level 5 */
  size_t sample, pixel;  /* bytes */
} Reading;

/* The level that is 32 times smaller than the slide, else the next finer one. */
static bool choose_level(Reading *reading, double downsample, NodalError **error) {
  double wanted = FROC_DOWNSAMPLE / downsample;
  bool found = false;
  for (int i = 0; i < nodal_slide_level_count(reading->mask); i++) {
    NodalLevel level;
    if (nodal_slide_level(reading->mask, i, &level) && level.downsample <= wanted * 1.01) {
      reading->index = i;
      reading->level = level;
      found = true;
    }
  }
  if (!found) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "is %g times smaller than the slide, and 32 times is looked at",
                      downsample);
  }
  double step = wanted / reading->level.downsample;
  reading->step = step < 1.01 ? 1 : step;
  reading->width = (int64_t)ceil((double)reading->level.width / reading->step);
  reading->height = (int64_t)ceil((double)reading->level.height / reading->step);
  return true;
}

static int64_t source_of(const Reading *reading, int64_t pixel, int64_t count) {
  return nodal_min64((int64_t)floor((double)pixel * reading->step + 1e-9), count - 1);
}

/* Reads the pixels `area` of level 5, of which the sources are few enough for `block`. */
static bool read_block(const Reading *reading, NodalRect area, uint8_t *block, uint8_t *pixels, NodalError **error) {
  int64_t x0 = source_of(reading, area.x, reading->level.width);
  int64_t y0 = source_of(reading, area.y, reading->level.height);
  NodalRect region = {x0, y0, source_of(reading, area.x + area.width - 1, reading->level.width) - x0 + 1,
                      source_of(reading, area.y + area.height - 1, reading->level.height) - y0 + 1};
  size_t stride = (size_t)region.width * reading->pixel;
  if (!nodal_slide_read_level(reading->mask, reading->index, region, NODAL_PIXELS_NATIVE, block, stride, error)) {
    return false;
  }
  for (int64_t y = 0; y < area.height; y++) {
    int64_t row = source_of(reading, area.y + y, reading->level.height) - y0;
    uint8_t *to = pixels + (size_t)((area.y + y) * reading->width + area.x) * reading->sample;
    for (int64_t x = 0; x < area.width; x++, to += reading->sample) {
      int64_t column = source_of(reading, area.x + x, reading->level.width) - x0;
      memcpy(to, block + (size_t)row * stride + (size_t)column * reading->pixel, reading->sample);
    }
  }
  return true;
}

static bool read_blocks(const Reading *reading, uint8_t *pixels, NodalError **error) {
  int64_t side = nodal_max64(1, (int64_t)floor(BLOCK_SIDE / reading->step));
  uint8_t *block = nodal_alloc_array((size_t)BLOCK_ROOM * BLOCK_ROOM, reading->pixel, error);
  bool done = block != NULL;
  for (int64_t y = 0; done && y < reading->height; y += side) {
    for (int64_t x = 0; done && x < reading->width; x += side) {
      NodalRect area = {x, y, nodal_min64(side, reading->width - x), nodal_min64(side, reading->height - y)};
      done = read_block(reading, area, block, pixels, error);
    }
  }
  free(block);
  return done;
}

/* Where the level is level 5 and has one channel. */
static bool read_whole(const Reading *reading, uint8_t *pixels, NodalError **error) {
  NodalRect all = {0, 0, reading->width, reading->height};
  return nodal_slide_read_level(reading->mask, reading->index, all, NODAL_PIXELS_NATIVE, pixels,
                                (size_t)reading->width * reading->sample, error);
}

/* Level 5 of the first channel. */
static uint8_t *read_mask(const Reading *reading, NodalError **error) {
  size_t count, size;
  if (!nodal_mul_size((size_t)reading->width, (size_t)reading->height, &count) || count > FROC_MAX_PIXELS ||
      !nodal_mul_size(count, reading->sample, &size)) {
    nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "%lld x %lld pixels at level 5 are too many", (long long)reading->width,
               (long long)reading->height);
    return NULL;
  }
  uint8_t *pixels = nodal_alloc(size, error);
  if (pixels && !(reading->step == 1 && reading->pixel == reading->sample ? read_whole(reading, pixels, error)
                                                                          : read_blocks(reading, pixels, error))) {
    free(pixels);
    return NULL;
  }
  return pixels;
}

/* Micrometres a level-0 pixel of the slide; anything where the rules have their own. */
static bool find_spacing(const NodalFrocRules *rules, NodalSlide *mask, const NodalFrocMask *options, double downsample,
                         double *spacing_um, NodalError **error) {
  *spacing_um = options->spacing_um;
  double x, y;
  if (rules->spacing_um > 0 || options->spacing_um > 0) {
    return true;
  }
  if (!mask || !nodal_slide_spacing(mask, &x, &y)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "no spacing is known, which the rules %s need", rules->name);
  }
  *spacing_um = x / downsample;
  return true;
}

static NodalFrocTruth *truth_of_level(const NodalFrocRules *rules, const Reading *reading, double downsample,
                                      double spacing_um, int threads, NodalError **error) {
  uint8_t *pixels = read_mask(reading, error);
  if (!pixels) {
    return NULL;
  }
  NodalLevel first = {0};
  nodal_slide_level(reading->mask, 0, &first);
  double width0 = (double)first.width * downsample, height0 = (double)first.height * downsample;
  bool ratio = rules->width_ratio && reading->step == 1;
  NodalRaster raster = {pixels, nodal_slide_dtype(reading->mask), reading->width, reading->height,
                        (size_t)reading->width * reading->sample};
  NodalFrocTruth *truth =
      froc_truth_make(rules, &raster, ratio ? width0 / (double)reading->level.width : FROC_DOWNSAMPLE, spacing_um,
                      (int64_t)width0, (int64_t)height0, threads, error);
  free(pixels);
  return truth;
}

NodalFrocTruth *nodal_froc_truth_of_mask(const NodalFrocRules *rules, NodalSlide *mask, const NodalFrocMask *options,
                                         NodalError **error) {
  double downsample = options->downsample > 0 ? options->downsample : 1, spacing_um;
  Reading reading = {.mask = mask,
                     .sample = nodal_dtype_size(nodal_slide_dtype(mask)),
                     .pixel = nodal_slide_pixel_size(mask, NODAL_PIXELS_NATIVE)};
  NodalError *cause = NULL;
  NodalFrocTruth *truth = NULL;
  if (find_spacing(rules, mask, options, downsample, &spacing_um, &cause) &&
      choose_level(&reading, downsample, &cause)) {
    truth = truth_of_level(rules, &reading, downsample, spacing_um, options->threads, &cause);
  }
  if (!truth) {
    /* Errors of reading name the file already. */
    size_t length = strlen(nodal_slide_path(mask));
    if (strncmp(nodal_error_message(cause), nodal_slide_path(mask), length) != 0) {
      nodal_error_prefix(&cause, "%s", nodal_slide_path(mask));
    }
    nodal_error_pass(error, cause);
  }
  return truth;
}

/* --- annotations --- */

static const NodalMaskLabel labels[] = {{"_0", 1}, {"_1", 1},        {"Tumor", 1}, {"metastases", 1},
                                        {"_2", 0}, {"Exclusion", 0}, {"None", 0},  {"normal", 0}};
static const char *const order[] = {"_0", "_1", "Tumor", "metastases", "_2", "Exclusion", "None", "normal"};

static bool is_known(const char *name) {
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    if (strcmp(order[i], name) == 0) {
      return true;
    }
  }
  return false;
}

/* The last pixels that outlines reach, and room for what they grow by. Groups that mean nothing are refused. */
static bool find_size(const NodalAnnotationSet *set, double margin, int64_t *width, int64_t *height,
                      NodalError **error) {
  double right = 0, bottom = 0;
  bool grouped = nodal_annotation_set_group_count(set) > 0;
  NodalAnnotation annotation;
  for (int i = 0; nodal_annotation_set_get(set, i, &annotation); i++) {
    NodalAnnotationGroup group = {.name = annotation.name};
    if (grouped && !nodal_annotation_set_group(set, annotation.group, &group)) {
      group.name = "";
    }
    if (!is_known(group.name)) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s '%.100s' has no label: whether it is tumor is not known",
                        grouped ? "group" : "annotation", group.name);
    }
    NodalPoint minimum, maximum;
    if (nodal_annotation_bounds(&annotation, &minimum, &maximum)) {
      right = fmax(right, maximum.x);
      bottom = fmax(bottom, maximum.y);
    }
  }
  *width = (int64_t)fmin(right + margin, 1e9);
  *height = (int64_t)fmin(bottom + margin, 1e9);
  return true;
}

NodalFrocTruth *nodal_froc_truth_of_annotations(const NodalFrocRules *rules, const NodalAnnotationSet *set,
                                                const NodalFrocMask *options, NodalError **error) {
  double spacing_um;
  NodalMaskOptions drawing = NODAL_MASK_OPTIONS_INIT;
  if (!find_spacing(rules, NULL, options, 1, &spacing_um, error)) {
    return NULL;
  }
  double margin = FROC_GAP_UM / (rules->spacing_um > 0 ? rules->spacing_um : spacing_um) + 4 * FROC_DOWNSAMPLE;
  if (!find_size(set, margin, &drawing.width, &drawing.height, error)) {
    return NULL;
  }
  drawing.downsample = FROC_DOWNSAMPLE;
  drawing.rule = NODAL_MASK_ASAP;
  drawing.labels = labels;
  drawing.label_count = sizeof labels / sizeof *labels;
  drawing.order = order;
  drawing.order_count = sizeof order / sizeof *order;
  NodalMask *mask = nodal_mask_new(set, &drawing, error);
  if (!mask) {
    return NULL;
  }
  NodalRect all = {0};
  nodal_mask_size(mask, &all.width, &all.height);
  NodalFrocTruth *truth = NULL;
  uint8_t *pixels = NULL;
  if (all.width > (int64_t)FROC_MAX_PIXELS / all.height) {
    nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "outlines reach too far");
  } else if ((pixels = nodal_alloc((size_t)(all.width * all.height), error)) &&
             nodal_mask_draw(mask, all, pixels, (size_t)all.width, error)) {
    for (int64_t i = 0; i < all.width * all.height; i++) {
      pixels[i] = pixels[i] ? (uint8_t)rules->tumor_value : 0;
    }
    NodalRaster raster = {pixels, NODAL_UINT8, all.width, all.height, (size_t)all.width};
    truth = froc_truth_make(rules, &raster, FROC_DOWNSAMPLE, spacing_um, INT64_MAX, INT64_MAX, options->threads, error);
  }
  free(pixels);
  nodal_mask_free(mask);
  return truth;
}
