#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz targets into fuzz/corpus/TARGET. The same seeds come out every time.

usage: fuzz/make_corpus.py
"""
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "cases"))

import tiffbuild as tb  # noqa: E402

MAX_FILE, MAX_ALL = 15_000, 300_000


def tiffs():
    for codec in ("none", "lzw", "jpeg", "deflate", "packbits", "zstd", "jp2k", "webp"):
        yield f"pyramid-{codec}", tb.pyramid(codec, size=32)
    yield "pyramid-big", tb.pyramid("deflate", big=True)
    yield "pyramid-big-mm", tb.pyramid("jpeg", big=True, order="MM")
    yield "pyramid-gray16-mm", tb.pyramid("lzw", order="MM", channels=1, depth=16, size=32)
    yield "strips", tb.strips("deflate")
    yield "strips-mm", tb.strips("lzw", order="MM", channels=1)
    yield "aperio", tb.aperio()
    yield "philips", tb.philips()
    yield "ome", tb.ome()
    yield "ome-planes", tb.ome_planes()
    yield "palette", palette()
    yield "planar", planar()
    yield "nodal", tb.Tiff([tb.image(32, 32, "deflate", 16, description="nodal slide\naperio.AppMag=20\nkey=a\\nb"),
                            tb.image(12, 10, "jpeg", strips=10, description="label")])


def palette():
    directory = tb.image(32, 32, "deflate", 16, channels=1)
    directory.set(262, tb.SHORT, [3]).set(320, tb.SHORT, [i * 85 for i in range(768)])
    return tb.Tiff([directory])


def planar():
    directory = tb.image(32, 32, "deflate", 16, channels=1)
    directory.blocks *= 3
    directory.set(284, tb.SHORT, [2]).set(277, tb.SHORT, [3]).set(258, tb.SHORT, [8] * 3).set(262, tb.SHORT, [2])
    return tb.Tiff([directory])


def pictures():
    yield "rgb.png", tb.png(20, 12, chunks=[(b"pHYs", struct.pack(">IIB", 4000000, 4000000, 1))])
    yield "gray16.png", tb.png(9, 7, 1, 16)
    yield "gray1.png", tb.png(19, 7, 1, 1)
    yield "rgba.png", tb.png(8, 8, 4)
    yield "rgb.jpg", tb.jpeg(24, 16, app=b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x02\x28\x00\x28\x00\x00\x00")
    yield "gray.jpg", tb.jpeg(17, 9, 1)


def jpegs():
    def seed(flags, tables, data):
        return struct.pack(">BH4B", flags, len(tables), 40, 128, 60, 99) + tables + data

    yield "bare", seed(1, tb.jpeg(8, 8, 3, "only"), tb.jpeg(32, 32, 3, "bare"))
    yield "whole", seed(1, b"", tb.jpeg(40, 24))
    yield "rgb", seed(2, tb.jpeg(8, 8, 3, "only"), tb.jpeg(16, 16, 3, "bare"))
    yield "gray", seed(0, b"", tb.jpeg(33, 9, 1))
    yield "four", seed(0, b"", tb.jpeg(16, 16, 4))


def blocks():
    def seed(codec, side, channels, flags, data):
        return bytes([codec, side - 1, side - 1, channels - 1, flags, 3, 5, 9]) + data

    data = tb.gradient(16, 16)
    for index, packed in {0: data, 1: tb.lzw(data), 2: tb.zlib.compress(data), 3: tb.zstd(data),
                          8: tb.packbits(data)}.items():
        yield f"codec-{index}", seed(index, 16, 3, 0, packed)
        yield f"codec-{index}-predictor", seed(index, 16, 3, 4, packed)
    deep = tb.gradient(8, 8, 1, 16)
    yield "uint16-swapped", seed(2, 8, 1, 1 | 16 | 4, tb.zlib.compress(deep))
    yield "float-predictor", seed(2, 8, 1, 3 | 8, tb.zlib.compress(tb.gradient(8, 8, 1, 32)))
    yield "webp", seed(4, 32, 3, 0, tb.WEBP_32)
    yield "jp2k", seed(6, 32, 3, 0, tb.JP2K_32)
    yield "jp2k-ycbcr", seed(7, 32, 3, 0, tb.JP2K_32)


def descriptions():
    yield "slide", b"nodal slide\naperio.AppMag=20\nopenslide.objective-power=20\nodd\\x3dname=a\\nb\\\\c\\x44ICOM"
    yield "label", b"nodal label\nvalues=0 background, 1 normal, 2 tumor"
    yield "odd", b"nodal slide\r\n=none\nno equals\n\\x=\\x0\nname=\\x00\\q\\"


def xmls():
    yield "philips", b"\0" + tb.philips_xml().encode()
    yield "philips-label", b"\0" + tb.philips_xml(label=tb.jpeg(8, 8)).encode()
    yield "ome", b"\1" + tb.ome_xml(3, data='<TiffData FirstC="0" IFD="0" PlaneCount="1"/>'
                                            '<TiffData FirstC="1" IFD="1"/>').encode()
    yield "ome-order", b"\1" + tb.ome_xml(2, data="", order="XYZTC").encode()
    yield "entities", b"\1" + b'<!DOCTYPE OME [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><OME>&b;</OME>'


def main():
    built = [(name, tiff.build()) for name, tiff in tiffs()]
    seeds = {"tiff": built, "slide": built + list(pictures()), "image": pictures(), "jpeg": jpegs(),
             "codec": blocks(), "description": descriptions(), "xml": xmls()}
    total = 0
    for target, files in seeds.items():
        folder = HERE / "corpus" / f"fuzz_{target}"
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files:
            assert len(data) <= MAX_FILE, (target, name, len(data))
            (folder / name).write_bytes(data)
            total += len(data)
    assert total <= MAX_ALL, total
    print(f"{total} bytes")


if __name__ == "__main__":
    main()
