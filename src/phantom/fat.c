/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/paint.h"

#include <string.h>

/*
 * Fat cells are the cells of a Voronoi diagram of jittered sites, cut off at a largest radius so that the outer ones
 * are round; eosin shows along their borders. Squares of distances stand for distances: a point is d from the border
 * between two sites s apart where the squares differ by 2 d s. The cut-off is so short that only sites in the grid's
 * cells next to a pixel's own matter.
 */

enum { PATCH = 32, SITE_REACH = 1, MOST_PATCH_SITES = 128, MEMBRANE = 60 };

static const double jitter = 0.75, largest_radius = 0.66, membrane_um = 1.5;
static const int least_pitch_px = 6;

static double pitch_px(const PhantomPainter *painter) {
  return painter->tissue.fat_pitch_um / painter->tissue.spacing_um;
}

size_t phantom_fat_most_sites(const PhantomPainter *painter) {
  double pitch = pitch_px(painter);
  if (!painter->tissue.fat_cells || pitch < least_pitch_px) {
    return 1;
  }
  size_t side = (size_t)phantom_floor(painter->chunk / pitch) + 2 + 2 * SITE_REACH;
  return side * side;
}

/* The jittered grid's cells whose sites are known. */
typedef struct SiteRange {
  int64_t column, row;
  int columns, rows;
} SiteRange;

static SiteRange site_range(double pitch, int64_t x, int64_t y, int width, int height) {
  SiteRange range = {phantom_floor((double)x / pitch) - SITE_REACH, phantom_floor((double)y / pitch) - SITE_REACH, 0,
                     0};
  range.columns = (int)(phantom_floor((double)(x + width) / pitch) + SITE_REACH + 1 - range.column);
  range.rows = (int)(phantom_floor((double)(y + height) / pitch) + SITE_REACH + 1 - range.row);
  return range;
}

/* How borders are drawn: see patch_row(). */
typedef struct Membrane {
  int32_t width, factor, cutoff;
} Membrane;

/* A membrane thinner than a pixel is drawn as wide as one, and as much fainter. */
static Membrane membrane_of(double pitch, double spacing) {
  double thick = membrane_um > spacing ? membrane_um : spacing;
  Membrane membrane;
  membrane.width = (int32_t)phantom_floor(2 * pitch * thick / spacing) * 2;
  membrane.factor = (int32_t)phantom_floor(MEMBRANE * 65536.0 * (membrane_um / thick) / membrane.width);
  membrane.cutoff = (int32_t)phantom_floor(largest_radius * largest_radius * pitch * pitch) * 2 + 1;
  return membrane;
}

/* Puts the range's sites into canvas->sites. Returns whether any has fat. */
static bool find_sites(const PhantomPainter *painter, PhantomCanvas *canvas, const SiteRange *range) {
  const PhantomTissue *tissue = &painter->tissue;
  double pitch = pitch_px(painter), near = 0.35 * tissue->fat_pitch_um;
  bool any = false;
  for (int j = 0; j < range->rows; j++) {
    for (int i = 0; i < range->columns; i++) {
      uint64_t hash = phantom_hash(painter->fat_seed, range->column + i, range->row + j);
      double u = (double)(hash & 0xFFFF) * 0x1p-16 - 0.5, v = (double)(hash >> 16 & 0xFFFF) * 0x1p-16 - 0.5;
      int64_t x = phantom_floor(((double)(range->column + i) + 0.5 + jitter * u) * pitch);
      int64_t y = phantom_floor(((double)(range->row + j) + 0.5 + jitter * v) * pitch);
      double x_um = ((double)x + 0.5) * tissue->spacing_um, y_um = ((double)y + 0.5) * tissue->spacing_um;
      phantom_to_tissue(&tissue->section, &x_um, &y_um);
      int node;
      float depth = phantom_tissue_depth(tissue, x_um, y_um, &node);
      bool fat = depth < near && phantom_tissue_fat(tissue, x_um, y_um, depth, node);
      canvas->sites[j * range->columns + i] =
          (PhantomFatSite){(int32_t)(x - canvas->x), (int32_t)(y - canvas->y), !fat};
      any |= fat;
    }
  }
  return any;
}

