/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BENCH_PEER_VIPS_H
#define NODAL_BENCH_PEER_VIPS_H

#include <stdint.h>

void bench_vips_start(void);

/** vips tiffsave of RGB8 pixels in memory: BigTIFF, pyramid, 512-pixel tiles. `codec`: "jpeg" (quality 80) or "lzw". */
void bench_vips_write(const char *path, const uint8_t *pixels, int width, int height, const char *codec);

#endif
