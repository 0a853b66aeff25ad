/* SPDX-License-Identifier: Apache-2.0 */
/* Aperio SVS: a TIFF whose descriptions begin with "Aperio" and hold "key = value" pairs between bars. */
#include "base/memory.h"
#include "base/number.h"
#include "slide/tiff_slide.h"

#include <stdio.h>
#include <string.h>

static bool probe_aperio(const NodalProbe *probe) {
  if (!probe->tiff) {
    return false;
  }
  const NodalTiffDirectory *directory = nodal_tiff_directory(probe->tiff, 0);
  return directory->tiled && directory->description && strncmp(directory->description, "Aperio", 6) == 0;
}

static char *trim(char *text) {
  text += strspn(text, " \t\r\n");
  size_t length = strlen(text);
  while (length > 0 && strchr(" \t\r\n", text[length - 1])) {
    text[--length] = '\0';
  }
  return text;
}

/* "Aperio Image Library v11|AppMag = 20|MPP = 0.4990": what stands before the first bar is no property. */
static bool set_aperio_properties(NodalSlide *slide, const char *description, NodalError **error) {
  char *copy = nodal_strdup(description, error);
  if (!copy) {
    return false;
  }
  bool ok = true;
  char *rest = copy;
  strsep(&rest, "|");
  for (char *item; ok && (item = strsep(&rest, "|"));) {
    char *value = strchr(item, '=');
    if (!value) {
      continue;
    }
    *value++ = '\0';
    char name[128];
    snprintf(name, sizeof name, "aperio.%.100s", trim(item));
    ok = nodal_slide_set_property(slide, name, trim(value), error);
  }
  free(copy);
  return ok;
}

static bool set_derived_properties(NodalSlide *slide, NodalError **error) {
  const char *spacing = nodal_slide_property(slide, "aperio.MPP");
  double value;
  if (spacing && nodal_parse_double(spacing, &value) && value > 0) {
    slide->spacing_x = slide->spacing_y = value;
  }
  const char *power = nodal_slide_property(slide, "aperio.AppMag");
  return !power || !nodal_parse_double(power, &value) ||
         nodal_slide_set_property_double(slide, "openslide.objective-power", value, error);
}

/* The second line of the description begins with the name: "label 387x463"; else the subfile type tells. */
static const char *picture_name(const NodalTiffDirectory *directory, int index, char *buffer, size_t size) {
  if (index == 1) {
    return "thumbnail";
  }
  const char *line = directory->description ? strchr(directory->description, '\n') : NULL;
  if (line) {
    size_t length = strcspn(line + 1, " \r\n");
    if (length > 0 && length < size) {
      memcpy(buffer, line + 1, length);
      buffer[length] = '\0';
      return buffer;
    }
  }
  return directory->subfile_type == 9 ? "macro" : directory->subfile_type == 1 ? "label" : NULL;
}

static bool add_directory(NodalSlide *slide, const NodalTiff *tiff, int index, NodalError **error) {
  const NodalTiffDirectory *directory = nodal_tiff_directory(tiff, index);
  if (directory->tiled) {
    return nodal_tiff_slide_add_level(slide, &index, 1, 0, 0, 0, error);
  }
  char buffer[64];
  const char *name = picture_name(directory, index, buffer, sizeof buffer);
  return !name || nodal_tiff_slide_add_picture(slide, name, index, error);
}

static bool open_aperio(NodalSlide *slide, NodalProbe *probe, NodalError **error) {
  NodalTiffSlide *data = nodal_tiff_slide_new(slide, probe, error);
  int base = 0;
  if (!data || !nodal_tiff_slide_set_pixels(slide, &base, 1, error)) {
    return false;
  }
  for (int i = 0; i < nodal_tiff_directory_count(data->tiff); i++) {
    if (!add_directory(slide, data->tiff, i, error)) {
      return false;
    }
  }
  /* As OpenSlide has it: Aperio's software writes wrong tiles below those that it leaves out. */
  return nodal_tiff_slide_make_missing(slide, error) && nodal_tiff_slide_set_properties(slide, 0, error) &&
         set_aperio_properties(slide, nodal_tiff_directory(data->tiff, 0)->description, error) &&
         set_derived_properties(slide, error);
}

extern const NodalDriver nodal_driver_aperio;
const NodalDriver nodal_driver_aperio = {
    .name = "aperio",
    .description = "Aperio SVS (JPEG and JPEG 2000)",
    .probe = probe_aperio,
    .open = open_aperio,
    NODAL_TIFF_SLIDE_OPERATIONS,
};
