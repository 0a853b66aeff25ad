# SPDX-License-Identifier: Apache-2.0
"""multiresolutionimageinterface: code that was written for ASAP runs as it is."""
import struct
import warnings

import multiresolutionimageinterface as mir
import numpy
import pytest
import tifffile

import nodal
from material import HEIGHT, WIDTH
from program import nodal as program
from program import unpacked


@pytest.fixture
def image(slide_path):
    return mir.MultiResolutionImageReader().open(str(slide_path))


# ---- The three snippets of Litjens et al., GigaScience 2018, as public copies agree on them ----

def test_reading_a_patch(phantom_path, monkeypatch):
    monkeypatch.chdir(phantom_path.parent)

    import multiresolutionimageinterface as mir
    reader = mir.MultiResolutionImageReader()
    mr_image = reader.open('phantom.tif')
    level = 2
    ds = mr_image.getLevelDownsample(level)
    image_patch = mr_image.getUCharPatch(int(128 * ds), int(132 * ds), 300, 200, level)

    assert image_patch.shape == (200, 300, 3) and image_patch.dtype == numpy.uint8
    assert numpy.array_equal(image_patch, nodal.Slide(phantom_path).levels[2][132:332, 128:428])


def test_annotation_to_mask(phantom_path, monkeypatch, tmp_path):
    output_path = str(tmp_path / "mask.tif")
    monkeypatch.chdir(phantom_path.parent)

    import multiresolutionimageinterface as mir
    reader = mir.MultiResolutionImageReader()
    mr_image = reader.open('phantom.tif')
    annotation_list = mir.AnnotationList()
    xml_repository = mir.XmlRepository(annotation_list)
    xml_repository.setSource('phantom.xml')
    xml_repository.load()
    annotation_mask = mir.AnnotationToMask()
    camelyon17_type_mask = True
    label_map = {'metastases': 1, 'normal': 2} if camelyon17_type_mask else {'_0': 1, '_1': 1, '_2': 0}
    conversion_order = ['metastases', 'normal'] if camelyon17_type_mask else ['_0', '_1', '_2']
    annotation_mask.convert(annotation_list, output_path, mr_image.getDimensions(), mr_image.getSpacing(), label_map,
                            conversion_order)

    expected = tmp_path / "expected.tif"
    program("mask", "phantom.xml", "--slide", "phantom.tif", "--rule", "asap", "--labels", "camelyon17", "-q", "-o",
            expected)
    assert numpy.array_equal(nodal.Slide(output_path)[:, :], nodal.Slide(expected)[:, :])
    assert nodal.Slide(output_path)[:, :].sum() > 0
    assert nodal.Slide(output_path).spacing == pytest.approx((0.5, 0.5))


def test_writing_a_tissue_mask(phantom_path, monkeypatch, tmp_path):
    output_path = str(tmp_path / "tissue.tif")
    monkeypatch.chdir(phantom_path.parent)

    import multiresolutionimageinterface as mir
    import numpy as np
    from scipy.ndimage import median_filter
    from skimage.transform import resize
    reader = mir.MultiResolutionImageReader()
    mr_image = reader.open('phantom.tif')
    level = 3
    level_dims = mr_image.getLevelDimensions(level)
    level_ds = mr_image.getLevelDownsample(level)
    tile = mr_image.getUCharPatch(0, 0, level_dims[0], level_dims[1], level).astype('float32')
    tile = np.clip(tile, 1, 254)
    OD = -np.log(tile / 255.)
    D = median_filter(np.sum(OD, axis=2) / 3., size=3)
    raw_mask = (D > 0.02 * -np.log(1 / 255.)) * (D < 0.98 * -np.log(1 / 255.))

    writer = mir.MultiResolutionImageWriter()
    writer.openFile(output_path)
    writer.setTileSize(512)
    writer.setCompression(mir.LZW)
    writer.setDataType(mir.UChar)
    writer.setInterpolation(mir.NearestNeighbor)
    writer.setColorType(mir.Monochrome)
    out_dims = mr_image.getLevelDimensions(0)
    writer.writeImageInformation(out_dims[0], out_dims[1])
    step_size = int(512 / int(level_ds))
    for y in range(0, level_dims[1], step_size):
        for x in range(0, level_dims[0], step_size):
            write_tl = np.zeros((step_size, step_size), dtype='ubyte')
            cur_tl = raw_mask[y:y + step_size, x:x + step_size]
            write_tl[0:cur_tl.shape[0], 0:cur_tl.shape[1]] = cur_tl
            res_tl = resize(write_tl, (512, 512), order=0, mode='constant', preserve_range=True)
            writer.writeBaseImagePart(res_tl.flatten())
    writer.finishImage()

    expected = np.kron(raw_mask, np.ones((8, 8), np.uint8))[:out_dims[1], :out_dims[0]]
    assert 0.05 < expected.mean() < 0.95
    assert (nodal.Slide(output_path).color, nodal.Slide(output_path).dimensions) == ("label", out_dims)
    assert np.array_equal(nodal.Slide(output_path)[:, :], expected)
    assert np.array_equal(unpacked(output_path)[0], expected)
    import openslide
    with openslide.OpenSlide(output_path) as other:
        assert other.dimensions == out_dims
        region = np.asarray(other.read_region((300, 200), 0, (1500, 1500)))
        assert np.array_equal(region[..., 0], expected[200:1700, 300:1800])


