/* SPDX-License-Identifier: Apache-2.0 */
#include <nodal/patients.h>

#include "base/memory.h"
#include "dataset/cases.h"
#include "dataset/rounding.h"
#include "dataset/stage_mix.h"

#include <string.h>

/* How often the patients are shared out over the centers anew while slides do not make what one of them is to have.
 * Each number moves by one at most, so that there is no use where more is missing. */
enum { MOST_SHARINGS = 20 };

typedef struct Center {
  char *name;
  int64_t supply[MIX_LABELS]; /* usable slides by label */
  size_t *pools[MIX_LABELS];  /* those slides, in any order; parts of one array, which the first one owns */
  int64_t wanted[MIX_STAGES], reached[MIX_STAGES], tried[MIX_STAGES];
} Center;

struct NodalPatients {
  NodalArtificialPatient *items;
  size_t count;
  Center *centers;
  int center_count;
};

static bool is_usable(const NodalPatientSlide *slide) {
  return slide->center && slide->center[0] != '\0' && slide->label >= 0 && slide->label < MIX_LABELS;
}

/* ---- Slides by center and label ---- */

static bool make_pools(Center *center, NodalError **error) {
  int64_t slides = 0;
  for (int label = 0; label < MIX_LABELS; label++) {
    slides += center->supply[label];
  }
  if (slides > NODAL_PATIENTS_MAX_SLIDES) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "center %s has %lld slides: at most %d", center->name,
                      (long long)slides, NODAL_PATIENTS_MAX_SLIDES);
  }
  center->pools[0] = nodal_alloc_array((size_t)slides, sizeof **center->pools, error);
  for (int label = 1; center->pools[0] && label < MIX_LABELS; label++) {
    center->pools[label] = center->pools[label - 1] + center->supply[label - 1];
  }
  return center->pools[0] != NULL;
}

static bool fill_pools(NodalPatients *patients, const NodalPatientSlide *slides, size_t count, const int *center_of,
                       NodalError **error) {
  for (size_t i = 0; i < count; i++) {
    if (center_of[i] < 0) {
      continue;
    }
    Center *center = &patients->centers[center_of[i]];
    if (!center->name && !(center->name = nodal_strdup(slides[i].center, error))) {
      return false;
    }
    center->supply[slides[i].label]++;
  }
  for (int i = 0; i < patients->center_count; i++) {
    if (!make_pools(&patients->centers[i], error)) {
      return false;
    }
    memset(patients->centers[i].supply, 0, sizeof patients->centers[i].supply);
  }
  for (size_t i = 0; i < count; i++) {
    if (center_of[i] >= 0) {
      Center *center = &patients->centers[center_of[i]];
      center->pools[slides[i].label][center->supply[slides[i].label]++] = i;
    }
  }
  return true;
}

static bool sort_slides(NodalPatients *patients, const NodalPatientSlide *slides, size_t count, NodalError **error) {
  const char **names = nodal_alloc_array(count, sizeof *names, error);
  int *center_of = names ? nodal_alloc_array(count, sizeof *center_of, error) : NULL;
  for (size_t i = 0; center_of && i < count; i++) {
    names[i] = is_usable(&slides[i]) ? slides[i].center : "";
  }
  bool done = center_of && dataset_number_names(names, count, center_of, &patients->center_count, error);
  if (done) {
    patients->centers = nodal_alloc_array((size_t)patients->center_count, sizeof *patients->centers, error);
    done = patients->centers && fill_pools(patients, slides, count, center_of, error);
  }
  free(names);
  free(center_of);
  return done;
}

/* ---- What is wanted ---- */

static int64_t patients_of(const Center *center) {
  int64_t slides = 0;
  for (int label = 0; label < MIX_LABELS; label++) {
    slides += center->supply[label];
  }
  return slides / NODAL_PATIENT_SLIDES;
}

