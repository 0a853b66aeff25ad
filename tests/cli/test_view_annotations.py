# SPDX-License-Identifier: Apache-2.0
"""Annotations through nodal view: what is read, what operations make of the file, and what is refused."""
import concurrent.futures
import json
import math
import os
import shutil
import signal

import pytest

from program import names, nodal
from viewer import Viewer

# Written by hand as ASAP writes.
ASAP = """<?xml version="1.0"?>
<ASAP_Annotations>
\t<Annotations>
\t\t<Annotation Name="one &amp; only" Type="Polygon" PartOfGroup="Tumor" Color="#F4FA58">
\t\t\t<Coordinates>
\t\t\t\t<Coordinate Order="0" X="100.125" Y="200" />
\t\t\t\t<Coordinate Order="1" X="300.1" Y="200.7" />
\t\t\t\t<Coordinate Order="2" X="0.1" Y="1e-05" />
\t\t\t</Coordinates>
\t\t</Annotation>
\t\t<Annotation Name="dot" Type="Dot" PartOfGroup="None" Color="#0000FF">
\t\t\t<Coordinates>
\t\t\t\t<Coordinate Order="0" X="1" Y="2" />
\t\t\t</Coordinates>
\t\t</Annotation>
\t</Annotations>
\t<AnnotationGroups>
\t\t<Group Name="Tumor" PartOfGroup="None" Color="#FF0000">
\t\t\t<Attributes>
\t\t\t\t<Attribute kept="yes" />
\t\t\t</Attributes>
\t\t</Group>
\t</AnnotationGroups>
</ASAP_Annotations>
"""

TRIANGLE = {"name": "new", "type": "polygon", "group": None, "color": "#00ff00", "rings": [[0.5, 1, 10, 1.25, 3, 9]],
            "holes": [False]}


@pytest.fixture
def slide(jpeg_slide, tmp_path):
    """A slide of one's own, in a folder of its own."""
    return shutil.copy(jpeg_slide, tmp_path / "case.tif")


@pytest.fixture
def xml(slide):
    path = slide.with_suffix(".xml")
    path.write_text(ASAP)
    return path


def notes(viewer):
    return viewer.get(f"/slides/{viewer.slide('case.tif')}/annotations").json


def patch(viewer, etag, *ops, **more):
    return viewer.patch(viewer.slide("case.tif"), etag, list(ops), **more)


def changed(viewer, *ops, **more):
    reply = patch(viewer, notes(viewer)["etag"], *ops, **more)
    assert reply.status == 200, reply.body
    return reply.json


def add(identity, value, **more):
    return {"op": "add", "target": "item", "id": identity, "value": value, **more}


def test_an_asap_file_is_read(xml, slide):
    with Viewer(slide) as viewer:
        answer = notes(viewer)
        assert viewer.get("/slides").json["slides"][0]["annotations"] is True
    assert (answer["file"], answer["format"], answer["read_only"], answer["message"]) == ("case.xml", "asap", False, None)
    assert answer["holds"] == {"holes": False, "parts": False, "ellipses": False}
    assert answer["groups"] == [{"id": "g0", "name": "Tumor", "color": "#ff0000", "parent": None, "visible": True,
                                 "locked": False}]
    assert answer["items"] == [
        {"id": "a0", "name": "one & only", "type": "polygon", "group": "g0", "color": "#f4fa58",
         "rings": [[100.125, 200, 300.1, 200.7, 0.1, 1e-05]], "holes": [False]},
        {"id": "a1", "name": "dot", "type": "point", "group": None, "color": "#0000ff", "rings": [[1, 2]],
         "holes": [False]}]
    assert xml.read_text() == ASAP


def test_saving_nothing_changes_nothing(xml, slide):
    with Viewer(slide) as viewer:
        etag = notes(viewer)["etag"]
        assert patch(viewer, etag).json == {"etag": etag, "file": "case.xml", "format": "asap"}
    assert xml.read_text() == ASAP
    assert names(slide.parent) == ["case.tif", "case.xml"]


