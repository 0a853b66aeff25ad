/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/whole.h"

#include "base/memory.h"
#include <string.h>

/*
 * From the painted tissue to what the scanner delivers, in the order of light: the optics blur, a fold lays tissue on
 * tissue, some of it is out of focus, bubbles and pen lie above. Every step is a function of the pixels within a fixed
 * reach, so a step asks the one before for a larger region, and pieces agree with the whole.
 */

void phantom_clip(int64_t start, int64_t size, int64_t limit, int64_t *from, int64_t *to) {
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

static bool paint_tissue(const NodalPhantom *phantom, NodalRect region, uint8_t *rgb, size_t stride,
                         NodalError **error) {
  const PhantomPainter *painter = &phantom->painter;
  int64_t inside[4], x = region.x, y = region.y;
  phantom_clip(x, region.width, phantom->options.width, &inside[0], &inside[1]);
  phantom_clip(y, region.height, phantom->options.height, &inside[2], &inside[3]);
  fill_beyond(painter, &region, inside, rgb, stride);
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

/* A step of the way: paints a region. */
typedef bool (*PaintStep)(const NodalPhantom *phantom, NodalRect region, uint8_t *rgb, size_t stride,
                          NodalError **error);

/* A region with `margin` pixels more on every side, painted by a step into memory that the caller frees. */
static uint8_t *paint_wider(const NodalPhantom *phantom, NodalRect region, int margin, PaintStep step, size_t *stride,
                            NodalError **error) {
  NodalRect wider = {region.x - margin, region.y - margin, region.width + 2 * margin, region.height + 2 * margin};
  *stride = 3 * (size_t)wider.width;
  uint8_t *pixels = nodal_alloc_array((size_t)wider.height, *stride, error);
  if (pixels && !step(phantom, wider, pixels, *stride, error)) {
    free(pixels);
    return NULL;
  }
  return pixels;
}

static bool is_constant(const uint8_t *pixels, size_t bytes) {
  return memcmp(pixels, pixels + 3, bytes - 3) == 0;
}

static bool paint_seen(const NodalPhantom *phantom, NodalRect region, uint8_t *rgb, size_t stride, NodalError **error) {
  int margin = phantom->optics.radius;
  if (margin == 0) {
    return paint_tissue(phantom, region, rgb, stride, error);
  }
  size_t wide;
  uint8_t *sharp = paint_wider(phantom, region, margin, paint_tissue, &wide, error);
  if (!sharp) {
    return false;
  }
  const uint8_t *first = sharp + (size_t)margin * wide + 3 * (size_t)margin;
  bool painted = true;
  if (is_constant(sharp, wide * (size_t)(region.height + 2 * margin))) {
    for (int64_t row = 0; row < region.height; row++) {
      memcpy(rgb + (size_t)row * stride, sharp, 3 * (size_t)region.width);
    }
  } else {
    painted = phantom_blur(&phantom->optics, first, wide, region.width, region.height, rgb, stride, error);
  }
  free(sharp);
  return painted;
}

/* What two regions share; false where it is nothing. */
static bool intersect(const NodalRect *a, const NodalRect *b, NodalRect *shared) {
  int64_t x = nodal_max64(a->x, b->x), y = nodal_max64(a->y, b->y);
  *shared = (NodalRect){x, y, nodal_min64(a->x + a->width, b->x + b->width) - x,
                        nodal_min64(a->y + a->height, b->y + b->height) - y};
  return shared->width > 0 && shared->height > 0;
}

static uint8_t *pixel_of(const NodalRect *region, uint8_t *rgb, size_t stride, int64_t x, int64_t y) {
  return rgb + (size_t)(y - region->y) * stride + 3 * (size_t)(x - region->x);
}

/* Two layers of tissue let through the product of what each lets through. */
static bool lay_fold(const NodalPhantom *phantom, const PhantomFaultPlan *fold, NodalRect region, NodalRect part,
                     uint8_t *rgb, size_t stride, NodalError **error) {
  uint8_t glass[4];
  memcpy(glass, &phantom->painter.colors[0], sizeof glass);
  size_t wide;
  NodalRect over = {part.x + fold->over_x, part.y + fold->over_y, part.width, part.height};
  uint8_t *upper = paint_wider(phantom, over, 0, paint_seen, &wide, error);
  if (!upper) {
    return false;
  }
  for (int64_t y = 0; y < part.height; y++) {
    const uint8_t *above = upper + (size_t)y * wide;
    uint8_t *below = pixel_of(&region, rgb, stride, part.x, part.y + y);
    for (int64_t x = 0; x < part.width; x++) {
      if (phantom_fault_depth(&phantom->faults, fold, part.x + x, part.y + y) <= 0) {
        continue;
      }
      for (int c = 0; c < 3; c++) {
        int light = (below[3 * x + c] * above[3 * x + c] + glass[c] / 2) / glass[c];
        below[3 * x + c] = (uint8_t)(light < 255 ? light : 255);
      }
    }
  }
  free(upper);
  return true;
}

static bool paint_folded(const NodalPhantom *phantom, NodalRect region, uint8_t *rgb, size_t stride,
                         NodalError **error) {
  if (!paint_seen(phantom, region, rgb, stride, error)) {
    return false;
  }
  for (int i = 0; i < phantom->faults.count; i++) {
    const PhantomFaultPlan *fault = &phantom->faults.faults[i];
    NodalRect part;
    if (fault->kind == NODAL_PHANTOM_FOLD && intersect(&fault->box, &region, &part) &&
        !lay_fold(phantom, fault, region, part, rgb, stride, error)) {
      return false;
    }
  }
  return true;
}

/* How far out of focus a pixel is: 0, and up to the number of levels. */
static float defocus_at(const PhantomFaults *faults, int64_t x, int64_t y) {
  float most = 0;
  for (int i = 0; i < faults->count; i++) {
    const PhantomFaultPlan *fault = &faults->faults[i];
    if (fault->kind != NODAL_PHANTOM_OUT_OF_FOCUS && fault->kind != NODAL_PHANTOM_BUBBLE) {
      continue;
    }
    float depth = phantom_fault_depth(faults, fault, x, y);
    if (depth <= 0) {
      continue;
    }
    float size = (float)fault->outline.least;
    float here = fault->kind == NODAL_PHANTOM_BUBBLE ? phantom_ramp(depth, 0, 0.1F * size)
                                                     : PHANTOM_FOCUS_LEVELS * phantom_ramp(depth, 0, 0.7F * size);
    most = here > most ? here : most;
  }
  return most;
}

/* Mixes each pixel of the rows from the two blurred pictures that are nearest to its defocus. */
static void mix_levels(const PhantomFaults *faults, NodalRect part, const uint8_t *const *levels, NodalRect region,
                       uint8_t *rgb, size_t stride) {
  for (int64_t y = 0; y < part.height; y++) {
    uint8_t *out = pixel_of(&region, rgb, stride, part.x, part.y + y);
    size_t row = 3 * (size_t)part.width * (size_t)y;
    for (int64_t x = 0; x < part.width; x++) {
      float defocus = defocus_at(faults, part.x + x, part.y + y);
      if (defocus <= 0) {
        continue;
      }
      int level = (int)defocus < PHANTOM_FOCUS_LEVELS ? (int)defocus : PHANTOM_FOCUS_LEVELS - 1;
      int share = (int)((defocus - (float)level) * 256 + 0.5F);
      for (int c = 0; c < 3; c++) {
        size_t place = row + 3 * (size_t)x + (size_t)c;
        int sharper = level == 0 ? out[3 * x + c] : levels[level - 1][place];
        out[3 * x + c] = (uint8_t)((sharper * (256 - share) + levels[level][place] * share + 128) >> 8);
      }
    }
  }
}

static bool defocus(const NodalPhantom *phantom, NodalRect part, NodalRect region, uint8_t *rgb, size_t stride,
                    NodalError **error) {
  const PhantomFaults *faults = &phantom->faults;
  int margin = faults->focus[PHANTOM_FOCUS_LEVELS - 1].radius;
  size_t wide, row = 3 * (size_t)part.width, picture = row * (size_t)part.height;
  uint8_t *sharp = paint_wider(phantom, part, margin, paint_folded, &wide, error);
  uint8_t *blurred = sharp ? nodal_alloc_array(PHANTOM_FOCUS_LEVELS, picture, error) : NULL;
  bool done = blurred != NULL;
  const uint8_t *levels[PHANTOM_FOCUS_LEVELS];
  for (int i = 0; i < PHANTOM_FOCUS_LEVELS && done; i++) {
    levels[i] = blurred + (size_t)i * picture;
    done = phantom_blur(&faults->focus[i], sharp + (size_t)margin * wide + 3 * (size_t)margin, wide, part.width,
                        part.height, blurred + (size_t)i * picture, row, error);
  }
  if (done) {
    mix_levels(faults, part, levels, region, rgb, stride);
  }
  free(blurred);
  free(sharp);
  return done;
}

/* Air bends the light: a dark rim, a bright line within it, and a veil over the rest. */
static void light_bubble(const PhantomFaults *faults, const PhantomFaultPlan *bubble, NodalRect part, NodalRect region,
                         uint8_t *rgb, size_t stride) {
  float rim = 0.09F * (float)bubble->outline.least;
  for (int64_t y = 0; y < part.height; y++) {
    uint8_t *out = pixel_of(&region, rgb, stride, part.x, part.y + y);
    for (int64_t x = 0; x < part.width; x++) {
      float depth = phantom_fault_depth(faults, bubble, part.x + x, part.y + y);
      if (depth <= 0) {
        continue;
      }
      float dark = phantom_ramp(depth, 0, 0.35F * rim) * phantom_ramp(depth, rim, 0.5F * rim);
      float bright = phantom_ramp(depth, 0.9F * rim, 1.15F * rim) * phantom_ramp(depth, 1.7F * rim, 1.2F * rim);
      float veil = 0.13F * phantom_ramp(depth, 0.5F * rim, rim) + 0.35F * bright;
      int keep = (int)(256 * (1 - 0.8F * dark)), white = (int)(256 * veil);
      for (int c = 0; c < 3; c++) {
        int light = (out[3 * x + c] * keep) >> 8;
        out[3 * x + c] = (uint8_t)(light + (((250 > light ? 250 - light : 0) * white) >> 8));
      }
    }
  }
}

/* Density of the ink in red, green and blue: black, blue, green, red. */
static const double inks[4][3] = {{2.6, 2.5, 2.3}, {2.1, 1.25, 0.25}, {2.2, 0.50, 1.25}, {0.18, 2.0, 1.6}};

/* Ink thins out towards the edges of a stroke, and is uneven. */
static void lay_ink(const PhantomFaults *faults, const PhantomFaultPlan *stroke, NodalRect part, NodalRect region,
                    uint8_t *rgb, size_t stride) {
  const double *ink = inks[stroke->color & 3];
  float edge = 0.45F * stroke->ribbon.half[PHANTOM_RIBBON_STATIONS / 2];
  for (int64_t y = 0; y < part.height; y++) {
    uint8_t *out = pixel_of(&region, rgb, stride, part.x, part.y + y);
    double y_um = ((double)(part.y + y) + 0.5) * faults->spacing_um;
    for (int64_t x = 0; x < part.width; x++) {
      float depth = phantom_fault_depth(faults, stroke, part.x + x, part.y + y);
      if (depth <= 0) {
        continue;
      }
      float uneven = phantom_noise(&faults->streaks, ((double)(part.x + x) + 0.5) * faults->spacing_um, y_um);
      double amount = (double)(phantom_ramp(depth, 0, edge) * (0.85F + 0.3F * uneven));
      for (int c = 0; c < 3; c++) {
        out[3 * x + c] = (uint8_t)(out[3 * x + c] * phantom_exp_minus(amount * ink[c]) + 0.5);
      }
    }
  }
}

/* The union of what the faults out of focus share with the region; false where that is nothing. */
static bool part_out_of_focus(const PhantomFaults *faults, const NodalRect *region, NodalRect *part) {
  bool any = false;
  for (int i = 0; i < faults->count; i++) {
    const PhantomFaultPlan *fault = &faults->faults[i];
    NodalRect shared;
    bool soft = fault->kind == NODAL_PHANTOM_OUT_OF_FOCUS || fault->kind == NODAL_PHANTOM_BUBBLE;
    if (!soft || !intersect(&fault->box, region, &shared)) {
      continue;
    }
    if (any) {
      int64_t x = nodal_min64(part->x, shared.x), y = nodal_min64(part->y, shared.y);
      shared.width = nodal_max64(part->x + part->width, shared.x + shared.width) - x;
      shared.height = nodal_max64(part->y + part->height, shared.y + shared.height) - y;
      shared.x = x;
      shared.y = y;
    }
    *part = shared;
    any = true;
  }
  return any;
}

/* All steps; the region lies on the slide. */
static bool paint_all(const NodalPhantom *phantom, NodalRect region, uint8_t *rgb, size_t stride, NodalError **error) {
  const PhantomFaults *faults = &phantom->faults;
  NodalRect part;
  if (!paint_folded(phantom, region, rgb, stride, error) ||
      (part_out_of_focus(faults, &region, &part) && !defocus(phantom, part, region, rgb, stride, error))) {
    return false;
  }
  for (int i = 0; i < faults->count; i++) {
    const PhantomFaultPlan *fault = &faults->faults[i];
    if (fault->kind == NODAL_PHANTOM_BUBBLE && intersect(&fault->box, &region, &part)) {
      light_bubble(faults, fault, part, region, rgb, stride);
    }
  }
  for (int i = 0; i < faults->count; i++) {
    const PhantomFaultPlan *fault = &faults->faults[i];
    if (fault->kind == NODAL_PHANTOM_PEN && intersect(&fault->box, &region, &part)) {
      lay_ink(faults, fault, part, region, rgb, stride);
    }
  }
  return true;
}

bool phantom_paint_region(const NodalPhantom *phantom, NodalRect region, uint8_t *rgb, size_t stride,
                          NodalError **error) {
  if (phantom->faults.count == 0 && phantom->optics.radius == 0) {
    return paint_tissue(phantom, region, rgb, stride, error);
  }
  int64_t inside[4];
  phantom_clip(region.x, region.width, phantom->options.width, &inside[0], &inside[1]);
  phantom_clip(region.y, region.height, phantom->options.height, &inside[2], &inside[3]);
  fill_beyond(&phantom->painter, &region, inside, rgb, stride);
  if (inside[0] == inside[1] || inside[2] == inside[3]) {
    return true;
  }
  NodalRect part = {region.x + inside[0], region.y + inside[2], inside[1] - inside[0], inside[3] - inside[2]};
  return paint_all(phantom, part, rgb + (size_t)inside[2] * stride + 3 * (size_t)inside[0], stride, error);
}
