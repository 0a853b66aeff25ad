/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/froc.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

/* --- one slide --- */

static bool check_detection(const NodalDetection *detection, size_t index, NodalError **error) {
  if (isfinite(detection->probability) && detection->x >= 0 && detection->y >= 0 && isfinite(detection->x) &&
      isfinite(detection->y)) {
    return true;
  }
  return nodal_fail(error, NODAL_ERROR_ARGUMENT, "detection %zu: %g at %g, %g", index + 1, detection->probability,
                    detection->x, detection->y);
}

/* `truth` may be NULL. */
static bool assign(FrocPart *part, const NodalFrocRules *rules, const NodalFrocTruth *truth,
                   const NodalDetection *detection, size_t index, NodalError **error) {
  uint32_t number = 0;
  if (truth && !froc_truth_find(truth, rules, detection->x, detection->y, &number)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "detection %zu at %g, %g lies outside the slide of %lld x %lld",
                      index + 1, detection->x, detection->y, (long long)truth->width0, (long long)truth->height0);
  }
  if (number == 0) {
    part->positives[part->positive_count++] = detection->probability;
    return true;
  }
  double *probability = &part->lesions[number - 1].probability;
  *probability = fmax(*probability, detection->probability);
  return true;
}

bool froc_part_make(FrocPart *part, const NodalFrocRules *rules, const NodalFrocTruth *truth,
                    const NodalDetection *detections, size_t count, NodalError **error) {
  size_t lesions = truth ? truth->lesion_count : 0;
  *part = (FrocPart){.lesion_count = lesions};
  part->lesions = nodal_alloc_array(lesions, sizeof *part->lesions, error);
  if (!part->lesions || !(part->positives = nodal_alloc_array(count, sizeof *part->positives, error))) {
    return false;
  }
  if (lesions > 0) {
    memcpy(part->lesions, truth->lesions, lesions * sizeof *part->lesions);
  }
  for (size_t i = 0; i < count; i++) {
    if (!check_detection(&detections[i], i, error) || !assign(part, rules, truth, &detections[i], i, error)) {
      return false;
    }
  }
  return true;
}

void froc_part_clear(FrocPart *part) {
  free(part->lesions);
  free(part->positives);
  *part = (FrocPart){0};
}

/* --- all slides --- */

NodalFroc *nodal_froc_new(const NodalFrocRules *rules, bool include_itc, NodalError **error) {
  NodalFroc *froc = nodal_alloc_array(1, sizeof *froc, error);
  if (froc) {
    froc->rules = rules;
    froc->include_itc = include_itc;
  }
  return froc;
}

void nodal_froc_free(NodalFroc *froc) {
  if (!froc) {
    return;
  }
  for (size_t i = 0; i < froc->slide_count; i++) {
    free(froc->slides[i].name);
  }
  free(froc->slides);
  free(froc->lesions);
  free(froc->positives.items);
  evaluation_problems_clear(&froc->problems);
  evaluation_problems_clear(&froc->warnings);
  free(froc);
}

bool froc_take_part(NodalFroc *froc, const char *slide, FrocPart *part, NodalError **error) {
  FrocEvents *positives = &froc->positives;
  if (froc->slide_count >= UINT32_MAX || positives->count + part->positive_count >= UINT32_MAX) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "more than %u slides or detections", UINT32_MAX);
  }
  if (!nodal_grow_array(&froc->slides, &froc->slide_capacity, froc->slide_count + 1, sizeof *froc->slides, error) ||
      !nodal_grow_array(&froc->lesions, &froc->lesion_capacity, froc->lesion_count + part->lesion_count,
                        sizeof *froc->lesions, error) ||
      !nodal_grow_array(&positives->items, &positives->capacity, positives->count + part->positive_count,
                        sizeof *positives->items, error)) {
    return false;
  }
  FrocSlide *entry = &froc->slides[froc->slide_count];
  *entry = (FrocSlide){.name = nodal_strdup(slide, error)};
  if (!entry->name) {
    return false;
  }
  for (size_t i = 0; i < part->lesion_count; i++) {
    NodalFrocLesion *lesion = &froc->lesions[froc->lesion_count++];
    *lesion = part->lesions[i];
    lesion->slide = entry->name;
    entry->lesions += !lesion->itc || froc->include_itc;
  }
  for (size_t i = 0; i < part->positive_count; i++) {
    positives->items[positives->count++] =
        (FrocEvent){.value = part->positives[i], .slide = (uint32_t)froc->slide_count};
  }
  froc->slide_count++;
  froc_part_clear(part);
  return true;
}

bool nodal_froc_add(NodalFroc *froc, const char *slide, const NodalFrocTruth *truth, const NodalDetection *detections,
                    size_t count, NodalError **error) {
  FrocPart part;
  NodalError *cause = NULL;
  bool added = froc_part_make(&part, froc->rules, truth, detections, count, &cause) &&
               froc_take_part(froc, slide, &part, &cause);
  froc_part_clear(&part);
  if (!added) {
    nodal_error_prefix(&cause, "%s", slide);
    return nodal_error_pass(error, cause);
  }
  return true;
}

bool nodal_froc_lesion(const NodalFroc *froc, size_t index, NodalFrocLesion *lesion) {
  if (index >= froc->lesion_count) {
    return false;
  }
  *lesion = froc->lesions[index];
  return true;
}

const char *nodal_froc_problem(const NodalFroc *froc, size_t index) {
  return evaluation_problems_line(&froc->problems, index);
}

const char *nodal_froc_warning(const NodalFroc *froc, size_t index) {
  return evaluation_problems_line(&froc->warnings, index);
}
