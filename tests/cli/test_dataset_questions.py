# SPDX-License-Identifier: Apache-2.0
"""nodal dataset split, patients, compare labels and audit: what a user sees, against scikit-learn and counting."""
import collections
import csv
import json
import random

import pytest
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from evaluation import STAGES, stage_table, write
from program import names, nodal

LABELS = ["negative", "itc", "micro", "macro"]
CENTERS = ["CWZ", "RST", "UMCU"]


def dataset(folder, *arguments, status=0):
    """Runs nodal dataset there; returns (stdout, stderr)."""
    return nodal("dataset", *arguments, status=status, cwd=folder)


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def stage_of(labels):
    """The rule of CAMELYON17, from the text of the paper."""
    positive = sum(label in ("micro", "macro") for label in labels)
    if "macro" in labels:
        return "pN2" if positive > 3 else "pN1"
    return "pN1mi" if positive else "pN0(i+)" if "itc" in labels else "pN0"


def catalog(path, patients=45, seed=1):
    """Patients of five slides, their stages by the rule. Returns its rows."""
    draw = random.Random(seed)
    lines = ["slide,center,patient,label,stage,split"]
    for number in range(patients):
        labels = draw.choices(LABELS, (5, 1, 1, 2), k=5)
        lines += [f"patient_{number:03}_node_{node},{CENTERS[number % 3]},patient_{number:03},{label},"
                  f"{stage_of(labels)},{'test' if number % 9 == 8 else 'train'}" for node, label in enumerate(labels)]
    write(path, "\n".join(lines) + "\n")
    return rows_of(path)


# ---- split ----

@pytest.mark.parametrize("folds", [2, 4, 7])
def test_split_into_folds(tmp_path, folds):
    rows = catalog(tmp_path / "catalog.csv")
    output, errors = dataset(tmp_path, "split", "catalog.csv", "--folds", folds, "-o", "folds.csv")
    assert errors == ""
    table = rows_of(tmp_path / "folds.csv")
    assert list(table[0]) == ["slide", "patient", "center", "fold"]
    assert [[row["slide"], row["patient"], row["center"]] for row in table] == \
        [[row["slide"], row["patient"], row["center"]] for row in rows]
    fold_of = {}
    for row in table:
        assert fold_of.setdefault(row["patient"], int(row["fold"])) == int(row["fold"])
    facts = {row["patient"]: (row["stage"], row["center"]) for row in rows}
    for key in (lambda fact: 0, lambda fact: fact[0], lambda fact: fact[1], lambda fact: fact):
        for kind in set(map(key, facts.values())):
            counts = collections.Counter(fold_of[patient] for patient, fact in facts.items() if key(fact) == kind)
            assert max(counts[fold] for fold in range(folds)) - min(counts[fold] for fold in range(folds)) <= 1
    # What is told is what was written.
    lines = output.splitlines()
    assert lines[0].split() == ["fold", "patients", "slides", "|", *LABELS, "|", *STAGES]
    for fold, line in enumerate(lines[1:]):
        inside = [row for row in rows if fold_of[row["patient"]] == fold]
        labels = [str(sum(row["label"] == label for row in inside)) for label in LABELS]
        stages = [str(len({row["patient"] for row in inside if row["stage"] == stage})) for stage in STAGES]
        patients = len({row["patient"] for row in inside})
        assert line.split() == [str(fold), str(patients), str(len(inside)), "|", *labels, "|", *stages]


def test_split_is_the_same_for_a_seed_and_another_for_another(tmp_path):
    catalog(tmp_path / "catalog.csv")
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        dataset(tmp_path, "split", "catalog.csv", "--folds", 5, "--seed", seed, "-q", "-o", f"{name}.csv")
    texts = [(tmp_path / f"{name}.csv").read_text() for name in "abc"]
    assert texts[0] == texts[1] != texts[2]


def test_split_leaves_a_center_out(tmp_path):
    rows = catalog(tmp_path / "catalog.csv")
    output, _ = dataset(tmp_path, "split", "catalog.csv", "--leave-out", "center", "-o", "folds.csv")
    assert [row["fold"] for row in rows_of(tmp_path / "folds.csv")] == \
        [str(CENTERS.index(row["center"])) for row in rows]
    assert [line.split()[-1] for line in output.splitlines()[1:]] == CENTERS


