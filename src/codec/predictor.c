/* SPDX-License-Identifier: Apache-2.0 */
/* TIFF tag 317: TIFF 6.0 section 14 (horizontal differencing), TIFF Technical Note 3 (floating point). */
#include "codec/parts.h"

#include <string.h>

bool nodal_predictor_is_floating(const NodalBlock *block) {
  return block->predictor == 3;
}

static void undo_8(uint8_t *row, size_t count, size_t channels) {
  for (size_t i = channels; i < count; i++) {
    row[i] = (uint8_t)(row[i] + row[i - channels]);
  }
}

static void undo_16(uint16_t *row, size_t count, size_t channels) {
  for (size_t i = channels; i < count; i++) {
    row[i] = (uint16_t)(row[i] + row[i - channels]);
  }
}

static void undo_32(uint32_t *row, size_t count, size_t channels) {
  for (size_t i = channels; i < count; i++) {
    row[i] += row[i - channels];
  }
}

static void undo_horizontal(const NodalBlock *block, uint8_t *bytes) {
  size_t row_bytes = nodal_block_row_bytes(block), channels = (size_t)block->channels;
  size_t count = (size_t)block->width * channels;
  for (int y = 0; y < block->height; y++) {
    uint8_t *row = bytes + (size_t)y * row_bytes;
    if (block->dtype == NODAL_UINT8) {
      undo_8(row, count, channels);
    } else if (block->dtype == NODAL_UINT16) {
      undo_16((uint16_t *)(void *)row, count, channels);
    } else {
      undo_32((uint32_t *)(void *)row, count, channels);
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

void nodal_predictor_apply(uint8_t *bytes, size_t row_bytes, int rows, int channels, NodalDtype dtype) {
  size_t count = row_bytes / nodal_dtype_size(dtype), step = (size_t)channels;
  for (int y = 0; y < rows; y++) {
    uint8_t *row = bytes + (size_t)y * row_bytes;
    uint16_t *row16 = (uint16_t *)(void *)row;
    for (size_t i = count; i-- > step;) {
      if (dtype == NODAL_UINT8) {
        row[i] = (uint8_t)(row[i] - row[i - step]);
      } else {
        row16[i] = (uint16_t)(row16[i] - row16[i - step]);
      }
    }
  }
}
