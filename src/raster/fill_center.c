/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/fill.h"

#include "base/memory.h"

#include <math.h>

/*
 * All numbers here are integers: units of 2^-16 level-0 pixels, at most 2^47 in size. An edge from (x, y) that goes
 * (dx, dy) passes the row of samples at sy at x + (sy - y) * dx / dy; a sample sx lies left of it where sx is less,
 * and with integers that is sx < x + ceil((sy - y) * dx / dy). The product needs 97 bits at most.
 */
enum { SHORT_EDGE_BITS = 31 };

/* Place of a sample: (index + 1/2) * downsample. */
static int64_t sample_at(const NodalFillGrid *grid, int64_t index) {
  if (grid->shift >= 0) {
    return (2 * index + 1) << (NODAL_FILL_FRACTION_BITS - 1 + grid->shift);
  }
  return llround(((double)index + 0.5) * ldexp(grid->downsample, NODAL_FILL_FRACTION_BITS));
}

/* The first sample that is not before `place`, kept within [0, count]. */
static int32_t first_sample(const NodalFillGrid *grid, int64_t place, int32_t count) {
  int64_t index;
  if (grid->shift >= 0) {
    int bits = NODAL_FILL_FRACTION_BITS + grid->shift;
    int64_t half = (int64_t)1 << (bits - 1);
    index = (place + half - 1) >> bits;
  } else {
    index = (int64_t)floor((double)place / ldexp(grid->downsample, NODAL_FILL_FRACTION_BITS) - 0.5);
    while (sample_at(grid, index) < place) {
      index++;
    }
    while (sample_at(grid, index - 1) >= place) {
      index--;
    }
  }
  return (int32_t)(index < 0 ? 0 : nodal_min64(index, count));
}

static int64_t snap(double coordinate) {
  return llround(ldexp(coordinate, NODAL_FILL_FRACTION_BITS));
}

bool nodal_fill_center_edge(NodalFillEdge *edge, const NodalFillGrid *grid, NodalPoint from, NodalPoint to) {
  int64_t x0 = snap(from.x), y0 = snap(from.y), x1 = snap(to.x), y1 = snap(to.y);
  bool down = y0 < y1;
  *edge = (NodalFillEdge){.winding = down ? 1 : -1};
  edge->fixed.x = down ? x0 : x1;
  edge->fixed.y = down ? y0 : y1;
  edge->fixed.dx = down ? x1 - x0 : x0 - x1;
  edge->fixed.dy = down ? y1 - y0 : y0 - y1;
  edge->row0 = first_sample(grid, down ? y0 : y1, grid->height);
  edge->row1 = first_sample(grid, down ? y1 : y0, grid->height);
  edge->column0 = first_sample(grid, nodal_min64(x0, x1), grid->width);
  edge->column1 = first_sample(grid, nodal_max64(x0, x1), grid->width);
  return edge->row0 < edge->row1;
}

int32_t nodal_fill_center_column(const NodalFillEdge *edge, const NodalFillGrid *grid, int32_t row) {
  int64_t dx = edge->fixed.dx, dy = edge->fixed.dy, depth = sample_at(grid, row) - edge->fixed.y;
  int64_t along, limit = (int64_t)1 << SHORT_EDGE_BITS;
  if (dx < limit && dx > -limit && dy < limit) {
    int64_t product = depth * dx;
    along = product / dy + (product % dy > 0);
  } else {
    __int128 product = (__int128)depth * dx;
    along = (int64_t)(product / dy) + (product % dy > 0);
  }
  return first_sample(grid, edge->fixed.x + along, grid->width);
}
