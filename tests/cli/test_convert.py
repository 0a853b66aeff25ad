# SPDX-License-Identifier: Apache-2.0
"""nodal convert: what comes out, and what becomes of many inputs."""
import subprocess

import numpy
import openslide
import pytest
import tifffile
from PIL import Image

from program import names, nodal, nodal_json, unpacked

ENTRY_KEYS = ["input", "output", "status", "kept", "codec", "tile_size", "levels", "width", "height", "seconds"]


def level_pages(tiff):
    return [page for page in tiff.pages if page.is_tiled]


def raw_tiles(path):
    """The compressed tiles of level 0 as they lie in the file, and its JPEG tables."""
    with tifffile.TiffFile(path) as tiff, open(path, "rb") as file:
        page = level_pages(tiff)[0]
        tiles = []
        for offset, size in zip(page.dataoffsets, page.databytecounts):
            file.seek(offset)
            tiles.append(file.read(size))
        tables = page.tags.get(347)
        return tiles, tables.value if tables else None


def test_kept_tiles_are_copied_bit_for_bit(tmp_path, jpeg_slide):
    output = tmp_path / "out.tif"
    document = nodal_json("convert", jpeg_slide, "-o", output)
    assert list(document) == ["slides", "converted", "skipped", "failed"]
    entry, = document["slides"]
    assert list(entry) == ENTRY_KEYS
    assert isinstance(entry.pop("seconds"), float)
    assert entry == {"input": str(jpeg_slide), "output": str(output), "status": "converted", "kept": True,
                     "codec": "jpeg", "tile_size": 256, "levels": 4, "width": 1100, "height": 900}
    assert (document["converted"], document["skipped"], document["failed"]) == (1, 0, 0)
    assert raw_tiles(output) == raw_tiles(jpeg_slide)
    assert nodal("compare", "-q", jpeg_slide, output, "--level", 0) == ("", "")
    assert names(tmp_path) == ["out.tif"]


def test_other_readers_see_the_same_pixels(tmp_path, lossless_slide):
    output = tmp_path / "out.tif"
    nodal("convert", lossless_slide, "-q", "-o", output, "--codec", "lzw", "--tile", 128)
    with tifffile.TiffFile(lossless_slide) as tiff:
        reference = level_pages(tiff)[0].asarray()
    with openslide.OpenSlide(str(output)) as slide:
        assert slide.level_count == 5
        pixels = numpy.asarray(slide.read_region((0, 0), 0, slide.dimensions))
    assert numpy.array_equal(pixels[..., :3], reference) and (pixels[..., 3] == 255).all()
    raw = tmp_path / "out.v.raw"
    subprocess.run(["vips", "rawsave", f"{output}", raw], check=True, capture_output=True)
    assert raw.read_bytes() == reference.tobytes()
    assert nodal("compare", "-q", lossless_slide, output, "--level", 0) == ("", "")


def test_what_is_carried_over(tmp_path, aperio_slide):
    output = tmp_path / "out.tif"
    nodal("convert", aperio_slide, "-q", "-o", output, "--codec", "deflate")
    before, after = nodal_json("info", aperio_slide), nodal_json("info", output)
    assert after["spacing_um"] == before["spacing_um"]
    assert sorted(after["associated"]) == sorted(before["associated"])
    for name in ("aperio.MPP", "aperio.Filename", "openslide.objective-power"):
        assert after["properties"][name] == before["properties"][name]
    for name in ("label", "macro"):
        pictures = []
        for slide in (aperio_slide, output):
            picture = tmp_path / "picture.png"
            nodal("associated", slide, name, "-q", "-f", "-o", picture)
            pictures.append(picture.read_bytes())
        assert pictures[0] == pictures[1]


@pytest.mark.parametrize("arguments", [[], ["--codec", "jpeg"], ["--codec", "zstd"], ["--spacing", "0.8"],
                                       ["--region", "33,44,700,600"]])
def test_threads_change_nothing(tmp_path, jpeg_slide, arguments):
    one, eight = tmp_path / "1.tif", tmp_path / "8.tif"
    nodal("convert", jpeg_slide, "-q", "-o", one, "-t", 1, *arguments)
    nodal("convert", jpeg_slide, "-q", "-o", eight, "-t", 8, *arguments)
    assert one.read_bytes() == eight.read_bytes()


