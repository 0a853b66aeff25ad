/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdint.h>

bool nodal_is_utf8(const char *text, size_t length) {
  const uint8_t *at = (const uint8_t *)text, *end = at + length;
  while (at < end) {
    uint32_t first = *at++;
    if (first < 0x80) {
      if (first == 0) {
        return false;
      }
      continue;
    }
    int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || end - at < more) {
      return false;
    }
    uint32_t code = first & (0x3Fu >> more);
    for (int i = 0; i < more; i++, at++) {
      if ((*at & 0xC0) != 0x80) {
        return false;
      }
      code = code << 6 | (*at & 0x3Fu);
    }
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (code < least[more] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
      return false;
    }
  }
  return true;
}
