/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/mask_parts.h"

#include "base/memory.h"

#include <string.h>

bool nodal_mask_preset(const char *name, NodalMaskOptions *options) {
  static const NodalMaskLabel labels16[] = {{"_0", 1}, {"_1", 1},        {"Tumor", 1},
                                            {"_2", 0}, {"Exclusion", 0}, {"None", 0}};
  static const char *const order16[] = {"_0", "_1", "Tumor", "_2", "Exclusion", "None"};
  static const NodalMaskLabel labels17[] = {{"metastases", 1}, {"Tumor", 1}, {"normal", 2}};
  static const char *const order17[] = {"metastases", "Tumor", "normal"};
  if (strcmp(name, "camelyon16") == 0) {
    options->labels = labels16;
    options->label_count = sizeof labels16 / sizeof *labels16;
    options->order = order16;
    options->order_count = sizeof order16 / sizeof *order16;
    return true;
  }
  if (strcmp(name, "camelyon17") == 0) {
    options->labels = labels17;
    options->label_count = sizeof labels17 / sizeof *labels17;
    options->order = order17;
    options->order_count = sizeof order17 / sizeof *order17;
    return true;
  }
  return false;
}

/* How the names of a set are looked up. */
typedef struct Names {
  const NodalAnnotationSet *set;
  const NodalMaskOptions *options;
  bool groups; /* the set has groups: their names count, and those of the annotations do not */
} Names;

/* What an annotation goes by; NULL where groups count and it is in none. */
static const char *name_of(const Names *names, const NodalAnnotation *annotation) {
  NodalAnnotationGroup group;
  if (!names->groups) {
    return annotation->name;
  }
  return nodal_annotation_set_group(names->set, annotation->group, &group) ? group.name : NULL;
}

/* Index of the label of that name, or -1. */
static int find_label(const NodalMaskOptions *options, const char *name) {
  for (size_t i = 0; i < options->label_count; i++) {
    if (strcmp(options->labels[i].name, name) == 0) {
      return (int)i;
    }
  }
  return -1;
}

/* Place in the order, or -1. */
static int find_order(const NodalMaskOptions *options, const char *name) {
  for (size_t i = 0; i < options->order_count; i++) {
    if (strcmp(options->order[i], name) == 0) {
      return (int)i;
    }
  }
  return -1;
}

static bool check(const NodalMaskOptions *options, NodalError **error) {
  for (size_t i = 0; i < options->label_count; i++) {
    const NodalMaskLabel *label = &options->labels[i];
    if (label->value < 0 || label->value > UINT8_MAX) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "label \"%s\": %d is not within 0 to 255", label->name,
                        label->value);
    }
    if (find_label(options, label->name) != (int)i) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "label \"%s\" is given twice", label->name);
    }
  }
  for (size_t i = 0; i < options->order_count; i++) {
    if (find_label(options, options->order[i]) < 0) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "order: \"%s\" has no label", options->order[i]);
    }
    if (find_order(options, options->order[i]) != (int)i) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "order: \"%s\" is named twice", options->order[i]);
    }
  }
  return true;
}

/* --- what is left out --- */

/* A name that no label stands for, and how often it came. */
typedef struct Unknown {
  const char *name;
  int count;
} Unknown;

typedef struct UnknownList {
  Unknown *items;
  size_t count, capacity;
} UnknownList;

static bool note_unknown(UnknownList *list, const char *name, NodalError **error) {
  for (size_t i = 0; i < list->count; i++) {
    if (list->items[i].name == name || (name && list->items[i].name && strcmp(list->items[i].name, name) == 0)) {
      list->items[i].count++;
      return true;
    }
  }
  if (!nodal_grow_array(&list->items, &list->capacity, list->count + 1, sizeof *list->items, error)) {
    return false;
  }
  list->items[list->count++] = (Unknown){name, 1};
  return true;
}

static bool warn_unknown(NodalMask *mask, const Names *names, const UnknownList *list, NodalError **error) {
  for (size_t i = 0; i < list->count; i++) {
    const Unknown *item = &list->items[i];
    const char *noun = item->count == 1 ? "annotation" : "annotations", *verb = item->count == 1 ? "is" : "are";
    bool warned;
    if (!item->name) {
      warned = nodal_mask_warn(mask, error, "%d %s without a group %s left out", item->count, noun, verb);
    } else {
      bool labelled = find_label(names->options, item->name) >= 0;
      warned = nodal_mask_warn(mask, error, "%s \"%s\" %s: %d %s left out", names->groups ? "group" : "name",
                               item->name, labelled ? "is not in the order" : "has no label", item->count, noun);
    }
    if (!warned) {
      return false;
    }
  }
  return true;
}

