# SPDX-License-Identifier: Apache-2.0
"""nodal phantom slide and nodal self-test."""
import csv
from xml.etree import ElementTree

import numpy
import openslide
import pytest
import tifffile
from scipy.spatial import distance

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


SIZES = [1.3, 0.45, 0.205, 0.195, 0.06]


def test_tumor_sizes(tmp_path):
    """What was asked for comes back from the outlines and from a mask of them, within a pixel."""
    slide, xml, mask = tmp_path / "a.tif", tmp_path / "a.xml", tmp_path / "a_mask.tif"
    document = nodal_json("phantom", "slide", "-o", slide, "--size", 5000, 4000, "--spacing", 1, "--seed", 6,
                          "--tumor-sizes", ",".join(map(str, reversed(SIZES))), "--annotation", xml)
    assert [nest["longest_mm"] for nest in document["nests"]] == SIZES
    polygons = [numpy.array([[float(c.get("X")), float(c.get("Y"))] for c in a.iter("Coordinate")])
                for a in ElementTree.parse(xml).iter("Annotation")]
    for polygon, size in zip(polygons, SIZES):
        assert abs(distance.pdist(polygon).max() / 1000 - size) < 1e-5
    nodal("mask", xml, "--slide", slide, "-o", mask)
    lesions = tmp_path / "lesions.csv"
    nodal("lesions", mask, "-o", lesions)
    found = sorted((float(row["longest_mm"]) for row in csv.DictReader(lesions.open())), reverse=True)
    assert len(found) == len(SIZES)
    for measured, size in zip(found, SIZES):
        assert abs(measured - size) <= 0.0015  # a pixel's diagonal


def test_look_stain_and_section(tmp_path):
    he, ihc, xml, moved = (tmp_path / name for name in ("he.tif", "ihc.tif", "he.xml", "ihc.xml"))
    arguments = ["--size", 2500, 2000, "--spacing", 2, "--seed", 5, "--tumor-sizes", "0.8,0.3"]
    paint(he, *arguments, "--center", 3, "--annotation", xml)
    paint(ihc, *arguments, "--center", 3, "--stain", "ihc", "--turn", -4, "--shift", "60,-30", "--annotation", moved)
    properties = nodal_json("info", ihc)["properties"]
    assert {name: properties["nodal.phantom-" + name] for name in
            ("tumor-sizes-mm", "center", "stain", "faults", "turn-degrees", "shift-um")} == \
        {"tumor-sizes-mm": "0.8,0.3", "center": "3", "stain": "ihc", "faults": "none", "turn-degrees": "-4",
         "shift-um": "60,-30"}

    def points(path):
        return numpy.array([[float(c.get("X")), float(c.get("Y"))] for c in ElementTree.parse(path).iter("Coordinate")])

    angle, middle = numpy.radians(-4), numpy.array([1250, 1000])
    turn = numpy.array([[numpy.cos(angle), -numpy.sin(angle)], [numpy.sin(angle), numpy.cos(angle)]])
    wanted = (points(xml) - middle) @ turn.T + middle + [30, -15]
    assert numpy.abs(points(moved) - wanted).max() < 0.01
    with openslide.OpenSlide(str(he)) as slide:
        corner = numpy.asarray(slide.read_region((0, 0), 0, (8, 8)))[..., :3].reshape(-1, 3).mean(axis=0)
    assert numpy.abs(corner - [241, 234, 237]).max() <= 2


def test_faults_and_nuclei(tmp_path):
    clean, bad, table, part = (tmp_path / name for name in ("clean.tif", "bad.tif", "nuclei.csv", "part.csv"))
    arguments = ["--size", 1600, 1400, "--spacing", 1, "--seed", 2, "--codec", "none"]
    paint(clean, *arguments, "--nuclei", table)
    paint(bad, *arguments, "--faults", "pen,focus", "--nuclei", part, "--nuclei-region", "400,300,500,600")
    assert nodal_json("compare", clean, bad, "--level", 0, status=3)["levels"][0]["max_difference"] > 100
    assert nodal_json("info", bad)["properties"]["nodal.phantom-faults"] == "pen,focus"
    lines = table.read_text().splitlines()
    assert lines[0] == "x_px,y_px,kind"
    rows = [(float(row["x_px"]), float(row["y_px"]), row["kind"]) for row in csv.DictReader(lines)]
    assert len(rows) > 5000
    inside = [f"{x:.3f},{y:.3f},{kind}" for x, y, kind in rows if 400 <= x < 900 and 300 <= y < 900]
    assert part.read_text().splitlines()[1:] == inside
    with tifffile.TiffFile(clean) as tiff:
        picture = tiff.pages[0].asarray().astype(float)
    red = [picture[int(y), int(x), 0] for x, y, kind in rows if kind == "lymphocyte"]
    assert max(red) < 190 and picture[..., 0].max() == 243


@pytest.mark.parametrize("arguments, message", [
    (["--tumor-sizes", "1,,2"], "--tumor-sizes: '' is not a number"),
    (["--tumor-sizes", "1,2mm"], "--tumor-sizes: '2mm' is not a number"),
    (["--tumor-sizes", ""], "--tumor-sizes: is empty"),
    (["--tumor-sizes", "1,"], "--tumor-sizes: '' is not a number"),
    (["--shift", "5"], "--shift: '5' has fewer than 2 numbers"),
    (["--shift", "5,6,7"], "--shift: '5,6,7' has more than 2 numbers"),
    (["--faults", "pen,dust"], "--faults: 'dust' is not one of focus, pen, fold, bubble"),
    (["--faults", "pen,"], "--faults: '' is not one of focus, pen, fold, bubble"),
    (["--nuclei-region", "0,0,5,5"], "--nuclei-region is of no use without --nuclei"),
])
def test_lists_that_make_no_sense(tmp_path, arguments, message):
    output, errors = nodal("phantom", "slide", "-o", tmp_path / "a.tif", "--size", 64, 64, *arguments, status=2)
    assert output == "" and errors.splitlines()[0] == f"nodal phantom slide: {message}"
    assert names(tmp_path) == []


def test_nuclei_of_too_many_pixels(tmp_path):
    assert nodal("phantom", "slide", "-o", tmp_path / "a.tif", "--size", 20000, 20000, "--nuclei",
                 tmp_path / "n.csv", status=1) == \
        ("", "nodal phantom slide: cannot list the nuclei of 20000 x 20000 pixels: at most 100000000 pixels at a time\n")
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
