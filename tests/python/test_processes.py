# SPDX-License-Identifier: Apache-2.0
"""Slides that are pickled, used by many threads, inherited by a fork, sent to a spawned process."""
import concurrent.futures
import multiprocessing
import os
import pickle
import threading

import numpy
import pytest

import nodal
from material import checksum


def in_child(function):
    """Runs the function in a forked child; fails where it raises."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            function()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def test_pickle(slide, pixels):
    copy = pickle.loads(pickle.dumps(slide))
    assert copy is not slide and copy.path == slide.path
    assert numpy.array_equal(copy[:9, :9], pixels[:9, :9])


def test_pickle_keeps_options(deep_path):
    cache = nodal.Cache(1 << 20)
    copy = pickle.loads(pickle.dumps(nodal.Slide(deep_path, spacing=0.25, cache=cache)))
    assert copy.spacing == (0.25, 0.25)
    one, other = pickle.loads(pickle.dumps([nodal.Slide(deep_path, cache=cache), cache]))
    one[0, 0]
    assert other.budget == 1 << 20 and other.statistics["misses"] == 1


class Named(nodal.Slide):
    pass


def test_pickle_keeps_the_class(slide_path):
    import sys
    import types

    module = types.ModuleType("named_slides")
    module.Named = Named
    Named.__module__ = "named_slides"
    sys.modules["named_slides"] = module
    assert type(pickle.loads(pickle.dumps(Named(slide_path)))) is Named


def test_threads_read_the_same(slide, pixels):
    places = [(x, y) for y in range(0, 400, 37) for x in range(0, 600, 41)]

    def read(place):
        x, y = place
        return numpy.array_equal(slide.read_region(x, y, 100, 100), pixels[y:y + 100, x:x + 100])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, places))


def test_closing_while_others_read(slide_path):
    for _ in range(20):
        slide = nodal.Slide(slide_path, cache=nodal.Cache(0))
        begun = threading.Barrier(5)

        def read():
            begun.wait()
            try:
                for _ in range(50):
                    slide.read_region(0, 0, 300, 300)
            except ValueError as error:
                assert str(error) == "the slide is closed"

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        begun.wait()
        slide.close()
        for thread in threads:
            thread.join()


def test_fork(slide):
    expected = checksum(slide)

    def child():
        assert checksum(slide) == expected
        slide.close()

    in_child(child)
    assert checksum(slide) == expected


def test_fork_while_threads_read(slide_path):
    """A child inherits a lock that some thread of its parent holds; it never looks at it."""
    cache = nodal.Cache(1 << 20)
    slide = nodal.Slide(slide_path, cache=cache)
    expected = checksum(slide)
    over = threading.Event()

    def read():
        while not over.is_set():
            slide.read_region(0, 0, 600, 400)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            in_child(lambda: (checksum(slide), cache.statistics))
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert checksum(slide) == expected


def test_a_child_cannot_reopen_what_is_gone(slide_path, tmp_path):
    path = tmp_path / "gone.tif"
    path.write_bytes(slide_path.read_bytes())
    slide = nodal.Slide(path)
    path.unlink()

    def child():
        with pytest.raises(nodal.FileError, match="No such file"):
            slide.read_region(0, 0, 1, 1)

    in_child(child)
    assert slide[0, 0].shape == (3,)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools(slide, method):
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(checksum, [slide] * 4) == [checksum(slide)] * 4


def test_a_writer_belongs_to_its_process(tmp_path):
    path = tmp_path / "out.tif"
    writer = nodal.Writer(path, 64, 64, codec="none", tile_size=64)

    def child():
        with pytest.raises(ValueError, match="a writer cannot be used in a forked child"):
            writer.write_tile(0, 0, numpy.zeros((64, 64, 3), numpy.uint8))
        writer.close()

    in_child(child)
    writer.write_tile(0, 0, numpy.full((64, 64, 3), 7, numpy.uint8))
    writer.finish()
    assert (nodal.Slide(path)[:, :] == 7).all()


def test_patches_belong_to_their_process(slide):
    reading = iter(nodal.patches(slide, 64, 0.5))
    next(reading)

    def child():
        with pytest.raises(ValueError, match="cannot be taken in its forked child"):
            next(reading)
        assert sum(1 for _ in nodal.patches(slide, 64, 0.5)) == 70

    in_child(child)
    assert sum(1 for _ in reading) == 69


def test_the_module_lives_in_many_threads_at_once(python, slide_path):
    output = python("""
import sys, threading
import nodal
def work():
    for _ in range(30):
        with nodal.Slide(sys.argv[1]) as slide:
            slide[:50, :50]
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print('good')
""", slide_path)
    assert output == "good\n"


def test_import_takes_no_numpy(python):
    assert python("import nodal, sys; print('numpy' in sys.modules)") == "False\n"
