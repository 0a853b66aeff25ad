/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/check.h"

#include "base/memory.h"

#include <math.h>
#include <nodal/slide.h>
#include <string.h>
#include <sys/stat.h>

/* An overview larger than this is none: it cannot be shown at once. */
enum { LARGEST_OVERVIEW = 8192 };

/* Pixels by which a mask may be off: Philips' slides and their masks differ by dozens. */
enum { MASK_SLACK = 64 };

/* One slide at work. */
typedef struct Work {
  Check *check;
  const CatalogEntry *entry;
  const char *name;
  NodalFindings *findings;
  NodalError **error;
  NodalSlide *slide; /* NULL: cannot be opened */
  CheckFrame frame;
} Work;

#define FIND(work, severity, kind, ...)                                                                                \
  findings_add((work)->findings, (work)->error, NODAL_SEVERITY_##severity, kind, (work)->name, __VA_ARGS__)

static bool is_of_camelyon(const CatalogEntry *entry) {
  return strncmp(catalog_text(entry, CATALOG_DATASET), "CAMELYON", 8) == 0;
}

/* Opens a file of the slide; one that cannot be is a finding, and `*slide` then NULL. */
static bool open_file(Work *work, const char *path, const char *kind, NodalSlide **slide) {
  NodalError *cause = NULL;
  char *whole = nodal_catalog_resolve(work->check->catalog, path, work->error);
  if (!whole) {
    return false;
  }
  *slide = nodal_slide_open(whole, NULL, &cause);
  free(whole);
  if (*slide) {
    return true;
  }
  if (nodal_error_code(cause) == NODAL_ERROR_MEMORY) {
    return nodal_error_pass(work->error, cause);
  }
  bool added = FIND(work, ERROR, kind, "%s", nodal_error_message(cause));
  nodal_error_free(cause);
  return added;
}

/* ---- what the catalog says of the file ---- */

static bool check_size(Work *work) {
  const CatalogEntry *entry = work->entry;
  const CheckFrame *frame = &work->frame;
  struct stat status;
  bool done = true;
  if (entry->bytes > 0 && stat(nodal_slide_path(work->slide), &status) == 0 && status.st_size != entry->bytes) {
    done = FIND(work, ERROR, "size", "the file has %lld bytes, the catalog says %lld", (long long)status.st_size,
                (long long)entry->bytes);
  }
  if (done && entry->width > 0 && entry->height > 0 &&
      (entry->width != frame->width || entry->height != frame->height)) {
    done = FIND(work, ERROR, "size", "the slide has %lld x %lld pixels, the catalog says %lld x %lld",
                (long long)frame->width, (long long)frame->height, (long long)entry->width, (long long)entry->height);
  }
  if (done && entry->spacing_um > 0 && frame->x_um > 0 && fabs(entry->spacing_um / frame->x_um - 1) > 1e-6) {
    done = FIND(work, ERROR, "spacing", "the file states %g um a pixel, the catalog %g um", frame->x_um,
                entry->spacing_um);
  }
  return done;
}

static bool check_spacing(Work *work) {
  const CheckFrame *frame = &work->frame;
  if (frame->x_um <= 0) {
    return FIND(work, WARNING, "spacing", "the file states no spacing");
  }
  if (fabs(frame->x_um / frame->y_um - 1) > 0.01) {
    return FIND(work, WARNING, "spacing", "%g um a pixel in x and %g um in y", frame->x_um, frame->y_um);
  }
  bool camelyon = is_of_camelyon(work->entry);
  double least = camelyon ? 0.2 : 0.05, most = camelyon ? 0.3 : 20;
  bool fine = frame->x_um >= least && frame->x_um <= most;
  return fine ||
         FIND(work, WARNING, "spacing", "%g um a pixel, where %g to %g um are expected", frame->x_um, least, most);
}

/* ---- levels and tiles ---- */

static bool check_levels(Work *work) {
  NodalLevel before = {0}, level;
  int index = 0;
  for (; nodal_slide_level(work->slide, index, &level); index++) {
    if (index > 0 && (level.width >= before.width || level.height > before.height)) {
      return FIND(work, WARNING, "levels", "level %d has %lld x %lld pixels, level %d before it %lld x %lld", index,
                  (long long)level.width, (long long)level.height, index - 1, (long long)before.width,
                  (long long)before.height);
    }
    if (index > 0 && is_of_camelyon(work->entry) && fabs(level.downsample / before.downsample - 2) > 0.02 &&
        !FIND(work, NOTE, "levels", "level %d is %g times smaller than the one before it, not 2", index,
              level.downsample / before.downsample)) {
      return false;
    }
    before = level;
  }
  bool large = before.width > LARGEST_OVERVIEW || before.height > LARGEST_OVERVIEW;
  return !large || FIND(work, WARNING, "levels", "the smallest of %d level%s has %lld x %lld pixels: no overview",
                        index, nodal_plural((uint64_t)index), (long long)before.width, (long long)before.height);
}

/* Bad tiles of one file. */
typedef struct Damage {
  int64_t tiles, bad;
  char *first; /* what was wrong with the first one */
} Damage;

static bool decode_tile(NodalSlide *slide, int index, int64_t column, int64_t row, uint8_t *pixels, size_t stride,
                        Damage *damage, NodalError **error) {
  NodalError *cause = NULL;
  damage->tiles++;
  if (nodal_slide_read_tile(slide, index, column, row, NODAL_PIXELS_NATIVE, pixels, stride, &cause)) {
    return true;
  }
  if (nodal_error_code(cause) == NODAL_ERROR_MEMORY) {
    return nodal_error_pass(error, cause);
  }
  damage->bad++;
  damage->first = damage->first ? damage->first : nodal_strdup(nodal_error_message(cause), error);
  nodal_error_free(cause);
  return damage->first != NULL;
}

/* `bytes` is what the level is worth. */
static bool decode_level(Work *work, NodalSlide *slide, int index, uint64_t bytes, Damage *damage) {
  NodalLevel level;
  nodal_slide_level(slide, index, &level);
  size_t stride = (size_t)level.tile_width * nodal_slide_pixel_size(slide, NODAL_PIXELS_NATIVE), size;
  if (!nodal_mul_size(stride, (size_t)level.tile_height, &size)) {
    return nodal_fail_memory(work->error);
  }
  uint8_t *pixels = nodal_alloc(size, work->error);
  int64_t columns = nodal_div_up(level.width, level.tile_width), rows = nodal_div_up(level.height, level.tile_height);
  bool done = pixels != NULL;
  for (int64_t row = 0; done && row < rows; row++) {
    for (int64_t column = 0; done && column < columns; column++) {
      done = decode_tile(slide, index, column, row, pixels, stride, damage, work->error);
    }
    done = done && check_advance(&work->check->progress, bytes / (uint64_t)rows, work->error);
  }
  free(pixels);
  return done;
}

static bool decode_all(Work *work, NodalSlide *slide, int64_t bytes, const char *kind) {
  Damage damage = {0};
  bool done = true;
  uint64_t left = (uint64_t)bytes;
  /* Each level is about a quarter of the one before it. */
  for (int index = 0; done && index < nodal_slide_level_count(slide); index++) {
    done = decode_level(work, slide, index, left / 4 * 3, &damage);
    left -= left / 4 * 3;
  }
  if (done && damage.bad > 0) {
    done = FIND(work, ERROR, kind, "%lld of %lld tiles cannot be decoded: %s", (long long)damage.bad,
                (long long)damage.tiles, damage.first);
  }
  free(damage.first);
  return done;
}

/* ---- the mask ---- */

/* Whether so many pixels of a mask are those of the slide over `factor`; `*exact` stays true where they are exactly. */
static bool fits(int64_t mask, int64_t slide, int64_t factor, int64_t tile, bool *exact) {
  int64_t wanted = nodal_div_up(slide, factor), padded = nodal_div_up(wanted, tile) * tile;
  int64_t slack = nodal_min64(MASK_SLACK, 1 + wanted / 50);
  *exact &= mask == wanted;
  return mask == padded || (mask >= wanted - slack && mask <= wanted + slack);
}

static bool check_mask(Work *work) {
  const char *path = catalog_text(work->entry, CATALOG_MASK);
  const CheckFrame *frame = &work->frame;
  NodalSlide *mask = NULL;
  if (path[0] == '\0') {
    return true;
  }
  if (!open_file(work, path, "mask", &mask)) {
    return false;
  }
  if (!mask) {
    return true;
  }
  NodalLevel level;
  nodal_slide_level(mask, 0, &level);
  bool done = true, found = false, exact = true;
  for (int64_t factor = 1; !found && frame->width > 0 && factor <= 1024; factor *= 2) {
    exact = true;
    bool width = fits(level.width, frame->width, factor, level.tile_width, &exact);
    found = fits(level.height, frame->height, factor, level.tile_height, &exact) && width;
  }
  if (nodal_slide_channels(mask) != 1) {
    done = FIND(work, ERROR, "mask", "%s: has %d channels and is no mask", path, nodal_slide_channels(mask));
  } else if (frame->width > 0 && !found) {
    done = FIND(work, ERROR, "mask", "%s: %lld x %lld pixels do not fit a slide of %lld x %lld", path,
                (long long)level.width, (long long)level.height, (long long)frame->width, (long long)frame->height);
  } else if (!exact) {
    done = FIND(work, NOTE, "mask", "%s: %lld x %lld pixels are not exactly those of the slide of %lld x %lld", path,
                (long long)level.width, (long long)level.height, (long long)frame->width, (long long)frame->height);
  }
  done = done && (!work->check->options->deep || decode_all(work, mask, 0, "mask"));
  nodal_slide_free(mask);
  return done;
}

/* ---- one slide ---- */

static bool check_file(Work *work) {
  const char *path = catalog_text(work->entry, CATALOG_PATH);
  if (path[0] == '\0') {
    return !work->check->files || FIND(work, ERROR, "file", "there is no file");
  }
  if (!open_file(work, path, "file", &work->slide)) {
    return false;
  }
  if (!work->slide) {
    return true;
  }
  NodalLevel level;
  nodal_slide_level(work->slide, 0, &level);
  work->frame = (CheckFrame){.width = level.width, .height = level.height};
  if (!nodal_slide_spacing(work->slide, &work->frame.x_um, &work->frame.y_um)) {
    work->frame.x_um = work->frame.y_um = 0;
  }
  return check_size(work) && check_spacing(work) && check_levels(work) &&
         (!work->check->options->deep || decode_all(work, work->slide, work->entry->bytes, "tiles"));
}

bool check_slide(Check *check, const CatalogEntry *entry, NodalFindings *findings, NodalError **error) {
  NodalError *failure = NULL;
  Work work = {.check = check,
               .entry = entry,
               .name = catalog_text(entry, CATALOG_SLIDE),
               .findings = findings,
               .error = &failure,
               .frame = {entry->width, entry->height, entry->spacing_um, entry->spacing_um}};
  bool done = check_file(&work) && check_contours(check, entry, &work.frame, findings, &failure) && check_mask(&work) &&
              check_advance(&check->progress, CHECK_SLIDE_BYTES, &failure);
  nodal_slide_free(work.slide);
  return done || nodal_error_pass(error, failure);
}
