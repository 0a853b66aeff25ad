/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/plan.h"

#include "base/memory.h"
#include <math.h>

enum { NODE_DIRECTIONS = 2048 };

/* Part of the slide's shorter side that stays free round a node: fat and a rim of glass. */
static const double free_margin = 0.09;

typedef struct Box {
  double x, y, width, height;
} Box;

static double least(double a, double b) {
  return a < b ? a : b;
}

/* Moves and scales the outline so that it touches the sides of the box from within. */
static void fit_outline(PhantomOutline *outline, const Box *box) {
  double left = 0, right = 0, top = 0, bottom = 0;
  for (int i = 0; i < outline->directions; i++) {
    double x, y;
    phantom_outline_point(outline, i, &x, &y);
    left = least(left, x);
    right = -least(-right, -x);
    top = least(top, y);
    bottom = -least(-bottom, -y);
  }
  double factor = least(box->width / (right - left), box->height / (bottom - top));
  phantom_outline_scale(outline, factor);
  outline->x = box->x + box->width / 2 - factor * (left + right) / 2;
  outline->y = box->y + box->height / 2 - factor * (top + bottom) / 2;
}

static bool add_node(PhantomPlan *plan, const Box *box, double margin, PhantomRandom *random, NodalError **error) {
  double turns = box->width >= box->height ? 0.25 : 0.5;
  if (phantom_uniform(random, 0, 1) < 0.5) {
    turns += 0.5;
  }
  turns += phantom_uniform(random, -0.04, 0.04);
  PhantomShape shape = {.half_width = box->width / 2,
                        .half_height = box->height / 2,
                        .first_wave = 2,
                        .last_wave = 7,
                        .amplitude = 0.10,
                        .notch_depth = phantom_uniform(random, 0.30, 0.40),
                        .notch_turns = turns,
                        .notch_width = 0.30};
  PhantomNode *node = &plan->nodes[plan->node_count];
  if (!phantom_outline_init(&node->outline, &shape, NODE_DIRECTIONS, random, error)) {
    return false;
  }
  plan->node_count++;
  Box inner = {box->x + margin, box->y + margin, box->width - 2 * margin, box->height - 2 * margin};
  fit_outline(&node->outline, &inner);
  double radius = least(inner.width, inner.height) / 2, scale = plan->scale;
  node->hilum_x = phantom_cos(turns);
  node->hilum_y = phantom_sin(turns);
  node->capsule = (float)least(38 * scale, 0.05 * radius);
  node->sinus = (float)least(26 * scale, 0.035 * radius);
  node->cortex = (float)least(1250 * scale + 0.08 * radius, 0.42 * radius);
  double parts = 6.3 * radius / (620 * scale);
  node->trabeculae = parts < 9 ? 9 : (int)parts;
  node->fat = (float)least(1100 * scale, 0.6 * margin);
  return true;
}

/*
 * One large node fills a slide of ordinary shape. On a wide (or tall) one it keeps a plausible shape, and one or two
 * small nodes lie beside it.
 */
static bool plan_nodes(PhantomPlan *plan, PhantomRandom *random, NodalError **error) {
  bool tall = plan->height_um > plan->width_um;
  double longer = tall ? plan->height_um : plan->width_um, shorter = tall ? plan->width_um : plan->height_um;
  double ratio = longer / shorter;
  double main_length = ratio < 1.9 ? longer : 1.55 * shorter;
  int satellites = ratio < 1.9 ? 0 : ratio < 2.45 ? 1 : 2;
  double side = satellites == 0 ? 0 : least((longer - main_length) / satellites, 0.5 * shorter);
  double along = (longer - main_length - satellites * side) / 2;
  for (int i = 0; i <= satellites; i++) {
    double length = i == 0 ? main_length : side, breadth = i == 0 ? shorter : side;
    double across = i == 0 ? 0 : phantom_uniform(random, 0.1, 0.9) * (shorter - breadth);
    Box box = {tall ? across : along, tall ? along : across, tall ? breadth : length, tall ? length : breadth};
    double margin = i == 0 ? free_margin * shorter : 0.16 * side;
    if (!add_node(plan, &box, margin, random, error)) {
      return false;
    }
    along += length;
  }
  return true;
}

