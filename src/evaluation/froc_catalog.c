/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/froc.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

static const char *const mask_extensions[] = {".tif", ".tiff", NULL};
static const char *const annotation_extensions[] = {".xml", ".geojson", ".json", NULL};
static const char *const table_extensions[] = {".csv", NULL};
static const char mask_ending[] = "_mask";

/* --- folders --- */

/* Names of the files of a folder, in order. */
typedef struct Folder {
  char **names;
  size_t count, capacity;
} Folder;

static void clear_folder(Folder *folder) {
  for (size_t i = 0; i < folder->count; i++) {
    free(folder->names[i]);
  }
  free(folder->names);
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add_name(Folder *folder, const char *name, NodalError **error) {
  if (!nodal_grow_array(&folder->names, &folder->capacity, folder->count + 1, sizeof *folder->names, error)) {
    return false;
  }
  char *copy = nodal_strdup(name, error);
  if (copy) {
    folder->names[folder->count++] = copy;
  }
  return copy != NULL;
}

/* Those that begin with a point are passed over. clear_folder() is due also where it fails. */
static bool list_folder(Folder *folder, const char *path, NodalError **error) {
  DIR *directory = opendir(path);
  if (!directory) {
    return nodal_fail_errno(error, errno, "%s", path);
  }
  bool done = true;
  const struct dirent *entry;
  errno = 0;
  while (done && (entry = readdir(directory)) != NULL) {
    done = entry->d_name[0] == '.' || add_name(folder, entry->d_name, error);
    errno = 0;
  }
  if (done && errno != 0) {
    done = nodal_fail_errno(error, errno, "%s", path);
  }
  closedir(directory);
  if (folder->count > 1) {
    qsort(folder->names, folder->count, sizeof *folder->names, compare_names);
  }
  return done;
}

/* The length without one of the extensions; 0 where it has none of them. */
static size_t without_extension(const char *name, const char *const *extensions) {
  size_t length = strlen(name);
  for (; *extensions; extensions++) {
    size_t size = strlen(*extensions);
    if (length > size && strcasecmp(name + length - size, *extensions) == 0) {
      return length - size;
    }
  }
  return 0;
}

bool froc_is_annotation(const char *path) {
  return without_extension(path, annotation_extensions) > 0;
}

/* The length of the slide's name in the name of a mask or of annotations; 0 where it is neither. */
static size_t truth_stem(const char *name) {
  size_t length = without_extension(name, mask_extensions), ending = sizeof mask_ending - 1;
  if (length > ending && strncasecmp(name + length - ending, mask_ending, ending) == 0) {
    return length - ending;
  }
  return without_extension(name, annotation_extensions);
}

static size_t detections_stem(const char *name) {
  return without_extension(name, table_extensions);
}

/* --- entries --- */

/* The entry of a slide, new where there is none. `name` has an extension, or none that could be taken for one. */
static FrocEntry *find_entry(FrocCatalog *catalog, const char *name, NodalError **error) {
  size_t index;
  bool added;
  if (!nodal_grow_array(&catalog->entries, &catalog->capacity, catalog->count + 1, sizeof *catalog->entries, error) ||
      !evaluation_names_add(&catalog->names, name, &index, &added, error)) {
    return NULL;
  }
  if (added) {
    catalog->entries[catalog->count++] = (FrocEntry){.key = catalog->names.stems[index]};
  }
  return &catalog->entries[index];
}

/* Enters the files of a folder: as truth, or as detections. */
static bool enter_folder(FrocCatalog *catalog, const char *path, const Folder *folder, bool truth,
                         EvaluationProblems *problems, NodalError **error) {
  for (size_t i = 0; i < folder->count; i++) {
    const char *name = folder->names[i];
    size_t length = truth ? truth_stem(name) : detections_stem(name);
    if (length == 0) {
      continue;
    }
    char *file = nodal_strdup_printf(error, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", name);
    char *slide = file ? nodal_strdup_printf(error, "%.*s.tif", (int)length, name) : NULL;
    FrocEntry *entry = slide ? find_entry(catalog, slide, error) : NULL;
    char **place = !entry ? NULL : truth ? &entry->truth : &entry->detections;
    bool doubled = place && *place;
    if (doubled && !evaluation_problems_add(problems, error, "%s: %s is there already: %s", file, entry->key, *place)) {
      place = NULL;
    }
    if (place && !doubled) {
      *place = file;
      slide[length] = '\0';
      free(entry->name);
      entry->name = slide;
      continue;
    }
    free(file);
    free(slide);
    if (!place) {
      return false;
    }
  }
  return true;
}

static bool read_folder(FrocCatalog *catalog, const char *path, bool truth, EvaluationProblems *problems,
                        NodalError **error) {
  Folder folder = {0};
  if (path[0] == '\0') {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "the name of a folder is empty");
  }
  size_t before = catalog->count;
  bool done = list_folder(&folder, path, error) && enter_folder(catalog, path, &folder, truth, problems, error);
  clear_folder(&folder);
  if (done && truth && catalog->count == before) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: holds no NAME_mask.tif, NAME.xml, NAME.geojson or NAME.json",
                      path);
  }
  return done;
}

/* --- the reference --- */

static bool enter_reference(FrocCatalog *catalog, const NodalTruth *truth, EvaluationProblems *problems,
                            NodalError **error) {
  const char *problem;
  for (size_t i = 0; (problem = nodal_truth_problem(truth, i)) != NULL; i++) {
    if (!evaluation_problems_add(problems, error, "%s", problem)) {
      return false;
    }
  }
  NodalCase item;
  for (size_t i = 0; nodal_truth_case(truth, i, &item); i++) {
    FrocEntry *entry = find_entry(catalog, item.name, error);
    if (!entry || (!entry->name && !(entry->name = nodal_strdup(entry->key, error)))) {
      return false;
    }
    entry->line = item.line;
    entry->tumor = item.class_index == 1;
  }
  return true;
}

