# SPDX-License-Identifier: Apache-2.0
"""nodal phantom dataset: what was painted is measured back, by the program and by scipy and scikit-image."""
import csv
import hashlib
import os
import re
import signal
import subprocess
import xml.etree.ElementTree

import numpy
import openslide
import pytest
import scipy.ndimage
import scipy.spatial
import skimage.draw
import tifffile
from PIL import Image

from program import command, names, nodal, nodal_json, unpacked
from test_interrupts import on_a_terminal

SIZE = 1200
FORMATS = ["generic-tiff", "generic-tiff", "aperio", "generic-tiff", "philips"]
STAGES = ["pN0", "pN0(i+)", "pN1mi", "pN1", "pN2"]
LABELS = ["negative", "itc", "micro", "macro"]


def rows_of(path):
    with open(path, encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Ten patients: two a center, all stages."""
    folder = tmp_path_factory.mktemp("phantom") / "data"
    assert nodal("phantom", "dataset", "-q", folder, "--patients", 10, "--size", SIZE, "--seed", 5, "-t", 2) == ("", "")
    return folder


@pytest.fixture(scope="module")
def table(data):
    return rows_of(data / "phantom.csv")


@pytest.fixture(scope="module")
def lesions(data):
    found = {}
    for row in rows_of(data / "lesions.csv"):
        found.setdefault(row["slide"], []).append(row)
    return found


def contours(path):
    """The polygons of an ASAP XML file, each with the group it belongs to."""
    for annotation in xml.etree.ElementTree.parse(path).getroot().iter("Annotation"):
        points = [(float(point.get("X")), float(point.get("Y"))) for point in annotation.iter("Coordinate")]
        yield annotation.get("PartOfGroup"), numpy.array(points)


def diameter(points):
    hull = points[scipy.spatial.ConvexHull(points).vertices]
    return scipy.spatial.distance.pdist(hull).max()


def category(longest_mm):
    return "macro" if longest_mm > 2 else "micro" if longest_mm > 0.2 else "itc"


def stage_of(labels):
    """The table of the challenge, in words of its own."""
    positive = [label for label in labels if label in ("micro", "macro")]
    if not positive:
        return "pN0(i+)" if "itc" in labels else "pN0"
    if "macro" not in positive:
        return "pN1mi"
    return "pN1" if len(positive) <= 3 else "pN2"


# ---- what there is ---------------------------------------------------------------------------------------------------

def test_layout(data, table):
    positive = [row["slide"] for row in table if row["label"] != "negative"]
    faulty = [row["slide"] for row in table if row["faults"]]
    assert names(data) == ["README.md", "annotations", "checksums.md5", "checksums.sha256", "faults", "fields.csv", "ihc",
                           "images", "lesions.csv", "masks", "phantom.csv", "reference.csv", "stages.csv"]
    assert names(data / "images") == [f"patient_{patient:03}_node_{node}.tif" for patient in range(10)
                                      for node in range(5)]
    assert names(data / "annotations") == [f"{slide}.xml" for slide in positive]
    assert names(data / "masks") == [f"{slide}_mask.tif" for slide in positive]
    assert names(data / "ihc") == [f"{slide}_ihc.tif" for slide in positive]
    assert names(data / "faults") == [f"{slide}.geojson" for slide in faulty]
    assert [row["slide"] + ".tif" for row in table] == names(data / "images")
    assert names(data.parent) == ["data"]


def test_everything_is_called_synthetic(data):
    assert "**Everything in this folder is synthetic.**" in (data / "README.md").read_text()
    for folder in ("images", "ihc"):
        stain = {"images": "HE", "ihc": "IHC"}[folder]
        for name in names(data / folder):
            with tifffile.TiffFile(data / folder / name) as tiff:
                description = tiff.pages[0].tags["ImageDescription"].value
            assert f"A synthetic lymph node ({stain}) painted by nodal" in description
            assert "It shows no patient." in description


def test_stages_are_in_the_official_form(data, table):
    lines = (data / "stages.csv").read_text().splitlines()
    assert lines[0] == "patient,stage,center"
    assert len(lines) == 1 + 60
    for patient in range(10):
        block = [line.split(",") for line in lines[1 + 6 * patient:7 + 6 * patient]]
        assert [row[0] for row in block] == [f"patient_{patient:03}.zip"] + [f"patient_{patient:03}_node_{node}.tif"
                                                                           for node in range(5)]
        labels = [row[1] for row in block[1:]]
        assert block[0][1] == stage_of(labels)
        assert {row[2] for row in block} == {str(patient // 2)}
        assert labels == [row["label"] for row in table[5 * patient:5 * patient + 5]]
        assert {row["stage"] for row in table[5 * patient:5 * patient + 5]} == {block[0][1]}
    staged = [re.match(r"patient_\d+.zip,(.*),", line).group(1) for line in lines if ".zip," in line]
    # Table 5's 25, 11, 21, 30, 13 of 100 are 2.5, 1.1, 2.1, 3, 1.3 of ten; halves go to the largest remainders.
    assert [staged.count(stage) for stage in STAGES] == [3, 1, 2, 3, 1]
    assert set(LABELS) == {row["label"] for row in table}


def test_reference(data, table):
    assert [(row["image"], row["type"], row["category"]) for row in rows_of(data / "reference.csv")] == \
        [(row["slide"] + ".tif", "normal" if row["label"] == "negative" else "tumor", row["label"]) for row in table]


def test_stage_gives_the_table_again(data, tmp_path):
    nodal("stage", data / "stages.csv", "-o", tmp_path / "stages.csv", "-q")
    assert (tmp_path / "stages.csv").read_bytes() == (data / "stages.csv").read_bytes()


def test_checksums(data):
    files = sorted(os.path.relpath(os.path.join(folder, name), data) for folder, _, found in os.walk(data)
                   for name in found if not name.startswith("checksums."))
    for program, name in (("md5sum", "checksums.md5"), ("sha256sum", "checksums.sha256")):
        subprocess.run([program, "--check", "--strict", "--quiet", name], cwd=data, check=True)
        listed = [line.split("  ")[1] for line in (data / name).read_text().splitlines()]
        assert listed == files


# ---- the truth, measured back ----------------------------------------------------------------------------------------

def test_contours_have_the_stated_sizes(data, table, lesions):
    for row in table:
        if row["label"] == "negative":
            assert row["lesions"] == "0" and row["largest_mm"] == "" and row["slide"] not in lesions
            continue
        found = list(contours(data / "annotations" / f"{row['slide']}.xml"))
        assert {group for group, _ in found} == {"metastases"}
        scale = float(row["spacing_um"]) / 1000
        sizes = [diameter(points) * scale for _, points in found]
        stated = [float(lesion["longest_mm"]) for lesion in lesions[row["slide"]]]
        assert sizes == pytest.approx(stated, abs=1e-6) and stated == sorted(stated, reverse=True)
        assert [category(size) for size in sizes] == [lesion["category"] for lesion in lesions[row["slide"]]]
        assert row["label"] == category(sizes[0])
        assert int(row["lesions"]) == len(sizes) and float(row["largest_mm"]) == stated[0]
        for lesion, (_, points) in zip(lesions[row["slide"]], found):
            center = float(lesion["center_x_px"]), float(lesion["center_y_px"])
            assert (points.min(0) < center).all() and (points.max(0) > center).all()


def test_sizes_lie_near_the_borders_and_far_from_them(table):
    largest = {row["slide"]: (row["label"], float(row["largest_mm"]), 0.003 * float(row["spacing_um"]))
               for row in table if row["largest_mm"]}
    near = {slide for slide, (_, size, margin) in largest.items() if min(abs(size - 0.2), abs(size - 2)) < 1.01 * margin}
    assert 0 < len(near) < len(largest)
    # Three pixels: more than a mask can make of it.
    assert all(min(abs(size - 0.2), abs(size - 2)) > 0.99 * margin for _, size, margin in largest.values())


def test_masks_are_the_contours(data, table):
    """A pixel is tumor where its center lies in a polygon, as scikit-image decides; lesions never touch."""
    for row in (row for row in table if row["label"] != "negative"):
        mask = unpacked(data / "masks" / f"{row['slide']}_mask.tif")[0]
        expected = numpy.zeros(mask.shape, numpy.uint8)
        assert mask.shape == (int(row["height_px"]), int(row["width_px"]))
        for _, points in contours(data / "annotations" / f"{row['slide']}.xml"):
            expected[skimage.draw.polygon(points[:, 1] - 0.5, points[:, 0] - 0.5, mask.shape)] = 2
        assert (mask != expected).sum() == 0
        assert scipy.ndimage.label(mask, numpy.ones((3, 3)))[1] == int(row["lesions"])


@pytest.mark.parametrize("source", ["annotations", "masks"])
def test_lesions_measures_what_was_painted(data, table, lesions, source):
    positive = [row for row in table if row["label"] != "negative"]
    ending = {"annotations": ".xml", "masks": "_mask.tif"}[source]
    for row in positive:
        arguments = ["--slide", data / "images" / f"{row['slide']}.tif"] if source == "annotations" else []
        document = nodal_json("lesions", data / source / (row["slide"] + ending), *arguments)
        assert document["label"] == row["label"]
        # A mask's outline runs along the edges of pixels: each end may be half a pixel's diagonal off.
        tolerance = 1e-6 if source == "annotations" else 2 ** 0.5 * float(row["spacing_um"]) / 1000
        stated = [float(lesion["longest_mm"]) for lesion in lesions[row["slide"]]]
        assert sorted((lesion["longest_mm"] for lesion in document["lesions"]), reverse=True) == \
            pytest.approx(stated, abs=tolerance)


def test_evaluation_by_the_rules_of_the_data_set(data, table, lesions, tmp_path):
    """Who marks the middle of each lesion finds all of them."""
    for row in table:
        marks = [f"1,{round(float(lesion['center_x_px']))},{round(float(lesion['center_y_px']))}\n"
                 for lesion in lesions.get(row["slide"], [])]
        (tmp_path / f"{row['slide']}.csv").write_text("p,x,y\n" + "".join(marks))
    document = nodal_json("evaluate", "lesions", "--truth", data / "masks", "--detections", tmp_path, "--rules", "dataset",
                          "--reference", data / "reference.csv", "--include-itc", "--resamples", 10)
    assert document["score"] == 1 and document["slides"] == 50


# ---- centers ---------------------------------------------------------------------------------------------------------

def test_formats_are_known(data, table):
    for row in table[::5]:
        path, center = data / "images" / f"{row['slide']}.tif", int(row["center"])
        document = nodal_json("info", path)
        assert document["format"] == row["format"] == FORMATS[center]
        assert document["spacing_um"]["x"] == pytest.approx(float(row["spacing_um"]), rel=1e-12)
        with openslide.OpenSlide(str(path)) as slide:
            assert openslide.OpenSlide.detect_format(str(path)) == FORMATS[center]
            assert slide.dimensions == (int(row["width_px"]), int(row["height_px"]))
            assert set(slide.associated_images) == {"aperio": {"thumbnail", "label", "macro"},
                                                    "philips": {"label", "macro"}}.get(row["format"], set())
            if row["format"] != "generic-tiff":
                assert float(slide.properties["openslide.mpp-x"]) == pytest.approx(float(row["spacing_um"]))
        with tifffile.TiffFile(path) as tiff:
            assert (tiff.is_svs, tiff.is_philips) == (row["format"] == "aperio", row["format"] == "philips")


def test_spacings_are_those_of_scanners_at_32000_pixels(table):
    factors = [float(row["spacing_um"]) * SIZE / 32000 for row in table[::10]]
    assert factors == pytest.approx([0.243, 0.240, 0.226, 0.245, 0.250])


def test_aperio_directories(data, table):
    """Level 0, thumbnail, smaller levels, label, macro, all RGB; the images are found by their names."""
    row = next(row for row in table if row["format"] == "aperio")
    path = data / "images" / f"{row['slide']}.tif"
    with tifffile.TiffFile(path) as tiff:
        assert [page.is_tiled for page in tiff.pages] == [True, False, True, True, True, False, False]
        assert {page.photometric.name for page in tiff.pages} == {"RGB"}
        assert tiff.pages[0].tile == (240, 240)
        assert [series.name for series in tiff.series] == ["Baseline", "Thumbnail", "Label", "Macro"]
        assert len(tiff.series[0].levels) == 4
        assert tiff.pages[1].description.split("\r\n")[1].startswith(f"{row['width_px']}x{row['height_px']} -> ")


def test_philips_levels_are_padded(data, table):
    row = next(row for row in table if row["format"] == "philips")
    assert (row["width_px"], row["height_px"]) == ("1024", "1024")
    slide = nodal_json("info", data / "images" / f"{row['slide']}.tif")
    assert [(level["width"], level["downsample"]) for level in slide["levels"]] == [(1024, 1), (512, 2)]


@pytest.mark.parametrize("center", range(5))
def test_openslide_sees_the_same_pixels(data, table, tmp_path, center):
    row = table[10 * center]
    path = data / "images" / f"{row['slide']}.tif"
    nodal("crop", path, 200, 200, 600, 500, "-q", "-o", tmp_path / "crop.png")
    with openslide.OpenSlide(str(path)) as slide:
        other = numpy.asarray(slide.read_region((200, 200), 0, (600, 500)))[:, :, :3]
    difference = numpy.abs(numpy.asarray(Image.open(tmp_path / "crop.png")).astype(int) - other)
    assert difference.max() <= 2  # two releases of libjpeg may round chroma differently


def test_label_says_synthetic(data, table, tmp_path):
    """Its first line is made of letters of five by seven squares, equal where those of the word are."""
    for slide_format in ("aperio", "philips"):
        row = next(row for row in table if row["format"] == slide_format)
        nodal("associated", data / "images" / f"{row['slide']}.tif", "label", "-q", "-o", tmp_path / "l.png", "-f")
        label = numpy.asarray(Image.open(tmp_path / "l.png").convert("L"))
        first_line = (label[20:55, 12:282] == 0)[2::5, 2::5]
        letters = [first_line[:, 6 * i:6 * i + 5] for i in range(9)]
        assert ["".join("#" if square else "." for square in line) for line in letters[3]] == \
            ["#####", "..#..", "..#..", "..#..", "..#..", "..#..", "..#.."]
        same = [[(one == other).all() for other in letters] for one in letters]
        assert same == [[one == other for other in "SYNTHETIC"] for one in "SYNTHETIC"]


def test_slide_can_be_painted_again(data, table, lesions, tmp_path):
    """phantom.csv holds all that the painter needs."""
    tried = [row for row in table if row["lesions"] != "0" and row["format"] == "generic-tiff"]
    assert any(row["faults"] for row in tried)
    for row in tried:
        sizes = ",".join(lesion["longest_mm"] for lesion in lesions[row["slide"]])
        same = ["phantom", "slide", "-q", "-f", "--size", row["width_px"], row["height_px"], "--spacing", row["spacing_um"],
                "--seed", row["seed"], "--center", row["center"], "--tumor-sizes", sizes, "--quality", 70]
        faults = ["--faults", row["faults"].replace(" ", ",")] if row["faults"] else []
        nodal(*same, *faults, "-o", tmp_path / "he.tif")
        nodal(*same, "--stain", "ihc", "--turn=" + row["ihc_turn_degrees"], "-o", tmp_path / "ihc.tif",
              f"--shift={row['ihc_shift_x_um']},{row['ihc_shift_y_um']}")
        for painted, again in ((data / "images" / f"{row['slide']}.tif", "he.tif"), (data / row["ihc"], "ihc.tif")):
            document = nodal_json("compare", painted, tmp_path / again)
            assert [level["max_difference"] for level in document["levels"]] == [0] * len(document["levels"])


# ---- sections, faults, nuclei ----------------------------------------------------------------------------------------

def test_ihc_section_is_turned_and_shifted(data, table, lesions, tmp_path):
    """DAB is brown where the rigid motion of the table says that the largest lesion went."""
    tried = 0
    for row in table:
        if row["label"] != "macro":
            continue
        turn = numpy.deg2rad(float(row["ihc_turn_degrees"]))
        assert 1 <= abs(numpy.rad2deg(turn)) <= 5
        width, height, spacing = int(row["width_px"]), int(row["height_px"]), float(row["spacing_um"])
        points = next(contours(data / "annotations" / f"{row['slide']}.xml"))[1] - (width / 2, height / 2)
        # Clockwise, as y grows downward.
        motion = numpy.array([[numpy.cos(turn), numpy.sin(turn)], [-numpy.sin(turn), numpy.cos(turn)]])
        shift = numpy.array([float(row["ihc_shift_x_um"]), float(row["ihc_shift_y_um"])]) / spacing
        moved = points @ motion + (width / 2, height / 2) + shift
        nodal("crop", data / row["ihc"], 0, 0, width, height, "-q", "-f", "-o", tmp_path / "ihc.png")
        pixels = numpy.asarray(Image.open(tmp_path / "ihc.png")).astype(int)
        inside = numpy.zeros(pixels.shape[:2], bool)
        inside[skimage.draw.polygon(moved[:, 1] - 0.5, moved[:, 0] - 0.5, inside.shape)] = True
        brown = scipy.ndimage.uniform_filter((pixels[:, :, 0] - pixels[:, :, 2] > 15).astype(float), 15) > 0.3
        assert (brown & inside).sum() > 0.85 * inside.sum()
        away = ~scipy.ndimage.binary_dilation(inside, iterations=12)
        for _, others in list(contours(data / "annotations" / f"{row['slide']}.xml"))[1:]:
            other = (others - (width / 2, height / 2)) @ motion + (width / 2, height / 2) + shift
            hole = numpy.zeros_like(inside)
            hole[skimage.draw.polygon(other[:, 1] - 0.5, other[:, 0] - 0.5, inside.shape)] = True
            away &= ~scipy.ndimage.binary_dilation(hole, iterations=12)
        assert (brown & away).sum() == 0
        tried += 1
    assert tried > 3
    assert all(not row["ihc"] and not row["ihc_turn_degrees"] for row in table if row["label"] == "negative")


def test_faults(data, table):
    """Each kind is there, in places that the file names, and tumor stays to be seen."""
    assert {kind for row in table for kind in row["faults"].split()} == {"focus", "pen", "fold", "bubble"}
    for row in (row for row in table if row["faults"]):
        path = data / "faults" / f"{row['slide']}.geojson"
        document = nodal_json("annotation", "info", path)["files"][0]
        assert {group["name"] for group in document["groups"]} == set(row["faults"].split())


def test_nuclei_lie_in_their_fields(tmp_path):
    folder = tmp_path / "fine"
    nodal("phantom", "dataset", "-q", folder, "--patients", 1, "--size", 3200, "--stages", "0,0,1,0,0", "--no-ihc")
    fields = rows_of(folder / "fields.csv")
    slides = {row["slide"]: row for row in rows_of(folder / "phantom.csv")}
    assert names(folder / "nuclei") == [f"{slide}.csv" for slide in slides]
    assert "ihc" not in names(folder) and all(not row["ihc"] for row in slides.values())
    kinds = {}
    for slide, row in slides.items():
        own = [field for field in fields if field["slide"] == slide]
        assert len(own) == (1 if row["label"] == "negative" else 2)
        nuclei = rows_of(folder / "nuclei" / f"{slide}.csv")
        for field in own:
            left, top, width, height = (int(field[name]) for name in ("x_px", "y_px", "width_px", "height_px"))
            assert width == height == int(256 / float(row["spacing_um"]))
            inside = [nucleus for nucleus in nuclei if nucleus["field"] == field["field"]]
            kinds.setdefault(field["field"], []).extend(nucleus["kind"] for nucleus in inside)
            assert all(left <= float(nucleus["x_px"]) <= left + width and top <= float(nucleus["y_px"]) <= top + height
                       for nucleus in inside)
        listed = tmp_path / "nuclei.csv"
        region = [own[0][name] for name in ("x_px", "y_px", "width_px", "height_px")]
        sizes = [lesion["longest_mm"] for lesion in rows_of(folder / "lesions.csv") if lesion["slide"] == slide]
        nodal("phantom", "slide", "-q", "-f", "-o", tmp_path / "s.tif", "--size", row["width_px"], row["height_px"],
              "--spacing", row["spacing_um"], "--seed", row["seed"], "--center", row["center"], "--nuclei", listed,
              "--nuclei-region", ",".join(region), *(["--tumor-sizes", ",".join(sizes)] if sizes else []))
        expected = [(float(nucleus["x_px"]), float(nucleus["y_px"]), nucleus["kind"]) for nucleus in rows_of(listed)]
        assert len(expected) > 100
        assert [(float(nucleus["x_px"]), float(nucleus["y_px"]), nucleus["kind"]) for nucleus in nuclei
                if nucleus["field"] == "0"] == expected
    assert "tumor" in kinds["1"] and "lymphocyte" in kinds["0"]


# ---- the same, and nothing half --------------------------------------------------------------------------------------

def test_same_bytes_on_any_number_of_threads(tmp_path):
    for threads in (1, 2, 5):
        nodal("phantom", "dataset", "-q", tmp_path / str(threads), "--patients", 3, "--size", 1000, "-t", threads)
        for name in ("checksums.sha256", "checksums.md5"):
            assert (tmp_path / str(threads) / name).read_bytes() == (tmp_path / "1" / name).read_bytes()


def test_another_seed_is_another_data_set(data, tmp_path):
    nodal("phantom", "dataset", "-q", tmp_path / "other", "--patients", 1, "--size", SIZE, "--seed", 6)
    seeds = {row["seed"] for row in rows_of(data / "phantom.csv")}
    others = {row["seed"] for row in rows_of(tmp_path / "other" / "phantom.csv")}
    assert len(seeds) == 50 and len(others) == 5 and not seeds & others


def test_stages_asked_for(tmp_path):
    document = nodal_json("phantom", "dataset", tmp_path / "d", "--patients", 4, "--size", 1000, "--stages", "1,0,0,3,0",
                          "--no-ihc")
    assert document["stages"] == {"pN0": 1, "pN0(i+)": 0, "pN1mi": 0, "pN1": 3, "pN2": 0}
    assert (document["synthetic"], document["slides"], document["ihc_slides"]) == (True, 20, 0)
    files = [os.path.getsize(os.path.join(folder, name)) for folder, _, found in os.walk(tmp_path / "d") for name in found]
    assert document["bytes"] == sum(files)
    assert sum(document["labels"].values()) == 20
    assert document["lesions"] == len(rows_of(tmp_path / "d" / "lesions.csv"))


def test_negative_patients_have_no_contours(tmp_path):
    nodal("phantom", "dataset", "-q", tmp_path / "d", "--patients", 1, "--size", 1000, "--stages", "1,0,0,0,0")
    assert not {"annotations", "masks", "ihc"} & set(names(tmp_path / "d"))
    assert (tmp_path / "d" / "lesions.csv").read_text() == "slide,lesion,center_x_px,center_y_px,longest_mm,category\n"


def test_existing_folder_is_kept(tmp_path):
    small = ["--patients", 1, "--size", 1000, "--no-ihc", "-q"]
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "precious.txt").write_text("mine")
    assert nodal("phantom", "dataset", folder, *small, status=1)[1] == \
        f"nodal phantom dataset: {folder}: exists already (--force replaces it)\n"
    assert nodal("phantom", "dataset", folder, *small, "--force", status=1)[1] == \
        f"nodal phantom dataset: {folder}: holds no phantom.csv and is not replaced\n"
    assert names(folder) == ["precious.txt"] and names(tmp_path) == ["d"]
    (folder / "precious.txt").unlink()
    nodal("phantom", "dataset", f"{folder}/", *small, "--force")
    first = (folder / "checksums.md5").read_bytes()
    nodal("phantom", "dataset", folder, *small, "--force", "--seed", 2)
    assert (folder / "checksums.md5").read_bytes() != first and names(tmp_path) == ["d"]
    file = tmp_path / "file"
    file.write_text("mine")
    assert nodal("phantom", "dataset", file, *small, "--force", status=1)[1] == \
        f"nodal phantom dataset: {file}: is no directory\n"


def test_interruption_leaves_nothing(tmp_path):
    old = tmp_path / "d"
    nodal("phantom", "dataset", "-q", old, "--patients", 1, "--size", 1000, "--no-ihc")
    digest = hashlib.sha256((old / "checksums.sha256").read_bytes()).hexdigest()
    process = subprocess.Popen(command("phantom", "dataset", old, "-f", "--patients", 10, "--size", 8000),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not any(name.endswith(".part") and names(tmp_path / name) for name in names(tmp_path)):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.communicate() == ("", "nodal phantom dataset: interrupted\n") and process.returncode == 130
    assert names(tmp_path) == ["d"]
    assert hashlib.sha256((old / "checksums.sha256").read_bytes()).hexdigest() == digest


def test_full_disk_leaves_nothing(tmp_path):
    def limit():
        import resource
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))
    output, errors = nodal("phantom", "dataset", "d", "--patients", 1, "--size", 1000, status=1, cwd=tmp_path,
                           preexec_fn=limit)
    assert output == ""
    assert re.fullmatch(r"nodal phantom dataset: d/images/patient_000_node_\d\.tif: File too large\n", errors)
    assert names(tmp_path) == []


@pytest.mark.parametrize("stages", ["1,2,3", "1,2,3,4,5,6", "1,2,3,4,x", "1,2,3,4,-5", "1,,3,4,5"])
def test_stages_that_are_none(tmp_path, stages):
    assert nodal("phantom", "dataset", tmp_path / "d", "--stages=" + stages, status=2)[1].startswith(
        f"nodal phantom dataset: --stages: '{stages}' is not five numbers like 25,11,21,30,13\n")


def test_no_stage_at_all(tmp_path):
    assert nodal("phantom", "dataset", tmp_path / "d", "--stages", "0,0,0,0,0", status=1)[1] == \
        "nodal phantom dataset: no stage has a share of the patients\n"
    assert names(tmp_path) == []


def test_folder_that_cannot_be_made(tmp_path):
    missing = tmp_path / "missing" / "d"
    assert nodal("phantom", "dataset", missing, status=1)[1] == \
        f"nodal phantom dataset: {missing}: No such file or directory\n"


def test_bar_tells_slides(tmp_path):
    status, output, drawn = on_a_terminal("phantom", "dataset", tmp_path / "d", "--patients", 2, "--size", 5000,
                                          interrupt_at=b"slides/s")
    assert (status, output) == (130, "")
    assert re.match(r"\rpaint \d+\.\d slides/s +\d+% [#.]{20}(  \d+:\d\d left)?\x1b\[K", drawn)
    assert drawn.endswith("\r\x1b[Knodal phantom dataset: interrupted\r\n") and names(tmp_path) == []
