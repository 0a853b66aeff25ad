/* SPDX-License-Identifier: Apache-2.0 */
#include "memory_tiff.h"

#include <stdio.h>

typedef struct Memory {
  uint8_t *data;
  size_t size, capacity, at;
} Memory;

static tmsize_t memory_read(thandle_t handle, void *buffer, tmsize_t count) {
  Memory *memory = handle;
  size_t left = memory->at < memory->size ? memory->size - memory->at : 0;
  size_t piece = (size_t)count < left ? (size_t)count : left;
  memcpy(buffer, memory->data + memory->at, piece);
  memory->at += piece;
  return (tmsize_t)piece;
}

static tmsize_t memory_write(thandle_t handle, void *buffer, tmsize_t count) {
  Memory *memory = handle;
  size_t end = memory->at + (size_t)count;
  if (end > memory->capacity) {
    memory->capacity = 2 * end;
    memory->data = realloc(memory->data, memory->capacity);
    assert_non_null(memory->data);
  }
  memcpy(memory->data + memory->at, buffer, (size_t)count);
  memory->at = end;
  memory->size = end > memory->size ? end : memory->size;
  return count;
}

static toff_t memory_seek(thandle_t handle, toff_t offset, int whence) {
  Memory *memory = handle;
  size_t base = whence == SEEK_CUR ? memory->at : whence == SEEK_END ? memory->size : 0;
  memory->at = base + (size_t)offset;
  return memory->at;
}

static int memory_close(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t memory_size(thandle_t handle) {
  const Memory *memory = handle;
  return memory->size;
}

static TIFF *open_memory(Memory *memory, const char *mode) {
  memory->at = 0;
  TIFF *tiff = TIFFClientOpen("memory", mode, memory, memory_read, memory_write, memory_seek, memory_close, memory_size,
                              NULL, NULL);
  assert_non_null(tiff);
  return tiff;
}

static TIFF *create(const TestTile *tile, Memory *memory) {
  memset(memory, 0, sizeof *memory);
  TIFF *tiff = open_memory(memory, tile->big_endian ? "wb" : "wl");
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, tile->width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, tile->height);
  TIFFSetField(tiff, TIFFTAG_TILEWIDTH, tile->width);
  TIFFSetField(tiff, TIFFTAG_TILELENGTH, tile->height);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, tile->channels);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, tile->bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, tile->format);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, tile->channels >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, tile->compression);
  if (tile->predictor > 1) {
    TIFFSetField(tiff, TIFFTAG_PREDICTOR, tile->predictor);
  }
  return tiff;
}

uint8_t *test_tiff_pack(const TestTile *tile, const void *samples, size_t size, size_t *packed_size) {
  Memory memory;
  TIFF *tiff = create(tile, &memory);
  uint8_t *copy = test_alloc(size); /* libtiff changes what it writes */
  memcpy(copy, samples, size);
  assert_int_equal(TIFFWriteEncodedTile(tiff, 0, copy, (tmsize_t)size), size);
  free(copy);
  TIFFClose(tiff);
  tiff = open_memory(&memory, "r");
  *packed_size = (size_t)TIFFGetStrileByteCount(tiff, 0);
  uint8_t *packed = test_alloc(*packed_size);
  assert_int_equal(TIFFReadRawTile(tiff, 0, packed, (tmsize_t)*packed_size), *packed_size);
  TIFFClose(tiff);
  free(memory.data);
  return packed;
}

uint8_t *test_tiff_unpack(const TestTile *tile, const void *packed, size_t packed_size, size_t size) {
  Memory memory;
  TIFF *tiff = create(tile, &memory);
  uint8_t *copy = test_alloc(packed_size);
  memcpy(copy, packed, packed_size);
  assert_int_equal(TIFFWriteRawTile(tiff, 0, copy, (tmsize_t)packed_size), packed_size);
  free(copy);
  TIFFClose(tiff);
  tiff = open_memory(&memory, "r");
  uint8_t *samples = test_alloc(size);
  assert_int_equal(TIFFReadEncodedTile(tiff, 0, samples, (tmsize_t)size), size);
  TIFFClose(tiff);
  free(memory.data);
  return samples;
}
