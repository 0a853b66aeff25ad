/* SPDX-License-Identifier: Apache-2.0 */
#include <nodal/types.h>

size_t nodal_dtype_size(NodalDtype dtype) {
  static const size_t sizes[] = {1, 2, 4, 4};
  return sizes[dtype];
}

const char *nodal_dtype_name(NodalDtype dtype) {
  static const char *const names[] = {"uint8", "uint16", "uint32", "float32"};
  return names[dtype];
}

const char *nodal_color_name(NodalColor color) {
  static const char *const names[] = {"gray", "rgb", "rgba", "channels", "label"};
  return names[color];
}

const char *nodal_codec_name(NodalCodec codec) {
  static const char *const names[] = {"none", "jpeg", "lzw", "deflate", "zstd", "webp", "jpeg2000", "png", "unknown"};
  return names[codec];
}
