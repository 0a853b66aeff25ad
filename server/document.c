/* SPDX-License-Identifier: Apache-2.0 */
#include "document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Parts --- */

ViewItem *view_item_new(const char *id, const char *name, size_t ring_count, const size_t *counts) {
  size_t points = 0, name_size = strlen(name) + 1, bytes;
  for (size_t i = 0; i < ring_count; i++) {
    points += counts[i];
  }
  if (__builtin_mul_overflow(points, sizeof(NodalPoint), &bytes) ||
      __builtin_add_overflow(bytes, sizeof(ViewItem) + ring_count * sizeof(NodalRing) + name_size, &bytes)) {
    return NULL;
  }
  ViewItem *item = calloc(1, bytes);
  if (!item) {
    return NULL;
  }
  item->users = 1;
  snprintf(item->id, sizeof item->id, "%s", id);
  item->rings = (NodalRing *)(item + 1);
  item->ring_count = ring_count;
  item->color = NODAL_RGB_UNSET;
  NodalPoint *at = (NodalPoint *)(item->rings + ring_count);
  for (size_t i = 0; i < ring_count; i++) {
    item->rings[i] = (NodalRing){.points = at, .count = counts[i]};
    at += counts[i];
  }
  item->name = (char *)at;
  memcpy(item->name, name, name_size);
  return item;
}

void view_item_release(ViewItem *item) {
  if (item && --item->users == 0) {
    free(item);
  }
}

ViewGroup *view_group_new(const char *id, const char *name) {
  ViewGroup *group = calloc(1, sizeof *group);
  char *copy = view_format("%s", name);
  if (!group || !copy) {
    free(group);
    free(copy);
    return NULL;
  }
  group->users = 1;
  group->name = copy;
  group->color = NODAL_RGB_UNSET;
  snprintf(group->id, sizeof group->id, "%s", id);
  return group;
}

bool view_group_add_attribute(ViewGroup *group, const char *key, const char *value) {
  ViewAttribute *attributes = realloc(group->attributes, (group->attribute_count + 1) * sizeof *attributes);
  if (!attributes) {
    return false;
  }
  group->attributes = attributes;
  attributes[group->attribute_count++] = (ViewAttribute){view_format("%s", key), view_format("%s", value)};
  return attributes[group->attribute_count - 1].key && attributes[group->attribute_count - 1].value;
}

void view_group_release(ViewGroup *group) {
  if (!group || --group->users > 0) {
    return;
  }
  for (size_t i = 0; i < group->attribute_count; i++) {
    free(group->attributes[i].key);
    free(group->attributes[i].value);
  }
  free(group->attributes);
  free(group->name);
  free(group);
}

/* --- Documents --- */

ViewDocument *view_document_new(void) {
  return calloc(1, sizeof(ViewDocument));
}

void view_document_free(ViewDocument *document) {
  if (!document) {
    return;
  }
  for (size_t i = 0; i < document->count; i++) {
    view_item_release(document->items[i]);
  }
  for (size_t i = 0; i < document->group_count; i++) {
    view_group_release(document->groups[i]);
  }
  free(document->items);
  free(document->groups);
  free(document);
}

/* Room for one more pointer. */
static bool grow(void *array_pointer, size_t *capacity, size_t count) {
  void **array = NULL;
  memcpy(&array, array_pointer, sizeof array);
  if (count < *capacity) {
    return true;
  }
  size_t larger = *capacity ? *capacity * 2 : 16;
  array = realloc(array, larger * sizeof *array);
  if (!array) {
    return false;
  }
  memcpy(array_pointer, &array, sizeof array);
  *capacity = larger;
  return true;
}

bool view_document_insert_item(ViewDocument *document, size_t index, ViewItem *item) {
  if (!item || !grow(&document->items, &document->capacity, document->count)) {
    view_item_release(item);
    return false;
  }
  memmove(document->items + index + 1, document->items + index, (document->count - index) * sizeof *document->items);
  document->items[index] = item;
  document->count++;
  return true;
}

bool view_document_insert_group(ViewDocument *document, size_t index, ViewGroup *group) {
  if (!group || !grow(&document->groups, &document->group_capacity, document->group_count)) {
    view_group_release(group);
    return false;
  }
  memmove(document->groups + index + 1, document->groups + index,
          (document->group_count - index) * sizeof *document->groups);
  document->groups[index] = group;
  document->group_count++;
  return true;
}

