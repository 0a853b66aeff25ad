# SPDX-License-Identifier: Apache-2.0
"""nodal dataset check: one fault at a time in data sets that are otherwise sound."""
import hashlib
import json
import os
import subprocess

import pytest

from dataset import (OTHER, label_table, write_catalog, write_contours, write_mask, write_slide, write_text)
from program import nodal, nodal_json

# 9,000 x 160 pixels of 0.25 um are 2.25 mm long: room for each category.
WIDTH, HEIGHT = 9000, 160


def scan(root, *arguments):
    catalog = root.parent / "catalog.csv"
    nodal("dataset", "scan", root, "-o", catalog, "-f", "-q", *arguments)
    return catalog


def check(catalog, *arguments, status=3):
    """The findings as lines, without the folder and without the sum at the end."""
    output, errors = nodal("dataset", "check", catalog, *arguments, status=status)
    assert errors == ""
    return output.replace(f"{catalog.parent}/", "").splitlines()[:-1]


def check_one(tmp_path, status=3, **row):
    """The findings of a catalog of one slide `slide.tif`."""
    row = dict({"slide": "slide", "path": "slide.tif"}, **row)
    return check(write_catalog(tmp_path / "catalog.csv", row), status=status)


@pytest.fixture
def sound(tmp_path):
    """A part of CAMELYON17 without a fault: patient 4 with a contour of 0.1 mm on its one ITC."""
    root = tmp_path / "data"
    for node in range(5):
        write_slide(root / f"images/patient_004_node_{node}.tif", value=200 + node)
    write_contours(root / "annotations/patient_004_node_4.xml", (10, 10, 240, 170))
    write_mask(root / "masks/patient_004_node_4_mask.tif")
    write_text(root / "stages.csv", label_table(patients=[4]))
    return root


def test_nothing_to_find(sound):
    catalog = scan(sound)
    message = "note: the 5 labels of CAMELYON17 are those of versions A and B alike"
    assert check(catalog, status=0) == [message]
    assert check(catalog, "--deep", status=0) == [message]
    assert nodal("dataset", "check", catalog) == (f"{message}\n5 slides: 0 errors, 0 warnings, 1 note\n", "")
    assert nodal("dataset", "check", catalog, "-q") == ("", "")


def test_files(tmp_path, sound):
    catalog = scan(sound)
    images = sound / "images"
    os.remove(images / "patient_004_node_0.tif")
    write_text(images / "patient_004_node_1.tif", "no slide")
    write_slide(images / "patient_004_node_2.tif", width=200)
    write_slide(images / "patient_004_node_3.tif", spacing=0.26)
    size = (images / "patient_004_node_3.tif").stat().st_size
    catalog.write_text(catalog.read_text() + "extra,,,,,,,,,,,,,,,,,\n")
    lines = check(catalog)
    assert lines[:2] == ["error extra: there is no file",
                         "error patient_004_node_0: data/images/patient_004_node_0.tif: No such file or directory"]
    assert lines[2].startswith("error patient_004_node_1: data/images/patient_004_node_1.tif: ")
    assert [line for line in lines[3:] if "bytes" not in line] == [
        "error patient_004_node_2: the slide has 200 x 192 pixels, the catalog says 256 x 192",
        "error patient_004_node_3: the file states 0.26 um a pixel, the catalog 0.25 um",
        "note: the 5 labels of CAMELYON17 are those of versions A and B alike"]
    catalog = scan(sound)
    text = catalog.read_text()
    catalog.write_text(text.replace(f",{size},", f",{size + 1},"))
    assert f"error patient_004_node_3: the file has {size} bytes, the catalog says {size + 1}" in check(catalog)


@pytest.mark.parametrize("dataset, x, y, message", [
    ("", None, None, "the file states no spacing"),
    ("", 0.25, 0.26, "0.25 um a pixel in x and 0.26 um in y"),
    ("", 25, None, "25 um a pixel, where 0.05 to 20 um are expected"),
    ("", 5, None, None),
    ("CAMELYON16", 0.5, None, "0.5 um a pixel, where 0.2 to 0.3 um are expected"),
    ("CAMELYON16", 0.226, None, None),
])
def test_spacing(tmp_path, dataset, x, y, message):
    write_slide(tmp_path / "slide.tif", spacing=x, spacing_y=y)
    catalog = write_catalog(tmp_path / "catalog.csv", {"slide": "slide", "path": "slide.tif", "dataset": dataset})
    assert check(catalog, status=3 if message else 0) == ([f"warning slide: {message}"] if message else [])


