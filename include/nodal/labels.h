/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_LABELS_H
#define NODAL_LABELS_H

#include <nodal/error.h>
#include <nodal/source.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- A reference standard: the labels of slides and the stages of patients ---- */

/** What a label is about. */
typedef enum NodalLabelKind { NODAL_LABEL_SLIDE, NODAL_LABEL_PATIENT } NodalLabelKind;

/** Number of classes of either kind, lowest first: negative, itc, micro, macro; pN0, pN0(i+), pN1mi, pN1, pN2. */
enum { NODAL_LABEL_SLIDE_CLASSES = 4, NODAL_LABEL_PATIENT_CLASSES = 5 };

/** The class of a slide that is known to hold tumor of unknown size ("tumor", "positive"). */
enum { NODAL_LABEL_TUMOR = NODAL_LABEL_SLIDE_CLASSES };

/** "negative", "itc", "micro", "macro", "tumor", or the stage's name; NULL where there is no such class. Static. */
NODAL_API const char *nodal_label_name(NodalLabelKind kind, int class_index);

/** The class that a label names, in any letter case; "normal" is negative, "positive" is tumor. -1: none. */
NODAL_API int nodal_label_class(NodalLabelKind kind, const char *text);

/** A table of labels. Reading from it is thread-safe. What a getter returns is borrowed and lives as long as it. */
typedef struct NodalLabels NodalLabels;

/**
 * Reads a reference standard, CSV with LF or CRLF:
 *
 * - CAMELYON17: a header with `patient` and `stage`, rows "patient_004.zip,pN1" and "patient_004_node_1.tif,macro";
 * - a header with `slide` or `image` and one of `label`, `type` or `class`, and perhaps `patient` and `stage` (which a
 *   catalog has, in each of the patient's rows);
 * - CAMELYON16: no header, rows "Test_001,Tumor,IDC,Macro". The size counts where there is one.
 *
 * Names are those of files: without folder, extension and letter case. Empty labels and stages say nothing and are
 * passed over. A name that is there twice, a label that means nothing and a patient with two stages are problems, no
 * failure. Fails where the file cannot be read, has no such columns or no label.
 */
NODAL_API NODAL_MUST_CHECK NodalLabels *nodal_labels_read(const char *path, NodalError **error);
NODAL_API NODAL_MUST_CHECK NodalLabels *nodal_labels_read_source(NodalSource *source, NodalError **error);
NODAL_API void nodal_labels_free(NodalLabels *labels);

/** What a table says about one slide or patient. */
typedef struct NodalLabel {
  NodalLabelKind kind;
  const char *name; /**< as the table writes it */
  int class_index;
  int64_t line; /**< from 1 */
} NodalLabel;

/** Number of labels of one kind. */
NODAL_API size_t nodal_labels_count(const NodalLabels *labels, NodalLabelKind kind);

/** Fills `label`, in the order of the file; false past the last. */
NODAL_API bool nodal_labels_item(const NodalLabels *labels, NodalLabelKind kind, size_t index, NodalLabel *label);

/** What is wrong with the table, one line each with file and line, by index from 0; NULL past the last. */
NODAL_API const char *nodal_labels_problem(const NodalLabels *labels, size_t index);

/* ---- Two versions of it ---- */

/** How far two tables agree about one kind. */
typedef struct NodalLabelAgreement {
  size_t common;     /**< in both */
  size_t differing;  /**< of those, with another class */
  size_t less_exact; /**< slides that only one of the two knows the size of: they do not count as differing */
  size_t a_only, b_only;
  /** confusion[i * classes + j]: of class i by A and j by B. Slides of unknown size are not in it. */
  int64_t confusion[NODAL_LABEL_PATIENT_CLASSES * NODAL_LABEL_PATIENT_CLASSES];
  double kappa; /**< quadratic weighted, of the confusion: see nodal_kappa(). NAN: not defined */
} NodalLabelAgreement;

/** One slide or patient about which two tables do not say the same. */
typedef struct NodalLabelDifference {
  NodalLabelKind kind;
  const char *name;       /**< as A writes it, or B where A has it not. Borrowed from the table */
  int a, b;               /**< classes; -1: the table has it not */
  int64_t a_line, b_line; /**< 0: the same */
} NodalLabelDifference;

/** Two tables compared. Reading from it is thread-safe; both tables must outlive it. */
typedef struct NodalLabelComparison NodalLabelComparison;

/** Fails where there is no memory, or a table has problems: half of one is not compared. */
NODAL_API NODAL_MUST_CHECK NodalLabelComparison *nodal_labels_compare(const NodalLabels *a, const NodalLabels *b,
                                                                      NodalError **error);
NODAL_API void nodal_label_comparison_free(NodalLabelComparison *comparison);

NODAL_API NodalLabelAgreement nodal_label_comparison_agreement(const NodalLabelComparison *comparison,
                                                               NodalLabelKind kind);

/** Fills `difference`: what is in both, in the order of A, then what A alone has, then what B alone has; patients
 * after all slides. False past the last. */
NODAL_API bool nodal_label_comparison_difference(const NodalLabelComparison *comparison, size_t index,
                                                 NodalLabelDifference *difference);

#ifdef __cplusplus
}
#endif
#endif
