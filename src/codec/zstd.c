/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/parts.h"

#include <zstd.h>

bool nodal_zstd_unpack(const void *data, size_t size, uint8_t *out, size_t out_size, NodalError **error) {
  size_t got = ZSTD_decompress(out, out_size, data, size);
  if (ZSTD_isError(got)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged Zstandard: %s", ZSTD_getErrorName(got));
  }
  return got == out_size ||
         nodal_fail(error, NODAL_ERROR_FORMAT, "damaged Zstandard: %zu bytes instead of %zu", got, out_size);
}

bool nodal_zstd_pack(const void *data, size_t size, NodalBytes *out, NodalError **error) {
  if (!nodal_bytes_reserve(out, ZSTD_compressBound(size), error)) {
    return false;
  }
  size_t got = ZSTD_compress(out->data, out->capacity, data, size, 3);
  if (ZSTD_isError(got)) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "Zstandard: %s", ZSTD_getErrorName(got));
  }
  out->size = got;
  return true;
}