def test_split_of_one_part_as_json(tmp_path):
    rows = [row for row in catalog(tmp_path / "catalog.csv") if row["split"] == "train"]
    output, errors = dataset(tmp_path, "split", "catalog.csv", "--folds", 2, "--only", "train", "--json")
    assert errors == ""
    document = json.loads(output)
    assert [entry["slide"] for entry in document["slides"]] == [row["slide"] for row in rows]
    for fold in document["folds"]:
        inside = [row for row, entry in zip(rows, document["slides"]) if entry["fold"] == fold["fold"]]
        assert fold["center"] is None and fold["slides"] == len(inside)
        assert fold["labels"] == {**{label: sum(row["label"] == label for row in inside) for label in LABELS},
                                  "tumor": 0, "unknown": 0}


def test_split_refuses(tmp_path):
    write(tmp_path / "catalog.csv", "slide,center,patient,stage\na,CWZ,p,pN0\nb,RST,p,pN0\n")
    said = "nodal dataset split: catalog.csv: p has slides of two centers: b is of another than a\n"
    assert dataset(tmp_path, "split", "catalog.csv", "--folds", 2, "-o", "f.csv", status=1)[1] == said
    assert names(tmp_path) == ["catalog.csv"]
    said = "nodal dataset split: catalog.csv: no slide whose split is test\n"
    assert dataset(tmp_path, "split", "catalog.csv", "--folds", 2, "--only", "test", status=1)[1] == said
    usage = ("nodal dataset split: needs either --folds or --leave-out center\n"
             "try 'nodal help dataset split'\n")
    assert dataset(tmp_path, "split", "catalog.csv", status=2)[1] == usage
    assert dataset(tmp_path, "split", "catalog.csv", "--folds", 2, "--leave-out", "center", status=2)[1] == usage
    write(tmp_path / "bare.csv", "slide\na\nb\n")
    assert dataset(tmp_path, "split", "bare.csv", "--leave-out", "center", status=1)[1] == \
        "nodal dataset split: bare.csv: a: its center is not known\n"
    assert dataset(tmp_path, "split", "bare.csv", "--folds", 2, "-o", "bare.csv", status=1)[1] == \
        "nodal dataset split: bare.csv: is the input itself\n"


# ---- patients ----

def check_patients(table, rows):
    """Every five slides are of one center, used once, and have the stage that is stated. Returns the stages."""
    labels = {row["slide"]: (row["label"], row["center"]) for row in rows}
    assert list(table[0]) == ["patient", "stage", "center", "source"]
    sources = [row["source"] for row in table if row["source"]]
    assert len(sources) == len(set(sources)) == len(table) // 6 * 5
    stages = []
    for number in range(len(table) // 6):
        head, *nodes = table[6 * number:6 * number + 6]
        assert head["patient"] == f"patient_{number:03}.zip" and head["source"] == ""
        assert [row["patient"] for row in nodes] == [f"patient_{number:03}_node_{node}.tif" for node in range(5)]
        assert all((row["stage"], row["center"]) == labels[row["source"]] for row in nodes)
        assert {row["center"] for row in nodes} == {head["center"]}
        assert head["stage"] == stage_of([row["stage"] for row in nodes])
        stages.append(head["stage"])
    return stages


def test_patients_with_the_stages_wanted(tmp_path):
    """Slides that make exactly what is wanted: 3, 2, 2, 2 and 1 patient a center."""
    fives = ["negative " * 5] * 3 + ["itc " + "negative " * 4] * 2 + ["micro " + "negative " * 4] * 2 + \
            ["macro " + "negative " * 4] * 2 + ["macro micro macro macro itc"]
    lines = [f"s{center}_{number},{CENTERS[center]},{label}" for center in range(3)
             for number, label in enumerate(" ".join(fives).split())]
    write(tmp_path / "catalog.csv", "slide,center,label\n" + "\n".join(lines) + "\n")
    output, errors = dataset(tmp_path, "patients", "catalog.csv", "-o", "stages.csv", "--stages",
                             "pN0=30,pN0(i+)=20,pN1mi=20,pN1=20,pN2=10")
    assert errors == "" and "not used" not in output
    stages = check_patients(rows_of(tmp_path / "stages.csv"), rows_of(tmp_path / "catalog.csv"))
    assert [stages.count(stage) for stage in STAGES] == [9, 6, 6, 6, 3]
    assert output.splitlines()[-1].split() == ["reached", "9", "6", "6", "6", "3"]
    # The official form: our own reader and the table of another command take it.
    assert "30 of 30 patients staged" in nodal("stage", "stages.csv", "--check", cwd=tmp_path)[0]
    dataset(tmp_path, "compare", "labels", "stages.csv", "stages.csv")
    dataset(tmp_path, "patients", "catalog.csv", "-q", "-o", "again.csv", "--stages",
            "pN0=3,pN0(i+)=2,pN1mi=2,pN1=2,pN2=1")
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "stages.csv").read_text()
    dataset(tmp_path, "patients", "catalog.csv", "-q", "-o", "other.csv", "--seed", 2)
    assert (tmp_path / "other.csv").read_text() != (tmp_path / "stages.csv").read_text()


