# SPDX-License-Identifier: Apache-2.0
"""nodal lesions: shapes whose measures can be worked out by hand, the phantom's nests, and what is refused."""
import csv
import math

import numpy
import pytest
import tifffile

from program import names, nodal, nodal_json

HEADER = "lesion,label,x_px,y_px,width_px,height_px,area_mm2,longest_mm,major_axis_mm,cells,category\n"


def polygon(group, points, kind="Polygon"):
    lines = [f'<Annotation Name="a" Type="{kind}" PartOfGroup="{group}" Color="#F4FA58"><Coordinates>']
    lines += [f'<Coordinate Order="{order}" X="{x}" Y="{y}" />' for order, (x, y) in enumerate(points)]
    return "\n".join(lines) + "</Coordinates></Annotation>\n"


def box(group, x, y, width, height):
    return polygon(group, [(x, y), (x + width, y), (x + width, y + height), (x, y + height)])


def write_xml(path, *annotations, groups=("metastases", "normal", "_0", "_2")):
    listed = "".join(f'<Group Name="{group}" PartOfGroup="None" Color="#64FE2E"><Attributes /></Group>\n'
                     for group in groups)
    path.write_text(f'<?xml version="1.0"?>\n<ASAP_Annotations>\n<Annotations>\n{"".join(annotations)}</Annotations>\n'
                    f"<AnnotationGroups>\n{listed}</AnnotationGroups>\n</ASAP_Annotations>\n")
    return path


def write_mask(path, pixels, spacing_um=0.5):
    resolution = {"resolution": (1e4 / spacing_um,) * 2, "resolutionunit": "CENTIMETER"} if spacing_um else {}
    tifffile.imwrite(path, pixels, photometric="minisblack", tile=(64, 64), metadata=None, compression="zlib",
                     **resolution)
    return path


def axis_mm(pixels, spacing_um):
    """4 standard deviations of `pixels` values in a row."""
    return 4 * spacing_um * math.sqrt((pixels**2 - 1) / 12) / 1000


def rows_of(path):
    return list(csv.DictReader(path.read_text().splitlines()))


def test_boxes_by_hand(tmp_path):
    xml = write_xml(tmp_path / "patient_004_node_4.xml", box("metastases", 100, 200, 300, 400),
                    box("metastases", 1000, 0, 6000, 8000), box("metastases", 10, 10, 20, 10),
                    box("normal", 1000, 0, 6000, 80))
    table = tmp_path / "lesions.csv"
    output, errors = nodal("lesions", xml, "--spacing", 0.25, "-o", table)
    assert errors == ""
    assert output == "patient_004_node_4: macro, 3 lesions, the longest 2.500000 mm\n"
    area = 6000 * 7920
    assert table.read_text() == HEADER + (
        f"1,metastases,1000,0,6000,8000,{area / 16e6:.9f},2.500000,{axis_mm(7920, 0.25):.6f},,macro\n"
        f"2,metastases,100,200,300,400,{120000 / 16e6:.9f},0.125000,{axis_mm(400, 0.25):.6f},,itc\n"
        f"3,metastases,10,10,20,10,{200 / 16e6:.9f},{math.hypot(5, 2.5) / 1000:.6f},{axis_mm(20, 0.25):.6f},,itc\n")
    document = nodal_json("lesions", xml, "--spacing", 0.25)
    assert (list(document), document["slide"], document["label"]) == \
        (["slide", "label", "lesions", "warnings"], "patient_004_node_4", "macro")
    assert document["lesions"][1] == {
        "lesion": 2, "label": "metastases", "x_px": 100, "y_px": 200, "width_px": 300, "height_px": 400,
        "area_mm2": 0.0075, "longest_mm": 0.125, "major_axis_mm": pytest.approx(axis_mm(400, 0.25), rel=1e-12),
        "cells": None, "category": "itc"}
    assert len(document["lesions"]) == 3
    assert nodal("lesions", xml, "--spacing", 0.25, "-q") == ("", "")


