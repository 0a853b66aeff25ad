# SPDX-License-Identifier: Apache-2.0
"""nodal info."""
import os

import pytest
import tifffile

from program import nodal, nodal_json

KEYS = ["path", "format", "width", "height", "channels", "dtype", "spacing_um", "levels", "associated", "properties"]
LEVEL_KEYS = ["width", "height", "downsample", "tile_width", "tile_height", "codec"]


def test_json_of_one_slide(jpeg_slide):
    document = nodal_json("info", jpeg_slide)
    assert list(document) == KEYS
    assert document["path"] == str(jpeg_slide)
    assert document["format"] == "generic-tiff"
    assert (document["width"], document["height"]) == (1100, 900)
    assert (document["channels"], document["dtype"]) == (3, "uint8")
    assert document["spacing_um"] == {"x": 0.5, "y": 0.5}
    assert [list(level) for level in document["levels"]] == [LEVEL_KEYS] * 4
    with tifffile.TiffFile(jpeg_slide) as tiff:
        pages = [page for page in tiff.pages if page.is_tiled]
        assert [(level["width"], level["height"], level["tile_width"], level["tile_height"])
                for level in document["levels"]] == \
            [(page.imagewidth, page.imagelength, page.tilewidth, page.tilelength) for page in pages]
    assert [(level["width"], level["height"]) for level in document["levels"]] == \
        [(1100, 900), (550, 450), (275, 225), (138, 113)]
    assert [level["downsample"] for level in document["levels"]] == [1, 2, 4, 8]
    assert {level["codec"] for level in document["levels"]} == {"jpeg"}
    assert document["associated"] == []
    assert document["properties"]["openslide.mpp-x"] == "0.5"
    assert document["properties"]["nodal.phantom-seed"] == "3"


def test_json_of_several_slides(jpeg_slide, bare_slide, deep_slide, channel_slide):
    first, second, third, fourth = nodal_json("info", jpeg_slide, bare_slide, deep_slide, channel_slide)
    assert [list(entry) for entry in (first, second, third, fourth)] == [KEYS] * 4
    assert second["spacing_um"] is None
    assert (third["channels"], third["dtype"]) == (1, "uint16")
    assert (fourth["channels"], fourth["dtype"]) == (5, "uint16")


def test_json_of_a_scanner_file(aperio_slide):
    document = nodal_json("info", aperio_slide)
    assert document["format"] == "aperio"
    assert document["spacing_um"] == {"x": 0.499, "y": 0.499}
    assert sorted(document["associated"]) == ["label", "macro", "thumbnail"]
    assert document["properties"]["aperio.MPP"] == "0.4990"
    assert document["properties"]["aperio.Filename"] == "scan"
    assert document["properties"]["openslide.objective-power"] == "20"


def test_text(lossless_slide):
    output, errors = nodal("info", lossless_slide)
    assert errors == ""
    head, properties = output.split("  properties   ")
    assert head == (f"{lossless_slide}\n"
                    "  format       generic-tiff\n"
                    "  size         1100 x 900 px, 0.550 x 0.450 mm\n"
                    "  spacing      0.5 um\n"
                    "  channels     3 (rgb), uint8\n"
                    "  levels       level      width     height   downsample         tile  codec\n"
                    "                   0       1100        900            1    256 x 256  deflate\n"
                    "                   1        550        450            2    256 x 256  deflate\n"
                    "                   2        275        225            4    256 x 256  deflate\n"
                    "                   3        138        113            8    256 x 256  deflate\n")
    assert "nodal.phantom-seed: 3\n" in properties
    assert "openslide.level[" not in properties
    assert "openslide.level[0].width: 1100\n" in nodal("info", "-v", lossless_slide)[0]


def test_text_of_a_slide_without_spacing(bare_slide):
    output, _ = nodal("info", bare_slide)
    assert "  size         300 x 200 px\n  spacing      unknown\n" in output
    output, _ = nodal("info", "--source-spacing", "2", bare_slide)
    assert "  size         300 x 200 px, 0.600 x 0.400 mm\n  spacing      2 um\n" in output


def test_text_of_associated_images(aperio_slide):
    output, _ = nodal("info", aperio_slide)
    assert "  associated   thumbnail, 120 x 90 px\n               label, 38 x 46 px\n" \
           "               macro, 128 x 43 px\n" in output


def test_text_of_several_slides_has_a_gap(bare_slide, deep_slide):
    output, _ = nodal("info", bare_slide, deep_slide)
    assert f"\n\n{deep_slide}\n" in output
    assert output.startswith(f"{bare_slide}\n")


