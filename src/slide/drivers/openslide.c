/* SPDX-License-Identifier: Apache-2.0 */
/* Every vendor's format that is not read natively, through OpenSlide 3.4 or 4. */
#include "base/memory.h"
#include "base/number.h"
#include "slide/description.h"
#include "slide/driver.h"
#include "slide/drivers/openslide_library.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { TILE = 512 };

/* driver_data */
typedef struct OpenslideSlide {
  NodalOpenslide library;
  openslide_t *handle;
} OpenslideSlide;

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

/*
 * Whether a TIFF bears no vendor's mark: all that OpenSlide knows one by is text, XMP (Ventana) or a tag of NDPI. What
 * nodal, ASAP and most of the field's own programs write has none, and is found without loading OpenSlide.
 */
static bool is_unmarked(const NodalTiff *tiff) {
  if (nodal_description_is_own(nodal_tiff_directory(tiff, 0))) {
    return true;
  }
  for (int i = 0; i < nodal_tiff_directory_count(tiff); i++) {
    const NodalTiffDirectory *directory = nodal_tiff_directory(tiff, i);
    if (directory->description || directory->software || directory->make || directory->model || directory->xmp ||
        directory->ndpi) {
      return false;
    }
  }
  return true;
}

static bool probe_openslide(const NodalProbe *probe) {
  const char *path = nodal_source_path(probe->source);
  if (probe->tiff && is_unmarked(probe->tiff)) {
    return false;
  }
  NodalOpenslide library;
  const char *vendor = path && nodal_openslide_load(&library) ? library.detect_vendor(path) : NULL;
  return vendor && !is_native(vendor);
}

static void close_openslide(NodalSlide *slide) {
  OpenslideSlide *data = slide->driver_data;
  if (data && data->handle) {
    data->library.close(data->handle);
  }
  free(data);
  slide->driver_data = NULL;
}

static bool check(const OpenslideSlide *data, NodalError **error) {
  const char *message = data->library.get_error(data->handle);
  return !message || nodal_fail(error, NODAL_ERROR_FORMAT, "OpenSlide: %s", message);
}

static double property_number(const OpenslideSlide *data, const char *name, double fallback) {
  const char *text = data->library.get_property_value(data->handle, name);
  double value;
  return text && nodal_parse_double(text, &value) ? value : fallback;
}

static bool add_levels(NodalSlide *slide, const OpenslideSlide *data, NodalError **error) {
  int count = data->library.get_level_count(data->handle);
  for (int i = 0; i < count; i++) {
    int64_t width = 0, height = 0;
    data->library.get_level_dimensions(data->handle, i, &width, &height);
    double downsample = data->library.get_level_downsample(data->handle, i);
    /* Rounded level sizes make 4.0002 of a 4. */
    double nearest = round(downsample);
    if (fabs(downsample - nearest) < 0.01 * nearest) {
      downsample = nearest;
    }
    NodalLevel level = {width, height, i == 0 ? 1 : downsample, TILE, TILE, NODAL_CODEC_UNKNOWN};
    if (!check(data, error) || !nodal_slide_add_level(slide, &level, error)) {
      return false;
    }
  }
  return true;
}

/* Level properties are ours to give: OpenSlide's downsample is not the true one. */
static bool copy_properties(NodalSlide *slide, const OpenslideSlide *data, NodalError **error) {
  for (const char *const *name = data->library.get_property_names(data->handle); *name; name++) {
    const char *value = data->library.get_property_value(data->handle, *name);
    if (value && strncmp(*name, "openslide.level", 15) != 0 && !nodal_slide_set_property(slide, *name, value, error)) {
      return false;
    }
  }
  for (const char *const *name = data->library.get_associated_image_names(data->handle); *name; name++) {
    int64_t width = 0, height = 0;
    data->library.get_associated_image_dimensions(data->handle, *name, &width, &height);
    if (width > 0 && height > 0 && width * height <= (int64_t)64 << 20 &&
        !nodal_slide_add_associated(slide, *name, width, height, error)) {
      return false;
    }
  }
  return true;
}

