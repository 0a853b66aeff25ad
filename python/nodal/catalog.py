# SPDX-License-Identifier: Apache-2.0
"""The catalog of a data set."""
import collections
import os

from . import _nodal

__all__ = ["Catalog", "CatalogRow", "Finding"]

CatalogRow = collections.namedtuple(
    "CatalogRow", "slide path dataset split center patient node label stage annotation mask scanner checksum notes width_px "
                  "height_px spacing_um bytes")
CatalogRow.__doc__ = """One slide of a data set. Text that is not known is '', numbers that are not known are 0. Paths are
relative to the folder of the catalog's file, or absolute: see Catalog.resolve()."""

Finding = collections.namedtuple("Finding", "severity kind slide message")
Finding.__doc__ = """What a check found: 'error', 'warning' or 'note'; a kind such as 'size'; the slide, patient or file, or
'' for the whole; one line."""


class Catalog(_nodal.CatalogBase):
    """The slides of a data set, a sequence of CatalogRow ordered by name.

        catalog = nodal.Catalog.scan("CAMELYON17")
        for row in catalog:
            print(row.slide, row.center, row.label)
        slide = nodal.Slide(catalog.resolve(catalog["patient_004_node_4"].path))
    """

    @classmethod
    def scan(cls, folder, *, plain=False, threads=0, progress=None):
        """Makes the catalog of a folder and all below it. Slides of CAMELYON16 and 17 are known by their published names,
        unless `plain`; of a slide only the header is read."""
        return _nodal._scan_catalog(cls, folder, plain, threads, progress)

    @classmethod
    def read(cls, path):
        """Reads a catalog that was written as CSV."""
        return _nodal._read_catalog(cls, path)

    def __getitem__(self, key):
        """A row by its index, or by the name of the slide in any letter case."""
        if isinstance(key, slice):
            return [self[place] for place in range(*key.indices(len(self)))]
        if isinstance(key, str):
            place = self._find(key)
            if place < 0:
                raise KeyError(key)
        else:
            place = key.__index__()
            place += len(self) if place < 0 else 0
        texts, *numbers = self._row(place)
        return CatalogRow(*texts, *numbers)

    def __iter__(self):
        for index in range(len(self)):
            yield self[index]

    def __contains__(self, slide):
        return isinstance(slide, str) and self._find(slide) >= 0

    def __repr__(self):
        return f"<nodal.Catalog, {len(self)} slides>"

    def check(self, *, checksums=(), deep=False, threads=0, progress=None):
        """What is wrong with the data set: a list of Finding. checksums: lists of md5sum or sha256sum to check files by.
        deep: decode every tile of every level, and check the checksums that the catalog states."""
        return [Finding(*finding) for finding in self._check([os.fspath(each) for each in checksums], deep, threads,
                                                             progress)]