def test_operations_end_up_in_the_file(xml, slide):
    with Viewer(slide) as viewer:
        etag = changed(viewer, add("n1", TRIANGLE, index=0),
                       {"op": "set", "target": "item", "id": "a1",
                        "value": {"name": "moved", "type": "point", "group": "g0", "color": "#0000ff", "rings": [[7, 8.5]]}},
                       {"op": "delete", "target": "item", "id": "a0"})["etag"]
        answer = notes(viewer)
        assert answer["etag"] == etag
        assert [item["id"] for item in answer["items"]] == ["n1", "a1"]
        assert answer["items"][0] == {"id": "n1", **TRIANGLE}
    head, groups = ASAP.split("\t<Annotations>\n")[0], ASAP.split("\t</Annotations>\n")[1]
    assert xml.read_text() == head + """\t<Annotations>
\t\t<Annotation Name="new" Type="Polygon" PartOfGroup="None" Color="#00FF00">
\t\t\t<Coordinates>
\t\t\t\t<Coordinate Order="0" X="0.5" Y="1" />
\t\t\t\t<Coordinate Order="1" X="10" Y="1.25" />
\t\t\t\t<Coordinate Order="2" X="3" Y="9" />
\t\t\t</Coordinates>
\t\t</Annotation>
\t\t<Annotation Name="moved" Type="Dot" PartOfGroup="Tumor" Color="#0000FF">
\t\t\t<Coordinates>
\t\t\t\t<Coordinate Order="0" X="7" Y="8.5" />
\t\t\t</Coordinates>
\t\t</Annotation>
\t</Annotations>
""" + groups
    assert (slide.parent / "case.xml.orig").read_text() == ASAP
    assert names(slide.parent) == ["case.tif", "case.xml", "case.xml.orig"]


def test_undone_is_as_it_was(xml, slide):
    """To the start and back again by the reverse operations gives the same bytes."""
    with Viewer(slide) as viewer:
        before = notes(viewer)["items"]
        value = {key: before[0][key] for key in before[0] if key != "id"}
        changed(viewer, {"op": "delete", "target": "item", "id": "a0"}, add("n1", TRIANGLE))
        after = xml.read_bytes()
        changed(viewer, {"op": "delete", "target": "item", "id": "n1"}, add("a0", value, index=0))
        assert xml.read_text() == ASAP
        assert notes(viewer)["items"] == before
        changed(viewer, {"op": "delete", "target": "item", "id": "a0"}, add("n1", TRIANGLE))
        assert xml.read_bytes() == after
    assert (slide.parent / "case.xml.orig").read_text() == ASAP


def test_every_number_comes_back(slide):
    numbers = [0.1, 1 / 3, math.pi * 1e5, 123456789.123456, 2 ** 39, 5e-324, -0.25, 98765.4297, 1e12, 71924.3984]
    with Viewer(slide) as viewer:
        changed(viewer, add("n", {"name": "", "type": "points", "rings": [numbers]}))
        assert notes(viewer)["items"][0]["rings"] == [numbers]
    with Viewer(slide) as viewer:
        assert notes(viewer)["items"][0]["rings"] == [numbers]


def test_a_new_file_is_made(slide, tmp_path):
    with Viewer(slide) as viewer:
        answer = notes(viewer)
        assert (answer["file"], answer["format"], answer["items"], answer["groups"]) == (None, None, [], [])
        assert changed(viewer, add("n1", TRIANGLE))["file"] == "case.xml"
        changed(viewer, {"op": "delete", "target": "item", "id": "n1"})
    assert names(tmp_path) == ["case.tif", "case.xml"]


def test_a_new_file_may_be_geojson(slide, tmp_path):
    ring = [[0, 0, 100, 0, 100, 100, 0, 100], [10, 10, 20, 10, 20, 20], [200, 0, 210, 0, 205, 9]]
    many = {"name": "parts", "type": "polygon", "group": "n-g", "color": None, "rings": ring,
            "holes": [False, True, False]}
    group = {"op": "add", "target": "group", "id": "n-g", "value": {"name": "Tumor", "color": "#112233", "parent": None}}
    with Viewer(slide) as viewer:
        refused = patch(viewer, notes(viewer)["etag"], group, add("n1", many))
        assert (refused.status, refused.code) == (422, "format")
        assert refused.json["error"]["message"] == "operation 1: the format of the file has no holes"
        assert names(tmp_path) == ["case.tif"]
        assert changed(viewer, group, add("n1", many), format="geojson")["file"] == "case.geojson"
        assert notes(viewer)["holds"] == {"holes": True, "parts": True, "ellipses": True}
        changed(viewer, add("n2", {"name": "o", "type": "ellipse", "rings": [[1, 2, 30, 40]]}))
    features = json.loads((tmp_path / "case.geojson").read_text())["features"]
    assert features[0]["geometry"]["type"] == "MultiPolygon"
    with Viewer(slide) as viewer:
        back = notes(viewer)
        assert [item["type"] for item in back["items"]] == ["polygon", "ellipse"]
        assert back["items"][0]["rings"] == ring and back["items"][0]["holes"] == [False, True, False]
        assert back["items"][1]["rings"] == [[1, 2, 30, 40]]
        assert back["groups"][0]["name"] == "Tumor"


