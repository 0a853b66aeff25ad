# SPDX-License-Identifier: Apache-2.0
"""Small TIFF files made by hand: classic and BigTIFF, either byte order, strips and tiles, sub-directories.

Only the standard library is used, so that the files owe nothing to the libraries under test. A Tiff is built into
bytes together with the places of its parts, by which the cases damage it afterwards.
"""
import base64
import dataclasses
import struct
import zlib

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, FLOAT, DOUBLE, IFD, LONG8, IFD8 = 1, 2, 3, 4, 5, 7, 11, 12, 13, 16, 18
TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
TYPE_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}


# ---- blocks ----------------------------------------------------------------------------------------------------------

def gradient(width, height, channels=3, depth=8):
    """Interleaved samples that differ from pixel to pixel, little-endian where they have more than 8 bits."""
    values = [(x * 7 + y * 3 + c * 40) % 251 for y in range(height) for x in range(width) for c in range(channels)]
    code = {8: "B", 16: "H", 32: "I"}[depth]
    return struct.pack(f"<{len(values)}{code}", *values)


def lzw(data):
    """LZW of TIFF 6.0 section 13 with nothing but literals: the table never grows past 9 bits."""
    bits, out, pending, have = [], bytearray(), 0, 0
    for start in range(0, max(len(data), 1), 200):
        bits.append(256)
        bits += data[start:start + 200]
    bits.append(257)
    for code in bits:
        pending = pending << 9 | code
        have += 9
        while have >= 8:
            have -= 8
            out.append(pending >> have & 255)
            pending &= (1 << have) - 1
    if have:
        out.append(pending << (8 - have) & 255)
    return bytes(out)


def packbits(data):
    return b"".join(bytes([len(data[at:at + 128]) - 1]) + data[at:at + 128] for at in range(0, len(data), 128))


def zstd(data):
    """A Zstandard frame (RFC 8878) of one raw block."""
    assert len(data) < 1 << 17
    return (struct.pack("<IBI", 0xFD2FB528, 0xA0, len(data)) + (len(data) << 3 | 1).to_bytes(3, "little") + data)


def jpeg(width, height, components=3, tables="whole", sof=0xC0, comment=b"", app=b"", levels=None):
    """Baseline JPEG without subsampling whose 8 x 8 blocks are flat. tables: "whole", "bare" (none), "only".

    The Huffman table codes 12 lengths of the DC difference by 4 bits each and the end of block by 1 bit.
    """
    quant = b"\xff\xdb\x00\x43\x00" + bytes([8] * 64)
    dc = b"\xff\xc4\x00\x1f\x00" + bytes([0, 0, 0, 12] + [0] * 12) + bytes(range(12))
    ac = b"\xff\xc4\x00\x14\x10" + bytes([1] + [0] * 15) + b"\x00"
    if tables == "only":
        return b"\xff\xd8" + quant + dc + ac + b"\xff\xd9"
    frame = struct.pack(">BHHB", 8, height, width, components)
    frame += b"".join(bytes([i + 1, 0x11, 0]) for i in range(components))
    scan = bytes([components]) + b"".join(bytes([i + 1, 0]) for i in range(components)) + b"\x00\x3f\x00"
    text, last = "", [0] * components
    blocks = ((width + 7) // 8) * ((height + 7) // 8)
    for block in range(blocks):
        for i in range(components):
            level = (levels or (lambda block, i: (block * 37 + i * 50) % 200 - 100))(block, i)
            difference, last[i] = level - last[i], level
            size = abs(difference).bit_length()
            text += f"{size:04b}"
            if size:
                text += f"{difference if difference > 0 else difference + (1 << size) - 1:0{size}b}"
            text += "0"
    text += "1" * (-len(text) % 8)
    entropy = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")
    parts = [b"\xff\xd8", app]
    if comment:
        parts.append(b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment)
    if tables == "whole":
        parts += [quant, dc, ac]
    parts += [bytes([0xFF, sof]), struct.pack(">H", len(frame) + 2), frame]
    parts += [b"\xff\xda", struct.pack(">H", len(scan) + 2), scan, entropy, b"\xff\xd9"]
    return b"".join(parts)


def png(width, height, channels=3, depth=8, data=None, chunks=()):
    color = {1: 0, 2: 4, 3: 2, 4: 6}[channels]

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    row = (width * channels * depth + 7) // 8
    if data is None:
        data = b"".join(b"\x00" + bytes((x * 5 + y * 9) % 256 for x in range(row)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(name, body) for name, body in chunks) +
            chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b""))


