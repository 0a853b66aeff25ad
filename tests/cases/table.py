# SPDX-License-Identifier: Apache-2.0
"""Damaged slides, one row each, by category of damage.

A row is (name, base, mutations, command, outcome). The base is a function that gives a Tiff of tiffbuild or bytes. The
command is "info" or "crop X Y W H [--level L]". The outcome is the message that must follow "nodal COMMAND: ", where
FILE stands for the path, # for a number and * for words of a library that differ from version to version; or OK; or
the pixels that crop must give: WHITE or BASE, the gradient of the undamaged base.
"""
import struct

import tiffbuild as tb

OK, WHITE, BASE = "OK", "WHITE", "BASE"


# ---- bases -----------------------------------------------------------------------------------------------------------

def base(function, *arguments, **keywords):
    return lambda: function(*arguments, **keywords)


NONE, LZW, DEFLATE, ZSTD, PACKBITS = (base(tb.pyramid, name) for name in ("none", "lzw", "deflate", "zstd", "packbits"))
JPEG, JP2K, WEBP = (base(tb.pyramid, name) for name in ("jpeg", "jp2k", "webp"))
BIG = base(tb.pyramid, "none", big=True)
BIG_MM = base(tb.pyramid, "deflate", big=True, order="MM")
MM = base(tb.pyramid, "none", order="MM")
STRIPS = base(tb.strips, "none")
STRIPS_DEFLATE = base(tb.strips, "deflate")
APERIO, PHILIPS, OME, OME_PLANES = tb.aperio, tb.philips, tb.ome, tb.ome_planes
PNG, JPG = base(tb.png, 20, 12), base(tb.jpeg, 24, 16)


def raw(data):
    return lambda: data


def gray(depth=8, codec="none"):
    return base(tb.pyramid, codec, channels=1, depth=depth)


def many_directories():
    dot = [tb.Directory({256: tb.Tag(tb.SHORT, [1]), 257: tb.Tag(tb.SHORT, [1]), 258: tb.Tag(tb.SHORT, [8]),
                         273: tb.Tag(tb.SHORT, [8]), 279: tb.Tag(tb.SHORT, [1])}) for _ in range(4097)]
    return tb.Tiff(dot)


# ---- mutations -------------------------------------------------------------------------------------------------------

class Before:
    """Changes the model of the file."""

    def __init__(self, function):
        self.apply = function


class After:
    """Changes the bytes: function(tiff or None, bytearray) gives the new ones, or None where it changed them."""

    def __init__(self, function):
        self.apply = function


def put(tag, values, kind=tb.LONG, at=0):
    return Before(lambda tiff: tiff.flat()[at].set(tag, kind, values))


def text(tag, value, at=0):
    data = value.encode() if isinstance(value, str) else value
    return Before(lambda tiff: tiff.flat()[at].set(tag, tb.ASCII, data + b"\0"))


def drop(tag, at=0):
    return Before(lambda tiff: tiff.flat()[at].tags.pop(tag))


def block(data, at=0, index=0):
    """Another compressed block."""
    def change(tiff):
        blocks = tiff.flat()[at].blocks
        blocks[index] = data(blocks[index]) if callable(data) else data
    return Before(change)


def entry(tag, at=0, kind=None, count=None, offset=None, rename=None):
    """What the entry of a tag says of its type, its count, and the place of its value."""
    def change(tiff, data):
        mark, place = tiff.mark, tiff.places[at, tag].entry
        if kind is not None:
            struct.pack_into(f"{mark}H", data, place + 2, kind)
        if count is not None:
            struct.pack_into(f"{mark}{'Q' if tiff.big else 'I'}", data, place + 4, count)
        if offset is not None:
            struct.pack_into(f"{mark}{'Q' if tiff.big else 'I'}", data, place + (12 if tiff.big else 8), offset)
        if rename is not None:
            struct.pack_into(f"{mark}H", data, place, rename)
    return After(change)


def value(tag, index, number, at=0, size="I"):
    """One number of an array that lies outside its entry."""
    return After(lambda tiff, data: struct.pack_into(
        f"{tiff.mark}{size}", data, tiff.places[at, tag].value + index * struct.calcsize(size), number))


def patch(offset, new):
    def change(tiff, data):
        data[offset:offset + len(new)] = new
    return After(change)


def replace(old, new):
    def change(tiff, data):
        assert data.count(old) >= 1
        return data.replace(old, new, 1)
    return After(change)


def cut(size):
    """Keeps the first `size` bytes; negative: without the last ones."""
    return After(lambda tiff, data: data[:size])


def cut_at_directory(number, more):
    return After(lambda tiff, data: data[:tiff.directory_places[number] + more])


def first_offset(number):
    return After(lambda tiff, data: struct.pack_into(
        f"{tiff.mark}{'Q' if tiff.big else 'I'}", data, 8 if tiff.big else 4, number))


def entry_count(number, at=0):
    return After(lambda tiff, data: struct.pack_into(
        f"{tiff.mark}{'Q' if tiff.big else 'H'}", data, tiff.directory_places[at], number))


def follow(at, number):
    """The link of a directory leads to an offset, or to directory -1 - number."""
    def change(tiff, data):
        target = tiff.directory_places[-1 - number] if number < 0 else number
        struct.pack_into(f"{tiff.mark}{'Q' if tiff.big else 'I'}", data, tiff.next_places[at], target)
    return After(change)


def child(number):
    """The first sub-directory of directory 0 is at an offset, or directory -1 - number."""
    def change(tiff, data):
        target = tiff.directory_places[-1 - number] if number < 0 else number
        struct.pack_into(f"{tiff.mark}{'Q' if tiff.big else 'I'}", data, tiff.places[0, 330].value, target)
    return After(change)


def swap_entries(tag, other):
    def change(tiff, data):
        a, b, size = tiff.places[0, tag].entry, tiff.places[0, other].entry, 20 if tiff.big else 12
        data[a:a + size], data[b:b + size] = data[b:b + size], data[a:a + size]
    return After(change)


def describe(function, *arguments, **keywords):
    return text(270, function(*arguments, **keywords))


# ---- the table -------------------------------------------------------------------------------------------------------

