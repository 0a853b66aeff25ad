/* SPDX-License-Identifier: Apache-2.0 */
#include "document.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPERATIONS = 100000, MAX_GROUPS = 1000, MAX_NAME = 4096 };

/* Items by their ids, so that many operations on many items take no square of time. */
typedef struct Table {
  ViewItem **slots;
  size_t size;
  ViewItem gone; /* stands where one was deleted */
} Table;

typedef struct Patch {
  ViewDocument *document;
  Table table;
  ViewHolds holds;
  size_t number; /* of the operation, from 0 */
  ViewFault *fault;
} Patch;

static bool refuse(const Patch *patch, const char *what) {
  return view_fail(patch->fault, 422, "invalid", "operation %zu: %s", patch->number, what);
}

/* --- The table --- */

static size_t slot_of(const Table *table, const char *id) {
  size_t slot = view_hash(id, strlen(id)) & (table->size - 1);
  while (table->slots[slot] && (table->slots[slot] == &table->gone || strcmp(table->slots[slot]->id, id) != 0)) {
    slot = (slot + 1) & (table->size - 1);
  }
  return slot;
}

static bool fill_table(Table *table, const ViewDocument *document, size_t more) {
  table->size = 64;
  while (table->size < (document->count + more) * 2) {
    table->size *= 2;
  }
  table->slots = calloc(table->size, sizeof(ViewItem *));
  for (size_t i = 0; table->slots && i < document->count; i++) {
    table->slots[slot_of(table, document->items[i]->id)] = document->items[i];
  }
  return table->slots != NULL;
}

/* --- Values --- */

static bool is_id(const char *id) {
  size_t length = id ? strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") : 0;
  return length > 0 && length < VIEW_ID_SIZE && id[length] == '\0';
}

/* An id or null; a missing one counts as null. */
static bool read_reference(const json_t *value, char id[VIEW_ID_SIZE]) {
  id[0] = '\0';
  if (!value || json_is_null(value)) {
    return true;
  }
  if (!is_id(json_string_value(value))) {
    return false;
  }
  snprintf(id, VIEW_ID_SIZE, "%s", json_string_value(value));
  return true;
}

static bool read_color(const json_t *value, NodalRgb *color) {
  *color = NODAL_RGB_UNSET;
  if (!value || json_is_null(value)) {
    return true;
  }
  const char *text = json_string_value(value);
  if (!text || text[0] != '#' || strlen(text) != 7 || strspn(text + 1, "0123456789abcdefABCDEF") != 6) {
    return false;
  }
  *color = (NodalRgb)strtoul(text + 1, NULL, 16);
  return true;
}

static bool read_shape(const json_t *value, NodalShape *shape) {
  const char *text = json_string_value(value);
  for (int i = 0; text && i <= NODAL_SHAPE_ELLIPSE; i++) {
    if (strcmp(text, nodal_shape_name((NodalShape)i)) == 0) {
      *shape = (NodalShape)i;
      return true;
    }
  }
  return false;
}

/* No control characters but those that every format can hold. */
static const char *read_name(const json_t *value) {
  const char *name = value ? json_string_value(value) : "";
  if (!name || strlen(name) > MAX_NAME) {
    return NULL;
  }
  for (const char *at = name; *at; at++) {
    if (((unsigned char)*at < 0x20 && !strchr("\t\n\r", *at)) || *at == 0x7F) {
      return NULL;
    }
  }
  return name;
}

/* Sizes of the rings; NULL where they are no rings. */
static size_t *read_counts(const json_t *rings) {
  size_t count = json_array_size(rings);
  size_t *counts = json_is_array(rings) ? calloc(count + 1, sizeof *counts) : NULL;
  for (size_t i = 0; counts && i < count; i++) {
    const json_t *ring = json_array_get(rings, i);
    counts[i] = json_array_size(ring) / 2;
    if (!json_is_array(ring) || json_array_size(ring) % 2 != 0) {
      free(counts);
      return NULL;
    }
  }
  return counts;
}

