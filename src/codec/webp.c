/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/parts.h"

#include <webp/decode.h>

static bool fail(VP8StatusCode status, const char *where, NodalError **error) {
  switch (status) {
  case VP8_STATUS_OUT_OF_MEMORY:
    return nodal_fail_memory(error);
  case VP8_STATUS_UNSUPPORTED_FEATURE:
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "unsupported WebP");
  case VP8_STATUS_NOT_ENOUGH_DATA:
  case VP8_STATUS_SUSPENDED:
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged WebP: the %s ends too early", where);
  default:
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged WebP: bad %s", where);
  }
}

bool nodal_webp_decode(const NodalBlock *block, const void *data, size_t size, uint8_t *pixels, NodalError **error) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "the WebP library is of another version");
  }
  VP8StatusCode status = WebPGetFeatures(data, size, &config.input);
  if (status != VP8_STATUS_OK) {
    return fail(status, "header", error);
  }
  if (config.input.width != block->width || config.input.height != block->height) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged WebP: it is %d x %d pixels instead of %d x %d",
                      config.input.width, config.input.height, block->width, block->height);
  }
  size_t row_bytes = nodal_block_row_bytes(block);
  config.output.colorspace = block->channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels;
  config.output.u.RGBA.stride = (int)row_bytes;
  config.output.u.RGBA.size = row_bytes * (size_t)block->height;
  status = WebPDecode(data, size, &config);
  WebPFreeDecBuffer(&config.output);
  return status == VP8_STATUS_OK || fail(status, "data", error);
}
