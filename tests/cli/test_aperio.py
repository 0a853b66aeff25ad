# SPDX-License-Identifier: Apache-2.0
"""Aperio slides with tiles left out: OpenSlide is the judge of what stands there."""
import numpy
import openslide
import pytest
import tifffile
from PIL import Image

from program import nodal

TILE, WIDTH, HEIGHT = 240, 1440, 960


def smooth(width, height):
    """Without edges, so that the judge's filter and a mean give nearly the same."""
    y, x = numpy.mgrid[0:height, 0:width]
    return numpy.stack([127 + 120 * numpy.sin(x / 70), 127 + 120 * numpy.cos(y / 50),
                        127 + 100 * numpy.sin((x + y) / 90)], -1).astype(numpy.uint8)


def leave_out(path, missing):
    """Sets the byte counts of tiles to 0; `missing` maps levels to indices of tiles."""
    with tifffile.TiffFile(path) as tiff:
        tags = [page.tags["TileByteCounts"] for page in tiff.pages if page.is_tiled]
    with open(path, "r+b") as file:
        for level, tiles in missing.items():
            size = {3: 2, 4: 4}[tags[level].dtype]
            for index in tiles:
                file.seek(tags[level].valueoffset + size * index)
                file.write(bytes(size))


def make(path, missing):
    """Levels 1, 1/2 and 1/4. The smaller ones are inverted: what was made from the level above shows."""
    pixels = smooth(WIDTH, HEIGHT)
    head = f"Aperio Image Library v11.2.1\r\n{WIDTH}x{HEIGHT}"
    plain = {"photometric": "rgb", "compression": "zlib", "metadata": None, "description": head}
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(pixels, tile=(TILE, TILE), **plain)
        tiff.write(pixels[::4, ::4], **plain)
        for factor in (2, 4):
            small = pixels.reshape(HEIGHT // factor, factor, WIDTH // factor, factor, 3).mean((1, 3))
            tiff.write(255 - small.round().astype(numpy.uint8), tile=(TILE, TILE), **plain)
    leave_out(path, missing)


def crop(tmp_path, slide, *arguments):
    output = tmp_path / "out.png"
    assert nodal("crop", slide, *arguments, "-q", "-f", "-o", output) == ("", "")
    return numpy.asarray(Image.open(output)).astype(int)


@pytest.mark.parametrize("missing", [{}, {1: [1]}, {2: [0]}, {2: [1]}, {1: [4], 2: [0]}, {0: [8]}, {0: [0, 1, 6, 7]},
                                     {0: [0, 1, 6, 7], 1: [5]}, {0: range(24)}], ids=str)
def test_missing_tiles_are_as_in_openslide(tmp_path, missing):
    path = tmp_path / "scan.svs"
    make(path, missing)
    with openslide.OpenSlide(str(path)) as other:
        assert other.level_dimensions == ((WIDTH, HEIGHT), (WIDTH // 2, HEIGHT // 2), (WIDTH // 4, HEIGHT // 4))
        for level, size in enumerate(other.level_dimensions):
            whole = numpy.asarray(other.read_region((0, 0), level, size)).astype(float)
            alpha = whole[..., 3:] / 255
            reference = whole[..., :3] * alpha + 255 * (1 - alpha)
            pixels = crop(tmp_path, path, 0, 0, *size, "--level", level)
            # Each level that a tile was made from rounds once.
            assert numpy.abs(pixels - reference).max() <= (level if missing else 0)


def test_missing_tiles_are_means(tmp_path):
    """Exactly, and whatever part is asked for."""
    path = tmp_path / "scan.svs"
    make(path, {1: [1]})
    pixels = smooth(WIDTH, HEIGHT).astype(int)[:480, 480:960]
    sums = pixels[::2, ::2] + pixels[1::2, ::2] + pixels[::2, 1::2] + pixels[1::2, 1::2]
    expected = (sums + 2) // 4
    assert numpy.array_equal(crop(tmp_path, path, 480, 0, 240, 240, "-l", 1), expected)
    assert numpy.array_equal(crop(tmp_path, path, 480 + 2 * 31, 2 * 17, 101, 53, "-l", 1), expected[17:70, 31:132])
    assert numpy.array_equal(crop(tmp_path, path, 480 + 2 * 239, 2 * 239, 1, 1, "-l", 1), expected[239:, 239:])


def test_missing_everywhere_is_background(tmp_path):
    path = tmp_path / "scan.svs"
    make(path, {0: [0, 1, 6, 7]})
    corner = nodal("crop", path, 0, 0, 240, 240, "-l", 1, "--rgba", "-q", "-o", tmp_path / "corner.png")
    assert corner == ("", "")
    assert (numpy.asarray(Image.open(tmp_path / "corner.png")) == [255, 255, 255, 0]).all()
