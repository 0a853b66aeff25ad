/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SLIDE_DESCRIPTION_H
#define NODAL_SLIDE_DESCRIPTION_H

#include "slide/driver.h"

/*
 * The ImageDescription (tag 270) of the files that nodal writes: plain text that other readers pass by. The first line
 * is "nodal slide" or "nodal label", each further line NAME=VALUE carries a property of the source. What would break
 * the lines is written as \n, \\ or \xHH, and so is the first letter of words by which other programs take a file for
 * another format ("DICOM", "xml", "XML"; ASAP refuses such files).
 */

/** Values longer than this are left out: they are whole documents, not properties. */
enum { NODAL_DESCRIPTION_MAX_VALUE = 4096, NODAL_DESCRIPTION_MAX_TOTAL = 1 << 20 };

/**
 * The text for `count` properties. Left out are properties that a reader derives from the file itself (levels, spacing,
 * vendor, TIFF tags, hashes), overlong ones, and all that come after the text has grown to its limit. Free with free().
 */
char *nodal_description_format(const NodalProperty *properties, size_t count, bool label, NodalError **error);

/** Whether a description was made by nodal_description_format(); `*label` (may be NULL) tells of which kind. */
bool nodal_description_recognize(const char *text, bool *label);

/** Whether a directory was written by nodal, by its Software (tag 305) or its description. */
bool nodal_description_is_own(const NodalTiffDirectory *directory);

/** Takes one property; the strings live during the call. Returns false, with an error, to stop. */
typedef bool (*NodalDescriptionProperty)(void *user, const char *name, const char *value, NodalError **error);

/**
 * Gives the properties of a recognized description in their order. Lines that are no NAME=VALUE and escapes that mean
 * nothing are taken as they are or passed over: a description never makes a file unreadable.
 */
bool nodal_description_parse(const char *text, NodalDescriptionProperty property, void *user, NodalError **error);

#endif