@pytest.mark.parametrize("length, category", [(800, "itc"), (801, "micro"), (8000, "micro"), (8001, "macro")])
def test_the_limits(tmp_path, length, category):
    xml = write_xml(tmp_path / "a.xml", polygon("metastases", [(0, 0), (length, 0), (length / 2, 10)]))
    assert nodal_json("lesions", xml, "--spacing", 0.25)["lesions"][0]["category"] == category
    pixels = numpy.zeros((40, 8100), numpy.uint8)
    side = 20
    pixels[5:5 + side, 7:7 + round(math.sqrt(length**2 - side**2) - 0.5)] = 1  # the pixels' corners count
    longest = math.hypot(side, pixels[5].sum())
    lesion, = nodal_json("lesions", write_mask(tmp_path / "m.tif", pixels, 0.25))["lesions"]
    assert lesion["longest_mm"] == pytest.approx(longest * 0.25 / 1000, rel=1e-12)
    assert lesion["category"] == ("macro" if longest > 8000 else "micro" if longest > 800 else "itc")


def test_mask_by_hand(tmp_path):
    pixels = numpy.zeros((300, 500), numpy.uint8)
    pixels[10:110, 20:320] = 1   # meets the next at a corner
    pixels[110:120, 320:330] = 1
    pixels[30:50, 40:60] = 0
    pixels[200:240, 100:130] = 1
    mask = write_mask(tmp_path / "patient_001_node_2_mask.tif", pixels, 0.5)
    table = tmp_path / "lesions.csv"
    assert nodal("lesions", mask, "-o", table) == \
        (f"patient_001_node_2: itc, 2 lesions, the longest {math.hypot(155, 55) / 1000:.6f} mm\n", "")
    y, x = numpy.nonzero(pixels[:150])
    moments = numpy.cov(numpy.stack((x, y)) * 0.5, bias=True)
    axis = 4 * math.sqrt(numpy.linalg.eigvalsh(moments)[1]) / 1000
    assert table.read_text() == HEADER + (
        f"1,1,20,10,310,110,{(30000 + 100 - 400) / 4e6:.9f},{math.hypot(155, 55) / 1000:.6f},{axis:.6f},,itc\n"
        f"2,1,100,200,30,40,{1200 / 4e6:.9f},0.025000,{axis_mm(40, 0.5):.6f},,itc\n")
    # 90 rows of half a micrometre lie between.
    one, two = (nodal_json("lesions", mask, "--merge-gap", gap)["lesions"] for gap in (45.001, 45))
    assert (len(one), len(two)) == (1, 2)
    assert one[0]["area_mm2"] == pytest.approx((29700 + 1200) / 4e6, rel=1e-12)


def components_of(pixels):
    """Sets of pixels that meet at an edge or a corner, by following them one after another."""
    left = set(zip(*(axis.tolist() for axis in numpy.nonzero(pixels))))
    while left:
        found, waiting = [], [left.pop()]
        while waiting:
            y, x = waiting.pop()
            found.append((y, x))
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            waiting += near
        yield found


@pytest.mark.parametrize("density", [0.1, 0.3, 0.45, 0.7])
def test_lesions_are_components(tmp_path, density):
    pixels = (numpy.random.default_rng(6).random((150, 170)) < density).astype(numpy.uint8)
    wanted = []
    for component in components_of(pixels):
        corners = {(y + dy, x + dx) for y, x in component for dy in (0, 1) for dx in (0, 1)}
        rows = {}
        for y, x in corners:
            low, high = rows.get(y, (x, x))
            rows[y] = (min(low, x), max(high, x))
        ends = numpy.array([(y, x) for y, pair in rows.items() for x in pair], float)
        longest = max(numpy.hypot(*(ends - end).T).max() for end in ends)
        ys, xs = zip(*component)
        wanted.append((round(longest * 1e-3, 9), len(component), min(ys), min(xs), max(ys) - min(ys) + 1,
                       max(xs) - min(xs) + 1))
    mask = write_mask(tmp_path / "m.tif", pixels, 1)
    lesions = [(round(lesion["longest_mm"], 9), round(lesion["area_mm2"] * 1e6), lesion["y_px"], lesion["x_px"],
                lesion["height_px"], lesion["width_px"]) for lesion in nodal_json("lesions", mask)["lesions"]]
    assert sorted(lesions) == sorted(wanted)
    assert [lesion[0] for lesion in lesions] == sorted((lesion[0] for lesion in lesions), reverse=True)