def test_levels(tmp_path):
    write_slide(tmp_path / "slide.tif", width=8256, height=64)
    assert check_one(tmp_path) == ["warning slide: the smallest of 1 level has 8256 x 64 pixels: no overview"]
    nodal("convert", tmp_path / "slide.tif", "-o", tmp_path / "pyramid.tif", "-q")
    assert check_one(tmp_path, path="pyramid.tif", status=0) == []


def test_deep_finds_damaged_tiles(tmp_path):
    write_slide(tmp_path / "slide.tif", width=128, height=128)
    catalog = write_catalog(tmp_path / "catalog.csv", {"slide": "slide", "path": "slide.tif", "mask": "mask.tif"})
    write_mask(tmp_path / "mask.tif", 128, 128)
    assert check(catalog, "--deep", status=0) == []
    for name in ("slide.tif", "mask.tif"):
        data = bytearray((tmp_path / name).read_bytes())
        start = data.index(b"\x78\xda") if b"\x78\xda" in data else data.index(b"\x78\x9c")
        data[start:start + 6] = b"\xff" * 6
        (tmp_path / name).write_bytes(data)
    assert check(catalog, status=0) == []
    lines = check(catalog, "--deep")
    assert lines[0].startswith("error slide: 1 of 4 tiles cannot be decoded: slide.tif: ")
    assert lines[1].startswith("error slide: 1 of 4 tiles cannot be decoded: mask.tif: ")
    assert len(lines) == 2


@pytest.mark.parametrize("width, height, tile, message", [
    (256, 192, 64, None), (128, 96, 64, None), (64, 48, 16, None), (9, 6, 16, None),
    (192, 192, 64, "error slide: mask.tif: 192 x 192 pixels do not fit a slide of 256 x 192"),
    (256, 256, 64, "error slide: mask.tif: 256 x 256 pixels do not fit a slide of 256 x 192"),
    (254, 190, 64, "note slide: mask.tif: 254 x 190 pixels are not exactly those of the slide of 256 x 192"),
    (64, 64, 64, "note slide: mask.tif: 64 x 64 pixels are not exactly those of the slide of 256 x 192"),
])
def test_masks(tmp_path, width, height, tile, message):
    write_slide(tmp_path / "slide.tif")
    write_mask(tmp_path / "mask.tif", width, height, tile)
    catalog = write_catalog(tmp_path / "catalog.csv", {"slide": "slide", "path": "slide.tif", "mask": "mask.tif"})
    if (width, height) == (9, 6):
        message = "note slide: mask.tif: 9 x 6 pixels are not exactly those of the slide of 256 x 192"
    assert check(catalog, status=3 if message and message.startswith("error") else 0) == ([message] if message else [])


def test_masks_that_are_none(tmp_path):
    write_slide(tmp_path / "slide.tif")
    assert check_one(tmp_path, mask="slide.tif") == ["error slide: slide.tif: has 3 channels and is no mask"]
    assert check_one(tmp_path, mask="gone.tif") == ["error slide: gone.tif: No such file or directory"]


def test_contours_that_do_not_fit(tmp_path):
    write_slide(tmp_path / "slide.tif")
    write_contours(tmp_path / "out.xml", (200, 10, 100, 20), (300, 10, 20, 20))
    lines = check_one(tmp_path, annotation="out.xml")
    assert len(lines) == 1 and lines[0].startswith("error slide: out.xml: outside-slide: annotation 'Annotation 0': ")
    assert lines[0].endswith(" (2 such)")
    write_contours(tmp_path / "group.xml", (100, 100, 100, 20), group="metastasis")
    lines = check_one(tmp_path, annotation="group.xml", dataset="phantom")
    assert len(lines) == 1 and lines[0].startswith("warning slide: group.xml: unknown-group: ")
    assert check_one(tmp_path, annotation="group.xml", status=0) == []
    write_text(tmp_path / "bad.xml", "<ASAP_Annotations>")
    lines = check_one(tmp_path, annotation="bad.xml")
    assert len(lines) == 1 and lines[0].startswith("error slide: bad.xml: ")
    assert check_one(tmp_path, annotation="gone.xml") == ["error slide: gone.xml: No such file or directory"]


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """A slide on which contours of 2.2 mm fit."""
    folder = tmp_path_factory.mktemp("wide")
    write_slide(folder / "large.tif", WIDTH, HEIGHT)
    nodal("convert", folder / "large.tif", "-o", folder / "slide.tif", "-q", "--codec", "deflate")
    return folder