def test_patients_that_cannot_be_had(tmp_path):
    lines = [f"a{number},CWZ,normal,p,pN0" for number in range(7)] + ["b,,negative,,", "c,CWZ,tumor,,", "d,CWZ,,,"]
    write(tmp_path / "catalog.csv", "slide,center,label,patient,stage\n" + "\n".join(lines) + "\n")
    output, errors = dataset(tmp_path, "patients", "catalog.csv", "-o", "s.csv", "--stages", "pN2=1")
    assert errors == ("nodal dataset patients: warning: catalog.csv: the slides do not make the stages wanted: 1 of 1 "
                      "patients have another one\n")
    left = [line for line in output.splitlines() if line.startswith("not used: ")]
    assert len(left) == 5 and left[2:] == ["not used: b (its center is not known)", "not used: c (its label tells no size)",
                                          "not used: d (its label is not known)"]
    assert all(line.endswith(" (no five are left)") for line in left[:2])
    document = json.loads(dataset(tmp_path, "patients", "catalog.csv", "-f", "-o", "s.csv", "--stages", "pN0=1",
                                  "--json")[0])
    assert [entry["stage"] for entry in document["patients"]] == ["pN0"]
    assert document["centers"] == [{"center": "CWZ", "slides": 7, "wanted": document["centers"][0]["reached"],
                                    "reached": {"pN0": 1, "pN0(i+)": 0, "pN1mi": 0, "pN1": 0, "pN2": 0}}]
    assert sorted(document["patients"][0]["slides"] + [entry["slide"] for entry in document["left"]]) == \
        sorted(line.split(",")[0] for line in lines)


@pytest.mark.parametrize("shares", ["pN0", "pN0=x", "pN3=1", "pN0=1,pN0=2", "pN0=1,", "pN0=1000001", "pN0=-1"])
def test_patients_refuse_shares(tmp_path, shares):
    bad = shares.split(",")[-1]
    _, errors = dataset(tmp_path, "patients", "none.csv", "-o", "s.csv", "--stages", shares, status=2)
    assert errors.splitlines()[0] == (f"nodal dataset patients: --stages: '{bad}' is not STAGE=N with a stage of pN0, "
                                      "pN0(i+), pN1mi, pN1 or pN2, each once, and N of 0 to 1000000")


# ---- compare labels ----

def test_compare_labels_against_scikit_learn(tmp_path):
    draw = random.Random(3)
    truth = [draw.randrange(4) for _ in range(300)]
    other = [draw.choice([label, label, draw.randrange(4)]) for label in truth]
    stages = [[draw.randrange(5) for _ in range(60)] for _ in range(2)]
    for name, labels, given, end in (("a", truth, stages[0], "\n"), ("b", other, stages[1], "\r\n")):
        rows = ["patient,stage"] + [f"patient_{number:03}.zip,{STAGES[stage]}" for number, stage in enumerate(given)]
        rows += [f"patient_{number // 5:03}_node_{number % 5}.{'tif' if name == 'a' else 'SVS'},"
                 f"{LABELS[label] if name == 'a' else LABELS[label].upper()}" for number, label in enumerate(labels)]
        write(tmp_path / f"{name}.csv", end.join(rows) + end)
    output, errors = dataset(tmp_path, "compare", "labels", "a.csv", "b.csv", "--json", status=3)
    assert errors == ""
    document = json.loads(output)
    slides, patients = document["slides"], document["patients"]
    assert abs(slides["kappa"] - cohen_kappa_score(truth, other, labels=range(4), weights="quadratic")) < 1e-12
    assert abs(patients["kappa"] - cohen_kappa_score(*stages, labels=range(5), weights="quadratic")) < 1e-12
    assert slides["differing"] == sum(a != b for a, b in zip(truth, other))
    assert slides["confusion"] == [[sum((a, b) == (i, j) for a, b in zip(truth, other)) for j in range(4)]
                                   for i in range(4)]
    found = {(entry["kind"], entry["name"], entry["a"], entry["b"]) for entry in document["differences"]}
    assert found == {("slide", f"patient_{number // 5:03}_node_{number % 5}.tif", LABELS[a], LABELS[b])
                     for number, (a, b) in enumerate(zip(truth, other)) if a != b} | \
        {("patient", f"patient_{number:03}.zip", STAGES[a], STAGES[b])
         for number, (a, b) in enumerate(zip(*stages)) if a != b}


