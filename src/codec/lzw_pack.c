/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LZW of TIFF 6.0, section 13: codes of 9 to 12 bits, the first bit of a code in the highest free one of a byte.
 *
 * Masks are nearly all runs of one value, and of such a run LZW learns one more byte with each code. The codes of the
 * runs known so far are kept by length, so that a run is not looked up byte by byte: the codes are the same.
 */
#include "codec/parts.h"

#include <string.h>

enum { CLEAR = 256, END = 257, FIRST = 258, FULL = 4094, CODES = 4096, MIN_BITS = 9 };
enum { TABLE_BITS = 13, TABLE = 1 << TABLE_BITS, VALUES = 8, NO_SLOT = 255 };

typedef struct Packer {
  uint8_t *out;
  size_t at;
  uint64_t bits; /* `pending` of them wait */
  int pending, width;
  uint32_t next;         /* the next code */
  uint32_t table[TABLE]; /* prefix code, byte and code of a string: 12, 8 and 12 bits; 0: free */
  uint8_t slot[256];     /* of a byte value whose runs are kept */
  int slots;
  size_t longest[VALUES];        /* run known of the value */
  uint16_t codes[VALUES][CODES]; /* of its runs, by length */
} Packer;

static void reset(Packer *packer) {
  packer->next = FIRST;
  packer->width = MIN_BITS;
  packer->slots = 0;
  memset(packer->table, 0, sizeof packer->table);
  memset(packer->slot, NO_SLOT, sizeof packer->slot);
}

static void put(Packer *packer, uint32_t code) {
  packer->bits = packer->bits << packer->width | code;
  packer->pending += packer->width;
  while (packer->pending >= 8) {
    packer->pending -= 8;
    packer->out[packer->at++] = (uint8_t)(packer->bits >> packer->pending);
  }
}

static uint32_t place_of(uint32_t key) {
  return key * 0x9E3779B1u >> (32 - TABLE_BITS);
}

/* The code of the string of `prefix` and one more byte; 0 where there is none. */
static uint32_t find(const Packer *packer, uint32_t prefix, uint8_t byte) {
  uint32_t key = prefix << 8 | byte, place = place_of(key);
  while (packer->table[place] != 0 && packer->table[place] >> 12 != key) {
    place = (place + 1) & (TABLE - 1);
  }
  return packer->table[place] & (CODES - 1);
}

/* Keeps the code of a run that is one longer than the longest so far. */
static void note_run(Packer *packer, uint8_t byte, size_t length, uint32_t code) {
  int slot = packer->slot[byte];
  if (slot == NO_SLOT) {
    if (packer->slots == VALUES) {
      return;
    }
    slot = packer->slots++;
    packer->slot[byte] = (uint8_t)slot;
    packer->codes[slot][1] = byte;
  }
  packer->codes[slot][length] = (uint16_t)code;
  packer->longest[slot] = length;
}

static void add(Packer *packer, uint32_t prefix, uint8_t byte) {
  uint32_t key = prefix << 8 | byte, place = place_of(key);
  while (packer->table[place] != 0) {
    place = (place + 1) & (TABLE - 1);
  }
  packer->table[place] = key << 12 | packer->next;
}

static size_t end_of_run(const uint8_t *data, size_t at, size_t size) {
  uint8_t byte = data[at];
  uint64_t eight = byte * UINT64_C(0x0101010101010101), word;
  while (at + 8 <= size && (memcpy(&word, data + at, 8), word == eight)) {
    at += 8;
  }
  while (at < size && data[at] == byte) {
    at++;
  }
  return at;
}

/* The place in the data, and where the run ends that it is in. */
typedef struct Place {
  const uint8_t *data;
  size_t size, at, run_end;
} Place;

/* The code of the longest known string from here on. `*run`: its length where it is of one byte, else 0. */
static uint32_t take_string(const Packer *packer, Place *place, size_t *run) {
  uint8_t byte = place->data[place->at];
  if (place->at >= place->run_end) {
    place->run_end = end_of_run(place->data, place->at, place->size);
  }
  size_t left = place->run_end - place->at;
  int slot = packer->slot[byte];
  uint32_t code = byte;
  *run = 1;
  if (slot != NO_SLOT) {
    bool whole = left <= packer->longest[slot];
    *run = whole ? left : packer->longest[slot];
    code = packer->codes[slot][*run];
    if (!whole) {
      place->at += *run;
      return code;
    }
  }
  place->at += *run;
  uint32_t longer;
  while (place->at < place->size && (longer = find(packer, code, place->data[place->at])) != 0) {
    code = longer;
    place->at++;
    *run = 0;
  }
  return code;
}

/* After a code: the next one may need another bit, or the strings are forgotten. */
static void count_code(Packer *packer) {
  packer->next++;
  if (packer->next == FULL) {
    put(packer, CLEAR);
    reset(packer);
  } else if (packer->next == 1u << packer->width) {
    packer->width++;
  }
}

static void pack(Packer *packer, const uint8_t *data, size_t size) {
  Place place = {data, size, 0, 0};
  reset(packer);
  put(packer, CLEAR);
  while (place.at < size) {
    size_t run;
    uint8_t first = data[place.at];
    uint32_t code = take_string(packer, &place, &run);
    put(packer, code);
    if (place.at < size) {
      uint8_t byte = data[place.at];
      add(packer, code, byte);
      if (run > 0 && byte == first) {
        note_run(packer, byte, run + 1, packer->next);
      }
    }
    count_code(packer);
  }
  put(packer, END);
  if (packer->pending > 0) {
    packer->out[packer->at++] = (uint8_t)(packer->bits << (8 - packer->pending));
  }
}

bool nodal_lzw_pack(const void *data, size_t size, NodalBytes *out, NodalError **error) {
  /* Twelve bits a byte at most, and a code to forget after some thousand. */
  size_t most;
  if (size > NODAL_CODEC_MAX_BYTES || !nodal_add_size(size + size / 2, size / 1024 + 16, &most)) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "an LZW block of %zu bytes is too large", size);
  }
  if (!nodal_grow_array(&out->data, &out->capacity, most, 1, error)) {
    return false;
  }
  Packer *packer = nodal_alloc(sizeof *packer, error);
  if (!packer) {
    return false;
  }
  packer->out = out->data;
  packer->at = 0;
  packer->bits = 0;
  packer->pending = 0;
  pack(packer, data, size);
  out->size = packer->at;
  free(packer);
  return true;
}
