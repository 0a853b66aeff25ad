/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/tissue.h"

#include "phantom/stain.h"
#include <math.h>
#include <string.h>

typedef enum Material {
  CORTEX,
  PARACORTEX,
  CORD,
  MEDULLARY_SINUS,
  SUBCAPSULAR_SINUS,
  CAPSULE,
  MANTLE,
  DARK_ZONE,
  LIGHT_ZONE,
  VESSEL_WALL,
  LUMEN,
  TUMOR,
  STROMA
} Material;

#define MIX(h, e, fiber, macrophage, faint, lymphocyte, centroblast, histiocyte, spindle, tumor, erythrocyte)          \
  {                                                                                                                    \
    (float)((h) / PHANTOM_DENSITY_STEP), (float)((e) / PHANTOM_EOSIN_STEP), (float)(fiber)*255,                        \
        (float)(macrophage)*255, (float)(faint)*255, (float)(lymphocyte)*255, (float)(centroblast)*255,                \
        (float)(histiocyte)*255, (float)(spindle)*255, (float)(tumor)*255, (float)(erythrocyte)*255                    \
  }

/* Densities of the ground between the bodies, then strengths and chances 0 to 1. */
static const float materials[PHANTOM_MATERIALS][PHANTOM_PADDED_FIELDS] = {
    /*                        H     E    fib  mac  fai   lym   cen  his   spi   tum   ery */
    [CORTEX] = MIX(0.36, 0.26, 0.15, 0, 0.90, 0.95, 0, 0.02, 0.02, 0, 0),
    [PARACORTEX] = MIX(0.28, 0.30, 0.20, 0, 0.65, 0.74, 0.03, 0.10, 0.05, 0, 0),
    [CORD] = MIX(0.22, 0.32, 0.25, 0, 0.55, 0.74, 0, 0.06, 0.06, 0, 0),
    [MEDULLARY_SINUS] = MIX(0.03, 0.13, 0.20, 0, 0.06, 0.16, 0, 0.45, 0.05, 0, 0.01),
    [SUBCAPSULAR_SINUS] = MIX(0.03, 0.11, 0.20, 0, 0.05, 0.20, 0, 0.30, 0.05, 0, 0),
    [CAPSULE] = MIX(0.06, 0.45, 1.00, 0, 0.02, 0.02, 0, 0, 0.42, 0, 0),
    [MANTLE] = MIX(0.40, 0.22, 0.10, 0, 0.90, 1.00, 0, 0, 0.01, 0, 0),
    [DARK_ZONE] = MIX(0.20, 0.32, 0.25, 0.30, 0.30, 0.10, 0.90, 0, 0.01, 0, 0),
    [LIGHT_ZONE] = MIX(0.15, 0.34, 0.30, 0.30, 0.20, 0.10, 0.72, 0.10, 0.02, 0, 0),
    [VESSEL_WALL] = MIX(0.07, 0.44, 0.80, 0, 0.02, 0.02, 0, 0, 0.50, 0, 0),
    [LUMEN] = MIX(0, 0.03, 0, 0, 0, 0.02, 0, 0, 0, 0, 0.55),
    [TUMOR] = MIX(0.15, 0.36, 0.30, 0, 0.04, 0.04, 0, 0.02, 0.02, 0.97, 0),
    [STROMA] = MIX(0.08, 0.42, 0.90, 0, 0.06, 0.09, 0, 0.04, 0.40, 0.02, 0),
};

/*
 * The same tissue in IHC: the second plane is DAB, which is in the bodies of tumor cells only, rough as their membranes
 * are; the ground is nearly clear.
 */
