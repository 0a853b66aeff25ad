/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/parts.h"

#include <webp/decode.h>

bool nodal_webp_decode(const NodalBlock *block, const void *data, size_t size, uint8_t *pixels, NodalError **error) {
  WebPBitstreamFeatures features;
  if (block->dtype != NODAL_UINT8 || (block->channels != 3 && block->channels != 4)) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "WebP with %d channels of %s", block->channels,
                      nodal_dtype_name(block->dtype));
  }
  if (WebPGetFeatures(data, size, &features) != VP8_STATUS_OK) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged WebP: bad header");
  }
  if (features.width != block->width || features.height != block->height) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged WebP: %d x %d pixels instead of %d x %d", features.width,
                      features.height, block->width, block->height);
  }
  size_t row = nodal_block_row_bytes(block), bytes = row * (size_t)block->height;
  uint8_t *decoded = block->channels == 4 ? WebPDecodeRGBAInto(data, size, pixels, bytes, (int)row)
                                          : WebPDecodeRGBInto(data, size, pixels, bytes, (int)row);
  return decoded || nodal_fail(error, NODAL_ERROR_FORMAT, "damaged WebP: bad data");
}