static bool check_shares(const int64_t shares[MIX_STAGES], int64_t *sum, NodalError **error) {
  *sum = 0;
  for (int stage = 0; stage < MIX_STAGES; stage++) {
    if (shares[stage] < 0 || shares[stage] > NODAL_PATIENTS_MAX_SHARE) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "a share of %lld for %s: it must be 0 to %d",
                        (long long)shares[stage], nodal_label_name(NODAL_LABEL_PATIENT, stage),
                        NODAL_PATIENTS_MAX_SHARE);
    }
    *sum += shares[stage];
  }
  return *sum > 0 || nodal_fail(error, NODAL_ERROR_ARGUMENT, "no stage has a share");
}

/* Takes what each center is to have, and what comes nearest to it, if that is nearer in all than the last best. Returns
 * the sum of differences of the better one. */
static int64_t keep_nearer(NodalPatients *patients, const int64_t *wanted, int64_t least) {
  int64_t sum = 0;
  for (int i = 0; i < patients->center_count; i++) {
    Center *center = &patients->centers[i];
    mix_nearest(center->supply, wanted + i * MIX_STAGES, center->tried);
    for (int stage = 0; stage < MIX_STAGES; stage++) {
      sum += llabs(center->tried[stage] - wanted[i * MIX_STAGES + stage]);
    }
  }
  for (int i = 0; sum < least && i < patients->center_count; i++) {
    Center *center = &patients->centers[i];
    memcpy(center->wanted, wanted + i * MIX_STAGES, sizeof center->wanted);
    memcpy(center->reached, center->tried, sizeof center->reached);
  }
  return nodal_min64(sum, least);
}

static bool share_out(NodalPatients *patients, const int64_t shares[MIX_STAGES], NodalRandom *random,
                      NodalError **error) {
  int64_t sum;
  if (!check_shares(shares, &sum, error)) {
    return false;
  }
  size_t centers = (size_t)patients->center_count;
  int64_t *parts = nodal_alloc_array(centers * MIX_STAGES, sizeof *parts, error);
  int64_t *rounded = parts ? nodal_alloc_array(centers * MIX_STAGES, sizeof *rounded, error) : NULL;
  for (size_t i = 0; rounded && i < centers * MIX_STAGES; i++) {
    parts[i] = patients_of(&patients->centers[i / MIX_STAGES]) * shares[i % MIX_STAGES];
  }
  bool done = rounded != NULL;
  int64_t least = INT64_MAX, movable = (int64_t)centers * MIX_STAGES;
  for (int i = 0; done && least > 0 && (i == 0 || least <= movable) && i < MOST_SHARINGS; i++) {
    done = dataset_round_table(parts, centers, MIX_STAGES, sum, random, rounded, error);
    least = done ? keep_nearer(patients, rounded, least) : 0;
  }
  for (size_t i = 0; i < centers; i++) {
    patients->count += (size_t)patients_of(&patients->centers[i]);
  }
  free(parts);
  free(rounded);
  return done && (patients->count > 0 || nodal_fail(error, NODAL_ERROR_ARGUMENT,
                                                    "no center has %d slides with a label of negative, itc, "
                                                    "micro or macro",
                                                    NODAL_PATIENT_SLIDES));
}

/* ---- Making patients ---- */

/* The label for a place that takes those of the set: each of the slides left is as likely, but for labels without
 * which other places could not be filled. */
static int draw_label(unsigned set, const int64_t places[MIX_SETS], const int64_t supply[MIX_LABELS],
                      NodalRandom *random) {
  int64_t chances[MIX_LABELS] = {0}, sum = 0;
  for (int label = 0; label < MIX_LABELS; label++) {
    if ((set >> label & 1) == 0 || supply[label] == 0) {
      continue;
    }
    int64_t left[MIX_LABELS];
    memcpy(left, supply, sizeof left);
    left[label]--;
    chances[label] = mix_can_fill(places, left) ? supply[label] : 0;
    sum += chances[label];
  }
  int64_t drawn = nodal_random_below(random, (uint32_t)sum);
  int label = 0;
  while (drawn >= chances[label]) {
    drawn -= chances[label++];
  }
  return label;
}