def encode(name, width, height, channels=3, depth=8):
    """(TIFF compression, photometric, bytes of a block)"""
    data = gradient(width, height, channels, depth)
    photometric = 2 if channels == 3 else 1
    if name == "none":
        return 1, photometric, data
    if name == "lzw":
        return 5, photometric, lzw(data)
    if name == "jpeg":
        return 7, 6 if channels == 3 else 1, jpeg(width, height, channels, "bare")
    if name == "deflate":
        return 8, photometric, zlib.compress(data, 9)
    if name == "packbits":
        return 32773, photometric, packbits(data)
    if name == "zstd":
        return 50000, photometric, zstd(data)
    if name == "jp2k":
        assert (width, height, channels) == (32, 32, 3)
        return 33005, photometric, JP2K_32
    assert name == "webp" and (width, height, channels) == (32, 32, 3)
    return 50001, photometric, WEBP_32


# Pictures of 32 x 32 pixels of one colour, RGB: a JPEG 2000 code stream and a lossless WebP file.
JP2K_32 = base64.b64decode(
    "/0//UQAvAAAAAAAgAAAAIAAAAAAAAAAAAAAAIAAAACAAAAAAAAAAAAADBwEBBwEBBwEB/1IADAAAAAEAAQQEAAH/XAAHQEBISFD/"
    "ZAAlAAFDcmVhdGVkIGJ5IE9wZW5KUEVHIHZlcnNpb24gMi41LjD/kAAKAAAAAABBAAH/k8+0ZBQAXK/0x7A3AAAAAGEhL9rEQAAA"
    "wkJf/3/B8gcRUFSv9Mh/x9QOFABcr/TIf4CAgP/Z")
WEBP_32 = base64.b64decode(
    "UklGRh4AAABXRUJQVlA4TBEAAAAvH8AHAAdQvCIXtP+BiOh/AAA=")


# ---- directories -----------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Tag:
    """One entry. `values`: numbers, or bytes for texts and blobs; (numerator, denominator) pairs for RATIONAL."""
    type: int
    values: object
    count: int = None      # what the entry says, where it lies
    offset: int = None     # likewise, instead of the place of the value


class Directory:
    def __init__(self, tags, blocks=(), children=()):
        self.tags = dict(tags)
        self.blocks = list(blocks)
        self.children = list(children)

    def set(self, tag, type_, values):
        self.tags[tag] = Tag(type_, values)
        return self


@dataclasses.dataclass
class Place:
    """Where the entry of a tag and its value lie in the file."""
    entry: int
    value: int
    size: int


