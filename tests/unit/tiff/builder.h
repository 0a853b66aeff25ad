/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_TEST_TIFF_BUILDER_H
#define NODAL_TEST_TIFF_BUILDER_H

#include "base/source.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tiffio.h>

/* Makes TIFF files byte by byte, right ones and wrong ones, in either byte order and either size. */

typedef struct BuilderTag {
  uint16_t tag, type;
  uint64_t count;
  uint8_t *bytes; /* in the file's byte order */
  size_t size;
} BuilderTag;

typedef struct Builder {
  bool big, big_endian;
  uint8_t *data;
  size_t size, capacity;
  size_t link; /* where the offset of the next directory belongs */
  BuilderTag tags[64];
  int tag_count;
} Builder;

enum { BYTE = 1, ASCII = 2, SHORT = 3, LONG = 4, RATIONAL = 5, SLONG = 9, FLOAT = 11, DOUBLE = 12, LONG8 = 16 };

void builder_init(Builder *builder, bool big, bool big_endian);
void builder_free(Builder *builder);

/* Appends bytes; returns where. */
size_t builder_append(Builder *builder, const void *bytes, size_t size);
/* Overwrites a number of 1, 2, 4 or 8 bytes. */
void builder_set(Builder *builder, size_t offset, int size, uint64_t value);

/* Adds a tag to the directory being made, in the place of one of the same number. */
void builder_numbers(Builder *builder, uint16_t tag, uint16_t type, uint64_t count, const uint64_t *values);
void builder_number(Builder *builder, uint16_t tag, uint16_t type, uint64_t value);
void builder_double(Builder *builder, uint16_t tag, uint16_t type, double value);
void builder_text(Builder *builder, uint16_t tag, const char *text);
void builder_bytes(Builder *builder, uint16_t tag, uint16_t type, uint64_t count, const void *bytes, size_t size);
void builder_remove(Builder *builder, uint16_t tag);

/* Writes the directory made, its values after it, and begins a new one. `linked`: as the next one of the chain. */
size_t builder_finish_directory(Builder *builder, bool linked);

/* The usual tags of a tiled or striped image of uint8 samples, uncompressed, without places of blocks. */
void builder_image(Builder *builder, uint32_t width, uint32_t height, int samples, int tile_width, int tile_height);

/* A source over the bytes named "test.tif"; it borrows them. */
NodalSource *builder_source(const Builder *builder);

/* libtiff over the same bytes, and how many warnings and errors it has had to say since. */
TIFF *builder_libtiff(const uint8_t *data, size_t size);
extern int libtiff_complaints;
extern char libtiff_last_complaint[256];

#endif