def test_region(tmp_path, lossless_slide):
    output = tmp_path / "out.tif"
    entry, = nodal_json("convert", lossless_slide, "-o", output, "--region", "101,53,600,431", "--codec",
                        "none")["slides"]
    assert (entry["width"], entry["height"], entry["codec"], entry["kept"]) == (600, 431, "none", False)
    with tifffile.TiffFile(lossless_slide) as source, tifffile.TiffFile(output) as tiff:
        assert numpy.array_equal(level_pages(tiff)[0].asarray(),
                                 level_pages(source)[0].asarray()[53:53 + 431, 101:101 + 600])
    assert nodal("convert", lossless_slide, "-o", tmp_path / "b.tif", "--region", "1000,0,200,10", status=1)[1] == \
        f"nodal convert: {lossless_slide}: region 1000,0 200x10 does not lie in its 1100 x 900 pixels\n"


def test_spacing(tmp_path, lossless_slide):
    output = tmp_path / "out.tif"
    entry, = nodal_json("convert", lossless_slide, "-o", output, "--spacing", 1, "--codec", "deflate")["slides"]
    assert (entry["width"], entry["height"], entry["kept"]) == (550, 450, False)
    assert nodal_json("info", output)["spacing_um"] == {"x": 1, "y": 1}


def test_slide_without_spacing(tmp_path, bare_slide):
    output = tmp_path / "out.tif"
    assert nodal("convert", bare_slide, "-o", output, "--spacing", 1, status=1) == \
        ("", f"nodal convert: {bare_slide}: has no spacing (--source-spacing states it)\n")
    assert names(tmp_path) == []
    nodal("convert", bare_slide, "-q", "-o", output, "--spacing", 1, "--source-spacing", 0.5)
    document = nodal_json("info", output)
    assert (document["width"], document["height"], document["spacing_um"]) == (150, 100, {"x": 1, "y": 1})
    nodal("convert", bare_slide, "-q", "-f", "-o", output)
    assert nodal_json("info", output)["spacing_um"] is None


@pytest.mark.parametrize("levels", [1, 2, 5])
def test_levels(tmp_path, jpeg_slide, levels):
    output = tmp_path / "out.tif"
    nodal("convert", jpeg_slide, "-q", "-o", output, "--levels", levels)
    assert len(nodal_json("info", output)["levels"]) == levels


def test_label_image(tmp_path, mask_slide):
    output = tmp_path / "out.tif"
    text, _ = nodal("convert", mask_slide, "-o", output, "--tile", 128)
    assert text.startswith(f"{output}: 600 x 500 pixels, 4 levels, lzw, label, ")
    levels = unpacked(output)
    assert numpy.array_equal(levels[0], tifffile.imread(mask_slide))
    assert len(levels) == 4 and all(set(numpy.unique(level)) == {0, 1, 2} for level in levels)


def test_interpolation(tmp_path, lossless_slide):
    linear, nearest = tmp_path / "linear.tif", tmp_path / "nearest.tif"
    nodal("convert", lossless_slide, "-q", "-o", linear, "--codec", "none")
    nodal("convert", lossless_slide, "-q", "-o", nearest, "--codec", "none", "--interpolation", "nearest")
    with tifffile.TiffFile(linear) as tiff:
        full, half = (page.asarray().astype(int) for page in level_pages(tiff)[:2])
    mean = (full[0::2, 0::2] + full[0::2, 1::2] + full[1::2, 0::2] + full[1::2, 1::2] + 2) // 4
    assert numpy.array_equal(half, mean)
    with tifffile.TiffFile(nearest) as tiff:
        half = level_pages(tiff)[1].asarray()
    assert any(numpy.array_equal(half, full[y::2, x::2]) for y in (0, 1) for x in (0, 1))


def test_codecs_and_quality(tmp_path, lossless_slide):
    sizes = {}
    for quality in (20, 95):
        output = tmp_path / f"{quality}.tif"
        entry, = nodal_json("convert", lossless_slide, "-o", output, "--codec", "jpeg", "--quality", quality)["slides"]
        assert (entry["codec"], entry["kept"], entry["tile_size"]) == ("jpeg", False, 512)
        sizes[quality] = output.stat().st_size
    assert sizes[20] * 2 < sizes[95]
    for codec in ("lzw", "deflate", "zstd", "none"):
        output = tmp_path / f"{codec}.tif"
        nodal("convert", lossless_slide, "-q", "-o", output, "--codec", codec)
        assert {level["codec"] for level in nodal_json("info", output)["levels"]} == {codec}
        assert nodal("compare", "-q", lossless_slide, output, "--level", 0) == ("", "")


# ---- one input, one output -------------------------------------------------------------------------------------------