class Tiff:
    """Directories of the main chain. `order`: "II" or "MM"."""

    def __init__(self, directories, big=False, order="II"):
        self.directories = list(directories)
        self.big = big
        self.order = order
        self.mark = "<" if order == "II" else ">"
        self.places = {}           # (directory number, tag): Place
        self.directory_places = []  # offset of each directory, children after their parents
        self.next_places = []      # where each one's link to the next lies
        self.block_places = {}     # (directory number, block): (offset, size)

    def flat(self):
        """Directories in the order in which a reader meets them."""
        found = []
        for directory in self.directories:
            found.append(directory)
            found += directory.children
        return found

    def pack(self, tag):
        if isinstance(tag.values, (bytes, bytearray)):
            return bytes(tag.values), len(tag.values) // TYPE_SIZES.get(tag.type, 1)
        if tag.type in (RATIONAL, 10):
            code = "I" if tag.type == RATIONAL else "i"
            return b"".join(struct.pack(f"{self.mark}2{code}", *pair) for pair in tag.values), len(tag.values)
        code = TYPE_CODES.get(tag.type, "I")
        return struct.pack(f"{self.mark}{len(tag.values)}{code}", *tag.values), len(tag.values)

    def build(self):
        """The file. Blocks come first, then each directory with the values that do not fit in its entries."""
        flat = self.flat()
        out = bytearray(16 if self.big else 8)
        for number, directory in enumerate(flat):
            offsets, sizes = [], []
            for index, block in enumerate(directory.blocks):
                if len(out) % 2:
                    out.append(0)
                offsets.append(len(out) if block else 0)
                sizes.append(len(block))
                self.block_places[number, index] = (len(out), len(block))
                out += block
            if directory.blocks:
                tiled = 322 in directory.tags
                kind = LONG8 if self.big else LONG
                directory.tags.setdefault(324 if tiled else 273, Tag(kind, offsets))
                directory.tags.setdefault(325 if tiled else 279, Tag(kind, sizes))
            if directory.children:
                directory.tags.setdefault(330, Tag(IFD8 if self.big else IFD, [0] * len(directory.children)))
        links = []
        for number, directory in enumerate(flat):
            links.append(self.add_directory(out, number, directory))
        self.link(out, links)
        return bytes(out)

    def add_directory(self, out, number, directory):
        while len(out) % 8:
            out.append(0)
        start = len(out)
        self.directory_places.append(start)
        head, entry_size, place, link = (8, 20, 8, 8) if self.big else (2, 12, 4, 4)
        end = start + head + entry_size * len(directory.tags) + link
        out += struct.pack(f"{self.mark}{'Q' if self.big else 'H'}", len(directory.tags))
        values = bytearray()
        for index, (number_of_tag, tag) in enumerate(sorted(directory.tags.items())):
            data, count = self.pack(tag)
            entry_at = start + head + index * entry_size
            out += struct.pack(f"{self.mark}HH{'Q' if self.big else 'I'}", number_of_tag, tag.type,
                               count if tag.count is None else tag.count)
            if len(data) <= place and tag.offset is None:
                out += data + bytes(place - len(data))
                value_at = entry_at + entry_size - place
            else:
                value_at = end + len(values) if tag.offset is None else tag.offset
                out += struct.pack(f"{self.mark}{'Q' if self.big else 'I'}", value_at)
                if tag.offset is None:
                    values += data + bytes(-len(data) % 8)
            self.places[number, number_of_tag] = Place(entry_at, value_at, len(data))
        self.next_places.append(len(out))
        out += bytes(link)
        out += values
        return start

    def link(self, out, starts):
        code = "Q" if self.big else "I"
        number, main = 0, []
        for directory in self.directories:
            main.append(number)
            for index in range(len(directory.children)):
                place = self.places.get((number, 330))
                size = 8 if self.big else 4
                if place:
                    struct.pack_into(f"{self.mark}{code}", out, place.value + index * size, starts[number + 1 + index])
            number += 1 + len(directory.children)
        for at, following in zip(main, main[1:]):
            struct.pack_into(f"{self.mark}{code}", out, self.next_places[at], starts[following])
        first = starts[0] if starts else 0
        if self.big:
            struct.pack_into(f"{self.mark}2sHHHQ", out, 0, self.order.encode(), 43, 8, 0, first)
        else:
            struct.pack_into(f"{self.mark}2sHI", out, 0, self.order.encode(), 42, first)


