/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/paint.h"

#include "base/memory.h"
#include <string.h>

enum { MOST_STEP = 16, FINE_CHUNK = 256, COARSE_CHUNK = 64 };

/* The grid follows the tissue where its nodes are at most so far apart, micrometres; see PhantomGrid. */
static const double widest_step_um = 8.1, widest_coarse_step_um = 20;

/* The capsule's layers: how deep they go, and how many places of PhantomPainter.lamellae a micrometre is. */
static const double rim_um = 80, lamellae_per_um = 3.2;

static void choose_step(PhantomPainter *painter) {
  double spacing = painter->tissue.spacing_um;
  double widest = painter->tissue.coarse ? widest_coarse_step_um : widest_step_um;
  painter->step = 1;
  while (painter->step < MOST_STEP && painter->step * 2 * spacing <= widest) {
    painter->step *= 2;
    painter->shift++;
  }
  if (!painter->tissue.fat_cells) {
    painter->step = 1;
    painter->shift = 0;
  }
  painter->chunk = painter->tissue.coarse ? COARSE_CHUNK : FINE_CHUNK;
}

static bool prepare_stamps(PhantomPainter *painter, const NodalPhantomOptions *options, NodalError **error) {
  uint64_t section = phantom_section_seed(options);
  int center = 0;
  for (int i = 0; i < PHANTOM_KINDS && !painter->tissue.coarse; i++) {
    PhantomStamps *stamps = &painter->stamps[i];
    painter->seeds[i] = phantom_hash(section, 20, i);
    if (!phantom_stamps_init(stamps, &phantom_strewing[i].body, options->spacing_um, phantom_hash(options->seed, 21, i),
                             error)) {
      return false;
    }
    painter->margin = stamps->width > painter->margin ? stamps->width : painter->margin;
    center = stamps->center > center ? stamps->center : center;
  }
  painter->reach = painter->tissue.coarse ? 0 : (center + painter->step) / painter->step + 2;
  /* Nests come in order of falling size. */
  const PhantomPlan *plan = painter->tissue.plan;
  bool lone = plan->nest_count > 0 && plan->nests[plan->nest_count - 1].longest_um < PHANTOM_LONE_CELL_UM;
  return painter->tissue.coarse || !lone ||
         phantom_stamps_init(&painter->lone, &phantom_lone_cell, options->spacing_um,
                             phantom_hash(options->seed, 23, 0), error);
}

bool phantom_painter_init(PhantomPainter *painter, const PhantomPlan *plan, const NodalPhantomOptions *options,
                          NodalError **error) {
  uint64_t section = phantom_section_seed(options), seed = phantom_hash(section, 22, 0);
  double spacing = options->spacing_um;
  if (!phantom_tissue_init(&painter->tissue, plan, options, error)) {
    return false;
  }
  choose_step(painter);
  painter->ihc = options->stain == NODAL_PHANTOM_IHC;
  painter->fat_seed = phantom_hash(section, 12, 0);
  painter->rim = (int)(rim_um * 16 / spacing) + 1;
  painter->lamella_factor = (int)(spacing / 16 * lamellae_per_um * 256);
  phantom_lamellae(painter->lamellae, seed);
  phantom_bends(painter->bends, seed + 4);
  const NodalPhantomLook *look = options->look ? options->look : &phantom_default_look;
  phantom_stain_table(painter->colors, look, options->stain);
  painter->rough = look->roughness > 0 && !painter->tissue.coarse;
  float rough = (float)look->roughness;
  /* Two periods that share few factors: together they repeat only after some thousand pixels. */
  return prepare_stamps(painter, options, error) &&
         phantom_texture_init(&painter->grain, PHANTOM_GRAIN, 256, spacing, 1, seed + 1, error) &&
         phantom_texture_init(&painter->fiber, PHANTOM_FIBRES, 256, spacing, 1, seed + 2, error) &&
         phantom_texture_init(&painter->second_fiber, PHANTOM_FIBRES, 229, spacing, 1, seed + 3, error) &&
         (!painter->rough ||
          (phantom_texture_init(&painter->chromatin, PHANTOM_CHROMATIN, 251, spacing, rough, seed + 5, error) &&
           phantom_texture_init(&painter->clefts, PHANTOM_CLEFTS, 239, spacing, rough, seed + 6, error)));
}

