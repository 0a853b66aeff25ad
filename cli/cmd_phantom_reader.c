/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <nodal/phantom_reader.h>

typedef struct Values {
  CliCommon common;
  const char *dataset;
  int64_t seed;
  double half_mm, steepness, place_error_um, size_error, false_positives, separation;
} Values;

static void print_json(const Values *values, const NodalPhantomReaderSummary *summary) {
  json_t *document = json_object();
  cli_json_set(document, "output", cli_json_text(values->common.output));
  cli_json_set(document, "synthetic", json_true());
  cli_json_set(document, "slides", json_integer(summary->slides));
  cli_json_set(document, "patients", json_integer(summary->patients));
  cli_json_set(document, "lesions", json_integer(summary->lesions));
  cli_json_set(document, "found", json_integer(summary->found));
  cli_json_set(document, "false_positives", json_integer(summary->false_positives));
  cli_json_set(document, "labels_right", json_integer(summary->labels_right));
  cli_json_set(document, "stages_right", json_integer(summary->stages_right));
  cli_json_print(document);
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  NodalPhantomReaderOptions options = {.seed = (uint64_t)values->seed,
                                       .half_mm = values->half_mm,
                                       .steepness = values->steepness,
                                       .place_error_um = values->place_error_um,
                                       .size_error = values->size_error,
                                       .false_positives = values->false_positives,
                                       .separation = values->separation,
                                       .force = values->common.force};
  NodalPhantomReaderSummary summary;
  NodalError *error = NULL;
  if (!nodal_phantom_reader_write(&options, values->dataset, values->common.output, &summary, &error)) {
    return cli_fail(context, error);
  }
  if (values->common.json) {
    print_json(values, &summary);
  }
  cli_tell(context,
           "%s: synthetic: %lld of %lld lesions found, %lld false positives, %lld of %lld slides and %lld of %lld "
           "patients right\n",
           values->common.output, (long long)summary.found, (long long)summary.lesions,
           (long long)summary.false_positives, (long long)summary.labels_right, (long long)summary.slides,
           (long long)summary.stages_right, (long long)summary.patients);
  return CLI_DONE;
}

static const CliOption arguments[] = {{.name = "DATASET",
                                       .required = true,
                                       .type = CLI_STRING,
                                       .offset = offsetof(Values, dataset),
                                       .help = "A folder with the phantom.csv and lesions.csv of a phantom data set."},
                                      {.name = NULL}};

static const CliOption options[] = {
    {.name = "output",
     .letter = 'o',
     .required = true,
     .type = CLI_STRING,
     .value = "FOLDER",
     .offset = offsetof(CliCommon, output),
     .help = "The folder to make. It appears when it is complete."},
    {.name = "force",
     .letter = 'f',
     .offset = offsetof(CliCommon, force),
     .help = "Replace a folder that is empty or holds an earlier reading. Nothing else is replaced."},
    {.name = "seed",
     .type = CLI_INT64,
     .value = "K",
     .offset = offsetof(Values, seed),
     .minimum = 0,
     .maximum = 9007199254740992,
     .initial = "1",
     .help = "What the random numbers start from."},
    {.name = "half",
     .type = CLI_DOUBLE,
     .value = "MM",
     .offset = offsetof(Values, half_mm),
     .minimum = 0,
     .maximum = 100,
     .initial = "0.19",
     .help = "Longest diameter of lesions of which every other one is found; 0: all lesions are found."},
    {.name = "steepness",
     .type = CLI_DOUBLE,
     .value = "B",
     .offset = offsetof(Values, steepness),
     .minimum = 0.1,
     .maximum = 10,
     .initial = "1.3",
     .help = "How fast larger lesions are found more often."},
    {.name = "place-error",
     .type = CLI_DOUBLE,
     .value = "UM",
     .offset = offsetof(Values, place_error_um),
     .minimum = 0,
     .maximum = 10000,
     .initial = "20",
     .help = "Standard deviation of places from the lesion's center, in x and in y, in micrometres."},
    {.name = "size-error",
     .type = CLI_DOUBLE,
     .value = "S",
     .offset = offsetof(Values, size_error),
     .minimum = 0,
     .maximum = 2,
     .initial = "0.1",
     .help = "Standard deviation of the logarithm of measured diameters: 0.1 is about 10 %."},
    {.name = "false-positives",
     .type = CLI_DOUBLE,
     .value = "N",
     .offset = offsetof(Values, false_positives),
     .minimum = 0,
     .maximum = 50,
     .initial = "0.5",
     .help = "Mean number of false positives a slide."},
    {.name = "separation",
     .type = CLI_DOUBLE,
     .value = "D",
     .offset = offsetof(Values, separation),
     .minimum = 0,
     .maximum = 10,
     .initial = "2",
     .help = "How far confidences of lesions and of false positives lie apart, in standard deviations of the logarithm "
             "of their odds."},
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal phantom reader phantom -o reader", "A reader who misses small lesions and sees some that are none."},
    {"nodal phantom reader phantom -o sure --half 0 --false-positives 0",
     "One who finds all lesions and nothing else."},
    {"nodal phantom reader phantom -o hasty --half 0.6 --false-positives 2", "One in a hurry."},
    {NULL, NULL}};

const CliCommand cli_phantom_reader = {
    .name = "phantom reader",
    .group = "Make slides",
    .summary = "make up a reader's submission for a phantom data set",
    .description =
        "Takes the truth of a synthetic data set and disturbs it by a stated error model. No slide is looked at, and "
        "the result says that it is synthetic: it is for trying evaluations out.\n\n"
        "A lesion of longest diameter s is found with the probability 1 / (1 + (half / s)^steepness). False positives "
        "are Poisson's and lie near no lesion. The logarithm of the odds of a confidence is normal with the standard "
        "deviation 1 and the mean +separation / 2 for lesions and -separation / 2 for false positives. A node has the "
        "label of the largest diameter measured in it, false positives have no say, and stages follow by the rules of "
        "CAMELYON17.\n\n"
        "The folder gets detections/SLIDE.csv (p,x,y in level-0 pixels), slides.csv (the highest confidence of each "
        "slide), stages.csv (a submission for CAMELYON17), reader.csv (the parameters) and README.md. The same "
        "options and data set make the same bytes.\n\n"
        "--json prints an object with the keys output, synthetic, slides, patients, lesions, found, false_positives, "
        "labels_right and stages_right.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
