# SPDX-License-Identifier: Apache-2.0
"""nodal evaluate beside scikit-learn, whose functions the official scripts call."""
import csv
import io
import json
import math
import random
import warnings

import numpy
import pytest
from sklearn.metrics import cohen_kappa_score, roc_auc_score, roc_curve

from evaluation import STAGES, in_folder, stage_table, write


def official(truth, predicted):
    """The call of CAMELYON17's evaluate.py."""
    lower = [name.lower() for name in STAGES]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # division by zero where kappa is not defined
        return cohen_kappa_score(y1=[name.lower() for name in truth], y2=[name.lower() for name in predicted],
                                 labels=lower, weights="quadratic")


def test_kappa(tmp_path):
    draw = random.Random(8)
    for count in (1, 2, 5, 20, 100, 100, 100):
        truth = [draw.choice(STAGES) for _ in range(count)]
        submissions = [[stage if draw.random() < share else draw.choice(STAGES) for stage in truth]
                       for share in (0, 0.5, 0.9, 1)] + [["pN1mi"] * count]
        for predicted in submissions:
            write(tmp_path / "truth.csv", stage_table(truth))
            write(tmp_path / "submission.csv", stage_table(predicted))
            output, _ = in_folder(tmp_path, "stages", "--truth", "truth.csv", "--predictions", "submission.csv",
                                  "--json", "-q", "--resamples", 1)
            mine, theirs = json.loads(output)["kappa"], official(truth, predicted)
            if math.isnan(theirs):
                assert mine is None
            else:
                assert mine == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("count, kinds", [(10, 3), (129, 20), (129, 10**9), (3000, 50), (3000, 10**9)])
def test_area_and_curve(tmp_path, count, kinds):
    draw = numpy.random.default_rng(count + kinds)
    labels = numpy.arange(count) % 3 == 0
    scores = draw.integers(0, kinds, count) / kinds + labels * draw.integers(0, 2, count) / 4
    write(tmp_path / "truth.csv", "".join(f"s{number},{'Tumor' if label else 'Normal'}\n"
                                          for number, label in enumerate(labels)))
    write(tmp_path / "scores.csv", "".join(f"s{number},{score!r}\n" for number, score in enumerate(scores.tolist())))
    output, _ = in_folder(tmp_path, "slides", "--truth", "truth.csv", "--predictions", "scores.csv", "--json", "--csv",
                          "-o", "curve.csv", "--resamples", 1)
    assert json.loads(output)["auc"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    table = list(csv.DictReader(io.StringIO((tmp_path / "curve.csv").read_text())))
    fpr, tpr, thresholds = roc_curve(labels, scores, drop_intermediate=False)
    assert [float(row["tpr"]) for row in table] == tpr.tolist()
    assert [float(row["fpr"]) for row in table] == fpr.tolist()
    # What stands for the threshold over all scores differs between versions of scikit-learn.
    assert [float(row["threshold"]) for row in table][1:] == thresholds.tolist()[1:]
    assert table[0]["threshold"] == "inf"
