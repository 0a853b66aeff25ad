/* SPDX-License-Identifier: Apache-2.0 */
#include "raster.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct Values {
  CliRasterValues raster;
  CliStrings maps;
  const char *keep, *remove;
  double min_area_um2;
  bool sequential;
} Values;

typedef struct Run {
  const Values *values;
  NodalRelabelOptions options;
  NodalLabelRange *keep, *remove;
  NodalLabelRule *rules;
  uint32_t labels;
} Run;

/* --- the command line --- */

/* A label at the head of `text`; returns where it ends, or NULL. */
static const char *parse_label(const char *text, uint32_t *label) {
  if (!isdigit((unsigned char)*text)) {
    return NULL;
  }
  char *end;
  unsigned long long number = strtoull(text, &end, 10);
  *label = (uint32_t)number;
  return number <= UINT32_MAX && end - text <= 10 ? end : NULL;
}

/* "A" or "A-B". */
static const char *parse_range(const char *text, NodalLabelRange *range) {
  text = parse_label(text, &range->first);
  range->last = range->first;
  if (text && *text == '-') {
    text = parse_label(text + 1, &range->last);
  }
  return text && range->first <= range->last ? text : NULL;
}

/* "A,B-C,...". False, and the usage error told, where it is not. */
static bool parse_list(const CliContext *context, const char *option, const char *text, NodalLabelRange **list,
                       size_t *count) {
  *list = cli_allocate((strlen(text) / 2 + 1) * sizeof **list);
  const char *rest = text;
  for (*count = 0; rest; rest++) {
    rest = parse_range(rest, &(*list)[*count]);
    if (!rest || (*rest && *rest != ',')) {
      break;
    }
    ++*count;
    if (!*rest) {
      return true;
    }
  }
  cli_usage(context, "%s: '%s' is no list of labels, as 1,3-5", option, text);
  return false;
}

/* "A-B=C". */
static bool parse_rule(const CliContext *context, const char *text, NodalLabelRule *rule) {
  const char *rest = parse_range(text, &rule->from);
  rest = rest && *rest == '=' ? parse_label(rest + 1, &rule->to) : NULL;
  if (!rest || *rest) {
    cli_usage(context, "--map: '%s' is not FROM=TO, as 3=1 or 3-5=1", text);
    return false;
  }
  return true;
}

static bool parse(const CliContext *context, Run *run) {
  const Values *values = run->values;
  NodalRelabelOptions *options = &run->options;
  *options = (NodalRelabelOptions){.min_area_um2 = values->min_area_um2, .sequential = values->sequential};
  if ((values->keep && !parse_list(context, "--keep", values->keep, &run->keep, &options->keep_count)) ||
      (values->remove && !parse_list(context, "--remove", values->remove, &run->remove, &options->remove_count))) {
    return false;
  }
  run->rules = cli_allocate(((size_t)values->maps.count + 1) * sizeof *run->rules);
  for (int i = 0; i < values->maps.count; i++) {
    if (!parse_rule(context, values->maps.items[i], &run->rules[i])) {
      return false;
    }
  }
  options->rule_count = (size_t)values->maps.count;
  options->keep = run->keep;
  options->remove = run->remove;
  options->rules = run->rules;
  return true;
}

/* --- the work --- */

static bool ready(const CliRaster *raster, void *user) {
  const Run *run = user;
  return run->options.min_area_um2 <= 0 || cli_raster_need_spacing(raster);
}

static bool work(CliRaster *raster, void *user, NodalError **error) {
  Run *run = user;
  return nodal_raster_write_relabeled(&raster->job, &run->options, &run->labels, error);
}

static void report(const CliRaster *raster, json_t *document, void *user) {
  const Run *run = user;
  bool counted = run->options.sequential || run->options.min_area_um2 > 0;
  if (document) {
    cli_json_set(document, "labels", counted ? json_integer(run->labels) : json_null());
  }
  if (counted) {
    cli_tell(raster->context, "%s: %u %s\n", raster->values->common.output, run->labels,
             run->labels == 1 ? "label" : "labels");
  } else {
    cli_tell(raster->context, "%s: %lld x %lld pixels\n", raster->values->common.output, (long long)raster->level.width,
             (long long)raster->level.height);
  }
}

static int run_relabel(const CliContext *context, const void *memory) {
  Run run = {.values = memory};
  const Values *values = run.values;
  const CliRasterWork parts = {.ready = ready, .work = work, .report = report};
  int status = CLI_USAGE;
  if (values->maps.count == 0 && !values->keep && !values->remove && !values->sequential && values->min_area_um2 <= 0) {
    cli_usage(context, "needs --map, --keep, --remove, --min-area or --sequential");
  } else if (parse(context, &run)) {
    status = cli_raster_run(context, &values->raster, &parts, &run);
  }
  free(run.keep);
  free(run.remove);
  free(run.rules);
  return status;
}

static const CliOption arguments[] = {CLI_RASTER_ARGUMENT("The label image."), {.name = NULL}};

static const CliOption options[] = {
    CLI_OPTION_OUTPUT("The label image to write: .tif."),
    CLI_OPTION_FORCE,
    {.name = "keep",
     .type = CLI_STRING,
     .value = "A,B-C",
     .offset = offsetof(Values, keep),
     .help = "Keep these labels; all others become 0."},
    {.name = "remove",
     .type = CLI_STRING,
     .value = "A,B-C",
     .offset = offsetof(Values, remove),
     .help = "These labels become 0."},
    {.name = "map",
     .type = CLI_STRINGS,
     .value = "FROM=TO",
     .offset = offsetof(Values, maps),
     .help = "Label FROM, or labels A-B, become TO; may be repeated, the first that fits counts."},
    {.name = "min-area",
     .type = CLI_DOUBLE,
     .value = "UM2",
     .offset = offsetof(Values, min_area_um2),
     .minimum = 0,
     .maximum = 1e15,
     .help = "Labels that cover less than this many square micrometres in all become 0."},
    {.name = "sequential",
     .letter = 's',
     .offset = offsetof(Values, sequential),
     .help = "What is left becomes 1, 2, 3, ... in ascending order."},
    CLI_RASTER_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal raster relabel mask.tif -o tumor.tif --map 1=0 --map 2=1", "Label 2 as 1, and nothing else."},
    {"nodal raster relabel lesions.tif -o large.tif --min-area 10000 --sequential", "Without the small ones."},
    {"nodal raster relabel lesions.tif -o some.tif --keep 1,4-7", "Five labels of all."},
    {NULL, NULL}};

const CliCommand cli_raster_relabel = {
    .name = "raster relabel",
    .group = "Annotations and masks",
    .summary = "rename, drop and renumber the labels of a mask",
    .description =
        "Writes the label image with other labels. In this order: --keep and --remove decide by the labels of the "
        "input, --map renames what is left (and 0, where it is named), --min-area drops what covers too little by its "
        "new name, --sequential renumbers. The type stays that of the input, or becomes uint32 where a label of --map "
        "does not fit. Spacing is carried over; level 0 of the output is the level that was read.\n\n"
        "--json prints an object with the keys input, output, level, width, height, spacing_x_um, spacing_y_um and "
        "labels, how many different ones are left (null unless --min-area or --sequential counted them).",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run_relabel,
};
