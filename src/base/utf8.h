/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_UTF8_H
#define NODAL_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/** Whether the bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, no more than U+10FFFF, no NUL. */
bool nodal_is_utf8(const char *text, size_t length);

#endif
