# SPDX-License-Identifier: Apache-2.0
"""Nothing is lost over many opens and reads."""
import os

import pytest

MANY = """
import gc, os, sys, warnings
import numpy
import nodal
warnings.simplefilter('ignore')
import multiresolutionimageinterface as mir
path, mask, folder = sys.argv[1:4]
out = numpy.empty((16, 16, 3), numpy.uint8)
reader = mir.MultiResolutionImageReader()
annotations = nodal.Annotations()
annotations.add('a', 'polygon', [(1, 1), (90, 1), (90, 90)], group='metastases')

def refuse(function, *arguments, **named):
    try:
        function(*arguments, **named)
    except Exception:
        return
    raise AssertionError(function)

def often():
    with nodal.Slide(path) as slide:
        slide.read_region(0, 0, 16, 16, out=out)
        slide.levels[1][:4, :4]
        slide.properties

def patch_all():
    for patch in nodal.patches(path, 16, mask=mask, count=4, threads=1):
        pass

def patch_some():
    for patch in nodal.patches(path, 16, batch=3, threads=1):
        break

def write():
    writer = nodal.Writer(folder + '/x.tif', 32, 32, tile_size=16, force=True)
    writer.write_tile(0, 0, out)
    refuse(writer.write_tile, 0, 0, out)
    refuse(writer.write_tile, 9, 9, out)
    writer.finish()

def draw():
    drawing = nodal.Mask(annotations, 99, 99, labels={'metastases': 1}, order=['metastases'])
    drawing.draw(0, 0, 9, 9), drawing.warnings
    drawing.write(folder + '/y.tif', force=True)

def trace():
    with nodal.Slide(folder + '/y.tif') as drawn:
        nodal.contours(drawn, values=[1])
        nodal.Lesions.of_mask(drawn, spacing=1.0)

def lesions():
    found = nodal.Lesions.of_annotations(annotations, 1.0)
    found[0], found.warnings, found.add_cells([(1, 1)])

def froc():
    curve = nodal.Froc(include_itc=True)
    curve.add('a', nodal.FrocTruth(annotations), [(0.5, 60, 30), (0.1, 1, 1)])
    curve.curve(), curve.lesions, curve.score()

slide = nodal.Slide(path)
image = reader.open(path)
grid = numpy.eye(5, dtype=numpy.uint8)
draw()
PARTS = {
    'open': (1000, often), 'missing': (1000, lambda: refuse(nodal.Slide, '/nowhere')),
    'out': (1000, lambda: refuse(slide.read_region, 0, 0, 16, 16, out=b'')),
    'mode': (1000, lambda: refuse(slide.read_region, 0, 0, 16, 16, mode='x')),
    'negative': (1000, lambda: refuse(slide.read_region, 0, 0, -1, 16)),
    'associated': (1000, lambda: (slide.associated, refuse(slide.read_associated, 'x'))),
    'raw': (1000, lambda: slide.read_raw_tile(0, 0, 0)), 'thumbnail': (200, lambda: slide.thumbnail(20)),
    'text': (1000, lambda: (repr(slide), slide.__reduce__())),
    'spacing': (1000, lambda: slide.read_at_spacing(2.0, 0, 0, 9, 9)),
    'patch_all': (100, patch_all), 'patch_some': (100, patch_some), 'write': (100, write), 'draw': (100, draw),
    'trace': (100, trace), 'lesions': (100, lesions), 'froc': (100, froc),
    'annotations': (300, lambda: (annotations[0], annotations.outline(0), annotations.groups, annotations.check((5, 5)),
                                  annotations.to_geojson(), refuse(annotations.add, 'x', 'polygon', [(1, 2, 3)]))),
    'labels': (300, lambda: refuse(nodal.Mask, annotations, 99, 99, labels={'a': 999})),
    'roc': (100, lambda: (nodal.Roc([1, 2], [True, False]).curve(), nodal.Roc([1, 2], [True, False]).bootstrap(10))),
    'kappa': (300, lambda: (nodal.kappa([0, 1], [0, 1], 2), nodal.confusion([0, 1], [0, 1], 2))),
    'kernels': (100, lambda: (nodal.label_components(grid), nodal.statistics(grid))),
    'stage': (1000, lambda: nodal.stage(['macro'])), 'phantom': (100, lambda: nodal.Phantom(16, 16).paint(0, 0, 4, 4)),
    'asap': (300, lambda: (image.getUCharPatch(-5, -5, 16, 16, 1), reader.open('/nowhere'))),
}

def held():
    gc.collect()
    with open('/proc/self/statm') as statm:
        return int(statm.read().split()[1]) * os.sysconf('SC_PAGE_SIZE'), sys.getallocatedblocks(), len(os.listdir('/proc/self/fd'))
"""

PARTS = """
for name, (count, part) in PARTS.items():
    for _ in range(count // 4 + 5):
        part()
    before = held()
    for _ in range(count):
        part()
    after = held()
    print(name, count, after[1] - before[1], after[2] - before[2])
"""

OPENS = """
for _ in range(10_000):
    often()
before = held()
for _ in range(100_000):
    often()
after = held()
print(after[0] - before[0], after[1] - before[1], after[2] - before[2])
"""

LEAK_CHECK = """
import ctypes
for count, part in PARTS.values():
    for _ in range(3):
        part()
os.dup2(1, 2)
ctypes.CDLL(None).__lsan_do_recoverable_leak_check()
"""


def test_each_part(python, slide_path, mask_path, tmp_path):
    """One block lost a call would be as many as there are calls; the interpreter's own tables move by a few."""
    for line in python(MANY + PARTS, slide_path, mask_path, tmp_path).splitlines():
        name, count, blocks, files = line.split()
        assert int(blocks) < 0.8 * int(count) and int(files) <= 0, name


@pytest.mark.slow
def test_a_hundred_thousand_opens_and_reads(python, slide_path, mask_path, tmp_path):
    memory, blocks, files = map(int, python(MANY + OPENS, slide_path, mask_path, tmp_path).split())
    assert blocks < 1000 and files == 0
    if os.environ.get("NODAL_SANITIZE", "none") == "none":
        assert memory < (4 << 20)


def leak_sanitizer():
    return os.environ.get("NODAL_SANITIZE") == "address" and "detect_leaks=1" in os.environ.get("ASAN_OPTIONS", "")


def test_what_the_library_allocated_is_freed(python, slide_path, mask_path, tmp_path):
    """Under AddressSanitizer, LeakSanitizer is asked while the interpreter is still there. It also names a few objects that
    the interpreter hides from it."""
    report = python(MANY + (LEAK_CHECK if leak_sanitizer() else ""), slide_path, mask_path, tmp_path)
    leaks = [record for record in report.split("\n\n") if " leak of " in record]
    assert not [record for record in leaks if "nodal" in record]
