# SPDX-License-Identifier: Apache-2.0
"""Whatever Python hands in, the answer is a result or an exception: the interpreter lives on."""
import gc
import threading

import numpy
import pytest

import nodal
from nodal import _nodal

# Runs every callable with arguments that make no sense; arguments by position, then by keyword.
GARBAGE = """
import inspect, itertools, os, random, resource, sys, warnings
import nodal
if os.environ.get('NODAL_SANITIZE', 'none') == 'none':
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
from nodal import _nodal
warnings.simplefilter('ignore')
slide_path, mask_path, folder, seed = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
os.chdir(folder)
random.seed(seed)
slide, mask = nodal.Slide(slide_path), nodal.Slide(mask_path)
closed = nodal.Slide(slide_path); closed.close()
annotations = nodal.Annotations()
annotations.add('a', 'polygon', [(1, 1), (90, 1), (90, 90)], group='metastases')
class Odd:
    def __index__(self): raise RuntimeError('index')
    def __float__(self): raise RuntimeError('float')
    def __len__(self): return 3
    def __getitem__(self, key): raise RuntimeError('item')
    def __fspath__(self): return 5
class Closer:
    '''Closes what it is handed to, in the middle of the parsing of arguments.'''
    def __init__(self, thing): self.thing = thing
    def __index__(self):
        getattr(self.thing, 'close', lambda: None)()
        return 1
values = [None, True, 0, 1, -1, 7, 2**40, 2**63, 2**70, -2**70, 0.5, float('nan'), float('inf'), '', 'x', 'rgb', '\\udcff',
          'a\\0b', b'', b'x' * 99, (), [], {}, [1], (1, 2), [[1, 2], [3, 4]], {'a': 1}, {'a': 999}, {5: 'x'}, object(), Odd(),
          slide, closed, mask, annotations, bytearray(10), memoryview(b'abc'), lambda *a: 1 / 0, int, nodal.Slide]
try:
    import numpy
    values += [numpy.zeros((5, 5)), numpy.zeros((5, 5), numpy.uint8), numpy.zeros(0), numpy.zeros((2, 3, 4, 5), numpy.uint8),
               numpy.zeros((5, 5, 3), numpy.uint8)[:, ::-1], numpy.int64(5), numpy.float32(1), numpy.array('x'),
               numpy.array([None]), numpy.zeros((4, 3), numpy.complex64)]
except ImportError:
    pass

def targets():
    made = {'Cache': lambda: nodal.Cache(1000), 'Slide': lambda: nodal.Slide(slide_path),
            'Level': lambda: nodal.Slide(slide_path).levels[0],
            'Writer': lambda: nodal.Writer('w.tif', 100, 100, tile_size=16, force=True),
            'Annotations': nodal.Annotations, 'Mask': lambda: nodal.Mask(annotations, 99, 99),
            'Lesions': lambda: nodal.Lesions.of_annotations(annotations, 1.0),
            'Roc': lambda: nodal.Roc([1, 2], [True, False]), 'Froc': nodal.Froc,
            'Phantom': lambda: nodal.Phantom(64, 64), 'Patches': lambda: nodal.patches(slide, 64)}
    for name, make in made.items():
        for method in dir(make()):
            if method not in ('__class__', '__subclasshook__', '__init_subclass__', '__reduce_ex__', '__dir__', '__sizeof__',
                              '__setattr__', '__delattr__'):
                yield lambda make=make, method=method: getattr(make(), method)
    for thing in set(dir(nodal)) | set(dir(_nodal)):
        function = getattr(nodal, thing, None) or getattr(_nodal, thing)
        if callable(function) and thing not in ('Error',):
            yield lambda function=function: function

count = 0
for make in list(targets()):
    for round in range(4):
        function = make()
        if not callable(function):
            break
        arguments = [random.choice(values) for _ in range(random.randrange(7))]
        if random.random() < 0.15 and arguments:
            arguments[-1] = Closer(getattr(function, '__self__', None))
        named = {}
        try:
            parameters = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
            named = {name: random.choice(values) for name in parameters if random.random() < 0.3}
        except (TypeError, ValueError):
            pass
        try:
            result = function(*arguments, **named)
            if hasattr(result, '__next__'):
                for _ in itertools.islice(result, 3):
                    pass
        except MemoryError:
            pass
        except Exception:
            pass
        count += 1
print('alive' if count > 1000 else count)
"""


