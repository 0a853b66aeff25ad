/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_XML_H
#define NODAL_BASE_XML_H

/** Sets libxml2 up, once in a process: before anything of it is called, which several threads may then do. */
void nodal_xml_start(void);

#endif
