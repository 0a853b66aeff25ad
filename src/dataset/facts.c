/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/facts.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

const char facts_camelyon16[] = "CAMELYON16", facts_camelyon17[] = "CAMELYON17";

/*
 * Sources.
 * [paper]   Litjens et al., "1399 H&E-stained sentinel lymph node sections of breast cancer patients: the CAMELYON
 *           dataset", GigaScience 7 (2018) giy065: tables 3, 4 and 5, scanners.
 * [readme]  README.md that CAMELYON16 is published with today: slides whose contours are not exhaustive, slides that
 *           were removed or renamed.
 * [data]    grand-challenge.org, CAMELYON17, page "Data": which metastases are annotated.
 * [labels]  The two label files of the training set of CAMELYON17 that are in circulation, compared with each other,
 *           with tables 4 and 5 of the paper and with the checksum list of the data set.
 */

/* ---- CAMELYON16 ---- */

/*
 * Numbers of the slides of each center: the public lists agree on the ranges. tumor_111 was normal_086 [readme], which
 * lies in the range of RUMC; that it is from there is inferred. The centers of the test slides are not published with
 * the data.
 */
typedef struct Range {
  const char *kind;
  int first, last;
  const char *center;
} Range;

static const Range ranges[] = {
    {"normal", 1, 100, "RUMC"}, {"normal", 101, 160, "UMCU"}, {"tumor", 1, 70, "RUMC"},
    {"tumor", 71, 110, "UMCU"}, {"tumor", 111, 111, "RUMC"},  {"test", 1, 130, ""},
};

/* [readme]: "not exhaustive"; most of them show two sections of the same tissue, of which one is annotated. */
static const unsigned char incomplete_tumor[] = {10, 15, 18, 20, 25, 29, 33, 34, 44, 46,
                                                 51, 54, 55, 56, 67, 79, 85, 92, 95, 110};
enum { INCOMPLETE_TEST = 114 };

/* [readme] */
typedef struct Erratum {
  const char *slide;
  bool removed;
  const char *note;
} Erratum;

static const Erratum errata[] = {
    {"normal_086", true, "shows tumor, was removed from the data set and is tumor_111 now"},
    {"tumor_111", false, "was normal_086 at first"},
    {"test_049", true, "is a duplicate and was removed from the data set"},
    {"tumor_079", false, "a blurred region of tumor is not annotated"},
    {"tumor_092", false, "a blurred region of tumor on the adjacent tissue is not annotated"},
};

/* ---- CAMELYON17 ---- */

/*
 * Folders center_0 to center_4 of the training set hold twenty patients each in the order of their numbers. The names:
 * the counts of labels of each block of patients are those of one row of table 4 [paper]. Both parts of the data set
 * have twenty patients of each center, but which of the test patients are whose is not published.
 */
static const char *const centers[FACTS_CENTERS] = {"CWZ", "RST", "UMCU", "RUMC", "LPON"};

enum { PATIENTS_OF_CENTER = 20, TEST_PATIENTS_END = 200 };

/* [paper] */
static const struct {
  const char *center, *scanner;
} scanners[] = {
    {"RUMC", "3DHistech Pannoramic Flash II 250"},
    {"UMCU", "Hamamatsu NanoZoomer-XR C12000-01"},
    {"LPON", "Philips Ultrafast Scanner"},
};

/* Slides that are published with contours, ten a center: patient and node. Read off the annotation files; [data] says
 * that there are ten a center, with macro- and micro-metastases annotated exhaustively and ITC not. */
