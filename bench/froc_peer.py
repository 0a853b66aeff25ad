#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The official FROC evaluation of 2016 in numpy, scipy and scikit-image, on masks read by OpenSlide.

usage: froc_peer.py MASKS DETECTIONS     prints slides, lesions and score
"""
import os
import pathlib
import sys

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "cli"))

import numpy  # noqa: E402
import openslide  # noqa: E402

import official_froc  # noqa: E402

LEVEL = 5


class Cases:
    """One slide at a time, as the script reads them."""

    def __init__(self, masks, detections):
        self.masks = masks
        self.tables = sorted(detections.glob("*.csv"))

    def __len__(self):
        return len(self.tables)

    def __iter__(self):
        for table in self.tables:
            path = self.masks / f"{table.stem}_mask.tif"
            mask = None
            if path.is_file():
                with openslide.OpenSlide(str(path)) as slide:
                    pixels = slide.read_region((0, 0), LEVEL, slide.level_dimensions[LEVEL])
                    mask = numpy.asarray(pixels)[:, :, 0]
            rows = [line.split(",") for line in table.read_text(encoding="utf-8").splitlines()]
            yield mask, [(float(p), int(x), int(y)) for p, x, y in rows]


def main():
    cases = Cases(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    score, _, lesions = official_froc.score_2016(cases)
    print(len(cases), lesions, repr(score))


if __name__ == "__main__":
    main()
