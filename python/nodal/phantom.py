# SPDX-License-Identifier: Apache-2.0
"""Synthetic slides with known truth."""
import collections

from . import _nodal
from .annotations import Annotations

__all__ = ["Nest", "Phantom"]

Nest = collections.namedtuple("Nest", "center_x_px center_y_px longest_mm outline")
Nest.__doc__ = """A nest of tumor cells as it was planned: center in level-0 pixels, longest diameter, and its outline, an
array (256, 2) of level-0 pixels."""


class Phantom(_nodal.PhantomBase):
    """Phantom(width, height, *, spacing=0.243, seed=1, tumor_count=0, tumor_size_mm=1.0, center=None, stain='he', faults=())

    A synthetic hematoxylin-and-eosin lymph node that can be painted at any place: an artificial picture for tests and
    demonstrations, which shows no patient. The same arguments always give the same pixels. tumor_size_mm: longest
    diameter of the largest nest of tumor cells. center: 0 to 4, a laboratory and scanner with a look of its own. stain: 'he'
    or 'ihc'. faults: any of 'out-of-focus', 'pen', 'fold' and 'bubble'.

        phantom = nodal.Phantom(8000, 6000, spacing=0.5, tumor_count=2)
        phantom.write("phantom.tif")
        phantom.annotations().write("phantom.xml")
    """

    @property
    def nests(self):
        """The nests of tumor cells, a list of Nest in order of falling size."""
        return [Nest(*nest) for nest in self._nests()]

    def annotations(self):
        """The outlines of the nests as Annotations, in a group 'metastases'."""
        made = Annotations()
        group = made.add_group("metastases", color="#FF0000")
        for number, nest in enumerate(self.nests, 1):
            made.add(f"Nest {number}", "polygon", nest.outline, group=group)
        return made
