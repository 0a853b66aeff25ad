/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "dataset/check.h"
#include "dataset/facts.h"

#include <nodal/stage.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_of(const CatalogEntry *entry, const char *dataset) {
  return strcmp(catalog_text(entry, CATALOG_DATASET), dataset) == 0;
}

/* What is published of the slide, if it is one of that data set. */
static bool facts_of(const CatalogEntry *entry, SlideFacts *facts) {
  return facts_of_slide(catalog_text(entry, CATALOG_SLIDE), facts) && is_of(entry, facts->dataset);
}

/* ---- single slides ---- */

static bool check_errata(Check *check, NodalError **error) {
  for (size_t i = 0; i < check->catalog->count; i++) {
    SlideFacts facts;
    const CatalogEntry *entry = &check->catalog->entries[i];
    if (facts_of(entry, &facts) && facts.removed &&
        !findings_add(check->findings, error, NODAL_SEVERITY_WARNING, "erratum", catalog_text(entry, CATALOG_SLIDE),
                      "%s", facts.note)) {
      return false;
    }
  }
  return true;
}

static bool check_words(Check *check, NodalError **error) {
  for (size_t i = 0; i < check->catalog->count; i++) {
    const CatalogEntry *entry = &check->catalog->entries[i];
    const char *label = catalog_text(entry, CATALOG_LABEL);
    if (label[0] && !check_is_positive(entry) && !check_is_negative(entry) &&
        !findings_add(check->findings, error, NODAL_SEVERITY_WARNING, "labels", catalog_text(entry, CATALOG_SLIDE),
                      "'%s' is no label: negative, itc, micro, macro, tumor or normal", label)) {
      return false;
    }
  }
  return true;
}

/* Positive slides that are published with contours and have none, unless the contours are not there at all. */
static bool check_missing_contours(Check *check, const char *dataset, NodalError **error) {
  bool any = false, done = true;
  for (size_t i = 0; i < check->catalog->count; i++) {
    const CatalogEntry *entry = &check->catalog->entries[i];
    any |= is_of(entry, dataset) && catalog_text(entry, CATALOG_ANNOTATION)[0] != '\0';
  }
  for (size_t i = 0; any && done && i < check->catalog->count; i++) {
    SlideFacts facts;
    const CatalogEntry *entry = &check->catalog->entries[i];
    if (is_of(entry, dataset) && facts_of(entry, &facts) && facts.annotated && check_is_positive(entry) &&
        catalog_text(entry, CATALOG_ANNOTATION)[0] == '\0') {
      done =
          findings_add(check->findings, error, NODAL_SEVERITY_WARNING, "contours", catalog_text(entry, CATALOG_SLIDE),
                       "labelled %s and published with contours, but has none", catalog_text(entry, CATALOG_LABEL));
    }
  }
  return done;
}

/* ---- versions of the labels of CAMELYON17 ---- */

typedef struct Version {
  int labels, from_a, from_b; /* how many there are, and how many are other ones in a version */
  int decisive;               /* labels of slides of which the versions say two things */
  char slides[1000];          /* that are not as in B */
} Version;

static void count_version(Version *version, const CatalogEntry *entry, const SlideFacts *facts, int patient) {
  NodalCategory label;
  if (!nodal_category_from_name(catalog_text(entry, CATALOG_LABEL), &label)) {
    return;
  }
  NodalCategory a = facts_label(LABELS_A, patient, facts->node), b = facts_label(LABELS_B, patient, facts->node);
  version->labels++;
  version->decisive += a != b;
  version->from_a += label != a;
  version->from_b += label != b;
  size_t used = strlen(version->slides);
  if (label != b && used + 60 < sizeof version->slides) {
    snprintf(version->slides + used, sizeof version->slides - used, "%s%s", used ? ", " : "",
             catalog_text(entry, CATALOG_SLIDE));
  } else if (label != b && used < sizeof version->slides - 5 && used > 3 && version->slides[used - 1] != '.') {
    memcpy(version->slides + used, " ...", sizeof " ...");
  }
}

