/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/dataset.h"

#include "base/memory.h"
#include "phantom/number.h"
#include "phantom/whole.h"
#include <math.h>
#include <stdio.h>

/*
 * Who is ill of what. Stages are dealt out by the wanted proportions, the nodes of each patient get labels that make
 * the stage, and each label a number of lesions with sizes that make the label. Where they lie is the painter's to say;
 * a slide on which they would not fit, lie too close, or hide behind a fault is drawn again with another seed.
 */

/* Each use of the seed draws from a stream of its own. */
enum { STREAM_STAGES = 101, STREAM_NODES, STREAM_SIZES, STREAM_FAULTS, STREAM_SECTION, STREAM_SLIDE };

enum { MAX_TRIES = 48, TRIES_A_LESION = 6, FAULTS_A_HUNDRED = 12, FAULT_KINDS = 4, FIELD_UM = 256 };

/* As those of CAMELYON17 differ: three of one make with nearly one spacing, one finer, one coarser. */
const DatasetCenter dataset_centers[NODAL_PHANTOM_CENTERS] = {{0.243, NODAL_FORM_GENERIC, 512},
                                                              {0.240, NODAL_FORM_GENERIC, 512},
                                                              {0.226, NODAL_FORM_APERIO, 240},
                                                              {0.245, NODAL_FORM_GENERIC, 512},
                                                              {0.250, NODAL_FORM_PHILIPS, 512}};

static const NodalStage stages[NODAL_PHANTOM_STAGES] = {NODAL_STAGE_PN0, NODAL_STAGE_PN0_I, NODAL_STAGE_PN1MI,
                                                        NODAL_STAGE_PN1, NODAL_STAGE_PN2};

/* The two borders between categories, in millimetres. */
static const double itc_limit = 0.2, micro_limit = 2.0, largest_macro = 3.2;

/* The spacing above which the painter has no single nuclei. */
static const double coarsest_nuclei_um = 2.5;

static PhantomRandom stream(const DatasetPlan *plan, int kind, int64_t index) {
  return (PhantomRandom){phantom_hash(plan->options->seed, kind, index)};
}

static bool chance(PhantomRandom *random, double part) {
  return phantom_uniform(random, 0, 1) < part;
}

/* Fisher and Yates. */
static void shuffle(int *items, int count, PhantomRandom *random) {
  for (int i = count - 1; i > 0; i--) {
    int other = (int)(phantom_uniform(random, 0, 1) * (i + 1)), item = items[i];
    items[i] = items[other];
    items[other] = item;
  }
}

/* --- stages of patients --- */

/* Whole numbers of patients nearest to the proportions (largest remainders); each wanted stage once where there is
 * room. */
static void share_out(const NodalPhantomDatasetOptions *options, int counts[NODAL_PHANTOM_STAGES]) {
  double sum = 0, exact[NODAL_PHANTOM_STAGES];
  int given = 0, wanted = 0;
  for (int i = 0; i < NODAL_PHANTOM_STAGES; i++) {
    sum += options->stages[i];
    wanted += options->stages[i] > 0;
  }
  for (int i = 0; i < NODAL_PHANTOM_STAGES; i++) {
    exact[i] = options->stages[i] / sum * options->patients;
    counts[i] = (int)exact[i];
    if (counts[i] == 0 && exact[i] > 0 && options->patients >= wanted) {
      counts[i] = 1;
    }
    given += counts[i];
  }
  while (given != options->patients) {
    int step = given < options->patients ? 1 : -1, best = -1;
    for (int i = 0; i < NODAL_PHANTOM_STAGES; i++) {
      bool can = exact[i] > 0 && (step > 0 || counts[i] > 1);
      if (can && (best < 0 || step * (exact[i] - counts[i]) > step * (exact[best] - counts[best]))) {
        best = i;
      }
    }
    counts[best] += step;
    given += step;
  }
}

/* --- labels of nodes --- */

