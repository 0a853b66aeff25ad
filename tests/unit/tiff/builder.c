/* SPDX-License-Identifier: Apache-2.0 */
#include "builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int libtiff_complaints;
char libtiff_last_complaint[256];

static size_t size_of_type(int type) {
  static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
  return sizes[type];
}

static void encode(const Builder *builder, uint8_t *to, size_t size, uint64_t value) {
  for (size_t i = 0; i < size; i++) {
    to[builder->big_endian ? size - 1 - i : i] = (uint8_t)(value >> (8 * i));
  }
}

size_t builder_append(Builder *builder, const void *bytes, size_t size) {
  size_t at = builder->size;
  if (at + size > builder->capacity) {
    builder->capacity = 2 * (at + size);
    builder->data = realloc(builder->data, builder->capacity);
    if (!builder->data) {
      abort();
    }
  }
  if (bytes) {
    memcpy(builder->data + at, bytes, size);
  } else {
    memset(builder->data + at, 0, size);
  }
  builder->size += size;
  return at;
}

void builder_set(Builder *builder, size_t offset, int size, uint64_t value) {
  encode(builder, builder->data + offset, (size_t)size, value);
}

void builder_init(Builder *builder, bool big, bool big_endian) {
  memset(builder, 0, sizeof *builder);
  builder->big = big;
  builder->big_endian = big_endian;
  builder_append(builder, NULL, big ? 16 : 8);
  memcpy(builder->data, big_endian ? "MM" : "II", 2);
  builder_set(builder, 2, 2, big ? 43 : 42);
  if (big) {
    builder_set(builder, 4, 2, 8);
  }
  builder->link = big ? 8 : 4;
}

void builder_free(Builder *builder) {
  for (int i = 0; i < builder->tag_count; i++) {
    free(builder->tags[i].bytes);
  }
  free(builder->data);
}

void builder_remove(Builder *builder, uint16_t tag) {
  for (int i = 0; i < builder->tag_count; i++) {
    if (builder->tags[i].tag == tag) {
      free(builder->tags[i].bytes);
      memmove(&builder->tags[i], &builder->tags[i + 1], (size_t)(builder->tag_count - i - 1) * sizeof builder->tags[0]);
      builder->tag_count--;
      return;
    }
  }
}

void builder_bytes(Builder *builder, uint16_t tag, uint16_t type, uint64_t count, const void *bytes, size_t size) {
  builder_remove(builder, tag);
  uint8_t *copy = malloc(size + 1);
  if (!copy || builder->tag_count == 64) {
    abort();
  }
  memcpy(copy, bytes, size);
  int at = builder->tag_count;
  while (at > 0 && builder->tags[at - 1].tag > tag) {
    builder->tags[at] = builder->tags[at - 1];
    at--;
  }
  builder->tags[at] = (BuilderTag){tag, type, count, copy, size};
  builder->tag_count++;
}

void builder_numbers(Builder *builder, uint16_t tag, uint16_t type, uint64_t count, const uint64_t *values) {
  /* A fraction is two numbers. */
  size_t parts = type == RATIONAL ? 2 : 1, size = size_of_type(type) / parts;
  uint8_t *bytes = malloc(count * parts * size + 1);
  if (!bytes) {
    abort();
  }
  for (uint64_t i = 0; i < count * parts; i++) {
    encode(builder, bytes + i * size, size, values[i]);
  }
  builder_bytes(builder, tag, type, count, bytes, count * parts * size);
  free(bytes);
}

void builder_number(Builder *builder, uint16_t tag, uint16_t type, uint64_t value) {
  builder_numbers(builder, tag, type, 1, &value);
}

void builder_double(Builder *builder, uint16_t tag, uint16_t type, double value) {
  uint64_t raw = 0;
  if (type == FLOAT) {
    float narrow = (float)value;
    uint32_t narrow_raw;
    memcpy(&narrow_raw, &narrow, sizeof narrow);
    raw = narrow_raw;
  } else {
    memcpy(&raw, &value, sizeof raw);
  }
  builder_number(builder, tag, type, raw);
}

void builder_text(Builder *builder, uint16_t tag, const char *text) {
  builder_bytes(builder, tag, ASCII, strlen(text) + 1, text, strlen(text) + 1);
}

