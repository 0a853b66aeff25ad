/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_ANNOTATION_JSON_READER_H
#define NODAL_ANNOTATION_JSON_READER_H

#include "annotation/ring_buffer.h"
#include "base/source.h"

#include <jansson.h>

enum {
  NODAL_JSON_MAX_TEXT = 192 * 1024 * 1024,   /**< bytes of a file */
  NODAL_JSON_MAX_MEMORY = 320 * 1024 * 1024, /**< of one value as a tree, estimated */
  NODAL_JSON_MAX_DEPTH = 64
};

/**
 * What is done with a file, of which the root is a list, or an object with a list in it. Each function returns false,
 * with a message without file and line, to refuse it. Values are borrowed; `line` is where they begin.
 */
typedef struct NodalJsonHandler {
  const char *list; /**< the member of the root that is such a list; NULL: none */

  /** One value of the list. */
  bool (*item)(void *user, json_t *value, long line, NodalError **error);

  /** Any other member of the root, as it comes; sets `*taken` to keep it from `root`. May be NULL. */
  bool (*member)(void *user, const char *name, const json_t *value, long line, bool *taken, NodalError **error);

  /** A root that is an object, at its end, with the members that are left; `listed`: there was a list in it. */
  bool (*root)(void *user, json_t *root, bool listed, long line, NodalError **error);

  void *user;
} NodalJsonHandler;

/**
 * Reads untrusted JSON from its beginning to its end, one value of the list after another: only one of them is ever a
 * tree, whatever the size of the file. Bounded depth and memory, UTF-8 alone, no key twice. A failure is "NAME: line N:
 * ...".
 */
bool nodal_json_read(NodalSource *source, const NodalJsonHandler *handler, NodalError **error);

/**
 * Whether the root of a file that starts so, or the first value of a root that is a list, is an object with a member
 * of that name, as far as the head goes. Members of members do not count.
 */
bool nodal_json_head_has(const char *head, size_t size, const char *name);

/** The text of a member; NULL where there is none. Borrowed. */
const char *nodal_json_string(const json_t *object, const char *name);

/** {"x": 1.5, "y": 2} as a point. */
bool nodal_json_point(const json_t *object, NodalPoint *point, NodalError **error);

/** A list of such points as one ring. */
bool nodal_json_add_ring(const json_t *list, NodalRingBuffer *points, NodalError **error);

#endif
