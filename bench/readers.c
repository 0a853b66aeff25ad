/* SPDX-License-Identifier: Apache-2.0 */
#include "readers.h"

#include "measure.h"

#include <nodal/nodal.h>

static void *open_nodal(const char *path) {
  NodalError *error = NULL;
  NodalSlide *slide = nodal_slide_open(path, NULL, &error);
  if (!slide) {
    bench_fail_with("nodal", error);
  }
  return slide;
}

static void read_nodal(void *state, int64_t x, int64_t y, int size, uint8_t *pixels) {
  NodalError *error = NULL;
  if (!nodal_slide_read_region(state, 0, x, y, size, size, NODAL_PIXELS_RGB, pixels, (size_t)size * 3, &error)) {
    bench_fail_with("nodal", error);
  }
}

static void close_nodal(void *state) {
  nodal_slide_free(state);
}

const BenchReader bench_reader_nodal = {
    .name = "nodal", .shared = true, .open = open_nodal, .read = read_nodal, .close = close_nodal};
