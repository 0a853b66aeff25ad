/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/cache.h"
#include "slide/driver.h"
#include "slide/geometry.h"
#include "slide/registry.h"

#include "base/memory.h"
#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- what drivers use to fill a slide --- */

bool nodal_slide_add_level(NodalSlide *slide, const NodalLevel *level, NodalError **error) {
  if (!nodal_grow_array(&slide->levels, &slide->level_capacity, (size_t)slide->level_count + 1, sizeof *slide->levels,
                        error)) {
    return false;
  }
  slide->levels[slide->level_count++] = *level;
  return true;
}

static NodalProperty *find_property(const NodalSlide *slide, const char *name) {
  for (size_t i = 0; i < slide->property_count; i++) {
    if (strcmp(slide->properties[i].name, name) == 0) {
      return &slide->properties[i];
    }
  }
  return NULL;
}

bool nodal_slide_set_property(NodalSlide *slide, const char *name, const char *value, NodalError **error) {
  char *new_value = nodal_strdup(value, error);
  if (!new_value) {
    return false;
  }
  NodalProperty *property = find_property(slide, name);
  if (property) {
    free(property->value);
    property->value = new_value;
    return true;
  }
  char *new_name = nodal_strdup(name, error);
  if (!new_name || !nodal_grow_array(&slide->properties, &slide->property_capacity, slide->property_count + 1,
                                     sizeof *slide->properties, error)) {
    free(new_name);
    free(new_value);
    return false;
  }
  slide->properties[slide->property_count++] = (NodalProperty){new_name, new_value};
  return true;
}

bool nodal_slide_set_property_printf(NodalSlide *slide, NodalError **error, const char *name, const char *format, ...) {
  char *value = NULL;
  va_list arguments;
  va_start(arguments, format);
  int length = vasprintf(&value, format, arguments);
  va_end(arguments);
  if (length < 0) {
    return nodal_fail_memory(error);
  }
  bool set = nodal_slide_set_property(slide, name, value, error);
  free(value);
  return set;
}

bool nodal_slide_set_property_double(NodalSlide *slide, const char *name, double value, NodalError **error) {
  char text[NODAL_NUMBER_SIZE];
  nodal_format_double(text, value);
  return nodal_slide_set_property(slide, name, text, error);
}

bool nodal_slide_add_associated(NodalSlide *slide, const char *name, int64_t width, int64_t height,
                                NodalError **error) {
  char *copy = nodal_strdup(name, error);
  if (!copy || !nodal_grow_array(&slide->associated, &slide->associated_capacity, slide->associated_count + 1,
                                 sizeof *slide->associated, error)) {
    free(copy);
    return false;
  }
  slide->associated[slide->associated_count++] = (NodalAssociated){copy, width, height};
  return true;
}

bool nodal_slide_set_icc_profile(NodalSlide *slide, const void *data, size_t size, NodalError **error) {
  uint8_t *copy = nodal_alloc(size, error);
  if (!copy) {
    return false;
  }
  memcpy(copy, data, size);
  free(slide->icc_profile);
  slide->icc_profile = copy;
  slide->icc_profile_size = size;
  return true;
}

/* --- opening --- */

static bool check_level(const NodalSlide *slide, int index, NodalError **error) {
  const NodalLevel *level = &slide->levels[index];
  if (level->width < 1 || level->height < 1 || level->width > INT32_MAX || level->height > INT32_MAX ||
      level->tile_width < 1 || level->tile_height < 1 || !(level->downsample >= 1)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "level %d has no sensible size: %lld x %lld", index,
                      (long long)level->width, (long long)level->height);
  }
  if (index > 0 && (level->downsample <= slide->levels[index - 1].downsample || level->downsample > 4e9)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "level %d is not smaller than level %d", index, index - 1);
  }
  return true;
}

/* A driver that breaks its contract is our fault, but must not become the user's crash. */
static bool check_driver(const NodalSlide *slide, NodalError **error) {
  if (slide->level_count < 1 || slide->channels < 1 || slide->channels > NODAL_TIFF_MAX_SAMPLES) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "no image that could be a level");
  }
  if (slide->levels[0].downsample != 1) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "level 0 is not the largest");
  }
  for (int i = 0; i < slide->level_count; i++) {
    if (!check_level(slide, i, error)) {
      return false;
    }
  }
  return true;
}

static bool set_spacing(NodalSlide *slide, double override, NodalError **error) {
  if (override > 0) {
    slide->spacing_x = slide->spacing_y = override;
  }
  /* Programs that know no spacing write 72 or 96 dpi, or 1 pixel a millimeter: no microscope does. */
  if (!(slide->spacing_x > 0 && slide->spacing_y > 0 && slide->spacing_x <= 100 && slide->spacing_y <= 100) &&
      override <= 0) {
    slide->spacing_x = slide->spacing_y = 0;
    return true;
  }
  return nodal_slide_set_property_double(slide, "openslide.mpp-x", slide->spacing_x, error) &&
         nodal_slide_set_property_double(slide, "openslide.mpp-y", slide->spacing_y, error);
}

