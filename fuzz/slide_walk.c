/* SPDX-License-Identifier: Apache-2.0 */
#include "slide_walk.h"

#include "fuzz.h"

#include <nodal/slide.h>

enum { SIDE = 48, MAX_LEVELS = 4, MAX_PICTURES = 4, MAX_TILE_BYTES = 1 << 20 };

static size_t wanted_size(NodalSlide *slide, NodalPixelFormat format, int64_t width, int64_t height) {
  size_t bytes = 0;
  bool overflow = __builtin_mul_overflow((size_t)width, (size_t)height, &bytes) ||
                  __builtin_mul_overflow(bytes, nodal_slide_pixel_size(slide, format), &bytes);
  return overflow ? SIZE_MAX : bytes;
}

static void read_region(NodalSlide *slide, int level, NodalRect region, NodalPixelFormat format) {
  size_t stride = (size_t)region.width * nodal_slide_pixel_size(slide, format);
  uint8_t *pixels = malloc(stride * (size_t)region.height);
  NodalError *error = NULL;
  bool read = nodal_slide_read_level(slide, level, region, format, pixels, stride, &error);
  fuzz_check_outcome(read, error, "input: ");
  free(pixels);
}

static void read_tile(NodalSlide *slide, int index, const NodalLevel *level, NodalPixelFormat format) {
  size_t stride = (size_t)level->tile_width * nodal_slide_pixel_size(slide, format);
  uint8_t *pixels = malloc(stride * (size_t)level->tile_height);
  NodalError *error = NULL;
  bool read = nodal_slide_read_tile(slide, index, 0, 0, format, pixels, stride, &error);
  fuzz_check_outcome(read, error, "input: ");
  free(pixels);
  void *raw = NULL;
  size_t raw_size = 0;
  error = NULL;
  read = nodal_slide_read_raw_tile(slide, index, 0, 0, &raw, &raw_size, &error);
  fuzz_check_outcome(read, error, "input: ");
  FUZZ_REQUIRE(!read || (raw == NULL) == (raw_size == 0));
  nodal_free(raw);
}

static void read_level(NodalSlide *slide, int index) {
  NodalLevel level;
  FUZZ_REQUIRE(nodal_slide_level(slide, index, &level));
  FUZZ_REQUIRE(level.width > 0 && level.height > 0 && level.tile_width > 0 && level.tile_height > 0 &&
               level.downsample >= 1);
  if (wanted_size(slide, NODAL_PIXELS_NATIVE, level.tile_width, level.tile_height) > MAX_TILE_BYTES) {
    return;
  }
  const NodalPixelFormat formats[] = {NODAL_PIXELS_NATIVE, NODAL_PIXELS_RGB, NODAL_PIXELS_RGBA};
  for (int i = 0; i < 3; i++) {
    if (nodal_slide_pixel_size(slide, formats[i]) == 0) {
      continue;
    }
    read_region(slide, index, (NodalRect){-3, -5, SIDE, SIDE}, formats[i]);
    read_region(slide, index, (NodalRect){level.width - 7, level.height - 9, 11, 13}, formats[i]);
    read_tile(slide, index, &level, formats[i]);
  }
}

static void read_at_spacing(NodalSlide *slide) {
  NodalLevel level;
  double x_um, y_um;
  nodal_slide_level(slide, nodal_slide_level_count(slide) - 1, &level);
  if (!nodal_slide_spacing(slide, &x_um, &y_um) ||
      wanted_size(slide, NODAL_PIXELS_NATIVE, level.tile_width, level.tile_height) > MAX_TILE_BYTES) {
    return;
  }
  FUZZ_REQUIRE(x_um > 0 && y_um > 0);
  size_t stride = 16 * nodal_slide_pixel_size(slide, NODAL_PIXELS_NATIVE);
  uint8_t *pixels = malloc(16 * stride);
  NodalError *error = NULL;
  bool read = nodal_slide_read_at_spacing(slide, x_um * level.downsample * 1.3, 1.5, 2.5, 16, 16,
                                          NODAL_INTERPOLATION_LINEAR, NODAL_PIXELS_NATIVE, pixels, stride, &error);
  fuzz_check_outcome(read, error, "input: ");
  free(pixels);
}

static void read_pictures(NodalSlide *slide) {
  int64_t width, height;
  const char *name;
  for (int i = 0; i < MAX_PICTURES && (name = nodal_slide_associated_name(slide, i, &width, &height)); i++) {
    FUZZ_REQUIRE(width > 0 && height > 0);
    if (width > MAX_TILE_BYTES / 3 / height) {
      continue;
    }
    uint8_t *pixels = malloc((size_t)width * (size_t)height * 3);
    NodalError *error = NULL;
    bool read = nodal_slide_read_associated(slide, name, pixels, (size_t)width * 3, &error);
    fuzz_check_outcome(read, error, "input: ");
    free(pixels);
  }
}

static void look_at_properties(const NodalSlide *slide) {
  const char *name;
  for (int i = 0; (name = nodal_slide_property_name(slide, i)); i++) {
    FUZZ_REQUIRE(nodal_slide_property(slide, name) != NULL);
  }
  size_t size = 0;
  const uint8_t *profile = nodal_slide_icc_profile(slide, &size);
  FUZZ_REQUIRE((profile != NULL) == (size > 0));
}

void fuzz_walk_slide(const uint8_t *data, size_t size) {
  NodalError *error = NULL;
  NodalSource *source = nodal_source_new_memory(data, size, "input", &error);
  NodalSlide *slide = nodal_slide_open_source(source, NULL, &error);
  fuzz_check_outcome(slide != NULL, error, "input: ");
  if (slide) {
    look_at_properties(slide);
    for (int i = 0; i < nodal_slide_level_count(slide) && i < MAX_LEVELS; i++) {
      read_level(slide, i);
    }
    read_at_spacing(slide);
    read_pictures(slide);
    nodal_slide_free(slide);
  }
  nodal_source_unref(source);
}