def test_values_of_a_mask_are_not_guessed(tmp_path):
    pixels = numpy.zeros((100, 100), numpy.uint8)
    mask = write_mask(tmp_path / "m.tif", pixels)
    assert nodal("lesions", mask) == ("m: negative, no lesion\n", "")
    pixels[10:20, 10:30] = 2
    write_mask(mask, pixels)
    assert nodal_json("lesions", mask)["lesions"][0]["label"] == "2"
    assert nodal("lesions", mask, "--value", 1, status=1) == ("", f"nodal lesions: {mask}: holds no pixel of 1, but 2\n")
    pixels[50:60, 50:55] = 1
    write_mask(mask, pixels)
    assert nodal("lesions", mask, status=1) == \
        ("", f"nodal lesions: {mask}: holds the values 1, 2: which one is tumor is not known\n")
    assert nodal_json("lesions", mask, "--value", 1)["lesions"][0]["width_px"] == 5
    assert nodal_json("lesions", mask, "--value", 2)["lesions"][0]["width_px"] == 20


def test_spacing_is_not_guessed(tmp_path, bare_slide, jpeg_slide):
    xml = write_xml(tmp_path / "a.xml", box("metastases", 0, 0, 100, 100))
    help_text = "no spacing is known; --slide or --spacing states it"
    assert nodal("lesions", xml, status=1) == ("", f"nodal lesions: {xml}: {help_text}\n")
    assert nodal("lesions", xml, "--slide", bare_slide, status=1) == ("", f"nodal lesions: {bare_slide}: {help_text}\n")
    pixels = numpy.zeros((64, 64), numpy.uint8)
    pixels[:10, :10] = 1
    mask = write_mask(tmp_path / "m.tif", pixels, None)
    assert nodal("lesions", mask, status=1) == ("", f"nodal lesions: {mask}: {help_text}\n")
    assert nodal_json("lesions", mask, "--spacing", 2)["lesions"][0]["area_mm2"] == 100 * 4 / 1e6
    assert nodal_json("lesions", mask, "--slide", jpeg_slide)["lesions"][0]["area_mm2"] == \
        pytest.approx(100 * 0.25 / 1e6, rel=1e-6)
    # The slide of half a micrometre gives the name and the spacing.
    document = nodal_json("lesions", xml, "--slide", jpeg_slide)
    assert document["slide"] == jpeg_slide.stem
    assert document["lesions"][0]["longest_mm"] == pytest.approx(50 * math.sqrt(2) / 1000, rel=1e-6)
    assert nodal_json("lesions", xml, "--slide", jpeg_slide, "--spacing", 3)["lesions"][0]["longest_mm"] == \
        pytest.approx(300 * math.sqrt(2) / 1000, rel=1e-9)


