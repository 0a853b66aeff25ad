/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a pyramid from pixels in memory beside libvips, paints a phantom: bench-write SLIDE SIZE FOLDER ROUNDS */
#include "measure.h"
#include "peer_vips.h"

#include <nodal/nodal.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TILE 512

typedef struct Picture {
  uint8_t *pixels; /* RGB8, no gaps */
  int size;        /* both sides */
} Picture;

static Picture load_picture(const char *path, int size) {
  NodalError *error = NULL;
  Picture picture = {.pixels = bench_allocate((size_t)size * (size_t)size * 3), .size = size};
  NodalSlide *slide = nodal_slide_open(path, NULL, &error);
  if (!slide || !nodal_slide_read_region(slide, 0, 0, 0, size, size, NODAL_PIXELS_RGB, picture.pixels, (size_t)size * 3,
                                         &error)) {
    bench_fail_with("nodal", error);
  }
  nodal_slide_free(slide);
  return picture;
}

static bool copy_tile(void *user, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                      NodalError **error) {
  (void)worker;
  (void)error;
  const Picture *picture = user;
  int64_t x = column * TILE, y = row * TILE;
  int64_t width = picture->size - x < TILE ? picture->size - x : TILE;
  int64_t height = picture->size - y < TILE ? picture->size - y : TILE;
  for (int64_t line = 0; line < height; line++) {
    memcpy((uint8_t *)pixels + (size_t)line * stride, picture->pixels + ((y + line) * picture->size + x) * 3,
           (size_t)width * 3);
  }
  return true;
}

static void write_nodal(const char *path, Picture *picture, NodalCodec codec) {
  NodalError *error = NULL;
  NodalWriterOptions options = NODAL_WRITER_OPTIONS_INIT;
  options.width = options.height = picture->size;
  options.codec = codec;
  options.force = true;
  NodalWriter *writer = nodal_writer_new(path, &options, &error);
  if (!writer || !nodal_writer_write_all(writer, copy_tile, picture, 1, NULL, &error) ||
      !nodal_writer_finish(writer, &error)) {
    bench_fail_with("nodal", error);
  }
  nodal_writer_free(writer);
}

static double file_mib(const char *path) {
  struct stat status;
  if (stat(path, &status) != 0) {
    bench_fail("%s was not written", path);
  }
  return (double)status.st_size / 1048576.0;
}

static void run_write_case(Picture *picture, const char *folder, NodalCodec codec, int rounds) {
  char ours[4000], theirs[4000], name[80];
  snprintf(ours, sizeof ours, "%s/write-nodal.tif", folder);
  snprintf(theirs, sizeof theirs, "%s/write-vips.tif", folder);
  snprintf(name, sizeof name, "write %s", nodal_codec_name(codec));
  double megapixels = (double)picture->size * picture->size * 1e-6;
  for (int round = 0; round < rounds; round++) {
    for (int turn = 0; turn < 2; turn++) {
      bool peer = (turn + round) % 2 == 1;
      BenchTime start = bench_now(CLOCK_PROCESS_CPUTIME_ID);
      if (peer) {
        bench_vips_write(theirs, picture->pixels, picture->size, picture->size, nodal_codec_name(codec));
      } else {
        write_nodal(ours, picture, codec);
      }
      bench_row(name, peer ? "libvips" : "nodal", round, bench_since(CLOCK_PROCESS_CPUTIME_ID, start), megapixels);
    }
  }
  bench_note("%s: nodal (1 thread) %.1f MiB, libvips %.1f MiB", name, file_mib(ours), file_mib(theirs));
  remove(ours);
  remove(theirs);
}

/* Tiles from all over the slide, so that glass and tissue have their true shares. */
static void run_phantom_case(int rounds) {
  NodalError *error = NULL;
  NodalPhantomOptions options = NODAL_PHANTOM_OPTIONS_INIT;
  options.width = 30000;
  options.height = 30000;
  options.tumor_count = 5;
  NodalPhantom *phantom = nodal_phantom_new(&options, &error);
  if (!phantom) {
    bench_fail_with("nodal", error);
  }
  uint8_t *pixels = bench_allocate((size_t)TILE * TILE * 3);
  for (int round = 0; round < rounds; round++) {
    int count = 0;
    BenchTime start = bench_now(CLOCK_THREAD_CPUTIME_ID);
    for (int64_t tile = round; tile < 58 * 58; tile += 17) {
      if (!nodal_phantom_paint(phantom, tile % 58 * TILE, tile / 58 * TILE, TILE, TILE, pixels, (size_t)TILE * 3,
                               &error)) {
        bench_fail_with("nodal", error);
      }
      count++;
    }
    bench_row("paint phantom", "nodal", round, bench_since(CLOCK_THREAD_CPUTIME_ID, start),
              (double)count * TILE * TILE * 1e-6);
  }
  free(pixels);
  nodal_phantom_free(phantom);
}

int main(int argc, char **argv) {
  if (argc != 5) {
    bench_fail("usage: bench-write SLIDE SIZE FOLDER ROUNDS");
  }
  int rounds = bench_number(argv[4], 1);
  bench_vips_start();
  run_phantom_case(rounds);
  Picture picture = load_picture(argv[1], bench_number(argv[2], TILE));
  run_write_case(&picture, argv[3], NODAL_CODEC_JPEG, rounds);
  run_write_case(&picture, argv[3], NODAL_CODEC_LZW, rounds);
  free(picture.pixels);
  return 0;
}
