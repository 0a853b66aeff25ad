# SPDX-License-Identifier: Apache-2.0
"""nodal mask and nodal contours: pixels against definitions written here, and what is told of odd files."""
import json

import numpy
import pytest
import tifffile

from program import names, nodal, nodal_json, unpacked


def asap(path, annotations, groups=()):
    """An ASAP XML of (name, type, group, points)."""
    text = '<?xml version="1.0"?>\n<ASAP_Annotations>\n\t<Annotations>\n'
    for name, kind, group, points in annotations:
        text += f'\t\t<Annotation Name="{name}" Type="{kind}" PartOfGroup="{group}" Color="#F4FA58">\n\t\t\t<Coordinates>\n'
        for order, (x, y) in enumerate(points):
            text += f'\t\t\t\t<Coordinate Order="{order}" X="{x}" Y="{y}" />\n'
        text += "\t\t\t</Coordinates>\n\t\t</Annotation>\n"
    text += "\t</Annotations>\n\t<AnnotationGroups>\n"
    for group in groups:
        text += (f'\t\t<Group Name="{group}" PartOfGroup="None" Color="#64FE2E">\n\t\t\t<Attributes />\n'
                 "\t\t</Group>\n")
    path.write_text(text + "\t</AnnotationGroups>\n</ASAP_Annotations>\n")
    return path


def box(x0, y0, x1, y1):
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def inside(points, width, height, step=1):
    """Centers inside a ring by the non-zero rule, in numpy and in floating point: fit for points on simple fractions."""
    x = (numpy.arange(width) + 0.5) * step
    y = ((numpy.arange(height) + 0.5) * step)[:, None]
    winding = numpy.zeros((height, width), int)
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1]):
        if ay == by:
            continue
        sign, (tx, ty, ux, uy) = (1, (ax, ay, bx, by)) if ay < by else (-1, (bx, by, ax, ay))
        on_rows = (ty <= y) & (y < uy)
        right = (ux - tx) * (y - ty) <= (x - tx) * (uy - ty)
        winding += sign * (on_rows & right)
    return winding != 0


@pytest.fixture
def two_groups(tmp_path):
    return asap(tmp_path / "two.xml", [("a", "Polygon", "_1", [(10, 10), (200.5, 30), (150, 180.25), (20, 120)]),
                                       ("b", "Polygon", "_2", [(60, 60), (120, 70.5), (90, 110)]),
                                       ("c", "Polygon", "_0", [(180, 150), (299, 150), (240, 240)])], ("_0", "_1", "_2"))


def shapes_of(two):
    first = [(10, 10), (200.5, 30), (150, 180.25), (20, 120)]
    hole = [(60, 60), (120, 70.5), (90, 110)]
    other = [(180, 150), (299, 150), (240, 240)]
    return (inside(first, *two) | inside(other, *two)) & ~inside(hole, *two)


def test_pixels_and_levels(tmp_path, two_groups):
    mask = tmp_path / "mask.tif"
    output, errors = nodal("mask", two_groups, "--size", 300, 250, "--spacing", 0.25, "--labels", "camelyon16", "-o", mask,
                           "--tile", 64)
    assert output.startswith(f"{mask}: 300 x 250 pixels, ") and errors == ""
    levels = unpacked(mask)
    assert [level.shape for level in levels] == [(250, 300), (125, 150), (63, 75), (32, 38)]
    expected = shapes_of((300, 250))
    for k, level in enumerate(levels):
        assert numpy.array_equal(level, expected[::1 << k, ::1 << k])
    document = nodal_json("info", mask)
    assert document["channels"] == 1 and document["spacing_um"] == pytest.approx({"x": 0.25, "y": 0.25}, rel=1e-6)


def test_labels_by_name(tmp_path, two_groups):
    mask = tmp_path / "mask.tif"
    nodal("mask", two_groups, "--size", "300x250", "--spacing", 0.25, "--label", "_0=3", "--label", "_1=200", "--label",
          "_2=7", "--order", "_0,_1,_2", "-o", mask, "-q")
    pixels = unpacked(mask)[0]
    assert sorted(numpy.unique(pixels)) == [0, 3, 7, 200]
    assert pixels[80, 90] == 7 and pixels[200, 240] == 3 and pixels[30, 40] == 200


