/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_SECTION_H
#define NODAL_PHANTOM_SECTION_H

#include <nodal/phantom.h>

/*
 * Where the planned tissue lies on the slide: a neighbouring section is turned clockwise about the slide's center and
 * then shifted. The plan and all noises are of the tissue; pixels, single cells, textures and faults are of the slide.
 */
typedef struct PhantomSection {
  bool moved; /* else both frames are the same to the bit */
  double cosine, sine;
  double center_x, center_y, shift_x, shift_y; /* micrometres */
} PhantomSection;

PhantomSection phantom_section(const NodalPhantomOptions *options);

/** A number of the section, the options' own seed for the default one: other sections have other single cells. */
uint64_t phantom_section_seed(const NodalPhantomOptions *options);

/** Micrometres from the slide's corner to those of the tissue's plan, and back. */
static inline void phantom_to_tissue(const PhantomSection *section, double *x, double *y) {
  if (section->moved) {
    double dx = *x - section->shift_x - section->center_x, dy = *y - section->shift_y - section->center_y;
    *x = section->center_x + section->cosine * dx + section->sine * dy;
    *y = section->center_y - section->sine * dx + section->cosine * dy;
  }
}

static inline void phantom_to_slide(const PhantomSection *section, double *x, double *y) {
  if (section->moved) {
    double dx = *x - section->center_x, dy = *y - section->center_y;
    *x = section->center_x + section->cosine * dx - section->sine * dy + section->shift_x;
    *y = section->center_y + section->sine * dx + section->cosine * dy + section->shift_y;
  }
}

#endif
