/* SPDX-License-Identifier: Apache-2.0 */
/* Every vendor's format that is not read natively, through OpenSlide 3.4 or 4. */
#include "base/memory.h"
#include "base/number.h"
#include "slide/driver.h"

#include <math.h>
#include <openslide.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { TILE = 512 };

/* Formats that OpenSlide also knows but that are read natively. */
static bool is_native(const char *vendor) {
  static const char *const native[] = {"generic-tiff", "aperio", "philips"};
  for (size_t i = 0; i < sizeof native / sizeof *native; i++) {
    if (strcmp(vendor, native[i]) == 0) {
      return true;
    }
  }
  return false;
}

static bool probe_openslide(const NodalProbe *probe) {
  const char *path = nodal_source_path(probe->source);
  const char *vendor = path ? openslide_detect_vendor(path) : NULL;
  return vendor && !is_native(vendor);
}

static void close_openslide(NodalSlide *slide) {
  if (slide->driver_data) {
    openslide_close(slide->driver_data);
  }
}

static bool check(openslide_t *handle, NodalError **error) {
  const char *message = openslide_get_error(handle);
  return !message || nodal_fail(error, NODAL_ERROR_FORMAT, "OpenSlide: %s", message);
}

static double property_number(openslide_t *handle, const char *name, double fallback) {
  const char *text = openslide_get_property_value(handle, name);
  double value;
  return text && nodal_parse_double(text, &value) ? value : fallback;
}

static bool add_levels(NodalSlide *slide, openslide_t *handle, NodalError **error) {
  int count = openslide_get_level_count(handle);
  for (int i = 0; i < count; i++) {
    int64_t width = 0, height = 0;
    openslide_get_level_dimensions(handle, i, &width, &height);
    double downsample = openslide_get_level_downsample(handle, i);
    /* Rounded level sizes make 4.0002 of a 4. */
    double nearest = round(downsample);
    if (fabs(downsample - nearest) < 0.01 * nearest) {
      downsample = nearest;
    }
    NodalLevel level = {width, height, i == 0 ? 1 : downsample, TILE, TILE, NODAL_CODEC_UNKNOWN};
    if (!check(handle, error) || !nodal_slide_add_level(slide, &level, error)) {
      return false;
    }
  }
  return true;
}

/* Level properties are ours to give: OpenSlide's downsample is not the true one. */
static bool copy_properties(NodalSlide *slide, openslide_t *handle, NodalError **error) {
  for (const char *const *name = openslide_get_property_names(handle); *name; name++) {
    const char *value = openslide_get_property_value(handle, *name);
    if (value && strncmp(*name, "openslide.level", 15) != 0 && !nodal_slide_set_property(slide, *name, value, error)) {
      return false;
    }
  }
  for (const char *const *name = openslide_get_associated_image_names(handle); *name; name++) {
    int64_t width = 0, height = 0;
    openslide_get_associated_image_dimensions(handle, *name, &width, &height);
    if (width > 0 && height > 0 && width * height <= (int64_t)64 << 20 &&
        !nodal_slide_add_associated(slide, *name, width, height, error)) {
      return false;
    }
  }
  return true;
}

static void set_background(NodalSlide *slide, openslide_t *handle) {
  const char *text = openslide_get_property_value(handle, "openslide.background-color");
  unsigned r, g, b;
  if (text && strlen(text) == 6 && sscanf(text, "%2x%2x%2x", &r, &g, &b) == 3) {
    slide->has_background = true;
    slide->background[0] = (uint8_t)r;
    slide->background[1] = (uint8_t)g;
    slide->background[2] = (uint8_t)b;
  }
}

#ifdef NODAL_OPENSLIDE_4
static bool copy_icc_profile(NodalSlide *slide, openslide_t *handle, NodalError **error) {
  int64_t size = openslide_get_icc_profile_size(handle);
  if (size <= 0 || size > (int64_t)64 << 20) {
    return true;
  }
  uint8_t *profile = nodal_alloc((size_t)size, error);
  if (!profile) {
    return false;
  }
  openslide_read_icc_profile(handle, profile);
  bool ok = check(handle, error) && nodal_slide_set_icc_profile(slide, profile, (size_t)size, error);
  free(profile);
  return ok;
}
#endif

