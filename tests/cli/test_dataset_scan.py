# SPDX-License-Identifier: Apache-2.0
"""nodal dataset scan: the published layouts, synthetic data sets, plain folders, and what is told instead of guessed."""
import hashlib
import os

import pytest

from dataset import (label_table, read_catalog, write_contours, write_mask, write_slide, write_text)
from program import names, nodal, nodal_json


def scan(root, output, *arguments, status=0):
    """The catalog, stdout and the warnings, without the command's name."""
    told, errors = nodal("dataset", "scan", root, "-o", output, "-f", *arguments, status=status)
    lines = [line.removeprefix("nodal dataset scan: ") for line in errors.splitlines()]
    return read_catalog(output) if status == 0 else None, told, lines


def row_of(catalog, slide, *columns):
    return tuple(catalog[slide][column] for column in columns)


@pytest.fixture
def newer(tmp_path):
    """Both data sets as they are published today."""
    root = tmp_path / "camelyon"
    sixteen, seventeen = root / "CAMELYON16", root / "CAMELYON17"
    for name in ("tumor_010", "tumor_111", "normal_101", "test_114"):
        write_slide(sixteen / "images" / f"{name}.tif")
    write_contours(sixteen / "annotations" / "tumor_010.xml", (10, 10, 50, 50), group="_0")
    write_mask(sixteen / "masks" / "tumor_010_mask.tif")
    write_text(sixteen / "evaluation" / "reference.csv",
               "image,type,class\ntumor_010,tumor,micro\ntest_114.tif,tumor,None\nnormal_101,normal,negative\n")
    for name in ("patient_004_node_4", "patient_004_node_0", "patient_199_node_4"):
        write_slide(seventeen / "images" / f"{name}.tif")
    write_contours(seventeen / "annotations" / "patient_004_node_4.xml", (10, 10, 50, 50))
    write_mask(seventeen / "masks" / "patient_004_node_4_mask.tif")
    table = label_table(patients=[4], end="\r\n").replace("\r\n", ",0\r\n").replace("stage,0", "stage,center")
    write_text(seventeen / "stages.csv", table)
    write_text(seventeen / "evaluation" / "example.csv", label_table(patients=[4], first=100))
    return root


def test_layout_of_today(tmp_path, newer):
    catalog, told, warnings = scan(newer, tmp_path / "catalog.csv")
    assert warnings == []
    assert told == (f"{newer}: 10 slides: 4 CAMELYON16, 6 CAMELYON17\n"
                    "7 with a file, 9 with a label, 2 with contours, 2 with a mask\n")
    assert list(catalog) == ["normal_101"] + [f"patient_004_node_{node}" for node in range(5)] + \
        ["patient_199_node_4", "test_114", "tumor_010", "tumor_111"]
    where = ("dataset", "split", "center", "patient", "node", "label", "stage")
    assert row_of(catalog, "tumor_010", *where) == ("CAMELYON16", "train", "RUMC", "", "", "micro", "")
    assert row_of(catalog, "tumor_111", *where) == ("CAMELYON16", "train", "RUMC", "", "", "tumor", "")
    assert row_of(catalog, "normal_101", *where) == ("CAMELYON16", "train", "UMCU", "", "", "negative", "")
    assert row_of(catalog, "test_114", *where) == ("CAMELYON16", "test", "", "", "", "tumor", "")
    assert row_of(catalog, "patient_004_node_4", *where) == \
        ("CAMELYON17", "train", "CWZ", "patient_004", "4", "itc", "pN0(i+)")
    assert row_of(catalog, "patient_199_node_4", *where) == ("CAMELYON17", "test", "", "patient_199", "4", "", "")
    assert row_of(catalog, "patient_004_node_4", "path", "annotation", "mask", "width_px", "height_px", "spacing_um",
                  "bytes") == \
        tuple(f"camelyon/CAMELYON17/{name}" for name in
              ("images/patient_004_node_4.tif", "annotations/patient_004_node_4.xml",
               "masks/patient_004_node_4_mask.tif")) + \
        ("256", "192", "0.25", str((newer / "CAMELYON17/images/patient_004_node_4.tif").stat().st_size))
    assert row_of(catalog, "patient_004_node_1", "path", "width_px", "label") == ("", "", "negative")
    assert catalog["tumor_010"]["notes"] == "contours are not exhaustive"
    assert catalog["test_114"]["notes"] == "contours are not exhaustive"
    assert catalog["tumor_111"]["notes"] == "was normal_086 at first"
    assert catalog["patient_004_node_4"]["notes"] == \
        "one of the 50 slides with contours; ITC are not drawn exhaustively"
    assert catalog["tumor_010"]["scanner"] == "3DHistech Pannoramic Flash II 250"
    assert catalog["patient_004_node_0"]["scanner"] == ""