float phantom_plan_depth(const PhantomPlan *plan, double x_um, double y_um, int *node) {
  *node = 0;
  float depth = phantom_outline_depth(&plan->nodes[0].outline, x_um, y_um);
  for (int i = 1; i < plan->node_count && depth < 0; i++) {
    float other = phantom_outline_depth(&plan->nodes[i].outline, x_um, y_um);
    if (other > depth) {
      depth = other;
      *node = i;
    }
  }
  return depth;
}

static double node_radius(const PhantomPlan *plan) {
  return plan->nodes[0].outline.least;
}

/* A quadratic form that is 1 on an ellipse of these half axes, the first one pointing to `turns`. */
static void ellipse_form(double first, double second, double turns, float *xx, float *xy, float *yy) {
  double u = phantom_cos(turns), v = phantom_sin(turns);
  double p = 1 / (first * first), q = 1 / (second * second);
  *xx = (float)(u * u * p + v * v * q);
  *xy = (float)(2 * u * v * (p - q));
  *yy = (float)(v * v * p + u * u * q);
}

/* Cells of a jittered grid over one node, one possible follicle or vessel each. */
typedef struct Scatter {
  double x, y, pitch, jitter;
  int64_t columns, rows;
} Scatter;

static Scatter scatter_over(const PhantomNode *node, double pitch, double jitter) {
  int64_t cells = phantom_floor(2 * node->outline.reach / pitch) + 1;
  return (Scatter){
      node->outline.x - node->outline.reach, node->outline.y - node->outline.reach, pitch, jitter, cells, cells};
}

static void scatter_place(const Scatter *scatter, int64_t column, int64_t row, PhantomRandom *random, double *x,
                          double *y) {
  double half = (row & 1) ? 0.75 : 0.25;
  *x = scatter->x + ((double)column + half + scatter->jitter * phantom_uniform(random, -0.5, 0.5)) * scatter->pitch;
  *y = scatter->y + ((double)row + 0.5 + scatter->jitter * phantom_uniform(random, -0.5, 0.5)) * scatter->pitch;
}

/* Whether a place of this depth sees the hilum rather than cortex. */
static bool at_hilum(const PhantomNode *node, double x, double y) {
  double dx = x - node->outline.x, dy = y - node->outline.y;
  return dx * node->hilum_x + dy * node->hilum_y > 0.75 * sqrt(dx * dx + dy * dy);
}

static bool add_follicle(PhantomPlan *plan, size_t *capacity, double x, double y, double radius, PhantomRandom *random,
                         NodalError **error) {
  if (!nodal_grow_array(&plan->follicles, capacity, plan->follicle_count + 1, sizeof *plan->follicles, error)) {
    return false;
  }
  double first = radius * phantom_uniform(random, 1, 1.25), second = radius * phantom_uniform(random, 0.85, 1);
  double turns = phantom_uniform(random, 0, 1), light = phantom_uniform(random, 0, 1);
  PhantomFollicle *follicle = &plan->follicles[plan->follicle_count++];
  *follicle = (PhantomFollicle){.x = x,
                                .y = y,
                                .reach = (float)first,
                                .toward_x = (float)phantom_cos(light),
                                .toward_y = (float)phantom_sin(light),
                                .germinal = phantom_uniform(random, 0, 1) < 0.85};
  ellipse_form(first, second, turns, &follicle->xx, &follicle->xy, &follicle->yy);
  return true;
}

