/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/parts.h"

#include <libdeflate.h>
#include <zlib.h>

/* As zlib: the middle between speed and size. */
enum { LEVEL = 6 };

/* For streams that go on past what is wanted (a last strip with all its rows), which libdeflate does not decode. */
static bool inflate_start(const void *data, size_t size, uint8_t *out, size_t out_size, NodalError **error) {
  z_stream stream = {0};
  if (size > NODAL_CODEC_MAX_BYTES || inflateInit(&stream) != Z_OK) {
    return nodal_fail_memory(error);
  }
  stream.next_in = (Bytef *)(uintptr_t)data;
  stream.avail_in = (uInt)size;
  stream.next_out = out;
  stream.avail_out = (uInt)out_size;
  inflate(&stream, Z_SYNC_FLUSH);
  bool complete = stream.avail_out == 0;
  inflateEnd(&stream);
  return complete || nodal_fail(error, NODAL_ERROR_FORMAT, "damaged Deflate: bad data");
}

bool nodal_deflate_unpack(const void *data, size_t size, uint8_t *out, size_t out_size, NodalError **error) {
  struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
  if (!decompressor) {
    return nodal_fail_memory(error);
  }
  size_t got = 0;
  enum libdeflate_result result = libdeflate_zlib_decompress(decompressor, data, size, out, out_size, &got);
  libdeflate_free_decompressor(decompressor);
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
    return inflate_start(data, size, out, out_size, error);
  }
  if (result != LIBDEFLATE_SUCCESS) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged Deflate: bad data");
  }
  return got == out_size ||
         nodal_fail(error, NODAL_ERROR_FORMAT, "damaged Deflate: %zu bytes instead of %zu", got, out_size);
}

bool nodal_deflate_pack(const void *data, size_t size, NodalBytes *out, NodalError **error) {
  struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);
  if (!compressor) {
    return nodal_fail_memory(error);
  }
  bool ok = nodal_bytes_reserve(out, libdeflate_zlib_compress_bound(compressor, size), error);
  if (ok) {
    out->size = libdeflate_zlib_compress(compressor, data, size, out->data, out->capacity);
  }
  libdeflate_free_compressor(compressor);
  return ok;
}
