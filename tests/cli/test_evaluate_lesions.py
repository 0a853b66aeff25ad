# SPDX-License-Identifier: Apache-2.0
"""nodal evaluate lesions against both official rule sets in numpy, scipy and scikit-image (official_froc.py), on
phantoms and on masks by hand; and what it refuses."""
import csv
import json
import random
import subprocess

import numpy
import pytest
import skimage.measure
import tifffile

import official_froc
from program import command, nodal, nodal_json, unpacked

KEYS = ["0.25", "0.5", "1", "2", "4", "8"]
VALUE = {"2016": 255, "dataset": 2}
EXACT = 1e-9
RULES = pytest.mark.parametrize("rules", VALUE)


class Folders:
    """A folder of masks that hold level 5 alone, one of detections, and the same as cases of official_froc."""

    def __init__(self, root, rules, spacing_um=0.243):
        self.rules, self.spacing_um, self.cases = rules, spacing_um, []
        self.truth, self.detections = root / "truth", root / "detections"
        self.truth.mkdir()
        self.detections.mkdir()

    def add(self, name, tumor, detections):
        """`tumor`: an array of bool, one of the values of the mask, or None."""
        mask = tumor
        if tumor is not None:
            mask = tumor.astype(numpy.uint8) * VALUE[self.rules] if tumor.dtype == bool else tumor
            write_mask(self.truth / f"{name}_mask.tif", mask, self.spacing_um * 32)
        write_detections(self.detections / f"{name}.csv", detections)
        self.cases.append((mask, detections))

    def arguments(self, *more):
        return ["evaluate", "lesions", "--truth", self.truth, "--detections", self.detections, "--rules", self.rules,
                "--mask-downsample", 32, "--resamples", 20, *more]

    def official(self, **options):
        if self.rules == "2016":
            return official_froc.score_2016(self.cases)
        return official_froc.score_dataset(self.cases, self.spacing_um, **options)

    def check(self, *more, **options):
        """The program's document, once it agrees with the official rules. Warnings of small masks are expected."""
        document = nodal_json(*self.arguments("-q", *more))
        agree(document, self.official(**options))
        return document


def agree(document, official):
    score, at, lesions = official
    assert document["lesions"] == lesions
    assert document["score"] == pytest.approx(score, abs=EXACT)
    assert list(document["sensitivity_at"]) == KEYS
    assert list(document["sensitivity_at"].values()) == pytest.approx(at, abs=EXACT)


def write_mask(path, mask, spacing_um):
    tifffile.imwrite(path, mask, photometric="minisblack", tile=(64, 64), metadata=None, compression="zlib",
                     resolution=(1e4 / spacing_um,) * 2, resolutionunit="CENTIMETER")


def write_detections(path, detections, header=""):
    path.write_text(header + "".join(f"{p!r},{x},{y}\n" for p, x, y in detections))


def disk(shape, x, y, radius):
    rows, columns = numpy.ogrid[:shape[0], :shape[1]]
    return (columns - x) ** 2 + (rows - y) ** 2 < radius ** 2


def place(x, y):
    """Level-0 pixels in the middle of a pixel of level 5."""
    return 32 * x + 12, 32 * y + 12


def two_lesions():
    """Two of some 50 pixels across, and one of 20, which is ITC."""
    shape = (120, 240)
    return disk(shape, 40, 60, 25) | disk(shape, 110, 60, 25) | disk(shape, 190, 60, 5)


FIRST, SECOND, ITC, NOWHERE = place(40, 60), place(110, 60), place(190, 60), place(10, 5)


# ---- by hand ----

