/* SPDX-License-Identifier: Apache-2.0 */
/* TIFF tag 317: TIFF 6.0 section 14 (horizontal differencing), TIFF Technical Note 3 (floating point). */
#include "codec/parts.h"

#include <string.h>

bool nodal_predictor_is_floating(const NodalBlock *block) {
  return block->predictor == 3;
}

/* The sums stay in registers for the channel counts that matter. */
static void undo_8(uint8_t *row, size_t count, size_t channels) {
  if (channels == 1) {
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) {
      row[i] = (uint8_t)(sum += row[i]);
    }
  } else if (channels == 3) {
    unsigned red = 0, green = 0, blue = 0;
    for (size_t i = 0; i + 2 < count; i += 3) {
      row[i] = (uint8_t)(red += row[i]);
      row[i + 1] = (uint8_t)(green += row[i + 1]);
      row[i + 2] = (uint8_t)(blue += row[i + 2]);
    }
  } else {
    for (size_t i = channels; i < count; i++) {
      row[i] = (uint8_t)(row[i] + row[i - channels]);
    }
  }
}

/* Rows may lie at any address: memcpy, which compilers turn into plain loads and stores. */
static void undo_16(uint8_t *row, size_t count, size_t channels) {
  for (size_t i = channels; i < count; i++) {
    uint16_t left, here;
    memcpy(&left, row + (i - channels) * 2, 2);
    memcpy(&here, row + i * 2, 2);
    here = (uint16_t)(here + left);
    memcpy(row + i * 2, &here, 2);
  }
}

static void undo_32(uint8_t *row, size_t count, size_t channels) {
  for (size_t i = channels; i < count; i++) {
    uint32_t left, here;
    memcpy(&left, row + (i - channels) * 4, 4);
    memcpy(&here, row + i * 4, 4);
    here += left;
    memcpy(row + i * 4, &here, 4);
  }
}

static void undo_horizontal(const NodalBlock *block, uint8_t *bytes) {
  size_t row_bytes = nodal_block_row_bytes(block), channels = (size_t)block->channels;
  size_t count = (size_t)block->width * channels;
  for (int y = 0; y < block->height; y++) {
    uint8_t *row = bytes + (size_t)y * row_bytes;
    switch (nodal_dtype_size(block->dtype)) {
    case 1:
      undo_8(row, count, channels);
      break;
    case 2:
      undo_16(row, count, channels);
      break;
    default:
      undo_32(row, count, channels);
    }
  }
}

/* Bytes of a row are differenced, then stored plane by plane, the most significant one first. */
static bool undo_floating(const NodalBlock *block, uint8_t *bytes, NodalError **error) {
  size_t row_bytes = nodal_block_row_bytes(block), count = (size_t)block->width * (size_t)block->channels;
  uint8_t *copy = nodal_alloc(row_bytes, error);
  if (!copy) {
    return false;
  }
  for (int y = 0; y < block->height; y++) {
    uint8_t *row = bytes + (size_t)y * row_bytes;
    undo_8(row, row_bytes, (size_t)block->channels);
    memcpy(copy, row, row_bytes);
    for (size_t i = 0; i < count; i++) {
      for (size_t k = 0; k < 4; k++) {
        row[4 * i + k] = copy[(3 - k) * count + i];
      }
    }
  }
  free(copy);
  return true;
}

bool nodal_predictor_undo(const NodalBlock *block, uint8_t *bytes, NodalError **error) {
  switch (block->predictor) {
  case 0:
  case 1:
    return true;
  case 2:
    undo_horizontal(block, bytes);
    return true;
  case 3:
    if (block->dtype == NODAL_FLOAT32) {
      return undo_floating(block, bytes, error);
    }
    return nodal_fail(error, NODAL_ERROR_FORMAT, "floating point predictor for %s samples",
                      nodal_dtype_name(block->dtype));
  default:
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "predictor %d is not read", block->predictor);
  }
}

/* `to` is not `from`: nothing depends on what was written, so that the loops become vector code. */
static void difference_8(const uint8_t *restrict from, uint8_t *restrict to, size_t count, size_t channels) {
  memcpy(to, from, channels);
  for (size_t i = channels; i < count; i++) {
    to[i] = (uint8_t)(from[i] - from[i - channels]);
  }
}

static void difference_16(const uint8_t *restrict from, uint8_t *restrict to, size_t count, size_t channels) {
  memcpy(to, from, channels * 2);
  for (size_t i = channels; i < count; i++) {
    uint16_t left, here;
    memcpy(&left, from + (i - channels) * 2, 2);
    memcpy(&here, from + i * 2, 2);
    here = (uint16_t)(here - left);
    memcpy(to + i * 2, &here, 2);
  }
}

void nodal_predictor_apply(const uint8_t *row, uint8_t *out, size_t count, size_t channels, NodalDtype dtype) {
  if (dtype == NODAL_UINT8) {
    difference_8(row, out, count, channels);
  } else {
    difference_16(row, out, count, channels);
  }
}
