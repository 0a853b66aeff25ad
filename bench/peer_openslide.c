/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"
#include "readers.h"

#include <openslide.h>

static void *open_slide(const char *path) {
  openslide_t *slide = openslide_open(path);
  if (!slide || openslide_get_error(slide)) {
    bench_fail("OpenSlide: %s: %s", path, slide ? openslide_get_error(slide) : "not a slide");
  }
  return slide;
}

static void read_square(void *state, int64_t x, int64_t y, int size, uint8_t *pixels) {
  /* malloc() gave the memory: it is aligned for anything. */
  openslide_read_region(state, (uint32_t *)(void *)pixels, x, y, 0, size, size);
  if (openslide_get_error(state)) {
    bench_fail("OpenSlide: %s", openslide_get_error(state));
  }
}

static void close_slide(void *state) {
  openslide_close(state);
}

const BenchReader bench_reader_openslide = {
    .name = "OpenSlide", .shared = true, .bgra = true, .open = open_slide, .read = read_square, .close = close_slide};
