/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: one byte, then the description of a TIFF of three directories with a sub-directory each, which Philips (even)
 * or OME-TIFF (odd) is made of. A comment at the end makes sure that the file is taken for one.
 */
#include "fuzz.h"
#include "slide_walk.h"

enum { TILE = 32, TAGS = 14, DIRECTORY = 2 + TAGS * 12 + 4, CHAIN = 3, PIXELS_AT = 16, HEAD = PIXELS_AT + TILE * TILE };

static const char software[8] = "Philips";

typedef struct Writer {
  uint8_t *data;
  size_t at;
} Writer;

static void put16(Writer *writer, unsigned value) {
  writer->data[writer->at++] = (uint8_t)value;
  writer->data[writer->at++] = (uint8_t)(value >> 8);
}

static void put32(Writer *writer, size_t value) {
  put16(writer, (unsigned)(value & 0xFFFF));
  put16(writer, (unsigned)(value >> 16 & 0xFFFF));
}

static void put_tag(Writer *writer, unsigned tag, unsigned type, size_t count, size_t value) {
  put16(writer, tag);
  put16(writer, type);
  put32(writer, count);
  put32(writer, value);
}

/* `next` and `child`: offsets, 0 for none. */
static void put_directory(Writer *writer, unsigned side, size_t text_at, size_t text_size, size_t next, size_t child) {
  put16(writer, TAGS);
  put_tag(writer, 254, 4, 1, child == 0);
  put_tag(writer, 256, 3, 1, side);
  put_tag(writer, 257, 3, 1, side);
  put_tag(writer, 258, 3, 1, 8);
  put_tag(writer, 259, 3, 1, 1);
  put_tag(writer, 262, 3, 1, 1);
  put_tag(writer, 270, 2, text_size, text_at);
  put_tag(writer, 277, 3, 1, 1);
  put_tag(writer, 305, 2, sizeof software, 8);
  put_tag(writer, 322, 3, 1, TILE);
  put_tag(writer, 323, 3, 1, TILE);
  put_tag(writer, 324, 4, 1, PIXELS_AT);
  put_tag(writer, 325, 4, 1, TILE * TILE);
  put_tag(writer, child ? 330 : 65000, child ? 13 : 4, 1, child);
  put32(writer, next);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) {
    return 0;
  }
  bool ome = data[0] & 1;
  const char *tail = ome ? "<!-- <OME openmicroscopy.org -->" : "<!-- DPUfsImport -->";
  size_t text_size = size - 1 + strlen(tail) + 1, text_at = HEAD + 2 * CHAIN * DIRECTORY, whole = text_at + text_size;
  Writer writer = {calloc(1, whole), 8};
  memcpy(writer.data, "II*\0", 4);
  writer.data[4] = HEAD & 0xFF;
  writer.data[5] = HEAD >> 8;
  memcpy(writer.data + 8, software, sizeof software);
  writer.at = HEAD;
  for (int i = 0; i < CHAIN; i++) {
    size_t start = writer.at;
    put_directory(&writer, TILE, text_at, text_size, i + 1 < CHAIN ? start + 2 * DIRECTORY : 0, start + DIRECTORY);
    put_directory(&writer, TILE / 2, text_at, 1, 0, 0);
  }
  memcpy(writer.data + text_at, data + 1, size - 1);
  memcpy(writer.data + text_at + size - 1, tail, strlen(tail) + 1);
  fuzz_walk_slide(writer.data, whole);
  free(writer.data);
  return 0;
}
