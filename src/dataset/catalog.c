/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/catalog.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

NodalCatalog *catalog_new(const char *folder, NodalError **error) {
  NodalCatalog *catalog = nodal_alloc_array(1, sizeof *catalog, error);
  if (!catalog) {
    return NULL;
  }
  catalog->folder = nodal_strdup(folder, error);
  if (!catalog->folder) {
    free(catalog);
    return NULL;
  }
  return catalog;
}

void nodal_catalog_free(NodalCatalog *catalog) {
  if (!catalog) {
    return;
  }
  for (size_t i = 0; i < catalog->count; i++) {
    for (int k = 0; k < CATALOG_TEXTS; k++) {
      free(catalog->entries[i].texts[k]);
    }
  }
  free(catalog->entries);
  evaluation_problems_clear(&catalog->warnings);
  free(catalog->folder);
  free(catalog);
}

CatalogEntry *catalog_add(NodalCatalog *catalog, const char *slide, NodalError **error) {
  enum { MOST_SLIDES = 10000000 };
  if (catalog->count >= MOST_SLIDES) {
    nodal_fail(error, NODAL_ERROR_MEMORY, "more than %d slides", MOST_SLIDES);
    return NULL;
  }
  if (!nodal_grow_array(&catalog->entries, &catalog->capacity, catalog->count + 1, sizeof *catalog->entries, error)) {
    return NULL;
  }
  CatalogEntry *entry = &catalog->entries[catalog->count];
  *entry = (CatalogEntry){0};
  if (!catalog_set(entry, CATALOG_SLIDE, slide, error)) {
    return NULL;
  }
  catalog->count++;
  return entry;
}

bool catalog_set(CatalogEntry *entry, CatalogText column, const char *text, NodalError **error) {
  char *copy = NULL;
  if (text[0] != '\0' && !(copy = nodal_strdup(text, error))) {
    return false;
  }
  free(entry->texts[column]);
  entry->texts[column] = copy;
  return true;
}

const char *catalog_text(const CatalogEntry *entry, CatalogText column) {
  return entry->texts[column] ? entry->texts[column] : "";
}

/* Whether the note is one of those of the list. */
static bool has_note(const char *list, const char *note) {
  size_t length = strlen(note);
  for (const char *at = list; (at = strstr(at, note)) != NULL; at++) {
    bool begins = at == list || (at - list >= 2 && at[-2] == ';' && at[-1] == ' ');
    if (begins && (at[length] == '\0' || at[length] == ';')) {
      return true;
    }
  }
  return false;
}

bool catalog_note(CatalogEntry *entry, NodalError **error, const char *format, ...) {
  char note[1000];
  va_list list;
  va_start(list, format);
  vsnprintf(note, sizeof note, format, list);
  va_end(list);
  const char *before = catalog_text(entry, CATALOG_NOTES);
  if (has_note(before, note)) {
    return true;
  }
  char *notes = nodal_strdup_printf(error, "%s%s%s", before, before[0] ? "; " : "", note);
  if (!notes) {
    return false;
  }
  free(entry->texts[CATALOG_NOTES]);
  entry->texts[CATALOG_NOTES] = notes;
  return true;
}

/* Those of the same name in the order in which they came. */
static int compare_entries(const void *a, const void *b) {
  const CatalogEntry *first = a, *second = b;
  int order = strcasecmp(first->texts[CATALOG_SLIDE], second->texts[CATALOG_SLIDE]);
  return order != 0 ? order : (first->line > second->line) - (first->line < second->line);
}

bool catalog_sort(NodalCatalog *catalog, const CatalogEntry **first, const CatalogEntry **second) {
  if (catalog->count > 1) {
    qsort(catalog->entries, catalog->count, sizeof *catalog->entries, compare_entries);
  }
  *first = *second = NULL;
  for (size_t i = 1; i < catalog->count; i++) {
    const CatalogEntry *before = &catalog->entries[i - 1], *entry = &catalog->entries[i];
    bool same = strcasecmp(before->texts[CATALOG_SLIDE], entry->texts[CATALOG_SLIDE]) == 0;
    if (same && (!*second || entry->line < (*second)->line)) {
      *first = before;
      *second = entry;
    }
  }
  return *second != NULL;
}

int nodal_catalog_count(const NodalCatalog *catalog) {
  return (int)catalog->count;
}

bool nodal_catalog_row(const NodalCatalog *catalog, int index, NodalCatalogRow *row) {
  if (index < 0 || (size_t)index >= catalog->count) {
    return false;
  }
  const CatalogEntry *entry = &catalog->entries[index];
  *row = (NodalCatalogRow){.slide = catalog_text(entry, CATALOG_SLIDE),
                           .path = catalog_text(entry, CATALOG_PATH),
                           .dataset = catalog_text(entry, CATALOG_DATASET),
                           .split = catalog_text(entry, CATALOG_SPLIT),
                           .center = catalog_text(entry, CATALOG_CENTER),
                           .patient = catalog_text(entry, CATALOG_PATIENT),
                           .node = catalog_text(entry, CATALOG_NODE),
                           .label = catalog_text(entry, CATALOG_LABEL),
                           .stage = catalog_text(entry, CATALOG_STAGE),
                           .annotation = catalog_text(entry, CATALOG_ANNOTATION),
                           .mask = catalog_text(entry, CATALOG_MASK),
                           .width_px = entry->width,
                           .height_px = entry->height,
                           .spacing_um = entry->spacing_um,
                           .scanner = catalog_text(entry, CATALOG_SCANNER),
                           .bytes = entry->bytes,
                           .checksum = catalog_text(entry, CATALOG_CHECKSUM),
                           .notes = catalog_text(entry, CATALOG_NOTES)};
  return true;
}

/* Index of the first entry whose name is not before `slide`; `*found`: it is that slide's. */
static size_t find_place(const NodalCatalog *catalog, const char *slide, bool *found) {
  size_t low = 0, high = catalog->count;
  *found = false;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcasecmp(catalog->entries[middle].texts[CATALOG_SLIDE], slide);
    *found |= order == 0;
    low = order < 0 ? middle + 1 : low;
    high = order < 0 ? high : middle;
  }
  return low;
}

CatalogEntry *catalog_insert(NodalCatalog *catalog, const char *slide, NodalError **error) {
  bool found;
  size_t place = find_place(catalog, slide, &found);
  if (found) {
    return &catalog->entries[place];
  }
  if (!catalog_add(catalog, slide, error)) {
    return NULL;
  }
  CatalogEntry *entries = catalog->entries, added = entries[catalog->count - 1];
  memmove(&entries[place + 1], &entries[place], (catalog->count - 1 - place) * sizeof *entries);
  entries[place] = added;
  return &entries[place];
}

int nodal_catalog_find(const NodalCatalog *catalog, const char *slide) {
  bool found;
  size_t place = find_place(catalog, slide, &found);
  return found ? (int)place : -1;
}

const char *nodal_catalog_warning(const NodalCatalog *catalog, int index) {
  return index >= 0 ? evaluation_problems_line(&catalog->warnings, (size_t)index) : NULL;
}

char *nodal_catalog_resolve(const NodalCatalog *catalog, const char *path, NodalError **error) {
  bool alone = path[0] == '/' || catalog->folder[0] == '\0';
  bool slash = !alone && catalog->folder[strlen(catalog->folder) - 1] == '/';
  return alone ? nodal_strdup(path, error)
               : nodal_strdup_printf(error, "%s%s%s", catalog->folder, slash ? "" : "/", path);
}
