/* SPDX-License-Identifier: Apache-2.0 */
#include "annotations.h"
#include "interrupt.h"

#include <stdlib.h>
#include <string.h>

typedef struct Values {
  CliCommon common;
  CliStrings files;
  int format;
  const char *slide, *groups;
  int64_t size[2];
} Values;

typedef struct Run {
  const CliContext *context;
  const char *path;
  const NodalAnnotationSet *set;
  json_t *problems; /* of one file; NULL without --json */
  size_t count;
} Run;

static void take_problem(void *user, NodalAnnotationFault fault, int index, const char *message) {
  Run *run = user;
  const char *name = nodal_annotation_fault_name(fault);
  run->count++;
  if (!run->problems) {
    cli_print_safe(stdout, "%s: %s: %s\n", run->path, name, message);
    return;
  }
  NodalAnnotation annotation = {.name = NULL};
  bool one = nodal_annotation_set_get(run->set, index, &annotation);
  json_t *entry = json_object();
  cli_json_set(entry, "fault", cli_json_text(name));
  cli_json_set(entry, "annotation", one ? json_integer(index) : json_null());
  cli_json_set(entry, "name", cli_json_text(annotation.name));
  cli_json_set(entry, "message", cli_json_text(message));
  cli_json_append(run->problems, entry);
}

/* Returns the exit code. */
static int check_file(Run *run, const Values *values, const CliFrame *frame, const NodalAnnotationCheck *check,
                      json_t *files) {
  NodalError *error = NULL;
  size_t before = run->count;
  NodalAnnotationSet *set =
      cli_read_annotations(run->context, run->path, (NodalAnnotationFormat)values->format, frame, &error);
  run->set = set;
  run->problems = files ? json_array() : NULL;
  bool good = set && nodal_annotation_set_check(set, check, take_problem, run, NULL, &error);
  if (files && good) {
    json_t *entry = json_object();
    cli_json_set(entry, "path", cli_json_text(run->path));
    cli_json_set(entry, "problems", json_incref(run->problems));
    cli_json_set(entry, "warnings", cli_json_annotation_warnings(set));
    cli_json_append(files, entry);
  } else if (files) {
    cli_json_append(files, cli_json_failure(run->path, error));
  }
  json_decref(run->problems);
  nodal_annotation_set_free(set);
  if (!good) {
    return cli_fail(run->context, error);
  }
  return run->count > before ? CLI_PROBLEMS : CLI_DONE;
}

/* The names between the commas of --groups; cut in place. To be freed. */
static const char **split_names(char *text, size_t *count) {
  *count = 1;
  for (const char *at = text; *at; at++) {
    *count += *at == ',';
  }
  const char **names = cli_allocate(*count * sizeof *names);
  for (size_t i = 0; i < *count; i++) {
    names[i] = strsep(&text, ",");
  }
  return names;
}

static int check_files(const CliContext *context, const Values *values, const CliFrame *frame,
                       const NodalAnnotationCheck *check) {
  json_t *files = context->common->json ? json_array() : NULL;
  Run run = {.context = context};
  int failed = 0, faulty = 0;
  for (int i = 0; i < values->files.count && !cli_interrupted(); i++) {
    run.path = values->files.items[i];
    int status = check_file(&run, values, frame, check, files);
    failed += status == CLI_FAILED;
    faulty += status == CLI_PROBLEMS;
  }
  if (cli_interrupted()) {
    json_decref(files);
    return cli_interrupted_exit(context);
  }
  if (files) {
    json_t *document = json_object();
    cli_json_set(document, "files", files);
    cli_json_set(document, "problems", json_integer((json_int_t)run.count));
    cli_json_print(document);
  }
  if (values->files.count > 1) {
    cli_tell(context, "%d files: %d without problems, %d with problems, %d failed\n", values->files.count,
             values->files.count - faulty - failed, faulty, failed);
  }
  return failed > 0 ? CLI_FAILED : faulty > 0 ? CLI_PROBLEMS : CLI_DONE;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  CliFrame frame;
  int status = cli_frame_make(context, values->slide, values->size, &frame);
  if (status != CLI_DONE) {
    return status;
  }
  frame.looks_only = true;
  NodalAnnotationCheck check = {.width = frame.frame.width, .height = frame.frame.height};
  char *text = values->groups ? cli_format("%s", values->groups) : NULL;
  const char **names = text ? split_names(text, &check.group_count) : NULL;
  check.groups = names;
  status = check_files(context, values, &frame, &check);
  free(names);
  free(text);
  return status;
}

static const CliOption arguments[] = {{.name = "FILE",
                                       .required = true,
                                       .type = CLI_STRINGS,
                                       .offset = offsetof(Values, files),
                                       .help = "The annotation files."},
                                      {.name = NULL}};

static const CliOption options[] = {
    CLI_OPTION_FROM(offsetof(Values, format)),
    {.name = "slide",
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(Values, slide),
     .help = "The slide under them: places outside it, and coordinates of another level, are found only with it."},
    CLI_OPTION_SLIDE_SIZE(offsetof(Values, size)),
    {.name = "groups",
     .type = CLI_STRING,
     .value = "NAME,...",
     .offset = offsetof(Values, groups),
     .help = "The groups that are known; an annotation in another one, or in none, is a problem."},
    CLI_OPTION_SOURCE_SPACING,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal annotation check tumor_001.xml --slide tumor_001.tif --groups _0,_1,_2",
     "Whether a file of CAMELYON16 is sound."},
    {"nodal annotation check *.xml", "What can be told without the slides."},
    {"nodal annotation check a.geojson --json", "The problems, for a program to read."},
    {NULL, NULL}};

const CliCommand cli_annotation_check = {
    .name = "annotation check",
    .group = "Annotations and masks",
    .summary = "find what is wrong with annotation files",
    .description =
        "Prints a line a problem, FILE: KIND: what and where. Kinds: empty-set (no annotation), too-few-points (an "
        "area "
        "of fewer than three), duplicate-vertex (equal to the one before it), open-ring (its ends lie further apart "
        "than any edge is long, than ten median edges and than a twentieth of the outline), self-crossing, "
        "outside-slide, unknown-group, and "
        "other-level "
        "(all points lie in the first eighth of the slide's width and height, as those of a smaller level would).\n\n"
        "Exit status 3 if there are problems, 1 if a file cannot be read.\n\n"
        "--json prints an object with the keys files, an array of objects with the keys path, problems (each with "
        "fault, annotation, name and message) and warnings, or path and error; and problems, their number.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
