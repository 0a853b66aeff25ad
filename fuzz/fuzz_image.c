/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a PNG or JPEG file. */
#include "codec/codec.h"
#include "fuzz.h"

enum { MAX_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  NodalImageInfo info;
  NodalError *error = NULL;
  bool known = nodal_codec_image_info(data, size, &info, &error);
  fuzz_check_outcome(known, error, "");
  if (!known) {
    return 0;
  }
  FUZZ_REQUIRE(info.width > 0 && info.height > 0 && info.width <= INT32_MAX && info.height <= INT32_MAX);
  FUZZ_REQUIRE(info.channels >= 1 && info.channels <= 4);
  FUZZ_REQUIRE(info.spacing_x_um >= 0 && info.spacing_y_um >= 0);
  size_t stride = (size_t)info.width * (size_t)info.channels * nodal_dtype_size(info.dtype);
  if (stride > MAX_BYTES / (size_t)info.height) {
    return 0;
  }
  uint8_t *pixels = malloc(stride * (size_t)info.height);
  error = NULL;
  bool decoded = nodal_codec_image_decode(data, size, &info, pixels, stride, &error);
  fuzz_check_outcome(decoded, error, "");
  free(pixels);
  return 0;
}