def image(width, height, codec="none", tile=32, channels=3, depth=8, strips=0, description=None, reduced=False,
          spacing_um=None, extra=()):
    """A directory of an image in tiles of `tile` pixels a side, or in strips of `strips` rows."""
    side, rows = (width, strips) if strips else (tile, tile)
    compression, photometric, block = encode(codec, side, rows, channels, depth)
    count = -(-height // rows) * (1 if strips else -(-width // side))
    blocks = [block] * count
    if strips and height % rows:
        blocks[-1] = encode(codec, side, height % rows, channels, depth)[2]
    tags = {
        256: Tag(SHORT, [width]), 257: Tag(SHORT, [height]), 258: Tag(SHORT, [depth] * channels),
        259: Tag(SHORT, [compression]), 262: Tag(SHORT, [photometric]), 277: Tag(SHORT, [channels]),
        284: Tag(SHORT, [1]),
    }
    if strips:
        tags[278] = Tag(SHORT, [rows])
    else:
        tags[322], tags[323] = Tag(SHORT, [tile]), Tag(SHORT, [tile])
    if reduced:
        tags[254] = Tag(LONG, [1])
    if codec == "jpeg":
        tags[347] = Tag(UNDEFINED, jpeg(8, 8, channels, "only"))
    if description is not None:
        tags[270] = Tag(ASCII, description.encode("utf-8") + b"\0")
    if spacing_um:
        resolution = (round(1e4 / spacing_um * 1000), 1000)
        tags[282], tags[283], tags[296] = Tag(RATIONAL, [resolution]), Tag(RATIONAL, [resolution]), Tag(SHORT, [3])
    tags.update(extra)
    return Directory(tags, blocks)


# ---- whole files -----------------------------------------------------------------------------------------------------

def pyramid(codec="none", big=False, order="II", channels=3, depth=8, size=48, levels=2):
    """The generic layout: a chain of tiled directories, each half of the one before."""
    tile = 32 if codec in ("jp2k", "webp") else 16
    directories = [image(size >> i, size >> i, codec, tile, channels, depth, reduced=i > 0, spacing_um=0.5 * 2**i)
                   for i in range(levels)]
    return Tiff(directories, big, order)


def strips(codec="none", big=False, order="II", **more):
    return Tiff([image(40, 30, codec, strips=8, **more)], big, order)


def aperio(codec="jpeg", text="Aperio Image Library v11.2.1\r\n64x64 (32x32) JPEG/RGB Q=70|AppMag = 20|MPP = 0.4990"):
    base = image(64, 64, codec, description=text)
    thumbnail = image(16, 16, "none", strips=16, description="Aperio Image Library v11.2.1\r\n64x64 -> 16x16")
    half = image(32, 32, codec, description=text)
    label = image(24, 16, "lzw", strips=16, description="Aperio Image Library v11.2.1\r\nlabel 24x16", reduced=True)
    macro = image(40, 16, "jpeg", strips=16, description="Aperio Image Library v11.2.1\r\nmacro 40x16")
    macro.set(254, LONG, [9])
    return Tiff([base, thumbnail, half, label, macro])


def philips_xml(levels=2, spacing=0.00025, label=None, image_type="WSI", root="DPUfsImport", spacings=None):
    spacings = spacings or [f'&quot;{spacing * 2**i:.6g}&quot; &quot;{spacing * 2**i:.6g}&quot;' for i in range(levels)]
    rows = "".join(
        '<DataObject ObjectType="PixelDataRepresentation">'
        f'<Attribute Name="DICOM_PIXEL_SPACING" Group="0x0028" Element="0x0030">{text}</Attribute></DataObject>'
        for text in spacings)
    pictures = f"""<DataObject ObjectType="DPScannedImage">
<Attribute Name="PIM_DP_IMAGE_TYPE">{image_type}</Attribute>
<Attribute Name="DICOM_MANUFACTURER">maker</Attribute>
<Attribute Name="PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE"><Array>{rows}</Array></Attribute></DataObject>"""
    if label is not None:
        pictures += f"""<DataObject ObjectType="DPScannedImage">
<Attribute Name="PIM_DP_IMAGE_TYPE">LABELIMAGE</Attribute>
<Attribute Name="PIM_DP_IMAGE_DATA">{base64.b64encode(label).decode()}</Attribute></DataObject>"""
    return f"""<?xml version="1.0" encoding="UTF-8" ?>
<DataObject ObjectType="{root}">
<Attribute Name="DICOM_MANUFACTURER">maker</Attribute>
<Attribute Name="PIM_DP_SCANNED_IMAGES"><Array>{pictures}</Array></Attribute></DataObject>"""


def philips(xml=None, **more):
    if xml is None:
        xml = philips_xml(label=jpeg(16, 16), **more)
    base = image(64, 64, "jpeg", description=xml, extra={305: Tag(ASCII, b"Philips DP v1.0\0")})
    return Tiff([base, image(32, 32, "jpeg", reduced=True)])


def ome_xml(size_c=3, attributes='PhysicalSizeX="0.5" PhysicalSizeXUnit="&#181;m" PhysicalSizeY="0.5"',
            data='<TiffData IFD="0" PlaneCount="1"/>', order="XYCZT"):
    return ('<?xml version="1.0" encoding="UTF-8"?>\n'
            '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0" Name="node">'
            f'<Pixels ID="Pixels:0" DimensionOrder="{order}" Type="uint8" SizeX="64" SizeY="64" SizeC="{size_c}" '
            f'SizeZ="1" SizeT="1" {attributes}><Channel ID="Channel:0:0" Name="DAPI"/>{data}</Pixels></Image></OME>')


def ome(xml=None, codec="deflate", big=True, order="II"):
    base = image(64, 64, codec, description=ome_xml() if xml is None else xml)
    base.children.append(image(32, 32, codec, reduced=True))
    return Tiff([base], big, order)


def ome_planes(xml=None, planes=3):
    """One channel a directory."""
    data = "".join(f'<TiffData FirstC="{i}" IFD="{i}" PlaneCount="1"/>' for i in range(planes))
    directories = [image(64, 64, "deflate", channels=1, depth=16) for _ in range(planes)]
    text = ome_xml(planes, data=data) if xml is None else xml
    directories[0].set(270, ASCII, text.encode() + b"\0")
    for directory in directories:
        directory.children.append(image(32, 32, "deflate", channels=1, depth=16, reduced=True))
    return Tiff(directories)