static const unsigned char annotated[][2] = {
    {4, 4},  {9, 1},  {10, 4}, {12, 0}, {15, 1}, {15, 2}, {16, 1}, {17, 1}, {17, 2}, {17, 4}, {20, 2}, {20, 4}, {21, 3},
    {22, 4}, {24, 1}, {24, 2}, {34, 3}, {36, 3}, {38, 2}, {39, 1}, {40, 2}, {41, 0}, {42, 3}, {44, 4}, {45, 1}, {46, 3},
    {46, 4}, {48, 1}, {51, 2}, {52, 1}, {60, 3}, {61, 4}, {62, 2}, {64, 0}, {66, 2}, {67, 4}, {68, 1}, {72, 0}, {73, 1},
    {75, 4}, {80, 1}, {81, 4}, {86, 0}, {86, 4}, {87, 0}, {88, 1}, {89, 3}, {92, 1}, {96, 0}, {99, 4},
};

/*
 * [labels]: version B, one group of digits a patient, one digit a node (0 negative, 1 ITC, 2 micro, 3 macro). It gives
 * tables 4 and 5 as they are printed, and the file of these labels has, with CRLF, the checksum that the data set's own
 * list states for training/stage_labels.csv.
 */
static const char labels_b[FACTS_PATIENTS][FACTS_NODES + 1] = {
    "00000", "00000", "00000", "00000", "00001", "00011", "00101", "00002", "20000", "12000", "20002", "20000", "30000",
    "00332", "00313", "03301", "31000", "01332", "02231", "33330", "02203", "33022", "22000", "00000", "01101", "00000",
    "12323", "20202", "22320", "23130", "00002", "00000", "02000", "03220", "00030", "00000", "00020", "01000", "20001",
    "32000", "00100", "10000", "00030", "00000", "00033", "32033", "00022", "00300", "22000", "02200", "00002", "33303",
    "33330", "00000", "00000", "00000", "00000", "00000", "00000", "00000", "20010", "00002", "22330", "30333", "10010",
    "30003", "00230", "00012", "01001", "33220", "00030", "00000", "13302", "03020", "00002", "00003", "03221", "00303",
    "00000", "00000", "11332", "02201", "00000", "00000", "00330", "00000", "00000", "11000", "02001", "00010", "00000",
    "00333", "33033", "00003", "33303", "30000", "30333", "30033", "00000", "00003",
};

/* [labels]: the patients that version A has otherwise: 22 slides, and 10 stages that follow from them. */
static const struct {
  int patient;
  char labels[FACTS_NODES + 1];
} labels_a[] = {
    {6, "01101"},  {8, "20001"},  {9, "12010"},  {18, "02232"}, {20, "01203"}, {22, "22003"},
    {29, "23230"}, {38, "20202"}, {60, "20020"}, {67, "00011"}, {72, "23302"}, {76, "03322"},
    {80, "21332"}, {86, "11001"}, {87, "11100"}, {88, "02002"}, {89, "00020"}, {97, "33033"},
};

/* ---- tables as printed ---- */

static const PrintedTable printed[] = {
    {3, facts_camelyon16, 2, 3, {"RUMC", "UMCU"}, {"negative", "macro", "micro"}, {{150, 48, 51}, {90, 34, 26}}},
    {4,
     facts_camelyon17,
     FACTS_CENTERS,
     4,
     {"CWZ", "RST", "UMCU", "RUMC", "LPON"},
     {"negative", "macro", "micro", "itc"},
     {{64, 15, 10, 11}, {60, 11, 22, 7}, {75, 15, 8, 2}, {60, 19, 13, 8}, {64, 25, 4, 7}}},
    {5,
     facts_camelyon17,
     FACTS_CENTERS,
     5,
     {"CWZ", "RST", "UMCU", "RUMC", "LPON"},
     {"pN0", "pN0(i+)", "pN1mi", "pN1", "pN2"},
     {{4, 3, 5, 7, 1}, {4, 2, 6, 5, 3}, {8, 2, 4, 3, 3}, {3, 2, 4, 8, 3}, {6, 2, 2, 7, 3}}},
};

const PrintedTable *facts_printed_table(int number) {
  for (size_t i = 0; i < sizeof printed / sizeof *printed; i++) {
    if (printed[i].number == number) {
      return &printed[i];
    }
  }
  return NULL;
}

/* ---- looking up ---- */

