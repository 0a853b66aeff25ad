/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "json.h"

#include <nodal/dataset.h>
#include <nodal/patients.h>
#include <stdlib.h>
#include <string.h>

enum { STAGES = NODAL_LABEL_PATIENT_CLASSES };

typedef struct Values {
  CliCommon common;
  const char *catalog, *stages;
  int64_t seed;
} Values;

typedef struct Work {
  const CliContext *context;
  const Values *values;
  NodalCatalog *catalog;
  NodalPatientSlide *slides; /* as many as the catalog has, in its order */
  NodalPatients *patients;
} Work;

static const char *stage_name(int stage) {
  return nodal_label_name(NODAL_LABEL_PATIENT, stage);
}

/* ---- grouping ---- */

/* One "pN0=25" of a list, which ends at a comma or the end. */
static bool parse_share(const char *text, size_t length, int64_t shares[STAGES], bool given[STAGES]) {
  char name[20];
  const char *sign = memchr(text, '=', length);
  size_t used = sign ? (size_t)(sign - text) : 0;
  if (!sign || used >= sizeof name) {
    return false;
  }
  memcpy(name, text, used);
  name[used] = '\0';
  int stage = nodal_label_class(NODAL_LABEL_PATIENT, name);
  size_t digits = strspn(sign + 1, "0123456789");
  if (stage < 0 || given[stage] || digits == 0 || digits > 7 || used + 1 + digits != length) {
    return false;
  }
  shares[stage] = strtoll(sign + 1, NULL, 10);
  given[stage] = true;
  return shares[stage] <= NODAL_PATIENTS_MAX_SHARE;
}

/* CLI_DONE; or CLI_USAGE, and the error told. */
static int parse_shares(const CliContext *context, const char *text, int64_t shares[STAGES]) {
  bool given[STAGES] = {false};
  memset(shares, 0, STAGES * sizeof *shares);
  for (;;) {
    size_t length = strcspn(text, ",");
    if (!parse_share(text, length, shares, given)) {
      return cli_usage(context,
                       "--stages: '%.*s' is not STAGE=N with a stage of pN0, pN0(i+), pN1mi, pN1 or pN2, each "
                       "once, and N of 0 to %d",
                       (int)length, text, NODAL_PATIENTS_MAX_SHARE);
    }
    if (text[length] == '\0') {
      return CLI_DONE;
    }
    text += length + 1;
  }
}

static bool group(Work *work, const int64_t shares[STAGES], NodalError **error) {
  int count = nodal_catalog_count(work->catalog);
  work->slides = cli_allocate(((size_t)count + 1) * sizeof *work->slides);
  NodalCatalogRow row;
  for (int i = 0; nodal_catalog_row(work->catalog, i, &row); i++) {
    work->slides[i] = (NodalPatientSlide){row.center, nodal_label_class(NODAL_LABEL_SLIDE, row.label)};
  }
  work->patients = nodal_patients_group(work->slides, (size_t)count, shares, (uint64_t)work->values->seed, error);
  return work->patients != NULL;
}

/* ---- telling ---- */

static void print_row(FILE *stream, const char *label, const char *center, const char *slide) {
  fprintf(stream, ",%s,", label);
  cli_print_field(stream, center);
  fputc(',', stream);
  cli_print_field(stream, slide);
  fputc('\n', stream);
}

static bool write_table(const Work *work) {
  CliTextFile file;
  if (!cli_text_open(work->context, &file, work->context->common->output)) {
    return false;
  }
  fputs("patient,stage,center,source\n", file.stream);
  NodalArtificialPatient patient;
  for (size_t i = 0; nodal_patients_item(work->patients, i, &patient); i++) {
    fprintf(file.stream, "patient_%03zu.zip", i);
    print_row(file.stream, stage_name(patient.stage), work->slides[patient.slides[0]].center, "");
    for (int node = 0; node < NODAL_PATIENT_SLIDES; node++) {
      NodalCatalogRow row;
      nodal_catalog_row(work->catalog, (int)patient.slides[node], &row);
      fprintf(file.stream, "patient_%03zu_node_%d.tif", i, node);
      print_row(file.stream, nodal_label_name(NODAL_LABEL_SLIDE, work->slides[patient.slides[node]].label), row.center,
                row.slide);
    }
  }
  bool written = cli_text_commit(work->context, &file);
  cli_text_close(&file);
  return written;
}

