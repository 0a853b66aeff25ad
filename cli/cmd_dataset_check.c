/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "json.h"
#include "progress.h"

#include <nodal/dataset.h>

typedef struct Values {
  CliCommon common;
  const char *catalog;
  CliStrings checksums;
  bool deep, csv;
} Values;

/* By severity. */
typedef struct Counts {
  int of[NODAL_SEVERITY_NOTE + 1];
} Counts;

static NodalFindings *check(const CliContext *context, const Values *values, const NodalCatalog *catalog,
                            NodalError **error) {
  CliProgress progress;
  cli_progress_start(&progress, context, "check", 0);
  NodalProgress callback = cli_progress_callback(&progress);
  NodalCheckOptions options = {.checksums = values->checksums.items,
                               .checksum_count = values->checksums.count,
                               .deep = values->deep,
                               .threads = context->common->threads,
                               .progress = &callback};
  NodalFindings *findings = nodal_catalog_check(catalog, &options, error);
  cli_progress_end(&progress);
  return findings;
}

/* Notes are left out with --quiet. */
static void print_text(const CliContext *context, const NodalFindings *findings) {
  NodalFinding finding;
  for (int i = 0; nodal_findings_get(findings, i, &finding); i++) {
    if (finding.severity != NODAL_SEVERITY_NOTE || !context->common->quiet) {
      cli_print_safe(stdout, "%s%s%s: %s\n", nodal_severity_name(finding.severity), finding.slide[0] ? " " : "",
                     finding.slide, finding.message);
    }
  }
}

static void print_csv(const NodalFindings *findings) {
  NodalFinding finding;
  printf("severity,kind,slide,message\n");
  for (int i = 0; nodal_findings_get(findings, i, &finding); i++) {
    printf("%s,%s,", nodal_severity_name(finding.severity), finding.kind);
    cli_print_field(stdout, finding.slide);
    printf(",");
    cli_print_field(stdout, finding.message);
    printf("\n");
  }
}

static void print_json(const Values *values, const NodalCatalog *catalog, const NodalFindings *findings,
                       const Counts *counts) {
  json_t *document = json_object(), *list = json_array();
  NodalFinding finding;
  for (int i = 0; nodal_findings_get(findings, i, &finding); i++) {
    json_t *entry = json_object();
    cli_json_set(entry, "severity", cli_json_text(nodal_severity_name(finding.severity)));
    cli_json_set(entry, "kind", cli_json_text(finding.kind));
    cli_json_set(entry, "slide", finding.slide[0] ? cli_json_text(finding.slide) : json_null());
    cli_json_set(entry, "message", cli_json_text(finding.message));
    cli_json_append(list, entry);
  }
  cli_json_set(document, "catalog", cli_json_text(values->catalog));
  cli_json_set(document, "slides", json_integer(nodal_catalog_count(catalog)));
  cli_json_set(document, "errors", json_integer(counts->of[NODAL_SEVERITY_ERROR]));
  cli_json_set(document, "warnings", json_integer(counts->of[NODAL_SEVERITY_WARNING]));
  cli_json_set(document, "notes", json_integer(counts->of[NODAL_SEVERITY_NOTE]));
  cli_json_set(document, "findings", list);
  cli_json_print(document);
}

static int give(const CliContext *context, const Values *values, const NodalCatalog *catalog,
                const NodalFindings *findings) {
  Counts counts = {{0}};
  NodalFinding finding;
  for (int i = 0; nodal_findings_get(findings, i, &finding); i++) {
    counts.of[finding.severity]++;
  }
  int errors = counts.of[NODAL_SEVERITY_ERROR], warnings = counts.of[NODAL_SEVERITY_WARNING];
  if (context->common->json) {
    print_json(values, catalog, findings, &counts);
  } else if (values->csv) {
    print_csv(findings);
  } else {
    int notes = counts.of[NODAL_SEVERITY_NOTE], slides = nodal_catalog_count(catalog);
    print_text(context, findings);
    cli_tell(context, "%d %s: %d %s, %d %s, %d %s\n", slides, slides == 1 ? "slide" : "slides", errors,
             errors == 1 ? "error" : "errors", warnings, warnings == 1 ? "warning" : "warnings", notes,
             notes == 1 ? "note" : "notes");
  }
  return errors + warnings > 0 ? CLI_PROBLEMS : CLI_DONE;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  if (values->csv && context->common->json) {
    return cli_usage(context, "--csv and --json both print: choose one");
  }
  NodalError *error = NULL;
  NodalCatalog *catalog = nodal_catalog_read(values->catalog, &error);
  NodalFindings *findings = catalog ? check(context, values, catalog, &error) : NULL;
  int status = findings ? give(context, values, catalog, findings) : cli_fail(context, error);
  nodal_findings_free(findings);
  nodal_catalog_free(catalog);
  return status;
}

static const CliOption arguments[] = {{.name = "CATALOG",
                                       .required = true,
                                       .type = CLI_STRING,
                                       .value = "FILE",
                                       .offset = offsetof(Values, catalog),
                                       .help = "The catalog, as nodal dataset scan writes it."},
                                      {.name = NULL}};

static const CliOption options[] = {
    {.name = "checksums",
     .type = CLI_STRINGS,
     .value = "FILE",
     .offset = offsetof(Values, checksums),
     .help = "Check files by this list of md5sum or sha256sum, whose names are relative to it. May be given again."},
    {.name = "deep",
     .offset = offsetof(Values, deep),
     .help = "Decode every tile of every level, and check the checksums that the catalog states."},
    {.name = "csv", .offset = offsetof(Values, csv), .help = "Print the findings as a CSV table."},
    CLI_OPTION_THREADS,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal dataset check catalog.csv", "Headers, contours, masks, labels and stages."},
    {"nodal dataset check catalog.csv --checksums checksums.md5", "Also whether the files are what was published."},
    {"nodal dataset check catalog.csv --deep", "Also whether all of each slide can be read."},
    {NULL, NULL}};

const CliCommand cli_dataset_check = {
    .name = "dataset check",
    .group = "Data sets",
    .summary = "check the files of a data set and what is said of them",
    .description =
        "Prints one line a finding, \"SEVERITY SLIDE: what\", and exits with status 3 if there is an error or a "
        "warning; notes alone are 0.\n\n"
        "Looked for are files that are missing, cannot be read or are others than the catalog says; spacings that are "
        "missing, unequal in x and y, or not to be expected; levels that do not shrink or end in no overview; masks "
        "that do not fit; contours outside the slide, in unknown groups, or damaged; contours of tumor on a slide "
        "labelled negative, and a label that the longest contour contradicts by more than a tenth; published contours "
        "that are missing; slides with the same checksum; patients without all their nodes, or with two centers; "
        "stages that do not follow from the labels; slides that were removed from the data set; and which of the two "
        "versions of CAMELYON17's labels in circulation these are.\n\n"
        "A list of --checksums may also name files that are no slides. One that is not there is no error: a part of "
        "the data set is enough.\n\n"
        "--csv has the columns severity, kind, slide and message. --json prints an object with the keys catalog, "
        "slides, errors, warnings, notes and findings (severity, kind, slide, message).\n\n"
        "For research. A finding is a reason to look, no diagnosis.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
