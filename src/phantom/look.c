/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/stain.h"

#include "base/error.h"

#define DAB_SHARES                                                                                                     \
  { 0.45, 0.80, 1.22 }

const NodalPhantomLook phantom_default_look = {.hematoxylin = {0.70, PHANTOM_HEMATOXYLIN_GREEN, 0.38},
                                               .eosin = {0.13, 0.85, 0.38},
                                               .dab = DAB_SHARES,
                                               .hematoxylin_strength = 1,
                                               .eosin_strength = 1,
                                               .glass = {243, 243, 242}};

static const NodalPhantomLook centers[NODAL_PHANTOM_CENTERS] = {
    {{0.60, 0.78, 0.42}, {0.20, 0.80, 0.40}, DAB_SHARES, 0.9, 1.2, {244, 240, 240}, 0.1},
    {{0.75, 0.82, 0.50}, {0.30, 0.80, 0.40}, DAB_SHARES, 1.2, 0.8, {243, 243, 243}, 0.1},
    {{0.80, 0.85, 0.20}, {0.30, 0.90, 0.20}, DAB_SHARES, 1.0, 1.0, {240, 240, 242}, 0.1},
    {{0.80, 0.95, 0.50}, {0.10, 0.95, 0.60}, DAB_SHARES, 1.3, 1.3, {243, 240, 240}, 0.1},
    {{0.70, 0.80, 0.25}, {0.15, 0.80, 0.20}, DAB_SHARES, 0.9, 1.0, {243, 240, 245}, 0.1},
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
  if (!in_range(look->blur_um, 0, PHANTOM_MOST_BLUR_UM)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "phantom look: blur of %g um is not from 0 to %g", look->blur_um,
                      PHANTOM_MOST_BLUR_UM);
  }
  return true;
}
