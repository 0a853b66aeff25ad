/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/scan.h"

#include "base/memory.h"
#include "base/number.h"
#include "dataset/checksums.h"
#include "dataset/facts.h"
#include "evaluation/table.h"
#include "staging/table.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- taking over ---- */

/* "tumor" becomes what kind it is. */
static bool says_more(CatalogText column, const char *before, const char *text) {
  return column == CATALOG_LABEL && strcmp(before, "tumor") == 0 &&
         (strcmp(text, "itc") == 0 || strcmp(text, "micro") == 0 || strcmp(text, "macro") == 0);
}

static bool says_less(CatalogText column, const char *before, const char *text) {
  return says_more(column, text, before);
}

/* Sets what is not known yet; tells where it is known otherwise. */
static bool take(Scan *scan, CatalogEntry *entry, CatalogText column, const char *text, const char *file,
                 NodalError **error) {
  static const char *const words[CATALOG_TEXTS] = {[CATALOG_LABEL] = "label",
                                                   [CATALOG_STAGE] = "stage",
                                                   [CATALOG_CENTER] = "center",
                                                   [CATALOG_PATIENT] = "patient",
                                                   [CATALOG_NODE] = "node"};
  const char *before = catalog_text(entry, column);
  if (text[0] == '\0' || strcasecmp(before, text) == 0 || says_less(column, before, text)) {
    return true;
  }
  if (before[0] == '\0' || says_more(column, before, text)) {
    return catalog_set(entry, column, text, error);
  }
  return evaluation_problems_add(&scan->catalog->warnings, error, "%s: %s: %s %s, but %s elsewhere; the latter is kept",
                                 file, catalog_text(entry, CATALOG_SLIDE), words[column], text, before);
}

/* What a table calls a center by its number. */
static bool take_center(Scan *scan, CatalogEntry *entry, const char *text, const char *file, NodalError **error) {
  int64_t number;
  bool published = strcmp(catalog_text(entry, CATALOG_DATASET), facts_camelyon17) == 0;
  const char *name = nodal_parse_integer(text, strlen(text), &number) && published ? facts_center(number) : NULL;
  return take(scan, entry, CATALOG_CENTER, name ? name : text, file, error);
}

static NodalSource *open_file(const Scan *scan, const WalkFile *file, NodalError **error) {
  char *path = nodal_catalog_resolve(scan->catalog, file->path, error);
  NodalSource *source = path ? nodal_source_open(path, error) : NULL;
  free(path);
  return source;
}

/* ---- stages.csv ---- */

static bool take_node(Scan *scan, const StageEntry *patient, const StageRow *row, const char *stage, const char *file,
                      NodalError **error) {
  char *name = scan_stem(row->node, error);
  CatalogEntry *entry = name ? scan_row(scan, name, error) : NULL;
  free(name);
  if (!entry) {
    return false;
  }
  NodalCategory label;
  if (nodal_category_from_name(row->text, &label)) {
    if (!take(scan, entry, CATALOG_LABEL, nodal_category_name(label), file, error)) {
      return false;
    }
  } else if (!evaluation_problems_add(&scan->catalog->warnings, error, "%s: line %lld: %s: '%s' is no label", file,
                                      (long long)row->line, row->node, row->text)) {
    return false;
  }
  char number[16] = "";
  if (row->number >= 0) {
    snprintf(number, sizeof number, "%d", row->number);
  }
  return take(scan, entry, CATALOG_PATIENT, patient->patient.name, file, error) &&
         take(scan, entry, CATALOG_NODE, number, file, error) && take(scan, entry, CATALOG_STAGE, stage, file, error) &&
         take_center(scan, entry, row->center, file, error);
}

static bool take_patient(Scan *scan, const StageEntry *patient, const char *file, NodalError **error) {
  const char *given = patient->patient.given ? patient->patient.given : "";
  NodalStage stage;
  bool known = nodal_stage_from_name(given, &stage);
  if (given[0] != '\0' && !known &&
      !evaluation_problems_add(&scan->catalog->warnings, error, "%s: line %lld: %s: '%s' is no stage", file,
                               (long long)patient->patient.given_line, patient->patient.name, given)) {
    return false;
  }
  for (size_t i = 0; i < patient->row_count; i++) {
    const StageRow *row = patient->rows[i];
    if (row->node && !take_node(scan, patient, row, known ? nodal_stage_name(stage) : "", file, error)) {
      return false;
    }
  }
  return true;
}

