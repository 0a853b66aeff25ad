# SPDX-License-Identifier: Apache-2.0
"""nodal evaluate stages: the rule of CAMELYON17, and what is listed instead of scored."""
import json
import random
import re
from fractions import Fraction

import pytest

from evaluation import STAGES, in_folder, stage_table, write


def kappa_of(truth, predicted):
    """1 - sum(w O) / sum(w E) in fractions; None where it is not defined."""
    index = {name.lower(): place for place, name in enumerate(STAGES)}
    pairs = [(index[a.lower()], index[b.lower()]) for a, b in zip(truth, predicted)]
    observed = sum((a - b) ** 2 for a, b in pairs)
    expected = Fraction(sum((a - b) ** 2 for a, _ in pairs for _, b in pairs), len(pairs))
    return None if expected == 0 else 1 - observed / expected


def evaluate(folder, truth, predicted, *arguments, status=0):
    write(folder / "truth.csv", truth)
    write(folder / "submission.csv", predicted)
    return in_folder(folder, "stages", "--truth", "truth.csv", "--predictions", "submission.csv", *arguments,
                     status=status)


def fine(errors):
    """Nothing was wrong: in a few resamples of so few patients all are one stage, and that is told."""
    return re.fullmatch(r"(nodal evaluate stages: warning: submission\.csv: \d+ of \d+ resamples have no kappa and are "
                        r"left out\n)?", errors)


TRUTH = ["pN0", "pN1", "pN2", "pN0(i+)", "pN1mi", "pN0"]
SUBMISSION = ["pN0", "pN1", "pN1", "pN0", "pN1mi", "pN0"]


def test_account(tmp_path):
    output, errors = evaluate(tmp_path, stage_table(TRUTH, 18), stage_table(SUBMISSION, 18))
    lines = output.splitlines()
    assert fine(errors)
    assert lines[0] == "submission.csv: 6 patients"
    assert lines[1].startswith(f"kappa {float(kappa_of(TRUTH, SUBMISSION)):.6f}, 95 % interval ")
    assert lines[1].endswith(" (bootstrap, 2000 resamples, seed 1)")
    assert lines[2:] == [
        "truth \\ submission      pN0  pN0(i+)    pN1mi      pN1      pN2",
        "pN0                       2        0        0        0        0",
        "pN0(i+)                   1        0        0        0        0",
        "pN1mi                     0        0        1        0        0",
        "pN1                       0        0        0        1        0",
        "pN2                       0        0        0        1        0",
        "center 0: kappa 1.000000 of 2 patients",
        f"center 1: kappa {float(kappa_of(TRUTH[2:], SUBMISSION[2:])):.6f} of 4 patients"]


def test_json(tmp_path):
    output, errors = evaluate(tmp_path, stage_table(TRUTH, 98), stage_table(SUBMISSION, 98), "--json", "--resamples",
                              500, "--seed", 7)
    document = json.loads(output)
    assert errors == ""
    low, high = document.pop("kappa_ci")
    assert low <= document["kappa"] <= high
    assert document == {
        "patients": 6, "excluded": 0, "kappa": pytest.approx(float(kappa_of(TRUTH, SUBMISSION)), abs=1e-14),
        "resamples": 500, "undefined_resamples": 0, "seed": 7, "labels": STAGES,
        "confusion": [[2, 0, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 1, 0]],
        "centers": [{"center": "4", "patients": 2, "kappa": 1}], "without_center": 4, "problems": []}


def test_kappa_by_fractions(tmp_path):
    draw = random.Random(5)
    for _ in range(20):
        truth = [draw.choice(STAGES) for _ in range(draw.randint(4, 60))]
        predicted = [stage if draw.random() < 0.6 else draw.choice(STAGES) for stage in truth]
        output, _ = evaluate(tmp_path, stage_table(truth), stage_table(predicted), "--json", "-q", "--resamples", 10)
        assert json.loads(output)["kappa"] == pytest.approx(float(kappa_of(truth, predicted)), abs=1e-14)


def test_forms_of_the_table(tmp_path):
    """Letter case, order of rows and columns, CR LF, a byte order mark, no header, and rows that do not count."""
    expected = f"kappa {float(kappa_of(TRUTH, SUBMISSION)):.6f}, "
    plain = stage_table(SUBMISSION)
    rows = plain.splitlines()[1:]
    for text in (plain, stage_table(SUBMISSION, end="\r\n"), "\ufeff" + plain, plain.upper(),
                 "\n".join(["patient,stage"] + rows[::-1]), "\n".join(rows),
                 "Stage, note ,Patient\n" + "".join(",".join([row.split(",")[1], "x", row.split(",")[0]]) + "\n"
                                                   for row in rows)):
        output, errors = evaluate(tmp_path, stage_table(TRUTH), text)
        assert expected in output
        assert fine(errors)


