# SPDX-License-Identifier: Apache-2.0
"""Overlays and pairs through nodal view."""
import io
import json
import shutil

import numpy
import PIL.Image
import pytest
import tifffile

from program import names
from viewer import Viewer


def write(path, array, spacing=None, tile=64):
    options = {"resolution": (1e4 / spacing, 1e4 / spacing), "resolutionunit": "CENTIMETER"} if spacing else {}
    tifffile.imwrite(path, array, photometric="minisblack", tile=(tile, tile), compression="zlib", metadata=None, **options)
    return path


@pytest.fixture
def slide(jpeg_slide, tmp_path):
    """1100 x 900 pixels of 0.5 um."""
    return shutil.copy(jpeg_slide, tmp_path / "case.tif")


def overlays(viewer):
    return viewer.get(f"/slides/{viewer.slide('case.tif')}/overlays").json


def tile(viewer, overlay, place):
    reply = viewer.get(f"/slides/{viewer.slide('case.tif')}/overlays/{overlay['id']}/tiles/{place}.png"
                       f"?v={overlay['etag']}")
    assert reply.headers["Content-Type"] == "image/png"
    return numpy.asarray(PIL.Image.open(io.BytesIO(reply.body)))


def test_what_lies_beside_is_found(slide, tmp_path):
    labels = numpy.zeros((225, 275), numpy.uint8)
    labels[10:50, 20:90] = 1
    labels[100:110, 200:275] = 7
    write(tmp_path / "case_mask.tif", labels, 2)
    heat = numpy.linspace(0, 1, 450 * 550, dtype=numpy.float32).reshape(450, 550)
    write(tmp_path / "case_likelihood_map.tif", heat, 1)
    with Viewer(slide) as viewer:
        assert viewer.get("/slides").json["slides"][0]["overlays"] == 2
        mask, likelihood = overlays(viewer)
        assert (mask["name"], mask["status"], mask["kind"], mask["dtype"]) == ("case_mask.tif", "ok", "labels", "uint8")
        assert mask["downsample_to_slide"] == 4 and (mask["width"], mask["height"]) == (275, 225)
        assert [row["value"] for row in mask["values"]] == [1, 7]
        assert all(row["color"].startswith("#") and len(row["color"]) == 7 for row in mask["values"])
        assert (tile(viewer, mask, "0/1_0") == labels[:64, 64:128]).all()
        assert (likelihood["kind"], likelihood["minimum"], likelihood["maximum"]) == ("likelihood", 0, 1)
        assert likelihood["downsample_to_slide"] == 2 and "values" not in likelihood
        assert (tile(viewer, likelihood, "0/3_2") == numpy.round(heat[128:192, 192:256].astype(float) * 255)).all()
        identity = viewer.slide("case.tif")
        seen = viewer.get(f"/slides/{identity}/pixel?x=821&y=402").json["overlays"]
        assert seen == {mask["id"]: 7, likelihood["id"]: pytest.approx(float(heat[201, 410]))}
        outside = viewer.get(f"/slides/{identity}/pixel?x=-9&y=402").json["overlays"]
        assert outside == {mask["id"]: None, likelihood["id"]: None}
        for place in ("0/5_0.png", "1/0_0.png", "0/0_0.jpg"):
            assert viewer.ask(f"/slides/{identity}/overlays/{mask['id']}/tiles/{place}").status == 404
        assert viewer.ask(f"/slides/{identity}/overlays/o9/tiles/0/0_0.png").status == 404


def test_likelihoods_are_scaled_and_labels_are_not(slide, tmp_path):
    wide = numpy.array([[-3, 0, 5, numpy.nan]], numpy.float32).repeat(64, 0).repeat(16, 1)
    deep = (numpy.arange(64 * 64, dtype=numpy.uint16) % 3 * 30000).reshape(64, 64)
    few = (numpy.arange(64 * 64, dtype=numpy.uint16) % 3).reshape(64, 64)
    for name, image in (("wide", wide), ("deep_likelihood", deep), ("few", few)):
        write(tmp_path / f"case_{name}.tif", numpy.pad(image, ((0, 15), (0, 23)))[:56, :69])
    files = [tmp_path / f"case_{name}.tif" for name in ("wide", "deep_likelihood", "few")]
    with Viewer(slide, *(word for file in files for word in ("--overlay", file))) as viewer:
        rows = overlays(viewer)
        assert [row["downsample_to_slide"] for row in rows] == [16, 16, 16]
        assert [row["kind"] for row in rows] == ["likelihood", "likelihood", "labels"]
        assert (rows[0]["minimum"], rows[0]["maximum"]) == (-3, 5)
        first = tile(viewer, rows[0], "0/0_0")[0]
        assert (first[0], first[16], first[32], first[48]) == (0, round(3 / 8 * 255), 255, 0)
        assert (rows[1]["minimum"], rows[1]["maximum"]) == (0, 60000)
        assert tile(viewer, rows[1], "0/0_0")[0, :3].tolist() == [0, round(127.5), 255]
        assert (tile(viewer, rows[2], "0/0_0")[:56] == few[:56]).all()


