# SPDX-License-Identifier: Apache-2.0
"""What the slides of the tests are made of."""
import numpy

WIDTH, HEIGHT = 700, 500


def halved(pixels):
    """The mean of each 2 x 2 pixels, rounded to nearest."""
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    blocks = pixels[:height * 2, :width * 2].reshape(height, 2, width, 2, -1).astype(int)
    return ((blocks.sum(axis=(1, 3)) + 2) // 4).astype(pixels.dtype).reshape(height, width, *pixels.shape[2:])


def label_pixels():
    return numpy.random.default_rng(8).integers(0, 256, (46, 38, 3), dtype=numpy.uint8)


def checksum(slide):
    """What the processes of a pool are to find; here, where they can import it."""
    return int(slide[100:300, 100:400].astype(numpy.int64).sum())