static void choose_materials(PhantomTissue *tissue, NodalPhantomStain stain) {
  memcpy(tissue->materials, materials, sizeof materials);
  for (int i = 0; i < PHANTOM_MATERIALS && stain == NODAL_PHANTOM_IHC; i++) {
    float *fields = tissue->materials[i];
    fields[PHANTOM_HEMATOXYLIN] *= 0.45F;
    fields[PHANTOM_EOSIN] = i == TUMOR ? PHANTOM_DAB_STEPS : 0;
    fields[PHANTOM_FIBER] = i == TUMOR ? 255 : 0;
    fields[PHANTOM_FIRST_KIND + PHANTOM_ERYTHROCYTE] = 0;
  }
}

/* What the noises of PhantomTissue are for, and their wavelengths in micrometres; 0: follows the node's size. */
enum { WOBBLE, FINE, BROAD, SINUS, PATCH, CLUSTER, REGION };
static const double wavelengths[PHANTOM_NOISES] = {0, 60, 260, 140, 38, 150, 0};

static bool prepare_losses(PhantomTissue *tissue, uint64_t seed, NodalError **error) {
  for (int i = 0; i < PHANTOM_KINDS; i++) {
    const PhantomStrewing *strewing = &phantom_strewing[i];
    double cell = strewing->pitch_um * strewing->pitch_um * PHANTOM_ROW_PITCH;
    double ground = i == PHANTOM_ERYTHROCYTE ? 0 : 0.2;
    PhantomTrace trace = {0};
    if (i != PHANTOM_MACROPHAGE && !phantom_body_trace(&strewing->body, ground, seed, &trace, error)) {
      return false;
    }
    tissue->area[i] = phantom_clamp((float)(trace.area_um2 / cell), 0, 0.9F);
    tissue->loss[i] = phantom_clamp((float)(trace.loss_um2 / cell), 0, 0.9F);
  }
  for (int i = 0; i <= 256; i++) {
    double light = 1 - i / 257.0;
    tissue->minus_log[i] = (float)(-phantom_log(light) / (PHANTOM_HEMATOXYLIN_GREEN * PHANTOM_DENSITY_STEP));
  }
  return true;
}

bool phantom_tissue_init(PhantomTissue *tissue, const PhantomPlan *plan, const NodalPhantomOptions *options,
                         NodalError **error) {
  tissue->plan = plan;
  tissue->section = phantom_section(options);
  tissue->spacing_um = options->spacing_um;
  choose_materials(tissue, options->stain);
  tissue->fat_mean = options->stain == NODAL_PHANTOM_IHC ? 0 : 9;
  const PhantomNode *node = &plan->nodes[0];
  double region = 0.6 * node->outline.least, most = 1800 * plan->scale;
  double coarser = node->outline.least / 3000; /* a larger node has wider sinuses */
  coarser = coarser < 1 ? 1 : coarser > 2.5 ? 2.5 : coarser;
  for (int i = 0; i < PHANTOM_NOISES; i++) {
    double wavelength = i == REGION ? (region < most ? region : most) : wavelengths[i] * (i == SINUS ? coarser : 1);
    tissue->noises[i] = (PhantomNoise){phantom_hash(options->seed, 10, i), i == WOBBLE ? 0 : 1 / wavelength};
  }
  tissue->noises[WOBBLE] = plan->wobble_noise;
  tissue->fat_pitch_um = node->fat < 150 ? 0.5 * node->fat : 75;
  tissue->seed = phantom_hash(options->seed, 12, 0);
  tissue->coarse = options->spacing_um > 2.5;
  tissue->fat_cells = options->spacing_um <= 10;
  return !tissue->coarse || prepare_losses(tissue, options->seed, error);
}

float phantom_tissue_depth(const PhantomTissue *tissue, double x_um, double y_um, int *node) {
  const PhantomPlan *plan = tissue->plan;
  return phantom_plan_depth(plan, x_um, y_um, node) + plan->wobble * phantom_noise(&plan->wobble_noise, x_um, y_um);
}

