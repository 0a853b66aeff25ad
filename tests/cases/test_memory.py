# SPDX-License-Identifier: Apache-2.0
"""Allocations that fail: the program must end in an ordinary way wherever memory runs out."""
import io
import os
import pathlib
import shlex
import subprocess
import sys

import numpy
import pytest
import tifffile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import annotations  # noqa: E402
import table  # noqa: E402
from harness import HERE, arguments_of, run  # noqa: E402

RUNS = 24


def labels():
    """A label image of two regions."""
    pixels = numpy.zeros((40, 50), numpy.uint8)
    pixels[3:20, 5:30] = pixels[30:38, 40:45] = 1
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, photometric="minisblack", tile=(16, 16), metadata=None)
    return file.getvalue()


def lesions():
    """Two contours of tumor and one that cuts out."""
    boxes = (("_0", 0, 20), ("_0", 22, 9), ("_2", 5, 5))
    lines = [f"<Annotation Name='a' Type='Polygon' PartOfGroup='{group}' Color='#FFFFFF'><Coordinates>"
             + "".join(f'<Coordinate Order="{order}" X="{x + size * dx}" Y="{size * dy}" />'
                       for order, (dx, dy) in enumerate(((0, 0), (1, 0), (1, 1), (0, 1))))
             + "</Coordinates></Annotation>" for group, x, size in boxes]
    groups = "".join(f"<Group Name='{group}' PartOfGroup='None' Color='#FFFFFF' />" for group in ("_0", "_2"))
    return (f"<ASAP_Annotations><Annotations>{''.join(lines)}</Annotations>"
            f"<AnnotationGroups>{groups}</AnnotationGroups></ASAP_Annotations>").encode()


def square():
    """Level 5 of a mask with one lesion."""
    pixels = numpy.zeros((60, 70), numpy.uint8)
    pixels[5:45, 3:43] = 2
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, photometric="minisblack", tile=(16, 16), metadata=None)
    return file.getvalue()


def outline():
    """The same lesion as a contour."""
    corners = "".join(f'<Coordinate Order="{order}" X="{x}" Y="{y}" />'
                      for order, (x, y) in enumerate(((96, 160), (1376, 160), (1376, 1440), (96, 1440))))
    return ("<ASAP_Annotations><Annotations><Annotation Name='a' Type='Polygon' PartOfGroup='_0' Color='#FFFFFF'>"
            f"<Coordinates>{corners}</Coordinates></Annotation></Annotations><AnnotationGroups>"
            "<Group Name='_0' PartOfGroup='None' Color='#FFFFFF' /></AnnotationGroups></ASAP_Annotations>").encode()


