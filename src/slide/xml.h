/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SLIDE_XML_H
#define NODAL_SLIDE_XML_H

#include "base/error.h"
#include <libxml/tree.h>

/**
 * Parses untrusted XML from memory: no network, no entity expansion, bounded depth and size, nothing printed. Free with
 * xmlFreeDoc().
 */
xmlDoc *nodal_xml_parse(const char *text, NodalError **error);

/** First child element, or next sibling element, with a local name (NULL: any). NULL if there is none. */
xmlNode *nodal_xml_child(const xmlNode *node, const char *name);
xmlNode *nodal_xml_next(const xmlNode *node, const char *name);

/** An attribute's value, or NULL; freed with xmlFree(). */
char *nodal_xml_attribute(xmlNode *node, const char *name);

/** An attribute as a number; false where it is absent or none. */
bool nodal_xml_number(xmlNode *node, const char *name, double *value);

#endif
