/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"
#include "readers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <turbojpeg.h>
#include <unistd.h>

typedef struct Tiles {
  TIFF *tiff; /* owns the arrays below */
  int file;
  int tile_width, tile_height;
  int64_t columns;
  const uint64_t *offsets, *sizes;
  const uint8_t *tables;
  uint32_t tables_size;
  uint8_t *stream; /* tables and tile, spliced */
  size_t stream_room;
  uint8_t *tile; /* for squares that are not whole tiles */
  tjhandle decoder;
} Tiles;

static void *open_tiles(const char *path) {
  Tiles *tiles = bench_allocate(sizeof *tiles);
  tiles->tiff = TIFFOpen(path, "r");
  tiles->file = open(path, O_RDONLY | O_CLOEXEC);
  if (!tiles->tiff || tiles->file < 0) {
    bench_fail("%s: not a TIFF file", path);
  }
  uint32_t width = 0, tile_width = 0, tile_height = 0;
  uint16_t compression = 0;
  uint64_t *offsets = NULL, *sizes = NULL;
  void *tables = NULL;
  TIFFGetField(tiles->tiff, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiles->tiff, TIFFTAG_TILEWIDTH, &tile_width);
  TIFFGetField(tiles->tiff, TIFFTAG_TILELENGTH, &tile_height);
  TIFFGetField(tiles->tiff, TIFFTAG_COMPRESSION, &compression);
  TIFFGetField(tiles->tiff, TIFFTAG_TILEOFFSETS, &offsets);
  TIFFGetField(tiles->tiff, TIFFTAG_TILEBYTECOUNTS, &sizes);
  if (!TIFFGetField(tiles->tiff, TIFFTAG_JPEGTABLES, &tiles->tables_size, &tables)) {
    tiles->tables_size = 0;
  }
  if (compression != COMPRESSION_JPEG || !tile_width || !tile_height || !offsets || !sizes) {
    bench_fail("%s: level 0 is not made of JPEG tiles", path);
  }
  tiles->tile_width = (int)tile_width;
  tiles->tile_height = (int)tile_height;
  tiles->columns = ((int64_t)width + tile_width - 1) / tile_width;
  tiles->offsets = offsets;
  tiles->sizes = sizes;
  tiles->tables = tables;
  tiles->stream_room = (size_t)1 << 22;
  tiles->stream = bench_allocate(tiles->stream_room);
  tiles->tile = bench_allocate((size_t)tile_width * tile_height * 3);
  tiles->decoder = tjInitDecompress();
  return tiles;
}

/* Without the end marker of the tables and the start marker of the tile the two are one JPEG stream. */
static size_t load_stream(Tiles *tiles, int64_t index) {
  size_t size = tiles->sizes[index];
  size_t head = tiles->tables_size >= 4 ? tiles->tables_size - 4 : 0;
  if (head + size > tiles->stream_room ||
      pread(tiles->file, tiles->stream + head, size, (off_t)tiles->offsets[index]) != (ssize_t)size) {
    bench_fail("tile %lld cannot be read", (long long)index);
  }
  if (head) {
    memcpy(tiles->stream, tiles->tables, head + 2);
  }
  return head + size;
}

static void decode_tile(Tiles *tiles, int64_t column, int64_t row, uint8_t *pixels) {
  size_t size = load_stream(tiles, row * tiles->columns + column);
  if (tjDecompress2(tiles->decoder, tiles->stream, (unsigned long)size, pixels, tiles->tile_width,
                    tiles->tile_width * 3, tiles->tile_height, TJPF_RGB, 0) != 0) {
    bench_fail("tjDecompress2: %s", tjGetErrorStr2(tiles->decoder));
  }
}

/* Copies what the tile at `column`, `row` has of the square. */
static void copy_part(const Tiles *tiles, int64_t column, int64_t row, int64_t x, int64_t y, int size,
                      uint8_t *pixels) {
  int64_t tile_x = column * tiles->tile_width, tile_y = row * tiles->tile_height;
  int64_t left = x > tile_x ? x : tile_x;
  int64_t right = x + size < tile_x + tiles->tile_width ? x + size : tile_x + tiles->tile_width;
  int64_t top = y > tile_y ? y : tile_y;
  int64_t bottom = y + size < tile_y + tiles->tile_height ? y + size : tile_y + tiles->tile_height;
  for (int64_t line = top; line < bottom; line++) {
    memcpy(pixels + ((line - y) * size + left - x) * 3,
           tiles->tile + ((line - tile_y) * tiles->tile_width + left - tile_x) * 3, (size_t)(right - left) * 3);
  }
}

static void read_square(void *state, int64_t x, int64_t y, int size, uint8_t *pixels) {
  Tiles *tiles = state;
  int64_t first_column = x / tiles->tile_width, last_column = (x + size - 1) / tiles->tile_width;
  int64_t first_row = y / tiles->tile_height, last_row = (y + size - 1) / tiles->tile_height;
  if (x % tiles->tile_width == 0 && y % tiles->tile_height == 0 && size == tiles->tile_width &&
      size == tiles->tile_height) {
    decode_tile(tiles, first_column, first_row, pixels);
    return;
  }
  for (int64_t row = first_row; row <= last_row; row++) {
    for (int64_t column = first_column; column <= last_column; column++) {
      decode_tile(tiles, column, row, tiles->tile);
      copy_part(tiles, column, row, x, y, size, pixels);
    }
  }
}

static void close_tiles(void *state) {
  Tiles *tiles = state;
  tjDestroy(tiles->decoder);
  TIFFClose(tiles->tiff);
  close(tiles->file);
  free(tiles->stream);
  free(tiles->tile);
  free(tiles);
}

const BenchReader bench_reader_tiles = {
    .name = "whole tiles", .open = open_tiles, .read = read_square, .close = close_tiles};
