/* SPDX-License-Identifier: Apache-2.0 */
/* Whole PNG and JPEG files, told apart by their first bytes. */
#include "codec/parts.h"

#include <string.h>

static bool is_png(const void *data, size_t size) {
  static const uint8_t magic[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  return size >= sizeof magic && memcmp(data, magic, sizeof magic) == 0;
}

bool nodal_codec_image_info(const void *data, size_t size, NodalImageInfo *info, NodalError **error) {
  return is_png(data, size) ? nodal_png_image_info(data, size, info, error)
                            : nodal_jpeg_image_info(data, size, info, error);
}

bool nodal_codec_image_decode(const void *data, size_t size, const NodalImageInfo *info, void *pixels, size_t stride,
                              NodalError **error) {
  return info->codec == NODAL_CODEC_PNG ? nodal_png_image_decode(data, size, info, pixels, stride, error)
                                        : nodal_jpeg_image_decode(data, size, info, pixels, stride, error);
}
