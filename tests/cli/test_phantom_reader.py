# SPDX-License-Identifier: Apache-2.0
"""nodal phantom reader: what it hands in follows from its error model, and a reader without errors scores full marks."""
import csv
import math
import statistics

import numpy
import pytest
import scipy.stats

from program import names, nodal, nodal_json
from test_evaluate_lesions import disk, write_mask

HEADER = ("slide,center,patient,node,label,stage,seed,width_px,height_px,spacing_um,format,lesions,largest_mm,faults,"
          "ihc,ihc_turn_degrees,ihc_shift_x_um,ihc_shift_y_um\n")
PERFECT = ["--half", 0, "--place-error", 0, "--size-error", 0, "--false-positives", 0]
SPACING, SIZE = 1.0, 12800


def label_of(sizes):
    largest = max(sizes, default=0)
    return "macro" if largest > 2 else "micro" if largest > 0.2 else "itc" if largest > 0 else "negative"


def stage_of(labels):
    """Bandi et al. 2019, by hand."""
    macro, micro, itc = (labels.count(name) for name in ("macro", "micro", "itc"))
    if macro:
        return "pN2" if macro + micro >= 4 else "pN1"
    return "pN1mi" if micro else "pN0(i+)" if itc else "pN0"


def dataset(folder, slides):
    """The tables of a phantom data set. `slides`: lists of (x, y, longest_mm), five slides a patient."""
    folder.mkdir()
    rows, lesions = [HEADER], ["slide,lesion,center_x_px,center_y_px,longest_mm,category\n"]
    labels = [label_of([size for _, _, size in slide]) for slide in slides]
    for i, slide in enumerate(slides):
        patient, node = divmod(i, 5)
        name = f"patient_{patient:03}_node_{node}"
        stage = stage_of(labels[5 * patient:5 * patient + 5])
        rows.append(f"{name},0,patient_{patient:03},{node},{labels[i]},{stage},7,{SIZE},{SIZE},{SPACING},generic-tiff,"
                    f"{len(slide)},,,,,,\n")
        lesions += [f"{name},{k},{x},{y},{size},{label_of([size])}\n" for k, (x, y, size) in enumerate(slide, 1)]
    (folder / "phantom.csv").write_text("".join(rows))
    (folder / "lesions.csv").write_text("".join(lesions))
    return labels


