/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "base/pool.h"
#include "dataset/check.h"
#include "dataset/checksums.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* One file whose checksum is stated. */
typedef struct Job {
  char *path;        /* as it can be opened */
  const char *shown; /* the slide's name, or the path in the list; borrowed */
  int slide;         /* index of the row; -1: it is no slide's file */
  NodalDigest digest;
  const char *expected, *origin; /* where that stands: a list, or "the catalog" */
  char text[NODAL_DIGEST_TEXT];  /* what it really is; "": it could not be read */
  NodalError *failure;
} Job;

/* Which slide a file on disk is. */
typedef struct Place {
  dev_t device;
  ino_t number;
  int slide;
} Place;

typedef struct Sums {
  Check *check;
  ChecksumList *lists; /* of options->checksums */
  Job *jobs;
  size_t job_count, job_capacity;
  Place *places;
  size_t place_count;
  bool *listed; /* of each slide */
} Sums;

/* ---- which slide ---- */

static int compare_places(const void *a, const void *b) {
  const Place *first = a, *second = b;
  if (first->device != second->device) {
    return first->device < second->device ? -1 : 1;
  }
  return first->number < second->number ? -1 : first->number > second->number;
}

static bool find_places(Sums *sums, NodalError **error) {
  const NodalCatalog *catalog = sums->check->catalog;
  sums->places = nodal_alloc_array(catalog->count, sizeof *sums->places, error);
  sums->listed = sums->places ? nodal_alloc_array(catalog->count, sizeof *sums->listed, error) : NULL;
  for (size_t i = 0; sums->listed && i < catalog->count; i++) {
    const char *path = catalog_text(&catalog->entries[i], CATALOG_PATH);
    char *whole = path[0] ? nodal_catalog_resolve(catalog, path, error) : NULL;
    struct stat status;
    if (path[0] && !whole) {
      return false;
    }
    if (whole && stat(whole, &status) == 0) {
      sums->places[sums->place_count++] = (Place){status.st_dev, status.st_ino, (int)i};
    }
    free(whole);
  }
  if (sums->place_count > 1) {
    qsort(sums->places, sums->place_count, sizeof *sums->places, compare_places);
  }
  return sums->listed != NULL;
}

static int slide_of(const Sums *sums, const struct stat *status) {
  Place key = {status->st_dev, status->st_ino, 0};
  const Place *found = bsearch(&key, sums->places, sums->place_count, sizeof key, compare_places);
  return found ? found->slide : -1;
}

/* ---- which files ---- */

static bool add_job(Sums *sums, const Job *job, int64_t bytes, NodalError **error) {
  if (!nodal_grow_array(&sums->jobs, &sums->job_capacity, sums->job_count + 1, sizeof *sums->jobs, error)) {
    return false;
  }
  sums->jobs[sums->job_count++] = *job;
  sums->check->progress.total += (uint64_t)bytes;
  if (job->slide >= 0) {
    sums->listed[job->slide] = true;
  }
  return true;
}

static bool add_item(Sums *sums, const char *list, const ChecksumItem *item, size_t *missing, NodalError **error) {
  const char *slash = strrchr(list, '/');
  int folder = item->path[0] == '/' || !slash ? 0 : (int)(slash + 1 - list);
  char *path = nodal_strdup_printf(error, "%.*s%s", folder, list, item->path);
  struct stat status;
  if (!path) {
    return false;
  }
  if (stat(path, &status) != 0) {
    ++*missing;
    free(path);
    return true;
  }
  Job job = {
      .path = path, .slide = slide_of(sums, &status), .digest = item->digest, .expected = item->text, .origin = list};
  job.shown = job.slide >= 0 ? catalog_text(&sums->check->catalog->entries[job.slide], CATALOG_SLIDE) : item->path;
  bool added = add_job(sums, &job, status.st_size, error);
  if (!added) {
    free(path);
  }
  return added;
}

