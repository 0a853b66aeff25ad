/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "json.h"

#include <nodal/dataset.h>
#include <nodal/labels.h>
#include <nodal/split.h>
#include <stdlib.h>
#include <strings.h>

typedef struct Values {
  CliCommon common;
  const char *catalog;
  int leave_out, folds; /* folds 0: not given */
  const char *only;
  int64_t seed;
} Values;

enum { LEAVE_OUT_NOTHING, LEAVE_OUT_CENTER };
static const char *const leave_out_names[] = {"nothing", "center", NULL};

typedef struct Work {
  const CliContext *context;
  const Values *values;
  NodalCatalog *catalog;
  NodalSplitSlide *slides;
  size_t count;
  int *fold;
  int folds;
  NodalSplitBalance *balance;
} Work;

enum { LABELS = 6, STAGES = 6, UNKNOWN = 5 };

static const char *class_name(NodalLabelKind kind, int index) {
  return index == UNKNOWN ? "unknown" : nodal_label_name(kind, index);
}

/* The name of the center that is left out with this fold; NULL where folds are no centers. */
static const char *center_of_fold(const Work *work, int fold) {
  for (size_t i = 0; work->values->leave_out == LEAVE_OUT_CENTER && i < work->count; i++) {
    if (work->fold[i] == fold && work->slides[i].center[0] != '\0') {
      return work->slides[i].center;
    }
  }
  return NULL;
}

/* ---- splitting ---- */

static bool take_slides(Work *work) {
  const char *only = work->values->only;
  NodalCatalogRow row;
  work->slides = cli_allocate(((size_t)nodal_catalog_count(work->catalog) + 1) * sizeof *work->slides);
  for (int i = 0; nodal_catalog_row(work->catalog, i, &row); i++) {
    if (!only || strcasecmp(row.split, only) == 0) {
      work->slides[work->count++] = (NodalSplitSlide){row.slide, row.patient, row.center, row.label, row.stage};
    }
  }
  if (work->count > 0) {
    return true;
  }
  if (only) {
    cli_error(work->context, "%s: no slide whose split is %s", work->values->catalog, only);
  } else {
    cli_error(work->context, "%s: no slide", work->values->catalog);
  }
  return false;
}

static bool split(Work *work, NodalError **error) {
  const Values *values = work->values;
  work->fold = cli_allocate(work->count * sizeof *work->fold);
  work->folds = values->folds;
  bool done =
      values->leave_out == LEAVE_OUT_CENTER
          ? nodal_split_centers(work->slides, work->count, work->fold, &work->folds, error)
          : nodal_split_folds(work->slides, work->count, values->folds, (uint64_t)values->seed, work->fold, error);
  if (!done) {
    return false;
  }
  work->balance = cli_allocate((size_t)work->folds * sizeof *work->balance);
  return nodal_split_balance(work->slides, work->count, work->fold, work->folds, work->balance, error);
}

/* ---- telling ---- */

static bool write_table(const Work *work) {
  CliTextFile file;
  if (!cli_text_open(work->context, &file, work->context->common->output)) {
    return false;
  }
  fputs("slide,patient,center,fold\n", file.stream);
  for (size_t i = 0; i < work->count; i++) {
    const char *const fields[] = {work->slides[i].slide, work->slides[i].patient, work->slides[i].center};
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
      cli_print_field(file.stream, fields[k]);
      fputc(',', file.stream);
    }
    fprintf(file.stream, "%d\n", work->fold[i]);
  }
  bool written = cli_text_commit(work->context, &file);
  cli_text_close(&file);
  return written;
}

/* Whether any fold has some of it: a column of zeros tells nothing. */
static bool is_there(const Work *work, NodalLabelKind kind, int index) {
  int64_t sum = 0;
  for (int fold = 0; fold < work->folds; fold++) {
    sum += (kind == NODAL_LABEL_SLIDE ? work->balance[fold].labels : work->balance[fold].stages)[index];
  }
  return sum > 0;
}

static void tell(const Work *work) {
  const CliContext *context = work->context;
  static const NodalLabelKind kinds[] = {NODAL_LABEL_SLIDE, NODAL_LABEL_PATIENT};
  cli_tell(context, "fold  patients  slides");
  for (int k = 0; k < 2; k++) {
    cli_tell(context, "  |");
    for (int i = 0; i < LABELS; i++) {
      if (is_there(work, kinds[k], i)) {
        cli_tell(context, " %8s", class_name(kinds[k], i));
      }
    }
  }
  cli_tell(context, "\n");
  for (int fold = 0; fold < work->folds; fold++) {
    const NodalSplitBalance *balance = &work->balance[fold];
    cli_tell(context, "%4d  %8lld  %6lld", fold, (long long)balance->patients, (long long)balance->slides);
    for (int k = 0; k < 2; k++) {
      cli_tell(context, "  |");
      const int64_t *counts = kinds[k] == NODAL_LABEL_SLIDE ? balance->labels : balance->stages;
      for (int i = 0; i < LABELS; i++) {
        if (is_there(work, kinds[k], i)) {
          cli_tell(context, " %8lld", (long long)counts[i]);
        }
      }
    }
    const char *center = center_of_fold(work, fold);
    if (center) {
      cli_tell(context, "  %s", center);
    }
    cli_tell(context, "\n");
  }
}

static json_t *describe_counts(NodalLabelKind kind, const int64_t *counts) {
  json_t *object = json_object();
  for (int i = 0; i < LABELS; i++) {
    cli_json_set(object, class_name(kind, i), json_integer(counts[i]));
  }
  return object;
}