def test_older_layout_in_any_letter_case(tmp_path):
    root = tmp_path / "old"
    write_slide(root / "CAMELYON16/training/tumor/Tumor_001.tif")
    write_slide(root / "CAMELYON16/training/normal/Normal_086.TIF")
    write_slide(root / "CAMELYON16/testing/images/Test_049.tif")
    write_slide(root / "CAMELYON16/testing/images/Test_001.tif")
    write_contours(root / "CAMELYON16/testing/lesion_annotations/Test_001.xml", (10, 10, 50, 50), group="Tumor")
    write_mask(root / "CAMELYON16/training/Ground_Truth/Mask/Tumor_001_Mask.tif")
    write_text(root / "CAMELYON16/testing/GT.csv", "Test_001,Tumor,IDC,Macro\nTest_049,Tumor,IDC,Micro\n"
                                                   "Test_003,Normal,DCIS,None\n")
    write_slide(root / "CAMELYON17/training/center_2/patient_040_node_2.tif")
    write_contours(root / "CAMELYON17/training/lesion_annotations/patient_040_node_2.xml", (10, 10, 50, 50))
    write_text(root / "CAMELYON17/training/stage_labels.csv", label_table(patients=[40, 41], end="\r\n"))
    digest = hashlib.md5((root / "CAMELYON17/training/center_2/patient_040_node_2.tif").read_bytes()).hexdigest()
    write_text(root / "CAMELYON17/checksums.md5",
               f"{digest.upper()} *training/center_2/patient_040_node_2.tif\r\n{'0' * 32} *license.txt\r\n")
    write_text(root / "CAMELYON17/training/center_0/patient_000.zip", "PK")
    write_text(root / "CAMELYON17/training/center_0/patient_001.zip", "PK")
    catalog, _, warnings = scan(root, tmp_path / "catalog.csv")
    assert warnings == ["warning: CAMELYON17/training/center_0/patient_000.zip and others: 2 archives that must be "
                        "unpacked to be looked at"]
    assert row_of(catalog, "tumor_001", "label", "mask") == \
        ("tumor", "old/CAMELYON16/training/Ground_Truth/Mask/Tumor_001_Mask.tif")
    assert row_of(catalog, "test_001", "label", "annotation") == \
        ("macro", "old/CAMELYON16/testing/lesion_annotations/Test_001.xml")
    assert row_of(catalog, "test_003", "label", "path") == ("negative", "")
    assert row_of(catalog, "normal_086", "label", "notes") == \
        ("", "shows tumor, was removed from the data set and is tumor_111 now")
    assert row_of(catalog, "test_049", "label", "notes") == \
        ("micro", "is a duplicate and was removed from the data set")
    assert row_of(catalog, "patient_040_node_2", "center", "checksum", "stage", "annotation") == \
        ("UMCU", f"md5:{digest}", "pN0(i+)", "old/CAMELYON17/training/lesion_annotations/patient_040_node_2.xml")
    assert catalog["patient_041_node_0"]["label"] == "itc"


def test_plain_folder(tmp_path):
    root = tmp_path / "slides"
    write_slide(root / "Fall 1 (grün).tif", spacing=0.5)
    write_contours(root / "Fall 1 (grün).xml", (1, 1, 20, 20), group="Tumor")
    write_mask(root / "Fall 1 (grün)_Mask.tif")
    write_slide(root / "b" / "scan.tif", spacing=None)
    write_slide(root / "c" / "scan.tif")
    write_text(root / "c" / "scan.tif.geojson", '{"type": "FeatureCollection", "features": []}')
    write_slide(root / "no-extension")
    write_slide(root / "picture.ome.tif", extratags=[(271, 2, 0, "Maker", True), (272, 2, 0, "Model 5", True)])
    write_text(root / "broken.svs", "this is no slide")
    write_text(root / "notes.txt", "nor is this")
    write_text(root / "what", "nor this")
    write_text(root / "lonely.geojson", "{}")
    write_text(root / "stages.csv", "slide,label\nelsewhere_node_1.svs,macro\n")
    catalog, told, warnings = scan(root, root / "catalog.csv")
    assert list(catalog) == ["b/scan", "broken", "c/scan", "elsewhere_node_1", "Fall 1 (grün)", "no-extension", "picture"]
    assert row_of(catalog, "Fall 1 (grün)", "path", "annotation", "mask", "spacing_um", "dataset", "label") == \
        ("Fall 1 (grün).tif", "Fall 1 (grün).xml", "Fall 1 (grün)_Mask.tif", "0.5", "", "")
    assert row_of(catalog, "b/scan", "path", "annotation", "spacing_um") == ("b/scan.tif", "", "")
    assert row_of(catalog, "c/scan", "path", "annotation") == ("c/scan.tif", "c/scan.tif.geojson")
    assert row_of(catalog, "picture", "path", "scanner") == ("picture.ome.tif", "Maker Model 5")
    assert row_of(catalog, "elsewhere_node_1", "path", "patient", "node", "label") == ("", "elsewhere", "1", "macro")
    assert row_of(catalog, "broken", "path", "width_px", "bytes") == ("broken.svs", "", "16")
    assert catalog["broken"]["notes"].startswith("cannot be read: ")
    reason = catalog["broken"]["notes"].removeprefix("cannot be read: ")
    assert sorted(warnings)[0] == f"warning: broken.svs: {reason}"
    assert sorted(warnings)[1:] == ["warning: lonely.geojson: belongs to no slide"]
    assert told == (f"{root}: 7 slides: 7 of no known data set\n"
                    "6 with a file (1 cannot be read), 1 with a label, 2 with contours, 1 with a mask\n")


