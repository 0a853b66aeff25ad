# SPDX-License-Identifier: Apache-2.0
"""Running the program under test: NODAL names it, else it is what ./dev build leaves."""
import json
import os
import pathlib
import subprocess
import tempfile

import tifffile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NODAL = os.path.abspath(os.environ.get("NODAL", ROOT / "build" / "cli" / "nodal"))


def command(*arguments):
    return [NODAL, *map(str, arguments)]


def nodal(*arguments, status=0, **options):
    """Runs the program to its end, demands its exit code, and returns (stdout, stderr)."""
    run = subprocess.run(command(*arguments), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                         **options)
    assert run.returncode == status, f"exit {run.returncode}\n{run.stdout}\n{run.stderr}"
    return run.stdout, run.stderr


def nodal_json(*arguments, status=0):
    """The JSON document of a run that has nothing else to say."""
    output, errors = nodal(*arguments, "--json", status=status)
    if status == 0:
        assert errors == ""
    return json.loads(output)


def unpacked(path):
    """The tiled pages of a TIFF file as libtiff decodes them: tifffile alone reads neither LZW nor JPEG everywhere."""
    with tempfile.TemporaryDirectory() as folder:
        plain = os.path.join(folder, "plain.tif")
        subprocess.run(["tiffcp", "-8", "-c", "none", path, plain], check=True, capture_output=True)
        with tifffile.TiffFile(plain) as tiff:
            return [page.asarray() for page in tiff.pages if page.is_tiled]


def names(folder):
    """Everything in the folder, hidden or not."""
    return sorted(os.listdir(folder))
