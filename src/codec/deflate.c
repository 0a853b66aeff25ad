/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/parts.h"

#include <libdeflate.h>

bool nodal_deflate_unpack(const void *data, size_t size, uint8_t *out, size_t out_size, NodalError **error) {
  struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
  if (!decompressor) {
    return nodal_fail_memory(error);
  }
  size_t got = 0;
  enum libdeflate_result result = libdeflate_zlib_decompress(decompressor, data, size, out, out_size, &got);
  libdeflate_free_decompressor(decompressor);
  /* A last strip may be stored whole: what is too much is of no interest. */
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged Deflate: more than %zu bytes", out_size);
  }
  if (result != LIBDEFLATE_SUCCESS) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged Deflate: bad data");
  }
  return got == out_size ||
         nodal_fail(error, NODAL_ERROR_FORMAT, "damaged Deflate: %zu bytes instead of %zu", got, out_size);
}

bool nodal_deflate_pack(const void *data, size_t size, NodalBytes *out, NodalError **error) {
  struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
  if (!compressor || !nodal_bytes_reserve(out, libdeflate_zlib_compress_bound(compressor, size), error)) {
    libdeflate_free_compressor(compressor);
    return compressor ? false : nodal_fail_memory(error);
  }
  out->size = libdeflate_zlib_compress(compressor, data, size, out->data, out->capacity);
  libdeflate_free_compressor(compressor);
  return out->size > 0 || nodal_fail_memory(error);
}