def test_what_does_not_fit_is_told(slide, tmp_path):
    write(tmp_path / "case_mask.tif", numpy.zeros((100, 100), numpy.uint8))
    write(tmp_path / "case_spaced.tif", numpy.zeros((900, 1100), numpy.uint8), 2)
    tifffile.imwrite(tmp_path / "case_rgb.tif", numpy.zeros((900, 1100, 3), numpy.uint8), photometric="rgb",
                     tile=(64, 64), metadata=None)
    (tmp_path / "case_none.tif").write_bytes(b"no TIFF")
    files = [tmp_path / f"case_{name}.tif" for name in ("spaced", "rgb", "none")]
    with Viewer(slide, *(word for file in files for word in ("--overlay", file))) as viewer:
        rows = overlays(viewer)
        assert [row["status"] for row in rows] == ["unreadable"] * 4
        assert rows[0]["message"] == "case_mask.tif: its size does not fit that of the slide"
        assert rows[1]["message"] == "case_spaced.tif: its size and spacing does not fit that of the slide"
        assert rows[2]["message"] == "case_rgb.tif: has 3 channels, an overlay has one"
        assert "case_none.tif" in rows[3]["message"]
        identity = viewer.slide("case.tif")
        assert viewer.ask(f"/slides/{identity}/overlays/{rows[0]['id']}/tiles/0/0_0.png").status == 415
        assert viewer.get(f"/slides/{identity}/pixel?x=1&y=1").json["overlays"] == {}


def test_overlays_find_their_slide(slide, jpeg_slide, tmp_path):
    other = shutil.copy(jpeg_slide, tmp_path / "case_2.tif")
    result = write(tmp_path / "case_2_result.tif", numpy.zeros((900, 1100), numpy.uint8))
    with Viewer(slide, other, "--overlay", result) as viewer:
        assert [row["overlays"] for row in viewer.get("/slides").json["slides"]] == [0, 1]


# --- Pairs ---


def test_pairs(slide, tmp_path, aperio_slide):
    shutil.copy(aperio_slide, tmp_path / "ihc.svs")
    with Viewer("--pair", slide, tmp_path / "ihc.svs", slide.parent) as viewer:
        rows = viewer.get("/slides").json["slides"]
        a, b = rows[0]["id"], rows[1]["id"]
        assert all(row["pair"] is None for row in rows[2:])
        assert (rows[0]["pair"], rows[1]["pair"]) == (b, a)
        ratio = 0.5 / 0.499
        assert viewer.get(f"/pairs/{a}/{b}").json == {"affine": [ratio, 0, 0, 0, ratio, 0], "points": [], "saved": False}
        pair = {"affine": [1, 0.1, 5.5, -0.1, 1, 7], "points": [[1, 2, 3, 4.5]]}
        assert viewer.ask(f"/pairs/{a}/{b}", "PUT", pair).json == {**pair, "saved": True}
        assert json.loads((tmp_path / "case.ihc.pair.json").read_text()) == pair
        assert viewer.get(f"/pairs/{a}/{b}").json == {**pair, "saved": True}
        for bad in ({}, [], {**pair, "affine": [1, 2, 3, 4, 5]}, {**pair, "points": [[1, 2, 3]]},
                    {**pair, "affine": ["1", 0, 0, 0, 1, 0]}):
            assert viewer.ask(f"/pairs/{a}/{b}", "PUT", bad).status == 422
        assert viewer.ask(f"/pairs/{a}/x").status == 404
        (tmp_path / "case.ihc.pair.json").write_text("{}")
        assert viewer.ask(f"/pairs/{a}/{b}").code == "damaged"
    with Viewer(slide, tmp_path / "ihc.svs", "--read-only") as viewer:
        assert viewer.ask(f"/pairs/{b}/{a}", "PUT", pair).status == 423
    assert names(tmp_path) == ["case.ihc.pair.json", "case.tif", "ihc.svs"]
