# SPDX-License-Identifier: Apache-2.0
"""nodal evaluate slides: areas counted by pairs, curves by counting, forms of tables, and what is listed instead."""
import json
import math
import random

import pytest

from evaluation import in_folder, write
from program import names

TRUTH = "Test_001,Tumor,IDC,Macro\nTest_002,Normal,None,None\nTest_003,Tumor,ILC,Micro\nTest_004,Normal,DCIS,None\n"
SCORES = "Test_001,0.9\nTest_002,0.5\nTest_003,0.5\nTest_004,0.1\n"
# 0.9 over both normal slides, 0.5 over one and level with the other.
AREA = 3.5 / 4


def evaluate(folder, truth, scores, *arguments, status=0):
    write(folder / "truth.csv", truth)
    write(folder / "scores.csv", scores)
    return in_folder(folder, "slides", "--truth", "truth.csv", "--predictions", "scores.csv", *arguments,
                     status=status)


def area_of(positive, negative):
    return sum((a > b) + (a == b) / 2 for a in positive for b in negative) / len(positive) / len(negative)


def variance_of(positive, negative):
    """DeLong's, by its definition."""
    def spread(shares):
        mean = sum(shares) / len(shares)
        return sum((share - mean) ** 2 for share in shares) / (len(shares) - 1) / len(shares)
    return spread([area_of([a], negative) for a in positive]) + spread([area_of(positive, [b]) for b in negative])


def test_account(tmp_path):
    output, errors = evaluate(tmp_path, TRUTH, SCORES)
    low = AREA - 1.959963984540054 * math.sqrt(variance_of([0.9, 0.5], [0.5, 0.1]))
    assert errors == ""
    assert output == (
        "scores.csv: 4 slides, 2 positive\n"
        "AUC 0.875000\n"
        f"95 % interval {low:.6f} to 1.000000 (DeLong)\n"
        "95 % interval 0.500000 to 1.000000 (bootstrap, stratified, 2000 resamples, seed 1)\n"
        "Youden's point: threshold 0.9, sensitivity 0.500000, specificity 1.000000\n"
        "specificity 0.90 and more: threshold 0.9, sensitivity 0.500000, specificity 1.000000\n"
        "specificity 0.95 and more: threshold 0.9, sensitivity 0.500000, specificity 1.000000\n"
        "specificity 0.99 and more: threshold 0.9, sensitivity 0.500000, specificity 1.000000\n"
        "specificity 1.00 and more: threshold 0.9, sensitivity 0.500000, specificity 1.000000\n")


def test_json(tmp_path):
    output, errors = evaluate(tmp_path, TRUTH, SCORES, "--json", "--seed", 3, "--resamples", 400)
    document = json.loads(output)
    point = {"threshold": 0.9, "sensitivity": 0.5, "specificity": 1}
    reach = 1.959963984540054 * math.sqrt(variance_of([0.9, 0.5], [0.5, 0.1]))
    assert errors == ""
    assert document == {
        "n": 4, "positive": 2, "excluded": 0, "auc": AREA, "auc_ci": [pytest.approx(AREA - reach, abs=1e-13), 1],
        "auc_ci_bootstrap": [0.5, 1], "resamples": 400, "seed": 3, "youden": point,
        "operating_points": [{**point, "specificity_at_least": least} for least in (0.9, 0.95, 0.99, 1)],
        "problems": []}


def test_areas_and_variances_by_pairs(tmp_path):
    draw = random.Random(4)
    for kinds in (3, 10, 1000):
        slides = [(f"s{number}", draw.random() < 0.4, draw.randint(-kinds, kinds) / 8) for number in range(80)]
        positive = [score for _, label, score in slides if label]
        negative = [score for _, label, score in slides if not label]
        output, _ = evaluate(tmp_path, "".join(f"{name},{'Tumor' if label else 'Normal'}\n" for name, label, _ in slides),
                             "".join(f"{name},{score}\n" for name, _, score in slides[::-1]), "--json")
        document = json.loads(output)
        area, reach = area_of(positive, negative), 1.959963984540054 * math.sqrt(variance_of(positive, negative))
        assert document["auc"] == pytest.approx(area, abs=1e-14)
        assert document["auc_ci"] == [pytest.approx(max(area - reach, 0), abs=1e-12),
                                      pytest.approx(min(area + reach, 1), abs=1e-12)]


CURVE = ("threshold,tpr,fpr,true_positives,false_positives\ninf,0,0,0,0\n0.9,0.5,0,1,0\n0.5,1,0.5,2,1\n0.1,1,1,2,2\n")


