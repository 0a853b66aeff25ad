# SPDX-License-Identifier: Apache-2.0
"""nodal crop: the pixels, their form, and what is refused."""
import numpy
import openslide
import pytest
import tifffile
from PIL import Image

from program import names, nodal, nodal_json, unpacked


def crop(tmp_path, slide, *arguments, name="out.png"):
    output = tmp_path / name
    assert nodal("crop", slide, *arguments, "-q", "-f", "-o", output) == ("", "")
    return numpy.asarray(unpacked(output)[0] if output.suffix == ".tif" else Image.open(output))


def level_pixels(path, level):
    with tifffile.TiffFile(path) as tiff:
        return [page for page in tiff.pages if page.is_tiled][level].asarray()


@pytest.mark.parametrize("x, y, width, height", [(0, 0, 1100, 900), (100, 37, 300, 411), (255, 255, 2, 2),
                                                 (1099, 899, 1, 1), (256, 512, 256, 256)])
def test_pixels_of_level_0(tmp_path, lossless_slide, x, y, width, height):
    reference = level_pixels(lossless_slide, 0)
    assert numpy.array_equal(crop(tmp_path, lossless_slide, x, y, width, height),
                             reference[y:y + height, x:x + width])


@pytest.mark.parametrize("level, downsample", [(1, 2), (2, 4), (3, 8)])
def test_pixels_of_a_level(tmp_path, lossless_slide, level, downsample):
    reference = level_pixels(lossless_slide, level)
    x, y = 160, 96
    left, top = x // downsample, y // downsample
    assert numpy.array_equal(crop(tmp_path, lossless_slide, x, y, 100, 90, "--level", level),
                             reference[top:top + 90, left:left + 100])


@pytest.mark.parametrize("level, x, y, width, height", [(0, 0, 0, 1100, 900), (0, 123, 45, 301, 207),
                                                        (1, 64, 64, 200, 200), (2, -40, -80, 400, 400)])
def test_pixels_are_those_of_openslide(tmp_path, jpeg_slide, level, x, y, width, height):
    with openslide.OpenSlide(str(jpeg_slide)) as other:
        reference = numpy.asarray(other.read_region((x, y), level, (width, height)))
    inside = reference[..., 3] == 255
    pixels = crop(tmp_path, jpeg_slide, x, y, width, height, "-l", level)
    assert pixels.shape == (height, width, 3)
    assert inside.any() and numpy.array_equal(pixels[inside], reference[..., :3][inside])
    assert (pixels[~inside] == 255).all()


def test_outside_is_background(tmp_path, lossless_slide):
    pixels = crop(tmp_path, lossless_slide, -100, -50, 200, 100)
    assert (pixels[:50] == 255).all() and (pixels[:, :100] == 255).all()
    assert numpy.array_equal(pixels[50:, 100:], level_pixels(lossless_slide, 0)[:50, :100])


def test_rgba(tmp_path, bare_slide):
    pixels = crop(tmp_path, bare_slide, -10, 150, 50, 60, "--rgba")
    assert pixels.shape == (60, 50, 4)
    inside = numpy.zeros((60, 50), bool)
    inside[:50, 10:] = True
    assert (pixels[..., 3][inside] == 255).all() and (pixels[..., 3][~inside] == 0).all()
    assert numpy.array_equal(pixels[:50, 10:, :3], tifffile.imread(bare_slide)[150:, :40])


def test_region_outside_is_told(tmp_path, bare_slide):
    output = tmp_path / "out.png"
    _, errors = nodal("crop", bare_slide, 300, 0, 10, 10, "-o", output)
    assert errors == f"nodal crop: warning: {bare_slide}: the region lies outside the slide, 300 x 200 pixels\n"
    assert (numpy.asarray(Image.open(output)) == 255).all()
    assert nodal("crop", bare_slide, -10, 0, 10, 10, "-o", output, "-f")[1] == errors
    assert nodal("crop", bare_slide, -10, 0, 11, 10, "-o", output, "-f")[1] == ""


def test_native_samples(tmp_path, deep_slide, channel_slide, mask_slide):
    reference = tifffile.imread(deep_slide)
    pixels = crop(tmp_path, deep_slide, 30, 20, 100, 90)
    assert numpy.array_equal(pixels.astype(numpy.uint16), reference[20:110, 30:130])
    assert numpy.array_equal(crop(tmp_path, deep_slide, 30, 20, 100, 90, name="out.tif"), reference[20:110, 30:130])
    pixels = crop(tmp_path, channel_slide, 10, 5, 50, 40, name="out.tif")
    assert pixels.dtype == numpy.uint16
    assert numpy.array_equal(pixels, tifffile.imread(channel_slide)[5:45, 10:60])
    pixels = crop(tmp_path, mask_slide, 0, 0, 600, 500)
    assert numpy.array_equal(pixels, tifffile.imread(mask_slide))


