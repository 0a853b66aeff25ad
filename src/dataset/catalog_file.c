/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/catalog.h"

#include "base/csv.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/printer.h"

#include <errno.h>
#include <string.h>

/* A column: of text, or of a number at its place in an entry. */
typedef struct Column {
  const char *name;
  enum { TEXT, INTEGER, REAL } kind;
  CatalogText text;
  size_t offset;
} Column;

static const Column columns[] = {
    {"slide", TEXT, CATALOG_SLIDE, 0},
    {"path", TEXT, CATALOG_PATH, 0},
    {"dataset", TEXT, CATALOG_DATASET, 0},
    {"split", TEXT, CATALOG_SPLIT, 0},
    {"center", TEXT, CATALOG_CENTER, 0},
    {"patient", TEXT, CATALOG_PATIENT, 0},
    {"node", TEXT, CATALOG_NODE, 0},
    {"label", TEXT, CATALOG_LABEL, 0},
    {"stage", TEXT, CATALOG_STAGE, 0},
    {"annotation", TEXT, CATALOG_ANNOTATION, 0},
    {"mask", TEXT, CATALOG_MASK, 0},
    {"width_px", INTEGER, 0, offsetof(CatalogEntry, width)},
    {"height_px", INTEGER, 0, offsetof(CatalogEntry, height)},
    {"spacing_um", REAL, 0, offsetof(CatalogEntry, spacing_um)},
    {"scanner", TEXT, CATALOG_SCANNER, 0},
    {"bytes", INTEGER, 0, offsetof(CatalogEntry, bytes)},
    {"checksum", TEXT, CATALOG_CHECKSUM, 0},
    {"notes", TEXT, CATALOG_NOTES, 0},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* ---- reading ---- */

typedef struct Reader {
  NodalCatalog *catalog;
  bool headed;
  int places[COLUMNS]; /* where a column stands in the file; -1: nowhere */
} Reader;

static bool take_header(Reader *reader, const NodalCsvRow *row, NodalError **error) {
  reader->headed = true;
  for (int i = 0; i < COLUMNS; i++) {
    reader->places[i] = nodal_csv_column(row, columns[i].name);
  }
  return reader->places[0] >= 0 || nodal_fail(error, NODAL_ERROR_FORMAT, "no column slide");
}

static bool take_number(CatalogEntry *entry, const Column *column, const char *text, NodalError **error) {
  void *place = (char *)entry + column->offset;
  bool fine;
  if (column->kind == INTEGER) {
    int64_t *value = place;
    fine = nodal_parse_integer(text, strlen(text), value) && *value >= 0;
  } else {
    double *value = place;
    fine = nodal_parse_decimal(text, strlen(text), value) && *value >= 0;
  }
  return fine || nodal_fail(error, NODAL_ERROR_FORMAT, "%s is '%s', not %s of at least 0", column->name, text,
                            column->kind == INTEGER ? "a whole number" : "a number");
}

static bool take_row(void *user, const NodalCsvRow *row, NodalError **error) {
  Reader *reader = user;
  if (!reader->headed) {
    return take_header(reader, row, error);
  }
  CatalogEntry *entry = NULL;
  for (int i = 0; i < COLUMNS; i++) {
    int place = reader->places[i];
    const char *text = place >= 0 && (size_t)place < row->count ? row->fields[place] : "";
    if (i == 0) {
      if (text[0] == '\0') {
        return nodal_fail(error, NODAL_ERROR_FORMAT, "no name of a slide");
      }
      entry = catalog_add(reader->catalog, text, error);
      if (!entry) {
        return false;
      }
      entry->line = row->line;
    } else if (text[0] != '\0' && !(columns[i].kind == TEXT ? catalog_set(entry, columns[i].text, text, error)
                                                            : take_number(entry, &columns[i], text, error))) {
      return false;
    }
  }
  return true;
}

static bool read_rows(NodalCatalog *catalog, NodalSource *source, NodalError **error) {
  Reader reader = {.catalog = catalog};
  if (!nodal_csv_read(source, take_row, &reader, error)) {
    return false;
  }
  const char *name = nodal_source_name(source);
  if (!reader.headed) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "%s: is empty", name);
  }
  const CatalogEntry *first, *second;
  return !catalog_sort(catalog, &first, &second) ||
         nodal_fail(error, NODAL_ERROR_FORMAT, "%s: line %ld: %s is there already, in line %ld", name, second->line,
                    catalog_text(second, CATALOG_SLIDE), first->line);
}

/* The folder of a file; "" for the current one. To be freed. */
static char *folder_of(const char *path, NodalError **error) {
  const char *slash = strrchr(path, '/');
  int length = !slash ? 0 : slash == path ? 1 : (int)(slash - path);
  return nodal_strdup_printf(error, "%.*s", length, path);
}

