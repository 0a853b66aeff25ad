# SPDX-License-Identifier: Apache-2.0
"""nodal dataset tables against the numbers printed in Litjens et al., GigaScience 7 (2018) giy065."""
import csv
import io

import pytest

from dataset import LABELS, OFFICIAL, OTHER, label_table, stage_of, write_catalog, write_slide, write_text
from program import nodal, nodal_json

TABLE_4 = """\
Table 4: slides by center and label, CAMELYON17, training set
center  negative  macro  micro  itc  total
CWZ           64     15     10   11    100
RST           60     11     22    7    100
UMCU          75     15      8    2    100
RUMC          60     19     13    8    100
LPON          64     25      4    7    100
total        323     85     57   35    500
as printed
"""
TABLE_5 = """\
Table 5: patients by center and stage, CAMELYON17, training set
center  pN0  pN0(i+)  pN1mi  pN1  pN2  total
CWZ       4        3      5    7    1     20
RST       4        2      6    5    3     20
UMCU      8        2      4    3    3     20
RUMC      3        2      4    8    3     20
LPON      6        2      2    7    3     20
total    25       11     21   30   13    100
as printed
"""


@pytest.fixture
def labels(tmp_path):
    """The catalog of a folder that holds nothing but a table of labels."""
    def make(text):
        write_text(tmp_path / "labels" / "stages.csv", text)
        catalog = tmp_path / "catalog.csv"
        nodal("dataset", "scan", tmp_path / "labels", "-o", catalog, "-f", "-q")
        return catalog
    return make


def test_official_labels_give_the_printed_tables(labels):
    catalog = labels(label_table(end="\r\n"))
    assert nodal("dataset", "tables", catalog) == (TABLE_4 + "\n" + TABLE_5, "")
    assert nodal("dataset", "tables", catalog, "--table", 4) == (TABLE_4, "")
    assert nodal("dataset", "tables", catalog, "--table", 5) == (TABLE_5, "")


def test_other_version_differs(labels):
    output, _ = nodal("dataset", "tables", labels(label_table(OTHER)))
    centers, official = ["CWZ", "RST", "UMCU", "RUMC", "LPON"], [[int(digit) for digit in row] for row in OFFICIAL]
    other = [[OTHER.get((patient, node), official[patient][node]) for node in range(5)] for patient in range(100)]
    differences = []
    for number, order in ((4, ["negative", "macro", "micro", "itc"]), (5, ["pN0", "pN0(i+)", "pN1mi", "pN1", "pN2"])):
        def count(table, first, end, name):
            rows = table[first:end]
            return sum(stage_of(row) == name for row in rows) if number == 5 else \
                sum(row.count(LABELS.index(name)) for row in rows)
        for first, end, center in [(20 * k, 20 * k + 20, name) for k, name in enumerate(centers)] + [(0, 100, "total")]:
            for name in order:
                there, printed = count(other, first, end, name), count(official, first, end, name)
                if there != printed:
                    differences.append(f"{center}, {name}: {there}, printed {printed}")
    assert [line for line in output.splitlines() if "printed" in line] == differences
    assert "total, negative: 313, printed 323" in differences and "total, pN2: 19, printed 13" in differences
    assert "as printed" not in output


def test_part_of_the_labels_is_not_compared(labels):
    output, _ = nodal("dataset", "tables", labels(label_table(patients=[4, 17])), "--table", 4)
    assert output == ("Table 4: slides by center and label, CAMELYON17, training set\n"
                      "center  negative  macro  micro  itc  total\n"
                      "CWZ            5      2      1    2     10\n"
                      "RST            0      0      0    0      0\n"
                      "UMCU           0      0      0    0      0\n"
                      "RUMC           0      0      0    0      0\n"
                      "LPON           0      0      0    0      0\n"
                      "total          5      2      1    2     10\n"
                      "10 of 500 slides: not compared with the printed table\n")


def sixteen():
    """All 399 slides of the released CAMELYON16, and the one that was removed; sizes of metastases are made up."""
    rows = [{"slide": f"normal_{number:03}", "dataset": "CAMELYON16", "split": "train", "label": "negative",
             "center": "RUMC" if number <= 100 else "UMCU"} for number in range(1, 161) if number != 86]
    rows += [{"slide": f"tumor_{number:03}", "dataset": "CAMELYON16", "split": "train",
              "label": "macro" if number % 2 else "micro",
              "center": "UMCU" if 71 <= number <= 110 else "RUMC"} for number in range(1, 112)]
    rows += [{"slide": f"test_{number:03}", "dataset": "CAMELYON16", "split": "test",
              "label": "negative" if number <= 80 else "macro" if number <= 102 else "micro"}
             for number in range(1, 131)]
    return rows


