/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PYRAMID_FORM_H
#define NODAL_PYRAMID_FORM_H

#include "base/error.h"
#include <nodal/writer.h>

/* The forms of scanners: descriptions by which their readers know them. See docs/format/aperio.md and philips.md. */

/** Whether a form can hold what `options` describe; the message starts with `name`. */
bool nodal_form_check(const char *name, const NodalWriterOptions *options, NodalError **error);

/** ImageDescription of level 0 of a pyramid of `levels`; to be freed. Of a form other than GENERIC. */
char *nodal_form_description(const NodalWriterOptions *options, int levels, NodalError **error);

/** ImageDescription of an associated image; to be freed. */
char *nodal_form_image_description(const NodalWriterOptions *options, const char *name, int64_t width, int64_t height,
                                   NodalError **error);

/** Software (tag 305). Static. */
const char *nodal_form_software(NodalWriterForm form);

#endif
