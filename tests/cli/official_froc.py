# SPDX-License-Identifier: Apache-2.0
"""The two official FROC evaluations of CAMELYON16 in numpy, scipy and scikit-image: what 'nodal evaluate lesions' is
held against. Written from a description of what the scripts do, apart from nodal's own code.

A case is (mask, detections): `mask` is level 5 as an array, or None for a slide without tumor; `detections` is a list
of (probability, x, y) in level-0 pixels.
"""
import bisect

import numpy
import scipy.ndimage
import skimage.measure

TARGETS = (0.25, 0.5, 1, 2, 4, 8)


def lesions(tumor, spacing_um):
    """Number of the lesion of each pixel, and the numbers of isolated tumor cells. `spacing_um` is that of level 5."""
    if not tumor.any():
        return numpy.zeros(tumor.shape, int), set()
    distance = scipy.ndimage.distance_transform_edt(~tumor)
    grown = distance < 75 / (spacing_um * 2)
    labels = skimage.measure.label(scipy.ndimage.binary_fill_holes(grown), connectivity=2)
    itc = {region.label for region in skimage.measure.regionprops(labels)
           if region.major_axis_length < (200 + 75) / spacing_um}
    return labels, itc


def hits(labels, itc, detections, pixel, dtype):
    """Probabilities of the false positives, and the largest of each lesion."""
    found = numpy.zeros(labels.max() if labels is not None else 0, dtype)
    false_positives = []
    for probability, x, y in detections:
        label = 0 if labels is None else labels[pixel(int(y)), pixel(int(x))]
        if label == 0:
            false_positives.append(probability)
        elif label not in itc and probability > found[label - 1]:
            found[label - 1] = probability
    return false_positives, list(found)


def score_2016(cases, targets=TARGETS):
    """Evaluation_FROC.py, and the mean that NCRF takes of its curve. Cases are those that have detections."""
    all_false, all_found, count = [], [], 0
    for mask, detections in cases:
        labels, itc = (None, set()) if mask is None else lesions(mask == 255, 0.243 * 2 ** 5)
        false_positives, found = hits(labels, itc, detections, lambda place: place // 2 ** 5, numpy.float32)
        all_false += false_positives
        all_found += found
        count += len(found) - len(itc)
    rates, sensitivities = [], []
    for threshold in sorted(set(all_false + all_found))[1:]:
        rates.append((numpy.asarray(all_false) >= threshold).sum() / len(cases))
        sensitivities.append((numpy.asarray(all_found) >= threshold).sum() / count)
    rates.append(0)
    sensitivities.append(0)
    at = numpy.interp(targets, rates[::-1], sensitivities[::-1])
    return float(numpy.mean(at)), [float(value) for value in at], count


def score_dataset(cases, spacing_um, downsample=32, include_itc=False, targets=TARGETS):
    """evaluate.py of the data set. `downsample` is the ratio of the widths of the mask's levels 0 and 5."""
    all_false, all_found, count = [], [], 0
    for mask, detections in cases:
        labels, itc = (None, set()) if mask is None else lesions(mask == 2, spacing_um * downsample)
        itc = set() if include_itc else itc
        false_positives, found = hits(labels, itc, detections, lambda place: round(place / downsample), numpy.float64)
        all_false += false_positives
        all_found += found
        count += len(found) - len(itc)
    rates, sensitivities = [], []
    for threshold in sorted(set(all_false + all_found) - {0.0}):
        rates.append((numpy.asarray(all_false, float) >= threshold).sum() / len(cases))
        sensitivities.append((numpy.asarray(all_found, float) >= threshold).sum() / count)
    rates, sensitivities = (rates + [0])[::-1], (sensitivities + [0])[::-1]
    at = [float(sensitivities[min(bisect.bisect_left(rates, target), len(rates) - 1)]) for target in targets]
    return sum(at) / len(at), at, count
