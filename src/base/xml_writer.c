/* SPDX-License-Identifier: Apache-2.0 */
#include "base/xml_writer.h"

#include <string.h>

bool nodal_xml_holds(const char *text) {
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') {
      return false;
    }
    /* U+FFFE and U+FFFF. */
    if (c == 0xEF && (unsigned char)text[1] == 0xBF && ((unsigned char)text[2] & 0xFE) == 0xBE) {
      return false;
    }
  }
  return true;
}

void nodal_print_xml(NodalPrinter *printer, const char *text) {
  while (*text) {
    size_t plain = 0;
    while (text[plain] && (unsigned char)text[plain] >= 0x20 && !strchr("&<>\"", text[plain])) {
      plain++;
    }
    nodal_print_bytes(printer, text, plain);
    text += plain;
    switch (*text) {
    case '\0':
      return;
    case '&':
      nodal_print(printer, "&amp;");
      break;
    case '<':
      nodal_print(printer, "&lt;");
      break;
    case '>':
      nodal_print(printer, "&gt;");
      break;
    case '"':
      nodal_print(printer, "&quot;");
      break;
    default:
      nodal_print_format(printer, "&#%02d;", *text);
    }
    text++;
  }
}

void nodal_print_xml_attribute(NodalPrinter *printer, const char *name, const char *value) {
  nodal_print(printer, " ");
  nodal_print(printer, name);
  nodal_print(printer, "=\"");
  nodal_print_xml(printer, value);
  nodal_print(printer, "\"");
}
