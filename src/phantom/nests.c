/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/plan.h"

#include "base/memory.h"
#include <math.h>

enum { NEST_DIRECTIONS = NODAL_PHANTOM_OUTLINE_POINTS, RANDOM_TRIES = 300, GRID_TRIES = 96, BIN_COLUMNS = 64 };

double phantom_least_nest(const NodalPhantomOptions *options) {
  double pixels = 4 * options->spacing_um;
  return pixels > 10 ? pixels : 10;
}

/* Longest diameters, the largest first and the rest in falling order. */
static void choose_sizes(PhantomPlan *plan, const NodalPhantomOptions *options, PhantomRandom *random) {
  double largest = options->tumor_size_mm * 1000, smallest = 0.15 * largest, limit = phantom_least_nest(options);
  smallest = smallest < limit ? limit : smallest;
  int count = options->tumor_count;
  for (int i = 0; i < count; i++) {
    double size;
    if (options->tumor_sizes_mm) {
      size = options->tumor_sizes_mm[i] * 1000;
    } else {
      double part = i == 0 ? 1 : phantom_uniform(random, 0, 1);
      size = smallest + (largest - smallest) * part * sqrt(part);
    }
    int place = i;
    while (place > 0 && plan->nests[place - 1].longest_um < size) {
      plan->nests[place].longest_um = plan->nests[place - 1].longest_um;
      place--;
    }
    plan->nests[place].longest_um = size;
  }
}

static bool shape_nest(PhantomNestPlan *nest, PhantomRandom *random, NodalError **error) {
  PhantomShape shape = {.half_width = 1,
                        .half_height = phantom_uniform(random, 0.6, 1),
                        .first_wave = 2,
                        .last_wave = 11,
                        .amplitude = phantom_uniform(random, 0.25, 0.5)};
  if (phantom_uniform(random, 0, 1) < 0.5) {
    shape.half_width = shape.half_height;
    shape.half_height = 1;
  }
  if (!phantom_outline_init(&nest->outline, &shape, NEST_DIRECTIONS, random, error)) {
    return false;
  }
  phantom_outline_scale(&nest->outline, nest->longest_um / phantom_outline_diameter(&nest->outline));
  return true;
}

/* Whether nest `index` lies inside a node, clear of its capsule and of the nests before it. */
static bool fits(const PhantomPlan *plan, int index) {
  const PhantomOutline *outline = &plan->nests[index].outline;
  int node_index;
  float depth = phantom_plan_depth(plan, outline->x, outline->y, &node_index);
  const PhantomNode *node = &plan->nodes[node_index];
  float skin = 1.8F * node->capsule + 1.2F * plan->wobble;
  if (depth < skin) {
    return false;
  }
  for (int i = 0; i < index; i++) {
    const PhantomOutline *other = &plan->nests[i].outline;
    double dx = outline->x - other->x, dy = outline->y - other->y;
    double apart = 1.03 * (outline->reach + other->reach);
    if (dx * dx + dy * dy < apart * apart) {
      return false;
    }
  }
  for (int i = 0; i < outline->directions; i += 2) {
    double x, y;
    phantom_outline_point(outline, i, &x, &y);
    if (phantom_outline_depth(&node->outline, outline->x + x, outline->y + y) < skin) {
      return false;
    }
  }
  return true;
}

static bool place_nest(PhantomPlan *plan, int index, PhantomRandom *random) {
  PhantomOutline *outline = &plan->nests[index].outline;
  for (int i = 0; i < RANDOM_TRIES; i++) {
    outline->x = phantom_uniform(random, 0, plan->width_um);
    outline->y = phantom_uniform(random, 0, plan->height_um);
    if (fits(plan, index)) {
      return true;
    }
  }
  for (int i = 0; i < GRID_TRIES * GRID_TRIES; i++) {
    outline->x = (i % GRID_TRIES + 0.5) / GRID_TRIES * plan->width_um;
    outline->y = (i / GRID_TRIES + 0.5) / GRID_TRIES * plan->height_um;
    if (fits(plan, index)) {
      return true;
    }
  }
  return false;
}