def test_groups_are_not_guessed(tmp_path):
    xml = write_xml(tmp_path / "a.xml", box("tumour", 0, 0, 10, 10), box("_0", 100, 0, 20, 20), box("_2", 100, 0, 20, 5),
                    groups=("tumour", "_0", "_2"))
    arguments = ("lesions", xml, "--spacing", 1)
    assert nodal(*arguments, status=1) == \
        ("", f"nodal lesions: {xml}: group 'tumour' has no label: whether it is tumor is not known\n")
    document = nodal_json(*arguments, "--labels", "camelyon16")
    assert [lesion["area_mm2"] for lesion in document["lesions"]] == [300 / 1e6]
    assert document["warnings"] == ["group 'tumour' has no label and is left out"]
    assert nodal(*arguments, "--labels", "camelyon16")[1] == \
        f"nodal lesions: warning: {xml}: group 'tumour' has no label and is left out\n"
    document = nodal_json(*arguments, "--label", "tumour=1", "--label", "_0=1", "--label", "_2=0")
    assert [lesion["label"] for lesion in document["lesions"]] == ["_0", "tumour"]
    assert document["warnings"] == []
    for wrong in ("tumour", "=1", "a=", "a=-1", "a=256", "a=1x"):
        assert nodal(*arguments, "--label", wrong, status=2)[1].splitlines()[0] == \
            f"nodal lesions: --label: '{wrong}' is not NAME=VALUE with a value of 0 to 255"
    assert nodal(*arguments, "--label", "a=1", "--labels", "camelyon17", status=2)[1].startswith(
        "nodal lesions: --labels excludes --label\n")


def test_cells(tmp_path):
    xml = write_xml(tmp_path / "a.xml", box("metastases", 0, 0, 100, 100), box("metastases", 500, 0, 50, 50))
    cells, arguments = tmp_path / "cells.csv", ("lesions", xml, "--spacing", 1, "--cells", tmp_path / "cells.csv")

    def counted():
        document = nodal_json(*arguments)
        return document["label"], [(lesion["cells"], lesion["category"]) for lesion in document["lesions"]]

    cells.write_text("lesion,cells\r\n2,201\r\n")
    assert counted() == ("micro", [(None, "itc"), (201, "micro")])
    cells.write_text("x,y,cells\n5,5,150\n7.5,8.25,50\n510,10,3\n")
    assert counted() == ("itc", [(200, "itc"), (3, "itc")])
    cells.write_text("X,Y\n" + "5,5\n" * 201 + "300,300\n")
    output, errors = nodal(*arguments)
    assert output == f"a: micro, 2 lesions, the longest {math.hypot(100, 100) / 1000:.6f} mm\n"
    assert errors == f"nodal lesions: warning: {cells}: 1 cell lies in no lesion\n"
    assert nodal_json(*arguments)["warnings"] == ["1 cell lies in no lesion"]
    for text, message in (("", "is empty"), ("a,b\n", "line 1: no columns lesion,cells or x,y,cells"),
                          ("lesion,cells\n3,1\n", "line 2: there is no lesion 3 among 2"),
                          ("lesion,cells\n1,-1\n", "line 2: '-1' is no number of cells or lesion"),
                          ("x,y\n1,two\n", "line 2: 'two' is no coordinate")):
        cells.write_text(text)
        assert nodal(*arguments, status=1) == ("", f"nodal lesions: {cells}: {message}\n")
    points = write_xml(tmp_path / "cells.xml", polygon("metastases", [(5, 5), (6, 6), (501, 1)], "PointSet"),
                       polygon("metastases", [(9, 9)], "Dot"))
    document = nodal_json("lesions", xml, "--spacing", 1, "--cells", points)
    assert [lesion["cells"] for lesion in document["lesions"]] == [3, 1]
    assert nodal("lesions", xml, "--spacing", 1, "--cells", xml, status=1) == \
        ("", f"nodal lesions: {xml}: no points and no point sets\n")


