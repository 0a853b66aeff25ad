# SPDX-License-Identifier: Apache-2.0
"""Masks, contours, lesions, stages, kernels on arrays, phantoms."""
import numpy
import pytest
import scipy.ndimage

import nodal
from program import nodal as program
from program import nodal_json


@pytest.fixture
def annotations():
    made = nodal.Annotations()
    made.add("a", "polygon", [(10, 10), (60, 10), (60, 50), (10, 50)], group="metastases")
    made.add("b", "polygon", [(40, 30), (90, 30), (90, 80), (40, 80)], group="normal")
    return made


def drawn():
    values = numpy.zeros((100, 120), numpy.uint8)
    values[10:50, 10:60] = 1
    values[30:80, 40:90] = 2
    return values


def test_drawing(annotations):
    mask = nodal.Mask(annotations, 120, 100, labels={"metastases": 1, "normal": 2})
    assert (mask.dimensions, mask.shape, mask.warnings) == ((120, 100), (100, 120), ())
    assert numpy.array_equal(mask.draw(0, 0, 120, 100), drawn())
    assert numpy.array_equal(mask.draw(30, 20, 40, 50), drawn()[20:70, 30:70])
    assert mask.draw(-50, -50, 10, 10).sum() == 0
    out = bytearray(4000)
    assert mask.draw(0, 0, 40, 100, out=out) is out


def test_order_and_presets(annotations):
    ordered = nodal.Mask(annotations, 120, 100, labels={"metastases": 1, "normal": 2}, order=["normal", "metastases"])
    expected = drawn()
    expected[30:50, 40:60] = 1
    assert numpy.array_equal(ordered.draw(0, 0, 120, 100), expected)
    preset = nodal.Mask(annotations, 120, 100, preset="camelyon17")
    assert numpy.array_equal(preset.draw(0, 0, 120, 100), drawn())


def test_writing_and_contours(annotations, tmp_path):
    path = tmp_path / "mask.tif"
    mask = nodal.Mask(annotations, 120, 100, spacing=(0.5, 0.5), labels={"metastases": 1, "normal": 2})
    mask.write(path, tile_size=64, codec="deflate")
    with nodal.Slide(path) as slide:
        assert (slide.color, slide.spacing) == ("label", pytest.approx((0.5, 0.5)))
        assert numpy.array_equal(slide[:, :], drawn())
        traced = nodal.contours(slide)
        only = nodal.contours(slide, values=[2])
    assert [each.name for each in traced.groups] == ["1", "2"]
    again = nodal.Mask(traced, 120, 100, labels={"1": 1, "2": 2}).draw(0, 0, 120, 100)
    assert numpy.array_equal(again, drawn())
    assert {each.group for each in only} == {"2"}


def test_a_mask_is_that_of_the_program(phantom_path, tmp_path):
    by_program, by_module = tmp_path / "a.tif", tmp_path / "b.tif"
    program("mask", phantom_path.with_suffix(".xml"), "--slide", phantom_path, "-q", "-o", by_program)
    with nodal.Slide(phantom_path) as slide:
        annotations = nodal.Annotations.read(phantom_path.with_suffix(".xml"))
        nodal.Mask(annotations, *slide.dimensions, spacing=slide.spacing).write(by_module)
    assert by_program.read_bytes() == by_module.read_bytes()


@pytest.mark.parametrize("arguments, message", [
    ({"rule": "odd"}, "rule: 'odd' is none of center, asap"),
    ({"preset": "x"}, "preset: 'x' is none of camelyon16, camelyon17"),
    ({"preset": "camelyon16", "labels": {"a": 1}}, "preset: stands for labels and order, which are given as well"),
    ({"labels": {"metastases": 256}}, "labels: 256 is not between 0 and 255"),
    ({"labels": ["metastases"]}, "labels: a dict of name to value"),
    ({"downsample": 0}, None),
])
def test_bad_masks(annotations, arguments, message):
    with pytest.raises(nodal.ArgumentError) as caught:
        nodal.Mask(annotations, 120, 100, **arguments)
    assert message is None or str(caught.value) == message
    with pytest.raises(TypeError, match="nodal.Annotations are wanted"):
        nodal.Mask([], 120, 100)


def test_lesions(annotations, tmp_path):
    lesions = nodal.Lesions.of_annotations(annotations, 10.0)
    assert (len(lesions), lesions.label, repr(lesions)) == (1, "micro", "<nodal.Lesions, 1, micro>")
    lesion = lesions[0]
    assert (lesion.label, lesion.x_px, lesion.y_px, lesion.width_px, lesion.height_px) == ("metastases", 10, 10, 50, 40)
    # 'normal' cuts 20 x 20 pixels out of the 50 x 40; the longest line is the diagonal of the outline.
    assert lesion.area_mm2 == pytest.approx((2000 - 400) * 1e-4)
    assert lesion.longest_mm == pytest.approx((50**2 + 40**2) ** 0.5 / 100)
    assert lesion.cells is None and lesion.category == "micro"
    assert lesions.add_cells([(15, 15), (20, 20), (500, 500)], [100, 150, 7]) == 7
    assert lesions[0].cells == 250
    lesions.set_cells(0, 3)
    assert lesions[-1].cells == 3
    table = tmp_path / "cells.csv"
    table.write_text("x,y,cells\n15,15,4\n")
    assert lesions.read_cells(table) == 0 and lesions[0].cells == 7
    with pytest.raises(nodal.ArgumentError, match="labels"):
        nodal.Lesions.of_annotations(annotations, 10.0, labels={"x": -1})
    with pytest.raises(nodal.ArgumentError):
        lesions.set_cells(9, 1)
    with pytest.raises(nodal.ArgumentError, match="cells: a number of cells is not negative"):
        lesions.add_cells([(1, 1)], [-1])


