/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/section.h"

#include "phantom/number.h"
#include <math.h>
#include <string.h>

PhantomSection phantom_section(const NodalPhantomOptions *options) {
  double turns = options->turn_degrees / 360;
  double cosine = phantom_cos(turns), sine = phantom_sin(turns), length = sqrt(cosine * cosine + sine * sine);
  return (PhantomSection){
      .moved = options->turn_degrees != 0 || options->shift_x_um != 0 || options->shift_y_um != 0,
      .cosine = cosine / length,
      .sine = sine / length,
      .center_x = (double)options->width * options->spacing_um / 2,
      .center_y = (double)options->height * options->spacing_um / 2,
      .shift_x = options->shift_x_um,
      .shift_y = options->shift_y_um,
  };
}

static uint64_t hash_number(uint64_t seed, double number) {
  int64_t bits;
  double whole = number + 0; /* -0 is 0 */
  memcpy(&bits, &whole, sizeof bits);
  return phantom_hash(seed, bits, 7);
}

uint64_t phantom_section_seed(const NodalPhantomOptions *options) {
  if (options->stain == NODAL_PHANTOM_HE && !phantom_section(options).moved) {
    return options->seed;
  }
  uint64_t seed = phantom_hash(options->seed, 60, (int64_t)options->stain);
  return hash_number(hash_number(hash_number(seed, options->turn_degrees), options->shift_x_um), options->shift_y_um);
}
