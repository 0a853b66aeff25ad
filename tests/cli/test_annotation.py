# SPDX-License-Identifier: Apache-2.0
"""nodal annotation info, convert and check."""
import json
import math
import re

import pytest

from program import names, nodal, nodal_json


def asap(annotations, groups=()):
    """ASAP XML; annotations are (name, type, group, points), groups (name, parent, colour)."""
    lines = ['<?xml version="1.0"?>', "<ASAP_Annotations>", "\t<Annotations>"]
    for name, kind, group, points in annotations:
        lines += [f'\t\t<Annotation Name="{name}" Type="{kind}" PartOfGroup="{group}" Color="#F4FA58">',
                  "\t\t\t<Coordinates>"]
        lines += [f'\t\t\t\t<Coordinate Order="{i}" X="{x}" Y="{y}" />' for i, (x, y) in enumerate(points)]
        lines += ["\t\t\t</Coordinates>", "\t\t</Annotation>"]
    lines.append("\t</Annotations>")
    lines.append("\t<AnnotationGroups>" if groups else "\t<AnnotationGroups />")
    for name, parent, color in groups:
        lines += [f'\t\t<Group Name="{name}" PartOfGroup="{parent}" Color="{color}">', "\t\t\t<Attributes />",
                  "\t\t</Group>"]
    if groups:
        lines.append("\t</AnnotationGroups>")
    return "\n".join([*lines, "</ASAP_Annotations>", ""])


SQUARE = [(100, 100), (300, 100), (300, 200), (100, 200)]
TRIANGLE = [(0, 0), (40, 0), (0, 30)]
CAMELYON = asap([("Annotation 0", "Polygon", "_0", SQUARE), ("Annotation 1", "Polygon", "_2", TRIANGLE),
                 ("Annotation 2", "Dot", "None", [(5.5, 6)])],
                [("_2", "None", "#00FF00"), ("_1", "None", "#FF0000"), ("_0", "None", "#FFFF00")])


@pytest.fixture
def camelyon(tmp_path):
    path = tmp_path / "tumor.xml"
    path.write_text(CAMELYON, encoding="utf-8")
    return path


def test_info(camelyon):
    assert nodal("annotation", "info", camelyon, "--spacing", 0.5) == (
        f"{camelyon}\n"
        "  format       asap\n"
        "  annotations  3 (1 point, 2 polygon)\n"
        "  group                     annotations     points            area px       area mm2\n"
        "  _2                                  1          3              600.0       0.000150\n"
        "  _1                                  0          0                0.0       0.000000\n"
        "  _0                                  1          4            20000.0       0.005000\n"
        "  (none)                              1          1                0.0       0.000000\n"
        "  (all)                               3          8            20600.0       0.005150\n", "")
    output, _ = nodal("annotation", "info", camelyon)
    assert "mm2" not in output


def test_info_json(camelyon, jpeg_slide, tmp_path):
    document = nodal_json("annotation", "info", camelyon, "--slide", jpeg_slide)
    entry, = document["files"]
    assert (entry["path"], entry["format"], entry["count"], entry["points"]) == (str(camelyon), "asap", 3, 8)
    assert entry["shapes"] == {"point": 1, "polygon": 2}
    assert (entry["area_px"], entry["warnings"]) == (20600, [])
    assert entry["area_mm2"] == pytest.approx(20600 * 0.25e-6, rel=1e-12)
    assert entry["groups"][2] == {"name": "_0", "parent": None, "color": "#FFFF00", "attributes": {}, "annotations": 1,
                                  "area_px": 20000, "area_mm2": pytest.approx(0.005)}
    assert entry["annotations"][1] == {
        "name": "Annotation 1", "shape": "polygon", "group": "_2", "color": "#F4FA58", "rings": 1, "points": 3,
        "area_px": 600, "area_mm2": pytest.approx(0.00015), "length_px": 120, "length_mm": pytest.approx(0.06),
        "box": {"x_px": 0, "y_px": 0, "width_px": 40, "height_px": 30}}
    bad = tmp_path / "bad.xml"
    bad.write_text("<ASAP_Annotations>", encoding="utf-8")
    output, errors = nodal("annotation", "info", bad, camelyon, "--json", status=1)
    message = f"{bad}: line 1: Premature end of data in tag ASAP_Annotations line 1"
    assert errors == f"nodal annotation info: {message}\n"
    files = json.loads(output)["files"]
    assert files[0] == {"path": str(bad), "error": message}
    assert files[1]["area_mm2"] is None