@RULES
@pytest.mark.parametrize("detections", [
    [],
    [(0.5, *NOWHERE)],
    [(0.5, *FIRST)],
    [(0.5, *FIRST), (0.5, *SECOND)],
    [(0.5, *FIRST), (0.5, *SECOND), (0.5, *NOWHERE)],
    [(0.9, *FIRST), (0.4, *FIRST), (0.6, *NOWHERE), (0.5, *SECOND)],
    [(0.4, *FIRST), (0.9, *FIRST), (0.6, *NOWHERE), (0.5, *SECOND)],
    [(0.9, *ITC), (0.8, *NOWHERE), (0.7, *FIRST)],
    [(0.0, *FIRST), (0.0, *NOWHERE), (0.3, *SECOND)],
    [(-0.5, *FIRST), (-0.25, *NOWHERE), (0.3, *SECOND), (0.2, *NOWHERE)],
    [(0.1, *FIRST), (0.1, *NOWHERE), (0.1, *SECOND), (0.7, *NOWHERE)],
    [(0.3, *FIRST), (0.3, *NOWHERE), (0.30000001192092896, *NOWHERE), (0.3, *SECOND)],
    [(0.5 + i / 64, *NOWHERE) for i in range(30)] + [(0.75, *FIRST), (0.6, *SECOND)],
], ids=["none", "miss", "one", "one-value", "one-value-and-miss", "twice", "twice-rising", "on-itc", "zero", "negative",
        "ties", "single-precision", "many"])
def test_one_slide(tmp_path, rules, detections):
    folders = Folders(tmp_path, rules)
    folders.add("slide", two_lesions(), detections)
    folders.add("other", None, [(0.55, 100, 100)] if len(detections) > 2 else [])
    document = folders.check()
    assert (document["slides"], document["lesions"], document["itc"]) == (2, 2, 1)


def test_a_perfect_reader_of_one_probability(tmp_path):
    """The script of 2016 takes its one probability for that of a missed lesion and scores 0."""
    for rules, score in (("2016", 0.0), ("dataset", 1.0)):
        (tmp_path / rules).mkdir()
        folders = Folders(tmp_path / rules, rules)
        folders.add("slide", disk((120, 120), 60, 60, 25), [(0.9, *place(60, 60))])
        assert folders.check()["score"] == score


@RULES
def test_lesions_that_nearly_touch(tmp_path, rules):
    """9 pixels apart they are one, 10 apart two; holes and a diagonal meeting are filled and joined."""
    shape = (200, 300)
    for name, gap in (("nine", 9), ("ten", 10)):
        tumor = numpy.zeros(shape, bool)
        tumor[40:90, 40:81] = True
        tumor[40:90, 80 + gap:130] = True
        (tmp_path / name).mkdir()
        folders = Folders(tmp_path / name, rules)
        folders.add("slide", tumor, [(0.5, *place(60, 60)), (0.5, *place(120, 60)), (0.4, *place(250, 150))])
        assert folders.check()["lesions"] == (1 if gap == 9 else 2)
    tumor = numpy.zeros(shape, bool)
    tumor[20:60, 20:60] = tumor[69:110, 69:110] = True
    tumor |= disk(shape, 200, 100, 60) & ~disk(shape, 200, 100, 40)
    (tmp_path / "ring").mkdir()
    folders = Folders(tmp_path / "ring", rules)
    folders.add("slide", tumor, [(0.9, *place(200, 100)), (0.8, *place(64, 64)), (0.7, *place(5, 190))])
    folders.check()


@RULES
def test_a_slide_without_lesions(tmp_path, rules):
    folders = Folders(tmp_path, rules)
    folders.add("empty", numpy.zeros((60, 70), bool), [])
    folders.add("full", disk((120, 120), 60, 60, 30), [(0.9, *place(60, 60)), (0.3, *place(2, 2))])
    # scipy measures no distance where there is nothing to measure it to, so the reference takes it for a normal slide.
    folders.cases[0] = (None, [])
    assert folders.check()["slides"] == 2


@RULES
def test_pixels_are_rounded_as_in_the_script(tmp_path, rules):
    """Each level-0 column of two pixels at the border of a lesion: down, or to nearest with halves to even."""
    folders = Folders(tmp_path, rules)
    tumor = numpy.zeros((100, 141), bool)
    tumor[20:80, 20:80] = True
    detections = [(0.2 + k / 1000, x, 32 * 50) for k, x in enumerate(range(32 * 82, 32 * 87))]
    detections += [(0.6 + k / 1000, 32 * 50, y) for k, y in enumerate(range(32 * 13, 32 * 17))]
    folders.add("slide", tumor, detections)
    folders.check()


