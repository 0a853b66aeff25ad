# SPDX-License-Identifier: Apache-2.0
"""nodal.Slide: exact pixels, what is known of a file, indices as those of an array."""
import pathlib

import numpy
import pytest

import nodal
from material import HEIGHT, WIDTH, label_pixels


def test_what_is_known(slide, slide_path):
    assert slide.path == str(slide_path)
    assert (slide.width, slide.height, slide.dimensions) == (WIDTH, HEIGHT, (WIDTH, HEIGHT))
    assert (slide.shape, slide.dtype, slide.channels, slide.color) == ((HEIGHT, WIDTH, 3), "uint8", 3, "rgb")
    assert slide.format == "generic-tiff"
    assert slide.spacing == pytest.approx((0.5, 0.5))
    assert slide.level_count == len(slide.levels) == 2
    assert slide.background == (255, 255, 255)
    assert slide.properties["openslide.level[1].downsample"] == "2"
    assert slide.value_range is None and slide.icc_profile is None and slide.associated == {}
    assert not slide.closed
    assert repr(slide) == f"<nodal.Slide {str(slide_path)!r}, generic-tiff, 700 x 500, 2 levels>"


def test_levels(slide):
    level = slide.levels[1]
    assert (level.index, level.width, level.height, level.dimensions) == (1, 350, 250, (350, 250))
    assert (level.shape, level.ndim, level.dtype) == ((250, 350, 3), 3, "uint8")
    assert (level.downsample, level.spacing) == (2.0, pytest.approx((1.0, 1.0)))
    assert (level.tile_width, level.tile_height, level.columns, level.rows, level.codec) == (128, 128, 3, 2, "deflate")
    assert level.slide is slide
    assert repr(level) == "<nodal.Level 1, 350 x 250, 1/2.0>"
    assert [slide.best_level(downsample) for downsample in (0.5, 1, 1.9, 2, 100)] == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("kind", [str, pathlib.Path, lambda path: str(path).encode()])
def test_paths(slide_path, kind, pixels):
    with nodal.Slide(kind(slide_path)) as slide:
        assert numpy.array_equal(slide[:4, :4], pixels[:4, :4])


def test_read_region(slide, pixels, small):
    region = slide.read_region(100, 50, 300, 200)
    assert (region.dtype, region.flags.c_contiguous, region.flags.writeable) == (numpy.uint8, True, True)
    assert numpy.array_equal(region, pixels[50:250, 100:400])
    assert numpy.array_equal(slide.read_region(x=101, y=51, width=60, height=40, level=1), small[25:65, 50:110])


def test_outside_is_background(slide, pixels):
    region = slide.read_region(-10, -20, 30, 40)
    assert numpy.array_equal(region[20:, 10:], pixels[:20, :20])
    assert (region[:20] == 255).all() and (region[:, :10] == 255).all()
    alpha = slide.read_region(-10, -20, 30, 40, mode="rgba")[..., 3]
    assert (alpha[20:, 10:] == 255).all() and alpha.sum() == 255 * 20 * 20


def test_read_at_spacing(slide, small):
    assert numpy.array_equal(slide.read_at_spacing(1.0, 0, 0, 350, 250), small)
    nearest = slide.read_at_spacing(1.0, 20, 40, 50, 30, interpolation="nearest")
    assert nearest.shape == (30, 50, 3)


def test_read_tile(slide, pixels):
    assert numpy.array_equal(slide.read_tile(0, 2, 1), pixels[128:256, 256:384])
    edge = slide.read_tile(0, 5, 3)
    assert numpy.array_equal(edge[:HEIGHT - 384, :WIDTH - 640], pixels[384:, 640:])
    assert (edge[HEIGHT - 384:] == 255).all()


def test_raw_tile(slide, pixels):
    import zlib

    raw = slide.read_raw_tile(0, 2, 1)
    tile = numpy.frombuffer(zlib.decompress(raw), numpy.uint8).reshape(128, 128, 3)
    assert numpy.array_equal(tile, pixels[128:256, 256:384])


def test_thumbnail(slide, pixels, small):
    assert numpy.array_equal(slide.thumbnail(350), small)
    assert numpy.array_equal(slide.thumbnail(5000), pixels)
    assert slide.thumbnail(70).shape == (50, 70, 3)


