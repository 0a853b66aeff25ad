# SPDX-License-Identifier: Apache-2.0
"""nodal.Catalog on a synthetic data set."""
import csv

import pytest

import nodal
from program import nodal as program


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("dataset") / "phantoms"
    made = nodal.phantom_dataset(path, patients=2, size=1000, seed=3, ihc=False)
    assert made["slides"] == 10 and made["ihc_slides"] == 0
    assert made["bytes"] == sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path


def test_scanning(folder, tmp_path):
    catalog = nodal.Catalog.scan(folder)
    assert repr(catalog) == "<nodal.Catalog, 10 slides>" and len(catalog) == 10 == len(list(catalog))
    row = catalog[0]
    assert row.patient == "patient_000" and row.node == "0" and row.slide.lower() in row.path.lower()
    with nodal.Slide(catalog.resolve(row.path)) as slide:
        assert slide.dimensions == (row.width_px, row.height_px)
        assert slide.spacing[0] == pytest.approx(row.spacing_um, rel=1e-3)
    assert catalog[row.slide.upper()] == row and row.slide in catalog and "other" not in catalog and 5 not in catalog
    assert catalog[-1] == list(catalog)[9] and len(catalog[2:5]) == 3
    with pytest.raises(KeyError):
        catalog["other"]
    with pytest.raises(IndexError, match="slide 10: there are 10"):
        catalog[10]


def test_the_catalog_is_that_of_the_program(folder, tmp_path):
    mine, theirs = tmp_path / "mine.csv", tmp_path / "theirs.csv"
    nodal.Catalog.scan(folder, threads=1).write(mine)
    program("dataset", "scan", folder, "-q", "-o", theirs)
    assert mine.read_bytes() == theirs.read_bytes()
    again = nodal.Catalog.read(mine)
    with open(mine, newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert [(row.slide, row.label, str(row.width_px)) for row in again] == [
        (row["slide"], row["label"], row["width_px"]) for row in rows]
    with pytest.raises(nodal.ExistsError):
        again.write(mine)


def test_checking(folder, tmp_path):
    catalog = nodal.Catalog.scan(folder)
    errors = [finding for finding in catalog.check(deep=True) if finding.severity == "error"]
    assert errors == []
    path = tmp_path / "broken.csv"
    catalog.write(path)
    text = path.read_text(encoding="utf-8").replace(catalog.resolve(catalog[0].path), str(tmp_path / "gone.tif"))
    path.write_text(text, encoding="utf-8")
    found = nodal.Catalog.read(path).check()
    assert [(finding.severity, finding.slide) for finding in found if finding.kind == "file"] == [
        ("error", catalog[0].slide)]


def test_misuse(tmp_path):
    with pytest.raises(nodal.FileError):
        nodal.Catalog.scan(tmp_path / "none")
    with pytest.raises(nodal.FileError):
        nodal.Catalog.read(tmp_path / "none.csv")
    with pytest.raises(TypeError):
        nodal.Catalog()
    with pytest.raises(nodal.ArgumentError):
        nodal.phantom_dataset(tmp_path / "x", patients=0)


def test_looks():
    plain = nodal.Phantom(200, 200, spacing=0.5)
    assert (nodal.Phantom(200, 200, spacing=0.5, center=1).paint(0, 0, 50, 50) != plain.paint(0, 0, 50, 50)).any()
    with pytest.raises(nodal.ArgumentError, match="center: is between 0 and 4"):
        nodal.Phantom(200, 200, center=5)
    with pytest.raises(nodal.ArgumentError, match="faults: 'rain' is none of out-of-focus, pen, fold, bubble"):
        nodal.Phantom(200, 200, faults=["rain"])
    with pytest.raises(nodal.ArgumentError, match="stain: 'x' is none of he, ihc"):
        nodal.Phantom(200, 200, stain="x")