# ---- Reading ----

def test_what_an_image_says(image):
    assert (image.getNumberOfLevels(), image.getDimensions(), image.getLevelDimensions(1)) == (2, (700, 500), (350, 250))
    assert image.getSpacing() == pytest.approx((0.5, 0.5))
    assert image.getLevelDownsample(1) == 2.0 and image.getLevelDownsample(9) == -1.0
    assert (image.getColorType(), image.getDataType(), image.getSamplesPerPixel()) == (mir.RGB, mir.UChar, 3)
    assert (image.getMinValue(), image.getMaxValue(0), image.valid()) == (0, 255, True)
    assert image.getProperty("openslide.vendor") == "generic-tiff" and image.getProperty("nothing") == ""
    assert (image.getNumberOfZPlanes(), image.getLevelDimensions(5)) == (1, ())


def test_patches(image, pixels, small):
    patch = image.getUCharPatch(startX=10, startY=20, width=30, height=40, level=0)
    assert numpy.array_equal(patch, pixels[20:60, 10:40])
    # The level's pixel is that of x / downsample rounded to nearest, halves up.
    assert numpy.array_equal(image.getUCharPatch(11, 20, 30, 40, 1), small[10:50, 6:36])
    for name, dtype in (("UInt16", numpy.uint16), ("UInt32", numpy.uint32), ("Float", numpy.float32)):
        other = getattr(image, f"get{name}Patch")(10, 20, 30, 40, 0)
        assert other.dtype == dtype and numpy.array_equal(other, patch)


def test_outside_is_black_in_a_tiff(image, pixels):
    patch = image.getUCharPatch(-10, -5, WIDTH + 30, HEIGHT + 20, 0)
    assert numpy.array_equal(patch[5:HEIGHT + 5, 10:WIDTH + 10], pixels)
    assert patch.sum(dtype=int) == pixels.sum(dtype=int)
    assert image.getUCharPatch(5000, 5000, 3, 3, 0).sum() == 0


def test_outside_is_background_in_other_formats(aperio_path):
    image = mir.MultiResolutionImageReader().open(str(aperio_path))
    assert (image.getUCharPatch(-10, -10, 5, 5, 0) == 255).all()


def test_one_channel_has_an_axis(deep_path):
    image = mir.MultiResolutionImageReader().open(str(deep_path))
    patch = image.getUInt16Patch(5, 6, 7, 8, 0)
    assert patch.shape == (8, 7, 1) and patch[0, 0, 0] == 300 * 6 + 5
    assert image.getUCharPatch(5, 6, 7, 8, 0)[0, 0, 0] == (300 * 6 + 5) % 256
    assert image.getSpacing() == () and image.getColorType() == mir.ColorType_Monochrome


def test_whole_numbers_alone(image):
    for bad in ((1.0, 0, 5, 5, 0), (0, 0, 5.5, 5, 0), (0, 0, 5, 5, "1")):
        with pytest.raises(TypeError):
            image.getUCharPatch(*bad)
    assert image.getUCharPatch(numpy.int64(1), 0, numpy.int32(5), 5, 0).shape == (5, 5, 3)


def test_none_carries_its_reason(image, tmp_path):
    with pytest.warns(UserWarning, match="No such file or directory"):
        assert mir.MultiResolutionImageReader().open(str(tmp_path / "none.tif")) is None
    with pytest.warns(UserWarning, match="level 2: the image has 2 levels"):
        assert image.getUCharPatch(0, 0, 5, 5, 2) is None
    with pytest.warns(UserWarning, match="-5 x 5"):
        assert image.getUCharPatch(0, 0, -5, 5, 0) is None


