/* SPDX-License-Identifier: Apache-2.0 */
/* A slide of any size within seconds, for what depends on the size alone: bench-large-slide OUT WIDTH HEIGHT */
#include "measure.h"

#include <nodal/nodal.h>

#include <stdlib.h>

#define TILE 512
#define PAINTED 16 /* tiles a side that hold a picture; the rest is glass */

static void paint_corner(NodalWriter *writer, const NodalPhantom *phantom) {
  NodalError *error = NULL;
  uint8_t *pixels = bench_allocate((size_t)TILE * TILE * 3);
  for (int i = 0; i < PAINTED * PAINTED; i++) {
    int64_t column = i % PAINTED, row = i / PAINTED;
    if (!nodal_phantom_paint(phantom, column * TILE, row * TILE, TILE, TILE, pixels, (size_t)TILE * 3, &error) ||
        !nodal_writer_write_tile(writer, column, row, pixels, (size_t)TILE * 3, &error)) {
      bench_fail_with("nodal", error);
    }
  }
  free(pixels);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    bench_fail("usage: bench-large-slide OUT WIDTH HEIGHT");
  }
  NodalError *error = NULL;
  NodalWriterOptions options = NODAL_WRITER_OPTIONS_INIT;
  options.width = bench_number(argv[2], PAINTED * TILE);
  options.height = bench_number(argv[3], PAINTED * TILE);
  options.spacing_x_um = options.spacing_y_um = 0.243;
  options.force = true;
  NodalPhantomOptions picture = NODAL_PHANTOM_OPTIONS_INIT;
  picture.width = picture.height = PAINTED * TILE;
  NodalPhantom *phantom = nodal_phantom_new(&picture, &error);
  NodalWriter *writer = phantom ? nodal_writer_new(argv[1], &options, &error) : NULL;
  if (!writer) {
    bench_fail_with("nodal", error);
  }
  paint_corner(writer, phantom);
  if (!nodal_writer_finish(writer, &error)) {
    bench_fail_with("nodal", error);
  }
  nodal_writer_free(writer);
  nodal_phantom_free(phantom);
  return 0;
}
