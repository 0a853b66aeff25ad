/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/dataset.h"

#include "base/memory.h"
#include "base/output_folder.h"
#include "base/pool.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Threads work on different slides: that needs no waiting for each other inside a slide, and no more memory than tiles
 * in parallel would. Neighbouring sections are work of their own, behind all slides.
 */

enum { LEAST_SIZE = 1000, LARGEST_SIZE = 64000, MOST_PATIENTS = 1000 };

static const char marker[] = "phantom.csv";

/* --- progress --- */

/* What all threads have done; the caller's callback is called by one at a time. */
typedef struct Tally {
  const NodalProgress *progress;
  pthread_mutex_t lock;
  uint64_t done, total;
} Tally;

/* What one slide has added to it. */
typedef struct SlideTally {
  Tally *tally;
  uint64_t done;
} SlideTally;

static bool report_slide(void *user, uint64_t done, uint64_t total) {
  (void)total;
  SlideTally *slide = user;
  Tally *tally = slide->tally;
  pthread_mutex_lock(&tally->lock);
  tally->done += done - slide->done;
  slide->done = done;
  bool going = !tally->progress || tally->progress->report(tally->progress->user, tally->done, tally->total);
  pthread_mutex_unlock(&tally->lock);
  return going;
}

/* --- the work --- */

/* One file with what belongs to it. */
typedef struct Job {
  DatasetSlide *slide;
  bool ihc;
  DatasetFiles files;
} Job;

typedef struct Work {
  DatasetPlan plan;
  Job *jobs;
  int job_count;
  Tally tally;
} Work;

static bool settle_slide(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  Work *work = user;
  SlideTally nothing = {.tally = &work->tally};
  if (!report_slide(&nothing, 0, 0)) {
    return nodal_fail(error, NODAL_ERROR_CANCELLED, "cancelled");
  }
  return dataset_settle(&work->plan, &work->plan.slides[index], error);
}

static bool do_job(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  Work *work = user;
  Job *job = &work->jobs[index];
  SlideTally slide = {.tally = &work->tally};
  NodalProgress progress = {.report = report_slide, .user = &slide};
  return dataset_paint(job->slide, job->ihc, &job->files, &progress, error);
}

static bool list_jobs(Work *work, const char *root, NodalError **error) {
  int count = work->plan.count;
  work->jobs = nodal_alloc_array(2 * (size_t)count, sizeof *work->jobs, error);
  if (!work->jobs) {
    return false;
  }
  for (int i = 0; i < (work->plan.options->ihc ? 2 : 1) * count; i++) {
    DatasetSlide *slide = &work->plan.slides[i % count];
    bool ihc = i >= count;
    if (!ihc || slide->label != NODAL_CATEGORY_NEGATIVE) {
      work->jobs[work->job_count++] = (Job){.slide = slide, .ihc = ihc, .files.root = root};
      work->tally.total += (uint64_t)(slide->width * slide->height);
    }
  }
  return true;
}

/* Only folders that something will lie in. */
static bool make_folders(const Work *work, const char *root, NodalError **error) {
  bool positive = false, faulty = false, fields = false;
  for (int i = 0; i < work->plan.count; i++) {
    const DatasetSlide *slide = &work->plan.slides[i];
    positive = positive || slide->label != NODAL_CATEGORY_NEGATIVE;
    faulty = faulty || slide->faults;
    fields = fields || slide->field_count;
  }
  const struct {
    const char *name;
    bool wanted;
  } folders[] = {{"images", true},    {"annotations", positive},
                 {"masks", positive}, {"ihc", positive && work->plan.options->ihc},
                 {"faults", faulty},  {"nuclei", fields}};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    char *path = folders[i].wanted ? dataset_path(root, "", folders[i].name, error) : NULL;
    bool made = !folders[i].wanted || (path && (mkdir(path, 0777) == 0 || nodal_fail_errno(error, errno, "%s", path)));
    free(path);
    if (!made) {
      return false;
    }
  }
  return true;
}

/* --- the lists at the end --- */

static int compare_files(const void *a, const void *b) {
  return strcmp(((const DatasetFile *)a)->path, ((const DatasetFile *)b)->path);
}

static bool write_lists(const Work *work, const char *root, int64_t *bytes, NodalError **error) {
  DatasetFiles tables = {.root = root};
  if (!dataset_tables(&work->plan, &tables, error)) {
    return false;
  }
  size_t count = (size_t)tables.count;
  for (int i = 0; i < work->job_count; i++) {
    count += (size_t)work->jobs[i].files.count;
  }
  DatasetFile *all = nodal_alloc_array(count, sizeof *all, error);
  if (!all) {
    return false;
  }
  size_t at = (size_t)tables.count;
  memcpy(all, tables.list, at * sizeof *all);
  for (int i = 0; i < work->job_count; i++) {
    const DatasetFiles *files = &work->jobs[i].files;
    memcpy(all + at, files->list, (size_t)files->count * sizeof *all);
    at += (size_t)files->count;
  }
  qsort(all, count, sizeof *all, compare_files);
  bool written = dataset_checksums(root, all, count, bytes, error);
  free(all);
  return written;
}

