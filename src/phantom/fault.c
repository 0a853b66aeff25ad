/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/fault.h"

#include "base/memory.h"
#include <math.h>

enum { PENS = 4 };

/* Standard deviation of what is out of focus: micrometres, and at least so many pixels, so that it shows at all. */
static const double focus_um[PHANTOM_FOCUS_LEVELS] = {0.9, 2.2, 5}, focus_px[PHANTOM_FOCUS_LEVELS] = {0.8, 1.6, 3.2};

/* A ribbon's station and the part of the way to the next for a place along it. */
static int station_of(const PhantomRibbon *ribbon, double along, float *part) {
  double place = along / ribbon->length * (PHANTOM_RIBBON_STATIONS - 1);
  int index = (int)place;
  index = index > PHANTOM_RIBBON_STATIONS - 2 ? PHANTOM_RIBBON_STATIONS - 2 : index;
  *part = (float)(place - index);
  return index;
}

static float ribbon_depth(const PhantomRibbon *ribbon, double x, double y) {
  double dx = x - ribbon->x, dy = y - ribbon->y;
  double along = dx * ribbon->along_x + dy * ribbon->along_y, across = dy * ribbon->along_x - dx * ribbon->along_y;
  if (!(along >= 0 && along <= ribbon->length)) {
    return -1;
  }
  float part;
  int index = station_of(ribbon, along, &part);
  float aside = ribbon->aside[index] + part * (ribbon->aside[index + 1] - ribbon->aside[index]);
  float half = ribbon->half[index] + part * (ribbon->half[index + 1] - ribbon->half[index]);
  float off = (float)across - aside;
  return half - (off < 0 ? -off : off);
}

float phantom_fault_depth(const PhantomFaults *faults, const PhantomFaultPlan *fault, int64_t x, int64_t y) {
  double x_um = ((double)x + 0.5) * faults->spacing_um, y_um = ((double)y + 0.5) * faults->spacing_um;
  return fault->is_ribbon ? ribbon_depth(&fault->ribbon, x_um, y_um)
                          : phantom_outline_depth(&fault->outline, x_um, y_um);
}

NodalPoint phantom_fault_corner(const PhantomFaults *faults, const PhantomFaultPlan *fault, int index) {
  double x, y;
  if (fault->is_ribbon) {
    const PhantomRibbon *ribbon = &fault->ribbon;
    bool back = index >= PHANTOM_RIBBON_STATIONS;
    int station = back ? NODAL_PHANTOM_OUTLINE_POINTS - 1 - index : index;
    double along = ribbon->length * station / (PHANTOM_RIBBON_STATIONS - 1);
    double across = (double)ribbon->aside[station] + (back ? -1 : 1) * (double)ribbon->half[station];
    x = ribbon->x + along * ribbon->along_x - across * ribbon->along_y;
    y = ribbon->y + along * ribbon->along_y + across * ribbon->along_x;
  } else {
    phantom_outline_point(&fault->outline, index, &x, &y);
    x += fault->outline.x;
    y += fault->outline.y;
  }
  return (NodalPoint){x / faults->spacing_um, y / faults->spacing_um};
}

static void measure_box(const PhantomFaults *faults, PhantomFaultPlan *fault) {
  NodalPoint low = phantom_fault_corner(faults, fault, 0), high = low;
  for (int i = 1; i < NODAL_PHANTOM_OUTLINE_POINTS; i++) {
    NodalPoint point = phantom_fault_corner(faults, fault, i);
    low.x = point.x < low.x ? point.x : low.x;
    low.y = point.y < low.y ? point.y : low.y;
    high.x = point.x > high.x ? point.x : high.x;
    high.y = point.y > high.y ? point.y : high.y;
  }
  /* Between its directions an outline is a little rounder than the polygon. */
  int64_t x = phantom_floor(low.x) - 2, y = phantom_floor(low.y) - 2;
  fault->box = (NodalRect){x, y, phantom_floor(high.x) + 3 - x, phantom_floor(high.y) + 3 - y};
}