def test_property(aperio_slide, jpeg_slide):
    assert nodal("info", "--property", "aperio.MPP", aperio_slide) == ("0.4990\n", "")
    assert nodal("info", "-p", "aperio.MPP", "-p", "aperio.AppMag", aperio_slide) == ("0.4990\n20\n", "")
    assert nodal("info", "-p", "openslide.vendor", aperio_slide, jpeg_slide) == \
        (f"{aperio_slide}: aperio\n{jpeg_slide}: generic-tiff\n", "")
    assert nodal("info", "-p", "aperio.MPPP", aperio_slide, status=1) == \
        ("", f"nodal info: {aperio_slide}: no property 'aperio.MPPP', did you mean 'aperio.MPP'?\n")
    assert nodal("info", "-p", "zebra", aperio_slide, status=1) == \
        ("", f"nodal info: {aperio_slide}: no property 'zebra'\n")


def test_bad_slide_among_good_ones(bare_slide, deep_slide, tmp_path):
    bad = tmp_path / "bad.tif"
    bad.write_bytes(b"II*\0")
    output, errors = nodal("info", bare_slide, bad, deep_slide, status=1)
    assert f"{bare_slide}\n" in output and f"{deep_slide}\n" in output
    first, second = errors.splitlines()
    assert first.startswith(f"nodal info: {bad}: ")
    assert second == "nodal info: 1 of 3 slides failed"
    document = nodal_json("info", bare_slide, bad, deep_slide, status=1)
    assert [list(entry) for entry in document] == [KEYS, ["path", "error"], KEYS]
    assert document[1] == {"path": str(bad), "error": first.removeprefix("nodal info: ")}


def test_bad_slide_alone(tmp_path):
    missing = tmp_path / "missing.tif"
    for extra in ([], ["--json"]):
        assert nodal("info", missing, *extra, status=1) == \
            ("", f"nodal info: {missing}: No such file or directory\n")
    assert nodal("info", tmp_path, status=1)[1].count("\n") == 1


def test_text_of_the_file_cannot_control_the_terminal(tmp_path):
    path = tmp_path / "evil.tif"
    pixels = [[[1, 2, 3]] * 16] * 16
    import numpy
    tifffile.imwrite(path, numpy.array(pixels, numpy.uint8), photometric="rgb", tile=(16, 16), metadata=None,
                     description=b"a\x1b]0;title\x07b\nc\xffd\xc2\x9b2J")
    output, _ = nodal("info", path)
    assert "\x1b" not in output and "\x07" not in output and "\x9b" not in output
    value = nodal("info", "-p", "tiff.ImageDescription", path)[0]
    assert value == "a\\x1b]0;title\\x07b\\nc?d\\xc2\\x9b2J\n"
    document = nodal_json("info", path)
    assert document["properties"]["tiff.ImageDescription"] == "a\x1b]0;title\x07b\nc?d\x9b2J"


def test_name_of_any_bytes(tmp_path, bare_slide):
    path = os.fsencode(tmp_path) + b"/\xff\xe4\n.tif"
    with open(bare_slide, "rb") as source, open(path, "wb") as target:
        target.write(source.read())
    import json
    import subprocess
    from program import NODAL
    run = subprocess.run([os.fsencode(NODAL), b"info", path], capture_output=True, check=True)
    assert run.stdout.startswith(os.fsencode(tmp_path) + b"/\\xff\\xe4\\n.tif\n  format ")
    run = subprocess.run([os.fsencode(NODAL), b"info", b"--json", path], capture_output=True, check=True)
    assert json.loads(run.stdout)["path"] == f"{tmp_path}/\ufffd\ufffd\n.tif"


@pytest.mark.parametrize("name", ["slide.svs", "slide.png", "slide"])
def test_format_is_found_by_content(tmp_path, jpeg_slide, name):
    path = tmp_path / name
    path.write_bytes(jpeg_slide.read_bytes())
    assert nodal_json("info", path)["format"] == "generic-tiff"


def loads_openslide(tmp_path, slide):
    """Whether the loader of the C library was asked for OpenSlide."""
    environment = dict(os.environ, LD_DEBUG="files", LD_DEBUG_OUTPUT=str(tmp_path / "loaded"))
    nodal("info", slide, env=environment)
    return any("libopenslide" in log.read_text(errors="replace") for log in tmp_path.glob("loaded.*"))


def test_openslide_is_loaded_for_a_vendors_file_only(tmp_path, jpeg_slide, aperio_slide, bare_slide):
    """It brings forty libraries along, and opening is to take less than that."""
    for slide in (jpeg_slide, aperio_slide):
        assert not loads_openslide(tmp_path, slide)
    # tifffile signs what it writes.
    assert loads_openslide(tmp_path, bare_slide)
