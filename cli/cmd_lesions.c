/* SPDX-License-Identifier: Apache-2.0 */
#include "annotations.h"
#include "file.h"
#include "interrupt.h"
#include "labels.h"

#include <nodal/lesion.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct Values {
  CliCommon common; /* source_spacing_um is --spacing */
  CliStrings inputs;
  const char *slide, *slides, *cells;
  double merge_gap_um;
  CliStrings labels;
  int preset, value, level;
} Values;

static const char *const annotation_extensions[] = {".xml", ".geojson", ".json", ".ndpa", ".csv", NULL};

typedef struct Work {
  const CliContext *context;
  const Values *values;
  NodalLesionOptions options;
  CliLabels labels; /* that --label makes */
  CliTextFile table, slides;
  json_t *documents;
  int done, failed;
} Work;

static int make_labels(Work *work) {
  const Values *values = work->values;
  if (values->preset != CLI_NO_PRESET) {
    NodalMaskOptions preset = NODAL_MASK_OPTIONS_INIT;
    nodal_mask_preset(cli_label_presets[values->preset], &preset);
    work->options.labels = preset.labels;
    work->options.label_count = preset.label_count;
    return CLI_DONE;
  }
  int status = cli_labels_parse(work->context, &values->labels, &work->labels);
  if (work->labels.count > 0) {
    work->options.labels = work->labels.items;
    work->options.label_count = work->labels.count;
  }
  return status;
}

/* ---- one input ---- */

/* "patient_004_node_4" for "anywhere/patient_004_node_4_mask.tif"; to be freed. */
static char *name_of_slide(const char *path) {
  const char *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
  size_t length = dot && dot > name ? (size_t)(dot - name) : strlen(name);
  if (length > 5 && strncasecmp(name + length - 5, "_mask", 5) == 0) {
    length -= 5;
  }
  return cli_format("%.*s", (int)length, name);
}

/* Spacing, and whatever else the slide under the outlines tells; --spacing goes first. False, and the error told,
 * where it is not known. */
static bool find_frame(const Work *work, const char *input, CliFrame *frame) {
  const Values *values = work->values;
  if (!cli_frame_open(work->context, values->slide, frame)) {
    return false;
  }
  double stated = values->common.source_spacing_um;
  if (stated > 0) {
    frame->frame.spacing_x_um = frame->frame.spacing_y_um = stated;
    frame->has_spacing = true;
  }
  if (!frame->has_spacing) {
    cli_error(work->context, "%s: no spacing is known; --slide or --spacing states it",
              values->slide ? values->slide : input);
  }
  return frame->has_spacing;
}

static NodalLesions *measure_annotation(Work *work, const char *input, json_t **warnings) {
  CliFrame frame;
  if (!find_frame(work, input, &frame)) {
    return NULL;
  }
  NodalError *error = NULL;
  NodalAnnotationSet *set = cli_read_annotations(work->context, input, NODAL_ANNOTATION_AUTO, &frame, &error);
  if (!set) {
    cli_fail(work->context, error);
    return NULL;
  }
  NodalLesionOptions options = work->options;
  options.spacing_x_um = frame.frame.spacing_x_um;
  options.spacing_y_um = frame.frame.spacing_y_um;
  NodalLesions *lesions = nodal_lesions_of_annotations(set, &options, &error);
  if (lesions && work->documents) {
    *warnings = cli_json_annotation_warnings(set);
  }
  nodal_annotation_set_free(set);
  if (!lesions) {
    cli_error(work->context, "%s: %s", input, nodal_error_message(error));
    nodal_error_free(error);
  }
  return lesions;
}

static NodalLesions *measure_mask(Work *work, const char *input) {
  NodalSlide *mask = cli_open_slide(work->context, input);
  NodalLesionOptions options = work->options;
  NodalLesions *lesions = NULL;
  NodalLevel level;
  bool ready = mask && cli_get_level(work->context, mask, work->values->level, &level);
  if (ready && !nodal_slide_spacing(mask, &options.spacing_x_um, &options.spacing_y_um)) {
    CliFrame frame;
    ready = find_frame(work, input, &frame);
    options.spacing_x_um = frame.frame.spacing_x_um;
    options.spacing_y_um = frame.frame.spacing_y_um;
  }
  if (ready) {
    NodalContourOptions contours = NODAL_CONTOUR_OPTIONS_INIT;
    contours.level = work->values->level;
    contours.threads = work->context->common->threads;
    CliProgress progress;
    cli_progress_start(&progress, work->context, "lesions", (double)level.width * (double)level.height);
    NodalProgress callback = cli_progress_callback(&progress);
    NodalError *error = NULL;
    lesions = nodal_lesions_of_mask(mask, work->values->value, &contours, &options, &callback, &error);
    cli_progress_end(&progress);
    if (!lesions) {
      cli_fail(work->context, error);
    }
  }
  nodal_slide_free(mask);
  return lesions;
}

