# SPDX-License-Identifier: Apache-2.0
"""Scores of detections, and what is known of the regions of an image."""
import collections

from . import _nodal

__all__ = ["Froc", "FrocLesion", "FrocScore", "Region", "statistics"]

FrocScore = collections.namedtuple("FrocScore", "score slides lesions itc sensitivity_at")
FrocScore.__doc__ = """The score, how many slides and lesions there are, how many isolated tumor cells do not count, and a
dict of false positives a slide to sensitivity, of which the score is the mean."""

FrocLesion = collections.namedtuple(
    "FrocLesion", "slide number itc probability x_px y_px width_px height_px area_mm2 major_axis_um")
FrocLesion.__doc__ = """A lesion: its slide and number in it, whether it is isolated tumor cells, the largest probability of
a detection in it (0: none), its box in level-0 pixels, area and major axis."""

Region = collections.namedtuple(
    "Region", "label value area_px area_mm2 centroid_x_px centroid_y_px x_px y_px width_px height_px longest_px longest_um "
              "major_axis_px major_axis_um minor_axis_px minor_axis_um")
Region.__doc__ = """A label or connected region of an image, measured in pixels and, where there is a spacing, micrometres
(else nan)."""


class Froc(_nodal.FrocBase):
    __doc__ = _nodal.FrocBase.__doc__ + """

        froc = nodal.Froc()
        froc.add("test_001", nodal.FrocTruth(nodal.Annotations.read("test_001.xml")), [(0.9, 10250, 8100)])
        print(froc.score().score)
    """

    def score(self):
        """The FrocScore of what was added."""
        return FrocScore(*self._score())

    @property
    def lesions(self):
        """The lesions of all slides, a list of FrocLesion."""
        return [FrocLesion(*lesion) for lesion in self._lesions()]


def statistics(image, *, regions=False, connectivity=8, spacing=None, threads=0):
    """Measures each label of an array (height, width), or with `regions` each connected region: a list of Region.
    spacing: micrometres a pixel, or a pair (x, y)."""
    return [Region(*region) for region in _nodal._statistics(image, regions, connectivity, spacing, threads)]
