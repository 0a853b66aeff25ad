/* SPDX-License-Identifier: Apache-2.0 */
#include "annotations.h"
#include "file.h"
#include "interrupt.h"

#include <stdlib.h>
#include <string.h>

typedef struct Values {
  CliCommon common;
  CliStrings files;
  int from, to;
  const char *slide;
  int64_t size[2];
} Values;

typedef enum JobState { JOB_CONVERTED, JOB_SKIPPED, JOB_FAILED } JobState;
static const char *const state_names[] = {"converted", "skipped", "failed"};

typedef struct Batch {
  const CliContext *context;
  const Values *values;
  CliFrame frame;
  char **outputs;
  json_t *files; /* NULL without --json */
  bool folder;   /* outputs go into a folder, and those that are there are skipped */
  int totals[3]; /* by JobState */
} Batch;

/* What a file in a folder is called. */
static const char *const extensions[] = {NULL, ".xml", ".geojson", ".xml", ".ndpa", ".csv"};

static void account(Batch *batch, int index, JobState state, const NodalAnnotationSet *set) {
  batch->totals[state]++;
  if (!batch->files) {
    return;
  }
  json_t *entry = json_object();
  cli_json_set(entry, "input", cli_json_text(batch->values->files.items[index]));
  cli_json_set(entry, "output", cli_json_text(batch->outputs[index]));
  cli_json_set(entry, "status", cli_json_text(state_names[state]));
  cli_json_set(entry, "annotations", set ? json_integer(nodal_annotation_set_count(set)) : json_null());
  cli_json_set(entry, "warnings", set ? cli_json_annotation_warnings(set) : json_array());
  cli_json_append(batch->files, entry);
}

static void convert_file(Batch *batch, int index) {
  const CliContext *context = batch->context;
  const char *input = batch->values->files.items[index], *output = batch->outputs[index];
  bool itself = cli_same_file(output, input);
  if (batch->folder && !itself && !context->common->force && cli_exists(output)) {
    cli_tell(context, "%s: already there\n", output);
    account(batch, index, JOB_SKIPPED, NULL);
    return;
  }
  NodalError *error = NULL;
  NodalAnnotationSet *set = NULL;
  bool written = false;
  if (cli_check_output(context, output, input)) {
    set = cli_read_annotations(context, input, (NodalAnnotationFormat)batch->values->from, &batch->frame, &error);
    int told = 0;
    while (set && nodal_annotation_set_warning(set, told)) {
      told++;
    }
    written = set && nodal_annotation_set_write(set, output, (NodalAnnotationFormat)batch->values->to,
                                                cli_frame_known(&batch->frame), context->common->force, &error);
    if (written) {
      cli_tell_annotation_warnings(context, output, set, told);
      int count = nodal_annotation_set_count(set);
      cli_tell(context, "%s: %d annotation%s\n", output, count, count == 1 ? "" : "s");
    } else {
      cli_fail(context, error);
    }
  }
  account(batch, index, written ? JOB_CONVERTED : JOB_FAILED, set);
  nodal_annotation_set_free(set);
}

static int run_batch(Batch *batch) {
  int count = batch->values->files.count;
  batch->files = batch->context->common->json ? json_array() : NULL;
  for (int i = 0; i < count; i++) {
    if (cli_interrupted()) {
      json_decref(batch->files);
      return cli_interrupted_exit(batch->context);
    }
    convert_file(batch, i);
  }
  if (batch->files) {
    json_t *document = json_object();
    cli_json_set(document, "files", batch->files);
    for (int state = 0; state < 3; state++) {
      cli_json_set(document, state_names[state], json_integer(batch->totals[state]));
    }
    cli_json_print(document);
  }
  if (count > 1) {
    cli_tell(batch->context, "%d converted, %d already there, %d failed\n", batch->totals[JOB_CONVERTED],
             batch->totals[JOB_SKIPPED], batch->totals[JOB_FAILED]);
  }
  return batch->totals[JOB_FAILED] > 0 ? CLI_FAILED : CLI_DONE;
}

