/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/scan.h"

#include "base/memory.h"
#include "base/pool.h"
#include "dataset/facts.h"

#include <math.h>
#include <nodal/slide.h>
#include <string.h>
#include <strings.h>

/* ---- which files ---- */

static const char *const tiff_extensions[] = {".tif", ".tiff", NULL};
static const char *const slide_extensions[] = {".tif", ".tiff", ".svs",     ".ndpi",    ".mrxs", ".vms", ".vmu",
                                               ".scn", ".bif",  ".svslide", ".isyntax", ".czi",  NULL};

/* What is no slide whatever it holds: pictures are overviews and figures, the others are not looked into. */
static const char *const other_extensions[] = {".png", ".jpg",  ".jpeg",    ".gif",  ".bmp", ".pdf", ".html",
                                               ".xml", ".json", ".geojson", ".ndpa", ".csv", ".tsv", ".txt",
                                               ".md",  ".md5",  ".sha256",  ".zip",  ".gz",  ".tar", ".7z",
                                               ".py",  ".sh",   ".log",     ".dat",  ".ini", NULL};

static bool is_candidate(const Scan *scan, const WalkFile *file) {
  if (scan_is_mask(file->name) || scan_has_extension(file->name, other_extensions)) {
    return false;
  }
  return !scan->phantom || (scan_lies_in(file->path, "images") && scan_has_extension(file->name, slide_extensions));
}

static bool find_candidates(Scan *scan, NodalError **error) {
  for (size_t i = 0; i < scan->walk.count; i++) {
    const WalkFile *file = &scan->walk.files[i];
    if (!is_candidate(scan, file)) {
      continue;
    }
    if (!nodal_grow_array(&scan->slides, &scan->slide_capacity, scan->slide_count + 1, sizeof *scan->slides, error)) {
      return false;
    }
    ScanSlide *slide = &scan->slides[scan->slide_count];
    *slide = (ScanSlide){.file = file, .certain = scan_has_extension(file->name, slide_extensions)};
    slide->stem = scan_stem(file->name, error);
    if (!slide->stem) {
      return false;
    }
    scan->slide_count++;
  }
  return true;
}

/* ---- opening ---- */

/* The scanner as the file names it. */
static char *scanner_of(const NodalSlide *file, NodalError **error) {
  static const char *const names[][2] = {
      {"tiff.Make", "tiff.Model"},
      {"philips.DICOM_MANUFACTURER", "philips.DICOM_MANUFACTURERS_MODEL_NAME"},
      {"aperio.ScanScope ID", NULL},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *make = nodal_slide_property(file, names[i][0]);
    const char *model = names[i][1] ? nodal_slide_property(file, names[i][1]) : NULL;
    if (make && make[0]) {
      return nodal_strdup_printf(error, "%s%s%s%s", names[i][1] ? "" : "Aperio ScanScope ", make,
                                 model && model[0] ? " " : "", model ? model : "");
    }
  }
  return nodal_strdup("", error);
}

static bool look_at(ScanSlide *slide, const NodalSlide *file, NodalError **error) {
  NodalLevel level;
  double x_um, y_um;
  if (nodal_slide_level(file, 0, &level)) {
    slide->width = level.width;
    slide->height = level.height;
  }
  if (nodal_slide_spacing(file, &x_um, &y_um)) {
    slide->spacing_um = round(x_um * 1e6) / 1e6; /* TIFF states pixels a centimeter: what is below 1 pm is rounding */
  }
  slide->scanner = scanner_of(file, error);
  slide->read = slide->scanner != NULL;
  return slide->read;
}

static bool open_slide(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  Scan *scan = user;
  ScanSlide *slide = &scan->slides[index];
  char *path = nodal_catalog_resolve(scan->catalog, slide->file->path, error);
  if (!path) {
    return false;
  }
  NodalError *cause = NULL;
  NodalSlide *file = nodal_slide_open(path, NULL, &cause);
  bool done = true;
  if (file) {
    done = look_at(slide, file, error);
    nodal_slide_free(file);
  } else if (nodal_error_code(cause) == NODAL_ERROR_MEMORY) {
    done = nodal_error_pass(error, cause);
  } else {
    slide->problem = nodal_strdup(scan_message(scan, cause), error);
    done = slide->problem != NULL;
    nodal_error_free(cause);
  }
  free(path);
  return done;
}

