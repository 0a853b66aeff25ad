/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_TISSUE_H
#define NODAL_PHANTOM_TISSUE_H

#include "phantom/plan.h"
#include "phantom/section.h"
#include "phantom/stamp.h"

/** The small bodies that are strewn over the tissue, in the order in which they are laid. */
typedef enum PhantomKind {
  PHANTOM_MACROPHAGE, /* pale gaps of a germinal center; they take away what lies below */
  PHANTOM_FAINT,      /* lymphocytes out of focus */
  PHANTOM_LYMPHOCYTE,
  PHANTOM_CENTROBLAST,
  PHANTOM_HISTIOCYTE,
  PHANTOM_SPINDLE, /* fibroblasts and the like, along the fibres */
  PHANTOM_TUMOR,
  PHANTOM_ERYTHROCYTE, /* in the eosin plane */
  PHANTOM_KINDS
} PhantomKind;

/** How a kind is strewn: one at most a cell of a jittered grid. */
typedef struct PhantomStrewing {
  double pitch_um;
  double jitter; /* of the pitch */
  PhantomBody body;
} PhantomStrewing;

/** Rows of the grid lie this much closer than its columns; every other row is shifted by half a cell. */
#define PHANTOM_ROW_PITCH 0.9

extern const PhantomStrewing phantom_strewing[PHANTOM_KINDS];

/** The nucleus of a tumor cell that lies alone: small enough for the smallest nest. */
extern const PhantomBody phantom_lone_cell;

/** The name of a kind that is a nucleus in focus; NULL for the others. */
const char *phantom_nucleus_name(PhantomKind kind);

/** What a place is made of, 0 to 255 each: ground stains, strength of the fibres, chance of each kind of body. */
enum {
  PHANTOM_HEMATOXYLIN,
  PHANTOM_EOSIN,
  PHANTOM_FIBER,
  PHANTOM_FIRST_KIND,
  PHANTOM_FIELDS = PHANTOM_FIRST_KIND + PHANTOM_KINDS,
  PHANTOM_PADDED_FIELDS = 12
};

enum { PHANTOM_NOISES = 7, PHANTOM_MATERIALS = 13 };

/** The tissue as functions of the place, and what they cost where pixels are too large for single nuclei. */
typedef struct PhantomTissue {
  const PhantomPlan *plan;
  PhantomSection section;
  double spacing_um;
  float materials[PHANTOM_MATERIALS][PHANTOM_PADDED_FIELDS];
  PhantomNoise noises[PHANTOM_NOISES];
  bool coarse;    /* no single bodies: their mean is added to the ground */
  bool fat_cells; /* single fat cells; else their mean */
  float fat_mean; /* steps of the second plane */
  double fat_pitch_um;
  uint64_t seed;
  float area[PHANTOM_KINDS]; /* part of the area covered where a kind's chance is 1; 0 unless coarse */
  float loss[PHANTOM_KINDS]; /* part of the light lost there, likewise */
  float minus_log[257];      /* -ln(1 - i / 257) as steps of hematoxylin */
} PhantomTissue;

bool phantom_tissue_init(PhantomTissue *tissue, const PhantomPlan *plan, const NodalPhantomOptions *options,
                         NodalError **error);

/** Fat reaches here: a place of the tissue outside the capsule, `depth` < 0. */
bool phantom_tissue_fat(const PhantomTissue *tissue, double x_um, double y_um, float depth, int node);

/** Depth under the capsule's outside with its wobble. */
float phantom_tissue_depth(const PhantomTissue *tissue, double x_um, double y_um, int *node);

/** The fields at the nodes of a grid, one node every `step` pixels. Arrays are row-major, `columns` x `rows`. */
typedef struct PhantomGrid {
  int64_t first_column, first_row; /* node 0 lies on level-0 pixel first_column * step */
  int columns, rows, step;
  int16_t *depth; /* under the capsule's outside, 1/16 pixel, at most 2000 pixels */
  uint8_t *fields[PHANTOM_FIELDS];
  int16_t least_depth, most_depth;
  uint8_t most[PHANTOM_KINDS]; /* the largest chance of each kind */
  /* Working space. */
  double *x_um, *y_um;                   /* columns each: places of a row in the tissue */
  float *noise[PHANTOM_NOISES];          /* columns each */
  float *row_depth;                      /* columns */
  uint8_t *row_node;                     /* columns */
  uint32_t *follicles, *vessels, *nests; /* what comes near the grid */
  size_t follicle_count, vessel_count, nest_count;
} PhantomGrid;

/** Fills the grid, whose place and arrays are set. */
void phantom_grid_fill(PhantomGrid *grid, const PhantomTissue *tissue);

#endif
