/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/parts.h"

#include <zstd.h>
#include <zstd_errors.h>

/* The library's own default. */
enum { LEVEL = 3 };

static bool fail(size_t result, NodalError **error) {
  if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation) {
    return nodal_fail_memory(error);
  }
  return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged Zstandard: %s", ZSTD_getErrorName(result));
}

static bool fail_size(size_t got, size_t wanted, NodalError **error) {
  return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged Zstandard: %zu bytes instead of %zu", got, wanted);
}

/* For frames that hold more than is wanted (a last strip with all its rows). */
static bool decompress_start(const void *data, size_t size, uint8_t *out, size_t out_size, NodalError **error) {
  ZSTD_DStream *stream = ZSTD_createDStream();
  if (!stream) {
    return nodal_fail_memory(error);
  }
  ZSTD_inBuffer input = {data, size, 0};
  ZSTD_outBuffer output = {out, out_size, 0};
  size_t result = 1, before = 1;
  while (!ZSTD_isError(result) && output.pos < output.size && input.pos + output.pos != before) {
    before = input.pos + output.pos;
    result = ZSTD_decompressStream(stream, &output, &input);
  }
  ZSTD_freeDStream(stream);
  if (ZSTD_isError(result)) {
    return fail(result, error);
  }
  return output.pos == out_size || fail_size(output.pos, out_size, error);
}

bool nodal_zstd_unpack(const void *data, size_t size, uint8_t *out, size_t out_size, NodalError **error) {
  size_t result = ZSTD_decompress(out, out_size, data, size);
  if (!ZSTD_isError(result)) {
    return result == out_size || fail_size(result, out_size, error);
  }
  if (ZSTD_getErrorCode(result) == ZSTD_error_dstSize_tooSmall) {
    return decompress_start(data, size, out, out_size, error);
  }
  return fail(result, error);
}

bool nodal_zstd_pack(const void *data, size_t size, NodalBytes *out, NodalError **error) {
  if (!nodal_bytes_reserve(out, ZSTD_compressBound(size), error)) {
    return false;
  }
  size_t result = ZSTD_compress(out->data, out->capacity, data, size, LEVEL);
  if (ZSTD_isError(result)) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "Zstandard: %s", ZSTD_getErrorName(result));
  }
  out->size = result;
  return true;
}
