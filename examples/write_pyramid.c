/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a pyramid whose tiles come from a function: here rings round the middle of the slide.
 *
 *   write_pyramid OUT.tif WIDTH HEIGHT
 */
#include <nodal/nodal.h>
#include <stdio.h>
#include <stdlib.h>

enum { TILE = 256, RING = 64 };

typedef struct Rings {
  int64_t center_x, center_y;
} Rings;

/* Called from many threads at once: it only reads what `user` points to. */
static bool paint_tile(void *user, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                       NodalError **error) {
  (void)worker;
  (void)error;
  const Rings *rings = user;
  for (int64_t y = 0; y < TILE; y++) {
    uint8_t *line = (uint8_t *)pixels + (size_t)y * stride;
    for (int64_t x = 0; x < TILE; x++) {
      int64_t dx = column * TILE + x - rings->center_x;
      int64_t dy = row * TILE + y - rings->center_y;
      bool dark = (dx * dx + dy * dy) / (RING * RING) % 2 == 1;
      line[3 * x] = dark ? 120 : 240;
      line[3 * x + 1] = dark ? 60 : 210;
      line[3 * x + 2] = dark ? 150 : 230;
    }
  }
  return true;
}

static bool write_rings(const char *path, int64_t width, int64_t height, NodalError **error) {
  NodalWriterOptions options = NODAL_WRITER_OPTIONS_INIT;
  options.width = width;
  options.height = height;
  options.tile_size = TILE;
  options.codec = NODAL_CODEC_DEFLATE;
  options.spacing_x_um = options.spacing_y_um = 0.25;
  options.force = true;
  NodalWriter *writer = nodal_writer_new(path, &options, error);
  if (!writer) {
    return false;
  }
  Rings rings = {width / 2, height / 2};
  int levels = nodal_writer_level_count(writer);
  bool ok = nodal_writer_write_all(writer, paint_tile, &rings, 0, NULL, error) && nodal_writer_finish(writer, error);
  nodal_writer_free(writer);
  if (ok) {
    printf("%s: %d levels\n", path, levels);
  }
  return ok;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: write_pyramid OUT.tif WIDTH HEIGHT\n");
    return 2;
  }
  NodalError *error = NULL;
  bool ok = write_rings(argv[1], strtoll(argv[2], NULL, 10), strtoll(argv[3], NULL, 10), &error);
  if (!ok) {
    fprintf(stderr, "write_pyramid: %s\n", nodal_error_message(error));
    nodal_error_free(error);
  }
  return ok ? 0 : 1;
}
