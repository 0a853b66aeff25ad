/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_SAMPLE_H
#define NODAL_BASE_SAMPLE_H

#include <nodal/types.h>
#include <string.h>

/** A value that is known as a byte (a background colour) as a sample of `dtype`: the same share of the largest value.
 */
static inline void nodal_sample_from_byte(void *sample, NodalDtype dtype, uint8_t byte) {
  float real = (float)byte / 255;
  memset(sample, byte, nodal_dtype_size(dtype)); /* 257 and 0x01010101 times the value */
  if (dtype == NODAL_FLOAT32) {
    memcpy(sample, &real, sizeof real);
  }
}

#endif