def test_groups(xml, slide):
    def group(identity, name, parent=None, op="add", **more):
        return {"op": op, "target": "group", "id": identity,
                "value": {"name": name, "color": "#abcdef", "parent": parent, **more}}

    with Viewer(slide) as viewer:
        changed(viewer, group("n2", "child", "n1"), group("n1", "parent", visible=False),
                group("g0", "Tumour", "n2", op="set", locked=True))
        assert [row["id"] for row in notes(viewer)["groups"]] == ["n1", "n2", "g0"]
    text = xml.read_text()
    assert '<Attribute kept="yes" />' in text and '<Attribute locked="true" />' in text
    assert '<Attribute visible="false" />' in text
    with Viewer(slide) as viewer:
        back = notes(viewer)
        assert [(row["name"], row["parent"], row["visible"], row["locked"]) for row in back["groups"]] == [
            ("parent", None, False, False), ("child", "g0", True, False), ("Tumour", "g1", True, True)]
        assert back["items"][0]["group"] == "g2"
        etag = back["etag"]
        for ops, code, message in (
                ([group("g0", "parent", "g2", op="set")], "invalid", "a group is part of itself"),
                ([{"op": "delete", "target": "group", "id": "g2"}], "invalid", "an item is in a group that is not there"),
                ([group("n", "x", "none")], "invalid", "a group is part of itself, or of none that is there"),
                ([group("n", "parent", "g1")], "format", "no two groups of one name")):
            refused = patch(viewer, etag, *ops)
            assert (refused.status, refused.code) == (422, code)
            assert message in refused.json["error"]["message"]
        assert notes(viewer)["etag"] == etag


@pytest.mark.parametrize("op, message", [
    ({"op": "add"}, "operation 1: id is 1 to 40 of a-z, 0-9 and -"),
    ({"op": "drop", "target": "item", "id": "a0"}, "operation 1: op is add, set or delete"),
    ({"op": "add", "target": "slide", "id": "n"}, "operation 1: target is item or group"),
    ({"op": "delete", "target": "item", "id": "zz"}, "operation 1: there is no item of that id"),
    ({"op": "add", "target": "item", "id": "a0", "value": TRIANGLE}, "operation 1: there is an item of that id already"),
    ({"op": "add", "target": "item", "id": "N", "value": TRIANGLE}, "operation 1: id is 1 to 40 of a-z, 0-9 and -"),
    (add("n", {**TRIANGLE, "type": "star"}), "operation 1: its name, type, color or group is none"),
    (add("n", {**TRIANGLE, "color": "red"}), "operation 1: its name, type, color or group is none"),
    (add("n", {**TRIANGLE, "name": "a\x07b"}), "operation 1: its name, type, color or group is none"),
    (add("n", {**TRIANGLE, "rings": [[1, 2, 3]]}), "operation 1: its rings are none"),
    (add("n", {**TRIANGLE, "rings": 5}), "operation 1: its rings are none"),
    (add("n", {**TRIANGLE, "rings": []}), "operation 1: its rings are none of such an annotation"),
    (add("n", {**TRIANGLE, "rings": [[1, "2"]]}), "operation 1: its rings are none of such an annotation"),
    (add("n", {**TRIANGLE, "rings": [[1, 1e13]]}), "operation 1: its rings are none of such an annotation"),
    (add("n", {**TRIANGLE, "holes": [True]}), "operation 1: its rings are none of such an annotation"),
    (add("n", {**TRIANGLE, "type": "point"}), "operation 1: its rings are none of such an annotation"),
    (add("n", {**TRIANGLE, "group": "none"}), "an item is in a group that is not there")])
