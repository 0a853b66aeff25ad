/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/set.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* An annotation owns one allocation: its rings, then their points, then its name. */
typedef struct Item {
  NodalRing *rings;
  const char *name;
  size_t ring_count;
  int group;
  NodalRgb color;
  NodalShape shape;
} Item;

typedef struct Attribute {
  char *key, *value;
} Attribute;

typedef struct Group {
  char *name;
  uint32_t hash;
  int parent;
  NodalRgb color;
  Attribute *attributes;
  size_t attribute_count, attribute_capacity;
} Group;

struct NodalAnnotationSet {
  Item *items;
  size_t count, capacity;
  Group *groups;
  size_t group_count, group_capacity;
  int *table; /* hash of a group's name: its index, or -1; groups of one name follow each other in their order */
  size_t table_size;
  char **warnings;
  size_t warning_count, warning_capacity;
  size_t bytes;
  NodalAnnotationFormat format;
  NodalAnnotationPlaces places;
};

const char *nodal_shape_name(NodalShape shape) {
  static const char *const names[] = {"none",      "point",   "points", "polyline",
                                      "rectangle", "polygon", "spline", "ellipse"};
  return (unsigned)shape < sizeof names / sizeof *names ? names[shape] : "unknown";
}

NodalAnnotationSet *nodal_annotation_set_new(NodalError **error) {
  return nodal_alloc_array(1, sizeof(NodalAnnotationSet), error);
}

void nodal_annotation_set_free(NodalAnnotationSet *set) {
  if (!set) {
    return;
  }
  for (size_t i = 0; i < set->count; i++) {
    free(set->items[i].rings);
  }
  for (size_t i = 0; i < set->group_count; i++) {
    Group *group = &set->groups[i];
    for (size_t k = 0; k < group->attribute_count; k++) {
      free(group->attributes[k].key);
      free(group->attributes[k].value);
    }
    free(group->attributes);
    free(group->name);
  }
  for (size_t i = 0; i < set->warning_count; i++) {
    free(set->warnings[i]);
  }
  free(set->items);
  free(set->groups);
  free(set->table);
  free(set->warnings);
  free(set);
}

static bool account(NodalAnnotationSet *set, size_t bytes, NodalError **error) {
  if (bytes > NODAL_ANNOTATION_MAX_BYTES - set->bytes) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "annotations take more than %d MiB of memory",
                      NODAL_ANNOTATION_MAX_BYTES / (1024 * 1024));
  }
  set->bytes += bytes;
  return true;
}

/* --- Looking --- */

int nodal_annotation_set_count(const NodalAnnotationSet *set) {
  return (int)set->count;
}

bool nodal_annotation_set_get(const NodalAnnotationSet *set, int index, NodalAnnotation *annotation) {
  if (index < 0 || (size_t)index >= set->count) {
    return false;
  }
  const Item *item = &set->items[index];
  *annotation = (NodalAnnotation){.name = item->name,
                                  .shape = item->shape,
                                  .group = item->group,
                                  .color = item->color,
                                  .rings = item->rings,
                                  .ring_count = item->ring_count};
  return true;
}

const char *nodal_annotation_label(const NodalAnnotationSet *set, int index, char buffer[96]) {
  const char *name = set->items[index].name;
  /* Cut at the start of a character, so that it stays UTF-8. */
  int length = (int)strnlen(name, 64);
  while (length > 0 && ((unsigned char)name[length] & 0xC0) == 0x80) {
    length--;
  }
  if (length > 0) {
    snprintf(buffer, 96, "'%.*s'", length, name);
  } else {
    snprintf(buffer, 96, "number %d", index + 1);
  }
  return buffer;
}

int nodal_annotation_set_group_count(const NodalAnnotationSet *set) {
  return (int)set->group_count;
}

bool nodal_annotation_set_group(const NodalAnnotationSet *set, int index, NodalAnnotationGroup *group) {
  if (index < 0 || (size_t)index >= set->group_count) {
    return false;
  }
  const Group *found = &set->groups[index];
  *group = (NodalAnnotationGroup){found->name, found->parent, found->color};
  return true;
}

bool nodal_annotation_set_attribute(const NodalAnnotationSet *set, int group, int index, const char **key,
                                    const char **value) {
  if (group < 0 || (size_t)group >= set->group_count || index < 0 ||
      (size_t)index >= set->groups[group].attribute_count) {
    return false;
  }
  *key = set->groups[group].attributes[index].key;
  *value = set->groups[group].attributes[index].value;
  return true;
}

