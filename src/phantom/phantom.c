/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/paint.h"

#include "base/memory.h"
#include <string.h>

enum { LARGEST_SIDE = 400000, MOST_SHIFT_UM = 100000, MOST_NUCLEI_PIXELS = 100000000 };

struct NodalPhantom {
  NodalPhantomOptions options;
  PhantomPlan plan;
  PhantomPainter painter;
};

static bool check_side(const char *name, int64_t value, NodalError **error) {
  if (value < 1 || value > LARGEST_SIDE) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "phantom %s %lld is not from 1 to %d", name, (long long)value,
                      LARGEST_SIDE);
  }
  return true;
}

static bool check_tumor_sizes(const NodalPhantomOptions *options, NodalError **error) {
  const double *sizes = options->tumor_sizes_mm ? options->tumor_sizes_mm : &options->tumor_size_mm;
  int count = options->tumor_count == 0 ? 0 : options->tumor_sizes_mm ? options->tumor_count : 1;
  double least = phantom_least_nest(options) / 1000;
  for (int i = 0; i < count; i++) {
    if (!(sizes[i] >= least && sizes[i] <= 1e6)) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "phantom tumor size %g mm is not %g or more (10 um and 4 pixels)",
                        sizes[i], least);
    }
  }
  return true;
}

static bool check_section(const NodalPhantomOptions *options, NodalError **error) {
  if (options->stain != NODAL_PHANTOM_HE && options->stain != NODAL_PHANTOM_IHC) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "phantom stain %d is unknown", (int)options->stain);
  }
  if (!(options->turn_degrees >= -180 && options->turn_degrees <= 180)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "phantom turn of %g degrees is not from -180 to 180",
                      options->turn_degrees);
  }
  const double shifts[2] = {options->shift_x_um, options->shift_y_um};
  for (int i = 0; i < 2; i++) {
    if (!(shifts[i] >= -MOST_SHIFT_UM && shifts[i] <= MOST_SHIFT_UM)) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "phantom shift of %g um is not from -%d to %d", shifts[i],
                        MOST_SHIFT_UM, MOST_SHIFT_UM);
    }
  }
  return true;
}

static bool check_options(const NodalPhantomOptions *options, NodalError **error) {
  if (!check_side("width", options->width, error) || !check_side("height", options->height, error)) {
    return false;
  }
  if (!(options->spacing_um >= 0.1 && options->spacing_um <= 100)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "phantom spacing %g um is not from 0.1 to 100", options->spacing_um);
  }
  if (options->tumor_count < 0 || options->tumor_count > PHANTOM_MAX_NESTS) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "phantom tumor count %d is not from 0 to %d", options->tumor_count,
                      PHANTOM_MAX_NESTS);
  }
  return check_tumor_sizes(options, error) && check_section(options, error) &&
         (!options->look || phantom_look_check(options->look, error));
}

NodalPhantom *nodal_phantom_new(const NodalPhantomOptions *options, NodalError **error) {
  if (!check_options(options, error)) {
    return NULL;
  }
  NodalPhantom *phantom = nodal_alloc_array(1, sizeof *phantom, error);
  if (!phantom) {
    return NULL;
  }
  phantom->options = *options;
  phantom->options.look = NULL; /* borrowed until here only */
  phantom->options.tumor_sizes_mm = NULL;
  if (!phantom_plan_init(&phantom->plan, options, error) ||
      !phantom_painter_init(&phantom->painter, &phantom->plan, options, error)) {
    nodal_phantom_free(phantom);
    return NULL;
  }
  return phantom;
}

void nodal_phantom_free(NodalPhantom *phantom) {
  if (phantom) {
    phantom_painter_clear(&phantom->painter);
    phantom_plan_clear(&phantom->plan);
    free(phantom);
  }
}

/* The part of [start, start + size) inside [0, limit), relative to start. */
static void clip(int64_t start, int64_t size, int64_t limit, int64_t *from, int64_t *to) {
  *from = start < 0 ? nodal_min64(start == INT64_MIN ? INT64_MAX : -start, size) : 0;
  *to = start >= limit ? 0 : nodal_min64(size, limit - nodal_max64(start, 0) + *from);
  *to = nodal_max64(*to, *from);
}

