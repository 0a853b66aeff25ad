/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/xml_reader.h"

#include "annotation/xml_guard.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/xml.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <string.h>

typedef struct Reader {
  NodalSource *source;
  uint64_t offset;
  long lines; /* in what has been read, which is ahead of what has been parsed */
  NodalXmlGuard guard;
  const NodalXmlHandler *handler;
  xmlParserCtxt *parser;
  int depth;
  bool complete; /* the root has ended: libxml2 does not tell of all that it has no memory for */
  NodalError *error;
  bool failed;
} Reader;

/* libxml2 gives an attribute as five pointers: name, prefix, URI, begin and end of the value. */
enum { ATTRIBUTE_NAME = 0, ATTRIBUTE_VALUE = 3, ATTRIBUTE_END = 4, ATTRIBUTE_SIZE = 5 };

static long count_lines(const char *bytes, size_t size) {
  long lines = 0;
  for (size_t i = 0; i < size; i++) {
    lines += bytes[i] == '\n';
  }
  return lines;
}

static int read_more(void *user, char *buffer, int size) {
  Reader *reader = user;
  size_t got = 0;
  if (reader->failed) {
    return 0;
  }
  if (!nodal_source_read_some(reader->source, buffer, (size_t)size, reader->offset, &got, &reader->error)) {
    reader->failed = true;
    return -1;
  }
  size_t at;
  if (!nodal_xml_guard(&reader->guard, buffer, got, &at)) {
    nodal_fail(&reader->error, NODAL_ERROR_FORMAT, "%s: line %ld: a tag of more than %d attributes",
               nodal_source_name(reader->source), reader->lines + count_lines(buffer, at) + 1,
               NODAL_XML_MAX_ATTRIBUTES);
    reader->failed = true;
    return -1;
  }
  reader->offset += got;
  reader->lines += count_lines(buffer, got);
  return (int)got;
}

/* Keeps the first failure and stops libxml2. */
static void refuse(Reader *reader, long line) {
  reader->failed = true;
  nodal_error_prefix(&reader->error, "%s: line %ld", nodal_source_name(reader->source), line);
  xmlStopParser(reader->parser);
}

static long current_line(const Reader *reader) {
  return reader->parser->input ? reader->parser->input->line : 0;
}

static Reader *reader_of(void *context) {
  return ((xmlParserCtxt *)context)->_private;
}

static void start_element(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                          int namespace_count, const xmlChar **namespaces, int attribute_count, int defaulted_count,
                          const xmlChar **attributes) {
  (void)prefix, (void)uri, (void)namespace_count, (void)namespaces, (void)defaulted_count;
  Reader *reader = reader_of(context);
  if (reader->failed) {
    return;
  }
  NodalXmlElement element = {(const char *)name, reader->depth, current_line(reader), attributes, attribute_count};
  if (reader->depth >= NODAL_XML_MAX_DEPTH) {
    nodal_fail(&reader->error, NODAL_ERROR_FORMAT, "elements are nested more than %d deep", NODAL_XML_MAX_DEPTH);
    refuse(reader, element.line);
    return;
  }
  reader->depth++;
  if (!reader->handler->start(reader->handler->user, &element, &reader->error)) {
    refuse(reader, element.line);
  }
}

static void end_element(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri) {
  (void)prefix, (void)uri;
  Reader *reader = reader_of(context);
  if (reader->failed) {
    return;
  }
  NodalXmlElement element = {(const char *)name, --reader->depth, current_line(reader), NULL, 0};
  reader->complete = reader->depth == 0;
  if (!reader->handler->end(reader->handler->user, &element, &reader->error)) {
    refuse(reader, element.line);
  }
}

static void characters(void *context, const xmlChar *text, int length) {
  Reader *reader = reader_of(context);
  if (!reader->failed && reader->handler->text &&
      !reader->handler->text(reader->handler->user, (const char *)text, (size_t)length, &reader->error)) {
    refuse(reader, current_line(reader));
  }
}

/* Called before anything in the document type is looked at: no entity is ever declared. */
static void document_type(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system) {
  (void)name, (void)external, (void)system;
  Reader *reader = reader_of(context);
  if (!reader->failed) {
    nodal_fail(&reader->error, NODAL_ERROR_FORMAT, "XML with a document type is refused");
    refuse(reader, current_line(reader));
  }
}