ViewDocument *view_document_copy(const ViewDocument *document) {
  ViewDocument *copy = view_document_new();
  bool good = copy != NULL;
  for (size_t i = 0; good && i < document->count; i++) {
    document->items[i]->users++;
    good = view_document_insert_item(copy, i, document->items[i]);
  }
  for (size_t i = 0; good && i < document->group_count; i++) {
    document->groups[i]->users++;
    good = view_document_insert_group(copy, i, document->groups[i]);
  }
  if (!good) {
    view_document_free(copy);
    return NULL;
  }
  return copy;
}

/* --- From and to the library's set --- */

static void set_id(char id[VIEW_ID_SIZE], char letter, int index) {
  id[0] = '\0';
  if (index >= 0) {
    snprintf(id, VIEW_ID_SIZE, "%c%d", letter, index);
  }
}

static ViewGroup *group_from_set(const NodalAnnotationSet *set, int index) {
  NodalAnnotationGroup found;
  char id[VIEW_ID_SIZE];
  nodal_annotation_set_group(set, index, &found);
  set_id(id, 'g', index);
  ViewGroup *group = view_group_new(id, found.name);
  if (!group) {
    return NULL;
  }
  set_id(group->parent, 'g', found.parent);
  group->color = found.color;
  const char *key, *value;
  bool good = true;
  for (int i = 0; good && nodal_annotation_set_attribute(set, index, i, &key, &value); i++) {
    if (strcmp(key, "visible") == 0) {
      group->hidden = strcmp(value, "false") == 0;
    } else if (strcmp(key, "locked") == 0) {
      group->locked = strcmp(value, "true") == 0;
    } else {
      good = view_group_add_attribute(group, key, value);
    }
  }
  if (!good) {
    view_group_release(group);
    return NULL;
  }
  return group;
}

static ViewItem *item_from_set(const NodalAnnotationSet *set, int index) {
  NodalAnnotation found;
  char id[VIEW_ID_SIZE];
  nodal_annotation_set_get(set, index, &found);
  set_id(id, 'a', index);
  size_t *counts = malloc((found.ring_count + 1) * sizeof *counts);
  for (size_t i = 0; counts && i < found.ring_count; i++) {
    counts[i] = found.rings[i].count;
  }
  ViewItem *item = counts ? view_item_new(id, found.name, found.ring_count, counts) : NULL;
  free(counts);
  if (!item) {
    return NULL;
  }
  set_id(item->group, 'g', found.group);
  item->shape = found.shape;
  item->color = found.color;
  NodalPoint *at = (NodalPoint *)(item->rings + item->ring_count);
  for (size_t i = 0; i < found.ring_count; i++) {
    item->rings[i].hole = found.rings[i].hole;
    if (found.rings[i].count > 0) {
      memcpy(at, found.rings[i].points, found.rings[i].count * sizeof *at);
    }
    at += found.rings[i].count;
  }
  return item;
}

/* Parents first, else in the order they have. A set has no circles. */
static bool groups_from_set(ViewDocument *document, const NodalAnnotationSet *set) {
  int count = nodal_annotation_set_group_count(set), left = count;
  bool *placed = calloc((size_t)count + 1, sizeof *placed);
  bool good = placed != NULL;
  while (good && left > 0) {
    int before = left;
    for (int i = 0; good && i < count; i++) {
      NodalAnnotationGroup group;
      nodal_annotation_set_group(set, i, &group);
      if (!placed[i] && (group.parent < 0 || placed[group.parent])) {
        placed[i] = true;
        left--;
        good = view_document_insert_group(document, document->group_count, group_from_set(set, i));
      }
    }
    good = good && left < before;
  }
  free(placed);
  return good;
}

ViewDocument *view_document_from_set(const NodalAnnotationSet *set, ViewFault *fault) {
  ViewDocument *document = view_document_new();
  bool good = document && groups_from_set(document, set);
  int count = nodal_annotation_set_count(set);
  for (int i = 0; good && i < count; i++) {
    good = view_document_insert_item(document, (size_t)i, item_from_set(set, i));
  }
  if (!good) {
    view_document_free(document);
    view_fail_memory(fault);
    return NULL;
  }
  return document;
}

/* The place of a group; -1 for "", and where there is none. */
static int group_index(const ViewDocument *document, const char *id, const char **last_id, int *last) {
  if (!id[0]) {
    return -1;
  }
  if (*last_id && strcmp(*last_id, id) == 0) {
    return *last;
  }
  for (size_t i = 0; i < document->group_count; i++) {
    if (strcmp(document->groups[i]->id, id) == 0) {
      *last_id = id;
      *last = (int)i;
      return *last;
    }
  }
  return -1;
}

