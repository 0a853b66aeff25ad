/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/stamp.h"

#include "base/memory.h"
#include "phantom/outline.h"
#include "phantom/stain.h"
#include <math.h>

enum { BODY_DIRECTIONS = 64, MAX_CLUMPS = 12 };

/* One body: its outline lies along the axes, and places are turned by (u, v) before they are looked up in it. */
typedef struct Individual {
  PhantomOutline outline;
  double u, v;
  double body, rim, blur;
  double clump_x[MAX_CLUMPS], clump_y[MAX_CLUMPS], clump_radius[MAX_CLUMPS], clump[MAX_CLUMPS];
  int clumps;
} Individual;

static bool make_individual(Individual *individual, const PhantomBody *body, int index, PhantomRandom *random,
                            NodalError **error) {
  double radius = phantom_uniform(random, body->least_radius, body->most_radius);
  double stretch = sqrt(phantom_uniform(random, body->least_aspect, body->most_aspect));
  PhantomShape shape = {.half_width = radius * stretch,
                        .half_height = radius / stretch,
                        .first_wave = 2,
                        .last_wave = 5,
                        .amplitude = body->waviness * phantom_uniform(random, 0.6, 1)};
  *individual = (Individual){.blur = body->blur, .clumps = body->clumps};
  if (!phantom_outline_init(&individual->outline, &shape, BODY_DIRECTIONS, random, error)) {
    return false;
  }
  double any = phantom_uniform(random, 0, 2);
  phantom_direction(body->oriented ? 2.0 * index / PHANTOM_STAMP_SHAPES : any, &individual->u, &individual->v);
  double strength = 1 + body->spread * phantom_uniform(random, -1, 1);
  individual->body = body->body * strength;
  individual->rim = body->rim * strength;
  for (int i = 0; i < body->clumps; i++) {
    double x, y;
    phantom_direction(phantom_uniform(random, 0, 4), &x, &y);
    double out = 0.8 * sqrt(phantom_uniform(random, 0, 1));
    individual->clump_x[i] = x * out * shape.half_width;
    individual->clump_y[i] = y * out * shape.half_height;
    individual->clump_radius[i] = body->clump_radius * phantom_uniform(random, 0.6, 1.3);
    individual->clump[i] = body->clump * phantom_uniform(random, 0.5, 1.2);
  }
  return true;
}

static double density_at(const Individual *individual, double x, double y) {
  double across = x * individual->u + y * individual->v, along = y * individual->u - x * individual->v;
  float blur = (float)individual->blur;
  double reach = individual->outline.reach + individual->blur;
  if (across * across + along * along > reach * reach) {
    return 0;
  }
  float depth = phantom_outline_depth(&individual->outline, across, along);
  if (depth <= -blur) {
    return 0;
  }
  double density = individual->body;
  density += individual->rim * phantom_ramp(depth, 1.1F + blur, 0.3F);
  for (int i = 0; i < individual->clumps; i++) {
    double dx = across - individual->clump_x[i], dy = along - individual->clump_y[i];
    double part = 1 - (dx * dx + dy * dy) / (individual->clump_radius[i] * individual->clump_radius[i]);
    if (part > 0) {
      density += individual->clump[i] * part * part;
    }
  }
  return density * phantom_ramp(depth, -blur, blur);
}

/* Pixels average light, not density: the samples of a pixel are averaged as the light that green lets through. */
static uint8_t pixel_density(const Individual *individual, double x, double y, double spacing, int samples) {
  double light = 0;
  for (int j = 0; j < samples; j++) {
    for (int i = 0; i < samples; i++) {
      double px = x + ((i + 0.5) / samples - 0.5) * spacing, py = y + ((j + 0.5) / samples - 0.5) * spacing;
      double density = density_at(individual, px, py);
      light += density > 0 ? phantom_exp_minus(density * PHANTOM_HEMATOXYLIN_GREEN) : 1;
    }
  }
  light /= samples * samples;
  double steps = light < 1 ? -phantom_log(light) / (PHANTOM_HEMATOXYLIN_GREEN * PHANTOM_DENSITY_STEP) : 0;
  return steps >= 254.5 ? 255 : (uint8_t)(steps + 0.5);
}

static void draw(const PhantomStamps *stamps, const Individual *individual, int shape, double spacing) {
  int samples = spacing <= 0.35 ? 1 : spacing <= 0.7 ? 2 : spacing <= 1.4 ? 4 : 6;
  for (int phase = 0; phase < stamps->phases * stamps->phases; phase++) {
    int phase_x = phase % stamps->phases, phase_y = phase / stamps->phases;
    double center_x = stamps->center + (phase_x + 0.5) / stamps->phases;
    double center_y = stamps->center + (phase_y + 0.5) / stamps->phases;
    size_t offset = (size_t)(phantom_stamp(stamps, shape, phase_x, phase_y) - stamps->pixels);
    for (int y = 0; y < stamps->height; y++) {
      uint8_t *row = stamps->pixels + offset + (size_t)y * (size_t)stamps->width;
      for (int x = 0; x < stamps->height; x++) {
        row[x] =
            pixel_density(individual, (x + 0.5 - center_x) * spacing, (y + 0.5 - center_y) * spacing, spacing, samples);
      }
    }
  }
}

bool phantom_stamps_init(PhantomStamps *stamps, const PhantomBody *body, double spacing_um, uint64_t seed,
                         NodalError **error) {
  double reach = body->most_radius * sqrt(body->most_aspect) * (1 + body->waviness) + body->blur;
  stamps->shapes = PHANTOM_STAMP_SHAPES;
  stamps->phases = spacing_um <= 0.35 ? 1 : spacing_um <= 0.7 ? 2 : 4;
  stamps->center = (int)phantom_floor(reach / spacing_um) + 1;
  stamps->height = 2 * stamps->center + 1;
  stamps->width = (stamps->height + 15) / 16 * 16;
  size_t pictures = (size_t)(stamps->shapes * stamps->phases * stamps->phases);
  stamps->pixels = nodal_alloc_array(pictures, (size_t)(stamps->width * stamps->height), error);
  if (!stamps->pixels) {
    return false;
  }
  PhantomRandom random = {phantom_hash(seed, 4, 0)};
  for (int shape = 0; shape < stamps->shapes; shape++) {
    Individual individual;
    if (!make_individual(&individual, body, shape, &random, error)) {
      return false;
    }
    draw(stamps, &individual, shape, spacing_um);
    phantom_outline_clear(&individual.outline);
  }
  return true;
}

void phantom_stamps_clear(PhantomStamps *stamps) {
  free(stamps->pixels);
  stamps->pixels = NULL;
}

bool phantom_body_trace(const PhantomBody *body, double ground, uint64_t seed, PhantomTrace *trace,
                        NodalError **error) {
  const double spacing = 0.35;
  PhantomStamps stamps = {0};
  if (!phantom_stamps_init(&stamps, body, spacing, seed, error)) {
    phantom_stamps_clear(&stamps);
    return false;
  }
  int pictures = stamps.shapes * stamps.phases * stamps.phases;
  double light_lost = 0, pixels = 0;
  for (int i = 0; i < pictures * stamps.width * stamps.height; i++) {
    double more = stamps.pixels[i] * PHANTOM_DENSITY_STEP - ground;
    if (more > 0) {
      light_lost += 1 - phantom_exp_minus(more * PHANTOM_HEMATOXYLIN_GREEN);
      pixels += 1;
    }
  }
  trace->area_um2 = pixels * spacing * spacing / pictures;
  trace->loss_um2 = light_lost * spacing * spacing / pictures;
  phantom_stamps_clear(&stamps);
  return true;
}
