# SPDX-License-Identifier: Apache-2.0
"""nodal.Annotations: what comes out of files and goes into them."""
import json
import math
import pickle
import xml.etree.ElementTree as ElementTree

import numpy
import pytest

import nodal

ASAP = """<?xml version="1.0"?>
<ASAP_Annotations>
  <Annotations>
    <Annotation Name="first" Type="Polygon" PartOfGroup="metastases" Color="#F4FA58">
      <Coordinates>
        <Coordinate Order="0" X="10.5" Y="20" /><Coordinate Order="1" X="110.5" Y="20" />
        <Coordinate Order="2" X="110.5" Y="70" /><Coordinate Order="3" X="10.5" Y="70" />
      </Coordinates>
    </Annotation>
    <Annotation Name="second" Type="Dot" PartOfGroup="None" Color="#00FF00">
      <Coordinates><Coordinate Order="0" X="1" Y="2" /></Coordinates>
    </Annotation>
  </Annotations>
  <AnnotationGroups>
    <Group Name="metastases" PartOfGroup="None" Color="#FF0000"><Attributes><Attribute who="me" /></Attributes></Group>
  </AnnotationGroups>
</ASAP_Annotations>
"""

HOLED = [([(0, 0), (100, 0), (100, 100), (0, 100)], False), ([(10, 10), (20, 10), (20, 20)], True)]


@pytest.fixture
def asap_path(tmp_path):
    path = tmp_path / "slide.xml"
    path.write_text(ASAP)
    return path


def test_reading(asap_path):
    annotations = nodal.Annotations.read(asap_path)
    assert (len(annotations), annotations.format, annotations.warnings) == (2, "asap", ())
    assert annotations.groups == [nodal.Group("metastases", None, "#FF0000", {"who": "me"})]
    first, second = annotations
    assert (first.name, first.shape, first.group, first.group_index, first.color) == (
        "first", "polygon", "metastases", 0, "#F4FA58")
    assert first.points.tolist() == [[10.5, 20], [110.5, 20], [110.5, 70], [10.5, 70]]
    assert first.points.dtype == numpy.float64 and len(first.rings) == 1 and not first.rings[0].hole
    assert (second.shape, second.group, second.points.tolist()) == ("point", None, [[1, 2]])
    assert annotations[-1].name == "second" and [each.name for each in annotations[0:9]] == ["first", "second"]
    assert (annotations.area(0), annotations.length(0)) == (5000, 300)
    assert annotations.bounds(0) == (10.5, 20, 110.5, 70)
    assert repr(annotations) == "<nodal.Annotations, 2 in 1 groups>"


def test_making_and_writing(tmp_path):
    annotations = nodal.Annotations()
    group = annotations.add_group("tumor", color="#ff0000", attributes={"a": "b"})
    nested = annotations.add_group("edge", parent=group)
    annotations.add("holed", rings=HOLED, group=group)
    annotations.add("line", "polyline", numpy.array([[1, 2], [3, 4]]), group="edge", color="#010203")
    annotations.add("other", "points", [(5, 6), (7.25, 8)], group="new")
    assert [each.name for each in annotations.groups] == ["tumor", "edge", "new"]
    assert annotations.groups[nested].parent == group
    path = tmp_path / "out.geojson"
    annotations.write(path)
    again = nodal.Annotations.read(path)
    assert [(each.name, each.shape, each.group) for each in again] == [
        ("holed", "polygon", "tumor"), ("line", "polyline", "edge"), ("other", "points", "new")]
    assert [(ring.points.tolist(), ring.hole) for ring in again[0].rings] == [
        ([list(map(float, point)) for point in points], hole) for points, hole in HOLED]
    with pytest.raises(nodal.ExistsError):
        annotations.write(path)
    annotations.write(path, force=True)


def test_what_a_format_cannot_hold(tmp_path):
    annotations = nodal.Annotations()
    annotations.add("holed", rings=HOLED)
    path = tmp_path / "out.xml"
    annotations.write(path)
    assert len(annotations.warnings) == 1 and "holed" in annotations.warnings[0]
    written = ElementTree.parse(path).getroot().find("Annotations/Annotation")
    assert written.get("Name") == "holed" and written.get("Type") == "Polygon"


def test_geojson(asap_path):
    annotations = nodal.Annotations.read(asap_path)
    collection = annotations.to_geojson()
    assert json.loads(json.dumps(collection)) == {
        "type": "FeatureCollection", "features": [
            {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [
                [[10.5, 20.0], [110.5, 20.0], [110.5, 70.0], [10.5, 70.0], [10.5, 20.0]]]},
             "properties": {"name": "first", "shape": "polygon", "group": "metastases", "color": "#F4FA58"}},
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1.0, 2.0]},
             "properties": {"name": "second", "shape": "point", "group": None, "color": "#00FF00"}}]}
    again = nodal.Annotations.from_geojson(collection)
    assert again.to_geojson() == collection