@RULES
def test_the_last_pixel(tmp_path, rules):
    """The script of the data set rounds the last half pixel to one that is not there and stops; here it is the last."""
    folders = Folders(tmp_path, rules)
    tumor = numpy.zeros((100, 120), bool)
    tumor[60:, 70:] = True
    inside = [(0.9, 32 * 120 - 1, 32 * 100 - 1), (0.5, 1, 1)]
    folders.add("slide", tumor, inside)
    folders.cases[0] = (folders.cases[0][0], [(0.9, 32 * 119, 32 * 99), (0.5, 1, 1)])
    folders.check()
    write_detections(folders.detections / "slide.csv", [*inside, (0.7, 32 * 120, 5), (0.7, 5, 32 * 100)])
    _, errors = nodal(*folders.arguments("-q"), status=3)
    assert errors == (
        f"nodal evaluate lesions: {folders.detections}/slide.csv: line 3: 3840, 5 lies outside the slide of 3840 x 3200\n"
        f"nodal evaluate lesions: {folders.detections}/slide.csv: line 4: 5, 3200 lies outside the slide of 3840 x 3200\n")


def test_include_itc(tmp_path):
    folders = Folders(tmp_path, "dataset")
    folders.add("slide", two_lesions(), [(0.9, *ITC), (0.8, *NOWHERE), (0.7, *FIRST)])
    document = folders.check("--include-itc", include_itc=True)
    assert (document["lesions"], document["itc"]) == (3, 1)
    folders.check()


@pytest.mark.parametrize("spacing_um", [0.226, 0.234375, 0.25, 0.5])
def test_the_spacing_is_the_masks_own(tmp_path, spacing_um):
    """0.234375 um makes the radius 5 pixels exactly, and a distance of 5 is not below it."""
    folders = Folders(tmp_path, "dataset", spacing_um)
    tumor = numpy.zeros((200, 300), bool)
    tumor[50:91, 50:100] = tumor[50:91, 109:150] = tumor[150, 20] = True
    folders.add("slide", tumor, [(0.9, *place(70, 70)), (0.3, *place(120, 70)), (0.5, *place(2, 2))])
    # A resolution tag of 1/7.5 um is not exact; the other spacings decide nothing by their last digits.
    folders.check(*(["--spacing", spacing_um] if spacing_um == 0.234375 else []))


@RULES
@pytest.mark.parametrize("seed", range(4))
def test_at_random(tmp_path, rules, seed):
    chance = random.Random(seed)
    values = [[0.1, 0.2, 0.5, 0.9], [0.1], [0.0, 0.3, -0.2, 0.7], [chance.random() for _ in range(40)]][seed]
    folders = Folders(tmp_path, rules)
    for number in range(7):
        width, height = chance.randrange(90, 200), chance.randrange(60, 150)
        spots = [(chance.randrange(width - 1), chance.randrange(height - 1)) for _ in range(chance.randrange(80))]
        detections = [(chance.choice(values), *place(x, y)) for x, y in spots]
        tumor = None
        if number < 4:
            tumor = numpy.zeros((height, width), bool)
            for _ in range(5):
                x, y, radius = chance.randrange(width), chance.randrange(height), chance.uniform(3, 25)
                tumor |= disk(tumor.shape, x, y, radius)
                tumor &= ~disk(tumor.shape, x, y, chance.choice([0, radius / 3]))
                detections += [(chance.choice(values), *place(min(x, width - 2), min(y, height - 2)))]
        folders.add(f"slide_{number}", tumor, detections)
    one, three = (nodal_json(*folders.arguments("-q", "-t", threads)) for threads in (1, 3))
    assert one == three
    folders.check()


# ---- phantoms ----