def table(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def marks(folder, slide):
    rows = table(folder / "detections" / f"patient_{slide // 5:03}_node_{slide % 5}.csv")
    return [(float(row["p"]), int(row["x"]), int(row["y"])) for row in rows]


def agree(count, number, share, sigmas=4.5):
    """Whether `count` of `number` is a draw of that share."""
    return abs(count - number * share) < sigmas * math.sqrt(number * share * (1 - share)) + 1e-9


def grid(size, columns=6):
    """Lesions of one size, far enough apart."""
    return [(1000 + 2000 * (k % columns), 1000 + 2000 * (k // columns), size) for k in range(columns * columns)]


# ---- a reader without errors ----


def test_perfect(tmp_path):
    """Found at their centers, all of them, so every score is 1; the masks are disks of the stated diameters."""
    sizes = [[], [2.5, 0.6], [0.9], [], [0.5, 0.5, 0.4], [], [], [0.7], [], [], [3], [2.1], [2.2, 1], [0.6], []]
    places = [(2500, 3000), (8000, 4000), (5000, 9000)]
    slides = [[(x, y, size) for (x, y), size in zip(places, these)] for these in sizes]
    labels = dataset(tmp_path / "phantom", slides)
    truth = tmp_path / "truth"
    truth.mkdir()
    (tmp_path / "reference.csv").write_text("image,type\n" + "".join(
        f"patient_{i // 5:03}_node_{i % 5}.tif,{'tumor' if slide else 'normal'}\n" for i, slide in enumerate(slides)))
    for i, slide in enumerate(slides):
        mask = numpy.zeros((SIZE // 32, SIZE // 32), bool)
        for x, y, size in slide:
            mask |= disk(mask.shape, x // 32, y // 32, size * 1000 / SPACING / 32 / 2)
        if slide:
            write_mask(truth / f"patient_{i // 5:03}_node_{i % 5}_mask.tif", mask.astype(numpy.uint8) * 2, 32 * SPACING)
    reader = tmp_path / "reader"
    summary = nodal_json("phantom", "reader", tmp_path / "phantom", "-o", reader, *PERFECT)
    assert summary == {"output": str(reader), "synthetic": True, "slides": 15, "patients": 3, "lesions": 12,
                       "found": 12, "false_positives": 0, "labels_right": 15, "stages_right": 3}
    lesions = nodal_json("evaluate", "lesions", "--truth", truth, "--detections", reader / "detections", "--rules",
                         "dataset", "--mask-downsample", 32, "--reference", tmp_path / "reference.csv", "-q")
    assert (lesions["score"], lesions["lesions"], lesions["itc"]) == (1, 12, 0)
    by_slide = nodal_json("evaluate", "slides", "--truth", tmp_path / "reference.csv", "--predictions",
                          reader / "slides.csv")
    assert (by_slide["auc"], by_slide["n"]) == (1, 15)
    (tmp_path / "stages.csv").write_text("patient,stage\n" + "".join(
        f"patient_{patient:03}.zip,{stage_of(labels[5 * patient:5 * patient + 5])}\n" for patient in range(3)))
    assert nodal_json("evaluate", "stages", "--truth", tmp_path / "stages.csv", "--predictions", reader / "stages.csv",
                      "-q")["kappa"] == 1


def test_a_painted_data_set(tmp_path):
    """What nodal phantom dataset writes is what the reader reads."""
    phantom, reader = tmp_path / "phantom", tmp_path / "reader"
    nodal("phantom", "dataset", phantom, "--patients", 5, "--size", 1000, "--no-ihc", "-q")
    summary = nodal_json("phantom", "reader", phantom, "-o", reader, *PERFECT)
    assert (summary["slides"], summary["labels_right"], summary["stages_right"]) == (25, 25, 5)
    assert nodal_json("evaluate", "slides", "--truth", phantom / "reference.csv", "--predictions",
                      reader / "slides.csv")["auc"] == 1
    assert nodal_json("evaluate", "stages", "--truth", phantom / "stages.csv", "--predictions", reader / "stages.csv",
                      "-q")["kappa"] == 1
    lesions = nodal_json("evaluate", "lesions", "--truth", phantom / "masks", "--detections", reader / "detections",
                         "--rules", "dataset", "--reference", phantom / "reference.csv", "-q")
    assert (lesions["problems"], lesions["slides"]) == ([], 25)


def test_files(tmp_path):
    dataset(tmp_path / "phantom", [[(100.7, 200.2, 2.5), (5000, 6000, 0.5)], [], [], [(3000, 3000, 0.1)], []])
    output, errors = nodal("phantom", "reader", tmp_path / "phantom", "-o", tmp_path / "out", *PERFECT)
    assert output == (f"{tmp_path}/out: synthetic: 3 of 3 lesions found, 0 false positives, 5 of 5 slides and 1 of 1 "
                      "patients right\n")
    assert errors == ""
    out = tmp_path / "out"
    assert names(out) == ["README.md", "detections", "reader.csv", "slides.csv", "stages.csv"]
    assert names(out / "detections") == [f"patient_000_node_{node}.csv" for node in range(5)]
    assert (out / "stages.csv").read_text() == (
        "patient,stage\npatient_000.zip,pN1\npatient_000_node_0.tif,macro\npatient_000_node_1.tif,negative\n"
        "patient_000_node_2.tif,negative\npatient_000_node_3.tif,itc\npatient_000_node_4.tif,negative\n")
    assert (out / "reader.csv").read_text() == ("parameter,value\nseed,1\nhalf_mm,0\nsteepness,1.3\nplace_error_um,0\n"
                                                "size_error,0\nfalse_positives,0\nseparation,2\n")
    assert (out / "detections" / "patient_000_node_1.csv").read_text() == "p,x,y\n"
    assert {(x, y) for _, x, y in marks(out, 0)} == {(100, 200), (5000, 6000)}
    confidences = [p for p, _, _ in marks(out, 0)]
    assert confidences == sorted(confidences, reverse=True)
    rows = table(out / "slides.csv")
    assert [row["image"] for row in rows] == [f"patient_000_node_{node}.tif" for node in range(5)]
    assert [float(row["probability"]) for row in rows] == [
        max((p for p, _, _ in marks(out, slide)), default=0) for slide in range(5)]
    readme = (out / "README.md").read_text()
    assert "**Everything in this folder is synthetic.**" in readme and "3 of 3 lesions found" in readme


# ---- the model ----


def test_larger_lesions_are_found_more_often(tmp_path):
    sizes = [0.05, 0.1, 0.19, 0.6, 3.0]
    dataset(tmp_path / "phantom", [grid(size) for size in sizes for _ in range(25)])
    nodal("phantom", "reader", tmp_path / "phantom", "-o", tmp_path / "out", "--place-error", 0, "--false-positives", 0)
    shares = []
    for i, size in enumerate(sizes):
        found = sum(len(marks(tmp_path / "out", 25 * i + slide)) for slide in range(25))
        expected = 1 / (1 + (0.19 / size) ** 1.3)
        assert agree(found, 25 * 36, expected), (size, found / 900, expected)
        shares.append(expected)
    assert shares[1] == pytest.approx(0.30, abs=0.01) and shares[3] == pytest.approx(0.82, abs=0.01)


def test_places_err_as_stated(tmp_path):
    dataset(tmp_path / "phantom", [grid(1.5) for _ in range(50)])
    nodal("phantom", "reader", tmp_path / "phantom", "-o", tmp_path / "out", "--half", 0, "--place-error", 40,
          "--false-positives", 0)
    errors = []
    for slide in range(50):
        for _, x, y in marks(tmp_path / "out", slide):
            errors += [x + 0.5 - 1000 - 2000 * round((x - 1000) / 2000), y + 0.5 - 1000 - 2000 * round((y - 1000) / 2000)]
    assert len(errors) == 3600
    assert abs(statistics.mean(errors)) < 4.5 * 40 / 60
    assert statistics.stdev(errors) == pytest.approx(40 / SPACING, rel=4.5 / math.sqrt(2 * 3600))
    assert scipy.stats.kstest(errors, "norm", (0, 40)).pvalue > 1e-4


def test_sizes_err_as_stated(tmp_path):
    """One lesion a slide, 10 % over the border of macro: how often it is called micro."""
    dataset(tmp_path / "phantom", [[(5000, 5000, 2.2)] for _ in range(1500)])
    summary = nodal_json("phantom", "reader", tmp_path / "phantom", "-o", tmp_path / "out", "--half", 0, "--size-error",
                         0.15)
    labels = [row["stage"] for row in table(tmp_path / "out" / "stages.csv") if row["patient"].endswith(".tif")]
    assert set(labels) == {"macro", "micro"}
    micro = scipy.stats.norm.cdf(math.log(2.0 / 2.2) / 0.15)
    assert agree(labels.count("micro"), 1500, micro)
    assert summary["labels_right"] == labels.count("macro")


def test_false_positives_are_of_poisson(tmp_path):
    lesions = [(3000, 3000, 3), (9000, 9000, 2)]
    dataset(tmp_path / "phantom", [lesions for _ in range(1500)])
    summary = nodal_json("phantom", "reader", tmp_path / "phantom", "-o", tmp_path / "out", "--half", 100, "--steepness",
                         10, "--false-positives", 1.5, "--separation", 1)
    assert summary["found"] == 0
    counts, places, odds = [], [], []
    for slide in range(1500):
        these = marks(tmp_path / "out", slide)
        counts.append(len(these))
        places += [(x, y) for _, x, y in these]
        odds += [math.log(p / (1 - p)) for p, _, _ in these]
    assert sum(counts) == summary["false_positives"]
    assert statistics.mean(counts) == pytest.approx(1.5, abs=4.5 * math.sqrt(1.5 / 1500))
    observed = [counts.count(number) for number in range(6)] + [sum(count > 5 for count in counts)]
    expected = [1500 * scipy.stats.poisson.pmf(number, 1.5) for number in range(6)]
    assert scipy.stats.chisquare(observed, [*expected, 1500 - sum(expected)]).pvalue > 1e-4
    for x, y, size in lesions:
        assert min(math.dist((x, y), place) for place in places) > 1000 * size / SPACING
    assert max(max(place) for place in places) < SIZE and min(min(place) for place in places) >= 0
    assert max(x for x, _ in places) > 0.99 * SIZE and min(y for _, y in places) < 0.01 * SIZE
    assert scipy.stats.kstest(odds, "norm", (-0.5, 1)).pvalue > 1e-4


def test_confidences_lie_apart_as_stated(tmp_path):
    dataset(tmp_path / "phantom", [grid(1.0, 3) for _ in range(150)])
    nodal("phantom", "reader", tmp_path / "phantom", "-o", tmp_path / "out", "--half", 0, "--place-error", 0,
          "--false-positives", 8, "--separation", 1.5)
    centers = {(x, y) for x, y, _ in grid(1.0, 3)}
    true, false = [], []
    for slide in range(150):
        for p, x, y in marks(tmp_path / "out", slide):
            (true if (x, y) in centers else false).append(p)
    assert len(true) == 1350 and len(false) > 900
    area = scipy.stats.mannwhitneyu(true, false).statistic / len(true) / len(false)
    assert area == pytest.approx(scipy.stats.norm.cdf(1.5 / math.sqrt(2)), abs=0.035)


def test_stages_follow_from_labels(tmp_path):
    chance = numpy.random.default_rng(3)
    slides = [[(2000 * (k + 1), 5000, float(size)) for k, size in enumerate(chance.choice([0.1, 0.3, 1, 2.3], number))]
              for number in chance.choice([0, 0, 1, 3], 300)]
    dataset(tmp_path / "phantom", slides)
    nodal("phantom", "reader", tmp_path / "phantom", "-o", tmp_path / "out", "--half", 0.3, "--size-error", 0.3)
    rows = table(tmp_path / "out" / "stages.csv")
    assert len(rows) == 60 * 6
    for first in range(0, len(rows), 6):
        assert rows[first]["patient"].endswith(".zip")
        assert rows[first]["stage"] == stage_of([row["stage"] for row in rows[first + 1:first + 6]])
    assert {row["stage"] for row in rows} >= {"pN0", "pN0(i+)", "pN1mi", "pN1", "pN2"}


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_each_time(tmp_path):
    dataset(tmp_path / "phantom", [grid(0.3, 2) for _ in range(20)])
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        nodal("phantom", "reader", tmp_path / "phantom", "-o", tmp_path / name, "--seed", seed)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


def test_a_better_reader_finds_more(tmp_path):
    """With one seed: all that the worse one found, at the same places."""
    dataset(tmp_path / "phantom", [grid(0.3, 4) for _ in range(20)])
    for name, half in (("worse", 0.6), ("better", 0.2)):
        nodal("phantom", "reader", tmp_path / "phantom", "-o", tmp_path / name, "--half", half)
    fewer, more = ([set(marks(tmp_path / name, slide)) for slide in range(20)] for name in ("worse", "better"))
    assert all(these <= those for these, those in zip(fewer, more))
    assert sum(map(len, fewer)) + 50 < sum(map(len, more))


# ---- what is refused ----


def refused(tmp_path, message, *arguments):
    before = names(tmp_path)
    _, errors = nodal("phantom", "reader", "phantom", "-o", "out", *arguments, status=1, cwd=tmp_path)
    assert errors == f"nodal phantom reader: {message}\n"
    assert names(tmp_path) == before


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("name, old, new, message", [
    ("phantom.csv", "patient_000_node_1,", "../../x,", "line 3: '../../x' is no name of a slide"),
    ("phantom.csv", "patient_000_node_1,", ".x,", "line 3: '.x' is no name of a slide"),
    ("phantom.csv", "patient_000_node_1,", "patient_000_node_0,", "patient_000_node_0 is there twice"),
    ("phantom.csv", "patient_000,1", "patient_009,1", "the slides of patient_000 do not follow each other"),
    ("phantom.csv", ",negative,", ",benign,", "line 3: 'benign' is not negative, itc, micro or macro"),
    ("phantom.csv", ",pN1mi,", ",pN7,", "line 2: 'pN7' is no stage"),
    ("phantom.csv", "12800", "0", "line 2: '0' is no size in pixels"),
    ("phantom.csv", ",1.0,", ",,", "line 2: '' is no spacing"),
    ("phantom.csv", "spacing_um", "spacing", "line 1: there is no column 'spacing_um'"),
    ("lesions.csv", "patient_000_node_0", "patient_007_node_0",
     "line 2: patient_007_node_0 is no slide of phantom.csv"),
    ("lesions.csv", "5000", "12801", "line 2: the center lies outside the slide"),
    ("lesions.csv", "5000", "nan", "line 2: 'nan' is no number"),
    ("lesions.csv", ",0.5,", ",0,", "line 2: '0' is no diameter in millimetres"),
    ("lesions.csv", ",5000,0.5,micro", "", "line 2: no field in the column 'center_y_px'"),
])
def test_tables_that_are_none(tmp_path, name, old, new, message):
    dataset(tmp_path / "phantom", [[(5000, 5000, 0.5)], [], [], [], []])
    replace(tmp_path / "phantom" / name, old, new)
    refused(tmp_path, f"phantom/{name}: {message}")


def test_folders_that_are_none(tmp_path):
    (tmp_path / "phantom").mkdir()
    refused(tmp_path, "phantom/phantom.csv: No such file or directory")
    (tmp_path / "phantom" / "phantom.csv").write_text(HEADER)
    refused(tmp_path, "phantom/lesions.csv: No such file or directory")
    (tmp_path / "phantom" / "lesions.csv").write_text("")
    refused(tmp_path, "phantom/phantom.csv: there is no slide")


def test_what_is_there_is_kept(tmp_path):
    dataset(tmp_path / "phantom", [[(5000, 5000, 0.5)], [], [], [], []])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    refused(tmp_path, "out: exists already (--force replaces it)")
    refused(tmp_path, "out: holds no reader.csv and is not replaced", "--force")
    assert (tmp_path / "out" / "mine").read_text() == "mine"
    nodal("phantom", "reader", tmp_path / "phantom", "-o", tmp_path / "other")
    nodal("phantom", "reader", tmp_path / "phantom", "-o", tmp_path / "other", "--force", *PERFECT)
    assert "half_mm,0\n" in (tmp_path / "other" / "reader.csv").read_text()
    assert names(tmp_path) == ["other", "out", "phantom"]