def test_bad_operations_change_nothing(xml, slide, op, message):
    with Viewer(slide) as viewer:
        refused = patch(viewer, notes(viewer)["etag"], {"op": "delete", "target": "item", "id": "a1"}, op)
        assert (refused.status, refused.code, refused.json["error"]["message"]) == (422, "invalid", message)
        assert len(notes(viewer)["items"]) == 2
    assert xml.read_text() == ASAP and names(slide.parent) == ["case.tif", "case.xml"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"ops":5}', b'{"ops":[5]}', b'{"ops":[],"ops":[]}', b"\xff",
                                  b"[" * 100000, b'{"ops":[{"op":"add\\u0000","target":"item","id":"n"}]}'])
def test_bad_bodies_change_nothing(xml, slide, body):
    with Viewer(slide) as viewer:
        etag = notes(viewer)["etag"]
        path = f"/slides/{viewer.slide('case.tif')}/annotations"
        reply = viewer.ask(path, "PATCH", body, {"If-Match": etag})
        assert (reply.status, reply.code) == (422, "invalid")
        assert viewer.ask(path, "PATCH", b'{"ops":[]}').status == 428
    assert xml.read_text() == ASAP


def test_a_change_beneath_is_a_conflict(xml, slide):
    other = ASAP.replace('"dot"', '"other"')
    with Viewer(slide) as viewer:
        etag = notes(viewer)["etag"]
        xml.write_text(other)
        refused = patch(viewer, etag, add("n1", TRIANGLE))
        assert (refused.status, refused.code) == (409, "conflict")
        assert xml.read_text() == other
        fresh = notes(viewer)
        assert fresh["items"][1]["name"] == "other" and fresh["etag"] != etag
        changed(viewer, add("n1", TRIANGLE))
        stale = patch(viewer, fresh["etag"], add("n2", TRIANGLE))
        assert (stale.status, stale.code) == (409, "conflict")
        xml.unlink()
        gone = patch(viewer, notes(viewer)["etag"][:-1] + "x", add("n3", TRIANGLE))
        assert (gone.status, gone.code) == (409, "renumbered")
    assert "new" not in names(slide.parent)


def test_of_many_windows_one_is_first(xml, slide):
    with Viewer(slide) as viewer:
        identity, etag = viewer.slide("case.tif"), notes(viewer)["etag"]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda number: viewer.patch(identity, etag, [add(f"n{number}", TRIANGLE)]), range(8)))
        assert sorted(reply.status for reply in replies) == [200] + [409] * 7
        assert len(notes(viewer)["items"]) == 3
    assert names(slide.parent) == ["case.tif", "case.xml", "case.xml.orig"]


def test_a_killed_server_keeps_what_was_saved(xml, slide):
    viewer = Viewer(slide)
    etag = changed(viewer, add("n1", TRIANGLE))["etag"]
    saved = xml.read_bytes()
    viewer.stop(signal.SIGKILL, status=-signal.SIGKILL)
    assert xml.read_bytes() == saved
    with Viewer(slide) as again:
        refused = patch(again, etag, {"op": "delete", "target": "item", "id": "n1"})
        assert (refused.status, refused.code) == (409, "renumbered")
        assert [item["id"] for item in notes(again)["items"]] == ["a0", "a1", "a2"]
    assert xml.read_bytes() == saved


def test_read_only(xml, slide):
    with Viewer(slide, "--read-only") as viewer:
        answer = notes(viewer)
        assert (answer["read_only"], answer["message"]) == (True, "the server was started with --read-only")
        refused = patch(viewer, answer["etag"], add("n1", TRIANGLE))
        assert (refused.status, refused.code) == (423, "read_only")
        assert viewer.get("/slides").json["read_only"] is True
    assert xml.read_text() == ASAP


def test_other_formats_are_looked_at_alone(xml, slide, tmp_path):
    scope = tmp_path / "scope.xml"
    nodal("annotation", "convert", "-q", xml, "-o", scope, "--to", "imagescope")
    scope.replace(xml)
    with Viewer(slide) as viewer:
        answer = notes(viewer)
        assert answer["format"] == "imagescope" and answer["read_only"] is True
        assert answer["message"].startswith("case.xml: is of format imagescope, which is looked at alone")
        assert patch(viewer, answer["etag"], add("n1", TRIANGLE)).status == 423