const char *nodal_annotation_set_warning(const NodalAnnotationSet *set, int index) {
  return index < 0 || (size_t)index >= set->warning_count ? NULL : set->warnings[index];
}

NodalAnnotationFormat nodal_annotation_set_format(const NodalAnnotationSet *set) {
  return set->format;
}

void nodal_annotation_set_set_format(NodalAnnotationSet *set, NodalAnnotationFormat format) {
  set->format = format;
}

NodalAnnotationPlaces nodal_annotation_set_places(const NodalAnnotationSet *set) {
  return set->places;
}

void nodal_annotation_set_set_places(NodalAnnotationSet *set, NodalAnnotationPlaces places) {
  set->places = places;
}

/* --- Names of groups --- */

/* FNV-1a. */
static uint32_t hash_of(const char *name) {
  uint32_t hash = 2166136261u;
  for (; *name; name++) {
    hash = (hash ^ (unsigned char)*name) * 16777619u;
  }
  return hash;
}

static void enter(NodalAnnotationSet *set, int group) {
  size_t slot = set->groups[group].hash & (set->table_size - 1);
  while (set->table[slot] >= 0) {
    slot = (slot + 1) & (set->table_size - 1);
  }
  set->table[slot] = group;
}

static bool make_room(NodalAnnotationSet *set, NodalError **error) {
  if ((set->group_count + 1) * 2 <= set->table_size) {
    return true;
  }
  size_t size = set->table_size ? set->table_size * 2 : 16;
  int *table = nodal_alloc_array(size, sizeof *table, error);
  if (!table) {
    return false;
  }
  memset(table, 0xFF, size * sizeof *table);
  free(set->table);
  set->table = table;
  set->table_size = size;
  for (size_t i = 0; i < set->group_count; i++) {
    enter(set, (int)i);
  }
  return true;
}

/* The first group of that name, and of that parent unless `any_parent`. */
static int find(const NodalAnnotationSet *set, const char *name, bool any_parent, int parent) {
  uint32_t hash = hash_of(name);
  for (size_t slot = hash; set->table_size > 0; slot++) {
    int index = set->table[slot & (set->table_size - 1)];
    if (index < 0) {
      break;
    }
    const Group *group = &set->groups[index];
    if (group->hash == hash && (any_parent || group->parent == parent) && strcmp(group->name, name) == 0) {
      return index;
    }
  }
  return -1;
}

int nodal_annotation_set_find_group(const NodalAnnotationSet *set, const char *name) {
  return find(set, name, true, -1);
}

int nodal_annotation_find_child(const NodalAnnotationSet *set, int parent, const char *name) {
  return find(set, name, false, parent);
}

/* --- Changing --- */

static bool check_text(const char *text, const char *what, NodalError **error) {
  return (text && nodal_is_utf8(text, strlen(text))) ||
         nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s is not UTF-8", what);
}

static bool check_annotation(const NodalAnnotationSet *set, const NodalAnnotation *annotation, NodalError **error) {
  if (!check_text(annotation->name, "the name of an annotation", error)) {
    return false;
  }
  if ((unsigned)annotation->shape > NODAL_SHAPE_ELLIPSE) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "shape %d of annotation '%s' does not exist", (int)annotation->shape,
                      annotation->name);
  }
  if (annotation->group < -1 || annotation->group >= (int)set->group_count) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "group %d of annotation '%s' does not exist", annotation->group,
                      annotation->name);
  }
  for (size_t i = 0; i < annotation->ring_count; i++) {
    for (size_t k = 0; k < annotation->rings[i].count; k++) {
      NodalPoint point = annotation->rings[i].points[k];
      if (!(fabs(point.x) <= NODAL_ANNOTATION_MAX_COORDINATE && fabs(point.y) <= NODAL_ANNOTATION_MAX_COORDINATE)) {
        return nodal_fail(error, NODAL_ERROR_ARGUMENT, "coordinate %g, %g of annotation '%s' is no place on a slide",
                          point.x, point.y, annotation->name);
      }
    }
  }
  return true;
}