def test_slide_states_the_frame(tmp_path, two_groups, jpeg_slide):
    mask = tmp_path / "mask.tif"
    nodal("mask", two_groups, "--slide", jpeg_slide, "--labels", "camelyon16", "-o", mask, "-q")
    slide, made = nodal_json("info", jpeg_slide), nodal_json("info", mask)
    assert (made["width"], made["height"]) == (slide["width"], slide["height"]) == (1100, 900)
    assert made["spacing_um"] == pytest.approx(slide["spacing_um"], rel=1e-6)
    document = nodal_json("mask", two_groups, "--slide", jpeg_slide, "--level", 2, "--labels", "camelyon16", "-o", mask,
                          "-f")
    assert (document["width"], document["height"], document["downsample"]) == (275, 225, 4)
    assert document["warnings"] == []
    assert document["spacing_um"] == pytest.approx(4 * slide["spacing_um"]["x"], rel=1e-6)
    assert numpy.array_equal(unpacked(mask)[0], shapes_of((275, 225, 4)))
    _, errors = nodal("mask", two_groups, "--slide", jpeg_slide, "--level", 9, "-o", mask, "-f", status=1)
    assert errors == f"nodal mask: {jpeg_slide}: no level 9, only 0 to 3\n"


def test_asap_rule(tmp_path):
    """The counts that were measured on ASAP."""
    for points, count in ((box(10, 10, 20, 20), 81), (box(10.5, 10.5, 20.5, 20.5), 100),
                          ([(30, 20), (40, 30), (30, 40), (20, 30)], 199), (box(9.6, 9.6, 10.4, 10.4), 0)):
        for kind in "Polygon", "Spline", "PointSet", "Rectangle":
            path = asap(tmp_path / "a.xml", [("a", kind, "None", points)])
            nodal("mask", path, "--size", 50, 50, "--spacing", 1, "--rule", "asap", "-o", tmp_path / "m.tif", "-q", "-f")
            assert unpacked(tmp_path / "m.tif")[0].sum() == count, (kind, points)


def test_label_0_cuts_in_an_order_only(tmp_path):
    path = asap(tmp_path / "a.xml", [("a", "Polygon", "t", box(0, 0, 20, 20)), ("b", "Polygon", "h", box(5, 5, 10, 10))],
                ("t", "h"))
    for rule in "center", "asap":
        for order, pixel in ((), 1), (("--order", "t,h"), 0):
            nodal("mask", path, "--size", 30, 30, "--spacing", 1, "--rule", rule, "--label", "t=1", "--label", "h=0", *order,
                  "-o", tmp_path / "m.tif", "-q", "-f")
            assert unpacked(tmp_path / "m.tif")[0][7, 7] == pixel


def test_geojson_holes(tmp_path):
    path = tmp_path / "a.geojson"
    ring, hole = box(2, 2, 30, 40), box(10, 10, 20, 25)
    polygon = [[list(p) for p in part + part[:1]] for part in (ring, hole)]
    path.write_text(json.dumps({"type": "Polygon", "coordinates": polygon}))
    nodal("mask", path, "--size", 50, 50, "--spacing", 1, "-o", tmp_path / "m.tif", "-q")
    assert numpy.array_equal(unpacked(tmp_path / "m.tif")[0], inside(ring, 50, 50) & ~inside(hole, 50, 50))