def test_a_damaged_file_is_told_and_kept(xml, slide):
    xml.write_text(ASAP[:300])
    with Viewer(slide) as viewer:
        path = f"/slides/{viewer.slide('case.tif')}/annotations"
        reply = viewer.ask(path)
        assert (reply.status, reply.code) == (500, "damaged")
        assert "case.xml" in reply.json["error"]["message"]
        assert patch(viewer, "none-00000000", add("n1", TRIANGLE)).code == "damaged"
    assert xml.read_text() == ASAP[:300]


def test_groups_of_one_name_that_were_there_are_no_hindrance(xml, slide):
    xml.write_text(ASAP.replace("\t</AnnotationGroups>", '\t\t<Group Name="Tumor" PartOfGroup="Tumor" Color="#00FF00">\n'
                                '\t\t\t<Attributes />\n\t\t</Group>\n\t</AnnotationGroups>'))
    with Viewer(slide) as viewer:
        assert notes(viewer)["warnings"]
        changed(viewer, add("n1", {**TRIANGLE, "name": "two\nlines"}))
        assert notes(viewer)["items"][2]["name"] == "two\nlines"


def test_a_folder_of_annotations(slide, tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "case.xml").write_text(ASAP)
    slide.with_suffix(".xml").write_text("not looked at")
    with Viewer(slide, "--annotations", folder) as viewer:
        assert len(notes(viewer)["items"]) == 2
        changed(viewer, add("n1", TRIANGLE))
    assert names(folder) == ["case.xml", "case.xml.orig"]
    assert slide.with_suffix(".xml").read_text() == "not looked at"


def test_what_cannot_be_saved_says_why(xml, slide):
    with Viewer(slide) as viewer:
        etag = notes(viewer)["etag"]
        os.mkdir(slide.parent / "case.xml.orig")
        assert patch(viewer, etag, add("n1", TRIANGLE)).status == 200
        etag = notes(viewer)["etag"]
        xml.unlink()
        xml.mkdir()
        reply = viewer.ask(f"/slides/{viewer.slide('case.tif')}/annotations")
        assert reply.status >= 400 and "case.xml" in reply.json["error"]["message"]
        assert patch(viewer, etag, add("n2", TRIANGLE)).status >= 400
    assert xml.is_dir()


def test_export_and_import(xml, slide, tmp_path):
    with Viewer(slide) as viewer:
        path = f"/slides/{viewer.slide('case.tif')}/annotations"
        exported = viewer.get(f"{path}/export?format=asap")
        assert exported.body.decode() == ASAP
        assert exported.headers["Content-Disposition"] == 'attachment; filename="case.xml"'
        assert exported.headers["Nodal-Warnings"] == "[]"
        by_program = tmp_path / "by.geojson"
        nodal("annotation", "convert", "-q", xml, "-o", by_program)
        geojson = viewer.get(f"{path}/export?format=geojson").body
        assert geojson == by_program.read_bytes()
        warned = viewer.get(f"{path}/export?format=csv")
        assert json.loads(warned.headers["Nodal-Warnings"])
        for bad in ("", "?format=darwin", "?format=auto", "?format=xyz"):
            assert viewer.ask(f"{path}/export{bad}").code == "invalid"
        read = viewer.ask(f"{path}/import", "POST", geojson).json
        answer = notes(viewer)
        assert read["format"] == "geojson"
        assert read["items"] == answer["items"] and read["groups"] == answer["groups"]
        bad = viewer.ask(f"{path}/import", "POST", b"<ASAP_Annotations>")
        assert bad.status == 422 and bad.json["error"]["message"].startswith("the file")
        assert viewer.ask(f"{path}/import", "POST", b"").status >= 400
        assert notes(viewer) == answer
    assert xml.read_text() == ASAP


def test_many_items(slide):
    """Ten thousand polygons in one request, and half of them deleted in another."""
    def polygon(number):
        x, y = number % 100 * 11, number // 100 * 9
        return {"name": f"p{number}", "type": "polygon", "rings": [[x, y, x + 9, y, x + 9, y + 7, x, y + 7]]}

    with Viewer(slide) as viewer:
        changed(viewer, *(add(f"n{number}", polygon(number)) for number in range(10000)))
        changed(viewer, *({"op": "delete", "target": "item", "id": f"n{number}"} for number in range(0, 10000, 2)))
        items = notes(viewer)["items"]
        assert [item["id"] for item in items] == [f"n{number}" for number in range(1, 10000, 2)]
        assert items[77]["rings"] == polygon(155)["rings"]