static bool add_group(NodalAnnotationSet *set, const ViewGroup *group, int parent, int index, NodalError **error) {
  NodalAnnotationGroup row = {.name = group->name, .parent = parent, .color = group->color};
  bool good = nodal_annotation_set_add_group(set, &row, error);
  for (size_t i = 0; good && i < group->attribute_count; i++) {
    good = nodal_annotation_set_set_attribute(set, index, group->attributes[i].key, group->attributes[i].value, error);
  }
  return good && (!group->hidden || nodal_annotation_set_set_attribute(set, index, "visible", "false", error)) &&
         (!group->locked || nodal_annotation_set_set_attribute(set, index, "locked", "true", error));
}

NodalAnnotationSet *view_document_to_set(const ViewDocument *document, ViewFault *fault) {
  NodalError *error = NULL;
  NodalAnnotationSet *set = nodal_annotation_set_new(&error);
  bool good = set != NULL;
  const char *last_id = NULL;
  int last = -1;
  for (size_t i = 0; good && i < document->group_count; i++) {
    const ViewGroup *group = document->groups[i];
    good = add_group(set, group, group_index(document, group->parent, &last_id, &last), (int)i, &error);
  }
  for (size_t i = 0; good && i < document->count; i++) {
    const ViewItem *item = document->items[i];
    NodalAnnotation row = {.name = item->name,
                           .shape = item->shape,
                           .group = group_index(document, item->group, &last_id, &last),
                           .color = item->color,
                           .rings = item->rings,
                           .ring_count = item->ring_count};
    good = nodal_annotation_set_add(set, &row, &error);
  }
  if (!good) {
    nodal_annotation_set_free(set);
    view_fail_error(fault, error);
    return NULL;
  }
  return set;
}

/* --- As JSON --- */

static void print_color(ViewText *text, NodalRgb color) {
  char digits[16];
  snprintf(digits, sizeof digits, "\"#%06x\"", (unsigned)(color & 0xFFFFFF));
  view_text_string(text, color == NODAL_RGB_UNSET ? "null" : digits);
}

static void print_id(ViewText *text, const char *id) {
  if (id[0]) {
    view_text_quoted(text, id);
  } else {
    view_text_string(text, "null");
  }
}

static void print_ring(ViewText *text, const NodalRing *ring) {
  view_text_string(text, "[");
  for (size_t i = 0; i < ring->count; i++) {
    view_text_string(text, i > 0 ? "," : "");
    view_text_number(text, ring->points[i].x);
    view_text_string(text, ",");
    view_text_number(text, ring->points[i].y);
  }
  view_text_string(text, "]");
}

static void print_item(ViewText *text, const ViewItem *item) {
  view_text_string(text, "{\"id\":");
  view_text_quoted(text, item->id);
  view_text_string(text, ",\"name\":");
  view_text_quoted(text, item->name);
  view_text_string(text, ",\"type\":");
  view_text_quoted(text, nodal_shape_name(item->shape));
  view_text_string(text, ",\"group\":");
  print_id(text, item->group);
  view_text_string(text, ",\"color\":");
  print_color(text, item->color);
  view_text_string(text, ",\"rings\":[");
  for (size_t i = 0; i < item->ring_count; i++) {
    view_text_string(text, i > 0 ? "," : "");
    print_ring(text, &item->rings[i]);
  }
  view_text_string(text, "],\"holes\":[");
  for (size_t i = 0; i < item->ring_count; i++) {
    view_text_string(text, i > 0 ? "," : "");
    view_text_string(text, item->rings[i].hole ? "true" : "false");
  }
  view_text_string(text, "]}");
}

void view_document_print(const ViewDocument *document, ViewText *text) {
  view_text_string(text, ",\"groups\":[");
  for (size_t i = 0; i < document->group_count; i++) {
    const ViewGroup *group = document->groups[i];
    view_text_string(text, i > 0 ? ",{\"id\":" : "{\"id\":");
    view_text_quoted(text, group->id);
    view_text_string(text, ",\"name\":");
    view_text_quoted(text, group->name);
    view_text_string(text, ",\"color\":");
    print_color(text, group->color);
    view_text_string(text, ",\"parent\":");
    print_id(text, group->parent);
    view_text_string(text, group->hidden ? ",\"visible\":false" : ",\"visible\":true");
    view_text_string(text, group->locked ? ",\"locked\":true}" : ",\"locked\":false}");
  }
  view_text_string(text, "],\"items\":[");
  for (size_t i = 0; i < document->count; i++) {
    view_text_string(text, i > 0 ? "," : "");
    print_item(text, document->items[i]);
  }
  view_text_string(text, "]");
}
