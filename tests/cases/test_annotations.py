# SPDX-License-Identifier: Apache-2.0
"""Damaged annotation files: each is refused in one line that names file and line, within limits of memory and time."""
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import annotations  # noqa: E402
from harness import RESIDENT_KILOBYTES, SANITIZED, run  # noqa: E402


def pattern_of(outcome, path):
    text = f"nodal annotation info: {path}: {outcome}\n"
    return re.escape(text).replace(r"\#", "[0-9]+").replace(r"\*", ".*")


@pytest.mark.parametrize("name, data, outcome", annotations.ROWS, ids=[row[0] for row in annotations.ROWS])
def test_annotation_case(name, data, outcome, tmp_path):
    path = tmp_path / "case"
    made = data() if callable(data) else data
    path.write_bytes(made.encode() if isinstance(made, str) else made)
    status, out, err, resident = run(["annotation", "info", str(path)], tmp_path)
    assert SANITIZED or resident <= RESIDENT_KILOBYTES
    if outcome == annotations.OK:
        assert status == 0
        assert all(line.startswith("nodal annotation info: warning: ") for line in err.splitlines())
    else:
        assert (status, out) == (1, b"")
        assert err.count("\n") == 1
        assert re.fullmatch(pattern_of(outcome, path), err), err


def test_names_of_annotation_cases_are_unique():
    cases = [row[0] for row in annotations.ROWS]
    assert len(cases) == len(set(cases))
