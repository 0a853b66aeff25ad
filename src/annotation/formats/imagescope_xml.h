/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_ANNOTATION_FORMATS_IMAGESCOPE_XML_H
#define NODAL_ANNOTATION_FORMATS_IMAGESCOPE_XML_H

#include "annotation/format.h"
#include "annotation/ring_buffer.h"

bool nodal_imagescope_write(NodalAnnotationSet *set, NodalPrinter *printer, const NodalAnnotationFrame *frame,
                            NodalError **error);

#endif
