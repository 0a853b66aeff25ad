/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_ANNOTATION_XML_READER_H
#define NODAL_ANNOTATION_XML_READER_H

#include "base/source.h"

/** Elements nested deeper, and larger documents, are refused. */
enum { NODAL_XML_MAX_DEPTH = 32, NODAL_XML_MAX_TEXT = 256 * 1024 * 1024 };

/** An element as it begins or ends. Strings live during the call. */
typedef struct NodalXmlElement {
  const char *name; /**< without a namespace's prefix */
  int depth;        /**< 0: the root */
  long line;        /**< a handler that fails may set it to the line that its message is about */
  const void *attributes;
  int attribute_count; /**< 0 where it ends */
} NodalXmlElement;

/** What is done with a document. Each returns false, with a message without file and line, to refuse it. */
typedef struct NodalXmlHandler {
  bool (*start)(void *user, NodalXmlElement *element, NodalError **error);
  bool (*end)(void *user, NodalXmlElement *element, NodalError **error);
  bool (*text)(void *user, const char *text, size_t length, NodalError **error); /**< in pieces; may be NULL */
  void *user;
} NodalXmlHandler;

/**
 * Reads untrusted XML from its beginning to its end, without a tree: no network, no document type, no entities but the
 * five of XML, bounded depth, UTF-8 alone. A failure is "NAME: line N: ...".
 */
bool nodal_xml_read(NodalSource *source, const NodalXmlHandler *handler, NodalError **error);

/** An attribute's value, not terminated; NULL, and `*length` left alone, if there is none. Entities are resolved, the
 * encoding is UTF-8. */
const char *nodal_xml_find_attribute(const NodalXmlElement *element, const char *name, size_t *length);

/** Attribute `index` from 0 with its name; NULL past the last. */
const char *nodal_xml_attribute_at(const NodalXmlElement *element, int index, const char **name, size_t *length);

/** A copy of an attribute's value, "" if there is none; freed with free(). */
char *nodal_xml_copy_attribute(const NodalXmlElement *element, const char *name, NodalError **error);

/** An attribute that must be there and be a finite number. */
bool nodal_xml_need_double(const NodalXmlElement *element, const char *name, double *value, NodalError **error);

#endif
