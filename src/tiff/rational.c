/* SPDX-License-Identifier: Apache-2.0 */
#include "tiff/rational.h"

#include <math.h>

/* Convergents of the continued fraction: p(k) = a(k) p(k-1) + p(k-2), and q likewise. */
void nodal_rational_from_double(double value, uint32_t *numerator, uint32_t *denominator) {
  *numerator = 0;
  *denominator = 1;
  if (!(value > 0)) {
    return;
  }
  if (value >= UINT32_MAX) {
    *numerator = UINT32_MAX;
    return;
  }
  if (value <= 1.0 / UINT32_MAX) {
    *numerator = 1;
    *denominator = UINT32_MAX;
    return;
  }
  uint64_t p0 = 0, q0 = 1, p1 = 1, q1 = 0;
  double rest = value;
  for (;;) {
    double whole = floor(rest);
    if (whole > UINT32_MAX) {
      break;
    }
    uint64_t a = (uint64_t)whole, p2 = a * p1 + p0, q2 = a * q1 + q0;
    if (p2 > UINT32_MAX || q2 > UINT32_MAX) {
      break;
    }
    p0 = p1, q0 = q1, p1 = p2, q1 = q2;
    if ((double)p1 / (double)q1 == value || rest == whole) {
      break;
    }
    rest = 1 / (rest - whole);
  }
  *numerator = (uint32_t)p1;
  *denominator = (uint32_t)q1;
}