/* `places` and `left` are those of the center's patients that are still to be made. */
static void make_patient(const Center *center, NodalArtificialPatient *patient, int64_t places[MIX_SETS],
                         int64_t left[MIX_LABELS], NodalRandom *random) {
  size_t filled = 0;
  for (unsigned set = 1; set < MIX_SETS; set++) {
    for (int i = 0; i < mix_places(patient->stage, set); i++) {
      places[set]--;
      int label = draw_label(set, places, left, random);
      patient->slides[filled++] = center->pools[label][--left[label]];
    }
  }
  nodal_random_shuffle(random, patient->slides, NODAL_PATIENT_SLIDES);
}

static bool make_center(const Center *center, NodalArtificialPatient *items, NodalRandom *random, NodalError **error) {
  size_t count = (size_t)patients_of(center), used = 0;
  size_t *stages = nodal_alloc_array(count, sizeof *stages, error);
  if (!stages) {
    return false;
  }
  int64_t places[MIX_SETS] = {0}, left[MIX_LABELS];
  for (int stage = 0; stage < MIX_STAGES; stage++) {
    for (int64_t i = 0; i < center->reached[stage]; i++) {
      stages[used++] = (size_t)stage;
    }
    for (unsigned set = 1; set < MIX_SETS; set++) {
      places[set] += center->reached[stage] * mix_places(stage, set);
    }
  }
  for (int label = 0; label < MIX_LABELS; label++) {
    left[label] = center->supply[label];
    nodal_random_shuffle(random, center->pools[label], (size_t)left[label]);
  }
  nodal_random_shuffle(random, stages, count);
  for (size_t i = 0; i < count; i++) {
    items[i].stage = (int)stages[i];
    make_patient(center, &items[i], places, left, random);
  }
  free(stages);
  return true;
}

static bool group(NodalPatients *patients, const NodalPatientSlide *slides, size_t count,
                  const int64_t shares[MIX_STAGES], uint64_t seed, NodalError **error) {
  NodalRandom random;
  nodal_random_start(&random, seed, 0);
  if (!sort_slides(patients, slides, count, error) || !share_out(patients, shares, &random, error)) {
    return false;
  }
  patients->items = nodal_alloc_array(patients->count, sizeof *patients->items, error);
  bool made = patients->items != NULL;
  size_t used = 0;
  for (int i = 0; i < patients->center_count && made; i++) {
    /* A stream of its own, so that a center's patients do not depend on the others' slides. */
    nodal_random_start(&random, seed, (uint64_t)i + 1);
    made = make_center(&patients->centers[i], patients->items + used, &random, error);
    used += (size_t)patients_of(&patients->centers[i]);
  }
  return made;
}

NodalPatients *nodal_patients_group(const NodalPatientSlide *slides, size_t count, const int64_t shares[MIX_STAGES],
                                    uint64_t seed, NodalError **error) {
  NodalPatients *patients = nodal_alloc_array(1, sizeof *patients, error);
  if (patients && !group(patients, slides, count, shares, seed, error)) {
    nodal_patients_free(patients);
    return NULL;
  }
  return patients;
}

void nodal_patients_free(NodalPatients *patients) {
  if (!patients) {
    return;
  }
  for (int i = 0; patients->centers && i < patients->center_count; i++) {
    free(patients->centers[i].name);
    free(patients->centers[i].pools[0]);
  }
  free(patients->centers);
  free(patients->items);
  free(patients);
}

size_t nodal_patients_count(const NodalPatients *patients) {
  return patients->count;
}

bool nodal_patients_item(const NodalPatients *patients, size_t index, NodalArtificialPatient *patient) {
  if (index >= patients->count) {
    return false;
  }
  *patient = patients->items[index];
  return true;
}

bool nodal_patients_center(const NodalPatients *patients, size_t index, NodalPatientsCenter *center) {
  if (index >= (size_t)patients->center_count) {
    return false;
  }
  const Center *from = &patients->centers[index];
  *center = (NodalPatientsCenter){.name = from->name};
  for (int label = 0; label < MIX_LABELS; label++) {
    center->slides += from->supply[label];
  }
  memcpy(center->wanted, from->wanted, sizeof center->wanted);
  memcpy(center->reached, from->reached, sizeof center->reached);
  return true;
}
