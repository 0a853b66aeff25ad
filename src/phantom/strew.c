/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/paint.h"

#include "base/memory.h"

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

/* The grid's lines are bent, lest the eye finds rows. */
static PhantomBodyPlace place_body(const PhantomPainter *painter, PhantomKind kind, double pitch, int64_t column,
                                   int64_t row, uint64_t hash) {
  const PhantomStrewing *strewing = &phantom_strewing[kind];
  const PhantomStamps *stamps = &painter->stamps[kind];
  double u = (double)(hash & 0xFFFF) * 0x1p-16 - 0.5, v = (double)(hash >> 16 & 0xFFFF) * 0x1p-16 - 0.5;
  double shift = (row & 1) ? 0.75 : 0.25;
  double bend_x = painter->bends[row & (PHANTOM_BEND_LENGTH - 1)];
  double bend_y = painter->bends[column & (PHANTOM_BEND_LENGTH - 1)];
  double x = ((double)column + shift + bend_x + strewing->jitter * u) * pitch;
  double y = ((double)row + 0.5 + bend_y + strewing->jitter * v) * (pitch * PHANTOM_ROW_PITCH);
  PhantomBodyPlace body = {.x = phantom_floor(x), .y = phantom_floor(y)};
  body.phase_x = (int)((x - (double)body.x) * stamps->phases);
  body.phase_y = (int)((y - (double)body.y) * stamps->phases);
  return body;
}