def test_what_is_odd_is_told(tmp_path):
    path = asap(tmp_path / "a.xml", [("a", "Polygon", "t", box(2, 2, 120, 20)), ("b", "Polygon", "x", box(5, 5, 10, 10)),
                                     ("two", "Polygon", "t", [(1, 1), (9, 9)])], ("t", "x"))
    mask = tmp_path / "m.tif"
    _, errors = nodal("mask", path, "--size", 100, 100, "--label", "t=1", "-o", mask)
    lines = [line for line in errors.splitlines() if ": line " not in line]
    assert lines == [
        f'nodal mask: warning: {path}: group "x" has no label: 1 annotation left out',
        f"nodal mask: warning: {path}: annotation 2, two: an outline of fewer than three points covers nothing",
        f"nodal mask: warning: {path}: annotation 0, a: reaches outside the slide, 100 x 100 pixels, and is clipped",
        "nodal mask: warning: --size: states no spacing, so the mask has none; --spacing gives it"]
    assert numpy.array_equal(unpacked(mask)[0], inside(box(2, 2, 120, 20), 100, 100))
    _, errors = nodal("mask", path, "--size", 100, 100, "--spacing", 1, "-o", mask, "-f", status=0)
    assert "no labels are given: the annotations of all groups become 1" in errors


@pytest.mark.parametrize("arguments, status, message", [
    ((), 2, "needs either --slide or --size"),
    (("--size", 10, 10, "--slide", "s.tif"), 2, "needs either --slide or --size"),
    (("--size", 10, 10, "--label", "t"), 2, "--label: 't' is not NAME=VALUE with a value of 0 to 255"),
    (("--size", 10, 10, "--label", "t=256"), 2, "--label: 't=256' is not NAME=VALUE with a value of 0 to 255"),
    (("--size", 10, 10, "--label", "t=-1"), 2, "--label: 't=-1' is not NAME=VALUE with a value of 0 to 255"),
    (("--size", 10, 10, "--label", "t=1", "--labels", "camelyon16"), 2, "--labels excludes --label and --order"),
    (("--size", 10, 10, "--order", "t"), 2, "--order needs a --label for each of its names"),
    (("--size", 10, 10, "--label", "t=1", "--order", "t,u"), 1, '{path}: order: "u" has no label'),
    (("--size", 10, 10, "--label", "u=1"), 1, '{path}: no annotation has a label: the only group is "t"'),
    (("--size", 10, 10, "--labels", "camelyon17"), 1, '{path}: no annotation has a label: the only group is "t"'),
])
def test_refusals(tmp_path, arguments, status, message):
    path = asap(tmp_path / "a.xml", [("a", "Polygon", "t", box(2, 2, 9, 9))], ("t",))
    _, errors = nodal("mask", path, *arguments, "-o", tmp_path / "m.tif", status=status)
    assert errors.splitlines()[0] == "nodal mask: " + message.format(path=path)
    assert names(tmp_path) == ["a.xml"]


def test_outputs_are_kept(tmp_path, two_groups):
    mask = tmp_path / "m.tif"
    mask.write_text("mine")
    _, errors = nodal("mask", two_groups, "--size", 10, 10, "-o", mask, status=1)
    assert errors == f"nodal mask: {mask}: exists already (--force replaces it)\n"
    _, errors = nodal("mask", two_groups, "--size", 10, 10, "-o", two_groups, "-f", status=1)
    assert names(tmp_path) == ["m.tif", "two.xml"] and mask.read_text() == "mine"


# ---- contours -------------------------------------------------------------------------------------------------------

def write_labels(path, pixels, **options):
    tifffile.imwrite(path, pixels, tile=(64, 64), metadata=None, photometric="minisblack", **options)
    return path


@pytest.fixture
def labels(tmp_path):
    random = numpy.random.default_rng(4)
    blocks = random.integers(0, 4, (40, 50)).astype(numpy.uint8)
    blocks[20:, 25:] = 0
    return numpy.kron(blocks, numpy.ones((5, 4), numpy.uint8))


@pytest.mark.parametrize("extension", ["xml", "geojson"])
def test_there_and_back(tmp_path, labels, extension):
    source = write_labels(tmp_path / "labels.tif", labels)
    contours, mask = tmp_path / f"contours.{extension}", tmp_path / "again.tif"
    document = nodal_json("contours", source, "-o", contours)
    assert document["level"] == 0 and document["regions"] > 100 and document["points"] > 4 * document["regions"]
    nodal("mask", contours, "--size", 200, 200, "--spacing", 1, "--label", "1=1", "--label", "2=2", "--label", "3=3", "-o",
          mask)
    assert numpy.array_equal(unpacked(mask)[0], labels)


