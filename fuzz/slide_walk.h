/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_FUZZ_SLIDE_WALK_H
#define NODAL_FUZZ_SLIDE_WALK_H

#include <stddef.h>
#include <stdint.h>

/**
 * Opens the bytes as a slide and, where that succeeds, asks it for everything: properties, regions of each level,
 * tiles, compressed tiles, associated images. Large blocks are passed by, so that one input takes no seconds.
 */
void fuzz_walk_slide(const uint8_t *data, size_t size);

#endif