static bool set_level_properties(NodalSlide *slide, NodalError **error) {
  bool ok = nodal_slide_set_property_printf(slide, error, "openslide.level-count", "%d", slide->level_count);
  for (int i = 0; ok && i < slide->level_count; i++) {
    const NodalLevel *level = &slide->levels[i];
    const struct {
      const char *name;
      double value;
    } items[] = {
        {"width", (double)level->width},
        {"height", (double)level->height},
        {"downsample", level->downsample},
        {"tile-width", (double)level->tile_width},
        {"tile-height", (double)level->tile_height},
    };
    for (size_t k = 0; ok && k < sizeof items / sizeof *items; k++) {
      char name[64];
      snprintf(name, sizeof name, "openslide.level[%d].%s", i, items[k].name);
      ok = nodal_slide_set_property_double(slide, name, items[k].value, error);
    }
  }
  for (size_t i = 0; ok && i < slide->associated_count; i++) {
    const NodalAssociated *associated = &slide->associated[i];
    char name[128];
    snprintf(name, sizeof name, "openslide.associated.%.60s.width", associated->name);
    ok = nodal_slide_set_property_printf(slide, error, name, "%lld", (long long)associated->width);
    snprintf(name, sizeof name, "openslide.associated.%.60s.height", associated->name);
    ok = ok && nodal_slide_set_property_printf(slide, error, name, "%lld", (long long)associated->height);
  }
  return ok;
}

static bool finish_open(NodalSlide *slide, const NodalSlideOptions *options, NodalError **error) {
  if (!check_driver(slide, error) || !set_spacing(slide, options ? options->spacing_um : 0, error)) {
    return false;
  }
  if (!find_property(slide, "openslide.vendor") &&
      !nodal_slide_set_property(slide, "openslide.vendor", nodal_slide_format(slide), error)) {
    return false;
  }
  if (!set_level_properties(slide, error)) {
    return false;
  }
  slide->cache =
      options && options->cache ? nodal_cache_ref(options->cache) : nodal_cache_new(NODAL_CACHE_DEFAULT_BYTES, error);
  if (!slide->cache) {
    return false;
  }
  slide->cache_id = nodal_cache_next_id(slide->cache);
  return true;
}

/* Fills `probe`; a TIFF that cannot be parsed leaves its error in `tiff_error`, for when nobody else wants the file. */
static bool look_at(NodalProbe *probe, NodalSource *source, uint8_t *head, size_t capacity, NodalError **tiff_error,
                    NodalError **error) {
  size_t got;
  if (!nodal_source_read_some(source, head, capacity, 0, &got, error)) {
    return false;
  }
  if (got == 0) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "%s: is empty", nodal_source_name(source));
  }
  *probe = (NodalProbe){.source = source, .head = head, .head_size = got};
  if (nodal_tiff_is_tiff(head, got)) {
    probe->tiff = nodal_tiff_open(source, tiff_error);
  }
  return true;
}

static void fail_unknown(const NodalProbe *probe, NodalError **tiff_error, NodalError **error) {
  const char *name = nodal_source_name(probe->source);
  if (*tiff_error) {
    nodal_error_pass(error, *tiff_error);
    *tiff_error = NULL;
  } else if (probe->head_size >= 132 && memcmp(probe->head + 128, "DICM", 4) == 0) {
    nodal_fail(error, NODAL_ERROR_UNSUPPORTED,
               "%s: is DICOM, which this build cannot read (it takes OpenSlide 4 with DICOM)", name);
  } else {
    nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "%s: is not a slide format that this build reads", name);
  }
}

static const NodalDriver *find_driver(const NodalProbe *probe) {
  const NodalDriver *driver;
  for (int i = 0; (driver = nodal_registry_driver(i)); i++) {
    if (driver->probe(probe)) {
      return driver;
    }
  }
  return NULL;
}

static bool open_with_driver(NodalSlide *slide, NodalProbe *probe, const NodalSlideOptions *options,
                             NodalError **error) {
  NodalError *cause = NULL;
  if (slide->driver->open(slide, probe, &cause) && finish_open(slide, options, &cause)) {
    return true;
  }
  if (!cause) {
    nodal_fail(&cause, NODAL_ERROR_UNSUPPORTED, "the %s reader failed without saying why", slide->driver->name);
  }
  /* Errors of the layers below name the file already. */
  const char *name = nodal_source_name(slide->source);
  if (strncmp(nodal_error_message(cause), name, strlen(name)) != 0) {
    nodal_error_prefix(&cause, "%s", name);
  }
  return nodal_error_pass(error, cause);
}