static void fill_glass(const PhantomPainter *painter, int64_t width, uint8_t *rgb) {
  for (int64_t i = 0; i < width; i++) {
    memcpy(rgb + 3 * i, &painter->colors[0], 3);
  }
}

/* Glass where the region reaches past the slide. */
static void fill_beyond(const PhantomPainter *painter, const NodalRect *region, const int64_t inside[4], uint8_t *rgb,
                        size_t stride) {
  for (int64_t row = 0; row < region->height; row++) {
    uint8_t *line = rgb + (size_t)row * stride;
    if (row < inside[2] || row >= inside[3]) {
      fill_glass(painter, region->width, line);
    } else {
      fill_glass(painter, inside[0], line);
      fill_glass(painter, region->width - inside[1], line + 3 * inside[1]);
    }
  }
}

bool nodal_phantom_paint(const NodalPhantom *phantom, int64_t x, int64_t y, int64_t width, int64_t height, uint8_t *rgb,
                         size_t stride, NodalError **error) {
  if (width < 0 || height < 0 || width > INT32_MAX || height > INT32_MAX) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "cannot paint a region of %lld x %lld pixels", (long long)width,
                      (long long)height);
  }
  if (stride < 3 * (size_t)width) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "rows of %zu bytes are too short for %lld RGB pixels", stride,
                      (long long)width);
  }
  const PhantomPainter *painter = &phantom->painter;
  int64_t inside[4];
  clip(x, width, phantom->options.width, &inside[0], &inside[1]);
  clip(y, height, phantom->options.height, &inside[2], &inside[3]);
  fill_beyond(painter, &(NodalRect){x, y, width, height}, inside, rgb, stride);
  if (inside[0] == inside[1] || inside[2] == inside[3]) {
    return true;
  }
  PhantomCanvas canvas;
  if (!phantom_canvas_init(&canvas, painter, error)) {
    return false;
  }
  int64_t chunk = painter->chunk;
  for (int64_t top = y + inside[2], next; top < y + inside[3]; top = next) {
    next = nodal_min64((top / chunk + 1) * chunk, y + inside[3]);
    for (int64_t left = x + inside[0], right; left < x + inside[1]; left = right) {
      right = nodal_min64((left / chunk + 1) * chunk, x + inside[1]);
      phantom_paint_chunk(painter, &canvas, left, top, (int)(right - left), (int)(next - top),
                          rgb + (size_t)(top - y) * stride + 3 * (size_t)(left - x), stride);
    }
  }
  phantom_canvas_clear(&canvas);
  return true;
}

static NodalPoint to_pixels(const NodalPhantom *phantom, double x_um, double y_um) {
  phantom_to_slide(&phantom->painter.tissue.section, &x_um, &y_um);
  return (NodalPoint){x_um / phantom->options.spacing_um, y_um / phantom->options.spacing_um};
}

bool nodal_phantom_nest(const NodalPhantom *phantom, int index, NodalPhantomNest *nest) {
  if (index < 0 || index >= phantom->plan.nest_count) {
    return false;
  }
  const PhantomNestPlan *plan = &phantom->plan.nests[index];
  NodalPoint center = to_pixels(phantom, plan->outline.x, plan->outline.y);
  *nest = (NodalPhantomNest){center.x, center.y, plan->longest_um / 1000};
  return true;
}

bool nodal_phantom_outline(const NodalPhantom *phantom, int index, NodalPoint points[NODAL_PHANTOM_OUTLINE_POINTS]) {
  if (index < 0 || index >= phantom->plan.nest_count) {
    return false;
  }
  const PhantomOutline *outline = &phantom->plan.nests[index].outline;
  for (int i = 0; i < NODAL_PHANTOM_OUTLINE_POINTS; i++) {
    double x, y;
    phantom_outline_point(outline, i, &x, &y);
    points[i] = to_pixels(phantom, outline->x + x, outline->y + y);
  }
  return true;
}

