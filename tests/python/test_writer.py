# SPDX-License-Identifier: Apache-2.0
"""nodal.Writer, convert() and write_image(): what another reader finds in the files."""
import os
import subprocess
import threading

import numpy
import pytest
import tifffile
from PIL import Image

import nodal
from material import HEIGHT, WIDTH, halved


def test_a_pyramid(tmp_path, pixels, small):
    path = tmp_path / "out.tif"
    with nodal.Writer(path, WIDTH, HEIGHT, codec="deflate", tile_size=128, spacing=0.5, levels=2) as writer:
        assert (writer.level_count, writer.tile_size, writer.closed) == (2, 128, False)
        for row in range(4):
            for column in range(6):
                tile = pixels[128 * row:128 * row + 128, 128 * column:128 * column + 128]
                writer.write_tile(column, row, numpy.ascontiguousarray(tile))
        assert not path.exists()
    assert writer.closed
    with tifffile.TiffFile(path) as tiff:
        assert numpy.array_equal(tiff.pages[0].asarray(), pixels)
        assert numpy.array_equal(tiff.pages[1].asarray(), small)
        assert tiff.pages[0].tags["XResolution"].value[0] / tiff.pages[0].tags["XResolution"].value[1] == 20000


def test_whole_regions(tmp_path, pixels):
    path = tmp_path / "out.tif"
    with nodal.Writer(path, WIDTH, HEIGHT, codec="deflate", tile_size=128) as writer:
        writer.write(0, 0, pixels[:256])
        writer.write(0, 256, pixels[256:, :384].copy())
        writer.write(384, 256, pixels[256:, 384:].copy())
    assert numpy.array_equal(nodal.Slide(path)[:, :], pixels)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "float32"])
@pytest.mark.parametrize("color, channels", [("gray", 1), ("channels", 5)])
def test_types(tmp_path, dtype, color, channels):
    values = (numpy.random.default_rng(3).random((96, 80, channels)) * 200).astype(dtype)
    values = values[:, :, 0].copy() if channels == 1 else values
    path = tmp_path / "out.tif"
    with nodal.Writer(path, 80, 96, color=color, channels=channels, dtype=dtype, tile_size=48) as writer:
        writer.write(0, 0, values)
    slide = nodal.Slide(path)
    assert (slide.dtype, slide.channels, slide.levels[0].codec) == (dtype, channels, "lzw")
    assert numpy.array_equal(slide[:, :], values)


def test_labels_are_never_averaged(tmp_path):
    values = numpy.zeros((128, 128), numpy.uint8)
    values[::2, ::2] = 200
    path = tmp_path / "out.tif"
    with nodal.Writer(path, 128, 128, color="label", tile_size=64) as writer:
        writer.write(0, 0, values)
    assert (nodal.Slide(path).levels[1][:, :] == 200).all()


def test_what_nobody_wrote_is_background(tmp_path):
    path = tmp_path / "out.tif"
    with nodal.Writer(path, 128, 64, codec="none", tile_size=64, background=(1, 2, 3)) as writer:
        writer.write_tile(0, 0, numpy.full((64, 64, 3), 9, numpy.uint8))
    slide = nodal.Slide(path)
    assert slide[10, 10].tolist() == [9, 9, 9] and slide[10, 100].tolist() == [1, 2, 3]


def test_associated(tmp_path):
    label = numpy.random.default_rng(5).integers(0, 256, (20, 30, 3), dtype=numpy.uint8)
    path = tmp_path / "out.tif"
    with nodal.Writer(path, 64, 64, tile_size=64, description="a slide") as writer:
        writer.add_associated("label", label)
    slide = nodal.Slide(path)
    assert slide.associated == {"label": (30, 20)}
    assert numpy.array_equal(slide.read_associated("label"), label)