def test_compare_labels_as_text_and_csv(tmp_path):
    write(tmp_path / "a.csv", "patient,stage\np_1.zip,pN0\np_1_node_0.tif,itc\np_1_node_1.tif,macro\n")
    write(tmp_path / "b.csv", "patient,stage\np_1.zip,pN1\np_1_node_0.tif,itc\np_2_node_0.tif,micro\n")
    output, errors = dataset(tmp_path, "compare", "labels", "a.csv", "b.csv", status=3)
    assert errors == ""
    assert output == """\
A: a.csv
B: b.csv
slides: 1 in both, 0 of them differ; 1 in A alone, 1 in B alone; kappa nan
A \\ B     negative      itc    micro    macro
negative         0        0        0        0
itc              0        1        0        0
micro            0        0        0        0
macro            0        0        0        0
patients: 1 in both, 1 of them differs; 0 in A alone, 0 in B alone; kappa 0.000000
A \\ B          pN0  pN0(i+)    pN1mi      pN1      pN2
pN0              0        0        0        1        0
pN0(i+)          0        0        0        0        0
pN1mi            0        0        0        0        0
pN1              0        0        0        0        0
pN2              0        0        0        0        0
slide p_1_node_1.tif: macro in A, nothing in B
slide p_2_node_0.tif: nothing in A, micro in B
patient p_1.zip: pN0 in A, pN1 in B
"""
    table = ("kind,name,a,b,a_line,b_line\nslide,p_1_node_1.tif,macro,,4,\nslide,p_2_node_0.tif,,micro,,4\n"
             "patient,p_1.zip,pN0,pN1,2,2\n")
    assert dataset(tmp_path, "compare", "labels", "a.csv", "b.csv", "--csv", status=3)[0] == table
    dataset(tmp_path, "compare", "labels", "a.csv", "b.csv", "--csv", "-q", "-o", "d.csv", status=3)
    assert (tmp_path / "d.csv").read_text() == table
    assert "0 of them differ" in dataset(tmp_path, "compare", "labels", "a.csv", "a.csv")[0]


def test_compare_labels_refuses(tmp_path):
    write(tmp_path / "a.csv", "slide,label\na,itc\na.tif,itc\nb,large\n")
    write(tmp_path / "b.csv", "slide,label\na,itc\n")
    problems = ["a.csv: line 3: a.tif is there already, in line 2",
                "a.csv: line 4: b: label 'large' is not negative, itc, micro, macro, tumor or normal"]
    output, errors = dataset(tmp_path, "compare", "labels", "b.csv", "a.csv", "--json", status=3)
    assert json.loads(output) == {"problems": problems}
    assert errors == "".join(f"nodal dataset compare: {problem}\n" for problem in problems)
    assert dataset(tmp_path, "compare", "labels", "b.csv", "none.csv", status=1)[1] == \
        "nodal dataset compare: none.csv: No such file or directory\n"
    assert dataset(tmp_path, "compare", "slides", "b.csv", "a.csv", status=2)[1].startswith(
        "nodal dataset compare: labels: 'slides' is not")


# ---- audit ----

