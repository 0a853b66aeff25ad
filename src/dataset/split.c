/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "dataset/cases.h"
#include "dataset/rounding.h"

/* Kinds of patients: by stage, else by the highest label of their slides, the last of which is: not known. */
enum { KINDS = CASE_NO_STAGE + CASE_LABELS };

/* Among more patients of one kind and center the exchange would take too long; the first ones are enough there. */
enum { MOST_EXCHANGED = 2000, MOST_ROUNDS = 100 };

/* Patients of one kind and center lie side by side. */
typedef struct Deal {
  DatasetPatients patients;
  int folds;
  size_t columns;  /* centers, and one for those of none */
  int64_t *cells;  /* patients by kind and column */
  int64_t *dealt;  /* of those, to one fold */
  size_t *starts;  /* where the cell's patients begin in `order` */
  size_t *next;    /* which of them is dealt next */
  size_t *order;   /* patients by cell */
  int *fold;       /* of each patient */
  int64_t *totals; /* [fold][label], and the slides after the labels */
} Deal;

enum { TOTALS = CASE_LABELS + 1 };

static size_t kind_of(const DatasetPatient *patient) {
  if (patient->stage != CASE_NO_STAGE) {
    return (size_t)patient->stage;
  }
  for (int label = CASE_NO_LABEL - 1; label >= 0; label--) {
    if (patient->labels[label] > 0) {
      return (size_t)(CASE_NO_STAGE + label);
    }
  }
  return KINDS - 1;
}

static size_t cell_of(const Deal *deal, const DatasetPatient *patient) {
  size_t column = patient->center < 0 ? deal->columns - 1 : (size_t)patient->center;
  return kind_of(patient) * deal->columns + column;
}

static bool allocate(Deal *deal, NodalError **error) {
  size_t patients = (size_t)deal->patients.count, cells = KINDS * deal->columns;
  return (deal->cells = nodal_alloc_array(cells, sizeof *deal->cells, error)) != NULL &&
         (deal->dealt = nodal_alloc_array(cells, sizeof *deal->dealt, error)) != NULL &&
         (deal->starts = nodal_alloc_array(cells + 1, sizeof *deal->starts, error)) != NULL &&
         (deal->next = nodal_alloc_array(cells, sizeof *deal->next, error)) != NULL &&
         (deal->order = nodal_alloc_array(patients, sizeof *deal->order, error)) != NULL &&
         (deal->fold = nodal_alloc_array(patients, sizeof *deal->fold, error)) != NULL &&
         (deal->totals = nodal_alloc_array((size_t)deal->folds * TOTALS, sizeof *deal->totals, error)) != NULL;
}

static void clear(Deal *deal) {
  dataset_clear_patients(&deal->patients);
  free(deal->cells);
  free(deal->dealt);
  free(deal->starts);
  free(deal->next);
  free(deal->order);
  free(deal->fold);
  free(deal->totals);
}

/* Patients by cell, within each in any order. */
static void sort_into_cells(Deal *deal, NodalRandom *random) {
  size_t cells = KINDS * deal->columns;
  for (int i = 0; i < deal->patients.count; i++) {
    deal->cells[cell_of(deal, &deal->patients.items[i])]++;
  }
  for (size_t cell = 0; cell < cells; cell++) {
    deal->next[cell] = deal->starts[cell];
    deal->starts[cell + 1] = deal->starts[cell] + (size_t)deal->cells[cell];
  }
  for (int i = 0; i < deal->patients.count; i++) {
    deal->order[deal->next[cell_of(deal, &deal->patients.items[i])]++] = (size_t)i;
  }
  for (size_t cell = 0; cell < cells; cell++) {
    deal->next[cell] = deal->starts[cell];
    nodal_random_shuffle(random, deal->order + deal->starts[cell], deal->starts[cell + 1] - deal->starts[cell]);
  }
}

/* Each fold takes its share of what is left, rounded so that all sums are, too. What is left then differs by one at
 * most from a whole number of shares, so that the last fold gets as much as the first. */
static bool deal_out(Deal *deal, NodalRandom *random, NodalError **error) {
  size_t cells = KINDS * deal->columns;
  for (int fold = 0; fold < deal->folds; fold++) {
    if (!dataset_round_table(deal->cells, KINDS, deal->columns, deal->folds - fold, random, deal->dealt, error)) {
      return false;
    }
    for (size_t cell = 0; cell < cells; cell++) {
      deal->cells[cell] -= deal->dealt[cell];
      for (int64_t i = 0; i < deal->dealt[cell]; i++) {
        deal->fold[deal->order[deal->next[cell]++]] = fold;
      }
    }
  }
  return true;
}

/* ---- Exchanging patients of one kind and center ---- */

static int64_t total_of(const DatasetPatient *patient, int index) {
  return index < CASE_LABELS ? patient->labels[index] : patient->slides;
}

static void add_totals(Deal *deal, const DatasetPatient *patient, int fold, int sign) {
  for (int i = 0; i < TOTALS; i++) {
    deal->totals[fold * TOTALS + i] += sign * total_of(patient, i);
  }
}

/* By how much the sum of the squared totals, which is least where they are equal, would change. */
static int64_t change(const Deal *deal, const DatasetPatient *a, const DatasetPatient *b, int fold_a, int fold_b) {
  int64_t sum = 0;
  for (int i = 0; i < TOTALS; i++) {
    int64_t moved = total_of(b, i) - total_of(a, i);
    sum += 2 * moved * (deal->totals[fold_a * TOTALS + i] - deal->totals[fold_b * TOTALS + i] + moved);
  }
  return sum;
}