def test_output_that_exists(tmp_path, bare_slide):
    output = tmp_path / "out.tif"
    output.write_text("precious")
    assert nodal("convert", bare_slide, "-o", output, status=1) == \
        ("", f"nodal convert: {output}: exists already (--force replaces it)\n")
    assert output.read_text() == "precious"
    nodal("convert", bare_slide, "-q", "-f", "-o", output)
    assert nodal_json("info", output)["width"] == 300
    assert names(tmp_path) == ["out.tif"]


def test_failed_force_keeps_the_old_output(tmp_path, jpeg_slide):
    slide, output = tmp_path / "short.tif", tmp_path / "out.tif"
    slide.write_bytes(jpeg_slide.read_bytes()[:20000])
    output.write_text("precious")
    nodal("convert", slide, "-f", "--codec", "jpeg", "-o", output, status=1)
    assert output.read_text() == "precious"
    assert names(tmp_path) == ["out.tif", "short.tif"]


def test_output_is_the_input(tmp_path, bare_slide):
    slide = tmp_path / "slide.tif"
    slide.write_bytes(bare_slide.read_bytes())
    (tmp_path / "link.tif").symlink_to(slide)
    for output in (slide, tmp_path / "link.tif"):
        assert nodal("convert", slide, "-f", "-o", output, status=1) == \
            ("", f"nodal convert: {output}: is the input itself\n")
    assert nodal("convert", slide, "-o", tmp_path, status=1) == ("", f"nodal convert: {slide}: is the input itself\n")
    assert slide.read_bytes() == bare_slide.read_bytes()


def test_failure_as_json(tmp_path):
    missing, output = tmp_path / "no.svs", tmp_path / "out.tif"
    document = nodal_json("convert", missing, "-o", output, status=1)
    assert document == {"slides": [{"input": str(missing), "output": str(output), "status": "failed", "kept": None,
                                    "codec": None, "tile_size": None, "levels": None, "width": None, "height": None,
                                    "seconds": None}],
                        "converted": 0, "skipped": 0, "failed": 1}


@pytest.mark.parametrize("name, reason", [("no/out.tif", "No such file or directory"),
                                          ("file/out.tif", "Not a directory")])
def test_output_cannot_be_made(tmp_path, bare_slide, name, reason):
    (tmp_path / "file").write_text("")
    output = tmp_path / name
    assert nodal("convert", bare_slide, "-o", output, status=1) == ("", f"nodal convert: {output}: {reason}\n")
    assert names(tmp_path) == ["file"]


# ---- many inputs -----------------------------------------------------------------------------------------------------

def test_many_inputs_resume_and_a_bad_one(tmp_path, bare_slide, deep_slide, jpeg_slide):
    bad = tmp_path / "bad.svs"
    bad.write_bytes(b"II*\0 this is no slide")
    out = tmp_path / "a" / "b"
    output, errors = nodal("convert", bare_slide, bad, deep_slide, "-o", out, status=1)
    lines = output.splitlines()
    assert lines[0].startswith(f"{out}/bare.tif: 300 x 200 pixels, 1 level, jpeg, ")
    assert lines[1].startswith(f"{out}/deep.tif: 200 x 150 pixels, 1 level, lzw, ")
    assert lines[2] == "2 converted, 0 already there, 1 failed"
    assert errors.startswith(f"nodal convert: {bad}: ") and errors.count("\n") == 1
    assert names(out) == ["bare.tif", "deep.tif"]
    before = (out / "bare.tif").stat()

    output, errors = nodal("convert", bare_slide, deep_slide, jpeg_slide, "-o", f"{out}/")
    lines = output.splitlines()
    assert lines[:2] == [f"{out}/bare.tif: already there", f"{out}/deep.tif: already there"]
    assert lines[2].startswith(f"{out}/jpeg.tif: 1100 x 900 pixels, 4 levels, jpeg kept, ")
    assert lines[3] == "1 converted, 2 already there, 0 failed"
    after = (out / "bare.tif").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    document = nodal_json("convert", bare_slide, bad, "-o", out, status=1)
    assert [entry["status"] for entry in document["slides"]] == ["skipped", "failed"]
    assert [list(entry) for entry in document["slides"]] == [ENTRY_KEYS] * 2
    assert (document["converted"], document["skipped"], document["failed"]) == (0, 1, 1)

    nodal("convert", bare_slide, deep_slide, "-q", "--force", "-o", out)
    assert (out / "bare.tif").stat().st_ino != before.st_ino
    assert names(out) == ["bare.tif", "deep.tif", "jpeg.tif"]


