# SPDX-License-Identifier: Apache-2.0
"""nodal compare: numbers against numpy, and what is a problem."""
import math

import numpy
import pytest
import tifffile

from program import nodal, nodal_json


def write(path, pixels, **options):
    tifffile.imwrite(path, pixels, tile=(64, 64), metadata=None,
                     photometric="rgb" if pixels.ndim == 3 else "minisblack", **options)
    return path


def test_equal(jpeg_slide):
    assert nodal("compare", jpeg_slide, jpeg_slide) == (
        "level      width     height  max difference mean difference   PSNR dB\n"
        "    0       1100        900               0        0.000000     equal\n"
        "    1        550        450               0        0.000000     equal\n"
        "    2        275        225               0        0.000000     equal\n"
        "    3        138        113               0        0.000000     equal\n", "")
    assert nodal_json("compare", jpeg_slide, jpeg_slide) == {"levels": [
        {"level": level, "max_difference": 0, "mean_difference": 0, "psnr_db": None} for level in range(4)]}
    assert nodal_json("compare", jpeg_slide, jpeg_slide, "--level", 2) == {"levels": [
        {"level": 2, "max_difference": 0, "mean_difference": 0, "psnr_db": None}]}
    assert nodal("compare", "-q", jpeg_slide, jpeg_slide) == ("", "")


def test_numbers(jpeg_slide, lossless_slide):
    document = nodal_json("compare", jpeg_slide, lossless_slide, status=3)
    with tifffile.TiffFile(lossless_slide) as tiff:
        reference = [page.asarray() for page in tiff.pages if page.is_tiled]
    assert [level["level"] for level in document["levels"]] == [0, 1, 2, 3]
    import openslide
    with openslide.OpenSlide(str(jpeg_slide)) as slide:
        for level, entry in enumerate(document["levels"]):
            pixels = numpy.asarray(slide.read_region((0, 0), level, slide.level_dimensions[level]))[..., :3]
            difference = numpy.abs(pixels.astype(float) - reference[level])
            assert entry["max_difference"] == difference.max()
            assert entry["mean_difference"] == pytest.approx(difference.mean(), rel=1e-12)
            assert entry["psnr_db"] == pytest.approx(10 * math.log10(255**2 / (difference**2).mean()), rel=1e-12)


@pytest.mark.parametrize("dtype, largest", [(numpy.uint16, 65535), (numpy.uint32, 4294967295), (numpy.float32, 1)])
def test_numbers_of_other_samples(tmp_path, dtype, largest):
    random = numpy.random.default_rng(5)
    a = random.random((100, 130)) * (largest if largest > 1 else 3)
    b = random.random((100, 130)) * (largest if largest > 1 else 3)
    a, b = a.astype(dtype), b.astype(dtype)
    difference = numpy.abs(a.astype(float) - b.astype(float))
    document = nodal_json("compare", write(tmp_path / "a.tif", a), write(tmp_path / "b.tif", b), status=3)
    entry, = document["levels"]
    assert entry["max_difference"] == pytest.approx(difference.max(), rel=1e-12)
    assert entry["mean_difference"] == pytest.approx(difference.mean(), rel=1e-9)
    assert entry["psnr_db"] == pytest.approx(10 * math.log10(largest**2 / (difference**2).mean()), rel=1e-9)


def test_tolerance(tmp_path):
    pixels = numpy.full((100, 80, 3), 100, numpy.uint8)
    other = pixels.copy()
    other[70, 20, 1] = 103
    a, b = write(tmp_path / "a.tif", pixels), write(tmp_path / "b.tif", other)
    text = ("level      width     height  max difference mean difference   PSNR dB\n"
            "    0         80        100               3        0.000125     82.39\n")
    assert nodal("compare", a, b, status=3) == \
        (text, "nodal compare: level 0: difference of 3 is over the tolerance of 0\n")
    assert nodal("compare", a, b, "--tolerance", 2.5, status=3) == \
        (text, "nodal compare: level 0: difference of 3 is over the tolerance of 2.5\n")
    assert nodal("compare", a, b, "--tolerance", 3) == (text, "")


def test_no_number_is_a_problem(tmp_path):
    pixels = numpy.zeros((64, 64), numpy.float32)
    other = pixels.copy()
    other[3, 3] = numpy.nan
    _, errors = nodal("compare", write(tmp_path / "a.tif", pixels), write(tmp_path / "b.tif", other), "--tolerance",
                      1e9, status=3)
    assert errors.startswith("nodal compare: level 0: difference of ")


def test_levels_differ(tmp_path, jpeg_slide):
    other = tmp_path / "two.tif"
    nodal("convert", jpeg_slide, "-q", "-o", other, "--levels", 2)
    output, errors = nodal("compare", jpeg_slide, other, "--tolerance", 255, status=3)
    assert errors == f"nodal compare: 4 levels in {jpeg_slide}, 2 in {other}\n"
    assert [line.split()[0] for line in output.splitlines()] == ["level", "0", "1"]
    assert nodal("compare", jpeg_slide, other, "--level", 0)[1] == ""
    assert nodal("compare", jpeg_slide, other, "--level", 2, status=1) == \
        ("", f"nodal compare: {other}: no level 2, only 0 to 1\n")


def test_sizes_differ(tmp_path):
    a = write(tmp_path / "a.tif", numpy.zeros((100, 80, 3), numpy.uint8))
    b = write(tmp_path / "b.tif", numpy.zeros((100, 81, 3), numpy.uint8))
    assert nodal("compare", a, b, status=3) == \
        ("", f"nodal compare: level 0: 80 x 100 pixels in {a}, 81 x 100 in {b}\n")
    output, _ = nodal("compare", a, b, "--json", status=3)
    assert output == '{\n  "levels": []\n}\n'


def test_samples_differ(deep_slide, bare_slide):
    assert nodal("compare", deep_slide, bare_slide, status=3) == \
        ("", f"nodal compare: 1 x uint16 a pixel in {deep_slide}, 3 x uint8 in {bare_slide}\n")


def test_missing_slide(tmp_path, bare_slide):
    missing = tmp_path / "no.tif"
    for pair in ((missing, bare_slide), (bare_slide, missing)):
        assert nodal("compare", *pair, status=1) == ("", f"nodal compare: {missing}: No such file or directory\n")


def test_threads_change_nothing(jpeg_slide, lossless_slide):
    one = nodal("compare", jpeg_slide, lossless_slide, "-t", 1, "--json", status=3)
    assert nodal("compare", jpeg_slide, lossless_slide, "-t", 7, "--json", status=3) == one