def test_info_of_a_slide_without_spacing(camelyon, bare_slide):
    output, errors = nodal("annotation", "info", camelyon, "--slide", bare_slide)
    assert errors == f"nodal annotation info: warning: {bare_slide}: has no spacing, areas are told in pixels only\n"
    assert "mm2" not in output
    assert "mm2" in nodal("annotation", "info", camelyon, "--slide", bare_slide, "--source-spacing", 0.5)[0]


def test_convert_there_and_back(camelyon, tmp_path):
    json_path, back = tmp_path / "t.geojson", tmp_path / "back.xml"
    assert nodal("annotation", "convert", camelyon, "-o", json_path) == (f"{json_path}: 3 annotations\n", "")
    document = json.loads(json_path.read_text(encoding="utf-8"))
    assert document["type"] == "FeatureCollection"
    first, second, third = document["features"]
    assert first["geometry"] == {"type": "Polygon", "coordinates": [[list(p) for p in [*SQUARE, SQUARE[0]]]]}
    assert first["properties"] == {"objectType": "annotation", "name": "Annotation 0", "color": [244, 250, 88],
                                   "classification": {"name": "_0", "color": [255, 255, 0]}}
    assert second["properties"]["classification"] == {"name": "_2", "color": [0, 255, 0]}
    assert third["geometry"] == {"type": "Point", "coordinates": [5.5, 6]}
    assert "classification" not in third["properties"]
    assert nodal("annotation", "convert", json_path, "-o", back) == (f"{back}: 3 annotations\n", "")
    assert back.read_bytes() == camelyon.read_bytes()


def test_convert_tells_what_is_lost(camelyon, tmp_path):
    table = tmp_path / "t.csv"
    output, errors = nodal("annotation", "convert", camelyon, "-o", table)
    assert errors == (f"nodal annotation convert: warning: {table}: annotation 'Annotation 0' and 1 other: a table of points "
                      "holds points alone, left out\n"
                      f"nodal annotation convert: warning: {table}: annotation 'Annotation 2': a table of points has no "
                      "colours, left out\n")
    assert table.read_text(encoding="utf-8") == "x,y,name\n5.5,6,Annotation 2\n"
    assert nodal("annotation", "convert", camelyon, "-o", table, "-q", "-f") == ("", "")
    document = nodal_json("annotation", "convert", camelyon, "-o", table, "-f")
    assert document["files"] == [{"input": str(camelyon), "output": str(table), "status": "converted", "annotations": 3,
                                  "warnings": [line.split(": ", 3)[3] for line in errors.splitlines()]}]