static inline void lay_stamp(PhantomCanvas *canvas, const PhantomStamps *stamps, const PhantomBodyPlace *body,
                             PhantomKind kind) {
  const uint8_t *pixels = phantom_stamp(stamps, body->shape, body->phase_x, body->phase_y);
  uint8_t *plane = kind == PHANTOM_ERYTHROCYTE ? canvas->eosin : canvas->hematoxylin;
  int left = (int)(body->x - stamps->center - canvas->x), top = (int)(body->y - stamps->center - canvas->y);
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

static bool holds(const NodalRect *area, const PhantomBodyPlace *body) {
  return body->x >= area->x && body->y >= area->y && body->x < area->x + area->width &&
         body->y < area->y + area->height;
}

/* Whether a body would hide the few cells of a small nest, or crowd the only one of a tiny nest. */
static bool hides_small_nest(const PhantomPainter *painter, const PhantomGrid *grid, PhantomKind kind,
                             const PhantomBodyPlace *body) {
  const PhantomTissue *tissue = &painter->tissue;
  for (size_t i = 0; i < grid->nest_count; i++) {
    const PhantomNestPlan *nest = &tissue->plan->nests[grid->nests[i]];
    if (nest->longest_um >= (kind == PHANTOM_TUMOR ? PHANTOM_LONE_CELL_UM : PHANTOM_SMALL_NEST_UM)) {
      continue;
    }
    double x = ((double)body->x + 0.5) * tissue->spacing_um, y = ((double)body->y + 0.5) * tissue->spacing_um;
    phantom_to_tissue(&tissue->section, &x, &y);
    double dx = x - nest->outline.x, dy = y - nest->outline.y, clear = nest->outline.reach + PHANTOM_CLEAR_ROUND_UM;
    if (dx * dx + dy * dy < clear * clear) {
      return true;
    }
  }
  return false;
}

/* The body of a cell, if it has one and that lies in the area of pixels. */
static inline bool find_body(const PhantomPainter *painter, const PhantomGrid *grid, PhantomKind kind, double pitch,
                             int64_t column, int64_t row, const NodalRect *area, PhantomBodyPlace *body) {
  uint64_t hash = phantom_hash(painter->seeds[kind], column, row);
  int chance = (int)(hash >> 32 & 0xFF);
  if (chance >= grid->most[kind]) {
    return false;
  }
  *body = place_body(painter, kind, pitch, column, row, hash);
  if (!holds(area, body)) {
    return false;
  }
  int half = grid->step / 2;
  int node_column = (int)(((body->x + half) >> painter->shift) - grid->first_column);
  int node_row = (int)(((body->y + half) >> painter->shift) - grid->first_row);
  size_t node = (size_t)node_row * (size_t)grid->columns + (size_t)node_column;
  if (chance >= grid->fields[PHANTOM_FIRST_KIND + kind][node] || hides_small_nest(painter, grid, kind, body)) {
    return false;
  }
  body->shape = (int)(hash >> 40) & (PHANTOM_STAMP_SHAPES - 1);
  if (phantom_strewing[kind].body.oriented) {
    body->shape = fiber_shape(grid, node, column, row, painter->seeds[kind], hash, painter->rim);
  }
  return true;
}

/* The cells whose bodies may lie in an area of pixels. */
typedef struct CellRange {
  double pitch;
  int64_t first_column, last_column, first_row, last_row;
} CellRange;

static CellRange cell_range(const PhantomPainter *painter, PhantomKind kind, const NodalRect *area) {
  double pitch = phantom_strewing[kind].pitch_um / painter->tissue.spacing_um, row_pitch = pitch * PHANTOM_ROW_PITCH;
  /* Jitter, bends and the shift of every other row move a body less than two cells from its own. */
  return (CellRange){
      .pitch = pitch,
      .first_column = phantom_floor((double)(area->x - 2) / pitch) - 2,
      .last_column = phantom_floor((double)(area->x + area->width + 2) / pitch) + 2,
      .first_row = phantom_floor((double)(area->y - 2) / row_pitch) - 2,
      .last_row = phantom_floor((double)(area->y + area->height + 2) / row_pitch) + 2,
  };
}

/* Where the center of a body may lie that reaches into the chunk. */
static NodalRect area_of_centers(const PhantomCanvas *canvas, const PhantomStamps *stamps) {
  int reach = stamps->center;
  return (NodalRect){canvas->x - reach, canvas->y - reach, canvas->width + 2 * reach, canvas->height + 2 * reach};
}

static void strew_kind(const PhantomPainter *painter, PhantomCanvas *canvas, PhantomKind kind) {
  const PhantomStamps *stamps = &painter->stamps[kind];
  NodalRect area = area_of_centers(canvas, stamps);
  CellRange cells = cell_range(painter, kind, &area);
  for (int64_t row = cells.first_row; row <= cells.last_row; row++) {
    for (int64_t column = cells.first_column; column <= cells.last_column; column++) {
      PhantomBodyPlace body;
      if (find_body(painter, &canvas->grid, kind, cells.pitch, column, row, &area, &body)) {
        lay_stamp(canvas, stamps, &body, kind);
      }
    }
  }
}

/* The nucleus in the middle of nest `index`, if the nest is so small that the strewing may leave it empty. */
static const PhantomStamps *find_founder(const PhantomPainter *painter, uint32_t index, PhantomBodyPlace *body) {
  const PhantomNestPlan *nest = &painter->tissue.plan->nests[index];
  if (nest->longest_um >= PHANTOM_SMALL_NEST_UM) {
    return NULL;
  }
  const PhantomStamps *stamps =
      nest->longest_um < PHANTOM_LONE_CELL_UM ? &painter->lone : &painter->stamps[PHANTOM_TUMOR];
  double x = nest->outline.x, y = nest->outline.y;
  phantom_to_slide(&painter->tissue.section, &x, &y);
  x /= painter->tissue.spacing_um;
  y /= painter->tissue.spacing_um;
  *body = (PhantomBodyPlace){.x = phantom_floor(x), .y = phantom_floor(y)};
  body->phase_x = (int)((x - (double)body->x) * stamps->phases);
  body->phase_y = (int)((y - (double)body->y) * stamps->phases);
  body->shape = (int)(phantom_hash(painter->seeds[PHANTOM_TUMOR], index, -1) & (PHANTOM_STAMP_SHAPES - 1));
  return stamps;
}

/* The body of a small nest's cells in DAB, to the pixel: the grid is too wide for it. */
static void stain_small_nest(const PhantomPainter *painter, PhantomCanvas *canvas, const PhantomNestPlan *nest) {
  const PhantomTissue *tissue = &painter->tissue;
  double x = nest->outline.x, y = nest->outline.y, spacing = tissue->spacing_um;
  phantom_to_slide(&tissue->section, &x, &y);
  int64_t reach = phantom_floor(nest->outline.reach / spacing) + 2;
  int64_t column = phantom_floor(x / spacing), row = phantom_floor(y / spacing);
  int64_t top = nodal_max64(row - reach, canvas->y), bottom = nodal_min64(row + reach, canvas->y + canvas->height - 1);
  int64_t left = nodal_max64(column - reach, canvas->x),
          right = nodal_min64(column + reach, canvas->x + canvas->width - 1);
  float most = PHANTOM_DAB_STEPS;
  for (int64_t j = top; j <= bottom; j++) {
    uint8_t *line = canvas->eosin + (ptrdiff_t)(j - canvas->y) * canvas->pitch - canvas->x;
    for (int64_t i = left; i <= right; i++) {
      double x_um = ((double)i + 0.5) * spacing, y_um = ((double)j + 0.5) * spacing;
      phantom_to_tissue(&tissue->section, &x_um, &y_um);
      float depth = phantom_outline_depth(&nest->outline, x_um, y_um);
      uint8_t amount = (uint8_t)(most * phantom_ramp(depth, -0.5F, 0.5F) + 0.5F);
      line[i] = line[i] > amount ? line[i] : amount;
    }
  }
}

/* Nests that the strewing may leave empty. */
static void lay_small_nests(const PhantomPainter *painter, PhantomCanvas *canvas) {
  for (size_t i = 0; i < canvas->grid.nest_count; i++) {
    PhantomBodyPlace body;
    const PhantomStamps *stamps = find_founder(painter, canvas->grid.nests[i], &body);
    if (!stamps) {
      continue;
    }
    if (painter->ihc) {
      stain_small_nest(painter, canvas, &painter->tissue.plan->nests[canvas->grid.nests[i]]);
    }
    NodalRect area = area_of_centers(canvas, stamps);
    if (holds(&area, &body)) {
      lay_stamp(canvas, stamps, &body, PHANTOM_TUMOR);
    }
  }
}

void phantom_strew(const PhantomPainter *painter, PhantomCanvas *canvas) {
  for (int kind = 0; kind < PHANTOM_KINDS; kind++) {
    if (painter->stamps[kind].pixels && canvas->grid.most[kind] > 0) {
      strew_kind(painter, canvas, (PhantomKind)kind);
    }
  }
  if (!painter->tissue.coarse) {
    lay_small_nests(painter, canvas);
  }
}

/* Whether the center was painted and then cut off at the capsule's outside: the depth is that of depth_row(). */
static bool is_cut_off(const PhantomPainter *painter, const PhantomGrid *grid, const PhantomBodyPlace *body) {
  int step = painter->step, part_x = (int)(body->x & (step - 1)), part_y = (int)(body->y & (step - 1));
  if (step == 1 || grid->least_depth >= 16) {
    return false;
  }
  int64_t column = (body->x >> painter->shift) - grid->first_column;
  int64_t row = (body->y >> painter->shift) - grid->first_row;
  const int16_t *top = grid->depth + row * grid->columns + column, *low = top + grid->columns;
  int left = top[0] * (step - part_y) + low[0] * part_y, right = top[1] * (step - part_y) + low[1] * part_y;
  return left * (step - part_x) + right * part_x < 0;
}

static bool tell(const PhantomStamps *stamps, PhantomKind kind, const PhantomBodyPlace *body, PhantomNucleusVisit visit,
                 void *user) {
  return visit(user, kind, (double)body->x + (body->phase_x + 0.5) / stamps->phases,
               (double)body->y + (body->phase_y + 0.5) / stamps->phases);
}

bool phantom_visit_nuclei(const PhantomPainter *painter, const PhantomCanvas *canvas, const NodalRect *region,
                          PhantomNucleusVisit visit, void *user) {
  const PhantomGrid *grid = &canvas->grid;
  for (int kind = 0; kind < PHANTOM_KINDS; kind++) {
    if (!painter->stamps[kind].pixels || grid->most[kind] == 0 || !phantom_nucleus_name((PhantomKind)kind)) {
      continue;
    }
    CellRange cells = cell_range(painter, (PhantomKind)kind, region);
    for (int64_t row = cells.first_row; row <= cells.last_row; row++) {
      for (int64_t column = cells.first_column; column <= cells.last_column; column++) {
        PhantomBodyPlace body;
        if (find_body(painter, grid, (PhantomKind)kind, cells.pitch, column, row, region, &body) &&
            !is_cut_off(painter, grid, &body) && !tell(&painter->stamps[kind], (PhantomKind)kind, &body, visit, user)) {
          return false;
        }
      }
    }
  }
  for (size_t i = 0; i < grid->nest_count && !painter->tissue.coarse; i++) {
    PhantomBodyPlace body;
    const PhantomStamps *stamps = find_founder(painter, grid->nests[i], &body);
    if (stamps && holds(region, &body) && !tell(stamps, PHANTOM_TUMOR, &body, visit, user)) {
      return false;
    }
  }
  return true;
}