static int32_t square(int32_t value) {
  return value * value;
}

/* Of the candidates, those that can be first or second nearest to some pixel of the patch. */
static int prune_sites(PhantomFatSite *sites, int count, int x, int y, int32_t cutoff) {
  int32_t nearest[MOST_PATCH_SITES], first = cutoff, second = cutoff;
  for (int i = 0; i < count; i++) {
    int32_t left = x - sites[i].x, right = sites[i].x - (x + PATCH - 1);
    int32_t above = y - sites[i].y, below = sites[i].y - (y + PATCH - 1);
    int32_t out_x = left > 0 ? left : right > 0 ? right : 0, out_y = above > 0 ? above : below > 0 ? below : 0;
    int32_t far_x = -left > -right ? -left : -right, far_y = -above > -below ? -above : -below;
    nearest[i] = square(out_x) + square(out_y);
    int32_t farthest = square(far_x) + square(far_y);
    if (farthest < first) {
      second = first;
      first = farthest;
    } else if (farthest < second) {
      second = farthest;
    }
  }
  int kept = 0;
  for (int i = 0; i < count; i++) {
    if (nearest[i] <= second) {
      sites[kept++] = sites[i];
    }
  }
  return kept;
}

/* Lowest bit of a doubled square: 1 where the site has no fat. The cut-off is a site without fat that is everywhere. */
static void patch_row(const PhantomFatSite *sites, int count, int x, int y, const Membrane *membrane, uint8_t *values) {
  int32_t first[PATCH], second[PATCH];
  for (int i = 0; i < PATCH; i++) {
    first[i] = second[i] = membrane->cutoff;
  }
  for (int k = 0; k < count; k++) {
    int32_t across = x - sites[k].x, rest = 2 * square(y - sites[k].y) + sites[k].absent;
    for (int i = 0; i < PATCH; i++) {
      int32_t value = 2 * (across + i) * (across + i) + rest;
      int32_t larger = first[i] > value ? first[i] : value;
      first[i] = first[i] < value ? first[i] : value;
      second[i] = second[i] < larger ? second[i] : larger;
    }
  }
  for (int i = 0; i < PATCH; i++) {
    int32_t gap = membrane->width - (second[i] - first[i]);
    gap = gap < 0 ? 0 : gap;
    int32_t value = (gap * membrane->factor) >> 16;
    values[i] = (uint8_t)((first[i] & second[i] & 1) ? 0 : value);
  }
}

static void fill_patch(const PhantomPainter *painter, PhantomCanvas *canvas, const SiteRange *all, int x, int y,
                       const Membrane *membrane) {
  SiteRange range = site_range(pitch_px(painter), canvas->x + x, canvas->y + y, PATCH, PATCH);
  PhantomFatSite near[MOST_PATCH_SITES];
  int count = 0;
  for (int j = 0; j < range.rows; j++) {
    for (int i = 0; i < range.columns; i++) {
      int64_t column = range.column + i - all->column, row = range.row + j - all->row;
      if (column < all->columns && row < all->rows) {
        near[count++] = canvas->sites[row * all->columns + column];
      }
    }
  }
  count = prune_sites(near, count, x, y, membrane->cutoff / 2);
  for (int j = 0; j < PATCH; j++) {
    patch_row(near, count, x, y + j, membrane, canvas->fat + (size_t)(y + j) * (size_t)painter->chunk + (size_t)x);
  }
}

bool phantom_fat_fill(const PhantomPainter *painter, PhantomCanvas *canvas) {
  double pitch = pitch_px(painter);
  if (!painter->tissue.fat_cells || pitch < least_pitch_px) {
    return false;
  }
  SiteRange range = site_range(pitch, canvas->x, canvas->y, canvas->width, canvas->height);
  if (!find_sites(painter, canvas, &range)) {
    return false;
  }
  Membrane membrane = membrane_of(pitch, painter->tissue.spacing_um);
  for (int y = 0; y < canvas->height; y += PATCH) {
    for (int x = 0; x < canvas->width; x += PATCH) {
      fill_patch(painter, canvas, &range, x, y, &membrane);
    }
  }
  return true;
}