static bool read_points(const json_t *ring, NodalPoint *points) {
  size_t count = json_array_size(ring) / 2;
  for (size_t i = 0; i < count; i++) {
    const json_t *x = json_array_get(ring, 2 * i), *y = json_array_get(ring, 2 * i + 1);
    if (!json_is_number(x) || !json_is_number(y)) {
      return false;
    }
    points[i] = (NodalPoint){json_number_value(x), json_number_value(y)};
    if (!(fabs(points[i].x) <= 1e12 && fabs(points[i].y) <= 1e12)) {
      return false;
    }
  }
  return true;
}

/* Rings and holes into an item that has room for them. */
static bool fill_rings(ViewItem *item, const json_t *rings, const json_t *holes) {
  NodalPoint *at = (NodalPoint *)(item->rings + item->ring_count);
  for (size_t i = 0; i < item->ring_count; i++) {
    if (!read_points(json_array_get(rings, i), at)) {
      return false;
    }
    at += item->rings[i].count;
    item->rings[i].hole = json_is_true(json_array_get(holes, i));
    if (item->rings[i].hole && (i == 0 || item->shape != NODAL_SHAPE_POLYGON)) {
      return false;
    }
  }
  return true;
}

static bool check_rings(const ViewItem *item) {
  size_t first = item->ring_count > 0 ? item->rings[0].count : 0;
  switch (item->shape) {
  case NODAL_SHAPE_NONE:
    return item->ring_count <= 1;
  case NODAL_SHAPE_POINT:
    return item->ring_count == 1 && first == 1;
  case NODAL_SHAPE_ELLIPSE:
    return item->ring_count == 1 && first == 2;
  case NODAL_SHAPE_POLYGON:
    return item->ring_count >= 1 && first >= 1;
  default:
    return item->ring_count == 1 && first >= 1;
  }
}

/* Whether the format of the file can hold the item. */
static bool check_format(const Patch *patch, const ViewItem *item) {
  size_t holes = 0;
  for (size_t i = 0; i < item->ring_count; i++) {
    holes += item->rings[i].hole;
  }
  const char *what = holes > 0 && !patch->holds.holes                               ? "holes"
                     : item->ring_count - holes > 1 && !patch->holds.parts          ? "polygons of several parts"
                     : item->shape == NODAL_SHAPE_ELLIPSE && !patch->holds.ellipses ? "ellipses"
                                                                                    : NULL;
  return !what ||
         view_fail(patch->fault, 422, "format", "operation %zu: the format of the file has no %s", patch->number, what);
}

static ViewItem *read_item(const Patch *patch, const char *id, const json_t *value) {
  const json_t *rings = json_object_get(value, "rings");
  const char *name = read_name(json_object_get(value, "name"));
  NodalShape shape;
  NodalRgb color;
  char group[VIEW_ID_SIZE];
  if (!json_is_object(value) || !name || !read_shape(json_object_get(value, "type"), &shape) ||
      !read_color(json_object_get(value, "color"), &color) || !read_reference(json_object_get(value, "group"), group)) {
    refuse(patch, "its name, type, color or group is none");
    return NULL;
  }
  size_t *counts = read_counts(rings);
  ViewItem *item = counts ? view_item_new(id, name, json_array_size(rings), counts) : NULL;
  free(counts);
  if (!item) {
    refuse(patch, "its rings are none");
    return NULL;
  }
  item->shape = shape;
  item->color = color;
  memcpy(item->group, group, sizeof item->group);
  if (!fill_rings(item, rings, json_object_get(value, "holes")) || !check_rings(item)) {
    refuse(patch, "its rings are none of such an annotation");
  } else if (check_format(patch, item)) {
    return item;
  }
  view_item_release(item);
  return NULL;
}

static bool read_flag(const json_t *value, bool *flag) {
  if (value && !json_is_boolean(value)) {
    return false;
  }
  *flag = value ? json_is_true(value) : *flag;
  return true;
}