def test_table_3_and_what_was_released(tmp_path):
    rows = sixteen()
    catalog = write_catalog(tmp_path / "catalog.csv", *rows)
    output, _ = nodal("dataset", "tables", catalog)
    # test_049 is a negative one here: 79 are left.
    assert output == ("Table 3: slides by center and label, CAMELYON16\n"
                      "center   negative  macro  micro  total\n"
                      "RUMC           99     36     35    170\n"
                      "UMCU           60     20     20    100\n"
                      "unknown        79     22     28    129\n"
                      "total         238     78     83    399\n"
                      "total, negative: 238, printed 240\n"
                      "total, macro: 78, printed 82\n"
                      "total, micro: 83, printed 77\n"
                      "test_049 is a duplicate and was removed from the data set: it is not counted\n"
                      "the centers of some slides are not known: only the sums are compared\n")
    rows = [dict(row, label="negative") if row["slide"] == "test_081" else row for row in rows]
    output, _ = nodal("dataset", "tables", write_catalog(tmp_path / "catalog.csv", *rows))
    assert output.endswith("the released data have 239 negative slides and 160 with tumor, the printed table 240 and 159: "
                           "normal_086 is tumor_111 now\n")
    rows = [dict(row, center=row.get("center", "RUMC")) for row in rows]
    output, _ = nodal("dataset", "tables", write_catalog(tmp_path / "catalog.csv", *rows))
    assert "RUMC, negative: 179, printed 150\n" in output and "UMCU, total: 100, printed 150\n" in output


def test_tables_of_another_data_set(tmp_path):
    rows = [{"slide": f"p{number}_{node}", "dataset": "phantom", "patient": f"p{number}", "center": str(number % 2),
             "label": label, "stage": "pN1"} for number in range(3) for node, label in enumerate(["macro", "normal", ""])]
    rows += [{"slide": "loose", "label": "tumor"}]
    output, _ = nodal("dataset", "tables", write_catalog(tmp_path / "catalog.csv", *rows))
    assert output == ("Table 4: slides by center and label, phantom (synthetic)\n"
                      "center  negative  macro  micro  itc  unknown  total\n"
                      "0              2      2      0    0        2      6\n"
                      "1              1      1      0    0        1      3\n"
                      "total          3      3      0    0        3      9\n\n"
                      "Table 4: slides by center and label\n"
                      "center   negative  macro  micro  itc  tumor  total\n"
                      "unknown         0      0      0    0      1      1\n"
                      "total           0      0      0    0      1      1\n\n"
                      "Table 5: patients by center and stage, phantom (synthetic)\n"
                      "center  pN0  pN0(i+)  pN1mi  pN1  pN2  total\n"
                      "0         0        0      0    2    0      2\n"
                      "1         0        0      0    1    0      1\n"
                      "total     0        0      0    3    0      3\n")


def test_formats(tmp_path, labels):
    catalog = labels(label_table())
    output, _ = nodal("dataset", "tables", catalog, "--table", 5, "--format", "markdown")
    assert output == ("**Table 5: patients by center and stage, CAMELYON17, training set**\n\n"
                      "| center | pN0 | pN0(i+) | pN1mi | pN1 | pN2 | total |\n|---|---:|---:|---:|---:|---:|---:|\n"
                      "| CWZ | 4 | 3 | 5 | 7 | 1 | 20 |\n| RST | 4 | 2 | 6 | 5 | 3 | 20 |\n"
                      "| UMCU | 8 | 2 | 4 | 3 | 3 | 20 |\n| RUMC | 3 | 2 | 4 | 8 | 3 | 20 |\n"
                      "| LPON | 6 | 2 | 2 | 7 | 3 | 20 |\n| total | 25 | 11 | 21 | 30 | 13 | 100 |\n\n- as printed\n")
    output, _ = nodal("dataset", "tables", catalog, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(output)))
    assert list(rows[0]) == ["table", "dataset", "center", "column", "count", "printed"]
    assert len(rows) == 6 * 5 + 6 * 6
    assert rows[0] == {"table": "4", "dataset": "CAMELYON17", "center": "CWZ", "column": "negative", "count": "64",
                       "printed": "64"}
    assert all(row["count"] == row["printed"] for row in rows)
    first, second = nodal_json("dataset", "tables", catalog)
    assert (first["table"], second["table"], first["dataset"], first["remarks"]) == (4, 5, "CAMELYON17", [])
    assert first["columns"] == ["negative", "macro", "micro", "itc", "total"]
    assert first["rows"][5] == {"center": "total", "counts": [323, 85, 57, 35, 500], "printed": [323, 85, 57, 35, 500]}
    odd = write_catalog(tmp_path / "odd.csv", {"slide": "a", "center": "x|y,z", "label": "itc"})
    assert "| x\\|y,z | 0 | 0 | 0 | 1 | 1 |\n" in nodal("dataset", "tables", odd, "--format", "markdown")[0]
    assert ',"x|y,z",itc,1,\n' in nodal("dataset", "tables", odd, "--format", "csv")[0]


def test_what_cannot_be_counted(tmp_path):
    catalog = write_catalog(tmp_path / "catalog.csv", {"slide": "a", "label": "itc"})
    assert nodal("dataset", "tables", catalog, "--table", 3, status=1) == \
        ("", f"nodal dataset tables: {catalog}: holds nothing to be counted: table 3 is of CAMELYON16\n")
    assert nodal("dataset", "tables", catalog, "--table", 5, status=1) == \
        ("", f"nodal dataset tables: {catalog}: holds nothing to be counted: table 5 is of patients\n")
    assert nodal("dataset", "tables", catalog, "--table", 2, status=2)[1].startswith(
        "nodal dataset tables: --table must be 3, 4 or 5\n")
    slide = write_slide(tmp_path / "slide.tif")
    assert nodal("dataset", "tables", slide, status=1)[0] == ""
