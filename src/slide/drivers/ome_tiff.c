/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OME-TIFF: an OME-XML description says which directory holds which plane; smaller levels are sub-directories (tag 330)
 * of the plane's own directory. The first image, its plane Z = 0, T = 0, is the slide; its channels are the channels.
 */
#include "base/memory.h"
#include "slide/tiff_slide.h"
#include "slide/xml.h"

#include <stdio.h>
#include <string.h>

static bool probe_ome(const NodalProbe *probe) {
  if (!probe->tiff) {
    return false;
  }
  const char *description = nodal_tiff_directory(probe->tiff, 0)->description;
  return description && description[strspn(description, " \t\r\n\xEF\xBB\xBF")] == '<' && strstr(description, "<OME") &&
         strstr(description, "openmicroscopy.org");
}

/* Index of directory number `ifd` of the main chain, where sub-directories do not count; -1 if there is none. */
static int main_directory(const NodalTiff *tiff, int64_t ifd) {
  for (int i = 0; i < nodal_tiff_directory_count(tiff); i++) {
    if (nodal_tiff_directory(tiff, i)->parent < 0 && ifd-- == 0) {
      return i;
    }
  }
  return -1;
}

/* Sub-directory number `number` of a directory; -1 if there is none. */
static int sub_directory(const NodalTiff *tiff, int parent, int number) {
  for (int i = 0; i < nodal_tiff_directory_count(tiff); i++) {
    if (nodal_tiff_directory(tiff, i)->parent == parent && number-- == 0) {
      return i;
    }
  }
  return -1;
}

typedef struct Planes {
  int channels; /* of the image */
  int samples;  /* in one directory */
  int count;    /* directories: channels / samples */
  int directories[NODAL_TIFF_MAX_SAMPLES];
} Planes;

static int64_t attribute_integer(xmlNode *node, const char *name, int64_t fallback) {
  double value;
  return nodal_xml_number(node, name, &value) && value >= 0 && value < 1e9 ? (int64_t)value : fallback;
}

/* How far apart two channels lie in the order of planes, for files that say no more than the order. */
static int64_t channel_step(xmlNode *pixels) {
  char *order = nodal_xml_attribute(pixels, "DimensionOrder");
  int64_t step = 1;
  for (const char *axis = order ? order : "XYCZT"; *axis && *axis != 'C'; axis++) {
    if (*axis == 'Z') {
      step *= attribute_integer(pixels, "SizeZ", 1);
    } else if (*axis == 'T') {
      step *= attribute_integer(pixels, "SizeT", 1);
    }
  }
  xmlFree(order);
  return step < 1 || step > 1000000 ? 1 : step;
}

static void map_planes(const NodalTiff *tiff, xmlNode *pixels, Planes *planes) {
  for (int i = 0; i < planes->count; i++) {
    planes->directories[i] = -1;
  }
  int64_t step = channel_step(pixels);
  bool any = false;
  for (xmlNode *node = nodal_xml_child(pixels, "TiffData"); node; node = nodal_xml_next(node, "TiffData")) {
    any = true;
    int64_t ifd = attribute_integer(node, "IFD", 0);
    int64_t channel = attribute_integer(node, "FirstC", 0) / planes->samples;
    bool first_plane = attribute_integer(node, "FirstZ", 0) == 0 && attribute_integer(node, "FirstT", 0) == 0;
    bool single = attribute_integer(node, "PlaneCount", -1) == 1;
    if (!first_plane || channel >= planes->count) {
      continue;
    }
    for (int64_t k = 0; channel + k < planes->count && (k == 0 || !single); k++) {
      planes->directories[channel + k] = main_directory(tiff, ifd + k * step);
    }
  }
  for (int i = 0; !any && i < planes->count; i++) {
    planes->directories[i] = main_directory(tiff, i * step);
  }
}

static bool find_planes(const NodalTiff *tiff, xmlNode *pixels, Planes *planes, NodalError **error) {
  int64_t channels = attribute_integer(pixels, "SizeC", 0);
  if (channels < 1 || channels > NODAL_TIFF_MAX_SAMPLES) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "OME-XML: SizeC is missing or absurd");
  }
  /* What stands beside each other in a directory is told by the directory, not by SamplesPerPixel: files disagree. */
  planes->channels = (int)channels;
  planes->samples = nodal_tiff_directory(tiff, 0)->samples;
  if (planes->channels % planes->samples != 0) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "OME-XML: %d channel%s, but %d sample%s a pixel", planes->channels,
                      nodal_plural((uint64_t)planes->channels), planes->samples,
                      nodal_plural((uint64_t)planes->samples));
  }
  planes->count = planes->channels / planes->samples;
  map_planes(tiff, pixels, planes);
  for (int i = 0; i < planes->count; i++) {
    if (planes->directories[i] < 0) {
      return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "OME-XML: channel %d is not in this file", i);
    }
  }
  return true;
}