bool phantom_tissue_fat(const PhantomTissue *tissue, double x_um, double y_um, float depth, int node) {
  float fat = tissue->plan->nodes[node].fat;
  if (depth < -fat) {
    return false;
  }
  float part = 0.4F + 1.4F * phantom_noise(&tissue->noises[REGION], x_um, y_um);
  return -depth < fat * phantom_clamp(part, 0, 1);
}

static void blend(const PhantomTissue *tissue, float *restrict mix, Material material, float weight) {
  if (weight == 0) {
    return;
  }
  const float *restrict other = tissue->materials[material];
  for (int i = 0; i < PHANTOM_PADDED_FIELDS; i++) {
    mix[i] += (other[i] - mix[i]) * weight;
  }
}

static bool comes_near(double x, double y, double reach, const double *box) {
  return x + reach > box[0] && y + reach > box[1] && x - reach < box[2] && y - reach < box[3];
}

/* The smallest upright box of the tissue that holds a box of the slide. */
static void box_in_tissue(const PhantomSection *section, double box[4]) {
  if (!section->moved) {
    return;
  }
  double low_x = INFINITY, low_y = INFINITY, high_x = -INFINITY, high_y = -INFINITY;
  for (int i = 0; i < 4; i++) {
    double x = box[i & 1 ? 2 : 0], y = box[i & 2 ? 3 : 1];
    phantom_to_tissue(section, &x, &y);
    low_x = x < low_x ? x : low_x;
    low_y = y < low_y ? y : low_y;
    high_x = x > high_x ? x : high_x;
    high_y = y > high_y ? y : high_y;
  }
  box[0] = low_x, box[1] = low_y, box[2] = high_x, box[3] = high_y;
}

static void find_neighbors(PhantomGrid *grid, const PhantomTissue *tissue) {
  const PhantomPlan *plan = tissue->plan;
  double unit = tissue->spacing_um * grid->step, margin = unit + 10;
  double x = (double)grid->first_column * unit, y = (double)grid->first_row * unit;
  double box[4] = {x - margin, y - margin, x + grid->columns * unit + margin, y + grid->rows * unit + margin};
  box_in_tissue(&tissue->section, box);
  grid->follicle_count = grid->vessel_count = grid->nest_count = 0;
  for (size_t i = 0; i < plan->follicle_count; i++) {
    const PhantomFollicle *follicle = &plan->follicles[i];
    if (comes_near(follicle->x, follicle->y, 1.32 * follicle->reach, box)) {
      grid->follicles[grid->follicle_count++] = (uint32_t)i;
    }
  }
  for (size_t i = 0; i < plan->vessel_count; i++) {
    if (comes_near(plan->vessels[i].x, plan->vessels[i].y, 1.32 * plan->vessels[i].reach, box)) {
      grid->vessels[grid->vessel_count++] = (uint32_t)i;
    }
  }
  for (int i = 0; i < plan->nest_count; i++) {
    const PhantomOutline *outline = &plan->nests[i].outline;
    if (comes_near(outline->x, outline->y, outline->reach, box)) {
      grid->nests[grid->nest_count++] = (uint32_t)i;
    }
  }
}

/* A place of the tissue with the noises there. */
typedef struct Place {
  double x, y;
  float depth; /* under the capsule's outside */
  const PhantomNode *node;
  float noise[PHANTOM_NOISES];
} Place;

/*
 * Strands of collagen that run inward from the capsule, with a sinus on either side. The node's circumference is cut
 * into equal parts of the diamond angle, one strand at most a part.
 */