int nodal_phantom_truth(const NodalPhantom *phantom, int64_t x, int64_t y) {
  if (x < 0 || y < 0 || x >= phantom->options.width || y >= phantom->options.height) {
    return 0;
  }
  double spacing = phantom->options.spacing_um, x_um = ((double)x + 0.5) * spacing, y_um = ((double)y + 0.5) * spacing;
  phantom_to_tissue(&phantom->painter.tissue.section, &x_um, &y_um);
  return phantom_plan_nest_at(&phantom->plan, x_um, y_um);
}

/* A list of nuclei that grows. */
typedef struct NucleusList {
  NodalPhantomNucleus *nuclei;
  size_t count, capacity;
  NodalError **error;
} NucleusList;

static bool add_nucleus(void *user, PhantomKind kind, double x_px, double y_px) {
  NucleusList *list = user;
  if (!nodal_grow_array(&list->nuclei, &list->capacity, list->count + 1, sizeof *list->nuclei, list->error)) {
    return false;
  }
  list->nuclei[list->count++] = (NodalPhantomNucleus){x_px, y_px, phantom_nucleus_name(kind)};
  return true;
}

static int compare_nuclei(const void *left, const void *right) {
  const NodalPhantomNucleus *a = left, *b = right;
  if (a->y_px != b->y_px) {
    return a->y_px < b->y_px ? -1 : 1;
  }
  if (a->x_px != b->x_px) {
    return a->x_px < b->x_px ? -1 : 1;
  }
  return strcmp(a->kind, b->kind);
}

static bool find_nuclei(const PhantomPainter *painter, const NodalRect *region, NucleusList *list) {
  PhantomCanvas canvas;
  if (!phantom_canvas_init(&canvas, painter, list->error)) {
    return false;
  }
  bool found = true;
  int64_t chunk = painter->chunk, end_x = region->x + region->width, end_y = region->y + region->height;
  for (int64_t top = region->y, next; found && top < end_y; top = next) {
    next = nodal_min64((top / chunk + 1) * chunk, end_y);
    for (int64_t left = region->x, right; found && left < end_x; left = right) {
      right = nodal_min64((left / chunk + 1) * chunk, end_x);
      NodalRect piece = {left, top, right - left, next - top};
      phantom_place_canvas(painter, &canvas, left, top, (int)piece.width, (int)piece.height);
      phantom_grid_fill(&canvas.grid, &painter->tissue);
      found = phantom_visit_nuclei(painter, &canvas, &piece, add_nucleus, list);
    }
  }
  phantom_canvas_clear(&canvas);
  return found;
}

bool nodal_phantom_nuclei(const NodalPhantom *phantom, int64_t x, int64_t y, int64_t width, int64_t height,
                          NodalPhantomNucleus **nuclei, size_t *count, NodalError **error) {
  *nuclei = NULL;
  *count = 0;
  if (width < 0 || height < 0 || (width > 0 && height > MOST_NUCLEI_PIXELS / width)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT,
                      "cannot list the nuclei of %lld x %lld pixels: at most %d pixels at a time", (long long)width,
                      (long long)height, MOST_NUCLEI_PIXELS);
  }
  int64_t inside[4];
  clip(x, width, phantom->options.width, &inside[0], &inside[1]);
  clip(y, height, phantom->options.height, &inside[2], &inside[3]);
  NodalRect region = {x + inside[0], y + inside[2], inside[1] - inside[0], inside[3] - inside[2]};
  NucleusList list = {.error = error};
  if (region.width > 0 && region.height > 0 && !phantom->painter.tissue.coarse &&
      !find_nuclei(&phantom->painter, &region, &list)) {
    free(list.nuclei);
    return false;
  }
  if (list.count > 0) {
    qsort(list.nuclei, list.count, sizeof *list.nuclei, compare_nuclei);
  }
  *nuclei = list.nuclei;
  *count = list.count;
  return true;
}
