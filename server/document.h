/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SERVER_DOCUMENT_H
#define NODAL_SERVER_DOCUMENT_H

#include "parts.h"

#include <nodal/annotation.h>

/*
 * The annotations of a slide as the page knows them: items and groups with ids, that operations add, set and delete.
 */

enum { VIEW_ID_SIZE = 41 };

/** One annotation; never changed once it is made, shared by documents. */
typedef struct ViewItem {
  int users;
  char id[VIEW_ID_SIZE];
  char group[VIEW_ID_SIZE]; /**< "": none */
  char *name;
  NodalShape shape;
  NodalRgb color;
  NodalRing *rings;
  size_t ring_count;
} ViewItem;

typedef struct ViewAttribute {
  char *key, *value;
} ViewAttribute;

/** One group; never changed once it is made, shared by documents. */
typedef struct ViewGroup {
  int users;
  char id[VIEW_ID_SIZE];
  char parent[VIEW_ID_SIZE]; /**< "": none */
  char *name;
  NodalRgb color;
  ViewAttribute *attributes; /**< the file's own, without "visible" and "locked" */
  size_t attribute_count;
  bool hidden, locked;
} ViewGroup;

/** Used by one thread at a time. */
typedef struct ViewDocument {
  ViewItem **items;
  size_t count, capacity;
  ViewGroup **groups; /**< parents before children */
  size_t group_count, group_capacity;
} ViewDocument;

/** With the ids a0, a1, ... and g0, g1, ... in the order of the set. */
ViewDocument *view_document_from_set(const NodalAnnotationSet *set, ViewFault *fault);
ViewDocument *view_document_new(void);
/** A second one of the same items and groups. */
ViewDocument *view_document_copy(const ViewDocument *document);
void view_document_free(ViewDocument *document);

/** All of it as a set, to be written. */
NodalAnnotationSet *view_document_to_set(const ViewDocument *document, ViewFault *fault);

/** The members "groups" and "items" of an answer, with a comma before each. */
void view_document_print(const ViewDocument *document, ViewText *text);

/** What a format can hold. */
typedef struct ViewHolds {
  bool holes, parts, ellipses;
  bool twins; /**< groups of one name in different places */
} ViewHolds;

/**
 * Applies operations: an array of {"op", "target", "id", "value", "index"}. After a failure the document is to be
 * thrown away. What `holds` says the format cannot keep is refused (status 422, code "format").
 */
bool view_document_apply(ViewDocument *document, const json_t *operations, ViewHolds holds, ViewFault *fault);

/* --- For the parts of it alone --- */

void view_item_release(ViewItem *item);
void view_group_release(ViewGroup *group);
/** Makes room and zeroes it: rings that lie behind each other, then all points, then the name. NULL without memory. */
ViewItem *view_item_new(const char *id, const char *name, size_t ring_count, const size_t *counts);
ViewGroup *view_group_new(const char *id, const char *name);
bool view_group_add_attribute(ViewGroup *group, const char *key, const char *value);
/** Puts it at `index`, at most the count. */
bool view_document_insert_item(ViewDocument *document, size_t index, ViewItem *item);
bool view_document_insert_group(ViewDocument *document, size_t index, ViewGroup *group);

#endif