static bool fail_all_unknown(const Names *names, const UnknownList *list, NodalError **error) {
  const char *first = list->items[0].name;
  if (!first) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "no annotation has a label: none is in a group");
  }
  const char *noun = names->groups ? "group" : "name";
  return list->count == 1
             ? nodal_fail(error, NODAL_ERROR_ARGUMENT, "no annotation has a label: the only %s is \"%s\"", noun, first)
             : nodal_fail(error, NODAL_ERROR_ARGUMENT, "no annotation has a label: there are %ss \"%s\" and others",
                          noun, first);
}

/* --- choosing --- */

/* Sort key of an annotation: painted in this order, those of one key in the order of the set. */
typedef struct Ranked {
  NodalMaskChoice choice;
  int rank;
} Ranked;

static int compare_ranks(const void *a, const void *b) {
  const Ranked *left = a, *right = b;
  if (left->rank != right->rank) {
    return left->rank < right->rank ? -1 : 1;
  }
  return left->choice.annotation < right->choice.annotation ? -1 : 1;
}

/*
 * Ranks an annotation; false where it is left out. Without an order a larger value is never overwritten by a smaller:
 * that is painting by value, and a value of 0 does nothing.
 */
static bool rank(const Names *names, const char *name, Ranked *ranked) {
  const NodalMaskOptions *options = names->options;
  ranked->choice.value = 1;
  ranked->rank = 0;
  if (!options->labels) {
    return true;
  }
  int label = name ? find_label(options, name) : -1;
  if (label < 0) {
    return false;
  }
  ranked->choice.value = (uint8_t)options->labels[label].value;
  ranked->rank = options->order ? find_order(options, name) : ranked->choice.value;
  return ranked->rank >= 0;
}

static bool rank_all(const Names *names, Ranked *ranked, size_t *count, UnknownList *unknown, NodalError **error) {
  int annotations = nodal_annotation_set_count(names->set);
  for (int i = 0; i < annotations; i++) {
    NodalAnnotation annotation;
    nodal_annotation_set_get(names->set, i, &annotation);
    const char *name = name_of(names, &annotation);
    ranked[*count].choice.annotation = i;
    if (rank(names, name, &ranked[*count])) {
      ++*count;
    } else if (!note_unknown(unknown, name, error)) {
      return false;
    }
  }
  return true;
}

/* Groups say what is what; without labels that is lost. */
static bool warn_unlabelled(NodalMask *mask, const Names *names, NodalError **error) {
  int count = names->options->labels ? 0 : nodal_annotation_set_count(names->set), first = -1;
  for (int i = 0; i < count; i++) {
    NodalAnnotation annotation;
    nodal_annotation_set_get(names->set, i, &annotation);
    if (i > 0 && annotation.group != first) {
      return nodal_mask_warn(mask, error, "no labels are given: the annotations of all groups become 1");
    }
    first = annotation.group;
  }
  return true;
}

bool nodal_mask_choose(NodalMask *mask, const NodalAnnotationSet *set, const NodalMaskOptions *options,
                       NodalMaskChoice **choices, size_t *count, NodalError **error) {
  *choices = NULL;
  *count = 0;
  Names names = {set, options, nodal_annotation_set_group_count(set) > 0};
  if (!check(options, error)) {
    return false;
  }
  size_t annotations = (size_t)nodal_annotation_set_count(set);
  Ranked *ranked = nodal_alloc_array(annotations + 1, sizeof *ranked, error);
  NodalMaskChoice *chosen = nodal_alloc_array(annotations + 1, sizeof *chosen, error);
  UnknownList unknown = {0};
  bool done = ranked && chosen && rank_all(&names, ranked, count, &unknown, error);
  if (done && *count == 0 && unknown.count > 0) {
    done = fail_all_unknown(&names, &unknown, error);
  }
  done = done && warn_unknown(mask, &names, &unknown, error) && warn_unlabelled(mask, &names, error);
  free(unknown.items);
  if (done) {
    qsort(ranked, *count, sizeof *ranked, compare_ranks);
    for (size_t i = 0; i < *count; i++) {
      chosen[i] = ranked[i].choice;
    }
  } else {
    free(chosen);
    chosen = NULL;
  }
  free(ranked);
  *choices = chosen;
  return done;
}