@pytest.mark.parametrize("downsample, level", [(0.5, 0), (1.4, 0), (1.5, 1), (2.9, 1), (3, 2), (5, 2), (6, 3), (99, 3)])
def test_the_nearest_level(tmp_path, downsample, level):
    """Measured on ASAP with levels of 1, 2, 4 and 8."""
    path = tmp_path / "x.tif"
    with nodal.Writer(path, 1024, 1024, codec="none", tile_size=128, levels=4):
        pass
    assert mir.MultiResolutionImageReader().open(str(path)).getBestLevelForDownSample(downsample) == level


def test_cache_size(image, pixels):
    image.setCacheSize(0)
    assert image.getCacheSize() == 0
    assert numpy.array_equal(image.getUCharPatch(0, 0, 9, 9, 0), pixels[:9, :9])


def test_encoded_tiles(image, pixels):
    import zlib

    tiff = mir.MultiResolutionImageToTIFFImage(image)
    tile = tiff.getEncodedTile(300, 200, 0)
    assert tiff.getEncodedTileSize(300, 200, 0) == len(tile)
    raw = numpy.frombuffer(zlib.decompress(tile.tobytes()), numpy.uint8).reshape(128, 128, 3)
    assert numpy.array_equal(raw, pixels[128:256, 256:384])


def test_subclasses_take_over_an_image(slide_path, pixels):
    """As wholeslidedata does."""
    class Wrapped(mir.MultiResolutionImage):
        def __init__(self, path):
            image = mir.MultiResolutionImageReader().open(str(path))
            image.setCacheSize(0)
            self.__dict__.update(image.__dict__)

        def patch(self):
            return super().getUCharPatch(0, 0, 9, 9, 0)

    assert numpy.array_equal(Wrapped(slide_path).patch(), pixels[:9, :9])


# ---- Enums and vectors ----

def test_both_spellings():
    assert [mir.InvalidColorType, mir.Monochrome, mir.RGB, mir.ARGB, mir.Indexed] == list(range(5))
    assert [mir.ColorType_InvalidColorType, mir.ColorType_Monochrome, mir.ColorType_RGB, mir.ColorType_RGBA,
            mir.ColorType_Indexed] == list(range(5))
    assert [mir.InvalidDataType, mir.UChar, mir.UInt16, mir.UInt32, mir.Float] == list(range(5))
    assert [mir.DataType_InvalidDataType, mir.DataType_UChar, mir.DataType_UInt16, mir.DataType_UInt32,
            mir.DataType_Float] == list(range(5))
    assert [mir.RAW, mir.JPEG, mir.LZW, mir.JPEG2000] == list(range(4))
    assert [mir.Compression_RAW, mir.Compression_JPEG, mir.Compression_LZW, mir.Compression_JPEG2000] == list(range(4))
    assert [mir.NearestNeighbor, mir.Linear, mir.Interpolation_NearestNeighbor, mir.Interpolation_Linear] == [0, 1, 0, 1]
    names = ("NONE", "DOT", "POLYGON", "SPLINE", "POINTSET", "MEASUREMENT", "RECTANGLE")
    assert [getattr(mir.Annotation, name) for name in names] == list(range(7))
    assert [getattr(mir.Annotation, f"Type_{name}") for name in names] == list(range(7))
    assert mir.ASAP_VERSION_STRING == "2.2.0"


def test_vectors():
    vector = mir.vector_double()
    vector.push_back(1)
    vector.push_back(0.5)
    assert (vector.size(), vector.empty(), vector.front(), vector.back(), list(vector)) == (2, False, 1.0, 0.5, [1.0, 0.5])
    vector.pop_back()
    vector.resize(3)
    assert list(vector) == [1.0, 0.0, 0.0]
    assert list(mir.vector_int(2, 7)) == [7, 7] and list(mir.vector_string(["a"])) == ["a"]
    for bad in (lambda: mir.vector_int([1.5]), lambda: vector.push_back("x"), lambda: mir.vector_string([1])):
        with pytest.raises((TypeError, ValueError)):
            bad()
    with pytest.raises(OverflowError):
        mir.vector_uint([-1])
    assert mir.map_string_int({"a": 1}).has_key("a")


# ---- Annotations ----