def test_jpeg(tmp_path, lossless_slide):
    pixels = crop(tmp_path, lossless_slide, 300, 200, 300, 200, "--quality", 100, name="out.jpg")
    reference = level_pixels(lossless_slide, 0)[200:400, 300:600]
    assert pixels.shape == reference.shape
    assert numpy.abs(pixels.astype(int) - reference).mean() < 4
    small = (tmp_path / "small.JPEG")
    nodal("crop", lossless_slide, 300, 200, 300, 200, "--quality", 10, "-o", small)
    assert small.stat().st_size < (tmp_path / "out.jpg").stat().st_size / 3


def test_spacing_of_the_output(tmp_path, lossless_slide):
    crop(tmp_path, lossless_slide, 0, 0, 10, 10, "--level", 1)
    assert Image.open(tmp_path / "out.png").info["dpi"] == pytest.approx((25400, 25400))  # 1 um a pixel
    crop(tmp_path, lossless_slide, 0, 0, 10, 10, "--spacing", 2, name="out.tif")
    with tifffile.TiffFile(tmp_path / "out.tif") as tiff:
        tags = tiff.pages[0].tags
        numerator, denominator = tags["XResolution"].value
        centimeters = {2: 25400, 3: 10000}[int(tags["ResolutionUnit"].value)]
        assert centimeters * denominator / numerator == pytest.approx(2)


def test_resampling(tmp_path):
    """Twice the spacing of a slide of flat 8 x 8 squares: inside a square, its value."""
    path = tmp_path / "squares.tif"
    values = numpy.random.default_rng(3).integers(0, 256, (16, 16, 3), dtype=numpy.uint8)
    pixels = values.repeat(8, axis=0).repeat(8, axis=1)
    tifffile.imwrite(path, pixels, photometric="rgb", tile=(64, 64), metadata=None)
    result = crop(tmp_path, path, 0, 0, 64, 64, "--spacing", 2, "--source-spacing", 1)
    assert numpy.array_equal(result[1::4, 1::4], values) and numpy.array_equal(result[2::4, 2::4], values)
    # The same spacing gives the same pixels.
    assert numpy.array_equal(crop(tmp_path, path, 0, 0, 128, 128, "--spacing", 1, "--source-spacing", 1), pixels)


def test_strips_do_not_show(tmp_path, lossless_slide):
    """A tall region is read in strips: each row equals that of a region of its own."""
    whole = crop(tmp_path, lossless_slide, 11, 13, 50, 400, "--spacing", 0.7)
    for row in (0, 63, 64, 65, 128, 300):
        y = 13 + row * 0.7 / 0.5
        if y == int(y):
            part = crop(tmp_path, lossless_slide, 11, int(y), 50, 1, "--spacing", 0.7)
            assert numpy.array_equal(part[0], whole[row])


def test_account_and_json(tmp_path, lossless_slide):
    output = tmp_path / "out.png"
    assert nodal("crop", lossless_slide, 1, 2, 30, 40, "-o", output) == (f"{output}: 30 x 40 pixels\n", "")
    document = nodal_json("crop", lossless_slide, -1, 2, 30, 40, "-o", output, "-f", "--level", 1)
    assert document == {"input": str(lossless_slide), "output": str(output), "x": -1, "y": 2, "width": 30,
                        "height": 40, "level": 1, "spacing_um": 1, "channels": 3, "dtype": "uint8"}
    document = nodal_json("crop", lossless_slide, 1, 2, 30, 40, "-o", output, "-f", "--spacing", 0.75)
    assert document["level"] is None and document["spacing_um"] == 0.75


def test_verbose(tmp_path, bare_slide):
    _, errors = nodal("crop", "-v", bare_slide, 1, 2, 3, 4, "-o", tmp_path / "a.png")
    assert errors == f"nodal crop: {bare_slide}: generic-tiff, 300 x 200 pixels, 1 level\n"


def refused(tmp_path, slide, *arguments, name="out.png"):
    output = tmp_path / name
    text, errors = nodal("crop", slide, *arguments, "-o", output, status=1)
    assert text == "" and not output.exists()
    assert errors.startswith("nodal crop: ") and errors.count("\n") == 1
    return errors.removeprefix("nodal crop: ").rstrip("\n").replace(str(output), "OUT").replace(str(slide), "SLIDE")


