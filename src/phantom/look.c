/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/stain.h"

#include "base/error.h"

#define DAB_SHARES                                                                                                     \
  { 0.46, 0.80, 1.30 }

const NodalPhantomLook phantom_default_look = {.hematoxylin = {0.70, PHANTOM_HEMATOXYLIN_GREEN, 0.38},
                                               .eosin = {0.13, 0.85, 0.38},
                                               .dab = DAB_SHARES,
                                               .hematoxylin_strength = 1,
                                               .eosin_strength = 1,
                                               .glass = {243, 243, 242}};

/*
 * Each follows one real patch of 2048 x 2048 pixels of the CAMELYON17 center of the same number. Directions of both
 * stains: of the darkest fifth of its pixels (nuclei) and of those with the least red for their green density (eosin),
 * drawn toward the principal plane of its densities (Macenko and others 2009), at the length of the default vectors.
 * Strengths: least squares between the mean and the standard deviation of the density in red, green and blue of the
 * patch and of painted cortex, paracortex and medulla; eosin at most 3. Glass lies near the brightest gaps; the blur is
 * by eye. They are looks of synthetic slides, not descriptions of those laboratories.
 */
static const NodalPhantomLook centers[NODAL_PHANTOM_CENTERS] = {
    {.hematoxylin = {0.552, 0.812, 0.466},
     .eosin = {0.254, 0.773, 0.471},
     .dab = DAB_SHARES,
     .hematoxylin_strength = 0.99,
     .eosin_strength = 1.79,
     .glass = {245, 240, 241},
     .blur_um = 0.24,
     .roughness = 1},
    {.hematoxylin = {0.622, 0.765, 0.457},
     .eosin = {0.329, 0.762, 0.442},
     .dab = DAB_SHARES,
     .hematoxylin_strength = 1.50,
     .eosin_strength = 2.52,
     .glass = {243, 240, 242},
     .blur_um = 0.18,
     .roughness = 1},
    {.hematoxylin = {0.708, 0.772, 0.290},
     .eosin = {0.273, 0.837, 0.329},
     .dab = DAB_SHARES,
     .hematoxylin_strength = 0.91,
     .eosin_strength = 2.92,
     .glass = {238, 229, 241},
     .blur_um = 0.28,
     .roughness = 0.8},
    {.hematoxylin = {0.593, 0.808, 0.420},
     .eosin = {0.235, 0.780, 0.470},
     .dab = DAB_SHARES,
     .hematoxylin_strength = 2.01,
     .eosin_strength = 3.00,
     .glass = {241, 234, 237},
     .blur_um = 0.32,
     .roughness = 1},
    {.hematoxylin = {0.702, 0.755, 0.346},
     .eosin = {0.190, 0.862, 0.322},
     .dab = DAB_SHARES,
     .hematoxylin_strength = 0.80,
     .eosin_strength = 2.31,
     .glass = {241, 234, 243},
     .blur_um = 0.20,
     .roughness = 1},
};

const NodalPhantomLook *nodal_phantom_center_look(int center) {
  return center >= 0 && center < NODAL_PHANTOM_CENTERS ? &centers[center] : NULL;
}

static bool in_range(double value, double low, double high) {
  return value >= low && value <= high;
}

bool phantom_look_check(const NodalPhantomLook *look, NodalError **error) {
  for (int i = 0; i < 3; i++) {
    if (!in_range(look->hematoxylin[i], 0, 2) || !in_range(look->eosin[i], 0, 2) || !in_range(look->dab[i], 0, 2)) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "phantom look: a stain's share of a color is not from 0 to 2");
    }
    if (!in_range(look->glass[i], 1, 255)) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "phantom look: glass %g is not from 1 to 255", look->glass[i]);
    }
  }
  if (!in_range(look->hematoxylin_strength, 0, 4) || !in_range(look->eosin_strength, 0, 4)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "phantom look: a stain's strength is not from 0 to 4");
  }
  if (!in_range(look->roughness, 0, 1)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "phantom look: roughness %g is not from 0 to 1", look->roughness);
  }
  if (!in_range(look->blur_um, 0, PHANTOM_MOST_BLUR_UM)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "phantom look: blur of %g um is not from 0 to %g", look->blur_um,
                      PHANTOM_MOST_BLUR_UM);
  }
  return true;
}
