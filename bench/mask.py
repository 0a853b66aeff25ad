#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Races nodal against Pillow and scikit-image: polygons into one array in memory, in one process and thread.

usage: mask.py LIBNODAL ANNOTATION ROUNDS    prints lines of case, racer, round, CPU seconds, wall seconds, megapixels

The array is a square of level 0 on the outline with the most points. scikit-image asks every pixel about every edge, Pillow and
nodal go line by line. Pillow and scikit-image fill by the even-odd rule,
and Pillow paints the outline too, so their pixels are not quite nodal's: the share that differs is printed.
"""
import ctypes
import sys
import xml.etree.ElementTree

import numpy
import PIL.Image
import PIL.ImageDraw
import skimage.draw

from racing import race

SIDE = 512


class Options(ctypes.Structure):
    _fields_ = [("width", ctypes.c_int64), ("height", ctypes.c_int64), ("spacing_x_um", ctypes.c_double),
                ("spacing_y_um", ctypes.c_double), ("downsample", ctypes.c_double), ("rule", ctypes.c_int),
                ("labels", ctypes.c_void_p), ("label_count", ctypes.c_size_t), ("order", ctypes.c_void_p),
                ("order_count", ctypes.c_size_t)]


class Rect(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in ("x", "y", "width", "height")]


class Nodal:
    def __init__(self, path, annotation):
        self.library = ctypes.CDLL(path)
        for name in ("nodal_annotation_set_read", "nodal_mask_new"):
            getattr(self.library, name).restype = ctypes.c_void_p
        self.library.nodal_error_message.restype = ctypes.c_char_p
        self.set = ctypes.c_void_p(self.call("nodal_annotation_set_read", annotation.encode(), 0, None))

    def call(self, name, *arguments):
        error = ctypes.c_void_p()
        result = getattr(self.library, name)(*arguments, ctypes.byref(error))
        if not result:
            sys.exit(f"{name}: {self.library.nodal_error_message(error).decode()}")
        return result

    def draw(self, left, top):
        """As the peers: from the points to the pixels, nothing prepared."""
        options = Options(width=left + SIDE, height=top + SIDE, downsample=1)
        mask = ctypes.c_void_p(self.call("nodal_mask_new", self.set, ctypes.byref(options)))
        pixels = numpy.empty((SIDE, SIDE), numpy.uint8)
        self.call("nodal_mask_draw", mask, Rect(left, top, SIDE, SIDE), ctypes.c_void_p(pixels.ctypes.data),
                  ctypes.c_size_t(SIDE))
        self.library.nodal_mask_free(mask)
        return pixels


def load(path):
    """The rings of an ASAP XML as arrays of x, y."""
    rings = []
    for annotation in xml.etree.ElementTree.parse(path).iter("Annotation"):
        points = sorted((int(point.get("Order")), float(point.get("X")), float(point.get("Y")))
                        for point in annotation.iter("Coordinate"))
        rings.append(numpy.array([point[1:] for point in points]))
    return [ring for ring in rings if len(ring) > 2]


def draw_pillow(rings):
    image = PIL.Image.new("L", (SIDE, SIDE))
    canvas = PIL.ImageDraw.Draw(image)
    for ring in rings:
        canvas.polygon([tuple(point) for point in ring], fill=1)
    return numpy.asarray(image)


def draw_skimage(rings):
    pixels = numpy.zeros((SIDE, SIDE), numpy.uint8)
    for ring in rings:
        rows, columns = skimage.draw.polygon(ring[:, 1] - 0.5, ring[:, 0] - 0.5, pixels.shape)
        pixels[rows, columns] = 1
    return pixels


def main():
    rounds = int(sys.argv[3])
    nodal, rings = Nodal(sys.argv[1], sys.argv[2]), load(sys.argv[2])
    longest = max(rings, key=len)
    left, top = (max(0, int(value)) for value in longest[len(longest) // 2] - SIDE / 2)
    moved = [ring - (left, top) for ring in rings]
    near = [ring for ring in moved if (ring.max(0) > 0).all() and (ring.min(0) < SIDE).all()]
    racers = {"nodal": lambda: nodal.draw(left, top), "Pillow": lambda: draw_pillow(near),
              "scikit-image": lambda: draw_skimage(near)}
    mine = racers["nodal"]()
    differs = {name: (mine != draw()).mean() for name, draw in racers.items()}
    print(f"# {len(near)} outlines of {sum(map(len, near))} points in {SIDE} x {SIDE} pixels; pixels unlike nodal's: "
          f"Pillow {differs['Pillow']:.2g}, scikit-image {differs['scikit-image']:.2g} of all")
    race("draw in memory", racers, rounds, SIDE * SIDE / 1e6)


if __name__ == "__main__":
    main()