/* Whatever its problems say about stages is for the check; those about labels are told here. */
static bool take_stages(Scan *scan, NodalSource *source, const char *file, NodalError **error) {
  NodalStageOptions options = {.rules = NODAL_STAGE_CHALLENGE, .nodes = 0};
  NodalStageTable *table = nodal_stage_table_read_source(source, &options, error);
  bool done = table != NULL;
  for (size_t i = 0; done && i < table->entry_count; i++) {
    done = take_patient(scan, &table->entries[i], file, error);
  }
  nodal_stage_table_free(table);
  return done;
}

/* ---- reference.csv and GT.csv ---- */

typedef struct Reference {
  Scan *scan;
  const char *file;
  bool begun;
  int name, type, label, center;
} Reference;

/* The word of the catalog for a label; "" where it is none. */
static const char *label_of(const char *text) {
  static const char *const words[][2] = {{"tumor", "tumor"},     {"tumour", "tumor"},  {"positive", "tumor"},
                                         {"normal", "negative"}, {"none", "negative"}, {"negative", "negative"},
                                         {"itc", "itc"},         {"micro", "micro"},   {"macro", "macro"}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (strcasecmp(words[i][0], text) == 0) {
      return words[i][1];
    }
  }
  return "";
}

static bool begin_reference(Reference *reference, const NodalCsvRow *row, bool *headed, NodalError **error) {
  static const char *const names[] = {"image", "slide", "name", NULL};
  static const char *const labels[] = {"class", "label", "category", NULL};
  reference->begun = true;
  reference->name = evaluation_column(row, names);
  reference->type = nodal_csv_column(row, "type");
  reference->label = evaluation_column(row, labels);
  reference->center = nodal_csv_column(row, "center");
  *headed = reference->name >= 0 && (reference->type >= 0 || reference->label >= 0);
  if (*headed) {
    return true;
  }
  /* "Test_001,Tumor,IDC,Macro" */
  reference->name = 0;
  reference->type = 1;
  reference->label = 3;
  reference->center = -1;
  return label_of(evaluation_field(row, 1))[0] != '\0' ||
         nodal_fail(error, NODAL_ERROR_FORMAT, "no columns image,type or image,label");
}

static bool take_reference_row(void *user, const NodalCsvRow *row, NodalError **error) {
  Reference *reference = user;
  bool headed = false;
  if (!reference->begun && !begin_reference(reference, row, &headed, error)) {
    return false;
  }
  if (headed || evaluation_field(row, reference->name)[0] == '\0') {
    return true;
  }
  Scan *scan = reference->scan;
  char *name = scan_stem(evaluation_field(row, reference->name), error);
  CatalogEntry *entry = name ? scan_row(scan, name, error) : NULL;
  free(name);
  const char *type = label_of(evaluation_field(row, reference->type));
  const char *label = label_of(evaluation_field(row, reference->label));
  /* A column of labels may hold "None" beside the type Tumor. */
  bool vague = label[0] == '\0' || (strcmp(label, "negative") == 0 && strcmp(type, "tumor") == 0);
  return entry && take(scan, entry, CATALOG_LABEL, vague ? type : label, reference->file, error) &&
         take_center(scan, entry, evaluation_field(row, reference->center), reference->file, error);
}

static bool take_reference(Scan *scan, NodalSource *source, const char *file, NodalError **error) {
  Reference reference = {.scan = scan, .file = file};
  return nodal_csv_read(source, take_reference_row, &reference, error);
}

/* ---- phantom.csv ---- */

typedef struct Phantom {
  Scan *scan;
  const char *file;
  bool headed;
  int slide, faults, ihc;
  struct {
    CatalogText column;
    const char *name;
    int place;
  } texts[5];
} Phantom;

static bool take_phantom_header(Phantom *phantom, const NodalCsvRow *row, NodalError **error) {
  phantom->headed = true;
  phantom->slide = nodal_csv_column(row, "slide");
  phantom->faults = nodal_csv_column(row, "faults");
  phantom->ihc = nodal_csv_column(row, "ihc");
  for (size_t i = 0; i < sizeof phantom->texts / sizeof *phantom->texts; i++) {
    phantom->texts[i].place = nodal_csv_column(row, phantom->texts[i].name);
  }
  return phantom->slide >= 0 || nodal_fail(error, NODAL_ERROR_FORMAT, "no column slide");
}

static bool take_phantom_row(void *user, const NodalCsvRow *row, NodalError **error) {
  Phantom *phantom = user;
  if (!phantom->headed) {
    return take_phantom_header(phantom, row, error);
  }
  CatalogEntry *entry = scan_row(phantom->scan, evaluation_field(row, phantom->slide), error);
  bool done = entry != NULL;
  for (size_t i = 0; done && i < sizeof phantom->texts / sizeof *phantom->texts; i++) {
    done = take(phantom->scan, entry, phantom->texts[i].column, evaluation_field(row, phantom->texts[i].place),
                phantom->file, error);
  }
  const char *faults = evaluation_field(row, phantom->faults), *ihc = evaluation_field(row, phantom->ihc);
  done = done && (faults[0] == '\0' || catalog_note(entry, error, "painted with faults: %s", faults));
  return done && (ihc[0] == '\0' || strcmp(ihc, "0") == 0 || catalog_note(entry, error, "IHC section: %s", ihc));
}

