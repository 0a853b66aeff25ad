# SPDX-License-Identifier: Apache-2.0
"""Slides that the tests of the program share, made once a run and never changed."""
import pathlib
import signal
import sys

import numpy
import pytest
import tifffile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from program import nodal  # noqa: E402

# In the background of a shell the tests may have been started with these ignored, and the program would keep it so.
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


@pytest.fixture(scope="session")
def slides(tmp_path_factory):
    """A folder of slides: see each fixture below for what is in it."""
    return tmp_path_factory.mktemp("slides")


@pytest.fixture(scope="session")
def jpeg_slide(slides):
    """1100 x 900 pixels of a phantom, JPEG tiles of 256, spacing 0.5."""
    path = slides / "jpeg.tif"
    nodal("phantom", "slide", "-q", "-o", path, "--size", 1100, 900, "--spacing", 0.5, "--seed", 3, "--tile", 256)
    return path


@pytest.fixture(scope="session")
def lossless_slide(slides):
    """The same pixels as jpeg_slide before JPEG, Deflate."""
    path = slides / "lossless.tif"
    nodal("phantom", "slide", "-q", "-o", path, "--size", 1100, 900, "--spacing", 0.5, "--seed", 3, "--tile", 256,
          "--codec", "deflate")
    return path


@pytest.fixture(scope="session")
def large_slide(slides):
    """9000 x 7000 pixels: enough for a signal to arrive in the middle of the work."""
    path = slides / "large.tif"
    nodal("phantom", "slide", "-q", "-o", path, "--size", 9000, 7000, "--spacing", 0.25, "--seed", 5)
    return path


@pytest.fixture(scope="session")
def aperio_slide(slides):
    """A file like those of an Aperio scanner: 480 x 360 pixels, spacing 0.499, thumbnail, label and macro."""
    path = slides / "scan.svs"
    random = numpy.random.default_rng(7)
    pixels = random.integers(0, 256, (360, 480, 3), dtype=numpy.uint8)
    label = random.integers(0, 256, (46, 38, 3), dtype=numpy.uint8)
    macro = random.integers(0, 256, (43, 128, 3), dtype=numpy.uint8)
    head = "Aperio Image Library v11.2.1\r\n480x360 [0,0 480x360] (240x240)"
    plain = {"photometric": "rgb", "compression": "zlib", "metadata": None}
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(pixels, tile=(240, 240), description=head + "|AppMag = 20|MPP = 0.4990|Filename = scan",
                   **plain)
        tiff.write(pixels[::4, ::4], description=head + " - 120x90", **plain)
        tiff.write(label, description="Aperio Image Library v11.2.1\r\nlabel 38x46", subfiletype=1, **plain)
        tiff.write(macro, description="Aperio Image Library v11.2.1\r\nmacro 128x43", subfiletype=9, **plain)
    return path


@pytest.fixture(scope="session")
def bare_slide(slides):
    """300 x 200 random RGB pixels without spacing, tiles of 64, not compressed."""
    path = slides / "bare.tif"
    pixels = numpy.random.default_rng(1).integers(0, 256, (200, 300, 3), dtype=numpy.uint8)
    tifffile.imwrite(path, pixels, photometric="rgb", tile=(64, 64), metadata=None)
    return path


@pytest.fixture(scope="session")
def deep_slide(slides):
    """200 x 150 pixels of 16-bit gray, tiles of 64."""
    path = slides / "deep.tif"
    pixels = numpy.random.default_rng(2).integers(0, 65536, (150, 200), dtype=numpy.uint16)
    tifffile.imwrite(path, pixels, photometric="minisblack", tile=(64, 64), metadata=None)
    return path


@pytest.fixture(scope="session")
def channel_slide(slides):
    """96 x 80 pixels of five 16-bit channels without a colour meaning."""
    path = slides / "channels.tif"
    pixels = numpy.random.default_rng(4).integers(0, 65536, (80, 96, 5), dtype=numpy.uint16)
    tifffile.imwrite(path, pixels, photometric="minisblack", planarconfig="contig", tile=(32, 32), metadata=None,
                     extrasamples=["unspecified"] * 4)
    return path


@pytest.fixture(scope="session")
def mask_slide(slides):
    """600 x 500 label image of the values 0, 1 and 2, tiles of 128."""
    path = slides / "mask.tif"
    pixels = numpy.zeros((500, 600), numpy.uint8)
    pixels[100:300, 50:400] = 1
    pixels[200:401, 300:555] = 2
    tifffile.imwrite(path, pixels, photometric="minisblack", compression="zlib", tile=(128, 128), metadata=None)
    return path