def test_chosen_values(tmp_path, labels):
    source = write_labels(tmp_path / "labels.tif", labels)
    nodal("contours", source, "--values", "3,1", "-o", tmp_path / "c.geojson", "-q")
    nodal("mask", tmp_path / "c.geojson", "--size", 200, 200, "--spacing", 1, "--label", "1=1", "--label", "3=3", "-o",
          tmp_path / "m.tif", "-q")
    assert numpy.array_equal(unpacked(tmp_path / "m.tif")[0], numpy.where(labels == 2, 0, labels))


def test_wide_labels(tmp_path):
    pixels = numpy.zeros((90, 70), numpy.uint32)
    pixels[10:20, 10:30] = 4000000000
    source = write_labels(tmp_path / "labels.tif", pixels)
    nodal("contours", source, "-o", tmp_path / "c.geojson", "-q")
    document = nodal_json("annotation", "info", tmp_path / "c.geojson")
    assert "4000000000" in json.dumps(document)


def test_simplified(tmp_path):
    y, x = numpy.mgrid[:400, :400]
    disc = ((x - 200)**2 + (y - 200)**2 < 150**2).astype(numpy.uint8)
    source = write_labels(tmp_path / "disc.tif", disc, resolution=(20000, 20000), resolutionunit="CENTIMETER")
    full = nodal_json("contours", source, "-o", tmp_path / "full.xml")
    few = nodal_json("contours", source, "-o", tmp_path / "few.xml", "--simplify", 1)
    assert few["regions"] == full["regions"] == 1 and 8 <= few["points"] < full["points"] / 10
    nodal("mask", tmp_path / "few.xml", "--size", 400, 400, "--spacing", 0.5, "-o", tmp_path / "m.tif", "-q")
    radius = numpy.hypot(x - 200, y - 200)
    differs = unpacked(tmp_path / "m.tif")[0] != disc
    assert differs.any() and numpy.abs(radius[differs] - 150).max() < 2 + 1.5  # 1 um is 2 pixels; a pixel's corner
    bare = write_labels(tmp_path / "bare.tif", disc)
    _, errors = nodal("contours", bare, "-o", tmp_path / "b.xml", "--simplify", 1, status=1)
    assert errors == f"nodal contours: {bare}: has no spacing, so micrometres cannot be told\n"


@pytest.mark.parametrize("arguments, status, message", [
    (("-o", "c.csv"), 2, "--output: 'c.csv' does not end in .xml, .geojson or .json"),
    (("-o", "c.xml", "--values", "1,x"), 2, "--values: '1,x' is no list of numbers above 0"),
    (("-o", "c.xml", "--values", "0"), 2, "--values: '0' is no list of numbers above 0"),
    (("-o", "c.xml", "--level", 5), 1, "labels.tif: no level 5, only 0"),
])
def test_contours_refusals(tmp_path, labels, arguments, status, message):
    write_labels(tmp_path / "labels.tif", labels)
    _, errors = nodal("contours", "labels.tif", *arguments, status=status, cwd=tmp_path)
    assert errors.splitlines()[0] == "nodal contours: " + message
    assert names(tmp_path) == ["labels.tif"]


def test_not_a_label_image(tmp_path, jpeg_slide):
    _, errors = nodal("contours", jpeg_slide, "-o", tmp_path / "c.xml", status=1)
    assert errors == f"nodal contours: {jpeg_slide}: 3 x uint8 a pixel is no label image\n"
    real = write_labels(tmp_path / "real.tif", numpy.zeros((64, 64), numpy.float32))
    _, errors = nodal("contours", real, "-o", tmp_path / "c.xml", status=1)
    assert errors == f"nodal contours: {real}: 1 x float32 a pixel is no label image\n"
    assert names(tmp_path) == ["real.tif"]
