/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/stain.h"

#include "phantom/number.h"
#include <string.h>

static const double glass[3] = {243, 243, 242};
static const double hematoxylin[3] = {0.70, PHANTOM_HEMATOXYLIN_GREEN, 0.38};
static const double eosin[3] = {0.13, 0.85, 0.38};

void phantom_stain_table(uint32_t colors[PHANTOM_COLORS]) {
  for (int i = 0; i < PHANTOM_COLORS; i++) {
    double first = (i >> 7) * PHANTOM_DENSITY_STEP;
    /* Nuclei take up little eosin: the darker they are, the less of what lies round them shows. */
    double second = (i & 127) * 2 * PHANTOM_EOSIN_STEP * (1 - 0.55 * (i >> 7) / 255);
    uint8_t bytes[4] = {0};
    for (int channel = 0; channel < 3; channel++) {
      double light = glass[channel] * phantom_exp_minus(first * hematoxylin[channel] + second * eosin[channel]);
      bytes[channel] = (uint8_t)(light + 0.5);
    }
    memcpy(&colors[i], bytes, sizeof bytes);
  }
}