static bool add_levels(NodalSlide *slide, const NodalTiff *tiff, const Planes *planes, NodalError **error) {
  if (!nodal_tiff_slide_set_pixels(slide, planes->directories, planes->count, error) ||
      !nodal_tiff_slide_add_level(slide, planes->directories, planes->count, 0, 0, 0, error)) {
    return false;
  }
  for (int number = 0;; number++) {
    int directories[NODAL_TIFF_MAX_SAMPLES];
    for (int i = 0; i < planes->count; i++) {
      directories[i] = sub_directory(tiff, planes->directories[i], number);
      if (directories[i] < 0) {
        return true;
      }
    }
    if (!nodal_tiff_slide_add_level(slide, directories, planes->count, 0, 0, 0, error)) {
      return false;
    }
  }
}

/* Micrometres in one unit of length of OME-XML; 0 for one that is no length. */
static double unit_um(const char *unit) {
  static const struct {
    const char *name;
    double um;
  } units[] = {{"\xC2\xB5m", 1}, {"\xCE\xBCm", 1}, {"um", 1}, {"nm", 0.001}, {"mm", 1000}, {"cm", 10000}, {"m", 1e6}};
  for (size_t i = 0; unit && i < sizeof units / sizeof *units; i++) {
    if (strcmp(unit, units[i].name) == 0) {
      return units[i].um;
    }
  }
  return unit ? 0 : 1;
}

static double physical_size(xmlNode *pixels, const char *name, const char *unit_name) {
  double value;
  char *unit = nodal_xml_attribute(pixels, unit_name);
  double um = unit_um(unit);
  xmlFree(unit);
  return nodal_xml_number(pixels, name, &value) && value > 0 ? value * um : 0;
}

static bool set_properties(NodalSlide *slide, xmlNode *image, xmlNode *pixels, NodalError **error) {
  slide->spacing_x = physical_size(pixels, "PhysicalSizeX", "PhysicalSizeXUnit");
  slide->spacing_y = physical_size(pixels, "PhysicalSizeY", "PhysicalSizeYUnit");
  char *name = nodal_xml_attribute(image, "Name");
  bool ok = !name || nodal_slide_set_property(slide, "ome.Image.Name", name, error);
  xmlFree(name);
  int index = 0;
  for (xmlNode *channel = nodal_xml_child(pixels, "Channel"); ok && channel;
       channel = nodal_xml_next(channel, "Channel"), index++) {
    char *channel_name = nodal_xml_attribute(channel, "Name");
    char property[64];
    snprintf(property, sizeof property, "ome.Channel[%d].Name", index);
    ok = !channel_name || nodal_slide_set_property(slide, property, channel_name, error);
    xmlFree(channel_name);
  }
  return ok;
}

static bool fill(NodalSlide *slide, xmlNode *root, NodalError **error) {
  const NodalTiffSlide *data = slide->driver_data;
  Planes *planes = nodal_alloc(sizeof *planes, error);
  xmlNode *image = nodal_xml_child(root, "Image");
  xmlNode *pixels = nodal_xml_child(image, "Pixels");
  bool ok = planes != NULL;
  if (ok && !pixels) {
    ok = nodal_fail(error, NODAL_ERROR_FORMAT, "OME-XML describes no image");
  }
  ok = ok && find_planes(data->tiff, pixels, planes, error) && add_levels(slide, data->tiff, planes, error) &&
       set_properties(slide, image, pixels, error);
  free(planes);
  return ok;
}

static bool open_ome(NodalSlide *slide, NodalProbe *probe, NodalError **error) {
  NodalTiffSlide *data = nodal_tiff_slide_new(slide, probe, error);
  if (!data) {
    return false;
  }
  xmlDoc *document = nodal_xml_parse(nodal_tiff_directory(data->tiff, 0)->description, error);
  bool ok = document && fill(slide, xmlDocGetRootElement(document), error);
  xmlFreeDoc(document);
  return ok && nodal_tiff_slide_set_properties(slide, 0, error);
}

extern const NodalDriver nodal_driver_ome_tiff;
const NodalDriver nodal_driver_ome_tiff = {
    .name = "ome-tiff",
    .description = "OME-TIFF, levels in sub-directories, any number of channels",
    .probe = probe_ome,
    .open = open_ome,
    NODAL_TIFF_SLIDE_OPERATIONS,
};