def test_curve(tmp_path):
    account, _ = evaluate(tmp_path, TRUTH, SCORES)
    assert evaluate(tmp_path, TRUTH, SCORES, "--csv") == (CURVE, "")
    assert evaluate(tmp_path, TRUTH, SCORES, "--csv", "-o", "curve.csv") == (account, "")
    assert (tmp_path / "curve.csv").read_text() == CURVE
    write(tmp_path / "curve.csv", "kept")
    assert evaluate(tmp_path, TRUTH, SCORES, "--csv", "-o", "curve.csv", status=1) == (
        "", "nodal evaluate slides: curve.csv: exists already (--force replaces it)\n")
    assert (tmp_path / "curve.csv").read_text() == "kept"
    evaluate(tmp_path, TRUTH, SCORES, "--csv", "-o", "curve.csv", "-f")
    assert (tmp_path / "curve.csv").read_text() == CURVE
    assert names(tmp_path) == ["curve.csv", "scores.csv", "truth.csv"]


def test_digits_of_the_curve(tmp_path):
    """A threshold reads back as the score it was."""
    scores = ["0.1", "0.30000000000000004", "1e-300", "0.1000000000000000055511151231257827", "123456789.25"]
    labels = "".join(f"s{number},{'Tumor' if number % 2 else 'Normal'}\n" for number in range(5))
    output, _ = evaluate(tmp_path, labels, "".join(f"s{number},{score}\n" for number, score in enumerate(scores)),
                         "--csv")
    assert [line.split(",")[0] for line in output.splitlines()] == ["threshold", "inf", "123456789.25",
                                                                    "0.30000000000000004", "0.1", "1e-300"]


@pytest.mark.parametrize("truth", [
    TRUTH,
    TRUTH.upper(),
    TRUTH.replace("\n", "\r\n"),
    "image,type\nTest_004,normal\nTest_001,tumor\nTest_002,normal\nTest_003,tumor\n",
    "label,image\nmacro,test_001.tif\nnegative,test_002.tif\nmicro,x/test_003.tif\nnegative,test_004.tif\n",
    "Slide,Center,Class\nTest_001,0,1\nTest_002,0,0\nTest_003,1,Positive\nTest_004,1,Negative\n",
    # label comes before type, type before class
    "image,class,label,type\nTest_001,x,Tumor,y\nTest_002,x,Normal,y\nTest_003,x,Tumor,y\nTest_004,x,Normal,y\n",
])
def test_forms_of_the_truth(tmp_path, truth):
    output, errors = evaluate(tmp_path, truth, SCORES)
    assert output.startswith("scores.csv: 4 slides, 2 positive\nAUC 0.875000\n")
    assert errors == ""


@pytest.mark.parametrize("scores", [
    SCORES,
    "image name,probability\n" + SCORES,
    "anything,at all\n" + SCORES,
    "p,fold,slide\n0.9,1,Test_001\n0.5,1,Test_002\n0.5,1,Test_003\n0.1,1,Test_004\n",
    SCORES.replace("Test_00", "C:\\slides\\TEST_00").replace(",", ".svs,"),
    "\ufeff" + SCORES.replace("\n", "\r\n"),
    "Test_004,-1e3,note\n\nTest_003,\"+7.5\"\nTest_002, 7.5\nTest_001,1e300\n",
])
def test_forms_of_the_scores(tmp_path, scores):
    output, errors = evaluate(tmp_path, TRUTH, scores)
    assert output.startswith("scores.csv: 4 slides, 2 positive\nAUC 0.875000\n")
    assert errors == ""


def test_points_in_names(tmp_path):
    """What follows the last point is no extension where it is a number or long."""
    truth = "a.1,Tumor\na.2,Normal\nb.longer,Tumor\nb.longest,Normal\n.tif,Tumor\n"
    output, _ = evaluate(tmp_path, truth, "a.1.tif,3\na.2.TIFF,2\nb.longer,3\nB.LONGEST.x,2\n.tif,4\n")
    assert output.startswith("scores.csv: 5 slides, 3 positive\nAUC 1.000000\n")


def test_positive_labels(tmp_path):
    truth = "image,label\na,macro\nb,itc\nc,Micro\nd,negative\n"
    scores = "a,4\nb,3\nc,1\nd,2\n"
    output, _ = evaluate(tmp_path, truth, scores, "--positive", "macro", "--positive", "micro")
    assert output.startswith("scores.csv: 4 slides, 2 positive\nAUC 0.500000\n")
    output, _ = evaluate(tmp_path, truth, scores, "--positive", "MACRO")
    assert output.startswith("scores.csv: 4 slides, 1 positive\nAUC 1.000000\n")
    assert evaluate(tmp_path, truth, scores, status=3) == (
        "", "nodal evaluate slides: truth.csv: line 3: b: label 'itc': state which labels are positive\n")


