/* SPDX-License-Identifier: Apache-2.0 */
/* Philips TIFF: tiles as in any TIFF, but level sizes are padded, and the truth stands in an XML description. */
#include "base/memory.h"
#include "base/number.h"
#include "slide/tiff_slide.h"
#include "slide/xml.h"

#include <math.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>

enum { MAX_LEVELS = 64 };

static bool probe_philips(const NodalProbe *probe) {
  if (!probe->tiff) {
    return false;
  }
  const NodalTiffDirectory *directory = nodal_tiff_directory(probe->tiff, 0);
  return directory->tiled && directory->software && strncmp(directory->software, "Philips", 7) == 0 &&
         directory->description && strstr(directory->description, "DPUfsImport");
}

/* <Attribute Name="..."> directly below a <DataObject>. */
static xmlNode *find_attribute(const xmlNode *object, const char *name) {
  for (xmlNode *node = nodal_xml_child(object, "Attribute"); node; node = nodal_xml_next(node, "Attribute")) {
    char *found = nodal_xml_attribute(node, "Name");
    bool same = found && strcmp(found, name) == 0;
    xmlFree(found);
    if (same) {
      return node;
    }
  }
  return NULL;
}

static char *attribute_text(const xmlNode *object, const char *name) {
  xmlNode *node = find_attribute(object, name);
  return node ? (char *)xmlNodeGetContent(node) : NULL;
}

/* The objects of a sequence: <Attribute><Array><DataObject>... */
static xmlNode *first_object(const xmlNode *object, const char *sequence) {
  return nodal_xml_child(nodal_xml_child(find_attribute(object, sequence), "Array"), "DataObject");
}

static xmlNode *find_image(const xmlNode *root, const char *type) {
  xmlNode *object = first_object(root, "PIM_DP_SCANNED_IMAGES");
  for (; object; object = nodal_xml_next(object, "DataObject")) {
    char *found = attribute_text(object, "PIM_DP_IMAGE_TYPE");
    bool same = found && strcmp(found, type) == 0;
    xmlFree(found);
    if (same) {
      return object;
    }
  }
  return NULL;
}

/* "\"0.000227273\" \"0.000227273\"": millimeters, rows (y) before columns (x). */
static bool parse_spacing(const char *text, double *x_um, double *y_um) {
  char copy[128];
  if (!text || strlen(text) >= sizeof copy) {
    return false;
  }
  snprintf(copy, sizeof copy, "%s", text);
  char *rest = copy;
  double values[2];
  int count = 0;
  for (char *item; count < 2 && (item = strsep(&rest, "\" \t\r\n"));) {
    if (*item && !nodal_parse_double(item, &values[count++])) {
      return false;
    }
  }
  *y_um = values[0] * 1000;
  *x_um = values[1] * 1000;
  return count == 2 && values[0] > 0 && values[1] > 0;
}

static bool read_spacings(const xmlNode *image, double (*spacings)[2], int *count, NodalError **error) {
  *count = 0;
  xmlNode *object = first_object(image, "PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE");
  for (; object; object = nodal_xml_next(object, "DataObject")) {
    if (*count == MAX_LEVELS) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "more than %d levels in the XML", MAX_LEVELS);
    }
    char *text = attribute_text(object, "DICOM_PIXEL_SPACING");
    bool parsed = parse_spacing(text, &spacings[*count][0], &spacings[*count][1]);
    xmlFree(text);
    if (!parsed) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "level %d has no valid DICOM_PIXEL_SPACING", *count);
    }
    ++*count;
  }
  return *count > 0 || nodal_fail(error, NODAL_ERROR_FORMAT, "the XML describes no levels");
}

static bool add_level(NodalSlide *slide, int directory, const double *spacing, const double *base, NodalError **error) {
  if (slide->level_count == 0) {
    return nodal_tiff_slide_add_level(slide, &directory, 1, 0, 0, 1, error);
  }
  double factor = round((spacing[0] / base[0] + spacing[1] / base[1]) / 2);
  if (!(factor > slide->levels[slide->level_count - 1].downsample)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "level %d is not coarser than the one before", slide->level_count);
  }
  NodalTiffSlide *data = slide->driver_data;
  const NodalTiffDirectory *stored = nodal_tiff_directory(data->tiff, directory);
  int64_t width = (int64_t)((double)slide->levels[0].width / factor);
  int64_t height = (int64_t)((double)slide->levels[0].height / factor);
  if (width < 1 || height < 1 || width > stored->width || height > stored->height) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "level %d of %lld x %lld pixels is too small for its spacing",
                      slide->level_count, (long long)stored->width, (long long)stored->height);
  }
  return nodal_tiff_slide_add_level(slide, &directory, 1, width, height, factor, error);
}