/* How many nodes have which label: as various as those of CAMELYON17, whose proportions (table 4) come out. */
static NodalNodeCounts draw_nodes(NodalStage stage, PhantomRandom *random) {
  NodalNodeCounts nodes = {0};
  int positive = 0;
  double macro = 0, itc = 0; /* chances: that a positive node but the first is macro, that there is one with ITC */
  switch (stage) {
  case NODAL_STAGE_PN0_I:
    nodes.itc = 1 + chance(random, 0.35);
    break;
  case NODAL_STAGE_PN1MI:
    nodes.micro = 1 + chance(random, 0.35) + chance(random, 0.1);
    itc = 0.3;
    break;
  case NODAL_STAGE_PN1:
    positive = 1 + chance(random, 0.55) + chance(random, 0.3);
    macro = 0.5;
    itc = 0.3;
    break;
  case NODAL_STAGE_PN2:
    positive = 4 + chance(random, 0.3);
    macro = 0.7;
    itc = 0.5;
    break;
  default:
    break;
  }
  for (int i = 0; i < positive; i++) {
    if (i == 0 || chance(random, macro)) {
      nodes.macro++;
    } else {
      nodes.micro++;
    }
  }
  if (itc > 0 && nodes.micro + nodes.macro < DATASET_NODES && chance(random, itc)) {
    nodes.itc++;
  }
  nodes.negative = DATASET_NODES - nodes.itc - nodes.micro - nodes.macro;
  return nodes;
}

static bool label_nodes(DatasetSlide *slides, NodalStage stage, PhantomRandom *random, NodalError **error) {
  NodalNodeCounts nodes = draw_nodes(stage, random);
  NodalStage made;
  if (!nodal_stage_of(NODAL_STAGE_CHALLENGE, &nodes, NODAL_MAMMARY_NONE, &made) || made != stage) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "no labels of five nodes make %s", nodal_stage_name(stage));
  }
  int labels[DATASET_NODES], count = 0;
  const int64_t wanted[] = {nodes.negative, nodes.itc, nodes.micro, nodes.macro};
  for (int label = NODAL_CATEGORY_NEGATIVE; label <= NODAL_CATEGORY_MACRO; label++) {
    for (int64_t i = 0; i < wanted[label]; i++) {
      labels[count++] = label;
    }
  }
  shuffle(labels, count, random);
  for (int i = 0; i < DATASET_NODES; i++) {
    slides[i].label = (NodalCategory)labels[i];
    slides[i].stage = stage;
  }
  return true;
}

/* --- sizes of lesions --- */

/* How near to a border between categories a lesion may come: a mask's pixels make it longer or shorter by one or two.
 */
static double border_margin(const DatasetSlide *slide) {
  double pixels = 3 * slide->spacing_um / 1000;
  return pixels > 0.001 ? pixels : 0.001;
}

/* The smallest that the painter takes: a few cells and a few pixels. */
static double least_size(const DatasetSlide *slide) {
  double pixels = 4 * slide->spacing_um / 1000;
  return pixels > 0.01 ? pixels : 0.01;
}

/* To a tenth of a micrometre, and off the borders. */
static double tidy_size(const DatasetSlide *slide, double size) {
  static const double borders[] = {itc_limit, micro_limit};
  double margin = border_margin(slide);
  for (int i = 0; i < 2; i++) {
    if (fabs(size - borders[i]) < margin) {
      size = borders[i] + (size > borders[i] ? margin : -margin);
    }
  }
  return round(size * 1e4) / 1e4;
}

