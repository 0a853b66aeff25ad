#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Races nodal's raster kernels against scipy and scikit-image on one array in one process.

usage: raster.py LIBNODAL ROUNDS PICTURE     prints lines of case, racer, round, CPU seconds, wall seconds, megapixels

PICTURE is tissue (29 % of the pixels in some 9,000 pieces) or lesions (a few large ones on an empty slide). Results are
compared before they are raced: labels, holes, distances and areas must be the same.
"""
import ctypes
import os
import sys

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy  # noqa: E402
import scipy.ndimage  # noqa: E402
import skimage.measure  # noqa: E402

from racing import race  # noqa: E402

WIDTH, HEIGHT = 6250, 3125
EIGHT = numpy.ones((3, 3), bool)


class Raster(ctypes.Structure):
    _fields_ = [("pixels", ctypes.c_void_p), ("dtype", ctypes.c_int), ("width", ctypes.c_int64),
                ("height", ctypes.c_int64), ("stride", ctypes.c_size_t)]


class Components(ctypes.Structure):
    _fields_ = [("connectivity", ctypes.c_int), ("by_value", ctypes.c_bool)]


class Statistics(ctypes.Structure):
    _fields_ = [("regions", ctypes.c_bool), ("components", Components)]


class Region(ctypes.Structure):
    _fields_ = [("label", ctypes.c_uint32), ("value", ctypes.c_uint32)] + \
        [(name, ctypes.c_double) for name in ("area_px", "area_mm2", "centroid_x_px", "centroid_y_px", "x_px", "y_px",
                                              "width_px", "height_px", "longest_px", "longest_um", "major_axis_px",
                                              "major_axis_um", "minor_axis_px", "minor_axis_um")]


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


class Nodal:
    """The kernels, into arrays that are there already, as the peers' `output` arguments are."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.nodal_error_message.restype = ctypes.c_char_p
        self.labels = numpy.empty((HEIGHT, WIDTH), numpy.uint32)
        self.distances = numpy.empty((HEIGHT, WIDTH), numpy.float32)
        self.filled = numpy.empty((HEIGHT, WIDTH), numpy.uint8)

    @staticmethod
    def raster(array):
        dtype = {numpy.uint8: 0, numpy.uint32: 2}[array.dtype.type]
        return Raster(array.ctypes.data, dtype, array.shape[1], array.shape[0], array.strides[0])

    def call(self, name, *arguments):
        error = ctypes.c_void_p()
        if not getattr(self.library, name)(*arguments, ctypes.byref(error)):
            sys.exit(f"{name}: {self.library.nodal_error_message(error).decode()}")

    def label(self, mask, threads, connectivity=8):
        count = ctypes.c_uint32()
        self.call("nodal_raster_label", ctypes.byref(self.raster(mask)),
                  ctypes.byref(Components(connectivity, False)), threads, pointer(self.labels), ctypes.byref(count))
        return self.labels

    def distance(self, mask, threads):
        self.call("nodal_raster_distance", ctypes.byref(self.raster(mask)), 0, ctypes.c_double(1), ctypes.c_double(1),
                  threads, pointer(self.distances))
        return self.distances

    def fill(self, mask, threads):
        self.call("nodal_raster_fill", ctypes.byref(self.raster(mask)), 8, threads, pointer(self.filled), None)
        return self.filled

    def statistics(self, labels, threads):
        regions, count = ctypes.POINTER(Region)(), ctypes.c_size_t()
        self.call("nodal_raster_statistics", ctypes.byref(self.raster(labels)), ctypes.byref(Statistics()),
                  ctypes.c_double(0), ctypes.c_double(0), threads, ctypes.byref(regions), ctypes.byref(count))
        numbers = numpy.frombuffer(ctypes.string_at(regions, count.value * ctypes.sizeof(Region)), numpy.float64)
        areas = numbers.reshape(count.value, -1)[:, 1]  # label and value share the first eight bytes
        self.library.nodal_free(regions)
        return areas


def picture(name):
    random = numpy.random.default_rng(1)
    if name == "tissue":
        noise = scipy.ndimage.gaussian_filter(random.standard_normal((HEIGHT, WIDTH), numpy.float32), 6)
        return (noise > numpy.quantile(noise, 0.71)).astype(numpy.uint8)
    mask = numpy.zeros((HEIGHT, WIDTH), numpy.uint8)
    y, x = numpy.ogrid[:HEIGHT, :WIDTH]
    for _ in range(20):
        center_x, center_y, radius = random.integers(0, WIDTH), random.integers(0, HEIGHT), random.integers(5, 250)
        mask[(x - center_x) ** 2 + (y - center_y) ** 2 < radius**2] = 1
    return mask


def skimage_statistics(labels):
    return skimage.measure.regionprops_table(labels, properties=("label", "area", "centroid", "bbox",
                                                                 "axis_major_length", "axis_minor_length"))["area"]


def cases(nodal, mask):
    """(case, threads that nodal works on, racers, how results are compared)"""
    labels = nodal.label(mask, 1).copy()
    signed = labels.astype(numpy.int32)
    background = 1 - mask
    same = numpy.array_equal
    label_peers = {"scipy": lambda: scipy.ndimage.label(mask, EIGHT)[0],
                   "scikit-image": lambda: skimage.measure.label(mask, connectivity=2)}
    for threads in (1, 2):
        word = f"{threads} thread" + "s" * (threads > 1)

        def racers(function, array, peers, threads=threads):
            mine = {"nodal": lambda: function(array, threads)}
            return mine | ({"nodal on 1": lambda: function(array, 1)} if threads > 1 else {}) | peers
        yield f"label, {word}", racers(nodal.label, mask, label_peers), same
        yield f"distance inside, {word}", racers(nodal.distance, mask, {
            "scipy": lambda: scipy.ndimage.distance_transform_edt(mask)}), close
        yield f"distance outside, {word}", racers(nodal.distance, background, {
            "scipy": lambda: scipy.ndimage.distance_transform_edt(background)}), close
        yield f"fill holes, {word}", racers(nodal.fill, mask, {
            "scipy": lambda: scipy.ndimage.binary_fill_holes(mask)}), same
        yield f"statistics, {word}", racers(nodal.statistics, labels, {
            "scikit-image": lambda: skimage_statistics(signed)}), same


def close(a, b):
    return numpy.allclose(a, b, rtol=1e-6, atol=0)


def main():
    nodal, rounds, mask = Nodal(sys.argv[1]), int(sys.argv[2]), picture(sys.argv[3])
    print(f"# {WIDTH} x {HEIGHT} pixels, {100 * mask.mean():.0f} % in {nodal.label(mask, 1).max()} pieces; scipy "
          f"{scipy.__version__}, scikit-image {skimage.__version__}")
    for case, racers, equal in cases(nodal, mask):
        mine = racers["nodal"]().copy()
        for racer in racers:  # also warms all of them up
            if not equal(mine, racers[racer]()):
                sys.exit(f"{case}: nodal and {racer} differ")
        race(case, racers, rounds, mask.size / 1e6)


if __name__ == "__main__":
    main()
