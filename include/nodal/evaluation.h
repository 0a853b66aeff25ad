/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_EVALUATION_H
#define NODAL_EVALUATION_H

#include <nodal/error.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How often and how something is drawn again by chance. Start from NODAL_RESAMPLING_INIT. */
typedef struct NodalResampling {
  uint64_t seed;
  int64_t resamples;             /**< 1 to 100,000,000 */
  int threads;                   /**< 0: one a core. The result is the same. */
  const NodalProgress *progress; /**< in resamples; NULL: none */
} NodalResampling;

#define NODAL_RESAMPLING_INIT                                                                                          \
  { .seed = 1, .resamples = 2000 }

/** A range in which a value lies with 95 % confidence, both ends included; NAN where there is none. */
typedef struct NodalInterval {
  double low, high;
} NodalInterval;

#ifdef __cplusplus
}
#endif
#endif