static bool plan_follicles(PhantomPlan *plan, int own, size_t *capacity, PhantomRandom *random, NodalError **error) {
  const PhantomNode *node = &plan->nodes[own];
  double largest = least(310 * plan->scale, 0.13 * node->outline.least);
  double skin = node->capsule + node->sinus + plan->wobble;
  Scatter scatter = scatter_over(node, 2.5 * largest, 0.35);
  for (int64_t row = 0; row < scatter.rows; row++) {
    for (int64_t column = 0; column < scatter.columns; column++) {
      double x, y;
      scatter_place(&scatter, column, row, random, &x, &y);
      double radius = largest * phantom_uniform(random, 0.5, 1.0);
      bool wanted = phantom_uniform(random, 0, 1) < 0.8;
      int index;
      float depth = phantom_plan_depth(plan, x, y, &index);
      if (wanted && index == own && depth > skin + 1.15 * radius && depth < skin + node->cortex &&
          !at_hilum(node, x, y) && !add_follicle(plan, capacity, x, y, radius, random, error)) {
        return false;
      }
    }
  }
  return true;
}

static bool plan_vessels(PhantomPlan *plan, int own, size_t *capacity, PhantomRandom *random, NodalError **error) {
  const PhantomNode *node = &plan->nodes[own];
  double unit = least(plan->scale, node->outline.least / 1500);
  Scatter scatter = scatter_over(node, 620 * unit, 0.8);
  for (int64_t row = 0; row < scatter.rows; row++) {
    for (int64_t column = 0; column < scatter.columns; column++) {
      double x, y;
      scatter_place(&scatter, column, row, random, &x, &y);
      double size = phantom_uniform(random, 0, 1), radius = (18 + 75 * size * size * size) * unit;
      double second = radius * phantom_uniform(random, 0.5, 1), turns = phantom_uniform(random, 0, 1);
      bool wanted = phantom_uniform(random, 0, 1) < 0.5;
      int index;
      float depth = phantom_plan_depth(plan, x, y, &index);
      if (!wanted || index != own || depth < 0.75F * node->cortex) {
        continue;
      }
      if (!nodal_grow_array(&plan->vessels, capacity, plan->vessel_count + 1, sizeof *plan->vessels, error)) {
        return false;
      }
      PhantomVessel *vessel = &plan->vessels[plan->vessel_count++];
      *vessel = (PhantomVessel){.x = x, .y = y, .reach = (float)radius, .lumen = (float)(0.5 + 0.25 * size)};
      ellipse_form(radius, second, turns, &vessel->xx, &vessel->xy, &vessel->yy);
    }
  }
  return true;
}

static bool furnish_nodes(PhantomPlan *plan, PhantomRandom *random, NodalError **error) {
  size_t follicles = 0, vessels = 0;
  for (int i = 0; i < plan->node_count; i++) {
    if (!plan_follicles(plan, i, &follicles, random, error) || !plan_vessels(plan, i, &vessels, random, error)) {
      return false;
    }
  }
  return true;
}

bool phantom_plan_init(PhantomPlan *plan, const NodalPhantomOptions *options, NodalError **error) {
  plan->width_um = (double)options->width * options->spacing_um;
  plan->height_um = (double)options->height * options->spacing_um;
  double shorter = least(plan->width_um, plan->height_um);
  plan->scale = shorter > 36000 ? shorter / 36000 : 1;
  PhantomRandom random = {phantom_hash(options->seed, 1, 0)};
  if (!plan_nodes(plan, &random, error)) {
    return false;
  }
  plan->wobble = (float)least(45 * plan->scale, 0.03 * node_radius(plan));
  plan->wobble_noise =
      (PhantomNoise){phantom_hash(options->seed, 2, 0), 1 / least(420 * plan->scale, 0.3 * node_radius(plan))};
  return furnish_nodes(plan, &random, error) && phantom_plan_nests(plan, options, error);
}

void phantom_plan_clear(PhantomPlan *plan) {
  for (int i = 0; i < plan->node_count; i++) {
    phantom_outline_clear(&plan->nodes[i].outline);
  }
  for (int i = 0; i < plan->nest_count; i++) {
    phantom_outline_clear(&plan->nests[i].outline);
  }
  free(plan->follicles);
  free(plan->vessels);
  free(plan->nests);
  free(plan->bins.start);
  free(plan->bins.items);
}