static void print_json(const Work *work) {
  json_t *document = json_object(), *folds = json_array(), *slides = json_array();
  for (int fold = 0; fold < work->folds; fold++) {
    json_t *entry = json_object();
    const NodalSplitBalance *balance = &work->balance[fold];
    cli_json_set(entry, "fold", json_integer(fold));
    cli_json_set(entry, "center", cli_json_text(center_of_fold(work, fold)));
    cli_json_set(entry, "patients", json_integer(balance->patients));
    cli_json_set(entry, "slides", json_integer(balance->slides));
    cli_json_set(entry, "labels", describe_counts(NODAL_LABEL_SLIDE, balance->labels));
    cli_json_set(entry, "stages", describe_counts(NODAL_LABEL_PATIENT, balance->stages));
    cli_json_append(folds, entry);
  }
  for (size_t i = 0; i < work->count; i++) {
    json_t *entry = json_object();
    cli_json_set(entry, "slide", cli_json_text(work->slides[i].slide));
    cli_json_set(entry, "fold", json_integer(work->fold[i]));
    cli_json_append(slides, entry);
  }
  cli_json_set(document, "folds", folds);
  cli_json_set(document, "slides", slides);
  cli_json_print(document);
}

/* ---- the command ---- */

static int split_catalog(Work *work) {
  if (!take_slides(work)) {
    return CLI_FAILED;
  }
  NodalError *error = NULL;
  if (!split(work, &error)) {
    cli_error(work->context, "%s: %s", work->values->catalog, nodal_error_message(error));
    nodal_error_free(error);
    return CLI_FAILED;
  }
  if (work->context->common->output && !write_table(work)) {
    return CLI_FAILED;
  }
  if (work->context->common->json) {
    print_json(work);
  }
  tell(work);
  return CLI_DONE;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  if ((values->leave_out == LEAVE_OUT_CENTER) == (values->folds > 0)) {
    return cli_usage(context, "needs either --folds or --leave-out center");
  }
  if (values->common.output && !cli_check_output(context, values->common.output, values->catalog)) {
    return CLI_FAILED;
  }
  Work work = {.context = context, .values = values};
  NodalError *error = NULL;
  work.catalog = nodal_catalog_read(values->catalog, &error);
  int status = work.catalog ? split_catalog(&work) : cli_fail(context, error);
  free(work.balance);
  free(work.fold);
  free(work.slides);
  nodal_catalog_free(work.catalog);
  return status;
}

static const CliOption arguments[] = {{.name = "CATALOG",
                                       .required = true,
                                       .type = CLI_STRING,
                                       .offset = offsetof(Values, catalog),
                                       .help = "What `nodal dataset scan` wrote, or any table with a column slide."},
                                      {.name = NULL}};

static const CliOption options[] = {{.name = "folds",
                                     .type = CLI_INT,
                                     .value = "K",
                                     .offset = offsetof(Values, folds),
                                     .minimum = 2,
                                     .maximum = NODAL_SPLIT_MAX_FOLDS,
                                     .help = "Deal the patients into K folds."},
                                    {.name = "leave-out",
                                     .type = CLI_CHOICE,
                                     .value = "WHAT",
                                     .choices = leave_out_names,
                                     .offset = offsetof(Values, leave_out),
                                     .initial = "nothing",
                                     .help = "center: one fold a center, in the order of their names."},
                                    {.name = "only",
                                     .type = CLI_STRING,
                                     .value = "SPLIT",
                                     .offset = offsetof(Values, only),
                                     .help = "Take only slides with this in the catalog's column split: train, test."},
                                    {.name = "seed",
                                     .type = CLI_INT64,
                                     .value = "N",
                                     .offset = offsetof(Values, seed),
                                     .minimum = 0,
                                     .maximum = 9007199254740992,
                                     .initial = "1",
                                     .help = "What the random numbers start from."},
                                    {.name = "output",
                                     .letter = 'o',
                                     .type = CLI_STRING,
                                     .value = "FILE",
                                     .offset = offsetof(CliCommon, output),
                                     .help = "The table to write: slide, patient, center, fold (from 0)."},
                                    CLI_OPTION_FORCE,
                                    CLI_OPTION_JSON,
                                    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal dataset split catalog.csv --folds 5 --only train -o folds.csv", "Five folds for cross-validation."},
    {"nodal dataset split catalog.csv --leave-out center -o centers.csv", "One fold a center."},
    {NULL, NULL}};

const CliCommand cli_dataset_split = {
    .name = "dataset split",
    .group = "Data sets",
    .summary = "part a data set by patient for cross-validation",
    .description =
        "Gives each slide of the catalog a fold, and tells what is in each: patients, slides by label, patients by "
        "stage. A patient is never in two folds; a slide without a patient is one of its own.\n\n"
        "--folds deals the patients out so that the numbers of any two folds differ by one at most: in all, of each "
        "stage, of each center, and of each stage in each center. Where the stage is not known, the highest label of "
        "the patient's slides stands for it. Within that, the numbers of slides and of each label are brought as near "
        "to each other as exchanging patients does. The same catalog and seed give the same folds.\n\n"
        "A patient with two centers or two stages, a label that means nothing, and with --leave-out a slide without a "
        "center are errors.\n\n"
        "--json prints an object with the keys folds (fold, center (null with --folds), patients, slides, labels, "
        "stages) and slides (slide, fold).",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
