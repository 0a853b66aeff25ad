/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/paint.h"

#include <string.h>

/* The grid's field at the pixels of one row: bilinear, in integers that are exact for steps up to 16. */
static inline __attribute__((always_inline)) void spread(const uint16_t *restrict nodes, int cells, int step, int shift,
                                                         uint16_t *restrict values) {
  unsigned half = 8U << shift;
  for (int cell = 0; cell < cells; cell++) {
    unsigned left = nodes[cell], right = nodes[cell + 1];
    for (int i = 0; i < step; i++) {
      unsigned sum = left * (unsigned)(step - i) + right * (unsigned)i + half;
      values[cell * step + i] = (uint16_t)((uint16_t)sum >> (shift + 4));
    }
  }
}

static void ground_row(const PhantomPainter *painter, PhantomCanvas *canvas, int field, int row) {
  const PhantomGrid *grid = &canvas->grid;
  int step = painter->step, shift = painter->shift, cells = canvas->width / step, part = row & (step - 1);
  size_t first = (size_t)((row >> shift) + painter->reach) * (size_t)grid->columns + (size_t)painter->reach;
  const uint8_t *top = grid->fields[field] + first, *low = top + grid->columns;
  for (int i = 0; i <= cells; i++) {
    canvas->nodes[i] = (uint16_t)((16U * (unsigned)(top[i] * (step - part) + low[i] * part)) >> shift);
  }
  if (step == 16) {
    spread(canvas->nodes, cells, 16, 4, canvas->ground[field]);
  } else {
    spread(canvas->nodes, cells, step, shift, canvas->ground[field]);
  }
}

/* Depth under the capsule's outside, 1/16 pixel. */
static void depth_row(const PhantomPainter *painter, PhantomCanvas *canvas, int row) {
  const PhantomGrid *grid = &canvas->grid;
  int step = painter->step, shift = painter->shift, cells = canvas->width / step, part = row & (step - 1);
  size_t first = (size_t)((row >> shift) + painter->reach) * (size_t)grid->columns + (size_t)painter->reach;
  const int16_t *top = grid->depth + first, *low = top + grid->columns;
  for (int cell = 0; cell < cells; cell++) {
    int left = top[cell] * (step - part) + low[cell] * part;
    int right = top[cell + 1] * (step - part) + low[cell + 1] * part;
    for (int i = 0; i < step; i++) {
      canvas->depth[cell * step + i] = (left * (step - i) + right * i) >> (2 * shift);
    }
  }
}

/* Fibres of this row; near the outside they run in layers along it, with a soft change to those of the inside. */
static void strand_row(const PhantomPainter *painter, PhantomCanvas *canvas, int row, bool rim) {
  const int8_t *first = phantom_texture_run(&painter->fiber, canvas->x, canvas->y + row);
  const int8_t *second = phantom_texture_run(&painter->second_fiber, canvas->x, canvas->y + row);
  for (int i = 0; i < canvas->width; i++) {
    canvas->strands[i] = (int8_t)((first[i] + second[i]) >> 1);
  }
  if (!rim) {
    return;
  }
  for (int i = 0; i < canvas->width; i++) {
    int depth = canvas->depth[i], share = (painter->rim - depth) * 64 / painter->rim;
    share = share < 0 ? 0 : share > 16 ? 16 : share;
    int place = ((depth * painter->lamella_factor + second[i] * 4) >> 8) & (PHANTOM_LAMELLA_LENGTH - 1);
    int layered = (canvas->strands[i] + painter->lamellae[place]) >> 1;
    canvas->strands[i] = (int8_t)((canvas->strands[i] * (16 - share) + layered * share) >> 4);
  }
}

static inline int16_t byte_range(int16_t value) {
  int16_t low = (int16_t)(value < 0 ? 0 : value);
  return (int16_t)(low > 255 ? 255 : low);
}

static void lay_ground(const PhantomPainter *painter, PhantomCanvas *canvas, int row, bool rim) {
  if (rim) {
    depth_row(painter, canvas, row);
  }
  strand_row(painter, canvas, row, rim);
  ground_row(painter, canvas, PHANTOM_HEMATOXYLIN, row);
  ground_row(painter, canvas, PHANTOM_EOSIN, row);
  ground_row(painter, canvas, PHANTOM_FIBER, row);
  const int8_t *restrict grain = phantom_texture_run(&painter->grain, canvas->x, canvas->y + row);
  const int8_t *restrict strands = canvas->strands;
  const uint16_t *restrict purple = canvas->ground[PHANTOM_HEMATOXYLIN];
  const uint16_t *restrict pink = canvas->ground[PHANTOM_EOSIN], *restrict fiber = canvas->ground[PHANTOM_FIBER];
  uint8_t *restrict hematoxylin = canvas->hematoxylin + (size_t)row * (size_t)canvas->pitch;
  uint8_t *restrict eosin = canvas->eosin + (size_t)row * (size_t)canvas->pitch;
  for (int i = 0; i < canvas->width; i++) {
    int16_t first = (int16_t)purple[i], second = (int16_t)pink[i];
    int16_t rough = (int16_t)((int16_t)((int16_t)fiber[i] * strands[i]) >> 8);
    first = (int16_t)(first + ((int16_t)(first * grain[i]) >> 7));
    second = (int16_t)(second + ((int16_t)(second * grain[i]) >> 8) + rough);
    hematoxylin[i] = (uint8_t)byte_range(first);
    eosin[i] = (uint8_t)byte_range(second);
  }
}