@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    """A slide of 10,000 x 9,000 pixels with nests, and its outlines. Its level 5 is 313 pixels wide: a ratio of 31.95."""
    folder = tmp_path_factory.mktemp("phantom")
    nodal("phantom", "slide", "-q", "-o", folder / "slide.tif", "--size", 10000, 9000, "--spacing", 0.243, "--tumor", 5,
          "--tumor-size", 0.5, "--seed", 5, "--annotation", folder / "slide.xml")
    return folder


def draw(phantom, folder, value):
    """The mask of the phantom's outlines as ASAP draws it, and its levels."""
    folder.mkdir()
    path = folder / "Slide_Mask.tif"
    nodal("mask", "-q", phantom / "slide.xml", "--slide", phantom / "slide.tif", "--label", f"metastases={value}",
          "--rule", "asap", "-o", path)
    return unpacked(path)


def detect(levels, value):
    """Some detections in lesions, and many about them."""
    chance = random.Random(8)
    rows, columns = numpy.nonzero(levels[0][::16, ::16] == value)
    found = []
    for _ in range(60):
        at = chance.randrange(len(rows))
        x = int(16 * columns[at] + chance.gauss(0, 250))
        y = int(16 * rows[at] + chance.gauss(0, 250))
        found.append((round(chance.random(), 2), min(max(x, 0), 9900), min(max(y, 0), 8900)))
    return found


@RULES
def test_a_phantom(tmp_path, phantom, rules):
    levels = draw(phantom, tmp_path / "truth", VALUE[rules])
    assert levels[5].shape == (282, 313)
    detections = detect(levels, VALUE[rules])
    (tmp_path / "detections").mkdir()
    write_detections(tmp_path / "detections" / "SLIDE.csv", detections, "p,x,y\n")
    write_detections(tmp_path / "detections" / "normal.csv", [(0.3, 5, 5), (0.99, 70000, 2)])
    cases = [(levels[5], detections), (None, [(0.3, 5, 5), (0.99, 70000, 2)])]
    document = nodal_json("evaluate", "lesions", "--truth", tmp_path / "truth", "--detections",
                          tmp_path / "detections", "--rules", rules, "--csv", "-o", tmp_path / "mask.csv")
    if rules == "2016":
        agree(document, official_froc.score_2016(cases))
    else:
        agree(document, official_froc.score_dataset(cases, 0.243, 10000 / 313))
    assert document["slides"] == 2
    assert document["lesions"] > 1

    # The table: what scikit-image measures of the same lesions.
    spacing_um = 0.243 * (32 if rules == "2016" else 10000 / 313)
    labels, itc = official_froc.lesions(levels[5] == VALUE[rules], spacing_um)
    rows = list(csv.DictReader((tmp_path / "mask.csv").open()))
    regions = skimage.measure.regionprops(labels)
    assert [row["slide"] for row in rows] == ["SLIDE"] * len(regions)
    assert [int(row["lesion"]) for row in rows] == [region.label for region in regions]
    assert [row["itc"] == "1" for row in rows] == [region.label in itc for region in regions]
    assert [float(row["major_axis_um"]) for row in rows] == pytest.approx(
        [region.major_axis_length * spacing_um for region in regions], abs=1e-6)
    assert [float(row["area_mm2"]) for row in rows] == pytest.approx(
        [region.area * spacing_um ** 2 * 1e-6 for region in regions], abs=1e-9)


@RULES
def test_annotations_are_drawn_as_a_mask_by_asap_is(tmp_path, phantom, rules):
    """Outlines give the same lesions as level 5 of the mask: by the rules of 2016 to the last digit of all."""
    levels = draw(phantom, tmp_path / "masks", VALUE[rules])
    detections = detect(levels, VALUE[rules])
    for folder in ("xml", "detections"):
        (tmp_path / folder).mkdir()
    (tmp_path / "xml" / "slide.XML").write_bytes((phantom / "slide.xml").read_bytes())
    write_detections(tmp_path / "detections" / "slide.csv", detections)
    arguments = ["evaluate", "lesions", "--detections", tmp_path / "detections", "--rules", rules]
    spacing = ["--spacing", 0.243] if rules == "dataset" else []
    document = nodal_json(*arguments, "--truth", tmp_path / "xml", *spacing)
    if rules == "2016":
        assert document == nodal_json(*arguments, "--truth", tmp_path / "masks")
    else:
        agree(document, official_froc.score_dataset([(levels[5], detections)], 0.243, 32))


