/* SPDX-License-Identifier: Apache-2.0 */
/* Input: an annotation file of any format. */
#include "annotation/format.h"
#include "fuzz.h"

#include <math.h>

static const NodalAnnotationFrame frame = {40000, 30000, 0.23, 0.23, 1e6, -2e6};

static NodalAnnotationSet *read_again(const void *data, size_t size, NodalAnnotationFormat format) {
  NodalError *error = NULL;
  NodalSource *source = nodal_source_new_memory(data, size, "fuzz", NULL);
  NodalAnnotationSet *set = source ? nodal_annotation_set_read_source(source, format, &frame, &error) : NULL;
  nodal_source_unref(source);
  fuzz_check_outcome(set != NULL, error, "fuzz: ");
  return set;
}

/* Everything that can be asked of a set. */
static void look_at(const NodalAnnotationSet *set) {
  NodalAnnotation annotation;
  size_t points = 0;
  for (int i = 0; nodal_annotation_set_get(set, i, &annotation); i++) {
    for (size_t k = 0; k < annotation.ring_count; k++) {
      points += annotation.rings[k].count;
    }
    NodalPoint low, high;
    NodalRing *rings = NULL;
    size_t count;
    if (nodal_annotation_outline(&annotation, 1e6, &rings, &count, NULL)) {
      nodal_free(rings);
    }
    nodal_annotation_bounds(&annotation, &low, &high);
    FUZZ_REQUIRE(isfinite(nodal_annotation_area(&annotation)) && nodal_annotation_area(&annotation) >= 0);
    FUZZ_REQUIRE(isfinite(nodal_annotation_length(&annotation)) && nodal_annotation_length(&annotation) >= 0);
  }
  NodalAnnotationCheck check = {.width = 1000, .height = 1000};
  if (nodal_annotation_set_places(set) != NODAL_PLACES_KNOWN) {
    check.width = check.height = 0;
  }
  FUZZ_REQUIRE(points > 5000 || nodal_annotation_set_check(set, &check, NULL, NULL, NULL, NULL));
}

/* What was read is written in each format, and what was written can be read. */
static void write_all(NodalAnnotationSet *set) {
  for (int i = 0; nodal_annotation_drivers[i]; i++) {
    const NodalAnnotationDriver *driver = nodal_annotation_drivers[i];
    if (!driver->write) {
      continue;
    }
    NodalOutput *output = nodal_output_new_memory("fuzz", NULL);
    NodalPrinter *printer = malloc(sizeof *printer);
    if (output && printer) {
      nodal_printer_init(printer, output);
      bool written = driver->write(set, printer, &frame, NULL);
      size_t size;
      if (nodal_printer_finish(printer, NULL) && written) {
        const void *data = nodal_output_memory(output, &size);
        NodalAnnotationSet *again = read_again(data, size, driver->format);
        /* Whole nanometres can round a coordinate past the largest that is taken. */
        FUZZ_REQUIRE(again || driver->format == NODAL_ANNOTATION_NDPA);
        nodal_annotation_set_free(again);
      }
    }
    free(printer);
    nodal_output_free(output);
  }
}

/* The same file without its slide, where its format can be read so. */
static void look_without_slide(const void *data, size_t size) {
  NodalError *error = NULL;
  NodalSource *source = nodal_source_new_memory(data, size, "fuzz", NULL);
  NodalAnnotationSet *set = source ? nodal_annotation_set_read_unplaced(source, NODAL_ANNOTATION_AUTO, &error) : NULL;
  nodal_source_unref(source);
  fuzz_check_outcome(set != NULL, error, "fuzz: ");
  if (set) {
    look_at(set);
  }
  nodal_annotation_set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  NodalAnnotationSet *set = read_again(data, size, NODAL_ANNOTATION_AUTO);
  if (set) {
    look_at(set);
    write_all(set);
  }
  look_without_slide(data, size);
  nodal_annotation_set_free(set);
  return 0;
}
