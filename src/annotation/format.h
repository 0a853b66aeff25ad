/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_ANNOTATION_FORMAT_H
#define NODAL_ANNOTATION_FORMAT_H

#include "annotation/set.h"
#include "base/printer.h"
#include "base/source.h"

/*
 * The contract between the set and a file format. A format never sees another; registry.c alone names them.
 */
typedef struct NodalAnnotationDriver {
  NodalAnnotationFormat format;
  const char *name;
  const char *extensions; /**< ".a .b": what a file to be written in it may end in */
  bool needs_frame;

  /** Whether a file that starts so is of this format. `head` ends with a NUL byte at `size`. */
  bool (*probe)(const char *head, size_t size);

  /** Fills an empty set. The message of a failure names the file, and the line where there is one. */
  bool (*read)(NodalAnnotationSet *set, NodalSource *source, const NodalAnnotationFrame *frame, NodalError **error);

  /** Prints the set, and adds a warning to it for whatever the format cannot hold. */
  bool (*write)(NodalAnnotationSet *set, NodalPrinter *printer, const NodalAnnotationFrame *frame, NodalError **error);
} NodalAnnotationDriver;

/** What follows a byte order mark and blanks at the head of a file. */
const char *nodal_annotation_head_start(const char *head, size_t size);

/** All formats in the order in which they are asked whether a file is theirs, NULL at the end. */
extern const NodalAnnotationDriver *const nodal_annotation_drivers[];

#endif
