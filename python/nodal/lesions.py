# SPDX-License-Identifier: Apache-2.0
"""Lesions, the size categories of slides, and the stages of patients."""
import collections

from . import _nodal

__all__ = ["Lesion", "Lesions", "StagedPatient", "StageTable", "read_stages"]

Lesion = collections.namedtuple(
    "Lesion", "label x_px y_px width_px height_px area_mm2 longest_mm major_axis_mm cells category")
Lesion.__doc__ = """One lesion: name of its group or value of the mask, box in level-0 pixels, area, longest diameter and
major axis, number of cells (None: not counted), and 'itc', 'micro' or 'macro'."""

StagedPatient = collections.namedtuple("StagedPatient", "name stage given nodes")
StagedPatient.__doc__ = """A patient: name, stage by the rules (None where there was a problem), the stage that the table
states (or None), and a tuple of (node, label), the label None where it is none."""

StageTable = collections.namedtuple("StageTable", "patients problems")
StageTable.__doc__ = "The patients of a table, a list of StagedPatient, and what kept some from a stage, a tuple of lines."


class Lesions(_nodal.LesionSet):
    """The lesions of one slide, a sequence of Lesion, the longest first; `label` is what the slide is called by its
    largest: 'negative', 'itc', 'micro' or 'macro'.

        lesions = nodal.Lesions.of_annotations(nodal.Annotations.read("slide.xml"), spacing=0.243)
        print(lesions.label, [lesion.longest_mm for lesion in lesions])
    """

    @classmethod
    def of_annotations(cls, annotations, spacing, *, merge_gap_um=0.0, labels=None):
        """Measures the tumor areas of Annotations. spacing: micrometres a level-0 pixel, or a pair (x, y). Deposits
        nearer to each other than merge_gap_um are one lesion. labels: a dict of group name to value, 1 is tumor,
        anything else cuts out; None: the names of CAMELYON16 and 17."""
        return _nodal._lesions_of_annotations(cls, annotations, spacing, merge_gap_um, labels)

    @classmethod
    def of_mask(cls, mask, value=0, *, spacing=None, merge_gap_um=0.0, level=0, simplify_um=0.0, threads=0,
                progress=None):
        """Measures the regions of a value of a mask, a Slide; 0: of the only value besides 0. spacing: of level 0, where
        the mask states none."""
        return _nodal._lesions_of_mask(cls, mask, value, spacing, merge_gap_um, level, simplify_um, threads, progress)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = index.__index__()
        return Lesion(*self._get(place + len(self) if place < 0 else place))

    def __iter__(self):
        for index in range(len(self)):
            yield self[index]

    def __repr__(self):
        return f"<nodal.Lesions, {len(self)}, {self.label}>"


def read_stages(path, *, rules="challenge", nodes=5, output=None, force=False):
    """Reads a table of node labels and stages every patient: a StageTable. path: a CSV with the columns patient,stage as
    CAMELYON17 has it, slide,label or patient,slide,label. rules: 'challenge' or 'ajcc7'. nodes: how many a patient must
    have; 0: any number. output: a CSV to be written in CAMELYON17's format."""
    patients, problems = _nodal._stage_table(path, rules, nodes, output, force)
    return StageTable([StagedPatient(*patient) for patient in patients], problems)