def test_associated(aperio_path):
    with nodal.Slide(aperio_path) as slide:
        assert slide.associated == {"thumbnail": (120, 90), "label": (38, 46), "macro": (128, 43)}
        assert slide.spacing == pytest.approx((0.499, 0.499))
        assert slide.properties["aperio.AppMag"] == "20"
        assert numpy.array_equal(slide.read_associated("label"), label_pixels())
        with pytest.raises(KeyError, match="has no associated image 'map'"):
            slide.read_associated("map")


def test_indices(slide, pixels, small):
    assert numpy.array_equal(slide[10:40, 20:90], pixels[10:40, 20:90])
    assert numpy.array_equal(slide[-30:, -40:], pixels[-30:, -40:])
    assert numpy.array_equal(slide[490:9999, 690:9999], pixels[490:, 690:])
    assert numpy.array_equal(slide[5], pixels[5])
    assert numpy.array_equal(slide[5, 7], pixels[5, 7])
    assert slide[-1, -1, 2] == pixels[-1, -1, 2]
    assert numpy.array_equal(slide[..., 7:9], pixels[:, 7:9])
    assert numpy.array_equal(slide[3:5, 7:9, 1], pixels[3:5, 7:9, 1])
    assert slide[9:3, 0:4].shape == (0, 4, 3)
    assert numpy.array_equal(slide.levels[1][20:30, 40:50], small[20:30, 40:50])
    assert numpy.array_equal(numpy.asarray(slide.levels[1]), small)
    assert numpy.asarray(slide.levels[1], dtype=numpy.float32).dtype == numpy.float32
    assert numpy.array_equal(slide.levels[1].read(-5, 0, 10, 10)[:, 5:], small[:10, :5])


@pytest.mark.parametrize("key, kind, message", [
    (slice(0, 10, 2), ValueError, "slices of a slide have no step: read a smaller level, or read_at_spacing()"),
    (500, IndexError, "row 500 is out of range: there are 500"),
    ((0, -701), IndexError, "column -701 is out of range: there are 700"),
    ((0, 0, 0, 0), IndexError, "4 indices: a slide is indexed by rows, columns and channels"),
    (1.5, TypeError, "'float' object cannot be interpreted as an integer"),
    ("a", TypeError, "'str' object cannot be interpreted as an integer"),
])
def test_bad_indices(slide, key, kind, message):
    with pytest.raises(kind) as caught:
        slide[key]
    assert str(caught.value) == message


def test_one_channel(deep_path):
    with nodal.Slide(deep_path) as slide:
        assert (slide.shape, slide.dtype, slide.spacing, slide.levels[0].spacing) == ((150, 200), "uint16", None, None)
        region = slide.read_region(10, 20, 30, 40)
        assert (region.shape, region.dtype) == ((40, 30), numpy.uint16)
        assert region[5, 7] == 300 * 25 + 17
        assert slide[25, 17] == 300 * 25 + 17
        with pytest.raises(nodal.ArgumentError, match="uint16 gray pixels cannot be read as 'rgb'"):
            slide.read_region(0, 0, 1, 1, mode="rgb")
        with pytest.raises(nodal.ArgumentError, match="spacing"):
            slide.read_at_spacing(1.0, 0, 0, 10, 10)
    with nodal.Slide(deep_path, spacing=0.25) as slide:
        assert slide.spacing == (0.25, 0.25)
        assert slide.read_at_spacing(0.5, 0, 0, 10, 10).shape == (10, 10)


@pytest.mark.parametrize("make", [
    lambda: numpy.empty((200, 300, 3), numpy.uint8), lambda: bytearray(180000), lambda: numpy.empty(180000, numpy.uint8),
    lambda: memoryview(bytearray(180000)), lambda: numpy.empty((4, 200, 300, 3), numpy.uint8)[2]])
def test_out(slide, pixels, make):
    out = make()
    assert slide.read_region(100, 50, 300, 200, out=out) is out
    assert numpy.array_equal(numpy.frombuffer(out, numpy.uint8), pixels[50:250, 100:400].ravel())