def test_refusals(tmp_path, bare_slide, deep_slide, channel_slide, mask_slide, jpeg_slide):
    assert refused(tmp_path, bare_slide, 0, 0, 1, 1, "--level", 1) == "SLIDE: no level 1, only 0"
    assert refused(tmp_path, jpeg_slide, 0, 0, 1, 1, "--level", 9) == "SLIDE: no level 9, only 0 to 3"
    assert refused(tmp_path, bare_slide, 0, 0, 1, 1, "--spacing", 1) == \
        "SLIDE: has no spacing (--source-spacing states it)"
    assert refused(tmp_path, deep_slide, 0, 0, 1, 1, "--rgba") == "SLIDE: 1 channel of uint16 cannot be read as RGBA"
    assert refused(tmp_path, channel_slide, 0, 0, 1, 1) == "OUT: channels without colours need a .tif file"
    assert refused(tmp_path, deep_slide, 0, 0, 1, 1, name="a.jpg") == "OUT: uint16 samples need a .png or .tif file"
    assert refused(tmp_path, bare_slide, 0, 0, 1, 1, "--rgba", name="a.jpg") == "OUT: alpha needs a .png or .tif file"
    assert refused(tmp_path, bare_slide, 0, 0, 100000, 100000) == \
        "100000 x 100000 pixels are more than a gigabyte; 'nodal convert --region X,Y,W,H' writes any size"
    assert refused(tmp_path, bare_slide, 0, 0, 10**9, 10**9).endswith("writes any size")
    assert refused(tmp_path, bare_slide, 0, 0, 70000, 1, name="a.jpg") == \
        "OUT: JPEG holds at most 65500 x 65500 pixels, not 70000 x 1"
    assert refused(tmp_path, tmp_path / "no.tif", 0, 0, 1, 1) == "SLIDE: No such file or directory"
    assert names(tmp_path) == []


def test_label_image_does_not_become_jpeg(tmp_path, mask_slide):
    label = tmp_path / "label.tif"
    nodal("convert", mask_slide, "-q", "-o", label)
    assert refused(tmp_path, label, 0, 0, 10, 10, name="a.jpg") == "OUT: a label image needs a .png or .tif file"


def test_output_that_exists(tmp_path, bare_slide):
    output = tmp_path / "out.png"
    output.write_text("precious")
    assert nodal("crop", bare_slide, 0, 0, 1, 1, "-o", output, status=1) == \
        ("", f"nodal crop: {output}: exists already (--force replaces it)\n")
    assert output.read_text() == "precious"
    nodal("crop", bare_slide, 0, 0, 1, 1, "-o", output, "--force")
    assert Image.open(output).size == (1, 1)


def test_output_is_the_input(tmp_path, bare_slide):
    slide = tmp_path / "slide.tif"
    slide.write_bytes(bare_slide.read_bytes())
    link = tmp_path / "link.tif"
    link.symlink_to(slide)
    for output in (slide, link):
        assert nodal("crop", slide, 0, 0, 1, 1, "-o", output, "--force", status=1) == \
            ("", f"nodal crop: {output}: is the input itself\n")
    assert slide.read_bytes() == bare_slide.read_bytes()


def test_output_cannot_be_made(tmp_path, bare_slide):
    (tmp_path / "folder.png").mkdir()
    for path, reason in ((tmp_path / "no" / "a.png", "No such file or directory"),
                         (tmp_path / "folder.png", "is a directory"),
                         ("/proc/version/a.png", "Not a directory")):
        assert nodal("crop", bare_slide, 0, 0, 1, 1, "-o", path, status=1) == ("", f"nodal crop: {path}: {reason}\n")
    _, errors = nodal("crop", bare_slide, 0, 0, 1, 1, "-o", "/proc/a.png", status=1)
    assert errors.startswith("nodal crop: /proc/a.png: ") and errors.count("\n") == 1
    assert names(tmp_path) == ["folder.png"]


def test_damaged_tile_writes_nothing(tmp_path, jpeg_slide):
    slide = tmp_path / "damaged.tif"
    data = bytearray(jpeg_slide.read_bytes())
    with tifffile.TiffFile(jpeg_slide) as tiff:
        page = [page for page in tiff.pages if page.is_tiled][0]
        offset, size = page.dataoffsets[6], page.databytecounts[6]
    data[offset:offset + size] = bytes(size)
    slide.write_bytes(data)
    text = refused(tmp_path, slide, 300, 300, 200, 200)
    assert text.startswith("SLIDE: ")
    assert names(tmp_path) == ["damaged.tif"]
    # One bad tile spoils one tile.
    pixels = crop(tmp_path, slide, 0, 0, 256, 256)
    assert numpy.array_equal(pixels, crop(tmp_path, jpeg_slide, 0, 0, 256, 256))