static double draw_largest(const DatasetSlide *slide, PhantomRandom *random) {
  double margin = border_margin(slide), low = least_size(slide), high = itc_limit - margin;
  if (slide->label == NODAL_CATEGORY_MICRO) {
    low = itc_limit + margin;
    high = micro_limit - margin;
  } else if (slide->label == NODAL_CATEGORY_MACRO) {
    low = micro_limit + margin;
    high = largest_macro;
  }
  double part = phantom_uniform(random, 0, 1), size = low + (high - low) * part * sqrt(part);
  /* One in four is as near to a border as it may be. */
  if (chance(random, 0.25)) {
    bool lower = slide->label == NODAL_CATEGORY_MACRO || (slide->label == NODAL_CATEGORY_MICRO && chance(random, 0.5));
    size = lower ? low : high;
  }
  return tidy_size(slide, size);
}

static void draw_sizes(DatasetSlide *slide, PhantomRandom *random) {
  static const int most[] = {0, 4, 3, 4};
  if (slide->label == NODAL_CATEGORY_NEGATIVE) {
    return;
  }
  double largest = draw_largest(slide, random), least = least_size(slide);
  slide->lesion_count = 1 + (int)phantom_uniform(random, 0, most[slide->label]);
  for (int i = 0; i < slide->lesion_count; i++) {
    double part = phantom_uniform(random, 0, 1);
    double size = i == 0 ? largest : tidy_size(slide, least + (0.6 * largest - least) * part * part);
    size = size < least ? least : size;
    int place = i;
    while (place > 0 && slide->sizes_mm[place - 1] < size) {
      slide->sizes_mm[place] = slide->sizes_mm[place - 1];
      place--;
    }
    slide->sizes_mm[place] = size;
  }
}

/* --- slides --- */

static void shape_slide(const DatasetPlan *plan, DatasetSlide *slide, PhantomRandom *random) {
  const DatasetCenter *center = &dataset_centers[slide->center];
  int64_t size = plan->options->size, step = center->form == NODAL_FORM_PHILIPS ? center->tile_size : 1;
  /* A slide twice as wide as high shows a second node; a large metastasis has no room on it. */
  bool wide = chance(random, 0.15) && slide->label < NODAL_CATEGORY_MICRO;
  double ratio = wide ? 0.5 : phantom_uniform(random, 0.66, 0.84);
  slide->spacing_um = center->spacing_um * DATASET_REAL_SIZE / (double)size;
  slide->width = nodal_max64((size + step / 2) / step, 1) * step;
  slide->height = nodal_max64(((int64_t)(ratio * (double)size) + step / 2) / step, 1) * step;
}

static void shape_section(DatasetSlide *slide, PhantomRandom *random) {
  double turn = round(phantom_uniform(random, 10, 50)) / 10;
  slide->turn_degrees = chance(random, 0.5) ? -turn : turn;
  slide->shift_x_um = round(phantom_uniform(random, -120, 120));
  slide->shift_y_um = round(phantom_uniform(random, -120, 120));
}

/* Faults go to slides of any label, kind after kind, so that few slides already show all of them. */
static bool deal_faults(DatasetPlan *plan, NodalError **error) {
  int *order = nodal_alloc_array((size_t)plan->count, sizeof *order, error);
  if (!order) {
    return false;
  }
  for (int i = 0; i < plan->count; i++) {
    order[i] = i;
  }
  PhantomRandom random = stream(plan, STREAM_FAULTS, 0);
  shuffle(order, plan->count, &random);
  int wanted = (plan->count * FAULTS_A_HUNDRED + 50) / 100;
  wanted = wanted < FAULT_KINDS ? FAULT_KINDS : wanted;
  for (int i = 0; i < wanted; i++) {
    DatasetSlide *slide = &plan->slides[order[i]];
    slide->faults = 1u << i % FAULT_KINDS;
    if (chance(&random, 0.2)) {
      slide->faults |= 1u << (i + 1) % FAULT_KINDS;
    }
  }
  free(order);
  return true;
}