def test_column_of_centers(tmp_path):
    truth = "patient,stage,center\nA.zip,pN0,south\nB.zip,pN2,north\nC.zip,pN1,south\npatient_001.zip,pN0,\nD.zip,pN1,\n"
    submission = "patient,stage\nA.zip,pN0\nB.zip,pN2\nC.zip,pN0\nD.zip,pN1\npatient_001.zip,pN0\n"
    output, _ = evaluate(tmp_path, truth, submission)
    assert output.splitlines()[-4:] == [
        "center 0: kappa nan of 1 patient", "center north: kappa nan of 1 patient",
        "center south: kappa 0.000000 of 2 patients", "center unknown: 1 patient"]


def test_constant_submission_is_zero(tmp_path):
    output, errors = evaluate(tmp_path, stage_table(TRUTH), stage_table(["pN1"] * 6))
    assert output.splitlines()[1] == ("kappa 0.000000, 95 % interval 0.000000 to 0.000000 (bootstrap, 2000 resamples, "
                                      "seed 1)")
    assert errors == "nodal evaluate stages: warning: submission.csv: all patients are pN1, so kappa is 0\n"


def test_constant_truth_is_zero(tmp_path):
    output, errors = evaluate(tmp_path, stage_table(["pN0"] * 6), stage_table(TRUTH), "--resamples", 50)
    assert output.splitlines()[1].startswith("kappa 0.000000, ")
    assert errors == ("nodal evaluate stages: warning: truth.csv: all patients are pN0, so kappa is 0 whatever is "
                      "submitted\n")


def test_constant_and_equal_is_not_defined(tmp_path):
    text = stage_table(["pN0(i+)"] * 6)
    output, errors = evaluate(tmp_path, text, text)
    assert output.splitlines()[1].startswith("kappa nan, 95 % interval nan to nan (")
    assert errors == ("nodal evaluate stages: warning: submission.csv: kappa is not defined: all patients are pN0(i+), "
                      "in the truth and in the submission\n")
    output, _ = evaluate(tmp_path, text, text, "--json")
    document = json.loads(output)
    assert (document["kappa"], document["kappa_ci"], document["undefined_resamples"]) == (None, [None, None], 2000)


def test_resamples_without_kappa(tmp_path):
    text = stage_table(["pN0", "pN2"])
    output, errors = evaluate(tmp_path, text, text, "--json")
    undefined = json.loads(output)["undefined_resamples"]
    assert 800 < undefined < 1200
    assert errors == (f"nodal evaluate stages: warning: submission.csv: {undefined} of 2000 resamples have no kappa and "
                      "are left out\n")


def test_problems_are_listed_and_nothing_is_scored(tmp_path):
    submission = ("patient,stage\npatient_000.zip,pN0\npatient_002.zip,pN3\npatient_000.zip,pN1\nPatient_009.ZIP,pN1\n"
                  "patient_003.zip\n.zip,pN0\npatient_004.zip,\n")
    lines = ["submission.csv: line 3: patient_002.zip: stage 'pN3' is not pN0, pN0(i+), pN1mi, pN1 or pN2",
             "submission.csv: line 4: patient_000.zip is there already, in line 2",
             "submission.csv: line 5: Patient_009.ZIP is not in truth.csv",
             "submission.csv: line 6: patient_003.zip: stage '' is not pN0, pN0(i+), pN1mi, pN1 or pN2",
             "submission.csv: line 8: patient_004.zip: stage '' is not pN0, pN0(i+), pN1mi, pN1 or pN2",
             "submission.csv: no row for patient_001.zip, which is in line 4 of truth.csv",
             "submission.csv: no row for patient_005.zip, which is in line 12 of truth.csv"]
    output, errors = evaluate(tmp_path, stage_table(TRUTH), submission, status=3)
    assert output == ""
    assert errors == "".join(f"nodal evaluate stages: {line}\n" for line in lines)
    output, _ = evaluate(tmp_path, stage_table(TRUTH), submission, "--json", status=3)
    assert json.loads(output) == {"problems": lines}


def test_problems_of_the_truth(tmp_path):
    truth = "patient,stage\na.zip,pN0\nb.zip,N1\nA.zip,pN1\n"
    output, errors = evaluate(tmp_path, truth, "patient,stage\na.zip,pN0\nb.zip,pN1\n", status=3)
    assert output == ""
    assert errors == ("nodal evaluate stages: truth.csv: line 3: b.zip: stage 'N1' is not pN0, pN0(i+), pN1mi, pN1 or "
                      "pN2\nnodal evaluate stages: truth.csv: line 4: A.zip is there already, in line 2\n")


