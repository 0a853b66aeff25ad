/* SPDX-License-Identifier: Apache-2.0 */
#include "peer_vips.h"

#include "measure.h"

#include <string.h>
#include <vips/vips.h>

void bench_vips_start(void) {
  if (VIPS_INIT("bench-write")) {
    bench_fail("libvips: %s", vips_error_buffer());
  }
  /* Each round is to do its work anew. */
  vips_cache_set_max(0);
}

void bench_vips_write(const char *path, const uint8_t *pixels, int width, int height, const char *codec) {
  VipsForeignTiffCompression compression =
      strcmp(codec, "jpeg") == 0 ? VIPS_FOREIGN_TIFF_COMPRESSION_JPEG : VIPS_FOREIGN_TIFF_COMPRESSION_LZW;
  size_t size = (size_t)width * (size_t)height * 3;
  VipsImage *memory = vips_image_new_from_memory(pixels, size, width, height, 3, VIPS_FORMAT_UCHAR);
  VipsImage *image = NULL;
  if (!memory || vips_copy(memory, &image, "interpretation", VIPS_INTERPRETATION_sRGB, NULL) ||
      vips_tiffsave(image, path, "compression", compression, "Q", 80, "tile", TRUE, "tile_width", 512, "tile_height",
                    512, "pyramid", TRUE, "bigtiff", TRUE, NULL)) {
    bench_fail("libvips: %s", vips_error_buffer());
  }
  g_object_unref(image);
  g_object_unref(memory);
}
