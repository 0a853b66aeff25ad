/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PYRAMID_SELFTEST_DATA_H
#define NODAL_PYRAMID_SELFTEST_DATA_H

#include <stddef.h>
#include <stdint.h>

/** Bytes that other programs made; see selftest_data.py. */
typedef struct NodalSelfTestData {
  const uint8_t *data;
  size_t size;
} NodalSelfTestData;

extern const NodalSelfTestData nodal_self_test_jp2k_rgb, nodal_self_test_jp2k_ycbcr, nodal_self_test_webp,
    nodal_self_test_float_predictor, nodal_self_test_png, nodal_self_test_jpeg, nodal_self_test_big_endian_tiff;

#endif
