/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PYRAMID_SELFTEST_DATA_H
#define NODAL_PYRAMID_SELFTEST_DATA_H

#include <stdint.h>

extern const uint8_t nodal_selftest_webp[176];
extern const uint8_t nodal_selftest_jpeg2000[623];

#endif