def test_lesions_of_a_mask(mask_path):
    with nodal.Slide(mask_path) as mask:
        with pytest.raises(nodal.ArgumentError):
            nodal.Lesions.of_mask(mask, 1)
        lesions = nodal.Lesions.of_mask(mask, 1, spacing=2.0)
    assert lesions[0].longest_mm == pytest.approx((250**2 + 120**2) ** 0.5 * 2e-3)
    assert lesions[0].area_mm2 == pytest.approx(250 * 120 * 4e-6)


def test_lesions_are_those_of_the_program(phantom_path):
    told = nodal_json("lesions", phantom_path.with_suffix(".xml"), "--slide", phantom_path)
    lesions = nodal.Lesions.of_annotations(nodal.Annotations.read(phantom_path.with_suffix(".xml")), 0.5)
    rows = told["lesions"] if "lesions" in told else told["slides"][0]["lesions"]
    assert [lesion.longest_mm for lesion in lesions] == pytest.approx([row["longest_mm"] for row in rows], abs=1e-6)


def test_categories_and_stages(tmp_path):
    assert [nodal.lesion_category(size) for size in (0, 0.2, 0.201, 2.0, 2.001)] == [
        "itc", "itc", "micro", "micro", "macro"]
    assert nodal.lesion_category(0.1, 201) == "micro"
    assert nodal.stage(["negative"] * 5) == "pN0"
    assert nodal.stage(["itc"] * 5) == "pN0(i+)"
    assert nodal.stage(["micro", "negative", "itc", "itc", "micro"]) == "pN1mi"
    assert nodal.stage(["macro", "micro", "micro"]) == "pN1"
    assert nodal.stage(["macro"] * 4) == "pN2"
    assert nodal.stage(["macro"] * 10) is None
    assert nodal.stage(["macro"] * 10, rules="ajcc7") == "pN3a"
    assert nodal.stage(["macro"], rules="ajcc7", internal_mammary="sentinel") == "pN1c"
    table = tmp_path / "labels.csv"
    rows = ["patient,stage", "patient_004.zip,pN1"]
    rows += [f"patient_004_node_{node}.tif,{label}" for node, label in enumerate(("macro", "micro", "itc", "negative", "itc"))]
    rows += ["patient_005.zip,pN0"] + [f"patient_005_node_{node}.tif,negative" for node in range(4)]
    table.write_text("\n".join(rows) + "\n")
    patients, problems = nodal.read_stages(table, output=tmp_path / "stages.csv")
    assert [(each.name, each.stage, each.given) for each in patients] == [
        ("patient_004", "pN1", "pN1"), ("patient_005", None, "pN0")]
    assert patients[0].nodes[0] == ("patient_004_node_0.tif", "macro")
    assert len(problems) == 1 and "patient_005" in problems[0]
    assert (tmp_path / "stages.csv").read_text().splitlines()[:2] == ["patient,stage", "patient_004.zip,pN1"]
    for bad in (["large"], "negative", [5], None):
        if bad is not None:
            with pytest.raises(ValueError):
                nodal.stage(bad)


def test_kernels():
    image = (numpy.random.default_rng(1).random((80, 90)) < 0.4).astype(numpy.uint8)
    labels, count = nodal.label_components(image, connectivity=8)
    expected, expected_count = scipy.ndimage.label(image, numpy.ones((3, 3)))
    assert (count, labels.dtype) == (expected_count, numpy.uint32)
    assert len(set(zip(labels.ravel().tolist(), expected.ravel().tolist()))) == count + 1
    assert numpy.array_equal(nodal.fill_holes(image, connectivity=8),
                             scipy.ndimage.binary_fill_holes(image, scipy.ndimage.generate_binary_structure(2, 1)))
    distance = nodal.distance(image, spacing=(0.5, 0.25))
    assert numpy.allclose(distance, scipy.ndimage.distance_transform_edt(image, (0.25, 0.5)))
    disk = numpy.hypot(*numpy.mgrid[-3:4, -3:4]) <= 3
    assert numpy.array_equal(nodal.morphology(image, "dilate", 3), scipy.ndimage.binary_dilation(image, disk))
    regions = nodal.statistics(image, regions=True, spacing=2.0)
    assert sum(region.area_px for region in regions) == image.sum() and len(regions) == count
    assert regions[0].area_mm2 == pytest.approx(regions[0].area_px * 4e-6)
    for bad in (image[0], image.astype(numpy.int64), image[:, ::2], numpy.zeros((0, 5), numpy.uint8)):
        with pytest.raises(ValueError):
            nodal.label_components(bad)


def test_phantoms(phantom_path, tmp_path):
    phantom = nodal.Phantom(3000, 2200, spacing=0.5, seed=4, tumor_count=2, tumor_size_mm=0.2)
    assert (phantom.dimensions, phantom.spacing, len(phantom.nests)) == ((3000, 2200), 0.5, 2)
    nest = phantom.nests[0]
    assert nest.longest_mm == 0.2 and nest.outline.shape == (256, 2)
    assert phantom.truth(int(nest.center_x_px), int(nest.center_y_px)) in (0, 1)
    written = nodal.Annotations.read(phantom_path.with_suffix(".xml"))
    assert [numpy.allclose(mine.points, theirs.points) for mine, theirs in zip(phantom.annotations(), written)] == [True] * 2
    path = tmp_path / "out.tif"
    phantom.write(path, codec="deflate")
    with nodal.Slide(path) as slide:
        assert numpy.array_equal(slide[1000:1100, 1200:1300], phantom.paint(1200, 1000, 100, 100))
        assert "synthetic" in " ".join(slide.properties.values())
    with pytest.raises(nodal.ArgumentError):
        nodal.Phantom(0, 10)