static bool tell_version(Check *check, const Version *version, NodalError **error) {
  if (version->labels == 0) {
    return true;
  }
  if (version->from_b == 0) {
    return findings_add(check->findings, error, NODAL_SEVERITY_NOTE, "labels", "",
                        version->decisive > 0 ? "the %d labels of CAMELYON17 are those of version B, the official one"
                                              : "the %d labels of CAMELYON17 are those of versions A and B alike",
                        version->labels);
  }
  if (version->from_a == 0) {
    return findings_add(check->findings, error, NODAL_SEVERITY_WARNING, "labels", "",
                        "the %d labels of CAMELYON17 are those of version A: %d differ from B, the official one: %s",
                        version->labels, version->from_b, version->slides);
  }
  return findings_add(check->findings, error, NODAL_SEVERITY_WARNING, "labels", "",
                      "the %d labels of CAMELYON17 are those of no known version: %d differ from A, %d from B, the "
                      "official one: %s",
                      version->labels, version->from_a, version->from_b, version->slides);
}

/* The labels of the test set are not published; the example of a submission looks as if they were. */
static bool tell_test_labels(Check *check, const Version *version, NodalError **error) {
  if (version->labels == 0) {
    return true;
  }
  bool shifted = version->labels >= FACTS_NODES && (version->from_a == 0 || version->from_b == 0);
  return findings_add(check->findings, error, NODAL_SEVERITY_WARNING, "labels", "",
                      "%d slides of the test set of CAMELYON17 have labels, which are not published%s", version->labels,
                      shifted ? ": they are those of the training set, patient_000 for patient_100 and so on, as in "
                                "the example of a submission"
                              : "");
}

static bool check_versions(Check *check, NodalError **error) {
  Version train = {0}, test = {0};
  for (size_t i = 0; i < check->catalog->count; i++) {
    SlideFacts facts;
    const CatalogEntry *entry = &check->catalog->entries[i];
    if (!facts_of(entry, &facts) || facts.patient < 0) {
      continue;
    }
    bool training = facts.patient < FACTS_PATIENTS;
    count_version(training ? &train : &test, entry, &facts, facts.patient - (training ? 0 : FACTS_PATIENTS));
  }
  return tell_version(check, &train, error) && tell_test_labels(check, &test, error);
}

/* ---- patients ---- */

typedef struct Patient {
  const CatalogEntry *const *slides;
  size_t count;
  const char *name;
} Patient;

#define FIND(check, patient, severity, kind, ...)                                                                      \
  findings_add((check)->findings, error, NODAL_SEVERITY_##severity, kind, (patient)->name, __VA_ARGS__)

/* Five nodes, 0 to 4, in the data sets where it must be so. */
static bool check_nodes(Check *check, const Patient *patient, NodalError **error) {
  if (!is_of(patient->slides[0], facts_camelyon17) && !is_of(patient->slides[0], "phantom")) {
    return true;
  }
  char missing[40] = "";
  for (int node = 0; node < FACTS_NODES; node++) {
    const char name[] = {(char)('0' + node), '\0'};
    int found = 0;
    for (size_t i = 0; i < patient->count; i++) {
      found += strcmp(catalog_text(patient->slides[i], CATALOG_NODE), name) == 0;
    }
    size_t used = strlen(missing);
    if (found == 0) {
      snprintf(missing + used, sizeof missing - used, "%s%d", used ? ", " : "", node);
    }
  }
  return missing[0] == '\0' || FIND(check, patient, WARNING, "patient", "%zu of %d slides; missing: node %s",
                                    patient->count, FACTS_NODES, missing);
}

/* All slides of a patient are of one center, one split and one stage. */
static bool check_agreement(Check *check, const Patient *patient, NodalError **error) {
  static const struct {
    CatalogText column;
    const char *word;
  } columns[] = {{CATALOG_CENTER, "centers"}, {CATALOG_SPLIT, "splits"}, {CATALOG_STAGE, "stages"}};
  for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
    const char *first = "", *other = "";
    for (size_t i = 0; i < patient->count; i++) {
      const char *text = catalog_text(patient->slides[i], columns[k].column);
      first = first[0] ? first : text;
      other = text[0] && strcasecmp(first, text) != 0 && !other[0] ? text : other;
    }
    if (other[0] &&
        !FIND(check, patient, ERROR, "patient", "its slides state two %s: %s and %s", columns[k].word, first, other)) {
      return false;
    }
  }
  return true;
}