/* The bins that the nest's bounding square touches, clipped to the grid. */
static void bin_range(const PhantomBins *bins, const PhantomOutline *outline, int *column0, int *column1, int *row0,
                      int *row1) {
  int64_t low_x = phantom_floor((outline->x - outline->reach) / bins->cell_um);
  int64_t high_x = phantom_floor((outline->x + outline->reach) / bins->cell_um);
  int64_t low_y = phantom_floor((outline->y - outline->reach) / bins->cell_um);
  int64_t high_y = phantom_floor((outline->y + outline->reach) / bins->cell_um);
  *column0 = (int)nodal_max64(low_x, 0);
  *column1 = (int)nodal_min64(high_x, bins->columns - 1);
  *row0 = (int)nodal_max64(low_y, 0);
  *row1 = (int)nodal_min64(high_y, bins->rows - 1);
}

/* First pass (`fill` NULL): counts the nests of each cell into start[cell + 1]. Second: writes them at fill[cell]++. */
static void visit_bins(PhantomPlan *plan, uint32_t *fill) {
  PhantomBins *bins = &plan->bins;
  for (int i = 0; i < plan->nest_count; i++) {
    int column0, column1, row0, row1;
    bin_range(bins, &plan->nests[i].outline, &column0, &column1, &row0, &row1);
    for (int row = row0; row <= row1; row++) {
      for (int column = column0; column <= column1; column++) {
        int cell = row * bins->columns + column;
        if (fill) {
          bins->items[fill[cell]++] = (uint16_t)i;
        } else {
          bins->start[cell + 1]++;
        }
      }
    }
  }
}

static bool sort_into_bins(PhantomPlan *plan, NodalError **error) {
  PhantomBins *bins = &plan->bins;
  double longer = plan->width_um > plan->height_um ? plan->width_um : plan->height_um;
  bins->cell_um = longer / BIN_COLUMNS;
  bins->columns = (int)phantom_floor(plan->width_um / bins->cell_um) + 1;
  bins->rows = (int)phantom_floor(plan->height_um / bins->cell_um) + 1;
  size_t cells = (size_t)bins->columns * (size_t)bins->rows;
  bins->start = nodal_alloc_array(cells + 1, sizeof *bins->start, error);
  if (!bins->start) {
    return false;
  }
  visit_bins(plan, NULL);
  for (size_t i = 0; i < cells; i++) {
    bins->start[i + 1] += bins->start[i];
  }
  bins->items = nodal_alloc_array(bins->start[cells], sizeof *bins->items, error);
  uint32_t *fill = nodal_alloc_array(cells, sizeof *fill, bins->items ? error : NULL);
  if (!bins->items || !fill) {
    free(fill);
    return false;
  }
  for (size_t i = 0; i < cells; i++) {
    fill[i] = bins->start[i];
  }
  visit_bins(plan, fill);
  free(fill);
  return true;
}

bool phantom_plan_nests(PhantomPlan *plan, const NodalPhantomOptions *options, NodalError **error) {
  int count = options->tumor_count;
  PhantomRandom random = {phantom_hash(options->seed, 3, 0)};
  plan->nests = nodal_alloc_array((size_t)count, sizeof *plan->nests, error);
  if (!plan->nests) {
    return false;
  }
  choose_sizes(plan, options, &random);
  for (int i = 0; i < count; i++) {
    if (!shape_nest(&plan->nests[i], &random, error)) {
      return false;
    }
    plan->nest_count = i + 1;
    if (!place_nest(plan, i, &random)) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT,
                        "tumor nest %d of %d, %.3f mm long, does not fit into the tissue of a slide of %.3f x %.3f mm",
                        i + 1, count, plan->nests[i].longest_um / 1000, plan->width_um / 1000, plan->height_um / 1000);
    }
  }
  return sort_into_bins(plan, error);
}

int phantom_plan_nest_at(const PhantomPlan *plan, double x_um, double y_um) {
  const PhantomBins *bins = &plan->bins;
  int64_t column = phantom_floor(x_um / bins->cell_um), row = phantom_floor(y_um / bins->cell_um);
  if (column < 0 || row < 0 || column >= bins->columns || row >= bins->rows) {
    return 0;
  }
  int64_t cell = row * bins->columns + column;
  for (uint32_t i = bins->start[cell]; i < bins->start[cell + 1]; i++) {
    const PhantomOutline *outline = &plan->nests[bins->items[i]].outline;
    double dx = x_um - outline->x, dy = y_um - outline->y;
    if (dx * dx + dy * dy < outline->reach * outline->reach && phantom_outline_depth(outline, x_um, y_um) > 0) {
      return bins->items[i] + 1;
    }
  }
  return 0;
}