@pytest.mark.parametrize("seed", range(2))
def test_garbage(python, slide_path, mask_path, tmp_path, seed):
    assert python(GARBAGE, slide_path, mask_path, tmp_path, seed).splitlines()[-1] == "alive"


@pytest.mark.parametrize("kind", [nodal.Level, nodal.Lesions, _nodal.LesionSet])
def test_what_is_not_made_by_calling(kind):
    with pytest.raises(TypeError):
        kind()
    with pytest.raises(TypeError):
        object.__new__(kind)


@pytest.mark.parametrize("kind", [nodal.Slide, nodal.Writer, nodal.Annotations, nodal.Mask, nodal.Roc, nodal.Froc,
                                  nodal.Phantom, nodal.Cache, nodal.FrocTruth, _nodal._Prefetch])
def test_nothing_is_made_half(kind):
    with pytest.raises(TypeError):
        object.__new__(kind)
    if kind not in (nodal.Annotations, nodal.Froc):
        with pytest.raises(TypeError):
            kind.__new__(kind)


def test_numbers_of_numpy_are_fine(slide, pixels):
    region = slide.read_region(numpy.int64(5), numpy.int32(6), numpy.uint8(7), numpy.int16(8), level=numpy.int8(0))
    assert numpy.array_equal(region, pixels[6:14, 5:12])


@pytest.mark.parametrize("arguments, kind", [
    ((0.5, 0, 1, 1), TypeError), (("0", 0, 1, 1), TypeError), ((2**63, 0, 1, 1), OverflowError), ((0, 0, -1, 1), ValueError),
    ((0, 0, 1, 1, -1), ValueError), ((0, 0, 1, 1, 2**31), OverflowError), ((0, 0), TypeError), ((0, 0, 1, 1, 0, 0), TypeError),
    ((0, 0, 1 << 40, 1 << 40), ValueError), ((0, 0, 1 << 31, 1 << 31), (ValueError, MemoryError))])
def test_regions(slide, arguments, kind):
    with pytest.raises(kind):
        slide.read_region(*arguments)


def test_empty_regions(slide):
    assert slide.read_region(0, 0, 0, 5).shape == (5, 0, 3) and slide.read_region(0, 0, 5, 0).shape == (0, 5, 3)


def test_an_array_stays_while_it_is_filled(slide_path):
    """A bytearray cannot be resized by another thread while a read goes on into it."""
    slide = nodal.Slide(slide_path, cache=nodal.Cache(0))
    out = bytearray(700 * 500 * 3)
    over, refused = threading.Event(), []

    def resize():
        while not over.is_set():
            try:
                out.append(0)
                out.pop()
            except BufferError:
                refused.append(1)

    thread = threading.Thread(target=resize)
    thread.start()
    for _ in range(30):
        try:
            slide.read_region(0, 0, 700, 500, out=out)
        except (nodal.ArgumentError, BufferError) as error:
            assert "bytes" in str(error) or "export" in str(error).lower()
    over.set()
    thread.join()
    del out[:]


def test_annotations_that_change_while_they_are_drawn():
    """Another thread either waits its turn or is refused; nothing is drawn from a set that moves."""
    annotations = nodal.Annotations()
    angles = numpy.linspace(0, 2 * numpy.pi, 20000)
    annotations.add("a", "polygon", numpy.stack([5000 + 4000 * numpy.cos(angles), 5000 + 4000 * numpy.sin(angles)], 1))
    over, refused = threading.Event(), []

    def change():
        while not over.is_set():
            try:
                annotations.add("b", "point", [(1, 1)])
            except nodal.ArgumentError as error:
                assert str(error) == "the annotations are in use by another thread"
                refused.append(1)

    thread = threading.Thread(target=change)
    thread.start()
    for _ in range(10):
        nodal.Mask(annotations, 10000, 10000)
    over.set()
    thread.join()


def test_cycles_are_collected(slide_path):
    class Holder(nodal.Slide):
        pass

    gone = []
    for _ in range(3):
        slide = Holder(slide_path)
        slide.itself = slide

        class Note:
            def __del__(self):
                gone.append(1)

        slide.note = Note()
        del slide
    gc.collect()
    assert len(gone) == 3
