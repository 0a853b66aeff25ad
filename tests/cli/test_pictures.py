# SPDX-License-Identifier: Apache-2.0
"""nodal thumbnail and nodal associated."""
import numpy
import pytest
import tifffile
from PIL import Image

from program import names, nodal, nodal_json


@pytest.mark.parametrize("size, expected", [(1024, (1024, 838)), (550, (550, 450)), (100, (100, 82)), (1, (1, 1)),
                                            (1100, (1100, 900)), (5000, (1100, 900))])
def test_size(tmp_path, lossless_slide, size, expected):
    output = tmp_path / "out.png"
    assert nodal("thumbnail", lossless_slide, "-o", output, "--size", size) == \
        (f"{output}: {expected[0]} x {expected[1]} pixels\n", "")
    assert Image.open(output).size == expected


def test_thin_slide_keeps_a_pixel(tmp_path):
    slide = tmp_path / "thin.tif"
    tifffile.imwrite(slide, numpy.full((16, 4000, 3), 77, numpy.uint8), photometric="rgb", tile=(16, 16), metadata=None)
    nodal("thumbnail", slide, "-o", tmp_path / "a.png", "-s", 100)
    pixels = numpy.asarray(Image.open(tmp_path / "a.png"))
    assert pixels.shape == (1, 100, 3)
    assert (pixels == 77).all()


def test_pixels(tmp_path, lossless_slide):
    """As large as the slide: the slide. Smaller: what Pillow's filter of the same shape makes of the nearest level."""
    output = tmp_path / "out.png"
    nodal("thumbnail", lossless_slide, "-o", output, "-s", 1100)
    with tifffile.TiffFile(lossless_slide) as tiff:
        levels = [page.asarray() for page in tiff.pages if page.is_tiled]
    assert numpy.array_equal(numpy.asarray(Image.open(output)), levels[0])
    nodal("thumbnail", lossless_slide, "-o", output, "-s", 220, "-f")
    reference = Image.fromarray(levels[2]).resize((220, 180), Image.BILINEAR)
    difference = numpy.abs(numpy.asarray(Image.open(output)).astype(int) - numpy.asarray(reference))
    assert difference.max() <= 1


def test_slide_without_spacing(tmp_path, bare_slide):
    output = tmp_path / "out.png"
    nodal("thumbnail", bare_slide, "-o", output, "-s", 150)
    reference = Image.fromarray(tifffile.imread(bare_slide)).resize((150, 100), Image.BILINEAR)
    difference = numpy.abs(numpy.asarray(Image.open(output)).astype(int) - numpy.asarray(reference))
    assert difference.max() <= 1
    assert "dpi" not in Image.open(output).info


def test_json(tmp_path, lossless_slide, bare_slide):
    output = tmp_path / "out.png"
    assert nodal_json("thumbnail", lossless_slide, "-o", output, "-s", 550) == \
        {"input": str(lossless_slide), "output": str(output), "width": 550, "height": 450, "spacing_um": 1}
    assert nodal_json("thumbnail", bare_slide, "-o", output, "-f")["spacing_um"] is None
    assert nodal_json("thumbnail", bare_slide, "-o", output, "-f", "--source-spacing", 3)["spacing_um"] == 3


def test_label_image_keeps_its_values(tmp_path, mask_slide):
    label = tmp_path / "label.tif"
    nodal("convert", mask_slide, "-q", "-o", label)
    output = tmp_path / "out.png"
    nodal("thumbnail", label, "-o", output, "-s", 100)
    pixels = numpy.asarray(Image.open(output))
    assert pixels.shape == (83, 100)
    assert set(numpy.unique(pixels)) == {0, 1, 2}


def test_thumbnail_output_that_exists(tmp_path, bare_slide):
    output = tmp_path / "out.png"
    output.write_text("precious")
    assert nodal("thumbnail", bare_slide, "-o", output, status=1) == \
        ("", f"nodal thumbnail: {output}: exists already (--force replaces it)\n")
    assert output.read_text() == "precious"


def test_associated_list(aperio_slide, bare_slide):
    assert nodal("associated", aperio_slide) == ("thumbnail  120 x 90\nlabel  38 x 46\nmacro  128 x 43\n", "")
    assert nodal_json("associated", aperio_slide) == [{"name": "thumbnail", "width": 120, "height": 90},
                                                      {"name": "label", "width": 38, "height": 46},
                                                      {"name": "macro", "width": 128, "height": 43}]
    assert nodal("associated", bare_slide) == \
        ("", f"nodal associated: warning: {bare_slide}: has no associated images\n")
    assert nodal_json("associated", bare_slide) == []


@pytest.mark.parametrize("name, page", [("thumbnail", 1), ("label", 2), ("macro", 3)])
def test_associated_pixels(tmp_path, aperio_slide, name, page):
    output = tmp_path / "out.png"
    reference = tifffile.imread(aperio_slide, key=page)
    height, width = reference.shape[:2]
    assert nodal("associated", aperio_slide, name, "-o", output) == (f"{output}: {width} x {height} pixels\n", "")
    assert numpy.array_equal(numpy.asarray(Image.open(output)), reference)
    assert nodal_json("associated", aperio_slide, name, "-o", output, "-f") == \
        {"name": name, "width": width, "height": height, "input": str(aperio_slide), "output": str(output)}


def test_associated_refusals(tmp_path, aperio_slide, bare_slide):
    output = tmp_path / "out.png"
    assert nodal("associated", aperio_slide, "lable", "-o", output, status=1) == \
        ("", f"nodal associated: {aperio_slide}: no associated image 'lable', only: thumbnail, label, macro\n")
    assert nodal("associated", bare_slide, "label", "-o", output, status=1) == \
        ("", f"nodal associated: {bare_slide}: has no associated images\n")
    output.write_text("precious")
    assert nodal("associated", aperio_slide, "label", "-o", output, status=1) == \
        ("", f"nodal associated: {output}: exists already (--force replaces it)\n")
    assert output.read_text() == "precious"
    assert names(tmp_path) == ["out.png"]