@RULES
def test_a_mask_without_level_5(tmp_path, rules):
    """Every 32nd pixel of the only level, which is larger than what is read at a time."""
    whole = numpy.zeros((3700, 5000), numpy.uint8)
    whole[500:2400, 700:2200] = whole[900:3000, 2500:4700] = VALUE[rules]
    whole[::32, 1400:1500:3] = 0
    (tmp_path / "truth").mkdir()
    (tmp_path / "detections").mkdir()
    write_mask(tmp_path / "truth" / "a_mask.tif", whole, 0.243)
    detections = [(0.9, 1000, 1000), (0.8, 2000, 3500), (0.7, 3000, 2000)]
    write_detections(tmp_path / "detections" / "a.csv", detections)
    arguments = ["evaluate", "lesions", "--truth", tmp_path / "truth", "--detections", tmp_path / "detections",
                 "--rules", rules]
    document = nodal_json(*arguments, "-q")
    cases = [(whole[::32, ::32], detections)]
    agree(document, official_froc.score_2016(cases) if rules == "2016" else official_froc.score_dataset(cases, 0.243))
    warning = f"{tmp_path}/truth/a_mask.tif: has no smaller level, so one pixel of 32 each way is looked at"
    assert document["warnings"] == [warning]
    assert nodal(*arguments)[1] == f"nodal evaluate lesions: warning: {warning}\n"