def test_one_slide_of_a_kind_has_no_delong_interval(tmp_path):
    output, errors = evaluate(tmp_path, "a,Tumor\nb,Normal\nc,Normal\n", "a,1\nb,0\nc,2\n", "--json")
    document = json.loads(output)
    assert (document["auc"], document["auc_ci"], errors) == (0.5, [None, None], "")


def test_excluded_slides(tmp_path):
    """CAMELYON16 has Test_049 twice: leave it out wherever it is."""
    for truth, scores, note in ((TRUTH + "Test_049,Tumor\n", SCORES, ", 1 excluded"),
                                (TRUTH, "Test_049.tif,x\n" + SCORES + "test_049,0\n", ""),
                                (TRUTH, SCORES, "")):
        output, errors = evaluate(tmp_path, truth, scores, "--exclude", "Test_049")
        assert output.startswith(f"scores.csv: 4 slides, 2 positive{note}\nAUC 0.875000\n")
        assert errors == ""


def test_problems_are_listed_and_nothing_is_scored(tmp_path):
    scores = "image,score\nTest_001,high\ntest_002,0.5\nTest_009,0.3\nTest_002.tif,0.4\nTest_003,nan\n,0.5\n"
    lines = ["scores.csv: line 2: Test_001: 'high' is no number", "scores.csv: line 4: Test_009 is not in truth.csv",
             "scores.csv: line 5: Test_002.tif is there already, in line 3",
             "scores.csv: line 6: Test_003: 'nan' is no number", "scores.csv: line 7: no name",
             "scores.csv: no row for Test_004, which is in line 4 of truth.csv"]
    output, errors = evaluate(tmp_path, TRUTH, scores, "--csv", "-o", "curve.csv", status=3)
    assert output == ""
    assert errors == "".join(f"nodal evaluate slides: {line}\n" for line in lines)
    assert names(tmp_path) == ["scores.csv", "truth.csv"]
    output, _ = evaluate(tmp_path, TRUTH, scores, "--json", status=3)
    assert json.loads(output) == {"problems": lines}


def test_problems_of_the_truth(tmp_path):
    output, errors = evaluate(tmp_path, TRUTH + "test_002.tif,Tumor\nTest_005\n,Normal\n", SCORES + "Test_005,1\n",
                              status=3)
    lines = ["truth.csv: line 5: test_002.tif is there already, in line 2",
             "truth.csv: line 6: Test_005: label '': state which labels are positive", "truth.csv: line 7: no name"]
    assert output == ""
    assert errors == "".join(f"nodal evaluate slides: {line}\n" for line in lines)


@pytest.mark.parametrize("truth, scores, message", [
    ("", SCORES, "truth.csv: no slide"),
    ("image,label\n", SCORES, "truth.csv: no slide"),
    ("image,center\na,0\n", SCORES, "truth.csv: line 1: no column label, type or class"),
    (TRUTH, "slide,a,b\nTest_001,1,2\n", "scores.csv: line 1: no columns image,probability"),
    ("a,Tumor\nb,Tumor\n", "a,1\nb,2\n", "truth.csv: no slide is negative: there is no area under the curve"),
    ("a,Normal\n", "a,1\n", "truth.csv: no slide is positive: there is no area under the curve"),
    (TRUTH, "Test_001,\xff0\n", None),
])
def test_tables_that_are_none(tmp_path, truth, scores, message):
    if message is None:
        write(tmp_path / "truth.csv", truth)
        (tmp_path / "scores.csv").write_bytes(b"Test_001,\xff\n")
        result = in_folder(tmp_path, "slides", "--truth", "truth.csv", "--predictions", "scores.csv", status=1)
        assert result == ("", "nodal evaluate slides: scores.csv: line 1: field 2 is not UTF-8\n")
    else:
        assert evaluate(tmp_path, truth, scores, status=1) == ("", f"nodal evaluate slides: {message}\n")


def test_same_for_any_threads_and_by_seed(tmp_path):
    draw = random.Random(1)
    truth = "".join(f"s{number},{number % 2}\n" for number in range(50))
    scores = "".join(f"s{number},{draw.gauss(number % 2, 1)}\n" for number in range(50))

    def run(*arguments):
        return evaluate(tmp_path, truth, scores, "--json", *arguments)[0]
    assert run("-t", 1) == run("-t", 3) == run("--seed", 1)
    assert json.loads(run("--seed", 2))["auc_ci_bootstrap"] != json.loads(run())["auc_ci_bootstrap"]


@pytest.mark.parametrize("arguments, message", [
    (["--json", "--csv"], "--csv and --json both print: name a file for the curve by --output"),
    (["-o", "curve.csv"], "--output is for --csv"),
])
def test_usage(tmp_path, arguments, message):
    assert evaluate(tmp_path, TRUTH, SCORES, *arguments, status=2) == (
        "", f"nodal evaluate slides: {message}\ntry 'nodal help evaluate slides'\n")