def test_published_names_may_be_ones_own(tmp_path):
    root = tmp_path / "own"
    write_slide(root / "Test_001.tif")
    catalog, _, _ = scan(root, tmp_path / "catalog.csv", "--plain")
    assert row_of(catalog, "Test_001", "dataset", "split", "notes") == ("", "", "")
    catalog, _, _ = scan(root, tmp_path / "catalog.csv")
    assert row_of(catalog, "test_001", "dataset", "split") == ("CAMELYON16", "test")
    os.rename(root / "Test_001.tif", root / "test_001.svs")
    catalog, _, _ = scan(root, tmp_path / "catalog.csv")
    assert catalog["test_001"]["dataset"] == "CAMELYON16"


def write_phantom(root):
    """The layout of nodal phantom dataset, by hand."""
    write_slide(root / "images/patient_000_node_0.tif", spacing=2)
    write_slide(root / "images/patient_000_node_1.tif", spacing=2)
    write_slide(root / "ihc/patient_000_node_0_ihc.tif", spacing=2)
    write_contours(root / "annotations/patient_000_node_0.xml", (10, 10, 100, 100))
    write_text(root / "faults/patient_000_node_0.geojson", "{}")
    write_mask(root / "masks/patient_000_node_0_mask.tif")
    write_text(root / "phantom.csv",
               "slide,center,patient,node,label,stage,seed,faults,ihc\n"
               "patient_000_node_0,3,patient_000,0,micro,pN1mi,77,pen,ihc/patient_000_node_0_ihc.tif\n"
               "patient_000_node_1,3,patient_000,1,negative,pN1mi,78,,\n")
    write_text(root / "stages.csv", "patient,stage,center\npatient_000.zip,pN1mi,3\npatient_000_node_0.tif,micro,3\n"
                                    "patient_000_node_1.tif,negative,3\n")


def test_phantom_is_synthetic_and_no_camelyon(tmp_path):
    root = tmp_path / "phantom"
    write_phantom(root)
    catalog, told, warnings = scan(root, tmp_path / "catalog.csv")
    assert warnings == []
    assert list(catalog) == ["patient_000_node_0", "patient_000_node_1"]
    assert row_of(catalog, "patient_000_node_0", "dataset", "split", "center", "patient", "node", "label", "stage",
                  "annotation", "mask", "notes") == \
        ("phantom", "", "3", "patient_000", "0", "micro", "pN1mi", "phantom/annotations/patient_000_node_0.xml",
         "phantom/masks/patient_000_node_0_mask.tif",
         "synthetic; painted with faults: pen; IHC section: ihc/patient_000_node_0_ihc.tif")
    assert catalog["patient_000_node_1"]["notes"] == "synthetic"
    assert told.startswith(f"{root}: 2 slides: 2 phantom (synthetic)\n")


def test_phantom_inside_another_folder_is_left_out(tmp_path):
    root = tmp_path / "all"
    write_phantom(root / "toy")
    write_slide(root / "images/patient_000_node_0.tif")
    catalog, _, warnings = scan(root, tmp_path / "catalog.csv")
    assert warnings == ["warning: toy/: is a synthetic data set of its own and left out; scan it by itself"]
    assert list(catalog) == ["patient_000_node_0"]
    assert catalog["patient_000_node_0"]["center"] == "CWZ"