static bool open_openslide(NodalSlide *slide, NodalProbe *probe, NodalError **error) {
  const char *path = nodal_source_path(probe->source);
  openslide_t *handle = openslide_open(path);
  if (!handle) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "OpenSlide cannot open it");
  }
  slide->driver_data = handle;
  if (!check(handle, error)) {
    return false;
  }
  const char *vendor = openslide_get_property_value(handle, OPENSLIDE_PROPERTY_NAME_VENDOR);
  slide->format = nodal_strdup(vendor ? vendor : "openslide", error);
  slide->channels = 3;
  slide->dtype = NODAL_UINT8;
  slide->color = NODAL_COLOR_RGB;
  slide->partial_tiles = true;
  slide->spacing_x = property_number(handle, OPENSLIDE_PROPERTY_NAME_MPP_X, 0);
  slide->spacing_y = property_number(handle, OPENSLIDE_PROPERTY_NAME_MPP_Y, 0);
  set_background(slide, handle);
#ifdef NODAL_OPENSLIDE_4
  /* Decoded tiles are kept once, in the slide's own cache. */
  openslide_cache_t *none = openslide_cache_create(0);
  openslide_set_cache(handle, none);
  openslide_cache_release(none);
  if (!copy_icc_profile(slide, handle, error)) {
    return false;
  }
#endif
  return slide->format && add_levels(slide, handle, error) && copy_properties(slide, handle, error);
}

/* Premultiplied ARGB words to RGB over the background. */
static void argb_to_rgb(const uint32_t *argb, uint8_t *rgb, int64_t count, const uint8_t background[3]) {
  for (int64_t i = 0; i < count; i++) {
    uint32_t pixel = argb[i];
    unsigned rest = 255 - (pixel >> 24);
    rgb[3 * i] = (uint8_t)((pixel >> 16 & 255) + (background[0] * rest + 127) / 255);
    rgb[3 * i + 1] = (uint8_t)((pixel >> 8 & 255) + (background[1] * rest + 127) / 255);
    rgb[3 * i + 2] = (uint8_t)((pixel & 255) + (background[2] * rest + 127) / 255);
  }
}

static bool is_blank(const uint32_t *argb, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (argb[i] >> 24) {
      return false;
    }
  }
  return true;
}

static bool read_openslide_tile(NodalSlide *slide, int level, int64_t column, int64_t row, NodalRect part, void *pixels,
                                size_t stride, NodalTileState *state, NodalError **error) {
  openslide_t *handle = slide->driver_data;
  size_t count = (size_t)part.width * (size_t)part.height;
  uint32_t *argb = nodal_alloc(count * sizeof *argb, error);
  if (!argb) {
    return false;
  }
  double downsample = slide->levels[level].downsample;
  int64_t x = (int64_t)llround((double)(column * TILE + part.x) * downsample);
  int64_t y = (int64_t)llround((double)(row * TILE + part.y) * downsample);
  openslide_read_region(handle, argb, x, y, level, part.width, part.height);
  bool ok = check(handle, error);
  if (!ok) {
    nodal_error_prefix(error, "%s: level %d", nodal_slide_path(slide), level);
  } else if (is_blank(argb, count)) {
    *state = NODAL_TILE_ABSENT;
  } else {
    uint8_t background[3];
    nodal_slide_background(slide, background);
    for (int64_t i = 0; i < part.height; i++) {
      argb_to_rgb(argb + i * part.width, (uint8_t *)pixels + (size_t)i * stride, part.width, background);
    }
  }
  free(argb);
  return ok;
}

static bool read_openslide_associated(NodalSlide *slide, int index, uint8_t *rgb, size_t stride, NodalError **error) {
  openslide_t *handle = slide->driver_data;
  const NodalAssociated *associated = &slide->associated[index];
  static const uint8_t white[3] = {255, 255, 255};
  uint32_t *argb = nodal_alloc((size_t)(associated->width * associated->height) * sizeof *argb, error);
  if (!argb) {
    return false;
  }
  openslide_read_associated_image(handle, associated->name, argb);
  bool ok = check(handle, error);
  if (!ok) {
    nodal_error_prefix(error, "%s: associated image '%s'", nodal_slide_path(slide), associated->name);
  }
  for (int64_t y = 0; ok && y < associated->height; y++) {
    argb_to_rgb(argb + y * associated->width, rgb + (size_t)y * stride, associated->width, white);
  }
  free(argb);
  return ok;
}

const char *nodal_slide_openslide_version(void) {
  return openslide_get_version();
}

extern const NodalDriver nodal_driver_openslide;
const NodalDriver nodal_driver_openslide = {
    .name = "openslide",
    .description = "MIRAX, Hamamatsu, Leica, Ventana, Sakura, Trestle and what else OpenSlide reads",
    .probe = probe_openslide,
    .open = open_openslide,
    .close = close_openslide,
    .read_tile = read_openslide_tile,
    .read_associated = read_openslide_associated,
};