static bool add_list(Sums *sums, int index, NodalError **error) {
  const char *path = sums->check->options->checksums[index];
  ChecksumList *list = &sums->lists[index];
  NodalSource *source = nodal_source_open(path, error);
  bool done = source && checksums_read(list, source, error);
  nodal_source_unref(source);
  size_t missing = 0;
  for (size_t i = 0; done && i < list->count; i++) {
    done = add_item(sums, path, &list->items[i], &missing, error);
  }
  return done && (missing == 0 ||
                  findings_add(sums->check->findings, error, NODAL_SEVERITY_NOTE, "checksum", "",
                               "%s: %zu of the %zu files that it lists are not there", path, missing, list->count));
}

/* "md5:..." or "sha256:..." */
static const char *split_checksum(const char *text, NodalDigest *digest) {
  for (*digest = NODAL_DIGEST_MD5; *digest <= NODAL_DIGEST_SHA256; ++*digest) {
    size_t length = strlen(nodal_digest_name(*digest));
    if (strncmp(text, nodal_digest_name(*digest), length) == 0 && text[length] == ':' &&
        strlen(text + length + 1) == nodal_digest_length(*digest)) {
      return text + length + 1;
    }
  }
  return NULL;
}

/* What the catalog itself states, where no list does. */
static bool add_catalog(Sums *sums, NodalError **error) {
  const NodalCatalog *catalog = sums->check->catalog;
  for (size_t i = 0; i < catalog->count; i++) {
    const CatalogEntry *entry = &catalog->entries[i];
    const char *path = catalog_text(entry, CATALOG_PATH), *stated = catalog_text(entry, CATALOG_CHECKSUM);
    Job job = {.slide = (int)i, .shown = catalog_text(entry, CATALOG_SLIDE), .origin = "the catalog"};
    job.expected = split_checksum(stated, &job.digest);
    if (stated[0] && !job.expected &&
        !findings_add(sums->check->findings, error, NODAL_SEVERITY_WARNING, "checksum", job.shown,
                      "'%s' is no checksum: md5:... or sha256:...", stated)) {
      return false;
    }
    if (!sums->check->options->deep || !path[0] || !job.expected || sums->listed[i]) {
      continue;
    }
    job.path = nodal_catalog_resolve(catalog, path, error);
    struct stat status;
    if (!job.path) {
      return false;
    }
    if (stat(job.path, &status) != 0) { /* told with the slide */
      free(job.path);
    } else if (!add_job(sums, &job, status.st_size, error)) {
      free(job.path);
      return false;
    }
  }
  return true;
}

/* ---- working them off ---- */

typedef struct Watch {
  CheckProgress *progress;
  uint64_t before;
} Watch;

static bool report(void *user, uint64_t done, uint64_t total) {
  (void)total;
  Watch *watch = user;
  uint64_t bytes = done - watch->before;
  watch->before = done;
  return check_advance(watch->progress, bytes, NULL);
}

static bool work(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  Sums *sums = user;
  Job *job = &sums->jobs[index];
  Watch watch = {.progress = &sums->check->progress};
  NodalProgress progress = {report, &watch};
  NodalSource *source = nodal_source_open(job->path, &job->failure);
  bool done = source && nodal_digest_source(source, job->digest, &progress, job->text, &job->failure);
  nodal_source_unref(source);
  if (done) {
    return true;
  }
  job->text[0] = '\0';
  NodalErrorCode code = nodal_error_code(job->failure);
  if (code != NODAL_ERROR_CANCELLED && code != NODAL_ERROR_MEMORY) {
    return true;
  }
  NodalError *failure = job->failure;
  job->failure = NULL;
  return nodal_error_pass(error, failure);
}

static bool tell(Sums *sums, const Job *job, NodalError **error) {
  NodalFindings *findings = sums->check->findings;
  if (job->failure) {
    return findings_add(findings, error, NODAL_SEVERITY_ERROR, "checksum", job->shown, "%s",
                        nodal_error_message(job->failure));
  }
  return strcmp(job->text, job->expected) == 0 ||
         findings_add(findings, error, NODAL_SEVERITY_ERROR, "checksum", job->shown,
                      "the %s checksum is %s, but %s in %s", nodal_digest_name(job->digest), job->text, job->expected,
                      job->origin);
}