NodalCatalog *nodal_catalog_read_source(NodalSource *source, NodalError **error) {
  const char *path = nodal_source_path(source);
  char *folder = folder_of(path ? path : "", error);
  NodalCatalog *catalog = folder ? catalog_new(folder, error) : NULL;
  free(folder);
  if (catalog && !read_rows(catalog, source, error)) {
    nodal_catalog_free(catalog);
    return NULL;
  }
  return catalog;
}

NodalCatalog *nodal_catalog_read(const char *path, NodalError **error) {
  NodalSource *source = nodal_source_open(path, error);
  if (!source) {
    return NULL;
  }
  NodalCatalog *catalog = nodal_catalog_read_source(source, error);
  nodal_source_unref(source);
  return catalog;
}

/* ---- writing ---- */

/* Where the paths of a catalog lie as seen from the folder that it is written to. */
typedef struct Place {
  char *whole;          /* absolute path of the catalog's folder; "" for the root */
  const char *relative; /* what is left of it below the new one, with its slash behind; NULL: it lies elsewhere */
} Place;

static char *absolute(const char *folder, NodalError **error) {
  char *path = realpath(folder[0] ? folder : ".", NULL);
  if (!path) {
    nodal_fail_errno(error, errno, "%s", folder[0] ? folder : ".");
  } else if (strcmp(path, "/") == 0) {
    path[0] = '\0';
  }
  return path;
}

/* `place->whole` is to be freed. */
static bool find_place(Place *place, const NodalCatalog *catalog, const char *output, NodalError **error) {
  char *folder = folder_of(output, error);
  char *base = folder ? absolute(folder, error) : NULL;
  place->whole = base ? absolute(catalog->folder, error) : NULL;
  if (place->whole) {
    size_t length = strlen(base);
    bool below = strncmp(place->whole, base, length) == 0;
    const char *rest = place->whole + length;
    place->relative = !below ? NULL : *rest == '\0' ? rest : *rest == '/' ? rest + 1 : NULL;
  }
  free(base);
  free(folder);
  return place->whole != NULL;
}

static void print_path(NodalPrinter *printer, const Place *place, const char *path, NodalError **error) {
  const char *before = place->relative ? place->relative : place->whole;
  bool alone = path[0] == '\0' || path[0] == '/' || (place->relative && before[0] == '\0');
  char *whole = alone ? nodal_strdup(path, error) : nodal_strdup_printf(error, "%s/%s", before, path);
  if (whole) {
    nodal_print_field(printer, whole, "");
  }
  free(whole);
}

static void print_number(NodalPrinter *printer, const Column *column, const CatalogEntry *entry) {
  const void *place = (const char *)entry + column->offset;
  if (column->kind == INTEGER && *(const int64_t *)place > 0) {
    nodal_print_integer(printer, *(const int64_t *)place);
  } else if (column->kind == REAL && *(const double *)place > 0) {
    nodal_print_double(printer, *(const double *)place);
  }
}

static bool print_rows(const NodalCatalog *catalog, const Place *place, NodalOutput *output, NodalError **error) {
  NodalPrinter printer;
  NodalError *failure = NULL;
  nodal_printer_init(&printer, output);
  for (int i = 0; i < COLUMNS; i++) {
    nodal_print(&printer, i > 0 ? "," : "");
    nodal_print(&printer, columns[i].name);
  }
  nodal_print(&printer, "\n");
  for (size_t row = 0; row < catalog->count && !failure; row++) {
    const CatalogEntry *entry = &catalog->entries[row];
    for (int i = 0; i < COLUMNS && !failure; i++) {
      CatalogText text = columns[i].text;
      nodal_print(&printer, i > 0 ? "," : "");
      if (columns[i].kind != TEXT) {
        print_number(&printer, &columns[i], entry);
      } else if (text == CATALOG_PATH || text == CATALOG_ANNOTATION || text == CATALOG_MASK) {
        print_path(&printer, place, catalog_text(entry, text), &failure);
      } else {
        nodal_print_field(&printer, catalog_text(entry, text), "");
      }
    }
    nodal_print(&printer, "\n");
  }
  if (failure) {
    nodal_printer_finish(&printer, NULL);
    return nodal_error_pass(error, failure);
  }
  return nodal_printer_finish(&printer, error);
}

bool nodal_catalog_write(const NodalCatalog *catalog, const char *path, bool force, NodalError **error) {
  Place place = {0};
  NodalOutput *output = nodal_output_open(path, force, error);
  bool written = output && find_place(&place, catalog, path, error) && print_rows(catalog, &place, output, error) &&
                 nodal_output_commit(output, error);
  nodal_output_free(output);
  free(place.whole);
  return written;
}