static void fail_with(Reader *reader, const xmlError *cause) {
  reader->failed = true;
  if (cause && cause->code == XML_ERR_NO_MEMORY) {
    nodal_fail_memory(&reader->error);
    return;
  }
  nodal_fail(&reader->error, NODAL_ERROR_FORMAT, "%s: line %d: %s", nodal_source_name(reader->source),
             cause && cause->line > 0 ? cause->line : 1, cause && cause->message ? cause->message : "is no XML");
}

/* The first failure of libxml2: later ones only follow from it. */
static void take_error(void *context, xmlError *cause) {
  Reader *reader = reader_of(context);
  if (!reader->failed && cause->level == XML_ERR_FATAL) {
    fail_with(reader, cause);
    xmlStopParser(reader->parser);
  }
}

bool nodal_xml_read(NodalSource *source, const NodalXmlHandler *handler, NodalError **error) {
  if (nodal_source_size(source) > NODAL_XML_MAX_TEXT) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "%s: XML of more than %d MiB", nodal_source_name(source),
                      NODAL_XML_MAX_TEXT / (1024 * 1024));
  }
  nodal_xml_start();
  Reader reader = {.source = source, .handler = handler, .parser = xmlNewParserCtxt()};
  if (!reader.parser) {
    return nodal_fail_memory(error);
  }
  xmlSAXHandler *sax = reader.parser->sax;
  memset(sax, 0, sizeof *sax);
  sax->initialized = XML_SAX2_MAGIC;
  sax->internalSubset = document_type;
  sax->startElementNs = start_element;
  sax->endElementNs = end_element;
  sax->characters = characters;
  sax->cdataBlock = characters;
  sax->serror = take_error;
  reader.parser->_private = &reader;
  /* NOENT: else "&amp;" in an attribute would come as "&#38;". There are no other entities, see document_type(). */
  int options = XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
  /* UTF-8 whatever the document declares: then the guard sees the characters that the parser sees. */
  xmlDoc *document = xmlCtxtReadIO(reader.parser, read_more, NULL, &reader, NULL, "UTF-8", options);
  if (!reader.failed && !reader.parser->wellFormed) {
    fail_with(&reader, xmlCtxtGetLastError(reader.parser));
  } else if (!reader.failed && (!reader.complete || reader.parser->errNo == XML_ERR_NO_MEMORY)) {
    reader.failed = true;
    nodal_fail_memory(&reader.error);
  }
  xmlFreeDoc(document);
  xmlFreeParserCtxt(reader.parser);
  if (!reader.failed) {
    return true;
  }
  if (error) {
    *error = reader.error;
  } else {
    nodal_error_free(reader.error);
  }
  return false;
}

/* --- Attributes --- */

static const char *value_at(const NodalXmlElement *element, int index, const char **name, size_t *length) {
  const xmlChar *const *at = (const xmlChar *const *)element->attributes + (ptrdiff_t)index * ATTRIBUTE_SIZE;
  *name = (const char *)at[ATTRIBUTE_NAME];
  *length = (size_t)(at[ATTRIBUTE_END] - at[ATTRIBUTE_VALUE]);
  return (const char *)at[ATTRIBUTE_VALUE];
}

const char *nodal_xml_attribute_at(const NodalXmlElement *element, int index, const char **name, size_t *length) {
  return index < element->attribute_count ? value_at(element, index, name, length) : NULL;
}

const char *nodal_xml_find_attribute(const NodalXmlElement *element, const char *name, size_t *length) {
  for (int i = 0; i < element->attribute_count; i++) {
    size_t found_length;
    const char *found_name, *value = value_at(element, i, &found_name, &found_length);
    if (strcmp(found_name, name) == 0) {
      *length = found_length;
      return value;
    }
  }
  return NULL;
}

char *nodal_xml_copy_attribute(const NodalXmlElement *element, const char *name, NodalError **error) {
  size_t length = 0;
  const char *value = nodal_xml_find_attribute(element, name, &length);
  char *copy = nodal_alloc(length + 1, error);
  if (copy) {
    if (value) {
      memcpy(copy, value, length);
    }
    copy[length] = '\0';
  }
  return copy;
}

bool nodal_xml_need_double(const NodalXmlElement *element, const char *name, double *value, NodalError **error) {
  size_t length;
  const char *text = nodal_xml_find_attribute(element, name, &length);
  if (!text) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "<%s> has no %s", element->name, name);
  }
  if (!nodal_parse_decimal(text, length, value)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "%s='%.*s' is no number", name, length < 40 ? (int)length : 40, text);
  }
  return true;
}