def test_one_input_into_a_folder(tmp_path, bare_slide):
    for out in (f"{tmp_path}/new/", tmp_path):
        text, _ = nodal("convert", bare_slide, "-o", out)
        folder = str(out).rstrip("/")
        assert text.startswith(f"{folder}/bare.tif: 300 x 200 pixels") and text.count("\n") == 1
        assert nodal("convert", bare_slide, "-o", out) == (f"{folder}/bare.tif: already there\n", "")


def test_collisions_start_nothing(tmp_path, bare_slide):
    other = tmp_path / "bare.svs"
    other.write_bytes(bare_slide.read_bytes())
    out = tmp_path / "out"
    _, errors = nodal("convert", bare_slide, other, "-o", out, status=2)
    assert errors.splitlines()[0] == f"nodal convert: {bare_slide} and {other} would both become {out}/bare.tif"
    _, errors = nodal("convert", bare_slide, bare_slide, "-o", out, status=2)
    assert errors.splitlines()[0] == f"nodal convert: {bare_slide} and {bare_slide} would both become {out}/bare.tif"
    assert not out.exists()


def test_folder_cannot_be_made(tmp_path, bare_slide, deep_slide):
    (tmp_path / "file").write_text("")
    for out, reason in ((tmp_path / "file", "Not a directory"), (tmp_path / "file" / "sub", "Not a directory")):
        _, errors = nodal("convert", bare_slide, deep_slide, "-o", out, status=1)
        assert errors.startswith("nodal convert: ") and errors.endswith(f": cannot make the folder: {reason}\n")
        assert errors.count("\n") == 1


@pytest.fixture(scope="session")
def wide_strips(slides):
    """100,000 x 530 pixels of 16-bit gray in strips of 7 rows: a row of tiles is more than is read as one band."""
    path = slides / "wide.tif"
    y, x = numpy.mgrid[0:530, 0:100000]
    pixels = (x * 31 + y * 257).astype(numpy.uint16)
    tifffile.imwrite(path, pixels, photometric="minisblack", compression="zlib", rowsperstrip=7, metadata=None)
    return path, pixels


@pytest.mark.parametrize("threads", [1, 3])
def test_wide_strips(tmp_path, wide_strips, threads):
    path, pixels = wide_strips
    output = tmp_path / "out.tif"
    nodal("convert", path, "-q", "-t", threads, "--codec", "zstd", "--levels", 1, "-o", output)
    with tifffile.TiffFile(output) as tiff:
        assert len(tiff.pages) == 1
    assert nodal("compare", path, output, "-q", "--level", 0) == ("", "")
    for x, y, width, height in ((0, 0, 300, 530), (49900, 0, 300, 530), (99800, 300, 200, 230)):
        crop = tmp_path / "crop.png"
        nodal("crop", output, x, y, width, height, "-q", "-f", "-o", crop)
        assert numpy.array_equal(numpy.asarray(Image.open(crop)), pixels[y:y + height, x:x + width])


def test_wide_strips_of_a_region(tmp_path, wide_strips):
    """The region begins in the middle of a strip; the bytes do not depend on the threads."""
    path, pixels = wide_strips
    outputs = [tmp_path / f"{threads}.tif" for threads in (1, 8)]
    for threads, output in zip((1, 8), outputs):
        nodal("convert", path, "-q", "-t", threads, "--codec", "deflate", "--region", "1003,10,98000,515", "-o", output)
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    nodal("crop", outputs[0], 97000, 100, 1000, 415, "-q", "-o", tmp_path / "crop.png")
    assert numpy.array_equal(numpy.asarray(Image.open(tmp_path / "crop.png")), pixels[110:525, 98003:99003])


@pytest.mark.parametrize("threads", [1, 8])
def test_wide_strips_with_a_damaged_one(tmp_path, wide_strips, threads):
    path, _ = wide_strips
    damaged, output = tmp_path / "damaged.tif", tmp_path / "out.tif"
    damaged.write_bytes(path.read_bytes())
    with tifffile.TiffFile(damaged) as tiff:
        offset = tiff.pages[0].dataoffsets[40]
    with open(damaged, "r+b") as file:
        file.seek(offset)
        file.write(b"not a stream")
    _, errors = nodal("convert", damaged, "-q", "-t", threads, "--codec", "none", "-o", output, status=1)
    assert errors == f"nodal convert: {damaged}: level 0, tile 0,40: damaged Deflate: bad data\n"
    assert not output.exists()