static void blend_trabecula(const PhantomTissue *tissue, const Place *place, float below, float *mix) {
  const PhantomNode *node = place->node;
  double dx = place->x - node->outline.x, dy = place->y - node->outline.y, distance = sqrt(dx * dx + dy * dy);
  if (below > 1.5F * node->cortex || distance == 0) {
    return;
  }
  double angle = phantom_diamond(dx, dy) * node->trabeculae / 4;
  int64_t part = phantom_floor(angle);
  uint64_t hash = phantom_hash(tissue->seed, part, 1000 + (int64_t)node->trabeculae);
  float at = 0.3F + (float)(hash & 0xFF) * (0.4F / 256), size = (float)(hash >> 8 & 0xFF) * (1.0F / 256);
  float length = node->cortex * (0.25F + 0.9F * size);
  float thick = node->capsule * (0.16F + 0.40F * size) * (1 - phantom_ramp(below, 0, length));
  if ((hash >> 16 & 3) == 0 || below > length) {
    return;
  }
  /* One part of the angle in micrometres here: d(diamond angle) = distance^2 / (|dx| + |dy|)^2 d(angle). */
  double sum = (dx < 0 ? -dx : dx) + (dy < 0 ? -dy : dy);
  double unit = sum * sum / distance * 4 / node->trabeculae;
  float off = (float)((angle - (double)part - at) * unit);
  off += node->capsule * (1.9F * place->noise[BROAD] + 0.6F * place->noise[FINE]);
  off = off < 0 ? -off : off;
  float soft = 0.06F * node->capsule, sinus = thick + node->sinus * (0.7F + 0.5F * place->noise[SINUS]);
  blend(tissue, mix, SUBCAPSULAR_SINUS, 0.8F * phantom_ramp(off, sinus + 3 * soft, sinus));
  blend(tissue, mix, CAPSULE, phantom_ramp(off, thick + soft, thick - soft));
}

/* Cortex, paracortex, medulla with its sinuses, trabeculae: by depth under the sinus. */
static void blend_layers(const PhantomTissue *tissue, const Place *place, float below, float *mix) {
  const PhantomNode *node = place->node;
  const float *noise = place->noise;
  double dx = place->x - node->outline.x, dy = place->y - node->outline.y;
  double distance = sqrt(dx * dx + dy * dy);
  float facing = distance > 0 ? (float)((dx * node->hilum_x + dy * node->hilum_y) / distance) : 0;
  float cortex = node->cortex * (1 + 0.2F * noise[BROAD] + 0.3F * noise[REGION]) *
                 (1 - 0.92F * phantom_ramp(facing, 0.72F, 0.90F));
  if (below > 0.62F * cortex) {
    blend(tissue, mix, PARACORTEX, phantom_ramp(below, 0.62F * cortex, 0.95F * cortex));
  }
  if (below > 1.05F * cortex) {
    float medulla = phantom_ramp(below, 1.05F * cortex, 1.6F * cortex);
    float ridge = noise[SINUS] + 0.45F * noise[FINE] + 0.2F * noise[PATCH];
    ridge = ridge < 0 ? -ridge : ridge;
    float open = medulla * (0.13F + 0.10F * noise[BROAD]) + 0.03F;
    blend(tissue, mix, CORD, medulla);
    blend(tissue, mix, MEDULLARY_SINUS, phantom_ramp(ridge, open + 0.06F, open));
  }
  blend_trabecula(tissue, place, below, mix);
}

static void blend_follicles(const PhantomGrid *grid, const PhantomTissue *tissue, const Place *place, float *mix) {
  const PhantomPlan *plan = tissue->plan;
  for (size_t i = 0; i < grid->follicle_count; i++) {
    const PhantomFollicle *follicle = &plan->follicles[grid->follicles[i]];
    float dx = (float)(place->x - follicle->x), dy = (float)(place->y - follicle->y);
    float square = follicle->xx * dx * dx + follicle->xy * dx * dy + follicle->yy * dy * dy;
    if (square > 1.7F) {
      continue;
    }
    float away = sqrtf(square) + 0.11F * place->noise[BROAD] + 0.04F * place->noise[FINE];
    blend(tissue, mix, MANTLE, phantom_ramp(away, 1.04F, 0.94F));
    if (follicle->germinal) {
      /* The mantle is thicker on the side of the light zone. */
      float light = (dx * follicle->toward_x + dy * follicle->toward_y) / follicle->reach;
      float edge = 0.76F - 0.08F * light, center = phantom_ramp(away, edge + 0.035F, edge - 0.035F);
      blend(tissue, mix, DARK_ZONE, center);
      blend(tissue, mix, LIGHT_ZONE, center * phantom_ramp(light, -0.25F, 0.45F));
    }
  }
}

