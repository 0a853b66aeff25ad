#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes selftest_data.c: one tiny picture as other programs compress it. Needs numpy and Pillow.

The picture is 32 x 32 RGB: red 4x + 20, green 4y + 30, blue 2(x + y) + 10.
Usage: selftest_data.py > selftest_data.c
"""
import io
import struct
import zlib

import numpy
from PIL import Image

SIDE = 32
x, y = numpy.meshgrid(numpy.arange(SIDE), numpy.arange(SIDE))
rgb = numpy.stack([4 * x + 20, 4 * y + 30, 2 * (x + y) + 10], -1).astype(numpy.uint8)


def pillow(pixels, kind, **options):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


def ycbcr(pixels):
    r, g, b = (pixels[..., i].astype(float) for i in range(3))
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    return numpy.stack([luma, (b - luma) / 1.772 + 128, (r - luma) / 1.402 + 128], -1).round().astype(numpy.uint8)


def floating_predictor(values):
    """TIFF Technical Note 3: bytes of a row in planes, most significant first, then differenced."""
    out = b""
    for row in values.astype(">f4"):
        planes = numpy.frombuffer(row.tobytes(), numpy.uint8).reshape(-1, 4).T.reshape(-1)
        out += numpy.diff(planes, prepend=numpy.uint8(0)).astype(numpy.uint8).tobytes()
    return zlib.compress(out, 9)


def big_endian_tiff():
    """Classic TIFF, most significant byte first: one Deflate strip of 16-bit gray, 256x + y."""
    strip = zlib.compress((256 * x + y).astype(">u2").tobytes(), 9)
    tags = [(256, 3, SIDE), (257, 3, SIDE), (258, 3, 16), (259, 3, 8), (262, 3, 1), (273, 4, None), (277, 3, 1),
            (278, 3, SIDE), (279, 4, len(strip))]
    offset = 8 + 2 + 12 * len(tags) + 4
    out = struct.pack(">2sHIH", b"MM", 42, 8, len(tags))
    for tag, kind, value in tags:
        value = offset if value is None else value
        out += struct.pack(">HHI", tag, kind, 1) + (struct.pack(">HH", value, 0) if kind == 3 else struct.pack(">I", value))
    return out + struct.pack(">I", 0) + strip


blocks = {
    "jp2k_rgb": pillow(rgb, "JPEG2000", irreversible=False, no_jp2=True, num_resolutions=3),
    "jp2k_ycbcr": pillow(ycbcr(rgb), "JPEG2000", irreversible=False, no_jp2=True, num_resolutions=3, mct=0),
    "webp": pillow(rgb, "WEBP", lossless=True, quality=100, method=6),
    "float_predictor": floating_predictor(0.5 * x - 0.25 * y),
    "png": pillow(rgb, "PNG", optimize=True),
    "jpeg": pillow(rgb, "JPEG", quality=95, subsampling=0, optimize=True),
    "big_endian_tiff": big_endian_tiff(),
}

print("/* SPDX-License-Identifier: Apache-2.0 */")
print("/* Made by selftest_data.py, which tells what is in it. */")
print('#include "pyramid/selftest_data.h"')
for name, data in blocks.items():
    print("\nstatic const uint8_t %s[] = {" % name)
    for at in range(0, len(data), 18):
        print("    " + ", ".join("0x%02x" % byte for byte in data[at:at + 18]) + ",")
    print("};")
    print("const NodalSelfTestData nodal_self_test_%s = {%s, sizeof %s};" % (name, name, name))