/* A warning goes to stderr, or into the document. */
static void warn(const Work *work, json_t *warnings, const char *path, const char *text) {
  if (warnings) {
    cli_json_append(warnings, cli_json_text(text));
  } else {
    cli_warning(work->context, "%s: %s", path, text);
  }
}

static bool count_cells(Work *work, NodalLesions *lesions, json_t *warnings) {
  const char *path = work->values->cells;
  int64_t outside = 0;
  NodalError *error = NULL;
  if (path && !nodal_lesions_read_cells(lesions, path, &outside, &error)) {
    cli_fail(work->context, error);
    return false;
  }
  if (outside > 0) {
    char *text = cli_format("%lld %s in no lesion", (long long)outside, outside == 1 ? "cell lies" : "cells lie");
    warn(work, warnings, path, text);
    free(text);
  }
  return true;
}

/* ---- what is told ---- */

static void print_rows(Work *work, const char *slide, const NodalLesions *lesions) {
  FILE *stream = work->table.stream;
  NodalLesion lesion;
  for (int i = 0; stream && nodal_lesions_get(lesions, i, &lesion); i++) {
    if (work->values->inputs.count > 1) {
      cli_print_field(stream, slide);
      putc(',', stream);
    }
    fprintf(stream, "%d,", i + 1);
    cli_print_field(stream, lesion.label);
    fprintf(stream, ",%.10g,%.10g,%.10g,%.10g,%.9f,%.6f,%.6f,", lesion.x_px, lesion.y_px, lesion.width_px,
            lesion.height_px, lesion.area_mm2, lesion.longest_mm, lesion.major_axis_mm);
    if (lesion.cells >= 0) {
      fprintf(stream, "%lld", (long long)lesion.cells);
    }
    fprintf(stream, ",%s\n", nodal_category_name(lesion.category));
  }
  if (work->slides.stream) {
    cli_print_field(work->slides.stream, slide);
    fprintf(work->slides.stream, ",%s\n", nodal_category_name(nodal_lesions_label(lesions)));
  }
}

static json_t *describe_lesion(int number, const NodalLesion *lesion) {
  json_t *entry = json_object();
  cli_json_set(entry, "lesion", json_integer(number));
  cli_json_set(entry, "label", cli_json_text(lesion->label));
  cli_json_set(entry, "x_px", cli_json_number(lesion->x_px));
  cli_json_set(entry, "y_px", cli_json_number(lesion->y_px));
  cli_json_set(entry, "width_px", cli_json_number(lesion->width_px));
  cli_json_set(entry, "height_px", cli_json_number(lesion->height_px));
  cli_json_set(entry, "area_mm2", cli_json_number(lesion->area_mm2));
  cli_json_set(entry, "longest_mm", cli_json_number(lesion->longest_mm));
  cli_json_set(entry, "major_axis_mm", cli_json_number(lesion->major_axis_mm));
  cli_json_set(entry, "cells", lesion->cells >= 0 ? json_integer(lesion->cells) : json_null());
  cli_json_set(entry, "category", cli_json_text(nodal_category_name(lesion->category)));
  return entry;
}

/* Tells what was found. Takes over `warnings`. */
static void describe(Work *work, const char *slide, const NodalLesions *lesions, json_t *warnings) {
  NodalLesion lesion;
  int count = nodal_lesions_count(lesions);
  const char *label = nodal_category_name(nodal_lesions_label(lesions));
  if (count > 0 && nodal_lesions_get(lesions, 0, &lesion)) {
    cli_tell(work->context, "%s: %s, %d %s, the longest %.6f mm\n", slide, label, count,
             count == 1 ? "lesion" : "lesions", lesion.longest_mm);
  } else {
    cli_tell(work->context, "%s: %s, no lesion\n", slide, label);
  }
  if (!work->documents) {
    return;
  }
  json_t *document = json_object(), *list = json_array();
  for (int i = 0; nodal_lesions_get(lesions, i, &lesion); i++) {
    cli_json_append(list, describe_lesion(i + 1, &lesion));
  }
  cli_json_set(document, "slide", cli_json_text(slide));
  cli_json_set(document, "label", cli_json_text(label));
  cli_json_set(document, "lesions", list);
  cli_json_set(document, "warnings", warnings);
  cli_json_append(work->documents, document);
}

