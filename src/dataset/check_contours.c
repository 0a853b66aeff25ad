/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/check.h"

#include "base/memory.h"
#include "dataset/facts.h"

#include <nodal/annotation.h>
#include <nodal/lesion.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Contours are drawn by hand: a limit is passed where it is passed by more than a tenth. */
#define TOLERANCE 1.1

/* Deposits nearer than this may count as one: tumor_091 is such a case. */
#define MERGE_GAP_UM 500

enum { FAULTS = NODAL_FAULT_OTHER_LEVEL + 1 };

typedef struct Contours {
  const CatalogEntry *entry;
  const char *name, *path;
  const CheckFrame *frame;
  const NodalAnnotationSet *set;
  NodalFindings *findings;
  NodalError **error;
  size_t faults[FAULTS];
  char *messages[FAULTS]; /* of the first of each kind */
  bool failed;
} Contours;

#define FIND(contours, severity, kind, ...)                                                                            \
  findings_add((contours)->findings, (contours)->error, severity, kind, (contours)->name, __VA_ARGS__)

/* ---- the drawing itself ---- */

static void take_fault(void *user, NodalAnnotationFault fault, int annotation, const char *message) {
  (void)annotation;
  Contours *contours = user;
  if (contours->faults[fault]++ == 0 && !contours->failed) {
    contours->messages[fault] = nodal_strdup(message, contours->error);
    contours->failed = !contours->messages[fault];
  }
}

static NodalSeverity severity_of(NodalAnnotationFault fault) {
  switch (fault) {
  case NODAL_FAULT_OUTSIDE:
    return NODAL_SEVERITY_ERROR;
  case NODAL_FAULT_EMPTY_SET:
  case NODAL_FAULT_UNKNOWN_GROUP:
  case NODAL_FAULT_OTHER_LEVEL:
    return NODAL_SEVERITY_WARNING;
  default:
    return NODAL_SEVERITY_NOTE;
  }
}

static bool tell_faults(Contours *contours) {
  bool done = !contours->failed;
  for (int i = 0; i < FAULTS; i++) {
    if (done && contours->faults[i] > 0) {
      char more[60] = "";
      if (contours->faults[i] > 1) {
        snprintf(more, sizeof more, " (%zu such)", contours->faults[i]);
      }
      done = FIND(contours, severity_of((NodalAnnotationFault)i), "annotation", "%s: %s: %s%s", contours->path,
                  nodal_annotation_fault_name((NodalAnnotationFault)i), contours->messages[i], more);
    }
    free(contours->messages[i]);
  }
  return done;
}

/* The groups that a data set draws in. */
static const char *const *groups_of(const CatalogEntry *entry, size_t *count) {
  static const char *const sixteen[] = {"_0", "_1", "_2", "Tumor", "Exclusion", "None"};
  static const char *const seventeen[] = {"metastases", "normal", "Tumor"};
  const char *dataset = catalog_text(entry, CATALOG_DATASET);
  bool first = strcmp(dataset, facts_camelyon16) == 0;
  bool second = strcmp(dataset, facts_camelyon17) == 0 || strcmp(dataset, "phantom") == 0;
  *count = first ? sizeof sixteen / sizeof *sixteen : second ? sizeof seventeen / sizeof *seventeen : 0;
  return first ? sixteen : second ? seventeen : NULL;
}

static bool check_drawing(Contours *contours) {
  NodalAnnotationCheck wanted = {.width = contours->frame->width, .height = contours->frame->height};
  wanted.groups = groups_of(contours->entry, &wanted.group_count);
  NodalError *cause = NULL;
  bool done = nodal_annotation_set_check(contours->set, &wanted, take_fault, contours, NULL, &cause);
  if (!done && nodal_error_code(cause) == NODAL_ERROR_MEMORY) {
    tell_faults(contours);
    return nodal_error_pass(contours->error, cause);
  }
  if (!done) {
    done = FIND(contours, NODAL_SEVERITY_NOTE, "annotation", "%s: %s", contours->path, nodal_error_message(cause));
    nodal_error_free(cause);
  }
  return tell_faults(contours) && done;
}

/* ---- beside the label ---- */

static bool within_tolerance(double longest_mm, NodalCategory label) {
  return nodal_lesion_category(longest_mm, -1) == label || nodal_lesion_category(longest_mm * TOLERANCE, -1) == label ||
         nodal_lesion_category(longest_mm / TOLERANCE, -1) == label;
}

/* NULL where they cannot be measured; an error only where there is no memory. */
static NodalLesions *measure(const Contours *contours, double merge_gap_um, NodalError **error) {
  bool known = contours->frame->x_um > 0 && contours->frame->y_um > 0;
  NodalLesionOptions options = NODAL_LESION_OPTIONS_INIT;
  options.spacing_x_um = known ? contours->frame->x_um : 1;
  options.spacing_y_um = known ? contours->frame->y_um : 1;
  options.merge_gap_um = merge_gap_um;
  NodalError *cause = NULL;
  NodalLesions *lesions = nodal_lesions_of_annotations(contours->set, &options, &cause);
  if (!lesions && nodal_error_code(cause) == NODAL_ERROR_MEMORY) {
    nodal_error_pass(error, cause);
  } else if (!lesions) {
    nodal_error_free(cause); /* a name that may be anything: told already where the groups are known */
  }
  return lesions;
}

