#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Races the Python module against openslide-python, tifffile with Pillow, and the C library called without it.

usage: python.py LIBNODAL ROUNDS SLIDE     prints lines of case, racer, round, CPU seconds, wall seconds, megapixels

SLIDE has JPEG tiles. PYTHONPATH leads to the module. Each racer reads the same regions into NumPy arrays; what they give is
compared first.
"""
import concurrent.futures
import ctypes
import io
import os
import random
import subprocess
import sys

import numpy
import openslide
import tifffile
from PIL import Image

import nodal
from racing import race

SIZE, READS, PATCHES = 512, 60, 300


def positions(width, height, count):
    chance = random.Random(1)
    return [(chance.randrange(width - SIZE), chance.randrange(height - SIZE)) for _ in range(count)]


class Tifffile:
    """The tiles of level 0 found by tifffile and decoded by Pillow, as its own codecs are not in Debian."""

    def __init__(self, path):
        self.file = open(path, "rb")
        self.page = tifffile.TiffFile(path).pages[0]
        self.tile = self.page.tilewidth
        self.columns = -(-self.page.imagewidth // self.tile)
        tables = self.page.jpegtables
        self.tables = tables[:-2] if tables else b""
        self.space = "RGB" if self.page.photometric == tifffile.PHOTOMETRIC.RGB else "YCbCr"

    def decoded(self, column, row):
        index = row * self.columns + column
        self.file.seek(self.page.dataoffsets[index])
        data = self.file.read(self.page.databytecounts[index])
        image = Image.open(io.BytesIO(self.tables + data[2:] if self.tables else data))
        return numpy.asarray(image.convert("RGB"))

    def read(self, x, y):
        out = numpy.empty((SIZE, SIZE, 3), numpy.uint8)
        for row in range(y // self.tile, (y + SIZE - 1) // self.tile + 1):
            for column in range(x // self.tile, (x + SIZE - 1) // self.tile + 1):
                left, top = column * self.tile, row * self.tile
                x0, y0 = max(x, left), max(y, top)
                x1, y1 = min(x + SIZE, left + self.tile), min(y + SIZE, top + self.tile)
                out[y0 - y:y1 - y, x0 - x:x1 - x] = self.decoded(column, row)[y0 - top:y1 - top, x0 - left:x1 - left]
        return out


class Library:
    """The C library on as many threads as there are cores, each into one buffer of its own."""

    def __init__(self, path, slide):
        self.library = ctypes.CDLL(path)
        self.library.nodal_slide_open.restype = ctypes.c_void_p
        self.library.nodal_slide_read_region.argtypes = [ctypes.c_void_p, ctypes.c_int] + [ctypes.c_int64] * 4 + [
            ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
        self.library.nodal_slide_read_region.restype = ctypes.c_bool
        self.library.nodal_slide_free.argtypes = [ctypes.c_void_p]
        self.slide_path = os.fsencode(slide)
        self.threads = os.cpu_count()

    def read(self, places):
        slide = self.library.nodal_slide_open(self.slide_path, None, None)

        def work(first):
            buffer = ctypes.create_string_buffer(SIZE * SIZE * 3)
            for x, y in places[first::self.threads]:
                assert self.library.nodal_slide_read_region(slide, 0, x, y, SIZE, SIZE, 1, buffer, SIZE * 3, None)

        with concurrent.futures.ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(work, range(self.threads)))
        self.library.nodal_slide_free(slide)


def import_times(rounds):
    text = "import time; t = time.perf_counter(), time.process_time(); import nodal; " \
           "print(time.process_time() - t[1], time.perf_counter() - t[0])"
    for index in range(max(rounds, 10)):
        cpu, wall = subprocess.run([sys.executable, "-c", text], text=True, capture_output=True, check=True).stdout.split()
        print(f"import nodal\tnodal\t{index}\t{cpu}\t{wall}\t0")


def main():
    library, rounds, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    own, other, tiff = nodal.Slide(path, cache=nodal.Cache(0)), openslide.OpenSlide(path), Tifffile(path)
    places = positions(*own.dimensions, READS)

    def by_nodal(x, y):
        return own.read_region(x, y, SIZE, SIZE)

    def by_openslide(x, y):
        return numpy.asarray(other.read_region((x, y), 0, (SIZE, SIZE)))[:, :, :3]

    for x, y in places[:5]:
        expected = by_nodal(x, y).astype(int)
        for read in (by_openslide, tiff.read):
            # Decoders differ by little where chroma is interpolated.
            assert abs(read(x, y) - expected).mean() < 3, read
    megapixels = READS * SIZE * SIZE / 1e6
    race("random 512 to NumPy", {
        "nodal": lambda: [by_nodal(x, y) for x, y in places],
        "OpenSlide": lambda: [by_openslide(x, y) for x, y in places],
        "tifffile + Pillow": lambda: [tiff.read(x, y) for x, y in places],
    }, rounds, megapixels)

    c_library = Library(library, path)

    def by_patches():
        for _ in nodal.patches(path, SIZE, count=PATCHES, seed=1):
            pass

    same = [(patch.x, patch.y) for patch in nodal.patches(path, SIZE, count=PATCHES, seed=1)]
    race("patches 512, all cores", {"nodal": by_patches, "C library": lambda: c_library.read(same)}, rounds,
         PATCHES * SIZE * SIZE / 1e6)
    import_times(rounds)


if __name__ == "__main__":
    main()
