# SPDX-License-Identifier: Apache-2.0
"""Damaged slides: each must be refused in one line that says what is wrong, or be read, and within limits."""
import os
import pathlib
import re
import sys

import pytest
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import table  # noqa: E402
import tiffbuild as tb  # noqa: E402
from harness import RESIDENT_KILOBYTES, SANITIZED, arguments_of, make, run  # noqa: E402

ROWS = [(category, *row) for category, rows in table.CATEGORIES.items() for row in rows]


def expected_pixels(tiff, command, outcome):
    """RGB of the crop: white, or the gradient that fills each tile or strip."""
    words = command.split()
    x, y, width, height = map(int, words[1:5])
    if outcome == table.WHITE:
        return bytes([255] * 3 * width * height)
    tags = tiff.flat()[1 if "--level" in words else 0].tags
    tile_width = tags[322].values[0] if 322 in tags else tags[256].values[0]
    tile_height = tags[323].values[0] if 323 in tags else tags[278].values[0]
    tile = tb.gradient(tile_width, tile_height)
    pixels = bytearray()
    for row in range(y, y + height):
        for column in range(x, x + width):
            at = 3 * (row % tile_height * tile_width + column % tile_width)
            pixels += tile[at:at + 3]
    return bytes(pixels)


def pattern_of(outcome, command, path):
    text = f"nodal {command.split()[0]}: {outcome}\n"
    return re.escape(text).replace(r"\#", "[0-9]+").replace(r"\*", ".+").replace("FILE", re.escape(str(path)))


def check_limits(status, resident):
    assert status >= 0, f"killed by signal {-status}"
    assert SANITIZED or resident <= RESIDENT_KILOBYTES


@pytest.mark.parametrize("category,name,base,mutations,command,outcome", ROWS, ids=[f"{r[0]}-{r[1]}" for r in ROWS])
def test_case(category, name, base, mutations, command, outcome, tmp_path):
    tiff, data = make(base, mutations)
    path = tmp_path / "case"
    path.write_bytes(data)
    status, out, err, resident = run(arguments_of(command, path, tmp_path), tmp_path)
    check_limits(status, resident)
    if outcome in (table.OK, table.WHITE, table.BASE):
        assert (status, err) == (0, "")
        if outcome != table.OK:
            with Image.open(tmp_path / "crop.png") as picture:
                assert picture.convert("RGB").tobytes() == expected_pixels(tiff, command, outcome)
        elif command == "info":
            assert b"\x1b" not in out
    else:
        assert status == 1
        assert err.count("\n") == 1
        assert re.fullmatch(pattern_of(outcome, command, path), err), err
        assert not (tmp_path / "crop.png").exists()


def test_names_are_unique():
    names = [row[1] for row in ROWS]
    assert len(names) == len(set(names)) and len(names) >= 120


def test_missing_file(tmp_path):
    path = tmp_path / "absent.tif"
    status, _, err, _ = run(["info", str(path)], tmp_path)
    assert (status, err) == (1, f"nodal info: {path}: No such file or directory\n")


def test_folder(tmp_path):
    status, _, err, _ = run(["info", str(tmp_path)], tmp_path)
    assert (status, err) == (1, f"nodal info: {tmp_path}: is a directory\n")


def test_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    status, _, err, _ = run(["info", str(tmp_path / "pipe")], tmp_path)
    assert (status, err) == (1, f"nodal info: {tmp_path / 'pipe'}: is not a regular file\n")


def test_file_name_of_any_bytes(tmp_path):
    path = tmp_path / "n\u00f8de \u2603.tif"
    path.write_bytes(table.DEFLATE().build())
    status, _, err, _ = run(arguments_of("crop 0 0 8 8", path, tmp_path), tmp_path)
    assert (status, err) == (0, "")