/* Ends the node at the capsule's outside, over two pixels, and lets the fat show beyond. */
static void cut_edge(const PhantomPainter *painter, PhantomCanvas *canvas, int row, bool fat) {
  depth_row(painter, canvas, row);
  uint8_t *hematoxylin = canvas->hematoxylin + (size_t)row * (size_t)canvas->pitch;
  uint8_t *eosin = canvas->eosin + (size_t)row * (size_t)canvas->pitch;
  const uint8_t *beyond = canvas->fat + (size_t)row * (size_t)painter->chunk;
  for (int i = 0; i < canvas->width; i++) {
    int cover = (canvas->depth[i] + 16) >> 1;
    cover = cover < 0 ? 0 : cover > 16 ? 16 : cover;
    int rest = fat ? beyond[i] * (16 - cover) : 0;
    hematoxylin[i] = (uint8_t)((hematoxylin[i] * cover) >> 4);
    eosin[i] = (uint8_t)((eosin[i] * cover + rest) >> 4);
  }
}

static void look_up(const uint32_t *colors, const uint8_t *hematoxylin, const uint8_t *eosin, int width, uint8_t *rgb) {
  for (int i = 0; i < width - 1; i++) {
    uint32_t color = colors[hematoxylin[i] << 7 | eosin[i] >> 1];
    memcpy(rgb + 3 * (size_t)i, &color, 4); /* the fourth byte is overwritten by the next pixel */
  }
  uint32_t color = colors[hematoxylin[width - 1] << 7 | eosin[width - 1] >> 1];
  memcpy(rgb + 3 * (size_t)(width - 1), &color, 3);
}

static void fill_constant(uint32_t color, int width, int height, uint8_t *rgb, size_t stride) {
  for (int i = 0; i < width; i++) {
    memcpy(rgb + 3 * (size_t)i, &color, 3);
  }
  for (int y = 1; y < height; y++) {
    memcpy(rgb + (size_t)y * stride, rgb, 3 * (size_t)width);
  }
}

static void place_canvas(const PhantomPainter *painter, PhantomCanvas *canvas, int64_t x, int64_t y, int width,
                         int height) {
  int step = painter->step;
  canvas->x = x / step * step;
  canvas->y = y / step * step;
  canvas->width = (int)(x + width - canvas->x + step - 1) / step * step;
  canvas->height = (int)(y + height - canvas->y + step - 1) / step * step;
  PhantomGrid *grid = &canvas->grid;
  grid->step = step;
  grid->first_column = canvas->x / step - painter->reach;
  grid->first_row = canvas->y / step - painter->reach;
  grid->columns = canvas->width / step + 1 + 2 * painter->reach;
  grid->rows = canvas->height / step + 1 + 2 * painter->reach;
}

void phantom_paint_chunk(const PhantomPainter *painter, PhantomCanvas *canvas, int64_t x, int64_t y, int width,
                         int height, uint8_t *rgb, size_t stride) {
  place_canvas(painter, canvas, x, y, width, height);
  phantom_grid_fill(&canvas->grid, &painter->tissue);
  /* With one node a pixel the fields are cut at the edge already. */
  bool sampled = painter->step == 1;
  bool tissue = canvas->grid.most_depth > -16 || sampled;
  bool edge = canvas->grid.least_depth < 16 && !sampled;
  bool rim = canvas->grid.least_depth < painter->rim && !sampled;
  bool fat = edge && phantom_fat_fill(painter, canvas);
  if (!tissue && !fat) {
    fill_constant(painter->colors[0], width, height, rgb, stride);
    return;
  }
  for (int row = 0; row < canvas->height; row++) {
    lay_ground(painter, canvas, row, rim);
  }
  phantom_strew(painter, canvas);
  for (int row = 0; row < canvas->height && edge; row++) {
    cut_edge(painter, canvas, row, fat);
  }
  for (int row = 0; row < height; row++) {
    size_t offset = (size_t)(y - canvas->y + row) * (size_t)canvas->pitch + (size_t)(x - canvas->x);
    look_up(painter->colors, canvas->hematoxylin + offset, canvas->eosin + offset, width, rgb + (size_t)row * stride);
  }
}
