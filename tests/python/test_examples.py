# SPDX-License-Identifier: Apache-2.0
"""The examples and the code of the guide run, from the first line to the last."""
import pathlib
import re
import subprocess
import sys

import numpy
import pytest

import nodal

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*arguments, **options):
    done = subprocess.run([sys.executable, "-B", "-W", "error::UserWarning", *map(str, arguments)], text=True,
                          capture_output=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_tour(tmp_path):
    said = run(ROOT / "examples" / "python" / "tour.py", tmp_path)
    for line in (r"<nodal.Slide .*6000 x 4500, \d levels>", r"  micro: 0\.600 mm", r"  with four negative nodes the patient is pN1mi",
                 r"  FROC score 1\.000"):
        assert re.search(line, said), said
    other, tumor = map(int, re.search(r"(\d+) patches of other tissue, (\d+) of tumor", said).groups())
    assert other + tumor == 256 and 100 < tumor < 156
    assert {"slide.tif", "slide.xml", "slide.geojson", "mask.tif", "overview.png"} <= {
        path.name for path in tmp_path.iterdir()}


def test_asap(phantom_path, tmp_path):
    said = run(ROOT / "examples" / "python" / "asap.py", phantom_path, phantom_path.with_suffix(".xml"), tmp_path)
    assert said == "(200, 300, 3)\n"
    mask = nodal.Slide(tmp_path / "annotation_mask.tif")
    assert (mask.dimensions, numpy.unique(mask[:, :]).tolist()) == ((3000, 2200), [0, 1])
    assert 0.05 < nodal.Slide(tmp_path / "tissue_mask.tif").levels[-1][:, :].mean() < 0.95


def test_every_example_is_run():
    names = {path.name for path in (ROOT / "examples" / "python").glob("*.py")}
    assert names == {"tour.py", "asap.py"}


def test_the_guide(tmp_path):
    page = (ROOT / "docs" / "guide" / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
    assert len(blocks) >= 7
    phantom = nodal.Phantom(4000, 3000, spacing=0.5, seed=4, tumor_count=1, tumor_size_mm=0.3)
    phantom.write(tmp_path / "slide.tif")
    phantom.annotations().write(tmp_path / "slide.xml")
    nodal.Mask(phantom.annotations(), 4000, 3000).write(tmp_path / "mask.tif")
    run("-c", "\n".join(blocks), cwd=tmp_path)


@pytest.mark.slow
def test_a_wheel_installs(tmp_path):
    """pip builds and installs it with what the system has, and it runs from there."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    source = tmp_path / "source"
    source.mkdir()
    for name in ("include", "src", "python", "scripts", "meson.build", "meson_options.txt", "pyproject.toml", "LICENSE"):
        subprocess.run(["cp", "-r", ROOT / name, source], check=True)
    subprocess.run([*pip, "install", "--no-index", "--no-deps", "--no-build-isolation", "--target", tmp_path / "site", source],
                   check=True)
    files = {str(path.relative_to(tmp_path / "site")) for path in (tmp_path / "site").rglob("*") if path.is_file()}
    assert {"nodal/_nodal.abi3.so", "nodal/__init__.pyi", "nodal/py.typed", "multiresolutionimageinterface/__init__.py"} <= files
    said = run("-c", "import nodal; print(nodal.__file__, nodal.Phantom(64, 64).paint(0, 0, 5, 5).shape)",
               env={"PYTHONPATH": str(tmp_path / "site"), "PATH": "/usr/bin:/bin"})
    assert said.startswith(str(tmp_path / "site")) and said.endswith("(5, 5, 3)\n")
