/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/paint.h"

/*
 * Bodies of one kind lie one at most in each cell of a jittered grid over the whole slide. A cell's body follows from
 * the cell's number and from the fields where the body lies; stamps are laid by operations whose order does not
 * matter, so a pixel is the same whatever region it is painted in.
 */

static void stamp_max(uint8_t *restrict plane, const uint8_t *restrict stamp, int width) {
  for (int i = 0; i < width; i += 16) {
    for (int j = 0; j < 16; j++) {
      plane[i + j] = plane[i + j] > stamp[i + j] ? plane[i + j] : stamp[i + j];
    }
  }
}

static void stamp_take(uint8_t *restrict plane, const uint8_t *restrict stamp, int width) {
  for (int i = 0; i < width; i += 16) {
    for (int j = 0; j < 16; j++) {
      plane[i + j] = (uint8_t)(plane[i + j] > stamp[i + j] ? plane[i + j] - stamp[i + j] : 0);
    }
  }
}

/* Along the capsule near it; elsewhere in bundles of some cells. The grid goes on beyond every node asked for. */
static int fiber_shape(const PhantomGrid *grid, size_t node, int64_t cell_column, int64_t cell_row, uint64_t seed,
                       uint64_t hash, int near) {
  double diamond = (double)(phantom_hash(seed, cell_column >> 2, cell_row >> 2) >> 11) * 0x1p-51;
  const int16_t *depth = grid->depth + node;
  int dx = depth[1] - depth[-1], dy = depth[grid->columns] - depth[-grid->columns];
  if (*depth < near && (dx != 0 || dy != 0)) {
    diamond = phantom_diamond(-dy, dx);
  }
  int shape = (int)(diamond * (PHANTOM_STAMP_SHAPES / 2.0)) + (int)(hash >> 60 & 3) - 1;
  return shape & (PHANTOM_STAMP_SHAPES - 1);
}

typedef struct Body {
  int64_t x, y; /* pixel */
  int phase_x, phase_y;
} Body;

/* The grid's lines are bent, lest the eye finds rows. */
static Body place_body(const PhantomPainter *painter, PhantomKind kind, double pitch, int64_t column, int64_t row,
                       uint64_t hash) {
  const PhantomStrewing *strewing = &phantom_strewing[kind];
  const PhantomStamps *stamps = &painter->stamps[kind];
  double u = (double)(hash & 0xFFFF) * 0x1p-16 - 0.5, v = (double)(hash >> 16 & 0xFFFF) * 0x1p-16 - 0.5;
  double shift = (row & 1) ? 0.75 : 0.25;
  double bend_x = painter->bends[row & (PHANTOM_BEND_LENGTH - 1)];
  double bend_y = painter->bends[column & (PHANTOM_BEND_LENGTH - 1)];
  double x = ((double)column + shift + bend_x + strewing->jitter * u) * pitch;
  double y = ((double)row + 0.5 + bend_y + strewing->jitter * v) * (pitch * PHANTOM_ROW_PITCH);
  Body body = {.x = phantom_floor(x), .y = phantom_floor(y)};
  body.phase_x = (int)((x - (double)body.x) * stamps->phases);
  body.phase_y = (int)((y - (double)body.y) * stamps->phases);
  return body;
}

static void lay_stamp(PhantomCanvas *canvas, const PhantomStamps *stamps, const uint8_t *pixels, PhantomKind kind,
                      int left, int top) {
  uint8_t *plane = kind == PHANTOM_ERYTHROCYTE ? canvas->eosin : canvas->hematoxylin;
  int from = top < 0 ? -top : 0, to = canvas->height - top < stamps->height ? canvas->height - top : stamps->height;
  for (int y = from; y < to; y++) {
    uint8_t *row = plane + (ptrdiff_t)(top + y) * canvas->pitch + left;
    if (kind == PHANTOM_MACROPHAGE) {
      stamp_take(row, pixels + (size_t)y * (size_t)stamps->width, stamps->width);
    } else {
      stamp_max(row, pixels + (size_t)y * (size_t)stamps->width, stamps->width);
    }
  }
}

static void strew_cell(const PhantomPainter *painter, PhantomCanvas *canvas, PhantomKind kind, double pitch,
                       int64_t column, int64_t row) {
  const PhantomStamps *stamps = &painter->stamps[kind];
  const PhantomGrid *grid = &canvas->grid;
  uint64_t hash = phantom_hash(painter->seeds[kind], column, row);
  int chance = (int)(hash >> 32 & 0xFF);
  if (chance >= grid->most[kind]) {
    return;
  }
  Body body = place_body(painter, kind, pitch, column, row, hash);
  int64_t left = body.x - stamps->center - canvas->x, top = body.y - stamps->center - canvas->y;
  if (left <= -stamps->height || top <= -stamps->height || left >= canvas->width || top >= canvas->height) {
    return;
  }
  int half = grid->step / 2;
  int node_column = (int)(((body.x + half) >> painter->shift) - grid->first_column);
  int node_row = (int)(((body.y + half) >> painter->shift) - grid->first_row);
  size_t node = (size_t)node_row * (size_t)grid->columns + (size_t)node_column;
  if (chance >= grid->fields[PHANTOM_FIRST_KIND + kind][node]) {
    return;
  }
  int shape = (int)(hash >> 40) & (PHANTOM_STAMP_SHAPES - 1);
  if (phantom_strewing[kind].body.oriented) {
    shape = fiber_shape(grid, node, column, row, painter->seeds[kind], hash, painter->rim);
  }
  lay_stamp(canvas, stamps, phantom_stamp(stamps, shape, body.phase_x, body.phase_y), kind, (int)left, (int)top);
}

static void strew_kind(const PhantomPainter *painter, PhantomCanvas *canvas, PhantomKind kind) {
  double pitch = phantom_strewing[kind].pitch_um / painter->tissue.spacing_um, row_pitch = pitch * PHANTOM_ROW_PITCH;
  double reach = painter->stamps[kind].center + 2;
  /* Jitter, bends and the shift of every other row move a body less than two cells from its own. */
  int64_t first_column = phantom_floor(((double)canvas->x - reach) / pitch) - 2;
  int64_t last_column = phantom_floor(((double)(canvas->x + canvas->width) + reach) / pitch) + 2;
  int64_t first_row = phantom_floor(((double)canvas->y - reach) / row_pitch) - 2;
  int64_t last_row = phantom_floor(((double)(canvas->y + canvas->height) + reach) / row_pitch) + 2;
  for (int64_t row = first_row; row <= last_row; row++) {
    for (int64_t column = first_column; column <= last_column; column++) {
      strew_cell(painter, canvas, kind, pitch, column, row);
    }
  }
}

void phantom_strew(const PhantomPainter *painter, PhantomCanvas *canvas) {
  for (int kind = 0; kind < PHANTOM_KINDS; kind++) {
    if (painter->stamps[kind].pixels && canvas->grid.most[kind] > 0) {
      strew_kind(painter, canvas, (PhantomKind)kind);
    }
  }
}
