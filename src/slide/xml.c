/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/xml.h"

#include "base/number.h"
#include "base/xml.h"
#include "slide/driver.h"

#include <libxml/parser.h>
#include <limits.h>
#include <string.h>

xmlDoc *nodal_xml_parse(const char *text, NodalError **error) {
  size_t length = strlen(text);
  nodal_xml_start();
  xmlParserCtxt *context = length <= INT_MAX ? xmlNewParserCtxt() : NULL;
  if (!context) {
    nodal_fail_memory(error);
    return NULL;
  }
  /* Without XML_PARSE_HUGE libxml2 keeps its own limits: depth 256, text of 10 MB. */
  int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
  xmlDoc *document = xmlCtxtReadMemory(context, text, (int)length, NULL, NULL, options);
  if (!document) {
    const xmlError *cause = xmlCtxtGetLastError(context);
    const char *message = cause && cause->message ? cause->message : "cannot be parsed";
    /* libxml2 names the option that would lift its limits, which is none of the user's. */
    if (strstr(message, "XML_PARSE_HUGE")) {
      message = "elements too deep in each other, or a text too long";
    }
    nodal_fail(error, NODAL_ERROR_FORMAT, "XML line %d: %s", cause ? cause->line : 0, message);
  } else if (document->intSubset || !xmlDocGetRootElement(document)) {
    nodal_fail(error, NODAL_ERROR_FORMAT, "XML with a document type is refused");
    xmlFreeDoc(document);
    document = NULL;
  }
  xmlFreeParserCtxt(context);
  return document;
}

static xmlNode *find_from(xmlNode *node, const char *name) {
  while (node && (node->type != XML_ELEMENT_NODE || (name && strcmp((const char *)node->name, name) != 0))) {
    node = node->next;
  }
  return node;
}

xmlNode *nodal_xml_child(const xmlNode *node, const char *name) {
  return node ? find_from(node->children, name) : NULL;
}

xmlNode *nodal_xml_next(const xmlNode *node, const char *name) {
  return node ? find_from(node->next, name) : NULL;
}

char *nodal_xml_attribute(xmlNode *node, const char *name) {
  return (char *)xmlGetNoNsProp(node, (const xmlChar *)name);
}

bool nodal_xml_number(xmlNode *node, const char *name, double *value) {
  char *text = nodal_xml_attribute(node, name);
  bool parsed = text && nodal_parse_double(text, value);
  xmlFree(text);
  return parsed;
}

const char *nodal_slide_xml_version(void) {
  return LIBXML_DOTTED_VERSION;
}
