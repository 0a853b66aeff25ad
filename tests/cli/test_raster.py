# SPDX-License-Identifier: Apache-2.0
"""nodal raster: every command against numpy, pixel by pixel or number by number."""
import math
import resource
import signal
import subprocess
import time

import numpy
import pytest
import tifffile

from program import command, names, nodal, nodal_json, unpacked


def write(path, pixels, spacing=None, **options):
    """One level, tiles of 64; `spacing` in micrometres across and down."""
    if spacing:
        options.update(resolution=(10000 / spacing[0], 10000 / spacing[1]), resolutionunit="CENTIMETER")
    tifffile.imwrite(path, pixels, photometric="rgb" if pixels.ndim == 3 and pixels.shape[2] == 3 else "minisblack",
                     tile=(64, 64), metadata=None, **options)
    return path


def blobs(shape, seed, share=0.5):
    """Noise of two scales: pieces of all sizes, with holes, and single pixels."""
    random = numpy.random.default_rng(seed)
    coarse = random.random((shape[0] // 8 + 1, shape[1] // 8 + 1)).repeat(8, 0).repeat(8, 1)[:shape[0], :shape[1]]
    return (0.8 * coarse + 0.2 * random.random(shape) > share).astype(numpy.uint8)


@pytest.fixture(scope="module")
def mask(tmp_path_factory):
    """(path, pixels): 150 x 100 pixels of 0.5 x 0.25 micrometres."""
    pixels = blobs((100, 150), 1)
    return write(tmp_path_factory.mktemp("mask") / "mask.tif", pixels, (0.5, 0.25)), pixels


@pytest.fixture(scope="module")
def pyramid(tmp_path_factory):
    """(path, pixels of level 1): a label pyramid of 0.5 micrometres, 401 x 303 pixels."""
    path = tmp_path_factory.mktemp("pyramid") / "pyramid.tif"
    source = write(path.with_name("source.tif"), blobs((303, 401), 2) * 3, (0.5, 0.5))
    nodal("convert", "-q", source, "-o", path, "--tile", 64, "--codec", "lzw")
    return path, unpacked(path)[1]


def flood(mask, connectivity, same=lambda a, b: b != 0):
    """Labels in the order of the first pixels."""
    labels = numpy.zeros(mask.shape, numpy.uint32)
    around = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)
              if (dy, dx) != (0, 0) and (connectivity == 8 or 0 in (dy, dx))]
    count = 0
    for seed in zip(*mask.nonzero()):
        if labels[seed]:
            continue
        count += 1
        labels[seed] = count
        stack = [seed]
        while stack:
            y, x = stack.pop()
            for dy, dx in around:
                place = y + dy, x + dx
                if 0 <= place[0] < mask.shape[0] and 0 <= place[1] < mask.shape[1] and mask[place] \
                        and not labels[place] and same(mask[y, x], mask[place]):
                    labels[place] = count
                    stack.append(place)
    return labels


def nearest(targets, spacing):
    """Distance of every pixel to the nearest target."""
    places = numpy.argwhere(targets)
    y, x = numpy.indices(targets.shape)
    best = numpy.full(targets.shape, numpy.inf)
    for ty, tx in places:
        numpy.minimum(best, ((x - tx) * spacing[0]) ** 2 + ((y - ty) * spacing[1]) ** 2, out=best)
    return numpy.sqrt(best)


COMMANDS = {"threshold": ["--low", "1"], "components": [], "distance": [], "fill": [],
            "morphology": ["--operation", "close", "--radius", "1.5"], "relabel": ["--map", "1=7", "--sequential"]}


