/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_DATASET_STAGE_MIX_H
#define NODAL_DATASET_STAGE_MIX_H

#include <nodal/labels.h>
#include <nodal/types.h>

/*
 * Which patients can be made of which slides. A patient of a stage has five places, and each place takes some of the
 * four labels: of pN1, one place takes macro alone, two take any label, two take negative and itc. The places of a set
 * of patients can all be filled exactly when, for each set of labels, there are as many slides of these labels as there
 * are places that take no others (Hall 1935).
 */
enum { MIX_STAGES = NODAL_LABEL_PATIENT_CLASSES, MIX_LABELS = NODAL_LABEL_SLIDE_CLASSES, MIX_SETS = 1 << MIX_LABELS };

/** Number of places of a patient of that stage that take exactly the labels of the set (bit i: label i). */
int mix_places(int stage, unsigned set);

/** Whether the places, places[set] of each kind, can be filled from supply[label] slides. */
bool mix_can_fill(const int64_t places[MIX_SETS], const int64_t supply[MIX_LABELS]);

/**
 * The numbers of patients by stage, as many in all as there are fives of slides, that can be made of the supply and
 * are nearest to `wanted`: least sum of differences, then of their squares. `wanted` has the same sum.
 */
void mix_nearest(const int64_t supply[MIX_LABELS], const int64_t wanted[MIX_STAGES], int64_t reached[MIX_STAGES]);

#endif