/* Where faults are put: round the middle of the largest node, on the slide. */
typedef struct Stage {
  double x, y;
  double radius; /* of a circle inside the node */
} Stage;

static void place_near(const Stage *stage, double low, double high, PhantomRandom *random, double *x, double *y) {
  double turns = phantom_uniform(random, 0, 1), away = phantom_uniform(random, low, high) * stage->radius;
  *x = stage->x + away * phantom_cos(turns);
  *y = stage->y + away * phantom_sin(turns);
}

static bool add_spot(PhantomFaults *faults, NodalPhantomFault kind, double x, double y, double radius, double amplitude,
                     PhantomRandom *random, NodalError **error) {
  PhantomShape shape = {.half_width = radius * phantom_uniform(random, 0.85, 1.15),
                        .half_height = radius,
                        .first_wave = 2,
                        .last_wave = 6,
                        .amplitude = amplitude};
  PhantomFaultPlan *fault = &faults->faults[faults->count];
  *fault = (PhantomFaultPlan){.kind = kind};
  if (!phantom_outline_init(&fault->outline, &shape, NODAL_PHANTOM_OUTLINE_POINTS, random, error)) {
    return false;
  }
  fault->outline.x = x;
  fault->outline.y = y;
  measure_box(faults, fault);
  faults->count++;
  return true;
}

/* A band through (x, y), which is its middle. */
static PhantomFaultPlan *add_band(PhantomFaults *faults, NodalPhantomFault kind, double x, double y, double turns,
                                  double length, double half, PhantomRandom *random) {
  PhantomFaultPlan *fault = &faults->faults[faults->count++];
  *fault = (PhantomFaultPlan){.kind = kind, .is_ribbon = true};
  PhantomRibbon *ribbon = &fault->ribbon;
  ribbon->along_x = phantom_cos(turns);
  ribbon->along_y = phantom_sin(turns);
  ribbon->length = length;
  ribbon->x = x - ribbon->along_x * length / 2;
  ribbon->y = y - ribbon->along_y * length / 2;
  double bow = length * phantom_uniform(random, -0.09, 0.09), wave = length * phantom_uniform(random, -0.03, 0.03);
  double phase = phantom_uniform(random, 0, 1);
  for (int i = 0; i < PHANTOM_RIBBON_STATIONS; i++) {
    double part = (double)i / (PHANTOM_RIBBON_STATIONS - 1), end = part < 0.5 ? part : 1 - part;
    double round = end * length / half; /* the ends are round */
    round = round < 1 ? sqrt(round * (2 - round)) : 1;
    ribbon->aside[i] = (float)(bow * 4 * part * (1 - part) + wave * phantom_sin(2 * part + phase));
    ribbon->half[i] = (float)(half * (0.02 + 0.98 * round) * (1 + 0.06 * phantom_sin(5 * part + 3 * phase)));
  }
  measure_box(faults, fault);
  return fault;
}

static bool plan_out_of_focus(PhantomFaults *faults, const Stage *stage, PhantomRandom *random, NodalError **error) {
  double x, y, radius = stage->radius * phantom_uniform(random, 0.4, 0.6);
  place_near(stage, 0.3, 0.7, random, &x, &y);
  return add_spot(faults, NODAL_PHANTOM_OUT_OF_FOCUS, x, y, radius, 0.35, random, error);
}

static bool plan_bubbles(PhantomFaults *faults, const Stage *stage, PhantomRandom *random, NodalError **error) {
  for (int i = 0; i < 2; i++) {
    double x, y, radius = stage->radius * (i == 0 ? phantom_uniform(random, 0.22, 0.34) : 0.08);
    place_near(stage, 0.6, 1.0, random, &x, &y);
    if (!add_spot(faults, NODAL_PHANTOM_BUBBLE, x, y, radius, 0.06, random, error)) {
      return false;
    }
  }
  return true;
}

