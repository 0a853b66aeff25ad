# SPDX-License-Identifier: Apache-2.0
"""Patches of many slides at one physical spacing, read ahead on threads of their own."""
import collections
import os

from . import _nodal

__all__ = ["Batch", "Patch", "Patches", "patches"]

Patch = collections.namedtuple("Patch", "pixels slide x y label")
Patch.__doc__ = """One patch: an array (height, width, channels), the index of its slide, the level-0 pixel of its top-left
corner, and the value of the mask at its center (None without a mask)."""

Batch = collections.namedtuple("Batch", "pixels slide x y label")
Batch.__doc__ = """Patches in one array (patches, height, width, channels), with a list each of what Patch has."""

# Masks are looked at on their finest level of at most so many pixels.
_MASK_PIXELS = 1 << 22

_ALL = (1 << 64) - 1


def _mixed(number):
    """The splitmix64 generator's step (Steele, Lea and Flood 2014): 64 bits out of 64."""
    number = (number + 0x9E3779B97F4A7C15) & _ALL
    number = ((number ^ number >> 30) * 0xBF58476D1CE4E5B9) & _ALL
    number = ((number ^ number >> 27) * 0x94D049BB133111EB) & _ALL
    return number ^ number >> 31


class _Draws:
    """The chances of one patch: a function of the seed and its number alone, whatever came before."""

    def __init__(self, seed, number):
        self._state = _mixed(_mixed(seed & _ALL) ^ number)

    def below(self, limit):
        self._state = _mixed(self._state)
        return self._state * limit >> 64

    def share(self):
        self._state = _mixed(self._state)
        return (self._state >> 11) / (1 << 53)


class _Cells:
    """A mask as it is drawn from: an array of values, each of which stands for a cell of level-0 pixels."""

    def __init__(self, mask, slide, level):
        import numpy

        if isinstance(mask, (str, bytes, os.PathLike)):
            mask = _nodal.Slide(mask)
        if isinstance(mask, _nodal.AnnotationSet):
            mask = self._drawn(mask, slide)
        elif isinstance(mask, _nodal.Slide):
            if mask.channels != 1:
                raise _nodal.ArgumentError(f"{mask.path}: a mask has one channel, not {mask.channels}")
            mask = numpy.asarray(self._level(mask, level))
        self.values = numpy.asarray(mask)
        if self.values.ndim != 2 or self.values.size == 0:
            raise _nodal.ArgumentError("mask: an array (height, width) is wanted")
        self.width = slide.width / self.values.shape[1]
        self.height = slide.height / self.values.shape[0]
        self.places = {}

    @staticmethod
    def _level(mask, level):
        if level is not None:
            return mask.levels[level]
        small = [each for each in mask.levels if each.width * each.height <= _MASK_PIXELS]
        return small[0] if small else mask.levels[-1]

    @staticmethod
    def _drawn(annotations, slide):
        downsample = max(1.0, (slide.width * slide.height / _MASK_PIXELS) ** 0.5)
        mask = _nodal.Mask(annotations, slide.width, slide.height, downsample=downsample)
        return mask.draw(0, 0, *mask.dimensions)

    def present(self):
        """Its values besides 0, in ascending order."""
        import numpy

        return [int(value) for value in numpy.unique(self.values) if value != 0]

    def find(self, value):
        """Remembers the cells of a value; how many there are."""
        import numpy

        self.places[value] = numpy.flatnonzero(self.values.ravel() == value).astype(numpy.uint32)
        return len(self.places[value])

    def draw(self, value, draws):
        """A place in a cell of that value, level-0 pixels."""
        row, column = divmod(int(self.places[value][draws.below(len(self.places[value]))]), self.values.shape[1])
        return (column + draws.share()) * self.width, (row + draws.share()) * self.height

    def at(self, x, y):
        rows, columns = self.values.shape
        column, row = int(x / self.width), int(y / self.height)
        return int(self.values[row, column]) if 0 <= row < rows and 0 <= column < columns else 0