void phantom_painter_clear(PhantomPainter *painter) {
  for (int i = 0; i < PHANTOM_KINDS; i++) {
    phantom_stamps_clear(&painter->stamps[i]);
  }
  phantom_stamps_clear(&painter->lone);
  phantom_texture_clear(&painter->grain);
  phantom_texture_clear(&painter->fiber);
  phantom_texture_clear(&painter->second_fiber);
  phantom_texture_clear(&painter->chromatin);
  phantom_texture_clear(&painter->clefts);
}

/* Takes `size` bytes off one block of memory, or only counts them while there is none. */
static void *carve(uint8_t *memory, size_t *used, size_t size) {
  void *piece = memory ? memory + *used : NULL;
  *used += (size + 63) / 64 * 64;
  return piece;
}

static void carve_grid(PhantomGrid *grid, const PhantomPainter *painter, uint8_t *memory, size_t *used) {
  const PhantomPlan *plan = painter->tissue.plan;
  size_t side = (size_t)(painter->chunk / painter->step + 1 + 2 * painter->reach);
  grid->depth = carve(memory, used, side * side * sizeof *grid->depth);
  for (int i = 0; i < PHANTOM_FIELDS; i++) {
    grid->fields[i] = carve(memory, used, side * side);
  }
  grid->x_um = carve(memory, used, side * sizeof *grid->x_um);
  grid->y_um = carve(memory, used, side * sizeof *grid->y_um);
  for (int i = 0; i < PHANTOM_NOISES; i++) {
    grid->noise[i] = carve(memory, used, side * sizeof **grid->noise);
  }
  grid->row_depth = carve(memory, used, side * sizeof *grid->row_depth);
  grid->row_node = carve(memory, used, side);
  grid->follicles = carve(memory, used, plan->follicle_count * sizeof *grid->follicles);
  grid->vessels = carve(memory, used, plan->vessel_count * sizeof *grid->vessels);
  grid->nests = carve(memory, used, (size_t)plan->nest_count * sizeof *grid->nests);
}

static size_t carve_canvas(PhantomCanvas *canvas, const PhantomPainter *painter, uint8_t *memory) {
  size_t used = 0, chunk = (size_t)painter->chunk;
  canvas->pitch = painter->chunk + 2 * painter->margin;
  size_t plane = chunk * (size_t)canvas->pitch;
  carve_grid(&canvas->grid, painter, memory, &used);
  uint8_t *planes = carve(memory, &used, 2 * plane);
  canvas->hematoxylin = planes ? planes + painter->margin : NULL;
  canvas->eosin = planes ? planes + plane + painter->margin : NULL;
  canvas->fat = carve(memory, &used, chunk * chunk);
  canvas->nodes = carve(memory, &used, (chunk + 1) * sizeof *canvas->nodes);
  for (int i = 0; i < 3; i++) {
    canvas->ground[i] = carve(memory, &used, chunk * sizeof **canvas->ground);
  }
  canvas->depth = carve(memory, &used, chunk * sizeof *canvas->depth);
  canvas->strands = carve(memory, &used, chunk);
  canvas->sites = carve(memory, &used, phantom_fat_most_sites(painter) * sizeof *canvas->sites);
  return used;
}

bool phantom_canvas_init(PhantomCanvas *canvas, const PhantomPainter *painter, NodalError **error) {
  *canvas = (PhantomCanvas){0};
  canvas->memory = nodal_alloc(carve_canvas(canvas, painter, NULL), error);
  if (!canvas->memory) {
    return false;
  }
  carve_canvas(canvas, painter, canvas->memory);
  PhantomGrid *grid = &canvas->grid;
  size_t side = (size_t)(painter->chunk / painter->step + 1 + 2 * painter->reach);
  for (int i = 0; i < PHANTOM_NOISES; i++) {
    memset(grid->noise[i], 0, side * sizeof **grid->noise);
  }
  return true;
}

void phantom_canvas_clear(PhantomCanvas *canvas) {
  free(canvas->memory);
}