static void tell_counts(const Work *work, const char *center, const char *what, const int64_t counts[STAGES]) {
  cli_tell(work->context, "%-12s %-8s", center, what);
  for (int stage = 0; stage < STAGES; stage++) {
    cli_tell(work->context, " %8lld", (long long)counts[stage]);
  }
  cli_tell(work->context, "\n");
}

/* Tells what was wanted and what reached, by center. Returns how many patients have another stage than wanted. */
static int64_t tell_centers(const Work *work) {
  cli_tell(work->context, "%-12s %-8s", "center", "");
  for (int stage = 0; stage < STAGES; stage++) {
    cli_tell(work->context, " %8s", stage_name(stage));
  }
  cli_tell(work->context, "\n");
  NodalPatientsCenter center;
  int64_t wanted[STAGES] = {0}, reached[STAGES] = {0}, differing = 0;
  for (size_t i = 0; nodal_patients_center(work->patients, i, &center); i++) {
    tell_counts(work, center.name, "wanted", center.wanted);
    tell_counts(work, "", "reached", center.reached);
    for (int stage = 0; stage < STAGES; stage++) {
      wanted[stage] += center.wanted[stage];
      reached[stage] += center.reached[stage];
      differing += center.reached[stage] > center.wanted[stage] ? center.reached[stage] - center.wanted[stage] : 0;
    }
  }
  tell_counts(work, "all", "wanted", wanted);
  tell_counts(work, "", "reached", reached);
  return differing;
}

static const char *why_left(const NodalPatientSlide *slide, const char *label) {
  if (slide->center[0] == '\0') {
    return "its center is not known";
  }
  if (label[0] == '\0') {
    return "its label is not known";
  }
  return slide->label < 0 || slide->label >= NODAL_LABEL_SLIDE_CLASSES ? "its label tells no size" : "no five are left";
}

/* Names the slides that are no patient's; `list` NULL: for people. */
static size_t tell_left(const Work *work, json_t *list) {
  int count = nodal_catalog_count(work->catalog);
  bool *used = cli_allocate(((size_t)count + 1) * sizeof *used);
  NodalArtificialPatient patient;
  for (size_t i = 0; nodal_patients_item(work->patients, i, &patient); i++) {
    for (int node = 0; node < NODAL_PATIENT_SLIDES; node++) {
      used[patient.slides[node]] = true;
    }
  }
  size_t left = 0;
  NodalCatalogRow row;
  for (int i = 0; nodal_catalog_row(work->catalog, i, &row); i++) {
    if (used[i]) {
      continue;
    }
    left++;
    const char *reason = why_left(&work->slides[i], row.label);
    if (list) {
      json_t *entry = json_object();
      cli_json_set(entry, "slide", cli_json_text(row.slide));
      cli_json_set(entry, "reason", cli_json_text(reason));
      cli_json_append(list, entry);
    } else {
      cli_tell(work->context, "not used: %s (%s)\n", row.slide, reason);
    }
  }
  free(used);
  return left;
}

static json_t *describe_counts(const int64_t counts[STAGES]) {
  json_t *object = json_object();
  for (int stage = 0; stage < STAGES; stage++) {
    cli_json_set(object, stage_name(stage), json_integer(counts[stage]));
  }
  return object;
}

static void print_json(const Work *work) {
  json_t *document = json_object(), *patients = json_array(), *centers = json_array(), *left = json_array();
  NodalArtificialPatient patient;
  for (size_t i = 0; nodal_patients_item(work->patients, i, &patient); i++) {
    json_t *entry = json_object(), *slides = json_array();
    for (int node = 0; node < NODAL_PATIENT_SLIDES; node++) {
      NodalCatalogRow row;
      nodal_catalog_row(work->catalog, (int)patient.slides[node], &row);
      cli_json_append(slides, cli_json_text(row.slide));
    }
    cli_json_set(entry, "stage", cli_json_text(stage_name(patient.stage)));
    cli_json_set(entry, "center", cli_json_text(work->slides[patient.slides[0]].center));
    cli_json_set(entry, "slides", slides);
    cli_json_append(patients, entry);
  }
  NodalPatientsCenter center;
  for (size_t i = 0; nodal_patients_center(work->patients, i, &center); i++) {
    json_t *entry = json_object();
    cli_json_set(entry, "center", cli_json_text(center.name));
    cli_json_set(entry, "slides", json_integer(center.slides));
    cli_json_set(entry, "wanted", describe_counts(center.wanted));
    cli_json_set(entry, "reached", describe_counts(center.reached));
    cli_json_append(centers, entry);
  }
  tell_left(work, left);
  cli_json_set(document, "patients", patients);
  cli_json_set(document, "centers", centers);
  cli_json_set(document, "left", left);
  cli_json_print(document);
}

