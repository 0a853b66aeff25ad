/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"
#include "progress.h"

#include <nodal/phantom_dataset.h>
#include <stdlib.h>
#include <string.h>

typedef struct Values {
  CliCommon common;
  const char *folder;
  int patients;
  int64_t size, seed;
  const char *stages;
  bool no_ihc;
} Values;

static const char *const stage_names[NODAL_PHANTOM_STAGES] = {"pN0", "pN0(i+)", "pN1mi", "pN1", "pN2"};

/* "25,11,21,30,13": a number for each stage. */
static bool parse_stages(const char *text, double shares[NODAL_PHANTOM_STAGES]) {
  for (int i = 0; i < NODAL_PHANTOM_STAGES; i++) {
    size_t digits = strspn(text, "0123456789.");
    char *end;
    shares[i] = strtod(text, &end);
    bool last = i + 1 == NODAL_PHANTOM_STAGES;
    if (digits == 0 || end != text + digits || *end != (last ? '\0' : ',')) {
      return false;
    }
    text = end + 1;
  }
  return true;
}

/* The bar of a data set tells slides, not pixels. */
typedef struct Watch {
  CliProgress progress;
  int slides;
} Watch;

static bool report(void *user, uint64_t done, uint64_t total) {
  Watch *watch = user;
  double seconds = cli_seconds() - watch->progress.started;
  if (total > 0 && seconds > 0) {
    double slides = watch->slides * ((double)done / (double)total);
    snprintf(watch->progress.label, sizeof watch->progress.label, "paint %.1f slides/s", slides / seconds);
  }
  return cli_progress_report(&watch->progress, done, total);
}

static void print_json(const Values *values, const NodalPhantomDatasetSummary *summary, double seconds) {
  json_t *document = json_object(), *labels = json_object(), *stages = json_object();
  const int64_t counts[] = {summary->nodes.negative, summary->nodes.itc, summary->nodes.micro, summary->nodes.macro};
  for (int label = NODAL_CATEGORY_NEGATIVE; label <= NODAL_CATEGORY_MACRO; label++) {
    cli_json_set(labels, nodal_category_name((NodalCategory)label), json_integer(counts[label]));
  }
  for (int i = 0; i < NODAL_PHANTOM_STAGES; i++) {
    cli_json_set(stages, stage_names[i], json_integer(summary->patients[i]));
  }
  cli_json_set(document, "output", cli_json_text(values->folder));
  cli_json_set(document, "synthetic", json_true());
  cli_json_set(document, "patients", json_integer(values->patients));
  cli_json_set(document, "slides", json_integer(summary->slides));
  cli_json_set(document, "ihc_slides", json_integer(summary->ihc_slides));
  cli_json_set(document, "lesions", json_integer(summary->lesions));
  cli_json_set(document, "faulty_slides", json_integer(summary->faulty_slides));
  cli_json_set(document, "labels", labels);
  cli_json_set(document, "stages", stages);
  cli_json_set(document, "bytes", json_integer(summary->bytes));
  cli_json_set(document, "seconds", cli_json_number(seconds));
  cli_json_print(document);
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  NodalPhantomDatasetOptions options = NODAL_PHANTOM_DATASET_OPTIONS_INIT;
  if (!parse_stages(values->stages, options.stages)) {
    return cli_usage(context, "--stages: '%s' is not five numbers like 25,11,21,30,13", values->stages);
  }
  options.patients = values->patients;
  options.size = values->size;
  options.seed = (uint64_t)values->seed;
  options.ihc = !values->no_ihc;
  options.threads = values->common.threads;
  options.force = values->common.force;
  double started = cli_seconds();
  enum { NODES = 5 };
  Watch watch = {.slides = NODES * options.patients};
  cli_progress_start(&watch.progress, context, "paint", 0);
  NodalProgress callback = {.report = report, .user = &watch};
  NodalPhantomDatasetSummary summary;
  NodalError *error = NULL;
  bool written = nodal_phantom_dataset_write(&options, values->folder, &callback, &summary, &error);
  cli_progress_end(&watch.progress);
  if (!written) {
    return cli_fail(context, error);
  }
  double seconds = cli_seconds() - started;
  if (context->common->json) {
    print_json(values, &summary, seconds);
  }
  cli_tell(context, "%s: synthetic: %d patients, %lld slides, %lld in IHC, %lld lesions, %.1f MB, %.1f s\n",
           values->folder, values->patients, (long long)summary.slides, (long long)summary.ihc_slides,
           (long long)summary.lesions, (double)summary.bytes / 1e6, seconds);
  return CLI_DONE;
}

static const CliOption arguments[] = {{.name = "DIR",
                                       .required = true,
                                       .type = CLI_STRING,
                                       .offset = offsetof(Values, folder),
                                       .help = "The folder to make. It appears when it is complete."},
                                      {.name = NULL}};

static const CliOption options[] = {
    {.name = "force",
     .letter = 'f',
     .offset = offsetof(CliCommon, force),
     .help = "Replace a phantom data set, or an empty folder, that exists. Nothing else is replaced."},
    {.name = "patients",
     .letter = 'n',
     .type = CLI_INT,
     .value = "N",
     .offset = offsetof(Values, patients),
     .minimum = 1,
     .maximum = 1000,
     .initial = "20",
     .help = "Patients, of five nodes and so five slides each."},
    {.name = "size",
     .type = CLI_INT64,
     .value = "S",
     .offset = offsetof(Values, size),
     .minimum = 1000,
     .maximum = 64000,
     .initial = "5000",
     .help =
         "Longer side of a slide, in pixels. The tissue stays as large, so that this sets the spacing: 32000 is that "
         "of a scanner."},
    {.name = "seed",
     .type = CLI_INT64,
     .value = "K",
     .offset = offsetof(Values, seed),
     .minimum = 0,
     .maximum = 9e18,
     .initial = "1",
     .help = "Number of the data set: the same options give the same files, byte for byte."},
    {.name = "stages",
     .type = CLI_STRING,
     .value = "A,B,C,D,E",
     .offset = offsetof(Values, stages),
     .initial = "25,11,21,30,13",
     .help = "Shares of patients in pN0, pN0(i+), pN1mi, pN1 and pN2."},
    {.name = "no-ihc",
     .offset = offsetof(Values, no_ihc),
     .help = "Leave out the neighbouring sections in immunohistochemistry."},
    CLI_OPTION_THREADS,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal phantom dataset phantom", "20 patients, 100 slides."},
    {"nodal phantom dataset small --patients 5 --size 2000", "One patient a center and a stage, in seconds."},
    {"nodal phantom dataset half --patients 10 --stages 1,0,0,1,0 --seed 7", "Half of the patients pN0, half pN1."},
    {NULL, NULL}};

const CliCommand cli_phantom_dataset = {
    .name = "phantom dataset",
    .group = "Make slides",
    .summary = "paint a synthetic data set whose truth is known",
    .description =
        "Paints a small synthetic data set in the manner of CAMELYON17: patients of five lymph nodes in five centers, "
        "each center with its own stain, spacing and scanner format; metastases of exact size with contours and masks; "
        "labels and stages in the official form; a neighbouring section of each positive slide in "
        "immunohistochemistry; faults on some slides; checksums. phantom.csv holds everything that was painted. All of "
        "it is artificial and shows no patient, and the files say so.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
