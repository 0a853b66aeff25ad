# SPDX-License-Identifier: Apache-2.0
"""nodal stage: every patient of five nodes against the text of the rule, and what is named instead of guessed."""
import itertools

import pytest

from program import names, nodal, nodal_json

LABELS = ["negative", "itc", "micro", "macro"]


def rule_of_challenge(labels):
    """The stages of CAMELYON17 as its page words them."""
    macro, micro, itc = (labels.count(label) for label in ("macro", "micro", "itc"))
    if macro >= 1 and 1 <= macro + micro <= 3:
        return "pN1"
    if macro >= 1 and 4 <= macro + micro <= 9:
        return "pN2"
    if micro >= 1:
        return "pN1mi"
    return "pN0(i+)" if itc else "pN0"


def table_of(patients, end="\n", header="patient,stage"):
    """Rows as CAMELYON17 has them; a patient is its name, its stage or None, and its labels."""
    lines = [header]
    for name, stage, labels in patients:
        lines += [f"{name}.zip,{stage}"] if stage is not None else []
        lines += [f"{name}_node_{node}.tif,{label}" for node, label in enumerate(labels)]
    return "".join(line + end for line in lines)


def stage(tmp_path, text, *arguments, status=0):
    """Stages a table and returns (what was written, stdout, stderr), file names without their folder."""
    labels, stages = tmp_path / "labels.csv", tmp_path / "stages.csv"
    labels.write_bytes(text.encode())
    output, errors = nodal("stage", labels, "-o", stages, "-f", *arguments, status=status)
    written = stages.read_bytes().decode()
    return written, output.replace(f"{tmp_path}/", ""), errors.replace(f"{tmp_path}/", "")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_all_patients_of_five_nodes(tmp_path, end):
    combinations = list(itertools.product(LABELS, repeat=5))
    patients = [(f"patient_{number:04}", rule_of_challenge(labels), labels)
                for number, labels in enumerate(combinations)]
    whole = table_of(patients, end)
    bare = table_of([(name, None, labels) for name, _, labels in patients], end)
    written, output, errors = stage(tmp_path, bare)
    assert written == whole
    assert errors == ""
    counts = {name: sum(patient[1] == name for patient in patients) for name in
              ("pN0", "pN0(i+)", "pN1mi", "pN1", "pN2")}
    listed = ", ".join(f"{count} {name}" for name, count in counts.items())
    assert output == f"labels.csv: 1024 of 1024 patients staged: {listed}\n"
    written, output, errors = stage(tmp_path, whole, "--check")
    assert (written, errors) == (whole, "")
    assert output == f"labels.csv: 1024 of 1024 patients staged: {listed}\n1024 stages were given, 0 differ\n"


def test_slide_tables_and_letter_case(tmp_path):
    text = ("Slide,LABEL\nfolder/Patient_7_Node_0.xml,ITC\nPatient_7_node_1_mask.tif,Macro\n"
            "patient_7_node_02.geojson,micro\npatient_8_node_0,negative\n")
    written, output, errors = stage(tmp_path, text, "--nodes", 0)
    assert written == ("patient,stage\nPatient_7.zip,pN1\nPatient_7_Node_0.tif,itc\nPatient_7_node_1.tif,macro\n"
                       "patient_7_node_02.tif,micro\npatient_8.zip,pN0\npatient_8_node_0.tif,negative\n")
    assert output == "labels.csv: 2 of 2 patients staged: 1 pN0, 1 pN1\n"
    assert errors == ""


def test_column_of_patients(tmp_path):
    text = ('patient,slide,label\nA,"S-1,a.svs",macro\nB,x.svs,negative\nA,p_node_1.svs,itc\nA,q_node_1.svs,micro\n'
            "C,x.svs,macro\nC,X.svs,macro\n")
    written, _, errors = stage(tmp_path, text, "--nodes", 0, status=3)
    assert written == ('patient,stage\nA.zip,pN1\n"S-1,a.svs",macro\np_node_1.svs,itc\nq_node_1.svs,micro\n'
                       "B.zip,pN0\nx.svs,negative\n")
    assert errors == "nodal stage: labels.csv: line 7: C: X.svs is there already, in line 6\n"


def test_center_is_kept(tmp_path):
    text = "patient,stage,center\np_1.zip,pN1mi,3\np_1_node_0.tif,micro,3\n"
    assert stage(tmp_path, text, "--nodes", 1)[0] == text


