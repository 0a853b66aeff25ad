# SPDX-License-Identifier: Apache-2.0
"""nodal phantom slide and nodal self-test."""
import csv

import openslide
import tifffile

from program import names, nodal, nodal_json


def paint(path, *arguments):
    return nodal("phantom", "slide", "-o", path, *arguments)


def test_slide_opens_everywhere(jpeg_slide):
    with tifffile.TiffFile(jpeg_slide) as tiff:
        assert tiff.is_bigtiff
        assert tiff.pages[0].shape == (900, 1100, 3)
        assert tiff.pages[0].tags["TileWidth"].value == 256
    with openslide.OpenSlide(str(jpeg_slide)) as slide:
        assert slide.dimensions == (1100, 900)
        assert slide.level_count == 4


def test_same_options_same_file(tmp_path):
    arguments = ["--size", 700, 500, "--seed", 9, "--spacing", 1, "--tumor", 1, "--tumor-size", 0.1]
    first, second, third = tmp_path / "a.tif", tmp_path / "b.tif", tmp_path / "c.tif"
    paint(first, *arguments, "-t", 1)
    paint(second, *arguments, "-t", 8)
    assert first.read_bytes() == second.read_bytes()
    paint(third, "--size=700,500", "--seed", 10, "--spacing", 1, "--tumor", 1, "--tumor-size", 0.1)
    assert nodal_json("compare", first, third, "--level", 0, status=3)["levels"][0]["max_difference"] > 0


def test_file_says_that_it_is_synthetic(jpeg_slide):
    properties = nodal_json("info", jpeg_slide)["properties"]
    assert properties["nodal.synthetic"].startswith("A synthetic lymph node painted by nodal ")
    assert properties["nodal.synthetic"].endswith(" It shows no patient.")
    assert properties["nodal.phantom-tumor"] == "0"


def test_truth(tmp_path):
    slide, truth = tmp_path / "a.tif", tmp_path / "truth.csv"
    document = nodal_json("phantom", "slide", "-o", slide, "--size", 4000, 3000, "--spacing", 2, "--tumor", 3,
                          "--tumor-size", 0.8, "--truth", truth, "--seed", 4)
    lines = truth.read_text().splitlines()
    assert lines[0] == "nest,center_x_px,center_y_px,longest_mm"
    rows = list(csv.DictReader(lines))
    assert [row["nest"] for row in rows] == ["1", "2", "3"]
    lengths = [float(row["longest_mm"]) for row in rows]
    assert lengths == sorted(lengths, reverse=True)
    assert abs(lengths[0] - 0.8) < 0.08
    assert all(0 <= float(row["center_x_px"]) <= 4000 and 0 <= float(row["center_y_px"]) <= 3000 for row in rows)
    assert list(document) == ["output", "width", "height", "spacing_um", "seed", "codec", "tile_size", "levels",
                              "seconds", "nests"]
    assert (document["width"], document["height"], document["seed"], document["spacing_um"]) == (4000, 3000, 4, 2)
    assert [f"{nest['nest']},{nest['center_x_px']:.2f},{nest['center_y_px']:.2f},{nest['longest_mm']:.4f}"
            for nest in document["nests"]] == lines[1:]
    assert names(tmp_path) == ["a.tif", "truth.csv"]


def test_outputs_that_exist(tmp_path):
    slide, truth = tmp_path / "a.tif", tmp_path / "truth.csv"
    arguments = ["--size", 64, 64, "--truth", truth]
    truth.write_text("precious")
    assert nodal("phantom", "slide", "-o", slide, *arguments, status=1) == \
        ("", f"nodal phantom slide: {truth}: exists already (--force replaces it)\n")
    assert names(tmp_path) == ["truth.csv"] and truth.read_text() == "precious"
    paint(slide, *arguments, "--force")
    assert truth.read_text() == "nest,center_x_px,center_y_px,longest_mm\n"
    truth.unlink()
    assert nodal("phantom", "slide", "-o", slide, *arguments, status=1) == \
        ("", f"nodal phantom slide: {slide}: exists already (--force replaces it)\n")
    assert names(tmp_path) == ["a.tif"]


