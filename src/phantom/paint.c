/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/paint.h"

#include <string.h>

/*
 * The inner loops have their own functions and take plain pointers and sizes: only so does the compiler know that a
 * stored byte changes none of them, and makes vector code of the loop.
 */

/* A field at the pixels of one row: bilinear, in 16-bit integers that are exact for steps up to 16. */
static void spread_16(const uint16_t *restrict nodes, int cells, uint16_t *restrict values) {
  for (int cell = 0; cell < cells; cell++) {
    uint16_t start = (uint16_t)(nodes[cell] * 16 + 128), slope = (uint16_t)(nodes[cell + 1] - nodes[cell]);
    uint16_t *restrict run = values + (size_t)cell * 16;
    for (uint16_t i = 0; i < 16; i++) {
      run[i] = (uint16_t)((uint16_t)(start + (uint16_t)(slope * i)) >> 8);
    }
  }
}

static void spread(const uint16_t *restrict nodes, int cells, int step, int shift, uint16_t *restrict values) {
  for (int cell = 0; cell < cells; cell++) {
    unsigned sum = nodes[cell] * (unsigned)step + (8U << shift), slope = (unsigned)nodes[cell + 1] - nodes[cell];
    for (int i = 0; i < step; i++) {
      values[cell * step + i] = (uint16_t)(sum >> (shift + 4));
      sum += slope;
    }
  }
}

static void blend_rows(const uint8_t *restrict top, const uint8_t *restrict low, int count, int part, int shift,
                       uint16_t *restrict nodes) {
  int rest = (1 << shift) - part;
  for (int i = 0; i < count; i++) {
    nodes[i] = (uint16_t)((16U * (unsigned)(top[i] * rest + low[i] * part)) >> shift);
  }
}

/* The first node of the canvas's pixels in this row. */
static size_t first_node(const PhantomPainter *painter, const PhantomCanvas *canvas, int row) {
  return (size_t)((row >> painter->shift) + painter->reach) * (size_t)canvas->grid.columns + (size_t)painter->reach;
}

static void ground_row(const PhantomPainter *painter, PhantomCanvas *canvas, int field, int row) {
  int cells = canvas->width / painter->step;
  const uint8_t *top = canvas->grid.fields[field] + first_node(painter, canvas, row);
  blend_rows(top, top + canvas->grid.columns, cells + 1, row & (painter->step - 1), painter->shift, canvas->nodes);
  if (painter->step == 16) {
    spread_16(canvas->nodes, cells, canvas->ground[field]);
  } else {
    spread(canvas->nodes, cells, painter->step, painter->shift, canvas->ground[field]);
  }
}

/* Depth under the capsule's outside, 1/16 pixel. */
static void depth_row(const PhantomPainter *painter, PhantomCanvas *canvas, int row) {
  int step = painter->step, shift = painter->shift, cells = canvas->width / step, part = row & (step - 1);
  const int16_t *top = canvas->grid.depth + first_node(painter, canvas, row), *low = top + canvas->grid.columns;
  int32_t *restrict values = canvas->depth;
  for (int cell = 0; cell < cells; cell++) {
    int left = top[cell] * (step - part) + low[cell] * part;
    int right = top[cell + 1] * (step - part) + low[cell + 1] * part;
    for (int i = 0; i < step; i++) {
      values[cell * step + i] = (left * (step - i) + right * i) >> (2 * shift);
    }
  }
}

/* Fibres of this row; near the outside they run in layers along it, with a soft change to those of the inside. */
static void strand_row(const PhantomPainter *painter, PhantomCanvas *canvas, int row, bool rim) {
  const int8_t *restrict first = phantom_texture_run(&painter->fiber, canvas->x, canvas->y + row);
  const int8_t *restrict second = phantom_texture_run(&painter->second_fiber, canvas->x, canvas->y + row);
  int8_t *restrict strands = canvas->strands;
  int width = canvas->width;
  for (int i = 0; i < width; i++) {
    strands[i] = (int8_t)((first[i] + second[i]) >> 1);
  }
  for (int i = 0; i < width && rim; i++) {
    int depth = canvas->depth[i], share = (painter->rim - depth) * 64 / painter->rim;
    share = share < 0 ? 0 : share > 16 ? 16 : share;
    int place = ((depth * painter->lamella_factor + second[i] * 4) >> 8) & (PHANTOM_LAMELLA_LENGTH - 1);
    int layered = (strands[i] >> 1) + painter->lamellae[place];
    layered = layered > 127 ? 127 : layered < -127 ? -127 : layered;
    strands[i] = (int8_t)((strands[i] * (16 - share) + layered * share) >> 4);
  }
}

static void mix_rows(const uint16_t *restrict purple, const uint16_t *restrict pink, const uint16_t *restrict fiber,
                     const int8_t *restrict grain, const int8_t *restrict strands, int width,
                     uint8_t *restrict hematoxylin, uint8_t *restrict eosin) {
  for (int i = 0; i < width; i++) {
    int16_t rough = (int16_t)((int16_t)((int16_t)fiber[i] * strands[i]) >> 8);
    int16_t first = (int16_t)((int16_t)((int16_t)purple[i] * grain[i]) >> 7);
    int16_t second = (int16_t)((int16_t)((int16_t)pink[i] * grain[i]) >> 8);
    first = (int16_t)(first + (int16_t)purple[i]);
    second = (int16_t)(second + (int16_t)pink[i] + rough);
    first = first < 0 ? 0 : first;
    second = second < 0 ? 0 : second;
    hematoxylin[i] = (uint8_t)(first > 255 ? 255 : first);
    eosin[i] = (uint8_t)(second > 255 ? 255 : second);
  }
}