def test_convert_many(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.xml").write_text(CAMELYON if name != "b" else "<x/>", encoding="utf-8")
    files = [tmp_path / f"{name}.xml" for name in "abc"]
    out = tmp_path / "out"
    output, errors = nodal("annotation", "convert", *files, "-o", out, "--to", "geojson", status=1)
    assert errors == (f"nodal annotation convert: {files[1]}: is no annotation file: neither ASAP, ImageScope or NDPA XML, "
                      "nor GeoJSON, nor a CSV of points\n")
    assert output == (f"{out}/a.geojson: 3 annotations\n{out}/c.geojson: 3 annotations\n"
                      "2 converted, 0 already there, 1 failed\n")
    assert names(out) == ["a.geojson", "c.geojson"]
    output, _ = nodal("annotation", "convert", files[0], files[2], "-o", out, "--to", "geojson")
    assert output == f"{out}/a.geojson: already there\n{out}/c.geojson: already there\n0 converted, 2 already there, 0 failed\n"


def test_convert_keeps_what_is_there(camelyon, tmp_path):
    json_path = tmp_path / "t.json"
    json_path.write_text("mine", encoding="utf-8")
    _, errors = nodal("annotation", "convert", camelyon, "-o", json_path, status=1)
    assert errors == f"nodal annotation convert: {json_path}: exists already (--force replaces it)\n"
    assert json_path.read_text(encoding="utf-8") == "mine"
    _, errors = nodal("annotation", "convert", camelyon, "-o", camelyon, "-f", status=1)
    assert errors == f"nodal annotation convert: {camelyon}: is the input itself\n"
    assert camelyon.read_text(encoding="utf-8") == CAMELYON


def test_failed_conversion_leaves_nothing(camelyon, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    _, errors = nodal("annotation", "convert", camelyon, "-o", out / "a.ndpa", status=1)
    assert errors == f"nodal annotation convert: {out}/a.ndpa: ndpa counts from the middle of the glass: it needs its slide\n"
    assert names(out) == []


def test_ndpa_with_its_slide(camelyon, tmp_path):
    """A slide that carries the properties of a Hamamatsu one: 4000 x 2000 pixels of 0.25 um."""
    import numpy
    import tifffile
    slide = tmp_path / "s.ndpi"
    tifffile.imwrite(slide, numpy.zeros((2000, 4000, 3), numpy.uint8), photometric="rgb", tile=(256, 256),
                     compression="zlib", metadata=None, resolution=(40000, 40000), resolutionunit="CENTIMETER",
                     description="nodal slide\nhamamatsu.XOffsetFromSlideCentre=1000000\n"
                                 "hamamatsu.YOffsetFromSlideCentre=-500000")
    ndpa, back = tmp_path / "s.ndpi.ndpa", tmp_path / "back.xml"
    nodal("annotation", "convert", camelyon, "-o", ndpa, "--slide", slide, "-q")
    points = re.findall(r"<point><x>(-?\d+)</x><y>(-?\d+)</y></point>", ndpa.read_text(encoding="utf-8"))
    assert [(int(x), int(y)) for x, y in points] == [
        ((x - 2000) * 250 + 1000000, (y - 1000) * 250 - 500000) for x, y in SQUARE + TRIANGLE]
    # The slide is found by its name, as NDP.view keeps the two together.
    nodal("annotation", "convert", ndpa, "-o", back)
    text = back.read_text(encoding="utf-8")
    assert [(float(x), float(y)) for x, y in re.findall(r'X="([^"]+)" Y="([^"]+)"', text)] == SQUARE + TRIANGLE + [(5.5, 6)]


def test_check(camelyon, tmp_path, jpeg_slide):
    assert nodal("annotation", "check", camelyon, "--groups", "_0,_1,_2,None", status=3)[0] == \
        f"{camelyon}: unknown-group: annotation 'Annotation 2': is in no group\n"
    assert nodal("annotation", "check", camelyon) == ("", "")
    bad = tmp_path / "bad.xml"
    bad.write_text(asap([("bow", "Polygon", "None", [(10, 10), (20, 20), (20, 10), (10, 20)]),
                         ("far", "Polygon", "None", [(1000, 800), (1101, 800), (1000, 890)])]), encoding="utf-8")
    lines = [f"{bad}: self-crossing: annotation 'bow': crosses itself at 15, 15",
             f"{bad}: outside-slide: annotation 'far': 1 point outside the slide, the first at 1101, 800"]
    assert nodal("annotation", "check", bad, "--slide", jpeg_slide, status=3) == ("\n".join([*lines, ""]), "")
    output, _ = nodal("annotation", "check", camelyon, bad, "--slide", jpeg_slide, status=3)
    assert output.splitlines()[-1] == "2 files: 1 without problems, 1 with problems, 0 failed"


def test_check_json(tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("x,y\n", encoding="utf-8")
    document = nodal_json("annotation", "check", bad, status=3)
    assert document == {"files": [{"path": str(bad), "problems": [
        {"fault": "empty-set", "annotation": None, "name": None, "message": "there is no annotation"}], "warnings": []}],
        "problems": 1}


def test_spline_is_measured_as_a_curve(tmp_path):
    """Sixteen points of a circle: its spline is closer to the circle than its polygon by far."""
    path = tmp_path / "circle.xml"
    points = [(5000 + 1000 * math.cos(i * math.pi / 8), 5000 + 1000 * math.sin(i * math.pi / 8)) for i in range(16)]
    path.write_text(asap([("s", "Spline", "None", points), ("p", "Polygon", "None", points)]), encoding="utf-8")
    spline, polygon = nodal_json("annotation", "info", path)["files"][0]["annotations"]
    assert polygon["area_px"] == pytest.approx(8 * 1e6 * math.sin(math.pi / 8), rel=1e-12)
    assert spline["area_px"] == pytest.approx(math.pi * 1e6, rel=2e-3)
    assert spline["length_px"] == pytest.approx(2 * math.pi * 1e3, rel=1e-3)


@pytest.mark.parametrize("line, message", [
    ("annotation convert a.xml -o out/", "--output: into a folder, --to must say which format"),
    ("annotation convert a.xml -o b.txt",
     "--output: 'b.txt' ends in none of .xml, .geojson, .json, .ndpa and .csv; --to says which format"),
    ("annotation convert x/a.xml y/a.xml -o out --to csv", "x/a.xml and y/a.xml would both become out/a.csv"),
])
def test_usage(line, message, tmp_path):
    words = line.split()
    _, errors = nodal(*words, status=2, cwd=tmp_path)
    assert errors.splitlines()[0] == f"nodal {words[0]} {words[1]}: {message}"
    assert names(tmp_path) == []