/* Whether the file holds annotations: by its extension, or because it begins as XML and JSON do, and images do not. */
static bool is_drawn(const char *path) {
  if (cli_has_extension(path, annotation_extensions)) {
    return true;
  }
  FILE *stream = fopen(path, "rb");
  int first = stream ? getc(stream) : EOF;
  if (stream) {
    fclose(stream);
  }
  return first == '<' || first == '{' || first == '[';
}

static bool measure(Work *work, const char *input) {
  bool drawn = is_drawn(input);
  json_t *warnings = NULL; /* of what was read; with --json alone */
  NodalLesions *lesions = drawn ? measure_annotation(work, input, &warnings) : measure_mask(work, input);
  if (!lesions) {
    return false;
  }
  if (work->documents && !warnings) {
    warnings = json_array();
  }
  for (int i = 0; nodal_lesions_warning(lesions, i); i++) {
    warn(work, warnings, input, nodal_lesions_warning(lesions, i));
  }
  bool counted = count_cells(work, lesions, warnings);
  if (counted) {
    char *slide = name_of_slide(work->values->slide ? work->values->slide : input);
    print_rows(work, slide, lesions);
    describe(work, slide, lesions, warnings);
    free(slide);
  } else {
    json_decref(warnings);
  }
  nodal_lesions_free(lesions);
  return counted;
}

/* ---- all inputs ---- */

static bool open_outputs(Work *work) {
  const Values *values = work->values;
  if (values->common.output) {
    if (!cli_text_open(work->context, &work->table, values->common.output)) {
      return false;
    }
    fprintf(work->table.stream,
            "%slesion,label,x_px,y_px,width_px,height_px,area_mm2,longest_mm,major_axis_mm,cells,category\n",
            values->inputs.count > 1 ? "slide," : "");
  }
  if (values->slides) {
    if (!cli_text_open(work->context, &work->slides, values->slides)) {
      return false;
    }
    fputs("slide,label\n", work->slides.stream);
  }
  return true;
}

static bool commit_outputs(Work *work) {
  if ((work->table.stream && !cli_text_finish(work->context, &work->table)) ||
      (work->slides.stream && !cli_text_finish(work->context, &work->slides))) {
    return false;
  }
  return (!work->table.path || cli_text_commit(work->context, &work->table)) &&
         (!work->slides.path || cli_text_commit(work->context, &work->slides));
}

static void print_json(Work *work) {
  if (work->values->inputs.count == 1) {
    cli_json_print(json_incref(json_array_get(work->documents, 0)));
    return;
  }
  json_t *document = json_object();
  cli_json_set(document, "slides", json_incref(work->documents));
  cli_json_print(document);
}

static int measure_all(Work *work) {
  int count = work->values->inputs.count;
  for (int i = 0; i < count; i++) {
    if (cli_interrupted()) {
      return cli_interrupted_exit(work->context);
    }
    *(measure(work, work->values->inputs.items[i]) ? &work->done : &work->failed) += 1;
  }
  /* One that failed alone leaves no table; among others it is told, and missing. */
  if (work->done == 0) {
    return CLI_FAILED;
  }
  if (!commit_outputs(work)) {
    return CLI_FAILED;
  }
  if (work->documents) {
    print_json(work);
  }
  if (count > 1) {
    cli_tell(work->context, "%d measured, %d failed\n", work->done, work->failed);
  }
  return work->failed > 0 ? CLI_FAILED : CLI_DONE;
}

static int check_arguments(Work *work) {
  const Values *values = work->values;
  if (values->preset != CLI_NO_PRESET && values->labels.count > 0) {
    return cli_usage(work->context, "--labels excludes --label");
  }
  if (values->inputs.count > 1 && (values->slide || values->cells)) {
    return cli_usage(work->context, "%s is for one input", values->slide ? "--slide" : "--cells");
  }
  const char *const outputs[] = {values->common.output, values->slides};
  for (int i = 0; i < 2 * values->inputs.count; i++) {
    if (outputs[i % 2] && !cli_check_output(work->context, outputs[i % 2], values->inputs.items[i / 2])) {
      return CLI_FAILED;
    }
  }
  return make_labels(work);
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  Work work = {.context = context, .values = values, .options = NODAL_LESION_OPTIONS_INIT};
  work.options.merge_gap_um = values->merge_gap_um;
  work.documents = context->common->json ? json_array() : NULL;
  int status = check_arguments(&work);
  if (status == CLI_DONE) {
    status = open_outputs(&work) ? measure_all(&work) : CLI_FAILED;
  }
  cli_text_close(&work.table);
  cli_text_close(&work.slides);
  json_decref(work.documents);
  cli_labels_free(&work.labels);
  return status;
}

