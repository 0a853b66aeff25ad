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
path, mask, folder, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
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

def other():
    with nodal.Slide(path) as slide:
        refuse(nodal.Slide, '/nowhere')
        refuse(slide.read_region, 0, 0, 16, 16, out=b'')
        refuse(slide.read_region, 0, 0, 16, 16, mode='x')
        refuse(slide.read_region, 0, 0, -1, 16)
        refuse(slide.read_associated, 'x')
        slide.read_raw_tile(0, 0, 0), slide.associated, slide.thumbnail(20), repr(slide), slide.__reduce__()
        slide.read_at_spacing(2.0, 0, 0, 9, 9)
        for patch in nodal.patches(slide, 16, mask=mask, count=4, threads=1):
            pass
        for patch in nodal.patches(slide, 16, batch=3, threads=1):
            break
    writer = nodal.Writer(folder + '/x.tif', 32, 32, tile_size=16, force=True)
    writer.write_tile(0, 0, out)
    refuse(writer.write_tile, 0, 0, out)
    refuse(writer.write_tile, 9, 9, out)
    writer.finish()
    annotations[0], annotations.outline(0), annotations.groups, annotations.check((5, 5)), annotations.to_geojson()
    refuse(annotations.add, 'x', 'polygon', [(1, 2, 3)])
    refuse(nodal.Mask, annotations, 99, 99, labels={'a': 999})
    drawing = nodal.Mask(annotations, 99, 99, labels={'metastases': 1}, order=['metastases'])
    drawing.draw(0, 0, 9, 9), drawing.warnings
    drawing.write(folder + '/y.tif', force=True)
    with nodal.Slide(folder + '/y.tif') as drawn:
        nodal.contours(drawn, values=[1])
        nodal.Lesions.of_mask(drawn, spacing=1.0)
    lesions = nodal.Lesions.of_annotations(annotations, 1.0)
    lesions[0], lesions.warnings, lesions.add_cells([(1, 1)])
    roc = nodal.Roc([1, 2], [True, False])
    roc.curve(), roc.bootstrap(10)
    nodal.kappa([0, 1], [0, 1], 2), nodal.confusion([0, 1], [0, 1], 2)
    froc = nodal.Froc(include_itc=True)
    froc.add('a', nodal.FrocTruth(annotations), [(0.5, 60, 30), (0.1, 1, 1)])
    froc.curve(), froc.lesions, froc.score()
    nodal.label_components(numpy.eye(5, dtype=numpy.uint8)), nodal.statistics(numpy.eye(5, dtype=numpy.uint8))
    nodal.stage(['macro']), nodal.Phantom(16, 16).paint(0, 0, 4, 4)
    image = reader.open(path)
    image.getUCharPatch(-5, -5, 16, 16, 1)
    reader.open('/nowhere')

def held():
    gc.collect()
    with open('/proc/self/statm') as statm:
        return int(statm.read().split()[1]) * os.sysconf('SC_PAGE_SIZE'), sys.getallocatedblocks(), len(os.listdir('/proc/self/fd'))

def run(count):
    for number in range(count):
        often()
        if number % 50 == 0:
            other()

run(rounds // 4)
before = held()
run(rounds)
after = held()
print(after[0] - before[0], after[1] - before[1], after[2] - before[2])
"""

LEAK_CHECK = """
import ctypes
check = ctypes.CDLL(None).__lsan_do_recoverable_leak_check
print('leaks', check())
"""


def run(python, text, slide_path, mask_path, folder, rounds):
    memory, blocks, files = map(int, python(text, slide_path, mask_path, folder, rounds).split())
    assert blocks < 50 and files == 0
    if os.environ.get("NODAL_SANITIZE", "none") == "none":
        assert memory < (4 << 20)


def test_some_opens_and_reads(python, slide_path, mask_path, tmp_path):
    run(python, MANY, slide_path, mask_path, tmp_path, 2000)


@pytest.mark.slow
def test_a_hundred_thousand_opens_and_reads(python, slide_path, mask_path, tmp_path):
    run(python, MANY, slide_path, mask_path, tmp_path, 100_000)


@pytest.mark.skipif(os.environ.get("NODAL_SANITIZE") != "address" or "detect_leaks=1" not in os.environ.get("ASAN_OPTIONS", ""),
                    reason="LeakSanitizer alone knows")
def test_what_the_library_allocated_is_freed(python, slide_path, mask_path, tmp_path):
    output = python(MANY + LEAK_CHECK, slide_path, mask_path, tmp_path, 200)
    assert output.splitlines()[-1] == "leaks 0"