# ---- what all have in common ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", COMMANDS)
def test_threads_spacing_and_document(tmp_path, mask, name):
    """The same file for 1 and 8 threads; the spacing is carried over; --json has one document."""
    path, pixels = mask
    one, eight = tmp_path / "one.tif", tmp_path / "eight.tif"
    nodal("raster", name, "-q", path, "-o", one, "-t", 1, "--tile", 64, *COMMANDS[name])
    document = nodal_json("raster", name, path, "-o", eight, "-t", 8, "--tile", 64, *COMMANDS[name])
    assert one.read_bytes() == eight.read_bytes()
    assert {key: document[key] for key in list(document)[:7]} == {
        "input": str(path), "output": str(eight), "level": 0, "width": 150, "height": 100, "spacing_x_um": 0.5,
        "spacing_y_um": 0.25}
    with tifffile.TiffFile(one) as tiff:
        tags = tiff.pages[0].tags
        assert tags["ResolutionUnit"].value == 3
        assert [numpy.divide(*tags[tag].value) for tag in ("XResolution", "YResolution")] == [20000, 40000]
    assert unpacked(one)[0].shape == pixels.shape


@pytest.mark.parametrize("name", COMMANDS)
def test_level_becomes_level_zero(tmp_path, pyramid, name):
    """ASAP's tools ignore --level or scale wrongly; here it is the same as working on that level alone."""
    path, pixels = pyramid
    alone = write(tmp_path / "alone.tif", pixels, (1, 1))
    options = ["-q", "--tile", 64, *COMMANDS[name]]
    nodal("raster", name, path, "-o", tmp_path / "level.tif", "--level", 1, *options)
    nodal("raster", name, alone, "-o", tmp_path / "plain.tif", *options)
    assert (tmp_path / "level.tif").read_bytes() == (tmp_path / "plain.tif").read_bytes()


@pytest.mark.parametrize("name", COMMANDS)
def test_channel(tmp_path, name):
    planes = [blobs((90, 100), seed) for seed in (3, 4, 5)]
    path = write(tmp_path / "rgb.tif", numpy.stack(planes, 2), (1, 1))
    options = ["-q", "--tile", 64, *COMMANDS[name]]
    nodal("raster", name, path, "-o", tmp_path / "channel.tif", "--channel", 2, *options)
    nodal("raster", name, write(tmp_path / "plane.tif", planes[2], (1, 1)), "-o", tmp_path / "plain.tif", *options)
    assert (tmp_path / "channel.tif").read_bytes() == (tmp_path / "plain.tif").read_bytes()
    assert nodal("raster", name, path, "-o", tmp_path / "no.tif", *options, status=1)[1] == \
        f"nodal raster {name}: {path}: has 3 channels (--channel chooses one)\n"
    assert nodal("raster", name, path, "-o", tmp_path / "no.tif", "--channel", 3, *options, status=1)[1] == \
        f"nodal raster {name}: {path}: no channel 3, only 0 to 2\n"
    assert not (tmp_path / "no.tif").exists()


@pytest.mark.parametrize("name", COMMANDS)
def test_refused(tmp_path, mask, name):
    path, _ = mask
    options = COMMANDS[name]
    output = tmp_path / "out.tif"
    assert nodal("raster", name, path, "-o", tmp_path / "out.png", *options, status=2)[1].splitlines()[0] == \
        f"nodal raster {name}: --output: '{tmp_path}/out.png' does not end in .tif or .tiff"
    assert nodal("raster", name, path, "-o", output, "--level", 4, *options, status=1)[1] == \
        f"nodal raster {name}: {path}: no level 4, only 0\n"
    assert nodal("raster", name, path, "-o", path, "-f", *options, status=1)[1] == \
        f"nodal raster {name}: {path}: is the input itself\n"
    assert nodal("raster", name, tmp_path / "no.tif", "-o", output, *options, status=1)[1] == \
        f"nodal raster {name}: {tmp_path}/no.tif: No such file or directory\n"
    output.write_text("precious")
    assert nodal("raster", name, path, "-o", output, *options, status=1)[1] == \
        f"nodal raster {name}: {output}: exists already (--force replaces it)\n"
    assert output.read_text() == "precious"
    assert names(tmp_path) == ["out.tif"]


