# SPDX-License-Identifier: Apache-2.0
"""MultiResolutionImageReader and MultiResolutionImage."""
import math
import os
import struct
import warnings

import nodal

from . import _enums as enums

_COLORS = {"gray": enums.Monochrome, "label": enums.Monochrome, "rgb": enums.RGB, "rgba": enums.RGBA,
           "channels": enums.Indexed}
_TYPES = {"uint8": enums.UChar, "uint16": enums.UInt16, "uint32": enums.UInt32, "float32": enums.Float}


def single(value):
    """The value as ASAP's float keeps it."""
    return struct.unpack("f", struct.pack("f", value))[0]


def integer(value, name):
    """ASAP takes whole numbers alone: a float is a TypeError, numbers of NumPy are fine."""
    try:
        return value.__index__()
    except AttributeError:
        raise TypeError(f"{name}: a whole number is wanted, not {type(value).__name__}") from None


def warn(reason, depth=3):
    warnings.warn(str(reason), stacklevel=depth)


class ImageSource:
    """What images and filters have in common."""


class MultiResolutionImage(ImageSource):
    """A slide that a MultiResolutionImageReader opened. A subclass may take over another image's `__dict__`."""

    def __init__(self):
        self._slide = None
        self._levels = ()
        self._cache_size = nodal.DEFAULT_CACHE_BYTES
        self._black = False

    def _open(self, path):
        self._slide = nodal.Slide(path)
        self._levels = self._slide.levels
        # ASAP's own TIFF reader gives 0 outside the slide, OpenSlide's formats their background.
        extension = os.path.splitext(os.fspath(path))[1]
        self._black = self._slide.format == "generic-tiff" and extension in (".tif", ".tiff")
        return self

    def valid(self):
        return self._slide is not None and not self._slide.closed

    def getFileType(self):
        return self._slide.format

    def getNumberOfLevels(self):
        return len(self._levels)

    def getDimensions(self):
        return self._levels[0].dimensions

    def getLevelDimensions(self, level):
        level = integer(level, "level")
        return self._levels[level].dimensions if 0 <= level < len(self._levels) else ()

    def getLevelDownsample(self, level):
        """Width of level 0 by that of the level, as a float of C."""
        level = integer(level, "level")
        if not 0 <= level < len(self._levels):
            return -1.0
        return single(self._levels[0].width / self._levels[level].width)

    def getBestLevelForDownSample(self, downsample):
        """The level whose downsample is nearest, the smaller level of two that are equally near."""
        if downsample < 1:
            return 0
        before = 1.0
        for level in range(1, len(self._levels)):
            this = self.getLevelDownsample(level)
            if this > downsample:
                return level if this - downsample <= downsample - before else level - 1
            before = this
        return len(self._levels) - 1

    def getSpacing(self):
        return self._slide.spacing or ()

    def getProperty(self, propertyName):
        return self._slide.properties.get(propertyName, "")

    def getColorType(self):
        return _COLORS[self._slide.color]

    def getDataType(self):
        return _TYPES[self._slide.dtype]

    def getSamplesPerPixel(self):
        return self._slide.channels

    def getMinValue(self, channel=-1):
        return self._slide.value_range[0] if self._slide.value_range else 0.0

    def getMaxValue(self, channel=-1):
        return self._slide.value_range[1] if self._slide.value_range else 255.0

    def getNumberOfZPlanes(self):
        return 1

    def getCurrentZPlaneIndex(self):
        return 0

    def setCurrentZPlaneIndex(self, zPlaneIndex):
        pass

    def getCacheSize(self):
        return self._cache_size

    def setCacheSize(self, cacheSize):
        """Opens the slide again with a cache of so many bytes."""
        self._cache_size = integer(cacheSize, "cacheSize")
        if self.valid():
            self._slide = nodal.Slide(self._slide.path, cache=nodal.Cache(self._cache_size))
            self._levels = self._slide.levels

    def _read(self, level, left, top, width, height):
        """An array (height, width, channels) of the slide's type, in pixels of the level."""
        pixels = level.read(left, top, width, height)
        if pixels.ndim == 2:
            pixels = pixels[:, :, None]
        if self._black:
            inside = slice(max(0, -top), max(0, level.height - top)), slice(max(0, -left), max(0, level.width - left))
            if inside != (slice(0, level.height - top), slice(0, level.width - left)) \
                    or level.height - top < height or level.width - left < width:
                kept = pixels[inside].copy()
                pixels[:] = 0
                pixels[inside] = kept
        return pixels

    def _patch(self, dtype, startX, startY, width, height, level):
        startX, startY = integer(startX, "startX"), integer(startY, "startY")
        width, height = integer(width, "width"), integer(height, "height")
        level = integer(level, "level")
        if not 0 <= level < len(self._levels):
            warn(f"level {level}: the image has {len(self._levels)} levels", 4)
            return None
        downsample = self.getLevelDownsample(level)
        left, top = math.floor(startX / downsample + 0.5), math.floor(startY / downsample + 0.5)
        try:
            pixels = self._read(self._levels[level], left, top, width, height)
        except nodal.Error as error:
            warn(error, 4)
            return None
        return pixels if pixels.dtype == dtype else pixels.astype(dtype)

    def getUCharPatch(self, startX, startY, width, height, level):
        """An array (height, width, channels) of uint8. startX, startY: level-0 pixels; width, height: pixels of the
        level. None where that cannot be read."""
        return self._patch("uint8", startX, startY, width, height, level)

    def getUInt16Patch(self, startX, startY, width, height, level):
        return self._patch("uint16", startX, startY, width, height, level)

    def getUInt32Patch(self, startX, startY, width, height, level):
        return self._patch("uint32", startX, startY, width, height, level)

    def getFloatPatch(self, startX, startY, width, height, level):
        return self._patch("float32", startX, startY, width, height, level)


class TIFFImage(MultiResolutionImage):
    """A TIFF whose compressed tiles can be had as they are."""

    def getEncodedTile(self, startX, startY, level):
        """The compressed tile that holds a level-0 pixel, as an array of uint8; None where there is none."""
        import numpy

        shape = self._levels[level]
        downsample = self.getLevelDownsample(level)
        try:
            data = self._slide.read_raw_tile(level, int(startX / downsample) // shape.tile_width,
                                             int(startY / downsample) // shape.tile_height)
        except nodal.Error as error:
            warn(error)
            return None
        return None if data is None else numpy.frombuffer(data, numpy.uint8)

    def getEncodedTileSize(self, startX, startY, level):
        tile = self.getEncodedTile(startX, startY, level)
        return -1 if tile is None else len(tile)


def MultiResolutionImageToTIFFImage(image):
    """The same image as a TIFFImage; None where it is no TIFF."""
    if image is None or image._slide.format in ("png", "jpeg"):
        return None
    made = TIFFImage()
    made.__dict__.update(image.__dict__)
    return made


class MultiResolutionImageReader:
    """Opens slides."""

    def open(self, fileName, factoryName="default"):
        """The image, or None (and a warning that says why). The format is found by looking at the content, whatever
        `factoryName` is."""
        try:
            return MultiResolutionImage()._open(os.fspath(fileName))
        except nodal.Error as error:
            warn(error)
            return None
