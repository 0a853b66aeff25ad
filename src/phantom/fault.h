/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_FAULT_H
#define NODAL_PHANTOM_FAULT_H

#include "phantom/blur.h"
#include "phantom/plan.h"
#include "phantom/section.h"

/*
 * What went wrong with the slide. Faults lie in the frame of the slide, in micrometres from its corner; each is a
 * closed outline or a ribbon, and changes pixels inside of it alone.
 */

enum { PHANTOM_RIBBON_STATIONS = NODAL_PHANTOM_OUTLINE_POINTS / 2, PHANTOM_MOST_FAULTS = 8, PHANTOM_FOCUS_LEVELS = 3 };

/** A band along a straight line: at each station how far its middle lies beside the line, and half its width. */
typedef struct PhantomRibbon {
  double x, y, along_x, along_y; /* start, unit vector */
  double length;
  float aside[PHANTOM_RIBBON_STATIONS], half[PHANTOM_RIBBON_STATIONS];
} PhantomRibbon;

typedef struct PhantomFaultPlan {
  NodalPhantomFault kind;
  bool is_ribbon;
  PhantomRibbon ribbon;
  PhantomOutline outline; /* where it is none */
  NodalRect box;          /* pixels outside of which it changes nothing */
  int color;              /* of a pen */
  int64_t over_x, over_y; /* of a fold: the tissue that lies on top comes from so far away, pixels */
} PhantomFaultPlan;

typedef struct PhantomFaults {
  PhantomFaultPlan faults[PHANTOM_MOST_FAULTS];
  int count;
  double spacing_um;
  PhantomBlur focus[PHANTOM_FOCUS_LEVELS]; /* ever farther out of focus */
  PhantomNoise streaks;
} PhantomFaults;

/** `faults` is zeroed before. */
bool phantom_faults_init(PhantomFaults *faults, const PhantomPlan *plan, const PhantomSection *section,
                         const NodalPhantomOptions *options, NodalError **error);
void phantom_faults_clear(PhantomFaults *faults);

/** How deep the center of a level-0 pixel lies inside of a fault, micrometres; not positive outside. */
float phantom_fault_depth(const PhantomFaults *faults, const PhantomFaultPlan *fault, int64_t x, int64_t y);

/** The corner `index` of NODAL_PHANTOM_OUTLINE_POINTS, level-0 pixels. */
NodalPoint phantom_fault_corner(const PhantomFaults *faults, const PhantomFaultPlan *fault, int index);

#endif