size_t builder_finish_directory(Builder *builder, bool linked) {
  int count_size = builder->big ? 8 : 2, entry_size = builder->big ? 20 : 12, place = builder->big ? 8 : 4;
  if (builder->size % 2) {
    builder_append(builder, NULL, 1);
  }
  size_t at = builder_append(builder, NULL, (size_t)(count_size + entry_size * builder->tag_count + place));
  if (linked) {
    builder_set(builder, builder->link, place, at);
    builder->link = at + (size_t)(count_size + entry_size * builder->tag_count);
  }
  builder_set(builder, at, count_size, (uint64_t)builder->tag_count);
  for (int i = 0; i < builder->tag_count; i++) {
    const BuilderTag *tag = &builder->tags[i];
    size_t entry = at + (size_t)(count_size + entry_size * i);
    builder_set(builder, entry, 2, tag->tag);
    builder_set(builder, entry + 2, 2, tag->type);
    builder_set(builder, entry + 4, place, tag->count);
    if (tag->size <= (size_t)place) {
      memcpy(builder->data + entry + 4 + place, tag->bytes, tag->size);
    } else {
      size_t value = builder_append(builder, tag->bytes, tag->size + tag->size % 2);
      builder_set(builder, entry + 4 + (size_t)place, place, value);
    }
    free(tag->bytes);
  }
  builder->tag_count = 0;
  return at;
}

void builder_image(Builder *builder, uint32_t width, uint32_t height, int samples, int tile_width, int tile_height) {
  builder_number(builder, 256, LONG, width);
  builder_number(builder, 257, LONG, height);
  uint64_t bits[256];
  for (int i = 0; i < samples; i++) {
    bits[i] = 8;
  }
  builder_numbers(builder, 258, SHORT, (uint64_t)samples, bits);
  builder_number(builder, 259, SHORT, 1);
  builder_number(builder, 262, SHORT, samples >= 3 ? 2 : 1);
  builder_number(builder, 277, SHORT, (uint64_t)samples);
  if (tile_width) {
    builder_number(builder, 322, SHORT, (uint64_t)tile_width);
    builder_number(builder, 323, SHORT, (uint64_t)tile_height);
  }
}

NodalSource *builder_source(const Builder *builder) {
  NodalSource *source = nodal_source_new_memory(builder->data, builder->size, "test.tif", NULL);
  if (!source) {
    abort();
  }
  return source;
}

/* --- libtiff --- */

typedef struct Memory {
  const uint8_t *data;
  size_t size;
  toff_t position;
} Memory;

static tmsize_t read_memory(thandle_t handle, void *buffer, tmsize_t size) {
  Memory *memory = handle;
  size_t left = memory->position < memory->size ? memory->size - (size_t)memory->position : 0;
  size_t got = left < (size_t)size ? left : (size_t)size;
  if (got > 0) {
    memcpy(buffer, memory->data + memory->position, got);
  }
  memory->position += got;
  return (tmsize_t)got;
}

static tmsize_t write_memory(thandle_t handle, void *buffer, tmsize_t size) {
  (void)handle, (void)buffer, (void)size;
  return -1;
}

static toff_t seek_memory(thandle_t handle, toff_t offset, int whence) {
  Memory *memory = handle;
  memory->position = offset + (whence == SEEK_CUR ? memory->position : whence == SEEK_END ? memory->size : 0);
  return memory->position;
}

static toff_t size_memory(thandle_t handle) {
  return ((Memory *)handle)->size;
}

static int close_memory(thandle_t handle) {
  free(handle);
  return 0;
}

static void complain(const char *module, const char *format, va_list arguments) {
  (void)module;
  vsnprintf(libtiff_last_complaint, sizeof libtiff_last_complaint, format, arguments);
  libtiff_complaints++;
}

TIFF *builder_libtiff(const uint8_t *data, size_t size) {
  TIFFSetErrorHandler(complain);
  TIFFSetWarningHandler(complain);
  libtiff_complaints = 0;
  libtiff_last_complaint[0] = '\0';
  Memory *memory = malloc(sizeof *memory);
  if (!memory) {
    abort();
  }
  *memory = (Memory){data, size, 0};
  /* "m": no memory mapping, so that libtiff reads as we do. */
  return TIFFClientOpen("test.tif", "rm", memory, read_memory, write_memory, seek_memory, close_memory, size_memory,
                        NULL, NULL);
}
