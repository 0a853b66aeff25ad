/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/format.h"

#include "base/memory.h"

#include <string.h>
#include <strings.h>

extern const NodalAnnotationDriver nodal_annotation_asap, nodal_annotation_geojson, nodal_annotation_imagescope,
    nodal_annotation_ndpa, nodal_annotation_csv;

/* ImageScope and ASAP can have the same root: ASAP first, whose mark (PartOfGroup) is the surer one. */
const NodalAnnotationDriver *const nodal_annotation_drivers[] = {&nodal_annotation_asap, &nodal_annotation_imagescope,
                                                                 &nodal_annotation_ndpa, &nodal_annotation_geojson,
                                                                 &nodal_annotation_csv,  NULL};

enum { HEAD_SIZE = 65536 };

const char *nodal_annotation_head_start(const char *head, size_t size) {
  const char *start = size >= 3 && memcmp(head, "\xEF\xBB\xBF", 3) == 0 ? head + 3 : head;
  return start + strspn(start, " \t\r\n");
}

static const NodalAnnotationDriver *driver_of(NodalAnnotationFormat format) {
  for (int i = 0; nodal_annotation_drivers[i]; i++) {
    if (nodal_annotation_drivers[i]->format == format) {
      return nodal_annotation_drivers[i];
    }
  }
  return NULL;
}

const char *nodal_annotation_format_name(NodalAnnotationFormat format) {
  const NodalAnnotationDriver *driver = driver_of(format);
  return driver ? driver->name : "auto";
}

static const NodalAnnotationDriver *detect(NodalSource *source, NodalError **error) {
  size_t size;
  char *head = nodal_alloc(HEAD_SIZE + 1, error);
  if (!head || !nodal_source_read_some(source, head, HEAD_SIZE, 0, &size, error)) {
    free(head);
    return NULL;
  }
  head[size] = '\0';
  const NodalAnnotationDriver *found = NULL;
  for (int i = 0; nodal_annotation_drivers[i] && !found; i++) {
    found = nodal_annotation_drivers[i]->probe(head, size) ? nodal_annotation_drivers[i] : NULL;
  }
  if (!found) {
    nodal_fail(error, NODAL_ERROR_UNSUPPORTED,
               "%s: is no annotation file: neither ASAP, ImageScope or NDPA XML, nor GeoJSON, nor a CSV of points",
               nodal_source_name(source));
  }
  free(head);
  return found;
}

NodalAnnotationSet *nodal_annotation_set_read_source(NodalSource *source, NodalAnnotationFormat format,
                                                     const NodalAnnotationFrame *frame, NodalError **error) {
  const NodalAnnotationDriver *driver = NULL;
  if (format == NODAL_ANNOTATION_AUTO) {
    driver = detect(source, error);
  } else if (!(driver = driver_of(format))) {
    nodal_fail(error, NODAL_ERROR_ARGUMENT, "annotation format %d does not exist", (int)format);
  }
  if (!driver) {
    return NULL;
  }
  if (driver->needs_frame && !frame) {
    nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %s counts from the middle of the glass: it needs its slide",
               nodal_source_name(source), driver->name);
    return NULL;
  }
  NodalAnnotationSet *set = nodal_annotation_set_new(error);
  if (set && !driver->read(set, source, frame, error)) {
    nodal_annotation_set_free(set);
    return NULL;
  }
  if (set) {
    nodal_annotation_set_set_format(set, driver->format);
  }
  return set;
}

NodalAnnotationSet *nodal_annotation_set_read(const char *path, NodalAnnotationFormat format,
                                              const NodalAnnotationFrame *frame, NodalError **error) {
  NodalSource *source = nodal_source_open(path, error);
  if (!source) {
    return NULL;
  }
  NodalAnnotationSet *set = nodal_annotation_set_read_source(source, format, frame, error);
  nodal_source_unref(source);
  return set;
}

/* Whether `path` ends in one of ".a .b". */
static bool ends_in(const char *path, const char *extensions) {
  size_t length = strlen(path);
  while (*extensions) {
    size_t size = strcspn(extensions, " ");
    if (length > size && strncasecmp(path + length - size, extensions, size) == 0) {
      return true;
    }
    extensions += size + (extensions[size] == ' ');
  }
  return false;
}

static const NodalAnnotationDriver *driver_for(const char *path, NodalAnnotationFormat format, NodalError **error) {
  if (format != NODAL_ANNOTATION_AUTO) {
    const NodalAnnotationDriver *driver = driver_of(format);
    if (!driver) {
      nodal_fail(error, NODAL_ERROR_ARGUMENT, "annotation format %d does not exist", (int)format);
    }
    return driver;
  }
  for (int i = 0; nodal_annotation_drivers[i]; i++) {
    if (ends_in(path, nodal_annotation_drivers[i]->extensions)) {
      return nodal_annotation_drivers[i];
    }
  }
  nodal_fail(error, NODAL_ERROR_ARGUMENT,
             "%s: which format? Annotations are written to .xml, .geojson, .json, .ndpa or .csv", path);
  return NULL;
}

bool nodal_annotation_set_write(NodalAnnotationSet *set, const char *path, NodalAnnotationFormat format,
                                const NodalAnnotationFrame *frame, bool force, NodalError **error) {
  const NodalAnnotationDriver *driver = driver_for(path, format, error);
  if (!driver) {
    return false;
  }
  if (driver->needs_frame && !frame) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %s counts from the middle of the glass: it needs its slide",
                      path, driver->name);
  }
  NodalPrinter *printer = nodal_alloc(sizeof *printer, error);
  NodalOutput *output = printer ? nodal_output_open(path, force, error) : NULL;
  bool done = false;
  if (output) {
    nodal_printer_init(printer, output);
    bool written = driver->write(set, printer, frame, error);
    done = nodal_printer_finish(printer, written ? error : NULL) && written && nodal_output_commit(output, error);
  }
  nodal_output_free(output);
  free(printer);
  return done;
}
