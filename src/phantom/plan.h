/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_PLAN_H
#define NODAL_PHANTOM_PLAN_H

#include "phantom/outline.h"
#include <nodal/phantom.h>

/*
 * What lies where on the slide, decided once: nodes, follicles, vessels, nests. Everything in micrometres from the
 * slide's top-left corner, so that the same tissue stays where it is whatever the spacing.
 */

enum { PHANTOM_MAX_NODES = 3, PHANTOM_MAX_NESTS = 1000 };

/** Longest diameters: a nest below the first has a nucleus at its center, and below the second no other and a small
 * one. */
#define PHANTOM_SMALL_NEST_UM 60
#define PHANTOM_LONE_CELL_UM 24

/** How far other bodies keep from a small nest. */
#define PHANTOM_CLEAR_ROUND_UM 2.5

/** A lymph node: its outline and the thickness of its layers. */
typedef struct PhantomNode {
  PhantomOutline outline;
  double hilum_x, hilum_y; /* unit vector from the center to the hilum, where cortex is missing */
  float capsule, sinus, cortex;
  int trabeculae; /* parts of the circumference that may have one */
  float fat;      /* how far fat may reach from the capsule */
} PhantomNode;

/** A follicle of the cortex: an ellipse of mantle, and a germinal center in it unless it is a primary one. */
typedef struct PhantomFollicle {
  double x, y;
  float reach;              /* the longer half axis */
  float xx, xy, yy;         /* quadratic form that is 1 on the ellipse */
  float toward_x, toward_y; /* unit vector to the light zone */
  bool germinal;
} PhantomFollicle;

/** A vessel of the paracortex or the medulla: wall and lumen. */
typedef struct PhantomVessel {
  double x, y;
  float reach;      /* outer half axis, the longer one */
  float xx, xy, yy; /* quadratic form that is 1 on the outside of the wall */
  float lumen;      /* where the lumen begins, of 1 */
} PhantomVessel;

typedef struct PhantomNestPlan {
  PhantomOutline outline;
  double longest_um;
} PhantomNestPlan;

/** Which nests touch which cell of a coarse grid over the slide; cell i has items start[i] .. start[i + 1]. */
typedef struct PhantomBins {
  double cell_um;
  int columns, rows;
  uint32_t *start;
  uint16_t *items;
} PhantomBins;

typedef struct PhantomPlan {
  double width_um, height_um;
  double scale; /* > 1 where the slide is larger than any real one: its layers grow with it */
  float wobble; /* how far the noise moves the nodes' edge */
  PhantomNoise wobble_noise;
  PhantomNode nodes[PHANTOM_MAX_NODES];
  int node_count;
  PhantomFollicle *follicles;
  size_t follicle_count;
  PhantomVessel *vessels;
  size_t vessel_count;
  PhantomNestPlan *nests;
  int nest_count;
  PhantomBins bins;
} PhantomPlan;

/** Fails with NODAL_ERROR_ARGUMENT where the nests do not fit into the nodes. `plan` is zeroed before. */
bool phantom_plan_init(PhantomPlan *plan, const NodalPhantomOptions *options, NodalError **error);
void phantom_plan_clear(PhantomPlan *plan);

/** The smallest nest that `options` allow: a few cells and a few pixels wide. Micrometres. */
double phantom_least_nest(const NodalPhantomOptions *options);

/** Distance of a place from the nearest capsule's outside, without wobble; positive inside. `node` gets its index. */
float phantom_plan_depth(const PhantomPlan *plan, double x_um, double y_um, int *node);

/** The nest at a place: its index + 1, or 0. */
int phantom_plan_nest_at(const PhantomPlan *plan, double x_um, double y_um);

/** nests.c: plans options->tumor_count nests inside the nodes and sorts them into bins. */
bool phantom_plan_nests(PhantomPlan *plan, const NodalPhantomOptions *options, NodalError **error);

#endif
