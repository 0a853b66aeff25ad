/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SERVER_PARTS_H
#define NODAL_SERVER_PARTS_H

#include <jansson.h>
#include <nodal/error.h>
#include <nodal/types.h>
#include <stdarg.h>

/** Why a request was refused or failed: the status of HTTP, a word for programs, and a line for people. */
typedef struct ViewFault {
  unsigned status;
  const char *code; /**< static */
  char message[600];
} ViewFault;

/** Fills the fault and returns false. */
bool view_fail(ViewFault *fault, unsigned status, const char *code, const char *format, ...) NODAL_PRINTF(4, 5);

/** The same from an error of the library, which it frees. */
bool view_fail_error(ViewFault *fault, NodalError *error);

/** "not enough memory". */
bool view_fail_memory(ViewFault *fault);

/** Text that grows. After a failure to allocate, `failed` is set and what is added goes nowhere. Zero it first. */
typedef struct ViewText {
  char *data;
  size_t size, capacity;
  bool failed;
} ViewText;

void view_text_add(ViewText *text, const char *bytes, size_t size);
void view_text_string(ViewText *text, const char *string);
void view_text_number(ViewText *text, double number);

/** As a JSON string with its quotes; `string` is UTF-8. */
void view_text_quoted(ViewText *text, const char *string);

/** printf() into fresh memory; NULL without memory. */
char *view_format(const char *format, ...) NODAL_PRINTF(1, 2);

/** Text of any bytes: what is not UTF-8 becomes U+FFFD. NULL becomes null. */
json_t *view_json_text(const char *text);

/** "#rrggbb" or null, for a color as 0xRRGGBB. */
json_t *view_json_color(uint32_t rgb);

/** FNV-1a (Fowler, Noll and Vo), 64 bits: for tables and names, not against an adversary. */
uint64_t view_hash(const void *bytes, size_t size);

enum { VIEW_SECRET_SIZE = 43 };

/** 256 random bits of the system as text of [A-Za-z0-9_-], with its terminator. False if the system has none. */
bool view_make_secret(char secret[VIEW_SECRET_SIZE + 1]);

/** Whether both are the same, in a time that does not tell where they differ. */
bool view_same_secret(const char *secret, const char *given, size_t given_size);

#endif
