# SPDX-License-Identifier: Apache-2.0
"""nodal.patches(): which patches come, in which order, with which pixels."""
import collections
import pickle

import numpy
import pytest
import tifffile

import nodal
from material import HEIGHT, WIDTH


def places(patches):
    return [(patch.slide, patch.x, patch.y, patch.label) for patch in patches]


def test_a_grid(slide, pixels):
    patches = nodal.patches(slide, 100)
    assert len(patches) == 35
    taken = list(patches)
    assert [(patch.x, patch.y) for patch in taken] == [(x, y) for y in range(0, 500, 100) for x in range(0, 700, 100)]
    for patch in taken:
        assert numpy.array_equal(patch.pixels, pixels[patch.y:patch.y + 100, patch.x:patch.x + 100])
        assert (patch.slide, patch.label) == (0, None)


def test_whole_patches_and_partial_ones(slide, pixels):
    assert places(nodal.patches(slide, 300))[-1] == (0, 300, 0, None)
    partial = list(nodal.patches(slide, 300, partial=True))
    assert [(patch.x, patch.y) for patch in partial] == [(x, y) for y in (0, 300) for x in (0, 300, 600)]
    assert numpy.array_equal(partial[-1].pixels[:200, :100], pixels[300:, 600:])
    assert (partial[-1].pixels[200:] == 255).all()
    assert list(nodal.patches(slide, 800)) == []


def test_strides_and_sizes(slide):
    patches = list(nodal.patches(slide, (200, 100), stride=(250, 200)))
    assert [(patch.x, patch.y) for patch in patches] == [(x, y) for y in (0, 200, 400) for x in (0, 250, 500)]
    assert patches[0].pixels.shape == (100, 200, 3)


def test_a_level_of_that_spacing_is_read_as_it_is(slide, small):
    patches = list(nodal.patches(slide, 50, 1.0))
    assert len(patches) == 35
    for patch in patches:
        x, y = patch.x // 2, patch.y // 2
        assert numpy.array_equal(patch.pixels, small[y:y + 50, x:x + 50])


def test_other_spacings_are_resampled(slide):
    for patch in nodal.patches(slide, 64, 0.8):
        assert numpy.array_equal(patch.pixels, slide.read_at_spacing(0.8, patch.x, patch.y, 64, 64, mode="rgb"))


def test_several_slides(slide, slide_path, aperio_path):
    taken = places(nodal.patches([slide, str(slide_path), aperio_path], 240))
    assert collections.Counter(place[0] for place in taken) == {0: 4, 1: 4, 2: 2}


@pytest.mark.parametrize("kind", ["path", "slide", "array", "annotations"])
def test_a_grid_in_a_mask(slide, mask_path, mask_pixels, kind):
    annotations = nodal.Annotations()
    annotations.add("a", "polygon", [(50, 100), (300, 100), (300, 220), (50, 220)])
    mask = {"path": mask_path, "slide": nodal.Slide(mask_path), "array": mask_pixels, "annotations": annotations}[kind]
    taken = places(nodal.patches(slide, 20, mask=mask, values=[1]))
    centers = [(0, x, y, 1) for y in range(0, HEIGHT - 19, 20) for x in range(0, WIDTH - 19, 20)
               if mask_pixels[y + 10, x + 10] == 1]
    assert taken == centers and len(taken) > 50


def test_random_patches(slide, pixels):
    patches = nodal.patches(slide, 64, count=200, seed=5)
    taken = list(patches)
    assert len(taken) == len(patches) == 200
    assert places(patches) == places(taken) == places(nodal.patches(slide, 64, count=200, seed=5, threads=1, batch=0))
    assert places(taken) != places(nodal.patches(slide, 64, count=200, seed=6))
    assert places(taken)[:50] == places(nodal.patches(slide, 64, count=50, seed=5))
    xs, ys = [patch.x for patch in taken], [patch.y for patch in taken]
    assert 0 <= min(xs) < 50 and 586 < max(xs) <= WIDTH - 64
    assert 0 <= min(ys) < 50 and 386 < max(ys) <= HEIGHT - 64
    for patch in taken:
        assert numpy.array_equal(patch.pixels, pixels[patch.y:patch.y + 64, patch.x:patch.x + 64])