def test_audit_finds_labels_that_were_changed(tmp_path):
    """Scores that know the right labels, against a truth of which three are wrong."""
    draw = random.Random(5)
    right = [number % 3 == 0 for number in range(90)]
    wrong = {7, 30, 77}
    truth = [label != (number in wrong) for number, label in enumerate(right)]
    write(tmp_path / "truth.csv", "".join(f"s{number},{'Tumor' if label else 'Normal'}\n"
                                          for number, label in enumerate(truth)))
    paths, areas = [], {}
    for which, noise in enumerate((0.2, 0.3, 0.25, 3)):
        scores = [label + draw.gauss(0, noise) for label in right]
        paths.append(f"{which}.csv")
        areas[paths[-1]] = roc_auc_score(truth, scores)
        write(tmp_path / paths[-1], "".join(f"s{number}.tif,{score!r}\n" for number, score in enumerate(scores)))
    output, errors = dataset(tmp_path, "audit", "--truth", "truth.csv", "--predictions", *paths, "--best", 3, "--json")
    assert errors == ""
    document = json.loads(output)
    order = sorted(paths, key=lambda path: -areas[path])
    assert [entry["submission"] for entry in document["submissions"]] == order
    assert all(abs(entry["score"] - areas[entry["submission"]]) < 1e-12 for entry in document["submissions"])
    assert [entry["heard"] for entry in document["submissions"]] == [True] * 3 + [False]
    found = document["second_look"]
    assert {entry["name"] for entry in found[:3]} == {f"s{number}" for number in wrong}
    assert [entry["votes"] for entry in found[:3]] == [3] * 3
    for entry in found[:3]:
        number = int(entry["name"][1:])
        assert entry["truth"] == ("Tumor" if truth[number] else "Normal")
        assert entry["answer"] == ("positive" if right[number] else "negative")
        assert entry["line"] == number + 1
    text, _ = dataset(tmp_path, "audit", "--truth", "truth.csv", "--predictions", *paths, "--best", 3)
    assert "1 worse submission is not heard" in text.splitlines()
    assert text.splitlines()[-1] == "That submissions agree proves nothing: what they learned from may err as they do."


def test_audit_of_stages(tmp_path):
    write(tmp_path / "truth.csv", stage_table(["pN0", "pN1", "pN2", "pN0(i+)"]))
    write(tmp_path / "a.csv", stage_table(["pN0", "pN1", "pN0", "pN0"]))
    write(tmp_path / "b.csv", stage_table(["pN0", "pN1", "pN0", "pN1mi"]))
    arguments = ["audit", "--truth", "truth.csv", "--predictions", "a.csv", "--predictions", "b.csv"]
    kappas = [cohen_kappa_score([0, 3, 4, 1], other, labels=range(5), weights="quadratic")
              for other in ([0, 3, 0, 0], [0, 3, 0, 2])]
    assert kappas[0] > kappas[1]
    output, errors = dataset(tmp_path, *arguments)
    assert errors == ""
    assert output == f"""\
rank     kappa  submission
   1 {kappas[0]:9.6f}  a.csv
   2 {kappas[1]:9.6f}  b.csv
1 of 4 patients may deserve a second look: most submissions say the same there, the truth does not
  votes   margin  truth      they say   name
  2/2     4.0000  pN2        pN0        patient_002.zip
That submissions agree proves nothing: what they learned from may err as they do.
"""
    assert dataset(tmp_path, *arguments, "--csv")[0] == ("name,line,truth,answer,votes,heard,margin\n"
                                                         "patient_002.zip,6,pN2,pN0,2,2,4.000000\n")
    assert dataset(tmp_path, *arguments, "a.csv")[1] == (
        "nodal dataset audit: warning: a.csv says the same as a.csv throughout: they are one voice, heard twice\n")


def test_audit_checks_first(tmp_path):
    write(tmp_path / "truth.csv", stage_table(["pN0", "pN1"]))
    write(tmp_path / "a.csv", stage_table(["pN0"]))
    output, errors = dataset(tmp_path, "audit", "--truth", "truth.csv", "--predictions", "truth.csv", "a.csv", "--json",
                             status=3)
    problem = "a.csv: no row for patient_001.zip, which is in line 4 of truth.csv"
    assert json.loads(output) == {"problems": [problem]}
    assert errors == f"nodal dataset audit: {problem}\n"
    _, errors = dataset(tmp_path, "audit", "--truth", "truth.csv", "--predictions", "a.csv", status=2)
    assert errors.startswith("nodal dataset audit: needs at least two submissions, which can agree\n")
    _, errors = dataset(tmp_path, "audit", "--truth", "truth.csv", "--predictions", "truth.csv", "truth.csv",
                        "--positive", "macro", status=2)
    assert errors.startswith("nodal dataset audit: --positive is for slides, and truth.csv is a table of stages\n")
    _, errors = dataset(tmp_path, "audit", "--truth", "truth.csv", "--predictions", "truth.csv", "truth.csv", "--csv",
                        "--json", status=2)
    assert errors.startswith("nodal dataset audit: --csv and --json both print: name a file for the table by --output")
