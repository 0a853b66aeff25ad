/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/stain.h"

#include "base/error.h"
#include "phantom/number.h"
#include <string.h>

void phantom_stain_table(uint32_t colors[PHANTOM_COLORS], const NodalPhantomLook *look, NodalPhantomStain stain) {
  bool ihc = stain == NODAL_PHANTOM_IHC;
  const double *other = ihc ? look->dab : look->eosin;
  double purple = look->hematoxylin_strength * (ihc ? PHANTOM_COUNTERSTAIN : 1);
  double strength = ihc ? 1 : look->eosin_strength;
  for (int i = 0; i < PHANTOM_COLORS; i++) {
    int nucleus = i >> 7;
    double first = nucleus * PHANTOM_DENSITY_STEP;
    /* Nuclei take up little eosin: the darker they are, the less of what lies round them shows. */
    double shown = 1 - 0.55 * nucleus / 255;
    if (ihc) {
      /* DAB stays out of them altogether; a faint shade of what lies above and below is left. */
      shown = nucleus < PHANTOM_CLEAR_NUCLEUS ? 1 - 0.8 * nucleus / PHANTOM_CLEAR_NUCLEUS : 0.2;
    }
    double second = (i & 127) * 2 * PHANTOM_EOSIN_STEP * shown;
    if (ihc) {
      /* Cells end sharply, however wide the grid from which their place is interpolated. */
      second *= (double)phantom_ramp((float)((i & 127) * 2), 0.25F * PHANTOM_DAB_STEPS, 0.75F * PHANTOM_DAB_STEPS);
    }
    uint8_t bytes[4] = {0};
    for (int channel = 0; channel < 3; channel++) {
      /* Green light sees less of the nuclei where there is no eosin in them. */
      double share = look->hematoxylin[channel] * (ihc && channel == 1 ? 0.86 : 1);
      double density = first * purple * share + second * strength * other[channel];
      double light = look->glass[channel] * phantom_exp_minus(density < 90 ? density : 90);
      bytes[channel] = (uint8_t)(light + 0.5);
    }
    memcpy(&colors[i], bytes, sizeof bytes);
  }
}