/* The largest contour is smaller than the label says. */
static bool tell_smaller(Contours *contours, NodalCategory label, double longest_mm) {
  SlideFacts facts;
  bool incomplete = facts_of_slide(contours->name, &facts) && facts.incomplete &&
                    strcmp(catalog_text(contours->entry, CATALOG_DATASET), facts.dataset) == 0;
  NodalError *failure = NULL;
  NodalLesions *merged = measure(contours, MERGE_GAP_UM, &failure);
  if (failure) {
    return nodal_error_pass(contours->error, failure);
  }
  NodalLesion largest = {0};
  bool together = merged && nodal_lesions_get(merged, 0, &largest) && within_tolerance(largest.longest_mm, label);
  nodal_lesions_free(merged);
  char why[120] = "";
  if (together) {
    snprintf(why, sizeof why, "; %.3f mm if deposits less than %d um apart are one", largest.longest_mm, MERGE_GAP_UM);
  } else if (incomplete) {
    snprintf(why, sizeof why, "; its contours are not exhaustive");
  }
  return FIND(contours, why[0] ? NODAL_SEVERITY_NOTE : NODAL_SEVERITY_WARNING, "category",
              "labelled %s, but its longest contour has %.3f mm (%s)%s", nodal_category_name(label), longest_mm,
              nodal_category_name(nodal_lesion_category(longest_mm, -1)), why);
}

static bool compare_category(Contours *contours, const NodalLesion *largest) {
  NodalCategory label, found = nodal_lesion_category(largest->longest_mm, -1);
  if (contours->frame->x_um <= 0 || !nodal_category_from_name(catalog_text(contours->entry, CATALOG_LABEL), &label) ||
      within_tolerance(largest->longest_mm, label)) {
    return true;
  }
  if (found < label) {
    return tell_smaller(contours, label, largest->longest_mm);
  }
  return FIND(contours, NODAL_SEVERITY_WARNING, "category", "labelled %s, but its longest contour has %.3f mm (%s)",
              nodal_category_name(label), largest->longest_mm, nodal_category_name(found));
}

static bool compare_label(Contours *contours) {
  NodalError *failure = NULL;
  NodalLesions *lesions = measure(contours, 0, &failure);
  if (!lesions) {
    return !failure || nodal_error_pass(contours->error, failure);
  }
  NodalLesion largest = {0};
  int count = nodal_lesions_count(lesions);
  bool done = true;
  nodal_lesions_get(lesions, 0, &largest);
  if (count == 0 && check_is_positive(contours->entry)) {
    done = FIND(contours, NODAL_SEVERITY_ERROR, "contours", "labelled %s, but %s holds no contour of tumor",
                catalog_text(contours->entry, CATALOG_LABEL), contours->path);
  } else if (count > 0 && check_is_negative(contours->entry)) {
    char length[40] = "";
    if (contours->frame->x_um > 0) {
      snprintf(length, sizeof length, ", the longest of %.3f mm", largest.longest_mm);
    }
    done = FIND(contours, NODAL_SEVERITY_ERROR, "contours", "labelled %s, but %s holds %d contour%s of tumor%s",
                catalog_text(contours->entry, CATALOG_LABEL), contours->path, count, nodal_plural((uint64_t)count),
                length);
  } else if (count > 0) {
    done = compare_category(contours, &largest);
  }
  nodal_lesions_free(lesions);
  return done;
}

/* ---- the file ---- */

static NodalAnnotationSet *read_set(const Check *check, const Contours *contours, NodalError **error) {
  const CheckFrame *frame = contours->frame;
  NodalAnnotationFrame known = {
      .width = frame->width, .height = frame->height, .spacing_x_um = frame->x_um, .spacing_y_um = frame->y_um};
  char *path = nodal_catalog_resolve(check->catalog, contours->path, error);
  NodalAnnotationSet *set =
      path ? nodal_annotation_set_read(path, NODAL_ANNOTATION_AUTO, frame->width > 0 ? &known : NULL, error) : NULL;
  free(path);
  return set;
}

bool check_contours(Check *check, const CatalogEntry *entry, const CheckFrame *frame, NodalFindings *findings,
                    NodalError **error) {
  NodalError *cause = NULL, *failure = NULL;
  Contours contours = {.entry = entry,
                       .name = catalog_text(entry, CATALOG_SLIDE),
                       .path = catalog_text(entry, CATALOG_ANNOTATION),
                       .frame = frame,
                       .findings = findings,
                       .error = &failure};
  if (contours.path[0] == '\0') {
    return true;
  }
  NodalAnnotationSet *set = read_set(check, &contours, &cause);
  if (!set && nodal_error_code(cause) == NODAL_ERROR_MEMORY) {
    return nodal_error_pass(error, cause);
  }
  if (!set) {
    bool added = findings_add(findings, error, NODAL_SEVERITY_ERROR, "annotation", contours.name, "%s",
                              nodal_error_message(cause));
    nodal_error_free(cause);
    return added;
  }
  contours.set = set;
  bool done = check_drawing(&contours) && compare_label(&contours);
  nodal_annotation_set_free(set);
  return done || nodal_error_pass(error, failure);
}