/* Exchanges a patient with the one of its cell that brings most. */
static bool exchange_one(Deal *deal, const size_t *members, size_t count, size_t index) {
  const DatasetPatient *items = deal->patients.items, *here = &items[members[index]];
  int *fold = deal->fold, from = fold[members[index]];
  int64_t best = 0;
  size_t with = index;
  for (size_t i = 0; i < count; i++) {
    if (fold[members[i]] == from) {
      continue;
    }
    int64_t by = change(deal, here, &items[members[i]], from, fold[members[i]]);
    if (by < best) {
      best = by;
      with = i;
    }
  }
  if (with == index) {
    return false;
  }
  int to = fold[members[with]];
  add_totals(deal, here, from, -1);
  add_totals(deal, here, to, 1);
  add_totals(deal, &items[members[with]], to, -1);
  add_totals(deal, &items[members[with]], from, 1);
  fold[members[index]] = to;
  fold[members[with]] = from;
  return true;
}

static void exchange(Deal *deal) {
  for (int i = 0; i < deal->patients.count; i++) {
    add_totals(deal, &deal->patients.items[i], deal->fold[i], 1);
  }
  bool better = true;
  for (int round = 0; better && round < MOST_ROUNDS; round++) {
    better = false;
    for (size_t cell = 0; cell < KINDS * deal->columns; cell++) {
      const size_t *members = deal->order + deal->starts[cell];
      size_t all = deal->starts[cell + 1] - deal->starts[cell], count = all < MOST_EXCHANGED ? all : MOST_EXCHANGED;
      for (size_t i = 0; i < count; i++) {
        better |= exchange_one(deal, members, count, i);
      }
    }
  }
}

/* ---- The functions of the header ---- */

bool nodal_split_folds(const NodalSplitSlide *slides, size_t count, int folds, uint64_t seed, int *fold,
                       NodalError **error) {
  if (folds < 2 || folds > NODAL_SPLIT_MAX_FOLDS) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%d folds: it must be 2 to %d", folds, NODAL_SPLIT_MAX_FOLDS);
  }
  Deal deal = {.folds = folds};
  if (!dataset_gather_patients(slides, count, &deal.patients, error)) {
    return false;
  }
  bool done = deal.patients.count >= folds ||
              nodal_fail(error, NODAL_ERROR_ARGUMENT, "%d folds of %d patient%s: there are not enough", folds,
                         deal.patients.count, nodal_plural((uint64_t)deal.patients.count));
  deal.columns = (size_t)deal.patients.centers + 1;
  if (done && deal.columns > ROUNDING_MAX_CELLS / KINDS) {
    done = nodal_fail(error, NODAL_ERROR_ARGUMENT, "%d centers: at most %d", deal.patients.centers,
                      ROUNDING_MAX_CELLS / KINDS - 1);
  }
  NodalRandom random;
  nodal_random_start(&random, seed, 0);
  if (done && (done = allocate(&deal, error))) {
    sort_into_cells(&deal, &random);
    done = deal_out(&deal, &random, error);
  }
  if (done) {
    exchange(&deal);
    for (size_t i = 0; i < count; i++) {
      fold[i] = deal.fold[deal.patients.of_slide[i]];
    }
  }
  clear(&deal);
  return done;
}

bool nodal_split_centers(const NodalSplitSlide *slides, size_t count, int *fold, int *folds, NodalError **error) {
  DatasetPatients patients;
  if (!dataset_gather_patients(slides, count, &patients, error)) {
    return false;
  }
  bool done = true;
  for (size_t i = 0; i < count && done; i++) {
    fold[i] = patients.items[patients.of_slide[i]].center;
    done = fold[i] >= 0 || nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: its center is not known", slides[i].slide);
  }
  *folds = patients.centers;
  dataset_clear_patients(&patients);
  return done && (*folds >= 2 || nodal_fail(error, NODAL_ERROR_ARGUMENT, "%d center%s: none can be left out", *folds,
                                            nodal_plural((uint64_t)*folds)));
}

static void count_patient(const DatasetPatient *patient, NodalSplitBalance *balance) {
  balance->patients++;
  balance->stages[patient->stage]++;
  balance->slides += patient->slides;
  for (int i = 0; i < CASE_LABELS; i++) {
    balance->labels[i] += patient->labels[i];
  }
}

bool nodal_split_balance(const NodalSplitSlide *slides, size_t count, const int *fold, int folds,
                         NodalSplitBalance *balance, NodalError **error) {
  DatasetPatients patients;
  if (!dataset_gather_patients(slides, count, &patients, error)) {
    return false;
  }
  for (int i = 0; i < folds; i++) {
    balance[i] = (NodalSplitBalance){0};
  }
  bool done = true;
  for (size_t i = 0; i < count && done; i++) {
    const DatasetPatient *patient = &patients.items[patients.of_slide[i]];
    if (fold[i] < 0 || fold[i] >= folds) {
      done = nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: fold %d is not 0 to %d", slides[i].slide, fold[i], folds - 1);
    } else if (fold[i] != fold[patient->slide]) {
      done = nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s is in two folds: %s in %d, %s in %d", slides[i].patient,
                        slides[i].slide, fold[i], slides[patient->slide].slide, fold[patient->slide]);
    } else if (patient->slide == i) {
      count_patient(patient, &balance[fold[i]]);
    }
  }
  dataset_clear_patients(&patients);
  return done;
}