static void lay_ground(const PhantomPainter *painter, PhantomCanvas *canvas, int row, bool rim) {
  if (rim) {
    depth_row(painter, canvas, row);
  }
  strand_row(painter, canvas, row, rim);
  ground_row(painter, canvas, PHANTOM_HEMATOXYLIN, row);
  ground_row(painter, canvas, PHANTOM_EOSIN, row);
  ground_row(painter, canvas, PHANTOM_FIBER, row);
  mix_rows(canvas->ground[PHANTOM_HEMATOXYLIN], canvas->ground[PHANTOM_EOSIN], canvas->ground[PHANTOM_FIBER],
           phantom_texture_run(&painter->grain, canvas->x, canvas->y + row), canvas->strands, canvas->width,
           canvas->hematoxylin + (size_t)row * (size_t)canvas->pitch,
           canvas->eosin + (size_t)row * (size_t)canvas->pitch);
}

/* Gaps between cells, under the nuclei. */
static void open_clefts(const int8_t *restrict clefts, int width, uint8_t *restrict hematoxylin,
                        uint8_t *restrict eosin) {
  for (int i = 0; i < width; i++) {
    int16_t keep = (int16_t)(128 - clefts[i]);
    hematoxylin[i] = (uint8_t)((int16_t)(hematoxylin[i] * keep) >> 7);
    eosin[i] = (uint8_t)((int16_t)(eosin[i] * keep) >> 7);
  }
}

/* The same lines in an IHC section are the membranes of tumor cells, where most of the DAB is. */
static void stain_membranes(const int8_t *restrict clefts, int width, uint8_t *restrict dab) {
  for (int i = 0; i < width; i++) {
    int16_t value = (int16_t)(dab[i] + ((int16_t)(dab[i] * clefts[i]) >> 7));
    dab[i] = (uint8_t)(value > 255 ? 255 : value);
  }
}

/* Chromatin in the nuclei, and what lies round them a little uneven too. */
static void roughen(const int8_t *restrict chromatin, int width, uint8_t *restrict hematoxylin,
                    uint8_t *restrict eosin) {
  for (int i = 0; i < width; i++) {
    int16_t first = (int16_t)(hematoxylin[i] + ((int16_t)(hematoxylin[i] * chromatin[i]) >> 7));
    int16_t second = (int16_t)(eosin[i] + ((int16_t)(eosin[i] * chromatin[i]) >> 8));
    hematoxylin[i] = (uint8_t)(first > 255 ? 255 : first);
    eosin[i] = (uint8_t)(second > 255 ? 255 : second);
  }
}

/* Ends the node at the capsule's outside, over two pixels, and lets the fat show beyond. */
static void cut_edge(const PhantomPainter *painter, PhantomCanvas *canvas, int row, bool fat) {
  depth_row(painter, canvas, row);
  uint8_t *restrict hematoxylin = canvas->hematoxylin + (size_t)row * (size_t)canvas->pitch;
  uint8_t *restrict eosin = canvas->eosin + (size_t)row * (size_t)canvas->pitch;
  const uint8_t *restrict beyond = canvas->fat + (size_t)row * (size_t)painter->chunk;
  const int32_t *restrict depth = canvas->depth;
  int width = canvas->width, share = fat && !painter->ihc ? 1 : 0; /* DAB leaves fat alone */
  for (int i = 0; i < width; i++) {
    int cover = (depth[i] + 16) >> 1;
    cover = cover < 0 ? 0 : cover > 16 ? 16 : cover;
    hematoxylin[i] = (uint8_t)((hematoxylin[i] * cover) >> 4);
    eosin[i] = (uint8_t)((eosin[i] * cover + share * beyond[i] * (16 - cover)) >> 4);
  }
}

static void look_up(const uint32_t *restrict colors, const uint8_t *restrict hematoxylin, const uint8_t *restrict eosin,
                    int width, uint8_t *restrict rgb) {
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

void phantom_place_canvas(const PhantomPainter *painter, PhantomCanvas *canvas, int64_t x, int64_t y, int width,
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
  phantom_place_canvas(painter, canvas, x, y, width, height);
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
  /* Another part of the texture in every chunk: from afar the eye would find its period. */
  uint64_t part = phantom_hash(painter->fat_seed, x / painter->chunk, y / painter->chunk);
  int64_t aside = (int64_t)(part & 0xFF), down = (int64_t)(part >> 8 & 0xFF);
  for (int row = 0; row < canvas->height && painter->rough; row++) {
    size_t offset = (size_t)row * (size_t)canvas->pitch;
    const int8_t *clefts = phantom_texture_run(&painter->clefts, canvas->x + aside, canvas->y + down + row);
    if (painter->ihc) {
      stain_membranes(clefts, canvas->width, canvas->eosin + offset);
    } else {
      open_clefts(clefts, canvas->width, canvas->hematoxylin + offset, canvas->eosin + offset);
    }
  }
  phantom_strew(painter, canvas);
  for (int row = 0; row < canvas->height && painter->rough; row++) {
    size_t offset = (size_t)row * (size_t)canvas->pitch;
    roughen(phantom_texture_run(&painter->chromatin, canvas->x + aside, canvas->y + down + row), canvas->width,
            canvas->hematoxylin + offset, canvas->eosin + offset);
  }
  for (int row = 0; row < canvas->height && edge; row++) {
    cut_edge(painter, canvas, row, fat);
  }
  for (int row = 0; row < height; row++) {
    size_t offset = (size_t)(y - canvas->y + row) * (size_t)canvas->pitch + (size_t)(x - canvas->x);
    look_up(painter->colors, canvas->hematoxylin + offset, canvas->eosin + offset, width, rgb + (size_t)row * stride);
  }
}