static bool plan_patient(DatasetPlan *plan, int patient, NodalStage stage, NodalError **error) {
  DatasetSlide *slides = plan->slides + (size_t)patient * DATASET_NODES;
  PhantomRandom random = stream(plan, STREAM_NODES, patient);
  if (!label_nodes(slides, stage, &random, error)) {
    return false;
  }
  for (int node = 0; node < DATASET_NODES; node++) {
    DatasetSlide *slide = &slides[node];
    int64_t index = (int64_t)patient * DATASET_NODES + node;
    snprintf(slide->name, sizeof slide->name, "patient_%03d_node_%d", patient, node);
    slide->patient = patient;
    slide->node = node;
    slide->center = patient * NODAL_PHANTOM_CENTERS / plan->options->patients;
    PhantomRandom sizes = stream(plan, STREAM_SIZES, index), section = stream(plan, STREAM_SECTION, index);
    shape_slide(plan, slide, &sizes);
    draw_sizes(slide, &sizes);
    shape_section(slide, &section);
  }
  return true;
}

bool dataset_plan(DatasetPlan *plan, const NodalPhantomDatasetOptions *options, NodalError **error) {
  *plan = (DatasetPlan){.options = options, .count = options->patients * DATASET_NODES};
  int *dealt = nodal_alloc_array((size_t)options->patients, sizeof *dealt, error);
  plan->slides = dealt ? nodal_alloc_array((size_t)plan->count, sizeof *plan->slides, error) : NULL;
  if (!plan->slides) {
    free(dealt);
    return false;
  }
  int counts[NODAL_PHANTOM_STAGES], patient = 0;
  share_out(options, counts);
  for (int i = 0; i < NODAL_PHANTOM_STAGES; i++) {
    for (int k = 0; k < counts[i]; k++) {
      dealt[patient++] = i;
    }
  }
  PhantomRandom random = stream(plan, STREAM_STAGES, 0);
  shuffle(dealt, options->patients, &random);
  bool planned = true;
  for (patient = 0; planned && patient < options->patients; patient++) {
    planned = plan_patient(plan, patient, stages[dealt[patient]], error);
  }
  free(dealt);
  return planned && deal_faults(plan, error);
}

NodalPhantomOptions dataset_phantom_options(const DatasetSlide *slide, bool ihc) {
  NodalPhantomOptions options = NODAL_PHANTOM_OPTIONS_INIT;
  options.width = slide->width;
  options.height = slide->height;
  options.spacing_um = slide->spacing_um;
  options.seed = slide->seed;
  options.tumor_count = slide->lesion_count;
  options.tumor_sizes_mm = slide->lesion_count ? slide->sizes_mm : NULL;
  options.look = nodal_phantom_center_look(slide->center);
  if (ihc) {
    options.stain = NODAL_PHANTOM_IHC;
    options.turn_degrees = slide->turn_degrees;
    options.shift_x_um = slide->shift_x_um;
    options.shift_y_um = slide->shift_y_um;
  } else {
    options.faults = slide->faults;
  }
  return options;
}

/* --- places --- */

typedef NodalPoint Outline[NODAL_PHANTOM_OUTLINE_POINTS];

/* Whether two outlines stay `apart` pixels away from each other, by their corners, which are dense. */
static bool lie_apart(const Outline a, const Outline b, double apart) {
  for (int i = 0; i < NODAL_PHANTOM_OUTLINE_POINTS; i++) {
    for (int k = 0; k < NODAL_PHANTOM_OUTLINE_POINTS; k++) {
      double dx = a[i].x - b[k].x, dy = a[i].y - b[k].y;
      if (dx * dx + dy * dy < apart * apart) {
        return false;
      }
    }
  }
  return true;
}

/* By the parity of crossings. */
static bool lies_in(const NodalPhantomFaultArea *area, NodalPoint point) {
  bool inside = false;
  for (int i = 0, before = NODAL_PHANTOM_OUTLINE_POINTS - 1; i < NODAL_PHANTOM_OUTLINE_POINTS; before = i++) {
    NodalPoint a = area->points[before], b = area->points[i];
    if ((a.y > point.y) != (b.y > point.y) && point.x < a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x)) {
      inside = !inside;
    }
  }
  return inside;
}

