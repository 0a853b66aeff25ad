/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_XML_WRITER_H
#define NODAL_BASE_XML_WRITER_H

#include "base/printer.h"

/** Prints text with what XML reserves escaped as pugixml does, so that it stands in an attribute or between tags. */
void nodal_print_xml(NodalPrinter *printer, const char *text);

/** Prints ` NAME="VALUE"`. */
void nodal_print_xml_attribute(NodalPrinter *printer, const char *name, const char *value);

/** Whether XML 1.0 can hold the text at all: it has no way to write most control characters. */
bool nodal_xml_holds(const char *text);

#endif
