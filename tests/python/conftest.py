# SPDX-License-Identifier: Apache-2.0
"""Slides that the tests of the Python packages share, made once a run and never changed."""
import pathlib
import signal
import subprocess
import sys

import numpy
import pytest
import tifffile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))

from material import HEIGHT, WIDTH, halved, label_pixels  # noqa: E402

# In the background of a shell the tests may have been started with this ignored.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

@pytest.fixture(scope="session")
def pixels():
    """What level 0 of `slide` holds: random RGB."""
    return numpy.random.default_rng(11).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=numpy.uint8)


@pytest.fixture(scope="session")
def small(pixels):
    """What level 1 of `slide` holds."""
    return halved(pixels)


@pytest.fixture(scope="session")
def slides(tmp_path_factory):
    return tmp_path_factory.mktemp("slides")


@pytest.fixture(scope="session")
def slide_path(slides, pixels, small):
    """A pyramid of two levels that tifffile wrote, tiles of 128, spacing 0.5."""
    path = slides / "random.tif"
    plain = {"photometric": "rgb", "tile": (128, 128), "compression": "zlib", "metadata": None,
             "resolutionunit": "centimeter"}
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(pixels, resolution=(20000, 20000), **plain)
        tiff.write(small, resolution=(10000, 10000), subfiletype=1, **plain)
    return path


@pytest.fixture
def slide(slide_path):
    import nodal

    with nodal.Slide(slide_path) as opened:
        yield opened


@pytest.fixture(scope="session")
def deep_path(slides):
    """200 x 150 pixels of 16-bit gray without spacing: pixel (x, y) is 300 y + x."""
    path = slides / "deep.tif"
    rows, columns = numpy.mgrid[0:150, 0:200]
    tifffile.imwrite(path, (300 * rows + columns).astype(numpy.uint16), photometric="minisblack", tile=(64, 64),
                     metadata=None)
    return path


@pytest.fixture(scope="session")
def aperio_path(slides):
    """A file as those of an Aperio scanner, with a label of 46 x 38 random pixels and a macro image."""
    path = slides / "scan.svs"
    random = numpy.random.default_rng(7)
    head = "Aperio Image Library v11.2.1\r\n480x360 [0,0 480x360] (240x240)"
    plain = {"photometric": "rgb", "compression": "zlib", "metadata": None}
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(random.integers(0, 256, (360, 480, 3), dtype=numpy.uint8), tile=(240, 240),
                   description=head + "|AppMag = 20|MPP = 0.4990|Filename = scan", **plain)
        tiff.write(random.integers(0, 256, (90, 120, 3), dtype=numpy.uint8), description=head + " - 120x90", **plain)
        tiff.write(label_pixels(), description="Aperio Image Library v11.2.1\r\nlabel 38x46", subfiletype=1, **plain)
        tiff.write(random.integers(0, 256, (43, 128, 3), dtype=numpy.uint8),
                   description="Aperio Image Library v11.2.1\r\nmacro 128x43", subfiletype=9, **plain)
    return path


@pytest.fixture(scope="session")
def mask_pixels():
    """Values 0, 1 and 2 over the whole of `slide`."""
    values = numpy.zeros((HEIGHT, WIDTH), numpy.uint8)
    values[100:220, 50:300] = 1
    values[300:460, 400:650] = 2
    return values


@pytest.fixture(scope="session")
def mask_path(slides, mask_pixels):
    path = slides / "mask.tif"
    tifffile.imwrite(path, mask_pixels, photometric="minisblack", compression="zlib", tile=(128, 128), metadata=None)
    return path


@pytest.fixture(scope="session")
def phantom_path(slides):
    """A phantom of 3000 x 2200 pixels with two nests, and its outlines beside it as .xml."""
    from program import nodal

    path = slides / "phantom.tif"
    nodal("phantom", "slide", "-q", "-o", path, "--size", 3000, 2200, "--spacing", 0.5, "--seed", 4, "--tumor", 2,
          "--tumor-size", 0.2, "--annotation", path.with_suffix(".xml"))
    return path


@pytest.fixture
def python():
    """Runs a program text in a Python of its own and returns what it printed."""
    def run(text, *arguments, status=0):
        done = subprocess.run([sys.executable, "-B", "-c", text, *map(str, arguments)], capture_output=True, text=True,
                              check=False)
        assert done.returncode == status, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout
    return run
