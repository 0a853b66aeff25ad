/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_EVALUATION_RESAMPLE_H
#define NODAL_EVALUATION_RESAMPLE_H

#include "base/error.h"
#include "base/random.h"
#include <nodal/evaluation.h>

/**
 * The value of one resample, drawn with `random`; NAN where it has none. `scratch` is the worker's alone, zero before
 * its first resample and afterwards as the last one left it.
 */
typedef double (*EvaluationStatistic)(const void *user, void *scratch, NodalRandom *random);

/**
 * values[k] = the statistic of resample k, for 0 <= k < resamples, drawn with stream k of the seed: the same for any
 * number of threads. `scratch_size` bytes a worker.
 */
bool evaluation_resample(const NodalResampling *resampling, EvaluationStatistic statistic, const void *user,
                         size_t scratch_size, double *values, NodalError **error);

/** The same for several values a resample: puts `width` of them, any of which may be NAN, into `values`. */
typedef void (*EvaluationStatistics)(const void *user, void *scratch, NodalRandom *random, double *values);

/**
 * The percentile intervals of `width` values that are drawn together, each by itself. NAN are left out; without any
 * other the ends are NAN. Keeps 8 bytes a value and resample meanwhile.
 */
bool evaluation_band(const NodalResampling *resampling, EvaluationStatistics statistics, const void *user,
                     size_t scratch_size, size_t width, NodalInterval *intervals, NodalError **error);

/**
 * The percentile interval (Efron and Tibshirani 1993, chapter 13): the 2.5th and 97.5th percentile of the values,
 * linear between neighbours (type 7 of Hyndman and Fan 1996, numpy's own). NAN among them are left out and counted in
 * `undefined` (may be NULL); without any other the ends are NAN. Puts the values into order, those NAN last.
 */
bool evaluation_percentile_interval(double *values, size_t count, NodalInterval *interval, int64_t *undefined,
                                    NodalError **error);

/** evaluation_resample() and the interval of what came of it. */
bool evaluation_bootstrap(const NodalResampling *resampling, EvaluationStatistic statistic, const void *user,
                          size_t scratch_size, NodalInterval *interval, int64_t *undefined, NodalError **error);

#endif