static bool take_phantom(Scan *scan, NodalSource *source, const char *file, NodalError **error) {
  Phantom phantom = {.scan = scan,
                     .file = file,
                     .texts = {{CATALOG_CENTER, "center", -1},
                               {CATALOG_PATIENT, "patient", -1},
                               {CATALOG_NODE, "node", -1},
                               {CATALOG_LABEL, "label", -1},
                               {CATALOG_STAGE, "stage", -1}}};
  return nodal_csv_read(source, take_phantom_row, &phantom, error);
}

/* ---- all tables ---- */

/* In the order in which they are believed. */
static const struct Table {
  const char *name;
  bool (*take)(Scan *scan, NodalSource *source, const char *file, NodalError **error);
  bool phantom, other; /* whether it is read in a phantom data set, and elsewhere */
} tables[] = {
    {"phantom.csv", take_phantom, true, false},     {"stages.csv", take_stages, true, true},
    {"stage_labels.csv", take_stages, false, true}, {"reference.csv", take_reference, false, true},
    {"GT.csv", take_reference, false, true},
};

/* A table that cannot be read is a warning. */
static bool take_table(Scan *scan, const struct Table *table, const WalkFile *file, NodalError **error) {
  NodalError *cause = NULL;
  NodalSource *source = open_file(scan, file, &cause);
  bool done = source && table->take(scan, source, file->path, &cause);
  nodal_source_unref(source);
  return done || scan_warn(scan, cause, error);
}

bool scan_tables(Scan *scan, NodalError **error) {
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    if (!(scan->phantom ? tables[i].phantom : tables[i].other)) {
      continue;
    }
    for (size_t k = 0; k < scan->walk.count; k++) {
      const WalkFile *file = &scan->walk.files[k];
      if (strcasecmp(file->name, tables[i].name) == 0 && !take_table(scan, &tables[i], file, error)) {
        return false;
      }
    }
  }
  return true;
}

/* ---- checksums ---- */

static int compare_paths(const void *key, const void *file) {
  return strcmp(key, ((const WalkFile *)file)->path);
}

/* SHA-256 rather than MD5. */
static bool take_checksum(Scan *scan, const WalkFile *list, const ChecksumItem *item, NodalError **error) {
  const char *name = item->path[0] == '.' && item->path[1] == '/' ? item->path + 2 : item->path;
  char *path = nodal_strdup_printf(error, "%.*s%s", (int)(list->name - list->path), list->path, name);
  if (!path) {
    return false;
  }
  const WalkFile *file = bsearch(path, scan->walk.files, scan->walk.count, sizeof *scan->walk.files, compare_paths);
  free(path);
  char *stem = file ? scan_stem(file->name, error) : NULL;
  if (!stem) {
    return file == NULL;
  }
  int index = nodal_catalog_find(scan->catalog, stem);
  free(stem);
  CatalogEntry *entry = index >= 0 ? &scan->catalog->entries[index] : NULL;
  if (!entry || strcmp(catalog_text(entry, CATALOG_PATH), file->path) != 0 ||
      (catalog_text(entry, CATALOG_CHECKSUM)[0] != '\0' && item->digest == NODAL_DIGEST_MD5)) {
    return true;
  }
  free(entry->texts[CATALOG_CHECKSUM]);
  entry->texts[CATALOG_CHECKSUM] = nodal_strdup_printf(error, "%s:%s", nodal_digest_name(item->digest), item->text);
  return entry->texts[CATALOG_CHECKSUM] != NULL;
}

bool scan_checksums(Scan *scan, NodalError **error) {
  bool done = true;
  for (size_t i = 0; done && i < scan->walk.count; i++) {
    const WalkFile *file = &scan->walk.files[i];
    if (!checksums_is_list(file->name)) {
      continue;
    }
    NodalError *cause = NULL;
    ChecksumList list = {0};
    NodalSource *source = open_file(scan, file, &cause);
    if (!source || !checksums_read(&list, source, &cause)) {
      done = scan_warn(scan, cause, error);
    }
    for (size_t k = 0; done && k < list.count; k++) {
      done = take_checksum(scan, file, &list.items[k], error);
    }
    checksums_clear(&list);
    nodal_source_unref(source);
  }
  return done;
}
