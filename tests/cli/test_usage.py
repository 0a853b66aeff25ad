# SPDX-License-Identifier: Apache-2.0
"""Command lines that make no sense: exit 2, what is wrong on the first line, where to find help on the second."""
import pytest

from program import nodal

CASES = [
    ("corp", "nodal: no command 'corp', did you mean 'crop'?", "help"),
    ("zebra", "nodal: no command 'zebra'", "help"),
    ("phantm slide", "nodal: no command 'phantm', did you mean 'phantom'?", "help"),
    ("phantom", "nodal: phantom: needs one of: slide, dataset, reader", "help"),
    ("phantom -o x.tif", "nodal: phantom: needs one of: slide, dataset, reader", "help"),
    ("phantom patient", "nodal: no command 'phantom patient', only: slide, dataset, reader", "help"),
    ("--verbose info x", "nodal: no option '--verbose' before the command", "help"),
    ("--version now", "nodal: --version: 'now' is one argument too many", "help"),
    ("help corp", "nodal: no command 'corp', did you mean 'crop'?", "help"),
    ("help crop now", "nodal help: 'now' is one argument too many", "help help"),
    ("info", "nodal info: SLIDE is missing", "help info"),
    ("info x --jsn", "nodal info: no option '--jsn', did you mean '--json'?", "help info"),
    ("info x --js", "nodal info: no option '--js', did you mean '--json'?", "help info"),
    ("info x -x", "nodal info: no option '-x'", "help info"),
    ("info x -o y", "nodal info: no option '-o'", "help info"),
    ("info x -p y --json", "nodal info: --property and --json exclude each other", "help info"),
    ("info x --source-spacing 0", "nodal info: --source-spacing: 0 is out of range, 0.001 to 10000", "help info"),
    ("crop s.tif 1 2 3", "nodal crop: H is missing", "help crop"),
    ("crop s.tif 1 2 3 4", "nodal crop: --output is missing", "help crop"),
    ("crop s.tif 1 2 3 4 5 -o a.png", "nodal crop: '5' is one argument too many", "help crop"),
    ("crop s.tif 1 2 3 4 -o a.png --level x", "nodal crop: --level: 'x' is not a whole number", "help crop"),
    ("crop s.tif 1.5 2 3 4 -o a.png", "nodal crop: X: '1.5' is not a whole number", "help crop"),
    ("crop s.tif 1 2 0 4 -o a.png", "nodal crop: W: 0 is out of range, 1 to 1000000000", "help crop"),
    ("crop s.tif 1 2 3 -4 -o a.png", "nodal crop: H: -4 is out of range, 1 to 1000000000", "help crop"),
    ("crop s.tif 1 2 3 4 -o a.bmp",
     "nodal crop: --output: 'a.bmp' does not end in .png, .jpg, .jpeg, .tif or .tiff", "help crop"),
    ("crop s.tif 1 2 3 4 -o .png",
     "nodal crop: --output: '.png' does not end in .png, .jpg, .jpeg, .tif or .tiff", "help crop"),
    ("crop s.tif 1 2 3 4 -o a.png --level 1 --spacing 2", "nodal crop: --level and --spacing exclude each other",
     "help crop"),
    ("crop s.tif 1 2 3 4 -o a.png --spacing 0,5", "nodal crop: --spacing: '0,5' is not a number", "help crop"),
    ("crop s.tif 1 2 3 4 -o a.png --quality 101", "nodal crop: --quality: 101 is out of range, 1 to 100", "help crop"),
    ("thumbnail s.tif", "nodal thumbnail: --output is missing", "help thumbnail"),
    ("thumbnail s.tif -o a.gif",
     "nodal thumbnail: --output: 'a.gif' does not end in .png, .jpg, .jpeg, .tif or .tiff", "help thumbnail"),
    ("thumbnail s.tif -o a.png -s 0", "nodal thumbnail: -s: 0 is out of range, 1 to 32768", "help thumbnail"),
    ("associated s.tif label", "nodal associated: --output is missing", "help associated"),
    ("associated s.tif -o a.png", "nodal associated: NAME is missing: which image goes to --output",
     "help associated"),
    ("convert -o x.tif", "nodal convert: SLIDE is missing", "help convert"),
    ("convert s.svs", "nodal convert: --output is missing", "help convert"),
    ("convert s.svs -o x.png",
     "nodal convert: --output: 'x.png' ends neither in .tif or .tiff, nor in / for a folder", "help convert"),
    ("convert s.svs -o x.tif --codec jpg",
     "nodal convert: --codec: 'jpg' is not one of keep, jpeg, lzw, deflate, zstd, none", "help convert"),
    ("convert s.svs -o x.tif --tile 100", "nodal convert: --tile: 100 is not a multiple of 16", "help convert"),
    ("convert s.svs -o x.tif --tile 8192", "nodal convert: --tile: 8192 is out of range, 16 to 4096", "help convert"),
    ("convert s.svs -o x.tif --region 1,2,3", "nodal convert: --region: '1,2,3' is not X,Y,W,H in whole numbers",
     "help convert"),
    ("convert s.svs -o x.tif --region 1,2,3,0",
     "nodal convert: --region: W and H of '1,2,3,0' are not both at least 1", "help convert"),
    ("convert s.svs -o x.tif --threads 0", "nodal convert: --threads: 0 is out of range, 1 to 1024", "help convert"),
    ("convert a/s.svs b/s.tif -o out", "nodal convert: a/s.svs and b/s.tif would both become out/s.tif",
     "help convert"),
    ("convert s.ome.tiff s.svs -o out/", "nodal convert: s.ome.tiff and s.svs would both become out/s.tif",
     "help convert"),
    ("compare a.tif", "nodal compare: B is missing", "help compare"),
    ("compare a.tif b.tif --tolerance -1",
     "nodal compare: --tolerance: -1 is out of range, 0 to 1000000000000", "help compare"),
    ("phantom slide -o x.tif", "nodal phantom slide: --size is missing", "help phantom slide"),
    ("phantom slide -o x.tif --size 100", "nodal phantom slide: --size: '100' is not two whole numbers W H",
     "help phantom slide"),
    ("phantom slide -o x.tif --size 100 400001",
     "nodal phantom slide: --size: 400001 is out of range, 1 to 400000", "help phantom slide"),
    ("phantom slide -o x.png --size 1 1", "nodal phantom slide: --output: 'x.png' does not end in .tif or .tiff",
     "help phantom slide"),
    ("self-test now", "nodal self-test: 'now' is one argument too many", "help self-test"),
]


@pytest.mark.parametrize("words, message, hint", CASES, ids=[case[0] for case in CASES])
def test_wrong_usage(tmp_path, words, message, hint):
    output, errors = nodal(*words.split(), status=2, cwd=tmp_path)
    assert output == ""
    assert errors == f"{message}\ntry 'nodal {hint}'\n"
    assert list(tmp_path.iterdir()) == []


def test_messages_stay_on_their_line():
    _, errors = nodal("crop", "s.tif", "a\nb\x1b[2J\x7f", 2, 3, 4, "-o", "a.png", status=2)
    assert errors == ("nodal crop: X: 'a\\nb\\x1b[2J\\x7f' is not a whole number\ntry 'nodal help crop'\n")


def test_numbers_do_not_depend_on_the_locale(bare_slide, tmp_path):
    output = tmp_path / "a.png"
    nodal("crop", bare_slide, 0, 0, 2, 2, "--spacing", "0.5", "--source-spacing", "0.25", "-o", output,
          env={"LC_ALL": "de_DE.UTF-8", "PATH": "/usr/bin:/bin"})
    assert output.exists()