class _Source:
    """A slide and how patches are read from it."""

    def __init__(self, index, slide, size, spacing, mask, mask_level):
        self.index, self.slide, self.level = index, slide, 0
        self.scale_x = self.scale_y = 1.0
        if spacing is not None:
            if slide.spacing is None:
                raise _nodal.ArgumentError(f"{slide.path}: states no spacing; open it with nodal.Slide(path, spacing=...)")
            self.scale_x, self.scale_y = spacing / slide.spacing[0], spacing / slide.spacing[1]
            self.level = next((level.index for level in slide.levels
                               if abs(level.downsample / self.scale_x - 1) < 1e-3
                               and abs(level.downsample / self.scale_y - 1) < 1e-3), -1)
        self.width, self.height = size[0] * self.scale_x, size[1] * self.scale_y
        self.cells = None if mask is None else _Cells(mask, slide, mask_level)

    def job(self, x, y, label):
        return self.slide, self.level, float(x), float(y), (self.index, x, y, label)

    def around(self, x, y, label):
        """The patch whose center lies there, moved into the slide where it fits."""
        left = min(max(0, round(x - self.width / 2)), max(0, int(self.slide.width - self.width)))
        top = min(max(0, round(y - self.height / 2)), max(0, int(self.slide.height - self.height)))
        return self.job(left, top, label)