def boxes_of(*lengths_mm, gap_px=4):
    """Boxes one behind the other, each of a diagonal of that length, at 0.25 um a pixel."""
    boxes, x = [], 2
    for length in lengths_mm:
        diagonal = length * 4000
        width = (diagonal**2 - 40**2) ** 0.5
        boxes.append((x, 20, width, 40))
        x += width + gap_px
    return boxes


@pytest.mark.parametrize("label, lengths, message", [
    ("macro", [2.2], None),
    ("macro", [1.9], None),
    ("macro", [1.8], "warning slide: labelled macro, but its longest contour has 1.800 mm (micro)"),
    ("micro", [2.15], None),
    ("micro", [0.19], None),
    ("micro", [0.17], "warning slide: labelled micro, but its longest contour has 0.170 mm (itc)"),
    ("micro", [2.23], "warning slide: labelled micro, but its longest contour has 2.230 mm (macro)"),
    ("itc", [0.21], None),
    ("itc", [0.23], "warning slide: labelled itc, but its longest contour has 0.230 mm (micro)"),
    ("tumor", [0.1], None),
    ("", [2.2], None),
    ("negative", [0.3, 1.5], "error slide: labelled negative, but contours.xml holds 2 contours of tumor, the longest of "
                             "1.500 mm"),
    ("normal", [0.3], "error slide: labelled normal, but contours.xml holds 1 contour of tumor, the longest of 0.300 mm"),
    ("macro", [1.0, 1.0], "note slide: labelled macro, but its longest contour has 1.000 mm (micro); 2.001 mm if deposits "
                          "less than 500 um apart are one"),
])
def test_label_beside_contours(wide, tmp_path, label, lengths, message):
    write_contours(tmp_path / "contours.xml", *boxes_of(*lengths))
    catalog = write_catalog(tmp_path / "catalog.csv", {"slide": "slide", "path": str(wide / "slide.tif"), "label": label,
                                                       "annotation": "contours.xml"})
    assert check(catalog, status=3 if message and not message.startswith("note") else 0) == ([message] if message else [])


def test_contours_without_tumor(wide, tmp_path):
    write_contours(tmp_path / "contours.xml", (100, 20, 600, 40), group="normal")
    row = {"slide": "slide", "path": str(wide / "slide.tif"), "annotation": "contours.xml"}
    catalog = write_catalog(tmp_path / "catalog.csv", dict(row, label="micro"))
    assert check(catalog) == ["error slide: labelled micro, but contours.xml holds no contour of tumor"]
    assert check(write_catalog(tmp_path / "catalog.csv", dict(row, label="negative")), status=0) == []


def test_contours_that_are_not_exhaustive(wide, tmp_path):
    write_contours(tmp_path / "tumor_010.xml", *boxes_of(1.0), group="_0")
    row = {"slide": "tumor_010", "path": str(wide / "slide.tif"), "dataset": "CAMELYON16", "label": "macro",
           "annotation": "tumor_010.xml"}
    assert check(write_catalog(tmp_path / "catalog.csv", row), status=0) == [
        "note tumor_010: labelled macro, but its longest contour has 1.000 mm (micro); its contours are not exhaustive"]


def test_published_contours_that_are_missing(tmp_path, sound):
    write_slide(sound / "images/patient_009_node_1.tif", value=100)
    write_text(sound / "stages.csv", label_table(patients=[4, 9]))
    lines = check(scan(sound))
    assert "warning patient_009_node_1: labelled micro and published with contours, but has none" in lines
    os.remove(sound / "annotations/patient_004_node_4.xml")
    assert not [line for line in check(scan(sound)) if "contours" in line]


