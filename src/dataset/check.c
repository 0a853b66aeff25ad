/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/check.h"

#include "base/memory.h"
#include "base/pool.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- findings ---- */

const char *nodal_severity_name(NodalSeverity severity) {
  static const char *const names[] = {"error", "warning", "note"};
  return names[severity];
}

bool findings_add(NodalFindings *findings, NodalError **error, NodalSeverity severity, const char *kind,
                  const char *slide, const char *format, ...) {
  char text[2000];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  for (char *at = text; *at; at++) {
    *at = iscntrl((unsigned char)*at) ? ' ' : *at;
  }
  if (!nodal_grow_array(&findings->items, &findings->capacity, findings->count + 1, sizeof *findings->items, error)) {
    return false;
  }
  Finding finding = {.severity = severity, .kind = kind, .slide = nodal_strdup(slide, error)};
  finding.message = finding.slide ? nodal_strdup(text, error) : NULL;
  if (!finding.message) {
    free(finding.slide);
    return false;
  }
  findings->items[findings->count++] = finding;
  return true;
}

bool findings_move(NodalFindings *findings, NodalFindings *from, NodalError **error) {
  size_t count = findings->count + from->count;
  if (!nodal_grow_array(&findings->items, &findings->capacity, count, sizeof *findings->items, error)) {
    return false;
  }
  if (from->count > 0) {
    memcpy(findings->items + findings->count, from->items, from->count * sizeof *from->items);
  }
  findings->count = count;
  from->count = 0;
  return true;
}

void findings_clear(NodalFindings *findings) {
  for (size_t i = 0; i < findings->count; i++) {
    free(findings->items[i].slide);
    free(findings->items[i].message);
  }
  free(findings->items);
  *findings = (NodalFindings){0};
}

void nodal_findings_free(NodalFindings *findings) {
  if (findings) {
    findings_clear(findings);
    free(findings);
  }
}

int nodal_findings_count(const NodalFindings *findings) {
  return (int)findings->count;
}

bool nodal_findings_get(const NodalFindings *findings, int index, NodalFinding *finding) {
  if (index < 0 || (size_t)index >= findings->count) {
    return false;
  }
  const Finding *item = &findings->items[index];
  *finding = (NodalFinding){item->severity, item->kind, item->slide, item->message};
  return true;
}

/* By slide, the whole last; those of one slide as they came. */
static int compare_findings(const void *a, const void *b) {
  const Finding *first = a, *second = b;
  bool whole = first->slide[0] == '\0', other = second->slide[0] == '\0';
  int order = whole != other ? (whole ? 1 : -1) : strcasecmp(first->slide, second->slide);
  return order != 0 ? order : first->number < second->number ? -1 : first->number > second->number;
}

static void sort_findings(NodalFindings *findings) {
  for (size_t i = 0; i < findings->count; i++) {
    findings->items[i].number = i;
  }
  if (findings->count > 1) {
    qsort(findings->items, findings->count, sizeof *findings->items, compare_findings);
  }
}

/* ---- what all parts use ---- */

bool check_advance(CheckProgress *progress, uint64_t bytes, NodalError **error) {
  if (!progress->progress) {
    return true;
  }
  pthread_mutex_lock(&progress->lock);
  uint64_t left = progress->total - progress->done;
  progress->done += bytes < left ? bytes : left;
  bool go_on = progress->progress->report(progress->progress->user, progress->done, progress->total);
  pthread_mutex_unlock(&progress->lock);
  return go_on || nodal_fail(error, NODAL_ERROR_CANCELLED, "cancelled");
}

static bool is_one_of(const char *label, const char *const *labels) {
  for (; *labels; labels++) {
    if (strcasecmp(label, *labels) == 0) {
      return true;
    }
  }
  return false;
}

bool check_is_positive(const CatalogEntry *entry) {
  static const char *const labels[] = {"itc", "micro", "macro", "tumor", NULL};
  return is_one_of(catalog_text(entry, CATALOG_LABEL), labels);
}

bool check_is_negative(const CatalogEntry *entry) {
  static const char *const labels[] = {"negative", "normal", NULL};
  return is_one_of(catalog_text(entry, CATALOG_LABEL), labels);
}

/* ---- slides ---- */

typedef struct Slides {
  Check *check;
  NodalFindings *parts; /* of each slide, until they are committed */
} Slides;

static bool work_on_slide(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  Slides *slides = user;
  return check_slide(slides->check, &slides->check->catalog->entries[index], &slides->parts[index], error);
}

static bool commit_slide(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  Slides *slides = user;
  bool moved = findings_move(slides->check->findings, &slides->parts[index], error);
  findings_clear(&slides->parts[index]);
  return moved;
}

static bool check_slides(Check *check, NodalError **error) {
  size_t count = check->catalog->count;
  Slides slides = {.check = check, .parts = nodal_alloc_array(count, sizeof *slides.parts, error)};
  NodalPool *pool = slides.parts ? nodal_pool_new(check->options->threads, error) : NULL;
  NodalPoolRun run = {.count = (int64_t)count, .work = work_on_slide, .commit = commit_slide, .user = &slides};
  bool done = pool && nodal_pool_run(pool, &run, error);
  nodal_pool_free(pool);
  for (size_t i = 0; slides.parts && i < count; i++) {
    findings_clear(&slides.parts[i]);
  }
  free(slides.parts);
  return done;
}

static void weigh(Check *check) {
  for (size_t i = 0; i < check->catalog->count; i++) {
    const CatalogEntry *entry = &check->catalog->entries[i];
    check->files |= catalog_text(entry, CATALOG_PATH)[0] != '\0';
    check->progress.total += CHECK_SLIDE_BYTES + (check->options->deep ? (uint64_t)entry->bytes : 0);
  }
}

NodalFindings *nodal_catalog_check(const NodalCatalog *catalog, const NodalCheckOptions *options, NodalError **error) {
  static const NodalCheckOptions defaults = {.threads = 0};
  Check check = {.catalog = catalog, .options = options ? options : &defaults};
  check.findings = nodal_alloc_array(1, sizeof *check.findings, error);
  if (!check.findings) {
    return NULL;
  }
  check.progress.progress = check.options->progress;
  pthread_mutex_init(&check.progress.lock, NULL);
  weigh(&check);
  bool done = check_checksums(&check, error) && check_slides(&check, error) && check_labels(&check, error);
  if (done && !check.files) {
    done = findings_add(check.findings, error, NODAL_SEVERITY_NOTE, "file", "",
                        "no slide has a file: what the files hold was not checked");
  }
  pthread_mutex_destroy(&check.progress.lock);
  if (!done) {
    nodal_findings_free(check.findings);
    return NULL;
  }
  sort_findings(check.findings);
  return check.findings;
}