static void plan_fold(PhantomFaults *faults, const Stage *stage, PhantomRandom *random) {
  double x, y, wide = 0.035 * stage->radius, half = wide < 45 ? wide : 45;
  double least = 2.5 * faults->spacing_um;
  place_near(stage, 0.1, 0.5, random, &x, &y);
  double turns = phantom_uniform(random, 0, 1), length = stage->radius * phantom_uniform(random, 1.0, 1.5);
  PhantomFaultPlan *fold =
      add_band(faults, NODAL_PHANTOM_FOLD, x, y, turns, length, half > least ? half : least, random);
  double over = 3 * (half > least ? half : least) / faults->spacing_um;
  fold->over_x = phantom_floor(-fold->ribbon.along_y * over + 0.5);
  fold->over_y = phantom_floor(fold->ribbon.along_x * over + 0.5);
}

static void plan_pen(PhantomFaults *faults, const Stage *stage, PhantomRandom *random) {
  double wide = 0.07 * stage->radius, half = wide < 260 ? wide : 260, least = 3 * faults->spacing_um;
  int color = (int)(phantom_random(random) & (PENS - 1)), strokes = 2 + (int)(phantom_random(random) & 1);
  half = half > least ? half : least;
  double turns = phantom_uniform(random, 0, 1), away = phantom_uniform(random, 0.75, 1.0) * stage->radius;
  for (int i = 0; i < strokes; i++) {
    double u = phantom_cos(turns), v = phantom_sin(turns);
    double length = stage->radius * phantom_uniform(random, 0.9, 1.5);
    PhantomFaultPlan *stroke = add_band(faults, NODAL_PHANTOM_PEN, stage->x + away * u, stage->y + away * v,
                                        turns + 0.25 + phantom_uniform(random, -0.06, 0.06), length, half, random);
    stroke->color = color;
    turns += phantom_uniform(random, 0.14, 0.2);
  }
}

bool phantom_faults_init(PhantomFaults *faults, const PhantomPlan *plan, const PhantomSection *section,
                         const NodalPhantomOptions *options, NodalError **error) {
  const PhantomOutline *node = &plan->nodes[0].outline;
  Stage stage = {.x = node->x, .y = node->y, .radius = node->least};
  phantom_to_slide(section, &stage.x, &stage.y);
  uint64_t seed = phantom_section_seed(options);
  faults->spacing_um = options->spacing_um;
  faults->streaks = (PhantomNoise){phantom_hash(seed, 70, 0), 1 / (0.05 * stage.radius)};
  for (int i = 0; i < PHANTOM_FOCUS_LEVELS; i++) {
    double sigma = focus_um[i] / options->spacing_um;
    phantom_blur_init(&faults->focus[i], sigma > focus_px[i] ? sigma : focus_px[i]);
  }
  /* Each has numbers of its own: what one fault looks like does not depend on the others. */
  PhantomRandom random[4];
  for (int i = 0; i < 4; i++) {
    random[i] = (PhantomRandom){phantom_hash(seed, 71, i)};
  }
  if ((options->faults & NODAL_PHANTOM_OUT_OF_FOCUS && !plan_out_of_focus(faults, &stage, &random[0], error)) ||
      (options->faults & NODAL_PHANTOM_BUBBLE && !plan_bubbles(faults, &stage, &random[1], error))) {
    return false;
  }
  if (options->faults & NODAL_PHANTOM_FOLD) {
    plan_fold(faults, &stage, &random[2]);
  }
  if (options->faults & NODAL_PHANTOM_PEN) {
    plan_pen(faults, &stage, &random[3]);
  }
  return true;
}

void phantom_faults_clear(PhantomFaults *faults) {
  for (int i = 0; i < faults->count; i++) {
    phantom_outline_clear(&faults->faults[i].outline);
  }
}