def test_the_draws_are_splitmix64():
    """The first numbers for seed 1234567 as the authors' program prints them."""
    from nodal.patches import _mixed

    state, numbers = 1234567, []
    for _ in range(3):
        numbers.append(_mixed(state))
        state = (state + 0x9E3779B97F4A7C15) % 2**64
    assert numbers == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_random_patches_of_a_mask(slide, mask_path, mask_pixels):
    taken = list(nodal.patches(slide, 10, mask=mask_path, count=400, seed=2))
    shares = collections.Counter(patch.label for patch in taken)
    # Every pixel is equally likely: 30,000 of value 1 and 40,000 of value 2.
    assert set(shares) == {1, 2} and 130 < shares[1] < 215
    for patch in taken:
        assert mask_pixels[patch.y + 5, patch.x + 5] == patch.label or (mask_pixels[
            patch.y + 4:patch.y + 7, patch.x + 4:patch.x + 7] == patch.label).any()


def test_balance(slide, slide_path, tmp_path):
    rare = numpy.zeros((HEIGHT, WIDTH), numpy.uint8)
    rare[:, 100:] = 1
    rare[250:254, 20:24] = 2
    none = numpy.ones((HEIGHT, WIDTH), numpy.uint8)
    taken = places(nodal.patches([slide, slide_path], 16, mask=[rare, none], count=600, seed=3, balance=True))
    shares = collections.Counter((place[0], place[3]) for place in taken)
    assert set(shares) == {(0, 1), (0, 2), (1, 1)}
    assert 250 < shares[0, 2] < 350 and 110 < shares[0, 1] < 190 and 110 < shares[1, 1] < 190


def test_shards_are_the_whole(slide):
    for patches in (nodal.patches(slide, 50), nodal.patches(slide, 50, count=101, seed=1)):
        parts = [places(patches.shard(index, 4)) for index in range(4)]
        assert [len(patches.shard(index, 4)) for index in range(4)] == [len(part) for part in parts]
        whole = places(patches)
        assert [whole[index::4] for index in range(4)] == parts
        assert places(patches.shard(1, 2).shard(1, 2)) == whole[3::4]
    with pytest.raises(nodal.ArgumentError):
        patches.shard(4, 4)