/* Whether a fault covers the center of the largest lesion or half of its outline: tumor must stay to be seen. */
static bool is_hidden(const NodalPhantom *phantom, const Outline outline, NodalPoint center) {
  int covered = 0;
  for (int i = -1; i < NODAL_PHANTOM_OUTLINE_POINTS; i++) {
    NodalPhantomFaultArea area;
    bool inside = false;
    for (int k = 0; !inside && nodal_phantom_fault(phantom, k, &area); k++) {
      inside = lies_in(&area, i < 0 ? center : outline[i]);
    }
    covered += inside ? (i < 0 ? NODAL_PHANTOM_OUTLINE_POINTS : 1) : 0;
  }
  return 2 * covered >= NODAL_PHANTOM_OUTLINE_POINTS;
}

static bool is_good(const NodalPhantom *phantom, const DatasetSlide *slide) {
  Outline outlines[DATASET_MAX_LESIONS];
  const double pixels_apart = 4;
  for (int i = 0; i < slide->lesion_count; i++) {
    nodal_phantom_outline(phantom, i, outlines[i]);
    for (int k = 0; k < i; k++) {
      if (!lie_apart(outlines[i], outlines[k], pixels_apart)) {
        return false;
      }
    }
  }
  NodalPhantomNest first;
  return !slide->faults || !nodal_phantom_nest(phantom, 0, &first) ||
         !is_hidden(phantom, outlines[0], (NodalPoint){first.center_x_px, first.center_y_px});
}

/* Where nuclei are written down, if there are any: the middle of the slide, and that of the largest lesion. */
static void choose_fields(DatasetSlide *slide) {
  if (slide->spacing_um > coarsest_nuclei_um) {
    return;
  }
  int64_t side = (int64_t)(FIELD_UM / slide->spacing_um);
  NodalPoint middles[DATASET_MAX_FIELDS] = {{(double)slide->width / 2, (double)slide->height / 2},
                                            {slide->lesions[0].center_x_px, slide->lesions[0].center_y_px}};
  slide->field_count = slide->lesion_count > 0 ? 2 : 1;
  for (int i = 0; i < slide->field_count; i++) {
    slide->fields[i] = (NodalRect){(int64_t)middles[i].x - side / 2, (int64_t)middles[i].y - side / 2, side, side};
  }
}

bool dataset_settle(const DatasetPlan *plan, DatasetSlide *slide, NodalError **error) {
  for (int i = 0; i < MAX_TRIES; i++) {
    uint64_t mixed = phantom_hash(plan->options->seed, STREAM_SLIDE, slide->patient * DATASET_NODES + slide->node);
    slide->seed = phantom_hash(mixed, STREAM_SLIDE, i) >> 11; /* so that any reader of the table gets it exactly */
    if (i > 0 && i % TRIES_A_LESION == 0 && slide->lesion_count > 1) {
      slide->lesion_count--;
    }
    NodalPhantomOptions options = dataset_phantom_options(slide, false);
    NodalError *cause = NULL;
    NodalPhantom *phantom = phantom_new_planned(&options, &cause);
    bool good = phantom && is_good(phantom, slide);
    for (int k = 0; good && k < slide->lesion_count; k++) {
      nodal_phantom_nest(phantom, k, &slide->lesions[k]);
    }
    nodal_phantom_free(phantom);
    if (good) {
      choose_fields(slide);
      return true;
    }
    /* Lesions that do not fit are the only argument that can be wrong. */
    if (cause && nodal_error_code(cause) != NODAL_ERROR_ARGUMENT) {
      return nodal_error_pass(error, cause);
    }
    nodal_error_free(cause);
  }
  return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %d lesion%s, the largest %g mm, find no place in %d nodes",
                    slide->name, slide->lesion_count, nodal_plural((uint64_t)slide->lesion_count), slide->sizes_mm[0],
                    (int)MAX_TRIES);
}