def test_check(tmp_path):
    text = table_of([("patient_001", "pN1", ["macro", "itc", "negative", "negative", "negative"]),
                     ("patient_002", "PN0", ["negative"] * 5),
                     ("patient_003", "pN2", ["micro"] * 4 + ["itc"]),
                     ("patient_004", "pN9", ["negative"] * 5)])
    message = ("nodal stage: {}labels.csv: line 14: patient_003 is pN1mi, not pN2: 0 macro, 4 micro, 1 itc, 0 negative\n"
               "nodal stage: {}labels.csv: line 20: patient_004 is pN0, not pN9: 0 macro, 0 micro, 0 itc, 5 negative\n")
    account = "labels.csv: 4 of 4 patients staged: 2 pN0, 1 pN1mi, 1 pN1\n4 stages were given, 2 differ\n"
    written, output, errors = stage(tmp_path, text, "--check", status=3)
    assert (output, errors) == (account, message.format("", ""))
    assert written == text.replace("3.zip,pN2", "3.zip,pN1mi").replace("pN9", "pN0").replace("PN0", "pN0")
    assert stage(tmp_path, text) == (written, account, message.format("warning: ", "warning: "))
    labels = tmp_path / "labels.csv"
    assert nodal("stage", labels, "--check", "-q", status=3)[0] == ""
    document = nodal_json("stage", labels)
    assert [(patient["stage"], patient["given"]) for patient in document["patients"]] == \
        [("pN1", "pN1"), ("pN0", "PN0"), ("pN1mi", "pN2"), ("pN0", "pN9")]
    labels.write_text(table_of([("p", None, ["itc"] * 5)]))
    assert nodal("stage", labels, "--check", "-q", status=3) == \
        ("", f"nodal stage: {labels}: --check: no stage is given\n")


def test_patients_that_are_not_guessed(tmp_path):
    good = table_of([("patient_009", None, ["macro"] * 5)], header="")[1:]
    text = ("patient,stage\n"
            "patient_001_node_0.tif,micro\npatient_001_node_1.tif,itc\npatient_001_node_3.tif,negative\n"
            + "".join(f"patient_002_node_{node}.tif,{label}\n" for node, label in
                      enumerate(["negative", "normal", "negative", "", "itc"]))
            + "patient_003_node_0.tif,macro\n" + "".join(f"patient_003_node_{node}.tif,itc\n" for node in range(5))
            + "patient_004.zip,pN0\n"
            + good
            + "slide.tif,macro\n"
            + "PATIENT_004.zip,pN1\n"
            + "".join(f"patient_005_node_{node}.tif,negative\n" for node in range(6)))
    written, output, errors = stage(tmp_path, text, status=3)
    assert written == table_of([("patient_009", "pN2", ["macro"] * 5)])
    assert output == "labels.csv: 1 of 6 patients staged: 1 pN2\n1 stage was given, 0 differ\n"
    assert errors == "".join(f"nodal stage: labels.csv: line {line}\n" for line in (
        "2: patient_001: 3 nodes instead of 5: 0, 1, 3",
        "6: patient_002: the label of patient_002_node_1.tif is 'normal', not negative, itc, micro or macro",
        "8: patient_002: the label of patient_002_node_3.tif is '', not negative, itc, micro or macro",
        "11: patient_003: patient_003_node_0.tif is there already, in line 10",
        "16: patient_004: no node",
        "22: 'slide.tif' is neither a patient (NAME.zip) nor a node (NAME_node_N)",
        "23: PATIENT_004: the patient is there already, in line 16",
        "24: patient_005: 6 nodes instead of 5: 0, 1, 2, 3, 4, 5"))


def test_number_of_nodes(tmp_path):
    text = table_of([("a", None, ["macro"] * 3), ("b", None, ["macro"] * 9), ("c", None, ["macro"] * 10),
                     ("d", None, ["micro"] * 12)])
    written, output, errors = stage(tmp_path, text, "--nodes", 0, status=3)
    assert written == table_of([("a", "pN1", ["macro"] * 3), ("b", "pN2", ["macro"] * 9), ("d", "pN1mi", ["micro"] * 12)])
    assert errors == "nodal stage: labels.csv: line 14: c: 10 positive nodes, and the rules of CAMELYON17 end at 9\n"
    assert output == "labels.csv: 3 of 4 patients staged: 1 pN1mi, 1 pN1, 1 pN2\n"
    assert stage(tmp_path, text, "--nodes", 12, status=3)[0] == table_of([("d", "pN1mi", ["micro"] * 12)])


def rows_with_mammary(cases):
    lines = ["slide,label,internal_mammary"]
    for number, (_, mammary, labels) in enumerate(cases):
        lines += [f"p{number}_node_{node}.tif,{label},{mammary}" for node, label in enumerate(labels)]
    return "".join(line + "\n" for line in lines)


