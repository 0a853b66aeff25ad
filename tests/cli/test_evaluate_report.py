# SPDX-License-Identifier: Apache-2.0
"""--report of nodal evaluate: a page that parses, tells what --json tells, draws the curves that independent programs
compute, asks for nothing else, and is the same each time."""
import json
import math
import random
import re
import xml.etree.ElementTree

import numpy
import pytest
import sklearn.metrics

import official_froc
from evaluation import STAGES, in_folder, stage_table, write
from program import names, nodal, nodal_json
from test_evaluate_lesions import Folders, disk

CURVE, MARK, GRID = "#0072B2", "#B34700", "#DADADA"
PIXEL = 0.05  # as the drawing is rounded


class Page:
    """A page read as XML, which is stricter than HTML."""

    def __init__(self, path):
        self.text = path.read_text(encoding="utf-8")
        self.root = xml.etree.ElementTree.fromstring(self.text)

    def tells(self, numbers):
        """Whether they all stand there for programs. --json has 15 digits, the page as many as are needed."""
        told = {f"{float(data.get('value')):.15g}" for data in self.root.iter("data")}
        return {f"{number:.15g}" for number in numbers if number is not None} <= told

    def tables(self):
        return [[["".join(cell.itertext()) for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
                for table in self.root.iter("table")]

    def check_alone(self):
        """Nothing that a browser would fetch or run."""
        assert "://" not in self.text
        assert "@import" not in self.text and "url(" not in self.text.replace("url(#text-clipping", "")
        for element in self.root.iter():
            assert element.tag not in ("script", "link", "img", "iframe", "object", "embed", "base", "form", "image")
            assert not {"src", "href", "srcset", "data"} & set(element.attrib)
            assert not [name for name in element.attrib if name.startswith("on")]


class Drawing:
    """The figure of a page. `ticks` are the inner ones of the x axis: the lines of the grid say where they are."""

    def __init__(self, page, ticks):
        self.svg = page.root.find(".//svg")
        upright, level = set(), set()
        for (x0, y0), (x1, y1) in (points for points in self.lines(GRID)):
            upright |= {x0} if x0 == x1 else set()
            level |= {y0} if y0 == y1 else set()
        assert len(upright) == len(ticks) and len(level) == 4
        self.x = numpy.polyfit(sorted(upright), ticks, 1)
        self.y = numpy.polyfit(sorted(level), [0.2, 0.4, 0.6, 0.8], 1)

    def lines(self, color, width=None):
        for line in self.svg.iter("polyline"):
            if line.get("stroke") == color and (width is None or float(line.get("stroke-width")) == width):
                yield [tuple(float(number) for number in point.split(",")) for point in line.get("points").split()]

    def pixel(self, x, y):
        return (x - self.x[1]) / self.x[0], (y - self.y[1]) / self.y[0]

    def curve(self):
        """The corners of the solid line, in pixels. A long one comes in pieces; the dashes of another are thinner."""
        pieces = list(self.lines(CURVE, width=2.6))
        assert all(piece[-1] == following[0] for piece, following in zip(pieces, pieces[1:]))
        return [point for piece in pieces for point in piece]

    def off_curve(self, x, y):
        """How many pixels the place is away from the curve."""
        place, corners = numpy.array(self.pixel(x, y)), numpy.array(self.curve())
        start, step = corners[:-1], numpy.diff(corners, axis=0)
        part = numpy.clip(((place - start) * step).sum(1) / numpy.maximum((step ** 2).sum(1), 1e-12), 0, 1)
        return numpy.hypot(*(start + part[:, None] * step - place).T).min()

    def marks(self):
        """The centers of the rings, in pixels; a ring ends where it begins."""
        return [tuple(numpy.mean(points[:-1], axis=0)) for points in self.lines(MARK) if points[0] == points[-1]]

    def is_mark(self, x, y):
        return any(math.dist(self.pixel(x, y), mark) < PIXEL for mark in self.marks())

    def texts(self):
        return ["".join(text.itertext()) for text in self.svg.iter("text")]


def slide_tables(folder, count=60, seed=5):
    chance = random.Random(seed)
    labels = [chance.random() < 0.4 for _ in range(count)]
    scores = [round(chance.gauss(0.65 if label else 0.35, 0.2), 2) for label in labels]
    write(folder / "truth.csv", "".join(f"s_{i:03},{'Tumor' if label else 'Normal'},,\n"
                                        for i, label in enumerate(labels)))
    write(folder / "scores.csv", "".join(f"s_{i:03},{score}\n" for i, score in enumerate(scores)))
    return labels, scores


def slides(folder, *arguments, status=0):
    return in_folder(folder, "slides", "--truth", "truth.csv", "--predictions", "scores.csv", "--report", "out.html",
                     *arguments, status=status)


def numbers_in(document):
    if isinstance(document, dict):
        return [number for value in document.values() for number in numbers_in(value)]
    if isinstance(document, list):
        return [number for value in document for number in numbers_in(value)]
    return [document] if isinstance(document, float) else []


# ---- slides ----


def test_slides_tells_what_json_tells(tmp_path):
    slide_tables(tmp_path)
    output, errors = slides(tmp_path, "--json")
    document = json.loads(output)
    page = Page(tmp_path / "out.html")
    page.check_alone()
    assert errors == ""
    numbers = [number for key in ("auc", "auc_ci", "auc_ci_bootstrap", "youden") for number in
               numbers_in(document[key])]
    numbers += [point[key] for point in document["operating_points"]
                for key in ("threshold", "sensitivity", "specificity")]
    assert len(numbers) == 20
    assert page.tells(numbers)
    assert f"{document['auc']:.6f}" in page.text
    assert page.root.get("lang") == "en"
    facts = dict(zip((fact.text for fact in page.root.iter("dt")), (fact.text for fact in page.root.iter("dd"))))
    positive = document["positive"]
    assert facts["Truth"] == "truth.csv" and facts["Submission"] == "scores.csv"
    assert facts["Slides"] == f"60: {positive} positive, {60 - positive} negative"
    assert facts["Resampling"] == "2000 resamples, seed 1"


def test_roc_is_the_one_of_scikit_learn(tmp_path):
    labels, scores = slide_tables(tmp_path)
    output, _ = slides(tmp_path, "--json")
    drawing = Drawing(Page(tmp_path / "out.html"), [0.2, 0.4, 0.6, 0.8])
    rates, sensitivities, _ = sklearn.metrics.roc_curve(labels, scores, drop_intermediate=False)
    for x, y in zip(rates, sensitivities):
        assert drawing.off_curve(x, y) < PIXEL
    corners = [drawing.pixel(x, y) for x, y in zip(rates, sensitivities)]
    for corner in drawing.curve():
        assert min(math.dist(corner, place) for place in corners) < PIXEL
    document = json.loads(output)
    points = {(1 - point["specificity"], point["sensitivity"])
              for point in (document["youden"], *document["operating_points"])}
    assert all(drawing.is_mark(x, y) for x, y in points)
    assert len(drawing.marks()) == len(points)
    letters = [text for text in drawing.texts() if re.fullmatch("[A-E]+", text)]
    assert sorted("".join(letters)) == list("ABCDE")
    assert "1 - specificity" in drawing.texts() and "Sensitivity" in drawing.texts()
    figure = drawing.svg.get("aria-label")
    assert figure.startswith("ROC curve") and drawing.svg.get("role") == "img"


def test_worst_slides_first(tmp_path):
    labels, scores = slide_tables(tmp_path)
    slides(tmp_path)
    rows = Page(tmp_path / "out.html").tables()[-1][1:]
    expected = []
    for i, (label, score) in enumerate(zip(labels, scores)):
        others = [other for other, its in zip(scores, labels) if its != label]
        wrong = [(score < other if label else score > other) + (score == other) / 2 for other in others]
        expected.append((-sum(wrong) / len(others), i))
    expected.sort()
    assert [row[0] for row in rows] == [f"s_{i:03}" for _, i in expected]
    assert [float(row[4]) for row in rows] == pytest.approx([-lost for lost, _ in expected], abs=1e-6)
    positive = [float(row[4]) for row in rows if row[2] == "positive"]
    assert sum(positive) / len(positive) == pytest.approx(1 - sklearn.metrics.roc_auc_score(labels, scores), abs=1e-6)


def test_many_slides_make_a_small_page(tmp_path):
    """A million points of a curve cannot be seen, nor a million rows read."""
    chance = random.Random(1)
    rows = [(chance.random() < 0.5, chance.gauss(0, 1)) for _ in range(30000)]
    write(tmp_path / "truth.csv", "".join(f"s_{i},{'tumor' if label else 'normal'}\n"
                                          for i, (label, _) in enumerate(rows)))
    write(tmp_path / "scores.csv", "".join(f"s_{i},{score + label!r}\n" for i, (label, score) in enumerate(rows)))
    slides(tmp_path, "--resamples", 5)
    page = Page(tmp_path / "out.html")
    assert len(page.tables()[-1]) == 1 + 1000
    assert "The worst 1000 of 30000 slides" in page.text
    assert len(page.text) < 500000
    rates, sensitivities, _ = sklearn.metrics.roc_curve([label for label, _ in rows],
                                                        [score + label for label, score in rows])
    drawing = Drawing(page, [0.2, 0.4, 0.6, 0.8])
    assert len(drawing.curve()) < 9000
    assert max(drawing.off_curve(x, y) for x, y in list(zip(rates, sensitivities))[::100]) < 0.2


def test_names_are_text(tmp_path):
    bad = "<script>alert('1')</script>&amp;\"x\""
    quoted = '"' + bad.replace('"', '""') + '"'
    write(tmp_path / "truth.csv", f"{quoted},Tumor\ns_2,Normal\n")
    write(tmp_path / "<b>&.csv", f"{quoted},0.9\ns_2,0.1\n")
    in_folder(tmp_path, "slides", "--truth", "truth.csv", "--predictions", "<b>&.csv", "--report", "out.html",
              "--note", "<i onclick='x'>\x01&")
    page = Page(tmp_path / "out.html")
    page.check_alone()
    assert "<script" not in page.text and "<b>" not in page.text and "<i " not in page.text
    assert {row[0] for row in page.tables()[-1][1:]} == {bad, "s_2"}
    assert "".join(page.root.find(".//p[@class='note']").itertext()) == "<i onclick='x'>\ufffd&"
    assert "<b>&.csv" in [fact.text for fact in page.root.iter("dd")]


# ---- lesions ----


SLIDES = 24


def lesion_folders(root, rules):
    root.mkdir()
    folders, chance = Folders(root, rules), random.Random(8)
    for i in range(SLIDES):
        tumor, detections = None, []
        if i % 2:
            tumor = numpy.zeros((180, 180), bool)
            for _ in range(2):
                x, y, radius = chance.randint(25, 155), chance.randint(25, 155), chance.choice([3, 14, 18])
                tumor |= disk(tumor.shape, x, y, radius)
                if chance.random() < 0.7:
                    detections.append((round(chance.uniform(0, 1), 3), 32 * x + 9, 32 * y + 9))
        for _ in range(chance.randint(0, 9)):
            detections.append((round(chance.uniform(0.05, 0.95), 3), chance.randint(0, 5700), chance.randint(0, 5700)))
        folders.add(f"test_{i:03}", tumor, detections)
    return folders


@pytest.mark.parametrize("rules", ["2016", "dataset"])
def test_froc_is_the_official_one(tmp_path, rules):
    folders = lesion_folders(tmp_path / rules, rules)
    report = tmp_path / "out.html"
    document = folders.check("--report", report, "--note", "made up")
    page = Page(report)
    page.check_alone()
    drawing = Drawing(page, [-2, -1, 0, 1, 2])
    _, at, _ = folders.official()
    assert len(set(at)) > 3
    assert len(drawing.marks()) == 6
    assert all(drawing.is_mark(math.log2(target), sensitivity) for target, sensitivity in
               zip(official_froc.TARGETS, at))
    places = [2 ** (k / 16 - 3 + 0.013) for k in range(95)]
    if rules == "2016":
        _, expected, _ = official_froc.score_2016(folders.cases, targets=places)
    else:
        _, expected, _ = official_froc.score_dataset(folders.cases, folders.spacing_um, targets=places)
    end = max(x for x, _ in drawing.curve())
    measured = [(math.log2(place), sensitivity) for place, sensitivity in zip(places, expected)
                if drawing.pixel(math.log2(place), 0)[0] <= end]
    assert len(measured) > 60
    assert max(drawing.off_curve(x, y) for x, y in measured) < 0.2
    assert page.tells([document["score"], *document["score_ci"], *document["sensitivity_at"].values()])
    for lesion in document["lesion_table"]:
        assert page.tells([lesion["probability"], lesion["major_axis_um"], lesion["area_mm2"]])
    assert [text for text in drawing.texts() if "/" in text or text in "1248"] == [
        "1/8", "1/4", "1/2", "1", "2", "4", "8"]


def test_missed_lesions_first(tmp_path):
    folders = lesion_folders(tmp_path / "dataset", "dataset")
    document = folders.check("--report", tmp_path / "out.html")
    rows = Page(tmp_path / "out.html").tables()[-1][1:]
    table = sorted(document["lesion_table"],
                   key=lambda lesion: (lesion["itc"], lesion["detected"], lesion["probability"],
                                       -lesion["major_axis_um"]))
    assert [(row[0], int(row[1]), row[2], row[3]) for row in rows] == [
        (lesion["slide"], lesion["lesion"], "ITC" if lesion["itc"] else "lesion",
         "found" if lesion["detected"] else "missed") for lesion in table]
    assert {row[3] for row in rows} == {"found", "missed"} and {row[2] for row in rows} == {"ITC", "lesion"}


def test_warnings_of_lesions_name_no_folder(tmp_path):
    """The rules of the data set count images alone that are called test."""
    folders = lesion_folders(tmp_path / "dataset", "dataset")
    folders.add("other", None, [])
    reference = write(tmp_path / "reference.csv", "image,type\nother.tif,normal\n" + "".join(
        f"test_{i:03}.tif,{'tumor' if i % 2 else 'normal'}\n" for i in range(SLIDES)))
    document = nodal_json(*folders.arguments("-q", "--reference", reference, "--report", tmp_path / "out.html"))
    page = Page(tmp_path / "out.html")
    assert len(document["warnings"]) > 0
    told = ["".join(item.itertext()) for item in page.root.iter("li")]
    assert told == [line.replace(f"{tmp_path}/dataset/", "").replace(f"{tmp_path}/", "")
                    for line in document["warnings"]]
    assert str(tmp_path) not in page.text


# ---- stages ----


def stage_tables(folder, truth, submission, **options):
    write(folder / "truth.csv", stage_table(truth, **options))
    write(folder / "submission.csv", stage_table(submission, **options))
    return ["stages", "--truth", "truth.csv", "--predictions", "submission.csv", "--report", "out.html"]


def test_stages(tmp_path):
    chance = random.Random(2)
    truth = [chance.choice(STAGES) for _ in range(100)]
    submission = [stage if chance.random() < 0.6 else chance.choice(STAGES) for stage in truth]
    other = [stage if chance.random() < 0.5 else chance.choice(STAGES) for stage in truth]
    write(tmp_path / "other.csv", stage_table(other))
    arguments = stage_tables(tmp_path, truth, submission)
    document = json.loads(in_folder(tmp_path, *arguments, "--against", "other.csv", "--json")[0])
    page = Page(tmp_path / "out.html")
    page.check_alone()
    kappa = sklearn.metrics.cohen_kappa_score(truth, submission, labels=STAGES, weights="quadratic")
    assert f"{kappa:.6f}" == "".join(page.root.find(".//p[@class='large']").itertext())
    assert page.tells([document["kappa"], *document["kappa_ci"], *numbers_in(document["against"])])
    confusion, against, centers, patients = page.tables()
    counts = sklearn.metrics.confusion_matrix(truth, submission, labels=STAGES)
    assert confusion[0][1:] == STAGES + ["All"]
    for stage, row, count in zip(STAGES, confusion[1:], counts):
        shares = [f"{number}{100 * number / sum(count):.0f} %" for number in count]
        assert row == [stage, *shares, str(sum(count))]
    assert against[1][0] == "other.csv"
    for center in range(5):
        part = slice(20 * center, 20 * center + 20)
        expected = sklearn.metrics.cohen_kappa_score(truth[part], submission[part], labels=STAGES, weights="quadratic")
        assert centers[1 + center] == [str(center), "20", f"{expected:.6f}"]
    off = [STAGES.index(given) - STAGES.index(true) for given, true in zip(submission, truth)]
    order = sorted(range(100), key=lambda i: (-abs(off[i]), i))
    assert [row[0] for row in patients[1:]] == [f"patient_{i:03}.zip" for i in order]
    assert [row[4] for row in patients[1:]] == [f"{off[i]:+d}" if off[i] else "0" for i in order]


def test_stages_that_say_nothing(tmp_path):
    arguments = stage_tables(tmp_path, ["pN0", "pN1", "pN2"], ["pN1"] * 3, first=200)
    _, errors = in_folder(tmp_path, *arguments)
    page = Page(tmp_path / "out.html")
    warnings = ["".join(item.itertext()) for item in page.root.iter("li")]
    assert warnings[0] == "submission.csv: all patients are pN1, so kappa is 0"
    assert errors == "".join(f"nodal evaluate stages: warning: {line}\n" for line in warnings)
    arguments = stage_tables(tmp_path, ["pN1"] * 3, ["pN1"] * 3, first=200)
    in_folder(tmp_path, *arguments, "--force")
    page = Page(tmp_path / "out.html")
    assert "".join(page.root.find(".//p[@class='large']").itertext()) == "not defined"


# ---- files ----


def test_the_same_page_each_time(tmp_path):
    slide_tables(tmp_path)
    pages = []
    for number, threads in enumerate((1, 2, 3)):
        elsewhere = tmp_path / str(number)
        elsewhere.mkdir()
        slides(tmp_path, "--force", "--threads", threads)
        pages.append((tmp_path / "out.html").read_bytes())
    nodal("evaluate", "slides", "--truth", tmp_path / "truth.csv", "--predictions", tmp_path / "scores.csv",
          "--report", tmp_path / "out.html", "--force")
    pages.append((tmp_path / "out.html").read_bytes())
    assert len(set(pages)) == 1


def test_what_is_there_is_kept(tmp_path):
    slide_tables(tmp_path)
    write(tmp_path / "out.html", "mine")
    output, errors = slides(tmp_path, status=1)
    assert (output, errors) == ("", "nodal evaluate slides: out.html: exists already (--force replaces it)\n")
    assert (tmp_path / "out.html").read_text() == "mine"
    slides(tmp_path, "--force")
    Page(tmp_path / "out.html")


@pytest.mark.parametrize("where, message", [
    ("nowhere/out.html", "nowhere/out.html: No such file or directory"),
    (".", ".: is a directory"),
    ("scores.csv", "scores.csv: is the input itself"),
    ("truth.csv", "truth.csv: is the input itself"),
])
def test_places_that_are_none(tmp_path, where, message):
    slide_tables(tmp_path)
    before = names(tmp_path)
    _, errors = in_folder(tmp_path, "slides", "--truth", "truth.csv", "--predictions", "scores.csv", "--report", where,
                          "--force", status=1)
    assert errors == f"nodal evaluate slides: {message}\n"
    assert names(tmp_path) == before


def test_report_and_table_are_two_files(tmp_path):
    slide_tables(tmp_path)
    _, errors = slides(tmp_path, "--csv", "--output", "out.html", status=1)
    assert errors == "nodal evaluate slides: out.html: cannot be both the report and the table\n"
    slides(tmp_path, "--csv", "--output", "curve.csv")
    assert {"out.html", "curve.csv"} <= set(names(tmp_path))


def test_problems_make_no_page(tmp_path):
    slide_tables(tmp_path)
    write(tmp_path / "scores.csv", "s_000,0.5\n")
    slides(tmp_path, status=3)
    assert names(tmp_path) == ["scores.csv", "truth.csv"]