def sums(program, root, *paths):
    return subprocess.run([program, *paths], cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("program", ["md5sum", "sha256sum"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_checksums(tmp_path, sound, program, ends):
    paths = [f"images/patient_004_node_{node}.tif" for node in range(5)] + ["stages.csv"]
    catalog = scan(sound)
    listed = sound / "list"
    text = sums(program, sound, "-b", *paths)
    write_text(listed, text.replace("\n", ends))
    assert len(check(catalog, "--checksums", listed, status=0)) == 1
    write_text(listed, text.replace("*", " ").upper().replace("IMAGES", "images").replace("PATIENT", "patient")
               .replace("NODE", "node").replace("TIF", "tif").replace("STAGES.CSV", "stages.csv"))
    assert len(check(catalog, "--checksums", listed, status=0)) == 1
    kind = program.removesuffix("sum")
    before = hashlib.new(kind, (sound / paths[2]).read_bytes()).hexdigest()
    data = bytearray((sound / paths[2]).read_bytes())
    data[-1] ^= 1
    (sound / paths[2]).write_bytes(data)
    (sound / "stages.csv").write_text("patient,stage\n")
    after = hashlib.new(kind, data).hexdigest()
    table = hashlib.new(kind, b"patient,stage\n").hexdigest()
    stated = hashlib.new(kind, label_table(patients=[4]).encode()).hexdigest()
    os.remove(sound / paths[0])
    lines = check(catalog, "--checksums", listed)
    assert f"error patient_004_node_2: the {kind} checksum is {after}, but {before} in data/list" in lines
    assert f"error stages.csv: the {kind} checksum is {table}, but {stated} in data/list" in lines
    assert "note: data/list: 1 of the 6 files that it lists are not there" in lines


def test_names_that_lists_escape(tmp_path):
    name = "a\\b\nc.tif"
    write_slide(tmp_path / name)
    write_slide(tmp_path / "other.tif")
    listed = write_text(tmp_path / "list.md5", sums("md5sum", tmp_path, name))
    assert listed.read_text().startswith("\\")
    catalog = tmp_path / "catalog.csv"
    nodal("dataset", "scan", tmp_path, "-o", catalog, "-q")
    assert check(catalog, "--checksums", listed, status=0) == ["note: 1 slide is in no list of checksums"]
    output, _ = nodal("dataset", "check", catalog, "--deep", "--csv")
    assert output == "severity,kind,slide,message\n"
    listed.write_text(listed.read_text().replace(hashlib.md5((tmp_path / name).read_bytes()).hexdigest(), "0" * 32))
    output, _ = nodal("dataset", "check", catalog, "--checksums", listed, "--csv", status=3)
    assert output.startswith('severity,kind,slide,message\nerror,checksum,"a\\b\nc","the md5 checksum is ')


def test_checksums_that_the_catalog_states(tmp_path):
    path = write_slide(tmp_path / "slide.tif")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    row = {"slide": "slide", "path": "slide.tif", "checksum": f"sha256:{digest}"}
    assert check(write_catalog(tmp_path / "catalog.csv", row), "--deep", status=0) == []
    wrong = write_catalog(tmp_path / "catalog.csv", dict(row, checksum=f"sha256:{'0' * 64}"))
    assert check(wrong, status=0) == []
    assert check(wrong, "--deep") == [f"error slide: the sha256 checksum is {digest}, but {'0' * 64} in the catalog"]
    odd = write_catalog(tmp_path / "catalog.csv", dict(row, checksum="crc:12"))
    assert check(odd) == ["warning slide: 'crc:12' is no checksum: md5:... or sha256:..."]


def test_doubled_slides(tmp_path):
    for name in ("a", "b", "c"):
        write_slide(tmp_path / f"{name}.tif", value=7 if name == "c" else 8)
    listed = write_text(tmp_path / "sums", sums("sha256sum", tmp_path, "a.tif", "b.tif", "c.tif"))
    rows = [{"slide": name, "path": f"{name}.tif"} for name in ("a", "b", "c")]
    catalog = write_catalog(tmp_path / "catalog.csv", *rows)
    assert check(catalog, "--checksums", listed) == ["warning b: has the same sha256 checksum as a"]


def test_lists_that_are_none(tmp_path, sound):
    catalog = scan(sound)
    listed = write_text(tmp_path / "list", "0123  short\n")
    for text, message in (("0123  short\n", "line 1: is no line of md5sum or sha256sum"),
                          (f"{'0' * 32}  a\n\n{'0' * 32}\n", "line 3: is no line of md5sum or sha256sum"),
                          (f"{'0' * 32}  \n", "line 1: is no line of md5sum or sha256sum"),
                          (f"\\{'0' * 32}  a\\x\n", "line 1: is no line of md5sum or sha256sum"),
                          (f"{'g' * 32}  a\n", "line 1: is no line of md5sum or sha256sum")):
        write_text(listed, text)
        assert nodal("dataset", "check", catalog, "--checksums", listed, status=1) == \
            ("", f"nodal dataset check: {listed}: {message}\n")
    assert nodal("dataset", "check", catalog, "--checksums", tmp_path / "gone", status=1) == \
        ("", f"nodal dataset check: {tmp_path / 'gone'}: No such file or directory\n")


def labels_of(tmp_path, text):
    write_text(tmp_path / "labels/stages.csv", text)
    return scan(tmp_path / "labels")


NO_FILES = "note: no slide has a file: what the files hold was not checked"


def test_versions_of_the_labels(tmp_path):
    assert check(labels_of(tmp_path, label_table(end="\r\n")), status=0) == \
        ["note: the 500 labels of CAMELYON17 are those of version B, the official one", NO_FILES]
    differing = ", ".join(f"patient_{patient:03}_node_{node}" for patient, node in sorted(OTHER))
    assert check(labels_of(tmp_path, label_table(OTHER))) == \
        [f"warning: the 500 labels of CAMELYON17 are those of version A: 22 differ from B, the official one: {differing}",
         NO_FILES]
    assert check(labels_of(tmp_path, label_table({(0, 0): 3, (22, 4): 3}))) == \
        ["warning: the 500 labels of CAMELYON17 are those of no known version: 22 differ from A, 2 from B, the official "
         "one: patient_000_node_0, patient_022_node_4", NO_FILES]


def test_labels_of_the_test_set(tmp_path):
    message = "warning: 10 slides of the test set of CAMELYON17 have labels, which are not published"
    shifted = (": they are those of the training set, patient_000 for patient_100 and so on, as in the example of a "
               "submission")
    assert check(labels_of(tmp_path, label_table(OTHER, patients=[6, 22], first=100))) == [message + shifted, NO_FILES]
    assert check(labels_of(tmp_path, label_table({(6, 0): 3}, patients=[6, 22], first=100))) == [message, NO_FILES]


def test_patients_and_stages(tmp_path):
    text = label_table(patients=[4, 17, 18])
    text = text.replace("patient_004.zip,pN0(i+)", "patient_004.zip,pN1")
    text = text.replace("patient_017_node_2.tif,macro\n", "").replace("patient_018_node_4.tif,itc\n",
                                                                      "patient_018_node_4.tif,metastasis\n")
    assert check(labels_of(tmp_path, text)) == [
        "error patient_004: stage pN1, but its nodes make it pN0(i+): 0 macro, 0 micro, 1 itc, 4 negative",
        "warning patient_017: 4 of 5 slides; missing: node 2",
        "note: the 13 labels of CAMELYON17 are those of versions A and B alike", NO_FILES]
    rows = [{"slide": f"s{number}", "patient": "P", "label": "macro", "stage": stage, "center": center, "split": split}
            for number, (stage, center, split) in enumerate([("pN1", "X", "train"), ("pN1", "Y", "train"),
                                                             ("", "X", "test")])]
    assert check(write_catalog(tmp_path / "catalog.csv", *rows)) == \
        ["error P: its slides state two centers: X and Y", "error P: its slides state two splits: train and test", NO_FILES]
    rows = [dict(row, center="X", split="train", stage="pN2") for row in rows]
    assert check(write_catalog(tmp_path / "catalog.csv", *rows)) == \
        ["error P: stage pN2, but its nodes make it pN1: 3 macro, 0 micro, 0 itc, 0 negative", NO_FILES]
    rows = [dict(row, stage="N2") for row in rows]
    assert check(write_catalog(tmp_path / "catalog.csv", *rows)) == ["warning P: 'N2' is no stage", NO_FILES]
    odd = write_catalog(tmp_path / "catalog.csv", {"slide": "a", "label": "benign"})
    assert check(odd) == ["warning a: 'benign' is no label: negative, itc, micro, macro, tumor or normal", NO_FILES]


def test_errata(tmp_path):
    root = tmp_path / "data"
    for name in ("normal_086", "test_049"):
        write_slide(root / f"{name}.tif")
    assert check(scan(root)) == [
        "warning normal_086: shows tumor, was removed from the data set and is tumor_111 now",
        "warning test_049: is a duplicate and was removed from the data set"]
    assert check(scan(root, "--plain"), status=0) == []


def test_outputs_and_threads(sound):
    os.remove(sound / "images/patient_004_node_0.tif")
    write_text(sound / "stages.csv", label_table({(4, 4): 0}, patients=[4]))
    catalog = scan(sound)
    document = nodal_json("dataset", "check", catalog, status=3)
    findings = document.pop("findings")
    assert document == {"catalog": str(catalog), "slides": 5, "errors": 2, "warnings": 1, "notes": 0}
    assert [(item["severity"], item["kind"], item["slide"]) for item in findings] == [
        ("error", "file", "patient_004_node_0"), ("error", "contours", "patient_004_node_4"), ("warning", "labels", None)]
    table, _ = nodal("dataset", "check", catalog, "--csv", status=3)
    assert table.splitlines()[:2] == ["severity,kind,slide,message",
                                      "error,file,patient_004_node_0,there is no file"]
    assert nodal("dataset", "check", catalog, "--csv", "--json", status=2)[0] == ""
    many = [nodal("dataset", "check", catalog, "--json", "--deep", "--threads", threads, status=3) for threads in (1, 4)]
    assert many[0] == many[1] and json.loads(many[0][0])["errors"] == 2