CROP = "crop 0 0 8 8"
UNKNOWN = "FILE: is not a slide format that this build reads"

CONTAINER = [
    ("empty", raw(b""), [], "info", "FILE: is empty"),
    ("one-byte", raw(b"I"), [], "info", UNKNOWN),
    ("text", raw(b"not a picture at all\n"), [], "info", UNKNOWN),
    ("version-41", NONE, [patch(2, b"\x29\0")], "info", UNKNOWN),
    ("mixed-byte-order", NONE, [patch(0, b"IM")], "info", UNKNOWN),
    ("header-alone", NONE, [cut(8)], "info", "FILE: directory 0: at offset #, goes past the end of the file (8 bytes)"),
    ("no-directory", NONE, [first_offset(0)], "info", "FILE: has no directory"),
    ("first-directory-outside", NONE, [first_offset(0xFFFFFFFF)], "info",
     "FILE: directory 0: at offset 4294967295, goes past the end of the file (# bytes)"),
    ("big-offset-size", BIG, [patch(4, b"\4")], "info",
     "FILE: BigTIFF header has offset size 4 and 0 instead of 8 and 0"),
    ("big-reserved", BIG, [patch(6, b"\1")], "info", "FILE: BigTIFF header has offset size 8 and 1 instead of 8 and 0"),
    ("big-header-cut", BIG, [cut(12)], "info", UNKNOWN),
    ("big-no-directory", BIG_MM, [first_offset(0)], "info", "FILE: has no directory"),
    ("big-first-directory-outside", BIG, [first_offset(2**64 - 1)], "info",
     "FILE: directory 0: at offset 18446744073709551615, goes past the end of the file (# bytes)"),
    ("big-entry-count", BIG, [entry_count(2**40)], "info",
     "FILE: directory 0: has 1099511627776 entries; at most 4096 are read"),
    ("no-entries", NONE, [entry_count(0)], "info", "FILE: directory 0: has no entries"),
    ("too-many-entries", MM, [entry_count(5000)], "info", "FILE: directory 0: has 5000 entries; at most 4096 are read"),
    ("entries-outside", NONE, [entry_count(4000, 1)], "info",
     "FILE: directory 1: at offset #, goes past the end of the file (# bytes)"),
    ("chain-loop", NONE, [follow(1, -1)], "info",
     "FILE: directory 2: at offset #, is directory 0 again: the chain is a loop"),
    ("chain-loop-to-itself", BIG_MM, [follow(0, -1)], "info",
     "FILE: directory 1: at offset #, is directory 0 again: the chain is a loop"),
    ("sub-directory-loop", OME, [child(-1)], "info",
     "FILE: directory 1: at offset #, is directory 0 again: the chain is a loop"),
    ("sub-directory-outside", OME, [child(10**9)], "info",
     "FILE: directory 1: at offset 1000000000, goes past the end of the file (# bytes)"),
    ("sub-directory-type", OME, [entry(330, kind=tb.ASCII)], "info",
     "FILE: directory 0: tag 330 (SubIFDs) has type 2 instead of 4, 13, 16 or 18"),
    ("sub-directory-count", OME, [entry(330, count=5000)], "info",
     "FILE: directory 0: tag 330 (SubIFDs) has 5000 values; at most 4096 directories are read"),
    ("next-outside", NONE, [follow(1, 99999999)], "info",
     "FILE: directory 2: at offset 99999999, goes past the end of the file (# bytes)"),
    ("next-in-pixels", NONE, [follow(1, 8)], "info", "FILE: directory 2: has 10240 entries; at most 4096 are read"),
    ("too-many-directories", many_directories, [], "info",
     "FILE: directory 4096: is one more than the 4096 that are read"),
    ("unsorted-tags", NONE, [swap_entries(256, 284)], CROP, BASE),
    ("tag-twice", NONE, [entry(284, rename=277)], CROP, BASE),
    ("width-type-unknown", NONE, [entry(256, kind=99)], "info",
     "FILE: directory 0: tag 256 (ImageWidth) has type 99 instead of a whole number"),
    ("width-type-text", MM, [entry(256, kind=tb.ASCII)], "info",
     "FILE: directory 0: tag 256 (ImageWidth) has type 2 instead of a whole number"),
    ("width-no-value", NONE, [entry(256, count=0)], "info", "FILE: directory 0: tag 256 (ImageWidth) has no value"),
    ("no-width", NONE, [drop(256)], "info", "FILE: directory 0: has no tag 256 (ImageWidth)"),
    ("no-length", NONE, [drop(257, 1)], "info", "FILE: directory 1: has no tag 257 (ImageLength)"),
    ("width-0", NONE, [put(256, [0])], "info",
     "FILE: directory 0: tag 256 (ImageWidth) is 0 instead of 1 to 2147483647"),
    ("width-2-31", NONE, [put(256, [2**31])], "info",
     "FILE: directory 0: tag 256 (ImageWidth) is 2147483648 instead of 1 to 2147483647"),
    ("tile-width-0", NONE, [put(322, [0])], "info",
     "FILE: directory 0: tag 322 (TileWidth) is 0 instead of 1 to 65536"),
    ("tile-width-65537", NONE, [put(322, [65537])], "info",
     "FILE: directory 0: tag 322 (TileWidth) is 65537 instead of 1 to 65536"),
    ("tile-of-4-gigapixels", NONE, [put(322, [65536]), put(323, [65536])], "info",
     "FILE: directory 0: a tile of 65536 x 65536 pixels is larger than 67108864"),
    ("no-tile-width", NONE, [drop(322)], "info", "FILE: directory 0: has no tag 322 (TileWidth)"),
    ("no-tile-length", NONE, [drop(323)], "info", "FILE: directory 0: has no tag 323 (TileLength)"),
    ("offsets-renamed", NONE, [entry(324, rename=65001)], "info", "FILE: directory 0: has no tag 324 (TileOffsets)"),
    ("counts-renamed", NONE, [entry(325, rename=65001)], "info", "FILE: directory 0: has no tag 325 (TileByteCounts)"),
    ("offsets-too-few", NONE, [entry(324, count=3)], "info",
     "FILE: directory 0: tag 324 (TileOffsets) has 3 values instead of 9"),
    ("offsets-type", NONE, [entry(324, kind=tb.RATIONAL)], "info",
     "FILE: directory 0: tag 324 (TileOffsets) has type 5 instead of 3, 4 or 16"),
    ("counts-type-byte", NONE, [entry(325, kind=tb.BYTE)], "info",
     "FILE: directory 0: tag 325 (TileByteCounts) has type 1 instead of 3, 4 or 16"),
    ("offsets-outside", NONE, [entry(324, offset=4000000000)], "info",
     "FILE: directory 0: tag 324 (TileOffsets): 9 values of type 4 at offset 4000000000 past the end of the file "
     "(# bytes)"),
    ("offsets-count-overflow", BIG, [entry(324, count=2**62)], "info",
     "FILE: directory 0: tag 324 (TileOffsets): 4611686018427387904 values of type 16 at offset # past the end of "
     "the file (# bytes)"),
    ("no-strip-offsets", STRIPS, [entry(273, rename=65001)], "info",
     "FILE: directory 0: has no tag 273 (StripOffsets)"),
    ("no-strip-counts", STRIPS, [entry(279, rename=65001)], CROP, BASE),
    ("no-strip-counts-deflate", STRIPS_DEFLATE, [entry(279, rename=65001)], "info",
     "FILE: directory 0: has no tag 279 (StripByteCounts)"),
    ("rows-per-strip-0", STRIPS, [put(278, [0])], "info",
     "FILE: directory 0: tag 278 (RowsPerStrip) is 0 instead of 1 to 4294967295"),
]

