/* SPDX-License-Identifier: Apache-2.0 */
#include "base/xml.h"

#include <libxml/parser.h>
#include <pthread.h>

void nodal_xml_start(void) {
  static pthread_once_t xml_once = PTHREAD_ONCE_INIT;
  pthread_once(&xml_once, xmlInitParser);
}