def test_from_contours_to_stages(tmp_path):
    """Five nodes of a patient, the whole way."""
    sizes = [2500, 300, 150, None, 40]
    inputs = []
    for node, size in enumerate(sizes):
        path = tmp_path / f"patient_004_node_{node}.xml"
        inputs.append(write_xml(path, *([box("metastases", 10, 20, size, 10)] if size else [])))
    table, slides, stages = tmp_path / "lesions.csv", tmp_path / "slides.csv", tmp_path / "stages.csv"
    output, errors = nodal("lesions", *inputs, "--spacing", 1, "-o", table, "--slides", slides)
    assert errors == ""
    assert output == (f"patient_004_node_0: macro, 1 lesion, the longest {math.hypot(2500, 10) / 1000:.6f} mm\n"
                      f"patient_004_node_1: micro, 1 lesion, the longest {math.hypot(300, 10) / 1000:.6f} mm\n"
                      f"patient_004_node_2: itc, 1 lesion, the longest {math.hypot(150, 10) / 1000:.6f} mm\n"
                      "patient_004_node_3: negative, no lesion\n"
                      f"patient_004_node_4: itc, 1 lesion, the longest {math.hypot(40, 10) / 1000:.6f} mm\n"
                      "5 measured, 0 failed\n")
    assert slides.read_text() == ("slide,label\npatient_004_node_0,macro\npatient_004_node_1,micro\n"
                                  "patient_004_node_2,itc\npatient_004_node_3,negative\npatient_004_node_4,itc\n")
    assert table.read_text().splitlines()[0] == "slide," + HEADER.strip()
    assert [(row["slide"], row["lesion"]) for row in rows_of(table)] == \
        [(f"patient_004_node_{node}", "1") for node in (0, 1, 2, 4)]
    nodal("stage", slides, "-o", stages)
    assert stages.read_text().splitlines()[:3] == \
        ["patient,stage", "patient_004.zip,pN1", "patient_004_node_0.tif,macro"]
    document = nodal_json("lesions", *inputs, "--spacing", 1)
    assert [(slide["slide"], slide["label"], len(slide["lesions"])) for slide in document["slides"]] == \
        [(f"patient_004_node_{node}", label, size is not None) for node, (label, size) in
         enumerate(zip(["macro", "micro", "itc", "negative", "itc"], sizes))]


def test_annotations_are_known_by_their_content(tmp_path):
    xml = write_xml(tmp_path / "contours", box("_0", 0, 0, 10, 10))
    assert nodal_json("lesions", xml, "--spacing", 1)["label"] == "itc"


def test_a_bad_input_among_good_ones(tmp_path):
    good, bad = write_xml(tmp_path / "a.xml", box("_0", 0, 0, 10, 10)), tmp_path / "b.xml"
    bad.write_text("<no")
    slides = tmp_path / "slides.csv"
    output, errors = nodal("lesions", bad, good, "--spacing", 1, "--slides", slides, status=1)
    assert output.splitlines()[1:] == ["1 measured, 1 failed"]
    assert errors.startswith(f"nodal lesions: {bad}: ") and errors.count("\n") == 1
    assert slides.read_text() == "slide,label\na,itc\n"
    assert nodal("lesions", bad, "--spacing", 1, "--slides", slides, "-f", status=1)[0] == ""
    assert slides.read_text() == "slide,label\na,itc\n"
    assert names(tmp_path) == ["a.xml", "b.xml", "slides.csv"]


def test_outputs_and_usage(tmp_path):
    xml = write_xml(tmp_path / "a.xml", box("_0", 0, 0, 10, 10))
    other = tmp_path / "other.csv"
    other.write_text("precious")
    for option in ("-o", "--slides"):
        assert nodal("lesions", xml, "--spacing", 1, option, other, status=1) == \
            ("", f"nodal lesions: {other}: exists already (--force replaces it)\n")
        assert nodal("lesions", xml, "--spacing", 1, option, xml, "-f", status=1) == \
            ("", f"nodal lesions: {xml}: is the input itself\n")
    assert other.read_text() == "precious"
    assert nodal("lesions", xml, xml, "--slide", xml, status=2)[1].startswith("nodal lesions: --slide is for one input\n")
    assert nodal("lesions", xml, xml, "--cells", xml, status=2)[1].startswith("nodal lesions: --cells is for one input\n")
    missing = tmp_path / "no.xml"
    assert nodal("lesions", missing, "--spacing", 1, status=1) == \
        ("", f"nodal lesions: {missing}: No such file or directory\n")
    assert names(tmp_path) == ["a.xml", "other.csv"]


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    """A synthetic node with five nests: the slide, its outlines, its truth, the mask."""
    folder = tmp_path_factory.mktemp("phantom")
    slide, xml, truth, mask = (folder / f"patient_001_node_0{end}" for end in (".tif", ".xml", ".csv", "_mask.tif"))
    nodal("phantom", "slide", "-o", slide, "--size", 6000, 4500, "--spacing", 2, "--tumor", 5, "--tumor-size", 2.2,
          "--seed", 3, "--annotation", xml, "--truth", truth, "-q")
    nodal("mask", xml, "--slide", slide, "--labels", "camelyon17", "-o", mask, "-q")
    return slide, xml, truth, mask