static bool tell_unlisted(Sums *sums, NodalError **error) {
  size_t unlisted = 0;
  for (size_t i = 0; i < sums->check->catalog->count; i++) {
    unlisted += !sums->listed[i] && catalog_text(&sums->check->catalog->entries[i], CATALOG_PATH)[0] != '\0';
  }
  return unlisted == 0 || sums->check->options->checksum_count == 0 ||
         findings_add(sums->check->findings, error, NODAL_SEVERITY_NOTE, "checksum", "",
                      "%zu slide%s in no list of checksums", unlisted, unlisted == 1 ? " is" : "s are");
}

static bool run_jobs(Sums *sums, NodalError **error) {
  NodalPool *pool = nodal_pool_new(sums->check->options->threads, error);
  NodalPoolRun run = {.count = (int64_t)sums->job_count, .work = work, .user = sums};
  bool done = pool && nodal_pool_run(pool, &run, error);
  nodal_pool_free(pool);
  for (size_t i = 0; done && i < sums->job_count; i++) {
    done = tell(sums, &sums->jobs[i], error);
  }
  return done && tell_unlisted(sums, error);
}

/* ---- doubled slides ---- */

typedef struct Sum {
  const char *slide;
  NodalDigest digest;
  const char *text;
} Sum;

static int compare_sums(const void *a, const void *b) {
  const Sum *first = a, *second = b;
  int order = (int)first->digest - (int)second->digest;
  order = order != 0 ? order : strcmp(first->text, second->text);
  return order != 0 ? order : strcmp(first->slide, second->slide);
}

/* Slides of which a list, or the catalog, states the same checksum. */
static bool find_doubles(Sums *sums, NodalError **error) {
  const NodalCatalog *catalog = sums->check->catalog;
  Sum *all = nodal_alloc_array(catalog->count + sums->job_count, sizeof *all, error);
  size_t count = 0;
  if (!all) {
    return false;
  }
  for (size_t i = 0; i < catalog->count; i++) {
    Sum sum = {.slide = catalog_text(&catalog->entries[i], CATALOG_SLIDE)};
    sum.text = split_checksum(catalog_text(&catalog->entries[i], CATALOG_CHECKSUM), &sum.digest);
    if (sum.text) {
      all[count++] = sum;
    }
  }
  for (size_t i = 0; i < sums->job_count; i++) {
    const Job *job = &sums->jobs[i];
    if (job->slide >= 0) {
      all[count++] = (Sum){job->shown, job->digest, job->expected};
    }
  }
  if (count > 1) {
    qsort(all, count, sizeof *all, compare_sums);
  }
  bool done = true;
  for (size_t i = 1; done && i < count; i++) {
    const Sum *before = &all[i - 1];
    if (before->digest == all[i].digest && strcmp(before->text, all[i].text) == 0 &&
        strcmp(before->slide, all[i].slide) != 0) {
      done = findings_add(sums->check->findings, error, NODAL_SEVERITY_WARNING, "duplicate", all[i].slide,
                          "has the same %s checksum as %s", nodal_digest_name(all[i].digest), before->slide);
    }
  }
  free(all);
  return done;
}

bool check_checksums(Check *check, NodalError **error) {
  int count = check->options->checksum_count;
  Sums sums = {.check = check, .lists = nodal_alloc_array((size_t)count, sizeof *sums.lists, error)};
  bool done = sums.lists && find_places(&sums, error);
  for (int i = 0; done && i < count; i++) {
    done = add_list(&sums, i, error);
  }
  done = done && add_catalog(&sums, error) && run_jobs(&sums, error) && find_doubles(&sums, error);
  for (int i = 0; sums.lists && i < count; i++) {
    checksums_clear(&sums.lists[i]);
  }
  for (size_t i = 0; i < sums.job_count; i++) {
    free(sums.jobs[i].path);
    nodal_error_free(sums.jobs[i].failure);
  }
  free(sums.lists);
  free(sums.jobs);
  free(sums.places);
  free(sums.listed);
  return done;
}
