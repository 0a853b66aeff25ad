# SPDX-License-Identifier: Apache-2.0
"""Scores from Python against scikit-learn and by hand."""
import math

import numpy
import pytest
import sklearn.metrics

import nodal


def test_roc():
    random = numpy.random.default_rng(2)
    positive = random.random(300) < 0.4
    scores = numpy.round(random.random(300) + 0.3 * positive, 2)
    roc = nodal.Roc(scores, positive)
    assert roc.auc == pytest.approx(sklearn.metrics.roc_auc_score(positive, scores), abs=1e-12)
    assert (roc.positives, roc.negatives) == (positive.sum(), (~positive).sum())
    curve = roc.curve()
    assert curve[0].tolist() == [math.inf, 0, 1] and curve[-1].tolist() == [scores.min(), 1, 0]
    threshold, sensitivity, specificity = roc.youden()
    assert sensitivity == (scores[positive] >= threshold).mean()
    assert specificity == pytest.approx((scores[~positive] < threshold).mean())
    assert sensitivity + specificity == pytest.approx((curve[:, 1] + curve[:, 2]).max())
    assert roc.at_specificity(0.9)[2] >= 0.9
    low, high = roc.interval
    assert low < roc.auc < high and (high - low) / 2 == pytest.approx(1.96 * roc.variance**0.5, rel=1e-3)
    assert roc.bootstrap(500, seed=3, threads=1) == roc.bootstrap(500, seed=3, threads=3)


@pytest.mark.parametrize("kind", [list, tuple, numpy.float32, numpy.array])
def test_roc_takes_sequences(kind):
    scores = numpy.array([0.1, 0.4, 0.35, 0.8], numpy.float32) if kind is numpy.float32 else kind([0.1, 0.4, 0.35, 0.8])
    assert nodal.Roc(scores, [0, 0, 1, 1]).auc == 0.75


@pytest.mark.parametrize("scores, positive", [
    ([0.1], [True]), ([], []), ([0.1, 0.2], [True]), ([0.1, math.nan], [True, False]), (["a", "b"], [True, False]),
    (None, None)])
def test_bad_scores(scores, positive):
    with pytest.raises((ValueError, TypeError)):
        nodal.Roc(scores, positive)


def test_kappa():
    random = numpy.random.default_rng(4)
    truth = random.integers(0, 5, 200)
    predicted = numpy.clip(truth + random.integers(-1, 2, 200), 0, 4)
    expected = sklearn.metrics.cohen_kappa_score(truth, predicted, weights="quadratic")
    assert nodal.kappa(truth, predicted, 5) == pytest.approx(expected, abs=1e-12)
    assert numpy.array_equal(nodal.confusion(truth, predicted, 5), sklearn.metrics.confusion_matrix(truth, predicted))
    low, high = nodal.kappa_interval(truth, predicted, 5, 500)
    assert low < expected < high
    assert nodal.kappa_permutation(truth, predicted, predicted, 5, 100) == 1.0
    assert nodal.kappa_permutation(truth, truth, random.integers(0, 5, 200), 5, 999) == pytest.approx(0.001)
    assert math.isnan(nodal.kappa([1, 1], [1, 1], 3))
    for bad in (([0, 5], [0, 1], 5), ([0], [0, 1], 5), ([0], [0], 0), ([0], [0], 65)):
        with pytest.raises(ValueError):
            nodal.kappa(*bad)


def test_froc():
    mask = numpy.zeros((200, 200), numpy.uint8)
    mask[20:80, 20:80] = 255
    mask[120:180, 100:160] = 255
    truth = nodal.FrocTruth(mask, rules="2016")
    froc = nodal.Froc("2016")
    # One lesion is found at 0.9; 0.8 and 0.7 are false positives; the other lesion is found at 0.6. These rules take the
    # lowest probability of all for no threshold.
    froc.add("a", truth, [(0.9, 50 * 32, 50 * 32), (0.8, 10, 10), (0.6, 130 * 32, 150 * 32)])
    froc.add("b", None, [(0.7, 5, 5), (0.1, 6, 6)])
    score = froc.score()
    assert (score.slides, score.lesions, score.itc) == (2, 2, 0)
    assert [lesion.probability for lesion in froc.lesions] == [0.9, 0.6]
    assert score.sensitivity_at[0.25] == pytest.approx(0.5) and score.sensitivity_at[8.0] == 1.0
    assert score.score == pytest.approx(sum(score.sensitivity_at.values()) / 6)
    curve = froc.curve()
    assert curve[0].tolist() == [math.inf, 0, 0] and curve[-1, 1:].tolist() == [1.0, 1.0]
    low, high = froc.interval(200)
    assert 0 <= low <= high <= 1
    with pytest.raises(nodal.ArgumentError):
        froc.add("c", truth, [(0.5, math.nan, 0)])
    with pytest.raises(nodal.ArgumentError, match="detections: an array"):
        froc.add("c", None, [(0.5, 1)])
    with pytest.raises(TypeError, match="truth: a nodal.FrocTruth or None is wanted"):
        froc.add("c", mask, [])
    with pytest.raises(nodal.ArgumentError, match="rules: 'x' is none of 2016, dataset"):
        nodal.Froc("x")
    with pytest.raises(nodal.ArgumentError):
        nodal.Froc().score()


def test_froc_of_annotations_and_masks(tmp_path):
    annotations = nodal.Annotations()
    annotations.add("a", "polygon", [(640, 640), (4800, 640), (4800, 3200), (640, 3200)], group="metastases")
    path = tmp_path / "mask.tif"
    nodal.Mask(annotations, 6400, 6400, spacing=0.243, rule="asap", labels={"metastases": 255}).write(path)
    results = []
    with nodal.Slide(path) as mask:
        for source in (annotations, mask):
            froc = nodal.Froc()
            froc.add("a", nodal.FrocTruth(source), [(0.9, 1000, 1000), (0.1, 5, 5)])
            results.append((froc.score(), froc.lesions))
    assert results[0] == results[1] and results[0][0].score == 1.0