class Patches:
    """What patches() returns: each `for` begins anew and gives the same patches in the same order."""

    def __init__(self, sources, size, spacing, stride, count, seed, values, balance, partial, shard, reading):
        self._sources, self._size, self._spacing, self._stride = sources, size, spacing, stride
        self._count, self._seed, self._balance, self._partial = count, seed, balance, partial
        self._shard, self._reading = shard, reading
        masked = sources[0].cells is not None
        self._values = None
        if masked:
            present = sorted({value for source in sources for value in source.cells.present()})
            self._values = present if values is None else [int(value) for value in values]
        if masked and count is not None:
            self._index_cells()
        self._grid_length = None

    def _index_cells(self):
        """For each value, the slides that have it."""
        self._having = {value: [source for source in self._sources if source.cells.find(value)]
                        for value in self._values}
        self._having = {value: having for value, having in self._having.items() if having}
        if not self._having:
            raise _nodal.ArgumentError(f"mask: no slide has a pixel of {self._values}")

    # ---- Places ----

    def _random(self, number):
        draws = _Draws(self._seed, number)
        if self._values is None:
            source = self._sources[draws.below(len(self._sources))]
            x = draws.share() * max(0.0, source.slide.width - source.width)
            y = draws.share() * max(0.0, source.slide.height - source.height)
            return source.job(int(x), int(y), None)
        if self._balance:
            value = list(self._having)[draws.below(len(self._having))]
            source = self._having[value][draws.below(len(self._having[value]))]
        else:
            able = [source for source in self._sources if any(len(places) for places in source.cells.places.values())]
            source = able[draws.below(len(able))]
            place = draws.below(sum(len(places) for places in source.cells.places.values()))
            for value, places in source.cells.places.items():
                if place < len(places):
                    break
                place -= len(places)
        return source.around(*source.cells.draw(value, draws), value)

    @staticmethod
    def _steps(length, extent, step, partial):
        count = int(length // step) + 1 if partial else int((length - extent) // step) + 1 if length >= extent else 0
        return [round(index * step) for index in range(count) if index * step < length]

    def _grid(self):
        for source in self._sources:
            columns = self._steps(source.slide.width, source.width, self._stride[0] * source.scale_x, self._partial)
            for y in self._steps(source.slide.height, source.height, self._stride[1] * source.scale_y, self._partial):
                for x in columns:
                    label = None
                    if source.cells is not None:
                        label = source.cells.at(x + source.width / 2, y + source.height / 2)
                        if label not in self._values:
                            continue
                    yield source.job(x, y, label)

    def _jobs(self):
        index, count = self._shard
        if self._count is not None:
            yield from (self._random(number) for number in range(index, self._count, count))
        else:
            yield from (job for number, job in enumerate(self._grid()) if number % count == index)

    # ---- What users see ----

    def __len__(self):
        """Number of patches, or of batches."""
        index, count = self._shard
        total = self._count
        if total is None:
            if self._grid_length is None:
                self._grid_length = sum(1 for _ in self._grid())
            total = self._grid_length
        patches_here = len(range(index, total, count))
        batch = self._reading[2]
        return -(-patches_here // batch) if batch else patches_here

    def __iter__(self):
        mode, interpolation, batch, threads, ahead = self._reading
        reader = _nodal._Prefetch(self._jobs(), *self._size, self._spacing or 0.0, interpolation, mode, batch, threads,
                                  ahead)
        if not batch:
            for pixels, tag in reader:
                yield Patch(pixels, *tag)
        else:
            for pixels, tags in reader:
                yield Batch(pixels, *map(list, zip(*tags)))

    def shard(self, index, count):
        """Every `count`-th patch, beginning with number `index`: the part of one worker among `count`."""
        if not 0 <= index < count:
            raise _nodal.ArgumentError(f"shard: {index} is not between 0 and {count - 1}")
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        first, step = self._shard
        made._shard = first + index * step, step * count
        return made


def _pair(value, what):
    pair = (value, value) if hasattr(value, "__index__") else tuple(value)
    if len(pair) != 2 or min(pair) < 1:
        raise _nodal.ArgumentError(f"{what}: a number of pixels, or (width, height)")
    return tuple(number.__index__() for number in pair)


def _several(thing, single):
    return [thing] if isinstance(thing, single) else list(thing)


def patches(slides, size, spacing=None, *, mask=None, values=None, mask_level=None, stride=None, count=None, seed=0,
            balance=False, partial=False, batch=0, mode="rgb", interpolation="linear", threads=0, ahead=0):
    """Patches of slides at a physical spacing, on a grid or at random; an iterable of Patch, or of Batch.

        for patch in nodal.patches(["a.tif", "b.tif"], 256, 0.5, mask=["a_mask.tif", "b_mask.tif"], count=10000,
                                   balance=True, seed=1):
            train(patch.pixels, patch.label)

    slides: a Slide or path, or a sequence of them. size: pixels of a patch, or (width, height). spacing: micrometres a
    pixel; None: level 0 as it is. A level of that spacing is read as it is, any other is resampled.

    mask: for each slide a Slide or path of a label image, Annotations, or an array (height, width) that covers the
    slide; patches are taken where its value at their center is one of `values` (None: all but 0). It is looked at on
    its finest level of at most 4 million pixels, or on `mask_level`.

    Without `count`: a grid of `stride` pixels of the patch (None: its size), slide after slide, row by row; whole
    patches only, or with `partial` also those that reach over the edge of the slide. With `count`: so many random
    patches, the slides equally likely; with `balance` the values of the mask are equally likely, then the slides that
    have them. The same seed gives the same patches in the same order, for any number of threads.

    batch: so many patches in one array; the last may have fewer. mode: 'rgb', 'rgba' or 'native'. threads: that read (0:
    one a core). ahead: patches that are read ahead (0: as many as keep the threads busy)."""
    single = (str, bytes, os.PathLike, _nodal.Slide)
    # One for all slides that are given as paths; a larger one costs more page faults than it saves decoding.
    cache = _nodal.Cache(_nodal.DEFAULT_CACHE_BYTES)
    opened = [slide if isinstance(slide, _nodal.Slide) else _nodal.Slide(slide, cache=cache)
              for slide in _several(slides, single)]
    if not opened:
        raise _nodal.ArgumentError("slides: there are none")
    if spacing is not None and not spacing > 0:
        raise _nodal.ArgumentError("spacing: micrometres a pixel are more than 0")
    if mask is None:
        masks = [None] * len(opened)
        if values is not None or balance:
            raise _nodal.ArgumentError("values, balance: there is no mask")
    elif isinstance(mask, single + (_nodal.AnnotationSet,)) or hasattr(mask, "shape"):
        masks = [mask]
    else:
        masks = list(mask)
    if len(masks) != len(opened):
        raise _nodal.ArgumentError(f"mask: {len(masks)} masks for {len(opened)} slides")
    if balance and count is None:
        raise _nodal.ArgumentError("balance: is for random patches, with a count")
    if count is not None and (stride is not None or partial):
        raise _nodal.ArgumentError("stride, partial: are for a grid, without a count")
    if count is not None and count < 0:
        raise _nodal.ArgumentError("count: is not negative")
    size = _pair(size, "size")
    sources = [_Source(index, slide, size, spacing, one, mask_level)
               for index, (slide, one) in enumerate(zip(opened, masks))]
    return Patches(sources, size, spacing, size if stride is None else _pair(stride, "stride"), count, seed, values,
                   balance, partial, (0, 1), (mode, interpolation, batch, threads, ahead))