def test_ajcc7(tmp_path):
    cases = [("pN0", "none", ["negative"]), ("pN0(i+)", "none", ["itc"] * 3), ("pN1mi", "none", ["micro"] * 5),
             ("pN1mi", "none", ["micro"] * 10), ("pN1a", "none", ["macro"]), ("pN1a", "none", ["macro", "micro", "micro"]),
             ("pN2a", "none", ["macro"] + ["micro"] * 3), ("pN2a", "none", ["macro"] * 9),
             ("pN3a", "none", ["macro"] + ["micro"] * 9), ("pN1b", "sentinel", ["negative"]),
             ("pN1b", "Sentinel", ["itc", "itc"]), ("pN1c", "sentinel", ["micro"]), ("pN1c", "sentinel", ["macro"] * 3),
             ("pN3b", "sentinel", ["macro"] * 4), ("pN3b", "sentinel", ["micro"] * 10), ("pN3", "sentinel", ["macro"] * 10),
             ("pN2b", "clinical", ["negative", "itc"]), ("pN3b", "clinical", ["micro"]),
             ("pN3b", "clinical", ["macro"] * 9), ("pN3", "clinical", ["macro"] * 10)]
    written, output, errors = stage(tmp_path, rows_with_mammary(cases), "--rules", "ajcc7")
    assert errors == ""
    assert written == table_of([(f"p{number}", name, labels) for number, (name, _, labels) in enumerate(cases)])
    assert output.startswith("labels.csv: 20 of 20 patients staged: 1 pN0, 1 pN0(i+), 2 pN1mi, 2 pN1a, ")
    # A table of the challenge has no such column, and its pN1 and pN2 say less, not another thing.
    text = table_of([("a", "pN1", ["macro"]), ("b", "pN2", ["macro"] * 4), ("c", "pN1", ["micro"])])
    _, output, errors = stage(tmp_path, text, "--rules", "ajcc7", "--check", status=3)
    assert output == "labels.csv: 3 of 3 patients staged: 1 pN1mi, 1 pN1a, 1 pN2a\n3 stages were given, 1 differs\n"
    assert errors == "nodal stage: labels.csv: line 9: c is pN1mi, not pN1: 0 macro, 1 micro, 0 itc, 0 negative\n"


def test_internal_mammary_is_not_guessed(tmp_path):
    text = ("slide,label,internal_mammary\na_node_0,macro,\na_node_1,macro,clinical\nb_node_0,macro,\n"
            "c_node_0,macro,yes\nd_node_0,macro,none\nd_node_1,macro,sentinel\n")
    written, _, errors = stage(tmp_path, text, "--rules", "ajcc7", status=3)
    assert written == "patient,stage\na.zip,pN3b\na_node_0.tif,macro\na_node_1.tif,macro\n"
    assert errors == ("nodal stage: labels.csv: line 4: b: internal_mammary is not given\n"
                      "nodal stage: labels.csv: line 5: c: internal_mammary is 'yes', not none, sentinel or clinical\n"
                      "nodal stage: labels.csv: line 7: d: internal_mammary is 'sentinel', but 'none' in line 6\n")
    # The challenge does not know of them.
    assert stage(tmp_path, text, "--nodes", 0)[2] == ""


def test_json(tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text(table_of([("patient_001", "pN1", ["macro", "micro"]), ("patient_002", None, ["itc"])]))
    assert nodal_json("stage", labels, "--nodes", 2, status=3) == {
        "rules": "challenge",
        "patients": [
            {"patient": "patient_001", "stage": "pN1", "given": "pN1", "negative": 0, "itc": 0, "micro": 1, "macro": 1,
             "internal_mammary": "none",
             "nodes": [{"node": "patient_001_node_0.tif", "label": "macro", "line": 3},
                       {"node": "patient_001_node_1.tif", "label": "micro", "line": 4}]},
            {"patient": "patient_002", "stage": None, "given": None, "negative": 0, "itc": 1, "micro": 0, "macro": 0,
             "internal_mammary": "none", "nodes": [{"node": "patient_002_node_0.tif", "label": "itc", "line": 5}]}],
        "problems": [f"{labels}: line 5: patient_002: 1 node instead of 2: 0"]}


def test_files_that_are_no_tables(tmp_path):
    labels, stages = tmp_path / "labels.csv", tmp_path / "stages.csv"
    for text, message in ((b"", "is empty"), (b"a,b\n1,2\n", "line 1: no columns patient,stage or slide,label"),
                          (b'patient,stage\n"a,b\n', "line 2: a quoted field does not end"),
                          (b"patient,stage\na\xff,b\n", "line 2: field 1 is not UTF-8")):
        labels.write_bytes(text)
        assert nodal("stage", labels, "-o", stages, status=1) == ("", f"nodal stage: {labels}: {message}\n")
    assert names(tmp_path) == ["labels.csv"]
    missing = tmp_path / "no.csv"
    assert nodal("stage", missing, "-o", stages, status=1) == \
        ("", f"nodal stage: {missing}: No such file or directory\n")


def test_outputs(tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("patient,stage\n")
    assert nodal("stage", labels, "-o", labels, "-f", status=1) == ("", f"nodal stage: {labels}: is the input itself\n")
    stages = tmp_path / "stages.csv"
    stages.write_text("precious")
    assert nodal("stage", labels, "-o", stages, status=1) == \
        ("", f"nodal stage: {stages}: exists already (--force replaces it)\n")
    assert stages.read_text() == "precious"
    assert nodal("stage", labels, "-o", stages, "-f") == (f"{labels}: 0 of 0 patients staged\n", "")
    assert stages.read_text() == "patient,stage\n"
    output, errors = nodal("stage", labels, status=2)
    assert output == "" and errors.startswith("nodal stage: needs --output, --check or --json\n")
