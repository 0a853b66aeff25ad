/* SPDX-License-Identifier: Apache-2.0 */
#include "annotations.h"

#include "file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const cli_annotation_formats[] = {"auto", "asap",   "geojson",  "imagescope", "ndpa",
                                              "csv",  "darwin", "cytomine", "sectra",     NULL};

/* Nanometres of the middle of the image from the middle of the glass; NaN where the slide does not say. */
static double offset_of(const NodalSlide *slide, const char *name) {
  const char *text = nodal_slide_property(slide, name);
  char *end = NULL;
  double value = text ? strtod(text, &end) : NAN;
  return text && *text && *end == '\0' ? value : NAN;
}

static void fill_frame(NodalSlide *slide, CliFrame *frame) {
  NodalLevel level = {0};
  nodal_slide_level(slide, 0, &level);
  frame->known = true;
  frame->frame.width = level.width;
  frame->frame.height = level.height;
  frame->has_spacing = nodal_slide_spacing(slide, &frame->frame.spacing_x_um, &frame->frame.spacing_y_um);
  frame->frame.offset_x_nm = offset_of(slide, "hamamatsu.XOffsetFromSlideCentre");
  frame->frame.offset_y_nm = offset_of(slide, "hamamatsu.YOffsetFromSlideCentre");
}

bool cli_frame_open(const CliContext *context, const char *path, CliFrame *frame) {
  *frame = (CliFrame){.frame = {.offset_x_nm = NAN, .offset_y_nm = NAN}};
  NodalSlide *slide = path ? cli_open_slide(context, path) : NULL;
  if (slide) {
    fill_frame(slide, frame);
  }
  nodal_slide_free(slide);
  return slide || !path;
}

int cli_frame_make(const CliContext *context, const char *path, const int64_t size[2], CliFrame *frame) {
  if (path && size[0] > 0) {
    return cli_usage(context, "--size: the size is that of --slide; give one of them");
  }
  if (!cli_frame_open(context, path, frame)) {
    return CLI_FAILED;
  }
  if (!path) {
    frame->frame.width = size[0];
    frame->frame.height = size[1];
  }
  return CLI_DONE;
}

const NodalAnnotationFrame *cli_frame_known(const CliFrame *frame) {
  return frame->frame.width > 0 ? &frame->frame : NULL;
}

/* "a.ndpi.ndpa" lies beside "a.ndpi": Hamamatsu names them so. */
static void find_own_slide(const CliContext *context, const char *path, CliFrame *frame) {
  const char *const extensions[] = {".ndpa", NULL};
  if (!cli_has_extension(path, extensions)) {
    return;
  }
  char *slide_path = cli_format("%.*s", (int)(strlen(path) - 5), path);
  NodalSlide *slide = cli_exists(slide_path) ? cli_try_slide(context, slide_path, NULL) : NULL;
  if (slide) {
    fill_frame(slide, frame);
  }
  nodal_slide_free(slide);
  free(slide_path);
}

NodalAnnotationSet *cli_read_annotations(const CliContext *context, const char *path, NodalAnnotationFormat format,
                                         const CliFrame *frame, NodalError **error) {
  CliFrame own = *frame;
  if (!own.known) {
    find_own_slide(context, path, &own);
  }
  NodalSource *source = nodal_source_open(path, error);
  if (!source) {
    return NULL;
  }
  const NodalAnnotationFrame *known = cli_frame_known(&own);
  NodalAnnotationSet *set = frame->looks_only && !known
                                ? nodal_annotation_set_read_unplaced(source, format, error)
                                : nodal_annotation_set_read_source(source, format, known, error);
  nodal_source_unref(source);
  if (set) {
    cli_note(context, "%s: %s, %d annotations", path, nodal_annotation_format_name(nodal_annotation_set_format(set)),
             nodal_annotation_set_count(set));
    cli_tell_annotation_warnings(context, path, set, 0);
  }
  return set;
}

int cli_tell_annotation_warnings(const CliContext *context, const char *path, const NodalAnnotationSet *set, int from) {
  const char *warning;
  int index = from;
  for (; (warning = nodal_annotation_set_warning(set, index)); index++) {
    if (!context->common->json) {
      cli_warning(context, "%s: %s", path, warning);
    }
  }
  return index;
}

json_t *cli_json_annotation_warnings(const NodalAnnotationSet *set) {
  json_t *warnings = json_array();
  const char *warning;
  for (int i = 0; (warning = nodal_annotation_set_warning(set, i)); i++) {
    cli_json_append(warnings, cli_json_text(warning));
  }
  return warnings;
}

json_t *cli_json_failure(const char *path, const NodalError *error) {
  json_t *document = json_object();
  cli_json_set(document, "path", cli_json_text(path));
  cli_json_set(document, "error", cli_json_text(nodal_error_message(error)));
  return document;
}