/* One block for all that an annotation holds. */
static bool copy_annotation(NodalAnnotationSet *set, const NodalAnnotation *annotation, Item *item,
                            NodalError **error) {
  size_t points = 0, name_size = strlen(annotation->name) + 1;
  for (size_t i = 0; i < annotation->ring_count; i++) {
    points += annotation->rings[i].count; /* all of them are in memory, so that this cannot overflow */
  }
  size_t size = annotation->ring_count * sizeof(NodalRing) + points * sizeof(NodalPoint) + name_size;
  if (!account(set, size + sizeof *item, error)) {
    return false;
  }
  item->rings = nodal_alloc(size, error);
  if (!item->rings) {
    return false;
  }
  NodalPoint *to = (NodalPoint *)(item->rings + annotation->ring_count);
  for (size_t i = 0; i < annotation->ring_count; i++) {
    const NodalRing *ring = &annotation->rings[i];
    item->rings[i] = (NodalRing){to, ring->count, ring->hole};
    if (ring->count > 0) {
      memcpy(to, ring->points, ring->count * sizeof *to);
    }
    to += ring->count;
  }
  item->name = memcpy(to, annotation->name, name_size);
  item->ring_count = annotation->ring_count;
  item->group = annotation->group;
  item->color = annotation->color;
  item->shape = annotation->shape;
  return true;
}

bool nodal_annotation_set_add(NodalAnnotationSet *set, const NodalAnnotation *annotation, NodalError **error) {
  if (!check_annotation(set, annotation, error) ||
      !nodal_grow_array(&set->items, &set->capacity, set->count + 1, sizeof *set->items, error) ||
      !copy_annotation(set, annotation, &set->items[set->count], error)) {
    return false;
  }
  set->count++;
  return true;
}

void nodal_annotation_move(NodalAnnotationSet *set, int annotation, int group) {
  set->items[annotation].group = group;
}

bool nodal_annotation_append_group(NodalAnnotationSet *set, const char *name, NodalRgb color, NodalError **error) {
  if (set->group_count >= NODAL_ANNOTATION_MAX_GROUPS) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "more than %d groups", NODAL_ANNOTATION_MAX_GROUPS);
  }
  if (!check_text(name, "the name of a group", error) ||
      !account(set, sizeof(Group) + 2 * sizeof *set->table + strlen(name) + 1, error) || !make_room(set, error) ||
      !nodal_grow_array(&set->groups, &set->group_capacity, set->group_count + 1, sizeof *set->groups, error)) {
    return false;
  }
  char *copy = nodal_strdup(name, error);
  if (!copy) {
    return false;
  }
  set->groups[set->group_count] = (Group){.name = copy, .hash = hash_of(name), .parent = -1, .color = color};
  enter(set, (int)set->group_count++);
  return true;
}

bool nodal_annotation_need_group(NodalAnnotationSet *set, const char *name, NodalRgb color, int *group,
                                 NodalError **error) {
  *group = name[0] ? nodal_annotation_set_find_group(set, name) : -1;
  if (*group >= 0 || !name[0]) {
    return true;
  }
  *group = nodal_annotation_set_group_count(set);
  return nodal_annotation_append_group(set, name, color, error);
}

static bool fail_depth(const char *name, NodalErrorCode code, NodalError **error) {
  return nodal_fail(error, code, "group '%s' is nested more than %d deep", name, NODAL_ANNOTATION_MAX_DEPTH);
}

/* How many groups there are from `group` up to the one in no other; no more than the limit and one are counted. */
static int depth_of(const NodalAnnotationSet *set, int group) {
  int depth = 0;
  for (; group >= 0 && depth <= NODAL_ANNOTATION_MAX_DEPTH; depth++) {
    group = set->groups[group].parent;
  }
  return depth;
}

bool nodal_annotation_set_parent(NodalAnnotationSet *set, int group, int parent, NodalError **error) {
  int steps = 0;
  for (int at = parent; at >= 0 && steps < NODAL_ANNOTATION_MAX_DEPTH; at = set->groups[at].parent, steps++) {
    if (at == group) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "group '%s' is part of itself", set->groups[group].name);
    }
  }
  set->groups[group].parent = parent;
  return true;
}

bool nodal_annotation_check_depth(const NodalAnnotationSet *set, int group, NodalError **error) {
  return depth_of(set, group) <= NODAL_ANNOTATION_MAX_DEPTH ||
         fail_depth(set->groups[group].name, NODAL_ERROR_FORMAT, error);
}

bool nodal_annotation_set_add_group(NodalAnnotationSet *set, const NodalAnnotationGroup *group, NodalError **error) {
  if (group->parent < -1 || group->parent >= (int)set->group_count) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "group %d, in which '%s' is to be, does not exist", group->parent,
                      group->name);
  }
  if (depth_of(set, group->parent) >= NODAL_ANNOTATION_MAX_DEPTH) {
    return fail_depth(group->name, NODAL_ERROR_ARGUMENT, error);
  }
  if (find(set, group->name, false, group->parent) >= 0) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "there is a group '%s' already", group->name);
  }
  if (!nodal_annotation_append_group(set, group->name, group->color, error)) {
    return false;
  }
  set->groups[set->group_count - 1].parent = group->parent;
  return true;
}

