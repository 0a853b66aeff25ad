/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/format.h"

#include "base/memory.h"

#include <string.h>
#include <strings.h>

extern const NodalAnnotationDriver nodal_annotation_asap, nodal_annotation_geojson, nodal_annotation_imagescope,
    nodal_annotation_ndpa, nodal_annotation_csv, nodal_annotation_darwin, nodal_annotation_cytomine,
    nodal_annotation_sectra;

/*
 * ImageScope and ASAP can have the same root: ASAP first, whose mark (PartOfGroup) is the surer one. GeoJSON takes all
 * JSON that no other wants.
 */
const NodalAnnotationDriver *const nodal_annotation_drivers[] = {
    &nodal_annotation_asap,    &nodal_annotation_imagescope, &nodal_annotation_ndpa,
    &nodal_annotation_darwin,  &nodal_annotation_cytomine,   &nodal_annotation_sectra,
    &nodal_annotation_geojson, &nodal_annotation_csv,        NULL};

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

bool nodal_annotation_format_is_written(NodalAnnotationFormat format) {
  const NodalAnnotationDriver *driver = driver_of(format);
  return driver && driver->write;
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
               "%s: is no annotation file: neither ASAP, ImageScope or NDPA XML, nor GeoJSON, Darwin, Cytomine or "
               "Sectra JSON, nor a CSV of points",
               nodal_source_name(source));
  }
  free(head);
  return found;
}

static bool fail_needs(const char *name, const NodalAnnotationDriver *driver, NodalError **error) {
  return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %s %s", name, driver->name, driver->needs);
}

/* `unplaced`: without a frame where one is needed, if the format can be read so. */
static NodalAnnotationSet *read_with(NodalSource *source, NodalAnnotationFormat format,
                                     const NodalAnnotationFrame *frame, bool unplaced, NodalError **error) {
  const NodalAnnotationDriver *driver = NULL;
  if (format == NODAL_ANNOTATION_AUTO) {
    driver = detect(source, error);
  } else if (!(driver = driver_of(format))) {
    nodal_fail(error, NODAL_ERROR_ARGUMENT, "annotation format %d does not exist", (int)format);
  }
  if (!driver) {
    return NULL;
  }
  NodalAnnotationPlaces places = driver->needs && !frame ? driver->without_frame : NODAL_PLACES_KNOWN;
  if (driver->needs && !frame && (!unplaced || places == NODAL_PLACES_KNOWN)) {
    fail_needs(nodal_source_name(source), driver, error);
    return NULL;
  }
  NodalAnnotationSet *set = nodal_annotation_set_new(error);
  bool good = set && driver->read(set, source, frame, error) &&
              (places == NODAL_PLACES_KNOWN ||
               nodal_annotation_warn(set, error, "%s %s; places are not known without", driver->name, driver->needs));
  if (!good) {
    nodal_annotation_set_free(set);
    return NULL;
  }
  nodal_annotation_set_set_format(set, driver->format);
  nodal_annotation_set_set_places(set, places);
  return set;
}

NodalAnnotationSet *nodal_annotation_set_read_source(NodalSource *source, NodalAnnotationFormat format,
                                                     const NodalAnnotationFrame *frame, NodalError **error) {
  return read_with(source, format, frame, false, error);
}

NodalAnnotationSet *nodal_annotation_set_read_unplaced(NodalSource *source, NodalAnnotationFormat format,
                                                       NodalError **error) {
  return read_with(source, format, NULL, true, error);
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
    } else if (!driver->write) {
      nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %s is read only, annotations are not written in it", path,
                 driver->name);
    }
    return driver && driver->write ? driver : NULL;
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

/* Whether the set can be written by the driver; `path` stands for it in messages. */
static bool check_writing(const NodalAnnotationSet *set, const char *path, const NodalAnnotationDriver *driver,
                          const NodalAnnotationFrame *frame, NodalError **error) {
  if (nodal_annotation_set_places(set) != NODAL_PLACES_KNOWN) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT,
                      "%s: annotations that were read without their slide have no places to be written", path);
  }
  if (driver->needs && !frame) {
    return fail_needs(path, driver, error);
  }
  return true;
}

/* Does not commit. `output` NULL: it could not be made, and the error is there. */
static bool print_set(NodalAnnotationSet *set, const NodalAnnotationDriver *driver, const NodalAnnotationFrame *frame,
                      NodalOutput *output, NodalError **error) {
  NodalPrinter *printer = output ? nodal_alloc(sizeof *printer, error) : NULL;
  if (!printer) {
    return false;
  }
  nodal_printer_init(printer, output);
  bool written = driver->write(set, printer, frame, error);
  written = nodal_printer_finish(printer, written ? error : NULL) && written;
  free(printer);
  return written;
}

bool nodal_annotation_set_write(NodalAnnotationSet *set, const char *path, NodalAnnotationFormat format,
                                const NodalAnnotationFrame *frame, bool force, NodalError **error) {
  const NodalAnnotationDriver *driver = driver_for(path, format, error);
  if (!driver || !check_writing(set, path, driver, frame, error)) {
    return false;
  }
  NodalOutput *output = nodal_output_open(path, force, error);
  bool done = print_set(set, driver, frame, output, error) && nodal_output_commit(output, error);
  nodal_output_free(output);
  return done;
}

bool nodal_annotation_set_encode(NodalAnnotationSet *set, NodalAnnotationFormat format,
                                 const NodalAnnotationFrame *frame, void **data, size_t *size, NodalError **error) {
  static const char name[] = "annotations";
  const NodalAnnotationDriver *driver = driver_for(name, format, error);
  if (!driver || !check_writing(set, name, driver, frame, error)) {
    return false;
  }
  NodalOutput *output = nodal_output_new_memory(name, error);
  bool done = print_set(set, driver, frame, output, error) && nodal_output_copy(output, data, size, error);
  nodal_output_free(output);
  return done;
}
