# SPDX-License-Identifier: Apache-2.0
"""The programs of examples/ do what their first lines promise."""
import os
import pathlib
import subprocess
import zlib

import numpy
import pytest
from PIL import Image

PROGRAMS = pathlib.Path(os.environ["NODAL_BUILD_DIR"]) / "examples"
WIDTH, HEIGHT = 1000, 700


def run(program, *arguments):
    done = subprocess.run([PROGRAMS / program, *map(str, arguments)], text=True, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


def rings(x, y, width, height):
    """What write_pyramid paints, from its formula."""
    columns, rows = numpy.meshgrid(numpy.arange(x, x + width), numpy.arange(y, y + height))
    squared = (columns - WIDTH // 2) ** 2 + (rows - HEIGHT // 2) ** 2
    dark = (squared // 64**2 % 2 == 1)[..., numpy.newaxis]
    return numpy.where(dark, (120, 60, 150), (240, 210, 230)).astype(numpy.uint8)


@pytest.fixture(scope="module")
def pyramid(tmp_path_factory):
    path = tmp_path_factory.mktemp("examples") / "rings.tif"
    assert run("write_pyramid", path, WIDTH, HEIGHT) == (0, f"{path}: 3 levels\n", "")
    return path


def test_read_region(pyramid, tmp_path):
    output = tmp_path / "region.png"
    code, said, errors = run("read_region", pyramid, 100, 200, 300, 150, 0, output)
    assert (code, errors) == (0, "")
    assert said.splitlines() == [
        f"{pyramid}: generic-tiff, 3 x uint8, 0.25 x 0.25 um a pixel",
        "level 0: 1000 x 700, 1/1, tiles of 256 x 256, deflate",
        "level 1: 500 x 350, 1/2, tiles of 256 x 256, deflate",
        "level 2: 250 x 175, 1/4, tiles of 256 x 256, deflate",
    ]
    with Image.open(output) as image:
        assert numpy.array_equal(numpy.asarray(image), rings(100, 200, 300, 150))
        # PNG keeps pixels a meter, rounded: 4,000,000 of them are 0.25 um.
        assert image.info["dpi"] == pytest.approx((101600, 101600))


def test_read_region_of_a_smaller_level(pyramid, tmp_path):
    output = tmp_path / "region.png"
    assert run("read_region", pyramid, 400, 300, 60, 40, 1, output)[0] == 0
    exact = rings(400, 300, 120, 80).reshape(40, 2, 60, 2, 3).astype(int).sum(axis=(1, 3))
    with Image.open(output) as image:
        assert numpy.array_equal(numpy.asarray(image), (exact + 2) // 4)


def test_read_region_says_what_is_wrong(tmp_path):
    missing = tmp_path / "missing.tif"
    assert run("read_region", missing, 0, 0, 1, 1, 0, tmp_path / "x.png") == (
        1, "", f"read_region: {missing}: No such file or directory\n")


def test_tiles_counts(pyramid):
    code, said, errors = run("tiles", pyramid)
    assert (code, errors) == (0, "")
    lines = said.splitlines()
    assert [line.rsplit(", ", 1)[0] for line in lines] == [
        "level 0: 12 of 12 tiles, deflate", "level 1: 4 of 4 tiles, deflate", "level 2: 1 of 1 tiles, deflate"]
    assert all(0 < int(line.split(", ")[-1].removesuffix(" bytes")) < pyramid.stat().st_size for line in lines)


def test_tiles_saves_the_bytes_of_the_file(pyramid, tmp_path):
    output = tmp_path / "tile.zlib"
    code, said, errors = run("tiles", pyramid, 0, 1, 1, output)
    assert (code, said, errors) == (0, f"{output}: {output.stat().st_size} bytes\n", "")
    differences = numpy.frombuffer(zlib.decompress(output.read_bytes()), numpy.uint8).reshape(256, 256, 3)
    # TIFF predictor 2: each sample is stored as its difference from the one to the left.
    assert numpy.array_equal(numpy.cumsum(differences, axis=1, dtype=numpy.uint8), rings(256, 256, 256, 256))
    assert output.read_bytes() in pyramid.read_bytes()
