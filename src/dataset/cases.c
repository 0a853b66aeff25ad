/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/cases.h"

#include "base/memory.h"

#include <limits.h>
#include <strings.h>

typedef struct NamePlace {
  const char *name;
  size_t index;
} NamePlace;

static int by_name(const void *first, const void *second) {
  const NamePlace *a = first, *b = second;
  int names = strcasecmp(a->name, b->name);
  return names ? names : (a->index > b->index) - (a->index < b->index);
}

bool dataset_number_names(const char *const *names, size_t count, int *ids, int *count_of, NodalError **error) {
  NamePlace *places = nodal_alloc_array(count, sizeof *places, error);
  if (!places) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    places[i] = (NamePlace){names[i], i};
  }
  if (count > 0) {
    qsort(places, count, sizeof *places, by_name);
  }
  int last = -1;
  for (size_t i = 0; i < count; i++) {
    bool unknown = places[i].name[0] == '\0';
    if (!unknown && (i == 0 || strcasecmp(places[i].name, places[i - 1].name) != 0)) {
      last++;
    }
    ids[places[i].index] = unknown ? -1 : last;
  }
  *count_of = last + 1;
  free(places);
  return true;
}

static int class_of(NodalLabelKind kind, const NodalSplitSlide *slide, int unknown, NodalError **error) {
  const char *text = kind == NODAL_LABEL_PATIENT ? slide->stage : slide->label;
  if (text[0] == '\0') {
    return unknown;
  }
  int class_index = nodal_label_class(kind, text);
  if (class_index < 0) {
    nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %s '%s' means nothing", slide->slide,
               kind == NODAL_LABEL_PATIENT ? "stage" : "label", text);
  }
  return class_index;
}

static bool add_slide(DatasetPatient *patient, const NodalSplitSlide *slides, size_t index, int center,
                      NodalError **error) {
  const NodalSplitSlide *slide = &slides[index];
  int label = class_of(NODAL_LABEL_SLIDE, slide, CASE_NO_LABEL, error);
  int stage = label < 0 ? -1 : class_of(NODAL_LABEL_PATIENT, slide, CASE_NO_STAGE, error);
  if (stage < 0) {
    return false;
  }
  if (patient->slides == 0) {
    *patient = (DatasetPatient){.slide = index, .center = center, .stage = stage};
  }
  const NodalSplitSlide *first = &slides[patient->slide];
  if (center >= 0 && patient->center >= 0 && center != patient->center) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s has slides of two centers: %s is of another than %s",
                      slide->patient, slide->slide, first->slide);
  }
  if (stage != CASE_NO_STAGE && patient->stage != CASE_NO_STAGE && stage != patient->stage) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s has two stages: %s says %s, another slide %s", slide->patient,
                      slide->slide, slide->stage, nodal_label_name(NODAL_LABEL_PATIENT, patient->stage));
  }
  patient->center = center >= 0 ? center : patient->center;
  patient->stage = stage != CASE_NO_STAGE ? stage : patient->stage;
  patient->labels[label]++;
  patient->slides++;
  return true;
}

static bool gather(const NodalSplitSlide *slides, size_t count, DatasetPatients *patients, const char **names,
                   int *centers, NodalError **error) {
  for (size_t i = 0; i < count; i++) {
    names[i] = slides[i].center;
  }
  if (!dataset_number_names(names, count, centers, &patients->centers, error)) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    names[i] = slides[i].patient;
  }
  if (!dataset_number_names(names, count, patients->of_slide, &patients->count, error)) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    if (patients->of_slide[i] < 0) {
      patients->of_slide[i] = patients->count++;
    }
    if (!add_slide(&patients->items[patients->of_slide[i]], slides, i, centers[i], error)) {
      return false;
    }
  }
  return true;
}

bool dataset_gather_patients(const NodalSplitSlide *slides, size_t count, DatasetPatients *patients,
                             NodalError **error) {
  *patients = (DatasetPatients){0};
  if (count > INT_MAX) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%zu slides: too many", count);
  }
  const char **names = nodal_alloc_array(count, sizeof *names, error);
  int *centers = names ? nodal_alloc_array(count, sizeof *centers, error) : NULL;
  patients->items = centers ? nodal_alloc_array(count, sizeof *patients->items, error) : NULL;
  patients->of_slide = patients->items ? nodal_alloc_array(count, sizeof *patients->of_slide, error) : NULL;
  bool done = patients->of_slide && gather(slides, count, patients, names, centers, error);
  free(names);
  free(centers);
  if (!done) {
    dataset_clear_patients(patients);
  }
  return done;
}

void dataset_clear_patients(DatasetPatients *patients) {
  free(patients->items);
  free(patients->of_slide);
  *patients = (DatasetPatients){0};
}