static bool read_reference(FrocCatalog *catalog, const NodalFrocInput *input, EvaluationProblems *problems,
                           NodalError **error) {
  if (!input->reference) {
    for (size_t i = 0; i < catalog->count; i++) {
      catalog->entries[i].tumor = catalog->entries[i].truth != NULL;
    }
    return true;
  }
  NodalTruthOptions options = {.task = NODAL_TASK_SLIDES};
  NodalTruth *truth = nodal_truth_read(input->reference, &options, error);
  bool done = truth && enter_reference(catalog, truth, problems, error);
  nodal_truth_free(truth);
  return done;
}

static bool exclude(FrocCatalog *catalog, const NodalFrocInput *input, EvaluationProblems *warnings,
                    NodalError **error) {
  for (size_t i = 0; i < input->exclude_count; i++) {
    size_t index;
    if (evaluation_names_find(&catalog->names, input->exclude[i], &index)) {
      catalog->entries[index].excluded = true;
    } else if (!evaluation_problems_add(warnings, error, "%s, which is to be left out, is no slide",
                                        input->exclude[i])) {
      return false;
    }
  }
  return true;
}

/* --- which entries count --- */

static bool begins(const FrocEntry *entry, const char *beginning) {
  return strncasecmp(entry->key, beginning, strlen(beginning)) == 0;
}

/* What the names of a reference have to begin with to count; "" where that holds for none. */
static const char *wanted_beginning(const FrocCatalog *catalog, const NodalFrocInput *input) {
  const char *beginning = input->reference ? input->rules->reference_names : NULL;
  for (size_t i = 0; beginning && i < catalog->count; i++) {
    if (catalog->entries[i].line > 0 && begins(&catalog->entries[i], beginning)) {
      return beginning;
    }
  }
  return "";
}

/* Whether an entry is one of the slides; tells where its files belong to none. */
static bool is_slide(const FrocEntry *entry, const NodalFrocInput *input, const char *beginning,
                     EvaluationProblems *problems, NodalError **error, bool *slide) {
  *slide = !entry->excluded && (!input->reference || (entry->line > 0 && begins(entry, beginning)));
  if (!*slide && !entry->excluded && entry->line == 0 && entry->detections) {
    return evaluation_problems_add(problems, error, "%s: no slide %s in %s", entry->detections, entry->key,
                                   input->reference);
  }
  return true;
}

/* Tells what a slide lacks; `*counts` is false where it then is left out. */
static bool check_slide(const FrocEntry *entry, const NodalFrocInput *input, EvaluationProblems *problems,
                        EvaluationProblems *warnings, NodalError **error, bool *counts) {
  *counts = entry->detections != NULL;
  if (!*counts && input->rules->drops_missing) {
    return evaluation_problems_add(warnings, error,
                                   "%s: no detections of %s; the rules %s leave the slide out, its lesions too",
                                   input->detections, entry->name, input->rules->name);
  }
  if (!*counts) {
    return evaluation_problems_add(problems, error, "%s: no detections of %s, which the rules %s need",
                                   input->detections, entry->name, input->rules->name);
  }
  return entry->truth || !entry->tumor ||
         evaluation_problems_add(problems, error, "%s: line %lld: %s has tumor, but no truth in %s", input->reference,
                                 (long long)entry->line, entry->name, input->truth);
}

static void clear_entry(FrocEntry *entry) {
  free(entry->name);
  free(entry->truth);
  free(entry->detections);
}

static int compare_entries(const void *a, const void *b) {
  const FrocEntry *left = a, *right = b;
  int order = strcasecmp(left->key, right->key);
  return order != 0 ? order : strcmp(left->key, right->key);
}

static bool choose(FrocCatalog *catalog, const NodalFrocInput *input, EvaluationProblems *problems,
                   EvaluationProblems *warnings, NodalError **error) {
  const char *beginning = wanted_beginning(catalog, input);
  size_t kept = 0, passed = 0;
  bool done = true;
  qsort(catalog->entries, catalog->count, sizeof *catalog->entries, compare_entries);
  for (size_t i = 0; i < catalog->count; i++) {
    FrocEntry *entry = &catalog->entries[i];
    bool slide = false, counts = false;
    done = done && is_slide(entry, input, beginning, problems, error, &slide);
    passed += !slide && !entry->excluded && entry->line > 0;
    done = done && (!slide || check_slide(entry, input, problems, warnings, error, &counts));
    if (counts) {
      catalog->entries[kept++] = *entry;
    } else {
      clear_entry(entry);
    }
  }
  catalog->count = kept;
  if (done && passed > 0) {
    done = evaluation_problems_add(warnings, error, "%s: %zu image%s not called %s... do not count by the rules %s",
                                   input->reference, passed, nodal_plural(passed), beginning, input->rules->name);
  }
  return done;
}

bool froc_catalog_make(FrocCatalog *catalog, const NodalFrocInput *input, EvaluationProblems *problems,
                       EvaluationProblems *warnings, NodalError **error) {
  return read_folder(catalog, input->truth, true, problems, error) &&
         read_folder(catalog, input->detections, false, problems, error) &&
         read_reference(catalog, input, problems, error) && exclude(catalog, input, warnings, error) &&
         choose(catalog, input, problems, warnings, error);
}

void froc_catalog_clear(FrocCatalog *catalog) {
  for (size_t i = 0; i < catalog->count; i++) {
    clear_entry(&catalog->entries[i]);
  }
  free(catalog->entries);
  evaluation_names_clear(&catalog->names);
  *catalog = (FrocCatalog){0};
}
