/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PATIENTS_H
#define NODAL_PATIENTS_H

#include <nodal/error.h>
#include <nodal/labels.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Slides of an artificial patient, as CAMELYON17 has it. */
enum { NODAL_PATIENT_SLIDES = 5 };

/** The most slides of one center, and the largest share of a stage. */
#define NODAL_PATIENTS_MAX_SLIDES 5000
#define NODAL_PATIENTS_MAX_SHARE 1000000

/** The stages of the 100 training patients of CAMELYON17 (Litjens et al. 2018, table 5): pN0, pN0(i+), pN1mi, pN1, pN2.
 */
#define NODAL_PATIENTS_TABLE_5                                                                                         \
  { 25, 11, 21, 30, 13 }

/** One slide. */
typedef struct NodalPatientSlide {
  const char *center; /**< "" or NULL: not known, and the slide is not used */
  int label;          /**< class of its label: see nodal_label_class(); other than negative to macro: not used */
} NodalPatientSlide;

/** Slides grouped into artificial patients. Reading from it is thread-safe. */
typedef struct NodalPatients NodalPatients;

/**
 * Groups slides into patients of NODAL_PATIENT_SLIDES slides of one center, each slide used once at most and as many
 * patients as there can be. What they are to be is `shares`, in any unit, of the stages by the rules of CAMELYON17:
 * each center's patients are shared out so that both its sum and that of each stage over all centers are those wanted,
 * rounded; of up to 20 drawn ways to round them the one that the slides make best is taken. Of all the ways in which a
 * center's slides can be grouped, those with the least sum of differences to its wanted numbers are reached, exactly
 * (and among these the least sum of their squares). Which slides go together is drawn by `seed`; patients are in the
 * order of their centers and, within, in any order. Nothing is kept of the arrays.
 *
 * As the organisers of the challenge did, but the patients are artificial: nothing about one slide tells of another.
 * Thread-safe. Fails where no share is over 0 or one is negative, over the limits and where no patient can be made.
 */
NODAL_API NODAL_MUST_CHECK NodalPatients *nodal_patients_group(const NodalPatientSlide *slides, size_t count,
                                                               const int64_t shares[NODAL_LABEL_PATIENT_CLASSES],
                                                               uint64_t seed, NodalError **error);
NODAL_API void nodal_patients_free(NodalPatients *patients);

/** One patient. */
typedef struct NodalArtificialPatient {
  int stage;                           /**< class: see nodal_label_name() */
  size_t slides[NODAL_PATIENT_SLIDES]; /**< indices into the caller's array, as nodes 0 to 4 */
} NodalArtificialPatient;

/** Number of patients. */
NODAL_API size_t nodal_patients_count(const NodalPatients *patients);

/** Fills `patient`; false past the last. */
NODAL_API bool nodal_patients_item(const NodalPatients *patients, size_t index, NodalArtificialPatient *patient);

/** One center. */
typedef struct NodalPatientsCenter {
  const char *name; /**< borrowed; as its first slide writes it */
  int64_t slides;   /**< that can be used */
  int64_t wanted[NODAL_LABEL_PATIENT_CLASSES], reached[NODAL_LABEL_PATIENT_CLASSES]; /**< patients by stage */
} NodalPatientsCenter;

/** Fills `center`, by name; false past the last. */
NODAL_API bool nodal_patients_center(const NodalPatients *patients, size_t index, NodalPatientsCenter *center);

#ifdef __cplusplus
}
#endif
#endif
