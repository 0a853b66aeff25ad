/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CODEC_PNG_H
#define NODAL_CODEC_PNG_H

#include "codec/parts.h"

bool nodal_png_image_info(const void *data, size_t size, NodalImageInfo *info, NodalError **error);
bool nodal_png_image_decode(const void *data, size_t size, const NodalImageInfo *info, uint8_t *pixels, size_t stride,
                            NodalError **error);
bool nodal_png_encode(const NodalEncoding *encoding, const void *pixels, size_t stride, NodalBytes *out,
                      NodalError **error);

#endif
