/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/parts.h"

#include <string.h>

bool nodal_packbits_decode(const void *data, size_t size, uint8_t *out, size_t out_size, NodalError **error) {
  const uint8_t *in = data;
  size_t at = 0, done = 0;
  while (done < out_size) {
    if (at >= size) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged PackBits: %zu bytes instead of %zu", done, out_size);
    }
    /* TIFF 6.0, section 9: 0..127 count + 1 literal bytes, 129..255 the next byte 257 - count times, 128 nothing. */
    size_t count = in[at++];
    if (count == 128) {
      continue;
    }
    bool literal = count < 128;
    size_t length = literal ? count + 1 : 257 - count;
    if (size - at < (literal ? length : 1)) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged PackBits: %zu bytes instead of %zu", done, out_size);
    }
    /* Some writers let the last run go past the end of the block. */
    size_t kept = length < out_size - done ? length : out_size - done;
    if (literal) {
      memcpy(out + done, in + at, kept);
    } else {
      memset(out + done, in[at], kept);
    }
    at += literal ? length : 1;
    done += kept;
  }
  return true;
}
