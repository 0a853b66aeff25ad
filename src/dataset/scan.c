/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/scan.h"

#include "base/memory.h"
#include "dataset/facts.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char marker[] = "phantom.csv";

/* ---- names ---- */

char *scan_stem(const char *name, NodalError **error) {
  const char *dot = strrchr(name, '.');
  int length = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
  if (length > 4 && strncasecmp(name + length - 4, ".ome", 4) == 0) {
    length -= 4;
  }
  return nodal_strdup_printf(error, "%.*s", length, name);
}

bool scan_has_extension(const char *name, const char *const *extensions) {
  size_t length = strlen(name);
  for (; *extensions; extensions++) {
    size_t size = strlen(*extensions);
    if (length > size && strcasecmp(name + length - size, *extensions) == 0) {
      return true;
    }
  }
  return false;
}

bool scan_lies_in(const char *path, const char *folder) {
  size_t length = strlen(folder);
  return strncasecmp(path, folder, length) == 0 && path[length] == '/';
}

bool scan_is_mask(const char *name) {
  static const char *const endings[] = {"_mask.tif", "_mask.tiff", NULL};
  return scan_has_extension(name, endings);
}

/* ---- messages ---- */

const char *scan_message(const Scan *scan, const NodalError *cause) {
  const char *message = nodal_error_message(cause), *root = scan->catalog->folder;
  size_t length = strlen(root);
  if (length == 0 || strncmp(message, root, length) != 0) {
    return message;
  }
  message += length;
  return message + (message[0] == '/' && root[length - 1] != '/');
}

bool scan_warn(Scan *scan, NodalError *cause, NodalError **error) {
  NodalErrorCode code = nodal_error_code(cause);
  if (code == NODAL_ERROR_CANCELLED || code == NODAL_ERROR_MEMORY) {
    return nodal_error_pass(error, cause);
  }
  bool added = evaluation_problems_add(&scan->catalog->warnings, error, "%s", scan_message(scan, cause));
  nodal_error_free(cause);
  return added;
}

/* ---- rows ---- */

static bool apply_facts(CatalogEntry *entry, const SlideFacts *facts, NodalError **error) {
  const char *label = facts->removed ? "" : facts->tumor ? "tumor" : facts->normal ? "negative" : "";
  bool done = catalog_set(entry, CATALOG_DATASET, facts->dataset, error) &&
              catalog_set(entry, CATALOG_SPLIT, facts->split, error) &&
              catalog_set(entry, CATALOG_CENTER, facts->center, error) &&
              catalog_set(entry, CATALOG_SCANNER, facts->scanner, error) &&
              catalog_set(entry, CATALOG_LABEL, label, error);
  if (done && facts->patient >= 0) {
    char text[] = {(char)('0' + facts->node), '\0'};
    entry->texts[CATALOG_PATIENT] = nodal_strdup_printf(error, "patient_%03d", facts->patient);
    done = entry->texts[CATALOG_PATIENT] && catalog_set(entry, CATALOG_NODE, text, error);
  }
  if (done && facts->incomplete) {
    done = catalog_note(entry, error, "contours are not exhaustive");
  }
  return done && (facts->note[0] == '\0' || catalog_note(entry, error, "%s", facts->note));
}

static bool fill_new_row(const Scan *scan, CatalogEntry *entry, const SlideFacts *facts, bool published,
                         NodalError **error) {
  if (scan->phantom) {
    return catalog_set(entry, CATALOG_DATASET, "phantom", error) && catalog_note(entry, error, "synthetic");
  }
  if (!published) {
    return true;
  }
  for (char *at = entry->texts[CATALOG_SLIDE]; *at; at++) {
    *at = (char)tolower((unsigned char)*at);
  }
  return apply_facts(entry, facts, error);
}

CatalogEntry *scan_row(Scan *scan, const char *name, NodalError **error) {
  SlideFacts facts;
  bool published = !scan->phantom && !scan->options->plain && facts_of_slide(name, &facts);
  size_t before = scan->catalog->count;
  CatalogEntry *entry = catalog_insert(scan->catalog, name, error);
  bool added = scan->catalog->count > before;
  return entry && (!added || fill_new_row(scan, entry, &facts, published, error)) ? entry : NULL;
}

/* ---- what lies in the folder ---- */

/* Leaves out the files of phantom data sets that lie deeper: their slides have the names of CAMELYON17. */
static bool drop_inner_phantoms(Scan *scan, NodalError **error) {
  Walk *walk = &scan->walk;
  for (size_t i = 0; i < walk->count; i++) {
    const WalkFile *file = &walk->files[i];
    if (strcasecmp(file->name, marker) != 0 || file->name == file->path) {
      continue;
    }
    size_t length = (size_t)(file->name - file->path);
    char *folder = nodal_strdup_printf(error, "%.*s", (int)length, file->path);
    if (!folder ||
        !evaluation_problems_add(&scan->catalog->warnings, error,
                                 "%s: is a synthetic data set of its own and left out; scan it by itself", folder)) {
      free(folder);
      return false;
    }
    size_t kept = 0;
    for (size_t k = 0; k < walk->count; k++) {
      if (strncmp(walk->files[k].path, folder, length) == 0) {
        free(walk->files[k].path);
      } else {
        walk->files[kept++] = walk->files[k];
      }
    }
    walk->count = kept;
    i = (size_t)-1; /* from the beginning: what was at `i` is gone */
    free(folder);
  }
  return true;
}

static bool tell_archives(Scan *scan, NodalError **error) {
  static const char *const archives[] = {".zip", NULL};
  const char *first = NULL;
  int count = 0;
  for (size_t i = 0; i < scan->walk.count; i++) {
    if (scan_has_extension(scan->walk.files[i].name, archives)) {
      first = first ? first : scan->walk.files[i].path;
      count++;
    }
  }
  return count == 0 || evaluation_problems_add(&scan->catalog->warnings, error,
                                               "%s%s: %d archive%s that must be unpacked to be looked at", first,
                                               count > 1 ? " and others" : "", count, nodal_plural((uint64_t)count));
}

static bool find_phantom(Scan *scan, NodalError **error) {
  for (size_t i = 0; i < scan->walk.count; i++) {
    scan->phantom |= strcasecmp(scan->walk.files[i].path, marker) == 0;
  }
  return drop_inner_phantoms(scan, error);
}

NodalCatalog *nodal_catalog_scan(const char *root, const NodalScanOptions *options, NodalError **error) {
  static const NodalScanOptions defaults = {.threads = 0};
  Scan scan = {.options = options ? options : &defaults, .catalog = catalog_new(root, error)};
  bool done = scan.catalog && walk_folder(&scan.walk, root, &scan.catalog->warnings, error) &&
              find_phantom(&scan, error) && tell_archives(&scan, error) && scan_slides(&scan, error) &&
              scan_companions(&scan, error) && scan_tables(&scan, error) && scan_checksums(&scan, error);
  for (size_t i = 0; i < scan.slide_count; i++) {
    free(scan.slides[i].stem);
    free(scan.slides[i].scanner);
    free(scan.slides[i].problem);
  }
  free(scan.slides);
  walk_clear(&scan.walk);
  if (!done) {
    nodal_catalog_free(scan.catalog);
    return NULL;
  }
  return scan.catalog;
}