def test_excluded_patients(tmp_path):
    submission = stage_table(SUBMISSION).replace("patient_003.zip,pN0\n", "")
    output, errors = evaluate(tmp_path, stage_table(TRUTH), submission, "--exclude", "patient_003", "--exclude",
                              "PATIENT_002.zip", "--exclude", "patient_077")
    assert fine(errors)
    rest = [0, 1, 4, 5]
    kappa = kappa_of([TRUTH[i] for i in rest], [SUBMISSION[i] for i in rest])
    assert output.startswith(f"submission.csv: 4 patients, 2 excluded\nkappa {float(kappa):.6f}, ")


@pytest.mark.parametrize("text, message", [
    ("", "truth.csv: no patient (NAME.zip)"),
    ("patient,stage\n", "truth.csv: no patient (NAME.zip)"),
    ("patient,stage\npatient_000_node_0.tif,macro\n", "truth.csv: no patient (NAME.zip)"),
    ("slide,label\na.tif,macro\n", "truth.csv: line 1: no columns patient,stage"),
    ('patient,stage\na.zip,"pN0\n', "truth.csv: line 2: a quoted field does not end"),
])
def test_tables_that_are_none(tmp_path, text, message):
    output, errors = evaluate(tmp_path, text, stage_table(TRUTH), status=1)
    assert (output, errors) == ("", f"nodal evaluate stages: {message}\n")


def test_missing_files(tmp_path):
    write(tmp_path / "truth.csv", stage_table(TRUTH))
    assert in_folder(tmp_path, "stages", "--truth", "none.csv", "--predictions", "truth.csv", status=1) == (
        "", "nodal evaluate stages: none.csv: No such file or directory\n")
    assert in_folder(tmp_path, "stages", "--truth", "truth.csv", "--predictions", "none.csv", status=1) == (
        "", "nodal evaluate stages: none.csv: No such file or directory\n")


def test_against_another_submission(tmp_path):
    other = ["pN2", "pN1", "pN0", "pN0(i+)", "pN0", "pN0"]
    write(tmp_path / "other.csv", stage_table(other))
    output, errors = evaluate(tmp_path, stage_table(TRUTH), stage_table(SUBMISSION), "--against", "other.csv", "--json",
                              "--resamples", 20000)
    assert fine(errors)
    against = json.loads(output)["against"]
    real = kappa_of(TRUTH, SUBMISSION) - kappa_of(TRUTH, other)
    # All 64 ways to exchange the two stages of each patient.
    extreme = 0
    for mask in range(64):
        ways = [(a, b) if mask >> i & 1 else (b, a) for i, (a, b) in enumerate(zip(SUBMISSION, other))]
        first, second = (kappa_of(TRUTH, column) for column in zip(*ways))
        extreme += abs(first - second) >= abs(real)
    assert against["predictions"] == "other.csv"
    assert against["kappa"] == pytest.approx(float(kappa_of(TRUTH, other)), abs=1e-14)
    assert against["difference"] == pytest.approx(float(real), abs=1e-14)
    assert against["p"] == pytest.approx(extreme / 64, abs=0.02)
    output, _ = evaluate(tmp_path, stage_table(TRUTH), stage_table(SUBMISSION), "--against", "submission.csv")
    assert output.splitlines()[-1] == (f"submission.csv: kappa {float(kappa_of(TRUTH, SUBMISSION)):.6f}, difference "
                                       "0.000000, p 1 (permutation test, paired, two-sided)")


def test_problems_of_the_other_submission(tmp_path):
    write(tmp_path / "other.csv", stage_table(SUBMISSION[:-1]))
    output, errors = evaluate(tmp_path, stage_table(TRUTH), stage_table(SUBMISSION), "--against", "other.csv", status=3)
    assert output == ""
    assert errors == "nodal evaluate stages: other.csv: no row for patient_005.zip, which is in line 12 of truth.csv\n"


def test_same_for_any_threads_and_by_seed(tmp_path):
    def run(*arguments):
        return evaluate(tmp_path, stage_table(TRUTH * 5), stage_table(SUBMISSION * 5), "--json", *arguments)[0]
    assert run("-t", 1) == run("-t", 3) == run("--seed", 1)
    assert json.loads(run("--seed", 2))["kappa_ci"] != json.loads(run())["kappa_ci"]


@pytest.mark.parametrize("arguments", [
    ["--truth", "a.csv"], ["--predictions", "a.csv"], ["--truth", "a", "--predictions", "b", "--resamples", "0"],
    ["--truth", "a", "--predictions", "b", "--seed", "-1"], ["--truth", "a", "--predictions", "b", "c"]])
def test_usage(tmp_path, arguments):
    assert in_folder(tmp_path, "stages", *arguments, status=2)[0] == ""