NodalSlide *nodal_slide_open_source(NodalSource *source, const NodalSlideOptions *options, NodalError **error) {
  uint8_t head[256];
  NodalProbe probe = {0};
  NodalError *tiff_error = NULL;
  NodalSlide *slide = nodal_alloc_array(1, sizeof *slide, error);
  if (!slide || !look_at(&probe, source, head, sizeof head, &tiff_error, error)) {
    free(slide);
    return NULL;
  }
  slide->source = nodal_source_ref(source);
  slide->driver = find_driver(&probe);
  bool opened = false;
  if (!slide->driver) {
    fail_unknown(&probe, &tiff_error, error);
  } else {
    opened = open_with_driver(slide, &probe, options, error);
  }
  nodal_error_free(tiff_error);
  nodal_tiff_free(probe.tiff);
  if (!opened) {
    nodal_slide_free(slide);
    return NULL;
  }
  return slide;
}

NodalSlide *nodal_slide_open(const char *path, const NodalSlideOptions *options, NodalError **error) {
  NodalSource *source = nodal_source_open(path, error);
  if (!source) {
    return NULL;
  }
  NodalSlide *slide = nodal_slide_open_source(source, options, error);
  nodal_source_unref(source);
  return slide;
}

void nodal_slide_free(NodalSlide *slide) {
  if (!slide) {
    return;
  }
  if (slide->driver && slide->driver->close) {
    slide->driver->close(slide);
  }
  if (slide->cache) {
    nodal_cache_forget(slide->cache, slide->cache_id);
    nodal_cache_unref(slide->cache);
  }
  for (size_t i = 0; i < slide->property_count; i++) {
    free(slide->properties[i].name);
    free(slide->properties[i].value);
  }
  for (size_t i = 0; i < slide->associated_count; i++) {
    free(slide->associated[i].name);
  }
  free(slide->properties);
  free(slide->associated);
  free(slide->levels);
  free(slide->icc_profile);
  free(slide->format);
  nodal_source_unref(slide->source);
  free(slide);
}

/* --- getters --- */

const char *nodal_slide_path(const NodalSlide *slide) {
  return nodal_source_name(slide->source);
}

const char *nodal_slide_format(const NodalSlide *slide) {
  return slide->format ? slide->format : slide->driver->name;
}

int nodal_slide_channels(const NodalSlide *slide) {
  return slide->channels;
}

NodalDtype nodal_slide_dtype(const NodalSlide *slide) {
  return slide->dtype;
}

NodalColor nodal_slide_color(const NodalSlide *slide) {
  return slide->color;
}

bool nodal_slide_spacing(const NodalSlide *slide, double *x_um, double *y_um) {
  if (slide->spacing_x <= 0) {
    return false;
  }
  *x_um = slide->spacing_x;
  *y_um = slide->spacing_y;
  return true;
}

bool nodal_slide_value_range(const NodalSlide *slide, double *minimum, double *maximum) {
  if (!slide->has_value_range) {
    return false;
  }
  *minimum = slide->minimum;
  *maximum = slide->maximum;
  return true;
}

int nodal_slide_level_count(const NodalSlide *slide) {
  return slide->level_count;
}

bool nodal_slide_level(const NodalSlide *slide, int index, NodalLevel *level) {
  if (index < 0 || index >= slide->level_count) {
    return false;
  }
  *level = slide->levels[index];
  return true;
}

int nodal_slide_best_level(const NodalSlide *slide, double downsample) {
  int best = 0;
  for (int i = 1; i < slide->level_count; i++) {
    if (slide->levels[i].downsample <= downsample * 1.001) {
      best = i;
    }
  }
  return best;
}

const char *nodal_slide_property_name(const NodalSlide *slide, int index) {
  return index >= 0 && (size_t)index < slide->property_count ? slide->properties[index].name : NULL;
}

const char *nodal_slide_property(const NodalSlide *slide, const char *name) {
  const NodalProperty *property = find_property(slide, name);
  return property ? property->value : NULL;
}

const void *nodal_slide_icc_profile(const NodalSlide *slide, size_t *size) {
  if (size) {
    *size = slide->icc_profile_size;
  }
  return slide->icc_profile;
}

const char *nodal_slide_associated_name(const NodalSlide *slide, int index, int64_t *width, int64_t *height) {
  if (index < 0 || (size_t)index >= slide->associated_count) {
    return NULL;
  }
  const NodalAssociated *associated = &slide->associated[index];
  if (width) {
    *width = associated->width;
  }
  if (height) {
    *height = associated->height;
  }
  return associated->name;
}

void nodal_slide_background(const NodalSlide *slide, uint8_t rgb[3]) {
  bool colored = slide->color == NODAL_COLOR_RGB || slide->color == NODAL_COLOR_RGBA;
  for (int i = 0; i < 3; i++) {
    rgb[i] = !colored ? 0 : slide->has_background ? slide->background[i] : 255;
  }
}

size_t nodal_slide_native_size(const NodalSlide *slide) {
  return (size_t)slide->channels * nodal_dtype_size(slide->dtype);
}

size_t nodal_slide_pixel_size(const NodalSlide *slide, NodalPixelFormat format) {
  if (format == NODAL_PIXELS_NATIVE) {
    return nodal_slide_native_size(slide);
  }
  if (slide->dtype != NODAL_UINT8 || slide->color == NODAL_COLOR_CHANNELS) {
    return 0;
  }
  return format == NODAL_PIXELS_RGB ? 3 : 4;
}