COMMANDS = [
    ("info", "info", table.DEFLATE),
    ("info-aperio", "info", table.APERIO),
    ("info-philips", "info", table.PHILIPS),
    ("info-ome", "info", table.OME),
    ("info-png", "info", table.PNG),
    ("crop-jpeg", "crop 0 0 40 40", table.JPEG),
    ("crop-lzw", "crop 0 0 40 40", table.LZW),
    ("crop-zstd", "crop 0 0 40 40", table.ZSTD),
    ("crop-webp", "crop 0 0 40 40", table.WEBP),
    ("crop-jp2k", "crop 0 0 40 40", table.JP2K),
    ("crop-png", "crop 0 0 20 12", table.PNG),
    ("annotation-asap", "annotation info", lambda: annotations.GOOD),
    ("annotation-imagescope", "annotation check", lambda: annotations.REGION % annotations.VERTICES),
    ("annotation-geojson", "annotation info", lambda: annotations.FEATURE),
    ("annotation-darwin", "annotation info",
     lambda: annotations.DARWIN % b'"polygon":{"paths":[[{"x":0,"y":0},{"x":9,"y":0},{"x":9,"y":9}]]}'),
    # Jansson 2.14 itself reads past its buffer where there is no memory for a string of more than 15 bytes: none here.
    ("annotation-cytomine", "annotation info", lambda: annotations.CYTOMINE % b"POINT (1 2)"),
    ("annotation-table", "annotation check", lambda: b"x,y,name,group\n1,2,a,b\n3,4,c,d\n"),
    ("lesions", "lesions --spacing 1 --merge-gap 3 --label _0=1 --label _2=0", lesions),
    ("lesions-mask", "lesions --spacing 1", labels),
    ("stage", "stage --json", lambda: b"patient,stage\r\n" + b"".join(b"p_1_node_%d.tif,itc\r\n" % i for i in range(5))),
    ("crop-damaged", "crop 0 0 8 8", lambda: table.DEFLATE().build()[:-30]),
    ("evaluate-slides", "evaluate slides --json --resamples 10", lambda: b"a,1\nb,0\nc,0\n"),
    ("evaluate-lesions", "evaluate lesions --rules dataset --spacing 0.243 --mask-downsample 32 -t 1 --resamples 10",
     square),
    ("evaluate-lesions-xml", "evaluate lesions --rules 2016 -t 1 --resamples 10 --json", outline),
    ("evaluate-stages", "evaluate stages --resamples 10 --exclude c", lambda: b"a.zip,pN0\nb.zip,pN2\nc.zip,pN1\n"),
    ("report-slides", "evaluate slides --resamples 10 --force --report out.html", lambda: b"a,1\nb,0\nc,0\n"),
    ("report-lesions", "evaluate lesions --rules dataset --spacing 0.243 --mask-downsample 32 -t 1 --resamples 10 "
     "--force --report out.html", square),
    ("report-stages", "evaluate stages --resamples 10 --force --report out.html",
     lambda: b"a.zip,pN0\nb.zip,pN2\nc.zip,pN1\n"),
    ("evaluate-rank", "evaluate rank --task slides --resamples 10", lambda: b"a,1\nb,0\nc,0\n"),
]


@pytest.fixture(name="shim", scope="module")
def fixture_shim(tmp_path_factory):
    path = tmp_path_factory.mktemp("shim") / "failmalloc.so"
    compiler = shlex.split(os.environ.get("CC", "cc"))
    subprocess.run([*compiler, "-shared", "-fPIC", "-O1", "-o", str(path), str(HERE / "failmalloc.c"), "-ldl"],
                   check=True)
    return path


def points(count):
    """Every allocation where there are few; else the first ones, and others evenly spread."""
    if count <= RUNS:
        return list(range(1, count + 1))
    first = RUNS // 2
    step = max(1, (count - first) // (RUNS - first))
    return list(range(1, first + 1)) + list(range(first + 1, count + 1, step))


@pytest.mark.parametrize("stick", [False, True], ids=["once", "from-then-on"])
@pytest.mark.parametrize("name,command,base", COMMANDS, ids=[row[0] for row in COMMANDS])
def test_failing_allocation(name, command, base, stick, shim, tmp_path):
    path = tmp_path / "case"
    made = base()
    path.write_bytes(made if isinstance(made, bytes) else made.build())
    arguments = arguments_of(command, path, tmp_path)
    counter = tmp_path / "count"
    environment = dict(os.environ, LD_PRELOAD=str(shim), FAILMALLOC_COUNT=str(counter))
    good, *_ = run(arguments, tmp_path, environment)
    assert good == (1 if name == "crop-damaged" else 0)
    count = int(counter.read_text())
    assert count > 5
    if stick:
        environment["FAILMALLOC_STICK"] = "1"
    refused = 0
    for at in points(count):
        environment["FAILMALLOC_AT"] = str(at)
        (tmp_path / "crop.png").unlink(missing_ok=True)
        status, _, err, _ = run(arguments, tmp_path, environment)
        assert status in (0, 1), (at, status, err)
        assert status == 0 or "nodal" in err, (at, err)
        refused += status > 0
        assert not [found for found in os.listdir(tmp_path) if found.endswith(".part")], at
    assert refused > 0
