/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "pyramid/convert.h"

enum { MAX_LABELS = 64, BAND_ROWS = 256, BAND_COLUMNS = 4096 };

/* Different values met so far. */
typedef struct Values {
  uint32_t value[MAX_LABELS];
  int count;
  bool too_many;
} Values;

static void note(Values *values, uint32_t value) {
  for (int i = 0; i < values->count; i++) {
    if (values->value[i] == value) {
      return;
    }
  }
  if (values->count == MAX_LABELS) {
    values->too_many = true;
  } else {
    values->value[values->count++] = value;
  }
}

static uint32_t sample_at(const uint8_t *row, int64_t x, NodalDtype dtype) {
  switch (dtype) {
  case NODAL_UINT8:
    return row[x];
  case NODAL_UINT16:
    return ((const uint16_t *)(const void *)row)[x];
  default:
    return ((const uint32_t *)(const void *)row)[x];
  }
}

static void note_row(Values *values, const uint8_t *row, int64_t width, NodalDtype dtype) {
  uint32_t last = 0;
  for (int64_t x = 0; x < width && !values->too_many; x++) {
    uint32_t value = sample_at(row, x, dtype);
    if (x == 0 || value != last) {
      note(values, value);
      last = value;
    }
  }
}

static bool count_values(NodalSlide *slide, int index, Values *values, NodalError **error) {
  NodalLevel level;
  nodal_slide_level(slide, index, &level);
  NodalDtype dtype = nodal_slide_dtype(slide);
  size_t stride = BAND_COLUMNS * nodal_dtype_size(dtype);
  uint8_t *pixels = nodal_alloc(stride * BAND_ROWS, error);
  bool read = pixels != NULL;
  for (int64_t y = 0; read && y < level.height && !values->too_many; y += BAND_ROWS) {
    for (int64_t x = 0; read && x < level.width && !values->too_many; x += BAND_COLUMNS) {
      NodalRect part = {x, y, nodal_min64(BAND_COLUMNS, level.width - x), nodal_min64(BAND_ROWS, level.height - y)};
      read = nodal_slide_read_level(slide, index, part, NODAL_PIXELS_NATIVE, pixels, stride, error);
      for (int64_t row = 0; read && row < part.height; row++) {
        note_row(values, pixels + (size_t)row * stride, part.width, dtype);
      }
    }
  }
  free(pixels);
  return read;
}

static bool is_lossless(NodalCodec codec) {
  return codec == NODAL_CODEC_NONE || codec == NODAL_CODEC_LZW || codec == NODAL_CODEC_DEFLATE ||
         codec == NODAL_CODEC_ZSTD || codec == NODAL_CODEC_PNG;
}

bool nodal_slide_is_label(NodalSlide *slide, bool *label, NodalError **error) {
  *label = nodal_slide_color(slide) == NODAL_COLOR_LABEL;
  if (*label || nodal_slide_channels(slide) != 1 || nodal_slide_dtype(slide) == NODAL_FLOAT32) {
    return true;
  }
  int last = nodal_slide_level_count(slide) - 1;
  for (int i = 0; i <= last; i++) {
    NodalLevel level;
    nodal_slide_level(slide, i, &level);
    if (!is_lossless(level.codec)) {
      return true;
    }
  }
  Values values = {0};
  if (!count_values(slide, last, &values, error)) {
    return false;
  }
  *label = !values.too_many;
  return true;
}
