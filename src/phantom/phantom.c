/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/whole.h"

#include "base/memory.h"

enum { LARGEST_SIDE = 400000, MOST_SHIFT_UM = 100000, EVERY_FAULT = 15 };

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
  if (options->faults > EVERY_FAULT) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "phantom faults %u are unknown", options->faults);
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

/* Without `painted` all is decided, and nothing is made ready to be painted. */
static NodalPhantom *make_phantom(const NodalPhantomOptions *options, bool painted, NodalError **error) {
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
  phantom->painter.tissue.section = phantom_section(options);
  if (!phantom_plan_init(&phantom->plan, options, error) ||
      (painted && !phantom_painter_init(&phantom->painter, &phantom->plan, options, error)) ||
      !phantom_faults_init(&phantom->faults, &phantom->plan, &phantom->painter.tissue.section, options, error)) {
    nodal_phantom_free(phantom);
    return NULL;
  }
  phantom_blur_init(&phantom->optics, options->look ? options->look->blur_um / options->spacing_um : 0);
  return phantom;
}

NodalPhantom *nodal_phantom_new(const NodalPhantomOptions *options, NodalError **error) {
  return make_phantom(options, true, error);
}

NodalPhantom *phantom_new_planned(const NodalPhantomOptions *options, NodalError **error) {
  return make_phantom(options, false, error);
}

void nodal_phantom_free(NodalPhantom *phantom) {
  if (phantom) {
    phantom_faults_clear(&phantom->faults);
    phantom_painter_clear(&phantom->painter);
    phantom_plan_clear(&phantom->plan);
    free(phantom);
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
  return phantom_paint_region(phantom, (NodalRect){x, y, width, height}, rgb, stride, error);
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

bool nodal_phantom_fault(const NodalPhantom *phantom, int index, NodalPhantomFaultArea *area) {
  const PhantomFaults *faults = &phantom->faults;
  if (index < 0 || index >= faults->count) {
    return false;
  }
  area->fault = faults->faults[index].kind;
  for (int i = 0; i < NODAL_PHANTOM_OUTLINE_POINTS; i++) {
    area->points[i] = phantom_fault_corner(faults, &faults->faults[index], i);
  }
  return true;
}
