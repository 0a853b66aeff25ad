/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_ANNOTATIONS_H
#define NODAL_CLI_ANNOTATIONS_H

#include "json.h"
#include "slides.h"

#include <nodal/annotation.h>

/** Names of the formats for option tables, in the order of NodalAnnotationFormat, "auto" first. */
extern const char *const cli_annotation_formats[];

/** What a command knows of the slide under its annotations. */
typedef struct CliFrame {
  NodalAnnotationFrame frame;
  bool known;       /**< there is a slide: the size is known */
  bool has_spacing; /**< micrometres a level-0 pixel are known */
} CliFrame;

/** Fills it from the slide; `path` NULL: nothing is known. False, and the error told, if it cannot be opened. */
bool cli_frame_open(const CliContext *context, const char *path, CliFrame *frame);

/** Text is UTF-8 as it is in the file; NULL, and the error stored, if it cannot be read. Warnings are told. */
NodalAnnotationSet *cli_read_annotations(const CliContext *context, const char *path, NodalAnnotationFormat format,
                                         const CliFrame *frame, NodalError **error);

/** Tells the warnings from number `from` on; returns how many there are. */
int cli_tell_annotation_warnings(const CliContext *context, const char *path, const NodalAnnotationSet *set, int from);

/** The warnings as an array of strings. */
json_t *cli_json_annotation_warnings(const NodalAnnotationSet *set);

/** {"path": ..., "error": ...} */
json_t *cli_json_failure(const char *path, const NodalError *error);

#endif
