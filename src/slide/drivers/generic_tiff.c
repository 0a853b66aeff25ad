/* SPDX-License-Identifier: Apache-2.0 */
/* Tiled TIFF and BigTIFF as ASAP, libvips and nodal write it; any plain TIFF picture as a slide of one level. */
#include "base/memory.h"
#include "slide/description.h"
#include "slide/tiff_slide.h"

#include <string.h>
#include <strings.h>

static bool probe_generic(const NodalProbe *probe) {
  return probe->tiff != NULL;
}

/* The tiled directory that level 0 is made of: the largest one; directory 0 where nothing is tiled. */
static int find_base(const NodalTiff *tiff) {
  int base = -1;
  for (int i = 0; i < nodal_tiff_directory_count(tiff); i++) {
    const NodalTiffDirectory *directory = nodal_tiff_directory(tiff, i);
    if (directory->tiled && !(directory->subfile_type & 4) &&
        (base < 0 || directory->width > nodal_tiff_directory(tiff, base)->width)) {
      base = i;
    }
  }
  return base < 0 ? 0 : base;
}

/* The widest directory that is smaller than `last` and belongs to the picture in `base`; -1 if there is none. */
static int next_reduced(const NodalTiff *tiff, int base, int last) {
  const NodalTiffDirectory *above = nodal_tiff_directory(tiff, last);
  int best = -1;
  for (int i = 0; i < nodal_tiff_directory_count(tiff); i++) {
    const NodalTiffDirectory *directory = nodal_tiff_directory(tiff, i);
    bool smaller = directory->width <= above->width && directory->height <= above->height &&
                   (directory->width < above->width || directory->height < above->height);
    if (smaller && nodal_tiff_slide_is_reduced(tiff, base, i) &&
        (best < 0 || directory->width > nodal_tiff_directory(tiff, best)->width)) {
      best = i;
    }
  }
  return best;
}

static bool restore_property(void *user, const char *name, const char *value, NodalError **error) {
  return nodal_slide_set_property(user, name, value, error);
}

/* Untiled directories whose whole description is a name: the associated images of a file that nodal wrote. */
static bool add_pictures(NodalSlide *slide, const NodalTiff *tiff, NodalError **error) {
  for (int i = 0; i < nodal_tiff_directory_count(tiff); i++) {
    const NodalTiffDirectory *directory = nodal_tiff_directory(tiff, i);
    if (!directory->tiled && directory->description && directory->description[0] &&
        strlen(directory->description) < 64 && !strpbrk(directory->description, "\n=") &&
        !nodal_tiff_slide_add_picture(slide, directory->description, i, error)) {
      return false;
    }
  }
  return true;
}

/* Properties: those that nodal carried over from the slide it converted, or the tags themselves. */
static bool set_properties(NodalSlide *slide, const NodalTiff *tiff, int base, NodalError **error) {
  const char *description = nodal_tiff_directory(tiff, base)->description;
  bool label = false;
  if (!description || !nodal_description_recognize(description, &label)) {
    return nodal_tiff_slide_set_properties(slide, base, error);
  }
  if (!nodal_description_parse(description, restore_property, slide, error)) {
    return false;
  }
  if (label && slide->channels == 1 && slide->dtype != NODAL_FLOAT32) {
    slide->color = NODAL_COLOR_LABEL;
  }
  return true;
}

static bool open_generic(NodalSlide *slide, NodalProbe *probe, NodalError **error) {
  NodalTiffSlide *data = nodal_tiff_slide_new(slide, probe, error);
  if (!data) {
    return false;
  }
  int base = find_base(data->tiff);
  if (!nodal_tiff_slide_set_pixels(slide, &base, 1, error) ||
      !nodal_tiff_slide_add_level(slide, &base, 1, 0, 0, 0, error)) {
    return false;
  }
  for (int level = next_reduced(data->tiff, base, base); level >= 0; level = next_reduced(data->tiff, base, level)) {
    if (!nodal_tiff_slide_add_level(slide, &level, 1, 0, 0, 0, error)) {
      return false;
    }
  }
  nodal_tiff_slide_set_spacing(slide, base);
  return set_properties(slide, data->tiff, base, error) &&
         (!nodal_description_is_own(nodal_tiff_directory(data->tiff, base)) || add_pictures(slide, data->tiff, error));
}

extern const NodalDriver nodal_driver_generic_tiff;
const NodalDriver nodal_driver_generic_tiff = {
    .name = "generic-tiff",
    .description = "tiled TIFF and BigTIFF pyramids (ASAP, libvips, nodal), plain TIFF pictures",
    .probe = probe_generic,
    .open = open_generic,
    NODAL_TIFF_SLIDE_OPERATIONS,
};
