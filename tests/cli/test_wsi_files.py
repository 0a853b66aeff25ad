# SPDX-License-Identifier: Apache-2.0
"""Real slide files beside the checkout, where there are any: each opens, or fails with one line and exit 1."""
import subprocess

import pytest

from program import ROOT, command, nodal

FOLDER = ROOT.parent / "shared" / "data" / "wsi"


FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file()) if FOLDER.is_dir() else []


def run(*arguments):
    ended = subprocess.run(command(*arguments), capture_output=True, text=True, check=False)
    assert ended.returncode in (0, 1)
    if ended.returncode == 1:
        assert ended.stdout == ""
        assert ended.stderr.count("\n") == 1 and ended.stderr.startswith(f"nodal {arguments[0]}: ")
    else:
        assert ended.stderr == ""
    return ended


if FILES:  # without files there is nothing to test, and nothing to skip
    @pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(FOLDER)) for path in FILES])
    def test_file_opens_or_fails_clearly(path, tmp_path):
        opened = run("info", path)
        if opened.returncode == 0:
            run("thumbnail", path, "-o", tmp_path / "thumbnail.tif", "-s", 256)
            run("crop", path, -10, -10, 300, 300, "-o", tmp_path / "crop.tif")
            converted = run("convert", path, "-o", tmp_path / "convert.tif")
            if converted.returncode == 0:
                nodal("info", tmp_path / "convert.tif")
