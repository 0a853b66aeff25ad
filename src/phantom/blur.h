/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_BLUR_H
#define NODAL_PHANTOM_BLUR_H

#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

enum { PHANTOM_MOST_BLUR_PX = 192 };

/** A Gaussian in whole numbers: weight[i] for the pixels i to either side; all together 1 << 14. */
typedef struct PhantomBlur {
  int radius; /* 0: no blur */
  int16_t weight[PHANTOM_MOST_BLUR_PX + 1];
} PhantomBlur;

/** A standard deviation under a fifth of a pixel is none. The tails are cut at three of them. */
void phantom_blur_init(PhantomBlur *blur, double sigma_px);

/**
 * Blurs `width` x `height` RGB pixels. `source` points to the one that belongs to the first of `pixels` and has
 * `radius` pixels more on every side. Not in place.
 */
bool phantom_blur(const PhantomBlur *blur, const uint8_t *source, size_t source_stride, int64_t width, int64_t height,
                  uint8_t *pixels, size_t stride, NodalError **error);

#endif
