/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_ANNOTATION_XML_GUARD_H
#define NODAL_ANNOTATION_XML_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/** More attributes than this in one tag are refused. */
enum { NODAL_XML_MAX_ATTRIBUTES = 1000 };

/**
 * Looks at the bytes of an XML document in UTF-8 before the parser does. libxml2 compares each attribute of a tag with
 * each other before it tells of any: a tag of a million of them would keep it busy for minutes. Zero it first.
 */
typedef struct NodalXmlGuard {
  enum {
    NODAL_XML_TEXT,
    NODAL_XML_OPENING,     /**< after "<" */
    NODAL_XML_DECLARATION, /**< after "<!" */
    NODAL_XML_TAG,
    NODAL_XML_VALUE, /**< of an attribute, up to `ends_with` */
    NODAL_XML_ASIDE, /**< comment, CDATA or instruction: up to `ends_after` of `ends_with`, then ">" */
    NODAL_XML_REST   /**< a document type, which is refused: nothing after it counts */
  } place;
  char ends_with;
  int ends_after, ends; /**< `ends`: how many of them have been seen, one after the other */
  int attributes;       /**< of the tag at hand */
} NodalXmlGuard;

/** The next bytes of the document; false in a tag of too many attributes, and then `*at` is the place among them. */
bool nodal_xml_guard(NodalXmlGuard *guard, const char *bytes, size_t size, size_t *at);

#endif