static bool open_all(Scan *scan, NodalError **error) {
  NodalPool *pool = nodal_pool_new(scan->options->threads, error);
  NodalPoolRun run = {
      .count = (int64_t)scan->slide_count, .work = open_slide, .user = scan, .progress = scan->options->progress};
  bool done = pool && nodal_pool_run(pool, &run, error);
  nodal_pool_free(pool);
  return done;
}

/* ---- rows ---- */

static int compare_slides(const void *a, const void *b) {
  const ScanSlide *first = a, *second = b;
  int order = strcasecmp(first->stem, second->stem);
  return order != 0 ? order : strcmp(first->file->path, second->file->path);
}

/* Leaves those that are slides, in the order of their names. */
static void drop_others(Scan *scan) {
  size_t kept = 0;
  for (size_t i = 0; i < scan->slide_count; i++) {
    ScanSlide *slide = &scan->slides[i];
    if (slide->read || slide->certain) {
      scan->slides[kept++] = *slide;
    } else {
      free(slide->stem);
      free(slide->problem);
    }
  }
  scan->slide_count = kept;
  if (kept > 1) {
    qsort(scan->slides, kept, sizeof *scan->slides, compare_slides);
  }
}

static bool is_published(const Scan *scan, const ScanSlide *slide) {
  SlideFacts facts;
  return !scan->phantom && !scan->options->plain && scan_has_extension(slide->file->name, tiff_extensions) &&
         facts_of_slide(slide->stem, &facts);
}

static bool fill_row(Scan *scan, const ScanSlide *slide, CatalogEntry *entry, NodalError **error) {
  if (!catalog_set(entry, CATALOG_PATH, slide->file->path, error)) {
    return false;
  }
  entry->bytes = slide->file->bytes;
  entry->width = slide->width;
  entry->height = slide->height;
  entry->spacing_um = slide->spacing_um;
  if (slide->read) {
    return slide->scanner[0] == '\0' || catalog_set(entry, CATALOG_SCANNER, slide->scanner, error);
  }
  size_t length = strlen(slide->file->path);
  bool named = strncmp(slide->problem, slide->file->path, length) == 0 && slide->problem[length] == ':';
  return evaluation_problems_add(&scan->catalog->warnings, error, "%s", slide->problem) &&
         catalog_note(entry, error, "cannot be read: %s", slide->problem + (named ? length + 2 : 0));
}

/* A published slide that is there twice has one row. */
static bool add_row(Scan *scan, ScanSlide *slide, NodalError **error) {
  char *name = NULL;
  if (slide->qualified) {
    name = scan_stem(slide->file->path, error);
    if (!name) {
      return false;
    }
  }
  CatalogEntry *entry = scan_row(scan, name ? name : slide->stem, error);
  free(name);
  if (!entry) {
    return false;
  }
  const char *path = catalog_text(entry, CATALOG_PATH);
  if (path[0] == '\0') {
    return fill_row(scan, slide, entry, error);
  }
  return evaluation_problems_add(&scan->catalog->warnings, error, "%s: the slide is there already: %s",
                                 slide->file->path, path) &&
         catalog_note(entry, error, "there is another: %s", slide->file->path);
}

bool scan_slides(Scan *scan, NodalError **error) {
  if (!find_candidates(scan, error) || !open_all(scan, error)) {
    return false;
  }
  drop_others(scan);
  for (size_t i = 1; i < scan->slide_count; i++) {
    ScanSlide *before = &scan->slides[i - 1], *slide = &scan->slides[i];
    if (strcasecmp(before->stem, slide->stem) == 0 && !is_published(scan, slide)) {
      before->qualified = slide->qualified = true;
    }
  }
  for (size_t i = 0; i < scan->slide_count; i++) {
    if (!add_row(scan, &scan->slides[i], error)) {
      return false;
    }
  }
  return true;
}
