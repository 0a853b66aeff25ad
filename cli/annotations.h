/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_ANNOTATIONS_H
#define NODAL_CLI_ANNOTATIONS_H

#include "json.h"
#include "slides.h"

#include <nodal/annotation.h>

/** Names of the formats for option tables, in the order of NodalAnnotationFormat, "auto" first. */
extern const char *const cli_annotation_formats[];

/* Rows of the option tables: --from; and --size, which stands for --slide where only the size is needed. */
/* clang-format off */
#define CLI_OPTION_FROM(place)                                                                                         \
  {.name = "from", .type = CLI_CHOICE, .value = "FORMAT", .choices = cli_annotation_formats, .offset = place,          \
   .initial = "auto", .help = "The format of the files; auto finds it by their content."}
#define CLI_OPTION_SLIDE_SIZE(place)                                                                                   \
  {.name = "size", .type = CLI_SIZE, .value = "W H", .offset = place, .minimum = 1, .maximum = 2147483647,             \
   .help = "The width and height of level 0 of the slide in pixels, where the slide itself is not at hand."}
/* clang-format on */

/** What a command knows of the slide under its annotations. */
typedef struct CliFrame {
  NodalAnnotationFrame frame;
  bool known;       /**< there is a slide: the size is known */
  bool has_spacing; /**< micrometres a level-0 pixel are known */
  bool looks_only;  /**< what needs a frame is read without one, too: see nodal_annotation_set_read_unplaced() */
} CliFrame;

/** Fills it from the slide; `path` NULL: nothing is known. False, and the error told, if it cannot be opened. */
bool cli_frame_open(const CliContext *context, const char *path, CliFrame *frame);

/** The same from --slide or --size, of which only one may be given. Returns the exit code. */
int cli_frame_make(const CliContext *context, const char *path, const int64_t size[2], CliFrame *frame);

/** What is known for the library; NULL where not even the size is. */
const NodalAnnotationFrame *cli_frame_known(const CliFrame *frame);

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