@pytest.mark.parametrize("batch", [1, 8, 35, 100])
def test_batches(slide, pixels, batch):
    patches = nodal.patches(slide, 100, batch=batch)
    assert len(patches) == -(-35 // batch)
    batches = list(patches)
    assert [len(each.pixels) for each in batches] == [min(batch, 35 - start) for start in range(0, 35, batch)]
    for each in batches:
        assert each.pixels.shape[1:] == (100, 100, 3)
        for one, x, y in zip(each.pixels, each.x, each.y):
            assert numpy.array_equal(one, pixels[y:y + 100, x:x + 100])


@pytest.mark.parametrize("threads, ahead", [(1, 1), (1, 50), (8, 1), (3, 7)])
def test_any_number_of_threads(slide, threads, ahead):
    first = [patch.pixels.tobytes() for patch in nodal.patches(slide, 64, 0.7)]
    assert first == [patch.pixels.tobytes() for patch in nodal.patches(slide, 64, 0.7, threads=threads, ahead=ahead)]


def test_stopping_early(slide):
    for _ in range(50):
        for patch in nodal.patches(slide, 64, 0.7, threads=4):
            break
    reading = iter(nodal.patches(slide, 64))
    next(reading)
    del reading


def test_arrays_that_are_kept_stay_as_they_are(slide, pixels):
    """Memory is used again only for arrays that nobody has any more, not even by a view."""
    kept, views, buffers = [], [], []
    for number, patch in enumerate(nodal.patches(slide, 64, threads=2, ahead=3)):
        if number % 3 == 0:
            kept.append((patch.x, patch.y, patch.pixels))
        elif number % 3 == 1:
            views.append((patch.x, patch.y, patch.pixels[10:20, 5:]))
        else:
            buffers.append((patch.x, patch.y, memoryview(patch.pixels)))
        del patch
    for x, y, array in kept:
        assert numpy.array_equal(array, pixels[y:y + 64, x:x + 64])
    for x, y, array in views:
        assert numpy.array_equal(array, pixels[y + 10:y + 20, x + 5:x + 64])
    for x, y, buffer in buffers:
        assert numpy.array_equal(numpy.asarray(buffer), pixels[y:y + 64, x:x + 64])


def test_pickle(slide, mask_path):
    patches = nodal.patches(slide, 32, mask=mask_path, count=20, balance=True)
    assert places(pickle.loads(pickle.dumps(patches))) == places(patches)


def test_a_damaged_tile_is_told(slide_path, tmp_path):
    with tifffile.TiffFile(slide_path) as tiff:
        offset = tiff.pages[0].dataoffsets[8]
    data = bytearray(slide_path.read_bytes())
    data[offset:offset + 40] = bytes(40)
    path = tmp_path / "damaged.tif"
    path.write_bytes(data)
    with pytest.raises(nodal.FormatError) as caught:
        list(nodal.patches(path, 128))
    assert str(caught.value).startswith(f"{path}: ")


def test_a_slide_that_is_closed_meanwhile(slide_path):
    slide = nodal.Slide(slide_path)
    reading = iter(nodal.patches(slide, 64, threads=2, ahead=4))
    next(reading)
    slide.close()
    with pytest.raises(ValueError, match="the slide is closed"):
        list(reading)


def test_slides_of_different_types(slide, deep_path):
    with pytest.raises(nodal.ArgumentError, match="1 x uint16 a pixel; the slides before it have 3 x uint8"):
        list(nodal.patches([slide, deep_path], 64, mode="native"))
    with pytest.raises(nodal.ArgumentError, match="cannot be read in that mode"):
        list(nodal.patches(deep_path, 64))
    assert next(iter(nodal.patches(deep_path, 64, mode="native"))).pixels.dtype == numpy.uint16


@pytest.mark.parametrize("arguments, message", [
    ({"size": 0}, "size: a number of pixels, or (width, height)"),
    ({"size": (1, 2, 3)}, "size: a number of pixels, or (width, height)"),
    ({"spacing": 0}, "spacing: micrometres a pixel are more than 0"),
    ({"values": [1]}, "values, balance: there is no mask"),
    ({"count": -1}, "count: is not negative"),
    ({"count": 5, "stride": 5}, "stride, partial: are for a grid, without a count"),
    ({"mask": [None, None]}, "mask: 2 masks for 1 slides"),
    ({"mask": numpy.ones((9, 9)), "balance": True}, "balance: is for random patches, with a count"),
    ({"mask": numpy.zeros((9, 9), numpy.uint8), "count": 5}, "mask: no slide has a pixel of []"),
    ({"mask": numpy.zeros(9)}, "mask: an array (height, width) is wanted"),
])
def test_misuse(slide, arguments, message):
    with pytest.raises(nodal.ArgumentError) as caught:
        nodal.patches(slide, **{"size": 64, **arguments})
    assert str(caught.value) == message


def test_misuse_found_late(slide, deep_path):
    with pytest.raises(nodal.ArgumentError, match="states no spacing"):
        nodal.patches(deep_path, 64, 0.5)
    with pytest.raises(nodal.ArgumentError, match="slides: there are none"):
        nodal.patches([], 64)
    with pytest.raises(nodal.ArgumentError, match="mode: 'x'"):
        list(nodal.patches(slide, 64, mode="x"))
    with pytest.raises(nodal.ArgumentError, match="threads, batch, ahead: are out of range"):
        list(nodal.patches(slide, 64, threads=-1))
    with pytest.raises(nodal.ArgumentError):
        list(nodal.patches(slide, 1 << 40))