static void blend_vessels(const PhantomGrid *grid, const PhantomTissue *tissue, const Place *place, float *mix) {
  const PhantomPlan *plan = tissue->plan;
  for (size_t i = 0; i < grid->vessel_count; i++) {
    const PhantomVessel *vessel = &plan->vessels[grid->vessels[i]];
    float dx = (float)(place->x - vessel->x), dy = (float)(place->y - vessel->y);
    float square = vessel->xx * dx * dx + vessel->xy * dx * dy + vessel->yy * dy * dy;
    if (square > 1.7F) {
      continue;
    }
    float away = sqrtf(square) + 0.08F * place->noise[FINE], soft = 2.5F / vessel->reach;
    blend(tissue, mix, VESSEL_WALL, phantom_ramp(away, 1 + soft, 1 - soft));
    blend(tissue, mix, LUMEN, phantom_ramp(away, vessel->lumen + soft, vessel->lumen - soft));
  }
}

static void blend_nests(const PhantomGrid *grid, const PhantomTissue *tissue, const Place *place, float *mix) {
  const PhantomPlan *plan = tissue->plan;
  for (size_t i = 0; i < grid->nest_count; i++) {
    const PhantomNestPlan *nest = &plan->nests[grid->nests[i]];
    double dx = place->x - nest->outline.x, dy = place->y - nest->outline.y, reach = nest->outline.reach + 4;
    if (dx * dx + dy * dy > reach * reach) {
      continue;
    }
    float inside = phantom_outline_depth(&nest->outline, place->x, place->y), size = (float)nest->longest_um;
    if (inside < -3) {
      continue;
    }
    blend(tissue, mix, TUMOR, phantom_ramp(inside, -2.5F, 2.5F));
    /* Strands of stroma part a larger nest into islands; nuclei keep clear of the outline. */
    float strand = place->noise[CLUSTER] < 0 ? -place->noise[CLUSTER] : place->noise[CLUSTER];
    float stroma = phantom_ramp(strand, 0.12F, 0.06F) * phantom_ramp(size, 90, 250);
    blend(tissue, mix, STROMA, stroma * phantom_ramp(inside, 0, 4));
    float clear = 0.15F * size < 7 ? 0.15F * size : 7;
    if (inside < clear) {
      mix[PHANTOM_FIRST_KIND + PHANTOM_TUMOR] = 0;
    }
  }
}

/* Bodies too small for the pixels: their part of the light lost goes into the ground. */
static void add_mean_bodies(const PhantomTissue *tissue, float *mix) {
  /* Darker ones first: where bodies lie over each other the darker one shows. */
  static const PhantomKind order[] = {PHANTOM_LYMPHOCYTE,  PHANTOM_SPINDLE,    PHANTOM_TUMOR,
                                      PHANTOM_CENTROBLAST, PHANTOM_HISTIOCYTE, PHANTOM_FAINT};
  float lost = 0, open = 1;
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    float chance = phantom_clamp(mix[PHANTOM_FIRST_KIND + order[i]], 0, 255) * (1.0F / 256);
    float area = chance * tissue->area[order[i]], alone = 1 - 0.22F * area; /* they also lie over their own kind */
    lost += open * chance * alone * tissue->loss[order[i]];
    open *= 1 - alone * area;
  }
  float place = lost * 257;
  int index = place < 255 ? (int)place : 255;
  float part = place - (float)index;
  const float *table = tissue->minus_log + index;
  mix[PHANTOM_HEMATOXYLIN] += table[0] + (table[1] - table[0]) * part;
  float blood = mix[PHANTOM_FIRST_KIND + PHANTOM_ERYTHROCYTE];
  mix[PHANTOM_EOSIN] += 0.5F * tissue->loss[PHANTOM_ERYTHROCYTE] * blood;
  for (int i = 0; i < PHANTOM_KINDS; i++) {
    mix[PHANTOM_FIRST_KIND + i] = 0;
  }
}