@RULES
def test_padded_levels(tmp_path, rules):
    """Levels filled up to whole tiles, as scanners' files have them: level 5 is 32 times smaller, and its width tells
    20. The script of 2016 knows the one, that of the data set believes the other."""
    (tmp_path / "truth").mkdir()
    (tmp_path / "detections").mkdir()
    width, height = 10240, 4096
    levels = []
    for level in range(6):
        shape = [-(-size // 2 ** level // 512) * 512 for size in (height, width)]
        levels.append(numpy.zeros(shape, numpy.uint8))
    levels[5][20:90, 30:100] = levels[5][30:100, 150:210] = VALUE[rules]
    with tifffile.TiffWriter(tmp_path / "truth" / "a_mask.tif", bigtiff=True) as tiff:
        for level, pixels in enumerate(levels):
            tiff.write(pixels, photometric="minisblack", tile=(512, 512), metadata=None, compression="zlib",
                       subfiletype=int(level > 0), resolution=(1e4 / (0.25 * 2 ** level),) * 2,
                       resolutionunit="CENTIMETER")
    chance = random.Random(4)
    detections = [(round(chance.random(), 3), chance.randrange(width), chance.randrange(height)) for _ in range(200)]
    write_detections(tmp_path / "detections" / "a.csv", detections)
    document = nodal_json("evaluate", "lesions", "--truth", tmp_path / "truth", "--detections", tmp_path / "detections",
                          "--rules", rules)
    cases = [(levels[5], detections)]
    agree(document, official_froc.score_2016(cases) if rules == "2016" else official_froc.score_dataset(cases, 0.25, 20))


# ---- interval and output ----

def test_the_interval_of_two_slides(tmp_path):
    """Two slides drawn twice are three cases, of which each is more likely than 2.5 %: the interval is all of them."""
    folders = Folders(tmp_path, "dataset")
    folders.add("a", disk((120, 120), 60, 60, 25), [(0.9, *place(60, 60)), (0.5, *place(5, 5))])
    folders.add("b", disk((120, 120), 60, 60, 25), [(0.7, *place(5, 5)), (0.6, *place(60, 5))])
    a, b = folders.cases
    scores = [official_froc.score_dataset(cases, 0.243)[0] for cases in ([a, a], [a, b], [b, b])]
    document = nodal_json(*folders.arguments("-q", "--resamples", 400, "--seed", 3))
    assert document["score_ci"] == pytest.approx([min(scores), max(scores)], abs=EXACT)


def test_what_is_printed(tmp_path):
    folders = Folders(tmp_path, "dataset")
    folders.add("a", two_lesions(), [(0.9, *FIRST), (0.5, *NOWHERE)])
    table = tmp_path / "table.csv"
    output, _ = nodal(*folders.arguments("-q", "--csv"))
    nodal(*folders.arguments("-q", "--csv", "-o", table))
    assert output == table.read_text()
    rows = list(csv.DictReader(output.splitlines()))
    assert list(rows[0]) == ["slide", "lesion", "itc", "detected", "probability", "area_mm2", "major_axis_um", "x_px",
                             "y_px", "width_px", "height_px"]
    assert [(row["lesion"], row["itc"], row["detected"], float(row["probability"])) for row in rows] == [
        ("1", "0", "1", 0.9), ("2", "0", "0", 0.0), ("3", "1", "0", 0.0)]
    # The disk spans pixels 16 to 64 and 36 to 84, and grows by 4 to each side.
    assert [float(rows[0][key]) for key in ("x_px", "y_px", "width_px", "height_px")] == [384, 1024, 1824, 1824]
    output, _ = nodal(*folders.arguments())
    assert output.splitlines() == [
        "rules dataset: 1 slide, 2 lesions, and besides 1 of isolated tumor cells",
        "score 0.500000, 95 % interval 0.500000 to 0.500000 (bootstrap over slides, 20 resamples, seed 1)",
        "sensitivity at false positives a slide: 0.500000 at 0.25, 0.500000 at 0.5, 0.500000 at 1, 0.500000 at 2, "
        "0.500000 at 4, 0.500000 at 8"]
    before = table.read_text()
    nodal(*folders.arguments("--csv", "-o", table), status=1)
    assert table.read_text() == before
    document = nodal_json(*folders.arguments("-q", "--csv", "-f", "-o", table))
    assert [row["probability"] for row in document["lesion_table"]] == [0.9, 0, 0]


# ---- which slides ----

def simple(tmp_path, rules):
    folders = Folders(tmp_path, rules)
    folders.add("test_001", disk((120, 120), 60, 60, 25), [(0.9, *place(60, 60)), (0.5, *place(5, 5))])
    folders.add("test_002", disk((120, 120), 60, 60, 25), [(0.4, *place(5, 5))])
    folders.add("test_003", None, [(0.8, 10, 10)])
    return folders


def test_a_missing_slide(tmp_path):
    """The script of 2016 does not know that it is there; that of the data set stops."""
    for rules in VALUE:
        (tmp_path / rules).mkdir()
        folders = simple(tmp_path / rules, rules)
        (folders.detections / "test_002.csv").unlink()
        if rules == "2016":
            del folders.cases[1]
            document = folders.check()
            assert document["slides"] == 2
            assert document["warnings"] == [f"{folders.detections}: no detections of test_002; the rules 2016 leave "
                                            "the slide out, its lesions too"]
        else:
            _, errors = nodal(*folders.arguments("-q"), status=3)
            assert errors == (f"nodal evaluate lesions: {folders.detections}: no detections of test_002, which the "
                              "rules dataset need\n")


@pytest.mark.parametrize("exclude", [["--exclude", "TEST_002.tif,test_003"],
                                     ["--exclude", "test_002", "--exclude", "Test_003"]])
def test_exclude(tmp_path, exclude):
    folders = simple(tmp_path, "dataset")
    del folders.cases[1:]
    document = folders.check(*exclude, "--exclude", "test_049")
    assert document["slides"] == 1
    assert document["warnings"] == ["test_049, which is to be left out, is no slide"]


@RULES
def test_a_reference(tmp_path, rules):
    """It tells which slides there are, and which have tumor whatever masks there are."""
    folders = simple(tmp_path, rules)
    reference = tmp_path / "reference.csv"
    reference.write_text("image,type\ntest_001.tif,tumor\ntest_002.tif,normal\ntest_003.tif,normal\n")
    folders.cases[1] = (None, folders.cases[1][1])
    assert folders.check("--reference", reference)["slides"] == 3
    reference.write_text("Test_001,Tumor,IDC,Macro\nTest_002,Normal,None,None\nTest_003,Normal,None,None\n")
    folders.check("--reference", reference)


def test_a_reference_of_training_images_too(tmp_path):
    """The data set's script passes over images that are not called test..., and so over what was detected in them."""
    folders = simple(tmp_path, "dataset")
    write_detections(folders.detections / "tumor_001.csv", [(0.99, 5, 5)])
    reference = tmp_path / "reference.csv"
    reference.write_text("image,type\ntumor_001.tif,tumor\ntest_001.tif,tumor\ntest_002.tif,tumor\ntest_003.tif,normal\n")
    document = folders.check("--reference", reference)
    assert document["slides"] == 3
    assert document["warnings"] == [f"{reference}: 1 image not called test... do not count by the rules dataset"]


# ---- what is refused ----

def refused(folders, *lines, more=(), status=3):
    output, errors = nodal(*folders.arguments("-q", *more), status=status)
    assert output == ""
    assert errors == "".join(f"nodal evaluate lesions: {line}\n" for line in lines)
    if status == 3:
        run = subprocess.run(command(*folders.arguments("--json", "-q", *more)), capture_output=True, text=True,
                             check=False)
        document = json.loads(run.stdout)
        assert document["problems"] == list(lines)
        assert "score" not in document


def test_rows_that_cannot_be_read(tmp_path):
    folders = simple(tmp_path, "dataset")
    bad = folders.detections / "test_001.csv"
    bad.write_text("p,x,y\n0.5,10,10\n0.5,ten,10\n0.5,10\nnan,10,10\n0.5,-1,10\n\n0.25,20,20\n")
    other = folders.detections / "test_002.csv"
    other.write_text("0.5,10,10,4\n0.5,10,10\n,,\n")
    third = folders.detections / "test_003.csv"
    third.write_text("score,column,row\n0.5,10,10\n")
    refused(folders,
            f"{bad}: line 3: not three numbers p,x,y", f"{bad}: line 4: not three numbers p,x,y",
            f"{bad}: line 5: not three numbers p,x,y", f"{bad}: line 6: a coordinate below 0 lies outside the slide",
            f"{other}: line 1: 4 fields, where p,x,y has three", f"{other}: line 3: not three numbers p,x,y",
            f"{third}: line 1: neither numbers nor the names p,x,y")


def test_columns_are_found_by_name(tmp_path):
    folders = simple(tmp_path, "dataset")
    (x, y), (a, b) = place(60, 60), place(5, 5)
    (folders.detections / "test_001.csv").write_text(f"Y,slide,X,P\n{y},a,{x},0.9\n{b},a,{a},0.5\n")
    folders.check()


@pytest.mark.parametrize("rules, value, message", [
    ("2016", 1, "no pixel is 255, which alone is tumor by the rules 2016, yet some are 1"),
    ("2016", 2, "no pixel is 255, which alone is tumor by the rules 2016, yet some are 2"),
    ("dataset", 1, "no pixel is 2, which alone is tumor by the rules dataset, yet some are 1"),
    ("dataset", 255, "no pixel is 2, which alone is tumor by the rules dataset, yet some are 255"),
])
def test_masks_of_other_values(tmp_path, rules, value, message):
    folders = Folders(tmp_path, rules)
    folders.add("slide", disk((120, 120), 60, 60, 25).astype(numpy.uint8) * value, [])
    refused(folders, f"{folders.truth}/slide_mask.tif: {message}")


@RULES
def test_other_values_beside_tumor_are_none(tmp_path, rules):
    mask = disk((120, 120), 60, 60, 25).astype(numpy.uint8) * VALUE[rules]
    mask[:30, :30] = 1
    folders = Folders(tmp_path, rules)
    folders.add("slide", mask, [(0.9, *place(60, 60)), (0.5, *place(5, 5))])
    folders.check()


def test_names(tmp_path):
    folders = simple(tmp_path, "dataset")
    write_mask(folders.truth / "Test_001_Mask.TIF", numpy.zeros((120, 120), numpy.uint8), 8)
    (folders.detections / "TEST_003.CSV").write_text("")
    (folders.detections / "notes.txt").write_text("no table")
    (folders.truth / "picture.tif").write_text("no mask")
    refused(folders, f"{folders.truth}/test_001_mask.tif: Test_001 is there already: {folders.truth}/Test_001_Mask.TIF",
            f"{folders.detections}/test_003.csv: TEST_003 is there already: {folders.detections}/TEST_003.CSV")


def test_a_reference_that_does_not_fit(tmp_path):
    folders = simple(tmp_path, "dataset")
    reference = tmp_path / "reference.csv"
    reference.write_text("image,type\ntest_001,tumor\ntest_003,tumor\ntest_004,normal\ntest_001,tumor\n")
    refused(folders,
            f"{reference}: line 5: test_001 is there already, in line 2",
            f"{folders.detections}/test_002.csv: no slide test_002 in {reference}",
            f"{reference}: line 3: test_003 has tumor, but no truth in {folders.truth}",
            f"{folders.detections}: no detections of test_004, which the rules dataset need",
            more=["--reference", reference])


def test_nothing_to_score(tmp_path):
    folders = Folders(tmp_path, "2016")
    folders.add("slide", disk((120, 120), 60, 60, 5), [(0.5, 5, 5)])
    refused(folders, f"{folders.truth}: no lesion that counts on 1 slide with detections")
    (folders.truth / "slide_mask.tif").unlink()
    refused(folders, f"{folders.truth}: holds no NAME_mask.tif, NAME.xml, NAME.geojson or NAME.json", status=1)
    folders.truth.rmdir()
    refused(folders, f"{folders.truth}: No such file or directory", status=1)


def test_damaged_truth(tmp_path):
    folders = simple(tmp_path, "dataset")
    (folders.truth / "test_001_mask.tif").write_bytes(b"II*\0")
    (folders.truth / "test_003.xml").write_text("<ASAP_Annotations><Annotations>")
    _, errors = nodal(*folders.arguments("-q", "--spacing", 0.243), status=3)
    lines = errors.splitlines()
    assert lines[0].startswith(f"nodal evaluate lesions: {folders.truth}/test_001_mask.tif: ")
    assert lines[1].startswith(f"nodal evaluate lesions: {folders.truth}/test_003.xml: ")
    assert len(lines) == 2


def test_annotations_that_are_not_understood(tmp_path):
    folders = simple(tmp_path, "dataset")
    square = "".join(f'<Coordinate Order="{i}" X="{x}" Y="{y}"/>'
                     for i, (x, y) in enumerate([(0, 0), (3000, 0), (3000, 3000), (0, 3000)]))
    path = folders.truth / "test_003.xml"
    path.write_text('<ASAP_Annotations><Annotations><Annotation Name="a" Type="Polygon" PartOfGroup="odd" Color="#F00">'
                    f"<Coordinates>{square}</Coordinates></Annotation></Annotations><AnnotationGroups>"
                    '<Group Name="odd" PartOfGroup="None" Color="#F00"><Attributes/></Group></AnnotationGroups>'
                    "</ASAP_Annotations>")
    refused(folders, f"{path}: no spacing is known, which the rules dataset need")
    refused(folders, f"{path}: group 'odd' has no label: whether it is tumor is not known",
            more=["--spacing", 0.243])


def test_usage(tmp_path):
    folders = simple(tmp_path, "2016")
    for more, message in (
            (["--spacing", 0.25], "--spacing: the rules 2016 hold every slide for 0.243 um"),
            (["--output", "table.csv"], "--output is for --csv"),
            (["--csv", "--json"], "--csv and --json both print: name a file for the table by --output")):
        _, errors = nodal(*folders.arguments(*more), status=2)
        assert errors.splitlines()[0] == f"nodal evaluate lesions: {message}"
    _, errors = nodal("evaluate", "lesions", "--truth", folders.truth, "--detections", folders.detections, status=2)
    assert "--rules" in errors.splitlines()[0]
