/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/froc.h"

#include "base/memory.h"
#include "base/pool.h"

/* Detections of one file outside the slide that are told; further ones are counted. */
enum { MOST_OUTSIDE = 20 };

/* What came of one slide, until its turn. */
typedef struct Outcome {
  FrocPart part;
  EvaluationProblems problems, warnings;
  int64_t below_zero; /* detections of a negative probability */
} Outcome;

typedef struct Reading {
  const NodalFrocInput *input;
  const FrocCatalog *catalog;
  Outcome *outcomes;
  NodalFroc *froc;
  int64_t below_zero;
} Reading;

static void clear_outcome(Outcome *outcome) {
  froc_part_clear(&outcome->part);
  evaluation_problems_clear(&outcome->problems);
  evaluation_problems_clear(&outcome->warnings);
}

/* --- truth --- */

static NodalFrocTruth *read_annotations(const NodalFrocInput *input, const NodalFrocMask *options, const char *path,
                                        NodalError **error) {
  NodalAnnotationSet *set = nodal_annotation_set_read(path, NODAL_ANNOTATION_AUTO, NULL, error);
  if (!set) {
    return NULL;
  }
  NodalError *cause = NULL;
  NodalFrocTruth *truth = nodal_froc_truth_of_annotations(input->rules, set, options, &cause);
  nodal_annotation_set_free(set);
  if (!truth) {
    nodal_error_prefix(&cause, "%s", path);
    nodal_error_pass(error, cause);
  }
  return truth;
}

static NodalFrocTruth *read_mask(const NodalFrocInput *input, const NodalFrocMask *options, const char *path,
                                 EvaluationProblems *warnings, NodalError **error) {
  NodalSlide *mask = nodal_slide_open(path, NULL, error);
  if (!mask) {
    return NULL;
  }
  NodalFrocTruth *truth = nodal_froc_truth_of_mask(input->rules, mask, options, error);
  NodalLevel level;
  bool told = true;
  if (truth && nodal_slide_level_count(mask) == 1 && options->downsample < FROC_DOWNSAMPLE &&
      nodal_slide_level(mask, 0, &level)) {
    told =
        evaluation_problems_add(warnings, error, "%s: has no smaller level, so one pixel of %g each way is looked at",
                                path, FROC_DOWNSAMPLE / options->downsample);
  }
  nodal_slide_free(mask);
  if (!told) {
    nodal_froc_truth_free(truth);
    return NULL;
  }
  return truth;
}

/* --- one slide --- */

/* Tells which detections lie outside the slide. */
static bool check_places(const NodalFrocInput *input, const FrocEntry *entry, const NodalFrocTruth *truth,
                         const FrocDetections *detections, EvaluationProblems *problems, NodalError **error) {
  size_t outside = 0;
  for (size_t i = 0; i < detections->count; i++) {
    const NodalDetection *detection = &detections->items[i];
    uint32_t number;
    if (!froc_truth_find(truth, input->rules, detection->x, detection->y, &number) && ++outside <= MOST_OUTSIDE &&
        !evaluation_problems_add(problems, error, "%s: line %ld: %.10g, %.10g lies outside the slide of %lld x %lld",
                                 entry->detections, detections->lines[i], detection->x, detection->y,
                                 (long long)truth->width0, (long long)truth->height0)) {
      return false;
    }
  }
  return outside <= MOST_OUTSIDE || evaluation_problems_add(problems, error, "%s: and %zu more such lines",
                                                            entry->detections, outside - MOST_OUTSIDE);
}

static bool assign(const NodalFrocInput *input, const FrocEntry *entry, const FrocDetections *detections,
                   Outcome *outcome, NodalError **error) {
  NodalFrocMask options = input->mask;
  options.threads = 1; /* slides are read side by side */
  NodalFrocTruth *truth = NULL;
  NodalError *cause = NULL;
  if (entry->tumor) {
    truth = froc_is_annotation(entry->truth) ? read_annotations(input, &options, entry->truth, &cause)
                                             : read_mask(input, &options, entry->truth, &outcome->warnings, &cause);
    if (!truth) {
      return evaluation_problems_take(&outcome->problems, cause, error);
    }
  }
  bool done = (!truth || check_places(input, entry, truth, detections, &outcome->problems, error)) &&
              (outcome->problems.count > 0 ||
               froc_part_make(&outcome->part, input->rules, truth, detections->items, detections->count, error));
  nodal_froc_truth_free(truth);
  return done;
}

