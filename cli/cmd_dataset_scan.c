/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "json.h"
#include "progress.h"

#include <nodal/dataset.h>
#include <string.h>

typedef struct Values {
  CliCommon common;
  const char *root;
  bool plain;
} Values;

/* How many rows have what. */
typedef struct Counts {
  int slides, files, labels, annotations, masks, unread;
  int datasets[4];
} Counts;

static const char *const dataset_names[] = {"CAMELYON16", "CAMELYON17", "phantom", ""};

static Counts count_rows(const NodalCatalog *catalog) {
  Counts counts = {0};
  NodalCatalogRow row;
  for (int i = 0; nodal_catalog_row(catalog, i, &row); i++) {
    counts.slides++;
    counts.files += row.path[0] != '\0';
    counts.unread += row.path[0] != '\0' && row.width_px == 0;
    counts.labels += row.label[0] != '\0';
    counts.annotations += row.annotation[0] != '\0';
    counts.masks += row.mask[0] != '\0';
    for (int k = 0; k < 4; k++) {
      counts.datasets[k] += strcmp(row.dataset, dataset_names[k]) == 0;
    }
  }
  return counts;
}

static void tell(const CliContext *context, const Values *values, const Counts *counts) {
  cli_tell(context, "%s: %d %s", values->root, counts->slides, counts->slides == 1 ? "slide" : "slides");
  const char *before = ": ";
  for (int k = 0; k < 4; k++) {
    if (counts->datasets[k] > 0) {
      const char *name = k == 2                ? "phantom (synthetic)"
                         : dataset_names[k][0] ? dataset_names[k]
                                               : "of no known data set";
      cli_tell(context, "%s%d %s", before, counts->datasets[k], name);
      before = ", ";
    }
  }
  cli_tell(context, "\n");
  cli_tell(context, "%d with a file", counts->files);
  if (counts->unread > 0) {
    cli_tell(context, " (%d cannot be read)", counts->unread);
  }
  cli_tell(context, ", %d with a label, %d with contours, %d with a mask\n", counts->labels, counts->annotations,
           counts->masks);
}

static void print_json(const Values *values, const NodalCatalog *catalog, const Counts *counts) {
  json_t *document = json_object(), *warnings = json_array();
  const char *warning;
  for (int i = 0; (warning = nodal_catalog_warning(catalog, i)) != NULL; i++) {
    cli_json_append(warnings, cli_json_text(warning));
  }
  cli_json_set(document, "root", cli_json_text(values->root));
  cli_json_set(document, "catalog", cli_json_text(values->common.output));
  cli_json_set(document, "slides", json_integer(counts->slides));
  cli_json_set(document, "files", json_integer(counts->files));
  cli_json_set(document, "unreadable", json_integer(counts->unread));
  cli_json_set(document, "labels", json_integer(counts->labels));
  cli_json_set(document, "annotations", json_integer(counts->annotations));
  cli_json_set(document, "masks", json_integer(counts->masks));
  cli_json_set(document, "warnings", warnings);
  cli_json_print(document);
}

static NodalCatalog *scan(const CliContext *context, const Values *values, NodalError **error) {
  CliProgress progress;
  cli_progress_start(&progress, context, "slides", 0);
  NodalProgress callback = cli_progress_callback(&progress);
  NodalScanOptions options = {.plain = values->plain, .threads = context->common->threads, .progress = &callback};
  NodalCatalog *catalog = nodal_catalog_scan(values->root, &options, error);
  cli_progress_end(&progress);
  return catalog;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  if (!cli_check_output(context, values->common.output, values->root)) {
    return CLI_FAILED;
  }
  NodalError *error = NULL;
  NodalCatalog *catalog = scan(context, values, &error);
  if (!catalog) {
    return cli_fail(context, error);
  }
  const char *warning;
  for (int i = 0; (warning = nodal_catalog_warning(catalog, i)) != NULL && !context->common->json; i++) {
    cli_warning(context, "%s", warning);
  }
  Counts counts = count_rows(catalog);
  int status = CLI_DONE;
  if (counts.slides == 0) {
    cli_error(context, "%s: holds no slide and no table of slides", values->root);
    status = CLI_FAILED;
  } else if (!nodal_catalog_write(catalog, values->common.output, values->common.force, &error)) {
    status = cli_fail(context, error);
  } else if (context->common->json) {
    print_json(values, catalog, &counts);
  } else {
    tell(context, values, &counts);
  }
  nodal_catalog_free(catalog);
  return status;
}

static const CliOption arguments[] = {{.name = "DIR",
                                       .required = true,
                                       .type = CLI_STRING,
                                       .value = "DIR",
                                       .offset = offsetof(Values, root),
                                       .help = "The folder that holds the data set, at any depth."},
                                      {.name = NULL}};

static const CliOption options[] = {CLI_OPTION_OUTPUT("The catalog: a CSV table, one row a slide."),
                                    {.name = "plain",
                                     .offset = offsetof(Values, plain),
                                     .help = "Take no slide for one of CAMELYON because of its name."},
                                    CLI_OPTION_THREADS,
                                    CLI_OPTION_FORCE,
                                    CLI_OPTION_JSON,
                                    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal dataset scan /data/camelyon -o catalog.csv", "The catalog of CAMELYON16, CAMELYON17 or both."},
    {"nodal dataset scan slides -o catalog.csv --plain", "Of slides of one's own, whatever they are called."},
    {NULL, NULL}};

const CliCommand cli_dataset_scan = {
    .name = "dataset scan",
    .group = "Data sets",
    .summary = "make the catalog of a data set",
    .description =
        "Writes one row a slide with the columns slide, path, dataset, split, center, patient, node, label, stage, "
        "annotation, mask, width_px, height_px, spacing_um, scanner, bytes, checksum and notes. What is not known is "
        "empty; nothing is guessed. Of a slide only the header is read.\n\n"
        "Slides of CAMELYON16 and CAMELYON17 are known by their published names, in any folder and letter case, and "
        "what is published about them is filled in: center, split, contours that are not exhaustive, slides that were "
        "removed or renamed. A folder with a file phantom.csv is a synthetic data set. In any other folder a slide is "
        "what opens as one, but for PNG and JPEG pictures; its contours and mask are NAME.xml or NAME.geojson and "
        "NAME_mask.tif.\n\n"
        "Labels and stages are those of stages.csv, stage_labels.csv, reference.csv and GT.csv in the folder, "
        "checksums those of lists such as checksums.md5. A folder that holds such a table alone makes a catalog "
        "without files.\n\n"
        "A slide that cannot be read has a row with a note and is told; the rest goes on. Paths are relative where the "
        "catalog lies in the folder or above it.\n\n"
        "--json prints an object with the keys root, catalog, slides, files, unreadable, labels, annotations, masks "
        "and warnings.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
