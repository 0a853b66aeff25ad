/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/parts.h"

#include <string.h>

/* Whole files: which codec they are for, and how large they may be. */

static bool is_png(const uint8_t *data, size_t size) {
  static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  return size >= sizeof signature && memcmp(data, signature, sizeof signature) == 0;
}

static bool is_jpeg(const uint8_t *data, size_t size) {
  return size >= 3 && data[0] == 0xFF && data[1] == 0xD8 && data[2] == 0xFF;
}

static bool check_size(const NodalImageInfo *info, NodalError **error) {
  size_t pixels, bytes;
  if (!nodal_mul_size((size_t)info->width, (size_t)info->height, &pixels) || pixels > NODAL_IMAGE_MAX_PIXELS ||
      !nodal_mul_size(pixels, (size_t)info->channels * nodal_dtype_size(info->dtype), &bytes) ||
      bytes > NODAL_CODEC_MAX_BYTES) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "an image of %lld x %lld pixels is too large", (long long)info->width,
                      (long long)info->height);
  }
  return true;
}

bool nodal_codec_image_info(const void *data, size_t size, NodalImageInfo *info, NodalError **error) {
  if (is_png(data, size)) {
    return nodal_png_image_info(data, size, info, error);
  }
  if (is_jpeg(data, size)) {
    return nodal_jpeg_image_info(data, size, info, error);
  }
  return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "neither a PNG nor a JPEG file");
}

bool nodal_codec_image_decode(const void *data, size_t size, const NodalImageInfo *info, void *pixels, size_t stride,
                              NodalError **error) {
  if (!check_size(info, error)) {
    return false;
  }
  if (info->width < 1 || info->height < 1 || info->channels < 1 ||
      stride < (size_t)info->width * (size_t)info->channels * nodal_dtype_size(info->dtype)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "the rows are too short for the image");
  }
  if (info->codec == NODAL_CODEC_PNG) {
    return nodal_png_image_decode(data, size, info, pixels, stride, error);
  }
  return nodal_jpeg_image_decode(data, size, info, pixels, stride, error);
}
