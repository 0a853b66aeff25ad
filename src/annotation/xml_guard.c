/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/xml_guard.h"

#include <string.h>

/* `seen`: how much of the end the opening itself must not be taken for; "<!-->" is no whole comment. */
static void start_aside(NodalXmlGuard *guard, char ends_with, int ends_after, int seen) {
  guard->place = NODAL_XML_ASIDE;
  guard->ends_with = ends_with;
  guard->ends_after = ends_after;
  guard->ends = seen;
}

static void open_with(NodalXmlGuard *guard, char c) {
  guard->attributes = 0;
  if (c == '!') {
    guard->place = NODAL_XML_DECLARATION;
  } else if (c == '?') {
    start_aside(guard, '?', 1, 0);
  } else {
    guard->place = c == '>' ? NODAL_XML_TEXT : NODAL_XML_TAG;
  }
}

static void declare_with(NodalXmlGuard *guard, char c) {
  if (c == '-') {
    start_aside(guard, '-', 2, -1);
  } else if (c == '[') {
    start_aside(guard, ']', 2, 0);
  } else {
    guard->place = NODAL_XML_REST;
  }
}

static void take_in_tag(NodalXmlGuard *guard, char c) {
  if (c == '>') {
    guard->place = NODAL_XML_TEXT;
  } else if (c == '"' || c == '\'') {
    guard->place = NODAL_XML_VALUE;
    guard->ends_with = c;
  } else {
    guard->attributes += c == '=';
  }
}

static void take_aside(NodalXmlGuard *guard, char c) {
  if (c == guard->ends_with) {
    guard->ends += guard->ends < guard->ends_after;
  } else if (c == '>' && guard->ends == guard->ends_after) {
    guard->place = NODAL_XML_TEXT;
  } else {
    guard->ends = 0;
  }
}

/* The next place of `wanted` from `at` on, or the end: most of a document is text and values. */
static size_t find(const char *bytes, size_t size, size_t at, char wanted) {
  const char *found = memchr(bytes + at, wanted, size - at);
  return found ? (size_t)(found - bytes) : size;
}

bool nodal_xml_guard(NodalXmlGuard *guard, const char *bytes, size_t size, size_t *at) {
  for (size_t i = 0; i < size; i++) {
    switch (guard->place) {
    case NODAL_XML_TEXT:
      i = find(bytes, size, i, '<');
      guard->place = i < size ? NODAL_XML_OPENING : NODAL_XML_TEXT;
      break;
    case NODAL_XML_OPENING:
      open_with(guard, bytes[i]);
      break;
    case NODAL_XML_DECLARATION:
      declare_with(guard, bytes[i]);
      break;
    case NODAL_XML_TAG:
      take_in_tag(guard, bytes[i]);
      if (guard->attributes > NODAL_XML_MAX_ATTRIBUTES) {
        *at = i;
        return false;
      }
      break;
    case NODAL_XML_VALUE:
      i = find(bytes, size, i, guard->ends_with);
      guard->place = i < size ? NODAL_XML_TAG : NODAL_XML_VALUE;
      break;
    case NODAL_XML_ASIDE:
      take_aside(guard, bytes[i]);
      break;
    case NODAL_XML_REST:
      return true;
    }
  }
  return true;
}