bool nodal_annotation_set_set_attribute(NodalAnnotationSet *set, int group, const char *key, const char *value,
                                        NodalError **error) {
  if (group < 0 || (size_t)group >= set->group_count) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "group %d does not exist", group);
  }
  if (!check_text(key, "the key of an attribute", error) || !check_text(value, "the value of an attribute", error) ||
      !account(set, strlen(key) + strlen(value) + 2 + sizeof(Attribute), error)) {
    return false;
  }
  Group *to = &set->groups[group];
  size_t index = 0;
  while (index < to->attribute_count && strcmp(to->attributes[index].key, key) != 0) {
    index++;
  }
  if (index >= 4096) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "group '%s' has more than 4096 attributes", to->name);
  }
  char *value_copy = nodal_strdup(value, error);
  if (!value_copy) {
    return false;
  }
  if (index < to->attribute_count) {
    free(to->attributes[index].value);
    to->attributes[index].value = value_copy;
    return true;
  }
  char *key_copy = nodal_grow_array(&to->attributes, &to->attribute_capacity, index + 1, sizeof *to->attributes, error)
                       ? nodal_strdup(key, error)
                       : NULL;
  if (!key_copy) {
    free(value_copy);
    return false;
  }
  to->attributes[to->attribute_count++] = (Attribute){key_copy, value_copy};
  return true;
}

/* --- Warnings --- */

bool nodal_annotation_warn(NodalAnnotationSet *set, NodalError **error, const char *format, ...) {
  if (set->warning_count >= NODAL_ANNOTATION_MAX_WARNINGS) {
    return true;
  }
  char *text = NULL;
  if (set->warning_count == NODAL_ANNOTATION_MAX_WARNINGS - 1) {
    text = nodal_strdup("more warnings than are shown here", error);
  } else {
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) {
      return nodal_fail_memory(error);
    }
  }
  if (!text ||
      !nodal_grow_array(&set->warnings, &set->warning_capacity, set->warning_count + 1, sizeof *set->warnings, error)) {
    free(text);
    return false;
  }
  for (char *at = text; *at; at++) {
    *at = (unsigned char)*at < 0x20 || *at == 0x7F ? ' ' : *at;
  }
  set->warnings[set->warning_count++] = text;
  return true;
}

bool nodal_annotation_warn_count(NodalAnnotationSet *set, long line, NodalError **error) {
  static const struct {
    size_t least, most;
  } wanted[] = {{0, SIZE_MAX}, {1, 1}, {1, SIZE_MAX}, {2, SIZE_MAX}, {4, 4}, {3, SIZE_MAX}, {3, SIZE_MAX}, {2, 2}};
  const Item *item = &set->items[set->count - 1];
  size_t least = wanted[item->shape].least, most = wanted[item->shape].most;
  for (size_t i = 0; i < item->ring_count || i == 0; i++) {
    size_t count = i < item->ring_count ? item->rings[i].count : 0;
    if (count < least || count > most) {
      char label[96];
      return nodal_annotation_warn(set, error, "line %ld: annotation %s is a %s of %zu point%s", line,
                                   nodal_annotation_label(set, (int)set->count - 1, label),
                                   nodal_shape_name(item->shape), count, count == 1 ? "" : "s");
    }
  }
  return true;
}

void nodal_loss_add(NodalLoss *loss, int annotation) {
  if (loss->count++ == 0) {
    loss->first = annotation;
  }
}

bool nodal_annotation_warn_loss(NodalAnnotationSet *set, const NodalLoss *loss, const char *what, NodalError **error) {
  char label[96], others[40] = "";
  if (loss->count == 0) {
    return true;
  }
  if (loss->count > 1) {
    snprintf(others, sizeof others, " and %d other%s", loss->count - 1, loss->count == 2 ? "" : "s");
  }
  return nodal_annotation_warn(set, error, "annotation %s%s: %s", nodal_annotation_label(set, loss->first, label),
                               others, what);
}

NodalRgb nodal_rgb_parse(const char *text, size_t length) {
  static const char digits[] = "0123456789abcdefABCDEF";
  if (length != 7 || text[0] != '#') {
    return NODAL_RGB_UNSET;
  }
  NodalRgb color = 0;
  for (size_t i = 1; i < length; i++) {
    const char *found = text[i] ? strchr(digits, text[i]) : NULL;
    if (!found) {
      return NODAL_RGB_UNSET;
    }
    size_t digit = (size_t)(found - digits);
    color = color << 4 | (NodalRgb)(digit < 16 ? digit : digit - 6);
  }
  return color;
}