const char *facts_center(int64_t number) {
  return number >= 0 && number < FACTS_CENTERS ? centers[number] : NULL;
}

NodalCategory facts_label(LabelVersion version, int patient, int node) {
  const char *labels = labels_b[patient];
  for (size_t i = 0; version == LABELS_A && i < sizeof labels_a / sizeof *labels_a; i++) {
    labels = labels_a[i].patient == patient ? labels_a[i].labels : labels;
  }
  return (NodalCategory)(labels[node] - '0');
}

/* The number of three digits behind "KIND_", which ends the name or is followed by `end`; -1 where it is none. */
static int number_behind(const char *name, const char *kind, char end) {
  size_t length = strlen(kind);
  if (strncasecmp(name, kind, length) != 0 || name[length] != '_') {
    return -1;
  }
  const char *digits = name + length + 1;
  for (int i = 0; i < 3; i++) {
    if (!isdigit((unsigned char)digits[i])) {
      return -1;
    }
  }
  return digits[3] == end ? (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + digits[2] - '0' : -1;
}

static bool is_incomplete(const Range *range, int number) {
  if (strcmp(range->kind, "test") == 0) {
    return number == INCOMPLETE_TEST;
  }
  return strcmp(range->kind, "tumor") == 0 && memchr(incomplete_tumor, number, sizeof incomplete_tumor) != NULL;
}

static bool find_camelyon16(const char *name, SlideFacts *facts) {
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
    const Range *range = &ranges[i];
    int number = number_behind(name, range->kind, '\0');
    if (number < range->first || number > range->last) {
      continue;
    }
    bool test = strcmp(range->kind, "test") == 0;
    facts->dataset = facts_camelyon16;
    facts->split = test ? "test" : "train";
    facts->center = range->center;
    facts->tumor = strcmp(range->kind, "tumor") == 0;
    facts->normal = strcmp(range->kind, "normal") == 0;
    facts->annotated = facts->tumor;
    facts->incomplete = is_incomplete(range, number);
    return true;
  }
  return false;
}

static bool find_camelyon17(const char *name, SlideFacts *facts) {
  static const char mark[] = "_node_";
  enum { MARK = sizeof mark - 1, NAME = 11 };
  int patient = number_behind(name, "patient", '_');
  const char *behind = name + NAME;
  if (patient < 0 || patient >= TEST_PATIENTS_END || strncasecmp(behind, mark, MARK) != 0 || behind[MARK] < '0' ||
      behind[MARK] >= '0' + FACTS_NODES || behind[MARK + 1] != '\0') {
    return false;
  }
  bool train = patient < FACTS_PATIENTS;
  facts->dataset = facts_camelyon17;
  facts->split = train ? "train" : "test";
  facts->center = train ? centers[patient / PATIENTS_OF_CENTER] : "";
  facts->patient = patient;
  facts->node = behind[MARK] - '0';
  for (size_t i = 0; i < sizeof annotated / sizeof *annotated; i++) {
    facts->annotated |= annotated[i][0] == patient && annotated[i][1] == facts->node;
  }
  facts->note = facts->annotated ? "one of the 50 slides with contours; ITC are not drawn exhaustively" : "";
  return true;
}

bool facts_of_slide(const char *name, SlideFacts *facts) {
  *facts = (SlideFacts){.center = "", .scanner = "", .patient = -1, .node = -1, .note = ""};
  if (!find_camelyon16(name, facts) && !find_camelyon17(name, facts)) {
    return false;
  }
  for (size_t i = 0; i < sizeof scanners / sizeof *scanners; i++) {
    facts->scanner = strcmp(scanners[i].center, facts->center) == 0 ? scanners[i].scanner : facts->scanner;
  }
  for (size_t i = 0; i < sizeof errata / sizeof *errata; i++) {
    if (strcasecmp(errata[i].slide, name) == 0) {
      facts->removed = errata[i].removed;
      facts->note = errata[i].note;
    }
  }
  return true;
}