def test_what_is_told(tmp_path):
    root = tmp_path / "odd"
    write_slide(root / "a/tumor_001.tif")
    write_slide(root / "b/Tumor_001.tif")
    write_contours(root / "x/tumor_001.xml", (1, 1, 5, 5), group="_0")
    write_text(root / "y/tumor_001.geojson", "{}")
    write_text(root / "a/stages.csv", label_table(patients=[0]))
    write_text(root / "stages.csv", label_table({(0, 1): 3}, patients=[0]))
    write_text(root / "z/stages.csv", "patient,stage\npatient_001_node_0.tif,maybe\npatient_001.zip,pN7\n")
    write_text(root / "reference.csv", "one,two\n")
    write_text(root / "sums.md5", "hello\n")
    catalog, _, warnings = scan(root, tmp_path / "catalog.csv")
    assert warnings == [
        "warning: " + line for line in (
            "b/Tumor_001.tif: the slide is there already: a/tumor_001.tif",
            "stages.csv: patient_000_node_0: stage pN1, but pN0 elsewhere; the latter is kept",
            "stages.csv: patient_000_node_1: label macro, but negative elsewhere; the latter is kept",
            "stages.csv: patient_000_node_1: stage pN1, but pN0 elsewhere; the latter is kept",
            "stages.csv: patient_000_node_2: stage pN1, but pN0 elsewhere; the latter is kept",
            "stages.csv: patient_000_node_3: stage pN1, but pN0 elsewhere; the latter is kept",
            "stages.csv: patient_000_node_4: stage pN1, but pN0 elsewhere; the latter is kept",
            "z/stages.csv: line 3: patient_001: 'pN7' is no stage",
            "z/stages.csv: line 2: patient_001_node_0.tif: 'maybe' is no label",
            "reference.csv: line 1: no columns image,type or image,label",
            "sums.md5: line 1: is no line of md5sum or sha256sum")]
    assert row_of(catalog, "tumor_001", "path", "annotation", "notes") == \
        ("odd/a/tumor_001.tif", "odd/x/tumor_001.xml",
         "there is another: b/Tumor_001.tif; another annotation: y/tumor_001.geojson")


def test_links_and_unreadable_folders(tmp_path):
    root, outside = tmp_path / "linked", tmp_path / "outside"
    write_slide(root / "real/one.tif")
    write_slide(outside / "two.tif")
    os.symlink(outside, root / "more")
    os.symlink(outside, root / "more-again")
    os.symlink(root, outside / "back")
    os.symlink(root / "real", root / "same")
    os.symlink(root / "gone.tif", root / "dangling.tif")
    (root / os.fsdecode(b"latin-\xe9.tif")).write_bytes(b"")
    write_slide(root / ".hidden/three.tif")
    catalog, _, warnings = scan(root, tmp_path / "catalog.csv")
    assert list(catalog) == ["one", "two"]
    assert warnings == ["warning: dangling.tif: No such file or directory",
                        "warning: latin-\\xe9.tif: the name is not UTF-8; left out"]


def test_paths_relative_or_absolute(tmp_path):
    root = tmp_path / "data"
    write_slide(root / "one.tif")
    assert scan(root, root / "catalog.csv")[0]["one"]["path"] == "one.tif"
    assert scan(root, tmp_path / "catalog.csv")[0]["one"]["path"] == "data/one.tif"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert scan(root, elsewhere / "catalog.csv")[0]["one"]["path"] == f"{root}/one.tif"


def test_same_for_any_number_of_threads(tmp_path):
    root = tmp_path / "many"
    for number in range(20):
        if number % 3 == 0:
            write_text(root / f"slide_{number}.tif", "no slide")
        else:
            write_slide(root / f"slide_{number}.tif", width=64 + number)
    results = [scan(root, tmp_path / "catalog.csv", "--threads", threads) for threads in (1, 4)]
    assert results[0] == results[1]
    assert results[0][0]["slide_7"]["width_px"] == "71"


def test_json_and_failures(tmp_path, newer):
    output = tmp_path / "catalog.csv"
    assert nodal_json("dataset", "scan", newer, "-o", output) == {
        "root": str(newer), "catalog": str(output), "slides": 10, "files": 7, "unreadable": 0, "labels": 9,
        "annotations": 2, "masks": 2, "warnings": []}
    assert nodal("dataset", "scan", newer, "-o", output, status=1) == \
        ("", f"nodal dataset scan: {output}: exists already (--force replaces it)\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    other = tmp_path / "other.csv"
    assert nodal("dataset", "scan", empty, "-o", other, status=1) == \
        ("", f"nodal dataset scan: {empty}: holds no slide and no table of slides\n")
    missing = tmp_path / "missing"
    assert nodal("dataset", "scan", missing, "-o", other, status=1) == \
        ("", f"nodal dataset scan: {missing}: No such file or directory\n")
    assert names(tmp_path) == ["camelyon", "catalog.csv", "empty"]
