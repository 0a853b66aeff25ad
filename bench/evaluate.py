#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Races nodal's evaluation against scikit-learn on the same arrays in one process.

usage: evaluate.py LIBNODAL ROUNDS     prints lines of case, racer, round, CPU seconds, wall seconds, megapixels (0)

Results are compared before they are raced. All work on one thread.
"""
import ctypes
import os
import sys

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy  # noqa: E402
import sklearn  # noqa: E402
import sklearn.metrics  # noqa: E402

from racing import race  # noqa: E402

SCORES = 1_000_000
PATIENTS, RESAMPLES, FEW = 100, 100_000, 300


class Resampling(ctypes.Structure):
    _fields_ = [("seed", ctypes.c_uint64), ("resamples", ctypes.c_int64), ("threads", ctypes.c_int),
                ("progress", ctypes.c_void_p)]


class Interval(ctypes.Structure):
    _fields_ = [("low", ctypes.c_double), ("high", ctypes.c_double)]


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


class Nodal:
    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.nodal_error_message.restype = ctypes.c_char_p
        self.library.nodal_roc_new.restype = ctypes.c_void_p
        self.library.nodal_roc_free.argtypes = [ctypes.c_void_p]
        for function in ("nodal_roc_auc", "nodal_roc_variance"):
            getattr(self.library, function).restype = ctypes.c_double
            getattr(self.library, function).argtypes = [ctypes.c_void_p]

    def call(self, function, *arguments):
        error = ctypes.c_void_p()
        result = getattr(self.library, function)(*arguments, ctypes.byref(error))
        if not result:
            sys.exit(f"{function}: {self.library.nodal_error_message(error).decode()}")
        return result

    def area(self, scores, positive):
        """The area and DeLong's variance, which comes with it."""
        roc = self.call("nodal_roc_new", pointer(scores), pointer(positive), ctypes.c_size_t(len(scores)))
        area, variance = self.library.nodal_roc_auc(roc), self.library.nodal_roc_variance(roc)
        self.library.nodal_roc_free(roc)
        return area, variance

    def kappa_interval(self, truth, predicted, resamples):
        interval = Interval()
        self.call("nodal_kappa_bootstrap", pointer(truth), pointer(predicted), ctypes.c_size_t(len(truth)), 5,
                  ctypes.byref(Resampling(1, resamples, 1, None)), ctypes.byref(interval), None)
        return interval.low, interval.high


def sklearn_interval(truth, predicted, resamples):
    """A loop round the official function, as the challenge's users write it."""
    random = numpy.random.default_rng(1)
    values = []
    for _ in range(resamples):
        drawn = random.integers(0, len(truth), len(truth))
        values.append(sklearn.metrics.cohen_kappa_score(truth[drawn], predicted[drawn], labels=[0, 1, 2, 3, 4],
                                                        weights="quadratic"))
    return tuple(numpy.nanpercentile(values, [2.5, 97.5]))


def main():
    nodal, rounds = Nodal(sys.argv[1]), int(sys.argv[2])
    random = numpy.random.default_rng(1)
    print(f"# scikit-learn {sklearn.__version__}, numpy {numpy.__version__}; one thread")
    positive = random.random(SCORES) < 0.4
    for what, scores in (("distinct", random.standard_normal(SCORES) + positive),
                         ("of 1000 kinds", random.integers(0, 800, SCORES) + random.integers(0, 200, SCORES) * positive)):
        scores = scores.astype(numpy.float64)
        if abs(nodal.area(scores, positive)[0] - sklearn.metrics.roc_auc_score(positive, scores)) > 1e-12:
            sys.exit(f"scores {what}: nodal and scikit-learn differ")
        race(f"AUC of 1000000 scores, {what}", {
            "nodal": lambda scores=scores: nodal.area(scores, positive),
            "scikit-learn": lambda scores=scores: sklearn.metrics.roc_auc_score(positive, scores)}, rounds)
    truth = random.integers(0, 5, PATIENTS, dtype=numpy.int32)
    predicted = numpy.where(random.random(PATIENTS) < 0.8, truth, random.integers(0, 5, PATIENTS, dtype=numpy.int32))
    predicted = predicted.astype(numpy.int32)
    theirs, mine = sklearn_interval(truth, predicted, 2000), nodal.kappa_interval(truth, predicted, 2000)
    if max(abs(a - b) for a, b in zip(mine, theirs)) > 0.02:
        sys.exit(f"intervals of kappa: nodal {mine} and scikit-learn {theirs} differ by more than chance")
    race(f"{FEW} resamples of kappa", {
        "nodal": lambda: nodal.kappa_interval(truth, predicted, FEW),
        "scikit-learn": lambda: sklearn_interval(truth, predicted, FEW)}, rounds)
    race(f"{RESAMPLES} resamples of kappa", {
        "nodal": lambda: nodal.kappa_interval(truth, predicted, RESAMPLES)}, rounds)


if __name__ == "__main__":
    main()