def test_from_many_threads(tmp_path, pixels):
    path = tmp_path / "out.tif"
    with nodal.Writer(path, WIDTH, HEIGHT, codec="deflate", tile_size=64) as writer:
        def write(rows):
            for row in rows:
                for column in range(11):
                    writer.write_tile(column, row, numpy.ascontiguousarray(
                        pixels[64 * row:64 * row + 64, 64 * column:64 * column + 64]))
        threads = [threading.Thread(target=write, args=(range(first, 8, 4),)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert numpy.array_equal(nodal.Slide(path)[:, :], pixels)


def test_an_exception_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError):
        with nodal.Writer(tmp_path / "out.tif", 64, 64) as writer:
            writer.write_tile(0, 0, numpy.zeros((64, 64, 3), numpy.uint8))
            raise ZeroDivisionError
    assert os.listdir(tmp_path) == []
    forgotten = nodal.Writer(tmp_path / "out.tif", 64, 64)
    del forgotten
    assert os.listdir(tmp_path) == []


def test_existing_files(tmp_path):
    path = tmp_path / "out.tif"
    path.write_text("precious")
    with pytest.raises(nodal.ExistsError) as caught:
        nodal.Writer(path, 64, 64)
    assert isinstance(caught.value, FileExistsError) and str(path) in str(caught.value)
    assert path.read_text() == "precious"
    nodal.Writer(path, 64, 64, force=True).finish()
    assert nodal.Slide(path).dimensions == (64, 64)


@pytest.mark.parametrize("use, message", [
    (lambda w: w.write_tile(2, 0, numpy.zeros((64, 64, 3), numpy.uint8)), "tile 2, 0: there are 2 x 1"),
    (lambda w: w.write_tile(0, -1, numpy.zeros((64, 64, 3), numpy.uint8)), "tile 0, -1: there are 2 x 1"),
    (lambda w: w.write_tile(0, 0, numpy.zeros((64, 64, 3), numpy.uint16)), "pixels: are uint16; the file's are uint8"),
    (lambda w: w.write_tile(0, 0, numpy.zeros((64, 64, 3), numpy.int64)),
     "pixels: are of type 'l'; uint8, uint16, uint32 or float32 are wanted"),
    (lambda w: w.write_tile(0, 0, numpy.zeros((64, 63, 3), numpy.uint8)),
     "pixels: a tile is 64 x 64 pixels of 3 channels, here at the edge perhaps 60 x 64"),
    (lambda w: w.write_tile(0, 0, numpy.zeros((64, 64), numpy.uint8)),
     "pixels: a tile is 64 x 64 pixels of 3 channels, here at the edge perhaps 60 x 64"),
    (lambda w: w.write_tile(0, 0, numpy.zeros((64, 128, 3), numpy.uint8)[:, ::2]), "pixels: is not C-contiguous"),
    (lambda w: w.write(1, 0, numpy.zeros((60, 64, 3), numpy.uint8)),
     "pixels: an array (height, width, 3) that begins at a multiple of 64 pixels and ends at one, or at the edge of the "
     "slide"),
    (lambda w: w.add_associated("label", numpy.zeros((4, 4), numpy.uint8)),
     "pixels: an associated image is an array (height, width, 3) of uint8"),
])
def test_misuse(tmp_path, use, message):
    writer = nodal.Writer(tmp_path / "out.tif", 100, 60, tile_size=64)
    with pytest.raises(ValueError) as caught:
        use(writer)
    assert str(caught.value) == message


def test_after_the_end(tmp_path):
    writer = nodal.Writer(tmp_path / "out.tif", 64, 64, tile_size=64)
    tile = numpy.zeros((64, 64, 3), numpy.uint8)
    writer.write_tile(0, 0, tile)
    with pytest.raises(nodal.ArgumentError):
        writer.write_tile(0, 0, tile)
    writer.finish()
    for use in (lambda: writer.write_tile(0, 0, tile), writer.finish, lambda: writer.level_count, writer.__enter__):
        with pytest.raises(ValueError, match="the writer is finished or closed"):
            use()


@pytest.mark.parametrize("arguments, message", [
    ({"color": "cmyk"}, "color: 'cmyk' is none of gray, rgb, rgba, channels, label"),
    ({"codec": "gif"}, "codec: 'gif' is none of none, jpeg, lzw, deflate, zstd, webp, jpeg2000, png"),
    ({"dtype": "int8"}, "dtype: 'int8' is none of uint8, uint16, uint32, float32"),
    ({"spacing": -1}, "spacing: micrometres a pixel are more than 0"),
    ({"spacing": (1, 2, 3)}, "spacing: a number of micrometres a pixel, or a pair of them"),
    ({"background": (1, 2, 256)}, "background: red, green and blue, each 0 to 255"),
])
def test_bad_options(tmp_path, arguments, message):
    with pytest.raises(nodal.ArgumentError) as caught:
        nodal.Writer(tmp_path / "out.tif", 64, 64, **arguments)
    assert str(caught.value) == message
    assert os.listdir(tmp_path) == []


def test_convert(slide, tmp_path, pixels):
    path, told = tmp_path / "out.tif", []
    result = nodal.convert(slide, path, codec="deflate", tile_size=256, region=(100, 50, 400, 300),
                           progress=lambda done, total: told.append((done, total)))
    assert result == {"kept": False, "label": False, "codec": "deflate", "tile_size": 256, "levels": 2, "width": 400,
                      "height": 300}
    assert numpy.array_equal(nodal.Slide(path)[:, :], pixels[50:350, 100:500])
    assert told and told[-1][0] == told[-1][1]
    with pytest.raises(nodal.ExistsError):
        nodal.convert(slide, path)
    with pytest.raises(nodal.ArgumentError, match="region: 0 x 10 pixels"):
        nodal.convert(slide, tmp_path / "other.tif", region=(0, 0, 0, 10))


def test_progress_that_raises_stops_the_work(tmp_path):
    """The first report comes after a twentieth of a second, so the work has to last for longer than that."""
    phantom = nodal.Phantom(20000, 20000, spacing=0.25)

    class Enough(Exception):
        pass

    def progress(done, total):
        raise Enough

    with pytest.raises(Enough):
        phantom.write(tmp_path / "out.tif", progress=progress)
    assert os.listdir(tmp_path) == []


def test_an_interrupt_stops_the_work(tmp_path, python):
    output = python("""
import os, signal, sys, threading
import nodal
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    nodal.Phantom(60000, 60000, spacing=0.25).write(sys.argv[1])
except KeyboardInterrupt:
    print('interrupted', os.listdir(os.path.dirname(sys.argv[1])))
""", tmp_path / "out.tif")
    assert output == "interrupted []\n"


@pytest.mark.parametrize("extension", ["png", "tif"])
def test_images(tmp_path, pixels, extension):
    path = tmp_path / f"image.{extension}"
    nodal.write_image(path, pixels[:50, :70].copy(), spacing=0.5)
    with Image.open(path) as image:
        assert numpy.array_equal(numpy.asarray(image), pixels[:50, :70])
    with pytest.raises(nodal.ArgumentError):
        nodal.write_image(tmp_path / "bad.png", numpy.zeros(5, numpy.uint8))


def test_halved_is_what_libtiff_reads(tmp_path, pixels):
    """Levels below the second are means of the one above, rounded; odd sides keep their last row."""
    path, plain = tmp_path / "out.tif", tmp_path / "plain.tif"
    with nodal.Writer(path, 512, 256, codec="lzw", tile_size=128) as writer:
        writer.write(0, 0, pixels[:256, :512].copy())
    subprocess.run(["tiffcp", "-8", "-c", "none", path, plain], check=True, capture_output=True)
    with tifffile.TiffFile(plain) as tiff:
        levels = [page.asarray() for page in tiff.pages]
    assert len(levels) == 3
    assert numpy.array_equal(levels[0], pixels[:256, :512])
    assert numpy.array_equal(levels[1], halved(levels[0])) and numpy.array_equal(levels[2], halved(levels[1]))