static bool add_levels(NodalSlide *slide, const xmlNode *image, NodalError **error) {
  NodalTiffSlide *data = slide->driver_data;
  double spacings[MAX_LEVELS][2];
  int described, tiled = 0;
  if (!read_spacings(image, spacings, &described, error)) {
    return false;
  }
  for (int i = 0; i < nodal_tiff_directory_count(data->tiff); i++) {
    if (!nodal_tiff_directory(data->tiff, i)->tiled) {
      continue;
    }
    if (tiled < described && !add_level(slide, i, spacings[tiled], spacings[0], error)) {
      return false;
    }
    tiled++;
  }
  if (tiled != described) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "the XML describes %d level%s, the file has %d", described,
                      nodal_plural((uint64_t)described), tiled);
  }
  slide->spacing_x = spacings[0][0];
  slide->spacing_y = spacings[0][1];
  return true;
}

static bool add_encoded_picture(NodalSlide *slide, const char *name, const xmlNode *image, NodalError **error) {
  char *text = attribute_text(image, "PIM_DP_IMAGE_DATA");
  if (!text) {
    return true;
  }
  size_t capacity = strlen(text) / 4 * 3 + 4;
  uint8_t *file = nodal_alloc(capacity, error);
  int size = file ? b64_pton(text, file, capacity) : -1;
  bool ok = file && (size <= 0 || nodal_tiff_slide_add_picture_file(slide, name, file, (size_t)size, error));
  free(file);
  xmlFree(text);
  return ok;
}

static bool has_picture(const NodalSlide *slide, const char *name) {
  for (size_t i = 0; i < slide->associated_count; i++) {
    if (strcmp(slide->associated[i].name, name) == 0) {
      return true;
    }
  }
  return false;
}

static bool add_pictures(NodalSlide *slide, const xmlNode *root, NodalError **error) {
  NodalTiffSlide *data = slide->driver_data;
  static const struct {
    const char *name, *prefix, *type;
  } kinds[] = {{"label", "Label", "LABELIMAGE"}, {"macro", "Macro", "MACROIMAGE"}};
  bool ok = true;
  for (size_t k = 0; k < 2; k++) {
    for (int i = 0; ok && i < nodal_tiff_directory_count(data->tiff); i++) {
      const NodalTiffDirectory *directory = nodal_tiff_directory(data->tiff, i);
      if (!directory->tiled && directory->description && strncmp(directory->description, kinds[k].prefix, 5) == 0 &&
          !has_picture(slide, kinds[k].name)) {
        ok = nodal_tiff_slide_add_picture(slide, kinds[k].name, i, error);
      }
    }
    const xmlNode *image = find_image(root, kinds[k].type);
    if (ok && image && !has_picture(slide, kinds[k].name)) {
      ok = add_encoded_picture(slide, kinds[k].name, image, error);
    }
  }
  return ok;
}

/* Every short text attribute of an object as philips.NAME, as OpenSlide has it. */
static bool add_attributes(NodalSlide *slide, const xmlNode *object, NodalError **error) {
  bool ok = true;
  for (xmlNode *node = nodal_xml_child(object, "Attribute"); ok && node; node = nodal_xml_next(node, "Attribute")) {
    char *name = nodal_xml_attribute(node, "Name");
    if (name && !nodal_xml_child(node, NULL) && strcmp(name, "PIM_DP_IMAGE_DATA") != 0) {
      char *text = (char *)xmlNodeGetContent(node);
      char full[160];
      snprintf(full, sizeof full, "philips.%.140s", name);
      ok = !text || strlen(text) > 4096 || nodal_slide_set_property(slide, full, text, error);
      xmlFree(text);
    }
    xmlFree(name);
  }
  return ok;
}

static bool fill(NodalSlide *slide, xmlNode *root, NodalError **error) {
  char *type = nodal_xml_attribute(root, "ObjectType");
  bool known = strcmp((const char *)root->name, "DataObject") == 0 && type && strcmp(type, "DPUfsImport") == 0;
  xmlFree(type);
  const xmlNode *image = known ? find_image(root, "WSI") : NULL;
  if (!image) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "the XML describes no whole-slide image");
  }
  return add_levels(slide, image, error) && add_pictures(slide, root, error) && add_attributes(slide, root, error) &&
         add_attributes(slide, image, error);
}

static bool open_philips(NodalSlide *slide, NodalProbe *probe, NodalError **error) {
  NodalTiffSlide *data = nodal_tiff_slide_new(slide, probe, error);
  int base = 0;
  if (!data || !nodal_tiff_slide_set_pixels(slide, &base, 1, error)) {
    return false;
  }
  const NodalTiffDirectory *directory = nodal_tiff_directory(data->tiff, 0);
  xmlDoc *document = nodal_xml_parse(directory->description, error);
  bool ok = document && fill(slide, xmlDocGetRootElement(document), error);
  xmlFreeDoc(document);
  return ok && nodal_slide_set_property(slide, "tiff.Software", directory->software, error);
}

extern const NodalDriver nodal_driver_philips;
const NodalDriver nodal_driver_philips = {
    .name = "philips",
    .description = "Philips TIFF",
    .probe = probe_philips,
    .open = open_philips,
    NODAL_TIFF_SLIDE_OPERATIONS,
};