@pytest.mark.parametrize("name", COMMANDS)
def test_damaged_input_leaves_nothing(tmp_path, mask, name):
    path, _ = mask
    data = path.read_bytes()
    broken = tmp_path / "broken.tif"
    broken.write_bytes(data[:len(data) * 2 // 3])
    _, errors = nodal("raster", name, broken, "-o", tmp_path / "out.tif", *COMMANDS[name], status=1)
    assert errors.startswith(f"nodal raster {name}: {broken}: ") and errors.count("\n") == 1
    assert names(tmp_path) == ["broken.tif"]


@pytest.mark.parametrize("name", COMMANDS)
def test_signal_leaves_nothing(tmp_path, large_slide, name):
    before = names(tmp_path)
    process = subprocess.Popen(command("raster", name, large_slide, "--channel", 1, "-o", tmp_path / "out.tif",
                                       *COMMANDS[name]), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not [entry for entry in names(tmp_path) if entry.endswith(".part")]:
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    assert process.communicate() == ("", f"nodal raster {name}: interrupted\n")
    assert process.returncode == 130
    assert names(tmp_path) == before


@pytest.mark.parametrize("threads", [1, 8])
@pytest.mark.parametrize("name", COMMANDS)
def test_full_disk_leaves_nothing(tmp_path, mask, name, threads):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
    assert nodal("raster", name, mask[0], "-o", "out.tif", "--codec", "none", "--tile", 32, "-t", threads,
                 *COMMANDS[name], status=1, cwd=tmp_path, preexec_fn=limit, timeout=60) == \
        ("", f"nodal raster {name}: out.tif: File too large\n")
    assert names(tmp_path) == []


def test_spacing_is_needed_for_micrometres(tmp_path):
    path = write(tmp_path / "bare.tif", blobs((70, 80), 6))
    for name, options in (("distance", []), ("morphology", ["--operation", "erode", "-r", 1]),
                          ("relabel", ["--min-area", 3])):
        assert nodal("raster", name, path, "-f", "-o", tmp_path / "out.tif", *options, status=1)[1] == \
            f"nodal raster {name}: {path}: has no spacing (--source-spacing states it)\n"
        nodal("raster", name, "-q", "-f", path, "-o", tmp_path / "out.tif", *options, "--source-spacing", 0.5)
    nodal("raster", "distance", "-q", "-f", path, "-o", tmp_path / "out.tif", "--unit", "px")


# ---- each by itself -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype, low, high", [(numpy.uint8, 100, 180), (numpy.uint16, 20000, None),
                                              (numpy.uint32, None, 3e9), (numpy.float32, -0.25, 0.5)])
def test_threshold(tmp_path, dtype, low, high):
    random = numpy.random.default_rng(7)
    pixels = random.random((100, 150)) * 2 - 1 if dtype == numpy.float32 else \
        random.integers(0, numpy.iinfo(dtype).max, (100, 150))
    pixels = pixels.astype(dtype)
    if dtype == numpy.float32:
        pixels[3, 4] = numpy.nan
    options = ([f"--low={low}"] if low is not None else []) + ([f"--high={high}"] if high is not None else [])
    output = tmp_path / "out.tif"
    document = nodal_json("raster", "threshold", write(tmp_path / "in.tif", pixels), "-o", output, *options)
    expected = numpy.ones(pixels.shape, bool)
    if low is not None:
        expected &= pixels >= low
    if high is not None:
        expected &= pixels < high
    assert (unpacked(output)[0] == expected).all()
    assert (document["low"], document["high"], document["pixels"]) == (low, high, expected.sum())
    assert document["spacing_x_um"] is None


def test_otsu(tmp_path):
    random = numpy.random.default_rng(8)
    pixels = numpy.clip(numpy.where(random.random((120, 140)) < 0.3, 60, 170) + random.normal(0, 25, (120, 140)), 0,
                        255).astype(numpy.uint8)
    path = write(tmp_path / "gray.tif", pixels)

    def between(threshold):
        upper = pixels >= threshold
        share = upper.mean()
        return share * (1 - share) * (pixels[upper].mean() - pixels[~upper].mean()) ** 2
    threshold = max(range(int(pixels.min()) + 1, int(pixels.max()) + 1), key=between)
    for side, expected in (("above", pixels >= threshold), ("below", pixels < threshold)):
        text, _ = nodal("raster", "threshold", path, "-f", "-o", tmp_path / "out.tif", "--otsu", side)
        assert (unpacked(tmp_path / "out.tif")[0] == expected).all()
        assert text == (f"{tmp_path}/out.tif: {expected.sum()} pixels, {100 * expected.mean():.2f} %, "
                        f"threshold {threshold}\n")


def test_threshold_usage(tmp_path, mask):
    def refused(*options):
        return nodal("raster", "threshold", mask[0], "-o", tmp_path / "o.tif", *options, status=2)[1].splitlines()[0]
    assert refused() == "nodal raster threshold: needs --low, --high or --otsu"
    assert refused("--low", "x") == "nodal raster threshold: --low: 'x' is not a number"
    assert refused("--high", "inf") == "nodal raster threshold: --high: 'inf' is not a number"
    assert refused("--low", "3", "--high", "3") == "nodal raster threshold: --low 3 is not below --high 3"
    assert refused("--low", "3", "--otsu", "above") == "nodal raster threshold: --otsu excludes --low and --high"


@pytest.mark.parametrize("connectivity", [4, 8])
def test_components(tmp_path, mask, connectivity):
    path, pixels = mask
    output = tmp_path / "out.tif"
    document = nodal_json("raster", "components", path, "-o", output, "--connectivity", connectivity, "--tile", 64)
    expected = flood(pixels, connectivity)
    labels = unpacked(output)[0]
    assert labels.dtype == numpy.uint32
    assert (labels == expected).all()
    assert document["components"] == expected.max()


def test_diagonal_squares(tmp_path):
    """ASAP's tool gives these two labels."""
    pixels = numpy.zeros((20, 20), numpy.uint8)
    pixels[5:10, 5:10] = pixels[10:15, 10:15] = 1
    path = write(tmp_path / "squares.tif", pixels)
    assert nodal("raster", "components", path, "-o", tmp_path / "8.tif")[0] == f"{tmp_path}/8.tif: 1 component\n"
    assert nodal("raster", "components", path, "-o", tmp_path / "4.tif", "--connectivity", 4)[0] == \
        f"{tmp_path}/4.tif: 2 components\n"


def test_components_by_value(tmp_path):
    pixels = numpy.random.default_rng(9).integers(0, 3, (90, 130)).astype(numpy.uint16).repeat(2, 1)
    output = tmp_path / "out.tif"
    nodal("raster", "components", "-q", write(tmp_path / "in.tif", pixels), "-o", output, "--by-value", "--tile", 32)
    assert (unpacked(output)[0] == flood(pixels, 8, lambda a, b: a == b)).all()


@pytest.mark.parametrize("to", ["zero", "nonzero"])
@pytest.mark.parametrize("unit, spacing", [("um", (0.5, 0.25)), ("px", (1, 1))])
def test_distance(tmp_path, mask, to, unit, spacing):
    path, pixels = mask
    output = tmp_path / "out.tif"
    nodal("raster", "distance", "-q", path, "-o", output, "--to", to, "--unit", unit, "--tile", 64)
    distance = unpacked(output)[0]
    assert distance.dtype == numpy.float32
    numpy.testing.assert_allclose(distance, nearest((pixels == 0) == (to == "zero"), spacing), rtol=1e-7)


def test_distance_to_nothing(tmp_path):
    """The challenge's script makes garbage of a mask of ones, without a word."""
    path = write(tmp_path / "ones.tif", numpy.ones((50, 50), numpy.uint8))
    for to, what in (("zero", "0"), ("nonzero", "other than 0")):
        assert nodal("raster", "distance", path, "-o", tmp_path / "out.tif", "--unit", "px", "--to", to, status=1)[1] \
            == f"nodal raster distance: {path}: no pixel is {what}, so that there is no distance\n"
        write(path, numpy.zeros((50, 50), numpy.uint8))
    assert names(tmp_path) == ["ones.tif"]


def test_morphology(tmp_path, mask):
    path, pixels = mask
    spacing, radius = (0.5, 0.25), 1.25  # a radius that centers lie on

    def grow(image):
        return nearest(image, spacing) <= radius

    def shrink(image):
        return nearest(~image, spacing) > radius
    expected = {"dilate": grow(pixels > 0), "erode": shrink(pixels > 0), "open": grow(shrink(pixels > 0)),
                "close": shrink(grow(pixels > 0))}
    for operation, image in expected.items():
        output = tmp_path / f"{operation}.tif"
        nodal("raster", "morphology", "-q", path, "-o", output, "--operation", operation, "-r", radius, "--tile", 64)
        assert (unpacked(output)[0] == image).all()
    assert nodal("raster", "morphology", path, "-o", tmp_path / "no.tif", "--operation", "open", "-r", 5000,
                 "--unit", "px", status=1)[1] == \
        f"nodal raster morphology: {path}: a radius of 5000 pixels is not 0 to 1024\n"


@pytest.mark.parametrize("connectivity", [4, 8])
def test_fill(tmp_path, mask, connectivity):
    path, pixels = mask
    output = tmp_path / "out.tif"
    text, _ = nodal("raster", "fill", path, "-o", output, "--connectivity", connectivity, "--tile", 64)
    background = flood(1 - pixels, 12 - connectivity)
    outside = set(background[0]) | set(background[-1]) | set(background[:, 0]) | set(background[:, -1])
    holes = set(range(1, background.max() + 1)) - outside
    assert (unpacked(output)[0] == ((pixels > 0) | numpy.isin(background, list(holes)))).all()
    assert text == f"{output}: {len(holes)} holes filled\n"


def test_relabel(tmp_path):
    random = numpy.random.default_rng(10)
    pixels = random.integers(0, 12, (20, 24)).astype(numpy.uint8).repeat(5, 0).repeat(7, 1)
    pixels[pixels == 11] = 200
    pixels[0, :5] = 77
    path, output = write(tmp_path / "in.tif", pixels, (2, 4)), tmp_path / "out.tif"

    def run(*options):
        document = nodal_json("raster", "relabel", path, "-f", "-o", output, *options)
        return unpacked(output)[0], document["labels"]

    def numbered(image):
        values = numpy.unique(image[image > 0])
        return numpy.where(image > 0, numpy.searchsorted(values, image) + 1, 0)
    labels, count = run("--map", "3=0", "--map", "3-5=200", "--map", "0=9")
    assert labels.dtype == numpy.uint8 and count is None
    assert (labels == numpy.select([pixels == 3, (pixels == 4) | (pixels == 5), pixels == 0], [0, 200, 9],
                                   pixels)).all()
    labels, _ = run("--keep", "1,4-7,200", "--remove", "5")
    assert (labels == numpy.where(numpy.isin(pixels, [1, 4, 6, 7, 200]), pixels, 0)).all()
    labels, count = run("--sequential")
    assert (labels == numbered(pixels)).all() and count == labels.max()
    labels, count = run("--min-area", 41, "-s")  # 77 covers 5 pixels of 8 square micrometres
    assert (labels == numbered(numpy.where(pixels == 77, 0, pixels))).all() and count == labels.max()
    assert (run("--min-area", 40)[0] == pixels).all()
    labels, _ = run("--map", "1-255=70000")
    assert labels.dtype == numpy.uint32 and (labels == numpy.where(pixels > 0, 70000, 0)).all()


def test_relabel_usage(tmp_path, mask):
    def refused(*options):
        return nodal("raster", "relabel", mask[0], "-o", tmp_path / "o.tif", *options, status=2)[1].splitlines()[0]
    assert refused() == "nodal raster relabel: needs --map, --keep, --remove, --min-area or --sequential"
    for rule in ("3", "3=", "=1", "5-3=1", "3=-1", "a=1", "3=4294967296", "3=1 "):
        assert refused("--map", rule) == f"nodal raster relabel: --map: '{rule}' is not FROM=TO, as 3=1 or 3-5=1"
    for labels in ("1,", ",", "3-", "2-1", "1;2", "99999999999"):
        assert refused("--keep", labels) == f"nodal raster relabel: --keep: '{labels}' is no list of labels, as 1,3-5"


# ---- statistics -----------------------------------------------------------------------------------------------------

def measured(labels, label, spacing=None):
    """By definition, with every pair of outer corners."""
    y, x = numpy.nonzero(labels == label)
    entry = {"label": label, "area_px": len(x), "centroid_x_px": x.mean() + 0.5, "centroid_y_px": y.mean() + 0.5,
             "x_px": x.min(), "y_px": y.min(), "width_px": numpy.ptp(x) + 1, "height_px": numpy.ptp(y) + 1}
    corners = numpy.unique(numpy.concatenate([numpy.stack([x + dx, y + dy], 1) for dx in (0, 1) for dy in (0, 1)]),
                           axis=0)
    ends = [corners[corners[:, 1] == row][[0, -1]] for row in numpy.unique(corners[:, 1])]
    corners = numpy.concatenate(ends).astype(float)
    for unit, scale in (("px", (1, 1)), ("um", spacing)):
        keys = [f"{name}_{unit}" for name in ("longest", "major_axis", "minor_axis")]
        if scale is None:
            entry.update(dict.fromkeys(keys + ["area_mm2"]))
            continue
        scaled = corners * scale
        longest = max(numpy.hypot(*(scaled - corner).T).max() for corner in scaled)
        covariance = numpy.cov([x * scale[0], y * scale[1]], bias=True) if len(x) > 1 else numpy.zeros((2, 2))
        minor, major = 4 * numpy.sqrt(numpy.clip(numpy.linalg.eigvalsh(covariance), 0, None))
        entry.update(zip(keys, (longest, major, minor)))
        if unit == "um":
            entry["area_mm2"] = len(x) * scale[0] * scale[1] / 1e6
    return entry


def check(entries, labels, spacing=None, scale=1):
    assert [entry["label"] for entry in entries] == [value for value in numpy.unique(labels) if value]
    for entry in entries:
        for key, value in measured(labels, entry["label"], spacing).items():
            if value is None:
                assert entry[key] is None
            else:
                factor = scale**2 if key == "area_px" else scale if key.endswith("_px") else 1
                assert entry[key] == pytest.approx(value * factor, rel=1e-9, abs=1e-6), key


def test_statistics(tmp_path):
    labels = (blobs((150, 170), 11) * numpy.arange(170) // 30).astype(numpy.uint16) * 1000
    path = write(tmp_path / "labels.tif", labels, (0.5, 0.25))
    document = nodal_json("raster", "statistics", path)
    check(document["labels"], labels, (0.5, 0.25))
    assert list(document["labels"][0]) == [
        "label", "value", "area_px", "area_mm2", "centroid_x_px", "centroid_y_px", "x_px", "y_px", "width_px",
        "height_px", "longest_px", "longest_um", "major_axis_px", "major_axis_um", "minor_axis_px", "minor_axis_um"]
    assert nodal("raster", "statistics", path, "--json", "-t", 1) == nodal("raster", "statistics", path, "--json", "-t", 8)


@pytest.mark.parametrize("connectivity", [4, 8])
def test_statistics_of_regions(mask, connectivity):
    path, pixels = mask
    document = nodal_json("raster", "statistics", path, "--regions", "--connectivity", connectivity)
    check(document["labels"], flood(pixels, connectivity), (0.5, 0.25))
    assert {entry["value"] for entry in document["labels"]} == {1}


def test_statistics_of_a_level(pyramid):
    """Pixels are level-0 pixels, whatever level was read."""
    path, pixels = pyramid
    check(nodal_json("raster", "statistics", path, "--level", 1)["labels"], pixels, (1, 1), scale=2)


def test_statistics_without_spacing(tmp_path):
    labels = blobs((60, 70), 12)
    check(nodal_json("raster", "statistics", write(tmp_path / "bare.tif", labels))["labels"], labels)


def test_statistics_as_csv(tmp_path):
    """By hand: a square of 3, and a diagonal of three pixels."""
    labels = numpy.zeros((20, 20), numpy.uint8)
    labels[2:5, 4:7] = 1
    labels[[10, 11, 12], [7, 8, 9]] = 9
    path = write(tmp_path / "labels.tif", labels)
    head = ("label,value,area_px,area_mm2,centroid_x_px,centroid_y_px,x_px,y_px,width_px,height_px,longest_px,"
            "longest_um,major_axis_px,major_axis_um,minor_axis_px,minor_axis_um\n")
    axis, line = f"{4 * math.sqrt(2 / 3):.15g}", f"{4 * math.sqrt(4 / 3):.15g}"
    expected = (f"{head}1,1,9,,5.5,3.5,4,2,3,3,{math.sqrt(18):.15g},,{axis},,{axis},\n"
                f"9,9,3,,8.5,11.5,7,10,3,3,{math.sqrt(18):.15g},,{line},,0,\n")
    assert nodal("raster", "statistics", path, "--csv") == (expected, "")
    output = tmp_path / "out.csv"
    assert nodal("raster", "statistics", path, "-o", output) == (f"{output}: 2 labels\n", "")
    assert output.read_text() == expected
    assert nodal("raster", "statistics", path, "-o", output, status=1)[1] == \
        f"nodal raster statistics: {output}: exists already (--force replaces it)\n"


def test_statistics_as_a_table(tmp_path):
    labels = numpy.zeros((20, 20), numpy.uint8)
    labels[2:5, 4:8] = 1
    path = write(tmp_path / "labels.tif", labels, (0.5, 0.5))
    assert nodal("raster", "statistics", path) == (
        "     label      area px     area mm2    center x    center y     width    height   longest um     major um\n"
        "         1           12     0.000003         6.0         3.5         4         3          2.5          2.2\n",
        "")
    assert nodal("raster", "statistics", "-q", path) == ("", "")


def test_statistics_refused(tmp_path):
    path = write(tmp_path / "float.tif", numpy.ones((40, 40), numpy.float32))
    assert nodal("raster", "statistics", path, status=1)[1] == \
        f"nodal raster statistics: {path}: values of float32 are no labels\n"
    assert nodal_json("raster", "statistics", path, "--regions")["labels"][0]["area_px"] == 1600
    for options, message in ((["-o", "x.txt"], "--output: 'x.txt' does not end in .csv"),
                             (["--json", "-o", "x.csv"], "--json and --output exclude each other"),
                             (["--json", "--csv"], "--json and --csv exclude each other")):
        assert nodal("raster", "statistics", path, *options, status=2)[1].splitlines()[0] == \
            f"nodal raster statistics: {message}"


def test_no_second_word():
    assert nodal("raster", status=2)[1].splitlines()[0] == \
        "nodal: raster: needs one of: threshold, components, distance, morphology, fill, statistics, relabel"