@pytest.mark.parametrize("out, kind, message", [
    (numpy.empty((200, 300, 3), numpy.uint8)[:, ::-1], ValueError, "out: is not C-contiguous"),
    (numpy.empty((200, 600, 3), numpy.uint8)[:, ::2], ValueError, "out: is not C-contiguous"),
    (bytes(180000), ValueError, "out: is read-only"),
    (bytearray(179999), ValueError, "out: has 179999 bytes; 200 x 300 x 3 x uint8 has 180000"),
    (numpy.empty((200, 300, 4), numpy.uint8), ValueError, "out: has 240000 bytes; 200 x 300 x 3 x uint8 has 180000"),
    (numpy.empty((200, 300, 3), numpy.float32), ValueError, "out: is of another type; 200 x 300 x 3 x uint8 is wanted"),
    ([0] * 180000, TypeError, "out: an array is wanted, or another object with a buffer"),
])
def test_bad_out(slide, out, kind, message):
    with pytest.raises(kind) as caught:
        slide.read_region(100, 50, 300, 200, out=out)
    assert str(caught.value) == message


def test_errors(slide, tmp_path):
    missing = tmp_path / "missing.tif"
    with pytest.raises(nodal.FileError) as caught:
        nodal.Slide(missing)
    assert str(caught.value) == f"{missing}: No such file or directory"
    assert isinstance(caught.value, (nodal.Error, OSError))
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"II*\0\x08\0\0\0")
    with pytest.raises(nodal.FormatError) as caught:
        nodal.Slide(broken)
    assert str(caught.value).startswith(f"{broken}: ") and isinstance(caught.value, ValueError)
    with pytest.raises(nodal.ArgumentError, match="level 2: the slide has 2 levels"):
        slide.read_region(0, 0, 1, 1, 2)
    with pytest.raises(nodal.ArgumentError, match="mode: 'bgr' is none of native, rgb, rgba"):
        slide.read_region(0, 0, 1, 1, mode="bgr")


def test_damaged_tile(slide_path, tmp_path):
    import tifffile

    with tifffile.TiffFile(slide_path) as tiff:
        offset = tiff.pages[0].dataoffsets[0]
    data = bytearray(slide_path.read_bytes())
    data[offset:offset + 40] = bytes(40)
    path = tmp_path / "damaged.tif"
    path.write_bytes(data)
    with nodal.Slide(path) as slide:
        with pytest.raises(nodal.FormatError) as caught:
            slide[:10, :10]
        assert str(caught.value).startswith(f"{path}: ")
        assert slide[:10, 128:138].shape == (10, 10, 3)


def test_closing(slide_path):
    slide = nodal.Slide(slide_path)
    level = slide.levels[0]
    slide.close()
    slide.close()
    assert slide.closed and slide.path == str(slide_path)
    assert repr(slide) == f"<nodal.Slide {str(slide_path)!r}, closed>"
    for use in (lambda: slide.width, lambda: slide[0, 0], lambda: level[0, 0], lambda: level.spacing,
                lambda: slide.levels, slide.thumbnail, slide.__enter__, slide.__reduce__):
        with pytest.raises(ValueError, match="the slide is closed"):
            use()
    assert (level.width, level.downsample) == (WIDTH, 1.0)


def test_a_level_keeps_its_slide(slide_path, pixels):
    level = nodal.Slide(slide_path).levels[0]
    assert numpy.array_equal(level[:3, :3], pixels[:3, :3])


def test_subclass(slide_path):
    class Named(nodal.Slide):
        def name(self):
            return pathlib.Path(self.path).stem

    assert Named(slide_path).name() == "random"


def test_cache(slide_path):
    cache = nodal.Cache(8 << 20)
    with nodal.Slide(slide_path, cache=cache) as one, nodal.Slide(slide_path, cache=cache) as other:
        one[:100, :100]
        one[:100, :100]
        other[:100, :100]
    statistics = cache.statistics
    assert statistics["hits"] >= 1 and statistics["misses"] == 2 and cache.budget == 8 << 20
    with pytest.raises(TypeError, match="cache: a nodal.Cache is wanted"):
        nodal.Slide(slide_path, cache=5)
    with pytest.raises(ValueError, match="budget"):
        nodal.Cache(-1)


def test_what_this_build_has():
    assert "generic-tiff" in nodal.formats()
    assert any("libtiff" in name.lower() for name in nodal.libraries())
    assert nodal.__version__.count(".") == 2