/* ---- the command ---- */

static int make_patients(Work *work, const int64_t shares[STAGES]) {
  NodalError *error = NULL;
  if (!group(work, shares, &error)) {
    cli_error(work->context, "%s: %s", work->values->catalog, nodal_error_message(error));
    nodal_error_free(error);
    return CLI_FAILED;
  }
  if (!write_table(work)) {
    return CLI_FAILED;
  }
  if (work->context->common->json) {
    print_json(work);
  }
  int64_t differing = tell_centers(work);
  if (!work->context->common->json) {
    tell_left(work, NULL);
  }
  if (differing > 0) {
    cli_warning(work->context, "%s: the slides do not make the stages wanted: %lld of %zu patients have another one",
                work->values->catalog, (long long)differing, nodal_patients_count(work->patients));
  }
  return CLI_DONE;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  int64_t shares[STAGES] = NODAL_PATIENTS_TABLE_5;
  int status = values->stages ? parse_shares(context, values->stages, shares) : CLI_DONE;
  if (status != CLI_DONE) {
    return status;
  }
  if (!cli_check_output(context, values->common.output, values->catalog)) {
    return CLI_FAILED;
  }
  Work work = {.context = context, .values = values};
  NodalError *error = NULL;
  work.catalog = nodal_catalog_read(values->catalog, &error);
  status = work.catalog ? make_patients(&work, shares) : cli_fail(context, error);
  nodal_patients_free(work.patients);
  free(work.slides);
  nodal_catalog_free(work.catalog);
  return status;
}

static const CliOption arguments[] = {{.name = "CATALOG",
                                       .required = true,
                                       .type = CLI_STRING,
                                       .offset = offsetof(Values, catalog),
                                       .help = "What `nodal dataset scan` wrote, or a table of slide, center, label."},
                                      {.name = NULL}};

static const CliOption options[] = {
    CLI_OPTION_OUTPUT("The table to write: patient, stage, center as CAMELYON17 has it, and source, the slide."),
    CLI_OPTION_FORCE,
    {.name = "stages",
     .type = CLI_STRING,
     .value = "SHARES",
     .offset = offsetof(Values, stages),
     .help = "How the patients are to be shared out, in any unit: pN0=25,pN0(i+)=11,pN1mi=21,pN1=30,pN2=13, which is "
             "the default; a stage that is not named has no share."},
    {.name = "seed",
     .type = CLI_INT64,
     .value = "N",
     .offset = offsetof(Values, seed),
     .minimum = 0,
     .maximum = 9007199254740992,
     .initial = "1",
     .help = "What the random numbers start from."},
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal dataset patients catalog.csv -o stages.csv", "Patients with the stages of CAMELYON17."},
    {"nodal dataset patients catalog.csv -o stages.csv --stages pN0=1,pN2=1", "Half of them pN2."},
    {NULL, NULL}};

const CliCommand cli_dataset_patients = {
    .name = "dataset patients",
    .group = "Data sets",
    .summary = "group slides into artificial patients of five",
    .description =
        "Groups slides into artificial patients of five slides of one center, as many as there can be, each slide used "
        "once at most. The stages aimed at are those of the training patients of CAMELYON17 (table 5 of the paper), or "
        "those of --stages; they are shared out over the centers, and what comes nearest to a center's share of all "
        "that can be made of its slides is made. What was wanted and what reached is told by center, with a warning "
        "where they differ; slides that are no patient's are named with the reason.\n\n"
        "A slide needs a center and a label of negative (or normal), itc, micro or macro. The patients and nodes are "
        "numbered anew; the column source says which slide became which node. The same catalog, stages and seed give "
        "the same patients.\n\n"
        "The patients are artificial: their slides come from different people, and nothing about one of them tells of "
        "another.\n\n"
        "--json prints an object with the keys patients (stage, center, slides, as nodes 0 to 4), centers (center, "
        "slides, wanted, reached) and left (slide, reason).",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