TRUNCATION = [
    ("cut-in-directory", NONE, [cut_at_directory(0, 40)], "info",
     "FILE: directory 0: at offset #, goes past the end of the file (# bytes)"),
    ("cut-in-entry-count", NONE, [cut_at_directory(1, 1)], "info",
     "FILE: directory 1: at offset #, goes past the end of the file (# bytes)"),
    ("cut-before-directory", BIG_MM, [cut_at_directory(1, 0)], "info",
     "FILE: directory 1: at offset #, goes past the end of the file (# bytes)"),
    ("cut-in-counts", NONE, [cut(-1)], "info",
     "FILE: directory 1: tag 325 (TileByteCounts): 4 values of type 4 at offset # past the end of the file "
     "(# bytes)"),
    ("cut-half", DEFLATE, [After(lambda tiff, data: data[:len(data) // 2])], "info",
     "FILE: directory 0: at offset #, goes past the end of the file (# bytes)"),
    ("tile-outside", NONE, [value(324, 0, 0xFFFFFFF0)], CROP,
     "FILE: directory 0: block 0: 768 bytes at offset 4294967280 go past the end of the file (# bytes)"),
    ("tile-over-the-end", DEFLATE, [value(325, 0, 10**6)], CROP,
     "FILE: directory 0: block 0: 1000000 bytes at offset # go past the end of the file (# bytes)"),
    ("tile-outside-big", BIG, [value(324, 0, 2**64 - 8, size="Q")], CROP,
     "FILE: directory 0: block 0: 768 bytes at offset 18446744073709551608 go past the end of the file (# bytes)"),
    ("tile-outside-elsewhere", NONE, [value(324, 8, 0xFFFFFFF0)], CROP, BASE),
    ("tile-outside-level-1", NONE, [value(324, 0, 0xFFFFFFF0, 1)], CROP + " --level 1",
     "FILE: directory 1: block 0: 768 bytes at offset 4294967280 go past the end of the file (# bytes)"),
    ("strip-outside", STRIPS, [value(273, 0, 0xFFFFFFF0)], CROP,
     "FILE: directory 0: block 0: 960 bytes at offset 4294967280 go past the end of the file (# bytes)"),
    ("description-outside", APERIO, [entry(270, offset=10**9)], "info",
     "FILE: directory 0: tag 270 (ImageDescription): # values of type 2 at offset 1000000000 past the end of the "
     "file (# bytes)"),
    ("tables-outside", JPEG, [entry(347, offset=10**9)], "info",
     "FILE: directory 0: tag 347 (JPEGTables): # values of type 7 at offset 1000000000 past the end of the file "
     "(# bytes)"),
    ("resolution-outside", NONE, [entry(282, offset=10**9)], "info",
     "FILE: directory 0: tag 282 (XResolution): 1 value of type 5 at offset 1000000000 past the end of the file "
     "(# bytes)"),
    ("bits-outside", NONE, [entry(258, offset=10**9)], "info",
     "FILE: directory 0: tag 258 (BitsPerSample): 3 values of type 3 at offset 1000000000 past the end of the file "
     "(# bytes)"),
]

SAMPLES = ", only unsigned of 8, 16 and 32 and floating point of 32"
UNSUPPORTED = [
    ("bits-12", gray(), [put(258, [12], tb.SHORT)], "info",
     "FILE: directory 0: unsigned samples of 12 bits are not read" + SAMPLES),
    ("bits-0", gray(), [put(258, [0], tb.SHORT)], "info",
     "FILE: directory 0: tag 258 (BitsPerSample) is 0 instead of 1 to 64"),
    ("bits-65", gray(), [put(258, [65], tb.SHORT)], "info",
     "FILE: directory 0: tag 258 (BitsPerSample) is 65 instead of 1 to 64"),
    ("bits-differ", NONE, [put(258, [8, 8, 16], tb.SHORT)], "info",
     "FILE: directory 0: its samples differ in their bits"),
    ("signed", gray(), [put(339, [2], tb.SHORT)], "info",
     "FILE: directory 0: signed samples of 8 bits are not read" + SAMPLES),
    ("float16", gray(16), [put(339, [3], tb.SHORT)], "info",
     "FILE: directory 0: floating point samples of 16 bits are not read" + SAMPLES),
    ("compression-6", JPEG, [put(259, [6], tb.SHORT)], "info", "FILE: directory 0: compression 6 is not read"),
    ("compression-9999", NONE, [put(259, [9999], tb.SHORT)], "info", "FILE: directory 0: compression 9999 is not read"),
    ("compression-0", NONE, [put(259, [0], tb.SHORT)], "info",
     "FILE: directory 0: tag 259 (Compression) is 0 instead of 1 to 65535"),
    ("photometric-5", NONE, [put(262, [5], tb.SHORT)], "info",
     "FILE: directory 0: photometric interpretation 5 is not read"),
    ("photometric-8", NONE, [put(262, [8], tb.SHORT)], "info",
     "FILE: directory 0: photometric interpretation 8 is not read"),
    ("photometric-type", NONE, [entry(262, kind=tb.FLOAT)], "info",
     "FILE: directory 0: tag 262 (PhotometricInterpretation) has type 11 instead of a whole number"),
    ("rgb-of-one-sample", gray(), [put(262, [2], tb.SHORT)], "info",
     "FILE: directory 0: RGB with 1 sample a pixel"),
    ("palette-without-map", gray(), [put(262, [3], tb.SHORT)], "info",
     "FILE: directory 0: only 8-bit palettes are read"),
    ("palette-map-too-short", gray(), [put(262, [3], tb.SHORT), put(320, [0] * 99, tb.SHORT)], "info",
     "FILE: directory 0: only 8-bit palettes are read"),
    ("ycbcr-uncompressed", NONE, [put(262, [6], tb.SHORT)], "info",
     "FILE: directory 0: YCbCr samples are read from JPEG only"),
    ("orientation-3", NONE, [put(274, [3], tb.SHORT)], "info",
     "FILE: directory 0: its rows are not stored from the top left (orientation 3): 'vips autorot' turns them"),
    ("orientation-99", NONE, [put(274, [99], tb.SHORT)], CROP, BASE),
    ("samples-0", NONE, [put(277, [0], tb.SHORT)], "info",
     "FILE: directory 0: tag 277 (SamplesPerPixel) is 0 instead of 1 to 256"),
    ("samples-300", NONE, [put(277, [300], tb.SHORT)], "info",
     "FILE: directory 0: tag 277 (SamplesPerPixel) is 300 instead of 1 to 256"),
    ("planar-3", NONE, [put(284, [3], tb.SHORT)], "info",
     "FILE: directory 0: tag 284 (PlanarConfiguration) is 3 instead of 1 to 2"),
    ("planar-too-few-tiles", NONE, [put(284, [2], tb.SHORT)], "info",
     "FILE: directory 0: tag 324 (TileOffsets) has 9 values instead of 27"),
    ("predictor-7", LZW, [put(317, [7], tb.SHORT)], CROP, "FILE: level 0, tile 0,0: predictor 7 is not read"),
    ("predictor-float-of-uint8", LZW, [put(317, [3], tb.SHORT)], CROP,
     "FILE: level 0, tile 0,0: floating point predictor for uint8 samples"),
    ("extra-samples-too-many", NONE, [put(338, [0] * 5, tb.SHORT)], "info",
     "FILE: directory 0: tag 338 (ExtraSamples) has 5 values for 3 samples"),
    ("jpeg-of-uint16", base(tb.pyramid, "none", channels=1, depth=16), [put(259, [7], tb.SHORT)], CROP,
     "FILE: level 0, tile 0,0: jpeg of 1 channel of uint16 is not read"),
    ("strip-too-large", STRIPS, [put(256, [20000]), put(257, [20000]), put(278, [20000])], "info",
     "FILE: directory 0: a strip of 20000 x 20000 pixels is too large to decode in one piece"),
    ("subfile-type-text", NONE, [put(254, [0]), entry(254, kind=tb.ASCII)], "info",
     "FILE: directory 0: tag 254 (NewSubfileType) has type 2 instead of a whole number"),
    ("level-1-in-gray", NONE, [put(277, [1], tb.SHORT, 1), put(258, [8], tb.SHORT, 1), put(262, [1], tb.SHORT, 1)],
     CROP, BASE),
    ("level-1-of-another-shape", NONE, [put(257, [3], tb.SHORT, 1)], CROP, BASE),
    ("level-1-compression", NONE, [put(259, [9999], tb.SHORT, 1)], "info",
     "FILE: directory 1: compression 9999 is not read"),
    ("dicom", raw(bytes(128) + b"DICM" + bytes(200)), [], "info",
     "FILE: is DICOM, which this build cannot read (it takes OpenSlide 4 with DICOM)"),
]

DAMAGED_TILE = "FILE: level 0, tile 0,0: "
TILES = [
    ("tile-left-out", NONE, [value(324, 0, 0), value(325, 0, 0)], CROP, WHITE),
    ("tile-of-no-bytes", DEFLATE, [value(325, 0, 0)], CROP, WHITE),
    ("tile-at-0", JPEG, [value(324, 0, 0)], CROP, WHITE),
    ("tile-in-header", BIG, [value(324, 0, 4, size="Q")], CROP, OK),
    ("tiles-shared", DEFLATE, [Before(lambda tiff: None), After(lambda tiff, data: struct.pack_into(
        "<I", data, tiff.places[0, 324].value + 4, tiff.block_places[0, 0][0]))], "crop 16 0 8 8", BASE),
    ("none-short", NONE, [value(325, 0, 700)], CROP, DAMAGED_TILE + "700 bytes instead of 768"),
    ("none-long", NONE, [value(325, 0, 900)], CROP, BASE),
    ("lzw-short", LZW, [block(lambda data: data[:100])], CROP, DAMAGED_TILE + "damaged LZW: bad or too little data"),
    ("lzw-garbage", LZW, [block(b"\xff" * 50)], CROP, DAMAGED_TILE + "damaged LZW: bad or too little data"),
    ("lzw-one-byte", LZW, [block(b"\x80")], CROP, DAMAGED_TILE + "damaged LZW: bad or too little data"),
    ("deflate-short", DEFLATE, [block(lambda data: data[:40])], CROP, DAMAGED_TILE + "damaged Deflate: bad data"),
    ("deflate-garbage", DEFLATE, [block(b"\0garbage")], CROP, DAMAGED_TILE + "damaged Deflate: bad data"),
    ("deflate-too-little", DEFLATE, [block(tb.zlib.compress(bytes(100)))], CROP,
     DAMAGED_TILE + "damaged Deflate: 100 bytes instead of 768"),
    ("deflate-too-much", DEFLATE, [block(tb.zlib.compress(bytes(5000)))], CROP, OK),
    ("deflate-bomb", DEFLATE, [block(tb.zlib.compress(bytes(50 << 20), 9))], CROP, OK),
    ("zstd-garbage", ZSTD, [block(b"garbage")], CROP, DAMAGED_TILE + "damaged Zstandard: *"),
    ("zstd-short", ZSTD, [block(lambda data: data[:-9])], CROP, DAMAGED_TILE + "damaged Zstandard: *"),
    ("zstd-too-little", ZSTD, [block(tb.zstd(bytes(10)))], CROP,
     DAMAGED_TILE + "damaged Zstandard: 10 bytes instead of 768"),
    ("zstd-too-much", ZSTD, [block(tb.zstd(bytes(5000)))], CROP,
     OK),
    ("packbits-short", PACKBITS, [block(lambda data: data[:200])], CROP,
     DAMAGED_TILE + "damaged PackBits: 128 bytes instead of 768"),
    ("webp-garbage", WEBP, [block(b"RIFF\4\0\0\0WEBP")], CROP, DAMAGED_TILE + "damaged WebP: bad header"),
    ("webp-short", WEBP, [block(lambda data: data[:-6])], CROP,
     DAMAGED_TILE + "damaged WebP: the data ends too early"),
    ("webp-size", WEBP, [put(322, [16]), put(323, [16]), Before(lambda tiff: tiff.flat()[0].blocks.extend(
        tiff.flat()[0].blocks[:1] * 5))], CROP, DAMAGED_TILE + "damaged WebP: it is 32 x 32 pixels instead of 16 x 16"),
    ("webp-of-uint16", WEBP, [put(258, [16] * 3, tb.SHORT), put(258, [16] * 3, tb.SHORT, 1)], CROP,
     DAMAGED_TILE + "webp of 3 channels of uint16 is not read"),
    ("damage-is-of-one-tile", DEFLATE, [block(b"\0garbage")], "crop 16 16 8 8", BASE),
    ("damage-is-of-one-level", DEFLATE, [block(b"\0garbage")], CROP + " --level 1", BASE),
]

JPEG_BLOCKS = [
    ("jpeg-garbage", JPEG, [block(b"garbage!")], CROP,
     DAMAGED_TILE + "damaged JPEG: Not a JPEG file: starts with 0x67 0x61"),
    ("jpeg-empty-tile", JPEG, [block(b"\xff\xd9\0\0\0\0")], CROP, WHITE),
    ("jpeg-soi-alone", JPEG, [block(b"\xff\xd8\0\0")], CROP,
     DAMAGED_TILE + "damaged JPEG: JPEG datastream contains no image"),
    ("jpeg-no-sof", JPEG, [block(lambda data: data[:2] + data[data.index(b"\xff\xda"):])], CROP,
     DAMAGED_TILE + "damaged JPEG: Invalid JPEG file structure: SOS before SOF"),
    ("jpeg-no-scan", JPEG, [block(lambda data: data[:data.index(b"\xff\xda")] + b"\xff\xd9")], CROP,
     DAMAGED_TILE + "damaged JPEG: Invalid JPEG file structure: missing SOS marker"),
    ("jpeg-cut", JPEG, [block(lambda data: data[:-6])], "crop 8 8 8 8",
     DAMAGED_TILE + "damaged JPEG: Corrupt JPEG data: premature end of data segment"),
    ("jpeg-without-end", JPEG, [block(lambda data: data[:-2])], CROP, OK),
    ("jpeg-bytes-after-end", JPEG, [block(lambda data: data + bytes(20))], CROP, OK),
    ("jpeg-size", JPEG, [block(tb.jpeg(24, 16, 3, "bare"))], CROP,
     DAMAGED_TILE + "damaged JPEG: it is 24 x 16 pixels instead of 16 x 16"),
    ("jpeg-huge", JPEG, [block(lambda data: data.replace(b"\x08\0\x10\0\x10", b"\x08\xea\x60\xea\x60"))], CROP,
     DAMAGED_TILE + "damaged JPEG: it is 60000 x 60000 pixels instead of 16 x 16"),
    ("jpeg-height-0", JPEG, [block(lambda data: data.replace(b"\x08\0\x10\0\x10", b"\x08\0\0\0\x10"))], CROP,
     DAMAGED_TILE + "damaged JPEG: Empty JPEG image (DNL not supported)"),
    ("jpeg-gray", JPEG, [block(tb.jpeg(16, 16, 1, "bare"))], CROP,
     DAMAGED_TILE + "damaged JPEG: it has 1 component instead of 3"),
    ("jpeg-12-bit", JPEG, [block(lambda data: data.replace(b"\x08\0\x10\0\x10", b"\x0c\0\x10\0\x10"))], CROP,
     DAMAGED_TILE + "unsupported JPEG: *"),
    ("jpeg-lossless", JPEG, [block(tb.jpeg(16, 16, 3, "bare", sof=0xC3))], CROP,
     DAMAGED_TILE + "unsupported JPEG: *"),
    ("jpeg-marker-length", JPEG, [block(lambda data: data[:2] + b"\xff\xfe\0\0" + data[2:])], CROP, OK),
    ("jpeg-marker-too-long", JPEG, [block(lambda data: data[:2] + b"\xff\xfe\xff\xff" + data[2:])], CROP,
     DAMAGED_TILE + "damaged JPEG: the header is cut off"),
    ("jpeg-sampling", JPEG, [block(lambda data: data.replace(b"\x01\x11\0", b"\x01\x51\0"))], CROP,
     DAMAGED_TILE + "damaged JPEG: Bogus sampling factors"),
    ("jpeg-table-number", JPEG, [block(lambda data: data.replace(b"\x01\x11\0", b"\x01\x11\3"))], CROP,
     DAMAGED_TILE + "damaged JPEG: Quantization table 0x03 was not defined"),
    ("jpeg-no-tables", JPEG, [drop(347)], CROP,
     DAMAGED_TILE + "damaged JPEG: component 0 has no Huffman table"),
    ("jpeg-tables-garbage", JPEG, [put(347, b"garbage of tables", tb.UNDEFINED)], CROP,
     DAMAGED_TILE + "damaged JPEG: Not a JPEG file: starts with 0x67 0x61"),
    ("jpeg-tables-hold-image", JPEG, [put(347, tb.jpeg(16, 16), tb.UNDEFINED)], CROP,
     DAMAGED_TILE + "damaged JPEG: the tables hold an image"),
    ("jpeg-tables-cut", JPEG, [put(347, tb.jpeg(8, 8, 3, "only")[:90], tb.UNDEFINED)], CROP,
     DAMAGED_TILE + "damaged JPEG: the tables are cut off"),
    ("jpeg-tables-cut-quantization", JPEG, [put(347, tb.jpeg(8, 8, 3, "only")[:30], tb.UNDEFINED)], CROP,
     DAMAGED_TILE + "damaged JPEG: the tables are cut off"),
    ("jpeg-tables-cut-last", JPEG, [put(347, tb.jpeg(8, 8, 3, "only")[:-3], tb.UNDEFINED)], CROP,
     DAMAGED_TILE + "damaged JPEG: the tables are cut off"),
    ("jpeg-tables-lack-huffman", JPEG, [put(347, tb.jpeg(8, 8, 3, "only")[:71], tb.UNDEFINED)], CROP,
     DAMAGED_TILE + "damaged JPEG: component 0 has no Huffman table"),
    ("jpeg-tables-without-end", JPEG, [put(347, tb.jpeg(8, 8, 3, "only")[:-2], tb.UNDEFINED)], CROP, OK),
    ("jpeg-own-tables-cut", JPEG, [block(tb.jpeg(16, 16)[:90])], CROP,
     DAMAGED_TILE + "damaged JPEG: the header is cut off"),
    ("jpeg-own-quantization-cut", JPEG, [block(tb.jpeg(16, 16)[:30])], CROP,
     DAMAGED_TILE + "damaged JPEG: the header is cut off"),
    ("jpeg-huffman-counts", JPEG, [put(347, tb.jpeg(8, 8, 3, "only").replace(
        b"\0\0\0\x0c\0", b"\xff\xff\xff\xff\xff"), tb.UNDEFINED)], CROP,
     DAMAGED_TILE + "damaged JPEG: Bogus Huffman table definition"),
    ("jpeg-restart", JPEG, [block(lambda data: data.replace(b"\xff\xc0", b"\xff\xdd\0\4\0\1\xff\xc0"))], "crop 8 8 8 8",
     DAMAGED_TILE + "damaged JPEG: Corrupt JPEG data: found marker 0xd9 instead of RST0"),
    ("jpeg-second-image", JPEG, [block(lambda data: data[:-2] + data)], CROP, OK),
]

JP2K_BLOCKS = [
    ("jp2k-whole", JP2K, [], CROP, OK),
    ("jp2k-garbage", JP2K, [block(b"garbage of a code stream")], CROP, DAMAGED_TILE + "damaged JPEG 2000: *"),
    ("jp2k-no-soc", JP2K, [block(lambda data: b"\xff\x4e" + data[2:])], CROP, DAMAGED_TILE + "damaged JPEG 2000: *"),
    ("jp2k-cut-header", JP2K, [block(lambda data: data[:30])], CROP, DAMAGED_TILE + "damaged JPEG 2000: *"),
    ("jp2k-cut", JP2K, [block(lambda data: data[:120])], CROP, DAMAGED_TILE + "damaged JPEG 2000: *"),
    ("jp2k-width", JP2K, [block(lambda data: data[:8] + struct.pack(">I", 64) + data[12:])], CROP,
     DAMAGED_TILE + "damaged JPEG 2000: it is 64 x 32 pixels instead of 32 x 32"),
    ("jp2k-width-huge", JP2K, [block(lambda data: data[:8] + struct.pack(">II", 2**31 - 1, 2**31 - 1) + data[16:])],
     CROP, DAMAGED_TILE + "damaged JPEG 2000: *"),
    ("jp2k-components", JP2K, [block(lambda data: data[:40] + struct.pack(">H", 0) + data[42:])], CROP,
     DAMAGED_TILE + "damaged JPEG 2000: *"),
    ("jp2k-gray", JP2K, [put(277, [1], tb.SHORT), put(258, [8], tb.SHORT), put(262, [1], tb.SHORT)], CROP,
     DAMAGED_TILE + "damaged JPEG 2000: it has 3 components instead of 1"),
    ("jp2k-tile-width-0", JP2K, [block(lambda data: data[:24] + struct.pack(">I", 0) + data[28:])], CROP,
     DAMAGED_TILE + "damaged JPEG 2000: *"),
]

PICTURES = [
    ("png-whole", PNG, [], CROP, OK),
    ("png-signature-alone", PNG, [cut(8)], "info", "FILE: damaged PNG: it ends too early"),
    ("png-cut-header", PNG, [cut(20)], "info", "FILE: damaged PNG: it ends too early"),
    ("png-width-0", base(tb.png, 0, 12, data=bytes(12)), [], "info", "FILE: damaged PNG: *"),
    ("png-crc", PNG, [patch(29, b"abcd")], "info", "FILE: damaged PNG: IHDR: CRC error"),
    ("png-depth-5", base(tb.png, 20, 12, 1, 5), [], "info", "FILE: damaged PNG: Invalid IHDR data"),
    ("png-cut", PNG, [cut(-40)], CROP, "FILE: damaged PNG: it ends too early"),
    ("png-data-cut", base(tb.png, 20, 12, data=bytes(100)), [], CROP, "FILE: damaged PNG: *"),
    ("png-data-garbage", PNG, [After(lambda tiff, data: data.replace(data[41:45], b"IDAX", 1))], CROP,
     "FILE: damaged PNG: *"),
    ("png-filter", base(tb.png, 20, 12, data=b"\x09" * 12 * 61), [], CROP, "FILE: damaged PNG: *"),
    ("jpg-whole", JPG, [], CROP, OK),
    ("jpg-start-alone", raw(b"\xff\xd8\xff"), [], "info", "FILE: damaged JPEG: JPEG datastream contains no image"),
    ("jpg-header-cut", JPG, [cut(60)], "info", "FILE: damaged JPEG: the header is cut off"),
    ("jpg-cut", JPG, [cut(-9)], "crop 16 8 8 8",
     "FILE: damaged JPEG: Corrupt JPEG data: premature end of data segment"),
    ("jpg-five-components", base(tb.jpeg, 8, 8, 5), [], "info", "FILE: damaged JPEG: *"),
    ("jpg-gray", base(tb.jpeg, 17, 9, 1), [], CROP, OK),
]

XML = [
    ("philips-whole", PHILIPS, [], CROP, OK),
    ("philips-malformed", PHILIPS, [text(270, "<DataObject ObjectType='DPUfsImport'><Attribute>")], "info",
     "FILE: XML line 1: *"),
    ("philips-root", PHILIPS, [text(270, "<Other ObjectType='DPUfsImport'/>")], "info",
     "FILE: the XML describes no whole-slide image"),
    ("philips-type", PHILIPS, [text(270, "<DataObject ObjectType='Other'><!-- DPUfsImport --></DataObject>")], "info",
     "FILE: the XML describes no whole-slide image"),
    ("philips-no-image", PHILIPS, [describe(tb.philips_xml, image_type="OTHER")], "info",
     "FILE: the XML describes no whole-slide image"),
    ("philips-no-levels", PHILIPS, [describe(tb.philips_xml, 0)], "info", "FILE: the XML describes no levels"),
    ("philips-one-level-too-few", PHILIPS, [describe(tb.philips_xml, 1)], "info",
     "FILE: the XML describes 1 level, the file has 2"),
    ("philips-one-level-too-many", PHILIPS, [describe(tb.philips_xml, 3)], "info",
     "FILE: the XML describes 3 levels, the file has 2"),
    ("philips-65-levels", PHILIPS, [describe(tb.philips_xml, spacings=["&quot;1&quot; &quot;1&quot;"] * 65)], "info",
     "FILE: more than 64 levels in the XML"),
    ("philips-spacing-word", PHILIPS, [describe(tb.philips_xml, spacings=["&quot;wide&quot; &quot;1&quot;"] * 2)],
     "info", "FILE: level 0 has no valid DICOM_PIXEL_SPACING"),
    ("philips-spacing-single", PHILIPS, [describe(tb.philips_xml, spacings=["&quot;0.1&quot;"] * 2)], "info",
     "FILE: level 0 has no valid DICOM_PIXEL_SPACING"),
    ("philips-spacing-0", PHILIPS, [describe(tb.philips_xml, spacings=["&quot;0&quot; &quot;0&quot;"] * 2)], "info",
     "FILE: level 0 has no valid DICOM_PIXEL_SPACING"),
    ("philips-spacing-negative", PHILIPS, [describe(tb.philips_xml, spacing=-0.1)], "info",
     "FILE: level 0 has no valid DICOM_PIXEL_SPACING"),
    ("philips-spacing-same", PHILIPS, [describe(tb.philips_xml, spacings=["&quot;0.1&quot; &quot;0.1&quot;"] * 2)],
     "info", "FILE: level 1 is not coarser than the one before"),
    ("philips-spacing-wild", PHILIPS, [describe(tb.philips_xml, spacings=[
        "&quot;0.1&quot; &quot;0.1&quot;", "&quot;1e9&quot; &quot;1e9&quot;"])], "info",
     "FILE: level 1 of 32 x 32 pixels is too small for its spacing"),
    ("philips-label-garbage", PHILIPS, [describe(tb.philips_xml, label=b"no picture")], CROP, OK),
    ("philips-doctype", PHILIPS, [text(270, "<!DOCTYPE a [<!ENTITY e 'x'>]><DataObject ObjectType='DPUfsImport'/>")],
     "info", "FILE: XML with a document type is refused"),
    ("ome-whole", OME, [], CROP, OK),
    ("ome-malformed", OME, [text(270, "<OME xmlns='http://www.openmicroscopy.org/'><Image>")], "info",
     "FILE: XML line 1: *"),
    ("ome-no-image", OME, [text(270, "<OME xmlns='http://www.openmicroscopy.org/'/>")], "info",
     "FILE: OME-XML describes no image"),
    ("ome-size-c-0", OME, [describe(tb.ome_xml, 0)], "info", "FILE: OME-XML: SizeC is missing or absurd"),
    ("ome-size-c-negative", OME, [describe(tb.ome_xml, -3)], "info", "FILE: OME-XML: SizeC is missing or absurd"),
    ("ome-size-c-million", OME, [describe(tb.ome_xml, 10**6)], "info", "FILE: OME-XML: SizeC is missing or absurd"),
    ("ome-size-c-4", OME, [describe(tb.ome_xml, 4)], "info", "FILE: OME-XML: 4 channels, but 3 samples a pixel"),
    ("ome-bomb", OME, [text(270, "<!DOCTYPE OME [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
        f"<!ENTITY {chr(98 + i)} '{('&' + chr(97 + i) + ';') * 10}'>" for i in range(9)) +
        "]><OME xmlns='http://www.openmicroscopy.org/'>&j;</OME>")], "info",
     "FILE: XML line 1: *"),
    ("ome-deep", OME, [text(270, "<OME xmlns='http://www.openmicroscopy.org/'>" + "<a>" * 5000)], "info",
     "FILE: XML line 1: elements too deep in each other, or a text too long"),
    ("ome-outside-entity", OME, [text(270, "<!DOCTYPE OME [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
                                           "<OME xmlns='http://www.openmicroscopy.org/'>&a;</OME>")], "info",
     "FILE: XML with a document type is refused"),
    ("ome-size-word", OME, [describe(tb.ome_xml, attributes='PhysicalSizeX="wide" PhysicalSizeY="0"')], CROP, OK),
]

SEVERAL = [
    ("ome-planes-whole", OME_PLANES, [], "info", OK),
    ("ome-plane-in-another-file", OME_PLANES, [describe(tb.ome_xml, 3, data="".join(
        f'<TiffData FirstC="{i}" IFD="{i}" PlaneCount="1"/>' for i in range(2)))], "info",
     "FILE: OME-XML: channel 2 is not in this file"),
    ("ome-plane-number-huge", OME_PLANES, [describe(tb.ome_xml, 3, data='<TiffData FirstC="0" IFD="999999999"/>')],
     "info", "FILE: OME-XML: channel 0 is not in this file"),
    ("ome-planes-in-two-types", OME_PLANES, [put(258, [8], tb.SHORT, 2), put(258, [8], tb.SHORT, 3)], "info",
     "FILE: directories 0 and 2 differ in sample type"),
    ("ome-planes-in-two-sizes", OME_PLANES, [put(256, [60], tb.SHORT, 2)], "info",
     "FILE: directories 0 and 2 of one level differ in shape"),
    ("ome-plane-unsupported", OME_PLANES, [put(259, [6], tb.SHORT, 4)], "info",
     "FILE: directory 4: compression 6 is not read"),
]

SIZES = [
    ("pixels-2-62", NONE, [put(256, [2**31 - 1]), put(257, [2**31 - 1])], "info",
     "FILE: directory 0: has # blocks; at most 16777216 are read"),
    ("planar-blocks", NONE, [put(256, [2**31 - 1]), put(257, [2**31 - 1]), put(322, [1]), put(323, [1]),
                             put(284, [2], tb.SHORT), put(277, [256], tb.SHORT)], "info",
     "FILE: directory 0: has too many blocks"),
    ("tiles-need-array", NONE, [put(256, [60000]), put(257, [60000])], "info",
     "FILE: directory 0: tag 324 (TileOffsets) has 9 values instead of 14062500"),
    ("tiles-array-outside", NONE, [put(256, [60000]), put(257, [60000]), entry(324, count=14062500)], "info",
     "FILE: directory 0: tag 324 (TileOffsets): 14062500 values of type 4 at offset # past the end of the file "
     "(# bytes)"),
    ("tables-too-large", JPEG, [After(lambda tiff, data: data + bytes(2 << 20)), entry(347, count=2000000)], "info",
     "FILE: directory 0: tag 347 (JPEGTables) has 2000000 bytes; at most 1048576 are read"),
    ("png-of-3-gigapixels", base(tb.png, 60000, 60000, data=b"\0"), [], "info",
     "FILE: a picture of 60000 x 60000 pixels is too large to decode whole"),
    ("png-of-2-31", base(tb.png, 2**31 - 1, 2**31 - 1, data=b"\0"), [], "info",
     "FILE: damaged PNG: Invalid IHDR data"),
    ("jpg-of-4-gigapixels", JPG, [replace(b"\x08\0\x10\0\x18", b"\x08\xea\x60\xea\x60")], "info",
     "FILE: a picture of 60000 x 60000 pixels is too large to decode whole"),
    ("description-of-4-gigabytes", APERIO, [entry(270, count=0xFFFFFFFF)], "info",
     "FILE: directory 0: tag 270 (ImageDescription): 4294967295 values of type 2 at offset # past the end of the "
     "file (# bytes)"),
    ("profile-of-4-gigabytes", NONE, [put(34675, b"profile of colours", tb.UNDEFINED), entry(34675, count=2**32 - 1)],
     "info", "FILE: directory 0: tag 34675 (ICCProfile): 4294967295 values of type 7 at offset # past the end of "
     "the file (# bytes)"),
]

METADATA = [
    ("aperio-whole", APERIO, [], CROP, OK),
    ("aperio-decimal-comma", APERIO, [text(270, "Aperio x|MPP = 0,25|AppMag = 40")], "info", OK),
    ("aperio-spacing-word", APERIO, [text(270, "Aperio x|MPP = 0.25x|AppMag = forty")], "info", OK),
    ("aperio-property-without-value", APERIO, [text(270, "Aperio x|MPP|=|= 3|AppMag =")], "info", OK),
    ("aperio-name-alone", APERIO, [text(270, "Aperio")], "info", OK),
    ("aperio-not-utf-8", APERIO, [text(270, b"Aperio \xff\xfe|User = \xc3\x28|MPP = 0.5")], "info", OK),
    ("aperio-control-characters", APERIO, [text(270, "Aperio \x1b[31m\x07|Name = \x1b]0;x\x07")], "info", OK),
    ("resolution-denominator-0", NONE, [put(282, [(1, 0)], tb.RATIONAL), put(283, [(0, 0)], tb.RATIONAL)], CROP, BASE),
    ("resolution-not-a-number", NONE, [put(282, [float("nan")], tb.DOUBLE), put(283, [float("inf")], tb.FLOAT)], CROP,
     BASE),
    ("resolution-unit-9", NONE, [put(296, [9], tb.SHORT)], CROP, BASE),
    ("resolution-text", NONE, [text(282, "wide")], CROP, BASE),
    ("description-without-end", NONE, [put(270, b"no NUL here", tb.ASCII)], "info", OK),
    ("description-empty", NONE, [text(270, "")], "info", OK),
    ("description-type-float", NONE, [put(270, [1.5], tb.DOUBLE)], "info", OK),
    ("range-reversed", gray(), [put(340, [9.0], tb.DOUBLE), put(341, [1.0], tb.DOUBLE)], "info", OK),
    ("range-not-a-number", gray(), [put(340, [float("nan")], tb.DOUBLE), put(341, [1.0], tb.DOUBLE)], "info", OK),
    ("profile-garbage", NONE, [put(34675, b"profile of colours", tb.UNDEFINED)], CROP, BASE),
    ("nodal-description-damaged", NONE, [text(270, "nodal slide\n=\nname\n\\x0=\\q\na=\\x1b[31m")], "info", OK),
]

CATEGORIES = {
    "container": CONTAINER, "truncation": TRUNCATION, "unsupported": UNSUPPORTED, "tiles": TILES, "jpeg": JPEG_BLOCKS,
    "jp2k": JP2K_BLOCKS, "pictures": PICTURES, "xml": XML, "several": SEVERAL, "sizes": SIZES, "metadata": METADATA,
}