static void sum_up(const Work *work, int64_t bytes, NodalPhantomDatasetSummary *summary) {
  *summary = (NodalPhantomDatasetSummary){.slides = work->plan.count, .bytes = bytes};
  summary->ihc_slides = work->job_count - work->plan.count;
  static const NodalStage stages[NODAL_PHANTOM_STAGES] = {NODAL_STAGE_PN0, NODAL_STAGE_PN0_I, NODAL_STAGE_PN1MI,
                                                          NODAL_STAGE_PN1, NODAL_STAGE_PN2};
  int64_t *const by_label[] = {&summary->nodes.negative, &summary->nodes.itc, &summary->nodes.micro,
                               &summary->nodes.macro};
  for (int i = 0; i < work->plan.count; i++) {
    const DatasetSlide *slide = &work->plan.slides[i];
    summary->lesions += slide->lesion_count;
    summary->faulty_slides += slide->faults != 0;
    ++*by_label[slide->label];
    for (int k = 0; slide->node == 0 && k < NODAL_PHANTOM_STAGES; k++) {
      summary->patients[k] += slide->stage == stages[k];
    }
  }
}

/* Fills the folder at `root`. */
static bool fill(Work *work, const char *root, NodalPool *pool, NodalPhantomDatasetSummary *summary,
                 NodalError **error) {
  int64_t bytes = 0;
  NodalPoolRun settle = {.count = work->plan.count, .work = settle_slide, .user = work, .window = work->plan.count};
  if (!nodal_pool_run(pool, &settle, error) || !list_jobs(work, root, error) || !make_folders(work, root, error)) {
    return false;
  }
  NodalPoolRun paint = {.count = work->job_count, .work = do_job, .user = work, .window = work->job_count};
  if (!nodal_pool_run(pool, &paint, error) || !write_lists(work, root, &bytes, error)) {
    return false;
  }
  if (summary) {
    sum_up(work, bytes, summary);
  }
  return true;
}

static bool check_options(const NodalPhantomDatasetOptions *options, NodalError **error) {
  if (options->patients < 1 || options->patients > MOST_PATIENTS) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%d patients are not 1 to %d", options->patients,
                      (int)MOST_PATIENTS);
  }
  if (options->size < LEAST_SIZE || options->size > LARGEST_SIZE) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "slides of %lld pixels are not %d to %d", (long long)options->size,
                      (int)LEAST_SIZE, (int)LARGEST_SIZE);
  }
  double sum = 0;
  for (int i = 0; i < NODAL_PHANTOM_STAGES; i++) {
    if (!(options->stages[i] >= 0 && options->stages[i] <= 1e6)) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%g is no share of patients", options->stages[i]);
    }
    sum += options->stages[i];
  }
  return sum > 0 || nodal_fail(error, NODAL_ERROR_ARGUMENT, "no stage has a share of the patients");
}

/* Messages name files where the user will look for them. */
static void rename_place(NodalError **error, const NodalOutputFolder *folder) {
  const char *place = nodal_output_folder_place(folder);
  size_t length = strlen(place);
  if (!error || !*error || strncmp(nodal_error_message(*error), place, length) != 0) {
    return;
  }
  NodalError *cause = *error;
  *error = NULL;
  nodal_fail(error, nodal_error_code(cause), "%s%s", nodal_output_folder_name(folder),
             nodal_error_message(cause) + length);
  nodal_error_free(cause);
}

bool nodal_phantom_dataset_write(const NodalPhantomDatasetOptions *options, const char *path,
                                 const NodalProgress *progress, NodalPhantomDatasetSummary *summary,
                                 NodalError **error) {
  if (!check_options(options, error)) {
    return false;
  }
  NodalOutputFolder *folder = nodal_output_folder_open(path, marker, options->force, error);
  NodalPool *pool = folder ? nodal_pool_new(options->threads, error) : NULL;
  Work work = {.tally.progress = progress};
  pthread_mutex_init(&work.tally.lock, NULL);
  bool written = pool && dataset_plan(&work.plan, options, error) &&
                 fill(&work, nodal_output_folder_place(folder), pool, summary, error);
  if (folder && !written) {
    rename_place(error, folder);
  }
  written = written && nodal_output_folder_commit(folder, error);
  pthread_mutex_destroy(&work.tally.lock);
  free(work.jobs);
  free(work.plan.slides);
  nodal_pool_free(pool);
  nodal_output_folder_free(folder);
  return written;
}
