# SPDX-License-Identifier: Apache-2.0
"""nodal evaluate rank: order, shared ranks, and submissions that are none."""
import json

from evaluation import in_folder, stage_table, write

TRUTH = ["pN0", "pN1", "pN2", "pN0(i+)", "pN1mi", "pN0"] * 4


def numbers(folder, command, truth, submission):
    """(score, low, high) of a submission alone."""
    output, _ = in_folder(folder, command, "--truth", truth, "--predictions", submission, "--json")
    document = json.loads(output)
    if command == "stages":
        return [document["kappa"], *document["kappa_ci"]]
    return [document["auc"], *document["auc_ci_bootstrap"]]


def test_stages(tmp_path):
    write(tmp_path / "truth.csv", stage_table(TRUTH))
    worse = ["pN1"] + TRUTH[1:]
    for name, stages in {"constant": ["pN0"] * 24, "worse": worse, "best": TRUTH, "same": worse,
                         "short": TRUTH[:-2]}.items():
        write(tmp_path / f"{name}.csv", stage_table(stages))
    output, errors = in_folder(tmp_path, "rank", "--truth", "truth.csv", "--task", "stages", "constant.csv", "worse.csv",
                               "short.csv", "none.csv", "same.csv", "best.csv", status=3)
    lines = ["rank     kappa       low      high  submission"]
    for rank, name in ((1, "best.csv"), (2, "worse.csv"), (2, "same.csv"), (4, "constant.csv")):
        score, low, high = numbers(tmp_path, "stages", "truth.csv", name)
        lines.append(f"{rank:4} {score:9.6f} {low:9.6f} {high:9.6f}  {name}")
    problems = ["short.csv: no row for patient_022.zip, which is in line 46 of truth.csv",
                "short.csv: no row for patient_023.zip, which is in line 48 of truth.csv",
                "none.csv: No such file or directory"]
    lines += [f"   - invalid: 2 problems, first: {problems[0]}", f"   - invalid: 1 problem, first: {problems[2]}"]
    assert output.splitlines() == lines
    assert errors == "".join(f"nodal evaluate rank: {problem}\n" for problem in problems)


def test_slides_and_json(tmp_path):
    write(tmp_path / "truth.csv", "".join(f"s{number},{'Tumor' if number % 3 else 'Normal'}\n" for number in range(30)))
    for name, step in (("a", 7), ("b", 11)):
        write(tmp_path / f"{name}.csv", "".join(f"s{number},{number * number * step % 31}\n" for number in range(30)))
    write(tmp_path / "c.csv", "s1,1\ns1,2\n" + "".join(f"s{number},{number}\n" for number in range(2, 30)))
    output, _ = in_folder(tmp_path, "rank", "--truth", "truth.csv", "--task", "slides", "a.csv", "c.csv", "b.csv",
                          "--json", status=3)
    document = json.loads(output)
    alone = {name: numbers(tmp_path, "slides", "truth.csv", name) for name in ("a.csv", "b.csv")}
    order = sorted(alone, key=lambda name: -alone[name][0])
    assert document == {
        "task": "slides", "cases": 30, "resamples": 2000, "seed": 1,
        "submissions": [{"rank": rank, "submission": name, "score": alone[name][0], "score_ci": alone[name][1:]}
                        for rank, name in enumerate(order, 1)],
        "invalid": [{"submission": "c.csv", "problems": ["c.csv: line 2: s1 is there already, in line 1",
                                                        "c.csv: no row for s0, which is in line 1 of truth.csv"]}]}


def test_scores_that_are_not_defined_come_last(tmp_path):
    write(tmp_path / "truth.csv", stage_table(["pN1"] * 3))
    write(tmp_path / "other.csv", stage_table(["pN0"] * 3))
    output, errors = in_folder(tmp_path, "rank", "--truth", "truth.csv", "--task", "stages", "truth.csv", "other.csv",
                               "truth.csv")
    assert errors == ""
    assert output.splitlines()[1:] == ["   1  0.000000  0.000000  0.000000  other.csv",
                                       "   2       nan       nan       nan  truth.csv",
                                       "   2       nan       nan       nan  truth.csv"]


def test_truth_with_problems_ranks_nothing(tmp_path):
    write(tmp_path / "truth.csv", "patient,stage\na.zip,pN5\n")
    output, errors = in_folder(tmp_path, "rank", "--truth", "truth.csv", "--task", "stages", "truth.csv", status=3)
    assert output == ""
    assert errors == ("nodal evaluate rank: truth.csv: line 2: a.zip: stage 'pN5' is not pN0, pN0(i+), pN1mi, pN1 or "
                      "pN2\n")
    write(tmp_path / "truth.csv", "a,Tumor\n")
    output, errors = in_folder(tmp_path, "rank", "--truth", "truth.csv", "--task", "slides", "truth.csv", status=1)
    assert errors == "nodal evaluate rank: truth.csv: no slide is negative: there is no area under the curve\n"


def test_usage(tmp_path):
    write(tmp_path / "truth.csv", stage_table(TRUTH))
    _, errors = in_folder(tmp_path, "rank", "--truth", "truth.csv", "--task", "stages", "--positive", "macro",
                          "truth.csv", status=2)
    assert errors == "nodal evaluate rank: --positive is for --task slides\ntry 'nodal help evaluate rank'\n"