static void mix_place(const PhantomGrid *grid, const PhantomTissue *tissue, const Place *place, float *restrict mix) {
  const PhantomNode *node = place->node;
  float capsule = node->capsule * (1 + 0.5F * place->noise[BROAD]), sinus = node->sinus;
  float below = place->depth - capsule - sinus;
  for (int i = 0; i < PHANTOM_PADDED_FIELDS; i++) {
    mix[i] = tissue->materials[CORTEX][i];
  }
  if (below > 0) {
    blend_layers(tissue, place, below, mix);
  }
  blend_follicles(grid, tissue, place, mix);
  blend_vessels(grid, tissue, place, mix);
  if (below < 0.25F * sinus) {
    float open = 0.75F + 0.9F * place->noise[SINUS];
    blend(tissue, mix, SUBCAPSULAR_SINUS,
          phantom_ramp(below, 0.2F * sinus, -0.2F * sinus) * phantom_clamp(open, 0.1F, 1));
    blend(tissue, mix, CAPSULE, phantom_ramp(place->depth, 1.1F * capsule, 0.92F * capsule));
  }
  blend_nests(grid, tissue, place, mix);
  float dense = 1 + 0.10F * place->noise[PATCH] + 0.06F * place->noise[BROAD];
  mix[PHANTOM_FIRST_KIND + PHANTOM_LYMPHOCYTE] *= dense;
  mix[PHANTOM_FIRST_KIND + PHANTOM_FAINT] *= dense;
  mix[PHANTOM_HEMATOXYLIN] *= dense;
  if (place->depth < 0) {
    for (int i = 0; i < PHANTOM_KINDS; i++) {
      mix[PHANTOM_FIRST_KIND + i] = 0;
    }
  }
  if (tissue->coarse && place->depth >= 0) {
    add_mean_bodies(tissue, mix);
  }
}

/* Pixels that are larger than fat cells are sampled one by one: they are covered in part at the capsule's edge, and
 * the fat outside is its mean. */
static void cover_coarse_pixel(const PhantomTissue *tissue, const Place *place, int node, float *mix) {
  float cover = phantom_clamp(place->depth / (float)tissue->spacing_um + 0.5F, 0, 1);
  float fat =
      place->depth < 0 && phantom_tissue_fat(tissue, place->x, place->y, place->depth, node) ? tissue->fat_mean : 0;
  mix[PHANTOM_HEMATOXYLIN] *= cover;
  mix[PHANTOM_EOSIN] = mix[PHANTOM_EOSIN] * cover + fat * (1 - cover);
  mix[PHANTOM_FIBER] *= cover;
}

static void store_place(PhantomGrid *grid, size_t index, const float *mix) {
  for (int i = 0; i < PHANTOM_FIELDS; i++) {
    grid->fields[i][index] = (uint8_t)(phantom_clamp(mix[i], 0, 255) + 0.5F);
  }
  for (int i = 0; i < PHANTOM_KINDS; i++) {
    uint8_t chance = grid->fields[PHANTOM_FIRST_KIND + i][index];
    grid->most[i] = chance > grid->most[i] ? chance : grid->most[i];
  }
}

static void store_depth(PhantomGrid *grid, size_t index, float depth_px) {
  int16_t steps = (int16_t)phantom_clamp(depth_px * 16, -32000, 32000);
  grid->depth[index] = steps;
  grid->least_depth = steps < grid->least_depth ? steps : grid->least_depth;
  grid->most_depth = steps > grid->most_depth ? steps : grid->most_depth;
}