static bool read_detections(FrocDetections *detections, const char *path, EvaluationProblems *problems,
                            NodalError **error) {
  NodalError *cause = NULL;
  NodalSource *source = nodal_source_open(path, &cause);
  if (!source) {
    return evaluation_problems_take(problems, cause, error);
  }
  bool done = froc_detections_read(detections, source, problems, error);
  nodal_source_unref(source);
  return done;
}

static bool work(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  Reading *reading = user;
  const FrocEntry *entry = &reading->catalog->entries[index];
  Outcome *outcome = &reading->outcomes[index];
  FrocDetections detections = {0};
  bool done = read_detections(&detections, entry->detections, &outcome->problems, error);
  for (size_t i = 0; i < detections.count; i++) {
    outcome->below_zero += detections.items[i].probability < 0;
  }
  /* A truth that was found missing has been told. */
  if (done && (entry->truth || !entry->tumor)) {
    done = assign(reading->input, entry, &detections, outcome, error);
  }
  froc_detections_clear(&detections);
  return done;
}

static bool move_lines(EvaluationProblems *to, const EvaluationProblems *from, NodalError **error) {
  const char *line;
  for (size_t i = 0; (line = evaluation_problems_line(from, i)) != NULL; i++) {
    if (!evaluation_problems_add(to, error, "%s", line)) {
      return false;
    }
  }
  return true;
}

static bool commit(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  Reading *reading = user;
  Outcome *outcome = &reading->outcomes[index];
  NodalFroc *froc = reading->froc;
  reading->below_zero += outcome->below_zero;
  bool done = move_lines(&froc->problems, &outcome->problems, error) &&
              move_lines(&froc->warnings, &outcome->warnings, error) &&
              (outcome->problems.count > 0 ||
               froc_take_part(froc, reading->catalog->entries[index].name, &outcome->part, error));
  clear_outcome(outcome);
  return done;
}

/* --- all slides --- */

static bool read_slides(const NodalFrocInput *input, const FrocCatalog *catalog, NodalFroc *froc, NodalError **error) {
  Reading reading = {.input = input, .catalog = catalog, .froc = froc};
  NodalPool *pool = nodal_pool_new(input->mask.threads, error);
  reading.outcomes = pool ? nodal_alloc_array(catalog->count, sizeof *reading.outcomes, error) : NULL;
  NodalPoolRun run = {
      .count = (int64_t)catalog->count, .work = work, .commit = commit, .user = &reading, .progress = input->progress};
  bool done = reading.outcomes && nodal_pool_run(pool, &run, error);
  for (size_t i = 0; reading.outcomes && i < catalog->count; i++) {
    clear_outcome(&reading.outcomes[i]);
  }
  free(reading.outcomes);
  nodal_pool_free(pool);
  if (done && reading.below_zero > 0) {
    done = evaluation_problems_add(&froc->warnings, error,
                                   "%lld probabilit%s below 0, where lesions that were missed count as found",
                                   (long long)reading.below_zero, reading.below_zero == 1 ? "y is" : "ies are");
  }
  return done;
}

/* Without a lesion that counts there is no score; said once all else is well. */
static bool check_lesions(NodalFroc *froc, const NodalFrocInput *input, NodalError **error) {
  for (size_t i = 0; i < froc->slide_count; i++) {
    if (froc->slides[i].lesions > 0) {
      return true;
    }
  }
  return froc->problems.count > 0 ||
         evaluation_problems_add(&froc->problems, error, "%s: no lesion that counts on %zu slide%s with detections",
                                 input->truth, froc->slide_count, nodal_plural(froc->slide_count));
}

NodalFroc *nodal_froc_read(const NodalFrocInput *input, NodalError **error) {
  NodalFroc *froc = nodal_froc_new(input->rules, input->include_itc, error);
  if (!froc) {
    return NULL;
  }
  FrocCatalog catalog = {0};
  bool done = froc_catalog_make(&catalog, input, &froc->problems, &froc->warnings, error) &&
              read_slides(input, &catalog, froc, error) && check_lesions(froc, input, error);
  froc_catalog_clear(&catalog);
  if (!done) {
    nodal_froc_free(froc);
    return NULL;
  }
  return froc;
}