static int run_with_outputs(Batch *batch) {
  const Values *values = batch->values;
  int first, second;
  if (cli_find_collision(batch->outputs, values->files.count, &first, &second)) {
    return cli_usage(batch->context, "%s and %s would both become %s", values->files.items[first],
                     values->files.items[second], batch->outputs[first]);
  }
  int status = cli_frame_make(batch->context, values->slide, values->size, &batch->frame);
  if (status == CLI_DONE && batch->folder && !cli_make_folders(batch->context, values->common.output)) {
    status = CLI_FAILED;
  }
  return status == CLI_DONE ? run_batch(batch) : status;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  const char *output = values->common.output, *const known[] = {".xml", ".geojson", ".json", ".ndpa", ".csv", NULL};
  int count = values->files.count;
  Batch batch = {.context = context, .values = values};
  batch.folder = count > 1 || output[strlen(output) - 1] == '/' || cli_is_folder(output);
  if (values->to != NODAL_ANNOTATION_AUTO && !nodal_annotation_format_is_written((NodalAnnotationFormat)values->to)) {
    return cli_usage(context, "--to: %s is read only, annotations are not written in it",
                     cli_annotation_formats[values->to]);
  }
  if (batch.folder && values->to == NODAL_ANNOTATION_AUTO) {
    return cli_usage(context, "--output: into a folder, --to must say which format");
  }
  if (!batch.folder && values->to == NODAL_ANNOTATION_AUTO && !cli_has_extension(output, known)) {
    return cli_usage(context,
                     "--output: '%s' ends in none of .xml, .geojson, .json, .ndpa and .csv; --to says which format",
                     output);
  }
  batch.outputs = cli_allocate((size_t)count * sizeof *batch.outputs);
  for (int i = 0; i < count; i++) {
    batch.outputs[i] = batch.folder ? cli_output_named(output, values->files.items[i], extensions[values->to])
                                    : cli_format("%s", output);
  }
  int status = run_with_outputs(&batch);
  for (int i = 0; i < count; i++) {
    free(batch.outputs[i]);
  }
  free(batch.outputs);
  return status;
}

static const CliOption arguments[] = {{.name = "FILE",
                                       .required = true,
                                       .type = CLI_STRINGS,
                                       .offset = offsetof(Values, files),
                                       .help = "The annotation files to convert."},
                                      {.name = NULL}};

static const CliOption options[] = {
    {.name = "output",
     .letter = 'o',
     .required = true,
     .type = CLI_STRING,
     .value = "OUT",
     .offset = offsetof(CliCommon, output),
     .help = "The file to write; or a folder, where it is one, ends in / or there are several files."},
    {.name = "force",
     .letter = 'f',
     .offset = offsetof(CliCommon, force),
     .help = "Replace outputs that exist, instead of skipping them in a folder."},
    CLI_OPTION_FROM(offsetof(Values, from)),
    {.name = "to",
     .type = CLI_CHOICE,
     .value = "FORMAT",
     .choices = cli_annotation_formats,
     .offset = offsetof(Values, to),
     .initial = "auto",
     .help =
         "The format to write, not darwin, cytomine or sectra, which are read only; auto goes by the extension: .xml "
         "is ASAP's, .geojson and .json, .ndpa, .csv."},
    {.name = "slide",
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(Values, slide),
     .help = "The slide under them. An NDPA is written only with it, and read with it unless it lies beside its .ndpi; "
             "files of Cytomine and Sectra are read with it, or with --size."},
    CLI_OPTION_SLIDE_SIZE(offsetof(Values, size)),
    CLI_OPTION_SOURCE_SPACING,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal annotation convert tumor_001.xml -o tumor_001.geojson", "From ASAP to QuPath."},
    {"nodal annotation convert *.geojson -o xml/ --to asap", "Many files, from QuPath to ASAP."},
    {"nodal annotation convert slide.ndpi.ndpa -o slide.xml --slide slide.ndpi", "From NDP.view to ASAP."},
    {"nodal annotation convert cytomine.json -o slide.geojson --size 63488 40064", "From Cytomine to QuPath."},
    {NULL, NULL}};

const CliCommand cli_annotation_convert = {
    .name = "annotation convert",
    .group = "Annotations and masks",
    .summary = "convert annotations from one format to another",
    .description =
        "Reads annotations of ASAP, QuPath (GeoJSON), ImageScope, NDP.view, V7 Darwin, Cytomine, Sectra or a table of "
        "points and writes them in another format. Coordinates stay as they are, digit for digit, where both count "
        "level-0 pixels. What the other format cannot hold is told as a warning that names the annotation.\n\n"
        "With several files, each becomes FOLDER/NAME with the extension of the format; one that is already there is "
        "skipped, one that fails is reported and the rest goes on, and the exit status is 1 if any failed.\n\n"
        "--json prints an object with the key files: an array of objects with the keys input, output, status "
        "(converted, skipped or failed), annotations and warnings; and with their numbers under converted, skipped "
        "and failed.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
