# SPDX-License-Identifier: Apache-2.0
"""MultiResolutionImageWriter."""
import os

import nodal

from . import _enums as enums
from ._image import integer, warn
from ._progress import report

_COLORS = {enums.Monochrome: "gray", enums.RGB: "rgb", enums.RGBA: "rgba", enums.Indexed: "channels"}
_TYPES = {enums.UChar: "uint8", enums.UInt16: "uint16", enums.UInt32: "uint32", enums.Float: "float32"}
_CODECS = {enums.RAW: "none", enums.JPEG: "jpeg", enums.LZW: "lzw"}


class MultiResolutionImageWriter:
    """Writes a tiled TIFF pyramid: openFile, the set functions, writeImageInformation, the tiles, finishImage.

    The file is nodal's: smaller levels are halves, sides rounded up, until both fit in one tile, and means are rounded.
    It appears under its name when finishImage() succeeds; until then an older file of that name stays as it is.
    """

    def __init__(self):
        self._reset()
        self._codec = enums.LZW
        self._interpolation = enums.Linear
        self._data_type = enums.InvalidDataType
        self._color_type = enums.InvalidColorType
        self._channels = 0
        self._quality = 30
        self._tile_size = 512
        self._levels = 0
        self._override_spacing = ()
        self._monitor = None

    def _reset(self):
        self._path = None
        self._size = None
        self._spacing = ()
        self._writer = None
        self._next = 0

    def openFile(self, fileName):
        """0, or -1 where the folder cannot be written to. What was open before is given up."""
        if self._writer is not None:
            self._writer.close()
        self._reset()
        path = os.fspath(fileName)
        folder = os.path.dirname(path) or "."
        if not os.access(folder, os.W_OK | os.X_OK) or os.path.isdir(path):
            warn(f"{path}: cannot be written")
            return -1
        self._path = path
        return 0

    def setCompression(self, codec):
        if codec not in _CODECS:
            warn(f"compression {codec} is not written" + (" (JPEG 2000)" if codec == enums.JPEG2000 else ""))
            return -1
        self._codec = codec
        return 0

    def setInterpolation(self, interpolation):
        self._interpolation = interpolation
        return 0

    def setDataType(self, dataType):
        self._data_type = dataType
        return 0

    def setColorType(self, colorType):
        self._color_type = colorType
        return 0

    def setNumberOfIndexedColors(self, numberOfIndexedColors):
        self._channels = integer(numberOfIndexedColors, "numberOfIndexedColors")
        return 0

    def setJPEGQuality(self, quality):
        if not 0 < quality <= 100:
            return -1
        self._quality = max(1, round(quality))
        return 0

    def getJPEGQuality(self):
        return self._quality

    def setTileSize(self, tileSize):
        self._tile_size = integer(tileSize, "tileSize")
        return 0

    def getTileSize(self):
        return self._tile_size

    def setMaxNumberOfPyramidLevels(self, maxPyramidLevels):
        """So many levels below the first; negative: as many as it takes."""
        self._levels = max(0, integer(maxPyramidLevels, "maxPyramidLevels") + 1)
        return 0

    def setDownsamplePerLevel(self, downsamplePerLevel):
        if downsamplePerLevel != 2:
            warn("each level is half the one above: no other downsample is written")
            return -1
        return 0

    def setSpacing(self, spacing):
        x_um, y_um = spacing
        self._spacing = (float(x_um), float(y_um))
        return 0

    def setOverrideSpacing(self, spacing):
        """Stands instead of an image's own spacing in writeImageToFile()."""
        self._override_spacing = tuple(map(float, spacing))
        return 0

    def setProgressMonitor(self, monitor):
        self._monitor = monitor

    def writeImageInformation(self, sizeX, sizeY):
        """0, or -1 where there is no file, no type or no size."""
        size = integer(sizeX, "sizeX"), integer(sizeY, "sizeY")
        if self._path is None or min(size) < 1:
            warn("no file is open" if self._path is None else f"{self._path}: {size[0]} x {size[1]} pixels")
            return -1
        if self._data_type not in _TYPES or self._color_type not in _COLORS:
            warn(f"{self._path}: setDataType() and setColorType() come first")
            return -1
        self._size = size
        return 0

    def _opened(self):
        """nodal's writer, made when the first tile comes, because the spacing may be set as late as that."""
        if self._writer is None:
            if self._size is None:
                raise ValueError("writeImageInformation() comes first")
            color, dtype = _COLORS[self._color_type], _TYPES[self._data_type]
            nearest = self._interpolation == enums.NearestNeighbor
            if color == "gray" and nearest and dtype != "float32" and self._codec != enums.JPEG:
                color = "label"
            channels = self._channels if color == "channels" else 0
            if channels == 1:
                color, channels = "gray", 0
            self._writer = nodal.Writer(
                self._path, *self._size, color=color, channels=channels, dtype=dtype, tile_size=self._tile_size,
                codec=_CODECS[self._codec], quality=self._quality, levels=self._levels,
                interpolation="nearest" if nearest else "linear", spacing=self._spacing or None,
                background=(0, 0, 0), force=True)
        return self._writer

    def _samples(self):
        return {enums.RGB: 3, enums.RGBA: 4, enums.Indexed: max(1, self._channels)}.get(self._color_type, 1)

    def _write(self, data, column, row):
        import numpy

        size = self._tile_size
        values = numpy.ascontiguousarray(data).reshape(-1)
        if values.size != size * size * self._samples():
            raise ValueError(f"{self._path}: a tile has {size} x {size} x {self._samples()} values, not {values.size}")
        if row < (self._size[1] + size - 1) // size and column < (self._size[0] + size - 1) // size:
            self._opened().write_tile(column, row, values.astype(_TYPES[self._data_type], copy=False))
        else:
            warn(f"{self._path}: the tile at {column * size}, {row * size} lies outside and is left out")

    def writeBaseImagePart(self, data):
        """The next tile, row by row: tileSize * tileSize * samples values."""
        if self._size is None:
            raise ValueError("writeImageInformation() comes first")
        columns = (self._size[0] + self._tile_size - 1) // self._tile_size
        self._write(data, self._next % columns, self._next // columns)
        self._next += 1

    def writeBaseImagePartToLocation(self, data, x, y):
        """The tile that holds level-0 pixel x, y."""
        if self._size is None:
            raise ValueError("writeImageInformation() comes first")
        self._write(data, integer(x, "x") // self._tile_size, integer(y, "y") // self._tile_size)

    def finishImage(self):
        """0 when the file is complete; -1 where it cannot be written."""
        try:
            self._opened().finish()
        except (nodal.Error, ValueError) as error:
            warn(error)
            return -1
        finally:
            self._reset()
        return 0

    def writeImageToFile(self, img, fileName):
        """Copies level 0 of an image, tile by tile, with this writer's compression and spacing. 0 or -1."""
        if self.openFile(fileName) < 0:
            return -1
        self._color_type, self._data_type = img.getColorType(), img.getDataType()
        self._channels = img.getSamplesPerPixel()
        width, height = img.getDimensions()
        spacing = self._override_spacing or img.getSpacing()
        if spacing:
            self.setSpacing(spacing)
        if self.writeImageInformation(width, height) < 0:
            return -1
        read = {enums.UInt16: img.getUInt16Patch, enums.UInt32: img.getUInt32Patch,
                enums.Float: img.getFloatPatch}.get(self._data_type, img.getUCharPatch)
        size, tell = self._tile_size, report(self._monitor)
        for y in range(0, height, size):
            for x in range(0, width, size):
                patch = read(x, y, size, size, 0)
                if patch is None:
                    self.openFile(fileName)
                    return -1
                self._write(patch, x // size, y // size)
            if tell:
                tell(min(y + size, height), height)
        return self.finishImage()
