/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "pyramid/convert.h"

#include <string.h>

/* Marker segments as ITU-T T.81 annex B has them; category codes as its annex F. */

enum { SLOT = 3, MAX_COMPONENTS = 4, BLOCK_SIDE = 8 };

typedef struct BitWriter {
  NodalBytes *out;
  uint32_t bits;
  int count;
  NodalError **error;
  bool failed;
} BitWriter;

static void put_byte(BitWriter *writer, unsigned byte) {
  NodalBytes *out = writer->out;
  if (writer->failed || !nodal_grow_array(&out->data, &out->capacity, out->size + 1, 1, writer->error)) {
    writer->failed = true;
    return;
  }
  out->data[out->size++] = (uint8_t)byte;
}

static void put_bytes(BitWriter *writer, const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    put_byte(writer, bytes[i]);
  }
}

static void put_word(BitWriter *writer, unsigned word) {
  put_byte(writer, word >> 8);
  put_byte(writer, word & 255);
}

/* Entropy-coded bits; a byte FF is followed by 00. */
static void put_bits(BitWriter *writer, uint32_t bits, int count) {
  while (count-- > 0) {
    writer->bits = writer->bits << 1 | (bits >> count & 1);
    if (++writer->count == 8) {
      put_byte(writer, writer->bits & 255);
      if ((writer->bits & 255) == 255) {
        put_byte(writer, 0);
      }
      writer->count = 0;
    }
  }
}

static int category_of(int value) {
  int magnitude = value < 0 ? -value : value, category = 0;
  while (magnitude >> category) {
    category++;
  }
  return category;
}

/*
 * DC code: "0" for no difference, and up to three of three bits for the categories of the first differences. AC code:
 * "0" for the end of the block.
 */
static void put_tables(BitWriter *writer, int components, const int *difference, uint8_t *categories) {
  static const uint8_t start[] = {0xff, 0xd8, 0xff, 0xdb, 0, 67, SLOT};
  put_bytes(writer, start, sizeof start);
  for (int i = 0; i < BLOCK_SIDE * BLOCK_SIDE; i++) {
    put_byte(writer, 1);
  }
  int count = 0;
  for (int i = 0; i < components; i++) {
    uint8_t category = (uint8_t)category_of(difference[i]);
    if (category > 0 && !memchr(categories, category, (size_t)count)) {
      categories[count++] = category;
    }
  }
  put_word(writer, 0xffc4);
  put_word(writer, (unsigned)(2 + 17 + 1 + count + 17 + 1));
  uint8_t dc[17] = {SLOT, 1, 0, (uint8_t)count}, ac[17] = {0x10 | SLOT, 1};
  put_bytes(writer, dc, sizeof dc);
  put_byte(writer, 0);
  put_bytes(writer, categories, (size_t)count);
  put_bytes(writer, ac, sizeof ac);
  put_byte(writer, 0);
}

static void put_frame(BitWriter *writer, int side, int components, int h_samp, int v_samp) {
  put_word(writer, 0xffc1);
  put_word(writer, (unsigned)(8 + 3 * components));
  put_byte(writer, 8);
  put_word(writer, (unsigned)side);
  put_word(writer, (unsigned)side);
  put_byte(writer, (unsigned)components);
  for (int i = 0; i < components; i++) {
    put_byte(writer, (unsigned)i + 1);
    put_byte(writer, i == 0 ? (unsigned)(h_samp << 4 | v_samp) : 0x11);
    put_byte(writer, SLOT);
  }
  put_word(writer, 0xffda);
  put_word(writer, (unsigned)(6 + 2 * components));
  put_byte(writer, (unsigned)components);
  for (int i = 0; i < components; i++) {
    put_byte(writer, (unsigned)i + 1);
    put_byte(writer, SLOT << 4 | SLOT);
  }
  put_byte(writer, 0);
  put_byte(writer, 63);
  put_byte(writer, 0);
}

static void put_block(BitWriter *writer, int difference, const uint8_t *categories) {
  int category = category_of(difference);
  if (category == 0) {
    put_bits(writer, 0, 1);
  } else {
    uint32_t code = 4;
    for (; *categories != category; categories++) {
      code++;
    }
    put_bits(writer, code, 3);
    uint32_t bits = (uint32_t)(difference < 0 ? difference - 1 : difference);
    put_bits(writer, bits & ((1u << category) - 1), category);
  }
  put_bits(writer, 0, 1);
}

bool nodal_constant_jpeg(int side, int components, int h_samp, int v_samp, const uint8_t *samples, NodalBytes *out,
                         NodalError **error) {
  BitWriter writer = {.out = out, .error = error};
  int difference[MAX_COMPONENTS] = {0};
  uint8_t categories[MAX_COMPONENTS] = {0};
  out->size = 0;
  if (components == 1) {
    h_samp = v_samp = 1;
  }
  for (int i = 0; i < components; i++) {
    /* The DC coefficient is eight times the mean; all quantizers are 1. */
    difference[i] = 8 * (samples[i] - 128);
  }
  put_tables(&writer, components, difference, categories);
  put_frame(&writer, side, components, h_samp, v_samp);
  int across = (side + BLOCK_SIDE * h_samp - 1) / (BLOCK_SIDE * h_samp);
  int down = (side + BLOCK_SIDE * v_samp - 1) / (BLOCK_SIDE * v_samp);
  for (int mcu = 0; mcu < across * down && !writer.failed; mcu++) {
    for (int i = 0; i < components; i++) {
      int blocks = i == 0 ? h_samp * v_samp : 1;
      for (int b = 0; b < blocks; b++) {
        put_block(&writer, mcu == 0 && b == 0 ? difference[i] : 0, categories);
      }
    }
  }
  while (writer.count > 0) {
    put_bits(&writer, 1, 1);
  }
  put_word(&writer, 0xffd9);
  return !writer.failed;
}