/* `before`: what it was, whose attributes are kept; NULL: it is new. */
static ViewGroup *read_group(const Patch *patch, const char *id, const json_t *value, const ViewGroup *before) {
  const char *name = read_name(json_object_get(value, "name"));
  NodalRgb color;
  char parent[VIEW_ID_SIZE];
  bool visible = true, locked = false;
  if (!json_is_object(value) || !name || !read_color(json_object_get(value, "color"), &color) ||
      !read_reference(json_object_get(value, "parent"), parent) ||
      !read_flag(json_object_get(value, "visible"), &visible) ||
      !read_flag(json_object_get(value, "locked"), &locked)) {
    refuse(patch, "its name, color, parent, visible or locked is none");
    return NULL;
  }
  ViewGroup *group = view_group_new(id, name);
  bool good = group != NULL;
  for (size_t i = 0; good && before && i < before->attribute_count; i++) {
    good = view_group_add_attribute(group, before->attributes[i].key, before->attributes[i].value);
  }
  if (!good) {
    view_group_release(group);
    view_fail_memory(patch->fault);
    return NULL;
  }
  group->color = color;
  group->hidden = !visible;
  group->locked = locked;
  memcpy(group->parent, parent, sizeof group->parent);
  return group;
}

/* --- Operations --- */

/* The place that is asked for; `otherwise` without one. */
static size_t read_index(const json_t *operation, size_t count, size_t otherwise) {
  const json_t *index = json_object_get(operation, "index");
  json_int_t value = json_is_integer(index) ? json_integer_value(index) : (json_int_t)otherwise;
  return value < 0 ? 0 : (size_t)value > count ? count : (size_t)value;
}

static size_t place_of_item(const ViewDocument *document, const ViewItem *item) {
  size_t index = 0;
  while (document->items[index] != item) {
    index++;
  }
  return index;
}

static void remove_item(Patch *patch, size_t slot, size_t index) {
  ViewDocument *document = patch->document;
  ViewItem *item = document->items[index];
  document->count--;
  memmove(document->items + index, document->items + index + 1, (document->count - index) * sizeof *document->items);
  patch->table.slots[slot] = &patch->table.gone;
  view_item_release(item);
}

static bool apply_to_item(Patch *patch, const char *kind, const char *id, const json_t *operation) {
  ViewDocument *document = patch->document;
  size_t slot = slot_of(&patch->table, id);
  const ViewItem *there = patch->table.slots[slot];
  bool adds = strcmp(kind, "add") == 0, removes = strcmp(kind, "delete") == 0;
  if (adds == (there != NULL)) {
    return refuse(patch, adds ? "there is an item of that id already" : "there is no item of that id");
  }
  ViewItem *item = removes ? NULL : read_item(patch, id, json_object_get(operation, "value"));
  if (!removes && !item) {
    return false;
  }
  size_t before = document->count;
  if (there) {
    before = place_of_item(document, there);
    remove_item(patch, slot, before);
  }
  if (!item) {
    return true;
  }
  size_t index = read_index(operation, document->count, before);
  patch->table.slots[slot_of(&patch->table, id)] = item;
  return view_document_insert_item(document, index, item) || view_fail_memory(patch->fault);
}

static size_t place_of_group(const ViewDocument *document, const char *id) {
  size_t index = 0;
  while (index < document->group_count && strcmp(document->groups[index]->id, id) != 0) {
    index++;
  }
  return index;
}

static bool apply_to_group(Patch *patch, const char *kind, const char *id, const json_t *operation) {
  ViewDocument *document = patch->document;
  size_t before = place_of_group(document, id);
  bool there = before < document->group_count;
  bool adds = strcmp(kind, "add") == 0, removes = strcmp(kind, "delete") == 0;
  if (adds == there) {
    return refuse(patch, adds ? "there is a group of that id already" : "there is no group of that id");
  }
  if (adds && document->group_count >= MAX_GROUPS) {
    return refuse(patch, "there are too many groups");
  }
  ViewGroup *group =
      removes ? NULL
              : read_group(patch, id, json_object_get(operation, "value"), there ? document->groups[before] : NULL);
  if (!removes && !group) {
    return false;
  }
  if (there) {
    ViewGroup *old = document->groups[before];
    document->group_count--;
    memmove(document->groups + before, document->groups + before + 1,
            (document->group_count - before) * sizeof *document->groups);
    view_group_release(old);
  }
  return !group || view_document_insert_group(document, read_index(operation, document->group_count, before), group) ||
         view_fail_memory(patch->fault);
}

