/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/scan.h"

#include "base/memory.h"
#include "dataset/facts.h"

#include <string.h>
#include <strings.h>

/* A mask, or a file that may hold contours. */
typedef struct Companion {
  const WalkFile *file;
  char *stem;
  bool mask, used;
} Companion;

typedef struct Companions {
  Companion *items; /* by stem, then by path */
  size_t count, capacity;
} Companions;

/* In the order in which they are wanted. */
static const char *const annotation_extensions[] = {".xml", ".geojson", ".json", ".ndpa", NULL};

static int rank(const WalkFile *file) {
  int index = 0;
  while (annotation_extensions[index] &&
         !scan_has_extension(file->name, (const char *const[]){annotation_extensions[index], NULL})) {
    index++;
  }
  return index;
}

/* ---- gathering ---- */

static bool is_companion(const Scan *scan, const WalkFile *file, bool *mask) {
  *mask = scan_is_mask(file->name);
  if (!*mask && !scan_has_extension(file->name, annotation_extensions)) {
    return false;
  }
  return !scan->phantom || scan_lies_in(file->path, *mask ? "masks" : "annotations");
}

static char *stem_of(const WalkFile *file, bool mask, NodalError **error) {
  char *stem = scan_stem(file->name, error);
  if (stem && mask) {
    *strrchr(stem, '_') = '\0';
  }
  return stem;
}

static int compare_companions(const void *a, const void *b) {
  const Companion *first = a, *second = b;
  int order = strcasecmp(first->stem, second->stem);
  return order != 0 ? order : strcmp(first->file->path, second->file->path);
}

static bool gather(Companions *companions, const Scan *scan, NodalError **error) {
  for (size_t i = 0; i < scan->walk.count; i++) {
    const WalkFile *file = &scan->walk.files[i];
    bool mask;
    if (!is_companion(scan, file, &mask)) {
      continue;
    }
    if (!nodal_grow_array(&companions->items, &companions->capacity, companions->count + 1, sizeof *companions->items,
                          error)) {
      return false;
    }
    char *stem = stem_of(file, mask, error);
    if (!stem) {
      return false;
    }
    companions->items[companions->count++] = (Companion){.file = file, .stem = stem, .mask = mask};
  }
  if (companions->count > 1) {
    qsort(companions->items, companions->count, sizeof *companions->items, compare_companions);
  }
  return true;
}

/* ---- matching ---- */

static size_t first_of(const Companions *companions, const char *stem) {
  size_t low = 0, high = companions->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    bool before = strcasecmp(companions->items[middle].stem, stem) < 0;
    low = before ? middle + 1 : low;
    high = before ? high : middle;
  }
  return low;
}

static bool beside(const WalkFile *a, const WalkFile *b) {
  size_t first = (size_t)(a->name - a->path), second = (size_t)(b->name - b->path);
  return first == second && memcmp(a->path, b->path, first) == 0;
}

/* Whether companion `a` is rather that of the slide than `b`, which comes before it. */
static bool is_better(const ScanSlide *slide, const Companion *a, const Companion *b) {
  bool first = slide && beside(slide->file, a->file), second = slide && beside(slide->file, b->file);
  return first != second ? first : rank(a->file) < rank(b->file);
}

/* Gives the row the best of the companions that go by `stem`, and names the others in its notes. `slide` NULL: there
 * is only the name. */
static bool match(Scan *scan, Companions *companions, const ScanSlide *slide, const char *stem, const char *row,
                  bool mask, NodalError **error) {
  Companion *best = NULL;
  size_t begin = first_of(companions, stem);
  for (size_t i = begin; i < companions->count && strcasecmp(companions->items[i].stem, stem) == 0; i++) {
    Companion *item = &companions->items[i];
    bool fits = item->mask == mask && (!slide || !slide->qualified || beside(slide->file, item->file));
    if (fits && (!best || is_better(slide, item, best))) {
      best = item;
    }
  }
  if (!best) {
    return true;
  }
  CatalogText column = mask ? CATALOG_MASK : CATALOG_ANNOTATION;
  CatalogEntry *entry = scan_row(scan, row, error);
  if (!entry || catalog_text(entry, column)[0] != '\0') {
    return entry != NULL; /* by its other name */
  }
  best->used = true;
  if (!catalog_set(entry, column, best->file->path, error)) {
    return false;
  }
  for (size_t i = begin; i < companions->count && strcasecmp(companions->items[i].stem, stem) == 0; i++) {
    Companion *item = &companions->items[i];
    bool other = item->mask == mask && !item->used && (!slide || !slide->qualified);
    item->used |= other;
    if (other && !catalog_note(entry, error, "another %s: %s", mask ? "mask" : "annotation", item->file->path)) {
      return false;
    }
  }
  return true;
}

/* "SLIDE.xml" and "SLIDE.svs.geojson" both belong to SLIDE.svs. */
static bool match_slide(Scan *scan, Companions *companions, const ScanSlide *slide, NodalError **error) {
  char *row = slide->qualified ? scan_stem(slide->file->path, error) : nodal_strdup(slide->stem, error);
  bool done = row != NULL;
  for (int mask = 0; mask < 2 && done; mask++) {
    done = match(scan, companions, slide, slide->stem, row, mask, error) &&
           match(scan, companions, slide, slide->file->name, row, mask, error);
  }
  free(row);
  return done;
}

/* Contours and masks without their slide make a row where the name is a published one. */
static bool match_rest(Scan *scan, Companions *companions, NodalError **error) {
  static const char *const told[] = {".geojson", ".tif", ".tiff", NULL};
  for (size_t i = 0; i < companions->count; i++) {
    const Companion *item = &companions->items[i];
    SlideFacts facts;
    bool known = !item->used && (scan->phantom || (!scan->options->plain && facts_of_slide(item->stem, &facts)));
    bool done = true;
    if (known) {
      done = match(scan, companions, NULL, item->stem, item->stem, item->mask, error);
    } else if (!item->used && scan_has_extension(item->file->name, told)) {
      done = evaluation_problems_add(&scan->catalog->warnings, error, "%s: belongs to no slide", item->file->path);
    }
    if (!done) {
      return false;
    }
  }
  return true;
}

bool scan_companions(Scan *scan, NodalError **error) {
  Companions companions = {0};
  bool done = gather(&companions, scan, error);
  for (size_t i = 0; i < scan->slide_count && done; i++) {
    done = match_slide(scan, &companions, &scan->slides[i], error);
  }
  done = done && match_rest(scan, &companions, error);
  for (size_t i = 0; i < companions.count; i++) {
    free(companions.items[i].stem);
  }
  free(companions.items);
  return done;
}