def test_annotations(phantom_path, tmp_path):
    annotation_list = mir.AnnotationList()
    repository = mir.XmlRepository(annotation_list)
    repository.setSource(str(phantom_path.with_suffix(".xml")))
    assert repository.load() is True
    annotations, groups = annotation_list.getAnnotations(), annotation_list.getGroups()
    assert isinstance(annotations, tuple) and [each.getName() for each in groups] == ["metastases"]
    first = annotation_list.getAnnotation("Nest 1")
    assert first is annotations[0] is annotation_list.getAnnotation(0)
    assert (first.getType(), first.getTypeAsString(), first.getGroup()) == (mir.Annotation.POLYGON, "Polygon", groups[0])
    expected = nodal.Annotations.read(phantom_path.with_suffix(".xml"))[0]
    x, y = expected.points[3]
    assert first.getNumberOfPoints() == len(expected.points)
    # ASAP keeps coordinates in single precision.
    assert first.getCoordinates()[3].getX() == struct.unpack("f", struct.pack("f", x))[0]
    low, high = first.getImageBoundingBox()
    assert low.getX() < x + 1 and high.getY() > y - 1
    assert first.getCenter().getX() == pytest.approx((low.getX() + high.getX()) / 2)

    mine = mir.Annotation()
    mine.setName("mine")
    mine.setType(mir.Annotation.RECTANGLE)
    mine.setColor("#123456")
    mine.setCoordinates([mir.Point(0, 0), mir.Point(10, 0), mir.Point(10, 5)])
    mine.addCoordinate(0, 5)
    group = mir.AnnotationGroup()
    group.setName("group")
    group.setAttribute("key", "value")
    mine.setGroup(group)
    annotation_list.addGroup(group)
    annotation_list.addAnnotation(mine)
    assert mine.getArea() == 50
    output = mir.XmlRepository(annotation_list)
    output.setSource(str(tmp_path / "out.xml"))
    assert output.save() is True
    again = nodal.Annotations.read(tmp_path / "out.xml")
    assert (again[2].name, again[2].shape, again[2].group, again[2].color) == ("mine", "rectangle", "group", "#123456")
    assert again.groups[1].attributes == {"key": "value"}


def test_a_file_that_cannot_be_read(tmp_path):
    annotation_list = mir.AnnotationList()
    annotation_list.addAnnotation(mir.Annotation())
    repository = mir.XmlRepository(annotation_list)
    repository.setSource(str(tmp_path / "none.xml"))
    with pytest.warns(UserWarning, match="No such file"):
        assert repository.load() is False
    assert annotation_list.getAnnotations() == ()


def squares(tmp_path):
    """Two squares that overlap, in two groups, and one without a group."""
    annotation_list = mir.AnnotationList()
    for name, start in (("_0", 10), ("_2", 15), (None, 40)):
        annotation = mir.Annotation()
        annotation.setType(mir.Annotation.POLYGON)
        for x, y in ((0, 0), (10, 0), (10, 10), (0, 10)):
            annotation.addCoordinate(start + x, start + y)
        if name:
            group = mir.AnnotationGroup()
            group.setName(name)
            annotation.setGroup(group)
            annotation_list.addGroup(group)
        annotation_list.addAnnotation(annotation)
    return annotation_list


@pytest.mark.parametrize("arguments, sums", [
    # A square of 10 pixels covers 81 corners (strictly inside its box); 25 - 9 are in both.
    ((), {1: 81 + 81 - 16 + 81}),
    (({"_0": 1, "_2": 0},), {1: 81}),
    (({"_0": 1, "_2": 0}, ["_0", "_2"]), {1: 81 - 16}),
    (({"_0": 3, "_2": 2}, ["_0", "_2"]), {3: 81 - 16, 2: 81}),
    (({"_0": 300},), {44: 81}),
    (({"_0": 1}, ["_0", "_2"]), {1: 81 - 16}),
    (({}, ["_0"]), {1: 81 + 81 - 16 + 81}),
])
def test_label_maps(tmp_path, arguments, sums):
    path = str(tmp_path / "mask.tif")
    spacing = mir.vector_double([0.5, 0.5])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mir.AnnotationToMask().convert(squares(tmp_path), path, (64, 64), spacing, *arguments)
    values, counts = numpy.unique(nodal.Slide(path)[:, :], return_counts=True)
    assert {int(value): int(count) for value, count in zip(values, counts) if value} == sums


def test_a_mask_of_nothing(tmp_path):
    path = str(tmp_path / "mask.tif")
    with pytest.warns(UserWarning, match="the mask is empty"):
        mir.AnnotationToMask().convert(squares(tmp_path), path, (64, 64), (0.5, 0.5), {"other": 1}, ["other"])
    assert nodal.Slide(path)[:, :].sum() == 0


# ---- Writing ----