static bool apply(Patch *patch, const json_t *operation) {
  const char *kind = json_string_value(json_object_get(operation, "op"));
  const char *target = json_string_value(json_object_get(operation, "target"));
  const char *id = json_string_value(json_object_get(operation, "id"));
  if (!kind || (strcmp(kind, "add") != 0 && strcmp(kind, "set") != 0 && strcmp(kind, "delete") != 0)) {
    return refuse(patch, "op is add, set or delete");
  }
  if (!is_id(id)) {
    return refuse(patch, "id is 1 to 40 of a-z, 0-9 and -");
  }
  if (target && strcmp(target, "item") == 0) {
    return apply_to_item(patch, kind, id, operation);
  }
  return target && strcmp(target, "group") == 0 ? apply_to_group(patch, kind, id, operation)
                                                : refuse(patch, "target is item or group");
}

/* --- What must hold in the end --- */

/* Puts parents before children, else as they are. False where a parent is missing, or groups are part of each other. */
static bool sort_groups(ViewDocument *document) {
  size_t count = document->group_count, placed = 0;
  while (placed < count) {
    size_t next = placed;
    for (; next < count; next++) {
      const char *parent = document->groups[next]->parent;
      size_t place = parent[0] ? place_of_group(document, parent) : 0;
      if (!parent[0] || place < placed) {
        break;
      }
    }
    if (next == count) {
      return false;
    }
    ViewGroup *group = document->groups[next];
    memmove(document->groups + placed + 1, document->groups + placed, (next - placed) * sizeof *document->groups);
    document->groups[placed++] = group;
  }
  return true;
}

static bool has_groups(const ViewDocument *document) {
  const char *last = "";
  for (size_t i = 0; i < document->count; i++) {
    const char *group = document->items[i]->group;
    if (group[0] && strcmp(group, last) != 0) {
      if (place_of_group(document, group) == document->group_count) {
        return false;
      }
      last = group;
    }
  }
  return true;
}

static bool has_twins(const ViewDocument *document) {
  for (size_t i = 0; i < document->group_count; i++) {
    for (size_t k = 0; k < i; k++) {
      if (strcmp(document->groups[i]->name, document->groups[k]->name) == 0) {
        return true;
      }
    }
  }
  return false;
}

bool view_document_apply(ViewDocument *document, const json_t *operations, ViewHolds holds, ViewFault *fault) {
  Patch patch = {.document = document, .holds = holds, .fault = fault};
  size_t count = json_array_size(operations);
  if (!json_is_array(operations) || count > MAX_OPERATIONS) {
    return view_fail(fault, 422, "invalid", "ops is an array of at most %d operations", MAX_OPERATIONS);
  }
  if (!fill_table(&patch.table, document, count)) {
    return view_fail_memory(fault);
  }
  bool good = true, had_twins = has_twins(document);
  for (; good && patch.number < count; patch.number++) {
    good = apply(&patch, json_array_get(operations, patch.number));
  }
  free(patch.table.slots);
  if (!good) {
    return false;
  }
  if (!sort_groups(document)) {
    return view_fail(fault, 422, "invalid", "a group is part of itself, or of none that is there");
  }
  if (!holds.twins && !had_twins && has_twins(document)) {
    return view_fail(fault, 422, "format", "the format of the file has no two groups of one name");
  }
  return has_groups(document) || view_fail(fault, 422, "invalid", "an item is in a group that is not there");
}