/* Where the row's nodes lie in the tissue. Columns stay the same as long as the section is not moved. */
static void locate_row(PhantomGrid *grid, const PhantomTissue *tissue, int row) {
  double y = ((double)(grid->first_row + row) * grid->step + 0.5) * tissue->spacing_um;
  if (row > 0 && !tissue->section.moved) {
    grid->y_um[0] = y;
    return;
  }
  for (int i = 0; i < grid->columns; i++) {
    grid->x_um[i] = ((double)(grid->first_column + i) * grid->step + 0.5) * tissue->spacing_um;
    grid->y_um[i] = y;
    phantom_to_tissue(&tissue->section, &grid->x_um[i], &grid->y_um[i]);
  }
}

/* The noises at the nodes `from` to `to` of the row. */
static void fill_noises(PhantomGrid *grid, const PhantomTissue *tissue, int from, int to) {
  for (int i = 0; i < PHANTOM_NOISES && from < to; i++) {
    if (i == CLUSTER && grid->nest_count == 0) {
      continue;
    }
    if (!tissue->section.moved) {
      phantom_noise_row(&tissue->noises[i], grid->x_um + from, to - from, grid->y_um[0], grid->noise[i] + from);
      continue;
    }
    for (int j = from; j < to; j++) {
      grid->noise[i][j] = phantom_noise(&tissue->noises[i], grid->x_um[j], grid->y_um[j]);
    }
  }
}

static void fill_row(PhantomGrid *grid, const PhantomTissue *tissue, int row) {
  const PhantomPlan *plan = tissue->plan;
  locate_row(grid, tissue, row);
  const double *y_um = grid->y_um;
  int move = tissue->section.moved ? 1 : 0;
  float outside = -(plan->nodes[0].fat + 2 * plan->wobble + 4 * (float)(grid->step * tissue->spacing_um));
  int from = grid->columns, to = 0;
  for (int i = 0; i < grid->columns; i++) {
    int node;
    grid->row_depth[i] = phantom_plan_depth(plan, grid->x_um[i], y_um[i * move], &node);
    grid->row_node[i] = (uint8_t)node;
    if (grid->row_depth[i] > outside) {
      from = i < from ? i : from;
      to = i + 1;
    }
  }
  fill_noises(grid, tissue, from, to);
  float near = -3 * (float)(grid->step * tissue->spacing_um);
  for (int i = 0; i < grid->columns; i++) {
    size_t index = (size_t)row * (size_t)grid->columns + (size_t)i;
    float mix[PHANTOM_PADDED_FIELDS] = {0};
    float depth = grid->row_depth[i];
    if (depth > outside) {
      Place place = {.x = grid->x_um[i], .y = y_um[i * move], .node = &plan->nodes[grid->row_node[i]]};
      for (int j = 0; j < PHANTOM_NOISES; j++) {
        place.noise[j] = grid->noise[j][i];
      }
      place.depth = depth += plan->wobble * place.noise[WOBBLE] + 0.12F * place.node->capsule * place.noise[FINE];
      if (depth > near) {
        mix_place(grid, tissue, &place, mix);
      }
      if (!tissue->fat_cells) {
        cover_coarse_pixel(tissue, &place, grid->row_node[i], mix);
      }
    }
    store_depth(grid, index, depth / (float)tissue->spacing_um);
    store_place(grid, index, mix);
  }
}

void phantom_grid_fill(PhantomGrid *grid, const PhantomTissue *tissue) {
  grid->least_depth = INT16_MAX;
  grid->most_depth = INT16_MIN;
  for (int i = 0; i < PHANTOM_KINDS; i++) {
    grid->most[i] = 0;
  }
  find_neighbors(grid, tissue);
  for (int row = 0; row < grid->rows; row++) {
    fill_row(grid, tissue, row);
  }
}