/* Whether all its labels are categories, and how many there are of each. */
static bool count_nodes(const Patient *patient, NodalNodeCounts *nodes) {
  *nodes = (NodalNodeCounts){0};
  int64_t *const places[] = {&nodes->negative, &nodes->itc, &nodes->micro, &nodes->macro};
  for (size_t i = 0; i < patient->count; i++) {
    NodalCategory label;
    if (!nodal_category_from_name(catalog_text(patient->slides[i], CATALOG_LABEL), &label)) {
      return false;
    }
    ++*places[label];
  }
  return true;
}

static bool check_stage(Check *check, const Patient *patient, NodalError **error) {
  const char *given = "";
  for (size_t i = 0; i < patient->count; i++) {
    given = given[0] ? given : catalog_text(patient->slides[i], CATALOG_STAGE);
  }
  NodalStage stage, stated;
  NodalNodeCounts nodes;
  if (given[0] == '\0') {
    return true;
  }
  if (!nodal_stage_from_name(given, &stated)) {
    return FIND(check, patient, WARNING, "stage", "'%s' is no stage", given);
  }
  bool fixed = is_of(patient->slides[0], facts_camelyon17) || is_of(patient->slides[0], "phantom");
  if ((fixed && patient->count != FACTS_NODES) || !count_nodes(patient, &nodes) ||
      !nodal_stage_of(NODAL_STAGE_CHALLENGE, &nodes, NODAL_MAMMARY_NONE, &stage) || stage == stated) {
    return true;
  }
  return FIND(check, patient, ERROR, "stage",
              "stage %s, but its nodes make it %s: %lld macro, %lld micro, %lld itc, %lld negative", given,
              nodal_stage_name(stage), (long long)nodes.macro, (long long)nodes.micro, (long long)nodes.itc,
              (long long)nodes.negative);
}

static int compare_patients(const void *a, const void *b) {
  const CatalogEntry *const *first = a, *const *second = b;
  int order = strcmp(catalog_text(*first, CATALOG_DATASET), catalog_text(*second, CATALOG_DATASET));
  order =
      order != 0 ? order : strcasecmp(catalog_text(*first, CATALOG_PATIENT), catalog_text(*second, CATALOG_PATIENT));
  return order != 0 ? order : *first < *second ? -1 : *first > *second;
}

static bool same_patient(const CatalogEntry *a, const CatalogEntry *b) {
  return is_of(a, catalog_text(b, CATALOG_DATASET)) &&
         strcasecmp(catalog_text(a, CATALOG_PATIENT), catalog_text(b, CATALOG_PATIENT)) == 0;
}

static bool check_patients(Check *check, NodalError **error) {
  const NodalCatalog *catalog = check->catalog;
  const CatalogEntry **slides = nodal_alloc_array(catalog->count, sizeof *slides, error);
  size_t count = 0;
  for (size_t i = 0; slides && i < catalog->count; i++) {
    if (catalog_text(&catalog->entries[i], CATALOG_PATIENT)[0]) {
      slides[count++] = &catalog->entries[i];
    }
  }
  if (count > 1) {
    qsort(slides, count, sizeof *slides, compare_patients);
  }
  bool done = slides != NULL;
  for (size_t begin = 0, end; done && begin < count; begin = end) {
    for (end = begin + 1; end < count && same_patient(slides[begin], slides[end]);) {
      end++;
    }
    Patient patient = {slides + begin, end - begin, catalog_text(slides[begin], CATALOG_PATIENT)};
    done = check_nodes(check, &patient, error) && check_agreement(check, &patient, error) &&
           check_stage(check, &patient, error);
  }
  free(slides);
  return done;
}

bool check_labels(Check *check, NodalError **error) {
  return check_words(check, error) && check_errata(check, error) &&
         check_missing_contours(check, facts_camelyon16, error) &&
         check_missing_contours(check, facts_camelyon17, error) && check_patients(check, error) &&
         check_versions(check, error);
}