def test_geometries():
    class Shape:
        """What shapely's geometries offer."""

        def __init__(self, kind, coordinates):
            self.__geo_interface__ = {"type": kind, "coordinates": coordinates}

    square = ((0, 0), (4, 0), (4, 4), (0, 4), (0, 0))
    hole = ((1, 1), (2, 1), (2, 2), (1, 1))
    made = nodal.Annotations.from_geojson([Shape("MultiPolygon", [[square, hole], [square]]),
                                           Shape("LineString", [(0, 0), (3, 4)]), Shape("MultiPoint", [(1, 1)])])
    assert [each.shape for each in made] == ["polygon", "polyline", "points"]
    assert [(len(ring.points), ring.hole) for ring in made[0].rings] == [(4, False), (3, True), (4, False)]
    assert (made.area(0), made.length(1)) == (31.5, 5)
    assert made[0].__geo_interface__ == {"type": "MultiPolygon", "coordinates": [
        [[list(map(float, point)) for point in square], [list(map(float, point)) for point in hole]],
        [[list(map(float, point)) for point in square]]]}
    with pytest.raises(nodal.ArgumentError, match="geometry: 'Sphere' is none that annotations can hold"):
        nodal.Annotations.from_geojson({"type": "Sphere", "coordinates": []})


def test_curves():
    annotations = nodal.Annotations()
    annotations.add("circle", "ellipse", [(0, 0), (200, 200)])
    assert annotations.area(0) == pytest.approx(math.pi * 100**2)
    ring, = annotations.outline(0, 0.01)
    radii = numpy.hypot(ring.points[:, 0] - 100, ring.points[:, 1] - 100)
    assert abs(radii - 100).max() < 0.01
    polygon = annotations[0].__geo_interface__
    assert polygon["type"] == "Polygon" and polygon["coordinates"][0][0] == polygon["coordinates"][0][-1]


def test_checks():
    annotations = nodal.Annotations()
    assert [fault.fault for fault in annotations.check()] == ["empty-set"]
    annotations.add("bow", "polygon", [(0, 0), (100, 100), (100, 0), (0, 100)])
    annotations.add("far", "polygon", [(900, 0), (990, 0), (990, 90)])
    faults = annotations.check((500, 500), groups=["known"])
    assert [(each.fault, each.annotation) for each in faults] == [
        ("self-crossing", 0), ("unknown-group", 0), ("outside-slide", 1), ("unknown-group", 1)]
    assert "far" in faults[2].message


def test_pickle(asap_path):
    annotations = nodal.Annotations.read(asap_path)
    copy = pickle.loads(pickle.dumps(annotations))
    assert copy.to_geojson() == annotations.to_geojson() and copy.groups == annotations.groups


def test_frames(tmp_path, slide):
    path = tmp_path / "x.ndpa"
    annotations = nodal.Annotations()
    annotations.add("a", "polygon", [(10, 10), (90, 10), (90, 50)])
    with pytest.raises(nodal.Error):
        annotations.write(path)
    annotations.write(path, frame=slide)
    again = nodal.Annotations.read(path, frame=((700, 500, 0.5)))
    assert numpy.allclose(again[0].points, [(10, 10), (90, 10), (90, 50)], atol=0.01)


@pytest.mark.parametrize("use, kind, message", [
    (lambda a: a[0], IndexError, "annotation 0: there are 0"),
    (lambda a: a.area(3), IndexError, "annotation 3: there are 0"),
    (lambda a: a["x"], AttributeError, None),
    (lambda a: a.add("x", "blob", [(1, 2)]), ValueError,
     "shape: 'blob' is none of none, point, points, polyline, rectangle, polygon, spline, ellipse"),
    (lambda a: a.add("x", "polygon", [(1, 2, 3)]), ValueError, "points: an array (count, 2) of x and y is wanted"),
    (lambda a: a.add("x", "polygon", [(float("nan"), 2)]), ValueError, None),
    (lambda a: a.add("x", "polygon", "text"), ValueError, None),
    (lambda a: a.add("x", "polygon", [(1, 2)], color="red"), ValueError, "color: '#RRGGBB' or None is wanted"),
    (lambda a: a.add("x", "polygon", [(1, 2)], group=5), ValueError, None),
    (lambda a: a.add("x", "polygon"), TypeError, "either points or rings are wanted"),
    (lambda a: a.add("x", rings=[5]), TypeError, None),
    (lambda a: a.add("\udcff", "polygon", [(1, 2)]), UnicodeEncodeError, None),
    (lambda a: a.add_group("g", parent=7), ValueError, None),
    (lambda a: a.write("/nowhere/x.xml"), OSError, None),
    (lambda a: a.write("x.unknown"), ValueError, None),
    (lambda a: a.check(groups="names"), ValueError, "groups: a sequence of str"),
    (lambda a: nodal.Annotations.read("/nowhere/x.xml"), OSError, "/nowhere/x.xml: No such file or directory"),
    (lambda a: nodal.Annotations.read(5), TypeError, None),
])
def test_misuse(use, kind, message):
    with pytest.raises(kind) as caught:
        use(nodal.Annotations())
    assert message is None or str(caught.value) == message