static const CliOption arguments[] = {
    {.name = "INPUT",
     .required = true,
     .type = CLI_STRINGS,
     .offset = offsetof(Values, inputs),
     .help = "Annotations in any format that 'nodal annotation' reads, or label masks in any that slides are in."},
    {.name = NULL}};

static const CliOption options[] = {
    {.name = "output",
     .letter = 'o',
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(CliCommon, output),
     .help = "The table to write, a row a lesion; with several inputs the slide comes first."},
    {.name = "slides",
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(Values, slides),
     .help = "Another table to write, slide,label: what 'nodal stage' takes."},
    CLI_OPTION_FORCE,
    {.name = "slide",
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(Values, slide),
     .help = "The slide that was annotated: states the spacing and the name."},
    {.name = "spacing",
     .type = CLI_DOUBLE,
     .value = "UM",
     .offset = offsetof(CliCommon, source_spacing_um),
     .minimum = 0.001,
     .maximum = 10000,
     .help = "Spacing of level 0, in micrometres a pixel, where no file states it or one is wrong."},
    {.name = "merge-gap",
     .type = CLI_DOUBLE,
     .value = "UM",
     .offset = offsetof(Values, merge_gap_um),
     .minimum = 0,
     .maximum = 100000,
     .initial = "0",
     .help = "Deposits nearer to each other than this, in micrometres, are one lesion; 0: those that touch."},
    {.name = "cells",
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(Values, cells),
     .help = "Numbers of tumor cells: a .csv with the columns lesion,cells or x,y,cells or x,y; or annotated points."},
    {.name = "labels",
     .type = CLI_CHOICE,
     .value = "PRESET",
     .choices = cli_label_presets,
     .offset = offsetof(Values, preset),
     .initial = "none",
     .help = "Annotations: the group names of one data set, and no others."},
    {.name = "label",
     .type = CLI_STRINGS,
     .value = "NAME=VALUE",
     .offset = offsetof(Values, labels),
     .help = "Annotations: what a group stands for, 1 for tumor, any other number for what cuts out of it. May be "
             "repeated; what has no label is left out."},
    {.name = "value",
     .type = CLI_INT,
     .value = "V",
     .offset = offsetof(Values, value),
     .minimum = 0,
     .maximum = 2147483647,
     .initial = "0",
     .help = "Masks: the value that is tumor; 0: the only one besides 0 that the mask holds."},
    {.name = "level",
     .letter = 'l',
     .type = CLI_INT,
     .value = "L",
     .offset = offsetof(Values, level),
     .minimum = 0,
     .maximum = 1000,
     .initial = "0",
     .help = "Masks: the level to measure on."},
    CLI_OPTION_THREADS,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal lesions tumor_001.xml --slide tumor_001.tif -o lesions.csv", "Each lesion of a CAMELYON16 slide."},
    {"nodal lesions node_4_mask.tif --value 1 --merge-gap 75 -o lesions.csv",
     "From a mask; deposits less than 75 um apart count as one."},
    {"nodal lesions p_4_node_0.xml p_4_node_1.xml --spacing 0.243 --slides s.csv",
     "A label a slide, for 'nodal stage'."},
    {NULL, NULL}};

const CliCommand cli_lesions = {
    .name = "lesions",
    .group = "Lesions and stages",
    .summary = "measure lesions in millimetres and tell their category",
    .description =
        "Measures each lesion of an annotation or a mask and gives it a category by its longest diameter: macro above "
        "2.0 mm, micro above 0.2 mm, else itc (isolated tumor cells), where more than 200 cells make a micro. Exactly "
        "2.0 mm is micro, exactly 0.2 mm and exactly 200 cells are itc; lengths are rounded to 1 nm. The label of the "
        "slide is that of its largest lesion.\n\n"
        "Without --label or --labels the group names of both CAMELYON data sets are known: _0, _1, Tumor and "
        "metastases are tumor; _2, Exclusion, None and normal are not, and lessen the area. An unknown group is "
        "refused. A mask that holds several values needs --value: nodal and the CAMELYON17 masks have tumor 1 and "
        "normal 2, published CAMELYON16 masks have normal 1 and tumor 2.\n\n"
        "--json prints an object with the keys slide, label, lesions (an array of objects with the keys of the "
        "table) and warnings; with several inputs, an object with the key slides, an array of these.\n\n"
        "For research. A category that a program gives is no diagnosis.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