static void set_background(NodalSlide *slide, const OpenslideSlide *data) {
  const char *text = data->library.get_property_value(data->handle, "openslide.background-color");
  unsigned r, g, b;
  if (text && strlen(text) == 6 && sscanf(text, "%2x%2x%2x", &r, &g, &b) == 3) {
    slide->has_background = true;
    slide->background[0] = (uint8_t)r;
    slide->background[1] = (uint8_t)g;
    slide->background[2] = (uint8_t)b;
  }
}

#ifdef NODAL_OPENSLIDE_4
static bool copy_icc_profile(NodalSlide *slide, const OpenslideSlide *data, NodalError **error) {
  int64_t size = data->library.get_icc_profile_size(data->handle);
  if (size <= 0 || size > (int64_t)64 << 20) {
    return true;
  }
  uint8_t *profile = nodal_alloc((size_t)size, error);
  if (!profile) {
    return false;
  }
  data->library.read_icc_profile(data->handle, profile);
  bool ok = check(data, error) && nodal_slide_set_icc_profile(slide, profile, (size_t)size, error);
  free(profile);
  return ok;
}
#endif

static bool open_openslide(NodalSlide *slide, NodalProbe *probe, NodalError **error) {
  const char *path = nodal_source_path(probe->source);
  OpenslideSlide *data = nodal_alloc_array(1, sizeof *data, error);
  if (!data) {
    return false;
  }
  slide->driver_data = data;
  data->handle = nodal_openslide_load(&data->library) ? data->library.open(path) : NULL;
  if (!data->handle) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "OpenSlide cannot open it");
  }
  if (!check(data, error)) {
    return false;
  }
  const char *vendor = data->library.get_property_value(data->handle, OPENSLIDE_PROPERTY_NAME_VENDOR);
  slide->format = nodal_strdup(vendor ? vendor : "openslide", error);
  slide->channels = 3;
  slide->dtype = NODAL_UINT8;
  slide->color = NODAL_COLOR_RGB;
  slide->partial_tiles = true;
  slide->spacing_x = property_number(data, OPENSLIDE_PROPERTY_NAME_MPP_X, 0);
  slide->spacing_y = property_number(data, OPENSLIDE_PROPERTY_NAME_MPP_Y, 0);
  set_background(slide, data);
#ifdef NODAL_OPENSLIDE_4
  /* Decoded tiles are kept once, in the slide's own cache. */
  openslide_cache_t *none = data->library.cache_create(0);
  data->library.set_cache(data->handle, none);
  data->library.cache_release(none);
  if (!copy_icc_profile(slide, data, error)) {
    return false;
  }
#endif
  return slide->format && add_levels(slide, data, error) && copy_properties(slide, data, error);
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
  const OpenslideSlide *data = slide->driver_data;
  size_t count = (size_t)part.width * (size_t)part.height;
  uint32_t *argb = nodal_alloc(count * sizeof *argb, error);
  if (!argb) {
    return false;
  }
  double downsample = slide->levels[level].downsample;
  int64_t x = (int64_t)llround((double)(column * TILE + part.x) * downsample);
  int64_t y = (int64_t)llround((double)(row * TILE + part.y) * downsample);
  data->library.read_region(data->handle, argb, x, y, level, part.width, part.height);
  bool ok = check(data, error);
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
  const OpenslideSlide *data = slide->driver_data;
  const NodalAssociated *associated = &slide->associated[index];
  static const uint8_t white[3] = {255, 255, 255};
  uint32_t *argb = nodal_alloc((size_t)(associated->width * associated->height) * sizeof *argb, error);
  if (!argb) {
    return false;
  }
  data->library.read_associated_image(data->handle, associated->name, argb);
  bool ok = check(data, error);
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
  NodalOpenslide library;
  return nodal_openslide_load(&library) ? library.get_version() : "not installed";
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
