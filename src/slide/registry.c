/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/registry.h"

extern const NodalDriver nodal_driver_aperio, nodal_driver_philips, nodal_driver_ome_tiff, nodal_driver_openslide,
    nodal_driver_image, nodal_driver_generic_tiff;

/*
 * The most general last: what OpenSlide knows as a vendor's TIFF must not be taken for a plain one, nor a MIRAX index
 * file, which is a JPEG, for a picture.
 */
static const NodalDriver *const drivers[] = {
    &nodal_driver_aperio,    &nodal_driver_philips, &nodal_driver_ome_tiff,
    &nodal_driver_openslide, &nodal_driver_image,   &nodal_driver_generic_tiff,
};

const NodalDriver *nodal_registry_driver(int index) {
  return index >= 0 && (size_t)index < sizeof drivers / sizeof *drivers ? drivers[index] : NULL;
}

const char *nodal_format_name(int index, const char **description) {
  const NodalDriver *driver = nodal_registry_driver(index);
  if (!driver) {
    return NULL;
  }
  if (description) {
    *description = driver->description;
  }
  return driver->name;
}

const char *nodal_slide_library(int index, const char **version) {
  const struct {
    const char *name, *version;
  } libraries[] = {{"openslide", nodal_slide_openslide_version()}, {"libxml2", nodal_slide_xml_version()}};
  if (index < 0 || (size_t)index >= sizeof libraries / sizeof *libraries) {
    return NULL;
  }
  *version = libraries[index].version;
  return libraries[index].name;
}