def test_nests_of_the_phantom(tmp_path, phantom):
    slide, xml, truth, mask = phantom
    nests = rows_of(truth)
    drawn, pixels = tmp_path / "drawn.csv", tmp_path / "pixels.csv"
    nodal("lesions", xml, "--slide", slide, "-o", drawn, "-q")
    nodal("lesions", mask, "-o", pixels, "-q")
    drawn, pixels = rows_of(drawn), rows_of(pixels)
    assert len(nests) == len(drawn) == len(pixels) == 5
    for nest, by_outline, by_pixel in zip(nests, drawn, pixels):
        longest = float(nest["longest_mm"])
        assert float(by_outline["longest_mm"]) == pytest.approx(longest, abs=6e-5)  # the truth has four decimals
        assert by_outline["category"] == ("macro" if longest > 2 else "micro" if longest > 0.2 else "itc")
        # A pixel reaches past its center by half a diagonal, and the outline past a center by as much, at either end.
        assert abs(float(by_pixel["longest_mm"]) - float(by_outline["longest_mm"])) < 2 * 0.002 * math.sqrt(2)
        assert by_pixel["area_mm2"] == by_outline["area_mm2"]
        assert by_pixel["major_axis_mm"] == by_outline["major_axis_mm"]
        x, y, width, height = (float(by_outline[key]) for key in ("x_px", "y_px", "width_px", "height_px"))
        assert x < float(nest["center_x_px"]) < x + width and y < float(nest["center_y_px"]) < y + height
    assert drawn[0]["category"] == "macro" and drawn[4]["category"] != "macro"


def test_outlines_of_the_phantom(phantom):
    """CAMELYON17's dialect, and the outlines cover what was painted as tumor."""
    _, xml, _, mask = phantom
    text = xml.read_text()
    assert text.startswith('<?xml version="1.0"?>\n<ASAP_Annotations>\n\t<Annotations>\n\t\t<Annotation Name="Nest 1" '
                           'Type="Polygon" PartOfGroup="metastases" Color="#F4FA58">\n')
    assert text.count('PartOfGroup="metastases"') == 5
    assert '<Group Name="metastases" PartOfGroup="None" Color="#FF0000">' in text


def test_threads_change_nothing(phantom):
    *_, mask = phantom
    assert nodal("lesions", mask, "--json", "-t", 1) == nodal("lesions", mask, "--json", "-t", 8)


def test_level_of_a_mask(phantom):
    *_, mask = phantom
    fine, coarse = (nodal_json("lesions", mask, "--level", level)["lesions"] for level in (0, 2))
    assert len(fine) == len(coarse)
    for a, b in zip(fine, coarse):
        assert abs(a["longest_mm"] - b["longest_mm"]) < 2 * 4 * 0.002 * math.sqrt(2)
        assert abs(a["area_mm2"] - b["area_mm2"]) < 0.05 * a["area_mm2"]
    assert nodal("lesions", mask, "--level", 9, status=1)[1].startswith(f"nodal lesions: {mask}: no level 9, only 0 to ")