def test_writing_by_location_with_spacing(tmp_path, pixels):
    path = str(tmp_path / "out.tif")
    writer = mir.MultiResolutionImageWriter()
    assert writer.openFile(path) == 0
    writer.setTileSize(128)
    writer.setCompression(mir.Compression_RAW)
    writer.setDataType(mir.DataType_UChar)
    writer.setColorType(mir.ColorType_RGB)
    writer.setInterpolation(mir.Interpolation_Linear)
    assert writer.writeImageInformation(256, 128) == 0
    spacing = mir.vector_double()
    spacing.push_back(0.25)
    spacing.push_back(0.5)
    writer.setSpacing(spacing)
    writer.writeBaseImagePartToLocation(pixels[:128, 128:256].flatten(), x=128, y=0)
    writer.writeBaseImagePartToLocation(pixels[:128, :128].flatten(), 0, 0)
    assert writer.finishImage() == 0
    with tifffile.TiffFile(path) as tiff:
        assert numpy.array_equal(tiff.pages[0].asarray(), pixels[:128, :256])
    assert nodal.Slide(path).spacing == pytest.approx((0.25, 0.5))


@pytest.mark.parametrize("data_type, dtype", [(mir.UInt16, "uint16"), (mir.UInt32, "uint32"), (mir.Float, "float32")])
def test_indexed_images(tmp_path, data_type, dtype):
    path = str(tmp_path / "out.tif")
    values = numpy.random.default_rng(1).integers(0, 60000, (64, 64, 5)).astype(dtype)
    writer = mir.MultiResolutionImageWriter()
    writer.openFile(path)
    writer.setTileSize(64)
    writer.setDataType(data_type)
    writer.setColorType(mir.Indexed)
    writer.setNumberOfIndexedColors(5)
    writer.writeImageInformation(64, 64)
    writer.writeBaseImagePart(values.ravel())
    assert writer.finishImage() == 0
    slide = nodal.Slide(path)
    assert slide.dtype == dtype and numpy.array_equal(slide[:, :], values)


def test_jpeg(tmp_path, phantom_path):
    image = mir.MultiResolutionImageReader().open(str(phantom_path))
    writer = mir.MultiResolutionImageWriter()
    writer.setCompression(mir.JPEG)
    writer.setJPEGQuality(90)
    path = str(tmp_path / "out.tif")
    assert writer.writeImageToFile(image, path) == 0
    copy = mir.MultiResolutionImageReader().open(path)
    assert copy.getDimensions() == image.getDimensions() and copy.getSpacing() == pytest.approx(image.getSpacing())
    difference = copy.getFloatPatch(1000, 800, 500, 500, 0) - image.getFloatPatch(1000, 800, 500, 500, 0)
    assert abs(difference).mean() < 4


def test_writing_what_makes_no_sense(tmp_path):
    writer = mir.MultiResolutionImageWriter()
    with pytest.warns(UserWarning, match="cannot be written"):
        assert writer.openFile(str(tmp_path / "no" / "out.tif")) == -1
    with pytest.warns(UserWarning, match="no file is open"):
        assert writer.writeImageInformation(5, 5) == -1
    with pytest.raises(ValueError, match="writeImageInformation"):
        writer.writeBaseImagePart(numpy.zeros(512 * 512, numpy.uint8))
    writer.openFile(str(tmp_path / "out.tif"))
    with pytest.warns(UserWarning, match="come first"):
        assert writer.writeImageInformation(5, 5) == -1
    with pytest.warns(UserWarning, match="JPEG 2000"):
        assert writer.setCompression(mir.JPEG2000) == -1
    assert writer.setJPEGQuality(0) == -1
    writer.setDataType(mir.UChar)
    writer.setColorType(mir.Monochrome)
    writer.writeImageInformation(512, 512)
    with pytest.raises(ValueError, match="a tile has 512 x 512 x 1 values, not 10"):
        writer.writeBaseImagePart(numpy.zeros(10, numpy.uint8))
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_is_replaced(tmp_path):
    path = tmp_path / "out.tif"
    path.write_text("old")

    class Mine(mir.MultiResolutionImageWriter):
        def __init__(self):
            mir.MultiResolutionImageWriter.__init__(self)
            self.setDataType(mir.UChar)
            self.setColorType(mir.Monochrome)

    writer = Mine()
    writer.openFile(str(path))
    writer.writeImageInformation(600, 600)
    assert path.read_text() == "old"
    assert writer.finishImage() == 0
    assert nodal.Slide(path)[:, :].sum() == 0


def test_a_monitor_is_told(image, tmp_path):
    class Monitor(mir.ProgressMonitor):
        seen = []

        def setProgress(self, progress):
            super().setProgress(progress)
            self.seen.append(progress)

    writer = mir.MultiResolutionImageWriter()
    writer.setProgressMonitor(Monitor())
    assert writer.writeImageToFile(image, str(tmp_path / "out.tif")) == 0
    assert Monitor.seen[-1] == 100