def test_truth_that_cannot_be_made_leaves_no_slide(tmp_path):
    slide, truth = tmp_path / "a.tif", tmp_path / "no" / "truth.csv"
    assert nodal("phantom", "slide", "-o", slide, "--size", 64, 64, "--truth", truth, status=1) == \
        ("", f"nodal phantom slide: {truth}: No such file or directory\n")
    assert names(tmp_path) == []


def test_annotation(tmp_path):
    slide, xml = tmp_path / "a.tif", tmp_path / "a.xml"
    arguments = ["--size", 3000, 2000, "--spacing", 2, "--tumor", 2, "--tumor-size", 0.5, "--annotation", xml]
    paint(slide, *arguments)
    document = nodal_json("annotation", "info", xml)
    assert names(tmp_path) == ["a.tif", "a.xml"]
    assert "metastases" in str(document)
    before = xml.read_bytes()
    xml.write_text("precious")
    assert nodal("phantom", "slide", "-o", slide, *arguments, "-f") != ("", "")
    assert xml.read_bytes() == before
    slide.unlink()
    assert nodal("phantom", "slide", "-o", slide, *arguments, status=1) == \
        ("", f"nodal phantom slide: {xml}: exists already (--force replaces it)\n")
    missing = tmp_path / "no" / "a.xml"
    assert nodal("phantom", "slide", "-o", slide, *arguments[:-1], missing, status=1) == \
        ("", f"nodal phantom slide: {missing}: No such file or directory\n")
    assert names(tmp_path) == ["a.xml"]


def test_codecs(tmp_path, lossless_slide):
    arguments = ["--size", 1100, 900, "--spacing", 0.5, "--seed", 3, "--tile", 256]
    for codec in ("lzw", "zstd", "none"):
        slide = tmp_path / f"{codec}.tif"
        paint(slide, *arguments, "--codec", codec)
        assert {level["codec"] for level in nodal_json("info", slide)["levels"]} == {codec}
        assert nodal("compare", "-q", slide, lossless_slide) == ("", "")
    coarse, fine = tmp_path / "coarse.tif", tmp_path / "fine.tif"
    paint(coarse, *arguments, "--quality", 10)
    paint(fine, *arguments, "--quality", 95, "--subsampling", 444)
    psnr = [nodal_json("compare", slide, lossless_slide, "--level", 0, status=3)["levels"][0]["psnr_db"]
            for slide in (coarse, fine)]
    assert psnr[0] + 6 < psnr[1]
    with tifffile.TiffFile(fine) as tiff:
        assert tiff.pages[0].tags["YCbCrSubSampling"].value == (1, 1)
    with tifffile.TiffFile(coarse) as tiff:
        assert tiff.pages[0].tags["YCbCrSubSampling"].value == (2, 2)


def test_tumor_that_does_not_fit(tmp_path):
    output, errors = nodal("phantom", "slide", "-o", tmp_path / "a.tif", "--size", 100, 100, "--tumor", 1,
                           "--tumor-size", 50, status=1)
    assert output == "" and errors.startswith("nodal phantom slide: ") and errors.count("\n") == 1
    assert names(tmp_path) == []


def test_self_test():
    output, errors = nodal("self-test")
    assert errors == ""
    lines = output.splitlines()
    assert len(lines) > 10 and all(line.startswith("ok      ") for line in lines[:-1])
    assert lines[-1] == f"{len(lines) - 1} passed, 0 failed"
    document = nodal_json("self-test")
    assert list(document) == ["version", "checks", "passed", "failed"]
    assert [f"ok      {check['check']}" for check in document["checks"]] == lines[:-1]
    assert all(check["ok"] is True and check["message"] is None for check in document["checks"])
    assert (document["passed"], document["failed"]) == (len(lines) - 1, 0)
    assert nodal("self-test", "-q") == ("", "")
